/* opt: passes over the IR. One file and one function per pass; comp/passes.def has their order.
 *
 * Promises: every pass keeps what ir_verify checks, runs in time linear in the function (capped
 * where it would not), and can be seen with --dump=NAME. Fold rules are not here but in
 * rules/fold.r; fold.h is their runtime, called while building. */
#ifndef STINT_OPT_H
#define STINT_OPT_H

#include "ir/ir.h"

/* Gives every live floating node a block and every block an order (Click, "Global Code Motion,
 * Global Value Numbering"): as late as its uses allow, but out of loops. Drops what nothing needs:
 * this is also dead-code elimination, invariant motion and sinking into cold paths. */
void opt_schedule(IrFunc *f);

/* Marks blocks that lead to nothing but a trap, or that only exceptions lead to. */
void opt_mark_cold(IrFunc *f);

#endif
