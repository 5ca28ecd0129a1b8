/* Constant expressions. They are validated and in postfix order, so evaluating is one loop over a
 * stack of the height the decoder measured. */
#include "rt/rt_int.h"

#include <stdlib.h>

#define SMALL_STACK 16u
/* Elements of an array made by a constant expression. */
#define MAX_ARRAY_LEN ((u64)1 << 22)

typedef struct Eval {
    RtInstance *instance;
    VmVal *stack;
    u32 height;
    RtEval status;
} Eval;

static VmVal *push(Eval *e)
{
    VmVal *v = &e->stack[e->height++];
    memset(v, 0, sizeof *v); /* all 16 bytes, whichever the value has */
    return v;
}

static VmVal pop(Eval *e)
{
    return e->stack[--e->height];
}

/* Makes a struct or array whose fields are all `fill`, or, if that is NULL, are popped. */
static void make_object(Eval *e, RtObjectKind kind, u32 type, u64 len, const VmVal *fill)
{
    u32 ref = 0;
    if (len > MAX_ARRAY_LEN) {
        e->status = RT_EVAL_TOO_LARGE;
        return;
    }
    RtObject *object = rt_object_new(e->instance->store, kind, (u32)len, &ref);
    if (!object) {
        e->status = RT_EVAL_OOM;
        return;
    }
    object->type = e->instance->module->type_ids[type];
    for (u32 i = (u32)len; i-- > 0;)
        object->fields[i] = fill ? *fill : pop(e);
    push(e)->gcref = ref;
}

static void eval_aggregate(Eval *e, const WasmConstOp *op)
{
    static const VmVal zero;
    const WasmType *type = &e->instance->module->wasm->types[op->a];
    switch (op->op) {
    case WASM_OP_STRUCT_NEW:
        make_object(e, RT_OBJECT_STRUCT, op->a, type->n_fields, NULL);
        break;
    case WASM_OP_STRUCT_NEW_DEFAULT:
        make_object(e, RT_OBJECT_STRUCT, op->a, type->n_fields, &zero);
        break;
    case WASM_OP_ARRAY_NEW_FIXED:
        make_object(e, RT_OBJECT_ARRAY, op->a, op->lo, NULL);
        break;
    case WASM_OP_ARRAY_NEW_DEFAULT:
        make_object(e, RT_OBJECT_ARRAY, op->a, pop(e).i32, &zero);
        break;
    default: {
        check(op->op == WASM_OP_ARRAY_NEW);
        u32 len = pop(e).i32;
        VmVal fill = pop(e);
        make_object(e, RT_OBJECT_ARRAY, op->a, len, &fill);
    }
    }
}

static void eval_global(Eval *e, u32 global)
{
    const VmGlobal *value = rt_instance_global_value(e->instance, global);
    memcpy(push(e), value, sizeof *value);
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
        push(e)->gcref = value << 1 | 1;
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
    Eval e = {.instance = instance, .stack = small, .status = RT_EVAL_OK};
    if (expr->max_height > SMALL_STACK) {
        e.stack = malloc(expr->max_height * sizeof *e.stack);
        if (!e.stack)
            return RT_EVAL_OOM;
    }
    for (u32 i = 0; i < expr->n_ops && e.status == RT_EVAL_OK; i++)
        eval_op(&e, &expr->ops[i]);
    if (e.status == RT_EVAL_OK)
        *out = e.stack[0];
    if (e.stack != small)
        free(e.stack);
    return e.status;
}
