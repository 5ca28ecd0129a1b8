/* Constant expressions. They are validated and in postfix order, so evaluating is one loop over a
 * stack of the height the decoder measured. */
#include "rt/heap.h"

#include <stdlib.h>

#define SMALL_STACK 16u

/* The stack is a root: making an object may collect. */
typedef struct Eval {
    RtInstance *instance;
    VmVal *stack;
    u8 *is_ref;  /* by value on the stack: a reference of the heap */
    RtTempRoots roots;
    RtEval status;
} Eval;

static VmVal *push_kind(Eval *e, bool is_ref)
{
    u32 i = e->roots.n++;
    e->is_ref[i] = is_ref;
    memset(&e->stack[i], 0, sizeof e->stack[i]); /* all 16 bytes, whichever the value has */
    return &e->stack[i];
}

static VmVal *push(Eval *e) { return push_kind(e, false); }

static VmVal pop(Eval *e)
{
    return e->stack[--e->roots.n];
}

/* Pushes a reference to a new object; what fills it is still below. */
static u32 make(Eval *e, u32 type, bool is_array, u32 len)
{
    RtStore *store = e->instance->store;
    u32 id = e->instance->module->type_ids[type];
    u32 ref = is_array ? rt_array_new(store, id, len) : rt_struct_new(store, id);
    if (!ref)
        e->status = RT_EVAL_TOO_LARGE;
    return ref;
}

/* An object whose n fields are on the stack. */
static void make_of_fields(Eval *e, u32 type, bool is_array, u32 n)
{
    u32 ref = make(e, type, is_array, n);
    if (!ref)
        return;
    for (u32 i = n; i-- > 0;) {
        VmVal value = pop(e);
        rt_object_set(e->instance->store, ref, i, &value);
    }
    push_kind(e, true)->gcref = ref;
}

static void make_default(Eval *e, u32 type, bool is_array, u32 len)
{
    u32 ref = make(e, type, is_array, len);
    if (ref)
        push_kind(e, true)->gcref = ref;
}

static void make_filled(Eval *e, u32 type)
{
    u32 len = pop(e).i32;
    u32 ref = make(e, type, true, len);
    if (!ref)
        return;
    VmVal value = pop(e);
    rt_array_fill(e->instance->store, ref, 0, &value, len);
    push_kind(e, true)->gcref = ref;
}

static void eval_aggregate(Eval *e, const WasmConstOp *op)
{
    u32 n_fields = e->instance->module->wasm->types[op->a].n_fields;
    switch (op->op) {
    case WASM_OP_STRUCT_NEW: make_of_fields(e, op->a, false, n_fields); break;
    case WASM_OP_STRUCT_NEW_DEFAULT: make_default(e, op->a, false, 0); break;
    case WASM_OP_ARRAY_NEW_FIXED: make_of_fields(e, op->a, true, (u32)op->lo); break;
    case WASM_OP_ARRAY_NEW_DEFAULT: make_default(e, op->a, true, pop(e).i32); break;
    default: check(op->op == WASM_OP_ARRAY_NEW); make_filled(e, op->a); break;
    }
}

static void eval_global(Eval *e, u32 global)
{
    RtInstance *instance = e->instance;
    const VmGlobal *value = rt_instance_global_value(instance, global);
    RtValType type = rt_val_type(instance->module, instance->module->wasm->globals[global].type);
    bool is_ref = rt_vm_type(instance->store->engine, type) == VM_TYPE_GCREF;
    memcpy(push_kind(e, is_ref), value, sizeof *value);
}

static void eval_func(Eval *e, u32 func)
{
    VmFuncRef *ref = rt_instance_func(e->instance, func);
    if (ref)
        push(e)->funcref = ref;
    else
        e->status = RT_EVAL_OOM;
}

static void eval_arithmetic(Eval *e, WasmOp op)
{
    VmVal b = pop(e), a = pop(e);
    VmVal *v = push(e);
    switch (op) {
    case WASM_OP_I32_ADD: v->i32 = a.i32 + b.i32; break;
    case WASM_OP_I32_SUB: v->i32 = a.i32 - b.i32; break;
    case WASM_OP_I32_MUL: v->i32 = a.i32 * b.i32; break;
    case WASM_OP_I64_ADD: v->i64 = a.i64 + b.i64; break;
    case WASM_OP_I64_SUB: v->i64 = a.i64 - b.i64; break;
    case WASM_OP_I64_MUL: v->i64 = a.i64 * b.i64; break;
    default: UNREACHABLE();
    }
}

static void eval_op(Eval *e, const WasmConstOp *op)
{
    switch (op->op) {
    case WASM_OP_I32_CONST:
    case WASM_OP_F32_CONST: push(e)->i32 = (u32)op->lo; break;
    case WASM_OP_I64_CONST:
    case WASM_OP_F64_CONST: push(e)->i64 = op->lo; break;
    case WASM_OP_V128_CONST: {
        VmVal *v = push(e);
        store_u64(v->v128, op->lo);
        store_u64(v->v128 + 8, op->hi);
        break;
    }
    case WASM_OP_REF_NULL: push(e); break;
    case WASM_OP_GLOBAL_GET: eval_global(e, op->a); break;
    case WASM_OP_REF_FUNC: eval_func(e, op->a); break;
    case WASM_OP_REF_I31: {
        u32 value = pop(e).i32;
        push(e)->gcref = rt_i31_new(value);
        break;
    }
    case WASM_OP_ANY_CONVERT_EXTERN: /* one reference, seen from two sides */
    case WASM_OP_EXTERN_CONVERT_ANY: break;
    case WASM_OP_STRUCT_NEW:
    case WASM_OP_STRUCT_NEW_DEFAULT:
    case WASM_OP_ARRAY_NEW:
    case WASM_OP_ARRAY_NEW_DEFAULT:
    case WASM_OP_ARRAY_NEW_FIXED: eval_aggregate(e, op); break;
    default: eval_arithmetic(e, (WasmOp)op->op); break;
    }
}

RtEval rt_eval(RtInstance *instance, const WasmConstExpr *expr, VmVal *out)
{
    VmVal small[SMALL_STACK];
    u8 small_kinds[SMALL_STACK];
    Eval e = {.instance = instance, .stack = small, .is_ref = small_kinds, .status = RT_EVAL_OK};
    if (expr->max_height > SMALL_STACK) {
        e.stack = malloc(expr->max_height * (sizeof *e.stack + 1));
        if (!e.stack)
            return RT_EVAL_OOM;
        e.is_ref = (u8 *)(e.stack + expr->max_height);
    }
    e.roots.values = e.stack;
    e.roots.is_ref = e.is_ref;
    rt_push_temps(instance->store, &e.roots);
    for (u32 i = 0; i < expr->n_ops && e.status == RT_EVAL_OK; i++)
        eval_op(&e, &expr->ops[i]);
    rt_pop_temps(instance->store);
    if (e.status == RT_EVAL_OK)
        *out = e.stack[0];
    if (e.stack != small)
        free(e.stack);
    return e.status;
}
