/* Structured control flow to blocks and phis.
 *
 * A label's block is made when control reaches it, so blocks come in an order in which forward
 * edges go forward; a jump to a label that is still open is an Edge whose slot in the edge list is
 * filled then. Each edge carries the label's values and those locals the construct may assign: at
 * the label, a value that differs between edges gets a phi. */
#include "base/bitset.h"
#include "front/front_int.h"
#include "front/gc.h"

#define NO_EDGE FRONT_NO_EDGE
/* Snapshots of locals at branches may take this many words for one function. */
#define MAX_SNAPSHOT_WORDS (64u << 20)

static Frame *top(Front *w) { return &w->frames.at[w->frames.len - 1]; }

/* ---- blocks ---- */

u32 control_terminate(Front *w, IrOp op, IrRef a, u32 b, u32 c, u32 n)
{
    front_charge(w);
    IrFunc *f = w->f;
    ir_emit(w->b, op, IR_VOID, a, b, c);
    IrBlock *block = &f->blocks.at[w->b->cur];
    block->succ_at = f->edges.len;
    block->nsucc = n;
    vec_reserve(f->arena, &f->edges, n);
    for (u32 i = 0; i < n; i++)
        f->edges.at[f->edges.len++] = IR_NO_BLOCK;
    u32 slots = block->succ_at;
    w->b->cur = IR_NO_BLOCK;
    return slots;
}

void control_begin_single(Front *w, IrBlk pred, u32 slot)
{
    IrFunc *f = w->f;
    IrBlk b = ir_new_block(w->b);
    f->edges.at[slot] = b;
    f->blocks.at[b].pred_at = f->edges.len;
    f->blocks.at[b].npred = 1;
    vec_push(f->arena, &f->edges, pred);
    ir_set_idom(f->blocks.at, b, pred);
    w->b->cur = b;
}

/* ---- edges ---- */

/* Number of values an edge to the frame's label carries, locals not counted. */
static u32 label_arity(const Frame *frame)
{
    return frame->kind == FRAME_LOOP ? frame->sig.n_params : frame->sig.n_results;
}

u32 control_snapshot(Front *w, const Frame *frame, u32 n)
{
    u32 at = w->values.len;
    w->snapshot_words += n + frame->nassigned;
    if (w->snapshot_words > MAX_SNAPSHOT_WORDS) {
        diag_fail(w->diag, w->op_at, "function is too complex: too many locals live at branches");
        longjmp(*w->arena->on_oom, 1);
    }
    vec_reserve(w->arena, &w->values, n + frame->nassigned);
    for (u32 i = 0; i < n; i++)
        w->values.at[at + i] = w->stack.at[w->stack.len - n + i];
    for (u32 i = 0; i < frame->nassigned; i++)
        w->values.at[at + n + i] = w->locals.at[w->assigned.at[frame->assigned + i]];
    w->values.len += n + frame->nassigned;
    return at;
}

void control_add_edge(Front *w, Frame *frame, IrBlk pred, u32 slot, u32 values)
{
    Edge edge = {pred, slot, values, frame->edges, w->b->versions};
    vec_push(w->arena, &w->edges, edge);
    frame->edges = w->edges.len - 1;
    frame->nedges++;
}

static u32 frame_at(const Front *w, u32 depth) { return w->frames.len - 1 - depth; }

void control_branch(Front *w, u32 depth)
{
    u32 frame_ix = frame_at(w, depth);
    Frame *frame = &w->frames.at[frame_ix];
    u32 values = control_snapshot(w, frame, label_arity(frame));
    IrBlk pred = w->b->cur;
    u32 slot = control_terminate(w, IR_JUMP, 0, 0, 0, 1);
    control_add_edge(w, &w->frames.at[frame_ix], pred, slot, values);
}

void control_branch_if(Front *w, IrRef condition, bool branch_on, u32 depth)
{
    u32 frame_ix = frame_at(w, depth);
    Frame *frame = &w->frames.at[frame_ix];
    if (ir_is_const(w->f, condition)) {
        if ((ir_const_value(w->f, condition) != 0) == branch_on)
            control_branch(w, depth);
        return;
    }
    u32 values = control_snapshot(w, frame, label_arity(frame));
    IrBlk pred = w->b->cur;
    u32 slots = control_terminate(w, IR_BR, condition, 0, 0, 2);
    control_add_edge(w, &w->frames.at[frame_ix], pred, slots + (branch_on ? 0 : 1), values);
    control_begin_single(w, pred, slots + (branch_on ? 1 : 0));
}

static void branch_table(Front *w)
{
    u32 n = wasm_read_u32(&w->reader);
    IrRef index = pop(w);
    IrBlk pred = w->b->cur;
    u32 slots = control_terminate(w, IR_BR_TABLE, index, 0, 0, n + 1);
    /* All edges to one label from here carry the same values: one snapshot for each label. */
    while (w->label_values.len < w->frames.len)
        vec_push(w->arena, &w->label_values, 0);
    u32 *values_of = w->label_values.at;
    WasmReader labels = w->reader;
    for (u32 i = 0; i <= n; i++) {
        u32 frame_ix = frame_at(w, wasm_read_u32(&w->reader));
        const Frame *frame = &w->frames.at[frame_ix];
        if (!values_of[frame_ix])
            values_of[frame_ix] = control_snapshot(w, frame, label_arity(frame)) + 1;
        control_add_edge(w, &w->frames.at[frame_ix], pred, slots + i, values_of[frame_ix] - 1);
    }
    for (u32 i = 0; i <= n; i++)
        values_of[frame_at(w, wasm_read_u32(&labels))] = 0;
}

void control_return(Front *w)
{
    if (w->callers.len) {
        control_branch(w, w->frames.len - 1 - w->func_frame);
        return;
    }
    u32 n = w->f->nresults;
    u32 at = ir_extra(w->b, &n, 1);
    ir_extra(w->b, w->stack.at + (w->stack.len - n), n);
    control_terminate(w, IR_RETURN, 0, 0, at, 0);
}

/* Writes the predecessor list and the slots of a label's block. `first` is a predecessor in front
 * of the edges (a loop's entry), or IR_NO_BLOCK. Edges are listed oldest first. */
static void connect(Front *w, IrBlk b, const Frame *frame, IrBlk first)
{
    IrFunc *f = w->f;
    u32 n = frame->nedges + (first != IR_NO_BLOCK);
    vec_reserve(f->arena, &f->edges, n);
    u32 at = f->edges.len;
    f->edges.len += n;
    f->blocks.at[b].pred_at = at;
    f->blocks.at[b].npred = n;
    if (first != IR_NO_BLOCK)
        f->edges.at[at] = first;
    u32 i = n;
    for (u32 e = frame->edges; e != NO_EDGE; e = w->edges.at[e].next) {
        f->edges.at[at + --i] = w->edges.at[e].pred;
        f->edges.at[w->edges.at[e].slot] = b;
    }
}

/* The value number `which` at a label: what all edges agree on, or a phi. */
static IrRef merge_value(Front *w, IrBlk b, const Frame *frame, u32 which)
{
    u32 e = frame->edges;
    IrRef first = w->values.at[w->edges.at[e].values + which];
    bool is_same = true;
    for (; e != NO_EDGE && is_same; e = w->edges.at[e].next)
        is_same = w->values.at[w->edges.at[e].values + which] == first;
    if (is_same)
        return first;
    IrRef phi = ir_new_phi(w->b, b, (IrType)ir_node(w->f, first)->type);
    vec_reserve(w->arena, &w->f->extra, frame->nedges);
    u32 at = w->f->extra.len, i = frame->nedges;
    w->f->extra.len += frame->nedges;
    for (e = frame->edges; e != NO_EDGE; e = w->edges.at[e].next)
        w->f->extra.at[at + --i] = w->values.at[w->edges.at[e].values + which];
    ir_node(w->f, phi)->c = at;
    return phi;
}

void control_begin_label(Front *w, const Frame *frame)
{
    IrFunc *f = w->f;
    IrBlk b = ir_new_block(w->b);
    connect(w, b, frame, IR_NO_BLOCK);
    u32 e = frame->edges;
    IrBlk idom = w->edges.at[e].pred;
    w->b->versions = w->edges.at[e].versions;
    for (e = w->edges.at[e].next; e != NO_EDGE; e = w->edges.at[e].next) {
        idom = ir_common_dominator(f->blocks.at, idom, w->edges.at[e].pred);
        ir_merge_versions(w->b, &w->b->versions, &w->edges.at[e].versions);
    }
    ir_set_idom(f->blocks.at, b, idom);
    w->b->cur = b;
    u32 arity = label_arity(frame); /* not a loop: its results */
    for (u32 i = 0; i < arity; i++) {
        push(w, merge_value(w, b, frame, i));
        gc_note_type(w, vec_last(&w->stack), frame->sig.results[i]);
    }
    for (u32 i = 0; i < frame->nassigned; i++) {
        u32 local = w->assigned.at[frame->assigned + i];
        w->locals.at[local] = merge_value(w, b, frame, arity + i);
        gc_note_local(w, local);
    }
}

/* ---- constructs ---- */

/* Lists the locals a construct may assign. */
static void list_assigned(Front *w, Frame *frame, const WasmConstruct *c)
{
    const WasmBodyInfo *info = w->info;
    if (c->flags & WASM_ASSIGNS_ALL) {
        for (u32 i = 0; i < info->n_locals; i++)
            vec_push(w->arena, &w->assigned, w->first_local + i);
    } else if (info->n_locals <= 64) {
        u32 local;
        BITSET_EACH(&c->assigned_bits, 1, local)
            vec_push(w->arena, &w->assigned, w->first_local + local);
    } else {
        for (u32 i = 0; i < c->assigned_len; i++)
            vec_push(w->arena, &w->assigned,
                     w->first_local + info->assigned[c->assigned_at + i]);
    }
    frame->nassigned = w->assigned.len - frame->assigned;
}

Frame *control_open_frame(Front *w, FrameKind kind, const WasmConstruct **construct)
{
    u32 number = w->next_construct++;
    const WasmConstruct *c = *construct = &w->info->constructs[number];
    wasm_read_block_type(&w->reader, w->m);
    Frame frame = {.kind = (u8)kind, .construct = number, .edges = NO_EDGE,
                   .handler = top(w)->handler};
    frame.assigned = w->assigned.len;
    frame.has_label = c->n_branches != 0;
    frame.sig = wasm_block_sig(w->m, &c->type);
    frame.height = w->stack.len - frame.sig.n_params;
    /* Without a branch to it a block's label is reached one way only. */
    if (frame.has_label || kind == FRAME_IF || kind >= FRAME_TRY_TABLE)
        list_assigned(w, &frame, c);
    vec_push(w->arena, &w->frames, frame);
    return top(w);
}

static IrRef loop_phi(Front *w, IrBlk header, IrRef entry)
{
    IrRef phi = ir_new_phi(w->b, header, (IrType)ir_node(w->f, entry)->type);
    vec_push(w->arena, &w->values, phi);
    return phi;
}

static void forget_memory(Front *w, const WasmConstruct *c)
{
    /* What other threads write is seen in the next turn, if not before. */
    bool is_written = w->fm->has_shared_memory ||
                      c->flags & (WASM_HAS_STORE | WASM_HAS_CALL | WASM_HAS_GROW);
    for (u32 g = 0; g < IR_GROUP_COUNT; g++)
        if (g != IR_GROUP_MEMORY || is_written)
            ir_clobber_group(w->b, (IrGroup)g);
}

static void poll(Front *w)
{
    if (w->fm->options.epoch)
        ir_emit(w->b, IR_POLL, IR_VOID, 0, 0, 0);
}

static void open_loop(Front *w)
{
    const WasmConstruct *c;
    Frame *frame = control_open_frame(w, FRAME_LOOP, &c);
    if (!frame->has_label)
        return;
    IrBlk entry = w->b->cur;
    u32 values = control_snapshot(w, frame, frame->sig.n_params);
    u32 slot = control_terminate(w, IR_JUMP, 0, 0, 0, 1);
    frame = top(w);
    IrBlk header = ir_new_block(w->b);
    ir_set_idom(w->f->blocks.at, header, entry);
    w->f->edges.at[slot] = header;
    w->b->cur = header;
    frame->header = header;
    frame->before = entry;
    frame->before_values = values;
    frame->phis = w->values.len;
    for (u32 i = 0; i < frame->sig.n_params; i++) {
        IrRef *operand = &w->stack.at[frame->height + i];
        *operand = loop_phi(w, header, *operand);
        gc_note_type(w, *operand, frame->sig.params[i]);
    }
    for (u32 i = 0; i < frame->nassigned; i++) {
        u32 number = w->assigned.at[frame->assigned + i];
        w->locals.at[number] = loop_phi(w, header, w->locals.at[number]);
        gc_note_local(w, number);
    }
    forget_memory(w, c);
    poll(w);
}

/* All back edges are known: gives the header its predecessors and its phis their inputs. */
static void close_loop(Front *w, const Frame *frame)
{
    IrFunc *f = w->f;
    connect(w, frame->header, frame, frame->before);
    u32 nphis = frame->sig.n_params + frame->nassigned, n = frame->nedges + 1;
    for (u32 k = 0; k < nphis; k++) {
        vec_reserve(w->arena, &f->extra, n);
        u32 at = f->extra.len, i = n;
        f->extra.len += n;
        f->extra.at[at] = w->values.at[frame->before_values + k];
        for (u32 e = frame->edges; e != NO_EDGE; e = w->edges.at[e].next)
            f->extra.at[at + --i] = w->values.at[w->edges.at[e].values + k];
        ir_node(f, w->values.at[frame->phis + k])->c = at;
    }
}

static void open_if(Front *w)
{
    IrRef condition = pop(w);
    const WasmConstruct *c;
    Frame *frame = control_open_frame(w, FRAME_IF, &c);
    u32 values = control_snapshot(w, frame, frame->sig.n_params);
    IrBlk pred = w->b->cur;
    IrVersions versions = w->b->versions;
    u32 slots = control_terminate(w, IR_BR, condition, 0, 0, 2);
    frame = top(w);
    frame->before = pred;
    frame->else_slot = slots + 1;
    frame->before_values = values;
    frame->before_versions = versions;
    control_begin_single(w, pred, slots);
}

/* Puts back operands and locals as they were before the if. */
static void restore_before_if(Front *w, const Frame *frame)
{
    w->stack.len = frame->height;
    const u32 *values = w->values.at + frame->before_values;
    for (u32 i = 0; i < frame->sig.n_params; i++)
        push(w, values[i]);
    for (u32 i = 0; i < frame->nassigned; i++)
        w->locals.at[w->assigned.at[frame->assigned + i]] = values[frame->sig.n_params + i];
    w->b->versions = frame->before_versions;
}

static void begin_else(Front *w)
{
    if (w->b->cur != IR_NO_BLOCK)
        control_branch(w, 0);
    Frame *frame = top(w);
    restore_before_if(w, frame);
    control_begin_single(w, frame->before, frame->else_slot);
    frame->kind = FRAME_ELSE;
}

void control_end_construct(Front *w)
{
    Frame *frame = top(w);
    if (frame->kind == FRAME_IF) {
        /* No else: the condition's other side goes straight to the label with the parameters. */
        begin_else(w);
        frame = top(w);
    }
    if (frame->kind >= FRAME_TRY_TABLE) {
        exception_end(w);
        frame = top(w);
    }
    if (frame->kind == FRAME_LOOP) {
        if (frame->has_label)
            close_loop(w, frame);
    } else if (frame->nedges) {
        if (w->b->cur != IR_NO_BLOCK)
            control_branch(w, 0);
        frame = top(w);
        w->stack.len = frame->height;
        control_begin_label(w, frame);
    }
    w->assigned.len = frame->assigned;
    w->frames.len--;
}

static void open_function(Front *w, u32 handler)
{
    Frame frame = {.kind = FRAME_FUNC, .construct = WASM_NONE, .edges = NO_EDGE,
                   .height = w->stack.len, .assigned = w->assigned.len, .handler = handler};
    frame.sig = *w->info->type;
    frame.sig.n_params = 0;
    w->func_frame = w->frames.len;
    vec_push(w->arena, &w->frames, frame);
}

void control_begin(Front *w)
{
    IrBlk entry = ir_new_block(w->b);
    w->b->cur = entry;
    ir_set_idom(w->f->blocks.at, entry, entry);
    open_function(w, FRONT_NO_TRY);
    w->b->src = wasm_reader_offset(&w->reader, w->m); /* of what interrupts on entry */
    poll(w);
    w->b->src = 0;
}

/* Exceptions that leave the body go where those of the call would have gone. */
void control_begin_inlined(Front *w) { open_function(w, top(w)->handler); }

void control_skip_dead(Front *w)
{
    const Frame *frame = top(w);
    if (frame->kind == FRAME_TRY || frame->kind == FRAME_CATCH) {
        exception_skip_dead(w);
        return;
    }
    u32 to = w->info->code_end - 1;
    if (frame->construct != WASM_NONE) {
        const WasmConstruct *c = &w->info->constructs[frame->construct];
        to = frame->kind == FRAME_IF && c->else_at ? c->else_at : c->end;
    }
    w->reader.at = w->m->bytes + to;
    while (w->next_construct < w->info->n_constructs &&
           w->info->constructs[w->next_construct].start < to)
        w->next_construct++;
}

Detour control_detour(Front *w, IrRef condition)
{
    Detour d = {.test = w->b->cur, .versions = w->b->versions};
    u32 slots = control_terminate(w, IR_BR, condition, 0, 0, 2);
    d.straight_slot = slots + 1;
    control_begin_single(w, d.test, slots);
    return d;
}

/* Begins the block where two ways meet: the ends of both, and their successor slots. */
static void join_two(Front *w, IrBlk idom, IrBlk end0, u32 slot0, IrBlk end1, u32 slot1)
{
    IrFunc *f = w->f;
    IrBlk b = ir_new_block(w->b);
    f->edges.at[slot0] = b;
    f->edges.at[slot1] = b;
    f->blocks.at[b].pred_at = f->edges.len;
    f->blocks.at[b].npred = 2;
    vec_push(f->arena, &f->edges, end0);
    vec_push(f->arena, &f->edges, end1);
    ir_set_idom(f->blocks.at, b, idom);
    w->b->cur = b;
}

void control_rejoin(Front *w, const Detour *d)
{
    IrBlk side = w->b->cur;
    u32 slot = control_terminate(w, IR_JUMP, 0, 0, 0, 1);
    join_two(w, d->test, d->test, d->straight_slot, side, slot);
    ir_merge_versions(w->b, &w->b->versions, &d->versions);
}

Fork control_fork(Front *w, IrRef condition)
{
    Fork f = {.test = w->b->cur};
    f.slots = control_terminate(w, IR_BR, condition, 0, 0, 2);
    f.before = w->b->versions;
    control_begin_single(w, f.test, f.slots);
    return f;
}

void control_fork_else(Front *w, Fork *f, IrRef value)
{
    f->yes_value = value;
    f->yes_end = w->b->cur;
    f->yes_slot = control_terminate(w, IR_JUMP, 0, 0, 0, 1);
    f->yes = w->b->versions;
    w->b->versions = f->before;
    control_begin_single(w, f->test, f->slots + 1);
}

void control_fork_leave(Front *w, const Fork *f)
{
    w->b->versions = f->before;
    control_begin_single(w, f->test, f->slots + 1);
}

IrRef control_fork_join(Front *w, Fork *fork, IrRef value)
{
    IrFunc *f = w->f;
    IrBlk no_end = w->b->cur;
    u32 slot = control_terminate(w, IR_JUMP, 0, 0, 0, 1);
    join_two(w, fork->test, fork->yes_end, fork->yes_slot, no_end, slot);
    ir_merge_versions(w->b, &w->b->versions, &fork->yes);
    IrRef phi = ir_new_phi(w->b, w->b->cur, (IrType)ir_node(f, value)->type);
    const u32 inputs[2] = {fork->yes_value, value};
    u32 at = ir_extra(w->b, inputs, 2); /* may move the nodes */
    ir_node(f, phi)->c = at;
    return phi;
}

static void branch_on_null(Front *w, bool on_null)
{
    u32 depth = wasm_read_u32(&w->reader);
    IrRef ref = pop(w);
    IrRef null = ir_const(w->b, (IrType)ir_node(w->f, ref)->type, 0);
    IrRef is_null = ir_emit2(w->b, IR_EQ, IR_I32, ref, null);
    if (on_null) {
        control_branch_if(w, is_null, true, depth);
        if (w->b->cur != IR_NO_BLOCK) {
            gc_note_type(w, ref, WASM_REF | WASM_ABSTRACT | WASM_HEAP_ANY);
            push(w, ref);
        }
    } else {
        push(w, ref);
        control_branch_if(w, is_null, false, depth);
        if (w->b->cur != IR_NO_BLOCK)
            pop(w);
    }
}

static void end_function(Front *w)
{
    Frame *frame = top(w);
    if (frame->nedges) {
        if (w->b->cur != IR_NO_BLOCK)
            control_branch(w, 0);
        frame = top(w);
        w->stack.len = frame->height;
        control_begin_label(w, frame);
    }
    w->frames.len--;
    if (w->callers.len)
        inline_leave(w);
    else if (w->b->cur != IR_NO_BLOCK)
        control_return(w);
}

bool control_op(Front *w, WasmOp op)
{
    const WasmConstruct *c;
    switch (op) {
    case WASM_OP_NOP:
        return true;
    case WASM_OP_UNREACHABLE:
        control_terminate(w, IR_TRAP, 0, VM_TRAP_UNREACHABLE_CODE_REACHED, 0, 0);
        return true;
    case WASM_OP_BLOCK:
        control_open_frame(w, FRAME_BLOCK, &c);
        return true;
    case WASM_OP_LOOP:
        open_loop(w);
        return true;
    case WASM_OP_IF:
        open_if(w);
        return true;
    case WASM_OP_ELSE:
        begin_else(w);
        return true;
    case WASM_OP_END:
        if (top(w)->kind == FRAME_FUNC)
            end_function(w);
        else
            control_end_construct(w);
        return true;
    case WASM_OP_BR:
        control_branch(w, wasm_read_u32(&w->reader));
        return true;
    case WASM_OP_BR_IF: {
        u32 depth = wasm_read_u32(&w->reader);
        IrRef condition = pop(w);
        control_branch_if(w, condition, true, depth);
        return true;
    }
    case WASM_OP_BR_TABLE:
        branch_table(w);
        return true;
    case WASM_OP_RETURN:
        control_return(w);
        return true;
    case WASM_OP_BR_ON_NULL:
        branch_on_null(w, true);
        return true;
    case WASM_OP_BR_ON_NON_NULL:
        branch_on_null(w, false);
        return true;
    default:
        return false;
    }
}
