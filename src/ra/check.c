/* Proves an allocation right by running it symbolically, with sets of names for values.
 *
 * It shares no code with the allocator and was written from ra.h alone, so that one mistake cannot
 * hide in both. What it relies on is its input's SSA form; what it distrusts is every location,
 * edit, slot number and `used`.
 *
 * A name stands for a value of the input: a virtual register, or the register of which it is a
 * copy. Copies (is_move) and phis whose inputs are all one value take the name of their source:
 * in strict SSA both are equal wherever both are live. A state says for each location which names
 * its content is known to have, and the lattice is that of sets under intersection: "holds
 * nothing known" is always true, so whatever is forgotten can only make the proof fail.
 *
 *     edits      move: `to` gets the names of `from`; swap: exchanged; rematerialize: one name
 *     instruction  uses are looked up; then clobbers and temps are emptied, then defs written:
 *                a written location loses its old names and holds just the def's
 *                between both, a collector may move what references point to: those that its
 *                stack map does not name are lost
 *     edge       a phi's def d with input v on this edge: every location drops its old d, and each
 *                that holds v also holds d. The phi has no operand: where its def is expected
 *                follows from the lookups behind the edge
 *     join       intersection per location
 *
 * Dropping the old d is what keeps the values of two rounds of a loop apart. Other registers need
 * no such care: at a header, the way in from outside does not hold what the loop defines.
 *
 * First pass: shape, all that can be told without states (classes, fixed registers, conflicts
 * within an instruction, bounds). Second: states at block entries, to the fixpoint, starting from
 * what the first edge brings. Third: each block once more from its final state, now with lookups.
 *
 * To be near linear in large functions, sets are interned (most are one name, which is then its
 * own number) and slots are a tree of 16-way nodes that states share until one writes. Joins
 * compare node numbers first, so they cost as much as the ways differ. A slot is known only by
 * names by which something reads it: else the one zero that a thousand locals start from would be
 * a thousand phis' input in each of their slots. One file, so that no part of it comes to be shared
 * with what it judges. Tests: unit/test_ra_check.
 */
#include "ra/ra.h"

#include <stdlib.h>

#include "base/hash.h"

#define NONE UINT32_MAX
#define FAN_BITS 4
#define FAN (1u << FAN_BITS)

/* A set of names. Below 2 * nvregs it is the set of just that name (0: the empty set); above,
 * interned. Name n + nvregs is the upper half of the wide value n, found in the word above. */
typedef u32 SetId;

typedef struct SetSpan {
    u32 at, len; /* of Checker.members, sorted; len >= 2 */
} SetSpan;

/* 16 slots' sets, or 16 subtrees; number 0 is all empty at any level. */
typedef struct Node {
    u32 kid[FAN];
} Node;

/* What is known between two instructions. Copied whole: slots cost one number. */
typedef struct State {
    SetId regs[64];
    u32 slots; /* root node */
} State;

/* A vreg or block, and a slot word. */
typedef struct Pair {
    u32 key, word;
    u32 next;   /* of a demand: older one of the same vreg, or NONE */
    bool flows; /* of a demand: see add_demand() */
    bool moved; /* of a demand: some edit moves the vreg there */
} Pair;

typedef struct PairSet {
    VEC(Pair) pairs;
    u32 *table; /* 1 + index into pairs, open addressing; 0 free */
    u32 mask;
} PairSet;

typedef struct RenameMemo {
    u32 edge; /* edge_serial for which it holds */
    SetId from, to;
} RenameMemo;

typedef struct Checker {
    const RaFunc *f;
    Arena *arena;
    StrBuf *why;
    u32 block, inst; /* being looked at, for messages */

    /* by vreg */
    u32 *def_inst;  /* defining instruction; NONE for phis and the undefined */
    u32 *phi_block; /* 1 + block whose phi defines it; 0 if none does */
    u32 *def_phi;   /* that phi */
    u32 *canon;     /* its name */
    /* by block */
    u32 *join_index; /* which predecessor it is of its only successor */
    u32 *edit_at;    /* first edit at or behind its first instruction */

    VEC(u32) members; /* of all interned sets, one behind the other */
    VEC(SetSpan) sets;
    u32 *set_table; /* 1 + index into sets, open addressing; 0 free */
    u32 set_mask;
    VEC(u32) scratch; /* names of a set being made */

    VEC(Node) nodes;
    u32 own_from; /* nodes from here on belong to the state at work alone, and may be written */
    u32 levels;   /* of the slot tree */

    PairSet demands;    /* by vreg: slots from which something reads it by name */
    u32 *demands_of;    /* by vreg: newest demand or NONE */
    VEC(u32) pending;   /* demands that flow, to be passed on */
    PairSet writes;     /* by block: slot words that its edits write */
    VEC(u32) ref_words; /* slots that may be known to hold a reference */
    u32 *call_of;       /* by slot word: call_serial of the last stack map that names it */
    u32 call_serial;
    bool has_references;

    /* the edge at work */
    u32 edge_serial;
    u32 target;                 /* the block it enters */
    u32 *phi_of, *phi_of_stamp; /* by name: first phi with this input; valid if stamp matches */
    u32 *next_phi;              /* by phi: next with the same input */
    RenameMemo memo[64];

    /* the fixpoint; by block */
    State *in;
    bool *is_reached, *is_dirty;
} Checker;

/* ---- messages ---------------------------------------------------------------------------------*/

static bool fail(Checker *c, const char *format, ...) PRINTF_LIKE(2, 3);

/* Says where and why; always false, to be returned. */
static bool fail(Checker *c, const char *format, ...)
{
    if (c->block != NONE)
        sb_printf(c->why, "block %u, ", c->block);
    if (c->inst != NONE)
        sb_printf(c->why, "instruction %u, ", c->inst);
    va_list args;
    va_start(args, format);
    sb_vprintf(c->why, format, args);
    va_end(args);
    return false;
}

static void put_loc(StrBuf *sb, RaLoc loc)
{
    if (RA_IS_REG(loc))
        sb_printf(sb, "%s%u", RA_REG_CLASS(loc) == RA_GPR ? "gpr" : "vec", RA_REG_INDEX(loc));
    else if (RA_IS_SLOT(loc))
        sb_printf(sb, "slot%u", RA_SLOT_INDEX(loc));
    else
        sb_puts(sb, "nowhere");
}

/* "operand 2 (v7 in gpr3): " and the reason. */
static bool fail_opnd(Checker *c, u32 index, const char *reason)
{
    const RaOpnd *o = &c->f->opnds[c->f->insts[c->inst].opnd + index];
    fail(c, "operand %u (v%u in ", index, o->vreg);
    put_loc(c->why, o->loc);
    sb_printf(c->why, "): %s", reason);
    return false;
}

static bool fail_edit(Checker *c, const RaEdit *e, const char *reason)
{
    static const char *const verbs[] = {"move", "swap", "rematerialize"};
    c->inst = NONE;
    fail(c, "edit %u before instruction %u (", (u32)(e - c->f->edits.at), e->at);
    sb_puts(c->why, e->kind < ARRAY_LEN(verbs) ? verbs[e->kind] : "unknown");
    if (e->kind != RA_SWAP)
        sb_printf(c->why, " v%u", e->vreg);
    if (e->kind != RA_REMATERIALIZE) {
        sb_putc(c->why, ' ');
        put_loc(c->why, e->from);
    }
    sb_puts(c->why, " to ");
    put_loc(c->why, e->to);
    sb_printf(c->why, "): %s", reason);
    return false;
}

static u32 *filled(Arena *arena, size_t count, u32 value)
{
    u32 *array = arena_array(arena, u32, count);
    for (size_t i = 0; i < count; i++)
        array[i] = value;
    return array;
}

/* ---- sets of names ----------------------------------------------------------------------------*/

typedef struct Names {
    const u32 *at; /* sorted; valid until a set is made */
    u32 len;
} Names;

/* By address, since a single name lies in the id itself. */
static Names names_of(const Checker *c, const SetId *set)
{
    if (*set < 2 * c->f->nvregs)
        return (Names){set, *set != 0};
    SetSpan span = c->sets.at[*set - 2 * c->f->nvregs];
    return (Names){c->members.at + span.at, span.len};
}

static bool set_has(const Checker *c, SetId set, u32 name)
{
    Names names = names_of(c, &set);
    u32 low = 0, high = names.len;
    while (low < high) {
        u32 mid = (low + high) / 2;
        if (names.at[mid] < name)
            low = mid + 1;
        else
            high = mid;
    }
    return low < names.len && names.at[low] == name;
}

/* Finds an interned set, or the free place in the table where it would be. */
static u32 set_slot(const Checker *c, const u32 *names, u32 len)
{
    u32 i = (u32)hash_bytes(names, len * sizeof *names, 1) & c->set_mask;
    for (; c->set_table[i]; i = (i + 1) & c->set_mask) {
        SetSpan span = c->sets.at[c->set_table[i] - 1];
        if (span.len == len && !memcmp(c->members.at + span.at, names, len * sizeof *names))
            break;
    }
    return i;
}

static void grow_set_table(Checker *c)
{
    c->set_mask = c->set_mask * 2 + 1;
    c->set_table = arena_array(c->arena, u32, (size_t)c->set_mask + 1);
    for (u32 k = 0; k < c->sets.len; k++) {
        SetSpan span = c->sets.at[k];
        c->set_table[set_slot(c, c->members.at + span.at, span.len)] = k + 1;
    }
}

/* The set of the names in `scratch`, which are sorted. */
static SetId take_set(Checker *c)
{
    u32 len = c->scratch.len;
    if (len < 2)
        return len ? c->scratch.at[0] : 0;
    if (c->sets.len > c->set_mask / 2)
        grow_set_table(c);
    u32 i = set_slot(c, c->scratch.at, len);
    if (!c->set_table[i]) {
        vec_push(c->arena, &c->sets, (SetSpan){c->members.len, len});
        vec_reserve(c->arena, &c->members, len);
        memcpy(c->members.at + c->members.len, c->scratch.at, len * sizeof(u32));
        c->members.len += len;
        c->set_table[i] = c->sets.len;
    }
    return 2 * c->f->nvregs + c->set_table[i] - 1;
}

/* Looks up the shorter in the longer, which may be a thousand times as long at a loop's header. */
static SetId set_meet(Checker *c, SetId a, SetId b)
{
    if (a == b || !a || !b)
        return a == b ? a : 0;
    Names of_a = names_of(c, &a), of_b = names_of(c, &b);
    bool a_is_shorter = of_a.len <= of_b.len;
    Names few = a_is_shorter ? of_a : of_b;
    SetId many = a_is_shorter ? b : a;
    c->scratch.len = 0;
    for (u32 i = 0; i < few.len; i++)
        if (set_has(c, many, few.at[i]))
            vec_push(c->arena, &c->scratch, few.at[i]);
    if (c->scratch.len == few.len)
        return a_is_shorter ? a : b;
    return take_set(c);
}

/* Whole values to their upper halves, or back; names of the other kind are dropped. */
static SetId set_shift(Checker *c, SetId set, bool to_upper)
{
    u32 n = c->f->nvregs;
    Names names = names_of(c, &set);
    c->scratch.len = 0;
    for (u32 i = 0; i < names.len; i++)
        if ((names.at[i] < n) == to_upper)
            vec_push(c->arena, &c->scratch, to_upper ? names.at[i] + n : names.at[i] - n);
    return take_set(c);
}

static u32 vreg_of_name(const Checker *c, u32 name)
{
    return name < c->f->nvregs ? name : name - c->f->nvregs;
}

static bool is_reference(const Checker *c, u32 name)
{
    return (c->f->vregs[vreg_of_name(c, name)].flags & RA_REFERENCE) != 0;
}

/* The names that are references, or those that are not. */
static SetId set_of_kind(Checker *c, SetId set, bool references)
{
    Names names = names_of(c, &set);
    c->scratch.len = 0;
    for (u32 i = 0; i < names.len; i++)
        if (is_reference(c, names.at[i]) == references)
            vec_push(c->arena, &c->scratch, names.at[i]);
    return c->scratch.len == names.len ? set : take_set(c);
}

/* ---- slots ------------------------------------------------------------------------------------*/

static u32 kid_index(u32 word, u32 level)
{
    return word >> (FAN_BITS * level) & (FAN - 1);
}

static SetId slot_get(const Checker *c, u32 root, u32 word)
{
    u32 node = root;
    for (u32 level = c->levels; level-- && node;)
        node = c->nodes.at[node].kid[kid_index(word, level)];
    return node;
}

/* The node itself if this state may write it, else a copy that it may. */
static u32 own_node(Checker *c, u32 node)
{
    if (node >= c->own_from)
        return node;
    Node copy = c->nodes.at[node];
    vec_push(c->arena, &c->nodes, copy);
    return c->nodes.len - 1;
}

/* Copies the way from the root to the word, but for nodes that this state has copied before. */
static void slot_set(Checker *c, State *s, u32 word, SetId set)
{
    if (slot_get(c, s->slots, word) == set)
        return;
    u32 node = s->slots = own_node(c, s->slots);
    for (u32 level = c->levels - 1; level > 0; level--) {
        u32 i = kid_index(word, level);
        u32 kid = own_node(c, c->nodes.at[node].kid[i]);
        c->nodes.at[node].kid[i] = kid;
        node = kid;
    }
    c->nodes.at[node].kid[kid_index(word, 0)] = set;
}

/* Intersects two subtrees; gives `a` itself when nothing is lost, which is how the fixpoint sees
 * that it is reached. Recursion is as deep as the tree: at most 8. */
static u32 meet_nodes(Checker *c, u32 a, u32 b, u32 level)
{
    if (a == b || !a || !b)
        return a == b ? a : 0;
    Node met;
    bool is_a = true, is_b = true, is_empty = true;
    for (u32 i = 0; i < FAN; i++) {
        u32 of_a = c->nodes.at[a].kid[i], of_b = c->nodes.at[b].kid[i];
        u32 kid = level ? meet_nodes(c, of_a, of_b, level - 1) : set_meet(c, of_a, of_b);
        met.kid[i] = kid;
        is_a &= kid == of_a;
        is_b &= kid == of_b;
        is_empty &= !kid;
    }
    if (is_empty || is_a || is_b)
        return is_empty ? 0 : is_a ? a : b;
    vec_push(c->arena, &c->nodes, met);
    return c->nodes.len - 1;
}

static bool is_wide(const Checker *c, u32 vreg)
{
    return (c->f->vregs[vreg].flags & RA_WIDE) != 0;
}

/* Finds a pair, or the free place in the table where it would be. */
static u32 pair_slot(const PairSet *set, u32 key, u32 word)
{
    u32 i = (u32)hash_mix(hash_mix(1, key), word) & set->mask;
    for (; set->table[i]; i = (i + 1) & set->mask) {
        const Pair *pair = &set->pairs.at[set->table[i] - 1];
        if (pair->key == key && pair->word == word)
            break;
    }
    return i;
}

static bool has_pair(const PairSet *set, u32 key, u32 word)
{
    return set->table[pair_slot(set, key, word)] != 0;
}

static void resize_pairs(Checker *c, PairSet *set, u32 capacity)
{
    set->mask = capacity - 1;
    set->table = arena_array(c->arena, u32, capacity);
    for (u32 k = 0; k < set->pairs.len; k++)
        set->table[pair_slot(set, set->pairs.at[k].key, set->pairs.at[k].word)] = k + 1;
}

/* The index of a pair, which it adds if it is new. */
static u32 intern_pair(Checker *c, PairSet *set, u32 key, u32 word)
{
    u32 i = pair_slot(set, key, word);
    if (set->table[i])
        return set->table[i] - 1;
    vec_push(c->arena, &set->pairs, (Pair){.key = key, .word = word, .next = NONE});
    set->table[i] = set->pairs.len;
    if (set->pairs.len > set->mask / 2)
        resize_pairs(c, set, (set->mask + 1) * 2);
    return set->pairs.len - 1;
}

/* The names that something reads from this slot. */
static SetId set_demanded(Checker *c, SetId set, u32 word)
{
    Names names = names_of(c, &set);
    c->scratch.len = 0;
    for (u32 i = 0; i < names.len; i++)
        if (names.at[i] < c->f->nvregs && has_pair(&c->demands, names.at[i], word))
            vec_push(c->arena, &c->scratch, names.at[i]);
    return c->scratch.len == names.len ? set : take_set(c);
}

/* What is known of a location read as a value of vreg's width. A wide value is in a slot if both
 * its halves are: so a write to either word is the end of it, without a search for neighbours. */
static SetId read_loc(Checker *c, const State *s, RaLoc loc, u32 vreg)
{
    if (RA_IS_REG(loc))
        return s->regs[loc];
    u32 word = RA_SLOT_INDEX(loc);
    SetId low = slot_get(c, s->slots, word);
    if (!is_wide(c, vreg))
        return low;
    return set_meet(c, low, set_shift(c, slot_get(c, s->slots, word + 1), false));
}

static void write_loc(Checker *c, State *s, RaLoc loc, u32 vreg, SetId set)
{
    if (RA_IS_REG(loc)) {
        s->regs[loc] = set;
        return;
    }
    u32 word = RA_SLOT_INDEX(loc);
    SetId kept = set_demanded(c, set, word);
    slot_set(c, s, word, kept);
    if (is_wide(c, vreg))
        slot_set(c, s, word + 1, set_shift(c, kept, true));
}

/* ---- shape: what can be told without states ---------------------------------------------------*/

static bool is_known_vreg(const Checker *c, u32 vreg)
{
    return vreg > 0 && vreg < c->f->nvregs && c->f->vregs[vreg].class < RA_CLASS_COUNT;
}

/* NULL, or why a value of vreg's kind cannot be in loc at all. */
static const char *misplaced(const Checker *c, u32 vreg, RaLoc loc)
{
    if (RA_IS_REG(loc)) {
        if (RA_REG_CLASS(loc) != (RaClass)c->f->vregs[vreg].class)
            return "is a register of the other class";
        return c->f->used & RA_BIT(loc) ? NULL : "is a register missing from `used`";
    }
    if (!RA_IS_SLOT(loc))
        return "is neither a register nor a slot";
    u64 end = (u64)RA_SLOT_INDEX(loc) + (is_wide(c, vreg) ? 2 : 1);
    return end <= c->f->nslots ? NULL : "is outside the slots";
}

/* Wide and narrow values, and references and others, never stand for each other. */
static bool is_same_kind(const Checker *c, u32 a, u32 b)
{
    const RaVreg *va = &c->f->vregs[a], *vb = &c->f->vregs[b];
    return va->class == vb->class && !((va->flags ^ vb->flags) & (RA_WIDE | RA_REFERENCE));
}

/* Which registers an instruction's operands take, by what they forbid to each other. */
typedef struct Taken {
    u64 uses;       /* by any use */
    u64 uses_again; /* by a second use */
    u64 late_uses;
    u64 temps;
    u64 defs;
} Taken;

static bool check_use_shape(Checker *c, u32 i, const RaOpnd *o, Taken *t)
{
    if (!RA_IS_REG(o->loc))
        return o->flags & RA_SLOT_OK ? true : fail_opnd(c, i, "the instruction cannot read a slot");
    u64 bit = RA_BIT(o->loc);
    t->uses_again |= t->uses & bit;
    t->uses |= bit;
    if (o->role != RA_USE_LATE)
        return true;
    t->late_uses |= bit;
    if (bit & c->f->clobbers[c->f->insts[c->inst].clobber])
        return fail_opnd(c, i, "a late use in a clobbered register");
    return true;
}

static bool check_tie(Checker *c, u32 i, const RaOpnd *o)
{
    if (o->tied >= i || o[o->tied - (int)i].role != RA_USE)
        return fail_opnd(c, i, "tied to something that is not an ordinary use");
    if (o[o->tied - (int)i].loc != o->loc)
        return fail_opnd(c, i, "not in the register of the use it is tied to");
    return true;
}

/* ra.h does not say whether a def may take a temp's register. No: an instruction with both may
 * write the def's high half, or the second of two defs, while it still needs the temp. */
static bool check_def_shape(Checker *c, u32 i, const RaOpnd *o, Taken *t)
{
    u64 bit = RA_BIT(o->loc);
    bool is_early = o->role == RA_DEF_EARLY, is_tied = o->tied != RA_UNTIED;
    if (is_tied && !check_tie(c, i, o))
        return false;
    if (bit & t->late_uses)
        return fail_opnd(c, i, "a def in the register of a late use");
    if (is_early && bit & (is_tied ? t->uses_again : t->uses))
        return fail_opnd(c, i, "an early def in the register of a use");
    if (bit & t->temps)
        return fail_opnd(c, i, "a def in the register of a temp");
    if (bit & t->defs)
        return fail_opnd(c, i, "a second def in this register");
    /* What is written while uses are read is written before the clobbers. */
    if (is_early && o->fixed == RA_ANY_REG && bit & c->f->clobbers[c->f->insts[c->inst].clobber])
        return fail_opnd(c, i, "an early def in a clobbered register");
    t->defs |= bit;
    return true;
}

static bool check_opnd_shape(Checker *c, u32 i, const RaOpnd *o, Taken *t)
{
    if (!is_known_vreg(c, o->vreg))
        return fail(c, "operand %u: no such virtual register: v%u", i, o->vreg);
    const char *reason = misplaced(c, o->vreg, o->loc);
    if (reason)
        return fail_opnd(c, i, reason);
    if (o->fixed != RA_ANY_REG && o->loc != o->fixed)
        return fail_opnd(c, i, "not in the register the instruction needs it in");
    if (o->role == RA_USE || o->role == RA_USE_LATE)
        return check_use_shape(c, i, o, t);
    if (!RA_IS_REG(o->loc))
        return fail_opnd(c, i, "only a use can be in a slot");
    if (o->fixed == RA_ANY_REG && !(c->f->env->allocatable & RA_BIT(o->loc)))
        return fail_opnd(c, i, "written to a register that is not allocatable");
    if (o->role != RA_TEMP)
        return check_def_shape(c, i, o, t);
    if (RA_BIT(o->loc) & (t->temps | t->uses))
        return fail_opnd(c, i, "a temp in the register of a use or of another temp");
    t->temps |= RA_BIT(o->loc);
    return true;
}

static bool check_inst_shape(Checker *c, const RaInst *inst)
{
    if ((u64)inst->opnd + inst->nopnds > c->f->nopnds)
        return fail(c, "operands outside the function");
    Taken taken = {0};
    u32 stage = 0; /* uses, temps, defs */
    for (u32 i = 0; i < inst->nopnds; i++) {
        const RaOpnd *o = &c->f->opnds[inst->opnd + i];
        u32 is = o->role <= RA_USE_LATE ? 0 : o->role == RA_TEMP ? 1 : 2;
        if (is < stage || o->role > RA_TEMP)
            return fail(c, "operand %u: not in the order of uses, temps, defs", i);
        stage = is;
        if (!check_opnd_shape(c, i, o, &taken))
            return false;
        if (is < 2)
            continue;
        if (c->def_inst[o->vreg] != NONE || c->phi_block[o->vreg])
            return fail(c, "operand %u: v%u is defined twice", i, o->vreg);
        c->def_inst[o->vreg] = c->inst;
    }
    return true;
}

/* Whether an edit before instruction `at` may write this register. Registers that are not
 * allocatable have other masters; only a use that is fixed there says that its edit may. */
static bool is_writable(const Checker *c, u32 at, RaLoc loc)
{
    if (!RA_IS_REG(loc) || c->f->env->allocatable & RA_BIT(loc))
        return true;
    const RaInst *inst = &c->f->insts[at];
    for (u32 i = 0; i < inst->nopnds; i++) {
        const RaOpnd *o = &c->f->opnds[inst->opnd + i];
        if (o->role <= RA_USE_LATE && o->fixed == loc)
            return true;
    }
    return false;
}

static const char *wrong_swap(const Checker *c, const RaEdit *e)
{
    if (!RA_IS_REG(e->from) || !RA_IS_REG(e->to) || RA_REG_CLASS(e->from) != RA_REG_CLASS(e->to))
        return "not two registers of one class";
    if (~c->f->used & (RA_BIT(e->from) | RA_BIT(e->to)))
        return "a register missing from `used`";
    return is_writable(c, e->at, e->from) ? NULL : "writes a register that is not allocatable";
}

/* The emitter repeats the defining instruction with another def, so it must have nothing else. */
static const char *wrong_rematerialize(const Checker *c, const RaEdit *e)
{
    if (!(c->f->vregs[e->vreg].flags & RA_REMAT))
        return "this value cannot be rematerialized";
    u32 def = c->def_inst[e->vreg];
    if (def == NONE || c->f->insts[def].nopnds != 1)
        return "its defining instruction has other operands";
    return RA_IS_REG(e->to) ? NULL : "the target is no register";
}

/* Everything about an edit but whether `from` holds the value. */
static bool check_edit_shape(Checker *c, const RaEdit *e)
{
    const char *reason = NULL;
    if (e->kind > RA_REMATERIALIZE)
        return fail_edit(c, e, "no such edit");
    if (e->kind == RA_SWAP) {
        reason = wrong_swap(c, e);
    } else if (!is_known_vreg(c, e->vreg)) {
        reason = "no such virtual register";
    } else {
        reason = e->kind == RA_MOVE ? misplaced(c, e->vreg, e->from) : wrong_rematerialize(c, e);
        if (!reason)
            reason = misplaced(c, e->vreg, e->to);
    }
    if (!reason && !is_writable(c, e->at, e->to))
        reason = "writes a register that is not allocatable";
    return reason ? fail_edit(c, e, reason) : true;
}

static bool check_phi_shape(Checker *c, const RaBlock *b, const RaPhi *phi)
{
    if (!is_known_vreg(c, phi->def))
        return fail(c, "a phi of no known virtual register: v%u", phi->def);
    if (c->def_inst[phi->def] != NONE || c->phi_block[phi->def])
        return fail(c, "v%u is defined twice", phi->def);
    c->phi_block[phi->def] = c->block + 1;
    c->def_phi[phi->def] = (u32)(phi - c->f->phis);
    for (u32 k = 0; k < b->npred; k++) {
        u32 input = c->f->phi_inputs[phi->input + k];
        if (!is_known_vreg(c, input))
            return fail(c, "phi v%u: no such virtual register: v%u", phi->def, input);
        const RaVreg *d = &c->f->vregs[phi->def], *v = &c->f->vregs[input];
        if (d->class != v->class || (d->flags ^ v->flags) & RA_WIDE)
            return fail(c, "phi v%u: input v%u is of another kind", phi->def, input);
    }
    return true;
}

/* Also fills edit_at, and def_inst and phi_block for the block's definitions. */
static bool check_block_shape(Checker *c, u32 b, u32 *edits_seen)
{
    const RaFunc *f = c->f;
    const RaBlock *block = &f->blocks[b];
    c->block = b;
    c->inst = NONE;
    if (block->first >= block->end || block->end > f->ninsts)
        return fail(c, "no instructions, or some outside the function");
    if ((u64)block->phi_at + block->nphis > f->nphis)
        return fail(c, "phis outside the function");
    for (u32 i = 0; i < block->nphis; i++)
        if (!check_phi_shape(c, block, &f->phis[block->phi_at + i]))
            return false;
    u32 low = 0, high = f->edits.len;
    while (low < high) {
        u32 mid = (low + high) / 2;
        if (f->edits.at[mid].at < block->first)
            low = mid + 1;
        else
            high = mid;
    }
    c->edit_at[b] = low;
    for (u32 i = block->first; i < block->end; i++) {
        c->inst = i;
        if (!check_inst_shape(c, &f->insts[i]))
            return false;
        for (; low < f->edits.len && f->edits.at[low].at == i; low++)
            ++*edits_seen;
    }
    return true;
}

/* That both ends of each edge agree on it, since an edge's number among the predecessors chooses
 * the phi inputs; fills join_index. */
static bool check_edges(Checker *c)
{
    const RaFunc *f = c->f;
    c->inst = NONE;
    for (u32 b = 0; b < f->nblocks; b++) {
        c->block = b;
        for (u32 k = 0; k < f->blocks[b].npred; k++) {
            u32 pred = f->edges[f->blocks[b].pred_at + k];
            if (pred >= f->nblocks)
                return fail(c, "a predecessor that does not exist: %u", pred);
            if (f->blocks[b].npred > 1)
                c->join_index[pred] = k;
        }
    }
    for (u32 b = 0; b < f->nblocks; b++) {
        c->block = b;
        for (u32 k = 0; k < f->blocks[b].nsucc; k++) {
            u32 succ = f->edges[f->blocks[b].succ_at + k];
            if (succ >= f->nblocks)
                return fail(c, "a successor that does not exist: %u", succ);
            const RaBlock *to = &f->blocks[succ];
            if (to->npred > 1 && f->blocks[b].nsucc > 1)
                return fail(c, "the edge to block %u is critical", succ);
            u32 at = to->npred > 1 ? c->join_index[b] : 0;
            if (at >= to->npred || f->edges[to->pred_at + at] != b)
                return fail(c, "block %u does not have it as a predecessor", succ);
        }
    }
    return true;
}

static bool check_edit_order(Checker *c)
{
    const RaFunc *f = c->f;
    for (u32 i = 0; i < f->edits.len; i++) {
        const RaEdit *e = &f->edits.at[i];
        if (e->at >= f->ninsts)
            return fail_edit(c, e, "outside the function");
        if (i && e->at < e[-1].at)
            return fail_edit(c, e, "not sorted: it is behind a later one");
    }
    return true;
}

/* A slot named twice would have its reference moved twice. */
static bool check_stack_ref_shape(Checker *c)
{
    const RaFunc *f = c->f;
    u32 *last = arena_array(c->arena, u32, f->nslots); /* 1 + its last instruction, by slot */
    for (u32 i = 0; i < f->stack_refs.len; i++) {
        RaStackRef ref = f->stack_refs.at[i];
        c->inst = ref.at;
        if (ref.at >= f->ninsts || !f->insts[ref.at].clobber)
            return fail(c, "a stack map where nothing is clobbered");
        if (i && ref.at < f->stack_refs.at[i - 1].at)
            return fail(c, "its stack map is behind a later one");
        if (ref.slot >= f->nslots || last[ref.slot] == ref.at + 1)
            return fail(c, "its stack map names slot%u twice, or there is none", ref.slot);
        last[ref.slot] = ref.at + 1;
    }
    return true;
}

static bool check_shape(Checker *c)
{
    const RaFunc *f = c->f;
    if (f->nvregs > NONE / 8 || f->nslots > NONE / 4)
        return fail(c, "too many virtual registers or slots");
    if (!check_edit_order(c) || !check_edges(c))
        return false;
    u32 edits_seen = 0;
    for (u32 b = 0; b < f->nblocks; b++)
        if (!check_block_shape(c, b, &edits_seen))
            return false;
    c->block = c->inst = NONE;
    if (edits_seen != f->edits.len)
        return fail(c, "%u edits, but %u before instructions of blocks", f->edits.len, edits_seen);
    for (u32 i = 0; i < f->edits.len; i++)
        if (!check_edit_shape(c, &f->edits.at[i]))
            return false;
    return check_stack_ref_shape(c);
}

/* ---- names of copies --------------------------------------------------------------------------*/

/* The one value that all inputs of a phi are, or the phi's own. Inputs from blocks yet to come
 * have no name but their own, so that a loop's phi is recognized only if it is its own input:
 * enough to keep chains of idle phis from piling up names in one location. */
static u32 name_of_phi(const Checker *c, const RaBlock *b, const RaPhi *phi)
{
    u32 name = 0;
    for (u32 k = 0; k < b->npred; k++) {
        u32 input = c->canon[c->f->phi_inputs[phi->input + k]];
        if (input == phi->def || input == name)
            continue;
        if (name || !is_same_kind(c, phi->def, input))
            return phi->def;
        name = input;
    }
    return name ? name : phi->def;
}

/* Whether an instruction is a copy whose def can go by the name of its use. */
static bool is_renaming(const Checker *c, const RaInst *inst)
{
    const RaOpnd *o = &c->f->opnds[inst->opnd];
    return inst->is_move && inst->nopnds == 2 && o[0].role <= RA_USE_LATE &&
           (o[1].role == RA_DEF || o[1].role == RA_DEF_EARLY) &&
           is_same_kind(c, o[0].vreg, o[1].vreg);
}

static void find_names(Checker *c)
{
    const RaFunc *f = c->f;
    for (u32 v = 0; v < f->nvregs; v++)
        c->canon[v] = v;
    for (u32 b = 0; b < f->nblocks; b++) {
        const RaBlock *block = &f->blocks[b];
        for (u32 i = 0; i < block->nphis; i++) {
            const RaPhi *phi = &f->phis[block->phi_at + i];
            c->canon[phi->def] = name_of_phi(c, block, phi);
        }
        for (u32 i = block->first; i < block->end; i++) {
            const RaInst *inst = &f->insts[i];
            const RaOpnd *o = &f->opnds[inst->opnd];
            if (is_renaming(c, inst))
                c->canon[o[1].vreg] = c->canon[o[0].vreg];
        }
    }
}

/* ---- demands: the names by which slots are read -----------------------------------------------*/

static void add_ref_word(Checker *c, u32 word)
{
    if (c->call_of[word])
        return;
    c->call_of[word] = c->call_serial;
    vec_push(c->arena, &c->ref_words, word);
}

/* That vreg is read from the slot. It flows if the slot may have held it since its definition: then
 * a phi's inputs are wanted there too. Not so if the reader's own block has filled the slot. */
static Pair *add_demand(Checker *c, u32 vreg, u32 word, bool flows)
{
    u32 known = c->demands.pairs.len;
    u32 i = intern_pair(c, &c->demands, vreg, word);
    Pair *demand = &c->demands.pairs.at[i];
    if (i == known) {
        demand->next = c->demands_of[vreg];
        c->demands_of[vreg] = i;
        if (is_reference(c, vreg))
            add_ref_word(c, word);
    }
    if (flows && !demand->flows) {
        demand->flows = true;
        vec_push(c->arena, &c->pending, i);
    }
    return demand;
}

static void find_demands_of_edit(Checker *c, u32 b, const RaEdit *e)
{
    if (e->kind != RA_MOVE)
        return;
    if (RA_IS_SLOT(e->from)) {
        u32 word = RA_SLOT_INDEX(e->from);
        add_demand(c, c->canon[e->vreg], word, !has_pair(&c->writes, b, word));
    }
    if (!RA_IS_SLOT(e->to))
        return;
    /* Not a reader, but messages should tell what was put there. */
    add_demand(c, c->canon[e->vreg], RA_SLOT_INDEX(e->to), false)->moved = true;
    for (u32 k = 0; k < (is_wide(c, e->vreg) ? 2 : 1); k++)
        intern_pair(c, &c->writes, b, RA_SLOT_INDEX(e->to) + k);
}

static void find_demands_of_block(Checker *c, u32 b)
{
    const RaFunc *f = c->f;
    u32 edit = c->edit_at[b];
    for (u32 i = f->blocks[b].first; i < f->blocks[b].end; i++) {
        for (; edit < f->edits.len && f->edits.at[edit].at == i; edit++)
            find_demands_of_edit(c, b, &f->edits.at[edit]);
        const RaOpnd *o = &f->opnds[f->insts[i].opnd];
        for (u32 k = 0; k < f->insts[i].nopnds; k++) {
            if (!RA_IS_SLOT(o[k].loc))
                continue;
            u32 word = RA_SLOT_INDEX(o[k].loc);
            add_demand(c, c->canon[o[k].vreg], word, !has_pair(&c->writes, b, word));
        }
    }
}

/* What is read from a phi's slot is wanted of its inputs, unless they are moved there. Cheap, since
 * an allocation that is worth anything has few slots for a value, but not complete: a value may be
 * moved to a slot where it also came by a phi, and nothing but stack maps asks for a dead phi. */
static void pass_demands_to_inputs(Checker *c)
{
    const RaFunc *f = c->f;
    while (c->pending.len) {
        Pair demand = c->demands.pairs.at[vec_pop(&c->pending)];
        if (!c->phi_block[demand.key] || demand.moved)
            continue;
        const RaBlock *b = &f->blocks[c->phi_block[demand.key] - 1];
        const u32 *inputs = &f->phi_inputs[f->phis[c->def_phi[demand.key]].input];
        for (u32 k = 0; k < b->npred; k++) {
            u32 pred = f->edges[b->pred_at + k];
            bool fills = has_pair(&c->writes, pred, demand.word);
            add_demand(c, c->canon[inputs[k]], demand.word, !fills);
        }
    }
}

/* Wherever an input may be, the phi may be. Complete, but with many slots and phis it is much. */
static void pass_demands_to_phis(Checker *c)
{
    const RaFunc *f = c->f;
    u32 before;
    do {
        before = c->demands.pairs.len;
        for (u32 v = 1; v < f->nvregs; v++) {
            if (!c->phi_block[v] || c->canon[v] != v)
                continue;
            const u32 *inputs = &f->phi_inputs[f->phis[c->def_phi[v]].input];
            for (u32 k = 0; k < f->blocks[c->phi_block[v] - 1].npred; k++) {
                u32 i = c->demands_of[c->canon[inputs[k]]];
                for (; i != NONE && c->canon[inputs[k]] != v; i = c->demands.pairs.at[i].next)
                    add_demand(c, v, c->demands.pairs.at[i].word, false);
            }
        }
    } while (c->demands.pairs.len != before);
}

static void find_demands(Checker *c, bool all)
{
    const RaFunc *f = c->f;
    resize_pairs(c, &c->demands, 256);
    resize_pairs(c, &c->writes, 256);
    c->demands_of = filled(c->arena, f->nvregs, NONE);
    c->call_of = arena_array(c->arena, u32, f->nslots);
    c->call_serial = 1;
    for (u32 v = 1; v < f->nvregs; v++)
        c->has_references |= is_reference(c, v);
    for (u32 b = 0; b < f->nblocks; b++)
        find_demands_of_block(c, b);
    if (all)
        pass_demands_to_phis(c);
    else
        pass_demands_to_inputs(c);
}

/* ---- transfer ---------------------------------------------------------------------------------*/

static void apply_edit(Checker *c, State *s, const RaEdit *e)
{
    if (e->kind == RA_SWAP) {
        SetId was = s->regs[e->from];
        s->regs[e->from] = s->regs[e->to];
        s->regs[e->to] = was;
    } else if (e->kind == RA_REMATERIALIZE) {
        s->regs[e->to] = c->canon[e->vreg];
    } else {
        write_loc(c, s, e->to, e->vreg, read_loc(c, s, e->from, e->vreg));
    }
}

/* First of the stack references at an instruction or behind it. */
static u32 first_stack_ref(const RaFunc *f, u32 at)
{
    u32 low = 0, high = f->stack_refs.len;
    while (low < high) {
        u32 mid = (low + high) / 2;
        if (f->stack_refs.at[mid].at < at)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* A collector may move what references point to. It changes the slots it is told of, where names
 * that are no references are lost; everywhere else references are. */
static void apply_collection(Checker *c, State *s)
{
    const RaFunc *f = c->f;
    c->call_serial++;
    for (u32 i = first_stack_ref(f, c->inst); i < f->stack_refs.len; i++) {
        u32 word = f->stack_refs.at[i].slot;
        if (f->stack_refs.at[i].at != c->inst)
            break;
        c->call_of[word] = c->call_serial;
        slot_set(c, s, word, set_of_kind(c, slot_get(c, s->slots, word), true));
    }
    for (u32 i = 0; i < c->ref_words.len; i++) {
        u32 word = c->ref_words.at[i];
        if (c->call_of[word] != c->call_serial)
            slot_set(c, s, word, set_of_kind(c, slot_get(c, s->slots, word), false));
    }
    for (u32 r = 0; r < 64; r++)
        if (s->regs[r])
            s->regs[r] = set_of_kind(c, s->regs[r], false);
}

static void apply_clobbers(Checker *c, State *s, u64 set)
{
    for (u64 left = set; left; left &= left - 1)
        s->regs[ctz64(left)] = 0;
    if (c->has_references)
        apply_collection(c, s);
}

/* A copy's def gets all the names of its source: phis may have given that one more than its own. */
static void apply_inst(Checker *c, State *s, const RaInst *inst)
{
    const RaOpnd *o = &c->f->opnds[inst->opnd];
    bool is_copy = is_renaming(c, inst);
    SetId copied = is_copy ? read_loc(c, s, o[0].loc, o[0].vreg) : 0;
    if (inst->clobber)
        apply_clobbers(c, s, c->f->clobbers[inst->clobber]);
    for (u32 i = 0; i < inst->nopnds; i++) {
        if (o[i].role == RA_TEMP)
            s->regs[o[i].loc] = 0;
        else if (o[i].role >= RA_DEF)
            s->regs[o[i].loc] = is_copy ? copied : c->canon[o[i].vreg];
    }
}

/* ---- edges ------------------------------------------------------------------------------------*/

static int compare_names(const void *a, const void *b)
{
    u32 x = *(const u32 *)a, y = *(const u32 *)b;
    return x < y ? -1 : x > y;
}

/* First of the edge's phis with this input, or NONE. */
static u32 first_phi_of(const Checker *c, u32 vreg)
{
    return c->phi_of_stamp[vreg] == c->edge_serial ? c->phi_of[vreg] : NONE;
}

/* A register's names behind the edge. Many registers and phis may share a set, so the last results
 * are kept. */
static SetId rename_set(Checker *c, SetId set)
{
    RenameMemo *memo = &c->memo[hash_mix(1, set) % ARRAY_LEN(c->memo)];
    if (!set || (memo->edge == c->edge_serial && memo->from == set))
        return set ? memo->to : 0;
    u32 n = c->f->nvregs;
    Names names = names_of(c, &set);
    c->scratch.len = 0;
    for (u32 i = 0; i < names.len; i++) {
        u32 name = names.at[i], vreg = vreg_of_name(c, name);
        if (c->phi_block[vreg] != c->target + 1)
            vec_push(c->arena, &c->scratch, name);
        for (u32 p = first_phi_of(c, vreg); p != NONE; p = c->next_phi[p])
            vec_push(c->arena, &c->scratch, c->f->phis[p].def + (name < n ? 0 : n));
    }
    /* No name comes twice: a phi has one input on this edge, and its old self was left out. */
    if (c->scratch.len > 1)
        qsort(c->scratch.at, c->scratch.len, sizeof(u32), compare_names);
    *memo = (RenameMemo){c->edge_serial, set, take_set(c)};
    return memo->to;
}

/* The set with or without a name. */
static SetId set_put(Checker *c, SetId set, u32 name, bool has)
{
    if (set_has(c, set, name) == has)
        return set;
    Names names = names_of(c, &set);
    u32 i = 0;
    c->scratch.len = 0;
    for (; i < names.len && names.at[i] < name; i++)
        vec_push(c->arena, &c->scratch, names.at[i]);
    if (has)
        vec_push(c->arena, &c->scratch, name);
    for (i += !has; i < names.len; i++)
        vec_push(c->arena, &c->scratch, names.at[i]);
    return take_set(c);
}

/* Settles which slots hold a phi's def, from what they held before any phi was looked at. Only
 * slots with a demand for it can hold it, so they are also all that may hold its old self. */
static void rename_slots(Checker *c, State *s, u32 before, u32 def, u32 input)
{
    u32 n = c->f->nvregs;
    for (u32 i = c->demands_of[def]; i != NONE; i = c->demands.pairs.at[i].next) {
        u32 word = c->demands.pairs.at[i].word;
        for (u32 half = 0; half < (is_wide(c, def) ? 2 : 1); half++) {
            bool has = set_has(c, slot_get(c, before, word + half), input + half * n);
            SetId set = slot_get(c, s->slots, word + half);
            slot_set(c, s, word + half, set_put(c, set, def + half * n, has));
        }
    }
}

/* All phis of the target at once, for the edge from its predecessor number k. */
static void rename_state(Checker *c, State *s, u32 target, u32 k)
{
    const RaFunc *f = c->f;
    const RaBlock *to = &f->blocks[target];
    u32 before = s->slots;
    c->edge_serial++;
    c->target = target;
    for (u32 i = to->phi_at; i < to->phi_at + to->nphis; i++) {
        const RaPhi *phi = &f->phis[i];
        if (c->canon[phi->def] != phi->def)
            continue;
        u32 input = c->canon[f->phi_inputs[phi->input + k]];
        c->next_phi[i] = first_phi_of(c, input);
        c->phi_of[input] = i;
        c->phi_of_stamp[input] = c->edge_serial;
        rename_slots(c, s, before, phi->def, input);
    }
    for (u32 r = 0; r < 64; r++)
        s->regs[r] = rename_set(c, s->regs[r]);
}

/* Meets a block's entry state with what another edge brings. */
static void enter_block(Checker *c, u32 b, const State *s)
{
    State *in = &c->in[b];
    if (!c->is_reached[b]) {
        c->is_reached[b] = c->is_dirty[b] = true;
        *in = *s;
        return;
    }
    bool changed = false;
    for (u32 r = 0; r < 64; r++) {
        SetId met = set_meet(c, in->regs[r], s->regs[r]);
        changed |= met != in->regs[r];
        in->regs[r] = met;
    }
    u32 slots = meet_nodes(c, in->slots, s->slots, c->levels - 1);
    changed |= slots != in->slots;
    in->slots = slots;
    c->is_dirty[b] |= changed;
}

static void leave_block(Checker *c, u32 b, const State *out)
{
    const RaBlock *block = &c->f->blocks[b];
    for (u32 i = 0; i < block->nsucc; i++) {
        u32 to = c->f->edges[block->succ_at + i];
        State s = *out;
        c->own_from = c->nodes.len; /* `out` is still needed for the next edge */
        if (c->f->blocks[to].nphis)
            rename_state(c, &s, to, c->f->blocks[to].npred > 1 ? c->join_index[b] : 0);
        enter_block(c, to, &s);
    }
}

/* ---- lookups ----------------------------------------------------------------------------------*/

/* ": expects v7, holds v3; v7 is in gpr1 slot4" */
static void explain(Checker *c, const State *s, u32 vreg, RaLoc loc)
{
    u32 name = c->canon[vreg], n = c->f->nvregs;
    sb_printf(c->why, ": expects v%u", vreg);
    if (name != vreg)
        sb_printf(c->why, " (a copy of v%u)", name);
    sb_puts(c->why, ", holds");
    SetId held = read_loc(c, s, loc, vreg);
    Names names = names_of(c, &held);
    for (u32 i = 0; i < names.len && i < 8; i++)
        sb_printf(c->why, " v%u%s", vreg_of_name(c, names.at[i]), names.at[i] < n ? "" : "(upper)");
    sb_puts(c->why, names.len > 8 ? " ..." : names.len ? "" : " nothing known");
    sb_printf(c->why, "; v%u is in", vreg);
    u32 places = 0;
    for (u32 r = 0; r < 64; r++)
        if (set_has(c, s->regs[r], name) && ++places)
            sb_printf(c->why, " %s%u", r < 32 ? "gpr" : "vec", r % 32);
    for (u32 i = c->demands_of[name]; i != NONE && places < 8; i = c->demands.pairs.at[i].next)
        if (set_has(c, slot_get(c, s->slots, c->demands.pairs.at[i].word), name) && ++places)
            sb_printf(c->why, " slot%u", c->demands.pairs.at[i].word);
    if (!places)
        sb_puts(c->why, " no known place");
}

/* A collector that is told of a slot without a reference would follow whatever is in it. */
static bool check_stack_refs(Checker *c, const State *s)
{
    const RaFunc *f = c->f;
    for (u32 i = first_stack_ref(f, c->inst); i < f->stack_refs.len; i++) {
        if (f->stack_refs.at[i].at != c->inst)
            break;
        u32 word = f->stack_refs.at[i].slot;
        SetId set = slot_get(c, s->slots, word);
        if (!set_of_kind(c, set, true))
            return fail(c, "its stack map names slot%u, which holds no reference", word);
    }
    return true;
}

static bool check_inst(Checker *c, const State *s, const RaInst *inst)
{
    for (u32 i = 0; i < inst->nopnds; i++) {
        const RaOpnd *o = &c->f->opnds[inst->opnd + i];
        if (o->role > RA_USE_LATE)
            break;
        if (set_has(c, read_loc(c, s, o->loc, o->vreg), c->canon[o->vreg]))
            continue;
        fail_opnd(c, i, "wrong value");
        explain(c, s, o->vreg, o->loc);
        return false;
    }
    return !inst->clobber || check_stack_refs(c, s);
}

static bool check_edit(Checker *c, const State *s, const RaEdit *e)
{
    if (e->kind != RA_MOVE || set_has(c, read_loc(c, s, e->from, e->vreg), c->canon[e->vreg]))
        return true;
    fail_edit(c, e, "wrong value");
    explain(c, s, e->vreg, e->from);
    return false;
}

/* Runs a block on its entry state, once the fixpoint is reached with lookups. */
static bool run_block(Checker *c, u32 b, State *s, bool looks_up)
{
    const RaFunc *f = c->f;
    u32 edit = c->edit_at[b];
    *s = c->in[b];
    c->own_from = c->nodes.len;
    c->block = b;
    for (u32 i = f->blocks[b].first; i < f->blocks[b].end; i++) {
        for (; edit < f->edits.len && f->edits.at[edit].at == i; edit++) {
            if (looks_up && !check_edit(c, s, &f->edits.at[edit]))
                return false;
            apply_edit(c, s, &f->edits.at[edit]);
        }
        c->inst = i;
        if (looks_up && !check_inst(c, s, &f->insts[i]))
            return false;
        apply_inst(c, s, &f->insts[i]);
    }
    return true;
}

/* ---- the whole --------------------------------------------------------------------------------*/

static void init_shape(Checker *c)
{
    const RaFunc *f = c->f;
    c->def_inst = filled(c->arena, f->nvregs, NONE);
    c->phi_block = arena_array(c->arena, u32, f->nvregs);
    c->def_phi = arena_array(c->arena, u32, f->nvregs);
    c->canon = arena_array(c->arena, u32, f->nvregs);
    c->join_index = arena_array(c->arena, u32, f->nblocks);
    c->edit_at = arena_array(c->arena, u32, f->nblocks);
}

static void init_states(Checker *c)
{
    const RaFunc *f = c->f;
    c->set_mask = 255;
    c->set_table = arena_array(c->arena, u32, c->set_mask + 1);
    vec_push(c->arena, &c->nodes, (Node){{0}});
    c->levels = 1;
    while (c->levels < 8 && f->nslots > 1u << FAN_BITS * c->levels)
        c->levels++;
    c->phi_of = arena_array(c->arena, u32, f->nvregs);
    c->phi_of_stamp = arena_array(c->arena, u32, f->nvregs);
    c->next_phi = arena_array(c->arena, u32, f->nphis);
    c->in = arena_array(c->arena, State, f->nblocks);
    c->is_reached = arena_array(c->arena, bool, f->nblocks);
    c->is_dirty = arena_array(c->arena, bool, f->nblocks);
}

/* Sweeps in block order, which is reverse post-order: as many as loops are deep, and two. */
static void reach_fixpoint(Checker *c)
{
    State s;
    bool again = true;
    c->is_reached[0] = c->is_dirty[0] = true;
    while (again) {
        again = false;
        for (u32 b = 0; b < c->f->nblocks; b++) {
            if (!c->is_dirty[b])
                continue;
            c->is_dirty[b] = false;
            again = true;
            run_block(c, b, &s, false);
            leave_block(c, b, &s);
        }
    }
}

/* The third pass; each block's nodes are dropped behind it. */
static bool check_values(Checker *c)
{
    State s;
    for (u32 b = 0; b < c->f->nblocks; b++) {
        u32 nodes = c->nodes.len;
        if (c->is_reached[b] && !run_block(c, b, &s, true))
            return false;
        c->nodes.len = nodes;
    }
    return true;
}

/* From the names of values on; on a copy of the checker, since a second try begins anew. */
static bool prove(Checker c, bool all_demands)
{
    find_demands(&c, all_demands);
    init_states(&c);
    reach_fixpoint(&c);
    return check_values(&c);
}

bool ra_check(const RaFunc *f, StrBuf *why)
{
    if (!f->nblocks)
        return true;
    ArenaMark mark = arena_mark(f->arena);
    Checker c = {.f = f, .arena = f->arena, .why = why, .block = NONE, .inst = NONE};
    init_shape(&c);
    bool holds = check_shape(&c);
    if (holds) {
        size_t len = why->len;
        find_names(&c);
        holds = prove(c, false);
        if (!holds) { /* perhaps for want of demands alone */
            why->len = len;
            if (why->text)
                why->text[len] = 0;
            holds = prove(c, true);
        }
    }
    arena_release(f->arena, mark);
    return holds;
}
