/* The table of a linker and what fills it. */
#include "api/linker.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "os/os.h"

#define FIRST_ENTRIES 64

wasmtime_linker_t *wasmtime_linker_new(wasm_engine_t *engine)
{
    wasmtime_linker_t *linker = calloc(1, sizeof *linker);
    if (!linker)
        return NULL;
    linker->engine = engine_retain(engine);
    linker->key = os_random_u64();
    return linker;
}

void definition_retain(const Definition *is)
{
    hostdef_retain(is->def);
    if (is->shared)
        rt_shared_retain(is->shared);
}

void definition_release(const Definition *is)
{
    hostdef_release(is->def);
    rt_shared_release(is->shared);
}

static void free_entry(Entry *entry)
{
    definition_release(&entry->is);
    free((char *)(uintptr_t)entry->names.module);
}

static void free_entries(Entry *entries, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (entries[i].names.module)
            free_entry(&entries[i]);
    free(entries);
}

void wasmtime_linker_delete(wasmtime_linker_t *linker)
{
    if (!linker)
        return;
    free_entries(linker->entries, linker->nentries);
    wasm_engine_delete(linker->engine);
    free(linker);
}

void wasmtime_linker_allow_shadowing(wasmtime_linker_t *linker, bool allow_shadowing)
{
    linker->allow_shadowing = allow_shadowing;
}

/* ---- the table ---- */

static bool same_text(const char *a, size_t a_len, const char *b, size_t b_len)
{
    return a_len == b_len && (!a_len || !memcmp(a, b, a_len));
}

static bool same_names(const Names *a, const Names *b)
{
    return same_text(a->module, a->module_len, b->module, b->module_len) &&
           same_text(a->name, a->name_len, b->name, b->name_len);
}

static Entry *find_slot(Entry *entries, size_t nentries, u64 key, const Names *names)
{
    u64 hash = hash_bytes_keyed(names->module, names->module_len, key);
    size_t at = hash_bytes_keyed(names->name, names->name_len, key ^ hash) & (nentries - 1);
    while (entries[at].names.module && !same_names(&entries[at].names, names))
        at = (at + 1) & (nentries - 1);
    return &entries[at];
}

const Definition *linker_find(const wasmtime_linker_t *linker, Names names)
{
    if (!linker->nentries)
        return NULL;
    const Entry *e = find_slot(linker->entries, linker->nentries, linker->key, &names);
    return e->names.module ? &e->is : NULL;
}

/* Makes room so that `more` names can be added without memory. */
static bool reserve(wasmtime_linker_t *linker, size_t more)
{
    size_t n = MAX(linker->nentries, (size_t)FIRST_ENTRIES);
    while (n / 2 < linker->used + more)
        n *= 2;
    if (n == linker->nentries)
        return true;
    Entry *entries = calloc(n, sizeof *entries);
    if (!entries)
        return false;
    for (size_t i = 0; i < linker->nentries; i++) {
        const Entry *e = &linker->entries[i];
        if (e->names.module)
            *find_slot(entries, n, linker->key, &e->names) = *e;
    }
    free(linker->entries);
    linker->entries = entries;
    linker->nentries = n;
    return true;
}

/* ---- batches ---- */

void batch_fail(Batch *batch, wasmtime_error_t *error)
{
    if (batch->error)
        wasmtime_error_delete(error);
    else
        batch->error = error;
}

/* A copy of both names in one block; false: no memory. */
static bool copy_names(Names *to, const Names *from)
{
    char *text = malloc(from->module_len + from->name_len + 1);
    if (!text)
        return false;
    if (from->module_len)
        memcpy(text, from->module, from->module_len);
    if (from->name_len)
        memcpy(text + from->module_len, from->name, from->name_len);
    *to = (Names){text, from->module_len, text + from->module_len, from->name_len};
    return true;
}

static bool batch_reserve(Batch *batch)
{
    if (batch->len < batch->cap)
        return true;
    size_t cap = batch->cap ? batch->cap * 2 : 4;
    Entry *entries = realloc(batch->entries, cap * sizeof *entries);
    if (!entries)
        return false;
    batch->entries = entries;
    batch->cap = cap;
    return true;
}

void batch_add(Batch *batch, Names names, Definition is)
{
    Entry entry = {.is = is};
    bool are_utf8 = utf8_valid(names.module, names.module_len) &&
                    utf8_valid(names.name, names.name_len);
    if (!batch->error && are_utf8 && batch_reserve(batch) && copy_names(&entry.names, &names)) {
        batch->entries[batch->len++] = entry;
        return;
    }
    definition_release(&is);
    batch_fail(batch, are_utf8 ? error_oom() : error_format("input was not valid utf-8"));
}

void batch_add_host(Batch *batch, Names names, HostDef *def)
{
    if (def)
        batch_add(batch, names, (Definition){.def = def});
    else
        batch_fail(batch, error_format("the function type of " NAMES_FORMAT " cannot be used with "
                                       "this engine, or memory ran out",
                                       NAMES_ARGS(names)));
}

wasmtime_error_t *batch_end(Batch *batch)
{
    wasmtime_linker_t *linker = batch->linker;
    if (!batch->error && !reserve(linker, batch->len))
        batch->error = error_oom();
    for (size_t i = 0; i < batch->len && !batch->error && !linker->allow_shadowing; i++)
        if (linker_find(linker, batch->entries[i].names))
            batch->error = error_format("import of " NAMES_FORMAT " defined twice",
                                        NAMES_ARGS(batch->entries[i].names));
    if (batch->error) {
        free_entries(batch->entries, batch->len);
        return batch->error;
    }
    for (size_t i = 0; i < batch->len; i++) {
        const Entry *from = &batch->entries[i];
        Entry *to = find_slot(linker->entries, linker->nentries, linker->key, &from->names);
        if (to->names.module)
            free_entry(to);
        else
            linker->used++;
        *to = *from;
    }
    free(batch->entries);
    return NULL;
}

wasmtime_linker_t *wasmtime_linker_clone(const wasmtime_linker_t *linker)
{
    wasmtime_linker_t *copy = wasmtime_linker_new(linker->engine);
    if (!copy)
        return NULL;
    copy->allow_shadowing = linker->allow_shadowing;
    Batch batch = {.linker = copy};
    for (size_t i = 0; i < linker->nentries; i++) {
        Definition is = linker->entries[i].is;
        if (!linker->entries[i].names.module)
            continue;
        definition_retain(&is);
        batch_add(&batch, linker->entries[i].names, is);
    }
    wasmtime_error_t *error = batch_end(&batch);
    if (!error)
        return copy;
    wasmtime_error_delete(error);
    wasmtime_linker_delete(copy);
    return NULL;
}

/* ---- definitions ---- */

/* An item of a store; a shared memory belongs to none. */
static void batch_add_item(Batch *batch, Names names, const RtStore *store, const RtExtern *item)
{
    Definition is = {0};
    if (item->kind == WASM_KIND_MEMORY && item->memory->shared)
        is.shared = rt_shared_retain(item->memory->shared);
    else if (!extern_from_rt((RtStore *)(uintptr_t)store, item, &is.item))
        return batch_fail(batch, error_oom());
    batch_add(batch, names, is);
}

wasmtime_error_t *wasmtime_linker_define(wasmtime_linker_t *linker, wasmtime_context_t *context,
                                         const char *module, size_t module_len, const char *name,
                                         size_t name_len, const wasmtime_extern_t *item)
{
    RtStore *store = store_of(context);
    RtExtern found;
    if (!extern_to_rt(store, item, &found))
        return error_format("the item is of another store, of an instance that was deleted, or of "
                            "an unknown kind");
    Batch batch = {.linker = linker};
    batch_add_item(&batch, (Names){module, module_len, name, name_len}, store, &found);
    return batch_end(&batch);
}

static wasmtime_error_t *define_host(wasmtime_linker_t *linker, Names names, HostDef *def)
{
    Batch batch = {.linker = linker};
    batch_add_host(&batch, names, def);
    return batch_end(&batch);
}

wasmtime_error_t *wasmtime_linker_define_func(wasmtime_linker_t *linker, const char *module,
                                              size_t module_len, const char *name, size_t name_len,
                                              const wasm_functype_t *ty,
                                              wasmtime_func_callback_t cb, void *data,
                                              void (*finalizer)(void *))
{
    HostDef *def = hostdef_new(linker->engine->rt, ty, HOST_CHECKED, (void (*)(void))cb, data,
                               finalizer);
    return define_host(linker, (Names){module, module_len, name, name_len}, def);
}

wasmtime_error_t *wasmtime_linker_define_func_unchecked(
    wasmtime_linker_t *linker, const char *module, size_t module_len, const char *name,
    size_t name_len, const wasm_functype_t *ty, wasmtime_func_unchecked_callback_t cb, void *data,
    void (*finalizer)(void *))
{
    HostDef *def = hostdef_new(linker->engine->rt, ty, HOST_UNCHECKED, (void (*)(void))cb, data,
                               finalizer);
    return define_host(linker, (Names){module, module_len, name, name_len}, def);
}

wasmtime_error_t *wasmtime_linker_define_instance(wasmtime_linker_t *linker,
                                                  wasmtime_context_t *context, const char *name,
                                                  size_t name_len,
                                                  const wasmtime_instance_t *instance)
{
    RtStore *store = store_of(context);
    RtInstance *from = instance_of(store, instance);
    if (!from)
        return error_bad_handle("instance");
    const WasmModule *m = from->module->wasm;
    Batch batch = {.linker = linker};
    for (u32 i = 0; i < m->n_exports && !batch.error; i++) {
        const WasmExport *export = &m->exports[i];
        RtExtern found;
        if (rt_instance_extern(from, (WasmKind)export->kind, export->index, &found))
            batch_add_item(&batch, (Names){name, name_len, export->name.at, export->name.len},
                           store, &found);
        else
            batch_fail(&batch, error_oom());
    }
    return batch_end(&batch);
}

/* ---- what a module lacks ---- */

static wasm_trap_t *unknown_import(void *env, wasmtime_caller_t *caller,
                                   wasmtime_val_raw_t *args_and_results, size_t n)
{
    (void)caller;
    (void)args_and_results;
    (void)n;
    const char *text = env;
    wasm_trap_t *trap = wasmtime_trap_new(text, strlen(text));
    return trap ? trap : trap_oom();
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

/* A function of the import's type. env: taken; freed when it goes */
static HostDef *stand_in(const RtModule *module, const WasmImport *import,
                         wasmtime_func_unchecked_callback_t callback, void *env)
{
    u32 type = module->type_ids[module->wasm->funcs[import->index].type];
    return hostdef_of_type(module->engine, type, HOST_UNCHECKED, (void (*)(void))callback, env,
                           free);
}

wasmtime_error_t *
wasmtime_linker_define_unknown_imports_as_traps(wasmtime_linker_t *linker,
                                                const wasmtime_module_t *module)
{
    const WasmModule *m = module->rt->wasm;
    Batch batch = {.linker = linker};
    for (u32 i = 0; i < m->n_imports && !batch.error; i++) {
        Names names = names_of(&m->imports[i]);
        StrBuf text = {0};
        if (m->imports[i].kind != WASM_KIND_FUNC || linker_find(linker, names))
            continue;
        sb_printf(&text, MISSING_FORMAT, NAMES_ARGS(names));
        if (text.failed)
            batch_fail(&batch, error_oom());
        else
            batch_add_host(&batch, names,
                           stand_in(module->rt, &m->imports[i], unknown_import, text.text));
    }
    return batch_end(&batch);
}

/* Is zero or null among the values of all these types? */
static bool have_zero(const RtModule *module, const WasmImport *import)
{
    const WasmModule *m = module->wasm;
    const RtType *func;
    switch ((WasmKind)import->kind) {
    case WASM_KIND_FUNC:
        func = rt_type(module->engine, module->type_ids[m->funcs[import->index].type]);
        for (u32 i = 0; i < func->n_results; i++)
            if (!wasm_is_defaultable(func->results[i]))
                return false;
        return true;
    case WASM_KIND_GLOBAL: return wasm_is_defaultable(m->globals[import->index].type);
    case WASM_KIND_TABLE: return wasm_is_defaultable(m->tables[import->index].type);
    case WASM_KIND_MEMORY: return true;
    case WASM_KIND_TAG: return false;
    }
    UNREACHABLE();
}

/* An item of the store, of the import's type, that holds zeros and null. */
static bool default_item(RtStore *store, const RtModule *module, const WasmImport *import,
                         RtExtern *item, Diag *diag)
{
    static const VmVal zero;
    const WasmModule *m = module->wasm;
    u32 i = import->index;
    item->kind = import->kind;
    switch ((WasmKind)import->kind) {
    case WASM_KIND_GLOBAL:
        return rt_global_new(store, rt_val_type(module, m->globals[i].type),
                             m->globals[i].is_mutable, &zero, &item->global, diag);
    case WASM_KIND_TABLE:
        return rt_table_new(store, &m->tables[i].limits, rt_val_type(module, m->tables[i].type),
                            &zero, &item->table, diag);
    case WASM_KIND_MEMORY:
        return rt_memory_new(store, &m->memories[i].limits, &item->memory, diag);
    default: return diag_fail(diag, DIAG_NO_OFFSET, "there is none of its kind");
    }
}

static void add_default(Batch *batch, RtStore *store, const RtModule *module,
                        const WasmImport *import)
{
    Names names = names_of(import);
    RtExtern item = {0};
    Diag diag = {0};
    if (!have_zero(module, import))
        diag_fail(&diag, DIAG_NO_OFFSET, "its type has no default value");
    else if (import->kind == WASM_KIND_FUNC)
        batch_add_host(batch, names, stand_in(module, import, return_zeros, NULL));
    else if (default_item(store, module, import, &item, &diag))
        batch_add_item(batch, names, store, &item);
    if (diag.is_set)
        batch_fail(batch, error_format("the missing import " NAMES_FORMAT " cannot be made up: %s",
                                       NAMES_ARGS(names), diag.text));
}

wasmtime_error_t *wasmtime_linker_define_unknown_imports_as_default_values(
    wasmtime_linker_t *linker, wasmtime_context_t *context, const wasmtime_module_t *module)
{
    const WasmModule *m = module->rt->wasm;
    Batch batch = {.linker = linker};
    for (u32 i = 0; i < m->n_imports && !batch.error; i++)
        if (!linker_find(linker, names_of(&m->imports[i])))
            add_default(&batch, store_of(context), module->rt, &m->imports[i]);
    return batch_end(&batch);
}
