/* wasmtime/func.h: calling guests, and being called by them. */
#ifndef WASMTIME_FUNC_H
#define WASMTIME_FUNC_H

#include <wasm.h>
#include <wasmtime/extern.h>
#include <wasmtime/store.h>
#include <wasmtime/val.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Who called a host function. Valid until that function returns. */
typedef struct wasmtime_caller wasmtime_caller_t;

/* A host function.
 * args     borrowed for the call
 * results  out: all of them, of the kinds that the type says
 * returns  NULL, or owned by the library: the trap that ends the guest's call */
typedef wasm_trap_t *(*wasmtime_func_callback_t)(void *env, wasmtime_caller_t *caller,
                                                 const wasmtime_val_t *args, size_t nargs,
                                                 wasmtime_val_t *results, size_t nresults);
/* The fast form: arguments in, results out in the same array, without kinds. */
typedef wasm_trap_t *(*wasmtime_func_unchecked_callback_t)(void *env, wasmtime_caller_t *caller,
                                                           wasmtime_val_raw_t *args_and_results,
                                                           size_t num_args_and_results);

/* Makes a function of a store from a host function.
 * env        handed to the callback
 * finalizer  NULL allowed; called with env when the store goes
 * ret        out */
WASM_API_EXTERN void wasmtime_func_new(wasmtime_context_t *store, const wasm_functype_t *type,
                                       wasmtime_func_callback_t callback, void *env,
                                       void (*finalizer)(void *), wasmtime_func_t *ret);
WASM_API_EXTERN void wasmtime_func_new_unchecked(wasmtime_context_t *store,
                                                 const wasm_functype_t *type,
                                                 wasmtime_func_unchecked_callback_t callback,
                                                 void *env, void (*finalizer)(void *),
                                                 wasmtime_func_t *ret);
/* returns owned by the caller */
WASM_API_EXTERN wasm_functype_t *wasmtime_func_type(const wasmtime_context_t *store,
                                                    const wasmtime_func_t *func);

/* Calls a function.
 * args        as the type says, borrowed
 * results     out, room for as many as the type says; untouched unless the call succeeds
 * trap        out, owned by the caller: set if the guest trapped, else NULL
 * returns     NULL, or an error: wrong arguments; the guest ended itself (exit status); a host
 *             function returned a trap made of a text. At most one of error and trap.
 * reentrancy  runs guest code */
WASM_API_EXTERN wasmtime_error_t *wasmtime_func_call(wasmtime_context_t *store,
                                                     const wasmtime_func_t *func,
                                                     const wasmtime_val_t *args, size_t nargs,
                                                     wasmtime_val_t *results, size_t nresults,
                                                     wasm_trap_t **trap);
/* The fast form: args_and_results has room for the larger of both numbers; kinds are not checked,
 * and arguments of other kinds than the type says are undefined behavior. */
WASM_API_EXTERN wasmtime_error_t *
wasmtime_func_call_unchecked(wasmtime_context_t *store, const wasmtime_func_t *func,
                             wasmtime_val_raw_t *args_and_results, size_t args_and_results_len,
                             wasm_trap_t **trap);

/* An export of the instance that called.
 * item     out, owned by the caller; untouched if false
 * returns  false if there is none of this name */
WASM_API_EXTERN bool wasmtime_caller_export_get(wasmtime_caller_t *caller, const char *name,
                                                size_t name_len, wasmtime_extern_t *item);
WASM_API_EXTERN wasmtime_context_t *wasmtime_caller_context(wasmtime_caller_t *caller);

/* Conversions to and from the form of wasmtime_val_raw_t; NULL and a null function correspond. */
WASM_API_EXTERN void wasmtime_func_from_raw(wasmtime_context_t *context, void *raw,
                                            wasmtime_func_t *ret);
WASM_API_EXTERN void *wasmtime_func_to_raw(wasmtime_context_t *context,
                                           const wasmtime_func_t *func);

#ifdef __cplusplus
}
#endif

#endif
