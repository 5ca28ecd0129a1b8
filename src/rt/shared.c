/* Memories shared by threads: one space with its address, held by every store that has it and by
 * the host. Growing takes turns; lengths are written last: who reads one finds pages there. */
#include "rt/rt_int.h"

#include <stdlib.h>

bool rt_shared_new(RtEngine *engine, const WasmLimits *limits, RtShared **out, Diag *diag)
{
    if (!engine->options.shared_memories)
        return diag_fail(diag, DIAG_NO_OFFSET,
                         "shared memories are switched off (-W shared-memory=y)");
    RtShared *s = calloc(1, sizeof *s);
    if (!s)
        return diag_oom(diag);
    if (!rt_space_init(engine, limits, &s->space, diag)) {
        free(s);
        return false;
    }
    s->engine = rt_engine_retain(engine);
    s->refs = 1;
    s->grow_lock = (OsMutex)OS_MUTEX_INIT;
    rt_lots_init(s->lots);
    *out = s;
    return true;
}

RtShared *rt_shared_retain(RtShared *s)
{
    __atomic_add_fetch(&s->refs, 1, __ATOMIC_RELAXED);
    return s;
}

void rt_shared_release(RtShared *s)
{
    if (!s || __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL))
        return;
    rt_lots_free(s->lots);
    rt_space_free(s->engine, &s->space);
    rt_engine_release(s->engine);
    free(s);
}

RtEngine *rt_shared_engine(const RtShared *s) { return s->engine; }
const RtSpace *rt_shared_space(const RtShared *s) { return &s->space; }

u64 rt_shared_bytes(const RtShared *s)
{
    return __atomic_load_n(&s->space.vm.size_bytes, __ATOMIC_ACQUIRE);
}

bool rt_shared_grow(RtShared *s, u64 delta_pages, u64 limit, u64 *old)
{
    os_lock(&s->grow_lock);
    bool is_done = rt_space_grow(&s->space, delta_pages, limit, old);
    os_unlock(&s->grow_lock);
    return is_done;
}

void rt_memory_share(RtMemory *m, RtShared *s)
{
    m->shared = s;
    m->space = &s->space;
}

RtMemory *rt_memory_of_shared(RtStore *store, RtShared *s)
{
    RT_EACH(RtMemory, memory, &store->memories)
        if (memory->shared == s && memory->birth)
            return memory;
    RtMemory *m = rt_memory_enter(store);
    if (m)
        rt_memory_share(m, rt_shared_retain(s));
    return m;
}
