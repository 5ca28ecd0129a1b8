/* args.c: arguments and environment: two lists of NUL-terminated strings. */
#include "wasi/wasi_int.h"

/* layout  pointers: one u32 per string, aligned to 4; buf: the strings, each with its NUL */
static u16 get_strings(WasiCtx *ctx, WasiMem mem, const StrBuf *list, u32 count, u32 pointers,
                       u32 buf)
{
    const char *at = list->text;
    u8 *out;
    TRY(wasi_mem_range(ctx, mem, pointers, (u64)count * 4, 4, &out));
    TRY(wasi_put_bytes(ctx, mem, buf, list->text, list->len));
    for (u32 i = 0; i < count; i++) {
        store_u32(out + (size_t)i * 4, buf + (u32)(at - list->text));
        at += strlen(at) + 1;
    }
    return WASI_SUCCESS;
}

static u16 get_sizes(WasiCtx *ctx, WasiMem mem, const StrBuf *list, u32 count, u32 count_at,
                     u32 size_at)
{
    if (list->len > UINT32_MAX)
        return WASI_EOVERFLOW;
    TRY(wasi_put_u32(ctx, mem, count_at, count));
    return wasi_put_u32(ctx, mem, size_at, (u32)list->len);
}

u16 wasi_args_get(WasiCtx *ctx, WasiMem mem, u32 argv, u32 argv_buf)
{
    return get_strings(ctx, mem, &ctx->args, ctx->arg_count, argv, argv_buf);
}

u16 wasi_args_sizes_get(WasiCtx *ctx, WasiMem mem, u32 count, u32 buf_size)
{
    return get_sizes(ctx, mem, &ctx->args, ctx->arg_count, count, buf_size);
}

u16 wasi_environ_get(WasiCtx *ctx, WasiMem mem, u32 pointers, u32 buf)
{
    return get_strings(ctx, mem, &ctx->environ, ctx->environ_count, pointers, buf);
}

u16 wasi_environ_sizes_get(WasiCtx *ctx, WasiMem mem, u32 count, u32 buf_size)
{
    return get_sizes(ctx, mem, &ctx->environ, ctx->environ_count, count, buf_size);
}
