/* Memory that runs out, at every single place of an asynchronous call: an error each time, nothing
 * leaks, and the same store can be called when there is memory again. */
#define _GNU_SOURCE
#include "failing_alloc.h"

#include <wasmtime.h>

#include "test.h"

static struct {
    wasm_engine_t *engine;
    wasmtime_linker_t *linker;
    wasm_functype_t *type;
    wasmtime_module_t *module;
    wasmtime_store_t *store;
    wasmtime_context_t *context;
    wasmtime_func_t func;
    int waiting, finalized;
} t;

/* ---- the host ---- */

static int turns;
static bool goes_on(void *env) { return env == &t && turns-- == 0; }
static void ends(void *env) { t.waiting -= env == &t; }
static void finalize(void *env) { t.finalized += env == &t; }

static void begin_wait(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                       size_t n_args, wasmtime_val_t *results, size_t n_results,
                       wasm_trap_t **trap, wasmtime_async_continuation_t *left)
{
    (void)env, (void)caller, (void)n_args, (void)n_results, (void)trap;
    results[0] = args[0];
    t.waiting++;
    turns = 2;
    *left = (wasmtime_async_continuation_t){goes_on, &t, ends};
}

/* ---- steps: true when done, false when memory ran out ---- */

static bool is_ok(wasmtime_error_t *error)
{
    if (error)
        wasmtime_error_delete(error);
    return !error;
}

static bool define(void)
{
    return is_ok(wasmtime_linker_define_async_func(t.linker, "h", 1, "wait", 4, t.type, begin_wait,
                                                   &t, finalize));
}

static bool make_store(void)
{
    t.store = wasmtime_store_new(t.engine, NULL, NULL);
    t.context = t.store ? wasmtime_store_context(t.store) : NULL;
    return t.store != NULL;
}

static bool run_future(wasmtime_call_future_t *future, wasm_trap_t **trap,
                       wasmtime_error_t **error, int max_turns)
{
    for (int i = 0; i < max_turns && !wasmtime_call_future_poll(future); i++) {}
    wasmtime_call_future_delete(future);
    EXPECT(t.waiting == 0 && !(*trap && *error));
    if (*trap)
        wasm_trap_delete(*trap);
    return is_ok(*error) && !*trap;
}

static bool instantiate(void)
{
    wasmtime_instance_t instance;
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = NULL;
    wasmtime_extern_t item;
    wasmtime_call_future_t *future = wasmtime_linker_instantiate_async(
        t.linker, t.context, t.module, &instance, &trap, &error);
    if (!run_future(future, &trap, &error, 10) ||
        !wasmtime_instance_export_get(t.context, &instance, "f", 1, &item))
        return false;
    t.func = item.of.func;
    return true;
}

static bool call_some(int max_turns, bool *is_right)
{
    wasmtime_val_t arg = {.kind = WASMTIME_I64, .of.i64 = 8}, result = {.of.i64 = 0};
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = NULL;
    wasmtime_call_future_t *future =
        wasmtime_func_call_async(t.context, &t.func, &arg, 1, &result, 1, &trap, &error);
    bool ok = run_future(future, &trap, &error, max_turns);
    *is_right = result.of.i64 == 9;
    return ok;
}

static bool call(void)
{
    bool is_right;
    return call_some(10, &is_right) && is_right;
}

static bool give_up(void)
{
    bool is_right;
    return call_some(2, &is_right) && !is_right;
}

static const struct {
    const char *name;
    bool (*run)(void);
} steps[] = {{"define", define}, {"store", make_store}, {"instantiate", instantiate},
             {"call", call},     {"give up", give_up},  {"call again", call}};

/* Runs all steps, the n-th allocation of step `failing` refused. True if there was an n-th. */
static bool run(size_t failing, u32 n, bool again)
{
    bool happened = false;
    wasm_config_t *config = wasm_config_new();
    t.engine = wasm_engine_new_with_config(config);
    t.linker = wasmtime_linker_new(t.engine);
    t.type = wasm_functype_new_1_1(wasm_valtype_new_i64(), wasm_valtype_new_i64());
    static const char text[] =
        "(module (import \"h\" \"wait\" (func $wait (param i64) (result i64))) (memory 1)"
        " (func $start (drop (call $wait (i64.const 1)))) (start $start)"
        " (func (export \"f\") (param i64) (result i64)"
        "  (i64.add (i64.const 1) (call $wait (local.get 0)))))";
    wasm_byte_vec_t bytes;
    EXPECT(is_ok(wasmtime_wat2wasm(text, strlen(text), &bytes)));
    EXPECT(is_ok(wasmtime_module_new(t.engine, (u8 *)bytes.data, bytes.size, &t.module)));
    wasm_byte_vec_delete(&bytes);
    i64 live = fail.live;
    t.finalized = 0;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        if (i == failing)
            fail_from(n, again);
        bool ok = steps[i].run();
        if (i == failing && (happened = fail_end()) && !ok)
            ok = steps[i].run();
        if (!EXPECT(ok))
            printf("  step %s, failing %s at %u\n", steps[i].name, steps[failing].name, n);
    }
    wasmtime_store_delete(t.store);
    wasmtime_linker_delete(t.linker);
    wasm_functype_delete(t.type);
    wasmtime_module_delete(t.module);
    wasm_engine_delete(t.engine);
    EXPECT(t.finalized >= 1 && t.finalized <= 2); /* also on error */
    EXPECT(fail.live <= live);
    return happened;
}

static void every_allocation_may_fail(void)
{
    run(0, UINT32_MAX, false);
    u32 refused = 0;
    i64 live = fail.live, mapped = fail.mapped;
    for (u32 again = 0; again < 2; again++)
        for (size_t step = 0; step < ARRAY_LEN(steps) && !test_now.bad; step++) {
            u32 n = 0;
            while (run(step, n, again) && !test_now.bad)
                n++;
            refused += n;
            if (!EXPECT(fail.live == live && fail.mapped == mapped))
                printf("  after %s: %lld blocks, %lld bytes of mappings\n", steps[step].name,
                       (long long)(fail.live - live), (long long)(fail.mapped - mapped));
        }
    EXPECT(refused > 40);
}

int main(void)
{
    TEST(every_allocation_may_fail);
    return test_end();
}
