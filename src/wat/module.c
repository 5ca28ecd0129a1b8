/* The fields of a module, in order: imports, tables, memories, globals, tags, exports, the start.
 * Functions and segments have files of their own. */
#include "wat/wat_int.h"

/* Codes of imports and exports, by WatSpace. */
static const u8 kind_codes[WAT_SPACE_COUNT] = {
    [WAT_FUNC] = 0, [WAT_TABLE] = 1, [WAT_MEMORY] = 2, [WAT_GLOBAL] = 3, [WAT_TAG] = 4,
};

/* The space of functions, tables and so on that a keyword names; WAT_SPACE_COUNT: none. */
static WatSpace space_of(u32 keyword)
{
    switch (keyword) {
    case WAT_KW_FUNC:
        return WAT_FUNC;
    case WAT_KW_TABLE:
        return WAT_TABLE;
    case WAT_KW_MEMORY:
        return WAT_MEMORY;
    case WAT_KW_GLOBAL:
        return WAT_GLOBAL;
    case WAT_KW_TAG:
        return WAT_TAG;
    default:
        return WAT_SPACE_COUNT;
    }
}

/* ---- what definitions begin with ---- */

static void put_export(WatParser *p, WatSpace space, u32 index)
{
    WatBuf *to = wat_section(p, WAT_SEC_EXPORT);
    wat_put_u8(p, to, kind_codes[space]);
    wat_put_uleb(p, to, index);
    p->sections[WAT_SEC_EXPORT].count++;
}

static void read_inline_exports(WatParser *p, WatSpace space, u32 index)
{
    while (wat_form(p) == WAT_KW_EXPORT) {
        wat_mark(p, WAT_SEC_EXPORT, wat_section(p, WAT_SEC_EXPORT), p->lex.tok.start);
        wat_step_form(p);
        wat_put_string(p, wat_section(p, WAT_SEC_EXPORT));
        put_export(p, space, index);
        wat_step_right(p);
    }
}

/* The two names of an import, which begins at `at`. */
static void put_import_names(WatParser *p, u32 at)
{
    WatBuf *to = wat_section(p, WAT_SEC_IMPORT);
    if (p->first_definition)
        wat_fail(&p->lex, at, "import after %s: imports come before all definitions",
                 p->first_definition);
    wat_mark(p, WAT_SEC_IMPORT, to, at);
    wat_put_string(p, to);
    wat_put_string(p, to);
    p->sections[WAT_SEC_IMPORT].count++;
}

/* (import "module" "name"); false: it is a definition. */
static bool read_inline_import(WatParser *p, WatSpace space)
{
    if (wat_form(p) != WAT_KW_IMPORT) {
        if (!p->first_definition)
            p->first_definition = wat_space_name(space);
        return false;
    }
    u32 at = p->lex.tok.start;
    wat_step_form(p);
    put_import_names(p, at);
    wat_put_u8(p, wat_section(p, WAT_SEC_IMPORT), kind_codes[space]);
    wat_step_right(p);
    return true;
}

/* ---- types of tables, memories, globals and tags ---- */

static bool read_address_type(WatParser *p)
{
    bool is_64 = p->lex.tok.keyword == WAT_KW_I64;
    if (is_64)
        wat_need(p, WASM_FEATURE_MEMORY64, p->lex.tok.start, "i64");
    if (is_64 || p->lex.tok.keyword == WAT_KW_I32)
        wat_step(p);
    return is_64;
}

/* (pagesize n); the logarithm plus one, 0 if it is not there. */
static u32 read_page_size(WatParser *p)
{
    if (wat_form(p) != WAT_KW_PAGESIZE)
        return 0;
    wat_step(p);
    wat_need(p, WASM_FEATURE_CUSTOM_PAGE_SIZES, p->lex.tok.start, "pagesize");
    wat_step(p);
    u64 size = wat_nat(&p->lex, 32);
    if (!is_pow2(size)) {
        char buf[WAT_TOKEN_TEXT_MAX];
        wat_fail(&p->lex, p->lex.tok.start, "invalid custom page size %s: expected a power of two",
                 wat_token_text(&p->lex, buf));
    }
    wat_step(p);
    wat_step_right(p);
    return ctz64(size) + 1;
}

enum { LIMITS_MAX = 1, LIMITS_SHARED = 2, LIMITS_64 = 4, LIMITS_PAGE = 8 };

static void put_limits(WatParser *p, WatBuf *to, u32 flags, u64 min, u64 max, u32 page)
{
    wat_put_u8(p, to, flags | (page ? LIMITS_PAGE : 0));
    wat_put_uleb(p, to, min);
    if (flags & LIMITS_MAX)
        wat_put_uleb(p, to, max);
    if (page)
        wat_put_uleb(p, to, page - 1);
}

/* min max?, and for memories shared? (pagesize n)? */
static void read_limits(WatParser *p, WatBuf *to, bool is_64, bool is_memory)
{
    /* Whether a number fits its address type is for the validator, unless there is but one type. */
    u32 bits = wasm_feature_on(p->features, WASM_FEATURE_MEMORY64) ? 64 : 32;
    u32 flags = is_64 ? LIMITS_64 : 0, page = 0;
    u64 min = wat_nat(&p->lex, bits), max = 0;
    wat_step(p);
    if (p->lex.tok.kind == WAT_TOK_NAT) {
        max = wat_nat(&p->lex, bits);
        flags |= LIMITS_MAX;
        wat_step(p);
    }
    if (is_memory && p->lex.tok.keyword == WAT_KW_SHARED) {
        wat_need(p, WASM_FEATURE_THREADS, p->lex.tok.start, "shared");
        flags |= LIMITS_SHARED;
        wat_step(p);
    }
    if (is_memory)
        page = read_page_size(p);
    put_limits(p, to, flags, min, max, page);
}

/* Limits stand before the element's type in text, behind it in the binary format. */
static void read_table_type(WatParser *p, WatBuf *to, bool is_64)
{
    p->tmp.len = 0;
    read_limits(p, &p->tmp, is_64, false);
    wat_ref_type(p, to);
    wat_put_buf(p, to, &p->tmp);
}

static void read_global_type(WatParser *p, WatBuf *to)
{
    bool is_mutable = wat_form(p) == WAT_KW_MUT;
    if (is_mutable)
        wat_step_form(p);
    wat_val_type(p, to);
    if (is_mutable)
        wat_step_right(p);
    wat_put_u8(p, to, is_mutable);
}

static u32 read_signature(WatParser *p)
{
    bool is_named;
    u32 type = wat_type_use(p, WAT_IDS_IGNORED, &is_named);
    return is_named ? type : wat_sig_type(p);
}

/* The type of an import of this kind. */
static void read_extern_type(WatParser *p, WatSpace space, WatBuf *to)
{
    switch (space) {
    case WAT_TABLE:
        read_table_type(p, to, read_address_type(p));
        break;
    case WAT_MEMORY:
        read_limits(p, to, read_address_type(p), true);
        break;
    case WAT_GLOBAL:
        read_global_type(p, to);
        break;
    default:
        if (space == WAT_TAG)
            wat_put_u8(p, to, 0);
        wat_put_uleb(p, to, read_signature(p));
        break;
    }
}

/* ---- definitions ---- */

/* reftype (elem ...): a table that is as large as what is in it. */
static void read_filled_table(WatParser *p, u32 index, bool is_64)
{
    WatBuf *to = wat_section(p, WAT_SEC_TABLE);
    WatBuf type = {NULL, 0, 0};
    wat_ref_type(p, &type);
    if (wat_form(p) != WAT_KW_ELEM)
        wat_unexpected(&p->lex, "`(elem`");
    wat_step_form(p);
    u32 count = wat_inline_elem(p, index, is_64, &type);
    wat_step_right(p);
    wat_put_buf(p, to, &type);
    put_limits(p, to, LIMITS_MAX | (is_64 ? LIMITS_64 : 0), count, count, 0);
}

static void read_table(WatParser *p, u32 index)
{
    WatBuf *to = wat_section(p, WAT_SEC_TABLE);
    p->sections[WAT_SEC_TABLE].count++;
    bool is_64 = read_address_type(p);
    if (p->lex.tok.kind != WAT_TOK_NAT) {
        read_filled_table(p, index, is_64);
        return;
    }
    /* An initial value is announced before the type: room is made for it when one is there. */
    u32 at = to->len;
    read_table_type(p, to, is_64);
    if (p->lex.tok.kind == WAT_TOK_RIGHT)
        return;
    wat_put_u8(p, to, 0);
    wat_put_u8(p, to, 0);
    memmove(to->at + at + 2, to->at + at, to->len - at - 2);
    to->at[at] = 0x40;
    to->at[at + 1] = 0;
    wat_expr(p, WAT_SEC_TABLE, to);
}

static void read_memory(WatParser *p, u32 index)
{
    WatBuf *to = wat_section(p, WAT_SEC_MEMORY);
    p->sections[WAT_SEC_MEMORY].count++;
    bool is_64 = read_address_type(p);
    if (p->lex.tok.kind == WAT_TOK_NAT) {
        read_limits(p, to, is_64, true);
        return;
    }
    u32 page = read_page_size(p);
    if (wat_form(p) != WAT_KW_DATA)
        wat_unexpected(&p->lex, "a number of pages or `(data`");
    wat_step_form(p);
    u64 size = wat_inline_data(p, index, is_64);
    wat_step_right(p);
    u32 page_log2 = page ? page - 1 : 16;
    u64 pages = (size + ((u64)1 << page_log2) - 1) >> page_log2;
    put_limits(p, to, LIMITS_MAX | (is_64 ? LIMITS_64 : 0), pages, pages, page);
}

static void read_global(WatParser *p)
{
    WatBuf *to = wat_section(p, WAT_SEC_GLOBAL);
    p->sections[WAT_SEC_GLOBAL].count++;
    read_global_type(p, to);
    wat_expr(p, WAT_SEC_GLOBAL, to);
}

static void read_tag(WatParser *p)
{
    WatBuf *to = wat_section(p, WAT_SEC_TAG);
    p->sections[WAT_SEC_TAG].count++;
    wat_put_u8(p, to, 0);
    wat_put_uleb(p, to, read_signature(p));
}

/* A function, table, memory, global or tag behind its keyword. */
static void read_definition(WatParser *p, WatSpace space, u32 at)
{
    static const WatSection sections[WAT_SPACE_COUNT] = {
        [WAT_FUNC] = WAT_SEC_FUNC,     [WAT_TABLE] = WAT_SEC_TABLE, [WAT_MEMORY] = WAT_SEC_MEMORY,
        [WAT_GLOBAL] = WAT_SEC_GLOBAL, [WAT_TAG] = WAT_SEC_TAG,
    };
    u32 index = p->seen[space]++;
    wat_take_names(p, &p->names[space], index);
    read_inline_exports(p, space, index);
    if (read_inline_import(p, space)) {
        read_extern_type(p, space, wat_section(p, WAT_SEC_IMPORT));
        return;
    }
    wat_mark(p, sections[space], wat_section(p, sections[space]), at);
    switch (space) {
    case WAT_FUNC:
        wat_func(p, index, at);
        break;
    case WAT_TABLE:
        read_table(p, index);
        break;
    case WAT_MEMORY:
        read_memory(p, index);
        break;
    case WAT_GLOBAL:
        read_global(p);
        break;
    default:
        read_tag(p);
        break;
    }
}

/* ---- other fields ---- */

/* (func, (table and so on. */
static WatSpace read_kind(WatParser *p)
{
    wat_step_left(p);
    WatSpace space = space_of(p->lex.tok.keyword);
    if (space == WAT_SPACE_COUNT)
        wat_unexpected(&p->lex, "`func`, `table`, `memory`, `global` or `tag`");
    wat_step(p);
    return space;
}

/* "module" "name" (kind $id type) */
static void read_import(WatParser *p, u32 at)
{
    WatBuf *to = wat_section(p, WAT_SEC_IMPORT);
    put_import_names(p, at);
    WatSpace space = read_kind(p);
    wat_put_u8(p, to, kind_codes[space]);
    wat_take_names(p, &p->names[space], p->seen[space]++);
    read_extern_type(p, space, to);
    wat_step_right(p);
}

/* "name" (kind x) */
static void read_export(WatParser *p, u32 at)
{
    wat_mark(p, WAT_SEC_EXPORT, wat_section(p, WAT_SEC_EXPORT), at);
    wat_put_string(p, wat_section(p, WAT_SEC_EXPORT));
    WatSpace space = read_kind(p);
    put_export(p, space, wat_index(p, space));
    wat_step_right(p);
}

static void read_start(WatParser *p, u32 at)
{
    WatBuf *to = wat_section(p, WAT_SEC_START);
    if (to->len)
        wat_fail(&p->lex, at, "multiple start sections: a module starts once");
    wat_mark(p, WAT_SEC_START, to, at);
    wat_put_uleb(p, to, wat_index(p, WAT_FUNC));
}

/* Types were read before. */
static void skip_types(WatParser *p)
{
    wat_next(&p->lex);
    if (!wat_skip_form(&p->lex))
        UNREACHABLE();
}

/* One field, at its parenthesis. */
static void read_field(WatParser *p)
{
    u32 at = p->lex.tok.start, keyword = wat_form(p);
    p->field_at = at;
    if (keyword == WAT_KW_TYPE || keyword == WAT_KW_REC) {
        skip_types(p);
        return;
    }
    wat_step_left(p);
    WatSpace space = space_of(keyword);
    if (space == WAT_SPACE_COUNT && keyword != WAT_KW_IMPORT && keyword != WAT_KW_EXPORT &&
        keyword != WAT_KW_START && keyword != WAT_KW_ELEM && keyword != WAT_KW_DATA)
        wat_unexpected(&p->lex, "a field of a module");
    wat_step(p);
    if (space != WAT_SPACE_COUNT)
        read_definition(p, space, at);
    else if (keyword == WAT_KW_IMPORT)
        read_import(p, at);
    else if (keyword == WAT_KW_EXPORT)
        read_export(p, at);
    else if (keyword == WAT_KW_START)
        read_start(p, at);
    else if (keyword == WAT_KW_ELEM)
        wat_elem(p, at);
    else
        wat_data(p, at);
    wat_step_right(p);
}

void wat_fields(WatParser *p)
{
    for (;;) {
        if (UNLIKELY(p->lex.tok.annot != WAT_NO_ANNOT))
            wat_take_customs(p);
        if (p->lex.tok.kind != WAT_TOK_LEFT)
            break;
        read_field(p);
    }
    /* An index below all that were made since means a type nobody could foresee. */
    if (p->late_type < p->types.len)
        wat_fail(&p->lex, p->late_type_at, "unknown type %u: it is only made by what follows",
                 p->late_type);
}
