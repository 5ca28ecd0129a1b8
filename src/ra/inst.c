/* One instruction: its operands into registers.
 *
 * In this order, each step keeping off the registers the ones before have given:
 *   make way   only for instructions that take registers by name or clobber some: values that must
 *              outlast them leave for safe registers, or are saved; fixed uses go to theirs. All
 *              these moves happen at once.
 *   uses       values in registers are read where they are, others reloaded, or read in their slots
 *   ties       a use whose value lives on is copied into the def's register
 *   temps, early defs
 *   ends       values used for the last time leave their registers, and so do those in registers
 *              about to be written
 *   late defs
 *
 * Everything is made by edits before the instruction, stores of evicted values included: a value
 * that a def displaces is stored before the instruction computes.
 */
#include "ra/ra_int.h"

/* A value read again within so many instructions is worth a register beside a copy; one that is
 * read again no sooner than that is not worth a load if its slot can be read. */
#define NEAR_USE 32
#define FAR_USE 64

typedef struct Now {
    RaOpnd *opnds;
    const u32 *next; /* by operand */
    u32 nopnds, nuses, ntemps_end; /* uses, then temps, then defs */
    u64 fixed_uses;
    u64 early;     /* fixed temps and early defs: written while uses are read */
    u64 clobber;
    u64 defs;      /* late defs' registers known so far: fixed, then all */
    u64 early_ties; /* fixed registers of early defs tied to a use: no other use may have them */
    u64 pinned;    /* registers of uses */
    u64 late;      /* of these, those that no def may have */
    u64 copies;    /* of these, those that are not the value's own place */
    u64 temps;
    u64 tied[4];   /* uses that have a def tied to them, by index */
    u8 kinds;      /* all uses' */
    bool has_ties;
} Now;

/* The registers no value may be in while the instruction reads its uses; and those that it writes.
 */
static inline u64 barred(const Now *now) { return now->fixed_uses | now->early; }
static inline u64 killed(const Now *now) { return now->clobber | now->defs; }

static inline bool is_tied_use(const Now *now, u32 k)
{
    return k < 255 && now->tied[k / 64] >> (k % 64) & 1;
}

/* Does a value in a register live on behind the instruction? */
static inline bool lives_on(const Ra *ra, const RaVal *val)
{
    return val->seen != ra->at || val->after != DEAD;
}

/* ---- reading the operands ---------------------------------------------------------------------*/

/* From now on an operand of which `loc` is set is where it has to be. */
static void read_defs(Now *now)
{
    u32 k = now->nopnds;
    for (; k > 0 && now->opnds[k - 1].role > RA_USE_LATE; k--) {
        RaOpnd *o = &now->opnds[k - 1];
        o->loc = o->fixed == RA_ANY_REG ? RA_NONE : o->fixed;
        if (o->role == RA_TEMP) {
            now->ntemps_end = MAX(now->ntemps_end, k);
            if (o->loc != RA_NONE)
                now->early |= RA_BIT(o->loc);
            continue;
        }
        if (o->tied != RA_UNTIED) {
            const RaOpnd *use = &now->opnds[o->tied];
            now->has_ties = true;
            now->tied[o->tied / 64] |= (u64)1 << (o->tied % 64);
            if (o->loc == RA_NONE && use->fixed != RA_ANY_REG)
                o->loc = use->fixed;
        }
        if (o->loc == RA_NONE)
            continue;
        /* An early def in its own use's register is written like a late one. */
        if (o->role == RA_DEF_EARLY && o->tied == RA_UNTIED)
            now->early |= RA_BIT(o->loc);
        else
            now->defs |= RA_BIT(o->loc);
        if (o->role == RA_DEF_EARLY && o->tied != RA_UNTIED)
            now->early_ties |= RA_BIT(o->loc);
    }
    now->nuses = k;
    now->ntemps_end = MAX(now->ntemps_end, k);
}

static inline u32 fixed_by_tie(const Now *now, u32 use)
{
    for (u32 k = now->ntemps_end; k < now->nopnds; k++)
        if (now->opnds[k].tied == use)
            return now->opnds[k].fixed;
    return RA_ANY_REG;
}

static void read_uses(Ra *ra, Now *now)
{
    for (u32 k = 0; k < now->nuses; k++) {
        RaOpnd *o = &now->opnds[k];
        RaVal *val = &ra->vals[o->vreg];
        u32 fixed = o->fixed;
        bool is_tied = now->has_ties && is_tied_use(now, k);
        if (is_tied && fixed == RA_ANY_REG)
            fixed = fixed_by_tie(now, k);
        o->loc = fixed == RA_ANY_REG ? RA_NONE : fixed;
        u8 kind = KIND_PLAIN;
        if (o->role == RA_USE_LATE)
            kind = KIND_LATE;
        if (fixed != RA_ANY_REG) {
            kind = KIND_FIXED;
            now->fixed_uses |= RA_BIT(fixed);
        } else if (is_tied) {
            kind = KIND_TIED;
        } else if (o->flags & RA_SLOT_OK && kind == KIND_PLAIN) {
            kind = KIND_SLOT;
        }
        if (val->seen != ra->at) {
            val->seen = ra->at;
            val->kinds = 0;
        }
        val->kinds |= kind;
        now->kinds |= kind;
        val->after = now->next[k];
    }
}

/* Brings a value that is in no register into one. */
static void fetch(Ra *ra, u32 v, u32 r)
{
    if (ra->vals[v].flags & VAL_REMAT)
        ra_edit(ra, RA_REMATERIALIZE, v, RA_NONE, r);
    else
        ra_edit(ra, RA_MOVE, v, RA_SLOT(v), r);
}

/* ---- making way -------------------------------------------------------------------------------*/

/* A value that cannot stay where it is. */
typedef struct Mover {
    u32 vreg, from, to;
    u32 next;      /* next use behind the instruction */
    bool is_read;  /* the instruction itself needs it in a register */
    bool survives; /* and lives on in one */
} Mover;

typedef struct Way {
    u32 dest[64]; /* value that fixed uses want, by register */
    RaMove moves[128];
    u32 nmoves;
    Mover movers[64];
    u32 nmovers;
    u64 fetched; /* registers of fixed uses that hold their value after the moves */
    u64 vacated; /* by values that only move to where fixed uses want them */
} Way;

/* References outlast an instruction that may collect in slots only. */
static bool survives(const Ra *ra, const Now *now, const RaVal *val)
{
    return lives_on(ra, val) && !(now->clobber && val->flags & VAL_REF);
}

/* A value that several fixed uses want is moved to each; it is `vacated` if it ends here and has no
 * other use, so that its register is free for movers at once. */
static void plan_fixed_uses(Ra *ra, Now *now, Way *way)
{
    for (u32 k = 0; k < now->nuses; k++)
        if (now->opnds[k].loc != RA_NONE)
            way->dest[now->opnds[k].loc] = now->opnds[k].vreg;
    for (u32 k = 0; k < now->nuses; k++) {
        const RaOpnd *o = &now->opnds[k];
        if (o->loc == RA_NONE)
            continue;
        check(way->dest[o->loc] == o->vreg);
        const RaVal *val = &ra->vals[o->vreg];
        if (val->reg == NO_REG || way->fetched & RA_BIT(o->loc))
            continue;
        way->fetched |= RA_BIT(o->loc);
        if (val->reg == o->loc)
            continue;
        way->moves[way->nmoves++] = (RaMove){o->vreg, val->reg, o->loc, false};
        bool is_home = now->fixed_uses >> val->reg & 1 && way->dest[val->reg] == o->vreg;
        if (!survives(ra, now, val) && val->kinds == KIND_FIXED && !is_home)
            way->vacated |= RA_BIT(val->reg);
    }
}

/* What must become of the value in register r: nothing, or a mover. */
static void plan_value(Ra *ra, Now *now, Way *way, u32 r)
{
    u32 v = ra->held[r];
    RaVal *val = &ra->vals[v];
    bool is_seen = val->seen == ra->at;
    u8 kinds = is_seen ? val->kinds : 0;
    bool stays = survives(ra, now, val);
    bool leaves;
    if (now->fixed_uses >> r & 1 && way->dest[r] == v)
        leaves = (killed(now) >> r & 1 && (stays || kinds & KIND_LATE)) ||
                 (now->early_ties >> r & 1 && kinds & ~KIND_FIXED);
    else if (barred(now) >> r & 1)
        leaves = stays || kinds & ~KIND_FIXED;
    else
        leaves = stays || kinds & KIND_LATE || (kinds & KIND_TIED && now->defs >> r & 1);
    if (leaves)
        way->movers[way->nmovers++] = (Mover){.vreg = v, .from = r, .to = RA_NONE,
                                              .next = is_seen ? val->after : val->next,
                                              .is_read = (kinds & ~KIND_FIXED) != 0,
                                              .survives = stays};
}

/* Those the instruction needs come first, then the nearest. */
static void sort_movers(Way *way)
{
    for (u32 i = 1; i < way->nmovers; i++) {
        Mover m = way->movers[i];
        u32 k = i;
        for (; k > 0; k--) {
            const Mover *before = &way->movers[k - 1];
            if (before->is_read != m.is_read ? before->is_read : before->next <= m.next)
                break;
            way->movers[k] = *before;
        }
        way->movers[k] = m;
    }
}

/* Where a mover goes, among the free registers it may have; RA_NONE if to no free one. A new
 * callee-saved register is not worth it for what costs no store to evict, nor on a cold path; and
 * what is lost at the back edge anyway need not be moved at all. */
static RaLoc find_refuge(Ra *ra, const Now *now, const Mover *m, u64 free)
{
    const RaVal *val = &ra->vals[m->vreg];
    u64 set = free & ~killed(now);
    if (!m->survives && !(val->kinds & KIND_LATE)) {
        /* Needed no longer than the instruction reads: leave the safe registers alone. */
        u64 brief = free & now->clobber & ~now->defs;
        set = brief ? brief : set;
    }
    u64 old = set & ~ra_new_saves(ra);
    bool is_cheap = val->flags & VAL_REMAT || ra->valid >> m->from & 1;
    if (!old && (is_cheap || ra->f->blocks[ra->block].freq_log2 < ra->entry_freq))
        set = m->is_read ? set : 0;
    if (is_cheap && !m->is_read && ra_distance(ra, m->vreg, m->next) >= FAR_EXIT)
        set = 0;
    return set ? (RaLoc)ra_pick(ra, m->vreg, set) : RA_NONE;
}

/* The safe register of a value that is needed much later than the mover: it is evicted instead. */
static RaLoc displace(Ra *ra, const Now *now, const Mover *m)
{
    u64 set = ra->taken & ra->class_regs[ra->vals[m->vreg].class] & ~barred(now) & ~killed(now);
    for (u64 left = set; left; left &= left - 1)
        if (ra->vals[ra->held[ctz64(left)]].seen == ra->at)
            set &= ~(left & -left);
    if (!set || !m->survives || ra->vals[m->vreg].flags & VAL_REMAT)
        return RA_NONE;
    u32 r = ra_victim(ra, set);
    u32 theirs = ra_distance(ra, ra->held[r], ra->vals[ra->held[r]].next);
    u32 ours = ra_distance(ra, m->vreg, m->next);
    bool is_cheap = ra->valid >> r & 1 || ra->vals[ra->held[r]].flags & VAL_REMAT;
    if (is_cheap && !(ra->valid >> m->from & 1))
        theirs = MIN(theirs, FAR_MAX) * 2;
    else if (!is_cheap && ra->valid >> m->from & 1)
        theirs /= 2;
    if (theirs <= ours)
        return RA_NONE;
    ra_evict(ra, r);
    return r;
}

/* No register for it behind the instruction: its slot has to do. */
static void give_up_register(Ra *ra, const Now *now, const Way *way, const Mover *m)
{
    bool is_home = now->fixed_uses >> m->from & 1 && way->dest[m->from] == m->vreg;
    const RaVal *val = &ra->vals[m->vreg];
    bool is_read = val->seen == ra->at;
    bool may_stay = is_home && !(val->kinds & KIND_LATE) && !(now->early_ties >> m->from & 1);
    if (!(barred(now) >> m->from & 1))
        may_stay = is_read && !(val->kinds & KIND_LATE) &&
                   !(val->kinds & KIND_TIED && now->defs >> m->from & 1);
    ra_save(ra, m->from);
    if (!may_stay)
        ra_drop(ra, m->from);
}

/* Stores of what is evicted come before the moves: those read the registers as they were. */
static void place_movers(Ra *ra, Now *now, Way *way)
{
    u64 free = ra->f->env->allocatable & ~barred(now) & (~ra->taken | way->vacated);
    sort_movers(way);
    for (u32 i = 0; i < way->nmovers; i++) {
        Mover *m = &way->movers[i];
        m->to = find_refuge(ra, now, m, free & ra->class_regs[ra->vals[m->vreg].class]);
        if (m->to == RA_NONE)
            m->to = displace(ra, now, m);
        if (m->to == RA_NONE) {
            give_up_register(ra, now, way, m);
            continue;
        }
        free &= ~RA_BIT(m->to);
        way->moves[way->nmoves++] = (RaMove){m->vreg, m->from, m->to, false};
    }
}

/* The map after the moves. */
static void settle_movers(Ra *ra, Way *way)
{
    u64 valid = ra->valid;
    for (u64 left = way->vacated & ra->taken; left; left &= left - 1)
        ra_drop(ra, ctz64(left));
    for (u32 i = 0; i < way->nmovers; i++)
        if (way->movers[i].to != RA_NONE)
            ra_drop(ra, way->movers[i].from);
    for (u32 i = 0; i < way->nmovers; i++) {
        const Mover *m = &way->movers[i];
        if (m->to != RA_NONE)
            ra_place(ra, m->vreg, m->to, valid >> m->from & 1);
    }
}

/* Values that were moved to fixed registers are there; the others are fetched. */
static void fetch_fixed_uses(Ra *ra, Now *now, const Way *way)
{
    for (u32 k = 0; k < now->nuses; k++) {
        const RaOpnd *o = &now->opnds[k];
        if (o->loc == RA_NONE)
            continue;
        u64 bit = RA_BIT(o->loc);
        RaVal *val = &ra->vals[o->vreg];
        bool is_home = val->reg == o->loc;
        if (!((way->fetched | now->pinned) & bit)) {
            fetch(ra, o->vreg, o->loc);
            bool may_stay = !(killed(now) & bit) && ra->f->env->allocatable & bit;
            if (val->reg == NO_REG && may_stay && survives(ra, now, val)) {
                ra_place(ra, o->vreg, o->loc, true);
                is_home = true;
            }
        }
        now->pinned |= bit;
        if (!is_home)
            now->copies |= bit;
        if (o->role == RA_USE_LATE)
            now->late |= bit;
    }
}

/* The collector may move what is in registers: references that live on are saved first. */
static void save_references(Ra *ra)
{
    for (u64 left = ra->taken; left; left &= left - 1) {
        u32 r = ctz64(left);
        const RaVal *val = &ra->vals[ra->held[r]];
        if (!(val->flags & VAL_REF) || !lives_on(ra, val))
            continue;
        ra_save(ra, r);
        if (val->seen != ra->at)
            ra_drop(ra, r);
    }
}

static void make_way(Ra *ra, Now *now)
{
    Way way;
    way.nmoves = way.nmovers = 0;
    way.fetched = way.vacated = 0;
    u64 free = ra->f->env->allocatable & ~ra->taken;
    if (now->clobber && ra->has_refs)
        save_references(ra);
    if (now->kinds & KIND_FIXED)
        plan_fixed_uses(ra, now, &way);
    u64 touched = ra->taken & (barred(now) | killed(now)) & ~way.vacated;
    for (; touched; touched &= touched - 1)
        plan_value(ra, now, &way, ctz64(touched));
    place_movers(ra, now, &way);
    if (way.nmoves)
        ra_move_registers(ra, way.moves, way.nmoves, free);
    settle_movers(ra, &way);
    if (now->kinds & KIND_FIXED)
        fetch_fixed_uses(ra, now, &way);
}

/* ---- registers for operands -------------------------------------------------------------------*/

/* Registers that neither a use nor anything written while uses are read may be given. */
static inline u64 off_limits(const Now *now)
{
    return barred(now) | now->pinned | now->temps;
}

/* Is the register read only by uses that could as well read the value's slot? */
static bool is_read_for_slots(const Now *now, u32 r)
{
    for (u32 k = 0; k < now->nuses; k++) {
        const RaOpnd *o = &now->opnds[k];
        if (o->loc == r &&
            (!(o->flags & RA_SLOT_OK) || o->role != RA_USE || o->fixed != RA_ANY_REG))
            return false;
    }
    return true;
}

/* Lets a use that can read its slot do so, to get its register back. */
static bool release_slot_use(Ra *ra, Now *now, u32 class)
{
    if (!(now->kinds & KIND_SLOT))
        return false;
    for (u32 k = 0; k < now->nuses; k++) {
        const RaOpnd *o = &now->opnds[k];
        const RaVal *val = &ra->vals[o->vreg];
        u32 r = o->loc;
        if (!RA_IS_REG(r) || val->class != class || val->reg != r || val->flags & VAL_REMAT ||
            !is_read_for_slots(now, r))
            continue;
        ra_evict(ra, r);
        now->pinned &= ~RA_BIT(r);
        for (; k < now->nuses; k++) {
            if (now->opnds[k].loc != r)
                continue;
            now->opnds[k].loc = RA_SLOT(now->opnds[k].vreg);
            vec_push(ra->arena, &ra->slot_opnds, (u32)(&now->opnds[k] - ra->f->opnds));
        }
        return true;
    }
    return false;
}

/* The registers of a class that are open to an operand, `off` excepted; never empty. */
static u64 open_registers(Ra *ra, Now *now, u32 class, u64 off)
{
    for (;;) {
        u64 set = ra->class_regs[class] & ~off_limits(now) & ~off;
        if (set || !release_slot_use(ra, now, class))
            return set;
    }
}

/* The value's slot is better than a reload: at the last use, or with registers short. */
static bool reads_slot(const Ra *ra, const Now *now, u32 v)
{
    const RaVal *val = &ra->vals[v];
    if (val->flags & VAL_REMAT)
        return false;
    if (val->after == DEAD)
        return true;
    u64 free = ra->class_regs[val->class] & ~ra->taken & ~off_limits(now);
    free &= ~ra_new_saves(ra);
    return !free || ra_distance(ra, v, val->after) > FAR_USE;
}

/* A fixed use may have fetched the value already. */
static RaLoc find_copy(const Ra *ra, const Now *now, const RaOpnd *o)
{
    if (!(ra->vals[o->vreg].kinds & KIND_FIXED))
        return RA_NONE;
    for (u32 k = 0; k < now->nuses; k++) {
        const RaOpnd *other = &now->opnds[k];
        if (other->vreg != o->vreg || other == o || !RA_IS_REG(other->loc))
            continue;
        if (now->copies & ~now->early_ties & RA_BIT(other->loc) &&
            !(o->role == RA_USE_LATE && killed(now) & RA_BIT(other->loc)))
            return other->loc;
    }
    return RA_NONE;
}

static void give_use(Ra *ra, Now *now, RaOpnd *o, u64 keep)
{
    RaVal *val = &ra->vals[o->vreg];
    if (val->reg != NO_REG)
        o->loc = val->reg;
    else
        o->loc = find_copy(ra, now, o);
    if (o->loc == RA_NONE && o->flags & RA_SLOT_OK && reads_slot(ra, now, o->vreg)) {
        o->loc = RA_SLOT(o->vreg);
        vec_push(ra->arena, &ra->slot_opnds, (u32)(o - ra->f->opnds));
        return;
    }
    if (o->loc == RA_NONE) {
        u64 set = open_registers(ra, now, val->class, o->role == RA_USE_LATE ? killed(now) : 0);
        /* Not for long: leave the registers that outlast calls to others. */
        u64 brief = set & val->avoid & ra->class_regs[val->class] & ~ra->taken;
        if (brief && (val->after == DEAD || ra_distance(ra, o->vreg, val->after) >= FAR_EXIT))
            set = brief;
        u32 r = ra_take(ra, o->vreg, set, keep);
        fetch(ra, o->vreg, r);
        ra_place(ra, o->vreg, r, true);
        o->loc = r;
    }
    now->pinned |= RA_BIT(o->loc);
    if (o->role == RA_USE_LATE)
        now->late |= RA_BIT(o->loc);
}

static void give_uses_of(Ra *ra, Now *now, u8 kind, u64 keep)
{
    for (u32 k = 0; k < now->nuses; k++) {
        RaOpnd *o = &now->opnds[k];
        u8 its = o->role == RA_USE_LATE ? KIND_LATE
                 : o->flags & RA_SLOT_OK ? KIND_SLOT : KIND_PLAIN;
        if (o->loc == RA_NONE && its == kind && !(now->has_ties && is_tied_use(now, k)))
            give_use(ra, now, o, keep);
    }
}

static void give_uses(Ra *ra, Now *now)
{
    u64 keep = 0;
    for (u32 k = 0; k < now->nuses; k++)
        if (ra->vals[now->opnds[k].vreg].reg != NO_REG)
            keep |= RA_BIT(ra->vals[now->opnds[k].vreg].reg);
    /* The choosier first: what one evicts, those behind can still fetch elsewhere. */
    if (now->kinds & KIND_LATE)
        give_uses_of(ra, now, KIND_LATE, keep);
    if (now->kinds & KIND_PLAIN)
        give_uses_of(ra, now, KIND_PLAIN, keep);
    if (now->kinds & KIND_SLOT)
        give_uses_of(ra, now, KIND_SLOT, keep);
}

/* ---- ties -------------------------------------------------------------------------------------*/

/* May the def have the register that the use's value is in, if that does not live on there? */
static bool may_overwrite(const Now *now, const RaOpnd *def, u32 r)
{
    u64 bit = RA_BIT(r);
    if (bit & (now->late | now->temps | barred(now) | now->defs))
        return false;
    return def->role == RA_DEF || !(bit & (now->pinned | now->clobber));
}

/* A register for a copy of the use's value, which the def will overwrite. */
static u32 copy_register(Ra *ra, Now *now, const RaOpnd *def, u32 v)
{
    const RaVal *val = &ra->vals[v];
    u64 off = def->role == RA_DEF_EARLY ? now->clobber : 0;
    u64 own = val->reg != NO_REG && may_overwrite(now, def, val->reg) ? RA_BIT(val->reg) : 0;
    if (own & now->clobber) {
        ra_evict(ra, val->reg); /* it would be lost anyway */
        return (u32)ctz64(own);
    }
    u64 set = own | open_registers(ra, now, val->class, off | now->defs);
    u64 free = set & ~ra->taken;
    if (free)
        return ra_pick(ra, def->vreg, free);
    u64 others = set & ~own;
    u32 r = others ? ra_victim(ra, others) : val->reg;
    if (own && (!others || ra->vals[ra->held[r]].next <= val->after))
        r = val->reg;
    ra_evict(ra, r);
    return r;
}

/* The def wants the very register the value is in: let the value move, if it lives on. */
static bool swap_roles(Ra *ra, Now *now, RaOpnd *use, const RaOpnd *def)
{
    RaVal *val = &ra->vals[use->vreg];
    u32 r = val->reg;
    u64 bit = RA_BIT(r);
    if (val->after == DEAD || def->role != RA_DEF || !may_overwrite(now, def, r) ||
        ra_wish(ra, def->vreg, bit) == NO_REG)
        return false;
    u64 free = ra->class_regs[val->class] & ~ra->taken & ~off_limits(now) & ~killed(now);
    if (!free)
        return false;
    u32 to = ra_pick(ra, use->vreg, free);
    bool is_valid = ra->valid & bit;
    ra_edit(ra, RA_MOVE, use->vreg, r, to);
    ra_drop(ra, r);
    ra_place(ra, use->vreg, to, is_valid);
    now->copies |= bit;
    use->loc = r;
    return true;
}

/* If there is room for a copy as well. */
static void fetch_to_stay(Ra *ra, Now *now, u32 v)
{
    u64 free = open_registers(ra, now, ra->vals[v].class, killed(now)) & ~ra->taken;
    if (!(free & (free - 1)))
        return;
    u32 r = ra_pick(ra, v, free);
    fetch(ra, v, r);
    ra_place(ra, v, r, true);
}

static void give_tie(Ra *ra, Now *now, RaOpnd *use, RaOpnd *def)
{
    RaVal *val = &ra->vals[use->vreg];
    if (val->reg == NO_REG && val->after != DEAD &&
        ra_distance(ra, use->vreg, val->after) < NEAR_USE)
        fetch_to_stay(ra, now, use->vreg);
    if (val->reg == NO_REG) {
        /* Not kept: if it lives on, it does so in its slot. */
        RaLoc copy = find_copy(ra, now, use);
        u32 r = copy_register(ra, now, def, use->vreg);
        if (copy != RA_NONE)
            ra_edit(ra, RA_MOVE, use->vreg, copy, r);
        else
            fetch(ra, use->vreg, r);
        now->copies |= RA_BIT(r);
        use->loc = r;
    } else if (val->after == DEAD && may_overwrite(now, def, val->reg)) {
        use->loc = val->reg;
    } else if (!swap_roles(ra, now, use, def)) {
        u32 from = val->reg, r = copy_register(ra, now, def, use->vreg);
        if (r != from)
            ra_edit(ra, RA_MOVE, use->vreg, from, r);
        now->copies |= RA_BIT(r);
        use->loc = r;
    }
    u64 bit = RA_BIT(use->loc);
    now->pinned |= bit;
    now->late |= bit;
    now->defs |= bit;
    def->loc = use->loc;
}

static void give_ties(Ra *ra, Now *now)
{
    for (u32 k = now->ntemps_end; k < now->nopnds; k++) {
        RaOpnd *def = &now->opnds[k];
        if (def->tied != RA_UNTIED && def->loc == RA_NONE)
            give_tie(ra, now, &now->opnds[def->tied], def);
    }
}

/* ---- temps, ends, defs ------------------------------------------------------------------------*/

static void give_temps(Ra *ra, Now *now)
{
    for (u32 k = now->nuses; k < now->ntemps_end; k++) {
        RaOpnd *o = &now->opnds[k];
        if (o->loc == RA_NONE) {
            u64 set = open_registers(ra, now, ra->f->vregs[o->vreg].class, now->defs);
            u64 free = set & ~ra->taken;
            if (free) {
                o->loc = ra_pick_brief(ra, free);
            } else {
                o->loc = ra_victim(ra, set);
                ra_evict(ra, o->loc);
            }
        }
        now->temps |= RA_BIT(o->loc);
        ra->used |= RA_BIT(o->loc);
    }
}

static void end_uses(Ra *ra, Now *now)
{
    for (u32 k = 0; k < now->nuses; k++) {
        RaVal *val = &ra->vals[now->opnds[k].vreg];
        if (val->reg == NO_REG)
            continue;
        val->next = val->after;
        if (val->after == DEAD)
            ra_drop(ra, val->reg);
    }
    u64 killed_now = ra->taken & (killed(now) | now->early);
    for (; killed_now; killed_now &= killed_now - 1) {
        dassert(ra->valid >> ctz64(killed_now) & 1 ||
                ra->vals[ra->held[ctz64(killed_now)]].flags & VAL_REMAT);
        ra_drop(ra, ctz64(killed_now));
    }
    if (!now->clobber || !ra->has_refs)
        return;
    for (u64 left = ra->taken; left; left &= left - 1)
        if (ra->vals[ra->held[ctz64(left)]].flags & VAL_REF)
            ra_drop(ra, ctz64(left));
}

/* A def's hint is taken by a value that must be gone by then: if there is a place where that would
 * have to go anyway, it goes now. Operands that read it still find it where it was. */
static void clear_hint(Ra *ra, Now *now, const RaOpnd *o)
{
    const RaVal *val = &ra->vals[o->vreg];
    u32 r = val->hint;
    u64 written = now->temps | now->early | now->defs;
    if (!(ra->taken & ~written & ~now->late & RA_BIT(r)) ||
        val->hint_at >= ra->f->blocks[ra->block].end || !ra_hint_holds(ra, o->vreg, 0))
        return;
    u32 v = ra->held[r];
    const RaVal *holder = &ra->vals[v];
    u64 free = ra->class_regs[holder->class] & ~ra->taken & ~written & ~now->pinned;
    free &= ~(now->clobber | now->fixed_uses);
    u32 to = NO_REG;
    if (holder->hint != NO_REG && free >> holder->hint & 1 && ra_hint_holds(ra, v, 0))
        to = holder->hint;
    else if (holder->end > 2 * val->hint_at + 1 && free & ~holder->avoid & ~ra_new_saves(ra))
        to = ra_pick(ra, v, free & ~holder->avoid & ~ra_new_saves(ra));
    if (to == NO_REG)
        return;
    bool is_valid = ra->valid >> r & 1;
    ra_edit(ra, RA_MOVE, v, r, to);
    ra_drop(ra, r);
    ra_place(ra, v, to, is_valid);
}

static void give_def(Ra *ra, Now *now, RaOpnd *o)
{
    if (o->loc != RA_NONE)
        return;
    if (o->role == RA_DEF && ra->vals[o->vreg].hint != NO_REG)
        clear_hint(ra, now, o);
    u64 off = now->early | now->defs;
    if (o->role == RA_DEF_EARLY)
        o->loc = ra_take(ra, o->vreg,
                         open_registers(ra, now, ra->vals[o->vreg].class, off | now->clobber), 0);
    else
        o->loc = ra_take(ra, o->vreg, ~(off | now->temps | now->late), 0);
    now->defs |= RA_BIT(o->loc);
    /* Later defs must not evict it: it is not there yet. */
    if (o->role == RA_DEF_EARLY)
        now->early |= RA_BIT(o->loc);
}

/* A def of the last instruction has no place behind it in its block. Where a successor does not
 * need the value, its slot is still to be nobody else's. */
static void store_at_exits(Ra *ra, u32 v, u32 r)
{
    const RaBlock *block = &ra->f->blocks[ra->block];
    for (u32 i = 0; i < block->nsucc; i++) {
        u32 at = ra->f->blocks[ra->f->edges[block->succ_at + i]].first;
        ra->vals[v].end = MAX(ra->vals[v].end, 2 * at + 1);
        vec_push(ra->arena, &ra->exit_stores, (RaEdit){at, v, r, RA_SLOT(v), RA_MOVE});
    }
}

static void settle_def(Ra *ra, const Now *now, const RaOpnd *o)
{
    RaVal *val = &ra->vals[o->vreg];
    u32 r = o->loc;
    u32 next = now->next[o - now->opnds];
    val->def_reg = (u8)r;
    ra->used |= RA_BIT(r);
    ra_note_placed(ra, o->vreg, r);
    bool is_valid = false;
    if (val->flags & VAL_DEMOTED && !(val->flags & VAL_REMAT)) {
        val->flags |= VAL_SPILLED;
        if (ra->at + 1 < ra->f->blocks[ra->block].end)
            val->flags |= VAL_STORE_AT_DEF;
        else
            store_at_exits(ra, o->vreg, r);
        is_valid = true;
    }
    if (next == DEAD)
        return;
    val->next = next;
    ra_place(ra, o->vreg, r, is_valid);
}

/* Early defs, while it is still known which uses could give way. */
static void give_early_defs(Ra *ra, Now *now)
{
    for (u32 k = now->ntemps_end; k < now->nopnds; k++)
        if (now->opnds[k].role == RA_DEF_EARLY)
            give_def(ra, now, &now->opnds[k]);
}

static void give_defs(Ra *ra, Now *now)
{
    for (u32 k = now->ntemps_end; k < now->nopnds; k++)
        give_def(ra, now, &now->opnds[k]);
    for (u32 k = now->ntemps_end; k < now->nopnds; k++)
        settle_def(ra, now, &now->opnds[k]);
}

/* ---- the common case --------------------------------------------------------------------------*/

/* Ordinary uses, all in registers, and ordinary defs; a tie only to a value that ends here. */
static bool is_simple(const Ra *ra, const RaInst *inst, const RaOpnd *o, const u32 *next)
{
    u64 tied = 0;
    if (inst->clobber)
        return false;
    for (u32 k = 0; k < inst->nopnds; k++) {
        if (o[k].fixed != RA_ANY_REG)
            return false;
        if (o[k].role == RA_USE) {
            if (ra->vals[o[k].vreg].reg == NO_REG)
                return false;
        } else if (o[k].role != RA_DEF) {
            return false;
        } else if (o[k].tied != RA_UNTIED) {
            u64 bit = RA_BIT(ra->vals[o[o[k].tied].vreg].reg);
            if (next[o[k].tied] != DEAD || tied & bit)
                return false;
            tied |= bit;
        }
    }
    return true;
}

/* What the steps below come to for these. */
static void allocate_simple(Ra *ra, const RaInst *inst, Now *now)
{
    RaOpnd *o = now->opnds;
    u32 nuses = 0;
    for (; nuses < inst->nopnds && o[nuses].role == RA_USE; nuses++) {
        RaVal *val = &ra->vals[o[nuses].vreg];
        o[nuses].loc = val->reg;
        val->next = now->next[nuses];
        now->pinned |= RA_BIT(val->reg);
    }
    for (u32 k = 0; k < nuses; k++)
        if (now->next[k] == DEAD && ra->vals[o[k].vreg].reg != NO_REG)
            ra_drop(ra, o[k].loc);
    now->ntemps_end = now->nuses = nuses;
    for (u32 k = nuses; k < inst->nopnds; k++) {
        o[k].loc = RA_NONE;
        if (o[k].tied == RA_UNTIED)
            continue;
        o[k].loc = o[o[k].tied].loc;
        now->defs |= RA_BIT(o[k].loc);
    }
    give_defs(ra, now);
}

void ra_allocate_inst(Ra *ra, u32 at)
{
    const RaInst *inst = &ra->f->insts[at];
    Now now = {.opnds = ra->f->opnds + inst->opnd,
               .next = ra->next + inst->opnd,
               .nopnds = inst->nopnds,
               .clobber = ra->f->clobbers[inst->clobber]};
    ra->at = at;
    while (ra->event > 0 && ra->events.at[ra->event - 1].at <= at)
        ra->event--;
    if (is_simple(ra, inst, now.opnds, now.next)) {
        allocate_simple(ra, inst, &now);
        return;
    }
    read_defs(&now);
    read_uses(ra, &now);
    if (barred(&now) | killed(&now))
        make_way(ra, &now);
    give_uses(ra, &now);
    if (now.has_ties)
        give_ties(ra, &now);
    give_temps(ra, &now);
    give_early_defs(ra, &now);
    ra->used |= now.pinned;
    end_uses(ra, &now);
    give_defs(ra, &now);
}
