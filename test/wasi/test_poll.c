/* Waiting for clocks and descriptors. */
#define _GNU_SOURCE
#include "kit.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

enum { SUBS = 0x1000, EVENTS = 0x8000, SUB = 48, EVENT = 32, MS = 1000000 };

static void put_clock(u32 i, u64 userdata, u32 clock, u64 timeout, u16 flags)
{
    u32 at = SUBS + i * SUB;
    memset(mem.base + at, 0, SUB);
    put64(at, userdata);
    mem.base[at + 8] = WASI_EVENT_CLOCK;
    put32(at + 16, clock);
    put64(at + 24, timeout);
    store_u16(mem.base + at + 40, flags);
}

static void put_fd(u32 i, u64 userdata, u8 type, u32 fd)
{
    u32 at = SUBS + i * SUB;
    memset(mem.base + at, 0, SUB);
    put64(at, userdata);
    mem.base[at + 8] = type;
    put32(at + 16, fd);
}

static u16 poll_now(u32 count)
{
    memset(mem.base + EVENTS, 0xee, 0x1000);
    put32(OUT, 0);
    return wasi_poll_oneoff(ctx, mem, SUBS, EVENTS, count, OUT);
}

static bool event_is(u32 i, u64 userdata, u8 type)
{
    u32 at = EVENTS + i * EVENT;
    return get64(at) == userdata && load_u16(mem.base + at + 8) == 0 && mem.base[at + 10] == type;
}
#define NBYTES(i) get64(EVENTS + (i) * EVENT + 16)
#define FLAGS(i) load_u16(mem.base + EVENTS + (i) * EVENT + 24)

static u64 now(void)
{
    return wasi_now_ns(CLOCK_MONOTONIC);
}

static void clocks_wake_in_time(void)
{
    u64 start;
    begin();
    for (u32 clock = 0; clock < 2; clock++) {
        start = now();
        put_clock(0, 77, clock, 20 * MS, 0);
        EXPECT_ERRNO(poll_now(1), OK);
        EXPECT(now() - start >= 20 * MS);
        EXPECT(get32(OUT) == 1 && event_is(0, 77, WASI_EVENT_CLOCK) && FLAGS(0) == 0);

        EXPECT_ERRNO(wasi_clock_time_get(ctx, mem, clock, 0, 0), OK);
        start = now();
        put_clock(0, 78, clock, get64(0) + 20 * MS, WASI_CLOCK_ABSTIME);
        EXPECT_ERRNO(poll_now(1), OK);
        EXPECT(now() - start >= 19 * MS && now() - start < 5000u * MS);
        EXPECT(get32(OUT) == 1 && event_is(0, 78, WASI_EVENT_CLOCK));

        put_clock(0, 79, clock, 0, WASI_CLOCK_ABSTIME); /* long gone */
        EXPECT_ERRNO(poll_now(1), OK);
        EXPECT(event_is(0, 79, WASI_EVENT_CLOCK));
        put_clock(0, 80, clock, 0, 0);
        EXPECT_ERRNO(poll_now(1), OK);
        EXPECT(event_is(0, 80, WASI_EVENT_CLOCK));
    }
    end();
}

static void the_first_of_several_clocks_wakes(void)
{
    u64 start = now();
    begin();
    put_clock(0, 1, WASI_CLOCK_MONOTONIC, UINT64_MAX, 0);
    put_clock(1, 2, WASI_CLOCK_MONOTONIC, 10 * MS, 0);
    put_clock(2, 3, WASI_CLOCK_REALTIME, UINT64_MAX, WASI_CLOCK_ABSTIME);
    put_clock(3, 4, WASI_CLOCK_REALTIME, 5 * MS, 0);
    EXPECT_ERRNO(poll_now(4), OK);
    EXPECT(now() - start < 5000u * MS);
    EXPECT(get32(OUT) >= 1 && get32(OUT) <= 2);
    EXPECT(event_is(get32(OUT) - 1, 4, WASI_EVENT_CLOCK));
    end();
}

static void what_is_wrong(void)
{
    begin_files(true);
    EXPECT_ERRNO(poll_now(0), EINVAL);
    put_clock(0, 1, WASI_CLOCK_PROCESS_CPU, 1, 0);
    EXPECT_ERRNO(poll_now(1), EINVAL);
    put_fd(0, 1, WASI_EVENT_READ, 9);
    EXPECT_ERRNO(poll_now(1), EBADF);
    put_fd(0, 1, WASI_EVENT_READ, 3); /* a directory */
    EXPECT_ERRNO(poll_now(1), EBADF);
    put_fd(0, 1, WASI_EVENT_READ, 1);
    EXPECT_ERRNO(poll_now(1), EBADF);
    put_fd(0, 1, WASI_EVENT_WRITE, 0);
    EXPECT_ERRNO(poll_now(1), EBADF);
    put_clock(0, 1, WASI_CLOCK_MONOTONIC, 0, 0);
    put_fd(1, 2, WASI_EVENT_READ, 9); /* one bad one spoils all */
    EXPECT_ERRNO(poll_now(2), EBADF);
    EXPECT(ctx->state == WASI_RUNS);
    put_fd(0, 1, 3, 0);
    EXPECT_ERRNO(poll_now(1), EINVAL);
    EXPECT(ctx->state == WASI_FAULTED);
    ctx->state = WASI_RUNS;
    put_clock(0, 1, 4, 0, 0);
    EXPECT_ERRNO(poll_now(1), EINVAL);
    EXPECT(ctx->state == WASI_FAULTED);
    ctx->state = WASI_RUNS;
    put_clock(0, 1, WASI_CLOCK_MONOTONIC, 0, 2);
    EXPECT_ERRNO(poll_now(1), EINVAL);
    EXPECT(ctx->state == WASI_FAULTED);
    end();
}

static void files_are_always_ready(void)
{
    begin_files(true);
    EXPECT(guest_open("f", 0, 0, R_READ | R_WRITE, 0) == 4);
    put_fd(0, 1, WASI_EVENT_READ, 4);
    put_fd(1, 2, WASI_EVENT_WRITE, 4);
    put_clock(2, 3, WASI_CLOCK_MONOTONIC, 10000u * MS, 0);
    put_fd(3, 4, WASI_EVENT_READ, 0);  /* nothing: at its end */
    put_fd(4, 5, WASI_EVENT_WRITE, 1); /* nowhere: takes all */
    put_fd(5, 6, WASI_EVENT_WRITE, 2);
    EXPECT_ERRNO(poll_now(6), OK);
    EXPECT_U64(get32(OUT), 5);
    EXPECT(event_is(0, 1, WASI_EVENT_READ) && FLAGS(0) == 0 && NBYTES(0) == 1);
    EXPECT(event_is(1, 2, WASI_EVENT_WRITE) && event_is(2, 4, WASI_EVENT_READ));
    EXPECT(event_is(3, 5, WASI_EVENT_WRITE) && event_is(4, 6, WASI_EVENT_WRITE));
    EXPECT_ERRNO(wasi_fd_seek(ctx, mem, 4, 0, WASI_WHENCE_END, OUT + 8), OK);
    EXPECT_ERRNO(poll_now(1), OK);
    EXPECT(event_is(0, 1, WASI_EVENT_READ) && FLAGS(0) == WASI_EVENT_HANGUP);
    end();
}

static int ends[2];
static void *write_late(void *unused)
{
    (void)unused;
    usleep(20000);
    if (write(ends[1], "x", 1) != 1)
        abort();
    return NULL;
}

static void ignore_signal(int number)
{
    (void)number;
}

static void *send_signals(void *target)
{
    for (int i = 0; i < 20; i++) {
        usleep(1000);
        pthread_kill(*(pthread_t *)target, SIGUSR1);
    }
    return NULL;
}

static void pipes_wake_when_something_comes(void)
{
    pthread_t thread;
    u64 start;
    begin();
    EXPECT(pipe(ends) == 0);
    ctx->stdio[0] = (WasiStdio){.kind = WASI_STDIO_HOST, .fd = ends[0]};
    put_fd(0, 5, WASI_EVENT_READ, 0);
    put_clock(1, 6, WASI_CLOCK_MONOTONIC, 10 * MS, 0);
    EXPECT_ERRNO(poll_now(2), OK);
    EXPECT(get32(OUT) == 1 && event_is(0, 6, WASI_EVENT_CLOCK));
    put_clock(1, 6, WASI_CLOCK_MONOTONIC, 10000u * MS, 0);
    start = now();
    pthread_create(&thread, NULL, write_late, NULL);
    EXPECT_ERRNO(poll_now(2), OK);
    EXPECT(get32(OUT) == 1 && event_is(0, 5, WASI_EVENT_READ) && now() - start < 5000u * MS);
    pthread_join(thread, NULL);
    put_fd(1, 7, WASI_EVENT_READ, 0); /* asked twice, told twice */
    EXPECT_ERRNO(poll_now(2), OK);
    EXPECT(get32(OUT) == 2 && event_is(0, 5, WASI_EVENT_READ) && event_is(1, 7, WASI_EVENT_READ));
    EXPECT_ERRNO(wasi_fd_read(ctx, mem, 0, IOV(BUF, 9), OUT), OK);
    close(ends[1]); /* its end is something that comes */
    EXPECT_ERRNO(poll_now(1), OK);
    EXPECT(get32(OUT) == 1 && event_is(0, 5, WASI_EVENT_READ));
    close(ends[0]);
    end();
}

static void signals_do_not_cut_a_wait_short(void)
{
    struct sigaction action = {.sa_handler = ignore_signal};
    pthread_t thread, self = pthread_self();
    u64 start = now();
    begin();
    sigaction(SIGUSR1, &action, NULL);
    put_clock(0, 1, WASI_CLOCK_MONOTONIC, 50 * MS, 0);
    pthread_create(&thread, NULL, send_signals, &self);
    EXPECT_ERRNO(poll_now(1), OK);
    EXPECT(now() - start >= 50 * MS);
    pthread_join(thread, NULL);
    end();
}

/* Events may be written over the subscriptions that they answer: nothing is trusted twice. */
static void overlapping_arrays_do_no_harm(void)
{
    begin();
    for (u32 i = 0; i < 100; i++)
        put_clock(i, i, WASI_CLOCK_MONOTONIC, 0, 0);
    for (u32 shift = 0; shift < 200; shift += 8) {
        u16 error = wasi_poll_oneoff(ctx, mem, SUBS, SUBS + shift, 100, OUT);
        EXPECT(error == WASI_SUCCESS || error == WASI_EINVAL || error == WASI_EBADF);
        ctx->state = WASI_RUNS;
    }
    end();
}

static void as_many_as_fit(void)
{
    u32 count = 500;
    begin();
    for (u32 i = 0; i < count; i++)
        put_clock(i, i, WASI_CLOCK_MONOTONIC, 0, 0);
    EXPECT_ERRNO(wasi_poll_oneoff(ctx, mem, SUBS, EVENTS, count, OUT), OK);
    EXPECT(get32(OUT) == count && event_is(count - 1, count - 1, WASI_EVENT_CLOCK));
    end();
}

/* The embedder's descriptor ends every wait, whatever else is ready, and no others. */
static void waits_can_be_interrupted(void)
{
    int wake[2], input[2];
    begin();
    if (!EXPECT(pipe(wake) == 0 && pipe(input) == 0))
        return;
    stint_wasi_config_set_interrupt(ctx, wake[0]);
    ctx->stdio[0] = (WasiStdio){.kind = WASI_STDIO_HOST, .fd = input[0]};
    put_fd(0, 5, WASI_EVENT_READ, 0);
    EXPECT(write(input[1], "x", 1) == 1);
    EXPECT_ERRNO(poll_now(1), OK);
    EXPECT(get32(OUT) == 1 && ctx->state == WASI_RUNS);
    EXPECT(wasi_wait_readable(ctx, input[0]) == WASI_SUCCESS);

    close(wake[1]);
    EXPECT_ERRNO(poll_now(1), EINTR);
    EXPECT(ctx->state == WASI_INTERRUPTED);
    ctx->state = WASI_RUNS;
    put_clock(0, 77, 1, 60000 * (u64)MS, 0);
    EXPECT_ERRNO(poll_now(1), EINTR);
    EXPECT(ctx->state == WASI_INTERRUPTED);
    ctx->state = WASI_RUNS;
    EXPECT_ERRNO(wasi_wait_readable(ctx, input[0]), EINTR);
    EXPECT(ctx->state == WASI_INTERRUPTED);

    ctx->state = WASI_RUNS;
    stint_wasi_config_set_interrupt(ctx, -1);
    put_fd(0, 5, WASI_EVENT_READ, 0);
    EXPECT_ERRNO(poll_now(1), OK);
    EXPECT(get32(OUT) == 1 && ctx->state == WASI_RUNS);
    close(wake[0]);
    close(input[0]);
    close(input[1]);
    end();
}

int main(void)
{
    TEST(clocks_wake_in_time);
    TEST(the_first_of_several_clocks_wakes);
    TEST(what_is_wrong);
    TEST(files_are_always_ready);
    TEST(pipes_wake_when_something_comes);
    TEST(signals_do_not_cut_a_wait_short);
    TEST(overlapping_arrays_do_no_harm);
    TEST(as_many_as_fit);
    TEST(waits_can_be_interrupted);
    return test_end();
}
