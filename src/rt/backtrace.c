/* Walking the stack from guest code outwards.
 *
 * A frame is found by its pc: module, row (where the return address lies above rsp), and the bytes
 * of stack arguments the function pops on return. Between frames of two instances lies a restore
 * frame; where the return address is neither in guest code nor the restore stub, an activation
 * ends, and the walk goes on where the store's guest code left for the host before it.
 *
 * Runs in signal handlers: no locks, no memory. What is read from the stack is believed only within
 * [sp, activation->sp), and sp only rises, so even a wrong row ends the walk and nothing else.
 */
#include "rt/rt_int.h"

typedef struct Walk {
    const RtStore *store;
    const VmActivation *act; /* whose frames these are */
    u64 pc, sp;
    bool is_fault;  /* pc is an instruction, not a return address */
    RtFrameVisit visit; /* who wants to see all frames; NULL: nobody */
    void *visit_ctx;
    RtFrame *frames;
    u32 n, max;
} Walk;

/* Words of the stack belong to frames that the sanitizer does not know, or knows too well. */
__attribute__((no_sanitize("address", "undefined"))) static u64 stack_word(u64 addr)
{
    return *(const volatile u64 *)(uintptr_t)addr;
}

static bool can_read(const Walk *w, u64 addr, u64 bytes)
{
    return addr % 8 == 0 && addr >= w->sp && addr < w->act->sp && bytes <= w->act->sp - addr;
}

static void add_frame(Walk *w, const RtModule *m, u32 number, u32 code_off)
{
    const ObjLoc *loc = obj_find_loc(&m->image, code_off);
    u32 body = m->image.bodies ? m->image.bodies[number] : UINT32_MAX;
    RtFrame frame = {
        .module = m,
        .func = m->wasm->n_imported_funcs + number,
        .module_off = loc ? loc->src : UINT32_MAX,
        .func_off = loc && body <= loc->src ? loc->src - body : UINT32_MAX,
    };
    w->frames[w->n++] = frame;
}

/* Goes from a frame of guest code to its caller. False: the walk cannot go on. */
static bool leave_function(Walk *w, const RtModule *m)
{
    u32 off = (u32)(w->pc - (u64)(uintptr_t)m->text);
    /* A return address may lie behind the last instruction of its function. */
    u32 number = obj_find_func(&m->image, w->is_fault ? off : off - 1);
    const ObjRow *row = obj_find_row(&m->image, off);
    if (number == UINT32_MAX || !row)
        return false;
    if (w->n < w->max)
        add_frame(w, m, number, w->is_fault ? off : off - 1);
    u64 slot = w->sp + row->ret_offset;
    if (!can_read(w, slot, 8))
        return false;
    if (w->visit)
        w->visit(w->visit_ctx, m, off - 1, slot);
    u32 func = m->wasm->n_imported_funcs + number;
    w->pc = stack_word(slot);
    w->sp = slot + 8 + rt_type(m->engine, m->type_ids[m->wasm->funcs[func].type])->stack_arg_bytes;
    w->is_fault = false;
    return true;
}

/* The callee has returned to the restore stub, so the frame's first word is popped already. */
static bool leave_restore_frame(Walk *w)
{
    u64 frame = w->sp - 8;
    if (!can_read(w, w->sp, VM_RESTORE_FRAME_BYTES))
        return false;
    w->pc = stack_word(frame + VM_RESTORE_FRAME_BYTES);
    w->sp = frame + VM_RESTORE_FRAME_BYTES + 8 + stack_word(frame + VM_RESTORE_FRAME_ARGS);
    return true;
}

/* From where guest code of activation w->act left for the host. [exit_sp] is the return address;
 * sp is as it will be behind the return. */
static bool enter_at_exit(Walk *w, u64 exit)
{
    u64 exit_sp = VM_EXIT_SP(exit);
    if (!exit_sp || exit_sp % 8 || exit_sp >= w->act->sp)
        return false;
    w->pc = stack_word(exit_sp);
    w->sp = exit_sp + 8 + VM_EXIT_POP_BYTES(exit);
    w->is_fault = false;
    return true;
}

/* To the frames of the store beneath this activation, over those of the host and other stores. */
static bool leave_activation(Walk *w)
{
    u64 exit_sp = w->act->prev_exit_sp;
    /* A frame that a collector did not see would keep dead references: better no process. */
    check(!w->visit || w->sp == w->act->sp - VM_ENTRY_FRAME_BELOW);
    const VmActivation *act = w->act->prev;
    while (act && act->store != w->act->store)
        act = act->prev;
    w->act = act;
    return act && enter_at_exit(w, exit_sp);
}

static u32 walk(Walk *w)
{
    bool goes_on = true;
    while (goes_on && (w->n < w->max || w->visit)) {
        const RtModule *m = rt_code_find(w->pc);
        if (m)
            goes_on = leave_function(w, m);
        else if (w->pc == w->store->engine->stubs.restore_pc)
            goes_on = leave_restore_frame(w);
        else
            goes_on = leave_activation(w);
    }
    return w->n;
}

u32 rt_walk_from_exit(const RtStore *store, RtFrame *frames, u32 max)
{
    Walk w = {.store = store, .act = store->vm.activation, .frames = frames, .max = max};
    return enter_at_exit(&w, store->vm.exit_sp) ? walk(&w) : 0;
}

void rt_visit_frames(const RtStore *store, RtFrameVisit visit, void *ctx)
{
    Walk w = {.store = store, .act = store->vm.activation, .visit = visit, .visit_ctx = ctx};
    if (!enter_at_exit(&w, store->vm.exit_sp))
        return;
    walk(&w);
    check(!w.act); /* came through to the last activation */
}

u32 rt_walk_from_fault(const RtStore *store, u64 pc, u64 sp, RtFrame *frames, u32 max)
{
    Walk w = {.store = store, .act = store->vm.activation, .frames = frames, .max = max};
    w.pc = pc;
    w.sp = sp;
    w.is_fault = true;
    return walk(&w);
}
