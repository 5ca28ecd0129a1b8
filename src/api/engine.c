/* Configuration and engines. */
#include "api/cache.h"

#include <stdlib.h>

#include "os/os.h"

wasm_config_t *wasm_config_new(void)
{
    wasm_config_t *config = calloc(1, sizeof *config);
    if (!config)
        return NULL;
    config->comp = (CompOptions){.wasm_features = wasm_features_default(), .opt_level = 2,
                                  .inlining = true,
                                  .sealed_tables = true, .devirtualize = true};
    config->comp.isa = (MIsaOptions){
        .features = comp_host_features(),
        .signal_traps = true,
        .stack_check = true,
    };
#ifdef STINT_DEBUG
    config->comp.verify = config->comp.check_ra = true;
#endif
    config->dump.func = UINT32_MAX;
    config->rt = rt_options_default();
    /* Guests that are entered often would pay for each switch of gs: the base is in a register. */
    config->rt.gs = false;
    return config;
}

void wasm_config_delete(wasm_config_t *config)
{
    if (config) {
        stack_creator_release(config->stacks);
        cache_release(config->cache);
    }
    free(config);
}

wasm_config_t *stint_config_clone(const wasm_config_t *config)
{
    wasm_config_t *clone = malloc(sizeof *clone);
    if (!clone)
        return NULL;
    *clone = *config;
    stack_creator_retain(clone->stacks);
    cache_retain(clone->cache);
    return clone;
}

static void free_engine(wasm_engine_t *engine)
{
    if (engine->rt)
        rt_engine_release(engine->rt);
    comp_pool_free(engine->comp.pool);
    stack_creator_release(engine->stacks);
    cache_release(engine->cache);
    free(engine);
}

wasm_engine_t *wasm_engine_new(void) { return wasm_engine_new_with_config(wasm_config_new()); }

InterpOptions engine_interp_options(const wasm_engine_t *engine)
{
    return (InterpOptions){
        .wasm_features = engine->comp.wasm_features,
        .epoch = engine->comp.epoch,
        .fuel = engine->comp.fuel,
        .nan_canonicalization = engine->comp.nan_canonicalization,
    };
}

bool stint_engine_has_feature(const wasm_engine_t *engine, const char *key)
{
    WasmFeature feature;
    return wasm_feature_named(key, &feature) &&
           wasm_feature_on(engine->comp.wasm_features, feature);
}

/* An interpreter checks every access itself and raises nothing by signals. */
static void be_interpreted(wasm_engine_t *engine, RtOptions *rt)
{
    InterpOptions options = engine_interp_options(engine);
    engine->key = interp_key(&options);
    rt->interp = &interp_machine;
    rt->signals = rt->gs = rt->perf_map = false;
    rt->explicit_bounds = true;
}

/* Where nothing was said of stacks for asynchronous calls, they have room for what guests may use
 * and the usual rest. */
static bool set_stack_size(wasm_config_t *config)
{
    RtOptions *rt = &config->rt;
    if (config->has_stack_size)
        return rt->max_stack_bytes <= rt->async_stack_bytes;
    const u64 rest = (u64)1 << 20;
    u64 most = MIN(rt->max_stack_bytes, (u64)INT64_MAX / 2);
    rt->async_stack_bytes = MAX(rt->async_stack_bytes, most + rest);
    return true;
}

wasm_engine_t *wasm_engine_new_with_config(wasm_config_t *config)
{
    bool is_possible = config && !config->is_contradictory && config->rt.max_stack_bytes &&
                       set_stack_size(config);
    wasm_engine_t *engine = is_possible ? calloc(1, sizeof *engine) : NULL;
    if (!engine) {
        wasm_config_delete(config);
        return NULL;
    }
    engine->comp = config->comp;
    if (!wasm_feature_on(config->comp.wasm_features, WASM_FEATURE_GC_SUPPORT)) {
        wasm_feature_set(&engine->comp.wasm_features, WASM_FEATURE_GC, false);
        wasm_feature_set(&engine->comp.wasm_features, WASM_FEATURE_EXCEPTIONS, false);
        config->rt.max_gc_heap_bytes = 0;
    }
    engine->comp.isa.signal_traps = config->rt.signals;
    engine->comp.isa.use_gs = config->rt.gs && os_has_fsgsbase();
    engine->comp.explicit_bounds = config->rt.explicit_bounds || !config->rt.signals;
    config->rt.explicit_bounds = engine->comp.explicit_bounds;
    config->rt.gs = engine->comp.isa.use_gs;
    config->rt.take_trap = trap_to_rt;
    engine->dump = config->dump;
    engine->comp.dump = engine->dump.passes ? &engine->dump : NULL;
    engine->is_interpreted = config->is_interpreted;
    engine->key = comp_key(&engine->comp);
    if (engine->is_interpreted)
        be_interpreted(engine, &config->rt);
    engine->refs = 1;
    engine->stacks = stack_creator_retain(config->stacks);
    engine->cache = cache_retain(config->cache);
    config->rt.stack_maker = stack_creator_maker(engine->stacks);
    Diag diag = {0};
    engine->rt = rt_engine_new(&config->rt, comp_host_stubs(), &diag);
    engine->comp.pool = comp_pool_new();
    wasm_config_delete(config);
    if (!engine->rt || !engine->comp.pool) {
        free_engine(engine);
        return NULL;
    }
    return engine;
}

void stint_config_set_progress(wasm_config_t *config,
                               void (*report)(void *ctx, uint32_t done, uint32_t total), void *ctx)
{
    config->comp.progress = report;
    config->comp.progress_ctx = ctx;
}

bool wasmtime_engine_is_pulley(const wasm_engine_t *engine)
{
    (void)engine;
    return false;
}

wasm_engine_t *engine_retain(wasm_engine_t *engine)
{
    __atomic_add_fetch(&engine->refs, 1, __ATOMIC_RELAXED);
    return engine;
}

void wasm_engine_delete(wasm_engine_t *engine)
{
    if (!engine || __atomic_sub_fetch(&engine->refs, 1, __ATOMIC_ACQ_REL))
        return;
    free_engine(engine);
}

wasm_engine_t *wasmtime_engine_clone(const wasm_engine_t *engine)
{
    return engine_retain((wasm_engine_t *)(uintptr_t)engine);
}
void wasmtime_engine_increment_epoch(const wasm_engine_t *engine)
{
    rt_engine_increment_epoch(engine->rt);
}
