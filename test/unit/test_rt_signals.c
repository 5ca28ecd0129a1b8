/* Traps by signals in a host process that has handlers, threads and faults of its own. Each case
 * runs in a child process. */
#define _GNU_SOURCE
#include "rt_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static RtEngine *engine;
static RtModule *module;

static void *no_host(VmHostFunc *self, VmCtx *caller, VmVal *vals)
{
    (void)self;
    (void)caller;
    (void)vals;
    return NULL;
}

static bool begin(void)
{
    Diag diag = {0};
    engine = rt_engine_new(NULL, &x64_stub_maker, &diag);
    module = engine ? fixture_load(engine, &blob_a, &diag) : NULL;
    return module != NULL;
}

static RtInstance *instance_of(RtStore *store)
{
    Diag diag = {0};
    RtInstance *out = NULL;
    RtExtern host = {.kind = WASM_KIND_FUNC};
    host.func = &fixture_host(store, module->type_ids[0], no_host, NULL, NULL)->ref;
    return rt_instantiate(store, module, &host, 1, &out, &diag) == RT_OK ? out : NULL;
}

static VmFuncRef *func(RtInstance *instance, const char *name)
{
    RtExtern e = {0};
    check(rt_instance_export(instance, name, strlen(name), &e));
    return e.func;
}

/* Does load at the memory's end trap as it should? */
static bool traps(RtStore *store, RtInstance *instance)
{
    VmVal v[2] = {{.i32 = 65536}};
    return !rt_call(store, func(instance, "load"), v) &&
           store->trap.code == VM_TRAP_MEMORY_OUT_OF_BOUNDS && store->trap.n_frames == 1;
}

static int child(int (*body)(void))
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        _exit(body());
    int status = 0;
    waitpid(pid, &status, 0);
    return status;
}

/* ---- faults that are not the guest's ---- */

static void by_default(void)
{
    struct sigaction sa = {.sa_handler = SIG_DFL};
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGILL, &sa, NULL);
}

/* Guest code reading an address that belongs to no memory: our bug, never a trap. */
static int wild_read_in_guest(void)
{
    by_default();
    if (!begin())
        return 1;
    RtStore *store = rt_store_new(engine);
    VmVal v[2];
    rt_call(store, func(instance_of(store), "wild"), v);
    return 2;
}

/* A host function that faults, with a guest beneath it on the stack. */
static void *fault_in_host(VmHostFunc *self, VmCtx *caller, VmVal *vals)
{
    (void)self;
    (void)caller;
    *(volatile u32 *)(uintptr_t)vals[0].i32 = 1;
    return NULL;
}

static int fault_in_host_function(void)
{
    by_default();
    if (!begin())
        return 1;
    RtStore *store = rt_store_new(engine);
    instance_of(store);
    ((RtHostFunc *)store->kept.at[0].object)->vm.call = fault_in_host;
    VmVal v[2] = {{.i32 = 16}};
    rt_call(store, func(store->instances.at[0], "callhost"), v);
    return 2;
}

/* Host code that touches a guard region itself: the address alone makes no trap. */
static int host_touches_guard(void)
{
    by_default();
    if (!begin())
        return 1;
    RtStore *store = rt_store_new(engine);
    RtInstance *a = instance_of(store);
    if (!traps(store, a))
        return 3;
    *(volatile u8 *)(a->memories[0]->space->vm.base + 65536) = 1;
    return 2;
}

/* A page of a memory that somebody took away is not the guest's end of memory. */
static int memory_taken_away(void)
{
    by_default();
    if (!begin())
        return 1;
    RtStore *store = rt_store_new(engine);
    RtInstance *a = instance_of(store);
    if (!traps(store, a))
        return 3;
    mprotect(a->memories[0]->space->vm.base, 4096, PROT_NONE);
    VmVal v[2] = {{.i32 = 0}};
    rt_call(store, func(a, "load"), v);
    return 2;
}

static int illegal_instruction_in_host(void)
{
    by_default();
    if (!begin())
        return 1;
    RtStore *store = rt_store_new(engine);
    if (!traps(store, instance_of(store)))
        return 3;
    __asm__ volatile("ud2");
    return 2;
}

static void faults_of_the_host_stay_its_own(void)
{
    EXPECT(WTERMSIG(child(wild_read_in_guest)) == SIGSEGV);
    EXPECT(WTERMSIG(child(fault_in_host_function)) == SIGSEGV);
    EXPECT(WTERMSIG(child(host_touches_guard)) == SIGSEGV);
    EXPECT(WTERMSIG(child(memory_taken_away)) == SIGSEGV);
    EXPECT(WTERMSIG(child(illegal_instruction_in_host)) == SIGILL);
}

/* ---- a host with handlers ---- */

static volatile int host_faults;
static u8 *page;

static void repair(int sig, siginfo_t *info, void *context)
{
    (void)context;
    if (sig == SIGSEGV && (u8 *)info->si_addr >= page && (u8 *)info->si_addr < page + 4096) {
        host_faults++;
        mprotect(page, 4096, PROT_READ | PROT_WRITE);
    } else {
        _exit(77);
    }
}

static void install_repair(void)
{
    struct sigaction sa = {.sa_sigaction = repair, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &sa, NULL);
    page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int handler_from_before(void)
{
    install_repair();
    if (!begin())
        return 1;
    RtStore *store = rt_store_new(engine);
    RtInstance *a = instance_of(store);
    for (int i = 0; i < 100; i++) {
        mprotect(page, 4096, PROT_NONE);
        *(volatile u8 *)page = 1;
        if (!traps(store, a))
            return 2;
    }
    rt_store_delete(store);
    return host_faults == 100 ? 0 : 3;
}

/* A handler put over ours later that chains to what it found, as it should. */
static struct sigaction found;
static void over(int sig, siginfo_t *info, void *context)
{
    host_faults++;
    if (found.sa_flags & SA_SIGINFO)
        found.sa_sigaction(sig, info, context);
}

static int handler_from_after(void)
{
    if (!begin())
        return 1;
    struct sigaction sa = {.sa_sigaction = over, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaction(SIGSEGV, &sa, &found);
    RtStore *store = rt_store_new(engine);
    RtInstance *a = instance_of(store);
    for (int i = 0; i < 10; i++)
        if (!traps(store, a))
            return 2;
    return host_faults == 10 ? 0 : 3;
}

/* A handler that leaves by siglongjmp, as interpreters' do: guests trap afterwards as before. */
static sigjmp_buf back;
static volatile u8 *volatile nowhere = (volatile u8 *)16;
static void leave(int sig)
{
    (void)sig;
    siglongjmp(back, 1);
}

static int handler_that_jumps(void)
{
    struct sigaction sa = {.sa_handler = leave};
    sigaction(SIGSEGV, &sa, NULL);
    if (!begin())
        return 1;
    RtStore *store = rt_store_new(engine);
    RtInstance *a = instance_of(store);
    for (volatile int i = 0; i < 10; i++) {
        if (sigsetjmp(back, 1) == 0) {
            *nowhere = 1;
            return 2;
        }
        if (!traps(store, a))
            return 3;
    }
    return 0;
}

static bool stop; /* atomic, as ticks */
static void *traps_in_thread(void *arg)
{
    RtStore *store = rt_store_new(engine);
    RtInstance *a = instance_of(store);
    while (a && !__atomic_load_n(&stop, __ATOMIC_RELAXED))
        if (!traps(store, a))
            return "no trap";
    rt_store_delete(store);
    return a ? arg : "no instance";
}

/* Guests trap in three threads while a fourth faults by itself, modules come and go, and a timer
 * interrupts everybody. */
static int ticks;
static void on_tick(int sig)
{
    (void)sig;
    __atomic_add_fetch(&ticks, 1, __ATOMIC_RELAXED);
}

static int many_threads(void)
{
    install_repair();
    if (!begin())
        return 1;
    struct sigaction tick = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &tick, NULL);
    ualarm(500, 500);
    pthread_t threads[3];
    for (u32 i = 0; i < 3; i++)
        if (pthread_create(&threads[i], NULL, traps_in_thread, NULL) != 0)
            return 2;
    for (u32 i = 0; i < 300; i++) {
        Diag diag = {0};
        RtModule *m = fixture_load(engine, &blob_b, &diag);
        mprotect(page, 4096, PROT_NONE);
        *(volatile u8 *)page = 1;
        rt_module_release(m);
    }
    while (__atomic_load_n(&ticks, __ATOMIC_RELAXED) < 3)
        os_yield();
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (u32 i = 0; i < 3; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        if (wrong)
            return 3;
    }
    return host_faults == 300 ? 0 : 4;
}

static void handlers_of_the_host_still_work(void)
{
    EXPECT_U64(child(handler_from_before), 0);
    EXPECT_U64(child(handler_from_after), 0);
    EXPECT_U64(child(handler_that_jumps), 0);
    EXPECT_U64(child(many_threads), 0);
}

/* ---- odd stacks ---- */

/* Host functions called by guests find room on any stack. */
static u64 room;
static void *measure(VmHostFunc *self, VmCtx *caller, VmVal *vals)
{
    (void)self;
    (void)vals;
    room = caller->store->stack_limit - rt_thread.stack.low;
    return NULL;
}

/* A thread whose stack is smaller than what guests may use by default. */
static void *on_small_stack(void *arg)
{
    RtStore *store = rt_store_new(engine);
    RtInstance *a = instance_of(store);
    VmVal v[2];
    for (u32 i = 0; i < 3; i++)
        if (rt_call(store, func(a, "deep"), v) || store->trap.code != VM_TRAP_STACK_OVERFLOW)
            return "no overflow";
    if (!traps(store, a))
        return "no trap";
    ((RtHostFunc *)store->kept.at[0].object)->vm.call = measure;
    if (!rt_call(store, func(a, "callhost"), v) || room < ((u64)64 << 10) || room > (u64)96 << 10)
        return "no room";
    rt_store_delete(store);
    return arg;
}

static int small_stack(void)
{
    pthread_attr_t attr;
    pthread_t thread;
    void *wrong;
    if (!begin() || pthread_attr_init(&attr) != 0 ||
        pthread_attr_setstacksize(&attr, (size_t)192 << 10) != 0 ||
        pthread_create(&thread, &attr, on_small_stack, NULL) != 0)
        return 1;
    pthread_join(thread, &wrong);
    return wrong ? 2 : 0;
}

static void small_stacks_are_not_overrun(void)
{
#ifdef __SANITIZE_THREAD__
    SKIP("the sanitizer of data races needs more stack itself");
#endif
    EXPECT_U64(child(small_stack), 0);
}

static int division(void)
{
    if (!begin())
        return 1;
    RtStore *store = rt_store_new(engine);
    VmFuncRef *divide = rt_instance_func(instance_of(store), 14);
    VmVal v[2] = {{.i32 = 84}, {.i32 = 2}};
    if (!rt_call(store, divide, v) || v[0].i32 != 42)
        return 2;
    v[1].i32 = 0;
    if (rt_call(store, divide, v) || store->trap.code != VM_TRAP_INTEGER_DIVISION_BY_ZERO)
        return 3;
    return store->trap.frames[0].module_off == 1410 ? 0 : 4;
}

static void division_faults_are_traps(void)
{
    EXPECT_U64(child(division), 0);
}

int main(void)
{
    TEST(faults_of_the_host_stay_its_own);
    TEST(handlers_of_the_host_still_work);
    TEST(small_stacks_are_not_overrun);
    TEST(division_faults_are_traps);
    return test_end();
}
