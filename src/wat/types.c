/* Types: value types, the type section, and the types that functions and blocks imply. */
#include "base/hash.h"
#include "wat/wat_int.h"

void wat_need(WatParser *p, WasmFeature feature, u32 offset, const char *what)
{
    if (UNLIKELY(!wasm_feature_on(p->features, feature)))
        wat_fail(&p->lex, offset, "unknown operator %s: this needs the %s feature, which is "
                 "switched off", what, wasm_feature_key(feature));
}

/* ---- value types ---- */

static const struct {
    u8 code;
    u8 feature;
    const char *text;
} heaps[] = {
#define HEAP(name, code, text, shorthand, feature) {code, WASM_FEATURE_##feature, text},
#include "wasm/heaps.def"
#undef HEAP
};

/* The heap type that the current token is; WASM_HEAP_BOTTOM: none that has a name. */
static WasmHeap heap_here(const WatParser *p)
{
    u32 keyword = p->lex.tok.keyword;
    switch (keyword) {
    case WAT_KW_FUNC:
        return WASM_HEAP_FUNC;
    case WAT_KW_STRUCT:
        return WASM_HEAP_STRUCT;
    case WAT_KW_ARRAY:
        return WASM_HEAP_ARRAY;
    default:
        return keyword >= WAT_KW_HEAP && keyword < WAT_KW_SHORT ? (WasmHeap)(keyword - WAT_KW_HEAP)
                                                                 : WASM_HEAP_BOTTOM;
    }
}

static void put_heap(WatParser *p, WatBuf *to, WasmHeap heap)
{
    wat_need(p, (WasmFeature)heaps[heap].feature, p->lex.tok.start, heaps[heap].text);
    wat_put_u8(p, to, heaps[heap].code);
    wat_step(p);
}

void wat_heap_type(WatParser *p, WatBuf *to)
{
    WasmHeap heap = heap_here(p);
    if (heap != WASM_HEAP_BOTTOM)
        put_heap(p, to, heap);
    else if (wat_is_index(p))
        wat_put_sleb(p, to, wat_index(p, WAT_TYPE));
    else
        wat_unexpected(&p->lex, "a heap type");
}

/* ref null? x, with its parentheses around it. */
static void read_ref(WatParser *p, WatBuf *to)
{
    wat_step_form(p);
    bool is_nullable = p->lex.tok.keyword == WAT_KW_NULL;
    if (is_nullable)
        wat_step(p);
    WasmHeap heap = heap_here(p);
    if (!is_nullable || heap == WASM_HEAP_BOTTOM)
        wat_put_u8(p, to, is_nullable ? 0x63 : 0x64);
    wat_heap_type(p, to);
    wat_step_right(p);
}

bool wat_is_ref_type(const WatParser *p)
{
    u32 keyword = p->lex.tok.keyword;
    return (keyword >= WAT_KW_SHORT && keyword < WAT_KW_COUNT) || wat_form(p) == WAT_KW_REF;
}

void wat_ref_type(WatParser *p, WatBuf *to)
{
    u32 keyword = p->lex.tok.keyword;
    if (keyword >= WAT_KW_SHORT)
        put_heap(p, to, (WasmHeap)(keyword - WAT_KW_SHORT));
    else if (wat_form(p) == WAT_KW_REF)
        read_ref(p, to);
    else
        wat_unexpected(&p->lex, "a reference type");
}

bool wat_ref_type_parts(WatParser *p, WatBuf *heap)
{
    u32 keyword = p->lex.tok.keyword;
    if (keyword >= WAT_KW_SHORT) {
        put_heap(p, heap, (WasmHeap)(keyword - WAT_KW_SHORT));
        return true;
    }
    if (wat_form(p) != WAT_KW_REF)
        wat_unexpected(&p->lex, "a reference type");
    wat_step_form(p);
    bool is_nullable = p->lex.tok.keyword == WAT_KW_NULL;
    if (is_nullable)
        wat_step(p);
    wat_heap_type(p, heap);
    wat_step_right(p);
    return is_nullable;
}

void wat_val_type(WatParser *p, WatBuf *to)
{
    u32 keyword = p->lex.tok.keyword;
    if (keyword >= WAT_KW_I32 && keyword <= WAT_KW_V128) {
        if (keyword == WAT_KW_V128)
            wat_need(p, WASM_FEATURE_SIMD, p->lex.tok.start, "v128");
        wat_put_u8(p, to, 0x7F - (keyword - WAT_KW_I32));
        wat_step(p);
    } else if (wat_is_ref_type(p)) {
        wat_ref_type(p, to);
    } else {
        if (p->lex.tok.kind == WAT_TOK_LEFT)
            wat_step(p);
        wat_unexpected(&p->lex, "a value type");
    }
}

/* ---- structs and arrays ---- */

static void read_storage_type(WatParser *p, WatBuf *to)
{
    u32 keyword = p->lex.tok.keyword;
    if (keyword != WAT_KW_I8 && keyword != WAT_KW_I16) {
        wat_val_type(p, to);
        return;
    }
    wat_put_u8(p, to, keyword == WAT_KW_I8 ? 0x78 : 0x77);
    wat_step(p);
}

static void read_field_type(WatParser *p, WatBuf *to)
{
    bool is_mutable = wat_form(p) == WAT_KW_MUT;
    if (is_mutable)
        wat_step_form(p);
    read_storage_type(p, to);
    wat_put_u8(p, to, is_mutable);
    if (is_mutable)
        wat_step_right(p);
}

/* (field $id t) or (field t*), the parenthesis included; the number of fields. */
static u32 read_fields(WatParser *p, WatBuf *to, u32 type, u32 first)
{
    wat_step_form(p);
    if (p->lex.tok.kind == WAT_TOK_ID) {
        char buf[WAT_TOKEN_TEXT_MAX];
        if (!wat_map_add(p, &p->indices, wat_field_key(type, wat_sym(p)), first))
            wat_fail(&p->lex, p->lex.tok.start, "duplicate field %s: the name is taken",
                     wat_token_text(&p->lex, buf));
        wat_take_names(p, &p->own_fields, first);
        read_field_type(p, to);
        wat_step_right(p);
        return 1;
    }
    u32 count = 0;
    for (; p->lex.tok.kind != WAT_TOK_RIGHT; count++)
        read_field_type(p, to);
    wat_step_right(p);
    return count;
}

/* ---- signatures ---- */

/* (param $id t) or (param t*) */
static void read_params(WatParser *p, WatParamIds ids)
{
    WatSig *sig = &p->sig;
    wat_step_form(p);
    bool is_named = p->lex.tok.kind == WAT_TOK_ID && ids != WAT_IDS_REFUSED;
    if (is_named && ids == WAT_IDS_LOCALS)
        wat_declare_local(p);
    else if (is_named)
        wat_step(p);
    for (u32 i = 0; is_named ? i == 0 : p->lex.tok.kind != WAT_TOK_RIGHT; i++) {
        if (!is_named && ids == WAT_IDS_LOCALS)
            p->n_locals++;
        wat_val_type(p, &sig->params);
        sig->n_params++;
    }
    wat_step_right(p);
}

void wat_read_sig(WatParser *p, WatParamIds ids)
{
    WatSig *sig = &p->sig;
    sig->params.len = sig->results.len = sig->n_params = sig->n_results = 0;
    u32 form;
    while ((form = wat_form(p)) == WAT_KW_PARAM)
        read_params(p, ids);
    for (; form == WAT_KW_RESULT; form = wat_form(p)) {
        wat_step_form(p);
        for (; p->lex.tok.kind != WAT_TOK_RIGHT; sig->n_results++)
            wat_val_type(p, &sig->results);
        wat_step_right(p);
    }
    if (form == WAT_KW_PARAM) {
        wat_step(p);
        wat_unexpected(&p->lex, "no parameters behind results");
    }
}

static void put_sig(WatParser *p, WatBuf *to)
{
    wat_put_u8(p, to, 0x60);
    wat_put_uleb(p, to, p->sig.n_params);
    wat_put_buf(p, to, &p->sig.params);
    wat_put_uleb(p, to, p->sig.n_results);
    wat_put_buf(p, to, &p->sig.results);
}

static bool same_bytes(const WatBuf *buf, WatType a, WatType b)
{
    return a.len == b.len && !memcmp(buf->at + a.at, buf->at + b.at, a.len);
}

/* The first function type that is equal to a new one whose bytes end the section, or WASM_NONE,
 * after which `index` is it. */
static u32 find_or_add_type(WatParser *p, WatType type, u32 index)
{
    WatBuf *buf = wat_section(p, WAT_SEC_TYPE);
    u64 key = hash_bytes_keyed(buf->at + type.at, type.len, p->key);
    u32 found;
    while ((found = wat_map_find(p, &p->type_map, key)) != WASM_NONE) {
        if (same_bytes(buf, p->types.at[found], type))
            return found;
        key++;
    }
    wat_map_add(p, &p->type_map, key, index);
    return WASM_NONE;
}

u32 wat_sig_type(WatParser *p)
{
    WatBuf *buf = wat_section(p, WAT_SEC_TYPE);
    WatType type = {.kind = WASM_TYPE_FUNC, .at = buf->len, .n_params = p->sig.n_params};
    put_sig(p, buf);
    type.len = buf->len - type.at;
    u32 found = find_or_add_type(p, type, p->types.len);
    if (found != WASM_NONE) {
        buf->len = type.at;
        return found;
    }
    vec_push(&p->scratch, &p->types, type);
    p->sections[WAT_SEC_TYPE].count++;
    return p->types.len - 1;
}

/* Fails unless p->sig is the type that was named beside it. */
static void check_named_type(WatParser *p, u32 index, u32 at)
{
    if (index >= p->types.len)
        wat_fail(&p->lex, at, "unknown type %u: its parameters and results stand beside it", index);
    WatBuf *buf = wat_section(p, WAT_SEC_TYPE);
    WatType sig = {.at = buf->len};
    put_sig(p, buf);
    sig.len = buf->len - sig.at;
    bool is_same = same_bytes(buf, p->types.at[index], sig);
    buf->len = sig.at;
    if (!is_same)
        wat_fail(&p->lex, at, "inline function type: it differs from type %u, which is named "
                 "beside it", index);
}

u32 wat_type_use(WatParser *p, WatParamIds ids, bool *is_named)
{
    *is_named = wat_form(p) == WAT_KW_TYPE;
    u32 at = p->lex.tok.start, index = WASM_NONE;
    if (*is_named) {
        wat_step_form(p);
        at = p->lex.tok.start;
        index = wat_index(p, WAT_TYPE);
        wat_step_right(p);
    }
    wat_read_sig(p, ids);
    if (!*is_named)
        return WASM_NONE;
    bool is_given = p->sig.n_params || p->sig.n_results; /* () says nothing */
    if (is_given)
        check_named_type(p, index, at);
    else if (ids == WAT_IDS_LOCALS && index >= p->types.len && index < p->late_type) {
        p->late_type = index;
        p->late_type_at = at;
    }
    if (index < p->types.len && !is_given)
        p->n_locals += ids == WAT_IDS_LOCALS ? p->types.at[index].n_params : 0;
    return index;
}

/* ---- the type section ---- */

/* (func ...), (struct ...) or (array ...) */
static void read_comp_type(WatParser *p, u32 index)
{
    WatBuf *to = wat_section(p, WAT_SEC_TYPE);
    WatType type = {.at = to->len};
    u32 form = wat_form(p);
    if (form != WAT_KW_FUNC && form != WAT_KW_STRUCT && form != WAT_KW_ARRAY) {
        if (p->lex.tok.kind == WAT_TOK_LEFT)
            wat_step(p);
        wat_unexpected(&p->lex, "a type: `(func`, `(struct` or `(array`");
    }
    wat_step_form(p);
    if (form == WAT_KW_FUNC) {
        wat_read_sig(p, WAT_IDS_IGNORED);
        put_sig(p, to);
        type.kind = WASM_TYPE_FUNC;
        type.n_params = p->sig.n_params;
    } else if (form == WAT_KW_ARRAY) {
        type.kind = WASM_TYPE_ARRAY;
        wat_put_u8(p, to, 0x5E);
        read_field_type(p, to);
    } else {
        type.kind = WASM_TYPE_STRUCT;
        wat_put_u8(p, to, 0x5F);
        u32 count = 0;
        p->tmp.len = 0;
        while (wat_form(p) == WAT_KW_FIELD)
            count += read_fields(p, &p->tmp, index, count);
        wat_put_uleb(p, to, count);
        wat_put_buf(p, to, &p->tmp);
        wat_flush_names(p, &p->field_names, &p->own_fields, index);
    }
    wat_step_right(p);
    type.len = to->len - type.at;
    vec_push(&p->scratch, &p->types, type);
}

/* sub final? x* (...), with the parenthesis around it; false: it is the same as without. */
static bool read_sub(WatParser *p, u32 index)
{
    WatBuf *to = wat_section(p, WAT_SEC_TYPE);
    wat_step_form(p);
    bool is_final = p->lex.tok.keyword == WAT_KW_FINAL;
    if (is_final)
        wat_step(p);
    p->tmp.len = 0;
    u32 count = 0;
    for (; wat_is_index(p); count++)
        wat_put_uleb(p, &p->tmp, wat_index(p, WAT_TYPE));
    if (!is_final || count) {
        wat_put_u8(p, to, is_final ? 0x4F : 0x50);
        wat_put_uleb(p, to, count);
        wat_put_buf(p, to, &p->tmp);
    }
    read_comp_type(p, index);
    wat_step_right(p);
    return !is_final || count;
}

/* (type $id ...) in a group of `group` types. */
static void read_type(WatParser *p, bool is_alone)
{
    u32 index = p->types.len;
    wat_mark(p, WAT_SEC_TYPE, wat_section(p, WAT_SEC_TYPE), p->lex.tok.start);
    if (wat_form(p) != WAT_KW_TYPE)
        wat_unexpected(&p->lex, "`(type`");
    wat_step_form(p);
    wat_take_names(p, &p->names[WAT_TYPE], index);
    bool is_sub = false;
    if (wat_form(p) == WAT_KW_SUB)
        is_sub = read_sub(p, index);
    else
        read_comp_type(p, index);
    wat_step_right(p);
    if (is_alone && !is_sub && p->types.at[index].kind == WASM_TYPE_FUNC)
        find_or_add_type(p, p->types.at[index], index);
}

/* The number of forms from here to the parenthesis behind them. */
static u32 count_forms(const WatParser *p)
{
    WatLexer ahead = p->lex;
    u32 count = 0;
    while (ahead.tok.kind == WAT_TOK_LEFT) {
        wat_next(&ahead);
        if (!wat_skip_form(&ahead))
            break;
        count++;
    }
    return count;
}

void wat_read_types(WatParser *p)
{
    WatLexer start = p->lex;
    WatBuf *to = wat_section(p, WAT_SEC_TYPE);
    for (u32 i = 0; i < p->type_fields.len; i++) {
        wat_goto(&p->lex, p->type_fields.at[i]);
        p->sections[WAT_SEC_TYPE].count++;
        if (wat_form(p) == WAT_KW_TYPE) {
            read_type(p, true);
            continue;
        }
        wat_step_form(p);
        u32 count = count_forms(p);
        wat_put_u8(p, to, 0x4E);
        wat_put_uleb(p, to, count);
        while (p->lex.tok.kind == WAT_TOK_LEFT)
            read_type(p, count == 1);
        wat_step_right(p);
    }
    p->lex = start;
}
