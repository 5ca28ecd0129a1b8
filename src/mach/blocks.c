/* Machine blocks: the IR's, in its order, and one for each critical edge (from a block with several
 * successors to one with several predecessors), so that the allocator has a place for the moves of
 * every edge. Equal edges of a branch table become one first.
 *
 * A block for a forward edge stands right before its target: behind every loop the edge leaves and
 * before any it enters. One for a back edge stands behind the inner loops it leaves. So loops stay
 * contiguous. Empty ones vanish in emission. */
#include "mach/lower_int.h"

/* What happens to each edge, by its place among the successors in ir->edges. */
typedef struct Edges {
    LowerCtx *cx;
    u32 *pred_at; /* its place among its target's predecessors, in ir->edges */
    u32 *same;    /* the edge it is merged into; itself if none */
    u32 *split;   /* its own machine block, or NONE */
    u32 *pred_no; /* the number of its predecessor entry in its target's machine block */
    u32 *nsucc, *npred; /* by block: kept edges */
    IrBlk *source;      /* by split, in order of creation */
    u32 *edge_of_split;
    u32 nsplits;
} Edges;
#define NONE UINT32_MAX

/* ---- pairing and merging ---- */

static u32 nphis(const LowerCtx *cx, IrBlk b)
{
    const IrBlock *block = &cx->ir->blocks.at[b];
    u32 n = 0;
    while (n < block->order_len && cx->nodes[cx->ir->order[block->order_first + n]].op == IR_PHI)
        n++;
    return n;
}

/* Do two predecessors of a block bring the same values? */
static bool same_inputs(const LowerCtx *cx, IrBlk b, u32 i, u32 j)
{
    const IrBlock *block = &cx->ir->blocks.at[b];
    for (u32 k = 0, n = nphis(cx, b); k < n; k++) {
        const u32 *inputs = cx->ir->extra.at + cx->nodes[cx->ir->order[block->order_first + k]].c;
        if (inputs[i] != inputs[j])
            return false;
    }
    return true;
}

/* The j-th edge from b to t is the j-th b among t's predecessors. */
typedef struct Pairing {
    u32 *first, *last; /* by block: list of the predecessor places that name it */
    u32 *next;         /* by predecessor place */
    u32 *queue;        /* by target: the next unpaired place */
    u32 *first_edge;   /* by target: first edge from the block at hand */
    IrBlk *first_from; /* by target: that block */
    IrBlk *target;     /* by predecessor place */
} Pairing;

static void list_pred_places(const IrFunc *f, Pairing *p)
{
    for (IrBlk t = 0; t < f->blocks.len; t++) {
        const IrBlock *block = &f->blocks.at[t];
        for (u32 i = 0; i < block->npred; i++) {
            u32 place = block->pred_at + i;
            IrBlk b = f->edges.at[place];
            p->target[place] = t;
            p->next[place] = NONE;
            if (p->first[b] == NONE)
                p->first[b] = place;
            else
                p->next[p->last[b]] = place;
            p->last[b] = place;
        }
    }
}

static void pair_edges_of(Edges *e, Pairing *p, IrBlk b)
{
    const IrFunc *f = e->cx->ir;
    const IrBlock *block = &f->blocks.at[b];
    IrBlk seen = IR_NO_BLOCK;
    for (u32 place = p->first[b]; place != NONE; place = p->next[place]) {
        if (p->target[place] != seen) /* places of one target are together */
            p->queue[p->target[place]] = place;
        seen = p->target[place];
    }
    for (u32 k = 0; k < block->nsucc; k++) {
        u32 edge = block->succ_at + k;
        IrBlk t = f->edges.at[edge];
        u32 place = p->queue[t], t_pred = f->blocks.at[t].pred_at;
        check(place != NONE && p->target[place] == t);
        p->queue[t] = p->next[place];
        e->pred_at[edge] = place;
        e->same[edge] = edge;
        if (p->first_from[t] != b) {
            p->first_from[t] = b;
            p->first_edge[t] = edge;
        } else if (same_inputs(e->cx, t, e->pred_at[p->first_edge[t]] - t_pred, place - t_pred)) {
            e->same[edge] = p->first_edge[t];
            continue;
        }
        e->nsucc[b]++;
        e->npred[t]++;
    }
}

static u32 *filled(Arena *arena, u32 n, u32 value)
{
    u32 *array = arena_array_raw(arena, u32, n + 1);
    for (u32 i = 0; i < n; i++)
        array[i] = value;
    return array;
}

static void pair_edges(Edges *e)
{
    const IrFunc *f = e->cx->ir;
    Arena *arena = e->cx->arena;
    u32 nblocks = f->blocks.len, nedges = f->edges.len;
    Pairing p = {
        .first = filled(arena, nblocks, NONE),
        .last = filled(arena, nblocks, NONE),
        .next = filled(arena, nedges, NONE),
        .queue = filled(arena, nblocks, NONE),
        .first_edge = filled(arena, nblocks, NONE),
        .first_from = filled(arena, nblocks, IR_NO_BLOCK),
        .target = filled(arena, nedges, IR_NO_BLOCK),
    };
    list_pred_places(f, &p);
    for (IrBlk b = 0; b < nblocks; b++)
        pair_edges_of(e, &p, b);
}

/* ---- placing ---- */

/* By loop header: the loop around it, and the last block of the loop. */
typedef struct Nest {
    IrBlk *parent, *last;
} Nest;

static bool in_loop(const Nest *nest, IrBlk header, IrBlk b)
{
    return b >= header && b <= nest->last[header];
}

static Nest find_nest(const LowerCtx *cx)
{
    const IrBlock *blocks = cx->ir->blocks.at;
    u32 n = cx->ir->blocks.len;
    Nest nest = {filled(cx->arena, n, IR_NO_BLOCK), filled(cx->arena, n, 0)};
    for (IrBlk b = 0; b < n; b++) {
        if (blocks[b].loop != b)
            continue;
        /* Some loop around its dominator is around it: inner loops may lie in between. */
        IrBlk around = blocks[blocks[b].idom].loop;
        while (around != IR_NO_BLOCK && blocks[around].loop_depth >= blocks[b].loop_depth)
            around = nest.parent[around];
        nest.parent[b] = around;
    }
    for (IrBlk b = n; b-- > 0;) {
        IrBlk header = blocks[b].loop;
        if (header == IR_NO_BLOCK)
            continue;
        nest.last[header] = MAX(nest.last[header], b);
        if (header == b && nest.parent[b] != IR_NO_BLOCK)
            nest.last[nest.parent[b]] = MAX(nest.last[nest.parent[b]], nest.last[b]);
    }
    return nest;
}

/* The block that an edge's own block follows: right before the target, or for a back edge behind
 * the loops it leaves. As a rank: 2b is before block b, 2b + 1 after it. */
static u32 split_rank(const LowerCtx *cx, const Nest *nest, IrBlk from, IrBlk to)
{
    if (to > from)
        return 2 * to;
    IrBlk loop = cx->ir->blocks.at[from].loop, left = IR_NO_BLOCK;
    while (loop != to && loop != IR_NO_BLOCK) {
        left = loop;
        loop = nest->parent[loop];
    }
    return 2 * (left == IR_NO_BLOCK ? from : nest->last[left]) + 1;
}

static IrBlk loop_of_split(const LowerCtx *cx, const Nest *nest, IrBlk from, IrBlk to)
{
    IrBlk loop = cx->ir->blocks.at[to].loop;
    if (loop == to && !in_loop(nest, to, from))
        return nest->parent[to];
    return loop;
}

/* The split edges, those in deeper loops first: behind one block, what belongs to an inner loop
 * has to come before what leaves it. */
static u32 *splits_by_depth(const Edges *e, const Nest *nest)
{
    LowerCtx *cx = e->cx;
    const IrBlock *blocks = cx->ir->blocks.at;
    u32 *depth = filled(cx->arena, e->nsplits, 0);
    u32 *sorted = filled(cx->arena, e->nsplits, 0);
    u32 deepest = 0, n = 0;
    for (u32 s = 0; s < e->nsplits; s++) {
        IrBlk to = cx->ir->edges.at[e->edge_of_split[s]];
        IrBlk loop = loop_of_split(cx, nest, e->source[s], to);
        depth[s] = loop == IR_NO_BLOCK ? 0 : blocks[loop].loop_depth;
        deepest = MAX(deepest, depth[s]);
    }
    u32 *count = filled(cx->arena, deepest + 2, 0);
    for (u32 s = 0; s < e->nsplits; s++)
        count[depth[s]]++;
    for (u32 d = deepest + 1; d-- > 0;) {
        u32 here = count[d];
        count[d] = n;
        n += here;
    }
    for (u32 s = 0; s < e->nsplits; s++)
        sorted[count[depth[s]]++] = s;
    return sorted;
}

/* Gives each split edge its block number and each IR block its own, in order. */
static void number_blocks(Edges *e, const Nest *nest)
{
    LowerCtx *cx = e->cx;
    u32 n = cx->ir->blocks.len;
    const u32 *sorted = splits_by_depth(e, nest);
    u32 *count = filled(cx->arena, 2 * n + 1, 0);
    u32 *rank = filled(cx->arena, e->nsplits, 0);
    for (u32 s = 0; s < e->nsplits; s++) {
        rank[s] = split_rank(cx, nest, e->source[s], cx->ir->edges.at[e->edge_of_split[s]]);
        count[rank[s]]++;
    }
    u32 at = 0;
    for (u32 r = 0; r <= 2 * n; r++) {
        u32 here = count[r];
        count[r] = at;
        at += here;
        if (r % 2 == 0 && r < 2 * n)
            cx->machine_block[r / 2] = at++;
    }
    for (u32 i = 0; i < e->nsplits; i++)
        e->split[e->edge_of_split[sorted[i]]] = count[rank[sorted[i]]]++;
    cx->m->ra.nblocks = at;
}

/* ---- filling in ---- */

static void describe_blocks(Edges *e, const Nest *nest)
{
    LowerCtx *cx = e->cx;
    const IrBlock *blocks = cx->ir->blocks.at;
    RaBlock *out = cx->m->ra.blocks;
    const u8 *freq = mach_estimate_freqs(cx->ir, cx->arena);
    for (IrBlk b = 0; b < cx->ir->blocks.len; b++) {
        RaBlock *r = &out[cx->machine_block[b]];
        r->idom = cx->machine_block[blocks[b].idom];
        r->loop_depth = blocks[b].loop_depth;
        r->loop_header = blocks[b].loop == IR_NO_BLOCK ? UINT32_MAX
                                                       : cx->machine_block[blocks[b].loop];
        r->freq_log2 = freq[b];
        cx->m->block_ir[cx->machine_block[b]] = b;
    }
    for (u32 s = 0; s < e->nsplits; s++) {
        u32 edge = e->edge_of_split[s];
        IrBlk to = cx->ir->edges.at[edge], from = e->source[s];
        IrBlk loop = loop_of_split(cx, nest, from, to);
        RaBlock *r = &out[e->split[edge]];
        r->idom = cx->machine_block[from];
        r->loop_header = loop == IR_NO_BLOCK ? UINT32_MAX : cx->machine_block[loop];
        r->loop_depth = loop == IR_NO_BLOCK ? 0 : blocks[loop].loop_depth;
        r->freq_log2 = MIN(freq[from], freq[to]);
        if (r->freq_log2 > 1)
            r->freq_log2--;
        cx->m->block_ir[e->split[edge]] = IR_NO_BLOCK;
    }
    /* Inner headers come after outer ones, so their loops are complete when they are reached. */
    for (u32 b = cx->m->ra.nblocks; b-- > 0;) {
        u32 header = out[b].loop_header;
        if (header == UINT32_MAX)
            continue;
        out[header].loop_end = MAX(out[header].loop_end, b + 1);
        IrBlk parent = header == b ? nest->parent[cx->m->block_ir[b]] : IR_NO_BLOCK;
        if (parent != IR_NO_BLOCK) {
            RaBlock *outer = &out[cx->machine_block[parent]];
            outer->loop_end = MAX(outer->loop_end, out[b].loop_end);
        }
    }
}

static u32 far_end(const Edges *e, u32 edge)
{
    if (e->split[edge] != NONE)
        return e->split[edge];
    return e->cx->machine_block[e->cx->ir->edges.at[edge]];
}

static void fill_succs(Edges *e, IrBlk b, u32 *at)
{
    LowerCtx *cx = e->cx;
    const IrBlock *block = &cx->ir->blocks.at[b];
    RaBlock *r = &cx->m->ra.blocks[cx->machine_block[b]];
    r->succ_at = *at;
    for (u32 edge = block->succ_at; edge < block->succ_at + block->nsucc; edge++) {
        cx->edge_to[edge] = far_end(e, e->same[edge]);
        if (e->same[edge] == edge)
            cx->m->ra.edges[(*at)++] = cx->edge_to[edge];
    }
    r->nsucc = *at - r->succ_at;
}

/* kept: by predecessor place, the edge that comes in there, or NONE if merged. */
static void fill_preds(Edges *e, IrBlk t, const u32 *kept, const IrBlk *source, u32 *at)
{
    LowerCtx *cx = e->cx;
    const IrBlock *block = &cx->ir->blocks.at[t];
    RaBlock *r = &cx->m->ra.blocks[cx->machine_block[t]];
    r->pred_at = *at;
    for (u32 place = block->pred_at; place < block->pred_at + block->npred; place++) {
        if (kept[place] == NONE)
            continue;
        u32 split = e->split[kept[place]];
        e->pred_no[kept[place]] = *at - r->pred_at;
        cx->pred_place[*at] = place - block->pred_at;
        cx->m->ra.edges[(*at)++] = split != NONE ? split : cx->machine_block[source[place]];
    }
    r->npred = *at - r->pred_at;
}

/* Which of its successors' predecessors block b is. */
static void number_preds(Edges *e, IrBlk b)
{
    LowerCtx *cx = e->cx;
    const IrBlock *block = &cx->ir->blocks.at[b];
    u32 at = cx->m->ra.blocks[cx->machine_block[b]].succ_at;
    for (u32 edge = block->succ_at; edge < block->succ_at + block->nsucc; edge++)
        if (e->same[edge] == edge)
            cx->pred_no[at++] = e->split[edge] != NONE ? 0 : e->pred_no[edge];
}

static void fill_edges(Edges *e)
{
    LowerCtx *cx = e->cx;
    const IrFunc *f = cx->ir;
    u32 at = 0, nedges = f->edges.len;
    u32 *kept = filled(cx->arena, nedges, NONE);
    cx->edge_to = filled(cx->arena, nedges, NONE);
    cx->m->ra.edges = filled(cx->arena, nedges + 2 * e->nsplits, NONE);
    cx->pred_place = filled(cx->arena, nedges + 2 * e->nsplits, NONE);
    cx->pred_no = filled(cx->arena, nedges + 2 * e->nsplits, NONE);
    for (IrBlk b = 0; b < f->blocks.len; b++)
        for (u32 k = 0; k < f->blocks.at[b].nsucc; k++) {
            u32 edge = f->blocks.at[b].succ_at + k;
            if (e->same[edge] == edge)
                kept[e->pred_at[edge]] = edge;
        }
    for (IrBlk b = 0; b < f->blocks.len; b++) {
        fill_succs(e, b, &at);
        fill_preds(e, b, kept, f->edges.at, &at);
    }
    for (IrBlk b = 0; b < f->blocks.len; b++)
        number_preds(e, b);
    for (u32 s = 0; s < e->nsplits; s++) {
        u32 edge = e->edge_of_split[s];
        RaBlock *r = &cx->m->ra.blocks[e->split[edge]];
        r->succ_at = at;
        r->nsucc = r->npred = 1;
        cx->pred_no[at] = e->pred_no[edge];
        cx->m->ra.edges[at++] = cx->machine_block[f->edges.at[edge]];
        r->pred_at = at;
        cx->m->ra.edges[at++] = cx->machine_block[e->source[s]];
    }
}

void mach_make_blocks(LowerCtx *cx)
{
    const IrFunc *f = cx->ir;
    u32 nblocks = f->blocks.len, nedges = f->edges.len;
    Edges e = {
        .cx = cx,
        .pred_at = filled(cx->arena, nedges, NONE),
        .same = filled(cx->arena, nedges, NONE),
        .split = filled(cx->arena, nedges, NONE),
        .pred_no = filled(cx->arena, nedges, NONE),
        .nsucc = filled(cx->arena, nblocks, 0),
        .npred = filled(cx->arena, nblocks, 0),
        .source = filled(cx->arena, nedges, IR_NO_BLOCK),
        .edge_of_split = filled(cx->arena, nedges, NONE),
    };
    pair_edges(&e);
    for (IrBlk b = 0; b < nblocks; b++)
        for (u32 k = 0; e.nsucc[b] > 1 && k < f->blocks.at[b].nsucc; k++) {
            u32 edge = f->blocks.at[b].succ_at + k;
            if (e.same[edge] == edge && e.npred[f->edges.at[edge]] > 1) {
                e.source[e.nsplits] = b;
                e.edge_of_split[e.nsplits++] = edge;
            }
        }
    Nest nest = find_nest(cx);
    cx->machine_block = filled(cx->arena, nblocks, 0);
    number_blocks(&e, &nest);
    cx->m->ra.blocks = arena_array(cx->arena, RaBlock, cx->m->ra.nblocks);
    cx->m->block_ir = filled(cx->arena, cx->m->ra.nblocks, IR_NO_BLOCK);
    describe_blocks(&e, &nest);
    fill_edges(&e);
}
