/* Ten thousand calls that wait, each in a store of its own, whose turns several threads take in any
 * order; and stacks that come back for the next call. */
#include "async_kit.h"

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { IS_SANITIZED = 1, N_CALLS = 500 }; /* what these can count */
#else
enum { IS_SANITIZED = 0, N_CALLS = 10000 };
#endif
enum { N_THREADS = 4, N_TURNS = 7 };

typedef struct Call {
    wasmtime_store_t *store;
    KitAsync async;
    int turns;
} Call;

static struct {
    wasm_engine_t *engine;
    wasmtime_linker_t *linker;
    wasmtime_module_t *module;
    Call *calls;
    int n_done; /* atomic */
    size_t next; /* atomic */
} many;

static const char text[] =
    "(module (type $node (struct (field i64) (field (ref null $node))))"
    " (import \"host\" \"wait\" (func $wait (param i64) (result i64)))"
    " (global $list (mut (ref null $node)) (ref.null $node))"
    " (func (export \"f\") (param $n i64) (result i64) (local $own (ref null $node))"
    "  (local $sum i64)"
    "  (loop"
    "   (local.set $own (struct.new $node (local.get $n) (local.get $own)))"
    "   (drop (call $wait (i64.const 1)))"
    "   (br_if 0 (i64.ne (i64.const 0)"
    "    (local.tee $n (i64.sub (local.get $n) (i64.const 1))))))"
    "  (block $end (loop"
    "   (br_if $end (ref.is_null (local.get $own)))"
    "   (local.set $sum (i64.add (local.get $sum) (struct.get $node 0 (local.get $own))))"
    "   (local.set $own (struct.get $node 1 (local.get $own))) (br 0)))"
    "  (local.get $sum)))";

static void begin_all(const char *wat)
{
    wasm_byte_vec_t bytes;
    wasm_config_t *config = wasm_config_new();
    /* What ten thousand stores have shall fit the mappings that a process may have. */
    wasmtime_config_memory_reservation_set(config, 65536);
    many.engine = wasm_engine_new_with_config(config);
    many.linker = wasmtime_linker_new(many.engine);
    kit.engine = many.engine;
    kit.linker = many.linker;
    kit_async_host("wait", 1, 1, kit_wait, NULL);
    kit_need(wasmtime_wat2wasm(wat, strlen(wat), &bytes), NULL, "assembling");
    kit_need(wasmtime_module_new(many.engine, (uint8_t *)bytes.data, bytes.size, &many.module),
             NULL, "module");
    wasm_byte_vec_delete(&bytes);
    many.calls = calloc(N_CALLS, sizeof *many.calls);
}

static void end_all(void)
{
    free(many.calls);
    wasmtime_module_delete(many.module);
    wasmtime_linker_delete(many.linker);
    wasm_engine_delete(many.engine);
}

static void begin_one(Call *call, int64_t n)
{
    wasmtime_instance_t instance;
    wasmtime_extern_t item;
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = NULL;
    call->store = wasmtime_store_new(many.engine, NULL, NULL);
    wasmtime_context_t *context = wasmtime_store_context(call->store);
    wasmtime_call_future_t *future = wasmtime_linker_instantiate_async(
        many.linker, context, many.module, &instance, &trap, &error);
    while (!wasmtime_call_future_poll(future)) {}
    wasmtime_call_future_delete(future);
    kit_need(error, trap, "instance");
    if (!wasmtime_instance_export_get(context, &instance, "f", 1, &item))
        exit(2);
    kit_async_begin_in(&call->async, context, &item.of.func, 1, &n);
}

static void *take_turns(void *arg)
{
    (void)arg;
    for (;;) {
        /* A number is given out once for each turn, so nobody else has that call now. */
        size_t number = __atomic_fetch_add(&many.next, 1, __ATOMIC_ACQ_REL);
        if (number >= N_CALLS)
            return NULL;
        Call *call = &many.calls[number * 7919 % N_CALLS];
        call->turns++;
        if (kit_async_poll(&call->async))
            __atomic_add_fetch(&many.n_done, 1, __ATOMIC_RELAXED);
    }
}

/* A turn for each, on some thread. */
static void take_round(void)
{
    pthread_t threads[N_THREADS];
    many.next = 0;
    for (int i = 0; i < N_THREADS; i++)
        if (pthread_create(&threads[i], NULL, take_turns, NULL) != 0)
            exit(2);
    for (int i = 0; i < N_THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void all_wait_at_once(void)
{
    begin_all(text);
    for (int64_t i = 0; i < N_CALLS; i++)
        begin_one(&many.calls[i], N_TURNS);
    for (int i = 0; i < N_TURNS; i++) {
        take_round();
        EXPECT_U64(many.n_done, 0);
        EXPECT_U64(kit_waits, N_CALLS);
    }
    /* Some are given up; the others end. */
    for (int64_t i = 0; i < N_CALLS; i += 10) {
        Call *call = &many.calls[i];
        kit_async_end(&call->async);
        wasmtime_store_delete(call->store);
        begin_one(call, 1);
    }
    take_round();
    EXPECT_U64(many.n_done, N_CALLS - (N_CALLS + 9) / 10);
    EXPECT_U64(kit_waits, (N_CALLS + 9) / 10);
    for (int64_t i = 0; i < N_CALLS; i += 10)
        EXPECT(kit_async_poll(&many.calls[i].async));
    for (int64_t i = 0; i < N_CALLS; i++) {
        Call *call = &many.calls[i];
        KitOutcome out = kit_async_end(&call->async);
        EXPECT(out.is_ok && out.value == (i % 10 ? N_TURNS * (N_TURNS + 1) / 2 : 1));
        wasmtime_store_delete(call->store);
    }
    end_all();
}

/* ---- memory ---- */

static const char deep[] =
    "(module (import \"host\" \"wait\" (func $wait (param i64) (result i64)))"
    " (func $f (export \"f\") (param $n i64) (result i64)"
    "  (loop) (; each call has a frame: it is not inlined ;)"
    "  (if (i64.eqz (local.get $n)) (then (return (call $wait (i64.const 1)))))"
    "  (i64.add (i64.const 1) (call $f (i64.sub (local.get $n) (i64.const 1))))))";

static size_t resident_kib(void)
{
    unsigned long size, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%lu %lu", &size, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return resident * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

/* Stacks that were used deeply keep little of it, but for a few. */
static void memory_is_given_back(void)
{
    enum { N = 200, DEPTH = 15000, LEAST_KIB = DEPTH * 16 / 1024 };
    begin_all(deep);
    begin_one(&many.calls[0], DEPTH);
    kit_async_run(&many.calls[0].async);
    kit_async_end(&many.calls[0].async);
    size_t at_first = resident_kib();
    for (int i = 1; i <= N; i++) {
        begin_one(&many.calls[i], DEPTH);
        EXPECT(!kit_async_poll(&many.calls[i].async));
    }
    size_t at_most = resident_kib();
    EXPECT(at_most > at_first + (N - 1) * LEAST_KIB);
    for (int i = 1; i <= N; i++) {
        EXPECT(kit_async_poll(&many.calls[i].async));
        EXPECT_U64(kit_async_end(&many.calls[i].async).value, DEPTH + 1);
    }
    EXPECT(resident_kib() < at_first + (at_most - at_first) / 4);
    for (int i = 0; i <= N; i++)
        wasmtime_store_delete(many.calls[i].store);
    end_all();
}

int main(void)
{
    TEST(all_wait_at_once);
    if (!IS_SANITIZED) /* sanitizers have memory of their own, which is not given back */
        TEST(memory_is_given_back);
    return test_end();
}
