/* Memory that runs out at every single place of every constructor of the C ABI: an error or NULL
 * each time, nothing leaks, finalizers run once, and the same step succeeds in the same store when
 * there is memory again. Asynchronous calls have a program of their own (test_async_oom.c). */
#define _GNU_SOURCE
#include "failing_alloc.h"

#include <stint.h>

#include "test.h"

static struct {
    wasm_engine_t *engine;
    wasm_byte_vec_t bytes, artifact;
    wasm_store_t *own;
    wasmtime_store_t *store;
    wasmtime_context_t *context;
    wasmtime_module_t *module;
    wasm_module_t *own_module;
    wasmtime_instance_t instance;
    wasm_instance_t *own_instance;
    int made, finalized; /* what was handed over with a finalizer, and what came back */
} t;

static void finalize(void *env) { t.finalized += env == &t; }

static bool is_ok(wasmtime_error_t *error)
{
    if (error)
        wasmtime_error_delete(error);
    return !error;
}

/* ---- steps: true when done, false when memory ran out ---- */

static bool make_types(void)
{
    wasm_limits_t limits = {1, 2};
    wasm_valtype_t *val = wasm_valtype_new(WASM_EXTERNREF);
    wasm_externtype_t *types[] = {
        wasm_functype_as_externtype(
            wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_funcref())),
        wasm_globaltype_as_externtype(wasm_globaltype_new(wasm_valtype_new_f64(), WASM_VAR)),
        wasm_tabletype_as_externtype(wasm_tabletype_new(val, &limits)),
        wasm_memorytype_as_externtype(wasm_memorytype_new(&limits)),
        wasm_tagtype_as_externtype(wasm_tagtype_new(wasm_functype_new_0_0())),
    };
    bool ok = true;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        wasm_name_t module, name;
        wasm_name_new_from_string(&module, "m");
        wasm_name_new_from_string(&name, "n");
        ok &= module.size == 1 && name.size == 1;
        wasm_importtype_t *import = wasm_importtype_new(
            &module, &name, types[i] ? wasm_externtype_copy(types[i]) : NULL);
        wasm_importtype_t *copy = import ? wasm_importtype_copy(import) : NULL;
        ok &= copy && types[i];
        wasm_importtype_delete(import);
        wasm_importtype_delete(copy);
        wasm_externtype_delete(types[i]);
    }
    return ok;
}

static bool make_rich_types(void)
{
    wasmtime_field_type_t field = {true, {WASMTIME_STORAGE_TYPE_KIND_I8, NULL}};
    wasmtime_struct_type_t *structs = wasmtime_struct_type_new(t.engine, &field, 1);
    wasmtime_array_type_t *arrays = wasmtime_array_type_new(t.engine, &field);
    bool ok = structs && arrays;
    if (structs) {
        wasmtime_valtype_t rich = {
            .kind = WASMTIME_VALTYPE_KIND_REF,
            .reftype = {true, {.kind = WASMTIME_HEAPTYPE_KIND_CONCRETE_STRUCT,
                               .of.concrete_struct = structs}}};
        wasm_valtype_t *type = wasmtime_valtype_to_wasm(t.engine, &rich);
        ok &= type != NULL;
        wasm_valtype_delete(type);
    }
    wasmtime_struct_type_delete(structs);
    wasmtime_array_type_delete(arrays);
    return ok;
}

static bool make_engine(void)
{
    wasm_config_t *config = wasm_config_new();
    wasm_engine_t *engine = config ? wasm_engine_new_with_config(config) : NULL;
    wasm_engine_delete(engine);
    return engine != NULL;
}

static bool compile(void)
{
    wasmtime_module_t *module = NULL;
    bool ok = is_ok(wasmtime_module_new(t.engine, (u8 *)t.bytes.data, t.bytes.size, &module));
    EXPECT(ok == (module != NULL));
    wasmtime_module_delete(module);
    return ok;
}

static bool read_text(void)
{
    static const char text[] = "(module (func (export \"a\") (drop (i32.const 1))))";
    wasm_byte_vec_t bytes;
    if (!is_ok(wasmtime_wat2wasm(text, sizeof text - 1, &bytes)))
        return false;
    wasm_byte_vec_delete(&bytes);
    return true;
}

static bool deserialize(void)
{
    wasmtime_module_t *module;
    wasm_byte_vec_t bytes;
    if (!is_ok(wasmtime_module_deserialize(t.engine, (u8 *)t.artifact.data, t.artifact.size,
                                           &module)))
        return false;
    bool ok = is_ok(wasmtime_module_serialize(module, &bytes));
    if (ok)
        wasm_byte_vec_delete(&bytes);
    wasmtime_module_delete(module);
    return ok;
}

static bool describe(void)
{
    wasm_importtype_vec_t imports;
    wasm_exporttype_vec_t exports;
    wasmtime_module_imports(t.module, &imports);
    wasmtime_module_exports(t.module, &exports);
    bool ok = imports.size == 1 && exports.size == 6;
    wasm_importtype_vec_delete(&imports);
    wasm_exporttype_vec_delete(&exports);
    return ok;
}

static wasm_trap_t *fail_always(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                                size_t n_args, wasmtime_val_t *results, size_t n_results)
{
    (void)env, (void)caller, (void)args, (void)n_args, (void)results, (void)n_results;
    return wasmtime_trap_new("no", 2);
}

static bool link_and_instantiate(void)
{
    wasmtime_linker_t *linker = wasmtime_linker_new(t.engine), *clone = NULL;
    wasm_functype_t *type = linker ? wasm_functype_new_0_0() : NULL;
    wasmtime_instance_pre_t *pre = NULL;
    wasm_trap_t *trap = NULL;
    bool ok = type != NULL;
    if (ok) {
        t.made++;
        ok = is_ok(wasmtime_linker_define_func(linker, "h", 1, "f", 1, type, fail_always, &t,
                                               finalize));
    }
    ok = ok && (clone = wasmtime_linker_clone(linker)) &&
         is_ok(wasmtime_linker_define_wasi(clone)) &&
         is_ok(wasmtime_linker_instantiate_pre(clone, t.module, &pre)) &&
         is_ok(wasmtime_instance_pre_instantiate(pre, t.context, &t.instance, &trap)) &&
         is_ok(wasmtime_linker_instantiate(linker, t.context, t.module, &t.instance, &trap)) &&
         is_ok(wasmtime_linker_define_instance(linker, t.context, "i", 1, &t.instance));
    EXPECT(!trap);
    wasmtime_instance_pre_delete(pre);
    wasm_functype_delete(type);
    wasmtime_linker_delete(clone);
    wasmtime_linker_delete(linker);
    return ok;
}

/* The trap that a call ends in, with its message and frames; and an error in its place. */
static bool call(void)
{
    wasmtime_extern_t item;
    wasm_trap_t *trap = NULL;
    wasm_frame_vec_t frames;
    wasm_message_t text;
    if (!wasmtime_instance_export_get(t.context, &t.instance, "dies", 4, &item))
        return false;
    if (!is_ok(wasmtime_func_call(t.context, &item.of.func, NULL, 0, NULL, 0, &trap)) ||
        !EXPECT(trap))
        return false;
    wasm_trap_trace(trap, &frames);
    wasm_trap_message(trap, &text);
    bool ok = frames.size == 1 && text.size > 10;
    wasm_frame_vec_delete(&frames);
    wasm_byte_vec_delete(&text);
    wasm_trap_delete(trap);
    return ok;
}

/* What the ABI has no room for an error for is a null function. */
static bool make_items(void)
{
    wasm_limits_t limits = {1, 2};
    wasm_functype_t *type = wasm_functype_new_0_0();
    wasm_globaltype_t *global_type = wasm_globaltype_new(wasm_valtype_new_i64(), WASM_VAR);
    wasm_tabletype_t *table_type = wasm_tabletype_new(wasm_valtype_new_funcref(), &limits);
    wasm_memorytype_t *memory_type = wasm_memorytype_new(&limits);
    wasm_tagtype_t *tag_type = type ? wasm_tagtype_new(wasm_functype_copy(type)) : NULL;
    wasmtime_func_t func = {0};
    wasmtime_global_t global;
    wasmtime_table_t table;
    wasmtime_memory_t memory;
    wasmtime_tag_t tag;
    wasmtime_val_t number = {.kind = WASMTIME_I64}, null = {.kind = WASMTIME_FUNCREF};
    bool ok = type && global_type && table_type && memory_type && tag_type;
    if (ok) {
        t.made++;
        wasmtime_func_new(t.context, type, fail_always, &t, finalize, &func);
    }
    ok = ok && func.store_id &&
         is_ok(wasmtime_global_new(t.context, global_type, &number, &global)) &&
         is_ok(wasmtime_table_new(t.context, table_type, &null, &table)) &&
         is_ok(wasmtime_memory_new(t.context, memory_type, &memory)) &&
         is_ok(wasmtime_tag_new(t.context, tag_type, &tag));
    wasm_functype_delete(type);
    wasm_globaltype_delete(global_type);
    wasm_tabletype_delete(table_type);
    wasm_memorytype_delete(memory_type);
    wasm_tagtype_delete(tag_type);
    return ok;
}

static bool make_references(void)
{
    wasmtime_externref_t ref, clone;
    wasmtime_anyref_t any;
    bool ok = wasmtime_externref_new(t.context, &t, finalize, &ref);
    t.made++;
    if (!ok)
        return false;
    wasmtime_externref_clone(&ref, &clone);
    wasmtime_externref_unroot(&ref);
    wasmtime_externref_unroot(&clone);
    wasmtime_anyref_from_i31(t.context, 1, &any);
    ok = !wasmtime_anyref_is_null(&any);
    wasmtime_anyref_unroot(&any);
    return ok;
}

static bool make_wasi(void)
{
    const char *words[] = {"a", "b"};
    wasi_config_t *config = wasi_config_new();
    if (!config)
        return false;
    bool ok = wasi_config_set_argv(config, 2, words) &&
              wasi_config_set_env(config, 2, words, words);
    wasi_config_inherit_stdout(config);
    if (ok)
        return is_ok(wasmtime_context_set_wasi(t.context, config));
    wasi_config_delete(config);
    return false;
}

/* ---- wasm.h ---- */

static wasm_trap_t *hand_back(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    (void)env;
    wasm_val_copy(&results->data[0], &args->data[0]);
    return NULL;
}

static bool own_compile(void)
{
    wasm_module_t *module = wasm_module_new(t.own, &t.bytes);
    wasm_shared_module_t *shared = module ? wasm_module_share(module) : NULL;
    wasm_module_t *obtained = shared ? wasm_module_obtain(t.own, shared) : NULL;
    bool ok = obtained != NULL;
    wasm_module_delete(module);
    wasm_module_delete(obtained);
    wasm_shared_module_delete(shared);
    return ok;
}

static bool own_instantiate(void)
{
    wasm_functype_t *type = wasm_functype_new_0_0();
    wasm_trap_t *trap = NULL;
    wasm_extern_vec_t exports = {0, NULL};
    if (!type)
        return false;
    t.made++;
    wasm_func_t *host = wasm_func_new_with_env(t.own, type, hand_back, &t, finalize);
    wasm_extern_t *items[] = {host ? wasm_func_as_extern(host) : NULL};
    wasm_extern_vec_t imports = {1, items};
    wasm_instance_t *instance =
        host ? wasm_instance_new(t.own, t.own_module, &imports, &trap) : NULL;
    EXPECT(!instance || !trap);
    if (instance) {
        t.made++;
        wasm_instance_set_host_info_with_finalizer(instance, &t, finalize);
        wasm_instance_exports(instance, &exports);
    }
    bool ok = exports.size == 6;
    wasm_extern_vec_delete(&exports);
    wasm_instance_delete(t.own_instance);
    t.own_instance = instance;
    wasm_trap_delete(trap);
    wasm_func_delete(host);
    wasm_functype_delete(type);
    return ok;
}

static bool own_trap(void)
{
    wasm_extern_vec_t exports;
    wasm_instance_exports(t.own_instance, &exports);
    if (!exports.size)
        return false;
    wasm_trap_t *trap = wasm_func_call(wasm_extern_as_func(exports.data[5]), NULL, NULL);
    wasm_frame_t *origin = EXPECT(trap) ? wasm_trap_origin(trap) : NULL;
    bool ok = origin && wasm_frame_instance(origin) == t.own_instance;
    wasm_frame_delete(origin);
    wasm_trap_delete(trap);
    wasm_extern_vec_delete(&exports);
    return ok;
}

/* Of each kind, through a function of the host. */
static bool own_references(void)
{
    wasm_functype_t *type =
        wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref());
    wasm_func_t *host =
        type ? wasm_func_new_with_env(t.own, type, hand_back, NULL, NULL) : NULL;
    wasm_functype_delete(type);
    if (!host)
        return false;
    wasm_foreign_t *foreign = wasm_foreign_new(t.own);
    wasm_ref_t *refs[] = {wasm_foreign_as_ref(foreign), wasm_module_as_ref(t.own_module),
                          wasm_func_as_ref(host), wasm_instance_as_ref(t.own_instance)};
    bool ok = foreign != NULL;
    if (foreign) {
        t.made++;
        wasm_foreign_set_host_info_with_finalizer(foreign, &t, finalize);
    }
    for (size_t i = 0; i < ARRAY_LEN(refs) && ok; i++) {
        wasm_val_t given[] = {WASM_REF_VAL(refs[i])}, got[] = {WASM_INIT_VAL};
        wasm_val_vec_t args = WASM_ARRAY_VEC(given), results = WASM_ARRAY_VEC(got);
        wasm_trap_t *trap = wasm_func_call(host, &args, &results);
        ok = !trap;
        wasm_trap_delete(trap);
        EXPECT(!ok || wasm_ref_same(got[0].of.ref, refs[i]));
        wasm_val_delete(&got[0]);
    }
    wasm_foreign_delete(foreign);
    wasm_func_delete(host);
    return ok;
}

static bool own_items(void)
{
    wasm_limits_t limits = {1, 2};
    wasm_val_t number = WASM_I64_VAL(5);
    wasm_globaltype_t *global_type = wasm_globaltype_new(wasm_valtype_new_i64(), WASM_VAR);
    wasm_tabletype_t *table_type = wasm_tabletype_new(wasm_valtype_new_externref(), &limits);
    wasm_memorytype_t *memory_type = wasm_memorytype_new(&limits);
    wasm_global_t *global = global_type ? wasm_global_new(t.own, global_type, &number) : NULL;
    wasm_memory_t *memory = memory_type ? wasm_memory_new(t.own, memory_type) : NULL;
    wasm_table_t *table =
        table_type && memory ? wasm_table_new(t.own, table_type, wasm_memory_as_ref(memory)) : NULL;
    wasm_ref_t *ref = table ? wasm_table_get(table, 0) : NULL;
    bool ok = global && memory && ref && wasm_table_grow(table, 1, ref);
    EXPECT(!ref || wasm_ref_same(ref, wasm_memory_as_ref(memory)));
    wasm_ref_delete(ref);
    wasm_global_delete(global);
    wasm_memory_delete(memory);
    wasm_table_delete(table);
    wasm_globaltype_delete(global_type);
    wasm_tabletype_delete(table_type);
    wasm_memorytype_delete(memory_type);
    return ok;
}

static bool make_stores(void)
{
    wasm_store_t *own = wasm_store_new(t.engine);
    wasmtime_store_t *store = wasmtime_store_new(t.engine, NULL, NULL);
    wasm_store_delete(own);
    wasmtime_store_delete(store);
    return own && store;
}

static const struct {
    const char *name;
    bool (*run)(void);
    bool is_needed; /* by steps that come later */
} steps[] = {
    {"engine", make_engine, false},
    {"types", make_types, false},
    {"rich types", make_rich_types, false},
    {"text", read_text, false},
    {"module", compile, false},
    {"deserialize", deserialize, false},
    {"description", describe, false},
    {"stores", make_stores, false},
    {"linker", link_and_instantiate, true},
    {"call", call, false},
    {"items", make_items, false},
    {"references", make_references, false},
    {"wasi", make_wasi, false},
    {"wasm.h: module", own_compile, false},
    {"wasm.h: instance", own_instantiate, true},
    {"wasm.h: trap", own_trap, false},
    {"wasm.h: references", own_references, false},
    {"wasm.h: items", own_items, false},
};

/* ---- all of it ---- */

static void begin(void)
{
    wasm_config_t *config = wasm_config_new();
    /* The counter of allocations knows no threads. */
    wasmtime_config_parallel_compilation_set(config, false);
    t.engine = wasm_engine_new_with_config(config);
    EXPECT(is_ok(wasmtime_module_new(t.engine, (u8 *)t.bytes.data, t.bytes.size, &t.module)));
    EXPECT(is_ok(wasmtime_module_serialize(t.module, &t.artifact)));
    t.own = wasm_store_new(t.engine);
    t.own_module = wasm_module_new(t.own, &t.bytes);
    t.store = wasmtime_store_new(t.engine, NULL, NULL);
    t.context = wasmtime_store_context(t.store);
    t.own_instance = NULL;
    t.made = t.finalized = 0;
}

static void end(void)
{
    wasm_instance_delete(t.own_instance);
    wasm_module_delete(t.own_module);
    wasm_store_delete(t.own);
    wasmtime_store_delete(t.store);
    wasmtime_module_delete(t.module);
    wasm_byte_vec_delete(&t.artifact);
    wasm_engine_delete(t.engine);
    EXPECT_U64(t.finalized, t.made);
}

/* Runs step `failing` and those that it needs, the n-th allocation in it refused; all steps, none
 * refused, if there is no such step. True if there was an n-th. */
static bool run(size_t failing, u32 n, bool again)
{
    bool happened = false, is_all = failing == ARRAY_LEN(steps);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        if (!is_all && i != failing && !(i < failing && steps[i].is_needed))
            continue;
        if (i == failing)
            fail_from(n, again);
        bool ok = steps[i].run();
        if (i == failing && (happened = fail_end()) && !ok)
            ok = steps[i].run();
        if (!EXPECT(ok))
            printf("  step %s, refused at %u\n", steps[i].name, n);
    }
    return happened;
}

static void every_allocation_may_fail(void)
{
    begin();
    run(ARRAY_LEN(steps), 0, false);
    end();
    u32 refused = 0;
    i64 live = fail.live, mapped = fail.mapped;
    for (u32 again = 0; again < 2; again++)
        for (size_t step = 0; step < ARRAY_LEN(steps) && !test_now.bad; step++) {
            u32 n = 0;
            bool happened = true;
            for (; happened && !test_now.bad; n++) {
                begin();
                happened = run(step, n, again);
                end();
                if (!EXPECT(fail.live == live && fail.mapped == mapped))
                    printf("  %s, refused at %u: %lld blocks, %lld bytes of mappings\n",
                           steps[step].name, n, (long long)(fail.live - live),
                           (long long)(fail.mapped - mapped));
            }
            refused += n - 1;
        }
    EXPECT(refused > 300);
}

int main(void)
{
    static const char text[] =
        "(module $m (import \"h\" \"f\" (func)) (memory (export \"m\") 1 2)"
        "  (table (export \"t\") 1 3 externref) (global (export \"g\") (mut i64) (i64.const 1))"
        "  (tag (export \"e\")) (func (export \"twice\") (param i32) (result i32)"
        "    (i32.mul (local.get 0) (i32.const 2)))"
        "  (func $dies (export \"dies\") (unreachable)))";
    if (!is_ok(wasmtime_wat2wasm(text, sizeof text - 1, &t.bytes)))
        return 1;
    TEST(every_allocation_may_fail);
    wasm_byte_vec_delete(&t.bytes);
    return test_end();
}
