/* The collected heap: two spaces of which one is in use. A collection copies what is alive to the
 * other (Cheney's algorithm: the copies themselves are the list of what is still to be looked
 * through), so its cost is that of the living, and allocation is moving a pointer.
 *
 * The heap grows when more than half of a space is alive after a collection, up to the store's
 * limit. With RtOptions.gc_stress each allocation collects, and the space left behind is closed:
 * code that kept an old reference faults. */
#include "rt/heap.h"

#include <stdlib.h>

/* Where the spaces begin. Before the first: bytes for null, and a page for the sentinel. */
#define FIRST_SPACE ((u64)2 * VM_GC_NULL_BYTES)
#define SECOND_SPACE (VM_GC_REGION_BYTES / 2)
#define MAX_CAPACITY (VM_GC_REGION_BYTES / 2 - FIRST_SPACE - VM_GC_SPACE_SLACK)
#define FIRST_CAPACITY ((u64)1 << 20)
/* A space left behind keeps so much memory. */
#define KEEP_BYTES ((u64)1 << 20)
/* VmObject.type of an object that was copied: len is where to. */
#define FORWARDED UINT32_MAX

static u64 start_of(u32 space) { return space ? SECOND_SPACE : FIRST_SPACE; }

bool rt_heap_reserve(RtStore *store)
{
    RtHeap *heap = &store->heap;
    if (heap->base)
        return true;
    u8 *base = os_map(VM_GC_REGION_BYTES + VM_GC_GUARD_BYTES, OS_NONE);
    if (!base)
        return false;
    if (!os_protect(base + VM_GC_SENTINEL, os_page_bytes(), OS_READ_WRITE)) {
        os_unmap(base, VM_GC_REGION_BYTES + VM_GC_GUARD_BYTES);
        return false;
    }
    /* The page is zero: an object of type VM_TYPE_NONE. */
    heap->base = base;
    store->vm.gc_next = store->vm.gc_limit = (u32)FIRST_SPACE;
    RT_EACH(RtInstance, instance, &store->instances)
        instance->ctx->gc_heap = base;
    return true;
}

static void release_life(RtLife *life)
{
    if (__atomic_sub_fetch(&life->refs, 1, __ATOMIC_ACQ_REL) == 0)
        free(life);
}

/* Finalizers may call into the store, and so get here again: the list is always whole. One that
 * throws would lose the exception that is being taken: then they wait for the next collection. */
static void run_finalizers(RtStore *store)
{
    RtHeap *heap = &store->heap;
    heap->n_finalizing++;
    while (!store->is_taking && heap->dead_hosts != UINT32_MAX) {
        u32 i = heap->dead_hosts;
        RtHostValue host = heap->hosts.at[i];
        heap->dead_hosts = host.next;
        heap->hosts.at[i].next = heap->free_hosts;
        heap->free_hosts = i;
        if (host.finalizer)
            host.finalizer(host.data);
    }
    heap->n_finalizing--;
}

void rt_heap_free(RtStore *store)
{
    RtHeap *heap = &store->heap;
    run_finalizers(store);
    for (u32 i = 0; i < heap->hosts.len; i++)
        if (heap->hosts.at[i].ref && heap->hosts.at[i].finalizer)
            heap->hosts.at[i].finalizer(heap->hosts.at[i].data);
    for (u32 i = 0; i < heap->roots.len; i++)
        if (heap->roots.at[i].life)
            release_life(heap->roots.at[i].life);
    free(heap->hosts.at);
    free(heap->roots.at);
    if (heap->base)
        os_unmap(heap->base, VM_GC_REGION_BYTES + VM_GC_GUARD_BYTES);
}

static bool open_space(RtStore *store, u32 space, u64 bytes)
{
    RtHeap *heap = &store->heap;
    if (bytes <= heap->open[space])
        return true;
    if (!os_protect(heap->base + start_of(space), bytes, OS_READ_WRITE))
        return false;
    heap->open[space] = bytes;
    return true;
}

/* ---- collecting ---- */

typedef struct Copying {
    RtStore *store;
    u64 from, from_end; /* the space that is left */
    u64 next;           /* behind the last copy */
} Copying;

u64 rt_object_bytes(const RtStore *store, const VmObject *object)
{
    if (object->type == VM_TYPE_NONE)
        return VM_GC_HEADER_BYTES + (u64)object->len;
    const RtType *type = rt_type_at(&store->engine->types, object->type);
    return type->kind == WASM_TYPE_STRUCT ? type->object_bytes
                                          : vm_gc_array_bytes(object->len, type->object_bytes);
}

/* A reference that does not lead into the space is our bug, and to go on would be worse. */
static void forward(void *ctx, u32 *place)
{
    Copying *c = ctx;
    u32 ref = *place;
    if (!rt_is_object(ref) || ref == VM_GC_SENTINEL)
        return;
    check(ref % 8 == 0 && ref >= c->from && ref < c->from_end);
    VmObject *object = rt_object(c->store, ref);
    if (object->type != FORWARDED) {
        u64 bytes = rt_object_bytes(c->store, object);
        memcpy(c->store->heap.base + c->next, object, bytes);
        object->type = FORWARDED;
        object->len = (u32)c->next;
        c->next += bytes;
    }
    *place = object->len;
}

/* Host references whose object was not copied are dead: their finalizers wait in a list. */
static void sweep_hosts(const Copying *c)
{
    RtHeap *heap = &c->store->heap;
    for (u32 i = 0; i < heap->hosts.len; i++) {
        RtHostValue *host = &heap->hosts.at[i];
        if (!host->ref)
            continue;
        const VmObject *object = rt_object(c->store, host->ref);
        host->ref = object->type == FORWARDED ? object->len : 0;
        if (!host->ref) {
            host->next = heap->dead_hosts;
            heap->dead_hosts = i;
        }
    }
}

static void leave_space(RtHeap *heap, u32 space, bool is_stress)
{
    u8 *at = heap->base + start_of(space);
    if (is_stress && os_protect(at, heap->open[space], OS_NONE))
        heap->open[space] = 0;
    else if (heap->open[space] > KEEP_BYTES)
        os_discard(at + KEEP_BYTES, heap->open[space] - KEEP_BYTES);
}

/* False: the system has no memory for the copies; nothing was changed. */
static bool collect(RtStore *store)
{
    RtHeap *heap = &store->heap;
    u32 to = heap->space ^ 1;
    if (!open_space(store, to, heap->capacity))
        return false;
    Copying c = {store, start_of(heap->space), store->vm.gc_next, start_of(to)};
    u64 scan = c.next;
    rt_prune_roots(heap);
    rt_visit_roots(store, forward, &c);
    while (scan < c.next) {
        VmObject *object = rt_object(store, (u32)scan);
        rt_visit_object(store, object, forward, &c);
        scan += rt_object_bytes(store, object);
    }
    sweep_hosts(&c);
    leave_space(heap, heap->space, store->engine->options.gc_stress);
    heap->space = to;
    heap->collections++;
    store->vm.gc_next = (u32)c.next;
    return true;
}

/* ---- allocating ---- */

static u64 capacity_limit(const RtStore *store)
{
    return os_page_align(MIN(store->limits.gc_heap_bytes, MAX_CAPACITY));
}

bool rt_heap_objects(const RtStore *store, u64 *at, u64 *end)
{
    *at = start_of(store->heap.space);
    *end = store->vm.gc_next;
    return store->heap.base != NULL;
}

static u64 used(const RtStore *store)
{
    return store->vm.gc_next - start_of(store->heap.space);
}

/* Makes room for more than what lives, unless that is little. */
static void grow(RtStore *store, u64 bytes)
{
    RtHeap *heap = &store->heap;
    u64 want = used(store) + bytes;
    if (want <= heap->capacity / 2)
        return;
    u64 capacity = os_page_align(MAX(2 * want, FIRST_CAPACITY));
    capacity = MIN(capacity, capacity_limit(store));
    if (capacity > heap->capacity && open_space(store, heap->space, capacity))
        heap->capacity = capacity;
}

static void set_limit(RtStore *store)
{
    u64 end = start_of(store->heap.space) + store->heap.capacity;
    store->vm.gc_limit = store->engine->options.gc_stress ? 0 : (u32)end;
}

u32 rt_heap_alloc(RtStore *store, u32 type, u32 len, u64 bytes)
{
    RtHeap *heap = &store->heap;
    if (bytes > MAX_CAPACITY || !rt_heap_reserve(store))
        return 0;
    bool is_full = used(store) + bytes > heap->capacity;
    if (is_full || store->engine->options.gc_stress) {
        if (used(store) && !collect(store))
            return 0;
        grow(store, bytes);
        set_limit(store);
        run_finalizers(store);
        if (used(store) + bytes > heap->capacity)
            return 0;
    }
    u32 ref = store->vm.gc_next;
    store->vm.gc_next = ref + (u32)bytes;
    *rt_object(store, ref) = (VmObject){type, len};
    return ref;
}

void rt_gc(RtStore *store)
{
    if (!store->heap.base || !used(store) || !collect(store))
        return;
    set_limit(store);
    run_finalizers(store);
}

/* ---- host references ---- */

static bool new_host(RtHeap *heap, u32 *number)
{
    if (heap->free_hosts != UINT32_MAX) {
        *number = heap->free_hosts;
        heap->free_hosts = heap->hosts.at[*number].next;
        return true;
    }
    if (heap->hosts.len >= INT32_MAX || !rt_list_reserve(&heap->hosts))
        return false;
    *number = rt_list_push(&heap->hosts, (RtHostValue){0});
    return true;
}

bool rt_externref_new(RtStore *store, void *data, void (*finalizer)(void *), u32 *ref)
{
    u32 number;
    u32 payload = (u32)sizeof(RtHostObject) - VM_GC_HEADER_BYTES;
    *ref = rt_heap_alloc(store, VM_TYPE_NONE, payload, sizeof(RtHostObject));
    if (!*ref || !new_host(&store->heap, &number))
        return false;
    RtHostObject *object = (RtHostObject *)(void *)rt_object(store, *ref);
    object->number = number;
    object->tag = 0;
    store->heap.hosts.at[number] = (RtHostValue){data, finalizer, *ref, UINT32_MAX};
    return true;
}

bool rt_externref_data(const RtStore *store, u32 ref, void **data)
{
    if (!rt_is_object(ref) || rt_object(store, ref)->type != VM_TYPE_NONE ||
        rt_exn_tag(store, ref))
        return false;
    *data = store->heap.hosts.at[((RtHostObject *)(void *)rt_object(store, ref))->number].data;
    return true;
}

/* ---- roots of the embedder ---- */

void rt_prune_roots(RtHeap *heap)
{
    for (u32 i = 0; i < heap->roots.len; i++) {
        RtRoot *root = &heap->roots.at[i];
        if (!root->life || __atomic_load_n(&root->life->refs, __ATOMIC_ACQUIRE) != 1)
            continue;
        free(root->life);
        root->life = NULL;
        root->generation++;
        root->next_free = heap->free_roots;
        heap->free_roots = i;
    }
}

/* The index of a root to be filled in; false: memory ran out. A full list is looked through before
 * it grows; that what it then grows by is a part of it keeps this cheap. */
static bool free_root(RtHeap *heap, u32 *index)
{
    if (heap->free_roots == UINT32_MAX && heap->roots.len == heap->roots.cap)
        rt_prune_roots(heap);
    if (heap->free_roots != UINT32_MAX) {
        *index = heap->free_roots;
        heap->free_roots = heap->roots.at[*index].next_free;
        return true;
    }
    if (heap->roots.len >= INT32_MAX || !rt_list_reserve(&heap->roots))
        return false;
    *index = rt_list_push(&heap->roots, (RtRoot){0});
    return true;
}

bool rt_handle_new(RtStore *store, u32 ref, RtHandle *out)
{
    u32 index;
    RtLife *life = malloc(sizeof *life);
    if (!life || !free_root(&store->heap, &index)) {
        free(life);
        return false;
    }
    RtRoot *root = &store->heap.roots.at[index];
    life->refs = 2;
    root->life = life;
    root->ref = ref;
    *out = (RtHandle){index, root->generation, life};
    return true;
}

bool rt_handle_ref(const RtStore *store, const RtHandle *handle, u32 *ref)
{
    if (handle->index >= store->heap.roots.len)
        return false;
    const RtRoot *root = &store->heap.roots.at[handle->index];
    if (!root->life || root->life != handle->life || root->generation != handle->generation)
        return false;
    *ref = root->ref;
    return true;
}

void rt_handle_retain(const RtHandle *handle)
{
    __atomic_add_fetch(&handle->life->refs, 1, __ATOMIC_RELAXED);
}

void rt_handle_release(const RtHandle *handle) { release_life(handle->life); }
