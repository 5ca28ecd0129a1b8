/* Instances that are freed before their store, and what of them has to stay: see
 * docs/decisions/0002-lifetimes.md.
 *
 * To delete is to make the handles name nothing and to sweep. A sweep happens only when no guest of
 * the store runs, so that no frame has a function in a register. It looks through every place that
 * can hold a function, once for all instances that are to go; those that nothing names are freed,
 * the others become tombstones: the block with the context and its records, in which each record is
 * that of a host function that traps. A record says by `code`, which host functions do not use,
 * whose it was, and later sweeps free tombstones that nothing names any more. */
#include "rt/heap.h"

#include <stdlib.h>

const char rt_deleted = 0;

void *rt_call_deleted(VmHostFunc *self, VmCtx *caller, VmVal *args_results)
{
    (void)self;
    (void)caller;
    (void)args_results;
    return (void *)(uintptr_t)&rt_deleted;
}

void *rt_take_trap(RtStore *store, void *trap)
{
    void *(*take)(RtStore *, void *) = store->engine->options.take_trap;
    return take && trap != &rt_deleted && trap != &rt_exception ? take(store, trap) : trap;
}

RtStop rt_host_stop(void *trap)
{
    return trap == &rt_deleted ? RT_STOP_MESSAGE("the function's instance was deleted")
                               : RT_STOP_HOST(trap);
}

/* ---- places ---- */

bool rt_slots_reserve(RtSlots *s)
{
    return s->live < s->len || s->len < s->cap ||
           rt_list_grow((void **)&s->at, &s->cap, s->len, sizeof *s->at);
}

u32 rt_slots_add(RtSlots *s, void *object)
{
    if (s->live == s->len)
        s->next = s->len;
    while (s->next < s->len && s->at[s->next])
        s->next++;
    u32 index = s->next++;
    s->len = MAX(s->len, s->next);
    s->at[index] = object;
    s->live++;
    return index;
}

void rt_slots_remove(RtSlots *s, u32 index)
{
    s->at[index] = NULL;
    s->live--;
    s->next = MIN(s->next, index);
    while (s->len && !s->at[s->len - 1])
        s->len--;
    s->next = MIN(s->next, s->len);
}

/* ---- records of functions ---- */

/* The instance that a record is, or was, of; NULL: the host's. */
static RtInstance *owner_of(const RtStore *store, const VmFuncRef *func)
{
    if (func->vmctx == &store->deleted_func)
        return func->code;
    return rt_is_host_func(func) ? NULL : rt_func_instance(func);
}

/* Records are numbered: those in the context, then the others. */
static u32 record_count(const RtInstance *instance)
{
    return instance->module->counts.escaping + instance->n_other_funcs;
}

/* NULL: there is none of that number. slot: out, where its slot is noted */
static VmFuncRef *record_at(RtInstance *instance, u32 i, u32 **slot)
{
    u32 n_escaping = instance->module->counts.escaping;
    if (i < n_escaping) {
        *slot = &instance->func_slots[i];
        return &rt_ctx_funcrefs(instance)[i];
    }
    RtOtherFunc *other = instance->other_funcs[i - n_escaping];
    *slot = other ? &other->slot : NULL;
    return other ? &other->ref : NULL;
}

static u32 *slot_of(RtInstance *instance, VmFuncRef *func)
{
    u64 number = (u64)(func - rt_ctx_funcrefs(instance));
    bool escapes = func >= rt_ctx_funcrefs(instance) && number < instance->module->counts.escaping;
    return escapes ? &instance->func_slots[number] : &((RtOtherFunc *)(void *)func)->slot;
}

/* The index of a free slot; false: memory ran out. */
static bool free_slot(RtStore *store, u32 *index)
{
    if (store->free_funcs != UINT32_MAX) {
        *index = store->free_funcs;
        store->free_funcs = store->funcs.at[*index].next_free;
        return true;
    }
    if (store->funcs.len >= INT32_MAX || !rt_list_reserve(&store->funcs))
        return false;
    *index = rt_list_push(&store->funcs, (RtFuncSlot){0});
    return true;
}

bool rt_func_handle(RtStore *store, VmFuncRef *func, u64 *handle)
{
    u32 index;
    *handle = (u64)(uintptr_t)func;
    if (rt_is_host_func(func)) {
        /* Of a tombstone: the host has the address from now on. */
        store->gave_records |= func->vmctx == &store->deleted_func;
        return true;
    }
    u32 *slot = slot_of(rt_func_instance(func), func);
    if (!*slot) {
        if (!free_slot(store, &index))
            return false;
        store->funcs.at[index] = (RtFuncSlot){
            .func = func,
            .type = rt_type_at(&store->engine->types, func->type_id),
            .birth = rt_birth(store),
        };
        *slot = index + 1;
    }
    index = *slot - 1;
    *handle = (u64)store->funcs.at[index].birth << 32 | (u64)index << 1 | 1;
    return true;
}

static void drop_slot(RtStore *store, u32 *slot)
{
    if (!*slot)
        return;
    store->funcs.at[*slot - 1] = (RtFuncSlot){.next_free = store->free_funcs};
    store->free_funcs = *slot - 1;
    *slot = 0;
}

static void drop_slots(RtInstance *instance)
{
    u32 *slot;
    for (u32 i = 0; i < record_count(instance); i++)
        if (record_at(instance, i, &slot))
            drop_slot(instance->store, slot);
}

/* ---- imports ---- */

/* The owner of what an instance imports as number i; NULL: the store or the host. */
static RtInstance *import_owner(const RtInstance *instance, u32 i)
{
    const WasmImport *import = &instance->module->wasm->imports[i];
    switch ((WasmKind)import->kind) {
    case WASM_KIND_FUNC:
        return owner_of(instance->store, rt_ctx_imported_funcs(instance)[import->index]);
    case WASM_KIND_TABLE: return instance->tables[import->index]->owner;
    case WASM_KIND_MEMORY: return instance->memories[import->index]->owner;
    case WASM_KIND_GLOBAL: return instance->globals[import->index]->owner;
    case WASM_KIND_TAG: return instance->tags[import->index]->owner;
    }
    UNREACHABLE();
}

void rt_count_imports(RtInstance *instance, i32 by)
{
    const WasmModule *wasm = instance->module->wasm;
    for (u32 i = 0; i < wasm->n_imports; i++) {
        RtInstance *owner = import_owner(instance, i);
        if (!owner)
            continue;
        owner->n_imported_by += (u32)by;
        /* An imported function may be made a value. */
        owner->may_be_named |= wasm->imports[i].kind == WASM_KIND_FUNC;
    }
}

/* The number of an import that is something of the instance; UINT32_MAX: there is none. */
static u32 find_import(const RtInstance *by, const RtInstance *of)
{
    for (u32 i = 0; i < by->module->wasm->n_imports; i++)
        if (import_owner(by, i) == of)
            return i;
    return UINT32_MAX;
}

static bool refuse(Diag *diag, const RtInstance *by, u32 import)
{
    static const char *const kinds[] = {
        [WASM_KIND_FUNC] = "function", [WASM_KIND_TABLE] = "table", [WASM_KIND_MEMORY] = "memory",
        [WASM_KIND_GLOBAL] = "global", [WASM_KIND_TAG] = "tag",
    };
    const WasmModule *wasm = by->module->wasm;
    const WasmImport *i = &wasm->imports[import];
    bool is_named = wasm->name.at && wasm->name.len;
    return diag_fail(diag, DIAG_NO_OFFSET,
                     "the instance cannot be deleted: an instance of %s%.*s%s imports a %s of it, "
                     "as `%.*s::%.*s`",
                     is_named ? "module `" : "another module",
                     is_named ? (int)MIN(wasm->name.len, 80u) : 0, is_named ? wasm->name.at : "",
                     is_named ? "`" : "", kinds[i->kind], (int)MIN(i->module.len, 80u),
                     i->module.at, (int)MIN(i->name.len, 80u), i->name.at);
}

/* Does an instance import something of this one? True: diag says which. */
static bool is_imported(const RtInstance *instance, Diag *diag)
{
    const RtStore *store = instance->store;
    if (store->making && find_import(store->making, instance) != UINT32_MAX)
        return !refuse(diag, store->making, find_import(store->making, instance));
    if (!instance->n_imported_by)
        return false;
    RT_EACH(const RtInstance, other, &store->instances)
        if (!other->is_deleted && find_import(other, instance) != UINT32_MAX)
            return !refuse(diag, other, find_import(other, instance));
    return false;
}

/* ---- who names functions ---- */

static void mark(void *ctx, const VmFuncRef *func)
{
    RtInstance *owner = func ? owner_of(ctx, func) : NULL;
    if (owner)
        owner->is_named = true;
}

static void mark_instance(RtStore *store, const RtInstance *instance)
{
    const RtModule *m = instance->module;
    const WasmModule *wasm = m->wasm;
    const VmGlobal *globals = rt_ctx_globals(instance);
    for (u32 i = 0; i < wasm->n_imported_funcs; i++)
        mark(store, rt_ctx_imported_funcs(instance)[i]);
    for (u32 i = wasm->n_imported_globals; i < wasm->n_globals; i++)
        if (rt_is_func_ref(store->engine, rt_val_type(m, wasm->globals[i].type)))
            mark(store, globals[i - wasm->n_imported_globals].funcref);
    for (u32 i = 0; i < wasm->n_elems; i++) {
        const RtElemValues *values = &instance->elem_values[i];
        for (u32 k = 0; values->at && !values->are_refs && k < wasm->elems[i].n_items; k++)
            mark(store, (const VmFuncRef *)(uintptr_t)values->at[k]);
    }
}

static bool goes(const RtInstance *owner) { return owner && owner->is_going; }

/* Objects that are dead but not collected yet count as well: that keeps a tombstone, no more. */
static void mark_heap(RtStore *store)
{
    u64 at, end;
    if (!rt_heap_objects(store, &at, &end))
        return;
    while (at < end) {
        VmObject *object = rt_object(store, (u32)at);
        const RtTag *tag = rt_exn_tag(store, (u32)at);
        if (tag)
            ((RtTag *)(uintptr_t)tag)->is_named = true;
        rt_visit_funcs(store, object, mark, store);
        at += rt_object_bytes(store, object);
    }
}

static void mark_all(RtStore *store)
{
    RT_EACH(RtInstance, instance, &store->instances)
        instance->is_named = false;
    for (u32 i = 0; i < store->tombs.len; i++)
        store->tombs.at[i]->is_named = false;
    RT_EACH(RtTag, tag, &store->tags)
        tag->is_named = false;
    RT_EACH(const RtInstance, instance, &store->instances)
        if (!instance->is_going)
            mark_instance(store, instance);
    RT_EACH(const RtTable, t, &store->tables)
        for (u64 i = 0; !goes(t->owner) && t->elem_bytes == sizeof(u64) && i < t->vm.len; i++)
            mark(store, ((VmFuncRef *const *)t->vm.elems)[i]);
    RT_EACH(const RtGlobal, g, &store->globals)
        if (g->value == &g->own && rt_is_func_ref(store->engine, g->type))
            mark(store, g->own.funcref);
    mark_heap(store);
}

/* ---- freeing ---- */

/* Tags are told apart by their address, so one that an exception names stays. */
static void clear_tag(RtStore *store, RtTag *tag)
{
    if (tag->is_named) {
        store->n_orphans += !tag->is_orphan;
        tag->owner = NULL;
        tag->is_orphan = true;
        return;
    }
    store->n_orphans -= tag->is_orphan;
    rt_slots_remove(&store->tags, tag->index);
    free(tag);
}

/* An instance that is still being made has only a part of what it owns. */
void rt_instance_clear(RtInstance *instance)
{
    RtStore *store = instance->store;
    const WasmModule *wasm = instance->module->wasm;
    for (u32 i = wasm->n_imported_memories; i < wasm->n_memories && instance->memories[i]; i++) {
        rt_slots_remove(&store->memories, instance->memories[i]->index);
        rt_memory_free(instance->memories[i]);
    }
    for (u32 i = wasm->n_imported_tables; i < wasm->n_tables && instance->tables[i]; i++) {
        rt_slots_remove(&store->tables, instance->tables[i]->index);
        rt_table_free(instance->tables[i]);
    }
    for (u32 i = wasm->n_imported_tags; i < wasm->n_tags && instance->tags[i]; i++)
        clear_tag(store, instance->tags[i]);
    for (u32 i = wasm->n_imported_globals; i < wasm->n_globals; i++) {
        if (!instance->globals[i])
            continue;
        rt_slots_remove(&store->globals, instance->globals[i]->index);
        free(instance->globals[i]);
    }
}

/* Frames of a trap that nobody has fetched name modules. */
static void forget_frames(RtStore *store, const RtModule *m)
{
    for (u32 i = 0; i < store->trap.n_frames; i++)
        if (store->trap.frames[i].module == m)
            store->trap.n_frames = 0;
}

/* The records become those of a function that traps. Their stubs are there: rt_instance_delete has
 * made them. */
static void entomb(RtInstance *instance)
{
    RtStore *store = instance->store;
    const RtModule *m = instance->module;
    u32 *slot;
    for (u32 i = 0; i < m->wasm->n_elems; i++)
        free(instance->elem_values[i].at);
    for (u32 i = 0; i < record_count(instance); i++) {
        VmFuncRef *ref = record_at(instance, i, &slot);
        if (!ref)
            continue;
        ref->code = instance;
        ref->vmctx = &store->deleted_func;
        ref->cross = rt_stubs_cross(store->engine, ref->type_id, true);
        ref->func_ix = VM_HOST_FUNC_IX;
    }
    instance->module = NULL;
    rt_list_push(&store->tombs, instance);
}

static void bury(RtInstance *instance)
{
    RtStore *store = instance->store;
    RtModule *m = instance->module;
    drop_slots(instance); /* the host may have got new handles from guests that ran meanwhile */
    rt_instance_clear(instance);
    rt_slots_remove(&store->instances, instance->index);
    if (instance->is_named || store->gave_records)
        entomb(instance);
    else
        rt_instance_free_block(instance);
    forget_frames(store, m);
    rt_module_release(m);
}

/* ---- sweeping ---- */

/* Those deleted go, but for what an instance that stays imports of them: it may call it. */
static void choose(RtStore *store)
{
    bool has_changed = false;
    for (u32 i = 0; i < store->deleted.len; i++) {
        store->deleted.at[i]->is_going = true;
        has_changed |= store->deleted.at[i]->n_imported_by != 0;
    }
    while (has_changed) {
        has_changed = false;
        RT_EACH(RtInstance, by, &store->instances) {
            for (u32 i = 0; !by->is_going && i < by->module->wasm->n_imports; i++) {
                RtInstance *owner = import_owner(by, i);
                if (!goes(owner))
                    continue;
                owner->is_going = false;
                has_changed = true;
            }
        }
    }
}

/* Is there anything for which it matters what names functions and tags? */
static bool has_to_mark(const RtStore *store)
{
    bool has_to = store->tombs.len + store->n_orphans > store->most_left;
    for (u32 i = 0; i < store->deleted.len && !has_to; i++) {
        const RtInstance *instance = store->deleted.at[i];
        const RtModule *m = instance->module;
        has_to = instance->is_going && (instance->may_be_named || m->gives_funcs ||
                                        m->wasm->n_tags > m->wasm->n_imported_tags);
    }
    return has_to;
}

static void free_unnamed(RtStore *store)
{
    u32 kept = 0;
    for (u32 i = 0; i < store->tombs.len; i++) {
        RtInstance *tomb = store->tombs.at[i];
        if (tomb->is_named || store->gave_records)
            store->tombs.at[kept++] = tomb;
        else
            rt_instance_free_block(tomb);
    }
    store->tombs.len = kept;
    RT_EACH(RtTag, tag, &store->tags)
        if (tag->is_orphan && !tag->is_named)
            clear_tag(store, tag);
    /* To look again each time would cost as much as there is, for nothing. */
    store->most_left = MAX(2 * (kept + store->n_orphans), 16u);
}

static void sweep(RtStore *store)
{
    choose(store);
    if (has_to_mark(store)) {
        mark_all(store);
        free_unnamed(store);
    }
    u32 kept = 0;
    for (u32 i = 0; i < store->deleted.len; i++) /* while what they import is there */
        if (store->deleted.at[i]->is_going)
            rt_count_imports(store->deleted.at[i], -1);
    for (u32 i = 0; i < store->deleted.len; i++) {
        RtInstance *instance = store->deleted.at[i];
        if (instance->is_going)
            bury(instance);
        else
            store->deleted.at[kept++] = instance;
    }
    store->deleted.len = kept;
}

void rt_sweep(RtStore *store)
{
    if (UNLIKELY(store->deleted.len) && !store->vm.activation && !store->fibers && !store->making)
        sweep(store);
}

/* ---- deleting ---- */

static bool has_host_stub(const RtStore *store, const VmFuncRef *func)
{
    const RtStubs *stubs = rt_type_at(&store->engine->types, func->type_id)->stubs;
    return stubs && __atomic_load_n(&stubs->host, __ATOMIC_ACQUIRE);
}

/* Whatever could fail later, now. */
static bool prepare(RtInstance *instance, Diag *diag)
{
    RtStore *store = instance->store;
    bool is_ok = rt_list_reserve(&store->deleted);
    u32 *slot;
    while (is_ok && store->tombs.cap - store->tombs.len <= store->deleted.len)
        is_ok = rt_list_grow((void **)&store->tombs.at, &store->tombs.cap, store->tombs.cap,
                             sizeof *store->tombs.at);
    for (u32 i = 0; i < record_count(instance) && is_ok; i++) {
        const VmFuncRef *ref = record_at(instance, i, &slot);
        if (ref && !has_host_stub(store, ref))
            is_ok = rt_stubs_make(store->engine, &(RtStubWish){ref->type_id, RT_STUB_HOST}, 1);
    }
    return is_ok || diag_oom(diag);
}

/* From here on no handle names anything of it. */
static void disown(RtInstance *instance)
{
    const WasmModule *wasm = instance->module->wasm;
    instance->birth = 0;
    for (u32 i = wasm->n_imported_memories; i < wasm->n_memories; i++)
        instance->memories[i]->birth = 0;
    for (u32 i = wasm->n_imported_tables; i < wasm->n_tables; i++)
        instance->tables[i]->birth = 0;
    for (u32 i = wasm->n_imported_tags; i < wasm->n_tags; i++)
        instance->tags[i]->birth = 0;
    for (u32 i = wasm->n_imported_globals; i < wasm->n_globals; i++)
        if (instance->globals[i])
            instance->globals[i]->birth = 0;
    drop_slots(instance);
}

bool rt_instance_delete(RtInstance *instance, Diag *diag)
{
    RtStore *store = instance->store;
    /* They run in the midst of what holds references and functions. */
    if (store->heap.n_finalizing)
        return diag_fail(diag, DIAG_NO_OFFSET, "a finalizer cannot delete an instance");
    if (is_imported(instance, diag))
        return false;
    if (rt_is_running(instance))
        return diag_fail(diag, DIAG_NO_OFFSET,
                         "the instance cannot be deleted: a function of it is running");
    if (!prepare(instance, diag))
        return false;
    disown(instance);
    instance->is_deleted = true;
    rt_list_push(&store->deleted, instance);
    rt_sweep(store);
    return true;
}
