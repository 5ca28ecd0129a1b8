/* Calls that can be suspended: work of the host on stacks of its own, and the pool of these.
 *
 * What belongs to a stack and not to a store or thread is the chain of activations on it and what
 * the store's fields say about where guests left and may go (RtStay). All of it changes sides
 * around a turn, in the code of whoever gives the turn: so the side that waits has nothing to put
 * right when it goes on, perhaps on another thread.
 *
 * A stack's control block lies at its upper end. */
#include "rt/rt_int.h"

/* Stacks are never smaller: our own frames and a callback's have to find room. */
#define MIN_STACK_BYTES ((u64)128 << 10)
/* So many of an engine's idle stacks keep all memory they once used. */
#define WARM_STACKS 16u

typedef struct RtStack {
    struct RtStack *next; /* in a pool */
    RtStackPlace place;
    RtHostStack host;
    bool is_host;
    RtFiber fiber;
} RtStack;

/* ---- stacks ---- */

/* The control block of the stack [low, high). */
static RtStack *stack_at(u8 *low, u8 *high)
{
    RtStack *stack = (RtStack *)(void *)(high - ALIGN_UP(sizeof(RtStack), (size_t)64));
    *stack = (RtStack){
        .place = rt_stack_place((u64)(uintptr_t)low, (u64)(uintptr_t)high),
    };
    return stack;
}

static u8 *low_of(const RtStack *stack) { return (u8 *)(uintptr_t)stack->place.low; }
static u64 bytes_of(const RtStack *stack) { return stack->place.high - stack->place.low; }

void rt_stack_free(RtStack *stack)
{
    RtHostStack host = stack->host;
    if (!stack->is_host)
        os_unmap_stack(low_of(stack), bytes_of(stack));
    else if (host.finalizer)
        host.finalizer(host.env);
}

static void free_list(RtStack *stack)
{
    while (stack) {
        RtStack *next = stack->next;
        rt_stack_free(stack);
        stack = next;
    }
}

void rt_stack_pool_free(RtStackPool *pool)
{
    free_list(pool->warm);
    free_list(pool->cold);
}

static RtStack *pool_take(RtStackPool *pool)
{
    os_lock(&pool->lock);
    bool is_warm = pool->warm;
    RtStack **list = is_warm ? &pool->warm : &pool->cold;
    RtStack *stack = *list;
    if (stack) {
        *list = stack->next;
        --*(is_warm ? &pool->n_warm : &pool->n_cold);
    }
    os_unlock(&pool->lock);
    return stack;
}

/* False: there are enough of that kind. */
static bool pool_give(RtStackPool *pool, RtStack *stack, RtStack **list, u32 *n, u32 most)
{
    os_lock(&pool->lock);
    bool has_room = *n < most;
    if (has_room) {
        stack->next = *list;
        *list = stack;
        ++*n;
    }
    os_unlock(&pool->lock);
    return has_room;
}

/* Gives back the memory of all but the upper end. */
static bool cool(RtStack *stack, u64 keep_bytes)
{
    u64 keep = os_page_align(MAX(keep_bytes, (u64)os_page_bytes()));
    return keep >= bytes_of(stack) || os_discard(low_of(stack), bytes_of(stack) - keep);
}

static void give_back(RtStore *store, RtStack *stack)
{
    RtStackPool *pool = &store->engine->stacks;
    const RtOptions *options = &store->engine->options;
    if (stack->is_host) {
        /* The host made it for any store, but may count: each has one that waits. */
        if (store->spare_stack)
            rt_stack_free(store->spare_stack);
        store->spare_stack = stack;
        return;
    }
    u32 most_warm = MIN(WARM_STACKS, options->pooled_stacks);
    if (!pool_give(pool, stack, &pool->warm, &pool->n_warm, most_warm) &&
        (!cool(stack, options->keep_stack_bytes) ||
         !pool_give(pool, stack, &pool->cold, &pool->n_cold, options->pooled_stacks - most_warm)))
        rt_stack_free(stack);
}

static RtStack *refuse(RtStore *store, const char *message)
{
    rt_stop_set(store, &RT_STOP_MESSAGE(message));
    return NULL;
}

static RtStack *host_stack(RtStore *store, const RtStackMaker *maker, u64 bytes)
{
    RtHostStack host = {0};
    void *trap = maker->make(maker->env, bytes, &host);
    if (trap) {
        rt_stop_set(store, &RT_STOP_HOST(trap));
        return NULL;
    }
    bool is_whole = host.low < host.high && (uintptr_t)host.low % os_page_bytes() == 0 &&
                    (uintptr_t)host.high % os_page_bytes() == 0;
    if (!is_whole || (u64)(host.high - host.low) < MIN_STACK_BYTES) {
        if (host.finalizer)
            host.finalizer(host.env);
        return refuse(store, "the host's stack is too small, or not made of whole pages");
    }
    RtStack *stack = stack_at(host.low, host.high);
    stack->host = host;
    stack->is_host = true;
    return stack;
}

static RtStack *take_stack(RtStore *store)
{
    RtEngine *engine = store->engine;
    u64 bytes = os_page_align(MAX(engine->options.async_stack_bytes, MIN_STACK_BYTES));
    RtStack *stack = store->spare_stack;
    store->spare_stack = NULL;
    if (stack)
        return stack;
    if (engine->options.stack_maker)
        return host_stack(store, engine->options.stack_maker, bytes);
    stack = pool_take(&engine->stacks);
    if (stack)
        return stack;
    u8 *low = bytes <= SIZE_MAX / 2 ? os_map_stack(bytes) : NULL;
    return low ? stack_at(low, low + bytes) : refuse(store, "out of memory for stacks");
}

/* ---- what changes sides ---- */

static void swap_stay(RtStore *store, RtStay *other)
{
    RtStay now = {
        .activation = store->vm.activation,
        .exit_sp = store->vm.exit_sp,
        .stack_limit = store->vm.stack_limit,
        .outer_exit_sp = store->outer_exit_sp,
        .entry_stack = store->entry_stack,
        .entry_sp = store->entry_sp,
        .interp = store->interp,
        .fiber = store->fiber,
    };
    store->vm.activation = other->activation;
    store->vm.exit_sp = other->exit_sp;
    store->vm.stack_limit = other->stack_limit;
    store->outer_exit_sp = other->outer_exit_sp;
    store->entry_stack = other->entry_stack;
    store->entry_sp = other->entry_sp;
    store->interp = other->interp;
    store->fiber = other->fiber;
    *other = now;
    store->refuses_sync &= (u8)~RT_IN_FIBER;
    if (store->fiber)
        store->refuses_sync |= RT_IN_FIBER;
    if (store->vm.activation) /* frames on that stack have copies */
        rt_restore_limits(store);
}

/* The gs base that the entry frame puts back is this thread's, not that of an earlier turn. */
__attribute__((no_sanitize("address", "undefined"))) static void
set_outer_gs(const VmActivation *oldest, u64 gs)
{
    *(volatile u64 *)(uintptr_t)(oldest->sp + VM_ENTRY_FRAME_GS) = gs;
}

/* The activations of the fiber, whose stay is the store's now, on top of the thread's. */
static void link_activations(const RtFiber *f, RtThread *thread, u64 gs)
{
    RtStore *store = f->store;
    VmActivation *act = store->vm.activation;
    if (!act)
        return;
    for (;; act = act->prev) {
        act->place = &thread->newest;
        if (!act->prev)
            break;
    }
    act->prev = thread->newest;
    act->prev_exit_sp = store->outer_exit_sp;
    if (store->engine->options.gs)
        set_outer_gs(act, gs);
    thread->newest = store->vm.activation;
}

/* The contrary; `beneath` was the thread's newest before the turn. */
static void unlink_activations(RtThread *thread, VmActivation *beneath)
{
    VmActivation *act = thread->newest;
    thread->newest = beneath;
    if (act == beneath)
        return;
    while (act->prev != beneath)
        act = act->prev;
    act->prev = NULL;
    act->prev_exit_sp = 0;
}

/* ---- fibers ---- */

static void enter_list(RtFiber *f)
{
    RtStore *store = f->store;
    f->next = store->fibers;
    f->place = &store->fibers;
    if (f->next)
        f->next->place = &f->next;
    store->fibers = f;
}

static void leave_list(RtFiber *f)
{
    *f->place = f->next;
    if (f->next)
        f->next->place = f->place;
}

RtFiber *rt_fiber_new(RtStore *store, void (*run)(void *ctx), void *ctx)
{
    RtStack *stack = take_stack(store);
    if (!stack)
        return NULL;
    RtFiber *f = &stack->fiber;
    *f = (RtFiber){.store = store, .stack = stack, .stay = {.fiber = f}};
    os_fiber_begin(&f->os, low_of(stack), (u8 *)stack, run, ctx);
    enter_list(f);
    return f;
}

static void finish(RtFiber *f)
{
    RtStore *store = f->store;
    if (f->stay.interp)
        store->engine->options.interp->free_state(f->stay.interp);
    leave_list(f);
    give_back(store, f->stack);
}

bool rt_fiber_resume(RtFiber *f)
{
    RtStore *store = f->store;
    RtThread *thread = &rt_thread;
    bool uses_gs = store->engine->options.gs;
    check(!f->is_running);
    if (!rt_thread_prepare(thread, store->engine))
        f->refusal = "the system has no memory for a signal stack";
    u64 gs = uses_gs ? os_gs_base() : 0;
    u64 exit_sp = store->vm.exit_sp;
    VmActivation *beneath = thread->newest;
    RtStackPlace stack = thread->stack;
    swap_stay(store, &f->stay);
    store->outer_exit_sp = exit_sp;
    link_activations(f, thread, gs);
    thread->stack = f->stack->place;
    f->beneath = beneath;
    f->is_running = true;
    bool is_done = os_fiber_enter(&f->os); /* comes back on this thread, wherever it goes on */
    f->is_running = false;
    thread->stack = stack;
    if (uses_gs)
        os_set_gs_base(gs);
    unlink_activations(thread, beneath);
    swap_stay(store, &f->stay);
    if (is_done)
        finish(f);
    return is_done;
}

void rt_fiber_stop(RtFiber *f)
{
    f->refusal = "the call was given up while it waited";
    bool is_done = rt_fiber_resume(f);
    check(is_done);
}

bool rt_fiber_runs(const RtFiber *f) { return f->is_running; }

/* Can the store's fiber leave from here? Not if another stack runs on top of it, or a guest of
 * another store would be left in its midst. */
static bool __attribute__((noinline)) can_leave(const RtFiber *f)
{
    u64 sp = (u64)(uintptr_t)__builtin_frame_address(0);
    const RtStackPlace *place = &f->stack->place;
    if (sp - place->low >= place->high - place->low)
        return false;
    for (const VmActivation *act = rt_thread.newest; act != f->beneath; act = act->prev)
        if (act->store != &f->store->vm)
            return false;
    return true;
}

/* Nothing of the thread's may be known here from before. */
static void __attribute__((noinline)) leave(RtFiber *f)
{
    bool uses_gs = f->store->engine->options.gs;
    u64 gs = uses_gs ? os_gs_base() : 0;
    os_fiber_leave(&f->os);
    if (uses_gs)
        os_set_gs_base(gs);
}

bool rt_guest_wait_turn(RtStore *store, RtStop *stop)
{
    RtFiber *f = store->fiber;
    if (!f || !can_leave(f)) {
        *stop = RT_STOP_MESSAGE("a guest that has to wait was not called by one of the functions "
                                "for asynchronous calls");
        return false;
    }
    if (!f->refusal)
        leave(f);
    *stop = RT_STOP_MESSAGE(f->refusal);
    return !f->refusal;
}
