/* The first pass: every definition gets its index and its name. Fields are looked at no further
 * than that takes, and what is wrong in them is left to the passes that read them. */
#include "wat/wat_int.h"

/* At the kind of an import, with its parenthesis behind it: (func $id ...). */
static void scan_import_kind(WatParser *p)
{
    static const struct {
        WatKeyword keyword;
        WatSpace space;
    } kinds[] = {
        {WAT_KW_FUNC, WAT_FUNC},     {WAT_KW_TABLE, WAT_TABLE}, {WAT_KW_MEMORY, WAT_MEMORY},
        {WAT_KW_GLOBAL, WAT_GLOBAL}, {WAT_KW_TAG, WAT_TAG},
    };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (p->lex.tok.keyword == kinds[i].keyword) {
            wat_next(&p->lex);
            wat_declare(p, kinds[i].space);
            return;
        }
}

/* (import "module" "name" (kind ...)), behind the keyword; inside the kind afterwards. */
static void scan_import(WatParser *p, u32 *depth)
{
    for (u32 i = 0; i < 2; i++)
        if (p->lex.tok.kind == WAT_TOK_STRING)
            wat_next(&p->lex);
    if (p->lex.tok.kind == WAT_TOK_LEFT) {
        wat_next(&p->lex);
        ++*depth;
        scan_import_kind(p);
    }
}

/* A table or memory may have a segment inside, which is one of its space. */
static bool scan_segment(WatParser *p, WatKeyword keyword, WatSpace space)
{
    for (;;) {
        if (p->lex.tok.kind == WAT_TOK_RIGHT || p->lex.tok.kind == WAT_TOK_END)
            return true;
        bool is_form = p->lex.tok.kind == WAT_TOK_LEFT;
        wat_next(&p->lex);
        if (!is_form)
            continue;
        if (p->lex.tok.keyword == keyword)
            wat_declare(p, space);
        if (!wat_skip_form(&p->lex))
            return false;
    }
}

/* (rec (type $id ...) ...), behind the keyword. */
static bool scan_group(WatParser *p)
{
    while (p->lex.tok.kind == WAT_TOK_LEFT) {
        wat_next(&p->lex);
        if (p->lex.tok.keyword == WAT_KW_TYPE) {
            wat_next(&p->lex);
            wat_declare(p, WAT_TYPE);
        }
        if (!wat_skip_form(&p->lex))
            return false;
    }
    return true;
}

/* One field, behind its parenthesis; false: the text ends in it. */
static bool scan_field(WatParser *p, u32 at)
{
    u32 keyword = p->lex.tok.keyword, depth = 1;
    bool goes_on = true;
    wat_next(&p->lex);
    switch (keyword) {
    case WAT_KW_TYPE:
        vec_push(&p->scratch, &p->type_fields, at);
        wat_declare(p, WAT_TYPE);
        break;
    case WAT_KW_REC:
        vec_push(&p->scratch, &p->type_fields, at);
        goes_on = scan_group(p);
        break;
    case WAT_KW_IMPORT:
        scan_import(p, &depth);
        break;
    case WAT_KW_FUNC:
        wat_declare(p, WAT_FUNC);
        break;
    case WAT_KW_TABLE:
        wat_declare(p, WAT_TABLE);
        goes_on = scan_segment(p, WAT_KW_ELEM, WAT_ELEM);
        break;
    case WAT_KW_MEMORY:
        wat_declare(p, WAT_MEMORY);
        goes_on = scan_segment(p, WAT_KW_DATA, WAT_DATA);
        break;
    case WAT_KW_GLOBAL:
        wat_declare(p, WAT_GLOBAL);
        break;
    case WAT_KW_TAG:
        wat_declare(p, WAT_TAG);
        break;
    case WAT_KW_ELEM:
        wat_declare(p, WAT_ELEM);
        break;
    case WAT_KW_DATA:
        wat_declare(p, WAT_DATA);
        break;
    default:
        break;
    }
    for (; goes_on && depth; depth--)
        goes_on = wat_skip_form(&p->lex);
    return goes_on;
}

void wat_scan(WatParser *p)
{
    WatLexer start = p->lex;
    while (p->lex.tok.kind == WAT_TOK_LEFT) {
        u32 at = p->lex.tok.start;
        wat_next(&p->lex);
        if (!scan_field(p, at))
            break;
    }
    p->lex = start;
}
