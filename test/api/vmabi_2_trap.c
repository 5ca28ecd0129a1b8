/* docs/vmabi.md, case 2: a trap in an instance that another one called. One activation ends, the
 * restore frames between go with the stack, the backtrace has the frames of all. */
#include "kit.h"

enum { UNREACHABLE, DIVIDE, LOAD, INDIRECT, NOTHING };

/* c!leaf traps as it is told; b hands the call on from the table; a calls b. So two restore frames
 * lie between the host and the trap. */
static const char module_c[] =
    "(module $c (memory (export \"memory\") 1) (table 1 funcref)"
    "  (func $leaf (export \"leaf\") (param i64) (result i64)"
    "    (i64.store (i32.const 0) (local.get 0))"
    "    (block $nothing (block $indirect (block $load (block $divide (block $unreachable"
    "      (br_table $unreachable $divide $load $indirect $nothing (i32.wrap_i64 (local.get 0))))"
    "      (unreachable))"
    "      (return (i64.div_u (local.get 0) (i64.const 0))))"
    "      (return (i64.load (i32.const -8))))"
    "      (return (local.get 0) (call_indirect (i32.const 0))))"
    "    (i64.const 77)))";

static const char module_b[] =
    "(module $b (import \"c\" \"leaf\" (func $leaf (param i64) (result i64)))"
    "  (memory (export \"memory\") 1) (table 1 funcref) (elem (i32.const 0) $leaf)"
    "  (type $t (func (param i64) (result i64)))"
    "  (func $bounce (export \"bounce\") (param i64) (result i64)"
    "    (i64.add (i64.const 1) (call_indirect (type $t) (local.get 0) (i32.const 0)))))";

static const char module_a[] =
    "(module $a (import \"b\" \"bounce\" (func $bounce (param i64) (result i64)))"
    "  (import \"host\" \"here\" (func $here (result i64)))"
    "  (memory (export \"memory\") 1)"
    "  (func $middle (param i64) (result i64)"
    "    (i64.store (i32.const 0) (i64.add (local.get 0) (i64.const 500)))"
    "    (i64.add (call $bounce (local.get 0)) (i64.load (i32.const 0))))"
    "  (func $go (export \"go\") (param i64) (result i64)"
    "    (i64.add (i64.const 1) (call $middle (local.get 0))))"
    "  (func (export \"where\") (result i64) (call $here)))";

/* Where the host's stack is when a guest calls. */
static __attribute__((noinline)) wasm_trap_t *here(void *env, wasmtime_caller_t *caller,
                                                   const wasmtime_val_t *args, size_t n_args,
                                                   wasmtime_val_t *results, size_t n_results)
{
    (void)env, (void)caller, (void)args, (void)n_args, (void)n_results;
    results[0].kind = WASMTIME_I64;
    results[0].of.i64 = (int64_t)(intptr_t)__builtin_frame_address(0);
    return NULL;
}

static void expect_trap(const wasmtime_instance_t *a, int64_t how, int code)
{
    KitOutcome out = KIT_CALL(a, "go", how);
    EXPECT(!out.is_ok);
    EXPECT_U64(out.code, code);
    EXPECT_STR(out.frames, "c!leaf b!bounce a!middle a!go");
}

static void traps_go_through_instances(void)
{
    static const int codes[] = {
        [UNREACHABLE] = WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED,
        [DIVIDE] = WASMTIME_TRAP_CODE_INTEGER_DIVISION_BY_ZERO,
        [LOAD] = WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS,
        [INDIRECT] = WASMTIME_TRAP_CODE_INDIRECT_CALL_TO_NULL,
    };
    kit_host("here", 0, 1, here, NULL);
    wasmtime_instance_t c = kit_instance("c", module_c);
    kit_instance("b", module_b);
    wasmtime_instance_t a = kit_instance("a", module_a);
    int64_t before = 0, after = 0;
    uint64_t canary[64];
    for (size_t i = 0; i < 64; i++)
        canary[i] = i * 0x9e3779b97f4a7c15;
    for (int round = 0; round < 100; round++) {
        KitOutcome out = kit_call(&a, "where", 0, NULL);
        after = out.value;
        before = before ? before : after;
        for (int64_t how = UNREACHABLE; how < NOTHING; how++) {
            expect_trap(&a, how, codes[how]);
            EXPECT_U64(kit_peek(&c, 0), how);
            EXPECT_U64(kit_peek(&a, 0), 500 + how);
        }
    }
    EXPECT(before != 0);
    EXPECT_U64(after, before);
    for (size_t i = 0; i < 64; i++)
        EXPECT_U64(canary[i], i * 0x9e3779b97f4a7c15);
    /* The store goes on: the same way, without a trap. */
    KitOutcome out = KIT_CALL(&a, "go", NOTHING);
    EXPECT(out.is_ok);
    EXPECT_U64(out.value, 77 + 1 + 500 + NOTHING + 1);
}

#define WIDE "(param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)"
#define ALL                                                                                     \
    "(local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)"       \
    "(local.get 6) (local.get 7) (local.get 8) (local.get 9) (local.get 10) (local.get 11)"     \
    "(local.get 12)"

/* Stack arguments lie above each restore frame and below it once more, and the callee pops them;
 * the walk steps over all of it. Twice through an import, then through the table: out of the
 * instance, and within it. */
static void stack_arguments_are_stepped_over(void)
{
    kit_instance("c", "(module $c (func $sum (export \"sum\") " WIDE
                      "  (if (i64.eqz (local.get 12)) (then (unreachable)))"
                      "  (i64.add (local.get 0) (i64.add (local.get 11) (local.get 12)))))");
    wasmtime_instance_t a = kit_instance(
        "a", "(module $a (type $t (func " WIDE "))"
             "  (import \"c\" \"sum\" (func $sum (type $t)))"
             "  (table funcref (elem $sum $own))"
             "  (func $own (type $t) (i64.add (local.get 11) (call $sum " ALL ")))"
             "  (func $out (type $t)"
             "    (i64.add (local.get 11) (call_indirect (type $t) " ALL " (i32.const 0))))"
             "  (func $in (type $t)"
             "    (i64.add (i64.const 9) (call_indirect (type $t) " ALL " (i32.const 1))))"
             "  (func $out_in (type $t) (i64.add (call $out " ALL ") (call $in " ALL ")))"
             "  (func $in_out (type $t) (i64.sub (call $in " ALL ") (call $out " ALL ")))"
             "  (func $go (export \"go\") (param i64 i64) (result i64)"
             "    (i64.const 100) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4)"
             "    (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8) (i64.const 9)"
             "    (i64.const 10) (i64.const 11) (local.get 0)"
             "    (if " WIDE " (i64.eqz (local.get 1)) (then (call $out_in)) (else (call $in_out)))"
             "    (i64.add (i64.const 1))))");
    for (int round = 0; round < 100; round++) {
        KitOutcome out = KIT_CALL(&a, "go", 0, 0);
        EXPECT_U64(out.code, WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED);
        EXPECT_STR(out.frames, "c!sum a!out a!out_in a!go");
        out = KIT_CALL(&a, "go", 0, 1);
        EXPECT_U64(out.code, WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED);
        EXPECT_STR(out.frames, "c!sum a!own a!in a!in_out a!go");
        int64_t sum = 100 + 11 + 12, in = 9 + 11 + sum, through = 11 + sum;
        out = KIT_CALL(&a, "go", 12, 0);
        EXPECT(out.is_ok);
        EXPECT_U64(out.value, through + in + 1);
        out = KIT_CALL(&a, "go", 12, 1);
        EXPECT(out.is_ok);
        EXPECT_U64(out.value, in - through + 1);
    }
}

int main(void)
{
    KIT_TEST(traps_go_through_instances);
    KIT_TEST(stack_arguments_are_stepped_over);
    return test_end();
}
