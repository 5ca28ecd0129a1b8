/* References to collected objects in the hands of the host: what each of the six kinds of root can
 * do and refuse, with a collection at every allocation. Texts and answers are those of libwasmtime,
 * with which this program passes too (test/original.py). */
#include "kit.h"

static wasmtime_context_t *cx;

static wasmtime_val_t i32_val(int32_t value)
{
    return (wasmtime_val_t){.kind = WASMTIME_I32, .of.i32 = value};
}
static wasmtime_val_t i64_val(int64_t value)
{
    return (wasmtime_val_t){.kind = WASMTIME_I64, .of.i64 = value};
}
static wasmtime_val_t null_val(wasmtime_valkind_t kind)
{
    return (wasmtime_val_t){.kind = kind};
}
static wasmtime_val_t small_val(wasmtime_context_t *context, uint32_t value)
{
    wasmtime_val_t val = null_val(WASMTIME_ANYREF);
    wasmtime_anyref_from_i31(context, value, &val.of.anyref);
    return val;
}

static wasm_valtype_t *ref_type(wasmtime_heaptype_kind_t kind, bool nullable)
{
    wasmtime_valtype_t type = {.kind = WASMTIME_VALTYPE_KIND_REF,
                               .reftype = {nullable, {.kind = kind}}};
    return wasmtime_valtype_to_wasm(kit.engine, &type);
}

static void collect(void) { kit_need(wasmtime_context_gc(cx), NULL, "gc"); }

/* ---- types ---- */

enum { N_FIELDS = 8 };

/* One field of each sort; the caller deletes them. */
static void make_fields(wasmtime_field_type_t fields[N_FIELDS])
{
    wasm_valtype_t *types[N_FIELDS] = {NULL,
                                       NULL,
                                       wasm_valtype_new(WASM_I32),
                                       wasm_valtype_new(WASM_I64),
                                       ref_type(WASMTIME_HEAPTYPE_KIND_ANY, true),
                                       ref_type(WASMTIME_HEAPTYPE_KIND_EQ, false),
                                       wasm_valtype_new(WASM_EXTERNREF),
                                       wasm_valtype_new(WASM_FUNCREF)};
    for (int i = 0; i < N_FIELDS; i++)
        fields[i] = (wasmtime_field_type_t){
            i != 3,
            {i < 2 ? (wasmtime_storage_type_kind_t)i : WASMTIME_STORAGE_TYPE_KIND_VALTYPE,
             types[i]}};
}

static wasmtime_struct_type_t *make_struct_type(void)
{
    wasmtime_field_type_t fields[N_FIELDS];
    make_fields(fields);
    wasmtime_struct_type_t *type = wasmtime_struct_type_new(kit.engine, fields, N_FIELDS);
    for (int i = 0; i < N_FIELDS; i++)
        wasmtime_field_type_delete(&fields[i]);
    return type;
}

static wasmtime_array_type_t *make_array_type(wasm_valtype_t *element, bool is_mutable)
{
    wasmtime_field_type_t field = {is_mutable, {WASMTIME_STORAGE_TYPE_KIND_VALTYPE, element}};
    if (!element)
        field.storage.kind = WASMTIME_STORAGE_TYPE_KIND_I8;
    wasmtime_array_type_t *type = wasmtime_array_type_new(kit.engine, &field);
    wasmtime_field_type_delete(&field);
    return type;
}

static void types_are_read_back(void)
{
    wasmtime_field_type_t fields[N_FIELDS], found, copy;
    make_fields(fields);
    wasmtime_struct_type_t *type = wasmtime_struct_type_new(kit.engine, fields, N_FIELDS);
    wasmtime_struct_type_t *same = wasmtime_struct_type_copy(type);
    wasmtime_struct_type_delete(type);
    EXPECT_U64(wasmtime_struct_type_num_fields(same), N_FIELDS);
    EXPECT(!wasmtime_struct_type_field(same, N_FIELDS, &found));
    for (int i = 0; i < N_FIELDS; i++) {
        EXPECT(wasmtime_struct_type_field(same, (size_t)i, &found));
        wasmtime_field_type_clone(&found, &copy);
        wasmtime_field_type_delete(&found);
        EXPECT(copy.mutable_ == fields[i].mutable_ &&
               copy.storage.kind == fields[i].storage.kind);
        if (copy.storage.kind == WASMTIME_STORAGE_TYPE_KIND_VALTYPE)
            EXPECT(wasmtime_wasm_valtype_equal(copy.storage.valtype, fields[i].storage.valtype));
        wasmtime_field_type_delete(&copy);
        wasmtime_field_type_delete(&fields[i]);
    }
    wasmtime_struct_type_delete(same);

    wasmtime_struct_type_t *none = wasmtime_struct_type_new(kit.engine, NULL, 0);
    EXPECT(none && wasmtime_struct_type_num_fields(none) == 0);
    wasmtime_struct_type_delete(none);

    wasmtime_array_type_t *bytes = make_array_type(NULL, false);
    wasmtime_array_type_t *other = wasmtime_array_type_copy(bytes);
    wasmtime_array_type_delete(bytes);
    wasmtime_array_type_element(other, &found);
    EXPECT(!found.mutable_ && found.storage.kind == WASMTIME_STORAGE_TYPE_KIND_I8);
    wasmtime_storage_type_t storage;
    wasmtime_storage_type_clone(&found.storage, &storage);
    EXPECT(storage.kind == WASMTIME_STORAGE_TYPE_KIND_I8);
    wasmtime_storage_type_delete(&storage);
    wasmtime_field_type_delete(&found);
    wasmtime_array_type_delete(other);
}

/* A type with a field of a type of another engine is none. */
static void types_stay_in_their_engine(void)
{
    if (!kit_is_stint())
        return; /* libwasmtime panics */
    wasm_engine_t *engine = wasm_engine_new();
    wasmtime_struct_type_t *type = wasmtime_struct_type_new(kit.engine, NULL, 0);
    wasmtime_valtype_t ref = {
        .kind = WASMTIME_VALTYPE_KIND_REF,
        .reftype = {true, {.kind = WASMTIME_HEAPTYPE_KIND_CONCRETE_STRUCT,
                           .of.concrete_struct = type}}};
    EXPECT(!wasmtime_valtype_to_wasm(engine, &ref));
    wasmtime_field_type_t field = {true, {WASMTIME_STORAGE_TYPE_KIND_VALTYPE,
                                          wasmtime_valtype_to_wasm(kit.engine, &ref)}};
    EXPECT(!wasmtime_struct_type_new(engine, &field, 1));
    EXPECT(!wasmtime_array_type_new(engine, &field));
    wasmtime_array_type_t *array = wasmtime_array_type_new(kit.engine, &field);
    EXPECT(array != NULL);
    wasmtime_store_t *store = wasmtime_store_new(engine, NULL, NULL);
    EXPECT(!wasmtime_struct_ref_pre_new(wasmtime_store_context(store), type));
    EXPECT(!wasmtime_array_ref_pre_new(wasmtime_store_context(store), array));
    wasmtime_store_delete(store);
    wasmtime_array_type_delete(array);
    wasmtime_field_type_delete(&field);
    wasmtime_struct_type_delete(type);
    wasm_engine_delete(engine);
}

/* ---- structs and arrays ---- */

static wasmtime_struct_ref_pre_t *struct_pre;

static void begin(void)
{
    cx = kit.context;
    wasmtime_struct_type_t *type = make_struct_type();
    struct_pre = wasmtime_struct_ref_pre_new(cx, type);
    wasmtime_struct_type_delete(type);
}

static void end(void) { wasmtime_struct_ref_pre_delete(struct_pre); }

static wasmtime_structref_t new_struct(int32_t number)
{
    wasmtime_structref_t ref;
    wasmtime_val_t fields[N_FIELDS] = {
        i32_val(0x1ff), i32_val(-1),      i32_val(number),           i64_val((int64_t)1 << 40),
        null_val(WASMTIME_ANYREF), small_val(cx, 0xC0000005), null_val(WASMTIME_EXTERNREF),
        null_val(WASMTIME_FUNCREF)};
    kit_need(wasmtime_structref_new(cx, struct_pre, fields, N_FIELDS, &ref), NULL, "new");
    wasmtime_val_unroot(&fields[5]);
    return ref;
}

static wasmtime_val_t field(const wasmtime_structref_t *ref, size_t i)
{
    wasmtime_val_t val;
    kit_need(wasmtime_structref_field(cx, ref, i, &val), NULL, "field");
    return val;
}

#define BECAUSE(text, cause) text "\n\nCaused by:\n    " cause "\n"

static void structs_are_made(void)
{
    begin();
    wasmtime_structref_t ref;
    wasmtime_val_t fields[N_FIELDS];
    memset(fields, 0, sizeof fields);
    memset(&ref, 0xff, sizeof ref);
    KIT_EXPECT_ERROR(wasmtime_structref_new(cx, struct_pre, fields, 7, &ref),
                     "expected 8 fields, got 7");
    EXPECT(wasmtime_structref_is_null(&ref));
    memset(&ref, 0xff, sizeof ref);
    KIT_EXPECT_ERROR(wasmtime_structref_new(cx, struct_pre, fields, 8, &ref),
                     BECAUSE("field type mismatch", "type mismatch: expected i64, found i32"));
    EXPECT(wasmtime_structref_is_null(&ref));
    ref = new_struct(42);
    wasmtime_val_t small = field(&ref, 5);
    uint32_t u = 0;
    EXPECT(field(&ref, 0).of.i32 == 0xff && field(&ref, 1).of.i32 == 0xffff);
    EXPECT(field(&ref, 2).of.i32 == 42 && field(&ref, 3).of.i64 == (int64_t)1 << 40);
    EXPECT(wasmtime_anyref_i31_get_u(cx, &small.of.anyref, &u) && u == 0x40000005);
    for (size_t i = 4; i < N_FIELDS; i++) {
        wasmtime_val_t val = field(&ref, i);
        EXPECT(val.kind == (i == 6 ? WASMTIME_EXTERNREF : i == 7 ? WASMTIME_FUNCREF
                                                                 : WASMTIME_ANYREF));
        EXPECT((val.of.anyref.store_id == 0) == (i != 5));
        wasmtime_val_unroot(&val);
    }
    wasmtime_val_unroot(&small);
    wasmtime_struct_type_t *type = wasmtime_structref_type(cx, &ref);
    EXPECT_U64(wasmtime_struct_type_num_fields(type), N_FIELDS);
    wasmtime_struct_type_delete(type);
    wasmtime_structref_unroot(&ref);
    end();
}

static void fields_are_set(void)
{
    begin();
    wasmtime_structref_t ref = new_struct(1), null;
    wasmtime_val_t wide = i64_val(5), narrow = i32_val(300), any = null_val(WASMTIME_ANYREF), got;
    wasmtime_structref_set_null(&null);
    KIT_EXPECT_ERROR(wasmtime_structref_field(cx, &ref, 8, &got),
                     "cannot access field 8: struct only has 8 fields");
    KIT_EXPECT_ERROR(wasmtime_structref_set_field(cx, &ref, 9, &wide),
                     "cannot access field 9: struct only has 8 fields");
    KIT_EXPECT_ERROR(wasmtime_structref_set_field(cx, &ref, 3, &narrow),
                     "cannot set field 3: field is not mutable");
    KIT_EXPECT_ERROR(wasmtime_structref_set_field(cx, &ref, 0, &wide),
                     BECAUSE("cannot set field 0: type mismatch",
                             "type mismatch: expected i32, found i64"));
    KIT_EXPECT_ERROR(wasmtime_structref_set_field(cx, &ref, 7, &wide),
                     BECAUSE("cannot set field 7: type mismatch",
                             "type mismatch: expected (ref null func), found i64"));
    KIT_EXPECT_ERROR(wasmtime_structref_set_field(cx, &ref, 5, &any),
                     BECAUSE("cannot set field 5: type mismatch",
                             "type mismatch: expected (ref eq), found (ref null none)"));
    KIT_EXPECT_ERROR(wasmtime_structref_set_field(cx, &ref, 6, &any),
                     BECAUSE("cannot set field 6: type mismatch",
                             "type mismatch: expected (ref null extern), found (ref null none)"));
    KIT_EXPECT_ERROR(wasmtime_structref_set_field(cx, &ref, 0, &narrow), NULL);
    EXPECT_U64(field(&ref, 0).of.i32, 300 & 0xff);
    wasmtime_structref_to_anyref(&ref, &any.of.anyref);
    KIT_EXPECT_ERROR(wasmtime_structref_set_field(cx, &ref, 5, &any), NULL);
    KIT_EXPECT_ERROR(wasmtime_structref_set_field(cx, &ref, 4, &any), NULL);
    wasmtime_val_unroot(&any);
    collect();
    any = field(&ref, 5);
    EXPECT(wasmtime_anyref_is_struct(cx, &any.of.anyref));
    wasmtime_val_unroot(&any);
    const wasmtime_structref_t *const nothing[] = {&null, NULL};
    for (int i = 0; i < 2; i++) {
        KIT_EXPECT_ERROR(wasmtime_structref_field(cx, nothing[i], 0, &got),
                         "non-null structref required");
        KIT_EXPECT_ERROR(wasmtime_structref_set_field(cx, nothing[i], 0, &narrow),
                         "non-null structref required");
        EXPECT(!wasmtime_structref_type(cx, nothing[i]));
    }
    wasmtime_structref_unroot(&ref);
    end();
}

static wasmtime_arrayref_t new_array(wasm_valtype_t *element, bool is_mutable, wasmtime_val_t val,
                                     uint32_t len)
{
    wasmtime_arrayref_t ref;
    wasmtime_array_type_t *type = make_array_type(element, is_mutable);
    wasmtime_array_ref_pre_t *pre = wasmtime_array_ref_pre_new(cx, type);
    kit_need(wasmtime_arrayref_new(cx, pre, &val, len, &ref), NULL, "array");
    wasmtime_array_ref_pre_delete(pre);
    wasmtime_array_type_delete(type);
    return ref;
}

static void arrays_of_bytes(void)
{
    cx = kit.context;
    uint32_t len = 0;
    wasmtime_val_t val = i32_val(0x1fe), wide = i64_val(1), got;
    wasmtime_arrayref_t ref = new_array(NULL, true, val, 3);
    KIT_EXPECT_ERROR(wasmtime_arrayref_len(cx, &ref, &len), NULL);
    EXPECT_U64(len, 3);
    KIT_EXPECT_ERROR(wasmtime_arrayref_get(cx, &ref, 2, &got), NULL);
    EXPECT_U64(got.of.i32, 0xfe);
    val.of.i32 = 7;
    KIT_EXPECT_ERROR(wasmtime_arrayref_set(cx, &ref, 1, &val), NULL);
    KIT_EXPECT_ERROR(wasmtime_arrayref_get(cx, &ref, 1, &got), NULL);
    EXPECT_U64(got.of.i32, 7);
    KIT_EXPECT_ERROR(wasmtime_arrayref_get(cx, &ref, 3, &got),
                     "index out of bounds: the length is 3 but the index is 3");
    KIT_EXPECT_ERROR(wasmtime_arrayref_set(cx, &ref, 3, &val),
                     "index out of bounds: the length is 3 but the index is 3");
    KIT_EXPECT_ERROR(wasmtime_arrayref_set(cx, &ref, 3, &wide),
                     BECAUSE("cannot set element 3: type mismatch",
                             "type mismatch: expected i32, found i64"));
    wasmtime_arrayref_unroot(&ref);
    KIT_EXPECT_ERROR(wasmtime_arrayref_len(cx, NULL, &len), "non-null arrayref required");
    KIT_EXPECT_ERROR(wasmtime_arrayref_get(cx, NULL, 0, &got), "non-null arrayref required");
    KIT_EXPECT_ERROR(wasmtime_arrayref_set(cx, NULL, 0, &val), "non-null arrayref required");
    EXPECT(!wasmtime_arrayref_type(cx, NULL));
    ref = new_array(NULL, true, val, 0);
    KIT_EXPECT_ERROR(wasmtime_arrayref_len(cx, &ref, &len), NULL);
    EXPECT_U64(len, 0);
    wasmtime_arrayref_unroot(&ref);
}

static void arrays_of_references(void)
{
    begin();
    wasmtime_structref_t one = new_struct(77);
    wasmtime_val_t val = null_val(WASMTIME_ANYREF), wide = i64_val(7), got;
    wasmtime_structref_to_anyref(&one, &val.of.anyref);
    wasmtime_structref_unroot(&one);
    wasmtime_arrayref_t refs =
        new_array(ref_type(WASMTIME_HEAPTYPE_KIND_ANY, true), true, val, 100);
    wasmtime_val_unroot(&val);
    collect();
    val = small_val(cx, 1);
    KIT_EXPECT_ERROR(wasmtime_arrayref_set(cx, &refs, 98, &val), NULL);
    wasmtime_val_unroot(&val);
    for (uint32_t i = 97; i < 100; i++) {
        KIT_EXPECT_ERROR(wasmtime_arrayref_get(cx, &refs, i, &got), NULL);
        bool is_struct = wasmtime_anyref_as_struct(cx, &got.of.anyref, &one);
        EXPECT(is_struct == (i != 98) && (!is_struct || field(&one, 2).of.i32 == 77));
        wasmtime_structref_unroot(&one);
        wasmtime_val_unroot(&got);
    }
    wasmtime_arrayref_unroot(&refs);
    wasmtime_arrayref_t constant = new_array(wasm_valtype_new(WASM_I64), false, wide, 2);
    KIT_EXPECT_ERROR(wasmtime_arrayref_set(cx, &constant, 0, &wide),
                     "cannot set element 0: array elements are not mutable");
    wasmtime_array_type_t *type = wasmtime_arrayref_type(cx, &constant);
    wasmtime_field_type_t element;
    wasmtime_array_type_element(type, &element);
    EXPECT(!element.mutable_ && wasm_valtype_kind(element.storage.valtype) == WASM_I64);
    wasmtime_field_type_delete(&element);
    wasmtime_array_ref_pre_t *pre = wasmtime_array_ref_pre_new(cx, type);
    wasmtime_array_type_delete(type);
    wasmtime_val_t narrow = i32_val(1);
    wasmtime_arrayref_t none;
    memset(&none, 0xff, sizeof none);
    KIT_EXPECT_ERROR(wasmtime_arrayref_new(cx, pre, &narrow, 3, &none),
                     BECAUSE("element type mismatch", "type mismatch: expected i64, found i32"));
    EXPECT(wasmtime_arrayref_is_null(&none));
    wasmtime_array_ref_pre_delete(pre);
    wasmtime_arrayref_unroot(&constant);
    end();
}

/* ---- from one kind to another ---- */

/* Which it is: i31, eq, struct, array. */
static void expect_kinds(const wasmtime_anyref_t *ref, const char *want)
{
    char got[5] = "....";
    wasmtime_eqref_t eq;
    wasmtime_structref_t of_struct;
    wasmtime_arrayref_t of_array;
    /* That of libwasmtime gives a bool that is neither 0 nor 1 for objects. */
    if (kit_is_stint() ? wasmtime_anyref_is_i31(cx, ref) : want[0] == 'i')
        got[0] = 'i';
    if (wasmtime_anyref_is_eqref(cx, ref))
        got[1] = 'e';
    if (wasmtime_anyref_is_struct(cx, ref))
        got[2] = 's';
    if (wasmtime_anyref_is_array(cx, ref))
        got[3] = 'a';
    EXPECT_STR(got, want);
    memset(&eq, 0xff, sizeof eq);
    memset(&of_struct, 0xff, sizeof of_struct);
    memset(&of_array, 0xff, sizeof of_array);
    EXPECT(wasmtime_anyref_as_eqref(cx, ref, &eq) == (want[1] == 'e'));
    EXPECT(wasmtime_anyref_as_struct(cx, ref, &of_struct) == (want[2] == 's'));
    EXPECT(wasmtime_anyref_as_array(cx, ref, &of_array) == (want[3] == 'a'));
    EXPECT(wasmtime_eqref_is_null(&eq) == (want[1] != 'e'));
    EXPECT(wasmtime_structref_is_null(&of_struct) == (want[2] != 's'));
    EXPECT(wasmtime_arrayref_is_null(&of_array) == (want[3] != 'a'));
    wasmtime_structref_unroot(&of_struct);
    wasmtime_arrayref_unroot(&of_array);
    EXPECT(!kit_is_stint() || wasmtime_eqref_is_i31(cx, &eq) == (want[0] == 'i'));
    EXPECT(wasmtime_eqref_is_struct(cx, &eq) == (want[2] == 's'));
    EXPECT(wasmtime_eqref_is_array(cx, &eq) == (want[3] == 'a'));
    EXPECT(wasmtime_eqref_as_struct(cx, &eq, &of_struct) == (want[2] == 's'));
    EXPECT(wasmtime_eqref_as_array(cx, &eq, &of_array) == (want[3] == 'a'));
    wasmtime_structref_unroot(&of_struct);
    wasmtime_arrayref_unroot(&of_array);
    wasmtime_eqref_unroot(&eq);
}

static void expect_heap_type(const wasmtime_anyref_t *ref, int want)
{
    wasmtime_heaptype_t type;
    wasmtime_eqref_t eq;
    bool has_type = wasmtime_anyref_type(cx, ref, &type);
    if (EXPECT(has_type == (want >= 0)) && has_type) {
        EXPECT_U64(type.kind, want);
        wasmtime_heaptype_delete(&type);
    }
    if (wasmtime_anyref_as_eqref(cx, ref, &eq)) {
        EXPECT(wasmtime_eqref_type(cx, &eq, &type) && type.kind == want);
        wasmtime_heaptype_delete(&type);
    }
    wasmtime_eqref_unroot(&eq);
}

static void kinds_of_any(void)
{
    begin();
    wasmtime_structref_t of_struct = new_struct(5);
    wasmtime_arrayref_t of_array = new_array(NULL, true, i32_val(1), 4);
    wasmtime_anyref_t refs[3];
    static const char *const kinds[] = {".es.", ".e.a", "ie.."};
    static const int types[] = {WASMTIME_HEAPTYPE_KIND_CONCRETE_STRUCT,
                                WASMTIME_HEAPTYPE_KIND_CONCRETE_ARRAY,
                                WASMTIME_HEAPTYPE_KIND_I31};
    wasmtime_eqref_t eq;
    wasmtime_structref_to_eqref(&of_struct, &eq);
    wasmtime_eqref_to_anyref(&eq, &refs[0]);
    wasmtime_eqref_unroot(&eq);
    wasmtime_arrayref_to_anyref(&of_array, &refs[1]);
    wasmtime_anyref_from_i31(cx, 3, &refs[2]);
    wasmtime_structref_unroot(&of_struct);
    wasmtime_arrayref_unroot(&of_array);
    for (int i = 0; i < 3; i++) {
        collect();
        expect_kinds(&refs[i], kinds[i]);
        expect_heap_type(&refs[i], types[i]);
        uint32_t raw = wasmtime_anyref_to_raw(cx, &refs[i]);
        EXPECT(raw != 0);
        wasmtime_anyref_unroot(&refs[i]);
    }
    end();
}

/* Null, as a root and as no pointer at all, is taken wherever it has a meaning. */
static void null_is_a_reference(void)
{
    cx = kit.context;
    wasmtime_anyref_t null, out;
    wasmtime_eqref_t eq;
    uint32_t u = 9;
    int32_t s = 9;
    wasmtime_anyref_set_null(&null);
    expect_kinds(&null, "....");
    expect_kinds(NULL, "....");
    expect_heap_type(&null, -1);
    expect_heap_type(NULL, -1);
    EXPECT(!wasmtime_anyref_i31_get_u(cx, &null, &u) && u == 9);
    EXPECT(!wasmtime_anyref_i31_get_s(cx, NULL, &s) && s == 9);
    EXPECT(wasmtime_anyref_to_raw(cx, &null) == 0 && wasmtime_anyref_to_raw(cx, NULL) == 0);
#define EXPECT_NULL(call)              \
    memset(&out, 0xff, sizeof out);    \
    call;                              \
    EXPECT(wasmtime_anyref_is_null(&out));
#define EXPECT_NULLS(name, T)                                                   \
    EXPECT_NULL(wasmtime_##name##_clone(NULL, (wasmtime_##name##_t *)&out))     \
    EXPECT_NULL(wasmtime_##name##_clone((const wasmtime_##name##_t *)&null, (T *)&out)) \
    wasmtime_##name##_unroot(NULL);                                             \
    wasmtime_##name##_unroot((T *)&null);
    EXPECT_NULLS(anyref, wasmtime_anyref_t)
    EXPECT_NULLS(eqref, wasmtime_eqref_t)
    EXPECT_NULLS(structref, wasmtime_structref_t)
    EXPECT_NULLS(arrayref, wasmtime_arrayref_t)
    EXPECT_NULLS(externref, wasmtime_externref_t)
    EXPECT_NULLS(exnref, wasmtime_exnref_t)
    EXPECT_NULL(wasmtime_anyref_from_raw(cx, 0, &out))
    EXPECT_NULL(wasmtime_externref_from_raw(cx, 0, (wasmtime_externref_t *)&out))
    EXPECT_NULL(wasmtime_exnref_from_raw(cx, 0, (wasmtime_exnref_t *)&out))
    EXPECT_NULL(wasmtime_structref_to_anyref(NULL, &out))
    EXPECT_NULL(wasmtime_arrayref_to_anyref(NULL, &out))
    EXPECT_NULL(wasmtime_eqref_to_anyref(NULL, &out))
    EXPECT_NULL(wasmtime_structref_to_eqref(NULL, &eq); memcpy(&out, &eq, sizeof out))
    EXPECT_NULL(wasmtime_arrayref_to_eqref(NULL, &eq); memcpy(&out, &eq, sizeof out))
    EXPECT(!wasmtime_externref_data(cx, NULL));
    EXPECT(wasmtime_exnref_to_raw(cx, NULL) == 0 && wasmtime_externref_to_raw(cx, NULL) == 0);
    EXPECT(!wasmtime_exnref_type(cx, NULL));
}

static void small_integers(void)
{
    cx = kit.context;
    static const uint32_t values[] = {0, 1, 0x3fffffff, 0x40000000, 0x7fffffff, 0xffffffff};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        wasmtime_anyref_t any;
        wasmtime_eqref_t eq;
        uint32_t u[2] = {1, 2}, want = values[i] & 0x7fffffff;
        int32_t s[2] = {1, 2};
        wasmtime_anyref_from_i31(cx, values[i], &any);
        wasmtime_eqref_from_i31(cx, values[i], &eq);
        EXPECT(wasmtime_anyref_i31_get_u(cx, &any, &u[0]) && u[0] == want);
        EXPECT(wasmtime_eqref_i31_get_u(cx, &eq, &u[1]) && u[1] == want);
        EXPECT(wasmtime_anyref_i31_get_s(cx, &any, &s[0]) && s[0] == (int32_t)(want << 1) >> 1);
        EXPECT(wasmtime_eqref_i31_get_s(cx, &eq, &s[1]) && s[1] == s[0]);
        wasmtime_anyref_unroot(&any);
        wasmtime_eqref_unroot(&eq);
    }
}

/* ---- host references ---- */

static int dead; /* outlives the stores, which call this at the latest */
static void count(void *data) { ++*(int *)data; }

static void host_references_die_once(void)
{
    begin();
    dead = 0;
    wasmtime_externref_t ref, copy;
    EXPECT(wasmtime_externref_new(cx, &dead, count, &ref));
    EXPECT(wasmtime_externref_data(cx, &ref) == &dead);
    uint32_t raw = wasmtime_externref_to_raw(cx, &ref);
    wasmtime_externref_from_raw(cx, raw, &copy);
    wasmtime_externref_unroot(&ref);
    collect();
    EXPECT(dead == 0 && wasmtime_externref_data(cx, &copy) == &dead);
    wasmtime_structref_t holder = new_struct(1);
    wasmtime_val_t val = {.kind = WASMTIME_EXTERNREF, .of.externref = copy}, any, got;
    KIT_EXPECT_ERROR(wasmtime_structref_set_field(cx, &holder, 6, &val), NULL);
    KIT_EXPECT_ERROR(wasmtime_structref_set_field(cx, &holder, 5, &val),
                     BECAUSE("cannot set field 5: type mismatch",
                             "type mismatch: expected (ref eq), found (ref null extern)"));
    wasmtime_val_unroot(&val);
    collect();
    got = field(&holder, 6);
    EXPECT(dead == 0 && wasmtime_externref_data(cx, &got.of.externref) == &dead);
    wasmtime_val_clone(&got, &val);
    wasmtime_val_unroot(&got);
    wasmtime_val_unroot(&val);
    /* A cycle of objects keeps nothing alive. */
    any = null_val(WASMTIME_ANYREF);
    wasmtime_structref_to_anyref(&holder, &any.of.anyref);
    KIT_EXPECT_ERROR(wasmtime_structref_set_field(cx, &holder, 4, &any), NULL);
    wasmtime_val_unroot(&any);
    wasmtime_structref_unroot(&holder);
    collect();
    EXPECT(dead == (kit_is_stint() ? 1 : dead)); /* which collector libwasmtime has is unknown */
    EXPECT(wasmtime_externref_new(cx, NULL, NULL, &ref));
    EXPECT(!wasmtime_externref_is_null(&ref) && !wasmtime_externref_data(cx, &ref));
    wasmtime_externref_unroot(&ref);
    end();
}

/* Those that nobody released die with their store. */
static void host_references_die_with_the_store(void)
{
    dead = 0;
    wasmtime_externref_t ref, copy;
    wasmtime_store_t *store = wasmtime_store_new(kit.engine, NULL, NULL);
    EXPECT(wasmtime_externref_new(wasmtime_store_context(store), &dead, count, &ref));
    EXPECT(wasmtime_externref_new(wasmtime_store_context(store), &dead, count, &copy));
    wasmtime_externref_unroot(&copy);
    wasmtime_store_delete(store);
    EXPECT_U64(dead, 2);
    wasmtime_externref_clone(&ref, &copy); /* roots may outlive their store */
    wasmtime_externref_unroot(&copy);
    wasmtime_externref_unroot(&ref);
}

/* ---- guests ---- */

static const char guest[] =
    "(module (type $s (struct (field (mut i8)) (field (mut i16)) (field (mut i32)) (field i64)"
    "    (field (mut anyref)) (field (mut (ref eq))) (field (mut externref))"
    "    (field (mut funcref))))"
    "  (type $a (array (mut i8)))"
    "  (import \"host\" \"f\" (func $f (param i64) (result i64)))"
    "  (table $t (export \"t\") 3 anyref) (global $g (export \"g\") (mut anyref) (ref.null any))"
    "  (func (export \"number\") (param anyref) (result i32)"
    "    (struct.get $s 2 (ref.cast (ref $s) (local.get 0))))"
    "  (func (export \"len\") (param anyref) (result i32)"
    "    (array.len (ref.cast (ref $a) (local.get 0))))"
    "  (func (export \"in\") (param externref) (result anyref)"
    "    (any.convert_extern (local.get 0)))"
    "  (func (export \"out\") (param anyref) (result externref)"
    "    (extern.convert_any (local.get 0)))"
    "  (func (export \"eq\") (param anyref anyref) (result i32)"
    "    (ref.eq (ref.cast eqref (local.get 0)) (ref.cast eqref (local.get 1))))"
    "  (func (export \"hold\") (param i64) (result i64) (local $x (ref $a))"
    "    (local.set $x (array.new $a (i32.const 9) (i32.const 10)))"
    "    (drop (call $f (local.get 0)))"
    "    (i64.extend_i32_u (i32.add (array.len (local.get $x))"
    "      (array.get_u $a (local.get $x) (i32.const 9))))))";

static wasmtime_instance_t instance;

static wasm_trap_t *collecting(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                               size_t n_args, wasmtime_val_t *results, size_t n_results)
{
    (void)env, (void)n_args, (void)n_results;
    for (int i = 0; i < 3; i++) {
        kit_need(wasmtime_context_gc(wasmtime_caller_context(caller)), NULL, "gc");
        wasmtime_structref_t ref = new_struct(i);
        wasmtime_structref_unroot(&ref);
    }
    results[0] = args[0];
    return NULL;
}

static void begin_guest(void)
{
    begin();
    kit_host("f", 1, 1, collecting, NULL);
    instance = kit_instance("m", guest);
}

static wasmtime_val_t call(const char *name, const wasmtime_val_t *args, size_t n)
{
    wasmtime_extern_t func = kit_export(&instance, name);
    wasmtime_val_t result = i32_val(-1);
    wasm_trap_t *trap = NULL;
    kit_need(wasmtime_func_call(cx, &func.of.func, args, n, &result, 1, &trap), trap, name);
    return result;
}

static void guests_see_what_hosts_make(void)
{
    begin_guest();
    wasmtime_structref_t of_struct = new_struct(4711);
    wasmtime_arrayref_t of_array = new_array(NULL, true, i32_val(1), 33);
    wasmtime_val_t args[2] = {null_val(WASMTIME_ANYREF), null_val(WASMTIME_ANYREF)};
    wasmtime_structref_to_anyref(&of_struct, &args[0].of.anyref);
    wasmtime_arrayref_to_anyref(&of_array, &args[1].of.anyref);
    EXPECT_U64(call("number", args, 1).of.i32, 4711);
    EXPECT_U64(call("len", args + 1, 1).of.i32, 33);
    EXPECT_U64(call("eq", args, 2).of.i32, 0);
    wasmtime_val_unroot(&args[1]);
    wasmtime_val_clone(&args[0], &args[1]);
    EXPECT_U64(call("eq", args, 2).of.i32, 1);

    wasmtime_extern_t table = kit_export(&instance, "t"), global = kit_export(&instance, "g");
    wasmtime_val_t got, number = i32_val(1), outside = call("out", args, 1), inside;
    EXPECT(outside.kind == WASMTIME_EXTERNREF);
    EXPECT(!wasmtime_externref_data(cx, &outside.of.externref));
    KIT_EXPECT_ERROR(wasmtime_table_set(cx, &table.of.table, 1, &args[0]), NULL);
    KIT_EXPECT_ERROR(wasmtime_global_set(cx, &global.of.global, &args[0]), NULL);
    wasmtime_val_t func = null_val(WASMTIME_FUNCREF);
    KIT_EXPECT_ERROR(wasmtime_table_set(cx, &table.of.table, 1, &func),
                     BECAUSE("type mismatch: value does not match table element type",
                             "type mismatch: expected (ref null any), found (ref null nofunc)"));
    KIT_EXPECT_ERROR(wasmtime_table_set(cx, &table.of.table, 1, &number),
                     "wasmtime_table_set value is not a reference");
    KIT_EXPECT_ERROR(wasmtime_global_set(cx, &global.of.global, &number),
                     BECAUSE("type mismatch: attempt to set global to value of wrong type",
                             "type mismatch: expected (ref null any), found i32"));
    wasmtime_val_unroot(&args[0]);
    wasmtime_val_unroot(&args[1]);
    wasmtime_structref_unroot(&of_struct);
    wasmtime_arrayref_unroot(&of_array);
    collect();
    inside = call("in", &outside, 1);
    wasmtime_val_unroot(&outside);
    EXPECT_U64(call("number", &inside, 1).of.i32, 4711);
    EXPECT(wasmtime_table_get(cx, &table.of.table, 1, &got));
    EXPECT_U64(call("number", &got, 1).of.i32, 4711);
    wasmtime_val_unroot(&got);
    wasmtime_global_get(cx, &global.of.global, &got);
    EXPECT_U64(call("number", &got, 1).of.i32, 4711);
    wasmtime_val_unroot(&got);
    wasmtime_val_unroot(&inside);
    end();
}

/* What came from a host reference is no eq, struct or array. */
static void host_references_inside(void)
{
    begin_guest();
    dead = 0;
    wasmtime_val_t outside = null_val(WASMTIME_EXTERNREF), inside, again;
    EXPECT(wasmtime_externref_new(cx, &dead, count, &outside.of.externref));
    inside = call("in", &outside, 1);
    wasmtime_val_unroot(&outside);
    collect();
    EXPECT(inside.kind == WASMTIME_ANYREF && !wasmtime_anyref_is_null(&inside.of.anyref));
    expect_kinds(&inside.of.anyref, "....");
    expect_heap_type(&inside.of.anyref, WASMTIME_HEAPTYPE_KIND_ANY);
    again = call("out", &inside, 1);
    EXPECT(wasmtime_externref_data(cx, &again.of.externref) == &dead);
    wasmtime_val_unroot(&inside);
    wasmtime_val_unroot(&again);
    end();
}

static void collections_within_a_call(void)
{
    begin_guest();
    EXPECT_U64(KIT_CALL(&instance, "hold", 3).value, 19);
    end();
}

/* A finalizer that throws and catches in the guest, while an exception of the guest's is made an
 * object there. */
static const char taker[] =
    "(module (tag $e (param i64 externref))"
    "  (func $throw (param i64) (throw $e (local.get 0) (ref.null extern)))"
    "  (func (export \"take\") (param i64) (result i64) (local $x exnref)"
    "    (block $h (result i64 externref exnref)"
    "      (try_table (result i64 externref exnref) (catch_ref $e $h)"
    "        (call $throw (local.get 0)) unreachable))"
    "    (local.set $x) drop drop"
    "    (block $again (result i64 externref)"
    "      (try_table (catch $e $again) (throw_ref (local.get $x)))"
    "      unreachable)"
    "    drop))";

static void take_another(void *data)
{
    count(data);
    EXPECT_U64(KIT_CALL(&instance, "take", 99).value, 99);
}

static void finalizers_may_throw(void)
{
    cx = kit.context;
    dead = 0;
    instance = kit_instance("t", taker);
    for (int64_t i = 0; i < 10; i++) {
        wasmtime_externref_t ref;
        EXPECT(wasmtime_externref_new(cx, &dead, kit_is_stint() ? take_another : count, &ref));
        wasmtime_externref_unroot(&ref);
        EXPECT_U64(KIT_CALL(&instance, "take", i).value, i);
    }
    collect();
    EXPECT(!kit_is_stint() || dead == 10);
}

/* Roots that a host takes in many calls and gives back late. */
static void many_roots(void)
{
    begin();
    enum { N = 500 };
    wasmtime_structref_t refs[N];
    wasmtime_val_t last = null_val(WASMTIME_ANYREF);
    for (int i = 0; i < N; i++) {
        refs[i] = new_struct(i);
        KIT_EXPECT_ERROR(wasmtime_structref_set_field(cx, &refs[i], 4, &last), NULL);
        wasmtime_val_unroot(&last);
        wasmtime_structref_to_anyref(&refs[i], &last.of.anyref);
        if (i % 3)
            wasmtime_structref_unroot(&refs[i]);
    }
    for (int i = 0; i < N; i += 3) {
        EXPECT_U64(field(&refs[i], 2).of.i32, i);
        wasmtime_structref_unroot(&refs[i]);
    }
    for (int i = N; i-- > 0;) {
        wasmtime_structref_t at;
        if (!EXPECT(wasmtime_anyref_as_struct(cx, &last.of.anyref, &at)))
            break;
        EXPECT_U64(field(&at, 2).of.i32, i);
        wasmtime_val_unroot(&last);
        last = field(&at, 4);
        wasmtime_structref_unroot(&at);
    }
    EXPECT(wasmtime_anyref_is_null(&last.of.anyref));
    end();
}

/* ---- mistakes ---- */

#define WRONG_STORE "value used with wrong store, or after it was unrooted"

/* libwasmtime panics at all of these. */
static void stores_keep_apart(void)
{
    if (!kit_is_stint())
        return;
    begin();
    wasmtime_store_t *store = wasmtime_store_new(kit.engine, NULL, NULL);
    wasmtime_context_t *other = wasmtime_store_context(store);
    wasmtime_structref_t ref = new_struct(1), out;
    wasmtime_val_t foreign = small_val(other, 1), got, fields[N_FIELDS] = {{0}};
    uint32_t len = 7;
    KIT_EXPECT_ERROR(wasmtime_structref_field(other, &ref, 0, &got), WRONG_STORE);
    KIT_EXPECT_ERROR(wasmtime_structref_set_field(other, &ref, 0, &fields[0]), WRONG_STORE);
    KIT_EXPECT_ERROR(wasmtime_structref_new(other, struct_pre, fields, N_FIELDS, &out),
                     WRONG_STORE);
    KIT_EXPECT_ERROR(wasmtime_structref_set_field(cx, &ref, 4, &foreign),
                     BECAUSE("cannot set field 4: type mismatch", WRONG_STORE));
    wasmtime_arrayref_t array = new_array(NULL, true, i32_val(1), 3);
    KIT_EXPECT_ERROR(wasmtime_arrayref_len(other, &array, &len), WRONG_STORE);
    EXPECT_U64(len, 7);
    instance = (kit_host("f", 1, 1, collecting, NULL), kit_instance("m", guest));
    wasmtime_extern_t table = kit_export(&instance, "t"), global = kit_export(&instance, "g"),
                      func = kit_export(&instance, "number");
    wasm_trap_t *trap = NULL;
    KIT_EXPECT_ERROR(wasmtime_table_set(cx, &table.of.table, 0, &foreign),
                     BECAUSE("type mismatch: value does not match table element type",
                             WRONG_STORE));
    KIT_EXPECT_ERROR(wasmtime_global_set(cx, &global.of.global, &foreign),
                     BECAUSE("type mismatch: attempt to set global to value of wrong type",
                             WRONG_STORE));
    KIT_EXPECT_ERROR(wasmtime_func_call(cx, &func.of.func, &foreign, 1, &got, 1, &trap),
                     BECAUSE("argument type mismatch", WRONG_STORE));
    wasmtime_val_unroot(&foreign);
    wasmtime_structref_unroot(&ref);
    wasmtime_arrayref_unroot(&array);
    wasmtime_store_delete(store);
    end();
}

/* A root used after its release, or as one of another kind. */
static void roots_are_checked(void)
{
    if (!kit_is_stint())
        return;
    begin();
    wasmtime_structref_t ref = new_struct(1), stale = ref, odd;
    wasmtime_val_t got, small = small_val(cx, 5);
    wasmtime_structref_unroot(&ref);
    EXPECT(wasmtime_structref_is_null(&ref));
    collect();
    wasmtime_structref_t next = new_struct(2); /* takes the place of the first */
    KIT_EXPECT_ERROR(wasmtime_structref_field(cx, &stale, 0, &got), WRONG_STORE);
    memcpy(&odd, &small.of.anyref, sizeof odd);
    KIT_EXPECT_ERROR(wasmtime_structref_field(cx, &odd, 0, &got), "non-null structref required");
    EXPECT(!wasmtime_structref_type(cx, &odd));
    wasmtime_arrayref_t array = new_array(NULL, true, i32_val(1), 30);
    memcpy(&odd, &array, sizeof odd);
    KIT_EXPECT_ERROR(wasmtime_structref_field(cx, &odd, 0, &got), "non-null structref required");
    wasmtime_val_t unknown = {.kind = 9};
    KIT_EXPECT_ERROR(wasmtime_structref_set_field(cx, &next, 0, &unknown),
                     BECAUSE("cannot set field 0: type mismatch", "there is no value of kind 9"));
    wasmtime_val_unroot(&small);
    wasmtime_structref_unroot(&next);
    wasmtime_arrayref_unroot(&array);
    end();
}

static void full_heaps_are_errors(void)
{
    if (!kit_is_stint())
        return; /* its limit is another */
    begin();
    wasmtime_store_limiter(kit.store, 8 << 20, -1, -1, -1, -1);
    wasmtime_arrayref_t kept[16], more;
    wasmtime_array_type_t *type = make_array_type(NULL, true);
    wasmtime_array_ref_pre_t *pre = wasmtime_array_ref_pre_new(cx, type);
    wasmtime_val_t zero = i32_val(0);
    wasmtime_error_t *error = NULL;
    size_t n = 0;
    while (n < 16 && !(error = wasmtime_arrayref_new(cx, pre, &zero, 1 << 20, &kept[n])))
        n++;
    EXPECT(n >= 2 && n <= 4);
    KIT_EXPECT_ERROR(error, "GC heap out of memory: no capacity for the allocation");
    EXPECT(wasmtime_arrayref_is_null(&kept[n]));
    KIT_EXPECT_ERROR(wasmtime_arrayref_new(cx, pre, &zero, UINT32_MAX, &more),
                     "GC heap out of memory: no capacity for the allocation");
    for (size_t i = 0; i < n; i++)
        wasmtime_arrayref_unroot(&kept[i]);
    KIT_EXPECT_ERROR(wasmtime_arrayref_new(cx, pre, &zero, 1 << 20, &more), NULL);
    wasmtime_arrayref_unroot(&more);
    wasmtime_array_ref_pre_delete(pre);
    wasmtime_array_type_delete(type);
    end();
}

static void all_tests(void)
{
    KIT_TEST(types_are_read_back);
    KIT_TEST(types_stay_in_their_engine);
    KIT_TEST(structs_are_made);
    KIT_TEST(fields_are_set);
    KIT_TEST(arrays_of_bytes);
    KIT_TEST(arrays_of_references);
    KIT_TEST(kinds_of_any);
    KIT_TEST(null_is_a_reference);
    KIT_TEST(small_integers);
    KIT_TEST(host_references_die_once);
    KIT_TEST(host_references_die_with_the_store);
    KIT_TEST(guests_see_what_hosts_make);
    KIT_TEST(host_references_inside);
    KIT_TEST(collections_within_a_call);
    KIT_TEST(finalizers_may_throw);
    KIT_TEST(many_roots);
    KIT_TEST(stores_keep_apart);
    KIT_TEST(roots_are_checked);
    KIT_TEST(full_heaps_are_errors);
}

int main(void)
{
    all_tests();
    kit_debug_option = "gc-stress=y";
    all_tests();
    return test_end();
}
