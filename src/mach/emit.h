/* mach/emit: what emission (emit.c, layout.c) and an ISA's part of it share.
 *
 * emit.c walks the blocks in layout order and has the ISA write each instruction and each edit of
 * the allocator. Branches to labels are *sites*: they are written at their longest, and when all
 * labels are known the code is copied once, with each branch at its final size and padding in
 * front of aligned labels. All offsets recorded on the way are moved along. */
#ifndef STINT_MACH_EMIT_H
#define STINT_MACH_EMIT_H

#include "mach/insts.h"
#include "mach/mach.h"

typedef struct MEmit MEmit;

/* A place in the code whose size is decided last. */
typedef struct MSite {
    u32 at;    /* offset in MEmit.bytes of its placeholder */
    u32 label;
    u8 kind;   /* MSiteKind */
    u8 cc;     /* of M_SITE_BRANCH; M_ALWAYS for jumps */
    u8 size;   /* bytes: of the placeholder first, then final */
} MSite;
enum MSiteKind { M_SITE_BRANCH, M_SITE_ALIGN };
#define M_ALWAYS 0xff

/* A displacement to a literal or a jump table. */
typedef struct MFixup {
    u32 at;    /* offset of the 4 bytes; they hold an addend */
    u32 end;   /* offset the displacement counts from */
    u32 index; /* literal or jump table */
    u8 is_table;
} MFixup;

/* Code out of line: a trap, or the rare path of a call. */
typedef struct MStub {
    u32 label, resume; /* resume: label to go back to, of calls */
    u32 src;
    u8 kind;           /* MStubKind */
    u8 temp;           /* M_STUB_LIBCALL: a register that is free there */
    u32 number;        /* VmTrap or VmLibcall; M_STUB_CALL: bytes of arguments the callee pops */
    u32 inst;          /* of calls: the instruction */
    u32 pad;           /* M_STUB_CALL: label of its landing pad, or M_UNBOUND */
} MStub;
enum MStubKind {
    M_STUB_TRAP,
    M_STUB_CALL,    /* through the `cross` entry of a function record */
    M_STUB_LIBCALL, /* of a libcall that keeps all registers */
};

/* Distances from the stack pointer within the body of a function. */
typedef struct MFrame {
    u64 saved;     /* callee-saved registers it saves */
    u32 nsaved;
    u32 sub_bytes; /* subtracted after they were pushed */
    u32 size;      /* distance from the stack pointer to the return address */
    u32 return_bytes; /* of the return address there; 0 while it is in a link register */
    i32 slots, bufs; /* offsets of these areas; outgoing arguments are at 0 */
    bool checks_stack;
} MFrame;

struct MEmit {
    const MFunc *f;
    const struct MEmitOps *ops;
    Arena *arena;
    MCode *out;
    VEC(u8) bytes;
    VEC(MSite) sites;
    VEC(MFixup) fixups;
    VEC(MStub) stubs;
    VEC(u32) labels; /* offset by label; blocks have the first ones, by number */
    VEC(u32) bound;  /* labels in the order they were bound */
    MFrame frame;
    u32 block;       /* being emitted */
    u32 next;        /* block that follows it in the layout; UINT32_MAX for none */
    u32 inst;        /* being emitted; UINT32_MAX: none */
    u32 *forward;    /* by block: where a jump to it ends up */
    u32 overflow_label; /* where the stack check goes */
    /* While nothing is written behind flags_at, the flags tell of the value just put in a register
     * (zero or not, sign). The ISA's to use; forgotten at labels. */
    u32 flags_at;
    RaLoc flags_reg;
    u8 flags_width;
};
#define M_UNBOUND UINT32_MAX

/* The ISA's part of emission. */
typedef struct MEmitOps {
    const MRow *rows;
    const MArg *args;
    u8 jump_bytes, branch_bytes; /* longest forms */
    /* Calls leave the return address in a register, which frames save in their top word; the stack
     * pointer is always a multiple of 16. */
    bool has_link_register;
    void (*prologue)(MEmit *e);
    void (*inst)(MEmit *e, const MInst *inst, const RaOpnd *opnds, u32 nopnds);
    /* Edits; they must not change flags. bytes: 4, 8 or 16 of the value count; general registers
     * hold values of 4 bytes zero-extended, and so do slots. */
    void (*move)(MEmit *e, RaLoc from, RaLoc to, u8 bytes);
    void (*swap)(MEmit *e, RaLoc a, RaLoc b);
    void (*remat)(MEmit *e, const MInst *inst, RaLoc to); /* to: a register */
    void (*stub)(MEmit *e, const MStub *stub);
    void (*overflow_stub)(MEmit *e);
    /* Size of a branch when `distance` (an upper bound, from its end) is known. */
    u8 (*branch_size)(const MSite *site, i64 distance);
    void (*put_branch)(u8 *out, const MSite *site, i64 distance);
    void (*put_nops)(u8 *out, u32 n);
} MEmitOps;

/* Room for n more bytes; write there, then call mach_wrote with the end. */
u8 *mach_room(MEmit *e, u32 n);
static inline void mach_wrote(MEmit *e, const u8 *end)
{
    e->bytes.len = (u32)(end - e->bytes.at);
    dassert(e->bytes.len <= e->bytes.cap);
}

u32 mach_new_label(MEmit *e);
void mach_bind(MEmit *e, u32 label);
/* A branch to a label; cc M_ALWAYS: a jump. */
void mach_branch(MEmit *e, u8 cc, u32 label);
/* The label of a successor of the current block. */
u32 mach_succ_label(const MEmit *e, u32 succ);
/* Is a branch to this label one to the next instruction? */
bool mach_falls_to(const MEmit *e, u32 label);
/* The label of a cold trap of the given code and place. */
u32 mach_trap_label(MEmit *e, u32 trap, u32 src);
/* Makes a cold path; its label. */
u32 mach_add_stub(MEmit *e, MStub stub);

/* layout.c: the blocks in the order they are emitted, without those that only jump on (the others
 * find them by MEmit.forward). */
typedef struct MLayout {
    u32 *order;
    u32 len;
    u8 *is_aligned; /* by place in `order` */
} MLayout;
MLayout mach_plan_layout(MEmit *e);
bool mach_is_cold(const MFunc *f, u32 block);
/* The first of the allocator's edits at or behind an instruction. */
u32 mach_first_edit(const RaFunc *ra, u32 inst);

/* Records, all at the end of what was written. */
void mach_loc(MEmit *e, u32 src);
/* The same for the call of the present instruction, which was just written: at its last byte, since
 * the return address may be where a faulting instruction begins. Also says where references are
 * meanwhile. */
void mach_call_loc(MEmit *e, u32 src);
void mach_loc_at(MEmit *e, u32 src, const u8 *at);
void mach_row(MEmit *e, u32 ret_offset);
/* Exceptions out of the call that was just written go to a label. */
void mach_pad(MEmit *e, u32 label);
/* The last 4 bytes written are the displacement of a function. */
void mach_reloc(MEmit *e, u32 func);
/* Displacement at `at` to a literal or jump table; the instruction ended here. */
void mach_fixup(MEmit *e, const u8 *at, bool is_table, u32 index);

/* Offset from the stack pointer of a memory operand with M_FRAME. */
i32 mach_frame_offset(const MEmit *e, u8 area, i32 disp);
/* May the flags be changed before instruction i of the current block? */
bool mach_flags_dead(const MEmit *e, u32 i);

#endif
