/* wasmtime/module.h: compiled modules. thread any; a module may be used by several at once */
#ifndef WASMTIME_MODULE_H
#define WASMTIME_MODULE_H

#include <wasm.h>
#include <wasmtime/conf.h>
#include <wasmtime/error.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wasmtime_module wasmtime_module_t;

#ifdef WASMTIME_FEATURE_COMPILER
/* Validates and compiles a module.
 * wasm     the binary format
 * ret      out, owned by the caller; untouched on error
 * errors   the module is not valid (with offset and reason), or uses what cannot be compiled
 * cost     linear in its size, on all cores */
WASM_API_EXTERN wasmtime_error_t *wasmtime_module_new(wasm_engine_t *engine, const uint8_t *wasm,
                                                      size_t wasm_len, wasmtime_module_t **ret);
/* Tells why a module is not valid, or NULL if it is. */
WASM_API_EXTERN wasmtime_error_t *wasmtime_module_validate(wasm_engine_t *engine,
                                                           const uint8_t *wasm, size_t wasm_len);
/* Writes the compiled module as bytes, the same ones for the same module and engine settings.
 * ret  out, owned by the caller: free with wasm_byte_vec_delete */
WASM_API_EXTERN wasmtime_error_t *wasmtime_module_serialize(const wasmtime_module_t *module,
                                                            wasm_byte_vec_t *ret);
#endif

/* Makes a module of bytes that wasmtime_module_serialize wrote, without compiling.
 * The bytes are machine code and are trusted: never pass what others could have changed.
 * ret     out, owned by the caller; untouched on error
 * errors  not written by this version of Stint, or for other settings or another CPU */
WASM_API_EXTERN wasmtime_error_t *wasmtime_module_deserialize(wasm_engine_t *engine,
                                                              const uint8_t *bytes,
                                                              size_t bytes_len,
                                                              wasmtime_module_t **ret);
/* The same from a file, which is mapped and must not change while the module lives. */
WASM_API_EXTERN wasmtime_error_t *wasmtime_module_deserialize_file(wasm_engine_t *engine,
                                                                   const char *path,
                                                                   wasmtime_module_t **ret);

/* Another handle to the same module, owned by the caller. */
WASM_API_EXTERN wasmtime_module_t *wasmtime_module_clone(const wasmtime_module_t *module);
/* Frees a handle. Instances of the module stay alive. */
WASM_API_EXTERN void wasmtime_module_delete(wasmtime_module_t *module);

/* out  in the order of the module; owned by the caller, freed with wasm_X_vec_delete */
WASM_API_EXTERN void wasmtime_module_imports(const wasmtime_module_t *module,
                                             wasm_importtype_vec_t *out);
WASM_API_EXTERN void wasmtime_module_exports(const wasmtime_module_t *module,
                                             wasm_exporttype_vec_t *out);

/* The addresses of the compiled code, start inclusive, end exclusive; valid while it lives. */
WASM_API_EXTERN void wasmtime_module_image_range(const wasmtime_module_t *module, void **start,
                                                 void **end);

#ifdef __cplusplus
}
#endif

#endif
