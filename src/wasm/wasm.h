/* wasm: from the bytes of a module to something the rest can trust.
 *
 * Owns: the table of operators (ops.def), proposals (features.def), heap types (heaps.def) and
 * limits (limits.def); the model of a module; the decoder; the validator; names of operators and
 * types. The whole of WebAssembly 3.0 is decoded and fully validated, always.
 *
 * Promises:
 *   - Any bytes at all give a module or a Diag with the absolute byte offset, what was found and
 *     what was expected; the text begins with the specification suite's words. No recursion on
 *     input depth, time and memory linear in the size of the input, nothing read past its end.
 *   - A decoded module is immutable and points into the bytes, which the caller keeps alive.
 *   - wasm_decode() judges everything but function bodies. wasm_validate_func() judges one body and
 *     on request fills a WasmBodyInfo: for each construct where it ends, how often its label is
 *     branched to, what is assigned inside. Bodies may be validated in any order and in parallel,
 *     with one WasmValidator per thread.
 *   - After that a body can be read with the unchecked WasmReader at the end of this file.
 *
 * Types are u32 values that compare with ==: wherever a WasmValType names a type of the module, it
 * names the first type that is equal to it (iso-recursive equality of whole groups), so equal types
 * are equal numbers. WasmModule.types[i].canon gives that first index.
 *
 * Start reading with wasm_decode() and WasmModule below; then decode.c (sections), types.c (groups
 * and subtyping), validate.c (the operator loop), body_info.c (the side table).
 * To see it: `stint validate FILE`; `stint-dev validate --walk` checks side tables as well, and
 * test/spec/test_text_suite.py runs the specification's suite through it.
 */
#ifndef STINT_WASM_H
#define STINT_WASM_H

#include "base/arena.h"
#include "base/diag.h"

#define WASM_NONE UINT32_MAX /* no index */

enum {
#define LIMIT(name, value, what) WASM_MAX_##name = value,
#include "wasm/limits.def"
#undef LIMIT
};

/* ---- proposals ---- */

typedef enum WasmFeature {
#define FEATURE(name, key, is_default) WASM_FEATURE_##name,
#include "wasm/features.def"
#undef FEATURE
    WASM_FEATURE_COUNT,
    WASM_FEATURE_MVP = WASM_FEATURE_COUNT, /* always on */
} WasmFeature;

typedef struct WasmFeatures {
    u32 bits; /* 1 << WasmFeature; bit WASM_FEATURE_MVP is always set */
} WasmFeatures;

WasmFeatures wasm_features_default(void);
WasmFeatures wasm_features_all(void);
/* The key as on the command line, such as "tail-call". */
const char *wasm_feature_key(WasmFeature feature);
/* False if there is no such key. */
bool wasm_feature_named(const char *key, WasmFeature *out);
void wasm_feature_set(WasmFeatures *features, WasmFeature feature, bool is_on);
static inline bool wasm_feature_on(WasmFeatures features, WasmFeature feature)
{
    return features.bits >> feature & 1;
}

/* ---- value types ---- */

/* A number type, or a reference: WASM_REF | WASM_NULLABLE? | (WASM_ABSTRACT | WasmHeap, or the
 * canonical index of a type of the module). Fields of structs and arrays may also be packed. */
typedef u32 WasmValType;

enum {
    WASM_T_BOTTOM = 0, /* operand of unreachable code: fits everywhere; never in a module */
    WASM_T_I32 = 1,
    WASM_T_I64 = 2,
    WASM_T_F32 = 3,
    WASM_T_F64 = 4,
    WASM_T_V128 = 5,
    WASM_T_I8 = 6,  /* packed: in fields only */
    WASM_T_I16 = 7, /* packed: in fields only */
};
#define WASM_REF 0x80000000u
#define WASM_NULLABLE 0x40000000u
#define WASM_ABSTRACT 0x20000000u
#define WASM_HEAP_MASK 0x1FFFFFFFu

typedef enum WasmHeap {
#define HEAP(name, code, text, shorthand, feature) WASM_HEAP_##name,
#include "wasm/heaps.def"
#undef HEAP
    WASM_HEAP_BOTTOM, /* heap type below all; only while validating unreachable code */
    WASM_HEAP_COUNT,
} WasmHeap;

#define WASM_ABSTRACT_REF(heap) (WASM_REF | WASM_NULLABLE | WASM_ABSTRACT | (u32)(heap))
#define WASM_T_FUNCREF WASM_ABSTRACT_REF(WASM_HEAP_FUNC)
#define WASM_T_EXTERNREF WASM_ABSTRACT_REF(WASM_HEAP_EXTERN)
#define WASM_T_ANYREF WASM_ABSTRACT_REF(WASM_HEAP_ANY)
#define WASM_T_EXNREF WASM_ABSTRACT_REF(WASM_HEAP_EXN)

static inline bool wasm_is_ref(WasmValType t) { return (t & WASM_REF) != 0; }
static inline bool wasm_is_nullable(WasmValType t) { return (t & WASM_NULLABLE) != 0; }
static inline bool wasm_is_abstract(WasmValType t) { return (t & WASM_ABSTRACT) != 0; }
/* A reference to a type of the module. */
static inline bool wasm_is_concrete(WasmValType t)
{
    return (t & (WASM_REF | WASM_ABSTRACT)) == WASM_REF;
}
/* The WasmHeap of an abstract reference, the canonical type index of a concrete one. */
static inline u32 wasm_heap_of(WasmValType t) { return t & WASM_HEAP_MASK; }
static inline bool wasm_is_num(WasmValType t) { return t - WASM_T_I32 <= WASM_T_F64 - WASM_T_I32; }
static inline bool wasm_is_packed(WasmValType t) { return t == WASM_T_I8 || t == WASM_T_I16; }
/* May a local of this type be read before it is written? */
static inline bool wasm_is_defaultable(WasmValType t)
{
    return !wasm_is_ref(t) || wasm_is_nullable(t);
}
/* What a field of this storage type is on the operand stack. */
static inline WasmValType wasm_unpacked(WasmValType t)
{
    return wasm_is_packed(t) ? WASM_T_I32 : t;
}

/* The type as in the text format, "i32", "funcref", "(ref null 3)"; returns buf. */
#define WASM_TYPE_NAME_MAX 32
const char *wasm_type_name(char buf[WASM_TYPE_NAME_MAX], WasmValType type);

typedef struct WasmFuncType {
    u32 n_params;
    u32 n_results;
    const WasmValType *params;
    const WasmValType *results;
} WasmFuncType;

typedef struct WasmField {
    WasmValType type; /* storage type: may be packed */
    bool is_mutable;
} WasmField;

typedef enum WasmTypeKind { WASM_TYPE_FUNC, WASM_TYPE_STRUCT, WASM_TYPE_ARRAY } WasmTypeKind;

/* One entry of the type section. */
typedef struct WasmType {
    u8 kind;        /* WasmTypeKind */
    bool is_final;
    bool is_defaultable; /* of a struct or array: so are all its fields */
    u8 depth;       /* number of supertypes above it, at most WASM_MAX_SUBTYPE_DEPTH */
    u32 super;      /* canonical index of the direct supertype, or WASM_NONE */
    u32 canon;      /* the first type of the module that is equal to this one */
    u32 group;      /* index of the first type of its recursive group */
    u32 group_len;  /* types in that group */
    u32 n_fields;   /* of a struct; 1 for an array */
    union {
        WasmFuncType func;
        const WasmField *fields;
    };
} WasmType;

/* ---- operators ---- */

typedef enum WasmOp {
#define OP(name, prefix, code, text, imm, sig, feature, fuel, width) WASM_OP_##name,
#include "wasm/ops.def"
#undef OP
    WASM_OP_COUNT,
} WasmOp;

/* What follows an operator's code. All numbers are LEB128 unless said otherwise. */
typedef enum WasmImm {
    WASM_IMM_NONE,
    WASM_IMM_BLOCK,         /* block type */
    WASM_IMM_LABEL,         /* label */
    WASM_IMM_BR_TABLE,      /* count, labels, default label */
    WASM_IMM_FUNC,          /* function */
    WASM_IMM_CALL_INDIRECT, /* type, table */
    WASM_IMM_TYPE,          /* type */
    WASM_IMM_TAG,           /* tag */
    WASM_IMM_TRY_TABLE,     /* block type, count, catch clauses {kind byte, tag?, label} */
    WASM_IMM_SELECT_TYPES,  /* count, value types */
    WASM_IMM_LOCAL,         /* local */
    WASM_IMM_GLOBAL,        /* global */
    WASM_IMM_TABLE,         /* table */
    WASM_IMM_TABLE_TABLE,   /* destination table, source table */
    WASM_IMM_ELEM,          /* element segment */
    WASM_IMM_ELEM_TABLE,    /* element segment, table */
    WASM_IMM_MEMARG,        /* alignment, memory?, offset */
    WASM_IMM_MEMARG_LANE,   /* alignment, memory?, offset, lane byte */
    WASM_IMM_ATOMIC,        /* as MEMARG; the alignment must be exactly natural */
    WASM_IMM_MEM,           /* memory */
    WASM_IMM_MEM_MEM,       /* destination memory, source memory */
    WASM_IMM_DATA,          /* data segment */
    WASM_IMM_DATA_MEM,      /* data segment, memory */
    WASM_IMM_I32,           /* signed */
    WASM_IMM_I64,           /* signed */
    WASM_IMM_F32,           /* 4 bytes */
    WASM_IMM_F64,           /* 8 bytes */
    WASM_IMM_V128,          /* 16 bytes */
    WASM_IMM_SHUFFLE,       /* 16 lane bytes */
    WASM_IMM_LANE,          /* lane byte */
    WASM_IMM_HEAP,          /* heap type */
    WASM_IMM_TYPE_FIELD,    /* type, field */
    WASM_IMM_TYPE_COUNT,    /* type, count */
    WASM_IMM_TYPE_DATA,     /* type, data segment */
    WASM_IMM_TYPE_ELEM,     /* type, element segment */
    WASM_IMM_TYPE_TYPE,     /* destination type, source type */
    WASM_IMM_BR_ON_CAST,    /* flags byte, label, source heap type, target heap type */
    WASM_IMM_FENCE,         /* one zero byte */
} WasmImm;

/* A row of ops.def. */
typedef struct WasmOpInfo {
    const char *text;
    const char *sig; /* "ii:i"; "*" where the validator has a rule of its own */
    u16 code;
    u8 prefix;       /* 0, 0xFB, 0xFC, 0xFD or 0xFE */
    u8 imm;          /* WasmImm */
    u8 feature;      /* WasmFeature */
    u8 fuel;
    u8 width;        /* log2 of the bytes accessed, or of a lane's bytes */
} WasmOpInfo;

extern const WasmOpInfo wasm_ops[WASM_OP_COUNT];
/* Fuel that entering a function uses up, beside that of its operators. */
#define WASM_ENTRY_FUEL 1u
/* As in the text format: "i32.add". */
static inline const char *wasm_op_name(WasmOp op) { return wasm_ops[op].text; }
/* The operator of a prefix (0 for none) and code; WASM_OP_COUNT if there is none. */
WasmOp wasm_op_lookup(u8 prefix, u32 code);

/* ---- the module ---- */

typedef struct WasmStr {
    const char *at; /* into the module's bytes; not NUL-terminated; NULL: absent */
    u32 len;        /* bytes */
} WasmStr;

/* One operator of a constant expression with its immediates decoded. */
typedef struct WasmConstOp {
    u16 op; /* WasmOp; the final end is left out */
    u32 a;  /* index of global.get, ref.func, struct.new, array.new*: the function, global, type */
    u64 lo; /* i32.const (sign-extended), i64.const, f32/f64.const (bits), v128.const low half;
             * ref.null: the WasmValType; array.new_fixed: the count */
    u64 hi; /* v128.const: high half */
} WasmConstOp;

/* A validated constant expression in postfix order, with a result of type `type`. */
typedef struct WasmConstExpr {
    const WasmConstOp *ops;
    u32 n_ops;
    u32 start;        /* byte offset of the first operator */
    WasmValType type; /* type it was checked against */
    u32 max_height;   /* operand stack slots its evaluation needs */
} WasmConstExpr;

typedef enum WasmKind {
    WASM_KIND_FUNC,
    WASM_KIND_TABLE,
    WASM_KIND_MEMORY,
    WASM_KIND_GLOBAL,
    WASM_KIND_TAG,
} WasmKind;
/* "function", "table", ... */
const char *wasm_kind_name(WasmKind kind);

typedef struct WasmImport {
    WasmStr module;
    WasmStr name;
    u8 kind;   /* WasmKind */
    u32 index; /* in the index space of its kind, where its type is */
} WasmImport;

typedef struct WasmExport {
    WasmStr name;
    u8 kind; /* WasmKind */
    u32 index;
} WasmExport;

/* Index spaces hold the imports first; `import` is an index into imports, or WASM_NONE. */
typedef struct WasmFunc {
    u32 type; /* canonical type index */
    u32 import;
} WasmFunc;

typedef struct WasmLimits {
    u64 min;
    u64 max; /* UINT64_MAX where there is none */
    bool has_max;
    bool is_64;     /* addresses are i64 */
    bool is_shared; /* memories only */
    u8 page_log2;   /* memories: 16, or 0 with custom page sizes; tables: 0 */
} WasmLimits;

typedef struct WasmTable {
    WasmLimits limits; /* in elements */
    WasmValType type;
    u32 import;
    bool has_init;      /* else null */
    WasmConstExpr init; /* initial value of every element */
} WasmTable;

typedef struct WasmMemory {
    WasmLimits limits; /* in pages */
    u32 import;
} WasmMemory;

typedef struct WasmGlobal {
    WasmValType type;
    bool is_mutable;
    u32 import;
    WasmConstExpr init; /* of a global that is not imported */
} WasmGlobal;

typedef struct WasmTag {
    u32 type; /* canonical index of a function type without results */
    u32 import;
} WasmTag;

typedef enum WasmSegMode { WASM_SEG_ACTIVE, WASM_SEG_PASSIVE, WASM_SEG_DECLARED } WasmSegMode;

/* An element: kind in the upper two bits, index below. */
typedef u32 WasmElemItem;
typedef enum WasmElemKind { WASM_ELEM_FUNC, WASM_ELEM_NULL, WASM_ELEM_EXPR } WasmElemKind;
static inline WasmElemKind wasm_elem_kind(WasmElemItem item) { return (WasmElemKind)(item >> 30); }
/* The function of WASM_ELEM_FUNC; for WASM_ELEM_EXPR an index into WasmElem.exprs. */
static inline u32 wasm_elem_index(WasmElemItem item) { return item & 0x3FFFFFFF; }

typedef struct WasmElem {
    u8 mode;   /* WasmSegMode */
    u32 table; /* active only */
    WasmValType type;
    WasmConstExpr offset; /* active only */
    u32 n_items;
    u32 n_exprs;
    const WasmElemItem *items;
    const WasmConstExpr *exprs; /* items that are neither ref.func nor ref.null */
} WasmElem;

typedef struct WasmData {
    u8 mode;    /* WasmSegMode, never WASM_SEG_DECLARED */
    u32 memory; /* active only */
    WasmConstExpr offset; /* active only */
    u32 start;  /* byte offset of the contents in the module */
    u32 size;   /* bytes */
} WasmData;

typedef struct WasmBody {
    u32 start; /* byte offset of the local declarations */
    u32 end;   /* byte offset past the final end */
} WasmBody;

typedef struct WasmCustom {
    WasmStr name;
    u32 start; /* byte offset of the contents after the name */
    u32 size;  /* bytes */
    u8 after;  /* id of the last known section before it; 0 if there is none */
} WasmCustom;

typedef struct WasmBranchHint {
    u32 at;         /* byte offset of the br_if or if in the module */
    bool is_likely; /* taken */
} WasmBranchHint;

/* The hints of one function, in rising order of `at`. */
typedef struct WasmFuncHints {
    u32 func;
    u32 n_hints;
    const WasmBranchHint *hints;
} WasmFuncHints;

typedef struct WasmModule {
    const u8 *bytes;
    u32 size;
    WasmFeatures features;

    u32 n_types, n_imports, n_exports, n_elems, n_datas, n_customs;
    u32 n_funcs, n_tables, n_memories, n_globals, n_tags; /* imported ones included */
    u32 n_imported_funcs, n_imported_tables, n_imported_memories, n_imported_globals,
        n_imported_tags;
    const WasmType *types;
    const WasmImport *imports;
    const WasmFunc *funcs;
    const WasmTable *tables;
    const WasmMemory *memories;
    const WasmGlobal *globals;
    const WasmTag *tags;
    const WasmExport *exports;
    const WasmElem *elems;
    const WasmData *datas;
    const WasmBody *bodies; /* body i belongs to function n_imported_funcs + i */
    const WasmCustom *customs;
    u32 start_func;     /* or WASM_NONE */
    bool has_data_count;
    u32 code_start;     /* byte offset of the code section's contents, 0 if there is none */
    u32 code_end;
    /* Functions that may be reached other than by a direct call: exported, in an element segment,
     * named by a ref.func outside of bodies. Just these may be named by ref.func in bodies. */
    const u64 *func_escapes;

    /* From custom sections, errors in which are ignored. */
    WasmStr name;              /* of the module */
    const WasmStr *func_names; /* n_funcs entries, or NULL if there are none */
    const WasmFuncHints *hints;
    u32 n_hinted; /* functions with hints, in rising order of their index */
} WasmModule;

/* Decodes a module and validates everything but function bodies.
 * arena     in   the module lives here; what on_oom it has is put back
 * bytes     in   borrowed for the life of the module; no padding is needed
 * features  in   NULL: the default
 * out       out  the module; untouched on error
 * errors    false and `diag`; running out of memory among them
 * thread    any; the module may then be shared */
bool wasm_decode(Arena *arena, const u8 *bytes, size_t size, const WasmFeatures *features,
                 WasmModule **out, Diag *diag);

static inline const WasmFuncType *wasm_type_of_func(const WasmModule *m, u32 func)
{
    return &m->types[m->funcs[func].type].func;
}
static inline const WasmFuncType *wasm_type_of_tag(const WasmModule *m, u32 tag)
{
    return &m->types[m->tags[tag].type].func;
}
static inline const WasmBody *wasm_func_body(const WasmModule *m, u32 func)
{
    return &m->bodies[func - m->n_imported_funcs];
}
/* The name section's name of a function; at == NULL if it has none. */
static inline WasmStr wasm_func_name(const WasmModule *m, u32 func)
{
    return m->func_names ? m->func_names[func] : (WasmStr){NULL, 0};
}
/* The export of this name, or NULL; linear in the number of exports. */
const WasmExport *wasm_find_export(const WasmModule *m, const char *name, size_t len);
/* The hints of a function, or NULL. */
const WasmFuncHints *wasm_func_hints(const WasmModule *m, u32 func);

/* Is every value of type `sub` also one of type `super`? Both are types of module m. */
bool wasm_is_subtype(const WasmModule *m, WasmValType sub, WasmValType super);
/* Is the type at one index the same as or below the type at another? */
bool wasm_type_below(const WasmModule *m, u32 sub, u32 super);

/* ---- function bodies ---- */

/* Facts about a construct (nested ones included) or a function; bits of `flags`. */
enum {
    WASM_HAS_CALL = 1,      /* a call of any kind */
    WASM_HAS_GROW = 2,      /* memory.grow */
    WASM_HAS_STORE = 4,     /* writes to a memory */
    WASM_HAS_MEMORY = 8,    /* uses a memory in any way */
    WASM_HAS_INDIRECT = 16, /* a call other than of a known function */
    WASM_HAS_TAIL_CALL = 32,
    WASM_HAS_THROW = 64,    /* throw, throw_ref, rethrow */
    WASM_ASSIGNS_ALL = 128, /* the set of locals assigned was too costly: take all of them */
};

typedef enum WasmConstructKind {
    WASM_CONSTRUCT_BLOCK,
    WASM_CONSTRUCT_LOOP,
    WASM_CONSTRUCT_IF,
    WASM_CONSTRUCT_TRY_TABLE,
    WASM_CONSTRUCT_TRY, /* legacy */
} WasmConstructKind;

/* A block type: WASM_BLOCK_EMPTY, WASM_BLOCK_TYPE | index of a function type, or a value type. */
typedef u32 WasmBlockType;
#define WASM_BLOCK_EMPTY 0u
#define WASM_BLOCK_TYPE 0x10000000u /* clear in every value type a module can have */

/* One block, loop, if, try_table or try. Numbered in the order of their opening operators, those
 * in unreachable code included. Offsets are byte offsets in the module. */
typedef struct WasmConstruct {
    u32 start;      /* its opening operator */
    u32 else_at;    /* its else; 0 if it has none */
    u32 end;        /* its end (or delegate) operator */
    u32 after;      /* number of the first construct behind it: it holds (own, after) */
    u32 parent;     /* construct around it, or WASM_NONE */
    u32 n_branches; /* branches to its label; a br_table counts once for each entry */
    u32 n_ops;      /* operators inside, from its opening one to its end */
    WasmBlockType type;
    u16 loop_depth; /* loops around it, itself included; stops at 65535 */
    u8 kind;        /* WasmConstructKind */
    u8 flags;       /* WASM_HAS_*, WASM_ASSIGNS_ALL */
    union {
        u64 assigned_bits; /* functions of at most 64 locals: the locals assigned inside */
        struct {
            u32 assigned_at;  /* others, unless WASM_ASSIGNS_ALL: first in WasmBodyInfo.assigned */
            u32 assigned_len; /* of this many, in rising order */
        };
    };
} WasmConstruct;

typedef struct WasmLocalRun {
    u32 first; /* index of the first local of the run */
    u32 count; /* more than 0 */
    WasmValType type;
} WasmLocalRun;

/* What validation found out about a body. It belongs to the validator and is overwritten by the
 * next body validated with it. */
typedef struct WasmBodyInfo {
    u32 func;
    const WasmFuncType *type;
    u32 code_start; /* byte offset of the first operator */
    u32 code_end;   /* byte offset past the final end */
    u32 n_locals;   /* parameters included */
    u32 n_runs;
    const WasmLocalRun *runs; /* locals behind the parameters, in order */
    u32 n_flat;               /* locals whose type is in `flat`: all, or the first thousands */
    const WasmValType *flat;
    const WasmConstruct *constructs;
    u32 n_constructs;
    u32 n_ops;
    u32 n_branches; /* branches to the label of the body itself; return not counted */
    u32 max_height; /* of the operand stack */
    u32 max_loop_depth;
    u32 n_callees;
    const u32 *callees;  /* functions called directly, rising, each once */
    const u32 *assigned; /* see WasmConstruct.assigned_at */
    u8 flags;            /* WASM_HAS_*: no WASM_HAS_CALL is a leaf */
} WasmBodyInfo;

typedef struct WasmValidator WasmValidator;

/* NULL: no memory. One per thread; it keeps its memory from body to body. */
WasmValidator *wasm_validator_new(void);
void wasm_validator_free(WasmValidator *validator);

/* Validates the body of function `func`, which is not imported.
 * info  out  what is documented above; NULL: not wanted, which is faster
 * errors  false and `diag`; running out of memory among them */
bool wasm_validate_func(WasmValidator *validator, const WasmModule *m, u32 func,
                        WasmBodyInfo *info, Diag *diag);
/* Validates all bodies in order; the first failure wins. */
bool wasm_validate_all(const WasmModule *m, Diag *diag);

/* The words of a set of tables. */
#define WASM_TABLE_WORDS ((WASM_MAX_TABLES + 63) / 64)
/* The contents of a table, limits.min functions or WASM_NONE (null), if the module without its
 * bodies is all that writes it, and its functions are the module's own. NULL: it is not; or no
 * memory, if the arena has no on_oom. */
u32 *wasm_sealed_contents(Arena *arena, const WasmModule *m, u32 table);
/* Adds to a set (WASM_TABLE_WORDS) the tables that bodies may write; where one is not valid, all.
 * errors  diag: out of memory */
bool wasm_find_written_tables(WasmValidator *validator, const WasmModule *m, u64 *written,
                              Diag *diag);

/* The type of a local of a function that has more than `flat` holds. */
WasmValType wasm_local_type_slow(const WasmBodyInfo *info, u32 local);
static inline WasmValType wasm_local_type(const WasmBodyInfo *info, u32 local)
{
    return LIKELY(local < info->n_flat) ? info->flat[local] : wasm_local_type_slow(info, local);
}
/* May the construct assign the local? */
bool wasm_assigns(const WasmBodyInfo *info, const WasmConstruct *construct, u32 local);
/* Parameters and results of a construct. `type` is kept by reference for a single result. */
WasmFuncType wasm_block_sig(const WasmModule *m, const WasmBlockType *type);

/* ---- the unchecked reader ---- */

/* A place in a body that was validated. Nothing here checks anything. */
typedef struct WasmReader {
    const u8 *at;
    const u8 *end; /* past the final end */
} WasmReader;

static inline WasmReader wasm_reader(const WasmModule *m, u32 start, u32 end)
{
    return (WasmReader){m->bytes + start, m->bytes + end};
}
/* Byte offset in the module. */
static inline u32 wasm_reader_offset(const WasmReader *r, const WasmModule *m)
{
    return (u32)(r->at - m->bytes);
}

static inline u64 wasm_read_leb(WasmReader *r, bool is_signed)
{
    u64 value = 0;
    u32 shift = 0;
    u8 byte;
    do {
        byte = *r->at++;
        value |= (u64)(byte & 0x7F) << shift;
        shift += 7;
    } while (byte & 0x80);
    if (is_signed && shift < 64 && (byte & 0x40))
        value |= ~(u64)0 << shift;
    return value;
}
static inline u8 wasm_read_u8(WasmReader *r) { return *r->at++; }
static inline u32 wasm_read_u32(WasmReader *r)
{
    return LIKELY(*r->at < 0x80) ? *r->at++ : (u32)wasm_read_leb(r, false);
}
static inline u64 wasm_read_u64(WasmReader *r) { return wasm_read_leb(r, false); }
static inline i32 wasm_read_s32(WasmReader *r) { return (i32)(u32)wasm_read_leb(r, true); }
static inline i64 wasm_read_s64(WasmReader *r) { return (i64)wasm_read_leb(r, true); }
static inline u32 wasm_read_f32(WasmReader *r)
{
    r->at += 4;
    return load_u32(r->at - 4);
}
static inline u64 wasm_read_f64(WasmReader *r)
{
    r->at += 8;
    return load_u64(r->at - 8);
}
static inline void wasm_read_bytes(WasmReader *r, void *to, size_t size)
{
    memcpy(to, r->at, size);
    r->at += size;
}

extern const u16 wasm_plain_ops[256]; /* WasmOp + 1 by its only byte; 0 for prefixes */
WasmOp wasm_read_prefixed_op(WasmReader *r);
static inline WasmOp wasm_read_op(WasmReader *r)
{
    u16 op = wasm_plain_ops[*r->at];
    if (UNLIKELY(!op))
        return wasm_read_prefixed_op(r);
    r->at++;
    return (WasmOp)(op - 1);
}

typedef struct WasmMemArg {
    u32 memory;
    u32 align_log2;
    u64 offset;
} WasmMemArg;
static inline WasmMemArg wasm_read_memarg(WasmReader *r)
{
    WasmMemArg arg = {0};
    u32 flags = wasm_read_u32(r);
    arg.align_log2 = flags & 0x3F;
    if (flags & 0x40)
        arg.memory = wasm_read_u32(r);
    arg.offset = wasm_read_u64(r);
    return arg;
}
WasmBlockType wasm_read_block_type(WasmReader *r, const WasmModule *m);
/* A value type; also the types of `select`. */
WasmValType wasm_read_val_type(WasmReader *r, const WasmModule *m);
/* A heap type as a reference to it that is not nullable. */
WasmValType wasm_read_heap_type(WasmReader *r, const WasmModule *m);
/* Goes past the immediates of an operator whose code was read. */
void wasm_skip_immediates(WasmReader *r, WasmOp op);

#endif
