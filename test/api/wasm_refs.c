/* References of wasm.h: which handles are the same thing, what hangs on a thing, and all kinds of
 * it as values in guests. */
#include "standard.h"

/* ---- identity ---- */

static const char all_kinds[] =
    "(module (func (export \"f\")) (global (export \"g\") (mut i32) (i32.const 0))"
    "  (table (export \"t\") 2 funcref) (memory (export \"m\") 1)"
    "  (elem (i32.const 0) 0))";

/* A thing of a kind, as a reference that the caller owns. */
enum { FUNC, GLOBAL, TABLE, MEMORY, INSTANCE, FOREIGN, MODULE, TRAP, KINDS };

static wasm_ref_t *make(size_t kind, const wasm_instance_t *instance)
{
    switch (kind) {
    case INSTANCE: return wasm_instance_as_ref(wasm_instance_copy(instance));
    case FOREIGN: return wasm_foreign_as_ref(wasm_foreign_new(store));
    case MODULE: return wasm_module_as_ref(module_of(all_kinds));
    case TRAP: return wasm_trap_as_ref(new_trap("of ours"));
    default: return wasm_extern_as_ref(export_of(instance, kind));
    }
}

static size_t kinds_of(wasm_ref_t *ref)
{
    const wasm_ref_t *r = ref;
    size_t kind = wasm_ref_as_func(ref)       ? FUNC
                  : wasm_ref_as_global(ref)   ? GLOBAL
                  : wasm_ref_as_table(ref)    ? TABLE
                  : wasm_ref_as_memory(ref)   ? MEMORY
                  : wasm_ref_as_instance(ref) ? INSTANCE
                  : wasm_ref_as_foreign(ref)  ? FOREIGN
                  : wasm_ref_as_module(ref)   ? MODULE
                                              : TRAP;
    EXPECT((wasm_ref_as_func_const(r) != NULL) == (kind == FUNC));
    EXPECT((wasm_ref_as_global_const(r) != NULL) == (kind == GLOBAL));
    EXPECT((wasm_ref_as_table_const(r) != NULL) == (kind == TABLE));
    EXPECT((wasm_ref_as_memory_const(r) != NULL) == (kind == MEMORY));
    EXPECT((wasm_ref_as_instance_const(r) != NULL) == (kind == INSTANCE));
    EXPECT((wasm_ref_as_foreign_const(r) != NULL) == (kind == FOREIGN));
    EXPECT((wasm_ref_as_module_const(r) != NULL) == (kind == MODULE));
    EXPECT((wasm_ref_as_trap(ref) != NULL) == (kind == TRAP));
    EXPECT((wasm_ref_as_extern_const(r) != NULL) == (kind <= MEMORY));
    return kind;
}

static void every_kind_is_itself(void)
{
    wasm_instance_t *instance = instance_of_text(all_kinds, 0, NULL);
    wasm_ref_t *refs[KINDS];
    for (size_t i = 0; i < KINDS; i++) {
        refs[i] = make(i, instance);
        EXPECT_U64(kinds_of(refs[i]), i);
    }
    for (size_t i = 0; i < KINDS; i++) {
        wasm_ref_t *copy = wasm_ref_copy(refs[i]);
        for (size_t k = 0; k < KINDS; k++)
            EXPECT(wasm_ref_same(copy, refs[k]) == (i == k));
        wasm_ref_delete(copy);
    }
    for (size_t i = 0; i < KINDS; i++) { /* another module, trap or object is not the same */
        wasm_ref_t *again = make(i, instance);
        EXPECT(wasm_ref_same(again, refs[i]) == (i <= INSTANCE));
        wasm_ref_delete(again);
        wasm_ref_delete(refs[i]);
    }
    wasm_instance_delete(instance);
}

/* By the functions of the kind, and from a handle that came by way of another instance. */
static void one_thing_has_many_handles(void)
{
    static const char passes_on[] = "(module (import \"\" \"f\" (func)) (import \"\" \"t\""
                                    " (table 1 funcref)) (export \"f\" (func 0))"
                                    " (export \"t\" (table 0)))";
    wasm_instance_t *a = instance_of_text(all_kinds, 0, NULL);
    wasm_extern_t *imports[] = {export_of(a, 0), export_of(a, 2)};
    wasm_instance_t *b = instance_of_text(passes_on, 2, imports);
    wasm_instance_t *other = instance_of_text(all_kinds, 0, NULL);
    wasm_func_t *f = func_of(b, 0), *not_f = func_of(other, 0);
    wasm_table_t *t = wasm_extern_as_table(export_of(b, 1));
    EXPECT(wasm_func_same(f, wasm_extern_as_func(imports[0])));
    EXPECT(wasm_table_same(t, wasm_extern_as_table(imports[1])));
    EXPECT(wasm_extern_same(wasm_func_as_extern(f), imports[0]));
    EXPECT(!wasm_extern_same(imports[0], imports[1]));
    EXPECT(!wasm_func_same(f, not_f));
    EXPECT(!wasm_instance_same(a, other) && wasm_instance_same(a, a));
    wasm_ref_t *in_table = wasm_table_get(t, 0);
    EXPECT(in_table && wasm_ref_same(in_table, wasm_func_as_ref(f)));
    EXPECT(!wasm_table_get(t, 1) && !wasm_table_get(t, 2));
    wasm_func_set_host_info(f, &store);
    EXPECT(wasm_ref_get_host_info(in_table) == &store);
    EXPECT(wasm_extern_get_host_info(imports[0]) == &store);
    EXPECT(!wasm_func_get_host_info(not_f));
    wasm_ref_delete(in_table);
    wasm_table_delete(t);
    wasm_func_delete(f);
    wasm_func_delete(not_f);
    wasm_extern_delete(imports[0]);
    wasm_extern_delete(imports[1]);
    wasm_instance_delete(a);
    wasm_instance_delete(b);
    wasm_instance_delete(other);
}

/* ---- host information ---- */

static int finalized[KINDS + 2];
static void finalize(void *at) { ++*(int *)at; }

static void information_is_of_the_thing(void)
{
    memset(finalized, 0, sizeof finalized);
    wasm_instance_t *instance = instance_of_text(all_kinds, 0, NULL);
    for (size_t i = 0; i < KINDS; i++) {
        int before = 0;
        wasm_ref_t *ref = make(i, instance), *copy = wasm_ref_copy(ref);
        EXPECT(!wasm_ref_get_host_info(ref));
        wasm_ref_set_host_info_with_finalizer(ref, &before, finalize);
        EXPECT(wasm_ref_get_host_info(copy) == &before);
        wasm_ref_set_host_info_with_finalizer(copy, &finalized[i], finalize);
        EXPECT(before == 1 && wasm_ref_get_host_info(ref) == &finalized[i]);
        wasm_ref_delete(ref);
        EXPECT(!finalized[i] && wasm_ref_get_host_info(copy) == &finalized[i]);
        wasm_ref_delete(copy);
        EXPECT(finalized[i] == (i >= MODULE) || i == FOREIGN);
    }
    /* Nobody has a handle, but the thing is there and has its information. */
    wasm_ref_t *func = make(FUNC, instance);
    EXPECT(wasm_ref_get_host_info(func) == &finalized[FUNC]);
    wasm_ref_set_host_info(func, NULL);
    EXPECT(finalized[FUNC] == 1);
    wasm_ref_set_host_info_with_finalizer(func, &finalized[KINDS], finalize);
    wasm_ref_delete(func);
    wasm_instance_delete(instance);
    EXPECT(!finalized[KINDS] && !finalized[INSTANCE]);
    end_store();
    for (size_t i = 0; i <= KINDS; i++)
        EXPECT(finalized[i] == 1);
}

static void handles_keep_their_store(void)
{
    int done = 0;
    wasm_foreign_t *foreign = wasm_foreign_new(store), *copy = wasm_foreign_copy(foreign);
    wasm_foreign_set_host_info_with_finalizer(foreign, &done, finalize);
    end_store();
    wasm_foreign_delete(foreign);
    EXPECT(!done && wasm_foreign_get_host_info(copy) == &done);
    wasm_foreign_delete(copy);
    EXPECT(done == 1);
}

enum { MANY = 30000 };
static int live;
static bool was_finalized[MANY];
static void count_down(void *info)
{
    size_t number = (size_t)(uintptr_t)info - 1;
    EXPECT(!was_finalized[number]);
    was_finalized[number] = true;
    live--;
}

static void many_instances(void)
{
    wasm_module_t *module = module_of("(module (func (export \"f\")))");
    memset(was_finalized, 0, sizeof was_finalized);
    for (size_t i = 0; i < MANY; i++) {
        wasm_instance_t *instance = instance_of(module, 0, NULL);
        wasm_instance_set_host_info_with_finalizer(instance, (void *)(uintptr_t)(i + 1),
                                                   count_down);
        live++;
        wasm_instance_delete(instance);
    }
    wasm_module_delete(module);
    EXPECT_U64(live, MANY);
    end_store();
    EXPECT_U64(live, 0);
}

/* Each dies when a collection does not find it; here that is while the others are made. */
static void many_foreign_objects(void)
{
    memset(was_finalized, 0, sizeof was_finalized);
    size_t n = MANY / 10, most = 0;
    for (size_t i = 0; i < n; i++) {
        wasm_foreign_t *foreign = wasm_foreign_new(store);
        live++;
        most = (size_t)live > most ? (size_t)live : most;
        wasm_foreign_set_host_info_with_finalizer(foreign, (void *)(uintptr_t)(i + 1), count_down);
        wasm_foreign_delete(foreign);
    }
    EXPECT(engine_kind != 1 || most < 10); /* the one that collects always */
    end_store();
    EXPECT_U64(live, 0);
}

/* ---- references in guests ---- */

static const char keeps_refs[] =
    "(module (global (export \"g\") (mut externref) (ref.null extern))"
    "  (table (export \"t\") 10 20 externref)"
    "  (func (export \"set\") (param externref) (global.set 0 (local.get 0)))"
    "  (func (export \"get\") (result externref) (global.get 0))"
    "  (func (export \"third\") (param externref externref externref) (result externref)"
    "    (local.get 2))"
    "  (func (export \"is_null\") (param externref) (result i32) (ref.is_null (local.get 0))))";

static void all_kinds_go_through_guests(void)
{
    wasm_instance_t *instance = instance_of_text(all_kinds, 0, NULL);
    wasm_instance_t *keeper = instance_of_text(keeps_refs, 0, NULL);
    wasm_func_t *set = func_of(keeper, 2), *get = func_of(keeper, 3);
    wasm_global_t *global = wasm_extern_as_global(export_of(keeper, 0));
    for (size_t i = 0; i < KINDS; i++) {
        wasm_ref_t *ref = make(i, instance);
        CALL(set, ref_val(ref));
        wasm_val_t back = call(get, 0, NULL), in_global;
        EXPECT(back.kind == WASM_EXTERNREF && back.of.ref && wasm_ref_same(back.of.ref, ref));
        wasm_val_delete(&back);
        wasm_global_get(global, &in_global);
        EXPECT(in_global.of.ref && wasm_ref_same(in_global.of.ref, ref));
        wasm_val_copy(&back, &in_global);
        EXPECT(wasm_ref_same(back.of.ref, ref));
        wasm_val_delete(&back);
        wasm_val_delete(&in_global);
        wasm_ref_delete(ref);
    }
    /* The last one, a trap, is held by nobody but the guest. */
    wasm_val_t back = call(get, 0, NULL), null = ref_val(NULL);
    EXPECT(says(wasm_ref_as_trap(back.of.ref), "of ours"));
    wasm_val_delete(&back);
    wasm_global_set(global, &null);
    back = call(get, 0, NULL);
    EXPECT(back.kind == WASM_EXTERNREF && !back.of.ref);
    wasm_global_delete(global);
    wasm_func_delete(set);
    wasm_func_delete(get);
    wasm_instance_delete(keeper);
    wasm_instance_delete(instance);
}

static wasm_trap_t *hand_back(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    (void)env;
    wasm_val_copy(&results->data[0], &args->data[0]);
    return NULL;
}

/* Several in one call: making one a value of the guest may move those made before. */
static void several_references_in_a_call(void)
{
    wasm_instance_t *instance = instance_of_text(all_kinds, 0, NULL);
    wasm_instance_t *keeper = instance_of_text(keeps_refs, 0, NULL);
    wasm_func_t *third = func_of(keeper, 4), *is_null = func_of(keeper, 5);
    wasm_functype_t *type = wasm_functype_new_1_1(wasm_valtype_new_externref(),
                                                  wasm_valtype_new_externref());
    wasm_func_t *host = host_func(type, hand_back, NULL);
    wasm_ref_t *refs[3] = {make(MODULE, instance), make(FOREIGN, instance), make(MEMORY, instance)};
    for (int i = 0; i < 3; i++) {
        wasm_val_t result = CALL(third, ref_val(refs[(i + 1) % 3]), ref_val(refs[(i + 2) % 3]),
                                 ref_val(refs[i]));
        EXPECT(wasm_ref_same(result.of.ref, refs[i]));
        wasm_val_delete(&result);
        result = CALL(host, ref_val(refs[i]));
        EXPECT(wasm_ref_same(result.of.ref, refs[i]));
        wasm_val_delete(&result);
        EXPECT(CALL(is_null, ref_val(refs[i])).of.i32 == 0);
    }
    for (int i = 0; i < 3; i++)
        wasm_ref_delete(refs[i]);
    EXPECT(CALL(is_null, ref_val(NULL)).of.i32 == 1);
    EXPECT(!CALL(host, ref_val(NULL)).of.ref);
    wasm_func_delete(third);
    wasm_func_delete(is_null);
    wasm_func_delete(host);
    wasm_instance_delete(keeper);
    wasm_instance_delete(instance);
}

/* An object that a guest's table alone holds keeps its information. */
static void guests_keep_foreign_objects(void)
{
    int done = 0;
    wasm_instance_t *keeper = instance_of_text(keeps_refs, 0, NULL);
    wasm_table_t *table = wasm_extern_as_table(export_of(keeper, 1));
    wasm_ref_t *ref = wasm_foreign_as_ref(wasm_foreign_new(store));
    wasm_ref_set_host_info_with_finalizer(ref, &done, finalize);
    EXPECT(wasm_table_set(table, 3, ref) && !wasm_table_set(table, 10, ref));
    wasm_ref_delete(ref);
    for (int i = 0; i < 100; i++)
        wasm_foreign_delete(wasm_foreign_new(store));
    ref = wasm_table_get(table, 3);
    EXPECT(!done && ref && wasm_ref_get_host_info(ref) == &done);
    EXPECT(wasm_table_grow(table, 5, ref) && !wasm_table_grow(table, 6, NULL));
    EXPECT(wasm_table_size(table) == 15 && wasm_table_set(table, 3, NULL));
    wasm_ref_delete(ref);
    ref = wasm_table_get(table, 14);
    EXPECT(!done && ref && wasm_ref_get_host_info(ref) == &done);
    wasm_ref_delete(ref);
    for (wasm_table_size_t i = 0; i < 15; i++)
        EXPECT(wasm_table_set(table, i, NULL));
    for (int i = 0; i < 100; i++)
        wasm_foreign_delete(wasm_foreign_new(store));
    EXPECT(engine_kind != 1 || done == 1);
    wasm_table_delete(table);
    wasm_instance_delete(keeper);
    end_store();
    EXPECT(done == 1);
}

/* Objects of guests that come out as externref are nobody's, but the same where they are. */
static void objects_of_guests(void)
{
    wasm_instance_t *instance = instance_of_text(
        "(module (type $s (struct (field i32)))"
        "  (global $g (mut externref) (ref.null extern))"
        "  (func (export \"new\") (param i32) (result externref)"
        "    (extern.convert_any (struct.new $s (local.get 0))))"
        "  (func (export \"is\") (param externref) (result i32)"
        "    (struct.get $s 0 (ref.cast (ref $s) (any.convert_extern (local.get 0))))))",
        0, NULL);
    wasm_func_t *new = func_of(instance, 0), *is = func_of(instance, 1);
    wasm_val_t a = CALL(new, i32_val(7)), b = CALL(new, i32_val(8));
    wasm_ref_t *copy = wasm_ref_copy(a.of.ref);
    EXPECT(wasm_ref_same(copy, a.of.ref) && !wasm_ref_same(copy, b.of.ref));
    EXPECT(!wasm_ref_as_foreign(copy) && !wasm_ref_as_extern(copy));
    wasm_val_delete(&a);
    EXPECT(CALL(is, ref_val(copy)).of.i32 == 7 && CALL(is, b).of.i32 == 8);
    wasm_ref_delete(copy);
    wasm_val_delete(&b);
    wasm_func_delete(new);
    wasm_func_delete(is);
    wasm_instance_delete(instance);
}

/* ---- mistakes ---- */

static void references_that_do_not_fit(void)
{
    wasm_store_t *other = wasm_store_new(engine);
    wasm_foreign_t *stranger = wasm_foreign_new(other), *ours = wasm_foreign_new(store);
    wasm_instance_t *keeper = instance_of_text(keeps_refs, 0, NULL);
    wasm_instance_t *instance = instance_of_text(all_kinds, 0, NULL);
    wasm_table_t *refs = wasm_extern_as_table(export_of(keeper, 1));
    wasm_table_t *funcs = wasm_extern_as_table(export_of(instance, 2));
    wasm_func_t *set = func_of(keeper, 2);
    wasm_val_t val = ref_val(wasm_foreign_as_ref(stranger));
    wasm_val_vec_t args = {1, &val};
    wasm_trap_t *trap = wasm_func_call(set, &args, NULL);
    EXPECT(says(trap, "argument type mismatch"));
    wasm_trap_delete(trap);
    val = i32_val(1);
    trap = wasm_func_call(set, &args, NULL);
    EXPECT(says(trap, "argument type mismatch"));
    wasm_trap_delete(trap);
    trap = wasm_func_call(set, NULL, NULL);
    EXPECT(says(trap, "expected 1 arguments, got 0"));
    wasm_trap_delete(trap);
    EXPECT(!wasm_table_set(refs, 0, wasm_foreign_as_ref(stranger)));
    EXPECT(!wasm_table_set(funcs, 0, wasm_foreign_as_ref(ours)));
    EXPECT(!wasm_table_grow(funcs, 1, wasm_table_as_ref(funcs)));
    EXPECT(wasm_table_set(funcs, 1, wasm_func_as_ref(set)));
    wasm_func_delete(set);
    wasm_table_delete(refs);
    wasm_table_delete(funcs);
    wasm_foreign_delete(stranger);
    wasm_foreign_delete(ours);
    wasm_instance_delete(keeper);
    wasm_instance_delete(instance);
    wasm_store_delete(other);
}

int main(void)
{
    ENGINE_TEST(every_kind_is_itself);
    ENGINE_TEST(one_thing_has_many_handles);
    ENGINE_TEST(information_is_of_the_thing);
    ENGINE_TEST(handles_keep_their_store);
    ENGINE_TEST(many_instances);
    ENGINE_TEST(many_foreign_objects);
    ENGINE_TEST(all_kinds_go_through_guests);
    ENGINE_TEST(several_references_in_a_call);
    ENGINE_TEST(guests_keep_foreign_objects);
    ENGINE_TEST(objects_of_guests);
    ENGINE_TEST(references_that_do_not_fit);
    return test_end();
}
