/* Where values are at the start of a block, and the moves that get them there.
 *
 * A block with one predecessor starts as that one ended. At a join, each value that lives is in a
 * register or in its slot, whichever way one came; the hotter the predecessor, the more its
 * registers count. Phis join in as candidates: an input's register, if it is free, costs nothing.
 *
 * Loop headers decide for the loop: what it uses most gets registers, as many as its pressure
 * leaves; what it does not use keeps them only if all fits. The rest goes to slots on the way in,
 * since a store or reload before a loop is worth many inside. In a loop with calls, only registers
 * that calls keep are given to values from outside: all of these live across all of the calls.
 *
 * The ends of edges are then made to agree by parallel moves, before the terminator of a
 * predecessor that has no other successor. Slots have no numbers yet: finish.c resolves them.
 */
#include "ra/ra_int.h"

#include <stdlib.h>

/* Parts of the registers that values from outside may always have in a loop, however high its
 * pressure: 1/n; a loop with loops inside may have room in some parts and not in others. */
#define MIN_SHARE_INNER 4
#define MIN_SHARE_OUTER 2
/* Inputs of a phi that are looked at. */
#define MAX_INPUTS 64

static u32 count_regs(u64 set) { return (u32)__builtin_popcountll(set); }

/* ---- states -----------------------------------------------------------------------------------*/

static void clear_registers(Ra *ra)
{
    for (u64 left = ra->taken; left; left &= left - 1)
        ra->vals[ra->held[ctz64(left)]].reg = NO_REG;
    ra->taken = 0;
}

static void load_exit(Ra *ra, u32 pred)
{
    if (ra->state_of == pred)
        return;
    clear_registers(ra);
    const RaBlockInfo *info = &ra->info[pred];
    u32 n = 0;
    for (u64 left = info->exit_regs; left; left &= left - 1)
        ra_place(ra, info->exit_vals[n++], ctz64(left), false);
    ra->valid = info->exit_valid;
}

static u32 *copy_held(Ra *ra)
{
    u32 n = 0, *vals = arena_alloc(ra->arena, count_regs(ra->taken) * sizeof(u32), 4);
    for (u64 left = ra->taken; left; left &= left - 1)
        vals[n++] = ra->held[ctz64(left)];
    return vals;
}

static void save_entry(Ra *ra, u32 b)
{
    ra->info[b].entry_regs = ra->taken;
    ra->info[b].entry_vals = copy_held(ra);
}

/* Does nobody read the phi? The next use of a demoted one is not known beyond its block. */
static inline bool is_dead_phi(const Ra *ra, u32 i)
{
    return ra->phi_next[i] == DEAD && !(ra->vals[ra->f->phis[i].def].flags & VAL_DEMOTED);
}

/* ---- edges ------------------------------------------------------------------------------------*/

/* Where a value that is in no register comes from. */
static RaLoc outside_registers(const Ra *ra, u32 v)
{
    return ra->vals[v].flags & VAL_REMAT ? RA_NONE : RA_SLOT(v);
}

bool ra_lives_into(const Ra *ra, u32 v, u32 b)
{
    u32 dense = ra->vals[v].dense;
    if (dense == NONE)
        return false;
    u32 low = ra->info[b].live_at, end = low + ra->info[b].live_len, high = end;
    while (low < high) {
        u32 mid = (low + high) / 2;
        if (ra->vals[ra->live.at[mid].vreg].dense < dense)
            low = mid + 1;
        else
            high = mid;
    }
    return low < end && ra->live.at[low].vreg == v;
}

static RaLoc place_at_exit(const Ra *ra, u32 v)
{
    return ra->join[v].from_edge == ra->edge ? ra->join[v].from_reg : outside_registers(ra, v);
}

static u32 phi_input(const Ra *ra, const RaPhi *phi, u32 pred)
{
    return ra->f->phi_inputs[phi->input + ra->info[pred].join_index];
}

static void add_move(Ra *ra, u32 v, RaLoc from, RaLoc to)
{
    if (from != to)
        vec_push(ra->arena, &ra->moves, (RaMove){v, from, to, false});
}

static void move_into_registers(Ra *ra, u32 pred, u32 b)
{
    const RaBlockInfo *to = &ra->info[b];
    u32 n = 0;
    for (u64 left = to->entry_regs; left; left &= left - 1) {
        u32 v = to->entry_vals[n++];
        ra->join[v].to_edge = ra->edge;
        if (ra->vals[v].flags & VAL_PHI && ra->vals[v].def_block == b)
            continue;
        add_move(ra, v, place_at_exit(ra, v), ctz64(left));
    }
    const RaBlock *block = &ra->f->blocks[b];
    for (u32 i = block->phi_at; i < block->phi_at + block->nphis; i++) {
        const RaVal *phi = &ra->vals[ra->f->phis[i].def];
        u32 input = phi_input(ra, &ra->f->phis[i], pred);
        if (is_dead_phi(ra, i) || (phi->flags & VAL_IN_SLOT && input == ra->f->phis[i].def))
            continue;
        RaLoc place = phi->flags & VAL_IN_SLOT ? RA_SLOT(ra->f->phis[i].def) : phi->def_reg;
        RaLoc from = place_at_exit(ra, input);
        add_move(ra, input, from, place);
        if (RA_IS_REG(from) && RA_IS_SLOT(place))
            vec_last(&ra->moves).is_valid = ra->join[input].from_valid;
    }
}

/* Values the block expects in slots that are not written yet. */
static void store_on_edge(Ra *ra, u32 pred, u32 b)
{
    const RaBlockInfo *from = &ra->info[pred];
    u32 n = 0;
    for (u64 left = from->exit_regs; left; left &= left - 1) {
        u32 r = ctz64(left), v = from->exit_vals[n++];
        RaVal *val = &ra->vals[v];
        if (from->exit_valid >> r & 1 || val->flags & VAL_REMAT ||
            ra->join[v].to_edge == ra->edge || !ra_lives_into(ra, v, b))
            continue;
        val->flags |= VAL_SPILLED;
        val->stores += ra_freq(ra, pred);
        add_move(ra, v, r, RA_SLOT(v));
    }
}

static void connect(Ra *ra, u32 pred, u32 b)
{
    const RaBlockInfo *from = &ra->info[pred];
    ra->edge++;
    u32 n = 0;
    for (u64 left = from->exit_regs; left; left &= left - 1) {
        RaAtJoin *at = &ra->join[from->exit_vals[n++]];
        at->from_edge = ra->edge;
        at->from_reg = (u8)ctz64(left);
        at->from_valid = from->exit_valid >> at->from_reg & 1;
    }
    RaGroup group = {ra->f->blocks[pred].end - 1, ra->moves.len, 0, pred, b};
    move_into_registers(ra, pred, b);
    store_on_edge(ra, pred, b);
    group.len = ra->moves.len - group.first;
    if (group.len)
        vec_push(ra->arena, &ra->exit_groups, group);
}

/* ---- one predecessor --------------------------------------------------------------------------*/

/* Phis with one input are copies at the block's start. Their moves are planned while the inputs
 * that end here still have their registers. */
static void enter_phis(Ra *ra, u32 b, u32 first_move)
{
    const RaFunc *f = ra->f;
    const RaBlock *block = &f->blocks[b];
    u32 m = first_move;
    for (u32 i = block->phi_at; i < block->phi_at + block->nphis; i++) {
        if (is_dead_phi(ra, i))
            continue;
        u32 v = f->phis[i].def;
        RaVal *val = &ra->vals[v];
        u64 free = ra->class_regs[val->class] & ~ra->taken;
        RaMove *move = &ra->moves.at[m++];
        if (!free || val->flags & VAL_DEMOTED) {
            val->flags |= VAL_SPILLED | VAL_IN_SLOT;
            move->to = RA_SLOT(v);
            continue;
        }
        u64 own = RA_IS_REG(move->from) ? free & RA_BIT(move->from) : 0;
        u32 r = own ? move->from : ra_pick(ra, v, free);
        val->def_reg = (u8)r;
        val->next = ra->phi_next[i];
        ra_place(ra, v, r, false);
        move->to = r;
    }
}

static void enter_single(Ra *ra, u32 b)
{
    const RaFunc *f = ra->f;
    const RaBlock *block = &f->blocks[b];
    const RaBlockInfo *info = &ra->info[b];
    u32 pred = f->edges[block->pred_at];
    load_exit(ra, pred);
    u64 living = 0;
    for (u32 i = info->live_at; i < info->live_at + info->live_len; i++) {
        RaVal *val = &ra->vals[ra->live.at[i].vreg];
        if (val->reg == NO_REG)
            continue;
        val->next = block->first + ra->live.at[i].dist;
        living |= RA_BIT(val->reg);
    }
    RaGroup group = {block->first, ra->moves.len, 0, pred, b};
    for (u32 i = block->phi_at; i < block->phi_at + block->nphis; i++) {
        u32 input = f->phi_inputs[f->phis[i].input];
        u32 r = ra->vals[input].reg;
        if (!is_dead_phi(ra, i))
            vec_push(ra->arena, &ra->moves,
                     (RaMove){input, r == NO_REG ? outside_registers(ra, input) : r, RA_NONE,
                              false});
        ra->vals[input].next = ra->input_next[i];
        if (ra->input_next[i] == DEAD && r != NO_REG)
            living &= ~RA_BIT(r);
    }
    for (u64 dead = ra->taken & ~living; dead; dead &= dead - 1)
        ra_drop(ra, ctz64(dead));
    group.len = ra->moves.len - group.first;
    if (!group.len)
        return;
    enter_phis(ra, b, group.first);
    vec_push(ra->arena, &ra->entry_groups, group);
    save_entry(ra, b);
}

/* ---- joins: which values ----------------------------------------------------------------------*/

typedef struct Join {
    u32 b;
    u32 hottest;  /* of the predecessors that have ended, or NONE */
    float total;  /* their frequencies' sum */
    bool is_loop;
} Join;

/* The register with most of the frequency wins, if it has more than half: Boyer and Moore's count,
 * which needs no table of registers for each value. */
static void vote(RaAtJoin *at, u32 r, float freq)
{
    if (at->reg == r) {
        at->lead += freq;
    } else if (at->lead >= freq) {
        at->lead -= freq;
    } else {
        at->lead = freq - at->lead;
        at->reg = (u8)r;
    }
}

/* Where an edge brings the inputs of a join's phis: adds to RaAtJoin.held of each phi the frequency
 * of edges that bring it in a register alone, to `lead` that of those that bring it in a slot. */
static void read_inputs(Ra *ra, const Join *j, u32 pred)
{
    const RaFunc *f = ra->f;
    const RaBlock *block = &f->blocks[j->b];
    const RaBlockInfo *info = &ra->info[pred];
    float freq = ra_freq(ra, pred);
    ra->edge++;
    u32 n = 0;
    for (u64 left = info->exit_regs; left; left &= left - 1) {
        RaAtJoin *at = &ra->join[info->exit_vals[n++]];
        at->from_edge = ra->edge;
        at->from_valid = info->exit_valid >> ctz64(left) & 1;
    }
    for (u32 i = block->phi_at; i < block->phi_at + block->nphis; i++) {
        RaAtJoin *phi = &ra->join[f->phis[i].def];
        u32 input = phi_input(ra, &f->phis[i], pred);
        if (phi->block != j->b + 1)
            *phi = (RaAtJoin){.block = j->b + 1};
        if (ra->join[input].from_edge != ra->edge)
            phi->lead += ra->vals[input].flags & VAL_REMAT ? 0 : freq;
        else if (!ra->join[input].from_valid)
            phi->held += freq;
    }
}

static void read_exits(Ra *ra, Join *j)
{
    const RaFunc *f = ra->f;
    const RaBlock *block = &f->blocks[j->b];
    for (u32 k = 0; k < block->npred; k++) {
        u32 pred = f->edges[block->pred_at + k];
        if (pred >= j->b)
            continue;
        if (j->hottest == NONE || f->blocks[pred].freq_log2 > f->blocks[j->hottest].freq_log2)
            j->hottest = pred;
        j->total += ra_freq(ra, pred);
    }
    for (u32 k = 0; k < block->npred; k++) {
        u32 pred = f->edges[block->pred_at + k], n = 0;
        if (pred >= j->b)
            continue;
        const RaBlockInfo *info = &ra->info[pred];
        float freq = ra_freq(ra, pred);
        for (u64 left = info->exit_regs; left; left &= left - 1) {
            u32 r = ctz64(left);
            RaAtJoin *at = &ra->join[info->exit_vals[n++]];
            if (at->block != j->b + 1)
                *at = (RaAtJoin){.block = j->b + 1, .reg = (u8)r};
            at->held += freq;
            at->dirty += !(info->exit_valid >> r & 1);
            vote(at, r, freq);
        }
    }
    for (u32 k = 0; k < block->npred && !j->is_loop; k++)
        read_inputs(ra, j, f->edges[block->pred_at + k]);
}

static void add_candidate(Ra *ra, u32 v, u32 dist, float rank, bool is_phi)
{
    vec_push(ra->arena, &ra->cands, (RaCand){v, dist, rank, is_phi});
}

/* Values from outside a loop that would like a register in it. What it reads is loaded before it
 * even if no register holds it now; what it does not read is welcome as long as it has one. A
 * constant is as cheap to make again as to move, so that it needs many uses to be worth keeping. */
static void consider_for_loop(Ra *ra, const Join *j, u32 v, u32 dist)
{
    const RaVal *val = &ra->vals[v];
    bool is_held = ra->join[v].block == j->b + 1;
    if (dist >= FAR_EXIT) {
        if (is_held)
            add_candidate(ra, v, dist, -1, false);
    } else {
        float worth = val->flags & VAL_REMAT ? val->weight / (is_held ? 2 : 4) : val->weight;
        add_candidate(ra, v, dist, worth, false);
    }
}

/* A value that only some bring in a register gets one if they are the better part: the reloads on
 * the other edges run less often than one behind the join would. */
static void consider_for_join(Ra *ra, const Join *j, u32 v, u32 dist)
{
    const RaAtJoin *at = &ra->join[v];
    if (at->block != j->b + 1)
        return;
    bool is_everywhere = at->held >= j->total * 0.999f;
    if (is_everywhere || (dist < FAR_EXIT && at->held * 2 >= j->total))
        add_candidate(ra, v, dist, -(float)dist, false);
}

/* Does a loop's phi come round unchanged on most ways? Looks at its input on a back edge, and if
 * that is a phi at that one's inputs. */
static bool is_mostly_kept(const Ra *ra, const Join *j, u32 phi)
{
    const RaFunc *f = ra->f;
    const RaBlock *block = &f->blocks[j->b];
    for (u32 k = 0; k < block->npred; k++) {
        u32 input = f->phi_inputs[f->phis[phi].input + k], same = 0;
        if (f->edges[block->pred_at + k] < j->b || input == f->phis[phi].def)
            continue;
        if (!(ra->vals[input].flags & VAL_PHI))
            return false;
        const u32 *inputs = f->phi_inputs + f->phis[ra->end_block[input]].input;
        u32 n = MIN(f->blocks[ra->vals[input].def_block].npred, MAX_INPUTS);
        for (u32 i = 0; i < n; i++)
            same += inputs[i] == f->phis[phi].def;
        if (same * 2 <= n)
            return false;
    }
    return true;
}

static void list_candidates(Ra *ra, const Join *j)
{
    const RaBlock *block = &ra->f->blocks[j->b];
    const RaBlockInfo *info = &ra->info[j->b];
    ra->cands.len = 0;
    for (u32 i = block->phi_at; i < block->phi_at + block->nphis; i++) {
        u32 v = ra->f->phis[i].def;
        if (ra->phi_next[i] == DEAD || ra->vals[v].flags & VAL_DEMOTED)
            continue;
        u32 dist = ra->phi_next[i] - block->first;
        if (!j->is_loop) {
            /* One load where it is read is less than one on most edges. */
            if (ra->join[v].held >= ra->join[v].lead)
                add_candidate(ra, v, dist, -(float)dist, true);
            continue;
        }
        /* In a slot it would be stored in each round, too, unless it comes round in it. */
        float worth = 2 * (ra->vals[v].weight + ra_freq(ra, j->b));
        if (is_mostly_kept(ra, j, i))
            worth = ra->vals[v].weight;
        add_candidate(ra, v, dist, worth, true);
    }
    for (u32 i = info->live_at; i < info->live_at + info->live_len; i++) {
        RaLive live = ra->live.at[i];
        ra->vals[live.vreg].next = block->first + live.dist;
        if (j->is_loop)
            consider_for_loop(ra, j, live.vreg, live.dist);
        else
            consider_for_join(ra, j, live.vreg, live.dist);
    }
}

static int compare_cands(const void *a, const void *b)
{
    const RaCand *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank > y->rank ? -1 : 1;
    if (x->dist != y->dist)
        return x->dist < y->dist ? -1 : 1;
    return x->vreg < y->vreg ? -1 : x->vreg > y->vreg;
}

/* How many candidates of a class a block can take. */
typedef struct Room {
    u32 all;     /* together */
    u32 used;    /* values from outside a loop that it uses */
    u32 through; /* of values from outside, before those it does not use are left out */
    u32 kept;    /* values that live across the loop's calls */
} Room;

/* What the loop has of its own at the worst point comes first; the rest can be given away for
 * good. */
static Room room_in_loop(const Ra *ra, u32 b, u32 class, u32 outside, u32 crossing)
{
    const RaBlockInfo *info = &ra->info[b];
    u32 regs = count_regs(ra->class_regs[class]);
    u32 kept = count_regs(ra->class_regs[class] & ~info->clobber);
    Room room = {regs, regs, regs, kept};
    if (info->peak[class] > regs) {
        u32 own = info->peak[class] - MIN(outside, info->peak[class]);
        u32 spare = regs > own ? regs - own : 0;
        u32 share = regs / (info->has_inner ? MIN_SHARE_OUTER : MIN_SHARE_INNER);
        room.all = regs > 4 ? regs - 2 : MAX(regs, 2) - 1;
        room.used = MAX(spare, share);
        room.through = spare;
    }
    u32 across = info->across[class] - MIN(info->across[class], outside + crossing);
    room.kept -= MIN(across, kept / 2);
    return room;
}

static bool crosses_calls(const Ra *ra, const Join *j, const RaCand *cand)
{
    return !cand->is_phi || ra->vals[cand->vreg].avoid & ra->info[j->b].clobber;
}

static void find_room(const Ra *ra, const Join *j, Room *room)
{
    const RaBlockInfo *info = &ra->info[j->b];
    u32 outside[RA_CLASS_COUNT] = {0}, crossing[RA_CLASS_COUNT] = {0};
    for (u32 i = info->live_at; i < info->live_at + info->live_len; i++)
        outside[ra->vals[ra->live.at[i].vreg].class]++;
    for (u32 i = 0; i < ra->cands.len; i++)
        if (ra->cands.at[i].is_phi && crosses_calls(ra, j, &ra->cands.at[i]))
            crossing[ra->vals[ra->cands.at[i].vreg].class]++;
    for (u32 c = 0; c < RA_CLASS_COUNT; c++) {
        u32 regs = count_regs(ra->class_regs[c]);
        room[c] = j->is_loop ? room_in_loop(ra, j->b, c, outside[c], crossing[c])
                             : (Room){regs, regs, regs, regs};
    }
}

/* Leaves the candidates that get a register, best first. Phis are not bound by what the calls
 * leave: one that finds no such register is in another up to the call, which saves a load. */
static void choose(Ra *ra, const Join *j)
{
    Room room[RA_CLASS_COUNT];
    u32 all[RA_CLASS_COUNT] = {0}, outside[RA_CLASS_COUNT] = {0}, kept[RA_CLASS_COUNT] = {0};
    find_room(ra, j, room);
    for (u32 i = 0; i < ra->cands.len; i++)
        all[ra->vals[ra->cands.at[i].vreg].class]++;
    bool fits = true;
    for (u32 c = 0; c < RA_CLASS_COUNT; c++) {
        fits &= all[c] <= MIN(MIN(room[c].all, room[c].through), room[c].kept);
        all[c] = 0;
    }
    if (fits)
        return;
    qsort(ra->cands.at, ra->cands.len, sizeof(RaCand), compare_cands);
    u32 len = 0;
    for (u32 i = 0; i < ra->cands.len; i++) {
        RaCand cand = ra->cands.at[i];
        u32 c = ra->vals[cand.vreg].class;
        u32 most = cand.dist >= FAR_EXIT ? room[c].through : room[c].used;
        if (all[c] >= room[c].all)
            continue;
        if (!cand.is_phi && (outside[c] >= most || (j->is_loop && kept[c] >= room[c].kept)))
            continue;
        all[c]++;
        outside[c] += !cand.is_phi;
        kept[c] += crosses_calls(ra, j, &cand);
        ra->cands.at[len++] = cand;
    }
    ra->cands.len = len;
}

/* ---- joins: which registers -------------------------------------------------------------------*/

static void place_candidate(Ra *ra, const Join *j, RaCand *cand, u32 r)
{
    const RaAtJoin *at = &ra->join[cand->vreg];
    bool is_valid = !cand->is_phi && (at->block != j->b + 1 || !at->dirty);
    ra_place(ra, cand->vreg, r, is_valid);
    if (cand->is_phi) {
        ra->vals[cand->vreg].def_reg = (u8)r;
        ra->vals[cand->vreg].next = ra->f->blocks[j->b].first + cand->dist;
    }
    ra_note_placed(ra, cand->vreg, r);
    cand->vreg = 0;
}

/* The register in which the hottest predecessor has the phi's input, or NO_REG. */
static u32 register_of_input(const Ra *ra, const Join *j, u32 phi)
{
    if (j->hottest == NONE)
        return NO_REG;
    u32 i = ra->f->blocks[j->b].phi_at;
    while (ra->f->phis[i].def != phi)
        i++;
    const RaAtJoin *at = &ra->join[phi_input(ra, &ra->f->phis[i], j->hottest)];
    return at->block == j->b + 1 ? at->reg : NO_REG;
}

/* At a join the hottest edge's move is the one to save; at a header that is the back edge, whose
 * input is placed later and will follow the phi. */
static void place_phi(Ra *ra, const Join *j, RaCand *cand)
{
    const RaVal *val = &ra->vals[cand->vreg];
    u64 free = ra->class_regs[val->class] & ~ra->taken;
    if (!free)
        return;
    u32 r = register_of_input(ra, j, cand->vreg), wish = ra_wish(ra, cand->vreg, free);
    if (r == NO_REG || !(ra_outlasting(ra, cand->vreg, free) >> r & 1) ||
        (j->is_loop && wish != NO_REG))
        r = wish != NO_REG ? wish : ra_pick(ra, cand->vreg, free);
    place_candidate(ra, j, cand, r);
}

/* Values that can stay where they are come first, so that nothing is moved out of their way; then
 * phis, whose moves run as often as the edges; what is left had to move anyway. */
static void assign(Ra *ra, const Join *j)
{
    u64 kept = j->is_loop ? ~ra->info[j->b].clobber : ~(u64)0;
    for (u32 i = 0; i < ra->cands.len; i++) {
        RaCand *cand = &ra->cands.at[i];
        const RaAtJoin *at = &ra->join[cand->vreg];
        if (cand->is_phi || at->block != j->b + 1)
            continue;
        u64 free = ra->class_regs[ra->vals[cand->vreg].class] & ~ra->taken & kept;
        if (free >> at->reg & 1 && (!j->is_loop || ra_outside_names(ra, free) >> at->reg & 1))
            place_candidate(ra, j, cand, at->reg);
    }
    for (u32 i = 0; i < ra->cands.len; i++)
        if (ra->cands.at[i].vreg && ra->cands.at[i].is_phi)
            place_phi(ra, j, &ra->cands.at[i]);
    for (u32 i = 0; i < ra->cands.len; i++) {
        RaCand *cand = &ra->cands.at[i];
        if (!cand->vreg || cand->is_phi)
            continue;
        u64 free = ra->class_regs[ra->vals[cand->vreg].class] & ~ra->taken & kept;
        if (free)
            place_candidate(ra, j, cand, ra_pick(ra, cand->vreg, free));
    }
}

static void enter_join(Ra *ra, u32 b)
{
    const RaFunc *f = ra->f;
    const RaBlock *block = &f->blocks[b];
    Join j = {.b = b, .hottest = NONE, .is_loop = block->loop_end != 0};
    clear_registers(ra);
    read_exits(ra, &j);
    list_candidates(ra, &j);
    choose(ra, &j);
    assign(ra, &j);
    for (u32 i = block->phi_at; i < block->phi_at + block->nphis; i++) {
        u32 v = f->phis[i].def;
        if (!is_dead_phi(ra, i) && ra->vals[v].reg == NO_REG)
            ra->vals[v].flags |= VAL_SPILLED | VAL_IN_SLOT;
    }
    save_entry(ra, b);
    for (u32 k = 0; k < block->npred; k++)
        if (f->edges[block->pred_at + k] < b)
            connect(ra, f->edges[block->pred_at + k], b);
}

void ra_enter_block(Ra *ra, u32 b)
{
    const RaBlock *block = &ra->f->blocks[b];
    ra->block = b;
    ra->at = block->first;
    while (ra->event > 0 && ra->events.at[ra->event - 1].at < block->first)
        ra->event--;
    if (block->npred == 1 && ra->f->edges[block->pred_at] < b)
        enter_single(ra, b);
    else
        enter_join(ra, b);
    ra->state_of = NONE;
}

void ra_leave_block(Ra *ra, u32 b)
{
    const RaBlock *block = &ra->f->blocks[b];
    RaBlockInfo *info = &ra->info[b];
    ra->state_of = b;
    /* A block entered from nowhere else comes next: it finds the registers as they are. */
    u32 only = block->nsucc == 1 ? ra->f->edges[block->succ_at] : NONE;
    if (!block->nsucc || (only == b + 1 && ra->f->blocks[only].npred == 1 &&
                          !ra->f->blocks[only].nphis))
        return;
    info->exit_regs = ra->taken;
    info->exit_valid = ra->valid & ra->taken;
    info->exit_vals = copy_held(ra);
    if (only <= b)
        connect(ra, b, only);
}
