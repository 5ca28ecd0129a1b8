/* Linkers: items by name, and instantiation with them. */
#include "api/api_int.h"

#include <stdlib.h>

#include "base/hash.h"

/* One definition: a host function for any store, or an item of one store. */
typedef struct Entry {
    char *name;       /* module, then item, not separated; NULL: free slot */
    u32 module_len, name_len;
    HostDef *def;     /* NULL: item */
    u64 store_id;
    RtExtern item;
} Entry;

struct wasmtime_linker {
    wasm_engine_t *engine;
    Entry *entries; /* open addressing, nentries a power of two */
    u32 nentries, used;
    bool allow_shadowing;
};

struct wasmtime_instance_pre {
    wasmtime_module_t *module;
    wasm_engine_t *engine;
    Entry *imports; /* in the module's order, names left out */
    u32 nimports;
};

wasmtime_linker_t *wasmtime_linker_new(wasm_engine_t *engine)
{
    wasmtime_linker_t *linker = calloc(1, sizeof *linker);
    if (!linker)
        return NULL;
    linker->engine = engine_retain(engine);
    return linker;
}

static void retain_def(HostDef *def)
{
    if (def)
        __atomic_add_fetch(&def->refs, 1, __ATOMIC_RELAXED);
}

static void free_entry(Entry *entry)
{
    hostdef_release(entry->def);
    free(entry->name);
    *entry = (Entry){0};
}

void wasmtime_linker_delete(wasmtime_linker_t *linker)
{
    if (!linker)
        return;
    for (u32 i = 0; i < linker->nentries; i++)
        if (linker->entries[i].name)
            free_entry(&linker->entries[i]);
    free(linker->entries);
    wasm_engine_delete(linker->engine);
    free(linker);
}

void wasmtime_linker_allow_shadowing(wasmtime_linker_t *linker, bool allow_shadowing)
{
    linker->allow_shadowing = allow_shadowing;
}

/* ---- the table ---- */

static u64 hash_name(const char *module, size_t module_len, const char *name, size_t name_len)
{
    return hash_bytes(name, name_len, hash_bytes(module, module_len, module_len));
}

static bool is_named(const Entry *e, const char *module, size_t module_len, const char *name,
                     size_t name_len)
{
    return e->module_len == module_len && e->name_len == name_len &&
           !memcmp(e->name, module, module_len) && !memcmp(e->name + module_len, name, name_len);
}

static Entry *slot(Entry *entries, u32 nentries, const char *module, size_t module_len,
                   const char *name, size_t name_len)
{
    u32 at = (u32)hash_name(module, module_len, name, name_len) & (nentries - 1);
    while (entries[at].name && !is_named(&entries[at], module, module_len, name, name_len))
        at = (at + 1) & (nentries - 1);
    return &entries[at];
}

static bool grow(wasmtime_linker_t *linker)
{
    u32 n = linker->nentries ? linker->nentries * 2 : 64;
    Entry *entries = calloc(n, sizeof *entries);
    if (!entries)
        return false;
    for (u32 i = 0; i < linker->nentries; i++) {
        const Entry *e = &linker->entries[i];
        if (e->name)
            *slot(entries, n, e->name, e->module_len, e->name + e->module_len, e->name_len) = *e;
    }
    free(linker->entries);
    linker->entries = entries;
    linker->nentries = n;
    return true;
}

static const Entry *find(const wasmtime_linker_t *linker, const char *module, size_t module_len,
                         const char *name, size_t name_len)
{
    if (!linker->nentries)
        return NULL;
    const Entry *e = slot(linker->entries, linker->nentries, module, module_len, name, name_len);
    return e->name ? e : NULL;
}

/* Takes over what `value` owns, also on error. */
static wasmtime_error_t *define(wasmtime_linker_t *linker, const char *module, size_t module_len,
                                const char *name, size_t name_len, const Entry *value)
{
    wasmtime_error_t *error = NULL;
    char *text = malloc(module_len + name_len + 1);
    Entry *e = NULL;
    if (!text || (linker->used * 2 >= linker->nentries && !grow(linker)))
        error = error_oom();
    if (!error) {
        e = slot(linker->entries, linker->nentries, module, module_len, name, name_len);
        if (e->name && !linker->allow_shadowing)
            error = error_format("import of `%.*s::%.*s` defined twice", (int)module_len, module,
                                 (int)name_len, name);
    }
    if (error) {
        free(text);
        hostdef_release(value->def);
        return error;
    }
    memcpy(text, module, module_len);
    memcpy(text + module_len, name, name_len);
    if (e->name)
        free_entry(e);
    else
        linker->used++;
    *e = *value;
    e->name = text;
    e->module_len = (u32)module_len;
    e->name_len = (u32)name_len;
    return NULL;
}

wasmtime_linker_t *wasmtime_linker_clone(const wasmtime_linker_t *linker)
{
    wasmtime_linker_t *copy = wasmtime_linker_new(linker->engine);
    if (!copy)
        return NULL;
    copy->allow_shadowing = linker->allow_shadowing;
    for (u32 i = 0; i < linker->nentries; i++) {
        const Entry *e = &linker->entries[i];
        if (!e->name)
            continue;
        retain_def(e->def);
        Entry value = {.def = e->def, .store_id = e->store_id, .item = e->item};
        wasmtime_error_t *error = define(copy, e->name, e->module_len, e->name + e->module_len,
                                         e->name_len, &value);
        if (error) {
            wasmtime_error_delete(error);
            wasmtime_linker_delete(copy);
            return NULL;
        }
    }
    return copy;
}

/* ---- definitions ---- */

wasmtime_error_t *wasmtime_linker_define(wasmtime_linker_t *linker, wasmtime_context_t *context,
                                         const char *module, size_t module_len, const char *name,
                                         size_t name_len, const wasmtime_extern_t *item)
{
    RtStore *store = store_of(context);
    Entry value = {.store_id = store->id};
    if (!extern_to_rt(store, item, &value.item))
        return error_format("the item is of another store");
    return define(linker, module, module_len, name, name_len, &value);
}

static wasmtime_error_t *define_host(wasmtime_linker_t *linker, const char *module,
                                     size_t module_len, const char *name, size_t name_len,
                                     HostDef *def)
{
    if (!def)
        return error_format("function type cannot be used with this engine, or out of memory");
    Entry value = {.def = def};
    return define(linker, module, module_len, name, name_len, &value);
}

wasmtime_error_t *wasmtime_linker_define_func(wasmtime_linker_t *linker, const char *module,
                                              size_t module_len, const char *name, size_t name_len,
                                              const wasm_functype_t *ty,
                                              wasmtime_func_callback_t cb, void *data,
                                              void (*finalizer)(void *))
{
    return define_host(linker, module, module_len, name, name_len,
                       hostdef_new(linker->engine->rt, ty, false, (void (*)(void))cb, data,
                                   finalizer));
}

wasmtime_error_t *wasmtime_linker_define_func_unchecked(
    wasmtime_linker_t *linker, const char *module, size_t module_len, const char *name,
    size_t name_len, const wasm_functype_t *ty, wasmtime_func_unchecked_callback_t cb, void *data,
    void (*finalizer)(void *))
{
    return define_host(linker, module, module_len, name, name_len,
                       hostdef_new(linker->engine->rt, ty, true, (void (*)(void))cb, data,
                                   finalizer));
}

wasmtime_error_t *wasmtime_linker_define_instance(wasmtime_linker_t *linker,
                                                  wasmtime_context_t *context, const char *name,
                                                  size_t name_len,
                                                  const wasmtime_instance_t *instance)
{
    RtStore *store = store_of(context);
    RtInstance *from = instance_of(store, instance);
    const WasmModule *m = from->module->wasm;
    for (u32 i = 0; i < m->n_exports; i++) {
        const WasmExport *export = &m->exports[i];
        Entry value = {.store_id = store->id};
        if (!rt_instance_extern(from, (WasmKind)export->kind, export->index, &value.item))
            return error_oom();
        wasmtime_error_t *error =
            define(linker, name, name_len, export->name.at, export->name.len, &value);
        if (error)
            return error;
    }
    return NULL;
}

static wasm_trap_t *unknown_import(void *env, wasmtime_caller_t *caller,
                                   wasmtime_val_raw_t *args_and_results, size_t n)
{
    (void)caller;
    (void)args_and_results;
    (void)n;
    const char *text = env;
    return wasmtime_trap_new(text, strlen(text));
}

static wasmtime_error_t *define_trap(wasmtime_linker_t *linker, const RtModule *module,
                                     const WasmImport *import)
{
    StrBuf text = {0};
    sb_printf(&text, "unknown import: `%.*s::%.*s` has not been defined", (int)import->module.len,
              import->module.at, (int)import->name.len, import->name.at);
    wasm_functype_t *type =
        (wasm_functype_t *)types_module_extern(module, WASM_KIND_FUNC, import->index);
    if (text.failed || !type) {
        sb_free(&text);
        wasm_functype_delete(type);
        return error_oom();
    }
    wasmtime_error_t *error = wasmtime_linker_define_func_unchecked(
        linker, import->module.at, import->module.len, import->name.at, import->name.len, type,
        unknown_import, text.text, free);
    wasm_functype_delete(type);
    return error;
}

wasmtime_error_t *
wasmtime_linker_define_unknown_imports_as_traps(wasmtime_linker_t *linker,
                                                const wasmtime_module_t *module)
{
    const WasmModule *m = module->rt->wasm;
    for (u32 i = 0; i < m->n_imports; i++) {
        const WasmImport *import = &m->imports[i];
        if (import->kind != WASM_KIND_FUNC ||
            find(linker, import->module.at, import->module.len, import->name.at, import->name.len))
            continue;
        wasmtime_error_t *error = define_trap(linker, module->rt, import);
        if (error)
            return error;
    }
    return NULL;
}

/* Results and arguments share the array, and zero is null, too. */
static wasm_trap_t *return_zeros(void *env, wasmtime_caller_t *caller,
                                 wasmtime_val_raw_t *args_and_results, size_t n)
{
    (void)env;
    (void)caller;
    memset(args_and_results, 0, n * sizeof *args_and_results);
    return NULL;
}

/* Are zeros and null among the values that the item would have, or return? */
static bool has_zero(const wasm_externtype_t *type)
{
    const wasm_valtype_vec_t *results = &((const wasm_functype_t *)type)->results;
    switch (type->kind) {
    case WASM_EXTERN_FUNC:
        for (size_t i = 0; i < results->size; i++)
            if (!wasm_is_defaultable(results->data[i]->type))
                return false;
        return true;
    case WASM_EXTERN_GLOBAL:
        return wasm_is_defaultable(((const wasm_globaltype_t *)type)->content->type);
    case WASM_EXTERN_TABLE:
        return wasm_is_defaultable(((const wasm_tabletype_t *)type)->element->type);
    default:
        return type->kind == WASM_EXTERN_MEMORY;
    }
}

/* An item of the store, of the import's type, that holds zeros and null. */
static bool default_item(RtStore *store, const wasm_externtype_t *type, RtExtern *item, Diag *diag)
{
    static const VmVal zero;
    const wasm_globaltype_t *global = (const wasm_globaltype_t *)type;
    const wasm_tabletype_t *table = (const wasm_tabletype_t *)type;
    if (!has_zero(type))
        return diag_fail(diag, DIAG_NO_OFFSET, "its type has no default value");
    switch (type->kind) {
    case WASM_EXTERN_GLOBAL:
        item->kind = WASM_KIND_GLOBAL;
        return rt_global_new(store, global->content->type, global->mutability == WASM_VAR, &zero,
                             &item->global, diag);
    case WASM_EXTERN_TABLE:
        item->kind = WASM_KIND_TABLE;
        return rt_table_new(store, &table->limits, table->element->type, &zero, &item->table, diag);
    case WASM_EXTERN_MEMORY:
        item->kind = WASM_KIND_MEMORY;
        return rt_memory_new(store, &((const wasm_memorytype_t *)type)->limits, &item->memory,
                             diag);
    default:
        return diag_fail(diag, DIAG_NO_OFFSET, "there is none of its kind");
    }
}

static wasmtime_error_t *define_default(wasmtime_linker_t *linker, RtStore *store,
                                        const RtModule *module, const WasmImport *import)
{
    wasm_externtype_t *type =
        types_module_extern(module, (WasmKind)import->kind, import->index);
    if (!type)
        return error_oom();
    wasmtime_error_t *error;
    Entry value = {.store_id = store->id};
    Diag diag = {0};
    if (import->kind == WASM_KIND_FUNC && has_zero(type))
        error = wasmtime_linker_define_func_unchecked(
            linker, import->module.at, import->module.len, import->name.at, import->name.len,
            (wasm_functype_t *)type, return_zeros, NULL, NULL);
    else if (default_item(store, type, &value.item, &diag))
        error = define(linker, import->module.at, import->module.len, import->name.at,
                       import->name.len, &value);
    else
        error = error_format("the missing import `%.*s::%.*s` cannot be made up: %s",
                             (int)import->module.len, import->module.at, (int)import->name.len,
                             import->name.at, diag.text);
    wasm_externtype_delete(type);
    return error;
}

wasmtime_error_t *wasmtime_linker_define_unknown_imports_as_default_values(
    wasmtime_linker_t *linker, wasmtime_context_t *context, const wasmtime_module_t *module)
{
    const WasmModule *m = module->rt->wasm;
    for (u32 i = 0; i < m->n_imports; i++) {
        const WasmImport *import = &m->imports[i];
        if (find(linker, import->module.at, import->module.len, import->name.at, import->name.len))
            continue;
        wasmtime_error_t *error = define_default(linker, store_of(context), module->rt, import);
        if (error)
            return error;
    }
    return NULL;
}

/* ---- instantiation ---- */

static wasmtime_error_t *resolve(RtStore *store, const Entry *e, RtExtern *out)
{
    if (!e->def) {
        if (e->store_id != store->id)
            return error_format("a definition of the linker is of another store");
        *out = e->item;
        return NULL;
    }
    if (e->def->engine != store->engine)
        return error_format("a definition of the linker is of another engine");
    VmFuncRef *func = hostdef_in_store(store, e->def);
    *out = (RtExtern){.kind = WASM_KIND_FUNC, .func = func};
    return func ? NULL : error_oom();
}

/* All imports that have no definition, by name and type, in one error. */
static wasmtime_error_t *missing(const wasmtime_linker_t *linker, const RtModule *module)
{
    const WasmModule *m = module->wasm;
    StrBuf text = {0};
    u32 n = 0;
    for (u32 i = 0; i < m->n_imports; i++) {
        const WasmImport *import = &m->imports[i];
        if (find(linker, import->module.at, import->module.len, import->name.at, import->name.len))
            continue;
        sb_printf(&text, "%sunknown import: `%.*s::%.*s` has not been defined: ", n++ ? "\n" : "",
                  (int)import->module.len, import->module.at, (int)import->name.len,
                  import->name.at);
        rt_print_module_extern(module, &text, (WasmKind)import->kind, import->index);
    }
    wasmtime_error_t *error = n ? error_format("%s", sb_str(&text)) : NULL;
    sb_free(&text);
    return error;
}

static wasmtime_error_t *link_and_instantiate(RtStore *store, RtModule *module,
                                              const wasmtime_linker_t *linker, const Entry *imports,
                                              wasmtime_instance_t *instance, wasm_trap_t **trap)
{
    const WasmModule *m = module->wasm;
    RtExtern small[32];
    RtExtern *items = m->n_imports <= ARRAY_LEN(small)
                          ? small
                          : malloc((size_t)m->n_imports * sizeof *items);
    wasmtime_error_t *error = items ? NULL : error_oom();
    *trap = NULL;
    for (u32 i = 0; i < m->n_imports && !error; i++) {
        const WasmImport *import = &m->imports[i];
        const Entry *e = imports ? &imports[i]
                                 : find(linker, import->module.at, import->module.len,
                                        import->name.at, import->name.len);
        error = e ? resolve(store, e, &items[i]) : missing(linker, module);
    }
    if (!error)
        error = instantiate(store, module, items, m->n_imports, instance, trap);
    if (items != small)
        free(items);
    return error;
}

wasmtime_error_t *wasmtime_linker_instantiate(const wasmtime_linker_t *linker,
                                              wasmtime_context_t *context,
                                              const wasmtime_module_t *module,
                                              wasmtime_instance_t *instance, wasm_trap_t **trap)
{
    return link_and_instantiate(store_of(context), module->rt, linker, NULL, instance, trap);
}

void wasmtime_instance_pre_delete(wasmtime_instance_pre_t *pre)
{
    if (!pre)
        return;
    for (u32 i = 0; i < pre->nimports; i++)
        hostdef_release(pre->imports[i].def);
    free(pre->imports);
    wasmtime_module_delete(pre->module);
    wasm_engine_delete(pre->engine);
    free(pre);
}

wasmtime_error_t *wasmtime_linker_instantiate_pre(const wasmtime_linker_t *linker,
                                                  const wasmtime_module_t *module,
                                                  wasmtime_instance_pre_t **ret)
{
    const WasmModule *m = module->rt->wasm;
    wasmtime_error_t *error = missing(linker, module->rt);
    if (error)
        return error;
    wasmtime_instance_pre_t *pre = calloc(1, sizeof *pre);
    if (!pre)
        return error_oom();
    pre->module = module_retain(module);
    pre->engine = engine_retain(linker->engine);
    pre->imports = calloc((size_t)m->n_imports + 1, sizeof *pre->imports);
    if (!pre->imports) {
        wasmtime_instance_pre_delete(pre);
        return error_oom();
    }
    pre->nimports = m->n_imports;
    for (u32 i = 0; i < m->n_imports; i++) {
        const WasmImport *import = &m->imports[i];
        pre->imports[i] = *find(linker, import->module.at, import->module.len, import->name.at,
                                import->name.len);
        retain_def(pre->imports[i].def);
    }
    *ret = pre;
    return NULL;
}

wasmtime_error_t *wasmtime_instance_pre_instantiate(const wasmtime_instance_pre_t *pre,
                                                    wasmtime_context_t *context,
                                                    wasmtime_instance_t *instance,
                                                    wasm_trap_t **trap)
{
    return link_and_instantiate(store_of(context), pre->module->rt, NULL, pre->imports, instance,
                                trap);
}

wasmtime_module_t *wasmtime_instance_pre_module(const wasmtime_instance_pre_t *pre)
{
    return module_retain(pre->module);
}

bool wasmtime_linker_get(const wasmtime_linker_t *linker, wasmtime_context_t *context,
                         const char *module, size_t module_len, const char *name, size_t name_len,
                         wasmtime_extern_t *item)
{
    RtStore *store = store_of(context);
    RtExtern found;
    const Entry *e = find(linker, module, module_len, name, name_len);
    if (!e)
        return false;
    wasmtime_error_t *error = resolve(store, e, &found);
    if (error) {
        wasmtime_error_delete(error);
        return false;
    }
    extern_from_rt(store, &found, item);
    return true;
}

/* A command's exports are entered by "_start" or the empty name. */
wasmtime_error_t *wasmtime_linker_get_default(const wasmtime_linker_t *linker,
                                              wasmtime_context_t *context, const char *name,
                                              size_t name_len, wasmtime_func_t *func)
{
    static const char *const entries[] = {"", "_start"};
    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        wasmtime_extern_t item;
        if (wasmtime_linker_get(linker, context, name, name_len, entries[i], strlen(entries[i]),
                                &item) &&
            item.kind == WASMTIME_EXTERN_FUNC) {
            *func = item.of.func;
            return NULL;
        }
    }
    return error_format(
        "`%.*s` has no default function: neither `_start` nor one with an empty name",
        (int)name_len, name);
}

wasmtime_error_t *wasmtime_linker_module(wasmtime_linker_t *linker, wasmtime_context_t *context,
                                         const char *name, size_t name_len,
                                         const wasmtime_module_t *module)
{
    wasmtime_instance_t instance;
    wasm_trap_t *trap;
    wasmtime_error_t *error =
        wasmtime_linker_instantiate(linker, context, module, &instance, &trap);
    if (trap) {
        StrBuf *text = &trap->failure.text;
        error = error_format("%s", sb_str(text));
        wasm_trap_delete(trap);
    }
    if (error)
        return error;
    wasmtime_extern_t init;
    if (wasmtime_instance_export_get(context, &instance, "_initialize", 11, &init) &&
        init.kind == WASMTIME_EXTERN_FUNC) {
        error = wasmtime_func_call(context, &init.of.func, NULL, 0, NULL, 0, &trap);
        if (trap) {
            error = error_format("%s", sb_str(&trap->failure.text));
            wasm_trap_delete(trap);
        }
        if (error)
            return error;
    }
    return wasmtime_linker_define_instance(linker, context, name, name_len, &instance);
}
