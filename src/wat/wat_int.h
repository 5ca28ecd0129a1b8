/* Private to the room: the parser's state, and what its files share.
 *
 * Sections grow as byte buffers while the text is read once, in order; write.c puts them together.
 * Identifiers are interned: a symbol is a number, and what it stands for in an index space is found
 * by (space, symbol) in one hash table. Locals and labels, which come and go with functions and
 * constructs, are kept in the symbol itself.
 *
 * Failing goes through the lexer's on_fail, to the one setjmp in parse.c.
 */
#ifndef STINT_WAT_INT_H
#define STINT_WAT_INT_H

#include "base/near.h"
#include "base/vec.h"
#include "wat/wat.h"

/* number.c: the kind of a word that begins like a number; WAT_TOK_RESERVED if it is none. */
WatTokenKind wat_number_kind(const char *at, size_t len);

/* lexer.c: "; near: ..." or nothing. */
#define WAT_NEAR_TEXT_MAX 224
void wat_near_text(const Near *near, char buf[WAT_NEAR_TEXT_MAX]);

/* ---- what is being built ---- */

/* Bytes; a VEC of them that has a name. */
typedef struct WatBuf {
    u8 *at;
    u32 len;
    u32 cap;
} WatBuf;

/* Sections in the order in which they are written. */
typedef enum WatSection {
    WAT_SEC_TYPE,
    WAT_SEC_IMPORT,
    WAT_SEC_FUNC,
    WAT_SEC_TABLE,
    WAT_SEC_MEMORY,
    WAT_SEC_TAG,
    WAT_SEC_GLOBAL,
    WAT_SEC_EXPORT,
    WAT_SEC_START,
    WAT_SEC_ELEM,
    WAT_SEC_DATA_COUNT,
    WAT_SEC_CODE,
    WAT_SEC_DATA,
    WAT_SEC_COUNT,
} WatSection;

typedef struct WatSectionBuf {
    WatBuf buf;     /* what is behind the count */
    u32 count;      /* entries */
    u32 written_at; /* of buf in the module, once it is written */
} WatSectionBuf;

/* Index spaces, in the order of the subsections of names. */
typedef enum WatSpace {
    WAT_FUNC,
    WAT_TYPE,
    WAT_TABLE,
    WAT_MEMORY,
    WAT_GLOBAL,
    WAT_ELEM,
    WAT_DATA,
    WAT_TAG,
    WAT_SPACE_COUNT,
} WatSpace;

/* Names with the indices they belong to, rising. */
typedef struct WatNames {
    WatBuf buf;
    u32 count;
} WatNames;

/* ---- names ---- */

typedef struct WatSym {
    WasmStr name;
    u32 local;      /* index, while local_func is the function being read */
    u32 local_func; /* its stamp */
    u32 label;      /* place of the innermost label of that name in `labels`, plus one; 0: none */
} WatSym;

typedef struct WatMapSlot {
    u64 key;
    u32 value; /* WASM_NONE: free */
} WatMapSlot;

typedef struct WatMap {
    WatMapSlot *slots;
    u32 cap; /* a power of two, or 0 */
    u32 count;
} WatMap;

/* ---- types ---- */

typedef struct WatType {
    u8 kind;      /* WasmTypeKind */
    u32 at, len;  /* in the type section: the type without supertypes */
    u32 n_params; /* of a function */
} WatType;

/* Parameters and results as they are read. */
typedef struct WatSig {
    WatBuf params, results;
    u32 n_params, n_results;
} WatSig;

/* What identifiers of parameters mean. */
typedef enum WatParamIds { WAT_IDS_REFUSED, WAT_IDS_IGNORED, WAT_IDS_LOCALS } WatParamIds;

/* ---- instructions ---- */

typedef struct WatLabel {
    u32 sym;   /* or WASM_NONE */
    u32 outer; /* the symbol's label before this one, as in WatSym.label */
} WatLabel;

typedef struct WatFrame {
    u8 kind;     /* see instr.c */
    u8 state;    /* of `if` and `try` in parentheses */
    u8 hint;     /* of a folded operator; 0: none */
    u32 pending; /* where in `pending` its operator begins that is still to be written */
    u32 offset;  /* of the operator in the text */
    u32 sym;     /* of a folded `if`: its label, until that counts */
    WasmStr name;
} WatFrame;

/* Where custom sections may be: first (0), before and behind each section, last. */
#define WAT_SLOT_LAST (2u * WAT_SEC_COUNT + 1)
static inline u32 wat_slot(WatSection section, bool is_behind)
{
    return 2 * (u32)section + 1 + is_behind;
}

typedef struct WatCustom {
    u32 slot;
    u32 at, len; /* in `custom_bytes`: name and contents */
} WatCustom;

/* The byte at `at` of a section's buffer comes from `text`. */
typedef struct WatMark {
    u32 section;
    u32 at;
    u32 text;
} WatMark;

typedef struct WatParser {
    WatLexer lex;
    Arena scratch; /* everything until the end */
    Arena temp;    /* one string at a time */
    WasmFeatures features;
    u64 key; /* for hashing */
    jmp_buf jump;

    VEC(WatSym) syms;
    u32 *sym_slots; /* symbols plus one; 0: free */
    u32 n_sym_slots;
    WatMap indices;             /* by wat_space_key() */
    u32 counts[WAT_SPACE_COUNT]; /* definitions in the module: what scan.c found */
    u32 seen[WAT_SPACE_COUNT];   /* of those, read by now */

    VEC(u32) type_fields; /* where in the text the types and groups of types begin */
    VEC(WatType) types;
    WatMap type_map; /* hash of a function type's bytes to the first such type */
    WatSig sig;
    u32 late_type;    /* the lowest type index used before such a type was known, or WASM_NONE */
    u32 late_type_at; /* in the text */

    WatSectionBuf sections[WAT_SEC_COUNT];
    WatNames names[WAT_SPACE_COUNT];
    WatNames local_names, label_names, field_names; /* by function or type */
    WatNames own_locals, own_labels, own_fields;    /* of the one being read */
    WasmStr module_name;
    VEC(WatCustom) customs;
    WatBuf custom_bytes;
    WatNames hints; /* branch hints, by function; built like names */
    const char *first_definition; /* a word for it; NULL: only imports so far */
    bool uses_data;               /* in functions: the data count section is needed */

    /* The field, function or expression being read. */
    u32 field_at; /* in the text */
    bool in_func;
    u32 func_stamp;
    u32 n_locals;
    u32 n_labels;    /* constructs so far */
    u32 code_section; /* WatSection of `code`; WAT_SEC_COUNT: it is moved on, and has no marks */
    WatBuf *code;     /* where operators go */
    WatBuf body;
    WatBuf locals;  /* runs of locals */
    WatBuf pending; /* folded operators whose operands are being read */
    WatBuf tmp;     /* of whoever needs it last */
    WatBuf items;   /* of an element segment */
    VEC(WatFrame) frames;
    VEC(WatLabel) labels;
    VEC(u32) targets;
    WatNames own_hints;

    WatBuf output;
    bool wants_marks;
    VEC(WatMark) marks;
} WatParser;

/* ---- stepping: the current token's annotations must have been used ---- */

_Noreturn void wat_fail_misplaced(WatParser *p);
static inline void wat_step(WatParser *p)
{
    if (UNLIKELY(p->lex.tok.annot != WAT_NO_ANNOT))
        wat_fail_misplaced(p);
    wat_next(&p->lex);
}
static inline void wat_step_left(WatParser *p)
{
    if (UNLIKELY(p->lex.tok.kind != WAT_TOK_LEFT))
        wat_unexpected(&p->lex, "`(`");
    wat_step(p);
}
static inline void wat_step_right(WatParser *p)
{
    if (UNLIKELY(p->lex.tok.kind != WAT_TOK_RIGHT))
        wat_unexpected(&p->lex, "`)`");
    wat_step(p);
}
/* Past ( and the keyword behind it, which is there. */
static inline void wat_step_form(WatParser *p)
{
    wat_step(p);
    wat_step(p);
}
/* The keyword behind a parenthesis; WAT_KW_NONE if there is no such thing. */
static inline u32 wat_form(const WatParser *p)
{
    if (p->lex.tok.kind != WAT_TOK_LEFT)
        return WAT_KW_NONE;
    WatLexer ahead = p->lex;
    wat_next(&ahead);
    return ahead.tok.keyword;
}
static inline bool wat_is_index(const WatParser *p)
{
    return p->lex.tok.kind == WAT_TOK_NAT || p->lex.tok.kind == WAT_TOK_ID;
}

/* ---- bytes ---- */

static inline void wat_put_u8(WatParser *p, WatBuf *to, u32 byte)
{
    vec_push(&p->scratch, to, (u8)byte);
}
void wat_put_uleb_slow(WatParser *p, WatBuf *to, u64 value);
static inline void wat_put_uleb(WatParser *p, WatBuf *to, u64 value)
{
    if (LIKELY(value < 0x80))
        wat_put_u8(p, to, (u32)value);
    else
        wat_put_uleb_slow(p, to, value);
}
void wat_put_sleb(WatParser *p, WatBuf *to, i64 value);
void wat_put_bytes(WatParser *p, WatBuf *to, const void *bytes, size_t len);
static inline void wat_put_buf(WatParser *p, WatBuf *to, const WatBuf *from)
{
    wat_put_bytes(p, to, from->at, from->len);
}
/* With its length before it. */
void wat_put_str(WatParser *p, WatBuf *to, WasmStr str);
/* The string or name that is the current token, which it goes past. */
void wat_put_string(WatParser *p, WatBuf *to);
/* Notes that what is written next at the end of `to` comes from there. */
void wat_mark_slow(WatParser *p, u32 section, const WatBuf *to, u32 text);
static inline void wat_mark(WatParser *p, u32 section, const WatBuf *to, u32 text)
{
    if (UNLIKELY(p->wants_marks))
        wat_mark_slow(p, section, to, text);
}
static inline WatBuf *wat_section(WatParser *p, WatSection section)
{
    return &p->sections[section].buf;
}

/* ---- names.c ---- */

u32 wat_intern(WatParser *p, WasmStr name);
/* The symbol of the identifier that is the current token; stays there. */
u32 wat_sym(WatParser *p);
/* WASM_NONE: there is none. */
u32 wat_map_find(const WatParser *p, const WatMap *map, u64 key);
/* False: the key is there already, and keeps its value. */
bool wat_map_add(WatParser *p, WatMap *map, u64 key, u32 value);
static inline u64 wat_space_key(WatSpace space, u32 sym) { return (u64)space << 32 | sym; }
static inline u64 wat_field_key(u32 type, u32 sym)
{
    return ((u64)WAT_SPACE_COUNT + type) << 32 | sym;
}
/* "function", "elem segment": as it stands in errors. */
const char *wat_space_name(WatSpace space);
/* Gives the next index of a space to the identifier that is the current token, if it is one; goes
 * past it. scan.c alone declares. */
void wat_declare(WatParser *p, WatSpace space);
/* An index, by number or name; goes past it. */
u32 wat_index(WatParser *p, WatSpace space);
u32 wat_local(WatParser *p);
u32 wat_field(WatParser *p, u32 type);
/* Gives the next local to the identifier that is the current token, if it is one; goes past it. */
void wat_declare_local(WatParser *p);
/* An identifier or name annotation behind a definition's keyword, noted for the name section. */
void wat_take_names(WatParser *p, WatNames *names, u32 index);
void wat_add_name(WatParser *p, WatNames *names, u32 index, WasmStr name);
/* Moves the names of one function or type to those of all. */
void wat_flush_names(WatParser *p, WatNames *all, WatNames *own, u32 index);

/* ---- annot.c ---- */

/* Custom sections before the current token. */
void wat_take_customs(WatParser *p);
/* The name in an annotation before the current token; false: there is none. Of several it is said
 * that they are multiple `what` names. */
bool wat_take_name_annot(WatParser *p, WasmStr *name, const char *what);
/* The branch hint before the current token: 1 + its value; 0: there is none. */
u8 wat_take_hint(WatParser *p);

/* ---- types.c ---- */

/* Each writes what it reads. */
void wat_val_type(WatParser *p, WatBuf *to);
void wat_ref_type(WatParser *p, WatBuf *to);
void wat_heap_type(WatParser *p, WatBuf *to);
/* The parts of (ref null? x), for where they stand apart; the heap type is written. */
bool wat_ref_type_parts(WatParser *p, WatBuf *heap);
/* Is this a reference type's beginning? */
bool wat_is_ref_type(const WatParser *p);
/* All types of the module. */
void wat_read_types(WatParser *p);
/* (type x)? (param ...)* (result ...)*; the type's index. p->sig has what was written down. */
u32 wat_type_use(WatParser *p, WatParamIds ids, bool *is_named);
void wat_read_sig(WatParser *p, WatParamIds ids);
/* The type of p->sig, which is made if there is none. */
u32 wat_sig_type(WatParser *p);
void wat_need(WatParser *p, WasmFeature feature, u32 offset, const char *what);

/* ---- instr.c, immediates.c ---- */

/* Instructions up to the parenthesis that closes what they are in, with an `end` behind them. */
void wat_expr(WatParser *p, WatSection section, WatBuf *to);
/* One folded instruction, with an `end` behind it. */
void wat_folded_expr(WatParser *p, WatSection section, WatBuf *to);
void wat_put_op(WatParser *p, WatBuf *to, WasmOp op);
/* The operator that is the current token, and its immediates. */
void wat_plain_op(WatParser *p, WasmOp op, WatBuf *to);
u32 wat_label(WatParser *p);
/* Catch clauses of try_table, up to the first that is none. */
void wat_catches(WatParser *p, WatBuf *to);

/* ---- scan.c, module.c, func.c, segments.c ---- */

/* Gives indices to names; the lexer comes back to where it was. */
void wat_scan(WatParser *p);
/* The fields of a module, up to the parenthesis behind them or the end of the text. */
void wat_fields(WatParser *p);
/* Definitions behind what they all begin with; `at`: where in the text they begin. */
void wat_func(WatParser *p, u32 index, u32 at);
void wat_elem(WatParser *p, u32 at);
void wat_data(WatParser *p, u32 at);
/* What stands inside (elem ...) and (data ...) in a table and a memory; how many elements or bytes
 * that is. */
u32 wat_inline_elem(WatParser *p, u32 table, bool is_64, const WatBuf *type);
u32 wat_inline_data(WatParser *p, u32 memory, bool is_64);
/* Strings up to the first token that is none. */
void wat_strings(WatParser *p, WatBuf *to);

/* ---- write.c ---- */

void wat_write(WatParser *p, Arena *arena, WatModule *out);
/* Where the byte at wasm_offset of what was written comes from. */
u64 wat_find_mark(const WatParser *p, u64 wasm_offset);

#endif
