/* sock.c: sockets. There is no call to make one: a guest gets listeners, and what they accept. */
#define _GNU_SOURCE
#include "wasi/wasi_int.h"

#include <errno.h>
#include <sys/socket.h>

/* ---- Transfers ------------------------------------------------------------------------------ */

/* A peer that has gone is EPIPE, never a signal that ends the process. */
u16 wasi_stream_send(int fd, WasiIov *iov, u32 *n)
{
    struct msghdr msg = {.msg_iov = iov->v, .msg_iovlen = (size_t)iov->count};
    ssize_t step;
    do
        step = sendmsg(fd, &msg, MSG_NOSIGNAL);
    while (step < 0 && errno == EINTR);
    if (step < 0)
        return wasi_errno(errno);
    *n = (u32)step;
    return WASI_SUCCESS;
}

static u16 wait_unless_nonblock(WasiCtx *ctx, int fd)
{
    if (ctx->interrupt_fd < 0 || wasi_is_nonblock(fd))
        return WASI_SUCCESS;
    return wasi_wait_readable(ctx, fd);
}

u16 wasi_stream_recv(WasiCtx *ctx, int fd, WasiIov *iov, int flags, u32 *n, u16 *out_flags)
{
    struct msghdr msg = {.msg_iov = iov->v, .msg_iovlen = (size_t)iov->count};
    ssize_t step;
    TRY(wait_unless_nonblock(ctx, fd));
    do
        step = recvmsg(fd, &msg, flags | MSG_CMSG_CLOEXEC);
    while (step < 0 && errno == EINTR);
    if (step < 0)
        return wasi_errno(errno);
    *n = (u32)step;
    *out_flags = msg.msg_flags & MSG_TRUNC ? WASI_RECV_TRUNCATED : 0;
    return WASI_SUCCESS;
}

/* The socket behind a number: ENOTSOCK for another descriptor, and for the wrong kind of socket
 * what the host would say. */
static u16 socket_of(WasiCtx *ctx, u32 number, u8 kind, u16 wrong_kind, WasiFd **out)
{
    *out = wasi_fd(ctx, number);
    if (!*out)
        return WASI_EBADF;
    if ((*out)->kind != WASI_FD_LISTENER && (*out)->kind != WASI_FD_STREAM)
        return WASI_ENOTSOCK;
    return (*out)->kind == kind ? WASI_SUCCESS : wrong_kind;
}

/* ---- Calls ---------------------------------------------------------------------------------- */

/* The connection blocks unless asked not to, whatever the listener does. */
u16 wasi_sock_accept(WasiCtx *ctx, WasiMem mem, u32 fd, u32 flags, u32 accepted_fd)
{
    WasiFd *listener, stream = {.kind = WASI_FD_STREAM, .list_fd = -1};
    u32 number;
    TRY(wasi_check_flags(ctx, "fdflags", flags, WASI_FDFLAGS_ALL));
    TRY(socket_of(ctx, fd, WASI_FD_LISTENER, WASI_EINVAL, &listener));
    if (flags & ~(u32)WASI_FDFLAG_NONBLOCK)
        return WASI_EINVAL;
    TRY(wait_unless_nonblock(ctx, listener->fd));
    do
        stream.fd = accept4(listener->fd, NULL, NULL,
                            SOCK_CLOEXEC | (flags & WASI_FDFLAG_NONBLOCK ? SOCK_NONBLOCK : 0));
    while (stream.fd < 0 && errno == EINTR);
    if (stream.fd < 0)
        return wasi_errno(errno);
    TRY(wasi_fd_add(ctx, &stream, &number));
    return wasi_put_u32(ctx, mem, accepted_fd, number);
}

u16 wasi_sock_recv(WasiCtx *ctx, WasiMem mem, u32 fd, u32 iovs, u32 iovs_len, u32 flags, u32 nread,
                   u32 out_flags)
{
    WasiIov iov;
    WasiFd *stream;
    u32 n = 0;
    u16 received_flags = 0;
    int host = (flags & WASI_RECV_PEEK ? MSG_PEEK : 0) |
               (flags & WASI_RECV_WAITALL ? MSG_WAITALL : 0);
    TRY(wasi_check_flags(ctx, "riflags", flags, WASI_RECV_PEEK | WASI_RECV_WAITALL));
    TRY(socket_of(ctx, fd, WASI_FD_STREAM, WASI_ENOTCONN, &stream));
    TRY(wasi_read_iovs(ctx, mem, iovs, iovs_len, &iov));
    TRY(wasi_stream_recv(ctx, stream->fd, &iov, host, &n, &received_flags));
    TRY(wasi_put_u32(ctx, mem, nread, n));
    return wasi_put_u16(ctx, mem, out_flags, received_flags);
}

/* siflags is a type without values. */
u16 wasi_sock_send(WasiCtx *ctx, WasiMem mem, u32 fd, u32 iovs, u32 iovs_len, u32 flags,
                   u32 nwritten)
{
    WasiIov iov;
    WasiFd *stream;
    u32 n = 0;
    if (flags > UINT16_MAX)
        return wasi_bad_value(ctx, "siflags", flags);
    TRY(socket_of(ctx, fd, WASI_FD_STREAM, WASI_ENOTCONN, &stream));
    if (flags)
        return WASI_ENOTSUP;
    TRY(wasi_read_iovs(ctx, mem, iovs, iovs_len, &iov));
    TRY(wasi_stream_send(stream->fd, &iov, &n));
    return wasi_put_u32(ctx, mem, nwritten, n);
}

u16 wasi_sock_shutdown(WasiCtx *ctx, WasiMem mem, u32 fd, u32 how)
{
    static const int host[] = {-1, SHUT_RD, SHUT_WR, SHUT_RDWR};
    WasiFd *stream;
    (void)mem;
    TRY(wasi_check_flags(ctx, "sdflags", how, WASI_SHUT_RD | WASI_SHUT_WR));
    TRY(socket_of(ctx, fd, WASI_FD_STREAM, WASI_ENOTCONN, &stream));
    if (how == 0)
        return WASI_EINVAL;
    return shutdown(stream->fd, host[how]) != 0 ? wasi_errno(errno) : WASI_SUCCESS;
}
