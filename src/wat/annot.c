/* Annotations that mean something: custom sections, names, branch hints. */
#include "base/utf8.h"
#include "wat/wat_int.h"

void wat_fail_misplaced(WatParser *p)
{
    WatAnnot which;
    WatLexer inside;
    u32 annot = p->lex.tok.annot;
    if (!wat_next_annot(&p->lex, &annot, &which, &inside))
        UNREACHABLE();
    const char *name = wat_annot_name(which);
    if (which != WAT_ANNOT_BRANCH_HINT)
        wat_fail(&p->lex, p->lex.tok.annot, "misplaced @%s annotation", name);
    wat_fail(&p->lex, p->lex.tok.annot, "@%s annotation: %s", name,
             p->in_func ? "invalid target: expected if or br_if behind it" : "not in a function");
}

static _Noreturn void fail_annot(const WatLexer *in, WatAnnot which, const char *what)
{
    char buf[WAT_TOKEN_TEXT_MAX];
    wat_fail(in, in->tok.start, "@%s annotation: %s: found %s", wat_annot_name(which), what,
             wat_token_text(in, buf));
}

/* ---- custom sections ---- */

static const struct {
    const char *word;
    WatSection section;
} section_words[] = {
    {"type", WAT_SEC_TYPE},     {"import", WAT_SEC_IMPORT}, {"func", WAT_SEC_FUNC},
    {"table", WAT_SEC_TABLE},   {"memory", WAT_SEC_MEMORY}, {"tag", WAT_SEC_TAG},
    {"global", WAT_SEC_GLOBAL}, {"export", WAT_SEC_EXPORT}, {"start", WAT_SEC_START},
    {"elem", WAT_SEC_ELEM},     {"code", WAT_SEC_CODE},     {"data", WAT_SEC_DATA},
    {"datacount", WAT_SEC_DATA_COUNT},
};

/* (before x) or (after x): the slot, and goes past it. */
static u32 read_placement(WatLexer *in)
{
    wat_next(in);
    bool is_before = wat_is_spelled(in, "before"), is_after = wat_is_spelled(in, "after");
    if (!is_before && !is_after)
        fail_annot(in, WAT_ANNOT_CUSTOM, "malformed placement: expected before or after");
    wat_next(in);
    u32 slot = WASM_NONE;
    if (is_before && wat_is_spelled(in, "first"))
        slot = 0;
    if (is_after && wat_is_spelled(in, "last"))
        slot = WAT_SLOT_LAST;
    for (size_t i = 0; slot == WASM_NONE && i < ARRAY_LEN(section_words); i++)
        if (wat_is_spelled(in, section_words[i].word))
            slot = wat_slot(section_words[i].section, is_after);
    if (slot == WASM_NONE)
        fail_annot(in, WAT_ANNOT_CUSTOM, "malformed section kind");
    wat_next(in);
    if (in->tok.kind != WAT_TOK_RIGHT)
        fail_annot(in, WAT_ANNOT_CUSTOM, "unexpected token: expected `)`");
    wat_next(in);
    return slot;
}

/* (@custom "name" placement? "contents"*) */
static void read_custom(WatParser *p, WatLexer *in)
{
    WatCustom custom = {.slot = WAT_SLOT_LAST, .at = p->custom_bytes.len};
    if (in->tok.kind != WAT_TOK_STRING)
        fail_annot(in, WAT_ANNOT_CUSTOM, "missing section name");
    WasmStr name = wat_string(in, &p->scratch);
    if (!utf8_valid(name.at, name.len))
        fail_annot(in, WAT_ANNOT_CUSTOM, "malformed UTF-8 encoding");
    wat_put_str(p, &p->custom_bytes, name);
    wat_next(in);
    if (in->tok.kind == WAT_TOK_LEFT)
        custom.slot = read_placement(in);
    for (; in->tok.kind == WAT_TOK_STRING; wat_next(in)) {
        WasmStr part = wat_string(in, &p->temp);
        wat_put_bytes(p, &p->custom_bytes, part.at, part.len);
        arena_reset(&p->temp);
    }
    if (in->tok.kind != WAT_TOK_RIGHT)
        fail_annot(in, WAT_ANNOT_CUSTOM, "unexpected token: expected a string or `)`");
    custom.len = p->custom_bytes.len - custom.at;
    vec_push(&p->scratch, &p->customs, custom);
}

void wat_take_customs(WatParser *p)
{
    u32 annot = p->lex.tok.annot;
    WatAnnot which;
    WatLexer inside;
    while (wat_next_annot(&p->lex, &annot, &which, &inside)) {
        if (which != WAT_ANNOT_CUSTOM)
            wat_fail_misplaced(p);
        read_custom(p, &inside);
        p->lex.tok.annot = annot;
    }
    p->lex.tok.annot = WAT_NO_ANNOT;
}

/* ---- one string ---- */

/* The contents of an annotation that is one string. */
static WasmStr read_string(WatParser *p, WatLexer *in, WatAnnot which)
{
    if (in->tok.kind != WAT_TOK_STRING)
        fail_annot(in, which, "unexpected token: expected a string");
    WasmStr string = wat_string(in, &p->scratch);
    wat_next(in);
    if (in->tok.kind != WAT_TOK_RIGHT)
        fail_annot(in, which, "unexpected token: expected `)`");
    return string;
}

bool wat_take_name_annot(WatParser *p, WasmStr *name, const char *what)
{
    u32 annot = p->lex.tok.annot, before = annot;
    WatAnnot which;
    WatLexer inside;
    bool is_found = false;
    while (wat_next_annot(&p->lex, &annot, &which, &inside)) {
        /* What follows a name may be meant for the first thing inside. */
        if (which != WAT_ANNOT_NAME) {
            p->lex.tok.annot = before;
            return is_found;
        }
        if (is_found)
            wat_fail(&p->lex, before, "@name annotation: multiple %s names", what);
        *name = read_string(p, &inside, which);
        if (!utf8_valid(name->at, name->len))
            wat_fail(&p->lex, before, "@name annotation: malformed UTF-8 encoding");
        is_found = true;
        before = annot;
    }
    p->lex.tok.annot = WAT_NO_ANNOT;
    return is_found;
}

u8 wat_take_hint(WatParser *p)
{
    u32 annot = p->lex.tok.annot;
    u8 hint = 0;
    WatAnnot which;
    WatLexer inside;
    while (wat_next_annot(&p->lex, &annot, &which, &inside)) {
        if (which != WAT_ANNOT_BRANCH_HINT || !p->in_func)
            wat_fail_misplaced(p);
        if (hint)
            wat_fail(&p->lex, p->lex.tok.annot, "@%s annotation: duplicate annotation",
                     wat_annot_name(which));
        WasmStr value = read_string(p, &inside, which);
        if (value.len != 1 || (u8)value.at[0] > 1)
            wat_fail(&p->lex, p->lex.tok.annot,
                     "@%s annotation: invalid value: expected \"\\00\" or \"\\01\"",
                     wat_annot_name(which));
        hint = (u8)(1 + value.at[0]);
    }
    p->lex.tok.annot = WAT_NO_ANNOT;
    return hint;
}
