/* Tokens: what holds together, and what kind of token that is.
 *
 * A token is as long as it can be: everything up to white space, a parenthesis or a comment. What
 * it is, is decided from the whole of it, so 0x1g and "a""b" are one token each, a wrong one. */
#include "wat/lexer.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "wat/wat_int.h"

/* ---- keywords ---- */

typedef struct Word {
    const char *text;
    u32 len;
} Word;

#define WORD(text) {text, sizeof(text) - 1}
static const Word words[WAT_KW_COUNT] = {
    [WAT_KW_NONE] = WORD(""),
#define KEYWORD(name, text) [WAT_KW_##name] = WORD(text),
#include "wat/keywords.def"
#undef KEYWORD
#define OP(name, prefix, code, text, imm, sig, feature, fuel, width) \
    [WAT_KW_OP + WASM_OP_##name] = WORD(text),
#include "wasm/ops.def"
#undef OP
#define HEAP(name, code, text, shorthand, feature)       \
    [WAT_KW_HEAP + WASM_HEAP_##name] = WORD(text),       \
    [WAT_KW_SHORT + WASM_HEAP_##name] = WORD(shorthand),
#include "wasm/heaps.def"
#undef HEAP
};

#define KEYWORD_SLOTS 2048 /* a power of two, more than twice the words */
_Static_assert(WAT_KW_COUNT * 2 < KEYWORD_SLOTS, "the table of keywords is too full");
_Static_assert(WAT_KW_COUNT <= UINT16_MAX, "WatToken.keyword is too narrow");

struct WatKeywordTable {
    u16 slots[KEYWORD_SLOTS]; /* keywords; 0: free */
};

static u32 keyword_slot(const WatKeywordTable *table, const char *text, u32 len)
{
    u32 slot = (u32)hash_bytes(text, len, 0);
    for (;; slot++) {
        u16 found = table->slots[slot & (KEYWORD_SLOTS - 1)];
        if (!found || (words[found].len == len && !memcmp(words[found].text, text, len)))
            return slot & (KEYWORD_SLOTS - 1);
    }
}

/* Where several are spelled alike the first one counts. */
static const WatKeywordTable *make_keywords(Arena *arena)
{
    WatKeywordTable *table = arena_new(arena, WatKeywordTable);
    for (u32 i = 1; table && i < WAT_KW_COUNT; i++) {
        u32 slot = keyword_slot(table, words[i].text, words[i].len);
        if (!table->slots[slot])
            table->slots[slot] = (u16)i;
    }
    return table;
}

static u16 find_keyword(const WatLexer *lex, const char *text, u32 len)
{
    u16 found = lex->keywords->slots[keyword_slot(lex->keywords, text, len)];
    if (found)
        return found;
    if (len > 7 && !memcmp(text, "offset=", 7))
        return WAT_KW_OFFSET_EQ;
    return len > 6 && !memcmp(text, "align=", 6) ? WAT_KW_ALIGN_EQ : WAT_KW_NONE;
}

/* ---- characters ---- */

enum {
    IS_SPACE = 1,
    IS_ID = 2,       /* may stand in identifiers, keywords and numbers */
    IS_RESERVED = 4, /* may stand in words that mean nothing */
    IS_PLAIN = 8,    /* stands for itself in a string */
};

#define R ((u8)(IS_RESERVED | IS_PLAIN))
#define I ((u8)(IS_ID | IS_PLAIN))
#define P IS_PLAIN
static const u8 classes[256] = {
    ['\t'] = IS_SPACE,
    ['\n'] = IS_SPACE,
    ['\r'] = IS_SPACE,
    [' '] = IS_SPACE | IS_PLAIN,
    ['!'] = I, ['#'] = I, ['$'] = I, ['%'] = I, ['&'] = I, ['\''] = I, ['('] = P, [')'] = P,
    ['*'] = I, ['+'] = I, [','] = R, ['-'] = I, ['.'] = I, ['/'] = I,
    ['0' ... '9'] = I,
    [':'] = I, [';'] = R, ['<'] = I, ['='] = I, ['>'] = I, ['?'] = I, ['@'] = I,
    ['A' ... 'Z'] = I,
    ['['] = R, ['\\'] = IS_ID, [']'] = R, ['^'] = I, ['_'] = I, ['`'] = I,
    ['a' ... 'z'] = I,
    ['{'] = R, ['|'] = I, ['}'] = R, ['~'] = I,
};
#undef R
#undef I
#undef P

static inline u8 class_of(char c) { return classes[(u8)c]; }
static inline u32 offset_of(const WatLexer *lex, const char *at) { return (u32)(at - lex->text); }
static inline size_t left_at(const WatLexer *lex, const char *at)
{
    return (size_t)(lex->end - at);
}

/* A character that may not stand here. */
static _Noreturn void fail_character(const WatLexer *lex, const char *at)
{
    u8 c = (u8)*at;
    if (c >= 0x80 && !utf8_sequence((const u8 *)at, left_at(lex, at)))
        wat_fail(lex, offset_of(lex, at), "malformed UTF-8 encoding: byte 0x%02x", c);
    if (c >= 0x80)
        wat_fail(lex, offset_of(lex, at),
                 "illegal character: only comments and strings may have characters beyond ASCII");
    wat_fail(lex, offset_of(lex, at), "illegal character 0x%02x", c);
}

/* Goes past a character that is not ASCII. */
static const char *skip_wide(const WatLexer *lex, const char *at)
{
    size_t len = utf8_sequence((const u8 *)at, left_at(lex, at));
    if (!len)
        fail_character(lex, at);
    return at + len;
}

/* ---- strings ---- */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The number in \u{...} at `at`, its first digit; leaves `at` behind the brace. False: it is none,
 * or no character. */
static bool read_scalar(const char **at, const char *end, u32 *out)
{
    const char *p = *at;
    u32 value = 0;
    bool was_digit = false;
    for (; p < end && *p != '}'; p++) {
        int digit = hex_value(*p);
        bool is_separator = *p == '_' && was_digit;
        if ((digit < 0 && !is_separator) || value > 0x10FFFF)
            return false;
        was_digit = digit >= 0;
        if (was_digit)
            value = value * 16 + (u32)digit;
    }
    if (p == end || !was_digit || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return false;
    *at = p + 1;
    *out = value;
    return true;
}

/* Goes past the escape whose backslash is at `at`. */
static const char *skip_escape(const WatLexer *lex, const char *at)
{
    const char *p = at + 1;
    u32 scalar;
    if (p < lex->end && memchr("tnr\"'\\", *p, 6))
        return p + 1;
    if (left_at(lex, p) >= 2 && hex_value(p[0]) >= 0 && hex_value(p[1]) >= 0)
        return p + 2;
    if (left_at(lex, p) >= 2 && p[0] == 'u' && p[1] == '{') {
        p += 2;
        if (read_scalar(&p, lex->end, &scalar))
            return p;
    }
    wat_fail(lex, offset_of(lex, at), "illegal escape in a string");
}

/* Goes past the string whose quote is at `at`. empty: what to say of control characters; NULL: of
 * each the usual. */
static const char *skip_string(const WatLexer *lex, const char *at, const char *empty)
{
    const char *p = at + 1;
    for (;;) {
        while (p < lex->end && class_of(*p) & IS_PLAIN)
            p++;
        if (p == lex->end)
            wat_fail(lex, offset_of(lex, at), "unclosed string: the text ends first");
        if (*p == '"')
            return p + 1;
        if (*p == '\\')
            p = skip_escape(lex, p);
        else if ((u8)*p >= 0x80)
            p = skip_wide(lex, p);
        else if (empty)
            wat_fail(lex, offset_of(lex, at), "%s: a control character ends it", empty);
        else if (*p == '\n' || *p == '\r')
            wat_fail(lex, offset_of(lex, at), "unclosed string: the line ends first");
        else
            fail_character(lex, p);
    }
}

static u32 put_utf8(char *to, u32 scalar)
{
    if (scalar < 0x80) {
        to[0] = (char)scalar;
        return 1;
    }
    u32 len = scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4;
    for (u32 i = len - 1; i; i--, scalar >>= 6)
        to[i] = (char)(0x80 | (scalar & 0x3F));
    to[0] = (char)((0xF00 >> len) | scalar);
    return len;
}

/* What an escape stands for, whose form was checked; leaves `at` behind it. No escape is shorter
 * than what it stands for. */
static u32 unescape(const char **at, const char *end, char *to)
{
    static const char codes[] = "tnr\"'\\", meanings[] = "\t\n\r\"'\\";
    const char *p = *at + 1;
    const char *code = strchr(codes, *p);
    u32 scalar = 0;
    if (code && *p) {
        *to = meanings[code - codes];
        *at = p + 1;
        return 1;
    }
    if (*p != 'u') {
        *to = (char)(hex_value(p[0]) << 4 | hex_value(p[1]));
        *at = p + 2;
        return 1;
    }
    *at = p + 2;
    read_scalar(at, end, &scalar);
    return put_utf8(to, scalar);
}

/* The contents of a string of `len` bytes without its quotes. */
static WasmStr decode_string(const char *text, u32 len, Arena *arena)
{
    if (!memchr(text, '\\', len))
        return (WasmStr){text, len};
    char *to = arena_alloc(arena, len, 1);
    const char *at = text, *end = text + len;
    u32 n = 0;
    while (at < end) {
        if (*at == '\\')
            n += unescape(&at, end, to + n);
        else
            to[n++] = *at++;
    }
    return (WasmStr){to, n};
}

WasmStr wat_string(const WatLexer *lex, Arena *arena)
{
    return decode_string(wat_token_at(lex) + 1, lex->tok.len - 2, arena);
}

WasmStr wat_name(const WatLexer *lex, Arena *arena)
{
    WasmStr name = wat_string(lex, arena);
    if (!utf8_valid(name.at, name.len))
        wat_fail(lex, lex->tok.start, "malformed UTF-8 encoding in a name");
    return name;
}

WasmStr wat_id(const WatLexer *lex, Arena *arena)
{
    const char *at = wat_token_at(lex) + 1;
    if (*at != '"')
        return (WasmStr){at, lex->tok.len - 1};
    WasmStr id = decode_string(at + 1, lex->tok.len - 3, arena);
    if (!utf8_valid(id.at, id.len))
        wat_fail(lex, lex->tok.start, "malformed UTF-8 encoding in an identifier");
    return id;
}

/* ---- words ---- */

static void set_token(WatLexer *lex, WatTokenKind kind, const char *start, const char *end)
{
    lex->tok.kind = (u8)kind;
    lex->tok.keyword = WAT_KW_NONE;
    lex->tok.start = offset_of(lex, start);
    lex->tok.len = (u32)(end - start);
    lex->at = end;
}

/* $ and what follows: n_strings strings, and nothing but `len` bytes. */
static WatTokenKind id_kind(const WatLexer *lex, const char *start, size_t len, u32 n_strings)
{
    bool is_quoted = len > 1 && start[1] == '"';
    if (!lex->in_annot && (len == 1 || (is_quoted && len == 3)))
        wat_fail(lex, offset_of(lex, start), "empty identifier");
    if (n_strings)
        return is_quoted && n_strings == 1 && start[len - 1] == '"' ? WAT_TOK_ID : WAT_TOK_RESERVED;
    return len > 1 ? WAT_TOK_ID : WAT_TOK_RESERVED;
}

/* A word that is not only characters of identifiers, or begins with $. */
static void read_odd_word(WatLexer *lex, const char *start)
{
    const char *at = start;
    u32 n_strings = 0;
    bool is_reserved = false;
    for (; at < lex->end; at++) {
        u8 class = class_of(*at);
        if (*at == '"') {
            bool is_id = at == start + 1 && *start == '$' && !lex->in_annot;
            at = skip_string(lex, at, is_id ? "empty identifier" : NULL) - 1;
            n_strings++;
        } else if (class & IS_RESERVED) {
            if (*at == ';' && left_at(lex, at) > 1 && at[1] == ';')
                break;
            is_reserved = true;
        } else if (!(class & IS_ID)) {
            break;
        }
    }
    size_t len = (size_t)(at - start);
    WatTokenKind kind = WAT_TOK_RESERVED;
    if (!is_reserved && *start == '$')
        kind = id_kind(lex, start, len, n_strings);
    else if (!is_reserved && n_strings == 1 && *start == '"' && at[-1] == '"')
        kind = WAT_TOK_STRING;
    set_token(lex, kind, start, at);
    if (kind == WAT_TOK_ID && n_strings && !utf8_valid(start, len))
        fail_character(lex, start);
}

static void read_word(WatLexer *lex, const char *start)
{
    const char *at = start;
    while (at < lex->end && class_of(*at) & IS_ID)
        at++;
    u8 next = at < lex->end ? (u8)*at : ' ';
    if (UNLIKELY(next == '"' || classes[next] & IS_RESERVED || (*start == '$' && at - start < 2))) {
        /* A semicolon may begin a comment, which is no part of the word. */
        bool is_comment = next == ';' && left_at(lex, at) > 1 && at[1] == ';' && at > start;
        if (!is_comment || *start == '$') {
            read_odd_word(lex, start);
            return;
        }
    }
    if (at == start)
        fail_character(lex, at);
    u32 len = (u32)(at - start);
    set_token(lex, WAT_TOK_RESERVED, start, at);
    if (*start == '$') {
        lex->tok.kind = WAT_TOK_ID;
    } else if (*start >= 'a' && *start <= 'z') {
        lex->tok.kind = WAT_TOK_KEYWORD;
        lex->tok.keyword = find_keyword(lex, start, len);
        if (!lex->tok.keyword && (*start == 'i' || *start == 'n'))
            lex->tok.kind = (u8)(wat_number_kind(start, len) == WAT_TOK_FLOAT ? WAT_TOK_FLOAT
                                                                              : WAT_TOK_KEYWORD);
    } else if ((*start >= '0' && *start <= '9') || *start == '+' || *start == '-') {
        lex->tok.kind = (u8)wat_number_kind(start, len);
    }
}

/* ---- what is between tokens ---- */

static const char *skip_line_comment(const WatLexer *lex, const char *at)
{
    for (; at < lex->end && *at != '\n' && *at != '\r'; at++)
        if ((u8)*at >= 0x80)
            at = skip_wide(lex, at) - 1;
    return at;
}

static const char *skip_block_comment(const WatLexer *lex, const char *at)
{
    const char *start = at;
    size_t depth = 1;
    for (at += 2; left_at(lex, at) >= 2;) {
        if (at[0] == ';' && at[1] == ')') {
            at += 2;
            if (!--depth)
                return at;
        } else if (at[0] == '(' && at[1] == ';') {
            at += 2;
            depth++;
        } else {
            at = (u8)*at < 0x80 ? at + 1 : skip_wide(lex, at);
        }
    }
    wat_fail(lex, offset_of(lex, start), "unclosed comment: the text ends first");
}

/* Behind the name of the annotation at `at`, whose first bytes are (@. */
static const char *skip_annot_name(const WatLexer *lex, const char *at)
{
    const char *name = at + 2, *p = name;
    bool is_empty = p == lex->end;
    if (!is_empty && *p == '"') {
        p = skip_string(lex, p, "empty annotation id");
        is_empty = p - name == 2;
        WasmStr id = decode_string(name + 1, (u32)(p - name) - 2, lex->arena);
        if (!utf8_valid(id.at, id.len))
            wat_fail(lex, offset_of(lex, name), "malformed UTF-8 encoding in an annotation id");
    } else {
        while (p < lex->end && class_of(*p) & IS_ID)
            p++;
        is_empty = p == name;
    }
    if (is_empty)
        wat_fail(lex, offset_of(lex, at), "empty annotation id");
    return p;
}

static const char *const annot_names[] = {
    [WAT_ANNOT_CUSTOM] = "custom",
    [WAT_ANNOT_NAME] = "name",
    [WAT_ANNOT_BRANCH_HINT] = "metadata.code.branch_hint",
};

const char *wat_annot_name(WatAnnot which) { return annot_names[which]; }

/* Which one this is, of those that mean something; ARRAY_LEN(annot_names): none of them. */
static size_t annot_named(const char *name, size_t len)
{
    if (len > 2 && *name == '"') {
        name++;
        len -= 2;
    }
    size_t i = 0;
    while (i < ARRAY_LEN(annot_names) &&
           (strlen(annot_names[i]) != len || memcmp(annot_names[i], name, len) != 0))
        i++;
    return i;
}

/* Behind the annotation at `start`, given what is behind its name. */
static const char *skip_annot_body(const WatLexer *lex, const char *start, const char *name_end)
{
    WatLexer in = *lex;
    in.in_annot = true;
    in.at = name_end;
    for (size_t depth = 1; depth;) {
        wat_next(&in);
        if (in.tok.kind == WAT_TOK_END)
            wat_fail(lex, offset_of(lex, start), "unclosed annotation: the text ends first");
        depth += in.tok.kind == WAT_TOK_LEFT;
        depth -= in.tok.kind == WAT_TOK_RIGHT;
    }
    return in.at;
}

/* Goes past an annotation, and notes it if it means something. */
static const char *skip_annot(WatLexer *lex, const char *at)
{
    const char *name_end = skip_annot_name(lex, at);
    if (lex->tok.annot == WAT_NO_ANNOT &&
        annot_named(at + 2, (size_t)(name_end - at) - 2) < ARRAY_LEN(annot_names))
        lex->tok.annot = offset_of(lex, at);
    return skip_annot_body(lex, at, name_end);
}

/* Goes past white space, comments and annotations, or up to the first annotation. */
static const char *skip_blank(WatLexer *lex, const char *at, bool stops_at_annot)
{
    for (;;) {
        while (at < lex->end && class_of(*at) & IS_SPACE)
            at++;
        if (left_at(lex, at) < 2)
            return at;
        if (at[0] == ';' && at[1] == ';')
            at = skip_line_comment(lex, at);
        else if (at[0] == '(' && at[1] == ';')
            at = skip_block_comment(lex, at);
        else if (at[0] == '(' && at[1] == '@' && !lex->in_annot && !stops_at_annot)
            at = skip_annot(lex, at);
        else
            return at;
    }
}

void wat_next(WatLexer *lex)
{
    lex->tok.annot = WAT_NO_ANNOT;
    const char *at = skip_blank(lex, lex->at, false);
    if (at == lex->end)
        set_token(lex, WAT_TOK_END, at, at);
    else if (*at == '(')
        set_token(lex, WAT_TOK_LEFT, at, at + 1);
    else if (*at == ')')
        set_token(lex, WAT_TOK_RIGHT, at, at + 1);
    else
        read_word(lex, at);
}

/* ---- moving ---- */

void wat_lexer_init(WatLexer *lex, Arena *arena, const char *text, size_t len, Diag *diag,
                    jmp_buf *on_fail)
{
    *lex = (WatLexer){
        .text = text, .at = text, .arena = arena, .diag = diag, .on_fail = on_fail};
    if (len > WAT_MAX_BYTES)
        wat_fail(lex, 0, "text too large: %zu bytes, at most %zu are supported", len,
                 WAT_MAX_BYTES);
    lex->end = text + len;
    lex->keywords = make_keywords(arena);
    if (!lex->keywords) {
        diag_oom(diag);
        longjmp(*on_fail, 1);
    }
    wat_next(lex);
}

void wat_goto(WatLexer *lex, u32 offset)
{
    lex->at = lex->text + offset;
    wat_next(lex);
}

/* Past a block comment whose bytes do not matter; NULL: it has no end. */
static const char *pass_block_comment(const char *at, const char *end)
{
    size_t depth = 0;
    while (end - at >= 2) {
        if (at[0] == '(' && at[1] == ';') {
            depth++;
            at += 2;
        } else if (at[0] == ';' && at[1] == ')') {
            at += 2;
            if (!--depth)
                return at;
        } else {
            at++;
        }
    }
    return NULL;
}

static const char *pass_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++)
        if (*at == '\\')
            at++;
    return at < end ? at + 1 : NULL;
}

bool wat_skip_form(WatLexer *lex)
{
    const char *at = wat_token_at(lex), *end = lex->end;
    size_t depth = 1;
    while (at && at < end) {
        switch (*at) {
        case '(':
            if (end - at >= 2 && at[1] == ';') {
                at = pass_block_comment(at, end);
                continue;
            }
            depth++;
            break;
        case ')':
            if (!--depth) {
                lex->at = at + 1;
                wat_next(lex);
                return true;
            }
            break;
        case '"':
            at = pass_string(at, end);
            continue;
        case ';':
            if (end - at >= 2 && at[1] == ';')
                while (at < end && *at != '\n' && *at != '\r')
                    at++;
            break;
        default:
            break;
        }
        if (at < end)
            at++;
    }
    return false;
}

bool wat_is_spelled(const WatLexer *lex, const char *word)
{
    size_t len = strlen(word);
    return lex->tok.len == len && !memcmp(wat_token_at(lex), word, len);
}

bool wat_is_form(const WatLexer *lex, WatKeyword keyword)
{
    if (lex->tok.kind != WAT_TOK_LEFT)
        return false;
    WatLexer ahead = *lex;
    wat_next(&ahead);
    return ahead.tok.keyword == (u16)keyword;
}

void wat_take(WatLexer *lex, WatTokenKind kind, const char *expected)
{
    if (UNLIKELY(lex->tok.kind != kind))
        wat_unexpected(lex, expected);
    wat_next(lex);
}

void wat_take_keyword(WatLexer *lex, WatKeyword keyword)
{
    if (UNLIKELY(lex->tok.keyword != (u16)keyword)) {
        char expected[48];
        snprintf(expected, sizeof expected, "`%s`", words[keyword].text);
        wat_unexpected(lex, expected);
    }
    wat_next(lex);
}

/* ---- annotations ---- */

bool wat_next_annot(const WatLexer *lex, u32 *annot, WatAnnot *which, WatLexer *inside)
{
    while (*annot != WAT_NO_ANNOT && *annot < lex->tok.start) {
        const char *at = lex->text + *annot;
        WatLexer blank = *lex;
        at = skip_blank(&blank, at, true);
        *annot = offset_of(lex, at);
        if (*annot >= lex->tok.start)
            break;
        const char *name_end = skip_annot_name(lex, at);
        size_t named = annot_named(at + 2, (size_t)(name_end - at) - 2);
        *annot = offset_of(lex, skip_annot_body(lex, at, name_end));
        if (named < ARRAY_LEN(annot_names)) {
            *which = (WatAnnot)named;
            *inside = *lex;
            inside->in_annot = true;
            inside->at = name_end;
            wat_next(inside);
            return true;
        }
    }
    return false;
}

/* ---- failing ---- */

void wat_fail(const WatLexer *lex, u32 offset, const char *format, ...)
{
    char text[sizeof lex->diag->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    diag_fail(lex->diag, offset, "%s", text);
    longjmp(*lex->on_fail, 1);
}

const char *wat_token_text(const WatLexer *lex, char buf[WAT_TOKEN_TEXT_MAX])
{
    const u32 limit = 40;
    const char *at = wat_token_at(lex);
    u32 n = 0, i = 0;
    if (lex->tok.kind == WAT_TOK_END)
        return strcpy(buf, "the end of the text");
    buf[n++] = '`';
    while (i < lex->tok.len && n < limit) {
        size_t len = utf8_sequence((const u8 *)at + i, lex->tok.len - i);
        bool is_printable = len > 1 || (len == 1 && at[i] >= 0x20 && at[i] != 0x7F);
        if (is_printable)
            memcpy(buf + n, at + i, len);
        else
            buf[n] = '?';
        n += is_printable ? (u32)len : 1;
        i += len ? (u32)len : 1;
    }
    strcpy(buf + n, i < lex->tok.len ? "...`" : "`");
    return buf;
}

void wat_near_text(const Near *near, char buf[WAT_NEAR_TEXT_MAX])
{
    StrBuf text = {0};
    near_print(near, &text);
    snprintf(buf, WAT_NEAR_TEXT_MAX, "%s", sb_str(&text));
    sb_free(&text);
}

/* Words that the unknown one may have been meant to be. */
static void near_words(const WatLexer *lex, char buf[WAT_NEAR_TEXT_MAX])
{
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)MIN(lex->tok.len, sizeof word - 1),
             wat_token_at(lex));
    Near near = {.word = word};
    for (u32 i = 0; i < KEYWORD_SLOTS && lex->tok.len < sizeof word; i++)
        if (lex->keywords->slots[i])
            near_offer(&near, words[lex->keywords->slots[i]].text);
    wat_near_text(&near, buf);
}

void wat_unexpected(const WatLexer *lex, const char *expected)
{
    char buf[WAT_TOKEN_TEXT_MAX], near[WAT_NEAR_TEXT_MAX] = "";
    const char *found = wat_token_text(lex, buf);
    bool is_unknown = lex->tok.kind == WAT_TOK_RESERVED ||
                      (lex->tok.kind == WAT_TOK_KEYWORD && lex->tok.keyword == WAT_KW_NONE);
    if (lex->tok.kind == WAT_TOK_END)
        wat_fail(lex, lex->tok.start, "unexpected token: the text ends, expected %s", expected);
    if (!is_unknown)
        wat_fail(lex, lex->tok.start, "unexpected token %s: expected %s", found, expected);
    if (lex->tok.kind == WAT_TOK_KEYWORD)
        near_words(lex, near);
    /* As the suite has it, without quotes. */
    wat_fail(lex, lex->tok.start, "unknown operator %.*s: expected %s%s", (int)strlen(found) - 2,
             found + 1, expected, near);
}

WatPosition wat_position(const char *text, size_t len, u64 offset)
{
    WatPosition p = {1, 1};
    size_t end = offset < len ? (size_t)offset : len, line = 0;
    for (size_t i = 0; i < end; i++) {
        bool is_crlf = text[i] == '\r' && i + 1 < len && text[i + 1] == '\n';
        if (text[i] == '\n' || (text[i] == '\r' && !is_crlf)) {
            p.line++;
            line = i + 1;
        }
    }
    for (size_t i = line; i < end; i++)
        p.column += ((u8)text[i] & 0xC0) != 0x80;
    return p;
}
