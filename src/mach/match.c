/* Questions that rules ask about the tree below the node being lowered. */
#include "mach/lower_int.h"

#define NODE(ref) (&cx->nodes[ref])

/* Address folding takes this many steps at most: sums nest arbitrarily deep. */
#define MAX_ADDRESS_STEPS 12

/* Not into a deeper loop than where the schedule put it. */
static bool is_near(const LowerCtx *cx, IrRef ref)
{
    IrBlk b = cx->ir->block_of.at[ref];
    const IrBlock *blocks = cx->ir->blocks.at;
    return b == cx->block || blocks[cx->block].loop_depth <= blocks[b].loop_depth;
}

static bool is_pure(const LowerCtx *cx, IrRef ref)
{
    return (ir_op_info[NODE(ref)->op].flags & IR_PURE) != 0;
}

bool mach_can_fold(const LowerCtx *cx, IrRef ref)
{
    return cx->uses[ref] == 1 && is_pure(cx, ref) && is_near(cx, ref);
}

bool mach_can_repeat(const LowerCtx *cx, IrRef ref)
{
    /* A linear address costs nothing inside an instruction, wherever it stands; nor does a pair. */
    u16 op = NODE(ref)->op;
    return op == IR_EA || op == IR_EA64 || op == IR_PAIR || (is_pure(cx, ref) && is_near(cx, ref));
}

bool mach_can_test(const LowerCtx *cx, IrRef ref)
{
    return mach_can_repeat(cx, ref) || mach_can_sink_load(cx, ref);
}

/* What a load may not pass on its way down. */
#define SUNK_BEHIND (IR_TRAPS | IR_STORES | IR_CALLS | IR_BARRIER)
/* How far, and past how many loads that went on themselves, a load may be moved. */
#define MAX_SINK_NODES 32
#define MAX_SINK_LOADS 4

/* May a load that can trap pass from its place to the node being lowered? Loads in between that
 * were moved behind this node already do not count: among them the order stays. */
static bool is_free_way(const LowerCtx *cx, IrRef load)
{
    u32 between = cx->effects[cx->root] - cx->effects[load];
    u32 from = cx->place[load] + 1, to = cx->place[cx->root];
    if (between == 0)
        return true;
    if (between > MAX_SINK_LOADS || to - from > MAX_SINK_NODES)
        return false;
    for (u32 i = from; i < to; i++) {
        IrRef ref = cx->ir->order[i];
        if (ir_op_info[NODE(ref)->op].flags & SUNK_BEHIND && !cx->sunk[ref])
            return false;
    }
    return true;
}

bool mach_can_sink_load(const LowerCtx *cx, IrRef load)
{
    u16 flags = ir_op_info[NODE(load)->op].flags;
    /* Wanted already: a compare repeated behind here reads the register. */
    if (!(flags & IR_LOADS) || cx->uses[load] != 1 || cx->wanted[load] || cx->faults[load] ||
        cx->ir->block_of.at[load] != cx->block)
        return false;
    return flags & IR_TRAPS ? is_free_way(cx, load) : cx->writes[load] == cx->writes[cx->root];
}

/* ---- addresses ---- */

static void fold(const LowerCtx *cx, MAddr *addr)
{
    u32 steps = 0;
    while (steps++ < MAX_ADDRESS_STEPS && cx->target->lower_ops->fold_address(cx, addr))
        continue;
}

void mach_join_load(const LowerCtx *cx, IrRef ref, MAddr *addr)
{
    u16 flags = ir_op_info[NODE(ref)->op].flags;
    if (!(flags & IR_LOADS))
        return;
    addr->load = ref;
    if (flags & IR_TRAPS)
        addr->src = cx->ir->src.at[ref];
}

void mach_match_addr(const LowerCtx *cx, IrRef ref, MAddr *addr)
{
    const IrNode *n = NODE(ref);
    *addr = (MAddr){0};
    mach_join_load(cx, ref, addr);
    switch (n->op) {
    case IR_CTXGET:
    case IR_CTXSET:
    case IR_CTXLD:
    case IR_CTXADDR:
        addr->mem = M_CTX;
        addr->disp = (i32)n->c;
        return;
    case IR_PLOAD:
        addr->base = n->a;
        addr->disp = (i32)n->c;
        break;
    case IR_PSTORE:
        addr->base = n->a;
        addr->disp = (i32)cx->ir->extra.at[n->c];
        break;
    default:
        addr->base = n->a;
        break;
    }
    fold(cx, addr);
}

void mach_match_sum(const LowerCtx *cx, IrRef ref, bool low32, MAddr *addr)
{
    const IrNode *n = NODE(ref);
    *addr = (MAddr){.low32 = low32};
    if (n->op == IR_ADD) {
        addr->base = n->a;
        addr->index = n->b;
    } else {
        addr->base = ref;
    }
    fold(cx, addr);
}

bool mach_match_mem(const LowerCtx *cx, IrRef ref, IrType type, MAddr *addr)
{
    const IrNode *n = NODE(ref);
    if (n->type != type)
        return false;
    /* Only constants are known to be aligned. */
    if (type == IR_V128 && n->op != IR_VCONST &&
        !(cx->options->features & cx->target->lower_ops->unaligned))
        return false;
    switch (n->op) {
    case IR_FCONST:
        *addr = mach_literal_addr(n->b | (u64)n->c << 32, 0, type == IR_F32 ? 4 : 8);
        return true;
    case IR_VCONST:
        *addr = mach_literal_addr(mach_extra64(cx, n->a), mach_extra64(cx, n->a + 2), 16);
        return true;
    case IR_CTXLD:
        if (!mach_can_fold(cx, ref))
            return false;
        break;
    case IR_LOAD:
    case IR_PLOAD:
    case IR_CTXGET:
        if (!mach_can_sink_load(cx, ref))
            return false;
        break;
    default:
        return false;
    }
    mach_match_addr(cx, ref, addr);
    return true;
}

bool mach_same_place(const LowerCtx *cx, IrRef store, IrRef load)
{
    const IrNode *s = NODE(store), *l = NODE(load);
    if (l->op == IR_CTXGET)
        return l->c == s->c;
    if (l->op == IR_PLOAD)
        return l->a == s->a && l->c == cx->ir->extra.at[s->c];
    return l->a == s->a;
}

bool mach_is_zx32(const LowerCtx *cx, IrRef ref)
{
    const IrNode *n = NODE(ref);
    switch (n->op) {
    case IR_EXT_U:
    case IR_LOAD8_U:
    case IR_LOAD16_U:
    case IR_LOAD32_U:
        return true;
    case IR_ICONST:
        return n->c == 0;
    case IR_AND:
    case IR_SHR_U: {
        const IrNode *k = NODE(n->b);
        if (k->op != IR_ICONST)
            return false;
        return n->op == IR_AND ? k->c == 0 : (k->b & 63) >= 32;
    }
    default:
        return false;
    }
}
