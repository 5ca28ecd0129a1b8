#include "ir/build.h"

#include <stdlib.h>

#include "base/hash.h"

#define FIRST_SLOTS 256u
#define MAX_FIRST_SLOTS (1u << 20)
#define MAX_FOLD_DEPTH 24
/* How many writes a load looks past. More finds little and costs time on store-heavy code. */
#define MAX_LOOK_BACK 8

IrFunc *ir_func_new(Arena *arena)
{
    IrFunc *f = arena_new(arena, IrFunc);
    f->arena = arena;
    vec_push(arena, &f->nodes, (IrNode){0});
    vec_push(arena, &f->block_of, IR_NO_BLOCK);
    vec_push(arena, &f->src, 0);
    return f;
}

/* Gives the table room for n slots, a power of two; what it held is dropped. */
static void set_slots(IrBuilder *b, u32 n)
{
    if (n > b->cap_slots) {
        IrSlot *slots = calloc(n, sizeof *slots);
        if (!slots)
            longjmp(*b->f->arena->on_oom, 1);
        free(b->slots);
        b->slots = slots;
        b->cap_slots = n;
    }
    b->nslots = n;
}

void ir_build_begin(IrBuilder *b, IrFunc *f, IrFold fold, u32 expected_nodes)
{
    /* A table that fits the function stays in the cache, whatever came before it. */
    u32 n = FIRST_SLOTS;
    while (n < expected_nodes * 2 && n < MAX_FIRST_SLOTS)
        n *= 2;
    b->f = f;
    set_slots(b, n);
    b->epoch++;
    if (b->epoch == 0) { /* stamps of 2^32 functions ago must not look fresh */
        memset(b->slots, 0, b->cap_slots * sizeof *b->slots);
        b->epoch = 1;
    }
    b->cur = IR_NO_BLOCK;
    b->src = 0;
    b->fold = fold;
    b->fold_depth = 0;
    b->nvalues = 0;
    memset(&b->history, 0, sizeof b->history);
    memset(&b->born, 0, sizeof b->born);
    for (u32 i = 0; i < f->nodes.len; i++)
        vec_push(f->arena, &b->born, IR_NO_BLOCK);
    vec_push(f->arena, &b->history, (IrVersion){0});
    b->versions = (IrVersions){{0}};
}

void ir_builder_free(IrBuilder *b)
{
    free(b->slots);
    b->slots = NULL;
    b->nslots = b->cap_slots = 0;
}

u32 ir_extra(IrBuilder *b, const u32 *words, u32 n)
{
    IrFunc *f = b->f;
    u32 at = f->extra.len;
    vec_reserve(f->arena, &f->extra, n);
    if (n)
        memcpy(f->extra.at + at, words, n * sizeof *words);
    f->extra.len += n;
    return at;
}

/* ---- versions of memory ---- */

IrGroup ir_alias_group(u32 alias_class)
{
    if (alias_class >= IR_ALIAS_GC_CONST)
        return alias_class == IR_ALIAS_GC_CONST ? IR_GROUP_CONST : IR_GROUP_GC;
    if (alias_class >= IR_ALIAS_GLOBAL0 || alias_class == IR_ALIAS_GLOBAL_IMPORT)
        return IR_GROUP_GLOBAL;
    if (alias_class >= IR_ALIAS_MEMORY0)
        return IR_GROUP_MEMORY;
    return alias_class == IR_ALIAS_TABLE ? IR_GROUP_TABLE : IR_GROUP_HOST;
}

u32 ir_access_bytes(IrOp op, IrType value_type)
{
    switch (op) {
    case IR_LOAD8_S:
    case IR_LOAD8_U:
    case IR_STORE8:
        return 1;
    case IR_LOAD16_S:
    case IR_LOAD16_U:
    case IR_STORE16:
        return 2;
    case IR_LOAD32_S:
    case IR_LOAD32_U:
    case IR_STORE32:
        return 4;
    default:
        break;
    }
    switch (value_type) {
    case IR_I32:
    case IR_F32:
    case IR_GCREF:
        return 4;
    case IR_V128:
        return 16;
    default:
        return 8;
    }
}

static u32 new_version(IrBuilder *b, IrRef store, u32 prev)
{
    vec_push(b->f->arena, &b->history, (IrVersion){store, prev});
    return b->history.len - 1;
}

void ir_clobber_group(IrBuilder *b, IrGroup group)
{
    if (group != IR_GROUP_CONST)
        b->versions.at[group] = new_version(b, 0, 0);
}

void ir_clobber_all(IrBuilder *b)
{
    u32 fresh = new_version(b, 0, 0);
    for (u32 g = 0; g < IR_GROUP_CONST; g++)
        b->versions.at[g] = fresh;
}

void ir_merge_versions(IrBuilder *b, IrVersions *into, const IrVersions *from)
{
    u32 fresh = 0;
    for (u32 g = 0; g < IR_GROUP_COUNT; g++) {
        if (into->at[g] == from->at[g])
            continue;
        if (!fresh)
            fresh = new_version(b, 0, 0);
        into->at[g] = fresh;
    }
}

/* The bytes an access touches: [base node + off, + len), in an alias class. */
typedef struct Access {
    u32 class;
    IrRef base, index; /* same pair: offsets compare */
    u64 off;
    u32 len;
} Access;

static Access access_at(const IrFunc *f, IrRef address, u64 off, u32 class, u32 len)
{
    const IrNode *ea = ir_node(f, address);
    if (ea->op != IR_EA && ea->op != IR_EA64)
        return (Access){class, address, 0, off, len};
    /* A constant index is part of the offset. */
    if (ir_is_const(f, ea->b))
        return (Access){class, ea->a, 0, ir_const_value(f, ea->b) + ea->c, len};
    return (Access){class, ea->a, ea->b, ea->c, len};
}

static Access load_access(const IrFunc *f, const IrNode *n)
{
    u32 len = ir_access_bytes((IrOp)n->op, (IrType)n->type);
    if (n->op == IR_CTXGET)
        return (Access){n->b, 0, 0, n->c, len};
    if (n->op == IR_PLOAD)
        return access_at(f, n->a, (u64)(i64)(i32)n->c, n->b, len);
    return access_at(f, n->a, 0, n->b, len);
}

static Access store_access(const IrFunc *f, const IrNode *n)
{
    IrType type = (IrType)ir_node(f, n->op == IR_CTXSET ? n->a : n->b)->type;
    u32 len = ir_access_bytes((IrOp)n->op, type);
    if (n->op == IR_CTXSET)
        return (Access){n->b, 0, 0, n->c, len};
    if (n->op == IR_PSTORE)
        return access_at(f, n->a, (u64)(i64)(i32)f->extra.at[n->c], f->extra.at[n->c + 1], len);
    return access_at(f, n->a, 0, n->c, len);
}

static bool disjoint(const Access *x, const Access *y)
{
    if (x->class != y->class)
        return true;
    if (x->base != y->base || x->index != y->index)
        return false;
    /* Offsets are far from wrapping: at most 2^33 for linear memory, but where an index is constant
     * and too large for any memory, so that a check before it traps; small and signed otherwise. */
    return (i64)(x->off + x->len) <= (i64)y->off || (i64)(y->off + y->len) <= (i64)x->off;
}

static bool same_place(const Access *x, const Access *y)
{
    return x->class == y->class && x->base == y->base && x->index == y->index &&
           x->off == y->off && x->len == y->len;
}

/* ---- the value table ---- */

static u32 node_hash(const IrFunc *f, const IrNode *n, u32 version)
{
    if (n->op == IR_BOUNDS) /* see emit_bounds */
        return (u32)hash_mix(n->op | (u64)version << 32, n->a);
    if (n->op == IR_VCONST) {
        const u32 *w = f->extra.at + n->a;
        u64 h = hash_mix(n->op | (u64)w[0] << 32, w[1] | (u64)w[2] << 32);
        return (u32)hash_mix(h, w[3]);
    }
    u64 h = hash_mix(n->op | (u64)n->type << 16 | (u64)version << 32, n->a | (u64)n->b << 32);
    return (u32)hash_mix(h, n->c);
}

static void grow_slots(IrBuilder *b)
{
    IrSlot *old = b->slots;
    u32 nold = b->nslots, n = nold * 2;
    b->slots = NULL;
    b->cap_slots = 0;
    IrSlot *slots = calloc(n, sizeof *slots);
    if (!slots) {
        free(old);
        longjmp(*b->f->arena->on_oom, 1);
    }
    for (u32 i = 0; i < nold; i++) {
        if (old[i].epoch != b->epoch)
            continue;
        u32 at = old[i].hash & (n - 1);
        while (slots[at].epoch == b->epoch)
            at = (at + 1) & (n - 1);
        slots[at] = old[i];
    }
    free(old);
    b->slots = slots;
    b->nslots = b->cap_slots = n;
}

static bool same_node(const IrFunc *f, const IrNode *x, const IrNode *y)
{
    if (x->op == IR_BOUNDS && y->op == IR_BOUNDS)
        return x->a == y->a;
    if (x->op == IR_VCONST && y->op == IR_VCONST)
        return !memcmp(f->extra.at + x->a, f->extra.at + y->a, 4 * sizeof(u32));
    return x->op == y->op && x->type == y->type && x->a == y->a && x->b == y->b && x->c == y->c;
}

/* The slot of an equal value, or the free slot where it belongs. */
static IrSlot *find_slot(IrBuilder *b, const IrNode *n, u32 version)
{
    u32 hash = node_hash(b->f, n, version);
    for (u32 at = hash & (b->nslots - 1);; at = (at + 1) & (b->nslots - 1)) {
        IrSlot *slot = &b->slots[at];
        if (slot->epoch != b->epoch) {
            slot->hash = hash;
            return slot;
        }
        if (slot->hash == hash && slot->version == version &&
            same_node(b->f, ir_node(b->f, slot->ref), n))
            return slot;
    }
}

static void fill_slot(IrBuilder *b, IrSlot *slot, IrRef ref, u32 version)
{
    bool is_new = slot->epoch != b->epoch;
    *slot = (IrSlot){b->epoch, ref, version, slot->hash};
    if (is_new && ++b->nvalues * 2 > b->nslots)
        grow_slots(b);
}

/* Does block a dominate the block being built? Blocks have their dominator when they are begun. */
static bool dominates_current(const IrBuilder *b, IrBlk a)
{
    return ir_dominates(b->f, a, b->cur);
}

/* ---- appending ---- */

static IrRef append(IrBuilder *b, const IrNode *n)
{
    IrFunc *f = b->f;
    IrNode node = *n;
    bool is_pure = (ir_op_info[n->op].flags & IR_PURE) != 0;
    node.flags = is_pure ? 0 : IRF_PINNED;
    vec_push(f->arena, &f->nodes, node);
    vec_push(f->arena, &f->block_of, is_pure ? IR_NO_BLOCK : b->cur);
    vec_push(f->arena, &f->src, b->src);
    vec_push(f->arena, &b->born, b->cur);
    return f->nodes.len - 1;
}

/* Constants cost nothing to have again, so one serves all. */
static bool is_free(IrOp op)
{
    return op == IR_ICONST || op == IR_FCONST || op == IR_VCONST || op == IR_CTXLD ||
           op == IR_CTXADDR;
}

/* Sharing a value between arms of a branch would be right, since pure nodes float, but it would
 * pull the value up to the branch: every path would pay, and hold a register, for what some need.
 * So one is shared only where its first use comes before. */
static IrRef emit_pure(IrBuilder *b, const IrNode *n)
{
    IrSlot *slot = find_slot(b, n, 0);
    if (slot->epoch == b->epoch &&
        (is_free((IrOp)n->op) || dominates_current(b, b->born.at[slot->ref])))
        return slot->ref;
    IrRef ref = append(b, n);
    fill_slot(b, slot, ref, 0);
    return ref;
}

/* What the write of this version left where the load reads, or 0. */
static IrRef stored_value(const IrBuilder *b, IrRef store, const IrNode *load, const Access *where)
{
    if (load->op != IR_LOAD && load->op != IR_PLOAD && load->op != IR_CTXGET)
        return 0;
    const IrNode *s = ir_node(b->f, store);
    if (s->op != IR_STORE && s->op != IR_PSTORE && s->op != IR_CTXSET)
        return 0;
    Access to = store_access(b->f, s);
    IrRef value = s->op == IR_CTXSET ? s->a : s->b;
    if (!same_place(&to, where) || ir_node(b->f, value)->type != load->type)
        return 0;
    return dominates_current(b, b->f->block_of.at[store]) ? value : 0;
}

static IrRef emit_load(IrBuilder *b, const IrNode *n)
{
    Access where = load_access(b->f, n);
    u32 current = b->versions.at[ir_alias_group(where.class)];
    u32 version = current;
    for (u32 steps = 0; steps <= MAX_LOOK_BACK; steps++) {
        IrSlot *slot = find_slot(b, n, version);
        if (slot->epoch == b->epoch && dominates_current(b, b->f->block_of.at[slot->ref]))
            return slot->ref;
        IrVersion v = b->history.at[version];
        if (!v.store)
            break;
        IrRef value = stored_value(b, v.store, n, &where);
        if (value)
            return value;
        Access to = store_access(b->f, ir_node(b->f, v.store));
        if (!disjoint(&to, &where))
            break;
        version = v.prev;
    }
    IrRef ref = append(b, n);
    fill_slot(b, find_slot(b, n, current), ref, current);
    return ref;
}

static IrRef emit_store(IrBuilder *b, const IrNode *n)
{
    IrRef ref = append(b, n);
    IrGroup group = ir_alias_group(store_access(b->f, n).class);
    if (group != IR_GROUP_CONST) /* the first and only write to its place */
        b->versions.at[group] = new_version(b, ref, b->versions.at[group]);
    return ref;
}

/* A check that trapped or passed before needs no second one. */
static IrRef emit_check(IrBuilder *b, const IrNode *n)
{
    IrSlot *slot = find_slot(b, n, 0);
    if (slot->epoch == b->epoch && dominates_current(b, b->f->block_of.at[slot->ref]))
        return slot->ref;
    IrRef ref = append(b, n);
    fill_slot(b, slot, ref, 0);
    return ref;
}

static u64 bounds_end(const IrFunc *f, const IrNode *n)
{
    return f->extra.at[n->c] | (u64)f->extra.at[n->c + 1] << 32;
}

/* Lengths never shrink: a check of the same index of the same memory that went as far, whatever the
 * length was then, will do. The furthest one so far is found by the index, and the memory in place
 * of the version. */
static IrRef emit_bounds(IrBuilder *b, const IrNode *n)
{
    u32 memory = b->f->extra.at[n->c + 2];
    IrSlot *slot = find_slot(b, n, memory);
    if (slot->epoch == b->epoch && dominates_current(b, b->f->block_of.at[slot->ref]) &&
        bounds_end(b->f, ir_node(b->f, slot->ref)) >= bounds_end(b->f, n))
        return slot->ref;
    IrRef ref = append(b, n);
    fill_slot(b, slot, ref, memory);
    return ref;
}

static bool is_shared_check(IrOp op)
{
    switch (op) {
    case IR_TRAPIF:
    case IR_DIV_S:
    case IR_DIV_U:
    case IR_REM_S:
    case IR_REM_U:
    case IR_FTOI_S:
    case IR_FTOI_U:
        return true;
    default:
        return false;
    }
}

static bool is_number(const IrFunc *f, IrRef ref)
{
    return ir_is_const(f, ref) || ir_node(f, ref)->op == IR_VCONST;
}

IrRef ir_emit(IrBuilder *b, IrOp op, IrType type, u32 a, u32 b_, u32 c)
{
    dassert(b->cur != IR_NO_BLOCK);
    IrNode n = {(u16)op, (u8)type, 0, a, b_, c};
    u16 flags = ir_op_info[op].flags;
    /* Constants to the right, then the older node to the left: equal sums become equal nodes. */
    if (flags & IR_COMM) {
        bool a_const = is_number(b->f, a), b_const = is_number(b->f, b_);
        if ((a_const && !b_const) || (a_const == b_const && a > b_)) {
            n.a = b_;
            n.b = a;
        }
    }
    if (b->fold && b->fold_depth < MAX_FOLD_DEPTH) {
        b->fold_depth++;
        IrRef folded = b->fold(b, &n);
        b->fold_depth--;
        if (folded)
            return folded;
    }
    if (flags & IR_PURE)
        return emit_pure(b, &n);
    if (flags & IR_LOADS)
        return emit_load(b, &n);
    if (flags & IR_STORES)
        return emit_store(b, &n);
    if (is_shared_check(op))
        return emit_check(b, &n);
    if (op == IR_BOUNDS)
        return emit_bounds(b, &n);
    IrRef ref = append(b, &n);
    if (flags & IR_CALLS && op != IR_FUEL)
        ir_clobber_all(b);
    if (flags & IR_BARRIER) { /* lengths of memories too may be others' work */
        ir_clobber_group(b, IR_GROUP_MEMORY);
        ir_clobber_group(b, IR_GROUP_HOST);
    }
    return ref;
}

IrRef ir_const(IrBuilder *b, IrType type, u64 value)
{
    if (type == IR_I32 || type == IR_GCREF)
        value &= 0xffffffff;
    IrNode n = {IR_ICONST, (u8)type, 0, 0, (u32)value, (u32)(value >> 32)};
    return emit_pure(b, &n);
}

IrRef ir_fconst(IrBuilder *b, IrType type, u64 bits)
{
    IrNode n = {IR_FCONST, (u8)type, 0, 0, (u32)bits, (u32)(bits >> 32)};
    return emit_pure(b, &n);
}

/* Its words are in extra[], so the value table compares these and not where they stand. */
IrRef ir_vconst(IrBuilder *b, u64 low, u64 high)
{
    const u32 words[4] = {(u32)low, (u32)(low >> 32), (u32)high, (u32)(high >> 32)};
    IrNode n = {IR_VCONST, IR_V128, 0, ir_extra(b, words, 4), 0, 0};
    IrRef ref = emit_pure(b, &n);
    if (ir_node(b->f, ref)->a != n.a)
        b->f->extra.len = n.a;
    return ref;
}

IrBlk ir_new_block(IrBuilder *b)
{
    IrBlock block = {.idom = IR_NO_BLOCK, .loop = IR_NO_BLOCK};
    vec_push(b->f->arena, &b->f->blocks, block);
    return b->f->blocks.len - 1;
}

IrRef ir_new_phi(IrBuilder *b, IrBlk block, IrType type)
{
    IrNode n = {IR_PHI, (u8)type, 0, block, 0, 0};
    IrBlk was = b->cur;
    b->cur = block;
    IrRef ref = append(b, &n);
    b->cur = was;
    return ref;
}
