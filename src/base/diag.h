/* What was wrong with an input: one byte offset, one line of text. The first failure wins. */
#ifndef STINT_BASE_DIAG_H
#define STINT_BASE_DIAG_H

#include "base/base.h"

#define DIAG_NO_OFFSET UINT64_MAX

typedef struct Diag {
    u64 offset;     /* byte offset in the input; DIAG_NO_OFFSET where there is none */
    bool is_set;
    bool is_oom;    /* memory ran out; the input may be fine */
    char text[480]; /* begins with the specification's own words where it has some */
} Diag;

/* Records the failure unless one is recorded already. Always returns false, so that
 * `return diag_fail(...)` reads well. */
bool diag_fail(Diag *diag, u64 offset, const char *format, ...) PRINTF_LIKE(3, 4);
bool diag_oom(Diag *diag);

#endif
