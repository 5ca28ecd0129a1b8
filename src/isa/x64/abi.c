/* What the convention needs of x86-64: see MAbiOps. */
#include "isa/x64/abi.h"

#include "mach/lower.h"

const u8 x64_int_args[VM_MAX_INT_ARGS] = {
    X64_GPR(X64_RDI), X64_GPR(X64_RSI), X64_GPR(X64_RDX), X64_GPR(X64_RCX),
    X64_GPR(X64_R8),  X64_GPR(X64_R9),  X64_GPR(X64_R10), X64_GPR(X64_RAX),
};
const u8 x64_vec_args[VM_MAX_VEC_ARGS] = {
    X64_XMM(0), X64_XMM(1), X64_XMM(2), X64_XMM(3), X64_XMM(4), X64_XMM(5), X64_XMM(6), X64_XMM(7),
};
const u8 x64_int_results[VM_MAX_INT_RESULTS] = {
    X64_GPR(X64_RAX), X64_GPR(X64_RDX), X64_GPR(X64_RCX),
    X64_GPR(X64_RSI), X64_GPR(X64_RDI), X64_GPR(X64_R8),
};
const u8 x64_vec_results[VM_MAX_VEC_RESULTS] = {X64_XMM(0), X64_XMM(1), X64_XMM(2), X64_XMM(3)};

/* How a value of a type is moved to and from memory. */
static u16 load_op(IrType type, u8 *width)
{
    *width = type == IR_I32 || type == IR_F32 || type == IR_GCREF ? 4 : type == IR_V128 ? 16 : 8;
    return type == IR_V128 ? X64_MOVUPS_RM
           : type == IR_F32 || type == IR_F64 ? X64_FMOV_RM
                                              : X64_MOV_RM;
}

static u16 store_op(IrType type, u8 *width)
{
    switch (load_op(type, width)) {
    case X64_MOVUPS_RM: return X64_MOVUPS_MR;
    case X64_FMOV_RM: return X64_FMOV_MR;
    default: return X64_MOV_MR;
    }
}

static MInst *open_frame_inst(LowerCtx *cx, u16 op, u8 width, u8 area, i32 disp)
{
    MInst *inst = mach_inst(cx, op, width);
    inst->mem = M_MEM | M_FRAME;
    inst->area = area;
    inst->disp = disp;
    return inst;
}

static void load_frame(LowerCtx *cx, u32 vreg, IrType type, u8 area, i32 disp)
{
    u8 width;
    u16 op = load_op(type, &width);
    open_frame_inst(cx, op, width, area, disp);
    mach_opnd_def(cx, vreg);
}

static void store_frame(LowerCtx *cx, u32 vreg, IrType type, u8 area, i32 disp)
{
    u8 width;
    u16 op = store_op(type, &width);
    open_frame_inst(cx, op, width, area, disp);
    mach_opnd_use(cx, vreg);
}

static void load_mem(LowerCtx *cx, u32 vreg, IrType type, u32 base, i32 disp)
{
    u8 width;
    u16 op = load_op(type, &width);
    MInst *inst = mach_inst(cx, op, width);
    inst->mem = M_MEM | M_BASE;
    inst->disp = disp;
    inst->src = 0;
    mach_opnd_use(cx, base);
    mach_opnd_def(cx, vreg);
}

static void store_mem(LowerCtx *cx, u32 vreg, IrType type, u32 base, i32 disp)
{
    u8 width;
    u16 op = store_op(type, &width);
    MInst *inst = mach_inst(cx, op, width);
    inst->mem = M_MEM | M_BASE;
    inst->disp = disp;
    inst->src = 0;
    mach_opnd_use(cx, vreg);
    mach_opnd_use(cx, base);
}

static void frame_address(LowerCtx *cx, u32 vreg, u8 area, i32 disp)
{
    open_frame_inst(cx, X64_LEA, 8, area, disp);
    mach_opnd_def(cx, vreg);
}

static u64 import_record(const LowerCtx *cx, u32 func)
{
    return cx->ir->layout->imported_funcs + 8 * (u64)func;
}

/* Through a record or an address in a register that no argument has. */
static void open_through(LowerCtx *cx, IrRef callee, u16 op)
{
    u32 at = mach_use(cx, callee);
    mach_inst(cx, op, 0);
    mach_opnd_fixed(cx, at, RA_USE, X64_GPR(X64_R11));
}

static void open_call(LowerCtx *cx, const IrNode *call, bool is_tail)
{
    switch (call->op) {
    case IR_CALL: case IR_TAIL_CALL: case IR_TRY_CALL:
        mach_inst(cx, is_tail ? X64_TAIL : X64_CALL, 0)->imm = call->a;
        break;
    case IR_CALL_REF: case IR_TAIL_CALL_REF: case IR_TRY_CALL_REF:
        open_through(cx, call->a, is_tail ? X64_TAIL_REF : X64_CALL_REF);
        break;
    case IR_CALL_CODE: case IR_TAIL_CALL_CODE: case IR_TRY_CALL_CODE:
        open_through(cx, call->a, is_tail ? X64_TAIL_CODE : X64_CALL_CODE);
        break;
    case IR_CALL_IMPORT: case IR_TAIL_CALL_IMPORT: case IR_TRY_CALL_IMPORT:
        mach_inst(cx, is_tail ? X64_TAIL_IMPORT : X64_CALL_IMPORT, 0)->imm =
            import_record(cx, call->a);
        break;
    case IR_LIBCALL:
        mach_inst(cx, X64_CALL_LIB, 0)->imm = call->a;
        break;
    default:
        UNREACHABLE();
    }
}

static void open_return(LowerCtx *cx) { mach_inst(cx, X64_RET, 0); }
static void open_params(LowerCtx *cx) { mach_inst(cx, X64_ENTRY, 0); }

const MAbiOps x64_abi_ops = {
    .load_frame = load_frame,
    .store_frame = store_frame,
    .load_mem = load_mem,
    .store_mem = store_mem,
    .frame_address = frame_address,
    .open_call = open_call,
    .open_return = open_return,
    .open_params = open_params,
};
