/* Instructions: flat ones and folded ones become the same bytes.
 *
 * What is open is a stack of frames, so depth costs memory and no recursion. A folded operator is
 * written behind its operands: until they are through, its bytes wait on top of `pending`. Folded
 * constructs write their operators at once, except `if`, whose condition comes first.
 *
 *     FRAME_EXPR      the expression itself: anything, up to a parenthesis that is not its own
 *     FRAME_ONE       the same, but one folded instruction only
 *     FRAME_OPERANDS  (op ...): folded instructions
 *     FRAME_BLOCK     (block ...), (loop ...), (try_table ...): anything; ends the construct
 *     FRAME_IF        (if ...): folded instructions, (then ...), (else ...), as `state` says
 *     FRAME_TRY       (try ...): (do ...), then (catch ...) and so on
 *     FRAME_CLAUSE    (then ...), (else ...), (do ...), (catch ...): anything; ends nothing
 *     FRAME_FLAT...   block ... end: anything up to `end`, `else`, `catch` and so on
 */
#include "wat/wat_int.h"

#include <stdio.h>

enum {
    FRAME_EXPR,
    FRAME_ONE,
    FRAME_OPERANDS,
    FRAME_BLOCK,
    FRAME_IF,
    FRAME_TRY,
    FRAME_CLAUSE,
    FRAME_FLAT, /* block, loop, try_table, and what can have no further clause */
    FRAME_FLAT_IF,
    FRAME_FLAT_TRY, /* a `delegate` may still come */
    FRAME_FLAT_CATCH,
};

/* How far FRAME_IF and FRAME_TRY have got. */
enum {
    STATE_START, /* before `then` or `do` */
    STATE_BODY,  /* behind it */
    STATE_CATCH, /* behind a `catch` */
    STATE_DONE,  /* there can be no further clause */
};

static WatFrame *push_frame(WatParser *p, u32 kind, u32 offset)
{
    vec_push(&p->scratch, &p->frames,
             (WatFrame){.kind = (u8)kind, .offset = offset, .pending = p->pending.len});
    return &vec_last(&p->frames);
}

/* What begins at `offset` has not been ended. */
static _Noreturn void fail_unclosed(WatParser *p, u32 offset, const char *end)
{
    WatPosition at = wat_position(p->lex.text, (size_t)(p->lex.end - p->lex.text), offset);
    char expected[96];
    snprintf(expected, sizeof expected, "%s for what begins on line %u, column %u", end, at.line,
             at.column);
    wat_unexpected(&p->lex, expected);
}

/* ---- labels ---- */

/* The symbol and name of a label that may be there, and goes past it. */
static u32 read_label_id(WatParser *p, WasmStr *name)
{
    u32 sym = WASM_NONE;
    *name = (WasmStr){NULL, 0};
    if (p->lex.tok.kind == WAT_TOK_ID) {
        sym = wat_sym(p);
        *name = p->syms.at[sym].name;
        wat_step(p);
    }
    wat_take_name_annot(p, name, "different");
    return sym;
}

static void push_label(WatParser *p, u32 sym, WasmStr name)
{
    u32 outer = 0;
    if (sym != WASM_NONE) {
        outer = p->syms.at[sym].label;
        p->syms.at[sym].label = p->labels.len + 1;
    }
    vec_push(&p->scratch, &p->labels, (WatLabel){sym, outer});
    if (p->in_func && name.at)
        wat_add_name(p, &p->own_labels, p->n_labels, name);
    p->n_labels++;
}

static void pop_label(WatParser *p)
{
    WatLabel label = vec_pop(&p->labels);
    if (label.sym != WASM_NONE)
        p->syms.at[label.sym].label = label.outer;
}

/* The label that `end`, `else` and so on may repeat. */
static void match_label(WatParser *p)
{
    if (p->lex.tok.kind != WAT_TOK_ID)
        return;
    char buf[WAT_TOKEN_TEXT_MAX];
    if (vec_last(&p->labels).sym != wat_sym(p))
        wat_fail(&p->lex, p->lex.tok.start, "mismatching label %s: the construct has another one, "
                 "or none", wat_token_text(&p->lex, buf));
    wat_step(p);
}

/* ---- writing operators ---- */

/* What is to be known about an operator that is about to be written into the code. */
static void note_op(WatParser *p, u32 offset, u8 hint)
{
    wat_mark(p, p->code_section, p->code, offset);
    if (LIKELY(!hint))
        return;
    wat_put_uleb(p, &p->own_hints.buf, p->code->len);
    wat_put_u8(p, &p->own_hints.buf, 1);
    wat_put_u8(p, &p->own_hints.buf, hint - 1u);
    p->own_hints.count++;
}

static void check_hint(WatParser *p, WasmOp op, u8 hint)
{
    if (hint && op != WASM_OP_IF && op != WASM_OP_BR_IF)
        wat_fail(&p->lex, p->lex.tok.start, "@%s annotation: invalid target %s: expected if or "
                 "br_if", wat_annot_name(WAT_ANNOT_BRANCH_HINT), wasm_ops[op].text);
}

static void put_code_op(WatParser *p, WasmOp op, u32 offset)
{
    note_op(p, offset, 0);
    wat_put_op(p, p->code, op);
}

static void put_block_type(WatParser *p, WatBuf *to)
{
    bool is_named;
    u32 type = wat_type_use(p, WAT_IDS_REFUSED, &is_named);
    const WatSig *sig = &p->sig;
    if (is_named)
        wat_put_sleb(p, to, type);
    else if (sig->n_params || sig->n_results > 1)
        wat_put_sleb(p, to, wat_sig_type(p));
    else if (sig->n_results)
        wat_put_buf(p, to, &sig->results);
    else
        wat_put_u8(p, to, 0x40);
}

/* An operator that begins a construct, at the current token: op $label? type, and try_table's
 * clauses, whose labels are those around it. */
static void put_construct(WatParser *p, WasmOp op, WatBuf *to, u32 *sym, WasmStr *name)
{
    wat_need(p, (WasmFeature)wasm_ops[op].feature, p->lex.tok.start, wasm_ops[op].text);
    wat_step(p);
    *sym = read_label_id(p, name);
    wat_put_op(p, to, op);
    put_block_type(p, to);
    if (op == WASM_OP_TRY_TABLE)
        wat_catches(p, to);
}

/* Writes the operator that waits for the last frame, and those above it none. */
static void put_pending(WatParser *p, const WatFrame *f)
{
    note_op(p, f->offset, f->hint);
    wat_put_bytes(p, p->code, p->pending.at + f->pending, p->pending.len - f->pending);
    p->pending.len = f->pending;
}

/* ---- folded instructions ---- */

static bool is_construct(WasmOp op)
{
    u8 imm = wasm_ops[op].imm;
    return imm == WASM_IMM_BLOCK || imm == WASM_IMM_TRY_TABLE;
}

/* Those that only go with a construct. */
static bool is_clause(WasmOp op)
{
    return op == WASM_OP_ELSE || op == WASM_OP_END || op == WASM_OP_CATCH ||
           op == WASM_OP_CATCH_ALL || op == WASM_OP_DELEGATE;
}

/* No instruction where one should be: something is not closed if the text goes on like a module, or
 * does not go on. */
static _Noreturn void fail_instr(WatParser *p)
{
    const WatToken *tok = &p->lex.tok;
    bool is_field = tok->keyword >= WAT_KW_MODULE && tok->keyword <= WAT_KW_DATA;
    u32 kind = vec_last(&p->frames).kind;
    const char *end = kind >= FRAME_FLAT ? "`end`" : is_field ? "an instruction, or `)`" : "`)`";
    if (tok->kind == WAT_TOK_END || is_field)
        fail_unclosed(p, vec_last(&p->frames).offset, end);
    wat_unexpected(&p->lex, "an instruction");
}

/* The operator that the current token is, which must be one that stands for itself. */
static WasmOp op_here(WatParser *p)
{
    u32 keyword = p->lex.tok.keyword;
    if (UNLIKELY(keyword < WAT_KW_OP || keyword >= WAT_KW_HEAP))
        fail_instr(p);
    return (WasmOp)(keyword - WAT_KW_OP);
}

/* (if ...): its operator and label wait for the condition. */
static void open_if(WatParser *p, u32 offset, u8 hint)
{
    WatFrame *f = push_frame(p, FRAME_IF, offset);
    f->hint = hint;
    u32 index = p->frames.len - 1, sym;
    WasmStr name;
    put_construct(p, WASM_OP_IF, &p->pending, &sym, &name);
    p->frames.at[index].sym = sym;
    p->frames.at[index].name = name;
}

/* A folded instruction behind its parenthesis. */
static void open_folded(WatParser *p, u8 hint)
{
    u32 offset = p->lex.tok.start;
    u8 inner = wat_take_hint(p);
    hint = hint ? hint : inner;
    WasmOp op = op_here(p);
    if (is_clause(op))
        wat_unexpected(&p->lex, "an instruction");
    check_hint(p, op, hint);
    if (op == WASM_OP_IF) {
        open_if(p, offset, hint);
    } else if (is_construct(op)) {
        u32 sym;
        WasmStr name;
        note_op(p, offset, 0);
        put_construct(p, op, p->code, &sym, &name);
        push_label(p, sym, name);
        push_frame(p, op == WASM_OP_TRY ? FRAME_TRY : FRAME_BLOCK, offset);
    } else {
        push_frame(p, FRAME_OPERANDS, offset)->hint = hint;
        wat_plain_op(p, op, &p->pending);
    }
}

/* What may follow a parenthesis inside (if ...). */
static void open_in_if(WatParser *p, u8 hint)
{
    u32 index = p->frames.len - 1, keyword = p->lex.tok.keyword, offset = p->lex.tok.start;
    WatFrame *f = &p->frames.at[index];
    if (f->state == STATE_START && keyword == WAT_KW_THEN) {
        put_pending(p, f);
        push_label(p, f->sym, f->name);
        p->frames.at[index].state = STATE_BODY;
    } else if (f->state == STATE_BODY && keyword == WAT_KW_OP + WASM_OP_ELSE) {
        put_code_op(p, WASM_OP_ELSE, offset);
        f->state = STATE_DONE;
    } else if (f->state == STATE_START) {
        open_folded(p, hint);
        return;
    } else {
        wat_unexpected(&p->lex, f->state == STATE_BODY ? "`else`, or `)`" : "`)`");
    }
    wat_step(p);
    push_frame(p, FRAME_CLAUSE, offset);
}

/* What may follow a parenthesis inside (try ...). */
static void open_in_try(WatParser *p)
{
    WatFrame *f = &vec_last(&p->frames);
    u32 keyword = p->lex.tok.keyword, offset = p->lex.tok.start;
    WasmOp op = (WasmOp)(keyword - WAT_KW_OP);
    bool may_catch = f->state == STATE_BODY || f->state == STATE_CATCH;
    if (f->state == STATE_START && keyword == WAT_KW_DO) {
        f->state = STATE_BODY;
        wat_step(p);
    } else if (may_catch && keyword >= WAT_KW_OP && op == WASM_OP_CATCH) {
        f->state = STATE_CATCH;
        note_op(p, offset, 0);
        wat_plain_op(p, op, p->code);
    } else if (may_catch && keyword >= WAT_KW_OP && op == WASM_OP_CATCH_ALL) {
        f->state = STATE_DONE;
        note_op(p, offset, 0);
        wat_plain_op(p, op, p->code);
    } else if (f->state == STATE_BODY && keyword >= WAT_KW_OP && op == WASM_OP_DELEGATE) {
        /* Its label is one around the construct; and it is what ends it. */
        pop_label(p);
        note_op(p, offset, 0);
        wat_plain_op(p, op, p->code);
        wat_step_right(p);
        wat_step_right(p);
        p->frames.len--;
        return;
    } else {
        wat_unexpected(&p->lex, f->state == STATE_START ? "`do`" : "`catch` or `catch_all`");
    }
    push_frame(p, FRAME_CLAUSE, offset);
}

static void open(WatParser *p)
{
    u8 hint = UNLIKELY(p->lex.tok.annot != WAT_NO_ANNOT) ? wat_take_hint(p) : 0;
    wat_next(&p->lex);
    u32 kind = vec_last(&p->frames).kind;
    if (kind == FRAME_IF)
        open_in_if(p, hint);
    else if (kind == FRAME_TRY)
        open_in_try(p);
    else
        open_folded(p, hint);
}

static void close(WatParser *p)
{
    WatFrame *f = &vec_last(&p->frames);
    switch (f->kind) {
    case FRAME_OPERANDS:
        put_pending(p, f);
        break;
    case FRAME_IF:
        if (f->state == STATE_START)
            wat_unexpected(&p->lex, "`(then`");
        put_code_op(p, WASM_OP_END, p->lex.tok.start);
        pop_label(p);
        break;
    case FRAME_TRY:
        if (f->state == STATE_START)
            wat_unexpected(&p->lex, "`(do`");
        put_code_op(p, WASM_OP_END, p->lex.tok.start);
        pop_label(p);
        break;
    case FRAME_BLOCK:
        put_code_op(p, WASM_OP_END, p->lex.tok.start);
        pop_label(p);
        break;
    case FRAME_CLAUSE:
        break;
    default:
        fail_unclosed(p, f->offset, "`end`");
    }
    p->frames.len--;
    wat_step(p);
}

/* ---- flat instructions ---- */

/* `else`, `catch`, `catch_all`: on with the construct. */
static void flat_clause(WatParser *p, WasmOp op, u32 kind)
{
    u32 is_in = vec_last(&p->frames).kind;
    bool fits = op == WASM_OP_ELSE ? is_in == FRAME_FLAT_IF
                                   : is_in == FRAME_FLAT_TRY || is_in == FRAME_FLAT_CATCH;
    if (!fits)
        wat_unexpected(&p->lex, op == WASM_OP_ELSE ? "an instruction: there is no open `if` here"
                                                   : "an instruction: there is no open `try` here");
    note_op(p, p->lex.tok.start, 0);
    wat_plain_op(p, op, p->code);
    if (op != WASM_OP_CATCH)
        match_label(p);
    vec_last(&p->frames).kind = (u8)kind;
}

static void flat_end(WatParser *p)
{
    if (vec_last(&p->frames).kind < FRAME_FLAT)
        wat_unexpected(&p->lex, "an instruction: nothing is open that it could end");
    put_code_op(p, WASM_OP_END, p->lex.tok.start);
    wat_step(p);
    match_label(p);
    pop_label(p);
    p->frames.len--;
}

static void flat_delegate(WatParser *p)
{
    if (vec_last(&p->frames).kind != FRAME_FLAT_TRY)
        wat_unexpected(&p->lex, "an instruction: there is no open `try` here");
    pop_label(p);
    p->frames.len--;
    note_op(p, p->lex.tok.start, 0);
    wat_plain_op(p, WASM_OP_DELEGATE, p->code);
}

static void flat(WatParser *p)
{
    u32 is_in = vec_last(&p->frames).kind, offset = p->lex.tok.start;
    u8 hint = UNLIKELY(p->lex.tok.annot != WAT_NO_ANNOT) ? wat_take_hint(p) : 0;
    if (is_in == FRAME_ONE || is_in == FRAME_OPERANDS || is_in == FRAME_IF || is_in == FRAME_TRY)
        wat_unexpected(&p->lex, is_in == FRAME_ONE ? "`(`" : "`(` or `)`");
    WasmOp op = op_here(p);
    check_hint(p, op, hint);
    if (is_construct(op)) {
        u32 sym;
        WasmStr name;
        note_op(p, offset, hint);
        put_construct(p, op, p->code, &sym, &name);
        push_label(p, sym, name);
        push_frame(p, op == WASM_OP_IF    ? FRAME_FLAT_IF
                      : op == WASM_OP_TRY ? FRAME_FLAT_TRY
                                          : FRAME_FLAT, offset);
    } else if (op == WASM_OP_ELSE || op == WASM_OP_CATCH_ALL) {
        flat_clause(p, op, FRAME_FLAT);
    } else if (op == WASM_OP_CATCH) {
        flat_clause(p, op, FRAME_FLAT_CATCH);
    } else if (op == WASM_OP_END) {
        flat_end(p);
    } else if (op == WASM_OP_DELEGATE) {
        flat_delegate(p);
    } else {
        note_op(p, offset, hint);
        wat_plain_op(p, op, p->code);
    }
}

/* ---- expressions ---- */

static void read_expr(WatParser *p, WatSection section, WatBuf *to, u32 kind)
{
    p->code = to;
    p->code_section = section;
    push_frame(p, kind, p->field_at);
    for (;;) {
        if (p->lex.tok.kind == WAT_TOK_LEFT) {
            open(p);
        } else if (p->lex.tok.kind == WAT_TOK_RIGHT && p->frames.len > 1) {
            close(p);
            if (kind == FRAME_ONE && p->frames.len == 1)
                break;
        } else if (p->lex.tok.kind == WAT_TOK_KEYWORD) {
            flat(p);
        } else if (p->lex.tok.kind == WAT_TOK_RIGHT && kind == FRAME_EXPR) {
            break;
        } else {
            if (kind == FRAME_ONE && p->frames.len == 1)
                wat_unexpected(&p->lex, "`(`");
            fail_instr(p);
        }
    }
    p->frames.len = 0;
    put_code_op(p, WASM_OP_END, p->lex.tok.start);
}

void wat_expr(WatParser *p, WatSection section, WatBuf *to)
{
    read_expr(p, section, to, FRAME_EXPR);
}

void wat_folded_expr(WatParser *p, WatSection section, WatBuf *to)
{
    read_expr(p, section, to, FRAME_ONE);
}
