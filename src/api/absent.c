/* What the ABI has and Stint has not: the cache of compiled code. The functions are there, so that
 * programs and bindings which want all names load, and give an error that says so. */
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
