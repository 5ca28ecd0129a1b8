/* The compiler on one screen: comp_function(). The order is that of passes.def. */
#include "comp/comp_int.h"

#include "opt/fold.h"
#include "opt/opt.h"

static bool wants_dump(const Worker *w, CompPass pass, u32 func)
{
    const CompDump *dump = w->options->dump;
    return dump && dump->passes >> pass & 1 && (dump->func == UINT32_MAX || dump->func == func);
}

static void write_dump(Worker *w, const char *pass, u32 func)
{
    const CompDump *dump = w->options->dump;
    dump->write(dump->ctx, pass, func, sb_str(&w->text), w->text.len);
    w->text.len = 0;
}

/* Our own mistake, found by a verifier: reported like other failures, so that a host lives on. */
static bool broken(Worker *w, CompPass pass, u32 func, Diag *diag)
{
    static const char *const names[] = {
#define X(name, shows) #name,
#include "comp/passes.def"
#undef X
    };
    diag_fail(diag, DIAG_NO_OFFSET, "internal error: function %u is wrong after pass `%s`: %s",
              func, names[pass], sb_str(&w->text));
    w->text.len = 0;
    return false;
}

static bool after_ir(Worker *w, CompPass pass, const char *name, const IrFunc *f, IrStage stage,
                     Diag *diag)
{
    if (wants_dump(w, pass, f->index)) {
        ir_print(f, &w->text);
        write_dump(w, name, f->index);
    }
    if (w->options->verify && !ir_verify(f, stage, &w->text))
        return broken(w, pass, f->index, diag);
    return true;
}

static void after_mach(Worker *w, CompPass pass, const char *name, const MFunc *m)
{
    if (wants_dump(w, pass, m->ir->index)) {
        mach_print(m, &w->text);
        write_dump(w, name, m->ir->index);
    }
}

static void dump_code(Worker *w, const IrFunc *ir, const MCode *code)
{
    u32 func = ir->index;
    if (!wants_dump(w, PASS_emit, func))
        return;
    sb_printf(&w->text, "func %u: %u bytes\n", func, code->bytes.len);
    for (u32 i = 0; i < code->bytes.len; i++)
        sb_printf(&w->text, "%02x%s", code->bytes.at[i],
                  i % 16 == 15 || i + 1 == code->bytes.len ? "\n" : " ");
    for (u32 i = 0; i < code->relocs.len; i++)
        sb_printf(&w->text, "reloc +%x func %u\n", code->relocs.at[i].code_off,
                  code->relocs.at[i].func);
    for (u32 i = 0; i < code->rows.len; i++)
        sb_printf(&w->text, "row +%x ret %u\n", code->rows.at[i].code_off,
                  code->rows.at[i].ret_offset);
    for (u32 i = 0; i < code->locs.len; i++) {
        sb_printf(&w->text, "loc +%x ", code->locs.at[i].code_off);
        ir_print_src(ir, &w->text, code->locs.at[i].src);
        sb_putc(&w->text, '\n');
    }
    for (u32 i = 0; i < code->refs.len; i++)
        sb_printf(&w->text, "reference +%x below %u\n", code->refs.at[i].code_off,
                  code->refs.at[i].below);
    for (u32 i = 0; i < code->pads.len; i++)
        sb_printf(&w->text, "pad +%x to +%x\n", code->pads.at[i].code_off,
                  code->pads.at[i].pad_off);
    write_dump(w, "emit", func);
}

static void *keep(Worker *w, const void *data, size_t bytes)
{
    void *copy = arena_alloc(&w->out, bytes, 8);
    if (bytes)
        memcpy(copy, data, bytes);
    return copy;
}

/* Keeps those places that locations lead to, and gives them new numbers. */
static void keep_places(Worker *w, const IrFunc *ir, FuncCode *out)
{
    u32 n = ir->places.len;
    if (!n)
        return;
    u32 *number = arena_array(&w->func, u32, n); /* 1 for those that are kept, then the new one */
    for (u32 l = 0; l < out->nlocs; l++)
        if (out->locs[l].src & IR_PLACE)
            number[out->locs[l].src & ~IR_PLACE] = 1;
    for (u32 p = n; p-- > 0;)
        if (number[p] && ir->places.at[p].up & IR_PLACE)
            number[ir->places.at[p].up & ~IR_PLACE] = 1;
    for (u32 p = 0; p < n; p++)
        out->nplaces += number[p];
    out->places = arena_array_raw(&w->out, IrPlace, out->nplaces);
    for (u32 p = 0, next = 0; p < n; p++) {
        if (!number[p])
            continue;
        u32 up = ir->places.at[p].up;
        number[p] = next;
        up = up & IR_PLACE ? IR_PLACE | number[up & ~IR_PLACE] : up;
        out->places[next++] = (IrPlace){ir->places.at[p].src, up};
    }
    for (u32 l = 0; l < out->nlocs; l++)
        if (out->locs[l].src & IR_PLACE)
            out->locs[l].src = IR_PLACE | number[out->locs[l].src & ~IR_PLACE];
}

static void keep_code(Worker *w, const IrFunc *ir, const MCode *code, FuncCode *out)
{
    *out = (FuncCode){
        .bytes = keep(w, code->bytes.at, code->bytes.len),
        .len = code->bytes.len,
        .entry_off = code->entry_off,
        .align = MAX(code->align, 1u),
        .relocs = keep(w, code->relocs.at, code->relocs.len * sizeof(MReloc)),
        .nrelocs = code->relocs.len,
        .rows = keep(w, code->rows.at, code->rows.len * sizeof(MFrameRow)),
        .nrows = code->rows.len,
        .locs = keep(w, code->locs.at, code->locs.len * sizeof(MLoc)),
        .nlocs = code->locs.len,
        .refs = keep(w, code->refs.at, code->refs.len * sizeof(MRefSlot)),
        .nrefs = code->refs.len,
        .pads = keep(w, code->pads.at, code->pads.len * sizeof(MPad)),
        .npads = code->pads.len,
        .saved = code->saved,
    };
    keep_places(w, ir, out);
}

bool comp_function(Worker *w, u32 func, FuncCode *out, Diag *diag)
{
    const CompOptions *o = w->options;
    IrFunc *ir;
    arena_reset(&w->func);

    WasmBodyInfo found;
    const WasmBodyInfo *info = front_small_body(w->fm, func);
    if (!info) {
        if (!wasm_validate_func(w->validator, w->fm->m, func, &found, diag))
            return false;
        front_note_body(w->fm, &w->out, &found);
        info = &found;
    }

    IrFold fold = o->opt_level > 0 ? opt_fold : NULL;
    FrontInliner inliner = {w->callee_validator, &w->out};
    if (!front_build(&w->builder, &w->func, w->fm, &inliner, info, fold, &ir, diag))
        return false;
    if (!after_ir(w, PASS_build, "build", ir, IR_STAGE_BUILT, diag))
        return false;

    opt_mark_cold(ir);
    opt_schedule(ir);
    if (!after_ir(w, PASS_schedule, "schedule", ir, IR_STAGE_SCHEDULED, diag))
        return false;

    MFunc m = {
        .arena = &w->func, .ir = ir, .target = comp_host_target(&o->isa), .options = &o->isa};
    const char *unsupported = NULL;
    if (!mach_lower(&m, &unsupported))
        return diag_fail(diag, info->code_start, "the compiler does not have `%s` yet",
                         unsupported);
    after_mach(w, PASS_lower, "lower", &m);

    ra_allocate(&m.ra, o->opt_level);
    after_mach(w, PASS_ra, "ra", &m);
    if (o->check_ra && !ra_check(&m.ra, &w->text))
        return broken(w, PASS_ra, func, diag);

    MCode code = {0};
    mach_emit(&m, &code);
    dump_code(w, ir, &code);
    keep_code(w, ir, &code, out);
    return true;
}

u64 comp_dump_bit(const char *name)
{
    if (!strcmp(name, "all"))
        return ((u64)1 << PASS_COUNT) - 1;
#define X(pass, shows)          \
    if (!strcmp(name, #pass))   \
        return (u64)1 << PASS_##pass;
#include "comp/passes.def"
#undef X
    return 0;
}
