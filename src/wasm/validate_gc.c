/* References, structures, arrays, casts. */
#include "wasm/validate_int.h"

/* Is there nothing left that could be wrong? Then thousands of operands need not be asked for. */
static bool is_bottomless(WasmValidator *v)
{
    return v->top == v->floor && v_frame(v)->is_unreachable;
}

static void pop_times(WasmValidator *v, WasmValType type, u32 count)
{
    for (; count && !is_bottomless(v); count--)
        v_pop(v, type);
}

/* ---- structures ---- */

static void check_defaults(WasmValidator *v, const WasmType *type)
{
    char name[WASM_TYPE_NAME_MAX];
    for (u32 i = 0; !type->is_defaultable && i < type->n_fields; i++)
        if (!wasm_is_defaultable(type->fields[i].type))
            wasm_fail(&v->in, v->op_at, "type mismatch: %s expected types with a default, field %u "
                      "is %s", wasm_op_name(v->op), i, wasm_type_name(name, type->fields[i].type));
}

static void check_struct_new(WasmValidator *v, bool is_default)
{
    u32 index = wasm_in_type_index(&v->in, v->m, WASM_TYPE_STRUCT);
    const WasmType *type = &v->m->types[index];
    if (is_default)
        check_defaults(v, type);
    else
        for (u32 i = type->n_fields; i > 0 && !is_bottomless(v); i--)
            v_pop(v, wasm_unpacked(type->fields[i - 1].type));
    v_push(v, wasm_concrete_ref(index, false));
}

/* _s and _u go with packed fields, the plain form with the others. */
static void check_packing(WasmValidator *v, WasmValType storage, bool is_extending)
{
    char name[WASM_TYPE_NAME_MAX];
    if (wasm_is_packed(storage) != is_extending)
        wasm_fail(&v->in, v->op_at, "field is %s: %s cannot read %s",
                  is_extending ? "unpacked" : "packed", wasm_op_name(v->op),
                  wasm_type_name(name, storage));
}

/* struct.get, its _s and _u forms, struct.set */
static void check_struct_access(WasmValidator *v, WasmOp op)
{
    u32 index = wasm_in_type_index(&v->in, v->m, WASM_TYPE_STRUCT);
    const WasmType *type = &v->m->types[index];
    const u8 *at = v->in.at;
    u32 number = wasm_in_index(&v->in, "field", type->n_fields);
    WasmField field = type->fields[number];
    if (op == WASM_OP_STRUCT_SET) {
        if (!field.is_mutable)
            wasm_fail(&v->in, at, "immutable field: field %u of type %u cannot be set", number,
                      index);
        v_pop(v, wasm_unpacked(field.type));
        v_pop(v, wasm_concrete_ref(index, true));
        return;
    }
    check_packing(v, field.type, op != WASM_OP_STRUCT_GET);
    v_pop(v, wasm_concrete_ref(index, true));
    v_push(v, wasm_unpacked(field.type));
}

/* ---- arrays ---- */

static u32 read_array(WasmValidator *v, WasmField *element)
{
    u32 index = wasm_in_type_index(&v->in, v->m, WASM_TYPE_ARRAY);
    *element = v->m->types[index].fields[0];
    return index;
}

/* The same for an array that is written to. */
static u32 read_mutable_array(WasmValidator *v, WasmField *element)
{
    const u8 *at = v->in.at;
    u32 index = read_array(v, element);
    if (!element->is_mutable)
        wasm_fail(&v->in, at, "immutable array: elements of type %u cannot be set", index);
    return index;
}

/* A data segment as the source of elements: bytes make numbers, never references. */
static void read_data_for(WasmValidator *v, WasmField element)
{
    const u8 *at = v->in.at;
    char name[WASM_TYPE_NAME_MAX];
    wasm_v_read_data(v);
    if (wasm_is_ref(element.type))
        wasm_fail(&v->in, at, "array type is not numeric or vector: its elements are %s",
                  wasm_type_name(name, element.type));
}

/* An element segment as their source: what it holds must be elements of the array. */
static void read_elem_for(WasmValidator *v, WasmField element)
{
    u32 segment = wasm_in_index(&v->in, "elem segment", v->m->n_elems);
    v_match(v, v->m->elems[segment].type, element.type);
}

static void check_array_new(WasmValidator *v, WasmOp op)
{
    WasmField element;
    u32 index = read_array(v, &element);
    const u8 *at = v->in.at;
    u32 count;
    switch (op) {
    case WASM_OP_ARRAY_NEW:
        v_pop(v, WASM_T_I32);
        v_pop(v, wasm_unpacked(element.type));
        break;
    case WASM_OP_ARRAY_NEW_DEFAULT:
        check_defaults(v, &v->m->types[index]);
        v_pop(v, WASM_T_I32);
        break;
    case WASM_OP_ARRAY_NEW_FIXED:
        count = in_u32(&v->in);
        if (count > WASM_MAX_ARRAY_NEW_FIXED)
            wasm_fail(&v->in, at, "too many array.new_fixed operands: %u, at most %u are supported",
                      count, WASM_MAX_ARRAY_NEW_FIXED);
        pop_times(v, wasm_unpacked(element.type), count);
        break;
    case WASM_OP_ARRAY_NEW_DATA:
        read_data_for(v, element);
        pop_times(v, WASM_T_I32, 2);
        break;
    default:
        read_elem_for(v, element);
        pop_times(v, WASM_T_I32, 2);
        break;
    }
    v_push(v, wasm_concrete_ref(index, false));
}

static void check_array_access(WasmValidator *v, WasmOp op)
{
    WasmField element;
    u32 index;
    if (op == WASM_OP_ARRAY_SET) {
        index = read_mutable_array(v, &element);
        v_pop(v, wasm_unpacked(element.type));
    } else {
        index = read_array(v, &element);
        check_packing(v, element.type, op != WASM_OP_ARRAY_GET);
    }
    v_pop(v, WASM_T_I32);
    v_pop(v, wasm_concrete_ref(index, true));
    if (op != WASM_OP_ARRAY_SET)
        v_push(v, wasm_unpacked(element.type));
}

/* Nothing is converted on the way, so storage types must match: i8 into i8, not into i32. */
static void check_array_copy(WasmValidator *v)
{
    const u8 *at = v->in.at;
    WasmField to, from;
    u32 to_index = read_mutable_array(v, &to), from_index = read_array(v, &from);
    char a[WASM_TYPE_NAME_MAX], b[WASM_TYPE_NAME_MAX];
    if (!wasm_is_subtype(v->m, from.type, to.type))
        wasm_fail(&v->in, at, "array types do not match: expected elements %s, found %s",
                  wasm_type_name(a, to.type), wasm_type_name(b, from.type));
    pop_times(v, WASM_T_I32, 2);
    v_pop(v, wasm_concrete_ref(from_index, true));
    v_pop(v, WASM_T_I32);
    v_pop(v, wasm_concrete_ref(to_index, true));
}

/* array.fill, array.init_data and array.init_elem */
static void check_array_write(WasmValidator *v, WasmOp op)
{
    WasmField element;
    u32 index = read_mutable_array(v, &element);
    if (op == WASM_OP_ARRAY_INIT_DATA)
        read_data_for(v, element);
    else if (op == WASM_OP_ARRAY_INIT_ELEM)
        read_elem_for(v, element);
    v_pop(v, WASM_T_I32);
    v_pop(v, op == WASM_OP_ARRAY_FILL ? wasm_unpacked(element.type) : WASM_T_I32);
    v_pop(v, WASM_T_I32);
    v_pop(v, wasm_concrete_ref(index, true));
}

/* ---- references ---- */

static void check_ref_func(WasmValidator *v)
{
    const u8 *at = v->in.at;
    u32 func = wasm_in_index(&v->in, "function", v->m->n_funcs);
    if (!bitset_has(v->m->func_escapes, func))
        wasm_fail(&v->in, at, "undeclared function reference: function %u is neither exported nor "
                  "named outside of bodies", func);
    v_push(v, wasm_concrete_ref(v->m->funcs[func].type, false));
}

/* Branches without the reference, falls through with it. */
static void check_br_on_null(WasmValidator *v)
{
    const WasmValType *types;
    u32 count;
    wasm_v_label(v, wasm_v_read_label(v), &types, &count);
    WasmValType ref = wasm_v_pop_ref(v);
    v_check_list(v, types, count);
    v_push(v, wasm_with_null(ref, false));
}

/* The last value of a label, which the branch adds to those on the stack. */
static WasmValType last_of_label(WasmValidator *v, const WasmValType *types, u32 count)
{
    if (!count || !wasm_is_ref(types[count - 1]))
        wasm_fail(&v->in, v->op_at,
                  "type mismatch: %s expected a label that takes a reference last",
                  wasm_op_name(v->op));
    return types[count - 1];
}

/* Branches with the reference, falls through without it. */
static void check_br_on_non_null(WasmValidator *v)
{
    const WasmValType *types;
    u32 count;
    wasm_v_label(v, wasm_v_read_label(v), &types, &count);
    WasmValType last = last_of_label(v, types, count);
    v_match(v, wasm_with_null(wasm_v_pop_ref(v), false), last);
    v_check_list(v, types, count - 1);
}

static void check_br_on_cast(WasmValidator *v, bool branches_on_success)
{
    const u8 *at = v->in.at;
    u8 flags = in_u8(&v->in);
    if (flags > 3)
        wasm_fail(&v->in, at, "malformed cast flags: %u, at most 3 is known", flags);
    const WasmValType *types;
    u32 count;
    wasm_v_label(v, wasm_v_read_label(v), &types, &count);
    WasmValType from = wasm_with_null(wasm_in_heap_type(&v->in, v->m), flags & 1);
    WasmValType to = wasm_with_null(wasm_in_heap_type(&v->in, v->m), flags & 2);
    v_match(v, to, from);
    /* What is left when the cast fails: null is gone if the target would have taken it. */
    WasmValType rest = wasm_is_nullable(to) ? wasm_with_null(from, false) : from;
    v_match(v, branches_on_success ? to : rest, last_of_label(v, types, count));
    v_pop(v, from);
    v_check_list(v, types, count - 1);
    v_push(v, branches_on_success ? rest : to);
}

/* ref.test and ref.cast take anything of the target's hierarchy. */
static WasmValType check_cast_operand(WasmValidator *v, bool is_nullable)
{
    WasmValType to = wasm_with_null(wasm_in_heap_type(&v->in, v->m), is_nullable);
    v_pop(v, WASM_ABSTRACT_REF(wasm_top_heap(v->m, to)));
    return to;
}

/* any.convert_extern and extern.convert_any: null stays null, the rest stays what it is. */
static void check_convert(WasmValidator *v, WasmHeap from, WasmHeap to)
{
    WasmValType ref = wasm_v_pop_ref(v);
    v_match(v, ref, WASM_ABSTRACT_REF(from));
    v_push(v, wasm_with_null(WASM_ABSTRACT_REF(to), wasm_is_nullable(ref)));
}

static void check_ref_op(WasmValidator *v, WasmOp op)
{
    switch (op) {
    case WASM_OP_REF_NULL:
        v_push(v, wasm_in_heap_type(&v->in, v->m) | WASM_NULLABLE);
        break;
    case WASM_OP_REF_IS_NULL:
        wasm_v_pop_ref(v);
        v_push(v, WASM_T_I32);
        break;
    case WASM_OP_REF_FUNC:
        check_ref_func(v);
        break;
    case WASM_OP_REF_EQ:
        pop_times(v, WASM_ABSTRACT_REF(WASM_HEAP_EQ), 2);
        v_push(v, WASM_T_I32);
        break;
    case WASM_OP_REF_AS_NON_NULL:
        v_push(v, wasm_with_null(wasm_v_pop_ref(v), false));
        break;
    case WASM_OP_REF_TEST:
    case WASM_OP_REF_TEST_NULL:
        check_cast_operand(v, op == WASM_OP_REF_TEST_NULL);
        v_push(v, WASM_T_I32);
        break;
    case WASM_OP_REF_CAST:
    case WASM_OP_REF_CAST_NULL:
        v_push(v, check_cast_operand(v, op == WASM_OP_REF_CAST_NULL));
        break;
    case WASM_OP_REF_I31:
        v_pop(v, WASM_T_I32);
        v_push(v, WASM_REF | WASM_ABSTRACT | WASM_HEAP_I31);
        break;
    case WASM_OP_I31_GET_S:
    case WASM_OP_I31_GET_U:
        v_pop(v, WASM_ABSTRACT_REF(WASM_HEAP_I31));
        v_push(v, WASM_T_I32);
        break;
    default:
        UNREACHABLE();
    }
}

void wasm_v_gc_op(WasmValidator *v, WasmOp op)
{
    switch (op) {
    case WASM_OP_STRUCT_NEW: check_struct_new(v, false); break;
    case WASM_OP_STRUCT_NEW_DEFAULT: check_struct_new(v, true); break;
    case WASM_OP_STRUCT_GET:
    case WASM_OP_STRUCT_GET_S:
    case WASM_OP_STRUCT_GET_U:
    case WASM_OP_STRUCT_SET: check_struct_access(v, op); break;
    case WASM_OP_ARRAY_NEW:
    case WASM_OP_ARRAY_NEW_DEFAULT:
    case WASM_OP_ARRAY_NEW_FIXED:
    case WASM_OP_ARRAY_NEW_DATA:
    case WASM_OP_ARRAY_NEW_ELEM: check_array_new(v, op); break;
    case WASM_OP_ARRAY_GET:
    case WASM_OP_ARRAY_GET_S:
    case WASM_OP_ARRAY_GET_U:
    case WASM_OP_ARRAY_SET: check_array_access(v, op); break;
    case WASM_OP_ARRAY_LEN:
        v_pop(v, WASM_ABSTRACT_REF(WASM_HEAP_ARRAY));
        v_push(v, WASM_T_I32);
        break;
    case WASM_OP_ARRAY_COPY: check_array_copy(v); break;
    case WASM_OP_ARRAY_FILL:
    case WASM_OP_ARRAY_INIT_DATA:
    case WASM_OP_ARRAY_INIT_ELEM: check_array_write(v, op); break;
    case WASM_OP_ANY_CONVERT_EXTERN: check_convert(v, WASM_HEAP_EXTERN, WASM_HEAP_ANY); break;
    case WASM_OP_EXTERN_CONVERT_ANY: check_convert(v, WASM_HEAP_ANY, WASM_HEAP_EXTERN); break;
    case WASM_OP_BR_ON_NULL: check_br_on_null(v); break;
    case WASM_OP_BR_ON_NON_NULL: check_br_on_non_null(v); break;
    case WASM_OP_BR_ON_CAST: check_br_on_cast(v, true); break;
    case WASM_OP_BR_ON_CAST_FAIL: check_br_on_cast(v, false); break;
    default: check_ref_op(v, op); break;
    }
}
