/* The objects of wasm.h that are items of a store, and values with references to them. */
#include "api/wasm_objects.h"

#include <stdlib.h>

struct wasm_func_t {
    wasm_extern_t e;
};
struct wasm_global_t {
    wasm_extern_t e;
};
struct wasm_table_t {
    wasm_extern_t e;
};
struct wasm_memory_t {
    wasm_extern_t e;
};

wasm_externkind_t wasm_extern_kind(const wasm_extern_t *e)
{
    static const wasm_externkind_t kinds[] = {
        [WASM_KIND_FUNC] = WASM_EXTERN_FUNC,     [WASM_KIND_TABLE] = WASM_EXTERN_TABLE,
        [WASM_KIND_MEMORY] = WASM_EXTERN_MEMORY, [WASM_KIND_GLOBAL] = WASM_EXTERN_GLOBAL,
        [WASM_KIND_TAG] = WASM_EXTERN_TAG,
    };
    return kinds[e->item.kind];
}

wasm_externtype_t *wasm_extern_type(const wasm_extern_t *e)
{
    return extern_type(rt_of(e->store), &e->item);
}

#define DEFINE_EXTERN(name, KIND)                                                              \
    wasm_extern_t *wasm_##name##_as_extern(wasm_##name##_t *object)                            \
    {                                                                                          \
        return (wasm_extern_t *)object;                                                        \
    }                                                                                          \
    const wasm_extern_t *wasm_##name##_as_extern_const(const wasm_##name##_t *object)          \
    {                                                                                          \
        return (const wasm_extern_t *)object;                                                  \
    }                                                                                          \
    wasm_##name##_t *wasm_extern_as_##name(wasm_extern_t *e)                                   \
    {                                                                                          \
        return e->item.kind == WASM_KIND_##KIND ? (wasm_##name##_t *)e : NULL;                 \
    }                                                                                          \
    const wasm_##name##_t *wasm_extern_as_##name##_const(const wasm_extern_t *e)               \
    {                                                                                          \
        return e->item.kind == WASM_KIND_##KIND ? (const wasm_##name##_t *)e : NULL;           \
    }
DEFINE_EXTERN(func, FUNC)
DEFINE_EXTERN(global, GLOBAL)
DEFINE_EXTERN(table, TABLE)
DEFINE_EXTERN(memory, MEMORY)

/* ---- values ---- */

void wasm_val_delete(wasm_val_t *val)
{
    if (wasm_valkind_is_ref(val->kind))
        wasm_ref_delete(val->of.ref);
}

void wasm_val_copy(wasm_val_t *out, const wasm_val_t *val)
{
    *out = *val;
    if (wasm_valkind_is_ref(val->kind) && val->of.ref)
        out->of.ref = wasm_ref_copy(val->of.ref);
}

static bool val_to_vm(wasm_store_t *store, const wasm_val_t *val, RtValType type, VmVal *out)
{
    if (wasm_is_ref(type))
        return wasm_valkind_is_ref(val->kind) && wasm_ref_to_vm(store, val->of.ref, type, out);
    out->i64 = type == WASM_T_I64 || type == WASM_T_F64 ? (u64)val->of.i64 : (u32)val->of.i32;
    return type != WASM_T_V128 && val->kind == types_wasm_kind(type);
}

/* Making a root may move what was converted before: so all are made first. */
static bool vals_to_vm(wasm_store_t *store, const wasm_val_t *vals, const RtValType *types, u32 n,
                       VmVal *out)
{
    for (u32 i = 0; i < n; i++)
        if (wasm_is_ref(types[i]) && wasm_valkind_is_ref(vals[i].kind) &&
            !wasm_ref_root(store, vals[i].of.ref, types[i]))
            return false;
    for (u32 i = 0; i < n; i++)
        if (!val_to_vm(store, &vals[i], types[i], &out[i]))
            return false;
    return true;
}

/* False: no memory, or a value that wasm_val_t cannot hold; out is then a zero. */
static bool val_from_vm(wasm_store_t *store, const VmVal *vm, RtValType type, wasm_val_t *out)
{
    memset(out, 0, sizeof *out);
    out->kind = types_wasm_kind(type);
    if (wasm_is_ref(type))
        return wasm_ref_from_vm(store, vm, type, &out->of.ref);
    if (type == WASM_T_I64 || type == WASM_T_F64)
        out->of.i64 = (i64)vm->i64;
    else
        out->of.i32 = (i32)vm->i32;
    return type != WASM_T_V128;
}

/* All or none of them. */
static bool vals_from_vm(wasm_store_t *store, const VmVal *raw, const RtValType *types, size_t n,
                         wasm_val_t *out)
{
    for (size_t i = 0; i < n; i++) {
        if (val_from_vm(store, &raw[i], types[i], &out[i]))
            continue;
        while (i > 0) {
            wasm_val_delete(&out[--i]);
            memset(&out[i], 0, sizeof out[i]);
        }
        return false;
    }
    return true;
}

/* ---- functions ---- */

static wasm_func_t *new_func(wasm_store_t *store, const wasm_functype_t *type, HostKind kind,
                             void (*callback)(void), void *env, void (*finalizer)(void *))
{
    RtStore *rt = rt_of(store);
    HostDef *def = hostdef_new(rt->engine, type, kind, callback, env, finalizer);
    bool is_ok = def && hostdef_keep(rt, def);
    RtExtern item = {.kind = WASM_KIND_FUNC};
    if (is_ok)
        item.func = &def->func.ref;
    hostdef_release(def);
    return is_ok ? (wasm_func_t *)wasm_extern_of(store, &item) : NULL;
}

wasm_func_t *wasm_func_new(wasm_store_t *store, const wasm_functype_t *type,
                           wasm_func_callback_t callback)
{
    return new_func(store, type, HOST_WASM, (void (*)(void))callback, NULL, NULL);
}

wasm_func_t *wasm_func_new_with_env(wasm_store_t *store, const wasm_functype_t *type,
                                    wasm_func_callback_with_env_t callback, void *env,
                                    void (*finalizer)(void *))
{
    return new_func(store, type, HOST_WASM_ENV, (void (*)(void))callback, env, finalizer);
}

static const RtType *type_of(const wasm_func_t *func)
{
    return rt_type(rt_of(func->e.store)->engine, func->e.item.func->type_id);
}

wasm_functype_t *wasm_func_type(const wasm_func_t *func)
{
    return types_func(rt_of(func->e.store)->engine, func->e.item.func->type_id);
}

size_t wasm_func_param_arity(const wasm_func_t *func) { return type_of(func)->n_params; }
size_t wasm_func_result_arity(const wasm_func_t *func) { return type_of(func)->n_results; }

static wasm_trap_t *call_host(const HostDef *def, bool has_env, const wasm_val_vec_t *args,
                              wasm_val_vec_t *results)
{
    if (has_env)
        return ((wasm_func_callback_with_env_t)def->callback)(def->env, args, results);
    return ((wasm_func_callback_t)def->callback)(args, results);
}

/* Zeros first, so that a callback which sets nothing gives something. */
static wasm_trap_t *run_host(wasm_store_t *store, const HostDef *def, bool has_env, VmVal *raw,
                             wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    static const VmVal zero;
    const RtType *type = def->type;
    bool is_ok = vals_from_vm(store, raw, type->params, type->n_params, args->data);
    for (u32 i = 0; i < type->n_results; i++)
        is_ok &= val_from_vm(store, &zero, type->results[i], &results->data[i]);
    if (!is_ok)
        return trap_from_error(error_format("a value cannot be handed to the host as wasm_val_t"));
    wasm_trap_t *trap = call_host(def, has_env, args, results);
    if (!trap && !vals_to_vm(store, results->data, type->results, type->n_results, raw))
        trap = trap_from_error(error_format("function attempted to return an incompatible value"));
    return trap;
}

static void *call_wasm(VmHostFunc *self, VmCtx *caller, bool has_env, VmVal *raw)
{
    const HostDef *def = (const HostDef *)self;
    wasm_store_t *store = store_object(rt_ctx_store(caller))->handle;
    wasm_val_vec_t args, results;
    wasm_val_vec_new_uninitialized(&args, def->type->n_params);
    wasm_val_vec_new_uninitialized(&results, def->type->n_results);
    wasm_trap_t *trap = trap_oom();
    if (args.size == def->type->n_params && results.size == def->type->n_results)
        trap = run_host(store, def, has_env, raw, &args, &results);
    wasm_val_vec_delete(&args);
    wasm_val_vec_delete(&results);
    return trap;
}

void *func_call_wasm(VmHostFunc *self, VmCtx *caller, VmVal *args_results)
{
    return call_wasm(self, caller, false, args_results);
}

void *func_call_wasm_env(VmHostFunc *self, VmCtx *caller, VmVal *args_results)
{
    return call_wasm(self, caller, true, args_results);
}

static wasmtime_error_t *call(const wasm_func_t *func, const wasm_val_t *args, wasm_val_t *results,
                              size_t n_results, VmVal *raw, wasm_trap_t **trap)
{
    wasm_store_t *store = func->e.store;
    const RtType *type = type_of(func);
    if (!vals_to_vm(store, args, type->params, type->n_params, raw))
        return error_format("argument type mismatch");
    wasmtime_error_t *error = func_call_raw(rt_of(store), func->e.item.func, raw, trap);
    if (!error && !*trap && !vals_from_vm(store, raw, type->results, n_results, results))
        error = error_format("a result cannot be handed to the host as wasm_val_t");
    return error;
}

wasm_trap_t *wasm_func_call(const wasm_func_t *func, const wasm_val_vec_t *args,
                            wasm_val_vec_t *results)
{
    const RtType *type = type_of(func);
    size_t n_args = args ? args->size : 0;
    size_t n_results = results ? MIN(results->size, (size_t)type->n_results) : 0;
    if (n_args != type->n_params)
        return trap_from_error(
            error_format("expected %u arguments, got %zu", type->n_params, n_args));
    VmVal few[16], *raw = few;
    size_t n = MAX(type->n_params, type->n_results);
    if (n > ARRAY_LEN(few) && !(raw = calloc(n, sizeof *raw)))
        return trap_oom();
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = call(func, n_args ? args->data : NULL,
                                   n_results ? results->data : NULL, n_results, raw, &trap);
    if (raw != few)
        free(raw);
    return error ? trap_from_error(error) : trap;
}

/* ---- globals ---- */

wasm_global_t *wasm_global_new(wasm_store_t *store, const wasm_globaltype_t *type,
                               const wasm_val_t *val)
{
    VmVal value = {0};
    Diag diag = {0};
    RtExtern item = {.kind = WASM_KIND_GLOBAL};
    RtValType content = type->content->type;
    if (!types_fit_engine(type->content, rt_of(store)->engine) ||
        !val_to_vm(store, val, content, &value) ||
        !rt_global_new(rt_of(store), content, type->mutability == WASM_VAR, &value, &item.global,
                       &diag))
        return NULL;
    return (wasm_global_t *)wasm_extern_of(store, &item);
}

wasm_globaltype_t *wasm_global_type(const wasm_global_t *global)
{
    return (wasm_globaltype_t *)wasm_extern_type(&global->e);
}

void wasm_global_get(const wasm_global_t *global, wasm_val_t *out)
{
    VmVal value = {0};
    rt_global_get(global->e.item.global, &value);
    val_from_vm(global->e.store, &value, global->e.item.global->type, out);
}

void wasm_global_set(wasm_global_t *global, const wasm_val_t *val)
{
    RtGlobal *rt = global->e.item.global;
    VmVal value = {0};
    if (rt->is_mutable && val_to_vm(global->e.store, val, rt->type, &value))
        rt_global_set(rt, &value);
}

/* ---- tables ---- */

wasm_table_t *wasm_table_new(wasm_store_t *store, const wasm_tabletype_t *type, wasm_ref_t *init)
{
    VmVal value = {0};
    Diag diag = {0};
    RtExtern item = {.kind = WASM_KIND_TABLE};
    RtValType element = type->element->type;
    if (!types_fit_engine(type->element, rt_of(store)->engine) ||
        !wasm_ref_to_vm(store, init, element, &value) ||
        !rt_table_new(rt_of(store), &type->limits, element, &value, &item.table, &diag))
        return NULL;
    return (wasm_table_t *)wasm_extern_of(store, &item);
}

wasm_tabletype_t *wasm_table_type(const wasm_table_t *table)
{
    return (wasm_tabletype_t *)wasm_extern_type(&table->e);
}

wasm_ref_t *wasm_table_get(const wasm_table_t *table, wasm_table_size_t index)
{
    VmVal value = {0};
    wasm_ref_t *ref = NULL;
    const RtTable *rt = table->e.item.table;
    if (rt_table_get(rt, index, &value))
        wasm_ref_from_vm(table->e.store, &value, rt->type, &ref);
    return ref;
}

bool wasm_table_set(wasm_table_t *table, wasm_table_size_t index, wasm_ref_t *ref)
{
    VmVal value = {0};
    RtTable *rt = table->e.item.table;
    return wasm_ref_to_vm(table->e.store, ref, rt->type, &value) && rt_table_set(rt, index, &value);
}

wasm_table_size_t wasm_table_size(const wasm_table_t *table)
{
    return (wasm_table_size_t)MIN(table->e.item.table->vm.len, (u64)UINT32_MAX);
}

bool wasm_table_grow(wasm_table_t *table, wasm_table_size_t delta, wasm_ref_t *init)
{
    VmVal value = {0};
    u64 old;
    RtTable *rt = table->e.item.table;
    return wasm_ref_to_vm(table->e.store, init, rt->type, &value) &&
           rt_table_grow(rt, delta, &value, &old);
}

/* ---- memories ---- */

wasm_memory_t *wasm_memory_new(wasm_store_t *store, const wasm_memorytype_t *type)
{
    Diag diag = {0};
    RtExtern item = {.kind = WASM_KIND_MEMORY};
    if (type->limits.is_shared ||
        !rt_memory_new(rt_of(store), &type->limits, &item.memory, &diag))
        return NULL;
    return (wasm_memory_t *)wasm_extern_of(store, &item);
}

wasm_memorytype_t *wasm_memory_type(const wasm_memory_t *memory)
{
    return (wasm_memorytype_t *)wasm_extern_type(&memory->e);
}

byte_t *wasm_memory_data(wasm_memory_t *memory)
{
    return (byte_t *)memory->e.item.memory->space->vm.base;
}

size_t wasm_memory_data_size(const wasm_memory_t *memory)
{
    return rt_memory_bytes(memory->e.item.memory);
}

wasm_memory_pages_t wasm_memory_size(const wasm_memory_t *memory)
{
    return (wasm_memory_pages_t)MIN(rt_memory_pages(memory->e.item.memory), (u64)UINT32_MAX);
}

bool wasm_memory_grow(wasm_memory_t *memory, wasm_memory_pages_t delta)
{
    u64 old;
    return rt_memory_grow(memory->e.item.memory, delta, &old);
}
