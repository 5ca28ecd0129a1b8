/* Functions as text. The form, one node a line:
 *
 *   func 3 (i32, i64) -> (i32)
 *   sig 1 (i32) -> ()                  signatures that calls name
 *   pure:                              floating nodes, before they are scheduled
 *     v2 = iconst.i32 0x5
 *   b0:
 *     v1 = param.i32 0
 *     v4 = call.i32 7 sig 1 (v1, v2) @1f3    @: offset in the module
 *     br v4 -> b1, b2
 *   b1: <- b0                          predecessors, in the order of phi inputs
 *
 * ir_parse reads it back; node numbers are kept. */
#include "ir/ir.h"

static void print_types(StrBuf *out, const u8 *types, u32 n)
{
    sb_putc(out, '(');
    for (u32 i = 0; i < n; i++)
        sb_printf(out, "%s%s", i ? ", " : "", ir_type_text[types[i]]);
    sb_putc(out, ')');
}

static void print_sig(StrBuf *out, const u8 *params, u32 nparams, const u8 *results, u32 nresults)
{
    print_types(out, params, nparams);
    sb_puts(out, " -> ");
    print_types(out, results, nresults);
    sb_putc(out, '\n');
}

static void print_values(const IrFunc *f, StrBuf *out, const u32 *values, u32 n)
{
    (void)f;
    sb_puts(out, " (");
    for (u32 i = 0; i < n; i++)
        sb_printf(out, "%sv%u", i ? ", " : "", values[i]);
    sb_putc(out, ')');
}

static void print_extra(const IrFunc *f, StrBuf *out, const IrNode *n)
{
    const u32 *extra = f->extra.at;
    switch (n->op) {
    case IR_PHI:
        print_values(f, out, extra + n->c, f->blocks.at[n->a].npred);
        break;
    case IR_CALL:
    case IR_TAIL_CALL:
    case IR_TRY_CALL:
        sb_printf(out, " sig %u", f->func_sig[n->a]);
        print_values(f, out, extra + n->c + 1, extra[n->c]);
        break;
    case IR_VCONST:
        for (u32 i = 0; i < 4; i++)
            sb_printf(out, " 0x%08x", extra[n->a + i]);
        break;
    case IR_BOUNDS:
        sb_printf(out, " 0x%llx, %u",
                  (unsigned long long)(extra[n->c] | (u64)extra[n->c + 1] << 32), extra[n->c + 2]);
        break;
    case IR_PSTORE:
        sb_printf(out, " %d, %u", (i32)extra[n->c], extra[n->c + 1]);
        break;
    default:
        print_values(f, out, extra + n->c + 1, extra[n->c]);
        break;
    }
}

static void print_operands(const IrFunc *f, StrBuf *out, const IrNode *n)
{
    const u32 fields[3] = {n->a, n->b, n->c};
    const char *kinds = ir_op_info[n->op].operands;
    const char *separator = " ";
    bool has_extra = false;
    for (u32 i = 0; i < 3; i++) {
        switch (kinds[i]) {
        case 'v':
            sb_printf(out, fields[i] ? "%sv%u" : "%s-", separator, fields[i]);
            break;
        case 'k':
            if (n->op == IR_PHI)
                continue;
            sb_printf(out, n->op == IR_PLOAD && i == 2 ? "%s%d" : "%s%u", separator, fields[i]);
            break;
        case 'K':
            sb_printf(out, "%s0x%llx", separator, (unsigned long long)(n->b | (u64)n->c << 32));
            i++;
            break;
        case 'x':
            has_extra = true;
            continue;
        default:
            continue;
        }
        separator = ", ";
    }
    if (has_extra)
        print_extra(f, out, n);
}

void ir_print_src(const IrFunc *f, StrBuf *out, u32 src)
{
    const char *before = "@";
    for (; src & IR_PLACE; before = "<") {
        const IrPlace *place = &f->places.at[src & ~IR_PLACE];
        sb_printf(out, "%s%x", before, place->src);
        src = place->up;
    }
    sb_printf(out, "%s%x", before, src);
}

static void print_node(const IrFunc *f, StrBuf *out, IrRef ref)
{
    const IrNode *n = ir_node(f, ref);
    sb_puts(out, "  ");
    if (n->type != IR_VOID)
        sb_printf(out, "v%u = %s.%s", ref, ir_op_info[n->op].text, ir_type_text[n->type]);
    else
        sb_printf(out, "v%u: %s", ref, ir_op_info[n->op].text);
    print_operands(f, out, n);
    if (ir_op_info[n->op].flags & IR_TERM) {
        IrBlk b = f->block_of.at[ref];
        for (u32 i = 0; i < f->blocks.at[b].nsucc; i++)
            sb_printf(out, "%sb%u", i ? ", " : " -> ", ir_succs(f, b)[i]);
    }
    if (f->src.at[ref]) {
        sb_putc(out, ' ');
        ir_print_src(f, out, f->src.at[ref]);
    }
    sb_putc(out, '\n');
}

static void print_block_head(const IrFunc *f, StrBuf *out, IrBlk b)
{
    const IrBlock *block = &f->blocks.at[b];
    sb_printf(out, "b%u:", b);
    for (u32 i = 0; i < block->npred; i++)
        sb_printf(out, "%sb%u", i ? ", " : " <- ", ir_preds(f, b)[i]);
    if (block->is_cold)
        sb_puts(out, " cold");
    if (block->loop_depth)
        sb_printf(out, " ; loop b%u depth %u", block->loop, block->loop_depth);
    sb_putc(out, '\n');
}

static void print_sigs(const IrFunc *f, StrBuf *out)
{
    for (u32 s = 0; s < f->nsigs; s++) {
        bool is_used = false;
        for (IrRef r = 1; r < f->nodes.len && !is_used; r++) {
            const IrNode *n = ir_node(f, r);
            switch (n->op) {
            case IR_CALL:
            case IR_TAIL_CALL:
            case IR_TRY_CALL:
                is_used = f->func_sig[n->a] == s;
                break;
            case IR_CALL_REF:
            case IR_CALL_CODE:
            case IR_TAIL_CALL_CODE:
            case IR_TRY_CALL_CODE:
            case IR_CALL_IMPORT:
            case IR_TAIL_CALL_REF:
            case IR_TAIL_CALL_IMPORT:
            case IR_TRY_CALL_REF:
            case IR_TRY_CALL_IMPORT:
                is_used = n->b == s;
                break;
            }
        }
        if (!is_used)
            continue;
        sb_printf(out, "sig %u ", s);
        print_sig(out, f->sigs[s].params, f->sigs[s].nparams, f->sigs[s].results,
                  f->sigs[s].nresults);
    }
}

void ir_print(const IrFunc *f, StrBuf *out)
{
    sb_printf(out, "func %u ", f->index);
    print_sig(out, f->param_types, f->nparams, f->result_types, f->nresults);
    print_sigs(f, out);
    if (f->order) {
        for (IrBlk b = 0; b < f->blocks.len; b++) {
            print_block_head(f, out, b);
            for (u32 i = 0; i < f->blocks.at[b].order_len; i++)
                print_node(f, out, f->order[f->blocks.at[b].order_first + i]);
        }
        return;
    }
    sb_puts(out, "pure:\n");
    for (IrRef r = 1; r < f->nodes.len; r++)
        if (f->nodes.at[r].op != IR_NONE && f->block_of.at[r] == IR_NO_BLOCK)
            print_node(f, out, r);
    /* Pinned nodes stand in node order, a block's own ones together. */
    u32 *first = arena_array_raw(f->arena, u32, f->blocks.len);
    u32 *next = arena_array_raw(f->arena, u32, f->nodes.len);
    for (IrBlk b = 0; b < f->blocks.len; b++)
        first[b] = 0;
    for (IrRef r = f->nodes.len; r-- > 1;) {
        IrBlk b = f->block_of.at[r];
        if (f->nodes.at[r].op == IR_NONE || b == IR_NO_BLOCK)
            continue;
        next[r] = first[b];
        first[b] = r;
    }
    for (IrBlk b = 0; b < f->blocks.len; b++) {
        print_block_head(f, out, b);
        for (IrRef r = first[b]; r; r = next[r])
            print_node(f, out, r);
    }
}
