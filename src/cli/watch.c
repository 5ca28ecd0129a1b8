/* The timeout: a thread that stops the guest where it runs (the epoch) and where it waits (a pipe
 * that WASI looks at), and as a last resort ends the process. */
#define _GNU_SOURCE /* pipe2 */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "os/os.h"

/* Guests look at the epoch at every loop and call, and at the pipe in every wait, so one of them
 * stops it long before this. */
#define GRACE_NS ((u64)200000000)

struct CliWatch {
    pthread_t thread;
    OsMutex mutex;
    pthread_cond_t wake;
    bool is_back; /* the guest; under the mutex */
    wasm_engine_t *engine;
    u64 timeout_ns;
    const char *file;
    int pipe[2]; /* a pipe: readable once its other end is closed, which is when time is over */
};

/* Waits until the guest is back; false when the time is over. The mutex is held. */
static bool wait_until(CliWatch *w, u64 deadline_ns)
{
    struct timespec at = {(time_t)(deadline_ns / 1000000000), (long)(deadline_ns % 1000000000)};
    while (!w->is_back)
        if (pthread_cond_timedwait(&w->wake, &w->mutex, &at) == ETIMEDOUT)
            return w->is_back;
    return true;
}

static void *watch(void *ctx)
{
    CliWatch *w = ctx;
    u64 deadline_ns = os_monotonic_ns() + w->timeout_ns;
    os_lock(&w->mutex);
    if (!wait_until(w, deadline_ns)) {
        wasmtime_engine_increment_epoch(w->engine);
        close(w->pipe[1]);
        w->pipe[1] = -1;
        /* What is left waits in the system for a file or a full pipe. Nothing of the command's is
         * half done while a guest runs, so the process may just end. */
        if (!wait_until(w, os_monotonic_ns() + GRACE_NS)) {
            StrBuf context = {0};
            sb_printf(&context, "failed to run main module `%s`", w->file);
            const char *text = sb_str(&context);
            cli_report_trap(&text, 1, wasmtime_trap_new_code(WASMTIME_TRAP_CODE_INTERRUPT));
            _exit(CLI_TRAPPED);
        }
    }
    os_unlock(&w->mutex);
    return NULL;
}

static bool start(CliWatch *w)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0)
        return false;
    bool is_ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
                 pthread_cond_init(&w->wake, &attr) == 0;
    pthread_condattr_destroy(&attr);
    if (!is_ok)
        return false;
    if (pipe2(w->pipe, O_CLOEXEC) == 0) {
        if (pthread_create(&w->thread, NULL, watch, w) == 0)
            return true;
        close(w->pipe[0]);
        close(w->pipe[1]);
    }
    pthread_cond_destroy(&w->wake);
    return false;
}

int cli_watch_fd(const CliWatch *w) { return w ? w->pipe[0] : -1; }

CliWatch *cli_watch_start(wasm_engine_t *engine, u64 timeout_ns, const char *file)
{
    CliWatch *w = calloc(1, sizeof *w);
    if (w) {
        w->mutex = (OsMutex)OS_MUTEX_INIT;
        w->engine = engine;
        w->timeout_ns = timeout_ns;
        w->file = file;
        if (start(w))
            return w;
        free(w);
    }
    cli_fail("the system refuses the thread or the pipe that -W timeout needs");
    return NULL;
}

void cli_watch_stop(CliWatch *w)
{
    if (!w)
        return;
    os_lock(&w->mutex);
    w->is_back = true;
    pthread_cond_signal(&w->wake);
    os_unlock(&w->mutex);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->wake);
    close(w->pipe[0]);
    if (w->pipe[1] >= 0)
        close(w->pipe[1]);
    free(w);
}
