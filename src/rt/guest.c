/* What guests do by more than a few instructions, as both libcalls and the interpreter need it: the
 * parts that neither raise nor know who asks. Copying, filling and the like stand with what they
 * work on, in memory.c, table.c and instantiate.c. */
#include "rt/rt_int.h"

bool rt_memory_init(RtInstance *instance, u32 segment, RtMemory *memory, u64 dst, u64 src, u64 len)
{
    const WasmModule *wasm = instance->module->wasm;
    u64 size = rt_bit(instance->dropped_datas, segment) ? 0 : wasm->datas[segment].size;
    return src <= size && len <= size - src &&
           rt_memory_write(memory, dst, wasm->bytes + wasm->datas[segment].start + src, len);
}

void rt_data_drop(RtInstance *instance, u32 segment)
{
    rt_bit_set(instance->dropped_datas, segment);
}

void rt_elem_drop(RtInstance *instance, u32 segment)
{
    rt_bit_set(instance->dropped_elems, segment);
}

/* What is left of growing that was refused. */
static bool not_grown(const RtStore *store, u64 *old, RtStop *stop, const char *message)
{
    *old = UINT64_MAX;
    *stop = RT_STOP_MESSAGE(message);
    return !store->limits.trap_on_grow_failure;
}

bool rt_guest_memory_grow(RtMemory *memory, u64 delta, u64 *old, RtStop *stop)
{
    return rt_memory_grow(memory, delta, old) ||
           not_grown(memory->store, old, stop,
                     "a memory could not grow, and failing to grow was to trap");
}

bool rt_guest_table_grow(RtTable *table, u64 delta, const VmVal *init, u64 *old, RtStop *stop)
{
    return rt_table_grow(table, delta, init, old) ||
           not_grown(table->store, old, stop,
                     "a table could not grow, and failing to grow was to trap");
}

bool rt_guest_epoch(RtStore *store, RtStop *stop)
{
    u64 delta = 0;
    bool yields = false;
    if (!store->epoch_callback) {
        *stop = RT_STOP_CODE(VM_TRAP_INTERRUPT);
        return false;
    }
    void *trap = store->epoch_callback(store->epoch_ctx, store, &delta, &yields);
    if (trap) {
        *stop = RT_STOP_HOST(trap);
        return false;
    }
    if (yields && !rt_guest_wait_turn(store, stop))
        return false;
    rt_store_set_epoch_deadline(store, delta);
    return true;
}

bool rt_guest_refuel(RtStore *store, RtStop *stop)
{
    u64 left = rt_store_fuel(store);
    if (!left) {
        *stop = RT_STOP_CODE(VM_TRAP_OUT_OF_FUEL);
        return false;
    }
    rt_store_set_fuel(store, left);
    return !store->fuel_interval || rt_guest_wait_turn(store, stop);
}

bool rt_guest_charge(RtStore *store, u64 units, RtStop *stop)
{
    if (store->vm.fuel <= 0 && units <= 0 - (u64)store->vm.fuel) {
        store->vm.fuel += (i64)units;
        return true;
    }
    u64 left = rt_store_fuel(store);
    rt_store_set_fuel(store, left - MIN(left, units));
    if (units > left) {
        *stop = RT_STOP_CODE(VM_TRAP_OUT_OF_FUEL);
        return false;
    }
    return !store->fuel_interval || rt_guest_wait_turn(store, stop);
}

/* ---- waiting ---- */

/* How long a waiting guest that may be interrupted sleeps before it looks at the epoch. */
#define LOOK_NS 5000000u

/* The word at an address; NULL: it cannot be one. */
static const u8 *word_at(const RtMemory *memory, u64 addr, u32 bytes, RtStop *stop)
{
    if (addr % bytes)
        *stop = RT_STOP_CODE(VM_TRAP_HEAP_MISALIGNED);
    else if (!rt_memory_has(memory, addr, bytes))
        *stop = RT_STOP_CODE(VM_TRAP_MEMORY_OUT_OF_BOUNDS);
    else
        return memory->space->vm.base + addr;
    return NULL;
}

static u64 deadline(u64 timeout_ns)
{
    u64 now = os_monotonic_ns();
    bool is_never = timeout_ns >> 63 || timeout_ns > UINT64_MAX - now;
    return is_never ? UINT64_MAX : now + timeout_ns;
}

/* Until woken or the end comes. False: the guest stops. */
static bool sleep_until(RtStore *store, RtWaiter *waiter, u64 end, bool watches_epoch, RtStop *stop)
{
    for (;;) {
        u64 now = os_monotonic_ns();
        if (watches_epoch && rt_engine_epoch(store->engine) >= store->vm.epoch_deadline &&
            !rt_guest_epoch(store, stop))
            return false;
        if (now >= end || rt_park_sleep(waiter, watches_epoch ? MIN(end, now + LOOK_NS) : end))
            return true;
    }
}

bool rt_guest_wait(RtMemory *memory, const RtWait *wait, u32 *result, RtStop *stop)
{
    const u8 *word = word_at(memory, wait->addr, wait->bytes, stop);
    RtWaiter waiter;
    if (!word)
        return false;
    if (!memory->shared) {
        *stop = RT_STOP_CODE(VM_TRAP_ATOMIC_WAIT_NON_SHARED_MEMORY);
        return false;
    }
    u64 end = deadline(wait->timeout_ns);
    switch (rt_park_begin(memory->shared->lots, &waiter, word, wait->bytes, wait->expected)) {
    case RT_PARK_REFUSED:
        *stop = RT_STOP_MESSAGE("the system has no means to wait");
        return false;
    case RT_PARK_OTHER_VALUE: *result = 1; return true;
    case RT_PARKED: break;
    }
    bool goes_on = sleep_until(memory->store, &waiter, end, wait->watches_epoch, stop);
    *result = rt_park_end(&waiter) ? 0 : 2;
    return goes_on;
}

bool rt_guest_notify(RtMemory *memory, u64 addr, u32 count, u32 *woken, RtStop *stop)
{
    const u8 *word = word_at(memory, addr, 4, stop);
    if (word)
        *woken = memory->shared ? rt_unpark(memory->shared->lots, word, count) : 0;
    return word != NULL;
}
