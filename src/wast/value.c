/* Values in scripts: read, compared, shown. */
#include "wast/wast_int.h"

/* ---- numbers ---- */

static void read_lane(Wast *w, WastPattern *out, u32 lane)
{
    u32 bits = out->lane_bytes * 8u;
    if (wat_is_keyword(&w->lex, WAT_KW_NAN_CANONICAL) && out->is_float)
        out->nans[lane] = WAST_NAN_CANONICAL;
    else if (wat_is_keyword(&w->lex, WAT_KW_NAN_ARITHMETIC) && out->is_float)
        out->nans[lane] = WAST_NAN_ARITHMETIC;
    else if (out->is_float)
        out->lanes[lane] = bits == 32 ? wat_f32(&w->lex) : wat_f64(&w->lex);
    else
        out->lanes[lane] = wat_int(&w->lex, bits) & (UINT64_MAX >> (64 - bits));
    wat_next(&w->lex);
}

static void read_lanes(Wast *w, WastPattern *out)
{
    out->kind = WAST_NUMBER;
    for (u32 i = 0; i < out->n_lanes; i++)
        read_lane(w, out, i);
}

static void read_vector(Wast *w, WastPattern *out)
{
    static const struct {
        WatKeyword word;
        u8 n_lanes;
        bool is_float;
    } shapes[] = {{WAT_KW_I8X16, 16, false}, {WAT_KW_I16X8, 8, false}, {WAT_KW_I32X4, 4, false},
                  {WAT_KW_I64X2, 2, false},  {WAT_KW_F32X4, 4, true},  {WAT_KW_F64X2, 2, true}};
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        if (!wat_is_keyword(&w->lex, shapes[i].word))
            continue;
        wat_next(&w->lex);
        out->n_lanes = shapes[i].n_lanes;
        out->lane_bytes = (u8)(16 / shapes[i].n_lanes);
        out->is_float = shapes[i].is_float;
        read_lanes(w, out);
        return;
    }
    wat_unexpected(&w->lex, "a shape of vectors");
}

/* ---- references ---- */

/* The kind of value in which the API passes references to a heap type. */
static u8 kind_of_heap(WasmHeap heap)
{
    switch (heap) {
    case WASM_HEAP_FUNC:
    case WASM_HEAP_NOFUNC: return WASMTIME_FUNCREF;
    case WASM_HEAP_EXTERN:
    case WASM_HEAP_NOEXTERN: return WASMTIME_EXTERNREF;
    case WASM_HEAP_EXN:
    case WASM_HEAP_NOEXN: return WASMTIME_EXNREF;
    default: return WASMTIME_ANYREF;
    }
}

/* Words that are heap types and other keywords as well count as the latter. */
static u8 heap_at(Wast *w)
{
    static const struct {
        WatKeyword word;
        WasmHeap heap;
    } others[] = {{WAT_KW_FUNC, WASM_HEAP_FUNC},
                  {WAT_KW_STRUCT, WASM_HEAP_STRUCT},
                  {WAT_KW_ARRAY, WASM_HEAP_ARRAY}};
    u32 keyword = w->lex.tok.keyword;
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (keyword == others[i].word)
            return kind_of_heap(others[i].heap);
    if (keyword >= WAT_KW_HEAP && keyword < WAT_KW_HEAP + WASM_HEAP_BOTTOM)
        return kind_of_heap((WasmHeap)(keyword - WAT_KW_HEAP));
    /* A type of some module: of which, the script does not say. */
    if (wat_is(&w->lex, WAT_TOK_ID) || wat_is(&w->lex, WAT_TOK_NAT))
        return WAST_ANY_KIND;
    wat_unexpected(&w->lex, "a heap type");
}

static void read_null(Wast *w, WastPattern *out)
{
    out->kind = WAST_NULL;
    out->valkind = WAST_ANY_KIND;
    if (wat_is(&w->lex, WAT_TOK_RIGHT))
        return;
    out->valkind = heap_at(w);
    wat_next(&w->lex);
}

/* A number behind ref.extern or ref.host; false: there is none. */
static bool read_host(Wast *w, WastPattern *out)
{
    if (wat_is(&w->lex, WAT_TOK_RIGHT))
        return false;
    out->host = (u32)wat_nat(&w->lex, 32);
    wat_next(&w->lex);
    return true;
}

/* The words that ask for no more than a kind of reference. */
static bool read_kind(Wast *w, WastPattern *out)
{
    static const struct {
        const char *word;
        WastPatternKind kind;
    } kinds[] = {{"ref.any", WAST_ANY},       {"ref.eq", WAST_EQ},       {"ref.i31", WAST_I31},
                 {"ref.struct", WAST_STRUCT}, {"ref.array", WAST_ARRAY}, {"ref.exn", WAST_EXN}};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!wat_is_spelled(&w->lex, kinds[i].word))
            continue;
        out->kind = kinds[i].kind;
        wat_next(&w->lex);
        return true;
    }
    return false;
}

static bool read_reference(Wast *w, WastPattern *out)
{
    WatLexer *lex = &w->lex;
    if (wat_is_spelled(lex, "ref.null")) {
        wat_next(lex);
        read_null(w, out);
    } else if (wat_is_spelled(lex, "ref.extern")) {
        wat_next(lex);
        out->kind = read_host(w, out) ? WAST_EXTERN_OF : WAST_EXTERN;
    } else if (wat_is_spelled(lex, "ref.host")) {
        wat_next(lex);
        out->kind = read_host(w, out) ? WAST_HOST_OF : WAST_ANY;
    } else if (wat_is_spelled(lex, "ref.func")) {
        wat_next(lex);
        out->kind = WAST_FUNC;
        if (!wat_is(lex, WAT_TOK_RIGHT))
            wat_next(lex); /* of which module, the script does not say */
    } else {
        return read_kind(w, out);
    }
    return true;
}

/* ---- reading ---- */

static bool read_number(Wast *w, WastPattern *out)
{
    static const struct {
        WasmOp op;
        u8 kind, bytes;
        bool is_float;
    } consts[] = {{WASM_OP_I32_CONST, WASMTIME_I32, 4, false},
                  {WASM_OP_I64_CONST, WASMTIME_I64, 8, false},
                  {WASM_OP_F32_CONST, WASMTIME_F32, 4, true},
                  {WASM_OP_F64_CONST, WASMTIME_F64, 8, true},
                  {WASM_OP_V128_CONST, WASMTIME_V128, 16, false}};
    for (size_t i = 0; i < ARRAY_LEN(consts); i++) {
        if (w->lex.tok.keyword != WAT_KW_OP + consts[i].op)
            continue;
        wat_next(&w->lex);
        out->valkind = consts[i].kind;
        if (out->valkind == WASMTIME_V128) {
            read_vector(w, out);
            return true;
        }
        out->n_lanes = 1;
        out->lane_bytes = consts[i].bytes;
        out->is_float = consts[i].is_float;
        read_lanes(w, out);
        return true;
    }
    return false;
}

/* One that is not `either`. */
static WastPattern read_simple(Wast *w)
{
    WastPattern pattern = {0};
    if (!read_number(w, &pattern) && !read_reference(w, &pattern))
        wat_unexpected(&w->lex, "a value");
    wat_take_right(&w->lex);
    return pattern;
}

WastPattern wast_read_pattern(Wast *w)
{
    wat_take_left(&w->lex);
    if (!wat_is_keyword(&w->lex, WAT_KW_EITHER))
        return read_simple(w);
    wat_next(&w->lex);
    VEC(WastPattern) choices = {0};
    while (wat_is(&w->lex, WAT_TOK_LEFT)) {
        wat_next(&w->lex);
        vec_push(&w->scratch, &choices, read_simple(w));
    }
    wat_take_right(&w->lex);
    return (WastPattern){.kind = WAST_EITHER, .n_choices = choices.len, .choices = choices.at};
}

/* ---- making ---- */

/* What a host reference points to; not NULL, for number 0 is a reference as well. */
static void *host_data(u32 number) { return (void *)((uintptr_t)number + 1); }

/* The same number is the same reference, whenever it is used. */
static wasmtime_externref_t host_ref(Wast *w, u32 number)
{
    for (u32 i = 0; i < w->hosts.len; i++)
        if (w->hosts.at[i].number == number)
            return w->hosts.at[i].ref;
    WastHost host = {.number = number};
    vec_reserve(&w->arena, &w->hosts, 1);
    if (!wasmtime_externref_new(w->context, host_data(number), NULL, &host.ref))
        wast_fail(w, "out of memory");
    vec_push(&w->arena, &w->hosts, host);
    return host.ref;
}

static void store_number(const WastPattern *pattern, wasmtime_val_t *out)
{
    u8 bytes[16] = {0};
    for (u32 i = 0; i < pattern->n_lanes; i++)
        memcpy(bytes + i * pattern->lane_bytes, &pattern->lanes[i], pattern->lane_bytes);
    memcpy(&out->of, bytes, sizeof bytes);
}

wasmtime_val_t wast_value_of(Wast *w, const WastPattern *pattern)
{
    wasmtime_val_t val = {.kind = pattern->valkind};
    bool is_exact = true;
    for (u32 i = 0; i < pattern->n_lanes; i++)
        is_exact &= pattern->nans[i] == WAST_EXACT;
    if (pattern->kind == WAST_NUMBER && is_exact) {
        store_number(pattern, &val);
    } else if (pattern->kind == WAST_EXTERN_OF) {
        val.kind = WASMTIME_EXTERNREF;
        val.of.externref = host_ref(w, pattern->host);
    } else if (pattern->kind == WAST_HOST_OF) {
        wasmtime_externref_t ref = host_ref(w, pattern->host);
        val.kind = WASMTIME_ANYREF;
        memcpy(&val.of.anyref, &ref, sizeof ref);
    } else if (pattern->kind != WAST_NULL || pattern->valkind == WAST_ANY_KIND) {
        wast_fail(w, "%s is not one value", wast_pattern_text(w, pattern));
    }
    return val;
}

/* ---- comparing ---- */

static u64 load_lane(const wasmtime_val_t *val, u32 lane, u32 bytes)
{
    u64 bits = 0;
    memcpy(&bits, (const u8 *)&val->of + lane * bytes, bytes);
    return bits;
}

/* A canonical NaN has the highest bit of its payload alone, an arithmetic one at least that. */
static bool is_nan(u64 bits, u32 bytes, WastNan nan)
{
    u64 quiet = bytes == 4 ? 0x7FC00000u : 0x7FF8000000000000u;
    u64 magnitude = bits & (bytes == 4 ? 0x7FFFFFFFu : INT64_MAX);
    return nan == WAST_NAN_CANONICAL ? magnitude == quiet : (magnitude & quiet) == quiet;
}

static bool number_matches(const WastPattern *pattern, const wasmtime_val_t *val)
{
    bool ok = val->kind == pattern->valkind;
    for (u32 i = 0; ok && i < pattern->n_lanes; i++) {
        u64 bits = load_lane(val, i, pattern->lane_bytes);
        ok = pattern->nans[i] == WAST_EXACT
                 ? bits == pattern->lanes[i]
                 : is_nan(bits, pattern->lane_bytes, (WastNan)pattern->nans[i]);
    }
    return ok;
}

static bool is_reference(const wasmtime_val_t *val) { return val->kind >= WASMTIME_FUNCREF; }

static bool is_null(const wasmtime_val_t *val)
{
    return is_reference(val) &&
           (val->kind == WASMTIME_FUNCREF ? wasmtime_funcref_is_null(&val->of.funcref)
                                          : wasmtime_externref_is_null(&val->of.externref));
}

static bool is_host(Wast *w, const wasmtime_val_t *val, u32 number)
{
    return wasmtime_externref_data(w->context, &val->of.externref) == host_data(number);
}

static bool any_matches(Wast *w, WastPatternKind kind, const wasmtime_val_t *val)
{
    const wasmtime_anyref_t *any = &val->of.anyref;
    switch (kind) {
    case WAST_EQ: return wasmtime_anyref_is_eqref(w->context, any);
    case WAST_I31: return wasmtime_anyref_is_i31(w->context, any);
    case WAST_STRUCT: return wasmtime_anyref_is_struct(w->context, any);
    case WAST_ARRAY: return wasmtime_anyref_is_array(w->context, any);
    default: return true;
    }
}

static bool simple_matches(Wast *w, const WastPattern *pattern, const wasmtime_val_t *val)
{
    if (pattern->kind == WAST_NUMBER)
        return number_matches(pattern, val);
    if (pattern->kind == WAST_NULL)
        return is_null(val) &&
               (pattern->valkind == WAST_ANY_KIND || pattern->valkind == val->kind);
    if (!is_reference(val) || is_null(val))
        return false;
    switch ((WastPatternKind)pattern->kind) {
    case WAST_FUNC: return val->kind == WASMTIME_FUNCREF;
    case WAST_EXTERN: return val->kind == WASMTIME_EXTERNREF;
    case WAST_EXN: return val->kind == WASMTIME_EXNREF;
    case WAST_EXTERN_OF: return val->kind == WASMTIME_EXTERNREF && is_host(w, val, pattern->host);
    case WAST_HOST_OF: return val->kind == WASMTIME_ANYREF && is_host(w, val, pattern->host);
    default:
        return val->kind == WASMTIME_ANYREF &&
               any_matches(w, (WastPatternKind)pattern->kind, val);
    }
}

bool wast_matches(Wast *w, const WastPattern *pattern, const wasmtime_val_t *val)
{
    if (pattern->kind != WAST_EITHER)
        return simple_matches(w, pattern, val);
    for (u32 i = 0; i < pattern->n_choices; i++)
        if (simple_matches(w, &pattern->choices[i], val))
            return true;
    return false;
}

/* ---- showing ---- */

static const char *const number_names[] = {"i32", "i64", "f32", "f64"};
static const char *const ref_names[] = {[WASMTIME_FUNCREF] = "func",
                                        [WASMTIME_EXTERNREF] = "extern",
                                        [WASMTIME_ANYREF] = "any",
                                        [WASMTIME_EXNREF] = "exn"};

static void add_lane(StrBuf *out, const WastPattern *pattern, u32 lane)
{
    u64 bits = pattern->lanes[lane];
    u32 n_bits = pattern->lane_bytes * 8u;
    sb_putc(out, ' ');
    if (pattern->nans[lane] != WAST_EXACT)
        sb_puts(out, pattern->nans[lane] == WAST_NAN_CANONICAL ? "nan:canonical"
                                                               : "nan:arithmetic");
    else if (pattern->is_float && n_bits == 32)
        wat_print_f32(out, (u32)bits);
    else if (pattern->is_float)
        wat_print_f64(out, bits);
    else if (pattern->n_lanes > 1)
        sb_printf(out, "0x%0*llx", (int)n_bits / 4, (unsigned long long)bits);
    else
        sb_printf(out, "%lld", (long long)((i64)(bits << (64 - n_bits)) >> (64 - n_bits)));
}

static void add_number(StrBuf *out, const WastPattern *pattern)
{
    if (pattern->valkind == WASMTIME_V128)
        sb_printf(out, "(v128.const %c%ux%u", pattern->is_float ? 'f' : 'i',
                  pattern->lane_bytes * 8u, pattern->n_lanes);
    else
        sb_printf(out, "(%s.const", number_names[pattern->valkind]);
    for (u32 i = 0; i < pattern->n_lanes; i++)
        add_lane(out, pattern, i);
    sb_putc(out, ')');
}

static void add_simple(StrBuf *out, const WastPattern *pattern)
{
    static const char *const words[] = {
        [WAST_FUNC] = "(ref.func)", [WAST_EXTERN] = "(ref.extern)", [WAST_ANY] = "(ref.any)",
        [WAST_EQ] = "(ref.eq)",     [WAST_I31] = "(ref.i31)",       [WAST_STRUCT] = "(ref.struct)",
        [WAST_ARRAY] = "(ref.array)", [WAST_EXN] = "(ref.exn)",
    };
    switch ((WastPatternKind)pattern->kind) {
    case WAST_NUMBER:
        add_number(out, pattern);
        break;
    case WAST_NULL:
        if (pattern->valkind == WAST_ANY_KIND)
            sb_puts(out, "(ref.null)");
        else
            sb_printf(out, "(ref.null %s)", ref_names[pattern->valkind]);
        break;
    case WAST_EXTERN_OF:
    case WAST_HOST_OF:
        sb_printf(out, "(ref.%s %u)", pattern->kind == WAST_HOST_OF ? "host" : "extern",
                  pattern->host);
        break;
    default:
        sb_puts(out, words[pattern->kind]);
    }
}

/* Takes the text into scratch memory. */
static const char *take_text(Wast *w, StrBuf *text)
{
    const char *copy = wast_text(w, "%s", sb_str(text));
    sb_free(text);
    return copy;
}

const char *wast_pattern_text(Wast *w, const WastPattern *pattern)
{
    StrBuf text = {0};
    if (pattern->kind != WAST_EITHER)
        add_simple(&text, pattern);
    for (u32 i = 0; i < pattern->n_choices; i++) {
        sb_puts(&text, i ? " or " : "");
        add_simple(&text, &pattern->choices[i]);
    }
    return take_text(w, &text);
}

/* A pattern that only this value matches, or one of its kind. */
static WastPattern pattern_of(Wast *w, const wasmtime_val_t *val)
{
    static const struct {
        u8 n_lanes, bytes;
        bool is_float;
    } shapes[] = {{1, 4, false}, {1, 8, false}, {1, 4, true}, {1, 8, true}, {4, 4, false}};
    static const u8 kinds[] = {[WASMTIME_FUNCREF] = WAST_FUNC,
                               [WASMTIME_EXTERNREF] = WAST_EXTERN,
                               [WASMTIME_ANYREF] = WAST_ANY,
                               [WASMTIME_EXNREF] = WAST_EXN};
    WastPattern pattern = {.kind = WAST_NUMBER, .valkind = val->kind};
    if (is_reference(val)) {
        pattern.kind = is_null(val) ? WAST_NULL : kinds[val->kind];
        for (WastPatternKind k = WAST_I31; pattern.kind == WAST_ANY && k <= WAST_ARRAY; k++)
            if (any_matches(w, k, val))
                pattern.kind = (u8)k;
        return pattern;
    }
    pattern.n_lanes = shapes[val->kind].n_lanes;
    pattern.lane_bytes = shapes[val->kind].bytes;
    pattern.is_float = shapes[val->kind].is_float;
    for (u32 i = 0; i < pattern.n_lanes; i++)
        pattern.lanes[i] = load_lane(val, i, pattern.lane_bytes);
    return pattern;
}

const char *wast_value_text(Wast *w, const wasmtime_val_t *val)
{
    StrBuf text = {0};
    WastPattern pattern = pattern_of(w, val);
    add_simple(&text, &pattern);
    return take_text(w, &text);
}
