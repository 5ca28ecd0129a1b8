/* Exceptions. One on its way is in the store, as compiled code has it there: its tag, its values,
 * and its object once somebody wants one. Throwing looks through the labels of the frames of this
 * stay, innermost first, for one whose construct catches it; only then are frames dropped. */
#include "interp/interp_int.h"

/* A place that catches. */
typedef struct Catcher {
    u32 frame;  /* number of its frame */
    u32 label;  /* number of its construct's label */
    u32 target; /* try_table: the label to branch to; try: offset behind the catch operator */
    bool has_values, has_ref;
} Catcher;

static RtTag *tag_in_flight(const Interp *in)
{
    return (RtTag *)(uintptr_t)in->store->vm.exn_tag;
}

static bool is_tag(const Interp *in, const Frame *frame, u32 tag)
{
    return frame->instance->tags[tag] == tag_in_flight(in);
}

/* ---- looking for a catcher ---- */

/* The first clause of a try_table that fits. */
static bool find_clause(const Interp *in, const Frame *frame, const Construct *c, Catcher *out)
{
    const WasmModule *m = frame->func->module->wasm;
    WasmReader code = wasm_reader(m, c->start, c->end);
    wasm_read_op(&code);
    wasm_read_block_type(&code, m);
    for (u32 n = wasm_read_u32(&code); n; n--) {
        u8 kind = wasm_read_u8(&code);
        out->has_values = kind < 2;
        out->has_ref = kind & 1;
        bool fits = !out->has_values || is_tag(in, frame, wasm_read_u32(&code));
        out->target = wasm_read_u32(&code);
        if (fits)
            return true;
    }
    return false;
}

/* Goes through a try, over the constructs within, to its first catch that fits. False: there is
 * none, and the search goes on below out->label, which a delegate has moved. */
static bool find_catch(const Interp *in, const Frame *frame, const Construct *c, Catcher *out)
{
    const WasmModule *m = frame->func->module->wasm;
    WasmReader code = wasm_reader(m, c->start, frame->func->code_end);
    WasmOp op = wasm_read_op(&code);
    out->has_ref = false;
    wasm_skip_immediates(&code, op);
    for (;;) {
        u32 at = wasm_reader_offset(&code, m);
        op = wasm_read_op(&code);
        switch (op) {
        case WASM_OP_BLOCK:
        case WASM_OP_LOOP:
        case WASM_OP_IF:
        case WASM_OP_TRY:
        case WASM_OP_TRY_TABLE: {
            const InterpFunc *f = frame->func;
            code.at = m->bytes + f->constructs[interp_find_construct(f, at)].end;
            op = wasm_read_op(&code);
            wasm_skip_immediates(&code, op);
            break;
        }
        case WASM_OP_CATCH:
        case WASM_OP_CATCH_ALL:
            out->has_values = op == WASM_OP_CATCH;
            if (!out->has_values || is_tag(in, frame, wasm_read_u32(&code))) {
                out->target = wasm_reader_offset(&code, m);
                return true;
            }
            break;
        case WASM_OP_DELEGATE: out->label -= wasm_read_u32(&code); return false;
        case WASM_OP_END: return false;
        default: wasm_skip_immediates(&code, op);
        }
    }
}

/* In one frame, whose labels are [frame->labels, end). */
static bool find_in_frame(const Interp *in, const Frame *frame, u32 end, Catcher *out)
{
    /* A delegate may name the function's own label: one below the first. */
    for (i64 at = (i64)end - 1; at >= (i64)frame->labels; at = (i64)(i32)out->label - 1) {
        const Label *label = &in->labels[at];
        const Construct *c = &frame->func->constructs[label->construct];
        out->label = (u32)at;
        if (c->kind == WASM_CONSTRUCT_TRY_TABLE && find_clause(in, frame, c, out))
            return true;
        if (c->kind == WASM_CONSTRUCT_TRY && !label->exn && find_catch(in, frame, c, out))
            return true;
    }
    return false;
}

static bool find_catcher(const Interp *in, Catcher *out)
{
    u32 end = in->n_labels;
    for (u32 i = in->depth; i-- > in->base; end = in->frames[i].labels) {
        out->frame = i;
        if (find_in_frame(in, &in->frames[i], end, out))
            return true;
    }
    return false;
}

/* ---- catching ---- */

static void push_values(Interp *in, u32 n)
{
    const RtType *type = rt_type(in->store->engine, tag_in_flight(in)->type);
    for (u32 i = 0; i < n; i++)
        interp_push_value(in, type->params[i], &in->store->vm.exn_values[i]);
}

static bool out_of_memory(Interp *in)
{
    return interp_stop(in, &RT_STOP_MESSAGE("out of memory for exceptions"));
}

/* Labels of clauses count from outside of the try_table. */
static bool land_in_clause(Interp *in, const Catcher *c, u32 n_values, u32 ref)
{
    in->n_labels = c->label;
    u32 open = in->n_labels - in->frame->labels;
    in->top = c->target < open ? in->labels[in->n_labels - 1 - c->target].height
                               : in->frame->operands;
    push_values(in, n_values);
    if (c->has_ref)
        push_gcref(in, ref);
    return interp_branch(in, c->target);
}

static bool land_in_catch(Interp *in, const Catcher *c, u32 n_values, u32 ref)
{
    in->n_labels = c->label + 1;
    Label *label = &in->labels[c->label];
    label->exn = ref;
    in->top = label->height;
    push_values(in, n_values);
    in->frame->code.at = module_of(in)->bytes + c->target;
    return true;
}

bool interp_throw(Interp *in)
{
    Catcher c;
    bool is_caught = find_catcher(in, &c);
    const Frame *frame = is_caught ? &in->frames[c.frame] : NULL;
    const Construct *construct =
        is_caught ? &frame->func->constructs[in->labels[c.label].construct] : NULL;
    bool is_clause = is_caught && construct->kind == WASM_CONSTRUCT_TRY_TABLE;
    /* A reference for who wants one: a clause, a later rethrow, the host. */
    u32 ref = 0;
    if (!is_clause || c.has_ref) {
        ref = rt_exn_take(in->store);
        if (!ref)
            return out_of_memory(in);
    }
    if (!is_caught) {
        in->store->pending_exn = ref;
        return interp_stop(in, &RT_STOP_HOST((void *)(uintptr_t)&rt_exception));
    }
    u32 n_values = c.has_values ? rt_type(in->store->engine, tag_in_flight(in)->type)->n_params : 0;
    interp_drop_frames(in, c.frame + 1);
    return is_clause ? land_in_clause(in, &c, n_values, ref) : land_in_catch(in, &c, n_values, ref);
}

/* ---- operators ---- */

static bool open_try_table(Interp *in)
{
    interp_open_block(in);
    for (u32 n = read_u32(in); n; n--) {
        u8 kind = wasm_read_u8(&in->frame->code);
        if (kind < 2)
            read_u32(in);
        read_u32(in);
    }
    return true;
}

static bool throw_tag(Interp *in)
{
    RtTag *tag = in->frame->instance->tags[read_u32(in)];
    VmStore *store = &in->store->vm;
    store->exn_tag = (u64)(uintptr_t)tag;
    store->exn_ref = 0;
    for (u32 i = rt_type(in->store->engine, tag->type)->n_params; i-- > 0;)
        store->exn_values[i] = pop_slot(in).v;
    return interp_throw(in);
}

static bool throw_ref(Interp *in)
{
    u32 ref = pop_gcref(in);
    if (!ref)
        return interp_trap(in, VM_TRAP_NULL_REFERENCE);
    rt_exn_put(in->store, ref);
    return interp_throw(in);
}

static bool rethrow(Interp *in)
{
    u32 depth = read_u32(in);
    rt_exn_put(in->store, in->labels[in->n_labels - 1 - depth].exn);
    return interp_throw(in);
}

/* It ends its try. */
static bool reach_delegate(Interp *in)
{
    read_u32(in);
    in->n_labels--;
    return true;
}

bool interp_exn(Interp *in, WasmOp op)
{
    switch (op) {
#define X(name, ...) case WASM_OP_##name: __VA_ARGS__;
#include "interp/exn.def"
#undef X
    default: UNREACHABLE();
    }
}
