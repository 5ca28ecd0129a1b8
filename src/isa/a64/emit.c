#include "isa/a64/a64_int.h"

#define CTX(field) ((i32)offsetof(VmCtx, field))
#define RECORD(field) ((i32)offsetof(VmFuncRef, field))

/* ---- words ---- */

static void put(MEmit *e, u32 word)
{
    u8 *out = mach_room(e, 4);
    store_u32(out, word);
    mach_wrote(e, out + 4);
}

u32 a64_condition(u8 cc)
{
    /* eq ne hs lo mi pl vs vc hi ls ge lt gt le; parity does not exist */
    static const u8 number[16] = {
        [A64_CC_O] = 6, [A64_CC_NO] = 7,  [A64_CC_B] = 3,  [A64_CC_AE] = 2,
        [A64_CC_E] = 0, [A64_CC_NE] = 1,  [A64_CC_BE] = 9, [A64_CC_A] = 8,
        [A64_CC_S] = 4, [A64_CC_NS] = 5,  [A64_CC_L] = 11, [A64_CC_GE] = 10,
        [A64_CC_LE] = 13, [A64_CC_G] = 12, [A64_CC_P] = 0xff, [A64_CC_NP] = 0xff,
    };
    check(cc < ARRAY_LEN(number) && number[cc] != 0xff);
    return number[cc];
}

static u32 place_reg(i8 place, const RaOpnd *opnds, u32 n)
{
    if (place == PLACE_NONE)
        return 0;
    return RA_REG_INDEX(opnds[place >= 0 ? (u32)place : n - (u32)-place].loc);
}

/* The word of a row, without its memory operand. */
static u32 encode(const A64Enc *enc, const MInst *inst, const RaOpnd *opnds, u32 n)
{
    u32 word = enc->bits, wide = inst->width == 8;
    word |= place_reg(enc->d, opnds, n) | place_reg(enc->n, opnds, n) << 5 |
            place_reg(enc->m, opnds, n) << 16;
    if (enc->flags & ENC_SF)
        word |= wide << 31;
    if (enc->flags & ENC_N)
        word |= wide << 22;
    if (enc->flags & ENC_X)
        word |= wide << 30;
    if (enc->flags & ENC_Y)
        word |= (u32)(inst->width == 4) << 22;
    if (enc->flags & ENC_SIZE)
        word |= ctz32(inst->width) << 30;
    if (enc->flags & ENC_CC)
        word |= a64_condition(inst->cc) << 12;
    if (enc->flags & ENC_NOT_CC)
        word |= (a64_condition(inst->cc) ^ 1) << 12;
    if (enc->flags & ENC_IMM12) {
        check(inst->imm < 4096);
        word |= (u32)inst->imm << 10;
    }
    return word;
}

/* ---- pieces of code ---- */

/* d = value, by up to four halfwords, starting from all zeros or all ones. */
static void put_const(MEmit *e, u32 d, u64 value)
{
    u32 zeros = 0, ones = 0;
    for (u32 k = 0; k < 4; k++) {
        zeros += (u16)(value >> 16 * k) == 0;
        ones += (u16)(value >> 16 * k) == 0xffff;
    }
    bool inverted = ones > zeros, first = true;
    u16 rest = inverted ? 0xffff : 0;
    for (u32 k = 0; k < 4; k++) {
        u16 half = (u16)(value >> 16 * k);
        if (half == rest)
            continue;
        u32 op = !first ? 0xf2800000 : inverted ? 0x92800000 : 0xd2800000;
        u16 field = first && inverted ? (u16)~half : half;
        put(e, op | k << 21 | (u32)field << 5 | d);
        first = false;
    }
    if (first)
        put(e, (inverted ? 0x92800000 : 0xd2800000) | d);
}

static void put_move(MEmit *e, u32 d, u32 from, u8 bytes)
{
    put(e, (bytes == 4 ? 0x2a0003e0u : 0xaa0003e0u) | from << 16 | d);
}

/* d = base + by; both may be the stack pointer. */
static void put_add_imm(MEmit *e, u32 d, u32 base, i64 by)
{
    u32 op = by < 0 ? 0xd1000000 : 0x91000000;
    u64 size = (u64)(by < 0 ? -by : by);
    check(size < 1 << 24);
    if (size >> 12) {
        put(e, op | 1 << 22 | (u32)(size >> 12) << 10 | base << 5 | d);
        base = d;
    }
    if (size & 4095 || size == 0)
        put(e, op | (u32)(size & 4095) << 10 | base << 5 | d);
}

/* ---- memory operands ---- */

typedef struct Address {
    u32 base, index; /* index: A64_SP for none */
    u32 scale;
    i64 disp;
} Address;

static Address find_address(MEmit *e, const MInst *inst, const RaOpnd *opnds)
{
    const RaOpnd *reg = opnds + a64_rows[inst->op].nuses;
    Address a = {.base = A64_CTX, .index = A64_SP, .scale = inst->scale, .disp = inst->disp};
    check(!(inst->mem & (M_GS | M_LITERAL)));
    if (inst->mem & M_FRAME) {
        a.base = A64_SP;
        a.disp = mach_frame_offset(e, inst->area, inst->disp);
    } else if (!(inst->mem & M_CTX)) {
        check(inst->mem & M_BASE);
        a.base = RA_REG_INDEX((reg++)->loc);
    }
    if (inst->mem & M_INDEX)
        a.index = RA_REG_INDEX(reg->loc);
    return a;
}

/* The address, whatever its shape, in the scratch register. */
static void put_address(MEmit *e, const Address *a)
{
    put_const(e, A64_SCRATCH, (u64)a->disp);
    /* The form with an extended register takes the stack pointer as its first operand. */
    put(e, 0x8b206000 | A64_SCRATCH << 16 | a->base << 5 | A64_SCRATCH);
    if (a->index != A64_SP)
        put(e, 0x8b000000 | a->index << 16 | a->scale << 10 | A64_SCRATCH << 5 | A64_SCRATCH);
}

static bool is_scaled(i64 disp, u32 size)
{
    return disp >= 0 && disp >> size < 4096 && (disp & ((1 << size) - 1)) == 0;
}

static bool is_unscaled(i64 disp) { return disp >= -256 && disp <= 255; }

/* An address with the same value that the hardware has a form for. */
static Address simplify(MEmit *e, Address a, u32 size)
{
    bool fits = is_scaled(a.disp, size) || is_unscaled(a.disp);
    if (a.index == A64_SP) {
        if (fits)
            return a;
    } else if (a.disp == 0 && (a.scale == 0 || a.scale == size)) {
        return a;
    } else if (fits && a.base != A64_SP) {
        put(e, 0x8b000000 | a.index << 16 | a.scale << 10 | a.base << 5 | A64_SCRATCH);
        return (Address){.base = A64_SCRATCH, .index = A64_SP, .disp = a.disp};
    }
    put_address(e, &a);
    return (Address){.base = A64_SCRATCH, .index = A64_SP};
}

/* A load or store: `word` is written for base + scaled offset. */
static void put_access(MEmit *e, u32 word, Address a, u32 src)
{
    u32 size = word >> 30;
    u32 other = word & ~(1u << 24); /* the other forms lack this bit */
    a = simplify(e, a, size);
    mach_loc(e, src);
    if (a.index != A64_SP)
        put(e, other | 1 << 21 | a.index << 16 | 3 << 13 | (a.scale != 0) << 12 | 2 << 10 |
                   a.base << 5);
    else if (is_scaled(a.disp, size))
        put(e, word | (u32)(a.disp >> size) << 10 | a.base << 5);
    else
        put(e, other | ((u32)a.disp & 0x1ff) << 12 | a.base << 5);
}

/* ldr and str of a whole register at [base + disp] */
static void put_load(MEmit *e, u32 d, u32 base, i32 disp)
{
    put_access(e, 0xf9400000 | d, (Address){.base = base, .index = A64_SP, .disp = disp}, 0);
}

static void put_store(MEmit *e, u32 d, u32 base, i32 disp)
{
    put_access(e, 0xf9000000 | d, (Address){.base = base, .index = A64_SP, .disp = disp}, 0);
}

static void emit_encoded(MEmit *e, const MInst *inst, const RaOpnd *opnds, u32 n)
{
    const A64Enc *enc = &a64_encs[a64_rows[inst->op].enc_at];
    u32 word = encode(enc, inst, opnds, n);
    if (enc->flags & ENC_MEM) {
        bool may_fault = inst->mem & (M_BASE | M_INDEX);
        put_access(e, word, find_address(e, inst, opnds), may_fault ? inst->src : 0);
    } else {
        put(e, word);
    }
}

static void emit_lea(MEmit *e, const MInst *inst, const RaOpnd *opnds, u32 n)
{
    Address a = find_address(e, inst, opnds);
    u32 d = RA_REG_INDEX(opnds[n - 1].loc);
    if (a.index == A64_SP && a.disp > -(1 << 24) && a.disp < 1 << 24) {
        put_add_imm(e, d, a.base, a.disp);
        return;
    }
    put_address(e, &a);
    put_move(e, d, A64_SCRATCH, 8);
}

/* ---- branches and traps ---- */

static void emit_jmp(MEmit *e, u32 label)
{
    if (!mach_falls_to(e, label))
        mach_branch(e, M_ALWAYS, label);
}

static void emit_jcc(MEmit *e, const MInst *inst)
{
    u32 yes = mach_succ_label(e, 0), no = mach_succ_label(e, 1);
    if (mach_falls_to(e, yes)) {
        mach_branch(e, inst->cc ^ 1, no);
        return;
    }
    mach_branch(e, inst->cc, yes);
    emit_jmp(e, no);
}

/* udf: permanently undefined, with room for the code */
static void put_trap(MEmit *e, u32 code, u32 src)
{
    mach_loc(e, src);
    put(e, code);
}

static u8 branch_size(const MSite *site, i64 distance)
{
    bool is_near = distance >= -(1 << 19) && distance < 1 << 19;
    return site->cc == M_ALWAYS || is_near ? 4 : 8;
}

static void put_branch(u8 *out, const MSite *site, i64 distance)
{
    /* Distances count from the end of the site, the hardware's from the branch itself. */
    u32 words = (u32)((distance + 4) / 4);
    check(distance >= -(1 << 27) && distance < (1 << 27) - 4);
    if (site->cc == M_ALWAYS) {
        store_u32(out, 0x14000000 | (words & 0x3ffffff));
    } else if (site->size == 4) {
        store_u32(out, 0x54000000 | (words & 0x7ffff) << 5 | a64_condition(site->cc));
    } else {
        store_u32(out, 0x54000000 | 2 << 5 | (a64_condition(site->cc) ^ 1));
        store_u32(out + 4, 0x14000000 | (words & 0x3ffffff));
    }
}

static void put_nops(u8 *out, u32 n)
{
    for (; n >= 4; n -= 4, out += 4)
        store_u32(out, 0xd503201f);
}

/* ---- frames ---- */

static void check_stack(MEmit *e)
{
    const MFrame *fr = &e->frame;
    put_load(e, A64_SCRATCH, A64_CTX, CTX(stack_limit));
    if (fr->size <= VM_SMALL_FRAME) {
        put(e, 0xeb3063ff); /* cmp sp, x16 */
    } else {
        put_add_imm(e, A64_RECORD, A64_SP, -(i64)fr->size);
        put(e, 0xeb10021f | A64_RECORD << 5);
    }
    mach_branch(e, A64_CC_B, e->overflow_label);
}

static void prologue(MEmit *e)
{
    const MFrame *fr = &e->frame;
    mach_row(e, 0);
    if (fr->checks_stack)
        check_stack(e);
    if (!fr->return_bytes)
        return;
    u32 at = fr->size;
    put_add_imm(e, A64_SP, A64_SP, -(i64)(fr->size + 8));
    put_store(e, A64_LR, A64_SP, (i32)at);
    for (u32 r = 0; r < 31; r++)
        if (fr->saved & RA_BIT(A64_GPR(r)))
            put_store(e, r, A64_SP, (i32)(at -= 8));
    mach_row(e, fr->size);
}

/* pop: stack arguments of our own */
static void epilogue(MEmit *e, u32 pop)
{
    const MFrame *fr = &e->frame;
    u32 at = fr->size;
    if (fr->return_bytes) {
        put_load(e, A64_LR, A64_SP, (i32)at);
        for (u32 r = 0; r < 31; r++)
            if (fr->saved & RA_BIT(A64_GPR(r)))
                put_load(e, r, A64_SP, (i32)(at -= 8));
        pop += fr->size + 8;
    }
    if (pop)
        put_add_imm(e, A64_SP, A64_SP, pop);
}

static void emit_ret(MEmit *e)
{
    epilogue(e, e->f->in_bytes);
    put(e, 0xd65f03c0);
}

static void overflow_stub(MEmit *e)
{
    put_trap(e, VM_TRAP_STACK_OVERFLOW, e->f->insts.at[0].src);
}

/* ---- calls ---- */

static void put_blr(MEmit *e, u32 reg) { put(e, 0xd63f0000 | reg << 5); }
static void put_br(MEmit *e, u32 reg) { put(e, 0xd61f0000 | reg << 5); }

static void after_call(MEmit *e, const MInst *inst)
{
    if (inst->disp)
        put_add_imm(e, A64_SP, A64_SP, -(i64)inst->disp);
}

/* Branches to `other` if the record in x17 belongs to another context. */
static void compare_context(MEmit *e, u32 other)
{
    put_load(e, A64_SCRATCH, A64_RECORD, RECORD(vmctx));
    put(e, 0xeb00001f | A64_CTX << 16 | A64_SCRATCH << 5);
    mach_branch(e, A64_CC_NE, other);
}

static void emit_call(MEmit *e, const MInst *inst)
{
    u32 resume;
    check(!inst->lands); /* there is no stub that could land here yet */
    switch (inst->op) {
    case A64_CALL:
        put(e, 0x94000000);
        mach_reloc(e, (u32)inst->imm);
        break;
    case A64_CALL_REF:
        resume = mach_new_label(e);
        compare_context(e, mach_add_stub(e, (MStub){.kind = M_STUB_CALL, .src = inst->src,
                                                    .resume = resume}));
        put_load(e, A64_SCRATCH, A64_RECORD, RECORD(code));
        put_blr(e, A64_SCRATCH);
        mach_call_loc(e, inst->src);
        mach_bind(e, resume);
        after_call(e, inst);
        return;
    case A64_CALL_CODE:
        put_blr(e, A64_RECORD);
        break;
    case A64_CALL_IMPORT:
        put_load(e, A64_RECORD, A64_CTX, (i32)inst->imm);
        put_load(e, A64_SCRATCH, A64_RECORD, RECORD(cross));
        put_blr(e, A64_SCRATCH);
        break;
    default:
        put_move(e, 0, A64_CTX, 8);
        put_load(e, A64_SCRATCH, A64_CTX, CTX(libcalls));
        put_load(e, A64_SCRATCH, A64_SCRATCH, (i32)inst->imm * 8);
        put_blr(e, A64_SCRATCH);
        break;
    }
    mach_call_loc(e, inst->src);
    after_call(e, inst);
    if (inst->op == A64_CALL_LIB && inst->width == 4)
        put_move(e, 0, 0, 4);
}

/* Only of functions without stack arguments on either side. */
static void emit_tail(MEmit *e, const MInst *inst)
{
    u32 other = mach_new_label(e);
    check(inst->disp == 0 && e->f->in_bytes == 0);
    epilogue(e, 0);
    if (inst->op == A64_TAIL) {
        put(e, 0x14000000);
        mach_reloc(e, (u32)inst->imm);
    } else if (inst->op == A64_TAIL_CODE) {
        put_br(e, A64_RECORD);
    } else if (inst->op == A64_TAIL_REF) {
        compare_context(e, other);
        put_load(e, A64_SCRATCH, A64_RECORD, RECORD(code));
        put_br(e, A64_SCRATCH);
    } else {
        put_load(e, A64_RECORD, A64_CTX, (i32)inst->imm);
    }
    mach_bind(e, other);
    if (inst->op == A64_TAIL_REF || inst->op == A64_TAIL_IMPORT) {
        put_load(e, A64_SCRATCH, A64_RECORD, RECORD(cross));
        put_br(e, A64_SCRATCH);
    }
}

static void stub(MEmit *e, const MStub *s)
{
    if (s->kind == M_STUB_TRAP) {
        put_trap(e, s->number, s->src);
        return;
    }
    check(s->kind == M_STUB_CALL); /* polls have no rule yet */
    put_load(e, A64_SCRATCH, A64_RECORD, RECORD(cross));
    put_blr(e, A64_SCRATCH);
    mach_call_loc(e, s->src);
    mach_branch(e, M_ALWAYS, s->resume);
}

/* ---- all of them ---- */

static void emit_inst(MEmit *e, const MInst *inst, const RaOpnd *opnds, u32 n)
{
    switch (a64_rows[inst->op].emit) {
    case EMIT_ENC: emit_encoded(e, inst, opnds, n); break;
    case EMIT_NONE: break;
    case EMIT_MOV_RI:
        put_const(e, RA_REG_INDEX(opnds[0].loc), inst->width == 4 ? (u32)inst->imm : inst->imm);
        break;
    case EMIT_LEA: emit_lea(e, inst, opnds, n); break;
    case EMIT_JMP: emit_jmp(e, mach_succ_label(e, 0)); break;
    case EMIT_JCC: emit_jcc(e, inst); break;
    case EMIT_TRAPCC:
        mach_branch(e, inst->cc, mach_trap_label(e, (u32)inst->imm, inst->src));
        break;
    case EMIT_TRAP: put_trap(e, (u32)inst->imm, inst->src); break;
    case EMIT_RET: emit_ret(e); break;
    case EMIT_TAIL: case EMIT_TAIL_REF: case EMIT_TAIL_CODE: case EMIT_TAIL_IMPORT:
        emit_tail(e, inst);
        break;
    default: emit_call(e, inst); break;
    }
}

/* ---- edits ---- */

static i32 slot_disp(const MEmit *e, RaLoc slot)
{
    return mach_frame_offset(e, M_AREA_SLOT, (i32)RA_SLOT_INDEX(slot) * 8);
}

/* Values of general registers only: there are no floats. */
static void move(MEmit *e, RaLoc from, RaLoc to, u8 bytes)
{
    check(!RA_IS_REG(from) || RA_REG_CLASS(from) == RA_GPR);
    check(!RA_IS_REG(to) || RA_REG_CLASS(to) == RA_GPR);
    u32 reg = RA_IS_REG(to) ? RA_REG_INDEX(to) : A64_SCRATCH;
    if (RA_IS_REG(from) && RA_IS_REG(to)) {
        put_move(e, reg, RA_REG_INDEX(from), bytes);
        return;
    }
    if (RA_IS_SLOT(from))
        put_load(e, reg, A64_SP, slot_disp(e, from));
    else
        reg = RA_REG_INDEX(from);
    if (RA_IS_SLOT(to))
        put_store(e, reg, A64_SP, slot_disp(e, to));
}

static void swap(MEmit *e, RaLoc a, RaLoc b)
{
    check(RA_REG_CLASS(a) == RA_GPR && RA_REG_CLASS(b) == RA_GPR);
    put_move(e, A64_SCRATCH, RA_REG_INDEX(a), 8);
    put_move(e, RA_REG_INDEX(a), RA_REG_INDEX(b), 8);
    put_move(e, RA_REG_INDEX(b), A64_SCRATCH, 8);
}

static void remat(MEmit *e, const MInst *inst, RaLoc to)
{
    RaOpnd def = {.loc = to, .role = RA_DEF};
    check(RA_IS_REG(to));
    emit_inst(e, inst, &def, 1);
}

const MEmitOps a64_emit_ops = {
    .rows = a64_rows,
    .args = a64_args,
    .jump_bytes = 4,
    .branch_bytes = 8,
    .has_link_register = true,
    .prologue = prologue,
    .inst = emit_inst,
    .move = move,
    .swap = swap,
    .remat = remat,
    .stub = stub,
    .overflow_stub = overflow_stub,
    .branch_size = branch_size,
    .put_branch = put_branch,
    .put_nops = put_nops,
};
