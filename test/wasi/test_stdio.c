/* Arguments, environment, clocks, random numbers, and the standard streams. */
#define _GNU_SOURCE
#include "kit.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

/* ---- Strings -------------------------------------------------------------------------------- */

static void arguments_and_environment(void)
{
    const char *argv[] = {"prog", "", "\xc3\xa4"}, *names[] = {"HOME", "E"};
    const char *values[] = {"/h", "a=b"}, *bad[] = {"ok", "\xff"};
    begin();
    EXPECT_ERRNO(wasi_args_sizes_get(ctx, mem, 0, 4), OK);
    EXPECT(get32(0) == 0 && get32(4) == 0);
    EXPECT_ERRNO(wasi_args_get(ctx, mem, 0, 0), OK);
    EXPECT(wasi_config_set_argv(ctx, 3, argv));
    EXPECT(wasi_config_set_env(ctx, 2, names, values));
    EXPECT_ERRNO(wasi_args_sizes_get(ctx, mem, 0, 4), OK);
    EXPECT(get32(0) == 3 && get32(4) == 9);
    EXPECT_ERRNO(wasi_args_get(ctx, mem, 16, 64), OK);
    EXPECT(get32(16) == 64 && get32(20) == 69 && get32(24) == 70);
    EXPECT(memcmp(mem.base + 64, "prog\0\0\xc3\xa4\0", 9) == 0);
    EXPECT_ERRNO(wasi_environ_sizes_get(ctx, mem, 0, 4), OK);
    EXPECT(get32(0) == 2 && get32(4) == 14);
    EXPECT_ERRNO(wasi_environ_get(ctx, mem, 16, 64), OK);
    EXPECT(get32(16) == 64 && get32(20) == 72);
    EXPECT(memcmp(mem.base + 64, "HOME=/h\0E=a=b\0", 14) == 0);
    EXPECT(!wasi_config_set_argv(ctx, 2, bad));
    EXPECT(!wasi_config_set_env(ctx, 2, names, bad));
    EXPECT_U64(ctx->arg_count, 4);
    EXPECT_U64(ctx->environ_count, 3);
    end();
}

static void those_of_this_process(void)
{
    begin();
    setenv("STINT_TEST_VALUE", "sesame", 1);
    wasi_config_inherit_argv(ctx);
    wasi_config_inherit_env(ctx);
    EXPECT(ctx->arg_count >= 1 && strstr(ctx->args.text, "test_stdio"));
    EXPECT(memmem(ctx->environ.text, ctx->environ.len, "STINT_TEST_VALUE=sesame", 24) != NULL);
    end();
}

/* ---- Clocks and chance ---------------------------------------------------------------------- */

static void clocks_run(void)
{
    u64 first;
    begin();
    EXPECT_ERRNO(wasi_clock_time_get(ctx, mem, WASI_CLOCK_REALTIME, 0, OUT), OK);
    EXPECT(get64(OUT) / 1000000000u - (u64)time(NULL) + 5 < 10);
    EXPECT_ERRNO(wasi_clock_time_get(ctx, mem, WASI_CLOCK_MONOTONIC, 0, OUT), OK);
    first = get64(OUT);
    EXPECT(first < 60000000000u); /* counts from the guest's beginning */
    usleep(1000);
    EXPECT_ERRNO(wasi_clock_time_get(ctx, mem, WASI_CLOCK_MONOTONIC, 0, OUT), OK);
    EXPECT(get64(OUT) >= first + 1000000);
    EXPECT_ERRNO(wasi_clock_time_get(ctx, mem, WASI_CLOCK_PROCESS_CPU, 0, OUT), EBADF);
    EXPECT_ERRNO(wasi_clock_time_get(ctx, mem, WASI_CLOCK_THREAD_CPU, 0, OUT), EBADF);
    for (u32 id = 0; id < 2; id++) {
        put64(OUT, 0);
        EXPECT_ERRNO(wasi_clock_res_get(ctx, mem, id, OUT), OK);
        EXPECT(get64(OUT) > 0 && get64(OUT) < 1000000000u);
    }
    EXPECT_ERRNO(wasi_clock_res_get(ctx, mem, WASI_CLOCK_THREAD_CPU, OUT), EBADF);
    EXPECT(ctx->state == WASI_RUNS);
    end();
}

static void random_bytes_differ(void)
{
    begin();
    EXPECT_ERRNO(wasi_random_get(ctx, mem, 0, 64), OK);
    EXPECT(memcmp(mem.base, mem.base + 64, 64) != 0);
    EXPECT_ERRNO(wasi_random_get(ctx, mem, 64, 64), OK);
    EXPECT(memcmp(mem.base, mem.base + 64, 64) != 0);
    EXPECT_ERRNO(wasi_random_get(ctx, mem, 0, MEM_SIZE), OK);
    EXPECT(get64(MEM_SIZE - 8) != 0 || get64(MEM_SIZE - 16) != 0);
    EXPECT_ERRNO(wasi_sched_yield(ctx, mem), OK);
    EXPECT_ERRNO(wasi_proc_raise(ctx, mem, 6), ENOTSUP);
    EXPECT_ERRNO(wasi_proc_exit(ctx, mem, 7), OK);
    EXPECT(ctx->state == WASI_EXITED && ctx->exit_status == 7);
    end();
}

/* ---- Standard streams ----------------------------------------------------------------------- */

static void streams_are_nothing_at_first(void)
{
    begin();
    put_text(BUF, "text");
    EXPECT_ERRNO(wasi_fd_read(ctx, mem, 0, IOV(BUF, 4), OUT), OK);
    EXPECT_U64(get32(OUT), 0);
    EXPECT_ERRNO(wasi_fd_write(ctx, mem, 1, IOV(BUF, 4), OUT), OK);
    EXPECT_U64(get32(OUT), 4);
    EXPECT_ERRNO(wasi_fd_read(ctx, mem, 1, IOV(BUF, 4), OUT), EBADF);
    EXPECT_ERRNO(wasi_fd_write(ctx, mem, 0, IOV(BUF, 4), OUT), EBADF);
    EXPECT_ERRNO(wasi_fd_pread(ctx, mem, 0, IOV(BUF, 4), 0, OUT), ESPIPE);
    EXPECT_ERRNO(wasi_fd_pread(ctx, mem, 1, IOV(BUF, 4), 0, OUT), EBADF);
    EXPECT_ERRNO(wasi_fd_pwrite(ctx, mem, 2, IOV(BUF, 4), 0, OUT), ESPIPE);
    EXPECT_ERRNO(wasi_fd_pwrite(ctx, mem, 0, IOV(BUF, 4), 0, OUT), EBADF);
    for (u32 fd = 0; fd < 3; fd++) {
        EXPECT_ERRNO(wasi_fd_seek(ctx, mem, fd, 0, 0, OUT), ESPIPE);
        EXPECT_ERRNO(wasi_fd_tell(ctx, mem, fd, OUT), ESPIPE);
        EXPECT_ERRNO(wasi_fd_sync(ctx, mem, fd), EBADF);
        EXPECT_ERRNO(wasi_fd_datasync(ctx, mem, fd), EBADF);
        EXPECT_ERRNO(wasi_fd_advise(ctx, mem, fd, 0, 0, 0), EBADF);
        EXPECT_ERRNO(wasi_fd_allocate(ctx, mem, fd, 0, 1), EBADF);
        EXPECT_ERRNO(wasi_fd_filestat_set_size(ctx, mem, fd, 0), EBADF);
        EXPECT_ERRNO(wasi_fd_filestat_set_times(ctx, mem, fd, 0, 0, 0), EBADF);
        EXPECT_ERRNO(wasi_fd_fdstat_set_flags(ctx, mem, fd, 0), EBADF);
        EXPECT_ERRNO(wasi_fd_fdstat_set_rights(ctx, mem, fd, 0, 0), EBADF);
        EXPECT_ERRNO(wasi_fd_readdir(ctx, mem, fd, BUF, 10, 0, OUT), EBADF);
        EXPECT_ERRNO(wasi_fd_prestat_get(ctx, mem, fd, OUT), EBADF);
        EXPECT_ERRNO(wasi_fd_prestat_dir_name(ctx, mem, fd, BUF, 10), ENOTDIR);
        EXPECT_ERRNO(wasi_path_unlink_file(ctx, mem, fd, PATH("f")), EBADF);
        EXPECT_ERRNO(wasi_path_open(ctx, mem, fd, 0, PATH("f"), 0, 2, 0, 0, OUT), EBADF);
        EXPECT_ERRNO(wasi_fd_fdstat_get(ctx, mem, fd, OUT), OK);
        EXPECT(mem.base[OUT] == WASI_FILETYPE_UNKNOWN && load_u16(mem.base + OUT + 2) == 0);
        EXPECT(get64(OUT + 8) == (fd ? R_WRITE : R_READ) && get64(OUT + 16) == get64(OUT + 8));
        memset(mem.base + OUT, 0xff, 64);
        EXPECT_ERRNO(wasi_fd_filestat_get(ctx, mem, fd, OUT), OK);
        EXPECT(get64(OUT) == 0 && get64(OUT + 8) == 0 && mem.base[OUT + 16] == 0);
        EXPECT(get64(OUT + 24) == 0 && get64(OUT + 32) == 0 && get64(OUT + 56) == 0);
    }
    EXPECT(ctx->state == WASI_RUNS);
    end();
}

static void input_from_bytes(void)
{
    wasm_byte_vec_t bytes = {5, malloc(5)};
    begin();
    memcpy(bytes.data, "abcde", 5);
    wasi_config_set_stdin_bytes(ctx, &bytes);
    EXPECT(bytes.data == NULL && bytes.size == 0);
    EXPECT_ERRNO(wasi_fd_read(ctx, mem, 0, IOV(BUF, 3), OUT), OK);
    EXPECT(get32(OUT) == 3 && mem_is(BUF, "abc"));
    put32(0x108, BUF + 9); /* a second buffer */
    put32(0x10c, 9);
    EXPECT(put_iov(BUF, 1) == 1);
    EXPECT_ERRNO(wasi_fd_read(ctx, mem, 0, 0x100, 2, OUT), OK);
    EXPECT(get32(OUT) == 2 && mem_is(BUF, "d") && mem_is(BUF + 9, "e"));
    EXPECT_ERRNO(wasi_fd_read(ctx, mem, 0, IOV(BUF, 3), OUT), OK);
    EXPECT_U64(get32(OUT), 0);
    end();
}

static void streams_into_files(void)
{
    begin();
    make_files();
    EXPECT(wasi_config_set_stdin_file(ctx, in_outer("secret")));
    EXPECT(!wasi_config_set_stdin_file(ctx, in_outer("missing")));
    EXPECT(wasi_config_set_stdout_file(ctx, in_outer("out")));
    EXPECT(!wasi_config_set_stdout_file(ctx, in_outer("missing/out")));
    EXPECT(wasi_config_set_stderr_file(ctx, in_outer("err")));
    EXPECT(!wasi_config_set_stderr_file(ctx, in_outer("missing/err")));
    EXPECT_ERRNO(wasi_fd_read(ctx, mem, 0, IOV(BUF, 100), OUT), OK);
    EXPECT(get32(OUT) == 6 && mem_is(BUF, "secret"));
    EXPECT_ERRNO(wasi_fd_write(ctx, mem, 1, IOV(BUF, 3), OUT), OK);
    EXPECT_ERRNO(wasi_fd_write(ctx, mem, 2, IOV(BUF + 3, 3), OUT), OK);
    EXPECT(file_is("out", "sec") && file_is("err", "ret"));
    end();
}

/* ---- A callback ----------------------------------------------------------------------------- */

typedef struct Sink {
    char text[64];
    size_t len;
    ptrdiff_t limit; /* takes so many bytes at once, or returns this if negative */
    int finalized;
} Sink;

static ptrdiff_t take(void *data, const unsigned char *bytes, size_t len)
{
    Sink *sink = data;
    ptrdiff_t n = sink->limit < 0 ? sink->limit : MIN((ptrdiff_t)len, sink->limit);
    if (n > 0)
        memcpy(sink->text + sink->len, bytes, (size_t)n);
    sink->len += n > 0 ? (size_t)n : 0;
    return n;
}

static void drop(void *data)
{
    ((Sink *)data)->finalized++;
}

static void output_into_a_function(void)
{
    Sink sink = {.limit = 2}, other = {.limit = -ENOSPC};
    begin();
    wasi_config_set_stdout_custom(ctx, take, &other, drop);
    wasi_config_set_stdout_custom(ctx, take, &sink, drop);
    EXPECT_U64(other.finalized, 1);
    wasi_config_set_stderr_custom(ctx, take, &other, drop);
    put_text(BUF, "hello world");
    put32(0x108, BUF + 5);
    put32(0x10c, 6);
    EXPECT(put_iov(BUF, 5) == 1);
    EXPECT_ERRNO(wasi_fd_write(ctx, mem, 1, 0x100, 2, OUT), OK);
    EXPECT(get32(OUT) == 11 && sink.len == 11 && memcmp(sink.text, "hello world", 11) == 0);
    EXPECT_ERRNO(wasi_fd_write(ctx, mem, 2, 0x100, 2, OUT), ENOSPC);
    other.limit = 0; /* takes nothing: no endless loop */
    EXPECT_ERRNO(wasi_fd_write(ctx, mem, 2, 0x100, 2, OUT), EIO);
    other.limit = PTRDIFF_MIN;
    EXPECT_ERRNO(wasi_fd_write(ctx, mem, 2, 0x100, 2, OUT), EIO);
    end();
    EXPECT(sink.finalized == 1 && other.finalized == 2);
}

/* ---- Pipes ---------------------------------------------------------------------------------- */

static int ends[2];
static void attach_pipe(bool nonblocking)
{
    if (pipe2(ends, nonblocking ? O_NONBLOCK : 0) != 0)
        abort();
    ctx->stdio[0] = (WasiStdio){.kind = WASI_STDIO_HOST, .fd = ends[0]};
    ctx->stdio[1] = (WasiStdio){.kind = WASI_STDIO_HOST, .fd = ends[1]};
}

static void a_closed_pipe_is_an_error(void)
{
    begin();
    attach_pipe(false);
    signal(SIGPIPE, SIG_IGN);
    close(ends[0]);
    EXPECT_ERRNO(wasi_fd_write(ctx, mem, 1, IOV(BUF, 5), OUT), EPIPE);
    close(ends[1]);
    EXPECT_ERRNO(wasi_fd_write(ctx, mem, 1, IOV(BUF, 5), OUT), EBADF);
    end();
}

static void ignore_signal(int number)
{
    (void)number;
}

/* Reads half of the pipe's capacity at a time and interrupts the writer again and again. */
static void *drain(void *writer)
{
    size_t total = 0;
    u8 *bytes = malloc(65536);
    while (total < 200000) {
        ssize_t n;
        usleep(2000);
        pthread_kill(*(pthread_t *)writer, SIGUSR1);
        n = read(ends[0], bytes, 65536);
        for (ssize_t i = 0; i < n; i++)
            EXPECT(bytes[i] == (u8)((total + (size_t)i) % 50000 % 251));
        total += n > 0 ? (size_t)n : 0;
    }
    free(bytes);
    return NULL;
}

/* More than a pipe holds, in pieces, with signals in between: all of it must come, in order. */
static void writes_are_whole(void)
{
    struct sigaction action = {.sa_handler = ignore_signal};
    pthread_t reader, self = pthread_self();
    sigaction(SIGUSR1, &action, NULL);
    for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
        begin();
        for (u32 i = 0; i < 50000; i++)
            mem.base[1000 + i] = (u8)(i % 251);
        attach_pipe(nonblocking);
        pthread_create(&reader, NULL, drain, &self);
        for (int i = 0; i < 4; i++) {
            put32(0x108, 1000 + 20000);
            put32(0x10c, 30000);
            EXPECT(put_iov(1000, 20000) == 1);
            EXPECT_ERRNO(wasi_fd_write(ctx, mem, 1, 0x100, 2, OUT), OK);
            EXPECT_U64(get32(OUT), 50000);
        }
        pthread_join(reader, NULL);
        close(ends[0]);
        close(ends[1]);
    }
    end();
}

static void *write_late(void *unused)
{
    (void)unused;
    usleep(20000);
    if (write(ends[1], "late", 4) != 4)
        abort();
    return NULL;
}

static void reads_wait(void)
{
    pthread_t writer;
    for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
        begin();
        attach_pipe(nonblocking);
        pthread_create(&writer, NULL, write_late, NULL);
        EXPECT_ERRNO(wasi_fd_read(ctx, mem, 0, IOV(BUF, 100), OUT), OK);
        EXPECT(get32(OUT) == 4 && mem_is(BUF, "late"));
        pthread_join(writer, NULL);
        close(ends[1]);
        EXPECT_ERRNO(wasi_fd_read(ctx, mem, 0, IOV(BUF, 100), OUT), OK);
        EXPECT_U64(get32(OUT), 0);
        close(ends[0]);
    }
    end();
}

static void inherited_streams_stay_open(void)
{
    struct stat st;
    begin();
    wasi_config_inherit_stdin(ctx);
    wasi_config_inherit_stdout(ctx);
    wasi_config_inherit_stderr(ctx);
    EXPECT(ctx->stdio[0].fd == 0 && ctx->stdio[1].fd == 1 && ctx->stdio[2].fd == 2);
    EXPECT_ERRNO(wasi_fd_close(ctx, mem, 1), OK);
    EXPECT_ERRNO(wasi_fd_write(ctx, mem, 1, IOV(BUF, 1), OUT), EBADF);
    wasi_config_inherit_network(ctx);
    wasi_config_allow_ip_name_lookup(ctx, true);
    end();
    EXPECT(fstat(1, &st) == 0 && fstat(2, &st) == 0);
}

int main(void)
{
    TEST(arguments_and_environment);
    TEST(those_of_this_process);
    TEST(clocks_run);
    TEST(random_bytes_differ);
    TEST(streams_are_nothing_at_first);
    TEST(input_from_bytes);
    TEST(streams_into_files);
    TEST(output_into_a_function);
    TEST(a_closed_pipe_is_an_error);
    TEST(writes_are_whole);
    TEST(reads_wait);
    TEST(inherited_streams_stay_open);
    return test_end();
}
