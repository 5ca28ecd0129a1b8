/* isa/x64/encode: bytes of single instructions, from the rows of insts.r. Private to isa/x64 and
 * its tests. */
#ifndef STINT_ISA_X64_ENCODE_H
#define STINT_ISA_X64_ENCODE_H

#include "isa/x64/x64.h"

enum { FORM_LEGACY, FORM_VEX = 1, FORM_EVEX = 2, FORM_L1 = 4, FORM_L2 = 8 };
/* Mandatory prefix: 0 none, 1 66, 2 F3, 3 F2 (the pp field of VEX), or by width. */
enum { PREFIX_SD = 4, PREFIX_PD = 5 };

enum X64EncFlag {
    ENC_O16 = 1,     /* 66 if width is 2 */
    ENC_W = 2,       /* REX.W if width is 8 */
    ENC_W1 = 4,      /* always REX.W */
    ENC_BYTE = 8,    /* if width is 1: opcode - 1, byte registers */
    ENC_LOCK = 16,
    ENC_CC = 32,     /* opcode + cc */
    ENC_OPC_REG = 64, /* opcode + register */
    ENC_PLUS8 = 128, /* opcode + 1 if width is 8 */
    ENC_REG8 = 256,  /* a byte register in reg, in rm */
    ENC_RM8 = 512,
    ENC_AVX = 1024,  /* in VEX form where the CPU has AVX; vvv counts only there */
};

enum X64Imm {
    IMM_NONE, IMM_8, IMM_16, IMM_32, IMM_64,
    IMM_WIDTH, /* as wide as the operation, at most 4 bytes */
    IMM_SHORT, /* the same; opcode | 2 and one byte where that suffices */
    IMM_SHIFT, /* a byte; opcode | 0x10 and nothing for 1 */
    IMM_CC,    /* MInst.cc */
    IMM_CONST, /* the encoding's own */
    IMM_REG,   /* a register in the high half of the byte */
};

/* Where an operand goes: its index in the instruction; negative: from the last one backwards. */
enum { PLACE_DIGIT = 64, PLACE_MEM = 126, PLACE_NONE = 127 };

typedef struct X64Enc {
    u8 form, map, prefix, opcode;
    u16 flags;
    u8 imm, constant;
    i8 reg, rm, vvv, opc, is4;
} X64Enc;
extern const X64Enc x64_encs[];

/* An address in hardware registers; X64_NO_REG where there is none. */
typedef struct X64Mem {
    u8 base, index, scale;
    bool gs, addr32;
    bool rip;    /* relative to the next instruction */
    i32 disp;
    u8 *rip_at;  /* out: where the displacement of a rip operand stands */
    u8 *inst_at; /* out: the machine instruction that has the operand */
} X64Mem;
#define X64_NO_REG 0xff

/* No instruction row takes more bytes. */
#define X64_MAX_INST_BYTES 40

/* Writes an instruction whose row has encodings; returns the end. mem: NULL unless it has one.
 * has_avx: rows that have both forms get the VEX one. */
u8 *x64_encode(u8 *out, const MInst *inst, const RaOpnd *opnds, u32 nopnds, X64Mem *mem,
               bool has_avx);

/* The same for hand-made code: up to three registers, in operand order (general or vector: RA_REG
 * numbers or plain indices). */
typedef struct X64Hand {
    u16 op;
    u8 width, cc;
    u8 nregs;
    u8 regs[4];
    bool has_avx;
    u64 imm;
    X64Mem *mem;
} X64Hand;
u8 *x64_put(u8 *out, X64Hand h);

/* mov of any constant, without touching flags. */
u8 *x64_put_const(u8 *out, u8 reg, u64 value);
/* n bytes that do nothing. */
u8 *x64_put_nops(u8 *out, u32 n);

#endif
