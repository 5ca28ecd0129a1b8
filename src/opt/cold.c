#include "opt/opt.h"

static bool ends_in_trap(const IrFunc *f, IrRef ref) { return ir_node(f, ref)->op == IR_TRAP; }

void opt_mark_cold(IrFunc *f)
{
    /* Successors come later but for back edges, so one backward walk sees them first. */
    for (IrRef r = 1; r < f->nodes.len; r++)
        if (ends_in_trap(f, r))
            f->blocks.at[f->block_of.at[r]].is_cold = true;
    for (IrBlk b = f->blocks.len; b-- > 1;) {
        IrBlock *block = &f->blocks.at[b];
        bool is_cold = block->nsucc > 0;
        for (u32 i = 0; i < block->nsucc && is_cold; i++) {
            IrBlk to = ir_succs(f, b)[i];
            is_cold = to > b && f->blocks.at[to].is_cold;
        }
        block->is_cold |= is_cold;
    }
    f->blocks.at[0].is_cold = false;
}
