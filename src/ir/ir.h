/* ir: the compiler's one intermediate representation, and everything that only needs to see it.
 *
 * Owns: nodes, blocks, functions; building with folding and value numbering (build.c); text out
 * and in (print.c, parse.c); the verifier (verify.c); dominance and loops (cfg.c).
 * Promises: a function lives in one arena and is dropped with it; every reference is a u32 index;
 * no use lists (backward walks count uses); no allocation per node.
 *
 * Shape: blocks form the control-flow graph; effects and terminators are *pinned*: they stay in
 * their block in node order. Pure nodes *float*: they have no block until opt/schedule.c gives them
 * one, and the value table may share one wherever its operands are available, without asking for
 * dominance. i32 values are always zero-extended when seen as 64 bits.
 * Read next: ops.def (the operators), build.h. Dumps: --dump=build, fold, schedule.
 */
#ifndef STINT_IR_H
#define STINT_IR_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "vmabi/vmabi.h"

typedef u32 IrRef; /* a node; 0 = none */
typedef u32 IrBlk; /* a block; 0 = the entry block */
#define IR_NO_BLOCK UINT32_MAX

typedef enum IrType {
    IR_VOID,
    IR_I32,
    IR_I64,
    IR_F32,
    IR_F64,
    IR_V128,
    IR_REF,   /* pointer to a function record, 64 bits */
    IR_GCREF, /* any other reference: 32 bits, moved by the collector, never an address */
    IR_I128,  /* two i64, between PAIR, the wide operators, and LOW and HIGH: no phi, no argument */
    IR_TYPE_COUNT
} IrType;

typedef enum IrOp {
    IR_NONE, /* node 0 and deleted nodes */
#define X(name, text, operands, flags, meaning) IR_##name,
#include "ir/ops.def"
#undef X
    IR_OP_COUNT
} IrOp;

/* Rows name these flags without prefix: see the X() of op.c. */
enum IrOpFlag {
    IR_PURE = 1,
    IR_COMM = 2,
    IR_TRAPS = 4,
    IR_LOADS = 8,
    IR_STORES = 16,
    IR_CALLS = 32,
    IR_TERM = 64,
    IR_BOOL = 128,
    IR_PINNED = 256, /* no effect, but has its place */
    IR_LIST = 512,   /* extra[c]: a count of values, then these */
    IR_BARRIER = 1024, /* no access to memory passes it */
};

typedef struct IrOpInfo {
    const char *text;
    const char *operands; /* three letters, see ops.def */
    u16 flags;            /* IrOpFlag */
    u8 nvalues;           /* fields that are value operands */
} IrOpInfo;
extern const IrOpInfo ir_op_info[IR_OP_COUNT];
extern const char *const ir_type_text[IR_TYPE_COUNT];

typedef struct IrNode {
    u16 op;   /* IrOp */
    u8 type;  /* IrType of the value; IR_VOID: none */
    u8 flags; /* IrNodeFlag */
    u32 a, b, c;
} IrNode;

enum IrNodeFlag {
    IRF_PINNED = 1, /* keeps its place in its block (derived from the op when the node is made) */
};

/* Alias classes of loads and stores: two accesses of different classes never overlap. */
enum {
    IR_ALIAS_HOST,  /* records of the runtime: lengths, bases, table records */
    IR_ALIAS_TABLE, /* elements of any table */
    IR_ALIAS_GLOBAL_IMPORT, /* any imported or exported global: they may be one object */
    IR_ALIAS_STORE, /* VmStore: fuel, limits */
    IR_ALIAS_MEMORY0, /* memory i has class IR_ALIAS_MEMORY0 + i, or, imported ones, the first
                         imported memory's */
    IR_ALIAS_MEMORIES = 100,
    IR_ALIAS_GLOBAL0 = IR_ALIAS_MEMORY0 + IR_ALIAS_MEMORIES, /* own, not exported global i */
    IR_ALIAS_GC_CONST = 1 << 28, /* what never changes once an object is made: headers, lengths,
                                    immutable fields */
    IR_ALIAS_GC0, /* mutable fields: by the type that declares them, and number; mutable elements
                     of arrays: by their storage */
};

typedef struct IrBlock {
    u32 order_first, order_len; /* its nodes in func->order, phis first, terminator last; valid
                                   after schedule */
    u32 succ_at, nsucc;         /* successors: func->edges.at[succ_at..] */
    u32 pred_at, npred;         /* predecessors, likewise; phi inputs have this order */
    IrBlk idom;                 /* immediate dominator; the entry block's is itself */
    u32 dom_depth;              /* 0 for the entry block */
    IrBlk dom_jump;             /* a dominator further up, to climb in logarithmic time */
    IrBlk loop;                 /* header of the innermost loop, IR_NO_BLOCK outside loops */
    u16 loop_depth;             /* 0 outside loops */
    u8 is_loop_header;
    u8 is_cold; /* leads only to a trap, or hinted unlikely: laid out apart */
} IrBlock;

typedef struct IrSig {
    const u8 *params; /* IrType */
    const u8 *results;
    u32 nparams, nresults;
} IrSig;

/* Where an operator of an inlined function stands: its byte offset in the module, and where the
 * call stands that it came by, which is such an offset or IR_PLACE | the number of a place before
 * this one. */
typedef struct IrPlace {
    u32 src;
    u32 up;
} IrPlace;
#define IR_PLACE 0x80000000u
#define IR_MAX_INLINE_DEPTH 8 /* calls between a place and the function */

typedef struct IrFunc {
    Arena *arena;
    u32 index;        /* in the module, imports counted: for dumps */
    VEC(IrNode) nodes; /* [0] is IR_NONE */
    VEC(u32) block_of; /* by node: block of pinned nodes; of all live nodes after schedule;
                          IR_NO_BLOCK else */
    VEC(u32) src;      /* by node: byte offset of the operator in the module, 0 = unknown; or
                          IR_PLACE | number of a place */
    VEC(IrPlace) places; /* of operators of inlined functions */
    VEC(u32) extra;    /* operand lists and wide immediates */
    VEC(IrBlock) blocks; /* in reverse post-order once built */
    VEC(u32) edges;    /* successor and predecessor lists */
    u32 *order;        /* live nodes by block, after schedule */
    u32 order_len;
    /* signature */
    u8 *param_types; /* IrType */
    u8 *result_types;
    u32 nparams, nresults;
    /* signatures that calls name: by module type index */
    const IrSig *sigs;
    u32 nsigs;
    const u32 *func_sig; /* by function index: its signature */
    const VmLayout *layout; /* of the module's context: where import a's record is, among others */
} IrFunc;

/* Of an operator, inlined or not: where it, or the call it came by, is in the function itself. */
static inline u32 ir_outermost_src(const IrFunc *f, u32 src)
{
    while (src & IR_PLACE)
        src = f->places.at[src & ~IR_PLACE].up;
    return src;
}

static inline IrNode *ir_node(const IrFunc *f, IrRef ref)
{
    dassert(ref < f->nodes.len);
    return &f->nodes.at[ref];
}
static inline bool ir_is_const(const IrFunc *f, IrRef ref)
{
    return ir_node(f, ref)->op == IR_ICONST;
}
static inline u64 ir_const_value(const IrFunc *f, IrRef ref)
{
    const IrNode *n = ir_node(f, ref);
    return n->b | (u64)n->c << 32;
}
static inline u32 *ir_succs(const IrFunc *f, IrBlk b)
{
    return f->edges.at + f->blocks.at[b].succ_at;
}
static inline u32 *ir_preds(const IrFunc *f, IrBlk b)
{
    return f->edges.at + f->blocks.at[b].pred_at;
}
/* Does the operator end its block as a call with a landing pad? */
static inline bool ir_is_try_call(u16 op)
{
    return op == IR_TRY_CALL || op == IR_TRY_CALL_REF || op == IR_TRY_CALL_CODE ||
           op == IR_TRY_CALL_IMPORT;
}
/* The signature of a call node other than LIBCALL. */
const IrSig *ir_call_sig(const IrFunc *f, const IrNode *call);

/* The signature of a libcall (libcall.def); the context parameter is left out. */
typedef struct IrLibcallSig {
    u8 params[8]; /* IrType */
    u32 nparams;
    u8 result; /* IrType, IR_VOID: none */
} IrLibcallSig;
void ir_libcall_sig(VmLibcall call, IrLibcallSig *out);

/* The value operands of a node, in order: fields first, then its list. An operand may be 0 only
 * where the operator says so (the base of EA and EA64). */
#define IR_MAX_FIXED_OPERANDS 3
/* Value operands come first in the fields of every operator that has some. */
static inline u32 ir_fixed_operands(u16 op)
{
    return ir_op_info[op].nvalues;
}
static inline u32 ir_operand_count(const IrFunc *f, IrRef ref)
{
    const IrNode *n = ir_node(f, ref);
    if (n->op == IR_PHI)
        return f->blocks.at[n->a].npred;
    u32 count = ir_fixed_operands(n->op);
    return ir_op_info[n->op].flags & IR_LIST ? count + f->extra.at[n->c] : count;
}
static inline u32 *ir_operand(IrFunc *f, IrRef ref, u32 i)
{
    IrNode *n = ir_node(f, ref);
    if (n->op == IR_PHI)
        return &f->extra.at[n->c + i];
    u32 fixed = ir_fixed_operands(n->op);
    if (i < fixed)
        return i == 0 ? &n->a : i == 1 ? &n->b : &n->c;
    return &f->extra.at[n->c + 1 + (i - fixed)];
}

/* Dominators are climbed by skips (Myers, "An applicative random-access stack"), so that a chain of
 * a hundred thousand blocks costs seventeen steps. ir_set_idom: the dominator's own is set. */
static inline void ir_set_idom(IrBlock *blocks, IrBlk b, IrBlk idom)
{
    const IrBlock *up = &blocks[idom];
    IrBlk jump = up->dom_jump;
    bool is_even =
        b != idom && up->dom_depth - blocks[jump].dom_depth ==
                         blocks[jump].dom_depth - blocks[blocks[jump].dom_jump].dom_depth;
    blocks[b].idom = idom;
    blocks[b].dom_depth = b == idom ? 0 : up->dom_depth + 1;
    blocks[b].dom_jump = is_even ? blocks[jump].dom_jump : idom;
}
/* The dominator of b at a depth that is not below its own. */
static inline IrBlk ir_dominator_at(const IrBlock *blocks, IrBlk b, u32 depth)
{
    while (blocks[b].dom_depth > depth)
        b = blocks[blocks[b].dom_jump].dom_depth >= depth ? blocks[b].dom_jump : blocks[b].idom;
    return b;
}
static inline IrBlk ir_common_dominator(const IrBlock *blocks, IrBlk x, IrBlk y)
{
    x = ir_dominator_at(blocks, x, blocks[y].dom_depth);
    y = ir_dominator_at(blocks, y, blocks[x].dom_depth);
    while (x != y) {
        bool skips = blocks[x].dom_jump != blocks[y].dom_jump;
        x = skips ? blocks[x].dom_jump : blocks[x].idom;
        y = skips ? blocks[y].dom_jump : blocks[y].idom;
    }
    return x;
}

/* cfg.c: dominators, loop nesting and depths for blocks in reverse post-order with edges set. */
void ir_compute_cfg(IrFunc *f);
/* The same, and renumbers the blocks so that every loop is contiguous. */
void ir_order_blocks(IrFunc *f);
bool ir_dominates(const IrFunc *f, IrBlk a, IrBlk b);

/* print.c: one function as text, from which ir_parse makes an equal one. */
void ir_print(const IrFunc *f, StrBuf *out);
/* An origin: @offset of the operator and, behind <, of the calls by which it was inlined. */
void ir_print_src(const IrFunc *f, StrBuf *out, u32 src);
/* parse.c: text to function; Diag's offset is a byte offset in the text. */
bool ir_parse(Arena *arena, const char *text, size_t len, IrFunc **out, Diag *diag);
/* verify.c: checks all invariants of the stage; on failure says which node and why. */
typedef enum IrStage { IR_STAGE_BUILT, IR_STAGE_SCHEDULED } IrStage;
bool ir_verify(const IrFunc *f, IrStage stage, StrBuf *why);

#endif
