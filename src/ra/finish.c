/* After the walk: where spill stores go, which slots values share, the list of edits.
 *
 * A value's stores were noted wherever it was evicted with its slot unwritten. If all of these
 * together run oftener than its definition, one store behind the definition replaces them.
 *
 * Slots: values by definition, each with the interval of points in which it lives; a slot is free
 * for the next one when its last owner's interval is over. Values joined by phis are given one slot
 * where their intervals allow, so that the edges between them need not copy. A phi's interval
 * begins with its block although its slot is written before, on the edges: what lives there beside
 * the phi lives into the block, or is an input and read by the same parallel move.
 * Intervals have no holes, but a value of a large loop often has: the header's phi is read in most
 * blocks, yet dead where the next turn's value is. So values of one web also share a slot if the
 * live-in lists show that the older one is dead where the younger one is defined.
 *
 * With slots known, the moves on edges are resolved and everything is sorted: before an instruction
 * come the moves of an edge into its block, stores of values just defined, the walk's edits, and
 * the moves of an edge out of its block.
 */
#include "ra/ra_int.h"

/* ---- stores -----------------------------------------------------------------------------------*/

static void place_stores(Ra *ra)
{
    const RaFunc *f = ra->f;
    for (u32 i = 0; i < ra->norder; i++) {
        u32 v = ra->order[i];
        RaVal *val = &ra->vals[v];
        if (!(val->flags & VAL_SPILLED) || val->flags & VAL_IN_SLOT)
            continue;
        bool is_phi = val->flags & VAL_PHI;
        bool may = is_phi || val->def_at + 1 < f->blocks[val->def_block].end;
        if (may && val->stores > ra_freq(ra, val->def_block))
            val->flags |= VAL_STORE_AT_DEF;
        if (val->flags & VAL_STORE_AT_DEF)
            vec_push(ra->arena, &ra->def_stores,
                     (RaEdit){is_phi ? val->def_at : val->def_at + 1, v, val->def_reg, RA_SLOT(v),
                              RA_MOVE});
    }
}

/* Is it one of the stores that the one at the definition replaces? */
static inline bool is_replaced(const Ra *ra, u32 v, RaLoc to)
{
    return to == RA_SLOT(v) && ra->vals[v].flags & VAL_STORE_AT_DEF;
}

/* ---- slots ------------------------------------------------------------------------------------*/

/* Slots of one width by the end of what they hold, as a heap. Entries go stale when a slot is
 * taken for a web's sake; they are recognized by their end. */
typedef struct FreeSlot {
    u32 end;
    u32 slot;
} FreeSlot;

typedef struct Slots {
    VEC(FreeSlot) heap;
    VEC(u32) ends; /* by slot */
    VEC(u32) words; /* by slot: its place */
    VEC(u32) owner; /* by slot: the value it was last given to; RaVal.next is the one before, of
                       those whose intervals overlap */
} Slots;

/* Owners of one slot at a time that are compared with the next one. */
#define MAX_OWNERS 16
/* Inputs of a phi whose slots it is offered. */
#define MAX_INPUTS 8
/* Instructions and phis that are searched for reads of a value. */
#define MAX_SCAN 128

static void push_free(Ra *ra, Slots *s, u32 slot, u32 end)
{
    vec_push(ra->arena, &s->heap, (FreeSlot){end, slot});
    u32 i = s->heap.len - 1;
    FreeSlot *heap = s->heap.at;
    for (; i && heap[(i - 1) / 2].end > heap[i].end; i = (i - 1) / 2) {
        FreeSlot t = heap[i];
        heap[i] = heap[(i - 1) / 2];
        heap[(i - 1) / 2] = t;
    }
}

static void pop_free(Slots *s)
{
    FreeSlot *heap = s->heap.at;
    heap[0] = heap[--s->heap.len];
    for (u32 i = 0;;) {
        u32 kid = 2 * i + 1;
        if (kid >= s->heap.len)
            return;
        if (kid + 1 < s->heap.len && heap[kid + 1].end < heap[kid].end)
            kid++;
        if (heap[i].end <= heap[kid].end)
            return;
        FreeSlot t = heap[i];
        heap[i] = heap[kid];
        heap[kid] = t;
        i = kid;
    }
}

/* Is a value that lives into a block dead behind one of its instructions? Gives up in long ones. */
static bool dies_before(const Ra *ra, u32 v, u32 b, u32 at)
{
    const RaFunc *f = ra->f;
    const RaBlock *block = &f->blocks[b];
    for (u32 k = 0; k < block->nsucc; k++)
        if (ra_lives_into(ra, v, f->edges[block->succ_at + k]))
            return false;
    const RaBlock *to = &f->blocks[block->nsucc == 1 ? f->edges[block->succ_at] : b];
    bool is_join = block->nsucc == 1 && to->npred > 1;
    if (block->end - at + (is_join ? to->nphis : 0) > MAX_SCAN)
        return false;
    for (u32 i = at + 1; i < block->end; i++)
        for (u32 k = 0; k < f->insts[i].nopnds; k++)
            if (f->opnds[f->insts[i].opnd + k].vreg == v)
                return false;
    for (u32 i = to->phi_at; is_join && i < to->phi_at + to->nphis; i++)
        if (f->phi_inputs[f->phis[i].input + ra->info[b].join_index] == v)
            return false;
    return true;
}

/* Do two values live at one time somewhere? One of them would live where the other is defined, and
 * only the older one can. */
static bool interfere(const Ra *ra, u32 older, u32 v, u32 start)
{
    const RaVal *val = &ra->vals[older], *younger = &ra->vals[v];
    if (val->end < start)
        return false;
    if (val->flags & VAL_DEMOTED || val->def_block == younger->def_block)
        return true;
    return ra_lives_into(ra, older, younger->def_block) &&
           (younger->flags & VAL_PHI ||
            !dies_before(ra, older, younger->def_block, younger->def_at));
}

/* Can the slot of a web be given to another of its values? Leaves those among its owners that may
 * still live. */
static bool may_share(Ra *ra, Slots *s, u32 slot, u32 v, u32 start)
{
    u32 n = 0, *link = &s->owner.at[slot];
    for (; *link != NONE; n++) {
        RaVal *owner = &ra->vals[*link];
        if (n == MAX_OWNERS || interfere(ra, *link, v, start))
            return false;
        if (owner->end < start)
            *link = owner->next;
        else
            link = &owner->next;
    }
    return true;
}

/* A slot that another value has and this one may share, so that no copy is needed where one becomes
 * the other; or NONE. */
static u32 slot_of(Ra *ra, Slots *s, u32 other, u32 v, u32 start)
{
    if (other == NONE || ra->vals[other].seen == NONE)
        return NONE;
    if ((ra->f->vregs[other].flags ^ ra->f->vregs[v].flags) & RA_WIDE)
        return NONE;
    return may_share(ra, s, ra->vals[other].seen, v, start) ? ra->vals[other].seen : NONE;
}

/* Of the inputs of a phi, what it flows into, and what its web gave a slot last, the first one's
 * that can be shared. */
static u32 shared_slot(Ra *ra, Slots *s, u32 v, u32 start)
{
    const RaFunc *f = ra->f;
    const RaVal *val = &ra->vals[v];
    u32 slot = NONE;
    if (val->flags & VAL_PHI) {
        const RaBlock *block = &f->blocks[val->def_block];
        const u32 *inputs = f->phi_inputs + f->phis[ra->end_block[v]].input;
        for (u32 k = 0; slot == NONE && k < MIN(block->npred, MAX_INPUTS); k++)
            slot = slot_of(ra, s, inputs[k], v, start);
    }
    if (slot == NONE)
        slot = slot_of(ra, s, val->flows, v, start);
    if (slot == NONE)
        slot = slot_of(ra, s, ra->vals[ra_web(ra, v)].after, v, start);
    return slot;
}

/* A slot that is free from `start` on. */
static u32 take_slot(Ra *ra, Slots *s, u32 v, u32 start)
{
    u32 shared = shared_slot(ra, s, v, start);
    if (shared != NONE)
        return shared;
    while (s->heap.len && s->heap.at[0].end < start) {
        FreeSlot top = s->heap.at[0];
        pop_free(s);
        if (s->ends.at[top.slot] == top.end) {
            s->owner.at[top.slot] = NONE;
            return top.slot;
        }
    }
    bool is_wide = ra->f->vregs[v].flags & RA_WIDE;
    u32 word = is_wide ? ALIGN_UP(ra->f->nslots, 2) : ra->f->nslots;
    ra->f->nslots = word + 1 + is_wide;
    vec_push(ra->arena, &s->ends, 0);
    vec_push(ra->arena, &s->words, word);
    vec_push(ra->arena, &s->owner, NONE);
    return s->ends.len - 1;
}

static void own_slot(Ra *ra, Slots *s, u32 slot, u32 v)
{
    RaVal *val = &ra->vals[v];
    s->ends.at[slot] = MAX(s->ends.at[slot], val->end);
    push_free(ra, s, slot, s->ends.at[slot]);
    val->next = s->owner.at[slot];
    s->owner.at[slot] = v;
    val->seen = slot;
    ra->vals[ra_web(ra, v)].after = v;
}

/* Gives each spilled value its word, in RaVal.after. Until then `after` of a web's root is the
 * value last given a slot, and `seen` a value's slot. */
static void give_slots(Ra *ra)
{
    const RaFunc *f = ra->f;
    Slots slots[2] = {{.heap.len = 0}, {.heap.len = 0}};
    for (u32 i = 0; i < ra->norder; i++)
        ra->vals[ra->order[i]].seen = ra->vals[ra->order[i]].after = NONE;
    for (u32 i = 0; i < ra->norder; i++) {
        u32 v = ra->order[i];
        const RaVal *val = &ra->vals[v];
        if (!(val->flags & VAL_SPILLED))
            continue;
        Slots *s = &slots[f->vregs[v].flags & RA_WIDE ? 1 : 0];
        u32 start = val->flags & VAL_PHI ? 2 * val->def_at : 2 * val->def_at + 2;
        own_slot(ra, s, take_slot(ra, s, v, start), v);
    }
    for (u32 i = 0; i < ra->norder; i++) {
        u32 v = ra->order[i];
        const Slots *s = &slots[f->vregs[v].flags & RA_WIDE ? 1 : 0];
        if (ra->vals[v].seen != NONE)
            ra->vals[v].after = s->words.at[ra->vals[v].seen];
    }
}

static inline RaLoc final_loc(const Ra *ra, RaLoc loc)
{
    return RA_IS_SLOT(loc) ? RA_SLOT(ra->vals[RA_SLOT_INDEX(loc)].after) : loc;
}

/* ---- edits ------------------------------------------------------------------------------------*/

/* Gives moves their slots and leaves out those that no longer do anything. */
static void finish_edits(Ra *ra, RaEdits *edits)
{
    u32 kept = 0;
    for (u32 i = 0; i < edits->len; i++) {
        RaEdit e = edits->at[i];
        if (edits == &ra->edits && e.kind == RA_MOVE && is_replaced(ra, e.vreg, e.to))
            continue;
        e.from = final_loc(ra, e.from);
        e.to = final_loc(ra, e.to);
        edits->at[kept++] = e;
    }
    edits->len = kept;
}

static void finish_groups(Ra *ra, RaGroup *groups, u32 ngroups, RaEdits *out)
{
    for (u32 g = 0; g < ngroups; g++) {
        RaMove *moves = ra->moves.at + groups[g].first;
        u32 kept = 0;
        for (u32 i = 0; i < groups[g].len; i++) {
            RaMove m = moves[i];
            if (is_replaced(ra, m.vreg, m.to))
                continue;
            m.from = final_loc(ra, m.from);
            m.to = final_loc(ra, m.to);
            if (m.is_valid && m.to == final_loc(ra, RA_SLOT(m.vreg)))
                continue; /* a phi in the slot of its input, which holds it already */
            moves[kept++] = m;
        }
        groups[g].len = kept;
        ra_resolve_group(ra, &groups[g], out);
    }
}

/* A stable sort by position: lists that come first stay first. */
static void merge_edits(Ra *ra, RaEdits **lists, u32 nlists)
{
    RaFunc *f = ra->f;
    u32 total = 0;
    for (u32 l = 0; l < nlists; l++)
        total += lists[l]->len;
    if (!total)
        return;
    u32 *at = arena_array(ra->arena, u32, (size_t)f->ninsts + 1);
    for (u32 l = 0; l < nlists; l++)
        for (u32 i = 0; i < lists[l]->len; i++)
            at[lists[l]->at[i].at + 1]++;
    for (u32 i = 0; i < f->ninsts; i++)
        at[i + 1] += at[i];
    vec_reserve(ra->arena, &f->edits, total);
    f->edits.len = total;
    for (u32 l = 0; l < nlists; l++)
        for (u32 i = 0; i < lists[l]->len; i++)
            f->edits.at[at[lists[l]->at[i].at]++] = lists[l]->at[i];
}

/* ---- references -------------------------------------------------------------------------------*/

typedef struct RefWalk {
    u32 *place;     /* by vreg: 1 + its index in live */
    VEC(u32) live;  /* spilled references that live at the point reached */
} RefWalk;

static void ref_live(Ra *ra, RefWalk *w, u32 v)
{
    if ((ra->vals[v].flags & (VAL_REF | VAL_SPILLED)) != (VAL_REF | VAL_SPILLED) || w->place[v])
        return;
    vec_push(ra->arena, &w->live, v);
    w->place[v] = w->live.len;
}

static void ref_dead(RefWalk *w, u32 v)
{
    if (!w->place[v])
        return;
    u32 last = vec_pop(&w->live);
    if (last != v) {
        w->live.at[w->place[v] - 1] = last;
        w->place[last] = w->place[v];
    }
    w->place[v] = 0;
}

static void refs_into_successor(Ra *ra, RefWalk *w, u32 b, u32 succ)
{
    const RaFunc *f = ra->f;
    const RaBlockInfo *info = &ra->info[succ];
    for (u32 i = info->live_at; i < info->live_at + info->live_len; i++)
        ref_live(ra, w, ra->live.at[i].vreg);
    const RaBlock *to = &f->blocks[succ];
    if (to->npred > 1)
        for (u32 i = to->phi_at; i < to->phi_at + to->nphis; i++)
            ref_live(ra, w, f->phi_inputs[f->phis[i].input + ra->info[b].join_index]);
}

static void list_refs_of_block(Ra *ra, RefWalk *w, u32 b)
{
    RaFunc *f = ra->f;
    const RaBlock *block = &f->blocks[b];
    for (u32 k = 0; k < block->nsucc; k++)
        refs_into_successor(ra, w, b, f->edges[block->succ_at + k]);
    for (u32 i = block->end; i-- > block->first;) {
        const RaInst *inst = &f->insts[i];
        for (u32 k = inst->nopnds; k-- > 0;)
            if (f->opnds[inst->opnd + k].role >= RA_DEF && f->opnds[inst->opnd + k].role != RA_TEMP)
                ref_dead(w, f->opnds[inst->opnd + k].vreg);
        if (inst->clobber)
            for (u32 k = 0; k < w->live.len; k++)
                vec_push(ra->arena, &f->stack_refs, (RaStackRef){i, ra->vals[w->live.at[k]].after});
        for (u32 k = 0; k < inst->nopnds; k++)
            if (f->opnds[inst->opnd + k].role <= RA_USE_LATE)
                ref_live(ra, w, f->opnds[inst->opnd + k].vreg);
    }
    while (w->live.len)
        w->place[vec_pop(&w->live)] = 0;
}

/* Walks backwards from the last block, so that the list is turned round in the end. */
static void list_refs(Ra *ra)
{
    RaFunc *f = ra->f;
    RefWalk w = {.place = arena_array(ra->arena, u32, f->nvregs)};
    for (u32 b = f->nblocks; b-- > 0;)
        list_refs_of_block(ra, &w, b);
    for (u32 i = 0; i < f->stack_refs.len / 2; i++) {
        RaStackRef *low = &f->stack_refs.at[i],
                   *high = &f->stack_refs.at[f->stack_refs.len - 1 - i];
        RaStackRef t = *low;
        *low = *high;
        *high = t;
    }
}

void ra_finish(Ra *ra)
{
    RaFunc *f = ra->f;
    RaEdits entries = {0}, exits = {0};
    place_stores(ra);
    give_slots(ra);
    finish_groups(ra, ra->entry_groups.at, ra->entry_groups.len, &entries);
    finish_groups(ra, ra->exit_groups.at, ra->exit_groups.len, &exits);
    finish_edits(ra, &ra->exit_stores);
    finish_edits(ra, &ra->def_stores);
    finish_edits(ra, &ra->edits);
    RaEdits *lists[] = {&ra->exit_stores, &entries, &ra->def_stores, &ra->edits, &exits};
    merge_edits(ra, lists, ARRAY_LEN(lists));
    for (u32 i = 0; i < ra->slot_opnds.len; i++) {
        RaOpnd *o = &f->opnds[ra->slot_opnds.at[i]];
        o->loc = final_loc(ra, o->loc);
    }
    f->used = ra->used;
    if (ra->has_refs)
        list_refs(ra);
}
