/* base: what every room stands on. It knows nothing of WebAssembly.
 *
 * Owns: integer names, checks, arenas, growable arrays, text buffers, bit sets, hashing, UTF-8,
 * words that look alike and diagnostics. Promises: no global state, no I/O but dump streams, no
 * locks.
 * Start with this file, then arena.h (who owns memory) and diag.h (how bad input is reported).
 *
 * Four kinds of wrong take four roads, everywhere in the project:
 *   1. bad input            -> a Diag (offset and text), reported by a bool result
 *   2. a guest trap         -> a code of vmabi/trap.def, never a C error
 *   3. our own bug          -> check() where memory safety hangs on it, dassert() elsewhere
 *   4. no memory, no system -> compile side: arena_alloc() jumps to the worker's one setjmp;
 *                              run side: NULL or an error code, state unchanged
 */
#ifndef STINT_BASE_H
#define STINT_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t i8;
typedef int16_t i16;
typedef int32_t i32;
typedef int64_t i64;

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Stint runs on little-endian hosts only: guest memory is read in place"
#endif

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* Rounds n up to a multiple of align, which is a power of two. */
#define ALIGN_UP(n, align) (((n) + ((align)-1)) & ~(__typeof__(n))((align)-1))

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* A broken invariant of ours: prints where, then aborts. Always compiled in. */
_Noreturn void base_check_failed(const char *file, int line, const char *what);
#define check(c) (LIKELY(c) ? (void)0 : base_check_failed(__FILE__, __LINE__, #c))

/* The same for invariants too costly to test in release builds. */
#ifdef STINT_DEBUG
#define dassert(c) check(c)
#else
#define dassert(c) ((void)sizeof(c))
#endif

#define UNREACHABLE() base_check_failed(__FILE__, __LINE__, "unreachable")

/* Unaligned little-endian access: the only way bytes become numbers. */
static inline u16 load_u16(const void *p) { u16 v; memcpy(&v, p, sizeof v); return v; }
static inline u32 load_u32(const void *p) { u32 v; memcpy(&v, p, sizeof v); return v; }
static inline u64 load_u64(const void *p) { u64 v; memcpy(&v, p, sizeof v); return v; }
static inline void store_u16(void *p, u16 v) { memcpy(p, &v, sizeof v); }
static inline void store_u32(void *p, u32 v) { memcpy(p, &v, sizeof v); }
static inline void store_u64(void *p, u64 v) { memcpy(p, &v, sizeof v); }

static inline bool is_pow2(u64 v) { return v && !(v & (v - 1)); }
static inline u32 ctz64(u64 v) { return v ? (u32)__builtin_ctzll(v) : 64; }
static inline u32 clz64(u64 v) { return v ? (u32)__builtin_clzll(v) : 64; }
static inline u32 ctz32(u32 v) { return v ? (u32)__builtin_ctz(v) : 32; }
static inline u32 clz32(u32 v) { return v ? (u32)__builtin_clz(v) : 32; }

#endif
