/* docs/vmabi.md, case 3: two instances that tail-call each other run in constant stack. The
 * cross-instance stub finds that it returns to a restore frame already, and adds none. */
#include "kit.h"

#define STEPS 10000000

/* Both players are in one table; each calls the other's place. What is left of the steps goes down
 * to the host, which notes where the stack is. */
static const char table[] = "(module (table (export \"table\") 2 2 funcref))";

/* Parameters are the steps left and what was counted. */
#define PLAYER(name, mine, other)                                                               \
    "(module $" name                                                                            \
    "  (import \"table\" \"table\" (table 2 2 funcref))"                                        \
    "  (import \"host\" \"here\" (func $here (result i64)))"                                    \
    "  (type $t (func (param i64 i64) (result i64)))"                                           \
    "  (memory (export \"memory\") 1)"                                                          \
    "  (elem (i32.const " mine ") $turn)"                                                       \
    "  (func $turn (export \"turn\") (type $t)"                                                 \
    "    (i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1)))"            \
    "    (if (i64.eq (local.get 0) (i64.const -1)) (then (unreachable)))"                       \
    "    (if (i64.eqz (local.get 0)) (then"                                                     \
    "      (i64.store (i32.const 8) (call $here)) (return (local.get 1))))"                     \
    "    (return_call_indirect (type $t) (i64.sub (local.get 0) (i64.const 2))"                 \
    "      (i64.add (local.get 1) (i64.const 2)) (i32.const " other "))))"

/* Thirteen parameters: five of them on the stack. The last counts down, the others move along. */
#define WIDE "(param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)"
#define WIDE_PLAYER(name, mine, other)                                                          \
    "(module $" name                                                                            \
    "  (import \"table\" \"table\" (table 2 2 funcref))"                                        \
    "  (import \"host\" \"here\" (func $here (result i64)))"                                    \
    "  (type $t (func " WIDE " (result i64)))"                                                  \
    "  (memory (export \"memory\") 1)"                                                          \
    "  (elem (i32.const " mine ") $turn)"                                                       \
    "  (func $turn (export \"turn\") (type $t)"                                                 \
    "    (i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1)))"            \
    "    (if (i64.eq (local.get 12) (i64.const -1)) (then (unreachable)))"                      \
    "    (if (i64.eqz (local.get 12)) (then"                                                    \
    "      (i64.store (i32.const 8) (call $here))"                                              \
    "      (return (i64.add (local.get 0) (i64.mul (i64.const 1000) (local.get 11))))))"        \
    "    (return_call_indirect (type $t) (local.get 11) (local.get 0) (local.get 1)"            \
    "      (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7)" \
    "      (local.get 8) (local.get 9) (local.get 10) (i64.sub (local.get 12) (i64.const 2))"   \
    "      (i32.const " other "))))"

/* Enters the game by an ordinary call, and then looks whether it is still itself. */
static const char starter[] =
    "(module $main"
    "  (import \"a\" \"turn\" (func $turn (param i64 i64) (result i64)))"
    "  (memory (export \"memory\") 1)"
    "  (func $go (export \"go\") (param i64) (result i64)"
    "    (i64.store (i32.const 0) (local.get 0))"
    "    (i64.add (call $turn (local.get 0) (i64.const 0)) (i64.load (i32.const 0)))))";

static const char wide_starter[] =
    "(module $main"
    "  (import \"a\" \"turn\" (func $turn " WIDE " (result i64)))"
    "  (memory (export \"memory\") 1)"
    "  (func $go (export \"go\") (param i64) (result i64)"
    "    (i64.store (i32.const 0) (local.get 0))"
    "    (i64.add (i64.load (i32.const 0)) (call $turn (i64.const 0) (i64.const 1) (i64.const 2)"
    "      (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8)"
    "      (i64.const 9) (i64.const 10) (i64.const 11) (local.get 0)))))";

static __attribute__((noinline)) wasm_trap_t *here(void *env, wasmtime_caller_t *caller,
                                                   const wasmtime_val_t *args, size_t n_args,
                                                   wasmtime_val_t *results, size_t n_results)
{
    (void)env, (void)caller, (void)args, (void)n_args, (void)n_results;
    results[0].kind = WASMTIME_I64;
    results[0].of.i64 = (int64_t)(intptr_t)__builtin_frame_address(0);
    return NULL;
}

static wasmtime_instance_t a, b, start;

static void set_up(const char *player_a, const char *player_b, const char *main_module)
{
    kit_host("here", 0, 1, here, NULL);
    kit_instance("table", table);
    a = kit_instance("a", player_a);
    b = kit_instance("b", player_b);
    start = kit_instance("main", main_module);
}

/* The stack after few steps and after many is the same, and so are the results' ways. Steps go by
 * two, so that the turns of a and b differ by the one that ends the game. */
static void play(int64_t (*want)(int64_t steps))
{
    KitOutcome out = KIT_CALL(&start, "go", 4);
    int64_t few = kit_peek(&a, 8);
    EXPECT(out.is_ok && few != 0);
    EXPECT_U64(out.value, want(4));
    EXPECT_U64(kit_peek(&a, 0), 2);
    EXPECT_U64(kit_peek(&b, 0), 1);
    out = KIT_CALL(&start, "go", 2 * STEPS);
    EXPECT(out.is_ok);
    EXPECT_U64(out.value, want(2 * STEPS));
    EXPECT_U64(kit_peek(&a, 8), few);
    EXPECT_U64(kit_peek(&a, 0) + kit_peek(&b, 0), 3 + STEPS + 1);
    EXPECT_U64(kit_peek(&start, 0), 2 * STEPS);
    /* Frames that were left by a tail call are in no backtrace; b has the last, odd turn. */
    out = KIT_CALL(&start, "go", 2 * 100 + 1);
    EXPECT_U64(out.code, WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED);
    EXPECT_STR(out.frames, "b!turn main!go");
}

static int64_t steps_twice(int64_t steps) { return 2 * steps; }

static void tail_recursion_takes_no_stack(void)
{
    set_up(PLAYER("a", "0", "1"), PLAYER("b", "1", "0"), starter);
    play(steps_twice);
}

/* Twelve numbers went round, one place a turn. */
static int64_t moved_on(int64_t steps)
{
    int64_t turns = steps / 2, first = (12 - turns % 12) % 12, last = (first + 11) % 12;
    return steps + first + 1000 * last;
}

static void with_stack_arguments(void)
{
    set_up(WIDE_PLAYER("a", "0", "1"), WIDE_PLAYER("b", "1", "0"), wide_starter);
    play(moved_on);
}

int main(void)
{
    KIT_TEST(tail_recursion_takes_no_stack);
    KIT_TEST(with_stack_arguments);
    return test_end();
}
