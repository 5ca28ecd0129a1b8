/* Shared by the files of front only. */
#ifndef STINT_FRONT_INT_H
#define STINT_FRONT_INT_H

#include "front/front.h"

/* A jump to a label that has no block yet. */
typedef struct Edge {
    IrBlk pred;
    u32 slot;   /* in IrFunc.edges: where the target's number belongs */
    u32 values; /* in Front.values: the label's values, then the assigned locals' */
    u32 next;   /* older edge of the same label, or FRONT_NO_EDGE */
    IrVersions versions;
} Edge;

#define FRONT_NO_EDGE UINT32_MAX
#define FRONT_NO_TRY UINT32_MAX

typedef enum FrameKind {
    FRAME_FUNC,
    FRAME_BLOCK,
    FRAME_LOOP,
    FRAME_IF,
    FRAME_ELSE,
    FRAME_TRY_TABLE,
    FRAME_TRY,   /* legacy: up to the first catch */
    FRAME_CATCH, /* behind it */
} FrameKind;

/* An open construct. */
typedef struct Frame {
    u8 kind;        /* FrameKind */
    bool has_label; /* something may branch to it: of loops, a header with phis was made */
    u32 construct;  /* number, WASM_NONE for the function */
    u32 height;     /* operand stack below its parameters */
    WasmFuncType sig;
    u32 assigned, nassigned;  /* Front.assigned: locals it may assign */
    u32 edges;                /* newest edge to its label (of loops: back edges), or NO_EDGE */
    u32 nedges;
    IrBlk header;             /* of a loop */
    u32 phis;                 /* of a loop: first of its phis in Front.values; parameters first */
    /* of loops and ifs: the state in front of them */
    IrBlk before;
    u32 before_values;        /* Front.values: parameters, then assigned locals */
    IrVersions before_versions;
    u32 else_slot;            /* of an if: successor slot of its other arm; the same of a catch, if
                                 `before` is a block */
    u32 handler;              /* Front.tries: who gets the exceptions thrown in it; or NO_TRY */
    IrRef exn;                /* of a catch: what rethrow throws */
    bool is_rethrown;
} Frame;

/* Blocks from which on it is known of a reference that it is not null, or no i31, or of a
 * condition that it is zero; IR_NO_BLOCK. */
typedef struct Known {
    IrBlk in[3];
} Known;
/* A clause of a try_table. */
typedef struct Clause {
    u8 kind;      /* ClauseKind */
    u32 tag;
    u32 frame_ix; /* where it goes */
} Clause;
/* Bit 0: the exception itself comes last; bit 1: of any tag, without values. */
enum ClauseKind { CLAUSE_TAG, CLAUSE_TAG_REF, CLAUSE_ALL, CLAUSE_ALL_REF };

/* An open try_table, or a legacy try up to its first catch. */
typedef struct Try {
    Frame label;     /* where exceptions thrown within arrive: it carries locals only */
    u32 outer;       /* handler around it */
    u32 clauses, nclauses; /* Front.clauses; legacy ones are not known yet */
    bool is_legacy;
} Try;

/* Where to go on behind an inlined body. */
typedef struct Caller {
    const WasmBodyInfo *info;
    WasmReader reader;
    u32 next_construct, first_local, func_frame, call_src; /* see Front */
    bool is_called_in_loop;
} Caller;

typedef struct Front {
    IrBuilder *b;
    IrFunc *f;
    Arena *arena;
    const FrontModule *fm;
    const WasmModule *m;
    const WasmBodyInfo *info; /* of the body being read: of this function, or an inlined one */
    const FrontInliner *inliner;
    Diag *diag;
    WasmReader reader;
    u32 op_at;           /* byte offset of the current operator */
    u32 next_construct;
    u64 fuel;            /* units not yet charged */
    u64 snapshot_words;  /* spent on snapshots so far */
    u32 first_local;     /* in `locals`: of the body being read */
    u32 func_frame;      /* in `frames`: its own */
    u32 call_src;        /* of an inlined body: where its call stands (IrFunc.src) */
    bool is_called_in_loop; /* of an inlined body */
    u32 inlined_ops, max_inlined_ops;
    VEC(Caller) callers; /* of inlined bodies, the outermost first */
    VEC(IrRef) locals;   /* of all open bodies */
    VEC(IrRef) stack;    /* operands */
    VEC(Frame) frames;
    VEC(Edge) edges;
    VEC(Try) tries;
    VEC(Clause) clauses;
    VEC(u32) values;
    VEC(u32) assigned;   /* locals, counted from the outermost body's first one */
    VEC(Known) known;    /* by node, as far as something is known */
    VEC(u32) label_values; /* by frame: scratch of br_table, all zero between uses */
} Front;

/* ---- values ---- */
static inline void push(Front *w, IrRef ref) { vec_push(w->arena, &w->stack, ref); }
static inline IrRef pop(Front *w) { return vec_pop(&w->stack); }
/* An index or count as i64, whether it was i32 or not. */
static inline IrRef widen(Front *w, IrRef value)
{
    return ir_node(w->f, value)->type == IR_I64 ? value : ir_emit1(w->b, IR_EXT_U, IR_I64, value);
}
static inline IrRef number(Front *w, u32 value) { return ir_const(w->b, IR_I32, value); }
IrType front_type(const WasmModule *m, WasmValType type);
/* The operand of a type that a new local or an empty table holds: zero or null. */
IrRef front_zero(Front *w, IrType type);
/* Emits TRAPIF. */
void front_trap_if(Front *w, IrRef condition, VmTrap code);
/* Emits a libcall; returns its result, if any. */
IrRef front_libcall(Front *w, VmLibcall call, const IrRef *args, u32 n);

/* The local of the body being read. */
static inline IrRef *local_at(Front *w, u32 local) { return &w->locals.at[w->first_local + local]; }
/* Gives the locals behind the parameters their zeros. */
void front_zero_locals(Front *w);

/* ---- inline.c ---- */
void inline_module_init(FrontModule *fm, Arena *arena);
/* Inlines a call, its arguments on the stack: the body is read next. False: it has to be called. */
bool inline_call(Front *w, u32 func);
/* Behind the end of an inlined body: back to its caller. */
void inline_leave(Front *w);
/* The origin of an operator of an inlined body. */
u32 inline_place(Front *w, u32 offset);

/* ---- sealed.c ---- */
/* False: diag says that memory ran out. */
bool sealed_module_init(FrontModule *fm, Arena *arena, Diag *diag);

/* ---- control.c ---- */
void control_begin(Front *w);
/* The same for an inlined body, within the current block. */
void control_begin_inlined(Front *w);
/* After a terminator: skips to the else or end of the innermost construct. */
void control_skip_dead(Front *w);
bool control_op(Front *w, WasmOp op);
/* Ends the current block by a terminator with n successors, whose slots start at the result. */
u32 control_terminate(Front *w, IrOp op, IrRef a, u32 b, u32 c, u32 n);
/* Starts a block with the given single predecessor, whose successor slot is filled. */
void control_begin_single(Front *w, IrBlk pred, u32 slot);
/* Saves what a label gets: the top n operands and the frame's assigned locals. */
u32 control_snapshot(Front *w, const Frame *frame, u32 n);
void control_add_edge(Front *w, Frame *frame, IrBlk pred, u32 slot, u32 values);
/* Control continues at a frame's label: makes its block from the edges. */
void control_begin_label(Front *w, const Frame *frame);
/* Opens the frame of a construct; its parameters are on the stack. */
Frame *control_open_frame(Front *w, FrameKind kind, const WasmConstruct **construct);
/* Closes the construct on top. */
void control_end_construct(Front *w);
/* Ends the current block by a jump to a label, if control reaches here. */
void control_branch(Front *w, u32 depth);
/* Ends the block with br on condition; continues on the other side. */
void control_branch_if(Front *w, IrRef condition, bool branch_on, u32 depth);
void control_return(Front *w);
/* A detour without labels: code that runs only if the condition is not zero, then goes on as if it
 * had not. Between the two calls no value may be made that is used afterwards. */
typedef struct Detour {
    IrBlk test;
    u32 straight_slot; /* successor of the test that skips the detour */
    IrVersions versions;
} Detour;
Detour control_detour(Front *w, IrRef condition);
void control_rejoin(Front *w, const Detour *d);
/* Two ways that meet again with one value. After control_fork the code is that for a condition that
 * is not zero, after control_fork_else the other. */
typedef struct Fork {
    IrBlk test, yes_end;
    u32 slots;     /* successors of the test */
    u32 yes_slot;  /* successor of the end of the first way */
    IrVersions before, yes;
    IrRef yes_value;
} Fork;
Fork control_fork(Front *w, IrRef condition);
void control_fork_else(Front *w, Fork *f, IrRef value);
IrRef control_fork_join(Front *w, Fork *f, IrRef value);
/* In the place of both, if the first way ended in a trap: goes on for the other condition. */
void control_fork_leave(Front *w, const Fork *f);
void front_charge(Front *w);
/* The same, and one unit for each byte, element or page of the length that an operator works on. */
void front_charge_length(Front *w, IrRef len);

/* ---- exception.c ---- */

/* The construct on top, not yet closed, is a try: ends it as such. A label remains to be begun. */
void exception_end(Front *w);
/* After a terminator in a legacy try: skips to its next clause or its end. */
void exception_skip_dead(Front *w);
/* Emits a call that ends its block, with a landing pad for the handler around it, and returns the
 * node; control goes on where the call returned. op: of the plain call. */
IrRef exception_call(Front *w, IrOp op, u32 a, u32 b, u32 args);

/* ---- families of operators; false: not one of theirs (or diag is set) ---- */
bool numeric_op(Front *w, WasmOp op);
bool vector_op(Front *w, WasmOp op);
bool memory_op(Front *w, WasmOp op);
bool atomic_op(Front *w, WasmOp op);
bool table_op(Front *w, WasmOp op);
bool variable_op(Front *w, WasmOp op);
bool call_op(Front *w, WasmOp op);
bool gc_op(Front *w, WasmOp op);
bool exception_op(Front *w, WasmOp op);

/* ---- memory.c: checked accesses, as wide as the operator and type say ---- */
IrRef memory_load(Front *w, const WasmMemArg *arg, IrRef index, IrOp op, IrType type);
void memory_store(Front *w, const WasmMemArg *arg, IrRef index, IrOp op, IrRef value);

#endif
