/* A store's own life, and what the host attaches to it. */
#include "rt/heap.h"

#include <stdlib.h>

#define DEFAULT_COUNT 10000u /* of instances, memories and tables */

typedef struct RtAttachment {
    struct RtAttachment *next;
    const void *key;
    void *value;
    void (*finalizer)(void *);
} RtAttachment;

static u64 last_id; /* atomic; ids are never used again in the process */

RtLimits rt_limits_default(const RtEngine *engine)
{
    return (RtLimits){
        .memory_bytes = engine->options.max_memory_bytes,
        .table_elems = engine->options.max_table_elems,
        .gc_heap_bytes = engine->options.max_gc_heap_bytes,
        .instances = DEFAULT_COUNT,
        .tables = DEFAULT_COUNT,
        .memories = DEFAULT_COUNT,
    };
}

/* The lists of objects, in the order in which they share store->few. */
#define EACH_LIST(X) X(0, instances) X(1, memories) X(2, tables) X(3, globals) X(4, tags)

bool rt_store_init(RtStore *store, RtEngine *engine)
{
    u32 max_frames = engine->options.max_backtrace;
    memset(store, 0, offsetof(RtStore, few));
    /* Taken now: a trap has no time, and perhaps no memory, to look for room. */
    store->trap.frames = store->few_frames;
    if (max_frames > RT_FEW_FRAMES)
        store->trap.frames = malloc(max_frames * sizeof *store->trap.frames);
    if (!store->trap.frames)
        return false;
    store->trap.max_frames = max_frames;
    store->engine = rt_engine_retain(engine);
    store->id = __atomic_add_fetch(&last_id, 1, __ATOMIC_RELAXED);
    store->host_ctx.store = &store->vm;
    store->vm.type_rows = engine->types.rows;
    store->limits = rt_limits_default(engine);
#define BEGIN(number, list)                                \
    store->list.at = (void *)store->few[number]; \
    store->list.cap = RT_FEW;
    EACH_LIST(BEGIN)
#undef BEGIN
    store->kept.at = store->few_kept;
    store->kept.cap = RT_FEW;
    store->free_funcs = UINT32_MAX;
    store->deleted_func.call = rt_call_deleted;
    store->heap.dead_hosts = store->heap.free_hosts = store->heap.free_roots = UINT32_MAX;
    return true;
}

RtStore *rt_store_new(RtEngine *engine)
{
    RtStore *store = malloc(sizeof *store);
    if (store && rt_store_init(store, engine))
        return store;
    free(store);
    return NULL;
}

bool rt_store_keep(RtStore *store, void *object, void (*release)(void *))
{
    if (!rt_list_reserve(&store->kept))
        return false;
    rt_list_push(&store->kept, ((RtKept){object, release}));
    return true;
}

static void free_attachments(RtAttachment *a)
{
    while (a) {
        RtAttachment *next = a->next;
        if (a->finalizer)
            a->finalizer(a->value);
        free(a);
        a = next;
    }
}

void rt_store_clear(RtStore *store)
{
    while (store->fibers)
        rt_fiber_stop(store->fibers);
    check(!store->vm.activation);
    if (store->spare_stack)
        rt_stack_free(store->spare_stack);
    for (u32 i = 0; i < store->kept.len; i++)
        store->kept.at[i].release(store->kept.at[i].object);
    free_attachments(store->attachments);
    rt_heap_free(store);
    if (store->interp)
        store->engine->options.interp->free_state(store->interp);
    RT_EACH(RtInstance, instance, &store->instances) {
        RtModule *m = instance->module;
        rt_instance_free_block(instance);
        rt_module_release(m);
    }
    for (u32 i = 0; i < store->tombs.len; i++)
        rt_instance_free_block(store->tombs.at[i]);
    RT_EACH(RtMemory, memory, &store->memories)
        rt_memory_free(memory);
    RT_EACH(RtTable, table, &store->tables)
        rt_table_free(table);
    RT_EACH(RtGlobal, global, &store->globals)
        free(global);
    RT_EACH(RtTag, tag, &store->tags)
        free(tag);
    free(store->deleted.at);
    free(store->tombs.at);
    free(store->funcs.at);
#define END(number, list)         \
    if (store->list.cap > RT_FEW) \
        free(store->list.at);
    EACH_LIST(END)
    END(, kept)
#undef END
    if (store->trap.frames != store->few_frames)
        free(store->trap.frames);
    free(store->vm.exn_values);
    rt_engine_release(store->engine);
}

void rt_store_delete(RtStore *store)
{
    if (store)
        rt_store_clear(store);
    free(store);
}

/* Counts up to zero, so that generated code needs one add and one branch on its sign. */
void rt_store_set_fuel(RtStore *store, u64 fuel)
{
    u64 most = store->fuel_interval ? store->fuel_interval : UINT64_MAX;
    u64 counted = MIN(MIN(fuel, most), (u64)INT64_MAX);
    store->fuel_reserve = fuel - counted;
    store->vm.fuel = -(i64)counted;
}

u64 rt_store_fuel(const RtStore *store)
{
    u64 reserve = store->fuel_reserve;
    if (store->vm.fuel > 0) /* more was used than there was: a charge is made at once */
        return reserve - MIN(reserve, (u64)store->vm.fuel);
    u64 counted = 0 - (u64)store->vm.fuel;
    return counted > UINT64_MAX - reserve ? UINT64_MAX : reserve + counted;
}

void rt_store_set_fuel_interval(RtStore *store, u64 interval)
{
    store->fuel_interval = interval;
    rt_store_set_fuel(store, rt_store_fuel(store));
}

void rt_store_set_epoch_deadline(RtStore *store, u64 delta)
{
    u64 now = rt_engine_epoch(store->engine);
    store->vm.epoch_deadline = delta > UINT64_MAX - now ? UINT64_MAX : now + delta;
}

bool rt_store_attach(RtStore *store, const void *key, void *value, void (*finalizer)(void *))
{
    RtAttachment *a = store->attachments;
    while (a && a->key != key)
        a = a->next;
    if (!a) {
        a = calloc(1, sizeof *a);
        if (!a)
            return false;
        a->key = key;
        a->next = store->attachments;
        store->attachments = a;
    }
    RtAttachment old = *a;
    a->value = value;
    a->finalizer = finalizer;
    if (old.finalizer)
        old.finalizer(old.value);
    return true;
}

void *rt_store_attachment(const RtStore *store, const void *key)
{
    for (const RtAttachment *a = store->attachments; a; a = a->next)
        if (a->key == key)
            return a->value;
    return NULL;
}
