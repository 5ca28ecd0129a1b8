/* wasmtime/tag.h: exception tags. */
#ifndef WASMTIME_TAG_H
#define WASMTIME_TAG_H

#include <wasm.h>
#include <wasmtime/error.h>
#include <wasmtime/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A tag of a store: a plain value, copied freely, valid as long as the store. */
typedef struct wasmtime_tag {
    struct {
        uint64_t store_id;
        uint32_t __private1;
    };
    uint32_t __private2;
} wasmtime_tag_t;

#ifndef WASMTIME_EXTERN_TAG
#define WASMTIME_EXTERN_TAG 5
#endif

/* Makes a tag.
 * ret  out; untouched on error */
WASM_API_EXTERN wasmtime_error_t *wasmtime_tag_new(wasmtime_context_t *store,
                                                   const wasm_tagtype_t *tt, wasmtime_tag_t *ret);
/* returns owned by the caller */
WASM_API_EXTERN wasm_tagtype_t *wasmtime_tag_type(const wasmtime_context_t *store,
                                                  const wasmtime_tag_t *tag);
/* Tells whether two values name the same tag. */
WASM_API_EXTERN bool wasmtime_tag_eq(const wasmtime_context_t *store, const wasmtime_tag_t *a,
                                     const wasmtime_tag_t *b);

#ifdef __cplusplus
}
#endif

#endif
