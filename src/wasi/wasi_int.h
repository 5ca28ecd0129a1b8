/* wasi_int.h: the context of a guest, its descriptors, and access to its memory. */
#ifndef STINT_WASI_INT_H
#define STINT_WASI_INT_H

#include <limits.h>
#include <sys/uio.h>

#include "base/base.h"
#include "base/strbuf.h"
#include "wasi/abi.h"
#include "wasi/wasi.h"

/* ---- The context ---------------------------------------------------------------------------- */

typedef ptrdiff_t WasiOutput(void *data, const unsigned char *bytes, size_t len);

enum { WASI_STDIO_NONE, WASI_STDIO_HOST, WASI_STDIO_BYTES, WASI_STDIO_CUSTOM };

/* Where a standard stream comes from or goes to. */
typedef struct WasiStdio {
    u8 kind;
    bool is_tty;
    bool is_ours; /* HOST: fd is closed with the context */
    int fd;       /* HOST */
    wasm_byte_vec_t bytes; /* BYTES, with `at` read so far */
    size_t at;
    WasiOutput *output; /* CUSTOM */
    void *data;
    void (*finalizer)(void *);
} WasiStdio;

enum { WASI_FD_FREE, WASI_FD_STDIO, WASI_FD_DIR, WASI_FD_FILE, WASI_FD_LISTENER, WASI_FD_STREAM };

/* A descriptor of the guest. Its number is the index in WasiCtx.fds. */
typedef struct WasiFd {
    u8 kind;
    u8 stdio;         /* STDIO: 0, 1 or 2 */
    bool is_writable; /* DIR, FILE: lies beneath a directory that may be changed */
    bool can_read;    /* FILE: as opened */
    bool can_write;
    bool is_append;
    bool is_nonblock; /* FILE: remembered for fdstat; sockets ask the host */
    int fd;           /* DIR (perhaps O_PATH), FILE, sockets: owned */
    int list_fd;      /* DIR: for listing, opened when first needed; else -1 */
    u64 pos;          /* FILE */
    char *preopen;    /* DIR: the guest's name for it, owned; NULL for one opened by the guest */
} WasiFd;

enum { WASI_RUNS, WASI_EXITED, WASI_FAULTED, WASI_INTERRUPTED };

/* All that a guest has. It is made by wasi_config_new, filled by wasi_config_*, and becomes the
 * guest's by wasmtime_context_set_wasi. */
struct wasi_config_t {
    StrBuf args;    /* NUL-terminated strings, one after the other */
    StrBuf environ; /* the same, NAME=VALUE */
    u32 arg_count, environ_count;
    WasiStdio stdio[3];
    WasiFd *fds;
    u32 fd_count; /* entries, free ones included */
    u32 fd_cap;
    u32 free_count;
    u32 socket_count; /* sockets handed in; they stand at 3, 4, .. */
    u64 monotonic_origin_ns;
    int interrupt_fd;    /* the embedder's: readable when waits are to end; -1: there is none */
    bool has_no_openat2; /* the system said so once */
    bool force_walk;     /* tests: resolve paths without openat2 */
    u8 state;            /* set by a call that ends the guest, with what follows */
    int exit_status;     /* WASI_EXITED */
    char fault[120];     /* WASI_FAULTED */
};
typedef struct wasi_config_t WasiCtx;

/* The guest's memory for the time of one call. */
typedef struct WasiMem {
    u8 *base;
    u64 size;
} WasiMem;

/* ---- The calls ------------------------------------------------------------------------------ */

#define WASI_ROW(name, signature, returns, prototype, arguments) u16 wasi_##name prototype;
#include "wasi/calls.def"

#define TRY(e)           \
    do {                 \
        u16 try_e_ = (e); \
        if (try_e_)      \
            return try_e_; \
    } while (0)

/* ---- Errors (guest.c) ----------------------------------------------------------------------- */

/* The WASI number of a host errno; EIO for one that WASI has no name for. */
u16 wasi_errno(int host);
/* "ENOENT" and so on, for tests and logs; NULL if there is no such number. */
const char *wasi_errno_name(u16 number);

/* End the guest: a value that its type does not have. Return the errno to hand on. */
u16 wasi_bad_value(WasiCtx *ctx, const char *what, u64 value);
u16 wasi_fault(WasiCtx *ctx, const char *format, ...) PRINTF_LIKE(2, 3);

/* Refuses bits outside of `all`. */
static inline u16 wasi_check_flags(WasiCtx *ctx, const char *what, u64 value, u64 all)
{
    return value & ~all ? wasi_bad_value(ctx, what, value) : WASI_SUCCESS;
}

/* ---- Guest memory (guest.c) ----------------------------------------------------------------- */

/* Checks [at, at + len) and the alignment, a power of two; *out points at it.
 * An empty range is right anywhere. */
u16 wasi_mem_range(WasiCtx *ctx, WasiMem mem, u64 at, u64 len, u32 align, u8 **out);
u16 wasi_put_u16(WasiCtx *ctx, WasiMem mem, u32 at, u16 v);
u16 wasi_put_u32(WasiCtx *ctx, WasiMem mem, u32 at, u32 v);
u16 wasi_put_u64(WasiCtx *ctx, WasiMem mem, u32 at, u64 v);
u16 wasi_put_bytes(WasiCtx *ctx, WasiMem mem, u64 at, const void *bytes, size_t len);

/* At most so many buffers, and bytes, go into one system call; callers take a short count. */
#define WASI_IOV_MAX 64
#define WASI_IO_MAX 0x7ffff000u

/* A guest's vector of buffers, checked and copied: empty buffers are left out. */
typedef struct WasiIov {
    struct iovec v[WASI_IOV_MAX];
    int count;
} WasiIov;

u16 wasi_read_iovs(WasiCtx *ctx, WasiMem mem, u32 iovs, u32 iovs_len, WasiIov *out);

/* A path, checked and copied: UTF-8 without NUL, shorter than PATH_MAX. */
typedef struct WasiPath {
    char text[PATH_MAX];
    u32 len;
} WasiPath;

u16 wasi_read_path(WasiCtx *ctx, WasiMem mem, u32 at, u32 len, WasiPath *out);
bool wasi_is_utf8(const char *text, size_t len);

/* ---- Descriptors (table.c) ------------------------------------------------------------------ */

/* The descriptor, or NULL if there is none of this number. Valid until one is added. */
WasiFd *wasi_fd(WasiCtx *ctx, u32 number);
/* The descriptor if it is of the kind, else NULL. */
WasiFd *wasi_fd_of(WasiCtx *ctx, u32 number, u8 kind);
/* Adds a descriptor, which takes over what `entry` owns, also on error.
 * errors  EMFILE: no number left. ENOMEM. */
u16 wasi_fd_add(WasiCtx *ctx, const WasiFd *entry, u32 *number);
/* Frees what an entry owns and makes it FREE. */
void wasi_fd_clear(WasiFd *entry);
/* fd for WASI_FD_DIR as a path's start; EBADF if `number` is something else. */
u16 wasi_dir(WasiCtx *ctx, u32 number, WasiFd **out);
/* Ends the guest: its wait was interrupted. Returns the errno to hand on. */
u16 wasi_interrupt(WasiCtx *ctx);
/* Before a call of the system that may block on reading: waits until it will not, or until the
 * guest is interrupted. At once where nobody can interrupt it. */
u16 wasi_wait_readable(WasiCtx *ctx, int fd);
/* Whether a socket's host descriptor does not block. */
bool wasi_is_nonblock(int fd);

/* ---- Paths (resolve.c) ---------------------------------------------------------------------- */

/* Opens what a path names beneath a directory, like openat(2) but never outside of it.
 * flags    as for open(2); O_NOFOLLOW concerns the last component
 * returns  a descriptor with O_CLOEXEC, or -errno: EPERM if the path leads out */
int wasi_open_beneath(WasiCtx *ctx, int dir, const char *path, int flags, mode_t mode);

/* The directory that holds a path's last component, and that component. */
typedef struct WasiParent {
    int fd;
    bool is_ours;     /* fd is to be closed */
    const char *name; /* one component: not empty, not "..", without '/'; may be "." */
} WasiParent;

/* path   cut into two; `name` points into it
 * A path that must be a directory ("a/", "a/.", "a/..") gives that directory and ".", on which the
 * system refuses to remove, rename or create anything.
 * errors  as wasi_open_beneath */
u16 wasi_open_parent(WasiCtx *ctx, int dir, WasiPath *path, WasiParent *out);
void wasi_close_parent(WasiParent *parent);

/* ---- Other things shared by families -------------------------------------------------------- */

struct stat;
u8 wasi_filetype(mode_t mode);
/* Milliseconds left to a deadline and the like count in these. */
u64 wasi_now_ns(int host_clock);
/* Writes all of `out` to a standard stream. n: bytes written; an error only if there were none. */
u16 wasi_stdio_write(WasiStdio *out, const WasiIov *iov, u32 *n);
u16 wasi_stdio_read(WasiCtx *ctx, WasiStdio *in, const WasiIov *iov, u32 *n);
/* The descriptor's transfer on a stream socket. */
u16 wasi_stream_send(int fd, WasiIov *iov, u32 *n);
u16 wasi_stream_recv(WasiCtx *ctx, int fd, WasiIov *iov, int flags, u32 *n, u16 *out_flags);

/* Frees a context and all it owns; NULL allowed. The finalizer of the store's attachment. */
void wasi_ctx_delete(void *ctx);

#endif
