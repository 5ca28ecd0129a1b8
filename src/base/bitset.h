/* Dense bit sets over u64 words; the owner keeps the number of words. */
#ifndef STINT_BASE_BITSET_H
#define STINT_BASE_BITSET_H

#include "base/arena.h"

#define BITSET_WORDS(bits) (((size_t)(bits) + 63) / 64)

static inline u64 *bitset_new(Arena *arena, size_t bits)
{
    return arena_array(arena, u64, BITSET_WORDS(bits));
}
static inline bool bitset_has(const u64 *set, u32 i) { return set[i / 64] >> (i % 64) & 1; }
static inline void bitset_add(u64 *set, u32 i) { set[i / 64] |= (u64)1 << (i % 64); }
static inline void bitset_remove(u64 *set, u32 i) { set[i / 64] &= ~((u64)1 << (i % 64)); }

/* to |= from; true if `to` changed. */
static inline bool bitset_union(u64 *to, const u64 *from, size_t words)
{
    u64 changed = 0;
    for (size_t w = 0; w < words; w++) {
        u64 was = to[w];
        to[w] |= from[w];
        changed |= was ^ to[w];
    }
    return changed != 0;
}

/* Visits the members in rising order: `BITSET_EACH(set, words, i) { ... }`. */
#define BITSET_EACH(set, words, i)                                                      \
    for (size_t w_##i = 0; w_##i < (words); w_##i++)                                    \
        for (u64 bits_##i = (set)[w_##i];                                               \
             bits_##i && ((i) = (u32)(w_##i * 64 + ctz64(bits_##i)), true);             \
             bits_##i &= bits_##i - 1)

#endif
