/* Functions: host functions as the guest sees them, calls into guests. */
#include "api/async.h"
#include "api/val.h"

#include <stdlib.h>

/* ---- host functions ---- */

/* Arguments and results of most functions fit on the stack. */
#define SMALL_ARITY 16

static wasmtime_caller_t *caller_of(VmCtx *ctx) { return (wasmtime_caller_t *)ctx; }
static VmCtx *ctx_of(wasmtime_caller_t *caller) { return (VmCtx *)caller; }

static void *call_unchecked(VmHostFunc *self, VmCtx *ctx, VmVal *args_results)
{
    const HostDef *def = (const HostDef *)self;
    wasmtime_func_unchecked_callback_t callback = (wasmtime_func_unchecked_callback_t)def->callback;
    return callback(def->env, caller_of(ctx), (wasmtime_val_raw_t *)args_results, def->arity);
}

wasm_trap_t *func_wrong_result(RtStore *store, RtValType expected, const wasmtime_val_t *found)
{
    wasmtime_error_t *error = error_format("function attempted to return an incompatible value");
    return trap_from_error(val_is_wrong(store, error, expected, found));
}

/* vals: room for parameters and results */
static inline wasm_trap_t *call_with(const HostDef *def, VmCtx *ctx, VmVal *raw,
                                     wasmtime_val_t *vals)
{
    RtStore *store = rt_ctx_store(ctx);
    const RtType *type = def->type;
    wasmtime_val_t *results = vals + type->n_params;
    for (u32 i = 0; i < type->n_params; i++)
        val_from_vm(store, &raw[i], type->params[i], &vals[i]);
    for (u32 i = 0; i < type->n_results; i++)
        val_set_zero(store, type->results[i], &results[i]);
    wasmtime_func_callback_t callback = (wasmtime_func_callback_t)def->callback;
    wasm_trap_t *trap = callback(def->env, caller_of(ctx), vals, type->n_params, results,
                                 type->n_results);
    for (u32 i = 0; LIKELY(!trap) && i < type->n_results; i++)
        if (UNLIKELY(!val_to_vm(store, &results[i], type->results[i], &raw[i])))
            trap = func_wrong_result(store, type->results[i], &results[i]);
    /* Arguments were lent to the callback, results were given by it. */
    for (u32 i = 0; i < type->n_params + type->n_results; i++)
        val_release(&vals[i]);
    return trap;
}

static wasm_trap_t *__attribute__((noinline)) call_large(const HostDef *def, VmCtx *ctx, VmVal *raw)
{
    wasmtime_val_t *vals = calloc(def->type->n_params + def->type->n_results, sizeof *vals);
    if (!vals)
        return trap_oom();
    wasm_trap_t *trap = call_with(def, ctx, raw, vals);
    free(vals);
    return trap;
}

static void *call_checked(VmHostFunc *self, VmCtx *ctx, VmVal *args_results)
{
    const HostDef *def = (const HostDef *)self;
    wasmtime_val_t vals[SMALL_ARITY];
    if (UNLIKELY(def->type->n_params + def->type->n_results > SMALL_ARITY))
        return call_large(def, ctx, args_results);
    return call_with(def, ctx, args_results, vals);
}

HostDef *hostdef_of_type(RtEngine *engine, u32 type, HostKind kind, void (*callback)(void),
                         void *env, void (*finalizer)(void *))
{
    static void *(*const calls[])(VmHostFunc *, VmCtx *, VmVal *) = {
        [HOST_CHECKED] = call_checked,
        [HOST_UNCHECKED] = call_unchecked,
        [HOST_WASM] = func_call_wasm,
        [HOST_WASM_ENV] = func_call_wasm_env,
        [HOST_ASYNC] = func_call_async_host,
    };
    HostDef *def = type == RT_NO_TYPE ? NULL : calloc(1, sizeof *def);
    if (def && kind == HOST_UNCHECKED) {
        /* A wasmtime_func_unchecked_callback_t: the runtime's types are those of the ABI. */
        def->func.vm.direct = (void *(*)(void *, VmCtx *, VmVal *, size_t))callback;
        def->func.vm.env = env;
    }
    if (!def || !rt_host_func_init(engine, &def->func, type, calls[kind])) {
        free(def);
        if (finalizer)
            finalizer(env);
        return NULL;
    }
    def->engine = engine;
    def->type = rt_type(engine, type);
    def->is_async = kind == HOST_ASYNC;
    def->callback = callback;
    def->env = env;
    def->arity = MAX(def->type->n_params, def->type->n_results);
    def->finalizer = finalizer;
    def->refs = 1;
    return def;
}

HostDef *hostdef_new(RtEngine *engine, const wasm_functype_t *type, HostKind kind,
                     void (*callback)(void), void *env, void (*finalizer)(void *))
{
    return hostdef_of_type(engine, types_func_id(engine, type), kind, callback, env, finalizer);
}

HostDef *hostdef_retain(HostDef *def)
{
    if (def)
        __atomic_add_fetch(&def->refs, 1, __ATOMIC_RELAXED);
    return def;
}

void hostdef_release(HostDef *def)
{
    if (!def || __atomic_sub_fetch(&def->refs, 1, __ATOMIC_ACQ_REL))
        return;
    if (def->finalizer)
        def->finalizer(def->env);
    free(def);
}

static void release(void *def) { hostdef_release(def); }

bool hostdef_keep(RtStore *store, HostDef *def)
{
    /* Another thread may set it to its own store meanwhile; that costs one more reference. */
    if (__atomic_load_n(&def->kept_by, __ATOMIC_RELAXED) == store->id)
        return true;
    if (!rt_store_keep(store, def, release))
        return false;
    /* By an unchecked call the host learns where records are. */
    if (def->type->takes_funcs)
        rt_give_records(store);
    hostdef_retain(def);
    __atomic_store_n(&def->kept_by, store->id, __ATOMIC_RELAXED);
    return true;
}

static void new_func(wasmtime_context_t *context, HostDef *def, wasmtime_func_t *ret)
{
    RtStore *store = store_of(context);
    bool is_ok = def && hostdef_keep(store, def);
    /* The ABI has no room for an error here: a null function is what callers can see. */
    *ret = func_handle(store, is_ok ? &def->func.ref : NULL);
    hostdef_release(def);
}

void wasmtime_func_new(wasmtime_context_t *context, const wasm_functype_t *type,
                       wasmtime_func_callback_t callback, void *env, void (*finalizer)(void *),
                       wasmtime_func_t *ret)
{
    new_func(context,
             hostdef_new(store_of(context)->engine, type, HOST_CHECKED, (void (*)(void))callback,
                         env, finalizer),
             ret);
}

void wasmtime_func_new_unchecked(wasmtime_context_t *context, const wasm_functype_t *type,
                                 wasmtime_func_unchecked_callback_t callback, void *env,
                                 void (*finalizer)(void *), wasmtime_func_t *ret)
{
    new_func(context,
             hostdef_new(store_of(context)->engine, type, HOST_UNCHECKED, (void (*)(void))callback,
                         env, finalizer),
             ret);
}

wasm_functype_t *wasmtime_func_type(const wasmtime_context_t *context, const wasmtime_func_t *func)
{
    RtStore *store = store_of(context);
    const VmFuncRef *record = func_of(store, func);
    if (!record)
        return bad_handle("function"), NULL;
    return types_func(store->engine, record->type_id);
}

/* ---- calls ---- */

wasmtime_error_t *func_call_raw(RtStore *store, VmFuncRef *func, VmVal *raw, wasm_trap_t **trap)
{
    *trap = NULL;
    return LIKELY(rt_call(store, func, raw)) ? NULL : failure_take(store, trap);
}

/* Of functions that are no guest's or give functions, and of what is none. */
static wasmtime_error_t *__attribute__((noinline)) call_other(RtStore *store,
                                                              const wasmtime_func_t *func,
                                                              VmVal *raw, wasm_trap_t **trap)
{
    VmFuncRef *record = func_of(store, func);
    if (!record)
        return error_bad_handle("function");
    if (rt_type(store->engine, record->type_id)->gives_funcs)
        rt_give_records(store);
    return func_call_raw(store, record, raw, trap);
}

wasmtime_error_t *wasmtime_func_call_unchecked(wasmtime_context_t *context,
                                               const wasmtime_func_t *func,
                                               wasmtime_val_raw_t *args_and_results,
                                               size_t args_and_results_len, wasm_trap_t **trap)
{
    RtStore *store = store_of(context);
    const RtFuncSlot *slot = rt_func_slot(store, (u64)(uintptr_t)func->__private);
    (void)args_and_results_len;
    *trap = NULL;
    if (UNLIKELY(!slot || func->store_id != store->id || slot->type->gives_funcs))
        return call_other(store, func, (VmVal *)args_and_results, trap);
    return LIKELY(rt_call_typed(store, slot->func, slot->type, (VmVal *)args_and_results))
               ? NULL
               : failure_take(store, trap);
}

static wasmtime_error_t *wrong_argument(RtStore *store, RtValType expected,
                                        const wasmtime_val_t *found)
{
    return val_is_wrong(store, error_format("argument type mismatch"), expected, found);
}

static inline wasmtime_error_t *call_checked_with(RtStore *store, VmFuncRef *func,
                                                  const RtType *type, const wasmtime_val_t *args,
                                                  wasmtime_val_t *results, VmVal *raw,
                                                  wasm_trap_t **trap)
{
    for (u32 i = 0; i < type->n_params; i++)
        if (UNLIKELY(!val_to_vm(store, &args[i], type->params[i], &raw[i])))
            return wrong_argument(store, type->params[i], &args[i]);
    if (UNLIKELY(!rt_call_typed(store, func, type, raw)))
        return failure_take(store, trap);
    for (u32 i = 0; i < type->n_results; i++)
        val_from_vm(store, &raw[i], type->results[i], &results[i]);
    return NULL;
}

wasmtime_error_t *func_call(RtStore *store, const wasmtime_func_t *func,
                            const wasmtime_val_t *args, size_t nargs, wasmtime_val_t *results,
                            size_t nresults, wasm_trap_t **trap)
{
    const RtFuncSlot *slot = rt_func_slot(store, (u64)(uintptr_t)func->__private);
    bool is_guest = slot && func->store_id == store->id;
    VmFuncRef *record = LIKELY(is_guest) ? slot->func : func_of(store, func);
    if (UNLIKELY(!record))
        return error_bad_handle("function");
    const RtType *type = LIKELY(is_guest) ? slot->type : rt_type(store->engine, record->type_id);
    if (UNLIKELY(nargs != type->n_params))
        return error_format("expected %u arguments, got %zu", type->n_params, nargs);
    if (UNLIKELY(nresults != type->n_results))
        return error_format("expected %u results, got %zu", type->n_results, nresults);
    size_t n = MAX(nargs, nresults);
    VmVal raw[SMALL_ARITY];
    if (LIKELY(n <= SMALL_ARITY))
        return call_checked_with(store, record, type, args, results, raw, trap);
    VmVal *more = calloc(n, sizeof *more);
    if (!more)
        return error_oom();
    wasmtime_error_t *error = call_checked_with(store, record, type, args, results, more, trap);
    free(more);
    return error;
}

wasmtime_error_t *wasmtime_func_call(wasmtime_context_t *context, const wasmtime_func_t *func,
                                     const wasmtime_val_t *args, size_t nargs,
                                     wasmtime_val_t *results, size_t nresults, wasm_trap_t **trap)
{
    RtStore *store = store_of(context);
    *trap = NULL;
    if (UNLIKELY(store->refuses_sync))
        return store_refuses_sync(store);
    return func_call(store, func, args, nargs, results, nresults, trap);
}

void wasmtime_func_from_raw(wasmtime_context_t *context, void *raw, wasmtime_func_t *ret)
{
    *ret = func_handle(store_of(context), raw);
}

void *wasmtime_func_to_raw(wasmtime_context_t *context, const wasmtime_func_t *func)
{
    if (func->store_id == 0)
        return NULL;
    VmFuncRef *record = func_of(store_of(context), func);
    if (!record)
        bad_handle("function");
    rt_give_records(store_of(context));
    return record;
}

/* ---- callers ---- */

wasmtime_context_t *wasmtime_caller_context(wasmtime_caller_t *caller)
{
    return context_of(rt_ctx_store(ctx_of(caller)));
}

bool wasmtime_caller_export_get(wasmtime_caller_t *caller, const char *name, size_t name_len,
                                wasmtime_extern_t *item)
{
    RtInstance *instance = rt_ctx_instance(ctx_of(caller));
    RtExtern found;
    if (!instance || !rt_instance_export(instance, name, name_len, &found))
        return false;
    return extern_from_rt(instance->store, &found, item);
}

bool stint_caller_memory(wasmtime_caller_t *caller, uint8_t **base, size_t *size_bytes)
{
    const RtInstance *instance = rt_ctx_instance(ctx_of(caller));
    if (!instance || instance->module->memory_export == WASM_NONE)
        return false;
    const RtMemory *memory = instance->memories[instance->module->memory_export];
    *base = memory->space->vm.base;
    *size_bytes = rt_memory_bytes(memory);
    return true;
}
