/* Parallel moves in sequence.
 *
 * A move may be done once nobody still reads its target. What is left when no such move remains
 * are cycles. A cycle is broken by putting one value aside: in a register that is free, which
 * includes those about to be loaded, so that loads wait until the cycles of registers are done.
 * Without a free one, cycles of registers become swaps; for any other there is a slot.
 */
#include "ra/ra_int.h"

typedef struct Resolver {
    Ra *ra;
    RaMove *moves;
    u32 len;
    u64 free; /* registers that hold nothing yet */
    u32 at;
    RaEdits *out;
    VEC(u32) ready; /* moves whose target nobody reads any more */
    VEC(u32) loads; /* of these, those from outside registers, kept back */
    bool keeps_loads;
    u32 done;
} Resolver;

static u32 place_of(RaLoc loc)
{
    return RA_IS_REG(loc) ? loc : 64 + RA_SLOT_INDEX(loc);
}

static void emit(Resolver *r, RaEditKind kind, u32 v, RaLoc from, RaLoc to)
{
    if (RA_IS_REG(to)) {
        r->ra->used |= RA_BIT(to);
        r->free &= ~RA_BIT(to);
    }
    vec_push(r->ra->arena, r->out,
             (RaEdit){.at = r->at, .vreg = v, .from = from, .to = to, .kind = (u8)kind});
}

static RaLoc spare_slot(Ra *ra)
{
    if (ra->spare == NONE) {
        ra->spare = ALIGN_UP(ra->f->nslots, 2);
        ra->f->nslots = ra->spare + 2;
    }
    return RA_SLOT(ra->spare);
}

/* A register of v's class among `set`, without new callee-saved ones; or NO_REG. */
static u32 scratch_for(const Ra *ra, u64 set, u32 v)
{
    set &= ra->class_regs[ra->vals[v].class];
    set &= ~ra_new_saves(ra);
    return set ? ra_pick_brief(ra, set) : NO_REG;
}

/* ---- the order of moves -----------------------------------------------------------------------*/

static void finish_move(Resolver *r, u32 m)
{
    RaMove *move = &r->moves[m];
    RaPlaces *places = &r->ra->places;
    r->done++;
    places->writer[place_of(move->to)] = 0;
    if (move->from == RA_NONE)
        return;
    u32 from = place_of(move->from);
    if (--places->readers[from] == 0 && places->writer[from])
        vec_push(r->ra->arena, &r->ready, places->writer[from] - 1);
}

static void run_ready(Resolver *r)
{
    while (r->ready.len) {
        u32 m = vec_pop(&r->ready);
        RaMove *move = &r->moves[m];
        if (r->keeps_loads && !RA_IS_REG(move->from) && RA_IS_REG(move->to)) {
            vec_push(r->ra->arena, &r->loads, m);
            continue;
        }
        if (move->from != RA_NONE)
            emit(r, RA_MOVE, move->vreg, move->from, move->to);
        else if (RA_IS_REG(move->to))
            emit(r, RA_REMATERIALIZE, move->vreg, RA_NONE, move->to);
        finish_move(r, m);
    }
}

/* Is the move part of a cycle of registers that nothing else reads? */
static bool is_register_cycle(const Resolver *r, u32 first)
{
    u32 m = first;
    for (u32 steps = 0; steps < 64; steps++) {
        const RaMove *move = &r->moves[m];
        if (!RA_IS_REG(move->to) || !RA_IS_REG(move->from) ||
            r->ra->places.readers[place_of(move->to)] != 1 ||
            !r->ra->places.writer[place_of(move->from)])
            return false;
        m = r->ra->places.writer[place_of(move->from)] - 1;
        if (m == first)
            return true;
    }
    return false;
}

/* Each swap brings one value home, and what was there to the register the next one is read from. */
static void swap_cycle(Resolver *r, u32 first)
{
    RaPlaces *places = &r->ra->places;
    RaLoc hole = r->moves[first].to;
    u32 m = first;
    while (r->moves[m].from != hole) {
        RaLoc from = r->moves[m].from, to = r->moves[m].to;
        emit(r, RA_SWAP, 0, from, to);
        u32 before = places->writer[place_of(from)] - 1;
        places->writer[place_of(to)] = places->readers[place_of(to)] = 0;
        r->done++;
        m = before;
    }
    places->writer[place_of(r->moves[m].to)] = places->readers[place_of(r->moves[m].to)] = 0;
    r->done++;
}

/* Puts aside what the move would overwrite. */
static void break_cycle(Resolver *r, u32 first)
{
    Ra *ra = r->ra;
    RaLoc hole = r->moves[first].to;
    u32 reader = first;
    while (r->moves[reader].from != hole)
        reader = ra->places.writer[place_of(r->moves[reader].from)] - 1;
    RaMove *last = &r->moves[reader];
    u32 reg = scratch_for(ra, r->free, last->vreg);
    RaLoc aside = reg == NO_REG ? spare_slot(ra) : (RaLoc)reg;
    emit(r, RA_MOVE, last->vreg, hole, aside);
    /* The last move of the cycle now reads a place that is not among those being resolved. */
    ra->places.readers[place_of(hole)] = 0;
    vec_push(ra->arena, &r->ready, first);
    while (r->ready.len) {
        u32 m = vec_pop(&r->ready);
        const RaMove *move = &r->moves[m];
        emit(r, RA_MOVE, move->vreg, m == reader ? aside : move->from, move->to);
        if (m != reader)
            finish_move(r, m);
    }
    ra->places.writer[place_of(last->to)] = 0;
    r->done++;
    if (reg != NO_REG)
        r->free |= RA_BIT(reg);
}

/* Values that are computed into slots come last, when all else is in place. */
static void rematerialize_to_slots(Resolver *r, u64 held, const u32 *vals, const RaGroup *group)
{
    Ra *ra = r->ra;
    for (u32 m = 0; m < r->len; m++) {
        const RaMove *move = &r->moves[m];
        if (move->from != RA_NONE || RA_IS_REG(move->to))
            continue;
        u32 v = move->vreg;
        u32 reg = scratch_for(ra, ~held, v), keeps = 0;
        if (reg == NO_REG) {
            reg = ctz64(held & ra->class_regs[ra->vals[v].class]);
            keeps = vals[__builtin_popcountll(held & (RA_BIT(reg) - 1))];
            const RaVal *kept = &ra->vals[keeps];
            if (kept->flags & VAL_PHI && kept->def_block == group->succ) {
                u32 i = ra->f->blocks[group->succ].phi_at;
                while (ra->f->phis[i].def != keeps)
                    i++;
                keeps = ra->f->phi_inputs[ra->f->phis[i].input + ra->info[group->pred].join_index];
            }
            emit(r, RA_MOVE, keeps, reg, spare_slot(ra));
        }
        emit(r, RA_REMATERIALIZE, v, RA_NONE, reg);
        emit(r, RA_MOVE, v, reg, move->to);
        if (keeps)
            emit(r, RA_MOVE, keeps, spare_slot(ra), reg);
    }
}

static void grow_places(Ra *ra, u32 len)
{
    if (ra->places.len >= len)
        return;
    ra->places.readers = arena_array(ra->arena, u32, len);
    ra->places.writer = arena_array(ra->arena, u32, len);
    ra->places.len = len;
}

static void break_cycles(Resolver *r, bool only_registers)
{
    for (u32 m = 0; m < r->len && r->done < r->len; m++) {
        const RaMove *move = &r->moves[m];
        if (r->ra->places.writer[place_of(move->to)] != m + 1)
            continue;
        bool is_registers = is_register_cycle(r, m);
        if (only_registers && !is_registers)
            continue;
        if (is_registers && scratch_for(r->ra, r->free, move->vreg) == NO_REG)
            swap_cycle(r, m);
        else
            break_cycle(r, m);
    }
}

static void resolve(Resolver *r)
{
    Ra *ra = r->ra;
    u32 kept = 0;
    for (u32 m = 0; m < r->len; m++)
        if (r->moves[m].from != r->moves[m].to)
            r->moves[kept++] = r->moves[m];
    r->len = kept;
    for (u32 m = 0; m < r->len; m++) {
        dassert(!ra->places.writer[place_of(r->moves[m].to)]);
        ra->places.writer[place_of(r->moves[m].to)] = m + 1;
        if (r->moves[m].from != RA_NONE)
            ra->places.readers[place_of(r->moves[m].from)]++;
    }
    for (u32 m = r->len; m-- > 0;)
        if (!ra->places.readers[place_of(r->moves[m].to)])
            vec_push(ra->arena, &r->ready, m);
    r->keeps_loads = true;
    run_ready(r);
    break_cycles(r, true);
    r->keeps_loads = false;
    for (u32 i = 0; i < r->loads.len; i++)
        vec_push(ra->arena, &r->ready, r->loads.at[i]);
    run_ready(r);
    break_cycles(r, false);
}

void ra_move_registers(Ra *ra, RaMove *moves, u32 len, u64 free)
{
    Resolver r = {.ra = ra, .moves = moves, .len = len, .free = free, .at = ra->at,
                  .out = &ra->edits};
    grow_places(ra, 64);
    resolve(&r);
}

void ra_resolve_group(Ra *ra, const RaGroup *group, RaEdits *out)
{
    const RaBlockInfo *pred = &ra->info[group->pred], *succ = &ra->info[group->succ];
    Resolver r = {.ra = ra, .moves = ra->moves.at + group->first, .len = group->len,
                  .free = ~pred->exit_regs, .at = group->at, .out = out};
    /* All slots are given out by now but the spare one, which is no move's own. */
    grow_places(ra, 64 + ra->f->nslots);
    resolve(&r);
    rematerialize_to_slots(&r, succ->entry_regs, succ->entry_vals, group);
}
