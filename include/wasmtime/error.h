/* wasmtime/error.h: why a function of the library failed.
 *
 * A function that returns wasmtime_error_t* returns NULL for success. The error belongs to the
 * caller, who frees it. Nothing else is changed by a failing call unless it says so.
 */
#ifndef WASMTIME_ERROR_H
#define WASMTIME_ERROR_H

#include <wasm.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wasmtime_error wasmtime_error_t;

/* Makes an error of a text, which is copied.
 * message  NUL-terminated UTF-8
 * returns  owned by the caller; NULL only if memory ran out */
WASM_API_EXTERN wasmtime_error_t *wasmtime_error_new(const char *message);

/* Frees an error. NULL is allowed. */
WASM_API_EXTERN void wasmtime_error_delete(wasmtime_error_t *error);

/* The whole text, causes included.
 * message  out, owned by the caller, without a NUL: free with wasm_byte_vec_delete */
WASM_API_EXTERN void wasmtime_error_message(const wasmtime_error_t *error, wasm_name_t *message);

/* Tells whether the guest ended itself (WASI proc_exit), and with which status.
 * status  out; untouched if false */
WASM_API_EXTERN bool wasmtime_error_exit_status(const wasmtime_error_t *error, int *status);

/* The guest functions on the stack when the error arose; empty if there were none.
 * out  owned by the caller: free with wasm_frame_vec_delete */
WASM_API_EXTERN void wasmtime_error_wasm_trace(const wasmtime_error_t *error,
                                               wasm_frame_vec_t *out);

#ifdef __cplusplus
}
#endif

#endif
