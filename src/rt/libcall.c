/* What generated code calls. Each is entered through its stub, which has noted where guest code
 * left; each that traps does not return. */
#define _GNU_SOURCE
#include "rt/gc_call.h"

#include <math.h>

static RtMemory *memory_at(VmCtx *ctx, u32 index)
{
    return rt_ctx_instance(ctx)->memories[index];
}

static RtTable *table_at(VmCtx *ctx, u32 index)
{
    return rt_ctx_instance(ctx)->tables[index];
}

static void need(VmCtx *ctx, bool is_done, VmTrap trap)
{
    if (UNLIKELY(!is_done))
        rt_raise(ctx, trap);
}

/* ---- memories ---- */

/* For an i32 memory generated code takes the lower half: -1 in both sizes. */
static u64 call_MEMORY_GROW(VmCtx *ctx, u64 delta, u32 memory)
{
    u64 old;
    RtStop stop;
    if (!rt_guest_memory_grow(memory_at(ctx, memory), delta, &old, &stop))
        rt_raise_stop(ctx, &stop);
    return old;
}

static void call_MEMORY_INIT(VmCtx *ctx, u32 segment, u64 dst, u64 src, u64 len, u32 memory)
{
    need(ctx, rt_memory_init(rt_ctx_instance(ctx), segment, memory_at(ctx, memory), dst, src, len),
         VM_TRAP_MEMORY_OUT_OF_BOUNDS);
}

static void call_MEMORY_COPY(VmCtx *ctx, u64 dst, u64 src, u64 len, u32 to, u32 from)
{
    need(ctx, rt_memory_copy(memory_at(ctx, to), dst, memory_at(ctx, from), src, len),
         VM_TRAP_MEMORY_OUT_OF_BOUNDS);
}

static void call_MEMORY_FILL(VmCtx *ctx, u64 dst, u32 byte, u64 len, u32 memory)
{
    need(ctx, rt_memory_fill(memory_at(ctx, memory), dst, (u8)byte, len),
         VM_TRAP_MEMORY_OUT_OF_BOUNDS);
}

static void call_DATA_DROP(VmCtx *ctx, u32 segment)
{
    rt_data_drop(rt_ctx_instance(ctx), segment);
}

static u32 wait_for(VmCtx *ctx, const RtWait *wait, u32 memory)
{
    u32 result;
    RtStop stop;
    if (!rt_guest_wait(memory_at(ctx, memory), wait, &result, &stop))
        rt_raise_stop(ctx, &stop);
    return result;
}

static bool watches_epoch(VmCtx *ctx)
{
    return rt_ctx_instance(ctx)->module->image.header->key.flags & OBJ_EPOCH;
}

static u32 call_MEMORY_WAIT32(VmCtx *ctx, u64 addr, u32 expected, u64 timeout_ns, u32 memory)
{
    RtWait wait = {addr, 4, expected, timeout_ns, watches_epoch(ctx)};
    return wait_for(ctx, &wait, memory);
}

static u32 call_MEMORY_WAIT64(VmCtx *ctx, u64 addr, u64 expected, u64 timeout_ns, u32 memory)
{
    RtWait wait = {addr, 8, expected, timeout_ns, watches_epoch(ctx)};
    return wait_for(ctx, &wait, memory);
}

static u32 call_MEMORY_NOTIFY(VmCtx *ctx, u64 addr, u32 count, u32 memory)
{
    u32 woken;
    RtStop stop;
    if (!rt_guest_notify(memory_at(ctx, memory), addr, count, &woken, &stop))
        rt_raise_stop(ctx, &stop);
    return woken;
}

/* ---- tables ---- */

static u64 grow_table(VmCtx *ctx, u32 table, u64 delta, const VmVal *init)
{
    u64 old;
    RtStop stop;
    if (!rt_guest_table_grow(table_at(ctx, table), delta, init, &old, &stop))
        rt_raise_stop(ctx, &stop);
    return old;
}

static u64 call_TABLE_GROW(VmCtx *ctx, VmFuncRef *init, u64 delta, u32 table)
{
    return grow_table(ctx, table, delta, &(VmVal){.funcref = init});
}

static u64 call_TABLE_GROW_GCREF(VmCtx *ctx, u32 init, u64 delta, u32 table)
{
    return grow_table(ctx, table, delta, &(VmVal){.gcref = init});
}

static void call_TABLE_INIT(VmCtx *ctx, u32 segment, u64 dst, u64 src, u64 len, u32 table)
{
    need(ctx, rt_table_init(rt_ctx_instance(ctx), segment, table_at(ctx, table), dst, src, len),
         VM_TRAP_TABLE_OUT_OF_BOUNDS);
}

static void call_TABLE_COPY(VmCtx *ctx, u64 dst, u64 src, u64 len, u32 to, u32 from)
{
    need(ctx, rt_table_copy(table_at(ctx, to), dst, table_at(ctx, from), src, len),
         VM_TRAP_TABLE_OUT_OF_BOUNDS);
}

static void call_TABLE_FILL(VmCtx *ctx, u64 dst, VmFuncRef *value, u64 len, u32 table)
{
    need(ctx, rt_table_fill(table_at(ctx, table), dst, &(VmVal){.funcref = value}, len),
         VM_TRAP_TABLE_OUT_OF_BOUNDS);
}

static void call_TABLE_FILL_GCREF(VmCtx *ctx, u64 dst, u32 value, u64 len, u32 table)
{
    need(ctx, rt_table_fill(table_at(ctx, table), dst, &(VmVal){.gcref = value}, len),
         VM_TRAP_TABLE_OUT_OF_BOUNDS);
}

static void call_ELEM_DROP(VmCtx *ctx, u32 segment)
{
    rt_elem_drop(rt_ctx_instance(ctx), segment);
}

/* ---- functions ---- */

static VmFuncRef *call_REF_FUNC(VmCtx *ctx, u32 func)
{
    VmFuncRef *ref = rt_instance_func(rt_ctx_instance(ctx), func);
    if (!ref)
        rt_raise_stop(ctx, &RT_STOP_MESSAGE("out of memory"));
    return ref;
}

static u32 call_CHECK_SUBTYPE(VmCtx *ctx, u32 have, u32 want)
{
    return rt_type_below(rt_ctx_store(ctx)->engine, have, want);
}

/* ---- interruption ---- */

static void call_EPOCH(VmCtx *ctx)
{
    RtStop stop;
    if (!rt_guest_epoch(rt_ctx_store(ctx), &stop))
        rt_raise_stop(ctx, &stop);
}

static void call_OUT_OF_FUEL(VmCtx *ctx)
{
    RtStop stop;
    if (!rt_guest_refuel(rt_ctx_store(ctx), &stop))
        rt_raise_stop(ctx, &stop);
}

static void call_CHARGE(VmCtx *ctx, u64 units)
{
    RtStop stop;
    if (!rt_guest_charge(rt_ctx_store(ctx), units, &stop))
        rt_raise_stop(ctx, &stop);
}

static void call_RAISE(VmCtx *ctx, u32 code)
{
    rt_raise(ctx, (VmTrap)code);
}

/* ---- exceptions ---- */

/* Its stub passes the registers that frames save. */
static void call_UNWIND(VmCtx *ctx, const u64 *saved)
{
    rt_unwind(ctx, saved);
}

static u32 call_EXN_TAKE(VmCtx *ctx)
{
    u32 ref = rt_exn_take(rt_ctx_store(ctx));
    if (!ref)
        rt_raise_stop(ctx, &RT_STOP_MESSAGE("out of memory for exceptions"));
    return ref;
}

static void call_EXN_PUT(VmCtx *ctx, u32 ref)
{
    rt_exn_put(rt_ctx_store(ctx), ref);
}

/* ---- rounding, for CPUs that have no instruction for it ---- */

/* The C functions may hand back a signalling NaN as it is: arithmetic quiets it. */
static float quiet32(float v) { return v != v ? v + v : v; }
static double quiet64(double v) { return v != v ? v + v : v; }

static float call_F32_CEIL(VmCtx *ctx, float v) { (void)ctx; return ceilf(quiet32(v)); }
static float call_F32_FLOOR(VmCtx *ctx, float v) { (void)ctx; return floorf(quiet32(v)); }
static float call_F32_TRUNC(VmCtx *ctx, float v) { (void)ctx; return truncf(quiet32(v)); }
static float call_F32_NEAREST(VmCtx *ctx, float v) { (void)ctx; return roundevenf(quiet32(v)); }
static double call_F64_CEIL(VmCtx *ctx, double v) { (void)ctx; return ceil(quiet64(v)); }
static double call_F64_FLOOR(VmCtx *ctx, double v) { (void)ctx; return floor(quiet64(v)); }
static double call_F64_TRUNC(VmCtx *ctx, double v) { (void)ctx; return trunc(quiet64(v)); }
static double call_F64_NEAREST(VmCtx *ctx, double v) { (void)ctx; return roundeven(quiet64(v)); }

const void *const rt_libcalls[VM_LIBCALL_COUNT] = {
#define X(name, result, args, meaning) (const void *)call_##name,
#include "vmabi/libcall.def"
#undef X
};
