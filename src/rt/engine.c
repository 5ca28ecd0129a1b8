#include "rt/rt_int.h"

#include <stdlib.h>

RtOptions rt_options_default(void)
{
    return (RtOptions){
        .signals = true,
        .gs = os_has_fsgsbase(),
        .guard_before = true,
        .reservation_bytes = VM_MEMORY32_BYTES,
        .guard_bytes = VM_GUARD_BYTES,
        .max_stack_bytes = (u64)512 << 10,
        .async_stack_bytes = (u64)2 << 20,
        .keep_stack_bytes = (u64)16 << 10,
        .pooled_stacks = 1000,
        .max_memory_bytes = UINT64_MAX,
        .max_table_elems = UINT64_MAX,
        .max_gc_heap_bytes = UINT64_MAX,
        .max_backtrace = 20,
        .pooled_memories = 16,
    };
}

#define NO_HEAP_BYTES (2 * VM_GC_NULL_BYTES)

static bool make_no_heap(RtEngine *engine)
{
    engine->no_heap = os_map(NO_HEAP_BYTES, OS_NONE);
    return engine->no_heap &&
           os_protect(engine->no_heap + VM_GC_SENTINEL, os_page_bytes(), OS_READ);
}

static void engine_free(RtEngine *engine)
{
    if (engine->no_heap)
        os_unmap(engine->no_heap, NO_HEAP_BYTES);
    rt_pool_free(&engine->pool);
    rt_stack_pool_free(&engine->stacks);
    rt_stubs_free(&engine->stubs);
    rt_types_free(&engine->types);
    free(engine);
}

RtEngine *rt_engine_new(const RtOptions *options, const VmStubMaker *stubs, Diag *diag)
{
    RtEngine *engine = calloc(1, sizeof *engine);
    if (!engine) {
        diag_oom(diag);
        return NULL;
    }
    engine->refs = 1;
    engine->options = options ? *options : rt_options_default();
    engine->maker = stubs;
    engine->pool.lock = (OsMutex)OS_MUTEX_INIT;
    engine->stacks.lock = (OsMutex)OS_MUTEX_INIT;
    if (!rt_types_init(&engine->types) || !make_no_heap(engine))
        diag_oom(diag);
    else if (!rt_stubs_init(engine, diag))
        diag_oom(diag);
    else if (engine->options.signals && !os_catch_faults(rt_judge_fault))
        diag_fail(diag, DIAG_NO_OFFSET, "the system does not let signal handlers be installed");
    else
        return engine;
    engine_free(engine);
    return NULL;
}

RtEngine *rt_engine_retain(RtEngine *engine)
{
    __atomic_fetch_add(&engine->refs, 1, __ATOMIC_RELAXED);
    return engine;
}

void rt_engine_release(RtEngine *engine)
{
    if (engine && __atomic_fetch_sub(&engine->refs, 1, __ATOMIC_ACQ_REL) == 1)
        engine_free(engine);
}

const RtOptions *rt_engine_options(const RtEngine *engine)
{
    return &engine->options;
}

void rt_engine_increment_epoch(RtEngine *engine)
{
    __atomic_fetch_add(&engine->epoch, 1, __ATOMIC_RELAXED);
}

u64 rt_engine_epoch(const RtEngine *engine)
{
    return __atomic_load_n(&engine->epoch, __ATOMIC_RELAXED);
}
