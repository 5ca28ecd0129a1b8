/* poll.c: waiting for clocks and descriptors.
 *
 * The subscriptions are read twice: once to learn what to wait for, which is then at most one host
 * entry per descriptor and one deadline, and once to write an event for each that has come. So the
 * memory this takes does not depend on the number of subscriptions.
 */
#define _GNU_SOURCE
#include "wasi/wasi_int.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>

enum { SUBSCRIPTION_SIZE = 48, EVENT_SIZE = 32 };
#define NO_DEADLINE UINT64_MAX

typedef struct Subscription {
    u64 userdata;
    u8 type;
    u32 fd;           /* READ, WRITE */
    u64 deadline_ns;  /* CLOCK: on the host's monotonic clock */
    bool is_relative; /* CLOCK */
} Subscription;

typedef struct Wait {
    struct pollfd *polls; /* one per descriptor of the guest, fd -1: not waited for; then one for
                           * who interrupts it */
    u64 start_ns;         /* relative times count from here */
    u64 deadline_ns;
    bool is_ready; /* something needs no waiting */
} Wait;

/* ---- Reading subscriptions ------------------------------------------------------------------ */

static u64 add_saturating(u64 a, u64 b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* layout  clock id u32 at 16, timeout u64 at 24, precision u64 at 32, flags u16 at 40 */
static u16 read_clock(WasiCtx *ctx, const Wait *wait, const u8 *at, Subscription *out)
{
    u32 id = load_u32(at + 16);
    u64 timeout = load_u64(at + 24), now;
    u16 flags = load_u16(at + 40);
    if (id > WASI_CLOCK_THREAD_CPU)
        return wasi_bad_value(ctx, "clock_id", id);
    TRY(wasi_check_flags(ctx, "subclockflags", flags, WASI_CLOCK_ABSTIME));
    if (id > WASI_CLOCK_MONOTONIC)
        return WASI_EINVAL;
    out->is_relative = !(flags & WASI_CLOCK_ABSTIME);
    if (out->is_relative) {
        out->deadline_ns = add_saturating(wait->start_ns, timeout);
    } else if (id == WASI_CLOCK_MONOTONIC) {
        out->deadline_ns = add_saturating(ctx->monotonic_origin_ns, timeout);
    } else {
        now = wasi_now_ns(CLOCK_REALTIME);
        out->deadline_ns = add_saturating(wait->start_ns, timeout > now ? timeout - now : 0);
    }
    return WASI_SUCCESS;
}

/* layout  userdata u64 at 0, type u8 at 8; then of a clock as above, or a descriptor u32 at 16 */
static u16 read_subscription(WasiCtx *ctx, const Wait *wait, const u8 *guest, Subscription *out)
{
    u8 at[SUBSCRIPTION_SIZE];
    memcpy(at, guest, sizeof at);
    *out = (Subscription){.userdata = load_u64(at), .type = at[8]};
    if (out->type > WASI_EVENT_WRITE)
        return wasi_bad_value(ctx, "eventtype", out->type);
    if (out->type == WASI_EVENT_CLOCK)
        return read_clock(ctx, wait, at, out);
    out->fd = load_u32(at + 16);
    return WASI_SUCCESS;
}

/* The host's descriptor behind the guest's.
 * *host  -1 if it never has to be waited for */
static u16 host_fd(WasiCtx *ctx, const Subscription *sub, int *host)
{
    WasiFd *entry = wasi_fd(ctx, sub->fd);
    if (!entry || entry->kind == WASI_FD_DIR)
        return WASI_EBADF;
    *host = entry->fd;
    if (entry->kind != WASI_FD_STDIO)
        return WASI_SUCCESS;
    if ((entry->stdio == 0) != (sub->type == WASI_EVENT_READ))
        return WASI_EBADF;
    *host = ctx->stdio[entry->stdio].kind == WASI_STDIO_HOST ? ctx->stdio[entry->stdio].fd : -1;
    return WASI_SUCCESS;
}

/* First reading: adds what one subscription waits for. */
static u16 subscribe(WasiCtx *ctx, Wait *wait, const u8 *guest)
{
    Subscription sub;
    int host;
    TRY(read_subscription(ctx, wait, guest, &sub));
    if (sub.type == WASI_EVENT_CLOCK) {
        wait->deadline_ns = MIN(wait->deadline_ns, sub.deadline_ns);
        return WASI_SUCCESS;
    }
    TRY(host_fd(ctx, &sub, &host));
    if (host < 0) {
        wait->is_ready = true;
        return WASI_SUCCESS;
    }
    wait->polls[sub.fd].fd = host;
    wait->polls[sub.fd].events |= sub.type == WASI_EVENT_READ ? POLLIN : POLLOUT;
    return WASI_SUCCESS;
}

/* ---- Waiting -------------------------------------------------------------------------------- */

/* Waits for the first descriptor or the deadline; not at all if something is ready without.
 * A signal cuts the wait short and it is taken up again, with what is left of the time. */
static u16 wait_ready(WasiCtx *ctx, Wait *wait)
{
    nfds_t count = ctx->fd_count + 1;
    for (;;) {
        u64 now = wasi_now_ns(CLOCK_MONOTONIC);
        u64 left = wait->is_ready || now >= wait->deadline_ns ? 0 : wait->deadline_ns - now;
        struct timespec t = {(time_t)(left / 1000000000u), (long)(left % 1000000000u)};
        bool forever = wait->deadline_ns == NO_DEADLINE && !wait->is_ready;
        int n = ppoll(wait->polls, count, forever ? NULL : &t, NULL);
        if (n > 0 && wait->polls[ctx->fd_count].revents)
            return wasi_interrupt(ctx);
        if (n > 0 || (n == 0 && wait->is_ready))
            return WASI_SUCCESS;
        if (n == 0 && wasi_now_ns(CLOCK_MONOTONIC) >= wait->deadline_ns)
            return WASI_SUCCESS;
        if (n < 0 && errno != EINTR)
            return wasi_errno(errno);
    }
}

/* ---- Writing events ------------------------------------------------------------------------- */

/* What can be told of a ready descriptor: for a file whether it is at its end, for a socket what
 * has come. */
static void describe(const WasiCtx *ctx, const Subscription *sub, short revents, u64 *nbytes,
                     u16 *flags)
{
    const WasiFd *entry = &ctx->fds[sub->fd];
    struct stat st;
    int pending;
    *nbytes = 1;
    *flags = 0;
    if (entry->kind == WASI_FD_FILE && sub->type == WASI_EVENT_READ) {
        if (fstat(entry->fd, &st) == 0 && (u64)st.st_size <= entry->pos)
            *flags = WASI_EVENT_HANGUP;
    } else if (entry->kind == WASI_FD_STREAM) {
        if (sub->type == WASI_EVENT_READ && ioctl(entry->fd, FIONREAD, &pending) == 0)
            *nbytes = (u64)MAX(pending, 0);
        if (revents & POLLHUP)
            *flags = WASI_EVENT_HANGUP;
    }
}

/* Whether it has come. A descriptor in error counts: using it tells the guest which error. */
static bool has_come(const WasiCtx *ctx, const Wait *wait, const Subscription *sub, u64 now,
                     short *revents)
{
    short wanted = sub->type == WASI_EVENT_READ ? POLLIN : POLLOUT;
    *revents = 0;
    if (sub->type == WASI_EVENT_CLOCK)
        return now >= sub->deadline_ns;
    if (wait->polls[sub->fd].fd < 0)
        return ctx->fds[sub->fd].kind == WASI_FD_STDIO;
    *revents = wait->polls[sub->fd].revents;
    return *revents & (wanted | POLLERR | POLLHUP | POLLNVAL);
}

/* layout  userdata u64 at 0, error u16 at 8, type u8 at 10, nbytes u64 at 16, flags u16 at 24 */
static void put_event(u8 *out, const Subscription *sub, u64 nbytes, u16 flags)
{
    memset(out, 0, EVENT_SIZE);
    store_u64(out, sub->userdata);
    out[10] = sub->type;
    store_u64(out + 16, nbytes);
    store_u16(out + 24, flags);
}

/* Second reading: events go to the front of the array, in the order of the subscriptions. */
static u16 put_events(WasiCtx *ctx, Wait *wait, const u8 *subs, u8 *events, u32 count, u32 *n)
{
    u64 now = wasi_now_ns(CLOCK_MONOTONIC);
    for (u32 i = 0; i < count; i++) {
        Subscription sub;
        short revents;
        u64 nbytes = 0;
        u16 flags = 0;
        int host;
        /* Read again, so checked again: the guest's memory may have changed. */
        TRY(read_subscription(ctx, wait, subs + (size_t)i * SUBSCRIPTION_SIZE, &sub));
        if (sub.type != WASI_EVENT_CLOCK)
            TRY(host_fd(ctx, &sub, &host));
        if (!has_come(ctx, wait, &sub, now, &revents))
            continue;
        if (sub.type != WASI_EVENT_CLOCK)
            describe(ctx, &sub, revents, &nbytes, &flags);
        put_event(events + (size_t)*n * EVENT_SIZE, &sub, nbytes, flags);
        ++*n;
    }
    return WASI_SUCCESS;
}

static u16 poll_all(WasiCtx *ctx, Wait *wait, const u8 *subs, u8 *events, u32 count, u32 *n)
{
    for (u32 i = 0; i < ctx->fd_count; i++)
        wait->polls[i] = (struct pollfd){.fd = -1};
    wait->polls[ctx->fd_count] = (struct pollfd){.fd = ctx->interrupt_fd, .events = POLLIN};
    for (u32 i = 0; i < count; i++)
        TRY(subscribe(ctx, wait, subs + (size_t)i * SUBSCRIPTION_SIZE));
    TRY(wait_ready(ctx, wait));
    return put_events(ctx, wait, subs, events, count, n);
}

u16 wasi_poll_oneoff(WasiCtx *ctx, WasiMem mem, u32 subscriptions, u32 events, u32 count,
                     u32 nevents)
{
    Wait wait = {.start_ns = wasi_now_ns(CLOCK_MONOTONIC), .deadline_ns = NO_DEADLINE};
    u8 *subs, *out;
    u32 n = 0;
    u16 result;
    if (count == 0)
        return WASI_EINVAL;
    TRY(wasi_mem_range(ctx, mem, subscriptions, (u64)count * SUBSCRIPTION_SIZE, 8, &subs));
    TRY(wasi_mem_range(ctx, mem, events, (u64)count * EVENT_SIZE, 8, &out));
    wait.polls = calloc(ctx->fd_count + 1, sizeof *wait.polls);
    if (!wait.polls)
        return WASI_ENOMEM;
    result = poll_all(ctx, &wait, subs, out, count, &n);
    free(wait.polls);
    return result ? result : wasi_put_u32(ctx, mem, nevents, n);
}
