#define _GNU_SOURCE
#include "os/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_READ ((size_t)64 << 10)

/* Makes room for at least one more byte and the NUL. The size a regular file claims to have is a
 * hint only: it may grow, or be a file of /proc that claims none. */
static int grow(u8 **buf, size_t *cap, size_t len, size_t hint)
{
    if (len + 1 < *cap)
        return 0;
    size_t want = MAX(MAX(*cap * 2, FIRST_READ), hint + 2);
    u8 *more = realloc(*buf, want);
    if (!more)
        return ENOMEM;
    *buf = more;
    *cap = want;
    return 0;
}

static int read_all(int fd, size_t max, u8 **buf, size_t *len)
{
    struct stat st;
    size_t hint = 0, cap = 0;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
        hint = MIN((size_t)st.st_size, max);
    for (;;) {
        int error = grow(buf, &cap, *len, hint);
        if (error)
            return error;
        ssize_t n = read(fd, *buf + *len, cap - *len - 1);
        if (n == 0)
            return 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        *len += (size_t)n;
        if (*len > max)
            return EFBIG;
    }
}

int os_read_fd(int fd, size_t max, u8 **bytes, size_t *len)
{
    u8 *buf = NULL;
    size_t got = 0;
    int error = read_all(fd, max, &buf, &got);
    if (error) {
        free(buf);
        return error;
    }
    buf[got] = 0;
    *bytes = buf;
    *len = got;
    return 0;
}

int os_read_file(const char *path, size_t max, u8 **bytes, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int error = os_read_fd(fd, max, bytes, len);
    close(fd);
    return error;
}

int os_map_file(const char *path, const u8 **bytes, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    struct stat st;
    int error = 0;
    if (fstat(fd, &st) != 0) {
        error = errno;
    } else if (!S_ISREG(st.st_mode)) {
        error = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
    } else if (st.st_size <= 0) {
        error = EINVAL;
    } else {
        void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (at == MAP_FAILED) {
            error = errno;
        } else {
            *bytes = at;
            *len = (size_t)st.st_size;
        }
    }
    close(fd);
    return error;
}

void os_unmap_file(const u8 *bytes, size_t len)
{
    check(munmap((void *)(uintptr_t)bytes, len) == 0);
}

static int write_all(int fd, const u8 *bytes, size_t len)
{
    while (len) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

/* Closing tells of errors that writing did not (a full disk on a network, for one). */
static int write_and_close(int fd, const void *bytes, size_t len)
{
    int error = write_all(fd, bytes, len);
    if (close(fd) != 0 && !error)
        error = errno;
    return error;
}

static int write_in_place(const char *path, int flags, const void *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0666);
    return fd < 0 ? errno : write_and_close(fd, bytes, len);
}

/* The mode a newly created file gets, or that of the file it replaces. There is no way to ask for
 * the umask but to change it, which other threads would see. */
static int give_mode(int fd, const char *path)
{
    struct stat st;
    char line[256];
    mode_t mode = 0644;
    if (stat(path, &st) == 0) {
        mode = st.st_mode & 0777;
    } else {
        FILE *status = fopen("/proc/self/status", "re");
        unsigned mask;
        while (status && fgets(line, sizeof line, status))
            if (sscanf(line, "Umask: %o", &mask) == 1)
                mode = 0666 & ~(mode_t)mask;
        if (status)
            fclose(status);
    }
    return fchmod(fd, mode) == 0 ? 0 : errno;
}

static int write_beside(const char *path, char *beside, const void *bytes, size_t len)
{
    int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return errno;
    int error = give_mode(fd, path);
    if (error)
        close(fd);
    else
        error = write_and_close(fd, bytes, len);
    if (!error && rename(beside, path) != 0)
        error = errno;
    if (error)
        unlink(beside);
    return error;
}

int os_write_file(const char *path, const void *bytes, size_t len)
{
    struct stat st;
    if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return write_in_place(path, O_TRUNC, bytes, len);
    size_t path_len = strlen(path);
    char *beside = malloc(path_len + 8);
    if (!beside)
        return ENOMEM;
    memcpy(beside, path, path_len);
    memcpy(beside + path_len, ".XXXXXX", 8);
    int error = write_beside(path, beside, bytes, len);
    free(beside);
    return error;
}

int os_append_file(const char *path, const void *bytes, size_t len)
{
    return write_in_place(path, O_CREAT | O_APPEND | O_NOFOLLOW, bytes, len);
}

const char *os_error_text(int error, char buf[OS_ERROR_TEXT_MAX])
{
    return strerror_r(error, buf, OS_ERROR_TEXT_MAX);
}

/* ---- directories ---- */

int os_make_dirs(const char *path)
{
    char *copy = strdup(path);
    int status = copy ? 0 : ENOMEM;
    for (char *at = copy; copy && at && !status;) {
        at = strchr(at + 1, '/');
        if (at)
            *at = 0;
        if (mkdir(copy, 0700) != 0 && errno != EEXIST)
            status = errno;
        if (at)
            *at = '/';
    }
    struct stat st;
    if (!status && (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)))
        status = ENOTDIR;
    free(copy);
    return status;
}

typedef struct DirFile {
    char *name;
    u64 bytes;
    struct timespec used;
} DirFile;

static int by_use(const void *a, const void *b)
{
    const struct timespec *x = &((const DirFile *)a)->used, *y = &((const DirFile *)b)->used;
    if (x->tv_sec != y->tv_sec)
        return x->tv_sec < y->tv_sec ? -1 : 1;
    return (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

/* The regular files with that ending; how many, as far as memory reaches. */
static size_t list_files(DIR *dir, const char *suffix, DirFile **files)
{
    size_t n = 0, cap = 0, tail = strlen(suffix);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        size_t len = strlen(entry->d_name);
        struct stat st;
        if (len < tail || strcmp(entry->d_name + len - tail, suffix) != 0 ||
            fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(st.st_mode))
            continue;
        if (n == cap) {
            DirFile *more = realloc(*files, (cap = cap ? 2 * cap : 64) * sizeof *more);
            if (!more)
                return n;
            *files = more;
        }
        char *name = strdup(entry->d_name);
        if (!name)
            return n;
        (*files)[n++] = (DirFile){name, (u64)st.st_size, st.st_mtim};
    }
    return n;
}

void os_prune_dir(const char *path, const char *suffix, u64 max_files, u64 max_bytes)
{
    DIR *dir = opendir(path);
    DirFile *files = NULL;
    u64 bytes = 0;
    if (!dir)
        return;
    size_t n = list_files(dir, suffix, &files);
    for (size_t i = 0; i < n; i++)
        bytes += files[i].bytes;
    if (n > max_files || bytes > max_bytes)
        qsort(files, n, sizeof *files, by_use);
    for (size_t i = 0; i < n && (n - i > max_files || bytes > max_bytes); i++) {
        unlinkat(dirfd(dir), files[i].name, 0);
        bytes -= files[i].bytes;
    }
    for (size_t i = 0; i < n; i++)
        free(files[i].name);
    free(files);
    closedir(dir);
}
