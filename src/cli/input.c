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

/* Does text begin here that could be a module in the text format? */
static bool is_wat(const u8 *bytes, size_t len)
{
    size_t i = 0;
    while (i < len && memchr(" \t\r\n", bytes[i], 4))
        i++;
    return i < len && (bytes[i] == '(' || (bytes[i] == ';' && i + 1 < len && bytes[i + 1] == ';'));
}

static bool is_text(const u8 *bytes, size_t len)
{
    for (size_t i = 0; i < MIN(len, (size_t)512); i++)
        if ((bytes[i] < 0x20 && !memchr("\t\n\v\f\r\033", bytes[i], 6)) || bytes[i] == 0x7f)
            return false;
    return true;
}

/* What stands where a module should; NULL: a module, or something that pretends to be one. */
static const char *what_else(const u8 *bytes, size_t len)
{
    static const u8 magic[4] = {0, 'a', 's', 'm'};
    if (len == 0)
        return "the file is empty";
    if (len >= 8 && !memcmp(bytes, magic, 4) && load_u16(bytes + 6) == 1)
        return "it is a component; only core modules can be used yet";
    if (!memcmp(bytes, magic, MIN(len, sizeof magic)))
        return NULL;
    if (is_wat(bytes, len))
        return "it is in the text format, which cannot be read yet; "
               "wat2wasm makes a binary module of it";
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

static wasmtime_error_t *make(wasm_engine_t *engine, const u8 *bytes, size_t len,
                              wasmtime_module_t **module)
{
    return stint_is_compiled(bytes, len) ? wasmtime_module_deserialize(engine, bytes, len, module)
                                         : wasmtime_module_new(engine, bytes, len, module);
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
    wasmtime_error_t *error = make(engine, bytes, len, &module);
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
