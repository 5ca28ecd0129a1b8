/* Library calls about objects. Those that make one may collect: what the guest holds is found by
 * its stack maps, since the stub has noted where it left. */
#include "rt/gc_call.h"

#include "rt/heap.h"

static const char FULL[] = "GC heap out of memory: no capacity for the allocation";

static void need(VmCtx *ctx, bool is_done, VmTrap trap)
{
    if (UNLIKELY(!is_done))
        rt_raise(ctx, trap);
}

static u32 alloc(VmCtx *ctx, u32 type, u32 len, u64 bytes)
{
    u32 ref = rt_heap_alloc(rt_ctx_store(ctx), type, len, bytes);
    if (UNLIKELY(!ref))
        rt_raise_stop(ctx, &RT_STOP_MESSAGE(FULL));
    return ref;
}

u32 call_GC_STRUCT(VmCtx *ctx, u32 type, u32 bytes)
{
    return alloc(ctx, type, 0, bytes);
}

u32 call_GC_ARRAY(VmCtx *ctx, u32 type, u32 len)
{
    u32 elem_bytes = rt_type(rt_ctx_store(ctx)->engine, type)->object_bytes;
    u64 bytes = vm_gc_array_bytes(len, elem_bytes);
    need(ctx, bytes < VM_GC_REGION_BYTES / 2, VM_TRAP_ALLOCATION_TOO_LARGE);
    return alloc(ctx, type, len, bytes);
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

/* The segment's bounds are asked for first: an array that would be too large is not made. */
u32 call_ARRAY_NEW_DATA(VmCtx *ctx, u32 type, u32 data, u32 src, u32 len)
{
    RtInstance *instance = rt_ctx_instance(ctx);
    u32 elem_bytes = rt_type(rt_ctx_store(ctx)->engine, type)->object_bytes;
    u64 size = rt_bit(instance->dropped_datas, data) ? 0 : instance->module->wasm->datas[data].size;
    need(ctx, src <= size && (u64)len * elem_bytes <= size - src, VM_TRAP_MEMORY_OUT_OF_BOUNDS);
    u32 ref = call_GC_ARRAY(ctx, type, len);
    check(rt_array_init_data(instance, ref, 0, data, src, len));
    return ref;
}

u32 call_ARRAY_NEW_ELEM(VmCtx *ctx, u32 type, u32 elem, u32 src, u32 len)
{
    RtInstance *instance = rt_ctx_instance(ctx);
    u32 size = rt_elem_len(instance, elem);
    need(ctx, src <= size && len <= size - src, VM_TRAP_TABLE_OUT_OF_BOUNDS);
    u32 ref = call_GC_ARRAY(ctx, type, len);
    check(rt_array_init_elem(instance, ref, 0, elem, src, len));
    return ref;
}

/* Two bounds, two traps: that of the array is asked for first. */
static void check_array(VmCtx *ctx, u32 ref, u32 at, u32 len)
{
    u32 size = rt_object(rt_ctx_store(ctx), ref)->len;
    need(ctx, at <= size && len <= size - at, VM_TRAP_ARRAY_OUT_OF_BOUNDS);
}

void call_ARRAY_INIT_DATA(VmCtx *ctx, u32 ref, u32 at, u32 data, u32 src, u32 len)
{
    check_array(ctx, ref, at, len);
    need(ctx, rt_array_init_data(rt_ctx_instance(ctx), ref, at, data, src, len),
         VM_TRAP_MEMORY_OUT_OF_BOUNDS);
}

void call_ARRAY_INIT_ELEM(VmCtx *ctx, u32 ref, u32 at, u32 elem, u32 src, u32 len)
{
    check_array(ctx, ref, at, len);
    need(ctx, rt_array_init_elem(rt_ctx_instance(ctx), ref, at, elem, src, len),
         VM_TRAP_TABLE_OUT_OF_BOUNDS);
}
