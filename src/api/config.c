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
DEFINE_FEATURE(gc_support, GC_SUPPORT)
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
DEFINE_FIELD(wasm_relaxed_simd_deterministic, bool, comp.strict_relaxed)
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
DEFINE_NOTHING(concurrency_support, bool)           /* of components, refused by name */
DEFINE_NOTHING(wasm_branch_hinting, bool)           /* hints never change meaning */
DEFINE_NOTHING(wasm_compact_imports, bool)          /* not decoded */
DEFINE_NOTHING(wasm_stack_switching, bool)          /* not decoded */
DEFINE_NOTHING(wasm_component_model, bool)          /* likewise */
DEFINE_NOTHING(wasm_component_model_map, bool)
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

/* Settings of libwasmtime's code generator by their names there: what they are here. */
static const struct {
    const char *flag;
    char group;
    const char *key;
} flags[] = {
    {"enable_verifier", 'C', "verify"},
    {"regalloc_checker", 'C', "check-ra"},
    {"enable_nan_canonicalization", 'W', "nan-canonicalization"},
    {"unwind_info", 'C', "native-unwind-info"},
};
/* Those without a meaning here. */
static const char *const idle_flags[] = {
    "bb_padding_log2_minus_one", "enable_alias_analysis",
    "enable_heap_access_spectre_mitigation", "enable_incremental_compilation_cache_checks",
    "enable_llvm_abi_extensions", "enable_multi_ret_implicit_sret", "enable_pinned_reg",
    "enable_probestack", "enable_table_access_spectre_mitigation", "is_pic",
    "log2_min_function_alignment", "machine_code_cfg_info", "preserve_frame_pointers",
    "probestack_size_log2", "probestack_strategy", "regalloc_algorithm",
    "regalloc_verbose_logs", "stack_switch_model", "tls_model", "use_colocated_libcalls",
};

/* "has_avx2": whether code may use what the CPU has. Dots in names are left out there. */
static wasmtime_error_t *set_cpu_flag(wasm_config_t *config, const char *feature,
                                      const char *value)
{
    const char *name;
    bool is_present, is_on = !strcmp(value, "true") || !strcmp(value, "y");
    for (size_t i = 0; stint_cpu_feature_nth(i, &name, &is_present); i++) {
        const char *a = name, *b = feature;
        for (; *a && *b; a++)
            if (*a == *b)
                b++;
            else if (*a != '.')
                break;
        if (*a || *b || (is_on && !is_present))
            continue;
        u64 bit = (u64)1 << i;
        config->comp.isa.features = (config->comp.isa.features & ~bit) | (is_on ? bit : 0);
        return NULL;
    }
    return error_format("the CPU has no `%s`", feature);
}

static wasmtime_error_t *set_flag(wasm_config_t *config, const char *flag, const char *value)
{
    if (!strcmp(value, "1") || !strcmp(value, "0"))
        value = *value == '1' ? "true" : "false";
    if (!strcmp(flag, "opt_level"))
        return stint_config_set_option(config, 'O', "opt-level",
                                       !strcmp(value, "none")               ? "0"
                                       : !strcmp(value, "speed")            ? "2"
                                       : !strcmp(value, "speed_and_size") ? "s"
                                                                            : value);
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        if (!strcmp(flags[i].flag, flag))
            return stint_config_set_option(config, flags[i].group, flags[i].key, value);
    for (size_t i = 0; i < ARRAY_LEN(idle_flags); i++)
        if (!strcmp(idle_flags[i], flag))
            return NULL;
    return strncmp(flag, "has_", 4) ? stint_config_set_option(config, 'C', flag, value)
                                    : set_cpu_flag(config, flag + 4, value);
}

void wasmtime_config_cranelift_flag_set(wasm_config_t *config, const char *key, const char *value)
{
    wasmtime_error_t *error = set_flag(config, key, value);
    if (error)
        config->is_contradictory = true; /* seen when the engine is made */
    wasmtime_error_delete(error);
}

void wasmtime_config_cranelift_flag_enable(wasm_config_t *config, const char *flag)
{
    wasmtime_config_cranelift_flag_set(config, flag, "true");
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
