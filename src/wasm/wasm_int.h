/* Private to the room: the checked reader, the decoder's state, and what its files share.
 *
 * Reading jumps away on failure: wasm_fail() records the Diag and goes to the one setjmp at the top
 * of the decoder or validator, which exists for running out of memory anyway. So no caller checks a
 * result, and no value that was not really read is ever looked at.
 */
#ifndef STINT_WASM_INT_H
#define STINT_WASM_INT_H

#include <setjmp.h>

#include "base/bitset.h"
#include "base/vec.h"
#include "wasm/wasm.h"

/* ---- the checked reader ---- */

typedef struct WasmIn {
    const u8 *at;
    const u8 *end;    /* of the part being read; what is behind it only explains errors */
    const u8 *base;   /* of the module: offsets count from here */
    const u8 *limit;  /* of the module: nothing behind it is touched */
    Diag *diag;
    jmp_buf *on_fail;
} WasmIn;

/* Records what is wrong at `at` and leaves through in->on_fail. */
_Noreturn void wasm_fail(WasmIn *in, const u8 *at, const char *format, ...) PRINTF_LIKE(3, 4);
_Noreturn void wasm_fail_end(WasmIn *in); /* the part ends too early */

/* The slow paths: more than one byte, or an error. bits is 32, 33 or 64. */
u64 wasm_in_uleb_slow(WasmIn *in, u32 bits);
i64 wasm_in_sleb_slow(WasmIn *in, u32 bits);

static inline size_t in_left(const WasmIn *in) { return (size_t)(in->end - in->at); }
static inline u32 in_offset(const WasmIn *in, const u8 *at) { return (u32)(at - in->base); }

static inline u8 in_u8(WasmIn *in)
{
    if (UNLIKELY(in->at == in->end))
        wasm_fail_end(in);
    return *in->at++;
}
static inline u32 in_u32(WasmIn *in)
{
    if (LIKELY(in->at < in->end && *in->at < 0x80))
        return *in->at++;
    return (u32)wasm_in_uleb_slow(in, 32);
}
static inline u64 in_u64(WasmIn *in)
{
    if (LIKELY(in->at < in->end && *in->at < 0x80))
        return *in->at++;
    return wasm_in_uleb_slow(in, 64);
}
/* A signed number of 32, 33 or 64 bits. */
static inline i64 in_signed(WasmIn *in, u32 bits)
{
    if (LIKELY(in->at < in->end && *in->at < 0x80))
        return (i64)((u64)*in->at++ << 57) >> 57;
    return wasm_in_sleb_slow(in, bits);
}
static inline const u8 *in_bytes(WasmIn *in, size_t size)
{
    const u8 *at = in->at;
    if (UNLIKELY(size > in_left(in)))
        wasm_fail_end(in);
    in->at += size;
    return at;
}
/* A name: length, then that many bytes, which must be UTF-8. */
WasmStr wasm_in_name(WasmIn *in);

/* Types as the module's visible type section allows them. Concrete ones come out canonical. */
WasmValType wasm_in_val_type(WasmIn *in, const WasmModule *m);
WasmValType wasm_in_ref_type(WasmIn *in, const WasmModule *m);
WasmValType wasm_in_storage_type(WasmIn *in, const WasmModule *m);
WasmBlockType wasm_in_block_type(WasmIn *in, const WasmModule *m);
/* A heap type, as a reference to it that is not nullable. */
WasmValType wasm_in_heap_type(WasmIn *in, const WasmModule *m);
/* An index of a type of this kind, canonical. */
u32 wasm_in_type_index(WasmIn *in, const WasmModule *m, WasmTypeKind kind);
/* An operator's code; the feature it needs is on. */
WasmOp wasm_in_op(WasmIn *in, const WasmModule *m);
WasmOp wasm_in_prefixed_op(WasmIn *in);

/* A count of at most `limit` things; each takes a byte at least, so there must be as many left. */
u32 wasm_in_count(WasmIn *in, const char *what, u32 limit);

/* Fails at `at` if the feature is off; what: "illegal opcode: throw" and the like. */
_Noreturn void wasm_fail_feature(WasmIn *in, const u8 *at, WasmFeature feature, const char *what);
static inline void wasm_need(WasmIn *in, const WasmModule *m, const u8 *at, WasmFeature feature,
                             const char *what)
{
    if (UNLIKELY(!wasm_feature_on(m->features, feature)))
        wasm_fail_feature(in, at, feature, what);
}
/* Fails unless index < count: "unknown <what> <index>: the module has <count>". */
_Noreturn void wasm_fail_unknown(WasmIn *in, const u8 *at, const char *what, u32 index, u32 count);
static inline void wasm_in_range(WasmIn *in, const u8 *at, const char *what, u32 index, u32 count)
{
    if (UNLIKELY(index >= count))
        wasm_fail_unknown(in, at, what, index, count);
}
/* An index below count. */
static inline u32 wasm_in_index(WasmIn *in, const char *what, u32 count)
{
    const u8 *at = in->at;
    u32 index = in_u32(in);
    wasm_in_range(in, at, what, index, count);
    return index;
}

/* "[i32 i64 ...]": the last types of a list that fit into a message. */
#define WASM_TYPE_LIST_MAX 160
const char *wasm_type_list(char buf[WASM_TYPE_LIST_MAX], const WasmValType *types, u32 count);

static inline WasmValType wasm_with_null(WasmValType t, bool is_nullable)
{
    return is_nullable ? t | WASM_NULLABLE : t & ~WASM_NULLABLE;
}
static inline WasmValType wasm_concrete_ref(u32 type, bool is_nullable)
{
    return WASM_REF | (is_nullable ? WASM_NULLABLE : 0) | type;
}
/* The abstract heap type on top of the hierarchy a reference belongs to. */
WasmHeap wasm_top_heap(const WasmModule *m, WasmValType ref);

/* ---- keyed hashing ---- */

/* Names and types are chosen by whoever wrote the module, so hash_mix, which can be inverted, would
 * let him pile up collisions. This folds a 128-bit product with a key that he cannot know. */
static inline u64 wasm_hash(u64 h, u64 v, u64 key)
{
    unsigned __int128 product =
        (unsigned __int128)(h ^ v ^ 0xA0761D6478BD642Fu) * (key ^ (v << 32 | v >> 32));
    return (u64)product ^ (u64)(product >> 64);
}

/* ---- the decoder ---- */

typedef struct WasmHashSlot {
    u64 hash;
    u32 index; /* WASM_NONE: the slot is free */
} WasmHashSlot;

/* Open addressing over indices; the owner compares what they stand for. */
typedef struct WasmHashSet {
    WasmHashSlot *slots;
    u32 mask;
    u32 count;
} WasmHashSet;

typedef struct WasmDecoder {
    WasmIn in;
    Arena *arena;  /* the module's */
    Arena scratch; /* freed when decoding ends */
    WasmModule *m; /* its arrays are those below, kept up to date */
    u64 key;       /* for wasm_hash */

    VEC(WasmType) types;
    VEC(const u8 *) type_starts; /* where each begins, for errors */
    VEC(WasmImport) imports;
    VEC(WasmFunc) funcs;
    VEC(WasmTable) tables;
    VEC(WasmMemory) memories;
    VEC(WasmGlobal) globals;
    VEC(WasmTag) tags;
    VEC(WasmCustom) customs;
    VEC(WasmConstOp) const_ops; /* of the expression being read */
    VEC(WasmValType) stack;     /* its operands */
    WasmHashSet groups;         /* groups of types, by the index of their first type */
    u64 *escapes;               /* m->func_escapes, once functions are known */
    const u8 *code_at;          /* the code section's count; NULL: no such section */
    u32 n_bodies;               /* bodies seen in the code section */
    u32 data_count;
    u8 last_section;            /* id; 0 at the beginning */
} WasmDecoder;

/* Looks for an equal entry of the same hash, from *slot on; WASM_NONE ends the search. */
u32 wasm_hash_next(const WasmHashSet *set, u64 hash, u32 *slot);
void wasm_hash_add(Arena *arena, WasmHashSet *set, u64 hash, u32 index);

/* decode_types.c: the type section, and what imports and sections share. */
void wasm_decode_types(WasmDecoder *d, u32 count);
WasmTable wasm_decode_table_type(WasmDecoder *d);
WasmMemory wasm_decode_memory_type(WasmDecoder *d);
WasmGlobal wasm_decode_global_type(WasmDecoder *d);
WasmTag wasm_decode_tag_type(WasmDecoder *d);

/* types.c: gives the types [start, start + count) their canonical indices; supertypes may then be
 * checked. True if the group is equal to an earlier one. */
bool wasm_types_canonize(WasmDecoder *d, u32 start, u32 count);
/* NULL if `sub` may declare `super` as its supertype; else what is wrong. */
const char *wasm_types_super_error(const WasmModule *m, u32 sub, u32 super);

/* const_expr.c */
void wasm_decode_const(WasmDecoder *d, WasmValType type, WasmConstExpr *out);
void wasm_escape(WasmDecoder *d, u32 func);

/* segments.c */
void wasm_decode_elems(WasmDecoder *d, u32 count);
void wasm_decode_datas(WasmDecoder *d, u32 count);

/* names.c: the name section and branch hints, once everything else is known. */
void wasm_decode_names(WasmDecoder *d);

/* An array of `count` elements in the module's arena, each of which takes at least a byte. */
#define wasm_array(d, T, count) arena_array((d)->arena, T, (count))

#endif
