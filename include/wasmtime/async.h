/* wasmtime/async.h: calls that can be suspended, and functions that make them wait.
 *
 * A call of this kind runs on a stack of its own, in turns. The function that begins it returns a
 * future at once, and nothing has run yet; each wasmtime_call_future_poll is a turn. A turn ends
 * when the call has ended (true) or has to wait (false): for a host function that is not finished
 * (wasmtime_linker_define_async_func), or because it has run long enough, by its fuel or by the
 * engine's epoch. All its frames are kept, and the next turn goes on there. When to give it one is
 * the host's business: nothing here has an event loop.
 *
 * memory   A future and the stack it holds are the caller's until wasmtime_call_future_delete.
 *          What the pointers given at the beginning point to has to live until then, except the
 *          function, its arguments and linker, module and instance_pre of an instantiation whose
 *          first turn has been: those were copied or used.
 * thread   one at a time, but turns of one call may be on different ones: host functions that run
 *          in it must not keep what belongs to a thread from one wait to the next.
 * stores   While a future of a store waits, nothing else should be called in that store; what is
 *          called nevertheless, another future among it, does no harm. A store that can make its
 *          guests wait refuses calls by the other functions: one that has an asynchronous
 *          function, or was given an interval of fuel or epochs. So does every store while one of
 *          its futures has a turn.
 * stack    Guests use at most the engine's max_wasm_stack of it. The rest, and never less than a
 *          quarter of it or 128 KiB, whichever is less, is for the host functions they call.
 */
#ifndef WASMTIME_ASYNC_H
#define WASMTIME_ASYNC_H

#include <wasm.h>
#include <wasmtime/conf.h>
#include <wasmtime/config.h>
#include <wasmtime/error.h>
#include <wasmtime/func.h>
#include <wasmtime/linker.h>
#include <wasmtime/store.h>

#ifdef WASMTIME_FEATURE_ASYNC

#ifdef __cplusplus
extern "C" {
#endif

/* ---- calls ---- */

typedef struct wasmtime_call_future wasmtime_call_future_t;

/* A turn.
 * returns     true: the call has ended, and where its results or its failure were to go, they are;
 *             also whenever it is asked again. False: it waits, or this was called within its turn
 * reentrancy  runs guest code */
WASM_API_EXTERN bool wasmtime_call_future_poll(wasmtime_call_future_t *future);
/* Frees a future. A call that still waits is given up: its guest ends as by a trap, on its stack
 * and now, so that finalizers of what it waits for run; the store can be used as before. Not within
 * a turn of the same future, where nothing happens. NULL allowed. */
WASM_API_EXTERN void wasmtime_call_future_delete(wasmtime_call_future_t *future);

/* Begins what wasmtime_func_call does.
 * args     copied
 * results  written when the call succeeds
 * trap     written when the guest traps, and not touched otherwise: NULL to begin with
 * error    likewise, when something else goes wrong: wrong arguments, an exception that nobody
 *          caught, no memory for a stack
 * returns  owned by the caller, never NULL */
WASM_API_EXTERN wasmtime_call_future_t *
wasmtime_func_call_async(wasmtime_context_t *context, const wasmtime_func_t *func,
                         const wasmtime_val_t *args, size_t nargs, wasmtime_val_t *results,
                         size_t nresults, wasm_trap_t **trap, wasmtime_error_t **error);
/* Begins what wasmtime_linker_instantiate does, with trap and error as above.
 * instance  written when it succeeds */
WASM_API_EXTERN wasmtime_call_future_t *
wasmtime_linker_instantiate_async(const wasmtime_linker_t *linker, wasmtime_context_t *store,
                                  const wasmtime_module_t *module, wasmtime_instance_t *instance,
                                  wasm_trap_t **trap, wasmtime_error_t **error);
/* The same for wasmtime_instance_pre_instantiate. */
WASM_API_EXTERN wasmtime_call_future_t *
wasmtime_instance_pre_instantiate_async(const wasmtime_instance_pre_t *instance_pre,
                                        wasmtime_context_t *store, wasmtime_instance_t *instance,
                                        wasm_trap_t **trap, wasmtime_error_t **error);

/* ---- functions that take their time ---- */

/* Is it done? Asked in each turn of the call that waits, until it says true. */
typedef bool (*wasmtime_func_async_continuation_callback_t)(void *env);

/* What is left of a function of the host when its callback has returned. */
typedef struct wasmtime_async_continuation_t {
    wasmtime_func_async_continuation_callback_t callback;
    void *env;
    void (*finalizer)(void *); /* NULL allowed; called with env once: it is done, or was given up */
} wasmtime_async_continuation_t;

/* Begins the work of a host function, on the stack of the call.
 * args, results, trap_ret   can be used until the continuation is done: results may be written by
 *                           it, and a trap as well, which is then the library's
 * continuation_ret          out: all of it */
typedef void (*wasmtime_func_async_callback_t)(void *env, wasmtime_caller_t *caller,
                                               const wasmtime_val_t *args, size_t nargs,
                                               wasmtime_val_t *results, size_t nresults,
                                               wasm_trap_t **trap_ret,
                                               wasmtime_async_continuation_t *continuation_ret);

/* As wasmtime_linker_define_func. A store that an instance with such a function is made in can from
 * then on be called only by the functions above. */
WASM_API_EXTERN wasmtime_error_t *
wasmtime_linker_define_async_func(wasmtime_linker_t *linker, const char *module, size_t module_len,
                                  const char *name, size_t name_len, const wasm_functype_t *ty,
                                  wasmtime_func_async_callback_t cb, void *data,
                                  void (*finalizer)(void *));

/* ---- taking turns by fuel and epochs ---- */

/* Has guests of the store wait after each `interval` units of fuel; 0: no longer. What they can use
 * in all is the store's fuel as before.
 * errors  the engine does not count fuel */
WASM_API_EXTERN wasmtime_error_t *
wasmtime_context_fuel_async_yield_interval(wasmtime_context_t *context, uint64_t interval);
/* Has guests of the store wait when the engine's epoch reaches their deadline, and moves that to
 * `delta` epochs from when they go on. In place of a callback for the deadline, if there is one.
 * errors  none: always NULL */
WASM_API_EXTERN wasmtime_error_t *
wasmtime_context_epoch_deadline_async_yield_and_update(wasmtime_context_t *context,
                                                       uint64_t delta);

/* ---- stacks ---- */

/* Bytes of a stack; default 2 MiB, more where max_wasm_stack needs it. Less than max_wasm_stack: no
 * engine can be made. */
WASM_API_EXTERN void wasmtime_config_async_stack_size_set(wasm_config_t *config, size_t size);

/* Gives where a stack begins, which is its highest address, and its length; both are multiples of
 * the size of a page, and what lies below should not be accessible. Always the same. */
typedef uint8_t *(*wasmtime_stack_memory_get_callback_t)(void *env, size_t *out_len);

/* A stack of the host's making. */
typedef struct {
    void *env;
    wasmtime_stack_memory_get_callback_t get_stack_memory;
    void (*finalizer)(void *); /* NULL allowed; called with env when the stack is not needed */
} wasmtime_stack_memory_t;

/* Makes a stack of at least `size` bytes, zeroed if that is asked for. On any thread.
 * stack_ret  out: all of it
 * returns    NULL, or an error: the call fails with it */
typedef wasmtime_error_t *(*wasmtime_new_stack_memory_callback_t)(
    void *env, size_t size, bool zeroed, wasmtime_stack_memory_t *stack_ret);

typedef struct {
    void *env;
    wasmtime_new_stack_memory_callback_t new_stack;
    void (*finalizer)(void *); /* NULL allowed; called with env when no engine needs it */
} wasmtime_stack_creator_t;

/* Has stacks made by the host. Each store keeps one for its next call.
 * creator  copied */
WASM_API_EXTERN void wasmtime_config_host_stack_creator_set(wasm_config_t *config,
                                                            wasmtime_stack_creator_t *creator);

#ifdef __cplusplus
}
#endif

#endif

#endif
