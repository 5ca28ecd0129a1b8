/* Constant expressions: checked while they are read, and kept in postfix form for the runtime. */
#include "wasm/wasm_int.h"

void wasm_escape(WasmDecoder *d, u32 func)
{
    bitset_add(d->escapes, func);
}

static void push(WasmDecoder *d, WasmValType type)
{
    vec_push(&d->scratch, &d->stack, type);
}

/* Takes an operand of at least this type off the stack. */
static void pop(WasmDecoder *d, const u8 *at, WasmValType want)
{
    char expected[WASM_TYPE_NAME_MAX], found[WASM_TYPE_NAME_MAX];
    if (!d->stack.len)
        wasm_fail(&d->in, at, "type mismatch: expected %s, found nothing",
                  wasm_type_name(expected, want));
    WasmValType type = vec_pop(&d->stack);
    if (!wasm_is_subtype(d->m, type, want))
        wasm_fail(&d->in, at, "type mismatch: expected %s, found %s",
                  wasm_type_name(expected, want), wasm_type_name(found, type));
}

/* Any immutable global that is defined before; without gc imported ones only. */
static void read_global_get(WasmDecoder *d, const u8 *at, WasmConstOp *op)
{
    op->a = wasm_in_index(&d->in, "global", d->m->n_globals);
    const WasmGlobal *global = &d->m->globals[op->a];
    if (global->is_mutable)
        wasm_fail(&d->in, at, "constant expression required: global %u is mutable", op->a);
    if (global->import == WASM_NONE)
        wasm_need(&d->in, d->m, at, WASM_FEATURE_GC,
                  "constant expression required: a global that is not imported");
    push(d, global->type);
}

/* Names a function outside of bodies, which lets ref.func name it inside of them. */
static void read_ref_func(WasmDecoder *d, WasmConstOp *op)
{
    op->a = wasm_in_index(&d->in, "function", d->m->n_funcs);
    wasm_escape(d, op->a);
    push(d, wasm_concrete_ref(d->m->funcs[op->a].type, false));
}

static void check_default(WasmDecoder *d, const u8 *at, const WasmType *type)
{
    char name[WASM_TYPE_NAME_MAX];
    for (u32 i = 0; !type->is_defaultable && i < type->n_fields; i++)
        if (!wasm_is_defaultable(type->fields[i].type))
            wasm_fail(&d->in, at, "type mismatch: expected types with a default, field %u is %s",
                      i, wasm_type_name(name, type->fields[i].type));
}

static void read_struct_new(WasmDecoder *d, const u8 *at, WasmConstOp *op)
{
    op->a = wasm_in_type_index(&d->in, d->m, WASM_TYPE_STRUCT);
    const WasmType *type = &d->m->types[op->a];
    if (op->op == WASM_OP_STRUCT_NEW_DEFAULT)
        check_default(d, at, type);
    else
        for (u32 i = type->n_fields; i > 0; i--)
            pop(d, at, wasm_unpacked(type->fields[i - 1].type));
    push(d, wasm_concrete_ref(op->a, false));
}

static void read_array_new(WasmDecoder *d, const u8 *at, WasmConstOp *op)
{
    op->a = wasm_in_type_index(&d->in, d->m, WASM_TYPE_ARRAY);
    const WasmType *type = &d->m->types[op->a];
    WasmValType element = wasm_unpacked(type->fields[0].type);
    if (op->op == WASM_OP_ARRAY_NEW_FIXED) {
        const u8 *count_at = d->in.at;
        op->lo = in_u32(&d->in);
        if (op->lo > WASM_MAX_ARRAY_NEW_FIXED)
            wasm_fail(&d->in, count_at, "too many array.new_fixed operands: %u, at most %u",
                      (u32)op->lo, WASM_MAX_ARRAY_NEW_FIXED);
        for (u64 i = 0; i < op->lo; i++)
            pop(d, at, element);
    } else {
        pop(d, at, WASM_T_I32);
        if (op->op == WASM_OP_ARRAY_NEW_DEFAULT)
            check_default(d, at, type);
        else
            pop(d, at, element);
    }
    push(d, wasm_concrete_ref(op->a, false));
}

/* i32 and i64 add, sub, mul. */
static void read_arithmetic(WasmDecoder *d, const u8 *at, WasmValType type)
{
    wasm_need(&d->in, d->m, at, WASM_FEATURE_EXTENDED_CONST,
              "constant expression required: arithmetic");
    pop(d, at, type);
    pop(d, at, type);
    push(d, type);
}

/* From extern to any or back, which keeps nullability. */
static void read_convert(WasmDecoder *d, const u8 *at, WasmHeap from, WasmHeap to)
{
    bool is_nullable = d->stack.len && wasm_is_nullable(vec_last(&d->stack));
    pop(d, at, WASM_ABSTRACT_REF(from));
    push(d, wasm_with_null(WASM_ABSTRACT_REF(to), is_nullable));
}

static void read_literal(WasmDecoder *d, WasmConstOp *op)
{
    const u8 *bytes;
    switch ((WasmOp)op->op) {
    case WASM_OP_I32_CONST:
        op->lo = (u64)in_signed(&d->in, 32);
        push(d, WASM_T_I32);
        break;
    case WASM_OP_I64_CONST:
        op->lo = (u64)in_signed(&d->in, 64);
        push(d, WASM_T_I64);
        break;
    case WASM_OP_F32_CONST:
        op->lo = load_u32(in_bytes(&d->in, 4));
        push(d, WASM_T_F32);
        break;
    case WASM_OP_F64_CONST:
        op->lo = load_u64(in_bytes(&d->in, 8));
        push(d, WASM_T_F64);
        break;
    default:
        bytes = in_bytes(&d->in, 16);
        op->lo = load_u64(bytes);
        op->hi = load_u64(bytes + 8);
        push(d, WASM_T_V128);
        break;
    }
}

static void read_op(WasmDecoder *d, const u8 *at, WasmConstOp *op)
{
    switch ((WasmOp)op->op) {
    case WASM_OP_I32_CONST:
    case WASM_OP_I64_CONST:
    case WASM_OP_F32_CONST:
    case WASM_OP_F64_CONST:
    case WASM_OP_V128_CONST:
        read_literal(d, op);
        break;
    case WASM_OP_I32_ADD:
    case WASM_OP_I32_SUB:
    case WASM_OP_I32_MUL:
        read_arithmetic(d, at, WASM_T_I32);
        break;
    case WASM_OP_I64_ADD:
    case WASM_OP_I64_SUB:
    case WASM_OP_I64_MUL:
        read_arithmetic(d, at, WASM_T_I64);
        break;
    case WASM_OP_GLOBAL_GET:
        read_global_get(d, at, op);
        break;
    case WASM_OP_REF_NULL:
        op->lo = wasm_in_heap_type(&d->in, d->m) | WASM_NULLABLE;
        push(d, (WasmValType)op->lo);
        break;
    case WASM_OP_REF_FUNC:
        read_ref_func(d, op);
        break;
    case WASM_OP_STRUCT_NEW:
    case WASM_OP_STRUCT_NEW_DEFAULT:
        read_struct_new(d, at, op);
        break;
    case WASM_OP_ARRAY_NEW:
    case WASM_OP_ARRAY_NEW_DEFAULT:
    case WASM_OP_ARRAY_NEW_FIXED:
        read_array_new(d, at, op);
        break;
    case WASM_OP_REF_I31:
        pop(d, at, WASM_T_I32);
        push(d, WASM_REF | WASM_ABSTRACT | WASM_HEAP_I31);
        break;
    case WASM_OP_ANY_CONVERT_EXTERN:
        read_convert(d, at, WASM_HEAP_EXTERN, WASM_HEAP_ANY);
        break;
    case WASM_OP_EXTERN_CONVERT_ANY:
        read_convert(d, at, WASM_HEAP_ANY, WASM_HEAP_EXTERN);
        break;
    default:
        wasm_fail(&d->in, at, "constant expression required: %s is not constant",
                  wasm_op_name((WasmOp)op->op));
    }
}

/* The operators are collected in scratch memory that all expressions share and copied out at their
 * exact number, since most have one. */
void wasm_decode_const(WasmDecoder *d, WasmValType type, WasmConstExpr *out)
{
    d->const_ops.len = 0;
    d->stack.len = 0;
    u32 max_height = 0;
    const u8 *start = d->in.at, *at;
    for (;;) {
        at = d->in.at;
        WasmConstOp op = {.op = (u16)wasm_in_op(&d->in, d->m)};
        if (op.op == WASM_OP_END)
            break;
        read_op(d, at, &op);
        max_height = MAX(max_height, d->stack.len);
        vec_push(&d->scratch, &d->const_ops, op);
    }
    pop(d, at, type);
    if (d->stack.len) {
        char list[WASM_TYPE_LIST_MAX];
        wasm_fail(&d->in, at, "type mismatch: %u values too many at the end of the expression: %s",
                  d->stack.len, wasm_type_list(list, d->stack.at, d->stack.len));
    }
    WasmConstOp *ops = wasm_array(d, WasmConstOp, d->const_ops.len);
    if (d->const_ops.len)
        memcpy(ops, d->const_ops.at, sizeof(WasmConstOp) * d->const_ops.len);
    *out = (WasmConstExpr){.ops = ops,
                           .n_ops = d->const_ops.len,
                           .start = in_offset(&d->in, start),
                           .type = type,
                           .max_height = max_height};
}
