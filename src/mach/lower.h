/* mach/lower: what generated lowering code and the convention (abi.c) share with the driver.
 *
 * The driver (lower.c) walks blocks and nodes backwards and calls target->lower for each node whose
 * value is wanted or that has an effect. For one node, instructions are appended in execution order
 * with the calls below; the driver puts the groups in order. To append an instruction: first get
 * the registers of all values it reads (mach_use and its kin, which may append instructions of
 * their own), then mach_inst, then its operands with mach_opnd in the order uses, registers of the
 * memory operand, temps, defs.
 *
 * A node's virtual register has the node's number; small constants and EXT_U have none (mach_use
 * makes a new register at each use, or looks through). Wanting a value (mach_use) is what gets a
 * pure node emitted at all: what all users folded is never wanted.
 */
#ifndef STINT_MACH_LOWER_H
#define STINT_MACH_LOWER_H

#include "mach/mach.h"

/* A memory operand being matched or used. While matching, base and index are nodes; mach_use_addr
 * makes them registers. */
typedef struct MAddr {
    u32 base, index; /* IrRef, then virtual register; 0 = none */
    i32 disp;
    u32 src;         /* where the access stands in the module, 0 = at the node being lowered */
    IrRef load;      /* the load that becomes part of the instruction, 0 = none */
    u64 wide;        /* offset that does not fit disp: added to the base by an instruction */
    u64 lo, hi;      /* the literal, with M_LITERAL; after mach_use_addr lo is its number */
    u8 mem;          /* MMemFlag; of M_BASE and M_INDEX only after mach_use_addr */
    u8 scale;
    u8 size;         /* of the literal */
    bool low32;      /* only the low 32 bits of the sum count */
    bool is_ready;   /* base and index are registers already */
} MAddr;

struct LowerCtx {
    MFunc *m;
    const IrFunc *ir;
    const IrNode *nodes; /* ir->nodes.at */
    const MIsaOptions *options;
    const MTarget *target;
    Arena *arena;
    /* the node being lowered */
    IrRef root;
    IrBlk block;     /* its IR block */
    u32 src;         /* stamped on each instruction */
    u32 out;         /* register its value is put in */
    /* by node */
    u8 *uses;        /* how many nodes use it: 0, 1, 2 = more */
    u8 *wanted;      /* its register is read: it must be emitted */
    u8 *sunk;        /* loads: done by the instruction of their user */
    u8 *faults;      /* accesses that fault for null, and the checks that are left to them */
    u32 *effects;    /* effects in its block before it (loads: with it) that a load may not pass */
    u32 *writes;     /* the same, only writes to host structures */
    u32 *place;      /* its number in ir->order */
    u32 *next_result; /* list of RESULT nodes: by call its first, by RESULT the next; 0 ends it. By
                         wide operator: the HIGH node whose register has its upper half, or 0 */
    /* output, not yet in order */
    VEC(MInst) insts;
    VEC(RaInst) ra_insts; /* parallel */
    VEC(u32) groups;      /* first instruction of each group; groups are last to first */
    VEC(RaOpnd) opnds;
    VEC(RaVreg) vregs;
    VEC(u32) remat_of;    /* parallel to vregs */
    VEC(u64) clobbers;
    /* blocks: blocks.c */
    u32 *machine_block;   /* by IR block */
    u32 *edge_to;         /* by successor edge in ir->edges: the machine block it leads to */
    u32 *pred_place;      /* by predecessor in ra.edges: its number among the IR block's */
    u32 *pred_no;         /* by successor in ra.edges: which of its predecessors this block is */
    u32 result_buffer;    /* abi.c: register with the address for results, 0 while not needed */
};

/* ---- values ---- */

/* The register that holds a node's value at the instruction that comes next. Appends the
 * instruction that makes it for small constants: call it before mach_inst. */
u32 mach_use(LowerCtx *cx, IrRef ref);
/* The same where only the low 32 bits are read: looks through WRAP. */
u32 mach_use32(LowerCtx *cx, IrRef ref);
/* Turns the nodes of a matched memory operand into registers. */
void mach_use_addr(LowerCtx *cx, MAddr *addr);
/* The register a node's value is put in. */
static inline u32 mach_def(const LowerCtx *cx, IrRef ref) { (void)cx; return ref; }
static inline bool mach_is_wanted(const LowerCtx *cx, IrRef ref) { return cx->wanted[ref]; }
/* The register for the upper half of the wide operator being lowered. */
u32 mach_high(LowerCtx *cx);
u32 mach_new_vreg(LowerCtx *cx, RaClass class, u8 flags);
RaClass mach_class(IrType type);
/* Result i (0: the call's own value) of a call: the register it is to be put in, or 0 if nobody
 * wants it. */
u32 mach_call_result(const LowerCtx *cx, IrRef call, u32 i);

/* ---- instructions ---- */

/* Opens an instruction; valid until the next one is opened. */
MInst *mach_inst(LowerCtx *cx, u16 op, u8 width);

/* Adds an operand to the open instruction. fixed: RA_REG or RA_ANY_REG; tied: index of a use in
 * this instruction or RA_UNTIED. */
void mach_opnd(LowerCtx *cx, u32 vreg, RaRole role, u8 fixed, u8 tied, u8 flags);
static inline void mach_opnd_use(LowerCtx *cx, u32 vreg)
{
    mach_opnd(cx, vreg, RA_USE, RA_ANY_REG, RA_UNTIED, 0);
}
static inline void mach_opnd_fixed(LowerCtx *cx, u32 vreg, RaRole role, RaLoc reg)
{
    mach_opnd(cx, vreg, role, (u8)reg, RA_UNTIED, 0);
}
static inline void mach_opnd_def(LowerCtx *cx, u32 vreg)
{
    mach_opnd(cx, vreg, RA_DEF, RA_ANY_REG, RA_UNTIED, 0);
}
/* Sets the open instruction's memory operand and adds its registers (mach_use_addr was called). */
void mach_opnd_addr(LowerCtx *cx, const MAddr *addr);
/* Opens an instruction and gives it all its operands by its row: regs are the uses, then the defs
 * (temps are made here), addr its memory operand or NULL. */
MInst *mach_put(LowerCtx *cx, u16 op, u8 width, const u32 *regs, const MAddr *addr);
/* The open instruction clobbers these registers. */
void mach_set_clobber(LowerCtx *cx, u64 regs);
static inline void mach_set_move(LowerCtx *cx) { vec_last(&cx->ra_insts).is_move = 1; }

/* ---- things placed after the code ---- */

u32 mach_literal(LowerCtx *cx, u64 lo, u64 hi, u8 size);
/* A table of the current block's successors; its number. */
u32 mach_jump_table(LowerCtx *cx);
/* The number of the current block's last successor. */
u32 mach_last_successor(const LowerCtx *cx);

/* ---- questions rules ask (the guards of tools/rules/guards.py) ---- */

/* May the pure node be computed inside the node being lowered? */
bool mach_can_fold(const LowerCtx *cx, IrRef ref);
/* The same for a node that may have more users, each of which computes it for itself. */
bool mach_can_repeat(const LowerCtx *cx, IrRef ref);
/* May the node be computed as a condition, in flags? */
bool mach_can_test(const LowerCtx *cx, IrRef ref);
/* May the load be done by the instruction of the node being lowered? */
bool mach_can_sink_load(const LowerCtx *cx, IrRef load);
/* A load (or float constant, or context word) of this type that may be a memory operand here. */
bool mach_match_mem(const LowerCtx *cx, IrRef ref, IrType type, MAddr *addr);
/* The address of a memory-accessing node, with address arithmetic folded by the target's rules. */
void mach_match_addr(const LowerCtx *cx, IrRef node, MAddr *addr);
/* The node is a load that the instruction does: if it faults, it is the load that does. */
void mach_join_load(const LowerCtx *cx, IrRef node, MAddr *addr);
/* The sum that a node (ADD or EA) computes, as an address. low32: modulo 2^32. */
void mach_match_sum(const LowerCtx *cx, IrRef node, bool low32, MAddr *addr);
/* Do a store and a load access the same bytes of the same memory? */
bool mach_same_place(const LowerCtx *cx, IrRef store, IrRef load);
/* Are bits 32 and up of the i64 known to be zero? */
bool mach_is_zx32(const LowerCtx *cx, IrRef ref);
/* A 64-bit number in extra[at]. */
static inline u64 mach_extra64(const LowerCtx *cx, u32 at)
{
    return cx->ir->extra.at[at] | (u64)cx->ir->extra.at[at + 1] << 32;
}
static inline MAddr mach_literal_addr(u64 lo, u64 hi, u8 size)
{
    return (MAddr){.mem = M_LITERAL, .lo = lo, .hi = hi, .size = size};
}
/* An address of registers, 0 for none. */
static inline MAddr mach_reg_addr(u32 base, u32 index, u8 scale, i32 disp)
{
    return (MAddr){.base = base, .index = index, .scale = scale, .disp = disp, .is_ready = true};
}

/* ---- the convention: mach/abi.c ---- */

/* Each appends the instructions for a node (uses before the call, defs of all wanted results).
 * Parameters: one instruction at the entry that defines the wanted ones, then loads of those on the
 * stack. */
void mach_abi_params(LowerCtx *cx);
void mach_abi_call(LowerCtx *cx, IrRef call); /* CALL CALL_REF CALL_IMPORT LIBCALL TRY_CALL... */
/* A RESULT that the call itself does not define: of one that ends its block, with results in
 * memory. */
void mach_abi_result(LowerCtx *cx, IrRef result);
void mach_abi_return(LowerCtx *cx, IrRef ret);
void mach_abi_tail_call(LowerCtx *cx, IrRef call);
/* A libcall in place of a pure operator that the CPU lacks: result = libcall(args). */
void mach_abi_libcall(LowerCtx *cx, u32 libcall, const IrRef *args, u32 nargs, IrRef result);

/* What abi.c needs from an ISA to do so; registers are virtual, and already wanted. */
typedef struct MAbiOps {
    /* value <- and -> memory of this frame, or of a pointer in a register */
    void (*load_frame)(LowerCtx *cx, u32 vreg, IrType type, u8 area, i32 disp);
    void (*store_frame)(LowerCtx *cx, u32 vreg, IrType type, u8 area, i32 disp);
    void (*load_mem)(LowerCtx *cx, u32 vreg, IrType type, u32 base, i32 disp);
    void (*store_mem)(LowerCtx *cx, u32 vreg, IrType type, u32 base, i32 disp);
    void (*frame_address)(LowerCtx *cx, u32 vreg, u8 area, i32 disp);
    /* Opens the call or return instruction itself; abi.c adds argument uses, then calls finish,
     * then adds result defs. */
    void (*open_call)(LowerCtx *cx, const IrNode *call, bool is_tail);
    void (*open_return)(LowerCtx *cx);
    void (*open_params)(LowerCtx *cx);
} MAbiOps;

/* ---- what an ISA's generated code provides through MTarget ---- */

typedef struct MLowerOps {
    /* One step of address folding: rewrites base, index, scale and disp of an address by the rules.
     * False when none applies. */
    bool (*fold_address)(const LowerCtx *cx, MAddr *addr);
    /* Appends a jump to the block's only successor. */
    void (*jump)(LowerCtx *cx);
    /* Appends to = base + offset, in 64 bits; base 0 = none. */
    void (*add_offset)(LowerCtx *cx, u32 to, u32 base, u64 offset);
    /* The feature that lets instructions read vectors from any address: without it no load of one
     * becomes a memory operand. */
    u64 unaligned;
} MLowerOps;

#endif
