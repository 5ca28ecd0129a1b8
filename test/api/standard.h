/* What the tests of wasm.h share: a store in each kind of engine, modules in the text format, and
 * calls in a line.
 *
 * ENGINE_TEST(f) runs f in a store of a compiling engine, of one that collects at every chance and
 * of one that interprets. f leaves no handle behind, and ends by end_store() or deletes `store`
 * itself and sets it to NULL. Set-up that fails ends the program. */
#ifndef STINT_TEST_API_STANDARD_H
#define STINT_TEST_API_STANDARD_H

#include <stint.h>
#include <stdlib.h>

#include "test.h"

static wasm_engine_t *engine;
static wasm_store_t *store;

static inline void end_store(void)
{
    wasm_store_delete(store);
    store = NULL;
}

static const struct {
    const char *name;
    char group;
    const char *key, *value;
} engine_kinds[] = {
    {"compiled", 'O', "opt-level", "2"},
    {"collecting", 'D', "gc-stress", "y"},
    {"interpreted", 'C', "compiler", "interpreter"},
};
static size_t engine_kind;
static void (*engine_function)(void);

static void engine_run(void)
{
    wasm_config_t *config = wasm_config_new();
    EXPECT(!stint_config_set_option(config, engine_kinds[engine_kind].group,
                                    engine_kinds[engine_kind].key,
                                    engine_kinds[engine_kind].value));
    engine = wasm_engine_new_with_config(config);
    store = engine ? wasm_store_new(engine) : NULL;
    if (!store) {
        printf("no store: %s\n", engine_kinds[engine_kind].name);
        exit(2);
    }
    engine_function();
    end_store();
    wasm_engine_delete(engine);
}

static inline void engine_test(const char *name, void (*function)(void))
{
    char whole[128];
    engine_function = function;
    for (engine_kind = 0; engine_kind < sizeof engine_kinds / sizeof *engine_kinds; engine_kind++) {
        snprintf(whole, sizeof whole, "%s, %s", name, engine_kinds[engine_kind].name);
        test_run(whole, engine_run);
    }
}
#define ENGINE_TEST(function) engine_test(#function, function)

/* ---- modules and instances ---- */

static inline wasm_module_t *module_of(const char *wat)
{
    wasm_byte_vec_t bytes;
    wasmtime_error_t *error = wasmtime_wat2wasm(wat, strlen(wat), &bytes);
    wasm_module_t *module = error ? NULL : wasm_module_new(store, &bytes);
    if (!module) {
        printf("%s: no module of %s\n", test_now.name, wat);
        exit(2);
    }
    wasm_byte_vec_delete(&bytes);
    return module;
}

static inline wasm_instance_t *instance_of(const wasm_module_t *module, size_t n,
                                           wasm_extern_t **imports)
{
    wasm_extern_vec_t vec = {n, imports};
    wasm_trap_t *trap = NULL;
    wasm_instance_t *instance = wasm_instance_new(store, module, &vec, &trap);
    if (!instance) {
        wasm_message_t text = {0, NULL};
        wasm_trap_message(trap, &text);
        printf("%s: no instance: %s\n", test_now.name, text.data);
        exit(2);
    }
    EXPECT(!trap);
    return instance;
}

static inline wasm_instance_t *instance_of_text(const char *wat, size_t n, wasm_extern_t **imports)
{
    wasm_module_t *module = module_of(wat);
    wasm_instance_t *instance = instance_of(module, n, imports);
    wasm_module_delete(module);
    return instance;
}

/* Export number i, owned by the caller. */
static inline wasm_extern_t *export_of(const wasm_instance_t *instance, size_t i)
{
    wasm_extern_vec_t exports;
    wasm_instance_exports(instance, &exports);
    if (i >= exports.size) {
        printf("%s: no export %zu\n", test_now.name, i);
        exit(2);
    }
    wasm_extern_t *item = exports.data[i];
    exports.data[i] = NULL;
    wasm_extern_vec_delete(&exports);
    return item;
}

static inline wasm_func_t *func_of(const wasm_instance_t *instance, size_t i)
{
    return wasm_extern_as_func(export_of(instance, i));
}

/* ---- host functions and calls ---- */

static inline wasm_func_t *host_func(const wasm_functype_t *type,
                                     wasm_func_callback_with_env_t callback, void *env)
{
    wasm_func_t *func = wasm_func_new_with_env(store, type, callback, env, NULL);
    wasm_functype_delete((wasm_functype_t *)(uintptr_t)type);
    return func;
}

static inline wasm_val_t i32_val(int32_t value)
{
    return (wasm_val_t){.kind = WASM_I32, .of.i32 = value};
}
static inline wasm_val_t ref_val(wasm_ref_t *ref)
{
    return (wasm_val_t){.kind = WASM_EXTERNREF, .of.ref = ref};
}

/* Without a trap, or the test fails. */
static inline wasm_val_t call(const wasm_func_t *func, size_t n, const wasm_val_t *args)
{
    wasm_val_t result = i32_val(0);
    wasm_val_vec_t arg_vec = {n, (wasm_val_t *)(uintptr_t)args}, results = {1, &result};
    wasm_trap_t *trap = wasm_func_call(func, &arg_vec, &results);
    EXPECT(!trap);
    wasm_trap_delete(trap);
    return result;
}
#define CALL(func, ...)                                                           \
    call(func, sizeof((wasm_val_t[]){__VA_ARGS__}) / sizeof(wasm_val_t), \
         (const wasm_val_t[]){__VA_ARGS__})

/* The trap that a call without arguments ends in, or NULL. */
static inline wasm_trap_t *trap_of_call(const wasm_func_t *func)
{
    return wasm_func_call(func, NULL, NULL);
}

static inline bool says(const wasm_trap_t *trap, const char *words)
{
    wasm_message_t text = {0, NULL};
    if (!trap)
        return false;
    wasm_trap_message(trap, &text);
    bool is_there = text.size && text.data[text.size - 1] == 0 && strstr(text.data, words);
    if (!is_there)
        printf("  the message is: %s\n", text.size ? text.data : "");
    wasm_byte_vec_delete(&text);
    return is_there;
}

static inline wasm_trap_t *new_trap(const char *words)
{
    wasm_message_t text;
    wasm_name_new_from_string_nt(&text, words);
    wasm_trap_t *trap = wasm_trap_new(store, &text);
    wasm_byte_vec_delete(&text);
    return trap;
}

#endif
