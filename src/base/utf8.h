/* UTF-8, as strictly as Unicode has it. */
#ifndef STINT_BASE_UTF8_H
#define STINT_BASE_UTF8_H

#include "base/base.h"

/* Length of the well-formed sequence at p, 0 if there is none; left > 0. Overlong forms, surrogates
 * and numbers past 0x10FFFF are refused by the range of the second byte. */
static inline size_t utf8_sequence(const u8 *p, size_t left)
{
    u8 lead = p[0];
    size_t len = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (len == 0 || lead > 0xF4 || len > left)
        return 0;
    if (len >= 2) {
        u8 low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        u8 high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        if (p[1] < low || p[1] > high)
            return 0;
    }
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

static inline bool utf8_valid(const void *bytes, size_t size)
{
    const u8 *p = bytes;
    for (size_t i = 0; i < size;) {
        size_t len = p[i] < 0x80 ? 1 : utf8_sequence(p + i, size - i);
        if (!len)
            return false;
        i += len;
    }
    return true;
}

#endif
