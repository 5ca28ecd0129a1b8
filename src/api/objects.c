/* Structs and arrays that the host makes, and their types. */
#include "api/val.h"

#include <stdlib.h>

struct wasmtime_struct_ref_pre {
    u64 store_id;
    u32 type;
};
struct wasmtime_array_ref_pre {
    u64 store_id;
    u32 type;
};

/* ---- fields of types ---- */

void wasmtime_storage_type_clone(const wasmtime_storage_type_t *type, wasmtime_storage_type_t *out)
{
    bool has_val = type->kind == WASMTIME_STORAGE_TYPE_KIND_VALTYPE;
    *out = (wasmtime_storage_type_t){type->kind, has_val ? wasm_valtype_copy(type->valtype) : NULL};
}

void wasmtime_storage_type_delete(wasmtime_storage_type_t *type)
{
    if (type->kind == WASMTIME_STORAGE_TYPE_KIND_VALTYPE)
        wasm_valtype_delete(type->valtype);
    type->valtype = NULL;
}

void wasmtime_field_type_clone(const wasmtime_field_type_t *type, wasmtime_field_type_t *out)
{
    out->mutable_ = type->mutable_;
    wasmtime_storage_type_clone(&type->storage, &out->storage);
}

void wasmtime_field_type_delete(wasmtime_field_type_t *type)
{
    wasmtime_storage_type_delete(&type->storage);
}

static bool field_to(const RtEngine *engine, const wasmtime_field_type_t *field, WasmField *out)
{
    out->is_mutable = field->mutable_;
    switch (field->storage.kind) {
    case WASMTIME_STORAGE_TYPE_KIND_I8: out->type = WASM_T_I8; return true;
    case WASMTIME_STORAGE_TYPE_KIND_I16: out->type = WASM_T_I16; return true;
    case WASMTIME_STORAGE_TYPE_KIND_VALTYPE: break;
    default: return false;
    }
    const wasm_valtype_t *type = field->storage.valtype;
    if (!type || !types_fit_engine(type, engine))
        return false;
    out->type = type->type;
    return true;
}

static void field_from(RtEngine *engine, const WasmField *field, wasmtime_field_type_t *out)
{
    bool is_packed = wasm_is_packed(field->type);
    out->mutable_ = field->is_mutable;
    out->storage.kind = field->type == WASM_T_I8    ? WASMTIME_STORAGE_TYPE_KIND_I8
                        : field->type == WASM_T_I16 ? WASMTIME_STORAGE_TYPE_KIND_I16
                                                    : WASMTIME_STORAGE_TYPE_KIND_VALTYPE;
    out->storage.valtype = is_packed ? NULL : types_val(engine, field->type);
}

/* ---- types ---- */

static void *new_type(RtEngine *engine, u8 kind, const wasmtime_field_type_t *from, size_t n)
{
    WasmField *fields = n <= WASM_MAX_STRUCT_FIELDS ? malloc((n + 1) * sizeof *fields) : NULL;
    bool is_ok = fields != NULL;
    for (size_t i = 0; is_ok && i < n; i++)
        is_ok = field_to(engine, &from[i], &fields[i]);
    u32 id = is_ok ? rt_type_fields(engine, kind, fields, (u32)n) : RT_NO_TYPE;
    free(fields);
    return typeref_new(engine, id);
}

static const RtType *type_of(const void *type)
{
    const TypeRef *ref = type;
    return rt_type(ref->engine, ref->id);
}

wasmtime_struct_type_t *wasmtime_struct_type_new(const wasm_engine_t *engine,
                                                 const wasmtime_field_type_t *fields,
                                                 size_t nfields)
{
    return new_type(engine->rt, WASM_TYPE_STRUCT, fields, nfields);
}

wasmtime_array_type_t *wasmtime_array_type_new(const wasm_engine_t *engine,
                                               const wasmtime_field_type_t *element)
{
    return new_type(engine->rt, WASM_TYPE_ARRAY, element, 1);
}

wasmtime_struct_type_t *wasmtime_struct_type_copy(const wasmtime_struct_type_t *type)
{
    return typeref_copy(type);
}
wasmtime_array_type_t *wasmtime_array_type_copy(const wasmtime_array_type_t *type)
{
    return typeref_copy(type);
}
void wasmtime_struct_type_delete(wasmtime_struct_type_t *type) { typeref_delete(type); }
void wasmtime_array_type_delete(wasmtime_array_type_t *type) { typeref_delete(type); }

size_t wasmtime_struct_type_num_fields(const wasmtime_struct_type_t *type)
{
    return type_of(type)->n_fields;
}

bool wasmtime_struct_type_field(const wasmtime_struct_type_t *type, size_t index,
                                wasmtime_field_type_t *out)
{
    if (index >= type_of(type)->n_fields)
        return false;
    field_from(((const TypeRef *)(const void *)type)->engine, &type_of(type)->fields[index], out);
    return true;
}

void wasmtime_array_type_element(const wasmtime_array_type_t *type, wasmtime_field_type_t *out)
{
    field_from(((const TypeRef *)(const void *)type)->engine, &type_of(type)->fields[0], out);
}

/* ---- what is prepared ---- */

_Static_assert(sizeof(struct wasmtime_struct_ref_pre) == sizeof(struct wasmtime_array_ref_pre),
               "made by one function");

static void *new_pre(wasmtime_context_t *context, const void *type)
{
    const TypeRef *ref = type;
    RtStore *store = store_of(context);
    struct wasmtime_struct_ref_pre *pre = ref->engine == store->engine ? malloc(sizeof *pre) : NULL;
    if (pre)
        *pre = (struct wasmtime_struct_ref_pre){store->id, ref->id};
    return pre;
}

wasmtime_struct_ref_pre_t *wasmtime_struct_ref_pre_new(wasmtime_context_t *context,
                                                       const wasmtime_struct_type_t *type)
{
    return new_pre(context, type);
}
wasmtime_array_ref_pre_t *wasmtime_array_ref_pre_new(wasmtime_context_t *context,
                                                     const wasmtime_array_type_t *type)
{
    return new_pre(context, type);
}
void wasmtime_struct_ref_pre_delete(wasmtime_struct_ref_pre_t *pre) { free(pre); }
void wasmtime_array_ref_pre_delete(wasmtime_array_ref_pre_t *pre) { free(pre); }

/* ---- objects ---- */

static wasmtime_error_t *heap_is_full(void)
{
    return error_format("GC heap out of memory: no capacity for the allocation");
}

static wasmtime_error_t *wrong_value(RtStore *store, RtValType type, const wasmtime_val_t *val)
{
    return error_wrong_kind(error_format("the value is not of the field's type"), store->engine,
                            type, val->kind);
}

/* Gives a new object its root. */
static wasmtime_error_t *hand_out(RtStore *store, u32 raw, wasmtime_anyref_t *out)
{
    root_from_raw(store, raw, out);
    return out->store_id ? NULL : error_oom();
}

wasmtime_error_t *wasmtime_structref_new(wasmtime_context_t *context,
                                         const wasmtime_struct_ref_pre_t *pre,
                                         const wasmtime_val_t *fields, size_t nfields,
                                         wasmtime_structref_t *out)
{
    RtStore *store = store_of(context);
    VmVal value;
    store_check(store, pre->store_id);
    const RtType *type = rt_type(store->engine, pre->type);
    if (nfields != type->n_fields)
        return error_format("expected %u fields, got %zu", type->n_fields, nfields);
    for (u32 i = 0; i < nfields; i++)
        if (!val_to_vm(store, &fields[i], wasm_unpacked(type->fields[i].type), &value))
            return wrong_value(store, wasm_unpacked(type->fields[i].type), &fields[i]);
    u32 raw = rt_struct_new(store, pre->type);
    if (!raw)
        return heap_is_full();
    /* Once more: making the object may have moved what the fields refer to. */
    for (u32 i = 0; i < nfields; i++) {
        val_to_vm(store, &fields[i], wasm_unpacked(type->fields[i].type), &value);
        rt_object_set(store, raw, i, &value);
    }
    return hand_out(store, raw, (wasmtime_anyref_t *)(void *)out);
}

wasmtime_error_t *wasmtime_arrayref_new(wasmtime_context_t *context,
                                        const wasmtime_array_ref_pre_t *pre,
                                        const wasmtime_val_t *elem, uint32_t len,
                                        wasmtime_arrayref_t *out)
{
    RtStore *store = store_of(context);
    VmVal value;
    store_check(store, pre->store_id);
    RtValType type = wasm_unpacked(rt_type(store->engine, pre->type)->fields[0].type);
    if (!val_to_vm(store, elem, type, &value))
        return wrong_value(store, type, elem);
    u32 raw = rt_array_new(store, pre->type, len);
    if (!raw)
        return heap_is_full();
    val_to_vm(store, elem, type, &value);
    rt_array_fill(store, raw, 0, &value, len);
    return hand_out(store, raw, (wasmtime_anyref_t *)(void *)out);
}

/* The object of a root; its field or element number i exists. */
static wasmtime_error_t *find_field(RtStore *store, const void *root, u64 i, u32 *raw,
                                    const WasmField **field)
{
    *raw = root_to_raw(store, root);
    if (!*raw)
        return error_format("the reference is null");
    if (i >= rt_object_len(store, *raw))
        return error_format("there is no field or element %llu", (unsigned long long)i);
    const RtType *type = rt_type(store->engine, rt_object_type(store, *raw));
    *field = &type->fields[type->kind == WASM_TYPE_ARRAY ? 0 : i];
    return NULL;
}

static wasmtime_error_t *get_field(wasmtime_context_t *context, const void *root, u64 i,
                                   wasmtime_val_t *out)
{
    RtStore *store = store_of(context);
    const WasmField *field;
    u32 raw;
    VmVal value;
    wasmtime_error_t *error = find_field(store, root, i, &raw, &field);
    if (error)
        return error;
    rt_object_get(store, raw, (u32)i, &value);
    val_from_vm(store, &value, wasm_unpacked(field->type), out);
    return NULL;
}

static wasmtime_error_t *set_field(wasmtime_context_t *context, const void *root, u64 i,
                                   const wasmtime_val_t *val)
{
    RtStore *store = store_of(context);
    const WasmField *field;
    u32 raw;
    VmVal value;
    wasmtime_error_t *error = find_field(store, root, i, &raw, &field);
    if (error)
        return error;
    if (!field->is_mutable)
        return error_format("the field or element is immutable");
    if (!val_to_vm(store, val, wasm_unpacked(field->type), &value))
        return wrong_value(store, wasm_unpacked(field->type), val);
    rt_object_set(store, raw, (u32)i, &value);
    return NULL;
}

wasmtime_error_t *wasmtime_structref_field(wasmtime_context_t *context,
                                           const wasmtime_structref_t *ref, size_t index,
                                           wasmtime_val_t *out)
{
    return get_field(context, ref, index, out);
}

wasmtime_error_t *wasmtime_structref_set_field(wasmtime_context_t *context,
                                               const wasmtime_structref_t *ref, size_t index,
                                               const wasmtime_val_t *val)
{
    return set_field(context, ref, index, val);
}

wasmtime_error_t *wasmtime_arrayref_get(wasmtime_context_t *context,
                                        const wasmtime_arrayref_t *ref, uint32_t index,
                                        wasmtime_val_t *out)
{
    return get_field(context, ref, index, out);
}

wasmtime_error_t *wasmtime_arrayref_set(wasmtime_context_t *context,
                                        const wasmtime_arrayref_t *ref, uint32_t index,
                                        const wasmtime_val_t *val)
{
    return set_field(context, ref, index, val);
}

wasmtime_error_t *wasmtime_arrayref_len(wasmtime_context_t *context,
                                        const wasmtime_arrayref_t *ref, uint32_t *out)
{
    u32 raw = root_to_raw(store_of(context), ref);
    if (!raw)
        return error_format("the reference is null");
    *out = rt_object_len(store_of(context), raw);
    return NULL;
}

static void *type_of_object(wasmtime_context_t *context, const void *root)
{
    RtStore *store = store_of(context);
    u32 raw = root_to_raw(store, root);
    return raw ? typeref_new(store->engine, rt_object_type(store, raw)) : NULL;
}

wasmtime_struct_type_t *wasmtime_structref_type(wasmtime_context_t *context,
                                                const wasmtime_structref_t *ref)
{
    return type_of_object(context, ref);
}
wasmtime_array_type_t *wasmtime_arrayref_type(wasmtime_context_t *context,
                                              const wasmtime_arrayref_t *ref)
{
    return type_of_object(context, ref);
}
