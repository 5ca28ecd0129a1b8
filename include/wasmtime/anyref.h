/* wasmtime/anyref.h: references to anything of the internal hierarchy: i31, structs, arrays, and
 * what was converted from an externref. Ownership of roots: wasmtime/val.h. */
#ifndef WASMTIME_ANYREF_H
#define WASMTIME_ANYREF_H

#include <wasmtime/conf.h>
#include <wasmtime/types/val.h>
#include <wasmtime/val.h>

#ifdef __cplusplus
extern "C" {
#endif

WASM_API_EXTERN void wasmtime_anyref_clone(const wasmtime_anyref_t *ref, wasmtime_anyref_t *out);
WASM_API_EXTERN void wasmtime_anyref_unroot(wasmtime_anyref_t *ref);
/* Conversions to and from the form of wasmtime_val_raw_t; raw 0 and a null root correspond. */
WASM_API_EXTERN void wasmtime_anyref_from_raw(wasmtime_context_t *context, uint32_t raw,
                                              wasmtime_anyref_t *out);
WASM_API_EXTERN uint32_t wasmtime_anyref_to_raw(wasmtime_context_t *context,
                                                const wasmtime_anyref_t *ref);
/* An i31 of the lower 31 bits; out is owned by the caller. */
WASM_API_EXTERN void wasmtime_anyref_from_i31(wasmtime_context_t *context, uint32_t value,
                                              wasmtime_anyref_t *out);
/* The value of an i31, zero- or sign-extended; false: it is none. */
WASM_API_EXTERN bool wasmtime_anyref_i31_get_u(wasmtime_context_t *context,
                                               const wasmtime_anyref_t *ref, uint32_t *out);
WASM_API_EXTERN bool wasmtime_anyref_i31_get_s(wasmtime_context_t *context,
                                               const wasmtime_anyref_t *ref, int32_t *out);
/* False for null. */
WASM_API_EXTERN bool wasmtime_anyref_is_i31(wasmtime_context_t *context,
                                            const wasmtime_anyref_t *ref);
WASM_API_EXTERN bool wasmtime_anyref_is_eqref(wasmtime_context_t *context,
                                              const wasmtime_anyref_t *ref);
WASM_API_EXTERN bool wasmtime_anyref_is_struct(wasmtime_context_t *context,
                                               const wasmtime_anyref_t *ref);
WASM_API_EXTERN bool wasmtime_anyref_is_array(wasmtime_context_t *context,
                                              const wasmtime_anyref_t *ref);
/* out  a root of its own, owned by the caller; null if false */
WASM_API_EXTERN bool wasmtime_anyref_as_eqref(wasmtime_context_t *context,
                                              const wasmtime_anyref_t *ref, wasmtime_eqref_t *out);
WASM_API_EXTERN bool wasmtime_anyref_as_struct(wasmtime_context_t *context,
                                               const wasmtime_anyref_t *ref,
                                               wasmtime_structref_t *out);
WASM_API_EXTERN bool wasmtime_anyref_as_array(wasmtime_context_t *context,
                                              const wasmtime_anyref_t *ref,
                                              wasmtime_arrayref_t *out);
/* The type of what is referred to; false for null.
 * out  owned by the caller: wasmtime_heaptype_delete */
WASM_API_EXTERN bool wasmtime_anyref_type(wasmtime_context_t *context,
                                          const wasmtime_anyref_t *ref, wasmtime_heaptype_t *out);

#ifdef __cplusplus
}
#endif

#endif
