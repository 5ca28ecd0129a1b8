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
