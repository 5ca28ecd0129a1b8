/* Instances and what they export. */
#include "api/api_int.h"

#include <stdlib.h>

/* An exception that a start function threw is an error here, unlike one that a call ends with. */
static wasmtime_error_t *start_failed(RtStore *store, wasm_trap_t **trap)
{
    wasm_trap_t *failed = NULL;
    wasmtime_error_t *error = failure_take(store, &failed);
    if (failed && failed->is_exception)
        return error_from_trap(failed);
    if (failed)
        *trap = failed;
    return error;
}

static wasmtime_error_t *not_made(const RtModule *module, const RtExtern *imports, u32 n,
                                  const Diag *why)
{
    for (u32 i = 0; i < n; i++) {
        Diag diag = {0};
        if (!rt_check_import(module, i, &imports[i], &diag))
            return error_of_import(module, i, &imports[i], &diag);
    }
    return error_from_diag(why);
}

wasmtime_error_t *instantiate(RtStore *store, RtModule *module, const RtExtern *imports, u32 n,
                              RtInstance **instance, wasm_trap_t **trap)
{
    Diag diag = {0};
    if (module->engine != store->engine)
        return error_cross_engine();
    switch (rt_instantiate(store, module, imports, n, instance, &diag)) {
    case RT_OK:
        return NULL;
    case RT_ERROR:
        return not_made(module, imports, n, &diag);
    default:
        return start_failed(store, trap);
    }
}

/* All items but shared memories begin with their store's id. */
static bool is_foreign(const RtStore *store, const wasmtime_extern_t *item)
{
    return item->kind != WASMTIME_EXTERN_SHAREDMEMORY && item->of.func.store_id != store->id;
}

wasmtime_error_t *wasmtime_instance_new(wasmtime_context_t *context,
                                        const wasmtime_module_t *module,
                                        const wasmtime_extern_t *imports, size_t nimports,
                                        wasmtime_instance_t *instance, wasm_trap_t **trap)
{
    RtStore *store = store_of(context);
    u32 n = module->rt->wasm->n_imports;
    *trap = NULL;
    if (store->refuses_sync)
        return store_refuses_sync(store);
    rt_sweep(store);
    if (nimports != n)
        return error_format("expected %u imports, found %zu", n, nimports);
    RtExtern few[FEW_IMPORTS] = {{0}};
    RtExtern *items = n <= FEW_IMPORTS ? few : malloc(n * sizeof *items);
    if (!items)
        return error_oom();
    wasmtime_error_t *error = NULL;
    for (u32 i = 0; i < n && !error; i++)
        if (!extern_to_rt(store, &imports[i], &items[i]))
            error = is_foreign(store, &imports[i])
                        ? error_cross_store()
                        : error_format("import %u is of an instance that was deleted, or of an "
                                       "unknown kind",
                                       i);
    RtInstance *made = NULL;
    if (!error)
        error = instantiate(store, module->rt, items, n, &made, trap);
    if (!error && !*trap)
        *instance = instance_handle(made);
    if (items != few)
        free(items);
    return error;
}

bool wasmtime_instance_export_get(wasmtime_context_t *context, const wasmtime_instance_t *instance,
                                  const char *name, size_t name_len, wasmtime_extern_t *item)
{
    RtStore *store = store_of(context);
    RtInstance *from = instance_of(store, instance);
    RtExtern found;
    if (!from)
        return bad_handle("instance"), false;
    if (!rt_instance_export(from, name, name_len, &found))
        return false;
    return extern_from_rt(store, &found, item);
}

bool wasmtime_instance_export_nth(wasmtime_context_t *context, const wasmtime_instance_t *instance,
                                  size_t index, char **name, size_t *name_len,
                                  wasmtime_extern_t *item)
{
    RtStore *store = store_of(context);
    RtInstance *from = instance_of(store, instance);
    RtExtern found;
    if (!from)
        return bad_handle("instance"), false;
    const WasmModule *m = from->module->wasm;
    if (index >= m->n_exports)
        return false;
    const WasmExport *export = &m->exports[index];
    if (!rt_instance_extern(from, (WasmKind)export->kind, export->index, &found))
        return false;
    *name = (char *)(uintptr_t)export->name.at;
    *name_len = export->name.len;
    return extern_from_rt(store, &found, item);
}

wasmtime_error_t *stint_instance_delete(wasmtime_context_t *context,
                                        const wasmtime_instance_t *instance)
{
    RtInstance *found = instance_of(store_of(context), instance);
    Diag diag = {0};
    if (!found)
        return error_bad_handle("instance");
    return rt_instance_delete(found, &diag) ? NULL : error_from_diag(&diag);
}
