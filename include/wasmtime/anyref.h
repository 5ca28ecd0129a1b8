/* wasmtime/anyref.h: references to objects of the collected heap, and small integers as such. */
#ifndef WASMTIME_ANYREF_H
#define WASMTIME_ANYREF_H

#include <wasmtime/conf.h>
#include <wasmtime/val.h>

#ifdef __cplusplus
extern "C" {
#endif

/* out  owned by the caller: a root of its own */
WASM_API_EXTERN void wasmtime_anyref_clone(const wasmtime_anyref_t *anyref,
                                           wasmtime_anyref_t *out);
WASM_API_EXTERN void wasmtime_anyref_unroot(wasmtime_anyref_t *ref);
/* Conversions to and from the form of wasmtime_val_raw_t; raw 0 and a null root correspond. */
WASM_API_EXTERN void wasmtime_anyref_from_raw(wasmtime_context_t *context, uint32_t raw,
                                              wasmtime_anyref_t *out);
WASM_API_EXTERN uint32_t wasmtime_anyref_to_raw(wasmtime_context_t *context,
                                                const wasmtime_anyref_t *ref);

/* Makes an i31: the low 31 bits of the number.
 * out  owned by the caller */
WASM_API_EXTERN void wasmtime_anyref_from_i31(wasmtime_context_t *context, uint32_t i31val,
                                              wasmtime_anyref_t *out);
/* The number of an i31.
 * dst      out; untouched if false
 * returns  false if it is none */
WASM_API_EXTERN bool wasmtime_anyref_i31_get_u(wasmtime_context_t *context,
                                               const wasmtime_anyref_t *anyref, uint32_t *dst);
WASM_API_EXTERN bool wasmtime_anyref_i31_get_s(wasmtime_context_t *context,
                                               const wasmtime_anyref_t *anyref, int32_t *dst);

/* What kind of thing it refers to; null is none of them. eqref: an i31, a struct or an array. */
WASM_API_EXTERN bool wasmtime_anyref_is_i31(wasmtime_context_t *context,
                                            const wasmtime_anyref_t *anyref);
WASM_API_EXTERN bool wasmtime_anyref_is_eqref(wasmtime_context_t *context,
                                              const wasmtime_anyref_t *anyref);
WASM_API_EXTERN bool wasmtime_anyref_is_struct(wasmtime_context_t *context,
                                               const wasmtime_anyref_t *anyref);
WASM_API_EXTERN bool wasmtime_anyref_is_array(wasmtime_context_t *context,
                                              const wasmtime_anyref_t *anyref);

#ifdef __cplusplus
}
#endif

#endif
