/* The binary module: bytes, sections in their order, the name section. */
#include "wat/wat_int.h"

/* ---- bytes ---- */

void wat_put_uleb_slow(WatParser *p, WatBuf *to, u64 value)
{
    for (; value >= 0x80; value >>= 7)
        wat_put_u8(p, to, (u32)(value & 0x7F) | 0x80);
    wat_put_u8(p, to, (u32)value);
}

void wat_put_sleb(WatParser *p, WatBuf *to, i64 value)
{
    while (value < -64 || value > 63) {
        wat_put_u8(p, to, (u32)(value & 0x7F) | 0x80);
        value >>= 7;
    }
    wat_put_u8(p, to, (u32)(value & 0x7F));
}

void wat_put_bytes(WatParser *p, WatBuf *to, const void *bytes, size_t len)
{
    if (!len)
        return;
    vec_reserve(&p->scratch, to, len);
    memcpy(to->at + to->len, bytes, len);
    to->len += (u32)len;
}

void wat_put_str(WatParser *p, WatBuf *to, WasmStr str)
{
    wat_put_uleb(p, to, str.len);
    wat_put_bytes(p, to, str.at, str.len);
}

void wat_put_string(WatParser *p, WatBuf *to)
{
    if (p->lex.tok.kind != WAT_TOK_STRING)
        wat_unexpected(&p->lex, "a string");
    wat_put_str(p, to, wat_name(&p->lex, &p->temp));
    arena_reset(&p->temp);
    wat_step(p);
}

static u32 uleb_len(u64 value)
{
    u32 len = 1;
    for (; value >= 0x80; value >>= 7)
        len++;
    return len;
}

/* ---- the name section ---- */

static void put_subsection(WatParser *p, WatBuf *to, u32 id, const WatNames *names)
{
    if (!names->count)
        return;
    wat_put_u8(p, to, id);
    wat_put_uleb(p, to, (u64)uleb_len(names->count) + names->buf.len);
    wat_put_uleb(p, to, names->count);
    wat_put_buf(p, to, &names->buf);
}

/* Empty if nothing has a name. */
static WatBuf make_names(WatParser *p)
{
    WatBuf names = {NULL, 0, 0};
    if (p->module_name.at) {
        wat_put_u8(p, &names, 0);
        wat_put_uleb(p, &names, (u64)uleb_len(p->module_name.len) + p->module_name.len);
        wat_put_str(p, &names, p->module_name);
    }
    put_subsection(p, &names, 1, &p->names[WAT_FUNC]);
    put_subsection(p, &names, 2, &p->local_names);
    put_subsection(p, &names, 3, &p->label_names);
    put_subsection(p, &names, 4, &p->names[WAT_TYPE]);
    put_subsection(p, &names, 5, &p->names[WAT_TABLE]);
    put_subsection(p, &names, 6, &p->names[WAT_MEMORY]);
    put_subsection(p, &names, 7, &p->names[WAT_GLOBAL]);
    put_subsection(p, &names, 8, &p->names[WAT_ELEM]);
    put_subsection(p, &names, 9, &p->names[WAT_DATA]);
    put_subsection(p, &names, 10, &p->field_names);
    put_subsection(p, &names, 11, &p->names[WAT_TAG]);
    return names;
}

/* ---- sections ---- */

static const u8 section_ids[WAT_SEC_COUNT] = {
    [WAT_SEC_TYPE] = 1,   [WAT_SEC_IMPORT] = 2, [WAT_SEC_FUNC] = 3,  [WAT_SEC_TABLE] = 4,
    [WAT_SEC_MEMORY] = 5, [WAT_SEC_GLOBAL] = 6, [WAT_SEC_EXPORT] = 7, [WAT_SEC_START] = 8,
    [WAT_SEC_ELEM] = 9,   [WAT_SEC_CODE] = 10,  [WAT_SEC_DATA] = 11, [WAT_SEC_DATA_COUNT] = 12,
    [WAT_SEC_TAG] = 13,
};

static void put_section(WatParser *p, WatBuf *to, u32 section)
{
    WatSectionBuf *s = &p->sections[section];
    bool has_count = section != WAT_SEC_START && section != WAT_SEC_DATA_COUNT;
    if (has_count ? !s->count : !s->buf.len)
        return;
    wat_put_u8(p, to, section_ids[section]);
    wat_put_uleb(p, to, s->buf.len + (has_count ? (u64)uleb_len(s->count) : 0));
    if (has_count)
        wat_put_uleb(p, to, s->count);
    s->written_at = to->len;
    wat_put_buf(p, to, &s->buf);
}

/* name: NULL if the contents begin with it. */
static void put_custom(WatParser *p, WatBuf *to, const char *name, const void *bytes, u32 len)
{
    u32 name_len = name ? (u32)strlen(name) : 0;
    wat_put_u8(p, to, 0);
    wat_put_uleb(p, to, (u64)len + (name ? uleb_len(name_len) + name_len : 0));
    if (name)
        wat_put_str(p, to, (WasmStr){name, name_len});
    wat_put_bytes(p, to, bytes, len);
}

static void put_customs(WatParser *p, WatBuf *to, u32 slot)
{
    for (u32 i = 0; i < p->customs.len; i++) {
        const WatCustom *custom = &p->customs.at[i];
        if (custom->slot == slot)
            put_custom(p, to, NULL, p->custom_bytes.at + custom->at, custom->len);
    }
}

static bool has_custom(const WatParser *p, const char *name)
{
    size_t len = strlen(name);
    for (u32 i = 0; i < p->customs.len; i++) {
        const u8 *at = p->custom_bytes.at + p->customs.at[i].at;
        if (at[0] == len && !memcmp(at + 1, name, len))
            return true;
    }
    return false;
}

static void put_hints(WatParser *p, WatBuf *to)
{
    if (!p->hints.count)
        return;
    WatBuf contents = {NULL, 0, 0};
    wat_put_uleb(p, &contents, p->hints.count);
    wat_put_buf(p, &contents, &p->hints.buf);
    put_custom(p, to, wat_annot_name(WAT_ANNOT_BRANCH_HINT), contents.at, contents.len);
}

void wat_write(WatParser *p, Arena *arena, WatModule *out)
{
    static const u8 header[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    WatBuf *to = &p->output;
    WatBuf names = make_names(p);
    if (p->uses_data)
        wat_put_uleb(p, wat_section(p, WAT_SEC_DATA_COUNT), p->sections[WAT_SEC_DATA].count);
    u64 size = sizeof header + names.len + p->custom_bytes.len + p->hints.buf.len + 64;
    for (u32 i = 0; i < WAT_SEC_COUNT; i++)
        size += (u64)p->sections[i].buf.len + 16;
    size += (u64)p->customs.len * 8;
    if (size > UINT32_MAX / 2)
        wat_fail(&p->lex, 0, "module too large: it takes %llu bytes", (unsigned long long)size);
    to->at = arena_alloc(arena, (size_t)size, 1);
    if (!to->at)
        longjmp(p->jump, 1);
    to->cap = (u32)size;
    wat_put_bytes(p, to, header, sizeof header);
    put_customs(p, to, 0);
    for (u32 i = 0; i < WAT_SEC_COUNT; i++) {
        put_customs(p, to, wat_slot((WatSection)i, false));
        if (i == WAT_SEC_CODE)
            put_hints(p, to);
        put_section(p, to, i);
        put_customs(p, to, wat_slot((WatSection)i, true));
    }
    /* A section that is spelt out says all about names. */
    if (names.len && !has_custom(p, "name"))
        put_custom(p, to, "name", names.at, names.len);
    put_customs(p, to, WAT_SLOT_LAST);
    check(to->len <= size);
    out->bytes = to->at;
    out->len = to->len;
}

/* ---- back to the text ---- */

void wat_mark_slow(WatParser *p, u32 section, const WatBuf *to, u32 text)
{
    if (section < WAT_SEC_COUNT)
        vec_push(&p->scratch, &p->marks, (WatMark){section, to->len, text});
}

u64 wat_find_mark(const WatParser *p, u64 wasm_offset)
{
    u64 best = 0, text = DIAG_NO_OFFSET;
    for (u32 i = 0; i < p->marks.len; i++) {
        const WatMark *mark = &p->marks.at[i];
        const WatSectionBuf *s = &p->sections[mark->section];
        u64 at = (u64)s->written_at + mark->at;
        bool is_inside = wasm_offset >= s->written_at && wasm_offset - s->written_at < s->buf.len;
        if (is_inside && at <= wasm_offset && at >= best) {
            best = at;
            text = mark->text;
        }
    }
    return text;
}
