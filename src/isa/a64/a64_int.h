/* Private to isa/a64. */
#ifndef STINT_ISA_A64_INT_H
#define STINT_ISA_A64_INT_H

#include "isa/a64/a64.h"
#include "mach/emit.h"
#include "mach/lower.h"

enum A64EncFlag {
    ENC_SF = 1,     /* bit 31: width is 8 */
    ENC_N = 2,      /* bit 22 likewise */
    ENC_X = 4,      /* bit 30 likewise */
    ENC_Y = 8,      /* bit 22: width is 4 */
    ENC_SIZE = 16,  /* bits 31 and 30: log2 of the width */
    ENC_CC = 32,
    ENC_NOT_CC = 64,
    ENC_IMM12 = 128,
    ENC_MEM = 256,  /* written as base + scaled offset */
};

/* Where an operand goes: its index in the instruction; negative: from the last one backwards. */
enum { PLACE_NONE = 127 };

typedef struct A64Enc {
    u32 bits;
    u16 flags;
    i8 d, n, m;
} A64Enc;
extern const A64Enc a64_encs[];

enum {
    A64_EMIT_ENC = EMIT_ENC,
#define WANT_EMITS
#include "a64_ops.inc"
#undef WANT_EMITS
};

/* The hardware's number of a condition. */
u32 a64_condition(u8 cc);

extern const u8 a64_int_regs[VM_MAX_INT_ARGS], a64_vec_regs[VM_MAX_VEC_ARGS];
extern const MAbiOps a64_abi_ops;
extern const MEmitOps a64_emit_ops;
extern const MLowerOps a64_lower_ops;
bool a64_lower(LowerCtx *cx, IrRef node);

#endif
