/* Mixing functions for hash tables that no adversary can profit from flooding: all are bounded by
 * the size of the input that fills them. */
#ifndef STINT_BASE_HASH_H
#define STINT_BASE_HASH_H

#include "base/base.h"

static inline u64 hash_mix(u64 h, u64 v)
{
    h = (h ^ v) * 0x9E3779B97F4A7C15u;
    return h ^ (h >> 29);
}

static inline u64 hash_bytes(const void *data, size_t len, u64 seed)
{
    const u8 *p = data;
    u64 h = seed ^ len;
    for (; len >= 8; p += 8, len -= 8)
        h = hash_mix(h, load_u64(p));
    u64 tail = 0;
    if (len)
        memcpy(&tail, p, len);
    return hash_mix(h, tail);
}

#endif
