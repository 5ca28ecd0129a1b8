/* opt/fold: simplification of a node about to be appended, by the rules of rules/fold.r and, for
 * constant operands, by the meanings in rules/ir.r. Pass opt_fold to ir_build_begin. */
#ifndef STINT_OPT_FOLD_H
#define STINT_OPT_FOLD_H

#include "ir/build.h"

/* What to use in place of the node, or 0 where nothing applies. */
IrRef opt_fold(IrBuilder *b, const IrNode *node);

#endif
