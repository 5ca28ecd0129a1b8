/* Open files: positions, appending, sizes, times, flags, rights, and descriptor numbers. */
#define _GNU_SOURCE
#include "kit.h"

#include <sys/resource.h>

static const u32 IOVS2 = 0x100;

/* Two buffers at 0x100. */
static u32 put_two(u32 at1, u32 len1, u32 at2, u32 len2)
{
    put32(IOVS2, at1);
    put32(IOVS2 + 4, len1);
    put32(IOVS2 + 8, at2);
    put32(IOVS2 + 12, len2);
    return 2;
}

static int open_rw(const char *path)
{
    return guest_open(path, 0, WASI_OFLAG_CREAT, R_READ | R_WRITE, 0);
}

static u64 position(u32 fd)
{
    put64(OUT, UINT64_MAX);
    wasi_fd_tell(ctx, mem, fd, OUT);
    return get64(OUT);
}

static void reading_and_writing_move_the_position(void)
{
    begin_files(true);
    EXPECT(open_rw("f") == 4);
    EXPECT_ERRNO(wasi_fd_read(ctx, mem, 4, IOVS2, put_two(BUF, 2, BUF + 100, 2), OUT), OK);
    EXPECT(get32(OUT) == 4 && mem_is(BUF, "he") && mem_is(BUF + 100, "ll"));
    EXPECT_U64(position(4), 4);
    put_text(BUF, "ABCDEF");
    EXPECT_ERRNO(wasi_fd_write(ctx, mem, 4, IOVS2, put_two(BUF, 1, BUF + 1, 3), OUT), OK);
    EXPECT(get32(OUT) == 4 && position(4) == 8 && file_is("sandbox/f", "hellABCD"));
    EXPECT_ERRNO(wasi_fd_read(ctx, mem, 4, IOV(BUF, 9), OUT), OK);
    EXPECT_U64(get32(OUT), 0);
    EXPECT_ERRNO(wasi_fd_pwrite(ctx, mem, 4, IOV(BUF, 2), 1, OUT), OK);
    EXPECT(position(4) == 8 && file_is("sandbox/f", "hABlABCD"));
    EXPECT_ERRNO(wasi_fd_pread(ctx, mem, 4, IOV(BUF, 3), 5, OUT), OK);
    EXPECT(get32(OUT) == 3 && mem_is(BUF, "BCD") && position(4) == 8);
    EXPECT_ERRNO(wasi_fd_pread(ctx, mem, 4, IOV(BUF, 3), 8, OUT), OK);
    EXPECT_U64(get32(OUT), 0);
    EXPECT_ERRNO(wasi_fd_pread(ctx, mem, 4, IOV(BUF, 3), UINT64_MAX, OUT), EINVAL);
    EXPECT_ERRNO(wasi_fd_pwrite(ctx, mem, 4, IOV(BUF, 3), (u64)1 << 63, OUT), EINVAL);
    /* nothing at all */
    EXPECT_ERRNO(wasi_fd_read(ctx, mem, 4, 0, 0, OUT), OK);
    EXPECT_ERRNO(wasi_fd_write(ctx, mem, 4, 0, 0, OUT), OK);
    EXPECT_U64(get32(OUT), 0);
    end();
}

static void more_buffers_than_fit_come_in_parts(void)
{
    u32 n = WASI_IOV_MAX + 10, total = 0;
    begin_files(true);
    EXPECT(open_rw("many") == 4);
    for (u32 i = 0; i < n; i++) {
        mem.base[BUF + i] = (u8)('a' + i % 26);
        put32(0x100 + i * 8, BUF + i);
        put32(0x104 + i * 8, 1);
    }
    while (total < n) {
        EXPECT_ERRNO(wasi_fd_write(ctx, mem, 4, 0x100 + total * 8, n - total, 0x80), OK);
        if (!EXPECT(get32(0x80) > 0))
            return;
        total += get32(0x80);
    }
    EXPECT_ERRNO(wasi_fd_pread(ctx, mem, 4, IOV(BUF + 1000, 200), 0, OUT), OK);
    EXPECT(get32(OUT) == n && memcmp(mem.base + BUF, mem.base + BUF + 1000, n) == 0);
    end();
}

static void seeking(void)
{
    static const struct {
        i64 offset;
        u32 whence;
        u16 result;
        u64 position;
    } steps[] = {
        {3, WASI_WHENCE_SET, 0, 3},
        {-1, WASI_WHENCE_SET, WASI_EINVAL, 3},
        {-4, WASI_WHENCE_CUR, WASI_EINVAL, 3},
        {-3, WASI_WHENCE_CUR, 0, 0},
        {0, WASI_WHENCE_END, 0, 5},
        {-5, WASI_WHENCE_END, 0, 0},
        {-6, WASI_WHENCE_END, WASI_EINVAL, 0},
        {100, WASI_WHENCE_END, 0, 105},
        {INT64_MAX, WASI_WHENCE_SET, 0, INT64_MAX},
        {INT64_MAX, WASI_WHENCE_CUR, 0, UINT64_MAX - 1},
        {INT64_MAX, WASI_WHENCE_CUR, WASI_EINVAL, UINT64_MAX - 1},
        {INT64_MIN, WASI_WHENCE_SET, WASI_EINVAL, UINT64_MAX - 1},
        {INT64_MIN, WASI_WHENCE_CUR, 0, INT64_MAX - 1},
    };
    begin_files(true);
    EXPECT(open_rw("f") == 4);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        EXPECT_U64(wasi_fd_seek(ctx, mem, 4, (u64)steps[i].offset, steps[i].whence, OUT),
                   steps[i].result);
        EXPECT_U64(position(4), steps[i].position);
    }
    /* beyond what the host can count, and with a hole */
    EXPECT_ERRNO(wasi_fd_seek(ctx, mem, 4, INT64_MAX, WASI_WHENCE_CUR, OUT), OK);
    EXPECT_ERRNO(wasi_fd_read(ctx, mem, 4, IOV(BUF, 1), OUT), EINVAL);
    EXPECT_ERRNO(wasi_fd_seek(ctx, mem, 4, 7, WASI_WHENCE_SET, OUT), OK);
    put_text(BUF, "x");
    EXPECT_ERRNO(wasi_fd_write(ctx, mem, 4, IOV(BUF, 1), OUT), OK);
    EXPECT_ERRNO(wasi_fd_pread(ctx, mem, 4, IOV(BUF, 20), 0, OUT), OK);
    EXPECT(get32(OUT) == 8 && memcmp(mem.base + BUF, "hello\0\0x", 8) == 0);
    EXPECT_ERRNO(wasi_fd_seek(ctx, mem, 3, 0, 0, OUT), EBADF);
    EXPECT_ERRNO(wasi_fd_tell(ctx, mem, 3, OUT), EBADF);
    end();
}

static void appending(void)
{
    begin_files(true);
    EXPECT(guest_open("f", 0, 0, R_READ | R_WRITE, WASI_FDFLAG_APPEND) == 4);
    put_text(BUF, "XYZ");
    EXPECT_ERRNO(wasi_fd_write(ctx, mem, 4, IOV(BUF, 1), OUT), OK);
    EXPECT(file_is("sandbox/f", "helloX") && position(4) == 6);
    EXPECT_ERRNO(wasi_fd_pwrite(ctx, mem, 4, IOV(BUF + 1, 1), 0, OUT), OK);
    EXPECT(file_is("sandbox/f", "helloXY") && position(4) == 6);
    EXPECT_ERRNO(wasi_fd_fdstat_get(ctx, mem, 4, OUT), OK);
    EXPECT_U64(load_u16(mem.base + OUT + 2), WASI_FDFLAG_APPEND);
    EXPECT_ERRNO(wasi_fd_fdstat_set_flags(ctx, mem, 4, WASI_FDFLAG_NONBLOCK), OK);
    EXPECT_ERRNO(wasi_fd_fdstat_get(ctx, mem, 4, OUT), OK);
    EXPECT_U64(load_u16(mem.base + OUT + 2), WASI_FDFLAG_NONBLOCK);
    EXPECT_ERRNO(wasi_fd_pwrite(ctx, mem, 4, IOV(BUF + 2, 1), 0, OUT), OK);
    EXPECT(file_is("sandbox/f", "ZelloXY"));
    EXPECT_ERRNO(wasi_fd_fdstat_set_flags(ctx, mem, 4, WASI_FDFLAG_SYNC), EINVAL);
    EXPECT_ERRNO(wasi_fd_fdstat_set_flags(ctx, mem, 4, WASI_FDFLAG_DSYNC), EINVAL);
    EXPECT_ERRNO(wasi_fd_fdstat_set_flags(ctx, mem, 4, WASI_FDFLAG_RSYNC), EINVAL);
    EXPECT_ERRNO(wasi_fd_fdstat_set_flags(ctx, mem, 3, 0), EBADF);
    EXPECT_ERRNO(wasi_fd_fdstat_set_flags(ctx, mem, 9, 0), EBADF);
    EXPECT(guest_open("f", 0, 0, R_READ, WASI_FDFLAG_SYNC) == -WASI_ENOTSUP);
    EXPECT(guest_open("f", 0, 0, R_READ, WASI_FDFLAG_DSYNC) == -WASI_ENOTSUP);
    EXPECT(guest_open("f", 0, 0, R_READ, WASI_FDFLAG_RSYNC) == -WASI_ENOTSUP);
    end();
}

static void opening_decides_what_is_allowed(void)
{
    begin_files(true);
    EXPECT(guest_open("f", 0, 0, R_READ, 0) == 4);
    EXPECT(guest_open("f", 0, 0, R_WRITE, 0) == 5);
    EXPECT(guest_open("f", 0, 0, 0, 0) == 6); /* neither: reading */
    put_text(BUF, "no");
    EXPECT_ERRNO(wasi_fd_write(ctx, mem, 4, IOV(BUF, 2), OUT), EBADF);
    EXPECT_ERRNO(wasi_fd_pwrite(ctx, mem, 4, IOV(BUF, 2), 0, OUT), EBADF);
    EXPECT_ERRNO(wasi_fd_filestat_set_size(ctx, mem, 4, 0), EINVAL);
    EXPECT_ERRNO(wasi_fd_read(ctx, mem, 5, IOV(BUF, 2), OUT), EBADF);
    EXPECT_ERRNO(wasi_fd_pread(ctx, mem, 5, IOV(BUF, 2), 0, OUT), EBADF);
    EXPECT_ERRNO(wasi_fd_read(ctx, mem, 6, IOV(BUF, 2), OUT), OK);
    EXPECT(mem_is(BUF, "he") && file_is("sandbox/f", "hello"));
    EXPECT(guest_open("f", 0, WASI_OFLAG_TRUNC, R_WRITE, 0) == 7);
    EXPECT(file_is("sandbox/f", ""));
    EXPECT(guest_open("f", 0, WASI_OFLAG_CREAT | WASI_OFLAG_EXCL, R_WRITE, 0) == -WASI_EEXIST);
    EXPECT(guest_open("g", 0, WASI_OFLAG_CREAT | WASI_OFLAG_EXCL, R_WRITE, 0) == 8);
    EXPECT_ERRNO(wasi_path_open(ctx, mem, 4, 0, PATH("f"), 0, 2, 0, 0, OUT), ENOTDIR);
    EXPECT_ERRNO(wasi_path_unlink_file(ctx, mem, 4, PATH("f")), EBADF);
    EXPECT_ERRNO(wasi_fd_readdir(ctx, mem, 4, BUF, 10, 0, OUT), EBADF);
    end();
}

/* Numbers seen in Wasmtime. */
static void rights_are_told(void)
{
    static const struct {
        const char *path;
        u64 ask, base, inheriting;
        u8 filetype;
    } rows[] = {
        {"f", R_READ | R_WRITE, 0x3fffffff, 0x3fffffff, WASI_FILETYPE_REGULAR_FILE},
        {"f", R_READ, 0x3fffffbf, 0x3fffffbf, WASI_FILETYPE_REGULAR_FILE},
        {"f", R_WRITE, 0x3fffbffd, 0x3fffbffd, WASI_FILETYPE_REGULAR_FILE},
        {"dir", R_READ, 0x3fb7ffbb, 0x3fb7ffbb, WASI_FILETYPE_DIRECTORY},
    };
    begin_files(true);
    EXPECT_ERRNO(wasi_fd_fdstat_get(ctx, mem, 3, OUT), OK);
    EXPECT_U64(mem.base[OUT], WASI_FILETYPE_DIRECTORY);
    EXPECT_U64(get64(OUT + 8), 0x07b7fe00);
    EXPECT_U64(get64(OUT + 16), 0x0ff7ffff);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int fd = guest_open(rows[i].path, 0, 0, rows[i].ask, 0);
        EXPECT(fd >= 4);
        EXPECT_ERRNO(wasi_fd_fdstat_get(ctx, mem, (u32)fd, OUT), OK);
        EXPECT_U64(mem.base[OUT], rows[i].filetype);
        EXPECT_U64(get64(OUT + 8), rows[i].base);
        EXPECT_U64(get64(OUT + 16), rows[i].inheriting);
    }
    EXPECT_ERRNO(wasi_fd_fdstat_get(ctx, mem, 99, OUT), EBADF);
    EXPECT_ERRNO(wasi_fd_fdstat_set_rights(ctx, mem, 3, 0, 0), ENOTSUP);
    EXPECT_ERRNO(wasi_fd_fdstat_set_rights(ctx, mem, 4, R_READ, 0), ENOTSUP);
    EXPECT_ERRNO(wasi_fd_fdstat_set_rights(ctx, mem, 99, 0, 0), EBADF);
    end();
}

static void prestat(void)
{
    begin_files(true);
    memset(mem.base + OUT, 0xff, 16);
    EXPECT_ERRNO(wasi_fd_prestat_get(ctx, mem, 3, OUT), OK);
    EXPECT(mem.base[OUT] == 0 && get32(OUT + 4) == 2);
    EXPECT_ERRNO(wasi_fd_prestat_dir_name(ctx, mem, 3, BUF, 1), ENAMETOOLONG);
    memset(mem.base + BUF, '#', 4);
    EXPECT_ERRNO(wasi_fd_prestat_dir_name(ctx, mem, 3, BUF, 100), OK);
    EXPECT(mem_is(BUF, "/s##"));
    EXPECT(guest_open("dir", 0, WASI_OFLAG_DIRECTORY, R_READ, 0) == 4);
    EXPECT_ERRNO(wasi_fd_prestat_get(ctx, mem, 4, OUT), EBADF);
    EXPECT_ERRNO(wasi_fd_prestat_dir_name(ctx, mem, 4, BUF, 100), ENOTDIR);
    EXPECT_ERRNO(wasi_fd_prestat_get(ctx, mem, 5, OUT), EBADF);
    EXPECT_ERRNO(wasi_fd_prestat_dir_name(ctx, mem, 5, BUF, 100), EBADF);
    EXPECT(!wasi_config_preopen_dir(ctx, in_outer("missing"), "/m", true));
    EXPECT(!wasi_config_preopen_dir(ctx, in_outer("secret"), "/m", true));
    EXPECT(!wasi_config_preopen_dir(ctx, sandbox, "\xff", true));
    end();
}

static void numbers_are_used_again(void)
{
    begin_files(true);
    for (int i = 4; i < 40; i++)
        EXPECT(guest_open("f", 0, 0, R_READ, 0) == i);
    EXPECT_ERRNO(wasi_fd_close(ctx, mem, 5), OK);
    EXPECT_ERRNO(wasi_fd_close(ctx, mem, 5), EBADF);
    EXPECT_ERRNO(wasi_fd_close(ctx, mem, 7), OK);
    EXPECT_ERRNO(wasi_fd_read(ctx, mem, 5, IOV(BUF, 1), OUT), EBADF);
    EXPECT(guest_open("f", 0, 0, R_READ, 0) == 7); /* the highest first */
    EXPECT(guest_open("f", 0, 0, R_READ, 0) == 5);
    EXPECT(guest_open("f", 0, 0, R_READ, 0) == 40);
    EXPECT_ERRNO(wasi_fd_close(ctx, mem, UINT32_MAX), EBADF);
    EXPECT_ERRNO(wasi_fd_close(ctx, mem, 41), EBADF);
    end();
}

static void renumbering(void)
{
    begin_files(true);
    EXPECT(open_rw("f") == 4 && open_rw("g") == 5);
    EXPECT_ERRNO(wasi_fd_seek(ctx, mem, 5, 3, 0, OUT), OK);
    EXPECT_ERRNO(wasi_fd_renumber(ctx, mem, 5, 4), OK);
    EXPECT_U64(position(4), 3);
    EXPECT_ERRNO(wasi_fd_tell(ctx, mem, 5, OUT), EBADF);
    EXPECT_ERRNO(wasi_fd_renumber(ctx, mem, 5, 4), EBADF);
    EXPECT_ERRNO(wasi_fd_renumber(ctx, mem, 4, 5), EBADF);
    EXPECT_ERRNO(wasi_fd_renumber(ctx, mem, 4, 4), OK);
    EXPECT_ERRNO(wasi_fd_renumber(ctx, mem, 9, 9), EBADF);
    put_text(BUF, "out");
    EXPECT_ERRNO(wasi_fd_renumber(ctx, mem, 4, 1), OK); /* standard output into the file */
    EXPECT_ERRNO(wasi_fd_pwrite(ctx, mem, 1, IOV(BUF, 3), 0, OUT), OK);
    EXPECT(file_is("sandbox/g", "out"));
    EXPECT(guest_open("f", 0, 0, R_READ, 0) == 5);
    EXPECT_ERRNO(wasi_fd_renumber(ctx, mem, 3, 0), OK); /* a directory as standard input */
    EXPECT_ERRNO(wasi_path_unlink_file(ctx, mem, 0, PATH("g")), OK);
    EXPECT_ERRNO(wasi_fd_prestat_get(ctx, mem, 0, OUT), OK);
    end();
}

static void sizes_and_times(void)
{
    struct stat st;
    begin_files(true);
    EXPECT(open_rw("f") == 4);
    EXPECT_ERRNO(wasi_fd_filestat_set_size(ctx, mem, 4, 2), OK);
    EXPECT(file_is("sandbox/f", "he"));
    EXPECT_ERRNO(wasi_fd_filestat_set_size(ctx, mem, 4, 100), OK);
    EXPECT_ERRNO(wasi_fd_filestat_set_size(ctx, mem, 4, UINT64_MAX), EINVAL);
    EXPECT_ERRNO(wasi_fd_filestat_set_size(ctx, mem, 3, 0), EBADF);
    EXPECT_ERRNO(wasi_fd_filestat_set_times(ctx, mem, 4, 1500000000123456789u, 7, 5), OK);
    EXPECT_ERRNO(wasi_fd_filestat_get(ctx, mem, 4, OUT), OK);
    EXPECT(stat(in_outer("sandbox/f"), &st) == 0);
    EXPECT(get64(OUT) == st.st_dev && get64(OUT + 8) == st.st_ino);
    EXPECT(mem.base[OUT + 16] == WASI_FILETYPE_REGULAR_FILE && get64(OUT + 24) == 1);
    EXPECT_U64(get64(OUT + 32), 100);
    EXPECT_U64(get64(OUT + 40), 1500000000123456789u);
    EXPECT_U64(get64(OUT + 48), 7);
    EXPECT_U64(get64(OUT + 56), (u64)st.st_ctim.tv_sec * 1000000000u + (u64)st.st_ctim.tv_nsec);
    EXPECT_ERRNO(wasi_fd_filestat_set_times(ctx, mem, 4, 0, 0, WASI_FST_MTIME_NOW), OK);
    EXPECT_ERRNO(wasi_fd_filestat_get(ctx, mem, 4, OUT), OK);
    EXPECT(get64(OUT + 40) == 1500000000123456789u && get64(OUT + 48) > 1600000000000000000u);
    EXPECT_ERRNO(wasi_fd_filestat_set_times(ctx, mem, 4, 0, 0, 3), EINVAL);
    EXPECT_ERRNO(wasi_fd_filestat_set_times(ctx, mem, 99, 0, 0, 12), EINVAL);
    EXPECT_ERRNO(wasi_fd_filestat_set_times(ctx, mem, 99, 0, 0, 0), EBADF);
    EXPECT_ERRNO(wasi_fd_filestat_set_times(ctx, mem, 3, 1, 9, 5), OK); /* a directory, O_PATH */
    EXPECT_ERRNO(wasi_path_filestat_get(ctx, mem, 3, 0, PATH("."), OUT), OK);
    EXPECT(mem.base[OUT + 16] == WASI_FILETYPE_DIRECTORY && get64(OUT + 48) == 9);
    /* of a link, and of what it leads to */
    EXPECT_ERRNO(wasi_path_filestat_set_times(ctx, mem, 3, 0, PATH("ln"), 0, 11, 4), OK);
    EXPECT_ERRNO(wasi_path_filestat_set_times(ctx, mem, 3, 1, PATH("ln"), 0, 12, 4), OK);
    EXPECT_ERRNO(wasi_path_filestat_get(ctx, mem, 3, 0, PATH("ln"), OUT), OK);
    EXPECT(mem.base[OUT + 16] == WASI_FILETYPE_SYMBOLIC_LINK && get64(OUT + 48) == 11);
    EXPECT_ERRNO(wasi_path_filestat_get(ctx, mem, 3, 1, PATH("ln"), OUT), OK);
    EXPECT(mem.base[OUT + 16] == WASI_FILETYPE_REGULAR_FILE && get64(OUT + 48) == 12);
    end();
}

static void other_calls_on_files(void)
{
    begin_files(true);
    EXPECT(open_rw("f") == 4);
    EXPECT_ERRNO(wasi_fd_sync(ctx, mem, 4), OK);
    EXPECT_ERRNO(wasi_fd_datasync(ctx, mem, 4), OK);
    EXPECT_ERRNO(wasi_fd_sync(ctx, mem, 3), EBADF);
    EXPECT_ERRNO(wasi_fd_datasync(ctx, mem, 3), EBADF);
    for (u32 advice = 0; advice <= WASI_ADVICE_MAX; advice++)
        EXPECT_ERRNO(wasi_fd_advise(ctx, mem, 4, 0, 10, advice), OK);
    EXPECT_ERRNO(wasi_fd_advise(ctx, mem, 4, 0, UINT64_MAX, 0), EINVAL);
    EXPECT_ERRNO(wasi_fd_advise(ctx, mem, 4, UINT64_MAX, 10, 0), OK);
    EXPECT_ERRNO(wasi_fd_advise(ctx, mem, 3, 0, 10, 0), EBADF);
    EXPECT_ERRNO(wasi_fd_allocate(ctx, mem, 4, 0, 10), ENOTSUP);
    EXPECT_ERRNO(wasi_fd_allocate(ctx, mem, 3, 0, 10), EBADF);
    EXPECT_ERRNO(wasi_path_readlink(ctx, mem, 3, PATH("up"), BUF, 4, OUT), OK);
    EXPECT(get32(OUT) == 4 && mem_is(BUF, "../s"));
    memset(mem.base + BUF, '#', 20);
    EXPECT_ERRNO(wasi_path_readlink(ctx, mem, 3, PATH("ln"), BUF, 20, OUT), OK);
    EXPECT(get32(OUT) == 1 && mem_is(BUF, "f#"));
    EXPECT_ERRNO(wasi_path_readlink(ctx, mem, 3, PATH("ln"), BUF, 0, OUT), OK);
    EXPECT_U64(get32(OUT), 0);
    end();
}

static void paths_are_utf8_without_nul(void)
{
    char longest[PATH_MAX + 2];
    begin_files(true);
    EXPECT(guest_open("\xff", 0, 0, R_READ, 0) == -WASI_EILSEQ);
    put_text(0x1000, "f");
    EXPECT_ERRNO(wasi_path_open(ctx, mem, 3, 0, 0x1000, 2, 0, 2, 0, 0, OUT), EINVAL);
    memset(longest, 'a', sizeof longest);
    longest[255] = 0;
    EXPECT(guest_open(longest, 0, WASI_OFLAG_CREAT, R_WRITE, 0) == 4);
    longest[255] = 'a';
    longest[256] = 0;
    EXPECT(guest_open(longest, 0, WASI_OFLAG_CREAT, R_WRITE, 0) == -WASI_ENAMETOOLONG);
    memset(longest, '/', sizeof longest);
    longest[0] = '.';
    longest[PATH_MAX - 1] = 0;
    EXPECT(guest_open(longest, 0, 0, R_READ, 0) == 5);
    longest[PATH_MAX - 1] = '/';
    longest[PATH_MAX] = 0;
    EXPECT(guest_open(longest, 0, 0, R_READ, 0) == -WASI_ENAMETOOLONG);
    EXPECT_ERRNO(wasi_path_symlink(ctx, mem, PATH2(longest), 3, PATH("l")), ENAMETOOLONG);
    link_to("\xfe\xff", "sandbox/raw");
    EXPECT_ERRNO(wasi_path_readlink(ctx, mem, 3, PATH("raw"), BUF, 9, OUT), EILSEQ);
    EXPECT(ctx->state == WASI_RUNS);
    end();
}

/* When the host has no descriptors left, the guest gets an error and everything goes on. */
static void descriptors_run_out(void)
{
    struct rlimit old, few;
    int count = 0, fd;
    begin_files(true);
    getrlimit(RLIMIT_NOFILE, &old);
    few = old;
    few.rlim_cur = 64;
    setrlimit(RLIMIT_NOFILE, &few);
    while ((fd = guest_open("f", 0, 0, R_READ, 0)) >= 0 && count < 100)
        count++;
    setrlimit(RLIMIT_NOFILE, &old);
    EXPECT(count > 10 && count < 64);
    EXPECT(fd == -WASI_EMFILE);
    EXPECT_ERRNO(wasi_fd_read(ctx, mem, 4, IOV(BUF, 1), OUT), OK);
    end();
}

int main(void)
{
    TEST(reading_and_writing_move_the_position);
    TEST(more_buffers_than_fit_come_in_parts);
    TEST(seeking);
    TEST(appending);
    TEST(opening_decides_what_is_allowed);
    TEST(rights_are_told);
    TEST(prestat);
    TEST(numbers_are_used_again);
    TEST(renumbering);
    TEST(sizes_and_times);
    TEST(other_calls_on_files);
    TEST(paths_are_utf8_without_nul);
    TEST(descriptors_run_out);
    return test_end();
}
