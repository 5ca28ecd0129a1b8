/* extension.c: wasm.so, a loadable extension of SQLite that calls WebAssembly.
 *
 *   SELECT wasm_load('words.wasm');          -- or .wat, or the bytes of a module as a blob
 *   SELECT wasm_limit('milliseconds', 50);   -- for modules that are loaded afterwards
 *   SELECT wasm_limit('megabytes', 8);
 *
 * README.md says how modules declare their functions.
 */
#include "wasm.h"

#include <stdio.h>
#include <string.h>

SQLITE_EXTENSION_INIT1

/* ---- Functions and aggregates -------------------------------------------------------------- */

static void fail(sqlite3_context *sql, const Function *function)
{
    if (function->guest->error)
        sqlite3_result_error(sql, function->guest->error, -1);
    else
        sqlite3_result_error_nomem(sql);
}

static void on_scalar(sqlite3_context *sql, int n_args, sqlite3_value **args)
{
    (void)n_args;
    Function *function = sqlite3_user_data(sql);
    wasmtime_val_raw_t raw[MAX_RAW];
    switch (function_call(function, raw, 0, args)) {
    case DONE: give_result(sql, function, function->is.result, raw[0]); break;
    case FAILED: fail(sql, function); break;
    case IS_NULL: break; /* as is the result */
    }
}

/* The state of an aggregate over one group; zeroed at first. */
typedef struct Group {
    uint32_t state; /* the guest's name for it */
    bool has_rows, failed;
    uint64_t life; /* of the guest that made it */
} Group;

static bool is_stale(sqlite3_context *sql, Group *group, const Guest *guest)
{
    if (!group->has_rows || (guest->store && guest->life == group->life))
        return false;
    if (!group->failed)
        sqlite3_result_error(sql, "the module was restarted after an error", -1);
    return group->failed = true;
}

static void on_step(sqlite3_context *sql, int n_args, sqlite3_value **args)
{
    (void)n_args;
    Function *function = sqlite3_user_data(sql);
    wasmtime_val_raw_t raw[MAX_RAW];
    Group *group = sqlite3_aggregate_context(sql, sizeof *group);
    if (!group) {
        sqlite3_result_error_nomem(sql);
        return;
    }
    if (is_stale(sql, group, function->guest))
        return;
    raw[0].i32 = (int32_t)group->state;
    switch (function_call(function, raw, 1, args)) {
    case DONE:
        group->state = (uint32_t)raw[0].i32;
        group->life = function->guest->life;
        group->has_rows = true;
        break;
    case FAILED:
        group->failed = true;
        fail(sql, function);
        break;
    case IS_NULL: break; /* such rows do not count */
    }
}

/* Also called when a query is given up, so that the guest can free the state. */
static void on_final(sqlite3_context *sql)
{
    Function *function = sqlite3_user_data(sql);
    Group none = {0}, *group = sqlite3_aggregate_context(sql, 0);
    if (!group)
        group = &none;
    if (group->failed || is_stale(sql, group, function->guest))
        return;
    wasmtime_val_raw_t raw[1] = {{.i32 = (int32_t)group->state}};
    if (guest_ready(function) == DONE &&
        guest_call(function->guest, function, &function->more, raw, 1) == DONE)
        give_result(sql, function, function->is.result, raw[0]);
    else
        fail(sql, function);
}

/* ---- Loading ------------------------------------------------------------------------------- */

static void on_forgotten(void *function)
{
    guest_release(((Function *)function)->guest);
}

/* SQLite calls on_forgotten also when this fails. */
static int define(sqlite3 *db, Function *function)
{
    const char *name = function->is.name;
    int n_params = function->is.n_params, flags = SQLITE_UTF8 | SQLITE_INNOCUOUS;
    function->guest->refs++;
    switch (function->is.kind) {
    case SCALAR:
        return sqlite3_create_function_v2(db, name, n_params, flags, function, on_scalar, NULL,
                                          NULL, on_forgotten);
    case AGGREGATE:
        return sqlite3_create_function_v2(db, name, n_params, flags, function, NULL, on_step,
                                          on_final, on_forgotten);
    default: return sqlite3_create_module_v2(db, name, &table_module, function, on_forgotten);
    }
}

static char *read_file(const char *name, size_t *len)
{
    FILE *file = fopen(name, "rb");
    char *bytes = NULL;
    if (file && !fseek(file, 0, SEEK_END)) {
        long size = ftell(file);
        rewind(file);
        bytes = size >= 0 ? sqlite3_malloc64((sqlite3_uint64)size + 1) : NULL;
        *len = bytes ? fread(bytes, 1, (size_t)size, file) : 0;
    }
    if (file)
        fclose(file);
    return bytes;
}

/* The names of the functions, in the order of the module. */
static char *define_all(sqlite3 *db, Guest *guest, char **names)
{
    *names = NULL;
    for (Function *f = guest->functions; f; f = f->next) {
        if (define(db, f) != SQLITE_OK)
            return sqlite3_mprintf("%s: %s", f->is.name, sqlite3_errmsg(db));
        char *longer = sqlite3_mprintf("%s%s%s", f->is.name, *names ? ", " : "",
                                       *names ? *names : "");
        sqlite3_free(*names);
        *names = longer;
    }
    return NULL;
}

static void on_load(sqlite3_context *sql, int n_args, sqlite3_value **args)
{
    (void)n_args;
    Guest *guest = NULL;
    char *error = NULL, *names = NULL, *file = NULL;
    if (sqlite3_value_type(args[0]) == SQLITE_BLOB) {
        const void *blob = sqlite3_value_blob(args[0]);
        size_t len = (size_t)sqlite3_value_bytes(args[0]);
        error = guest_load(sqlite3_user_data(sql), NULL, blob ? blob : "", len, &guest);
    } else {
        const char *name = (const char *)sqlite3_value_text(args[0]);
        size_t len = 0;
        if (!name || !(file = read_file(name, &len)))
            error = sqlite3_mprintf("cannot read %s", name ? name : "NULL");
        else
            error = guest_load(sqlite3_user_data(sql), name, file, len, &guest);
        sqlite3_free(file);
    }
    if (!error)
        error = define_all(sqlite3_context_db_handle(sql), guest, &names);
    if (error)
        sqlite3_result_error(sql, error, -1);
    else
        sqlite3_result_text(sql, names, -1, SQLITE_TRANSIENT);
    sqlite3_free(error);
    sqlite3_free(names);
    if (guest)
        guest_release(guest);
}

static void on_limit(sqlite3_context *sql, int n_args, sqlite3_value **args)
{
    Host *host = sqlite3_user_data(sql);
    const char *name = (const char *)sqlite3_value_text(args[0]);
    bool is_time = name && !strcmp(name, "milliseconds");
    if (!is_time && (!name || strcmp(name, "megabytes"))) {
        sqlite3_result_error(sql, "the limits are 'milliseconds' and 'megabytes'", -1);
        return;
    }
    int64_t *limit = is_time ? &host->milliseconds : &host->megabytes;
    int64_t wanted = n_args == 2 ? sqlite3_value_int64(args[1]) : *limit;
    if (wanted < 1 || wanted > (is_time ? 86400000 : 4096)) {
        sqlite3_result_error(sql, "a limit is positive, at most 4096 megabytes or one day", -1);
        return;
    }
    *limit = wanted;
    sqlite3_result_int64(sql, *limit);
}

/* ---- The extension ------------------------------------------------------------------------- */

static void release_host(void *host)
{
    host_release(host);
}

/* SQLite finds it by the name of the file. */
__attribute__((visibility("default"))) int
sqlite3_wasm_init(sqlite3 *db, char **error, const sqlite3_api_routines *api);

int sqlite3_wasm_init(sqlite3 *db, char **error, const sqlite3_api_routines *api)
{
    SQLITE_EXTENSION_INIT2(api);
    Host *host = host_new();
    if (!host) {
        *error = sqlite3_mprintf("out of memory");
        return SQLITE_ERROR;
    }
    /* Only for statements of the application: not from within a view or a trigger of a database. */
    int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY;
    host->refs = 3;
    int status = sqlite3_create_function_v2(db, "wasm_load", 1, flags, host, on_load, NULL, NULL,
                                            release_host);
    for (int n = 1; n <= 2; n++) {
        int other = sqlite3_create_function_v2(db, "wasm_limit", n, flags, host, on_limit, NULL,
                                               NULL, release_host);
        status = status ? status : other;
    }
    return status;
}
