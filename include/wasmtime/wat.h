/* wasmtime/wat.h: the text format (with WASMTIME_FEATURE_WAT). */
#ifndef WASMTIME_WAT_H
#define WASMTIME_WAT_H

#include <wasm.h>
#include <wasmtime/conf.h>
#include <wasmtime/error.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef WASMTIME_FEATURE_WAT
/* Assembles a module.
 * wat     UTF-8, wat_len bytes
 * ret     out, owned by the caller; untouched on error
 * errors  the text is not a module, with line and column */
WASM_API_EXTERN wasmtime_error_t *wasmtime_wat2wasm(const char *wat, size_t wat_len,
                                                    wasm_byte_vec_t *ret);
#endif

#ifdef __cplusplus
}
#endif

#endif
