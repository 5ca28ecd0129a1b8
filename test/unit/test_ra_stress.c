/* The register allocator on functions so large that anything quadratic shows: time and memory. */
#include <time.h>

#include "test.h"

#include "ra_maker.h"

/* Times are bounded for optimized code; sanitizers and debug builds take several times as long. */
#if defined(__SANITIZE_ADDRESS__) || defined(STINT_DEBUG)
#define SLOW 12
#else
#define SLOW 1
#endif

/* Allocates in bounded time and memory (beyond what the function itself takes), and checks. */
static void finish(Maker *m, double seconds, size_t megabytes)
{
    RaFunc *f = make_func(m);
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
    make_start(&m);
    make_block(&m, 0, 8);
    u32 recent[64];
    make_inst(&m, 0);
    for (u32 k = 0; k < ARRAY_LEN(recent); k++) {
        recent[k] = make_def(&m);
        make_inst(&m, 0);
    }
    for (u32 i = 0; i < 300000; i++) {
        make_inst(&m, i % 50 == 0);
        make_use(&m, recent[make_random(&m, ARRAY_LEN(recent))]);
        make_use(&m, recent[make_random(&m, ARRAY_LEN(recent))]);
        recent[make_random(&m, ARRAY_LEN(recent))] = make_def(&m);
    }
    make_inst(&m, 0);
    finish(&m, 1, 200);
}

/* Values that live through everything, in a chain of diamonds. */
static void many_blocks(void)
{
    Maker m;
    make_start(&m);
    make_block(&m, 0, 8);
    VEC(u32) values = {0};
    for (u32 i = 0; i < 5000; i++) {
        make_inst(&m, 0);
        vec_push(&m.arena, &values, make_def(&m));
    }
    make_inst(&m, 0);
    u32 last = 0;
    for (u32 i = 0; i < 6500; i++) {
        for (u32 arm = 0; arm < 2; arm++) {
            make_block(&m, 0, 7);
            make_edge(&m, last, m.blocks.len - 1);
            make_inst(&m, 0);
            make_use(&m, values.at[make_random(&m, values.len)]);
            make_inst(&m, 0);
        }
        make_block(&m, 0, 8);
        make_edge(&m, m.blocks.len - 3, m.blocks.len - 1);
        make_edge(&m, m.blocks.len - 2, m.blocks.len - 1);
        last = m.blocks.len - 1;
        make_inst(&m, 0);
        make_use(&m, values.at[make_random(&m, values.len)]);
        vec_push(&m.arena, &values, make_def(&m));
        make_inst(&m, 0);
    }
    make_inst(&m, 0);
    for (u32 i = 0; i < values.len; i++) {
        make_inst(&m, 0);
        make_use(&m, values.at[i]);
    }
    finish(&m, 2, 400);
}

/* A table branch to small blocks that all meet again, with phis; in a loop. */
static void large_switch(void)
{
    enum { ARMS = 60000, VALUES = 300, PHIS = 3 };
    Maker m;
    make_start(&m);
    make_block(&m, 0, 8);
    u32 values[VALUES], phi_defs[PHIS];
    for (u32 i = 0; i < VALUES; i++) {
        make_inst(&m, 0);
        values[i] = make_def(&m);
    }
    make_inst(&m, 0);
    make_block(&m, 1, 11);
    u32 header = 1, join = 2 + ARMS, latch = join + 1;
    make_edge(&m, 0, header);
    u32 first_phi = 0;
    for (u32 k = 0; k < PHIS; k++) {
        phi_defs[k] = make_vreg(&m);
        vec_push(&m.arena, &m.phis, (RaPhi){phi_defs[k], m.phi_inputs.len});
        vec_push(&m.arena, &m.phi_inputs, values[k]);
        vec_push(&m.arena, &m.phi_inputs, 0); /* from the latch, below */
        m.blocks.at[header].nphis++;
    }
    make_inst(&m, 0);
    make_use(&m, phi_defs[0]);
    VEC(u32) inputs = {0};
    for (u32 i = 0; i < ARMS; i++) {
        make_block(&m, 1, 3);
        make_edge(&m, header, m.blocks.len - 1);
        make_edge(&m, m.blocks.len - 1, join);
        make_inst(&m, i % 16 == 0);
        make_use(&m, values[make_random(&m, VALUES)]);
        vec_push(&m.arena, &inputs, make_def(&m));
        make_inst(&m, 0);
    }
    make_block(&m, 1, 11);
    for (u32 k = 0; k < PHIS; k++) {
        u32 v = make_vreg(&m);
        vec_push(&m.arena, &m.phis, (RaPhi){v, m.phi_inputs.len});
        for (u32 i = 0; i < ARMS; i++)
            vec_push(&m.arena, &m.phi_inputs,
                     k == 0 ? inputs.at[i] : k == 1 ? values[i % VALUES] : phi_defs[0]);
        m.blocks.at[join].nphis++;
        m.phi_inputs.at[m.phis.at[first_phi + k].input + 1] = v;
    }
    make_inst(&m, 0);
    make_use(&m, phi_defs[1]);
    make_edge(&m, join, latch);
    make_block(&m, 1, 11);
    make_inst(&m, 0);
    make_edge(&m, latch, header);
    make_edge(&m, join, latch + 1);
    m.blocks.at[header].loop_end = latch + 1;
    make_block(&m, 0, 8);
    make_inst(&m, 0);
    make_use(&m, phi_defs[2]);
    finish(&m, 2, 500);
}

/* Loops within loops, and a value for each that is used in the innermost. */
static void deep_loops(void)
{
    enum { DEPTH = 3000 };
    Maker m;
    make_start(&m);
    u32 *values = arena_array(&m.arena, u32, DEPTH);
    for (u32 d = 0; d < DEPTH; d++) {
        make_block(&m, d, MIN(8 + d, 60));
        if (d)
            make_edge(&m, m.blocks.len - 2, m.blocks.len - 1);
        make_inst(&m, 0);
        values[d] = make_def(&m);
        make_inst(&m, 0);
        make_block(&m, d + 1, MIN(8 + d, 60));
        make_edge(&m, m.blocks.len - 2, m.blocks.len - 1);
        make_inst(&m, 0);
    }
    for (u32 d = 0; d < DEPTH; d++) {
        make_inst(&m, 0);
        make_use(&m, values[d]);
    }
    make_inst(&m, 0);
    for (u32 d = DEPTH; d-- > 0;) {
        u32 header = 2 * d + 1, from = m.blocks.len - 1;
        make_block(&m, d + 1, MIN(8 + d, 60)); /* latch */
        make_edge(&m, from, m.blocks.len - 1);
        make_edge(&m, m.blocks.len - 1, header);
        make_inst(&m, 0);
        m.blocks.at[header].loop_end = m.blocks.len;
        make_block(&m, d, MIN(8 + d, 60)); /* behind the loop */
        make_edge(&m, from, m.blocks.len - 1);
        make_inst(&m, 0);
        make_use(&m, values[d / 2]);
        make_inst(&m, 0);
    }
    finish(&m, 2, 400);
}

/* Half a million values that all live to the end. */
static void many_values(void)
{
    Maker m;
    make_start(&m);
    u32 first = m.vregs.len;
    for (u32 b = 0; b < 20000; b++) {
        make_block(&m, 0, 8);
        if (b)
            make_edge(&m, b - 1, b);
        for (u32 i = 0; i < 25; i++) {
            make_inst(&m, 0);
            make_def(&m);
        }
        make_inst(&m, b % 3 == 0);
        make_use(&m, first + make_random(&m, m.vregs.len - first));
    }
    make_block(&m, 0, 8);
    make_edge(&m, m.blocks.len - 2, m.blocks.len - 1);
    for (u32 v = first; v < m.vregs.len; v++) {
        make_inst(&m, 0);
        make_use(&m, v);
    }
    make_inst(&m, 0);
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
