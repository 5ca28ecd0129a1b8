#include "isa/x64/encode.h"

/* One instruction being encoded: the fields of its prefixes and modrm, all registers resolved. */
typedef struct Fields {
    const X64Enc *enc;
    u8 width;
    u8 prefix; /* 0..3 as in VEX.pp */
    u8 opcode;
    u8 reg, rm, vvv; /* rm: the register, or X64_NO_REG with mem */
    X64Mem *mem;
    bool w, o16;
    bool byte_rex; /* spl bpl sil dil need a REX prefix to be named */
    bool has_modrm;
} Fields;

static u8 place_reg(i8 place, const RaOpnd *opnds, u32 nopnds)
{
    u32 index = place >= 0 ? (u32)place : nopnds - (u32)-place;
    dassert(index < nopnds && RA_IS_REG(opnds[index].loc));
    return (u8)RA_REG_INDEX(opnds[index].loc);
}

static bool fits_i8(i64 v) { return v == (i8)v; }
static bool fits_i32(i64 v) { return v == (i32)v; }

static u8 prefix_of(const X64Enc *enc, u8 width)
{
    switch (enc->prefix) {
    case PREFIX_SD: return width == 8 ? 3 : 2;
    case PREFIX_PD: return width == 8 ? 1 : 0;
    default: return enc->prefix;
    }
}

/* ---- prefixes ---- */

static u8 *put_legacy_prefixes(u8 *out, const Fields *f)
{
    static const u8 mandatory[4] = {0, 0x66, 0xf3, 0xf2};
    if (f->enc->flags & ENC_LOCK)
        *out++ = 0xf0;
    if (f->o16)
        *out++ = 0x66;
    if (f->prefix)
        *out++ = mandatory[f->prefix];
    u8 rex = (u8)(f->w << 3 | (f->reg >> 3 & 1) << 2);
    if (f->mem)
        rex |= (u8)((f->mem->index != X64_NO_REG && f->mem->index & 8 ? 2 : 0) |
                    (f->mem->base != X64_NO_REG && f->mem->base & 8 ? 1 : 0));
    else
        rex |= f->rm >> 3 & 1;
    if (rex || f->byte_rex)
        *out++ = 0x40 | rex;
    if (f->enc->map)
        *out++ = 0x0f;
    if (f->enc->map == 2)
        *out++ = 0x38;
    if (f->enc->map == 3)
        *out++ = 0x3a;
    return out;
}

/* The inverted R, X and B bits of VEX and EVEX, as the top of a byte. */
static u8 inverted_rxb(const Fields *f)
{
    u8 r = f->reg >> 3 & 1, x = 0, b = 0;
    if (f->mem) {
        x = f->mem->index != X64_NO_REG && f->mem->index & 8;
        b = f->mem->base != X64_NO_REG && f->mem->base & 8;
    } else {
        x = f->rm >> 4 & 1; /* EVEX only: registers 16 and up */
        b = f->rm >> 3 & 1;
    }
    return (u8)((!r) << 7 | (!x) << 6 | (!b) << 5);
}

static u8 *put_vex(u8 *out, const Fields *f)
{
    u8 rxb = inverted_rxb(f), l = f->enc->form & FORM_L1 ? 4 : 0;
    u8 last = (u8)((~f->vvv & 15) << 3 | l | f->prefix);
    if (f->enc->map == 1 && !f->w && (rxb & 0x60) == 0x60) {
        *out++ = 0xc5;
        *out++ = (rxb & 0x80) | last;
        return out;
    }
    *out++ = 0xc4;
    *out++ = rxb | f->enc->map;
    *out++ = (u8)(f->w << 7) | last;
    return out;
}

static u8 *put_evex(u8 *out, const Fields *f)
{
    u8 l = f->enc->form & FORM_L2 ? 2 : f->enc->form & FORM_L1 ? 1 : 0;
    *out++ = 0x62;
    *out++ = inverted_rxb(f) | (u8)(!(f->reg >> 4 & 1) << 4) | f->enc->map;
    *out++ = (u8)(f->w << 7 | (~f->vvv & 15) << 3 | 4 | f->prefix);
    *out++ = (u8)(l << 5 | !(f->vvv >> 4 & 1) << 3);
    return out;
}

/* ---- operands ---- */

/* The same address in the form with the fewest bytes. */
static void shorten_address(X64Mem *m)
{
    if (m->base == X64_NO_REG && m->index != X64_NO_REG && m->scale <= 1) {
        m->base = m->index;
        if (m->scale == 0)
            m->index = X64_NO_REG;
        m->scale = 0;
    }
    /* rbp and r13 as base always take a displacement; as index they do not. */
    if (m->disp == 0 && m->index != X64_NO_REG && m->scale == 0 && m->base != X64_NO_REG &&
        (m->base & 7) == 5 && (m->index & 7) != 5) {
        u8 base = m->base;
        m->base = m->index;
        m->index = base;
    }
}

static u8 *put_mem(u8 *out, u8 reg, X64Mem *m, bool disp8_is_scaled)
{
    reg = (u8)((reg & 7) << 3);
    if (m->rip) {
        *out++ = reg | 5;
        m->rip_at = out;
        store_u32(out, (u32)m->disp);
        return out + 4;
    }
    u8 index = m->index == X64_NO_REG ? 4 : m->index;
    check(m->index != X64_RSP);
    if (m->base == X64_NO_REG) {
        *out++ = reg | 4;
        *out++ = (u8)(m->scale << 6 | (index & 7) << 3 | 5);
        store_u32(out, (u32)m->disp);
        return out + 4;
    }
    u8 base = m->base & 7;
    u8 mod = m->disp == 0 ? base == 5 ? 1 : 0 : fits_i8(m->disp) && !disp8_is_scaled ? 1 : 2;
    if (m->index != X64_NO_REG || base == 4) {
        *out++ = (u8)(mod << 6 | reg | 4);
        *out++ = (u8)(m->scale << 6 | (index & 7) << 3 | base);
    } else {
        *out++ = (u8)(mod << 6 | reg | base);
    }
    if (mod == 1)
        *out++ = (u8)m->disp;
    if (mod == 2) {
        store_u32(out, (u32)m->disp);
        out += 4;
    }
    return out;
}

/* The immediate at its width, sign-extended. */
static i64 signed_imm(u64 imm, u8 width)
{
    switch (width) {
    case 1: return (i8)imm;
    case 2: return (i16)imm;
    case 4: return (i32)imm;
    default: return (i64)imm;
    }
}

static u8 *put_sized(u8 *out, u64 imm, u32 bytes)
{
    memcpy(out, &imm, bytes);
    return out + bytes;
}

static u8 *put_imm(u8 *out, const Fields *f, const MInst *inst, u8 is4)
{
    u8 width = f->width;
    switch (f->enc->imm) {
    case IMM_NONE: return out;
    case IMM_8: return put_sized(out, inst->imm, 1);
    case IMM_16: return put_sized(out, inst->imm, 2);
    case IMM_32: return put_sized(out, inst->imm, 4);
    case IMM_64: return put_sized(out, inst->imm, 8);
    case IMM_WIDTH:
        dassert(width != 8 || fits_i32((i64)inst->imm));
        return put_sized(out, inst->imm, MIN(width, 4));
    case IMM_SHORT:
        dassert(width != 8 || fits_i32((i64)inst->imm));
        return put_sized(out, inst->imm, fits_i8(signed_imm(inst->imm, width)) ? 1 : MIN(width, 4));
    case IMM_SHIFT: return inst->imm == 1 ? out : put_sized(out, inst->imm, 1);
    case IMM_CC: return put_sized(out, inst->cc, 1);
    case IMM_CONST: return put_sized(out, f->enc->constant, 1);
    case IMM_REG: return put_sized(out, (u64)is4 << 4, 1);
    default: UNREACHABLE(); return out;
    }
}

/* The opcode as operand sizes, condition and immediate change it. */
static u8 final_opcode(const X64Enc *enc, const MInst *inst)
{
    u8 op = enc->opcode;
    if (enc->flags & ENC_BYTE && inst->width == 1)
        op--;
    if (enc->flags & ENC_PLUS8 && inst->width == 8)
        op++;
    if (enc->flags & ENC_CC)
        op = (u8)(op + inst->cc);
    if (enc->imm == IMM_SHORT && inst->width != 1 && fits_i8(signed_imm(inst->imm, inst->width)))
        op |= 2;
    if (enc->imm == IMM_SHIFT && inst->imm == 1)
        op |= 0x10;
    return op;
}

static void find_registers(Fields *f, const RaOpnd *opnds, u32 n)
{
    const X64Enc *enc = f->enc;
    f->reg = enc->reg == PLACE_NONE  ? 0
             : enc->reg >= PLACE_DIGIT ? (u8)(enc->reg - PLACE_DIGIT)
                                       : place_reg(enc->reg, opnds, n);
    f->has_modrm = enc->rm != PLACE_NONE;
    f->rm = enc->rm == PLACE_NONE || enc->rm == PLACE_MEM ? 0 : place_reg(enc->rm, opnds, n);
    f->vvv = enc->vvv == PLACE_NONE ? 0 : place_reg(enc->vvv, opnds, n);
    if (enc->flags & ENC_OPC_REG)
        f->rm = place_reg(enc->opc, opnds, n);
    bool is_byte = enc->flags & ENC_BYTE && f->width == 1;
    bool reg8 = enc->reg < PLACE_DIGIT && (is_byte || enc->flags & ENC_REG8);
    bool rm8 = enc->rm < PLACE_DIGIT && (is_byte || enc->flags & ENC_RM8);
    f->byte_rex = (reg8 && f->reg >= 4) || (rm8 && f->rm >= 4);
}

static u8 *put_one(u8 *out, const X64Enc *enc, const MInst *inst, const RaOpnd *opnds, u32 n,
                   X64Mem *mem, bool has_avx)
{
    Fields f = {.enc = enc, .width = inst->width};
    find_registers(&f, opnds, n);
    f.prefix = prefix_of(enc, inst->width);
    f.w = enc->flags & ENC_W1 || (enc->flags & ENC_W && inst->width == 8);
    f.o16 = enc->flags & ENC_O16 && inst->width == 2;
    f.mem = enc->rm == PLACE_MEM ? mem : NULL;
    dassert(enc->rm != PLACE_MEM || mem);
    if (f.mem) {
        f.mem->inst_at = out;
        shorten_address(f.mem);
        if (f.mem->gs)
            *out++ = 0x65;
        if (f.mem->addr32)
            *out++ = 0x67;
    }
    if (enc->form & FORM_VEX || (has_avx && enc->flags & ENC_AVX))
        out = put_vex(out, &f);
    else if (enc->form & FORM_EVEX)
        out = put_evex(out, &f);
    else
        out = put_legacy_prefixes(out, &f);
    u8 opcode = final_opcode(enc, inst);
    *out++ = enc->flags & ENC_OPC_REG ? opcode + (f.rm & 7) : opcode;
    if (f.mem)
        out = put_mem(out, f.reg, f.mem, enc->form & FORM_EVEX);
    else if (f.has_modrm)
        *out++ = (u8)(0xc0 | (f.reg & 7) << 3 | (f.rm & 7));
    u8 is4 = enc->is4 == PLACE_NONE ? 0 : place_reg(enc->is4, opnds, n);
    return put_imm(out, &f, inst, is4);
}

u8 *x64_encode(u8 *out, const MInst *inst, const RaOpnd *opnds, u32 nopnds, X64Mem *mem,
               bool has_avx)
{
    const MRow *row = &x64_rows[inst->op];
    check(row->emit == EMIT_ENC && row->nencs);
    for (u32 i = 0; i < row->nencs; i++)
        out = put_one(out, &x64_encs[row->enc_at + i], inst, opnds, nopnds, mem,
                      has_avx);
    return out;
}

/* ---- by hand ---- */

u8 *x64_put(u8 *out, X64Hand h)
{
    MInst inst = {.op = h.op, .width = h.width, .cc = h.cc, .imm = h.imm};
    RaOpnd opnds[4];
    for (u32 i = 0; i < h.nregs; i++)
        opnds[i] = (RaOpnd){.loc = h.regs[i]};
    return x64_encode(out, &inst, opnds, h.nregs, h.mem, h.has_avx);
}

u8 *x64_put_const(u8 *out, u8 reg, u64 value)
{
    u8 rex_b = reg >> 3 & 1, low = reg & 7;
    if (value <= UINT32_MAX) {
        if (rex_b)
            *out++ = 0x41;
        *out++ = 0xb8 | low;
        return put_sized(out, value, 4);
    }
    *out++ = 0x48 | rex_b;
    if (fits_i32((i64)value)) {
        *out++ = 0xc7;
        *out++ = 0xc0 | low;
        return put_sized(out, value, 4);
    }
    *out++ = 0xb8 | low;
    return put_sized(out, value, 8);
}

u8 *x64_put_nops(u8 *out, u32 n)
{
    /* The recommended multi-byte forms: 0f 1f with a growing address. */
    static const char forms[9][10] = {
        "\x90", "\x66\x90", "\x0f\x1f\x00", "\x0f\x1f\x40\x00", "\x0f\x1f\x44\x00\x00",
        "\x66\x0f\x1f\x44\x00\x00", "\x0f\x1f\x80\x00\x00\x00\x00",
        "\x0f\x1f\x84\x00\x00\x00\x00\x00", "\x66\x0f\x1f\x84\x00\x00\x00\x00\x00",
    };
    while (n) {
        u32 len = MIN(n, 9u);
        memcpy(out, forms[len - 1], len);
        out += len;
        n -= len;
    }
    return out;
}
