#include "mach/emit.h"

/* Padding in front of an aligned loop header is at most one less than this. */
#define LOOP_ALIGN 32u

/* ---- recording ---- */

u8 *mach_room(MEmit *e, u32 n)
{
    vec_reserve(e->arena, &e->bytes, n);
    return e->bytes.at + e->bytes.len;
}

u32 mach_new_label(MEmit *e)
{
    vec_push(e->arena, &e->labels, M_UNBOUND);
    return e->labels.len - 1;
}

void mach_bind(MEmit *e, u32 label)
{
    check(e->labels.at[label] == M_UNBOUND);
    e->labels.at[label] = e->bytes.len;
    e->flags_at = M_UNBOUND;
    vec_push(e->arena, &e->bound, label);
}

static void add_site(MEmit *e, MSite site)
{
    site.at = e->bytes.len;
    vec_push(e->arena, &e->sites, site);
    mach_wrote(e, mach_room(e, site.size) + site.size);
}

void mach_branch(MEmit *e, u8 cc, u32 label)
{
    u8 size = cc == M_ALWAYS ? e->ops->jump_bytes : e->ops->branch_bytes;
    add_site(e, (MSite){.kind = M_SITE_BRANCH, .cc = cc, .label = label, .size = size});
}

u32 mach_succ_label(const MEmit *e, u32 succ)
{
    const RaFunc *ra = &e->f->ra;
    const RaBlock *b = &ra->blocks[e->block];
    check(succ < b->nsucc);
    return e->forward[ra->edges[b->succ_at + succ]];
}

bool mach_falls_to(const MEmit *e, u32 label)
{
    return e->next != UINT32_MAX && label == e->next;
}

u32 mach_add_stub(MEmit *e, MStub stub)
{
    stub.inst = e->inst;
    stub.label = mach_new_label(e);
    vec_push(e->arena, &e->stubs, stub);
    return stub.label;
}

u32 mach_trap_label(MEmit *e, u32 trap, u32 src)
{
    /* One operator's checks stand close together: a short look back finds their common stub. */
    for (u32 i = e->stubs.len, n = 0; i-- > 0 && n < 8; n++) {
        const MStub *s = &e->stubs.at[i];
        if (s->kind == M_STUB_TRAP && s->number == trap && s->src == src)
            return s->label;
    }
    return mach_add_stub(e, (MStub){.kind = M_STUB_TRAP, .number = trap, .src = src});
}

void mach_loc_at(MEmit *e, u32 src, const u8 *at)
{
    if (src)
        vec_push(e->arena, &e->out->locs,
                 (MLoc){.code_off = (u32)(at - e->bytes.at), .src = src});
}

void mach_loc(MEmit *e, u32 src) { mach_loc_at(e, src, e->bytes.at + e->bytes.len); }

/* The first of the references that live in slots across an instruction, or behind it. */
static u32 first_stack_ref(const RaFunc *ra, u32 inst)
{
    u32 low = 0, high = ra->stack_refs.len;
    while (low < high) {
        u32 mid = low + (high - low) / 2;
        if (ra->stack_refs.at[mid].at < inst)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

void mach_call_loc(MEmit *e, u32 src)
{
    const RaFunc *ra = &e->f->ra;
    u32 at = e->bytes.len - 1;
    mach_loc_at(e, src, e->bytes.at + at);
    for (u32 i = first_stack_ref(ra, e->inst);
         i < ra->stack_refs.len && ra->stack_refs.at[i].at == e->inst; i++) {
        i32 off = mach_frame_offset(e, M_AREA_SLOT, (i32)ra->stack_refs.at[i].slot * 8);
        vec_push(e->arena, &e->out->refs, (MRefSlot){at, e->frame.size - (u32)off});
    }
}

void mach_row(MEmit *e, u32 ret_offset)
{
    MCode *c = e->out;
    if (c->rows.len && vec_last(&c->rows).code_off == e->bytes.len)
        c->rows.len--; /* held for no instruction */
    vec_push(e->arena, &e->out->rows,
             (MFrameRow){.code_off = e->bytes.len, .ret_offset = ret_offset});
}

void mach_pad(MEmit *e, u32 label)
{
    vec_push(e->arena, &e->out->pads, (MPad){.code_off = e->bytes.len, .pad_off = label});
}

void mach_reloc(MEmit *e, u32 func)
{
    vec_push(e->arena, &e->out->relocs, (MReloc){.code_off = e->bytes.len - 4, .func = func});
}

void mach_fixup(MEmit *e, const u8 *at, bool is_table, u32 index)
{
    vec_push(e->arena, &e->fixups,
             (MFixup){.at = (u32)(at - e->bytes.at), .end = e->bytes.len, .index = index,
                      .is_table = is_table});
}

/* ---- the frame ---- */

static u32 count_bits(u64 set) { return (u32)__builtin_popcountll(set); }

/* Calls that are no call in the IR: polls. Tail calls leave the frame first and do not count. */
static bool contains_call(const MEmit *e)
{
    const MFunc *f = e->f;
    for (u32 i = 0; i < f->ra.ninsts; i++) {
        u8 effect = e->ops->rows[f->insts.at[i].op].effect;
        if ((effect & (M_EFFECT_CALL | M_EFFECT_BRANCH)) == M_EFFECT_CALL)
            return true;
    }
    return false;
}

/* From the stack pointer up: outgoing arguments, spill slots, buffers, saved registers, return
 * address. A leaf's areas may lie below the stack pointer, where nobody else writes: signal
 * handlers leave 128 bytes there alone. */
#define RED_ZONE 128u
static void plan_frame(MEmit *e)
{
    const MFunc *f = e->f;
    const MIsaOptions *o = f->options;
    MFrame *fr = &e->frame;
    fr->saved = f->ra.used & f->ra.env->callee_saved;
    fr->nsaved = count_bits(fr->saved) + o->frame_pointer;
    u32 out = ALIGN_UP(f->out_bytes, 8u), slots = f->ra.nslots * 8;
    u32 bytes = out + slots + ALIGN_UP(f->buf_bytes, 8u);
    u32 pushed = 8 + 8 * fr->nsaved; /* the return address, too */
    bool has_calls = f->has_calls || contains_call(e);
    bool link = e->ops->has_link_register;
    bool calls = has_calls || !o->signal_traps || link; /* RAISE is a call */
    if (link && !has_calls && bytes + fr->nsaved == 0)
        return; /* nothing to keep: no frame, and the return address stays in its register */
    fr->return_bytes = 8;
    if (calls)
        bytes = ALIGN_UP(bytes + pushed, 16u) - pushed;
    bool red = !calls && out == 0 && bytes <= RED_ZONE;
    fr->sub_bytes = red ? 0 : bytes;
    fr->slots = (i32)out - (red ? (i32)bytes : 0);
    fr->bufs = fr->slots + (i32)slots;
    fr->size = fr->sub_bytes + 8 * fr->nsaved;
    bool small = !has_calls && bytes + pushed <= VM_SMALL_FRAME;
    fr->checks_stack = !small && (o->stack_check || bytes + pushed > VM_STACK_RESERVE / 2);
}

i32 mach_frame_offset(const MEmit *e, u8 area, i32 disp)
{
    switch (area) {
    case M_AREA_OUT: return disp;
    case M_AREA_IN: return (i32)(e->frame.size + e->frame.return_bytes) + disp;
    case M_AREA_SLOT: return e->frame.slots + disp;
    case M_AREA_BUF: return e->frame.bufs + disp;
    default: UNREACHABLE(); return 0;
    }
}

/* ---- debug check ---- */

#ifdef STINT_DEBUG
/* What the operand itself asks for. */
static void check_place(const RaOpnd *o, const RaOpnd *all)
{
    check(RA_IS_REG(o->loc) || (o->flags & RA_SLOT_OK && RA_IS_SLOT(o->loc)));
    check(o->fixed == RA_ANY_REG || o->loc == o->fixed);
    check(o->tied == RA_UNTIED || o->loc == all[o->tied].loc);
}

/* What its row asks for. */
static void check_operand(const MArg *arg, const RaOpnd *o, const RaOpnd *all, bool is_free)
{
    check(RA_IS_SLOT(o->loc) ? (arg->flags & RA_SLOT_OK) != 0
                             : RA_REG_CLASS(o->loc) == (RaClass)arg->class);
    check(arg->fixed == RA_ANY_REG || o->loc == arg->fixed);
    check(is_free || arg->tied == RA_UNTIED || o->loc == all[arg->tied].loc);
    check(arg->role == o->role || (arg->role == RA_USE && o->role == RA_USE_LATE));
}

/* Every register an instruction names is one its row allows. Calls and their like have more
 * operands than their row says. */
static void check_operands(const MEmit *e, const MInst *inst, const RaOpnd *opnds, u32 n)
{
    const MRow *row = &e->ops->rows[inst->op];
    for (u32 i = 0; i < n; i++)
        check_place(&opnds[i], opnds);
    check(row->widths == 0 || row->widths & inst->width);
    if (row->emit != EMIT_ENC && row->ntemps + row->ndefs == 0)
        return;
    u32 mem = row->has_mem ? (inst->mem & M_BASE ? 1u : 0u) + (inst->mem & M_INDEX ? 1u : 0u) : 0;
    check(row->has_mem == ((inst->mem & M_MEM) != 0));
    check(n == (u32)row->nuses + mem + row->ntemps + row->ndefs);
    u32 at = 0;
    for (u32 i = 0; i < row->nargs; i++) {
        const MArg *arg = &e->ops->args[row->arg_at + i];
        if (arg->kind == M_ARG_MEM) {
            for (u32 k = 0; k < mem; k++, at++)
                check(RA_IS_REG(opnds[at].loc) && RA_REG_CLASS(opnds[at].loc) == RA_GPR);
        } else if (arg->kind == M_ARG_REG) {
            check_operand(arg, &opnds[at], opnds, mach_row_is_free(row, e->f->options));
            at++;
        }
    }
}
#endif

/* ---- instructions ---- */

#define MAX_FOLD_OPNDS 8

/* Emits an instruction, with a use in a spill slot read from there. */
static void emit_inst(MEmit *e, u32 i)
{
    const RaInst *ri = &e->f->ra.insts[i];
    const RaOpnd *opnds = e->f->ra.opnds + ri->opnd;
    const MInst *inst = &e->f->insts.at[i];
    const MRow *row = &e->ops->rows[inst->op];
    e->inst = i;
#ifdef STINT_DEBUG
    check_operands(e, inst, opnds, ri->nopnds);
#endif
    if (ri->is_move && opnds[0].loc == opnds[1].loc)
        return;
    if (row->fold_use == M_NO_FOLD || !RA_IS_SLOT(opnds[row->fold_use].loc)) {
        e->ops->inst(e, inst, opnds, ri->nopnds);
        return;
    }
    check(ri->nopnds <= MAX_FOLD_OPNDS);
    RaOpnd rest[MAX_FOLD_OPNDS];
    MInst folded = *inst;
    folded.op = row->fold_op;
    folded.mem = M_MEM | M_FRAME;
    folded.area = M_AREA_SLOT;
    folded.disp = (i32)RA_SLOT_INDEX(opnds[row->fold_use].loc) * 8;
    u32 n = 0;
    for (u32 k = 0; k < ri->nopnds; k++)
        if (k != row->fold_use)
            rest[n++] = opnds[k];
    e->ops->inst(e, &folded, rest, n);
}

/* How much of a register a value fills: nodes have the register of their number. */
static u8 value_bytes(const MFunc *f, u32 vreg)
{
    if (f->ra.vregs[vreg].flags & RA_WIDE)
        return 16;
    if (vreg >= f->ir->nodes.len)
        return 8;
    u8 type = f->ir->nodes.at[vreg].type;
    return type == IR_I32 || type == IR_GCREF ? 4 : 8;
}

static void emit_edit(MEmit *e, const RaEdit *edit)
{
    const MFunc *f = e->f;
    switch ((RaEditKind)edit->kind) {
    case RA_MOVE:
        if (edit->from != edit->to)
            e->ops->move(e, edit->from, edit->to, value_bytes(f, edit->vreg));
        break;
    case RA_SWAP: e->ops->swap(e, edit->from, edit->to); break;
    case RA_REMATERIALIZE:
        e->ops->remat(e, &f->remats.at[f->remat_of[edit->vreg]], edit->to);
        break;
    }
}

/* A short block that ends in a branch table, or a short one that goes on to such: the dispatch of
 * an interpreter. */
#define MAX_DISPATCH_INSTS 14

static bool is_dispatch(const MEmit *e, u32 block)
{
    const RaFunc *ra = &e->f->ra;
    const RaBlock *b = &ra->blocks[block];
    if (b->end - b->first > MAX_DISPATCH_INSTS)
        return false;
    if (b->nsucc == 1)
        b = &ra->blocks[e->forward[ra->edges[b->succ_at]]];
    return b->nsucc > 2 && b->end - b->first <= MAX_DISPATCH_INSTS;
}

static void emit_insts(MEmit *e, u32 block)
{
    const RaFunc *ra = &e->f->ra;
    const RaBlock *b = &ra->blocks[block];
    u32 edit = mach_first_edit(ra, b->first);
    e->block = block;
    for (u32 i = b->first; i < b->end; i++) {
        e->inst = i;
        for (; edit < ra->edits.len && ra->edits.at[edit].at == i; edit++)
            emit_edit(e, &ra->edits.at[edit]);
        /* A jump to a dispatch becomes a dispatch of its own: the branch predictor then sees which
         * operator came before. Registers are as the block expects them on every edge to it. */
        bool is_jump = b->nsucc == 1 && i + 1 == b->end;
        u32 to = is_jump ? e->forward[ra->edges[b->succ_at]] : block;
        if (to != block && !mach_is_cold(e->f, block) && is_dispatch(e, to) &&
            !mach_falls_to(e, to)) {
            emit_insts(e, to);
            return;
        }
        emit_inst(e, i);
    }
}

static void emit_block(MEmit *e, u32 block, bool align)
{
    if (align)
        add_site(e, (MSite){.kind = M_SITE_ALIGN, .size = 1});
    mach_bind(e, block);
    emit_insts(e, block);
}

bool mach_flags_dead(const MEmit *e, u32 i)
{
    u32 end = e->f->ra.blocks[e->block].end;
    for (u32 n = 0; i < end; i++, n++) {
        u8 flags = e->ops->rows[e->f->insts.at[i].op].flags;
        if (flags & M_FLAGS_READ || n == 16)
            return false;
        if (flags & M_FLAGS_WRITE)
            return true;
    }
    return true;
}

/* ---- final placement ---- */

static u32 placeholder_bytes(const MEmit *e, const MSite *site)
{
    return site->kind == M_SITE_ALIGN ? 1
           : site->cc == M_ALWAYS     ? e->ops->jump_bytes
                                      : e->ops->branch_bytes;
}

/* Positions of sites and labels when sites have their present sizes; aligned places count as the
 * most they can take, which keeps every distance an upper bound. */
static void estimate(const MEmit *e, u32 *site_pos, u32 *label_pos)
{
    u32 s = 0;
    i64 shift = 0;
    for (u32 k = 0; k <= e->bound.len; k++) {
        u32 off = k < e->bound.len ? e->labels.at[e->bound.at[k]] : UINT32_MAX;
        for (; s < e->sites.len && e->sites.at[s].at < off; s++) {
            const MSite *site = &e->sites.at[s];
            site_pos[s] = (u32)(site->at + shift);
            u32 size = site->kind == M_SITE_ALIGN ? LOOP_ALIGN - 1 : site->size;
            shift += (i64)size - placeholder_bytes(e, site);
        }
        if (k < e->bound.len)
            label_pos[e->bound.at[k]] = (u32)(off + shift);
    }
}

static void shrink_branches(MEmit *e, u32 *site_pos, u32 *label_pos)
{
    for (u32 round = 0; round < 3; round++) {
        bool changed = false;
        estimate(e, site_pos, label_pos);
        for (u32 s = 0; s < e->sites.len; s++) {
            MSite *site = &e->sites.at[s];
            if (site->kind != M_SITE_BRANCH)
                continue;
            i64 distance = (i64)label_pos[site->label] - (i64)(site_pos[s] + site->size);
            u8 size = e->ops->branch_size(site, distance);
            changed |= size < site->size;
            site->size = MIN(size, site->size);
        }
        if (!changed)
            return;
    }
}

/* The map from offsets in e->bytes to offsets in the final code, asked in rising order. */
typedef struct Mapper {
    const MEmit *e;
    const u32 *site_end; /* final offset behind each site */
    u32 next;            /* first site not yet passed */
} Mapper;

static u32 map_offset(Mapper *m, u32 base, u32 off)
{
    const MEmit *e = m->e;
    while (m->next < e->sites.len && e->sites.at[m->next].at < off)
        m->next++;
    if (m->next == 0)
        return base + off;
    const MSite *before = &e->sites.at[m->next - 1];
    return m->site_end[m->next - 1] + (off - before->at - placeholder_bytes(e, before));
}

/* Final sizes of sites: padding is now exact. Fills site_end; the code's length is returned. */
static u32 size_sites(MEmit *e, u32 base, u32 *site_end)
{
    u32 src = 0, dst = base;
    for (u32 s = 0; s < e->sites.len; s++) {
        MSite *site = &e->sites.at[s];
        dst += site->at - src;
        src = site->at + placeholder_bytes(e, site);
        if (site->kind == M_SITE_ALIGN)
            site->size = (u8)(ALIGN_UP(dst - base, LOOP_ALIGN) - (dst - base));
        dst += site->size;
        site_end[s] = dst;
    }
    return dst + (e->bytes.len - src);
}

static void map_records(MEmit *e, u32 base, const u32 *site_end, u32 *label_pos)
{
    MCode *c = e->out;
    Mapper m = {.e = e, .site_end = site_end};
    for (u32 k = 0; k < e->bound.len; k++)
        label_pos[e->bound.at[k]] = map_offset(&m, base, e->labels.at[e->bound.at[k]]);
    m.next = 0;
    for (u32 k = 0; k < c->relocs.len; k++)
        c->relocs.at[k].code_off = map_offset(&m, base, c->relocs.at[k].code_off);
    m.next = 0;
    for (u32 k = 0; k < c->rows.len; k++)
        c->rows.at[k].code_off = map_offset(&m, base, c->rows.at[k].code_off);
    m.next = 0;
    for (u32 k = 0; k < c->locs.len; k++)
        c->locs.at[k].code_off = map_offset(&m, base, c->locs.at[k].code_off);
    m.next = 0;
    for (u32 k = 0; k < c->refs.len; k++)
        c->refs.at[k].code_off = map_offset(&m, base, c->refs.at[k].code_off);
    m.next = 0;
    for (u32 k = 0; k < c->pads.len; k++) {
        c->pads.at[k].code_off = map_offset(&m, base, c->pads.at[k].code_off);
        c->pads.at[k].pad_off = label_pos[c->pads.at[k].pad_off]; /* a label so far */
    }
    m.next = 0;
    for (u32 k = 0; k < e->fixups.len; k++) {
        MFixup *fix = &e->fixups.at[k];
        u32 behind = fix->end - fix->at; /* no site lies within an instruction */
        fix->at = map_offset(&m, base, fix->at);
        fix->end = fix->at + behind;
    }
}

static void copy_code(MEmit *e, u8 *out, u32 base, const u32 *site_end, const u32 *label_pos)
{
    u32 src = 0, dst = base;
    for (u32 s = 0; s < e->sites.len; s++) {
        const MSite *site = &e->sites.at[s];
        memcpy(out + dst, e->bytes.at + src, site->at - src);
        dst = site_end[s] - site->size;
        src = site->at + placeholder_bytes(e, site);
        if (site->kind == M_SITE_ALIGN)
            e->ops->put_nops(out + dst, site->size);
        else
            e->ops->put_branch(out + dst, site, (i64)label_pos[site->label] - (i64)site_end[s]);
        dst = site_end[s];
    }
    if (e->bytes.len > src)
        memcpy(out + dst, e->bytes.at + src, e->bytes.len - src);
}

/* Literals by falling alignment, then tables, behind the code. Offsets count from the entry, which
 * the caller aligns. */
static u32 place_data(const MEmit *e, u32 base, u32 at, u32 *literal_at, u32 *table_at)
{
    const MFunc *f = e->f;
    for (u32 size = 16; size >= 4; size /= 2) {
        for (u32 k = 0; k < f->literals.len; k++) {
            if (f->literals.at[k].size != size)
                continue;
            at = ALIGN_UP(at - base, size) + base;
            literal_at[k] = at;
            at += size;
        }
    }
    for (u32 k = 0; k < f->jump_tables.len; k++) {
        at = ALIGN_UP(at - base, 4u) + base;
        table_at[k] = at;
        at += 4 * f->jump_tables.at[k].len;
    }
    return at;
}

static void write_data(const MEmit *e, u8 *out, const u32 *label_pos, const u32 *literal_at,
                       const u32 *table_at)
{
    const MFunc *f = e->f;
    for (u32 k = 0; k < f->literals.len; k++) {
        const MLiteral *lit = &f->literals.at[k];
        u8 raw[16];
        store_u64(raw, lit->lo);
        store_u64(raw + 8, lit->hi);
        memcpy(out + literal_at[k], raw, lit->size);
    }
    for (u32 k = 0; k < f->jump_tables.len; k++) {
        const MJumpTable *t = &f->jump_tables.at[k];
        for (u32 i = 0; i < t->len; i++) {
            u32 label = e->forward[f->jump_targets.at[t->first + i]];
            store_u32(out + table_at[k] + 4 * i, label_pos[label] - table_at[k]);
        }
    }
    for (u32 k = 0; k < e->fixups.len; k++) {
        const MFixup *fix = &e->fixups.at[k];
        u32 to = fix->is_table ? table_at[fix->index] : literal_at[fix->index];
        store_u32(out + fix->at, load_u32(out + fix->at) + to - fix->end);
    }
}

/* Gives every branch its size and writes the finished function. */
static void finish(MEmit *e)
{
    const MFunc *f = e->f;
    MCode *c = e->out;
    u32 base = c->entry_off;
    u32 *site_pos = arena_array_raw(e->arena, u32, e->sites.len + 1);
    u32 *label_pos = arena_array_raw(e->arena, u32, e->labels.len + 1);
    u32 *literal_at = arena_array_raw(e->arena, u32, f->literals.len + 1);
    u32 *table_at = arena_array_raw(e->arena, u32, f->jump_tables.len + 1);
    shrink_branches(e, site_pos, label_pos);
    u32 *site_end = site_pos;
    u32 code_end = size_sites(e, base, site_end);
    map_records(e, base, site_end, label_pos);
    u32 total = place_data(e, base, code_end, literal_at, table_at);
    c->code_end = code_end;
    vec_reserve(e->arena, &c->bytes, total);
    memset(c->bytes.at, 0, total);
    c->bytes.len = total;
    copy_code(e, c->bytes.at, base, site_end, label_pos);
    write_data(e, c->bytes.at, label_pos, literal_at, table_at);
    if (f->has_signature)
        store_u32(c->bytes.at + base - 4, f->signature);
}

void mach_emit(MFunc *f, MCode *code)
{
    const RaFunc *ra = &f->ra;
    MEmit e = {.f = f, .ops = f->target->emit, .arena = f->arena, .out = code, .next = UINT32_MAX,
               .flags_at = M_UNBOUND};
    check(code->bytes.len == 0);
    code->entry_off = f->has_signature ? 4 : 0;
    code->align = f->options->align_loops ? LOOP_ALIGN : 16;
    for (u32 b = 0; b < ra->nblocks; b++)
        mach_new_label(&e);
    e.overflow_label = mach_new_label(&e);
    MLayout layout = mach_plan_layout(&e);
    plan_frame(&e);
    vec_reserve(e.arena, &e.bytes, ra->ninsts * 6 + 64);
    e.ops->prologue(&e);
    for (u32 k = 0; k < layout.len; k++) {
        e.next = k + 1 < layout.len ? layout.order[k + 1] : UINT32_MAX;
        emit_block(&e, layout.order[k], layout.is_aligned[k]);
    }
    e.next = UINT32_MAX;
    for (u32 k = 0; k < e.stubs.len; k++) {
        MStub stub = e.stubs.at[k];
        e.inst = stub.kind == M_STUB_TRAP ? UINT32_MAX : stub.inst;
        mach_bind(&e, stub.label);
        e.ops->stub(&e, &stub);
    }
    e.inst = UINT32_MAX;
    if (e.frame.checks_stack) {
        mach_bind(&e, e.overflow_label);
        mach_row(&e, 0);
        e.ops->overflow_stub(&e);
    }
    if (vec_last(&code->rows).code_off == e.bytes.len)
        code->rows.len--;
    finish(&e);
}
