/* The register allocator on random functions: what it gives must compute the same.
 *
 * Each function is run twice along the same random path: as written, with a value per virtual
 * register, and as allocated, with registers and slots. Whatever an instruction may spoil
 * is spoilt: temps, clobbered registers, early defs before the uses are read. A collector moves all
 * references at each clobbering instruction, so that one kept in a register is seen to be stale.
 * Each operand read must be the same in both. ra_check has to agree.
 *
 *     test_ra_random [first seed [number of functions]]
 */
#include <stdlib.h>

#include "test.h"

#include "ra_random.h"

#include "base/hash.h"
#include "ra/ra_int.h"

typedef struct Word2 {
    u64 low, high; /* the upper half counts for wide values only */
} Word2;

typedef struct Machine {
    const RaFunc *f;
    Word2 *values; /* by virtual register */
    Word2 regs[64];
    u64 *slots;
    u64 path; /* state of the path's random choices */
    u32 block, steps;
    const char *wrong;
    u32 wrong_at, wrong_opnd;
} Machine;

static Word2 wide_of(u64 low) { return (Word2){low, hash_mix(low, 77)}; }
static Word2 garbage(Machine *m) { return wide_of(m->path = hash_mix(m->path, 13)); }
static bool is_wide(const RaFunc *f, u32 v) { return f->vregs[v].flags & RA_WIDE; }

static Word2 read_loc(const Machine *m, RaLoc loc, u32 v)
{
    if (RA_IS_REG(loc))
        return m->regs[loc];
    const u64 *slot = m->slots + RA_SLOT_INDEX(loc);
    return (Word2){slot[0], is_wide(m->f, v) ? slot[1] : 0x5555};
}

static void write_loc(Machine *m, RaLoc loc, u32 v, Word2 value)
{
    if (RA_IS_REG(loc)) {
        m->regs[loc] = value;
        return;
    }
    u64 *slot = m->slots + RA_SLOT_INDEX(loc);
    slot[0] = value.low;
    if (is_wide(m->f, v))
        slot[1] = value.high;
}

static bool is_same(const Machine *m, u32 v, Word2 a, Word2 b)
{
    return a.low == b.low && (!is_wide(m->f, v) || a.high == b.high);
}

static Word2 remat_value(u32 v) { return wide_of(hash_mix(v, 4711)); }

static void run_edit(Machine *m, const RaEdit *e)
{
    if (e->kind == RA_SWAP) {
        Word2 t = m->regs[e->from];
        m->regs[e->from] = m->regs[e->to];
        m->regs[e->to] = t;
    } else if (e->kind == RA_MOVE) {
        write_loc(m, e->to, e->vreg, read_loc(m, e->from, e->vreg));
    } else {
        write_loc(m, e->to, e->vreg, remat_value(e->vreg));
    }
}

static void compare_use(Machine *m, u32 at, u32 k)
{
    const RaOpnd *o = &m->f->opnds[m->f->insts[at].opnd + k];
    if (is_same(m, o->vreg, read_loc(m, o->loc, o->vreg), m->values[o->vreg]) || m->wrong)
        return;
    m->wrong = "operand reads a wrong value";
    m->wrong_at = at;
    m->wrong_opnd = k;
}

/* The collector: references get new bits, in the slots it is told of and nowhere else. */
static void collect(Machine *m, u32 at)
{
    const RaFunc *f = m->f;
    u64 change = hash_mix(m->path, at) | 1;
    for (u32 v = 1; v < f->nvregs; v++)
        if (f->vregs[v].flags & RA_REFERENCE)
            m->values[v].low ^= change;
    u32 low = 0, high = f->stack_refs.len;
    while (low < high) {
        u32 mid = (low + high) / 2;
        if (f->stack_refs.at[mid].at < at)
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < f->stack_refs.len && f->stack_refs.at[low].at == at; low++)
        m->slots[f->stack_refs.at[low].slot] ^= change;
}

static void run_inst(Machine *m, u32 at)
{
    const RaFunc *f = m->f;
    const RaInst *inst = &f->insts[at];
    const RaOpnd *o = f->opnds + inst->opnd;
    u64 result = hash_mix(at, m->steps);
    for (u32 k = 0; k < inst->nopnds; k++)
        if (o[k].role == RA_TEMP || (o[k].role == RA_DEF_EARLY && o[k].tied == RA_UNTIED))
            m->regs[o[k].loc] = garbage(m);
    for (u32 k = 0; k < inst->nopnds && o[k].role <= RA_USE_LATE; k++) {
        compare_use(m, at, k);
        result = hash_mix(result, m->values[o[k].vreg].low);
    }
    if (inst->clobber) {
        for (u64 left = f->clobbers[inst->clobber]; left; left &= left - 1)
            m->regs[ctz64(left)] = garbage(m);
        collect(m, at);
    }
    for (u32 k = 0; k < inst->nopnds && o[k].role <= RA_USE_LATE; k++)
        if (o[k].role == RA_USE_LATE &&
            !(f->vregs[o[k].vreg].flags & RA_REFERENCE && inst->clobber))
            compare_use(m, at, k);
    for (u32 k = 0; k < inst->nopnds; k++) {
        if (o[k].role <= RA_USE_LATE || o[k].role == RA_TEMP)
            continue;
        Word2 value = wide_of(hash_mix(result, k));
        if (f->vregs[o[k].vreg].flags & RA_REMAT)
            value = remat_value(o[k].vreg);
        if (inst->is_move)
            value = m->values[o[0].vreg];
        m->values[o[k].vreg] = value;
        write_loc(m, o[k].loc, o[k].vreg, value);
    }
}

static void run_phis(Machine *m, u32 from, u32 to)
{
    const RaFunc *f = m->f;
    const RaBlock *b = &f->blocks[to];
    Word2 values[RAND_VARS];
    u32 k = 0;
    while (f->edges[b->pred_at + k] != from)
        k++;
    for (u32 i = 0; i < b->nphis; i++)
        values[i] = m->values[f->phi_inputs[f->phis[b->phi_at + i].input + k]];
    for (u32 i = 0; i < b->nphis; i++)
        m->values[f->phis[b->phi_at + i].def] = values[i];
}

static void run_path(Machine *m, u64 path)
{
    const RaFunc *f = m->f;
    m->path = path;
    m->block = m->steps = 0;
    for (u32 r = 0; r < 64; r++)
        m->regs[r] = garbage(m);
    for (u32 s = 0; s < f->nslots; s++)
        m->slots[s] = garbage(m).low;
    while (m->steps < 1500 && !m->wrong) {
        const RaBlock *b = &f->blocks[m->block];
        u32 low = 0, high = f->edits.len;
        while (low < high) {
            u32 mid = (low + high) / 2;
            if (f->edits.at[mid].at < b->first)
                low = mid + 1;
            else
                high = mid;
        }
        for (u32 i = b->first; i < b->end; i++, m->steps++) {
            for (; low < f->edits.len && f->edits.at[low].at == i; low++)
                run_edit(m, &f->edits.at[low]);
            run_inst(m, i);
        }
        if (!b->nsucc)
            return;
        m->path = hash_mix(m->path, m->steps);
        u32 next = f->edges[b->succ_at + (u32)(m->path >> 33) % b->nsucc];
        run_phis(m, m->block, next);
        m->block = next;
    }
}

static void print_func(const RaFunc *f)
{
    StrBuf out = {0};
    ra_print(f, &out);
    fputs(sb_str(&out), stdout);
    sb_free(&out);
}

/* True if the function came out right. */
static bool try_seed(Arena *arena, u64 seed, bool prints)
{
    arena_reset(arena);
    RaRandom g;
    ra_random_make(&g, arena, seed);
    RaFunc *f = &g.func;
    if (seed % 5 == 0) /* as in functions too large for complete lists */
        ra_allocate_within(f, seed % 100);
    else
        ra_allocate(f, seed & 1 ? 2 : 1);
    Machine m = {.f = f,
                 .values = arena_array(arena, Word2, f->nvregs),
                 .slots = arena_array(arena, u64, f->nslots + 2)};
    StrBuf why = {0};
    if (!ra_check(f, &why))
        m.wrong = sb_str(&why);
    for (u32 path = 0; path < 6 && !m.wrong; path++)
        run_path(&m, hash_mix(seed, path));
    if (m.wrong) {
        printf("seed %llu: inst %u operand %u: %s\n", (unsigned long long)seed, m.wrong_at,
               m.wrong_opnd, m.wrong);
        if (prints)
            print_func(f);
    }
    sb_free(&why);
    return !m.wrong;
}

static u64 first_seed = 1;
static u32 count = 6000;

static void random_functions(void)
{
    Arena arena;
    arena_init(&arena, NULL);
    u32 failed = 0;
    for (u32 i = 0; i < count && failed < 5; i++)
        failed += !try_seed(&arena, first_seed + i, count == 1);
    EXPECT_U64(failed, 0);
    arena_free(&arena);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        first_seed = strtoull(argv[1], NULL, 0);
    if (argc > 2)
        count = (u32)strtoul(argv[2], NULL, 0);
    TEST(random_functions);
    return test_end();
}
