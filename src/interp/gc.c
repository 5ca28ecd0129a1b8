/* Objects of the collected heap, and tests of references. What an operator takes stays on the stack
 * until nothing can collect any more: there references are found, and follow their objects. */
#include "interp/interp_int.h"

/* The engine-wide id of a type of the module. */
static u32 type_id(const Interp *in, u32 type) { return in->frame->func->module->type_ids[type]; }

static u32 read_type(Interp *in) { return type_id(in, read_u32(in)); }

static const RtType *type_of(const Interp *in, u32 id) { return rt_type(in->store->engine, id); }

static bool null_trap(Interp *in) { return interp_trap(in, VM_TRAP_NULL_REFERENCE); }
static bool bounds_trap(Interp *in) { return interp_trap(in, VM_TRAP_ARRAY_OUT_OF_BOUNDS); }

/* The value that is that many below the top. */
static Slot *peek(Interp *in, u32 below) { return &in->slots[in->top - 1 - below]; }

/* A field or element on the stack: packed ones become an i32. */
static void push_field(Interp *in, RtValType type, const VmVal *v, bool is_signed)
{
    if (type == WASM_T_I8)
        push_u32(in, is_signed ? (u32)(i8)v->i32 : (u8)v->i32);
    else if (type == WASM_T_I16)
        push_u32(in, is_signed ? (u32)(i16)v->i32 : (u16)v->i32);
    else
        interp_push_value(in, type, v);
}

/* ---- structs ---- */

static bool new_struct(Interp *in, bool is_default)
{
    u32 type = read_type(in), ref;
    RtStop stop;
    if (!rt_guest_struct_new(in->store, type, &ref, &stop))
        return interp_stop(in, &stop);
    for (u32 i = is_default ? 0 : type_of(in, type)->n_fields; i-- > 0;) {
        Slot value = pop_slot(in);
        rt_object_set(in->store, ref, i, &value.v);
    }
    push_gcref(in, ref);
    return true;
}

static bool get_field(Interp *in, bool is_signed)
{
    u32 type = read_type(in), field = read_u32(in), ref = pop_gcref(in);
    VmVal value;
    if (!ref)
        return null_trap(in);
    rt_object_get(in->store, ref, field, &value);
    push_field(in, type_of(in, type)->fields[field].type, &value, is_signed);
    return true;
}

static bool set_field(Interp *in)
{
    read_u32(in);
    u32 field = read_u32(in);
    Slot value = pop_slot(in);
    u32 ref = pop_gcref(in);
    if (!ref)
        return null_trap(in);
    rt_object_set(in->store, ref, field, &value.v);
    return true;
}

/* ---- arrays ---- */

static bool new_array(Interp *in, bool is_default)
{
    u32 type = read_type(in), n = pop_u32(in), ref;
    RtStop stop;
    if (!interp_charge(in, n))
        return false;
    if (!rt_guest_array_new(in->store, type, n, &ref, &stop))
        return interp_stop(in, &stop);
    if (!is_default) {
        Slot value = pop_slot(in);
        rt_array_fill(in->store, ref, 0, &value.v, n);
    }
    push_gcref(in, ref);
    return true;
}

static bool new_fixed(Interp *in)
{
    u32 type = read_type(in), n = read_u32(in), ref;
    RtStop stop;
    if (!rt_guest_array_new(in->store, type, n, &ref, &stop))
        return interp_stop(in, &stop);
    for (u32 i = n; i-- > 0;) {
        Slot value = pop_slot(in);
        rt_object_set(in->store, ref, i, &value.v);
    }
    push_gcref(in, ref);
    return true;
}

static bool new_from(Interp *in, bool (*make)(RtInstance *, u32, u32, u32, u32, u32 *, RtStop *))
{
    u32 type = read_type(in), segment = read_u32(in), n = pop_u32(in), src = pop_u32(in), ref;
    RtStop stop;
    if (!interp_charge(in, n))
        return false;
    if (!make(in->frame->instance, type, segment, src, n, &ref, &stop))
        return interp_stop(in, &stop);
    push_gcref(in, ref);
    return true;
}

static bool init_from(Interp *in, bool (*init)(RtInstance *, u32, u32, u32, u32, u32, RtStop *))
{
    read_u32(in);
    u32 segment = read_u32(in), n = pop_u32(in), src = pop_u32(in), at = pop_u32(in);
    u32 ref = pop_gcref(in);
    RtStop stop;
    if (!interp_charge(in, n))
        return false;
    if (!ref)
        return null_trap(in);
    return init(in->frame->instance, ref, at, segment, src, n, &stop) || interp_stop(in, &stop);
}

static bool get_elem(Interp *in, bool is_signed)
{
    u32 type = read_type(in), i = pop_u32(in), ref = pop_gcref(in);
    VmVal value;
    if (!ref)
        return null_trap(in);
    if (i >= rt_object_len(in->store, ref))
        return bounds_trap(in);
    rt_object_get(in->store, ref, i, &value);
    push_field(in, type_of(in, type)->fields[0].type, &value, is_signed);
    return true;
}

static bool set_elem(Interp *in)
{
    read_u32(in);
    Slot value = pop_slot(in);
    u32 i = pop_u32(in), ref = pop_gcref(in);
    if (!ref)
        return null_trap(in);
    if (i >= rt_object_len(in->store, ref))
        return bounds_trap(in);
    rt_object_set(in->store, ref, i, &value.v);
    return true;
}

static bool len(Interp *in)
{
    u32 ref = pop_gcref(in);
    if (!ref)
        return null_trap(in);
    push_u32(in, rt_object_len(in->store, ref));
    return true;
}

static bool fill(Interp *in)
{
    read_u32(in);
    u32 n = pop_u32(in);
    Slot value = pop_slot(in);
    u32 at = pop_u32(in), ref = pop_gcref(in);
    if (!interp_charge(in, n))
        return false;
    if (!ref)
        return null_trap(in);
    return rt_array_fill(in->store, ref, at, &value.v, n) || bounds_trap(in);
}

static bool copy(Interp *in)
{
    read_u32(in);
    read_u32(in);
    u32 n = pop_u32(in), src = pop_u32(in), from = pop_gcref(in);
    u32 dst = pop_u32(in), to = pop_gcref(in);
    if (!interp_charge(in, n))
        return false;
    if (!from || !to)
        return null_trap(in);
    return rt_array_copy(in->store, to, dst, from, src, n) || bounds_trap(in);
}

/* ---- references ---- */

static bool equal(Interp *in)
{
    u32 b = pop_gcref(in), a = pop_gcref(in);
    push_u32(in, a == b);
    return true;
}

static bool new_i31(Interp *in)
{
    push_gcref(in, rt_i31_new(pop_u32(in)));
    return true;
}

static bool get_i31(Interp *in, u32 (*get)(u32))
{
    u32 ref = pop_gcref(in);
    if (!ref)
        return null_trap(in);
    push_u32(in, get(ref));
    return true;
}

static bool is_func_of(const Interp *in, const VmFuncRef *func, WasmValType type)
{
    if (wasm_is_abstract(type))
        return wasm_heap_of(type) == WASM_HEAP_FUNC;
    return rt_type_below(in->store->engine, func->type_id, type_id(in, wasm_heap_of(type)));
}

/* Is the value on top, which stays, one of the heap type, or a null that is welcome? */
static bool is_of(Interp *in, WasmValType type, bool takes_null)
{
    const Slot *value = peek(in, 0);
    if (!value->v.i64)
        return takes_null;
    if (!is_gcref(module_of(in), type))
        return is_func_of(in, value->v.funcref, type);
    return rt_is_ref_of(in->store, value->v.gcref, rt_val_type(in->frame->func->module, type));
}

static WasmValType read_heap_type(Interp *in)
{
    return wasm_read_heap_type(&in->frame->code, module_of(in));
}

static bool test(Interp *in, bool takes_null)
{
    bool is_so = is_of(in, read_heap_type(in), takes_null);
    pop_slot(in);
    push_u32(in, is_so);
    return true;
}

static bool cast(Interp *in, bool takes_null)
{
    return is_of(in, read_heap_type(in), takes_null) || interp_trap(in, VM_TRAP_CAST_FAILURE);
}

static bool branch_on_cast(Interp *in, bool on_success)
{
    u8 flags = wasm_read_u8(&in->frame->code); /* bit 1: the target type takes null */
    u32 depth = read_u32(in);
    read_heap_type(in);
    bool is_so = is_of(in, read_heap_type(in), flags & 2);
    return is_so != on_success || interp_branch(in, depth);
}

bool interp_gc(Interp *in, WasmOp op)
{
    switch (op) {
#define X(name, ...) case WASM_OP_##name: __VA_ARGS__;
#include "interp/gc.def"
#undef X
    default: UNREACHABLE();
    }
}
