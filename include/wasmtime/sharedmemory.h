/* wasmtime/sharedmemory.h: linear memories shared by threads, and so by stores. thread any
 *
 * size and data may change while another thread grows the memory; data never moves.
 */
#ifndef WASMTIME_SHAREDMEMORY_H
#define WASMTIME_SHAREDMEMORY_H

#include <wasm.h>
#include <wasmtime/conf.h>
#include <wasmtime/error.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wasmtime_sharedmemory wasmtime_sharedmemory_t;

#ifdef WASMTIME_FEATURE_THREADS
/* type    shared and with a maximum
 * ret     out, owned by the caller; untouched on error
 * errors  the type is not shared; shared memories are off; memory ran out */
WASM_API_EXTERN wasmtime_error_t *wasmtime_sharedmemory_new(const wasm_engine_t *engine,
                                                            const wasm_memorytype_t *type,
                                                            wasmtime_sharedmemory_t **ret);
WASM_API_EXTERN void wasmtime_sharedmemory_delete(wasmtime_sharedmemory_t *memory);
/* Another handle to the same memory, owned by the caller. */
WASM_API_EXTERN wasmtime_sharedmemory_t *
wasmtime_sharedmemory_clone(const wasmtime_sharedmemory_t *memory);
/* returns owned by the caller */
WASM_API_EXTERN wasm_memorytype_t *
wasmtime_sharedmemory_type(const wasmtime_sharedmemory_t *memory);
WASM_API_EXTERN uint8_t *wasmtime_sharedmemory_data(const wasmtime_sharedmemory_t *memory);
/* in bytes */
WASM_API_EXTERN size_t wasmtime_sharedmemory_data_size(const wasmtime_sharedmemory_t *memory);
/* in pages */
WASM_API_EXTERN uint64_t wasmtime_sharedmemory_size(const wasmtime_sharedmemory_t *memory);
/* delta      in pages
 * prev_size  out: pages before; untouched on error
 * errors     above the maximum, or memory ran out; unchanged then */
WASM_API_EXTERN wasmtime_error_t *
wasmtime_sharedmemory_grow(const wasmtime_sharedmemory_t *memory, uint64_t delta,
                           uint64_t *prev_size);
#endif

#ifdef __cplusplus
}
#endif

#endif
