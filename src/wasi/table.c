/* table.c: the guest's descriptors: numbers, rights, flags, and what was opened for it. */
#define _GNU_SOURCE
#include "wasi/wasi_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

WasiFd *wasi_fd(WasiCtx *ctx, u32 number)
{
    if (number >= ctx->fd_count || ctx->fds[number].kind == WASI_FD_FREE)
        return NULL;
    return &ctx->fds[number];
}

WasiFd *wasi_fd_of(WasiCtx *ctx, u32 number, u8 kind)
{
    WasiFd *entry = wasi_fd(ctx, number);
    return entry && entry->kind == kind ? entry : NULL;
}

u16 wasi_dir(WasiCtx *ctx, u32 number, WasiFd **out)
{
    *out = wasi_fd_of(ctx, number, WASI_FD_DIR);
    return *out ? WASI_SUCCESS : WASI_EBADF;
}

void wasi_fd_clear(WasiFd *entry)
{
    if (entry->kind != WASI_FD_FREE && entry->kind != WASI_FD_STDIO) {
        close(entry->fd);
        if (entry->list_fd >= 0)
            close(entry->list_fd);
        free(entry->preopen);
    }
    *entry = (WasiFd){.kind = WASI_FD_FREE, .fd = -1, .list_fd = -1};
}

/* Pointers into the table are good until here. */
static bool grow_table(WasiCtx *ctx)
{
    u32 cap = ctx->fd_cap ? ctx->fd_cap * 2 : 16;
    WasiFd *fds = cap > ctx->fd_cap ? realloc(ctx->fds, cap * sizeof *fds) : NULL;
    if (!fds)
        return false;
    ctx->fds = fds;
    ctx->fd_cap = cap;
    return true;
}

/* The highest free number is used first, as Wasmtime does: guests that print numbers are many. */
u16 wasi_fd_add(WasiCtx *ctx, const WasiFd *entry, u32 *number)
{
    u32 i = ctx->fd_count;
    if (ctx->free_count) {
        do
            i--;
        while (ctx->fds[i].kind != WASI_FD_FREE);
        ctx->free_count--;
    } else if (ctx->fd_count == ctx->fd_cap && !grow_table(ctx)) {
        WasiFd lost = *entry;
        wasi_fd_clear(&lost);
        return WASI_ENOMEM;
    } else {
        ctx->fd_count++;
    }
    ctx->fds[i] = *entry;
    *number = i;
    return WASI_SUCCESS;
}

/* The table keeps its length: a number once used is free, not gone. */
u16 wasi_fd_close(WasiCtx *ctx, WasiMem mem, u32 fd)
{
    WasiFd *entry = wasi_fd(ctx, fd);
    (void)mem;
    if (!entry)
        return WASI_EBADF;
    wasi_fd_clear(entry);
    ctx->free_count++;
    return WASI_SUCCESS;
}

/* What `to` was is closed, and `from` becomes free. Both must exist: a guest cannot choose a new
 * number. */
u16 wasi_fd_renumber(WasiCtx *ctx, WasiMem mem, u32 from, u32 to)
{
    WasiFd *source = wasi_fd(ctx, from), *target = wasi_fd(ctx, to);
    (void)mem;
    if (!source || !target)
        return WASI_EBADF;
    if (source == target)
        return WASI_SUCCESS;
    wasi_fd_clear(target);
    *target = *source;
    *source = (WasiFd){.kind = WASI_FD_FREE, .fd = -1, .list_fd = -1};
    ctx->free_count++;
    return WASI_SUCCESS;
}

/* ---- What was handed in --------------------------------------------------------------------- */

/* layout  tag u8 at 0; for a directory the length of its name, u32 at 4 */
u16 wasi_fd_prestat_get(WasiCtx *ctx, WasiMem mem, u32 fd, u32 prestat)
{
    WasiFd *entry = wasi_fd(ctx, fd);
    u32 name_len = 0, next;
    u8 tag = WASI_PREOPEN_OTHER, *out;
    if (!entry)
        return WASI_EBADF;
    if (entry->preopen) {
        tag = WASI_PREOPEN_DIR;
        name_len = (u32)strlen(entry->preopen);
    } else {
        /* C libraries look at 3, 4, .. until EBADF. Sockets stand before the directories and must
         * not hide them: they answer as something that is no directory. */
        next = 3 + ctx->socket_count;
        if (fd < 3 || fd >= next || !wasi_fd(ctx, next) || !ctx->fds[next].preopen)
            return WASI_EBADF;
    }
    TRY(wasi_mem_range(ctx, mem, prestat, 8, 4, &out));
    out[0] = tag;
    store_u32(out + 4, name_len);
    return WASI_SUCCESS;
}

u16 wasi_fd_prestat_dir_name(WasiCtx *ctx, WasiMem mem, u32 fd, u32 path, u32 path_len)
{
    WasiFd *entry = wasi_fd(ctx, fd);
    size_t len;
    if (!entry)
        return WASI_EBADF;
    if (!entry->preopen)
        return WASI_ENOTDIR;
    len = strlen(entry->preopen);
    if (len > path_len)
        return WASI_ENAMETOOLONG;
    return wasi_put_bytes(ctx, mem, path, entry->preopen, len);
}

/* ---- Rights and flags ----------------------------------------------------------------------- */

/* Rights say what makes sense on a descriptor; what is allowed is decided by how it was opened.
 * fd_fdstat_set_rights can therefore not take any away. */
enum {
    R_PREOPEN = WASI_RIGHT(PATH_CREATE_DIRECTORY) | WASI_RIGHT(PATH_CREATE_FILE) |
                WASI_RIGHT(PATH_LINK_SOURCE) | WASI_RIGHT(PATH_LINK_TARGET) |
                WASI_RIGHT(PATH_OPEN) | WASI_RIGHT(FD_READDIR) | WASI_RIGHT(PATH_READLINK) |
                WASI_RIGHT(PATH_RENAME_SOURCE) | WASI_RIGHT(PATH_RENAME_TARGET) |
                WASI_RIGHT(PATH_SYMLINK) | WASI_RIGHT(PATH_REMOVE_DIRECTORY) |
                WASI_RIGHT(PATH_UNLINK_FILE) | WASI_RIGHT(PATH_FILESTAT_GET) |
                WASI_RIGHT(PATH_FILESTAT_SET_TIMES) | WASI_RIGHT(FD_FILESTAT_GET) |
                WASI_RIGHT(FD_FILESTAT_SET_TIMES),
    R_PREOPEN_INHERITING = R_PREOPEN | WASI_RIGHT(FD_DATASYNC) | WASI_RIGHT(FD_READ) |
                           WASI_RIGHT(FD_SEEK) | WASI_RIGHT(FD_FDSTAT_SET_FLAGS) |
                           WASI_RIGHT(FD_SYNC) | WASI_RIGHT(FD_TELL) | WASI_RIGHT(FD_WRITE) |
                           WASI_RIGHT(FD_ADVISE) | WASI_RIGHT(FD_ALLOCATE) |
                           WASI_RIGHT(FD_FILESTAT_SET_SIZE) | WASI_RIGHT(POLL_FD_READWRITE),
    R_DIR = WASI_RIGHTS_ALL & ~(WASI_RIGHT(FD_SEEK) | WASI_RIGHT(FD_FILESTAT_SET_SIZE) |
                                WASI_RIGHT(PATH_FILESTAT_SET_SIZE) | WASI_RIGHT(FD_WRITE)),
    R_SOCKET = WASI_RIGHT(FD_READ) | WASI_RIGHT(FD_WRITE) | WASI_RIGHT(FD_FDSTAT_SET_FLAGS) |
               WASI_RIGHT(FD_FILESTAT_GET) | WASI_RIGHT(POLL_FD_READWRITE) |
               WASI_RIGHT(SOCK_SHUTDOWN),
};

bool wasi_is_nonblock(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_NONBLOCK);
}

/* What fd_fdstat_get tells. */
typedef struct FdStat {
    u8 filetype;
    u16 flags;
    u64 rights, inheriting;
} FdStat;

static u16 file_fdstat(const WasiFd *entry, FdStat *out)
{
    struct stat st;
    if (fstat(entry->fd, &st) != 0)
        return wasi_errno(errno);
    out->filetype = wasi_filetype(st.st_mode);
    out->rights = WASI_RIGHTS_ALL;
    if (!entry->can_read)
        out->rights &= ~(u64)(WASI_RIGHT(FD_READ) | WASI_RIGHT(FD_READDIR));
    if (!entry->can_write)
        out->rights &= ~(u64)WASI_RIGHT(FD_WRITE);
    out->inheriting = out->rights;
    out->flags = (u16)((entry->is_append ? WASI_FDFLAG_APPEND : 0) |
                       (entry->is_nonblock ? WASI_FDFLAG_NONBLOCK : 0));
    return WASI_SUCCESS;
}

/* For each kind of descriptor; `out` comes cleared. */
static u16 any_fdstat(const WasiCtx *ctx, const WasiFd *entry, FdStat *out)
{
    switch (entry->kind) {
    case WASI_FD_STDIO:
        if (ctx->stdio[entry->stdio].is_tty)
            out->filetype = WASI_FILETYPE_CHARACTER_DEVICE;
        out->rights = entry->stdio == 0 ? WASI_RIGHT(FD_READ) : WASI_RIGHT(FD_WRITE);
        out->inheriting = out->rights;
        return WASI_SUCCESS;
    case WASI_FD_DIR:
        out->filetype = WASI_FILETYPE_DIRECTORY;
        out->rights = entry->preopen ? R_PREOPEN : R_DIR;
        out->inheriting = entry->preopen ? R_PREOPEN_INHERITING : R_DIR;
        return WASI_SUCCESS;
    case WASI_FD_FILE:
        return file_fdstat(entry, out);
    case WASI_FD_LISTENER:
    case WASI_FD_STREAM:
        out->filetype = WASI_FILETYPE_SOCKET_STREAM;
        out->rights = R_SOCKET;
        if (entry->kind == WASI_FD_LISTENER)
            out->rights |= WASI_RIGHT(SOCK_ACCEPT);
        out->inheriting = R_SOCKET;
        out->flags = wasi_is_nonblock(entry->fd) ? WASI_FDFLAG_NONBLOCK : 0;
        return WASI_SUCCESS;
    }
    return WASI_EBADF;
}

/* layout  filetype u8 at 0, flags u16 at 2, rights u64 at 8, inheriting rights u64 at 16 */
u16 wasi_fd_fdstat_get(WasiCtx *ctx, WasiMem mem, u32 fd, u32 stat_at)
{
    WasiFd *entry = wasi_fd(ctx, fd);
    FdStat stat = {0};
    u8 *out;
    if (!entry)
        return WASI_EBADF;
    TRY(any_fdstat(ctx, entry, &stat));
    TRY(wasi_mem_range(ctx, mem, stat_at, 24, 8, &out));
    out[0] = stat.filetype;
    store_u16(out + 2, stat.flags);
    store_u64(out + 8, stat.rights);
    store_u64(out + 16, stat.inheriting);
    return WASI_SUCCESS;
}

static u16 set_host_nonblock(int fd, bool on)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0)
        return wasi_errno(errno);
    flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    return fcntl(fd, F_SETFL, flags) < 0 ? wasi_errno(errno) : WASI_SUCCESS;
}

/* A file can be made to append or not; that it should not block is remembered but means nothing,
 * as on the host. Synchronous writing cannot be turned on. */
u16 wasi_fd_fdstat_set_flags(WasiCtx *ctx, WasiMem mem, u32 fd, u32 flags)
{
    WasiFd *entry = wasi_fd(ctx, fd);
    (void)mem;
    TRY(wasi_check_flags(ctx, "fdflags", flags, WASI_FDFLAGS_ALL));
    if (!entry)
        return WASI_EBADF;
    switch (entry->kind) {
    case WASI_FD_FILE:
        if (flags & (WASI_FDFLAG_DSYNC | WASI_FDFLAG_SYNC | WASI_FDFLAG_RSYNC))
            return WASI_EINVAL;
        entry->is_append = flags & WASI_FDFLAG_APPEND;
        entry->is_nonblock = flags & WASI_FDFLAG_NONBLOCK;
        return WASI_SUCCESS;
    case WASI_FD_LISTENER:
    case WASI_FD_STREAM:
        if (flags & ~(u32)WASI_FDFLAG_NONBLOCK)
            return WASI_EINVAL;
        return set_host_nonblock(entry->fd, flags & WASI_FDFLAG_NONBLOCK);
    }
    return WASI_EBADF;
}

u16 wasi_fd_fdstat_set_rights(WasiCtx *ctx, WasiMem mem, u32 fd, u64 base, u64 inheriting)
{
    WasiFd *entry = wasi_fd(ctx, fd);
    (void)mem;
    TRY(wasi_check_flags(ctx, "rights_base", base, WASI_RIGHTS_ALL));
    TRY(wasi_check_flags(ctx, "rights_inheriting", inheriting, WASI_RIGHTS_ALL));
    return !entry || entry->kind == WASI_FD_STDIO ? WASI_EBADF : WASI_ENOTSUP;
}
