/* Blocks, branches and calls. A block pushes a label, its end pops it; a branch pops the labels in
 * between and continues behind the block's end, or at the loop's beginning. */
#include "interp/interp_int.h"

static void go_to(Interp *in, u32 offset) { in->frame->code.at = module_of(in)->bytes + offset; }

/* ---- blocks ---- */

u32 interp_find_construct(const InterpFunc *f, u32 start)
{
    u32 low = 0, high = f->n_constructs;
    while (high - low > 1) {
        u32 middle = low + (high - low) / 2;
        if (f->constructs[middle].start <= start)
            low = middle;
        else
            high = middle;
    }
    check(low < f->n_constructs && f->constructs[low].start == start);
    return low;
}

static const Construct *construct_of(const Interp *in, const Label *label)
{
    return &in->frame->func->constructs[label->construct];
}

bool interp_open_block(Interp *in)
{
    const InterpFunc *f = in->frame->func;
    u32 number = interp_find_construct(f, in->frame->op_at);
    wasm_read_block_type(&in->frame->code, module_of(in));
    dassert(in->n_labels < in->frame->labels + f->max_labels);
    in->labels[in->n_labels++] = (Label){
        .construct = number,
        .height = in->top - f->constructs[number].n_params,
    };
    return true;
}

static bool open_if(Interp *in)
{
    bool is_true = pop_u32(in) != 0;
    interp_open_block(in);
    const Construct *c = construct_of(in, &in->labels[in->n_labels - 1]);
    if (!is_true && c->else_at) {
        go_to(in, c->else_at);
        wasm_read_op(&in->frame->code);
    } else if (!is_true) {
        go_to(in, c->end);
    }
    return true;
}

/* The first part has run; the other does not. */
bool interp_reach_else(Interp *in)
{
    go_to(in, construct_of(in, &in->labels[in->n_labels - 1])->end);
    return true;
}

static bool reach_end(Interp *in)
{
    if (in->n_labels == in->frame->labels)
        return interp_return(in);
    in->n_labels--;
    return true;
}

/* ---- branches ---- */

bool interp_branch(Interp *in, u32 depth)
{
    if (depth == in->n_labels - in->frame->labels)
        return interp_return(in); /* the label of the body itself */
    u32 at = in->n_labels - 1 - depth;
    Label label = in->labels[at];
    const Construct *c = construct_of(in, &label);
    if (c->kind == WASM_CONSTRUCT_LOOP) {
        interp_move(in, c->n_params, label.height);
        in->n_labels = at + 1;
        go_to(in, c->start);
        wasm_read_op(&in->frame->code);
        wasm_read_block_type(&in->frame->code, module_of(in));
        return interp_poll(in);
    }
    interp_move(in, c->n_results, label.height);
    in->n_labels = at;
    go_to(in, c->end);
    wasm_skip_immediates(&in->frame->code, wasm_read_op(&in->frame->code)); /* delegate has one */
    return true;
}

static bool branch_if(Interp *in)
{
    u32 depth = read_u32(in);
    return pop_u32(in) == 0 || interp_branch(in, depth);
}

static bool branch_table(Interp *in)
{
    u32 n = read_u32(in), index = pop_u32(in), depth;
    u32 skipped = MIN(index, n); /* the last one is for all that is behind */
    do
        depth = read_u32(in);
    while (skipped--);
    return interp_branch(in, depth);
}

/* Null is all zeros, whatever kind of reference it is. */
static bool branch_on_null(Interp *in)
{
    u32 depth = read_u32(in);
    Slot ref = pop_slot(in);
    if (!ref.v.i64)
        return interp_branch(in, depth);
    *push_slot(in) = ref;
    return true;
}

static bool branch_on_non_null(Interp *in)
{
    u32 depth = read_u32(in);
    if (in->slots[in->top - 1].v.i64)
        return interp_branch(in, depth);
    pop_slot(in);
    return true;
}

/* ---- calls ---- */

static bool call_record(Interp *in, VmFuncRef *func, bool is_tail)
{
    return is_tail ? interp_tail_call(in, func) : interp_call(in, func);
}

static bool call(Interp *in, bool is_tail)
{
    u32 func = read_u32(in);
    if (func >= module_of(in)->n_imported_funcs)
        return is_tail ? interp_tail_call_own(in, func) : interp_call_own(in, func);
    return call_record(in, rt_instance_func(in->frame->instance, func), is_tail);
}

static bool call_indirect(Interp *in, bool is_tail)
{
    u32 type = read_u32(in), table = read_u32(in);
    const RtModule *m = in->frame->func->module;
    VmVal elem;
    u64 index = pop_index(in, m->wasm->tables[table].limits.is_64);
    if (!rt_table_get(in->frame->instance->tables[table], index, &elem))
        return interp_trap(in, VM_TRAP_TABLE_OUT_OF_BOUNDS);
    if (!elem.funcref)
        return interp_trap(in, VM_TRAP_INDIRECT_CALL_TO_NULL);
    if (!rt_type_below(m->engine, elem.funcref->type_id, m->type_ids[type]))
        return interp_trap(in, VM_TRAP_BAD_SIGNATURE);
    return call_record(in, elem.funcref, is_tail);
}

static bool call_ref(Interp *in, bool is_tail)
{
    read_u32(in); /* its type, which validation has compared */
    VmFuncRef *func = pop_func(in);
    return func ? call_record(in, func, is_tail) : interp_trap(in, VM_TRAP_NULL_REFERENCE);
}

bool interp_control(Interp *in, WasmOp op)
{
    switch (op) {
#define X(name, ...) case WASM_OP_##name: __VA_ARGS__;
#include "interp/control.def"
#undef X
    default: UNREACHABLE();
    }
}
