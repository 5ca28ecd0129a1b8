/* Functions for tests of the register allocator, made by hand: blocks in order, instructions into
 * the last one. As on x86-64 there are 14 general registers, of which the last 5 are callee-saved,
 * and 15 vector registers. Clobber set 1 is a call's. */
#ifndef STINT_TEST_RA_MAKER_H
#define STINT_TEST_RA_MAKER_H

#include "base/hash.h"
#include "ra/ra.h"

typedef struct Maker {
    RaFunc f;
    RaEnv env;
    Arena arena;
    VEC(RaBlock) blocks;
    VEC(RaInst) insts;
    VEC(RaOpnd) opnds;
    VEC(RaPhi) phis;
    VEC(u32) phi_inputs;
    VEC(RaVreg) vregs;
    VEC(u32) succs; /* pairs: from, to */
    u64 clobbers[2];
    u64 state;
} Maker;

/* A number below n, the same in each run. */
static inline u32 make_random(Maker *m, u32 n)
{
    m->state = hash_mix(m->state, 99);
    return (u32)((m->state >> 20) % n);
}

static inline void make_start(Maker *m)
{
    *m = (Maker){.state = 1};
    arena_init(&m->arena, NULL);
    m->env.allocatable = 0x3fff | (u64)0x7fff << 32;
    m->env.callee_saved = 0x3e00;
    for (u32 r = 0; r < 64; r++)
        if (m->env.allocatable >> r & 1)
            m->env.order[m->env.norder++] = (u8)r;
    m->clobbers[1] = m->env.allocatable & ~m->env.callee_saved;
    vec_push(&m->arena, &m->vregs, (RaVreg){0, 0, RA_ANY_REG, 0});
}

static inline void make_block(Maker *m, u32 depth, u32 freq)
{
    vec_push(&m->arena, &m->blocks,
             (RaBlock){.first = m->insts.len, .end = m->insts.len, .phi_at = m->phis.len,
                       .loop_header = UINT32_MAX, .loop_depth = (u16)depth,
                       .freq_log2 = (u16)freq});
}

static inline void make_inst(Maker *m, u32 clobber)
{
    vec_push(&m->arena, &m->insts, (RaInst){.opnd = m->opnds.len, .clobber = (u8)clobber});
    vec_last(&m->blocks).end = m->insts.len;
}

static inline void make_use(Maker *m, u32 v)
{
    vec_push(&m->arena, &m->opnds,
             (RaOpnd){v, RA_NONE, RA_USE, RA_ANY_REG, RA_UNTIED, 0});
    vec_last(&m->insts).nopnds++;
}

static inline u32 make_vreg(Maker *m)
{
    vec_push(&m->arena, &m->vregs, (RaVreg){RA_GPR, 0, RA_ANY_REG, 0});
    return m->vregs.len - 1;
}

static inline u32 make_def(Maker *m)
{
    u32 v = make_vreg(m);
    vec_push(&m->arena, &m->opnds,
             (RaOpnd){v, RA_NONE, RA_DEF, RA_ANY_REG, RA_UNTIED, 0});
    vec_last(&m->insts).nopnds++;
    return v;
}

static inline void make_edge(Maker *m, u32 from, u32 to)
{
    vec_push(&m->arena, &m->succs, from);
    vec_push(&m->arena, &m->succs, to);
}

static inline void make_link(Maker *m)
{
    RaFunc *f = &m->f;
    f->edges = arena_array(&m->arena, u32, m->succs.len);
    for (u32 i = 0; i < m->succs.len; i += 2) {
        m->blocks.at[m->succs.at[i]].nsucc++;
        m->blocks.at[m->succs.at[i + 1]].npred++;
    }
    u32 at = 0;
    for (u32 b = 0; b < m->blocks.len; b++) {
        RaBlock *block = &m->blocks.at[b];
        block->succ_at = at;
        block->pred_at = at + block->nsucc;
        at += block->nsucc + block->npred;
        block->nsucc = block->npred = 0;
    }
    for (u32 i = 0; i < m->succs.len; i += 2) {
        RaBlock *from = &m->blocks.at[m->succs.at[i]], *to = &m->blocks.at[m->succs.at[i + 1]];
        f->edges[from->succ_at + from->nsucc++] = m->succs.at[i + 1];
        f->edges[to->pred_at + to->npred++] = m->succs.at[i];
    }
}

/* The function in m->f, ready to be allocated. */
static inline RaFunc *make_func(Maker *m)
{
    make_link(m);
    RaFunc *f = &m->f;
    f->arena = &m->arena;
    f->env = &m->env;
    f->blocks = m->blocks.at;
    f->nblocks = m->blocks.len;
    f->insts = m->insts.at;
    f->ninsts = m->insts.len;
    f->opnds = m->opnds.at;
    f->nopnds = m->opnds.len;
    f->phis = m->phis.at;
    f->nphis = m->phis.len;
    f->phi_inputs = m->phi_inputs.at;
    f->clobbers = m->clobbers;
    f->vregs = m->vregs.at;
    f->nvregs = m->vregs.len;
    return f;
}

/* A phi in the last block; inputs are given one by one, in the order of edges into it. */
static inline u32 make_phi(Maker *m)
{
    u32 v = make_vreg(m);
    vec_push(&m->arena, &m->phis, (RaPhi){v, m->phi_inputs.len});
    vec_last(&m->blocks).nphis++;
    return v;
}

static inline void make_input(Maker *m, u32 v)
{
    vec_push(&m->arena, &m->phi_inputs, v);
}

#endif
