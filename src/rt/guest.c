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
    if (!store->epoch_callback) {
        *stop = RT_STOP_CODE(VM_TRAP_INTERRUPT);
        return false;
    }
    void *trap = store->epoch_callback(store->epoch_ctx, store, &delta);
    if (trap) {
        *stop = RT_STOP_HOST(trap);
        return false;
    }
    rt_store_set_epoch_deadline(store, delta);
    return true;
}
