/* References to collected objects in the hands of the host: which kind, and small integers. */
#include "kit.h"

static const char module[] =
    "(module (type $s (struct)) (type $a (array i32))"
    "  (func (export \"new\") (param i32) (result anyref)"
    "    (if (i32.eqz (local.get 0)) (then (return (struct.new $s))))"
    "    (if (i32.eq (local.get 0) (i32.const 1))"
    "      (then (return (array.new $a (i32.const 7) (i32.const 3)))))"
    "    (if (i32.eq (local.get 0) (i32.const 2)) (then (return (ref.i31 (i32.const -5)))))"
    "    (ref.null any))"
    "  (func (export \"double\") (param anyref) (result anyref)"
    "    (ref.i31 (i32.mul (i31.get_s (ref.cast (ref i31) (local.get 0))) (i32.const 2)))))";

static wasmtime_anyref_t call(const wasmtime_instance_t *instance, const char *name,
                              wasmtime_val_t arg)
{
    wasmtime_extern_t func;
    wasmtime_val_t result = {.kind = WASMTIME_I32};
    wasm_trap_t *trap = NULL;
    EXPECT(wasmtime_instance_export_get(kit.context, instance, name, strlen(name), &func));
    kit_need(wasmtime_func_call(kit.context, &func.of.func, &arg, 1, &result, 1, &trap), trap,
             name);
    EXPECT(result.kind == WASMTIME_ANYREF);
    return result.of.anyref;
}

static wasmtime_val_t i32_val(int32_t value)
{
    return (wasmtime_val_t){.kind = WASMTIME_I32, .of = {.i32 = value}};
}

static void kinds(void)
{
    wasmtime_instance_t instance = kit_instance("m", module);
    for (int i = 0; i < 4; i++) {
        wasmtime_anyref_t ref = call(&instance, "new", i32_val(i));
        EXPECT(wasmtime_anyref_is_null(&ref) == (i == 3));
        EXPECT(wasmtime_anyref_is_struct(kit.context, &ref) == (i == 0));
        EXPECT(wasmtime_anyref_is_array(kit.context, &ref) == (i == 1));
        EXPECT(wasmtime_anyref_is_i31(kit.context, &ref) == (i == 2));
        EXPECT(wasmtime_anyref_is_eqref(kit.context, &ref) == (i < 3));
        wasmtime_anyref_unroot(&ref);
    }
}

static void small_integers(void)
{
    wasmtime_instance_t instance = kit_instance("m", module);
    wasmtime_val_t arg = {.kind = WASMTIME_ANYREF};
    wasmtime_anyref_from_i31(kit.context, 0xC0000003, &arg.of.anyref);
    wasmtime_anyref_t ref = call(&instance, "double", arg), copy;
    uint32_t u = 0;
    int32_t s = 0;
    EXPECT(wasmtime_anyref_i31_get_s(kit.context, &arg.of.anyref, &s) && s == -0x3FFFFFFD);
    EXPECT(wasmtime_anyref_i31_get_u(kit.context, &arg.of.anyref, &u) && u == 0x40000003);
    EXPECT(wasmtime_anyref_i31_get_u(kit.context, &ref, &u) && u == 6);
    wasmtime_anyref_clone(&ref, &copy);
    wasmtime_anyref_unroot(&ref);
    uint32_t raw = wasmtime_anyref_to_raw(kit.context, &copy);
    wasmtime_anyref_from_raw(kit.context, raw, &ref);
    EXPECT(wasmtime_anyref_i31_get_s(kit.context, &ref, &s) && s == 6);
    wasmtime_anyref_unroot(&ref);
    wasmtime_anyref_unroot(&copy);
    wasmtime_anyref_unroot(&arg.of.anyref);
    ref = call(&instance, "new", i32_val(0));
    EXPECT(!wasmtime_anyref_i31_get_u(kit.context, &ref, &u) && u == 6);
    wasmtime_anyref_unroot(&ref);
}

int main(void)
{
    KIT_TEST(kinds);
    KIT_TEST(small_integers);
    return test_end();
}
