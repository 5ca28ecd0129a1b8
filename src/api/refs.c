/* References to objects of the collected heap: what is the same for all kinds of root, i31, and
 * going from one kind to another. */
#include "api/val.h"

#define DEFINE_ROOT(name)                                                                      \
    void wasmtime_##name##_clone(const wasmtime_##name##_t *ref, wasmtime_##name##_t *out)     \
    {                                                                                          \
        root_clone(ref, out);                                                                  \
    }                                                                                          \
    void wasmtime_##name##_unroot(wasmtime_##name##_t *ref) { root_release(ref); }
DEFINE_ROOT(externref)

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
DEFINE_ROOT(anyref)
DEFINE_RAW(anyref)

/* ---- kinds of objects ---- */

static bool is_of(wasmtime_context_t *context, const wasmtime_anyref_t *ref, WasmHeap heap)
{
    RtStore *store = store_of(context);
    u32 raw = root_to_raw(store, ref);
    return raw && rt_is_ref_of(store, raw, WASM_ABSTRACT_REF(heap));
}

#define DEFINE_IS(name, HEAP)                                                      \
    bool wasmtime_anyref_is_##name(wasmtime_context_t *context,                     \
                                   const wasmtime_anyref_t *anyref)                 \
    {                                                                               \
        return is_of(context, anyref, WASM_HEAP_##HEAP);                            \
    }
DEFINE_IS(i31, I31)
DEFINE_IS(eqref, EQ)
DEFINE_IS(struct, STRUCT)
DEFINE_IS(array, ARRAY)

/* ---- i31 ---- */

void wasmtime_anyref_from_i31(wasmtime_context_t *context, uint32_t i31val, wasmtime_anyref_t *out)
{
    root_from_raw(store_of(context), rt_i31_new(i31val), out);
}

bool wasmtime_anyref_i31_get_u(wasmtime_context_t *context, const wasmtime_anyref_t *anyref,
                               uint32_t *dst)
{
    bool is_i31 = wasmtime_anyref_is_i31(context, anyref);
    if (is_i31)
        *dst = rt_i31_unsigned(root_to_raw(store_of(context), anyref));
    return is_i31;
}

bool wasmtime_anyref_i31_get_s(wasmtime_context_t *context, const wasmtime_anyref_t *anyref,
                               int32_t *dst)
{
    bool is_i31 = wasmtime_anyref_is_i31(context, anyref);
    if (is_i31)
        *dst = (int32_t)rt_i31_signed(root_to_raw(store_of(context), anyref));
    return is_i31;
}
