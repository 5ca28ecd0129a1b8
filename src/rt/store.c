/* A store's own life, what the host attaches to it, and the objects that gcrefs name. */
#include "rt/rt_int.h"

#include <stdlib.h>

#define DEFAULT_COUNT 10000u /* of instances, memories and tables */

typedef struct RtAttachment {
    struct RtAttachment *next;
    const void *key;
    void *value;
    void (*finalizer)(void *);
} RtAttachment;

static u64 last_id; /* atomic; ids are never used again in the process */

RtStore *rt_store_new(RtEngine *engine)
{
    RtStore *store = calloc(1, sizeof *store);
    u32 max_frames = engine->options.max_backtrace;
    RtFrame *frames = store ? calloc(MAX(max_frames, 1u), sizeof *frames) : NULL;
    if (!frames) {
        free(store);
        return NULL;
    }
    store->engine = rt_engine_retain(engine);
    store->id = __atomic_add_fetch(&last_id, 1, __ATOMIC_RELAXED);
    store->limits = (RtLimits){
        .memory_bytes = UINT64_MAX,
        .table_elems = UINT64_MAX,
        .instances = DEFAULT_COUNT,
        .tables = DEFAULT_COUNT,
        .memories = DEFAULT_COUNT,
    };
    /* Taken now: a trap has no time, and perhaps no memory, to look for room. */
    store->trap.frames = frames;
    store->trap.max_frames = max_frames;
    return store;
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

static void free_objects(RtStore *store)
{
    for (u32 i = 0; i < store->n_objects; i++) {
        RtObject *object = store->objects[i];
        if (object->finalizer)
            object->finalizer(object->data);
        free(object);
    }
    free(store->objects);
}

void rt_store_delete(RtStore *store)
{
    if (!store)
        return;
    check(!store->vm.activation);
    for (u32 i = 0; i < store->host_funcs.len; i++)
        if (store->host_funcs.at[i]->finalizer)
            store->host_funcs.at[i]->finalizer(store->host_funcs.at[i]->env);
    free_attachments(store->attachments);
    free_objects(store);
    for (u32 i = 0; i < store->instances.len; i++)
        rt_instance_free(store->instances.at[i]);
    for (u32 i = 0; i < store->memories.len; i++)
        rt_memory_free(store->memories.at[i]);
    for (u32 i = 0; i < store->tables.len; i++)
        rt_table_free(store->tables.at[i]);
    for (u32 i = 0; i < store->globals.len; i++)
        free(store->globals.at[i]);
    for (u32 i = 0; i < store->tags.len; i++)
        free(store->tags.at[i]);
    for (u32 i = 0; i < store->host_funcs.len; i++)
        free(store->host_funcs.at[i]);
    free(store->instances.at);
    free(store->memories.at);
    free(store->tables.at);
    free(store->globals.at);
    free(store->tags.at);
    free(store->host_funcs.at);
    free(store->trap.frames);
    rt_engine_release(store->engine);
    free(store);
}

/* Counts up to zero, so that generated code needs one add and one branch on its sign. */
void rt_store_set_fuel(RtStore *store, u64 fuel)
{
    store->vm.fuel = -(i64)MIN(fuel, (u64)INT64_MAX);
}

u64 rt_store_fuel(const RtStore *store)
{
    return store->vm.fuel < 0 ? (u64)-store->vm.fuel : 0;
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

/* ---- objects ---- */

RtObject *rt_object_new(RtStore *store, RtObjectKind kind, u32 len, u32 *ref)
{
    if (store->n_objects >= INT32_MAX - 1)
        return NULL;
    if (store->n_objects == store->cap_objects &&
        !rt_list_grow((void **)&store->objects, &store->cap_objects, store->n_objects,
                      sizeof *store->objects))
        return NULL;
    RtObject *object = malloc(sizeof *object + len * sizeof object->fields[0]);
    if (!object)
        return NULL;
    *object = (RtObject){.kind = (u8)kind, .type = RT_NO_TYPE, .len = len};
    store->objects[store->n_objects++] = object;
    *ref = store->n_objects << 1;
    return object;
}

RtObject *rt_object_at(const RtStore *store, u32 ref)
{
    u32 number = (ref >> 1) - 1; /* null wraps to what no object has */
    return !(ref & 1) && number < store->n_objects ? store->objects[number] : NULL;
}

bool rt_externref_new(RtStore *store, void *data, void (*finalizer)(void *), u32 *ref)
{
    RtObject *object = rt_object_new(store, RT_OBJECT_HOST, 0, ref);
    if (!object)
        return false;
    object->data = data;
    object->finalizer = finalizer;
    return true;
}

bool rt_externref_data(const RtStore *store, u32 ref, void **data)
{
    const RtObject *object = rt_object_at(store, ref);
    if (!object || object->kind != RT_OBJECT_HOST)
        return false;
    *data = object->data;
    return true;
}
