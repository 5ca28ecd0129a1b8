/* Suspend and resume on another thread: a stack that waits has its activations for itself, and the
 * thread that goes on with it has them where faults and walks look; the limit of the stack goes
 * with the stack, and gs is set. */
#include "async_kit.h"

/* A second store of the engine: what other guests do meanwhile. */
typedef struct Other {
    wasmtime_store_t *store;
    wasmtime_context_t *context;
    wasmtime_func_t func;
} Other;

static wasmtime_instance_t a, b;

static void make_guests(void)
{
    kit_async_host("wait", 1, 1, kit_wait, NULL);
    b = kit_async_instance("b", "(module $b (memory (export \"memory\") 1)"
                          " (func $add (export \"add\") (param i64) (result i64)"
                          "  (i64.store (i32.const 8)"
                          "   (i64.add (i64.load (i32.const 8)) (local.get 0)))"
                          "  (i64.load (i32.const 8))))");
    a = kit_async_instance(
        "a",
        "(module $a (import \"host\" \"wait\" (func $wait (param i64) (result i64)))"
        " (import \"b\" \"add\" (func $add (param i64) (result i64)))"
        " (memory (export \"memory\") 1)"
        /* Sums 1 to n in memory and in a local, with a wait for each and a call of the other. */
        " (func $sum (export \"sum\") (param $n i64) (result i64) (local $own i64)"
        "  (i64.store (i32.const 16) (i64.const 0))"
        "  (loop $again"
        "   (drop (call $wait (i64.const 1)))"
        "   (i64.store (i32.const 16) (i64.add (i64.load (i32.const 16)) (local.get $n)))"
        "   (local.set $own (i64.add (local.get $own) (local.get $n)))"
        "   (drop (call $add (local.get $n)))"
        "   (br_if $again (i64.ne (i64.const 0)"
        "    (local.tee $n (i64.sub (local.get $n) (i64.const 1))))))"
        "  (i64.mul (i64.load (i32.const 16)) (local.get $own)))"
        " (func $outside (export \"outside\") (param i64) (result i64)"
        "  (drop (call $wait (local.get 0)))"
        "  (i64.load (i32.const 0x20000)))"
        " (func $deep (param i64) (result i64)"
        "  (i64.store (i32.const 24) (local.get 0))"
        "  (i64.add (i64.const 1) (call $deep (i64.add (local.get 0) (i64.const 1)))))"
        " (func $dive (export \"dive\") (param i64) (result i64)"
        "  (drop (call $wait (local.get 0)))"
        "  (call $deep (i64.const 0))))");
}

static Other make_other(void)
{
    static const char text[] = "(module (memory 1) (func (export \"f\") (param i64) (result i64)"
                               " (i64.store (i32.const 16) (i64.const -1)) (local.get 0)))";
    Other o = {.store = wasmtime_store_new(kit.engine, NULL, NULL)};
    o.context = wasmtime_store_context(o.store);
    wasm_byte_vec_t bytes;
    wasmtime_module_t *module;
    wasmtime_instance_t instance;
    wasmtime_extern_t item;
    wasm_trap_t *trap;
    kit_need(wasmtime_wat2wasm(text, strlen(text), &bytes), NULL, "assembling");
    kit_need(wasmtime_module_new(kit.engine, (uint8_t *)bytes.data, bytes.size, &module), NULL,
             "other");
    wasmtime_error_t *error = wasmtime_instance_new(o.context, module, NULL, 0, &instance, &trap);
    kit_need(error, trap, "other");
    wasm_byte_vec_delete(&bytes);
    wasmtime_module_delete(module);
    EXPECT(wasmtime_instance_export_get(o.context, &instance, "f", 1, &item));
    o.func = item.of.func;
    return o;
}

static void use_other(const Other *o)
{
    wasmtime_val_t value = {.kind = WASMTIME_I64, .of.i64 = 5};
    wasm_trap_t *trap;
    wasmtime_error_t *error =
        wasmtime_func_call(o->context, &o->func, &value, 1, &value, 1, &trap);
    kit_need(error, trap, "other");
    EXPECT_U64(value.of.i64, 5);
}

/* Each turn on another thread, with other guests between them on the one that began. */
static void goes_on_elsewhere(void)
{
    make_guests();
    Other other = make_other();
    KitAsync call;
    KIT_BEGIN(&call, &a, "sum", 100);
    int turns = 1;
    for (; !(turns % 3 ? kit_async_poll_elsewhere(&call) : kit_async_poll(&call)); turns++)
        use_other(&other);
    KitOutcome out = kit_async_end(&call);
    EXPECT(out.is_ok);
    EXPECT_U64(turns, 101);
    EXPECT_U64(out.value, 5050 * 5050);
    EXPECT_U64(kit_peek(&a, 16), 5050);
    EXPECT_U64(kit_peek(&b, 8), 5050);
    use_other(&other);
    wasmtime_store_delete(other.store);
}

/* A fault, or a check, is the guest's on whichever thread it happens. */
static void traps_elsewhere(void)
{
    make_guests();
    Other other = make_other();
    for (int turns = 0; turns < 4; turns++) {
        KitAsync call;
        KIT_BEGIN(&call, &a, "outside", turns);
        for (int i = 0; i < turns; i++) {
            EXPECT(!kit_async_poll(&call));
            use_other(&other);
        }
        EXPECT(kit_async_poll_elsewhere(&call));
        KitOutcome out = kit_async_end(&call);
        EXPECT_U64(out.code, WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS);
        EXPECT_STR(out.frames, "a!outside");
    }
    use_other(&other);
    wasmtime_store_delete(other.store);
}

/* The guest may use as much of its stack as before, and no more. */
static void limits_go_with_the_stack(void)
{
    make_guests();
    Other other = make_other();
    int64_t depth = 0;
    for (int turns = 0; turns < 4; turns++) {
        KitAsync call;
        KIT_BEGIN(&call, &a, "dive", turns);
        for (int i = 0; i < turns; i++) {
            EXPECT(!kit_async_poll_elsewhere(&call));
            use_other(&other);
        }
        EXPECT(kit_async_poll(&call));
        KitOutcome out = kit_async_end(&call);
        EXPECT_U64(out.code, WASMTIME_TRAP_CODE_STACK_OVERFLOW);
        EXPECT_U64(out.n_frames, 20);
        EXPECT_STR(out.outermost, "a!deep");
        depth = turns ? depth : kit_peek(&a, 24);
        EXPECT(depth > 5000);
        EXPECT_U64(kit_peek(&a, 24), depth);
    }
    use_other(&other);
    wasmtime_store_delete(other.store);
}

/* Two calls of one store take turns: each has its own chain and its own limit. */
static void two_of_a_store(void)
{
    make_guests();
    KitAsync one, two, three;
    KIT_BEGIN(&one, &a, "outside", 6);
    KIT_BEGIN(&two, &a, "dive", 3);
    KIT_BEGIN(&three, &a, "dive", 4);
    for (int i = 0; i < 3; i++) {
        EXPECT(!kit_async_poll(&one));
        EXPECT(!kit_async_poll(&three));
        EXPECT(!kit_async_poll_elsewhere(&two));
    }
    EXPECT(!kit_async_poll(&three));
    EXPECT(kit_async_poll(&two));
    int64_t depth = kit_peek(&a, 24);
    EXPECT(!kit_async_poll(&one));
    EXPECT(kit_async_poll_elsewhere(&three));
    EXPECT_U64(kit_peek(&a, 24), depth);
    EXPECT(!kit_async_poll(&one));
    EXPECT(!kit_async_poll_elsewhere(&one));
    EXPECT(kit_async_poll(&one));
    EXPECT_U64(kit_async_end(&two).code, WASMTIME_TRAP_CODE_STACK_OVERFLOW);
    EXPECT_U64(kit_async_end(&three).code, WASMTIME_TRAP_CODE_STACK_OVERFLOW);
    KitOutcome out = kit_async_end(&one);
    EXPECT_U64(out.code, WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS);
    EXPECT_STR(out.frames, "a!outside");
}

int main(void)
{
    KIT_TEST(goes_on_elsewhere);
    KIT_TEST(traps_elsewhere);
    KIT_TEST(limits_go_with_the_stack);
    KIT_TEST(two_of_a_store);
    return test_end();
}
