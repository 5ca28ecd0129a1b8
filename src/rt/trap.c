/* How guests are stopped.
 *
 * Four ways lead here: a fault in guest code (the judge, in a signal handler), a libcall that
 * traps, a host function that returned a trap object, an exception that no guest caught. All fill
 * in store->trap, frames included, while the guest's stack is still whole; then the stack pointer
 * goes back to the newest activation's entry frame and the trap exit returns 1 to enter() of
 * call.c.
 */
#include "rt/rt_int.h"

const char *rt_trap_text(u32 code)
{
    switch (code) {
#define X(name, number, text) case number: return text;
#include "vmabi/trap.def"
#undef X
    default: return "unknown trap";
    }
}

static bool is_trap(u32 code)
{
    switch (code) {
#define X(name, number, text) case number:
#include "vmabi/trap.def"
#undef X
        return true;
    default: return false;
    }
}

static void describe(RtStore *store, RtTrapKind kind, const char *message)
{
    RtTrap *trap = &store->trap;
    trap->kind = (u8)kind;
    trap->host = NULL;
    trap->message = message;
    trap->fault_addr = 0;
    trap->n_frames = 0;
    trap->exn = 0;
}

static void describe_code(RtStore *store, VmTrap code)
{
    describe(store, RT_TRAP_CODE, rt_trap_text(code));
    store->trap.code = code;
}

/* An exception that a host function hands on keeps the frames it was first seen with: false. */
static bool describe_exception(RtStore *store)
{
    bool is_known = store->trap.exn == store->pending_exn;
    u32 n_frames = store->trap.n_frames;
    describe(store, RT_TRAP_EXCEPTION, "thrown Wasm exception");
    store->trap.exn = store->pending_exn;
    if (is_known)
        store->trap.n_frames = n_frames;
    return !is_known;
}

/* True: the frames are still to be collected. */
static bool describe_stop(RtStore *store, const RtStop *stop)
{
    if (stop->kind == RT_TRAP_HOST && stop->host == &rt_exception)
        return describe_exception(store);
    if (stop->kind == RT_TRAP_CODE) {
        describe_code(store, stop->code);
        return true;
    }
    describe(store, (RtTrapKind)stop->kind, stop->message);
    store->trap.host = stop->host;
    return true;
}

void rt_trap_set(RtStore *store, VmTrap code) { rt_stop_set(store, &RT_STOP_CODE(code)); }

void rt_stop_set(RtStore *store, const RtStop *stop)
{
    if (describe_stop(store, stop))
        store->trap.n_frames = rt_backtrace(store, store->trap.frames, store->trap.max_frames);
}

/* Each stack that runs on top of another has a state of its own. */
static u32 interp_backtrace(const RtStore *store, const RtInterp *interp, RtFrame *frames, u32 max)
{
    const void *state = store->interp;
    u32 n = state ? interp->backtrace(state, frames, max) : 0;
    for (const RtFiber *f = store->fiber; f; f = f->stay.fiber)
        if (f->stay.interp)
            n += interp->backtrace(f->stay.interp, frames + n, max - n);
    return n;
}

u32 rt_backtrace(RtStore *store, RtFrame *frames, u32 max)
{
    const RtInterp *interp = store->engine->options.interp;
    if (interp)
        return interp_backtrace(store, interp, frames, max);
    return store->vm.activation ? rt_walk_from_exit(store, NULL, frames, max) : 0;
}

/* ---- out of C ---- */

_Noreturn void rt_raise_stop(VmCtx *ctx, const RtStop *stop)
{
    RtStore *store = rt_ctx_store(ctx);
    if (describe_stop(store, stop))
        store->trap.n_frames =
            rt_walk_from_exit(store, ctx, store->trap.frames, store->trap.max_frames);
    os_jump(store->engine->stubs.trap_exit_pc, store->vm.activation->sp);
}

_Noreturn void rt_raise(VmCtx *ctx, VmTrap code) { rt_raise_stop(ctx, &RT_STOP_CODE(code)); }

_Noreturn void rt_raise_host(VmCtx *ctx, void *object)
{
    RtStop stop = rt_host_stop(object);
    rt_raise_stop(ctx, &stop);
}

/* ---- out of a fault; async-signal-safe ---- */

/* The trap of a `ud1` at pc: its displacement of 32 bits is the code. -1: there is none. */
static i64 trap_of_instruction(const RtModule *m, u64 pc)
{
    u64 left = (u64)(uintptr_t)m->text + m->image.header->text.len - pc;
    const u8 *at = (const u8 *)(uintptr_t)pc;
    if (left < 7 || at[0] != 0x0F || at[1] != 0xB9)
        return -1;
    bool has_disp32 = (at[2] >> 6 == 2 && (at[2] & 7) != 4) || (at[2] & 0xC7) == 5;
    u32 code = load_u32(at + 3);
    return has_disp32 && is_trap(code) ? (i64)code : -1;
}

/* The space of a memory of the store that has the address in its reservation, or NULL. */
static const RtSpace *space_of(const RtStore *store, u64 addr)
{
    RT_EACH(const RtMemory, memory, &store->memories) {
        const RtSpace *s = memory->space;
        if (addr - (u64)(uintptr_t)s->map < s->map_bytes)
            return s;
    }
    return NULL;
}

/* What an access that was refused is, beside a trap code. */
enum { OUR_BUG = -1, TO_BE_TRIED_AGAIN = -2 };

/* In what a memory of the store has reserved but not opened: out of bounds. Another thread may be
 * opening more of a shared memory meanwhile, so how much is open is asked once. */
static i64 judge_place(const RtStore *store, u64 addr)
{
    const RtSpace *s = space_of(store, addr);
    if (!s)
        return OUR_BUG;
    u64 open = __atomic_load_n(&s->open_bytes, __ATOMIC_ACQUIRE);
    if (addr - (u64)(uintptr_t)s->vm.base < open)
        return s->limits.is_shared ? TO_BE_TRIED_AGAIN : OUR_BUG;
    return s->is_guarded ? (i64)VM_TRAP_MEMORY_OUT_OF_BOUNDS : OUR_BUG;
}

/* Through a null reference into a heap? */
static bool is_null_access(const u8 *heap, u64 addr)
{
    return heap && addr - (u64)(uintptr_t)heap < VM_GC_NULL_BYTES;
}

/* At the end of the stack in use. Generated code asks for the limit before it gets here, so
 * this is for frames that the question is too expensive for. */
static bool is_stack_end(u64 addr)
{
    const RtThread *thread = &rt_thread;
    u64 reach = VM_STACK_RESERVE;
    return thread->stack.low && addr - (thread->stack.low - reach) < 2 * reach;
}

static i64 classify(const OsFault *fault, const RtStore *store, const RtModule *m)
{
    if (fault->is_divide)
        return VM_TRAP_INTEGER_DIVISION_BY_ZERO;
    if (!fault->is_access)
        return trap_of_instruction(m, fault->pc);
    if (is_null_access(store->heap.base, fault->addr) ||
        is_null_access(store->engine->no_heap, fault->addr))
        return VM_TRAP_NULL_REFERENCE;
    i64 judged = judge_place(store, fault->addr);
    return judged == OUR_BUG && is_stack_end(fault->addr) ? (i64)VM_TRAP_STACK_OVERFLOW : judged;
}

bool rt_judge_fault(OsFault *fault)
{
    VmActivation *act = rt_thread.newest;
    const RtModule *m = act ? rt_code_find(fault->pc) : NULL;
    if (!m)
        return false;
    RtStore *store = (RtStore *)act->store;
    i64 code = classify(fault, store, m);
    if (code < 0)
        return code == TO_BE_TRIED_AGAIN;
    describe_code(store, (VmTrap)code);
    store->trap.fault_addr = fault->addr;
    store->trap.n_frames =
        rt_walk_from_fault(store, fault, store->trap.frames, store->trap.max_frames);
    fault->pc = store->engine->stubs.trap_exit_pc;
    fault->sp = act->sp;
    return true;
}
