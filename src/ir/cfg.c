/* Control flow of a built function: dominators (Cooper, Harvey and Kennedy, "A Simple, Fast
 * Dominance Algorithm"), natural loops, and an order in which every loop is contiguous. */
#include "ir/ir.h"

static void compute_dominators(IrFunc *f)
{
    IrBlock *blocks = f->blocks.at;
    for (IrBlk b = 0; b < f->blocks.len; b++)
        blocks[b].idom = IR_NO_BLOCK;
    blocks[0].dom_jump = 0;
    blocks[0].dom_depth = 0;
    ir_set_idom(blocks, 0, 0);
    /* In a reducible graph one pass in reverse post-order suffices: back edges come from blocks
     * their target dominates. The second pass is the proof. */
    for (bool changed = true; changed;) {
        changed = false;
        for (IrBlk b = 1; b < f->blocks.len; b++) {
            const u32 *preds = ir_preds(f, b);
            IrBlk idom = IR_NO_BLOCK;
            for (u32 i = 0; i < blocks[b].npred; i++) {
                IrBlk p = preds[i];
                if (blocks[p].idom == IR_NO_BLOCK)
                    continue;
                idom = idom == IR_NO_BLOCK ? p : ir_common_dominator(blocks, idom, p);
            }
            if (idom != blocks[b].idom) {
                ir_set_idom(blocks, b, idom);
                changed = true;
            }
        }
    }
}

bool ir_dominates(const IrFunc *f, IrBlk a, IrBlk b)
{
    return ir_dominator_at(f->blocks.at, b, f->blocks.at[a].dom_depth) == a;
}

/* ---- loops ---- */

typedef struct Loops {
    IrBlk *parent; /* by header: header of the loop around it */
    IrBlk *outer;  /* by header: a loop around it found so far, shortcut by path halving */
    IrBlk *stack;
} Loops;

static IrBlk outermost(Loops *loops, IrBlk header)
{
    IrBlk *outer = loops->outer;
    while (outer[header] != header) {
        outer[header] = outer[outer[header]];
        header = outer[header];
    }
    return header;
}

/* Gives the members of the loop at `header` that are in no inner loop to it, and inner loops their
 * parent: walks backwards from the back edges, stepping over inner loops, which are known. */
static void collect_loop(IrFunc *f, Loops *loops, IrBlk header)
{
    IrBlock *blocks = f->blocks.at;
    u32 n = 0;
    blocks[header].loop = header;
    blocks[header].is_loop_header = true;
    const u32 *preds = ir_preds(f, header);
    for (u32 i = 0; i < blocks[header].npred; i++)
        if (preds[i] >= header)
            loops->stack[n++] = preds[i];
    while (n) {
        IrBlk b = loops->stack[--n];
        if (blocks[b].loop == IR_NO_BLOCK) {
            blocks[b].loop = header;
        } else {
            b = outermost(loops, blocks[b].loop);
            if (b == header)
                continue;
            loops->parent[b] = header;
            loops->outer[b] = header;
        }
        const u32 *ps = ir_preds(f, b);
        for (u32 i = 0; i < blocks[b].npred; i++)
            if (blocks[ps[i]].loop == IR_NO_BLOCK ||
                outermost(loops, blocks[ps[i]].loop) != header)
                loops->stack[n++] = ps[i];
    }
}

static bool has_back_edge(const IrFunc *f, IrBlk b)
{
    const u32 *preds = ir_preds(f, b);
    for (u32 i = 0; i < f->blocks.at[b].npred; i++)
        if (preds[i] >= b)
            return true;
    return false;
}

static void compute_loops(IrFunc *f, Loops *loops)
{
    IrBlock *blocks = f->blocks.at;
    u32 nblocks = f->blocks.len;
    for (IrBlk b = 0; b < nblocks; b++) {
        blocks[b].loop = IR_NO_BLOCK;
        blocks[b].is_loop_header = false;
        loops->parent[b] = IR_NO_BLOCK;
        loops->outer[b] = b;
    }
    for (IrBlk b = nblocks; b-- > 0;) /* inner loops have later headers */
        if (has_back_edge(f, b))
            collect_loop(f, loops, b);
    for (IrBlk b = 0; b < nblocks; b++) {
        IrBlk header = blocks[b].loop, parent;
        if (header == IR_NO_BLOCK)
            blocks[b].loop_depth = 0;
        else if (header != b)
            blocks[b].loop_depth = blocks[header].loop_depth;
        else if ((parent = loops->parent[b]) == IR_NO_BLOCK)
            blocks[b].loop_depth = 1;
        else
            blocks[b].loop_depth = (u16)MIN(blocks[parent].loop_depth + 1u, 0xffffu);
    }
}

static Loops new_loops(IrFunc *f)
{
    /* A block is pushed once for each of its outgoing edges at most, per loop it is stepped over
     * in; members are pushed before they are marked, so all edges bound the stack. */
    return (Loops){
        .parent = arena_array_raw(f->arena, IrBlk, f->blocks.len),
        .outer = arena_array_raw(f->arena, IrBlk, f->blocks.len),
        .stack = arena_array_raw(f->arena, IrBlk, f->edges.len + 1),
    };
}

void ir_compute_cfg(IrFunc *f)
{
    compute_dominators(f);
    Loops loops = new_loops(f);
    compute_loops(f, &loops);
}

/* ---- contiguous loops ---- */

/* Blocks in an order that keeps each loop together: the given order, with every loop pulled up to
 * its header and all that only leaves it pushed behind it. It stays a topological order, since
 * loops are entered at their headers only. */
static void loop_order(const IrFunc *f, const Loops *loops, IrBlk *order)
{
    u32 nblocks = f->blocks.len;
    const IrBlock *blocks = f->blocks.at;
    /* Items of each loop (and, last, of the function): blocks and inner headers, as linked lists
     * built from the back. */
    IrBlk *first = arena_array_raw(f->arena, IrBlk, nblocks + 1);
    IrBlk *next = arena_array_raw(f->arena, IrBlk, nblocks);
    for (u32 i = 0; i <= nblocks; i++)
        first[i] = IR_NO_BLOCK;
    for (IrBlk b = nblocks; b-- > 0;) {
        IrBlk home = blocks[b].loop == b ? loops->parent[b] : blocks[b].loop;
        if (home == IR_NO_BLOCK)
            home = nblocks;
        next[b] = first[home];
        first[home] = b;
    }
    /* Walks the lists; a header goes into its own list and continues behind it afterwards. */
    u32 n = 0, depth = 0;
    IrBlk at = first[nblocks];
    for (;;) {
        while (at == IR_NO_BLOCK && depth)
            at = next[loops->stack[--depth]];
        if (at == IR_NO_BLOCK)
            break;
        order[n++] = at;
        if (blocks[at].loop == at) {
            loops->stack[depth++] = at;
            at = first[at];
        } else {
            at = next[at];
        }
    }
    dassert(n == nblocks);
}

void ir_order_blocks(IrFunc *f)
{
    u32 nblocks = f->blocks.len;
    compute_dominators(f);
    Loops loops = new_loops(f);
    compute_loops(f, &loops);
    IrBlk *order = arena_array_raw(f->arena, IrBlk, nblocks);
    IrBlk *new_of = arena_array_raw(f->arena, IrBlk, nblocks);
    loop_order(f, &loops, order);
    IrBlock *blocks = arena_array_raw(f->arena, IrBlock, nblocks);
    bool is_same = true;
    for (u32 i = 0; i < nblocks; i++) {
        new_of[order[i]] = i;
        blocks[i] = f->blocks.at[order[i]];
        is_same &= order[i] == i;
    }
    if (is_same)
        return;
    for (u32 i = 0; i < nblocks; i++) {
        blocks[i].idom = new_of[blocks[i].idom];
        blocks[i].dom_jump = new_of[blocks[i].dom_jump];
        if (blocks[i].loop != IR_NO_BLOCK)
            blocks[i].loop = new_of[blocks[i].loop];
    }
    f->blocks.at = blocks;
    f->blocks.cap = nblocks;
    for (u32 i = 0; i < f->edges.len; i++)
        f->edges.at[i] = new_of[f->edges.at[i]];
    for (IrRef r = 1; r < f->nodes.len; r++) {
        if (f->block_of.at[r] != IR_NO_BLOCK)
            f->block_of.at[r] = new_of[f->block_of.at[r]];
        if (f->nodes.at[r].op == IR_PHI)
            f->nodes.at[r].a = new_of[f->nodes.at[r].a];
    }
}
