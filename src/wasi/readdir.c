/* readdir.c: listing directories.
 *
 * A cookie says where to go on and stays good as long as the directory is open, also while entries
 * come and go. 0, 1 and 2 stand before ".", "..", and the first real entry; a larger one is the
 * kernel's own offset of the next entry plus FIRST_COOKIE. So nothing is remembered between calls,
 * and a directory of any size takes no memory.
 */
#define _GNU_SOURCE
#include "wasi/wasi_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FIRST_COOKIE = 3, DIRENT_SIZE = 24 };

/* The guest's buffer as it fills. The last entry is cut off where the buffer ends, which is how
 * the guest learns that there is more. */
typedef struct Listing {
    WasiCtx *ctx;
    WasiMem mem;
    u64 at;
    u32 left;
} Listing;

static u16 put_cut(Listing *list, const void *bytes, size_t len)
{
    len = MIN(len, list->left);
    TRY(wasi_put_bytes(list->ctx, list->mem, list->at, bytes, len));
    list->at += len;
    list->left -= (u32)len;
    return WASI_SUCCESS;
}

/* layout  next cookie u64 at 0, ino u64 at 8, name length u32 at 16, filetype u8 at 20; the name */
static u16 put_entry(Listing *list, u64 next, u64 ino, u8 filetype, const char *name)
{
    u8 head[DIRENT_SIZE] = {0};
    size_t len = strlen(name);
    store_u64(head, next);
    store_u64(head + 8, ino);
    store_u32(head + 16, (u32)len);
    head[20] = filetype;
    TRY(put_cut(list, head, sizeof head));
    return put_cut(list, name, len);
}

/* A descriptor to list with: the entry's own may be O_PATH. */
static u16 open_list(WasiFd *dir)
{
    if (dir->list_fd < 0)
        dir->list_fd = openat(dir->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir->list_fd < 0 ? wasi_errno(errno) : WASI_SUCCESS;
}

static u8 entry_filetype(int dir, const struct dirent64 *entry)
{
    struct stat st;
    if (entry->d_type != DT_UNKNOWN)
        return wasi_filetype((mode_t)DTTOIF(entry->d_type));
    /* Some file systems do not say. */
    if (fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return WASI_FILETYPE_UNKNOWN;
    return wasi_filetype(st.st_mode);
}

static bool is_dots(const char *name)
{
    return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
}

/* The entries that lie in a buffer the kernel has filled. */
static u16 put_block(Listing *list, int dir, const u8 *block, size_t len)
{
    for (size_t at = 0; at < len && list->left;) {
        const struct dirent64 *entry = (const struct dirent64 *)(block + at);
        at += entry->d_reclen;
        if (is_dots(entry->d_name))
            continue;
        if (!wasi_is_utf8(entry->d_name, strlen(entry->d_name)))
            return WASI_EILSEQ;
        TRY(put_entry(list, (u64)entry->d_off + FIRST_COOKIE, entry->d_ino,
                      entry_filetype(dir, entry), entry->d_name));
    }
    return WASI_SUCCESS;
}

/* From one of the kernel's offsets. Those come back from guests as cookies, so they may be
 * anything: the kernel then lists from somewhere, or nothing. */
static u16 list_from(Listing *list, int dir, u64 offset)
{
    _Alignas(struct dirent64) u8 block[4096];
    if (offset > INT64_MAX || lseek(dir, (off_t)offset, SEEK_SET) < 0)
        return WASI_EINVAL;
    while (list->left) {
        long len = syscall(SYS_getdents64, dir, block, sizeof block);
        if (len < 0 && errno == EINTR)
            continue;
        if (len == 0 || (len < 0 && errno == ENOENT)) /* the end; or the directory was removed */
            break;
        if (len < 0)
            return wasi_errno(errno);
        TRY(put_block(list, dir, block, (size_t)len));
    }
    return WASI_SUCCESS;
}

u16 wasi_fd_readdir(WasiCtx *ctx, WasiMem mem, u32 fd, u32 buf, u32 buf_len, u64 cookie, u32 used)
{
    Listing list = {ctx, mem, buf, buf_len};
    struct stat st;
    WasiFd *dir;
    TRY(wasi_dir(ctx, fd, &dir));
    TRY(open_list(dir));
    if (fstat(dir->fd, &st) != 0)
        return wasi_errno(errno);
    if (cookie == 0)
        TRY(put_entry(&list, 1, st.st_ino, WASI_FILETYPE_DIRECTORY, "."));
    /* Above the start may lie what the guest must not know: ".." is given the same number. */
    if (cookie <= 1 && list.left)
        TRY(put_entry(&list, 2, st.st_ino, WASI_FILETYPE_DIRECTORY, ".."));
    if (list.left)
        TRY(list_from(&list, dir->list_fd, cookie < FIRST_COOKIE ? 0 : cookie - FIRST_COOKIE));
    return wasi_put_u32(ctx, mem, used, buf_len - list.left);
}
