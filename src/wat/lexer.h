/* Tokens of the text format, for modules and for scripts.
 *
 * The lexer is a value that always shows one token, `tok`; wat_next() goes to the one behind it.
 * A copy of it is a place to come back to, and so the way to look ahead.
 *
 * White space, comments and annotations are gone past. All of them are checked as the
 * specification wants: UTF-8, characters, matching parentheses. The annotations that mean
 * something are noted in the token they stand before (WatToken.annot).
 *
 * Failing means to record the Diag and to jump to on_fail, so nobody checks results.
 */
#ifndef STINT_WAT_LEXER_H
#define STINT_WAT_LEXER_H

#include "wasm/wasm.h"

/* Longer texts are refused; so offsets are u32, and no section can overflow one. */
#define WAT_MAX_BYTES ((size_t)1 << 30)
#define WAT_NO_ANNOT UINT32_MAX

typedef enum WatTokenKind {
    WAT_TOK_END, /* of the text */
    WAT_TOK_LEFT,
    WAT_TOK_RIGHT,
    WAT_TOK_KEYWORD,  /* begins with a lower-case letter; `keyword` says which one */
    WAT_TOK_ID,       /* $name or $"name" */
    WAT_TOK_STRING,
    WAT_TOK_NAT,      /* an integer without a sign */
    WAT_TOK_INT,      /* an integer with a sign */
    WAT_TOK_FLOAT,    /* a number that is no integer; inf, nan and nan:0x1 too */
    WAT_TOK_RESERVED, /* something else that holds together */
} WatTokenKind;

typedef enum WatKeyword {
    WAT_KW_NONE, /* a word that nothing is called */
#define KEYWORD(name, text) WAT_KW_##name,
#include "wat/keywords.def"
#undef KEYWORD
    WAT_KW_OP,                             /* + WasmOp, the first of that text */
    WAT_KW_HEAP = WAT_KW_OP + WASM_OP_COUNT, /* + WasmHeap: the heap type, unless it is above */
    WAT_KW_SHORT = WAT_KW_HEAP + WASM_HEAP_BOTTOM, /* + WasmHeap: its nullable reference */
    WAT_KW_COUNT = WAT_KW_SHORT + WASM_HEAP_BOTTOM,
} WatKeyword;

typedef struct WatToken {
    u8 kind;     /* WatTokenKind */
    u16 keyword; /* WatKeyword; of WAT_KW_OFFSET_EQ and WAT_KW_ALIGN_EQ a number follows the = */
    u32 start;   /* byte offset in the text */
    u32 len;     /* bytes */
    u32 annot;   /* byte offset of the first annotation before it that means something */
} WatToken;

/* Words to keywords: a hash table that wat_lexer_init() builds. */
typedef struct WatKeywordTable WatKeywordTable;

typedef struct WatLexer {
    WatToken tok;
    const char *text; /* borrowed */
    const char *at;   /* behind tok */
    const char *end;
    Arena *arena;     /* for names that annotations spell with escapes */
    const WatKeywordTable *keywords; /* in that arena */
    bool in_annot;    /* an annotation is being read: (@x begins no other one */
    Diag *diag;
    jmp_buf *on_fail;
} WatLexer;

/* Makes the first token the current one, so on_fail must be ready. The arena's on_oom may be the
 * same jump; if it has none, running out of memory goes to on_fail as well. */
void wat_lexer_init(WatLexer *lex, Arena *arena, const char *text, size_t len, Diag *diag,
                    jmp_buf *on_fail);
void wat_next(WatLexer *lex);
/* Makes the token at this offset the current one. */
void wat_goto(WatLexer *lex, u32 offset);
/* Goes behind the parenthesis that closes the form `tok` is in, to the token behind it. What is in
 * between is not looked at. False: there is no such parenthesis, and the lexer has not moved. */
bool wat_skip_form(WatLexer *lex);

/* ---- what the token is ---- */

static inline bool wat_is(const WatLexer *lex, WatTokenKind kind) { return lex->tok.kind == kind; }
static inline bool wat_is_keyword(const WatLexer *lex, WatKeyword keyword)
{
    return lex->tok.keyword == (u16)keyword;
}
static inline const char *wat_token_at(const WatLexer *lex) { return lex->text + lex->tok.start; }
/* Is it spelled like this? For words that are not in keywords.def. */
bool wat_is_spelled(const WatLexer *lex, const char *word);
/* Is it a parenthesis with this keyword behind it? */
bool wat_is_form(const WatLexer *lex, WatKeyword keyword);

/* ---- what it says; each leaves it the current token ---- */

/* The bytes of a string, escapes replaced: in the text itself if there are none, else in the arena.
 * Not necessarily UTF-8. */
WasmStr wat_string(const WatLexer *lex, Arena *arena);
/* The same, which must be UTF-8: "malformed UTF-8 encoding". */
WasmStr wat_name(const WatLexer *lex, Arena *arena);
/* An identifier without its $. */
WasmStr wat_id(const WatLexer *lex, Arena *arena);
/* An integer of at most `bits` bits, signed or not, as its two's complement in 64 bits: what is
 * negative is sign-extended. "constant out of range" */
u64 wat_int(const WatLexer *lex, u32 bits);
/* An unsigned integer of 8, 32 or 64 bits: "i32 constant out of range". */
u64 wat_nat(const WatLexer *lex, u32 bits);
/* The number behind the = of offset= and align=. */
u64 wat_nat_behind_eq(const WatLexer *lex);
/* Bits of a floating-point number; integers are numbers as well. "constant out of range" */
u32 wat_f32(const WatLexer *lex);
u64 wat_f64(const WatLexer *lex);

/* ---- going on; each fails where the token is another one ---- */

void wat_take(WatLexer *lex, WatTokenKind kind, const char *expected);
void wat_take_keyword(WatLexer *lex, WatKeyword keyword);
static inline void wat_take_left(WatLexer *lex) { wat_take(lex, WAT_TOK_LEFT, "`(`"); }
static inline void wat_take_right(WatLexer *lex) { wat_take(lex, WAT_TOK_RIGHT, "`)`"); }

/* ---- failing ---- */

_Noreturn void wat_fail(const WatLexer *lex, u32 offset, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* At the current token: "unexpected token `x`: expected a value type"; "unknown operator x" if
 * nothing is called like that. */
_Noreturn void wat_unexpected(const WatLexer *lex, const char *expected);
/* The token as an error shows it: short, and printable. */
#define WAT_TOKEN_TEXT_MAX 64
const char *wat_token_text(const WatLexer *lex, char buf[WAT_TOKEN_TEXT_MAX]);

/* ---- annotations that mean something ---- */

/* Finds the next such annotation before `tok`, at or behind *annot, which starts as tok.annot and
 * goes behind it. `inside` shows the first token behind its name. False: there is none left. */
typedef enum WatAnnot { WAT_ANNOT_CUSTOM, WAT_ANNOT_NAME, WAT_ANNOT_BRANCH_HINT } WatAnnot;
bool wat_next_annot(const WatLexer *lex, u32 *annot, WatAnnot *which, WatLexer *inside);
const char *wat_annot_name(WatAnnot which);

/* ---- places ---- */

typedef struct WatPosition {
    u32 line;   /* from 1 */
    u32 column; /* from 1, in characters */
} WatPosition;

WatPosition wat_position(const char *text, size_t len, u64 offset);

#endif
