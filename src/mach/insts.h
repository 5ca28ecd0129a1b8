/* mach/insts: what rules/ISA/insts.r says of an instruction, as C sees it.
 *
 * tools/instgen.py makes one MRow per (insn ...) form, its arguments in an MArg table. The
 * encodings are the ISA's own (isa/x64/encode.h). Read by emission, which checks every operand
 * against its row in debug builds and folds spilled operands, and by the encoder tests. */
#ifndef STINT_MACH_INSTS_H
#define STINT_MACH_INSTS_H

#include "mach/mach.h"

typedef enum MArgKind {
    M_ARG_REG,
    M_ARG_MEM,
    M_ARG_IMM8,   /* signed */
    M_ARG_IMM8U,
    M_ARG_IMM32S, /* sign-extended to the width */
    M_ARG_IMM32,
    M_ARG_IMM64,
    M_ARG_CC,
    M_ARG_BLOCK,
    M_ARG_FUNC,
    M_ARG_LITERAL,
} MArgKind;

typedef struct MArg {
    u8 kind; /* MArgKind; what follows is for M_ARG_REG */
    u8 role; /* RaRole */
    u8 class; /* RaClass */
    u8 fixed; /* RA_REG or RA_ANY_REG */
    u8 tied;  /* operand index or RA_UNTIED */
    u8 flags; /* RaOpndFlag */
} MArg;

enum MRowFlag { M_FLAGS_READ = 1, M_FLAGS_WRITE = 2 };

enum MRowEffect {
    M_EFFECT_LOAD = 1,
    M_EFFECT_STORE = 2,
    M_EFFECT_TRAP = 4,
    M_EFFECT_BRANCH = 8,
    M_EFFECT_CALL = 16,
    M_EFFECT_BARRIER = 32,
    M_EFFECT_MOVE = 64, /* copies a register and does nothing else */
};

#define M_NO_FOLD 0xff
/* The row has fixed bytes; other values are the ISA's list of emission functions. */
#define EMIT_ENC 0

typedef struct MRow {
    const char *name; /* in lower case */
    u16 arg_at;       /* first of nargs in the ISA's MArg table, in operand order */
    u8 nargs;
    u8 nuses, ntemps, ndefs; /* register operands without those of a memory operand */
    u8 has_mem;
    u8 widths;   /* those MInst.width may have, or-ed; 0: width is ignored */
    u8 flags;    /* MRowFlag */
    u8 fold_use; /* the use that may be in a slot, M_NO_FOLD if none... */
    u16 fold_op; /* ...and the row that reads it there */
    u8 effect;   /* MRowEffect */
    u8 emit;
    u8 nencs;
    u16 enc_at; /* first of nencs in the ISA's table of encodings */
    u64 cpu;    /* features it needs */
    u64 free;   /* if the CPU has this feature, results need not take the place of uses, and memory
                   of 16 bytes need not be aligned; without it they must. 0: no such feature */
} MRow;

/* Has the row its free form on this CPU? */
static inline bool mach_row_is_free(const MRow *row, const MIsaOptions *options)
{
    return (row->free & options->features) != 0;
}

#endif
