#include "opt/opt.h"

static bool ends_in_trap(const IrFunc *f, IrRef ref) { return ir_node(f, ref)->op == IR_TRAP; }

/* What only cold blocks lead to is cold, up to the next loop: that may still run for long. */
static void spread_forwards(IrFunc *f)
{
    for (IrBlk b = 1; b < f->blocks.len; b++) {
        IrBlock *block = &f->blocks.at[b];
        bool is_cold = true;
        for (u32 i = 0; i < block->npred && is_cold; i++) {
            IrBlk from = ir_preds(f, b)[i];
            is_cold = from < b && f->blocks.at[from].is_cold;
        }
        block->is_cold |= is_cold;
    }
}

void opt_mark_cold(IrFunc *f)
{
    /* Successors come later but for back edges, so one backward walk sees them first. */
    for (IrRef r = 1; r < f->nodes.len; r++)
        if (ends_in_trap(f, r))
            f->blocks.at[f->block_of.at[r]].is_cold = true;
        else if (ir_is_try_call(f->nodes.at[r].op))
            f->blocks.at[ir_succs(f, f->block_of.at[r])[1]].is_cold = true;
    for (IrBlk b = f->blocks.len; b-- > 1;) {
        IrBlock *block = &f->blocks.at[b];
        bool is_cold = block->nsucc > 0;
        for (u32 i = 0; i < block->nsucc && is_cold; i++) {
            IrBlk to = ir_succs(f, b)[i];
            is_cold = to > b && f->blocks.at[to].is_cold;
        }
        block->is_cold |= is_cold;
    }
    spread_forwards(f);
    f->blocks.at[0].is_cold = false;
}
