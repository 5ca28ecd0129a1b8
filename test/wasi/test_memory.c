/* The guest's addresses: for each call and each address in it, the last place where it fits into
 * memory works, and one step further ends the guest, untouched by anything. */
#define _GNU_SOURCE
#include "kit.h"

typedef struct Address {
    u32 param; /* which parameter is the address */
    u32 size;  /* bytes behind it */
    u32 align;
} Address;

typedef struct Case {
    const char *name;
    u16 result; /* of the call as it stands */
    u64 args[9];
    Address addresses[4];
} Case;

enum { P1 = 0x1000, P2 = 0x3000, IOVS = 0x100 };

/* Memory as set_up() fills it: P1 "f", P2 "new", IOVS one buffer of 5 bytes at BUF, at 0x300 one
 * subscription to a clock; descriptor 4 is the file "f", open for reading and writing. */
static const Case cases[] = {
    {"args_get", 0, {OUT, BUF}, {{0, 8, 4}, {1, 7, 1}}},
    {"args_sizes_get", 0, {OUT, OUT + 4}, {{0, 4, 4}, {1, 4, 4}}},
    {"environ_get", 0, {OUT, BUF}, {{0, 4, 4}, {1, 4, 1}}},
    {"environ_sizes_get", 0, {OUT, OUT + 4}, {{0, 4, 4}, {1, 4, 4}}},
    {"clock_res_get", 0, {0, OUT}, {{1, 8, 8}}},
    {"clock_time_get", 0, {0, 0, OUT}, {{2, 8, 8}}},
    {"fd_fdstat_get", 0, {4, OUT}, {{1, 24, 8}}},
    {"fd_filestat_get", 0, {4, OUT}, {{1, 64, 8}}},
    {"fd_pread", 0, {4, IOVS, 1, 0, OUT}, {{1, 8, 4}, {4, 4, 4}}},
    {"fd_prestat_get", 0, {3, OUT}, {{1, 8, 4}}},
    {"fd_prestat_dir_name", 0, {3, BUF, 2}, {{1, 2, 1}}},
    {"fd_pwrite", 0, {4, IOVS, 1, 0, OUT}, {{1, 8, 4}, {4, 4, 4}}},
    {"fd_read", 0, {4, IOVS, 1, OUT}, {{1, 8, 4}, {3, 4, 4}}},
    {"fd_readdir", 0, {3, BUF, 30, 0, OUT}, {{1, 30, 1}, {4, 4, 4}}},
    {"fd_seek", 0, {4, 0, 0, OUT}, {{3, 8, 8}}},
    {"fd_tell", 0, {4, OUT}, {{1, 8, 8}}},
    {"fd_write", 0, {4, IOVS, 1, OUT}, {{1, 8, 4}, {3, 4, 4}}},
    {"path_create_directory", 0, {3, P2, 3}, {{1, 3, 1}}},
    {"path_filestat_get", 0, {3, 0, P1, 1, OUT}, {{2, 1, 1}, {4, 64, 8}}},
    {"path_filestat_set_times", 0, {3, 0, P1, 1, 0, 0, 0}, {{2, 1, 1}}},
    {"path_link", 0, {3, 0, P1, 1, 3, P2, 3}, {{2, 1, 1}, {5, 3, 1}}},
    {"path_open", 0, {3, 0, P1, 1, 0, R_READ, 0, 0, OUT}, {{2, 1, 1}, {8, 4, 4}}},
    {"path_readlink", WASI_EINVAL, {3, P1, 1, BUF, 5, OUT}, {{1, 1, 1}}},
    {"path_remove_directory", WASI_ENOTDIR, {3, P1, 1}, {{1, 1, 1}}},
    {"path_rename", 0, {3, P1, 1, 3, P2, 3}, {{1, 1, 1}, {4, 3, 1}}},
    {"path_symlink", 0, {P1, 1, 3, P2, 3}, {{0, 1, 1}, {3, 3, 1}}},
    {"path_unlink_file", 0, {3, P1, 1}, {{1, 1, 1}}},
    {"poll_oneoff", 0, {0x300, 0x400, 1, OUT}, {{0, 48, 8}, {1, 32, 8}, {3, 4, 4}}},
    {"random_get", 0, {BUF, 8}, {{0, 8, 1}}},
};

typedef u16 Thunk(const u64 *raw64);

/* The calls by name, with all parameters as u64. */
#define V(i) .i64 = (i64)raw64[i]
#define WASI_ROW(name, signature, returns, prototype, arguments)        \
    static u16 thunk_##name(const u64 *raw64)                           \
    {                                                                   \
        const wasmtime_val_raw_t raw[9] = {{V(0)}, {V(1)}, {V(2)},      \
                                           {V(3)}, {V(4)}, {V(5)},      \
                                           {V(6)}, {V(7)}, {V(8)}};     \
        (void)raw;                                                      \
        return wasi_##name arguments;                                   \
    }
#include "wasi/calls.def"

static const struct {
    const char *name;
    Thunk *run;
} thunks[] = {
#define WASI_ROW(name, signature, returns, prototype, arguments) {#name, thunk_##name},
#include "wasi/calls.def"
};

static u16 run(const char *name, const u64 args[9])
{
    for (size_t i = 0; i < ARRAY_LEN(thunks); i++)
        if (strcmp(thunks[i].name, name) == 0)
            return thunks[i].run(args);
    return UINT16_MAX;
}

static void set_up(void)
{
    const char *argv[] = {"ab", "cde"}, *names[] = {"k"}, *values[] = {"v"};
    begin_files(true);
    wasi_config_set_argv(ctx, 2, argv);
    wasi_config_set_env(ctx, 1, names, values);
    EXPECT(guest_open("f", 0, 0, R_READ | R_WRITE, 0) == 4);
    put_text(P1, "f");
    put_text(P2, "new");
    put_text(BUF, "howdy");
    put32(IOVS, BUF);
    put32(IOVS + 4, 5);
}

static void expect_result(const Case *c, const char *what, u16 got, u16 want)
{
    if (!EXPECT_U64(got, want))
        printf("  %s: %s: %s\n", c->name, what, wasi_errno_name(got));
}

/* The address moved to `at`, with what stood behind it. */
static u16 run_moved(const Case *c, const Address *a, u32 at)
{
    u64 args[9];
    set_up();
    memcpy(args, c->args, sizeof args);
    if (at < MEM_SIZE)
        memmove(mem.base + at, mem.base + args[a->param], MIN(a->size, MEM_SIZE - at));
    args[a->param] = at;
    return run(c->name, args);
}

static void check_address(const Case *c, const Address *a)
{
    const u32 last = (MEM_SIZE - a->size) & ~(a->align - 1);
    const u32 beyond[] = {last + a->align, MEM_SIZE, 0x80000000u, UINT32_MAX & ~(a->align - 1)};
    expect_result(c, "last place", run_moved(c, a, last), c->result);
    EXPECT(ctx->state == WASI_RUNS);
    for (size_t i = 0; i < ARRAY_LEN(beyond); i++) {
        expect_result(c, "beyond", run_moved(c, a, beyond[i]), WASI_EFAULT);
        EXPECT(ctx->state == WASI_FAULTED);
    }
    if (a->align > 1) {
        expect_result(c, "misaligned", run_moved(c, a, last - a->align / 2), WASI_EFAULT);
        EXPECT(ctx->state == WASI_FAULTED);
    }
}

static void addresses_stay_inside_of_memory(void)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        set_up();
        expect_result(&cases[i], "as it stands", run(cases[i].name, cases[i].args),
                      cases[i].result);
        for (size_t j = 0; j < ARRAY_LEN(cases[i].addresses) && cases[i].addresses[j].size; j++)
            check_address(&cases[i], &cases[i].addresses[j]);
    }
    end();
}

/* Each file that a call could have changed before it saw the bad address. */
static void a_fault_in_a_path_changes_nothing(void)
{
    static const Address second = {5, 3, 1};
    static const Case link = {"path_link", 0, {3, 0, P1, 1, 3, P2, 3}, {{0, 0, 0}}};
    EXPECT_U64(run_moved(&link, &second, MEM_SIZE), WASI_EFAULT);
    EXPECT(!exists("sandbox/new"));
    end();
}

static void lengths_are_counted_in_64_bits(void)
{
    const u64 huge[] = {UINT32_MAX, 0x80000000u, 0x20000000u, 0x1ffffffeu, MEM_SIZE + 1};
    for (size_t i = 0; i < ARRAY_LEN(huge); i++) {
        u32 n = (u32)huge[i];
        set_up();
        /* Buffers that are read by mistake are empty ones: nothing else must stop the reading. */
        memset(mem.base + BUF, 0, 5);
        EXPECT_ERRNO(wasi_fd_write(ctx, mem, 4, IOVS, n, OUT), EFAULT);
        EXPECT_ERRNO(wasi_fd_read(ctx, mem, 4, IOVS, n, OUT), EFAULT);
        EXPECT_ERRNO(wasi_random_get(ctx, mem, 1, n), EFAULT);
        EXPECT_ERRNO(wasi_path_unlink_file(ctx, mem, 3, P1, n), EFAULT);
        EXPECT_ERRNO(wasi_poll_oneoff(ctx, mem, 0, 0, n, OUT), EFAULT);
        put32(IOVS + 4, n);
        EXPECT_ERRNO(wasi_fd_write(ctx, mem, 4, IOVS, 1, OUT), EFAULT);
        EXPECT_ERRNO(wasi_fd_pread(ctx, mem, 4, IOVS, 1, 0, OUT), EFAULT);
        EXPECT(file_is("sandbox/f", "hello"));
    }
    end();
}

/* A buffer's own address, by one byte, for reading and writing; nothing may be done in part. */
static void buffers_stay_inside_of_memory(void)
{
    set_up();
    put32(IOVS, MEM_SIZE - 5);
    EXPECT_ERRNO(wasi_fd_read(ctx, mem, 4, IOVS, 1, OUT), OK);
    EXPECT(mem_is(MEM_SIZE - 5, "hello"));
    put32(IOVS, MEM_SIZE - 4);
    EXPECT_ERRNO(wasi_fd_pread(ctx, mem, 4, IOVS, 1, 0, OUT), EFAULT);
    EXPECT_ERRNO(wasi_fd_pwrite(ctx, mem, 4, IOVS, 1, 0, OUT), EFAULT);
    /* the second of two */
    put32(IOVS, BUF);
    put32(IOVS + 8, MEM_SIZE - 4);
    put32(IOVS + 12, 5);
    EXPECT_ERRNO(wasi_fd_pwrite(ctx, mem, 4, IOVS, 2, 0, OUT), EFAULT);
    EXPECT(file_is("sandbox/f", "hello"));
    /* An empty buffer may stand anywhere. */
    put32(IOVS + 8, UINT32_MAX);
    put32(IOVS + 12, 0);
    EXPECT_ERRNO(wasi_fd_pwrite(ctx, mem, 4, IOVS, 2, 0, OUT), OK);
    EXPECT(get32(OUT) == 5 && file_is("sandbox/f", "howdy"));
    EXPECT_ERRNO(wasi_random_get(ctx, mem, UINT32_MAX, 0), OK);
    end();
}

/* The memory may be as small as nothing. */
static void memory_may_be_empty(void)
{
    WasiMem whole = mem;
    set_up();
    mem.size = 0;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        EXPECT(run(cases[i].name, cases[i].args) == WASI_EFAULT);
    mem = whole;
    end();
}

/* Numbers that their type does not have. */
static void values_stay_inside_of_their_types(void)
{
    set_up();
    EXPECT_ERRNO(wasi_clock_time_get(ctx, mem, 4, 0, OUT), EINVAL);
    EXPECT_ERRNO(wasi_fd_seek(ctx, mem, 4, 0, 3, OUT), EINVAL);
    EXPECT_ERRNO(wasi_fd_seek(ctx, mem, 4, 0, 256, OUT), EINVAL);
    EXPECT_ERRNO(wasi_fd_advise(ctx, mem, 4, 0, 0, 6), EINVAL);
    EXPECT_ERRNO(wasi_fd_fdstat_set_flags(ctx, mem, 4, 32), EINVAL);
    EXPECT_ERRNO(wasi_fd_fdstat_set_rights(ctx, mem, 4, 1u << 30, 0), EINVAL);
    EXPECT_ERRNO(wasi_fd_fdstat_set_rights(ctx, mem, 4, 0, (u64)1 << 40), EINVAL);
    EXPECT_ERRNO(wasi_fd_filestat_set_times(ctx, mem, 4, 0, 0, 16), EINVAL);
    EXPECT_ERRNO(wasi_path_filestat_get(ctx, mem, 3, 2, PATH("f"), OUT), EINVAL);
    EXPECT_ERRNO(wasi_path_filestat_set_times(ctx, mem, 3, 2, PATH("f"), 0, 0, 0), EINVAL);
    EXPECT_ERRNO(wasi_path_link(ctx, mem, 3, 2, PATH("f"), 3, PATH2("g")), EINVAL);
    EXPECT(guest_open("f", 2, 0, R_READ, 0) == -WASI_EINVAL);
    EXPECT(guest_open("f", 0, 16, R_READ, 0) == -WASI_EINVAL);
    EXPECT(guest_open("f", 0, 0, 1u << 30, 0) == -WASI_EINVAL);
    EXPECT(guest_open("f", 0, 0, R_READ, 32) == -WASI_EINVAL);
    EXPECT_ERRNO(wasi_proc_raise(ctx, mem, 31), EINVAL);
    EXPECT_ERRNO(wasi_sock_accept(ctx, mem, 4, 32, OUT), EINVAL);
    EXPECT_ERRNO(wasi_sock_recv(ctx, mem, 4, IOVS, 1, 4, OUT, OUT + 4), EINVAL);
    EXPECT_ERRNO(wasi_sock_send(ctx, mem, 4, IOVS, 1, 65536, OUT), EINVAL);
    EXPECT_ERRNO(wasi_sock_shutdown(ctx, mem, 4, 4), EINVAL);
    EXPECT(ctx->state == WASI_FAULTED);
    ctx->state = WASI_RUNS;
    EXPECT_ERRNO(wasi_proc_raise(ctx, mem, 30), ENOTSUP);
    EXPECT(ctx->state == WASI_RUNS);
    end();
}

int main(void)
{
    TEST(addresses_stay_inside_of_memory);
    TEST(a_fault_in_a_path_changes_nothing);
    TEST(lengths_are_counted_in_64_bits);
    TEST(buffers_stay_inside_of_memory);
    TEST(memory_may_be_empty);
    TEST(values_stay_inside_of_their_types);
    return test_end();
}
