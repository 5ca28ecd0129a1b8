/* Walking the stack from guest code outwards, for backtraces and for the collector; walk.h has the
 * steps. Where an activation ends, the walk goes on where the store's guest code left for the host
 * before it. Backtraces are made in signal handlers, too. */
#include "rt/walk.h"

typedef struct Trace {
    Walk walk;
    RtFrameVisit visit; /* who wants to see all frames; NULL: nobody */
    void *visit_ctx;
    RtFrame *frames;
    u32 n, max;
} Trace;

static void add_frame(Trace *t, const RtModule *m, u32 number, u32 offset)
{
    const ObjImage *image = &m->image;
    u32 body = image->bodies ? image->bodies[number] : UINT32_MAX;
    if (t->n < t->max)
        t->frames[t->n++] = (RtFrame){
            .module = m,
            .ctx = (const VmCtx *)(uintptr_t)t->walk.ctx,
            .func = m->wasm->n_imported_funcs + number,
            .module_off = offset,
            .func_off = offset != UINT32_MAX && body <= offset ? offset - body : UINT32_MAX,
        };
}

/* A frame of the stack is one of each function that was inlined there, too. */
static void add_frames(Trace *t, const WalkFrame *at)
{
    const ObjImage *image = &at->module->image;
    const ObjLoc *loc = obj_find_loc(image, at->code_off);
    u32 origin = loc ? loc->src : 0, offset = UINT32_MAX;
    while (origin) {
        offset = obj_leave_place(image, &origin);
        u32 number = origin ? obj_find_body(image, offset) : UINT32_MAX;
        if (number != UINT32_MAX)
            add_frame(t, at->module, number, offset);
    }
    add_frame(t, at->module, at->number, offset);
}

/* Goes from a frame of guest code to its caller. False: the walk cannot go on. */
static bool leave_function(Trace *t, const RtModule *m)
{
    WalkFrame frame;
    bool has_caller = walk_frame(&t->walk, m, &frame);
    if (frame.number != UINT32_MAX)
        add_frames(t, &frame);
    if (!has_caller)
        return false;
    if (t->visit)
        t->visit(t->visit_ctx, m, frame.code_off, frame.ret_slot);
    walk_leave_frame(&t->walk, &frame);
    return true;
}

/* To the frames of the store beneath this activation, over those of the host and other stores. */
static bool leave_activation(Trace *t)
{
    Walk *w = &t->walk;
    u64 exit_sp = w->act->prev_exit_sp;
    /* A frame that a collector did not see would keep dead references: better no process. */
    check(!t->visit || w->sp == w->act->sp - VM_ENTRY_FRAME_BELOW);
    const VmActivation *act = w->act->prev;
    while (act && act->store != w->act->store)
        act = act->prev;
    w->act = act;
    w->ctx = 0;
    return act && walk_enter_at_exit(w, exit_sp);
}

static u32 trace(Trace *t)
{
    bool goes_on = true;
    while (goes_on && (t->n < t->max || t->visit)) {
        const RtModule *m = rt_code_find(t->walk.pc);
        if (m)
            goes_on = leave_function(t, m);
        else if (t->walk.pc == t->walk.store->engine->stubs.restore_pc)
            goes_on = walk_leave_restore_frame(&t->walk);
        else
            goes_on = leave_activation(t);
    }
    return t->n;
}

u32 rt_walk_from_exit(const RtStore *store, const VmCtx *ctx, RtFrame *frames, u32 max)
{
    Trace t = {.walk = {.store = store, .act = store->vm.activation, .ctx = (u64)(uintptr_t)ctx},
               .frames = frames,
               .max = max};
    return walk_enter_at_exit(&t.walk, store->vm.exit_sp) ? trace(&t) : 0;
}

void rt_visit_frames_from(const RtStore *store, const VmActivation *newest, u64 exit_sp,
                          RtFrameVisit visit, void *ctx)
{
    Trace t = {.walk = {.store = store, .act = newest}, .visit = visit, .visit_ctx = ctx};
    if (!walk_enter_at_exit(&t.walk, exit_sp))
        return;
    trace(&t);
    check(!t.walk.act); /* came through to the last activation */
}

void rt_visit_frames(const RtStore *store, RtFrameVisit visit, void *ctx)
{
    rt_visit_frames_from(store, store->vm.activation, store->vm.exit_sp, visit, ctx);
}

/* The contexts that functions run with are those of entries and those that cross-instance calls
 * put back. Only of frames inside the last such call nothing but the module is known. */
static bool is_in_stay(const RtInstance *instance, const VmActivation *act, u64 exit_sp)
{
    Walk w = {.store = instance->store, .act = act};
    u64 ctx = (u64)(uintptr_t)instance->ctx;
    if (act->ctx == instance->ctx || !walk_enter_at_exit(&w, exit_sp))
        return true;
    /* Where no such call was made, the context is the entry's. */
    bool may_be_inner = false, has_crossed = false;
    for (;;) {
        WalkFrame frame;
        const RtModule *m = rt_code_find(w.pc);
        if (m) {
            may_be_inner |= !w.ctx && m == instance->module;
            if (!walk_frame(&w, m, &frame))
                return true;
            walk_leave_frame(&w, &frame);
            continue;
        }
        if (w.pc != w.store->engine->stubs.restore_pc)
            return has_crossed && may_be_inner;
        if (!walk_leave_restore_frame(&w) || w.ctx == ctx)
            return true;
        has_crossed = true;
    }
}

static bool runs_in(const RtInstance *instance, const VmActivation *act, u64 exit_sp,
                    const void *state)
{
    const RtStore *store = instance->store;
    const RtInterp *interp = store->engine->options.interp;
    if (interp)
        return state && interp->runs(state, instance);
    for (; act; act = act->prev) {
        if (act->store != &store->vm)
            continue;
        if (is_in_stay(instance, act, exit_sp))
            return true;
        exit_sp = act->prev_exit_sp;
    }
    return false;
}

bool rt_is_running(const RtInstance *instance)
{
    const RtStore *store = instance->store;
    bool runs = runs_in(instance, store->vm.activation, store->vm.exit_sp, store->interp);
    for (const RtFiber *f = store->fibers; f && !runs; f = f->next)
        runs = runs_in(instance, f->stay.activation, f->stay.exit_sp, f->stay.interp);
    return runs;
}

u32 rt_walk_from_fault(const RtStore *store, const OsFault *at, RtFrame *frames, u32 max)
{
    Trace t = {.walk = {.store = store, .act = store->vm.activation, .pc = at->pc, .sp = at->sp,
                        .ctx = at->ctx, .is_fault = true},
               .frames = frames,
               .max = max};
    return trace(&t);
}

RtInstance *rt_frame_instance(const RtStore *store, const RtFrame *frame)
{
    RtInstance *found = NULL;
    RT_EACH(RtInstance, instance, &store->instances) {
        if (instance->module != frame->module || (frame->ctx && instance->ctx != frame->ctx))
            continue;
        if (found)
            return NULL;
        found = instance;
    }
    return found;
}
