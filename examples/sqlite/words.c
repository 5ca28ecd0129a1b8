/* words.c: functions for SQL, in C.
 *
 *   clang --target=wasm32-wasi --sysroot=/usr -mexec-model=reactor -O2 -o words.wasm words.c
 */
#include "sql.h"

/* ---- Functions ----------------------------------------------------------------------------- */

/* The room for a result: the host has read the last one. */
static char *result_of(size_t size)
{
    static char *room;
    static size_t capacity;
    if (size > capacity) {
        free(room);
        room = sql_need(malloc(size * 2));
        capacity = size * 2;
    }
    return room;
}

SQL("shout(text) -> text") SqlBytes shout(const char *text, size_t len)
{
    char *out = result_of(len + 1);
    for (size_t i = 0; i < len; i++)
        out[i] = text[i] >= 'a' && text[i] <= 'z' ? text[i] - 32 : text[i];
    out[len] = '!';
    return SQL_BYTES(out, len + 1);
}

SQL("reversed(blob) -> blob") SqlBytes reversed(const char *blob, size_t len)
{
    char *out = result_of(len + 1);
    for (size_t i = 0; i < len; i++)
        out[i] = blob[len - 1 - i];
    return SQL_BYTES(out, len);
}

/* FNV-1a. */
SQL("hash(text) -> integer") long long hash(const char *text, size_t len)
{
    unsigned long long h = 0xcbf29ce484222325;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001b3;
    return (long long)h;
}

/* The first one that is not NULL; an error if both are. */
SQL("either(any, any) -> any")
const SqlValue *either(const SqlValue *a, const SqlValue *b)
{
    if (a->kind == SQL_IS_NULL && b->kind == SQL_IS_NULL)
        sql_error("neither");
    return a->kind == SQL_IS_NULL ? b : a;
}

/* NULL unless the text is a number of digits. */
SQL("digits(text) -> any") const SqlValue *digits(const char *text, size_t len)
{
    static SqlValue value = {.kind = SQL_IS_INTEGER};
    value.of.integer = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return NULL;
        value.of.integer = value.of.integer * 10 + (text[i] - '0');
    }
    return len ? &value : NULL;
}

/* ---- Aggregates: a step for each row, with the state that the last one returned, 0 at first -- */

typedef struct Numbers {
    size_t n, capacity;
    double at[];
} Numbers;

SQL("median(real) -> aggregate any") Numbers *median_step(Numbers *state, double value)
{
    if (!state || state->n == state->capacity) {
        size_t capacity = state ? state->capacity * 2 : 8;
        Numbers *more = sql_need(realloc(state, sizeof *state + capacity * sizeof(double)));
        if (!state)
            more->n = 0;
        more->capacity = capacity;
        state = more;
    }
    state->at[state->n++] = value;
    return state;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

SQL("median.final") const SqlValue *median_final(Numbers *state)
{
    static SqlValue result = {.kind = SQL_IS_REAL};
    if (!state)
        return NULL; /* there were no rows */
    size_t n = state->n;
    qsort(state->at, n, sizeof *state->at, by_value);
    result.of.real = (state->at[(n - 1) / 2] + state->at[n / 2]) / 2;
    free(state);
    return &result;
}

typedef struct Text {
    size_t len;
    char bytes[];
} Text;

static Text *copy(const char *bytes, size_t len)
{
    Text *text = sql_need(malloc(sizeof *text + len));
    text->len = len;
    memcpy(text->bytes, bytes, len);
    return text;
}

SQL("longest(text) -> aggregate text")
Text *longest_step(Text *state, const char *text, size_t len)
{
    if (state && state->len >= len)
        return state;
    free(state);
    return copy(text, len);
}

SQL("longest.final") SqlBytes longest_final(Text *state)
{
    if (!state)
        return SQL_NULL;
    char *out = result_of(state->len + 1);
    size_t len = state->len;
    memcpy(out, state->bytes, len);
    free(state);
    return SQL_BYTES(out, len);
}

/* ---- Tables: a cursor, and rows until there are no more -------------------------------------- */

typedef struct Split {
    Text *text, *separator;
    size_t at;
} Split;

SQL("split(string text, separator text) -> table(word text, start integer)")
Split *split(const char *text, size_t len, const char *separator, size_t separator_len)
{
    if (!separator_len)
        sql_error("the separator is empty");
    Split *cursor = sql_need(malloc(sizeof *cursor));
    cursor->text = copy(text, len); /* arguments are there for this call only */
    cursor->separator = copy(separator, separator_len);
    cursor->at = 0;
    return cursor;
}

SQL("split.next") int split_next(Split *cursor, SqlValue row[2])
{
    const Text *text = cursor->text, *separator = cursor->separator;
    size_t start = cursor->at, end = start;
    if (start > text->len)
        return 0;
    while (end + separator->len <= text->len &&
           memcmp(text->bytes + end, separator->bytes, separator->len))
        end++;
    cursor->at = end + separator->len;
    if (end + separator->len > text->len) {
        end = text->len;
        cursor->at = end + 1;
    }
    row[0].kind = SQL_IS_TEXT;
    row[0].of.at = text->bytes + start;
    row[0].len = end - start;
    row[1].kind = SQL_IS_INTEGER;
    row[1].of.integer = (long long)start;
    return 1;
}

SQL("split.close") void split_close(Split *cursor)
{
    free(cursor->text);
    free(cursor->separator);
    free(cursor);
}
