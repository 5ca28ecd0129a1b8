#include "isa/x64/emit.h"

#include "isa/x64/abi.h"
#include "isa/x64/encode.h"

#define CTX(field) ((i32)offsetof(VmCtx, field))
#define RECORD(field) ((i32)offsetof(VmFuncRef, field))

/* ---- short hands ---- */

static bool has_avx(const MEmit *e) { return (e->f->options->features & X64_HAS(AVX)) != 0; }

static void put(MEmit *e, X64Hand h)
{
    h.has_avx = has_avx(e);
    mach_wrote(e, x64_put(mach_room(e, X64_MAX_INST_BYTES), h));
}

static void put_rr(MEmit *e, u16 op, u8 width, u8 a, u8 b)
{
    put(e, (X64Hand){.op = op, .width = width, .nregs = 2, .regs = {a, b}});
}

static void put_ri(MEmit *e, u16 op, u8 width, u8 a, u64 imm)
{
    put(e, (X64Hand){.op = op, .width = width, .nregs = 2, .regs = {a, a}, .imm = imm});
}

static void put_r(MEmit *e, u16 op, u8 a)
{
    put(e, (X64Hand){.op = op, .nregs = 1, .regs = {a}});
}

/* An instruction with one register and [base + disp], or none with `reg` X64_NO_REG. */
static void put_m(MEmit *e, u16 op, u8 width, u8 reg, u8 base, i32 disp)
{
    X64Mem m = {.base = base, .index = X64_NO_REG, .disp = disp};
    put(e, (X64Hand){.op = op, .width = width, .nregs = reg != X64_NO_REG, .regs = {reg},
                     .mem = &m});
}

static u8 reg_of(const RaOpnd *o) { return (u8)RA_REG_INDEX(o->loc); }

static u8 inverse(u8 cc) { return cc ^ 1; }

/* ---- ordinary instructions ---- */

static void find_mem(MEmit *e, const MInst *inst, const RaOpnd *opnds, X64Mem *m)
{
    const RaOpnd *reg = opnds + x64_rows[inst->op].nuses;
    *m = (X64Mem){.base = X64_NO_REG, .index = X64_NO_REG, .scale = inst->scale,
                  .disp = inst->disp};
    if (inst->mem & M_BASE)
        m->base = reg_of(reg++);
    if (inst->mem & M_INDEX)
        m->index = reg_of(reg);
    if (inst->mem & M_CTX)
        m->base = X64_CTX;
    if (inst->mem & M_FRAME) {
        m->base = X64_RSP;
        m->disp = mach_frame_offset(e, inst->area, inst->disp);
    }
    m->gs = inst->mem & M_GS;
    m->addr32 = inst->mem & M_ADDR32;
    if (inst->mem & M_LITERAL) {
        m->rip = true;
        m->disp = 0;
    }
}

/* Accesses of frame, context and literals cannot fault. */
static bool may_fault(const MInst *inst)
{
    return x64_rows[inst->op].effect & (M_EFFECT_LOAD | M_EFFECT_STORE) &&
           inst->mem & (M_BASE | M_INDEX | M_GS);
}

static void emit_encoded(MEmit *e, const MInst *inst, const RaOpnd *opnds, u32 n)
{
    X64Mem mem;
    u8 *start = mach_room(e, X64_MAX_INST_BYTES);
    if (!(inst->mem & M_MEM)) {
        mach_wrote(e, x64_encode(start, inst, opnds, n, NULL, has_avx(e)));
        return;
    }
    find_mem(e, inst, opnds, &mem);
    mach_wrote(e, x64_encode(start, inst, opnds, n, &mem, has_avx(e)));
    if (may_fault(inst))
        mach_loc_at(e, inst->src, mem.inst_at);
    if (mem.rip)
        mach_fixup(e, mem.rip_at, false, (u32)inst->disp);
}

static void emit_const(MEmit *e, u8 reg, u64 value, bool flags_dead)
{
    if (value == 0 && flags_dead)
        put_r(e, X64_ZERO_R, reg);
    else
        mach_wrote(e, x64_put_const(mach_room(e, 16), reg, value));
}

static void emit_mov_ri(MEmit *e, const MInst *inst, const RaOpnd *opnds)
{
    u64 value = inst->width == 4 ? (u32)inst->imm : inst->imm;
    emit_const(e, reg_of(opnds), value, value == 0 && mach_flags_dead(e, e->inst + 1));
}

/* ---- flags that are there already ---- */

/* Rows whose result, at the end of their operands, is what their flags tell of. */
static bool sets_flags_of_result(u16 op)
{
    switch (op) {
    case X64_ADD_RR: case X64_ADD_RM: case X64_ADD_RI: case X64_SUB_RR: case X64_SUB_RM:
    case X64_SUB_RI: case X64_AND_RR: case X64_AND_RM: case X64_AND_RI: case X64_OR_RR:
    case X64_OR_RM: case X64_OR_RI: case X64_XOR_RR: case X64_XOR_RM: case X64_XOR_RI:
    case X64_NEG_R: case X64_ANDN_RRR: case X64_ANDN_RRM: case X64_BLSR_RR: case X64_BLSI_RR:
        return true;
    default:
        return false;
    }
}

static void note_flags(MEmit *e, u8 reg, u8 width)
{
    e->flags_at = e->bytes.len;
    e->flags_reg = X64_GPR(reg);
    e->flags_width = width;
}

/* Do all that read the flags of instruction i ask for zero or sign only? After a test, carry and
 * overflow are clear; after arithmetic they are not. */
static bool readers_want_zero_or_sign(const MEmit *e, u32 i)
{
    u32 end = e->f->ra.blocks[e->block].end;
    for (i++; i < end; i++) {
        const MInst *inst = &e->f->insts.at[i];
        u8 flags = x64_rows[inst->op].flags;
        if (flags & M_FLAGS_READ && inst->cc != X64_CC_E && inst->cc != X64_CC_NE &&
            inst->cc != X64_CC_S && inst->cc != X64_CC_NS)
            return false;
        if (inst->op == X64_ADC_RR || inst->op == X64_SBB_RR)
            return false;
        if (flags & M_FLAGS_WRITE)
            break;
    }
    return true;
}

/* test r, r straight behind what computed r. */
static bool is_needless_test(const MEmit *e, const MInst *inst, const RaOpnd *opnds)
{
    return inst->op == X64_TEST_RR && e->flags_at == e->bytes.len &&
           opnds[0].loc == opnds[1].loc && opnds[0].loc == e->flags_reg &&
           inst->width == e->flags_width && readers_want_zero_or_sign(e, e->inst);
}

/* LEA is how rules add without losing an operand; where the sum takes the place of one anyway, ADD
 * is shorter and runs on more ports. */
static bool emit_lea_as_add(MEmit *e, const MInst *inst, const RaOpnd *opnds, u32 n)
{
    u8 d = reg_of(&opnds[n - 1]), base = reg_of(&opnds[0]);
    u8 parts = inst->mem & (M_BASE | M_INDEX | M_CTX | M_GS | M_LITERAL | M_FRAME | M_ADDR32);
    if (parts == (M_BASE | M_INDEX) && inst->disp == 0 && inst->scale == 0) {
        u8 index = reg_of(&opnds[1]);
        if ((d != base && d != index) || !mach_flags_dead(e, e->inst + 1))
            return false;
        put(e, (X64Hand){.op = X64_ADD_RR, .width = inst->width, .nregs = 3,
                         .regs = {d, d == base ? index : base, d}});
        note_flags(e, d, inst->width);
        return true;
    }
    if (parts == M_BASE && inst->disp == 0) {
        put_rr(e, X64_MOV_RR, inst->width, base, d);
        return true;
    }
    if (parts == M_BASE && d == base && mach_flags_dead(e, e->inst + 1)) {
        /* 128 does not fit a byte, -128 does */
        bool sub = inst->disp == 128;
        put_ri(e, sub ? X64_SUB_RI : X64_ADD_RI, inst->width, d,
               (u64)(sub ? -(i64)inst->disp : inst->disp));
        note_flags(e, d, inst->width);
        return true;
    }
    return false;
}

/* ---- conditions ---- */

/* Branches to `yes` if the condition holds. */
static void branch_if(MEmit *e, u8 cc, u32 yes)
{
    if (cc == X64_CC_FNE) {
        mach_branch(e, X64_CC_NE, yes);
        mach_branch(e, X64_CC_P, yes);
    } else if (cc == X64_CC_FEQ) {
        u32 no = mach_new_label(e);
        mach_branch(e, X64_CC_NE, no);
        mach_branch(e, X64_CC_NP, yes);
        mach_bind(e, no);
    } else {
        mach_branch(e, cc, yes);
    }
}

static void branch_unless(MEmit *e, u8 cc, u32 no)
{
    branch_if(e, inverse(cc), no);
}

static void emit_jmp(MEmit *e, u32 label)
{
    if (!mach_falls_to(e, label))
        mach_branch(e, M_ALWAYS, label);
}

static void emit_jcc(MEmit *e, const MInst *inst)
{
    u32 yes = mach_succ_label(e, 0), no = mach_succ_label(e, 1);
    if (yes == no) {
        emit_jmp(e, yes);
    } else if (mach_falls_to(e, yes)) {
        branch_unless(e, inst->cc, no);
    } else {
        branch_if(e, inst->cc, yes);
        emit_jmp(e, no);
    }
}

static void emit_setfcc(MEmit *e, const MInst *inst, const RaOpnd *opnds)
{
    u8 t = reg_of(&opnds[0]), d = reg_of(&opnds[1]);
    bool equal = inst->cc == X64_CC_FEQ;
    check(equal || inst->cc == X64_CC_FNE);
    put(e, (X64Hand){.op = X64_SET8, .cc = equal ? X64_CC_NP : X64_CC_P, .nregs = 1, .regs = {t}});
    put(e, (X64Hand){.op = X64_SET8, .cc = equal ? X64_CC_E : X64_CC_NE, .nregs = 1, .regs = {d}});
    put(e, (X64Hand){.op = equal ? X64_AND_RR : X64_OR_RR, .width = 4, .nregs = 3,
                     .regs = {d, t, d}});
    put_rr(e, X64_MOVZX8_RR, 4, d, d);
}

/* feq has no single condition to move on, so it branches around a move. Memory is read first, for
 * the fault it may bring, into the scratch register. Width 4 clears the upper half in any case: the
 * operand may be the low half of an i64. */
static void emit_cmov_feq(MEmit *e, const MInst *inst, const RaOpnd *opnds, u32 n)
{
    u32 skip = mach_new_label(e);
    u8 d = reg_of(&opnds[n - 1]);
    bool mem = inst->mem & M_MEM;
    if (mem) {
        RaOpnd load[3] = {opnds[1], opnds[2], opnds[2]};
        MInst fmov = *inst;
        fmov.op = X64_FMOV_RM;
        load[n - 2].loc = X64_XMM(X64_SCRATCH_XMM);
        emit_encoded(e, &fmov, load, n - 1);
    }
    if (inst->width == 4)
        put_rr(e, X64_MOV_RR, 4, d, d);
    branch_unless(e, X64_CC_FEQ, skip);
    if (mem)
        put_rr(e, X64_MOV_RX, inst->width, X64_SCRATCH_XMM, d);
    else
        put_rr(e, X64_MOV_RR, inst->width, reg_of(&opnds[1]), d);
    mach_bind(e, skip);
}

static void emit_cmov(MEmit *e, const MInst *inst, const RaOpnd *opnds, u32 n)
{
    MInst one = *inst;
    if (inst->cc == X64_CC_FEQ) {
        emit_cmov_feq(e, inst, opnds, n);
        return;
    }
    one.op = inst->mem & M_MEM ? X64_CMOV1_RM : X64_CMOV1_RR;
    if (inst->cc == X64_CC_FNE) {
        one.cc = X64_CC_NE;
        emit_encoded(e, &one, opnds, n);
        one.cc = X64_CC_P;
    }
    emit_encoded(e, &one, opnds, n);
}

static void emit_select_x(MEmit *e, const MInst *inst, const RaOpnd *opnds)
{
    u32 skip = mach_new_label(e);
    branch_unless(e, inst->cc, skip);
    put_rr(e, X64_MOVAPS_RR, 0, reg_of(&opnds[1]), reg_of(&opnds[2]));
    mach_bind(e, skip);
}

/* ---- atomic accesses ---- */

/* What memory held goes to rax, together with t before the exchange is tried, until no other thread
 * wrote between; each failed exchange reads it again. The first read takes the fault, if any. */
static void emit_locked_loop(MEmit *e, const MInst *inst, const RaOpnd *opnds, u32 n)
{
    u16 op = inst->op == X64_LOOP_AND_MR  ? X64_AND_RR
             : inst->op == X64_LOOP_OR_MR ? X64_OR_RR
                                          : X64_XOR_RR;
    u16 load = inst->width == 1 ? X64_MOVZX8_RM : inst->width == 2 ? X64_MOVZX16_RM : X64_MOV_RM;
    u8 width = MAX(inst->width, 4), b = reg_of(&opnds[0]), t = reg_of(&opnds[n - 2]);
    X64Mem mem;
    find_mem(e, inst, opnds, &mem);
    put(e, (X64Hand){.op = load, .width = width, .nregs = 1, .regs = {X64_RAX}, .mem = &mem});
    mach_loc_at(e, inst->src, mem.inst_at);
    u32 again = mach_new_label(e);
    mach_bind(e, again);
    put_rr(e, X64_MOV_RR, width, X64_RAX, t);
    put(e, (X64Hand){.op = op, .width = width, .nregs = 3, .regs = {t, b, t}});
    put(e, (X64Hand){.op = X64_LOCK_CMPXCHG_MR, .width = inst->width, .nregs = 3,
                     .regs = {X64_RAX, t, X64_RAX}, .mem = &mem});
    branch_if(e, X64_CC_NE, again);
}

/* ---- traps ---- */

/* ud1 eax, [rax + code]: the code is the displacement, so disassemblers stay in step. */
static void put_ud(MEmit *e, u32 code)
{
    u8 *out = mach_room(e, 7);
    memcpy(out, (const u8[]){0x0f, 0xb9, 0x80}, 3);
    store_u32(out + 3, code);
    mach_wrote(e, out + 7);
}

static void put_libcall(MEmit *e, u32 number)
{
    put_rr(e, X64_MOV_RR, 8, X64_CTX, X64_RDI);
    put_m(e, X64_MOV_RM, 8, X64_RAX, X64_CTX, CTX(libcalls));
    put_m(e, X64_CALL_M, 0, X64_NO_REG, X64_RAX, (i32)number * 8);
}

static void put_trap(MEmit *e, u32 code, u32 src)
{
    if (e->f->options->signal_traps) {
        mach_loc(e, src);
        put_ud(e, code);
        return;
    }
    mach_wrote(e, x64_put_const(mach_room(e, 16), X64_RSI, code));
    put_libcall(e, VM_LIBCALL_RAISE);
    mach_call_loc(e, src);
    put_ud(e, code); /* RAISE does not return */
}

/* ---- frames ---- */

static void prologue(MEmit *e)
{
    const MFrame *fr = &e->frame;
    u32 pushed = 0;
    mach_row(e, 0);
    if (fr->checks_stack && fr->size <= VM_SMALL_FRAME) {
        put_m(e, X64_CMP_RM, 8, X64_RSP, X64_CTX, CTX(stack_limit));
        mach_branch(e, X64_CC_B, e->overflow_label);
    } else if (fr->checks_stack) {
        put_m(e, X64_LEA, 8, X64_R11, X64_RSP, -(i32)fr->size);
        put_m(e, X64_CMP_RM, 8, X64_R11, X64_CTX, CTX(stack_limit));
        mach_branch(e, X64_CC_B, e->overflow_label);
    }
    if (e->f->options->frame_pointer) {
        put_r(e, X64_PUSH_R, X64_RBP);
        mach_row(e, pushed += 8);
        put_rr(e, X64_MOV_RR, 8, X64_RSP, X64_RBP);
        e->out->saved |= 1; /* rbp is the first of x64_saved */
    }
    for (u32 i = 0; i < ARRAY_LEN(x64_saved); i++) {
        if (!(fr->saved & RA_BIT(X64_GPR(x64_saved[i]))))
            continue;
        put_r(e, X64_PUSH_R, x64_saved[i]);
        mach_row(e, pushed += 8);
        e->out->saved |= (u8)(1u << i);
    }
    if (fr->sub_bytes == 8) /* a push of anything is shorter */
        put_r(e, X64_PUSH_R, X64_RAX);
    else if (fr->sub_bytes)
        put_ri(e, X64_SUB_RI, 8, X64_RSP, fr->sub_bytes);
    if (fr->sub_bytes)
        mach_row(e, fr->size);
}

/* is_free: r11 holds nothing. */
static void epilogue(MEmit *e, bool is_free)
{
    const MFrame *fr = &e->frame;
    if (fr->sub_bytes == 8 && is_free)
        put_r(e, X64_POP_R, X64_R11);
    else if (fr->sub_bytes)
        put_ri(e, X64_ADD_RI, 8, X64_RSP, fr->sub_bytes);
    for (u32 i = ARRAY_LEN(x64_saved); i-- > 0;)
        if (fr->saved & RA_BIT(X64_GPR(x64_saved[i])))
            put_r(e, X64_POP_R, x64_saved[i]);
    if (e->f->options->frame_pointer)
        put_r(e, X64_POP_R, X64_RBP);
}

static void emit_ret(MEmit *e)
{
    epilogue(e, true);
    if (e->f->in_bytes == 0)
        put(e, (X64Hand){.op = X64_RET_PLAIN});
    else if (e->f->in_bytes <= UINT16_MAX)
        put(e, (X64Hand){.op = X64_RET_POP, .imm = e->f->in_bytes});
    else
        UNREACHABLE(); /* a signature has at most 1000 parameters of 16 bytes */
}

static void overflow_stub(MEmit *e)
{
    u32 src = ir_outermost_src(e->f->ir, e->f->insts.at[0].src);
    if (!e->f->options->signal_traps) {
        /* The call wants an aligned stack. */
        put_r(e, X64_PUSH_R, X64_RAX);
        mach_row(e, 8);
    }
    put_trap(e, VM_TRAP_STACK_OVERFLOW, src);
}

/* ---- calls ---- */

/* The callee has popped its stack arguments: until they are there again the return address is
 * nearer. A walk of the stack meets this place in every frame that made such a call. */
static void popped_row(MEmit *e, u32 popped_bytes)
{
    if (popped_bytes)
        mach_row(e, e->frame.size - popped_bytes);
}

/* The whole frame is there (again). */
static void whole_row(MEmit *e)
{
    const MFrameRow *last = &e->out->rows.at[e->out->rows.len - 1];
    if (last->ret_offset != e->frame.size)
        mach_row(e, e->frame.size);
}

/* What is recorded of a call just written; pad: label of its landing pad, or M_UNBOUND. */
static void note_call(MEmit *e, u32 src, u32 popped_bytes, u32 pad)
{
    mach_call_loc(e, src);
    popped_row(e, popped_bytes);
    if (pad != M_UNBOUND)
        mach_pad(e, pad);
}

/* The landing pad of the call that ends this block. */
static u32 pad_of(const MEmit *e, const MInst *inst)
{
    return inst->lands ? mach_succ_label(e, 1) : M_UNBOUND;
}

/* What follows a call: the stack arguments are there again, and the block may be at its end. */
static void after_call(MEmit *e, const MInst *inst)
{
    if (inst->disp)
        put_ri(e, X64_SUB_RI, 8, X64_RSP, (u64)(i64)inst->disp);
    whole_row(e);
    if (inst->lands)
        emit_jmp(e, mach_succ_label(e, 0));
}

static void put_rel32(MEmit *e, u8 opcode, u32 func)
{
    u8 *out = mach_room(e, 5);
    *out = opcode;
    store_u32(out + 1, 0);
    mach_wrote(e, out + 5);
    mach_reloc(e, func);
}

static void emit_call(MEmit *e, const MInst *inst)
{
    put_rel32(e, 0xe8, (u32)inst->imm);
    note_call(e, inst->src, (u32)inst->disp, pad_of(e, inst));
    after_call(e, inst);
}

static void compare_context(MEmit *e)
{
    put_m(e, X64_CMP_MR, 8, X64_CTX, X64_R11, RECORD(vmctx));
}

static void emit_call_ref(MEmit *e, const MInst *inst)
{
    u32 resume = mach_new_label(e);
    compare_context(e);
    mach_branch(e, X64_CC_NE, mach_add_stub(e, (MStub){.kind = M_STUB_CALL, .src = inst->src,
                                                       .number = (u32)inst->disp,
                                                       .pad = pad_of(e, inst),
                                                       .resume = resume}));
    put_m(e, X64_CALL_M, 0, X64_NO_REG, X64_R11, RECORD(code));
    note_call(e, inst->src, (u32)inst->disp, pad_of(e, inst));
    mach_bind(e, resume);
    after_call(e, inst);
}

static void emit_call_code(MEmit *e, const MInst *inst)
{
    put_r(e, X64_CALL_R, X64_R11);
    note_call(e, inst->src, (u32)inst->disp, pad_of(e, inst));
    after_call(e, inst);
}

static void emit_call_import(MEmit *e, const MInst *inst)
{
    put_m(e, X64_MOV_RM, 8, X64_R11, X64_CTX, (i32)inst->imm);
    put_m(e, X64_CALL_M, 0, X64_NO_REG, X64_R11, RECORD(cross));
    note_call(e, inst->src, (u32)inst->disp, pad_of(e, inst));
    after_call(e, inst);
}

/* width 4: the result is an i32, whose upper half C leaves undefined. */
static void emit_call_lib(MEmit *e, const MInst *inst)
{
    put_libcall(e, (u32)inst->imm);
    mach_call_loc(e, inst->src);
    if (inst->width == 4)
        put_rr(e, X64_MOV_RR, 4, X64_RAX, X64_RAX);
}

static void libcall_if(MEmit *e, u8 cc, u32 number, u8 temp, u32 src)
{
    u32 resume = mach_new_label(e);
    mach_branch(e, cc, mach_add_stub(e, (MStub){.kind = M_STUB_LIBCALL, .number = number,
                                                .temp = temp, .src = src, .resume = resume}));
    mach_bind(e, resume);
}

static void emit_poll(MEmit *e, const MInst *inst, const RaOpnd *opnds)
{
    u8 t = reg_of(&opnds[0]), u = reg_of(&opnds[1]);
    put_m(e, X64_MOV_RM, 8, t, X64_CTX, CTX(epoch));
    put_m(e, X64_MOV_RM, 8, u, X64_CTX, CTX(store));
    put_m(e, X64_MOV_RM, 8, t, t, 0);
    put_m(e, X64_CMP_RM, 8, t, u, (i32)offsetof(VmStore, epoch_deadline));
    libcall_if(e, X64_CC_AE, VM_LIBCALL_EPOCH, t, inst->src);
}

/* The counter runs up from minus what is left. */
static void emit_fuel(MEmit *e, const MInst *inst, const RaOpnd *opnds)
{
    u8 t = reg_of(&opnds[0]);
    X64Mem fuel = {.base = t, .index = X64_NO_REG, .disp = (i32)offsetof(VmStore, fuel)};
    put_m(e, X64_MOV_RM, 8, t, X64_CTX, CTX(store));
    put(e, (X64Hand){.op = X64_ADD_MI, .width = 8, .imm = inst->imm, .mem = &fuel});
    libcall_if(e, X64_CC_G, VM_LIBCALL_OUT_OF_FUEL, t, inst->src);
}

static void stub(MEmit *e, const MStub *s)
{
    whole_row(e);
    switch ((enum MStubKind)s->kind) {
    case M_STUB_TRAP:
        put_trap(e, s->number, s->src);
        return;
    case M_STUB_CALL:
        put_m(e, X64_CALL_M, 0, X64_NO_REG, X64_R11, RECORD(cross));
        note_call(e, s->src, s->number, s->pad);
        mach_branch(e, M_ALWAYS, s->resume);
        return;
    case M_STUB_LIBCALL:
        put_m(e, X64_MOV_RM, 8, s->temp, X64_CTX, CTX(libcalls));
        put_m(e, X64_CALL_M, 0, X64_NO_REG, s->temp, (i32)s->number * 8);
        mach_call_loc(e, s->src);
        mach_branch(e, M_ALWAYS, s->resume);
        return;
    }
}

/* ---- tail calls ---- */

/* Copies 8 or 16 bytes within the frame. */
static void copy_words(MEmit *e, i32 from, i32 to, bool two)
{
    u8 width = two ? 16 : 8;
    put_m(e, two ? X64_MOVUPS_RM : X64_FMOV_RM, width, X64_SCRATCH_XMM, X64_RSP, from);
    put_m(e, two ? X64_MOVUPS_MR : X64_FMOV_MR, width, X64_SCRATCH_XMM, X64_RSP, to);
}

/* Leaves the frame with the callee's stack arguments in place of our own and the return address
 * below them. They wait in the outgoing area from its byte 16 on (abi.c put them there); the
 * return address joins them at 8, and the block moves up as a whole, its end first, since both
 * places may overlap. The saved registers lie in between: they are restored before. */
static void leave_with_arguments(MEmit *e, u32 out_bytes)
{
    const MFrame *fr = &e->frame;
    u32 at = fr->size;
    if (e->f->options->frame_pointer)
        put_m(e, X64_MOV_RM, 8, X64_RBP, X64_RSP, (i32)(at -= 8));
    for (u32 i = 0; i < ARRAY_LEN(x64_saved); i++)
        if (fr->saved & RA_BIT(X64_GPR(x64_saved[i])))
            put_m(e, X64_MOV_RM, 8, x64_saved[i], X64_RSP, (i32)(at -= 8));
    i32 new_ret = (i32)(fr->size + e->f->in_bytes) - (i32)out_bytes;
    if (out_bytes == 0) {
        copy_words(e, (i32)fr->size, new_ret, false);
    } else {
        copy_words(e, (i32)fr->size, 8, false);
        for (u32 left = out_bytes; left; left -= 16)
            copy_words(e, (i32)left, new_ret + (i32)left - 8, true);
        copy_words(e, 8, new_ret, false);
    }
    put_m(e, X64_LEA, 8, X64_RSP, X64_RSP, new_ret);
}

static void leave_for(MEmit *e, const MInst *inst)
{
    if (inst->disp == 0 && e->f->in_bytes == 0)
        epilogue(e, false);
    else
        leave_with_arguments(e, (u32)inst->disp);
}

static void emit_tail(MEmit *e, const MInst *inst)
{
    leave_for(e, inst);
    put_rel32(e, 0xe9, (u32)inst->imm);
}

static void emit_tail_ref(MEmit *e, const MInst *inst)
{
    u32 other = mach_new_label(e);
    leave_for(e, inst);
    compare_context(e);
    mach_branch(e, X64_CC_NE, other);
    put_m(e, X64_JMP_M, 0, X64_NO_REG, X64_R11, RECORD(code));
    mach_bind(e, other);
    put_m(e, X64_JMP_M, 0, X64_NO_REG, X64_R11, RECORD(cross));
}

static void emit_tail_code(MEmit *e, const MInst *inst)
{
    leave_for(e, inst);
    put_r(e, X64_JMP_R, X64_R11);
}

static void emit_tail_import(MEmit *e, const MInst *inst)
{
    leave_for(e, inst);
    put_m(e, X64_MOV_RM, 8, X64_R11, X64_CTX, (i32)inst->imm);
    put_m(e, X64_JMP_M, 0, X64_NO_REG, X64_R11, RECORD(cross));
}

/* ---- jump tables ---- */

static void emit_jtab(MEmit *e, const MInst *inst, const RaOpnd *opnds)
{
    u8 x = reg_of(&opnds[0]), t = reg_of(&opnds[1]), u = reg_of(&opnds[2]);
    X64Mem table = {.base = X64_NO_REG, .index = X64_NO_REG, .rip = true};
    X64Mem entry = {.base = t, .index = x, .scale = 2};
    put(e, (X64Hand){.op = X64_LEA, .width = 8, .nregs = 1, .regs = {t}, .mem = &table});
    mach_fixup(e, table.rip_at, true, (u32)inst->imm);
    put(e, (X64Hand){.op = X64_MOVSXD_RM, .nregs = 1, .regs = {u}, .mem = &entry});
    put(e, (X64Hand){.op = X64_ADD_RR, .width = 8, .nregs = 3, .regs = {u, t, u}});
    put_r(e, X64_JMP_R, u);
}

/* ---- all of them ---- */

static void emit_inst(MEmit *e, const MInst *inst, const RaOpnd *opnds, u32 n)
{
    switch (x64_rows[inst->op].emit) {
    case EMIT_ENC:
        if (inst->op == X64_LEA && emit_lea_as_add(e, inst, opnds, n))
            break;
        if (is_needless_test(e, inst, opnds))
            break;
        emit_encoded(e, inst, opnds, n);
        if (sets_flags_of_result(inst->op))
            note_flags(e, reg_of(&opnds[n - 1]), inst->width);
        break;
    case EMIT_NONE: break;
    case EMIT_MOV_RI: emit_mov_ri(e, inst, opnds); break;
    case EMIT_SETFCC: emit_setfcc(e, inst, opnds); break;
    case EMIT_CMOV: emit_cmov(e, inst, opnds, n); break;
    case EMIT_SELECT_X: emit_select_x(e, inst, opnds); break;
    case EMIT_LOCKED_LOOP: emit_locked_loop(e, inst, opnds, n); break;
    case EMIT_JMP: emit_jmp(e, mach_succ_label(e, 0)); break;
    case EMIT_JCC: emit_jcc(e, inst); break;
    case EMIT_JTAB: emit_jtab(e, inst, opnds); break;
    case EMIT_TRAPCC: branch_if(e, inst->cc, mach_trap_label(e, (u32)inst->imm, inst->src)); break;
    case EMIT_TRAP: put_trap(e, (u32)inst->imm, inst->src); break;
    case EMIT_RET: emit_ret(e); break;
    case EMIT_CALL: emit_call(e, inst); break;
    case EMIT_CALL_REF: emit_call_ref(e, inst); break;
    case EMIT_CALL_CODE: emit_call_code(e, inst); break;
    case EMIT_CALL_IMPORT: emit_call_import(e, inst); break;
    case EMIT_CALL_LIB: emit_call_lib(e, inst); break;
    case EMIT_POLL: emit_poll(e, inst, opnds); break;
    case EMIT_FUEL: emit_fuel(e, inst, opnds); break;
    case EMIT_TAIL: emit_tail(e, inst); break;
    case EMIT_TAIL_REF: emit_tail_ref(e, inst); break;
    case EMIT_TAIL_CODE: emit_tail_code(e, inst); break;
    case EMIT_TAIL_IMPORT: emit_tail_import(e, inst); break;
    default: UNREACHABLE();
    }
}

/* ---- edits ---- */

static i32 slot_disp(const MEmit *e, RaLoc slot)
{
    return mach_frame_offset(e, M_AREA_SLOT, (i32)RA_SLOT_INDEX(slot) * 8);
}

static void load_slot(MEmit *e, u8 class, u8 reg, RaLoc slot, u8 bytes)
{
    u16 op = class == RA_GPR ? X64_MOV_RM : bytes == 16 ? X64_MOVUPS_RM : X64_FMOV_RM;
    put_m(e, op, class == RA_GPR ? bytes : MAX(bytes, 8), reg, X64_RSP, slot_disp(e, slot));
}

/* Always 8 bytes: who reads the slot in place may read so many. */
static void store_slot(MEmit *e, u8 class, u8 reg, RaLoc slot, u8 bytes)
{
    u16 op = class == RA_GPR ? X64_MOV_MR : bytes == 16 ? X64_MOVUPS_MR : X64_FMOV_MR;
    put_m(e, op, MAX(bytes, 8), reg, X64_RSP, slot_disp(e, slot));
}

static void move(MEmit *e, RaLoc from, RaLoc to, u8 bytes)
{
    if (RA_IS_REG(from) && RA_IS_REG(to)) {
        check(RA_REG_CLASS(from) == RA_REG_CLASS(to));
        if (RA_REG_CLASS(from) == RA_GPR)
            put_rr(e, X64_MOV_RR, bytes, (u8)RA_REG_INDEX(from), (u8)RA_REG_INDEX(to));
        else
            put_rr(e, X64_MOVAPS_RR, 0, (u8)RA_REG_INDEX(from), (u8)RA_REG_INDEX(to));
    } else if (RA_IS_REG(to)) {
        load_slot(e, RA_REG_CLASS(to), (u8)RA_REG_INDEX(to), from, bytes);
    } else if (RA_IS_REG(from)) {
        store_slot(e, RA_REG_CLASS(from), (u8)RA_REG_INDEX(from), to, bytes);
    } else {
        load_slot(e, RA_VEC, X64_SCRATCH_XMM, from, bytes);
        store_slot(e, RA_VEC, X64_SCRATCH_XMM, to, bytes);
    }
}

static void swap(MEmit *e, RaLoc a, RaLoc b)
{
    u8 x = (u8)RA_REG_INDEX(a), y = (u8)RA_REG_INDEX(b);
    check(RA_IS_REG(a) && RA_IS_REG(b) && RA_REG_CLASS(a) == RA_REG_CLASS(b));
    if (RA_REG_CLASS(a) == RA_GPR) {
        put(e, (X64Hand){.op = X64_XCHG_RR, .width = 8, .nregs = 4, .regs = {x, y, x, y}});
        return;
    }
    put_rr(e, X64_MOVAPS_RR, 0, x, X64_SCRATCH_XMM);
    put_rr(e, X64_MOVAPS_RR, 0, y, x);
    put_rr(e, X64_MOVAPS_RR, 0, X64_SCRATCH_XMM, y);
}

static void remat(MEmit *e, const MInst *inst, RaLoc to)
{
    RaOpnd def = {.loc = to, .role = RA_DEF};
    check(RA_IS_REG(to));
    if (x64_rows[inst->op].emit == EMIT_MOV_RI) {
        u64 value = inst->width == 4 ? (u32)inst->imm : inst->imm;
        emit_const(e, (u8)RA_REG_INDEX(to), value, value == 0 && mach_flags_dead(e, e->inst));
        return;
    }
    emit_inst(e, inst, &def, 1);
}

/* ---- branches ---- */

static u8 branch_size(const MSite *site, i64 distance)
{
    /* The distance counts from the end of the present form. The short one ends earlier: a target in
     * front comes closer by as much, one behind moves along. */
    if (distance < 0)
        distance += site->size - 2;
    if (distance >= -128 && distance <= 127)
        return 2;
    return site->cc == M_ALWAYS ? 5 : 6;
}

static void put_branch(u8 *out, const MSite *site, i64 distance)
{
    if (site->size == 2) {
        check(distance >= -128 && distance <= 127);
        *out++ = site->cc == M_ALWAYS ? 0xeb : 0x70 | site->cc;
        *out = (u8)distance;
        return;
    }
    if (site->cc != M_ALWAYS)
        *out++ = 0x0f;
    *out++ = site->cc == M_ALWAYS ? 0xe9 : 0x80 | site->cc;
    store_u32(out, (u32)distance);
}

static void put_nops(u8 *out, u32 n) { x64_put_nops(out, n); }

const MEmitOps x64_emit_ops = {
    .rows = x64_rows,
    .args = x64_args,
    .jump_bytes = 5,
    .branch_bytes = 6,
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
