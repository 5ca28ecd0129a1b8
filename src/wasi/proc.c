/* proc.c: the guest's process, and random numbers. */
#define _GNU_SOURCE
#include "wasi/wasi_int.h"

#include <errno.h>
#include <sched.h>
#include <sys/random.h>

u16 wasi_proc_exit(WasiCtx *ctx, WasiMem mem, u32 status)
{
    (void)mem;
    /* Shells give the numbers above their own meanings, so that WASI leaves them out. */
    if (status > WASI_EXIT_STATUS_MAX) {
        wasi_fault(ctx, "exit with invalid exit status outside of [0..%d)",
                   WASI_EXIT_STATUS_MAX + 1);
        return WASI_EINVAL;
    }
    ctx->state = WASI_EXITED;
    ctx->exit_status = (int)status;
    return WASI_SUCCESS;
}

u16 wasi_proc_raise(WasiCtx *ctx, WasiMem mem, u32 signal)
{
    (void)mem;
    if (signal > WASI_SIGNAL_MAX)
        return wasi_bad_value(ctx, "signal", signal);
    return WASI_ENOTSUP;
}

u16 wasi_sched_yield(WasiCtx *ctx, WasiMem mem)
{
    (void)ctx;
    (void)mem;
    sched_yield();
    return WASI_SUCCESS;
}

u16 wasi_random_get(WasiCtx *ctx, WasiMem mem, u32 buf, u32 buf_len)
{
    u8 *out;
    TRY(wasi_mem_range(ctx, mem, buf, buf_len, 1, &out));
    while (buf_len) {
        ssize_t n = getrandom(out, buf_len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return wasi_errno(errno);
        out += n;
        buf_len -= (u32)n;
    }
    return WASI_SUCCESS;
}
