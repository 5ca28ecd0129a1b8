/* wasmtime/config.h: settings for an engine, made before it.
 *
 * Each setter changes one value and cannot fail unless it returns an error; what does not fit
 * together is found by wasm_engine_new_with_config, which then returns NULL. What is said of a
 * setting is its default and its meaning in Stint; "without meaning" is one that any program may
 * set and that changes nothing. Settings by name: stint_config_set_option in stint.h.
 */
#ifndef WASMTIME_CONFIG_H
#define WASMTIME_CONFIG_H

#include <wasm.h>
#include <wasmtime/conf.h>
#include <wasmtime/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Which code generator. Stint has one; the effort level is a matter of the optimization level. */
typedef uint8_t wasmtime_strategy_t;
enum wasmtime_strategy_enum {
    WASMTIME_STRATEGY_AUTO,
    WASMTIME_STRATEGY_CRANELIFT, /* the optimizing compiler: Stint's own */
    WASMTIME_STRATEGY_WINCH,     /* fast compilation: Stint's own at its lowest effort */
};

typedef uint8_t wasmtime_opt_level_t;
enum wasmtime_opt_level_enum {
    WASMTIME_OPT_LEVEL_NONE,
    WASMTIME_OPT_LEVEL_SPEED,
    WASMTIME_OPT_LEVEL_SPEED_AND_SIZE,
};

typedef uint8_t wasmtime_profiling_strategy_t;
enum wasmtime_profiling_strategy_enum {
    WASMTIME_PROFILING_STRATEGY_NONE,
    WASMTIME_PROFILING_STRATEGY_JITDUMP,
    WASMTIME_PROFILING_STRATEGY_VTUNE,
    WASMTIME_PROFILING_STRATEGY_PERFMAP, /* writes /tmp/perf-PID.map for perf(1) */
};

typedef uint8_t wasmtime_regalloc_algorithm_t;
enum wasmtime_regalloc_algorithm_enum {
    WASMTIME_REGALLOC_BACKTRACKING,
    WASMTIME_REGALLOC_SINGLE_PASS,
};

/* Declares wasmtime_config_NAME_set(config, value). */
#define WASMTIME_CONFIG_PROP(ret, name, ty) \
    WASM_API_EXTERN ret wasmtime_config_##name##_set(wasm_config_t *config, ty value)

/* -- running guests -- */
/* false; without meaning: no tables for native debuggers are made of the guest's. */
WASMTIME_CONFIG_PROP(void, debug_info, bool);
/* false: count fuel; a store then starts with none (wasmtime_context_set_fuel). */
WASMTIME_CONFIG_PROP(void, consume_fuel, bool);
/* false: stop or ask guests when the engine's epoch passes a store's deadline. */
WASMTIME_CONFIG_PROP(void, epoch_interruption, bool);
/* 512 KiB: bytes of stack that guest functions may use; beyond it a trap, stack overflow. */
WASMTIME_CONFIG_PROP(void, max_wasm_stack, size_t);

/* -- WebAssembly proposals: what a module may use; off makes the validator refuse it -- */
WASMTIME_CONFIG_PROP(void, wasm_threads, bool);              /* on */
WASMTIME_CONFIG_PROP(void, shared_memory, bool);             /* off: may shared memories be made */
WASMTIME_CONFIG_PROP(void, wasm_tail_call, bool);            /* on */
WASMTIME_CONFIG_PROP(void, wasm_reference_types, bool);      /* on */
WASMTIME_CONFIG_PROP(void, wasm_function_references, bool);  /* on */
WASMTIME_CONFIG_PROP(void, wasm_gc, bool);                   /* on */
/* on. Off: no collector and nothing that needs it: externref, exceptions and GC are off as well,
 * and wasmtime_externref_new() fails. */
WASMTIME_CONFIG_PROP(void, gc_support, bool);
WASMTIME_CONFIG_PROP(void, wasm_simd, bool);                 /* on */
WASMTIME_CONFIG_PROP(void, wasm_relaxed_simd, bool);         /* on */
/* off: relaxed operators give the same on every machine */
WASMTIME_CONFIG_PROP(void, wasm_relaxed_simd_deterministic, bool);
WASMTIME_CONFIG_PROP(void, wasm_bulk_memory, bool);          /* on; needed by reference types */
WASMTIME_CONFIG_PROP(void, wasm_multi_value, bool);          /* on */
WASMTIME_CONFIG_PROP(void, wasm_multi_memory, bool);         /* on */
WASMTIME_CONFIG_PROP(void, wasm_memory64, bool);             /* on */
WASMTIME_CONFIG_PROP(void, wasm_wide_arithmetic, bool);      /* on */
WASMTIME_CONFIG_PROP(void, wasm_branch_hinting, bool);       /* off; without meaning */
WASMTIME_CONFIG_PROP(void, wasm_exceptions, bool);           /* on */
WASMTIME_CONFIG_PROP(void, wasm_custom_page_sizes, bool);    /* off */
WASMTIME_CONFIG_PROP(void, wasm_compact_imports, bool);      /* off; without meaning */
WASMTIME_CONFIG_PROP(void, wasm_stack_switching, bool);      /* off; without meaning */
/* About components, which cannot be compiled whatever these say: accepted, and without meaning. */
WASMTIME_CONFIG_PROP(void, wasm_component_model, bool);
WASMTIME_CONFIG_PROP(void, wasm_component_model_map, bool);
WASMTIME_CONFIG_PROP(void, concurrency_support, bool);

/* -- compiling -- */
WASMTIME_CONFIG_PROP(void, strategy, wasmtime_strategy_t);   /* AUTO */
#ifdef WASMTIME_FEATURE_PARALLEL_COMPILATION
/* true: compile functions on all cores. The code is the same either way. */
WASMTIME_CONFIG_PROP(void, parallel_compilation, bool);
#endif
/* false: check the intermediate code after every pass. */
WASMTIME_CONFIG_PROP(void, cranelift_debug_verifier, bool);
/* false: make every NaN that arithmetic yields the canonical one. */
WASMTIME_CONFIG_PROP(void, cranelift_nan_canonicalization, bool);
WASMTIME_CONFIG_PROP(void, cranelift_opt_level, wasmtime_opt_level_t); /* SPEED */
/* BACKTRACKING; both names mean Stint's one allocator. */
WASMTIME_CONFIG_PROP(void, cranelift_regalloc_algorithm, wasmtime_regalloc_algorithm_t);
/* Changes a setting of the code generator, enable: to "true". One that does not exist, or another
 * value, makes engine creation fail. Of libwasmtime's names these have a meaning:
 *   opt_level                       none, speed, speed_and_size
 *   enable_verifier                 as cranelift_debug_verifier
 *   enable_nan_canonicalization     as cranelift_nan_canonicalization
 *   regalloc_checker                true: prove every register allocation
 *   has_avx2 and the like           whether code may use this feature; true only if the CPU has it
 * and those that fit any code generator are taken without one. Others are the keys that
 * `stint -C help` shows. */
WASM_API_EXTERN void wasmtime_config_cranelift_flag_enable(wasm_config_t *, const char *flag);
WASM_API_EXTERN void wasmtime_config_cranelift_flag_set(wasm_config_t *, const char *key,
                                                        const char *value);
/* The machine to compile for, as a triple like x86_64-unknown-linux-gnu.
 * errors  Stint cannot compile for it */
WASMTIME_CONFIG_PROP(wasmtime_error_t *, target, const char *);
WASMTIME_CONFIG_PROP(void, profiler, wasmtime_profiling_strategy_t); /* NONE */
/* true; without meaning: no tables for the system's unwinder are made yet. */
WASMTIME_CONFIG_PROP(void, native_unwind_info, bool);
/* true: find out-of-bounds accesses and the like by signals. false: by explicit checks. */
WASMTIME_CONFIG_PROP(void, signals_based_traps, bool);
/* No meaning here: there are no Mach ports on Linux. */
WASMTIME_CONFIG_PROP(void, macos_use_mach_ports, bool);

/* -- linear memories -- */
/* true; without meaning: no memory is ever moved. */
WASMTIME_CONFIG_PROP(void, memory_may_move, bool);
/* 4 GiB: bytes of address space reserved for each memory. */
WASMTIME_CONFIG_PROP(void, memory_reservation, uint64_t);
/* 32 MiB: bytes of inaccessible addresses after each memory. */
WASMTIME_CONFIG_PROP(void, memory_guard_size, uint64_t);
/* 2 GiB; without meaning: see above. */
WASMTIME_CONFIG_PROP(void, memory_reservation_for_growth, uint64_t);
/* true; without meaning: initial contents are copied. */
WASMTIME_CONFIG_PROP(void, memory_init_cow, bool);

#ifdef WASMTIME_FEATURE_CACHE
/* Keeps compiled code in a directory, and takes it from there instead of compiling a module again.
 * Only the user may be able to write to it: what is in it is run.
 * path    of a file in TOML: a table [cache], in which `directory` (an absolute path; else
 *         $XDG_CACHE_HOME/stint or ~/.cache/stint), `enabled`, `file-count-soft-limit` (65536) and
 *         `files-total-size-soft-limit` (512Mi) mean something, and others that libwasmtime has
 *         are accepted. NULL: the settings just named
 * errors  the file cannot be read; a line of it, which is named, is not understood; the directory
 *         cannot be made. Afterwards nothing about the cache is an error */
WASM_API_EXTERN wasmtime_error_t *wasmtime_config_cache_config_load(wasm_config_t *,
                                                                    const char *path);
#endif

/* A linear memory that the host provides.
 * get_memory   returns the first byte; out: bytes in use, and bytes it may grow to without moving
 * grow_memory  to new_size bytes, at most what was reserved; NULL or an error, then unchanged
 * finalizer    NULL allowed; called with env when the memory goes */
typedef uint8_t *(*wasmtime_memory_get_callback_t)(void *env, size_t *byte_size,
                                                   size_t *byte_capacity);
typedef wasmtime_error_t *(*wasmtime_memory_grow_callback_t)(void *env, size_t new_size);
typedef struct wasmtime_linear_memory {
    void *env;
    wasmtime_memory_get_callback_t get_memory;
    wasmtime_memory_grow_callback_t grow_memory;
    void (*finalizer)(void *);
} wasmtime_linear_memory_t;

/* Makes memories. All sizes are in bytes and multiples of the system's page; the guard behind the
 * reservation must be inaccessible. thread any */
typedef wasmtime_error_t *(*wasmtime_new_memory_callback_t)(
    void *env, const wasm_memorytype_t *type, size_t minimum, size_t maximum,
    size_t reserved_size_in_bytes, size_t guard_size_in_bytes, wasmtime_linear_memory_t *out);
typedef struct wasmtime_memory_creator {
    void *env;
    wasmtime_new_memory_callback_t new_memory;
    void (*finalizer)(void *);
} wasmtime_memory_creator_t;

/* Lets the host provide the linear memories of all stores; the struct is copied. */
WASM_API_EXTERN void wasmtime_config_host_memory_creator_set(wasm_config_t *,
                                                             wasmtime_memory_creator_t *);

/* Slots for instances prepared in advance (with WASMTIME_FEATURE_POOLING_ALLOCATOR). */
typedef struct wasmtime_pooling_allocation_config_t wasmtime_pooling_allocation_config_t;

#ifdef WASMTIME_FEATURE_POOLING_ALLOCATOR
WASM_API_EXTERN wasmtime_pooling_allocation_config_t *wasmtime_pooling_allocation_config_new(void);
WASM_API_EXTERN void
wasmtime_pooling_allocation_config_delete(wasmtime_pooling_allocation_config_t *);
/* Copies the pool's settings into the engine's. */
WASM_API_EXTERN void
wasmtime_pooling_allocation_strategy_set(wasm_config_t *,
                                         const wasmtime_pooling_allocation_config_t *);

/* Declares wasmtime_pooling_allocation_config_NAME_set(config, value). Memories and stacks are
 * pooled: their settings have a meaning, and max_memory_size and table_elements limit every store.
 * The others are about slots of libwasmtime's and change nothing. */
#define WASMTIME_POOLING_ALLOCATION_CONFIG_PROP(name, ty)               \
    WASM_API_EXTERN void wasmtime_pooling_allocation_config_##name##_set( \
        wasmtime_pooling_allocation_config_t *, ty value)
WASMTIME_POOLING_ALLOCATION_CONFIG_PROP(max_unused_warm_slots, uint32_t);
WASMTIME_POOLING_ALLOCATION_CONFIG_PROP(decommit_batch_size, size_t);
WASMTIME_POOLING_ALLOCATION_CONFIG_PROP(linear_memory_keep_resident, size_t);
WASMTIME_POOLING_ALLOCATION_CONFIG_PROP(table_keep_resident, size_t);
WASMTIME_POOLING_ALLOCATION_CONFIG_PROP(total_memories, uint32_t);
WASMTIME_POOLING_ALLOCATION_CONFIG_PROP(total_stacks, uint32_t);
WASMTIME_POOLING_ALLOCATION_CONFIG_PROP(async_stack_keep_resident, size_t);
WASMTIME_POOLING_ALLOCATION_CONFIG_PROP(total_tables, uint32_t);
WASMTIME_POOLING_ALLOCATION_CONFIG_PROP(total_core_instances, uint32_t);
WASMTIME_POOLING_ALLOCATION_CONFIG_PROP(total_gc_heaps, uint32_t);
WASMTIME_POOLING_ALLOCATION_CONFIG_PROP(total_component_instances, uint32_t);
WASMTIME_POOLING_ALLOCATION_CONFIG_PROP(max_component_instance_size, size_t);
WASMTIME_POOLING_ALLOCATION_CONFIG_PROP(max_core_instances_per_component, uint32_t);
WASMTIME_POOLING_ALLOCATION_CONFIG_PROP(max_memories_per_component, uint32_t);
WASMTIME_POOLING_ALLOCATION_CONFIG_PROP(max_tables_per_component, uint32_t);
WASMTIME_POOLING_ALLOCATION_CONFIG_PROP(max_core_instance_size, size_t);
WASMTIME_POOLING_ALLOCATION_CONFIG_PROP(max_tables_per_module, uint32_t);
WASMTIME_POOLING_ALLOCATION_CONFIG_PROP(table_elements, size_t);
WASMTIME_POOLING_ALLOCATION_CONFIG_PROP(max_memories_per_module, uint32_t);
WASMTIME_POOLING_ALLOCATION_CONFIG_PROP(max_memory_size, size_t);
#endif

#ifdef __cplusplus
}
#endif

#endif
