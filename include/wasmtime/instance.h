/* wasmtime/instance.h: instances of modules. */
#ifndef WASMTIME_INSTANCE_H
#define WASMTIME_INSTANCE_H

#include <wasm.h>
#include <wasmtime/extern.h>
#include <wasmtime/module.h>
#include <wasmtime/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An instance in a store: a plain value, copied freely, valid as long as the store, or until
 * stint_instance_delete(). */
typedef struct wasmtime_instance {
    uint64_t store_id;
    size_t __private;
} wasmtime_instance_t;

/* Instantiates a module and runs its start function.
 * imports     as many as the module has, in its order; borrowed
 * instance    out; untouched unless it succeeds
 * trap        out, owned by the caller: set if instantiation trapped, else NULL
 * errors      an import is missing or of another type; a limit of the store; memory ran out
 * reentrancy  runs guest code */
WASM_API_EXTERN wasmtime_error_t *wasmtime_instance_new(wasmtime_context_t *store,
                                                        const wasmtime_module_t *module,
                                                        const wasmtime_extern_t *imports,
                                                        size_t nimports,
                                                        wasmtime_instance_t *instance,
                                                        wasm_trap_t **trap);

/* An export by its name.
 * item     out, owned by the caller; untouched if false */
WASM_API_EXTERN bool wasmtime_instance_export_get(wasmtime_context_t *store,
                                                  const wasmtime_instance_t *instance,
                                                  const char *name, size_t name_len,
                                                  wasmtime_extern_t *item);
/* An export by its number, in the order of the module.
 * name     out, borrowed from the instance, without a NUL
 * item     out, owned by the caller
 * returns  false, nothing written, if there are not so many */
WASM_API_EXTERN bool wasmtime_instance_export_nth(wasmtime_context_t *store,
                                                  const wasmtime_instance_t *instance, size_t index,
                                                  char **name, size_t *name_len,
                                                  wasmtime_extern_t *item);

/* A module with its imports already found and checked, to be instantiated many times.
 * thread any; made by wasmtime_linker_instantiate_pre */
typedef struct wasmtime_instance_pre wasmtime_instance_pre_t;

WASM_API_EXTERN void wasmtime_instance_pre_delete(wasmtime_instance_pre_t *instance_pre);
/* Like wasmtime_instance_new. */
WASM_API_EXTERN wasmtime_error_t *
wasmtime_instance_pre_instantiate(const wasmtime_instance_pre_t *instance_pre,
                                  wasmtime_context_t *store, wasmtime_instance_t *instance,
                                  wasm_trap_t **trap);
/* returns another handle to its module, owned by the caller */
WASM_API_EXTERN wasmtime_module_t *
wasmtime_instance_pre_module(const wasmtime_instance_pre_t *instance_pre);

#ifdef __cplusplus
}
#endif

#endif
