#include "front/front_int.h"
#include "front/gc.h"

/* So many operators may be inlined into a function, and this part of those it has itself. */
#define MIN_GROWTH 100
#define GROWTH_PART 8

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

void front_zero_locals(Front *w)
{
    const WasmBodyInfo *info = w->info;
    for (u32 r = 0; r < info->n_runs; r++) {
        /* A local that must be set before it is read gets null, which is then never read. */
        IrRef zero = front_zero(w, front_type(w->m, info->runs[r].type));
        for (u32 i = 0; i < info->runs[r].count; i++)
            vec_push(w->arena, &w->locals, zero);
    }
}

void front_charge_length(Front *w, IrRef len)
{
    if (!w->fm->options.fuel)
        return;
    bool is_known = ir_is_const(w->f, len) && ir_const_value(w->f, len) < INT32_MAX / 2;
    if (is_known)
        w->fuel += ir_const_value(w->f, len);
    front_charge(w);
    if (is_known)
        return;
    const IrRef args[] = {widen(w, len)};
    front_libcall(w, VM_LIBCALL_CHARGE, args, 1);
}

static void make_locals(Front *w)
{
    const WasmBodyInfo *info = w->info;
    u32 nparams = info->type->n_params;
    vec_reserve(w->arena, &w->locals, info->n_locals);
    for (u32 i = 0; i < nparams; i++) {
        IrRef param = ir_emit(w->b, IR_PARAM, (IrType)w->f->param_types[i], i, 0, 0);
        vec_push(w->arena, &w->locals, param);
        gc_note_type(w, param, info->type->params[i]);
    }
    front_zero_locals(w);
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
        w->op_at = wasm_reader_offset(&w->reader, w->m);
        w->b->src = w->callers.len ? inline_place(w, w->op_at) : w->op_at;
        WasmOp op = wasm_read_op(&w->reader);
        w->fuel += wasm_ops[op].fuel;
        if (!translate(w, op))
            return false;
    }
    return true;
}

bool front_build(IrBuilder *builder, Arena *arena, const FrontModule *fm,
                 const FrontInliner *inliner, const WasmBodyInfo *info, IrFold fold, IrFunc **out,
                 Diag *diag)
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
        .b = builder, .f = f, .arena = arena, .fm = fm, .m = fm->m, .info = info, .diag = diag,
        .inliner = inliner, .max_inlined_ops = MIN_GROWTH + info->n_ops / GROWTH_PART};
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
