/* Runtime of the fold rules: the matcher is generated from rules/fold.r and rules/ir.r by
 * tools/rulegen.py (fold_gen.inc). Here is what rules may ask of a value besides its shape. A rule
 * builds nodes through ir_emit, so results are folded again; the builder bounds how deep.
 * Tests: test/file/opt/fold*, tools/rulecheck.py. */
#include "opt/fold.h"

#include "ir/rulemath.h"

#define NODE(ref) (&b->f->nodes.at[ref])

/* How far down a value is looked at for known bits. */
#define FOLD_DEPTH 4

static u64 constant(const IrNode *n) { return n->b | (u64)n->c << 32; }

static u64 fold_extra64(const IrBuilder *b, u32 at)
{
    return b->f->extra.at[at] | (u64)b->f->extra.at[at + 1] << 32;
}

static u64 shifted_zeros(const IrBuilder *b, const IrNode *n, u32 width, u64 zeros)
{
    const IrNode *k = NODE(n->b);
    if (k->op != IR_ICONST)
        return 0;
    u64 count = constant(k) & (width - 1);
    if (n->op == IR_SHL)
        return zeros << count | (((u64)1 << count) - 1);
    return zeros >> count | ~(~(u64)0 >> count); /* bits above the width are zeros, too */
}

/* Bits of the value known to be zero; those above an i32 among them. */
static u64 fold_zeros(const IrBuilder *b, IrRef ref, u32 depth)
{
    const IrNode *n = NODE(ref);
    u32 width = n->type == IR_I64 || n->type == IR_REF ? 64 : 32;
    u64 above = ~rm_mask(width);
    if (ir_op_info[n->op].flags & IR_BOOL)
        return ~(u64)1;
    if (!depth)
        return above;
    depth--;
    switch (n->op) {
    case IR_ICONST:
        return ~constant(n);
    case IR_AND:
        return fold_zeros(b, n->a, depth) | fold_zeros(b, n->b, depth);
    case IR_OR:
    case IR_XOR:
        return fold_zeros(b, n->a, depth) & fold_zeros(b, n->b, depth);
    case IR_SELECT:
        return fold_zeros(b, n->b, depth) & fold_zeros(b, n->c, depth);
    case IR_SHL:
    case IR_SHR_U:
        return above | shifted_zeros(b, n, width, fold_zeros(b, n->a, depth));
    case IR_EXT_U:
        return fold_zeros(b, n->a, depth);
    case IR_WRAP:
        return above | fold_zeros(b, n->a, depth);
    case IR_LOAD8_U:
        return ~(u64)0xff;
    case IR_LOAD16_U:
        return ~(u64)0xffff;
    case IR_LOAD32_U:
        return ~(u64)0xffffffff;
    case IR_CLZ:
    case IR_CTZ:
    case IR_POPCNT:
        return ~(u64)(2 * width - 1);
    default:
        return above;
    }
}

#include "fold_gen.inc"

IrRef opt_fold(IrBuilder *b, const IrNode *node) { return fold_node(b, node); }
