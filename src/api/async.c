/* Calls that can be suspended, as futures; host functions that make them wait; stacks of the
 * host's. A future is what a fiber of the runtime is to do, and has one between its first turn and
 * its last. */
#include "api/async.h"

#include <stdlib.h>

#include "api/linker.h"
#include "api/val.h"

/* ---- futures ---- */

struct wasmtime_call_future {
    RtFiber *fiber; /* NULL: it has not begun, or is done */
    RtStore *store;
    bool is_done;
    bool is_given_up; /* nobody wants to know the end */
    /* What is to be done, on the fiber. */
    void (*work)(wasmtime_call_future_t *future, wasmtime_error_t **error, wasm_trap_t **trap);
    wasmtime_error_t **error;
    wasm_trap_t **trap;
    union {
        const wasmtime_linker_t *linker;
        const wasmtime_instance_pre_t *pre;
        wasmtime_func_t func;
    };
    union {
        const wasmtime_module_t *module;
        wasmtime_val_t *results;
    };
    wasmtime_instance_t *instance;
    size_t nargs, nresults;
    wasmtime_val_t args[]; /* own */
};

/* What futures are that there is no memory for: the error stands where theirs would. */
static wasmtime_call_future_t no_future = {.is_done = true};

static wasmtime_call_future_t *new_future(wasmtime_context_t *context, size_t nargs,
                                          wasmtime_error_t **error, wasm_trap_t **trap)
{
    wasmtime_call_future_t *future = NULL;
    if (nargs < SIZE_MAX / 2 / sizeof future->args[0])
        future = calloc(1, sizeof *future + nargs * sizeof future->args[0]);
    if (!future)
        return NULL;
    future->store = store_of(context);
    future->error = error;
    future->trap = trap;
    return future;
}

static wasmtime_call_future_t *or_none(wasmtime_call_future_t *future, wasmtime_error_t **error)
{
    if (future)
        return future;
    *error = error_oom();
    return &no_future;
}

static void drop_args(wasmtime_call_future_t *future)
{
    for (size_t i = 0; i < future->nargs; i++)
        wasmtime_val_unroot(&future->args[i]);
    future->nargs = 0;
}

/* The end: an error or a trap goes where it was to go. */
static void finish(wasmtime_call_future_t *future, wasmtime_error_t *error, wasm_trap_t *trap)
{
    future->fiber = NULL;
    future->is_done = true;
    drop_args(future);
    if (future->is_given_up) {
        wasmtime_error_delete(error);
        wasm_trap_delete(trap);
    } else if (error) {
        *future->error = error;
    } else if (trap) {
        *future->trap = trap;
    }
}

/* All that runs on the fiber. Also when its store goes while it waits. */
static void run(void *ctx)
{
    wasmtime_call_future_t *future = ctx;
    wasmtime_error_t *error = NULL;
    wasm_trap_t *trap = NULL;
    future->work(future, &error, &trap);
    /* Here, unlike with other calls, an exception that nobody caught counts as an error. */
    if (trap && trap->is_exception) {
        error = error_from_trap(trap);
        trap = NULL;
    }
    finish(future, error, trap);
}

static bool begin(wasmtime_call_future_t *future)
{
    wasm_trap_t *trap = NULL;
    future->fiber = rt_fiber_new(future->store, run, future);
    if (future->fiber)
        return true;
    wasmtime_error_t *error = failure_take(future->store, &trap);
    finish(future, error, trap);
    return false;
}

bool wasmtime_call_future_poll(wasmtime_call_future_t *future)
{
    if (!future || future->is_done)
        return true;
    if (!future->fiber && !begin(future))
        return true;
    return !rt_fiber_runs(future->fiber) && rt_fiber_resume(future->fiber);
}

void wasmtime_call_future_delete(wasmtime_call_future_t *future)
{
    if (!future || future == &no_future)
        return;
    if (future->fiber) {
        bool is_in_it = rt_fiber_runs(future->fiber);
        dassert(!is_in_it); /* who deletes it is on its own stack */
        if (is_in_it)
            return;
        future->is_given_up = true;
        rt_fiber_stop(future->fiber);
    }
    drop_args(future);
    free(future);
}

/* ---- what they do ---- */

static void do_call(wasmtime_call_future_t *future, wasmtime_error_t **error, wasm_trap_t **trap)
{
    *error = func_call(future->store, &future->func, future->args, future->nargs, future->results,
                       future->nresults, trap);
}

wasmtime_call_future_t *
wasmtime_func_call_async(wasmtime_context_t *context, const wasmtime_func_t *func,
                         const wasmtime_val_t *args, size_t nargs, wasmtime_val_t *results,
                         size_t nresults, wasm_trap_t **trap, wasmtime_error_t **error)
{
    wasmtime_call_future_t *future = new_future(context, nargs, error, trap);
    if (!future)
        return or_none(future, error);
    future->work = do_call;
    future->func = *func;
    future->results = results;
    future->nresults = nresults;
    for (; future->nargs < nargs; future->nargs++)
        wasmtime_val_clone(&args[future->nargs], &future->args[future->nargs]);
    return future;
}

static void do_instantiate(wasmtime_call_future_t *future, wasmtime_error_t **error,
                           wasm_trap_t **trap)
{
    *error = linker_instantiate(future->linker, future->store, future->module, true,
                                future->instance, trap);
}

wasmtime_call_future_t *
wasmtime_linker_instantiate_async(const wasmtime_linker_t *linker, wasmtime_context_t *context,
                                  const wasmtime_module_t *module, wasmtime_instance_t *instance,
                                  wasm_trap_t **trap, wasmtime_error_t **error)
{
    wasmtime_call_future_t *future = new_future(context, 0, error, trap);
    if (!future)
        return or_none(future, error);
    future->work = do_instantiate;
    future->linker = linker;
    future->module = module;
    future->instance = instance;
    return future;
}

static void do_instantiate_pre(wasmtime_call_future_t *future, wasmtime_error_t **error,
                               wasm_trap_t **trap)
{
    *error = pre_instantiate(future->pre, future->store, true, future->instance, trap);
}

wasmtime_call_future_t *
wasmtime_instance_pre_instantiate_async(const wasmtime_instance_pre_t *pre,
                                        wasmtime_context_t *context, wasmtime_instance_t *instance,
                                        wasm_trap_t **trap, wasmtime_error_t **error)
{
    wasmtime_call_future_t *future = new_future(context, 0, error, trap);
    if (!future)
        return or_none(future, error);
    future->work = do_instantiate_pre;
    future->pre = pre;
    future->instance = instance;
    return future;
}

/* ---- functions of the host that take their time ---- */

static wasm_trap_t *trap_of_text(const char *text)
{
    wasm_trap_t *trap = wasmtime_trap_new(text, strlen(text));
    return trap ? trap : trap_oom();
}

/* Until the continuation is done. A trap: it was given up. */
static wasm_trap_t *wait_for(RtStore *store, const wasmtime_async_continuation_t *left)
{
    RtStop stop;
    if (!left->callback)
        return trap_of_text("a function of the host that takes its time has not said how to go on");
    while (!left->callback(left->env))
        if (!rt_guest_wait_turn(store, &stop))
            return trap_of_text(stop.message);
    return NULL;
}

/* vals: room for parameters and results */
static wasm_trap_t *call_with(const HostDef *def, VmCtx *ctx, VmVal *raw, wasmtime_val_t *vals)
{
    RtStore *store = rt_ctx_store(ctx);
    const RtType *type = def->type;
    wasmtime_val_t *results = vals + type->n_params;
    wasmtime_func_async_callback_t callback = (wasmtime_func_async_callback_t)def->callback;
    wasmtime_async_continuation_t left = {0};
    wasm_trap_t *trap = NULL;
    for (u32 i = 0; i < type->n_params; i++)
        val_from_vm(store, &raw[i], type->params[i], &vals[i]);
    for (u32 i = 0; i < type->n_results; i++)
        val_set_zero(store, type->results[i], &results[i]);
    callback(def->env, (wasmtime_caller_t *)ctx, vals, type->n_params, results, type->n_results,
             &trap, &left);
    wasm_trap_t *refused = wait_for(store, &left);
    if (left.finalizer)
        left.finalizer(left.env);
    if (refused) {
        wasm_trap_delete(trap);
        trap = refused;
    }
    for (u32 i = 0; !trap && i < type->n_results; i++)
        if (!val_to_vm(store, &results[i], type->results[i], &raw[i]))
            trap = func_wrong_result(store, type->results[i], &results[i]);
    for (u32 i = 0; i < type->n_params + type->n_results; i++)
        val_release(&vals[i]);
    return trap;
}

void *func_call_async_host(VmHostFunc *self, VmCtx *ctx, VmVal *args_results)
{
    const HostDef *def = (const HostDef *)self;
    wasmtime_val_t few[8];
    u32 n = def->type->n_params + def->type->n_results;
    wasmtime_val_t *vals = n <= ARRAY_LEN(few) ? few : malloc(n * sizeof *vals);
    if (!vals)
        return trap_oom();
    wasm_trap_t *trap = call_with(def, ctx, args_results, vals);
    if (vals != few)
        free(vals);
    return trap;
}

wasmtime_error_t *wasmtime_linker_define_async_func(
    wasmtime_linker_t *linker, const char *module, size_t module_len, const char *name,
    size_t name_len, const wasm_functype_t *ty, wasmtime_func_async_callback_t cb, void *data,
    void (*finalizer)(void *))
{
    Batch batch = {.linker = linker};
    batch_add_host(&batch, (Names){module, module_len, name, name_len},
                   hostdef_new(linker->engine->rt, ty, HOST_ASYNC, (void (*)(void))cb, data,
                               finalizer));
    return batch_end(&batch);
}

/* ---- when they wait ---- */

wasmtime_error_t *store_refuses_sync(const RtStore *store)
{
    return error_format(store->refuses_sync & RT_ASYNC_STORE
                            ? "store configuration requires that `*_async` functions are used "
                              "instead"
                            : "cannot do blocking `call` from an async context");
}

wasmtime_error_t *wasmtime_context_fuel_async_yield_interval(wasmtime_context_t *context,
                                                             uint64_t interval)
{
    RtStore *store = store_of(context);
    if (!store_object(store)->engine->comp.fuel)
        return error_format("fuel is not configured in this store");
    store->refuses_sync |= RT_ASYNC_STORE;
    rt_store_set_fuel_interval(store, interval);
    return NULL;
}

static void *yield_at_deadline(void *ctx, RtStore *store, u64 *delta, bool *yields)
{
    (void)ctx;
    *delta = store_object(store)->yield_delta;
    *yields = true;
    return NULL;
}

wasmtime_error_t *
wasmtime_context_epoch_deadline_async_yield_and_update(wasmtime_context_t *context,
                                                       uint64_t delta)
{
    wasmtime_store_t *store = store_object(store_of(context));
    wasmtime_store_epoch_deadline_callback(store, NULL, NULL, NULL);
    store->rt.refuses_sync |= RT_ASYNC_STORE;
    store->yield_delta = delta;
    store->rt.epoch_callback = yield_at_deadline;
    return NULL;
}

/* ---- stacks ---- */

struct StackCreator {
    RtStackMaker maker;
    wasmtime_stack_creator_t is;
    i64 refs; /* atomic */
};

void wasmtime_config_async_stack_size_set(wasm_config_t *config, size_t size)
{
    config->rt.async_stack_bytes = size;
    config->has_stack_size = true;
}

static void *make_stack(void *env, u64 bytes, RtHostStack *out)
{
    const StackCreator *creator = env;
    wasmtime_stack_memory_t memory = {0};
    size_t len = 0;
    wasmtime_error_t *error = creator->is.new_stack(creator->is.env, bytes, false, &memory);
    if (error)
        return trap_from_error(error);
    u8 *high = memory.get_stack_memory ? memory.get_stack_memory(memory.env, &len) : NULL;
    *out = (RtHostStack){high - MIN(len, (size_t)(uintptr_t)high), high, memory.finalizer,
                         memory.env};
    return NULL;
}

StackCreator *stack_creator_retain(StackCreator *creator)
{
    if (creator)
        __atomic_add_fetch(&creator->refs, 1, __ATOMIC_RELAXED);
    return creator;
}

void stack_creator_release(StackCreator *creator)
{
    if (!creator || __atomic_sub_fetch(&creator->refs, 1, __ATOMIC_ACQ_REL))
        return;
    if (creator->is.finalizer)
        creator->is.finalizer(creator->is.env);
    free(creator);
}

const RtStackMaker *stack_creator_maker(const StackCreator *creator)
{
    return creator ? &creator->maker : NULL;
}

void wasmtime_config_host_stack_creator_set(wasm_config_t *config,
                                            wasmtime_stack_creator_t *creator)
{
    StackCreator *own = malloc(sizeof *own);
    stack_creator_release(config->stacks);
    config->stacks = own;
    if (own) {
        *own = (StackCreator){{own, make_stack}, *creator, 1};
        return;
    }
    config->is_contradictory = true; /* there is no room for an error here */
    if (creator->finalizer)
        creator->finalizer(creator->env);
}
