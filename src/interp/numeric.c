/* Numbers, in plain C on what the specification says, rule by rule. */
#define _GNU_SOURCE
#include "interp/interp_int.h"

#include <math.h>

static u32 count_ones(u64 v)
{
    u32 n = 0;
    for (; v; v &= v - 1)
        n++;
    return n;
}

/* ---- division: 0, or the trap's code + 1 ---- */

#define NO_TRAP 0u
#define TRAP(name) ((u32)VM_TRAP_##name + 1)

#define DEFINE_DIVISION(u, i, w, LEAST)                      \
    static u32 div_s##w(u a, u b, u *out)                    \
    {                                                        \
        if (b == 0)                                          \
            return TRAP(INTEGER_DIVISION_BY_ZERO);           \
        if (a == LEAST && (i)b == -1)                        \
            return TRAP(INTEGER_OVERFLOW);                   \
        *out = (u)((i)a / (i)b);                             \
        return NO_TRAP;                                      \
    }                                                        \
    static u32 rem_s##w(u a, u b, u *out)                    \
    {                                                        \
        if (b == 0)                                          \
            return TRAP(INTEGER_DIVISION_BY_ZERO);           \
        *out = (i)b == -1 ? 0 : (u)((i)a % (i)b);            \
        return NO_TRAP;                                      \
    }                                                        \
    static u32 div_u##w(u a, u b, u *out)                    \
    {                                                        \
        *out = b ? a / b : 0;                                \
        return b ? NO_TRAP : TRAP(INTEGER_DIVISION_BY_ZERO); \
    }                                                        \
    static u32 rem_u##w(u a, u b, u *out)                    \
    {                                                        \
        *out = b ? a % b : 0;                                \
        return b ? NO_TRAP : TRAP(INTEGER_DIVISION_BY_ZERO); \
    }
DEFINE_DIVISION(u32, i32, 32, 0x80000000u)
DEFINE_DIVISION(u64, i64, 64, (u64)1 << 63)

/* ---- floats to integers ---- */

/* A double holds any f32 and f64 exactly. Truncated, it is in [least, high), or it does not fit. */
#define DEFINE_CONVERSION(name, u, T, least, high, LEAST, MOST) \
    static u32 to_##name(f64 v, u *out)                         \
    {                                                           \
        f64 whole = trunc(v);                                   \
        if (v != v)                                             \
            return TRAP(BAD_CONVERSION_TO_INTEGER);             \
        if (whole < (least) || whole >= (high))                 \
            return TRAP(INTEGER_OVERFLOW);                      \
        *out = (u)(T)whole;                                     \
        return NO_TRAP;                                         \
    }                                                           \
    u interp_saturate_##name(f64 v)                             \
    {                                                           \
        u out = 0;                                              \
        if (v == v && to_##name(v, &out) != NO_TRAP)            \
            out = (u)(v < 0 ? LEAST : MOST);                    \
        return out;                                             \
    }
DEFINE_CONVERSION(s32, u32, i32, -0x1p31, 0x1p31, (u32)INT32_MIN, (u32)INT32_MAX)
DEFINE_CONVERSION(u32, u32, u32, 0, 0x1p32, 0, UINT32_MAX)
DEFINE_CONVERSION(s64, u64, i64, -0x1p63, 0x1p63, (u64)INT64_MIN, (u64)INT64_MAX)
DEFINE_CONVERSION(u64, u64, u64, 0, 0x1p64, 0, UINT64_MAX)

/* ---- floats ---- */

/* C's functions may hand on a signalling NaN as it is: arithmetic makes it quiet. */
f32 interp_quiet32(f32 v) { return v != v ? v + v : v; }
f64 interp_quiet64(f64 v) { return v != v ? v + v : v; }

f32 interp_canonical32(const Interp *in, f32 v)
{
    static const u32 nan = 0x7fc00000;
    if (in->has_canonical_nans && v != v)
        memcpy(&v, &nan, sizeof v);
    return v;
}

f64 interp_canonical64(const Interp *in, f64 v)
{
    static const u64 nan = (u64)0x7ff8 << 48;
    if (in->has_canonical_nans && v != v)
        memcpy(&v, &nan, sizeof v);
    return v;
}

/* Of two zeros the negative one is less; a NaN of either comes out. */
#define DEFINE_MIN_MAX(f, w, sign)                         \
    f interp_min##w(f a, f b)                              \
    {                                                      \
        if (a != a || b != b)                              \
            return a + b;                                  \
        return a == b ? (sign(a) ? a : b) : a < b ? a : b; \
    }                                                      \
    f interp_max##w(f a, f b)                              \
    {                                                      \
        if (a != a || b != b)                              \
            return a + b;                                  \
        return a == b ? (sign(a) ? b : a) : a > b ? a : b; \
    }
DEFINE_MIN_MAX(f32, 32, signbit)
DEFINE_MIN_MAX(f64, 64, signbit)

/* ---- 128 bits, as pairs of i64: the lower half is below ---- */

static unsigned __int128 low_high(u64 low, u64 high) { return (unsigned __int128)high << 64 | low; }

static bool push_wide(Interp *in, unsigned __int128 v)
{
    push_u64(in, (u64)v);
    push_u64(in, (u64)(v >> 64));
    return true;
}

/* ---- rows ---- */

#define PUSH(T, e)         \
    {                      \
        push_##T(in, (e)); \
        return true;       \
    }
#define UN(T, R, e)           \
    {                         \
        T a = pop_##T(in);    \
        push_##R(in, (R)(e)); \
        return true;          \
    }
#define BIN(T, R, e)                        \
    {                                       \
        T b = pop_##T(in), a = pop_##T(in); \
        push_##R(in, (R)(e));               \
        return true;                        \
    }
#define canonical_f32 interp_canonical32
#define canonical_f64 interp_canonical64
#define FLOAT_UN(T, e) UN(T, T, canonical_##T(in, (e)))
#define FLOAT_BIN(T, e) BIN(T, T, canonical_##T(in, (e)))
#define CONVERT(T, R) UN(T, R, canonical_##R(in, (R)a))
#define TRAPPING(T, R, f)                               \
    {                                                   \
        T b = pop_##T(in), a = pop_##T(in);             \
        R result;                                       \
        u32 trap = f(a, b, &result);                    \
        if (trap != NO_TRAP)                            \
            return interp_trap(in, (VmTrap)(trap - 1)); \
        push_##R(in, result);                           \
        return true;                                    \
    }
#define TRUNC(T, R, f)                                  \
    {                                                   \
        R result;                                       \
        u32 trap = f((f64)pop_##T(in), &result);        \
        if (trap != NO_TRAP)                            \
            return interp_trap(in, (VmTrap)(trap - 1)); \
        push_##R(in, result);                           \
        return true;                                    \
    }
#define WIDE(e)                               \
    {                                         \
        u64 d = pop_u64(in), c = pop_u64(in); \
        u64 b = pop_u64(in), a = pop_u64(in); \
        return push_wide(in, (e));            \
    }
#define WIDE_MUL(e)                           \
    {                                         \
        u64 b = pop_u64(in), a = pop_u64(in); \
        return push_wide(in, (e));            \
    }

bool interp_numeric(Interp *in, WasmOp op)
{
    switch (op) {
#define X(name, ...) case WASM_OP_##name: __VA_ARGS__;
#include "interp/numeric.def"
#undef X
    default: UNREACHABLE();
    }
}
