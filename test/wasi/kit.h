/* What the WASI tests share: a guest without an engine.
 *
 * The room's functions are called directly, or through link.c as a guest's calls would arrive: the
 * few functions of the public API that it needs are faked here. The guest's memory is one page of
 * WebAssembly between two inaccessible pages of the host, so that an access outside of it does not
 * go unseen. Each test that needs files has a folder of its own with a sandbox in it:
 *
 *     f  empty/  dir/inner  ln->f  lnd->dir  abs->/etc/passwd  up->../secret  loop->loop
 *     and beside the sandbox: secret, side/
 */
#ifndef STINT_TEST_WASI_KIT_H
#define STINT_TEST_WASI_KIT_H

#include "wasi/wasi_int.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

enum { MEM_SIZE = 65536, HOST_PAGE = 4096 };

static WasiCtx *ctx;
static WasiMem mem;
static char outer[64];   /* the test's folder */
static char sandbox[80]; /* outer/sandbox, preopened as descriptor 3 under "/s" */

/* ---- The public API, faked ------------------------------------------------------------------ */

struct wasm_trap_t {
    bool is_exit;
    int status;
    int code; /* of wasmtime_trap_new_code */
    char text[256];
};
struct wasmtime_error {
    char text[256];
};

void wasm_byte_vec_delete(wasm_byte_vec_t *vec)
{
    free(vec->data);
    *vec = (wasm_byte_vec_t){0, NULL};
}

static wasm_trap_t last_trap;
static bool traps_fail;

wasm_trap_t *wasmtime_trap_new(const char *text, size_t len)
{
    last_trap = (wasm_trap_t){0};
    memcpy(last_trap.text, text, MIN(len, sizeof last_trap.text - 1));
    return traps_fail ? NULL : &last_trap;
}

wasm_trap_t *stint_trap_new_exit(int status)
{
    last_trap = (wasm_trap_t){.is_exit = true, .status = status};
    return traps_fail ? NULL : &last_trap;
}

wasm_trap_t *wasmtime_trap_new_code(wasmtime_trap_code_t code)
{
    last_trap = (wasm_trap_t){.code = code};
    return traps_fail ? NULL : &last_trap;
}

static wasmtime_error_t last_error;

wasmtime_error_t *wasmtime_error_new(const char *text)
{
    snprintf(last_error.text, sizeof last_error.text, "%s", text);
    return &last_error;
}

/* Types: what link.c makes of a signature comes back as a text of w and d. */
struct wasm_valtype_t {
    wasm_valkind_t kind;
};
struct wasm_functype_t {
    char params[16], results[16];
};

wasm_valtype_t *wasm_valtype_new(wasm_valkind_t kind)
{
    wasm_valtype_t *type = malloc(sizeof *type);
    type->kind = kind;
    return type;
}

void wasm_valtype_vec_new_uninitialized(wasm_valtype_vec_t *out, size_t size)
{
    out->size = size;
    out->data = calloc(size + 1, sizeof *out->data);
}

void wasm_valtype_vec_delete(wasm_valtype_vec_t *vec)
{
    for (size_t i = 0; i < vec->size; i++)
        free(vec->data[i]);
    free(vec->data);
    *vec = (wasm_valtype_vec_t){0, NULL};
}

static void spell(char out[16], wasm_valtype_vec_t *vec)
{
    size_t i;
    for (i = 0; i < vec->size; i++)
        out[i] = vec->data[i]->kind == WASM_I32 ? 'w' : vec->data[i]->kind == WASM_I64 ? 'd' : '?';
    out[i] = 0;
    wasm_valtype_vec_delete(vec);
}

wasm_functype_t *wasm_functype_new(wasm_valtype_vec_t *params, wasm_valtype_vec_t *results)
{
    wasm_functype_t *type = malloc(sizeof *type);
    spell(type->params, params);
    spell(type->results, results);
    return type;
}

void wasm_functype_delete(wasm_functype_t *type)
{
    free(type);
}

/* The linker: a list of what was defined. */
typedef struct Defined {
    char name[32];
    wasm_functype_t type;
    wasmtime_func_unchecked_callback_t call;
    void *env;
} Defined;

static Defined defined[64];
static size_t defined_count;

wasmtime_error_t *wasmtime_linker_define_func_unchecked(
    wasmtime_linker_t *linker, const char *module, size_t module_len, const char *name,
    size_t name_len, const wasm_functype_t *ty, wasmtime_func_unchecked_callback_t cb, void *data,
    void (*finalizer)(void *))
{
    Defined *d = &defined[defined_count];
    (void)linker;
    (void)finalizer;
    if (module_len != 22 || memcmp(module, "wasi_snapshot_preview1", 22) != 0 ||
        defined_count == ARRAY_LEN(defined) || name_len >= sizeof d->name)
        return wasmtime_error_new("unexpected definition");
    *d = (Defined){.type = *ty, .call = cb, .env = data};
    memcpy(d->name, name, name_len);
    defined_count++;
    return NULL;
}

/* The store: one attachment. The caller: what memory it exports. */
static void *attached;
static void (*attached_finalizer)(void *);
static bool attach_fails, has_no_memory;

bool stint_context_attach(wasmtime_context_t *context, const void *key, void *value,
                          void (*finalizer)(void *))
{
    (void)context;
    (void)key;
    if (attach_fails)
        return false;
    if (attached_finalizer)
        attached_finalizer(attached);
    attached = value;
    attached_finalizer = finalizer;
    return true;
}

void *stint_context_attachment(wasmtime_context_t *context, const void *key)
{
    (void)context;
    (void)key;
    return attached;
}

wasmtime_context_t *wasmtime_caller_context(wasmtime_caller_t *caller)
{
    (void)caller;
    return NULL;
}

bool stint_caller_memory(wasmtime_caller_t *caller, uint8_t **base, size_t *size_bytes)
{
    (void)caller;
    *base = mem.base;
    *size_bytes = mem.size;
    return !has_no_memory;
}

/* ---- The guest's memory --------------------------------------------------------------------- */

static inline void make_memory(void)
{
    u8 *p = mmap(NULL, MEM_SIZE + 2 * HOST_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED || mprotect(p + HOST_PAGE, MEM_SIZE, PROT_READ | PROT_WRITE) != 0)
        abort();
    mem = (WasiMem){p + HOST_PAGE, MEM_SIZE};
}

static inline u32 get32(u32 at) { return load_u32(mem.base + at); }
static inline u64 get64(u32 at) { return load_u64(mem.base + at); }
static inline void put32(u32 at, u32 v) { store_u32(mem.base + at, v); }
static inline void put64(u32 at, u64 v) { store_u64(mem.base + at, v); }

/* Puts a text without its NUL; gives its length, so that PATH() makes two arguments of it. */
static inline u32 put_text(u32 at, const char *text)
{
    memcpy(mem.base + at, text, strlen(text));
    return (u32)strlen(text);
}

/* A path as two arguments, in one of three places that calls with several paths tell apart. */
#define PATH(text) 0x1000, put_text(0x1000, text)
#define PATH2(text) 0x3000, put_text(0x3000, text)

/* One buffer as a vector of length 1 at 0x100: `IOV(at, len)` is two arguments. */
static inline u32 put_iov(u32 at, u32 len)
{
    put32(0x100, at);
    put32(0x104, len);
    return 1;
}
#define IOV(at, len) 0x100, put_iov(at, len)
enum { OUT = 0x200, BUF = 0x8000 };

static inline bool mem_is(u32 at, const char *text)
{
    return memcmp(mem.base + at, text, strlen(text)) == 0;
}

/* Compares error numbers and prints them by name. */
#define EXPECT_ERRNO(call, want) expect_errno((call), WASI_##want, #call, __FILE__, __LINE__)

static inline bool expect_errno(u16 got, u16 want, const char *what, const char *file, int line)
{
    if (got != want)
        printf("  got  %s\n  want %s\n", wasi_errno_name(got), wasi_errno_name(want));
    return test_expect(got == want, what, file, line);
}
#define WASI_OK WASI_SUCCESS

/* ---- Files ---------------------------------------------------------------------------------- */

static inline const char *in_outer(const char *name)
{
    static char paths[4][4200];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", outer, name);
    return path;
}

static inline void write_file(const char *name, const char *text)
{
    FILE *file = fopen(in_outer(name), "we");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        abort();
}

static inline bool file_is(const char *name, const char *text)
{
    char got[256] = {0};
    FILE *file = fopen(in_outer(name), "re");
    size_t n = file ? fread(got, 1, sizeof got - 1, file) : 0;
    if (file)
        fclose(file);
    return file && n == strlen(text) && memcmp(got, text, n) == 0;
}

static inline bool exists(const char *name)
{
    struct stat st;
    return lstat(in_outer(name), &st) == 0;
}

static inline void link_to(const char *target, const char *name)
{
    if (symlink(target, in_outer(name)) != 0)
        abort();
}

static inline int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static inline void remove_files(void)
{
    if (outer[0])
        nftw(outer, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    outer[0] = 0;
}

/* In memory where there is a place for it: the tests make thousands of sandboxes. */
static const char *files_in;

static inline void make_files(void)
{
    remove_files();
    if (!files_in)
        files_in = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(outer, sizeof outer, "%s/stint-wasi-XXXXXX", files_in);
    if (!mkdtemp(outer))
        abort();
    snprintf(sandbox, sizeof sandbox, "%s/sandbox", outer);
    mkdir(sandbox, 0777);
    mkdir(in_outer("side"), 0777);
    mkdir(in_outer("sandbox/empty"), 0777);
    mkdir(in_outer("sandbox/dir"), 0777);
    write_file("secret", "secret");
    write_file("sandbox/f", "hello");
    write_file("sandbox/dir/inner", "x");
    link_to("f", "sandbox/ln");
    link_to("dir", "sandbox/lnd");
    link_to("/etc/passwd", "sandbox/abs");
    link_to("../secret", "sandbox/up");
    link_to("loop", "sandbox/loop");
}

/* ---- Contexts ------------------------------------------------------------------------------- */

static bool walks; /* resolve paths without openat2 from now on */

/* A fresh context without files; a memory of zeros. */
static inline void begin(void)
{
    wasi_config_delete(ctx);
    if (!mem.base)
        make_memory();
    memset(mem.base, 0, MEM_SIZE);
    ctx = wasi_config_new();
    ctx->force_walk = walks;
}

/* The same with the sandbox, as it is, at 3. */
static inline void begin_again(bool writable)
{
    begin();
    if (!wasi_config_preopen_dir(ctx, sandbox, "/s", writable))
        abort();
}

/* The same with a new sandbox. */
static inline void begin_files(bool writable)
{
    make_files();
    begin_again(writable);
}

static inline void end(void)
{
    wasi_config_delete(ctx);
    ctx = NULL;
    remove_files();
}

#define R_READ WASI_RIGHT(FD_READ)
#define R_WRITE WASI_RIGHT(FD_WRITE)

/* Opens a path for the guest; the number, or -errno. */
static inline int guest_open(const char *path, u32 lookup, u32 oflags, u64 rights, u32 fdflags)
{
    u16 error = wasi_path_open(ctx, mem, 3, lookup, PATH(path), oflags, rights, 0, fdflags, OUT);
    return error ? -(int)error : (int)get32(OUT);
}

#endif
