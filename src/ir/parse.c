/* Text to function: the inverse of print.c, for golden tests and for replaying passes. */
#include "ir/ir.h"

typedef struct Parser {
    IrFunc *f;
    const char *start, *at, *end;
    Diag *diag;
    IrBlk block; /* block being filled, IR_NO_BLOCK in `pure:` */
    bool is_scheduled;
    VEC(u32) order;
    VEC(u32) func_sig;
    VEC(IrSig) sigs;
} Parser;

static bool fail(Parser *p, const char *what)
{
    size_t len = 0;
    while (p->at + len < p->end && len < 24 && p->at[len] != '\n')
        len++;
    return diag_fail(p->diag, (u64)(p->at - p->start), "expected %s, found \"%.*s\"", what,
                     (int)len, p->at);
}

static void skip_blanks(Parser *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t'))
        p->at++;
}

/* To the end of the line and over empty lines and `;` comments. */
static void skip_lines(Parser *p)
{
    for (;;) {
        skip_blanks(p);
        if (p->at < p->end && *p->at == ';')
            while (p->at < p->end && *p->at != '\n')
                p->at++;
        if (p->at == p->end || *p->at != '\n')
            return;
        p->at++;
    }
}

static bool peek(Parser *p, const char *word)
{
    skip_blanks(p);
    size_t len = strlen(word);
    return (size_t)(p->end - p->at) >= len && !memcmp(p->at, word, len);
}

static bool accept(Parser *p, const char *word)
{
    if (!peek(p, word))
        return false;
    p->at += strlen(word);
    return true;
}

static bool expect(Parser *p, const char *word) { return accept(p, word) || fail(p, word); }

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool digits(Parser *p, u32 base, u64 *out)
{
    const char *from = p->at;
    u64 value = 0;
    for (; p->at < p->end; p->at++) {
        char c = *p->at;
        u32 digit = 99;
        if (c >= '0' && c <= '9')
            digit = (u32)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (u32)(c - 'a' + 10);
        if (digit >= base)
            break;
        value = value * base + digit;
    }
    *out = value;
    return p->at > from || fail(p, "a number");
}

static bool number(Parser *p, u64 *out)
{
    bool is_negative = accept(p, "-");
    if (!digits(p, accept(p, "0x") ? 16 : 10, out))
        return false;
    if (is_negative)
        *out = 0 - *out;
    return true;
}

static bool number32(Parser *p, u32 *out)
{
    u64 value;
    if (!number(p, &value))
        return false;
    *out = (u32)value;
    return true;
}

/* A name out of a table; returns its index, or `count`. */
static u32 lookup(Parser *p, const char *(*name)(u32), u32 count)
{
    skip_blanks(p);
    const char *from = p->at;
    while (p->at < p->end && is_name_char(*p->at))
        p->at++;
    size_t len = (size_t)(p->at - from);
    for (u32 i = 0; i < count; i++)
        if (strlen(name(i)) == len && !memcmp(name(i), from, len))
            return i;
    p->at = from;
    return count;
}

static const char *op_text(u32 i) { return ir_op_info[i].text; }
static const char *type_text(u32 i) { return ir_type_text[i]; }

static bool types(Parser *p, u8 **out, u32 *n)
{
    VEC(u8) list = {0};
    if (!expect(p, "("))
        return false;
    while (!accept(p, ")")) {
        u32 type = lookup(p, type_text, IR_TYPE_COUNT);
        if (type == IR_TYPE_COUNT)
            return fail(p, "a type");
        vec_push(p->f->arena, &list, (u8)type);
        if (!accept(p, ",") && !peek(p, ")"))
            return fail(p, "\",\" or \")\"");
    }
    *out = list.at;
    *n = list.len;
    return true;
}

static bool ref(Parser *p, u32 *out)
{
    if (accept(p, "-")) {
        *out = 0;
        return true;
    }
    return expect(p, "v") && number32(p, out);
}

static bool refs(Parser *p, bool is_counted, u32 *extra)
{
    VEC(u32) list = {0};
    if (is_counted)
        vec_push(p->f->arena, &list, 0);
    if (!expect(p, "("))
        return false;
    while (!accept(p, ")")) {
        u32 r;
        if (!ref(p, &r))
            return false;
        vec_push(p->f->arena, &list, r);
        if (!accept(p, ",") && !peek(p, ")"))
            return fail(p, "\",\" or \")\"");
    }
    if (is_counted)
        list.at[0] = list.len - 1;
    *extra = p->f->extra.len;
    for (u32 i = 0; i < list.len; i++)
        vec_push(p->f->arena, &p->f->extra, list.at[i]);
    return true;
}

static bool words(Parser *p, u32 n, u32 *extra)
{
    *extra = p->f->extra.len;
    for (u32 i = 0; i < n; i++) {
        u32 word;
        accept(p, ",");
        if (!number32(p, &word))
            return false;
        vec_push(p->f->arena, &p->f->extra, word);
    }
    return true;
}

static bool extra_operands(Parser *p, IrNode *n, u32 *extra)
{
    u64 wide;
    u32 sig, memory;
    switch (n->op) {
    case IR_PHI:
        n->a = p->block;
        return refs(p, false, extra);
    case IR_VCONST:
        return words(p, 4, extra);
    case IR_PSTORE:
        return words(p, 2, extra);
    case IR_BOUNDS:
        if (!number(p, &wide) || !expect(p, ",") || !number32(p, &memory))
            return false;
        *extra = p->f->extra.len;
        vec_push(p->f->arena, &p->f->extra, (u32)wide);
        vec_push(p->f->arena, &p->f->extra, (u32)(wide >> 32));
        vec_push(p->f->arena, &p->f->extra, memory);
        return true;
    case IR_CALL:
    case IR_TAIL_CALL:
    case IR_TRY_CALL:
        if (!expect(p, "sig") || !number32(p, &sig))
            return false;
        if (sig >= p->sigs.len || n->a > 1000000)
            return fail(p, "a signature declared above");
        while (p->func_sig.len <= n->a)
            vec_push(p->f->arena, &p->func_sig, 0);
        p->func_sig.at[n->a] = sig;
        return refs(p, true, extra);
    default:
        return refs(p, true, extra);
    }
}

static bool operands(Parser *p, IrNode *n)
{
    u32 *fields[3] = {&n->a, &n->b, &n->c};
    const char *kinds = ir_op_info[n->op].operands;
    u32 *extra = NULL;
    for (u32 i = 0; i < 3; i++) {
        u64 wide;
        if (i && kinds[i] != '-')
            accept(p, ",");
        switch (kinds[i]) {
        case 'v':
            if (!ref(p, fields[i]))
                return false;
            break;
        case 'k':
            if (n->op != IR_PHI && !number32(p, fields[i]))
                return false;
            break;
        case 'K':
            if (!number(p, &wide))
                return false;
            n->b = (u32)wide;
            n->c = (u32)(wide >> 32);
            i++;
            break;
        case 'x':
            extra = fields[i];
            break;
        }
    }
    return !extra || extra_operands(p, n, extra);
}

static bool block_list(Parser *p, u32 *at, u32 *n)
{
    *at = p->f->edges.len;
    *n = 0;
    do {
        u32 b;
        if (!expect(p, "b") || !number32(p, &b))
            return false;
        vec_push(p->f->arena, &p->f->edges, b);
        ++*n;
    } while (accept(p, ","));
    return true;
}

static void put_node(Parser *p, u32 ref_, const IrNode *n, u32 src)
{
    IrFunc *f = p->f;
    while (f->nodes.len <= ref_) {
        vec_push(f->arena, &f->nodes, (IrNode){0});
        vec_push(f->arena, &f->block_of, IR_NO_BLOCK);
        vec_push(f->arena, &f->src, 0);
    }
    f->nodes.at[ref_] = *n;
    f->block_of.at[ref_] = p->block;
    f->src.at[ref_] = src;
    if (p->block != IR_NO_BLOCK) {
        vec_push(f->arena, &p->order, ref_);
        f->blocks.at[p->block].order_len++;
    }
}

/* An offset, or several: of an inlined operator and, behind <, of the calls it came by. */
static bool origin(Parser *p, u32 *src)
{
    u32 chain[IR_MAX_INLINE_DEPTH + 1], n = 0;
    do {
        u64 offset;
        if (n > IR_MAX_INLINE_DEPTH)
            return fail(p, "fewer inlined calls");
        if (!digits(p, 16, &offset))
            return false;
        chain[n++] = (u32)offset & ~IR_PLACE;
    } while (accept(p, "<"));
    *src = chain[--n];
    while (n) {
        vec_push(p->f->arena, &p->f->places, (IrPlace){chain[--n], *src});
        *src = IR_PLACE | (p->f->places.len - 1);
    }
    return true;
}

static bool node(Parser *p)
{
    IrNode n = {0};
    u32 self, src = 0;
    if (!expect(p, "v") || !number32(p, &self))
        return false;
    if (self == 0 || self > 10000000)
        return fail(p, "a node number from 1 to 10000000");
    bool has_value = accept(p, "=");
    if (!has_value && !expect(p, ":"))
        return false;
    n.op = (u16)lookup(p, op_text, IR_OP_COUNT);
    if (n.op == IR_OP_COUNT)
        return fail(p, "an operator");
    if (has_value) {
        if (!expect(p, "."))
            return false;
        n.type = (u8)lookup(p, type_text, IR_TYPE_COUNT);
        if (n.type == IR_TYPE_COUNT)
            return fail(p, "a type");
    }
    u16 flags = ir_op_info[n.op].flags;
    n.flags = flags & IR_PURE ? 0 : IRF_PINNED;
    if (p->block != IR_NO_BLOCK && flags & IR_PURE)
        p->is_scheduled = true;
    if (!operands(p, &n))
        return false;
    if (flags & IR_TERM && accept(p, "->")) {
        if (p->block == IR_NO_BLOCK)
            return fail(p, "a block before a terminator");
        IrBlock *block = &p->f->blocks.at[p->block];
        if (!block_list(p, &block->succ_at, &block->nsucc))
            return false;
    }
    if (accept(p, "@") && !origin(p, &src))
        return false;
    put_node(p, self, &n, src);
    return true;
}

static bool block_head(Parser *p)
{
    u32 b;
    if (!number32(p, &b) || !expect(p, ":"))
        return false;
    if (b != p->f->blocks.len)
        return fail(p, "blocks in rising order from b0");
    IrBlock block = {.idom = IR_NO_BLOCK, .loop = IR_NO_BLOCK, .order_first = p->order.len};
    if (accept(p, "<-") && !block_list(p, &block.pred_at, &block.npred))
        return false;
    block.is_cold = accept(p, "cold");
    vec_push(p->f->arena, &p->f->blocks, block);
    p->block = b;
    return true;
}

static bool signature(Parser *p)
{
    u32 index;
    IrSig sig = {0};
    u8 *params, *results;
    if (!number32(p, &index) || index > 100000)
        return fail(p, "a signature number");
    if (!types(p, &params, &sig.nparams) || !expect(p, "->") || !types(p, &results, &sig.nresults))
        return false;
    sig.params = params;
    sig.results = results;
    while (p->sigs.len <= index)
        vec_push(p->f->arena, &p->sigs, (IrSig){0});
    p->sigs.at[index] = sig;
    return true;
}

static bool lines(Parser *p)
{
    for (skip_lines(p); p->at < p->end; skip_lines(p)) {
        bool is_ok = accept(p, "sig")     ? signature(p)
                     : accept(p, "pure:") ? true
                     : peek(p, "b")       ? expect(p, "b") && block_head(p)
                                          : node(p);
        if (!is_ok)
            return false;
        skip_blanks(p);
        if (p->at < p->end && *p->at != '\n' && *p->at != ';')
            return fail(p, "the end of the line");
    }
    return p->f->blocks.len || fail(p, "a block");
}

/* Edges name blocks that exist, every block can be reached from earlier ones, phis are complete. */
static bool check_edges(Parser *p)
{
    IrFunc *f = p->f;
    for (u32 i = 0; i < f->edges.len; i++)
        if (f->edges.at[i] >= f->blocks.len)
            return diag_fail(p->diag, 0, "edge to b%u, but there are only %u blocks",
                             f->edges.at[i], f->blocks.len);
    for (IrBlk b = 1; b < f->blocks.len; b++) {
        bool is_reached = false;
        for (u32 i = 0; i < f->blocks.at[b].npred; i++)
            is_reached |= ir_preds(f, b)[i] < b;
        if (!is_reached)
            return diag_fail(p->diag, 0, "b%u has no earlier predecessor", b);
    }
    for (IrRef r = 1; r < f->nodes.len; r++) {
        const IrNode *n = ir_node(f, r);
        if (n->op == IR_PHI && n->c + f->blocks.at[n->a].npred > f->extra.len)
            return diag_fail(p->diag, 0, "v%u has fewer inputs than b%u predecessors", r, n->a);
    }
    return true;
}

bool ir_parse(Arena *arena, const char *text, size_t len, IrFunc **out, Diag *diag)
{
    Parser p = {.start = text, .at = text, .end = text + len, .diag = diag, .block = IR_NO_BLOCK};
    IrFunc *f = p.f = arena_new(arena, IrFunc);
    f->arena = arena;
    put_node(&p, 0, &(IrNode){0}, 0);
    u8 *param_types, *result_types;
    skip_lines(&p);
    if (!expect(&p, "func") || !number32(&p, &f->index) || !types(&p, &param_types, &f->nparams) ||
        !expect(&p, "->") || !types(&p, &result_types, &f->nresults) || !lines(&p) ||
        !check_edges(&p))
        return false;
    f->param_types = param_types;
    f->result_types = result_types;
    f->sigs = p.sigs.at;
    f->nsigs = p.sigs.len;
    f->func_sig = p.func_sig.at;
    if (p.is_scheduled) {
        f->order = p.order.at;
        f->order_len = p.order.len;
    }
    ir_compute_cfg(f);
    *out = f;
    return true;
}
