/* An instance comes to be:
 *
 *   1. imports are matched; until step 4 any failure leaves the store as it was
 *   2. one allocation takes the instance and its context, which starts as a copy of the module's
 *      template; imports are bound, memories and tables made
 *   3. globals, tables' initial values and element segments with expressions are evaluated
 *   4. the instance is entered into the store
 *   5. active segments are copied, in order; a trap here leaves what was written before it
 *   6. the start function runs
 *
 * An instance lives until its store goes, or it is deleted, also after a trap in step 5 or 6: what
 * it wrote into imported tables may be called.
 */
#include "rt/heap.h"

#include <stdlib.h>

#define FEW_SEGMENTS 64u

/* ---- memory for it ---- */

static size_t place(size_t *at, size_t count, size_t bytes)
{
    size_t off = *at;
    *at = ALIGN_UP(off + count * bytes, (size_t)8);
    return off;
}

static RtInstance *instance_new(RtStore *store, RtModule *m)
{
    const WasmModule *wasm = m->wasm;
    size_t at = sizeof(RtInstance);
    size_t memories = place(&at, wasm->n_memories, sizeof(RtMemory *));
    size_t tables = place(&at, wasm->n_tables, sizeof(RtTable *));
    size_t tags = place(&at, wasm->n_tags, sizeof(RtTag *));
    size_t globals = place(&at, wasm->n_globals, sizeof(RtGlobal *));
    size_t elem_values = place(&at, wasm->n_elems, sizeof(RtElemValues));
    size_t elems = place(&at, wasm->n_elems / 64 + 1, sizeof(u64));
    size_t datas = place(&at, wasm->n_datas / 64 + 1, sizeof(u64));
    size_t func_slots = place(&at, m->counts.escaping, sizeof(u32));
    size_t ctx = ALIGN_UP(at, (size_t)64);
    void *block;
    if (posix_memalign(&block, 64, ctx + m->layout.size) != 0)
        return NULL;
    u8 *b = block;
    memset(b, 0, ctx);
    memcpy(b + ctx, m->ctx_template, m->layout.size);
    RtInstance *instance = block;
    *instance = (RtInstance){
        .ctx = (VmCtx *)(void *)(b + ctx),
        .module = m,
        .store = store,
        .memories = (RtMemory **)(void *)(b + memories),
        .tables = (RtTable **)(void *)(b + tables),
        .tags = (RtTag **)(void *)(b + tags),
        .globals = (RtGlobal **)(void *)(b + globals),
        .elem_values = (RtElemValues *)(void *)(b + elem_values),
        .dropped_elems = (u64 *)(void *)(b + elems),
        .dropped_datas = (u64 *)(void *)(b + datas),
        .func_slots = (u32 *)(void *)(b + func_slots),
    };
    instance->ctx->store = &store->vm;
    instance->ctx->instance = instance;
    instance->ctx->gc_heap = store->heap.base ? store->heap.base : store->engine->no_heap;
    VmFuncRef *refs = rt_ctx_funcrefs(instance);
    for (u32 i = 0; i < m->counts.escaping; i++)
        refs[i].vmctx = instance->ctx;
    return instance;
}

void rt_instance_free_block(RtInstance *instance)
{
    const RtModule *m = instance->module; /* a tombstone has none, and no values */
    for (u32 i = 0; m && i < m->wasm->n_elems; i++)
        free(instance->elem_values[i].at);
    for (u32 i = 0; i < instance->n_other_funcs; i++)
        free(instance->other_funcs[i]);
    free(instance->other_funcs);
    free(instance);
}

/* ---- binding ---- */

static void *ctx_at(const RtInstance *instance, u32 off)
{
    return (u8 *)instance->ctx + off;
}

static void set_memory(RtInstance *instance, u32 index, RtMemory *memory)
{
    instance->memories[index] = memory;
    rt_ctx_memories(instance)[index] = (VmMemoryRef){memory->space->vm.base, &memory->space->vm};
}

static void set_table(RtInstance *instance, u32 index, RtTable *table)
{
    instance->tables[index] = table;
    ((VmTable **)ctx_at(instance, instance->module->layout.tables))[index] = &table->vm;
}

static void set_tag(RtInstance *instance, u32 index, RtTag *tag)
{
    instance->tags[index] = tag;
    ((u64 *)ctx_at(instance, instance->module->layout.imported_tags))[index] =
        (u64)(uintptr_t)tag;
}

static void set_global(RtInstance *instance, u32 index, RtGlobal *global)
{
    instance->globals[index] = global;
    ((VmGlobal **)ctx_at(instance, instance->module->layout.imported_globals))[index] =
        global->value;
}

static void bind_imports(RtInstance *instance, const RtExtern *imports)
{
    const WasmModule *wasm = instance->module->wasm;
    for (u32 i = 0; i < wasm->n_imports; i++) {
        u32 index = wasm->imports[i].index;
        switch ((WasmKind)imports[i].kind) {
        case WASM_KIND_FUNC: rt_ctx_imported_funcs(instance)[index] = imports[i].func; break;
        case WASM_KIND_TABLE: set_table(instance, index, imports[i].table); break;
        case WASM_KIND_MEMORY: set_memory(instance, index, imports[i].memory); break;
        case WASM_KIND_GLOBAL: set_global(instance, index, imports[i].global); break;
        case WASM_KIND_TAG: set_tag(instance, index, imports[i].tag); break;
        }
    }
}

static bool make_own(RtInstance *instance, Diag *diag)
{
    RtStore *store = instance->store;
    RtModule *m = instance->module;
    const WasmModule *wasm = m->wasm;
    for (u32 i = wasm->n_imported_memories; i < wasm->n_memories; i++) {
        RtMemory *memory;
        if (!rt_memory_new(store, &wasm->memories[i].limits, &memory, diag))
            return false;
        memory->owner = instance;
        store->module_memories++;
        set_memory(instance, i, memory);
    }
    for (u32 i = wasm->n_imported_tables; i < wasm->n_tables; i++) {
        RtTable *table;
        RtValType type = rt_val_type(m, wasm->tables[i].type);
        if (!rt_table_new(store, &wasm->tables[i].limits, type, NULL, &table, diag))
            return false;
        table->owner = instance;
        store->module_tables++;
        set_table(instance, i, table);
    }
    for (u32 i = wasm->n_imported_tags; i < wasm->n_tags; i++) {
        RtTag *tag;
        if (!rt_tag_new(store, m->type_ids[wasm->tags[i].type], &tag, diag))
            return false;
        tag->owner = instance;
        set_tag(instance, i, tag);
    }
    return true;
}

/* ---- evaluating ---- */

static RtEval eval_globals(RtInstance *instance)
{
    const RtModule *m = instance->module;
    VmGlobal *globals = rt_ctx_globals(instance);
    RtEval status = RT_EVAL_OK;
    for (u32 i = 0; i < m->n_late_globals && status == RT_EVAL_OK; i++) {
        VmVal value;
        u32 g = m->late_globals[i];
        status = rt_eval(instance, &m->wasm->globals[m->wasm->n_imported_globals + g].init, &value);
        if (status == RT_EVAL_OK)
            memcpy(&globals[g], &value, sizeof value);
    }
    return status;
}

static RtEval eval_tables(RtInstance *instance)
{
    const WasmModule *wasm = instance->module->wasm;
    RtEval status = RT_EVAL_OK;
    for (u32 i = wasm->n_imported_tables; i < wasm->n_tables && status == RT_EVAL_OK; i++) {
        VmVal value;
        if (!wasm->tables[i].has_init)
            continue;
        status = rt_eval(instance, &wasm->tables[i].init, &value);
        if (status == RT_EVAL_OK)
            rt_table_fill(instance->tables[i], 0, &value, instance->tables[i]->vm.len);
    }
    return status;
}

static RtEval eval_elem(RtInstance *instance, u32 index)
{
    const WasmElem *elem = &instance->module->wasm->elems[index];
    RtValType type = rt_val_type(instance->module, elem->type);
    bool is_func = rt_is_func_ref(instance->store->engine, type);
    u64 *values = calloc(MAX(elem->n_items, 1u), sizeof *values);
    if (!values)
        return RT_EVAL_OOM;
    instance->elem_values[index] = (RtElemValues){values, !is_func};
    for (u32 i = 0; i < elem->n_items; i++) {
        WasmElemItem item = elem->items[i];
        VmVal value;
        RtEval status;
        switch (wasm_elem_kind(item)) {
        case WASM_ELEM_NULL: break;
        case WASM_ELEM_FUNC: {
            VmFuncRef *ref = rt_instance_func(instance, wasm_elem_index(item));
            if (!ref)
                return RT_EVAL_OOM;
            values[i] = (u64)(uintptr_t)ref;
            break;
        }
        case WASM_ELEM_EXPR:
            status = rt_eval(instance, &elem->exprs[wasm_elem_index(item)], &value);
            if (status != RT_EVAL_OK)
                return status;
            values[i] = is_func ? (u64)(uintptr_t)value.funcref : value.gcref;
            break;
        }
    }
    return RT_EVAL_OK;
}

/* Offsets of active segments, those of elements first, by number of the segment. They depend on
 * nothing that segments change, so they are known before the first is copied. */
static RtEval eval_offsets(RtInstance *instance, u64 *offsets)
{
    const WasmModule *wasm = instance->module->wasm;
    for (u32 i = 0; i < wasm->n_elems + wasm->n_datas; i++) {
        bool is_elem = i < wasm->n_elems;
        const WasmElem *elem = is_elem ? &wasm->elems[i] : NULL;
        const WasmData *data = is_elem ? NULL : &wasm->datas[i - wasm->n_elems];
        if ((is_elem ? elem->mode : data->mode) != WASM_SEG_ACTIVE)
            continue;
        VmVal value;
        RtEval status = rt_eval(instance, is_elem ? &elem->offset : &data->offset, &value);
        if (status != RT_EVAL_OK)
            return status;
        bool is_64 = is_elem ? wasm->tables[elem->table].limits.is_64
                             : wasm->memories[data->memory].limits.is_64;
        offsets[i] = is_64 ? value.i64 : value.i32;
    }
    return RT_EVAL_OK;
}

/* Everything that may still fail for want of memory. */
static RtEval evaluate(RtInstance *instance, u64 *offsets)
{
    const WasmModule *wasm = instance->module->wasm;
    RtEval status = eval_globals(instance);
    if (status == RT_EVAL_OK)
        status = eval_tables(instance);
    for (u32 i = 0; i < wasm->n_elems && status == RT_EVAL_OK; i++)
        if (wasm->elems[i].n_exprs && wasm->elems[i].mode != WASM_SEG_DECLARED)
            status = eval_elem(instance, i);
    if (status == RT_EVAL_OK)
        status = eval_offsets(instance, offsets);
    if (wasm->start_func != WASM_NONE && !rt_instance_func(instance, wasm->start_func))
        return RT_EVAL_OOM;
    return status;
}

/* ---- segments ---- */

u32 rt_elem_len(const RtInstance *instance, u32 elem)
{
    bool is_dropped = rt_bit(instance->dropped_elems, elem);
    return is_dropped ? 0 : instance->module->wasm->elems[elem].n_items;
}

VmVal rt_elem_value(RtInstance *instance, u32 elem, u32 i)
{
    const u64 *values = instance->elem_values[elem].at;
    WasmElemItem item = instance->module->wasm->elems[elem].items[i];
    VmVal value;
    memset(&value, 0, sizeof value);
    if (values)
        value.i64 = values[i];
    else if (wasm_elem_kind(item) == WASM_ELEM_FUNC)
        value.funcref = rt_instance_func(instance, wasm_elem_index(item));
    return value;
}

bool rt_table_init(RtInstance *instance, u32 index, RtTable *table, u64 dst, u64 src, u64 len)
{
    u64 items = rt_elem_len(instance, index);
    if (src > items || len > items - src || dst > table->vm.len || len > table->vm.len - dst)
        return false;
    for (u64 i = 0; i < len; i++) {
        VmVal value = rt_elem_value(instance, index, (u32)(src + i));
        rt_table_set(table, dst + i, &value);
    }
    return true;
}

static RtStatus trap(RtStore *store, VmTrap code)
{
    rt_trap_set(store, code);
    return RT_TRAP;
}

static RtStatus copy_segments(RtInstance *instance, const u64 *offsets)
{
    const WasmModule *wasm = instance->module->wasm;
    for (u32 i = 0; i < wasm->n_elems; i++) {
        const WasmElem *elem = &wasm->elems[i];
        if (elem->mode == WASM_SEG_ACTIVE &&
            !rt_table_init(instance, i, instance->tables[elem->table], offsets[i], 0,
                           elem->n_items))
            return trap(instance->store, VM_TRAP_TABLE_OUT_OF_BOUNDS);
        if (elem->mode != WASM_SEG_PASSIVE)
            rt_bit_set(instance->dropped_elems, i);
    }
    for (u32 i = 0; i < wasm->n_datas; i++) {
        const WasmData *data = &wasm->datas[i];
        if (data->mode != WASM_SEG_ACTIVE)
            continue;
        if (!rt_memory_write(instance->memories[data->memory], offsets[wasm->n_elems + i],
                             wasm->bytes + data->start, data->size))
            return trap(instance->store, VM_TRAP_MEMORY_OUT_OF_BOUNDS);
        rt_bit_set(instance->dropped_datas, i);
    }
    return RT_OK;
}

/* ---- all of it ---- */

static bool within(const char *what, u32 count, u32 more, u32 limit, Diag *diag)
{
    if (more <= limit && count <= limit - more)
        return true;
    return diag_fail(diag, DIAG_NO_OFFSET, "resource limit exceeded: %s count too high at %llu",
                     what, (unsigned long long)count + more);
}

static bool check_limits(const RtStore *store, const WasmModule *wasm, Diag *diag)
{
    const RtLimits *limits = &store->limits;
    u32 memories = wasm->n_memories - wasm->n_imported_memories;
    u32 tables = wasm->n_tables - wasm->n_imported_tables;
    return within("instance", store->instances.live, 1, limits->instances, diag) &&
           (!memories ||
            within("memory", store->module_memories, memories, limits->memories, diag)) &&
           (!tables || within("table", store->module_tables, tables, limits->tables, diag));
}

static bool check_imports(RtStore *store, const RtModule *m, const RtExtern *imports, u32 n,
                          Diag *diag)
{
    if (m->engine != store->engine)
        return diag_fail(diag, DIAG_NO_OFFSET, "the module and the store are of different engines");
    if (n != m->wasm->n_imports)
        return diag_fail(diag, DIAG_NO_OFFSET, "the module has %u imports, but %u were given",
                         m->wasm->n_imports, n);
    for (u32 i = 0; i < n; i++)
        if (!rt_check_import(m, i, &imports[i], diag))
            return false;
    return check_limits(store, m->wasm, diag) &&
           (rt_slots_reserve(&store->instances) || diag_oom(diag));
}

/* Steps 2 and 3. */
static RtStatus prepare(RtInstance *instance, const RtExtern *imports, u64 *offsets, Diag *diag)
{
    bind_imports(instance, imports);
    if (!make_own(instance, diag))
        return RT_ERROR;
    switch (evaluate(instance, offsets)) {
    case RT_EVAL_OK: return RT_OK;
    case RT_EVAL_TOO_LARGE:
        rt_stop_set(instance->store, &RT_STOP_MESSAGE(RT_HEAP_IS_FULL));
        return RT_TRAP;
    case RT_EVAL_OOM: break;
    }
    diag_oom(diag);
    return RT_ERROR;
}

static RtStatus start(RtInstance *instance)
{
    u32 func = instance->module->wasm->start_func;
    if (func == WASM_NONE)
        return RT_OK;
    return rt_call_start(instance, rt_instance_func(instance, func)) ? RT_OK : RT_TRAP;
}

static RtStatus instantiate(RtInstance *instance, const RtExtern *imports, u64 *offsets,
                            RtInstance **out, Diag *diag)
{
    RtStore *store = instance->store;
    store->making = instance;
    RtStatus status = prepare(instance, imports, offsets, diag);
    store->making = NULL;
    if (status != RT_OK) {
        rt_instance_clear(instance);
        rt_instance_free_block(instance);
        return status;
    }
    rt_module_retain(instance->module);
    rt_count_imports(instance, 1);
    instance->birth = rt_birth(store);
    instance->index = rt_slots_add(&store->instances, instance);
    *out = instance;
    status = copy_segments(instance, offsets);
    return status == RT_OK ? start(instance) : status;
}

RtStatus rt_instantiate(RtStore *store, RtModule *m, const RtExtern *imports, u32 n_imports,
                        RtInstance **out, Diag *diag)
{
    u64 few[FEW_SEGMENTS];
    u32 n_segments = m->wasm->n_elems + m->wasm->n_datas;
    if (!check_imports(store, m, imports, n_imports, diag))
        return RT_ERROR;
    u64 *offsets = n_segments <= FEW_SEGMENTS ? few : malloc(n_segments * sizeof *offsets);
    bool has_heap = !m->uses_heap || rt_heap_reserve(store);
    RtInstance *instance = offsets && has_heap ? instance_new(store, m) : NULL;
    RtStatus status = RT_ERROR;
    if (instance)
        status = instantiate(instance, imports, offsets, out, diag);
    else
        diag_oom(diag);
    if (offsets != few)
        free(offsets);
    return status;
}

/* ---- what it has ---- */

static RtOtherFunc *make_other_func(RtInstance *instance, u32 number, u32 func)
{
    RtModule *m = instance->module;
    u32 type = m->type_ids[m->wasm->funcs[func].type];
    /* Of an instance that is to go: its records may have to stay. */
    RtStubWish wish = {type, RT_STUB_CROSS | (instance->is_deleted ? RT_STUB_HOST : 0)};
    RtOtherFunc *made = rt_stubs_make(m->engine, &wish, 1) ? malloc(sizeof *made) : NULL;
    if (made)
        *made = (RtOtherFunc){.ref = {
                                  .code = rt_func_code(m, number),
                                  .vmctx = instance->ctx,
                                  .cross = rt_stubs_cross(m->engine, type, false),
                                  .type_id = type,
                                  .func_ix = func,
                              }};
    return made;
}

VmFuncRef *rt_instance_func(RtInstance *instance, u32 func)
{
    const RtModule *m = instance->module;
    const WasmModule *wasm = m->wasm;
    if (func < wasm->n_imported_funcs)
        return rt_ctx_imported_funcs(instance)[func];
    u32 number = func - wasm->n_imported_funcs;
    if (m->funcref_of[number] != UINT32_MAX)
        return &rt_ctx_funcrefs(instance)[m->funcref_of[number]];
    if (!instance->other_funcs) {
        instance->other_funcs = calloc(wasm->n_funcs - wasm->n_imported_funcs,
                                       sizeof *instance->other_funcs);
        if (!instance->other_funcs)
            return NULL;
        instance->n_other_funcs = wasm->n_funcs - wasm->n_imported_funcs;
    }
    RtOtherFunc **at = &instance->other_funcs[number];
    if (!*at)
        *at = make_other_func(instance, number, func);
    return *at ? &(*at)->ref : NULL;
}

VmGlobal *rt_instance_global_value(const RtInstance *instance, u32 global)
{
    u32 imported = instance->module->wasm->n_imported_globals;
    return global < imported ? instance->globals[global]->value
                             : &rt_ctx_globals(instance)[global - imported];
}

RtGlobal *rt_instance_global(RtInstance *instance, u32 global)
{
    if (instance->globals[global])
        return instance->globals[global];
    RtStore *store = instance->store;
    const WasmModule *wasm = instance->module->wasm;
    RtGlobal *g = NULL;
    if (!rt_slots_reserve(&store->globals) || posix_memalign((void **)&g, 16, sizeof *g) != 0)
        return NULL;
    *g = (RtGlobal){
        .value = &rt_ctx_globals(instance)[global - wasm->n_imported_globals],
        .type = rt_val_type(instance->module, wasm->globals[global].type),
        .is_mutable = wasm->globals[global].is_mutable,
        .store = store,
        .owner = instance,
        .birth = instance->is_deleted ? 0 : rt_birth(store),
    };
    g->index = rt_slots_add(&store->globals, g);
    instance->globals[global] = g;
    return g;
}

bool rt_instance_extern(RtInstance *instance, WasmKind kind, u32 index, RtExtern *out)
{
    out->kind = (u8)kind;
    switch (kind) {
    case WASM_KIND_FUNC: return (out->func = rt_instance_func(instance, index)) != NULL;
    case WASM_KIND_TABLE: out->table = instance->tables[index]; return true;
    case WASM_KIND_MEMORY: out->memory = instance->memories[index]; return true;
    case WASM_KIND_GLOBAL: return (out->global = rt_instance_global(instance, index)) != NULL;
    case WASM_KIND_TAG: out->tag = instance->tags[index]; return true;
    }
    UNREACHABLE();
}

bool rt_instance_export(RtInstance *instance, const char *name, size_t len, RtExtern *out)
{
    const WasmExport *e = rt_module_export(instance->module, name, len);
    return e && rt_instance_extern(instance, (WasmKind)e->kind, e->index, out);
}
