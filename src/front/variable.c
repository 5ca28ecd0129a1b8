/* Locals, globals, references, and what only moves operands. */
#include "base/bitset.h"
#include "front/front_int.h"
#include "front/gc.h"

typedef struct GlobalPlace {
    IrType type;
    u32 class;
    bool is_constant; /* never written once instances run */
    IrRef pointer;    /* imported: where it is; 0: in the context at `off` */
    u32 off;
} GlobalPlace;

static GlobalPlace global_place(Front *w, u32 index)
{
    const WasmGlobal *g = &w->m->globals[index];
    GlobalPlace p = {.type = front_type(w->m, g->type), .is_constant = !g->is_mutable};
    p.class = bitset_has(w->fm->global_shared, index) ? (u32)IR_ALIAS_GLOBAL_IMPORT
                                                      : (u32)IR_ALIAS_GLOBAL0 + index;
    if (index < w->m->n_imported_globals)
        p.pointer = ir_emit(w->b, IR_CTXLD, IR_I64, 0, 0,
                            w->fm->layout.imported_globals + index * (u32)sizeof(VmGlobal *));
    else
        p.off = w->fm->layout.globals +
                (index - w->m->n_imported_globals) * (u32)sizeof(VmGlobal);
    return p;
}

static void global_get(Front *w)
{
    u32 global = wasm_read_u32(&w->reader);
    GlobalPlace p = global_place(w, global);
    if (p.pointer)
        push(w, ir_emit(w->b, IR_PLOAD, p.type, p.pointer, p.class, 0));
    else if (p.is_constant)
        push(w, ir_emit(w->b, IR_CTXLD, p.type, 0, 0, p.off));
    else
        push(w, ir_emit(w->b, IR_CTXGET, p.type, 0, p.class, p.off));
    gc_note_type(w, vec_last(&w->stack), w->m->globals[global].type);
}

static void global_set(Front *w)
{
    GlobalPlace p = global_place(w, wasm_read_u32(&w->reader));
    IrRef value = pop(w);
    if (!p.pointer) {
        ir_emit(w->b, IR_CTXSET, IR_VOID, value, p.class, p.off);
        return;
    }
    const u32 place[2] = {0, p.class};
    ir_emit(w->b, IR_PSTORE, IR_VOID, p.pointer, value, ir_extra(w->b, place, 2));
}

static void select_op(Front *w)
{
    IrRef condition = pop(w), b = pop(w), a = pop(w);
    push(w, ir_emit(w->b, IR_SELECT, (IrType)ir_node(w->f, a)->type, condition, a, b));
}

static void ref_func(Front *w)
{
    u32 func = wasm_read_u32(&w->reader);
    const VmLayout *l = &w->fm->layout;
    if (func < w->m->n_imported_funcs)
        push(w, ir_emit(w->b, IR_CTXLD, IR_REF, 0, 0,
                        l->imported_funcs + func * (u32)sizeof(VmFuncRef *)));
    else
        push(w, ir_emit(w->b, IR_CTXADDR, IR_REF, 0, 0,
                        l->funcrefs + w->fm->funcref_at[func] * (u32)sizeof(VmFuncRef)));
}

static IrRef is_null(Front *w, IrRef ref)
{
    return ir_emit2(w->b, IR_EQ, IR_I32, ref,
                    ir_const(w->b, (IrType)ir_node(w->f, ref)->type, 0));
}

bool variable_op(Front *w, WasmOp op)
{
    switch (op) {
    case WASM_OP_LOCAL_GET:
        push(w, *local_at(w, wasm_read_u32(&w->reader)));
        return true;
    case WASM_OP_LOCAL_SET: {
        u32 local = wasm_read_u32(&w->reader);
        *local_at(w, local) = pop(w);
        return true;
    }
    case WASM_OP_LOCAL_TEE:
        *local_at(w, wasm_read_u32(&w->reader)) = vec_last(&w->stack);
        return true;
    case WASM_OP_GLOBAL_GET:
        return global_get(w), true;
    case WASM_OP_GLOBAL_SET:
        return global_set(w), true;
    case WASM_OP_DROP:
        pop(w);
        return true;
    case WASM_OP_SELECT_T:
        for (u32 n = wasm_read_u32(&w->reader); n; n--)
            wasm_read_val_type(&w->reader, w->m);
        return select_op(w), true;
    case WASM_OP_SELECT:
        return select_op(w), true;
    case WASM_OP_REF_NULL:
        push(w, ir_const(w->b, front_type(w->m, wasm_read_heap_type(&w->reader, w->m)), 0));
        return true;
    case WASM_OP_REF_IS_NULL:
        push(w, is_null(w, pop(w)));
        return true;
    case WASM_OP_REF_FUNC:
        return ref_func(w), true;
    case WASM_OP_REF_AS_NON_NULL:
        return gc_check_null(w, vec_last(&w->stack), VM_TRAP_NULL_REFERENCE), true;
    default:
        return false;
    }
}
