/* Which register to give to a value, and which value to evict when there is none.
 *
 * Giving: first what the value wants for itself (the register of its next fixed use, that of the
 * phi it flows into); else one that stays undisturbed while it lives; among equals, by
 * the environment's order. A callee-saved register not used so far costs a save and a restore: it
 * is taken for values that live across warm calls, or when nothing else is free.
 *
 * Evicting: the farthest next use goes first (Belady), with a bonus for those that cost no store.
 */
#include "ra/ra_int.h"

/* How many events ahead are looked at: enough for a call's arguments and the call behind. */
#define LOOKAHEAD 8

/* How far a value is followed through phis to a register it would like to end in. */
#define FLOW_STEPS 5

static u32 first_in_order(const Ra *ra, u64 set)
{
    const RaEnv *env = ra->f->env;
    for (u32 i = 0; i < env->norder; i++)
        if (set >> env->order[i] & 1)
            return env->order[i];
    return ctz64(set);
}

/* Of `set`, the registers that are left alone the longest, up to the reads of instruction `end`. */
static u64 undisturbed(const Ra *ra, u64 set, u32 end)
{
    u32 stop = ra->event > LOOKAHEAD ? ra->event - LOOKAHEAD : 0;
    for (u32 e = ra->event; e > stop; e--) {
        const RaEvent *event = &ra->events.at[e - 1];
        if (event->at > end)
            break;
        u64 left = set & ~(event->early | (event->at < end ? event->late : 0));
        if (!left)
            break;
        set = left;
    }
    return set;
}

/* Does no instruction before `end` take the register by name? */
static bool is_untouched(const Ra *ra, u32 r, u32 end)
{
    u32 stop = ra->event > LOOKAHEAD ? ra->event - LOOKAHEAD : 0;
    for (u32 e = ra->event; e > stop; e--) {
        const RaEvent *event = &ra->events.at[e - 1];
        if (event->at >= end)
            break;
        if ((event->early | event->late) & RA_BIT(r))
            return false;
    }
    return true;
}

/* The last instruction of this block at which the value lives. */
static u32 last_here(const Ra *ra, const RaVal *val)
{
    u32 last = ra->f->blocks[ra->block].end - 1;
    return MIN(last, (val->end - 1) / 2);
}

/* Without callee-saved registers that nothing uses yet, if that leaves any. */
static u64 without_new_saves(const Ra *ra, u64 set)
{
    u64 old = set & ~ra_new_saves(ra);
    return old ? old : set;
}

u64 ra_outlasting(const Ra *ra, u32 v, u64 set)
{
    const RaVal *val = &ra->vals[v];
    u64 safe = set & ~val->avoid;
    u64 old = safe & ~ra_new_saves(ra);
    if (old)
        return old;
    if (safe && val->crossed >= ra->entry_freq)
        return safe;
    return without_new_saves(ra, set);
}

bool ra_hint_holds(const Ra *ra, u32 v, u64 good)
{
    const RaVal *val = &ra->vals[v];
    if (val->hint == NO_REG ||
        !is_untouched(ra, val->hint, MIN(val->hint_at, last_here(ra, val))))
        return false;
    bool ends = val->hint_at == NONE || val->end <= 2 * val->hint_at + 1;
    return ends || good >> val->hint & 1;
}

/* Fixed uses ahead first: each spares a move. Then along the phis, since what feeds a phi placed
 * already (a loop's, from its back edge) should be there, and inputs of one yet to come should
 * agree on the first one's register. */
u32 ra_wish(const Ra *ra, u32 v, u64 set)
{
    const RaVal *val = &ra->vals[v];
    u64 good = ra_outlasting(ra, v, set);
    u32 last = last_here(ra, val);
    if (val->hint != NO_REG && set >> val->hint & 1 && ra_hint_holds(ra, v, good))
        return val->hint;
    u32 phi = v;
    for (u32 step = 0; step < FLOW_STEPS && (phi = ra->vals[phi].flows) != NONE; step++) {
        const RaVal *to = &ra->vals[phi];
        u32 r = to->def_reg != NO_REG ? to->def_reg : to->wanted;
        if (r != NO_REG && good >> r & 1 && is_untouched(ra, r, last))
            return r;
    }
    return NO_REG;
}

void ra_note_placed(Ra *ra, u32 v, u32 r)
{
    if (ra->vals[v].flows == NONE)
        return;
    RaVal *phi = &ra->vals[ra->vals[v].flows];
    if (phi->wanted == NO_REG)
        phi->wanted = (u8)r;
}

u32 ra_pick(const Ra *ra, u32 v, u64 set)
{
    u32 wish = ra_wish(ra, v, set);
    if (wish != NO_REG)
        return wish;
    const RaVal *val = &ra->vals[v];
    set = ra_outlasting(ra, v, set);
    if (val->flags & VAL_CROSSES)
        set = ra_outside_names(ra, set);
    return first_in_order(ra, undisturbed(ra, set, last_here(ra, val)));
}

u64 ra_outside_names(const Ra *ra, u64 set)
{
    u32 loop = ra->info[ra->block].loop;
    u64 calm = loop == NONE ? set : set & ~ra->info[loop].named;
    return calm ? calm : set;
}

u32 ra_pick_brief(const Ra *ra, u64 set)
{
    return first_in_order(ra, without_new_saves(ra, set));
}

/* Does a block of the loop that comes behind this one read the value? */
static bool is_read_later(const Ra *ra, const RaVal *val, u32 header)
{
    u32 from = ra->f->blocks[ra->block].end;
    u32 end = ra->f->blocks[ra->f->blocks[header].loop_end - 1].end;
    u32 low = ra->gen_at[val->dense], last = ra->gen_at[val->dense + 1], high = last;
    while (low < high) {
        u32 mid = (low + high) / 2;
        if (ra->gen_reads[mid] < from)
            low = mid + 1;
        else
            high = mid;
    }
    return low < last && ra->gen_reads[low] < end;
}

u32 ra_distance(const Ra *ra, u32 v, u32 next)
{
    const RaVal *val = &ra->vals[v];
    u32 distance = MIN(next - ra->at, FAR_MAX);
    u32 header = ra->info[ra->block].loop;
    if (header == NONE || distance >= FAR_EXIT || next < ra->f->blocks[ra->block].end ||
        val->dense == NONE || val->def_block >= header)
        return distance;
    const RaBlockInfo *info = &ra->info[header];
    u32 held = (u32)__builtin_popcountll(info->entry_regs);
    for (u32 i = 0; i < held; i++)
        if (info->entry_vals[i] == v)
            return distance;
    return is_read_later(ra, val, header) ? distance : FAR_EXIT;
}

/* Distances of values whose slot is written count half as much again: to evict them costs no
 * store, but that store may never be needed for the others, so more would be too much. */
u32 ra_victim(const Ra *ra, u64 set)
{
    u64 best = 0;
    u32 victim = ctz64(set);
    for (u64 left = set; left; left &= left - 1) {
        u32 r = ctz64(left);
        const RaVal *val = &ra->vals[ra->held[r]];
        u64 score = (u64)ra_distance(ra, ra->held[r], val->next) * 2;
        if (ra->valid >> r & 1 || val->flags & VAL_REMAT)
            score += score / 2;
        if (score > best) {
            best = score;
            victim = r;
        }
    }
    return victim;
}

void ra_save(Ra *ra, u32 r)
{
    u32 v = ra->held[r];
    RaVal *val = &ra->vals[v];
    if (ra->valid >> r & 1 || val->flags & VAL_REMAT)
        return;
    ra->valid |= RA_BIT(r);
    val->flags |= VAL_SPILLED;
    val->stores += ra_freq(ra, ra->block);
    ra_edit(ra, RA_MOVE, v, r, RA_SLOT(v));
}

void ra_evict(Ra *ra, u32 r)
{
    ra_save(ra, r);
    ra_drop(ra, r);
}

u32 ra_take(Ra *ra, u32 v, u64 set, u64 keep)
{
    set &= ra->class_regs[ra->vals[v].class];
    u64 free = set & ~ra->taken;
    if (free)
        return ra_pick(ra, v, free);
    u64 victims = set & ~keep ? set & ~keep : set;
    check(victims);
    u32 r = ra_victim(ra, victims);
    ra_evict(ra, r);
    return r;
}
