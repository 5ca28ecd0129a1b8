/* Text to modules: names, implied types, places, depth, memory running out. What is refused with
 * which words is in test/file/wat and in the specification's suite. */
#include "failing_alloc.h"
#include "test.h"
#include "wasm_bytes.h"
#include "wat/wat.h"

/* The module of a text, decoded; NULL after a failed expectation. */
typedef struct Parsed {
    Arena arena;
    WatModule wat;
    WasmModule *m;
    Diag diag;
} Parsed;

static bool parsed(Parsed *p, const char *text, size_t len)
{
    WasmFeatures all = wasm_features_all();
    *p = (Parsed){.m = NULL};
    arena_init(&p->arena, NULL);
    bool is_ok = wat_parse(text, len, &all, &p->arena, &p->wat, &p->diag) &&
                 wasm_decode(&p->arena, p->wat.bytes, p->wat.len, &all, &p->m, &p->diag) &&
                 wasm_validate_all(p->m, &p->diag);
    return is_ok;
}

static void accept(Parsed *p, const char *text)
{
    if (!EXPECT(parsed(p, text, strlen(text))))
        printf("  %s\n", p->diag.text);
}

static void refuse(const char *text, u64 offset, const char *begin)
{
    Parsed p;
    if (EXPECT(!parsed(&p, text, strlen(text)))) {
        EXPECT(!strncmp(p.diag.text, begin, strlen(begin)));
        EXPECT_U64(p.diag.offset, offset);
    }
    arena_free(&p.arena);
}

/* The contents of a custom section as hexadecimal digits; "" if there is none. */
static const char *custom(const WasmModule *m, const char *name)
{
    static char hex[1024];
    hex[0] = 0;
    for (u32 i = 0; i < m->n_customs; i++) {
        const WasmCustom *c = &m->customs[i];
        if (c->name.len != strlen(name) || memcmp(c->name.at, name, c->name.len) != 0)
            continue;
        for (u32 k = 0; k < c->size && k < sizeof hex / 2 - 1; k++)
            sprintf(hex + 2 * k, "%02x", m->bytes[c->start + k]);
    }
    return hex;
}

/* ---- names ---- */

static void every_name_is_kept(void)
{
    Parsed p;
    accept(&p, "(module $m (type $t (func (param $ignored i32))) (import \"\" \"\" (func $i))\n"
               "(type $s (struct (field i32) (field $x i32) (field $y i32)))\n"
               "(table $a 1 funcref) (memory $b 1) (global $c i32 (i32.const 0)) (tag $d)\n"
               "(func $f (type $t) (local i32) (local $l i64) (block (loop $k)))\n"
               "(elem $e func) (data $g))");
    EXPECT_STR(custom(p.m, "name"), "0002016d"       /* module m */
                                    "01070200016901" "0166"
                                    "0206010101" "02016c" /* local 2 of function 1 */
                                    "0306010101" "01016b" /* label 1 of function 1 */
                                    "040702" "000174" "010173"
                                    "0504010001" "61"
                                    "0604010001" "62"
                                    "0704010001" "63"
                                    "0804010001" "65"
                                    "0904010001" "67"
                                    "0a09010102" "010178" "020179" /* fields of type 1 */
                                    "0b04010001" "64");
    arena_free(&p.arena);
}

static void no_names_make_no_section(void)
{
    Parsed p;
    accept(&p, "(func (param i32))");
    EXPECT_U64(p.m->n_customs, 0);
    arena_free(&p.arena);
}

static void annotations_name_and_hint(void)
{
    Parsed p;
    accept(&p, "(module $m (@name \"M n\") (func $f (@name \"F n\") (param i32)\n"
               "(@metadata.code.branch_hint \"\\01\") (if (local.get 0) (then))\n"
               "(block local.get 0 (@metadata.code.branch_hint \"\\00\") br_if 0)))");
    EXPECT_STR(custom(p.m, "name"), "00040" "34d206e" "010601" "0003" "46206e");
    /* The `if` is the third byte of the body, which begins with its locals. */
    EXPECT_STR(custom(p.m, "metadata.code.branch_hint"), "01" "00" "02" "030101" "0a0100");
    EXPECT_U64(p.m->n_hinted, 1);
    arena_free(&p.arena);
}

static void custom_sections_have_places(void)
{
    Parsed p;
    accept(&p, "(@custom \"a\" \"x\" \"y\") (@custom \"b\" (before type)) (type (func))\n"
               "(@custom \"c\" (after type)) (@custom \"d\" (before first))");
    static const u8 after[] = {0, 0, 1, 1};
    static const char names[] = "dbca";
    if (EXPECT_U64(p.m->n_customs, 4))
        for (u32 i = 0; i < 4; i++) {
            EXPECT_U64(p.m->customs[i].name.at[0], names[i]);
            EXPECT_U64(p.m->customs[i].after, after[i]);
        }
    EXPECT_STR(custom(p.m, "a"), "7879");
    arena_free(&p.arena);
}

static void quoted_names_are_the_same_names(void)
{
    Parsed p;
    accept(&p, "(func $\"a b\" (call $\"a\\20b\")) (func $x (call $\"\\u{78}\"))");
    refuse("(func $x) (func $\"x\")", 16, "duplicate func");
    arena_free(&p.arena);
}

/* ---- types ---- */

static void implied_types_are_shared(void)
{
    Parsed p;
    accept(&p, "(func (param i32)) (func (param i64)) (func i64.const 0 (block (param i64) drop))\n"
               "(func (param i32)) (type $t (func)) (type (func (param i64)))\n"
               "(func) (func (type 2) (nop)) (func (type 1) (param) (result))");
    /* $t, the one that is written down, and that of an i32. */
    EXPECT_U64(p.m->n_types, 3);
    arena_free(&p.arena);
    refuse("(type $t (func (param i32))) (func (type $t))\n(func (type $t) (param i64))", 58,
           "inline function type");
}

static void types_may_come_later(void)
{
    Parsed p;
    accept(&p, "(func $f (param (ref null $s)) (result i32)\n"
               "  (struct.get $s $y (local.get 0)))\n"
               "(rec (type $a (array (mut (ref null $s))))\n"
               "     (type $s (struct (field $x i64 ) (field $y i32))))");
    arena_free(&p.arena);
}

/* ---- places ---- */

static void a_script_goes_on_behind_a_module(void)
{
    static const char text[] = "(module $a) (module definition $b (func)) (module $c (fnc)) x";
    Arena arena;
    Diag diag = {0};
    WatLexer lex;
    WatModule m;
    jmp_buf jump;
    arena_init(&arena, &jump);
    if (setjmp(jump)) {
        EXPECT(!"the lexer fails");
        return;
    }
    wat_lexer_init(&lex, &arena, text, sizeof text - 1, &diag, &jump);
    EXPECT(wat_parse_module(&lex, NULL, &arena, &m) && m.id.len == 1 && !m.is_definition);
    EXPECT_U64(lex.tok.start, 12);
    EXPECT(wat_parse_module(&lex, NULL, &arena, &m) && m.id.at[0] == 'b' && m.is_definition);
    WatLexer start = lex;
    EXPECT(!wat_parse_module(&lex, NULL, &arena, &m));
    EXPECT(!strncmp(diag.text, "unknown operator fnc", 20));
    lex = start;
    wat_next(&lex);
    EXPECT(wat_skip_form(&lex) && wat_is_spelled(&lex, "x"));
    arena_free(&arena);
}

/* Validation fails at what is written at the first `mark`. */
static void located(const char *text, const char *mark)
{
    Parsed p;
    EXPECT(!parsed(&p, text, strlen(text)) && p.m);
    const char *at = strstr(text, mark);
    EXPECT_U64(wat_locate(text, strlen(text), NULL, p.diag.offset), (u64)(at - text));
    arena_free(&p.arena);
}

static void validation_errors_go_back_to_the_text(void)
{
    located("(func) (func (result i32) (i32.add (i32.const 1)\n (f32.const 2)))", "i32.add");
    located("(module (func nop nop i64.eqz drop))", "i64.eqz");
    Parsed p;
    static const char text[] = "(memory 1)\n(memory 65537)";
    EXPECT(!parsed(&p, text, strlen(text)));
    EXPECT_U64(wat_locate(text, strlen(text), NULL, p.diag.offset), 11);
    arena_free(&p.arena);
}

/* ---- size ---- */

/* `head`, n times `part`, `middle`, n times `back`, `tail`. */
static Bytes repeated(const char *head, u32 n, const char *part, const char *middle,
                      const char *back, const char *tail)
{
    Bytes b = {0};
    bytes_add(&b, head, strlen(head));
    for (u32 i = 0; i < n; i++)
        bytes_add(&b, part, strlen(part));
    bytes_add(&b, middle, strlen(middle));
    for (u32 i = 0; i < n; i++)
        bytes_add(&b, back, strlen(back));
    bytes_add(&b, tail, strlen(tail));
    return b;
}

static void sized(Bytes b, const char *begin)
{
    Parsed p;
    bool is_ok = parsed(&p, (const char *)b.at, b.len);
    if (!begin && !EXPECT(is_ok))
        printf("  %s\n", p.diag.text);
    if (begin && EXPECT(!is_ok) && !EXPECT(!strncmp(p.diag.text, begin, strlen(begin))))
        printf("  %s\n", p.diag.text);
    arena_free(&p.arena);
    bytes_free(&b);
}

static void depth_is_no_matter(void)
{
    const u32 n = 1000000;
    sized(repeated("(func ", n, "(block ", "", ")", ")"), NULL);
    sized(repeated("(func ", n, "block ", "", "end ", ")"), NULL);
    sized(repeated("(func (result i32) ", n, "(i32.eqz ", "(i32.const 0)", ")", ")"), NULL);
    sized(repeated("(func ", n, "(if (i32.const 0) (then ", "", "))", ")"), NULL);
    sized(repeated("(func (drop ", n / 2, "(if (result i32) ", "(i32.const 0)",
                   "(then (i32.const 0)) (else (i32.const 0)))", "))"), NULL);
    sized(repeated("", n, "(", "", "", ""), "unexpected token");
    sized(repeated("(func ", n, "(", "", "", ""), "unexpected token");
    sized(repeated("", n, "(;", "", "", ""), "unclosed comment");
    sized(repeated("(;", n, "(;", "", ";)", ";) (func)"), NULL);
    sized(repeated("(@a ", n, "(", "", ")", ") (func)"), NULL);
    sized(repeated("(@a ", n, "(@a ", "", "", ""), "unclosed annotation");
    sized(repeated("(type ", n, "(sub ", "", "", ""), "unexpected token");
}

static void length_is_no_matter(void)
{
    sized(repeated("(data \"", 100000000, "a", "", "", ""), "unclosed string");
    sized(repeated("(global f64 (f64.const 0.", 3000000, "12", "", "", "))"), NULL);
    sized(repeated("(global f64 (f64.const 0x1.", 3000000, "0", "", "", "))"), NULL);
    sized(repeated("(global f64 (f64.const 1e-", 3000000, "0", "", "", "5))"), NULL);
    sized(repeated("", 200000, "(@custom \"a\")", "(func)", "", ""), NULL);
    sized(repeated("(func ", 300000, "(@metadata.code.branch_hint \"\\00\")", "nop", "", ")"),
          "@metadata.code.branch_hint annotation: duplicate");
    sized(repeated("(func (param ", 1000, "i32 ", ")", "", ")"), NULL);
}

static void many_names_are_found(void)
{
    Bytes b = {0};
    char line[64];
    const u32 n = 200000;
    for (u32 i = 0; i < n; i++)
        bytes_add(&b, line, (size_t)snprintf(line, sizeof line, "(func $f%u (call $f%u))\n", i,
                                             n - 1 - i));
    sized(b, NULL);
    b = (Bytes){0};
    bytes_add(&b, "(func ", 6);
    for (u32 i = 0; i < 50000; i++)
        bytes_add(&b, line, (size_t)snprintf(line, sizeof line, "(local $l%u i32)\n", i));
    for (u32 i = 0; i < 50000; i++)
        bytes_add(&b, line, (size_t)snprintf(line, sizeof line, "(block $b%u\n", i));
    for (u32 i = 0; i < 50000; i++)
        bytes_add(&b, line, (size_t)snprintf(line, sizeof line, "(local.set $l%u (i32.const 0)) "
                                             "(br $b%u))", i, i ? 0u : 49999u));
    bytes_add(&b, ")", 1);
    sized(b, NULL);
}

static void memory_that_runs_out_is_an_error(void)
{
    static const char text[] =
        "(module $m (type $t (func (param i32))) (import \"a\" \"b\" (func $i))\n"
        "(table $a funcref (elem $f $i)) (memory (data \"\\00\")) (@custom \"c\" \"d\")\n"
        "(func $f (type $t) (local $l v128) (block $k (call_indirect (param i64) (i64.const 0)\n"
        "(i32.const 0)) (local.set $l (v128.const i32x4 1 2 3 4)))))";
    i64 live = fail.live;
    for (u32 n = 0;; n++) {
        Arena arena;
        WatModule m = {0};
        Diag diag = {0};
        arena_init(&arena, NULL);
        fail_from(n, false);
        bool is_ok = wat_parse(text, sizeof text - 1, NULL, &arena, &m, &diag);
        bool was_refused = fail_end();
        EXPECT(is_ok ? m.bytes != NULL : diag.is_oom);
        arena_free(&arena);
        EXPECT_U64(fail.live, live);
        if (!was_refused) {
            EXPECT(is_ok && n > 2);
            break;
        }
        EXPECT(!is_ok);
    }
}

/* In memory that ends with the text, so that the sanitizer sees what looks behind it. */
static void texts_may_end_anywhere(void)
{
    static const char text[] =
        "(module $m (import \"a\\41\" \"b\" (func $f (param f32))) (memory i64 0 1 shared)"
        "(func (export \"e\") i64.const 0 (i64.store offset=4 align=8 (i64.const 0x1_0)"
        " (i64.const -7))"
        "(drop (f64.const -nan:0x1)) (call $f (f32.const +0x1.8p-3)) (; ; ;) ;; end\n"
        "(drop (v128.const i8x16 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)) i64.load align=";
    for (size_t len = 1; len < sizeof text; len++) {
        char *copy = malloc(len);
        memcpy(copy, text, len);
        Parsed p;
        EXPECT(!parsed(&p, copy, len) && p.diag.offset <= len);
        arena_free(&p.arena);
        free(copy);
    }
}

int main(void)
{
    TEST(texts_may_end_anywhere);
    TEST(every_name_is_kept);
    TEST(no_names_make_no_section);
    TEST(annotations_name_and_hint);
    TEST(custom_sections_have_places);
    TEST(quoted_names_are_the_same_names);
    TEST(implied_types_are_shared);
    TEST(types_may_come_later);
    TEST(a_script_goes_on_behind_a_module);
    TEST(validation_errors_go_back_to_the_text);
    TEST(depth_is_no_matter);
    TEST(length_is_no_matter);
    TEST(many_names_are_found);
    TEST(memory_that_runs_out_is_an_error);
    return test_end();
}
