/* Emission: functions with registers already assigned are emitted and run. */
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "isa/x64/emit.h"

#include "test.h"

#define CODE_BYTES (4u << 20)

static Arena arena;
static MIsaOptions options;
static MFunc fn;
static IrFunc ir;
static VEC(RaBlock) blocks;
static VEC(u32) edges;
static VEC(RaInst) insts;
static VEC(RaOpnd) opnds;
static VEC(RaVreg) vregs;
static u8 *page;
static MCode code;

/* ---- building ---- */

static void start(void)
{
    arena_reset(&arena);
    options = (MIsaOptions){.signal_traps = true, .features = x64_cpu_features()};
    fn = (MFunc){.arena = &arena, .ir = &ir, .target = x64_target(&options), .options = &options};
    memset(&blocks, 0, sizeof blocks);
    memset(&edges, 0, sizeof edges);
    memset(&insts, 0, sizeof insts);
    memset(&opnds, 0, sizeof opnds);
    memset(&vregs, 0, sizeof vregs);
}

static MInst *add(u16 op, u8 width, u64 imm)
{
    vec_push(&arena, &fn.insts, (MInst){.op = op, .width = width, .imm = imm});
    vec_push(&arena, &insts, (RaInst){.opnd = opnds.len});
    return &vec_last(&fn.insts);
}

static void opnd(RaRole role, RaLoc loc)
{
    vec_push(&arena, &opnds,
             (RaOpnd){.loc = loc, .role = (u8)role, .fixed = RA_ANY_REG, .tied = RA_UNTIED,
                      .flags = RA_IS_SLOT(loc) ? RA_SLOT_OK : 0});
    vec_last(&insts).nopnds++;
}

/* op d, ... with up to two uses; RA_NONE for none */
static MInst *op(u16 number, u8 width, u64 imm, RaLoc a, RaLoc b, RaLoc d)
{
    MInst *inst = add(number, width, imm);
    if (a != RA_NONE)
        opnd(RA_USE, a);
    if (b != RA_NONE)
        opnd(RA_USE, b);
    if (d != RA_NONE)
        opnd(RA_DEF, d);
    return inst;
}

#define R(name) X64_GPR(X64_##name)

/* Ends the block; its successors are block numbers. */
static void end_block(u32 nsucc, u32 s0, u32 s1)
{
    u32 first = blocks.len ? vec_last(&blocks).end : 0;
    vec_push(&arena, &blocks, (RaBlock){.first = first, .end = insts.len, .succ_at = edges.len,
                                        .nsucc = nsucc, .loop_header = UINT32_MAX, .freq_log2 = 8});
    if (nsucc > 0)
        vec_push(&arena, &edges, s0);
    if (nsucc > 1)
        vec_push(&arena, &edges, s1);
}

static void jmp(u32 to)
{
    add(X64_JMP, 0, 0);
    end_block(1, to, 0);
}

static void jcc(u8 cc, u32 yes, u32 no)
{
    add(X64_JCC, 0, 0)->cc = cc;
    end_block(2, yes, no);
}

static void ret(void)
{
    add(X64_RET, 0, 0);
    end_block(0, 0, 0);
}

static void edit(u32 at, u8 kind, RaLoc from, RaLoc to, u32 vreg)
{
    vec_push(&arena, &fn.ra.edits, (RaEdit){.at = at, .kind = kind, .from = from, .to = to,
                                            .vreg = vreg});
}

static void emit(void)
{
    fn.ra.blocks = blocks.at;
    fn.ra.nblocks = blocks.len;
    fn.ra.edges = edges.at;
    fn.ra.insts = insts.at;
    fn.ra.ninsts = insts.len;
    fn.ra.opnds = opnds.at;
    fn.ra.nopnds = opnds.len;
    if (vregs.len == 0)
        vec_push(&arena, &vregs, (RaVreg){0});
    fn.ra.vregs = vregs.at;
    fn.ra.nvregs = vregs.len;
    fn.ra.env = fn.target->env;
    fn.block_ir = arena_array(&arena, u32, blocks.len);
    for (u32 i = 0; i < blocks.len; i++)
        fn.block_ir[i] = IR_NO_BLOCK;
    memset(&code, 0, sizeof code);
    mach_emit(&fn, &code);
}

/* Places emitted code in the page and returns its entry. */
static u8 *install(u32 at)
{
    check(mprotect(page, CODE_BYTES, PROT_READ | PROT_WRITE) == 0);
    check(at + code.bytes.len <= CODE_BYTES);
    memcpy(page + at, code.bytes.at, code.bytes.len);
    check(mprotect(page, CODE_BYTES, PROT_READ | PROT_EXEC) == 0);
    return page + at + code.entry_off;
}

/* Calls code as a C function with rdi, rsi, rdx and r15 as given. */
static u64 call(const u8 *entry, u64 x, u64 y, u64 z, const void *ctx)
{
    u64 out;
    __asm__ volatile("push %%r15\n\tpush %%rbx\n\tmov %[ctx], %%r15\n\tsub $128, %%rsp\n\t"
                     "call *%[f]\n\tadd $128, %%rsp\n\tpop %%rbx\n\tpop %%r15"
                     : "=a"(out), "+D"(x), "+S"(y), "+d"(z)
                     : [f] "r"(entry), [ctx] "r"(ctx)
                     : "rcx", "r8", "r9", "r10", "r11", "memory", "cc", "xmm0", "xmm1", "xmm2",
                       "xmm3", "xmm15");
    return out;
}

static u64 run(u64 x, u64 y, u64 z)
{
    emit();
    return call(install(0), x, y, z, NULL);
}

static u64 seed = 7;
static u32 rnd(u32 below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (u32)(seed >> 33) % below;
}

/* ---- branches ---- */

#define MAX_NODES 64

/* A random graph; node n is two blocks: one hashes n, shifts a bit out of rdi and leaves by `ret`
 * if none is left, the other branches on the bit. Block 0 clears the hash, the last one returns. */
#define FIRST(n) (1 + 2 * (n))

static void random_graph(u32 nodes, u32 filler, u32 (*next)[2])
{
    start();
    op(X64_MOV_RI, 8, 0, RA_NONE, RA_NONE, R(RAX));
    jmp(FIRST(0));
    for (u32 n = 0; n < nodes; n++) {
        op(X64_IMUL_RRI, 8, 31, R(RAX), RA_NONE, R(RAX));
        op(X64_ADD_RI, 8, n + 1, R(RAX), RA_NONE, R(RAX));
        for (u32 k = rnd(filler + 1); k > 0; k--)
            add(X64_NOP, 0, 0);
        op(X64_SHR_RI, 8, 1, R(RDI), RA_NONE, R(RDI));
        jcc(X64_CC_E, FIRST(nodes), FIRST(n) + 1);
        next[n][0] = rnd(nodes);
        next[n][1] = rnd(4) ? rnd(nodes) : next[n][0];
        bool carry = rnd(2);
        jcc(carry ? X64_CC_B : X64_CC_AE, FIRST(next[n][carry]), FIRST(next[n][!carry]));
        if (rnd(5) == 0)
            vec_last(&blocks).freq_log2 = 0; /* to the end with it */
        if (rnd(6) == 0) {
            /* any order of blocks is right, so any lie about loops must do */
            blocks.at[FIRST(n)].loop_header = FIRST(n);
            blocks.at[FIRST(n)].loop_end = FIRST(n) + 1 + rnd(2 * (nodes - n) + 1);
        }
    }
    ret();
}

static u64 walk_graph(u64 bits, u32 (*next)[2])
{
    u64 hash = 0;
    for (u32 n = 0;; n = next[n][bits & 1], bits >>= 1) {
        hash = hash * 31 + n + 1;
        if (bits >> 1 == 0)
            return hash;
    }
}

static void graphs_run_as_drawn(void)
{
    static const u32 fillers[] = {0, 2, 8, 30, 60, 130, 400};
    u32 next[MAX_NODES][2];
    for (u32 round = 0; round < 300; round++) {
        u32 nodes = 1 + rnd(MAX_NODES);
        random_graph(nodes, fillers[round % ARRAY_LEN(fillers)], next);
        options.align_loops = round & 1;
        emit();
        u8 *entry = install(0);
        for (u32 k = 0; k < 20; k++) {
            u64 bits = (u64)rnd(UINT32_MAX) << 16 | rnd(UINT32_MAX);
            EXPECT_U64(call(entry, bits, 0, 0, NULL), walk_graph(bits, next));
        }
    }
}

/* Both directions at each distance around the limit of a short branch; the size is the best. */
static void branches_are_as_short_as_can_be(void)
{
    for (u32 gap = 100; gap < 150; gap++) {
        start();
        op(X64_CMP_RI, 8, 0, R(RDI), RA_NONE, RA_NONE);
        jcc(X64_CC_E, 2, 1); /* over block 1 */
        for (u32 k = 0; k < gap; k++)
            add(X64_NOP, 0, 0);
        jmp(2);
        op(X64_MOV_RR, 8, 0, R(RSI), RA_NONE, R(RAX));
        ret();
        EXPECT_U64(run(0, 5, 0), 5);
        EXPECT_U64(run(1, 5, 0), 5);
        EXPECT_U64(code.code_end, 4 + (gap <= 127 ? 2 : 6) + gap + 3 + 1);
    }
    for (u32 gap = 100; gap < 150; gap++) {
        start();
        jmp(1);
        for (u32 k = 0; k < gap; k++)
            add(X64_NOP, 0, 0);
        op(X64_SUB_RI, 8, 1, R(RDI), RA_NONE, R(RDI));
        jcc(X64_CC_NE, 1, 2);
        op(X64_MOV_RR, 8, 0, R(RDI), RA_NONE, R(RAX));
        ret();
        EXPECT_U64(run(3, 0, 0), 0);
        EXPECT_U64(code.code_end, gap + 4 + (gap + 4 + 2 <= 128 ? 2 : 6) + 3 + 1);
    }
}

static void empty_blocks_vanish(void)
{
    start();
    op(X64_MOV_RR, 8, 0, R(RSI), RA_NONE, R(RAX));
    op(X64_TEST_RR, 8, 0, R(RDI), R(RDI), RA_NONE);
    jcc(X64_CC_E, 1, 2);
    jmp(3);
    jmp(4);
    jmp(5);
    jmp(3);
    ret();
    EXPECT_U64(run(0, 42, 0), 42);
    EXPECT_U64(run(1, 42, 0), 42);
    EXPECT_U64(code.code_end, 3 + 3 + 1);
}

/* An endless loop of empty blocks stays one. */
static void empty_loops_stay(void)
{
    start();
    op(X64_TEST_RR, 8, 0, R(RDI), R(RDI), RA_NONE);
    jcc(X64_CC_E, 1, 3);
    jmp(2);
    jmp(1);
    op(X64_MOV_RR, 8, 0, R(RSI), RA_NONE, R(RAX));
    ret();
    EXPECT_U64(run(1, 9, 0), 9);
    EXPECT(code.code_end >= 3 + 2 + 2 + 3 + 1);
}

static void loop_headers_are_aligned(void)
{
    start();
    options.align_loops = true;
    jmp(1);
    op(X64_SUB_RI, 8, 1, R(RDI), RA_NONE, R(RDI));
    jcc(X64_CC_NE, 1, 2);
    blocks.at[1].loop_header = 1;
    blocks.at[1].loop_depth = 1;
    op(X64_MOV_RR, 8, 0, R(RSI), RA_NONE, R(RAX));
    ret();
    fn.has_signature = true;
    fn.signature = 0x12345678;
    op(X64_NOP, 0, 0, RA_NONE, RA_NONE, RA_NONE);
    EXPECT_U64(run(5, 8, 0), 8);
    EXPECT_U64(code.align, 32);
    EXPECT_U64(code.entry_off, 4);
    EXPECT_U64(load_u32(code.bytes.at), 0x12345678);
    /* nothing in front of the loop: aligned as it is */
    EXPECT_U64(code.code_end - code.entry_off, 4 + 2 + 3 + 1);
}

/* A loop with its test on top ends with it: one branch each time around. */
static void loops_are_turned(void)
{
    start();
    op(X64_MOV_RI, 8, 0, RA_NONE, RA_NONE, R(RAX));
    jmp(1);
    op(X64_CMP_RI, 8, 0, R(RDI), RA_NONE, RA_NONE);
    jcc(X64_CC_E, 4, 2);
    op(X64_ADD_RR, 8, 0, R(RAX), R(RDI), R(RAX));
    jmp(3);
    op(X64_SUB_RI, 8, 1, R(RDI), RA_NONE, R(RDI));
    jmp(1);
    ret();
    for (u32 b = 1; b < 4; b++)
        blocks.at[b].loop_header = 1;
    blocks.at[1].loop_end = 4;
    EXPECT_U64(run(5, 0, 0), 15);
    EXPECT_U64(run(0, 0, 0), 0);
    /* xor; jmp to the test; add; sub; cmp; jne to the add; ret */
    EXPECT_U64(code.code_end, 2 + 2 + 3 + 4 + 4 + 2 + 1);
}

/* ---- conditions of floats ---- */

static const double floats[] = {0.0, -0.0, 1.0, -1.5, INFINITY, NAN};

static u64 bits_of(double d) { u64 u; memcpy(&u, &d, 8); return u; }

/* rdi, rsi: two doubles; the tail gets xmm0, xmm1 compared. */
static void compare_floats(void)
{
    start();
    op(X64_MOV_XR, 8, 0, R(RDI), RA_NONE, X64_XMM(0));
    op(X64_MOV_XR, 8, 0, R(RSI), RA_NONE, X64_XMM(1));
    op(X64_FCMP_RR, 8, 0, X64_XMM(0), X64_XMM(1), RA_NONE);
}

static void check_floats(u8 cc, u64 yes, u64 no)
{
    emit();
    u8 *entry = install(0);
    for (u32 i = 0; i < ARRAY_LEN(floats); i++)
        for (u32 k = 0; k < ARRAY_LEN(floats); k++) {
            double x = floats[i], y = floats[k];
            bool holds = cc == X64_CC_FEQ ? x == y : cc == X64_CC_FNE ? x != y : x > y;
            EXPECT_U64(call(entry, bits_of(x), bits_of(y), 3, NULL), holds ? yes : no);
        }
}

static void float_conditions(void)
{
    static const u8 ccs[] = {X64_CC_FEQ, X64_CC_FNE, X64_CC_A};
    for (u32 i = 0; i < ARRAY_LEN(ccs); i++) {
        u8 cc = ccs[i];
        for (u32 swap = 0; swap < 2; swap++) { /* either successor may follow */
            compare_floats();
            jcc(cc, swap ? 2 : 1, swap ? 1 : 2);
            op(X64_MOV_RI, 8, swap ? 20 : 10, RA_NONE, RA_NONE, R(RAX));
            ret();
            op(X64_MOV_RI, 8, swap ? 10 : 20, RA_NONE, RA_NONE, R(RAX));
            ret();
            check_floats(cc, 10, 20);
        }
        compare_floats();
        if (cc == X64_CC_A) {
            op(X64_SETCC, 0, 0, RA_NONE, RA_NONE, R(RAX))->cc = cc;
        } else {
            add(X64_SETFCC, 0, 0)->cc = cc;
            opnd(RA_TEMP, R(RCX));
            opnd(RA_DEF, R(RAX));
        }
        ret();
        check_floats(cc, 1, 0);

        compare_floats();
        op(X64_MOV_RI, 8, 3, RA_NONE, RA_NONE, R(RCX));
        op(X64_MOV_RI, 8, 7, RA_NONE, RA_NONE, R(RAX));
        op(X64_CMOV_RR, 8, 0, R(RAX), R(RCX), R(RAX))->cc = cc;
        ret();
        check_floats(cc, 3, 7);

        compare_floats();
        op(X64_MOV_RI, 8, 7, RA_NONE, RA_NONE, R(RAX));
        edit(insts.len, RA_MOVE, R(RDX), RA_SLOT(1), 0);
        op(X64_CMOV_RR, 8, 0, R(RAX), RA_SLOT(1), R(RAX))->cc = cc;
        fn.ra.nslots = 2;
        ret();
        check_floats(cc, 3, 7);

        compare_floats();
        op(X64_MOVAPS_RR, 0, 0, X64_XMM(1), RA_NONE, X64_XMM(2));
        insts.at[insts.len - 1].is_move = 1;
        add(X64_SELECT_X, 0, 0)->cc = cc;
        opnd(RA_USE, X64_XMM(0));
        opnd(RA_USE_LATE, X64_XMM(2));
        opnd(RA_DEF, X64_XMM(0));
        op(X64_MOV_RX, 8, 0, X64_XMM(0), RA_NONE, R(RAX));
        op(X64_CMP_RR, 8, 0, R(RAX), R(RSI), RA_NONE);
        op(X64_SETCC, 0, 0, RA_NONE, RA_NONE, R(RAX))->cc = X64_CC_E;
        ret();
        emit();
        u8 *entry = install(0);
        EXPECT_U64(call(entry, bits_of(2), bits_of(1), 0, NULL), cc != X64_CC_FEQ);
        EXPECT_U64(call(entry, bits_of(1), bits_of(2), 0, NULL), cc == X64_CC_FNE);
    }
}

/* ---- edits ---- */

static void edits_move_values(void)
{
    /* rax = rdi through a chain of slots and vector registers; rsi and rdx are swapped. */
    for (u32 wide = 0; wide < 2; wide++) {
        start();
        vec_push(&arena, &vregs, (RaVreg){0});
        vec_push(&arena, &vregs, (RaVreg){.class = RA_VEC, .flags = wide ? RA_WIDE : 0});
        op(X64_MOV_XR, 8, 0, R(RDI), RA_NONE, X64_XMM(1));
        edit(insts.len, RA_MOVE, X64_XMM(1), X64_XMM(2), 1);
        edit(insts.len, RA_SWAP, X64_XMM(2), X64_XMM(3), 0);
        edit(insts.len, RA_MOVE, X64_XMM(3), RA_SLOT(0), 1);
        edit(insts.len, RA_MOVE, RA_SLOT(0), RA_SLOT(2), 1);
        edit(insts.len, RA_MOVE, RA_SLOT(2), X64_XMM(0), 1);
        edit(insts.len, RA_SWAP, R(RSI), R(RDX), 0);
        op(X64_MOV_RX, 8, 0, X64_XMM(0), RA_NONE, R(RAX));
        edit(insts.len, RA_MOVE, R(RAX), RA_SLOT(5), 0);
        edit(insts.len, RA_MOVE, RA_SLOT(5), RA_SLOT(4), 0);
        edit(insts.len, RA_MOVE, RA_SLOT(4), R(RBX), 0);
        op(X64_SUB_RR, 8, 0, R(RSI), R(RDX), R(RSI));
        op(X64_ADD_RR, 8, 0, R(RBX), R(RSI), R(RBX));
        op(X64_MOV_RR, 8, 0, R(RBX), RA_NONE, R(RAX));
        ret();
        fn.ra.nslots = 6;
        fn.ra.used = RA_BIT(R(RBX));
        EXPECT_U64(run(1000, 1, 30), 1029);
    }
}

static void slots_are_read_in_place(void)
{
    start();
    edit(0, RA_MOVE, R(RDI), RA_SLOT(0), 0);
    edit(0, RA_MOVE, R(RSI), RA_SLOT(1), 0);
    op(X64_MOV_RI, 8, 5, RA_NONE, RA_NONE, R(RAX));
    op(X64_SUB_RR, 8, 0, R(RAX), RA_SLOT(0), R(RAX));
    op(X64_IMUL_RRI, 8, 3, RA_SLOT(1), RA_NONE, R(RCX));
    op(X64_ADD_RR, 8, 0, R(RAX), R(RCX), R(RAX));
    ret();
    fn.ra.nslots = 2;
    EXPECT_U64(run(2, 100, 0), 303);
}

static void rematerialize(MInst inst, RaLoc to, u32 at)
{
    if (vregs.len == 0) {
        vec_push(&arena, &vregs, (RaVreg){0});
        fn.remat_of = arena_array(&arena, u32, 16);
    }
    vec_push(&arena, &fn.remats, inst);
    vec_push(&arena, &vregs, (RaVreg){.flags = RA_REMAT});
    fn.remat_of[vregs.len - 1] = fn.remats.len - 1;
    edit(at, RA_REMATERIALIZE, RA_NONE, to, vregs.len - 1);
}

static void constants_are_made_again_without_flags(void)
{
    static const u64 values[] = {0, 1, UINT32_MAX, (u64)-2, 0x123456789abcdef0};
    for (u32 i = 0; i < ARRAY_LEN(values); i++) {
        start();
        MInst mov = {.op = X64_MOV_RI, .width = 8, .imm = values[i]};
        op(X64_CMP_RR, 8, 0, R(RDI), R(RSI), RA_NONE);
        rematerialize(mov, R(RAX), insts.len);
        rematerialize(mov, R(RDX), insts.len);
        rematerialize((MInst){.op = X64_MOV_RI, .width = 8, .imm = 55}, R(RCX), insts.len);
        op(X64_CMOV_RR, 8, 0, R(RCX), R(RDX), R(RCX))->cc = X64_CC_E;
        op(X64_XOR_RR, 8, 0, R(RAX), R(RCX), R(RAX));
        ret();
        EXPECT_U64(run(1, 1, 0), 0);
        EXPECT_U64(run(1, 2, 0), values[i] ^ 55);
    }
}

static void zero_is_xor_where_flags_are_dead(void)
{
    start();
    op(X64_MOV_RI, 8, 0, RA_NONE, RA_NONE, R(RAX));
    ret();
    EXPECT_U64(run(0, 0, 0), 0);
    EXPECT_U64(code.code_end, 2 + 1);
}

/* ---- lea ---- */

static void lea(u8 base, u8 index, u8 scale, i32 disp, u8 d)
{
    MInst *inst = add(X64_LEA, 8, 0);
    inst->mem = (u8)(M_MEM | M_BASE | (index != RA_ANY_REG ? M_INDEX : 0));
    inst->scale = scale;
    inst->disp = disp;
    opnd(RA_USE, base);
    if (index != RA_ANY_REG)
        opnd(RA_USE, index);
    opnd(RA_DEF, d);
}

static void lea_becomes_add(void)
{
    static const struct { u8 base, index, d; i32 disp; u32 bytes; u64 want; } cases[] = {
        {R(RDI), R(RSI), R(RDI), 0, 3, 12}, {R(RSI), R(RDI), R(RDI), 0, 3, 12},
        {R(RDI), RA_ANY_REG, R(RDI), 5, 4, 15}, {R(RDI), RA_ANY_REG, R(RDI), 128, 4, 138},
        {R(RDI), RA_ANY_REG, R(RDI), -128, 4, (u64)-118}, {R(RDI), R(RSI), R(RDI), 1, 5, 13},
        {R(RDI), R(RDI), R(RDI), 0, 3, 20},
    };
    for (u32 i = 0; i < ARRAY_LEN(cases); i++) {
        start();
        lea(cases[i].base, cases[i].index, 0, cases[i].disp, cases[i].d);
        op(X64_MOV_RR, 8, 0, R(RDI), RA_NONE, R(RAX));
        ret();
        EXPECT_U64(run(10, 2, 0), cases[i].want);
        EXPECT_U64(code.code_end, cases[i].bytes + 3 + 1);
    }
    /* not where the flags are wanted afterwards */
    start();
    op(X64_CMP_RI, 8, 10, R(RDI), RA_NONE, RA_NONE);
    lea(R(RDI), R(RSI), 0, 0, R(RDI));
    op(X64_SETCC, 0, 0, RA_NONE, RA_NONE, R(RAX))->cc = X64_CC_E;
    ret();
    EXPECT_U64(run(10, 2, 0), 1);
}

/* ---- data behind the code ---- */

static void literals_and_tables(void)
{
    start();
    vec_push(&arena, &fn.literals, (MLiteral){.lo = 0x11111111, .size = 4});
    vec_push(&arena, &fn.literals, (MLiteral){.lo = 0x8000000000000000, .hi = 1, .size = 16});
    vec_push(&arena, &fn.literals, (MLiteral){.lo = 0x2222222233333333, .size = 8});
    vec_push(&arena, &fn.jump_tables, (MJumpTable){.first = 0, .len = 3});
    vec_push(&arena, &fn.jump_targets, 1);
    vec_push(&arena, &fn.jump_targets, 2);
    vec_push(&arena, &fn.jump_targets, 3);
    add(X64_JTAB, 0, 0);
    opnd(RA_USE, R(RDI));
    opnd(RA_TEMP, R(RAX));
    opnd(RA_TEMP, R(RCX));
    end_block(2, 1, 2);
    vec_push(&arena, &edges, 3);
    blocks.at[0].nsucc = 3;
    for (u32 i = 0; i < 3; i++) {
        MInst *inst;
        if (i == 1) {
            op(X64_FZERO_R, 0, 0, RA_NONE, RA_NONE, X64_XMM(0));
            inst = op(X64_FOR_RM, 0, 0, X64_XMM(0), RA_NONE, X64_XMM(0));
        } else {
            inst = op(X64_FMOV_RM, i == 0 ? 4 : 8, 0, RA_NONE, RA_NONE, X64_XMM(0));
        }
        inst->mem = M_MEM | M_LITERAL;
        inst->disp = (i32)i;
        op(X64_MOV_RX, 8, 0, X64_XMM(0), RA_NONE, R(RAX));
        ret();
    }
    EXPECT_U64(run(0, 0, 0), 0x11111111);
    EXPECT_U64(run(1, 0, 0), 0x8000000000000000);
    EXPECT_U64(run(2, 0, 0), 0x2222222233333333);
}

/* ---- frames and traps ---- */

static void rows_describe_the_frame(void)
{
    start();
    op(X64_MOV_RR, 8, 0, R(RDI), RA_NONE, R(RBX));
    op(X64_MOV_RR, 8, 0, R(RBX), RA_NONE, R(RAX));
    ret();
    fn.ra.used = RA_BIT(R(RBX)) | RA_BIT(R(R12)) | RA_BIT(R(RAX));
    fn.ra.nslots = 3;
    fn.has_calls = true;
    options.stack_check = true;
    VmCtx ctx = {.stack_limit = 0};
    emit();
    EXPECT_U64(call(install(0), 33, 0, 0, &ctx), 33);
    /* nothing pushed; rbx; r12; frame of 3 slots, aligned; the overflow stub without frame */
    EXPECT_U64(code.rows.len, 5);
    EXPECT_U64(code.rows.at[0].ret_offset, 0);
    EXPECT_U64(code.rows.at[0].code_off, 0);
    EXPECT_U64(code.rows.at[1].ret_offset, 8);
    EXPECT_U64(code.rows.at[2].ret_offset, 16);
    EXPECT_U64(code.rows.at[3].ret_offset, 16 + 24);
    EXPECT_U64(code.rows.at[4].ret_offset, 0);
    const u8 *overflow = code.bytes.at + code.rows.at[4].code_off;
    EXPECT(memcmp(overflow, "\x0f\xb9\x80\x00\x00\x00\x00", 7) == 0);
    for (u32 i = 1; i < code.rows.len; i++)
        EXPECT(code.rows.at[i].code_off > code.rows.at[i - 1].code_off);
}

/* rbx, rbp and r14 come back; the frame may be any size, and the stack check sees it before. */
static void frames_come_and_go(void)
{
    static const u32 slots[] = {0, 1, 2, 15, 16, 17, 40, 600, 5000};
    for (u32 i = 0; i < ARRAY_LEN(slots); i++) {
        for (u32 mode = 0; mode < 8; mode++) {
            VmCtx ctx = {.stack_limit = 0};
            start();
            options.stack_check = true;
            options.frame_pointer = mode & 1;
            options.signal_traps = !(mode & 2);
            fn.target = x64_target(&options);
            fn.has_calls = mode & 4;
            fn.ra.nslots = slots[i];
            fn.ra.used = RA_BIT(R(RBX)) | RA_BIT(R(R14)) | (mode & 1 ? 0 : RA_BIT(R(RBP)));
            op(X64_MOV_RR, 8, 0, R(RDI), RA_NONE, R(RBX));
            op(X64_MOV_RI, 8, 5, RA_NONE, RA_NONE, R(R14));
            if (!(mode & 1))
                op(X64_MOV_RI, 8, 6, RA_NONE, RA_NONE, R(RBP));
            if (slots[i])
                edit(insts.len, RA_MOVE, R(RBX), RA_SLOT(slots[i] - 1), 0);
            if (slots[i])
                edit(insts.len, RA_MOVE, RA_SLOT(slots[i] - 1), R(RBX), 0);
            op(X64_LEA, 8, 0, RA_NONE, RA_NONE, R(RAX));
            vec_last(&fn.insts).mem = M_MEM | M_FRAME;
            vec_last(&fn.insts).area = M_AREA_IN;
            vec_last(&fn.insts).disp = -8;
            op(X64_SUB_RR, 8, 0, R(RAX), R(RAX), R(RAX));
            op(X64_ADD_RR, 8, 0, R(RAX), R(RBX), R(RAX));
            ret();
            emit();
            EXPECT_U64(call(install(0), 77, 0, 0, &ctx), 77);
            u32 last = 0; /* of the body */
            for (u32 k = 0; k < code.rows.len; k++)
                last = MAX(last, code.rows.at[k].ret_offset);
            if (mode & 6)
                EXPECT_U64((last + 8) % 16, 0);
            EXPECT(last >= 8 * (slots[i] <= 16 && !(mode & 6) ? 0 : slots[i]) + 24);
        }
    }
}

static void traps_share_cold_stubs(void)
{
    start();
    for (u32 i = 0; i < 4; i++) {
        op(X64_TEST_RR, 8, 0, R(RDI), R(RDI), RA_NONE);
        u64 trap = i == 3 ? VM_TRAP_INTEGER_OVERFLOW : VM_TRAP_NULL_REFERENCE;
        MInst *inst = add(X64_TRAPCC, 0, trap);
        inst->cc = X64_CC_E;
        inst->src = i < 2 ? 100 : 200;
    }
    op(X64_MOV_RR, 8, 0, R(RDI), RA_NONE, R(RAX));
    ret();
    EXPECT_U64(run(9, 0, 0), 9);
    EXPECT_U64(code.locs.len, 3); /* the first two are one */
    EXPECT_U64(code.code_end, 4 * 5 + 3 + 1 + 3 * 7);
    EXPECT_U64(code.locs.at[0].src, 100);
    EXPECT_U64(code.bytes.at[code.locs.at[2].code_off + 3], VM_TRAP_INTEGER_OVERFLOW);
}

/* ---- tail calls ---- */

/* A function of `in` bytes of stack arguments that tail-calls one of `out` bytes: the n-th argument
 * of the callee is 1000 + n. The callee adds n * argument n up and pops them. */
static void one_tail_call(u32 in, u32 out, bool saves)
{
    start();
    for (u32 n = 0; n < out / 8; n++) {
        op(X64_MOV_RI, 8, 1000 + n, RA_NONE, RA_NONE, R(RAX));
        MInst *inst = op(X64_MOV_MR, 8, 0, R(RAX), RA_NONE, RA_NONE);
        inst->mem = M_MEM | M_FRAME;
        inst->area = M_AREA_OUT;
        inst->disp = 16 + (i32)n * 8;
    }
    if (saves)
        op(X64_MOV_RI, 8, 1, RA_NONE, RA_NONE, R(RBX));
    add(X64_TAIL, 0, 7)->disp = (i32)out;
    end_block(0, 0, 0);
    fn.in_bytes = in;
    fn.out_bytes = out ? out + 16 : 0;
    fn.ra.used = saves ? RA_BIT(R(RBX)) | RA_BIT(R(R14)) : 0;
    fn.ra.nslots = saves ? 3 : 0;
    emit();
    EXPECT_U64(code.relocs.len, 1);
    EXPECT_U64(code.relocs.at[0].func, 7);
    u32 reloc = code.relocs.at[0].code_off;
    u8 *caller = install(0);
    u32 callee_at = 4096;

    start();
    op(X64_MOV_RI, 8, 0, RA_NONE, RA_NONE, R(RAX));
    for (u32 n = 0; n < out / 8; n++) {
        MInst *inst = op(X64_IMUL_RMI, 8, n + 1, RA_NONE, RA_NONE, R(RCX));
        inst->mem = M_MEM | M_FRAME;
        inst->area = M_AREA_IN;
        inst->disp = (i32)n * 8;
        op(X64_ADD_RR, 8, 0, R(RAX), R(RCX), R(RAX));
    }
    ret();
    fn.in_bytes = out;
    emit();
    u8 *callee = install(callee_at);
    check(mprotect(page, CODE_BYTES, PROT_READ | PROT_WRITE) == 0);
    store_u32(page + reloc, (u32)(callee - (page + reloc + 4)));
    check(mprotect(page, CODE_BYTES, PROT_READ | PROT_EXEC) == 0);

    /* in C: rbx must survive, rsp must come back by `in` higher than at the call */
    u64 got, moved, rbx = 0xabcdef;
    __asm__ volatile("mov %[rbx], %%rbx\n\tmov %%rsp, %%r12\n\tsub $512, %%rsp\n\t"
                     "mov %%rsp, %%r13\n\tcall *%[f]\n\tmov %%rsp, %[moved]\n\t"
                     "mov %%r12, %%rsp\n\tsub %%r13, %[moved]\n\t"
                     "mov %%rbx, %[rbx]"
                     : "=a"(got), [moved] "=&r"(moved), [rbx] "+r"(rbx)
                     : [f] "r"(caller)
                     : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
                       "r14", "memory", "cc", "xmm15");
    u64 want = 0;
    for (u32 n = 0; n < out / 8; n++)
        want += (n + 1) * (u64)(1000 + n);
    EXPECT_U64(got, want);
    EXPECT_U64(moved, in);
    EXPECT_U64(rbx, 0xabcdef);
}

static void tail_calls_move_arguments(void)
{
    for (u32 in = 0; in <= 96; in += 16)
        for (u32 out = 0; out <= 160; out += 16)
            for (u32 saves = 0; saves < 2; saves++)
                one_tail_call(in, out, saves);
}

int main(void)
{
    arena_init(&arena, NULL);
    page = mmap(NULL, CODE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(page != MAP_FAILED);
    TEST(graphs_run_as_drawn);
    TEST(branches_are_as_short_as_can_be);
    TEST(empty_blocks_vanish);
    TEST(empty_loops_stay);
    TEST(loop_headers_are_aligned);
    TEST(loops_are_turned);
    TEST(float_conditions);
    TEST(edits_move_values);
    TEST(slots_are_read_in_place);
    TEST(constants_are_made_again_without_flags);
    TEST(zero_is_xor_where_flags_are_dead);
    TEST(lea_becomes_add);
    TEST(literals_and_tables);
    TEST(rows_describe_the_frame);
    TEST(frames_come_and_go);
    TEST(traps_share_cold_stubs);
    TEST(tail_calls_move_arguments);
    return test_end();
}
