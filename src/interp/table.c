/* Tables. */
#include "interp/interp_int.h"

static bool is_64(const Interp *in, u32 table)
{
    return module_of(in)->tables[table].limits.is_64;
}

static RtTable *table_at(const Interp *in, u32 table) { return in->frame->instance->tables[table]; }

static bool need(Interp *in, bool is_done)
{
    return is_done || interp_trap(in, VM_TRAP_TABLE_OUT_OF_BOUNDS);
}

static bool get(Interp *in)
{
    u32 table = read_u32(in);
    u64 index = pop_index(in, is_64(in, table));
    VmVal value;
    memset(&value, 0, sizeof value);
    if (!rt_table_get(table_at(in, table), index, &value))
        return interp_trap(in, VM_TRAP_TABLE_OUT_OF_BOUNDS);
    if (is_gcref(module_of(in), module_of(in)->tables[table].type))
        push_gcref(in, value.gcref);
    else
        push_func(in, value.funcref);
    return true;
}

static bool set(Interp *in)
{
    u32 table = read_u32(in);
    Slot value = pop_slot(in);
    u64 index = pop_index(in, is_64(in, table));
    return need(in, rt_table_set(table_at(in, table), index, &value.v));
}

static bool size(Interp *in)
{
    u32 table = read_u32(in);
    push_index(in, is_64(in, table), table_at(in, table)->vm.len);
    return true;
}

static bool grow(Interp *in)
{
    u32 table = read_u32(in);
    u64 delta = pop_index(in, is_64(in, table)), old;
    Slot value = pop_slot(in);
    RtStop stop;
    if (!interp_charge(in, delta))
        return false;
    if (!rt_guest_table_grow(table_at(in, table), delta, &value.v, &old, &stop))
        return interp_stop(in, &stop);
    push_index(in, is_64(in, table), old);
    return true;
}

static bool fill(Interp *in)
{
    u32 table = read_u32(in);
    u64 len = pop_index(in, is_64(in, table));
    Slot value = pop_slot(in);
    u64 at = pop_index(in, is_64(in, table));
    return interp_charge(in, len) &&
           need(in, rt_table_fill(table_at(in, table), at, &value.v, len));
}

static bool copy(Interp *in)
{
    u32 to = read_u32(in), from = read_u32(in);
    u64 len = pop_index(in, is_64(in, to) && is_64(in, from));
    u64 src = pop_index(in, is_64(in, from));
    u64 dst = pop_index(in, is_64(in, to));
    return interp_charge(in, len) &&
           need(in, rt_table_copy(table_at(in, to), dst, table_at(in, from), src, len));
}

static bool init(Interp *in)
{
    u32 segment = read_u32(in), table = read_u32(in);
    u64 len = pop_u32(in), src = pop_u32(in), dst = pop_index(in, is_64(in, table));
    return interp_charge(in, len) &&
           need(in, rt_table_init(in->frame->instance, segment, table_at(in, table), dst, src,
                         len));
}

static bool elem_drop(Interp *in)
{
    rt_elem_drop(in->frame->instance, read_u32(in));
    return true;
}

bool interp_table(Interp *in, WasmOp op)
{
    switch (op) {
#define X(name, ...) case WASM_OP_##name: __VA_ARGS__;
#include "interp/table.def"
#undef X
    default: UNREACHABLE();
    }
}
