/* native.c: some of the functions of math.wat and words.c as SQLite's own C extensions have them,
 * under names that begin with c_. */
#include <math.h>
#include <sqlite3ext.h>
#include <stddef.h>
#include <stdint.h>

SQLITE_EXTENSION_INIT1

static int has_null(int n, sqlite3_value **args)
{
    for (int i = 0; i < n; i++)
        if (sqlite3_value_type(args[i]) == SQLITE_NULL)
            return 1;
    return 0;
}

static void c_distance(sqlite3_context *sql, int n, sqlite3_value **args)
{
    if (has_null(n, args))
        return;
    double x = sqlite3_value_double(args[0]) - sqlite3_value_double(args[2]);
    double y = sqlite3_value_double(args[1]) - sqlite3_value_double(args[3]);
    sqlite3_result_double(sql, sqrt(x * x + y * y));
}

static void c_gcd(sqlite3_context *sql, int n, sqlite3_value **args)
{
    if (has_null(n, args))
        return;
    uint64_t a = (uint64_t)sqlite3_value_int64(args[0]);
    uint64_t b = (uint64_t)sqlite3_value_int64(args[1]);
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    sqlite3_result_int64(sql, (sqlite3_int64)a);
}

static void c_hash(sqlite3_context *sql, int n, sqlite3_value **args)
{
    if (has_null(n, args))
        return;
    const unsigned char *text = sqlite3_value_text(args[0]);
    int len = sqlite3_value_bytes(args[0]);
    uint64_t h = 0xcbf29ce484222325;
    for (int i = 0; i < len; i++)
        h = (h ^ text[i]) * 0x100000001b3;
    sqlite3_result_int64(sql, (sqlite3_int64)h);
}

static void c_shout(sqlite3_context *sql, int n, sqlite3_value **args)
{
    if (has_null(n, args))
        return;
    const unsigned char *text = sqlite3_value_text(args[0]);
    int len = sqlite3_value_bytes(args[0]);
    char *out = sqlite3_malloc(len + 1);
    if (!out) {
        sqlite3_result_error_nomem(sql);
        return;
    }
    for (int i = 0; i < len; i++)
        out[i] = (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 32 : text[i]);
    out[len] = '!';
    sqlite3_result_text(sql, out, len + 1, sqlite3_free);
}

int sqlite3_native_init(sqlite3 *db, char **error, const sqlite3_api_routines *api);

int sqlite3_native_init(sqlite3 *db, char **error, const sqlite3_api_routines *api)
{
    (void)error;
    SQLITE_EXTENSION_INIT2(api);
    int flags = SQLITE_UTF8 | SQLITE_INNOCUOUS;
    sqlite3_create_function(db, "c_distance", 4, flags, NULL, c_distance, NULL, NULL);
    sqlite3_create_function(db, "c_gcd", 2, flags, NULL, c_gcd, NULL, NULL);
    sqlite3_create_function(db, "c_hash", 1, flags, NULL, c_hash, NULL, NULL);
    sqlite3_create_function(db, "c_shout", 1, flags, NULL, c_shout, NULL, NULL);
    return SQLITE_OK;
}
