/* isa/x64: x86-64 as a target.
 *
 * Owns: the instruction tables (rows.c, made from rules/x64/insts.r), the encoder (encode.c), what
 * the convention needs (abi.c), emission of functions (emit.c), the runtime's stubs (stubs.c), and
 * the question which features a CPU has (cpu.c).
 * Promises: bytes depend on the input alone; the CPU is never asked but by x64_cpu_features, whose
 * answer is a value the caller passes on. Every operand of every instruction is checked against
 * its row in debug builds.
 * Read first: rules/x64/insts.r, encode.h, then emit.c. Dumps: --dump=lower, ra, emit.
 */
#ifndef STINT_ISA_X64_H
#define STINT_ISA_X64_H

#include "mach/insts.h"
#include "mach/mach.h"
#include "vmabi/stubs.h"

typedef enum X64Op {
    X64_NONE,
#define WANT_OPS
#include "x64_ops.inc"
#undef WANT_OPS
    X64_OP_COUNT
} X64Op;

enum X64Reg {
    X64_RAX, X64_RCX, X64_RDX, X64_RBX, X64_RSP, X64_RBP, X64_RSI, X64_RDI,
    X64_R8, X64_R9, X64_R10, X64_R11, X64_R12, X64_R13, X64_R14, X64_R15,
};
#define X64_GPR(n) RA_REG(RA_GPR, n)
#define X64_XMM(n) RA_REG(RA_VEC, n)
#define X64_CTX X64_R15 /* holds the context */
#define X64_SCRATCH_XMM 15 /* never allocated */

/* Conditions: the hardware's numbers, then two that ucomis needs two tests for. */
enum X64Cond {
    X64_CC_O, X64_CC_NO, X64_CC_B, X64_CC_AE, X64_CC_E, X64_CC_NE, X64_CC_BE, X64_CC_A,
    X64_CC_S, X64_CC_NS, X64_CC_P, X64_CC_NP, X64_CC_L, X64_CC_GE, X64_CC_LE, X64_CC_G,
    X64_CC_FEQ, /* e and np: equal and ordered */
    X64_CC_FNE, /* ne or p */
};

enum {
#define X(name, text, leaf, subleaf, reg, bit, os) X64_FEATURE_##name,
#include "../rules/x64/features.def"
#undef X
    X64_FEATURE_COUNT
};
#define X64_HAS(name) ((u64)1 << X64_FEATURE_##name)

extern const MRow x64_rows[X64_OP_COUNT];
extern const MArg x64_args[];

/* The target for code compiled with these options; a constant. */
const MTarget *x64_target(const MIsaOptions *options);
/* The makers of the runtime's stubs. */
extern const VmStubMaker x64_stub_maker;

/* The features of the CPU this runs on, as the operating system lets them be used. */
u64 x64_cpu_features(void);
/* The feature of a name of features.def, -1 if there is none; and the name of a feature. */
int x64_feature_number(const char *text);
const char *x64_feature_text(int number);

#endif
