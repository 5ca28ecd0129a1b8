/* What the register allocator must not get wrong where the best code is known: small functions, and
 * the edits they may cost. A change that makes one of these worse has to say why. */
#include "test.h"

#include "ra_maker.h"

enum { FIRST_ARG = 3 }; /* arguments of calls here: registers 3, 4, 5 ... */

typedef struct Cost {
    u32 moves, stores, loads, others;
} Cost;

/* The edits between two blocks' starts. */
static Cost cost_of(const RaFunc *f, u32 from, u32 to)
{
    Cost cost = {0, 0, 0, 0};
    for (u32 i = 0; i < f->edits.len; i++) {
        const RaEdit *e = &f->edits.at[i];
        if (e->at < f->blocks[from].first || e->at >= f->blocks[to].end)
            continue;
        if (e->kind != RA_MOVE || (RA_IS_SLOT(e->from) && RA_IS_SLOT(e->to)))
            cost.others++;
        else if (RA_IS_SLOT(e->to))
            cost.stores++;
        else if (RA_IS_SLOT(e->from))
            cost.loads++;
        else
            cost.moves++;
    }
    return cost;
}

static RaFunc *allocate(Maker *m)
{
    RaFunc *f = make_func(m);
    ra_allocate(f, 2);
    StrBuf why = {0};
    if (!EXPECT(ra_check(f, &why)))
        printf("  %s\n", sb_str(&why));
    sb_free(&why);
    return f;
}

static void print_if_bad(Maker *m)
{
    if (test_now.bad) {
        StrBuf out = {0};
        ra_print(&m->f, &out);
        fputs(sb_str(&out), stdout);
        sb_free(&out);
    }
    arena_free(&m->arena);
}

static void expect_cost(const RaFunc *f, u32 from, u32 to, Cost most)
{
    Cost cost = cost_of(f, from, to);
    EXPECT(cost.moves <= most.moves);
    EXPECT(cost.stores <= most.stores);
    EXPECT(cost.loads <= most.loads);
    EXPECT(cost.others <= most.others);
}

static u32 constant(Maker *m)
{
    make_inst(m, 0);
    return make_def(m);
}

static void use_one(Maker *m, u32 v)
{
    make_inst(m, 0);
    make_use(m, v);
}

/* new = op old, in old's register */
static u32 update(Maker *m, u32 old)
{
    make_inst(m, 0);
    make_use(m, old);
    u32 v = make_def(m);
    vec_last(&m->opnds).tied = 0;
    return v;
}

static void arg(Maker *m, u32 v, u32 reg)
{
    make_use(m, v);
    vec_last(&m->opnds).fixed = (u8)reg;
}

/* Ends block `header` and makes it a loop: latch, and a block behind. `next` are the phis' new
 * values. */
static void close_loop(Maker *m, u32 header, const u32 *next, u32 n)
{
    u32 from = m->blocks.len - 1;
    u32 freq = m->blocks.at[header].freq_log2;
    make_inst(m, 0);
    make_block(m, 1, freq - 1);
    make_edge(m, from, from + 1);
    make_edge(m, from + 1, header);
    make_inst(m, 0);
    m->blocks.at[header].loop_end = m->blocks.len;
    for (u32 k = 0; k < n; k++)
        m->phi_inputs.at[m->phis.at[m->blocks.at[header].phi_at + k].input + 1] = next[k];
    make_block(m, 0, 8);
    make_edge(m, from, from + 2);
}

/* Opens a loop's header with a phi for each value. */
static void open_loop(Maker *m, const u32 *values, u32 *phis, u32 n)
{
    u32 from = m->blocks.len - 1;
    make_inst(m, 0);
    make_block(m, 1, 11);
    make_edge(m, from, from + 1);
    for (u32 k = 0; k < n; k++) {
        phis[k] = make_phi(m);
        make_input(m, values[k]);
        make_input(m, 0);
    }
}

static void a_loop_costs_nothing(void)
{
    Maker m;
    make_start(&m);
    make_block(&m, 0, 8);
    u32 values[3], phis[3], next[3];
    u32 limit = constant(&m);
    for (u32 k = 0; k < 3; k++)
        values[k] = constant(&m);
    open_loop(&m, values, phis, 3);
    for (u32 k = 0; k < 3; k++)
        next[k] = update(&m, phis[k]);
    use_one(&m, limit);
    close_loop(&m, 1, next, 3);
    for (u32 k = 0; k < 3; k++)
        use_one(&m, next[k]);
    RaFunc *f = allocate(&m);
    expect_cost(f, 0, f->nblocks - 1, (Cost){0, 0, 0, 0});
    print_if_bad(&m);
}

/* More values live through the loop than there are registers; it uses few. */
static void values_leave_before_the_loop(void)
{
    enum { MANY = 30 };
    Maker m;
    make_start(&m);
    make_block(&m, 0, 8);
    u32 through[MANY], used[3], start, phi, next;
    for (u32 k = 0; k < MANY; k++)
        through[k] = constant(&m);
    for (u32 k = 0; k < 3; k++)
        used[k] = constant(&m);
    start = constant(&m);
    open_loop(&m, &start, &phi, 1);
    next = update(&m, phi);
    for (u32 k = 0; k < 3; k++)
        use_one(&m, used[k]);
    close_loop(&m, 1, &next, 1);
    for (u32 k = 0; k < MANY; k++)
        use_one(&m, through[k]);
    RaFunc *f = allocate(&m);
    expect_cost(f, 1, 2, (Cost){0, 0, 0, 0});
    EXPECT(cost_of(f, 0, f->nblocks - 1).stores <= MANY);
    EXPECT(cost_of(f, 0, f->nblocks - 1).loads <= MANY);
    print_if_bad(&m);
}

/* A call on a cold path costs nothing on the other. */
static void cold_calls_are_paid_where_they_are(void)
{
    enum { MANY = 8 };
    Maker m;
    make_start(&m);
    make_block(&m, 0, 8);
    u32 values[MANY];
    for (u32 k = 0; k < MANY; k++)
        values[k] = constant(&m);
    make_inst(&m, 0);
    make_block(&m, 0, 0);
    make_edge(&m, 0, 1);
    make_inst(&m, 1);
    make_inst(&m, 0);
    make_block(&m, 0, 8);
    make_edge(&m, 0, 2);
    make_inst(&m, 0);
    make_block(&m, 0, 8);
    make_edge(&m, 1, 3);
    make_edge(&m, 2, 3);
    for (u32 k = 0; k < MANY; k++)
        use_one(&m, values[k]);
    RaFunc *f = allocate(&m);
    expect_cost(f, 0, 0, (Cost){0, 0, 0, 0});
    expect_cost(f, 1, 1, (Cost){0, MANY, MANY, 0});
    expect_cost(f, 2, 3, (Cost){0, 0, 0, 0});
    EXPECT_U64(f->used & f->env->callee_saved, 0);
    print_if_bad(&m);
}

static void arguments_are_made_in_place(void)
{
    Maker m;
    make_start(&m);
    make_block(&m, 0, 8);
    /* The first is where the second has to be. */
    make_inst(&m, 0);
    u32 a = make_def(&m);
    vec_last(&m.opnds).fixed = FIRST_ARG + 1;
    u32 b = constant(&m), c = constant(&m);
    make_inst(&m, 1);
    arg(&m, a, FIRST_ARG);
    arg(&m, b, FIRST_ARG + 1);
    arg(&m, c, FIRST_ARG + 2);
    u32 r = make_def(&m);
    vec_last(&m.opnds).fixed = 0;
    u32 result = update(&m, r);
    make_inst(&m, 0);
    arg(&m, result, 0);
    RaFunc *f = allocate(&m);
    expect_cost(f, 0, 0, (Cost){1, 0, 0, 0});
    print_if_bad(&m);
}

/* What lives across a loop's call has the callee-saved registers, and no more than those. */
static void loops_with_calls(void)
{
    Maker m;
    make_start(&m);
    make_block(&m, 0, 8);
    u32 values[2], phis[2], next[2], used[3];
    for (u32 k = 0; k < 3; k++)
        used[k] = constant(&m);
    for (u32 k = 0; k < 2; k++)
        values[k] = constant(&m);
    open_loop(&m, values, phis, 2);
    make_inst(&m, 1);
    for (u32 k = 0; k < 2; k++)
        next[k] = update(&m, phis[k]);
    for (u32 k = 0; k < 3; k++)
        use_one(&m, used[k]);
    close_loop(&m, 1, next, 2);
    make_inst(&m, 0);
    RaFunc *f = allocate(&m);
    expect_cost(f, 1, 2, (Cost){0, 0, 0, 0});
    EXPECT_U64(f->used & f->env->callee_saved, f->env->callee_saved);
    print_if_bad(&m);
}

/* Phis that have to live in slots share them with what becomes of them. */
static void spilled_phis_share_slots(void)
{
    enum { MANY = 40 };
    Maker m;
    make_start(&m);
    make_block(&m, 0, 8);
    u32 values[MANY], phis[MANY], next[MANY];
    for (u32 k = 0; k < MANY; k++)
        values[k] = constant(&m);
    open_loop(&m, values, phis, MANY);
    for (u32 k = 0; k < MANY; k++)
        next[k] = update(&m, phis[k]);
    close_loop(&m, 1, next, MANY);
    for (u32 k = 0; k < MANY; k++)
        use_one(&m, next[k]);
    RaFunc *f = allocate(&m);
    EXPECT(f->nslots <= MANY);
    /* A load and a store each at most for those without a register, and no copies of slots. */
    expect_cost(f, 1, 2, (Cost){4, MANY, MANY, 0});
    print_if_bad(&m);
}

/* A turn that leaves the phis as they are copies no slots, though the phis are read behind the
 * place where the next turn's values come together. */
static void slots_are_shared_through_holes(void)
{
    enum { MANY = 40 };
    Maker m;
    make_start(&m);
    make_block(&m, 0, 8);
    u32 values[MANY], phis[MANY], changed[MANY];
    for (u32 k = 0; k < MANY; k++)
        values[k] = constant(&m);
    open_loop(&m, values, phis, MANY);
    make_inst(&m, 0);
    for (u32 b = 2; b <= 4; b++) {
        make_block(&m, 1, 10);
        make_edge(&m, b == 4 ? 2 : 1, b);
        if (b == 3)
            for (u32 k = 0; k < MANY; k++)
                changed[k] = update(&m, phis[k]);
        make_inst(&m, 0);
    }
    make_block(&m, 1, 11);
    make_edge(&m, 3, 5);
    make_edge(&m, 4, 5);
    make_edge(&m, 5, 1);
    for (u32 k = 0; k < MANY; k++) {
        m.phi_inputs.at[m.phis.at[k].input + 1] = make_phi(&m);
        make_input(&m, changed[k]);
        make_input(&m, phis[k]);
    }
    make_inst(&m, 0);
    m.blocks.at[1].loop_end = 6;
    make_block(&m, 0, 0);
    make_edge(&m, 2, 6);
    for (u32 k = 0; k < MANY; k++)
        use_one(&m, phis[k]);
    RaFunc *f = allocate(&m);
    EXPECT_U64(cost_of(f, 1, 5).others, 0);
    EXPECT(f->nslots <= MANY);
    print_if_bad(&m);
}

/* Three values that change places in each round: one more move than values, not swaps. */
static void rotations_use_a_free_register(void)
{
    Maker m;
    make_start(&m);
    make_block(&m, 0, 8);
    u32 values[3], phis[3];
    for (u32 k = 0; k < 3; k++)
        values[k] = constant(&m);
    open_loop(&m, values, phis, 3);
    for (u32 k = 0; k < 3; k++)
        use_one(&m, phis[k]);
    u32 next[3] = {phis[1], phis[2], phis[0]};
    close_loop(&m, 1, next, 3);
    make_inst(&m, 0);
    RaFunc *f = allocate(&m);
    expect_cost(f, 1, 2, (Cost){4, 0, 0, 0});
    print_if_bad(&m);
}

/* Constants are never stored; and a value evicted in many places is stored once. */
static void stores_are_few(void)
{
    enum { MANY = 20, CALLS = 5 };
    Maker m;
    make_start(&m);
    make_block(&m, 0, 8);
    u32 constants[MANY], values[MANY];
    for (u32 k = 0; k < MANY; k++) {
        constants[k] = constant(&m);
        m.vregs.at[constants[k]].flags = RA_REMAT;
        values[k] = constant(&m);
    }
    for (u32 i = 0; i < CALLS; i++) {
        make_inst(&m, 1);
        for (u32 k = 0; k < MANY; k++) {
            use_one(&m, constants[k]);
            use_one(&m, values[k]);
        }
    }
    RaFunc *f = allocate(&m);
    Cost cost = cost_of(f, 0, 0);
    EXPECT(cost.stores <= MANY);
    EXPECT(cost.loads <= MANY * CALLS);
    EXPECT(f->nslots <= MANY);
    print_if_bad(&m);
}

/* Evicted on each of two paths as hot as the definition: stored once, behind that. */
static void one_store_for_many_evictions(void)
{
    enum { MANY = 12 };
    Maker m;
    make_start(&m);
    make_block(&m, 0, 8);
    u32 values[MANY];
    for (u32 k = 0; k < MANY; k++)
        values[k] = constant(&m);
    make_inst(&m, 0);
    for (u32 arm = 1; arm <= 2; arm++) {
        make_block(&m, 0, 8);
        make_edge(&m, 0, arm);
        make_inst(&m, 1);
        for (u32 k = 0; k < MANY; k++)
            use_one(&m, values[k]);
    }
    RaFunc *f = allocate(&m);
    EXPECT(cost_of(f, 0, 0).stores > 0);
    EXPECT_U64(cost_of(f, 1, 2).stores, 0);
    print_if_bad(&m);
}

/* A use that can read a slot does not load it. */
static void slots_are_read_in_place(void)
{
    enum { MANY = 20 };
    Maker m;
    make_start(&m);
    make_block(&m, 0, 8);
    u32 values[MANY];
    for (u32 k = 0; k < MANY; k++)
        values[k] = constant(&m);
    make_inst(&m, 1);
    for (u32 k = 0; k < MANY; k++) {
        use_one(&m, values[k]);
        vec_last(&m.opnds).flags = RA_SLOT_OK;
    }
    RaFunc *f = allocate(&m);
    EXPECT_U64(cost_of(f, 0, 0).loads, 0);
    print_if_bad(&m);
}

int main(void)
{
    TEST(a_loop_costs_nothing);
    TEST(values_leave_before_the_loop);
    TEST(cold_calls_are_paid_where_they_are);
    TEST(arguments_are_made_in_place);
    TEST(loops_with_calls);
    TEST(spilled_phis_share_slots);
    TEST(slots_are_shared_through_holes);
    TEST(rotations_use_a_free_register);
    TEST(stores_are_few);
    TEST(one_store_for_many_evictions);
    TEST(slots_are_read_in_place);
    return test_end();
}
