/* The text format through the public headers: bytes, modules, errors that show the place. */
#include <stint.h>

#include <stdlib.h>

#include "test.h"

static bool says(wasmtime_error_t *error, const char *want)
{
    wasm_name_t message;
    if (!EXPECT(error != NULL))
        return false;
    wasmtime_error_message(error, &message);
    wasmtime_error_delete(error);
    char *text = strndup(message.data, message.size);
    wasm_byte_vec_delete(&message);
    bool is_same = EXPECT_STR(text, want);
    free(text);
    return is_same;
}

static void text_becomes_bytes(void)
{
    static const uint8_t empty[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    wasm_byte_vec_t bytes = {0, NULL};
    EXPECT(!wasmtime_wat2wasm("(module)", 8, &bytes));
    EXPECT(bytes.size == sizeof empty && !memcmp(bytes.data, empty, sizeof empty));
    wasm_byte_vec_delete(&bytes);
    /* Whether it is valid is for others to say; all features are on. */
    EXPECT(!wasmtime_wat2wasm("(memory 9 1 (pagesize 1))", 25, &bytes));
    wasm_byte_vec_delete(&bytes);
}

static void errors_show_the_place(void)
{
    wasm_byte_vec_t bytes = {7, NULL};
    says(wasmtime_wat2wasm("(func\n\tnop (i32.ad))", 20, &bytes),
         "2:7: unknown operator i32.ad: expected an instruction; near: `i32.add`, `i32.and`, "
         "`i32.load`\n"
         "    2 | \tnop (i32.ad))\n"
         "      | \t     ^");
    says(wasmtime_wat2wasm("(func", 5, &bytes),
         "1:6: unexpected token: the text ends, expected `)` for what begins on line 1, column 1\n"
         "    1 | (func\n"
         "      |      ^");
    says(stint_wat2wasm("f.wat", "x", 1, &bytes),
         "f.wat:1:1: unknown operator x: expected the end of the text\n"
         "    1 | x\n"
         "      | ^");
    EXPECT_U64(bytes.size, 7);
}

static void modules_of_text_run(void)
{
    static const char text[] = "(func (export \"f\") (result i32) (i32.const 42))";
    wasm_engine_t *engine = wasm_engine_new();
    wasmtime_module_t *module = NULL;
    EXPECT(!stint_module_new_wat(engine, NULL, text, sizeof text - 1, &module));
    EXPECT(!stint_module_validate_wat(engine, NULL, text, sizeof text - 1));
    wasm_exporttype_vec_t exports;
    wasmtime_module_exports(module, &exports);
    EXPECT_U64(exports.size, 1);
    wasm_exporttype_vec_delete(&exports);
    wasmtime_module_delete(module);
    /* The binary interface takes no text, as in libwasmtime. */
    wasmtime_error_t *error =
        wasmtime_module_new(engine, (const uint8_t *)text, sizeof text - 1, &module);
    EXPECT(error != NULL);
    wasmtime_error_delete(error);
    wasm_engine_delete(engine);
}

static void validation_errors_show_the_place_in_the_text(void)
{
    static const char text[] = "(func (result i32)\n  (i64.const 1))";
    wasm_engine_t *engine = wasm_engine_new();
    wasmtime_module_t *module = NULL;
    says(stint_module_new_wat(engine, "m.wat", text, sizeof text - 1, &module),
         "failed to compile\n\nCaused by:\n    "
         "m.wat:2:16: type mismatch: instruction requires [i32] but stack has [i64], at end\n"
         "    2 |   (i64.const 1))\n"
         "      |                ^\n");
    EXPECT(module == NULL);
    says(stint_module_validate_wat(engine, NULL, "(memory 70000)", 14),
         "failed to compile\n\nCaused by:\n    "
         "1:1: memory size must be at most 65536 pages (4GiB), found 70000\n"
         "    1 | (memory 70000)\n"
         "      | ^\n");
    wasm_engine_delete(engine);
}

static void engines_refuse_features_in_text(void)
{
    static const char text[] = "(func (return_call 0))";
    wasm_config_t *config = wasm_config_new();
    wasmtime_error_delete(stint_config_set_option(config, 'W', "tail-call", "n"));
    wasm_engine_t *engine = wasm_engine_new_with_config(config);
    says(stint_module_validate_wat(engine, NULL, text, sizeof text - 1),
         "failed to compile\n\nCaused by:\n    "
         "1:8: unknown operator return_call: this needs the tail-call feature, which is switched "
         "off\n"
         "    1 | (func (return_call 0))\n"
         "      |        ^\n");
    wasm_engine_delete(engine);
}

int main(void)
{
    TEST(text_becomes_bytes);
    TEST(errors_show_the_place);
    TEST(modules_of_text_run);
    TEST(validation_errors_show_the_place_in_the_text);
    TEST(engines_refuse_features_in_text);
    return test_end();
}
