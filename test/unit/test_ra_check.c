/* ra_check() against allocations written by hand, right ones and wrong ones.
 *
 * A function is a text, one line an item, so that a mutation is a change of its text:
 *
 *     vreg v1 vec wide remat ref   what it is; without the line a plain general register
 *     slots 4                      words of spill space
 *     unused r3                    leaves a register out of `used`
 *     block 1 < 0 2 > 2 3          with its predecessors and successors
 *     phi v3 = v1 v2
 *     move v1 r0 s2 | swap r0 r1 | remat v1 r0     edits before the next instruction
 *     i [copy] [~r0,r1] [^s0] operands   instruction, its clobbers and stack references
 *
 * An operand is `u:v1@r0`: role (u use, l late use, d def, e early def, t temp), register,
 * location; then `!` if it is fixed there, `!r3` if it is fixed elsewhere, `?` if a slot will do,
 * `=0` if it is tied to use 0. Locations are r0.., x0.. and s0.. (slots). */
#include "test.h"

#include <stdlib.h>

#include "base/hash.h"
#include "ra/ra.h"
#include "ra_random.h"

/* ---- functions from text ----------------------------------------------------------------------*/

#define FN_MAX 512

typedef struct Fn {
    Arena arena;
    RaEnv env;
    RaFunc f;
    RaBlock blocks[FN_MAX];
    RaInst insts[FN_MAX];
    RaOpnd opnds[FN_MAX];
    RaPhi phis[FN_MAX];
    u32 phi_inputs[FN_MAX];
    u32 edges[FN_MAX];
    u64 clobbers[FN_MAX];
    RaVreg vregs[FN_MAX];
    u32 nphi_inputs, nedges, nclobbers;
    u64 unused;
} Fn;

/* Takes the next word of a line; false at its end. */
static bool take_word(const char **at, char word[64])
{
    size_t len = 0;
    while (**at == ' ')
        ++*at;
    while (**at && **at != ' ' && **at != '\n' && len < 63)
        word[len++] = *(*at)++;
    word[len] = 0;
    return len > 0;
}

static u32 take_number(const char **at)
{
    char *end;
    u32 n = (u32)strtoul(*at, &end, 10);
    *at = end;
    return n;
}

static RaLoc take_loc(const char **at)
{
    char kind = *(*at)++;
    u32 n = take_number(at);
    return kind == 's' ? RA_SLOT(n) : RA_REG(kind == 'x' ? RA_VEC : RA_GPR, n);
}

static RaLoc word_loc(const char *word)
{
    return take_loc(&word);
}

static u32 word_vreg(Fn *fn, const char *word)
{
    u32 v = (u32)strtoul(word + 1, NULL, 10);
    fn->f.nvregs = MAX(fn->f.nvregs, v + 1);
    return v;
}

static void parse_vreg(Fn *fn, const char *at)
{
    char word[64];
    take_word(&at, word);
    RaVreg *v = &fn->vregs[word_vreg(fn, word)];
    while (take_word(&at, word)) {
        if (!strcmp(word, "vec"))
            v->class = RA_VEC;
        else
            v->flags |= !strcmp(word, "wide")    ? RA_WIDE
                        : !strcmp(word, "remat") ? RA_REMAT
                                                 : RA_REFERENCE;
    }
}

static void parse_block(Fn *fn, const char *at)
{
    char word[64];
    take_word(&at, word);
    RaBlock *b = &fn->blocks[fn->f.nblocks++];
    *b = (RaBlock){.first = fn->f.ninsts, .phi_at = fn->f.nphis};
    b->pred_at = b->succ_at = fn->nedges;
    bool is_succ = false;
    while (take_word(&at, word)) {
        if (*word == '<')
            continue;
        if (*word == '>') {
            is_succ = true;
            b->succ_at = fn->nedges;
            continue;
        }
        fn->edges[fn->nedges++] = (u32)atoi(word);
        *(is_succ ? &b->nsucc : &b->npred) += 1;
    }
}

static void parse_phi(Fn *fn, const char *at)
{
    char word[64];
    take_word(&at, word);
    fn->phis[fn->f.nphis++] = (RaPhi){word_vreg(fn, word), fn->nphi_inputs};
    fn->blocks[fn->f.nblocks - 1].nphis++;
    take_word(&at, word);
    while (take_word(&at, word))
        fn->phi_inputs[fn->nphi_inputs++] = word_vreg(fn, word);
}

static void parse_edit(Fn *fn, const char *kind, const char *at)
{
    char a[64], b[64], c[64];
    take_word(&at, a);
    take_word(&at, b);
    RaEdit e = {.at = fn->f.ninsts};
    if (!strcmp(kind, "swap")) {
        e.kind = RA_SWAP;
        e.from = word_loc(a);
        e.to = word_loc(b);
    } else {
        bool is_move = take_word(&at, c);
        e.kind = is_move ? RA_MOVE : RA_REMATERIALIZE;
        e.vreg = word_vreg(fn, a);
        e.from = is_move ? word_loc(b) : RA_NONE;
        e.to = word_loc(is_move ? c : b);
    }
    vec_push(&fn->arena, &fn->f.edits, e);
}

static void parse_opnd(Fn *fn, const char *at)
{
    static const char roles[] = "uldet";
    RaOpnd *o = &fn->opnds[fn->f.nopnds++];
    *o = (RaOpnd){.fixed = RA_ANY_REG, .tied = RA_UNTIED};
    o->role = (u8)(strchr(roles, *at) - roles);
    at += 2;
    o->vreg = word_vreg(fn, at);
    at = strchr(at, '@') + 1;
    o->loc = take_loc(&at);
    for (; *at;) {
        char mark = *at++;
        if (mark == '!')
            o->fixed = (u8)(*at == 'r' || *at == 'x' ? take_loc(&at) : o->loc);
        else if (mark == '?')
            o->flags |= RA_SLOT_OK;
        else if (mark == '=')
            o->tied = (u8)take_number(&at);
    }
}

static void parse_inst(Fn *fn, const char *at)
{
    char word[64];
    RaInst *inst = &fn->insts[fn->f.ninsts++];
    *inst = (RaInst){.opnd = fn->f.nopnds};
    while (take_word(&at, word)) {
        if (!strcmp(word, "copy")) {
            inst->is_move = 1;
        } else if (*word == '~') {
            inst->clobber = (u8)fn->nclobbers++;
            u64 *set = &fn->clobbers[inst->clobber];
            for (const char *p = word; *p++;)
                *set |= RA_BIT(take_loc(&p));
        } else if (*word == '^') {
            for (const char *p = word; *p++;) {
                RaStackRef ref = {fn->f.ninsts - 1, RA_SLOT_INDEX(take_loc(&p))};
                vec_push(&fn->arena, &fn->f.stack_refs, ref);
            }
        } else {
            parse_opnd(fn, word);
            inst->nopnds++;
        }
    }
    fn->blocks[fn->f.nblocks - 1].end = fn->f.ninsts;
}

/* All registers but the `unused`. */
static void fill_used(Fn *fn)
{
    RaFunc *f = &fn->f;
    for (u32 i = 0; i < f->nopnds; i++)
        if (RA_IS_REG(f->opnds[i].loc))
            f->used |= RA_BIT(f->opnds[i].loc);
    for (u32 i = 0; i < f->edits.len; i++) {
        const RaEdit *e = &f->edits.at[i];
        f->used |= (RA_IS_REG(e->from) ? RA_BIT(e->from) : 0);
        f->used |= (RA_IS_REG(e->to) ? RA_BIT(e->to) : 0);
    }
    f->used &= ~fn->unused;
}

static Fn *parse_fn(const char *text)
{
    Fn *fn = calloc(1, sizeof *fn);
    check(fn);
    arena_init(&fn->arena, NULL);
    fn->env.allocatable = 0xff | (u64)0xf << 32;
    fn->env.callee_saved = 0xf0;
    fn->nclobbers = 1;
    fn->f = (RaFunc){.arena = &fn->arena, .env = &fn->env, .blocks = fn->blocks};
    fn->f.insts = fn->insts;
    fn->f.opnds = fn->opnds;
    fn->f.phis = fn->phis;
    fn->f.phi_inputs = fn->phi_inputs;
    fn->f.edges = fn->edges;
    fn->f.clobbers = fn->clobbers;
    fn->f.vregs = fn->vregs;
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        char word[64];
        const char *at = line;
        if (!take_word(&at, word))
            continue;
        if (!strcmp(word, "vreg"))
            parse_vreg(fn, at);
        else if (!strcmp(word, "slots"))
            fn->f.nslots = (u32)atoi(at);
        else if (!strcmp(word, "unused"))
            fn->unused |= RA_BIT(word_loc(at + 1));
        else if (!strcmp(word, "block"))
            parse_block(fn, at);
        else if (!strcmp(word, "phi"))
            parse_phi(fn, at);
        else if (!strcmp(word, "i"))
            parse_inst(fn, at);
        else
            parse_edit(fn, word, at);
    }
    fill_used(fn);
    return fn;
}

static void free_fn(Fn *fn)
{
    arena_free(&fn->arena);
    free(fn);
}

/* ---- an interpreter of both sides at once -----------------------------------------------------*/

typedef struct Val {
    u64 low, high; /* high: of wide values only */
} Val;

typedef struct Machine {
    const RaFunc *f;
    u64 seed, step;
    Val *virt; /* by vreg: what it is */
    Val regs[64];
    u64 *slots;
    u32 *first_edit; /* by instruction */
    bool is_right;   /* no use has read anything else than what its vreg is */
} Machine;

static Val junk(Machine *m)
{
    m->step++;
    return (Val){hash_mix(hash_mix(3, m->seed), m->step), hash_mix(hash_mix(5, m->seed), m->step)};
}

static bool is_wide(const Machine *m, u32 vreg)
{
    return m->f->vregs[vreg].flags & RA_WIDE;
}

static bool is_ref(const Machine *m, u32 vreg)
{
    return m->f->vregs[vreg].flags & RA_REFERENCE;
}

static Val read_loc(const Machine *m, RaLoc loc, u32 vreg)
{
    if (RA_IS_REG(loc))
        return m->regs[loc];
    u32 n = RA_SLOT_INDEX(loc);
    return (Val){m->slots[n], is_wide(m, vreg) ? m->slots[n + 1] : 0};
}

static void write_loc(Machine *m, RaLoc loc, u32 vreg, Val val)
{
    if (RA_IS_REG(loc)) {
        m->regs[loc] = val;
        return;
    }
    m->slots[RA_SLOT_INDEX(loc)] = val.low;
    if (is_wide(m, vreg))
        m->slots[RA_SLOT_INDEX(loc) + 1] = val.high;
}

static void expect_value(Machine *m, const RaOpnd *o)
{
    Val got = read_loc(m, o->loc, o->vreg), want = m->virt[o->vreg];
    m->is_right &= got.low == want.low && (!is_wide(m, o->vreg) || got.high == want.high);
}

/* What a def is: a copy, a constant that can be made again, or something new each time. */
static Val def_value(Machine *m, const RaInst *inst, u32 vreg)
{
    if (inst->is_move)
        return m->virt[m->f->opnds[inst->opnd].vreg];
    if (m->f->vregs[vreg].flags & RA_REMAT)
        return (Val){hash_mix(7, vreg), hash_mix(9, vreg)};
    return junk(m);
}

static void run_edits(Machine *m, u32 at)
{
    for (u32 i = m->first_edit[at]; i < m->first_edit[at + 1]; i++) {
        const RaEdit *e = &m->f->edits.at[i];
        if (e->kind == RA_SWAP) {
            Val was = m->regs[e->from];
            m->regs[e->from] = m->regs[e->to];
            m->regs[e->to] = was;
        } else if (e->kind == RA_REMATERIALIZE) {
            m->regs[e->to] = (Val){hash_mix(7, e->vreg), hash_mix(9, e->vreg)};
        } else {
            write_loc(m, e->to, e->vreg, read_loc(m, e->from, e->vreg));
        }
    }
}

/* A collector gives all references new bits, and the slots that it is told of. */
static void collect(Machine *m, u32 at)
{
    u64 change = junk(m).low;
    for (u32 v = 1; v < m->f->nvregs; v++)
        if (m->f->vregs[v].flags & RA_REFERENCE)
            m->virt[v].low ^= change;
    for (u32 i = 0; i < m->f->stack_refs.len; i++)
        if (m->f->stack_refs.at[i].at == at)
            m->slots[m->f->stack_refs.at[i].slot] ^= change;
}

/* Writes as early and reads as late as the roles allow. */
static void run_inst(Machine *m, const RaInst *inst)
{
    const RaOpnd *opnds = &m->f->opnds[inst->opnd];
    for (u32 i = 0; i < inst->nopnds; i++) {
        const RaOpnd *o = &opnds[i];
        if (o->role == RA_TEMP || (o->role == RA_DEF_EARLY && o->tied == RA_UNTIED))
            m->regs[o->loc] = junk(m);
    }
    for (u32 i = 0; i < inst->nopnds; i++)
        if (opnds[i].role <= RA_USE_LATE)
            expect_value(m, &opnds[i]);
    for (u64 set = m->f->clobbers[inst->clobber]; set; set &= set - 1)
        m->regs[ctz64(set)] = junk(m);
    if (inst->clobber)
        collect(m, (u32)(inst - m->f->insts));
    Val defs[FN_MAX];
    for (u32 i = 0; i < inst->nopnds; i++)
        if (opnds[i].role == RA_DEF || opnds[i].role == RA_DEF_EARLY)
            m->regs[opnds[i].loc] = defs[i] = def_value(m, inst, opnds[i].vreg);
    for (u32 i = 0; i < inst->nopnds; i++)
        if (opnds[i].role == RA_USE_LATE && !(inst->clobber && is_ref(m, opnds[i].vreg)))
            expect_value(m, &opnds[i]);
    for (u32 i = 0; i < inst->nopnds; i++)
        if (opnds[i].role == RA_DEF || opnds[i].role == RA_DEF_EARLY)
            m->virt[opnds[i].vreg] = defs[i];
}

/* Gives the phis of the block their values, on the way from `from`. */
static void run_phis(Machine *m, const RaBlock *b, u32 from, Val *phi_vals)
{
    u32 k = 0;
    while (k + 1 < b->npred && m->f->edges[b->pred_at + k] != from)
        k++;
    for (u32 i = 0; i < b->nphis; i++)
        phi_vals[i] = m->virt[m->f->phi_inputs[m->f->phis[b->phi_at + i].input + k]];
    for (u32 i = 0; i < b->nphis; i++)
        m->virt[m->f->phis[b->phi_at + i].def] = phi_vals[i];
}

/* Where each instruction's edits begin. If they are out of order the rest is never made. */
static void find_edits(Machine *m)
{
    u32 edit = 0;
    for (u32 i = 0; i <= m->f->ninsts; i++) {
        m->first_edit[i] = edit; /* one more than there are instructions: the end of the last */
        while (edit < m->f->edits.len && m->f->edits.at[edit].at == i)
            edit++;
    }
}

/* Whether every use reads the right value on a way through the function chosen by seed. */
static bool runs_right(const RaFunc *f, u64 seed)
{
    Machine m = {.f = f, .seed = seed, .is_right = true};
    m.virt = calloc(f->nvregs + 1, sizeof *m.virt);
    m.slots = calloc(f->nslots + 2, sizeof *m.slots);
    m.first_edit = calloc(f->ninsts + 2, sizeof *m.first_edit);
    Val *phi_vals = calloc(f->nphis + 1, sizeof *phi_vals);
    check(m.virt && m.slots && m.first_edit && phi_vals);
    find_edits(&m);
    for (u32 i = 0; i < 64; i++)
        m.regs[i] = junk(&m);
    for (u32 i = 0; i < f->nslots + 2; i++)
        m.slots[i] = junk(&m).low;
    for (u32 b = 0, rounds = 0; m.is_right && rounds < 100; rounds++) {
        const RaBlock *block = &f->blocks[b];
        for (u32 i = block->first; i < block->end; i++) {
            run_edits(&m, i);
            run_inst(&m, &f->insts[i]);
        }
        if (!block->nsucc)
            break;
        u32 next = f->edges[block->succ_at + junk(&m).low % block->nsucc];
        run_phis(&m, &f->blocks[next], b, phi_vals);
        b = next;
    }
    free(phi_vals);
    free(m.first_edit);
    free(m.slots);
    free(m.virt);
    return m.is_right;
}

#define SEEDS 12

static bool always_runs_right(const RaFunc *f)
{
    for (u64 seed = 1; seed <= SEEDS; seed++)
        if (!runs_right(f, seed))
            return false;
    return true;
}

/* ---- random mutations -------------------------------------------------------------------------*/

typedef struct Rng {
    u64 state;
} Rng;

static u32 rng_below(Rng *rng, u32 n)
{
    rng->state += 0x9E3779B97F4A7C15u;
    return (u32)((hash_mix(hash_mix(11, rng->state), 13) >> 16) % n);
}

static RaLoc any_loc(Rng *rng, const RaFunc *f)
{
    if (f->nslots && rng_below(rng, 4) == 0)
        return RA_SLOT(rng_below(rng, f->nslots));
    RaLoc loc;
    do
        loc = rng_below(rng, 64);
    while (!(f->env->allocatable & RA_BIT(loc)));
    return loc;
}

static void mutate_edit(Rng *rng, RaFunc *f)
{
    u32 i = rng_below(rng, f->edits.len);
    RaEdit *e = &f->edits.at[i];
    switch (rng_below(rng, 6)) {
    case 0:
        e->to = any_loc(rng, f);
        break;
    case 1:
        if (e->kind != RA_REMATERIALIZE)
            e->from = any_loc(rng, f);
        break;
    case 2:
        e->vreg = 1 + rng_below(rng, f->nvregs - 1);
        break;
    case 3: /* not done at all */
        memmove(e, e + 1, (f->edits.len - i - 1) * sizeof *e);
        f->edits.len--;
        break;
    case 4: /* done before its predecessor */
        if (i && e[-1].at == e->at) {
            RaEdit was = *e;
            *e = e[-1];
            e[-1] = was;
        }
        break;
    default: /* done one instruction early or late */
        e->at += rng_below(rng, 2) ? 1 : (u32)-1;
        break;
    }
    if (e->kind == RA_SWAP && (!RA_IS_REG(e->from) || !RA_IS_REG(e->to)))
        *e = (RaEdit){e->at, 0, 0, 0, RA_SWAP};
    if (e->kind == RA_REMATERIALIZE && !RA_IS_REG(e->to))
        e->to = 0;
}

static void mutate_opnd(Rng *rng, RaFunc *f)
{
    RaOpnd *o = &f->opnds[rng_below(rng, f->nopnds)];
    RaLoc loc = any_loc(rng, f);
    if (o->role <= RA_USE_LATE || RA_IS_REG(loc))
        o->loc = loc;
}

static void mutate_stack_ref(Rng *rng, RaFunc *f)
{
    u32 i = rng_below(rng, f->stack_refs.len);
    RaStackRef *ref = &f->stack_refs.at[i];
    if (rng_below(rng, 2)) {
        ref->slot = rng_below(rng, f->nslots);
        return;
    }
    memmove(ref, ref + 1, (f->stack_refs.len - i - 1) * sizeof *ref);
    f->stack_refs.len--;
}

static struct {
    u32 tried, accepted, wrong; /* wrong: those that the interpreter has caught */
} mutations;

/* Changes one thing in the allocation; what then runs wrong must be rejected. */
static void expect_caught(RaFunc *f, Rng *rng)
{
    if (f->stack_refs.len && rng_below(rng, 6) == 0)
        mutate_stack_ref(rng, f);
    else if (f->edits.len && rng_below(rng, 2))
        mutate_edit(rng, f);
    else
        mutate_opnd(rng, f);
    f->used = UINT64_MAX; /* else most mutations fail for a register that is new */
    StrBuf why = {0};
    bool accepted = ra_check(f, &why), right = always_runs_right(f);
    EXPECT(right || !accepted);
    EXPECT(accepted == (why.len == 0));
    mutations.tried++;
    mutations.accepted += accepted;
    mutations.wrong += !right;
    sb_free(&why);
}

/* ---- texts and their mutations ----------------------------------------------------------------*/

typedef struct Change {
    const char *find, *put; /* the one place to change, and what to put there */
    const char *reason;     /* part of the message; NULL if it is still right */
} Change;

static void expect_verdict(const char *text, const char *reason, const char *what)
{
    Fn *fn = parse_fn(text);
    StrBuf why = {0};
    bool accepted = ra_check(&fn->f, &why);
    bool as_told = reason ? !accepted && strstr(sb_str(&why), reason) : accepted && !why.len;
    if (!as_told)
        printf("  %s\n  got  %s\n  want %s\n", what, accepted ? "accepted" : sb_str(&why),
               reason ? reason : "accepted");
    EXPECT(as_told);
    sb_free(&why);
    free_fn(fn);
}

/* The text must be accepted, and each change of it judged as told. */
static void expect_changes(const char *text, const Change *changes, size_t count)
{
    expect_verdict(text, NULL, "unchanged");
    for (size_t i = 0; i < count; i++) {
        const Change *change = &changes[i];
        const char *at = strstr(text, change->find);
        if (!EXPECT(at && !strstr(at + 1, change->find))) {
            printf("  not there once: %s\n", change->find);
            continue;
        }
        StrBuf changed = {0};
        sb_add(&changed, text, (size_t)(at - text));
        sb_puts(&changed, change->put);
        sb_puts(&changed, at + strlen(change->find));
        expect_verdict(sb_str(&changed), change->reason, change->find);
        sb_free(&changed);
    }
    Rng rng = {hash_bytes(text, strlen(text), 1)};
    for (int i = 0; i < 400; i++) {
        Fn *fn = parse_fn(text);
        EXPECT(i || always_runs_right(&fn->f));
        expect_caught(&fn->f, &rng);
        free_fn(fn);
    }
}

#define EXPECT_CHANGES(text, ...)                                                                  \
    do {                                                                                           \
        static const Change list[] = {__VA_ARGS__};                                                \
        expect_changes((text), list, ARRAY_LEN(list));                                             \
    } while (0)

static void straight_line(void)
{
    EXPECT_CHANGES("slots 1\n"
                   "block 0\n"
                   "i d:v1@r0! d:v2@r1!\n"
                   "i u:v1@r0 u:v2@r1 d:v3@r0\n"
                   "i u:v3@r0! u:v2@r1\n",
                   {"u:v3@r0!", "u:v3@r1",
                    "operand 0 (v3 in gpr1): wrong value: expects v3, "
                    "holds v2; v3 is in gpr0"},
                   {"u:v3@r0!", "u:v3@r2", "holds nothing known"},
                   {"u:v3@r0!", "u:v3@x0", "a register of the other class"},
                   {"u:v3@r0!", "u:v3@s0", "cannot read a slot"},
                   {"u:v3@r0!", "u:v3@s1?", "outside the slots"},
                   {"u:v3@r0!", "u:v3@r0!r1", "not in the register the instruction needs"},
                   {"d:v3@r0", "d:v3@r1", "expects v3, holds v1"},
                   {"d:v3@r0", "d:v3@r9", "not allocatable"},
                   {"d:v3@r0", "d:v3@s0", "only a use can be in a slot"},
                   {"d:v3@r0", "d:v2@r0", "v2 is defined twice"},
                   {"d:v2@r1!", "d:v2@r0", "a second def in this register"},
                   {"d:v2@r1!", "d:v2@r9!", "holds nothing known"},
                   {"slots 1", "unused r1", "missing from `used`"});
}

static void diamond_with_phi(void)
{
    EXPECT_CHANGES("slots 1\n"
                   "block 0 > 1 2\n"
                   "i d:v1@r0! d:v2@r1!\n"
                   "i u:v1@r0\n"
                   "block 1 < 0 > 3\n"
                   "move v1 r0 r2\n"
                   "i\n"
                   "block 2 < 0 > 3\n"
                   "i u:v2@r1 d:v3@r2\n"
                   "i\n"
                   "block 3 < 1 2\n"
                   "phi v4 = v1 v3\n"
                   "i u:v4@r2\n",
                   {"move v1 r0 r2\n", "", "expects v4, holds nothing known"},
                   {"move v1 r0 r2", "move v1 r0 r3", "block 3, instruction 5"},
                   {"move v1 r0 r2", "move v1 r1 r2", "holds v2; v1 is in gpr0"},
                   {"move v1 r0 r2", "move v2 r0 r2", "holds v1"},
                   {"move v1 r0 r2", "move v1 s0 r2", "holds nothing known"},
                   {"move v1 r0 r2", "move v4 r0 r2", "edit 0 before instruction 2"},
                   {"move v1 r0 r2", "swap r0 r2", NULL}, {"u:v4@r2", "u:v4@r0", "holds v1"},
                   {"u:v4@r2", "u:v1@r0", NULL}, {"u:v4@r2", "u:v3@r2", "holds v4"},
                   {"d:v3@r2", "d:v3@r3", "holds nothing known"},
                   {"phi v4 = v1 v3", "phi v4 = v2 v3", "expects v4"},
                   {"phi v4 = v1 v3", "phi v4 = v3 v1", "expects v4"},
                   {"phi v4 = v1 v3", "phi v3 = v1 v3", "v3 is defined twice"},
                   {"phi v4 = v1 v3", "phi v4 = v1 v3\nphi v4 = v1 v1", "v4 is defined twice"},
                   {"slots 1\n", "vreg v4 vec\n", "input v1 is of another kind"},
                   {"slots 1\n", "vreg v4 wide\n", "input v1 is of another kind"},
                   {"i u:v1@r0\nblock", "move v1 r0 r2\ni u:v1@r0\nblock", NULL},
                   {"< 1 2\n", "< 1\n", "does not have it as a predecessor"},
                   {"block 1 < 0 > 3", "block 1 < 0 > 3 2", "is critical"},
                   {"block 2 < 0 > 3", "block 2 < 0 > 1", "block 1 does not have it"});
}

static void loop_that_swaps_phis(void)
{
    EXPECT_CHANGES("slots 1\n"
                   "block 0 > 1\n"
                   "i d:v1@r0! d:v2@r1!\n"
                   "i\n"
                   "block 1 < 0 2 > 2 3\n"
                   "phi v3 = v1 v4\n"
                   "phi v4 = v2 v3\n"
                   "i u:v3@r0 u:v4@r1\n"
                   "block 2 < 1 > 1\n"
                   "swap r0 r1\n"
                   "i\n"
                   "block 3 < 1\n"
                   "i u:v3@r0 u:v4@r1\n",
                   {"swap r0 r1\n", "", "block 1, instruction 2, operand 0"},
                   {"swap r0 r1", "swap r0 r2", "expects v3"},
                   {"swap r0 r1", "swap r0 x1", "not two registers of one class"},
                   {"swap r0 r1", "swap r0 s0", "not two registers of one class"},
                   {"swap r0 r1", "swap r0 r9", "not allocatable"},
                   {"swap r0 r1", "unused r2\nswap r0 r2", "missing from `used`"},
                   {"swap r0 r1", "swap r0 r2\nswap r0 r1\nswap r1 r2", NULL},
                   {"swap r0 r1", "move v3 r0 r1\nmove v4 r1 r0", "expects v3, holds v1"},
                   {"swap r0 r1", "move v3 r0 r2\nmove v4 r1 r0\nmove v3 r2 r1", NULL},
                   {"swap r0 r1", "move v4 r1 r0\nmove v3 r0 r2\nmove v3 r2 r1",
                    "instruction 2, operand 0 (v3 in gpr0): wrong value"},
                   {"swap r0 r1", "move v3 r0 s0\nmove v4 r1 r0\nmove v3 s0 r1", NULL},
                   {"swap r0 r1", "move v3 r0 s0\nmove v4 r1 r0\nmove v4 s0 r1", "holds v3"},
                   {"phi v4 = v2 v3", "phi v4 = v2 v4", "expects v3"},
                   {"block 3 < 1\ni u:v3@r0 u:v4@r1", "block 3 < 1\ni u:v3@r1 u:v4@r1",
                    "block 3, instruction 4, operand 0 (v3 in gpr1)"});
}

/* A location that still holds what a phi was in the round before. */
static void value_of_the_last_round(void)
{
    EXPECT_CHANGES("slots 2\n"
                   "block 0 > 1\n"
                   "i d:v1@r0!\n"
                   "move v1 r0 r4\n"
                   "move v1 r0 s1\n"
                   "i\n"
                   "block 1 < 0 2 > 2 3\n"
                   "phi v2 = v1 v3\n"
                   "i u:v2@r0\n"
                   "block 2 < 1 > 1\n"
                   "move v2 r0 s1\n"
                   "i u:v2@r0 d:v3@r1\n"
                   "move v2 r0 r4\n"
                   "move v3 r1 r0\n"
                   "i\n"
                   "block 3 < 1\n"
                   "i u:v2@r0 u:v2@r0?\n",
                   {"u:v2@r0?", "u:v2@r4", "(v2 in gpr4): wrong value"},
                   {"u:v2@r0?", "u:v2@s1?", "(v2 in slot1): wrong value"},
                   {"move v2 r0 r4\nmove v3 r1 r0", "move v3 r1 r4\nmove v3 r4 r0", NULL},
                   {"move v3 r1 r0\n", "", "expects v2"}, {"d:v3@r1\n", "d:v3@r0\n", "expects v2"});
}

static void spills_and_reloads(void)
{
    EXPECT_CHANGES(
        "slots 3\n"
        "vreg v2 vec\n"
        "block 0\n"
        "i d:v1@r0! d:v2@x0!\n"
        "move v1 r0 s0\n"
        "move v2 x0 s1\n"
        "move v1 s0 s2\n"
        "i ~r0,r1,r2,r3,x0,x1,x2,x3 d:v3@r0!\n"
        "move v1 s0 r1\n"
        "move v2 s1 x3\n"
        "i u:v1@r1 u:v2@x3 u:v1@s0? u:v1@s2? u:v3@r0\n",
        {"move v1 r0 s0", "move v1 r0 s1", "block 0, edit 2 before"},
        {"move v1 s0 r1", "move v1 s1 r1", "expects v1, holds v2"},
        {"move v1 s0 r1", "move v1 s0 r0", "operand 0 (v1 in gpr1): wrong value"},
        {"move v1 s0 r1\n", "",
         "operand 0 (v1 in gpr1): wrong value: expects v1, holds "
         "nothing known; v1 is in slot2 slot0"},
        {"move v1 s0 r1", "move v1 r0 r1", "holds v3"},
        {"move v1 s0 r1", "move v1 s3 r1", "outside the slots"},
        {"move v1 s0 r1", "move v1 s0 r9", "not allocatable"},
        {"move v1 s0 r1", "move v2 s1 r1", "a register of the other class"},
        {"move v1 s0 r1", "move v1 s2 r1", NULL},
        {"move v1 s0 s2\n", "", "operand 3 (v1 in slot2)"},
        {"move v1 s0 s2\n", "move v1 r0 s2\n", NULL}, {"u:v2@x3", "u:v2@x0", "holds nothing known"},
        {"u:v1@s0?", "u:v1@s0", "cannot read a slot"}, {"u:v1@s0?", "u:v1@s1?", "holds v2"});
}

static void wide_slots(void)
{
    EXPECT_CHANGES("slots 4\n"
                   "vreg v1 vec wide\n"
                   "vreg v2 vec wide\n"
                   "block 0\n"
                   "i d:v1@x0! d:v2@x1! d:v3@r0!\n"
                   "move v1 x0 s0\n"
                   "move v2 x1 s2\n"
                   "i ~x0,x1,x2,x3\n"
                   "move v1 s0 x0\n"
                   "i u:v1@x0 u:v2@s2? u:v3@r0\n",
                   {"move v2 x1 s2", "move v2 x1 s1", "edit 2 before instruction 2"},
                   {"move v2 x1 s2", "move v2 x1 s3", "outside the slots"},
                   {"move v2 x1 s2", "move v3 r0 s1\nmove v2 x1 s2", "v1 is in slot0"},
                   {"move v2 x1 s2", "move v3 r0 s0\nmove v2 x1 s2", "holds nothing known"},
                   {"i ~x0", "move v3 r0 s3\ni ~x0", "operand 1 (v2 in slot2): wrong value"},
                   {"move v1 s0 x0", "move v1 s1 x0", "wrong value"},
                   {"move v1 s0 x0", "move v1 s0 s1\nmove v1 s1 x0", "operand 1 (v2 in slot2)"},
                   {"move v1 s0 x0", "move v1 s0 x0\nmove v2 s2 s0\nmove v2 s0 s2", NULL},
                   {"u:v2@s2?", "u:v2@s3?", "outside the slots"});
}

static void phis_in_slots(void)
{
    EXPECT_CHANGES("slots 400\n"
                   "vreg v2 vec wide\n"
                   "vreg v4 vec wide\n"
                   "vreg v6 vec wide\n"
                   "block 0 > 1\n"
                   "i d:v1@r0! d:v2@x0!\n"
                   "move v1 r0 s399\n"
                   "move v2 x0 s15\n"
                   "i ~r0,x0\n"
                   "block 1 < 0 2 > 2 3\n"
                   "phi v3 = v1 v5\n"
                   "phi v4 = v2 v6\n"
                   "i u:v3@s399?\n"
                   "block 2 < 1 > 1\n"
                   "i u:v4@s15? d:v5@r0 d:v6@x0\n"
                   "move v5 r0 s399\n"
                   "move v6 x0 s15\n"
                   "i\n"
                   "block 3 < 1\n"
                   "move v4 s15 x1\n"
                   "i u:v3@s399? u:v4@x1\n",
                   {"move v5 r0 s399\n", "", "expects v3"},
                   {"move v5 r0 s399", "move v5 r0 s143", "expects v3"},
                   {"move v6 x0 s15", "move v6 x0 s16", "expects v4"},
                   {"move v6 x0 s15", "move v6 x0 s15\nmove v5 r0 s16", "expects v4"},
                   {"move v6 x0 s15", "move v6 x0 s15\nmove v5 r0 s17", NULL},
                   {"move v4 s15 x1", "move v6 s15 x1", "expects v6, holds v4"},
                   {"move v4 s15 x1", "move v4 s14 x1", "holds nothing known"},
                   {"i u:v3@s399?\n", "i u:v1@s399?\n", "expects v1, holds v3"});
}

static void rematerialized_constants(void)
{
    EXPECT_CHANGES("slots 1\n"
                   "vreg v1 remat\n"
                   "block 0\n"
                   "i d:v1@r0\n"
                   "i d:v2@r1\n"
                   "i ~r0,r1,r2,r3 u:v1@r0! d:v3@r0!\n"
                   "remat v1 r1\n"
                   "i u:v1@r1 u:v3@r0\n",
                   {"remat v1 r1\n", "", "expects v1"},
                   {"remat v1 r1", "remat v2 r1", "cannot be rematerialized"},
                   {"remat v1 r1", "remat v3 r1", "cannot be rematerialized"},
                   {"remat v1 r1", "remat v1 r0", "expects v1"},
                   {"remat v1 r1", "remat v1 s0", "no register"},
                   {"remat v1 r1", "remat v1 x1", "other class"},
                   {"remat v1 r1", "remat v1 r9", "not allocatable"},
                   {"i d:v1@r0\n", "i d:v1@r0 d:v4@r2\n", "has other operands"});
}

static void tied_operands(void)
{
    EXPECT_CHANGES("block 0\n"
                   "i d:v1@r0! d:v2@r1!\n"
                   "move v1 r0 r2\n"
                   "i u:v1@r2 u:v2@r1 d:v3@r2=0\n"
                   "i u:v3@r2 u:v1@r0 d:v4@r0=1\n"
                   "i u:v4@r0 u:v4@r0 e:v5@r1\n"
                   "i u:v5@r1 e:v6@r1=0\n"
                   "i u:v6@r1\n",
                   {"d:v3@r2=0", "d:v3@r3=0", "not in the register of the use it is tied to"},
                   {"d:v3@r2=0", "d:v3@r1=0", "not in the register of the use it is tied to"},
                   {"d:v3@r2=0", "d:v3@r2=2", "not an ordinary use"},
                   {"d:v3@r2=0", "d:v3@r2=200", "not an ordinary use"},
                   {"u:v1@r2", "l:v1@r2", "not an ordinary use"},
                   {"move v1 r0 r2\n", "", "expects v1"},
                   {"u:v1@r2 u:v2@r1 d:v3@r2=0", "u:v1@r0 u:v2@r1 d:v3@r0=0", "expects v3"},
                   {"u:v4@r0 u:v4@r0 e:v5@r1", "u:v4@r0 u:v4@r0 e:v5@r0=0",
                    "an early def in the register of a use"});
}

static void clobbered_registers(void)
{
    EXPECT_CHANGES("slots 1\n"
                   "block 0\n"
                   "i d:v1@r0! d:v2@r1!\n"
                   "move v1 r0 r4\n"
                   "i ~r0,r1,r2,r3 u:v2@r1! l:v1@r4 t:v1@r2 d:v3@r0!\n"
                   "i u:v1@r4 u:v3@r0\n",
                   {"move v1 r0 r4", "move v1 r0 r3", "(v1 in gpr4): wrong value"},
                   {"i u:v1@r4 u:v3", "i u:v1@r3 u:v3", "holds nothing known"},
                   {"i u:v1@r4 u:v3", "i u:v2@r1 u:v3", "holds nothing known"},
                   {"i u:v1@r4 u:v3", "i u:v1@r0 u:v3", "holds v3"},
                   {"l:v1@r4", "l:v1@r0", "a late use in a clobbered register"},
                   {"l:v1@r4", "u:v1@r0", NULL},
                   {"d:v3@r0!", "d:v3@r4", "a def in the register of a late use"},
                   {"d:v3@r0!", "e:v3@r0", "an early def in a clobbered register"},
                   {"u:v2@r1!", "u:v2@r0!", "holds v1"});
}

static void early_and_late(void)
{
    EXPECT_CHANGES("slots 1\n"
                   "block 0\n"
                   "i d:v1@r0! d:v2@r1! d:v3@r2!\n"
                   "i u:v1@r0 l:v2@r1 t:v1@r3 t:v1@r5 e:v4@r4 d:v5@r0\n"
                   "i u:v2@r1 u:v3@r2 u:v4@r4 u:v5@r0\n",
                   {"e:v4@r4", "e:v4@r0", "an early def in the register of a use"},
                   {"e:v4@r4", "e:v4@r1", "a def in the register of a late use"},
                   {"e:v4@r4", "e:v4@r3", "a def in the register of a temp"},
                   {"e:v4@r4", "e:v4@r2", "expects v3, holds v4"},
                   {"d:v5@r0", "d:v5@r1", "a def in the register of a late use"},
                   {"d:v5@r0", "d:v5@r4", "a second def"},
                   {"d:v5@r0", "d:v5@r5", "a def in the register of a temp"},
                   {"t:v1@r3", "t:v1@r0", "a temp in the register of a use"},
                   {"t:v1@r3", "t:v1@r1", "a temp in the register of a use"},
                   {"t:v1@r3", "t:v1@r5", "of another temp"},
                   {"t:v1@r3", "t:v1@r2", "expects v3, holds nothing known"},
                   {"t:v1@r3", "t:v1@r9", "not allocatable"},
                   {"t:v1@r3", "t:v1@s0", "only a use can be in a slot"},
                   {"t:v1@r3", "t:v1@r9!", NULL},
                   {"u:v1@r0 l:v2@r1 t:v1@r3", "u:v1@r0 t:v1@r3 l:v2@r1", "not in the order"});
}

static void copies_share_locations(void)
{
    EXPECT_CHANGES("slots 1\n"
                   "vreg v4 vec\n"
                   "block 0\n"
                   "i d:v1@r0!\n"
                   "move v1 r0 s0\n"
                   "i copy u:v1@r0 d:v2@r1\n"
                   "i copy u:v2@r1 d:v3@r1\n"
                   "i copy u:v3@r1 d:v4@x0\n"
                   "i u:v1@r1 u:v2@r0 u:v3@s0? u:v4@x0\n"
                   "i u:v2@r0 d:v5@r1\n"
                   "i u:v5@r1 u:v3@r0\n",
                   {"d:v5@r1", "d:v5@r0", "expects v5"},
                   {"u:v5@r1 u:v3@r0", "u:v5@r1 u:v3@r1", "expects v3 (a copy of v1), holds v5"},
                   {"u:v5@r1 u:v3@r0", "u:v3@r0 u:v5@r0", "expects v5, holds v1"},
                   {"i copy u:v2@r1 d:v3@r1", "i u:v2@r1 d:v3@r1", "expects v1, holds v3"},
                   {"u:v4@x0\n", "u:v4@x1\n", "expects v4"},
                   {"i u:v1@r1 u:v2@r0", "move v4 x0 s0\nmove v1 s0 r2\ni u:v1@r1 u:v2@r0",
                    "expects v1, holds v4"},
                   {"u:v4@x0\n", "u:v1@x0\n", "other class"});
}

/* Two phis with the same inputs are one value too, but by what the locations hold. */
static void twin_phis(void)
{
    EXPECT_CHANGES("block 0 > 1 2\n"
                   "i d:v1@r0! d:v2@r1!\n"
                   "i\n"
                   "block 1 < 0 > 3\n"
                   "i\n"
                   "block 2 < 0 > 3\n"
                   "move v2 r1 r0\n"
                   "i\n"
                   "block 3 < 1 2\n"
                   "phi v3 = v1 v2\n"
                   "phi v4 = v1 v2\n"
                   "phi v5 = v2 v2\n"
                   "i copy u:v3@r0 d:v6@r2\n"
                   "i u:v4@r2 u:v4@r0 u:v3@r0 u:v6@r0 u:v5@r1\n",
                   {"move v2 r1 r0\n", "", "expects v3"},
                   {"phi v4 = v1 v2", "phi v4 = v2 v1", "expects v4, holds v3"},
                   {"phi v5 = v2 v2", "phi v5 = v2 v1", "expects v5"},
                   {"i copy u:v3@r0 d:v6@r2", "i u:v3@r0 d:v6@r2", "expects v4, holds v6"});
}

/* A phi whose inputs are one value has the name of that value, in a loop too. */
static void idle_phis(void)
{
    EXPECT_CHANGES("block 0 > 1\n"
                   "i d:v1@r0!\n"
                   "i copy u:v1@r0 d:v2@r1\n"
                   "block 1 < 0 4 > 2 3\n"
                   "phi v3 = v1 v3\n"
                   "i u:v3@r1\n"
                   "block 2 < 1 > 4\n"
                   "i ~r0\n"
                   "move v3 r1 r0\n"
                   "i\n"
                   "block 3 < 1 > 5\n"
                   "i\n"
                   "block 4 < 2 > 1\n"
                   "i\n"
                   "block 5 < 3\n"
                   "phi v4 = v3\n"
                   "i u:v4@r0 u:v2@r1\n",
                   {"move v3 r1 r0\n", "", "block 5, instruction 7, operand 0"},
                   {"i ~r0", "i d:v6@r0", NULL}, {"phi v3 = v1 v3", "phi v3 = v1 v5", "expects v3"},
                   {"i ~r0\n", "i ~r0,r1\n", "expects v3 (a copy of v1)"});
}

/* What an inner loop loses is lost to the outer loop's header one sweep later. */
static void loops_lose_what_they_clobber(void)
{
    EXPECT_CHANGES(
        "slots 20\n"
        "block 0 > 1\n"
        "i d:v1@r0! d:v2@r4!\n"
        "move v1 r0 s17\n"
        "i\n"
        "block 1 < 0 6 > 2\n"
        "i u:v2@r4\n"
        "block 2 < 1 4 > 3 5\n"
        "i u:v2@r4\n"
        "block 3 < 2 > 4\n"
        "i ~r0,r1,r2,r3\n"
        "move v1 s17 r0\n"
        "i\n"
        "block 4 < 3 > 2\n"
        "i u:v1@r0\n"
        "block 5 < 2 > 6 7\n"
        "i u:v1@s17?\n"
        "block 6 < 5 > 1\n"
        "i u:v1@r0\n"
        "block 7 < 5\n"
        "i u:v1@r0\n",
        {"move v1 s17 r0\n", "", "block 4, instruction 6, operand 0"},
        {"block 4 < 3 > 2\ni u:v1@r0\n", "block 4 < 3 > 2\ni d:v3@r0\n", "block 6"},
        {"block 4 < 3 > 2\ni u:v1@r0\n", "block 4 < 3 > 2\ni d:v3@r4\n", "block 1, instruction 2"},
        {"block 6 < 5 > 1\ni u:v1@r0\n", "block 6 < 5 > 1\nmove v2 r4 s17\ni\n", "block 3, edit 1"},
        {"block 6 < 5 > 1\ni u:v1@r0\n", "block 6 < 5 > 1\ni ~r0\n", "block 7"});
}

/* References are in no register across a clobbering instruction, and its stack map names exactly
 * the slots where they are. */
static void references_at_calls(void)
{
    EXPECT_CHANGES("slots 4\n"
                   "vreg v1 ref\n"
                   "vreg v4 ref\n"
                   "block 0 > 1 2\n"
                   "i d:v1@r0! d:v2@r1!\n"
                   "move v1 r0 s0\n"
                   "move v1 r0 s2\n"
                   "move v2 r1 s3\n"
                   "move v2 r1 r5\n"
                   "i copy u:v1@r0 d:v3@r6\n"
                   "i ~r0,r1 ^s0 u:v1@r0\n"
                   "i\n"
                   "block 1 < 0 > 3\n"
                   "i ~r0 ^s0 d:v4@r4\n"
                   "move v4 r4 s1\n"
                   "i\n"
                   "block 2 < 0 > 3\n"
                   "move v1 s0 s1\n"
                   "i\n"
                   "block 3 < 1 2\n"
                   "phi v5 = v4 v1\n"
                   "vreg v5 ref\n"
                   "i ~r1 ^s0,s1\n"
                   "move v1 s0 r0\n"
                   "i u:v1@r0 u:v2@r5 u:v3@r6 u:v5@s1? u:v2@s3?\n",
                   {"move v1 s0 r0", "move v1 s2 r0", "expects v1, holds nothing known"},
                   {"u:v1@r0 u:v2@r5", "u:v1@r6 u:v2@r5", "expects v1, holds v3"},
                   {"move v1 s0 r0", "move v5 s1 r0", "expects v1"}, {"^s0,s1", "^s1,s0", NULL},
                   {"^s0,s1", "^s0", "operand 3 (v5 in slot1): wrong value"},
                   {"^s0,s1", "^s1", "(move v1 slot0 to gpr0): wrong value"},
                   {"^s0,s1", "^s0,s1,s2", "names slot2, which holds no reference"},
                   {"^s0,s1", "^s0,s1,s3", "names slot3, which holds no reference"},
                   {"^s0,s1", "^s0,s1,s0", "names slot0 twice, or there is none"},
                   {"^s0,s1", "^s0,s1,s4", "names slot4 twice, or there is none"},
                   {"~r1 ^s0,s1", "~r2 ^s0,s1", NULL},
                   {"~r1 ^s0,s1", "^s0,s1", "where nothing is clobbered"},
                   {"~r0,r1 ^s0 u:v1@r0", "~r0,r1 ^s0 l:v1@r6", "expects v1, holds v3"},
                   {"~r0,r1 ^s0 ", "~r0,r1 ", "holds no reference"},
                   {"~r0 ^s0 d:v4@r4\nmove v4 r4 s1\n", "d:v4@r4\nmove v4 r4 s1\ni ~r0 ^s0\n",
                    "names slot1, which holds no reference"},
                   {"vreg v1 ref\n", "vreg v1 ref\nvreg v3 ref\n", "(v3 in gpr6): wrong value"});
}

/* Nothing reads a dead phi but the collector. */
static void dead_phi_in_a_stack_map(void)
{
    EXPECT_CHANGES("slots 2\n"
                   "vreg v1 ref\n"
                   "vreg v2 ref\n"
                   "vreg v3 ref\n"
                   "block 0 > 1 2\n"
                   "i d:v1@r0! d:v2@r1!\n"
                   "i\n"
                   "block 1 < 0 > 3\n"
                   "move v1 r0 s0\n"
                   "i\n"
                   "block 2 < 0 > 3\n"
                   "move v2 r1 s0\n"
                   "i\n"
                   "block 3 < 1 2\n"
                   "phi v3 = v1 v2\n"
                   "i ~r0 ^s0\n"
                   "i\n",
                   {"move v1 r0 s0\n", "", "stack map names slot0, which holds no reference"},
                   {"move v1 r0 s0\n", "move v1 r0 s1\n", "holds no reference"},
                   {"phi v3 = v1 v2\n", "phi v3 = v2 v1\n", "holds no reference"});
}

/* A number that a phi makes a reference: once the collector has changed the slot it is only that.
 */
static void number_in_a_stack_map(void)
{
    EXPECT_CHANGES("slots 1\n"
                   "vreg v2 ref\n"
                   "block 0 > 1 2\n"
                   "i d:v1@r0!\n"
                   "move v1 r0 s0\n"
                   "i\n"
                   "block 1 < 0 > 3\n"
                   "i\n"
                   "block 2 < 0 > 3\n"
                   "i\n"
                   "block 3 < 1 2\n"
                   "phi v2 = v1 v1\n"
                   "i u:v1@s0? u:v2@s0?\n"
                   "i ~r0 ^s0\n"
                   "i u:v2@s0?\n",
                   {"i u:v2@s0?", "i u:v1@s0?", "expects v1, holds v2"},
                   {"i ~r0 ^s0\ni u:v2@s0?", "i ~r0\ni u:v1@s0?", NULL},
                   {"i ~r0 ^s0\n", "i ~r0\n", "expects v2, holds v1"});
}

/* A phi's def that came to a slot with its inputs, and is moved there once more later. */
static void moved_where_it_is(void)
{
    EXPECT_CHANGES("slots 1\n"
                   "block 0 > 1 2\n"
                   "i d:v1@r0! d:v2@r1!\n"
                   "i\n"
                   "block 1 < 0 > 3\n"
                   "move v1 r0 s0\n"
                   "i\n"
                   "block 2 < 0 > 3\n"
                   "move v2 r1 s0\n"
                   "i\n"
                   "block 3 < 1 2 > 4 5\n"
                   "phi v3 = v1 v2\n"
                   "i\n"
                   "block 4 < 3 > 6\n"
                   "i\n"
                   "block 5 < 3 > 6\n"
                   "i d:v4@r2\n"
                   "move v4 r2 s0\n"
                   "i\n"
                   "block 6 < 4 5\n"
                   "phi v5 = v3 v4\n"
                   "move v5 s0 r3\n"
                   "i d:v6@r0\n"
                   "move v5 r3 s0\n"
                   "i u:v5@s0?\n",
                   {"move v2 r1 s0\n", "", "(move v5 slot0 to gpr3): wrong value"},
                   {"phi v3 = v1 v2\n", "phi v3 = v2 v1\n", "wrong value"},
                   {"move v4 r2 s0\n", "", "expects v5, holds v3"}, {"move v5 r3 s0\n", "", NULL});
}

/* Stack maps in disorder, as the text cannot say. */
static void stack_maps_out_of_order(void)
{
    Fn *fn = parse_fn("slots 2\n"
                      "vreg v1 ref\n"
                      "block 0\n"
                      "i d:v1@r0!\n"
                      "move v1 r0 s1\n"
                      "i ~r0 ^s1\n"
                      "i ~r0 ^s1\n"
                      "i u:v1@s1?\n");
    StrBuf why = {0};
    EXPECT(ra_check(&fn->f, &why));
    fn->f.stack_refs.at[0].at = 2;
    fn->f.stack_refs.at[1].at = 1;
    EXPECT(!ra_check(&fn->f, &why));
    EXPECT_STR(sb_str(&why), "instruction 1, its stack map is behind a later one");
    fn->f.stack_refs.at[1].at = 4;
    EXPECT(!ra_check(&fn->f, &why));
    sb_free(&why);
    free_fn(fn);
}

/* A register outside the allocatable ones is written only for the use that is fixed there. */
static void fixed_outside_allocatable(void)
{
    EXPECT_CHANGES("block 0\n"
                   "i d:v1@r0!\n"
                   "move v1 r0 r11\n"
                   "i u:v1@r11! u:v1@r0\n"
                   "i u:v1@r0\n",
                   {"u:v1@r11! ", "", "writes a register that is not allocatable"},
                   {"u:v1@r11! u:v1@r0", "u:v1@r0 d:v2@r11!", "writes a register that is not"},
                   {"move v1 r0 r11\n", "swap r0 r11\nmove v1 r11 r0\n", NULL},
                   {"move v1 r0 r11\n", "swap r11 r0\nmove v1 r11 r0\n", NULL},
                   {"move v1 r0 r11\n", "swap r12 r11\nmove v1 r0 r11\n", "not allocatable"});
}

static void edits_out_of_place(void)
{
    const char *text = "slots 1\n"
                       "block 0\n"
                       "i d:v1@r0!\n"
                       "move v1 r0 s0\n"
                       "i d:v2@r0\n"
                       "move v1 s0 r1\n"
                       "i u:v1@r1\n";
    static const struct {
        u32 at[2];
        const char *reason;
    } rows[] = {
        {{1, 2}, NULL},
        {{1, 1}, NULL},
        {{0, 2}, "expects v1, holds nothing known"},
        {{2, 2}, "expects v1, holds v2"},
        {{1, 3}, "outside the function"},
        {{1, UINT32_MAX}, "outside the function"},
        {{2, 1}, "not sorted"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        Fn *fn = parse_fn(text);
        StrBuf why = {0};
        for (u32 k = 0; k < 2; k++)
            fn->f.edits.at[k].at = rows[i].at[k];
        bool accepted = ra_check(&fn->f, &why);
        EXPECT(accepted == !rows[i].reason);
        EXPECT(accepted || strstr(sb_str(&why), rows[i].reason));
        sb_free(&why);
        free_fn(fn);
    }
}

/* An instruction of no block: the edits before it would never be made. */
static void edits_between_blocks(void)
{
    Fn *fn = parse_fn("slots 1\n"
                      "block 0\n"
                      "i d:v1@r0!\n"
                      "i u:v1@r0\n"
                      "move v1 r0 s0\n"
                      "i u:v1@r0\n");
    StrBuf why = {0};
    EXPECT(ra_check(&fn->f, &why));
    fn->f.blocks[0].end = 2;
    EXPECT(!ra_check(&fn->f, &why));
    EXPECT_STR(sb_str(&why), "1 edits, but 0 before instructions of blocks");
    sb_free(&why);
    free_fn(fn);
}

/* Locations and kinds that no enumeration has. */
static void malformed_output(void)
{
    const char *text = "slots 1\nblock 0\ni d:v1@r0!\nmove v1 r0 s0\ni u:v1@r0\n";
    for (u32 i = 0; i < 6; i++) {
        Fn *fn = parse_fn(text);
        StrBuf why = {0};
        RaEdit *e = &fn->f.edits.at[0];
        RaOpnd *use = &fn->f.opnds[1];
        if (i < 2)
            use->loc = i ? 64 : RA_NONE;
        else if (i < 4)
            e->to = i == 2 ? 64 : RA_NONE;
        else if (i == 4)
            e->kind = 3;
        else
            e->vreg = 77;
        EXPECT(!ra_check(&fn->f, &why));
        EXPECT(strstr(sb_str(&why), i < 4    ? "neither a register nor a slot"
                                    : i == 4 ? "no such edit"
                                             : "no such virtual register"));
        sb_free(&why);
        free_fn(fn);
    }
}

/* What the allocator makes of random functions is accepted, and no mutation that then runs wrong.
 */
static void allocated_functions(void)
{
    Arena arena;
    arena_init(&arena, NULL);
    for (u64 seed = 1; seed <= 1500; seed++) {
        RaRandom g;
        RaFunc *f = &g.func;
        ra_random_make(&g, &arena, seed + 500000);
        ra_allocate(f, 1 + (seed & 1));
        StrBuf why = {0};
        if (!EXPECT(ra_check(f, &why)))
            printf("  seed %llu: %s\n", (unsigned long long)seed + 500000, sb_str(&why));
        sb_free(&why);
        Rng rng = {seed};
        for (u32 i = 0; i < 6 && f->ninsts < 400; i++) {
            RaFunc mutant = *f;
            mutant.opnds = arena_array_raw(&arena, RaOpnd, f->nopnds);
            memcpy(mutant.opnds, f->opnds, f->nopnds * sizeof *f->opnds);
            mutant.edits.at = arena_array_raw(&arena, RaEdit, f->edits.len + 1);
            mutant.stack_refs.at = arena_array_raw(&arena, RaStackRef, f->stack_refs.len + 1);
            if (f->edits.len)
                memcpy(mutant.edits.at, f->edits.at, f->edits.len * sizeof *f->edits.at);
            if (f->stack_refs.len)
                memcpy(mutant.stack_refs.at, f->stack_refs.at,
                       f->stack_refs.len * sizeof *f->stack_refs.at);
            expect_caught(&mutant, &rng);
        }
        arena_reset(&arena);
    }
    arena_free(&arena);
}

/* The random mutations above must have been worth their while. */
static void mutations_were_caught(void)
{
    EXPECT(mutations.wrong > mutations.tried / 4);
    EXPECT(mutations.accepted > mutations.tried / 50);
}

int main(void)
{
    TEST(straight_line);
    TEST(diamond_with_phi);
    TEST(loop_that_swaps_phis);
    TEST(value_of_the_last_round);
    TEST(spills_and_reloads);
    TEST(wide_slots);
    TEST(phis_in_slots);
    TEST(rematerialized_constants);
    TEST(tied_operands);
    TEST(clobbered_registers);
    TEST(early_and_late);
    TEST(copies_share_locations);
    TEST(twin_phis);
    TEST(idle_phis);
    TEST(loops_lose_what_they_clobber);
    TEST(references_at_calls);
    TEST(dead_phi_in_a_stack_map);
    TEST(stack_maps_out_of_order);
    TEST(number_in_a_stack_map);
    TEST(moved_where_it_is);
    TEST(fixed_outside_allocatable);
    TEST(edits_out_of_place);
    TEST(edits_between_blocks);
    TEST(malformed_output);
    TEST(allocated_functions);
    TEST(mutations_were_caught);
    return test_end();
}
