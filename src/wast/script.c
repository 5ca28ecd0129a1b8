/* The commands of scripts. */
#define _GNU_SOURCE /* memmem */
#include "wast/wast_int.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- failing ---- */

const char *wast_text(Wast *w, const char *format, ...)
{
    StrBuf text = {0};
    va_list args;
    va_start(args, format);
    sb_vprintf(&text, format, args);
    va_end(args);
    /* Running out of memory for a message is no reason to lose what went wrong. */
    const char *copy = text.failed ? "out of memory"
                                   : arena_strndup(&w->scratch, sb_str(&text), text.len);
    sb_free(&text);
    return copy;
}

static void report(Wast *w, u64 offset, const char *text, size_t len)
{
    w->counts.failed++;
    w->is_reported = true;
    if (!w->options->report)
        return;
    u64 at = offset == DIAG_NO_OFFSET ? w->start.tok.start : offset;
    WatPosition where = wat_position(w->lex.text, (size_t)(w->lex.end - w->lex.text), at);
    stint_wast_failure_t failure = {where.line, where.column, text, len};
    w->options->report(w->options->ctx, &failure);
}

_Noreturn void wast_fail(Wast *w, const char *format, ...)
{
    StrBuf text = {0};
    va_list args;
    va_start(args, format);
    sb_vprintf(&text, format, args);
    va_end(args);
    report(w, w->start.tok.start, sb_str(&text), text.len);
    sb_free(&text);
    longjmp(w->jump, 1);
}

/* ---- modules ---- */

static void expect_ok(Wast *w, const WastOutcome *outcome)
{
    if (outcome->kind != WAST_OK)
        wast_fail(w, "%s", outcome->text);
}

/* (module ...) */
static void run_module(Wast *w)
{
    WastBytes bytes;
    wasmtime_module_t *module;
    wasmtime_instance_t instance;
    WastOutcome outcome = wast_read_module(w, &bytes);
    if (outcome.kind == WAST_OK)
        outcome = wast_compile(w, &bytes, &module);
    if (outcome.kind == WAST_OK && bytes.module.is_definition) {
        wast_add_definition(w, bytes.module.id, module);
        return;
    }
    if (outcome.kind == WAST_OK) {
        outcome = wast_instantiate(w, module, &instance);
        wasmtime_module_delete(module);
    }
    wast_add_instance(w, bytes.module.id, outcome.kind == WAST_OK ? &instance : NULL);
    expect_ok(w, &outcome);
}

/* (module instance $name? $definition?) */
static void run_instance(Wast *w)
{
    wat_next(&w->lex);
    wat_take_keyword(&w->lex, WAT_KW_INSTANCE);
    WasmStr name = wast_optional_id(w), of = wast_optional_id(w);
    wat_take_right(&w->lex);
    wasmtime_instance_t instance;
    WastOutcome outcome = wast_instantiate(w, wast_definition(w, of), &instance);
    expect_ok(w, &outcome);
    wast_add_instance(w, name, &instance);
}

/* (register "name" $module?) */
static void run_register(Wast *w)
{
    wat_next(&w->lex);
    WasmStr as = wast_take_name(w);
    const wasmtime_instance_t *instance = wast_instance(w, wast_optional_id(w));
    wat_take_right(&w->lex);
    wast_register(w, as, instance);
}

/* ---- assertions ---- */

static WasmStr take_message(Wast *w)
{
    WasmStr text = wast_take_name(w);
    wat_take_right(&w->lex);
    return text;
}

static void take_head(Wast *w)
{
    wat_next(&w->lex);
    if (!wat_is(&w->lex, WAT_TOK_LEFT))
        wat_unexpected(&w->lex, "`(`");
}

static bool is_at_module(const Wast *w) { return wat_is_form(&w->lex, WAT_KW_MODULE); }

static WastOutcome act(Wast *w)
{
    wat_take_left(&w->lex);
    return wast_act(w);
}

static const char *results_text(Wast *w)
{
    const char *text = w->results.n ? "" : " nothing";
    for (size_t i = 0; i < w->results.n; i++)
        text = wast_text(w, "%s %s", text, wast_value_text(w, &w->results.vals[i]));
    return text;
}

static void assert_return(Wast *w)
{
    take_head(w);
    WastOutcome outcome = act(w);
    size_t n = 0;
    bool is_wrong = false;
    const char *expected = "";
    for (; wat_is(&w->lex, WAT_TOK_LEFT); n++) {
        WastPattern pattern = wast_read_pattern(w);
        if (outcome.kind == WAST_OK && n < w->results.n &&
            !wast_matches(w, &pattern, &w->results.vals[n]))
            is_wrong = true;
        expected = wast_text(w, "%s %s", expected, wast_pattern_text(w, &pattern));
    }
    wat_take_right(&w->lex);
    expect_ok(w, &outcome);
    if (is_wrong || n != w->results.n)
        wast_fail(w, "expected%s, found%s", n ? expected : " nothing", results_text(w));
}

/* An action, or a module that is instantiated. */
static void assert_outcome(Wast *w, WastKind kind)
{
    WastOutcome outcome;
    take_head(w);
    if (is_at_module(w)) {
        WastBytes bytes;
        wasmtime_module_t *module;
        wasmtime_instance_t instance;
        outcome = wast_read_module(w, &bytes);
        expect_ok(w, &outcome);
        outcome = wast_compile(w, &bytes, &module);
        expect_ok(w, &outcome);
        outcome = wast_instantiate(w, module, &instance);
        wasmtime_module_delete(module);
    } else {
        outcome = act(w);
    }
    WasmStr expected = {"", 0};
    if (kind == WAST_EXCEPTION)
        wat_take_right(&w->lex);
    else
        expected = take_message(w);
    if (outcome.kind == WAST_OK && w->results.n)
        outcome.text = wast_text(w, "found%s", results_text(w));
    wast_expect(w, &outcome, kind, expected);
}

/* Malformed, invalid, or the same of custom sections. */
static void assert_refused(Wast *w, WastKind kind)
{
    WastBytes bytes;
    take_head(w);
    WastOutcome outcome = wast_read_module(w, &bytes);
    if (outcome.kind == WAST_OK)
        outcome = wast_validate(w, &bytes);
    /* Bytes are decoded and validated at once. */
    if (outcome.kind == WAST_INVALID && !bytes.is_text)
        kind = WAST_INVALID;
    wast_expect(w, &outcome, kind, take_message(w));
}

/* Custom sections in text are judged where they are read. */
static void assert_custom_refused(Wast *w)
{
    assert_refused(w, WAST_MALFORMED);
}

/* ---- directives ---- */

static void run_action(Wast *w)
{
    WastOutcome outcome = wast_act(w);
    expect_ok(w, &outcome);
}

/* The lexer stands behind the opening parenthesis. */
static void run_directive(Wast *w)
{
    switch ((WatKeyword)w->lex.tok.keyword) {
    case WAT_KW_REGISTER:
        run_register(w);
        break;
    case WAT_KW_INVOKE:
    case WAT_KW_GET:
        run_action(w);
        break;
    case WAT_KW_ASSERT_RETURN:
        assert_return(w);
        break;
    case WAT_KW_ASSERT_TRAP:
        assert_outcome(w, WAST_TRAP);
        break;
    case WAT_KW_ASSERT_EXHAUSTION:
        assert_outcome(w, WAST_EXHAUSTION);
        break;
    case WAT_KW_ASSERT_EXCEPTION:
        assert_outcome(w, WAST_EXCEPTION);
        break;
    case WAT_KW_ASSERT_UNLINKABLE:
        assert_outcome(w, WAST_UNLINKABLE);
        break;
    case WAT_KW_ASSERT_MALFORMED:
        assert_refused(w, WAST_MALFORMED);
        break;
    case WAT_KW_ASSERT_INVALID:
        assert_refused(w, WAST_INVALID);
        break;
    case WAT_KW_ASSERT_MALFORMED_CUSTOM:
    case WAT_KW_ASSERT_INVALID_CUSTOM:
        assert_custom_refused(w);
        break;
    default:
        if (wat_is_spelled(&w->lex, "thread"))
            wast_start_thread(w);
        else if (wat_is_spelled(&w->lex, "wait"))
            wast_wait_thread(w);
        else
            wat_unexpected(&w->lex, "a command");
    }
}

static bool is_instance(const Wast *w)
{
    WatLexer ahead = w->lex;
    wat_next(&ahead);
    return wat_is_keyword(&ahead, WAT_KW_INSTANCE);
}

/* One directive, from its opening parenthesis on. */
static void run_form(Wast *w)
{
    WatLexer open = w->lex;
    wat_take_left(&w->lex);
    w->start = w->lex;
    const char *between = wat_token_at(&open) + 1;
    bool is_annotated = memmem(between, (size_t)(wat_token_at(&w->lex) - between), "(@", 2) != NULL;
    if (!wat_is_keyword(&w->lex, WAT_KW_MODULE)) {
        run_directive(w);
    } else if (is_instance(w)) {
        run_instance(w);
    } else {
        w->lex = open;
        run_module(w);
    }
    /* The suite counts words that follow their parenthesis, and no annotations. */
    w->counts.passed += !is_annotated;
}

/* Why a directive ended, unless that has been said: what lexer or parser found, or memory. */
static void report_end(Wast *w)
{
    static const char no_memory[] = "out of memory";
    if (w->diag.is_set)
        report(w, w->diag.offset, w->diag.text, strlen(w->diag.text));
    else if (!w->is_reported)
        report(w, DIAG_NO_OFFSET, no_memory, sizeof no_memory - 1);
    w->diag = (Diag){0};
    w->is_reported = false;
}

/* Goes behind the directive. False: it has no end, so the script ends here. */
static bool skip_directive(Wast *w)
{
    if (setjmp(w->jump)) {
        report_end(w);
        return false;
    }
    w->lex = w->start;
    return wat_skip_form(&w->lex);
}

static void forget_results(Wast *w)
{
    for (size_t i = 0; i < w->results.n; i++)
        wasmtime_val_unroot(&w->results.vals[i]);
    w->results.n = 0;
}

/* False at the end. */
static bool step(Wast *w)
{
    forget_results(w);
    arena_reset(&w->scratch);
    if (wat_is(&w->lex, WAT_TOK_END))
        return false;
    w->start = w->lex;
    if (!setjmp(w->jump)) {
        run_form(w);
        return true;
    }
    report_end(w);
    return skip_directive(w);
}

/* ---- fields of a module at the top level ---- */

static u64 count_forms(Wast *w)
{
    u64 n = 0;
    for (; wat_is(&w->lex, WAT_TOK_LEFT); n++) {
        wat_next(&w->lex);
        if (!wat_skip_form(&w->lex))
            break;
    }
    return n;
}

/* A script that is one module without the word: each field counts. */
static void run_fields(Wast *w)
{
    WatLexer first = w->lex;
    w->start = w->lex;
    if (setjmp(w->jump)) {
        report_end(w);
        return;
    }
    u64 n_fields = count_forms(w);
    w->lex = first;
    WastBytes bytes = {.is_text = true};
    wasmtime_module_t *module;
    wasmtime_instance_t instance;
    if (!wat_parse(first.text, (size_t)(first.end - first.text), &w->features, &w->scratch,
                   &bytes.module, &w->diag))
        longjmp(w->jump, 1);
    WastOutcome outcome = wast_compile(w, &bytes, &module);
    expect_ok(w, &outcome);
    outcome = wast_instantiate(w, module, &instance);
    wasmtime_module_delete(module);
    expect_ok(w, &outcome);
    w->counts.passed += n_fields;
}

static bool is_field(const Wast *w)
{
    static const WatKeyword fields[] = {WAT_KW_TYPE,   WAT_KW_REC,    WAT_KW_IMPORT, WAT_KW_EXPORT,
                                        WAT_KW_FUNC,   WAT_KW_TABLE,  WAT_KW_MEMORY, WAT_KW_GLOBAL,
                                        WAT_KW_TAG,    WAT_KW_START,  WAT_KW_ELEM,   WAT_KW_DATA};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (wat_is_form(&w->lex, fields[i]))
            return true;
    return false;
}

/* ---- all of it ---- */

static void set_up(Wast *w)
{
    if (!setjmp(w->jump))
        wast_add_spectest(w);
    else
        report_end(w);
}

void wast_run_commands(Wast *w)
{
    w->start = w->lex;
    set_up(w);
    while (!w->is_over && !wat_is(&w->lex, WAT_TOK_RIGHT) && step(w)) {
    }
}

static void run_script(Wast *w)
{
    if (is_field(w)) {
        run_fields(w);
        return;
    }
    wast_run_commands(w);
    if (!w->is_over && wat_is(&w->lex, WAT_TOK_RIGHT)) {
        static const char text[] = "unexpected token: a parenthesis that nothing opens";
        report(w, w->lex.tok.start, text, sizeof text - 1);
    }
    /* What is left has not been looked at. */
    if (!setjmp(w->jump))
        w->counts.skipped += count_forms(w);
    w->diag = (Diag){0};
}

/* Apart from stint_wast_run() so that no local changes between setjmp and the jump back. */
static void run_guarded(Wast *w, const char *text, size_t len)
{
    if (setjmp(w->jump)) {
        report_end(w);
        return;
    }
    wat_lexer_init(&w->lex, &w->arena, text, len, &w->diag, &w->jump);
    run_script(w);
}

bool wast_open(Wast *w, wasm_engine_t *engine, wasmtime_store_t *store)
{
    *w = (Wast){.engine = engine,
                .store = store,
                .context = wasmtime_store_context(store),
                .linker = wasmtime_linker_new(engine),
                .features = wasm_features_default()};
    if (!w->linker)
        return false;
    for (u32 f = 0; f < WASM_FEATURE_COUNT; f++)
        wasm_feature_set(&w->features, (WasmFeature)f,
                         stint_engine_has_feature(engine, wasm_feature_key((WasmFeature)f)));
    wasmtime_linker_allow_shadowing(w->linker, true);
    arena_init(&w->arena, &w->jump);
    arena_init(&w->scratch, &w->jump);
    return true;
}

void wast_close(Wast *w)
{
    forget_results(w);
    wast_free_threads(w);
    for (u32 i = 0; i < w->definitions.len; i++)
        wasmtime_module_delete(w->definitions.at[i].module);
    for (u32 i = 0; i < w->hosts.len; i++)
        wasmtime_externref_unroot(&w->hosts.at[i].ref);
    wasmtime_linker_delete(w->linker);
    arena_free(&w->arena);
    arena_free(&w->scratch);
}

wasmtime_error_t *stint_wast_run(wasm_engine_t *engine, wasmtime_store_t *store, const char *text,
                                 size_t len, const stint_wast_options_t *options,
                                 stint_wast_counts_t *counts)
{
    Wast w;
    if (len > WAT_MAX_BYTES)
        return wasmtime_error_new("script too large: at most 1 GiB are supported");
    if (!wast_open(&w, engine, store))
        return wasmtime_error_new("out of memory");
    w.options = options;
    run_guarded(&w, text, len);
    *counts = w.counts;
    wast_close(&w);
    return NULL;
}
