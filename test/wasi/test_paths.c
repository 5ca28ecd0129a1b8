/* Every path operation on every kind of path, writable and read-only, with both ways of resolving:
 * the answers must be those that were observed in Wasmtime (paths.def). */
#define _GNU_SOURCE
#include "kit.h"

static const char *const paths[] = {
#define PATH_NAME(text) text,
#include "paths.def"
};

typedef struct Row {
    bool is_writable;
    const char *operation;
    const char *numbers;
} Row;

enum { RO, RW };
static const Row rows[] = {
#define ROW(kind, operation, numbers) {kind, #operation, numbers},
#include "paths.def"
};

static u16 op_mkdir(const char *p) { return wasi_path_create_directory(ctx, mem, 3, PATH(p)); }
static u16 op_rmdir(const char *p) { return wasi_path_remove_directory(ctx, mem, 3, PATH(p)); }
static u16 op_unlink(const char *p) { return wasi_path_unlink_file(ctx, mem, 3, PATH(p)); }
static u16 op_stat(const char *p) { return wasi_path_filestat_get(ctx, mem, 3, 0, PATH(p), 0); }
static u16 op_stat_follow(const char *p)
{
    return wasi_path_filestat_get(ctx, mem, 3, 1, PATH(p), 0);
}
static u16 op_times(const char *p)
{
    return wasi_path_filestat_set_times(ctx, mem, 3, 0, PATH(p), 1, 1, 5);
}
static u16 op_times_follow(const char *p)
{
    return wasi_path_filestat_set_times(ctx, mem, 3, 1, PATH(p), 1, 1, 5);
}
static u16 op_readlink(const char *p)
{
    return wasi_path_readlink(ctx, mem, 3, PATH(p), BUF, 100, OUT);
}
static u16 op_symlink_at(const char *p)
{
    return wasi_path_symlink(ctx, mem, PATH2("f"), 3, PATH(p));
}
static u16 op_symlink_to(const char *p)
{
    return wasi_path_symlink(ctx, mem, PATH2(p), 3, PATH("new"));
}
static u16 op_link_from(const char *p)
{
    return wasi_path_link(ctx, mem, 3, 0, PATH(p), 3, PATH2("new"));
}
static u16 op_link_to(const char *p)
{
    return wasi_path_link(ctx, mem, 3, 0, PATH("f"), 3, PATH2(p));
}
static u16 op_link_follow(const char *p)
{
    return wasi_path_link(ctx, mem, 3, 1, PATH(p), 3, PATH2("new"));
}
static u16 op_rename_from(const char *p)
{
    return wasi_path_rename(ctx, mem, 3, PATH(p), 3, PATH2("new"));
}
static u16 op_rename_to(const char *p)
{
    return wasi_path_rename(ctx, mem, 3, PATH("f"), 3, PATH2(p));
}
static u16 op_rename_dir_to(const char *p)
{
    return wasi_path_rename(ctx, mem, 3, PATH("dir"), 3, PATH2(p));
}
static u16 op_rename_slash(const char *p)
{
    return wasi_path_rename(ctx, mem, 3, PATH(p), 3, PATH2("new/"));
}

static const struct {
    const char *name;
    u16 (*run)(const char *path);
} operations[] = {
    {"mkdir", op_mkdir},
    {"rmdir", op_rmdir},
    {"unlink", op_unlink},
    {"stat", op_stat},
    {"stat_follow", op_stat_follow},
    {"times", op_times},
    {"times_follow", op_times_follow},
    {"readlink", op_readlink},
    {"symlink_at", op_symlink_at},
    {"symlink_to", op_symlink_to},
    {"link_from", op_link_from},
    {"link_to", op_link_to},
    {"link_follow", op_link_follow},
    {"rename_from", op_rename_from},
    {"rename_to", op_rename_to},
    {"rename_dir_to", op_rename_dir_to},
    {"rename_slash", op_rename_slash},
};

/* Whether an operation that succeeds leaves other files behind. */
static bool changes_files(const char *name)
{
    unsigned lookup, oflags, rights;
    if (sscanf(name, "open_%u_%u_%u", &lookup, &oflags, &rights) == 3)
        return oflags & (WASI_OFLAG_CREAT | WASI_OFLAG_TRUNC);
    return strncmp(name, "stat", 4) != 0 && strncmp(name, "times", 5) != 0 &&
           strcmp(name, "readlink") != 0;
}

static u16 run_operation(const char *name, const char *path)
{
    unsigned lookup, oflags, rights;
    if (sscanf(name, "open_%u_%u_%u", &lookup, &oflags, &rights) == 3)
        return wasi_path_open(ctx, mem, 3, lookup, PATH(path), oflags, rights, 0, 0, OUT);
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        if (strcmp(operations[i].name, name) == 0)
            return operations[i].run(path);
    printf("no operation %s\n", name);
    return UINT16_MAX;
}

static void check_row(const Row *row)
{
    const char *at = row->numbers;
    unsigned long want = 0;
    bool is_fresh = false;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        char *next;
        u16 got;
        unsigned long number = strtoul(at, &next, 10);
        if (next != at)
            want = number;
        at = next;
        if (is_fresh)
            begin_again(row->is_writable);
        else
            begin_files(row->is_writable);
        got = run_operation(row->operation, paths[i]);
        is_fresh = got != WASI_SUCCESS || !changes_files(row->operation);
        if (!EXPECT_U64(got, want))
            printf("  %s of \"%s\", %s, %s\n", row->operation, paths[i],
                   row->is_writable ? "writable" : "read-only", walks ? "walk" : "openat2");
        EXPECT(file_is("secret", "secret"));
        EXPECT(ctx->state == WASI_RUNS);
    }
    end();
}

static void check_all(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check_row(&rows[i]);
}

static void answers_with_openat2(void)
{
    walks = false;
    check_all();
    begin_files(true);
    EXPECT(guest_open("f", 0, 0, R_READ, 0) == 4);
    if (ctx->has_no_openat2)
        test_now.skip = "this kernel has no openat2";
    end();
}

static void answers_with_the_walk(void)
{
    walks = true;
    check_all();
    walks = false;
}

int main(void)
{
    umask(022);
    TEST(answers_with_openat2);
    TEST(answers_with_the_walk);
    return test_end();
}
