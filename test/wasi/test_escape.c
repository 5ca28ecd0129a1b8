/* What a guest must not reach: everything beside its directory, by "..", links, renaming while it
 * looks, the kernel's magic links, descriptors it was not given, and writing where it may only
 * read. Each test runs with openat2 and with the walk. */
#define _GNU_SOURCE
#include "kit.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

/* ---- Paths that lead out -------------------------------------------------------------------- */

static const char *const ways_out[] = {
    "..", "../", "../.", "../secret", "./../secret", "dir/../../secret", "dir/../..",
    "empty/../../side", "lnd/../../secret", "/", "//", "/etc/passwd", "///etc/passwd", "abs", "up",
    "abs/", "up/", "out/secret", "out", "out/.", "out/sandbox/f", "deep", "deep/secret", "dir/far",
    "dir/root/etc/passwd", "chain1", "chain1/secret", "../sandbox/f", "dir/../../sandbox/f",
    "self/f",
};

static void add_links_out(void)
{
    link_to("..", "sandbox/out");
    link_to("dir/../empty/../..", "sandbox/deep");
    link_to("../../secret", "sandbox/dir/far");
    link_to("/", "sandbox/dir/root");
    link_to("chain2", "sandbox/chain1");
    link_to("dir/../chain3", "sandbox/chain2");
    link_to("../", "sandbox/chain3");
    link_to("../sandbox", "sandbox/self");
}

static void expect_unharmed(void)
{
    EXPECT(file_is("secret", "secret") && exists("side") && !exists("new") && !exists("side/new"));
}

static void no_path_leads_out(void)
{
    for (size_t i = 0; i < ARRAY_LEN(ways_out); i++) {
        const char *p = ways_out[i];
        bool held = true;
        begin_files(true);
        add_links_out();
        for (u32 oflags = 0; oflags < 16; oflags++)
            held &= EXPECT(guest_open(p, 1, oflags, R_READ, 0) < 0) &&
                    EXPECT(guest_open(p, 1, oflags, R_WRITE, 0) < 0);
        held &= EXPECT(wasi_path_filestat_get(ctx, mem, 3, 1, PATH(p), OUT) != 0);
        held &= EXPECT(wasi_path_filestat_set_times(ctx, mem, 3, 1, PATH(p), 1, 1, 5) != 0);
        held &= EXPECT_ERRNO(wasi_path_filestat_get(ctx, mem, 3, 1, PATH(p), OUT), EPERM);
        if (!held)
            printf("  path %s, %s\n", p, walks ? "walk" : "openat2");
        expect_unharmed();
    }
    end();
}

/* Names made, removed, renamed and linked in a place that a path leads out to. */
static void no_change_happens_outside(void)
{
    static const char *const places[] = {"../new", "out/new", "deep/new", "dir/../../new",
                                         "/tmp/new", "chain1/new", "out/side/new"};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        const char *p = places[i];
        begin_files(true);
        add_links_out();
        EXPECT_ERRNO(wasi_path_create_directory(ctx, mem, 3, PATH(p)), EPERM);
        EXPECT_ERRNO(wasi_path_symlink(ctx, mem, PATH2("f"), 3, PATH(p)), EPERM);
        EXPECT_ERRNO(wasi_path_rename(ctx, mem, 3, PATH("f"), 3, PATH2(p)), EPERM);
        EXPECT_ERRNO(wasi_path_link(ctx, mem, 3, 0, PATH("f"), 3, PATH2(p)), EPERM);
        EXPECT_ERRNO(wasi_path_unlink_file(ctx, mem, 3, PATH(p)), EPERM);
        EXPECT_ERRNO(wasi_path_remove_directory(ctx, mem, 3, PATH(p)), EPERM);
        EXPECT_ERRNO(wasi_path_readlink(ctx, mem, 3, PATH(p), BUF, 9, OUT), EPERM);
        expect_unharmed();
        EXPECT(file_is("sandbox/f", "hello"));
    }
    begin_files(true);
    add_links_out();
    EXPECT_ERRNO(wasi_path_rename(ctx, mem, 3, PATH("../secret"), 3, PATH2("got")), EPERM);
    EXPECT_ERRNO(wasi_path_rename(ctx, mem, 3, PATH("out/secret"), 3, PATH2("got")), EPERM);
    EXPECT_ERRNO(wasi_path_link(ctx, mem, 3, 0, PATH("../secret"), 3, PATH2("got")), EPERM);
    EXPECT_ERRNO(wasi_path_link(ctx, mem, 3, 0, PATH("out/secret"), 3, PATH2("got")), EPERM);
    EXPECT_ERRNO(wasi_path_unlink_file(ctx, mem, 3, PATH("out/secret")), EPERM);
    EXPECT_ERRNO(wasi_path_remove_directory(ctx, mem, 3, PATH("out/side")), EPERM);
    EXPECT(!exists("sandbox/got"));
    expect_unharmed();
    end();
}

/* ---- Links ---------------------------------------------------------------------------------- */

static void links_inside_work(void)
{
    begin_files(true);
    link_to("dir/../lnd/inner", "sandbox/long");
    link_to("../f", "sandbox/dir/back");
    link_to("./dir/.", "sandbox/dot");
    EXPECT(guest_open("long", 1, 0, R_READ, 0) == 4);
    EXPECT(guest_open("dir/back", 1, 0, R_READ, 0) == 5);
    EXPECT(guest_open("lnd/back", 1, 0, R_READ, 0) == 6);
    EXPECT(guest_open("dot/inner", 0, 0, R_READ, 0) == 7);
    EXPECT_ERRNO(wasi_fd_read(ctx, mem, 5, IOV(BUF, 9), OUT), OK);
    EXPECT(mem_is(BUF, "hello"));
    /* a link to nothing can be created through */
    EXPECT_ERRNO(wasi_path_symlink(ctx, mem, PATH2("dir/made"), 3, PATH("maker")), OK);
    EXPECT(guest_open("maker", 0, WASI_OFLAG_CREAT, R_WRITE, 0) == -WASI_ELOOP);
    EXPECT(guest_open("maker", 1, WASI_OFLAG_CREAT, R_WRITE, 0) == 8);
    EXPECT(exists("sandbox/dir/made"));
    end();
}

static void links_out_cannot_be_made_use_of(void)
{
    begin_files(true);
    EXPECT_ERRNO(wasi_path_symlink(ctx, mem, PATH2("/etc"), 3, PATH("new")), EPERM);
    EXPECT_ERRNO(wasi_path_symlink(ctx, mem, PATH2("../secret"), 3, PATH("new")), OK);
    EXPECT(guest_open("new", 1, 0, R_READ, 0) == -WASI_EPERM);
    EXPECT(guest_open("new", 1, WASI_OFLAG_CREAT | WASI_OFLAG_TRUNC, R_WRITE, 0) == -WASI_EPERM);
    EXPECT_ERRNO(wasi_path_readlink(ctx, mem, 3, PATH("abs"), BUF, 99, OUT), EPERM);
    /* A hard link to a link is a link, and as useless. */
    EXPECT_ERRNO(wasi_path_link(ctx, mem, 3, 0, PATH("abs"), 3, PATH2("hard")), OK);
    EXPECT(guest_open("hard", 1, 0, R_READ, 0) == -WASI_EPERM);
    EXPECT_ERRNO(wasi_path_link(ctx, mem, 3, 1, PATH("abs"), 3, PATH2("followed")), EINVAL);
    /* The link itself can go. */
    EXPECT_ERRNO(wasi_path_unlink_file(ctx, mem, 3, PATH("abs")), OK);
    EXPECT_ERRNO(wasi_path_rename(ctx, mem, 3, PATH("up"), 3, PATH2("dir/up")), OK);
    EXPECT(guest_open("dir/up", 1, 0, R_READ, 0) == -WASI_ENOENT); /* now ../secret in sandbox */
    expect_unharmed();
    end();
}

static void links_are_counted(void)
{
    char name[32], target[32];
    begin_files(true);
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "sandbox/c%d", i);
        snprintf(target, sizeof target, i ? "c%d" : "f", i - 1);
        link_to(target, name);
    }
    EXPECT(guest_open("c39", 1, 0, R_READ, 0) >= 0);
    EXPECT(guest_open("c40", 1, 0, R_READ, 0) == -WASI_ELOOP);
    EXPECT(guest_open("loop", 1, 0, R_READ, 0) == -WASI_ELOOP);
    EXPECT(guest_open("loop/x", 0, 0, R_READ, 0) == -WASI_ELOOP);
    link_to("swing2/x", "sandbox/swing1");
    link_to("swing1/x", "sandbox/swing2");
    EXPECT(guest_open("swing1", 1, 0, R_READ, 0) == -WASI_ELOOP);
    end();
}

/* Links of /proc lead to what they stand for without looking at names. */
static void magic_links_are_not_followed(void)
{
    char path[64];
    int secret;
    begin_files(true);
    secret = open(in_outer("secret"), O_RDWR);
    EXPECT(wasi_config_preopen_dir(ctx, "/proc/self", "/proc", true));
    EXPECT_ERRNO(wasi_path_open(ctx, mem, 4, 1, PATH("status"), 0, 2, 0, 0, OUT), OK);
    snprintf(path, sizeof path, "fd/%d", secret);
    EXPECT(wasi_path_open(ctx, mem, 4, 1, PATH(path), 0, 2, 0, 0, OUT) != 0);
    EXPECT(wasi_path_filestat_get(ctx, mem, 4, 1, PATH(path), OUT) != 0);
    EXPECT(wasi_path_open(ctx, mem, 4, 1, PATH("root/etc/passwd"), 0, 2, 0, 0, OUT) != 0);
    EXPECT(wasi_path_open(ctx, mem, 4, 1, PATH("cwd"), 0, 2, 0, 0, OUT) != 0);
    EXPECT(wasi_path_open(ctx, mem, 4, 1, PATH("cwd/."), 0, 2, 0, 0, OUT) != 0);
    EXPECT(wasi_path_open(ctx, mem, 4, 1, PATH("exe"), 0, 2, 0, 0, OUT) != 0);
    EXPECT(wasi_path_open(ctx, mem, 4, 0, PATH("exe"), 0, 2, 0, 0, OUT) != 0);
    EXPECT(wasi_path_create_directory(ctx, mem, 4, PATH("root/tmp/new")) != 0);
    close(secret);
    end();
}

/* ---- Two directories ------------------------------------------------------------------------ */

static void directories_are_apart(void)
{
    begin_files(true);
    EXPECT(wasi_config_preopen_dir(ctx, in_outer("side"), "/side", true));
    link_to("../side", "sandbox/to_side");
    EXPECT(guest_open("to_side/new", 1, WASI_OFLAG_CREAT, R_WRITE, 0) == -WASI_EPERM);
    EXPECT(guest_open("../side", 1, 0, R_READ, 0) == -WASI_EPERM);
    EXPECT_ERRNO(wasi_path_rename(ctx, mem, 3, PATH("f"), 4, PATH2("../f")), EPERM);
    EXPECT_ERRNO(wasi_path_rename(ctx, mem, 3, PATH("f"), 4, PATH2("moved")), OK);
    EXPECT(file_is("side/moved", "hello"));
    EXPECT_ERRNO(wasi_path_link(ctx, mem, 4, 0, PATH("moved"), 3, PATH2("f")), OK);
    EXPECT(file_is("sandbox/f", "hello"));
    /* A link moved to another place leads from there, and still not out. */
    EXPECT_ERRNO(wasi_path_rename(ctx, mem, 3, PATH("up"), 4, PATH2("up")), OK);
    EXPECT_ERRNO(wasi_path_open(ctx, mem, 4, 1, PATH("up"), 0, 2, 0, 0, OUT), EPERM);
    end();
}

static void read_only_stays_read_only(void)
{
    int fd;
    begin_files(false);
    EXPECT(wasi_config_preopen_dir(ctx, in_outer("side"), "/side", true));
    put_text(BUF, "bad");
    EXPECT_ERRNO(wasi_path_rename(ctx, mem, 3, PATH("f"), 4, PATH2("f")), EPERM);
    EXPECT_ERRNO(wasi_path_rename(ctx, mem, 4, PATH("x"), 3, PATH2("f")), EPERM);
    /* A second name for a file must not be the way to write to it. */
    EXPECT_ERRNO(wasi_path_link(ctx, mem, 3, 0, PATH("f"), 4, PATH2("f")), EPERM);
    EXPECT_ERRNO(wasi_path_link(ctx, mem, 4, 0, PATH("x"), 3, PATH2("y")), EPERM);
    EXPECT(guest_open("f", 0, 0, R_WRITE, 0) == -WASI_EPERM);
    EXPECT(guest_open("f", 0, WASI_OFLAG_TRUNC, R_READ, 0) == -WASI_EPERM);
    EXPECT(guest_open("new", 0, WASI_OFLAG_CREAT, R_READ, 0) == -WASI_EPERM);
    fd = guest_open("f", 0, 0, R_READ, WASI_FDFLAG_APPEND);
    EXPECT(fd == 5);
    EXPECT_ERRNO(wasi_fd_write(ctx, mem, 5, IOV(BUF, 3), OUT), EBADF);
    EXPECT_ERRNO(wasi_fd_pwrite(ctx, mem, 5, IOV(BUF, 3), 0, OUT), EBADF);
    EXPECT_ERRNO(wasi_fd_filestat_set_size(ctx, mem, 5, 0), EPERM);
    EXPECT_ERRNO(wasi_fd_filestat_set_times(ctx, mem, 5, 1, 1, 5), EPERM);
    EXPECT_ERRNO(wasi_fd_filestat_set_times(ctx, mem, 3, 1, 1, 5), EPERM);
    /* What is opened beneath is read-only as well. */
    EXPECT(guest_open("dir", 0, WASI_OFLAG_DIRECTORY, R_READ, 0) == 6);
    EXPECT_ERRNO(wasi_path_open(ctx, mem, 6, 0, PATH("inner"), 0, R_WRITE, 0, 0, OUT), EPERM);
    EXPECT_ERRNO(wasi_path_unlink_file(ctx, mem, 6, PATH("inner")), EPERM);
    EXPECT_ERRNO(wasi_path_open(ctx, mem, 6, 0, PATH("../f"), 0, R_READ, 0, 0, OUT), EPERM);
    EXPECT_ERRNO(wasi_fd_renumber(ctx, mem, 4, 6), OK); /* numbers carry no rights with them */
    EXPECT_ERRNO(wasi_path_create_directory(ctx, mem, 6, PATH("fine")), OK);
    EXPECT(file_is("sandbox/f", "hello") && exists("sandbox/dir/inner") && !exists("side/f"));
    end();
}

/* ---- Descriptors ---------------------------------------------------------------------------- */

/* The numbers of the host's own descriptors mean nothing to the guest. */
static void unopened_descriptors_do_not_exist(void)
{
    int secret;
    begin_files(true);
    secret = open(in_outer("secret"), O_RDWR);
    EXPECT(secret >= 4);
    for (u32 fd = 4; fd < (u32)secret + 4; fd++) {
        EXPECT_ERRNO(wasi_fd_read(ctx, mem, fd, IOV(BUF, 9), OUT), EBADF);
        EXPECT_ERRNO(wasi_fd_write(ctx, mem, fd, IOV(BUF, 9), OUT), EBADF);
        EXPECT_ERRNO(wasi_fd_filestat_get(ctx, mem, fd, OUT), EBADF);
        EXPECT_ERRNO(wasi_fd_close(ctx, mem, fd), EBADF);
        EXPECT_ERRNO(wasi_fd_renumber(ctx, mem, fd, 0), EBADF);
        EXPECT_ERRNO(wasi_path_open(ctx, mem, fd, 0, PATH("f"), 0, 2, 0, 0, OUT), EBADF);
        EXPECT_ERRNO(wasi_sock_accept(ctx, mem, fd, 0, OUT), EBADF);
        EXPECT_ERRNO(wasi_sock_recv(ctx, mem, fd, IOV(BUF, 9), 0, OUT, OUT), EBADF);
    }
    EXPECT_ERRNO(wasi_fd_close(ctx, mem, 3), OK);
    EXPECT_ERRNO(wasi_path_open(ctx, mem, 3, 0, PATH("f"), 0, 2, 0, 0, OUT), EBADF);
    EXPECT(lseek(secret, 0, SEEK_CUR) == 0);
    close(secret);
    end();
}

/* No descriptor of the guest goes on into a program that the host starts. */
static void descriptors_close_on_exec(void)
{
    begin_files(true);
    EXPECT(guest_open("f", 0, 0, R_READ, 0) == 4);
    EXPECT(guest_open("dir", 0, 0, R_READ, 0) == 5);
    EXPECT_ERRNO(wasi_fd_readdir(ctx, mem, 3, BUF, 100, 0, OUT), OK);
    for (u32 fd = 3; fd < 6; fd++)
        EXPECT(fcntl(ctx->fds[fd].fd, F_GETFD) & FD_CLOEXEC);
    EXPECT(fcntl(ctx->fds[3].list_fd, F_GETFD) & FD_CLOEXEC);
    end();
}

static int count_host_fds(void)
{
    int count = 0;
    for (int fd = 0; fd < 200; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* Whatever fails half-way gives back what it had opened. */
static void nothing_leaks(void)
{
    int before = count_host_fds();
    begin_files(true);
    add_links_out();
    for (size_t i = 0; i < ARRAY_LEN(ways_out); i++) {
        const char *p = ways_out[i];
        guest_open(p, 1, 0, R_READ, 0);
        wasi_path_rename(ctx, mem, 3, PATH("dir/inner"), 3, PATH2(p));
        wasi_path_rename(ctx, mem, 3, PATH(p), 3, PATH2("dir/x"));
        wasi_path_link(ctx, mem, 3, 0, PATH("dir/nope"), 3, PATH2(p));
        wasi_path_link(ctx, mem, 3, 0, PATH("dir/inner"), 3, PATH2("nope/x"));
        wasi_path_filestat_get(ctx, mem, 3, 1, PATH(p), UINT32_MAX & ~7u);
        wasi_path_readlink(ctx, mem, 3, PATH("lnd/inner"), BUF, 9, OUT);
        wasi_path_symlink(ctx, mem, PATH2("x"), 3, PATH("dir/inner"));
    }
    EXPECT_U64(count_host_fds(), before + 1);
    end();
    EXPECT_U64(count_host_fds(), before);
}

/* ---- Races ---------------------------------------------------------------------------------- */

static atomic_bool stop_racing;

/* Moves sandbox/a/b out of the sandbox and back, again and again, while the guest goes through it
 * and up again. */
static void *move_about(void *unused)
{
    char inside[200], outside[200];
    (void)unused;
    snprintf(inside, sizeof inside, "%s/sandbox/a/b", outer);
    snprintf(outside, sizeof outside, "%s/side/b", outer);
    while (!stop_racing) {
        if (rename(inside, outside) != 0 || rename(outside, inside) != 0)
            abort();
    }
    return NULL;
}

/* Exchanges a directory and a link that leads out. */
static void *exchange(void *unused)
{
    char first[200], second[200];
    (void)unused;
    snprintf(first, sizeof first, "%s/sandbox/dir", outer);
    snprintf(second, sizeof second, "%s/sandbox/out", outer);
    while (!stop_racing)
        if (syscall(SYS_renameat2, AT_FDCWD, first, AT_FDCWD, second, 2 /* RENAME_EXCHANGE */) != 0)
            abort();
    return NULL;
}

/* Goes on for a moment of time; true until then. */
static bool racing(u64 *until)
{
    u64 now = wasi_now_ns(CLOCK_MONOTONIC);
    if (*until == 0)
        *until = now + 400000000u;
    return now < *until;
}

static void moving_directories_do_not_let_out(void)
{
    pthread_t mover;
    u64 until = 0;
    int found = 0;
    begin_files(true);
    mkdir(in_outer("sandbox/a"), 0777);
    mkdir(in_outer("sandbox/a/b"), 0777);
    mkdir(in_outer("sandbox/a/b/c"), 0777);
    stop_racing = false;
    pthread_create(&mover, NULL, move_about, NULL);
    while (racing(&until)) {
        /* Were ".." looked up by name after b had moved to side/, this would be outer/secret. */
        int fd = guest_open("a/b/c/../../../secret", 1, 0, R_READ, 0);
        EXPECT(fd == -WASI_ENOENT || fd == -WASI_EPERM);
        EXPECT(wasi_path_unlink_file(ctx, mem, 3, PATH("a/b/c/../../../secret")) != 0);
        EXPECT(guest_open("a/b/../../../secret", 1, 0, R_READ, 0) < 0);
        fd = guest_open("a/b/c/../../../f", 1, 0, R_READ, 0);
        if (fd >= 0) {
            found++;
            EXPECT_ERRNO(wasi_fd_close(ctx, mem, (u32)fd), OK);
        }
    }
    stop_racing = true;
    pthread_join(mover, NULL);
    EXPECT(found > 0);
    expect_unharmed();
    end();
}

static void exchanged_links_do_not_let_out(void)
{
    pthread_t mover;
    u64 until = 0;
    int found = 0;
    begin_files(true);
    link_to("..", "sandbox/out");
    write_file("inner", "outside");
    stop_racing = false;
    pthread_create(&mover, NULL, exchange, NULL);
    while (racing(&until)) {
        int fd = guest_open("dir/inner", 1, 0, R_READ, 0);
        if (fd >= 0) {
            found++;
            EXPECT_ERRNO(wasi_fd_read(ctx, mem, (u32)fd, IOV(BUF, 9), OUT), OK);
            EXPECT(get32(OUT) == 1 && mem.base[BUF] == 'x');
            EXPECT_ERRNO(wasi_fd_close(ctx, mem, (u32)fd), OK);
        } else {
            EXPECT(fd == -WASI_EPERM || fd == -WASI_ENOENT);
        }
        EXPECT(wasi_path_filestat_get(ctx, mem, 3, 1, PATH("dir/secret"), OUT) != 0);
        wasi_path_create_directory(ctx, mem, 3, PATH("dir/new"));
    }
    stop_racing = true;
    pthread_join(mover, NULL);
    EXPECT(found > 0);
    expect_unharmed();
    end();
}

/* Lets openat2 fail with an error from now on, as a seccomp filter around the process would. */
static bool deny_openat2(int error)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (u32)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {ARRAY_LEN(filter), filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* In a child: its exit status is the number of what went wrong. */
static int open_without_openat2(int error)
{
    if (!deny_openat2(error))
        return 100;
    if (guest_open("dir/../f", 0, 0, R_READ, 0) != 4)
        return 1;
    if (guest_open("lnd/inner", 0, 0, R_READ, 0) != 5)
        return 2;
    if (guest_open("../secret", 0, 0, R_READ, 0) != -WASI_EPERM)
        return 3;
    if (guest_open("up", 1, 0, R_READ, 0) != -WASI_EPERM)
        return 4;
    return ctx->has_no_openat2 != (error == ENOSYS && !walks) ? 5 : 0;
}

/* Where openat2 is missing, forbidden, or cannot make sure (EAGAIN), the walk does it. */
static void the_walk_takes_over(void)
{
    static const int errors[] = {ENOSYS, EPERM, EAGAIN};
    for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
        int status = 0;
        pid_t child;
        begin_files(true);
        child = fork();
        if (child == 0)
            _exit(open_without_openat2(errors[i]));
        EXPECT(waitpid(child, &status, 0) == child && WIFEXITED(status));
        if (WEXITSTATUS(status) == 100)
            SKIP("this system has no seccomp filters");
        EXPECT_U64(WEXITSTATUS(status), 0);
    }
    end();
}

/* A path of many components needs no recursion and no depth that is not there. */
static void deep_paths(void)
{
    char path[PATH_MAX];
    size_t len = 0;
    begin_files(true);
    for (int i = 0; i < 100; i++) {
        len += (size_t)snprintf(path + len, sizeof path - len, i ? "/d" : "d");
        EXPECT_ERRNO(wasi_path_create_directory(ctx, mem, 3, PATH(path)), OK);
    }
    for (int i = 0; i < 100; i++)
        len += (size_t)snprintf(path + len, sizeof path - len, "/..");
    snprintf(path + len, sizeof path - len, "/f");
    EXPECT(guest_open(path, 0, 0, R_READ, 0) == 4);
    snprintf(path + len, sizeof path - len, "/../secret");
    EXPECT(guest_open(path, 0, 0, R_READ, 0) == -WASI_EPERM);
    for (len = 0; len + 8 < sizeof path; len += 7)
        memcpy(path + len, "dir/../", 8);
    EXPECT(guest_open(path, 0, 0, R_READ, 0) == 5);
    end();
}

int main(void)
{
    umask(022);
    for (int i = 0; i < 2; i++) {
        walks = i == 1;
        printf("%s\n", walks ? "with the walk" : "with openat2");
        TEST(the_walk_takes_over);
        TEST(no_path_leads_out);
        TEST(no_change_happens_outside);
        TEST(links_inside_work);
        TEST(links_out_cannot_be_made_use_of);
        TEST(links_are_counted);
        TEST(magic_links_are_not_followed);
        TEST(directories_are_apart);
        TEST(read_only_stays_read_only);
        TEST(unopened_descriptors_do_not_exist);
        TEST(descriptors_close_on_exec);
        TEST(nothing_leaks);
        TEST(deep_paths);
        TEST(moving_directories_do_not_let_out);
        TEST(exchanged_links_do_not_let_out);
    }
    return test_end();
}
