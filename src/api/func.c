/* Functions: host functions as the guest sees them, calls into guests. */
#include "api/api_int.h"

#include <stdlib.h>

/* ---- host functions ---- */

/* Arguments and results of most functions fit on the stack. */
#define SMALL_ARITY 16

static void *call_unchecked(VmHostFunc *self, VmCtx *ctx, VmVal *args_results)
{
    const RtHostFunc *f = (RtHostFunc *)self;
    const HostDef *def = f->env;
    wasmtime_caller_t caller = {f->store, ctx};
    wasmtime_func_unchecked_callback_t callback = (wasmtime_func_unchecked_callback_t)def->callback;
    return callback(def->env, &caller, (wasmtime_val_raw_t *)args_results,
                    MAX(def->type->n_params, def->type->n_results));
}

static wasm_trap_t *bad_result(u32 number)
{
    StrBuf text = {0};
    sb_printf(&text, "function returned a value of the wrong type: result %u", number);
    wasm_trap_t *trap = wasmtime_trap_new(sb_str(&text), text.len);
    sb_free(&text);
    return trap;
}

static wasm_trap_t *call_with(RtStore *store, const HostDef *def, VmCtx *ctx, VmVal *raw,
                              wasmtime_val_t *vals)
{
    static const VmVal zero;
    const RtType *type = def->type;
    wasmtime_caller_t caller = {store, ctx};
    wasmtime_val_t *results = vals + type->n_params;
    for (u32 i = 0; i < type->n_params; i++)
        val_from_vm(store, &raw[i], type->params[i], &vals[i]);
    for (u32 i = 0; i < type->n_results; i++)
        val_from_vm(store, &zero, type->results[i], &results[i]);
    wasmtime_func_callback_t callback = (wasmtime_func_callback_t)def->callback;
    wasm_trap_t *trap = callback(def->env, &caller, vals, type->n_params, results, type->n_results);
    for (u32 i = 0; i < type->n_results && !trap; i++)
        if (!val_to_vm(store, &results[i], type->results[i], &raw[i]))
            trap = bad_result(i);
    return trap;
}

static void *call_checked(VmHostFunc *self, VmCtx *ctx, VmVal *args_results)
{
    RtHostFunc *f = (RtHostFunc *)self;
    const HostDef *def = f->env;
    u32 n = def->type->n_params + def->type->n_results;
    if (LIKELY(n <= SMALL_ARITY)) {
        wasmtime_val_t vals[SMALL_ARITY];
        return call_with(f->store, def, ctx, args_results, vals);
    }
    wasmtime_val_t *vals = calloc(n, sizeof *vals);
    if (!vals)
        return wasmtime_trap_new("out of memory", 13);
    wasm_trap_t *trap = call_with(f->store, def, ctx, args_results, vals);
    free(vals);
    return trap;
}

HostDef *hostdef_new(RtEngine *engine, const wasm_functype_t *type, bool is_unchecked,
                     void (*callback)(void), void *env, void (*finalizer)(void *))
{
    u32 id = types_func_id(engine, type);
    HostDef *def = id == RT_NO_TYPE ? NULL : malloc(sizeof *def);
    if (!def) {
        if (finalizer)
            finalizer(env);
        return NULL;
    }
    *def = (HostDef){1, engine, rt_type(engine, id), is_unchecked, callback, env, finalizer};
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

static void release_env(void *env) { hostdef_release(env); }

VmFuncRef *hostdef_in_store(RtStore *store, HostDef *def)
{
    RtHostFunc *f = rt_host_func_new(store, def->type->id,
                                     def->is_unchecked ? call_unchecked : call_checked, NULL, def,
                                     release_env);
    if (!f)
        return NULL;
    __atomic_add_fetch(&def->refs, 1, __ATOMIC_RELAXED);
    return &f->ref;
}

static void new_func(wasmtime_context_t *context, HostDef *def, wasmtime_func_t *ret)
{
    RtStore *store = store_of(context);
    VmFuncRef *record = def ? hostdef_in_store(store, def) : NULL;
    hostdef_release(def);
    /* The ABI has no room for an error here: a null function is what callers can see. */
    *ret = (wasmtime_func_t){record ? store->id : 0, record};
}

void wasmtime_func_new(wasmtime_context_t *context, const wasm_functype_t *type,
                       wasmtime_func_callback_t callback, void *env, void (*finalizer)(void *),
                       wasmtime_func_t *ret)
{
    new_func(context,
             hostdef_new(store_of(context)->engine, type, false, (void (*)(void))callback, env,
                         finalizer),
             ret);
}

void wasmtime_func_new_unchecked(wasmtime_context_t *context, const wasm_functype_t *type,
                                 wasmtime_func_unchecked_callback_t callback, void *env,
                                 void (*finalizer)(void *), wasmtime_func_t *ret)
{
    new_func(context,
             hostdef_new(store_of(context)->engine, type, true, (void (*)(void))callback, env,
                         finalizer),
             ret);
}

wasm_functype_t *wasmtime_func_type(const wasmtime_context_t *context, const wasmtime_func_t *func)
{
    RtStore *store = store_of(context);
    store_check(store, func->store_id);
    return types_func(store->engine, ((VmFuncRef *)func->__private)->type_id);
}

/* ---- calls ---- */

static wasmtime_error_t *call_raw(RtStore *store, VmFuncRef *func, VmVal *raw, wasm_trap_t **trap)
{
    if (LIKELY(rt_call(store, func, raw)))
        return NULL;
    return trap_take(store, trap);
}

wasmtime_error_t *wasmtime_func_call_unchecked(wasmtime_context_t *context,
                                               const wasmtime_func_t *func,
                                               wasmtime_val_raw_t *args_and_results,
                                               size_t args_and_results_len, wasm_trap_t **trap)
{
    (void)args_and_results_len;
    return call_raw(store_of(context), func->__private, (VmVal *)args_and_results, trap);
}

static wasmtime_error_t *call_checked_with(RtStore *store, VmFuncRef *func, const RtType *type,
                                           const wasmtime_val_t *args, wasmtime_val_t *results,
                                           VmVal *raw, wasm_trap_t **trap)
{
    for (u32 i = 0; i < type->n_params; i++)
        if (UNLIKELY(!val_to_vm(store, &args[i], type->params[i], &raw[i]))) {
            StrBuf text = {0};
            rt_print_val_type(store->engine, &text, type->params[i]);
            wasmtime_error_t *error =
                error_format("argument type mismatch: argument %u must be %s, found kind %u", i,
                             sb_str(&text), args[i].kind);
            sb_free(&text);
            return error;
        }
    *trap = NULL;
    wasmtime_error_t *error = call_raw(store, func, raw, trap);
    if (!error && !*trap)
        for (u32 i = 0; i < type->n_results; i++)
            val_from_vm(store, &raw[i], type->results[i], &results[i]);
    return error;
}

wasmtime_error_t *wasmtime_func_call(wasmtime_context_t *context, const wasmtime_func_t *func,
                                     const wasmtime_val_t *args, size_t nargs,
                                     wasmtime_val_t *results, size_t nresults, wasm_trap_t **trap)
{
    RtStore *store = store_of(context);
    store_check(store, func->store_id);
    VmFuncRef *record = func->__private;
    const RtType *type = rt_type(store->engine, record->type_id);
    if (nargs != type->n_params)
        return error_format("expected %u arguments, got %zu", type->n_params, nargs);
    if (nresults != type->n_results)
        return error_format("expected %u results, got %zu", type->n_results, nresults);
    u32 n = MAX(type->n_params, type->n_results);
    if (LIKELY(n <= SMALL_ARITY)) {
        VmVal raw[SMALL_ARITY];
        return call_checked_with(store, record, type, args, results, raw, trap);
    }
    VmVal *raw = calloc(n, sizeof *raw);
    if (!raw)
        return error_oom();
    wasmtime_error_t *error = call_checked_with(store, record, type, args, results, raw, trap);
    free(raw);
    return error;
}

void wasmtime_func_from_raw(wasmtime_context_t *context, void *raw, wasmtime_func_t *ret)
{
    *ret = (wasmtime_func_t){raw ? store_of(context)->id : 0, raw};
}

void *wasmtime_func_to_raw(wasmtime_context_t *context, const wasmtime_func_t *func)
{
    if (func->store_id == 0)
        return NULL;
    store_check(store_of(context), func->store_id);
    return func->__private;
}

/* ---- callers ---- */

wasmtime_context_t *wasmtime_caller_context(wasmtime_caller_t *caller)
{
    return context_of(caller->store);
}

bool wasmtime_caller_export_get(wasmtime_caller_t *caller, const char *name, size_t name_len,
                                wasmtime_extern_t *item)
{
    RtExtern found;
    if (!caller->ctx || !rt_instance_export(rt_ctx_instance(caller->ctx), name, name_len, &found))
        return false;
    extern_from_rt(caller->store, &found, item);
    return true;
}

bool stint_caller_memory(wasmtime_caller_t *caller, uint8_t **base, size_t *size_bytes)
{
    RtExtern found;
    if (!caller->ctx ||
        !rt_instance_export(rt_ctx_instance(caller->ctx), "memory", 6, &found) ||
        found.kind != WASM_KIND_MEMORY)
        return false;
    *base = found.memory->vm.base;
    *size_bytes = found.memory->vm.size_bytes;
    return true;
}
