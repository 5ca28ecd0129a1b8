/* wasmtime/types/arrayref.h: the type of arrays, by name only so far. */
#ifndef WASMTIME_TYPES_ARRAYREF_H
#define WASMTIME_TYPES_ARRAYREF_H

#include <wasm.h>
#include <wasmtime/types/structref.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wasmtime_array_type wasmtime_array_type_t;

#ifdef __cplusplus
}
#endif

#endif
