/* Private to the printer's files.
 *
 * Sections are read from the bytes once more, without checks, because the model has types by their
 * canonical index: text is to show the index that was written. Sections are printed in their order,
 * which is one that text allows.
 */
#ifndef STINT_WAT_PRINT_INT_H
#define STINT_WAT_PRINT_INT_H

#include "base/vec.h"
#include "wat/print.h"

/* The index spaces; the first five are in the order of WasmKind. */
typedef enum PrintSpace {
    PRINT_FUNC,
    PRINT_TABLE,
    PRINT_MEMORY,
    PRINT_GLOBAL,
    PRINT_TAG,
    PRINT_TYPE,
    PRINT_ELEM,
    PRINT_DATA,
    PRINT_SPACES,
} PrintSpace;

typedef struct PrintName {
    WasmStr text; /* at == NULL: none */
    bool is_id;   /* not empty, and the first of this text in its list */
} PrintName;

/* Names by index; those behind the last one have none. */
typedef struct PrintNameList {
    PrintName *at;
    u32 len;
} PrintNameList;

static inline PrintName print_nth_name(PrintNameList list, u32 index)
{
    return index < list.len ? list.at[index] : (PrintName){.is_id = false};
}

/* A map of the name section inside of another one. */
typedef struct PrintNameMap {
    const u8 *at; /* NULL: there is none */
    const u8 *end;
} PrintNameMap;

/* What the name section says, as far as text can say it too. */
typedef struct PrintNames {
    const WasmCustom *section; /* NULL: there is none */
    WasmStr module;
    PrintNameList spaces[PRINT_SPACES];
    PrintNameMap *locals, *labels; /* by function; NULL: no function has any */
    PrintNameList *fields;         /* by type; NULL likewise */
    bool is_lossless; /* the section has nothing but these, written the canonical way */
} PrintNames;

typedef struct Printer {
    StrBuf *out;
    const WasmModule *m;
    u32 flags;
    Arena arena;   /* for all of it */
    Arena scratch; /* for one function or expression */
    u64 key;       /* for hashing names */

    u32 *type_at;             /* by type: offset of its parameters or fields in the module */
    const u8 *type_index_at;  /* in the function section: of the next body */
    u32 next[PRINT_SPACES];   /* the index that the next definition has */
    u8 last_section;          /* id of the last one that text has; 0 at the beginning */
    bool is_behind_count;     /* a data count section came after it */
    bool is_behind_all;       /* the name section was there, and is not printed */
    PrintNames names;
    const WasmCustom *hint_section; /* of branch hints that are printed where they belong */

    /* The function being printed. */
    u32 func;
    PrintNameList locals;
    PrintNameList label_names; /* by number of the construct */
    u32 n_labels;              /* constructs so far */
    VEC(PrintName) labels;     /* names of the open ones; the first is the function's */
    const WasmFuncHints *hints; /* NULL: none, or none are shown */
} Printer;

/* ---- print_text.c: words ---- */

static inline void put(Printer *p, const char *text) { sb_puts(p->out, text); }
void print_u64(Printer *p, u64 value);
void print_i64(Printer *p, i64 value);
/* A line break; `at` is the offset of what follows. */
void print_line(Printer *p, u32 depth, u32 at);
/* Text in quotes: UTF-8 for people, but nothing that moves a cursor; or bytes. */
void print_name(Printer *p, WasmStr name);
void print_bytes(Printer *p, const u8 *bytes, size_t size);
/* Bytes over several lines, if there are many. */
void print_data(Printer *p, u32 depth, u32 at, u32 size);
/* "$name" or "$\"a name\"". */
void print_id(Printer *p, WasmStr name);

/* ---- print_type.c: types and uses of them ---- */

void print_heap_type(Printer *p, WasmReader *r);
void print_val_type(Printer *p, WasmReader *r);
void print_skip_val_type(WasmReader *r);
/* An index that is used: its name or its number. */
void print_index(Printer *p, PrintSpace space, u32 index);
/* " $name (;7;)": the head of the next definition of this space. */
void print_define(Printer *p, PrintSpace space);
/* " (type 3)", and its parameters, which may have names, and results. */
void print_type_use(Printer *p, u32 type, PrintNameList names);
void print_type_section(Printer *p, WasmReader *r);
/* What import and definition of a kind have in common, behind its keyword and name. */
void print_table_type(Printer *p, WasmReader *r);
void print_memory_type(Printer *p, WasmReader *r);
void print_global_type(Printer *p, WasmReader *r);

/* ---- print_names.c ---- */

void print_read_names(Printer *p);
/* Sets the names of the locals and labels of a function, in scratch memory.
 * n_labels  at most so many */
void print_enter_func(Printer *p, u32 func, u32 n_locals, u32 n_labels);
/* Looks for names of labels that the function did not have. */
void print_leave_func(Printer *p);
static inline PrintName print_field_name(const Printer *p, u32 type, u32 field)
{
    PrintNameList none = {NULL, 0};
    return print_nth_name(p->names.fields ? p->names.fields[type] : none, field);
}

/* ---- print_custom.c ---- */

/* Decides whether branch hints are printed as annotations of operators. */
void print_read_hints(Printer *p);
void print_custom(Printer *p, const WasmCustom *custom);

/* ---- print_body.c ---- */

/* What stands behind an operator's name. */
void print_operands(Printer *p, WasmReader *r, WasmOp op);
void print_body(Printer *p, const WasmBody *body);
/* The hint for the operator at this offset, as an annotation and a blank. */
void print_hint(Printer *p, u32 at);
/* A comment that says which label a construct has: lines go on with " (;@3;)" to refer to it. */
void print_label_comment(Printer *p);
/* p->n_labels says how many constructs stand before this one. */
void print_open_label(Printer *p);
void print_close_label(Printer *p);

/* ---- print_fold.c ---- */

/* The operators up to the end of the body, around their operands. */
void print_folded_body(Printer *p, WasmReader *r);
/* A constant expression, which is always folded, and one line: " (i32.const 7)". */
void print_const(Printer *p, WasmReader *r);

#endif
