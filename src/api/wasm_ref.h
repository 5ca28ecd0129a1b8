/* What all references of wasm.h begin with. Private to api; wasm_refs.c has the functions.
 *
 * There is one object for each thing, whichever way it came to the embedder: copies are the same
 * pointer counted once more, so that host information and identity need no table of their own.
 * What is in a store has its object as long as the store; the others are counted. */
#ifndef STINT_API_WASM_REF_H
#define STINT_API_WASM_REF_H

#include <wasm.h>
#include <wasmtime.h>

#include "wasm/wasm.h"

/* Kinds of reference; the first are those of WasmKind. */
enum {
    REF_INSTANCE = 16,
    REF_FOREIGN, /* an object of the host's in the collected heap of a store */
    REF_OBJECT,  /* another object of that heap: here each handle is an object of its own */
    REF_BOX,     /* not shown to the embedder: a trap or module as a value in a store */
    REF_MODULE,
    REF_TRAP,
};

struct wasm_ref_t {
    u8 kind;  /* above, or WasmKind */
    i64 refs; /* atomic. Not used by what lives as long as its store */
    void *info;
    void (*finalizer)(void *); /* called with info, once; NULL allowed */
};

/* Gives host information up. */
void ref_drop_info(wasm_ref_t *ref);
wasm_ref_t *ref_retain(const wasm_ref_t *ref);
void ref_release(wasm_ref_t *ref); /* NULL allowed */

#endif
