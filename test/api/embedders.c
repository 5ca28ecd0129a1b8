/* Small things that programs and bindings written for libwasmtime rely on. */
#include "kit.h"

static void count(void *env) { ++*(int *)env; }

static wasm_trap_t *do_nothing(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                               size_t nargs, wasmtime_val_t *results, size_t nresults)
{
    (void)env, (void)caller, (void)args, (void)nargs, (void)results, (void)nresults;
    return NULL;
}

static bool is_error(wasmtime_error_t *error)
{
    bool is = error != NULL;
    if (is)
        wasmtime_error_delete(error);
    return is;
}

/* Bindings read as many bytes as there are from the address of the first one. */
static void empty_vectors_are_not_at_null(void)
{
    wasm_byte_vec_t bytes, copy;
    wasm_byte_vec_new_empty(&bytes);
    EXPECT(bytes.size == 0 && bytes.data);
    wasm_byte_vec_copy(&copy, &bytes);
    EXPECT(copy.size == 0 && copy.data);
    wasm_byte_vec_delete(&copy);
    EXPECT(copy.size == 0 && !copy.data);
    wasm_byte_vec_delete(&copy);
    wasm_byte_vec_new_uninitialized(&bytes, 0);
    EXPECT(bytes.size == 0 && bytes.data);
    wasm_byte_vec_delete(&bytes);
}

static void a_name_that_is_not_utf8_is_refused_and_data_finalized(void)
{
    int finalized = 0;
    wasm_functype_t *type = wasm_functype_new_0_0();
    EXPECT(is_error(wasmtime_linker_define_func(kit.linker, "\xff", 1, "name", 4, type, do_nothing,
                                                &finalized, count)));
    EXPECT(finalized == 1);
    EXPECT(is_error(wasmtime_linker_define_func(kit.linker, "module", 6, "\xc3", 1, type,
                                                do_nothing, &finalized, count)));
    EXPECT(finalized == 2);
    wasm_functype_delete(type);
}

static void value_types_without_engine_become_opaque(void)
{
    wasmtime_valtype_t v128 = {.kind = WASMTIME_VALTYPE_KIND_V128};
    wasm_valtype_t *opaque = wasmtime_valtype_to_wasm(NULL, &v128);
    wasm_valtype_t *other = wasmtime_wasm_valtype_v128();
    EXPECT(opaque && wasmtime_wasm_valtype_equal(opaque, other));
    wasm_valtype_delete(opaque);
    wasm_valtype_delete(other);
    wasmtime_valtype_t ref = {.kind = WASMTIME_VALTYPE_KIND_REF};
    ref.reftype.heaptype.kind = WASMTIME_HEAPTYPE_KIND_EQ;
    opaque = wasmtime_valtype_to_wasm(NULL, &ref);
    EXPECT(opaque != NULL);
    wasm_valtype_delete(opaque);
    /* A type of a function belongs to an engine. */
    ref.reftype.heaptype.kind = WASMTIME_HEAPTYPE_KIND_CONCRETE_FUNC;
    ref.reftype.heaptype.of.concrete_func = wasm_functype_new_0_0();
    EXPECT(!wasmtime_valtype_to_wasm(NULL, &ref));
    wasmtime_valtype_delete(&ref);
}

static wasm_trap_t *read_byte(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                              size_t nargs, wasmtime_val_t *results, size_t nresults)
{
    wasmtime_extern_t item;
    (void)args, (void)nargs, (void)results, (void)nresults;
    if (wasmtime_caller_export_get(caller, "memory", 6, &item))
        *(int *)env = *wasmtime_memory_data(wasmtime_caller_context(caller), &item.of.memory);
    return NULL;
}

static void a_host_function_that_starts_an_instance_is_called_by_it(void)
{
    int seen = 0;
    kit_host("start", 0, 0, read_byte, &seen);
    kit_instance("m", "(module (import \"host\" \"start\" (func)) (memory (export \"memory\") 1)"
                      "  (data (i32.const 0) \"*\") (start 0))");
    EXPECT(seen == '*');
}

/* As libwasmtime counts: one for entering a function, one for each operator that is not free. */
static void fuel_is_counted_as_users_know_it(void)
{
    uint64_t left = 0;
    wasmtime_instance_t m = kit_instance(
        "m", "(module (func $empty (export \"empty\"))"
             "  (func (export \"twice\") call $empty call $empty)"
             "  (func (export \"loop\") (param i64) (local $i i32)"
             "    (local.set $i (i32.wrap_i64 (local.get 0)))"
             "    (loop (br_if 0 (local.tee $i (i32.sub (local.get $i) (i32.const 1))))))"
             "  (memory 1)"
             "  (func (export \"fill\") (param i64)"
             "    (memory.fill (i32.const 0) (i32.const 1) (i32.const 100))"
             "    (memory.fill (i32.const 0) (i32.const 1) (i32.wrap_i64 (local.get 0)))))");
    struct {
        const char *name;
        size_t n_args;
        uint64_t fuel;
    } calls[] = {{"empty", 0, 1}, {"twice", 0, 5}, {"loop", 1, 1 + 3 + 5 * 10},
                 {"fill", 1, 1 + 4 + 100 + 5 + 10}};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        EXPECT(!wasmtime_context_set_fuel(kit.context, 1000));
        int64_t ten = 10;
        EXPECT(kit_call(&m, calls[i].name, calls[i].n_args, &ten).is_ok);
        EXPECT(!wasmtime_context_get_fuel(kit.context, &left));
        EXPECT(left == 1000 - calls[i].fuel);
    }
}

/* What there is no fuel for is not done. */
static void fuel_limits_what_an_operator_works_on(void)
{
    wasmtime_instance_t m = kit_instance(
        "m", "(module (memory (export \"memory\") 1) (func (export \"fill\") (param i64)"
             "  (memory.fill (i32.const 0) (i32.const 1) (i32.wrap_i64 (local.get 0)))))");
    int64_t sizes[] = {60000, UINT32_MAX};
    for (size_t i = 0; i < 2; i++) {
        EXPECT(!wasmtime_context_set_fuel(kit.context, 1000));
        KitOutcome out = kit_call(&m, "fill", 1, &sizes[i]);
        EXPECT(!out.is_ok && out.code == WASMTIME_TRAP_CODE_OUT_OF_FUEL);
        EXPECT(kit_peek(&m, 0) == 0);
    }
}

int main(void)
{
    KIT_TEST(empty_vectors_are_not_at_null);
    KIT_TEST(a_name_that_is_not_utf8_is_refused_and_data_finalized);
    KIT_TEST(value_types_without_engine_become_opaque);
    KIT_TEST(a_host_function_that_starts_an_instance_is_called_by_it);
    kit_wasm_options[0] = "fuel-consumption=y";
    KIT_TEST(fuel_is_counted_as_users_know_it);
    KIT_TEST(fuel_limits_what_an_operator_works_on);
    return test_end();
}
