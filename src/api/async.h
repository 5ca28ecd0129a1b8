/* What asynchronous calls and other parts of the room want of each other. Private to api. */
#ifndef STINT_API_ASYNC_H
#define STINT_API_ASYNC_H

#include "api/api_int.h"

/* wasmtime_func_call, whatever kind of call runs. trap: set only if there is one. */
wasmtime_error_t *func_call(RtStore *store, const wasmtime_func_t *func,
                            const wasmtime_val_t *args, size_t nargs, wasmtime_val_t *results,
                            size_t nresults, wasm_trap_t **trap);
/* A host function has returned a value that is not of the result's type. */
wasm_trap_t *func_wrong_result(RtStore *store, RtValType expected, const wasmtime_val_t *found);
/* `call` of functions that take their time. */
void *func_call_async_host(VmHostFunc *self, VmCtx *caller, VmVal *args_results);
/* wasmtime_linker_instantiate and wasmtime_instance_pre_instantiate; is_async: on a fiber. */
wasmtime_error_t *linker_instantiate(const wasmtime_linker_t *linker, RtStore *store,
                                     const wasmtime_module_t *module, bool is_async,
                                     wasmtime_instance_t *instance, wasm_trap_t **trap);
wasmtime_error_t *pre_instantiate(const wasmtime_instance_pre_t *pre, RtStore *store,
                                  bool is_async, wasmtime_instance_t *instance,
                                  wasm_trap_t **trap);

#endif
