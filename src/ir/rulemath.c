/* Multipliers for division by constants, as tools/rules/terms.py defines them. */
#include "ir/rulemath.h"

typedef unsigned __int128 u128;

/* 2^power / d rounded up; power is at most 127. */
static u128 inverse(u32 power, u64 d) { return (((u128)1 << power) + d - 1) / d; }

RmMagic rm_magic_u(u64 d, u32 width)
{
    if (!d || is_pow2(d)) /* not asked by rules; the loop below would not end well */
        return (RmMagic){0};
    u32 shift = 64 - (u32)clz64(d - 1);
    u128 mul = 0, next;
    /* With this shift it always works, with one bit more than the width: 2^(width + shift) may be
     * 2^128, which the next line's halves avoid. */
    next = (((u128)1 << (width + shift - 1)) / d) * 2 +
           ((((u128)1 << (width + shift - 1)) % d) * 2 + d - 1) / d;
    /* A smaller shift may do: while the rounding error stays below what one unit of x allows. */
    for (;;) {
        mul = next;
        if (!shift)
            break;
        next = inverse(width + shift - 1, d);
        if (next * d - ((u128)1 << (width + shift - 1)) > (u128)1 << (shift - 1))
            break;
        shift--;
    }
    if (mul <= rm_mask(width))
        return (RmMagic){(u64)mul, shift, 0};
    return (RmMagic){(u64)mul & rm_mask(width), shift - 1, 1};
}

RmMagic rm_magic_s(u64 d, u32 width)
{
    if (d < 2)
        return (RmMagic){0};
    for (u32 shift = 0; shift + width < 128; shift++) {
        u128 power = (u128)1 << (width + shift);
        u128 mul = power / d + 1;
        if (mul * d - power <= (u128)1 << (shift + 1) && mul <= rm_mask(width))
            return (RmMagic){(u64)mul, shift, 0};
    }
    return (RmMagic){0};
}
