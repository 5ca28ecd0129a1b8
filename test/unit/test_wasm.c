/* Modules: sections, types, limits, features, custom sections, memory running out. */
#include "test.h"
#include "wasm_bytes.h"

static bool begins(const char *text, const char *with)
{
    return EXPECT(!strncmp(text, with, strlen(with))) ? true : (printf("  got %s\n", text), false);
}

static void accepted(Diag diag)
{
    if (!EXPECT(!diag.is_set))
        printf("  %llu: %s\n", (unsigned long long)diag.offset, diag.text);
}

static void refused(Diag diag, u64 offset, const char *text)
{
    if (!EXPECT(diag.is_set))
        return;
    begins(diag.text, text);
    EXPECT_U64(diag.offset, offset);
}

/* ---- the operator table ---- */

static void operators_are_found_by_code(void)
{
    for (u32 op = 0; op < WASM_OP_COUNT; op++) {
        const WasmOpInfo *row = &wasm_ops[op];
        EXPECT_U64(wasm_op_lookup(row->prefix, row->code), op);
        Bytes b = {0};
        if (row->prefix)
            bytes_u8(&b, row->prefix);
        bytes_u32(&b, row->code);
        WasmReader r = {b.at, b.at + b.len};
        if (row->prefix || row->code < 0x80)
            EXPECT(wasm_read_op(&r) == op && r.at == r.end);
        bytes_free(&b);
    }
    EXPECT_U64(wasm_op_lookup(0, 0xFF), WASM_OP_COUNT);
    EXPECT_U64(wasm_op_lookup(0xFB, 31), WASM_OP_COUNT);
    EXPECT_U64(wasm_op_lookup(0xFD, 154), WASM_OP_COUNT);
    EXPECT_U64(wasm_op_lookup(0xFE, 0xFFFFFFFF), WASM_OP_COUNT);
    EXPECT_STR(wasm_op_name(WASM_OP_I32_ADD), "i32.add");
    EXPECT_STR(wasm_op_name(WASM_OP_I32X4_DOT_I16X8_S), "i32x4.dot_i16x8_s");
}

/* ---- headers and sections ---- */

static void judged(const char *hex, u64 offset, const char *text)
{
    Bytes b = {0};
    bytes_hex(&b, hex);
    refused(judge(&b, NULL), offset, text);
}

static void errors_name_the_byte(void)
{
    judged("", 0, "unexpected end");
    judged("00 61 73", 3, "unexpected end");
    judged("00 61 73 6e 01 00 00 00", 3, "magic header not detected");
    judged("00 61 73 6d 02 00 00 00", 4, "unknown binary version");
    judged("00 61 73 6d 0d 00 01 00", 4, "unknown binary version: this is a component");
    refused(judge_hex("0e 00"), 8, "malformed section id");
    refused(judge_hex("03 01 00 01 01 00"), 11, "unexpected content after last section");
    refused(judge_hex("01 04 01 60 00"), 13, "length out of bounds");
    refused(judge_hex("01 05 01 60 00 00 00"), 14, "section size mismatch");
    refused(judge_hex("01 ff ff ff ff 0f 01 60"), 16, "length out of bounds");
    refused(judge_hex("01 80 80 80 80 80 00"), 13, "integer representation too long");
    refused(judge_hex("01 80 80 80 80 10"), 13, "integer too large");
    refused(judge_hex("01 04 01 61 00 00"), 11, "malformed type form");
    refused(judge_hex("01 05 01 60 01 7a 00"), 13, "malformed value type");
    refused(judge_hex("01 04 01 60 00 00 03 02 01 01"), 17, "unknown type 1");
    refused(judge_hex("02 06 01 01 c0 00 00 00"), 12, "malformed UTF-8 encoding");
    refused(judge_hex("05 05 01 01 02 01 00"), 11, "size minimum must not be greater than maximum");
    refused(judge_hex("01 04 01 60 00 00 03 02 01 00"), 18, "function and code section have");
}

#define ONE_FUNC "01 04 01 60 00 00  03 02 01 00  "

/* What crosses the end of its section is judged by what stands behind it. */
static void errors_look_behind_the_section(void)
{
    static const struct {
        const char *hex;
        u64 offset;
        const char *text;
    } cases[] = {
        {"01 04 01 60 00 00  03 02 01 80  80 80 80 80 00", 21, "integer representation too long"},
        {"01 04 01 60 00 00  03 02 01 80  80 80 80 10", 21, "integer too large"},
        {"01 04 01 60 00 00  03 02 01 80  00", 18, "unexpected end of section or function"},
        {"01 04 01 60 00 00  03 02 01 80  80 80", 18, "unexpected end of section or function"},
        {"02 03 01 01 61  05", 13, "length out of bounds"},
        {"02 03 01 01 61  00", 13, "unexpected end of section or function"},
        {ONE_FUNC "0a 05 01 03 00 41 80  80 80 80 80 00 1a 0b", 28,
         "integer representation too long"},
        {ONE_FUNC "0a 05 01 03 00 41 80  80 80 80 10 1a 0b", 28, "integer too large"},
        {ONE_FUNC "0a 05 01 03 00 41 80  ff", 25, "unexpected end of section or function"},
        {ONE_FUNC "0a 04 01 02 00 0b  0e", 24, "malformed section id"},
        {ONE_FUNC "0a 05 01 03 00 6a 0b  80", 25, "malformed section id"},
        {ONE_FUNC "0a 06 01 04 00 41 01 1a  0b 03 01 01 00", 26, "section size mismatch"},
        {ONE_FUNC "0a 06 01 04 00 41 01 1a  00 02 01 61", 26,
         "unexpected end of section or function"},
        {ONE_FUNC "0a 05 01 03 00 02 40  0b 03 01 01 00", 25,
         "unexpected end of section or function"},
    };
    for (u32 i = 0; i < ARRAY_LEN(cases); i++)
        refused(judge_hex(cases[i].hex), cases[i].offset, cases[i].text);
}

static void every_truncation_is_refused(void)
{
    /* Type, import, function, table, memory, global, export, element, code and data sections. */
    static const char whole[] =
        "01 08 02 60 00 00 60 01 7f 00  02 07 01 01 61 01 62 00 00  03 02 01 01  04 04 01 70 00 01"
        "05 03 01 00 01  06 06 01 7f 00 41 2a 0b  07 05 01 01 66 00 01  09 07 01 00 41 00 0b 01 01"
        "0a 09 01 07 01 01 7f 20 00 1a 0b  0b 07 01 00 41 00 0b 01 78";
    Bytes b = bytes_header();
    bytes_hex(&b, whole);
    size_t len = b.len;
    u32 n_accepted = 0;
    for (size_t cut = 0; cut <= len; cut++) {
        Bytes part = {0};
        bytes_add(&part, b.at, cut);
        Diag diag = judge(&part, NULL);
        n_accepted += !diag.is_set;
        EXPECT(!diag.is_set || diag.offset <= cut);
    }
    bytes_free(&b);
    /* What ends between two sections may be whole: before the function section and behind code. */
    EXPECT_U64(n_accepted, 5);
}

static void imports_are_first_in_index_spaces(void)
{
    Bytes b = bytes_header();
    bytes_hex(&b, "01 04 01 60 00 00  02 0e 02 01 61 01 66 00 00 01 61 01 6d 02 00 03"
                  "03 02 01 00  07 09 02 01 78 00 01 01 79 02 00  08 01 01  0a 04 01 02 00 0b");
    Loaded l = load(&b, NULL);
    if (EXPECT(l.m)) {
        EXPECT(l.m->n_funcs == 2 && l.m->n_imported_funcs == 1 && l.m->n_memories == 1);
        EXPECT(l.m->funcs[0].import == 0 && l.m->funcs[1].import == WASM_NONE);
        EXPECT(l.m->memories[0].import == 1 && l.m->memories[0].limits.min == 3);
        EXPECT(l.m->memories[0].limits.page_log2 == 16 && !l.m->memories[0].limits.has_max);
        EXPECT(l.m->imports[1].kind == WASM_KIND_MEMORY && l.m->imports[1].index == 0);
        EXPECT(l.m->start_func == 1);
        EXPECT(l.m->func_escapes[0] == 2);
        const WasmExport *y = wasm_find_export(l.m, "y", 1);
        EXPECT(y && y->kind == WASM_KIND_MEMORY && !wasm_find_export(l.m, "z", 1));
    }
    accepted(l.diag);
    unload(&l);
}

/* ---- types ---- */

static Loaded load_types(const char *contents)
{
    Bytes b = bytes_header(), types = {0};
    bytes_hex(&types, contents);
    bytes_section(&b, 1, &types);
    return load(&b, NULL);
}

static void equal_groups_have_one_index(void)
{
    /* Twice the group {struct (ref null own second); func}, a third with other finality, then a
     * function over both structs. */
    Loaded l = load_types("04 4e 02 5f 01 63 01 00 60 00 00  4e 02 5f 01 63 03 00 60 00 00"
                          "4e 02 5f 01 63 05 00 50 00 60 00 00  60 02 63 00 63 02 01 63 04");
    accepted(l.diag);
    if (EXPECT(l.m)) {
        const WasmType *t = l.m->types;
        EXPECT_U64(l.m->n_types, 7);
        EXPECT(t[2].canon == 0 && t[3].canon == 1 && t[4].canon == 4 && t[6].canon == 6);
        EXPECT(t[2].fields[0].type == t[0].fields[0].type && t[2].group == 2);
        EXPECT(t[4].fields[0].type != t[0].fields[0].type);
        EXPECT(t[6].func.params[0] == t[6].func.params[1]);
        EXPECT(!wasm_is_subtype(l.m, t[6].func.params[0], t[6].func.results[0]));
    }
    unload(&l);
}

static void subtypes_follow_declarations(void)
{
    /* A: open struct {i32}; B: A with a field more; C: B; and a function type. */
    Loaded l = load_types("04 50 00 5f 01 7f 00  50 01 00 5f 02 7f 00 6e 01  50 01 01 5f 02 7f 00 "
                          "6e 01  60 00 00");
    accepted(l.diag);
    if (EXPECT(l.m)) {
        WasmValType a = WASM_REF | 0, c = WASM_REF | 2, f = WASM_REF | 3;
        WasmValType none = WASM_REF | WASM_ABSTRACT | WASM_HEAP_NONE;
        WasmValType nofunc = WASM_REF | WASM_ABSTRACT | WASM_HEAP_NOFUNC;
        EXPECT(l.m->types[2].depth == 2);
        EXPECT(wasm_is_subtype(l.m, c, a) && !wasm_is_subtype(l.m, a, c));
        EXPECT(wasm_is_subtype(l.m, c, a | WASM_NULLABLE));
        EXPECT(!wasm_is_subtype(l.m, c | WASM_NULLABLE, a));
        EXPECT(wasm_is_subtype(l.m, c, WASM_T_ANYREF) && !wasm_is_subtype(l.m, f, WASM_T_ANYREF));
        EXPECT(wasm_is_subtype(l.m, f, WASM_T_FUNCREF));
        EXPECT(wasm_is_subtype(l.m, none, a) && !wasm_is_subtype(l.m, none, f));
        EXPECT(wasm_is_subtype(l.m, nofunc, f) && !wasm_is_subtype(l.m, nofunc, a));
        EXPECT(wasm_type_below(l.m, 2, 0) && !wasm_type_below(l.m, 0, 2));
        char name[WASM_TYPE_NAME_MAX];
        EXPECT_STR(wasm_type_name(name, c | WASM_NULLABLE), "(ref null 2)");
        EXPECT_STR(wasm_type_name(name, none), "(ref none)");
        EXPECT_STR(wasm_type_name(name, WASM_T_EXNREF), "exnref");
    }
    unload(&l);
    l = load_types("02 5f 01 7f 00  50 01 00 5f 01 7f 00");
    refused(l.diag, 15, "sub type 1 does not match its super type 0, which is final");
    unload(&l);
}

/* A chain of subtypes `depth` below its first type. */
static Diag judge_chain(u32 depth)
{
    Bytes b = bytes_header(), types = {0};
    bytes_u32(&types, depth + 1);
    bytes_hex(&types, "50 00 5f 00");
    for (u32 i = 0; i < depth; i++) {
        bytes_hex(&types, "50 01");
        bytes_u32(&types, i);
        bytes_hex(&types, "5f 00");
    }
    bytes_section(&b, 1, &types);
    return judge(&b, NULL);
}

static void supertypes_are_limited(void)
{
    accepted(judge_chain(63));
    Diag diag = judge_chain(64);
    EXPECT(diag.is_set);
    begins(diag.text, "sub type 64: more than 63 levels");
}

/* ---- limits ---- */

static Diag judge_many(u32 section, u32 count, const char *entry)
{
    Bytes b = bytes_header(), part = {0};
    bytes_u32(&part, count);
    for (u32 i = 0; i < count; i++)
        bytes_hex(&part, entry);
    bytes_section(&b, section, &part);
    return judge(&b, NULL);
}

static void counts_are_limited(void)
{
    accepted(judge_many(1, 1000000, "60 00 00"));
    refused(judge_many(1, 1000001, "60 00 00"), 13, "too many types");
    accepted(judge_many(5, 100, "00 00"));
    refused(judge_many(5, 101, "00 00"), 11, "too many memories");
    accepted(judge_many(4, 100, "70 00 00"));
    refused(judge_many(4, 101, "70 00 00"), 11, "too many tables");
    refused(judge_hex("01 08 01 60 e9 07 7f 7f 7f 00"), 12, "too many parameters: 1001");
    /* A count that the bytes cannot hold is refused before anything is allocated for it. */
    refused(judge_hex("03 05 c0 84 3d 00 00"), 15, "unexpected end of section");
}

/* Exports of empty bodies to tables of one name length: all names differ or the last repeats. */
static void export_names_are_unique(void)
{
    for (u32 repeats = 0; repeats < 2; repeats++) {
        Bytes b = bytes_header(), part = {0};
        bytes_hex(&b, "05 03 01 00 00");
        bytes_u32(&part, 5000);
        for (u32 i = 0; i < 5000; i++) {
            u32 name = repeats && i == 4999 ? 17 : i;
            bytes_u8(&part, 4);
            bytes_u8(&part, 'a' + name % 16);
            bytes_u8(&part, 'a' + name / 16 % 16);
            bytes_u8(&part, 'a' + name / 256 % 16);
            bytes_u8(&part, 'a' + name / 4096);
            bytes_hex(&part, "02 00");
        }
        bytes_section(&b, 7, &part);
        Diag diag = judge(&b, NULL);
        EXPECT(diag.is_set == repeats);
        if (repeats)
            begins(diag.text, "duplicate export name \"bbaa\"");
    }
}

/* ---- features ---- */

static const struct {
    WasmFeature feature;
    const char *sections; /* valid with the feature, refused without */
} gated[] = {
    {WASM_FEATURE_MULTI_VALUE, "01 06 01 60 00 02 7f 7f"},
    {WASM_FEATURE_REFERENCE_TYPES, "01 05 01 60 01 6f 00"},
    {WASM_FEATURE_REFERENCE_TYPES, "04 07 02 70 00 00 70 00 00"},
    {WASM_FEATURE_BULK_MEMORY, "0b 03 01 01 00"},
    {WASM_FEATURE_BULK_MEMORY, "0c 01 00"},
    {WASM_FEATURE_SIMD, "01 05 01 60 01 7b 00"},
    {WASM_FEATURE_RELAXED_SIMD,
     "01 04 01 60 00 00 03 02 01 00 0a 0a 01 08 00 00 fd 80 02 1a 00 0b"},
    {WASM_FEATURE_THREADS, "05 04 01 03 01 01"},
    {WASM_FEATURE_MULTI_MEMORY, "05 05 02 00 00 00 00"},
    {WASM_FEATURE_MEMORY64, "05 03 01 04 00"},
    {WASM_FEATURE_EXTENDED_CONST, "06 09 01 7f 00 41 01 41 02 6a 0b"},
    {WASM_FEATURE_TAIL_CALL, "01 04 01 60 00 00 03 02 01 00 0a 06 01 04 00 12 00 0b"},
    {WASM_FEATURE_FUNCTION_REFERENCES, "01 06 01 60 01 63 70 00"},
    {WASM_FEATURE_GC, "01 03 01 5f 00"},
    {WASM_FEATURE_GC, "06 0b 02 7f 00 41 00 0b 7f 00 23 00 0b"},
    {WASM_FEATURE_EXCEPTIONS, "01 04 01 60 00 00 0d 03 01 00 00"},
    {WASM_FEATURE_LEGACY_EXCEPTIONS, "01 04 01 60 00 00 03 02 01 00 0a 08 01 06 00 06 40 19 0b 0b"},
    {WASM_FEATURE_WIDE_ARITHMETIC,
     "01 04 01 60 00 00 03 02 01 00 0a 09 01 07 00 00 fc 15 1a 1a 0b"},
    {WASM_FEATURE_CUSTOM_PAGE_SIZES, "05 04 01 08 00 00"},
};

static void features_off_are_named(void)
{
    for (u32 i = 0; i < ARRAY_LEN(gated); i++) {
        WasmFeatures features = wasm_features_all();
        Bytes b = bytes_header();
        bytes_hex(&b, gated[i].sections);
        Diag diag = judge(&b, &features);
        accepted(diag);
        if (diag.is_set)
            printf("  row %u\n", i);
        wasm_feature_set(&features, gated[i].feature, false);
        b = bytes_header();
        bytes_hex(&b, gated[i].sections);
        diag = judge(&b, &features);
        if (!EXPECT(diag.is_set && strstr(diag.text, wasm_feature_key(gated[i].feature))))
            printf("  row %u: %s\n", i, diag.text);
    }
}

static void defaults_are_those_of_wasmtime(void)
{
    WasmFeatures features = wasm_features_default();
    for (u32 f = 0; f < WASM_FEATURE_COUNT; f++) {
        bool is_off = f == WASM_FEATURE_LEGACY_EXCEPTIONS || f == WASM_FEATURE_CUSTOM_PAGE_SIZES;
        EXPECT(wasm_feature_on(features, (WasmFeature)f) != is_off);
    }
    WasmFeature found;
    EXPECT(wasm_feature_named("tail-call", &found) && found == WASM_FEATURE_TAIL_CALL);
    EXPECT(!wasm_feature_named("tail_call", &found));
}

/* ---- expressions and segments ---- */

static void constants_keep_their_operators(void)
{
    Bytes b = bytes_header(), part = {0};
    bytes_hex(&part, "03 7f 00 41 05 41 7d 6a 0b  7c 00 44 00 00 00 00 00 00 f8 3f 0b"
                     "70 00 d0 70 0b");
    bytes_section(&b, 6, &part);
    Loaded l = load(&b, NULL);
    accepted(l.diag);
    if (EXPECT(l.m)) {
        const WasmConstExpr *sum = &l.m->globals[0].init;
        EXPECT(sum->n_ops == 3 && sum->max_height == 2 && sum->type == WASM_T_I32);
        EXPECT(sum->ops[1].op == WASM_OP_I32_CONST && (i64)sum->ops[1].lo == -3);
        EXPECT(sum->ops[2].op == WASM_OP_I32_ADD);
        double value;
        memcpy(&value, &l.m->globals[1].init.ops[0].lo, sizeof value);
        EXPECT(value == 1.5);
        EXPECT(l.m->globals[2].init.ops[0].lo == WASM_T_FUNCREF);
    }
    unload(&l);
    refused(judge_hex("06 05 01 7f 00 41 00"), 15, "unexpected end of section");
    refused(judge_hex("06 05 01 7f 00 6a 0b"), 13, "type mismatch");
    refused(judge_hex("06 06 01 7f 00 41 00 45"), 15, "constant expression required");
    refused(judge_hex("06 06 01 7e 00 41 00 0b"), 15, "type mismatch: expected i64, found i32");
}

static void segments_tell_items_apart(void)
{
    Bytes b = bytes_header();
    bytes_hex(&b, "01 04 01 60 00 00  02 08 01 01 61 01 67 03 70 00  03 03 02 00 00"
                  "04 04 01 70 00 04  09 13 02 00 41 01 0b 01 01  05 70 03 d2 00 0b d0 70 0b 23 00 "
                  "0b  0a 07 02 02 00 0b 02 00 0b");
    Loaded l = load(&b, NULL);
    accepted(l.diag);
    if (EXPECT(l.m)) {
        const WasmElem *active = &l.m->elems[0], *passive = &l.m->elems[1];
        EXPECT(active->mode == WASM_SEG_ACTIVE && active->n_items == 1);
        EXPECT(active->offset.ops[0].lo == 1 && wasm_elem_index(active->items[0]) == 1);
        EXPECT(passive->mode == WASM_SEG_PASSIVE && passive->n_items == 3);
        EXPECT(wasm_elem_kind(passive->items[0]) == WASM_ELEM_FUNC);
        EXPECT(wasm_elem_kind(passive->items[1]) == WASM_ELEM_NULL);
        EXPECT(wasm_elem_kind(passive->items[2]) == WASM_ELEM_EXPR);
        EXPECT(passive->exprs[0].ops[0].op == WASM_OP_GLOBAL_GET);
        EXPECT(l.m->func_escapes[0] == 3);
    }
    unload(&l);
}

/* ---- custom sections ---- */

static Loaded load_named(const char *name_section)
{
    Bytes b = bytes_header(), part = {0};
    bytes_hex(&b, "01 04 01 60 00 00  03 03 02 00 00  0a 07 02 02 00 0b 02 00 0b");
    bytes_hex(&part, "04 6e 61 6d 65");
    bytes_hex(&part, name_section);
    bytes_section(&b, 0, &part);
    return load(&b, NULL);
}

static void names_are_kept_and_errors_ignored(void)
{
    Loaded l = load_named("00 02 01 4d  01 09 02 00 01 66 01 03 67 67 67");
    if (EXPECT(l.m && l.m->func_names)) {
        WasmStr name = wasm_func_name(l.m, 1);
        EXPECT(l.m->name.len == 1 && l.m->name.at[0] == 'M');
        EXPECT(name.len == 3 && !memcmp(name.at, "ggg", 3));
    }
    unload(&l);
    /* Not UTF-8, no such function, then cut off: the name in between survives. */
    l = load_named("01 0d 04 00 01 ff 01 01 67 09 01 68 00 63 61");
    accepted(l.diag);
    if (EXPECT(l.m)) {
        EXPECT(!wasm_func_name(l.m, 0).at);
        EXPECT(wasm_func_name(l.m, 1).len == 1);
    }
    unload(&l);
}

static void branch_hints_are_by_function(void)
{
    Bytes b = bytes_header(), part = {0};
    bytes_hex(&b, "01 04 01 60 00 00  03 02 01 00");
    bytes_u8(&part, 25);
    bytes_add(&part, "metadata.code.branch_hint", 25);
    bytes_hex(&part, "01 00 01 03 01 01");
    bytes_section(&b, 0, &part);
    bytes_hex(&b, "0a 0a 01 08 00 41 00 04 40 0b 01 0b");
    Loaded l = load(&b, NULL);
    accepted(l.diag);
    if (EXPECT(l.m)) {
        const WasmFuncHints *hints = wasm_func_hints(l.m, 0);
        EXPECT(hints && hints->n_hints == 1 && hints->hints[0].is_likely);
        EXPECT(hints && l.m->bytes[hints->hints[0].at] == 0x04);
        EXPECT(!wasm_func_hints(l.m, 1));
    }
    unload(&l);
}

/* ---- memory running out ---- */

static void lack_of_memory_is_an_error(void)
{
    Bytes b = bytes_header(), part = {0};
    bytes_u32(&part, 20000);
    for (u32 i = 0; i < 20000; i++)
        bytes_hex(&part, "60 02 7f 7e 01 7d");
    bytes_section(&b, 1, &part);
    bool ok = false;
    for (size_t limit = 1 << 16; !ok && limit < (size_t)1 << 28; limit *= 2) {
        Arena arena;
        arena_init(&arena, NULL);
        arena.limit_bytes = limit;
        Diag diag = {0};
        WasmModule *m = NULL;
        ok = wasm_decode(&arena, b.at, b.len, NULL, &m, &diag);
        EXPECT(ok ? m->n_types == 20000 : diag.is_oom && !m);
        EXPECT(arena.on_oom == NULL);
        EXPECT(limit > 1 << 16 || !ok);
        arena_free(&arena);
    }
    EXPECT(ok);
    bytes_free(&b);
}

int main(void)
{
    TEST(operators_are_found_by_code);
    TEST(errors_name_the_byte);
    TEST(errors_look_behind_the_section);
    TEST(every_truncation_is_refused);
    TEST(imports_are_first_in_index_spaces);
    TEST(equal_groups_have_one_index);
    TEST(subtypes_follow_declarations);
    TEST(supertypes_are_limited);
    TEST(counts_are_limited);
    TEST(export_names_are_unique);
    TEST(features_off_are_named);
    TEST(defaults_are_those_of_wasmtime);
    TEST(constants_keep_their_operators);
    TEST(segments_tell_items_apart);
    TEST(names_are_kept_and_errors_ignored);
    TEST(branch_hints_are_by_function);
    TEST(lack_of_memory_is_an_error);
    return test_end();
}
