/* Modules from files: what a file is, and what to say when it is no module. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/os.h"

/* No engine takes larger modules. */
#define MODULE_MAX_BYTES ((size_t)1 << 30)

const char *cli_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

const char *cli_output_name(CliOptions *o, const char *file, const char *ending)
{
    static const char *const endings[] = {".wasm", ".wat"};
    const char *name = cli_base_name(file);
    size_t len = strlen(name), ending_len = strlen(ending) + 1;
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        size_t old_len = strlen(endings[i]);
        if (len > old_len && !strcmp(name + len - old_len, endings[i])) {
            len -= old_len;
            break;
        }
    }
    char *output = arena_array(o->arena, char, len + ending_len);
    memcpy(output, name, len);
    memcpy(output + len, ending, ending_len);
    return output;
}

bool cli_read(const char *path, u8 **bytes, size_t *len)
{
    bool is_stdin = !strcmp(path, "-");
    int error = is_stdin ? os_read_fd(STDIN_FILENO, MODULE_MAX_BYTES, bytes, len)
                         : os_read_file(path, MODULE_MAX_BYTES, bytes, len);
    char text[OS_ERROR_TEXT_MAX];
    if (error)
        cli_fail("cannot read `%s`: %s", is_stdin ? "standard input" : path,
                 os_error_text(error, text));
    return !error;
}

/* Behind white space and line comments. */
static size_t skip_blank(const u8 *bytes, size_t len, size_t i)
{
    for (;;) {
        while (i < len && memchr(" \t\r\n", bytes[i], 4))
            i++;
        if (len - i < 2 || bytes[i] != ';' || bytes[i + 1] != ';')
            return i;
        while (i < len && bytes[i] != '\n')
            i++;
    }
}

bool cli_is_wat(const u8 *bytes, size_t len)
{
    size_t i = skip_blank(bytes, len, 0);
    return i < len && bytes[i] == '(';
}

/* Does the text of a component begin here? */
static bool is_component_text(const u8 *bytes, size_t len)
{
    static const char word[] = "component";
    size_t i = skip_blank(bytes, len, 0);
    i = i < len && bytes[i] == '(' ? skip_blank(bytes, len, i + 1) : len;
    return len - i >= sizeof word && !memcmp(bytes + i, word, sizeof word - 1) &&
           memchr(" \t\r\n()", bytes[i + sizeof word - 1], 6);
}

static bool is_text(const u8 *bytes, size_t len)
{
    for (size_t i = 0; i < MIN(len, (size_t)512); i++)
        if ((bytes[i] < 0x20 && !memchr("\t\n\v\f\r\033", bytes[i], 6)) || bytes[i] == 0x7f)
            return false;
    return true;
}

/* What stands where a module should; NULL: a module, binary or text, or something that pretends to
 * be one. */
static const char *what_else(const u8 *bytes, size_t len)
{
    static const u8 magic[4] = {0, 'a', 's', 'm'};
    if (len == 0)
        return "the file is empty";
    bool is_component = len >= 8 && !memcmp(bytes, magic, 4) && load_u16(bytes + 6) == 1;
    if (is_component || is_component_text(bytes, len))
        return "it is a component; only core modules can be used yet";
    if (!memcmp(bytes, magic, MIN(len, sizeof magic)) || cli_is_wat(bytes, len))
        return NULL;
    return is_text(bytes, len) ? "it is a text file, not a WebAssembly module"
                               : "it is not a WebAssembly module";
}

bool cli_is_module(const char *path, const u8 *bytes, size_t len)
{
    const char *what = what_else(bytes, len);
    if (what)
        cli_fail("cannot use `%s`: %s", path, what);
    return !what;
}

bool cli_assemble(const char *path, u8 **bytes, size_t *len)
{
    if (!cli_is_wat(*bytes, *len))
        return true;
    wasm_byte_vec_t wasm;
    wasmtime_error_t *error = stint_wat2wasm(path, (const char *)*bytes, *len, &wasm);
    if (error)
        return cli_report_error(NULL, 0, error) == 0;
    u8 *copy = malloc(wasm.size + !wasm.size);
    if (copy && wasm.size)
        memcpy(copy, wasm.data, wasm.size);
    if (copy) {
        free(*bytes);
        *bytes = copy;
        *len = wasm.size;
    }
    wasm_byte_vec_delete(&wasm);
    return copy || cli_fail("out of memory") == 0;
}

/* ---- progress ---- */

#define QUIET_NS ((u64)1000000000)   /* who waits no longer than this wants no news */
#define BETWEEN_NS ((u64)100000000)

void cli_show_progress(void *ctx, u32 done, u32 total)
{
    CliProgress *p = ctx;
    u64 now_ns = os_monotonic_ns();
    if (now_ns - p->start_ns < QUIET_NS || now_ns - p->shown_ns < BETWEEN_NS || !total)
        return;
    p->shown_ns = now_ns;
    fprintf(stderr, "\rcompiling %s: %u %% of %u functions", p->name,
            (unsigned)((u64)done * 100 / total), (unsigned)total);
}

static void end_progress(CliProgress *p)
{
    if (p->shown_ns)
        fputs("\r\033[K", stderr);
    p->shown_ns = 0;
}

/* ---- loading ---- */

static wasmtime_error_t *make(wasm_engine_t *engine, const char *path, const u8 *bytes, size_t len,
                              wasmtime_module_t **module)
{
    if (stint_is_compiled(bytes, len))
        return wasmtime_module_deserialize(engine, bytes, len, module);
    if (cli_is_wat(bytes, len))
        return stint_module_new_wat(engine, path, (const char *)bytes, len, module);
    return wasmtime_module_new(engine, bytes, len, module);
}

static bool may_load(const CliOptions *o, const char *path, const u8 *bytes, size_t len)
{
    if (!stint_is_compiled(bytes, len))
        return cli_is_module(path, bytes, len);
    if (!o->allow_precompiled)
        cli_fail("cannot use `%s`: it is a compiled module, which is trusted like a program of "
                 "the host; --allow-precompiled accepts it",
                 path);
    return o->allow_precompiled;
}

wasmtime_module_t *cli_module(CliOptions *o, wasm_engine_t *engine, const char *path,
                              const u8 *bytes, size_t len)
{
    if (!may_load(o, path, bytes, len))
        return NULL;
    o->progress = (CliProgress){.name = cli_base_name(path), .start_ns = os_monotonic_ns()};
    wasmtime_module_t *module = NULL;
    wasmtime_error_t *error = make(engine, path, bytes, len, &module);
    end_progress(&o->progress);
    if (!error)
        return module;
    StrBuf context = {0};
    sb_printf(&context, "failed to load `%s`", path);
    const char *text = sb_str(&context);
    cli_report_error(&text, 1, error);
    sb_free(&context);
    return NULL;
}

wasmtime_module_t *cli_load(CliOptions *o, wasm_engine_t *engine, const char *path, u64 *compile_ns)
{
    u8 *bytes;
    size_t len;
    if (!cli_read(path, &bytes, &len))
        return NULL;
    u64 start_ns = os_monotonic_ns();
    wasmtime_module_t *module = cli_module(o, engine, path, bytes, len);
    *compile_ns += os_monotonic_ns() - start_ns;
    free(bytes);
    return module;
}
