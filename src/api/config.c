/* The setters of wasmtime/config.h. Those that name parts Stint does not have change nothing: which
 * these are stands beside each. */
#include "api/api_int.h"

#define DEFINE_FEATURE(name, FEATURE)                                      \
    void wasmtime_config_##name##_set(wasm_config_t *config, bool value)   \
    {                                                                      \
        wasm_feature_set(&config->comp.wasm_features, WASM_FEATURE_##FEATURE, value); \
    }
DEFINE_FEATURE(wasm_threads, THREADS)
DEFINE_FEATURE(wasm_tail_call, TAIL_CALL)
DEFINE_FEATURE(wasm_reference_types, REFERENCE_TYPES)
DEFINE_FEATURE(wasm_function_references, FUNCTION_REFERENCES)
DEFINE_FEATURE(wasm_gc, GC)
DEFINE_FEATURE(wasm_simd, SIMD)
DEFINE_FEATURE(wasm_relaxed_simd, RELAXED_SIMD)
DEFINE_FEATURE(wasm_bulk_memory, BULK_MEMORY)
DEFINE_FEATURE(wasm_multi_value, MULTI_VALUE)
DEFINE_FEATURE(wasm_multi_memory, MULTI_MEMORY)
DEFINE_FEATURE(wasm_memory64, MEMORY64)
DEFINE_FEATURE(wasm_wide_arithmetic, WIDE_ARITHMETIC)
DEFINE_FEATURE(wasm_exceptions, EXCEPTIONS)
DEFINE_FEATURE(wasm_custom_page_sizes, CUSTOM_PAGE_SIZES)

#define DEFINE_FIELD(name, T, field)                                  \
    void wasmtime_config_##name##_set(wasm_config_t *config, T value) \
    {                                                                 \
        config->field = value;                                        \
    }
DEFINE_FIELD(consume_fuel, bool, comp.fuel)
DEFINE_FIELD(epoch_interruption, bool, comp.epoch)
DEFINE_FIELD(max_wasm_stack, size_t, rt.max_stack_bytes)
DEFINE_FIELD(cranelift_debug_verifier, bool, comp.verify)
DEFINE_FIELD(cranelift_nan_canonicalization, bool, comp.nan_canonicalization)
DEFINE_FIELD(signals_based_traps, bool, rt.signals)
DEFINE_FIELD(shared_memory, bool, rt.shared_memories)
DEFINE_FIELD(memory_reservation, uint64_t, rt.reservation_bytes)
DEFINE_FIELD(memory_guard_size, uint64_t, rt.guard_bytes)

#define DEFINE_NOTHING(name, T)                                       \
    void wasmtime_config_##name##_set(wasm_config_t *config, T value) \
    {                                                                 \
        (void)config;                                                 \
        (void)value;                                                  \
    }
DEFINE_NOTHING(debug_info, bool)                    /* no DWARF for guests */
DEFINE_NOTHING(gc_support, bool)                    /* no collector to leave out */
DEFINE_NOTHING(wasm_relaxed_simd_deterministic, bool) /* no SIMD */
DEFINE_NOTHING(wasm_branch_hinting, bool)           /* hints never change meaning */
DEFINE_NOTHING(wasm_compact_imports, bool)          /* not decoded */
DEFINE_NOTHING(wasm_stack_switching, bool)          /* not decoded */
DEFINE_NOTHING(cranelift_regalloc_algorithm, wasmtime_regalloc_algorithm_t) /* there is one */
DEFINE_NOTHING(native_unwind_info, bool)            /* none is made */
DEFINE_NOTHING(macos_use_mach_ports, bool)          /* not on this system */
DEFINE_NOTHING(memory_may_move, bool)               /* memories never move */
DEFINE_NOTHING(memory_reservation_for_growth, uint64_t) /* so nothing grows beyond */
DEFINE_NOTHING(memory_init_cow, bool)               /* contents are copied */

void wasmtime_config_parallel_compilation_set(wasm_config_t *config, bool value)
{
    config->comp.threads = value ? 0 : 1;
}

void wasmtime_config_strategy_set(wasm_config_t *config, wasmtime_strategy_t strategy)
{
    if (strategy == WASMTIME_STRATEGY_WINCH)
        config->comp.opt_level = 1;
}

void wasmtime_config_cranelift_opt_level_set(wasm_config_t *config, wasmtime_opt_level_t level)
{
    config->comp.opt_level = level == WASMTIME_OPT_LEVEL_NONE ? 0 : 2;
}

void wasmtime_config_profiler_set(wasm_config_t *config, wasmtime_profiling_strategy_t strategy)
{
    config->rt.perf_map = strategy == WASMTIME_PROFILING_STRATEGY_PERFMAP;
}

void wasmtime_config_cranelift_flag_set(wasm_config_t *config, const char *key, const char *value)
{
    wasmtime_error_t *error = stint_config_set_option(config, 'C', key, value);
    if (error)
        config->is_contradictory = true; /* seen when the engine is made */
    wasmtime_error_delete(error);
}

void wasmtime_config_cranelift_flag_enable(wasm_config_t *config, const char *flag)
{
    wasmtime_config_cranelift_flag_set(config, flag, "y");
}

wasmtime_error_t *wasmtime_config_target_set(wasm_config_t *config, const char *target)
{
    (void)config;
    if (!strncmp(target, "x86_64", 6))
        return NULL;
    return error_format("cannot compile for `%s`: only x86_64 is there", target);
}

void wasmtime_config_host_memory_creator_set(wasm_config_t *config,
                                             wasmtime_memory_creator_t *creator)
{
    config->is_contradictory = true; /* memories of the host's own are not possible yet */
    if (creator->finalizer)
        creator->finalizer(creator->env);
}
