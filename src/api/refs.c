/* References to objects: what all kinds of root have in common, i31, and going from one kind to
 * another. All kinds have one layout and one way to be held (val.c). */
#include "api/val.h"

static const RtValType i31_type = WASM_REF | WASM_ABSTRACT | WASM_HEAP_I31;
static const RtValType eq_type = WASM_REF | WASM_ABSTRACT | WASM_HEAP_EQ;
static const RtValType struct_type = WASM_REF | WASM_ABSTRACT | WASM_HEAP_STRUCT;
static const RtValType array_type = WASM_REF | WASM_ABSTRACT | WASM_HEAP_ARRAY;

static bool is_of(wasmtime_context_t *context, const void *root, RtValType type)
{
    RtStore *store = store_of(context);
    u32 raw = root_to_raw(store, root);
    return raw && rt_is_ref_of(store, raw, type);
}

static bool as(wasmtime_context_t *context, const void *root, RtValType type, void *out)
{
    bool is = is_of(context, root, type);
    root_clone(is ? root : NULL, out);
    return is;
}

static bool i31_raw(wasmtime_context_t *context, const void *root, u32 *raw)
{
    *raw = root_to_raw(store_of(context), root);
    return rt_is_i31(*raw);
}

static bool heap_type(wasmtime_context_t *context, const void *root, wasmtime_heaptype_t *out)
{
    RtStore *store = store_of(context);
    u32 raw = root_to_raw(store, root);
    if (!raw)
        return false;
    u32 type = rt_is_i31(raw) ? RT_NO_TYPE : rt_object_type(store, raw);
    RtValType other = rt_is_i31(raw) ? i31_type : WASM_REF | WASM_ABSTRACT | WASM_HEAP_ANY;
    types_heap(store->engine, type == RT_NO_TYPE ? other : WASM_REF | type, out);
    return true;
}

#define DEFINE_ROOT(name)                                                                      \
    void wasmtime_##name##_clone(const wasmtime_##name##_t *ref, wasmtime_##name##_t *out)     \
    {                                                                                          \
        root_clone(ref, out);                                                                  \
    }                                                                                          \
    void wasmtime_##name##_unroot(wasmtime_##name##_t *ref) { root_release(ref); }
DEFINE_ROOT(externref)
DEFINE_ROOT(anyref)
DEFINE_ROOT(eqref)
DEFINE_ROOT(structref)
DEFINE_ROOT(arrayref)
DEFINE_ROOT(exnref)

#define DEFINE_RAW(name)                                                                       \
    void wasmtime_##name##_from_raw(wasmtime_context_t *context, uint32_t raw,                 \
                                    wasmtime_##name##_t *out)                                  \
    {                                                                                          \
        root_from_raw(store_of(context), raw, out);                                            \
    }                                                                                          \
    uint32_t wasmtime_##name##_to_raw(wasmtime_context_t *context,                             \
                                      const wasmtime_##name##_t *ref)                          \
    {                                                                                          \
        return root_to_raw(store_of(context), ref);                                            \
    }
DEFINE_RAW(externref)
DEFINE_RAW(anyref)
DEFINE_RAW(exnref)

#define DEFINE_IS(name, what, type)                                                            \
    bool wasmtime_##name##_is_##what(wasmtime_context_t *context,                              \
                                     const wasmtime_##name##_t *ref)                           \
    {                                                                                          \
        return is_of(context, ref, type);                                                      \
    }
DEFINE_IS(anyref, i31, i31_type)
DEFINE_IS(anyref, eqref, eq_type)
DEFINE_IS(anyref, struct, struct_type)
DEFINE_IS(anyref, array, array_type)
DEFINE_IS(eqref, i31, i31_type)
DEFINE_IS(eqref, struct, struct_type)
DEFINE_IS(eqref, array, array_type)

#define DEFINE_AS(name, what, to, type)                                                        \
    bool wasmtime_##name##_as_##what(wasmtime_context_t *context,                              \
                                     const wasmtime_##name##_t *ref, wasmtime_##to##_t *out)   \
    {                                                                                          \
        return as(context, ref, type, out);                                                    \
    }
DEFINE_AS(anyref, eqref, eqref, eq_type)
DEFINE_AS(anyref, struct, structref, struct_type)
DEFINE_AS(anyref, array, arrayref, array_type)
DEFINE_AS(eqref, struct, structref, struct_type)
DEFINE_AS(eqref, array, arrayref, array_type)

#define DEFINE_TO(name, to)                                                                    \
    void wasmtime_##name##_to_##to(const wasmtime_##name##_t *ref, wasmtime_##to##_t *out)     \
    {                                                                                          \
        root_clone(ref, out);                                                                  \
    }
DEFINE_TO(eqref, anyref)
DEFINE_TO(structref, anyref)
DEFINE_TO(structref, eqref)
DEFINE_TO(arrayref, anyref)
DEFINE_TO(arrayref, eqref)

#define DEFINE_I31(name)                                                                       \
    void wasmtime_##name##_from_i31(wasmtime_context_t *context, uint32_t value,               \
                                    wasmtime_##name##_t *out)                                  \
    {                                                                                          \
        root_from_raw(store_of(context), rt_i31_new(value), out);                              \
    }                                                                                          \
    bool wasmtime_##name##_i31_get_u(wasmtime_context_t *context,                              \
                                     const wasmtime_##name##_t *ref, uint32_t *out)            \
    {                                                                                          \
        u32 raw;                                                                               \
        bool is = i31_raw(context, ref, &raw);                                                 \
        if (is)                                                                                \
            *out = rt_i31_unsigned(raw);                                                       \
        return is;                                                                             \
    }                                                                                          \
    bool wasmtime_##name##_i31_get_s(wasmtime_context_t *context,                              \
                                     const wasmtime_##name##_t *ref, int32_t *out)             \
    {                                                                                          \
        u32 raw;                                                                               \
        bool is = i31_raw(context, ref, &raw);                                                 \
        if (is)                                                                                \
            *out = (int32_t)rt_i31_signed(raw);                                                \
        return is;                                                                             \
    }                                                                                          \
    bool wasmtime_##name##_type(wasmtime_context_t *context, const wasmtime_##name##_t *ref,   \
                                wasmtime_heaptype_t *out)                                      \
    {                                                                                          \
        return heap_type(context, ref, out);                                                   \
    }
DEFINE_I31(anyref)
DEFINE_I31(eqref)
