/* The lowering driver: walks a scheduled function backwards and has the target's rules turn nodes
 * into instructions.
 *
 * Input: blocks with an order, every value defined before its uses. Output: MFunc in SSA over
 * virtual registers. A node's users come first, so when a node is reached it is known whether
 * anybody still wants its value in a register: what rules folded into users is never emitted.
 * Each node's instructions form a group in execution order; groups are collected backwards and
 * put in order once, at the end.
 *
 * Small constants are made anew at each use: one instruction, against a register held for long.
 * Wide constants, float constants and context words stay where the schedule put them, marked so
 * that the allocator makes them again where it would have to spill. Tests: test/file/mach. */
#include "mach/emit.h"
#include "mach/lower_int.h"
#include "vmabi/gc.h"

#define NODE(ref) (&cx->nodes[ref])

/* ---- registers ---- */

RaClass mach_class(IrType type)
{
    return type == IR_F32 || type == IR_F64 || type == IR_V128 ? RA_VEC : RA_GPR;
}

u32 mach_new_vreg(LowerCtx *cx, RaClass class, u8 flags)
{
    vec_push(cx->arena, &cx->vregs,
             (RaVreg){.class = (u8)class, .flags = flags, .hint = RA_ANY_REG});
    vec_push(cx->arena, &cx->remat_of, UINT32_MAX);
    return cx->vregs.len - 1;
}

/* The instruction just appended is all it takes to make the register's value: the allocator may
 * repeat it. */
static void mark_remat(LowerCtx *cx, u32 vreg)
{
    cx->vregs.at[vreg].flags |= RA_REMAT;
    cx->remat_of.at[vreg] = cx->m->remats.len;
    vec_push(cx->arena, &cx->m->remats, vec_last(&cx->insts));
}

static bool is_small_const(const IrNode *n)
{
    i64 value = (i64)(n->b | (u64)n->c << 32);
    return n->op == IR_ICONST && (value == (i32)value || (u64)value >> 32 == 0);
}

/* Lowers a node into the group of its user, to a register of its own. */
static u32 make_apart(LowerCtx *cx, IrRef ref)
{
    IrRef root = cx->root;
    u32 out = cx->out;
    cx->root = ref;
    cx->out = mach_new_vreg(cx, RA_GPR, 0);
    check(cx->target->lower(cx, ref));
    u32 vreg = cx->out;
    cx->root = root;
    cx->out = out;
    return vreg;
}

static u32 make_const(LowerCtx *cx, IrRef ref)
{
    u32 vreg = make_apart(cx, ref);
    mark_remat(cx, vreg);
    return vreg;
}

/* A wide operator's lower half is in the register of its own number, its upper half in that of the
 * first HIGH node met, for which all others stand. */
static u32 high_of(LowerCtx *cx, IrRef high)
{
    IrRef pair = NODE(high)->a;
    cx->wanted[pair] = 1;
    if (!cx->next_result[pair])
        cx->next_result[pair] = high;
    return cx->next_result[pair];
}

u32 mach_high(LowerCtx *cx)
{
    IrRef high = cx->next_result[cx->root];
    return high ? high : mach_new_vreg(cx, RA_GPR, 0);
}

u32 mach_use(LowerCtx *cx, IrRef ref)
{
    while (NODE(ref)->op == IR_EXT_U) /* i32 values are zero-extended already */
        ref = NODE(ref)->a;
    if (is_small_const(NODE(ref)))
        return make_const(cx, ref);
    if (NODE(ref)->op == IR_LOW)
        ref = NODE(ref)->a;
    if (NODE(ref)->op == IR_HIGH)
        ref = high_of(cx, ref);
    cx->wanted[ref] = 1;
    /* A compare that is repeated can reach a load that an instruction behind has taken in: it is
     * then done in its own place too, where memory is still the same. */
    cx->sunk[ref] = 0;
    return ref;
}

u32 mach_use32(LowerCtx *cx, IrRef ref)
{
    if (NODE(ref)->op == IR_WRAP)
        ref = NODE(ref)->a;
    return mach_use(cx, ref);
}

/* The list of a call's RESULT nodes is in rising order of their numbers: it was built backwards. */
u32 mach_call_result(const LowerCtx *cx, IrRef call, u32 i)
{
    if (i == 0 && !ir_is_try_call(NODE(call)->op))
        return cx->wanted[call] ? call : 0;
    for (IrRef r = cx->next_result[call]; r; r = cx->next_result[r])
        if (NODE(r)->b == i)
            return cx->wanted[r] ? r : 0;
    return 0;
}

/* ---- operands ---- */

MInst *mach_inst(LowerCtx *cx, u16 op, u8 width)
{
    vec_push(cx->arena, &cx->insts, (MInst){.op = op, .width = width, .src = cx->src});
    vec_push(cx->arena, &cx->ra_insts, (RaInst){.opnd = cx->opnds.len});
    return &vec_last(&cx->insts);
}

void mach_opnd(LowerCtx *cx, u32 vreg, RaRole role, u8 fixed, u8 tied, u8 flags)
{
    vec_push(cx->arena, &cx->opnds,
             (RaOpnd){.vreg = vreg, .loc = RA_NONE, .role = (u8)role, .fixed = fixed,
                      .tied = tied, .flags = flags});
    vec_last(&cx->ra_insts).nopnds++;
}

void mach_use_addr(LowerCtx *cx, MAddr *addr)
{
    if (addr->load)
        cx->sunk[addr->load] = 1;
    if (addr->mem & M_LITERAL) {
        addr->lo = mach_literal(cx, addr->lo, addr->hi, addr->size);
    } else if (!addr->is_ready) {
        u32 (*use)(LowerCtx *, IrRef) = addr->low32 ? mach_use32 : mach_use;
        if (addr->base)
            addr->base = use(cx, addr->base);
        if (addr->index && NODE(addr->index)->op == IR_ELEM)
            addr->index = make_apart(cx, addr->index);
        else if (addr->index)
            addr->index = use(cx, addr->index);
    }
    if (addr->wide) {
        u32 sum = mach_new_vreg(cx, RA_GPR, 0);
        cx->target->lower_ops->add_offset(cx, sum, addr->base, addr->wide);
        addr->base = sum;
    }
    addr->mem |= (u8)(M_MEM | (addr->base ? M_BASE : 0) | (addr->index ? M_INDEX : 0));
}

void mach_opnd_addr(LowerCtx *cx, const MAddr *addr)
{
    MInst *inst = &vec_last(&cx->insts);
    inst->mem = addr->mem;
    inst->scale = addr->scale;
    inst->disp = addr->disp;
    if (addr->mem & M_LITERAL)
        inst->disp = (i32)addr->lo;
    if (addr->base)
        mach_opnd_use(cx, addr->base);
    if (addr->index)
        mach_opnd_use(cx, addr->index);
}

MInst *mach_put(LowerCtx *cx, u16 op, u8 width, const u32 *regs, const MAddr *addr)
{
    const MRow *row = &cx->target->emit->rows[op];
    const MArg *arg = cx->target->emit->args + row->arg_at;
    MInst *inst = mach_inst(cx, op, width);
    bool is_free = mach_row_is_free(row, cx->options);
    for (u32 i = 0; i < row->nargs; i++, arg++) {
        if (arg->kind == M_ARG_REG) {
            u32 vreg = arg->role == RA_TEMP ? mach_new_vreg(cx, (RaClass)arg->class, 0) : *regs++;
            u8 tied = is_free ? RA_UNTIED : arg->tied;
            /* A slot of 16 bytes is not aligned. */
            u8 flags = row->free && !is_free && !row->widths ? 0 : arg->flags;
            mach_opnd(cx, vreg, (RaRole)arg->role, arg->fixed, tied, flags);
        } else if (arg->kind == M_ARG_MEM) {
            mach_opnd_addr(cx, addr);
        }
    }
    if (row->effect & M_EFFECT_MOVE)
        mach_set_move(cx);
    return inst;
}

void mach_set_clobber(LowerCtx *cx, u64 regs)
{
    u32 i = 0;
    while (i < cx->clobbers.len && cx->clobbers.at[i] != regs)
        i++;
    if (i == cx->clobbers.len)
        vec_push(cx->arena, &cx->clobbers, regs);
    check(i <= UINT8_MAX);
    vec_last(&cx->ra_insts).clobber = (u8)i;
}

/* How many literals back an equal one is looked for: bounds the work on a function full of them. */
#define LITERAL_WINDOW 64

u32 mach_literal(LowerCtx *cx, u64 lo, u64 hi, u8 size)
{
    MFunc *m = cx->m;
    u32 first = m->literals.len > LITERAL_WINDOW ? m->literals.len - LITERAL_WINDOW : 0;
    for (u32 i = first; i < m->literals.len; i++) {
        const MLiteral *l = &m->literals.at[i];
        if (l->size == size && l->lo == lo && l->hi == hi)
            return i;
    }
    vec_push(cx->arena, &m->literals, (MLiteral){lo, hi, size});
    return m->literals.len - 1;
}

u32 mach_jump_table(LowerCtx *cx)
{
    MFunc *m = cx->m;
    const IrBlock *block = &cx->ir->blocks.at[cx->block];
    vec_push(cx->arena, &m->jump_tables, (MJumpTable){m->jump_targets.len, block->nsucc});
    for (u32 k = 0; k < block->nsucc; k++)
        vec_push(cx->arena, &m->jump_targets, cx->edge_to[block->succ_at + k]);
    return m->jump_tables.len - 1;
}

u32 mach_last_successor(const LowerCtx *cx) { return cx->ir->blocks.at[cx->block].nsucc - 1; }

/* ---- what is known before the walk ---- */

static void count_use(LowerCtx *cx, IrRef ref)
{
    if (ref && cx->uses[ref] < 2)
        cx->uses[ref]++;
}

static void count_uses(LowerCtx *cx)
{
    IrFunc *f = (IrFunc *)(uintptr_t)cx->ir; /* ir_operand gives writable slots: only read here */
    for (u32 i = 0; i < f->order_len; i++) {
        IrRef ref = f->order[i];
        for (u32 k = 0, n = ir_operand_count(f, ref); k < n; k++)
            count_use(cx, *ir_operand(f, ref, k));
        cx->vregs.at[ref].class = (u8)mach_class((IrType)NODE(ref)->type);
        cx->vregs.at[ref].flags = NODE(ref)->type == IR_V128    ? RA_WIDE
                                  : NODE(ref)->type == IR_GCREF ? RA_REFERENCE
                                                                : 0;
    }
}

/* Loads may be done later than they stand, but not past an effect: a trap must come in its place,
 * and stores must be seen or not. A load is stamped with the count that includes itself. */
static void count_effects(LowerCtx *cx)
{
    const IrFunc *f = cx->ir;
    u32 effects = 0, writes = 0;
    for (u32 i = 0; i < f->order_len; i++) {
        IrRef ref = f->order[i];
        u16 flags = ir_op_info[NODE(ref)->op].flags;
        bool is_load = (flags & IR_LOADS) != 0;
        if (is_load && flags & IR_TRAPS)
            effects++;
        cx->place[ref] = i;
        cx->effects[ref] = effects;
        cx->writes[ref] = writes;
        if (!is_load && flags & (IR_TRAPS | IR_STORES | IR_CALLS | IR_TERM | IR_BARRIER))
            effects++;
        if (flags & (IR_CALLS | IR_BARRIER) || (flags & IR_STORES && !(flags & IR_TRAPS)))
            writes++;
    }
}

/* ---- null ---- */

/* How far behind its check an access is looked for. */
#define MAX_CHECK_DISTANCE 8

/* The reference that a node checks for null, or 0. */
static IrRef checked_ref(const LowerCtx *cx, const IrNode *n)
{
    if (n->op != IR_TRAPIF || n->b != VM_TRAP_NULL_REFERENCE || NODE(n->a)->op != IR_EQ)
        return 0;
    const IrNode *eq = NODE(n->a), *zero = NODE(eq->b);
    bool is_null = zero->op == IR_ICONST && zero->b == 0 && NODE(eq->a)->type == IR_GCREF;
    return is_null ? eq->a : 0;
}

/* The linear address of a load or store of an object, or 0. */
static const IrNode *object_address(const LowerCtx *cx, const IrNode *n)
{
    bool is_access = (ir_op_info[n->op].flags & (IR_LOADS | IR_STORES)) != 0 &&
                     n->op != IR_CTXGET && n->op != IR_CTXSET;
    return is_access && NODE(n->a)->op == IR_EA ? NODE(n->a) : NULL;
}

/* The first access through `ref` behind place i of ir->order, if it faults where ref is null and
 * nothing else can be seen to happen before; else 0. */
static IrRef faulting_access(const LowerCtx *cx, IrRef ref, u32 i, u32 end)
{
    for (u32 n = 0; ++i < end && n < MAX_CHECK_DISTANCE; n++) {
        const IrNode *node = NODE(cx->ir->order[i]), *ea = object_address(cx, node);
        if (ea && ea->b == ref)
            return ea->c < VM_GC_NULL_BYTES / 2 ? cx->ir->order[i] : 0;
        if (ea && NODE(ea->b)->op == IR_ELEM && NODE(ea->b)->a == ref)
            return 0;
        if (ir_op_info[node->op].flags & (IR_TRAPS | IR_STORES | IR_CALLS | IR_TERM))
            return 0;
    }
    return 0;
}

/* With signals, a check for null is left to the access behind it: nothing is mapped there. */
static void leave_null_checks(LowerCtx *cx)
{
    const IrFunc *f = cx->ir;
    for (IrBlk b = 0; cx->options->signal_traps && b < f->blocks.len; b++) {
        u32 first = f->blocks.at[b].order_first, end = first + f->blocks.at[b].order_len;
        for (u32 i = first; i < end; i++) {
            IrRef ref = checked_ref(cx, NODE(f->order[i]));
            IrRef access = ref ? faulting_access(cx, ref, i, end) : 0;
            if (access)
                cx->faults[f->order[i]] = cx->faults[access] = 1;
        }
    }
}

/* ---- the walk ---- */

static void end_group(LowerCtx *cx, u32 first)
{
    if (cx->insts.len > first)
        vec_push(cx->arena, &cx->groups, first);
}

static bool is_wanted_op(const LowerCtx *cx, IrRef ref)
{
    u16 flags = ir_op_info[NODE(ref)->op].flags;
    if (NODE(ref)->op == IR_HIGH) /* its operand defines its register */
        return false;
    if (flags & IR_LOADS)
        return !cx->sunk[ref] && (cx->wanted[ref] || flags & IR_TRAPS || cx->faults[ref]);
    if (NODE(ref)->op == IR_TRAPIF && cx->faults[ref])
        return false;
    if (flags & (IR_STORES | IR_CALLS | IR_TERM | IR_TRAPS | IR_BARRIER))
        return true;
    return cx->wanted[ref] && !(flags & IR_PINNED);
}

/* A branch whose edges all became one. */
static bool is_plain_jump(const LowerCtx *cx, const IrNode *n)
{
    return (n->op == IR_BR || n->op == IR_BR_TABLE) &&
           cx->m->ra.blocks[cx->machine_block[cx->block]].nsucc == 1;
}

static bool lower_node(LowerCtx *cx, IrRef ref)
{
    const IrNode *n = NODE(ref);
    switch (n->op) {
    case IR_CALL:
    case IR_CALL_REF:
    case IR_CALL_CODE:
    case IR_CALL_IMPORT:
    case IR_LIBCALL:
    case IR_TRY_CALL:
    case IR_TRY_CALL_REF:
    case IR_TRY_CALL_CODE:
    case IR_TRY_CALL_IMPORT:
        mach_abi_call(cx, ref);
        return true;
    case IR_RETURN:
        mach_abi_return(cx, ref);
        return true;
    case IR_TAIL_CALL:
    case IR_TAIL_CALL_REF:
    case IR_TAIL_CALL_CODE:
    case IR_TAIL_CALL_IMPORT:
        mach_abi_tail_call(cx, ref);
        return true;
    case IR_POLL:
        /* The embedder may be called back, and allocate: references must be where a collector
         * finds them. No register that values live in is lost. */
        cx->m->has_calls = true;
        check(cx->target->lower(cx, ref));
        mach_set_clobber(cx, ~cx->target->env->allocatable);
        return true;
    case IR_FUEL:
        cx->m->has_calls = true;
        break;
    default:
        break;
    }
    if (is_plain_jump(cx, n)) {
        cx->target->lower_ops->jump(cx);
        return true;
    }
    return cx->target->lower(cx, ref);
}

static bool is_remat(u16 op)
{
    return op == IR_ICONST || op == IR_FCONST || op == IR_VCONST || op == IR_CTXLD ||
           op == IR_CTXADDR;
}

static bool visit(LowerCtx *cx, IrRef ref)
{
    const IrNode *n = NODE(ref);
    u32 first = cx->insts.len;
    if (n->op == IR_RESULT) { /* the call comes later in this walk and finds it */
        cx->next_result[ref] = cx->next_result[n->a];
        cx->next_result[n->a] = ref;
        mach_abi_result(cx, ref);
        end_group(cx, first);
        return true;
    }
    if (!is_wanted_op(cx, ref))
        return true;
    cx->root = cx->out = ref;
    cx->src = cx->ir->src.at[ref];
    if (!lower_node(cx, ref))
        return false;
    if (is_remat(n->op) && cx->insts.len == first + 1)
        mark_remat(cx, ref);
    end_group(cx, first);
    return true;
}

/* ---- phis ---- */

static u32 first_not_phi(const LowerCtx *cx, IrBlk b)
{
    const IrBlock *block = &cx->ir->blocks.at[b];
    u32 i = 0;
    while (i < block->order_len && NODE(cx->ir->order[block->order_first + i])->op == IR_PHI)
        i++;
    return i;
}

/* Makes room for every block's phis: their inputs are filled in where the predecessors end. */
static void list_phis(LowerCtx *cx)
{
    RaFunc *ra = &cx->m->ra;
    VEC(RaPhi) phis = {0};
    u32 ninputs = 0;
    for (u32 b = 0; b < ra->nblocks; b++) {
        RaBlock *r = &ra->blocks[b];
        IrBlk ir = cx->m->block_ir[b];
        r->phi_at = phis.len;
        if (ir == IR_NO_BLOCK)
            continue;
        r->nphis = first_not_phi(cx, ir);
        for (u32 i = 0; i < r->nphis; i++) {
            IrRef phi = cx->ir->order[cx->ir->blocks.at[ir].order_first + i];
            vec_push(cx->arena, &phis, (RaPhi){phi, ninputs});
            ninputs += r->npred;
        }
    }
    ra->phis = phis.at;
    ra->nphis = phis.len;
    ra->phi_inputs = arena_array(cx->arena, u32, ninputs);
}

/* The values that the phis of a block's successor take from it; edge: its entry in ra.edges.
 * Constants among them are made here, before the end of the block. */
static void use_phi_inputs(LowerCtx *cx, u32 edge)
{
    RaFunc *ra = &cx->m->ra;
    const RaBlock *t = &ra->blocks[ra->edges[edge]];
    u32 first = cx->insts.len, p = cx->pred_no[edge];
    for (u32 i = 0; i < t->nphis; i++) {
        const RaPhi *phi = &ra->phis[t->phi_at + i];
        const u32 *inputs = cx->ir->extra.at + NODE(phi->def)->c;
        ra->phi_inputs[phi->input + p] = mach_use(cx, inputs[cx->pred_place[t->pred_at + p]]);
    }
    end_group(cx, first);
}

static bool walk_block(LowerCtx *cx, u32 b)
{
    const RaBlock *r = &cx->m->ra.blocks[b];
    IrBlk ir = cx->m->block_ir[b];
    if (ir == IR_NO_BLOCK) {
        u32 first = cx->insts.len;
        cx->src = 0;
        cx->target->lower_ops->jump(cx);
        end_group(cx, first);
        use_phi_inputs(cx, r->succ_at);
        return true;
    }
    const IrBlock *block = &cx->ir->blocks.at[ir];
    const u32 *order = cx->ir->order + block->order_first;
    cx->block = ir;
    for (u32 i = block->order_len; i-- > first_not_phi(cx, ir);) {
        if (!visit(cx, order[i])) {
            cx->root = order[i];
            return false;
        }
        if (i == block->order_len - 1) {
            cx->src = 0;
            for (u32 s = 0; s < r->nsucc; s++)
                use_phi_inputs(cx, r->succ_at + s);
        }
    }
    if (b == 0) {
        u32 first = cx->insts.len;
        cx->src = 0;
        mach_abi_params(cx);
        end_group(cx, first);
    }
    return true;
}

/* ---- putting it together ---- */

static void begin(LowerCtx *cx, MFunc *m)
{
    u32 n = m->ir->nodes.len;
    *cx = (LowerCtx){.m = m, .ir = m->ir, .nodes = m->ir->nodes.at, .options = m->options,
                     .target = m->target, .arena = m->arena};
    cx->uses = arena_array(m->arena, u8, n);
    cx->wanted = arena_array(m->arena, u8, n);
    cx->sunk = arena_array(m->arena, u8, n);
    cx->faults = arena_array(m->arena, u8, n);
    cx->effects = arena_array(m->arena, u32, n);
    cx->writes = arena_array(m->arena, u32, n);
    cx->place = arena_array(m->arena, u32, n);
    cx->next_result = arena_array(m->arena, u32, n);
    vec_push(m->arena, &cx->clobbers, 0);
    vec_reserve(m->arena, &cx->vregs, n + n / 2);
    vec_reserve(m->arena, &cx->remat_of, n + n / 2);
    for (u32 i = 0; i < n; i++) {
        cx->vregs.at[i] = (RaVreg){.hint = RA_ANY_REG};
        cx->remat_of.at[i] = UINT32_MAX;
    }
    cx->vregs.len = cx->remat_of.len = n;
    count_uses(cx);
    count_effects(cx);
    leave_null_checks(cx);
}

/* Copies the groups, which are last to first, into final order. */
static void put_in_order(LowerCtx *cx, const u32 *block_groups)
{
    MFunc *m = cx->m;
    RaFunc *ra = &m->ra;
    u32 n = cx->insts.len, at = 0;
    vec_reserve(cx->arena, &m->insts, n);
    m->insts.len = n;
    ra->insts = arena_array_raw(cx->arena, RaInst, n + 1);
    ra->ninsts = n;
    for (u32 b = 0; b < ra->nblocks; b++) {
        ra->blocks[b].first = at;
        /* Block b's groups lie behind those of the blocks after it. */
        u32 first = block_groups[b + 1], end = block_groups[b];
        for (u32 g = end; g-- > first;) {
            u32 from = cx->groups.at[g];
            u32 to = g + 1 < cx->groups.len ? cx->groups.at[g + 1] : n;
            memcpy(m->insts.at + at, cx->insts.at + from, (to - from) * sizeof(MInst));
            memcpy(ra->insts + at, cx->ra_insts.at + from, (to - from) * sizeof(RaInst));
            at += to - from;
        }
        ra->blocks[b].end = at;
        check(at > ra->blocks[b].first);
    }
    check(at == n);
    ra->opnds = cx->opnds.at;
    ra->nopnds = cx->opnds.len;
    ra->vregs = cx->vregs.at;
    ra->nvregs = cx->vregs.len;
    ra->clobbers = cx->clobbers.at;
    m->remat_of = cx->remat_of.at;
}

bool mach_lower(MFunc *f, const char **unsupported)
{
    LowerCtx ctx, *cx = &ctx;
    begin(cx, f);
    f->ra.arena = f->arena;
    f->ra.env = f->target->env;
    mach_make_blocks(cx);
    list_phis(cx);
    u32 nblocks = f->ra.nblocks;
    u32 *block_groups = arena_array(cx->arena, u32, nblocks + 1);
    for (u32 b = nblocks; b-- > 0;) {
        block_groups[b + 1] = cx->groups.len;
        if (!walk_block(cx, b)) {
            *unsupported = ir_op_info[NODE(cx->root)->op].text;
            return false;
        }
    }
    block_groups[0] = cx->groups.len;
    put_in_order(cx, block_groups);
    return true;
}
