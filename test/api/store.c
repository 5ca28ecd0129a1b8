/* Stores: what they may take, fuel, epochs, their data. Texts and answers are those of libwasmtime,
 * with which this program passes too (test/original.py). */
#include "kit.h"

static wasm_engine_t *engine;
static wasmtime_store_t *store;
static wasmtime_context_t *cx;
static int finalized;
static void count(void *data) { finalized += *(int *)data; }

static void begin(bool has_fuel, bool has_epoch)
{
    static int one = 1;
    wasm_config_t *config = wasm_config_new();
    wasmtime_config_consume_fuel_set(config, has_fuel);
    wasmtime_config_epoch_interruption_set(config, has_epoch);
    engine = wasm_engine_new_with_config(config);
    finalized = 0;
    store = wasmtime_store_new(engine, &one, count);
    cx = wasmtime_store_context(store);
}

static void end(void)
{
    wasmtime_store_delete(store);
    wasm_engine_delete(engine);
}

/* Expects an error or a trap whose message ends with a text; NULL: neither. */
static void expect(wasmtime_error_t *error, wasm_trap_t *trap, const char *want)
{
    wasm_message_t text = {0, NULL};
    if (error)
        wasmtime_error_message(error, &text);
    else if (trap)
        wasm_trap_message(trap, &text);
    char got[512];
    snprintf(got, sizeof got, "%.*s", (int)text.size, text.data ? text.data : "");
    size_t len = strlen(got), n = want ? strlen(want) : 0;
    if (!EXPECT(want ? len >= n && strstr(got, want) != NULL : !error && !trap))
        printf("  got  %s\n  want %s\n", got, want ? want : "nothing");
    if (text.data)
        wasm_byte_vec_delete(&text);
    if (error)
        wasmtime_error_delete(error);
    if (trap)
        wasm_trap_delete(trap);
}

static wasmtime_instance_t instance;

static void instantiate(const char *wat, const char *want)
{
    wasm_byte_vec_t bytes;
    wasmtime_module_t *module;
    wasm_trap_t *trap = NULL;
    kit_need(wasmtime_wat2wasm(wat, strlen(wat), &bytes), NULL, wat);
    kit_need(wasmtime_module_new(engine, (const uint8_t *)bytes.data, bytes.size, &module), NULL,
             wat);
    wasm_byte_vec_delete(&bytes);
    wasmtime_error_t *error = wasmtime_instance_new(cx, module, NULL, 0, &instance, &trap);
    expect(error, trap, want);
    wasmtime_module_delete(module);
}

static wasmtime_extern_t item(const char *name)
{
    wasmtime_extern_t found;
    EXPECT(wasmtime_instance_export_get(cx, &instance, name, strlen(name), &found));
    return found;
}

static int32_t call(const char *name, int32_t arg, const char *want)
{
    wasmtime_extern_t func = item(name);
    wasmtime_val_t val = {.kind = WASMTIME_I32, .of.i32 = arg}, result = {0};
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = wasmtime_func_call(cx, &func.of.func, &val, 1, &result, 1, &trap);
    expect(error, trap, want);
    return result.of.i32;
}

static void data_is_kept(void)
{
    static int hundred = 100;
    begin(false, false);
    EXPECT(*(int *)wasmtime_context_get_data(cx) == 1);
    wasmtime_context_set_data(cx, &hundred);
    EXPECT(wasmtime_context_get_data(cx) == &hundred);
    end();
    EXPECT(finalized == 100); /* libwasmtime's finalizer gets the newer data */
}

/* ---- limits ---- */

static const char grower[] =
    "(module (memory (export \"m\") 1 8) (table (export \"t\") 1 9 funcref)"
    "  (func (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0)))"
    "  (func (export \"grow_table\") (param i32) (result i32)"
    "    (table.grow (ref.null func) (local.get 0))))";

static void sizes_are_limited(void)
{
    begin(false, false);
    wasmtime_val_t null = {.kind = WASMTIME_FUNCREF};
    uint64_t before = 77;
    wasmtime_store_limiter(store, 3 * 65536, 5, -1, -1, -1);
    instantiate("(module (memory 4))", "memory minimum size of 4 pages exceeds memory limits");
    instantiate("(module (table 6 funcref))",
                "table minimum size of 6 elements exceeds table limits");
    instantiate(grower, NULL);
    EXPECT(call("grow", 3, NULL) == -1 && call("grow", 2, NULL) == 1);
    EXPECT(call("grow", 1, NULL) == -1 && call("grow", 0, NULL) == 3);
    EXPECT(call("grow_table", 5, NULL) == -1 && call("grow_table", 4, NULL) == 1);
    EXPECT(call("grow_table", 1, NULL) == -1);
    wasmtime_extern_t memory = item("m"), table = item("t");
    expect(wasmtime_memory_grow(cx, &memory.of.memory, 1, &before), NULL,
           "failed to grow memory by `1`");
    expect(wasmtime_table_grow(cx, &table.of.table, 1, &null, &before), NULL,
           "failed to grow table by `1`");
    EXPECT_U64(before, 77);
    expect(wasmtime_memory_grow(cx, &memory.of.memory, 0, &before), NULL, NULL);
    EXPECT_U64(before, 3);
    wasmtime_store_limiter(store, -1, -1, -1, -1, -1); /* none any more */
    EXPECT(call("grow", 5, NULL) == 3 && call("grow", 1, NULL) == -1);
    EXPECT(call("grow_table", 4, NULL) == 5 && call("grow_table", 1, NULL) == -1);
    end();
}

static void hosts_are_limited_in_size(void)
{
    begin(false, false);
    wasm_memorytype_t *type;
    wasmtime_memory_t memory;
    wasmtime_table_t table;
    wasmtime_val_t null = {.kind = WASMTIME_FUNCREF};
    wasm_limits_t limits = {6, 9};
    wasmtime_store_limiter(store, 3 * 65536, 5, -1, -1, -1);
    expect(wasmtime_memorytype_new(4, true, 8, false, false, 16, &type), NULL, NULL);
    expect(wasmtime_memory_new(cx, type, &memory), NULL,
           "memory minimum size of 4 pages exceeds memory limits");
    wasm_memorytype_delete(type);
    wasm_tabletype_t *tables = wasm_tabletype_new(wasm_valtype_new(WASM_FUNCREF), &limits);
    expect(wasmtime_table_new(cx, tables, &null, &table), NULL,
           "table minimum size of 6 elements exceeds table limits");
    wasm_tabletype_delete(tables);
    end();
}

/* Counts are of what modules have; what the host makes for itself is not among them. */
static void counts_are_limited(void)
{
    begin(false, false);
    wasm_memorytype_t *type;
    wasmtime_memory_t memory;
    expect(wasmtime_memorytype_new(1, true, 1, false, false, 16, &type), NULL, NULL);
    for (int i = 0; i < 4; i++)
        expect(wasmtime_memory_new(cx, type, &memory), NULL, NULL);
    wasm_memorytype_delete(type);
    wasmtime_store_limiter(store, -1, -1, 4, 2, 2);
    instantiate("(module (memory 1) (memory 1))", NULL);
    instantiate("(module (memory 1))", "resource limit exceeded: memory count too high at 3");
    instantiate("(module (table 1 funcref))", NULL);
    instantiate("(module (table 1 funcref) (table 1 funcref))",
                "resource limit exceeded: table count too high at 3");
    end();
    begin(false, false);
    wasmtime_store_limiter(store, -1, -1, 2, -1, -1);
    instantiate("(module)", NULL);
    instantiate("(module (func unreachable) (start 0))", "wasm `unreachable` instruction executed");
    instantiate("(module)", "resource limit exceeded: instance count too high at 3");
    wasmtime_store_limiter(store, -1, -1, 3, -1, -1);
    end();
    begin(false, false);
    wasmtime_store_limiter(store, 0, 0, 1, 0, 0);
    instantiate("(module (func (export \"f\") (param i32) (result i32) (local.get 0)))", NULL);
    EXPECT(call("f", 5, NULL) == 5);
    end();
}

/* ---- fuel ---- */

static const char loops[] =
    "(module (func (export \"count\") (param i32) (result i32)"
    "    (loop (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if 0 (local.get 0)))"
    "    (local.get 0))"
    "  (func (export \"loop\") (param i32) (result i32) (loop (br 0)) (unreachable)))";

static uint64_t fuel(void)
{
    uint64_t left = 0;
    expect(wasmtime_context_get_fuel(cx, &left), NULL, NULL);
    return left;
}

static void fuel_is_counted(void)
{
    static const char all[] = "wasm trap: all fuel consumed by WebAssembly";
    begin(true, false);
    instantiate(loops, NULL);
    EXPECT_U64(fuel(), 0);
    call("count", 10, all);
    expect(wasmtime_context_set_fuel(cx, 10000), NULL, NULL);
    call("count", 10, NULL);
    uint64_t used = 10000 - fuel();
    EXPECT(used > 20 && used < 200);
    call("count", 10, NULL);
    EXPECT_U64(fuel(), 10000 - 2 * used);
    call("loop", 0, all);
    EXPECT_U64(fuel(), 0);
    expect(wasmtime_context_set_fuel(cx, UINT64_MAX), NULL, NULL);
    EXPECT_U64(fuel(), UINT64_MAX);
    call("count", 10, NULL);
    EXPECT_U64(fuel(), UINT64_MAX - used);
    expect(wasmtime_context_set_fuel(cx, 0), NULL, NULL);
    call("count", 1, all);
    end();
}

static void fuel_is_a_setting(void)
{
    begin(false, false);
    uint64_t left = 7;
    expect(wasmtime_context_set_fuel(cx, 1), NULL, "fuel is not configured in this store");
    expect(wasmtime_context_get_fuel(cx, &left), NULL, "fuel is not configured in this store");
    EXPECT_U64(left, 7);
    end();
}

/* ---- epochs ---- */

static int asked;
static wasmtime_error_t *at_deadline(const wasmtime_context_t *context, void *data,
                                     uint64_t *delta, wasmtime_update_deadline_kind_t *kind)
{
    EXPECT(context == cx && *kind == WASMTIME_UPDATE_DEADLINE_CONTINUE);
    if (++asked == *(int *)data)
        return wasmtime_error_new("enough");
    *delta = 0;
    return NULL;
}

static void epochs_interrupt(void)
{
    static const char interrupt[] = "wasm trap: interrupt";
    static int three = 3, five = 5;
    begin(false, true);
    instantiate(loops, NULL);
    call("count", 1, interrupt); /* no deadline was set: it is now */
    wasmtime_context_set_epoch_deadline(cx, 2);
    call("count", 10, NULL);
    wasmtime_engine_increment_epoch(engine);
    call("count", 10, NULL);
    wasmtime_engine_increment_epoch(engine);
    call("count", 10, interrupt);
    call("loop", 0, interrupt);
    asked = 0;
    wasmtime_store_epoch_deadline_callback(store, at_deadline, &three, count);
    call("loop", 0, "enough");
    EXPECT(asked == 3 && finalized == 0);
    asked = 0;
    wasmtime_store_epoch_deadline_callback(store, at_deadline, &five, count);
    EXPECT(finalized == 3);
    call("loop", 0, "enough");
    EXPECT(asked == 5);
    end();
    EXPECT(finalized == 3 + 5 + 1);
}

int main(void)
{
    TEST(data_is_kept);
    TEST(sizes_are_limited);
    TEST(hosts_are_limited_in_size);
    TEST(counts_are_limited);
    TEST(fuel_is_counted);
    TEST(fuel_is_a_setting);
    TEST(epochs_interrupt);
    return test_end();
}
