/* wasmtime/types/exnref.h: the type of exceptions, by name only so far. */
#ifndef WASMTIME_TYPES_EXNREF_H
#define WASMTIME_TYPES_EXNREF_H

#include <wasm.h>
#include <wasmtime/error.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wasmtime_exn_type wasmtime_exn_type_t;

#ifdef __cplusplus
}
#endif

#endif
