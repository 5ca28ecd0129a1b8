/* Settings of engines: each does what its name says, or nothing, as its header has it. Passes with
 * libwasmtime too (test/original.py). */
#include "kit.h"

typedef void (*BoolSetter)(wasm_config_t *config, bool value);

static wasm_engine_t *engine_with(BoolSetter set, bool value)
{
    wasm_config_t *config = wasm_config_new();
    if (set)
        set(config, value);
    return wasm_engine_new_with_config(config);
}

/* The module, or NULL if the engine refuses it. */
static wasmtime_module_t *module_of(wasm_engine_t *engine, const char *text)
{
    wasm_byte_vec_t bytes;
    wasmtime_module_t *module = NULL;
    kit_need(wasmtime_wat2wasm(text, strlen(text), &bytes), NULL, text);
    wasmtime_error_t *error =
        wasmtime_module_new(engine, (const uint8_t *)bytes.data, bytes.size, &module);
    wasm_byte_vec_delete(&bytes);
    if (error)
        wasmtime_error_delete(error);
    return error ? NULL : module;
}

static bool takes(wasm_engine_t *engine, const char *text)
{
    wasmtime_module_t *module = module_of(engine, text);
    if (module)
        wasmtime_module_delete(module);
    return module != NULL;
}

/* Calls the export "f" of a module without imports: an i64. */
static int64_t run(wasm_engine_t *engine, const char *text)
{
    wasmtime_store_t *store = wasmtime_store_new(engine, NULL, NULL);
    wasmtime_context_t *context = wasmtime_store_context(store);
    wasmtime_module_t *module = module_of(engine, text);
    wasmtime_instance_t instance;
    wasmtime_extern_t f;
    wasmtime_val_t result = {.kind = WASMTIME_I64, .of.i64 = -1};
    wasm_trap_t *trap = NULL;
    if (!EXPECT(module != NULL))
        return -1;
    kit_need(wasmtime_instance_new(context, module, NULL, 0, &instance, &trap), trap, text);
    EXPECT(wasmtime_instance_export_get(context, &instance, "f", 1, &f));
    wasmtime_error_t *error =
        wasmtime_func_call(context, &f.of.func, NULL, 0, &result, 1, &trap);
    if (error)
        wasmtime_error_delete(error);
    if (trap)
        wasm_trap_delete(trap);
    wasmtime_module_delete(module);
    wasmtime_store_delete(store);
    return error || trap ? -1 : result.of.i64;
}

/* ---- proposals ---- */

#define FEATURE(name, text) {#name, wasmtime_config_##name##_set, text}
static const struct {
    const char *name;
    BoolSetter set;
    const char *text;
} features[] = {
    FEATURE(wasm_threads, "(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))"),
    FEATURE(wasm_tail_call, "(module (func return_call 0))"),
    FEATURE(wasm_function_references, "(module (type $t (func)) (func (param (ref $t))"
                                      "  (call_ref $t (local.get 0))))"),
    FEATURE(wasm_gc, "(module (type (struct)) (func (drop (struct.new 0))))"),
    FEATURE(gc_support, "(module (func (param externref)))"),
    FEATURE(gc_support, "(module (type (array i8)) (func (param (ref null 0))))"),
    FEATURE(wasm_relaxed_simd, "(module (func (param v128) (drop"
                               "  (i8x16.relaxed_swizzle (local.get 0) (local.get 0)))))"),
    FEATURE(wasm_bulk_memory, "(module (memory 1) (func"
                              "  (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))"),
    FEATURE(wasm_multi_value, "(module (func (result i32 i32) i32.const 0 i32.const 0))"),
    FEATURE(wasm_multi_memory, "(module (memory 1) (memory 1))"),
    FEATURE(wasm_memory64, "(module (memory i64 1))"),
    FEATURE(wasm_memory64, "(module (table i64 1 funcref))"),
    FEATURE(wasm_wide_arithmetic, "(module (func (result i64 i64)"
                                  "  (i64.mul_wide_u (i64.const 1) (i64.const 2))))"),
    FEATURE(wasm_exceptions, "(module (tag) (func (throw 0)))"),
    FEATURE(wasm_custom_page_sizes, "(module (memory 1 (pagesize 1)))"),
};

static void proposals_are_switched(void)
{
    for (size_t i = 0; i < sizeof features / sizeof *features; i++)
        for (int value = 0; value < 2; value++) {
            wasm_engine_t *engine = engine_with(features[i].set, value);
            if (!EXPECT(engine != NULL))
                continue;
            bool is_right = takes(engine, features[i].text) == value;
            if (!EXPECT(is_right))
                printf("  %s(%d)\n", features[i].name, value);
            EXPECT_U64(run(engine, "(module (func (export \"f\") (result i64) i64.const 7))"), 7);
            wasm_engine_delete(engine);
        }
}

/* libwasmtime does not make these engines: what needs them is still on. */
static void proposals_with_dependants(void)
{
    if (!kit_is_stint())
        return;
    wasm_engine_t *engine = engine_with(wasmtime_config_wasm_reference_types_set, false);
    EXPECT(!takes(engine, "(module (func (param externref)))"));
    EXPECT(takes(engine, "(module (table 1 funcref))"));
    wasm_engine_delete(engine);
    engine = engine_with(wasmtime_config_wasm_simd_set, false);
    EXPECT(!takes(engine, "(module (func (param v128)))"));
    wasm_engine_delete(engine);
}

static void without_a_collector(void)
{
    wasm_engine_t *engine = engine_with(wasmtime_config_gc_support_set, false);
    wasmtime_store_t *store = wasmtime_store_new(engine, NULL, NULL);
    wasmtime_externref_t ref;
    EXPECT(!wasmtime_externref_new(wasmtime_store_context(store), store, NULL, &ref));
    EXPECT(!wasmtime_context_gc(wasmtime_store_context(store)));
    EXPECT(takes(engine, "(module (table 1 funcref) (func (param funcref)))"));
    wasmtime_store_delete(store);
    wasm_engine_delete(engine);
}

static void shared_memories_are_a_setting(void)
{
    for (int value = 0; value < 2; value++) {
        wasm_engine_t *engine = engine_with(wasmtime_config_shared_memory_set, value);
        wasm_memorytype_t *type;
        wasmtime_sharedmemory_t *memory = NULL;
        EXPECT(!wasmtime_memorytype_new(1, true, 1, false, true, 16, &type));
        wasmtime_error_t *error = wasmtime_sharedmemory_new(engine, type, &memory);
        EXPECT((error == NULL) == value);
        if (error)
            wasmtime_error_delete(error);
        else
            wasmtime_sharedmemory_delete(memory);
        wasm_memorytype_delete(type);
        wasm_engine_delete(engine);
    }
}

/* ---- relaxed operators ---- */

/* What the specification's deterministic profile has for operands that other readings are for. */
static const struct {
    const char *code; /* a v128 */
    uint64_t low;
} relaxed[] = {
    {"(i8x16.relaxed_swizzle (v128.const i8x16 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)"
     "  (v128.const i8x16 16 17 127 128 255 0 1 2 0 0 0 0 0 0 0 0))", 0x0302010000000000},
    {"(i32x4.relaxed_trunc_f32x4_s (v128.const f32x4 nan 3e9 0 0))", 0x7fffffff00000000},
    {"(i32x4.relaxed_trunc_f32x4_u (v128.const f32x4 -3 5e9 0 0))", 0xffffffff00000000},
    {"(i32x4.relaxed_trunc_f64x2_s_zero (v128.const f64x2 nan -1e10))", 0x8000000000000000},
    {"(i32x4.relaxed_trunc_f64x2_u_zero (v128.const f64x2 -1 1e10))", 0xffffffff00000000},
    {"(i8x16.relaxed_laneselect (v128.const i64x2 -1 0) (v128.const i64x2 0 0)"
     "  (v128.const i64x2 0x0180ff0f00000000 0))", 0x0180ff0f00000000},
    {"(i16x8.relaxed_laneselect (v128.const i64x2 -1 0) (v128.const i64x2 0 0)"
     "  (v128.const i64x2 0x8001 0))", 0x8001},
    {"(i32x4.relaxed_laneselect (v128.const i64x2 -1 0) (v128.const i64x2 0 0)"
     "  (v128.const i64x2 0x80000001 0))", 0x80000001},
    {"(i64x2.relaxed_laneselect (v128.const i64x2 -1 0) (v128.const i64x2 0 0)"
     "  (v128.const i64x2 0x8000000000000001 0))", 0x8000000000000001},
    {"(f32x4.relaxed_min (v128.const f32x4 0 -0 0 0) (v128.const f32x4 -0 0 0 0))",
     0x8000000080000000},
    {"(f64x2.relaxed_max (v128.const f64x2 -0 0) (v128.const f64x2 0 0))", 0},
    {"(i16x8.relaxed_q15mulr_s (v128.const i16x8 -32768 1 0 0 0 0 0 0)"
     "  (v128.const i16x8 -32768 1 0 0 0 0 0 0))", 0x7fff},
    {"(i16x8.relaxed_dot_i8x16_i7x16_s (v128.const i8x16 -1 2 3 4 0 0 0 0 0 0 0 0 0 0 0 0)"
     "  (v128.const i8x16 -1 2 -3 4 0 0 0 0 0 0 0 0 0 0 0 0))", 0x00070005},
    {"(i32x4.relaxed_dot_i8x16_i7x16_add_s"
     "  (v128.const i8x16 -1 2 3 4 0 0 0 0 0 0 0 0 0 0 0 0)"
     "  (v128.const i8x16 -1 2 -3 4 0 0 0 0 0 0 0 0 0 0 0 0) (v128.const i32x4 10 20 0 0))",
     0x0000001400000016},
};

static void relaxed_operators_made_strict(void)
{
    wasm_engine_t *engine = engine_with(wasmtime_config_wasm_relaxed_simd_deterministic_set, true);
    char text[512];
    for (size_t i = 0; i < sizeof relaxed / sizeof *relaxed; i++) {
        snprintf(text, sizeof text,
                 "(module (func (export \"f\") (result i64) (i64x2.extract_lane 0 %s)))",
                 relaxed[i].code);
        if (!EXPECT_U64(run(engine, text), relaxed[i].low))
            printf("  %s\n", relaxed[i].code);
    }
    wasm_engine_delete(engine);
}

/* ---- how code is made ---- */

static const char recursion[] =
    "(module (func $r (param i64) (result i64)"
    "    (loop) (; each call has a frame: it is not inlined ;)"
    "    (if (result i64) (i64.eqz (local.get 0))"
    "    (then (i64.const 0)) (else (i64.add (i64.const 1)"
    "      (call $r (i64.sub (local.get 0) (i64.const 1)))))))"
    "  (func (export \"f\") (result i64) (call $r (i64.const 40000))))";

static void stacks_have_a_size(void)
{
    for (int large = 0; large < 2; large++) {
        wasm_config_t *config = wasm_config_new();
        wasmtime_config_max_wasm_stack_set(config, large ? 2 << 20 : 64 << 10);
        wasm_engine_t *engine = wasm_engine_new_with_config(config);
        EXPECT_U64(run(engine, recursion), large ? 40000 : -1);
        wasm_engine_delete(engine);
    }
}

static void settings_without_a_meaning(void)
{
    static const BoolSetter setters[] = {
        wasmtime_config_debug_info_set,
        wasmtime_config_parallel_compilation_set,
        wasmtime_config_cranelift_debug_verifier_set,
        wasmtime_config_cranelift_nan_canonicalization_set,
        wasmtime_config_native_unwind_info_set,
        wasmtime_config_macos_use_mach_ports_set,
        wasmtime_config_memory_may_move_set,
        wasmtime_config_memory_init_cow_set,
        wasmtime_config_wasm_branch_hinting_set,
        wasmtime_config_wasm_compact_imports_set,
        wasmtime_config_wasm_stack_switching_set,
        wasmtime_config_concurrency_support_set,
        wasmtime_config_signals_based_traps_set,
    };
    for (size_t i = 0; i < sizeof setters / sizeof *setters; i++)
        for (int value = 0; value < 2; value++) {
            wasm_engine_t *engine = engine_with(setters[i], value);
            if (EXPECT(engine != NULL))
                EXPECT_U64(run(engine, "(module (memory 1) (func (export \"f\") (result i64)"
                                       "  (i64.load (i32.const 8))))"), 0);
            wasm_engine_delete(engine);
        }
}

static void memories_of_all_sorts(void)
{
    static const uint64_t sizes[] = {0, 1 << 16, 1 << 20, (uint64_t)4 << 30};
    for (size_t i = 0; i < 16; i++) {
        wasm_config_t *config = wasm_config_new();
        wasmtime_config_memory_reservation_set(config, sizes[i / 4]);
        wasmtime_config_memory_guard_size_set(config, sizes[i % 4]);
        wasmtime_config_memory_reservation_for_growth_set(config, sizes[i % 4]);
        wasm_engine_t *engine = wasm_engine_new_with_config(config);
        if (EXPECT(engine != NULL)) {
            EXPECT_U64(run(engine, "(module (memory 1) (func (export \"f\") (result i64)"
                                   "  (i64.store (i32.const 65528) (i64.const 5))"
                                   "  (drop (memory.grow (i32.const 3)))"
                                   "  (i64.store offset=196608 (i32.const 8) (i64.const 2))"
                                   "  (i64.load (i32.const 65528))))"), 5);
            EXPECT_U64(run(engine, "(module (memory 1) (func (export \"f\") (result i64)"
                                   "  (i64.load (i32.const 65529))))"), -1);
            EXPECT_U64(run(engine, "(module (memory 1) (func (export \"f\") (result i64)"
                                   "  (i64.load offset=4294967288 (i32.const -1))))"), -1);
        }
        wasm_engine_delete(engine);
    }
}

static void efforts_of_compiling(void)
{
    static const wasmtime_opt_level_t levels[] = {
        WASMTIME_OPT_LEVEL_NONE, WASMTIME_OPT_LEVEL_SPEED, WASMTIME_OPT_LEVEL_SPEED_AND_SIZE};
    for (size_t i = 0; i < 3; i++) {
        wasm_config_t *config = wasm_config_new();
        wasmtime_config_cranelift_opt_level_set(config, levels[i]);
        wasmtime_config_strategy_set(config, WASMTIME_STRATEGY_CRANELIFT);
        wasmtime_config_cranelift_regalloc_algorithm_set(config, WASMTIME_REGALLOC_BACKTRACKING);
        wasmtime_config_profiler_set(config, WASMTIME_PROFILING_STRATEGY_NONE);
        wasm_engine_t *engine = wasm_engine_new_with_config(config);
        EXPECT_U64(run(engine, recursion), -1);
        EXPECT_U64(run(engine, "(module (func (export \"f\") (result i64) i64.const 7))"), 7);
        wasm_engine_delete(engine);
    }
}

/* ---- settings by name ---- */

static wasm_engine_t *engine_with_flag(const char *flag, const char *value)
{
    wasm_config_t *config = wasm_config_new();
    if (value)
        wasmtime_config_cranelift_flag_set(config, flag, value);
    else
        wasmtime_config_cranelift_flag_enable(config, flag);
    return wasm_engine_new_with_config(config);
}

static void flags_of_the_code_generator(void)
{
    static const char *const flags[][2] = {
        {"opt_level", "none"},        {"opt_level", "speed_and_size"},
        {"enable_verifier", "false"}, {"enable_nan_canonicalization", "true"},
        {"regalloc_checker", NULL},   {"unwind_info", NULL},
        {"is_pic", "false"},          {"regalloc_verbose_logs", "0"},
        {"has_avx2", "0"},            {"has_sse41", "true"},
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        wasm_engine_t *engine = engine_with_flag(flags[i][0], flags[i][1]);
        if (EXPECT(engine != NULL))
            EXPECT_U64(run(engine, "(module (func (export \"f\") (result i64) i64.const 7))"), 7);
        wasm_engine_delete(engine);
    }
}

/* libwasmtime ends the process at all of these. */
static void flags_that_are_none(void)
{
    static const char *const flags[][2] = {
        {"enable_telepathy", NULL}, {"has_telepathy", NULL}, {"enable_verifier", "perhaps"},
        {"has_sse4.11", "true"},    {"has_", "true"},        {"", "true"},
    };
    if (!kit_is_stint())
        return;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        EXPECT(!engine_with_flag(flags[i][0], flags[i][1]));
}

static void targets(void)
{
    wasm_config_t *config = wasm_config_new();
    wasmtime_error_t *error = wasmtime_config_target_set(config, "z80-zilog-none");
    EXPECT(error != NULL);
    wasmtime_error_delete(error);
    EXPECT(!wasmtime_config_target_set(config, "x86_64-unknown-linux-gnu"));
    wasm_engine_t *engine = wasm_engine_new_with_config(config);
    EXPECT_U64(run(engine, "(module (func (export \"f\") (result i64) i64.const 7))"), 7);
    EXPECT(!wasmtime_engine_is_pulley(engine));
    wasm_engine_delete(engine);
}

int main(void)
{
    TEST(proposals_are_switched);
    TEST(proposals_with_dependants);
    TEST(without_a_collector);
    TEST(shared_memories_are_a_setting);
    TEST(relaxed_operators_made_strict);
    TEST(stacks_have_a_size);
    TEST(settings_without_a_meaning);
    TEST(memories_of_all_sorts);
    TEST(efforts_of_compiling);
    TEST(flags_of_the_code_generator);
    TEST(flags_that_are_none);
    TEST(targets);
    return test_end();
}
