/* Calls of every kind: direct, imported, through tables and references, and as tail calls. */
#include "front/front_int.h"
#include "front/gc.h"
#include "front/table.h"

/* Takes the arguments of a signature off the stack into a list for a call node. */
static u32 argument_list(Front *w, const IrSig *sig)
{
    u32 at = ir_extra(w->b, &sig->nparams, 1);
    ir_extra(w->b, w->stack.at + (w->stack.len - sig->nparams), sig->nparams);
    w->stack.len -= sig->nparams;
    return at;
}

static void push_results(Front *w, IrRef call, u32 type)
{
    const IrSig *sig = &w->fm->sigs[type];
    if (sig->nresults)
        push(w, call);
    for (u32 i = 1; i < sig->nresults; i++)
        push(w, ir_emit(w->b, IR_RESULT, (IrType)sig->results[i], call, i, 0));
    for (u32 i = 0; i < sig->nresults; i++)
        gc_note_type(w, w->stack.at[w->stack.len - sig->nresults + i],
                     w->m->types[type].func.results[i]);
}

static IrOp tail_op(IrOp op)
{
    switch (op) {
    case IR_CALL: return IR_TAIL_CALL;
    case IR_CALL_REF: return IR_TAIL_CALL_REF;
    case IR_CALL_CODE: return IR_TAIL_CALL_CODE;
    default: return IR_TAIL_CALL_IMPORT;
    }
}

/* Emits a call node, or its tail form. `a` is the function, the record or the code. */
static void emit_call(Front *w, IrOp op, u32 a, u32 sig_index, bool is_tail)
{
    const IrSig *sig = &w->fm->sigs[sig_index];
    front_charge(w);
    u32 args = argument_list(w, sig);
    u32 b = op == IR_CALL ? 0 : sig_index;
    if (is_tail) {
        ir_emit(w->b, tail_op(op), IR_VOID, a, b, args);
        w->b->cur = IR_NO_BLOCK;
        return;
    }
    if (vec_last(&w->frames).handler != FRONT_NO_TRY) {
        IrRef call = exception_call(w, op, a, b, args);
        for (u32 i = 0; i < sig->nresults; i++)
            push(w, ir_emit(w->b, IR_RESULT, (IrType)sig->results[i], call, i, 0));
        return;
    }
    IrType type = sig->nresults ? (IrType)sig->results[0] : IR_VOID;
    push_results(w, ir_emit(w->b, op, type, a, b, args), sig_index);
}

/* Calls a function of this index. */
static void call_known(Front *w, u32 func, bool is_tail)
{
    if (!is_tail && inline_call(w, func))
        return;
    IrOp op = func < w->m->n_imported_funcs ? IR_CALL_IMPORT : IR_CALL;
    emit_call(w, op, func, w->fm->func_sig[func], is_tail);
}

/* Traps unless the record's type is the wanted one, or below it. */
static void check_signature(Front *w, IrRef record, u32 type, VmTrap code)
{
    IrRef actual = ir_emit(w->b, IR_PLOAD, IR_I32, record, IR_ALIAS_HOST,
                           (u32)offsetof(VmFuncRef, type_id));
    IrRef fits = gc_type_matches(w, actual, type);
    front_trap_if(w, ir_emit2(w->b, IR_EQ, IR_I32, fits, ir_const(w->b, IR_I32, 0)), code);
}

/* One comparison in the way of the call; which trap it is is found out where it traps. */
static void check_sealed(Front *w, IrRef sig, u32 wanted)
{
    IrRef differs = ir_emit2(w->b, IR_NE, IR_I32, sig, number(w, wanted));
    if (gc_is_zero(w, differs))
        return;
    u64 fuel = w->fuel; /* is charged in front of the call, not here */
    w->fuel = 0;
    Fork fork = control_fork(w, differs);
    front_trap_if(w, ir_emit2(w->b, IR_EQ, IR_I32, sig, number(w, 0)),
                  VM_TRAP_INDIRECT_CALL_TO_NULL);
    control_terminate(w, IR_TRAP, 0, VM_TRAP_BAD_SIGNATURE, 0, 0);
    control_fork_leave(w, &fork);
    w->fuel = fuel;
    gc_note_zero(w, differs);
}

/* Traps unless an element of a sealed table has the signature: null has none. Returns the address
 * of its entry point's. */
static IrRef sealed_element(Front *w, u32 table, IrRef index, u32 type)
{
    u32 len = (u32)w->m->tables[table].limits.min;
    IrType index_type = (IrType)ir_node(w->f, index)->type;
    front_trap_if(w, ir_emit2(w->b, IR_LE_U, IR_I32, ir_const(w->b, index_type, len), index),
                  VM_TRAP_TABLE_OUT_OF_BOUNDS);
    IrRef base = ir_emit(w->b, IR_CTXLD, IR_I64, 0, 0,
                         w->fm->layout.sealed + table * (u32)sizeof(void *));
    IrRef wide = widen(w, index);
    IrRef sig_off = ir_emit2(w->b, IR_SHL, IR_I64, wide, ir_const(w->b, IR_I64, 2));
    IrRef sig = ir_emit(w->b, IR_PLOAD, IR_I32, ir_emit2(w->b, IR_ADD, IR_I64, base, sig_off),
                        IR_ALIAS_GC_CONST, (u32)VM_SEALED_SIGS(len));
    check_sealed(w, sig, type + 1);
    IrRef off = ir_emit2(w->b, IR_SHL, IR_I64, wide, ir_const(w->b, IR_I64, 3));
    return ir_emit2(w->b, IR_ADD, IR_I64, base, off);
}

/* The function at a constant index, if a call of the type may call it. */
static u32 constant_target(const Front *w, u32 table, IrRef index, u32 type)
{
    if (!ir_is_const(w->f, index) ||
        ir_const_value(w->f, index) >= w->m->tables[table].limits.min)
        return WASM_NONE;
    u32 func = w->fm->sealed[table].funcs[ir_const_value(w->f, index)];
    bool fits = func != WASM_NONE && wasm_type_below(w->m, w->m->funcs[func].type, type);
    return fits ? func : WASM_NONE;
}

/* A call through a table that is not sealed, or where types below the one expected are met, goes
 * by records of functions. False: this is one. */
static bool call_sealed(Front *w, u32 table, u32 type, bool is_tail)
{
    const FrontSealed *s = &w->fm->sealed[table];
    if (!s->funcs || s->targets[type].has_below)
        return false;
    IrRef index = pop(w);
    bool is_direct = w->fm->options.devirtualize;
    u32 func = is_direct ? constant_target(w, table, index, type) : WASM_NONE;
    if (func == WASM_NONE) {
        IrRef at = sealed_element(w, table, index, type);
        if (!is_direct || s->targets[type].func >= FRONT_SEVERAL) {
            IrRef code = ir_emit(w->b, IR_PLOAD, IR_I64, at, IR_ALIAS_GC_CONST, 0);
            emit_call(w, IR_CALL_CODE, code, type, is_tail);
            return true;
        }
        func = s->targets[type].func;
    }
    call_known(w, func, is_tail);
    return true;
}

static void call_indirect(Front *w, bool is_tail)
{
    u32 type = wasm_read_u32(&w->reader), table = wasm_read_u32(&w->reader);
    type = w->m->types[type].canon;
    if (call_sealed(w, table, type, is_tail))
        return;
    IrRef at = table_elem_address(w, table, pop(w));
    IrRef record = ir_emit(w->b, IR_PLOAD, IR_REF, at, IR_ALIAS_TABLE, 0);
    WasmValType elem = w->m->tables[table].type;
    if (wasm_is_nullable(elem))
        front_trap_if(w, ir_emit2(w->b, IR_EQ, IR_I32, record, ir_const(w->b, IR_REF, 0)),
                      VM_TRAP_INDIRECT_CALL_TO_NULL);
    bool is_known = wasm_is_concrete(elem) && wasm_type_below(w->m, wasm_heap_of(elem), type);
    if (!is_known)
        check_signature(w, record, type, VM_TRAP_BAD_SIGNATURE);
    emit_call(w, IR_CALL_REF, record, type, is_tail);
}

static void call_ref(Front *w, bool is_tail)
{
    u32 type = w->m->types[wasm_read_u32(&w->reader)].canon;
    IrRef record = pop(w);
    gc_check_null(w, record, VM_TRAP_NULL_REFERENCE);
    emit_call(w, IR_CALL_REF, record, type, is_tail);
}

bool call_op(Front *w, WasmOp op)
{
    switch (op) {
    case WASM_OP_CALL:
        return call_known(w, wasm_read_u32(&w->reader), false), true;
    case WASM_OP_RETURN_CALL:
        return call_known(w, wasm_read_u32(&w->reader), true), true;
    case WASM_OP_CALL_INDIRECT:
        return call_indirect(w, false), true;
    case WASM_OP_RETURN_CALL_INDIRECT:
        return call_indirect(w, true), true;
    case WASM_OP_CALL_REF:
        return call_ref(w, false), true;
    case WASM_OP_RETURN_CALL_REF:
        return call_ref(w, true), true;
    default:
        return false;
    }
}
