/* guest.c: the guest's memory, its faults, and error numbers. */
#define _GNU_SOURCE
#include "wasi/wasi_int.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- Errors --------------------------------------------------------------------------------- */

u16 wasi_errno(int host)
{
    static const struct {
        u16 wasi;
        int host;
    } rows[] = {
#define WASI_ERRNO(name, number, host) {number, host},
#include "wasi/errno.def"
    };
    if (host == 0)
        return WASI_SUCCESS;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].host == host)
            return rows[i].wasi;
    return WASI_EIO;
}

const char *wasi_errno_name(u16 number)
{
    switch (number) {
    case WASI_SUCCESS:
        return "SUCCESS";
#define WASI_ERRNO(name, value, host) \
    case value:                       \
        return "E" #name;
#include "wasi/errno.def"
    }
    return NULL;
}

u16 wasi_fault(WasiCtx *ctx, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(ctx->fault, sizeof ctx->fault, format, args);
    va_end(args);
    ctx->state = WASI_FAULTED;
    return WASI_EFAULT;
}

u16 wasi_bad_value(WasiCtx *ctx, const char *what, u64 value)
{
    wasi_fault(ctx, "invalid value %#llx for %s", (unsigned long long)value, what);
    return WASI_EINVAL;
}

/* ---- Numbers and bytes ---------------------------------------------------------------------- */

u16 wasi_mem_range(WasiCtx *ctx, WasiMem mem, u64 at, u64 len, u32 align, u8 **out)
{
    *out = mem.base;
    if (at & (align - 1))
        return wasi_fault(ctx, "address %#llx is not aligned to %u bytes", (unsigned long long)at,
                          align);
    if (len == 0)
        return WASI_SUCCESS;
    if (at > mem.size || len > mem.size - at)
        return wasi_fault(ctx, "%llu bytes at address %#llx are outside of the memory",
                          (unsigned long long)len, (unsigned long long)at);
    *out = mem.base + at;
    return WASI_SUCCESS;
}

u16 wasi_put_u16(WasiCtx *ctx, WasiMem mem, u32 at, u16 v)
{
    u8 *p;
    TRY(wasi_mem_range(ctx, mem, at, sizeof v, sizeof v, &p));
    store_u16(p, v);
    return WASI_SUCCESS;
}

u16 wasi_put_u32(WasiCtx *ctx, WasiMem mem, u32 at, u32 v)
{
    u8 *p;
    TRY(wasi_mem_range(ctx, mem, at, sizeof v, sizeof v, &p));
    store_u32(p, v);
    return WASI_SUCCESS;
}

u16 wasi_put_u64(WasiCtx *ctx, WasiMem mem, u32 at, u64 v)
{
    u8 *p;
    TRY(wasi_mem_range(ctx, mem, at, sizeof v, sizeof v, &p));
    store_u64(p, v);
    return WASI_SUCCESS;
}

u16 wasi_put_bytes(WasiCtx *ctx, WasiMem mem, u64 at, const void *bytes, size_t len)
{
    u8 *p;
    TRY(wasi_mem_range(ctx, mem, at, len, 1, &p));
    if (len)
        memcpy(p, bytes, len);
    return WASI_SUCCESS;
}

/* layout  {buf u32, len u32} each, aligned to 4 */
u16 wasi_read_iovs(WasiCtx *ctx, WasiMem mem, u32 iovs, u32 iovs_len, WasiIov *out)
{
    u8 *array;
    u64 total = 0;
    out->count = 0;
    TRY(wasi_mem_range(ctx, mem, iovs, (u64)iovs_len * 8, 4, &array));
    for (u32 i = 0; i < iovs_len && out->count < WASI_IOV_MAX && total < WASI_IO_MAX; i++) {
        u32 at = load_u32(array + (size_t)i * 8), len = load_u32(array + (size_t)i * 8 + 4);
        u8 *bytes;
        if (len == 0)
            continue;
        TRY(wasi_mem_range(ctx, mem, at, len, 1, &bytes));
        len = (u32)MIN((u64)len, WASI_IO_MAX - total);
        out->v[out->count++] = (struct iovec){bytes, len};
        total += len;
    }
    return WASI_SUCCESS;
}

/* ---- Text ----------------------------------------------------------------------------------- */

/* The length of the UTF-8 sequence at s, 0 if it is not one.
 * spec  Unicode 15, table 3-7: shortest form only, no surrogates, nothing above U+10FFFF. */
static size_t sequence_len(const u8 *s, size_t left)
{
    u8 lead = s[0];
    size_t len = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (lead > 0xf4 || len > left)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((lead == 0xe0 && s[1] < 0xa0) || (lead == 0xed && s[1] > 0x9f) ||
        (lead == 0xf0 && s[1] < 0x90) || (lead == 0xf4 && s[1] > 0x8f))
        return 0;
    return len;
}

bool wasi_is_utf8(const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t step = sequence_len((const u8 *)text + i, len - i);
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}

/* Copies before it looks: another thread of the guest may write to a shared memory. */
u16 wasi_read_path(WasiCtx *ctx, WasiMem mem, u32 at, u32 len, WasiPath *out)
{
    u8 *bytes;
    TRY(wasi_mem_range(ctx, mem, at, len, 1, &bytes));
    if (len >= sizeof out->text)
        return WASI_ENAMETOOLONG;
    if (len)
        memcpy(out->text, bytes, len);
    out->text[len] = 0;
    out->len = len;
    if (!wasi_is_utf8(out->text, len))
        return WASI_EILSEQ;
    return memchr(out->text, 0, len) ? WASI_EINVAL : WASI_SUCCESS;
}
