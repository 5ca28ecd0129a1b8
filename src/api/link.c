/* What is made with a linker: instances, instances in waiting, modules under a name. */
#include "api/async.h"
#include "api/linker.h"

#include <stdlib.h>

typedef struct SharedImport {
    RtShared *memory; /* held */
    u32 import;
} SharedImport;

typedef struct ItemImport {
    wasmtime_extern_t item;
    u32 import;
} ItemImport;

/* A module with its imports found and checked. Stores that have instances of it hold on to it, and
 * through it to the host functions. */
struct wasmtime_instance_pre {
    wasmtime_module_t *module;
    RtExtern *imports; /* in the module's order; what each store has to look up is blank */
    HostDef **defs;    /* those among them that are host functions, held */
    u32 ndefs;
    ItemImport *items; /* those that are items of a store */
    u32 nitems;
    SharedImport *shared; /* those that are shared memories: each store has its own for them */
    u32 nshared;
    bool is_async; /* one of defs is */
    u64 store_id; /* of the store that the items are of; 0: there are none */
    i64 refs;     /* atomic */
    u64 kept_by;  /* as in HostDef */
};

/* ---- finding ---- */

/* An error that names the first import without a definition; its details name all, with types. */
static wasmtime_error_t *missing(const wasmtime_linker_t *linker, const RtModule *module)
{
    const WasmModule *m = module->wasm;
    StrBuf text = {0};
    wasmtime_error_t *error = NULL;
    for (u32 i = 0; i < m->n_imports; i++) {
        Names names = names_of(&m->imports[i]);
        if (linker_find(linker, names))
            continue;
        if (error)
            sb_putc(&text, '\n');
        else
            error = error_format(MISSING_FORMAT, NAMES_ARGS(names));
        sb_printf(&text, MISSING_FORMAT ": ", NAMES_ARGS(names));
        rt_print_module_extern(module, &text, (WasmKind)m->imports[i].kind, m->imports[i].index);
    }
    return error_detailed(error, &text);
}

static RtExtern extern_of_def(const HostDef *def)
{
    return (RtExtern){.kind = WASM_KIND_FUNC, .func = (VmFuncRef *)(uintptr_t)&def->func.ref};
}

/* All items begin with their store's id. */
static u64 store_of_item(const Definition *is) { return is->item.of.func.store_id; }

static wasmtime_error_t *find_item(RtStore *store, const wasmtime_extern_t *item, RtExtern *out)
{
    if (item->of.func.store_id != store->id)
        return error_cross_store();
    return extern_to_rt(store, item, out)
               ? NULL
               : error_format("a definition of the linker is of an instance that was deleted");
}

static const RtEngine *engine_of(const Definition *is)
{
    return is->def ? is->def->engine : rt_shared_engine(is->shared);
}

/* The store's memory for a shared one. */
static wasmtime_error_t *resolve_shared(RtStore *store, RtShared *shared, RtExtern *out)
{
    *out = (RtExtern){.kind = WASM_KIND_MEMORY, .memory = rt_memory_of_shared(store, shared)};
    return out->memory ? NULL : error_oom();
}

/* The definition as something of the store. */
static wasmtime_error_t *resolve(RtStore *store, const Definition *is, RtExtern *out)
{
    if (!is->def && !is->shared)
        return find_item(store, &is->item, out);
    if (engine_of(is) != store->engine)
        return error_cross_engine();
    if (is->shared)
        return resolve_shared(store, is->shared, out);
    if (!hostdef_keep(store, is->def))
        return error_oom();
    *out = extern_of_def(is->def);
    return NULL;
}

wasmtime_error_t *linker_instantiate(const wasmtime_linker_t *linker, RtStore *store,
                                     const wasmtime_module_t *module, bool is_async,
                                     wasmtime_instance_t *instance, wasm_trap_t **trap)
{
    const WasmModule *m = module->rt->wasm;
    RtExtern few[FEW_IMPORTS];
    RtExtern *items =
        m->n_imports <= FEW_IMPORTS ? few : malloc((size_t)m->n_imports * sizeof *items);
    if (!items)
        return error_oom();
    rt_sweep(store);
    wasmtime_error_t *error = NULL;
    bool can_wait = false;
    for (u32 i = 0; i < m->n_imports && !error; i++) {
        const Definition *is = linker_find(linker, names_of(&m->imports[i]));
        error = is ? resolve(store, is, &items[i]) : missing(linker, module->rt);
        can_wait |= is && is->def && is->def->is_async;
    }
    if (can_wait)
        store->refuses_sync |= RT_ASYNC_STORE;
    RtInstance *made;
    if (!error && !is_async) /* only now is it known whether an import is asynchronous */
        error = sync_check(store);
    if (!error)
        error = instantiate(store, module->rt, items, m->n_imports, &made, trap);
    if (!error && !*trap)
        *instance = instance_handle(made);
    if (items != few)
        free(items);
    return error;
}

wasmtime_error_t *wasmtime_linker_instantiate(const wasmtime_linker_t *linker,
                                              wasmtime_context_t *context,
                                              const wasmtime_module_t *module,
                                              wasmtime_instance_t *instance, wasm_trap_t **trap)
{
    *trap = NULL;
    return linker_instantiate(linker, store_of(context), module, false, instance, trap);
}

bool wasmtime_linker_get(const wasmtime_linker_t *linker, wasmtime_context_t *context,
                         const char *module, size_t module_len, const char *name, size_t name_len,
                         wasmtime_extern_t *item)
{
    RtExtern found;
    const Definition *is = linker_find(linker, (Names){module, module_len, name, name_len});
    wasmtime_error_t *error = is ? resolve(store_of(context), is, &found) : NULL;
    if (!is || error) {
        wasmtime_error_delete(error);
        return false;
    }
    return extern_from_rt(store_of(context), &found, item);
}

/* ---- instances in waiting ---- */

void wasmtime_instance_pre_delete(wasmtime_instance_pre_t *pre)
{
    if (!pre || __atomic_sub_fetch(&pre->refs, 1, __ATOMIC_ACQ_REL))
        return;
    for (u32 i = 0; i < pre->ndefs; i++)
        hostdef_release(pre->defs[i]);
    for (u32 i = 0; i < pre->nshared; i++)
        rt_shared_release(pre->shared[i].memory);
    free(pre->items);
    free(pre->shared);
    free(pre->defs);
    free(pre->imports);
    wasmtime_module_delete(pre->module);
    free(pre);
}

static wasmtime_instance_pre_t *pre_retain(wasmtime_instance_pre_t *pre)
{
    __atomic_add_fetch(&pre->refs, 1, __ATOMIC_RELAXED);
    return pre;
}

/* With room for the module's imports; NULL: no memory. */
static wasmtime_instance_pre_t *new_pre(const wasmtime_module_t *module)
{
    wasmtime_instance_pre_t *pre = calloc(1, sizeof *pre);
    size_t n = module->rt->wasm->n_imports;
    if (!pre)
        return NULL;
    pre->refs = 1;
    pre->module = module_retain(module);
    pre->imports = malloc((n + !n) * sizeof *pre->imports);
    pre->defs = malloc((n + !n) * sizeof *pre->defs);
    pre->shared = malloc((n + !n) * sizeof *pre->shared);
    pre->items = malloc((n + !n) * sizeof *pre->items);
    if (pre->imports && pre->defs && pre->shared && pre->items)
        return pre;
    wasmtime_instance_pre_delete(pre);
    return NULL;
}

/* Items are compared when their store is known. */
static wasmtime_error_t *check_import(const RtModule *module, u32 i, const Definition *is)
{
    Diag diag = {0};
    RtMemory memory = {.shared = is->shared};
    RtExtern given;
    if (is->shared) { /* no store has to have it to know its type */
        memory.space = (RtSpace *)(uintptr_t)rt_shared_space(is->shared);
        given = (RtExtern){.kind = WASM_KIND_MEMORY, .memory = &memory};
    } else {
        given = extern_of_def(is->def);
    }
    return rt_check_import(module, i, &given, &diag) ? NULL
                                                     : error_of_import(module, i, &given, &diag);
}

/* Notes what import number i is to be. */
static wasmtime_error_t *take_import(wasmtime_instance_pre_t *pre, u32 i, const Definition *is)
{
    RtModule *module = pre->module->rt;
    pre->imports[i] = (RtExtern){0};
    if (!is->def && !is->shared) {
        if (pre->store_id && pre->store_id != store_of_item(is))
            return error_cross_store();
        pre->store_id = store_of_item(is);
        pre->items[pre->nitems++] = (ItemImport){is->item, i};
        return NULL;
    }
    if (is->shared && engine_of(is) != module->engine)
        return error_cross_engine();
    if (is->def) {
        pre->is_async |= is->def->is_async;
        pre->defs[pre->ndefs++] = hostdef_retain(is->def);
        pre->imports[i] = extern_of_def(is->def);
    } else {
        pre->shared[pre->nshared++] = (SharedImport){rt_shared_retain(is->shared), i};
    }
    return check_import(module, i, is);
}

static wasmtime_error_t *find_imports(wasmtime_instance_pre_t *pre, const wasmtime_linker_t *linker)
{
    RtModule *module = pre->module->rt;
    const WasmModule *m = module->wasm;
    wasmtime_error_t *error = NULL;
    for (u32 i = 0; i < m->n_imports && !error; i++) {
        const Definition *is = linker_find(linker, names_of(&m->imports[i]));
        error = is ? take_import(pre, i, is) : missing(linker, module);
    }
    return error;
}

wasmtime_error_t *wasmtime_linker_instantiate_pre(const wasmtime_linker_t *linker,
                                                  const wasmtime_module_t *module,
                                                  wasmtime_instance_pre_t **ret)
{
    if (module->rt->engine != linker->engine->rt)
        return error_cross_engine();
    wasmtime_instance_pre_t *pre = new_pre(module);
    wasmtime_error_t *error = pre ? find_imports(pre, linker) : error_oom();
    if (error)
        wasmtime_instance_pre_delete(pre);
    else
        *ret = pre;
    return error;
}

static void release_pre(void *pre) { wasmtime_instance_pre_delete(pre); }

/* With what the store has for the items and the shared memories. */
static wasmtime_error_t *instantiate_with_own(const wasmtime_instance_pre_t *pre, RtStore *store,
                                              RtInstance **instance, wasm_trap_t **trap)
{
    u32 n = pre->module->rt->wasm->n_imports;
    RtExtern *imports = malloc(n * sizeof *imports);
    if (!imports)
        return error_oom();
    memcpy(imports, pre->imports, n * sizeof *imports);
    wasmtime_error_t *error = NULL;
    for (u32 i = 0; i < pre->nshared && !error; i++)
        error = resolve_shared(store, pre->shared[i].memory, &imports[pre->shared[i].import]);
    for (u32 i = 0; i < pre->nitems && !error; i++)
        error = find_item(store, &pre->items[i].item, &imports[pre->items[i].import]);
    if (!error)
        error = instantiate(store, pre->module->rt, imports, n, instance, trap);
    free(imports);
    return error;
}

static wasmtime_error_t *instantiate_pre(wasmtime_instance_pre_t *pre, RtStore *store,
                                         RtInstance **instance, wasm_trap_t **trap)
{
    RtModule *module = pre->module->rt;
    rt_sweep(store);
    if (pre->ndefs && __atomic_load_n(&pre->kept_by, __ATOMIC_RELAXED) != store->id) {
        if (!rt_store_keep(store, pre, release_pre))
            return error_oom();
        pre_retain(pre);
        __atomic_store_n(&pre->kept_by, store->id, __ATOMIC_RELAXED);
    }
    if (pre->nshared || pre->nitems)
        return instantiate_with_own(pre, store, instance, trap);
    return instantiate(store, module, pre->imports, module->wasm->n_imports, instance, trap);
}

wasmtime_error_t *pre_instantiate(const wasmtime_instance_pre_t *pre, RtStore *store,
                                  bool is_async, wasmtime_instance_t *instance,
                                  wasm_trap_t **trap)
{
    RtInstance *made;
    if (pre->is_async)
        store->refuses_sync |= RT_ASYNC_STORE;
    wasmtime_error_t *error = is_async ? NULL : sync_check(store);
    if (!error)
        error = instantiate_pre((wasmtime_instance_pre_t *)(uintptr_t)pre, store, &made, trap);
    if (!error && !*trap)
        *instance = instance_handle(made);
    return error;
}

wasmtime_error_t *wasmtime_instance_pre_instantiate(const wasmtime_instance_pre_t *pre,
                                                    wasmtime_context_t *context,
                                                    wasmtime_instance_t *instance,
                                                    wasm_trap_t **trap)
{
    *trap = NULL;
    return pre_instantiate(pre, store_of(context), false, instance, trap);
}

wasmtime_module_t *wasmtime_instance_pre_module(const wasmtime_instance_pre_t *pre)
{
    return module_retain(pre->module);
}

/* ---- modules under a name ---- */

/* A function of a command: each call has an instance of its own. */
typedef struct Command {
    wasmtime_instance_pre_t *pre;
    u32 func; /* index in the module */
} Command;

static void free_command(void *env)
{
    Command *command = env;
    wasmtime_instance_pre_delete(command->pre);
    free(command);
}

static wasm_trap_t *run_command(void *env, wasmtime_caller_t *caller,
                                wasmtime_val_raw_t *args_and_results, size_t n)
{
    const Command *command = env;
    RtStore *store = store_of(wasmtime_caller_context(caller));
    RtInstance *instance;
    wasm_trap_t *trap = NULL;
    (void)n;
    wasmtime_error_t *error = instantiate_pre(command->pre, store, &instance, &trap);
    VmFuncRef *func = error || trap ? NULL : rt_instance_func(instance, command->func);
    if (func)
        error = func_call_raw(store, func, (VmVal *)args_and_results, &trap);
    else if (!error && !trap)
        return trap_oom();
    return error ? trap_from_error(error) : trap;
}

static HostDef *command_func(wasmtime_instance_pre_t *pre, u32 func)
{
    RtModule *module = pre->module->rt;
    Command *command = malloc(sizeof *command);
    if (!command)
        return NULL;
    *command = (Command){pre_retain(pre), func};
    return hostdef_of_type(module->engine, module->type_ids[module->wasm->funcs[func].type],
                           HOST_UNCHECKED, (void (*)(void))run_command, command, free_command);
}

/* What toolchains export beside functions, and what makes no sense of an instance not there. */
static bool is_left_out(const WasmExport *export)
{
    static const char *const names[] = {"memory", "__indirect_function_table", "table",
                                        "__data_end", "__heap_base", "__dso_handle",
                                        "__rtti_base"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (export->name.len == strlen(names[i]) &&
            !memcmp(export->name.at, names[i], export->name.len))
            return true;
    return false;
}

static wasmtime_error_t *define_command(wasmtime_linker_t *linker, const char *name,
                                        size_t name_len, const wasmtime_module_t *module)
{
    const WasmModule *m = module->rt->wasm;
    wasmtime_instance_pre_t *pre;
    wasmtime_error_t *error = wasmtime_linker_instantiate_pre(linker, module, &pre);
    if (error)
        return error;
    Batch batch = {.linker = linker};
    for (u32 i = 0; i < m->n_exports && !batch.error; i++) {
        const WasmExport *export = &m->exports[i];
        Names names = {name, name_len, export->name.at, export->name.len};
        if (export->kind == WASM_KIND_FUNC)
            batch_add_host(&batch, names, command_func(pre, export->index));
        else if (!is_left_out(export))
            batch_fail(&batch, error_format("export `%.*s` of a command is not a function",
                                            (int)export->name.len, export->name.at));
    }
    wasmtime_instance_pre_delete(pre);
    return batch_end(&batch);
}

static wasmtime_error_t *define_reactor(wasmtime_linker_t *linker, wasmtime_context_t *context,
                                        const char *name, size_t name_len,
                                        const wasmtime_module_t *module)
{
    wasmtime_instance_t instance;
    wasmtime_extern_t init;
    wasm_trap_t *trap;
    wasmtime_error_t *error =
        wasmtime_linker_instantiate(linker, context, module, &instance, &trap);
    if (!error && !trap &&
        wasmtime_instance_export_get(context, &instance, "_initialize", 11, &init) &&
        init.kind == WASMTIME_EXTERN_FUNC)
        error = wasmtime_func_call(context, &init.of.func, NULL, 0, NULL, 0, &trap);
    if (trap)
        return error_from_trap(trap);
    if (error)
        return error;
    return wasmtime_linker_define_instance(linker, context, name, name_len, &instance);
}

static bool exports_func(const wasmtime_module_t *module, const char *name)
{
    const WasmExport *export = rt_module_export(module->rt, name, strlen(name));
    return export && export->kind == WASM_KIND_FUNC;
}

wasmtime_error_t *wasmtime_linker_module(wasmtime_linker_t *linker, wasmtime_context_t *context,
                                         const char *name, size_t name_len,
                                         const wasmtime_module_t *module)
{
    bool is_command = exports_func(module, "_start");
    if (is_command && exports_func(module, "_initialize"))
        return error_format("a module cannot be a command and a reactor: it exports both `_start` "
                            "and `_initialize`");
    return is_command ? define_command(linker, name, name_len, module)
                      : define_reactor(linker, context, name, name_len, module);
}

static wasm_trap_t *do_nothing(void *env, wasmtime_caller_t *caller,
                               wasmtime_val_raw_t *args_and_results, size_t n)
{
    (void)env;
    (void)caller;
    (void)args_and_results;
    (void)n;
    return NULL;
}

static wasmtime_error_t *nothing_to_run(RtStore *store, wasmtime_func_t *func)
{
    HostDef *def = hostdef_of_type(store->engine, rt_type_func(store->engine, NULL, 0, NULL, 0),
                                   HOST_UNCHECKED, (void (*)(void))do_nothing, NULL, NULL);
    bool is_ok = def && hostdef_keep(store, def);
    if (is_ok)
        *func = func_handle(store, &def->func.ref);
    hostdef_release(def);
    return is_ok ? NULL : error_oom();
}

wasmtime_error_t *wasmtime_linker_get_default(const wasmtime_linker_t *linker,
                                              wasmtime_context_t *context, const char *name,
                                              size_t name_len, wasmtime_func_t *func)
{
    static const char *const entries[] = {"", "_start"};
    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        Names names = {name, name_len, entries[i], strlen(entries[i])};
        const Definition *is = linker_find(linker, names);
        RtExtern found;
        if (!is)
            continue;
        wasmtime_error_t *error = resolve(store_of(context), is, &found);
        if (!error && found.kind != WASM_KIND_FUNC)
            error = error_format("`%s` of `%.*s` is not a function", entries[i], (int)name_len,
                                 name);
        if (!error)
            *func = func_handle(store_of(context), found.func);
        return error;
    }
    return nothing_to_run(store_of(context), func);
}
