/* Words that look like a misspelt one, by edit distance. */
#include "cli/cli.h"

#define WORD_MAX 63

/* Letters to insert, delete or replace to turn one word into the other. */
static u32 distance_of(const char *a, size_t a_len, const char *b, size_t b_len)
{
    u32 row[WORD_MAX + 1];
    for (size_t j = 0; j <= b_len; j++)
        row[j] = (u32)j;
    for (size_t i = 1; i <= a_len; i++) {
        u32 diagonal = row[0];
        row[0] = (u32)i;
        for (size_t j = 1; j <= b_len; j++) {
            u32 replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = MIN(replaced, MIN(row[j], row[j - 1]) + 1);
        }
    }
    return row[b_len];
}

void cli_near_offer(CliNear *near, const char *candidate)
{
    size_t word_len = strlen(near->word), len = strlen(candidate);
    if (word_len > WORD_MAX || len > WORD_MAX || word_len == 0)
        return;
    u32 distance = distance_of(near->word, word_len, candidate, len);
    /* A third of the letters may be wrong; a beginning or a part is near as well. */
    u32 allowed = (u32)MAX(word_len, len) / 3 + 1;
    if (distance > allowed && !(word_len > 2 && strstr(candidate, near->word)))
        return;
    for (u32 i = 0; i < CLI_NEAR_COUNT; i++) {
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

void cli_near_print(const CliNear *near, StrBuf *out)
{
    for (u32 i = 0; i < CLI_NEAR_COUNT && near->best[i]; i++)
        sb_printf(out, "%s`%s`", i ? ", " : "; near: ", near->best[i]);
}
