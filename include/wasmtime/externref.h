/* wasmtime/externref.h: host data as a WebAssembly reference. */
#ifndef WASMTIME_EXTERNREF_H
#define WASMTIME_EXTERNREF_H

#include <wasmtime/conf.h>
#include <wasmtime/val.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Wraps a host pointer.
 * finalizer  NULL allowed; called with data once nothing refers to it, at the latest with the store
 * out        owned by the caller: wasmtime_externref_unroot
 * returns    false if memory ran out: the finalizer has been called, or is with the store */
WASM_API_EXTERN bool wasmtime_externref_new(wasmtime_context_t *context, void *data,
                                            void (*finalizer)(void *), wasmtime_externref_t *out);
/* returns the host pointer; NULL for a reference that the host did not make */
WASM_API_EXTERN void *wasmtime_externref_data(wasmtime_context_t *context,
                                              const wasmtime_externref_t *ref);
/* out  owned by the caller: a root of its own */
WASM_API_EXTERN void wasmtime_externref_clone(const wasmtime_externref_t *ref,
                                              wasmtime_externref_t *out);
WASM_API_EXTERN void wasmtime_externref_unroot(wasmtime_externref_t *ref);
/* Conversions to and from the form of wasmtime_val_raw_t; raw 0 and a null root correspond. */
WASM_API_EXTERN void wasmtime_externref_from_raw(wasmtime_context_t *context, uint32_t raw,
                                                 wasmtime_externref_t *out);
WASM_API_EXTERN uint32_t wasmtime_externref_to_raw(wasmtime_context_t *context,
                                                   const wasmtime_externref_t *ref);

#ifdef __cplusplus
}
#endif

#endif
