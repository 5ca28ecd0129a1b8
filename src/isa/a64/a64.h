/* isa/a64: AArch64, as far as a few operators.
 *
 * Owns: the same parts as isa/x64, small: rows (rules/a64/insts.r), encoder and emission (emit.c),
 * convention (abi.c), selection (lower.c, from rules/a64/lower.r), the target (target.c).
 * Promises: what it has no rule for is refused by name. It is no port yet: code is made and
 * printed, not run; no floats, no relocation format, no stubs. It keeps the tables, the generators
 * and mach/ honest about being for several ISAs.
 * Conventions: x28 is the context, x17 carries a function record to `cross` entries, x16 and v31
 * are emission's. Frames keep the link register in their top word, where x86-64 has the return
 * address. Dump: golden tests in test/file/a64.
 */
#ifndef STINT_ISA_A64_H
#define STINT_ISA_A64_H

#include "mach/insts.h"
#include "mach/mach.h"

typedef enum A64Op {
    A64_NONE,
#define WANT_OPS
#include "a64_ops.inc"
#undef WANT_OPS
    A64_OP_COUNT
} A64Op;

#define A64_GPR(n) RA_REG(RA_GPR, n)
enum {
    A64_SCRATCH = 16,
    A64_RECORD = 17,
    A64_CTX = 28,
    A64_LR = 30,
    A64_SP = 31, /* as base of an address; elsewhere 31 is zero */
};

/* Conditions have the rule language's numbers, which are x86-64's. */
enum A64Cond {
    A64_CC_O, A64_CC_NO, A64_CC_B, A64_CC_AE, A64_CC_E, A64_CC_NE, A64_CC_BE, A64_CC_A,
    A64_CC_S, A64_CC_NS, A64_CC_P, A64_CC_NP, A64_CC_L, A64_CC_GE, A64_CC_LE, A64_CC_G,
};

extern const MRow a64_rows[A64_OP_COUNT];
extern const MArg a64_args[];

const MTarget *a64_target(void);

#endif
