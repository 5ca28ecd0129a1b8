/* What a collection starts from: everything in a store that may hold a reference and is not itself
 * an object of the heap. */
#include "rt/heap.h"

static void visit_instance(const RtInstance *instance, RtVisit visit, void *ctx)
{
    const RtModule *m = instance->module;
    VmGlobal *globals = rt_ctx_globals(instance);
    for (u32 i = 0; i < m->n_ref_globals; i++)
        visit(ctx, &globals[m->ref_globals[i]].gcref);
    for (u32 i = 0; i < m->wasm->n_elems; i++) {
        const RtElemValues *values = &instance->elem_values[i];
        for (u32 k = 0; values->at && values->are_refs && k < m->wasm->elems[i].n_items; k++)
            visit(ctx, (u32 *)(void *)&values->at[k]); /* its low half */
    }
}

static void visit_tables(RtStore *store, RtVisit visit, void *ctx)
{
    RT_EACH(const RtTable, t, &store->tables) {
        u32 *elems = t->vm.elems;
        for (u64 k = 0; t->elem_bytes == sizeof(u32) && k < t->vm.len; k++)
            visit(ctx, &elems[k]);
    }
}

static void visit_globals(RtStore *store, RtVisit visit, void *ctx)
{
    RT_EACH(RtGlobal, g, &store->globals) {
        /* Others are views of an instance's. */
        if (g->value == &g->own && rt_vm_type(store->engine, g->type) == VM_TYPE_GCREF)
            visit(ctx, &g->own.gcref);
    }
}

static void visit_held(RtStore *store, RtVisit visit, void *ctx)
{
    RtHeap *heap = &store->heap;
    for (u32 i = 0; i < heap->roots.len; i++)
        if (heap->roots.at[i].life)
            visit(ctx, &heap->roots.at[i].ref);
    for (const RtTempRoots *t = heap->temps; t; t = t->next)
        for (u32 i = 0; i < t->n; i++)
            if (!t->is_ref || t->is_ref[i])
                visit(ctx, &t->values[i].gcref);
}

/* ---- frames ---- */

typedef struct FrameVisit {
    RtVisit visit;
    void *ctx;
} FrameVisit;

/* The words of a frame are not the sanitizer's to judge. */
__attribute__((no_sanitize("address", "undefined"))) static void visit_word(const FrameVisit *v,
                                                                            u64 addr)
{
    u32 *word = (u32 *)(uintptr_t)addr;
    u32 ref = *word;
    v->visit(v->ctx, &ref);
    *word = ref;
}

static void visit_frame(void *ctx, const RtModule *m, u32 call_off, u64 return_slot)
{
    u32 n;
    const ObjRef *refs = obj_find_refs(&m->image, call_off, &n);
    for (u32 i = 0; i < n; i++)
        visit_word(ctx, return_slot - refs[i].below);
}

/* The values of an exception that are references. */
static void visit_exn(const RtStore *store, const RtTag *tag, VmVal *values, RtVisit visit,
                      void *ctx)
{
    const RtType *type = rt_type_at(&store->engine->types, tag->type);
    for (u32 i = 0; i < type->n_params; i++)
        if (rt_vm_type(store->engine, type->params[i]) == VM_TYPE_GCREF)
            visit(ctx, &values[i].gcref);
}

static void visit_exceptions(RtStore *store, RtVisit visit, void *ctx)
{
    visit(ctx, &store->pending_exn);
    visit(ctx, &store->trap.exn);
    if (store->is_taking)
        visit_exn(store, (const RtTag *)(uintptr_t)store->vm.exn_tag, store->vm.exn_values, visit,
                  ctx);
}

/* What waits, and what an interpreter has of stacks beneath the one that runs. Frames beneath are
 * found from those on top. */
static void visit_fibers(RtStore *store, FrameVisit *frames)
{
    const RtInterp *interp = store->engine->options.interp;
    for (const RtFiber *f = store->fibers; f; f = f->next) {
        if (f->stay.interp)
            interp->visit_roots(f->stay.interp, frames->visit, frames->ctx);
        else if (!f->is_running && f->stay.activation)
            rt_visit_frames_from(store, f->stay.activation, f->stay.exit_sp, visit_frame, frames);
    }
}

void rt_visit_roots(RtStore *store, RtVisit visit, void *ctx)
{
    FrameVisit frames = {visit, ctx};
    RT_EACH(RtInstance, instance, &store->instances)
        visit_instance(instance, visit, ctx);
    if (store->making)
        visit_instance(store->making, visit, ctx);
    visit_tables(store, visit, ctx);
    visit_globals(store, visit, ctx);
    visit_held(store, visit, ctx);
    visit_exceptions(store, visit, ctx);
    const RtInterp *interp = store->engine->options.interp;
    if (store->interp)
        interp->visit_roots(store->interp, visit, ctx);
    if (store->vm.activation && !interp)
        rt_visit_frames(store, visit_frame, &frames);
    visit_fibers(store, &frames);
}

static void visit_func(const u8 *at, void (*visit)(void *ctx, const VmFuncRef *func), void *ctx)
{
    const VmFuncRef *func;
    memcpy(&func, at, sizeof func);
    if (func)
        visit(ctx, func);
}

void rt_visit_funcs(const RtStore *store, VmObject *object,
                    void (*visit)(void *ctx, const VmFuncRef *func), void *ctx)
{
    const RtExnObject *exn = (const RtExnObject *)(void *)object;
    const RtTag *tag = object->type != VM_TYPE_NONE || !exn->tag ? NULL
                                                                 : store->tags.at[exn->tag - 1];
    if (object->type == VM_TYPE_NONE && !tag)
        return;
    const RtType *type = rt_type_at(&store->engine->types, tag ? tag->type : object->type);
    if (tag) {
        for (u32 i = 0; i < type->n_params; i++)
            if (rt_is_func_ref(store->engine, type->params[i]))
                visit_func((const u8 *)&exn->values[i], visit, ctx);
    } else if (type->kind == WASM_TYPE_STRUCT) {
        for (u32 i = 0; i < type->n_fields; i++)
            if (rt_is_func_ref(store->engine, type->fields[i].type))
                visit_func((const u8 *)object + type->field_offsets[i], visit, ctx);
    } else if (rt_is_func_ref(store->engine, type->fields[0].type)) {
        for (u32 i = 0; i < object->len; i++)
            visit_func((const u8 *)(object + 1) + (u64)i * sizeof(VmFuncRef *), visit, ctx);
    }
}

void rt_visit_object(const RtStore *store, VmObject *object, RtVisit visit, void *ctx)
{
    if (object->type == VM_TYPE_NONE) {
        RtExnObject *exn = (RtExnObject *)(void *)object;
        if (exn->tag)
            visit_exn(store, store->tags.at[exn->tag - 1], exn->values, visit, ctx);
        return;
    }
    const RtType *type = rt_type_at(&store->engine->types, object->type);
    u8 *at = (u8 *)object;
    if (type->kind == WASM_TYPE_STRUCT) {
        for (u32 i = 0; i < type->n_refs; i++)
            visit(ctx, (u32 *)(void *)(at + type->ref_offsets[i]));
    } else if (type->n_refs) {
        u32 *elems = (u32 *)(void *)(at + VM_GC_HEADER_BYTES);
        for (u32 i = 0; i < object->len; i++)
            visit(ctx, &elems[i]);
    }
}
