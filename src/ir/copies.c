/* Copies: phis that turned out to have one input beside themselves. They come from loop headers,
 * where phis are made before the back edges are known. */
#include "ir/build.h"

static IrRef resolve(IrRef *forward, IrRef ref)
{
    while (forward[ref] != ref) {
        forward[ref] = forward[forward[ref]];
        ref = forward[ref];
    }
    return ref;
}

/* The one value a phi can have, or 0. */
static IrRef only_input(const IrFunc *f, IrRef *forward, IrRef phi)
{
    const IrNode *n = ir_node(f, phi);
    IrRef only = 0;
    for (u32 i = 0; i < f->blocks.at[n->a].npred; i++) {
        IrRef input = resolve(forward, f->extra.at[n->c + i]);
        if (input == phi || input == only)
            continue;
        if (only)
            return 0;
        only = input;
    }
    return only;
}

/* Rounds over all phis: each may free others. What a bounded number of rounds leaves is correct,
 * only not minimal. */
#define MAX_ROUNDS 6

void ir_remove_copies(IrFunc *f)
{
    IrRef *forward = arena_array_raw(f->arena, IrRef, f->nodes.len);
    VEC(IrRef) phis = {0};
    for (IrRef r = 0; r < f->nodes.len; r++) {
        forward[r] = r;
        if (f->nodes.at[r].op == IR_PHI)
            vec_push(f->arena, &phis, r);
    }
    bool changed = true, any = false;
    for (u32 round = 0; changed && round < MAX_ROUNDS; round++) {
        changed = false;
        for (u32 i = phis.len; i-- > 0;) { /* inner loops first: their phis hide the outer ones */
            IrRef phi = phis.at[i], only;
            if (forward[phi] == phi && (only = only_input(f, forward, phi))) {
                forward[phi] = only;
                changed = any = true;
            }
        }
    }
    if (!any)
        return;
    for (IrRef r = 1; r < f->nodes.len; r++) {
        u32 count = ir_operand_count(f, r);
        for (u32 i = 0; i < count; i++) {
            u32 *operand = ir_operand(f, r, i);
            *operand = resolve(forward, *operand);
        }
    }
    for (u32 i = 0; i < phis.len; i++)
        if (forward[phis.at[i]] != phis.at[i])
            f->nodes.at[phis.at[i]] = (IrNode){0};
}
