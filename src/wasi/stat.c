/* stat.c: what files are, how large, and when they changed. */
#define _GNU_SOURCE
#include "wasi/wasi_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

u8 wasi_filetype(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return WASI_FILETYPE_REGULAR_FILE;
    case S_IFDIR:
        return WASI_FILETYPE_DIRECTORY;
    case S_IFLNK:
        return WASI_FILETYPE_SYMBOLIC_LINK;
    case S_IFCHR:
        return WASI_FILETYPE_CHARACTER_DEVICE;
    case S_IFBLK:
        return WASI_FILETYPE_BLOCK_DEVICE;
    case S_IFSOCK:
        return WASI_FILETYPE_SOCKET_STREAM;
    }
    return WASI_FILETYPE_UNKNOWN; /* WASI has no number for a FIFO */
}

/* Before 1970 there is nothing in WASI. */
static u64 file_time(struct timespec t)
{
    return t.tv_sec < 0 ? 0 : (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

/* layout  dev u64 at 0, ino u64 at 8, filetype u8 at 16, nlink u64 at 24, size u64 at 32,
 *         times of access, modification and status change, each u64 ns, at 40, 48, 56 */
static u16 put_filestat(WasiCtx *ctx, WasiMem mem, u32 at, const struct stat *st, u8 filetype)
{
    u8 *out;
    TRY(wasi_mem_range(ctx, mem, at, 64, 8, &out));
    store_u64(out, st->st_dev);
    store_u64(out + 8, st->st_ino);
    out[16] = filetype;
    store_u64(out + 24, st->st_nlink);
    store_u64(out + 32, (u64)st->st_size);
    store_u64(out + 40, file_time(st->st_atim));
    store_u64(out + 48, file_time(st->st_mtim));
    store_u64(out + 56, file_time(st->st_ctim));
    return WASI_SUCCESS;
}

u16 wasi_fd_filestat_get(WasiCtx *ctx, WasiMem mem, u32 fd, u32 stat_at)
{
    struct stat st = {0};
    WasiFd *entry = wasi_fd(ctx, fd);
    u8 filetype = WASI_FILETYPE_UNKNOWN;
    if (!entry)
        return WASI_EBADF;
    if (entry->kind == WASI_FD_STDIO) {
        /* What the host's streams really are is not told. */
        if (ctx->stdio[entry->stdio].is_tty)
            filetype = WASI_FILETYPE_CHARACTER_DEVICE;
    } else {
        if (fstat(entry->fd, &st) != 0)
            return wasi_errno(errno);
        filetype = wasi_filetype(st.st_mode);
    }
    return put_filestat(ctx, mem, stat_at, &st, filetype);
}

/* A descriptor that stands for a path without opening the file: for stat and times. */
static u16 open_for_stat(WasiCtx *ctx, WasiMem mem, u32 dirfd, u32 lookup, u32 path_at,
                         u32 path_len, bool changes, int *out)
{
    WasiPath path;
    WasiFd *dir;
    TRY(wasi_dir(ctx, dirfd, &dir));
    TRY(wasi_read_path(ctx, mem, path_at, path_len, &path));
    if (changes && !dir->is_writable)
        return WASI_EPERM;
    *out = wasi_open_beneath(ctx, dir->fd, path.text,
                             O_PATH | (lookup & WASI_LOOKUP_FOLLOW ? 0 : O_NOFOLLOW), 0);
    return *out < 0 ? wasi_errno(-*out) : WASI_SUCCESS;
}

u16 wasi_path_filestat_get(WasiCtx *ctx, WasiMem mem, u32 dirfd, u32 lookup, u32 path_at,
                           u32 path_len, u32 stat_at)
{
    struct stat st;
    int fd, error;
    TRY(wasi_check_flags(ctx, "lookup", lookup, WASI_LOOKUP_FOLLOW));
    TRY(open_for_stat(ctx, mem, dirfd, lookup, path_at, path_len, false, &fd));
    error = fstat(fd, &st) != 0 ? errno : 0;
    close(fd);
    if (error)
        return wasi_errno(error);
    return put_filestat(ctx, mem, stat_at, &st, wasi_filetype(st.st_mode));
}

/* ---- Changing ------------------------------------------------------------------------------- */

u16 wasi_fd_filestat_set_size(WasiCtx *ctx, WasiMem mem, u32 fd, u64 size)
{
    WasiFd *entry = wasi_fd_of(ctx, fd, WASI_FD_FILE);
    (void)mem;
    if (!entry)
        return WASI_EBADF;
    if (!entry->is_writable)
        return WASI_EPERM;
    while (ftruncate(entry->fd, (off_t)size) != 0)
        if (errno != EINTR)
            return wasi_errno(errno);
    return WASI_SUCCESS;
}

/* A given time, or now, or (neither) the one there is. */
static u16 one_time(u64 ns, bool set, bool now, struct timespec *out)
{
    if (set && now)
        return WASI_EINVAL;
    *out = (struct timespec){.tv_nsec = now ? UTIME_NOW : UTIME_OMIT};
    if (set)
        *out = (struct timespec){(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
    return WASI_SUCCESS;
}

/* Looked at before the descriptor and the path. */
static u16 both_times(WasiCtx *ctx, u64 atime, u64 mtime, u32 flags, struct timespec out[2])
{
    TRY(wasi_check_flags(ctx, "fstflags", flags, WASI_FST_ALL));
    TRY(one_time(atime, flags & WASI_FST_ATIME, flags & WASI_FST_ATIME_NOW, &out[0]));
    return one_time(mtime, flags & WASI_FST_MTIME, flags & WASI_FST_MTIME_NOW, &out[1]);
}

/* fd may be O_PATH, and a link. */
static u16 set_times(int fd, const struct timespec times[2])
{
    char self[40];
    if (utimensat(fd, "", times, AT_EMPTY_PATH) == 0)
        return WASI_SUCCESS;
    if (errno != EINVAL)
        return wasi_errno(errno);
    /* Before Linux 5.8 there is no AT_EMPTY_PATH here; /proc leads to the descriptor itself. */
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    return utimensat(AT_FDCWD, self, times, 0) != 0 ? wasi_errno(errno) : WASI_SUCCESS;
}

u16 wasi_fd_filestat_set_times(WasiCtx *ctx, WasiMem mem, u32 fd, u64 atime, u64 mtime, u32 flags)
{
    struct timespec times[2];
    WasiFd *entry;
    (void)mem;
    TRY(both_times(ctx, atime, mtime, flags, times));
    entry = wasi_fd(ctx, fd);
    if (!entry || (entry->kind != WASI_FD_FILE && entry->kind != WASI_FD_DIR))
        return WASI_EBADF;
    if (!entry->is_writable)
        return WASI_EPERM;
    return set_times(entry->fd, times);
}

u16 wasi_path_filestat_set_times(WasiCtx *ctx, WasiMem mem, u32 dirfd, u32 lookup, u32 path_at,
                                 u32 path_len, u64 atime, u64 mtime, u32 flags)
{
    struct timespec times[2];
    int fd;
    u16 result;
    TRY(wasi_check_flags(ctx, "lookup", lookup, WASI_LOOKUP_FOLLOW));
    TRY(both_times(ctx, atime, mtime, flags, times));
    TRY(open_for_stat(ctx, mem, dirfd, lookup, path_at, path_len, true, &fd));
    result = set_times(fd, times);
    close(fd);
    return result;
}
