/* Where blocks stand. Hot blocks keep their order, in which loops are contiguous; cold ones follow;
 * blocks that only jump are left out. A loop that ends in a jump back to its header is turned so
 * that this jump falls through: the blocks that lead to it move in front of the header, and the way
 * in jumps once. */
#include "mach/emit.h"

u32 mach_first_edit(const RaFunc *ra, u32 inst)
{
    u32 lo = 0, hi = ra->edits.len;
    while (lo < hi) {
        u32 mid = (lo + hi) / 2;
        if (ra->edits.at[mid].at < inst)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

bool mach_is_cold(const MFunc *f, u32 block)
{
    u32 ir = f->block_ir[block];
    return ir == IR_NO_BLOCK ? f->ra.blocks[block].freq_log2 == 0 : f->ir->blocks.at[ir].is_cold;
}

/* ---- blocks that only jump ---- */

static bool is_empty(const MFunc *f, u32 block)
{
    const RaFunc *ra = &f->ra;
    const RaBlock *b = &ra->blocks[block];
    if (b->end - b->first != 1 || b->nsucc != 1)
        return false;
    u32 edit = mach_first_edit(ra, b->first);
    return edit == ra->edits.len || ra->edits.at[edit].at != b->first;
}

/* Backward order makes the target's own answer known in most cases; a loop of empty blocks, or an
 * empty block that jumps back, keeps its first block. */
static void find_forwards(MEmit *e)
{
    const RaFunc *ra = &e->f->ra;
    e->forward = arena_array_raw(e->arena, u32, ra->nblocks);
    for (u32 b = 0; b < ra->nblocks; b++)
        e->forward[b] = b;
    for (u32 b = ra->nblocks; b-- > 1;) {
        if (ra->blocks[b].nsucc != 1 || !is_empty(e->f, b))
            continue;
        u32 to = e->forward[ra->edges[ra->blocks[b].succ_at]];
        if (to != b)
            e->forward[b] = to;
    }
    /* What was forwarded to a block that was itself forwarded later: at most one more step each,
     * since later blocks were done first; cycles were cut above. */
    for (u32 b = 1; b < ra->nblocks; b++) {
        u32 to = e->forward[b];
        for (u32 steps = 0; e->forward[to] != to && steps < 16; steps++)
            to = e->forward[to];
        e->forward[b] = e->forward[to] == to ? to : b;
    }
}

/* ---- loops ---- */

/* The places of a loop in the layout: [first, end), the header somewhere in it. */
typedef struct Span {
    u32 first, end;
} Span;

/* Blocks of a loop are numbered from its header on, without gaps; its hot ones stand together. */
static Span loop_span(const MEmit *e, const MLayout *l, const u32 *place, u32 header)
{
    u32 last = e->f->ra.blocks[header].loop_end;
    Span span = {place[header], place[header] + 1};
    while (span.first > 0 && l->order[span.first - 1] > header && l->order[span.first - 1] < last)
        span.first--;
    while (span.end < l->len && l->order[span.end] > header && l->order[span.end] < last)
        span.end++;
    return span;
}

/* Does the block go on at `to`? */
static bool leads_to(const MEmit *e, u32 block, u32 to)
{
    const RaBlock *b = &e->f->ra.blocks[block];
    for (u32 i = 0; i < b->nsucc && b->nsucc <= 2; i++)
        if (e->forward[e->f->ra.edges[b->succ_at + i]] == to)
            return true;
    return false;
}

/* Moves the places [mid, end) in front of [first, mid). */
static void rotate(MLayout *l, u32 *place, u32 first, u32 mid, u32 end, u32 *scratch)
{
    memcpy(scratch, l->order + first, (mid - first) * sizeof *scratch);
    memmove(l->order + first, l->order + mid, (end - mid) * sizeof *scratch);
    memcpy(l->order + first + (end - mid), scratch, (mid - first) * sizeof *scratch);
    for (u32 k = first; k < end; k++)
        place[l->order[k]] = k;
}

/* Is this where the block always goes on, but for cold ways out? Then it is best left before it. */
static bool leads_only_to(const MEmit *e, u32 block, u32 to)
{
    const RaBlock *b = &e->f->ra.blocks[block];
    for (u32 i = 0; i < b->nsucc; i++) {
        u32 next = e->forward[e->f->ra.edges[b->succ_at + i]];
        if (next != to && !mach_is_cold(e->f, next))
            return false;
    }
    return true;
}

/* Turns a loop whose last block jumps to its header. What falls through to that block comes along,
 * up to the next block that nothing falls into; or, if that would leave the header without what
 * always follows it, only what comes after the last choice. */
static void turn_loop(MEmit *e, MLayout *l, u32 *place, u32 header, u32 *scratch)
{
    Span span = loop_span(e, l, place, header);
    u32 latch = l->order[span.end - 1];
    if (span.first == 0 || l->order[span.first] != header || latch == header)
        return;
    if (e->f->ra.blocks[latch].nsucc != 1 || !leads_to(e, latch, header))
        return;
    u32 from = span.end - 1;
    while (from - 1 > span.first && leads_to(e, l->order[from - 1], l->order[from]))
        from--;
    if (from - 1 == span.first && leads_only_to(e, header, l->order[from])) {
        from = span.end - 1;
        while (from > span.first && leads_only_to(e, l->order[from - 1], l->order[from]))
            from--;
        if (from == span.first)
            return;
    }
    rotate(l, place, span.first, from, span.end, scratch);
}

/* Aligns the first block of a loop without others inside. */
static void align_loop(const MEmit *e, MLayout *l, const u32 *place, u32 header)
{
    Span span = loop_span(e, l, place, header);
    for (u32 k = span.first; k < span.end; k++)
        if (e->f->ra.blocks[l->order[k]].loop_header != header)
            return;
    l->is_aligned[span.first] = span.first > 0;
}

MLayout mach_plan_layout(MEmit *e)
{
    const RaFunc *ra = &e->f->ra;
    MLayout l = {.order = arena_array_raw(e->arena, u32, ra->nblocks),
                 .is_aligned = arena_array(e->arena, u8, ra->nblocks)};
    u32 *place = arena_array(e->arena, u32, ra->nblocks);
    u32 *scratch = arena_array_raw(e->arena, u32, ra->nblocks);
    u32 hot = 0;
    find_forwards(e);
    for (u32 pass = 0; pass < 2; pass++) {
        for (u32 b = 0; b < ra->nblocks; b++)
            if (e->forward[b] == b && (b > 0 && mach_is_cold(e->f, b)) == (pass == 1))
                l.order[l.len++] = b;
        hot = pass == 0 ? l.len : hot;
    }
    for (u32 k = 0; k < l.len; k++)
        place[l.order[k]] = k;
    /* Inner loops have higher numbers and come first; outer ones move them as a whole. */
    MLayout hot_part = l;
    hot_part.len = hot;
    for (u32 b = ra->nblocks; b-- > 0;) {
        if (ra->blocks[b].loop_header != b || e->forward[b] != b || place[b] >= hot)
            continue;
        turn_loop(e, &hot_part, place, b, scratch);
        if (e->f->options->align_loops)
            align_loop(e, &hot_part, place, b);
    }
    return l;
}
