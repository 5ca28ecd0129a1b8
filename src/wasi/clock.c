/* clock.c: the clocks. */
#define _GNU_SOURCE
#include "wasi/wasi_int.h"

#include <time.h>

static u64 to_ns(struct timespec t)
{
    return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

u64 wasi_now_ns(int host_clock)
{
    struct timespec t;
    if (clock_gettime(host_clock, &t) != 0)
        return 0;
    return to_ns(t);
}

/* The clocks of CPU time exist as numbers but are refused: they would tell a guest about the host's
 * other work. */
static u16 host_clock(WasiCtx *ctx, u32 id, int *clock)
{
    switch (id) {
    case WASI_CLOCK_REALTIME:
        *clock = CLOCK_REALTIME;
        return WASI_SUCCESS;
    case WASI_CLOCK_MONOTONIC:
        *clock = CLOCK_MONOTONIC;
        return WASI_SUCCESS;
    case WASI_CLOCK_PROCESS_CPU:
    case WASI_CLOCK_THREAD_CPU:
        return WASI_EBADF;
    }
    return wasi_bad_value(ctx, "clock_id", id);
}

u16 wasi_clock_res_get(WasiCtx *ctx, WasiMem mem, u32 id, u32 resolution)
{
    struct timespec t = {0};
    int clock = CLOCK_MONOTONIC;
    TRY(host_clock(ctx, id, &clock));
    clock_getres(clock, &t);
    return wasi_put_u64(ctx, mem, resolution, to_ns(t));
}

u16 wasi_clock_time_get(WasiCtx *ctx, WasiMem mem, u32 id, u64 precision, u32 time_at)
{
    u64 now;
    int clock = CLOCK_MONOTONIC;
    (void)precision;
    TRY(host_clock(ctx, id, &clock));
    now = wasi_now_ns(clock);
    /* The host's uptime is not the guest's business. */
    if (clock == CLOCK_MONOTONIC)
        now -= ctx->monotonic_origin_ns;
    return wasi_put_u64(ctx, mem, time_at, now);
}
