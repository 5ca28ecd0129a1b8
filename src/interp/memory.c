/* Linear memory. Every access is checked against the memory's length, here and now. */
#include "interp/interp_int.h"

static bool is_64(const Interp *in, u32 memory)
{
    return module_of(in)->memories[memory].limits.is_64;
}

static RtMemory *memory_at(const Interp *in, u32 memory)
{
    return in->frame->instance->memories[memory];
}

static bool need(Interp *in, bool is_done)
{
    return is_done || interp_trap(in, VM_TRAP_MEMORY_OUT_OF_BOUNDS);
}

u8 *interp_memory_place(Interp *in, u32 bytes, InterpAlign align)
{
    WasmMemArg arg = wasm_read_memarg(&in->frame->code);
    const RtMemory *m = memory_at(in, arg.memory);
    u64 index = pop_index(in, is_64(in, arg.memory)), size = rt_memory_bytes(m), at;
    bool wraps = __builtin_add_overflow(index, arg.offset, &at) ||
                 (!is_64(in, arg.memory) && at > UINT32_MAX);
    bool is_past_all = wraps && align == INTERP_ALIGNED_WORD;
    if (align != INTERP_UNALIGNED && at % bytes && !is_past_all) {
        interp_trap(in, VM_TRAP_HEAP_MISALIGNED);
        return NULL;
    }
    return need(in, !wraps && at <= size && bytes <= size - at) ? m->space->vm.base + at : NULL;
}

static bool size(Interp *in)
{
    u32 memory = read_u32(in);
    push_index(in, is_64(in, memory), rt_memory_pages(memory_at(in, memory)));
    return true;
}

static bool grow(Interp *in)
{
    u32 memory = read_u32(in);
    u64 delta = pop_index(in, is_64(in, memory)), old;
    RtStop stop;
    if (!interp_charge(in, delta))
        return false;
    if (!rt_guest_memory_grow(memory_at(in, memory), delta, &old, &stop))
        return interp_stop(in, &stop);
    push_index(in, is_64(in, memory), old);
    return true;
}

static bool fill(Interp *in)
{
    u32 memory = read_u32(in);
    u64 len = pop_index(in, is_64(in, memory));
    u8 byte = (u8)pop_u32(in);
    u64 at = pop_index(in, is_64(in, memory));
    return interp_charge(in, len) &&
           need(in, rt_memory_fill(memory_at(in, memory), at, byte, len));
}

static bool copy(Interp *in)
{
    u32 to = read_u32(in), from = read_u32(in);
    u64 len = pop_index(in, is_64(in, to) && is_64(in, from));
    u64 src = pop_index(in, is_64(in, from));
    u64 dst = pop_index(in, is_64(in, to));
    return interp_charge(in, len) &&
           need(in, rt_memory_copy(memory_at(in, to), dst, memory_at(in, from), src, len));
}

static bool init(Interp *in)
{
    u32 segment = read_u32(in), memory = read_u32(in);
    u64 len = pop_u32(in), src = pop_u32(in), dst = pop_index(in, is_64(in, memory));
    return interp_charge(in, len) &&
           need(in, rt_memory_init(in->frame->instance, segment, memory_at(in, memory), dst, src,
                         len));
}

static bool data_drop(Interp *in)
{
    rt_data_drop(in->frame->instance, read_u32(in));
    return true;
}

#define LOAD(M, T)                              \
    {                                           \
        const u8 *at = place(in, sizeof(M));    \
        M value;                                \
        if (!at)                                \
            return false;                       \
        memcpy(&value, at, sizeof value);       \
        push_##T(in, (T)value);                 \
        return true;                            \
    }

#define STORE(M, T)                           \
    {                                         \
        M value = (M)pop_##T(in);             \
        u8 *at = place(in, sizeof(M));        \
        if (!at)                              \
            return false;                     \
        memcpy(at, &value, sizeof value);     \
        return true;                          \
    }

bool interp_memory(Interp *in, WasmOp op)
{
    switch (op) {
#define X(name, ...) case WASM_OP_##name: __VA_ARGS__;
#include "interp/memory.def"
#undef X
    default: UNREACHABLE();
    }
}
