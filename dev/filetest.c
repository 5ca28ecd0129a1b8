/* Golden tests: a file holds options, an input, and what a part of the compiler makes of it.
 *
 *   ;;! test=lower target=x64 cpu=none gs=1      first line: what is run
 *   ...                                          input: IR text (.ir), or a module's text (.wat)
 *   ;; ---                                       from here on, each line behind ";; ": the output
 *
 * Tests: `build` (.wat) the IR of each function; `parse` IR read and printed; `schedule` built IR,
 * scheduled; `lower`, `ra`, `emit`: what `--dump` shows behind that pass, from a module's text or
 * from IR (`emit`: the code by 4 bytes). Failing on purpose: the output is the error.
 * `text` (.wat): each (module ...) by itself, its line and size, or line, column and what is wrong.
 * Options: opt=0..2, inline=1, gs=1, bounds=explicit, signals=0, fuel=1, epoch=1, func=N,
 * cpu=none or features joined by +, among them baseline, which is what tests have without this
 * option; legacy=1 (the older exceptions); target=a64 (.ir) for the second ISA. */
#include <stdio.h>
#include <stdlib.h>

#include "comp/comp.h"
#include "dev.h"
#include "isa/a64/a64.h"
#include "opt/opt.h"
#include "os/os.h"
#include "wat/wat.h"

typedef struct Test {
    const char *path;
    char *text;
    size_t len;
    size_t input_at, expected_at; /* byte offsets in text */
    char what[32];
    CompOptions options;
    CompDump dump;
    const MTarget *target; /* NULL: this machine's */
    StrBuf out;
} Test;

typedef enum Verdict { PASSED, FAILED } Verdict;

/* none, or features joined by +, among them baseline for what tests have without this option. */
static bool cpu(const char *value, u64 *features)
{
    u64 set = 0;
    char name[32];
    for (const char *at = value; *at; at += *at == '+') {
        size_t len = strcspn(at, "+");
        snprintf(name, sizeof name, "%.*s", (int)MIN(len, sizeof name - 1), at);
        int number = comp_feature_number(name);
        if (!strcmp(name, "baseline"))
            set |= comp_baseline_features();
        else if (number >= 0)
            set |= (u64)1 << number;
        else if (strcmp(name, "none"))
            return false;
        at += len;
    }
    *features = set;
    return true;
}

static bool option(Test *t, const char *key, const char *value)
{
    CompOptions *o = &t->options;
    if (!strcmp(key, "test"))
        snprintf(t->what, sizeof t->what, "%s", value);
    else if (!strcmp(key, "opt"))
        o->opt_level = (u8)atoi(value);
    else if (!strcmp(key, "gs"))
        o->isa.use_gs = atoi(value) != 0;
    else if (!strcmp(key, "bounds"))
        o->explicit_bounds = !strcmp(value, "explicit");
    else if (!strcmp(key, "signals"))
        o->isa.signal_traps = atoi(value) != 0;
    else if (!strcmp(key, "inline"))
        o->inlining = atoi(value) != 0;
    else if (!strcmp(key, "sealed"))
        o->sealed_tables = atoi(value) != 0;
    else if (!strcmp(key, "devirtualize"))
        o->devirtualize = atoi(value) != 0;
    else if (!strcmp(key, "fuel"))
        o->fuel = atoi(value) != 0;
    else if (!strcmp(key, "epoch"))
        o->epoch = atoi(value) != 0;
    else if (!strcmp(key, "legacy") && atoi(value))
        o->wasm_features.bits |= 1u << WASM_FEATURE_LEGACY_EXCEPTIONS;
    else if (!strcmp(key, "func"))
        t->dump.func = (u32)atoi(value);
    else if (!strcmp(key, "target") && !strcmp(value, "a64"))
        t->target = a64_target();
    else if (!strcmp(key, "cpu"))
        return cpu(value, &o->isa.features);
    else
        return false;
    return true;
}

static bool read_options(Test *t)
{
    char line[256];
    const char *end = memchr(t->text, '\n', t->len);
    size_t len = end ? (size_t)(end - t->text) : t->len;
    if (len < 4 || len >= sizeof line || memcmp(t->text, ";;!", 3)) {
        printf("%s:1: expected \";;! test=...\"\n", t->path);
        return false;
    }
    memcpy(line, t->text + 3, len - 3);
    line[len - 3] = 0;
    char *rest = NULL;
    for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(word, '=');
        if (value)
            *value++ = 0;
        if (!value || !option(t, word, value)) {
            printf("%s:1: unknown option \"%s\"\n", t->path, word);
            return false;
        }
    }
    t->input_at = len;
    const char *mark = strstr(t->text, "\n;; ---\n");
    t->expected_at = mark ? (size_t)(mark - t->text) + 1 : t->len;
    return true;
}

static void on_dump(void *ctx, const char *pass, u32 func, const char *text, size_t len)
{
    Test *t = ctx;
    (void)pass;
    (void)func;
    sb_add(&t->out, text, len);
}

static void error_line(Test *t, const Diag *diag)
{
    if (diag->offset == DIAG_NO_OFFSET)
        sb_printf(&t->out, "error: %s\n", diag->text);
    else
        sb_printf(&t->out, "error: @%llx %s\n", (unsigned long long)diag->offset, diag->text);
}

/* ---- modules ---- */

static void place_line(Test *t, const Diag *diag)
{
    WatPosition at = wat_position(t->text, t->len, diag->offset);
    sb_printf(&t->out, "%u:%u: %s\n", at.line, at.column, diag->text);
}

static Verdict run_module(Test *t)
{
    Arena arena;
    WatModule m;
    WasmFeatures all = wasm_features_all();
    Diag diag = {0};
    u8 *artifact;
    size_t artifact_len;
    t->dump.passes = comp_dump_bit(t->what);
    if (!t->dump.passes) {
        printf("%s:1: no pass is called \"%s\"\n", t->path, t->what);
        return FAILED;
    }
    arena_init(&arena, NULL);
    if (!wat_parse(t->text, t->expected_at, &all, &arena, &m, &diag))
        place_line(t, &diag);
    else if (comp_compile(m.bytes, m.len, &t->options, &artifact, &artifact_len, &diag))
        free(artifact);
    else
        error_line(t, &diag);
    arena_free(&arena);
    return PASSED;
}

/* ---- the text format ---- */

/* The next module of the text: its size, or what is wrong with it and where. */
static void parse_module(Test *t, WatLexer *lex, Arena *arena)
{
    WatLexer start = *lex;
    WasmFeatures features = wasm_features_default();
    WatModule m;
    if (wat_parse_module(lex, &features, arena, &m)) {
        sb_printf(&t->out, "%u: %zu bytes\n",
                  wat_position(t->text, t->len, start.tok.start).line, m.len);
        return;
    }
    place_line(t, lex->diag);
    *lex->diag = (Diag){0};
    *lex = start;
    wat_next(lex);
    if (!wat_skip_form(lex))
        longjmp(*lex->on_fail, 1);
}

/* Modules one after the other; what the lexer does not like ends the file. */
static Verdict run_text(Test *t)
{
    Arena arena;
    Diag diag = {0};
    WatLexer lex;
    jmp_buf jump;
    arena_init(&arena, &jump);
    if (setjmp(jump)) {
        if (diag.is_set)
            place_line(t, &diag);
    } else {
        wat_lexer_init(&lex, &arena, t->text, t->expected_at, &diag, &jump);
        while (lex.tok.kind != WAT_TOK_END)
            parse_module(t, &lex, &arena);
    }
    arena_free(&arena);
    return PASSED;
}

/* ---- IR ---- */

static bool verified(Test *t, const IrFunc *f, IrStage stage)
{
    if (ir_verify(f, stage, &t->out))
        return true;
    return false;
}

static void print_code(MFunc *m, StrBuf *out)
{
    MCode code = {0};
    mach_emit(m, &code);
    for (u32 i = 0; i < code.bytes.len; i += 4)
        sb_printf(out, "%3x: %08x\n", i, load_u32(code.bytes.at + i));
}

static void run_passes(Test *t, IrFunc *f)
{
    const char *what = t->what, *unsupported = "?";
    if (!verified(t, f, f->order ? IR_STAGE_SCHEDULED : IR_STAGE_BUILT))
        return;
    if (!f->order && strcmp(what, "parse")) {
        opt_mark_cold(f);
        opt_schedule(f);
        if (!verified(t, f, IR_STAGE_SCHEDULED))
            return;
    }
    if (!strcmp(what, "parse") || !strcmp(what, "schedule")) {
        ir_print(f, &t->out);
        return;
    }
    MFunc m = {.arena = f->arena, .ir = f, .options = &t->options.isa};
    m.target = t->target ? t->target : comp_host_target(&t->options.isa);
    if (!mach_lower(&m, &unsupported)) {
        sb_printf(&t->out, "error: no rule for `%s`\n", unsupported);
        return;
    }
    if (strcmp(what, "lower")) {
        ra_allocate(&m.ra, t->options.opt_level);
        if (!ra_check(&m.ra, &t->out))
            return;
    }
    if (!strcmp(what, "emit"))
        print_code(&m, &t->out);
    else
        mach_print(&m, &t->out);
}

static Verdict run_ir(Test *t)
{
    Arena arena;
    Diag diag = {0};
    IrFunc *f;
    arena_init(&arena, NULL);
    if (ir_parse(&arena, t->text + t->input_at, t->expected_at - t->input_at, &f, &diag))
        run_passes(t, f);
    else
        error_line(t, &diag);
    arena_free(&arena);
    return PASSED;
}

/* ---- comparing ---- */

/* The output as it stands in the file: each line behind ";; ". */
static void as_comment(const StrBuf *out, StrBuf *comment)
{
    sb_puts(comment, ";; ---\n");
    const char *at = sb_str(out);
    while (*at) {
        size_t len = strcspn(at, "\n");
        sb_printf(comment, len ? ";; %.*s\n" : ";;%.*s\n", (int)len, at);
        at += len + (at[len] == '\n');
    }
}

static void show_difference(const Test *t, const char *expected, const char *actual)
{
    u32 line = 1;
    for (size_t i = 0; i < t->expected_at; i++)
        line += t->text[i] == '\n';
    while (*expected && *actual) {
        size_t e = strcspn(expected, "\n"), a = strcspn(actual, "\n");
        if (e != a || memcmp(expected, actual, e))
            break;
        expected += e + (expected[e] == '\n');
        actual += a + (actual[a] == '\n');
        line++;
    }
    printf("%s:%u: expected \"%.*s\", found \"%.*s\"\n", t->path, line,
           (int)strcspn(expected, "\n"), expected, (int)strcspn(actual, "\n"), actual);
}

static Verdict compare(Test *t, bool bless)
{
    StrBuf actual = {0};
    Verdict verdict = PASSED;
    as_comment(&t->out, &actual);
    const char *expected = t->text + t->expected_at;
    if (strcmp(expected, sb_str(&actual))) {
        if (bless) {
            StrBuf file = {0};
            sb_add(&file, t->text, t->expected_at);
            sb_add(&file, actual.text, actual.len);
            verdict = os_write_file(t->path, sb_str(&file), file.len) == 0 ? PASSED : FAILED;
            printf("blessed %s\n", t->path);
            sb_free(&file);
        } else {
            show_difference(t, expected, sb_str(&actual));
            verdict = FAILED;
        }
    }
    sb_free(&actual);
    return verdict;
}

static Verdict run_file(const char *path, bool bless)
{
    Test t = {.path = path};
    t.options = (CompOptions){
        .wasm_features = wasm_features_default(),
        .opt_level = 2,
        .threads = 1,
        .verify = true,
        .check_ra = true,
        .dump = &t.dump,
    };
    /* A fixed CPU, so that the same text comes out everywhere. */
    t.options.isa = (MIsaOptions){.features = comp_baseline_features(), .signal_traps = true,
                                  .stack_check = true};
    t.dump = (CompDump){.func = UINT32_MAX, .write = on_dump, .ctx = &t};
    t.text = dev_read_file(path, &t.len);
    if (!t.text)
        return FAILED;
    Verdict verdict = FAILED;
    if (read_options(&t)) {
        size_t n = strlen(path);
        bool is_wat = n > 4 && !strcmp(path + n - 4, ".wat");
        verdict = !strcmp(t.what, "text") ? run_text(&t) : is_wat ? run_module(&t) : run_ir(&t);
        if (verdict == PASSED)
            verdict = compare(&t, bless);
    }
    sb_free(&t.out);
    free(t.text);
    return verdict;
}

int dev_filetest(int argc, char **argv)
{
    u32 counts[2] = {0};
    bool bless = argc > 0 && !strcmp(argv[0], "--bless");
    for (int i = bless; i < argc; i++)
        counts[run_file(argv[i], bless)]++;
    printf("%u passed, %u failed, 0 skipped\n", counts[PASSED], counts[FAILED]);
    return counts[FAILED] != 0;
}
