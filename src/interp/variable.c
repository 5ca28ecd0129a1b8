/* Locals, globals, references, and what only moves operands. */
#include "interp/interp_int.h"

static bool get_local(Interp *in)
{
    Slot value = in->slots[in->frame->locals + read_u32(in)];
    *push_slot(in) = value;
    return true;
}

static bool set_local(Interp *in, Slot value)
{
    in->slots[in->frame->locals + read_u32(in)] = value;
    return true;
}

static bool get_global(Interp *in)
{
    u32 global = read_u32(in);
    Slot *slot = push_slot(in);
    memcpy(&slot->v, rt_instance_global_value(in->frame->instance, global), sizeof slot->v);
    slot->is_gcref = is_gcref(module_of(in), module_of(in)->globals[global].type);
    return true;
}

static bool set_global(Interp *in)
{
    VmGlobal *global = rt_instance_global_value(in->frame->instance, read_u32(in));
    Slot value = pop_slot(in);
    memcpy(global, &value.v, sizeof value.v);
    return true;
}

static bool drop(Interp *in)
{
    pop_slot(in);
    return true;
}

static bool skip_types(Interp *in)
{
    for (u32 n = read_u32(in); n; n--)
        wasm_read_val_type(&in->frame->code, module_of(in));
    return true;
}

static bool select_one(Interp *in)
{
    bool is_first = pop_u32(in) != 0;
    Slot second = pop_slot(in), first = pop_slot(in);
    *push_slot(in) = is_first ? first : second;
    return true;
}

static bool null_ref(Interp *in)
{
    WasmValType type = wasm_read_heap_type(&in->frame->code, module_of(in));
    push_slot(in)->is_gcref = is_gcref(module_of(in), type);
    return true;
}

static bool is_null(Interp *in)
{
    push_u32(in, pop_slot(in).v.i64 == 0);
    return true;
}

static bool func_ref(Interp *in)
{
    VmFuncRef *func = rt_instance_func(in->frame->instance, read_u32(in));
    if (!func)
        return interp_stop(in, &RT_STOP_MESSAGE("out of memory"));
    push_func(in, func);
    return true;
}

static bool as_non_null(Interp *in)
{
    return in->slots[in->top - 1].v.i64 || interp_trap(in, VM_TRAP_NULL_REFERENCE);
}

bool interp_variable(Interp *in, WasmOp op)
{
    switch (op) {
#define X(name, ...) case WASM_OP_##name: __VA_ARGS__;
#include "interp/variable.def"
#undef X
    default: UNREACHABLE();
    }
}
