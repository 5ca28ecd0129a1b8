/* The objects of wasm.h that are no items of a store: stores, modules, instances. */
#include "api/wasm_objects.h"

#include <stdlib.h>

/* ---- stores ---- */

wasm_store_t *wasm_store_new(wasm_engine_t *engine)
{
    wasm_store_t *store = malloc(sizeof *store);
    wasmtime_store_t *inner = store ? wasmtime_store_new(engine, NULL, NULL) : NULL;
    if (!inner) {
        free(store);
        return NULL;
    }
    *store = (wasm_store_t){inner, 1};
    inner->handle = store;
    return store;
}

wasm_store_t *wasm_store_retain(wasm_store_t *store)
{
    store->refs++;
    return store;
}

void wasm_store_delete(wasm_store_t *store)
{
    if (!store || --store->refs)
        return;
    wasmtime_store_delete(store->inner);
    free(store);
}

/* ---- modules ---- */

struct wasm_module_t {
    wasmtime_module_t *inner; /* held */
};
/* Modules belong to no thread, so sharing one is holding on to it. */
struct wasm_shared_module_t {
    wasm_module_t module;
};

/* A handle that takes the reference; NULL if there is none, or no memory. */
static wasm_module_t *new_module(wasmtime_module_t *inner)
{
    wasm_module_t *module = inner ? malloc(sizeof *module) : NULL;
    if (module)
        module->inner = inner;
    else
        wasmtime_module_delete(inner);
    return module;
}

wasm_module_t *wasm_module_new(wasm_store_t *store, const wasm_byte_vec_t *binary)
{
    wasmtime_module_t *inner = NULL;
    wasmtime_error_t *error = wasmtime_module_new(store->inner->engine, (uint8_t *)binary->data,
                                                  binary->size, &inner);
    wasmtime_error_delete(error);
    return new_module(inner);
}

bool wasm_module_validate(wasm_store_t *store, const wasm_byte_vec_t *binary)
{
    wasmtime_error_t *error = wasmtime_module_validate(
        store->inner->engine, (uint8_t *)binary->data, binary->size);
    wasmtime_error_delete(error);
    return !error;
}

wasm_module_t *wasm_module_copy(const wasm_module_t *module)
{
    return new_module(module_retain(module->inner));
}

void wasm_module_delete(wasm_module_t *module)
{
    if (!module)
        return;
    wasmtime_module_delete(module->inner);
    free(module);
}

void *wasm_module_get_host_info(const wasm_module_t *module)
{
    (void)module;
    return NULL;
}

void wasm_module_imports(const wasm_module_t *module, wasm_importtype_vec_t *out)
{
    wasmtime_module_imports(module->inner, out);
}

void wasm_module_exports(const wasm_module_t *module, wasm_exporttype_vec_t *out)
{
    wasmtime_module_exports(module->inner, out);
}

void wasm_module_serialize(const wasm_module_t *module, wasm_byte_vec_t *out)
{
    wasmtime_error_t *error = wasmtime_module_serialize(module->inner, out);
    if (error)
        wasm_byte_vec_new_empty(out);
    wasmtime_error_delete(error);
}

wasm_module_t *wasm_module_deserialize(wasm_store_t *store, const wasm_byte_vec_t *bytes)
{
    wasmtime_module_t *inner = NULL;
    wasmtime_error_t *error = wasmtime_module_deserialize(
        store->inner->engine, (uint8_t *)bytes->data, bytes->size, &inner);
    wasmtime_error_delete(error);
    return new_module(inner);
}

wasm_shared_module_t *wasm_module_share(const wasm_module_t *module)
{
    return (wasm_shared_module_t *)wasm_module_copy(module);
}

void wasm_shared_module_delete(wasm_shared_module_t *shared)
{
    wasm_module_delete((wasm_module_t *)shared);
}

wasm_module_t *wasm_module_obtain(wasm_store_t *store, const wasm_shared_module_t *shared)
{
    bool fits = shared->module.inner->engine == store->inner->engine;
    return fits ? wasm_module_copy(&shared->module) : NULL;
}

/* ---- instances ---- */

struct wasm_instance_t {
    wasm_store_t *store; /* held */
    RtInstance *inner;
};

static wasm_instance_t *new_instance(wasm_store_t *store, RtInstance *inner)
{
    wasm_instance_t *instance = malloc(sizeof *instance);
    if (instance)
        *instance = (wasm_instance_t){wasm_store_retain(store), inner};
    return instance;
}

wasm_instance_t *wasm_instance_copy(const wasm_instance_t *instance)
{
    return new_instance(instance->store, instance->inner);
}

void wasm_instance_delete(wasm_instance_t *instance)
{
    if (!instance)
        return;
    wasm_store_delete(instance->store);
    free(instance);
}

void *wasm_instance_get_host_info(const wasm_instance_t *instance)
{
    (void)instance;
    return NULL;
}

static wasmtime_error_t *make_instance(wasm_store_t *store, const wasm_module_t *module,
                                       const wasm_extern_vec_t *imports, RtInstance **inner,
                                       wasm_trap_t **trap)
{
    RtModule *rt = module->inner->rt;
    u32 n = rt->wasm->n_imports;
    if (imports->size < n)
        return error_format("expected %u imports, found %zu", n, imports->size);
    RtExtern few[FEW_IMPORTS];
    RtExtern *items = n <= FEW_IMPORTS ? few : malloc(n * sizeof *items);
    wasmtime_error_t *error = items ? NULL : error_oom();
    for (u32 i = 0; i < n && !error; i++) {
        const wasm_extern_t *e = imports->data[i];
        if (!e || e->store != store)
            error = error_format("import %u is missing, or of another store", i);
        else
            items[i] = e->item;
    }
    if (!error)
        error = instantiate(&store->inner->rt, rt, items, n, inner, trap);
    if (items != few)
        free(items);
    return error;
}

wasm_instance_t *wasm_instance_new(wasm_store_t *store, const wasm_module_t *module,
                                   const wasm_extern_vec_t *imports, wasm_trap_t **trap)
{
    RtInstance *inner;
    wasm_trap_t *stopped = NULL;
    wasmtime_error_t *error = make_instance(store, module, imports, &inner, &stopped);
    if (error)
        stopped = trap_from_error(error);
    if (trap)
        *trap = stopped;
    else
        wasm_trap_delete(stopped);
    return stopped ? NULL : new_instance(store, inner);
}

void wasm_instance_exports(const wasm_instance_t *instance, wasm_extern_vec_t *out)
{
    const WasmModule *m = instance->inner->module->wasm;
    bool is_whole = true;
    wasm_extern_vec_new_uninitialized(out, m->n_exports);
    for (size_t i = 0; i < out->size && is_whole; i++) {
        RtExtern item;
        if (rt_instance_extern(instance->inner, (WasmKind)m->exports[i].kind, m->exports[i].index,
                               &item))
            out->data[i] = wasm_extern_of(instance->store, &item);
        is_whole = out->data[i] != NULL;
    }
    if (!is_whole)
        wasm_extern_vec_delete(out);
}
