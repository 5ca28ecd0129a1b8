/* Listing directories: cookies, buffers of any size, changes in between. */
#define _GNU_SOURCE
#include "kit.h"

enum { DIRENT = 24, MANY = 400, NOBODY = 65534 };

typedef struct Entry {
    u64 next, ino;
    u8 filetype;
    char name[NAME_MAX + 1];
} Entry;

/* The entry at `at` of a listing of `len` bytes; its length, 0 if it is cut off. */
static u32 parse(u32 at, u32 len, Entry *out)
{
    u32 name_len;
    if (len < DIRENT)
        return 0;
    name_len = get32(at + 16);
    if (name_len > NAME_MAX || len < DIRENT + name_len)
        return 0;
    *out = (Entry){.next = get64(at), .ino = get64(at + 8), .filetype = mem.base[at + 20]};
    memcpy(out->name, mem.base + at + DIRENT, name_len);
    return DIRENT + name_len;
}

/* Lists as C libraries do, with a buffer of the given size; calls `seen` for each entry. */
static u32 list_all(u32 fd, u32 buf_size, void (*seen)(const Entry *))
{
    u64 cookie = 0;
    u32 count = 0, used, at, step;
    Entry entry;
    do {
        if (!EXPECT_ERRNO(wasi_fd_readdir(ctx, mem, fd, BUF, buf_size, cookie, OUT), OK))
            return count;
        used = get32(OUT);
        if (!EXPECT(used <= buf_size))
            return count;
        for (at = 0; (step = parse(BUF + at, used - at, &entry)); at += step) {
            cookie = entry.next;
            count++;
            if (seen)
                seen(&entry);
        }
    } while (used == buf_size && count < 2 * MANY);
    return count;
}

static Entry last_seen[16];
static u32 seen_count;
static void keep(const Entry *entry)
{
    if (seen_count < ARRAY_LEN(last_seen))
        last_seen[seen_count] = *entry;
    seen_count++;
}

static const Entry *seen_named(const char *name)
{
    for (u32 i = 0; i < MIN(seen_count, (u32)ARRAY_LEN(last_seen)); i++)
        if (strcmp(last_seen[i].name, name) == 0)
            return &last_seen[i];
    return NULL;
}

static void entries_tell_what_they_are(void)
{
    struct stat st;
    begin_files(true);
    mkfifo(in_outer("sandbox/pipe"), 0600);
    seen_count = 0;
    EXPECT_U64(list_all(3, 4096, keep), 11);
    EXPECT_STR(last_seen[0].name, ".");
    EXPECT_STR(last_seen[1].name, "..");
    EXPECT(last_seen[0].next == 1 && last_seen[1].next == 2);
    EXPECT(stat(sandbox, &st) == 0);
    /* The number of what lies above is not told. */
    EXPECT(last_seen[0].ino == st.st_ino && last_seen[1].ino == st.st_ino);
    EXPECT(stat(in_outer("sandbox/f"), &st) == 0);
    if (EXPECT(seen_named("f") && seen_named("dir") && seen_named("ln") && seen_named("pipe"))) {
        EXPECT(seen_named("f")->filetype == WASI_FILETYPE_REGULAR_FILE);
        EXPECT(seen_named("f")->ino == st.st_ino);
        EXPECT(seen_named("dir")->filetype == WASI_FILETYPE_DIRECTORY);
        EXPECT(seen_named("ln")->filetype == WASI_FILETYPE_SYMBOLIC_LINK);
        EXPECT(seen_named("pipe")->filetype == WASI_FILETYPE_UNKNOWN);
    }
    end();
}

static char marks[MANY];
static u32 strangers;
static void mark(const Entry *entry)
{
    unsigned i;
    if (sscanf(entry->name, "n%u", &i) == 1 && i < MANY && marks[i] < 100)
        marks[i]++;
    else
        strangers++;
}

static void make_many(void)
{
    char name[40];
    begin_files(true);
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "sandbox/empty/n%u", i);
        write_file(name, "");
    }
    EXPECT(guest_open("empty", 0, WASI_OFLAG_DIRECTORY, R_READ, 0) == 4);
}

/* Each entry once, whatever the size of the buffer. */
static void buffers_of_any_size(void)
{
    static const u32 sizes[] = {30, 31, 47, 64, 100, 4096, 0x8000};
    make_many();
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        memset(marks, 0, sizeof marks);
        strangers = 0;
        EXPECT_U64(list_all(4, sizes[i], mark), MANY + 2);
        EXPECT(strangers == 2);
        EXPECT(!memchr(marks, 0, sizeof marks) && !memchr(marks, 2, sizeof marks));
    }
    end();
}

static void a_small_buffer_is_filled(void)
{
    begin_files(true);
    for (u32 size = 0; size <= 60; size++) {
        memset(mem.base + BUF, '#', 100);
        EXPECT_ERRNO(wasi_fd_readdir(ctx, mem, 3, BUF, size, 0, OUT), OK);
        EXPECT_U64(get32(OUT), size);
        EXPECT(mem.base[BUF + size] == '#');
    }
    /* "." and ".." are 51 bytes, and the rest follows cut off */
    EXPECT(get64(BUF) == 1 && mem.base[BUF + DIRENT] == '.');
    EXPECT(get64(BUF + 25) == 2 && mem_is(BUF + 25 + DIRENT, ".."));
    end();
}

static u64 cookies[MANY + 2];
static char names[MANY + 2][16];
static u32 cookie_count;
static void keep_cookie(const Entry *entry)
{
    if (cookie_count < ARRAY_LEN(cookies)) {
        cookies[cookie_count] = entry->next;
        snprintf(names[cookie_count], sizeof names[0], "%.15s", entry->name);
        cookie_count++;
    }
}

static void cookies_can_be_used_in_any_order(void)
{
    Entry entry;
    make_many();
    cookie_count = 0;
    list_all(4, 4096, keep_cookie);
    EXPECT_U64(cookie_count, MANY + 2);
    for (u32 i = MANY; i > 0; i -= 7) {
        EXPECT_ERRNO(wasi_fd_readdir(ctx, mem, 4, BUF, 64, cookies[i - 1], OUT), OK);
        if (EXPECT(parse(BUF, get32(OUT), &entry)))
            EXPECT_STR(entry.name, names[i]);
        if (i < 7)
            break;
    }
    /* the end, again and again */
    for (int i = 0; i < 3; i++) {
        EXPECT_ERRNO(wasi_fd_readdir(ctx, mem, 4, BUF, 64, cookies[MANY + 1], OUT), OK);
        EXPECT_U64(get32(OUT), 0);
    }
    /* invented ones do no harm */
    EXPECT_ERRNO(wasi_fd_readdir(ctx, mem, 4, BUF, 64, UINT64_MAX, OUT), EINVAL);
    EXPECT_ERRNO(wasi_fd_readdir(ctx, mem, 4, BUF, 64, (u64)1 << 63 | 3, OUT), EINVAL);
    for (u64 bit = 8; bit; bit <<= 1) {
        u16 error = wasi_fd_readdir(ctx, mem, 4, BUF, 64, bit + 1, OUT);
        EXPECT(error == WASI_SUCCESS || error == WASI_EINVAL);
    }
    end();
}

/* What stays is listed once, though other entries go meanwhile. */
static void removing_while_listing(void)
{
    u64 cookie = 0;
    u32 used, kept = 0, rounds = 0;
    Entry entry;
    char path[40];
    make_many();
    do {
        EXPECT_ERRNO(wasi_fd_readdir(ctx, mem, 4, BUF, 1000, cookie, OUT), OK);
        used = get32(OUT);
        for (u32 at = 0, step; (step = parse(BUF + at, used - at, &entry)); at += step) {
            cookie = entry.next;
            if (entry.name[0] != 'n')
                continue;
            kept++;
            snprintf(path, sizeof path, "empty/%.20s", entry.name);
            EXPECT_ERRNO(wasi_path_unlink_file(ctx, mem, 3, PATH(path)), OK);
        }
    } while (used == 1000 && ++rounds < MANY);
    EXPECT_U64(kept, MANY);
    EXPECT_ERRNO(wasi_path_remove_directory(ctx, mem, 3, PATH("empty")), OK);
    EXPECT_ERRNO(wasi_fd_readdir(ctx, mem, 4, BUF, 1000, cookie, OUT), OK);
    EXPECT_U64(get32(OUT), 0);
    end();
}

static void several_descriptors_list_by_themselves(void)
{
    make_many();
    EXPECT(guest_open("empty", 0, WASI_OFLAG_DIRECTORY, R_READ, 0) == 5);
    EXPECT_ERRNO(wasi_fd_readdir(ctx, mem, 4, BUF, 1000, 0, OUT), OK);
    EXPECT_U64(list_all(5, 4096, NULL), MANY + 2);
    EXPECT_ERRNO(wasi_fd_renumber(ctx, mem, 4, 5), OK);
    EXPECT_U64(list_all(5, 4096, NULL), MANY + 2);
    EXPECT_ERRNO(wasi_fd_readdir(ctx, mem, 4, BUF, 1000, 0, OUT), EBADF);
    end();
}

static void names_that_are_no_text(void)
{
    begin_files(true);
    write_file("sandbox/empty/\xff", "");
    EXPECT(guest_open("empty", 0, WASI_OFLAG_DIRECTORY, R_READ, 0) == 4);
    EXPECT_ERRNO(wasi_fd_readdir(ctx, mem, 4, BUF, 1000, 0, OUT), EILSEQ);
    end();
}

static void a_directory_that_may_not_be_listed(void)
{
    begin_files(true);
    chmod(in_outer("sandbox/dir"), 0300);
    /* Root may list every directory: then the test is somebody else meanwhile. */
    const bool is_root = geteuid() == 0;
    if (is_root) {
        const char *const owned[] = {"", "sandbox", "sandbox/dir", "sandbox/dir/inner"};
        for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++)
            EXPECT(chown(in_outer(owned[i]), NOBODY, (gid_t)-1) == 0);
        EXPECT(seteuid(NOBODY) == 0);
    }
    EXPECT(wasi_config_preopen_dir(ctx, in_outer("sandbox/dir"), "/d", true));
    EXPECT_ERRNO(wasi_fd_readdir(ctx, mem, 4, BUF, 1000, 0, OUT), EACCES);
    EXPECT_ERRNO(wasi_path_open(ctx, mem, 4, 0, PATH("inner"), 0, R_READ, 0, 0, OUT), OK);
    EXPECT(!is_root || seteuid(0) == 0);
    chmod(in_outer("sandbox/dir"), 0700);
    end();
}

static void list_everything(void)
{
    TEST(entries_tell_what_they_are);
    TEST(buffers_of_any_size);
    TEST(a_small_buffer_is_filled);
    TEST(cookies_can_be_used_in_any_order);
    TEST(removing_while_listing);
    TEST(several_descriptors_list_by_themselves);
    TEST(names_that_are_no_text);
    TEST(a_directory_that_may_not_be_listed);
}

/* File systems count their entries in different ways: in memory by number, on disk by hash. */
int main(void)
{
    list_everything();
    if (strcmp(files_in, "/tmp") != 0) {
        files_in = "/tmp";
        list_everything();
    }
    return test_end();
}
