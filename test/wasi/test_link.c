/* How calls arrive: the linker's definitions, and what becomes of a call's end. */
#define _GNU_SOURCE
#include "kit.h"

#include <ctype.h>

static const Defined *find(const char *name)
{
    for (size_t i = 0; i < defined_count; i++)
        if (strcmp(defined[i].name, name) == 0)
            return &defined[i];
    return NULL;
}

static const char *type_of(const char *name)
{
    static char text[40];
    const Defined *d = find(name);
    snprintf(text, sizeof text, "%s:%s", d ? d->type.params : "?", d ? d->type.results : "?");
    return text;
}

static wasm_trap_t *call(const char *name, wasmtime_val_raw_t raw[16])
{
    const Defined *d = find(name);
    return d ? d->call(d->env, NULL, raw, 16) : wasmtime_trap_new("not defined", 11);
}

/* Without memory for a trap the guest goes on, with an error and not with what it wanted. */
static void no_memory_for_a_trap(void)
{
    wasmtime_val_raw_t raw[16] = {{.i32 = 0}, {.i32 = OUT + 1}};
    traps_fail = true;
    EXPECT(call("clock_res_get", raw) == NULL);
    EXPECT_U64(raw[0].i32, WASI_ENOMEM);
    raw[0].i32 = 1;
    EXPECT(call("proc_exit", raw) == NULL);
    traps_fail = false;
    EXPECT(call("sched_yield", raw) == NULL && raw[0].i32 == 0);
}

/* One row of the reference: "| `name` | `(param i32 ..) (result i32)` |". */
static bool check_reference(const char *line)
{
    char name[40], params[16] = "", results[16] = "", *out = params;
    const Defined *d;
    const char *at = line;
    if (sscanf(line, "| `%39[a-z_]` | `(", name) != 1 || !(d = find(name)))
        return false;
    for (at = strstr(at, "` | `("); *at; at++) {
        if (strncmp(at, "result", 6) == 0)
            out = results;
        if (strncmp(at, "i32", 3) == 0 || strncmp(at, "i64", 3) == 0) {
            *out++ = at[1] == '3' ? 'w' : 'd';
            *out = 0;
        }
    }
    EXPECT_STR(d->type.params, params);
    EXPECT_STR(d->type.results, results);
    return true;
}

static void types_are_those_of_the_real_library(void)
{
    const char *shared = getenv("SHARED");
    char path[4096], line[4096];
    unsigned rows = 0;
    FILE *file;
    if (!shared)
        SKIP("needs ../shared/compat/wasi.md");
    snprintf(path, sizeof path, "%s/compat/wasi.md", shared);
    file = fopen(path, "re");
    if (!EXPECT(file != NULL))
        return;
    while (fgets(line, sizeof line, file))
        rows += check_reference(line);
    fclose(file);
    EXPECT_U64(rows, 46);
}

static void all_functions_are_defined(void)
{
    defined_count = 0;
    EXPECT(wasmtime_linker_define_wasi(NULL) == NULL);
    EXPECT_U64(defined_count, 46);
    EXPECT_STR(type_of("path_open"), "wwwwwddww:w");
    EXPECT_STR(type_of("proc_exit"), "w:");
    EXPECT_STR(type_of("sched_yield"), ":w");
    defined_count = 60; /* the fake linker has room for 64 */
    EXPECT(wasmtime_linker_define_wasi(NULL) != NULL);
    defined_count = 46;
}

static void a_call_returns_an_errno(void)
{
    wasmtime_val_raw_t raw[16] = {{.i32 = 99}, {.i32 = OUT}};
    EXPECT(call("fd_tell", raw) == NULL);
    EXPECT_U64(raw[0].i32, WASI_EBADF);
    raw[0].i32 = WASI_CLOCK_REALTIME;
    raw[1].i64 = 1;
    raw[2].i32 = OUT;
    EXPECT(call("clock_time_get", raw) == NULL);
    EXPECT_U64(raw[0].i32, 0);
    EXPECT(get64(OUT) > 1600000000000000000u);
}

static void a_call_needs_memory_and_context(void)
{
    wasmtime_val_raw_t raw[16] = {{.i32 = 0}};
    void *kept = attached;
    wasm_trap_t *trap;
    has_no_memory = true;
    trap = call("sched_yield", raw);
    has_no_memory = false;
    if (EXPECT(trap != NULL))
        EXPECT_STR(trap->text, "missing required memory export");
    attached = NULL;
    trap = call("sched_yield", raw);
    attached = kept;
    if (EXPECT(trap != NULL))
        EXPECT_STR(trap->text, "the store has no WASI context");
    EXPECT(call("sched_yield", raw) == NULL);
}

static void an_interrupted_wait_ends_the_guest(void)
{
    wasmtime_val_raw_t raw[16] = {{.i32 = 0}, {.i32 = 0x100}, {.i32 = 1}, {.i32 = OUT}};
    int wake[2];
    if (!EXPECT(pipe(wake) == 0))
        return;
    close(wake[1]);
    ctx->stdio[0] = (WasiStdio){.kind = WASI_STDIO_HOST, .fd = wake[0]};
    put_iov(BUF, 1);
    stint_wasi_config_set_interrupt(ctx, wake[0]);
    wasm_trap_t *trap = call("fd_read", raw);
    EXPECT(trap && !trap->is_exit && trap->code == WASMTIME_TRAP_CODE_INTERRUPT);
    stint_wasi_config_set_interrupt(ctx, -1);
    EXPECT(call("fd_read", raw) == NULL && raw[0].i32 == 0);
    ctx->stdio[0] = (WasiStdio){.kind = WASI_STDIO_NONE};
    close(wake[0]);
}

static void exiting_ends_the_guest(void)
{
    wasmtime_val_raw_t raw[16] = {{.i32 = 125}};
    wasm_trap_t *trap = call("proc_exit", raw);
    EXPECT(trap && trap->is_exit && trap->status == 125);
    raw[0].i32 = 126;
    trap = call("proc_exit", raw);
    EXPECT(trap && !trap->is_exit);
    EXPECT_STR(trap->text, "proc_exit: exit with invalid exit status outside of [0..126)");
    raw[0].i32 = -1;
    trap = call("proc_exit", raw);
    EXPECT(trap && !trap->is_exit);
    /* The store goes on: another instance may run in it. */
    EXPECT(call("sched_yield", raw) == NULL);
}

static void nonsense_ends_the_guest(void)
{
    wasmtime_val_raw_t raw[16] = {{.i32 = 3}, {.i32 = OUT + 1}};
    wasm_trap_t *trap = call("clock_res_get", raw);
    /* a clock that is refused, which comes before the address */
    EXPECT(trap == NULL && raw[0].i32 == WASI_EBADF);
    raw[0].i32 = WASI_CLOCK_REALTIME;
    trap = call("clock_res_get", raw);
    if (EXPECT(trap != NULL))
        EXPECT_STR(trap->text, "clock_res_get: address 0x201 is not aligned to 8 bytes");
    raw[0].i32 = 4;
    trap = call("clock_res_get", raw);
    if (EXPECT(trap != NULL))
        EXPECT_STR(trap->text, "clock_res_get: invalid value 0x4 for clock_id");
    raw[0].i32 = WASI_CLOCK_REALTIME;
    raw[1].i32 = MEM_SIZE;
    trap = call("clock_res_get", raw);
    if (EXPECT(trap != NULL))
        EXPECT_STR(trap->text,
                   "clock_res_get: 8 bytes at address 0x10000 are outside of the memory");
}

static int finalized;
static void count_finalized(void *data)
{
    (void)data;
    finalized++;
}
static ptrdiff_t swallow(void *data, const unsigned char *bytes, size_t len)
{
    (void)data;
    (void)bytes;
    return (ptrdiff_t)len;
}

static void a_store_owns_its_context(void)
{
    wasi_config_t *config = wasi_config_new();
    wasi_config_set_stdout_custom(config, swallow, NULL, count_finalized);
    attach_fails = true;
    EXPECT(wasmtime_context_set_wasi(NULL, config) != NULL);
    attach_fails = false;
    EXPECT_U64(finalized, 1);
    EXPECT(wasmtime_context_set_wasi(NULL, wasi_config_new()) == NULL);
    EXPECT(wasmtime_context_set_wasi(NULL, wasi_config_new()) == NULL);
    attached_finalizer(attached);
    attached_finalizer = NULL;
}

static void numbers_have_names(void)
{
    EXPECT_STR(wasi_errno_name(WASI_ENOTCAPABLE), "ENOTCAPABLE");
    EXPECT_U64(WASI_ENOTCAPABLE, 76);
    EXPECT(wasi_errno_name(77) == NULL);
    for (int host = 1; host < 200; host++)
        EXPECT(wasi_errno(host) != 0 && wasi_errno_name(wasi_errno(host)) != NULL);
    EXPECT_U64(wasi_errno(EWOULDBLOCK), WASI_EAGAIN);
    EXPECT_U64(wasi_errno(EOPNOTSUPP), WASI_ENOTSUP);
    EXPECT_U64(wasi_errno(ENOTUNIQ), WASI_EIO);
    EXPECT_U64(wasi_errno(0), 0);
}

static void text_is_utf8(void)
{
    static const char *const good[] = {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
                                       "\xed\x9f\xbf", "\xee\x80\x80", "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf", "z\xc3\xa4z"};
    static const char *const bad[] = {
        "\x80",         "\xc0\x80", "\xc1\xbf",         "\xc3",             "\xc3z",
        "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82",     "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xff",     "a\xf0\x90\x80"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        EXPECT(wasi_is_utf8(good[i], strlen(good[i])));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        EXPECT(!wasi_is_utf8(bad[i], strlen(bad[i])));
}

int main(void)
{
    begin();
    attached = ctx;
    TEST(all_functions_are_defined);
    TEST(types_are_those_of_the_real_library);
    TEST(a_call_returns_an_errno);
    TEST(a_call_needs_memory_and_context);
    TEST(an_interrupted_wait_ends_the_guest);
    TEST(exiting_ends_the_guest);
    TEST(nonsense_ends_the_guest);
    TEST(no_memory_for_a_trap);
    TEST(a_store_owns_its_context);
    TEST(numbers_have_names);
    TEST(text_is_utf8);
    end();
    return test_end();
}
