/* path.c: opening, making, naming and removing. Each path is resolved beneath a directory
 * (resolve.c); what then names a thing is a single component in a directory we hold. */
#define _GNU_SOURCE
#include "wasi/wasi_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static u16 host_result(int result)
{
    return result < 0 ? wasi_errno(errno) : WASI_SUCCESS;
}

/* ---- Opening -------------------------------------------------------------------------------- */

/* A link that is not to be followed is ELOOP, also when a directory is asked for, where the kernel
 * only says that it is none. */
static int explain_notdir(WasiCtx *ctx, int dir, const WasiPath *path)
{
    struct stat st = {0};
    int fd = wasi_open_beneath(ctx, dir, path->text, O_PATH | O_NOFOLLOW, 0);
    if (fd >= 0) {
        fstat(fd, &st);
        close(fd);
    }
    return S_ISLNK(st.st_mode) ? ELOOP : ENOTDIR;
}

/* The flags for the host. The guest reads unless it asks for writing alone, and what it creates or
 * empties is open for writing. */
static int host_flags(u32 lookup, u32 oflags, bool reads, bool writes)
{
    bool is_written = writes || (oflags & (WASI_OFLAG_CREAT | WASI_OFLAG_TRUNC));
    int flags = O_NOCTTY | (lookup & WASI_LOOKUP_FOLLOW ? 0 : O_NOFOLLOW);
    flags |= !is_written ? O_RDONLY : reads || !writes ? O_RDWR : O_WRONLY;
    if (oflags & WASI_OFLAG_CREAT)
        flags |= O_CREAT | (oflags & WASI_OFLAG_EXCL ? O_EXCL : 0);
    if (oflags & WASI_OFLAG_TRUNC)
        flags |= O_TRUNC;
    if (oflags & WASI_OFLAG_DIRECTORY)
        flags |= O_DIRECTORY;
    return flags;
}

/* What is refused before the host is asked. Synchronous writing is not offered (the flags exist,
 * Wasmtime refuses them); a directory can be opened but not made here. */
static u16 check_open(const WasiFd *dir, u32 oflags, u32 fdflags, int flags)
{
    if (fdflags & (WASI_FDFLAG_DSYNC | WASI_FDFLAG_RSYNC | WASI_FDFLAG_SYNC))
        return WASI_ENOTSUP;
    if ((oflags & WASI_OFLAG_DIRECTORY) && (oflags & ~(u32)WASI_OFLAG_DIRECTORY))
        return WASI_EINVAL;
    if (!dir->is_writable && (flags & O_ACCMODE) != O_RDONLY)
        return WASI_EPERM;
    return WASI_SUCCESS;
}

/* The descriptor for what a path names: a directory or, whatever else it is, a file. */
static u16 open_entry(WasiCtx *ctx, const WasiFd *dir, const WasiPath *path, int flags, u32 fdflags,
                      WasiFd *out)
{
    struct stat st;
    int fd = wasi_open_beneath(ctx, dir->fd, path->text, flags, 0666);
    if (fd == -ENOTDIR && (flags & O_DIRECTORY) && (flags & O_NOFOLLOW))
        return wasi_errno(explain_notdir(ctx, dir->fd, path));
    if (fd < 0)
        return wasi_errno(-fd);
    *out = (WasiFd){
        .kind = WASI_FD_FILE,
        .is_writable = dir->is_writable,
        .can_read = (flags & O_ACCMODE) != O_WRONLY,
        .can_write = (flags & O_ACCMODE) != O_RDONLY,
        .is_append = fdflags & WASI_FDFLAG_APPEND,
        .is_nonblock = fdflags & WASI_FDFLAG_NONBLOCK,
        .fd = fd,
        .list_fd = -1,
    };
    if (fstat(fd, &st) != 0) {
        int error = errno;
        close(fd);
        return wasi_errno(error);
    }
    if (S_ISDIR(st.st_mode))
        out->kind = WASI_FD_DIR;
    return WASI_SUCCESS;
}

u16 wasi_path_open(WasiCtx *ctx, WasiMem mem, u32 dirfd, u32 lookup, u32 path_at, u32 path_len,
                   u32 oflags, u64 rights_base, u64 rights_inheriting, u32 fdflags, u32 opened_fd)
{
    WasiPath path;
    WasiFd *dir, entry;
    u32 number;
    int flags;
    TRY(wasi_check_flags(ctx, "lookup", lookup, WASI_LOOKUP_FOLLOW));
    TRY(wasi_check_flags(ctx, "oflags", oflags, WASI_OFLAGS_ALL));
    TRY(wasi_check_flags(ctx, "rights_base", rights_base, WASI_RIGHTS_ALL));
    TRY(wasi_check_flags(ctx, "rights_inheriting", rights_inheriting, WASI_RIGHTS_ALL));
    TRY(wasi_check_flags(ctx, "fdflags", fdflags, WASI_FDFLAGS_ALL));
    TRY(wasi_read_path(ctx, mem, path_at, path_len, &path));
    dir = wasi_fd(ctx, dirfd);
    if (!dir || dir->kind != WASI_FD_DIR)
        return dir && dir->kind == WASI_FD_FILE ? WASI_ENOTDIR : WASI_EBADF;
    flags = host_flags(lookup, oflags, rights_base & WASI_RIGHT(FD_READ),
                       rights_base & WASI_RIGHT(FD_WRITE));
    TRY(check_open(dir, oflags, fdflags, flags));
    TRY(open_entry(ctx, dir, &path, flags, fdflags, &entry));
    TRY(wasi_fd_add(ctx, &entry, &number));
    return wasi_put_u32(ctx, mem, opened_fd, number);
}

/* ---- One path ------------------------------------------------------------------------------- */

/* Reads a path for a call that changes the directory. */
static u16 read_changing(WasiCtx *ctx, WasiMem mem, u32 dirfd, u32 at, u32 len, WasiFd **dir,
                         WasiPath *path)
{
    TRY(wasi_dir(ctx, dirfd, dir));
    TRY(wasi_read_path(ctx, mem, at, len, path));
    return (*dir)->is_writable ? WASI_SUCCESS : WASI_EPERM;
}

/* "a/" names a directory yet to be made, or to be renamed, not what is in it. */
static bool strip_slashes(WasiPath *path)
{
    u32 len = path->len;
    while (path->len > 1 && path->text[path->len - 1] == '/')
        path->text[--path->len] = 0;
    return path->len < len || (len == 1 && path->text[0] == '/');
}

u16 wasi_path_create_directory(WasiCtx *ctx, WasiMem mem, u32 dirfd, u32 path_at, u32 path_len)
{
    WasiPath path;
    WasiParent parent;
    WasiFd *dir;
    u16 result;
    TRY(read_changing(ctx, mem, dirfd, path_at, path_len, &dir, &path));
    strip_slashes(&path);
    TRY(wasi_open_parent(ctx, dir->fd, &path, &parent));
    result = host_result(mkdirat(parent.fd, parent.name, 0777));
    wasi_close_parent(&parent);
    return result;
}

/* flags  for unlinkat(2) */
static u16 unlink_path(WasiCtx *ctx, WasiMem mem, u32 dirfd, u32 path_at, u32 path_len, int flags)
{
    WasiPath path;
    WasiParent parent;
    WasiFd *dir;
    u16 result;
    TRY(read_changing(ctx, mem, dirfd, path_at, path_len, &dir, &path));
    TRY(wasi_open_parent(ctx, dir->fd, &path, &parent));
    result = host_result(unlinkat(parent.fd, parent.name, flags));
    wasi_close_parent(&parent);
    return result;
}

u16 wasi_path_remove_directory(WasiCtx *ctx, WasiMem mem, u32 dirfd, u32 path_at, u32 path_len)
{
    return unlink_path(ctx, mem, dirfd, path_at, path_len, AT_REMOVEDIR);
}

u16 wasi_path_unlink_file(WasiCtx *ctx, WasiMem mem, u32 dirfd, u32 path_at, u32 path_len)
{
    return unlink_path(ctx, mem, dirfd, path_at, path_len, 0);
}

/* ---- Links ---------------------------------------------------------------------------------- */

/* An absolute target is refused: no guest could follow it, but other programs of the host would. */
u16 wasi_path_symlink(WasiCtx *ctx, WasiMem mem, u32 target_at, u32 target_len, u32 dirfd,
                      u32 path_at, u32 path_len)
{
    WasiPath target, path;
    WasiParent parent;
    WasiFd *dir;
    u16 result;
    TRY(wasi_dir(ctx, dirfd, &dir));
    TRY(wasi_read_path(ctx, mem, target_at, target_len, &target));
    TRY(read_changing(ctx, mem, dirfd, path_at, path_len, &dir, &path));
    if (target.text[0] == '/')
        return WASI_EPERM;
    TRY(wasi_open_parent(ctx, dir->fd, &path, &parent));
    result = host_result(symlinkat(target.text, parent.fd, parent.name));
    wasi_close_parent(&parent);
    return result;
}

/* The text of a link that the host made absolute is not told either. */
u16 wasi_path_readlink(WasiCtx *ctx, WasiMem mem, u32 dirfd, u32 path_at, u32 path_len, u32 buf,
                       u32 buf_len, u32 used)
{
    char target[PATH_MAX];
    WasiPath path;
    WasiParent parent;
    WasiFd *dir;
    ssize_t len;
    u16 error;
    TRY(wasi_dir(ctx, dirfd, &dir));
    TRY(wasi_read_path(ctx, mem, path_at, path_len, &path));
    TRY(wasi_open_parent(ctx, dir->fd, &path, &parent));
    len = readlinkat(parent.fd, parent.name, target, sizeof target);
    error = len < 0 ? wasi_errno(errno) : WASI_SUCCESS;
    wasi_close_parent(&parent);
    if (error)
        return error;
    if (len && target[0] == '/')
        return WASI_EPERM;
    if (!wasi_is_utf8(target, (size_t)len))
        return WASI_EILSEQ;
    len = (ssize_t)MIN((u64)len, buf_len);
    TRY(wasi_put_bytes(ctx, mem, buf, target, (size_t)len));
    return wasi_put_u32(ctx, mem, used, (u32)len);
}

/* ---- Two paths ------------------------------------------------------------------------------ */

/* Both directories must be writable: a name leaves one and appears in the other, and a link from a
 * read-only directory would make its file writable under the new name. */
typedef struct TwoPaths {
    WasiPath old_path, new_path;
    WasiFd *old_dir, *new_dir;
} TwoPaths;

static u16 read_two(WasiCtx *ctx, WasiMem mem, u32 old_dirfd, u32 old_at, u32 old_len,
                    u32 new_dirfd, u32 new_at, u32 new_len, TwoPaths *out)
{
    TRY(wasi_dir(ctx, old_dirfd, &out->old_dir));
    TRY(wasi_dir(ctx, new_dirfd, &out->new_dir));
    TRY(wasi_read_path(ctx, mem, old_at, old_len, &out->old_path));
    TRY(wasi_read_path(ctx, mem, new_at, new_len, &out->new_path));
    return out->old_dir->is_writable && out->new_dir->is_writable ? WASI_SUCCESS : WASI_EPERM;
}

static u16 open_two(WasiCtx *ctx, TwoPaths *two, WasiParent *old_parent, WasiParent *new_parent)
{
    u16 result;
    TRY(wasi_open_parent(ctx, two->old_dir->fd, &two->old_path, old_parent));
    result = wasi_open_parent(ctx, two->new_dir->fd, &two->new_path, new_parent);
    if (result)
        wasi_close_parent(old_parent);
    return result;
}

/* Never follows a link in the last component, so that a link's target cannot be given a new name in
 * a place where it may be written. */
u16 wasi_path_link(WasiCtx *ctx, WasiMem mem, u32 old_dirfd, u32 lookup, u32 old_at, u32 old_len,
                   u32 new_dirfd, u32 new_at, u32 new_len)
{
    TwoPaths two;
    WasiParent from, to;
    u16 result;
    TRY(wasi_check_flags(ctx, "lookup", lookup, WASI_LOOKUP_FOLLOW));
    TRY(read_two(ctx, mem, old_dirfd, old_at, old_len, new_dirfd, new_at, new_len, &two));
    if (lookup & WASI_LOOKUP_FOLLOW)
        return WASI_EINVAL;
    TRY(open_two(ctx, &two, &from, &to));
    result = host_result(linkat(from.fd, from.name, to.fd, to.name, 0));
    wasi_close_parent(&from);
    wasi_close_parent(&to);
    return result;
}

u16 wasi_path_rename(WasiCtx *ctx, WasiMem mem, u32 old_dirfd, u32 old_at, u32 old_len,
                     u32 new_dirfd, u32 new_at, u32 new_len)
{
    char name[PATH_MAX + 1];
    TwoPaths two;
    WasiParent from, to;
    bool must_be_dir;
    u16 result;
    TRY(read_two(ctx, mem, old_dirfd, old_at, old_len, new_dirfd, new_at, new_len, &two));
    must_be_dir = strip_slashes(&two.old_path);
    must_be_dir |= strip_slashes(&two.new_path);
    TRY(open_two(ctx, &two, &from, &to));
    /* With a slash the kernel refuses what is no directory, and follows no link here. */
    snprintf(name, sizeof name, "%s%s", from.name, must_be_dir ? "/" : "");
    result = host_result(renameat(from.fd, name, to.fd, to.name));
    wasi_close_parent(&from);
    wasi_close_parent(&to);
    return result;
}
