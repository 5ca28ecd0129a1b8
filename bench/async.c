/* What asynchronous calls cost, in ns: a line for each case. Plain C ABI, so that it runs with
 * either library; bench/async.py compiles it and compares them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <wasm.h>
#include <wasmtime.h>

enum { N_CALLS = 500000, N_WAITS = 1000000, N_STORES = 1000, N_ROUNDS = 500 };

typedef struct Store {
    wasmtime_store_t *store;
    wasmtime_context_t *context;
    wasmtime_func_t quick, waits, loops;
    wasmtime_val_t arg, result;
    wasm_trap_t *trap;
    wasmtime_error_t *error;
    wasmtime_call_future_t *future;
} Store;

static wasm_engine_t *engine;
static wasmtime_linker_t *linker;
static wasmtime_module_t *module;

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void need(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "async: %s\n", what);
    exit(1);
}

/* ---- guests ---- */

static const char text[] =
    "(module (import \"h\" \"wait\" (func $wait (param i64) (result i64)))"
    " (func (export \"quick\") (param i64) (result i64) (local.get 0))"
    " (func (export \"waits\") (param i64) (result i64) (call $wait (local.get 0)))"
    " (func (export \"loops\") (param i64) (result i64)"
    "  (loop (br_if 0 (i64.ne (i64.const 0)"
    "   (local.tee 0 (i64.sub (local.get 0) (i64.const 1)))))) (local.get 0)))";

/* Its env is the number of waits that are left, which needs no memory. */
static bool goes_on(void *env) { return --*(int64_t *)env < 0; }

static void wait_begins(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                        size_t n_args, wasmtime_val_t *results, size_t n_results,
                        wasm_trap_t **trap, wasmtime_async_continuation_t *left)
{
    (void)env, (void)caller, (void)n_args, (void)n_results, (void)trap;
    results[0] = args[0];
    *left = (wasmtime_async_continuation_t){goes_on, &results[0].of.i64, NULL};
}

static void finish(Store *s)
{
    while (!wasmtime_call_future_poll(s->future)) {}
    wasmtime_call_future_delete(s->future);
    need(!s->trap && !s->error, "a call failed");
}

static wasmtime_func_t export(Store *s, const wasmtime_instance_t *instance, const char *name)
{
    wasmtime_extern_t item;
    need(wasmtime_instance_export_get(s->context, instance, name, strlen(name), &item), name);
    return item.of.func;
}

static void open_store(Store *s)
{
    wasmtime_instance_t instance;
    *s = (Store){.store = wasmtime_store_new(engine, NULL, NULL)};
    s->context = wasmtime_store_context(s->store);
    need(!wasmtime_context_set_fuel(s->context, UINT64_MAX), "fuel");
    s->future = wasmtime_linker_instantiate_async(linker, s->context, module, &instance, &s->trap,
                                                  &s->error);
    finish(s);
    s->quick = export(s, &instance, "quick");
    s->waits = export(s, &instance, "waits");
    s->loops = export(s, &instance, "loops");
}

static void begin(Store *s, const wasmtime_func_t *func, int64_t arg)
{
    s->arg = (wasmtime_val_t){.kind = WASMTIME_I64, .of.i64 = arg};
    s->future = wasmtime_func_call_async(s->context, func, &s->arg, 1, &s->result, 1, &s->trap,
                                         &s->error);
}

static void begin_all(void)
{
    wasm_byte_vec_t bytes;
    wasm_config_t *config = wasm_config_new();
    wasmtime_config_consume_fuel_set(config, true);
    engine = wasm_engine_new_with_config(config);
    linker = wasmtime_linker_new(engine);
    wasm_functype_t *type = wasm_functype_new_1_1(wasm_valtype_new_i64(), wasm_valtype_new_i64());
    need(!wasmtime_linker_define_async_func(linker, "h", 1, "wait", 4, type, wait_begins, NULL,
                                            NULL),
         "linker");
    wasm_functype_delete(type);
    need(!wasmtime_wat2wasm(text, strlen(text), &bytes), "text");
    need(!wasmtime_module_new(engine, (const uint8_t *)bytes.data, bytes.size, &module), "module");
    wasm_byte_vec_delete(&bytes);
}

/* ---- cases ---- */

static void quick_calls(Store *s)
{
    double from = now_ns();
    for (int i = 0; i < N_CALLS; i++) {
        begin(s, &s->quick, 1);
        finish(s);
    }
    printf("a call that does not wait\t%.1f\n", (now_ns() - from) / N_CALLS);
}

static void waits(Store *s)
{
    double from = now_ns();
    begin(s, &s->waits, N_WAITS);
    finish(s);
    printf("waiting for the host, and going on\t%.1f\n", (now_ns() - from) / N_WAITS);
}

/* One unit of fuel is less than a round takes: each is a turn. */
static void turns_by_fuel(Store *s)
{
    need(!wasmtime_context_fuel_async_yield_interval(s->context, 1), "interval");
    double from = now_ns();
    begin(s, &s->loops, N_WAITS);
    finish(s);
    printf("a turn that ends by its fuel\t%.1f\n", (now_ns() - from) / N_WAITS);
}

static void many_stores(void)
{
    Store *all = calloc(N_STORES, sizeof *all);
    need(all != NULL, "memory");
    for (int i = 0; i < N_STORES; i++) {
        open_store(&all[i]);
        begin(&all[i], &all[i].waits, N_ROUNDS);
    }
    double from = now_ns();
    for (int round = 0; round < N_ROUNDS; round++)
        for (int i = 0; i < N_STORES; i++)
            need(!wasmtime_call_future_poll(all[i].future), "it should wait");
    printf("a turn of one of %d calls that wait\t%.1f\n", N_STORES,
           (now_ns() - from) / N_ROUNDS / N_STORES);
    for (int i = 0; i < N_STORES; i++) {
        finish(&all[i]);
        wasmtime_store_delete(all[i].store);
    }
    free(all);
}

int main(void)
{
    Store s;
    begin_all();
    open_store(&s);
    quick_calls(&s);
    waits(&s);
    turns_by_fuel(&s);
    many_stores();
    wasmtime_store_delete(s.store);
    wasmtime_module_delete(module);
    wasmtime_linker_delete(linker);
    wasm_engine_delete(engine);
    return 0;
}
