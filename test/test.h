/* What a C test program needs: EXPECT, SKIP and a last line that test/run_tests.py reads.
 *
 * A program calls each test as TEST(name) from main() and returns test_end(). A test is one
 * function; it has passed when all its expectations held. A failed expectation prints where and
 * goes on, so that one run shows all that is wrong. Usable from several threads for EXPECT only. */
#ifndef STINT_TEST_H
#define STINT_TEST_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static struct {
    const char *name; /* of the running test */
    int bad;          /* expectations that did not hold in it */
    const char *skip; /* why it was skipped, or NULL */
    int passed, failed, skipped;
} test_now;

/* Prints and counts an expectation that does not hold; gives its truth, so that a test can stop:
 * `if (!EXPECT(p)) return;` */
#define EXPECT(cond) test_expect((cond), #cond, __FILE__, __LINE__)
#define EXPECT_STR(got, want) test_expect_str((got), (want), #got, __FILE__, __LINE__)
#define EXPECT_U64(got, want) \
    test_expect_u64((unsigned long long)(got), (unsigned long long)(want), #got, __FILE__, __LINE__)

/* Leaves the test and counts it as skipped, with the reason. */
#define SKIP(reason)             \
    do {                         \
        test_now.skip = (reason); \
        return;                  \
    } while (0)

#define TEST(function) test_run(#function, function)

static inline bool test_expect(bool holds, const char *what, const char *file, int line)
{
    if (!holds) {
        __atomic_fetch_add(&test_now.bad, 1, __ATOMIC_RELAXED);
        printf("%s:%d: %s: expected %s\n", file, line, test_now.name, what);
    }
    return holds;
}

static inline bool test_expect_str(const char *got, const char *want, const char *what,
                                   const char *file, int line)
{
    bool holds = got && want ? strcmp(got, want) == 0 : got == want;
    if (!holds)
        printf("  got  %s\n  want %s\n", got ? got : "(null)", want ? want : "(null)");
    return test_expect(holds, what, file, line);
}

static inline bool test_expect_u64(unsigned long long got, unsigned long long want,
                                   const char *what, const char *file, int line)
{
    if (got != want)
        printf("  got  %llu (0x%llx)\n  want %llu (0x%llx)\n", got, got, want, want);
    return test_expect(got == want, what, file, line);
}

static inline void test_run(const char *name, void (*function)(void))
{
    test_now.name = name;
    test_now.bad = 0;
    test_now.skip = NULL;
    function();
    if (test_now.bad) {
        test_now.failed++;
        printf("failed: %s\n", name);
    } else if (test_now.skip) {
        test_now.skipped++;
        printf("skipped: %s: %s\n", name, test_now.skip);
    } else {
        test_now.passed++;
    }
    fflush(stdout);
}

/* The last line and the exit status. A program without a single test has failed. */
static inline int test_end(void)
{
    printf("%d passed, %d failed, %d skipped\n", test_now.passed, test_now.failed,
           test_now.skipped);
    return test_now.failed || test_now.passed + test_now.skipped == 0;
}

#endif
