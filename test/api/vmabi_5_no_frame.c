/* docs/vmabi.md, case 5: a fault before the function's frame exists. The row of the prologue says
 * where the return address lies, so the trap is the right one and the backtrace begins with the
 * function that faulted. */
#include "kit.h"

static wasmtime_instance_t guest;

/* Each call counts itself only once its prologue is over. */
static const char deep[] =
    "(module $m"
    "  (memory (export \"memory\") 1)"
    "  (func $down (param i64) (result i64)"
    "    (i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1)))"
    "    (i64.add (call $down (i64.add (local.get 0) (i64.const 1))) (local.get 0)))"
    "  (func $go (export \"go\") (result i64)"
    "    (i64.store (i32.const 0) (i64.const 0))"
    "    (i64.add (call $down (i64.const 1)) (i64.const 1))))";

static void a_stack_overflows_in_a_prologue(void)
{
    guest = kit_instance("m", deep);
    for (int round = 0; round < 3; round++) {
        KitOutcome out = kit_call(&guest, "go", 0, NULL);
        EXPECT_U64(out.code, WASMTIME_TRAP_CODE_STACK_OVERFLOW);
        /* All that began, the one that did not get to its body, and the first. */
        EXPECT(kit_peek(&guest, 0) > 1000);
        EXPECT_U64(out.n_frames, kit_peek(&guest, 0) + 2);
        EXPECT(strncmp(out.frames, "m!down m!down ", 14) == 0);
        EXPECT_STR(out.outermost, "m!go");
    }
}

/* The same through two instances: each frame has a restore frame above it. */
static void a_stack_overflows_between_instances(void)
{
    wasmtime_instance_t other =
        kit_instance("table", "(module $b"
                              "  (table (export \"table\") 1 funcref)"
                              "  (memory (export \"memory\") 1)"
                              "  (type $t (func (param i64) (result i64)))"
                              "  (func $back (export \"back\") (type $t)"
                              "    (i64.store (i32.const 0) (i64.add (i64.load (i32.const 0))"
                              "      (i64.const 1)))"
                              "    (i64.add (local.get 0) (call_indirect (type $t) (local.get 0)"
                              "      (i32.const 0)))))");
    guest = kit_instance("m", "(module $a"
                              "  (import \"table\" \"table\" (table 1 funcref))"
                              "  (import \"table\" \"back\" (func $back (param i64) (result i64)))"
                              "  (memory (export \"memory\") 1)"
                              "  (elem (i32.const 0) $forth)"
                              "  (func $forth (param i64) (result i64)"
                              "    (i64.store (i32.const 0) (i64.add (i64.load (i32.const 0))"
                              "      (i64.const 1)))"
                              "    (i64.add (local.get 0) (call $back (local.get 0))))"
                              "  (func $go (export \"go\") (result i64)"
                              "    (i64.add (call $forth (i64.const 1)) (i64.const 1))))");
    KitOutcome out = kit_call(&guest, "go", 0, NULL);
    int64_t turns = kit_peek(&guest, 0) + kit_peek(&other, 0);
    EXPECT_U64(out.code, WASMTIME_TRAP_CODE_STACK_OVERFLOW);
    EXPECT(turns > 500);
    EXPECT_U64(out.n_frames, turns + 2);
    const char *first = turns % 2 ? "b!back a!forth b!back " : "a!forth b!back a!forth ";
    EXPECT(strncmp(out.frames, first, strlen(first)) == 0);
    EXPECT_STR(out.outermost, "a!go");
}

static size_t add(char *wat, size_t len, size_t cap, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static size_t add(char *wat, size_t len, size_t cap, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(wat + len, cap - len, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= cap - len) {
        printf("no room for the module\n");
        exit(2);
    }
    return len + (size_t)n;
}

/* A frame so large that the prologue asks for all of it at once: what is loaded before the call has
 * to be kept across it. */
static void a_large_frame_does_not_fit(void)
{
    enum { VALUES = 300 };
    static char wat[1 << 16];
    size_t cap = sizeof wat, len = 0;
    len = add(wat, len, cap, "(module $m (memory 1) (func $big (param i64) (result i64) (local");
    for (int i = 1; i <= VALUES; i++)
        len = add(wat, len, cap, " i64");
    len = add(wat, len, cap, ")");
    for (int i = 1; i <= VALUES; i++)
        len = add(wat, len, cap, "(local.set %d (i64.load offset=%d (i32.const 0)))", i, 8 * i);
    len = add(wat, len, cap, "(local.set 0 (call $big (local.get 0)))");
    for (int i = 1; i <= VALUES; i++)
        len = add(wat, len, cap, "(local.set 0 (i64.xor (local.get 0) (local.get %d)))", i);
    add(wat, len, cap,
        "(local.get 0))"
        "(func $go (export \"go\") (param i64) (result i64)"
        "  (i64.add (call $big (local.get 0)) (i64.const 1))))");
    guest = kit_instance("m", wat);
    KitOutcome out = KIT_CALL(&guest, "go", 3);
    EXPECT_U64(out.code, WASMTIME_TRAP_CODE_STACK_OVERFLOW);
    /* 512 KiB of stack, about 8 bytes a value. */
    EXPECT(out.n_frames > 512 * 1024 / (10 * VALUES) && out.n_frames < 512 * 1024 / (7 * VALUES));
    EXPECT(strncmp(out.frames, "m!big m!big ", 12) == 0);
    EXPECT_STR(out.outermost, "m!go");
}

/* Without a frame the load is the first instruction there is. */
static void the_first_instruction_faults(void)
{
    guest = kit_instance(
        "m", "(module $m"
             "  (memory (export \"memory\") 1)"
             "  (func $load (param i64) (result i64)"
             "    (i64.load (i32.wrap_i64 (local.get 0))))"
             "  (func $many (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)"
             "    (i64.load (i32.wrap_i64 (local.get 0))))"
             "  (func $middle (param i64) (result i64)"
             "    (i64.add (call $load (local.get 0)) (i64.const 1)))"
             "  (func $go (export \"go\") (param i64) (result i64)"
             "    (i64.add (call $middle (local.get 0)) (i64.const 1)))"
             "  (func $wide (export \"wide\") (param i64) (result i64)"
             "    (i64.add (call $many (local.get 0) (i64.const 1) (i64.const 2) (i64.const 3)"
             "      (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8)"
             "      (i64.const 9)) (i64.const 1)))"
             "  (func $none (export \"none\") (result i64) (unreachable)))");
    KitOutcome out = KIT_CALL(&guest, "go", 0xffffffff);
    EXPECT_U64(out.code, WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS);
    EXPECT_STR(out.frames, "m!load m!middle m!go");
    out = KIT_CALL(&guest, "wide", 65536);
    EXPECT_U64(out.code, WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS);
    EXPECT_STR(out.frames, "m!many m!wide");
    out = kit_call(&guest, "none", 0, NULL);
    EXPECT_U64(out.code, WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED);
    EXPECT_STR(out.frames, "m!none");
    out = KIT_CALL(&guest, "go", 0);
    EXPECT(out.is_ok);
    EXPECT_U64(out.value, 2);
}

int main(void)
{
    kit_debug_option = "max-backtrace=100000";
    KIT_TEST(a_stack_overflows_in_a_prologue);
    KIT_TEST(a_stack_overflows_between_instances);
    KIT_TEST(a_large_frame_does_not_fit);
    KIT_TEST(the_first_instruction_faults);
    return test_end();
}
