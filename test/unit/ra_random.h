/* Random input for the register allocator: functions in SSA form with all kinds of constraints.
 *
 * The control flow is structured (branches, tables, loops, breaks, continues, returns), in reverse
 * post-order with contiguous loops and no critical edges. Values are versions of variables: each
 * has one kind, and joins and loop headers get phis for those that differ. Same seed, same
 * function.
 *
 *     RaRandom g;
 *     ra_random_make(&g, arena, seed);
 *     ra_allocate(&g.func, 2);
 */
#ifndef STINT_TEST_RA_RANDOM_H
#define STINT_TEST_RA_RANDOM_H

#include "ra/ra.h"

#define RAND_VARS 48
#define RAND_FIXED 8

typedef struct RandLabel {
    VEC(u32) from;      /* blocks with an edge to it; an entry of 0x80000000 + b: needs a split */
    u32 header;         /* block number if it is a loop's header */
    bool is_loop;
} RandLabel;

typedef struct RaRandom {
    RaFunc func;
    RaEnv env;
    Arena *arena;
    u64 state;
    /* what kind of function */
    u32 nvars;
    u32 insts_per_block; /* at most */
    u32 budget;          /* blocks that may still be opened */
    u32 calls, fixed, ties, slots; /* chances in percent */
    bool refs, wide, remat;
    /* under construction */
    VEC(RaBlock) blocks;
    VEC(RaInst) insts;
    VEC(RaOpnd) opnds;
    VEC(RaPhi) phis;
    VEC(u32) phi_inputs;
    VEC(u32) edges;
    VEC(RaVreg) vregs;
    VEC(u64) clobbers;
    VEC(u32) succs; /* pairs: from, to */
    VEC(u32) exit_vars; /* nvars for each block: its variables' versions at the end */
    u32 vars[RAND_VARS];
    u8 kind[RAND_VARS];     /* 0 general, 1 vector, 2 wide vector, 3 reference */
    bool locked[RAND_VARS]; /* not to be assigned in the loop at work */
    RandLabel *labels[64];
    u32 nlabels;
    u32 depth;
    u32 loops[64]; /* headers around */
    u32 nloops;
    bool is_open;  /* the last block has no terminator yet */
} RaRandom;

static inline u64 rand_next(RaRandom *g)
{
    g->state += 0x9E3779B97F4A7C15u;
    u64 z = g->state;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}
static inline u32 rand_below(RaRandom *g, u32 n) { return n ? (u32)(rand_next(g) % n) : 0; }
static inline bool rand_chance(RaRandom *g, u32 percent) { return rand_below(g, 100) < percent; }

/* A random member of a register set, which is not empty. */
static inline u32 rand_member(RaRandom *g, u64 set)
{
    u32 n = rand_below(g, (u32)__builtin_popcountll(set));
    while (n--)
        set &= set - 1;
    return ctz64(set);
}

/* ---- machines ---------------------------------------------------------------------------------*/

static inline void rand_env(RaRandom *g)
{
    static const u8 sizes[][4] = {
        /* general, of these callee-saved, vector, of these callee-saved */
        {14, 5, 15, 0}, {4, 2, 3, 0}, {4, 0, 4, 1}, {5, 2, 4, 2}, {6, 3, 4, 0}, {8, 4, 8, 0},
    };
    const u8 *s = sizes[rand_below(g, ARRAY_LEN(sizes))];
    u32 ngeneral = s[0], nvector = s[2];
    g->env.allocatable = ((1ull << ngeneral) - 1) | ((1ull << nvector) - 1) << 32;
    g->env.callee_saved = ((1ull << s[1]) - 1) << (ngeneral - s[1]) |
                          ((1ull << s[3]) - 1) << (nvector - s[3] + 32);
    g->env.norder = 0;
    for (u32 r = 0; r < ngeneral; r++)
        g->env.order[g->env.norder++] = (u8)r;
    for (u32 r = 0; r < nvector; r++)
        g->env.order[g->env.norder++] = (u8)(r + 32);
    vec_push(g->arena, &g->clobbers, 0);
    u64 caller_saved = g->env.allocatable & ~g->env.callee_saved;
    vec_push(g->arena, &g->clobbers, caller_saved);
    vec_push(g->arena, &g->clobbers, caller_saved & 0xffffffff);
    vec_push(g->arena, &g->clobbers, caller_saved & (rand_next(g) | 1));
    vec_push(g->arena, &g->clobbers, g->env.allocatable);
}

/* ---- values and instructions ------------------------------------------------------------------*/

static inline RaClass rand_class(u32 kind) { return kind == 1 || kind == 2 ? RA_VEC : RA_GPR; }

static inline u32 rand_vreg(RaRandom *g, u32 kind, bool is_remat)
{
    u8 flags = (u8)((kind == 2 ? RA_WIDE : 0) | (kind == 3 ? RA_REFERENCE : 0) |
                    (is_remat ? RA_REMAT : 0));
    u8 hint = RA_ANY_REG;
    if (rand_chance(g, 3))
        hint = (u8)rand_member(g, g->env.allocatable &
                                      ((u64)0xffffffff << (rand_class(kind) * 32)));
    vec_push(g->arena, &g->vregs, (RaVreg){(u8)rand_class(kind), flags, hint, 0});
    return g->vregs.len - 1;
}

static inline void rand_open_inst(RaRandom *g, u32 clobber)
{
    vec_push(g->arena, &g->insts, (RaInst){.opnd = g->opnds.len, .clobber = (u8)clobber});
}

static inline RaOpnd *rand_opnd(RaRandom *g, u32 vreg, RaRole role)
{
    vec_push(g->arena, &g->opnds,
             (RaOpnd){.vreg = vreg, .loc = RA_NONE, .role = (u8)role, .fixed = RA_ANY_REG,
                      .tied = RA_UNTIED});
    vec_last(&g->insts).nopnds++;
    return &vec_last(&g->opnds);
}

static inline u32 rand_var(RaRandom *g, RaClass class)
{
    u32 v = rand_below(g, g->nvars);
    for (u32 i = 0; i < g->nvars; i++, v = (v + 1) % g->nvars)
        if (rand_class(g->kind[v]) == class)
            return v;
    return v; /* variables 0 and 1 are of either class: not reached */
}

/* A def that becomes the new version of some variable, or one that nobody reads. */
static inline RaOpnd *rand_def(RaRandom *g, RaClass class, bool is_remat, RaRole role)
{
    u32 var = rand_var(g, class);
    u32 v = rand_vreg(g, g->kind[var], is_remat && g->kind[var] != 3);
    if (!g->locked[var])
        g->vars[var] = v;
    return rand_opnd(g, v, role);
}

/* What an instruction may still take, so that there is always an allocation. */
typedef struct RandRoom {
    u32 early[RA_CLASS_COUNT]; /* registers left while uses are read */
    u32 late[RA_CLASS_COUNT];  /* and at the end */
    u64 early_fixed, late_fixed;
} RandRoom;

static inline RandRoom rand_room(RaRandom *g)
{
    RandRoom room = {{0}, {0}, 0, 0};
    for (u32 c = 0; c < RA_CLASS_COUNT; c++)
        room.early[c] = room.late[c] =
            (u32)__builtin_popcountll(g->env.allocatable & ((u64)0xffffffff << (c * 32)));
    return room;
}

static inline bool rand_take(u32 *a, u32 *b)
{
    if (!*a || (b && !*b))
        return false;
    --*a;
    if (b)
        --*b;
    return true;
}

/* An operation: a few uses, perhaps late or in slots, temps, defs, perhaps early or tied. */
static inline void rand_operation(RaRandom *g)
{
    RandRoom room = rand_room(g);
    rand_open_inst(g, 0);
    u32 first = g->opnds.len, nuses = rand_below(g, rand_chance(g, 5) ? 8 : 4);
    for (u32 i = 0; i < nuses; i++) {
        u32 var = rand_below(g, g->nvars), c = rand_class(g->kind[var]);
        bool is_late = rand_chance(g, 10), is_slot = rand_chance(g, g->slots);
        /* What may stay in a slot never lacks a register, unless it has no slot. */
        bool is_modest = is_slot && !is_late && !(g->vregs.at[g->vars[var]].flags & RA_REMAT);
        if (!is_modest && !rand_take(&room.early[c], is_late ? &room.late[c] : NULL))
            continue;
        rand_opnd(g, g->vars[var], is_late ? RA_USE_LATE : RA_USE)->flags =
            is_slot ? RA_SLOT_OK : 0;
    }
    nuses = g->opnds.len - first;
    if (rand_chance(g, 10) && rand_take(&room.early[RA_GPR], &room.late[RA_GPR]))
        rand_opnd(g, g->vars[rand_var(g, RA_GPR)], RA_TEMP);
    if (rand_chance(g, 5) && rand_take(&room.early[RA_VEC], &room.late[RA_VEC]))
        rand_opnd(g, g->vars[rand_var(g, RA_VEC)], RA_TEMP);
    u32 ndefs = rand_chance(g, 15) ? 2 : rand_chance(g, 85);
    for (u32 i = 0; i < ndefs; i++) {
        u32 c = rand_chance(g, 70) ? RA_GPR : RA_VEC;
        bool is_early = rand_chance(g, 10);
        u32 tied = rand_below(g, nuses);
        const RaOpnd *use = &g->opnds.at[first + tied];
        bool is_tied = i == 0 && nuses && rand_chance(g, g->ties) && use->role == RA_USE &&
                       !(use->flags & RA_SLOT_OK);
        if (is_tied) {
            c = g->vregs.at[use->vreg].class;
            is_early = false;
        }
        if (is_tied ? !rand_take(&room.late[c], NULL)
                    : !rand_take(&room.late[c], is_early ? &room.early[c] : NULL))
            continue;
        RaOpnd *def = rand_def(g, c, false, is_early ? RA_DEF_EARLY : RA_DEF);
        if (is_tied)
            def->tied = (u8)tied;
    }
}

static inline void rand_move(RaRandom *g)
{
    u32 var = rand_below(g, g->nvars), to = rand_below(g, g->nvars);
    for (u32 i = 0; i < g->nvars && g->kind[to] != g->kind[var]; i++)
        to = (to + 1) % g->nvars;
    rand_open_inst(g, 0);
    rand_opnd(g, g->vars[var], RA_USE);
    u32 v = rand_vreg(g, g->kind[to], false);
    rand_opnd(g, v, RA_DEF);
    vec_last(&g->insts).is_move = true;
    if (!g->locked[to])
        g->vars[to] = v;
}

static inline void rand_constant(RaRandom *g)
{
    rand_open_inst(g, 0);
    rand_def(g, rand_chance(g, 70) ? RA_GPR : RA_VEC, g->remat, RA_DEF);
}

/* A use in a register named by the instruction, if one is still to be had. */
static inline void rand_fixed_use(RaRandom *g, RandRoom *room, u64 not_in, RaRole role)
{
    u32 var = rand_below(g, g->nvars), c = rand_class(g->kind[var]);
    u64 set = g->env.allocatable & ((u64)0xffffffff << (c * 32)) & ~room->early_fixed & ~not_in;
    if (!set || !rand_take(&room->early[c], role == RA_USE_LATE ? &room->late[c] : NULL))
        return;
    u32 r = rand_member(g, set);
    room->early_fixed |= RA_BIT(r);
    if (role == RA_USE_LATE)
        room->late_fixed |= RA_BIT(r);
    rand_opnd(g, g->vars[var], role)->fixed = (u8)r;
}

static inline void rand_fixed_def(RaRandom *g, RandRoom *room, RaRole role)
{
    u32 c = rand_chance(g, 70) ? RA_GPR : RA_VEC;
    u64 set = g->env.allocatable & ((u64)0xffffffff << (c * 32)) & ~room->late_fixed;
    if (role == RA_DEF_EARLY)
        set &= ~room->early_fixed;
    if (!set || !rand_take(&room->late[c], role == RA_DEF_EARLY ? &room->early[c] : NULL))
        return;
    u32 r = rand_member(g, set);
    room->late_fixed |= RA_BIT(r);
    if (role == RA_DEF_EARLY)
        room->early_fixed |= RA_BIT(r);
    rand_def(g, c, false, role)->fixed = (u8)r;
}

/* Like a division: fixed and free operands side by side. */
static inline void rand_fixed_inst(RaRandom *g)
{
    RandRoom room = rand_room(g);
    rand_open_inst(g, 0);
    u32 first = g->opnds.len;
    /* Half of what could be, since a free operand may be hemmed in by fixed ones of both phases. */
    for (u32 c = 0; c < RA_CLASS_COUNT; c++)
        room.early[c] = room.late[c] = (room.early[c] + 1) / 2;
    for (u32 i = rand_below(g, 3); i > 0; i--)
        rand_fixed_use(g, &room, 0, rand_chance(g, 15) ? RA_USE_LATE : RA_USE);
    u32 nfixed = g->opnds.len - first;
    u32 var = rand_below(g, g->nvars), c = rand_class(g->kind[var]);
    bool has_free = rand_take(&room.early[c], &room.late[c]);
    if (has_free) {
        RaOpnd *o = rand_opnd(g, g->vars[var], rand_chance(g, 20) ? RA_USE_LATE : RA_USE);
        if (rand_chance(g, g->slots))
            o->flags = RA_SLOT_OK;
    }
    if (rand_chance(g, 20)) {
        u64 set = g->env.allocatable & 0xffffffff & ~room.early_fixed & ~room.late_fixed;
        if (set && rand_take(&room.early[RA_GPR], &room.late[RA_GPR])) {
            u32 r = rand_member(g, set);
            room.early_fixed |= RA_BIT(r);
            room.late_fixed |= RA_BIT(r);
            rand_opnd(g, g->vars[rand_var(g, RA_GPR)], RA_TEMP)->fixed = (u8)r;
        }
    }
    /* A def tied to a fixed use may name its register or not. */
    const RaOpnd use = g->opnds.at[first];
    if (nfixed && use.role == RA_USE && rand_chance(g, g->ties) &&
        !(room.late_fixed & RA_BIT(use.fixed)) &&
        rand_take(&room.late[RA_REG_CLASS(use.fixed)], NULL)) {
        room.late_fixed |= RA_BIT(use.fixed);
        RaOpnd *def = rand_def(g, RA_REG_CLASS(use.fixed), false, RA_DEF);
        def->tied = 0;
        if (rand_chance(g, 50))
            def->fixed = use.fixed;
    } else {
        rand_fixed_def(g, &room, rand_chance(g, 15) ? RA_DEF_EARLY : RA_DEF);
    }
    if (rand_chance(g, 30) && rand_take(&room.late[RA_GPR], NULL))
        rand_def(g, RA_GPR, false, RA_DEF);
}

static inline void rand_call(RaRandom *g)
{
    RandRoom room = rand_room(g);
    u32 clobber = 1 + rand_below(g, g->clobbers.len - 1);
    if (rand_chance(g, 60))
        clobber = 1;
    rand_open_inst(g, clobber);
    for (u32 i = rand_below(g, RAND_FIXED); i > 0; i--)
        rand_fixed_use(g, &room, 0, RA_USE);
    u64 kept = g->env.allocatable & ~g->clobbers.at[clobber] & ~room.early_fixed & 0xffffffff;
    if (rand_chance(g, 30) && rand_take(&room.early[RA_GPR], NULL)) {
        RaOpnd *o = rand_opnd(g, g->vars[rand_var(g, RA_GPR)], RA_USE);
        if (rand_chance(g, g->slots))
            o->flags = RA_SLOT_OK;
    } else if (rand_chance(g, 10) && kept && rand_take(&room.early[RA_GPR], &room.late[RA_GPR])) {
        u32 var = rand_var(g, RA_GPR);
        RaOpnd *o = rand_opnd(g, g->vars[var], RA_USE_LATE);
        room.late_fixed |= kept;
        if (rand_chance(g, 50))
            o->fixed = (u8)rand_member(g, kept);
    }
    if (rand_chance(g, 20) && rand_take(&room.early[RA_GPR], &room.late[RA_GPR]))
        rand_opnd(g, g->vars[rand_var(g, RA_GPR)], RA_TEMP);
    /* Fixed results, but none that a temp might need. */
    room.late_fixed |= ~g->clobbers.at[clobber];
    for (u32 i = rand_below(g, 3); i > 0; i--)
        if (room.early[RA_GPR] > 1 && room.early[RA_VEC] > 1)
            rand_fixed_def(g, &room, RA_DEF);
}

static inline void rand_inst(RaRandom *g)
{
    u32 what = rand_below(g, 100);
    if (what < g->calls)
        rand_call(g);
    else if (what < g->calls + g->fixed)
        rand_fixed_inst(g);
    else if (rand_chance(g, 12))
        rand_constant(g);
    else if (rand_chance(g, 8))
        rand_move(g);
    else
        rand_operation(g);
}

/* ---- blocks -----------------------------------------------------------------------------------*/

static inline u32 rand_this_block(const RaRandom *g) { return g->blocks.len - 1; }

static inline u32 rand_freq(RaRandom *g)
{
    u32 freq = 8 + 3 * g->nloops;
    if (rand_chance(g, 15))
        return 0;
    return freq - MIN(freq, rand_below(g, 3));
}

/* Opens a block; edges into it are added by the caller. */
static inline u32 rand_open_block(RaRandom *g)
{
    vec_push(g->arena, &g->blocks,
             (RaBlock){.first = g->insts.len, .phi_at = g->phis.len, .loop_header = UINT32_MAX,
                       .loop_depth = (u16)g->nloops, .freq_log2 = (u16)rand_freq(g)});
    if (g->nloops)
        vec_last(&g->blocks).loop_header = g->loops[g->nloops - 1];
    if (g->blocks.len == 1)
        vec_last(&g->blocks).freq_log2 = 8;
    g->is_open = true;
    return g->blocks.len - 1;
}

static inline void rand_edge(RaRandom *g, u32 from, u32 to)
{
    vec_push(g->arena, &g->succs, from);
    vec_push(g->arena, &g->succs, to);
}

/* Ends the open block. A terminator without operands if it is to be a jump. */
static inline void rand_close_block(RaRandom *g, bool is_jump)
{
    rand_open_inst(g, 0);
    if (!is_jump) {
        if (rand_chance(g, 70))
            rand_opnd(g, g->vars[rand_var(g, RA_GPR)], RA_USE);
        /* Some terminators define: calls that may throw. */
        if (rand_chance(g, 10))
            rand_def(g, RA_GPR, false, RA_DEF);
    }
    RaBlock *b = &vec_last(&g->blocks);
    b->end = g->insts.len;
    for (u32 v = 0; v < g->nvars; v++)
        vec_push(g->arena, &g->exit_vars, g->vars[v]);
    g->is_open = false;
}

static inline void rand_fill(RaRandom *g)
{
    for (u32 n = rand_below(g, g->insts_per_block); n > 0; n--)
        rand_inst(g);
}

static inline void rand_load_vars(RaRandom *g, u32 block)
{
    memcpy(g->vars, g->exit_vars.at + (size_t)block * g->nvars, g->nvars * sizeof(u32));
}

static inline void rand_phi(RaRandom *g, u32 var, const u32 *preds, u32 npreds, u32 extra)
{
    u32 input = g->phi_inputs.len;
    for (u32 k = 0; k < npreds; k++)
        vec_push(g->arena, &g->phi_inputs, g->exit_vars.at[(size_t)preds[k] * g->nvars + var]);
    for (u32 k = 0; k < extra; k++)
        vec_push(g->arena, &g->phi_inputs, 0);
    u32 def = rand_vreg(g, g->kind[var], false);
    g->vregs.at[def].unused = (u8)var; /* until rand_finish */
    vec_push(g->arena, &g->phis, (RaPhi){def, input});
    vec_last(&g->blocks).nphis++;
    g->vars[var] = def;
}

/* Opens a block behind one that ends in a branch. Sometimes it has phis of one input. */
static inline u32 rand_open_single(RaRandom *g, u32 pred)
{
    rand_load_vars(g, pred);
    u32 b = rand_open_block(g);
    rand_edge(g, pred, b);
    if (rand_chance(g, 5))
        for (u32 v = 0; v < g->nvars; v++)
            if (rand_chance(g, 20) && !g->locked[v])
                rand_phi(g, v, &pred, 1, 0);
    return b;
}

/* An edge to a label yet to come, from the open block if it ends here, or from one of its
 * branches: then a block of its own is put there later. */
static inline void rand_pend(RaRandom *g, RandLabel *label, u32 from, bool is_branch)
{
    vec_push(g->arena, &label->from, is_branch ? from | 0x80000000u : from);
}

/* Places a label: a join of all that was pended, or nothing if none was. */
static inline void rand_place(RaRandom *g, RandLabel *label)
{
    if (g->is_open) {
        rand_close_block(g, true);
        rand_pend(g, label, rand_this_block(g), false);
    }
    u32 n = label->from.len;
    if (!n)
        return;
    u32 *preds = arena_array(g->arena, u32, n);
    for (u32 k = 0; k < n; k++) {
        u32 from = label->from.at[k];
        preds[k] = from & 0x7fffffff;
        if (from >> 31 && n > 1) {
            u32 split = rand_open_single(g, preds[k]);
            rand_close_block(g, true);
            preds[k] = split;
        }
    }
    rand_load_vars(g, preds[0]);
    u32 b = rand_open_block(g);
    for (u32 k = 0; k < n; k++)
        rand_edge(g, preds[k], b);
    for (u32 v = 0; v < g->nvars; v++) {
        bool differs = false;
        for (u32 k = 1; k < n; k++)
            differs |= g->exit_vars.at[(size_t)preds[k] * g->nvars + v] != g->vars[v];
        if (differs)
            rand_phi(g, v, preds, n, 0);
    }
}

static inline RandLabel *rand_label(RaRandom *g)
{
    RandLabel *label = arena_new(g->arena, RandLabel);
    g->labels[g->nlabels++] = label;
    return label;
}

static inline void rand_region(RaRandom *g);

static inline void rand_if(RaRandom *g)
{
    RandLabel *end = rand_label(g);
    u32 arms = rand_chance(g, 15) ? 3 + rand_below(g, 6) : 2;
    bool has_else = rand_chance(g, 60) || arms > 2;
    rand_close_block(g, false);
    u32 head = rand_this_block(g);
    for (u32 i = 0; i < arms; i++) {
        if (i + 1 == arms && !has_else) {
            rand_pend(g, end, head, true);
            break;
        }
        rand_open_single(g, head);
        rand_region(g);
        if (g->is_open) {
            rand_close_block(g, true);
            rand_pend(g, end, rand_this_block(g), false);
        }
    }
    g->nlabels--;
    rand_place(g, end);
}

/* Leaves for some label: out of loops, or back to a header. */
static inline void rand_leave(RaRandom *g)
{
    if (!g->nlabels || rand_chance(g, 10)) { /* return */
        rand_close_block(g, false);
        return;
    }
    RandLabel *label = g->labels[rand_below(g, g->nlabels)];
    rand_close_block(g, true);
    rand_pend(g, label, rand_this_block(g), false);
}

static inline void rand_branch_out(RaRandom *g)
{
    RandLabel *label = g->labels[rand_below(g, g->nlabels)];
    rand_close_block(g, false);
    u32 from = rand_this_block(g);
    if (!label->is_loop) {
        rand_pend(g, label, from, true);
        rand_open_single(g, from);
    } else {
        rand_open_single(g, from);
        rand_close_block(g, true);
        rand_pend(g, label, rand_this_block(g), false);
        rand_open_single(g, from);
    }
}

/* A header's phis are made at once, its back edges are known only at the end. */
static inline void rand_loop(RaRandom *g)
{
    rand_close_block(g, true);
    u32 before = rand_this_block(g);
    RandLabel *end = rand_label(g), *again = rand_label(g);
    bool locked[RAND_VARS];
    memcpy(locked, g->locked, sizeof locked);
    g->loops[g->nloops++] = g->blocks.len;
    u32 header = rand_open_block(g);
    g->blocks.at[header].loop_header = header;
    again->is_loop = true;
    again->header = header;
    rand_edge(g, before, header);
    u32 share = rand_below(g, 100);
    for (u32 v = 0; v < g->nvars; v++) {
        if (g->locked[v] || !rand_chance(g, share))
            g->locked[v] = true;
        else
            rand_phi(g, v, &before, 1, 16);
    }
    rand_region(g);
    if (g->is_open) {
        if (rand_chance(g, 70)) {
            rand_close_block(g, false);
            u32 from = rand_this_block(g);
            rand_open_single(g, from);
            rand_close_block(g, true);
            rand_pend(g, again, rand_this_block(g), false);
            rand_pend(g, end, from, true);
        } else {
            rand_close_block(g, true);
            rand_pend(g, again, rand_this_block(g), false);
        }
    }
    memcpy(g->locked, locked, sizeof locked);
    g->nlabels -= 2;
    g->nloops--;
    /* At most 16 back edges have room in the phis; the others become returns. */
    u32 nback = MIN(again->from.len, 16);
    for (u32 k = 0; k < nback; k++) {
        u32 from = again->from.at[k];
        rand_edge(g, from, header);
        const RaBlock *h = &g->blocks.at[header];
        for (u32 i = h->phi_at; i < h->phi_at + h->nphis; i++) {
            const RaPhi *phi = &g->phis.at[i];
            u32 var = g->vregs.at[phi->def].unused;
            g->phi_inputs.at[phi->input + 1 + k] =
                g->exit_vars.at[(size_t)from * g->nvars + var];
        }
    }
    if (nback)
        g->blocks.at[header].loop_end = g->blocks.len;
    for (u32 b = header; b < g->blocks.len && !nback; b++) {
        g->blocks.at[b].loop_depth--;
        if (g->blocks.at[b].loop_header == header)
            g->blocks.at[b].loop_header = g->nloops ? g->loops[g->nloops - 1] : UINT32_MAX;
    }
    rand_place(g, end);
}

static inline void rand_region(RaRandom *g)
{
    if (++g->depth > 12)
        g->budget = 0;
    rand_fill(g);
    while (g->is_open && g->budget && rand_chance(g, 75)) {
        g->budget--;
        u32 what = rand_below(g, 100);
        if (what < 40)
            rand_if(g);
        else if (what < 65 && g->nloops < 6)
            rand_loop(g);
        else if (what < 80 && g->nlabels)
            rand_branch_out(g);
        else if (what < 85 && g->depth > 1)
            rand_leave(g);
        if (g->is_open)
            rand_fill(g);
    }
    g->depth--;
}

/* ---- the whole --------------------------------------------------------------------------------*/

/* The lists of successors and predecessors from the edges noted. */
static inline void rand_link(RaRandom *g)
{
    RaFunc *f = &g->func;
    u32 nedges = g->succs.len / 2, n = g->blocks.len;
    f->edges = arena_array(g->arena, u32, 2 * (size_t)nedges);
    for (u32 i = 0; i < nedges; i++) {
        g->blocks.at[g->succs.at[2 * i]].nsucc++;
        g->blocks.at[g->succs.at[2 * i + 1]].npred++;
    }
    u32 at = 0;
    for (u32 b = 0; b < n; b++) {
        RaBlock *block = &g->blocks.at[b];
        block->succ_at = at;
        block->pred_at = at + block->nsucc;
        at += block->nsucc + block->npred;
        block->nsucc = block->npred = 0;
    }
    for (u32 i = 0; i < nedges; i++) {
        RaBlock *from = &g->blocks.at[g->succs.at[2 * i]];
        f->edges[from->succ_at + from->nsucc++] = g->succs.at[2 * i + 1];
        RaBlock *to = &g->blocks.at[g->succs.at[2 * i + 1]];
        f->edges[to->pred_at + to->npred++] = g->succs.at[2 * i];
    }
}

static inline void rand_finish(RaRandom *g)
{
    rand_link(g);
    RaFunc *f = &g->func;
    for (u32 v = 0; v < g->vregs.len; v++)
        g->vregs.at[v].unused = 0;
    f->arena = g->arena;
    f->env = &g->env;
    f->blocks = g->blocks.at;
    f->nblocks = g->blocks.len;
    f->insts = g->insts.at;
    f->ninsts = g->insts.len;
    f->opnds = g->opnds.at;
    f->nopnds = g->opnds.len;
    f->phis = g->phis.at;
    f->nphis = g->phis.len;
    f->phi_inputs = g->phi_inputs.at;
    f->clobbers = g->clobbers.at;
    f->vregs = g->vregs.at;
    f->nvregs = g->vregs.len;
}

/* Defines all variables: some as parameters are, the rest one by one. */
static inline void rand_entry(RaRandom *g)
{
    rand_open_block(g);
    rand_open_inst(g, 0);
    u64 left = g->env.allocatable;
    u32 nparams = rand_below(g, g->nvars + 1);
    for (u32 v = 0; v < g->nvars; v++) {
        u64 set = left & ((u64)0xffffffff << (rand_class(g->kind[v]) * 32));
        g->vars[v] = rand_vreg(g, g->kind[v], false);
        if (v < nparams && set) {
            u32 r = rand_member(g, set);
            left &= ~RA_BIT(r);
            rand_opnd(g, g->vars[v], RA_DEF)->fixed = (u8)r;
        } else {
            nparams = 0;
            rand_open_inst(g, 0);
            rand_opnd(g, g->vars[v], RA_DEF);
        }
    }
}

static inline void rand_shape(RaRandom *g)
{
    static const u8 var_counts[] = {2, 3, 5, 8, 12, 20, RAND_VARS};
    g->nvars = var_counts[rand_below(g, ARRAY_LEN(var_counts))];
    g->insts_per_block = 1 + rand_below(g, rand_chance(g, 20) ? 30 : 8);
    g->budget = rand_below(g, rand_chance(g, 20) ? 40 : 10);
    g->calls = rand_chance(g, 70) ? rand_below(g, 20) : 0;
    g->fixed = rand_chance(g, 70) ? rand_below(g, 25) : 0;
    g->ties = rand_below(g, 100);
    g->slots = rand_chance(g, 50) ? rand_below(g, 60) : 0;
    g->refs = rand_chance(g, 30);
    g->wide = rand_chance(g, 50);
    g->remat = rand_chance(g, 70);
    for (u32 v = 0; v < g->nvars; v++) {
        u32 what = rand_below(g, 10);
        g->kind[v] = what < 3 ? (what < 1 && g->wide ? 2 : 1) : what < 6 && g->refs ? 3 : 0;
    }
    g->kind[0] = 0;
    g->kind[1] = 1;
}

/* Makes a function in g->func; it lives in the arena, as the allocation will. */
static inline void ra_random_make(RaRandom *g, Arena *arena, u64 seed)
{
    *g = (RaRandom){.arena = arena, .state = seed};
    rand_next(g);
    vec_push(arena, &g->vregs, (RaVreg){0, 0, RA_ANY_REG, 0});
    rand_env(g);
    rand_shape(g);
    rand_entry(g);
    rand_region(g);
    if (g->is_open)
        rand_close_block(g, false);
    rand_finish(g);
}

#endif
