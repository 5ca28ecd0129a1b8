/* Value types in full, as structs (wasmtime/types/val.h). */
#include "api/api_int.h"

#include <stdlib.h>

struct wasmtime_struct_type {
    TypeRef ref;
};
struct wasmtime_array_type {
    TypeRef ref;
};
struct wasmtime_exn_type {
    TypeRef ref;
};

void *typeref_new(RtEngine *engine, u32 id)
{
    TypeRef *ref = id == RT_NO_TYPE ? NULL : malloc(sizeof *ref);
    if (ref)
        *ref = (TypeRef){rt_engine_retain(engine), id};
    return ref;
}

void *typeref_copy(const void *type)
{
    const TypeRef *ref = type;
    return ref ? typeref_new(ref->engine, ref->id) : NULL;
}

void typeref_delete(void *type)
{
    TypeRef *ref = type;
    if (ref)
        rt_engine_release(ref->engine);
    free(ref);
}

/* ---- exceptions ---- */

wasmtime_exn_type_t *types_exn(RtEngine *engine, u32 id)
{
    return typeref_new(engine, id);
}

wasmtime_error_t *wasmtime_exn_type_new(const wasm_engine_t *engine,
                                        const wasm_valtype_vec_t *params,
                                        wasmtime_exn_type_t **ret)
{
    wasm_valtype_vec_t copy, none;
    wasm_valtype_vec_copy(&copy, params);
    wasm_valtype_vec_new_empty(&none);
    wasm_functype_t *type =
        copy.size == params->size ? wasm_functype_new(&copy, &none) : NULL;
    u32 id = type ? types_func_id(engine->rt, type) : RT_NO_TYPE;
    wasmtime_exn_type_t *made = types_exn(engine->rt, id);
    wasm_functype_delete(type);
    if (!made)
        return error_oom();
    *ret = made;
    return NULL;
}

wasmtime_exn_type_t *wasmtime_exn_type_copy(const wasmtime_exn_type_t *type)
{
    return typeref_copy(type);
}

void wasmtime_exn_type_delete(wasmtime_exn_type_t *type) { typeref_delete(type); }

wasm_tagtype_t *wasmtime_exn_type_tag_type(const wasmtime_exn_type_t *type)
{
    return types_tag(type->ref.engine, type->ref.id);
}

/* ---- heap types ---- */

/* The kinds without a type of their own, and what the runtime calls them. */
static const struct {
    u8 kind, heap;
} abstract[] = {
    {WASMTIME_HEAPTYPE_KIND_EXTERN, WASM_HEAP_EXTERN},
    {WASMTIME_HEAPTYPE_KIND_NOEXTERN, WASM_HEAP_NOEXTERN},
    {WASMTIME_HEAPTYPE_KIND_FUNC, WASM_HEAP_FUNC},
    {WASMTIME_HEAPTYPE_KIND_NOFUNC, WASM_HEAP_NOFUNC},
    {WASMTIME_HEAPTYPE_KIND_ANY, WASM_HEAP_ANY},
    {WASMTIME_HEAPTYPE_KIND_NONE, WASM_HEAP_NONE},
    {WASMTIME_HEAPTYPE_KIND_EQ, WASM_HEAP_EQ},
    {WASMTIME_HEAPTYPE_KIND_I31, WASM_HEAP_I31},
    {WASMTIME_HEAPTYPE_KIND_ARRAY, WASM_HEAP_ARRAY},
    {WASMTIME_HEAPTYPE_KIND_STRUCT, WASM_HEAP_STRUCT},
    {WASMTIME_HEAPTYPE_KIND_EXN, WASM_HEAP_EXN},
    {WASMTIME_HEAPTYPE_KIND_NOEXN, WASM_HEAP_NOEXN},
};

void wasmtime_heaptype_clone(const wasmtime_heaptype_t *type, wasmtime_heaptype_t *out)
{
    *out = *type;
    switch (type->kind) {
    case WASMTIME_HEAPTYPE_KIND_CONCRETE_FUNC:
        if (type->of.concrete_func)
            out->of.concrete_func = wasm_functype_copy(type->of.concrete_func);
        break;
    case WASMTIME_HEAPTYPE_KIND_CONCRETE_ARRAY:
        out->of.concrete_array = typeref_copy(type->of.concrete_array);
        break;
    case WASMTIME_HEAPTYPE_KIND_CONCRETE_STRUCT:
        out->of.concrete_struct = typeref_copy(type->of.concrete_struct);
        break;
    case WASMTIME_HEAPTYPE_KIND_CONCRETE_EXN:
        out->of.concrete_exn = typeref_copy(type->of.concrete_exn);
        break;
    default: break;
    }
}

void wasmtime_heaptype_delete(wasmtime_heaptype_t *type)
{
    switch (type->kind) {
    case WASMTIME_HEAPTYPE_KIND_CONCRETE_FUNC:
        wasm_functype_delete(type->of.concrete_func);
        break;
    case WASMTIME_HEAPTYPE_KIND_CONCRETE_ARRAY: typeref_delete(type->of.concrete_array); break;
    case WASMTIME_HEAPTYPE_KIND_CONCRETE_STRUCT: typeref_delete(type->of.concrete_struct); break;
    case WASMTIME_HEAPTYPE_KIND_CONCRETE_EXN: typeref_delete(type->of.concrete_exn); break;
    default: break;
    }
    *type = (wasmtime_heaptype_t){.kind = WASMTIME_HEAPTYPE_KIND_NONE};
}

void types_heap(RtEngine *engine, RtValType type, wasmtime_heaptype_t *out)
{
    u32 heap = wasm_heap_of(type);
    *out = (wasmtime_heaptype_t){.kind = WASMTIME_HEAPTYPE_KIND_NONE};
    if (wasm_is_abstract(type)) {
        for (size_t i = 0; i < ARRAY_LEN(abstract); i++)
            if (abstract[i].heap == heap)
                out->kind = abstract[i].kind;
        return;
    }
    switch (rt_type(engine, heap)->kind) {
    case WASM_TYPE_FUNC:
        out->kind = WASMTIME_HEAPTYPE_KIND_CONCRETE_FUNC;
        out->of.concrete_func = types_func(engine, heap);
        break;
    case WASM_TYPE_STRUCT:
        out->kind = WASMTIME_HEAPTYPE_KIND_CONCRETE_STRUCT;
        out->of.concrete_struct = typeref_new(engine, heap);
        break;
    default:
        out->kind = WASMTIME_HEAPTYPE_KIND_CONCRETE_ARRAY;
        out->of.concrete_array = typeref_new(engine, heap);
        break;
    }
}

static bool ref_to(const RtEngine *engine, const void *type, RtValType *out)
{
    const TypeRef *ref = type;
    *out = WASM_REF | (ref ? ref->id : 0);
    return ref && engine && ref->engine == engine;
}

/* The reference type, not nullable. False: no such kind, another engine's type, or no memory. */
static bool heaptype_to(RtEngine *engine, const wasmtime_heaptype_t *type, RtValType *out)
{
    u32 id;
    switch (type->kind) {
    case WASMTIME_HEAPTYPE_KIND_CONCRETE_FUNC:
        id = engine && type->of.concrete_func ? types_func_id(engine, type->of.concrete_func)
                                              : RT_NO_TYPE;
        *out = WASM_REF | id;
        return id != RT_NO_TYPE;
    case WASMTIME_HEAPTYPE_KIND_CONCRETE_ARRAY:
        return ref_to(engine, type->of.concrete_array, out);
    case WASMTIME_HEAPTYPE_KIND_CONCRETE_STRUCT:
        return ref_to(engine, type->of.concrete_struct, out);
    case WASMTIME_HEAPTYPE_KIND_CONCRETE_EXN: return false; /* tags are no types here */
    default: break;
    }
    for (size_t i = 0; i < ARRAY_LEN(abstract); i++)
        if (abstract[i].kind == type->kind) {
            *out = WASM_REF | WASM_ABSTRACT | abstract[i].heap;
            return true;
        }
    return false;
}

/* ---- reference and value types ---- */

void wasmtime_reftype_clone(const wasmtime_reftype_t *type, wasmtime_reftype_t *out)
{
    out->nullable = type->nullable;
    wasmtime_heaptype_clone(&type->heaptype, &out->heaptype);
}

void wasmtime_reftype_delete(wasmtime_reftype_t *type)
{
    wasmtime_heaptype_delete(&type->heaptype);
}

void wasmtime_valtype_clone(const wasmtime_valtype_t *type, wasmtime_valtype_t *out)
{
    *out = *type;
    if (type->kind == WASMTIME_VALTYPE_KIND_REF)
        wasmtime_reftype_clone(&type->reftype, &out->reftype);
}

void wasmtime_valtype_delete(wasmtime_valtype_t *type)
{
    if (type->kind == WASMTIME_VALTYPE_KIND_REF)
        wasmtime_reftype_delete(&type->reftype);
}

_Static_assert(WASM_T_I32 - 1 == WASMTIME_VALTYPE_KIND_I32 &&
                   WASM_T_V128 - 1 == WASMTIME_VALTYPE_KIND_V128,
               "number and vector types have the same order");

void wasmtime_valtype_new(const wasm_valtype_t *type, wasmtime_valtype_t *out)
{
    memset(out, 0, sizeof *out);
    if (!wasm_is_ref(type->type)) {
        out->kind = (wasmtime_valtype_kind_t)(type->type - WASM_T_I32);
        return;
    }
    out->kind = WASMTIME_VALTYPE_KIND_REF;
    out->reftype.nullable = wasm_is_nullable(type->type);
    types_heap(type->engine, type->type, &out->reftype.heaptype);
}

wasm_valtype_t *wasmtime_valtype_to_wasm(const wasm_engine_t *engine,
                                         const wasmtime_valtype_t *type)
{
    RtValType rt;
    RtEngine *of = engine ? engine->rt : NULL;
    if (type->kind < WASMTIME_VALTYPE_KIND_REF)
        return types_val(of, WASM_T_I32 + type->kind);
    if (type->kind != WASMTIME_VALTYPE_KIND_REF ||
        !heaptype_to(of, &type->reftype.heaptype, &rt))
        return NULL;
    return types_val(of, rt | (type->reftype.nullable ? WASM_NULLABLE : 0));
}
