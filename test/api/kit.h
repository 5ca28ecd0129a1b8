/* What the tests of the C ABI share: a store with a linker, for each way that code is compiled;
 * guest modules in the text format; calls whose traps come back as a code and a line of frames.
 *
 * KIT_TEST(f) runs f once for each variant below, each time in an engine of its own. Set-up that
 * fails ends the program: no test could say anything then.
 *
 * With libwasmtime in the place of libstint.so (test/original.py) there are no options and so one
 * variant; what is to differ then asks kit_is_stint(). */
#ifndef STINT_TEST_API_KIT_H
#define STINT_TEST_API_KIT_H

#include <stint.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "test.h"

#pragma weak stint_config_set_option
static inline bool kit_is_stint(void) { return stint_config_set_option != NULL; }

static struct {
    wasm_engine_t *engine;
    wasmtime_linker_t *linker;
    wasmtime_store_t *store;
    wasmtime_context_t *context;
} kit;

/* ---- set-up ---- */

static void kit_need(wasmtime_error_t *error, wasm_trap_t *trap, const char *what)
{
    wasm_message_t text = {0, NULL};
    if (!error && !trap)
        return;
    if (error)
        wasmtime_error_message(error, &text);
    else
        wasm_trap_message(trap, &text);
    printf("%s: %s: %.*s\n", test_now.name, what, (int)text.size, text.data);
    exit(2);
}

/* How code and runtime keep a guest in its memory and find its traps. */
static const struct {
    const char *name;
    const char *options[2]; /* of group O */
} kit_variants[] = {
    {"guard pages", {NULL, NULL}},
    {"gs", {"gs=y", NULL}},
    {"explicit bounds", {"explicit-bounds=y", NULL}},
    {"no signals", {"signals-based-traps=n", NULL}},
    {"no signals, gs", {"signals-based-traps=n", "gs=y"}},
};

static bool kit_has_gs(void) { return getauxval(AT_HWCAP2) & 2; }

static void kit_set(wasm_config_t *config, char group, const char *option)
{
    char key[64];
    const char *value = strchr(option, '=') + 1;
    if (!kit_is_stint())
        return;
    snprintf(key, sizeof key, "%.*s", (int)(value - option - 1), option);
    kit_need(stint_config_set_option(config, group, key, value), NULL, option);
}

/* What a test needs of its engine beside its variant; NULL: nothing. */
static const char *kit_debug_option;
static const char *kit_compile_option;
static const char *kit_wasm_options[2];
static void (*kit_configure)(wasm_config_t *config);

static void kit_begin(size_t variant)
{
    wasm_config_t *config = wasm_config_new();
    for (size_t i = 0; i < 2; i++)
        if (kit_variants[variant].options[i])
            kit_set(config, 'O', kit_variants[variant].options[i]);
    if (kit_debug_option)
        kit_set(config, 'D', kit_debug_option);
    if (kit_compile_option)
        kit_set(config, 'C', kit_compile_option);
    for (size_t i = 0; i < 2; i++)
        if (kit_wasm_options[i])
            kit_set(config, 'W', kit_wasm_options[i]);
    if (kit_configure)
        kit_configure(config);
    kit.engine = wasm_engine_new_with_config(config);
    kit.store = kit.engine ? wasmtime_store_new(kit.engine, NULL, NULL) : NULL;
    kit.linker = kit.store ? wasmtime_linker_new(kit.engine) : NULL;
    if (!kit.linker) {
        printf("no engine: %s\n", kit_variants[variant].name);
        exit(2);
    }
    kit.context = wasmtime_store_context(kit.store);
}

static void kit_end(void)
{
    wasmtime_linker_delete(kit.linker);
    wasmtime_store_delete(kit.store);
    wasm_engine_delete(kit.engine);
}

static void (*kit_function)(void);
static size_t kit_variant;

static void kit_run_variant(void)
{
    const char *const *options = kit_variants[kit_variant].options;
    for (size_t i = 0; i < 2; i++)
        if (options[i] && strcmp(options[i], "gs=y") == 0 && !kit_has_gs())
            SKIP("the system does not let programs set gs");
    kit_begin(kit_variant);
    kit_function();
    kit_end();
}

static inline void kit_test(const char *name, void (*function)(void))
{
    char whole[128];
    size_t n = kit_is_stint() ? sizeof kit_variants / sizeof *kit_variants : 1;
    for (kit_variant = 0; kit_variant < n; kit_variant++) {
        kit_function = function;
        snprintf(whole, sizeof whole, "%s, %s", name, kit_variants[kit_variant].name);
        test_run(whole, kit_run_variant);
    }
}
#define KIT_TEST(function) kit_test(#function, function)

/* Expects an error with this message and frees it; NULL: success. */
#define KIT_EXPECT_ERROR(error, text) kit_expect_error(error, text, __FILE__, __LINE__)
static inline void kit_expect_error(wasmtime_error_t *error, const char *want, const char *file,
                                    int line)
{
    char got[512] = "";
    wasm_message_t text = {0, NULL};
    if (error) {
        wasmtime_error_message(error, &text);
        snprintf(got, sizeof got, "%.*s", (int)text.size, text.data);
        wasm_byte_vec_delete(&text);
        wasmtime_error_delete(error);
    }
    test_expect_str(error ? got : NULL, want, "error", file, line);
}

/* ---- guests ---- */

/* Instantiates a module in the text format; its exports become imports of later ones, under
 * `name`. */
static inline wasmtime_instance_t kit_instance(const char *name, const char *wat)
{
    wasm_byte_vec_t bytes;
    wasmtime_module_t *module;
    wasmtime_instance_t instance;
    wasm_trap_t *trap = NULL;
    kit_need(wasmtime_wat2wasm(wat, strlen(wat), &bytes), NULL, "assembling");
    kit_need(wasmtime_module_new(kit.engine, (const uint8_t *)bytes.data, bytes.size, &module),
             NULL, name);
    wasm_byte_vec_delete(&bytes);
    wasmtime_error_t *error =
        wasmtime_linker_instantiate(kit.linker, kit.context, module, &instance, &trap);
    kit_need(error, trap, name);
    wasmtime_module_delete(module);
    kit_need(wasmtime_linker_define_instance(kit.linker, kit.context, name, strlen(name),
                                             &instance),
             NULL, name);
    return instance;
}

static wasm_valtype_vec_t kit_i64s(size_t n)
{
    wasm_valtype_vec_t types;
    wasm_valtype_vec_new_uninitialized(&types, n);
    for (size_t i = 0; i < n; i++)
        types.data[i] = wasm_valtype_new(WASM_I64);
    return types;
}

/* A host function `host.NAME`, of i64 only. */
static inline void kit_host(const char *name, size_t n_params, size_t n_results,
                            wasmtime_func_callback_t function, void *env)
{
    wasm_valtype_vec_t params = kit_i64s(n_params), results = kit_i64s(n_results);
    wasm_functype_t *type = wasm_functype_new(&params, &results);
    kit_need(wasmtime_linker_define_func(kit.linker, "host", 4, name, strlen(name), type, function,
                                         env, NULL),
             NULL, name);
    wasm_functype_delete(type);
}

static inline wasmtime_extern_t kit_export(const wasmtime_instance_t *instance, const char *name)
{
    wasmtime_extern_t item;
    if (!wasmtime_instance_export_get(kit.context, instance, name, strlen(name), &item)) {
        printf("%s: no export %s\n", test_now.name, name);
        exit(2);
    }
    return item;
}

/* The i64 at an address of the memory exported as "memory". */
static inline int64_t kit_peek(const wasmtime_instance_t *instance, size_t at)
{
    wasmtime_extern_t item = kit_export(instance, "memory");
    int64_t value;
    memcpy(&value, wasmtime_memory_data(kit.context, &item.of.memory) + at, sizeof value);
    return value;
}

/* ---- calls ---- */

enum { KIT_MAX_ARGS = 32, KIT_NO_CODE = -1 };

typedef struct KitOutcome {
    bool is_ok;
    int64_t value;    /* is_ok: the result, if there is one */
    int code;         /* of a trap; KIT_NO_CODE: something else went wrong */
    size_t n_frames;
    char frames[512]; /* "module!function" of the innermost frames, with blanks between */
    char outermost[64];
} KitOutcome;

static void kit_print_frame(char *out, size_t cap, const wasm_frame_t *frame)
{
    const wasm_name_t *module = wasmtime_frame_module_name(frame);
    const wasm_name_t *function = wasmtime_frame_func_name(frame);
    snprintf(out, cap, "%.*s!%.*s", module ? (int)module->size : 1, module ? module->data : "?",
             function ? (int)function->size : 1, function ? function->data : "?");
}

static void kit_take_trap(KitOutcome *out, wasm_trap_t *trap)
{
    wasm_frame_vec_t frames;
    wasmtime_trap_code_t code;
    out->code = wasmtime_trap_code(trap, &code) ? (int)code : KIT_NO_CODE;
    wasm_trap_trace(trap, &frames);
    out->n_frames = frames.size;
    for (size_t i = 0; i < frames.size; i++) {
        size_t len = strlen(out->frames);
        kit_print_frame(out->outermost, sizeof out->outermost, frames.data[i]);
        if (len + strlen(out->outermost) + 2 < sizeof out->frames)
            snprintf(out->frames + len, sizeof out->frames - len, "%s%s", len ? " " : "",
                     out->outermost);
    }
    wasm_frame_vec_delete(&frames);
    wasm_trap_delete(trap);
}

/* Calls an exported function of i64, with at most one result. */
static inline KitOutcome kit_call(const wasmtime_instance_t *instance, const char *name,
                                  size_t n_args, const int64_t *args)
{
    wasmtime_extern_t item = kit_export(instance, name);
    wasmtime_val_t given[KIT_MAX_ARGS], result;
    wasm_trap_t *trap = NULL;
    KitOutcome out = {.code = KIT_NO_CODE};
    for (size_t i = 0; i < n_args; i++)
        given[i] = (wasmtime_val_t){.kind = WASMTIME_I64, .of.i64 = args[i]};
    wasm_functype_t *type = wasmtime_func_type(kit.context, &item.of.func);
    size_t n_results = wasm_functype_results(type)->size;
    wasm_functype_delete(type);
    wasmtime_error_t *error = wasmtime_func_call(kit.context, &item.of.func, given, n_args,
                                                 &result, n_results, &trap);
    out.is_ok = !error && !trap;
    out.value = out.is_ok && n_results ? result.of.i64 : 0;
    if (trap)
        kit_take_trap(&out, trap);
    if (error) {
        wasm_name_t text;
        wasmtime_error_message(error, &text);
        snprintf(out.frames, sizeof out.frames, "%.*s", (int)text.size, text.data);
        wasm_byte_vec_delete(&text);
        wasmtime_error_delete(error);
    }
    return out;
}
#define KIT_CALL(instance, name, ...)                                               \
    kit_call(instance, name, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), \
             (const int64_t[]){__VA_ARGS__})

#endif
