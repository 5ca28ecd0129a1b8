/* Exceptions in the hands of the host: made, read, thrown, kept; by wasmtime.h and by wasm.h. */
#include "kit.h"

static const char module_m[] =
    "(module $m (import \"host\" \"f\" (func $f (param i64) (result i64)))"
    "  (tag $t (export \"t\") (param i64)) (tag $many (export \"many\")"
    "    (param i32 i64 f32 f64 funcref externref))"
    "  (func $throw (export \"throw\") (param i64) (result i64) (throw $t (local.get 0)))"
    "  (func $call (export \"call\") (param i64) (result i64) (call $f (local.get 0)))"
    "  (func $catch (export \"catch\") (param i64) (result i64)"
    "    (try (result i64) (do (call $f (local.get 0)))"
    "      (catch $t (i64.add (i64.const 1000))) (catch $many (i64.const 2000)"
    "        (local.set 0) (drop) (drop) (drop) (drop) (drop) (i64.extend_i32_s)"
    "        (i64.add (local.get 0))))))";

static wasmtime_instance_t m;

static wasmtime_tag_t tag(const char *name) { return kit_export(&m, name).of.tag; }

static void expect_error(wasmtime_error_t *error, const char *text)
{
    wasm_name_t message = {0, NULL};
    if (!EXPECT(error != NULL))
        return;
    wasmtime_error_message(error, &message);
    EXPECT(message.size >= strlen(text) && memcmp(message.data, text, strlen(text)) == 0);
    wasm_byte_vec_delete(&message);
    wasmtime_error_delete(error);
}

/* ---- host functions ---- */

static wasm_trap_t *(*behaviour)(int64_t arg);
static wasm_trap_t *f(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                      size_t n_args, wasmtime_val_t *results, size_t n_results)
{
    (void)env, (void)caller, (void)n_args, (void)n_results;
    results[0] = args[0];
    return behaviour(args[0].of.i64);
}

static void set_up(wasm_trap_t *(*how)(int64_t))
{
    behaviour = how;
    kit_host("f", 1, 1, f, NULL);
    m = kit_instance("m", module_m);
}

static wasm_trap_t *throw_own(int64_t arg)
{
    wasmtime_tag_t t = tag("t");
    wasmtime_val_t value = {.kind = WASMTIME_I64, .of.i64 = arg * 2};
    wasmtime_exnref_t exn;
    kit_need(wasmtime_exnref_new(kit.context, &t, &value, 1, &exn), NULL, "exnref_new");
    wasm_trap_t *trap = wasmtime_context_set_exception(kit.context, &exn);
    wasmtime_exnref_unroot(&exn);
    return trap;
}

static void hosts_throw(void)
{
    wasmtime_exnref_t exn;
    set_up(throw_own);
    for (int64_t x = 0; x < 20; x++) {
        KitOutcome out = KIT_CALL(&m, "catch", x);
        EXPECT(out.is_ok);
        EXPECT_U64(out.value, 2 * x + 1000);
        EXPECT(!wasmtime_context_has_exception(kit.context));
        out = KIT_CALL(&m, "call", x);
        EXPECT(!out.is_ok && out.code == KIT_NO_CODE);
        EXPECT_STR(out.frames, "m!call");
        EXPECT(wasmtime_context_take_exception(kit.context, &exn));
        wasmtime_exnref_unroot(&exn);
        EXPECT(!wasmtime_context_take_exception(kit.context, &exn));
        EXPECT(wasmtime_exnref_is_null(&exn));
    }
}

/* An ordinary trap is one, whatever is pending. */
static wasm_trap_t *trap_with_pending(int64_t arg)
{
    wasm_trap_delete(throw_own(arg));
    return wasmtime_trap_new("stop", 4);
}

/* What says that there is an exception is only a trap once the exception was taken. */
static wasm_trap_t *taken(int64_t arg)
{
    wasmtime_exnref_t exn;
    wasm_trap_t *trap = throw_own(arg);
    EXPECT(wasmtime_context_take_exception(kit.context, &exn));
    wasmtime_exnref_unroot(&exn);
    return trap;
}

static void traps_are_not_caught(void)
{
    wasmtime_exnref_t exn;
    set_up(trap_with_pending);
    KitOutcome out = KIT_CALL(&m, "catch", 1);
    EXPECT(!out.is_ok && strstr(out.frames, "stop"));
    EXPECT(wasmtime_context_take_exception(kit.context, &exn));
    wasmtime_exnref_unroot(&exn);
    behaviour = taken;
    out = KIT_CALL(&m, "catch", 1);
    EXPECT(!out.is_ok);
    EXPECT_STR(out.frames, "m!catch");
    EXPECT(!wasmtime_context_has_exception(kit.context));
}

/* ---- objects ---- */

static wasmtime_exnref_t many;
static wasm_trap_t *throw_many(int64_t arg)
{
    (void)arg;
    return wasmtime_context_set_exception(kit.context, &many);
}

static void values_of_all_kinds(void)
{
    wasmtime_val_t value, values[6] = {
        {.kind = WASMTIME_I32, .of.i32 = -5},          {.kind = WASMTIME_I64, .of.i64 = INT64_MIN},
        {.kind = WASMTIME_F32, .of.f32 = 1.5f},        {.kind = WASMTIME_F64, .of.f64 = -2.5},
        {.kind = WASMTIME_FUNCREF, .of.funcref = {0}}, {.kind = WASMTIME_EXTERNREF},
    };
    set_up(throw_many);
    wasmtime_tag_t t = tag("many"), found;
    values[4].of.funcref = kit_export(&m, "call").of.func;
    EXPECT(wasmtime_externref_new(kit.context, &t, NULL, &values[5].of.externref));
    kit_need(wasmtime_exnref_new(kit.context, &t, values, 6, &many), NULL, "exnref_new");
    EXPECT_U64(wasmtime_exnref_field_count(kit.context, &many), 6);
    kit_need(wasmtime_exnref_tag(kit.context, &many, &found), NULL, "exnref_tag");
    EXPECT(wasmtime_tag_eq(kit.context, &t, &found));
    for (size_t i = 0; i < 6; i++) {
        kit_need(wasmtime_exnref_field(kit.context, &many, i, &value), NULL, "exnref_field");
        EXPECT_U64(value.kind, values[i].kind);
        if (i < 4)
            EXPECT(memcmp(&value.of, &values[i].of, i % 2 ? 8 : 4) == 0);
        wasmtime_val_unroot(&value);
    }
    kit_need(wasmtime_exnref_field(kit.context, &many, 5, &value), NULL, "exnref_field");
    EXPECT(wasmtime_externref_data(kit.context, &value.of.externref) == &t);
    wasmtime_val_unroot(&value);
    wasmtime_val_unroot(&values[5]);
    KitOutcome out = KIT_CALL(&m, "catch", 1);
    EXPECT(out.is_ok);
    EXPECT_U64(out.value, 2000 - 5);
    wasmtime_exnref_unroot(&many);
}

static void what_does_not_fit_is_an_error(void)
{
    wasmtime_val_t value = {.kind = WASMTIME_I32, .of.i32 = 1};
    wasmtime_exnref_t exn;
    set_up(throw_own);
    wasmtime_tag_t t = tag("t");
    expect_error(wasmtime_exnref_new(kit.context, &t, &value, 0, &exn), "expected 1 fields, got 0");
    expect_error(wasmtime_exnref_new(kit.context, &t, &value, 1, &exn), "field type mismatch");
    value = (wasmtime_val_t){.kind = WASMTIME_I64, .of.i64 = 9};
    kit_need(wasmtime_exnref_new(kit.context, &t, &value, 1, &exn), NULL, "exnref_new");
    expect_error(wasmtime_exnref_field(kit.context, &exn, 1, &value),
                 "cannot access field 1: exn only has 1 fields");
    wasmtime_exnref_t other, back;
    wasmtime_exnref_clone(&exn, &other);
    wasmtime_exnref_from_raw(kit.context, wasmtime_exnref_to_raw(kit.context, &other), &back);
    kit_need(wasmtime_exnref_field(kit.context, &back, 0, &value), NULL, "exnref_field");
    EXPECT_U64(value.of.i64, 9);
    wasmtime_exnref_unroot(&exn);
    wasmtime_exnref_unroot(&other);
    wasmtime_exnref_unroot(&back);
    wasmtime_exnref_from_raw(kit.context, 0, &back);
    EXPECT(wasmtime_exnref_is_null(&back));
}

static void types(void)
{
    wasmtime_val_t value = {.kind = WASMTIME_I64};
    wasmtime_exnref_t exn;
    wasmtime_exn_type_t *made;
    set_up(throw_own);
    wasmtime_tag_t t = tag("t");
    kit_need(wasmtime_exnref_new(kit.context, &t, &value, 1, &exn), NULL, "exnref_new");
    wasmtime_exn_type_t *type = wasmtime_exnref_type(kit.context, &exn);
    wasmtime_exn_type_t *copy = wasmtime_exn_type_copy(type);
    wasmtime_exnref_unroot(&exn);
    wasm_tagtype_t *tag_type = wasmtime_exn_type_tag_type(copy);
    EXPECT_U64(wasm_functype_params(wasm_tagtype_functype(tag_type))->size, 1);
    wasm_tagtype_delete(tag_type);
    wasmtime_exn_type_delete(type);
    wasmtime_exn_type_delete(copy);
    wasm_valtype_vec_t params = kit_i64s(3);
    kit_need(wasmtime_exn_type_new(kit.engine, &params, &made), NULL, "exn_type_new");
    wasm_valtype_vec_delete(&params);
    tag_type = wasmtime_exn_type_tag_type(made);
    EXPECT_U64(wasm_functype_params(wasm_tagtype_functype(tag_type))->size, 3);
    wasm_tagtype_delete(tag_type);
    wasmtime_exn_type_delete(made);
}

/* An exception that is thrown again and again is one object; those that nobody takes by reference
 * are none, so that a million of them need no memory. */
static wasm_trap_t *call_back(int64_t arg)
{
    wasmtime_extern_t item = kit_export(&m, arg > 0 ? "call" : "throw");
    wasmtime_val_t given = {.kind = WASMTIME_I64, .of.i64 = arg - 1}, result;
    wasm_trap_t *trap = NULL;
    kit_need(wasmtime_func_call(kit.context, &item.of.func, &given, 1, &result, 1, &trap), NULL,
             "a call back");
    return trap;
}

static void through_many_host_frames(void)
{
    set_up(call_back);
    for (int64_t depth = 0; depth < 60; depth++) {
        KitOutcome out = KIT_CALL(&m, "catch", depth);
        EXPECT(out.is_ok);
        EXPECT_U64(out.value, 1000 - 1);
    }
}

/* ---- wasm.h ---- */

static wasm_trap_t *plain(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    wasm_func_t **throw_func = env;
    (void)results;
    return wasm_func_call(*throw_func, args, results);
}

/* Functions of wasm.h hand an exception on like the others. */
static void by_the_standard_header(void)
{
    wasm_byte_vec_t bytes;
    wasm_config_t *config = wasm_config_new();
    kit_set(config, 'W', kit_wasm_options[0]);
    wasm_engine_t *engine = wasm_engine_new_with_config(config);
    wasm_store_t *store = wasm_store_new(engine);
    const char *text = "(module (import \"\" \"f\" (func $f (param i64) (result i64)))"
                       "  (tag $t (param i64))"
                       "  (func (export \"throw\") (param i64) (result i64)"
                       "    (throw $t (i64.mul (local.get 0) (i64.const 3))))"
                       "  (func (export \"catch\") (param i64) (result i64)"
                       "    (try (result i64) (do (call $f (local.get 0))) (catch $t))))";
    kit_need(wasmtime_wat2wasm(text, strlen(text), &bytes), NULL, "assembling");
    wasm_module_t *module = wasm_module_new(store, &bytes);
    wasm_byte_vec_delete(&bytes);
    wasm_valtype_vec_t params = kit_i64s(1), results = kit_i64s(1);
    wasm_functype_t *type = wasm_functype_new(&params, &results);
    wasm_func_t *throw_func = NULL;
    wasm_func_t *host = wasm_func_new_with_env(store, type, plain, &throw_func, NULL);
    wasm_extern_t *imports[1] = {wasm_func_as_extern(host)};
    wasm_extern_vec_t import_vec = {1, imports}, exports;
    wasm_instance_t *instance = wasm_instance_new(store, module, &import_vec, NULL);
    if (EXPECT(instance != NULL)) {
        wasm_instance_exports(instance, &exports);
        throw_func = wasm_extern_as_func(exports.data[0]);
        wasm_val_t given[1] = {{.kind = WASM_I64, .of.i64 = 14}}, got[1];
        wasm_val_vec_t given_vec = {1, given}, got_vec = {1, got};
        wasm_trap_t *trap = wasm_func_call(wasm_extern_as_func(exports.data[1]), &given_vec,
                                           &got_vec);
        EXPECT(!trap);
        EXPECT_U64(got[0].of.i64, 42);
        trap = wasm_func_call(throw_func, &given_vec, &got_vec);
        EXPECT(trap != NULL);
        wasm_trap_delete(trap);
        wasm_extern_vec_delete(&exports);
    }
    wasm_instance_delete(instance);
    wasm_func_delete(host);
    wasm_functype_delete(type);
    wasm_module_delete(module);
    wasm_store_delete(store);
    wasm_engine_delete(engine);
}

int main(void)
{
    kit_wasm_options[0] = "legacy-exceptions=y";
    KIT_TEST(hosts_throw);
    KIT_TEST(traps_are_not_caught);
    KIT_TEST(values_of_all_kinds);
    KIT_TEST(what_does_not_fit_is_an_error);
    KIT_TEST(types);
    KIT_TEST(through_many_host_frames);
    TEST(by_the_standard_header);
    return test_end();
}
