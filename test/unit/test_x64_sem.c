/* Runs every instruction row on this CPU with `--run`: one line for each run, which test_x64_sem.py
 * compares with the meaning the row declares. Here: what needs no meaning, such as that nothing but
 * results changes. */
#include <stdio.h>
#include <sys/mman.h>

#include "isa/x64/emit.h"
#include "isa/x64/encode.h"

#include "test.h"

#define CODE_BYTES 65536u
#define MEM_DISP 16 /* of the memory operand from r14, aligned as legacy forms need it */

/* All registers, as an instruction finds and leaves them. */
typedef struct State {
    u64 gpr[16];
    u8 xmm[16][16];
    u64 flags;
    u8 mem[64] __attribute__((aligned(64)));
} State;

static Arena arena;
static bool has_avx; /* which form of rows that have both */
static u8 *page;
static u8 *at;

/* ---- code around the instruction ---- */

static void put(X64Hand h) { at = x64_put(at, h); }

static void put_gpr(u16 op, u8 reg, u32 off)
{
    X64Mem m = {.base = X64_R15, .index = X64_NO_REG, .disp = (i32)off};
    put((X64Hand){.op = op, .width = 8, .nregs = 1, .regs = {reg}, .mem = &m});
}

static void put_all(u16 gpr_op, u16 xmm_op)
{
    for (u8 r = 0; r < 15; r++)
        if (r != X64_RSP)
            put_gpr(gpr_op, r, (u32)offsetof(State, gpr) + 8 * r);
    for (u8 r = 0; r < 16; r++) {
        X64Mem m = {.base = X64_R15, .index = X64_NO_REG,
                    .disp = (i32)(offsetof(State, xmm) + 16 * r)};
        put((X64Hand){.op = xmm_op, .width = 16, .nregs = 1, .regs = {r}, .mem = &m});
    }
}

static const u8 saved[] = {X64_RBX, X64_RBP, X64_R12, X64_R13, X64_R14, X64_R15};

/* void (State *): loads all registers, runs the bytes, stores them all. */
static void wrap(const u8 *bytes, size_t n)
{
    X64Mem flags = {.base = X64_R15, .index = X64_NO_REG, .disp = (i32)offsetof(State, flags)};
    check(mprotect(page, CODE_BYTES, PROT_READ | PROT_WRITE) == 0);
    at = page;
    for (u32 i = 0; i < ARRAY_LEN(saved); i++)
        put((X64Hand){.op = X64_PUSH_R, .nregs = 1, .regs = {saved[i]}});
    put((X64Hand){.op = X64_MOV_RR, .width = 8, .nregs = 2, .regs = {X64_RDI, X64_R15}});
    put_all(X64_MOV_RM, X64_MOVUPS_RM);
    put((X64Hand){.op = X64_PUSH_M, .mem = &flags});
    *at++ = 0x9d; /* popf */
    memcpy(at, bytes, n);
    at += n;
    *at++ = 0x9c; /* pushf */
    put_all(X64_MOV_MR, X64_MOVUPS_MR);
    put((X64Hand){.op = X64_POP_R, .nregs = 1, .regs = {X64_RAX}});
    put_gpr(X64_MOV_MR, X64_RAX, (u32)offsetof(State, flags));
    for (u32 i = ARRAY_LEN(saved); i-- > 0;)
        put((X64Hand){.op = X64_POP_R, .nregs = 1, .regs = {saved[i]}});
    put((X64Hand){.op = X64_RET_PLAIN});
    check(mprotect(page, CODE_BYTES, PROT_READ | PROT_EXEC) == 0);
}

/* ---- the instruction ---- */

/* Rows that are no function of registers, flags and one memory operand. */
static bool can_run(u16 op)
{
    const MRow *row = &x64_rows[op];
    switch (op) {
    case X64_PUSH_R: case X64_PUSH_M: case X64_PUSH_I: case X64_POP_R: case X64_RDGSBASE:
    case X64_WRGSBASE: case X64_ENTRY: case X64_POLL: case X64_FUEL: case X64_TRAPCC: case X64_TRAP:
        return false;
    default:
        return !(row->effect & (M_EFFECT_CALL | M_EFFECT_BRANCH));
    }
}

/* Registers of the operands: all different, but that with `share` n > 0 the first free result takes
 * the register of use n - 1, as the allocator may. False if the row has no such pair. */
static bool assign(const MRow *row, u32 share, RaOpnd *opnds, u32 *count)
{
    static const u8 gprs[] = {X64_RBX, X64_RSI, X64_R9, X64_R10, X64_R11, X64_RBP};
    static const u8 xmms[] = {1, 2, 9, 10, 4, 5};
    u32 n = 0, g = 0, x = 0;
    bool shared = share == 0;
    for (u32 i = 0; i < row->nargs; i++) {
        const MArg *arg = &x64_args[row->arg_at + i];
        if (arg->kind != M_ARG_REG)
            continue;
        opnds[n] = (RaOpnd){.role = arg->role, .fixed = RA_ANY_REG, .tied = RA_UNTIED};
        if (arg->fixed != RA_ANY_REG)
            opnds[n].loc = arg->fixed;
        else if (arg->tied != RA_UNTIED && !(row->free && has_avx))
            opnds[n].loc = opnds[arg->tied].loc;
        else
            opnds[n].loc = arg->class == RA_GPR ? X64_GPR(gprs[g++]) : X64_XMM(xmms[x++]);
        bool is_free = arg->fixed == RA_ANY_REG &&
                       (arg->tied == RA_UNTIED || (row->free && has_avx));
        if (!shared && arg->role == RA_DEF && is_free && share <= row->nuses &&
            opnds[share - 1].role == RA_USE && RA_REG_CLASS(opnds[share - 1].loc) == arg->class) {
            opnds[n].loc = opnds[share - 1].loc;
            shared = true;
        }
        n++;
    }
    *count = n;
    return shared;
}

/* Bytes of the row with these operands; memory is [r14 + MEM_DISP]. */
static size_t make_bytes(u8 *out, MInst *inst, RaOpnd *opnds, u32 n)
{
    MIsaOptions options = {.signal_traps = true, .features = has_avx ? X64_HAS(AVX) : 0};
    static IrFunc ir;
    X64Mem mem = {.base = X64_R14, .index = X64_NO_REG, .disp = MEM_DISP};
    if (x64_rows[inst->op].emit == EMIT_ENC)
        return (size_t)(x64_encode(out, inst, opnds, n, &mem, has_avx) - out);
    /* Through emission, as a function of one block; its `ret` is left out. */
    RaOpnd with_mem[8];
    u32 m = 0;
    for (u32 i = 0; i <= n; i++) {
        if (i == x64_rows[inst->op].nuses && x64_rows[inst->op].has_mem)
            with_mem[m++] = (RaOpnd){.loc = X64_GPR(X64_R14), .role = RA_USE, .fixed = RA_ANY_REG,
                                     .tied = RA_UNTIED};
        if (i < n)
            with_mem[m++] = opnds[i];
    }
    if (x64_rows[inst->op].has_mem) {
        inst->mem = M_MEM | M_BASE;
        inst->disp = MEM_DISP;
    }
    arena_reset(&arena);
    RaInst ras[2] = {{.nopnds = (u16)m}, {.opnd = m}};
    RaBlock block = {.end = 2, .loop_header = UINT32_MAX, .freq_log2 = 8};
    RaVreg vreg = {0};
    u32 no_ir = IR_NO_BLOCK;
    MFunc f = {.arena = &arena, .ir = &ir, .target = x64_target(&options), .options = &options,
               .block_ir = &no_ir};
    vec_push(&arena, &f.insts, *inst);
    vec_push(&arena, &f.insts, (MInst){.op = X64_RET});
    f.ra = (RaFunc){.env = f.target->env, .blocks = &block, .nblocks = 1, .insts = ras, .ninsts = 2,
                    .opnds = with_mem, .nopnds = m, .vregs = &vreg, .nvregs = 1};
    MCode code = {0};
    mach_emit(&f, &code);
    memcpy(out, code.bytes.at, code.code_end - 1);
    return code.code_end - 1;
}

/* ---- inputs ---- */

static u64 seed = 42;
static u64 rnd(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return seed >> 32 | seed << 32;
}

static u64 interesting(void)
{
    static const u64 ints[] = {0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff,
                               0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff,
                               0x8000000000000000, 0xffffffffffffffff, 0xffffffff80000000};
    static const double doubles[] = {
        0.0,   -0.0,   1.0, -1.5, 2147483647.5, -2147483649.0, 4294967295.0, 9223372036854775808.0,
        1e300, 5e-324, 0.5, 2.5,  1e19};
    static const float floats[] = {0.0f, -0.0f, 1.0f, -1.5f, 2147483648.0f, 4294967040.0f, 9.3e18f,
                                   1e-45f, 0.5f, 2.5f, 3e38f};
    u64 v = 0;
    switch (rnd() % 8) {
    case 0: case 1: return ints[rnd() % ARRAY_LEN(ints)];
    case 2: return (u64)1 << rnd() % 64;
    case 3: memcpy(&v, &doubles[rnd() % ARRAY_LEN(doubles)], 8); return v;
    case 4: memcpy(&v, &floats[rnd() % ARRAY_LEN(floats)], 4); return v | rnd() << 32;
    case 5: return rnd() % 3 ? 0x7ff8000000000000 | rnd() % 16 : 0x7fc00000;
    case 6: return rnd() >> rnd() % 64;
    default: return rnd();
    }
}

static void fill(State *s)
{
    u64 low;
    for (u32 i = 0; i < 16; i++) {
        s->gpr[i] = interesting();
        for (u32 k = 0; k < 2; k++) {
            low = interesting();
            memcpy(&s->xmm[i][8 * k], &low, 8);
        }
    }
    for (u32 i = 0; i < sizeof s->mem; i += 8) {
        low = interesting();
        memcpy(&s->mem[i], &low, 8);
    }
    /* carry, parity, zero, sign, overflow */
    s->flags = (rnd() & 0x8c5) | 0x202;
}

/* What the division rows expect of their rules. */
static void prepare_division(u16 op, u8 width, const RaOpnd *opnds, State *s)
{
    bool is_signed = op == X64_IDIV_R || op == X64_IDIV_M;
    if (!is_signed && op != X64_DIV_R && op != X64_DIV_M)
        return;
    bool mem = op == X64_DIV_M || op == X64_IDIV_M;
    u64 *b = mem ? (u64 *)(void *)&s->mem[MEM_DISP] : &s->gpr[RA_REG_INDEX(opnds[2].loc)];
    u64 low = width == 4 ? (u64)(u32)*b : *b;
    if (low == 0 || low == (width == 4 ? UINT32_MAX : UINT64_MAX))
        *b = 3;
    i64 a = width == 4 ? (i32)s->gpr[X64_RAX] : (i64)s->gpr[X64_RAX];
    s->gpr[X64_RDX] = is_signed && a < 0 ? UINT64_MAX : 0;
}

/* ---- running ---- */

/* All 16 bytes of a vector register, as one number. */
static void print_value(const State *s, RaLoc loc)
{
    const u8 *x = s->xmm[RA_REG_INDEX(loc)];
    if (RA_REG_CLASS(loc) == RA_GPR)
        printf(" %llx", (unsigned long long)s->gpr[RA_REG_INDEX(loc)]);
    else
        printf(" %llx%016llx", (unsigned long long)load_u64(x + 8),
               (unsigned long long)load_u64(x));
}

static bool is_result(const MRow *row, const RaOpnd *opnds, u32 n, RaLoc loc)
{
    for (u32 i = row->nuses; i < n; i++)
        if (opnds[i].loc == loc)
            return true;
    return false;
}

static void check_untouched(const MRow *row, const RaOpnd *opnds, u32 n, const State *in,
                            const State *out)
{
    for (u32 r = 0; r < 15; r++)
        if (r != X64_RSP && !is_result(row, opnds, n, X64_GPR(r)) && in->gpr[r] != out->gpr[r])
            printf("CHANGED %s r%u\n", row->name, r);
    for (u32 r = 0; r < X64_SCRATCH_XMM; r++)
        if (!is_result(row, opnds, n, X64_XMM(r)) && memcmp(in->xmm[r], out->xmm[r], 16))
            printf("CHANGED %s xmm%u\n", row->name, r);
    for (u32 i = 0; i < sizeof in->mem; i++)
        if ((i < MEM_DISP || i >= MEM_DISP + 16) && in->mem[i] != out->mem[i])
            printf("CHANGED %s memory %u\n", row->name, i);
    if (!(row->flags & M_FLAGS_WRITE) && (in->flags ^ out->flags) & 0x8d5 & ~0x10u)
        printf("CHANGED %s flags\n", row->name);
}

/* name width cc imm nuses | operands before | flags | memory, its address
 *                         | operands after | flags | memory */
static void run_once(const MRow *row, const MInst *inst, const RaOpnd *opnds, u32 n, State *s)
{
    State out __attribute__((aligned(64))) = *s;
    out.gpr[X64_R14] = s->gpr[X64_R14] = (u64)(uintptr_t)out.mem;
    ((void (*)(State *))(uintptr_t)page)(&out);
    check_untouched(row, opnds, n, s, &out);
    printf("%s %u %u %lld %u |", row->name, inst->width, inst->cc, (long long)inst->imm,
           row->nuses);
    for (u32 i = 0; i < n; i++)
        print_value(s, opnds[i].loc);
    printf(" | %llx | %llx %llx %llx |", (unsigned long long)s->flags,
           (unsigned long long)load_u64(&s->mem[MEM_DISP]),
           (unsigned long long)load_u64(&s->mem[MEM_DISP + 8]),
           (unsigned long long)(uintptr_t)&out.mem[MEM_DISP]);
    for (u32 i = 0; i < n; i++)
        print_value(&out, opnds[i].loc);
    printf(" | %llx | %llx%016llx\n", (unsigned long long)out.flags,
           (unsigned long long)load_u64(&out.mem[MEM_DISP + 8]),
           (unsigned long long)load_u64(&out.mem[MEM_DISP]));
}

static u32 arg_kinds(const MRow *row)
{
    u32 set = 0;
    for (u32 i = 0; i < row->nargs; i++)
        set |= 1u << x64_args[row->arg_at + i].kind;
    return set;
}

static u64 pick_imm(const MRow *row, u32 kinds, u8 width)
{
    if (row->emit == EMIT_MOV_RI)
        return interesting() | 1;
    if (strstr(row->name, "round"))
        return 8 + rnd() % 4;
    if (row->widths == 0 && kinds & 1u << M_ARG_IMM8U)
        return rnd() % 2 ? rnd() % 256 : rnd() % 64;
    if (kinds & (1u << M_ARG_IMM8U | 1u << M_ARG_IMM8))
        return rnd() % (width == 4 ? 32 : 64);
    return (u64)(i64)(i32)interesting();
}

static u8 pick_cc(const MRow *row, u32 round)
{
    if (row->emit == EMIT_SETFCC)
        return X64_CC_FEQ + round % 2;
    if (row->emit != EMIT_ENC)
        return (u8)(round % 18);
    return (u8)(round % (row->flags ? 16 : 8));
}

static void run_row(u16 op, u8 width)
{
    const MRow *row = &x64_rows[op];
    RaOpnd opnds[8];
    u8 bytes[128];
    u32 n, kinds = arg_kinds(row);
    State s __attribute__((aligned(64)));
    bool changes = kinds & ~(1u << M_ARG_REG | 1u << M_ARG_MEM);
    for (u32 share = 0; share <= row->nuses; share++) {
        if (!assign(row, share, opnds, &n))
            continue;
        for (u32 round = 0; round < 60; round++) {
            MInst inst = {.op = op, .width = width, .cc = pick_cc(row, round),
                          .imm = pick_imm(row, kinds, width)};
            if (round == 0 || changes)
                wrap(bytes, make_bytes(bytes, &inst, opnds, n));
            fill(&s);
            prepare_division(op, width, opnds, &s);
            run_once(row, &inst, opnds, n, &s);
        }
    }
}

static void run_rows(u64 have)
{
    for (u16 op = 1; op < X64_OP_COUNT; op++) {
        const MRow *row = &x64_rows[op];
        if (!can_run(op) || (has_avx && !row->free))
            continue;
        if (row->cpu & ~have) {
            printf("MISSING %s\n", row->name);
            continue;
        }
        if (row->widths == 0)
            run_row(op, 0);
        for (u8 width = 1; width <= 16; width *= 2)
            if (row->widths & width)
                run_row(op, width);
    }
}

/* Rows with two forms run in both. */
static int run_all(void)
{
    u64 have = x64_cpu_features();
    run_rows(have);
    has_avx = true;
    if (have & X64_HAS(AVX))
        run_rows(have);
    return 0;
}

/* ---- from inside ---- */

static void instructions_read_and_write_what_was_asked(void)
{
    State s = {0};
    RaOpnd opnds[3] = {
        {.loc = X64_GPR(X64_RBX)}, {.loc = X64_GPR(X64_RSI)}, {.loc = X64_GPR(X64_RBX)}};
    MInst inst = {.op = X64_ADD_RR, .width = 4};
    u8 bytes[X64_MAX_INST_BYTES];
    wrap(bytes, (size_t)(x64_encode(bytes, &inst, opnds, 3, NULL, false) - bytes));
    s.gpr[X64_RBX] = 0xffffffff00000005;
    s.gpr[X64_RSI] = 7;
    s.flags = 0x202;
    ((void (*)(State *))(uintptr_t)page)(&s);
    EXPECT_U64(s.gpr[X64_RBX], 12);
    EXPECT_U64(s.gpr[X64_RSI], 7);
}

int main(int argc, char **argv)
{
    page = mmap(NULL, CODE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(page != MAP_FAILED);
    arena_init(&arena, NULL);
    if (argc == 2 && strcmp(argv[1], "--run") == 0)
        return run_all();
    TEST(instructions_read_and_write_what_was_asked);
    return test_end();
}
