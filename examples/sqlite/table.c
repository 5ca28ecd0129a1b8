/* table.c: functions that give tables: SELECT word FROM split('a b', ' ').
 *
 * SQLite knows them as virtual tables that exist without being created. Arguments are columns, too,
 * hidden ones: split('a b', ' ') means split WHERE argument 1 = 'a b' AND argument 2 = ' '.
 */
#include "wasm.h"

#include <string.h>

SQLITE_EXTENSION_INIT3

typedef struct Table {
    sqlite3_vtab base;
    Function *function;
} Table;

/* A row is copied out of the guest, which other calls may change before SQLite has read it. */
typedef struct Cursor {
    sqlite3_vtab_cursor base;
    bool is_open, at_end;
    uint32_t handle; /* the guest's name for it */
    uint64_t life;   /* of the guest that opened it */
    sqlite3_int64 row;
    sqlite3_value *args[MAX_PARAMS];
    Cell cells[MAX_COLUMNS]; /* `at` counts in bytes[] */
    char *bytes;
    size_t capacity;
} Cursor;

static Function *function_of(sqlite3_vtab_cursor *cursor)
{
    return ((Table *)cursor->pVtab)->function;
}

static int fail(sqlite3_vtab *table, const char *why)
{
    sqlite3_free(table->zErrMsg);
    table->zErrMsg = sqlite3_mprintf("%s", why ? why : "out of memory");
    return SQLITE_ERROR;
}

/* ---- The table ----------------------------------------------------------------------------- */

static char *schema_of(const Declaration *is)
{
    sqlite3_str *text = sqlite3_str_new(NULL);
    for (int i = 0; i < is->n_columns; i++) {
        const Field *column = &is->columns[i];
        sqlite3_str_appendf(text, "%s\"%w\" %s", i ? ", " : "CREATE TABLE x(", column->name,
                            column->type == ANY ? "" : type_name(column->type));
    }
    for (int i = 0; i < is->n_params; i++) {
        if (is->params[i].name[0])
            sqlite3_str_appendf(text, ", \"%w\" HIDDEN", is->params[i].name);
        else
            sqlite3_str_appendf(text, ", argument%d HIDDEN", i + 1);
    }
    sqlite3_str_appendall(text, ")");
    return sqlite3_str_finish(text);
}

static int on_connect(sqlite3 *db, void *data, int n_args, const char *const *args,
                      sqlite3_vtab **out, char **error)
{
    (void)n_args, (void)args, (void)error;
    Function *function = data;
    char *schema = schema_of(&function->is);
    int status = schema ? sqlite3_declare_vtab(db, schema) : SQLITE_NOMEM;
    sqlite3_free(schema);
    if (status != SQLITE_OK)
        return status;
    sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
    Table *table = sqlite3_malloc(sizeof *table);
    if (!table)
        return SQLITE_NOMEM;
    *table = (Table){.function = function};
    *out = &table->base;
    return SQLITE_OK;
}

static int on_disconnect(sqlite3_vtab *table)
{
    sqlite3_free(table);
    return SQLITE_OK;
}

/* Every argument has to be there, as `hidden column = value`. */
static int on_best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
    const Declaration *is = &((Table *)base)->function->is;
    int found = 0;
    bool is_later = false; /* an argument comes from a table that is not read yet in this order */
    for (int i = 0; i < info->nConstraint; i++) {
        int param = info->aConstraint[i].iColumn - is->n_columns;
        if (param < 0 || info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
            continue;
        is_later |= !info->aConstraint[i].usable;
        if (!info->aConstraint[i].usable || found >> param & 1)
            continue;
        info->aConstraintUsage[i].argvIndex = param + 1;
        info->aConstraintUsage[i].omit = 1;
        found |= 1 << param;
    }
    if (found != (1 << is->n_params) - 1) {
        if (is_later)
            return SQLITE_CONSTRAINT;
        sqlite3_free(base->zErrMsg);
        base->zErrMsg = sqlite3_mprintf("%s() takes %d arguments", is->name, is->n_params);
        return SQLITE_ERROR;
    }
    info->estimatedCost = 1000;
    info->estimatedRows = 100;
    return SQLITE_OK;
}

/* ---- Cursors ------------------------------------------------------------------------------- */

static int on_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
    (void)table;
    Cursor *cursor = sqlite3_malloc(sizeof *cursor);
    if (!cursor)
        return SQLITE_NOMEM;
    *cursor = (Cursor){.at_end = true};
    *out = &cursor->base;
    return SQLITE_OK;
}

static void end(Cursor *cursor)
{
    Function *function = function_of(&cursor->base);
    Guest *guest = function->guest;
    wasmtime_val_raw_t raw[1] = {{.i32 = (int32_t)cursor->handle}};
    if (cursor->is_open && guest->store && guest->life == cursor->life &&
        function->close_nth != NO_EXPORT)
        guest_call(guest, function, &function->close, raw, 1);
    for (int i = 0; i < function->is.n_params; i++) {
        sqlite3_value_free(cursor->args[i]);
        cursor->args[i] = NULL;
    }
    cursor->is_open = false;
    cursor->at_end = true;
}

static int on_close(sqlite3_vtab_cursor *base)
{
    Cursor *cursor = (Cursor *)base;
    end(cursor);
    sqlite3_free(cursor->bytes);
    sqlite3_free(cursor);
    return SQLITE_OK;
}

/* Copies what the row's texts and blobs point to. */
static bool take_bytes(Cursor *cursor, Function *function)
{
    size_t len = 0;
    for (int i = 0; i < function->is.n_columns; i++) {
        Cell *cell = &cursor->cells[i];
        if (cell->kind != SQLITE_TEXT && cell->kind != SQLITE_BLOB)
            continue;
        const uint8_t *from = guest_bytes(function->guest, cell->of.at, cell->len);
        if (!from) {
            guest_fail(function->guest, function, "a value lies outside of its memory");
            return false;
        }
        if (len + cell->len > cursor->capacity) {
            size_t capacity = 2 * (len + cell->len);
            char *bytes = sqlite3_realloc64(cursor->bytes, capacity);
            if (!bytes) {
                guest_fail(function->guest, function, "out of memory");
                return false;
            }
            cursor->bytes = bytes;
            cursor->capacity = capacity;
        }
        if (cell->len)
            memcpy(cursor->bytes + len, from, cell->len);
        cell->of.at = (uint32_t)len;
        len += cell->len;
        if (len > INT32_MAX) {
            guest_fail(function->guest, function, "the row is too large");
            return false;
        }
    }
    return true;
}

static int on_next(sqlite3_vtab_cursor *base)
{
    Cursor *cursor = (Cursor *)base;
    Function *function = function_of(base);
    Guest *guest = function->guest;
    uint32_t at;
    size_t size = (size_t)function->is.n_columns * sizeof(Cell);
    if (!guest->store || guest->life != cursor->life)
        return fail(base->pVtab, "the module was restarted after an error");
    if (guest_area(guest, function, size, &at) != DONE)
        return fail(base->pVtab, guest->error);
    memset(guest_bytes(guest, at, size), 0, size); /* what the guest leaves out is NULL */
    wasmtime_val_raw_t raw[2] = {{.i32 = (int32_t)cursor->handle}, {.i32 = (int32_t)at}};
    if (guest_call(guest, function, &function->more, raw, 2) != DONE)
        return fail(base->pVtab, guest->error);
    cursor->at_end = raw[0].i32 == 0;
    cursor->row++;
    if (cursor->at_end)
        return SQLITE_OK;
    memcpy(cursor->cells, guest_bytes(guest, at, size), size);
    return take_bytes(cursor, function) ? SQLITE_OK : fail(base->pVtab, guest->error);
}

static int on_filter(sqlite3_vtab_cursor *base, int plan, const char *text, int n_args,
                     sqlite3_value **args)
{
    (void)plan, (void)text;
    Cursor *cursor = (Cursor *)base;
    Function *function = function_of(base);
    wasmtime_val_raw_t raw[MAX_RAW];
    end(cursor);
    for (int i = 0; i < n_args; i++)
        if (!(cursor->args[i] = sqlite3_value_dup(args[i])))
            return SQLITE_NOMEM;
    Outcome outcome = function_call(function, raw, 0, args);
    if (outcome == IS_NULL)
        return SQLITE_OK; /* no rows */
    if (outcome == FAILED)
        return fail(base->pVtab, function->guest->error);
    cursor->handle = (uint32_t)raw[0].i32;
    cursor->life = function->guest->life;
    cursor->row = 0;
    if (!cursor->handle)
        return SQLITE_OK;
    cursor->is_open = true;
    return on_next(base);
}

static int on_eof(sqlite3_vtab_cursor *base)
{
    return ((Cursor *)base)->at_end;
}

static int on_column(sqlite3_vtab_cursor *base, sqlite3_context *sql, int nth)
{
    Cursor *cursor = (Cursor *)base;
    int n_columns = function_of(base)->is.n_columns;
    if (nth >= n_columns) {
        sqlite3_result_value(sql, cursor->args[nth - n_columns]);
        return SQLITE_OK;
    }
    const Cell *cell = &cursor->cells[nth];
    const char *bytes = cursor->bytes ? cursor->bytes : "";
    switch (cell->kind) {
    case SQLITE_INTEGER: sqlite3_result_int64(sql, cell->of.integer); break;
    case SQLITE_FLOAT: sqlite3_result_double(sql, cell->of.real); break;
    case SQLITE_TEXT:
        sqlite3_result_text64(sql, bytes + cell->of.at, cell->len, SQLITE_TRANSIENT, SQLITE_UTF8);
        break;
    case SQLITE_BLOB:
        sqlite3_result_blob64(sql, bytes + cell->of.at, cell->len, SQLITE_TRANSIENT);
        break;
    default: sqlite3_result_null(sql);
    }
    return SQLITE_OK;
}

static int on_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *row)
{
    *row = ((Cursor *)base)->row;
    return SQLITE_OK;
}

const sqlite3_module table_module = {
    .iVersion = 0,
    .xConnect = on_connect, /* and no xCreate: the table is there by its name alone */
    .xBestIndex = on_best_index,
    .xDisconnect = on_disconnect,
    .xOpen = on_open,
    .xClose = on_close,
    .xFilter = on_filter,
    .xNext = on_next,
    .xEof = on_eof,
    .xColumn = on_column,
    .xRowid = on_rowid,
};
