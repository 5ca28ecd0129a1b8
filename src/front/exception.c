/* Exceptions: try_table, throw and throw_ref, and the older try, catch, delegate and rethrow.
 *
 * An exception on its way is *in flight*: its tag, values and, if one was made, its object are in
 * the store (docs/vmabi.md), and who catches it reads them there at once. So nothing is allocated
 * unless somebody wants the exception as a reference.
 *
 * A call within a try ends its block; its second successor, the landing pad, takes the locals to
 * the try's label. There the clauses are tried in order; what none takes goes on to the label of
 * the try around it, and out of the outermost one the frame is left. The label is made where the
 * construct ends, or a legacy try has its first catch: all that leads there is known by then.
 *
 * What the function itself throws is looked for among the clauses at once: where a clause is known
 * to take it, throwing is a branch. A tag is told from another by its number, but for imports, two
 * of which may be one tag: these are compared when they run. */
#include "front/front_int.h"

/* So many clauses a throw looks at by itself. */
#define MAX_LOOK_AHEAD 32

static Frame *top(Front *w) { return &vec_last(&w->frames); }

/* ---- the exception in flight ---- */

static IrRef store_field(Front *w, IrType type, u32 off)
{
    IrRef store = ir_emit(w->b, IR_CTXLD, IR_I64, 0, 0, (u32)offsetof(VmCtx, store));
    return ir_emit(w->b, IR_PLOAD, type, store, IR_ALIAS_STORE, off);
}

static void set_store_field(Front *w, u32 off, IrRef value)
{
    IrRef store = ir_emit(w->b, IR_CTXLD, IR_I64, 0, 0, (u32)offsetof(VmCtx, store));
    const u32 place[2] = {off, IR_ALIAS_STORE};
    ir_emit(w->b, IR_PSTORE, IR_VOID, store, value, ir_extra(w->b, place, 2));
}

/* The identity of a tag, constant as long as the instance lives. */
static IrRef tag_identity(Front *w, u32 tag)
{
    return ir_emit(w->b, IR_CTXLD, IR_I64, 0, 0,
                   w->fm->layout.imported_tags + tag * (u32)sizeof(u64));
}

static const IrSig *tag_sig(const Front *w, u32 tag) { return &w->fm->sigs[w->m->tags[tag].type]; }

/* Puts an exception in flight, its values being on top of the stack. */
static void put_in_flight(Front *w, u32 tag)
{
    const IrSig *sig = tag_sig(w, tag);
    IrRef values = store_field(w, IR_I64, (u32)offsetof(VmStore, exn_values));
    for (u32 i = 0; i < sig->nparams; i++) {
        const u32 place[2] = {i * (u32)sizeof(VmVal), IR_ALIAS_HOST};
        ir_emit(w->b, IR_PSTORE, IR_VOID, values, w->stack.at[w->stack.len - sig->nparams + i],
                ir_extra(w->b, place, 2));
    }
    set_store_field(w, (u32)offsetof(VmStore, exn_tag), tag_identity(w, tag));
    set_store_field(w, (u32)offsetof(VmStore, exn_ref), ir_const(w->b, IR_I32, 0));
}

static void push_values_in_flight(Front *w, u32 tag)
{
    const IrSig *sig = tag_sig(w, tag);
    IrRef values = store_field(w, IR_I64, (u32)offsetof(VmStore, exn_values));
    for (u32 i = 0; i < sig->nparams; i++)
        push(w, ir_emit(w->b, IR_PLOAD, (IrType)sig->params[i], values, IR_ALIAS_HOST,
                        i * (u32)sizeof(VmVal)));
}

static IrRef take_in_flight(Front *w) { return front_libcall(w, VM_LIBCALL_EXN_TAKE, NULL, 0); }

/* The exception in flight goes to a handler of this function, or out of the frame. */
static void pass_on(Front *w, u32 handler)
{
    if (handler == FRONT_NO_TRY) {
        front_libcall(w, VM_LIBCALL_UNWIND, NULL, 0);
        control_terminate(w, IR_TRAP, 0, VM_TRAP_UNREACHABLE_CODE_REACHED, 0, 0);
        return;
    }
    Frame *label = &w->tries.at[handler].label;
    u32 values = control_snapshot(w, label, 0);
    IrBlk pred = w->b->cur;
    u32 slot = control_terminate(w, IR_JUMP, 0, 0, 0, 1);
    control_add_edge(w, label, pred, slot, values);
}

IrRef exception_call(Front *w, IrOp op, u32 a, u32 b, u32 args)
{
    IrOp with_pad = op == IR_CALL        ? IR_TRY_CALL
                    : op == IR_CALL_REF  ? IR_TRY_CALL_REF
                    : op == IR_CALL_CODE ? IR_TRY_CALL_CODE
                                         : IR_TRY_CALL_IMPORT;
    IrBlk pred = w->b->cur;
    u32 slots = control_terminate(w, with_pad, a, b, args, 2);
    IrRef call = w->f->nodes.len - 1;
    IrVersions versions = w->b->versions;
    control_begin_single(w, pred, slots + 1);
    pass_on(w, top(w)->handler);
    w->b->versions = versions;
    control_begin_single(w, pred, slots);
    return call;
}

/* ---- two ways on ---- */

/* A branch whose other side is built later, as if this one had not been. */
typedef struct Parting {
    IrBlk test;
    u32 other_slot;
    u32 height;
    IrVersions versions;
} Parting;

static Parting part_if(Front *w, IrRef condition)
{
    Parting parting = {.test = w->b->cur, .height = w->stack.len};
    u32 slots = control_terminate(w, IR_BR, condition, 0, 0, 2);
    parting.other_slot = slots + 1;
    parting.versions = w->b->versions;
    control_begin_single(w, parting.test, slots);
    return parting;
}

/* No locals have been assigned in between. */
static void take_other_way(Front *w, const Parting *parting)
{
    w->stack.len = parting->height;
    w->b->versions = parting->versions;
    control_begin_single(w, parting->test, parting->other_slot);
}

/* ---- try_table ---- */

static u32 new_try(Front *w, const Frame *frame, u32 outer, bool is_legacy)
{
    Try t = {.outer = outer, .clauses = w->clauses.len, .is_legacy = is_legacy};
    t.label = (Frame){.kind = FRAME_BLOCK, .edges = FRONT_NO_EDGE, .assigned = frame->assigned,
                      .nassigned = frame->nassigned};
    vec_push(w->arena, &w->tries, t);
    return w->tries.len - 1;
}

static void open_try_table(Front *w)
{
    const WasmConstruct *c;
    Frame *frame = control_open_frame(w, FRAME_TRY_TABLE, &c);
    u32 number = new_try(w, frame, frame->handler, false), inside = w->frames.len - 1;
    frame->handler = number;
    u32 n = w->tries.at[number].nclauses = wasm_read_u32(&w->reader);
    for (u32 i = 0; i < n; i++) {
        Clause clause = {.kind = wasm_read_u8(&w->reader)};
        if (!(clause.kind & CLAUSE_ALL))
            clause.tag = wasm_read_u32(&w->reader);
        clause.frame_ix = inside - 1 - wasm_read_u32(&w->reader);
        vec_push(w->arena, &w->clauses, clause);
    }
}

static void branch_to(Front *w, u32 frame_ix)
{
    control_branch(w, w->frames.len - 1 - frame_ix);
}

/* The exception in flight goes where a clause says. */
static void take_clause(Front *w, const Clause *clause)
{
    if (!(clause->kind & CLAUSE_ALL))
        push_values_in_flight(w, clause->tag);
    if (clause->kind & CLAUSE_TAG_REF)
        push(w, take_in_flight(w));
    branch_to(w, clause->frame_ix);
}

static IrRef is_in_flight(Front *w, u32 tag)
{
    IrRef flying = store_field(w, IR_I64, (u32)offsetof(VmStore, exn_tag));
    return ir_emit2(w->b, IR_EQ, IR_I32, flying, tag_identity(w, tag));
}

static void try_clauses(Front *w, const Try *t)
{
    u32 outer = t->outer;
    for (u32 i = t->clauses, end = i + t->nclauses; i < end; i++) {
        const Clause clause = w->clauses.at[i];
        if (clause.kind & CLAUSE_ALL) {
            u32 height = w->stack.len;
            take_clause(w, &clause);
            w->stack.len = height;
            return;
        }
        Parting parting = part_if(w, is_in_flight(w, clause.tag));
        take_clause(w, &clause);
        take_other_way(w, &parting);
    }
    pass_on(w, outer);
}

static void end_try_table(Front *w)
{
    u32 number = top(w)->handler;
    const Try t = w->tries.at[number];
    if (t.label.nedges) {
        if (w->b->cur != IR_NO_BLOCK)
            control_branch(w, 0);
        w->stack.len = top(w)->height;
        control_begin_label(w, &t.label);
        try_clauses(w, &t);
    }
    w->clauses.len = t.clauses;
    w->tries.len = number;
}

/* ---- legacy: try, catch, delegate ---- */

static void open_try(Front *w)
{
    const WasmConstruct *c;
    Frame *frame = control_open_frame(w, FRAME_TRY, &c);
    frame->handler = new_try(w, frame, frame->handler, true);
    frame->before = IR_NO_BLOCK;
}

/* The part in front of the first catch is over: control is where its exceptions arrive, if any
 * do. */
static void end_try_body(Front *w)
{
    Frame *frame = top(w);
    const Try t = w->tries.at[frame->handler];
    w->tries.len = frame->handler;
    frame->handler = t.outer;
    frame->kind = FRAME_CATCH;
    w->stack.len = frame->height;
    if (t.label.nedges)
        control_begin_label(w, &t.label);
}

/* To where the tags of all catches so far did not fit: locals are as they were there. */
static void begin_next_catch(Front *w)
{
    Frame *frame = top(w);
    w->stack.len = frame->height;
    if (frame->before == IR_NO_BLOCK)
        return;
    for (u32 i = 0; i < frame->nassigned; i++)
        w->locals.at[w->assigned.at[frame->assigned + i]] = w->values.at[frame->before_values + i];
    w->b->versions = frame->before_versions;
    control_begin_single(w, frame->before, frame->else_slot);
    frame->before = IR_NO_BLOCK;
}

/* An object nobody threw again need not be made. */
static void forget_unused_object(Front *w)
{
    Frame *frame = top(w);
    if (frame->exn && !frame->is_rethrown)
        ir_node(w->f, frame->exn)->op = IR_NONE;
    frame->exn = 0;
    frame->is_rethrown = false;
}

static void end_part(Front *w)
{
    if (w->b->cur != IR_NO_BLOCK)
        control_branch(w, 0);
    if (top(w)->kind == FRAME_TRY) {
        end_try_body(w);
    } else {
        forget_unused_object(w);
        begin_next_catch(w);
    }
}

static void begin_catch(Front *w, bool is_all)
{
    u32 tag = is_all ? 0 : wasm_read_u32(&w->reader);
    end_part(w);
    if (w->b->cur == IR_NO_BLOCK)
        return;
    if (!is_all) {
        Frame *frame = top(w);
        frame->before_values = control_snapshot(w, frame, 0);
        Parting parting = part_if(w, is_in_flight(w, tag));
        frame = top(w);
        frame->before = parting.test;
        frame->else_slot = parting.other_slot;
        frame->before_versions = parting.versions;
        push_values_in_flight(w, tag);
    }
    top(w)->exn = take_in_flight(w);
}

static void end_try(Front *w)
{
    end_part(w);
    if (w->b->cur != IR_NO_BLOCK)
        pass_on(w, top(w)->handler);
}

static void delegate(Front *w)
{
    u32 depth = wasm_read_u32(&w->reader);
    if (w->b->cur != IR_NO_BLOCK)
        control_branch(w, 0);
    u32 handler = w->frames.at[w->frames.len - 2 - depth].handler;
    end_try_body(w);
    if (w->b->cur != IR_NO_BLOCK)
        pass_on(w, handler);
}

void exception_end(Front *w)
{
    if (top(w)->kind == FRAME_TRY_TABLE)
        end_try_table(w);
    else
        end_try(w);
}

void exception_skip_dead(Front *w)
{
    for (;;) {
        const u8 *at = w->reader.at;
        WasmOp op = wasm_read_op(&w->reader);
        switch (op) {
        case WASM_OP_CATCH:
        case WASM_OP_CATCH_ALL:
        case WASM_OP_DELEGATE:
        case WASM_OP_END:
            w->reader.at = at;
            return;
        case WASM_OP_BLOCK:
        case WASM_OP_LOOP:
        case WASM_OP_IF:
        case WASM_OP_TRY:
        case WASM_OP_TRY_TABLE: {
            const WasmConstruct *c = &w->info->constructs[w->next_construct];
            w->next_construct = c->after;
            w->reader.at = w->m->bytes + c->end;
            op = wasm_read_op(&w->reader);
            break;
        }
        default:
            break;
        }
        wasm_skip_immediates(&w->reader, op);
    }
}

/* ---- throwing ---- */

typedef enum Match { MATCH_NEVER, MATCH_ALWAYS, MATCH_MAYBE } Match;

static Match match(const Front *w, u32 tag, const Clause *clause)
{
    if (clause->kind & CLAUSE_ALL || clause->tag == tag)
        return MATCH_ALWAYS;
    const WasmModule *m = w->m;
    bool both_imported = tag < m->n_imported_tags && clause->tag < m->n_imported_tags;
    bool same_type = m->types[m->tags[tag].type].canon ==
                     m->types[m->tags[clause->tag].type].canon;
    return both_imported && same_type ? MATCH_MAYBE : MATCH_NEVER;
}

/* A throw, its values on top of the stack, that a clause of this function takes. */
static void branch_by_clause(Front *w, u32 tag, const Clause *clause)
{
    if (clause->kind & CLAUSE_TAG_REF) {
        put_in_flight(w, tag);
        push(w, take_in_flight(w));
    }
    branch_to(w, clause->frame_ix);
}

/* Looks for the clause of the function that takes a throw. Control goes on only where none does;
 * returns the handler that is next there. */
static u32 throw_here(Front *w, u32 tag)
{
    u32 handler = top(w)->handler, left = MAX_LOOK_AHEAD;
    while (handler != FRONT_NO_TRY) {
        const Try t = w->tries.at[handler];
        if (t.is_legacy || t.nclauses > left)
            return handler;
        left -= t.nclauses;
        for (u32 i = 0; i < t.nclauses; i++) {
            const Clause clause = w->clauses.at[t.clauses + i];
            Match fits = match(w, tag, &clause);
            if (fits == MATCH_NEVER)
                continue;
            if (fits == MATCH_ALWAYS) {
                branch_by_clause(w, tag, &clause);
                return FRONT_NO_TRY;
            }
            Parting parting = part_if(w, ir_emit2(w->b, IR_EQ, IR_I32, tag_identity(w, tag),
                                            tag_identity(w, clause.tag)));
            branch_by_clause(w, tag, &clause);
            take_other_way(w, &parting);
        }
        handler = t.outer;
    }
    return handler;
}

static void throw_tag(Front *w)
{
    u32 tag = wasm_read_u32(&w->reader);
    front_charge(w);
    u32 handler = throw_here(w, tag);
    if (w->b->cur == IR_NO_BLOCK)
        return;
    put_in_flight(w, tag);
    pass_on(w, handler);
}

/* ref: not null */
static void throw_object(Front *w, IrRef ref)
{
    front_charge(w);
    front_libcall(w, VM_LIBCALL_EXN_PUT, &ref, 1);
    pass_on(w, top(w)->handler);
}

static void throw_ref(Front *w)
{
    IrRef ref = pop(w);
    front_trap_if(w, ir_emit2(w->b, IR_EQ, IR_I32, ref, ir_const(w->b, IR_GCREF, 0)),
                  VM_TRAP_NULL_REFERENCE);
    throw_object(w, ref);
}

static void rethrow(Front *w)
{
    Frame *frame = &w->frames.at[w->frames.len - 1 - wasm_read_u32(&w->reader)];
    frame->is_rethrown = true;
    throw_object(w, frame->exn);
}

bool exception_op(Front *w, WasmOp op)
{
    switch (op) {
    case WASM_OP_TRY_TABLE:
        return open_try_table(w), true;
    case WASM_OP_THROW:
        return throw_tag(w), true;
    case WASM_OP_THROW_REF:
        return throw_ref(w), true;
    case WASM_OP_TRY:
        return open_try(w), true;
    case WASM_OP_CATCH:
        return begin_catch(w, false), true;
    case WASM_OP_CATCH_ALL:
        return begin_catch(w, true), true;
    case WASM_OP_DELEGATE:
        delegate(w);
        return control_end_construct(w), true;
    case WASM_OP_RETHROW:
        return rethrow(w), true;
    default:
        return false;
    }
}
