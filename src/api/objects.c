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

/* Gives a new object its root; 0: there was no room for the object. */
static wasmtime_error_t *hand_out(RtStore *store, u32 raw, void *out)
{
    if (!raw)
        return error_format("%s", RT_HEAP_IS_FULL);
    root_from_raw(store, raw, out);
    return ((const wasmtime_anyref_t *)out)->store_id ? NULL : error_oom();
}

wasmtime_error_t *wasmtime_structref_new(wasmtime_context_t *context,
                                         const wasmtime_struct_ref_pre_t *pre,
                                         const wasmtime_val_t *fields, size_t nfields,
                                         wasmtime_structref_t *out)
{
    RtStore *store = store_of(context);
    VmVal value;
    wasmtime_structref_set_null(out);
    if (pre->store_id != store->id)
        return error_wrong_store();
    const RtType *type = rt_type(store->engine, pre->type);
    if (nfields != type->n_fields)
        return error_format("expected %u fields, got %zu", type->n_fields, nfields);
    for (u32 i = 0; i < nfields; i++)
        if (!val_to_vm(store, &fields[i], wasm_unpacked(type->fields[i].type), &value))
            return val_is_wrong(store, error_format("field type mismatch"),
                                wasm_unpacked(type->fields[i].type), &fields[i]);
    u32 raw = rt_struct_new(store, pre->type);
    /* Once more: making the object may have moved what the fields refer to. */
    for (u32 i = 0; raw && i < nfields; i++) {
        val_to_vm(store, &fields[i], wasm_unpacked(type->fields[i].type), &value);
        rt_object_set(store, raw, i, &value);
    }
    return hand_out(store, raw, out);
}

wasmtime_error_t *wasmtime_arrayref_new(wasmtime_context_t *context,
                                        const wasmtime_array_ref_pre_t *pre,
                                        const wasmtime_val_t *elem, uint32_t len,
                                        wasmtime_arrayref_t *out)
{
    RtStore *store = store_of(context);
    VmVal value;
    wasmtime_arrayref_set_null(out);
    if (pre->store_id != store->id)
        return error_wrong_store();
    RtValType type = wasm_unpacked(rt_type(store->engine, pre->type)->fields[0].type);
    if (!val_to_vm(store, elem, type, &value))
        return val_is_wrong(store, error_format("element type mismatch"), type, elem);
    u32 raw = rt_array_new(store, pre->type, len);
    if (raw) {
        val_to_vm(store, elem, type, &value);
        rt_array_fill(store, raw, 0, &value, len);
    }
    return hand_out(store, raw, out);
}

/* A field of a struct or an element of an array. */
typedef struct Place {
    u32 raw, len; /* the object, and how many fields or elements it has */
    bool is_array;
    u64 i;        /* of a struct: below len */
    const WasmField *field;
} Place;

/* Embedders can make any root look like one of a struct: what it refers to is checked. */
static wasmtime_error_t *find_object(const RtStore *store, const void *root, bool is_array,
                                     Place *out)
{
    RtValType type = WASM_REF | WASM_ABSTRACT | (is_array ? WASM_HEAP_ARRAY : WASM_HEAP_STRUCT);
    if (!root_find(store, root, &out->raw))
        return error_wrong_store();
    if (!out->raw || !rt_is_ref_of(store, out->raw, type))
        return error_format("non-null %s required", is_array ? "arrayref" : "structref");
    out->is_array = is_array;
    out->len = rt_object_len(store, out->raw);
    return NULL;
}

static wasmtime_error_t *find(const RtStore *store, const void *root, bool is_array, u64 i,
                              Place *out)
{
    wasmtime_error_t *error = find_object(store, root, is_array, out);
    if (error)
        return error;
    out->i = i;
    if (!is_array && i >= out->len)
        return error_format("cannot access field %llu: struct only has %u fields",
                            (unsigned long long)i, out->len);
    out->field = &rt_type(store->engine, rt_object_type(store, out->raw))->fields[is_array ? 0 : i];
    return NULL;
}

/* The rest of an access, which for an array may still miss. */
static wasmtime_error_t *access(RtStore *store, const Place *at, const VmVal *in, VmVal *out)
{
    if (at->i >= at->len)
        return error_format("index out of bounds: the length is %u but the index is %llu", at->len,
                            (unsigned long long)at->i);
    if (in)
        rt_object_set(store, at->raw, (u32)at->i, in);
    else
        rt_object_get(store, at->raw, (u32)at->i, out);
    return NULL;
}

static wasmtime_error_t *get(wasmtime_context_t *context, const void *root, bool is_array, u64 i,
                             wasmtime_val_t *out)
{
    RtStore *store = store_of(context);
    Place at;
    VmVal value;
    wasmtime_error_t *error = find(store, root, is_array, i, &at);
    if (!error)
        error = access(store, &at, NULL, &value);
    if (!error)
        val_from_vm(store, &value, wasm_unpacked(at.field->type), out);
    return error;
}

static wasmtime_error_t *set(wasmtime_context_t *context, const void *root, bool is_array, u64 i,
                             const wasmtime_val_t *val)
{
    RtStore *store = store_of(context);
    Place at;
    VmVal value;
    wasmtime_error_t *error = find(store, root, is_array, i, &at);
    if (error)
        return error;
    const char *what = is_array ? "element" : "field";
    RtValType type = wasm_unpacked(at.field->type);
    if (!at.field->is_mutable)
        return error_format("cannot set %s %llu: %s", what, (unsigned long long)i,
                            is_array ? "array elements are not mutable" : "field is not mutable");
    if (!val_to_vm(store, val, type, &value))
        return val_is_wrong(store, error_format("cannot set %s %llu: type mismatch", what,
                                                (unsigned long long)i), type, val);
    return access(store, &at, &value, NULL);
}

wasmtime_error_t *wasmtime_structref_field(wasmtime_context_t *context,
                                           const wasmtime_structref_t *ref, size_t index,
                                           wasmtime_val_t *out)
{
    return get(context, ref, false, index, out);
}

wasmtime_error_t *wasmtime_structref_set_field(wasmtime_context_t *context,
                                               const wasmtime_structref_t *ref, size_t index,
                                               const wasmtime_val_t *val)
{
    return set(context, ref, false, index, val);
}

wasmtime_error_t *wasmtime_arrayref_get(wasmtime_context_t *context,
                                        const wasmtime_arrayref_t *ref, uint32_t index,
                                        wasmtime_val_t *out)
{
    return get(context, ref, true, index, out);
}

wasmtime_error_t *wasmtime_arrayref_set(wasmtime_context_t *context,
                                        const wasmtime_arrayref_t *ref, uint32_t index,
                                        const wasmtime_val_t *val)
{
    return set(context, ref, true, index, val);
}

wasmtime_error_t *wasmtime_arrayref_len(wasmtime_context_t *context,
                                        const wasmtime_arrayref_t *ref, uint32_t *out)
{
    Place at;
    wasmtime_error_t *error = find_object(store_of(context), ref, true, &at);
    if (!error)
        *out = at.len;
    return error;
}

static void *type_of_object(wasmtime_context_t *context, const void *root)
{
    RtStore *store = store_of(context);
    u32 raw = root_to_raw(store, root);
    return rt_is_i31(raw) || !raw ? NULL
                                  : typeref_new(store->engine, rt_object_type(store, raw));
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
