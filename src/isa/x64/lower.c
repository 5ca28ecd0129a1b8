/* Selection for x86-64: generated from rules/x64/lower.r by tools/rulegen.py, with the few pieces
 * that the driver asks for by name. */
#include "ir/rulemath.h"
#include "isa/x64/target.h"

#define NODE(ref) (&cx->nodes[ref])

#include "x64_lower_gen.inc"

bool x64_lower(LowerCtx *cx, IrRef node) { return lower_node(cx, node); }

static void jump(LowerCtx *cx) { mach_inst(cx, X64_JMP, 0); }

static void add_offset(LowerCtx *cx, u32 to, u32 base, u64 offset)
{
    u32 k = base ? mach_new_vreg(cx, RA_GPR, 0) : to;
    mach_inst(cx, X64_MOV_RI, 8)->imm = offset;
    mach_opnd_def(cx, k);
    if (!base)
        return;
    MAddr sum = mach_reg_addr(base, k, 0, 0);
    mach_use_addr(cx, &sum);
    mach_inst(cx, X64_LEA, 8);
    mach_opnd_addr(cx, &sum);
    mach_opnd_def(cx, to);
}

const MLowerOps x64_lower_ops = {
    .fold_address = fold_address, .jump = jump, .add_offset = add_offset,
    .unaligned = X64_HAS(AVX),
};
