/* Shared memories. A handle is a reference to the runtime's object, which belongs to no store. */
#define WASMTIME_FEATURE_THREADS
#include "api/api_int.h"

RtShared *shared_of(const wasmtime_sharedmemory_t *handle)
{
    return (RtShared *)(uintptr_t)handle;
}

wasmtime_sharedmemory_t *shared_handle(RtShared *shared)
{
    return (wasmtime_sharedmemory_t *)(void *)rt_shared_retain(shared);
}

wasmtime_error_t *wasmtime_sharedmemory_new(const wasm_engine_t *engine,
                                            const wasm_memorytype_t *type,
                                            wasmtime_sharedmemory_t **ret)
{
    Diag diag = {0};
    RtShared *shared;
    if (!type->limits.is_shared)
        return error_format("the type is not that of a shared memory");
    if (!rt_shared_new(engine->rt, &type->limits, &shared, &diag))
        return error_from_diag(&diag);
    *ret = (wasmtime_sharedmemory_t *)(void *)shared;
    return NULL;
}

void wasmtime_sharedmemory_delete(wasmtime_sharedmemory_t *memory)
{
    rt_shared_release(shared_of(memory));
}

wasmtime_sharedmemory_t *wasmtime_sharedmemory_clone(const wasmtime_sharedmemory_t *memory)
{
    return shared_handle(shared_of(memory));
}

wasm_memorytype_t *wasmtime_sharedmemory_type(const wasmtime_sharedmemory_t *memory)
{
    return types_memory(&rt_shared_space(shared_of(memory))->limits);
}

uint8_t *wasmtime_sharedmemory_data(const wasmtime_sharedmemory_t *memory)
{
    return rt_shared_space(shared_of(memory))->vm.base;
}

size_t wasmtime_sharedmemory_data_size(const wasmtime_sharedmemory_t *memory)
{
    return rt_shared_bytes(shared_of(memory));
}

uint64_t wasmtime_sharedmemory_size(const wasmtime_sharedmemory_t *memory)
{
    const RtShared *shared = shared_of(memory);
    return rt_shared_bytes(shared) >> rt_shared_space(shared)->limits.page_log2;
}

wasmtime_error_t *wasmtime_sharedmemory_grow(const wasmtime_sharedmemory_t *memory, uint64_t delta,
                                             uint64_t *prev_size)
{
    u64 old;
    if (!rt_shared_grow(shared_of(memory), delta, UINT64_MAX, &old))
        return error_format("failed to grow memory by `%llu`", (unsigned long long)delta);
    *prev_size = old;
    return NULL;
}
