/* Linear memories and the address space around them.
 *
 * A plain memory is  [guard | 4 GiB | guard]  with nothing accessible but the prefix of the 4 GiB
 * that is the memory: whatever index and small offset generated code adds up, it meets the memory
 * or a fault. One with 64-bit indices is  [what it may grow to | guard]: generated code compares
 * indices with its length and leaves small offsets to the guard. Pages of one byte, and engines
 * with explicit checks, need no guard. Always the base stays where it is, the length never shrinks,
 * and growing is one change of protection; front/bounds.h has what generated code makes of this.
 *
 * Reservations of plain memories are all alike and go through the engine's pool: the last one
 * freed is the next one used, its pages given back but its mapping kept, so an instance costs no
 * mmap.
 */
#include "rt/rt_int.h"

#include <stdlib.h>

/* So much memory is cleared in less time than the system takes to give new pages. */
#define SMALL_BYTES ((u64)64 << 10)
/* Address space for a 64-bit memory that declares no maximum, or a larger one. */
#define OPEN_END_BYTES ((u64)256 << 30)
/* More guard than any address space holds: asking for it fails, and adding it up cannot wrap. */
#define MAX_GUARD_BYTES ((u64)1 << 47)

typedef struct Plan {
    u64 front, capacity, guard; /* bytes, whole host pages */
    bool is_pooled; /* like all others: must be had in full */
} Plan;

/* pages * page size, or UINT64_MAX where that does not fit. */
static u64 pages_to_bytes(u64 pages, u32 page_log2)
{
    return pages > UINT64_MAX >> page_log2 ? UINT64_MAX : pages << page_log2;
}

/* The one place that decides how a memory lies in the address space. */
static Plan plan_memory(const RtOptions *options, const WasmLimits *limits)
{
    u64 min = pages_to_bytes(limits->min, limits->page_log2);
    u64 max = pages_to_bytes(limits->max, limits->page_log2);
    u64 guard = 0;
    if (limits->page_log2 == 16 && !options->explicit_bounds)
        guard = os_page_align(MIN(MAX(options->guard_bytes, VM_GUARD_BYTES), MAX_GUARD_BYTES));
    if (guard && !limits->is_64)
        return (Plan){guard, VM_MEMORY32_BYTES, guard, true};
    u64 reach = VM_MEMORY32_BYTES;
    if (limits->is_64)
        reach = MAX(OPEN_END_BYTES, options->reservation_bytes);
    else if (options->explicit_bounds && options->reservation_bytes)
        reach = MIN(reach, options->reservation_bytes);
    return (Plan){0, os_page_align(MAX(min, MIN(max, reach))), guard, false};
}

/* ---- the pool ---- */

static u64 guarded_bytes(const RtOptions *options)
{
    static const WasmLimits plain = {.page_log2 = 16};
    Plan plan = plan_memory(options, &plain);
    return plan.front + plan.capacity + plan.guard;
}

static bool pool_take(RtEngine *engine, RtPooled *out)
{
    RtPool *pool = &engine->pool;
    os_lock(&pool->lock);
    bool found = pool->len > 0;
    if (found)
        *out = pool->at[--pool->len];
    os_unlock(&pool->lock);
    return found;
}

/* False: the pool is full, or memory ran out. */
static bool pool_give(RtEngine *engine, RtPooled item)
{
    RtPool *pool = &engine->pool;
    os_lock(&pool->lock);
    bool fits = pool->len < engine->options.pooled_memories &&
                (pool->len < pool->cap ||
                 rt_list_grow((void **)&pool->at, &pool->cap, pool->len, sizeof *pool->at));
    if (fits)
        pool->at[pool->len++] = item;
    os_unlock(&pool->lock);
    return fits;
}

void rt_pool_free(RtPool *pool)
{
    RtEngine *engine = (RtEngine *)((u8 *)pool - offsetof(RtEngine, pool));
    for (u32 i = 0; i < pool->len; i++)
        os_unmap(pool->at[i].map, guarded_bytes(&engine->options));
    free(pool->at);
}

/* ---- making and freeing ---- */

/* Opens or closes pages so that exactly `open` bytes are accessible. What fault handlers of other
 * threads take for open is so. */
static bool set_open(RtSpace *s, u64 open)
{
    if (open > s->open_bytes) {
        u8 *at = s->vm.base + s->open_bytes;
        if (!os_protect(at, open - s->open_bytes, OS_READ_WRITE)) {
            os_protect(at, open - s->open_bytes, OS_NONE); /* it may have got half way */
            return false;
        }
    } else if (open < s->open_bytes) {
        if (!os_protect(s->vm.base + open, s->open_bytes - open, OS_NONE))
            return false;
    }
    __atomic_store_n(&s->open_bytes, open, __ATOMIC_RELEASE);
    return true;
}

/* Reserves address space and opens the first `size` bytes, which are zero. */
static bool reserve(RtEngine *engine, RtSpace *s, Plan plan, u64 size)
{
    RtPooled pooled = {0};
    s->map_bytes = plan.front + plan.capacity + plan.guard;
    if (s->map_bytes == 0)
        return true; /* of no pages, and never to have any */
    if (plan.is_pooled && pool_take(engine, &pooled)) {
        s->map = pooled.map;
        s->open_bytes = pooled.open_bytes;
    } else {
        s->map = os_map(s->map_bytes, OS_NONE);
    }
    if (!s->map)
        return false;
    s->vm.base = s->map + plan.front;
    s->capacity_bytes = plan.capacity;
    s->is_guarded = plan.guard > 0;
    s->is_pooled = plan.is_pooled;
    if (set_open(s, os_page_align(size)))
        return true;
    os_unmap(s->map, s->map_bytes);
    return false;
}

bool rt_space_init(RtEngine *engine, const WasmLimits *limits, RtSpace *s, Diag *diag)
{
    u64 size = pages_to_bytes(limits->min, limits->page_log2);
    if (limits->min > limits->max || (!limits->is_64 && size > VM_MEMORY32_BYTES))
        return diag_fail(diag, DIAG_NO_OFFSET, "a memory of %llu to %llu pages cannot be",
                         (unsigned long long)limits->min, (unsigned long long)limits->max);
    *s = (RtSpace){.limits = *limits};
    /* The kernel counts in signed sizes, and so does nobody's machine reach further. */
    bool ok = size <= INT64_MAX / 2;
    Plan plan = plan_memory(&engine->options, limits);
    /* A reservation that is only room to grow may be smaller. */
    while (ok && !reserve(engine, s, plan, size)) {
        u64 least = os_page_align(size);
        ok = !plan.is_pooled && plan.capacity > least;
        plan.capacity = MAX(least, os_page_align(plan.capacity / 4));
    }
    if (!ok) {
        diag->is_oom = true;
        return diag_fail(diag, DIAG_NO_OFFSET, "the system has no %llu bytes for a memory",
                         (unsigned long long)size);
    }
    s->vm.size_bytes = size;
    return true;
}

/* Makes the open pages of a memory zero again. Small ones are written: a call of the system, and a
 * fault for each page when it is used again, would cost more. */
static bool clear(const RtEngine *engine, RtSpace *s)
{
    u64 open = s->open_bytes;
    u64 kept = MIN(open, engine->options.keep_resident_bytes);
    if (open <= SMALL_BYTES)
        kept = open;
    if (kept)
        memset(s->vm.base, 0, kept);
    return kept == open || os_discard(s->vm.base + kept, open - kept);
}

void rt_space_free(RtEngine *engine, RtSpace *s)
{
    bool kept = false;
    if (s->is_pooled && clear(engine, s))
        kept = pool_give(engine, (RtPooled){s->map, s->open_bytes});
    if (!kept && s->map)
        os_unmap(s->map, s->map_bytes);
}

bool rt_space_grow(RtSpace *s, u64 delta_pages, u64 limit, u64 *old)
{
    u64 pages = s->vm.size_bytes >> s->limits.page_log2;
    u64 index_end = s->limits.is_64 ? UINT64_MAX : VM_MEMORY32_BYTES;
    u64 max = MIN(MIN(s->capacity_bytes, index_end), limit);
    if (delta_pages > UINT64_MAX - pages || pages + delta_pages > s->limits.max)
        return false;
    u64 size = pages_to_bytes(pages + delta_pages, s->limits.page_log2);
    if (delta_pages && (size > max || !set_open(s, os_page_align(size))))
        return false;
    __atomic_store_n(&s->vm.size_bytes, size, __ATOMIC_RELEASE);
    *old = pages;
    return true;
}

/* ---- memories of stores ---- */

RtMemory *rt_memory_enter(RtStore *store)
{
    RtMemory *m = calloc(1, sizeof *m);
    if (!m || !rt_slots_reserve(&store->memories)) {
        free(m);
        return NULL;
    }
    m->store = store;
    m->space = &m->own;
    m->birth = rt_birth(store);
    m->index = rt_slots_add(&store->memories, m);
    return m;
}

bool rt_memory_new(RtStore *store, const WasmLimits *limits, RtMemory **out, Diag *diag)
{
    u64 size = pages_to_bytes(limits->min, limits->page_log2);
    RtShared *shared = NULL;
    if (size > store->limits.memory_bytes)
        return diag_fail(diag, DIAG_NO_OFFSET,
                         "memory minimum size of %llu pages exceeds memory limits",
                         (unsigned long long)limits->min);
    if (limits->is_shared && !rt_shared_new(store->engine, limits, &shared, diag))
        return false;
    RtMemory *m = rt_memory_enter(store);
    if (!m) {
        rt_shared_release(shared);
        return diag_oom(diag);
    }
    if (shared)
        rt_memory_share(m, shared);
    else if (!rt_space_init(store->engine, limits, &m->own, diag))
        return rt_slots_remove(&store->memories, m->index), free(m), false;
    *out = m;
    return true;
}

void rt_memory_free(RtMemory *m)
{
    m->store->module_memories -= m->owner != NULL;
    if (m->shared)
        rt_shared_release(m->shared);
    else
        rt_space_free(m->store->engine, &m->own);
    free(m);
}

/* ---- using ---- */

u64 rt_memory_pages(const RtMemory *m)
{
    return rt_memory_bytes(m) >> m->space->limits.page_log2;
}

bool rt_memory_grow(RtMemory *m, u64 delta_pages, u64 *old)
{
    u64 limit = m->store->limits.memory_bytes;
    return m->shared ? rt_shared_grow(m->shared, delta_pages, limit, old)
                     : rt_space_grow(&m->own, delta_pages, limit, old);
}

bool rt_memory_has(const RtMemory *m, u64 at, u64 len)
{
    u64 size = rt_memory_bytes(m);
    return at <= size && len <= size - at;
}

bool rt_memory_write(RtMemory *m, u64 dst, const u8 *from, u64 len)
{
    if (!rt_memory_has(m, dst, len))
        return false;
    if (len)
        memcpy(m->space->vm.base + dst, from, len);
    return true;
}

bool rt_memory_copy(RtMemory *dst, u64 dst_at, const RtMemory *src, u64 src_at, u64 len)
{
    if (!rt_memory_has(dst, dst_at, len) || !rt_memory_has(src, src_at, len))
        return false;
    if (len)
        memmove(dst->space->vm.base + dst_at, src->space->vm.base + src_at, len);
    return true;
}

bool rt_memory_fill(RtMemory *m, u64 at, u8 byte, u64 len)
{
    if (!rt_memory_has(m, at, len))
        return false;
    if (len)
        memset(m->space->vm.base + at, byte, len);
    return true;
}
