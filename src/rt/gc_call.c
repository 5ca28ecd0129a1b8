/* Library calls about objects. Those that make one may collect: what the guest holds is found by
 * its stack maps, since the stub has noted where it left. */
#include "rt/gc_call.h"

#include "rt/heap.h"

static void need(VmCtx *ctx, bool is_done, VmTrap trap)
{
    if (UNLIKELY(!is_done))
        rt_raise(ctx, trap);
}

/* ---- what an interpreter does too ---- */

static bool stops(RtStop *stop, VmTrap code)
{
    *stop = RT_STOP_CODE(code);
    return false;
}

static bool alloc(RtStore *store, u32 type, u32 len, u64 bytes, u32 *ref, RtStop *stop)
{
    *ref = rt_heap_alloc(store, type, len, bytes);
    *stop = RT_STOP_MESSAGE(RT_HEAP_IS_FULL);
    return *ref != 0;
}

static bool alloc_array(RtStore *store, u32 type, u32 len, u32 *ref, RtStop *stop)
{
    u64 bytes = vm_gc_array_bytes(len, rt_type(store->engine, type)->object_bytes);
    if (bytes >= VM_GC_REGION_BYTES / 2)
        return stops(stop, VM_TRAP_ALLOCATION_TOO_LARGE);
    return alloc(store, type, len, bytes, ref, stop);
}

bool rt_guest_struct_new(RtStore *store, u32 type, u32 *ref, RtStop *stop)
{
    u32 bytes = rt_type(store->engine, type)->object_bytes;
    if (!alloc(store, type, 0, bytes, ref, stop))
        return false;
    memset(rt_object(store, *ref) + 1, 0, bytes - VM_GC_HEADER_BYTES);
    return true;
}

bool rt_guest_array_new(RtStore *store, u32 type, u32 len, u32 *ref, RtStop *stop)
{
    if (!alloc_array(store, type, len, ref, stop))
        return false;
    VmObject *object = rt_object(store, *ref);
    memset(object + 1, 0, rt_object_bytes(store, object) - VM_GC_HEADER_BYTES);
    return true;
}

/* The segment's bounds are asked for first: an array that would be too large is not made. */
bool rt_guest_array_new_data(RtInstance *instance, u32 type, u32 data, u32 src, u32 len, u32 *ref,
                             RtStop *stop)
{
    u32 elem_bytes = rt_type(instance->store->engine, type)->object_bytes;
    u64 size = rt_bit(instance->dropped_datas, data) ? 0 : instance->module->wasm->datas[data].size;
    if (src > size || (u64)len * elem_bytes > size - src)
        return stops(stop, VM_TRAP_MEMORY_OUT_OF_BOUNDS);
    if (!alloc_array(instance->store, type, len, ref, stop))
        return false;
    check(rt_array_init_data(instance, *ref, 0, data, src, len));
    return true;
}

bool rt_guest_array_new_elem(RtInstance *instance, u32 type, u32 elem, u32 src, u32 len, u32 *ref,
                             RtStop *stop)
{
    u32 size = rt_elem_len(instance, elem);
    if (src > size || len > size - src)
        return stops(stop, VM_TRAP_TABLE_OUT_OF_BOUNDS);
    if (!alloc_array(instance->store, type, len, ref, stop))
        return false;
    check(rt_array_init_elem(instance, *ref, 0, elem, src, len));
    return true;
}

/* Two bounds, two traps: that of the array is asked for first. */
static bool is_in_array(const RtStore *store, u32 ref, u32 at, u32 len)
{
    u32 size = rt_object(store, ref)->len;
    return at <= size && len <= size - at;
}

bool rt_guest_array_init_data(RtInstance *instance, u32 ref, u32 at, u32 data, u32 src, u32 len,
                              RtStop *stop)
{
    if (!is_in_array(instance->store, ref, at, len))
        return stops(stop, VM_TRAP_ARRAY_OUT_OF_BOUNDS);
    return rt_array_init_data(instance, ref, at, data, src, len) ||
           stops(stop, VM_TRAP_MEMORY_OUT_OF_BOUNDS);
}

bool rt_guest_array_init_elem(RtInstance *instance, u32 ref, u32 at, u32 elem, u32 src, u32 len,
                              RtStop *stop)
{
    if (!is_in_array(instance->store, ref, at, len))
        return stops(stop, VM_TRAP_ARRAY_OUT_OF_BOUNDS);
    return rt_array_init_elem(instance, ref, at, elem, src, len) ||
           stops(stop, VM_TRAP_TABLE_OUT_OF_BOUNDS);
}

/* ---- libcalls ---- */

static void need_not_stop(VmCtx *ctx, bool is_done, const RtStop *stop)
{
    if (UNLIKELY(!is_done))
        rt_raise_stop(ctx, stop);
}

u32 call_GC_STRUCT(VmCtx *ctx, u32 type, u32 bytes)
{
    u32 ref;
    RtStop stop;
    need_not_stop(ctx, alloc(rt_ctx_store(ctx), type, 0, bytes, &ref, &stop), &stop);
    return ref;
}

u32 call_GC_ARRAY(VmCtx *ctx, u32 type, u32 len)
{
    u32 ref;
    RtStop stop;
    need_not_stop(ctx, alloc_array(rt_ctx_store(ctx), type, len, &ref, &stop), &stop);
    return ref;
}

static void fill(VmCtx *ctx, u32 ref, u32 at, const VmVal *value, u32 len)
{
    need(ctx, rt_array_fill(rt_ctx_store(ctx), ref, at, value, len), VM_TRAP_ARRAY_OUT_OF_BOUNDS);
}

void call_ARRAY_FILL(VmCtx *ctx, u32 ref, u32 at, u64 value, u32 len)
{
    fill(ctx, ref, at, &(VmVal){.i64 = value}, len);
}

void call_ARRAY_FILL_V128(VmCtx *ctx, u32 ref, u32 at, u64 low, u64 high, u32 len)
{
    VmVal value;
    store_u64(value.v128, low);
    store_u64(value.v128 + 8, high);
    fill(ctx, ref, at, &value, len);
}

void call_ARRAY_FILL_REF(VmCtx *ctx, u32 ref, u32 at, VmFuncRef *value, u32 len)
{
    fill(ctx, ref, at, &(VmVal){.funcref = value}, len);
}

void call_ARRAY_FILL_GCREF(VmCtx *ctx, u32 ref, u32 at, u32 value, u32 len)
{
    fill(ctx, ref, at, &(VmVal){.gcref = value}, len);
}

void call_ARRAY_COPY(VmCtx *ctx, u32 to, u32 dst, u32 from, u32 src, u32 len)
{
    need(ctx, rt_array_copy(rt_ctx_store(ctx), to, dst, from, src, len),
         VM_TRAP_ARRAY_OUT_OF_BOUNDS);
}

u32 call_ARRAY_NEW_DATA(VmCtx *ctx, u32 type, u32 data, u32 src, u32 len)
{
    u32 ref;
    RtStop stop;
    need_not_stop(
        ctx, rt_guest_array_new_data(rt_ctx_instance(ctx), type, data, src, len, &ref, &stop),
        &stop);
    return ref;
}

u32 call_ARRAY_NEW_ELEM(VmCtx *ctx, u32 type, u32 elem, u32 src, u32 len)
{
    u32 ref;
    RtStop stop;
    need_not_stop(
        ctx, rt_guest_array_new_elem(rt_ctx_instance(ctx), type, elem, src, len, &ref, &stop),
        &stop);
    return ref;
}

void call_ARRAY_INIT_DATA(VmCtx *ctx, u32 ref, u32 at, u32 data, u32 src, u32 len)
{
    RtStop stop;
    need_not_stop(
        ctx, rt_guest_array_init_data(rt_ctx_instance(ctx), ref, at, data, src, len, &stop), &stop);
}

void call_ARRAY_INIT_ELEM(VmCtx *ctx, u32 ref, u32 at, u32 elem, u32 src, u32 len)
{
    RtStop stop;
    need_not_stop(
        ctx, rt_guest_array_init_elem(rt_ctx_instance(ctx), ref, at, elem, src, len, &stop), &stop);
}
