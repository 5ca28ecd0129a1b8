/* wasmtime/store.h: stores, which hold instances and all they use, and their contexts.
 *
 * A store is owned; its context is the same store seen by functions that run guests, borrowed and
 * valid as long as the store. All of this: one thread at a time.
 */
#ifndef WASMTIME_STORE_H
#define WASMTIME_STORE_H

#include <wasi.h>
#include <wasm.h>
#include <wasmtime/conf.h>
#include <wasmtime/error.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wasmtime_store wasmtime_store_t;
typedef struct wasmtime_context wasmtime_context_t;

/* Makes an empty store.
 * data       NULL allowed; given back by wasmtime_context_get_data
 * finalizer  NULL allowed; called with data when the store is deleted
 * returns    owned by the caller; NULL if memory ran out */
WASM_API_EXTERN wasmtime_store_t *wasmtime_store_new(wasm_engine_t *engine, void *data,
                                                     void (*finalizer)(void *));
/* Frees a store with all instances, functions and so on in it. Not within a call to a guest. */
WASM_API_EXTERN void wasmtime_store_delete(wasmtime_store_t *store);
WASM_API_EXTERN wasmtime_context_t *wasmtime_store_context(wasmtime_store_t *store);

/* Limits what guests may take from now on; a negative number keeps the default.
 * memory_size     bytes of one linear memory; default: no limit. Growing beyond it gives -1
 * table_elements  elements of one table; default: no limit
 * instances, tables, memories  how many modules may have; default 10000 each */
WASM_API_EXTERN void wasmtime_store_limiter(wasmtime_store_t *store, int64_t memory_size,
                                            int64_t table_elements, int64_t instances,
                                            int64_t tables, int64_t memories);

WASM_API_EXTERN void *wasmtime_context_get_data(const wasmtime_context_t *context);
/* Replaces the data, also as what the finalizer is going to be called with. */
WASM_API_EXTERN void wasmtime_context_set_data(wasmtime_context_t *context, void *data);

/* Collects: frees host references and objects that neither guests nor roots refer to, and runs the
 * finalizers of the former before it returns. Also within a call of a host function.
 * errors  none at present */
WASM_API_EXTERN wasmtime_error_t *wasmtime_context_gc(wasmtime_context_t *context);

/* Sets the fuel left. Guests consume one for entering a function, one for each instruction but
 * those that only structure code (block, loop, else, end, nop, drop, return, unreachable), and one
 * for each byte, element or page of the length that memory.fill and its like are given.
 * errors  the engine does not count fuel */
WASM_API_EXTERN wasmtime_error_t *wasmtime_context_set_fuel(wasmtime_context_t *store,
                                                            uint64_t fuel);
/* fuel    out
 * errors  the engine does not count fuel */
WASM_API_EXTERN wasmtime_error_t *wasmtime_context_get_fuel(const wasmtime_context_t *context,
                                                            uint64_t *fuel);

#ifdef WASMTIME_FEATURE_WASI
/* Gives the store's guests what a WASI config describes; replaces an earlier one.
 * wasi    own: taken, also on error
 * errors  memory ran out */
WASM_API_EXTERN wasmtime_error_t *wasmtime_context_set_wasi(wasmtime_context_t *context,
                                                            wasi_config_t *wasi);
#endif

/* Sets the epoch at which guests are interrupted: the engine's present one plus ticks. */
WASM_API_EXTERN void wasmtime_context_set_epoch_deadline(wasmtime_context_t *context,
                                                         uint64_t ticks_beyond_current);

typedef uint8_t wasmtime_update_deadline_kind_t;
#define WASMTIME_UPDATE_DEADLINE_CONTINUE 0
#define WASMTIME_UPDATE_DEADLINE_YIELD 1

/* Asks the host at an epoch deadline, instead of trapping.
 * func       returns an error, which ends the guest's call, or NULL; then
 *            delta out: ticks to the next deadline; kind out: CONTINUE, or YIELD, which is for
 *            asynchronous calls (async.h): the guest waits for its next turn first
 * data       handed to func
 * finalizer  NULL allowed; called with data when the store goes or another callback is set */
WASM_API_EXTERN void wasmtime_store_epoch_deadline_callback(
    wasmtime_store_t *store,
    wasmtime_error_t *(*func)(const wasmtime_context_t *context, void *data, uint64_t *delta,
                              wasmtime_update_deadline_kind_t *kind),
    void *data, void (*finalizer)(void *));

#ifdef __cplusplus
}
#endif

#endif
