/* docs/vmabi.md, case 4: an exception through a cross-instance stub and a host frame. The handler
 * finds its own context, memory and registers again, whatever was on the way; a host frame ends one
 * activation, the store keeps the exception meanwhile, and the frames beneath may catch it. */
#include "kit.h"

/* c!leaf throws values made of its argument, or returns it, or traps: by its remainder modulo 3. */
static const char module_c[] =
    "(module $c (memory (export \"memory\") 1)"
    "  (tag $e (export \"e\") (param i64 i64)) (tag $other (export \"other\"))"
    "  (func $leaf (export \"leaf\") (param i64) (result i64)"
    "    (i64.store (i32.const 0) (local.get 0))"
    "    (if (i64.eqz (i64.rem_u (local.get 0) (i64.const 3)))"
    "      (then (throw $e (local.get 0) (i64.const 11))))"
    "    (if (i64.eq (i64.rem_u (local.get 0) (i64.const 3)) (i64.const 2))"
    "      (then (unreachable)))"
    "    (local.get 0)))";

/* b calls it by the table, among values that fill all registers which calls keep, and catches what
 * never comes. Its own values come back when leaf returns, and are of no use when it throws. */
static const char module_b[] =
    "(module $b (import \"c\" \"leaf\" (func $leaf (param i64) (result i64)))"
    "  (import \"c\" \"other\" (tag $other))"
    "  (memory (export \"memory\") 1) (table 1 funcref) (elem (i32.const 0) $leaf)"
    "  (type $t (func (param i64) (result i64)))"
    "  (func $bounce (export \"bounce\") (param i64) (result i64)"
    "    (local i64 i64 i64 i64 i64 i64)"
    "    (local.set 1 (i64.mul (local.get 0) (i64.const 3)))"
    "    (local.set 2 (i64.mul (local.get 0) (i64.const 5)))"
    "    (local.set 3 (i64.mul (local.get 0) (i64.const 7)))"
    "    (local.set 4 (i64.mul (local.get 0) (i64.const 11)))"
    "    (local.set 5 (i64.mul (local.get 0) (i64.const 13)))"
    "    (local.set 6 (i64.mul (local.get 0) (i64.const 17)))"
    "    (i64.store (i32.const 0) (local.get 0))"
    "    (try (do (drop (call_indirect (type $t) (local.get 0) (i32.const 0))))"
    "      (catch $other (unreachable)))"
    "    (i64.add (local.get 1) (i64.add (local.get 2) (i64.add (local.get 3)"
    "      (i64.add (local.get 4) (i64.add (local.get 5) (local.get 6))))))))";

/* a enters by the host or by its import; its locals live in registers and slots over the call, and
 * the handler reads them, its memory and the exception. */
#define HANDLED(call)                                                                      \
    "  (param i64) (result i64) (local i64 i64 i64 i64 i64 i64 i64) (local f64)"           \
    "    (local.set 1 (i64.add (local.get 0) (i64.const 1)))"                              \
    "    (local.set 2 (i64.add (local.get 0) (i64.const 20)))"                             \
    "    (local.set 3 (i64.add (local.get 0) (i64.const 300)))"                            \
    "    (local.set 4 (i64.add (local.get 0) (i64.const 4000)))"                           \
    "    (local.set 5 (i64.add (local.get 0) (i64.const 50000)))"                          \
    "    (local.set 6 (i64.add (local.get 0) (i64.const 600000)))"                         \
    "    (local.set 8 (f64.convert_i64_u (local.get 0)))"                                  \
    "    (i64.store (i32.const 0) (i64.const 7000000))"                                    \
    "    (local.set 7 (try (result i64) (do " call ")"                                     \
    "      (catch $e (i64.mul) (i64.add (i64.trunc_f64_u (local.get 8))))))"               \
    "    (i64.add (local.get 7) (i64.add (local.get 1) (i64.add (local.get 2)"             \
    "      (i64.add (local.get 3) (i64.add (local.get 4) (i64.add (local.get 5)"           \
    "      (i64.add (local.get 6) (i64.load (i32.const 0)))))))))"

static const char module_a[] =
    "(module $a (import \"b\" \"bounce\" (func $bounce (param i64) (result i64)))"
    "  (import \"host\" \"through\" (func $through (param i64) (result i64)))"
    "  (import \"c\" \"e\" (tag $e (param i64 i64)))"
    "  (memory (export \"memory\") 1)"
    "  (func $direct (export \"direct\")" HANDLED("(call $bounce (local.get 0))") ")"
    "  (func $host (export \"host\")" HANDLED("(call $through (local.get 0))") ")"
    "  (func $all (export \"all\") (param i64) (result i64)"
    "    (try (result i64) (do (call $through (local.get 0)))"
    "      (catch_all (i64.load (i32.const 8)))))"
    "  (func $none (export \"none\") (param i64) (result i64)"
    "    (i64.add (i64.const 1) (call $through (local.get 0)))))";

static wasmtime_instance_t a, b, c;

/* What the host does with the exception that its call ended with. */
static enum { HAND_ON, KEEP, RETURN_ANYWAY } manner;

static wasm_trap_t *through(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                            size_t n_args, wasmtime_val_t *results, size_t n_results)
{
    (void)env, (void)caller, (void)n_args, (void)n_results;
    wasmtime_extern_t item = kit_export(&b, "bounce");
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error =
        wasmtime_func_call(kit.context, &item.of.func, args, 1, results, 1, &trap);
    EXPECT(!error);
    EXPECT((trap && args[0].of.i64 % 3 == 0) == wasmtime_context_has_exception(kit.context));
    if (!trap || manner == HAND_ON)
        return trap;
    wasmtime_exnref_t exn;
    if (manner == KEEP && EXPECT(wasmtime_context_take_exception(kit.context, &exn)))
        wasmtime_exnref_unroot(&exn);
    wasm_trap_delete(trap);
    results[0] = (wasmtime_val_t){.kind = WASMTIME_I64, .of.i64 = 5};
    return NULL;
}

static void set_up(void)
{
    kit_host("through", 1, 1, through, NULL);
    c = kit_instance("c", module_c);
    b = kit_instance("b", module_b);
    a = kit_instance("a", module_a);
    manner = HAND_ON;
}

static int64_t locals_of(int64_t x) { return 6 * x + 654321 + 7000000; }
static int64_t caught(int64_t x) { return 11 * x + x + locals_of(x); }
static int64_t returned(int64_t x) { return (3 + 5 + 7 + 11 + 13 + 17) * x + locals_of(x); }

static void expect_value(const char *name, int64_t arg, int64_t value)
{
    KitOutcome out = KIT_CALL(&a, name, arg);
    EXPECT(out.is_ok);
    EXPECT_U64(out.value, value);
    EXPECT_U64(kit_peek(&c, 0), arg);
    EXPECT_U64(kit_peek(&b, 0), arg);
}

static void handlers_find_their_state(void)
{
    set_up();
    for (int64_t x = 3; x < 300; x += 3) {
        expect_value("direct", x, caught(x));
        expect_value("host", x, caught(x));
        expect_value("direct", x + 1, returned(x + 1));
        expect_value("host", x + 1, returned(x + 1));
        expect_value("all", x, 0);
        EXPECT(!wasmtime_context_has_exception(kit.context));
    }
}

static void traps_are_not_caught(void)
{
    set_up();
    for (int round = 0; round < 3; round++) {
        KitOutcome out = KIT_CALL(&a, "direct", 5);
        EXPECT_U64(out.code, WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED);
        EXPECT_STR(out.frames, "c!leaf b!bounce a!direct");
        out = KIT_CALL(&a, "all", 5);
        EXPECT_U64(out.code, WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED);
        EXPECT_STR(out.frames, "c!leaf b!bounce a!all");
        EXPECT(!wasmtime_context_has_exception(kit.context));
    }
}

/* The values are those thrown; the backtrace begins where it was thrown last, which is b: there it
 * met a try that did not take it. */
static void uncaught_ones_stay_with_the_store(void)
{
    set_up();
    for (int64_t x = 3; x < 30; x += 3) {
        wasmtime_exnref_t exn;
        wasmtime_val_t value;
        KitOutcome out = KIT_CALL(&a, "none", x);
        EXPECT(!out.is_ok && out.code == KIT_NO_CODE);
        EXPECT_STR(out.frames, "b!bounce a!none");
        EXPECT(wasmtime_context_take_exception(kit.context, &exn));
        EXPECT_U64(wasmtime_exnref_field_count(kit.context, &exn), 2);
        kit_need(wasmtime_exnref_field(kit.context, &exn, 0, &value), NULL, "field 0");
        EXPECT_U64(value.of.i64, x);
        kit_need(wasmtime_exnref_field(kit.context, &exn, 1, &value), NULL, "field 1");
        EXPECT_U64(value.of.i64, 11);
        wasmtime_exnref_unroot(&exn);
        EXPECT(!wasmtime_context_take_exception(kit.context, &exn));
    }
}

/* The host may keep one, or leave it pending and return: its caller sees what it returned. */
static void the_host_may_stop_one(void)
{
    wasmtime_exnref_t exn;
    set_up();
    manner = KEEP;
    expect_value("host", 3, 5 + locals_of(3));
    EXPECT(!wasmtime_context_has_exception(kit.context));
    manner = RETURN_ANYWAY;
    expect_value("host", 3, 5 + locals_of(3));
    EXPECT(wasmtime_context_take_exception(kit.context, &exn));
    wasmtime_exnref_unroot(&exn);
}

/* ---- of the host's own ---- */

#define WIDE "(param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)"
#define ALL                                                                                      \
    "(local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)"        \
    "(local.get 6) (local.get 7) (local.get 8) (local.get 9) (local.get 10) (local.get 11)"

static wasm_trap_t *thrower(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                            size_t n_args, wasmtime_val_t *results, size_t n_results)
{
    (void)env, (void)caller, (void)results, (void)n_results;
    wasmtime_extern_t item = kit_export(&c, "e");
    wasmtime_exnref_t exn;
    const wasmtime_val_t values[2] = {args[0], args[n_args - 1]};
    kit_need(wasmtime_exnref_new(kit.context, &item.of.tag, values, 2, &exn), NULL, "an exception");
    wasm_trap_t *trap = wasmtime_context_set_exception(kit.context, &exn);
    wasmtime_exnref_unroot(&exn);
    return trap;
}

/* Stack arguments lie between the host and the handler, popped or not; the last call of each chain
 * to the host is an ordinary one or a tail call, from the instance itself or another. */
static void through_stack_arguments(void)
{
    kit_host("thrower", 12, 1, thrower, NULL);
    c = kit_instance("c", module_c);
    kit_instance("d", "(module $d (import \"host\" \"thrower\" (func $thrower " WIDE "))"
                      "  (func (export \"calls\") " WIDE
                      "    (i64.add (local.get 11) (call $thrower " ALL ")))"
                      "  (func (export \"leaves\") " WIDE "(return_call $thrower " ALL "))"
                      "  (func (export \"narrow\") (param i64) (result i64)"
                      "    (local.get 0) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4)"
                      "    (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8) (i64.const 9)"
                      "    (i64.const 10) (i64.const 13) (return_call $thrower)))");
    a = kit_instance(
        "a", "(module $a (import \"c\" \"e\" (tag $e (param i64 i64)))"
             "  (import \"d\" \"calls\" (func $calls " WIDE "))"
             "  (import \"d\" \"leaves\" (func $leaves " WIDE "))"
             "  (import \"d\" \"narrow\" (func $narrow (param i64) (result i64)))"
             "  (memory (export \"memory\") 1)"
             "  (func $own " WIDE "(i64.add (local.get 10) (call $leaves " ALL ")))"
             "  (func $ten " WIDE "(return_call $leaves " ALL "))"
             "  (func $both (export \"both\") (param i64 i64) (result i64) (local i64 i64 i64)"
             "    (local.set 2 (i64.add (local.get 0) (local.get 1)))"
             "    (local.set 3 (i64.mul (local.get 0) (local.get 1)))"
             "    (i64.store (i32.const 0) (i64.const 1000000))"
             "    (local.set 4 (try (result i64) (do"
#define PUSH                                                                                    \
    "(local.get 0) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5)"       \
    "(i64.const 6) (i64.const 7) (i64.const 8) (i64.const 9) (i64.const 10) (local.get 1)"
             "      (if (result i64) (i64.eqz (i64.rem_u (local.get 1) (i64.const 5)))"
             "       (then (call $narrow (local.get 0))) (else"
             "      (if (result i64) (i64.eqz (i64.rem_u (local.get 1) (i64.const 4)))"
             "       (then (call $calls " PUSH ")) (else"
             "      (if (result i64) (i64.eqz (i64.rem_u (local.get 1) (i64.const 3)))"
             "       (then (call $own " PUSH ")) (else"
             "      (if (result i64) (i64.eqz (i64.rem_u (local.get 1) (i64.const 2)))"
             "       (then (call $ten " PUSH ")) (else (call $leaves " PUSH "))))))))))"
             "     (catch $e (i64.add))))"
             "    (i64.add (local.get 4) (i64.add (i64.load (i32.const 0))"
             "      (i64.sub (local.get 3) (local.get 2))))))");
    for (int64_t x = 1; x < 20; x++)
        for (int64_t y = 1; y < 61; y++) {
            KitOutcome out = KIT_CALL(&a, "both", x, y);
            EXPECT(out.is_ok);
            EXPECT_U64(out.value, x + (y % 5 ? y : 13) + 1000000 + x * y - (x + y));
        }
}

int main(void)
{
    kit_wasm_options[0] = "legacy-exceptions=y";
    KIT_TEST(handlers_find_their_state);
    KIT_TEST(traps_are_not_caught);
    KIT_TEST(uncaught_ones_stay_with_the_store);
    KIT_TEST(the_host_may_stop_one);
    KIT_TEST(through_stack_arguments);
    return test_end();
}
