/* wasmtime/eqref.h: references that can be compared: i31, structs, arrays. As wasmtime/anyref.h. */
#ifndef WASMTIME_EQREF_H
#define WASMTIME_EQREF_H

#include <wasmtime/conf.h>
#include <wasmtime/types/val.h>
#include <wasmtime/val.h>

#ifdef __cplusplus
extern "C" {
#endif

WASM_API_EXTERN void wasmtime_eqref_clone(const wasmtime_eqref_t *ref, wasmtime_eqref_t *out);
WASM_API_EXTERN void wasmtime_eqref_unroot(wasmtime_eqref_t *ref);
WASM_API_EXTERN void wasmtime_eqref_from_i31(wasmtime_context_t *context, uint32_t value,
                                             wasmtime_eqref_t *out);
WASM_API_EXTERN bool wasmtime_eqref_i31_get_u(wasmtime_context_t *context,
                                              const wasmtime_eqref_t *ref, uint32_t *out);
WASM_API_EXTERN bool wasmtime_eqref_i31_get_s(wasmtime_context_t *context,
                                              const wasmtime_eqref_t *ref, int32_t *out);
WASM_API_EXTERN bool wasmtime_eqref_is_i31(wasmtime_context_t *context,
                                           const wasmtime_eqref_t *ref);
WASM_API_EXTERN bool wasmtime_eqref_is_struct(wasmtime_context_t *context,
                                              const wasmtime_eqref_t *ref);
WASM_API_EXTERN bool wasmtime_eqref_is_array(wasmtime_context_t *context,
                                             const wasmtime_eqref_t *ref);
WASM_API_EXTERN bool wasmtime_eqref_as_struct(wasmtime_context_t *context,
                                              const wasmtime_eqref_t *ref,
                                              wasmtime_structref_t *out);
WASM_API_EXTERN bool wasmtime_eqref_as_array(wasmtime_context_t *context,
                                             const wasmtime_eqref_t *ref, wasmtime_arrayref_t *out);
WASM_API_EXTERN void wasmtime_eqref_to_anyref(const wasmtime_eqref_t *ref, wasmtime_anyref_t *out);
WASM_API_EXTERN bool wasmtime_eqref_type(wasmtime_context_t *context, const wasmtime_eqref_t *ref,
                                         wasmtime_heaptype_t *out);

#ifdef __cplusplus
}
#endif

#endif
