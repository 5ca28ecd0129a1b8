/* sql.h: for guests in C that are functions of SQL.
 *
 *   clang --target=wasm32-wasi --sysroot=/usr -mexec-model=reactor -O2 -o words.wasm words.c
 *
 * An exported name is a declaration. In calls,
 *
 *   integer     is a long long
 *   real        is a double
 *   text, blob  are an address and a length in bytes; as a result, SQL_BYTES() or SQL_NULL
 *   any         is the address of a SqlValue; as a result, NULL is SQL's NULL
 *
 * What arguments point to is there until the function returns. What a result points to is read
 * before the next call. If an argument is NULL, and not `any`, the result is NULL without a call.
 */
#ifndef SQL_H
#define SQL_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define SQL(declaration) __attribute__((export_name(declaration)))

/* A text or a blob as a result. */
typedef unsigned long long SqlBytes;
#define SQL_NULL ((SqlBytes)0)
#define SQL_BYTES(at, len) ((SqlBytes)(size_t)(at) | (SqlBytes)(len) << 32)

typedef enum SqlKind {
    SQL_IS_INTEGER = 1,
    SQL_IS_REAL,
    SQL_IS_TEXT,
    SQL_IS_BLOB,
    SQL_IS_NULL,
} SqlKind;

typedef struct SqlValue {
    SqlKind kind;
    unsigned len; /* of a text or a blob */
    union {
        long long integer;
        double real;
        const char *at;
    } of;
} SqlValue;

/* Ends the call, and the query, with a message. */
__attribute__((import_module("sql"), import_name("error"), noreturn)) void
sql_error_of(const char *message, size_t len);
static inline void sql_error(const char *message)
{
    sql_error_of(message, strlen(message));
}

static inline void *sql_need(void *memory)
{
    if (!memory)
        sql_error("out of memory");
    return memory;
}

/* The host asks for room to put arguments into. */
SQL("alloc") void *sql_alloc(size_t size);
void *sql_alloc(size_t size)
{
    return malloc(size);
}

#endif
