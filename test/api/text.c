/* Text through the API: modules printed, scripts run. */
#include <stint.h>

#include "test.h"

static const uint8_t add[] =
    "\0asm\1\0\0\0\1\7\1\x60\2\x7f\x7f\1\x7f\3\2\1\0\7\7\1\3add\0\0"
    "\x0a\x09\1\7\0\x20\0\x20\1\x6a\x0b";

static void wasm_becomes_text(void)
{
    wasm_byte_vec_t text;
    if (!EXPECT(!stint_wasm2wat(add, sizeof add - 1, STINT_PRINT_FOLDED, &text)))
        return;
    const char want[] = "(module\n"
                        "  (type (;0;) (func (param i32 i32) (result i32)))\n"
                        "  (export \"add\" (func 0))\n"
                        "  (func (;0;) (type 0) (param i32 i32) (result i32)\n"
                        "    (i32.add (local.get 0) (local.get 1))\n"
                        "  )\n"
                        ")\n";
    EXPECT(text.size == sizeof want - 1 && !memcmp(text.data, want, text.size));
    wasm_byte_vec_delete(&text);
}

static void only_valid_wasm_becomes_text(void)
{
    wasm_byte_vec_t text = {7, NULL};
    wasmtime_error_t *error = stint_wasm2wat(add, sizeof add - 2, 0, &text);
    EXPECT(error && text.size == 7);
    wasmtime_error_delete(error);
}

typedef struct Seen {
    int failures;
    uint32_t line, column;
    char message[128];
} Seen;

static void see(void *ctx, const stint_wast_failure_t *failure)
{
    Seen *seen = ctx;
    seen->failures++;
    seen->line = failure->line;
    seen->column = failure->column;
    snprintf(seen->message, sizeof seen->message, "%.*s", (int)failure->message_len,
             failure->message);
}

static stint_wast_counts_t run(wasm_config_t *config, const char *script, Seen *seen)
{
    stint_wast_options_t options = {.report = see, .ctx = seen};
    stint_wast_counts_t counts = {0};
    wasm_engine_t *engine = wasm_engine_new_with_config(config);
    wasmtime_store_t *store = wasmtime_store_new(engine, NULL, NULL);
    EXPECT(!stint_wast_run(engine, store, script, strlen(script), &options, &counts));
    wasmtime_store_delete(store);
    wasm_engine_delete(engine);
    return counts;
}

static void a_script_runs(void)
{
    Seen seen = {0};
    stint_wast_counts_t counts =
        run(wasm_config_new(),
            "(module (func (export \"f\") (result i32) (i32.const 1)))\n"
            "(assert_return (invoke \"f\") (i32.const 1))\n"
            "  (assert_return (invoke \"f\") (i32.const 2))",
            &seen);
    EXPECT_U64(counts.passed, 2);
    EXPECT_U64(counts.failed, 1);
    EXPECT_U64(counts.skipped, 0);
    EXPECT_U64(seen.failures, 1);
    EXPECT_U64(seen.line, 3);
    EXPECT_U64(seen.column, 4);
    EXPECT_STR(seen.message, "expected (i32.const 2), found (i32.const 1)");
}

static void features_of_the_engine_hold(void)
{
    const char script[] = "(module (memory 1) (memory 1))";
    Seen seen = {0};
    wasm_config_t *config = wasm_config_new(), *clone = stint_config_clone(config);
    EXPECT(!stint_config_set_option(config, 'W', "multi-memory", "n"));
    EXPECT_U64(run(config, script, &seen).failed, 1);
    EXPECT_U64(run(clone, script, &seen).passed, 1);
}

static void features_can_be_asked_for(void)
{
    wasm_config_t *config = wasm_config_new();
    wasmtime_config_wasm_simd_set(config, false);
    wasm_engine_t *engine = wasm_engine_new_with_config(config);
    EXPECT(!stint_engine_has_feature(engine, "simd"));
    EXPECT(stint_engine_has_feature(engine, "multi-memory"));
    EXPECT(!stint_engine_has_feature(engine, "telepathy"));
    wasm_engine_delete(engine);
}

int main(void)
{
    TEST(wasm_becomes_text);
    TEST(only_valid_wasm_becomes_text);
    TEST(a_script_runs);
    TEST(features_of_the_engine_hold);
    TEST(features_can_be_asked_for);
    return test_end();
}
