/* docs/vmabi.md, case 1: a host function that a guest calls enters another instance. Afterwards the
 * guest is in its own context and its own memory, whatever register leads there.
 *
 * Two instances of the same text call each other through the host, six deep; each stay leaves one
 * mark before it calls and one after, at places of its depth. */
#include "kit.h"

/* Marks of depth d: at 16d what it stored before the call, at 16d + 8 what came of it afterwards:
 * that mark, read again, the result of the deeper stay, and the instance's own global. */
#define PLAYER(name, own)                                                                     \
    "(module $" name                                                                          \
    "  (import \"host\" \"" name "_calls\" (func $host (param i64) (result i64)))"            \
    "  (memory (export \"memory\") 1)"                                                        \
    "  (global $own (mut i64) (i64.const " own "))"                                           \
    "  (func (export \"go\") (param $depth i64) (result i64)"                                 \
    "    (local $at i32) (local $inner i64)"                                                  \
    "    (local.set $at (i32.mul (i32.wrap_i64 (local.get $depth)) (i32.const 16)))"          \
    "    (i64.store (local.get $at) (i64.add (global.get $own) (local.get $depth)))"          \
    "    (if (i64.ne (local.get $depth) (i64.const 0))"                                       \
    "      (then (local.set $inner (call $host (i64.sub (local.get $depth) (i64.const 1)))))" \
    "    )"                                                                                   \
    "    (i64.store offset=8 (local.get $at)"                                                 \
    "      (i64.add (i64.load (local.get $at))"                                               \
    "               (i64.add (local.get $inner) (global.get $own))))"                         \
    "    (i64.load offset=8 (local.get $at))))"

static wasmtime_instance_t a, b;

/* env is the instance to enter. */
static wasm_trap_t *enter(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                          size_t n_args, wasmtime_val_t *results, size_t n_results)
{
    EXPECT(wasmtime_caller_context(caller) == kit.context && n_args == 1 && n_results == 1);
    KitOutcome out = KIT_CALL((const wasmtime_instance_t *)env, "go", args[0].of.i64);
    EXPECT(out.is_ok);
    results[0] = (wasmtime_val_t){.kind = WASMTIME_I64, .of.i64 = out.value};
    return NULL;
}

static void nested_entries_keep_to_their_memories(void)
{
    kit_host("a_calls", 1, 1, enter, &b);
    kit_host("b_calls", 1, 1, enter, &a);
    a = kit_instance("a", PLAYER("a", "1000"));
    b = kit_instance("b", PLAYER("b", "2000"));
    KitOutcome out = KIT_CALL(&a, "go", 6);
    /* From the deepest stay outwards: a has the even depths. */
    int64_t inner = 0;
    for (int64_t depth = 0; depth <= 6; depth++) {
        int64_t own = depth % 2 ? 2000 : 1000;
        const wasmtime_instance_t *mine = depth % 2 ? &b : &a, *other = depth % 2 ? &a : &b;
        inner += 2 * own + depth;
        EXPECT_U64(kit_peek(mine, (size_t)depth * 16), own + depth);
        EXPECT_U64(kit_peek(mine, (size_t)depth * 16 + 8), inner);
        EXPECT_U64(kit_peek(other, (size_t)depth * 16), 0);
        EXPECT_U64(kit_peek(other, (size_t)depth * 16 + 8), 0);
    }
    EXPECT(out.is_ok);
    EXPECT_U64(out.value, inner);
}

/* The same way without the host between: the cross-instance stub switches and switches back. */
static void direct_calls_keep_to_their_memories(void)
{
    kit_instance("callee", "(module $callee"
                           "  (memory (export \"memory\") 1)"
                           "  (func (export \"fill\") (param i64) (result i64)"
                           "    (i64.store (i32.const 0) (local.get 0))"
                           "    (i64.load (i32.const 0))))");
    a = kit_instance("caller",
                     "(module $caller"
                     "  (import \"callee\" \"fill\" (func $fill (param i64) (result i64)))"
                     "  (memory (export \"memory\") 3)"
                     "  (global $own (mut i64) (i64.const 1000))"
                     "  (func (export \"go\") (param i64) (result i64)"
                     "    (i64.store (i32.const 0) (i64.const 7))"
                     "    (i64.store (i32.const 8) (call $fill (local.get 0)))"
                     "    (i64.add (i64.add (i64.load (i32.const 0)) (i64.load (i32.const 8)))"
                     "      (i64.add (global.get $own) (i64.extend_i32_u (memory.size))))))");
    KitOutcome out = KIT_CALL(&a, "go", 100);
    EXPECT(out.is_ok);
    EXPECT_U64(out.value, 7 + 100 + 1000 + 3);
    EXPECT_U64(kit_peek(&a, 0), 7);
    EXPECT_U64(kit_peek(&a, 8), 100);
}

static wasm_trap_t *nothing(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                            size_t n_args, wasmtime_val_t *results, size_t n_results)
{
    (void)env, (void)caller, (void)args, (void)n_args, (void)results, (void)n_results;
    return NULL;
}

/* The nested entry ends in a trap, behind a call to the host. Then, as it is told, this function
 * returns a value or a trap of its own. */
static wasm_trap_t *enter_and_fail(void *env, wasmtime_caller_t *caller,
                                   const wasmtime_val_t *args, size_t n_args,
                                   wasmtime_val_t *results, size_t n_results)
{
    (void)caller, (void)n_args, (void)n_results;
    KitOutcome out = KIT_CALL((const wasmtime_instance_t *)env, "fail", 5);
    EXPECT_U64(out.code, WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS);
    EXPECT_STR(out.frames, "inner!fail inner!outside outer!go");
    if (args[0].of.i64 == 1)
        return wasmtime_trap_new_code(WASMTIME_TRAP_CODE_INTERRUPT);
    results[0] = (wasmtime_val_t){.kind = WASMTIME_I64, .of.i64 = 3};
    return NULL;
}

/* It ends nothing else: the host function goes on, and so does its caller, whose own traps are
 * told from where it is. */
static void a_trap_in_a_nested_entry_ends_only_that(void)
{
    kit_host("fails", 1, 1, enter_and_fail, &b);
    kit_host("nothing", 0, 0, nothing, NULL);
    b = kit_instance("inner", "(module $inner (import \"host\" \"nothing\" (func $nothing))"
                              "  (memory (export \"memory\") 1)"
                              "  (func $fail (param i64)"
                              "    (i64.store (i32.const 0) (local.get 0))"
                              "    (call $nothing)"
                              "    (i64.store (i32.const -1) (local.get 0)))"
                              "  (func $outside (export \"fail\") (param i64)"
                              "    (call $fail (local.get 0)) (call $nothing)))");
    a = kit_instance("outer", "(module $outer"
                              "  (import \"host\" \"fails\" (func $fails (param i64) (result i64)))"
                              "  (memory (export \"memory\") 1)"
                              "  (func $go (export \"go\") (param $how i64) (result i64)"
                              "    (i64.store (i32.const 0) (i64.const 40))"
                              "    (i64.add (call $fails (local.get $how))"
                              "      (i64.load (i32.sub (i32.const 0)"
                              "                         (i32.wrap_i64 (local.get $how)))))))");
    KitOutcome out = KIT_CALL(&a, "go", 0);
    EXPECT(out.is_ok);
    EXPECT_U64(out.value, 43);
    EXPECT_U64(kit_peek(&b, 0), 5);
    out = KIT_CALL(&a, "go", 1);
    EXPECT_U64(out.code, WASMTIME_TRAP_CODE_INTERRUPT);
    EXPECT_STR(out.frames, "outer!go");
    out = KIT_CALL(&a, "go", 2);
    EXPECT_U64(out.code, WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS);
    EXPECT_STR(out.frames, "outer!go");
}

int main(void)
{
    KIT_TEST(nested_entries_keep_to_their_memories);
    KIT_TEST(direct_calls_keep_to_their_memories);
    KIT_TEST(a_trap_in_a_nested_entry_ends_only_that);
    return test_end();
}
