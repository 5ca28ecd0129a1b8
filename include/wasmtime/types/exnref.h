/* wasmtime/types/exnref.h: the types of exceptions. */
#ifndef WASMTIME_TYPES_EXNREF_H
#define WASMTIME_TYPES_EXNREF_H

#include <wasm.h>
#include <wasmtime/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The type of exceptions whose tags have certain parameters. */
typedef struct wasmtime_exn_type wasmtime_exn_type_t;

/* params  borrowed
 * ret     out, owned by the caller; untouched on error */
WASM_API_EXTERN wasmtime_error_t *wasmtime_exn_type_new(const wasm_engine_t *engine,
                                                        const wasm_valtype_vec_t *params,
                                                        wasmtime_exn_type_t **ret);
WASM_API_EXTERN wasmtime_exn_type_t *wasmtime_exn_type_copy(const wasmtime_exn_type_t *type);
WASM_API_EXTERN void wasmtime_exn_type_delete(wasmtime_exn_type_t *type);
/* returns the type of such tags, owned by the caller */
WASM_API_EXTERN wasm_tagtype_t *wasmtime_exn_type_tag_type(const wasmtime_exn_type_t *type);

#ifdef __cplusplus
}
#endif

#endif
