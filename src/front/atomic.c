/* Atomic accesses to linear memory, waiting and waking. */
#include "front/front_int.h"
#include "front/memory.h"

typedef enum Shape { NO_SHAPE, LOAD, STORE, RMW, NEG, CAS } Shape;

typedef struct AtomicRow {
    u8 shape;
    u8 op;   /* IrOp */
    u8 type; /* IrType of the value */
} AtomicRow;

static const AtomicRow atomic_rows[WASM_OP_COUNT] = {
#define X(wasm, shape, op, type) [WASM_OP_##wasm] = {shape, IR_##op, IR_##type},
#include "front/atomic.def"
#undef X
};

/* Traps unless index + offset is a multiple of `bytes`; a base is, and sums that wrap keep it. */
static void check_aligned(Front *w, IrRef index, u64 offset, u32 bytes)
{
    IrType type = (IrType)ir_node(w->f, index)->type;
    u64 mask = bytes - 1;
    if (bytes == 1)
        return;
    if (offset & mask)
        index = ir_emit2(w->b, IR_ADD, type, index, ir_const(w->b, type, offset & mask));
    IrRef rest = ir_emit2(w->b, IR_AND, type, index, ir_const(w->b, type, mask));
    front_trap_if(w, ir_emit2(w->b, IR_NE, IR_I32, rest, ir_const(w->b, type, 0)),
                  VM_TRAP_HEAP_MISALIGNED);
}

static void access_op(Front *w, WasmOp op, const AtomicRow *row)
{
    IrType type = (IrType)row->type;
    WasmMemArg arg = wasm_read_memarg(&w->reader);
    u32 bytes = 1u << wasm_ops[op].width;
    IrRef c = row->shape == CAS ? pop(w) : 0;
    IrRef b = row->shape == LOAD ? 0 : pop(w);
    IrRef index = pop(w);
    front_charge(w);
    check_aligned(w, index, arg.offset, bytes);
    IrRef at = memory_address(w, arg.memory, index, arg.offset, bytes);
    if (row->shape == NEG)
        b = ir_emit2(w->b, IR_SUB, type, ir_const(w->b, type, 0), b);
    bool is_store = row->shape == STORE;
    IrRef old = ir_emit(w->b, (IrOp)row->op, is_store ? IR_VOID : type, at, b, c);
    if (!is_store)
        push(w, old);
}

/* index + offset as an i64, of an aligned word inside the memory. An address past what the index
 * type reaches is out of bounds whether it is aligned or not: libwasmtime says so of these
 * operators, unlike those above. */
static IrRef word_address(Front *w, WasmMemArg arg, IrRef index, u32 bytes)
{
    bool is_64 = ir_node(w->f, index)->type == IR_I64;
    IrRef offset = ir_const(w->b, IR_I64, arg.offset);
    IrRef sum = ir_emit2(w->b, IR_ADD, IR_I64, widen(w, index), offset);
    if (arg.offset) {
        IrRef wraps = is_64 ? ir_emit2(w->b, IR_LT_U, IR_I32, sum, offset)
                            : ir_emit2(w->b, IR_LT_U, IR_I32,
                                       ir_const(w->b, IR_I64, UINT32_MAX), sum);
        front_trap_if(w, wraps, VM_TRAP_MEMORY_OUT_OF_BOUNDS);
    }
    check_aligned(w, index, arg.offset, bytes);
    memory_check_word(w, arg.memory, index, arg.offset, bytes);
    return sum;
}

static void notify(Front *w)
{
    WasmMemArg arg = wasm_read_memarg(&w->reader);
    IrRef count = pop(w), index = pop(w);
    front_charge(w);
    const IrRef args[] = {word_address(w, arg, index, 4), count, number(w, arg.memory)};
    push(w, front_libcall(w, VM_LIBCALL_MEMORY_NOTIFY, args, 3));
}

static void wait(Front *w, VmLibcall call, u32 bytes)
{
    WasmMemArg arg = wasm_read_memarg(&w->reader);
    IrRef timeout = pop(w), expected = pop(w), index = pop(w);
    front_charge(w);
    const IrRef args[] = {word_address(w, arg, index, bytes), expected, timeout,
                          number(w, arg.memory)};
    push(w, front_libcall(w, call, args, 4));
}

bool atomic_op(Front *w, WasmOp op)
{
    if (atomic_rows[op].shape != NO_SHAPE)
        return access_op(w, op, &atomic_rows[op]), true;
    switch (op) {
    case WASM_OP_MEMORY_ATOMIC_NOTIFY:
        return notify(w), true;
    case WASM_OP_MEMORY_ATOMIC_WAIT32:
        return wait(w, VM_LIBCALL_MEMORY_WAIT32, 4), true;
    case WASM_OP_MEMORY_ATOMIC_WAIT64:
        return wait(w, VM_LIBCALL_MEMORY_WAIT64, 8), true;
    case WASM_OP_ATOMIC_FENCE:
        wasm_read_u8(&w->reader);
        ir_emit(w->b, IR_FENCE, IR_VOID, 0, 0, 0);
        return true;
    default:
        return false;
    }
}
