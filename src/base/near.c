/* By edit distance. */
#include "base/near.h"

#define WORD_MAX 63

/* How many letters must be inserted, deleted, replaced or swapped with their neighbour to turn one
 * word into the other. */
static u32 distance_of(const char *a, size_t a_len, const char *b, size_t b_len)
{
    u32 rows[3][WORD_MAX + 1]; /* of the letter of `a` before the last, of the last, of this one */
    for (size_t j = 0; j <= b_len; j++)
        rows[1][j] = (u32)j;
    for (size_t i = 1; i <= a_len; i++) {
        rows[2][0] = (u32)i;
        for (size_t j = 1; j <= b_len; j++) {
            u32 best = MIN(rows[2][j - 1], rows[1][j]) + 1;
            best = MIN(best, rows[1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = MIN(best, rows[0][j - 2] + 1);
            rows[2][j] = best;
        }
        memcpy(rows[0], rows[1], sizeof rows[0]);
        memcpy(rows[1], rows[2], sizeof rows[1]);
    }
    return rows[1][b_len];
}

/* How far a candidate is, or more than it may be. */
static u32 judge(const char *word, size_t word_len, const char *candidate, size_t len)
{
    u32 distance = distance_of(word, word_len, candidate, len);
    if (distance <= MAX((u32)MAX(word_len, len) / 4, 1u))
        return distance;
    /* Somebody who knows a part of it. */
    return word_len > 3 && strstr(candidate, word) ? 1 : UINT32_MAX;
}

void near_offer(Near *near, const char *candidate)
{
    size_t word_len = strlen(near->word), len = strlen(candidate);
    if (word_len > WORD_MAX || len > WORD_MAX || word_len == 0)
        return;
    u32 distance = judge(near->word, word_len, candidate, len);
    for (u32 i = 0; i < NEAR_COUNT && distance != UINT32_MAX; i++) {
        if (near->best[i] && near->distance[i] <= distance)
            continue;
        const char *last = near->best[i];
        u32 last_distance = near->distance[i];
        near->best[i] = candidate;
        near->distance[i] = distance;
        if (!last)
            return;
        candidate = last;
        distance = last_distance;
    }
}

void near_print(const Near *near, StrBuf *out)
{
    for (u32 i = 0; i < NEAR_COUNT && near->best[i]; i++)
        sb_printf(out, "%s`%s`", i ? ", " : "; near: ", near->best[i]);
}
