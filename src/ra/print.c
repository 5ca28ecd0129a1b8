/* The function as text: blocks with edges and phis, each instruction with the edits before it. The
 * back end's own dump (mach/print.c) names instructions; this one is for tests and debugging. */
#include "ra/ra.h"

static void put_loc(StrBuf *out, RaLoc loc)
{
    if (RA_IS_REG(loc))
        sb_printf(out, "%c%u", RA_REG_CLASS(loc) == RA_GPR ? 'r' : 'x', RA_REG_INDEX(loc));
    else if (RA_IS_SLOT(loc))
        sb_printf(out, "[%u]", RA_SLOT_INDEX(loc));
    else
        sb_puts(out, "?");
}

static void put_set(StrBuf *out, u64 set)
{
    sb_puts(out, "{");
    for (u64 left = set; left; left &= left - 1) {
        put_loc(out, ctz64(left));
        if (left & (left - 1))
            sb_puts(out, " ");
    }
    sb_puts(out, "}");
}

/* v12=r3, then what the instruction asks for: !r3 fixed, ~ late or early, ^0 tied, ? slot will do
 */
static void put_opnd(StrBuf *out, const RaOpnd *o)
{
    sb_printf(out, o->role == RA_TEMP ? " t%u=" : " v%u=", o->vreg);
    put_loc(out, o->loc);
    if (o->fixed != RA_ANY_REG) {
        sb_puts(out, "!");
        put_loc(out, o->fixed);
    }
    if (o->role == RA_USE_LATE || o->role == RA_DEF_EARLY)
        sb_puts(out, "~");
    if (o->role >= RA_DEF && o->role != RA_TEMP && o->tied != RA_UNTIED)
        sb_printf(out, "^%u", o->tied);
    if (o->flags & RA_SLOT_OK)
        sb_puts(out, "?");
}

static void put_edit(StrBuf *out, const RaEdit *e)
{
    sb_puts(out, "           ");
    if (e->kind == RA_SWAP) {
        put_loc(out, e->from);
        sb_puts(out, " <-> ");
        put_loc(out, e->to);
    } else {
        put_loc(out, e->to);
        sb_printf(out, e->kind == RA_MOVE ? " <- v%u=" : " <- make v%u", e->vreg);
        if (e->kind == RA_MOVE)
            put_loc(out, e->from);
    }
    sb_puts(out, "\n");
}

static void put_inst(StrBuf *out, const RaFunc *f, u32 i)
{
    const RaInst *inst = &f->insts[i];
    const RaOpnd *o = f->opnds + inst->opnd, *end = o + inst->nopnds;
    sb_printf(out, "%8u:", i);
    const RaOpnd *defs = o;
    while (defs < end && (defs->role <= RA_USE_LATE || defs->role == RA_TEMP))
        defs++;
    for (const RaOpnd *d = defs; d < end; d++)
        put_opnd(out, d);
    sb_puts(out, defs < end ? " <-" : "");
    sb_puts(out, inst->is_move ? " copy" : "");
    for (; o < defs; o++)
        put_opnd(out, o);
    if (inst->clobber) {
        sb_puts(out, " clobbers ");
        put_set(out, f->clobbers[inst->clobber]);
    }
    sb_puts(out, "\n");
}

static void put_block(StrBuf *out, const RaFunc *f, u32 b)
{
    const RaBlock *block = &f->blocks[b];
    sb_printf(out, "block %u: freq 2^%u, depth %u", b, block->freq_log2, block->loop_depth);
    if (block->loop_end)
        sb_printf(out, ", loop to %u", block->loop_end - 1);
    for (u32 k = 0; k < block->npred; k++)
        sb_printf(out, "%s%u", k ? " " : ", from ", f->edges[block->pred_at + k]);
    for (u32 k = 0; k < block->nsucc; k++)
        sb_printf(out, "%s%u", k ? " " : ", to ", f->edges[block->succ_at + k]);
    sb_puts(out, "\n");
    for (u32 i = block->phi_at; i < block->phi_at + block->nphis; i++) {
        sb_printf(out, "          v%u <- phi", f->phis[i].def);
        for (u32 k = 0; k < block->npred; k++)
            sb_printf(out, " v%u", f->phi_inputs[f->phis[i].input + k]);
        sb_puts(out, "\n");
    }
}

void ra_print(const RaFunc *f, StrBuf *out)
{
    u32 e = 0;
    for (u32 b = 0; b < f->nblocks; b++) {
        put_block(out, f, b);
        for (u32 i = f->blocks[b].first; i < f->blocks[b].end; i++) {
            for (; e < f->edits.len && f->edits.at[e].at == i; e++)
                put_edit(out, &f->edits.at[e]);
            put_inst(out, f, i);
        }
    }
    sb_printf(out, "slots %u, used ", f->nslots);
    put_set(out, f->used);
    sb_puts(out, "\n");
    for (u32 i = 0; i < f->stack_refs.len; i++)
        sb_printf(out, "reference at %u in [%u]\n", f->stack_refs.at[i].at,
                  f->stack_refs.at[i].slot);
}
