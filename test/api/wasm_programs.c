/* What programs do with wasm.h alone: call and be called, trap and look where, describe what there
 * is, read and write it, keep compiled code, and share it between threads. */
#include "standard.h"

#include <pthread.h>

/* ---- calls ---- */

static wasm_trap_t *swap_and_add(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    int32_t *sum = env;
    EXPECT(args->size == 4 && results->size == 4 && results->data[3].kind == WASM_F64);
    for (size_t i = 0; i < 4; i++)
        wasm_val_copy(&results->data[i], &args->data[3 - i]);
    *sum += args->data[3].of.i32;
    return NULL;
}

static wasm_functype_t *four(bool is_back)
{
    wasm_valkind_t kinds[] = {WASM_F64, WASM_F32, WASM_I64, WASM_I32};
    wasm_valtype_vec_t params, results;
    wasm_valtype_vec_new_uninitialized(&params, 4);
    wasm_valtype_vec_new_uninitialized(&results, 4);
    for (size_t i = 0; i < 4; i++) {
        params.data[i] = wasm_valtype_new(kinds[is_back ? 3 - i : i]);
        results.data[i] = wasm_valtype_new(kinds[is_back ? i : 3 - i]);
    }
    return wasm_functype_new(&params, &results);
}

static void several_values_both_ways(void)
{
    int32_t sum = 0;
    wasm_func_t *host = host_func(four(false), swap_and_add, &sum);
    EXPECT(wasm_func_param_arity(host) == 4 && wasm_func_result_arity(host) == 4);
    wasm_extern_t *imports[] = {wasm_func_as_extern(host)};
    wasm_instance_t *instance = instance_of_text(
        "(module (import \"\" \"h\" (func $h (param f64 f32 i64 i32) (result i32 i64 f32 f64)))"
        "  (func (export \"f\") (param f64 f32 i64 i32) (result i32 i64 f32 f64)"
        "    (call $h (local.get 0) (local.get 1) (local.get 2) (local.get 3))))",
        1, imports);
    wasm_func_delete(host);
    wasm_func_t *f = func_of(instance, 0);
    wasm_val_t given[] = {WASM_F64_VAL(0.5), WASM_F32_VAL(-2), WASM_I64_VAL(INT64_MIN),
                          WASM_I32_VAL(-7)};
    wasm_val_t got[4];
    wasm_val_vec_t args = WASM_ARRAY_VEC(given), results = WASM_ARRAY_VEC(got), two = {2, got};
    EXPECT(!wasm_func_call(f, &args, &results));
    EXPECT(got[0].kind == WASM_I32 && got[0].of.i32 == -7 && got[1].of.i64 == INT64_MIN);
    EXPECT(got[2].of.f32 == -2 && got[3].kind == WASM_F64 && got[3].of.f64 == 0.5);
    got[0].of.i32 = got[2].of.i32 = 99;
    EXPECT(!wasm_func_call(f, &args, &two) && !wasm_func_call(f, &args, NULL));
    EXPECT(got[0].of.i32 == -7 && got[2].of.i32 == 99 && sum == -21);
    wasm_func_delete(f);
    wasm_instance_delete(instance);
}

/* ---- traps ---- */

static wasm_trap_t *give_trap(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    (void)args;
    (void)results;
    return wasm_trap_copy(env);
}

/* What a host function returns is what its caller's caller gets, with the place added. */
static void a_trap_stays_itself(void)
{
    int done = 0;
    wasm_trap_t *ours = new_trap("we have had enough");
    wasm_trap_set_host_info(ours, &done);
    EXPECT(!wasm_trap_origin(ours));
    wasm_func_t *host = host_func(wasm_functype_new_0_0(), give_trap, ours);
    wasm_extern_t *imports[] = {wasm_func_as_extern(host)};
    wasm_instance_t *instance = instance_of_text(
        "(module $guest (import \"\" \"h\" (func $h))"
        "  (func $inner (call $h)) (func (export \"f\") (call $inner)))",
        1, imports);
    wasm_func_t *f = func_of(instance, 0);
    wasm_trap_t *direct = trap_of_call(host), *trap;
    EXPECT(direct && wasm_trap_same(direct, ours) && !wasm_trap_origin(direct));
    trap = trap_of_call(f);
    EXPECT(trap && wasm_trap_same(trap, ours) && wasm_trap_get_host_info(trap) == &done);
    EXPECT(says(trap, "we have had enough") && says(trap, "0x"));
    wasm_frame_t *origin = wasm_trap_origin(trap);
    EXPECT(origin && wasm_frame_func_index(origin) == 1);
    EXPECT(origin && wasm_instance_same(wasm_frame_instance(origin), instance));
    wasm_frame_delete(origin);
    wasm_trap_delete(direct);
    wasm_trap_delete(trap);
    wasm_trap_delete(ours);
    wasm_func_delete(host);
    wasm_func_delete(f);
    wasm_instance_delete(instance);
}

static const char two_functions[] =
    "(module (import \"\" \"f\" (func $f))"
    "  (func (export \"fails\") (nop) (unreachable)) (func (export \"calls\") (call $f)))";

static wasm_trap_t *do_nothing(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    (void)env;
    (void)args;
    (void)results;
    return NULL;
}

static wasm_trap_t *call_back(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    (void)args;
    (void)results;
    return trap_of_call(env);
}

/* Frames of two instances of one module, told apart. */
static void frames_know_their_instance(void)
{
    wasm_func_t *host = host_func(wasm_functype_new_0_0(), do_nothing, NULL);
    wasm_module_t *module = module_of(two_functions);
    wasm_extern_t *import = wasm_func_as_extern(host);
    wasm_instance_t *a = instance_of(module, 1, &import);
    import = export_of(a, 0);
    wasm_instance_t *b = instance_of(module, 1, &import);
    wasm_func_t *calls = func_of(b, 1);
    wasm_trap_t *trap = trap_of_call(calls);
    wasm_frame_vec_t frames;
    wasm_trap_trace(trap, &frames);
    EXPECT_U64(frames.size, 2);
    if (frames.size == 2) {
        EXPECT_U64(wasm_frame_func_index(frames.data[0]), 1);
        EXPECT_U64(wasm_frame_func_index(frames.data[1]), 2);
        /* A nop comes before it, a byte that counts the locals before that. */
        EXPECT_U64(wasm_frame_func_offset(frames.data[0]), 2);
        EXPECT(wasm_frame_module_offset(frames.data[0]) < wasm_frame_module_offset(frames.data[1]));
        EXPECT(wasm_instance_same(wasm_frame_instance(frames.data[0]), a));
        EXPECT(wasm_instance_same(wasm_frame_instance(frames.data[1]), b));
    }
    /* Beyond a host frame it is not told which one it is, but for a module with one instance. */
    wasm_func_t *again = host_func(wasm_functype_new_0_0(), call_back, calls);
    wasm_extern_t *through = wasm_func_as_extern(again);
    wasm_instance_t *c = instance_of_text(
        "(module (import \"\" \"h\" (func $h)) (func (export \"f\") (call $h)))", 1, &through);
    wasm_func_t *outer = func_of(c, 0);
    wasm_trap_t *nested = trap_of_call(outer);
    wasm_frame_vec_delete(&frames);
    wasm_trap_trace(nested, &frames);
    EXPECT_U64(frames.size, 3);
    if (frames.size == 3)
        EXPECT(wasm_instance_same(wasm_frame_instance(frames.data[2]), c));
    wasm_trap_delete(nested);
    wasm_trap_delete(trap);
    wasm_func_delete(outer);
    wasm_func_delete(calls);
    wasm_func_delete(again);
    wasm_func_delete(host);
    wasm_extern_delete(import);
    wasm_module_delete(module);
    wasm_instance_delete(a);
    wasm_instance_delete(b);
    wasm_instance_delete(c);
    end_store(); /* frames outlive it, their instances do not */
    for (size_t i = 0; i < frames.size; i++) {
        wasm_frame_t *copy = wasm_frame_copy(frames.data[i]);
        EXPECT(!wasm_frame_instance(copy) && wasm_frame_func_index(copy));
        wasm_frame_delete(copy);
    }
    wasm_frame_vec_delete(&frames);
}

static void a_start_function_traps(void)
{
    wasm_module_t *module = module_of("(module (func unreachable) (start 0))");
    wasm_extern_vec_t none = WASM_EMPTY_VEC;
    wasm_trap_t *trap = NULL;
    EXPECT(!wasm_instance_new(store, module, &none, &trap));
    EXPECT(says(trap, "unreachable"));
    wasm_frame_t *origin = wasm_trap_origin(trap);
    EXPECT(origin && wasm_frame_func_index(origin) == 0);
    wasm_frame_delete(origin);
    wasm_trap_delete(trap);
    wasm_module_delete(module);
    module = module_of(two_functions);
    EXPECT(!wasm_instance_new(store, module, &none, &trap));
    EXPECT(says(trap, "expected 1 imports, found 0"));
    wasm_trap_delete(trap);
    EXPECT(!wasm_instance_new(store, module, &none, NULL));
    wasm_module_delete(module);
}

/* ---- what there is ---- */

static void a_module_describes_itself(void)
{
    wasm_module_t *module = module_of(
        "(module (import \"env\" \"f\" (func (param i32 funcref) (result externref)))"
        "  (global (export \"g\") (mut f64) (f64.const 1)) (table (export \"t\") 3 9 externref)"
        "  (memory (export \"m\") 2) (export \"again\" (func 0)))");
    wasm_importtype_vec_t imports;
    wasm_exporttype_vec_t exports;
    wasm_module_imports(module, &imports);
    wasm_module_exports(module, &exports);
    EXPECT(imports.size == 1 && exports.size == 4);
    const wasm_externtype_t *type = wasm_importtype_type(imports.data[0]);
    const wasm_name_t *name = wasm_importtype_module(imports.data[0]);
    EXPECT(name->size == 3 && !memcmp(name->data, "env", 3));
    const wasm_functype_t *func = wasm_externtype_as_functype_const(type);
    EXPECT(wasm_externtype_kind(type) == WASM_EXTERN_FUNC && func);
    EXPECT(wasm_valtype_kind(wasm_functype_params(func)->data[1]) == WASM_FUNCREF);
    EXPECT(wasm_valtype_kind(wasm_functype_results(func)->data[0]) == WASM_EXTERNREF);
    EXPECT(!wasm_externtype_as_memorytype_const(type));
    const wasm_globaltype_t *global =
        wasm_externtype_as_globaltype_const(wasm_exporttype_type(exports.data[0]));
    EXPECT(global && wasm_globaltype_mutability(global) == WASM_VAR);
    EXPECT(global && wasm_valtype_kind(wasm_globaltype_content(global)) == WASM_F64);
    const wasm_tabletype_t *table =
        wasm_externtype_as_tabletype_const(wasm_exporttype_type(exports.data[1]));
    EXPECT(table && wasm_tabletype_limits(table)->min == 3 &&
           wasm_tabletype_limits(table)->max == 9);
    const wasm_memorytype_t *memory =
        wasm_externtype_as_memorytype_const(wasm_exporttype_type(exports.data[2]));
    EXPECT(memory && wasm_memorytype_limits(memory)->min == 2 &&
           wasm_memorytype_limits(memory)->max == wasm_limits_max_default);
    name = wasm_exporttype_name(exports.data[3]);
    EXPECT(name->size == 5 && !memcmp(name->data, "again", 5));
    wasm_importtype_vec_delete(&imports);
    wasm_exporttype_vec_delete(&exports);
    wasm_module_delete(module);
}

static void globals_are_read_and_written(void)
{
    wasm_val_t val = WASM_I64_VAL(5);
    wasm_globaltype_t *constant = wasm_globaltype_new(wasm_valtype_new_i64(), WASM_CONST);
    wasm_globaltype_t *variable = wasm_globaltype_new(wasm_valtype_new_i64(), WASM_VAR);
    wasm_global_t *c = wasm_global_new(store, constant, &val);
    wasm_global_t *v = wasm_global_new(store, variable, &val);
    wasm_extern_t *imports[] = {wasm_global_as_extern(c), wasm_global_as_extern(v)};
    wasm_instance_t *instance = instance_of_text(
        "(module (import \"\" \"c\" (global i64)) (import \"\" \"v\" (global $v (mut i64)))"
        "  (export \"v\" (global $v))"
        "  (func (export \"get\") (result i64) (global.get $v))"
        "  (func (export \"set\") (global.set $v (i64.const -1))))",
        2, imports);
    wasm_func_t *get = func_of(instance, 1), *set = func_of(instance, 2);
    wasm_global_t *same = wasm_extern_as_global(export_of(instance, 0));
    EXPECT(wasm_global_same(same, v) && !wasm_global_same(c, v));
    val.of.i64 = 6;
    wasm_global_set(same, &val);
    wasm_global_set(c, &val); /* is constant */
    EXPECT(call(get, 0, NULL).of.i64 == 6);
    EXPECT(!trap_of_call(set));
    wasm_global_get(v, &val);
    EXPECT(val.kind == WASM_I64 && val.of.i64 == -1);
    wasm_global_get(c, &val);
    EXPECT(val.of.i64 == 5);
    val = i32_val(1);
    wasm_global_set(v, &val); /* of another kind */
    EXPECT(call(get, 0, NULL).of.i64 == -1 && !wasm_global_new(store, variable, &val));
    wasm_globaltype_delete(constant);
    wasm_globaltype_delete(variable);
    wasm_global_delete(c);
    wasm_global_delete(v);
    wasm_global_delete(same);
    wasm_func_delete(get);
    wasm_func_delete(set);
    wasm_instance_delete(instance);
}

static void memories_are_bytes(void)
{
    wasm_limits_t limits = {1, 3};
    wasm_memorytype_t *type = wasm_memorytype_new(&limits);
    wasm_memory_t *memory = wasm_memory_new(store, type);
    wasm_extern_t *import = wasm_memory_as_extern(memory);
    wasm_instance_t *instance = instance_of_text(
        "(module (import \"\" \"m\" (memory 1 3)) (data (i32.const 4) \"abc\")"
        "  (func (export \"load\") (param i32) (result i32) (i32.load8_u (local.get 0)))"
        "  (func (export \"far\") (drop (i32.load (i32.const 65536)))))",
        1, &import);
    wasm_func_t *load = func_of(instance, 0), *far = func_of(instance, 1);
    EXPECT(!memcmp(wasm_memory_data(memory) + 4, "abc", 3));
    EXPECT(wasm_memory_size(memory) == 1 && wasm_memory_data_size(memory) == MEMORY_PAGE_SIZE);
    wasm_memory_data(memory)[65535] = 77;
    EXPECT(CALL(load, i32_val(65535)).of.i32 == 77);
    wasm_trap_t *trap = trap_of_call(far);
    EXPECT(says(trap, "out of bounds"));
    wasm_trap_delete(trap);
    EXPECT(wasm_memory_grow(memory, 2) && !wasm_memory_grow(memory, 1));
    EXPECT(!trap_of_call(far) && wasm_memory_size(memory) == 3);
    EXPECT(wasm_memory_data(memory)[65535] == 77 && !wasm_memory_data(memory)[65536]);
    wasm_memorytype_delete(type);
    wasm_memory_delete(memory);
    wasm_func_delete(load);
    wasm_func_delete(far);
    wasm_instance_delete(instance);
}

static void tables_hold_functions(void)
{
    wasm_func_t *host = host_func(wasm_functype_new_0_0(), do_nothing, NULL);
    wasm_limits_t limits = {2, 4};
    wasm_tabletype_t *type = wasm_tabletype_new(wasm_valtype_new_funcref(), &limits);
    wasm_table_t *table = wasm_table_new(store, type, wasm_func_as_ref(host));
    wasm_extern_t *import = wasm_table_as_extern(table);
    wasm_instance_t *instance = instance_of_text(
        "(module (import \"\" \"t\" (table 2 funcref)) (type $v (func))"
        "  (func (export \"call\") (call_indirect (type $v) (i32.const 1)))"
        "  (func (export \"fails\") (unreachable)))",
        1, &import);
    wasm_func_t *call_it = func_of(instance, 0), *fails = func_of(instance, 1);
    EXPECT(!trap_of_call(call_it));
    EXPECT(wasm_table_set(table, 1, wasm_func_as_ref(fails)));
    wasm_trap_t *trap = trap_of_call(call_it);
    EXPECT(says(trap, "unreachable"));
    wasm_trap_delete(trap);
    EXPECT(wasm_table_set(table, 1, NULL));
    trap = trap_of_call(call_it);
    EXPECT(says(trap, "uninitialized element"));
    wasm_trap_delete(trap);
    EXPECT(wasm_table_grow(table, 2, wasm_func_as_ref(host)) && !wasm_table_grow(table, 1, NULL));
    wasm_ref_t *ref = wasm_table_get(table, 3);
    EXPECT(ref && wasm_func_same(wasm_ref_as_func(ref), host));
    wasm_ref_delete(ref);
    wasm_tabletype_delete(type);
    wasm_table_delete(table);
    wasm_func_delete(host);
    wasm_func_delete(call_it);
    wasm_func_delete(fails);
    wasm_instance_delete(instance);
}

/* ---- compiled code ---- */

static void code_is_kept_as_bytes(void)
{
    wasm_module_t *module = module_of("(module (func (export \"f\") (result i32) i32.const 42))");
    wasm_byte_vec_t bytes;
    wasm_module_serialize(module, &bytes);
    EXPECT(bytes.size > 0);
    wasm_module_t *back = wasm_module_deserialize(store, &bytes);
    EXPECT(back && !wasm_module_same(back, module));
    wasm_instance_t *instance = instance_of(back, 0, NULL);
    wasm_func_t *f = func_of(instance, 0);
    EXPECT(call(f, 0, NULL).of.i32 == 42);
    bytes.size /= 2;
    EXPECT(!wasm_module_deserialize(store, &bytes));
    EXPECT(!wasm_module_new(store, &bytes) && !wasm_module_validate(store, &bytes));
    wasm_byte_vec_delete(&bytes);
    wasm_func_delete(f);
    wasm_instance_delete(instance);
    wasm_module_delete(back);
    wasm_module_delete(module);
}

/* ---- threads ---- */

typedef struct Worker {
    wasm_shared_module_t *shared;
    int32_t number, seen;
} Worker;

static wasm_trap_t *note(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    (void)results;
    ((Worker *)env)->seen += args->data[0].of.i32;
    return NULL;
}

static void *work(void *at)
{
    Worker *worker = at;
    wasm_store_t *mine = wasm_store_new(engine);
    wasm_module_t *module = wasm_module_obtain(mine, worker->shared);
    wasm_functype_t *type = wasm_functype_new_1_0(wasm_valtype_new_i32());
    wasm_globaltype_t *global_type = wasm_globaltype_new(wasm_valtype_new_i32(), WASM_CONST);
    wasm_val_t number = i32_val(worker->number);
    wasm_func_t *host = wasm_func_new_with_env(mine, type, note, worker, NULL);
    wasm_global_t *global = wasm_global_new(mine, global_type, &number);
    wasm_extern_t *items[] = {wasm_func_as_extern(host), wasm_global_as_extern(global)};
    wasm_extern_vec_t imports = WASM_ARRAY_VEC(items), exports;
    wasm_instance_t *instance = wasm_instance_new(mine, module, &imports, NULL);
    if (EXPECT(instance)) {
        wasm_instance_exports(instance, &exports);
        for (int i = 0; i < 100; i++)
            EXPECT(!trap_of_call(wasm_extern_as_func(exports.data[0])));
        wasm_extern_vec_delete(&exports);
    }
    wasm_instance_delete(instance);
    wasm_global_delete(global);
    wasm_func_delete(host);
    wasm_globaltype_delete(global_type);
    wasm_functype_delete(type);
    wasm_module_delete(module);
    wasm_store_delete(mine);
    return NULL;
}

static void threads_share_code(void)
{
    enum { THREADS = 6 };
    pthread_t threads[THREADS];
    Worker workers[THREADS];
    wasm_module_t *module = module_of(
        "(module (import \"\" \"note\" (func $note (param i32))) (import \"\" \"n\" (global i32))"
        "  (func (export \"f\") (call $note (global.get 0))))");
    wasm_shared_module_t *shared = wasm_module_share(module);
    wasm_module_t *here = wasm_module_obtain(store, shared);
    EXPECT(here && !wasm_module_same(here, module)); /* each has information of its own */
    wasm_module_delete(here);
    wasm_module_delete(module);
    wasm_engine_t *stranger = wasm_engine_new();
    wasm_store_t *other = wasm_store_new(stranger);
    EXPECT(!wasm_module_obtain(other, shared));
    wasm_store_delete(other);
    wasm_engine_delete(stranger);
    for (int32_t i = 0; i < THREADS; i++) {
        workers[i] = (Worker){shared, i + 1, 0};
        EXPECT(!pthread_create(&threads[i], NULL, work, &workers[i]));
    }
    for (int32_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        EXPECT_U64(workers[i].seen, 100 * (i + 1));
    }
    wasm_shared_module_delete(shared);
}

int main(void)
{
    ENGINE_TEST(several_values_both_ways);
    ENGINE_TEST(a_trap_stays_itself);
    ENGINE_TEST(frames_know_their_instance);
    ENGINE_TEST(a_start_function_traps);
    ENGINE_TEST(a_module_describes_itself);
    ENGINE_TEST(globals_are_read_and_written);
    ENGINE_TEST(memories_are_bytes);
    ENGINE_TEST(tables_hold_functions);
    ENGINE_TEST(code_is_kept_as_bytes);
    ENGINE_TEST(threads_share_code);
    return test_end();
}
