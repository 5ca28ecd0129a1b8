#include "front/front_int.h"
#include "front/gc.h"

IrRef front_zero(Front *w, IrType type)
{
    if (type == IR_F32 || type == IR_F64)
        return ir_fconst(w->b, type, 0);
    if (type == IR_V128)
        return ir_vconst(w->b, 0, 0);
    return ir_const(w->b, type, 0);
}

void front_trap_if(Front *w, IrRef condition, VmTrap code)
{
    if (ir_is_const(w->f, condition) && ir_const_value(w->f, condition) == 0)
        return;
    ir_emit(w->b, IR_TRAPIF, IR_VOID, condition, code, 0);
}

IrRef front_libcall(Front *w, VmLibcall call, const IrRef *args, u32 n)
{
    IrLibcallSig sig;
    ir_libcall_sig(call, &sig);
    dassert(sig.nparams == n);
    u32 at = ir_extra(w->b, &n, 1);
    ir_extra(w->b, args, n);
    return ir_emit(w->b, IR_LIBCALL, (IrType)sig.result, call, 0, at);
}

/* Charges the fuel of the operators since the last charge. Called before everything another
 * observer could see or that leaves the straight line. */
void front_charge(Front *w)
{
    if (!w->fm->options.fuel || !w->fuel)
        return;
    u32 units = (u32)MIN(w->fuel, (u64)INT32_MAX);
    w->fuel = 0;
    ir_emit(w->b, IR_FUEL, IR_VOID, 0, 0, units);
}

static void make_locals(Front *w)
{
    const WasmBodyInfo *info = w->info;
    w->locals = arena_array_raw(w->arena, IrRef, info->n_locals);
    u32 nparams = info->type->n_params;
    for (u32 i = 0; i < nparams; i++) {
        w->locals[i] = ir_emit(w->b, IR_PARAM, (IrType)w->f->param_types[i], i, 0, 0);
        gc_note_type(w, w->locals[i], info->type->params[i]);
    }
    for (u32 r = 0; r < info->n_runs; r++) {
        /* A local that must be set before it is read gets null, which is then never read. */
        IrRef zero = front_zero(w, front_type(w->m, info->runs[r].type));
        for (u32 i = 0; i < info->runs[r].count; i++)
            w->locals[info->runs[r].first + i] = zero;
    }
}

static bool unsupported(Front *w, WasmOp op)
{
    if (w->diag->is_set)
        return false;
    return diag_fail(w->diag, w->op_at, "the compiler does not have `%s` yet", wasm_op_name(op));
}

static bool translate(Front *w, WasmOp op)
{
    if (numeric_op(w, op) || control_op(w, op))
        return true;
    if (w->diag->is_set)
        return false;
    return variable_op(w, op) || vector_op(w, op) || memory_op(w, op) || atomic_op(w, op) ||
           call_op(w, op) || table_op(w, op) || gc_op(w, op) || exception_op(w, op) ||
           unsupported(w, op);
}

static bool walk(Front *w)
{
    while (w->frames.len) {
        if (w->b->cur == IR_NO_BLOCK)
            control_skip_dead(w);
        w->op_at = w->b->src = wasm_reader_offset(&w->reader, w->m);
        WasmOp op = wasm_read_op(&w->reader);
        w->fuel += wasm_ops[op].fuel;
        if (!translate(w, op))
            return false;
    }
    return true;
}

bool front_build(IrBuilder *builder, Arena *arena, const FrontModule *fm,
                 const WasmBodyInfo *info, IrFold fold, IrFunc **out, Diag *diag)
{
    IrFunc *f = ir_func_new(arena);
    u32 sig = fm->func_sig[info->func];
    f->index = info->func;
    f->sigs = fm->sigs;
    f->nsigs = fm->m->n_types;
    f->func_sig = fm->func_sig;
    f->layout = &fm->layout;
    f->nparams = fm->sigs[sig].nparams;
    f->nresults = fm->sigs[sig].nresults;
    f->param_types = (u8 *)fm->sigs[sig].params;
    f->result_types = (u8 *)fm->sigs[sig].results;
    ir_build_begin(builder, f, fold, info->n_ops / 2);
    Front w = {
        .b = builder, .f = f, .arena = arena, .fm = fm, .m = fm->m, .info = info, .diag = diag};
    w.fuel = WASM_ENTRY_FUEL;
    w.reader = wasm_reader(fm->m, info->code_start, info->code_end);
    control_begin(&w);
    make_locals(&w);
    if (!walk(&w))
        return false;
    ir_remove_copies(f);
    ir_order_blocks(f);
    *out = f;
    return true;
}
