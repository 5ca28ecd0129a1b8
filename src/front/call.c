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

/* Emits one of the three call nodes, or its tail form. `a` is the function or the record. */
static void emit_call(Front *w, IrOp op, u32 a, u32 sig_index, bool is_tail)
{
    const IrSig *sig = &w->fm->sigs[sig_index];
    front_charge(w);
    u32 args = argument_list(w, sig);
    u32 b = op == IR_CALL ? 0 : sig_index;
    if (is_tail) {
        IrOp tail = op == IR_CALL       ? IR_TAIL_CALL
                    : op == IR_CALL_REF ? IR_TAIL_CALL_REF
                                        : IR_TAIL_CALL_IMPORT;
        ir_emit(w->b, tail, IR_VOID, a, b, args);
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

static void call_function(Front *w, bool is_tail)
{
    u32 func = wasm_read_u32(&w->reader);
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

static void call_indirect(Front *w, bool is_tail)
{
    u32 type = wasm_read_u32(&w->reader), table = wasm_read_u32(&w->reader);
    type = w->m->types[type].canon;
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
        return call_function(w, false), true;
    case WASM_OP_RETURN_CALL:
        return call_function(w, true), true;
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
