/* The second ISA's rows: `--rows` prints the words of every row in many operand shapes, for
 * test_a64_encode.py to compare with an assembler; here stands what needs none. */
#include "isa/a64/a64.h"
#include "mach/emit.h"

#include "test.h"

static Arena arena;

typedef struct Shape {
    u8 mem; /* MMemFlag beside M_MEM */
    u8 base, index, scale;
    i32 disp;
} Shape;

static const Shape shapes[] = {
    {M_BASE, 1, 0, 0, 0},           {M_BASE, 19, 0, 0, 8},
    {M_BASE, 2, 0, 0, 4088},        {M_BASE, 2, 0, 0, -1},
    {M_BASE, 2, 0, 0, 255},         {M_BASE, 2, 0, 0, -256},
    {M_CTX, 0, 0, 0, 48},           {M_BASE | M_INDEX, 3, 4, 0, 0},
    {M_BASE | M_INDEX, 3, 17, 0, 24}, {M_BASE, 5, 0, 0, 70000},
    {M_BASE, 5, 0, 0, -4096},       {M_BASE | M_INDEX, 6, 7, 1, 1 << 20},
    {M_BASE | M_INDEX, 6, 7, 2, 16},
};

/* The words of one instruction, made as a function of one block; its `ret` is left out. */
static u32 make_words(const MInst *inst, RaOpnd *opnds, u32 n, u32 *words)
{
    static MIsaOptions options = {.signal_traps = true};
    static IrFunc ir;
    RaInst ras[2] = {{.nopnds = (u16)n}, {.opnd = n}};
    RaBlock block = {.end = 2, .loop_header = UINT32_MAX, .freq_log2 = 8};
    RaVreg vreg = {0};
    u32 no_ir = IR_NO_BLOCK;
    MCode code = {0};
    arena_reset(&arena);
    MFunc f = {.arena = &arena, .ir = &ir, .target = a64_target(), .options = &options,
               .block_ir = &no_ir};
    vec_push(&arena, &f.insts, *inst);
    vec_push(&arena, &f.insts, (MInst){.op = A64_RET});
    f.ra = (RaFunc){.env = f.target->env, .blocks = &block, .nblocks = 1, .insts = ras, .ninsts = 2,
                    .opnds = opnds, .nopnds = n, .vregs = &vreg, .nvregs = 1};
    mach_emit(&f, &code);
    u32 count = code.code_end / 4 - 1;
    check(load_u32(code.bytes.at + 4 * count) == 0xd65f03c0);
    memcpy(words, code.bytes.at, 4 * count);
    return count;
}

static RaOpnd operand(u8 role, u32 reg)
{
    return (RaOpnd){.loc = A64_GPR(reg), .role = role, .fixed = RA_ANY_REG, .tied = RA_UNTIED};
}

/* name width cc imm | registers | mem base index scale disp | words */
static void dump_one(u16 op, u8 width, u8 cc, u64 imm, u32 first_reg, const Shape *shape)
{
    static const u8 regs[] = {0, 1, 7, 15, 17, 19, 27, 9};
    const MRow *row = &a64_rows[op];
    MInst inst = {.op = op, .width = width, .cc = cc, .imm = imm};
    RaOpnd opnds[8];
    u32 n = 0, words[16];
    printf("%s %u %u %llu |", row->name, width, cc, (unsigned long long)imm);
    for (u32 i = 0; i < row->nargs; i++) {
        const MArg *arg = &a64_args[row->arg_at + i];
        if (arg->kind == M_ARG_MEM) {
            inst.mem = M_MEM | shape->mem;
            inst.scale = shape->scale;
            inst.disp = shape->disp;
            if (shape->mem & M_BASE)
                opnds[n++] = operand(RA_USE, shape->base);
            if (shape->mem & M_INDEX)
                opnds[n++] = operand(RA_USE, shape->index);
        } else if (arg->kind == M_ARG_REG) {
            u32 reg = regs[(first_reg + i) % ARRAY_LEN(regs)];
            opnds[n++] = operand(arg->role, reg);
            printf(" %u", reg);
        }
    }
    printf(" |");
    if (row->has_mem)
        printf(" %u %u %u %u %d", shape->mem, shape->base, shape->index, shape->scale, shape->disp);
    printf(" |");
    u32 count = make_words(&inst, opnds, n, words);
    for (u32 i = 0; i < count; i++)
        printf(" %08x", words[i]);
    printf("\n");
}

static bool has_arg(const MRow *row, u32 kind)
{
    for (u32 i = 0; i < row->nargs; i++)
        if (a64_args[row->arg_at + i].kind == kind)
            return true;
    return false;
}

static void dump_row(u16 op, u8 width)
{
    static const u64 imms[] = {0, 1, 4095, 2048, 77};
    static const u64 wide[] = {0, 1, 65535, 65536, 0xffffffff, 0xfffffffe, 0x123456789abcdef0,
                               UINT64_MAX, 0xffffffffffff1234, 0x8000000000000000, 0xffff0000};
    static const u8 ccs[] = {A64_CC_O, A64_CC_NO, A64_CC_B, A64_CC_AE, A64_CC_E, A64_CC_NE,
                             A64_CC_BE, A64_CC_A, A64_CC_S, A64_CC_NS, A64_CC_L, A64_CC_GE,
                             A64_CC_LE, A64_CC_G};
    const MRow *row = &a64_rows[op];
    for (u32 reg = 0; reg < 8; reg++)
        dump_one(op, width, A64_CC_E, 5, reg, &shapes[0]);
    for (u32 i = 0; row->has_mem && i < ARRAY_LEN(shapes); i++)
        dump_one(op, width, 0, 0, 0, &shapes[i]);
    for (u32 i = 0; has_arg(row, M_ARG_IMM32S) && i < ARRAY_LEN(imms); i++)
        dump_one(op, width, 0, imms[i], 0, NULL);
    for (u32 i = 0; has_arg(row, M_ARG_IMM64) && i < ARRAY_LEN(wide); i++)
        dump_one(op, width, 0, wide[i], 0, NULL);
    for (u32 i = 0; has_arg(row, M_ARG_CC) && i < ARRAY_LEN(ccs); i++)
        dump_one(op, width, ccs[i], 0, 0, NULL);
}

static int dump_rows(void)
{
    for (u16 op = 1; op < A64_OP_COUNT; op++) {
        const MRow *row = &a64_rows[op];
        if (row->effect & (M_EFFECT_BRANCH | M_EFFECT_CALL | M_EFFECT_TRAP) || op == A64_ENTRY)
            continue;
        if (row->widths == 0)
            dump_row(op, 0);
        for (u8 width = 1; width <= 8; width *= 2)
            if (row->widths & width)
                dump_row(op, width);
    }
    return 0;
}

static void words_are_words(void)
{
    MInst inst = {.op = A64_ADD_RRR, .width = 8};
    RaOpnd opnds[] = {operand(RA_USE, 1), operand(RA_USE, 2), operand(RA_DEF, 3)};
    u32 words[16];
    EXPECT_U64(make_words(&inst, opnds, 3, words), 1);
    EXPECT_U64(words[0], 0x8b020023);
}

int main(int argc, char **argv)
{
    arena_init(&arena, NULL);
    if (argc == 2 && strcmp(argv[1], "--rows") == 0)
        return dump_rows();
    TEST(words_are_words);
    return test_end();
}
