/* Global code motion. Three walks over the nodes, which are numbered so that operands come before
 * their users (but for the inputs of loop phis):
 *   live   backwards from effects;
 *   early  forwards: the deepest block in the dominator tree that all operands are available in;
 *   late   backwards: the lowest common dominator of all uses, then up towards `early` as long as
 *          that leaves a loop.
 * Then each block is put in order: pinned nodes as they were, each floating node just before the
 * first node that needs it, which keeps live ranges short. Tests: test/file/opt/schedule*.ir. */
#include "opt/opt.h"

#include "base/bitset.h"

typedef struct Scheduler {
    IrFunc *f;
    u64 *live;  /* by node */
    IrBlk *early; /* by floating node */
    u32 *stack;
} Scheduler;

static bool is_pinned(const IrFunc *f, IrRef r) { return f->nodes.at[r].flags & IRF_PINNED; }

/* Nodes that must be kept though nothing uses them. Loads from linear memory may trap. */
static bool is_root(const IrFunc *f, IrRef r)
{
    return (ir_op_info[f->nodes.at[r].op].flags &
            (IR_TRAPS | IR_STORES | IR_CALLS | IR_TERM | IR_BARRIER)) != 0;
}

/* Marks a node and, through the stack, what it needs. */
static void mark_from(Scheduler *s, IrRef ref)
{
    IrFunc *f = s->f;
    u32 n = 0;
    bitset_add(s->live, ref);
    s->stack[n++] = ref;
    while (n) {
        IrRef r = s->stack[--n];
        u32 count = ir_operand_count(f, r);
        for (u32 i = 0; i < count; i++) {
            IrRef operand = *ir_operand(f, r, i);
            if (operand && !bitset_has(s->live, operand)) {
                bitset_add(s->live, operand);
                s->stack[n++] = operand;
            }
        }
    }
}

/* One walk backwards meets users before what they use, but for the inputs of loop phis: these are
 * followed at once. */
static void mark_live(Scheduler *s)
{
    IrFunc *f = s->f;
    for (IrRef r = f->nodes.len; r-- > 1;) {
        if (!bitset_has(s->live, r)) {
            if (!is_root(f, r))
                continue;
            bitset_add(s->live, r);
        }
        bool is_phi = f->nodes.at[r].op == IR_PHI;
        u32 count = ir_operand_count(f, r);
        for (u32 i = 0; i < count; i++) {
            IrRef operand = *ir_operand(f, r, i);
            if (is_phi && operand > r) {
                if (!bitset_has(s->live, operand))
                    mark_from(s, operand);
            } else if (operand) {
                bitset_add(s->live, operand);
            }
        }
    }
}

static void place_early(Scheduler *s)
{
    IrFunc *f = s->f;
    const IrBlock *blocks = f->blocks.at;
    for (IrRef r = 1; r < f->nodes.len; r++) {
        const IrNode *n = &f->nodes.at[r];
        if (n->flags & IRF_PINNED) {
            s->early[r] = f->block_of.at[r];
            continue;
        }
        /* Floating nodes have no list of operands. */
        const IrRef operands[IR_MAX_FIXED_OPERANDS] = {n->a, n->b, n->c};
        IrBlk deepest = 0;
        u32 count = ir_fixed_operands(n->op);
        for (u32 i = 0; i < count; i++)
            if (operands[i] && blocks[s->early[operands[i]]].dom_depth > blocks[deepest].dom_depth)
                deepest = s->early[operands[i]];
        s->early[r] = deepest;
    }
}

/* A use of `operand` in block b: lowers the common dominator kept in block_of. */
static void use_in(IrFunc *f, IrRef operand, IrBlk b)
{
    if (operand && !is_pinned(f, operand))
        f->block_of.at[operand] =
            f->block_of.at[operand] == IR_NO_BLOCK
                ? b
                : ir_common_dominator(f->blocks.at, f->block_of.at[operand], b);
}

/* The best block on the dominator path from late up to early: fewest loops around it, then the
 * latest. */
static IrBlk best_block(const IrBlock *blocks, IrBlk early, IrBlk late)
{
    IrBlk best = late;
    while (late != early && blocks[best].loop_depth > blocks[early].loop_depth) {
        /* Straight to the block before the innermost loop around this one. */
        IrBlk header = blocks[late].loop;
        if (header != IR_NO_BLOCK && blocks[header].dom_depth > blocks[early].dom_depth)
            late = blocks[header].idom;
        else if (header != IR_NO_BLOCK && header == early)
            break;
        else
            late = blocks[late].idom;
        if (blocks[late].dom_depth < blocks[early].dom_depth)
            break;
        if (blocks[late].loop_depth < blocks[best].loop_depth)
            best = late;
    }
    return best;
}

static void place_late(Scheduler *s)
{
    IrFunc *f = s->f;
    /* Phi inputs are used at the end of the predecessor; loop phis come before their inputs. */
    for (IrRef r = 1; r < f->nodes.len; r++) {
        if (f->nodes.at[r].op != IR_PHI || !bitset_has(s->live, r))
            continue;
        IrBlk b = f->nodes.at[r].a;
        for (u32 i = 0; i < f->blocks.at[b].npred; i++)
            use_in(f, *ir_operand(f, r, i), ir_preds(f, b)[i]);
    }
    for (IrRef r = f->nodes.len; r-- > 1;) {
        if (!bitset_has(s->live, r)) {
            f->block_of.at[r] = IR_NO_BLOCK;
            continue;
        }
        if (!is_pinned(f, r))
            f->block_of.at[r] = best_block(f->blocks.at, s->early[r], f->block_of.at[r]);
        if (f->nodes.at[r].op == IR_PHI)
            continue;
        u32 count = ir_operand_count(f, r);
        for (u32 i = 0; i < count; i++)
            use_in(f, *ir_operand(f, r, i), f->block_of.at[r]);
    }
}

/* Appends a node to the order after the floating nodes of its block that it needs. */
static void emit_with_operands(Scheduler *s, IrRef root, u64 *done, u32 *n)
{
    IrFunc *f = s->f;
    u32 depth = 0;
    s->stack[depth++] = root;
    while (depth) {
        IrRef r = s->stack[depth - 1];
        bool is_ready = true;
        u32 count = f->nodes.at[r].op == IR_PHI ? 0 : ir_operand_count(f, r);
        /* From the last operand, so that the first is on top and comes first. */
        for (u32 i = count; i-- > 0;) {
            IrRef operand = *ir_operand(f, r, i);
            if (!operand || is_pinned(f, operand) || bitset_has(done, operand) ||
                f->block_of.at[operand] != f->block_of.at[root])
                continue;
            s->stack[depth++] = operand;
            is_ready = false;
        }
        if (!is_ready)
            continue;
        depth--;
        if (!bitset_has(done, r)) {
            bitset_add(done, r);
            f->order[(*n)++] = r;
        }
    }
}

/* Puts the nodes of one block, given in node order, into their final order. */
static void order_block(Scheduler *s, const IrRef *nodes, u32 count, u64 *done, u32 *n)
{
    IrFunc *f = s->f;
    IrRef term = 0;
    for (u32 i = 0; i < count; i++)
        if (f->nodes.at[nodes[i]].op == IR_PHI)
            emit_with_operands(s, nodes[i], done, n);
    for (u32 i = 0; i < count; i++) {
        if (ir_op_info[f->nodes.at[nodes[i]].op].flags & IR_TERM)
            term = nodes[i];
        else if (is_pinned(f, nodes[i]) && !bitset_has(done, nodes[i]))
            emit_with_operands(s, nodes[i], done, n);
    }
    /* What only other blocks use; then what the terminator needs, close to it. */
    for (u32 i = 0; i < count; i++)
        if (!is_pinned(f, nodes[i]) && !bitset_has(done, nodes[i]) && nodes[i] != term) {
            bool is_for_term = ir_operand_count(f, term) && *ir_operand(f, term, 0) == nodes[i];
            if (!is_for_term)
                emit_with_operands(s, nodes[i], done, n);
        }
    emit_with_operands(s, term, done, n);
}

static void order_nodes(Scheduler *s)
{
    IrFunc *f = s->f;
    u32 nblocks = f->blocks.len;
    /* A counting sort of the live nodes by block keeps node order within each. */
    u32 *start = arena_array(f->arena, u32, nblocks + 1);
    IrRef *by_block = arena_array_raw(f->arena, IrRef, f->nodes.len);
    u32 *fill = arena_array_raw(f->arena, u32, nblocks);
    for (IrRef r = 1; r < f->nodes.len; r++)
        if (f->block_of.at[r] != IR_NO_BLOCK)
            start[f->block_of.at[r] + 1]++;
    for (IrBlk b = 0; b < nblocks; b++) {
        start[b + 1] += start[b];
        fill[b] = start[b];
    }
    for (IrRef r = 1; r < f->nodes.len; r++)
        if (f->block_of.at[r] != IR_NO_BLOCK)
            by_block[fill[f->block_of.at[r]]++] = r;
    f->order = arena_array_raw(f->arena, u32, f->nodes.len);
    u64 *done = bitset_new(f->arena, f->nodes.len);
    u32 n = 0;
    for (IrBlk b = 0; b < nblocks; b++) {
        u32 first = n;
        order_block(s, by_block + start[b], start[b + 1] - start[b], done, &n);
        f->blocks.at[b].order_first = first;
        f->blocks.at[b].order_len = n - first;
    }
    f->order_len = n;
}

void opt_schedule(IrFunc *f)
{
    Scheduler s = {.f = f};
    s.live = bitset_new(f->arena, f->nodes.len);
    s.early = arena_array_raw(f->arena, IrBlk, f->nodes.len);
    /* Each operand edge puts a node on the stack at most once per user. */
    s.stack = arena_array_raw(f->arena, u32, (size_t)f->nodes.len * 4 + f->extra.len + 8);
    mark_live(&s);
    place_early(&s);
    for (IrRef r = 1; r < f->nodes.len; r++)
        if (!is_pinned(f, r))
            f->block_of.at[r] = IR_NO_BLOCK;
    place_late(&s);
    order_nodes(&s);
}
