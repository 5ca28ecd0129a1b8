/* In and out of guests.
 *
 * A call links an activation on the host's stack and goes through the entry stub of the function's
 * signature. What the thread needs to know about itself (its stack, a stack for signal handlers) is
 * found out once, at its first call. An interpreted engine has no stubs, and one entry for all: its
 * activations are kept like any others, for the host stack they take.
 *
 * Where guest code may use the stack is decided by the outermost entry of a store on a stack and
 * kept by those nested in it. A host that switches stacks itself enters on another one: there the
 * limit is set anew, and put back, also in the contexts that have copied it. Stacks of our own
 * (fiber.c) begin with no stay in the store, so each has an outermost entry.
 *
 * A guest may be suspended and go on in another thread. So nothing of rt_thread is used behind an
 * entry: the activation knows where it is linked in.
 */
#include "rt/rt_int.h"

/* Left to host code that guests call, on the thread's own stack. */
#define HOST_RESERVE ((u64)128 << 10)
/* So far below the limit a nested entry is on the same stack, which host code has used up; farther
 * away it is on another one. */
#define SAME_STACK ((u64)1 << 20)

__thread RtThread rt_thread __attribute__((tls_model("initial-exec")));

static u64 last_stack_id; /* atomic */

RtStackPlace rt_stack_place(u64 low, u64 high)
{
    return (RtStackPlace){
        .low = low,
        .high = high,
        .floor = low + MIN(HOST_RESERVE, (high - low) / 4) + VM_STACK_RESERVE,
        .id = __atomic_add_fetch(&last_stack_id, 1, __ATOMIC_RELAXED),
    };
}

bool rt_thread_prepare(RtThread *thread, const RtEngine *engine)
{
    u64 low, high;
    if (thread->state == RT_THREAD_NEW) {
        bool is_known = os_stack_bounds(&low, &high);
        thread->stack = rt_stack_place(is_known ? low : 0, is_known ? high : 0);
        if (!is_known)
            thread->stack.floor = 0;
        thread->state = RT_THREAD_KNOWN;
    }
    if (thread->state == RT_THREAD_KNOWN && engine->options.signals) {
        if (!os_thread_catch_faults())
            return false;
        thread->state = RT_THREAD_CATCHES_FAULTS;
    }
    return true;
}

static bool refuse(RtStore *store, const char *message)
{
    rt_trap_set(store, VM_TRAP_STACK_OVERFLOW);
    store->trap.kind = RT_TRAP_MESSAGE;
    store->trap.message = message;
    return false;
}

static bool __attribute__((noinline)) overflow(RtStore *store)
{
    rt_trap_set(store, VM_TRAP_STACK_OVERFLOW);
    return false;
}

/* The lowest rsp for guests that are entered at sp, on a stack where they have not been. */
static u64 new_limit(const RtStore *store, const RtThread *thread, u64 sp)
{
    u64 max = store->engine->options.max_stack_bytes;
    u64 limit = sp > max ? sp - max : 0;
    bool is_own = sp - thread->stack.low < thread->stack.high - thread->stack.low;
    return is_own ? MAX(limit, thread->stack.floor) : limit;
}

/* Contexts have copies of the limit, which entry and cross-instance stubs refresh. Code that is
 * in the midst of a function has only its copy, so after a stay on another stack all are put
 * right. */
void __attribute__((noinline)) rt_restore_limits(RtStore *store)
{
    RT_EACH(RtInstance, instance, &store->instances)
        instance->ctx->stack_limit = store->vm.stack_limit;
}

/* A nested entry: is it on the stack of the one before? False: that stack is used up. */
static bool nested_limit(RtStore *store, const RtThread *thread, u64 sp)
{
    u64 limit = store->vm.stack_limit;
    if (LIKELY(sp >= limit && sp <= store->vm.activation->sp))
        return true;
    u64 size = thread->stack.high - thread->stack.low;
    bool is_own = sp - thread->stack.low < size;
    bool was_own = store->vm.activation->sp - thread->stack.low < size;
    if (sp < limit && ((is_own && was_own) || limit - sp < SAME_STACK))
        return false;
    store->vm.stack_limit = new_limit(store, thread, sp);
    return true;
}

/* ctx: who calls, a guest or the host itself */
static bool __attribute__((noinline)) call_host(RtStore *store, RtHostFunc *func, VmCtx *ctx,
                                                VmVal *args_results)
{
    void *trap = func->vm.call(&func->vm, ctx, args_results);
    if (!trap)
        return true;
    RtStop stop = rt_host_stop(rt_take_trap(store, trap));
    rt_stop_set(store, &stop);
    return false;
}

/* An entry within a stay in the store. */
static bool __attribute__((noinline)) enter_nested(RtStore *store, RtThread *thread, RtEntry entry,
                                                   VmFuncRef *func, VmVal *args_results)
{
    VmActivation *outer = store->vm.activation;
    VmActivation act = {
        .prev_exit_sp = store->vm.exit_sp,
        .prev_stack_limit = store->vm.stack_limit,
    };
    u64 sp = (u64)(uintptr_t)__builtin_frame_address(0);
    if (!rt_thread_prepare(thread, store->engine))
        return refuse(store, "the system has no memory for a signal stack");
    if (!nested_limit(store, thread, sp))
        return overflow(store);
    if (sp < store->vm.stack_limit) {
        store->vm.stack_limit = act.prev_stack_limit;
        return overflow(store);
    }
    bool is_new_stack = store->vm.stack_limit != act.prev_stack_limit;
    bool is_ok = rt_enter(store, thread, entry, func, args_results, &act);
    store->vm.activation = outer;
    store->vm.exit_sp = act.prev_exit_sp;
    store->vm.stack_limit = act.prev_stack_limit;
    if (UNLIKELY(is_new_stack))
        rt_restore_limits(store);
    return is_ok;
}

/* Decides where guests may use the stack. False, with the trap set: there is nothing left, or no
 * memory. */
static bool __attribute__((noinline)) prepare_entry(RtStore *store, RtThread *thread, u64 sp)
{
    store->entry_stack = store->entry_sp = 0;
    if (!rt_thread_prepare(thread, store->engine))
        return refuse(store, "the system has no memory for a signal stack");
    u64 limit = new_limit(store, thread, sp);
    if (sp < limit)
        return overflow(store);
    store->vm.stack_limit = limit;
    store->entry_stack = thread->stack.id;
    store->entry_sp = sp;
    return true;
}

RtCallStep rt_call_prepare(RtStore *store, VmFuncRef *func, VmVal *args_results, u64 sp,
                           RtEntry *entry)
{
    RtThread *thread = &rt_thread;
    const RtInterp *interp = store->engine->options.interp;
    if (rt_is_host_func(func))
        return call_host(store, func->vmctx, &store->host_ctx, args_results) ? RT_CALL_DONE
                                                                            : RT_CALL_FAILED;
    const RtStubs *stubs = interp ? NULL : rt_type_stubs(store->engine, func->type_id);
    if (!interp && !stubs) {
        refuse(store, "out of memory");
        return RT_CALL_FAILED;
    }
    *entry = interp ? interp->enter : stubs->entry;
    if (store->vm.activation)
        return enter_nested(store, thread, *entry, func, args_results) ? RT_CALL_DONE
                                                                      : RT_CALL_FAILED;
    bool is_prepared = store->entry_stack == thread->stack.id && store->entry_sp == sp;
    return is_prepared || prepare_entry(store, thread, sp) ? RT_CALL_ENTER : RT_CALL_FAILED;
}

bool rt_call(RtStore *store, VmFuncRef *func, VmVal *args_results)
{
    return rt_call_typed(store, func, rt_type_at(&store->engine->types, func->type_id),
                         args_results);
}

bool rt_call_start(RtInstance *instance, VmFuncRef *func)
{
    VmVal none = {0};
    if (rt_is_host_func(func)) /* an imported one: its caller is this instance, as for any import */
        return call_host(instance->store, func->vmctx, instance->ctx, &none);
    return rt_call(instance->store, func, &none);
}
