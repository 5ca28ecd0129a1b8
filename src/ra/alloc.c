/* The allocator's driver: see ra_int.h for the order of its parts.
 *
 * Liveness and next uses are found backwards; then one walk forwards decides everything, keeping a
 * map from values to registers: at each block where values are (join.c), at each instruction what
 * moves (inst.c). Dominators come before what they dominate, so that a value met has been placed.
 * A value is in one register at most, and perhaps in its slot too, which once written stays
 * right, since values never change; `valid` says so for those in registers, and those in none
 * are in their slots. What the walk cannot know yet, it leaves for finish.c: which slot, whether
 * the stores it asked for are better made where the value is.
 *
 * Both efforts get the same, for now. Tried for the higher one: a second walk that knows the first
 * one's registers of phis, where values were at back edges and which callee-saved registers paid.
 * On programs in C and C++ it saved 1 to 2 % of the moves between registers, no loads, and cost as
 * much as the first; leaving out at headers what the first walk had lost by the back edge made
 * loads more.
 */
#include "ra/ra_int.h"

/* Live-in entries there may always be, and how many more for each instruction. */
#define LIVE_MIN (4u << 20)
#define LIVE_PER_INST 8
/* A callee-saved register costs two accesses at each entry, but serves several values: it is worth
 * that for what is so much (log2) rarer than entries. */
#define SAVE_SHARED 3

static void init(Ra *ra, RaFunc *f)
{
    *ra = (Ra){.f = f, .arena = f->arena, .spare = NONE, .state_of = NONE};
    for (u32 c = 0; c < RA_CLASS_COUNT; c++)
        ra->class_regs[c] = f->env->allocatable & (u64)0xffffffff << (c * 32);
    for (u32 i = 0; i < ARRAY_LEN(ra->pow2); i++)
        ra->pow2[i] = (float)((u64)1 << i);
    ra->entry_freq = f->blocks[0].freq_log2 - MIN(f->blocks[0].freq_log2, SAVE_SHARED);
    ra->vals = arena_array_raw(ra->arena, RaVal, f->nvregs);
    ra->end_block = arena_array_raw(ra->arena, u32, f->nvregs);
    ra->web = arena_array_raw(ra->arena, u32, f->nvregs);
    for (u32 v = 0; v < f->nvregs; v++) {
        const RaVreg *vreg = &f->vregs[v];
        u8 flags = (u8)((vreg->flags & RA_REMAT ? VAL_REMAT : 0) |
                        (vreg->flags & RA_REFERENCE ? VAL_REF : 0));
        ra->vals[v] = (RaVal){.def_block = NONE, .dense = NONE, .seen = NONE,
                              .hint_at = NONE, .flows = NONE, .class = vreg->class,
                              .hint = vreg->hint, .reg = NO_REG, .def_reg = NO_REG,
                              .flags = flags, .wanted = NO_REG};
        ra->web[v] = v;
        ra->has_refs |= (vreg->flags & RA_REFERENCE) != 0;
    }
    ra->info = arena_array(ra->arena, RaBlockInfo, f->nblocks);
    ra->order = arena_array_raw(ra->arena, u32, f->nvregs);
    ra->join = arena_array(ra->arena, RaAtJoin, f->nvregs);
}

void ra_allocate_within(RaFunc *f, u64 live_limit)
{
    f->edits.len = 0;
    f->stack_refs.len = 0;
    f->nslots = 0;
    f->used = 0;
    if (!f->nblocks)
        return;
    Ra ra;
    init(&ra, f);
    ra.live_limit = live_limit;
    ra_find_live(&ra);
    for (u32 i = 0; i < f->nphis; i++)
        ra.end_block[f->phis[i].def] = i;
    ra_find_next(&ra);
    for (u32 v = 0; v < f->nvregs; v++)
        ra.vals[v].seen = NONE;
    ra.event = ra.events.len;
    for (u32 b = 0; b < f->nblocks; b++) {
        ra_enter_block(&ra, b);
        for (u32 i = f->blocks[b].first; i < f->blocks[b].end; i++)
            ra_allocate_inst(&ra, i);
        ra_leave_block(&ra, b);
    }
    ra_finish(&ra);
}

void ra_allocate(RaFunc *f, int effort)
{
    (void)effort; /* see above */
    ra_allocate_within(f, LIVE_MIN + (u64)LIVE_PER_INST * f->ninsts);
}
