#include "isa/a64/a64_int.h"

/* x18 is the platform's, x29 the frame pointer by custom; both are left alone. */
#define RANGE(first, last) ((((u64)1 << ((last) - (first) + 1)) - 1) << (first))
#define CALLER_SAVED (RANGE(0, 15) | RANGE(A64_RECORD, A64_RECORD))
#define CALLEE_SAVED RANGE(19, 27)
#define ALL_VEC (RANGE(0, 30) << RA_REG(RA_VEC, 0))

static const RaEnv env = {
    .allocatable = CALLER_SAVED | CALLEE_SAVED | ALL_VEC,
    .callee_saved = CALLEE_SAVED,
    .order = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 17, 19, 20,
              21, 22, 23, 24, 25, 26, 27, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
              44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62},
    .norder = 57,
};

static const char *op_name(u16 op)
{
    return op > A64_NONE && op < A64_OP_COUNT ? a64_rows[op].name : "?";
}

static void reg_name(StrBuf *out, RaLoc reg, u8 width)
{
    if (RA_REG_CLASS(reg) == RA_VEC)
        sb_printf(out, "v%u", RA_REG_INDEX(reg));
    else
        sb_printf(out, "%c%u", width && width <= 4 ? 'w' : 'x', RA_REG_INDEX(reg));
}

static const MTarget target = {
    .name = "a64",
    .env = &env,
    .nops = A64_OP_COUNT,
    .op_name = op_name,
    .reg_name = reg_name,
    .int_args = a64_int_regs,
    .vec_args = a64_vec_regs,
    .int_results = a64_int_regs,
    .vec_results = a64_vec_regs,
    .caller_saved = CALLER_SAVED | ALL_VEC,
    .lower = a64_lower,
    .lower_ops = &a64_lower_ops,
    .abi = &a64_abi_ops,
    .emit = &a64_emit_ops,
};

const MTarget *a64_target(void) { return &target; }
