/* Linear memory: addresses, the policy of bounds checks, bulk operations. */
#include "front/bounds.h"
#include "front/memory.h"

typedef struct AccessRow {
    u8 op;   /* IrOp; IR_NONE: no access of this kind */
    u8 type; /* of the value loaded; IR_VOID for stores */
} AccessRow;

static const AccessRow access_rows[WASM_OP_COUNT] = {
    [WASM_OP_I32_LOAD] = {IR_LOAD, IR_I32},
    [WASM_OP_I64_LOAD] = {IR_LOAD, IR_I64},
    [WASM_OP_F32_LOAD] = {IR_LOAD, IR_F32},
    [WASM_OP_F64_LOAD] = {IR_LOAD, IR_F64},
    [WASM_OP_I32_LOAD8_S] = {IR_LOAD8_S, IR_I32},
    [WASM_OP_I32_LOAD8_U] = {IR_LOAD8_U, IR_I32},
    [WASM_OP_I32_LOAD16_S] = {IR_LOAD16_S, IR_I32},
    [WASM_OP_I32_LOAD16_U] = {IR_LOAD16_U, IR_I32},
    [WASM_OP_I64_LOAD8_S] = {IR_LOAD8_S, IR_I64},
    [WASM_OP_I64_LOAD8_U] = {IR_LOAD8_U, IR_I64},
    [WASM_OP_I64_LOAD16_S] = {IR_LOAD16_S, IR_I64},
    [WASM_OP_I64_LOAD16_U] = {IR_LOAD16_U, IR_I64},
    [WASM_OP_I64_LOAD32_S] = {IR_LOAD32_S, IR_I64},
    [WASM_OP_I64_LOAD32_U] = {IR_LOAD32_U, IR_I64},
    [WASM_OP_I32_STORE] = {IR_STORE, IR_VOID},
    [WASM_OP_I64_STORE] = {IR_STORE, IR_VOID},
    [WASM_OP_F32_STORE] = {IR_STORE, IR_VOID},
    [WASM_OP_F64_STORE] = {IR_STORE, IR_VOID},
    [WASM_OP_I32_STORE8] = {IR_STORE8, IR_VOID},
    [WASM_OP_I32_STORE16] = {IR_STORE16, IR_VOID},
    [WASM_OP_I64_STORE8] = {IR_STORE8, IR_VOID},
    [WASM_OP_I64_STORE16] = {IR_STORE16, IR_VOID},
    [WASM_OP_I64_STORE32] = {IR_STORE32, IR_VOID},
    [WASM_OP_V128_LOAD] = {IR_LOAD, IR_V128},
    [WASM_OP_V128_STORE] = {IR_STORE, IR_VOID},
};

static u32 memory_off(const Front *w, u32 memory)
{
    return w->fm->layout.memories + memory * (u32)sizeof(VmMemoryRef);
}

/* Imported memories may be one object; own ones are apart from all others. */
static u32 memory_class(const Front *w, u32 memory)
{
    return IR_ALIAS_MEMORY0 + (memory < w->m->n_imported_memories ? 0 : memory);
}

static IrRef memory_head(Front *w, u32 memory)
{
    return ir_emit(w->b, IR_CTXLD, IR_I64, 0, 0,
                   memory_off(w, memory) + (u32)offsetof(VmMemoryRef, memory));
}

static IrRef memory_bytes(Front *w, u32 memory)
{
    return ir_emit(w->b, IR_PLOAD, IR_I64, memory_head(w, memory), IR_ALIAS_HOST,
                   (u32)offsetof(VmMemory, size_bytes));
}

static const WasmLimits *limits_of(const Front *w, u32 memory)
{
    return &w->m->memories[memory].limits;
}

/* Traps unless index + end is at most the memory's length. */
static void check_end(Front *w, u32 memory, IrRef index, u64 end)
{
    const u32 words[3] = {(u32)end, (u32)(end >> 32), memory};
    ir_emit(w->b, IR_BOUNDS, IR_VOID, index, memory_bytes(w, memory), ir_extra(w->b, words, 3));
}

/* Emits what keeps an access inside its memory. False: it always traps. */
static bool check_access(Front *w, u32 memory, IrRef index, u64 offset, u32 bytes)
{
    const BoundsQuery query = {
        .is_64 = limits_of(w, memory)->is_64,
        .page_log2 = limits_of(w, memory)->page_log2,
        .explicit_bounds = w->fm->options.explicit_bounds,
        .is_known = ir_is_const(w->f, index),
        .index = ir_is_const(w->f, index) ? ir_const_value(w->f, index) : 0,
        .offset = offset,
        .bytes = bytes,
    };
    switch (front_bounds(&query)) {
    case BOUNDS_NONE:
        return true;
    case BOUNDS_INDEX:
        return check_end(w, memory, index, 0), true;
    case BOUNDS_END:
        return check_end(w, memory, index, offset + bytes), true;
    case BOUNDS_NEVER:
        front_trap_if(w, number(w, 1), VM_TRAP_MEMORY_OUT_OF_BOUNDS);
        return false;
    }
    UNREACHABLE();
}

/* Every access of generated code to a linear memory gets its address here. */
IrRef memory_address(Front *w, u32 memory, IrRef index, u64 offset, u32 bytes)
{
    bool is_64 = limits_of(w, memory)->is_64;
    IrType type = is_64 ? IR_I64 : IR_I32;
    if (!check_access(w, memory, index, offset, bytes)) {
        index = ir_const(w->b, type, 0); /* what follows the trap is not reached */
        offset = 0;
    }
    if (ir_is_const(w->f, index) && ir_const_value(w->f, index) <= UINT32_MAX &&
        ir_const_value(w->f, index) + offset <= UINT32_MAX) {
        offset += ir_const_value(w->f, index);
        index = ir_const(w->b, type, 0);
    }
    if (offset > UINT32_MAX) { /* of i64 indices only; the sum was checked not to wrap */
        index = ir_emit2(w->b, IR_ADD, IR_I64, index, ir_const(w->b, IR_I64, offset));
        offset = 0;
    }
    bool is_gs = memory == 0 && w->fm->options.use_gs;
    IrRef base = is_gs ? 0
                       : ir_emit(w->b, IR_CTXLD, IR_I64, 0, 0,
                                 memory_off(w, memory) + (u32)offsetof(VmMemoryRef, base));
    return ir_emit(w->b, is_64 ? IR_EA64 : IR_EA, IR_I64, base, index, (u32)offset);
}

IrRef memory_load(Front *w, const WasmMemArg *arg, IrRef index, IrOp op, IrType type)
{
    IrRef at = memory_address(w, arg->memory, index, arg->offset, ir_access_bytes(op, type));
    return ir_emit(w->b, op, type, at, memory_class(w, arg->memory), 0);
}

void memory_store(Front *w, const WasmMemArg *arg, IrRef index, IrOp op, IrRef value)
{
    IrType type = (IrType)ir_node(w->f, value)->type;
    front_charge(w);
    IrRef at = memory_address(w, arg->memory, index, arg->offset, ir_access_bytes(op, type));
    ir_emit(w->b, op, IR_VOID, at, value, memory_class(w, arg->memory));
}

void memory_check_word(Front *w, u32 memory, IrRef index, u64 offset, u32 bytes)
{
    u64 end = offset + bytes;
    if (end < bytes || end > FRONT_MAX_LENGTH)
        front_trap_if(w, number(w, 1), VM_TRAP_MEMORY_OUT_OF_BOUNDS);
    else
        check_end(w, memory, index, end);
}

static void access_op(Front *w, const AccessRow *row)
{
    WasmMemArg arg = wasm_read_memarg(&w->reader);
    IrRef value = row->type == IR_VOID ? pop(w) : 0;
    IrRef index = pop(w);
    if (value)
        memory_store(w, &arg, index, (IrOp)row->op, value);
    else
        push(w, memory_load(w, &arg, index, (IrOp)row->op, (IrType)row->type));
}

/* A number of pages as the memory's index type has it. */
static IrRef narrow(Front *w, u32 memory, IrRef pages)
{
    return limits_of(w, memory)->is_64 ? pages : ir_emit1(w->b, IR_WRAP, IR_I32, pages);
}

static void memory_size(Front *w)
{
    u32 memory = wasm_read_u32(&w->reader);
    if (limits_of(w, memory)->is_shared) /* others may have grown it */
        ir_clobber_group(w->b, IR_GROUP_HOST);
    IrRef pages = ir_emit2(w->b, IR_SHR_U, IR_I64, memory_bytes(w, memory),
                           ir_const(w->b, IR_I64, limits_of(w, memory)->page_log2));
    push(w, narrow(w, memory, pages));
}

static void memory_grow(Front *w)
{
    u32 memory = wasm_read_u32(&w->reader);
    const IrRef args[] = {widen(w, pop(w)), number(w, memory)};
    front_charge_length(w, args[0]);
    push(w, narrow(w, memory, front_libcall(w, VM_LIBCALL_MEMORY_GROW, args, 2)));
}

static void memory_copy(Front *w)
{
    u32 to = wasm_read_u32(&w->reader), from = wasm_read_u32(&w->reader);
    IrRef len = pop(w), src = pop(w), dst = pop(w);
    const IrRef args[] = {widen(w, dst), widen(w, src), widen(w, len), number(w, to),
                          number(w, from)};
    front_charge_length(w, len);
    front_libcall(w, VM_LIBCALL_MEMORY_COPY, args, 5);
}

static void memory_fill(Front *w)
{
    u32 memory = wasm_read_u32(&w->reader);
    IrRef len = pop(w), byte = pop(w), dst = pop(w);
    const IrRef args[] = {widen(w, dst), byte, widen(w, len), number(w, memory)};
    front_charge_length(w, len);
    front_libcall(w, VM_LIBCALL_MEMORY_FILL, args, 4);
}

static void memory_init(Front *w)
{
    u32 segment = wasm_read_u32(&w->reader), memory = wasm_read_u32(&w->reader);
    IrRef len = pop(w), src = pop(w), dst = pop(w);
    const IrRef args[] = {number(w, segment), widen(w, dst), widen(w, src), widen(w, len),
                          number(w, memory)};
    front_charge_length(w, len);
    front_libcall(w, VM_LIBCALL_MEMORY_INIT, args, 5);
}

static void data_drop(Front *w)
{
    const IrRef args[] = {number(w, wasm_read_u32(&w->reader))};
    front_libcall(w, VM_LIBCALL_DATA_DROP, args, 1);
}

bool memory_op(Front *w, WasmOp op)
{
    if (access_rows[op].op != IR_NONE)
        return access_op(w, &access_rows[op]), true;
    switch (op) {
    case WASM_OP_MEMORY_SIZE:
        return memory_size(w), true;
    case WASM_OP_MEMORY_GROW:
        return memory_grow(w), true;
    case WASM_OP_MEMORY_COPY:
        return memory_copy(w), true;
    case WASM_OP_MEMORY_FILL:
        return memory_fill(w), true;
    case WASM_OP_MEMORY_INIT:
        return memory_init(w), true;
    case WASM_OP_DATA_DROP:
        return data_drop(w), true;
    default:
        return false;
    }
}
