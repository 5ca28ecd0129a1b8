/* The system room: files, pages, threads, and faults passed on to handlers that were there before.
 * Everything about signals runs in child processes, since it changes the process for good. */
#define _GNU_SOURCE
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static char dir[] = "/tmp/stint-os-XXXXXX";

static const char *in_dir(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void files_are_written_and_read_whole(void)
{
    const char *path = in_dir("file");
    u8 *bytes;
    size_t len;
    u8 big[200000];
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (u8)(i * 7 + i / 256);
    umask(027);
    EXPECT_U64(os_write_file(path, big, sizeof big), 0);
    if (!EXPECT(os_read_file(path, SIZE_MAX / 2, &bytes, &len) == 0))
        return;
    EXPECT_U64(len, sizeof big);
    EXPECT(memcmp(bytes, big, sizeof big) == 0 && bytes[len] == 0);
    free(bytes);
    struct stat st;
    EXPECT(stat(path, &st) == 0);
    EXPECT_U64(st.st_mode & 0777, 0640);
    EXPECT_U64(os_read_file(path, 1000, &bytes, &len), EFBIG);
    EXPECT_U64(os_append_file(path, "x", 1), 0);
    EXPECT(stat(path, &st) == 0 && st.st_size == sizeof big + 1);

    chmod(path, 0600);
    EXPECT_U64(os_write_file(path, "two", 3), 0);
    EXPECT(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600 && st.st_size == 3);
    const u8 *mapped;
    EXPECT_U64(os_map_file(path, &mapped, &len), 0);
    EXPECT(len == 3 && memcmp(mapped, "two", 3) == 0);
    os_unmap_file(mapped, len);
}

static void files_that_cannot_be_read(void)
{
    u8 *bytes;
    const u8 *mapped;
    size_t len;
    char text[OS_ERROR_TEXT_MAX];
    EXPECT_U64(os_read_file(in_dir("absent"), 100, &bytes, &len), ENOENT);
    EXPECT_U64(os_read_file(dir, 100, &bytes, &len), EISDIR);
    EXPECT_U64(os_map_file(dir, &mapped, &len), EISDIR);
    EXPECT_U64(os_write_file(in_dir("absent/file"), "x", 1), ENOENT);
    EXPECT_U64(os_write_file("/dev/full", "x", 1), ENOSPC);
    EXPECT_U64(os_read_file("/dev/zero", 100000, &bytes, &len), EFBIG);
    EXPECT_STR(os_error_text(ENOENT, text), "No such file or directory");
    if (EXPECT(os_read_file("/proc/self/status", 1 << 20, &bytes, &len) == 0)) {
        EXPECT(len > 100);
        free(bytes);
    }
}

static void write_fails_without_a_trace(void)
{
    struct stat st;
    EXPECT(mkdir(in_dir("ro"), 0700) == 0);
    EXPECT_U64(os_write_file(in_dir("ro"), "x", 1), EISDIR);
    EXPECT(stat(in_dir("ro.XXXXXX"), &st) != 0);
}

static void pages_are_zero_and_discarded(void)
{
    size_t n = 4 * os_page_bytes();
    u8 *at = os_map(n, OS_NONE);
    if (!EXPECT(at != NULL))
        return;
    EXPECT(os_protect(at, n, OS_READ_WRITE));
    EXPECT_U64(at[n - 1], 0);
    at[n - 1] = 5;
    EXPECT(os_discard(at, n));
    EXPECT_U64(at[n - 1], 0);
    os_unmap(at, n);
    EXPECT(os_map((size_t)1 << 60, OS_NONE) == NULL);
}

typedef struct Sum {
    u64 next, total, workers;
} Sum;

static void add_some(void *ctx, u32 worker)
{
    Sum *sum = ctx;
    __atomic_fetch_or(&sum->workers, (u64)1 << worker, __ATOMIC_RELAXED);
    u64 i;
    while ((i = __atomic_fetch_add(&sum->next, 1, __ATOMIC_RELAXED)) < 1000)
        __atomic_fetch_add(&sum->total, i, __ATOMIC_RELAXED);
}

static void workers_share_the_work(void)
{
    for (u32 threads = 0; threads < 5; threads++) {
        Sum sum = {0};
        u32 ran = os_parallel(threads, add_some, &sum);
        EXPECT_U64(ran, MAX(threads, 1u));
        EXPECT_U64(sum.total, 499500);
        EXPECT_U64(sum.workers, ((u64)1 << ran) - 1);
    }
}

static void what_the_system_says(void)
{
    EXPECT(os_cpu_count() >= 1);
    EXPECT(os_process_id() == (u32)getpid());
    EXPECT(os_random_u64() != os_random_u64());
    u64 t = os_monotonic_ns();
    EXPECT(os_monotonic_ns() >= t && os_wall_ns() > (u64)1700000000 * 1000000000);
    u64 low, high, here = (u64)(uintptr_t)__builtin_frame_address(0);
    EXPECT(os_stack_bounds(&low, &high) && low < here && here < high);
}

/* ---- faults ---- */

static u8 *volatile forbidden; /* an inaccessible page; faults there are "ours" */
static volatile int seen;

extern void test_resume(void);
extern void test_poke(u8 *at);
#if defined(__x86_64__)
/* Faults at its first instruction; the judge lets it go on at test_resume. */
__asm__(".text\n"
        "test_poke: movb $1, (%rdi)\n"
        "ret\n"
        "test_resume: ret\n");
#else
__asm__(".text\n"
        "test_poke: strb w0, [x0]\n"
        "ret\n"
        "test_resume: ret\n");
#endif

static bool judge(OsFault *fault)
{
    if (!fault->is_access || fault->addr - (u64)(uintptr_t)forbidden >= os_page_bytes())
        return false;
    fault->pc = (u64)(uintptr_t)test_resume;
    return true;
}

static int child(int (*body)(void))
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        forbidden = os_map(os_page_bytes(), OS_NONE);
        _exit(body());
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return status;
}

static void set_handler(int sig, void (*handler)(int), int flags)
{
    struct sigaction sa = {.sa_handler = handler, .sa_flags = flags};
    sigaction(sig, &sa, NULL);
}

static bool begin(void)
{
    return os_catch_faults(judge) && os_catch_faults(judge) && os_thread_catch_faults() &&
           os_thread_catch_faults();
}

static int resumes(void)
{
    if (!begin())
        return 1;
    for (int i = 0; i < 1000; i++)
        test_poke(forbidden);
    stack_t now;
    sigaltstack(NULL, &now);
    return (now.ss_flags & SS_DISABLE) ? 2 : 0;
}

static int dies_by_default(void)
{
    set_handler(SIGSEGV, SIG_DFL, 0);
    if (!begin())
        return 1;
    test_poke(forbidden);
    test_poke(NULL);
    return 2;
}

static int fault_cannot_be_ignored(void)
{
    set_handler(SIGSEGV, SIG_IGN, 0);
    if (!begin())
        return 1;
    raise(SIGSEGV); /* but a signal that was sent can */
    test_poke(forbidden);
    seen = 1;
    test_poke(NULL);
    return 2;
}

static int sent_signal_kills(void)
{
    set_handler(SIGBUS, SIG_DFL, 0);
    if (!begin())
        return 1;
    raise(SIGBUS);
    return 2;
}

static u8 *readable;

static void open_page(int sig, siginfo_t *info, void *context)
{
    (void)context;
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    seen += sig == SIGSEGV && info->si_addr == readable && sigismember(&mask, SIGUSR1) &&
            sigismember(&mask, SIGSEGV);
    os_protect(readable, os_page_bytes(), OS_READ_WRITE);
}

static int chains_with_info_and_mask(void)
{
    readable = os_map(os_page_bytes(), OS_NONE);
    struct sigaction sa = {.sa_sigaction = open_page, .sa_flags = SA_SIGINFO};
    sigaddset(&sa.sa_mask, SIGUSR1);
    sigaction(SIGSEGV, &sa, NULL);
    if (!begin())
        return 1;
    test_poke(readable);
    test_poke(forbidden);
    return seen == 1 && readable[0] == 1 ? 0 : 2;
}

static void count_plain(int sig)
{
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    seen += 1 + 10 * sigismember(&mask, sig);
}

static int chains_plain_once(void)
{
    set_handler(SIGILL, count_plain, SA_RESETHAND | SA_NODEFER);
    if (!begin())
        return 1;
    raise(SIGILL);
    if (seen != 1)
        return 2;
    raise(SIGILL); /* the handler was for one time */
    return 3;
}

static void *faults_in_thread(void *arg)
{
    stack_t mine;
    if (!os_thread_catch_faults() || sigaltstack(NULL, &mine) != 0 || (mine.ss_flags & SS_DISABLE))
        return "no stack";
    for (int i = 0; i < 200; i++)
        test_poke(forbidden);
    return arg;
}

static int works_in_threads(void)
{
    if (!begin())
        return 1;
    for (int round = 0; round < 20; round++) {
        pthread_t t[4];
        for (int i = 0; i < 4; i++)
            if (pthread_create(&t[i], NULL, faults_in_thread, NULL) != 0)
                return 2;
        for (int i = 0; i < 4; i++) {
            void *result;
            pthread_join(t[i], &result);
            if (result)
                return 3;
        }
    }
    return 0;
}

static int keeps_a_stack_in_place(void)
{
    static u8 own[65536];
    stack_t mine = {.ss_sp = own, .ss_size = sizeof own}, now;
    sigaltstack(&mine, NULL);
    if (!begin())
        return 1;
    test_poke(forbidden);
    sigaltstack(NULL, &now);
    return now.ss_sp == own ? 0 : 2;
}

static void faults_of_ours_go_on(void)
{
    EXPECT_U64(child(resumes), 0);
    EXPECT_U64(child(works_in_threads), 0);
    EXPECT_U64(child(keeps_a_stack_in_place), 0);
}

static void faults_of_others_are_passed_on(void)
{
    EXPECT(WTERMSIG(child(dies_by_default)) == SIGSEGV);
    EXPECT(WTERMSIG(child(fault_cannot_be_ignored)) == SIGSEGV);
    EXPECT(WTERMSIG(child(sent_signal_kills)) == SIGBUS);
    EXPECT_U64(child(chains_with_info_and_mask), 0);
    EXPECT(WTERMSIG(child(chains_plain_once)) == SIGILL);
}

int main(void)
{
    if (!mkdtemp(dir))
        return 1;
    TEST(files_are_written_and_read_whole);
    TEST(files_that_cannot_be_read);
    TEST(write_fails_without_a_trace);
    TEST(pages_are_zero_and_discarded);
    TEST(workers_share_the_work);
    TEST(what_the_system_says);
    TEST(faults_of_ours_go_on);
    TEST(faults_of_others_are_passed_on);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return test_end() | (system(command) != 0);
}
