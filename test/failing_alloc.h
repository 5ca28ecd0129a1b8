/* Memory that is refused on purpose: the program's malloc family, mmap and mprotect, with a
 * counter.
 *
 *     for (u32 n = 0; ...; n++) { fail_from(n); run(); if (!fail_happened()) break; }
 *
 * Include in one file of a test program. The definitions here take the place of the C library's
 * for everything in the program, and of the sanitizer's, to which they hand on. */
#ifndef STINT_TEST_FAILING_ALLOC_H
#define STINT_TEST_FAILING_ALLOC_H

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/base.h"

#if defined(__SANITIZE_ADDRESS__)
#define NEXT(name) __interceptor_##name
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NEXT(name) __interceptor_##name
#endif
#endif
#ifndef NEXT
#define NEXT(name) __libc_##name
#endif

extern void *NEXT(malloc)(size_t);
extern void *NEXT(calloc)(size_t, size_t);
extern void *NEXT(realloc)(void *, size_t);
extern void *NEXT(memalign)(size_t, size_t);
extern void NEXT(free)(void *);

/* Threads that compile allocate, too: counters are atomic. */
static struct {
    bool is_on;
    i64 left;       /* allocations until one is refused; below 0 behind it */
    bool happened;
    bool again;     /* every one after it too */
    i64 live;       /* blocks and mapped bytes, for leaks */
    i64 mapped;
} fail;

static inline i64 fail_count(i64 *counter, i64 by)
{
    return __atomic_fetch_add(counter, by, __ATOMIC_RELAXED);
}

/* The n-th allocation from now on (counted from 0) is refused; with again, all after it as well. */
static inline void fail_from(u32 n, bool again)
{
    fail.is_on = true;
    fail.left = n;
    fail.happened = false;
    fail.again = again;
}

/* Ends refusing. Was anything refused? */
static inline bool fail_end(void)
{
    fail.is_on = false;
    return fail.happened;
}

static inline bool fails_now(void)
{
    if (!fail.is_on)
        return false;
    i64 left = fail_count(&fail.left, -1);
    if (left > 0 || (left < 0 && !fail.again))
        return false;
    __atomic_store_n(&fail.happened, true, __ATOMIC_RELAXED);
    errno = ENOMEM;
    return true;
}

static inline void *counted(void *p)
{
    fail_count(&fail.live, p != NULL);
    return p;
}

void *malloc(size_t size) { return fails_now() ? NULL : counted(NEXT(malloc)(size)); }
void *calloc(size_t n, size_t size) { return fails_now() ? NULL : counted(NEXT(calloc)(n, size)); }
void *realloc(void *old, size_t size)
{
    if (fails_now())
        return NULL;
    void *p = NEXT(realloc)(old, size);
    fail_count(&fail.live, !old && p);
    return p;
}
int posix_memalign(void **out, size_t align, size_t size)
{
    void *p = fails_now() ? NULL : counted(NEXT(memalign)(align, size));
    if (!p)
        return ENOMEM;
    *out = p;
    return 0;
}
void free(void *p)
{
    fail_count(&fail.live, p ? -1 : 0);
    NEXT(free)(p);
}

void *mmap(void *at, size_t len, int prot, int flags, int fd, off_t off)
{
    if (fails_now())
        return MAP_FAILED;
    void *p = (void *)syscall(SYS_mmap, at, len, prot, flags, fd, off);
    fail_count(&fail.mapped, p != MAP_FAILED ? (i64)len : 0);
    return p;
}
int munmap(void *at, size_t len)
{
    int result = (int)syscall(SYS_munmap, at, len);
    fail_count(&fail.mapped, result == 0 ? -(i64)len : 0);
    return result;
}
int mprotect(void *at, size_t len, int prot)
{
    return fails_now() ? -1 : (int)syscall(SYS_mprotect, at, len, prot);
}

#endif
