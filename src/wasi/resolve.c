/* resolve.c: from a path to a descriptor, never leaving the directory it starts at.
 *
 * The kernel does it with openat2(RESOLVE_BENEATH): one call, safe against everything that is
 * renamed meanwhile. Where that call does not exist (before Linux 5.6, or forbidden by a seccomp
 * filter) we walk ourselves, component by component. The walk holds a descriptor of each directory
 * it went down through, so that ".." goes back to where it came from, wherever that directory is
 * by now, and not above the start. No component is ever opened with its link followed: links are
 * read, and their text is walked in the same way.
 *
 * Both ways give the same answers; test/wasi runs every path test on both.
 */
#define _GNU_SOURCE
#include "wasi/wasi_int.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    LINKS_MAX = 40,   /* as in the kernel: more is a loop */
    RENAME_TRIES = 8, /* when names change while we look, which openat2 reports as EAGAIN */
    EXPANDED = INT_MIN, /* neither a descriptor nor an errno: a link's text is to be walked */
};

/* ---- The walk ------------------------------------------------------------------------------- */

typedef struct Walk {
    int *dirs; /* dirs[0]: the start, not ours; then each directory gone down into */
    u32 depth; /* the current directory is dirs[depth] */
    u32 cap;
    char *todo; /* what is left of the path, in memory of its own */
    char *at;   /* in todo */
    u32 links;
} Walk;

static int here(const Walk *walk)
{
    return walk->dirs[walk->depth];
}

/* Closes every directory gone down into; the start stays open. */
static void walk_free(Walk *walk)
{
    for (u32 i = 1; walk->dirs && i <= walk->depth; i++)
        close(walk->dirs[i]);
    free(walk->dirs);
    free(walk->todo);
}

/* Takes over fd. */
static int go_down(Walk *walk, int fd)
{
    if (walk->depth + 1 == walk->cap) {
        int *dirs = realloc(walk->dirs, walk->cap * 2 * sizeof *dirs);
        if (!dirs) {
            close(fd);
            return -ENOMEM;
        }
        walk->dirs = dirs;
        walk->cap *= 2;
    }
    walk->dirs[++walk->depth] = fd;
    return 0;
}

static int go_up(Walk *walk)
{
    if (walk->depth == 0)
        return -EPERM;
    /* The kernel would ask for the right to search the directory that ".." is looked up in. */
    if (faccessat(here(walk), ".", X_OK, AT_EACCESS) != 0)
        return -errno;
    close(here(walk));
    walk->depth--;
    return 0;
}

/* Puts a link's text before what is left.
 * name     in the current directory, or "" with dir the link itself
 * returns  0, or -errno: EINVAL if it is no link */
static int expand_link(Walk *walk, int dir, const char *name)
{
    char text[PATH_MAX];
    ssize_t len = readlinkat(dir, name, text, sizeof text);
    size_t left = strlen(walk->at);
    char *todo;
    if (len < 0)
        return errno == ENOENT && !*name ? -EINVAL : -errno;
    if (++walk->links > LINKS_MAX)
        return -ELOOP;
    if ((size_t)len == sizeof text)
        return -ENAMETOOLONG;
    if (len == 0)
        return -ENOENT;
    if (text[0] == '/')
        return -EPERM;
    todo = malloc((size_t)len + left + 1);
    if (!todo)
        return -ENOMEM;
    memcpy(todo, text, (size_t)len);
    memcpy(todo + len, walk->at, left + 1); /* begins with '/' if there is any */
    free(walk->todo);
    walk->todo = walk->at = todo;
    return 0;
}

/* Cuts the next component off: returns it NUL-terminated in `name`, or false at the end.
 * After it, `at` points at what follows, slashes included. */
static int next_component(Walk *walk, char name[NAME_MAX + 1])
{
    size_t len;
    walk->at += strspn(walk->at, "/");
    len = strcspn(walk->at, "/");
    if (len > NAME_MAX)
        return -ENAMETOOLONG;
    memcpy(name, walk->at, len);
    name[len] = 0;
    walk->at += len;
    return len != 0;
}

/* A name was no directory and no link either when we looked again: does it stay so? */
static bool is_changing(const Walk *walk, const char *name)
{
    struct stat st;
    return fstatat(here(walk), name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           (S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode));
}

/* A component with more after it: a directory, or a link to one. */
static int walk_through(Walk *walk, const char *name)
{
    for (int tries = 0; tries < RENAME_TRIES; tries++) {
        int error, fd = openat(here(walk), name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd >= 0)
            return go_down(walk, fd);
        if (errno != ENOTDIR && errno != ELOOP)
            return -errno;
        error = expand_link(walk, here(walk), name);
        if (error != -EINVAL)
            return error;
        if (!is_changing(walk, name))
            break;
    }
    return -ENOTDIR;
}

static bool is_link(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISLNK(st.st_mode);
}

/* O_PATH opens a link itself; takes over fd, and gives it back if it is what was asked for. */
static int follow_opened(Walk *walk, int fd)
{
    int error;
    if (!is_link(fd))
        return fd;
    error = expand_link(walk, fd, "");
    close(fd);
    return error ? error : EXPANDED;
}

/* The last component. Returns a descriptor, -errno, or EXPANDED. */
static int open_last(Walk *walk, const char *name, int flags, mode_t mode)
{
    bool must_be_dir = *walk->at == '/';
    bool follows = must_be_dir || !(flags & O_NOFOLLOW);
    int error = ELOOP;
    if (must_be_dir && (flags & O_CREAT))
        return -EISDIR;
    flags |= O_NOFOLLOW | (must_be_dir ? O_DIRECTORY : 0);
    for (int tries = 0; tries < RENAME_TRIES; tries++) {
        int result, fd = openat(here(walk), name, flags, mode);
        if (fd >= 0)
            return (flags & O_PATH) && follows ? follow_opened(walk, fd) : fd;
        error = errno;
        if (!follows || (error != ELOOP && error != ENOTDIR))
            break;
        result = expand_link(walk, here(walk), name);
        if (result != -EINVAL)
            return result ? result : EXPANDED;
        if (!is_changing(walk, name))
            break;
    }
    return -error;
}

/* Until the last component is open. The number of steps is bounded: by the path's length, and each
 * link adds at most PATH_MAX. */
static int walk_steps(Walk *walk, int flags, mode_t mode)
{
    char name[NAME_MAX + 1];
    for (;;) {
        int result = next_component(walk, name);
        if (result < 0)
            return result;
        if (result == 0) { /* the path ended in "." or "..": the directory where we are */
            int fd = openat(here(walk), ".", flags & ~O_NOFOLLOW, mode);
            return fd < 0 ? -errno : fd;
        }
        if (strcmp(name, ".") == 0)
            continue;
        if (strcmp(name, "..") == 0) {
            result = go_up(walk);
        } else if (walk->at[strspn(walk->at, "/")]) {
            result = walk_through(walk, name);
        } else {
            result = open_last(walk, name, flags, mode);
            if (result != EXPANDED)
                return result;
            result = 0;
        }
        if (result < 0)
            return result;
    }
}

static int walk_open(int dir, const char *path, int flags, mode_t mode)
{
    Walk walk = {.cap = 16};
    int result = -ENOMEM;
    if (!*path)
        return -ENOENT;
    if (*path == '/')
        return -EPERM;
    walk.dirs = malloc(walk.cap * sizeof *walk.dirs);
    walk.todo = walk.at = strdup(path);
    if (walk.dirs && walk.todo) {
        walk.dirs[0] = dir;
        result = walk_steps(&walk, flags, mode);
    }
    walk_free(&walk);
    return result;
}

/* ---- The kernel's way ----------------------------------------------------------------------- */

int wasi_open_beneath(WasiCtx *ctx, int dir, const char *path, int flags, mode_t mode)
{
    struct open_how how = {
        .flags = (unsigned)(flags | O_CLOEXEC),
        .mode = flags & O_CREAT ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    for (int tries = 0; tries < RENAME_TRIES && !ctx->force_walk && !ctx->has_no_openat2;) {
        long fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
        if (fd >= 0)
            return (int)fd;
        if (errno == EXDEV)
            return -EPERM;
        if (errno == EINTR)
            continue;
        if (errno == ENOSYS)
            ctx->has_no_openat2 = true;
        else if (errno == EPERM) /* a seccomp filter, perhaps: the walk will tell */
            break;
        else if (errno != EAGAIN)
            return -errno;
        tries++;
    }
    return walk_open(dir, path, flags | O_CLOEXEC, mode);
}

/* ---- Parents -------------------------------------------------------------------------------- */

/* The path must name a directory; links in it are followed, the last one too. */
static u16 open_parent_dir(WasiCtx *ctx, int dir, const char *path, WasiParent *out)
{
    int fd = wasi_open_beneath(ctx, dir, path, O_PATH | O_DIRECTORY, 0);
    if (fd < 0)
        return wasi_errno(-fd);
    out->fd = fd;
    out->is_ours = true;
    return WASI_SUCCESS;
}

u16 wasi_open_parent(WasiCtx *ctx, int dir, WasiPath *path, WasiParent *out)
{
    char *slash = strrchr(path->text, '/');
    char *name = slash ? slash + 1 : path->text;
    *out = (WasiParent){.fd = dir, .name = name};
    if (path->len == 0)
        return WASI_ENOENT;
    if (*name == 0 || strcmp(name, "..") == 0 || (slash && strcmp(name, ".") == 0)) {
        out->name = ".";
        return open_parent_dir(ctx, dir, path->text, out);
    }
    if (!slash)
        return WASI_SUCCESS;
    if (slash == path->text)
        return WASI_EPERM; /* "/name" */
    *slash = 0;
    return open_parent_dir(ctx, dir, path->text, out);
}

void wasi_close_parent(WasiParent *parent)
{
    if (parent->is_ours)
        close(parent->fd);
}
