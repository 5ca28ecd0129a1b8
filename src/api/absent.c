/* What the ABI has and Stint has not: shared memories, the cache of compiled code.
 * The functions are there, so that programs and bindings which want all names load; those that
 * would make something give an error that says so, and the others are never reached, for there is
 * nothing they could be given. */
#define WASMTIME_FEATURE_THREADS
#define WASMTIME_FEATURE_CACHE
#include "api/api_int.h"

static wasmtime_error_t *not_there(const char *what)
{
    return error_format("%s not there yet", what);
}

wasmtime_error_t *wasmtime_config_cache_config_load(wasm_config_t *config, const char *path)
{
    (void)config;
    (void)path;
    return not_there("a cache of compiled code is");
}

/* ---- shared memories: none exists, so only NULL can be deleted ---- */

wasmtime_error_t *wasmtime_sharedmemory_new(const wasm_engine_t *engine,
                                            const wasm_memorytype_t *type,
                                            wasmtime_sharedmemory_t **ret)
{
    (void)engine;
    (void)type;
    (void)ret;
    return not_there("shared memories are");
}

void wasmtime_sharedmemory_delete(wasmtime_sharedmemory_t *memory) { check(!memory); }

wasmtime_sharedmemory_t *wasmtime_sharedmemory_clone(const wasmtime_sharedmemory_t *memory)
{
    check(!memory);
    return NULL;
}

wasm_memorytype_t *wasmtime_sharedmemory_type(const wasmtime_sharedmemory_t *memory)
{
    check(!memory);
    return NULL;
}

uint8_t *wasmtime_sharedmemory_data(const wasmtime_sharedmemory_t *memory)
{
    check(!memory);
    return NULL;
}

size_t wasmtime_sharedmemory_data_size(const wasmtime_sharedmemory_t *memory)
{
    check(!memory);
    return 0;
}

uint64_t wasmtime_sharedmemory_size(const wasmtime_sharedmemory_t *memory)
{
    check(!memory);
    return 0;
}

wasmtime_error_t *wasmtime_sharedmemory_grow(const wasmtime_sharedmemory_t *memory, uint64_t delta,
                                             uint64_t *prev_size)
{
    (void)delta;
    (void)prev_size;
    check(!memory);
    return not_there("shared memories are");
}
