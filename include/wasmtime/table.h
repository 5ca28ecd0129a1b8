/* wasmtime/table.h: tables of references. */
#ifndef WASMTIME_TABLE_H
#define WASMTIME_TABLE_H

#include <wasm.h>
#include <wasmtime/error.h>
#include <wasmtime/extern.h>
#include <wasmtime/store.h>
#include <wasmtime/val.h>

#ifdef __cplusplus
extern "C" {
#endif

/* init    of the element type
 * table   out; untouched on error
 * errors  init is of another type; a limit of the store; memory ran out */
WASM_API_EXTERN wasmtime_error_t *wasmtime_table_new(wasmtime_context_t *store,
                                                     const wasm_tabletype_t *ty,
                                                     const wasmtime_val_t *init,
                                                     wasmtime_table_t *table);
/* returns owned by the caller */
WASM_API_EXTERN wasm_tabletype_t *wasmtime_table_type(const wasmtime_context_t *store,
                                                      const wasmtime_table_t *table);
/* val      out, owned by the caller; untouched if false
 * returns  false if the index is out of bounds */
WASM_API_EXTERN bool wasmtime_table_get(wasmtime_context_t *store, const wasmtime_table_t *table,
                                        uint64_t index, wasmtime_val_t *val);
/* errors  the index is out of bounds, or the value of another type */
WASM_API_EXTERN wasmtime_error_t *wasmtime_table_set(wasmtime_context_t *store,
                                                     const wasmtime_table_t *table, uint64_t index,
                                                     const wasmtime_val_t *value);
WASM_API_EXTERN uint64_t wasmtime_table_size(const wasmtime_context_t *store,
                                             const wasmtime_table_t *table);
/* init       what the new elements hold
 * prev_size  out: elements before; untouched on error
 * errors     above the maximum or a limit of the store; memory ran out; init of another type */
WASM_API_EXTERN wasmtime_error_t *wasmtime_table_grow(wasmtime_context_t *store,
                                                      const wasmtime_table_t *table, uint64_t delta,
                                                      const wasmtime_val_t *init,
                                                      uint64_t *prev_size);

#ifdef __cplusplus
}
#endif

#endif
