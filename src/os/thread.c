#define _GNU_SOURCE
#include "os/os.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

u32 os_cpu_count(void)
{
    /* A fixed cpu_set_t is too small on machines of more than 1024 CPUs, and the call then
     * fails. */
    for (int cpus = 1024; cpus <= 1 << 17; cpus *= 2) {
        cpu_set_t *set = CPU_ALLOC((size_t)cpus);
        if (!set)
            return 1;
        size_t bytes = CPU_ALLOC_SIZE((size_t)cpus);
        int n = sched_getaffinity(0, bytes, set) == 0 ? CPU_COUNT_S(bytes, set) : -1;
        CPU_FREE(set);
        if (n >= 0)
            return (u32)MAX(n, 1);
    }
    return 1;
}

void os_yield(void)
{
    sched_yield();
}

bool os_cond_init(OsCond *c)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0)
        return false;
    bool is_ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
                 pthread_cond_init(c, &attr) == 0;
    pthread_condattr_destroy(&attr);
    return is_ok;
}

void os_wait(OsCond *c, OsMutex *m, u64 until)
{
    struct timespec at = {.tv_sec = (time_t)(until / 1000000000), .tv_nsec = until % 1000000000};
    if (until == UINT64_MAX)
        check(pthread_cond_wait(c, m) == 0);
    else
        pthread_cond_timedwait(c, m, &at);
}

typedef struct Worker {
    pthread_t thread;
    void (*work)(void *ctx, u32 worker);
    void *ctx;
    u32 number;
} Worker;

static void *run_worker(void *arg)
{
    Worker *w = arg;
    w->work(w->ctx, w->number);
    return NULL;
}

/* Signals sent to the process are for the host's own threads. A fault in a worker is still
 * delivered: blocking those signals would only turn it into a silent death. */
static void block_signals(sigset_t *old)
{
    sigset_t all;
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGILL);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGABRT);
    sigdelset(&all, SIGTRAP);
    pthread_sigmask(SIG_SETMASK, &all, old);
}

u32 os_parallel(u32 threads, void (*work)(void *ctx, u32 worker), void *ctx)
{
    u32 started = 1;
    Worker *workers = threads > 1 ? calloc(threads, sizeof *workers) : NULL;
    if (workers) {
        sigset_t old;
        block_signals(&old);
        for (; started < threads; started++) {
            Worker *w = &workers[started];
            *w = (Worker){.work = work, .ctx = ctx, .number = started};
            if (pthread_create(&w->thread, NULL, run_worker, w) != 0)
                break;
        }
        pthread_sigmask(SIG_SETMASK, &old, NULL);
    }
    work(ctx, 0);
    for (u32 i = 1; i < started; i++)
        pthread_join(workers[i].thread, NULL);
    free(workers);
    return started;
}

bool os_stack_bounds(u64 *low, u64 *high)
{
    pthread_attr_t attr;
    if (pthread_getattr_np(pthread_self(), &attr) != 0)
        return false;
    void *at;
    size_t bytes;
    bool known = pthread_attr_getstack(&attr, &at, &bytes) == 0;
    pthread_attr_destroy(&attr);
    if (known) {
        *low = (u64)(uintptr_t)at;
        *high = *low + bytes;
    }
    return known;
}
