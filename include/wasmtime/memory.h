/* wasmtime/memory.h: linear memories, also with 64-bit indices, shared, or with other pages. */
#ifndef WASMTIME_MEMORY_H
#define WASMTIME_MEMORY_H

#include <wasm.h>
#include <wasmtime/error.h>
#include <wasmtime/extern.h>
#include <wasmtime/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/* min, max         in pages; max counts only if max_present
 * is_64            64-bit indices
 * shared           needs a maximum
 * page_size_log2   16 or 0
 * memorytype_ret   out, owned by the caller; untouched on error
 * errors           the type is not valid */
WASM_API_EXTERN wasmtime_error_t *wasmtime_memorytype_new(uint64_t min, bool max_present,
                                                          uint64_t max, bool is_64, bool shared,
                                                          uint8_t page_size_log2,
                                                          wasm_memorytype_t **memorytype_ret);
/* in pages */
WASM_API_EXTERN uint64_t wasmtime_memorytype_minimum(const wasm_memorytype_t *ty);
/* max      out, in pages; untouched if false
 * returns  false if there is none */
WASM_API_EXTERN bool wasmtime_memorytype_maximum(const wasm_memorytype_t *ty, uint64_t *max);
WASM_API_EXTERN bool wasmtime_memorytype_is64(const wasm_memorytype_t *ty);
WASM_API_EXTERN bool wasmtime_memorytype_isshared(const wasm_memorytype_t *ty);
/* in bytes */
WASM_API_EXTERN uint64_t wasmtime_memorytype_page_size(const wasm_memorytype_t *ty);
WASM_API_EXTERN uint8_t wasmtime_memorytype_page_size_log2(const wasm_memorytype_t *ty);

/* ret     out; untouched on error
 * errors  a limit of the store; memory ran out */
WASM_API_EXTERN wasmtime_error_t *wasmtime_memory_new(wasmtime_context_t *store,
                                                      const wasm_memorytype_t *ty,
                                                      wasmtime_memory_t *ret);
/* returns owned by the caller */
WASM_API_EXTERN wasm_memorytype_t *wasmtime_memory_type(const wasmtime_context_t *store,
                                                        const wasmtime_memory_t *memory);
/* returns the first byte; valid until the memory grows (here or in guest code) or the store goes */
WASM_API_EXTERN uint8_t *wasmtime_memory_data(wasmtime_context_t *store,
                                              const wasmtime_memory_t *memory);
/* in bytes */
WASM_API_EXTERN size_t wasmtime_memory_data_size(const wasmtime_context_t *store,
                                                 const wasmtime_memory_t *memory);
/* in pages */
WASM_API_EXTERN uint64_t wasmtime_memory_size(const wasmtime_context_t *store,
                                              const wasmtime_memory_t *memory);
/* delta      in pages
 * prev_size  out: pages before; untouched on error
 * errors     above the maximum or a limit of the store; memory ran out; unchanged then */
WASM_API_EXTERN wasmtime_error_t *wasmtime_memory_grow(wasmtime_context_t *store,
                                                       const wasmtime_memory_t *memory,
                                                       uint64_t delta, uint64_t *prev_size);
/* in bytes */
WASM_API_EXTERN uint64_t wasmtime_memory_page_size(wasmtime_context_t *store,
                                                   const wasmtime_memory_t *memory);
WASM_API_EXTERN uint8_t wasmtime_memory_page_size_log2(wasmtime_context_t *store,
                                                       const wasmtime_memory_t *memory);

#ifdef __cplusplus
}
#endif

#endif
