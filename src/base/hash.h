/* Mixing functions for hash tables. hash_mix can be inverted, so it is for tables that nobody
 * profits from flooding; where keys come from an adversary and a lookup is a chain of probes, the
 * keyed ones are to be used, with a key that he cannot know. */
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

/* Half of a 128-bit product with the key folded onto the other half. */
static inline u64 hash_mix_keyed(u64 h, u64 v, u64 key)
{
    unsigned __int128 product =
        (unsigned __int128)(h ^ v ^ 0x9FB21C651E98DF25u) * (key ^ (v << 32 | v >> 32));
    return (u64)product ^ (u64)(product >> 64);
}

static inline u64 hash_bytes_keyed(const void *data, size_t len, u64 key)
{
    const u8 *p = data;
    u64 h = key ^ len;
    for (; len >= 8; p += 8, len -= 8)
        h = hash_mix_keyed(h, load_u64(p), key);
    u64 tail = 0;
    if (len)
        memcpy(&tail, p, len);
    return hash_mix_keyed(h, tail, key);
}

#endif
