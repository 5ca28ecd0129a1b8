/* The loop: an operator after the other, whatever function, instance or module it belongs to.
 *
 * Calling pushes a frame and goes on in the same loop; returning pops it. C nests only where a host
 * function calls a guest again: interp_enter() runs until the frames above its own are gone. */
#include "interp/interp_int.h"

#include <stdlib.h>

/* Slots are counted by 32 bits. */
#define MOST_STACK_BYTES ((u64)8 << 30)
#define FEW_VALUES 16u

/* ---- stopping ---- */

bool interp_stop(Interp *in, const RtStop *stop)
{
    rt_stop_set(in->store, stop);
    return false;
}

bool interp_trap(Interp *in, VmTrap code) { return interp_stop(in, &RT_STOP_CODE(code)); }

/* ---- the stack ---- */

/* Makes room for `need` elements. False: no memory. */
static bool reserve(void *array, u32 *cap, u64 need, size_t elem_bytes)
{
    void **at = array;
    if (need <= *cap)
        return true;
    u64 want = MAX(need, (u64)*cap * 2 + 64);
    void *more = want <= UINT32_MAX ? realloc(*at, want * elem_bytes) : NULL;
    if (!more)
        return false;
    *at = more;
    *cap = (u32)want;
    return true;
}

/* What the limit of the stack counts for a frame. */
static u64 frame_bytes(const InterpFunc *f)
{
    return INTERP_FRAME_BYTES + 8 * ((u64)f->n_locals + f->max_height + f->max_labels);
}

/* Notes which function runs now. */
static void select_frame(Interp *in)
{
    in->frame = in->depth ? &in->frames[in->depth - 1] : NULL;
    if (!in->frame)
        return;
    u32 flags = in->frame->func->module->image.header->key.flags;
    in->counts_fuel = flags & OBJ_FUEL;
    in->has_epoch = flags & OBJ_EPOCH;
    in->has_canonical_nans = flags & OBJ_CANONICAL_NANS;
}

bool interp_charge(Interp *in, u64 units)
{
    RtStop stop;
    if (!in->counts_fuel)
        return true;
    return rt_guest_charge(in->store, units, &stop) || interp_stop(in, &stop);
}

/* The parameters are the values on top. */
static bool push_frame(Interp *in, const InterpFunc *func, RtInstance *instance)
{
    const WasmModule *m = func->module->wasm;
    u64 max_bytes = MIN(rt_engine_options(in->store->engine)->max_stack_bytes, MOST_STACK_BYTES);
    u32 locals = in->top - func->type->n_params;
    u64 bytes = in->stack_bytes + frame_bytes(func);
    if (bytes > max_bytes)
        return interp_trap(in, VM_TRAP_STACK_OVERFLOW);
    if (!reserve(&in->slots, &in->cap_slots, (u64)locals + func->n_locals + func->max_height,
                 sizeof *in->slots) ||
        !reserve(&in->labels, &in->cap_labels, (u64)in->n_labels + func->max_labels,
                 sizeof *in->labels) ||
        !reserve(&in->frames, &in->cap_frames, (u64)in->depth + 1, sizeof *in->frames))
        return interp_stop(in, &RT_STOP_MESSAGE("out of memory"));
    in->stack_bytes = bytes;
    while (in->top < locals + func->n_locals)
        push_slot(in); /* null or zero */
    in->frames[in->depth++] = (Frame){
        .func = func,
        .instance = instance,
        .code = wasm_reader(m, func->code_start, func->code_end),
        .op_at = func->code_start,
        .locals = locals,
        .operands = in->top,
        .labels = in->n_labels,
    };
    select_frame(in);
    return interp_poll(in) && interp_charge(in, WASM_ENTRY_FUEL);
}

/* The stack below the frame's locals stays, and what has been moved there. */
static void pop_frame(Interp *in)
{
    in->n_labels = in->frame->labels;
    in->stack_bytes -= frame_bytes(in->frame->func);
    in->depth--;
    select_frame(in);
}

void interp_drop_frames(Interp *in, u32 depth)
{
    while (in->depth > depth)
        pop_frame(in);
}

void interp_move(Interp *in, u32 n, u32 height)
{
    if (n)
        memmove(in->slots + height, in->slots + (in->top - n), n * sizeof *in->slots);
    in->top = height + n;
}

/* ---- values from outside ---- */

static bool is_func_ref(const Interp *in, RtValType type)
{
    u32 heap = wasm_heap_of(type);
    if (!wasm_is_abstract(type))
        return rt_type(in->store->engine, heap)->kind == WASM_TYPE_FUNC;
    return heap == WASM_HEAP_FUNC || heap == WASM_HEAP_NOFUNC;
}

void interp_push_value(Interp *in, RtValType type, const VmVal *v)
{
    switch (type) {
    case WASM_T_I32: push_u32(in, v->i32); break;
    case WASM_T_F32: push_u32(in, v->f32); break;
    case WASM_T_I64: push_u64(in, v->i64); break;
    case WASM_T_F64: push_u64(in, v->f64); break;
    case WASM_T_V128: push_slot(in)->v = *v; break;
    default:
        if (is_func_ref(in, type))
            push_func(in, v->funcref);
        else
            push_gcref(in, v->gcref);
    }
}

/* ---- calls ---- */

/* An exception of the host's, or one that it hands on. */
static bool throw_pending(Interp *in)
{
    rt_exn_put(in->store, in->store->pending_exn);
    in->store->pending_exn = 0;
    return interp_throw(in);
}

/* A tail call has left the constructs of its frame: they catch nothing any more. */
static bool call_host(Interp *in, VmFuncRef *func, bool is_tail)
{
    const RtType *type = rt_type(in->store->engine, func->type_id);
    VmHostFunc *host = func->vmctx;
    u32 n = MAX(type->n_params, type->n_results);
    VmVal few[FEW_VALUES];
    VmVal *values = n <= FEW_VALUES ? few : malloc(n * sizeof *values);
    if (!values)
        return interp_stop(in, &RT_STOP_MESSAGE("out of memory"));
    for (u32 i = 0; i < type->n_params; i++)
        values[i] = in->slots[in->top - type->n_params + i].v;
    if (is_tail)
        in->n_labels = in->frame->labels;
    /* The arguments stay on the stack meanwhile, where references are found. */
    void *trap = host->call(host, in->frame->instance->ctx, values);
    in->top -= type->n_params;
    for (u32 i = 0; !trap && i < type->n_results; i++)
        interp_push_value(in, type->results[i], &values[i]);
    if (values != few)
        free(values);
    if (trap)
        trap = rt_take_trap(in->store, trap);
    if (trap == &rt_exception)
        return throw_pending(in);
    RtStop stop = rt_host_stop(trap);
    if (trap)
        return interp_stop(in, &stop);
    return !is_tail || interp_return(in);
}

bool interp_call(Interp *in, VmFuncRef *func)
{
    if (rt_is_host_func(func))
        return call_host(in, func, false);
    return push_frame(in, func->code, rt_func_instance(func));
}

bool interp_call_own(Interp *in, u32 func)
{
    const RtModule *m = in->frame->func->module;
    return push_frame(in, m->interp_codes[func - m->wasm->n_imported_funcs], in->frame->instance);
}

/* The arguments take the place of the frame's locals, and the frame is gone. */
static void leave_arguments(Interp *in, u32 n)
{
    interp_move(in, n, in->frame->locals);
    pop_frame(in);
}

bool interp_tail_call(Interp *in, VmFuncRef *func)
{
    if (rt_is_host_func(func))
        return call_host(in, func, true);
    const InterpFunc *callee = func->code;
    leave_arguments(in, callee->type->n_params);
    return push_frame(in, callee, rt_func_instance(func));
}

bool interp_tail_call_own(Interp *in, u32 func)
{
    const RtModule *m = in->frame->func->module;
    RtInstance *instance = in->frame->instance;
    const InterpFunc *callee = m->interp_codes[func - m->wasm->n_imported_funcs];
    leave_arguments(in, callee->type->n_params);
    return push_frame(in, callee, instance);
}

bool interp_return(Interp *in)
{
    interp_move(in, in->frame->func->type->n_results, in->frame->locals);
    pop_frame(in);
    return true;
}

/* ---- interruption ---- */

bool interp_poll(Interp *in)
{
    RtStop stop;
    if (!in->has_epoch || rt_engine_epoch(in->store->engine) < in->store->vm.epoch_deadline)
        return true;
    return rt_guest_epoch(in->store, &stop) || interp_stop(in, &stop);
}

/* ---- the loop ---- */

/* An operator without a row in any family is one the compiler names here. */
static bool execute(Interp *in, WasmOp op)
{
    switch (op) {
#define X(name, ...) case WASM_OP_##name:
#include "interp/control.def"
        return interp_control(in, op);
#include "interp/variable.def"
        return interp_variable(in, op);
#include "interp/numeric.def"
        return interp_numeric(in, op);
#include "interp/memory.def"
        return interp_memory(in, op);
#include "interp/table.def"
        return interp_table(in, op);
#include "interp/simd.def"
        return interp_simd(in, op);
#include "interp/gc.def"
        return interp_gc(in, op);
#include "interp/atomic.def"
        return interp_atomic(in, op);
#include "interp/exn.def"
        return interp_exn(in, op);
#undef X
    case WASM_OP_COUNT: break;
    }
    UNREACHABLE();
}

static bool step(Interp *in)
{
    Frame *frame = in->frame;
    frame->op_at = wasm_reader_offset(&frame->code, module_of(in));
    WasmOp op = wasm_read_op(&frame->code);
    return interp_charge(in, wasm_ops[op].fuel) && execute(in, op);
}

/* Until the frame at this depth has returned. */
static bool run(Interp *in, u32 depth)
{
    bool goes_on = true;
    while (goes_on && in->depth > depth)
        goes_on = step(in);
    return goes_on;
}

/* ---- from the host ---- */

static Interp *state_of(RtStore *store)
{
    if (!store->interp) {
        Interp *in = calloc(1, sizeof *in);
        if (in)
            in->store = store;
        store->interp = in;
    }
    return store->interp;
}

void interp_free(void *state)
{
    Interp *in = state;
    free(in->slots);
    free(in->labels);
    free(in->frames);
    free(in);
}

static bool call_from_host(Interp *in, const InterpFunc *func, RtInstance *instance, VmVal *values)
{
    const RtType *type = func->type;
    u32 depth = in->depth, top = in->top;
    if (!reserve(&in->slots, &in->cap_slots, (u64)top + type->n_params, sizeof *in->slots))
        return interp_stop(in, &RT_STOP_MESSAGE("out of memory"));
    for (u32 i = 0; i < type->n_params; i++)
        interp_push_value(in, type->params[i], &values[i]);
    if (!push_frame(in, func, instance) || !run(in, depth))
        return false;
    for (u32 i = 0; i < type->n_results; i++)
        values[i] = in->slots[top + i].v;
    return true;
}

u64 interp_enter(VmCtx *ctx, void *code, VmVal *args_results, VmActivation *act)
{
    RtStore *store = rt_ctx_store(ctx);
    Interp *in = state_of(store);
    if (!in) {
        rt_stop_set(store, &RT_STOP_MESSAGE("out of memory"));
        return 1;
    }
    Interp before = *in;
    act->sp = (u64)(uintptr_t)__builtin_frame_address(0);
    in->base = in->depth;
    bool is_ok = call_from_host(in, code, rt_ctx_instance(ctx), args_results);
    in->top = before.top;
    in->n_labels = before.n_labels;
    in->depth = before.depth;
    in->base = before.base;
    in->stack_bytes = before.stack_bytes;
    select_frame(in);
    return !is_ok;
}
