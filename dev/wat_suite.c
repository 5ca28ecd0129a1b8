/* `stint-dev wat-suite`: the modules of the specification's scripts, through the parser of the text
 * format. Text must parse or be refused with the script's words, and what it becomes must be valid
 * or not as the script says. Nothing is run. */
#include "dev.h"

#include <stdio.h>
#include <stdlib.h>

#include "wat/wat.h"

typedef struct Suite {
    const char *path;
    const char *out_dir; /* where to write the modules; NULL: nowhere */
    u32 n_written;
    WasmFeatures features;
    WatLexer lex;
    Arena arena;
    Diag diag;    /* of the script itself */
    jmp_buf jump;
    u32 passed, failed;
} Suite;

static void fail(Suite *s, u32 at, const char *what, const Diag *found, const char *expected)
{
    WatPosition place = wat_position(s->lex.text, (size_t)(s->lex.end - s->lex.text), at);
    printf("%s:%u:%u: %s", s->path, place.line, place.column, what);
    if (expected)
        printf("\n    expected: %s", expected);
    if (found)
        printf("\n    found: %s", found->text);
    printf("\n");
    s->failed++;
}

/* The module at the current token; goes behind it. */
static bool parse(Suite *s, WatModule *out, Diag *diag)
{
    WatLexer start = s->lex;
    s->lex.diag = diag;
    bool is_ok = wat_parse_module(&s->lex, &s->features, &s->arena, out);
    if (!is_ok) {
        s->lex = start;
        wat_next(&s->lex);
        wat_skip_form(&s->lex);
    }
    s->lex.diag = &s->diag;
    return is_ok;
}

static void write_module(Suite *s, const WatModule *m)
{
    if (!s->out_dir)
        return;
    const char *base = strrchr(s->path, '/');
    char path[512];
    snprintf(path, sizeof path, "%s/%s.%u.wasm", s->out_dir, base ? base + 1 : s->path,
             s->n_written++);
    FILE *file = fopen(path, "wb");
    if (!file)
        return;
    fwrite(m->bytes, 1, m->len, file);
    fclose(file);
}

/* What a text was parsed to must come back from the printer. Bytes that a script wrote down itself
 * need not be those a parser would write. */
static void reprint(Suite *s, u32 at, const WatModule *m)
{
    for (u32 folded = 0; folded < 2; folded++) {
        Diag diag = {0};
        DevReprint result = dev_reprint_bytes(m->bytes, m->len, folded, &diag);
        if (result < (m->is_binary ? DEV_REPRINT_OTHER_TEXT : DEV_REPRINT_SAME_BYTES))
            fail(s, at, "does not come back from its text", &diag, NULL);
    }
}

/* A module that must be valid. */
static void good_module(Suite *s)
{
    u32 at = s->lex.tok.start;
    WatModule m;
    Diag diag = {0};
    if (!parse(s, &m, &diag)) {
        fail(s, at, "does not parse", &diag, NULL);
        return;
    }
    write_module(s, &m);
    if (!dev_validate_bytes(m.bytes, m.len, &s->features, true, &diag)) {
        fail(s, at, "is not valid", &diag, NULL);
        return;
    }
    s->passed++;
    reprint(s, at, &m);
}

typedef enum Stage { MALFORMED, INVALID, MALFORMED_CUSTOM } Stage;

/* A module that must be refused, and the string behind it. */
static void bad_module(Suite *s, Stage stage)
{
    u32 at = s->lex.tok.start;
    WatModule m;
    Diag diag = {0};
    bool is_parsed = parse(s, &m, &diag), is_ok = is_parsed;
    if (is_parsed && stage != MALFORMED_CUSTOM)
        is_ok = dev_validate_bytes(m.bytes, m.len, &s->features, true, &diag);
    WasmStr want = wat_string(&s->lex, &s->arena);
    char *expected = arena_strndup(&s->arena, want.at, want.len);
    wat_next(&s->lex);
    if (is_ok)
        fail(s, at, "is accepted", NULL, expected);
    else if (strncmp(diag.text, expected, want.len) != 0)
        fail(s, at, "is refused with other words", &diag, expected);
    else if (stage == INVALID && !is_parsed)
        fail(s, at, "does not parse", &diag, expected);
    else
        s->passed++;
}

static void directive(Suite *s)
{
    WatLexer start = s->lex;
    wat_next(&s->lex);
    u32 keyword = s->lex.tok.keyword;
    if (keyword == WAT_KW_MODULE) {
        wat_next(&s->lex);
        bool is_instance = wat_is_keyword(&s->lex, WAT_KW_INSTANCE);
        s->lex = start;
        if (!is_instance) {
            good_module(s);
            return;
        }
    } else if (keyword == WAT_KW_ASSERT_MALFORMED || keyword == WAT_KW_ASSERT_INVALID) {
        wat_next(&s->lex);
        bad_module(s, keyword == WAT_KW_ASSERT_INVALID ? INVALID : MALFORMED);
    } else if (keyword == WAT_KW_ASSERT_MALFORMED_CUSTOM ||
               keyword == WAT_KW_ASSERT_INVALID_CUSTOM) {
        wat_next(&s->lex);
        bad_module(s, MALFORMED_CUSTOM);
    } else if (keyword == WAT_KW_ASSERT_TRAP || keyword == WAT_KW_ASSERT_UNLINKABLE) {
        wat_next(&s->lex);
        if (wat_is_form(&s->lex, WAT_KW_MODULE))
            good_module(s);
    }
    if (s->lex.at == start.at)
        wat_next(&s->lex);
    if (!wat_skip_form(&s->lex))
        wat_fail(&s->lex, start.tok.start, "this directive does not end");
}

/* Fields of a module stand alone in a script, which is all one module then. */
static bool is_inline_module(const WatLexer *lex)
{
    WatLexer ahead = *lex;
    wat_next(&ahead);
    u32 keyword = ahead.tok.keyword;
    return keyword >= WAT_KW_TYPE && keyword <= WAT_KW_DATA;
}

static void run_file(Suite *s, const char *text, size_t len)
{
    WatModule m;
    arena_init(&s->arena, &s->jump);
    s->diag = (Diag){0};
    if (setjmp(s->jump)) {
        fail(s, (u32)s->diag.offset, "the script is malformed", &s->diag, NULL);
    } else {
        wat_lexer_init(&s->lex, &s->arena, text, len, &s->diag, &s->jump);
        if (!is_inline_module(&s->lex))
            while (s->lex.tok.kind != WAT_TOK_END)
                directive(s);
        else if (wat_parse(text, len, &s->features, &s->arena, &m, &s->diag))
            s->passed++;
        else
            fail(s, 0, "does not parse", &s->diag, NULL);
    }
    arena_free(&s->arena);
}

int dev_wat_suite(int argc, char **argv)
{
    static Suite s;
    s.features = wasm_features_all();
    for (int i = 0; i < argc; i++) {
        WasmFeature feature;
        size_t len;
        if (!strcmp(argv[i], "--off") && i + 1 < argc) {
            if (wasm_feature_named(argv[++i], &feature))
                wasm_feature_set(&s.features, feature, false);
            continue;
        }
        if (!strcmp(argv[i], "--write") && i + 1 < argc) {
            s.out_dir = argv[++i];
            continue;
        }
        char *text = dev_read_file(argv[i], &len);
        if (!text)
            return 2;
        s.path = argv[i];
        s.n_written = 0;
        run_file(&s, text, len);
        free(text);
    }
    printf("%u passed, %u failed\n", s.passed, s.failed);
    return s.failed ? 1 : 0;
}
