/* Arithmetic of the rule language in C: what tools/rules/cterm.py calls where C has no operator. A
 * value is a u64 whose bits above its width are zero; a float is its bits. tools/rules/terms.py has
 * the same functions in Python, and rulecheck compares the two. Float results follow the host's
 * IEEE 754 arithmetic in the default rounding mode; which NaN comes out is not fixed. */
#ifndef STINT_IR_RULEMATH_H
#define STINT_IR_RULEMATH_H

#include <math.h>

#include "base/base.h"

/* ---- integers ---- */

static inline u64 rm_mask(u32 width) { return width >= 64 ? ~(u64)0 : ((u64)1 << width) - 1; }
static inline u64 rm_sext(u64 a, u32 width)
{
    u64 sign = (u64)1 << (width - 1);
    return (a ^ sign) - sign;
}
static inline u64 rm_ashr(u64 a, u64 n, u32 width)
{
    u64 s = rm_sext(a, width);
    return n ? (s >> n) | (s >> 63 ? ~(~(u64)0 >> n) : 0) : s;
}
static inline u64 rm_rotl(u64 a, u64 n, u32 width)
{
    return n ? a << n | a >> (width - n) : a;
}
static inline u64 rm_clz(u64 a, u32 width) { return clz64(a) - (64 - width); }
static inline u64 rm_ctz(u64 a, u32 width) { return a ? ctz64(a) : width; }
/* Division by zero is undefined in the rules: any value will do, a fault will not. */
static inline u64 rm_udiv(u64 a, u64 b) { return b ? a / b : 0; }
static inline u64 rm_urem(u64 a, u64 b) { return b ? a % b : 0; }
static inline u64 rm_sdiv(u64 a, u64 b)
{
    u64 q = rm_udiv(a >> 63 ? 0 - a : a, b >> 63 ? 0 - b : b);
    return (a ^ b) >> 63 ? 0 - q : q;
}
static inline u64 rm_srem(u64 a, u64 b) { return b ? a - b * rm_sdiv(a, b) : 0; }
static inline u64 rm_mulhu(u64 a, u64 b, u32 width)
{
    return (u64)((unsigned __int128)a * b >> width);
}
static inline u64 rm_mulhs(u64 a, u64 b, u32 width)
{
    __int128 product = (__int128)(i64)a * (i64)b;
    return (u64)((unsigned __int128)product >> width);
}

/* ---- division by constants (Granlund and Montgomery; Hacker's Delight, chapter 10) ---- */

typedef struct RmMagic {
    u64 mul, shift, add;
} RmMagic;

/* For d that is no power of two: x / d = mulhu(x, mul) >> shift; with add, where t is the high
 * product, ((x - t) / 2 + t) >> shift. */
RmMagic rm_magic_u(u64 d, u32 width);
/* For d >= 3, signed: x / d = (mulhs(x, mul) [+ x where mul is negative] >> shift) + (x < 0). */
RmMagic rm_magic_s(u64 d, u32 width);

/* ---- floats ---- */

static inline double rm_double(u64 bits, u32 width)
{
    if (width == 32) {
        u32 low = (u32)bits;
        float f;
        memcpy(&f, &low, sizeof f);
        return f;
    }
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}
static inline u64 rm_bits32(float f)
{
    u32 bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}
/* Rounds to the width: exact where the value came from one operation on operands of that width. */
static inline u64 rm_float(double d, u32 width)
{
    u64 bits;
    if (width == 32)
        return rm_bits32((float)d);
    memcpy(&bits, &d, sizeof bits);
    return bits;
}
static inline u64 rm_isnan(u64 a, u32 width)
{
    return (a & rm_mask(width - 1)) > (width == 32 ? 0x7f800000u : 0x7ff0000000000000u);
}
static inline u64 rm_quiet(u32 width) { return width == 32 ? 0x7fc00000u : 0x7ff8000000000000u; }
/* One operation on binary32 operands, done in binary64 and rounded, is rounded right: 53 bits are
 * more than twice 24 plus two. */
static inline u64 rm_fadd(u64 a, u64 b, u32 w)
{
    return rm_float(rm_double(a, w) + rm_double(b, w), w);
}
static inline u64 rm_fsub(u64 a, u64 b, u32 w)
{
    return rm_float(rm_double(a, w) - rm_double(b, w), w);
}
static inline u64 rm_fmul(u64 a, u64 b, u32 w)
{
    return rm_float(rm_double(a, w) * rm_double(b, w), w);
}
static inline u64 rm_fdiv(u64 a, u64 b, u32 w)
{
    return rm_float(rm_double(a, w) / rm_double(b, w), w);
}
static inline u64 rm_fsqrt(u64 a, u32 w) { return rm_float(sqrt(rm_double(a, w)), w); }
static inline u64 rm_feq(u64 a, u64 b, u32 w) { return rm_double(a, w) == rm_double(b, w); }
static inline u64 rm_flt(u64 a, u64 b, u32 w) { return rm_double(a, w) < rm_double(b, w); }
static inline u64 rm_fle(u64 a, u64 b, u32 w) { return rm_double(a, w) <= rm_double(b, w); }
static inline u64 rm_fmin(u64 a, u64 b, u32 w)
{
    if (rm_isnan(a, w) || rm_isnan(b, w))
        return rm_quiet(w);
    return rm_feq(a, b, w) ? a | b : rm_flt(a, b, w) ? a : b;
}
static inline u64 rm_fmax(u64 a, u64 b, u32 w)
{
    if (rm_isnan(a, w) || rm_isnan(b, w))
        return rm_quiet(w);
    return rm_feq(a, b, w) ? a & b : rm_flt(a, b, w) ? b : a;
}
static inline u64 rm_nearest(u64 a, u32 w) { return rm_float(rint(rm_double(a, w)), w); }
static inline u64 rm_floor(u64 a, u32 w) { return rm_float(floor(rm_double(a, w)), w); }
static inline u64 rm_ceil(u64 a, u32 w) { return rm_float(ceil(rm_double(a, w)), w); }
static inline u64 rm_trunc(u64 a, u32 w) { return rm_float(trunc(rm_double(a, w)), w); }
static inline u64 rm_promote(u64 a) { return rm_float(rm_double(a, 32), 64); }
static inline u64 rm_demote(u64 a) { return rm_float(rm_double(a, 64), 32); }
/* From an integer, sign-extended to 64 bits for itof_s: one rounding. */
static inline u64 rm_itof_s(u64 a, u32 w)
{
    return w == 32 ? rm_bits32((float)(i64)a) : rm_float((double)(i64)a, w);
}
static inline u64 rm_itof_u(u64 a, u32 w)
{
    return w == 32 ? rm_bits32((float)a) : rm_float((double)a, w);
}
/* Does truncation fit an integer of `to` bits? The limits are floats of both widths. */
static inline u64 rm_fits_s(u64 a, u32 w, u32 to)
{
    double limit = ldexp(1, (int)to - 1), whole = trunc(rm_double(a, w));
    return whole >= -limit && whole < limit;
}
static inline u64 rm_fits_u(u64 a, u32 w, u32 to)
{
    double whole = trunc(rm_double(a, w));
    return whole >= 0 && whole < ldexp(1, (int)to);
}
/* What does not fit gives 0 here; the rules leave it undefined. */
static inline u64 rm_ftoi_s(u64 a, u32 w, u32 to)
{
    return rm_fits_s(a, w, to) ? (u64)(i64)rm_double(a, w) : 0;
}
static inline u64 rm_ftoi_u(u64 a, u32 w, u32 to)
{
    return rm_fits_u(a, w, to) ? (u64)rm_double(a, w) : 0;
}

#endif
