/* wasmtime/linker.h: names for what modules import.
 *
 * A linker maps pairs (module, name) to things: host functions, which fit any store of the engine,
 * and items of one store. Names are UTF-8 with their length. thread one at a time.
 */
#ifndef WASMTIME_LINKER_H
#define WASMTIME_LINKER_H

#include <wasm.h>
#include <wasmtime/conf.h>
#include <wasmtime/error.h>
#include <wasmtime/extern.h>
#include <wasmtime/func.h>
#include <wasmtime/instance.h>
#include <wasmtime/store.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wasmtime_linker wasmtime_linker_t;

/* returns owned by the caller; NULL if memory ran out */
WASM_API_EXTERN wasmtime_linker_t *wasmtime_linker_new(wasm_engine_t *engine);
/* A copy with the same definitions, owned by the caller. */
WASM_API_EXTERN wasmtime_linker_t *wasmtime_linker_clone(const wasmtime_linker_t *linker);
WASM_API_EXTERN void wasmtime_linker_delete(wasmtime_linker_t *linker);
/* Tells whether a later definition may replace an earlier one; off at first. */
WASM_API_EXTERN void wasmtime_linker_allow_shadowing(wasmtime_linker_t *linker,
                                                     bool allow_shadowing);

/* Defines an item of a store.
 * item    copied
 * errors  the name is taken */
WASM_API_EXTERN wasmtime_error_t *wasmtime_linker_define(wasmtime_linker_t *linker,
                                                         wasmtime_context_t *store,
                                                         const char *module, size_t module_len,
                                                         const char *name, size_t name_len,
                                                         const wasmtime_extern_t *item);
/* Defines a host function for any store of the engine.
 * data       handed to the callback
 * finalizer  NULL allowed; called with data once, when nothing uses the definition any more;
 *            also on error
 * errors     the name is taken */
WASM_API_EXTERN wasmtime_error_t *wasmtime_linker_define_func(
    wasmtime_linker_t *linker, const char *module, size_t module_len, const char *name,
    size_t name_len, const wasm_functype_t *ty, wasmtime_func_callback_t cb, void *data,
    void (*finalizer)(void *));
/* The same in the fast form of wasmtime_func_new_unchecked. */
WASM_API_EXTERN wasmtime_error_t *wasmtime_linker_define_func_unchecked(
    wasmtime_linker_t *linker, const char *module, size_t module_len, const char *name,
    size_t name_len, const wasm_functype_t *ty, wasmtime_func_unchecked_callback_t cb, void *data,
    void (*finalizer)(void *));
#ifdef WASMTIME_FEATURE_WASI
/* Defines the functions of WASI preview 1 under "wasi_snapshot_preview1". Instances then need a
 * store with wasmtime_context_set_wasi.
 * errors  one of the names is taken */
WASM_API_EXTERN wasmtime_error_t *wasmtime_linker_define_wasi(wasmtime_linker_t *linker);
#endif
/* Defines all exports of an instance under a module name.
 * errors  one of the names is taken */
WASM_API_EXTERN wasmtime_error_t *
wasmtime_linker_define_instance(wasmtime_linker_t *linker, wasmtime_context_t *store,
                                const char *name, size_t name_len,
                                const wasmtime_instance_t *instance);
/* Defines what the module still lacks: functions that trap when called. */
WASM_API_EXTERN wasmtime_error_t *
wasmtime_linker_define_unknown_imports_as_traps(wasmtime_linker_t *linker,
                                                const wasmtime_module_t *module);
/* Defines what the module still lacks: functions that return zeros and null, and other items that
 * start with them. */
WASM_API_EXTERN wasmtime_error_t *wasmtime_linker_define_unknown_imports_as_default_values(
    wasmtime_linker_t *linker, wasmtime_context_t *store, const wasmtime_module_t *module);

/* Instantiates a module with the definitions.
 * instance    out; untouched unless it succeeds
 * trap        out, owned by the caller: set if instantiation trapped, else NULL
 * errors      missing or unfitting imports, all of them listed
 * reentrancy  runs guest code */
WASM_API_EXTERN wasmtime_error_t *wasmtime_linker_instantiate(const wasmtime_linker_t *linker,
                                                              wasmtime_context_t *store,
                                                              const wasmtime_module_t *module,
                                                              wasmtime_instance_t *instance,
                                                              wasm_trap_t **trap);
/* The first half of it: finds and checks the imports, once for many instances.
 * instance_pre  out, owned by the caller; untouched on error */
WASM_API_EXTERN wasmtime_error_t *
wasmtime_linker_instantiate_pre(const wasmtime_linker_t *linker, const wasmtime_module_t *module,
                                wasmtime_instance_pre_t **instance_pre);
/* Instantiates a module as WASI defines it and defines its exports under a name: a reactor once,
 * now; a command anew for each call of one of its exports.
 * errors  as wasmtime_linker_instantiate, traps included */
WASM_API_EXTERN wasmtime_error_t *wasmtime_linker_module(wasmtime_linker_t *linker,
                                                         wasmtime_context_t *store,
                                                         const char *name, size_t name_len,
                                                         const wasmtime_module_t *module);
/* The function to run a module defined under a name: its export "" or "_start", or one that does
 * nothing.
 * func    out; untouched on error */
WASM_API_EXTERN wasmtime_error_t *wasmtime_linker_get_default(const wasmtime_linker_t *linker,
                                                              wasmtime_context_t *store,
                                                              const char *name, size_t name_len,
                                                              wasmtime_func_t *func);
/* A definition by its names.
 * item     out, owned by the caller; untouched if false */
WASM_API_EXTERN bool wasmtime_linker_get(const wasmtime_linker_t *linker,
                                         wasmtime_context_t *store, const char *module,
                                         size_t module_len, const char *name, size_t name_len,
                                         wasmtime_extern_t *item);

#ifdef __cplusplus
}
#endif

#endif
