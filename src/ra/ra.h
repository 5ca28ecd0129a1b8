/* ra: registers for values. Knows operands, not instructions.
 *
 * Owns: liveness, spilling, assignment (alloc.c and neighbours), the parallel-move resolver
 * (moves.c), and the independent checker (check.c).
 * Promises: linear in the input but for capped parts; same input, same result; the result passes
 * ra_check, which debug builds run always and release builds on --check-ra.
 * Input: machine code in SSA form over virtual registers, blocks in reverse post-order without
 * critical edges, phis as per-block lists. Output: a location in each operand, and a list of edits
 * (moves, spills, reloads, rematerializations) to insert before instructions.
 * Dump: --dump=ra. The room is two fifths above its budget: the checker is a third of it, and one
 * algorithm in one file.
 */
#ifndef STINT_RA_H
#define STINT_RA_H

#include "base/arena.h"
#include "base/strbuf.h"
#include "base/vec.h"

typedef enum RaClass { RA_GPR, RA_VEC, RA_CLASS_COUNT } RaClass;

/* A place for a value: a register, or a stack slot of 8 bytes (16 for vectors wider than 8). */
typedef u32 RaLoc;
#define RA_NONE 0xffffffffu
#define RA_REG(class, n) ((u32)(class) << 5 | (u32)(n)) /* 0..31 general, 32..63 vector */
#define RA_SLOT(n) (0x80000000u | (u32)(n))             /* n counts 8-byte words */
#define RA_IS_REG(loc) ((loc) < 64)
#define RA_IS_SLOT(loc) ((loc) != RA_NONE && (loc) >> 31)
#define RA_SLOT_INDEX(loc) ((loc) & 0x7fffffffu)
#define RA_REG_INDEX(loc) ((loc) & 31u)
#define RA_REG_CLASS(loc) ((RaClass)((loc) >> 5))
#define RA_BIT(loc) ((u64)1 << (loc)) /* member of a register set */

typedef enum RaRole {
    RA_USE,      /* read before anything is written: may share a register with a def */
    RA_USE_LATE, /* read until the end: shares no register with a def or temp */
    RA_DEF,      /* written at the end: may take the register of a use that dies here */
    RA_DEF_EARLY, /* written while uses are still read: shares no register with any use */
    RA_TEMP,     /* a free register for the instruction's own use (vreg names its class only) */
} RaRole;

enum RaOpndFlag {
    RA_SLOT_OK = 1, /* use: the instruction can read a stack slot instead of a register */
};

typedef struct RaOpnd {
    u32 vreg;   /* virtual register */
    RaLoc loc;  /* out: where it is at this instruction */
    u8 role;    /* RaRole */
    u8 fixed;   /* register (RA_REG) it must be in, or RA_ANY_REG */
    u8 tied;    /* a def: index (from 0, in the instruction) of the use whose register it takes;
                   RA_UNTIED else */
    u8 flags;   /* RaOpndFlag */
} RaOpnd;
#define RA_ANY_REG 0xff
#define RA_UNTIED 0xff

typedef struct RaInst {
    u32 opnd;      /* first operand in RaFunc.opnds; its operands: uses, then temps, then defs */
    u16 nopnds;
    u8 clobber;    /* index into RaFunc.clobbers; 0 = none. Clobbers happen between uses and defs:
                      a fixed def may name a clobbered register, a late use may not */
    u8 is_move;    /* copies use 0 to def 0 and does nothing else: worth coalescing */
} RaInst;

typedef struct RaPhi {
    u32 def;   /* virtual register */
    u32 input; /* first of npreds virtual registers in RaFunc.phi_inputs, in predecessor order */
} RaPhi;

typedef struct RaBlock {
    u32 first, end; /* instructions [first, end); the last one is the terminator; never empty */
    u32 phi_at, nphis;   /* RaFunc.phis */
    u32 succ_at, nsucc;  /* RaFunc.edges; no edge is critical: if nsucc > 1 each successor has one
                            predecessor. If nsucc == 1 and that successor has several, the
                            terminator has no operands: moves of the edge go before it */
    u32 pred_at, npred;
    u32 idom;            /* block number; entry: itself */
    u32 loop_header;     /* innermost loop's header block, or UINT32_MAX */
    u32 loop_end;        /* for headers: one past the last block of the loop in this order, if the
                            loop is contiguous (it is); else 0 */
    u16 loop_depth;
    u16 freq_log2;       /* relative frequency, 2^freq_log2; cold code is 0 */
} RaBlock;

enum RaVregFlag {
    RA_REMAT = 1,  /* recomputed by one instruction without operands: never spilled */
    RA_WIDE = 2,   /* needs a 16-byte slot */
    RA_REFERENCE = 4, /* a collected reference: must be in a slot (never a register) across calls
                        that may collect; reported in stack maps */
};

typedef struct RaVreg {
    u8 class;  /* RaClass */
    u8 flags;  /* RaVregFlag */
    u8 hint;   /* preferred register (RA_REG), or RA_ANY_REG */
    u8 unused;
} RaVreg;

typedef enum RaEditKind {
    RA_MOVE,  /* from -> to: register or slot each; slot to slot uses the emitter's scratch */
    RA_SWAP,  /* exchanges two registers of one class */
    RA_REMATERIALIZE, /* computes vreg into `to` */
} RaEditKind;

/* To be done before instruction `at`, in list order. */
typedef struct RaEdit {
    u32 at;
    u32 vreg; /* whose value moves (0 for RA_SWAP) */
    RaLoc from, to;
    u8 kind; /* RaEditKind */
} RaEdit;

/* A slot that holds a reference which lives across clobbering instruction `at`. */
typedef struct RaStackRef {
    u32 at;
    u32 slot; /* its word */
} RaStackRef;

typedef struct RaEnv {
    u64 allocatable;  /* registers that may be assigned, both classes */
    u64 callee_saved; /* of these, those whose first use costs a save */
    u8 order[64];     /* preference order of allocatable registers, first `norder` valid */
    u32 norder;
} RaEnv;

typedef struct RaFunc {
    Arena *arena; /* for output and scratch */
    const RaEnv *env;
    RaBlock *blocks;
    u32 nblocks;
    RaInst *insts;
    u32 ninsts;
    RaOpnd *opnds;
    u32 nopnds;
    RaPhi *phis;
    u32 nphis;
    u32 *phi_inputs;
    u32 *edges;
    u64 *clobbers; /* register sets; [0] is empty */
    RaVreg
        *vregs; /* [0] unused; each is defined exactly once (operand or phi), defs dominate uses */
    u32 nvregs;
    /* out */
    VEC(RaEdit) edits; /* sorted by `at` */
    u32 nslots;        /* 8-byte words of spill space */
    u64 used;          /* registers assigned anywhere */
    VEC(RaStackRef) stack_refs; /* sorted by `at`: what the stack maps of calls say */
} RaFunc;

/* Allocates. Runs out of memory through the arena; fails on nothing else. effort: 1 or 2. */
void ra_allocate(RaFunc *f, int effort);

/* Proves by symbolic execution that every operand reads the value it names, on every path. On
 * failure appends the reason and the instruction. Independent of ra_allocate's code. */
bool ra_check(const RaFunc *f, StrBuf *why);

/* The function with its operands' locations and edits, for --dump=ra. */
void ra_print(const RaFunc *f, StrBuf *out);

#endif
