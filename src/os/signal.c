/* Faults of the process, judged in signal handlers.
 *
 * The handler asks the judge (rt) and, if the fault was the guest's, changes where the interrupted
 * thread goes on; returning from the signal then restores mask and registers as the kernel does
 * always. No siglongjmp: the stack of the interrupted code needs no cooperation.
 *
 * What is not ours goes on as if we had never been installed: to a handler of either form with the
 * mask it asked for, or to the default action. Everything here must be async-signal-safe.
 */
#define _GNU_SOURCE
#include "os/os.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <ucontext.h>

/* Room for our handler and for the one we chain to, beside what the kernel itself puts there. */
#define ALT_STACK_BYTES ((size_t)64 << 10)

static const int caught[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
static struct sigaction before[ARRAY_LEN(caught)]; /* written before our handler is installed */
static OsFaultJudge the_judge;
static bool are_installed;
static OsMutex install_lock = OS_MUTEX_INIT;

static pthread_key_t stack_key; /* value: the mapping of this thread's signal stack */
static pthread_once_t stack_key_once = PTHREAD_ONCE_INIT;
static bool has_stack_key;

#if defined(__x86_64__)
static u64 get_pc(const ucontext_t *uc) { return (u64)uc->uc_mcontext.gregs[REG_RIP]; }
static u64 get_sp(const ucontext_t *uc) { return (u64)uc->uc_mcontext.gregs[REG_RSP]; }
static u64 get_ctx(const ucontext_t *uc) { return (u64)uc->uc_mcontext.gregs[REG_R15]; }
static void set_pc_sp(ucontext_t *uc, u64 pc, u64 sp)
{
    uc->uc_mcontext.gregs[REG_RIP] = (greg_t)pc;
    uc->uc_mcontext.gregs[REG_RSP] = (greg_t)sp;
}
_Noreturn void os_jump(u64 pc, u64 sp)
{
    __asm__ volatile("mov %0, %%rsp\n\tjmp *%1" : : "r"(sp), "r"(pc) : "memory");
    __builtin_unreachable();
}
#elif defined(__aarch64__)
static u64 get_pc(const ucontext_t *uc) { return uc->uc_mcontext.pc; }
static u64 get_sp(const ucontext_t *uc) { return uc->uc_mcontext.sp; }
static u64 get_ctx(const ucontext_t *uc) { return uc->uc_mcontext.regs[28]; }
static void set_pc_sp(ucontext_t *uc, u64 pc, u64 sp)
{
    uc->uc_mcontext.pc = pc;
    uc->uc_mcontext.sp = sp;
}
_Noreturn void os_jump(u64 pc, u64 sp)
{
    __asm__ volatile("mov sp, %0\n\tbr %1" : : "r"(sp), "r"(pc) : "memory");
    __builtin_unreachable();
}
#else
#error "os/signal.c: how are pc and sp of an interrupted thread read on this CPU?"
#endif

static u32 slot_of(int signal)
{
    u32 i = 0;
    while (caught[i] != signal)
        i++;
    return i;
}

/* The default action. Where the fault will happen again on return, that is enough; a signal that
 * was sent has to be sent once more. */
static void act_by_default(int signal, bool happens_again)
{
    struct sigaction dfl = {.sa_handler = SIG_DFL};
    sigaction(signal, &dfl, NULL);
    if (!happens_again)
        raise(signal);
}

/* Runs a handler under the mask it would have had if the kernel had called it. */
static void call_handler(struct sigaction *to, int signal, siginfo_t *info, void *context)
{
    const ucontext_t *uc = context;
    sigset_t mask = to->sa_mask, ours;
    sigorset(&mask, &mask, &uc->uc_sigmask);
    if (!(to->sa_flags & SA_NODEFER))
        sigaddset(&mask, signal);
    struct sigaction now = *to;
    if (to->sa_flags & SA_RESETHAND)
        *to = (struct sigaction){.sa_handler = SIG_DFL};
    pthread_sigmask(SIG_SETMASK, &mask, &ours);
    if (now.sa_flags & SA_SIGINFO)
        now.sa_sigaction(signal, info, context);
    else
        now.sa_handler(signal);
    pthread_sigmask(SIG_SETMASK, &ours, NULL);
}

static void pass_on(int signal, siginfo_t *info, void *context)
{
    struct sigaction *to = &before[slot_of(signal)];
    bool is_fault = info->si_code > 0; /* by the kernel for what the thread did; else sent */
    if (!(to->sa_flags & SA_SIGINFO) && to->sa_handler == SIG_IGN) {
        /* The kernel does not let a fault be ignored: the thread could not go on. */
        if (is_fault)
            act_by_default(signal, true);
    } else if (!(to->sa_flags & SA_SIGINFO) && to->sa_handler == SIG_DFL) {
        act_by_default(signal, is_fault);
    } else {
        call_handler(to, signal, info, context);
    }
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
    int saved_errno = errno;
    ucontext_t *uc = context;
    OsFault fault = {
        .pc = get_pc(uc),
        .sp = get_sp(uc),
        .ctx = get_ctx(uc),
        .is_access = signal == SIGSEGV || signal == SIGBUS,
        .is_divide = signal == SIGFPE,
    };
    if (fault.is_access)
        fault.addr = (u64)(uintptr_t)info->si_addr;
    if (info->si_code > 0 && the_judge(&fault))
        set_pc_sp(uc, fault.pc, fault.sp);
    else
        pass_on(signal, info, context);
    errno = saved_errno;
}

static bool install(void)
{
    for (u32 i = 0; i < ARRAY_LEN(caught); i++) {
        /* Read first: a fault right after installing must find what to pass on to. */
        struct sigaction found, ours = {.sa_sigaction = on_fault};
        if (sigaction(caught[i], NULL, &found) != 0)
            return false;
        if ((found.sa_flags & SA_SIGINFO) && found.sa_sigaction == on_fault)
            continue; /* an earlier attempt came this far */
        before[i] = found;
        ours.sa_flags = SA_SIGINFO | SA_ONSTACK | (found.sa_flags & SA_RESTART);
        sigemptyset(&ours.sa_mask);
        if (sigaction(caught[i], &ours, NULL) != 0)
            return false;
    }
    return true;
}

bool os_catch_faults(OsFaultJudge judge)
{
    os_lock(&install_lock);
    if (!are_installed) {
        the_judge = judge;
        are_installed = install();
    }
    check(the_judge == judge);
    bool ok = are_installed;
    os_unlock(&install_lock);
    return ok;
}

/* ---- a stack for handlers, per thread ---- */

static size_t map_bytes(void) { return ALT_STACK_BYTES + os_page_bytes(); }

/* At the end of a thread. Somebody may have put another stack in place of ours: that one stays. */
static void free_stack(void *map)
{
    stack_t now;
    if (sigaltstack(NULL, &now) == 0 && now.ss_sp == (u8 *)map + os_page_bytes()) {
        now.ss_flags = SS_DISABLE;
        sigaltstack(&now, NULL);
    }
    os_unmap(map, map_bytes());
}

static void make_key(void)
{
    has_stack_key = pthread_key_create(&stack_key, free_stack) == 0;
}

/* Is the stack in place big enough for the kernel's frame, ours and a modest handler behind us? */
static bool is_enough(const stack_t *stack)
{
    size_t frame = getauxval(AT_MINSIGSTKSZ);
    return !(stack->ss_flags & SS_DISABLE) && stack->ss_size >= MAX(frame, (size_t)2048) + 4096;
}

bool os_thread_catch_faults(void)
{
    stack_t now;
    if (sigaltstack(NULL, &now) != 0)
        return false;
    if (is_enough(&now))
        return true;
    pthread_once(&stack_key_once, make_key);
    if (!has_stack_key)
        return false;
    u8 *map = os_map(map_bytes(), OS_READ_WRITE);
    if (!map)
        return false;
    /* A handler that needs too much shall fault, not write over what lies below. */
    stack_t ours = {.ss_sp = map + os_page_bytes(), .ss_size = ALT_STACK_BYTES};
    if (!os_protect(map, os_page_bytes(), OS_NONE) || pthread_setspecific(stack_key, map) != 0) {
        os_unmap(map, map_bytes());
        return false;
    }
    if (sigaltstack(&ours, NULL) != 0) {
        pthread_setspecific(stack_key, NULL);
        os_unmap(map, map_bytes());
        return false;
    }
    return true;
}
