/* Machine functions as text, for dumps and golden tests: one instruction a line, results left of
 * the name, operands right of it. Before allocation registers are virtual (v7, or v7:rax where one
 * is demanded); after it they are places, and the allocator's edits stand between them. */
#include "mach/emit.h"

#include <inttypes.h>

typedef struct Printer {
    const MFunc *f;
    StrBuf *out;
    u32 edit; /* next edit to print */
} Printer;

static void print_place(Printer *p, RaLoc loc, u8 width)
{
    if (RA_IS_REG(loc))
        p->f->target->reg_name(p->out, loc, width);
    else
        sb_printf(p->out, "slot%u", RA_SLOT_INDEX(loc));
}

static void print_opnd(Printer *p, const RaOpnd *o, u8 width)
{
    if (o->loc != RA_NONE) {
        print_place(p, o->loc, width);
        return;
    }
    sb_printf(p->out, "v%u", o->vreg);
    if (o->fixed != RA_ANY_REG) {
        sb_putc(p->out, ':');
        p->f->target->reg_name(p->out, o->fixed, width);
    }
}

static void print_disp(Printer *p, i64 disp, bool is_first)
{
    if (is_first)
        sb_printf(p->out, "%" PRId64, disp);
    else if (disp)
        sb_printf(p->out, " %c %" PRId64, disp < 0 ? '-' : '+', disp < 0 ? -disp : disp);
}

/* regs: the operands that belong to the address, base first. */
static void print_mem(Printer *p, const MInst *inst, const RaOpnd *regs)
{
    static const char *const areas[] = {"out", "in", "slot", "buf"};
    u8 width = inst->mem & M_ADDR32 ? 4 : 8;
    if (inst->mem & M_LITERAL) {
        const MLiteral *l = &p->f->literals.at[inst->disp];
        sb_printf(p->out, "[0x%" PRIx64, l->lo);
        if (l->size == 16)
            sb_printf(p->out, ", 0x%" PRIx64, l->hi);
        sb_putc(p->out, ']');
        return;
    }
    sb_puts(p->out, inst->mem & M_GS ? "gs:[" : "[");
    bool is_first = true;
    if (inst->mem & (M_CTX | M_FRAME)) {
        sb_puts(p->out, inst->mem & M_CTX ? "ctx" : areas[inst->area]);
        is_first = false;
    }
    if (inst->mem & M_BASE) {
        print_opnd(p, regs++, width);
        is_first = false;
    }
    if (inst->mem & M_INDEX) {
        sb_puts(p->out, is_first ? "" : " + ");
        print_opnd(p, regs, width);
        if (inst->scale)
            sb_printf(p->out, "*%u", 1u << inst->scale);
        is_first = false;
    }
    print_disp(p, inst->disp, is_first);
    sb_putc(p->out, ']');
}

/* Does the instruction's row have an immediate? Calls and traps keep their number there. */
static bool has_imm(const Printer *p, const MInst *inst)
{
    const MEmitOps *emit = p->f->target->emit;
    const MRow *row = &emit->rows[inst->op];
    for (u32 i = 0; i < row->nargs; i++) {
        u8 kind = emit->args[row->arg_at + i].kind;
        if (kind != M_ARG_REG && kind != M_ARG_MEM && kind != M_ARG_CC && kind != M_ARG_BLOCK)
            return true;
    }
    return false;
}

static void print_imm(Printer *p, const MInst *inst, bool comma)
{
    if (!has_imm(p, inst))
        return;
    i64 value = (i64)inst->imm;
    sb_puts(p->out, comma ? ", " : " ");
    sb_printf(p->out, value > -4096 && value < 4096 ? "#%" PRId64 : "#0x%" PRIx64, value);
}

static void print_inst(Printer *p, u32 i)
{
    const MInst *inst = &p->f->insts.at[i];
    const RaInst *ri = &p->f->ra.insts[i];
    const RaOpnd *o = p->f->ra.opnds + ri->opnd;
    u32 nuses = 0, nregs = !!(inst->mem & M_BASE) + !!(inst->mem & M_INDEX);
    while (nuses < ri->nopnds && o[nuses].role <= RA_USE_LATE)
        nuses++;
    bool comma = false;
    sb_puts(p->out, "    ");
    for (u32 k = nuses; k < ri->nopnds; k++) {
        sb_puts(p->out, comma ? ", " : "");
        print_opnd(p, &o[k], inst->width);
        sb_puts(p->out, o[k].role == RA_TEMP ? "?" : "");
        comma = true;
    }
    sb_printf(p->out, "%s%s", comma ? " = " : "", p->f->target->op_name(inst->op));
    if (inst->width)
        sb_printf(p->out, ".%u", inst->width);
    if (inst->cc)
        sb_printf(p->out, "/%u", inst->cc);
    comma = false;
    for (u32 k = 0; k < nuses - nregs; k++) {
        sb_puts(p->out, comma ? ", " : " ");
        print_opnd(p, &o[k], inst->width);
        comma = true;
    }
    if (inst->mem & M_MEM) {
        sb_puts(p->out, comma ? ", " : " ");
        print_mem(p, inst, o + (nuses - nregs));
        comma = true;
    }
    print_imm(p, inst, comma);
    if (ri->clobber)
        sb_puts(p->out, " clobbers");
    if (inst->lands)
        sb_puts(p->out, " lands");
    sb_putc(p->out, '\n');
}

static void print_edit(Printer *p, const RaEdit *e)
{
    sb_puts(p->out, "    ");
    switch (e->kind) {
    case RA_MOVE:
        print_place(p, e->to, 8);
        sb_puts(p->out, " <- ");
        print_place(p, e->from, 8);
        break;
    case RA_SWAP:
        print_place(p, e->to, 8);
        sb_puts(p->out, " <-> ");
        print_place(p, e->from, 8);
        break;
    default:
        print_place(p, e->to, 8);
        sb_printf(p->out, " <- again v%u", e->vreg);
        break;
    }
    sb_putc(p->out, '\n');
}

static void print_phis(Printer *p, const RaBlock *b)
{
    const RaFunc *ra = &p->f->ra;
    for (u32 i = 0; i < b->nphis; i++) {
        const RaPhi *phi = &ra->phis[b->phi_at + i];
        sb_printf(p->out, "    v%u = phi", phi->def);
        for (u32 k = 0; k < b->npred; k++)
            sb_printf(p->out, "%s v%u", k ? "," : "", ra->phi_inputs[phi->input + k]);
        sb_putc(p->out, '\n');
    }
}

static void print_block(Printer *p, u32 n)
{
    const RaFunc *ra = &p->f->ra;
    const RaBlock *b = &ra->blocks[n];
    sb_printf(p->out, "b%u:", n);
    for (u32 k = 0; k < b->nsucc; k++)
        sb_printf(p->out, "%s b%u", k ? "," : " to", ra->edges[b->succ_at + k]);
    if (b->loop_header != UINT32_MAX)
        sb_printf(p->out, "  ; loop b%u depth %u", b->loop_header, b->loop_depth);
    else if (!b->freq_log2)
        sb_puts(p->out, "  ; cold");
    sb_putc(p->out, '\n');
    print_phis(p, b);
    for (u32 i = b->first; i < b->end; i++) {
        for (; p->edit < ra->edits.len && ra->edits.at[p->edit].at <= i; p->edit++)
            print_edit(p, &ra->edits.at[p->edit]);
        print_inst(p, i);
    }
}

void mach_print(const MFunc *f, StrBuf *out)
{
    Printer p = {.f = f, .out = out};
    sb_printf(out, "func %u\n", f->ir->index);
    for (u32 b = 0; b < f->ra.nblocks; b++)
        print_block(&p, b);
}
