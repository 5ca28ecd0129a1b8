/* Selection for AArch64, generated from rules/a64/lower.r. */
#include "ir/rulemath.h"
#include "isa/a64/a64_int.h"

#define NODE(ref) (&cx->nodes[ref])

#include "a64_lower_gen.inc"

bool a64_lower(LowerCtx *cx, IrRef node) { return lower_node(cx, node); }

static void jump(LowerCtx *cx) { mach_inst(cx, A64_JMP, 0); }

static void add_offset(LowerCtx *cx, u32 to, u32 base, u64 offset)
{
    u32 k = base ? mach_new_vreg(cx, RA_GPR, 0) : to;
    mach_inst(cx, A64_MOV_RI, 8)->imm = offset;
    mach_opnd_def(cx, k);
    if (!base)
        return;
    mach_inst(cx, A64_ADD_RRR, 8);
    mach_opnd_use(cx, base);
    mach_opnd_use(cx, k);
    mach_opnd_def(cx, to);
}

const MLowerOps a64_lower_ops = {
    .fold_address = fold_address, .jump = jump, .add_offset = add_offset,
};
