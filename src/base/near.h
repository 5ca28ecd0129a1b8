/* Words that look like a misspelt one. */
#ifndef STINT_BASE_NEAR_H
#define STINT_BASE_NEAR_H

#include "base/strbuf.h"

#define NEAR_COUNT 3

/* Begins as `{.word = ...}`. */
typedef struct Near {
    const char *word;
    const char *best[NEAR_COUNT]; /* nearest first; NULL: none */
    u32 distance[NEAR_COUNT];
} Near;

/* Considers a candidate, which is kept by reference if it is near. */
void near_offer(Near *near, const char *candidate);
/* Appends "; near: `a`, `b`" or nothing. */
void near_print(const Near *near, StrBuf *out);

#endif
