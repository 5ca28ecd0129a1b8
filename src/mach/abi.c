#include "mach/abi.h"

#include "mach/lower.h"

/* ---- places ---- */

static bool is_vec(IrType type) { return type == IR_F32 || type == IR_F64 || type == IR_V128; }

RaLoc mach_place_arg(const MTarget *t, MPlaces *p, IrType type, i32 *off)
{
    if (is_vec(type) && p->vecs < VM_MAX_VEC_ARGS)
        return t->vec_args[p->vecs++];
    if (!is_vec(type) && p->ints < VM_MAX_INT_ARGS)
        return t->int_args[p->ints++];
    *off = (i32)p->stack_bytes;
    p->stack_bytes += type == IR_V128 ? 16 : 8;
    return RA_NONE;
}

RaLoc mach_place_result(const MTarget *t, MPlaces *p, IrType type)
{
    return is_vec(type) ? t->vec_results[p->vecs++] : t->int_results[p->ints++];
}

bool mach_results_fit(const u8 *types, u32 n)
{
    u32 ints = 0, vecs = 0;
    for (u32 i = 0; i < n; i++)
        *(is_vec((IrType)types[i]) ? &vecs : &ints) += 1;
    return ints <= VM_MAX_INT_RESULTS && vecs <= VM_MAX_VEC_RESULTS;
}

u32 mach_stack_arg_bytes(const MTarget *t, const u8 *params, u32 nparams, bool results_fit)
{
    MPlaces p = {.ints = !results_fit};
    i32 off;
    for (u32 i = 0; i < nparams; i++)
        mach_place_arg(t, &p, (IrType)params[i], &off);
    return ALIGN_UP(p.stack_bytes, 16u);
}

/* ---- the function's own signature ---- */

static bool own_results_fit(const LowerCtx *cx)
{
    return mach_results_fit(cx->ir->result_types, cx->ir->nresults);
}

/* The register that keeps the address of the caller's result buffer from entry to return. */
static u32 result_buffer(LowerCtx *cx)
{
    if (!cx->result_buffer)
        cx->result_buffer = mach_new_vreg(cx, RA_GPR, 0);
    return cx->result_buffer;
}

/* The wanted PARAM node of each parameter, 0 for the others. */
static u32 *find_params(LowerCtx *cx)
{
    const IrFunc *f = cx->ir;
    const IrBlock *entry = &f->blocks.at[0];
    u32 *node = arena_array(cx->arena, u32, f->nparams);
    for (u32 i = 0; i < entry->order_len; i++) {
        IrRef ref = f->order[entry->order_first + i];
        if (cx->nodes[ref].op == IR_PARAM && mach_is_wanted(cx, ref))
            node[cx->nodes[ref].a] = ref;
    }
    return node;
}

void mach_abi_params(LowerCtx *cx)
{
    const IrFunc *f = cx->ir;
    const u8 *types = f->param_types;
    u32 *node = find_params(cx);
    MPlaces p = {0};
    i32 off;
    cx->target->abi->open_params(cx);
    if (!own_results_fit(cx)) {
        RaLoc reg = mach_place_arg(cx->target, &p, IR_I64, &off);
        if (cx->result_buffer)
            mach_opnd_fixed(cx, cx->result_buffer, RA_DEF, reg);
    }
    MPlaces stack = p;
    for (u32 i = 0; i < f->nparams; i++) {
        RaLoc reg = mach_place_arg(cx->target, &p, (IrType)types[i], &off);
        if (reg != RA_NONE && node[i])
            mach_opnd_fixed(cx, mach_def(cx, node[i]), RA_DEF, reg);
    }
    for (u32 i = 0; i < f->nparams; i++) {
        RaLoc reg = mach_place_arg(cx->target, &stack, (IrType)types[i], &off);
        if (reg == RA_NONE && node[i])
            cx->target->abi->load_frame(cx, mach_def(cx, node[i]), (IrType)types[i], M_AREA_IN,
                                        off);
    }
    cx->m->in_bytes = ALIGN_UP(p.stack_bytes, 16u);
}

/* ---- argument lists ---- */

/* A call being built: its values in virtual registers. */
typedef struct Args {
    const u8 *types;
    u32 n;
    u32 *vregs;
    u32 buffer; /* register with the result buffer's address, 0 for none */
    u32 stack_bytes;
} Args;

static u32 *use_values(LowerCtx *cx, const u32 *refs, u32 n)
{
    u32 *vregs = arena_array_raw(cx->arena, u32, n + 1);
    for (u32 i = 0; i < n; i++)
        vregs[i] = mach_use(cx, refs[i]);
    return vregs;
}

/* Stores stack arguments to the outgoing area, from `at` on. */
static void store_stack_args(LowerCtx *cx, const Args *a, MPlaces p, i32 at)
{
    i32 off = 0;
    for (u32 i = 0; i < a->n; i++)
        if (mach_place_arg(cx->target, &p, (IrType)a->types[i], &off) == RA_NONE)
            cx->target->abi->store_frame(cx, a->vregs[i], (IrType)a->types[i], M_AREA_OUT,
                                         at + off);
}

/* Adds the arguments in registers to the open call. */
static void add_register_args(LowerCtx *cx, const Args *a, MPlaces p)
{
    i32 off;
    for (u32 i = 0; i < a->n; i++) {
        RaLoc reg = mach_place_arg(cx->target, &p, (IrType)a->types[i], &off);
        if (reg != RA_NONE)
            mach_opnd_fixed(cx, a->vregs[i], RA_USE, reg);
    }
}

static void reserve_out(LowerCtx *cx, u32 bytes)
{
    cx->m->out_bytes = MAX(cx->m->out_bytes, bytes);
}

/* Stores stack arguments, opens the call and gives it all its uses. */
static void open_call(LowerCtx *cx, const IrNode *call, const Args *a, bool is_tail)
{
    /* A tail call's arguments wait above room for the return address (emission moves both). */
    i32 at = is_tail ? 16 : 0;
    MPlaces p = {.ints = a->buffer != 0};
    store_stack_args(cx, a, p, at);
    if (a->stack_bytes)
        reserve_out(cx, a->stack_bytes + (u32)at);
    cx->target->abi->open_call(cx, call, is_tail);
    vec_last(&cx->insts).disp = (i32)a->stack_bytes;
    if (a->buffer)
        mach_opnd_fixed(cx, a->buffer, RA_USE, cx->target->int_args[0]);
    add_register_args(cx, a, p);
}

static void add_result_defs(LowerCtx *cx, IrRef call, const IrSig *sig)
{
    MPlaces p = {0};
    for (u32 i = 0; i < sig->nresults; i++) {
        RaLoc reg = mach_place_result(cx->target, &p, (IrType)sig->results[i]);
        u32 vreg = mach_call_result(cx, call, i);
        if (vreg)
            mach_opnd_fixed(cx, vreg, RA_DEF, reg);
    }
}

static void load_results(LowerCtx *cx, IrRef call, const IrSig *sig)
{
    for (u32 i = 0; i < sig->nresults; i++) {
        u32 vreg = mach_call_result(cx, call, i);
        if (vreg)
            cx->target->abi->load_frame(cx, vreg, (IrType)sig->results[i], M_AREA_BUF,
                                        (i32)(MACH_RESULT_BYTES * i));
    }
}

/* ---- libcalls ---- */

/* C takes the context first; emission puts it there. The rest follows our own convention, whose
 * registers come in C's order. */
static void libcall(LowerCtx *cx, const IrNode *call, const Args *a, u32 result, IrType type)
{
    MPlaces p = {.ints = 1};
    cx->target->abi->open_call(cx, call, false);
    vec_last(&cx->insts).width = type == IR_I32 || type == IR_GCREF ? 4 : 8;
    add_register_args(cx, a, p);
    mach_set_clobber(cx, cx->target->caller_saved);
    if (result) {
        MPlaces r = {0};
        mach_opnd_fixed(cx, result, RA_DEF, mach_place_result(cx->target, &r, type));
    }
    cx->m->has_calls = true;
}

void mach_abi_libcall(LowerCtx *cx, u32 number, const IrRef *args, u32 nargs, IrRef result)
{
    IrLibcallSig sig;
    IrNode call = {.op = IR_LIBCALL, .a = number};
    ir_libcall_sig((VmLibcall)number, &sig);
    check(nargs == sig.nparams);
    Args a = {.types = sig.params, .n = nargs, .vregs = use_values(cx, args, nargs)};
    libcall(cx, &call, &a, result ? mach_def(cx, result) : 0, (IrType)sig.result);
}

/* ---- calls ---- */

void mach_abi_call(LowerCtx *cx, IrRef ref)
{
    const IrNode *call = &cx->nodes[ref];
    const u32 *list = cx->ir->extra.at + call->c; /* count, arguments... */
    if (call->op == IR_LIBCALL) {
        bool wanted = call->type != IR_VOID && mach_call_result(cx, ref, 0);
        mach_abi_libcall(cx, call->a, list + 1, list[0], wanted ? ref : 0);
        return;
    }
    const IrSig *sig = ir_call_sig(cx->ir, call);
    bool fit = mach_results_fit(sig->results, sig->nresults);
    Args a = {.types = sig->params, .n = sig->nparams};
    a.stack_bytes = mach_stack_arg_bytes(cx->target, sig->params, sig->nparams, fit);
    a.vregs = use_values(cx, list + 1, a.n);
    if (!fit) {
        a.buffer = mach_new_vreg(cx, RA_GPR, 0);
        cx->target->abi->frame_address(cx, a.buffer, M_AREA_BUF, 0);
        cx->m->buf_bytes = MAX(cx->m->buf_bytes, MACH_RESULT_BYTES * sig->nresults);
    }
    open_call(cx, call, &a, false);
    vec_last(&cx->insts).lands = ir_is_try_call(call->op);
    mach_set_clobber(cx, cx->target->caller_saved);
    if (fit)
        add_result_defs(cx, ref, sig);
    else if (!ir_is_try_call(call->op))
        load_results(cx, ref, sig);
    cx->m->has_calls = true;
}

void mach_abi_result(LowerCtx *cx, IrRef ref)
{
    const IrNode *n = &cx->nodes[ref], *call = &cx->nodes[n->a];
    if (!ir_is_try_call(call->op) || !cx->wanted[ref])
        return;
    const IrSig *sig = ir_call_sig(cx->ir, call);
    if (!mach_results_fit(sig->results, sig->nresults))
        cx->target->abi->load_frame(cx, mach_def(cx, ref), (IrType)n->type, M_AREA_BUF,
                                    (i32)(MACH_RESULT_BYTES * n->b));
}

void mach_abi_tail_call(LowerCtx *cx, IrRef ref)
{
    const IrNode *call = &cx->nodes[ref];
    const IrSig *sig = ir_call_sig(cx->ir, call);
    bool fit = mach_results_fit(sig->results, sig->nresults);
    Args a = {.types = sig->params, .n = sig->nparams};
    a.stack_bytes = mach_stack_arg_bytes(cx->target, sig->params, sig->nparams, fit);
    a.vregs = use_values(cx, cx->ir->extra.at + call->c + 1, a.n);
    if (!fit)
        a.buffer = result_buffer(cx); /* the callee has our results */
    open_call(cx, call, &a, true);
}

void mach_abi_return(LowerCtx *cx, IrRef ref)
{
    const IrFunc *f = cx->ir;
    const u32 *list = f->extra.at + cx->nodes[ref].c;
    u32 *vregs = use_values(cx, list + 1, f->nresults);
    if (!own_results_fit(cx)) {
        u32 buffer = result_buffer(cx);
        for (u32 i = 0; i < f->nresults; i++)
            cx->target->abi->store_mem(cx, vregs[i], (IrType)f->result_types[i], buffer,
                                       (i32)(MACH_RESULT_BYTES * i));
        cx->target->abi->open_return(cx);
        return;
    }
    cx->target->abi->open_return(cx);
    MPlaces p = {0};
    for (u32 i = 0; i < f->nresults; i++)
        mach_opnd_fixed(cx, vregs[i], RA_USE,
                        mach_place_result(cx->target, &p, (IrType)f->result_types[i]));
}
