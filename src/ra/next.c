/* How far away each value's next use is: the backward walk.
 *
 * Each use and def gets the time of the value's next use behind the instruction, so that the walk
 * forwards always knows whom to evict. Behind the block's end times go on: its length, then the
 * distance at the successor's start, the nearest of all. An edge out of a loop adds FAR_EXIT, so
 * that what a loop uses is always nearer than what is used behind it; an edge into colder
 * code adds a little by its coldness. A back edge meets a list that has no distances yet: there the
 * blocks that read the value tell whether and how far from the header the loop reads it.
 *
 * On the way it collects what only shows backwards: pressure, the registers that calls clobber
 * while a value lives, events (registers taken by name), and hints (a register the value has to be
 * in later). For loops pressure and clobbers are summed over those blocks that are not much
 * colder than the header.
 */
#include "ra/ra_int.h"

/* Blocks this much (log2) below a header's frequency do not count for its loop. */
#define COLD_IN_LOOP 3
/* A call this much below a value's definition does not make it avoid registers. */
#define COLD_CALL 3
/* Of the calls a value lives across in a block, so many are looked at. */
#define CALLS_SEEN 4

typedef struct When {
    u32 time;  /* of the next use seen so far, or DEAD */
    u32 calls; /* how many calls had been seen at its last use */
} When;

typedef struct Walk {
    Ra *ra;
    When *when;
    VEC(u64) calls; /* what they clobber, last to first */
    u32 block;
    bool continues; /* the values at the start of the block done last live at the end of this one */
    u32 live[RA_CLASS_COUNT]; /* values that live at the point reached */
    u32 peak[RA_CLASS_COUNT];
} Walk;

/* A value is read here, at `time`, and lives from here back to its definition. */
static inline void set_live(Walk *w, u32 v, u32 time)
{
    When *when = &w->when[v];
    if (when->time == DEAD) {
        *when = (When){time, w->calls.len};
        u32 class = w->ra->vals[v].class, live = ++w->live[class];
        if (live > w->peak[class])
            w->peak[class] = live;
    } else if (time < when->time) {
        when->time = time;
    }
}

/* The value's registers must outlast the calls between its last use and here. */
static void cross_calls(Walk *w, u32 v)
{
    RaVal *val = &w->ra->vals[v];
    const RaBlock *block = &w->ra->f->blocks[w->block];
    if (block->freq_log2 + COLD_CALL < w->ra->f->blocks[val->def_block].freq_log2)
        return;
    u32 first = w->when[v].calls, end = w->calls.len;
    for (u32 c = end; c > first && end - c < CALLS_SEEN; c--)
        val->avoid |= w->calls.at[c - 1];
    val->crossed = MAX(val->crossed, (u8)MIN(block->freq_log2, 255));
}

/* Going backwards, the value begins here. Gives its next use. */
static inline u32 end_value(Walk *w, u32 v)
{
    When *when = &w->when[v];
    u32 time = when->time;
    if (time == DEAD)
        return DEAD;
    if (when->calls != w->calls.len)
        cross_calls(w, v);
    when->time = DEAD;
    w->live[w->ra->vals[v].class]--;
    return time;
}

static inline void note_peak(Walk *w, u32 class, u32 more)
{
    w->peak[class] = MAX(w->peak[class], w->live[class] + more);
}

/* ---- edges ------------------------------------------------------------------------------------*/

static u32 loops_left(const Ra *ra, u32 from, u32 to)
{
    u32 count = 0;
    for (u32 loop = ra->info[from].loop; loop != NONE; loop = ra->info[loop].parent) {
        if (to >= loop && to < ra->f->blocks[loop].loop_end)
            break;
        if (++count == 64)
            break;
    }
    return count;
}

/* A path taken half of the time is as near as the other; from there on, the colder the farther, so
 * that what only cold paths need does not look near. */
static u32 edge_length(const Ra *ra, u32 from, u32 to)
{
    u32 length = loops_left(ra, from, to) * FAR_EXIT;
    u32 hot = ra->f->blocks[from].freq_log2, cold = ra->f->blocks[to].freq_log2;
    if (cold + 1 < hot)
        length += 4u << MIN(hot - cold, 10);
    return length;
}

/* From the loop's start to where it reads the value first, in block order. */
static u32 distance_in_loop(const Ra *ra, u32 v, u32 header)
{
    u32 dense = ra->vals[v].dense, first = ra->f->blocks[header].first;
    u32 low = ra->gen_at[dense], end = ra->gen_at[dense + 1], high = end;
    while (low < high) {
        u32 mid = (low + high) / 2;
        if (ra->gen_reads[mid] < first)
            low = mid + 1;
        else
            high = mid;
    }
    u32 last = ra->f->blocks[ra->f->blocks[header].loop_end - 1].end - 1;
    if (low == end || ra->gen_reads[low] > last)
        return FAR_EXIT;
    return MIN(ra->gen_reads[low] - first, FAR_EXIT - 1);
}

/* What lives at a successor's start lives at the end of b. */
static void walk_successor(Walk *w, u32 b, u32 succ)
{
    const Ra *ra = w->ra;
    const RaLive *e = ra->live.at + ra->info[succ].live_at, *end = e + ra->info[succ].live_len;
    u32 out = ra->f->blocks[b].end;
    if (succ <= b) {
        for (; e < end; e++)
            set_live(w, e->vreg, out + distance_in_loop(ra, e->vreg, succ));
        return;
    }
    u32 length = edge_length(ra, b, succ);
    for (; e < end; e++)
        set_live(w, e->vreg, out + MIN(e->dist + length, FAR_MAX));
}

/* What phis of the join behind want, their inputs want. */
static void walk_phi_inputs(Walk *w, u32 b, u32 succ)
{
    const RaFunc *f = w->ra->f;
    const RaBlock *to = &f->blocks[succ];
    for (u32 i = to->phi_at; i < to->phi_at + to->nphis; i++) {
        u32 v = f->phi_inputs[f->phis[i].input + w->ra->info[b].join_index];
        set_live(w, v, f->blocks[b].end);
        RaVal *val = &w->ra->vals[v];
        const RaVal *phi = &w->ra->vals[f->phis[i].def];
        u8 freq = (u8)MIN(f->blocks[b].freq_log2, 255);
        if (val->flows == NONE || val->flow_freq < freq) {
            val->flows = f->phis[i].def;
            val->flow_freq = freq;
        }
        if (succ > b && val->hint == NO_REG && phi->hint != NO_REG) {
            val->hint = phi->hint;
            val->hint_at = f->blocks[b].end;
        }
    }
}

static void walk_exits(Walk *w, u32 b)
{
    const RaFunc *f = w->ra->f;
    const RaBlock *block = &f->blocks[b];
    for (u32 i = 0; i < block->nsucc; i++) {
        u32 succ = f->edges[block->succ_at + i];
        if (succ != b + 1 || !w->continues)
            walk_successor(w, b, succ);
        if (f->blocks[succ].npred > 1)
            walk_phi_inputs(w, b, succ);
    }
}

/* ---- instructions -----------------------------------------------------------------------------*/

/* The value would best be where what is made of it wants to be. */
static void pass_hint(Ra *ra, const RaOpnd *use, const RaOpnd *def)
{
    RaVal *from = &ra->vals[use->vreg];
    const RaVal *to = &ra->vals[def->vreg];
    if (ra->next[use - ra->f->opnds] != DEAD)
        return;
    if (from->flows == NONE)
        from->flows = def->vreg;
    if (from->hint != NO_REG || to->hint == NO_REG)
        return;
    from->hint = to->hint;
    from->hint_at = to->hint_at;
}

static void walk_defs(Walk *w, const RaInst *inst, u32 nuses, RaEvent *event)
{
    Ra *ra = w->ra;
    for (u32 k = inst->nopnds; k-- > nuses;) {
        const RaOpnd *o = &ra->f->opnds[inst->opnd + k];
        if (o->fixed != RA_ANY_REG)
            *(o->role == RA_DEF ? &event->late : &event->early) |= RA_BIT(o->fixed);
        u32 time = o->role == RA_TEMP ? DEAD : end_value(w, o->vreg);
        ra->next[inst->opnd + k] = time;
        if (time == DEAD) /* here for a moment only */
            note_peak(w, ra->vals[o->vreg].class, inst->nopnds - k);
    }
}

static void walk_uses(Walk *w, u32 at, const RaInst *inst, u32 nuses, RaEvent *event)
{
    Ra *ra = w->ra;
    const RaOpnd *o = ra->f->opnds + inst->opnd;
    for (u32 k = 0; k < nuses; k++) {
        ra->next[inst->opnd + k] = w->when[o[k].vreg].time;
        if (o[k].fixed == RA_ANY_REG)
            continue;
        event->early |= RA_BIT(o[k].fixed);
        RaVal *val = &ra->vals[o[k].vreg];
        val->hint = o[k].fixed;
        val->hint_at = at;
    }
    for (u32 k = 0; k < nuses; k++)
        set_live(w, o[k].vreg, at);
}

/* What lives here has to outlast the call; what it reads is not counted yet. */
static void note_across(Walk *w, u64 clobber)
{
    RaBlockInfo *info = &w->ra->info[w->block];
    for (u32 c = 0; c < RA_CLASS_COUNT; c++)
        if (clobber & w->ra->class_regs[c])
            info->across[c] = MAX(info->across[c], w->live[c]);
}

static void walk_inst(Walk *w, u32 at)
{
    Ra *ra = w->ra;
    const RaInst *inst = &ra->f->insts[at];
    const RaOpnd *o = ra->f->opnds + inst->opnd;
    RaEvent event = {0, 0, at};
    u32 nuses = 0;
    while (nuses < inst->nopnds && o[nuses].role <= RA_USE_LATE)
        nuses++;
    walk_defs(w, inst, nuses, &event);
    u64 fixed_defs = event.late;
    if (inst->clobber) {
        u64 clobber = ra->f->clobbers[inst->clobber];
        event.late |= clobber;
        ra->info[w->block].clobber |= clobber;
        vec_push(ra->arena, &w->calls, clobber);
        note_across(w, clobber);
    }
    walk_uses(w, at, inst, nuses, &event);
    for (u32 k = nuses; k < inst->nopnds; k++)
        if (o[k].role != RA_TEMP && o[k].tied != RA_UNTIED)
            pass_hint(ra, &o[o[k].tied], &o[k]);
    if (inst->is_move && inst->nopnds == 2)
        pass_hint(ra, &o[0], &o[1]);
    if (event.early | event.late) {
        ra->info[w->block].named |= event.early | fixed_defs;
        vec_push(ra->arena, &ra->events, event);
    }
}

/* ---- blocks -----------------------------------------------------------------------------------*/

static void walk_phis(Walk *w, u32 b)
{
    const RaFunc *f = w->ra->f;
    const RaBlock *block = &f->blocks[b];
    for (u32 i = block->phi_at; i < block->phi_at + block->nphis; i++)
        w->ra->phi_next[i] = end_value(w, f->phis[i].def);
    if (block->npred != 1)
        return;
    for (u32 i = block->phi_at; i < block->phi_at + block->nphis; i++)
        w->ra->input_next[i] = w->when[f->phi_inputs[f->phis[i].input]].time;
    for (u32 i = block->phi_at; i < block->phi_at + block->nphis; i++)
        set_live(w, f->phi_inputs[f->phis[i].input], block->first);
}

/* Is the block before this one its only predecessor, over an edge without length? Then what is
 * known at its start also holds at the end of that one. */
static bool continues(const Ra *ra, u32 b)
{
    const RaFunc *f = ra->f;
    const RaBlock *block = &f->blocks[b];
    return b && block->npred == 1 && f->edges[block->pred_at] == b - 1 && !block->nphis &&
           f->blocks[b - 1].end == block->first && !ra->has_demoted && !edge_length(ra, b - 1, b);
}

/* Writes the distances into the block's list, and forgets all values that do not go on. */
static void walk_start(Walk *w, u32 b)
{
    Ra *ra = w->ra;
    const RaBlockInfo *info = &ra->info[b];
    u32 first = ra->f->blocks[b].first;
    RaLive *e = ra->live.at + info->live_at, *end = e + info->live_len;
    w->continues = continues(ra, b);
    for (; e < end && w->continues; e++) {
        When *when = &w->when[e->vreg];
        if (when->time == DEAD) {
            set_live(w, e->vreg, first + FAR_MAX);
        } else if (when->calls != w->calls.len) {
            cross_calls(w, e->vreg);
            when->calls = w->calls.len;
        }
        e->dist = MIN(when->time - first, FAR_MAX);
    }
    for (; e < end; e++) {
        u32 time = end_value(w, e->vreg);
        e->dist = time == DEAD ? FAR_MAX : MIN(time - first, FAR_MAX);
    }
    if (ra->has_demoted)
        for (u32 i = info->gen_at; i < info->gen_end; i++)
            w->when[ra->gens.at[i].vreg].time = DEAD;
    if (!w->continues)
        memset(w->live, 0, sizeof w->live);
}

/* Adds a block's peak and clobbers to a header's, unless it is cold there. */
static void add_to_loop(Ra *ra, u32 b, u32 header)
{
    const RaBlock *blocks = ra->f->blocks;
    if (header == NONE || blocks[b].freq_log2 + COLD_IN_LOOP < blocks[header].freq_log2)
        return;
    RaBlockInfo *loop = &ra->info[header];
    for (u32 c = 0; c < RA_CLASS_COUNT; c++) {
        loop->peak[c] = MAX(loop->peak[c], ra->info[b].peak[c]);
        loop->across[c] = MAX(loop->across[c], ra->info[b].across[c]);
    }
    loop->clobber |= ra->info[b].clobber;
    loop->named |= ra->info[b].named;
}

static void walk_block(Walk *w, u32 b)
{
    Ra *ra = w->ra;
    RaBlockInfo *info = &ra->info[b];
    w->block = b;
    memset(w->peak, 0, sizeof w->peak);
    walk_exits(w, b);
    note_peak(w, RA_GPR, 0);
    note_peak(w, RA_VEC, 0);
    for (u32 i = ra->f->blocks[b].end; i-- > ra->f->blocks[b].first;)
        walk_inst(w, i);
    walk_phis(w, b);
    walk_start(w, b);
    for (u32 c = 0; c < RA_CLASS_COUNT; c++)
        info->peak[c] = MAX(info->peak[c], w->peak[c]);
    add_to_loop(ra, b, info->loop == b ? info->parent : info->loop);
}

void ra_find_next(Ra *ra)
{
    const RaFunc *f = ra->f;
    ra->next = arena_array_raw(ra->arena, u32, f->nopnds);
    ra->phi_next = arena_array_raw(ra->arena, u32, f->nphis);
    ra->input_next = arena_array_raw(ra->arena, u32, f->nphis);
    Walk w = {.ra = ra, .when = arena_array_raw(ra->arena, When, f->nvregs)};
    for (u32 v = 0; v < f->nvregs; v++)
        w.when[v] = (When){DEAD, 0};
    for (u32 b = f->nblocks; b-- > 0;)
        walk_block(&w, b);
}
