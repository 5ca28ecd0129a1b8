/* Stacks beside the threads' own, and going from one to another.
 *
 * To go is a call: what the C convention lets a callee destroy is lost, the rest lies on the stack
 * that is left, below the address that is kept. Control bits of floating point belong to the code
 * that set them, so they go with it; the signal mask, gs and all that is the thread's stays.
 *
 * Sanitizers have to be told before and after. What they keep of a stack that waits lies there. */
#define _GNU_SOURCE
#include "os/os.h"

#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN
#endif
#if __has_feature(thread_sanitizer)
#define HAS_TSAN
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN
#endif
#if defined(__SANITIZE_THREAD__)
#define HAS_TSAN
#endif

/* ---- memory ---- */

/* Inaccessible, below a stack: as much as a frame may have that no probe walks through. */
#define GUARD_BYTES ((size_t)64 << 10)

void *os_map_stack(size_t bytes)
{
    /* A page that is as large as the whole stack would be taken for the first frame on it. */
    u8 *at = mmap(NULL, GUARD_BYTES + bytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    madvise(at, GUARD_BYTES + bytes, MADV_NOHUGEPAGE);
    if (mprotect(at, GUARD_BYTES, PROT_NONE) == 0)
        return at + GUARD_BYTES;
    os_unmap(at, GUARD_BYTES + bytes);
    return NULL;
}

void os_unmap_stack(void *low, size_t bytes)
{
    os_unmap((u8 *)low - GUARD_BYTES, GUARD_BYTES + bytes);
}

/* ---- what sanitizers want to know ---- */

#ifdef HAS_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

static void asan_begin(const OsFiber *f)
{
    /* Frames that a jump had left, of whoever had the stack before. */
    __asan_unpoison_memory_region(f->low, (size_t)(f->high - f->low));
}
static inline void asan_enter(OsFiber *f)
{
    __sanitizer_start_switch_fiber(&f->outside_fakes, f->low, (size_t)(f->high - f->low));
}
static inline void asan_left(OsFiber *f)
{
    __sanitizer_finish_switch_fiber(f->outside_fakes, NULL, NULL);
}
static inline void asan_leave(OsFiber *f, bool for_ever)
{
    __sanitizer_start_switch_fiber(for_ever ? NULL : &f->inside_fakes, f->outside_low,
                                   f->outside_bytes);
}
static inline void asan_entered(OsFiber *f, bool is_first)
{
    __sanitizer_finish_switch_fiber(is_first ? NULL : f->inside_fakes, &f->outside_low,
                                    &f->outside_bytes);
}
#else
static inline void asan_begin(const OsFiber *f) { (void)f; }
static inline void asan_enter(OsFiber *f) { (void)f; }
static inline void asan_left(OsFiber *f) { (void)f; }
static inline void asan_leave(OsFiber *f, bool for_ever) { (void)f, (void)for_ever; }
static inline void asan_entered(OsFiber *f, bool is_first) { (void)f, (void)is_first; }
#endif

#ifdef HAS_TSAN
#include <sanitizer/tsan_interface.h>

static void tsan_begin(OsFiber *f) { f->inside_races = __tsan_create_fiber(0); }
static void tsan_end(OsFiber *f) { __tsan_destroy_fiber(f->inside_races); }
static inline void tsan_enter(OsFiber *f)
{
    f->outside_races = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(f->inside_races, 0);
}
static inline void tsan_leave(OsFiber *f) { __tsan_switch_to_fiber(f->outside_races, 0); }
#else
static inline void tsan_begin(OsFiber *f) { (void)f; }
static inline void tsan_end(OsFiber *f) { (void)f; }
static inline void tsan_enter(OsFiber *f) { (void)f; }
static inline void tsan_leave(OsFiber *f) { (void)f; }
#endif

/* ---- switching ---- */

/* Leaves this stack for the one that *sp belongs to, and keeps where in *sp. */
void os_fiber_switch(u64 *sp) __attribute__((visibility("hidden")));
/* Where a stack begins: os_fiber_switch returns here. Nothing is beneath, as debuggers and
 * unwinders are told. */
void os_fiber_first(void) __attribute__((visibility("hidden")));

#if defined(__x86_64__)
/* What os_fiber_switch takes from a stack, from low to high. */
typedef struct Saved {
    u32 mxcsr, x87;
    u64 r15, r14, r13, r12, rbx, rbp, pc;
    u64 zeros[2]; /* above the first frame: no return address, and alignment */
} Saved;

__asm__(".text\n"
        ".p2align 4\n"
        ".hidden os_fiber_switch\n"
        ".globl os_fiber_switch\n"
        ".type os_fiber_switch, @function\n"
        "os_fiber_switch:\n"
        "  .cfi_startproc\n"
        "  push %rbp\n  .cfi_adjust_cfa_offset 8\n  .cfi_rel_offset rbp, 0\n"
        "  push %rbx\n  .cfi_adjust_cfa_offset 8\n  .cfi_rel_offset rbx, 0\n"
        "  push %r12\n  .cfi_adjust_cfa_offset 8\n  .cfi_rel_offset r12, 0\n"
        "  push %r13\n  .cfi_adjust_cfa_offset 8\n  .cfi_rel_offset r13, 0\n"
        "  push %r14\n  .cfi_adjust_cfa_offset 8\n  .cfi_rel_offset r14, 0\n"
        "  push %r15\n  .cfi_adjust_cfa_offset 8\n  .cfi_rel_offset r15, 0\n"
        "  sub $8, %rsp\n  .cfi_adjust_cfa_offset 8\n"
        "  stmxcsr (%rsp)\n"
        "  fnstcw 4(%rsp)\n"
        "  mov (%rdi), %rax\n"
        "  mov %rsp, (%rdi)\n"
        "  mov %rax, %rsp\n"
        "  ldmxcsr (%rsp)\n"
        "  fldcw 4(%rsp)\n"
        "  add $8, %rsp\n  .cfi_adjust_cfa_offset -8\n"
        "  pop %r15\n  .cfi_adjust_cfa_offset -8\n  .cfi_restore r15\n"
        "  pop %r14\n  .cfi_adjust_cfa_offset -8\n  .cfi_restore r14\n"
        "  pop %r13\n  .cfi_adjust_cfa_offset -8\n  .cfi_restore r13\n"
        "  pop %r12\n  .cfi_adjust_cfa_offset -8\n  .cfi_restore r12\n"
        "  pop %rbx\n  .cfi_adjust_cfa_offset -8\n  .cfi_restore rbx\n"
        "  pop %rbp\n  .cfi_adjust_cfa_offset -8\n  .cfi_restore rbp\n"
        "  ret\n"
        "  .cfi_endproc\n"
        ".size os_fiber_switch, .-os_fiber_switch\n"
        ".p2align 4\n"
        ".hidden os_fiber_first\n"
        ".globl os_fiber_first\n"
        ".type os_fiber_first, @function\n"
        "os_fiber_first:\n"
        "  .cfi_startproc\n"
        "  .cfi_undefined rip\n"
        "  mov %r12, %rdi\n"
        "  call *%rbx\n"
        "  ud2\n"
        "  .cfi_endproc\n"
        ".size os_fiber_first, .-os_fiber_first\n");

static u64 lay_out(u8 *high, void (*run)(OsFiber *), OsFiber *f)
{
    Saved *s = (Saved *)(void *)(high - sizeof *s);
    *s = (Saved){.rbx = (u64)(uintptr_t)run,
                 .r12 = (u64)(uintptr_t)f,
                 .pc = (u64)(uintptr_t)os_fiber_first};
    __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(s->mxcsr), "=m"(s->x87));
    return (u64)(uintptr_t)s;
}

u64 os_gs_base(void)
{
    u64 base;
    __asm__ volatile("rdgsbase %0" : "=r"(base));
    return base;
}
void os_set_gs_base(u64 base) { __asm__ volatile("wrgsbase %0" : : "r"(base)); }
#elif defined(__aarch64__)
typedef struct Saved {
    u64 x[12]; /* x19 to x30: the last is where the stack goes on */
    u64 d[8];  /* d8 to d15 */
    u64 fpcr, zero;
} Saved;

__asm__(".text\n"
        ".p2align 4\n"
        ".hidden os_fiber_switch\n"
        ".globl os_fiber_switch\n"
        ".type os_fiber_switch, %function\n"
        "os_fiber_switch:\n"
        "  .cfi_startproc\n"
        "  sub sp, sp, #176\n  .cfi_adjust_cfa_offset 176\n"
        "  stp x19, x20, [sp]\n  stp x21, x22, [sp, #16]\n"
        "  stp x23, x24, [sp, #32]\n  stp x25, x26, [sp, #48]\n"
        "  stp x27, x28, [sp, #64]\n  stp x29, x30, [sp, #80]\n"
        "  .cfi_rel_offset x29, 80\n  .cfi_rel_offset x30, 88\n"
        "  stp d8, d9, [sp, #96]\n  stp d10, d11, [sp, #112]\n"
        "  stp d12, d13, [sp, #128]\n  stp d14, d15, [sp, #144]\n"
        "  mrs x9, fpcr\n  str x9, [sp, #160]\n"
        "  ldr x10, [x0]\n  mov x9, sp\n  str x9, [x0]\n  mov sp, x10\n"
        "  ldr x9, [sp, #160]\n  msr fpcr, x9\n"
        "  ldp d14, d15, [sp, #144]\n  ldp d12, d13, [sp, #128]\n"
        "  ldp d10, d11, [sp, #112]\n  ldp d8, d9, [sp, #96]\n"
        "  ldp x29, x30, [sp, #80]\n  ldp x27, x28, [sp, #64]\n"
        "  ldp x25, x26, [sp, #48]\n  ldp x23, x24, [sp, #32]\n"
        "  ldp x21, x22, [sp, #16]\n  ldp x19, x20, [sp]\n"
        "  add sp, sp, #176\n  .cfi_adjust_cfa_offset -176\n"
        "  ret\n"
        "  .cfi_endproc\n"
        ".size os_fiber_switch, .-os_fiber_switch\n"
        ".p2align 4\n"
        ".hidden os_fiber_first\n"
        ".globl os_fiber_first\n"
        ".type os_fiber_first, %function\n"
        "os_fiber_first:\n"
        "  .cfi_startproc\n"
        "  .cfi_undefined x30\n"
        "  mov x0, x20\n"
        "  blr x19\n"
        "  brk #1\n"
        "  .cfi_endproc\n"
        ".size os_fiber_first, .-os_fiber_first\n");

static u64 lay_out(u8 *high, void (*run)(OsFiber *), OsFiber *f)
{
    Saved *s = (Saved *)(void *)(high - sizeof *s);
    *s = (Saved){.x = {[0] = (u64)(uintptr_t)run, [1] = (u64)(uintptr_t)f,
                       [11] = (u64)(uintptr_t)os_fiber_first}};
    __asm__ volatile("mrs %0, fpcr" : "=r"(s->fpcr));
    return (u64)(uintptr_t)s;
}

/* There is no such register; nobody asks (os_has_fsgsbase). */
u64 os_gs_base(void) { return 0; }
void os_set_gs_base(u64 base) { (void)base; }
#else
#error "os/fiber.c: what does a call preserve on this CPU?"
#endif
_Static_assert(sizeof(Saved) % 8 == 0, "a stack is made of words");

/* ---- fibers ---- */

static void first(OsFiber *f)
{
    asan_entered(f, true);
    f->run(f->ctx);
    f->is_done = true;
    asan_leave(f, true);
    tsan_leave(f);
    os_fiber_switch(&f->sp);
    UNREACHABLE();
}

void os_fiber_begin(OsFiber *f, u8 *low, u8 *high, void (*run)(void *ctx), void *ctx)
{
    dassert(((uintptr_t)high & 15) == 0);
    *f = (OsFiber){.low = low, .high = high, .run = run, .ctx = ctx};
    asan_begin(f);
    tsan_begin(f);
    f->sp = lay_out(high, first, f);
}

bool os_fiber_enter(OsFiber *f)
{
    asan_enter(f);
    tsan_enter(f);
    os_fiber_switch(&f->sp);
    asan_left(f);
    if (!f->is_done)
        return false;
    tsan_end(f);
    return true;
}

void os_fiber_leave(OsFiber *f)
{
    asan_leave(f, false);
    tsan_leave(f);
    os_fiber_switch(&f->sp);
    asan_entered(f, false);
}
