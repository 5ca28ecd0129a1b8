/* The text format for embedders: to the binary one, and to modules. */
#include <wasmtime/wat.h>

#include "api/api_int.h"

#include "wat/wat.h"

/* ---- errors that show the place ---- */

typedef struct Text {
    const char *name; /* of the file; NULL: it has none */
    const char *at;
    size_t len;
} Text;

/* How much of a long line is shown, before and behind the place. */
#define SHOWN_BEFORE 56
#define SHOWN_BEHIND 40

static bool is_newline(char c) { return c == '\n' || c == '\r'; }
static bool is_continued(char c) { return ((u8)c & 0xC0) == 0x80; }

/* The line around the place, and below it a mark that points there. */
static void add_line(StrBuf *out, const Text *text, size_t place, u32 line)
{
    size_t start = place, end = place;
    while (start && !is_newline(text->at[start - 1]) && place - start < SHOWN_BEFORE)
        start--;
    while (start < place && is_continued(text->at[start]))
        start++;
    while (end < text->len && !is_newline(text->at[end]) && end - place < SHOWN_BEHIND)
        end++;
    while (end > place && end < text->len && is_continued(text->at[end]))
        end--;
    const char *cut = start && !is_newline(text->at[start - 1]) ? "..." : "";
    sb_printf(out, "\n%5u | %s", line, cut);
    sb_add(out, text->at + start, end - start);
    sb_printf(out, "%s\n      | %*s", end < text->len && !is_newline(text->at[end]) ? "..." : "",
              (int)strlen(cut), "");
    for (size_t i = start; i < place; i++)
        if (!is_continued(text->at[i]))
            sb_putc(out, text->at[i] == '\t' ? '\t' : ' ');
    sb_putc(out, '^');
}

/* "file.wat:3:14: what is wrong", and the line it is in. */
static void describe(StrBuf *out, const Text *text, const Diag *diag)
{
    if (text->name)
        sb_printf(out, "%s:", text->name);
    if (diag->offset == DIAG_NO_OFFSET) {
        sb_printf(out, "%s%s", text->name ? " " : "", diag->text);
        return;
    }
    size_t place = MIN((size_t)diag->offset, text->len);
    WatPosition p = wat_position(text->at, text->len, place);
    sb_printf(out, "%u:%u: %s", p.line, p.column, diag->text);
    add_line(out, text, place, p.line);
}

/* context  what could not be done; NULL: the description says it all */
static wasmtime_error_t *text_error(const char *context, const Text *text, const Diag *diag)
{
    if (diag->is_oom)
        return error_oom();
    StrBuf out = {0};
    describe(&out, text, diag);
    wasmtime_error_t *error =
        out.failed ? error_oom()
        : context  ? error_because(error_format("%s", context), "%s", sb_str(&out))
                   : error_format("%s", sb_str(&out));
    sb_free(&out);
    return error;
}

/* ---- text to binary ---- */

static wasmtime_error_t *assemble(const Text *text, wasm_byte_vec_t *ret)
{
    Arena arena;
    Diag diag = {0};
    WatModule m;
    WasmFeatures all = wasm_features_all();
    wasm_byte_vec_t bytes = {0, NULL};
    arena_init(&arena, NULL);
    bool is_ok = wat_parse(text->at, text->len, &all, &arena, &m, &diag);
    if (is_ok) {
        wasm_byte_vec_new(&bytes, m.len, (const wasm_byte_t *)m.bytes);
        is_ok = bytes.size == m.len || diag_oom(&diag);
    }
    arena_free(&arena);
    if (!is_ok)
        return text_error(NULL, text, &diag);
    *ret = bytes;
    return NULL;
}

wasmtime_error_t *wasmtime_wat2wasm(const char *wat, size_t wat_len, wasm_byte_vec_t *ret)
{
    return assemble(&(Text){NULL, wat, wat_len}, ret);
}

wasmtime_error_t *stint_wat2wasm(const char *name, const char *wat, size_t wat_len,
                                 wasm_byte_vec_t *ret)
{
    return assemble(&(Text){name, wat, wat_len}, ret);
}

/* ---- text to modules ---- */

/* Parses the text, and hands its bytes to `use`. What is wrong with them is moved to the text. */
static wasmtime_error_t *with_binary(wasm_engine_t *engine, const Text *text,
                                     bool (*use)(wasm_engine_t *, const WatModule *, void *,
                                                 Diag *),
                                     void *ctx)
{
    const WasmFeatures *features = &engine->comp.wasm_features;
    Arena arena;
    Diag diag = {0};
    WatModule m;
    arena_init(&arena, NULL);
    if (wat_parse(text->at, text->len, features, &arena, &m, &diag) &&
        !use(engine, &m, ctx, &diag) && diag.offset != DIAG_NO_OFFSET)
        diag.offset = wat_locate(text->at, text->len, features, diag.offset);
    arena_free(&arena);
    return diag.is_set ? text_error("failed to compile", text, &diag) : NULL;
}

static bool validate(wasm_engine_t *engine, const WatModule *m, void *ctx, Diag *diag)
{
    (void)ctx;
    return module_validate(engine, m->bytes, m->len, diag);
}

wasmtime_error_t *stint_module_validate_wat(wasm_engine_t *engine, const char *name,
                                            const char *wat, size_t wat_len)
{
    return with_binary(engine, &(Text){name, wat, wat_len}, validate, NULL);
}

/* What compiling leaves: a module, or an error that has nothing to do with the text. */
typedef struct Made {
    wasmtime_module_t *module;
    wasmtime_error_t *error;
} Made;

static bool make(wasm_engine_t *engine, const WatModule *m, void *ctx, Diag *diag)
{
    Made *made = ctx;
    return module_compile(engine, m->bytes, m->len, &made->module, &made->error, diag);
}

wasmtime_error_t *stint_module_new_wat(wasm_engine_t *engine, const char *name, const char *wat,
                                       size_t wat_len, wasmtime_module_t **ret)
{
    Made made = {NULL, NULL};
    wasmtime_error_t *error = with_binary(engine, &(Text){name, wat, wat_len}, make, &made);
    if (!error && !made.error)
        *ret = made.module;
    return error ? error : made.error;
}
