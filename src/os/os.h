/* os: the system beneath. The only room that knows which one it is.
 *
 * Owns: pages of memory, files read and written whole, clocks, threads, stacks beside theirs, what
 * the CPU and kernel offer, and the process-wide handlers for faults. Promises: a refusal of the
 * system is a result, never an abort; nothing here prints or exits.
 *
 * Process-wide state, all of it in signal.c: the handlers of SIGSEGV, SIGBUS, SIGILL and SIGFPE,
 * installed at the first os_catch_faults(), with those found before them; and a thread key that
 * frees alternate signal stacks. They stay until the process ends: there is no moment at which
 * handlers that others may have saved could be taken away safely.
 *
 * Start with memory.c, signal.c and fiber.c; file.c and thread.c are plain.
 */
#ifndef STINT_OS_H
#define STINT_OS_H

#include <pthread.h>

#include "base/base.h"

/* ---- pages ---- */

typedef enum OsProt { OS_NONE, OS_READ, OS_READ_WRITE, OS_READ_EXEC } OsProt;

/* Bytes in a page of the host. */
size_t os_page_bytes(void);
/* Rounds up to whole pages. */
static inline u64 os_page_align(u64 bytes) { return ALIGN_UP(bytes, (u64)os_page_bytes()); }

/* New zeroed pages; with OS_NONE only address space is taken. NULL if the system refuses. */
void *os_map(size_t bytes, OsProt prot);
void os_unmap(void *at, size_t bytes);
/* False if the system refuses; pages may then have either protection. */
bool os_protect(void *at, size_t bytes, OsProt prot);
/* Makes accessible pages zero again and gives their memory back. */
bool os_discard(void *at, size_t bytes);
/* Pages that were written as data are about to run as code. */
void os_code_written(void *at, size_t bytes);

/* ---- files: 0 or an error number of the system ---- */

/* Reads a file to its end into malloc memory, followed by a NUL that is not counted; what was
 * read so far is dropped on error. EFBIG: it is longer than max. */
int os_read_file(const char *path, size_t max, u8 **bytes, size_t *len);
int os_read_fd(int fd, size_t max, u8 **bytes, size_t *len);
/* Maps a regular file read-only, to be unmapped by os_unmap_file. An empty file is EINVAL. */
int os_map_file(const char *path, const u8 **bytes, size_t *len);
void os_unmap_file(const u8 *bytes, size_t len);
/* Writes a file so that readers see the old contents or the new: beside it, then renamed over it.
 * What is not a regular file (a device, a pipe) is written in place. */
int os_write_file(const char *path, const void *bytes, size_t len);
/* Appends with one write, so that writers of lines do not mix. */
int os_append_file(const char *path, const void *bytes, size_t len);
/* Makes a directory, and those above it, for its owner alone where they are not there. */
int os_make_dirs(const char *path);
/* Removes the files of a directory that end with a suffix and were used longest ago, until there
 * are no more than so many and so many bytes. What it cannot do it leaves undone. */
void os_prune_dir(const char *path, const char *suffix, u64 max_files, u64 max_bytes);
/* The system's text for an error number; returns buf or a static text. */
#define OS_ERROR_TEXT_MAX 128
const char *os_error_text(int error, char buf[OS_ERROR_TEXT_MAX]);

/* ---- clocks ---- */

u64 os_monotonic_ns(void);
u64 os_wall_ns(void);       /* since 1970 */
u64 os_process_cpu_ns(void);

/* ---- what there is ---- */

/* CPUs this process may run on; at least 1. */
u32 os_cpu_count(void);
/* May user code read and write the gs base by instructions? */
bool os_has_fsgsbase(void);
/* Mappings the kernel allows a process; 0 if it does not say. */
u64 os_max_map_count(void);
u32 os_process_id(void);
/* Bytes nobody outside can guess, for keys of hash tables. */
u64 os_random_u64(void);

/* ---- threads ---- */

typedef pthread_mutex_t OsMutex;
#define OS_MUTEX_INIT PTHREAD_MUTEX_INITIALIZER
static inline void os_lock(OsMutex *m) { check(pthread_mutex_lock(m) == 0); }
static inline void os_unlock(OsMutex *m) { check(pthread_mutex_unlock(m) == 0); }

/* A condition that threads wait for, under a mutex. */
typedef pthread_cond_t OsCond;
/* False if the system refuses. */
bool os_cond_init(OsCond *c);
static inline void os_cond_free(OsCond *c) { pthread_cond_destroy(c); }
static inline void os_wake(OsCond *c) { check(pthread_cond_signal(c) == 0); }
/* Lets go of the mutex until woken, perhaps for nothing, or os_monotonic_ns() reaches `until`;
 * UINT64_MAX: never. */
void os_wait(OsCond *c, OsMutex *m, u64 until);

/* Runs work(ctx, 0) here and work(ctx, 1), work(ctx, 2) ... in threads of their own, `threads` in
 * all, and waits for them. Where the system refuses a thread, fewer run: the work has to be taken
 * from a common counter. Returns how many ran. */
u32 os_parallel(u32 threads, void (*work)(void *ctx, u32 worker), void *ctx);
/* The stack this thread was started on: [low, high). False if the system cannot say. */
bool os_stack_bounds(u64 *low, u64 *high);
void os_yield(void);

/* ---- stacks beside those of threads: fiber.c ---- */

/* Memory for a stack, whole pages, with inaccessible pages below: who needs more faults. NULL if
 * the system refuses. */
void *os_map_stack(size_t bytes);
void os_unmap_stack(void *low, size_t bytes);

/* Something that runs on a stack of its own, in turns with whoever enters it. Turns may be taken on
 * any thread, one at a time; nothing on the stack may keep the address of a thread's variable from
 * one turn to the next. */
typedef struct OsFiber {
    u64 sp; /* where the side that does not run now goes on */
    u8 *low, *high;
    void (*run)(void *ctx);
    void *ctx;
    bool is_done;
    /* What sanitizers keep of this stack, and of the one it is entered from. */
    void *inside_fakes, *outside_fakes, *inside_races, *outside_races;
    const void *outside_low;
    size_t outside_bytes;
} OsFiber;

/* Has run(ctx) called on the stack [low, high) at the first turn. high: a multiple of 16; memory
 * below it is written. A fiber that was begun has to be entered until it is done. */
void os_fiber_begin(OsFiber *f, u8 *low, u8 *high, void (*run)(void *ctx), void *ctx);
/* Goes there, until it leaves (false) or run() has returned (true: nothing is on the stack). */
bool os_fiber_enter(OsFiber *f);
/* Within run(): goes back to whoever entered, until the next turn. */
void os_fiber_leave(OsFiber *f);

/* The gs base of the thread; only if os_has_fsgsbase(). */
u64 os_gs_base(void);
void os_set_gs_base(u64 base);

/* ---- faults ---- */

typedef struct OsFault {
    u64 pc;         /* of the instruction; may be changed, as sp */
    u64 sp;
    u64 ctx;        /* the register that is r15 on x86-64 and x28 on aarch64 */
    u64 addr;       /* of the access, where is_access */
    bool is_access; /* a memory access that was refused; else an instruction that was */
    bool is_divide; /* an arithmetic error */
} OsFault;

/* Judges a fault in a signal handler, on the thread that faulted. True: it was ours, go on at
 * fault->pc with fault->sp. False: it is somebody else's. */
typedef bool (*OsFaultJudge)(OsFault *fault);

/* Has faults judged from now on in the whole process; those that are not ours go to the handlers
 * that were there before. Only the first call installs anything; all calls must name the same
 * judge. False if the system refuses. */
bool os_catch_faults(OsFaultJudge judge);
/* Gives this thread a stack for signal handlers unless it has one; needed before its first
 * fault. */
bool os_thread_catch_faults(void);
/* Leaves all frames below sp: sets the stack pointer and jumps to pc. */
_Noreturn void os_jump(u64 pc, u64 sp);

#endif
