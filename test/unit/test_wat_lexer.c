/* Tokens and numbers of the text format. */
#include <math.h>
#include <stdlib.h>

#include "test.h"
#include "wat/lexer.h"

typedef struct Text {
    WatLexer lex;
    Arena arena;
    Diag diag;
    jmp_buf jump;
} Text;

/* The kinds of all tokens, a letter each; an error's text where there is one. */
static const char *kinds_of(const char *text, size_t len)
{
    static const char letters[] = "E()kisnIfr";
    static char out[512];
    static Text t;
    volatile size_t n = 0;
    t = (Text){0};
    arena_init(&t.arena, &t.jump);
    if (setjmp(t.jump)) {
        snprintf(out, sizeof out, "%s", t.diag.text);
    } else {
        wat_lexer_init(&t.lex, &t.arena, text, len, &t.diag, &t.jump);
        for (; t.lex.tok.kind != WAT_TOK_END && n < sizeof out - 1; wat_next(&t.lex))
            out[n++] = letters[t.lex.tok.kind];
        out[n] = 0;
    }
    arena_free(&t.arena);
    return out;
}
#define KINDS(text, want) EXPECT_STR(kinds_of(text, sizeof(text) - 1), want)

static void words_hold_together(void)
{
    KINDS("", "");
    KINDS("(module $a)", "(ki)");
    KINDS("a(b)c", "k(k)k");
    KINDS("0 -0 +0x1f 1_000 0x_1 1__0 1_ 0x", "nIInrrrr");
    KINDS("0.5 1e3 1.e-3 0x1p4 0x1.8 inf -inf nan +nan:0x12 nan:0x nan:abc", "fffffffffkk");
    KINDS("1e 1.5e+ .5 0x.8 -nan:canonical", "rrrrr");
    KINDS("\"a\" \"a\"\"b\" \"a\"b $\"a b\" $x\"y\" x\"y\"", "srrirr");
    KINDS("a;;b\n$c;;d\r\"e\";;f", "kis");
    KINDS("a,b c;d [ { }", "rrrrr");
    KINDS("(; (; ;) \" ;)x", "k");
    KINDS("(@a b (c) \"d)\" ;;)\n)x", "k");
    KINDS("offset=1 align=2 offset= ops=", "kkkk");
}

static void lexical_errors_begin_as_in_the_suite(void)
{
    struct {
        const char *text, *begin;
    } const wrong[] = {
        {"\"abc", "unclosed string"},
        {"\"a\nb\"", "unclosed string"},
        {"\"\\q\"", "illegal escape"},
        {"\"\\u{d800}\"", "illegal escape"},
        {"\"\\u{110000}\"", "illegal escape"},
        {"\"\xff\"", "malformed UTF-8 encoding"},
        {"\"\x01\"", "illegal character"},
        {"(; (; ;)", "unclosed comment"},
        {";; \xc0\x80\n", "malformed UTF-8 encoding"},
        {"a\x7f", "illegal character"},
        {"W\xc3\xbcrstchen", "illegal character"},
        {"$", "empty identifier"},
        {"$\"\"", "empty identifier"},
        {"$\"a\tb\"", "empty identifier"},
        {"(@)", "empty annotation id"},
        {"(@\"\")", "empty annotation id"},
        {"(@\"\\ef\")", "malformed UTF-8 encoding"},
        {"(@x (y)", "unclosed annotation"},
        {"(@x \"", "unclosed string"},
        {"(@x \x80)", "malformed UTF-8 encoding"},
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        const char *got = kinds_of(wrong[i].text, strlen(wrong[i].text));
        if (!EXPECT(!strncmp(got, wrong[i].begin, strlen(wrong[i].begin))))
            printf("  text %s\n  got  %s\n", wrong[i].text, got);
    }
}

/* ---- numbers ---- */

typedef enum Width { F32, F64, INT32, INT64 } Width;

/* The number as bits; all ones if it is refused. */
static u64 number(const char *text, size_t len, Width width)
{
    static Text t;
    t = (Text){0};
    arena_init(&t.arena, &t.jump);
    volatile u64 bits = UINT64_MAX;
    if (!setjmp(t.jump)) {
        wat_lexer_init(&t.lex, &t.arena, text, len, &t.diag, &t.jump);
        bits = width == F32   ? wat_f32(&t.lex)
               : width == F64 ? wat_f64(&t.lex)
                              : wat_int(&t.lex, width == INT32 ? 32 : 64);
    }
    arena_free(&t.arena);
    return bits;
}
#define NUMBER(text, width, want) EXPECT_U64(number(text, sizeof(text) - 1, width), want)

static void integers_fit_or_are_refused(void)
{
    NUMBER("0", INT32, 0);
    NUMBER("-0", INT32, 0);
    NUMBER("4294967295", INT32, 0xFFFFFFFF);
    NUMBER("4294967296", INT32, UINT64_MAX);
    NUMBER("-2147483648", INT32, 0xFFFFFFFF80000000);
    NUMBER("-2147483649", INT32, UINT64_MAX);
    NUMBER("0x7fff_ffff_ffff_ffff", INT64, 0x7FFFFFFFFFFFFFFF);
    NUMBER("-0x8000000000000000", INT64, 0x8000000000000000);
    NUMBER("-0x8000000000000001", INT64, UINT64_MAX);
    NUMBER("18446744073709551616", INT64, UINT64_MAX);
    NUMBER("1.0", INT64, UINT64_MAX);
}

static void floats_are_rounded_once(void)
{
    NUMBER("0", F64, 0);
    NUMBER("-0.0", F64, 0x8000000000000000);
    NUMBER("inf", F32, 0x7F800000);
    NUMBER("-nan", F64, 0xFFF8000000000000);
    NUMBER("nan:0x1", F32, 0x7F800001);
    NUMBER("nan:0x0", F32, UINT64_MAX);
    NUMBER("nan:0x80_0000", F32, UINT64_MAX);
    NUMBER("0x1.fffffep127", F32, 0x7F7FFFFF);
    NUMBER("0x1.ffffffp127", F32, UINT64_MAX);
    NUMBER("0x1.fffffefffffffffffffffp127", F32, 0x7F7FFFFF);
    NUMBER("0x1p-149", F32, 1);
    NUMBER("0x1p-150", F32, 0);
    NUMBER("0x1.0000000000000000000000001p-150", F32, 1);
    NUMBER("0x1p-999999999999999999999", F64, 0);
    NUMBER("0x1p999999999999999999999", F64, UINT64_MAX);
    NUMBER("0x0p999999999999999999999", F64, 0);
    NUMBER("1e400", F64, UINT64_MAX);
    NUMBER("0e4000000000000000000000", F64, 0);
    NUMBER("1e-4000000000000000000000", F64, 0);
    NUMBER("1.7976931348623157e308", F64, 0x7FEFFFFFFFFFFFFF);
    NUMBER("1.7976931348623159e308", F64, UINT64_MAX);
    NUMBER("4.9e-324", F64, 1);
    NUMBER("2.4703282292062327e-324", F64, 0);
    NUMBER("2.4703282292062328e-324", F64, 1);
    /* Halfway between two floats, and a little more: rounding twice would go wrong. */
    NUMBER("1.00000005960464477539062500000000000000000000000000001", F32, 0x3F800001);
    NUMBER("1.000000059604644775390625", F32, 0x3F800000);
}

static u64 seed = 88172645463325252;
static u64 next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

/* The C library's strtod() is exact in the locale "C", which is what a program starts in. */
static void decimals_are_as_the_c_library_has_them(void)
{
    char text[1100];
    for (int i = 0; i < 60000; i++) {
        u64 bits = next_random();
        double value;
        memcpy(&value, &bits, 8);
        if (!isfinite(value))
            continue;
        int digits = i % 50 == 0 ? (int)(next_random() % 900) : (int)(next_random() % 25);
        int len = snprintf(text, sizeof text, "%.*e", digits, value);
        if (i % 3 == 0) /* halfway, or next to it */
            len = snprintf(text, sizeof text, "%.*Le", 780,
                           (long double)value + ((long double)nextafter(value, 0) - value) / 2);
        double want = strtod(text, NULL);
        u64 want_bits;
        memcpy(&want_bits, &want, 8);
        u64 got = number(text, (size_t)len, F64);
        if (isfinite(want) && !EXPECT_U64(got, want_bits))
            printf("  %s\n", text);
        float want32 = strtof(text, NULL);
        u32 want32_bits;
        memcpy(&want32_bits, &want32, 4);
        u64 got32 = number(text, (size_t)len, F32);
        if (!EXPECT_U64(got32, isfinite(want32) ? want32_bits : UINT64_MAX))
            printf("  %s\n", text);
        if (test_now.bad > 5)
            return;
    }
}

static void hexadecimals_are_as_the_c_library_has_them(void)
{
    char text[128];
    for (int i = 0; i < 20000; i++) {
        int len = snprintf(text, sizeof text, "0x%llx.%016llx%llxp%d",
                           (unsigned long long)(next_random() >> (i % 64)),
                           (unsigned long long)next_random(), (unsigned long long)next_random(),
                           (int)(next_random() % 2300) - 1200);
        double want = strtod(text, NULL);
        u64 want_bits;
        memcpy(&want_bits, &want, 8);
        u64 got = number(text, (size_t)len, F64);
        if (!EXPECT_U64(got, isfinite(want) ? want_bits : UINT64_MAX))
            printf("  %s\n", text);
        if (test_now.bad > 5)
            return;
    }
}

static void positions_count_characters(void)
{
    const char *text = "ab\ncd\r\n\xc3\xbc x\ry";
    struct {
        u64 offset;
        u32 line, column;
    } const places[] = {{0, 1, 1}, {2, 1, 3}, {3, 2, 1}, {7, 3, 1}, {10, 3, 3}, {12, 4, 1},
                        {99, 4, 2}};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        WatPosition p = wat_position(text, strlen(text), places[i].offset);
        EXPECT_U64(p.line, places[i].line);
        EXPECT_U64(p.column, places[i].column);
    }
}

int main(void)
{
    TEST(words_hold_together);
    TEST(lexical_errors_begin_as_in_the_suite);
    TEST(integers_fit_or_are_refused);
    TEST(floats_are_rounded_once);
    TEST(decimals_are_as_the_c_library_has_them);
    TEST(hexadecimals_are_as_the_c_library_has_them);
    TEST(positions_count_characters);
    return test_end();
}
