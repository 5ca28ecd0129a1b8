/* The objects of wasm.h: handles of their own that keep their store alive. Private to api.
 *
 * A store is counted by all handles to what is in it, on the store's thread, so without atomics.
 * Every item is the same struct, so that the conversions between func and extern are casts. */
#ifndef STINT_API_WASM_OBJECTS_H
#define STINT_API_WASM_OBJECTS_H

#include "api/api_int.h"

struct wasm_store_t {
    wasmtime_store_t *inner;
    u64 refs;
};
wasm_store_t *wasm_store_retain(wasm_store_t *store);

struct wasm_extern_t {
    wasm_store_t *store; /* held */
    RtExtern item;
};
/* NULL: no memory. */
wasm_extern_t *wasm_extern_of(wasm_store_t *store, const RtExtern *item);

#endif
