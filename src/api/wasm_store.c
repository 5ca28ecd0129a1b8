/* The objects of wasm.h that are no items of a store: stores, modules, instances. */
#include "api/wasm_objects.h"

#include <stdlib.h>

/* ---- stores ---- */

wasm_store_t *wasm_store_new(wasm_engine_t *engine)
{
    wasm_store_t *store = calloc(1, sizeof *store);
    wasmtime_store_t *inner = store ? wasmtime_store_new(engine, NULL, NULL) : NULL;
    if (!inner) {
        free(store);
        return NULL;
    }
    *store = (wasm_store_t){.inner = inner, .refs = 1, .weak = 1};
    inner->handle = store;
    /* wasm.h has no way to say how many of them there may be. */
    RtLimits *limits = &inner->rt.limits;
    limits->instances = limits->tables = limits->memories = UINT32_MAX;
    return store;
}

wasm_store_t *wasm_store_retain(wasm_store_t *store)
{
    store->refs++;
    return store;
}

wasm_store_t *wasm_store_retain_weak(wasm_store_t *store)
{
    if (store)
        __atomic_add_fetch(&store->weak, 1, __ATOMIC_RELAXED);
    return store;
}

void wasm_store_release_weak(wasm_store_t *store)
{
    if (store && __atomic_sub_fetch(&store->weak, 1, __ATOMIC_ACQ_REL) == 0)
        free(store);
}

void wasm_store_delete(wasm_store_t *store)
{
    if (!store || --store->refs)
        return;
    wasmtime_store_delete(store->inner);
    store->inner = NULL;
    wasm_items_free(store);
    wasm_store_release_weak(store);
}

/* ---- modules ---- */

struct wasm_module_t {
    wasm_ref_t ref; /* first */
    wasmtime_module_t *inner; /* held */
};
/* Compiled modules belong to no thread, so sharing one is holding on to it. */
struct wasm_shared_module_t {
    wasmtime_module_t *inner; /* held */
};

/* Takes the reference; NULL if there is none, or no memory. */
static wasm_module_t *new_module(wasmtime_module_t *inner)
{
    wasm_module_t *module = inner ? malloc(sizeof *module) : NULL;
    if (module)
        *module = (wasm_module_t){.ref = {.kind = REF_MODULE, .refs = 1}, .inner = inner};
    else
        wasmtime_module_delete(inner);
    return module;
}

void wasm_module_free(wasm_module_t *module)
{
    wasmtime_module_delete(module->inner);
    free(module);
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
    wasm_shared_module_t *shared = malloc(sizeof *shared);
    if (shared)
        shared->inner = module_retain(module->inner);
    return shared;
}

void wasm_shared_module_delete(wasm_shared_module_t *shared)
{
    if (!shared)
        return;
    wasmtime_module_delete(shared->inner);
    free(shared);
}

wasm_module_t *wasm_module_obtain(wasm_store_t *store, const wasm_shared_module_t *shared)
{
    bool fits = shared->inner->engine == store->inner->engine;
    return fits ? new_module(module_retain(shared->inner)) : NULL;
}

/* ---- instances ---- */

struct wasm_instance_t {
    wasm_extern_t e;
};

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
        if (!e || e->store != store || e->ref.kind > WASM_KIND_TAG)
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
    wasm_instance_t *instance = stopped ? NULL : wasm_instance_of(store, inner);
    return instance ? wasm_instance_copy(instance) : NULL;
}

void wasm_instance_exports(const wasm_instance_t *instance, wasm_extern_vec_t *out)
{
    RtInstance *rt = instance->e.instance;
    const WasmModule *m = rt->module->wasm;
    bool is_whole = true;
    wasm_extern_vec_new_uninitialized(out, m->n_exports);
    for (size_t i = 0; i < out->size && is_whole; i++) {
        RtExtern item;
        if (rt_instance_extern(rt, (WasmKind)m->exports[i].kind, m->exports[i].index, &item))
            out->data[i] = wasm_extern_of(instance->e.store, &item);
        is_whole = out->data[i] != NULL;
    }
    if (!is_whole)
        wasm_extern_vec_delete(out);
}
