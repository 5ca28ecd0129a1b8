/* stint wast: scripts of the specification's test suite. */
#include "cli/cli.h"

#include <fnmatch.h>
#include <stdlib.h>

typedef struct Script {
    const char *file;
    StrBuf failures; /* a line each */
} Script;

static void add_failure(void *ctx, const stint_wast_failure_t *failure)
{
    Script *s = ctx;
    sb_printf(&s->failures, "%s:%u:%u: ", s->file, failure->line, failure->column);
    for (size_t at = 0, len; at <= failure->message_len; at += len + 1) {
        const char *line = failure->message + at;
        const char *end = memchr(line, '\n', failure->message_len - at);
        len = end ? (size_t)(end - line) : failure->message_len - at;
        sb_puts(&s->failures, at ? " " : "");
        cli_add_clean(&s->failures, line, len);
    }
    sb_putc(&s->failures, '\n');
}

/* ---- options by file ---- */

/* Does the glob stand for the file, or for its last parts? */
static bool is_meant(const char *glob, const char *file)
{
    for (const char *part = file; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (!fnmatch(glob, part, 0))
            return true;
    }
    return false;
}

/* The next word of a line, which goes behind it; NULL at the end. */
static char *next_word(char **line)
{
    char *word = *line + strspn(*line, " \t\r");
    if (!*word || *word == '#')
        return NULL;
    size_t len = strcspn(word, " \t\r");
    *line = word + len + (word[len] != 0);
    word[len] = 0;
    return word;
}

/* GLOB -X KEY=VALUE,... -X ...; applies it to the options if the glob means the file. */
static bool apply_line(CliOptions *o, char *line, const char *file, u32 number)
{
    char *glob = next_word(&line), *group, *value;
    if (!glob || !is_meant(glob, file))
        return true;
    while ((group = next_word(&line)) != NULL) {
        bool is_group = group[0] == '-' && group[1];
        value = is_group && group[2] ? group + 2 : next_word(&line);
        if (!is_group || !value) {
            cli_misuse("%s:%u: expected GLOB -X KEY=VALUE,...", o->script_options, number);
            return false;
        }
        if (!cli_set_group(o, group[1], value))
            return false;
    }
    return true;
}

/* Applies what the file of options says of a script; text: that file's. */
static bool apply_options(CliOptions *o, const char *text, const char *file)
{
    bool ok = true;
    u32 number = 1;
    for (const char *at = text; ok && *at; number++) {
        size_t len = strcspn(at, "\n");
        ok = apply_line(o, arena_strndup(o->arena, at, len), file, number);
        at += len + (at[len] != 0);
    }
    return ok;
}

/* ---- running ---- */

static bool run_in(CliOptions *o, wasm_engine_t *engine, Script *s, const u8 *bytes, size_t len,
                   stint_wast_counts_t *counts)
{
    stint_wast_options_t options = {o->ignore_messages, add_failure, s};
    wasmtime_store_t *store = wasmtime_store_new(engine, NULL, NULL);
    CliWatch *watch = NULL;
    bool ok = store && cli_give_limits(o, store);
    if (!store)
        cli_fail("out of memory");
    if (ok && o->timeout_ns != CLI_UNSET)
        ok = (watch = cli_watch_start(engine, o->timeout_ns, s->file)) != NULL;
    wasmtime_error_t *error = NULL;
    if (ok)
        error = stint_wast_run(engine, store, (const char *)bytes, len, &options, counts);
    cli_watch_stop(watch);
    if (error)
        cli_report_error(&s->file, 1, error);
    if (store)
        wasmtime_store_delete(store);
    return ok && !error;
}

/* False after a message: there is nothing to count. */
static bool run(const CliOptions *all, const char *options_text, const char *file,
                stint_wast_counts_t *counts)
{
    CliOptions o = *all;
    Script s = {.file = file};
    u8 *bytes;
    size_t len;
    if (!cli_read(file, &bytes, &len))
        return false;
    o.config = stint_config_clone(all->config);
    bool ok = o.config && apply_options(&o, options_text, file);
    wasm_engine_t *engine = ok ? cli_engine(&o) : NULL;
    ok = engine && run_in(&o, engine, &s, bytes, len, counts);
    if (engine)
        wasm_engine_delete(engine);
    wasm_config_delete(o.config);
    free(bytes);
    return cli_print(&s.failures) == 0 && ok;
}

static char *read_options(CliOptions *o)
{
    u8 *bytes;
    size_t len;
    if (!o->script_options)
        return arena_strndup(o->arena, "", 0);
    if (!cli_read(o->script_options, &bytes, &len))
        return NULL;
    char *text = arena_strndup(o->arena, (const char *)bytes, len);
    free(bytes);
    return text;
}

int cli_wast(CliOptions *o)
{
    stint_wast_counts_t sum = {0};
    if (!o->n_operands)
        return cli_misuse("no script to run");
    char *options = read_options(o);
    bool ok = options != NULL;
    for (size_t i = 0; i < o->n_operands && options; i++) {
        stint_wast_counts_t counts = {0};
        ok &= run(o, options, o->operands[i], &counts);
        sum.passed += counts.passed;
        sum.failed += counts.failed;
        sum.skipped += counts.skipped;
    }
    StrBuf text = {0};
    sb_printf(&text, "%llu passed, %llu failed, %llu skipped\n", (unsigned long long)sum.passed,
              (unsigned long long)sum.failed, (unsigned long long)sum.skipped);
    return cli_print(&text) != 0 || !ok || sum.failed || sum.skipped;
}
