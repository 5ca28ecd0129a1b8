/* Objects through the API: made by the host and by guests, held as roots while everything moves. */
#include <stint.h>

#include "test.h"

static wasm_engine_t *engine;
static wasmtime_store_t *store;
static wasmtime_context_t *context;

static void set_up_with(bool has_epoch)
{
    wasm_config_t *config = wasm_config_new();
    EXPECT(!stint_config_set_option(config, 'D', "gc-stress", "y"));
    wasmtime_config_epoch_interruption_set(config, has_epoch);
    engine = wasm_engine_new_with_config(config);
    store = wasmtime_store_new(engine, NULL, NULL);
    context = wasmtime_store_context(store);
}

static void set_up(void) { set_up_with(false); }

static void tear_down(void)
{
    wasmtime_store_delete(store);
    wasm_engine_delete(engine);
}

static bool fails(wasmtime_error_t *error, const char *words)
{
    wasm_message_t text = {0, NULL};
    if (!error)
        return false;
    wasmtime_error_message(error, &text);
    char copy[256];
    snprintf(copy, sizeof copy, "%.*s", (int)text.size, text.data);
    bool found = strstr(copy, words) != NULL;
    wasm_byte_vec_delete(&text);
    wasmtime_error_delete(error);
    return found;
}

/* Moves all that lives. */
static void collect(void)
{
    wasmtime_externref_t ref;
    EXPECT(wasmtime_externref_new(context, NULL, NULL, &ref));
    wasmtime_externref_unroot(&ref);
}

static void numbers_in_references(void)
{
    set_up();
    wasmtime_anyref_t any, other;
    wasmtime_eqref_t eq;
    wasmtime_heaptype_t type;
    uint32_t u = 0;
    int32_t s = 0;
    wasmtime_anyref_from_i31(context, 0x7fffffff, &any);
    EXPECT(wasmtime_anyref_is_i31(context, &any) && !wasmtime_anyref_is_struct(context, &any));
    EXPECT(wasmtime_anyref_i31_get_u(context, &any, &u) && u == 0x7fffffff);
    EXPECT(wasmtime_anyref_i31_get_s(context, &any, &s) && s == -1);
    EXPECT(wasmtime_anyref_as_eqref(context, &any, &eq));
    EXPECT(wasmtime_eqref_i31_get_s(context, &eq, &s) && s == -1);
    EXPECT(wasmtime_anyref_type(context, &any, &type) &&
           type.kind == WASMTIME_HEAPTYPE_KIND_I31);
    wasmtime_eqref_to_anyref(&eq, &other);
    EXPECT(wasmtime_anyref_to_raw(context, &any) == wasmtime_anyref_to_raw(context, &other));
    wasmtime_anyref_unroot(&any);
    EXPECT(wasmtime_anyref_is_null(&any) && !wasmtime_anyref_is_i31(context, &any));
    EXPECT(!wasmtime_anyref_type(context, &any, &type));
    wasmtime_anyref_unroot(&other);
    wasmtime_eqref_unroot(&eq);
    tear_down();
}

/* (struct (field i8) (field (mut i64)) (field (mut anyref))) */
static wasmtime_struct_type_t *make_type(void)
{
    wasmtime_valtype_t any = {.kind = WASMTIME_VALTYPE_KIND_REF,
                              .reftype = {true, {.kind = WASMTIME_HEAPTYPE_KIND_ANY}}};
    wasmtime_field_type_t fields[] = {
        {false, {WASMTIME_STORAGE_TYPE_KIND_I8, NULL}},
        {true, {WASMTIME_STORAGE_TYPE_KIND_VALTYPE, wasm_valtype_new(WASM_I64)}},
        {true, {WASMTIME_STORAGE_TYPE_KIND_VALTYPE, wasmtime_valtype_to_wasm(engine, &any)}},
    };
    wasmtime_struct_type_t *type = wasmtime_struct_type_new(engine, fields, 3);
    for (int i = 0; i < 3; i++)
        wasmtime_field_type_delete(&fields[i]);
    return type;
}

static void structs(void)
{
    set_up();
    wasmtime_struct_type_t *type = make_type(), *found;
    wasmtime_field_type_t field;
    EXPECT(wasmtime_struct_type_num_fields(type) == 3);
    EXPECT(!wasmtime_struct_type_field(type, 3, &field));
    EXPECT(wasmtime_struct_type_field(type, 0, &field) && !field.mutable_ &&
           field.storage.kind == WASMTIME_STORAGE_TYPE_KIND_I8);
    wasmtime_struct_ref_pre_t *pre = wasmtime_struct_ref_pre_new(context, type);
    wasmtime_val_t fields[3] = {{.kind = WASMTIME_I32, .of.i32 = 0x1ff},
                                {.kind = WASMTIME_I64, .of.i64 = -3},
                                {.kind = WASMTIME_ANYREF}},
                   val;
    wasmtime_structref_t one, two;
    wasmtime_structref_set_null(&one);
    EXPECT(fails(wasmtime_structref_new(context, pre, fields, 2, &one), "expected 3 fields"));
    EXPECT(!wasmtime_structref_new(context, pre, fields, 3, &one));
    wasmtime_structref_to_anyref(&one, &fields[2].of.anyref);
    EXPECT(!wasmtime_structref_new(context, pre, fields, 3, &two));
    wasmtime_val_unroot(&fields[2]);
    wasmtime_structref_unroot(&one);
    collect();
    EXPECT(!wasmtime_structref_field(context, &two, 0, &val) && val.of.i32 == 0xff);
    EXPECT(!wasmtime_structref_field(context, &two, 1, &val) && val.of.i64 == -3);
    EXPECT(!wasmtime_structref_field(context, &two, 2, &val) && val.kind == WASMTIME_ANYREF);
    collect();
    wasmtime_structref_t inner;
    EXPECT(wasmtime_anyref_as_struct(context, &val.of.anyref, &inner));
    wasmtime_val_unroot(&val);
    EXPECT(!wasmtime_structref_field(context, &inner, 1, &val) && val.of.i64 == -3);
    val.of.i64 = 12;
    EXPECT(!wasmtime_structref_set_field(context, &inner, 1, &val));
    EXPECT(!wasmtime_structref_field(context, &inner, 1, &val) && val.of.i64 == 12);
    EXPECT(fails(wasmtime_structref_set_field(context, &inner, 0, &val), "not mutable"));
    EXPECT(fails(wasmtime_structref_set_field(context, &inner, 2, &val), "field 2: type mismatch"));
    EXPECT(fails(wasmtime_structref_field(context, &inner, 3, &val), "cannot access field 3"));
    found = wasmtime_structref_type(context, &inner);
    EXPECT(found && wasmtime_struct_type_num_fields(found) == 3);
    wasmtime_struct_type_delete(found);
    wasmtime_structref_unroot(&inner);
    wasmtime_structref_unroot(&two);
    wasmtime_struct_ref_pre_delete(pre);
    wasmtime_struct_type_delete(type);
    tear_down();
}

static void arrays(void)
{
    set_up();
    wasmtime_field_type_t element = {true, {WASMTIME_STORAGE_TYPE_KIND_I16, NULL}}, found;
    wasmtime_array_type_t *type = wasmtime_array_type_new(engine, &element);
    wasmtime_array_ref_pre_t *pre = wasmtime_array_ref_pre_new(context, type);
    wasmtime_val_t val = {.kind = WASMTIME_I32, .of.i32 = 0x12345};
    wasmtime_arrayref_t array;
    wasmtime_eqref_t eq;
    uint32_t len = 0;
    wasmtime_array_type_element(type, &found);
    EXPECT(found.mutable_ && found.storage.kind == WASMTIME_STORAGE_TYPE_KIND_I16);
    EXPECT(!wasmtime_arrayref_new(context, pre, &val, 1000, &array));
    val.of.i32 = 7;
    EXPECT(!wasmtime_arrayref_set(context, &array, 999, &val));
    collect();
    EXPECT(!wasmtime_arrayref_len(context, &array, &len) && len == 1000);
    EXPECT(!wasmtime_arrayref_get(context, &array, 998, &val) && val.of.i32 == 0x2345);
    EXPECT(!wasmtime_arrayref_get(context, &array, 999, &val) && val.of.i32 == 7);
    EXPECT(fails(wasmtime_arrayref_get(context, &array, 1000, &val), "index out of bounds"));
    wasmtime_arrayref_to_eqref(&array, &eq);
    EXPECT(wasmtime_eqref_is_array(context, &eq) && !wasmtime_eqref_is_i31(context, &eq));
    wasmtime_arrayref_t none;
    EXPECT(fails(wasmtime_arrayref_new(context, pre, &val, UINT32_MAX, &none), "out of memory"));
    wasmtime_eqref_unroot(&eq);
    wasmtime_array_ref_pre_delete(pre);
    wasmtime_array_type_delete(type);
    wasmtime_arrayref_unroot(&array);
    tear_down();
}

/* A loop that holds references in registers, in as many as there are. */
static const char loop[] =
    "(module (type $n (struct (field i32) (field (mut (ref null $n)))))"
    "  (func (export \"f\") (param i32) (result i32)"
    "    (local $a (ref $n)) (local $b (ref $n)) (local $c (ref null $n)) (local $s i32)"
    "    (local.set $a (struct.new $n (i32.const 1) (ref.null $n)))"
    "    (local.set $b (struct.new $n (i32.const 2) (local.get $a)))"
    "    (local.set $c (local.get $b))"
    "    (loop $l"
    "      (local.set $s (i32.add (local.get $s) (i32.add (struct.get $n 0 (local.get $a))"
    "        (struct.get $n 0 (local.get $c)))))"
    "      (struct.set $n 1 (local.get $a) (local.get $c))"
    "      (local.set $c (struct.get $n 1 (local.get $c)))"
    "      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))"
    "    (i32.add (i32.mul (local.get $s) (i32.const 10)) (struct.get $n 0 (local.get $b)))))";

static wasmtime_error_t *at_deadline(const wasmtime_context_t *caller, void *data, uint64_t *delta,
                                     wasmtime_update_deadline_kind_t *kind)
{
    (void)caller;
    *(int *)data += 1;
    collect();
    *delta = 0; /* at every chance */
    *kind = WASMTIME_UPDATE_DEADLINE_CONTINUE;
    return NULL;
}

/* What an epoch callback collects, in the midst of a loop. */
static void collections_at_the_deadline(void)
{
    set_up_with(true);
    wasm_byte_vec_t bytes;
    wasmtime_module_t *module;
    wasmtime_instance_t instance;
    wasmtime_extern_t f;
    wasm_trap_t *trap = NULL;
    wasmtime_val_t arg = {.kind = WASMTIME_I32, .of.i32 = 100}, result = {0};
    int calls = 0;
    wasmtime_store_epoch_deadline_callback(store, at_deadline, &calls, NULL);
    wasmtime_context_set_epoch_deadline(context, 0);
    EXPECT(!wasmtime_wat2wasm(loop, strlen(loop), &bytes));
    EXPECT(!wasmtime_module_new(engine, (const uint8_t *)bytes.data, bytes.size, &module));
    EXPECT(!wasmtime_instance_new(context, module, NULL, 0, &instance, &trap) && !trap);
    EXPECT(wasmtime_instance_export_get(context, &instance, "f", 1, &f));
    EXPECT(!wasmtime_func_call(context, &f.of.func, &arg, 1, &result, 1, &trap) && !trap);
    /* c is b, then a, which comes to follow itself */
    EXPECT(result.of.i32 == (1 + 2 + 99 * 2) * 10 + 2 && calls > 100);
    wasm_byte_vec_delete(&bytes);
    wasmtime_module_delete(module);
    tear_down();
}

int main(void)
{
    TEST(numbers_in_references);
    TEST(structs);
    TEST(arrays);
    TEST(collections_at_the_deadline);
    return test_end();
}
