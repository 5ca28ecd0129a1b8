/* Operators and what stands behind them in text, as ops.def says by its kind of immediate. */
#include "wat/wat_int.h"

void wat_put_op(WatParser *p, WatBuf *to, WasmOp op)
{
    const WasmOpInfo *row = &wasm_ops[op];
    if (row->prefix)
        wat_put_u8(p, to, row->prefix);
    if (row->prefix)
        wat_put_uleb(p, to, row->code);
    else
        wat_put_u8(p, to, row->code);
}

static void put_index(WatParser *p, WatBuf *to, WatSpace space)
{
    wat_put_uleb(p, to, wat_index(p, space));
}

/* An index that may be left out, and is 0 then. */
static u32 optional_index(WatParser *p, WatSpace space)
{
    return wat_is_index(p) ? wat_index(p, space) : 0;
}

/* x y, or neither: destination and source. */
static void put_two(WatParser *p, WatBuf *to, WatSpace space)
{
    bool are_given = wat_is_index(p);
    for (u32 i = 0; i < 2; i++)
        wat_put_uleb(p, to, are_given ? wat_index(p, space) : 0);
}

/* x? segment: what the segment goes to stands first, but not in the binary format. */
static void put_segment(WatParser *p, WatBuf *to, WatSpace segment, WatSpace space)
{
    WatLexer ahead = p->lex;
    if (wat_is_index(p))
        wat_next(&ahead);
    bool has_two = ahead.tok.kind == WAT_TOK_NAT || ahead.tok.kind == WAT_TOK_ID;
    u32 target = has_two ? wat_index(p, space) : 0;
    put_index(p, to, segment);
    wat_put_uleb(p, to, target);
}

/* ---- memory ---- */

/* The logarithm of align=; natural if there is none. */
static u32 read_align(WatParser *p, u32 natural)
{
    if (p->lex.tok.keyword != WAT_KW_ALIGN_EQ)
        return natural;
    u64 align = wat_nat_behind_eq(&p->lex);
    if (!is_pow2(align)) {
        char buf[WAT_TOKEN_TEXT_MAX];
        wat_fail(&p->lex, p->lex.tok.start, "alignment must be a power of two: found %s",
                 wat_token_text(&p->lex, buf));
    }
    wat_step(p);
    return ctz64(align);
}

/* x? offset=? align=?, before a lane if there is one, which may be the only number. */
static void put_memarg(WatParser *p, WatBuf *to, WasmOp op, bool has_lane)
{
    u32 memory = 0;
    if (wat_is_index(p)) {
        WatLexer ahead = p->lex;
        wat_next(&ahead);
        bool goes_on = ahead.tok.kind == WAT_TOK_NAT ||
                       ahead.tok.keyword == WAT_KW_OFFSET_EQ ||
                       ahead.tok.keyword == WAT_KW_ALIGN_EQ;
        if (!has_lane || goes_on)
            memory = wat_index(p, WAT_MEMORY);
    }
    u64 offset = 0;
    if (p->lex.tok.keyword == WAT_KW_OFFSET_EQ) {
        offset = wat_nat_behind_eq(&p->lex);
        wat_step(p);
    }
    u32 align = read_align(p, wasm_ops[op].width);
    wat_put_uleb(p, to, memory ? align | 0x40 : align);
    if (memory)
        wat_put_uleb(p, to, memory);
    wat_put_uleb(p, to, offset);
}

/* ---- vectors ---- */

static bool is_number(const WatLexer *lex)
{
    return lex->tok.kind >= WAT_TOK_NAT && lex->tok.kind <= WAT_TOK_FLOAT;
}

static void put_lane(WatParser *p, WatBuf *to)
{
    wat_put_u8(p, to, (u32)wat_nat(&p->lex, 8));
    wat_step(p);
}

static void put_shuffle(WatParser *p, WatBuf *to)
{
    char buf[WAT_TOKEN_TEXT_MAX];
    for (u32 i = 0; i < 16; i++) {
        if (!is_number(&p->lex))
            wat_fail(&p->lex, p->lex.tok.start, "invalid lane length: found %s behind %u lanes, "
                     "expected 16", wat_token_text(&p->lex, buf), i);
        if (p->lex.tok.kind != WAT_TOK_NAT)
            wat_fail(&p->lex, p->lex.tok.start, "i8 constant out of range: %s is no lane",
                     wat_token_text(&p->lex, buf));
        put_lane(p, to);
    }
    if (p->lex.tok.kind == WAT_TOK_NAT)
        wat_fail(&p->lex, p->lex.tok.start, "invalid lane length: more than 16 lanes");
}

/* There must be that many numbers, whatever they are. */
static void count_lanes(WatParser *p, u32 count)
{
    WatLexer ahead = p->lex;
    u32 found = 0;
    char buf[WAT_TOKEN_TEXT_MAX];
    for (; found < count && is_number(&ahead); found++)
        wat_next(&ahead);
    bool is_unknown = ahead.tok.kind == WAT_TOK_RESERVED ||
                      (ahead.tok.kind == WAT_TOK_KEYWORD && !ahead.tok.keyword);
    if (found < count && is_unknown)
        wat_unexpected(&ahead, "a number");
    if (found < count || is_number(&ahead))
        wat_fail(&p->lex, ahead.tok.start, "wrong number of lane literals: found %s behind %u of "
                 "them, expected %u", wat_token_text(&ahead, buf), found, count);
}

static void put_lanes(WatParser *p, WatBuf *to, u32 count, u32 bits, bool is_float)
{
    count_lanes(p, count);
    for (u32 i = 0; i < count; i++) {
        u64 value = !is_float    ? wat_int(&p->lex, bits)
                    : bits == 32 ? wat_f32(&p->lex)
                                 : wat_f64(&p->lex);
        wat_put_bytes(p, to, &value, bits / 8);
        wat_step(p);
    }
}

static void put_v128(WatParser *p, WatBuf *to)
{
    static const struct {
        u8 bits;
        bool is_float;
    } shapes[] = {{8, false}, {16, false}, {32, false}, {64, false}, {32, true}, {64, true}};
    u32 keyword = p->lex.tok.keyword;
    if (keyword < WAT_KW_I8X16 || keyword > WAT_KW_F64X2)
        wat_unexpected(&p->lex, "a shape, such as i32x4");
    wat_step(p);
    u32 bits = shapes[keyword - WAT_KW_I8X16].bits;
    put_lanes(p, to, 128 / bits, bits, shapes[keyword - WAT_KW_I8X16].is_float);
}

/* ---- control ---- */

static void put_br_table(WatParser *p, WatBuf *to)
{
    p->targets.len = 0;
    do
        vec_push(&p->scratch, &p->targets, wat_label(p));
    while (wat_is_index(p));
    wat_put_uleb(p, to, p->targets.len - 1);
    for (u32 i = 0; i < p->targets.len; i++)
        wat_put_uleb(p, to, p->targets.at[i]);
}

static void put_call_indirect(WatParser *p, WatBuf *to)
{
    u32 table = optional_index(p, WAT_TABLE);
    bool is_named;
    u32 type = wat_type_use(p, WAT_IDS_REFUSED, &is_named);
    wat_put_uleb(p, to, is_named ? type : wat_sig_type(p));
    wat_put_uleb(p, to, table);
}

void wat_catches(WatParser *p, WatBuf *to)
{
    static const u32 kinds[] = {WAT_KW_OP + WASM_OP_CATCH, WAT_KW_CATCH_REF,
                                WAT_KW_OP + WASM_OP_CATCH_ALL, WAT_KW_CATCH_ALL_REF};
    u32 count = 0;
    p->tmp.len = 0;
    for (;; count++) {
        u32 form = wat_form(p), kind = 0;
        while (kind < ARRAY_LEN(kinds) && kinds[kind] != form)
            kind++;
        if (kind == ARRAY_LEN(kinds))
            break;
        wat_step_form(p);
        wat_put_u8(p, &p->tmp, kind);
        if (kind < 2)
            put_index(p, &p->tmp, WAT_TAG);
        wat_put_uleb(p, &p->tmp, wat_label(p));
        wat_step_right(p);
    }
    wat_put_uleb(p, to, count);
    wat_put_buf(p, to, &p->tmp);
}

/* `select`, with its operator: typed if there are results. */
static void put_select(WatParser *p, WatBuf *to)
{
    if (wat_form(p) != WAT_KW_RESULT) {
        wat_put_op(p, to, WASM_OP_SELECT);
        return;
    }
    wat_need(p, WASM_FEATURE_REFERENCE_TYPES, p->lex.tok.start, "select");
    wat_read_sig(p, WAT_IDS_REFUSED);
    wat_put_op(p, to, WASM_OP_SELECT_T);
    wat_put_uleb(p, to, p->sig.n_results);
    wat_put_buf(p, to, &p->sig.results);
}

static void put_br_on_cast(WatParser *p, WatBuf *to)
{
    p->tmp.len = 0;
    u32 label = wat_label(p);
    u32 from = wat_ref_type_parts(p, &p->tmp);
    u32 into = wat_ref_type_parts(p, &p->tmp);
    wat_put_u8(p, to, from | into << 1);
    wat_put_uleb(p, to, label);
    wat_put_buf(p, to, &p->tmp);
}

/* ref.test and ref.cast, with their operators: the next one takes a reference that may be null. */
static void put_cast(WatParser *p, WatBuf *to, WasmOp op)
{
    p->tmp.len = 0;
    bool is_nullable = wat_ref_type_parts(p, &p->tmp);
    wat_put_op(p, to, is_nullable ? op + 1 : op);
    wat_put_buf(p, to, &p->tmp);
}

/* ---- all of them ---- */

static void put_number(WatParser *p, WatBuf *to, WasmImm imm)
{
    if (imm == WASM_IMM_I32) {
        wat_put_sleb(p, to, (i32)(u32)wat_int(&p->lex, 32));
    } else if (imm == WASM_IMM_I64) {
        wat_put_sleb(p, to, (i64)wat_int(&p->lex, 64));
    } else if (imm == WASM_IMM_F32) {
        u32 bits = wat_f32(&p->lex);
        wat_put_bytes(p, to, &bits, sizeof bits);
    } else {
        u64 bits = wat_f64(&p->lex);
        wat_put_bytes(p, to, &bits, sizeof bits);
    }
    wat_step(p);
}

static void put_typed(WatParser *p, WatBuf *to, WasmImm imm)
{
    u32 type = wat_index(p, WAT_TYPE);
    wat_put_uleb(p, to, type);
    if (imm == WASM_IMM_TYPE_FIELD) {
        wat_put_uleb(p, to, wat_field(p, type));
    } else if (imm == WASM_IMM_TYPE_COUNT) {
        wat_put_uleb(p, to, wat_nat(&p->lex, 32));
        wat_step(p);
    } else if (imm != WASM_IMM_TYPE) {
        put_index(p, to, imm == WASM_IMM_TYPE_DATA   ? WAT_DATA
                         : imm == WASM_IMM_TYPE_ELEM ? WAT_ELEM
                                                     : WAT_TYPE);
    }
}

static void put_immediates(WatParser *p, WatBuf *to, WasmOp op)
{
    WasmImm imm = (WasmImm)wasm_ops[op].imm;
    switch (imm) {
    case WASM_IMM_NONE:
        break;
    case WASM_IMM_LABEL:
        wat_put_uleb(p, to, wat_label(p));
        break;
    case WASM_IMM_BR_TABLE:
        put_br_table(p, to);
        break;
    case WASM_IMM_FUNC:
        put_index(p, to, WAT_FUNC);
        break;
    case WASM_IMM_CALL_INDIRECT:
        put_call_indirect(p, to);
        break;
    case WASM_IMM_TYPE:
    case WASM_IMM_TYPE_FIELD:
    case WASM_IMM_TYPE_COUNT:
    case WASM_IMM_TYPE_DATA:
    case WASM_IMM_TYPE_ELEM:
    case WASM_IMM_TYPE_TYPE:
        put_typed(p, to, imm);
        break;
    case WASM_IMM_TAG:
        put_index(p, to, WAT_TAG);
        break;
    case WASM_IMM_LOCAL:
        wat_put_uleb(p, to, wat_local(p));
        break;
    case WASM_IMM_GLOBAL:
        put_index(p, to, WAT_GLOBAL);
        break;
    case WASM_IMM_TABLE:
        wat_put_uleb(p, to, optional_index(p, WAT_TABLE));
        break;
    case WASM_IMM_TABLE_TABLE:
        put_two(p, to, WAT_TABLE);
        break;
    case WASM_IMM_ELEM:
        put_index(p, to, WAT_ELEM);
        break;
    case WASM_IMM_ELEM_TABLE:
        put_segment(p, to, WAT_ELEM, WAT_TABLE);
        break;
    case WASM_IMM_MEMARG:
    case WASM_IMM_ATOMIC:
        put_memarg(p, to, op, false);
        break;
    case WASM_IMM_MEMARG_LANE:
        put_memarg(p, to, op, true);
        put_lane(p, to);
        break;
    case WASM_IMM_MEM:
        wat_put_uleb(p, to, optional_index(p, WAT_MEMORY));
        break;
    case WASM_IMM_MEM_MEM:
        put_two(p, to, WAT_MEMORY);
        break;
    case WASM_IMM_DATA:
        put_index(p, to, WAT_DATA);
        break;
    case WASM_IMM_DATA_MEM:
        put_segment(p, to, WAT_DATA, WAT_MEMORY);
        break;
    case WASM_IMM_I32:
    case WASM_IMM_I64:
    case WASM_IMM_F32:
    case WASM_IMM_F64:
        put_number(p, to, imm);
        break;
    case WASM_IMM_V128:
        put_v128(p, to);
        break;
    case WASM_IMM_SHUFFLE:
        put_shuffle(p, to);
        break;
    case WASM_IMM_LANE:
        put_lane(p, to);
        break;
    case WASM_IMM_HEAP:
        wat_heap_type(p, to);
        break;
    case WASM_IMM_BR_ON_CAST:
        put_br_on_cast(p, to);
        break;
    case WASM_IMM_FENCE:
        wat_put_u8(p, to, 0);
        break;
    case WASM_IMM_BLOCK:
    case WASM_IMM_TRY_TABLE:
    case WASM_IMM_SELECT_TYPES:
        UNREACHABLE(); /* constructs are instr.c's; the last one is spelled `select` */
    }
}

static bool names_data(WasmOp op)
{
    WasmImm imm = (WasmImm)wasm_ops[op].imm;
    return imm == WASM_IMM_DATA || imm == WASM_IMM_DATA_MEM || imm == WASM_IMM_TYPE_DATA;
}

void wat_plain_op(WatParser *p, WasmOp op, WatBuf *to)
{
    wat_need(p, (WasmFeature)wasm_ops[op].feature, p->lex.tok.start, wasm_ops[op].text);
    wat_step(p);
    p->uses_data |= p->in_func && names_data(op);
    if (op == WASM_OP_SELECT) {
        put_select(p, to);
    } else if (op == WASM_OP_REF_TEST || op == WASM_OP_REF_CAST) {
        put_cast(p, to, op);
    } else {
        wat_put_op(p, to, op);
        put_immediates(p, to, op);
    }
}
