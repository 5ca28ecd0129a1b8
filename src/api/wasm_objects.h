/* The objects of wasm.h: handles of their own that keep their store alive. Private to api.
 *
 * A store is counted by all handles to what is in it, on the store's thread, so without atomics.
 * Every item is the same struct, so that the conversions between kinds are casts. */
#ifndef STINT_API_WASM_OBJECTS_H
#define STINT_API_WASM_OBJECTS_H

#include "api/api_int.h"

struct wasm_store_t {
    wasmtime_store_t *inner; /* NULL: it is gone, and only frames of traps are left */
    u64 refs;
    i64 weak; /* atomic: frames, and 1 for all refs */
    wasm_extern_t **items; /* a hash table by identity; NULL: free */
    u32 n_items, mask;
};
wasm_store_t *wasm_store_retain(wasm_store_t *store);
/* Keeps the struct but not what it stands for; from any thread. NULL allowed in both. */
wasm_store_t *wasm_store_retain_weak(wasm_store_t *store);
void wasm_store_release_weak(wasm_store_t *store);

/* Whatever is in a store. */
struct wasm_extern_t {
    wasm_ref_t ref; /* first */
    wasm_store_t *store; /* each reference that the embedder has counts there */
    union {
        RtExtern item;        /* kinds of WasmKind */
        RtInstance *instance; /* REF_INSTANCE */
        wasm_ref_t *boxed;    /* REF_BOX; held */
    };
    RtHandle root; /* of the reference of the heap that stands for this; life NULL: none does yet */
};

/* Each gives a new reference of the embedder's; NULL: no memory. */
wasm_extern_t *wasm_extern_of(wasm_store_t *store, const RtExtern *item);
/* Borrowed from the store. */
wasm_instance_t *wasm_instance_of(wasm_store_t *store, RtInstance *instance);
/* Frees the objects of all items, when the store has gone. */
void wasm_items_free(wasm_store_t *store);
/* The module's last reference went. */
void wasm_module_free(wasm_module_t *module);

/* A reference as a value of this type. False: it is of another type or store, or no memory.
 * COLLECTS, unless wasm_ref_root has been called for it. */
bool wasm_ref_to_vm(wasm_store_t *store, wasm_ref_t *ref, RtValType type, VmVal *out);
/* Gives the reference a root in the store's heap, if it needs one for the type. COLLECTS. */
bool wasm_ref_root(wasm_store_t *store, wasm_ref_t *ref, RtValType type);
/* A reference of the embedder's; *out is NULL for null. False: no memory. */
bool wasm_ref_from_vm(wasm_store_t *store, const VmVal *vm, RtValType type, wasm_ref_t **out);

static inline RtStore *rt_of(const wasm_store_t *store) { return &store->inner->rt; }

#endif
