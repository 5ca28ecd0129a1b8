/* What the convention needs of AArch64: see MAbiOps. Floats have no instructions yet, so they reach
 * this file in signatures only. */
#include "isa/a64/a64_int.h"

const u8 a64_int_regs[VM_MAX_INT_ARGS] = {
    A64_GPR(0), A64_GPR(1), A64_GPR(2), A64_GPR(3), A64_GPR(4), A64_GPR(5), A64_GPR(6), A64_GPR(7),
};
const u8 a64_vec_regs[VM_MAX_VEC_ARGS] = {
    RA_REG(RA_VEC, 0), RA_REG(RA_VEC, 1), RA_REG(RA_VEC, 2), RA_REG(RA_VEC, 3),
    RA_REG(RA_VEC, 4), RA_REG(RA_VEC, 5), RA_REG(RA_VEC, 6), RA_REG(RA_VEC, 7),
};

static MInst *open_mem(LowerCtx *cx, u16 op, IrType type, i32 disp)
{
    u8 width = type == IR_I32 || type == IR_GCREF ? 4 : 8;
    MInst *inst = mach_inst(cx, op, op == A64_LEA ? 0 : width);
    inst->disp = disp;
    return inst;
}

static void open_frame(LowerCtx *cx, u16 op, IrType type, u8 area, i32 disp)
{
    MInst *inst = open_mem(cx, op, type, disp);
    inst->mem = M_MEM | M_FRAME;
    inst->area = area;
}

static void load_frame(LowerCtx *cx, u32 vreg, IrType type, u8 area, i32 disp)
{
    open_frame(cx, A64_LDR, type, area, disp);
    mach_opnd_def(cx, vreg);
}

static void store_frame(LowerCtx *cx, u32 vreg, IrType type, u8 area, i32 disp)
{
    open_frame(cx, A64_STR, type, area, disp);
    mach_opnd_use(cx, vreg);
}

static void load_mem(LowerCtx *cx, u32 vreg, IrType type, u32 base, i32 disp)
{
    open_mem(cx, A64_LDR, type, disp)->mem = M_MEM | M_BASE;
    mach_opnd_use(cx, base);
    mach_opnd_def(cx, vreg);
}

static void store_mem(LowerCtx *cx, u32 vreg, IrType type, u32 base, i32 disp)
{
    open_mem(cx, A64_STR, type, disp)->mem = M_MEM | M_BASE;
    mach_opnd_use(cx, vreg);
    mach_opnd_use(cx, base);
}

static void frame_address(LowerCtx *cx, u32 vreg, u8 area, i32 disp)
{
    open_frame(cx, A64_LEA, IR_I64, area, disp);
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
    mach_opnd_fixed(cx, at, RA_USE, A64_GPR(A64_RECORD));
}

static void open_call(LowerCtx *cx, const IrNode *call, bool is_tail)
{
    switch (call->op) {
    case IR_CALL: case IR_TAIL_CALL: case IR_TRY_CALL:
        mach_inst(cx, is_tail ? A64_TAIL : A64_CALL, 0)->imm = call->a;
        break;
    case IR_CALL_REF: case IR_TAIL_CALL_REF: case IR_TRY_CALL_REF:
        open_through(cx, call->a, is_tail ? A64_TAIL_REF : A64_CALL_REF);
        break;
    case IR_CALL_CODE: case IR_TAIL_CALL_CODE: case IR_TRY_CALL_CODE:
        open_through(cx, call->a, is_tail ? A64_TAIL_CODE : A64_CALL_CODE);
        break;
    case IR_CALL_IMPORT: case IR_TAIL_CALL_IMPORT: case IR_TRY_CALL_IMPORT:
        mach_inst(cx, is_tail ? A64_TAIL_IMPORT : A64_CALL_IMPORT, 0)->imm =
            import_record(cx, call->a);
        break;
    case IR_LIBCALL:
        mach_inst(cx, A64_CALL_LIB, 0)->imm = call->a;
        break;
    default:
        UNREACHABLE();
    }
}

static void open_return(LowerCtx *cx) { mach_inst(cx, A64_RET, 0); }
static void open_params(LowerCtx *cx) { mach_inst(cx, A64_ENTRY, 0); }

const MAbiOps a64_abi_ops = {
    .load_frame = load_frame,
    .store_frame = store_frame,
    .load_mem = load_mem,
    .store_mem = store_mem,
    .frame_address = frame_address,
    .open_call = open_call,
    .open_return = open_return,
    .open_params = open_params,
};
