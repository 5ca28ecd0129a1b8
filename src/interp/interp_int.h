/* Private to the room: the interpreter's state, and what all families of operators use.
 *
 * Which file owns what: module.c artifacts and side tables; run.c the loop, frames, calls;
 * control.c blocks and branches; exn.c exceptions; variable.c locals, globals, references;
 * numeric.c, memory.c, table.c, simd.c, atomic.c, gc.c their families. Each family has a .def with
 * a row for every operator: X(its name, what it does).
 *
 * The stack is the one of the specification: values, labels and frames, in three arrays that grow.
 * A frame begins with its locals, of which the parameters were the caller's operands. Indices, not
 * pointers, are kept across anything that may grow an array. */
#ifndef STINT_INTERP_INT_H
#define STINT_INTERP_INT_H

#include "interp/interp.h"

typedef float f32;
typedef double f64;

/* A value. All 16 bytes are written: those its type does not have are zero. */
typedef struct Slot {
    VmVal v;
    bool is_gcref; /* v.gcref is a reference of the store, for a collector */
} Slot;

/* A construct of a function; offsets are those of the module. */
typedef struct Construct {
    u32 start;   /* its opening operator */
    u32 else_at; /* 0: none */
    u32 end;     /* its end operator */
    u32 n_params, n_results;
    u8 kind; /* WasmConstructKind */
} Construct;

/* A function made ready; what the code of its record points to. */
typedef struct InterpFunc {
    const RtModule *module;
    u32 index;
    u32 code_start, code_end;
    const RtType *type;
    u32 n_locals;   /* parameters included */
    u32 max_height; /* of its operands */
    u32 max_labels;
    u32 n_constructs;
    const Construct *constructs; /* rising by start */
} InterpFunc;

/* An open construct. */
typedef struct Label {
    u32 construct;
    u32 height; /* of the stack without the construct's parameters */
    u32 exn;    /* an older try in a catch: the exception, a reference; else 0 */
} Label;

/* A function under way. */
typedef struct Frame {
    const InterpFunc *func;
    RtInstance *instance;
    WasmReader code; /* what comes next */
    u32 op_at;       /* offset of the operator that runs now */
    u32 locals;      /* index of its first local */
    u32 operands;    /* index behind its last local */
    u32 labels;      /* index of its first label */
} Frame;

/* A store's interpreter. */
typedef struct Interp {
    RtStore *store;
    Slot *slots;
    Label *labels;
    Frame *frames;
    u32 top, n_labels, depth;              /* how much of each is used */
    u32 cap_slots, cap_labels, cap_frames; /* room */
    u64 stack_bytes;                       /* used, as they are counted */
    u32 base;                              /* frames from here on belong to this stay */
    /* Of the function that runs. */
    Frame *frame;
    bool counts_fuel, has_epoch, has_canonical_nans;
} Interp;

/* ---- stopping ---- */

/* A step, and what it is made of: false, the guest has stopped, and store->trap says why. */
bool interp_trap(Interp *in, VmTrap code);
bool interp_stop(Interp *in, const RtStop *stop);

/* ---- operands ---- */

/* The caller of a function made room for all its operands. */
static inline Slot *push_slot(Interp *in)
{
    dassert(in->top < in->cap_slots);
    Slot *slot = &in->slots[in->top++];
    memset(slot, 0, sizeof *slot);
    return slot;
}
static inline Slot pop_slot(Interp *in)
{
    dassert(in->top > in->frame->operands);
    return in->slots[--in->top];
}

static inline void push_u32(Interp *in, u32 v) { push_slot(in)->v.i32 = v; }
static inline void push_u64(Interp *in, u64 v) { push_slot(in)->v.i64 = v; }
static inline void push_func(Interp *in, VmFuncRef *v) { push_slot(in)->v.funcref = v; }
static inline void push_f32(Interp *in, f32 v) { memcpy(&push_slot(in)->v.f32, &v, sizeof v); }
static inline void push_f64(Interp *in, f64 v) { memcpy(&push_slot(in)->v.f64, &v, sizeof v); }
static inline void push_gcref(Interp *in, u32 v)
{
    Slot *slot = push_slot(in);
    slot->v.gcref = v;
    slot->is_gcref = true;
}

static inline u32 pop_u32(Interp *in) { return pop_slot(in).v.i32; }
static inline u64 pop_u64(Interp *in) { return pop_slot(in).v.i64; }
static inline VmFuncRef *pop_func(Interp *in) { return pop_slot(in).v.funcref; }
static inline u32 pop_gcref(Interp *in) { return pop_slot(in).v.gcref; }
static inline f32 pop_f32(Interp *in)
{
    f32 v;
    Slot slot = pop_slot(in);
    memcpy(&v, &slot.v.f32, sizeof v);
    return v;
}
static inline f64 pop_f64(Interp *in)
{
    f64 v;
    Slot slot = pop_slot(in);
    memcpy(&v, &slot.v.f64, sizeof v);
    return v;
}

/* An address or count of a memory or table: as wide as its indices. */
static inline u64 pop_index(Interp *in, bool is_64) { return is_64 ? pop_u64(in) : pop_u32(in); }
static inline void push_index(Interp *in, bool is_64, u64 v)
{
    if (is_64)
        push_u64(in, v);
    else
        push_u32(in, (u32)v);
}

/* ---- immediates ---- */

static inline const WasmModule *module_of(const Interp *in)
{
    return in->frame->func->module->wasm;
}
/* A reference that is not one to a function. */
static inline bool is_gcref(const WasmModule *m, WasmValType type)
{
    u32 heap = wasm_heap_of(type);
    if (!wasm_is_ref(type))
        return false;
    return wasm_is_concrete(type) ? m->types[heap].kind != WASM_TYPE_FUNC
                                  : heap != WASM_HEAP_FUNC && heap != WASM_HEAP_NOFUNC;
}
static inline u32 read_u32(Interp *in) { return wasm_read_u32(&in->frame->code); }

/* ---- run.c ---- */

/* All with the arguments on the stack. `own`: a function that the running module defines. */
bool interp_call(Interp *in, VmFuncRef *func);
bool interp_call_own(Interp *in, u32 func);
bool interp_tail_call(Interp *in, VmFuncRef *func);
bool interp_tail_call_own(Interp *in, u32 func);
/* The results are on the stack; the frame goes. */
bool interp_return(Interp *in);
/* A value from outside, of which only the part of its type means anything. */
void interp_push_value(Interp *in, RtValType type, const VmVal *v);
/* Drops frames until there are that many. */
void interp_drop_frames(Interp *in, u32 depth);
/* Moves the top n values down to where `height` is the first. */
void interp_move(Interp *in, u32 n, u32 height);
/* On entry to a function or loop. */
bool interp_poll(Interp *in);
/* Takes fuel for what an operator works on; false: there is not enough, and the trap is set. */
bool interp_charge(Interp *in, u64 units);

/* The interpreter's part of RtInterp. */
u64 interp_enter(VmCtx *ctx, void *code, VmVal *args_results, VmActivation *act);
void interp_free(void *state);

/* ---- families: one operator each, whose code is read ---- */

bool interp_control(Interp *in, WasmOp op);
bool interp_variable(Interp *in, WasmOp op);
bool interp_numeric(Interp *in, WasmOp op);
bool interp_memory(Interp *in, WasmOp op);
bool interp_table(Interp *in, WasmOp op);
bool interp_simd(Interp *in, WasmOp op);
bool interp_exn(Interp *in, WasmOp op);
bool interp_gc(Interp *in, WasmOp op);
bool interp_atomic(Interp *in, WasmOp op);

/* control.c: opens the construct of the present operator; goes from a part of one to its end. */
bool interp_open_block(Interp *in);
bool interp_reach_else(Interp *in);
/* The number of the construct that opens at this offset. */
u32 interp_find_construct(const InterpFunc *f, u32 start);
/* exn.c: the exception in flight goes to what catches it, or leaves this stay. */
bool interp_throw(Interp *in);

/* A branch to the label that many constructs out. */
bool interp_branch(Interp *in, u32 depth);

/* Must the address be a multiple of the bytes? Of words that are waited at it matters first whether
 * it is one that the index type reaches. */
typedef enum InterpAlign { INTERP_UNALIGNED, INTERP_ALIGNED, INTERP_ALIGNED_WORD } InterpAlign;
/* memory.c: reads a memory argument, pops the index; where `bytes` bytes of the memory are.
 * NULL: it has trapped. */
u8 *interp_memory_place(Interp *in, u32 bytes, InterpAlign align);
static inline u8 *place(Interp *in, u32 bytes)
{
    return interp_memory_place(in, bytes, INTERP_UNALIGNED);
}

/* numeric.c, for lanes of vectors too. Canonical if that is asked for. */
f32 interp_quiet32(f32 v);
f64 interp_quiet64(f64 v);
f32 interp_canonical32(const Interp *in, f32 v);
f64 interp_canonical64(const Interp *in, f64 v);
f32 interp_min32(f32 a, f32 b);
f64 interp_min64(f64 a, f64 b);
f32 interp_max32(f32 a, f32 b);
f64 interp_max64(f64 a, f64 b);
u32 interp_saturate_s32(f64 v);
u32 interp_saturate_u32(f64 v);
u64 interp_saturate_s64(f64 v);
u64 interp_saturate_u64(f64 v);

#endif
