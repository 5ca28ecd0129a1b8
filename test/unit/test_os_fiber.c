/* Stacks beside those of threads: turns, on which thread ever; what each side keeps; guards. */
#include "os/os.h"

#include <fenv.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

enum { STACK_BYTES = 256 << 10, TURNS = 10 };

typedef struct Work {
    OsFiber fiber;
    u8 *low;
    u64 sum;
    int rounding; /* what the work found its mode to be, when it went on */
} Work;

static bool begin(Work *w, void (*run)(void *))
{
    *w = (Work){.low = os_map_stack(STACK_BYTES)};
    if (!EXPECT(w->low != NULL))
        return false;
    os_fiber_begin(&w->fiber, w->low, w->low + STACK_BYTES, run, w);
    return true;
}

static void end(const Work *w) { os_unmap_stack(w->low, STACK_BYTES); }

/* Many values, so that registers a callee has to preserve are among them. */
static void add_up(void *ctx)
{
    Work *w = ctx;
    u64 a = 1, b = 2, c = 3, d = 5, e = 7, f = 11;
    u8 own[1000];
    memset(own, 1, sizeof own);
    fesetround(FE_UPWARD);
    for (int i = 0; i < TURNS; i++) {
        os_fiber_leave(&w->fiber);
        w->rounding = fegetround();
        a += b, b += c, c += d, d += e, e += f, f += own[i];
    }
    w->sum = a + b + c + d + e + f;
}

static u64 right_sum(void)
{
    u64 a = 1, b = 2, c = 3, d = 5, e = 7, f = 11;
    for (int i = 0; i < TURNS; i++)
        a += b, b += c, c += d, d += e, e += f, f += 1;
    return a + b + c + d + e + f;
}

static void each_side_finds_what_it_left(void)
{
    Work w[2];
    if (!begin(&w[0], add_up) || !begin(&w[1], add_up))
        return;
    fesetround(FE_DOWNWARD);
    u64 turns = 0;
    for (bool is_done = false; !is_done; turns++) {
        is_done = os_fiber_enter(&w[0].fiber);
        EXPECT(os_fiber_enter(&w[1].fiber) == is_done);
        EXPECT(fegetround() == FE_DOWNWARD);
    }
    fesetround(FE_TONEAREST);
    EXPECT_U64(turns, TURNS + 1);
    for (int i = 0; i < 2; i++) {
        EXPECT_U64(w[i].sum, right_sum());
        EXPECT(w[i].rounding == FE_UPWARD);
        end(&w[i]);
    }
}

static void *enter(void *ctx) { return os_fiber_enter(ctx) ? ctx : NULL; }

static void turns_on_any_thread(void)
{
    Work w;
    void *is_done = NULL;
    if (!begin(&w, add_up))
        return;
    for (u64 i = 0; !is_done && i < 100; i++) {
        pthread_t thread;
        if (!EXPECT(pthread_create(&thread, NULL, enter, &w.fiber) == 0))
            return;
        pthread_join(thread, &is_done);
    }
    EXPECT_U64(w.sum, right_sum());
    end(&w);
}

/* One within another. */
static void enter_other(void *ctx)
{
    Work *w = ctx, other;
    if (!begin(&other, add_up))
        return;
    while (!os_fiber_enter(&other.fiber)) {
        os_fiber_leave(&w->fiber);
        w->sum++;
    }
    w->sum += other.sum;
    end(&other);
}

static void on_top_of_each_other(void)
{
    Work w;
    if (!begin(&w, enter_other))
        return;
    while (!os_fiber_enter(&w.fiber)) {}
    EXPECT_U64(w.sum, right_sum() + TURNS);
    end(&w);
}

static void stacks_have_guards(void)
{
    u8 *low = os_map_stack(STACK_BYTES);
    if (!EXPECT(low != NULL))
        return;
    low[0] = low[STACK_BYTES - 1] = 1;
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        *(volatile u8 *)(low - 60000) = 1;
        _exit(0);
    }
    EXPECT(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    os_unmap_stack(low, STACK_BYTES);
}

int main(void)
{
    TEST(each_side_finds_what_it_left);
    TEST(turns_on_any_thread);
    TEST(on_top_of_each_other);
    TEST(stacks_have_guards);
    return test_end();
}
