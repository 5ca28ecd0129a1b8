/* A program of the C ABI and nothing else: something of each group of its functions, with what
 * libwasmtime answers. It can be compiled with the headers of either library and run with either
 * (test/original.py runs it with the other one). */
#include <wasi.h>
#include <wasm.h>
#include <wasmtime.h>

#include <stdlib.h>

#include "test.h"

static wasm_engine_t *engine;
static wasmtime_store_t *store;
static wasmtime_context_t *context;

static bool ok(wasmtime_error_t *error)
{
    if (!error)
        return true;
    wasm_name_t text;
    wasmtime_error_message(error, &text);
    printf("  error: %.*s\n", (int)text.size, text.data);
    wasm_byte_vec_delete(&text);
    wasmtime_error_delete(error);
    return false;
}

static bool fails(wasmtime_error_t *error, const char *words)
{
    wasm_name_t text;
    char copy[512];
    if (!error)
        return false;
    wasmtime_error_message(error, &text);
    snprintf(copy, sizeof copy, "%.*s", (int)text.size, text.data);
    wasm_byte_vec_delete(&text);
    wasmtime_error_delete(error);
    if (!strstr(copy, words))
        printf("  error: %s\n", copy);
    return strstr(copy, words) != NULL;
}

static int finalized;
static void finalize(void *env)
{
    (void)env;
    finalized++;
}

static void begin_with(wasm_config_t *config)
{
    engine = wasm_engine_new_with_config(config);
    store = engine ? wasmtime_store_new(engine, &finalized, finalize) : NULL;
    if (!store)
        exit(2);
    context = wasmtime_store_context(store);
}

static void begin(void) { begin_with(wasm_config_new()); }

static void end(void)
{
    wasmtime_store_delete(store);
    wasm_engine_delete(engine);
}

static wasmtime_module_t *module_of(const char *wat)
{
    wasm_byte_vec_t bytes;
    wasmtime_module_t *module = NULL;
    if (!ok(wasmtime_wat2wasm(wat, strlen(wat), &bytes)))
        exit(2);
    if (!ok(wasmtime_module_new(engine, (const uint8_t *)bytes.data, bytes.size, &module)))
        exit(2);
    wasm_byte_vec_delete(&bytes);
    return module;
}

static wasmtime_instance_t instance_of(const char *wat)
{
    wasmtime_module_t *module = module_of(wat);
    wasmtime_instance_t instance = {0};
    wasm_trap_t *trap = NULL;
    EXPECT(ok(wasmtime_instance_new(context, module, NULL, 0, &instance, &trap)) && !trap);
    wasmtime_module_delete(module);
    return instance;
}

static wasmtime_extern_t export_of(const wasmtime_instance_t *instance, const char *name)
{
    wasmtime_extern_t item = {0};
    EXPECT(wasmtime_instance_export_get(context, instance, name, strlen(name), &item));
    return item;
}

static wasmtime_val_t i32_val(int32_t value)
{
    wasmtime_val_t val;
    val.kind = WASMTIME_I32;
    val.of.i32 = value;
    return val;
}

/* ---- engines and stores ---- */

static void settings(void)
{
    wasm_config_t *config = wasm_config_new();
    wasmtime_pooling_allocation_config_t *pool = wasmtime_pooling_allocation_config_new();
    wasmtime_config_debug_info_set(config, false);
    wasmtime_config_wasm_threads_set(config, true);
    wasmtime_config_wasm_simd_set(config, false);
    wasmtime_config_wasm_relaxed_simd_set(config, false);
    wasmtime_config_wasm_memory64_set(config, true);
    wasmtime_config_strategy_set(config, WASMTIME_STRATEGY_AUTO);
    wasmtime_config_cranelift_opt_level_set(config, WASMTIME_OPT_LEVEL_SPEED);
    wasmtime_config_cranelift_nan_canonicalization_set(config, true);
    wasmtime_config_profiler_set(config, WASMTIME_PROFILING_STRATEGY_NONE);
    wasmtime_config_memory_guard_size_set(config, 1 << 16);
    wasmtime_config_parallel_compilation_set(config, false);
    EXPECT(ok(wasmtime_config_target_set(config, "x86_64-unknown-linux-gnu")));
    wasmtime_pooling_allocation_config_total_memories_set(pool, 10);
    wasmtime_pooling_allocation_config_max_memory_size_set(pool, 1 << 20);
    wasmtime_pooling_allocation_strategy_set(config, pool);
    wasmtime_pooling_allocation_config_delete(pool);
    begin_with(config);
    wasm_byte_vec_t bytes;
    static const char vectors[] = "(module (func (drop (v128.const i64x2 0 0))))";
    EXPECT(ok(wasmtime_wat2wasm(vectors, sizeof vectors - 1, &bytes)));
    EXPECT(fails(wasmtime_module_validate(engine, (const uint8_t *)bytes.data, bytes.size),
                 ""));
    wasm_byte_vec_delete(&bytes);
    wasm_engine_t *same = wasmtime_engine_clone(engine);
    EXPECT(!wasmtime_engine_is_pulley(same));
    wasm_engine_delete(same);
    end();
}

static wasmtime_error_t *at_deadline(const wasmtime_context_t *caller, void *data, uint64_t *delta,
                                     wasmtime_update_deadline_kind_t *kind)
{
    (void)caller;
    *delta = 1;
    *kind = WASMTIME_UPDATE_DEADLINE_CONTINUE;
    return ++*(int *)data < 3 ? NULL : wasmtime_error_new("three times is enough");
}

static void stores(void)
{
    wasm_config_t *config = wasm_config_new();
    wasmtime_config_consume_fuel_set(config, true);
    wasmtime_config_epoch_interruption_set(config, true);
    finalized = 0;
    begin_with(config);
    uint64_t fuel = 0;
    int asked = 0;
    wasm_trap_t *trap = NULL;
    wasmtime_trap_code_t code = 0;
    EXPECT(wasmtime_context_get_data(context) == &finalized);
    EXPECT(ok(wasmtime_context_set_fuel(context, 1000)));
    EXPECT(ok(wasmtime_context_get_fuel(context, &fuel)) && fuel == 1000);
    wasmtime_store_limiter(store, 2 << 16, -1, -1, -1, -1);
    wasmtime_context_set_epoch_deadline(context, 1);
    wasmtime_instance_t instance = instance_of(
        "(module (memory (export \"m\") 1) (func (export \"f\") (loop (br 0)))"
        "  (func (export \"grow\") (result i32) (memory.grow (i32.const 2))))");
    wasmtime_extern_t f = export_of(&instance, "f"), grow = export_of(&instance, "grow");
    wasmtime_val_t result;
    EXPECT(ok(wasmtime_func_call(context, &grow.of.func, NULL, 0, &result, 1, &trap)));
    EXPECT(result.kind == WASMTIME_I32 && result.of.i32 == -1);
    EXPECT(ok(wasmtime_func_call(context, &f.of.func, NULL, 0, NULL, 0, &trap)) && trap);
    EXPECT(trap && wasmtime_trap_code(trap, &code) && code == WASMTIME_TRAP_CODE_OUT_OF_FUEL);
    wasm_trap_delete(trap);
    trap = NULL;
    EXPECT(ok(wasmtime_context_set_fuel(context, 1000000)));
    wasmtime_store_epoch_deadline_callback(store, at_deadline, &asked, finalize);
    for (int i = 0; i < 3; i++) {
        wasmtime_engine_increment_epoch(engine);
        wasmtime_error_t *error =
            wasmtime_func_call(context, &grow.of.func, NULL, 0, &result, 1, &trap);
        EXPECT(i < 2 ? ok(error) : fails(error, "three times is enough"));
    }
    EXPECT(!trap && asked == 3 && ok(wasmtime_context_gc(context)));
    end();
    EXPECT(finalized == 2);
}

/* ---- modules, instances, linkers ---- */

static const char named[] =
    "(module $guest (import \"host\" \"add\" (func $add (param i32 i32) (result i32)))"
    "  (memory (export \"memory\") 1 2) (table (export \"t\") 1 4 funcref)"
    "  (global (export \"g\") (mut i32) (i32.const 5)) (tag (export \"e\") (param i32))"
    "  (func (export \"sum\") (param i32) (result i32)"
    "    (call $add (local.get 0) (global.get 0)))"
    "  (func $dies (export \"dies\") (unreachable)))";

static void modules(void)
{
    begin();
    wasmtime_module_t *module = module_of(named), *copy = wasmtime_module_clone(module), *back;
    wasm_importtype_vec_t imports;
    wasm_exporttype_vec_t exports;
    wasm_byte_vec_t bytes;
    void *first = NULL, *last = NULL;
    wasmtime_module_imports(module, &imports);
    wasmtime_module_exports(module, &exports);
    EXPECT(imports.size == 1 && exports.size == 6);
    EXPECT(wasm_externtype_kind(wasm_exporttype_type(exports.data[3])) == WASM_EXTERN_TAG);
    wasm_importtype_vec_delete(&imports);
    wasm_exporttype_vec_delete(&exports);
    wasmtime_module_image_range(module, &first, &last);
    EXPECT((char *)first < (char *)last);
    EXPECT(ok(wasmtime_module_serialize(copy, &bytes)) && bytes.size > 0);
    EXPECT(ok(wasmtime_module_deserialize(engine, (const uint8_t *)bytes.data, bytes.size,
                                          &back)));
    EXPECT(fails(wasmtime_module_deserialize(engine, (const uint8_t *)bytes.data, 10, &copy), ""));
    EXPECT(fails(wasmtime_module_deserialize_file(engine, "/nowhere", &copy), "No such file"));
    wasm_byte_vec_delete(&bytes);
    wasmtime_module_delete(back);
    wasmtime_module_delete(copy);
    wasmtime_module_delete(module);
    end();
}

static wasm_trap_t *add(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                        size_t nargs, wasmtime_val_t *results, size_t nresults)
{
    wasmtime_extern_t memory;
    wasmtime_context_t *cx = wasmtime_caller_context(caller);
    EXPECT(env == &finalized && nargs == 2 && nresults == 1);
    EXPECT(wasmtime_caller_export_get(caller, "memory", 6, &memory));
    EXPECT(memory.kind == WASMTIME_EXTERN_MEMORY);
    wasmtime_memory_data(cx, &memory.of.memory)[0]++;
    results[0] = i32_val(args[0].of.i32 + args[1].of.i32);
    return args[0].of.i32 == 13 ? wasmtime_trap_new("no 13", 5) : NULL;
}

static wasm_trap_t *add_raw(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *vals,
                            size_t n)
{
    (void)env;
    (void)caller;
    EXPECT(n == 2);
    vals[0].i32 += vals[1].i32;
    return NULL;
}

static wasm_functype_t *add_type(void)
{
    return wasm_functype_new_2_1(wasm_valtype_new_i32(), wasm_valtype_new_i32(),
                                 wasm_valtype_new_i32());
}

static void linkers(void)
{
    begin();
    finalized = 0;
    wasmtime_linker_t *linker = wasmtime_linker_new(engine), *copy;
    wasm_functype_t *type = add_type();
    wasmtime_module_t *module = module_of(named);
    wasmtime_instance_t instance;
    wasmtime_instance_pre_t *pre;
    wasmtime_extern_t item;
    wasm_trap_t *trap = NULL;
    EXPECT(fails(wasmtime_linker_instantiate(linker, context, module, &instance, &trap),
                 "unknown import"));
    EXPECT(ok(wasmtime_linker_define_func(linker, "host", 4, "add", 3, type, add, &finalized,
                                          finalize)));
    EXPECT(fails(wasmtime_linker_define_func_unchecked(linker, "host", 4, "add", 3, type, add_raw,
                                                     NULL, NULL), ""));
    EXPECT(ok(wasmtime_linker_instantiate_pre(linker, module, &pre)));
    EXPECT(ok(wasmtime_instance_pre_instantiate(pre, context, &instance, &trap)) && !trap);
    EXPECT(ok(wasmtime_linker_define_instance(linker, context, "guest", 5, &instance)));
    EXPECT(wasmtime_linker_get(linker, context, "guest", 5, "sum", 3, &item));
    wasmtime_val_t arg = i32_val(8), result;
    EXPECT(ok(wasmtime_func_call(context, &item.of.func, &arg, 1, &result, 1, &trap)));
    EXPECT(!trap && result.of.i32 == 13);
    arg = i32_val(13);
    EXPECT(fails(wasmtime_func_call(context, &item.of.func, &arg, 1, &result, 1, &trap), "no 13"));
    wasmtime_linker_allow_shadowing(linker, true);
    EXPECT(ok(wasmtime_linker_define_func_unchecked(linker, "host", 4, "add", 3, type, add_raw,
                                                    NULL, NULL)));
    EXPECT(ok(wasmtime_linker_module(linker, context, "again", 5, module)));
    EXPECT(ok(wasmtime_linker_define(linker, context, "x", 1, "y", 1, &item)));
    copy = wasmtime_linker_clone(linker);
    EXPECT(wasmtime_linker_get(copy, context, "x", 1, "y", 1, &item));
    EXPECT(!wasmtime_linker_get(copy, context, "x", 1, "z", 1, &item));
    wasmtime_module_t *other = module_of("(module (import \"a\" \"b\" (func (result i64)))"
                                         " (func (export \"\") (result i64) (call 0)))");
    EXPECT(ok(wasmtime_linker_define_unknown_imports_as_default_values(copy, context, other)));
    EXPECT(ok(wasmtime_linker_define_unknown_imports_as_traps(linker, other)));
    EXPECT(ok(wasmtime_linker_module(copy, context, "", 0, other)));
    wasmtime_func_t func;
    EXPECT(ok(wasmtime_linker_get_default(copy, context, "", 0, &func)));
    EXPECT(ok(wasmtime_func_call(context, &func, NULL, 0, &result, 1, &trap)));
    EXPECT(result.kind == WASMTIME_I64 && result.of.i64 == 0);
    wasmtime_module_delete(other);
    wasmtime_linker_delete(copy);
    wasmtime_linker_delete(linker);
    wasmtime_instance_pre_delete(pre);
    wasmtime_module_delete(module);
    wasm_functype_delete(type);
    end();
    EXPECT(finalized == 2);
}

/* ---- functions and what else is in a store ---- */

static void functions(void)
{
    begin();
    wasm_functype_t *type = add_type();
    wasmtime_func_t func, same;
    wasm_trap_t *trap = NULL;
    wasmtime_val_raw_t raw[2];
    wasmtime_val_t args[2] = {i32_val(1), i32_val(2)}, result;
    wasmtime_func_new_unchecked(context, type, add_raw, NULL, NULL, &func);
    wasmtime_func_from_raw(context, wasmtime_func_to_raw(context, &func), &same);
    raw[0].i32 = 40;
    raw[1].i32 = 2;
    EXPECT(ok(wasmtime_func_call_unchecked(context, &same, raw, 2, &trap)) && raw[0].i32 == 42);
    EXPECT(ok(wasmtime_func_call(context, &func, args, 2, &result, 1, &trap)) && !trap);
    EXPECT(result.of.i32 == 3);
    args[1].kind = WASMTIME_F32;
    EXPECT(fails(wasmtime_func_call(context, &func, args, 2, &result, 1, &trap), "type mismatch"));
    EXPECT(fails(wasmtime_func_call(context, &func, args, 1, &result, 1, &trap), "expected 2"));
    wasm_functype_t *again = wasmtime_func_type(context, &func);
    EXPECT(wasm_functype_params(again)->size == 2 && wasm_functype_results(again)->size == 1);
    wasm_functype_delete(again);
    wasm_functype_delete(type);
    end();
}

static void traps(void)
{
    begin();
    wasmtime_instance_t instance =
        instance_of("(module $m (func $inner (unreachable)) (func $outer (export \"f\")"
                    " (call $inner)))");
    wasmtime_extern_t f = export_of(&instance, "f");
    wasm_trap_t *trap = NULL;
    wasm_frame_vec_t frames;
    wasm_message_t text;
    wasmtime_trap_code_t code;
    EXPECT(ok(wasmtime_func_call(context, &f.of.func, NULL, 0, NULL, 0, &trap)) && trap);
    EXPECT(wasmtime_trap_code(trap, &code) && code == WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED);
    wasm_trap_message(trap, &text);
    EXPECT(strstr(text.data, "m!inner") && strstr(text.data, "unreachable"));
    wasm_byte_vec_delete(&text);
    wasm_trap_trace(trap, &frames);
    EXPECT(frames.size == 2 && wasm_frame_func_index(frames.data[1]) == 1);
    const wasm_name_t *name = wasmtime_frame_func_name(frames.data[1]);
    EXPECT(name && name->size == 5 && !memcmp(name->data, "outer", 5));
    name = wasmtime_frame_module_name(frames.data[0]);
    EXPECT(name && name->size == 1 && name->data[0] == 'm');
    wasm_frame_vec_delete(&frames);
    wasm_trap_delete(trap);
    trap = wasmtime_trap_new_code(WASMTIME_TRAP_CODE_INTERRUPT);
    EXPECT(trap && wasmtime_trap_code(trap, &code) && code == WASMTIME_TRAP_CODE_INTERRUPT);
    wasm_trap_delete(trap);
    int status;
    wasmtime_error_t *error = wasmtime_error_new("a text");
    EXPECT(!wasmtime_error_exit_status(error, &status));
    wasmtime_error_wasm_trace(error, &frames);
    EXPECT(!frames.size);
    wasm_frame_vec_delete(&frames);
    EXPECT(fails(error, "a text"));
    end();
}

static void memories_tables_globals(void)
{
    begin();
    wasmtime_instance_t instance = instance_of(
        "(module (memory (export \"m\") 1 3) (table (export \"t\") 2 5 funcref)"
        "  (global (export \"g\") (mut i64) (i64.const -1)) (func (export \"f\")))");
    wasmtime_extern_t m = export_of(&instance, "m"), t = export_of(&instance, "t");
    wasmtime_extern_t g = export_of(&instance, "g"), f = export_of(&instance, "f"), nth;
    uint64_t old = 0, maximum = 0;
    char *name;
    size_t name_len;
    EXPECT(wasmtime_instance_export_nth(context, &instance, 2, &name, &name_len, &nth));
    EXPECT(name_len == 1 && *name == 'g' && nth.kind == WASMTIME_EXTERN_GLOBAL);
    wasm_externtype_t *type = wasmtime_extern_type(context, &nth);
    EXPECT(wasm_externtype_kind(type) == WASM_EXTERN_GLOBAL);
    wasm_externtype_delete(type);
    EXPECT(ok(wasmtime_memory_grow(context, &m.of.memory, 1, &old)) && old == 1);
    EXPECT(fails(wasmtime_memory_grow(context, &m.of.memory, 5, &old), ""));
    EXPECT(wasmtime_memory_size(context, &m.of.memory) == 2);
    EXPECT(wasmtime_memory_data_size(context, &m.of.memory) == 2 << 16);
    EXPECT(wasmtime_memory_page_size(context, &m.of.memory) == 65536);
    EXPECT(wasmtime_memory_page_size_log2(context, &m.of.memory) == 16);
    wasm_memorytype_t *memory = wasmtime_memory_type(context, &m.of.memory);
    EXPECT(wasmtime_memorytype_minimum(memory) == 1 && !wasmtime_memorytype_is64(memory));
    EXPECT(wasmtime_memorytype_maximum(memory, &maximum) && maximum == 3);
    wasm_memorytype_delete(memory);
    wasmtime_val_t val;
    EXPECT(wasmtime_table_get(context, &t.of.table, 0, &val) && val.kind == WASMTIME_FUNCREF);
    EXPECT(wasmtime_funcref_is_null(&val.of.funcref));
    val.of.funcref = f.of.func;
    EXPECT(ok(wasmtime_table_set(context, &t.of.table, 1, &val)));
    EXPECT(ok(wasmtime_table_grow(context, &t.of.table, 3, &val, &old)) && old == 2);
    EXPECT(!wasmtime_table_get(context, &t.of.table, 5, &val));
    EXPECT(fails(wasmtime_table_set(context, &t.of.table, 5, &val), ""));
    EXPECT(wasmtime_table_size(context, &t.of.table) == 5);
    wasmtime_global_get(context, &g.of.global, &val);
    EXPECT(val.kind == WASMTIME_I64 && val.of.i64 == -1);
    val.of.i64 = 7;
    EXPECT(ok(wasmtime_global_set(context, &g.of.global, &val)));
    val.kind = WASMTIME_F64;
    EXPECT(fails(wasmtime_global_set(context, &g.of.global, &val), ""));
    end();
}

static void shared_memories(void)
{
    wasm_config_t *config = wasm_config_new();
    wasmtime_config_shared_memory_set(config, true);
    begin_with(config);
    wasm_memorytype_t *type;
    wasmtime_sharedmemory_t *memory, *copy;
    uint64_t old = 0;
    EXPECT(ok(wasmtime_memorytype_new(1, true, 4, false, true, 16, &type)));
    EXPECT(wasmtime_memorytype_isshared(type));
    EXPECT(ok(wasmtime_sharedmemory_new(engine, type, &memory)));
    copy = wasmtime_sharedmemory_clone(memory);
    EXPECT(ok(wasmtime_sharedmemory_grow(copy, 2, &old)) && old == 1);
    EXPECT(wasmtime_sharedmemory_size(memory) == 3);
    EXPECT(wasmtime_sharedmemory_data_size(memory) == 3 << 16);
    EXPECT(wasmtime_sharedmemory_data(memory) == wasmtime_sharedmemory_data(copy));
    wasmtime_sharedmemory_delete(copy);
    wasmtime_sharedmemory_delete(memory);
    wasm_memorytype_delete(type);
    end();
}

/* ---- references and exceptions ---- */

static void references(void)
{
    begin();
    finalized = 0;
    wasmtime_externref_t ref, copy;
    wasmtime_anyref_t any;
    wasmtime_eqref_t eq;
    uint32_t number = 0;
    EXPECT(wasmtime_externref_new(context, &number, finalize, &ref));
    wasmtime_externref_clone(&ref, &copy);
    EXPECT(wasmtime_externref_data(context, &copy) == &number);
    wasmtime_externref_unroot(&ref);
    wasmtime_externref_unroot(&copy);
    wasmtime_anyref_from_i31(context, 99, &any);
    EXPECT(wasmtime_anyref_is_i31(context, &any) && wasmtime_anyref_as_eqref(context, &any, &eq));
    EXPECT(wasmtime_eqref_i31_get_u(context, &eq, &number) && number == 99);
    wasmtime_eqref_unroot(&eq);
    wasmtime_anyref_unroot(&any);
    wasmtime_field_type_t field = {true, {WASMTIME_STORAGE_TYPE_KIND_I8, NULL}};
    wasmtime_struct_type_t *type = wasmtime_struct_type_new(engine, &field, 1);
    wasmtime_struct_ref_pre_t *pre = wasmtime_struct_ref_pre_new(context, type);
    wasmtime_array_type_t *array_type = wasmtime_array_type_new(engine, &field);
    wasmtime_array_ref_pre_t *array_pre = wasmtime_array_ref_pre_new(context, array_type);
    wasmtime_structref_t object;
    wasmtime_arrayref_t array;
    wasmtime_val_t val = i32_val(0x141);
    EXPECT(ok(wasmtime_structref_new(context, pre, &val, 1, &object)));
    EXPECT(ok(wasmtime_arrayref_new(context, array_pre, &val, 5, &array)));
    EXPECT(ok(wasmtime_context_gc(context)) && finalized == 1);
    EXPECT(ok(wasmtime_structref_field(context, &object, 0, &val)) && val.of.i32 == 0x41);
    EXPECT(ok(wasmtime_arrayref_get(context, &array, 4, &val)) && val.of.i32 == 0x41);
    EXPECT(ok(wasmtime_arrayref_len(context, &array, &number)) && number == 5);
    wasmtime_structref_unroot(&object);
    wasmtime_arrayref_unroot(&array);
    wasmtime_struct_ref_pre_delete(pre);
    wasmtime_array_ref_pre_delete(array_pre);
    wasmtime_array_type_delete(array_type);
    wasmtime_struct_type_delete(type);
    end();
}

static void exceptions(void)
{
    begin();
    wasmtime_instance_t instance =
        instance_of("(module (tag $t (export \"t\") (param i32))"
                    "  (func (export \"f\") (param i32) (throw $t (local.get 0))))");
    wasmtime_extern_t f = export_of(&instance, "f"), t = export_of(&instance, "t");
    wasmtime_val_t val = i32_val(-5), field;
    wasmtime_exnref_t exn;
    wasmtime_tag_t tag;
    wasm_trap_t *trap = NULL;
    EXPECT(ok(wasmtime_func_call(context, &f.of.func, &val, 1, NULL, 0, &trap)) && trap);
    wasm_trap_delete(trap);
    EXPECT(wasmtime_context_has_exception(context));
    EXPECT(wasmtime_context_take_exception(context, &exn));
    EXPECT(!wasmtime_context_has_exception(context));
    EXPECT(wasmtime_exnref_field_count(context, &exn) == 1);
    EXPECT(ok(wasmtime_exnref_field(context, &exn, 0, &field)) && field.of.i32 == -5);
    EXPECT(ok(wasmtime_exnref_tag(context, &exn, &tag)));
    EXPECT(wasmtime_tag_eq(context, &tag, &t.of.tag));
    wasm_tagtype_t *type = wasmtime_tag_type(context, &tag);
    EXPECT(wasm_functype_params(wasm_tagtype_functype(type))->size == 1);
    wasm_tagtype_delete(type);
    wasmtime_exnref_unroot(&exn);
    end();
}

static void types(void)
{
    begin();
    wasmtime_valtype_t rich = {0}, from;
    rich.kind = WASMTIME_VALTYPE_KIND_REF;
    rich.reftype.nullable = true;
    rich.reftype.heaptype.kind = WASMTIME_HEAPTYPE_KIND_STRUCT;
    wasm_valtype_t *type = wasmtime_valtype_to_wasm(engine, &rich);
    wasm_valtype_t *v128 = wasmtime_wasm_valtype_v128();
    EXPECT(type && v128 && !wasmtime_wasm_valtype_equal(type, v128));
    wasmtime_valtype_new(type, &from);
    EXPECT(from.kind == WASMTIME_VALTYPE_KIND_REF && from.reftype.nullable);
    EXPECT(from.reftype.heaptype.kind == WASMTIME_HEAPTYPE_KIND_STRUCT);
    wasmtime_valtype_delete(&from);
    wasm_valtype_delete(type);
    wasm_valtype_delete(v128);
    wasm_valtype_vec_t params, copy;
    wasm_valtype_t *some[] = {wasm_valtype_new(WASM_F32), wasm_valtype_new(WASM_FUNCREF)};
    wasm_valtype_vec_new(&params, 2, some);
    wasm_valtype_vec_copy(&copy, &params);
    wasm_functype_t *func = wasm_functype_new(&params, &copy);
    wasm_externtype_t *item = wasm_functype_as_externtype(func);
    EXPECT(wasm_externtype_as_functype(item) == func && !wasm_externtype_as_tagtype(item));
    wasm_externtype_t *item_copy = wasm_externtype_copy(item);
    EXPECT(wasm_externtype_kind(item_copy) == WASM_EXTERN_FUNC);
    wasm_name_t module, name;
    wasm_name_new_from_string(&module, "m");
    wasm_name_new_from_string(&name, "name");
    wasm_importtype_t *import = wasm_importtype_new(&module, &name, item_copy);
    EXPECT(wasm_importtype_name(import)->size == 4);
    wasm_importtype_delete(import);
    wasm_functype_delete(func);
    end();
}

/* ---- wasm.h ---- */

static wasm_trap_t *twice(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    (void)env;
    results->data[0].kind = WASM_I32;
    results->data[0].of.i32 = 2 * args->data[0].of.i32;
    return NULL;
}

static void standard(void)
{
    begin();
    wasm_store_t *own_store = wasm_store_new(engine);
    wasm_byte_vec_t bytes;
    static const char wat[] =
        "(module (import \"\" \"h\" (func $h (param i32) (result i32))) (memory (export \"m\") 1)"
        "  (table (export \"t\") 1 funcref) (global (export \"g\") i32 (i32.const 3))"
        "  (func (export \"f\") (param i32) (result i32) (call $h (local.get 0))))";
    EXPECT(ok(wasmtime_wat2wasm(wat, sizeof wat - 1, &bytes)));
    EXPECT(wasm_module_validate(own_store, &bytes));
    wasm_module_t *module = wasm_module_new(own_store, &bytes);
    wasm_byte_vec_delete(&bytes);
    wasm_functype_t *type =
        wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
    wasm_func_t *host = wasm_func_new_with_env(own_store, type, twice, NULL, NULL);
    wasm_extern_t *items[] = {wasm_func_as_extern(host)};
    wasm_extern_vec_t imports = WASM_ARRAY_VEC(items), exports;
    wasm_trap_t *trap = NULL;
    wasm_instance_t *instance = wasm_instance_new(own_store, module, &imports, &trap);
    if (!EXPECT(instance))
        return;
    wasm_instance_exports(instance, &exports);
    EXPECT(exports.size == 4 && wasm_extern_kind(exports.data[1]) == WASM_EXTERN_TABLE);
    wasm_memory_t *memory = wasm_extern_as_memory(exports.data[0]);
    EXPECT(wasm_memory_size(memory) == 1 && wasm_memory_grow(memory, 1));
    EXPECT(wasm_memory_data_size(memory) == 2 * MEMORY_PAGE_SIZE && wasm_memory_data(memory));
    EXPECT(wasm_table_size(wasm_extern_as_table(exports.data[1])) == 1);
    wasm_val_t val;
    wasm_global_get(wasm_extern_as_global(exports.data[2]), &val);
    EXPECT(val.kind == WASM_I32 && val.of.i32 == 3);
    wasm_val_t given[] = {WASM_I32_VAL(21)}, got[1];
    wasm_val_vec_t args = WASM_ARRAY_VEC(given), results = WASM_ARRAY_VEC(got);
    EXPECT(!wasm_func_call(wasm_extern_as_func(exports.data[3]), &args, &results));
    EXPECT(got[0].of.i32 == 42);
    wasm_shared_module_t *shared = wasm_module_share(module);
    wasm_module_t *obtained = wasm_module_obtain(own_store, shared);
    EXPECT(obtained != NULL);
    wasm_module_delete(obtained);
    wasm_shared_module_delete(shared);
    wasm_extern_vec_delete(&exports);
    wasm_instance_delete(instance);
    wasm_func_delete(host);
    wasm_functype_delete(type);
    wasm_module_delete(module);
    wasm_store_delete(own_store);
    end();
}

/* ---- WASI ---- */

static char written[64];
static ptrdiff_t take(void *env, const unsigned char *from, size_t n)
{
    (void)env;
    size_t len = strlen(written), room = sizeof written - 1 - len;
    memcpy(written + len, from, n < room ? n : room);
    return (ptrdiff_t)n;
}

static void wasi(void)
{
    begin();
    finalized = 0;
    wasmtime_linker_t *linker = wasmtime_linker_new(engine);
    wasi_config_t *config = wasi_config_new();
    const char *argv[] = {"the program"}, *names[] = {"A"}, *values[] = {"b"};
    EXPECT(wasi_config_set_argv(config, 1, argv) && wasi_config_set_env(config, 1, names, values));
    wasi_config_inherit_stderr(config);
    wasi_config_set_stdout_custom(config, take, NULL, finalize);
    EXPECT(!wasi_config_set_stdin_file(config, "/nowhere/at/all"));
    EXPECT(ok(wasmtime_context_set_wasi(context, config)));
    EXPECT(ok(wasmtime_linker_define_wasi(linker)));
    wasmtime_module_t *module = module_of(
        "(module (import \"wasi_snapshot_preview1\" \"args_get\""
        "    (func $args (param i32 i32) (result i32)))"
        "  (import \"wasi_snapshot_preview1\" \"fd_write\""
        "    (func $write (param i32 i32 i32 i32) (result i32)))"
        "  (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))"
        "  (memory (export \"memory\") 1)"
        "  (func (export \"_start\") (drop (call $args (i32.const 0) (i32.const 64)))"
        "    (i32.store (i32.const 16) (i32.const 64)) (i32.store (i32.const 20) (i32.const 11))"
        "    (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))"
        "    (call $exit (i32.const 3))))");
    wasmtime_func_t start;
    wasm_trap_t *trap = NULL;
    int status = 0;
    EXPECT(ok(wasmtime_linker_module(linker, context, "", 0, module)));
    EXPECT(ok(wasmtime_linker_get_default(linker, context, "", 0, &start)));
    wasmtime_error_t *error = wasmtime_func_call(context, &start, NULL, 0, NULL, 0, &trap);
    EXPECT(!trap && error && wasmtime_error_exit_status(error, &status) && status == 3);
    wasmtime_error_delete(error);
    EXPECT_STR(written, "the program");
    wasmtime_module_delete(module);
    wasmtime_linker_delete(linker);
    end();
    EXPECT(finalized >= 1);
}

int main(void)
{
    TEST(settings);
    TEST(stores);
    TEST(modules);
    TEST(linkers);
    TEST(functions);
    TEST(traps);
    TEST(memories_tables_globals);
    TEST(shared_memories);
    TEST(references);
    TEST(exceptions);
    TEST(types);
    TEST(standard);
    TEST(wasi);
    return test_end();
}
