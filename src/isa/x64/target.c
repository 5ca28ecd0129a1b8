#include "isa/x64/target.h"

#include "isa/x64/abi.h"
#include "isa/x64/emit.h"

/* ---- registers ---- */

#define GPR_BIT(n) RA_BIT(X64_GPR(n))
#define CALLER_SAVED_GPR                                                                    \
    (GPR_BIT(X64_RAX) | GPR_BIT(X64_RCX) | GPR_BIT(X64_RDX) | GPR_BIT(X64_RSI) |            \
     GPR_BIT(X64_RDI) | GPR_BIT(X64_R8) | GPR_BIT(X64_R9) | GPR_BIT(X64_R10) | GPR_BIT(X64_R11))
#define CALLEE_SAVED                                                                        \
    (GPR_BIT(X64_RBX) | GPR_BIT(X64_RBP) | GPR_BIT(X64_R12) | GPR_BIT(X64_R13) | GPR_BIT(X64_R14))
/* xmm0..xmm14; the last one is emission's. */
#define ALL_XMM (((u64)0x7fff) << RA_REG(RA_VEC, 0))

/* Registers without a REX prefix first, those that cost a save last; rbp, r12 and r13 make longer
 * addresses. */
#define PREFERENCE(rbp)                                                                     \
    {                                                                                       \
        X64_GPR(X64_RAX), X64_GPR(X64_RCX), X64_GPR(X64_RDX), X64_GPR(X64_RSI),             \
        X64_GPR(X64_RDI), X64_GPR(X64_R8), X64_GPR(X64_R9), X64_GPR(X64_R10),               \
        X64_GPR(X64_R11), X64_GPR(X64_RBX), rbp X64_GPR(X64_R14), X64_GPR(X64_R12),         \
        X64_GPR(X64_R13), X64_XMM(0), X64_XMM(1), X64_XMM(2), X64_XMM(3), X64_XMM(4),       \
        X64_XMM(5), X64_XMM(6), X64_XMM(7), X64_XMM(8), X64_XMM(9), X64_XMM(10),            \
        X64_XMM(11), X64_XMM(12), X64_XMM(13), X64_XMM(14),                                 \
    }
#define RBP_TOO X64_GPR(X64_RBP),

static const RaEnv env = {
    .allocatable = CALLER_SAVED_GPR | CALLEE_SAVED | ALL_XMM,
    .callee_saved = CALLEE_SAVED,
    .order = PREFERENCE(RBP_TOO),
    .norder = 29,
};
/* rbp is the frame pointer. */
static const RaEnv env_fp = {
    .allocatable = (CALLER_SAVED_GPR | CALLEE_SAVED | ALL_XMM) & ~GPR_BIT(X64_RBP),
    .callee_saved = CALLEE_SAVED & ~GPR_BIT(X64_RBP),
    .order = PREFERENCE(),
    .norder = 28,
};

/* ---- names ---- */

static const char *op_name(u16 op)
{
    return op > X64_NONE && op < X64_OP_COUNT ? x64_rows[op].name : "?";
}

static void reg_name(StrBuf *out, RaLoc reg, u8 width)
{
    static const char *const old[8] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
    u32 n = RA_REG_INDEX(reg);
    if (RA_REG_CLASS(reg) == RA_VEC) {
        sb_printf(out, "xmm%u", n);
    } else if (n >= 8) {
        static const char *const suffix[] = {"", "b", "w", "", "d"};
        sb_printf(out, "r%u%s", n, width < ARRAY_LEN(suffix) ? suffix[width] : "");
    } else if (width == 1) {
        /* al, spl: the pointer and index registers have no one-letter names */
        sb_printf(out, n < 4 ? "%.1sl" : "%sl", old[n]);
    } else {
        sb_printf(out, "%s%s", width == 2 ? "" : width == 4 ? "e" : "r", old[n]);
    }
}

/* ---- the targets ---- */

#define TARGET(the_env)                                                                     \
    {                                                                                       \
        .name = "x64", .env = the_env, .nops = X64_OP_COUNT, .op_name = op_name,            \
        .reg_name = reg_name, .int_args = x64_int_args, .vec_args = x64_vec_args,           \
        .int_results = x64_int_results, .vec_results = x64_vec_results,                     \
        .caller_saved = CALLER_SAVED_GPR | ALL_XMM, .lower = x64_lower,                     \
        .lower_ops = &x64_lower_ops, .abi = &x64_abi_ops, .emit = &x64_emit_ops,            \
    }

static const MTarget target = TARGET(&env);
static const MTarget target_fp = TARGET(&env_fp);

const MTarget *x64_target(const MIsaOptions *options)
{
    return options->frame_pointer ? &target_fp : &target;
}
