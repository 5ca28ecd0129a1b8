/* mach: the part of the back end that is the same for every ISA.
 *
 * Owns: machine functions (MFunc: instructions over virtual registers), the lowering driver
 * (lower.c: blocks backwards, rules generated from rules/ISA/lower.r), the calling convention
 * (abi.c), the printer (print.c), and emission: frames, edits of the allocator, branches, literals,
 * jump tables, location map (emit.c).
 * Promises: knows no ISA but through MTarget; the instruction struct is one for all ISAs and its
 * operands are described by rules/ISA/insts.r, so printer, allocator glue and checker exist once.
 * Pipeline: mach_lower (IrFunc -> MFunc in SSA) -> ra_allocate -> mach_emit (MFunc -> MCode).
 * Dumps: --dump=lower, ra, emit.
 */
#ifndef STINT_MACH_H
#define STINT_MACH_H

#include "ir/ir.h"
#include "ra/ra.h"
#include "vmabi/vmabi.h"

/* How a memory operand is formed. Register operands of an address are the last uses of the
 * instruction: base, then index. */
enum MMemFlag {
    M_MEM = 1,       /* the instruction has a memory operand */
    M_BASE = 2,      /* base register operand */
    M_INDEX = 4,     /* index register operand, times 1 << scale */
    M_CTX = 8,       /* base is the context register */
    M_GS = 16,       /* relative to the gs base (memory 0) */
    M_ADDR32 = 32,   /* effective address modulo 2^32 before the gs base is added */
    M_LITERAL = 64,  /* literal number disp of the function */
    M_FRAME = 128,   /* stack: area says which part */
};

enum MFrameArea {
    M_AREA_OUT,  /* outgoing arguments: rsp + disp at calls */
    M_AREA_IN,   /* incoming stack arguments: the first at disp 0 */
    M_AREA_SLOT, /* the allocator's spill slot `disp` (in bytes) */
    M_AREA_BUF,  /* buffers of this frame (multi-result areas): disp from its start */
};

typedef struct MInst {
    u16 op;    /* instruction of the ISA (generated enum), e.g. X64_ADD_RR */
    u8 width;  /* operand size in bytes: 1, 2, 4, 8, 16; 0 where the row has only one */
    u8 cc;     /* condition code of the ISA, or another small selector (rounding mode, predicate) */
    u8 mem;    /* MMemFlag */
    u8 scale;  /* log2 of the index scale */
    u8 area;   /* MFrameArea, with M_FRAME */
    u8 lands;  /* of a call: it ends its block, whose second successor is its landing pad */
    i32 disp;  /* displacement; or the number of a literal */
    u32 src;   /* where the WebAssembly operator is, as in IrFunc.src; 0 = none. Instructions that
                  may fault, trap or call have one */
    u64 imm;   /* immediate; target block of a branch; function index of a call */
} MInst;

/* A constant that code loads relative to its own address; placed after the code. */
typedef struct MLiteral {
    u64 lo, hi;
    u8 size; /* 4, 8 or 16 */
} MLiteral;

/* A branch table: targets are block numbers; emitted as 32-bit offsets from the table's start. */
typedef struct MJumpTable {
    u32 first, len; /* MFunc.jump_targets */
} MJumpTable;

typedef struct MTarget MTarget;
typedef struct LowerCtx LowerCtx; /* mach/lower.h */

/* What code is compiled for. A value: nothing in the compiler asks the CPU it runs on. */
typedef struct MIsaOptions {
    u64 features;      /* bits of the ISA's features (rules/ISA/features.def) */
    bool use_gs;       /* memory 0 through gs */
    bool signal_traps; /* explicit traps are ud1; else calls of RAISE */
    bool stack_check;
    bool frame_pointer; /* keep rbp as frame pointer, for profilers */
    bool align_loops;   /* innermost loops begin at multiples of 32 bytes */
} MIsaOptions;

typedef struct MFunc {
    Arena *arena;
    const IrFunc *ir;
    const MTarget *target;
    const MIsaOptions *options;
    VEC(MInst) insts; /* parallel to ra.insts */
    RaFunc ra;        /* operands, blocks, phis; its vectors are filled by mach_lower */
    u32 *block_ir; /* by machine block: the IR block it comes from, IR_NO_BLOCK for split edges */
    VEC(MLiteral) literals;
    VEC(MJumpTable) jump_tables;
    VEC(u32) jump_targets;
    VEC(MInst) remats;  /* instructions that recompute a vreg; remat_of says which */
    u32 *remat_of;      /* by vreg: index in remats, for RA_REMAT vregs */
    u32 out_bytes;      /* largest outgoing argument area */
    u32 buf_bytes;      /* result buffers */
    u32 in_bytes;       /* own incoming stack arguments, rounded up to 16: popped on return */
    bool has_calls;     /* not a leaf */
    bool has_signature; /* put `signature` before the entry, for sealed tables */
    u32 signature;
} MFunc;

/* Where the code of a function begins to need a given distance to its return address. */
typedef struct MFrameRow {
    u32 code_off;    /* from the function's start */
    u32 ret_offset;  /* [rsp + ret_offset] is the return address from here on */
} MFrameRow;

/* A machine instruction that may trap, or a call: which operator it belongs to. */
typedef struct MLoc {
    u32 code_off; /* of the instruction; of calls, the return address less 1 */
    u32 src;      /* byte offset in the module, or a place: see IrFunc.src */
} MLoc;

/* A place in the frame that holds a reference while the call is under way. */
typedef struct MRefSlot {
    u32 code_off; /* the call's return address less 1 */
    u32 below;    /* bytes from it up to the function's own return address */
} MRefSlot;

/* A reference from code to something placed later. */
typedef struct MReloc {
    u32 code_off; /* of the 4 bytes: value - (address of these bytes + 4) */
    u32 func;     /* function index (defined in this module) */
} MReloc;

/* Where an exception that leaves a call goes on. */
typedef struct MPad {
    u32 code_off; /* the call's return address */
    u32 pad_off;
} MPad;

/* Finished code of one function, appended to by mach_emit in the caller's arena. */
typedef struct MCode {
    VEC(u8) bytes;
    VEC(MReloc) relocs;
    VEC(MFrameRow) rows;
    VEC(MLoc) locs; /* sorted by code_off */
    VEC(MRefSlot) refs; /* sorted by code_off */
    VEC(MPad) pads; /* likewise */
    u8 saved;       /* registers that the frame saves: see VM_MAX_SAVED */
    u32 entry_off; /* of the first instruction: bytes before it (signature word) are not executed */
    u32 code_end;   /* behind the last instruction; literals and tables follow */
    u32 align;      /* the entry must stand at a multiple of this */
} MCode;

/* The whole contract of an ISA: port one by providing this. */
struct MTarget {
    const char *name;
    const RaEnv *env;
    u32 nops;
    /* printing: name of an instruction and of a register at a width */
    const char *(*op_name)(u16 op);
    void (*reg_name)(StrBuf *out, RaLoc reg, u8 width);
    /* registers of the convention */
    const u8 *int_args, *vec_args, *int_results, *vec_results; /* RA_REG numbers, VM_MAX_* long */
    u64 caller_saved; /* clobbered by calls */
    /* lowering: generated from rules/ISA/lower.r; false: no rule matches (reported as unsupported)
     */
    bool (*lower)(LowerCtx *cx, IrRef node);
    const struct MLowerOps *lower_ops;
    /* lowering pieces the convention needs (isa/ISA/abi.c); see mach/lower.h */
    const struct MAbiOps *abi;
    /* emission (isa/ISA/emit.c) */
    const struct MEmitOps *emit;
};

/* Lowers a scheduled function. False when an operator has no lowering: *unsupported names it. */
bool mach_lower(MFunc *f, const char **unsupported);
/* Emits allocated code. */
void mach_emit(MFunc *f, MCode *code);
/* The function as text: before allocation with virtual registers, after it with places. */
void mach_print(const MFunc *f, StrBuf *out);

#endif
