/* Stores: the runtime's object with the embedder's data. */
#include "api/api_int.h"

#include <stdlib.h>

wasmtime_store_t *wasmtime_store_new(wasm_engine_t *engine, void *data, void (*finalizer)(void *))
{
    wasmtime_store_t *store = malloc(sizeof *store);
    if (!store || !rt_store_init(&store->rt, engine->rt)) {
        free(store);
        return NULL;
    }
    memset((char *)store + sizeof store->rt, 0, sizeof *store - sizeof store->rt);
    store->engine = engine_retain(engine);
    store->data = data;
    store->finalizer = finalizer;
    return store;
}

void wasmtime_store_delete(wasmtime_store_t *store)
{
    if (!store)
        return;
    rt_store_clear(&store->rt);
    if (store->epoch_finalizer)
        store->epoch_finalizer(store->epoch_data);
    if (store->finalizer)
        store->finalizer(store->data);
    wasm_engine_delete(store->engine);
    free(store);
}

wasmtime_context_t *wasmtime_store_context(wasmtime_store_t *store)
{
    return context_of(&store->rt);
}

void wasmtime_store_limiter(wasmtime_store_t *store, int64_t memory_size, int64_t table_elements,
                            int64_t instances, int64_t tables, int64_t memories)
{
    RtLimits *limits = &store->rt.limits;
    bool traps = limits->trap_on_grow_failure;
    *limits = rt_limits_default(store->rt.engine);
    limits->trap_on_grow_failure = traps;
    if (memory_size >= 0) {
        limits->memory_bytes = (u64)memory_size;
        /* As libwasmtime counts: both spaces of the collected heap are one memory. */
        limits->gc_heap_bytes = MIN(limits->gc_heap_bytes, (u64)memory_size / 2);
    }
    if (table_elements >= 0)
        limits->table_elems = (u64)table_elements;
    if (instances >= 0)
        limits->instances = (u32)MIN(instances, (int64_t)UINT32_MAX);
    if (tables >= 0)
        limits->tables = (u32)MIN(tables, (int64_t)UINT32_MAX);
    if (memories >= 0)
        limits->memories = (u32)MIN(memories, (int64_t)UINT32_MAX);
}

void stint_store_trap_on_grow_failure(wasmtime_store_t *store, bool traps)
{
    store->rt.limits.trap_on_grow_failure = traps;
}

void *wasmtime_context_get_data(const wasmtime_context_t *context)
{
    return store_object(store_of(context))->data;
}

void wasmtime_context_set_data(wasmtime_context_t *context, void *data)
{
    store_object(store_of(context))->data = data;
}

wasmtime_error_t *wasmtime_context_gc(wasmtime_context_t *context)
{
    rt_gc(store_of(context));
    return NULL;
}

static wasmtime_error_t *no_fuel(void)
{
    return error_format("fuel is not configured in this store");
}

wasmtime_error_t *wasmtime_context_set_fuel(wasmtime_context_t *context, uint64_t fuel)
{
    RtStore *store = store_of(context);
    if (!store_object(store)->engine->comp.fuel)
        return no_fuel();
    rt_store_set_fuel(store, fuel);
    return NULL;
}

wasmtime_error_t *wasmtime_context_get_fuel(const wasmtime_context_t *context, uint64_t *fuel)
{
    RtStore *store = store_of(context);
    if (!store_object(store)->engine->comp.fuel)
        return no_fuel();
    *fuel = rt_store_fuel(store);
    return NULL;
}

void wasmtime_context_set_epoch_deadline(wasmtime_context_t *context, uint64_t ticks)
{
    rt_store_set_epoch_deadline(store_of(context), ticks);
}

/* The runtime asks what is to happen at the deadline: an error becomes a trap with its text. */
static void *on_deadline(void *ctx, RtStore *rt, u64 *delta, bool *yields)
{
    wasmtime_store_t *store = ctx;
    wasmtime_update_deadline_kind_t kind = WASMTIME_UPDATE_DEADLINE_CONTINUE;
    uint64_t more = 0;
    wasmtime_error_t *error =
        store->epoch_callback(context_of(rt), store->epoch_data, &more, &kind);
    if (!error) {
        *delta = more;
        *yields = kind == WASMTIME_UPDATE_DEADLINE_YIELD;
        return NULL;
    }
    return trap_from_error(error);
}

void wasmtime_store_epoch_deadline_callback(
    wasmtime_store_t *store,
    wasmtime_error_t *(*func)(const wasmtime_context_t *context, void *data, uint64_t *delta,
                              wasmtime_update_deadline_kind_t *kind),
    void *data, void (*finalizer)(void *))
{
    void (*old_finalizer)(void *) = store->epoch_finalizer;
    void *old_data = store->epoch_data;
    store->epoch_callback = func;
    store->epoch_data = data;
    store->epoch_finalizer = finalizer;
    store->rt.epoch_callback = func ? on_deadline : NULL;
    store->rt.epoch_ctx = store;
    if (old_finalizer)
        old_finalizer(old_data);
}

bool stint_context_attach(wasmtime_context_t *context, const void *key, void *value,
                          void (*finalizer)(void *))
{
    return rt_store_attach(store_of(context), key, value, finalizer);
}

void *stint_context_attachment(wasmtime_context_t *context, const void *key)
{
    return rt_store_attachment(store_of(context), key);
}
