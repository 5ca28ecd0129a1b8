/* Private to the lowering driver: lower.c, blocks.c, match.c. */
#ifndef STINT_MACH_LOWER_INT_H
#define STINT_MACH_LOWER_INT_H

#include "mach/lower.h"

/* blocks.c: machine blocks, their edges and what is known of their order. Fills m->ra.blocks but
 * for instructions and phis, and cx->machine_block, edge_to, pred_place, pred_no. */
void mach_make_blocks(LowerCtx *cx);
/* freq.c: by IR block, log2 of how often it runs: the entry block 16, cold ones 0, others 1 and
 * more. */
u8 *mach_estimate_freqs(const IrFunc *f, Arena *arena);

#endif
