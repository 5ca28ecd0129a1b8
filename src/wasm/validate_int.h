/* Private to the validator's files: its state and the moves on it that every operator is made of.
 *
 * The operand stack is an array of value types, the control stack an array of frames. Once code is
 * unreachable the frame's operand stack is polymorphic: below what is really there it yields
 * WASM_T_BOTTOM forever. Before each operator there is room for FREE_SLOTS more operands, so plain
 * pushes check nothing.
 */
#ifndef STINT_WASM_VALIDATE_INT_H
#define STINT_WASM_VALIDATE_INT_H

#include "wasm/wasm_int.h"

#define FREE_SLOTS 8

typedef enum FrameKind {
    FRAME_BODY,
    FRAME_BLOCK,
    FRAME_LOOP,
    FRAME_IF,
    FRAME_ELSE,
    FRAME_TRY_TABLE,
    FRAME_TRY,
    FRAME_CATCH,
    FRAME_CATCH_ALL,
} FrameKind;

typedef struct Frame {
    u8 kind;             /* FrameKind */
    bool is_unreachable; /* the rest of it cannot be reached */
    WasmBlockType type;
    u32 height;    /* of the operand stack where it begins, without its parameters */
    u32 init_len;  /* of init_log where it begins */
    u32 construct; /* its number plus one; 0: the body */
} Frame;

/* What a row of ops.def means for the operand stack, in the form the loop wants it. */
typedef struct OpRule {
    u8 imm;     /* WasmImm */
    u8 feature; /* WasmFeature */
    u8 flags;   /* WASM_HAS_* of this operator */
    u8 is_special;
    u8 n_pops;
    u8 n_pushes;
    u8 width;
    u8 pops[4];   /* WasmValType, or RULE_ADDRESS; in the order they were pushed */
    u8 pushes[2]; /* likewise */
} OpRule;
#define RULE_ADDRESS 0xFF

/* Locals whose type is kept in an array; those behind them are found in their runs. */
#define FLAT_LOCALS 1024

struct WasmValidator {
    WasmIn in;
    const WasmModule *m;
    const u8 *op_at; /* where the current operator begins */
    WasmOp op;       /* the current operator */

    WasmValType *top;   /* one past the newest operand */
    WasmValType *floor; /* operands of the current frame begin here */
    WasmValType *stack;
    WasmValType *stack_end;
    WasmValType *highest; /* the largest `top` seen */
    VEC(Frame) frames;

    const WasmFuncType *type;
    u32 n_locals; /* parameters included */
    u32 n_flat;
    VEC(WasmLocalRun) runs;
    WasmValType flat[FLAT_LOCALS];

    /* Locals that must be written before they are read; used if there are any. */
    bool has_uninit;
    u64 *is_init;      /* n_locals bits; parameters and defaultable ones are not looked at */
    VEC(u32) init_log; /* what was written, to be forgotten where its frame ends */

    u64 written[WASM_TABLE_WORDS]; /* tables that the body may write */

    /* The side table (body_info.c); untouched unless wants_info. Construct 0 is the body. */
    bool wants_info;
    bool is_bitset; /* at most 64 locals */
    u32 current;    /* construct being read */
    u32 n_ops;
    u32 max_loop_depth;
    u32 n_assigned_all; /* entries written to `assigned` */
    VEC(WasmConstruct) constructs;
    VEC(u32) log;      /* locals assigned in the open constructs, in order */
    VEC(u32) assigned; /* the finished lists */
    VEC(u32) callees;

    Arena keep; /* the stacks: grow and stay */
    Arena body; /* what belongs to one body */
    OpRule rules[WASM_OP_COUNT];
};

/* ---- operands ---- */

/* Slow paths of the functions below: subtypes, polymorphic stacks, errors. */
WasmValType wasm_v_pop_slow(WasmValidator *v, WasmValType want);
void wasm_v_pop_list_slow(WasmValidator *v, const WasmValType *types, u32 count);
void wasm_v_grow(WasmValidator *v, u32 count);
_Noreturn void wasm_v_fail_type(WasmValidator *v, WasmValType want, WasmValType found);

static inline void v_push(WasmValidator *v, WasmValType type) { *v->top++ = type; }
/* Room for `count` operands more. */
static inline void v_reserve(WasmValidator *v, u32 count)
{
    if (UNLIKELY((size_t)(v->stack_end - v->top) < (size_t)count + FREE_SLOTS))
        wasm_v_grow(v, count);
}
static inline void v_push_list(WasmValidator *v, const WasmValType *types, u32 count)
{
    v_reserve(v, count);
    for (u32 i = 0; i < count; i++)
        v->top[i] = types[i];
    v->top += count;
}
/* Takes an operand that is of type `want` or below; returns what it was. */
static inline WasmValType v_pop(WasmValidator *v, WasmValType want)
{
    if (LIKELY(v->top > v->floor && v->top[-1] == want)) {
        v->top--;
        return want;
    }
    return wasm_v_pop_slow(v, want);
}
/* Takes an operand of any type. */
WasmValType wasm_v_pop_any(WasmValidator *v);
/* Takes a reference of any type; WASM_T_BOTTOM becomes the reference to the bottom heap type. */
WasmValType wasm_v_pop_ref(WasmValidator *v);
static inline void v_pop_list(WasmValidator *v, const WasmValType *types, u32 count)
{
    if (LIKELY((size_t)(v->top - v->floor) >= count &&
               !memcmp(v->top - count, types, sizeof *types * count)))
        v->top -= count;
    else
        wasm_v_pop_list_slow(v, types, count);
}
/* Checks that the operands would fit a label of these types, and leaves them there, with these
 * types. */
static inline void v_check_list(WasmValidator *v, const WasmValType *types, u32 count)
{
    v_pop_list(v, types, count);
    v_push_list(v, types, count);
}

/* ---- frames ---- */

static inline Frame *v_frame(WasmValidator *v) { return &vec_last(&v->frames); }
static inline WasmFuncType v_sig(WasmValidator *v, const Frame *frame)
{
    return wasm_block_sig(v->m, &frame->type);
}
/* The types a branch to the frame carries; valid while the frame is where it is. */
void wasm_v_label(WasmValidator *v, const Frame *frame, const WasmValType **types, u32 *count);
/* Reads a label and returns its frame; counts a branch to it. */
Frame *wasm_v_read_label(WasmValidator *v);
/* The rest of the frame cannot be reached. */
static inline void v_unreachable(WasmValidator *v)
{
    v->top = v->floor;
    v_frame(v)->is_unreachable = true;
}
void wasm_v_push_frame(WasmValidator *v, FrameKind kind, WasmBlockType type);
/* Checks that the frame's results, and nothing else, are there, and takes them. */
void wasm_v_finish_frame(WasmValidator *v);
/* Forgets the initialization of locals that happened in the frame. */
void wasm_v_forget_inits(WasmValidator *v, const Frame *frame);
/* Checks a reference type found on the stack or in the code against one that is wanted. */
static inline void v_match(WasmValidator *v, WasmValType found, WasmValType want)
{
    if (UNLIKELY(!wasm_is_subtype(v->m, found, want)))
        wasm_v_fail_type(v, want, found);
}

/* Reads the index of a data segment, which only a data count section makes known in time. */
void wasm_v_read_data(WasmValidator *v);

/* Operators with rules of their own, by file. */
void wasm_v_gc_op(WasmValidator *v, WasmOp op);        /* validate_gc.c */
void wasm_v_exception_op(WasmValidator *v, WasmOp op); /* validate_exn.c */
void wasm_v_table_op(WasmValidator *v, WasmOp op);     /* validate_table.c */
/* The signature both sides of a call agree on: parameters taken, results given or, for a tail call,
 * checked against the function's own. */
void wasm_v_call(WasmValidator *v, const WasmFuncType *type, bool is_tail);

/* ---- the side table: body_info.c ---- */

void wasm_v_info_begin(WasmValidator *v);
void wasm_v_info_open(WasmValidator *v, FrameKind kind, WasmBlockType type);
void wasm_v_info_close(WasmValidator *v);
void wasm_v_info_assign_slow(WasmValidator *v, u32 local);
void wasm_v_info_finish(WasmValidator *v, WasmBodyInfo *info);

static inline WasmConstruct *v_construct(WasmValidator *v)
{
    return &v->constructs.at[v->current];
}
static inline void v_info_assign(WasmValidator *v, u32 local)
{
    if (!v->wants_info)
        return;
    if (LIKELY(v->is_bitset))
        v_construct(v)->assigned_bits |= (u64)1 << local;
    else
        wasm_v_info_assign_slow(v, local);
}
static inline void v_info_callee(WasmValidator *v, u32 func)
{
    if (v->wants_info)
        vec_push(&v->body, &v->callees, func);
}

#endif
