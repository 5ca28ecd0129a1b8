/* fd.c: reading, writing and positioning. */
#define _GNU_SOURCE
#include "wasi/wasi_int.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Standard streams ----------------------------------------------------------------------- */

/* Drops the first n bytes of the buffers that begin at *first. */
static void iov_skip(WasiIov *iov, int *first, size_t n)
{
    while (n && *first < iov->count) {
        struct iovec *v = &iov->v[*first];
        size_t step = MIN(n, v->iov_len);
        v->iov_base = (u8 *)v->iov_base + step;
        v->iov_len -= step;
        n -= step;
        if (v->iov_len == 0)
            ++*first;
    }
}

/* Waits until a descriptor that does not block can go on. */
static void wait_for(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};
    poll(&p, 1, -1);
}

u16 wasi_interrupt(WasiCtx *ctx)
{
    ctx->state = WASI_INTERRUPTED;
    return WASI_EINTR;
}

/* A descriptor in error counts as readable: the call that follows tells which error. */
u16 wasi_wait_readable(WasiCtx *ctx, int fd)
{
    struct pollfd p[2] = {
        {.fd = fd, .events = POLLIN},
        {.fd = ctx->interrupt_fd, .events = POLLIN},
    };
    if (ctx->interrupt_fd < 0)
        return WASI_SUCCESS;
    while (poll(p, 2, -1) < 0)
        if (errno != EINTR)
            return wasi_errno(errno);
    return p[1].revents ? wasi_interrupt(ctx) : WASI_SUCCESS;
}

/* All of it or an error: nobody tells a guest that its terminal took half a line. */
static u16 host_write(int fd, const WasiIov *iov, u32 *n)
{
    WasiIov left = *iov;
    int first = 0;
    while (first < left.count) {
        ssize_t step = writev(fd, left.v + first, left.count - first);
        if (step < 0 && errno == EINTR)
            continue;
        if (step < 0 && errno == EAGAIN) {
            wait_for(fd, POLLOUT);
            continue;
        }
        if (step < 0)
            return *n ? WASI_SUCCESS : wasi_errno(errno);
        *n += (u32)step;
        iov_skip(&left, &first, (size_t)step);
    }
    return WASI_SUCCESS;
}

/* The embedder's function may take less than it is given and is called again with the rest. One
 * that takes nothing is at an end: the guest gets a short count, or EIO when there is none. */
static u16 custom_write(const WasiStdio *out, const WasiIov *iov, u32 *n)
{
    for (int i = 0; i < iov->count; i++) {
        const u8 *at = iov->v[i].iov_base;
        size_t left = iov->v[i].iov_len;
        while (left) {
            ptrdiff_t step = out->output(out->data, at, left);
            if (step < 0 && *n == 0)
                return step > INT_MIN ? wasi_errno((int)-step) : WASI_EIO;
            if (step <= 0)
                return *n ? WASI_SUCCESS : WASI_EIO;
            step = (ptrdiff_t)MIN((size_t)step, left);
            at += step;
            left -= (size_t)step;
            *n += (u32)step;
        }
    }
    return WASI_SUCCESS;
}

u16 wasi_stdio_write(WasiStdio *out, const WasiIov *iov, u32 *n)
{
    *n = 0;
    switch (out->kind) {
    case WASI_STDIO_HOST:
        return host_write(out->fd, iov, n);
    case WASI_STDIO_CUSTOM:
        return custom_write(out, iov, n);
    }
    for (int i = 0; i < iov->count; i++) /* nowhere: taken and gone */
        *n += (u32)iov->v[i].iov_len;
    return WASI_SUCCESS;
}

/* Fills the buffers in turn until the bytes are used up. */
static u16 bytes_read(WasiStdio *in, const WasiIov *iov, u32 *n)
{
    for (int i = 0; i < iov->count; i++) {
        size_t step = MIN(iov->v[i].iov_len, in->bytes.size - in->at);
        memcpy(iov->v[i].iov_base, in->bytes.data + in->at, step);
        in->at += step;
        *n += (u32)step;
        if (step < iov->v[i].iov_len)
            break;
    }
    return WASI_SUCCESS;
}

/* Waits for at least one byte, as guests expect that never asked for anything else; no bytes mean
 * the end. */
u16 wasi_stdio_read(WasiCtx *ctx, WasiStdio *in, const WasiIov *iov, u32 *n)
{
    ssize_t step;
    *n = 0;
    if (in->kind == WASI_STDIO_BYTES && in->at < in->bytes.size)
        return bytes_read(in, iov, n);
    if (in->kind != WASI_STDIO_HOST || iov->count == 0)
        return WASI_SUCCESS;
    TRY(wasi_wait_readable(ctx, in->fd));
    while ((step = readv(in->fd, iov->v, iov->count)) < 0) {
        if (errno != EAGAIN && errno != EINTR)
            return wasi_errno(errno);
        if (errno == EAGAIN && ctx->interrupt_fd < 0)
            wait_for(in->fd, POLLIN);
        TRY(wasi_wait_readable(ctx, in->fd));
    }
    *n = (u32)step;
    return WASI_SUCCESS;
}

/* ---- Files ---------------------------------------------------------------------------------- */

/* The guest's position is kept here, not in the host's descriptor. A position beyond what the host
 * can count becomes negative, which the host refuses; so the host is asked also about no bytes. */
static u16 file_read(const WasiFd *entry, const WasiIov *iov, u64 pos, u32 *n)
{
    ssize_t step;
    *n = 0;
    do
        step = preadv(entry->fd, iov->v, iov->count, (off_t)pos);
    while (step < 0 && errno == EINTR);
    if (step < 0)
        return wasi_errno(errno);
    *n = (u32)step;
    return WASI_SUCCESS;
}

/* Appending ignores the position, also pwrite's, as on Linux. */
static u16 file_write(const WasiFd *entry, const WasiIov *iov, u64 pos, u32 *n)
{
    struct stat st;
    ssize_t step;
    *n = 0;
    do {
        step = entry->is_append ? pwritev2(entry->fd, iov->v, iov->count, 0, RWF_APPEND)
                                : pwritev(entry->fd, iov->v, iov->count, (off_t)pos);
        /* A file system without RWF_APPEND: not atomic, but the next best. */
        if (step < 0 && errno == EOPNOTSUPP && entry->is_append && fstat(entry->fd, &st) == 0)
            step = pwritev(entry->fd, iov->v, iov->count, st.st_size);
    } while (step < 0 && errno == EINTR);
    if (step < 0)
        return wasi_errno(errno);
    *n = (u32)step;
    return WASI_SUCCESS;
}

/* After a write of n bytes. */
static u16 file_advance(WasiFd *entry, bool to_end, u32 n)
{
    struct stat st;
    if (!to_end) {
        entry->pos += n;
        return WASI_SUCCESS;
    }
    if (fstat(entry->fd, &st) != 0)
        return wasi_errno(errno);
    entry->pos = (u64)st.st_size;
    return WASI_SUCCESS;
}

/* ---- Calls ----------------------------------------------------------------------------------
 * Buffers are looked at before the descriptor, and results are written last: the order decides
 * which of two mistakes a guest hears of, and is the one that Wasmtime has. */

u16 wasi_fd_read(WasiCtx *ctx, WasiMem mem, u32 fd, u32 iovs, u32 iovs_len, u32 nread)
{
    WasiIov iov;
    WasiFd *entry;
    u16 flags;
    u32 n = 0;
    TRY(wasi_read_iovs(ctx, mem, iovs, iovs_len, &iov));
    entry = wasi_fd(ctx, fd);
    if (!entry)
        return WASI_EBADF;
    switch (entry->kind) {
    case WASI_FD_FILE:
        TRY(file_read(entry, &iov, entry->pos, &n));
        entry->pos += n;
        break;
    case WASI_FD_STREAM:
        TRY(wasi_stream_recv(ctx, entry->fd, &iov, 0, &n, &flags));
        break;
    case WASI_FD_STDIO:
        if (entry->stdio == 0) {
            TRY(wasi_stdio_read(ctx, &ctx->stdio[0], &iov, &n));
            break;
        }
        return WASI_EBADF;
    default:
        return WASI_EBADF;
    }
    return wasi_put_u32(ctx, mem, nread, n);
}

u16 wasi_fd_pread(WasiCtx *ctx, WasiMem mem, u32 fd, u32 iovs, u32 iovs_len, u64 offset, u32 nread)
{
    WasiIov iov;
    WasiFd *entry;
    u32 n;
    TRY(wasi_read_iovs(ctx, mem, iovs, iovs_len, &iov));
    entry = wasi_fd(ctx, fd);
    if (entry && entry->kind == WASI_FD_STDIO && entry->stdio == 0)
        return WASI_ESPIPE;
    if (!entry || entry->kind != WASI_FD_FILE)
        return WASI_EBADF;
    TRY(file_read(entry, &iov, offset, &n));
    return wasi_put_u32(ctx, mem, nread, n);
}

u16 wasi_fd_write(WasiCtx *ctx, WasiMem mem, u32 fd, u32 iovs, u32 iovs_len, u32 nwritten)
{
    WasiIov iov;
    WasiFd *entry;
    u32 n = 0;
    TRY(wasi_read_iovs(ctx, mem, iovs, iovs_len, &iov));
    entry = wasi_fd(ctx, fd);
    if (!entry)
        return WASI_EBADF;
    switch (entry->kind) {
    case WASI_FD_FILE:
        TRY(file_write(entry, &iov, entry->pos, &n));
        TRY(file_advance(entry, entry->is_append, n));
        break;
    case WASI_FD_STREAM:
        TRY(wasi_stream_send(entry->fd, &iov, &n));
        break;
    case WASI_FD_STDIO:
        if (entry->stdio != 0) {
            TRY(wasi_stdio_write(&ctx->stdio[entry->stdio], &iov, &n));
            break;
        }
        return WASI_EBADF;
    default:
        return WASI_EBADF;
    }
    return wasi_put_u32(ctx, mem, nwritten, n);
}

u16 wasi_fd_pwrite(WasiCtx *ctx, WasiMem mem, u32 fd, u32 iovs, u32 iovs_len, u64 offset,
                   u32 nwritten)
{
    WasiIov iov;
    WasiFd *entry;
    u32 n;
    TRY(wasi_read_iovs(ctx, mem, iovs, iovs_len, &iov));
    entry = wasi_fd(ctx, fd);
    if (entry && entry->kind == WASI_FD_STDIO && entry->stdio != 0)
        return WASI_ESPIPE;
    if (!entry || entry->kind != WASI_FD_FILE)
        return WASI_EBADF;
    TRY(file_write(entry, &iov, offset, &n));
    return wasi_put_u32(ctx, mem, nwritten, n);
}

/* The file that has a position; standard streams are told apart from nonsense. */
static u16 seekable(WasiCtx *ctx, u32 fd, WasiFd **out)
{
    *out = wasi_fd(ctx, fd);
    if (*out && (*out)->kind == WASI_FD_STDIO)
        return WASI_ESPIPE;
    return *out && (*out)->kind == WASI_FD_FILE ? WASI_SUCCESS : WASI_EBADF;
}

/* Any position can be taken, as long as it is one; whether the host can read there is seen when
 * reading. Unsigned arithmetic wraps, so going back must give less and going on must give more. */
u16 wasi_fd_seek(WasiCtx *ctx, WasiMem mem, u32 fd, u64 offset, u32 whence, u32 position)
{
    struct stat st;
    WasiFd *entry;
    u64 base = 0, pos;
    bool is_back = (i64)offset < 0;
    if (whence > WASI_WHENCE_END)
        return wasi_bad_value(ctx, "whence", whence);
    TRY(seekable(ctx, fd, &entry));
    if (whence == WASI_WHENCE_CUR) {
        base = entry->pos;
    } else if (whence == WASI_WHENCE_END) {
        if (fstat(entry->fd, &st) != 0)
            return wasi_errno(errno);
        base = (u64)st.st_size;
    }
    pos = base + offset;
    if (is_back ? pos > base : pos < base)
        return WASI_EINVAL;
    entry->pos = pos;
    return wasi_put_u64(ctx, mem, position, pos);
}

u16 wasi_fd_tell(WasiCtx *ctx, WasiMem mem, u32 fd, u32 position)
{
    WasiFd *entry;
    TRY(seekable(ctx, fd, &entry));
    return wasi_put_u64(ctx, mem, position, entry->pos);
}

u16 wasi_fd_sync(WasiCtx *ctx, WasiMem mem, u32 fd)
{
    WasiFd *entry = wasi_fd_of(ctx, fd, WASI_FD_FILE);
    (void)mem;
    if (!entry)
        return WASI_EBADF;
    return fsync(entry->fd) != 0 ? wasi_errno(errno) : WASI_SUCCESS;
}

u16 wasi_fd_datasync(WasiCtx *ctx, WasiMem mem, u32 fd)
{
    WasiFd *entry = wasi_fd_of(ctx, fd, WASI_FD_FILE);
    (void)mem;
    if (!entry)
        return WASI_EBADF;
    return fdatasync(entry->fd) != 0 ? wasi_errno(errno) : WASI_SUCCESS;
}

u16 wasi_fd_advise(WasiCtx *ctx, WasiMem mem, u32 fd, u64 offset, u64 len, u32 advice)
{
    static const int host[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                               POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
    WasiFd *entry;
    (void)mem;
    static_assert(ARRAY_LEN(host) == WASI_ADVICE_MAX + 1, "one for each advice");
    if (advice > WASI_ADVICE_MAX)
        return wasi_bad_value(ctx, "advice", advice);
    entry = wasi_fd_of(ctx, fd, WASI_FD_FILE);
    if (!entry)
        return WASI_EBADF;
    return wasi_errno(posix_fadvise(entry->fd, (off_t)offset, (off_t)len, host[advice]));
}

/* Refused as a whole, as in Wasmtime since WASI 0.2: not every host can do it. */
u16 wasi_fd_allocate(WasiCtx *ctx, WasiMem mem, u32 fd, u64 offset, u64 len)
{
    (void)mem;
    (void)offset;
    (void)len;
    return wasi_fd_of(ctx, fd, WASI_FD_FILE) ? WASI_ENOTSUP : WASI_EBADF;
}
