/* Sockets that the host hands in, and what they accept. */
#define _GNU_SOURCE
#include "kit.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

/* Gives the guest a listener at a port of the system's choice; the port. */
static u16 listen_somewhere(void)
{
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    if (!EXPECT(stint_wasi_config_listen(ctx, "127.0.0.1:0") == NULL))
        return 0;
    getsockname(ctx->fds[3].fd, (struct sockaddr *)&address, &len);
    return ntohs(address.sin_port);
}

static int connect_to(u16 port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        abort();
    return fd;
}

/* A guest with a connection at 4; the host's end of it. */
static int begin_connected(void)
{
    int peer;
    begin();
    peer = connect_to(listen_somewhere());
    EXPECT_ERRNO(wasi_sock_accept(ctx, mem, 3, 0, OUT), OK);
    EXPECT_U64(get32(OUT), 4);
    return peer;
}

static void a_connection_carries_bytes(void)
{
    char got[16] = {0};
    int peer = begin_connected();
    EXPECT(write(peer, "hello", 5) == 5);
    EXPECT_ERRNO(wasi_sock_recv(ctx, mem, 4, IOV(BUF, 2), WASI_RECV_PEEK, OUT, OUT + 4), OK);
    EXPECT(get32(OUT) == 2 && load_u16(mem.base + OUT + 4) == 0 && mem_is(BUF, "he"));
    EXPECT_ERRNO(wasi_sock_recv(ctx, mem, 4, IOV(BUF, 9), 0, OUT, OUT + 4), OK);
    EXPECT(get32(OUT) == 5 && mem_is(BUF, "hello"));
    put32(0x108, BUF + 3);
    put32(0x10c, 2);
    EXPECT(put_iov(BUF, 3) == 1);
    EXPECT_ERRNO(wasi_sock_send(ctx, mem, 4, 0x100, 2, 0, OUT), OK);
    EXPECT(get32(OUT) == 5 && read(peer, got, sizeof got) == 5 && memcmp(got, "hello", 5) == 0);
    EXPECT_ERRNO(wasi_fd_write(ctx, mem, 4, IOV(BUF, 4), OUT), OK);
    EXPECT(get32(OUT) == 4 && read(peer, got, sizeof got) == 4);
    EXPECT(write(peer, "abc", 3) == 3);
    EXPECT_ERRNO(wasi_fd_read(ctx, mem, 4, IOV(BUF, 9), OUT), OK);
    EXPECT(get32(OUT) == 3 && mem_is(BUF, "abc"));
    EXPECT(write(peer, "12", 2) == 2 && write(peer, "34", 2) == 2);
    EXPECT_ERRNO(wasi_sock_recv(ctx, mem, 4, IOV(BUF, 4), WASI_RECV_WAITALL, OUT, OUT + 4), OK);
    EXPECT(get32(OUT) == 4 && mem_is(BUF, "1234"));
    EXPECT_ERRNO(wasi_sock_send(ctx, mem, 4, IOV(BUF, 1), 1, OUT), ENOTSUP);
    EXPECT_ERRNO(wasi_sock_shutdown(ctx, mem, 4, 0), EINVAL);
    EXPECT_ERRNO(wasi_sock_shutdown(ctx, mem, 4, WASI_SHUT_WR), OK);
    EXPECT(read(peer, got, sizeof got) == 0);
    EXPECT_ERRNO(wasi_sock_shutdown(ctx, mem, 4, WASI_SHUT_RD | WASI_SHUT_WR), OK);
    close(peer);
    end();
}

/* A peer that is gone is an error, and no signal ends the process (SIGPIPE has its default). */
static void a_lost_peer_is_an_error(void)
{
    u16 error = 0;
    int peer = begin_connected();
    signal(SIGPIPE, SIG_DFL);
    close(peer);
    EXPECT_ERRNO(wasi_fd_read(ctx, mem, 4, IOV(BUF, 9), OUT), OK);
    EXPECT_U64(get32(OUT), 0);
    for (int i = 0; i < 100 && !error; i++) {
        error = wasi_fd_write(ctx, mem, 4, IOV(BUF, 9), OUT);
        usleep(1000);
    }
    EXPECT(error == WASI_EPIPE || error == WASI_ECONNRESET);
    EXPECT_ERRNO(wasi_sock_send(ctx, mem, 4, IOV(BUF, 9), 0, OUT), EPIPE);
    end();
}

static void nonblocking_sockets(void)
{
    int peer = begin_connected();
    EXPECT_ERRNO(wasi_fd_fdstat_get(ctx, mem, 3, OUT), OK);
    EXPECT(mem.base[OUT] == WASI_FILETYPE_SOCKET_STREAM && load_u16(mem.base + OUT + 2) == 0);
    EXPECT(get64(OUT + 8) & WASI_RIGHT(SOCK_ACCEPT));
    EXPECT_ERRNO(wasi_fd_fdstat_set_flags(ctx, mem, 3, WASI_FDFLAG_NONBLOCK), OK);
    EXPECT_ERRNO(wasi_fd_fdstat_get(ctx, mem, 3, OUT), OK);
    EXPECT_U64(load_u16(mem.base + OUT + 2), WASI_FDFLAG_NONBLOCK);
    EXPECT_ERRNO(wasi_sock_accept(ctx, mem, 3, 0, OUT), EAGAIN);
    EXPECT_ERRNO(wasi_fd_fdstat_set_flags(ctx, mem, 4, WASI_FDFLAG_NONBLOCK), OK);
    EXPECT_ERRNO(wasi_fd_read(ctx, mem, 4, IOV(BUF, 9), OUT), EAGAIN);
    EXPECT_ERRNO(wasi_fd_fdstat_set_flags(ctx, mem, 4, WASI_FDFLAG_APPEND), EINVAL);
    EXPECT_ERRNO(wasi_fd_fdstat_set_flags(ctx, mem, 4, 0), OK);
    EXPECT_ERRNO(wasi_fd_fdstat_get(ctx, mem, 4, OUT), OK);
    EXPECT_U64(load_u16(mem.base + OUT + 2), 0);
    EXPECT(!(get64(OUT + 8) & WASI_RIGHT(SOCK_ACCEPT)));
    close(peer);
    end();
}

static void accepting_nonblocking(void)
{
    int peer;
    begin();
    peer = connect_to(listen_somewhere());
    EXPECT_ERRNO(wasi_sock_accept(ctx, mem, 3, WASI_FDFLAG_APPEND, OUT), EINVAL);
    EXPECT_ERRNO(wasi_sock_accept(ctx, mem, 3, WASI_FDFLAG_NONBLOCK, OUT), OK);
    EXPECT_ERRNO(wasi_sock_recv(ctx, mem, 4, IOV(BUF, 9), 0, OUT, OUT + 4), EAGAIN);
    EXPECT(fcntl(ctx->fds[4].fd, F_GETFD) & FD_CLOEXEC);
    EXPECT(fcntl(ctx->fds[3].fd, F_GETFD) & FD_CLOEXEC);
    close(peer);
    end();
}

static void the_wrong_descriptor(void)
{
    int peer = begin_connected();
    EXPECT_ERRNO(wasi_sock_accept(ctx, mem, 1, 0, OUT), ENOTSOCK);
    EXPECT_ERRNO(wasi_sock_accept(ctx, mem, 9, 0, OUT), EBADF);
    EXPECT_ERRNO(wasi_sock_accept(ctx, mem, 4, 0, OUT), EINVAL);
    EXPECT_ERRNO(wasi_sock_recv(ctx, mem, 0, 0, 0, 0, OUT, OUT + 4), ENOTSOCK);
    EXPECT_ERRNO(wasi_sock_recv(ctx, mem, 9, 0, 0, 0, OUT, OUT + 4), EBADF);
    EXPECT_ERRNO(wasi_sock_recv(ctx, mem, 3, 0, 0, 0, OUT, OUT + 4), ENOTCONN);
    EXPECT_ERRNO(wasi_sock_send(ctx, mem, 0, 0, 0, 0, OUT), ENOTSOCK);
    EXPECT_ERRNO(wasi_sock_send(ctx, mem, 3, 0, 0, 0, OUT), ENOTCONN);
    EXPECT_ERRNO(wasi_sock_shutdown(ctx, mem, 0, 3), ENOTSOCK);
    EXPECT_ERRNO(wasi_sock_shutdown(ctx, mem, 3, 3), ENOTCONN);
    for (u32 fd = 3; fd < 5; fd++) {
        EXPECT_ERRNO(wasi_fd_seek(ctx, mem, fd, 0, 0, OUT), EBADF);
        EXPECT_ERRNO(wasi_fd_pread(ctx, mem, fd, IOV(BUF, 1), 0, OUT), EBADF);
        EXPECT_ERRNO(wasi_fd_pwrite(ctx, mem, fd, IOV(BUF, 1), 0, OUT), EBADF);
        EXPECT_ERRNO(wasi_fd_sync(ctx, mem, fd), EBADF);
        EXPECT_ERRNO(wasi_fd_readdir(ctx, mem, fd, BUF, 9, 0, OUT), EBADF);
        EXPECT_ERRNO(wasi_fd_filestat_set_times(ctx, mem, fd, 0, 0, 5), EBADF);
        EXPECT_ERRNO(wasi_path_open(ctx, mem, fd, 0, PATH("f"), 0, 2, 0, 0, OUT), EBADF);
        EXPECT_ERRNO(wasi_fd_filestat_get(ctx, mem, fd, OUT), OK);
        EXPECT_U64(mem.base[OUT + 16], WASI_FILETYPE_SOCKET_STREAM);
    }
    EXPECT_ERRNO(wasi_fd_read(ctx, mem, 3, IOV(BUF, 1), OUT), EBADF);
    EXPECT_ERRNO(wasi_fd_write(ctx, mem, 3, IOV(BUF, 1), OUT), EBADF);
    close(peer);
    end();
}

static void sockets_can_be_waited_for(void)
{
    const u32 subs = 0x1000, events = 0x2000;
    u16 port;
    int peer;
    begin();
    port = listen_somewhere();
    memset(mem.base + subs, 0, 96);
    put64(subs, 11);
    mem.base[subs + 8] = WASI_EVENT_READ;
    put32(subs + 16, 3);
    put64(subs + 48, 12);
    mem.base[subs + 56] = WASI_EVENT_CLOCK;
    put32(subs + 64, WASI_CLOCK_MONOTONIC);
    put64(subs + 72, 5000000);
    EXPECT_ERRNO(wasi_poll_oneoff(ctx, mem, subs, events, 2, OUT), OK);
    EXPECT(get32(OUT) == 1 && get64(events) == 12);
    peer = connect_to(port);
    put64(subs + 72, 5000000000u);
    EXPECT_ERRNO(wasi_poll_oneoff(ctx, mem, subs, events, 2, OUT), OK);
    EXPECT(get32(OUT) == 1 && get64(events) == 11);
    EXPECT_ERRNO(wasi_sock_accept(ctx, mem, 3, 0, OUT), OK);
    EXPECT(write(peer, "12345", 5) == 5);
    put32(subs + 16, 4);
    EXPECT_ERRNO(wasi_poll_oneoff(ctx, mem, subs, events, 2, OUT), OK);
    EXPECT(get32(OUT) == 1 && get64(events) == 11 && get64(events + 16) == 5);
    mem.base[subs + 8] = WASI_EVENT_WRITE;
    EXPECT_ERRNO(wasi_poll_oneoff(ctx, mem, subs, events, 1, OUT), OK);
    EXPECT(get32(OUT) == 1 && mem.base[events + 10] == WASI_EVENT_WRITE);
    close(peer);
    end();
}

/* Sockets first, so that the first is 3; C libraries still find the directories behind them. */
static void sockets_stand_before_directories(void)
{
    int pair[2];
    begin_files(true);
    EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    EXPECT(stint_wasi_config_preopen_socket(ctx, pair[0]));
    EXPECT(stint_wasi_config_listen(ctx, "127.0.0.1:0") == NULL);
    EXPECT_U64(ctx->fds[3].kind, WASI_FD_STREAM);
    EXPECT_U64(ctx->fds[4].kind, WASI_FD_LISTENER);
    EXPECT_ERRNO(wasi_fd_prestat_get(ctx, mem, 3, OUT), OK);
    EXPECT_U64(mem.base[OUT], WASI_PREOPEN_OTHER);
    EXPECT_ERRNO(wasi_fd_prestat_get(ctx, mem, 4, OUT), OK);
    EXPECT_ERRNO(wasi_fd_prestat_dir_name(ctx, mem, 4, BUF, 9), ENOTDIR);
    EXPECT_ERRNO(wasi_fd_prestat_get(ctx, mem, 5, OUT), OK);
    EXPECT(mem.base[OUT] == WASI_PREOPEN_DIR && get32(OUT + 4) == 2);
    EXPECT_ERRNO(wasi_fd_prestat_get(ctx, mem, 6, OUT), EBADF);
    EXPECT_ERRNO(wasi_fd_close(ctx, mem, 5), OK);
    EXPECT_ERRNO(wasi_fd_prestat_get(ctx, mem, 3, OUT), EBADF);
    put_text(BUF, "x");
    EXPECT_ERRNO(wasi_fd_write(ctx, mem, 3, IOV(BUF, 1), OUT), OK);
    EXPECT(read(pair[1], mem.base, 1) == 1);
    close(pair[1]);
    end();
}

static void what_cannot_be_handed_in(void)
{
    static const char *const bad[] = {"", ":", "127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:x",
                                      "::1:80", "[::1:80", "[]:80", "127.0.0.1:99999",
                                      "203.0.113.1:0", "1.2.3.4.5:0", "127.0.0.1:80 "};
    int fds[2], udp = socket(AF_INET, SOCK_DGRAM, 0);
    begin();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (!EXPECT(stint_wasi_config_listen(ctx, bad[i]) != NULL))
            printf("  address %s\n", bad[i]);
    EXPECT(stint_wasi_config_listen(ctx, "nonsense") == &last_error);
    EXPECT_STR(last_error.text,
               "failed to listen at 'nonsense': not of the form ADDRESS:PORT");
    EXPECT(pipe(fds) == 0);
    EXPECT(!stint_wasi_config_preopen_socket(ctx, fds[0]));
    EXPECT(!stint_wasi_config_preopen_socket(ctx, udp));
    EXPECT(!stint_wasi_config_preopen_socket(ctx, 999));
    EXPECT_U64(ctx->fd_count, 3);
    EXPECT(fcntl(udp, F_GETFD) >= 0); /* what was refused stays the caller's */
    close(udp);
    close(fds[0]);
    close(fds[1]);
    end();
}

int main(void)
{
    TEST(a_connection_carries_bytes);
    TEST(a_lost_peer_is_an_error);
    TEST(nonblocking_sockets);
    TEST(accepting_nonblocking);
    TEST(the_wrong_descriptor);
    TEST(sockets_can_be_waited_for);
    TEST(sockets_stand_before_directories);
    TEST(what_cannot_be_handed_in);
    return test_end();
}
