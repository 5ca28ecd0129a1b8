/* Runtime of the fold rules: the matcher itself is generated (fold_gen.inc). */
#include "opt/fold.h"

#include "ir/rulemath.h"

#define NODE(ref) (&b->f->nodes.at[ref])

#include "fold_gen.inc"

IrRef opt_fold(IrBuilder *b, const IrNode *node) { return fold_node(b, node); }
