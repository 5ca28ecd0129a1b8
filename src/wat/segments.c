/* Element and data segments. */
#include "wat/wat_int.h"

/* ---- offsets ---- */

/* (offset ...) or one folded instruction, with its `end`. */
static void read_offset(WatParser *p, WatSection section)
{
    if (wat_form(p) != WAT_KW_OFFSET) {
        wat_folded_expr(p, section, wat_section(p, section));
        return;
    }
    wat_step_form(p);
    wat_expr(p, section, wat_section(p, section));
    wat_step_right(p);
}

/* The constant zero, where something begins at the beginning. */
static void put_zero(WatParser *p, WatBuf *to, bool is_64)
{
    wat_put_op(p, to, is_64 ? WASM_OP_I64_CONST : WASM_OP_I32_CONST);
    wat_put_u8(p, to, 0);
    wat_put_op(p, to, WASM_OP_END);
}

/* What a segment goes to. */
typedef struct Target {
    bool is_given;
    bool is_written; /* in the binary format: (table 0) is, but not 0, which is older than that */
    u32 index;
} Target;

/* (table x), (memory x), or an index alone. */
static Target read_target(WatParser *p, WatKeyword keyword, WatSpace space)
{
    if (wat_is_index(p)) {
        u32 index = wat_index(p, space);
        return (Target){true, index != 0, index};
    }
    if (wat_form(p) != keyword)
        return (Target){false, false, 0};
    wat_step_form(p);
    u32 index = wat_index(p, space);
    wat_step_right(p);
    return (Target){true, true, index};
}

/* ---- elements ---- */

static const WatBuf funcref = {(u8 *)(uintptr_t)"\x70", 1, 1};

static bool is_funcref(const WatBuf *type) { return type->len == 1 && type->at[0] == 0x70; }

/* Functions by index, as many as there are; as expressions if they must be. */
static u32 read_func_items(WatParser *p, WatBuf *to, bool as_exprs)
{
    u32 count = 0;
    for (; wat_is_index(p); count++) {
        u32 func = wat_index(p, WAT_FUNC);
        if (as_exprs)
            wat_put_op(p, to, WASM_OP_REF_FUNC);
        wat_put_uleb(p, to, func);
        if (as_exprs)
            wat_put_op(p, to, WASM_OP_END);
    }
    return count;
}

/* (item ...) or folded instructions. */
static u32 read_expr_items(WatParser *p, WatBuf *to)
{
    u32 count = 0;
    for (; p->lex.tok.kind == WAT_TOK_LEFT; count++) {
        if (wat_form(p) != WAT_KW_ITEM) {
            wat_folded_expr(p, WAT_SEC_COUNT, to);
            continue;
        }
        wat_step_form(p);
        wat_expr(p, WAT_SEC_COUNT, to);
        wat_step_right(p);
    }
    return count;
}

enum { ELEM_NOT_ACTIVE = 1, ELEM_TABLE = 2, ELEM_DECLARED = 2, ELEM_EXPRS = 4 };

/* What a segment is: the type of its elements, and the elements in p->items. */
typedef struct Elements {
    WatBuf type;
    bool are_exprs;
    u32 count;
} Elements;

/* func x*, reftype item*, or x* where that may stand. */
static void read_elements(WatParser *p, Elements *e, bool may_be_bare)
{
    p->items.len = 0;
    *e = (Elements){.type = funcref};
    if (p->lex.tok.keyword == WAT_KW_FUNC) {
        wat_step(p);
        e->count = read_func_items(p, &p->items, false);
    } else if (wat_is_ref_type(p)) {
        e->type = (WatBuf){NULL, 0, 0};
        e->are_exprs = true;
        wat_ref_type(p, &e->type);
        e->count = read_expr_items(p, &p->items);
    } else if (may_be_bare) {
        e->count = read_func_items(p, &p->items, false);
    } else {
        wat_unexpected(&p->lex, "`func` or a reference type");
    }
}

static void put_elements(WatParser *p, WatBuf *to, const Elements *e, u32 flags)
{
    if (flags & 3) {
        if (e->are_exprs)
            wat_put_buf(p, to, &e->type);
        else
            wat_put_u8(p, to, 0);
    }
    wat_put_uleb(p, to, e->count);
    wat_put_buf(p, to, &p->items);
    p->sections[WAT_SEC_ELEM].count++;
}

void wat_elem(WatParser *p, u32 at)
{
    WatBuf *to = wat_section(p, WAT_SEC_ELEM);
    Elements e;
    wat_mark(p, WAT_SEC_ELEM, to, at);
    wat_take_names(p, &p->names[WAT_ELEM], p->seen[WAT_ELEM]++);
    u32 flags_at = to->len, flags = 0;
    if (p->lex.tok.keyword == WAT_KW_DECLARE) {
        wat_step(p);
        flags = ELEM_NOT_ACTIVE | ELEM_DECLARED;
    }
    Target table = {false, false, 0};
    if (!flags)
        table = read_target(p, WAT_KW_TABLE, WAT_TABLE);
    bool is_active = table.is_given ||
                     (!flags && p->lex.tok.kind == WAT_TOK_LEFT && !wat_is_ref_type(p));
    if (!is_active) {
        wat_put_u8(p, to, 0);
        read_elements(p, &e, false);
        flags |= ELEM_NOT_ACTIVE | (e.are_exprs ? ELEM_EXPRS : 0);
        to->at[flags_at] = (u8)flags;
        put_elements(p, to, &e, flags);
        return;
    }
    /* Flags and table are known when the elements are; the offset, which comes first, may be long,
     * so the table is written where it may have to be taken away again. */
    wat_put_u8(p, to, 0);
    bool has_table = table.is_written;
    if (has_table)
        wat_put_uleb(p, to, table.index);
    u32 offset_at = to->len;
    read_offset(p, WAT_SEC_ELEM);
    read_elements(p, &e, true);
    if (e.are_exprs && !is_funcref(&e.type) && !has_table) {
        wat_put_u8(p, to, 0);
        memmove(to->at + offset_at + 1, to->at + offset_at, to->len - offset_at - 1);
        to->at[offset_at] = 0;
        has_table = true;
    }
    flags = (has_table ? ELEM_TABLE : 0) | (e.are_exprs ? ELEM_EXPRS : 0);
    to->at[flags_at] = (u8)flags;
    put_elements(p, to, &e, flags);
}

u32 wat_inline_elem(WatParser *p, u32 table, bool is_64, const WatBuf *type)
{
    WatBuf *to = wat_section(p, WAT_SEC_ELEM);
    Elements e = {.type = *type, .are_exprs = !wat_is_index(p) || !is_funcref(type)};
    p->seen[WAT_ELEM]++;
    wat_mark(p, WAT_SEC_ELEM, to, p->lex.tok.start);
    p->items.len = 0;
    if (wat_is_index(p))
        e.count = read_func_items(p, &p->items, e.are_exprs);
    else
        e.count = read_expr_items(p, &p->items);
    e.are_exprs &= e.count > 0 || !is_funcref(type);
    bool has_table = table != 0 || (e.are_exprs && !is_funcref(type));
    u32 flags = (has_table ? ELEM_TABLE : 0) | (e.are_exprs ? ELEM_EXPRS : 0);
    wat_put_u8(p, to, flags);
    if (has_table)
        wat_put_uleb(p, to, table);
    put_zero(p, to, is_64);
    put_elements(p, to, &e, flags);
    return e.count;
}

/* ---- data ---- */

void wat_strings(WatParser *p, WatBuf *to)
{
    for (; p->lex.tok.kind == WAT_TOK_STRING; wat_step(p)) {
        WasmStr part = wat_string(&p->lex, &p->temp);
        wat_put_bytes(p, to, part.at, part.len);
        arena_reset(&p->temp);
    }
}

/* The strings from here on, with their length. */
static u32 put_strings(WatParser *p, WatBuf *to)
{
    /* Decoded where they stay: there may be much of them. What is not needed of the room for the
     * length is taken back. */
    static const u8 room[5];
    u32 at = to->len;
    wat_put_bytes(p, to, room, sizeof room);
    wat_strings(p, to);
    u32 len = to->len - at - (u32)sizeof room;
    to->len = at;
    wat_put_uleb(p, to, len);
    memmove(to->at + to->len, to->at + at + sizeof room, len);
    to->len += len;
    p->sections[WAT_SEC_DATA].count++;
    return len;
}

enum { DATA_ACTIVE = 0, DATA_PASSIVE = 1, DATA_MEMORY = 2 };

void wat_data(WatParser *p, u32 at)
{
    WatBuf *to = wat_section(p, WAT_SEC_DATA);
    wat_mark(p, WAT_SEC_DATA, to, at);
    wat_take_names(p, &p->names[WAT_DATA], p->seen[WAT_DATA]++);
    Target memory = read_target(p, WAT_KW_MEMORY, WAT_MEMORY);
    if (!memory.is_given && p->lex.tok.kind != WAT_TOK_LEFT) {
        wat_put_u8(p, to, DATA_PASSIVE);
    } else {
        wat_put_u8(p, to, memory.is_written ? DATA_MEMORY : DATA_ACTIVE);
        if (memory.is_written)
            wat_put_uleb(p, to, memory.index);
        read_offset(p, WAT_SEC_DATA);
    }
    put_strings(p, to);
}

u32 wat_inline_data(WatParser *p, u32 memory, bool is_64)
{
    WatBuf *to = wat_section(p, WAT_SEC_DATA);
    wat_mark(p, WAT_SEC_DATA, to, p->lex.tok.start);
    p->seen[WAT_DATA]++;
    wat_put_u8(p, to, memory ? DATA_MEMORY : DATA_ACTIVE);
    if (memory)
        wat_put_uleb(p, to, memory);
    put_zero(p, to, is_64);
    return put_strings(p, to);
}
