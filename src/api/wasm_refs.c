/* References of wasm.h: one object for each thing, with its host information, and what stands for
 * it in a store's heap when it is handed to guests as an externref. */
#include "api/wasm_objects.h"

#include <stdlib.h>

#include "base/hash.h"

/* ---- host information ---- */

void ref_drop_info(wasm_ref_t *ref)
{
    void (*finalizer)(void *) = ref->finalizer;
    ref->finalizer = NULL;
    if (finalizer)
        finalizer(ref->info);
}

static void set_info(wasm_ref_t *ref, void *info, void (*finalizer)(void *))
{
    wasm_ref_t old = *ref;
    if (ref == &trap_oom()->ref) { /* everybody's, and never freed */
        old.info = info;
        old.finalizer = finalizer;
    } else {
        ref->info = info;
        ref->finalizer = finalizer;
    }
    ref_drop_info(&old);
}

/* ---- counting ---- */

static wasm_extern_t *item_of(wasm_ref_t *ref) { return (wasm_extern_t *)ref; }

wasm_ref_t *ref_retain(const wasm_ref_t *shared)
{
    wasm_ref_t *ref = (wasm_ref_t *)(uintptr_t)shared;
    if (ref->kind >= REF_FOREIGN)
        __atomic_add_fetch(&ref->refs, 1, __ATOMIC_RELAXED);
    if (ref->kind < REF_MODULE)
        wasm_store_retain(item_of(ref)->store);
    return ref;
}

/* Nobody but guests has it any more: a foreign object dies when they have not either. */
static void release_object(wasm_extern_t *object)
{
    rt_handle_release(&object->root);
    object->root.life = NULL;
    if (object->ref.kind == REF_OBJECT) {
        ref_drop_info(&object->ref);
        free(object);
    }
}

void ref_release(wasm_ref_t *ref)
{
    if (!ref || ref == &trap_oom()->ref)
        return;
    wasm_store_t *store = ref->kind < REF_MODULE ? item_of(ref)->store : NULL;
    bool is_last = ref->kind >= REF_FOREIGN &&
                   __atomic_sub_fetch(&ref->refs, 1, __ATOMIC_ACQ_REL) == 0;
    if (is_last && store) {
        release_object(item_of(ref));
    } else if (is_last) {
        ref_drop_info(ref);
        if (ref->kind == REF_MODULE)
            wasm_module_free((wasm_module_t *)ref);
        else
            trap_free((wasm_trap_t *)ref);
    }
    wasm_store_delete(store);
}

/* ---- the items of a store ---- */

static const void *identity(const wasm_extern_t *e)
{
    return e->ref.kind == REF_INSTANCE ? (const void *)e->instance
           : e->ref.kind == REF_BOX    ? (const void *)e->boxed
                                       : (const void *)e->item.func; /* or another of the union */
}

/* Where the item is, or is to be put, in a table that is there. */
static wasm_extern_t **find(const wasm_store_t *store, const void *what)
{
    u32 i = (u32)hash_mix(0, (u64)(uintptr_t)what);
    while (store->items[i & store->mask] && identity(store->items[i & store->mask]) != what)
        i++;
    return &store->items[i & store->mask];
}

/* Room for one more; at most half of the table is in use. */
static bool reserve(wasm_store_t *store)
{
    wasm_store_t old = *store;
    if (store->items && store->n_items < store->mask / 2)
        return true;
    u32 cap = store->items ? 2 * (store->mask + 1) : 16;
    wasm_extern_t **items = cap ? calloc(cap, sizeof(wasm_extern_t *)) : NULL;
    if (!items)
        return false;
    store->items = items;
    store->mask = cap - 1;
    for (u32 i = 0; old.items && i <= old.mask; i++)
        if (old.items[i])
            *find(store, identity(old.items[i])) = old.items[i];
    free(old.items);
    return true;
}

/* The store's object like this one, made if there is none; NULL: no memory. */
static wasm_extern_t *item_like(wasm_store_t *store, const wasm_extern_t *like)
{
    const void *what = identity(like);
    wasm_extern_t *e = store->items ? *find(store, what) : NULL;
    if (e || !reserve(store) || !(e = malloc(sizeof *e)))
        return e;
    *e = *like;
    *find(store, what) = e;
    store->n_items++;
    return e;
}

wasm_extern_t *wasm_extern_of(wasm_store_t *store, const RtExtern *item)
{
    wasm_extern_t like = {.ref.kind = item->kind, .store = store, .item = *item};
    wasm_extern_t *e = item_like(store, &like);
    return e ? (wasm_extern_t *)ref_retain(&e->ref) : NULL;
}

wasm_instance_t *wasm_instance_of(wasm_store_t *store, RtInstance *instance)
{
    wasm_extern_t like = {.ref.kind = REF_INSTANCE, .store = store, .instance = instance};
    return (wasm_instance_t *)item_like(store, &like);
}

void wasm_items_free(wasm_store_t *store)
{
    for (u32 i = 0; store->items && i <= store->mask; i++) {
        wasm_extern_t *e = store->items[i];
        if (!e)
            continue;
        ref_drop_info(&e->ref);
        if (e->ref.kind == REF_BOX)
            ref_release(e->boxed);
        if (e->root.life)
            rt_handle_release(&e->root);
        free(e);
    }
    free(store->items);
}

/* ---- references of the heap ---- */

static void foreign_dies(void *data)
{
    wasm_extern_t *foreign = data;
    ref_drop_info(&foreign->ref);
    free(foreign);
}

/* A heap object that leads to `ref`, as the root of `holder`. */
static bool make_root(RtStore *rt, wasm_ref_t *ref, void (*finalizer)(void *),
                      wasm_extern_t *holder)
{
    u32 gcref;
    if (!rt_externref_new(rt, ref, finalizer, &gcref))
        return false;
    return rt_handle_new(rt, gcref, &holder->root);
}

wasm_foreign_t *wasm_foreign_new(wasm_store_t *store)
{
    u32 gcref;
    wasm_extern_t *foreign = calloc(1, sizeof *foreign);
    if (!foreign || !rt_externref_new(rt_of(store), foreign, foreign_dies, &gcref)) {
        free(foreign);
        return NULL;
    }
    foreign->ref = (wasm_ref_t){.kind = REF_FOREIGN, .refs = 1};
    if (!rt_handle_new(rt_of(store), gcref, &foreign->root))
        return NULL; /* the heap has it */
    foreign->store = wasm_store_retain(store);
    return (wasm_foreign_t *)foreign;
}

static bool is_func_type(const wasm_store_t *store, RtValType type)
{
    return rt_is_subtype(rt_of(store)->engine, type, WASM_T_FUNCREF);
}

/* What stands for the reference in the store; NULL: no memory, or it is of another store. */
static wasm_extern_t *holder_of(wasm_store_t *store, wasm_ref_t *ref)
{
    wasm_extern_t like = {.ref.kind = REF_BOX, .store = store, .boxed = ref};
    if (ref->kind < REF_MODULE)
        return item_of(ref)->store == store ? item_of(ref) : NULL;
    u32 before = store->n_items;
    wasm_extern_t *box = item_like(store, &like);
    if (box && store->n_items != before)
        ref_retain(ref);
    return box;
}

bool wasm_ref_root(wasm_store_t *store, wasm_ref_t *ref, RtValType type)
{
    if (!ref || is_func_type(store, type))
        return true;
    wasm_extern_t *holder = holder_of(store, ref);
    return holder && (holder->root.life || make_root(rt_of(store), ref, NULL, holder));
}

bool wasm_ref_to_vm(wasm_store_t *store, wasm_ref_t *ref, RtValType type, VmVal *out)
{
    RtStore *rt = rt_of(store);
    out->i64 = 0;
    if (!ref)
        return wasm_is_nullable(type);
    if (is_func_type(store, type)) {
        if (ref->kind != WASM_KIND_FUNC || item_of(ref)->store != store)
            return false;
        out->funcref = item_of(ref)->item.func;
        return rt_is_subtype(rt->engine, WASM_REF | out->funcref->type_id, type);
    }
    if (!wasm_ref_root(store, ref, type))
        return false;
    check(rt_handle_ref(rt, &holder_of(store, ref)->root, &out->gcref));
    return rt_is_ref_of(rt, out->gcref, type);
}

/* A handle to an object that is not the host's. */
static wasm_ref_t *new_object(wasm_store_t *store, u32 gcref)
{
    wasm_extern_t *object = calloc(1, sizeof *object);
    if (!object || !rt_handle_new(rt_of(store), gcref, &object->root)) {
        free(object);
        return NULL;
    }
    object->ref = (wasm_ref_t){.kind = REF_OBJECT, .refs = 1};
    object->store = wasm_store_retain(store);
    return &object->ref;
}

bool wasm_ref_from_vm(wasm_store_t *store, const VmVal *vm, RtValType type, wasm_ref_t **out)
{
    void *data;
    *out = NULL;
    if (is_func_type(store, type)) {
        RtExtern item = {.kind = WASM_KIND_FUNC, .func = vm->funcref};
        if (item.func)
            *out = (wasm_ref_t *)wasm_extern_of(store, &item);
        return *out || !item.func;
    }
    if (!vm->gcref)
        return true;
    if (rt_externref_data(rt_of(store), vm->gcref, &data)) {
        wasm_extern_t *foreign = data;
        if (foreign->ref.kind == REF_FOREIGN && !foreign->root.life &&
            !rt_handle_new(rt_of(store), vm->gcref, &foreign->root))
            return false;
        *out = ref_retain(data);
    } else {
        *out = new_object(store, vm->gcref);
    }
    return *out != NULL;
}

/* ---- what the header declares of every kind ---- */

/* Objects of the heap have several handles. */
static bool is_same(const wasm_ref_t *a, const wasm_ref_t *b)
{
    const wasm_extern_t *x = (const wasm_extern_t *)a, *y = (const wasm_extern_t *)b;
    u32 of_x, of_y;
    if (a == b || a->kind != REF_OBJECT || b->kind != REF_OBJECT || x->store != y->store)
        return a == b;
    check(rt_handle_ref(rt_of(x->store), &x->root, &of_x));
    check(rt_handle_ref(rt_of(y->store), &y->root, &of_y));
    return of_x == of_y;
}

#define DEFINE_REF_BASE(name)                                                                   \
    void wasm_##name##_delete(wasm_##name##_t *object) { ref_release((wasm_ref_t *)object); }   \
    wasm_##name##_t *wasm_##name##_copy(const wasm_##name##_t *object)                          \
    {                                                                                           \
        return (wasm_##name##_t *)ref_retain((const wasm_ref_t *)object);                       \
    }                                                                                           \
    bool wasm_##name##_same(const wasm_##name##_t *a, const wasm_##name##_t *b)                 \
    {                                                                                           \
        return is_same((const wasm_ref_t *)a, (const wasm_ref_t *)b);                           \
    }                                                                                           \
    void *wasm_##name##_get_host_info(const wasm_##name##_t *object)                            \
    {                                                                                           \
        return ((const wasm_ref_t *)object)->info;                                              \
    }                                                                                           \
    void wasm_##name##_set_host_info(wasm_##name##_t *object, void *info)                       \
    {                                                                                           \
        set_info((wasm_ref_t *)object, info, NULL);                                             \
    }                                                                                           \
    void wasm_##name##_set_host_info_with_finalizer(wasm_##name##_t *object, void *info,        \
                                                    void (*finalizer)(void *))                  \
    {                                                                                           \
        set_info((wasm_ref_t *)object, info, finalizer);                                        \
    }

/* kinds: a condition on `ref->kind` */
#define DEFINE_REF(name, kinds)                                                                 \
    DEFINE_REF_BASE(name)                                                                       \
    wasm_ref_t *wasm_##name##_as_ref(wasm_##name##_t *object) { return (wasm_ref_t *)object; }  \
    const wasm_ref_t *wasm_##name##_as_ref_const(const wasm_##name##_t *object)                 \
    {                                                                                           \
        return (const wasm_ref_t *)object;                                                      \
    }                                                                                           \
    wasm_##name##_t *wasm_ref_as_##name(wasm_ref_t *ref)                                        \
    {                                                                                           \
        return ref->kind kinds ? (wasm_##name##_t *)ref : NULL;                                 \
    }                                                                                           \
    const wasm_##name##_t *wasm_ref_as_##name##_const(const wasm_ref_t *ref)                    \
    {                                                                                           \
        return ref->kind kinds ? (const wasm_##name##_t *)ref : NULL;                           \
    }

DEFINE_REF_BASE(ref)
DEFINE_REF(extern, <= WASM_KIND_TAG)
DEFINE_REF(func, == WASM_KIND_FUNC)
DEFINE_REF(global, == WASM_KIND_GLOBAL)
DEFINE_REF(table, == WASM_KIND_TABLE)
DEFINE_REF(memory, == WASM_KIND_MEMORY)
DEFINE_REF(instance, == REF_INSTANCE)
DEFINE_REF(foreign, == REF_FOREIGN)
DEFINE_REF(module, == REF_MODULE)
DEFINE_REF(trap, == REF_TRAP)
