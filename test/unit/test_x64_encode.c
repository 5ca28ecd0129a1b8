/* The encoder, seen from inside; and, with --rows FILE, every row in every operand shape: bytes to
 * FILE, one line each to standard output, for test_x64_encode.py to compare with a disassembler. */
#include "isa/x64/encode.h"

#include <stdlib.h>

#include "test.h"

/* ---- every row --------------------------------------------------------------------------------
 * Line: name width cc imm has_avx | registers by operand, "-" for none
 *       | base index scale disp flags | size
 */
typedef struct Shape {
    u8 base, index, scale;
    bool gs, addr32, rip;
    i32 disp;
} Shape;

#define NO X64_NO_REG
static const Shape shapes[] = {
    {0, NO, 0, 0, 0, 0, 0},          {3, NO, 0, 0, 0, 0, 1},
    {3, NO, 0, 0, 0, 0, -128},       {3, NO, 0, 0, 0, 0, 127},
    {3, NO, 0, 0, 0, 0, 128},        {1, NO, 0, 0, 0, 0, -129},
    {7, NO, 0, 0, 0, 0, INT32_MAX},  {7, NO, 0, 0, 0, 0, INT32_MIN},
    {4, NO, 0, 0, 0, 0, 0},          {4, NO, 0, 0, 0, 0, 8},
    {4, NO, 0, 0, 0, 0, 4096},       {5, NO, 0, 0, 0, 0, 0},
    {5, NO, 0, 0, 0, 0, 16},         {5, NO, 0, 0, 0, 0, 4096},
    {8, NO, 0, 0, 0, 0, 0},          {12, NO, 0, 0, 0, 0, 0},
    {12, NO, 0, 0, 0, 0, 16},        {12, NO, 0, 0, 0, 0, 4096},
    {13, NO, 0, 0, 0, 0, 0},         {13, NO, 0, 0, 0, 0, 16},
    {15, NO, 0, 0, 0, 0, 64},        {15, NO, 0, 0, 0, 0, 512},
    {0, 1, 0, 0, 0, 0, 0},           {0, 1, 1, 0, 0, 0, 0},
    {0, 1, 2, 0, 0, 0, 8},           {0, 1, 3, 0, 0, 0, 4096},
    {5, 1, 0, 0, 0, 0, 0},           {13, 1, 2, 0, 0, 0, 0},
    {5, 13, 0, 0, 0, 0, 0},          {13, 5, 0, 0, 0, 0, 0},
    {5, 5, 0, 0, 0, 0, 0},           {4, 2, 1, 0, 0, 0, 0},
    {12, 12, 3, 0, 0, 0, 1},         {8, 9, 2, 0, 0, 0, -1},
    {2, 13, 3, 0, 0, 0, 0},          {2, 12, 0, 0, 0, 0, 0},
    {NO, NO, 0, 0, 0, 0, 0},         {NO, NO, 0, 0, 0, 0, 0x1000},
    {NO, NO, 0, 0, 0, 0, -4096},     {NO, 6, 0, 0, 0, 0, 4},
    {NO, 6, 1, 0, 0, 0, 4},          {NO, 6, 2, 0, 0, 0, 4},
    {NO, 14, 3, 0, 0, 0, 0},         {NO, 5, 1, 0, 0, 0, 0},
    {NO, 13, 0, 0, 0, 0, 0},         {NO, 12, 0, 0, 0, 0, 0},
    {NO, NO, 0, 0, 0, 1, 0},         {NO, NO, 0, 0, 0, 1, 0x1234},
    {0, NO, 0, 1, 0, 0, 0},          {3, NO, 0, 1, 0, 0, INT32_MAX},
    {NO, NO, 0, 1, 0, 0, 0x7ffffff0}, {3, 8, 2, 1, 1, 0, 16},
    {13, NO, 0, 1, 1, 0, 0},         {NO, 4 + 5, 2, 1, 1, 0, -8},
    {12, 13, 0, 1, 1, 0, 0},         {1, 2, 0, 1, 1, 0, INT32_MIN},
};

static FILE *rows_out;
static bool has_avx; /* which form of rows that have both */
static u32 rows_at;

static void print_reg(u8 reg, RaClass class)
{
    printf(" %c%u", class == RA_VEC ? 'x' : 'r', reg);
}

/* Encodes one instruction and prints its line. */
static void dump_one(u16 op, u8 width, u8 cc, u64 imm, const RaOpnd *opnds, u32 n,
                     const Shape *shape)
{
    u8 bytes[X64_MAX_INST_BYTES];
    X64Mem mem;
    MInst inst = {.op = op, .width = width, .cc = cc, .imm = imm};
    if (shape)
        mem = (X64Mem){.base = shape->base, .index = shape->index, .scale = shape->scale,
                       .gs = shape->gs, .addr32 = shape->addr32, .rip = shape->rip,
                       .disp = shape->disp};
    u8 *end = x64_encode(bytes, &inst, opnds, n, shape ? &mem : NULL, has_avx);
    fwrite(bytes, 1, (size_t)(end - bytes), rows_out);
    printf("%s %u %u %lld %d |", x64_rows[op].name, width, cc, (long long)imm, has_avx);
    for (u32 i = 0; i < n; i++)
        print_reg((u8)RA_REG_INDEX(opnds[i].loc), RA_REG_CLASS(opnds[i].loc));
    printf(" |");
    if (shape)
        printf(" %d %d %u %d %s%s%s.", shape->base == NO ? -1 : shape->base,
               shape->index == NO ? -1 : shape->index, shape->scale, shape->disp,
               shape->gs ? "g" : "", shape->addr32 ? "a" : "", shape->rip ? "r" : "");
    printf(" | %x %x\n", rows_at, (u32)(end - bytes));
    rows_at += (u32)(end - bytes);
}

/* Registers of a row's operands: the one with number `turn` goes through all registers. */
static u32 fill_opnds(const MRow *row, u32 turn, u32 reg, RaOpnd *opnds)
{
    u32 n = 0;
    for (u32 i = 0; i < row->nargs; i++) {
        const MArg *arg = &x64_args[row->arg_at + i];
        if (arg->kind != M_ARG_REG)
            continue;
        u32 r = n == turn ? reg : (reg * 7 + 3 * n + 1) % 16;
        opnds[n].loc = RA_REG(arg->class, r);
        if (arg->fixed != RA_ANY_REG)
            opnds[n].loc = arg->fixed;
        if (arg->tied != RA_UNTIED && !(row->free && has_avx))
            opnds[n].loc = opnds[arg->tied].loc;
        n++;
    }
    return n;
}

static const i64 imms8[] = {0, 1, 2, 31, 63, 127};
static const i64 imms32[] = {0,   1,     -1,     127,       128,      -128, -129,
                             255, 32767, -32768, INT32_MAX, INT32_MIN};

static bool has_arg(const MRow *row, u32 kind)
{
    for (u32 i = 0; i < row->nargs; i++)
        if (x64_args[row->arg_at + i].kind == kind)
            return true;
    return false;
}

/* One row and width with every register in every place, every condition, immediate and address. */
static void dump_row(u16 op, u8 width)
{
    const MRow *row = &x64_rows[op];
    RaOpnd opnds[8];
    u32 nregs = (u32)row->nuses + row->ntemps + row->ndefs;
    bool short_imm = has_arg(row, M_ARG_IMM8U) || has_arg(row, M_ARG_IMM8);
    bool wide_imm = has_arg(row, M_ARG_IMM32S) || has_arg(row, M_ARG_IMM32);
    bool cc = has_arg(row, M_ARG_CC);
    u64 imm = short_imm || wide_imm ? 5 : 0;
    const Shape *mem = row->has_mem ? &shapes[2] : NULL;
    for (u32 turn = 0; turn < MAX(nregs, 1u); turn++)
        for (u32 reg = 0; reg < 16; reg++)
            dump_one(op, width, 0, imm, opnds, fill_opnds(row, turn, reg, opnds), mem);
    u32 n = fill_opnds(row, 0, 9, opnds);
    for (u32 i = 0; row->has_mem && i < ARRAY_LEN(shapes); i++)
        dump_one(op, width, 0, imm, opnds, n, &shapes[i]);
    for (u32 i = 0; short_imm && i < ARRAY_LEN(imms8); i++)
        dump_one(op, width, 0, (u64)imms8[i], opnds, n, mem);
    for (u32 i = 0; wide_imm && i < ARRAY_LEN(imms32); i++)
        dump_one(op, width, 0, (u64)imms32[i], opnds, n, mem);
    for (u8 i = 0; cc && i < (row->flags == 0 ? 8 : 16); i++)
        dump_one(op, width, i, imm, opnds, n, mem);
}

static bool has_avx_form(const MRow *row)
{
    for (u32 i = 0; i < row->nencs; i++)
        if (x64_encs[row->enc_at + i].flags & ENC_AVX)
            return true;
    return false;
}

static void dump_widths(u16 op)
{
    const MRow *row = &x64_rows[op];
    if (row->emit != EMIT_ENC || (has_avx && !has_avx_form(row)))
        return;
    if (row->widths == 0)
        dump_row(op, 0);
    for (u8 width = 1; width <= 16; width *= 2)
        if (row->widths & width)
            dump_row(op, width);
}

static int dump_rows(const char *path)
{
    rows_out = fopen(path, "wb");
    if (!rows_out)
        return 1;
    for (u32 form = 0; form < 2; form++) {
        has_avx = form;
        for (u16 op = 1; op < X64_OP_COUNT; op++)
            dump_widths(op);
    }
    return fclose(rows_out) != 0;
}

/* ---- from inside ---- */

/* Row by row, what the generator cannot see: a fold reads what the row used to. */
static void folds_agree_with_rows(void)
{
    for (u16 op = 1; op < X64_OP_COUNT; op++) {
        const MRow *row = &x64_rows[op];
        if (row->fold_use == M_NO_FOLD)
            continue;
        const MRow *to = &x64_rows[row->fold_op];
        EXPECT(to->has_mem && !row->has_mem);
        EXPECT(to->nuses + 1 == row->nuses);
        EXPECT(to->ndefs == row->ndefs && to->ntemps == row->ntemps);
        EXPECT((to->widths & row->widths) == row->widths);
        EXPECT((to->flags | row->flags) == row->flags);
        EXPECT(to->cpu == row->cpu);
    }
}

static void nops_have_their_length(void)
{
    u8 buf[64];
    for (u32 n = 0; n < 48; n++) {
        memset(buf, 0xcc, sizeof buf);
        EXPECT(x64_put_nops(buf, n) == buf + n);
        EXPECT(buf[n] == 0xcc);
    }
}

/* A constant takes the shortest mov there is. */
static void constants_are_short(void)
{
    static const struct { u64 value; u32 low, high; } cases[] = {
        {0, 5, 6},          {1, 5, 6},         {UINT32_MAX, 5, 6},
        {(u64)-1, 7, 7},    {(u64)INT32_MIN, 7, 7}, {(u64)UINT32_MAX + 1, 10, 10},
        {0x7fffffffffffffff, 10, 10},
    };
    u8 buf[16];
    for (u32 i = 0; i < ARRAY_LEN(cases); i++) {
        EXPECT_U64(x64_put_const(buf, X64_RAX, cases[i].value) - buf, cases[i].low);
        EXPECT_U64(x64_put_const(buf, X64_R9, cases[i].value) - buf, cases[i].high);
    }
}

static void features_have_names(void)
{
    for (int i = 0; i < X64_FEATURE_COUNT; i++) {
        const char *text = x64_feature_text(i);
        EXPECT(text && x64_feature_number(text) == i);
    }
    EXPECT(x64_feature_number("no-such") == -1);
    EXPECT(x64_feature_text(X64_FEATURE_COUNT) == NULL);
    EXPECT(x64_cpu_features() >> X64_FEATURE_COUNT == 0);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--rows") == 0)
        return dump_rows(argv[2]);
    TEST(folds_agree_with_rows);
    TEST(nops_have_their_length);
    TEST(constants_are_short);
    TEST(features_have_names);
    return test_end();
}
