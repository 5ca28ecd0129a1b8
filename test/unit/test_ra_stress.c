/* The register allocator on functions so large that anything quadratic shows: time and memory. */
#include <time.h>

#include "test.h"

#include "base/hash.h"
#include "ra/ra.h"

/* Times are bounded for optimized code; sanitizers and debug builds take several times as long. */
#if defined(__SANITIZE_ADDRESS__) || defined(STINT_DEBUG)
#define SLOW 12
#else
#define SLOW 1
#endif

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

static u32 below(Maker *m, u32 n)
{
    m->state = hash_mix(m->state, 99);
    return (u32)((m->state >> 20) % n);
}

static void start(Maker *m)
{
    *m = (Maker){.state = 1};
    arena_init(&m->arena, NULL);
    /* As on x86-64: 14 general registers, 5 of them callee-saved, and 15 vector registers. */
    m->env.allocatable = 0x3fff | (u64)0x7fff << 32;
    m->env.callee_saved = 0x3e00;
    for (u32 r = 0; r < 64; r++)
        if (m->env.allocatable >> r & 1)
            m->env.order[m->env.norder++] = (u8)r;
    m->clobbers[1] = m->env.allocatable & ~m->env.callee_saved;
    vec_push(&m->arena, &m->vregs, (RaVreg){0, 0, RA_ANY_REG, 0});
}

static void open_block(Maker *m, u32 depth, u32 freq)
{
    vec_push(&m->arena, &m->blocks,
             (RaBlock){.first = m->insts.len, .end = m->insts.len, .phi_at = m->phis.len,
                       .loop_header = UINT32_MAX, .loop_depth = (u16)depth,
                       .freq_log2 = (u16)freq});
}

static void inst(Maker *m, u32 clobber)
{
    vec_push(&m->arena, &m->insts, (RaInst){.opnd = m->opnds.len, .clobber = (u8)clobber});
    vec_last(&m->blocks).end = m->insts.len;
}

static void use(Maker *m, u32 v)
{
    vec_push(&m->arena, &m->opnds,
             (RaOpnd){v, RA_NONE, RA_USE, RA_ANY_REG, RA_UNTIED, 0});
    vec_last(&m->insts).nopnds++;
}

static u32 vreg(Maker *m)
{
    vec_push(&m->arena, &m->vregs, (RaVreg){RA_GPR, 0, RA_ANY_REG, 0});
    return m->vregs.len - 1;
}

static u32 def(Maker *m)
{
    u32 v = vreg(m);
    vec_push(&m->arena, &m->opnds,
             (RaOpnd){v, RA_NONE, RA_DEF, RA_ANY_REG, RA_UNTIED, 0});
    vec_last(&m->insts).nopnds++;
    return v;
}

static void edge(Maker *m, u32 from, u32 to)
{
    vec_push(&m->arena, &m->succs, from);
    vec_push(&m->arena, &m->succs, to);
}

static void link_blocks(Maker *m)
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

/* Allocates in bounded time and memory (beyond what the function itself takes), and checks. */
static void finish(Maker *m, double seconds, size_t megabytes)
{
    link_blocks(m);
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
    for (int effort = 1; effort <= 2; effort++) {
        size_t before = m->arena.total_bytes;
        ArenaMark mark = arena_mark(&m->arena);
        clock_t from = clock();
        ra_allocate(f, effort);
        double took = (double)(clock() - from) / CLOCKS_PER_SEC;
        if (!EXPECT(took < seconds * SLOW))
            printf("  took %.2f s\n", took);
        if (!EXPECT(m->arena.total_bytes - before < megabytes << 20))
            printf("  took %zu MB\n", (m->arena.total_bytes - before) >> 20);
        StrBuf why = {0};
        if (!EXPECT(ra_check(f, &why)))
            printf("  %s\n", sb_str(&why));
        sb_free(&why);
        f->edits.at = NULL;
        f->edits.len = f->edits.cap = 0;
        arena_release(&m->arena, mark);
    }
    arena_free(&m->arena);
}

static void one_large_block(void)
{
    Maker m;
    start(&m);
    open_block(&m, 0, 8);
    u32 recent[64];
    inst(&m, 0);
    for (u32 k = 0; k < ARRAY_LEN(recent); k++) {
        recent[k] = def(&m);
        inst(&m, 0);
    }
    for (u32 i = 0; i < 300000; i++) {
        inst(&m, i % 50 == 0);
        use(&m, recent[below(&m, ARRAY_LEN(recent))]);
        use(&m, recent[below(&m, ARRAY_LEN(recent))]);
        recent[below(&m, ARRAY_LEN(recent))] = def(&m);
    }
    inst(&m, 0);
    finish(&m, 1, 200);
}

/* Values that live through everything, in a chain of diamonds. */
static void many_blocks(void)
{
    Maker m;
    start(&m);
    open_block(&m, 0, 8);
    VEC(u32) values = {0};
    for (u32 i = 0; i < 5000; i++) {
        inst(&m, 0);
        vec_push(&m.arena, &values, def(&m));
    }
    inst(&m, 0);
    u32 last = 0;
    for (u32 i = 0; i < 6500; i++) {
        for (u32 arm = 0; arm < 2; arm++) {
            open_block(&m, 0, 7);
            edge(&m, last, m.blocks.len - 1);
            inst(&m, 0);
            use(&m, values.at[below(&m, values.len)]);
            inst(&m, 0);
        }
        open_block(&m, 0, 8);
        edge(&m, m.blocks.len - 3, m.blocks.len - 1);
        edge(&m, m.blocks.len - 2, m.blocks.len - 1);
        last = m.blocks.len - 1;
        inst(&m, 0);
        use(&m, values.at[below(&m, values.len)]);
        vec_push(&m.arena, &values, def(&m));
        inst(&m, 0);
    }
    inst(&m, 0);
    for (u32 i = 0; i < values.len; i++) {
        inst(&m, 0);
        use(&m, values.at[i]);
    }
    finish(&m, 2, 400);
}

/* A table branch to small blocks that all meet again, with phis; in a loop. */
static void large_switch(void)
{
    enum { ARMS = 60000, VALUES = 300, PHIS = 3 };
    Maker m;
    start(&m);
    open_block(&m, 0, 8);
    u32 values[VALUES], phi_defs[PHIS];
    for (u32 i = 0; i < VALUES; i++) {
        inst(&m, 0);
        values[i] = def(&m);
    }
    inst(&m, 0);
    open_block(&m, 1, 11);
    u32 header = 1, join = 2 + ARMS, latch = join + 1;
    edge(&m, 0, header);
    u32 first_phi = 0;
    for (u32 k = 0; k < PHIS; k++) {
        phi_defs[k] = vreg(&m);
        vec_push(&m.arena, &m.phis, (RaPhi){phi_defs[k], m.phi_inputs.len});
        vec_push(&m.arena, &m.phi_inputs, values[k]);
        vec_push(&m.arena, &m.phi_inputs, 0); /* from the latch, below */
        m.blocks.at[header].nphis++;
    }
    inst(&m, 0);
    use(&m, phi_defs[0]);
    VEC(u32) inputs = {0};
    for (u32 i = 0; i < ARMS; i++) {
        open_block(&m, 1, 3);
        edge(&m, header, m.blocks.len - 1);
        edge(&m, m.blocks.len - 1, join);
        inst(&m, i % 16 == 0);
        use(&m, values[below(&m, VALUES)]);
        vec_push(&m.arena, &inputs, def(&m));
        inst(&m, 0);
    }
    open_block(&m, 1, 11);
    for (u32 k = 0; k < PHIS; k++) {
        u32 v = vreg(&m);
        vec_push(&m.arena, &m.phis, (RaPhi){v, m.phi_inputs.len});
        for (u32 i = 0; i < ARMS; i++)
            vec_push(&m.arena, &m.phi_inputs,
                     k == 0 ? inputs.at[i] : k == 1 ? values[i % VALUES] : phi_defs[0]);
        m.blocks.at[join].nphis++;
        m.phi_inputs.at[m.phis.at[first_phi + k].input + 1] = v;
    }
    inst(&m, 0);
    use(&m, phi_defs[1]);
    edge(&m, join, latch);
    open_block(&m, 1, 11);
    inst(&m, 0);
    edge(&m, latch, header);
    edge(&m, join, latch + 1);
    m.blocks.at[header].loop_end = latch + 1;
    open_block(&m, 0, 8);
    inst(&m, 0);
    use(&m, phi_defs[2]);
    finish(&m, 2, 500);
}

/* Loops within loops, and a value for each that is used in the innermost. */
static void deep_loops(void)
{
    enum { DEPTH = 3000 };
    Maker m;
    start(&m);
    u32 *values = arena_array(&m.arena, u32, DEPTH);
    for (u32 d = 0; d < DEPTH; d++) {
        open_block(&m, d, MIN(8 + d, 60));
        if (d)
            edge(&m, m.blocks.len - 2, m.blocks.len - 1);
        inst(&m, 0);
        values[d] = def(&m);
        inst(&m, 0);
        open_block(&m, d + 1, MIN(8 + d, 60));
        edge(&m, m.blocks.len - 2, m.blocks.len - 1);
        inst(&m, 0);
    }
    for (u32 d = 0; d < DEPTH; d++) {
        inst(&m, 0);
        use(&m, values[d]);
    }
    inst(&m, 0);
    for (u32 d = DEPTH; d-- > 0;) {
        u32 header = 2 * d + 1, from = m.blocks.len - 1;
        open_block(&m, d + 1, MIN(8 + d, 60)); /* latch */
        edge(&m, from, m.blocks.len - 1);
        edge(&m, m.blocks.len - 1, header);
        inst(&m, 0);
        m.blocks.at[header].loop_end = m.blocks.len;
        open_block(&m, d, MIN(8 + d, 60)); /* behind the loop */
        edge(&m, from, m.blocks.len - 1);
        inst(&m, 0);
        use(&m, values[d / 2]);
        inst(&m, 0);
    }
    finish(&m, 2, 400);
}

/* Half a million values that all live to the end. */
static void many_values(void)
{
    Maker m;
    start(&m);
    u32 first = m.vregs.len;
    for (u32 b = 0; b < 20000; b++) {
        open_block(&m, 0, 8);
        if (b)
            edge(&m, b - 1, b);
        for (u32 i = 0; i < 25; i++) {
            inst(&m, 0);
            def(&m);
        }
        inst(&m, b % 3 == 0);
        use(&m, first + below(&m, m.vregs.len - first));
    }
    open_block(&m, 0, 8);
    edge(&m, m.blocks.len - 2, m.blocks.len - 1);
    for (u32 v = first; v < m.vregs.len; v++) {
        inst(&m, 0);
        use(&m, v);
    }
    inst(&m, 0);
    finish(&m, 4, 1200);
}

int main(void)
{
    TEST(one_large_block);
    TEST(many_blocks);
    TEST(large_switch);
    TEST(deep_loops);
    TEST(many_values);
    return test_end();
}
