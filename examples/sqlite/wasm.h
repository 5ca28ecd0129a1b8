/* wasm.h: functions of WebAssembly modules in SQL; what the files of this extension share.
 *
 *   declaration.c   what the name of an export says: "median(real) -> aggregate real"
 *   guest.c         a module and its instance: limits, calls, values in and out
 *   table.c         functions that give tables
 *   extension.c     wasm_load(), scalar functions, aggregates
 *
 * One Host for each connection, one Guest for each loaded module, one Function for each of its
 * declarations. SQLite uses a connection in one thread at a time, and so do these.
 * A function that returns `char *` returns NULL, or an error, to be freed with sqlite3_free().
 */
#ifndef WASM_SQL_H
#define WASM_SQL_H

#include <pthread.h>
#include <sqlite3ext.h>
#include <stdbool.h>
#include <stdint.h>
#include <stint.h>

enum { MAX_PARAMS = 16, MAX_COLUMNS = 32, MAX_NAME = 64 };

/* ---- Declarations ------------------------------------------------------------------------- */

typedef enum Type { INTEGER, REAL, TEXT, BLOB, ANY } Type;
typedef enum Kind { SCALAR, AGGREGATE, TABLE } Kind;

typedef struct Field {
    char name[MAX_NAME]; /* "" if it has none */
    Type type;
} Field;

typedef struct Declaration {
    char name[MAX_NAME];
    Kind kind;
    Type result; /* unless it is a table */
    int n_params, n_columns;
    Field params[MAX_PARAMS], columns[MAX_COLUMNS];
} Declaration;

/* What an export is, by its name and type.
 * is_ours   out: false for exports that SQL is not to see */
char *declaration_read(const wasm_exporttype_t *export, Declaration *out, bool *is_ours);
/* Tells whether a function has the parameters and the result, each a string of 'i' (i32), 'I' (i64)
 * and 'F' (f64). */
bool has_type(const wasm_functype_t *type, const char *params, const char *result);
const char *type_name(Type type);

/* ---- Guests ------------------------------------------------------------------------------- */

typedef struct Host {
    int refs;
    wasm_engine_t *engine;
    int64_t milliseconds, megabytes; /* budget of modules that are loaded from now on */
    pthread_t ticker;                /* moves the engine's epoch every 10 ms */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_ticking, ends; /* `ends` under the lock */
} Host;

Host *host_new(void);
void host_release(Host *host);

typedef struct Function Function;

typedef struct Guest {
    int refs;
    Host *host;
    wasmtime_module_t *module;
    wasmtime_instance_pre_t *pre;
    int64_t milliseconds, megabytes;
    Function *functions;
    char *error; /* of the last call that failed */

    /* The instance. A call that fails ends it, and the next one starts another: what a function
     * left half done does not stay. */
    wasmtime_store_t *store; /* NULL: there is none */
    wasmtime_context_t *context;
    uint64_t life;           /* which instance it is: handles of earlier ones are void */
    wasmtime_memory_t memory;
    wasmtime_func_t alloc;
    bool has_memory;
    uint32_t area, area_size; /* where the guest let us put arguments; 0: nowhere yet */
} Guest;

/* Compiles a module, binary or text, and finds its functions; runs none of it. */
char *guest_load(Host *host, const char *name, const void *bytes, size_t len, Guest **out);
void guest_release(Guest *guest);

struct Function {
    Guest *guest;
    Function *next;
    Declaration is;
    size_t main_nth, more_nth, close_nth; /* which exports; NO_EXPORT: none */
    wasmtime_func_t main; /* of the instance: the function, an aggregate's step, a table's open */
    wasmtime_func_t more; /* an aggregate's final, a table's next */
    wasmtime_func_t close;
};

#define NO_EXPORT SIZE_MAX

typedef enum Outcome { DONE, IS_NULL, FAILED } Outcome;

/* Calls the function's export `main`.
 * raw      room for MAX_RAW values: `extra` filled in by the caller, then the arguments; results
 * returns  IS_NULL: an argument is, and its parameter is not `any`, so nothing was called;
 *          FAILED: guest->error says why */
Outcome function_call(Function *function, wasmtime_val_raw_t *raw, int extra, sqlite3_value **args);
/* Makes sure that there is an instance. */
Outcome guest_ready(const Function *function);
/* Calls an export with values that are in `raw` already; there is an instance. */
Outcome guest_call(Guest *guest, const Function *function, const wasmtime_func_t *export,
                   wasmtime_val_raw_t *raw, size_t n_raw);
/* Room in the guest's memory where the host may put things for the next call. */
Outcome guest_area(Guest *guest, const Function *function, size_t size, uint32_t *at);
/* Bytes of the guest's memory, until it runs again; NULL if they are not all there. */
uint8_t *guest_bytes(Guest *guest, uint32_t at, uint64_t len);
/* Notes an error, and ends the instance. */
Outcome guest_fail(Guest *guest, const Function *function, const char *format, ...);

enum { MAX_RAW = 1 + 2 * MAX_PARAMS };

/* A value in the guest's memory, as guests see it: sql.h describes it. */
typedef struct Cell {
    uint32_t kind; /* SQLITE_INTEGER and so on */
    uint32_t len;
    union {
        int64_t integer;
        double real;
        uint32_t at;
    } of;
} Cell;

/* Gives a result of the declared type to SQLite. */
void give_result(sqlite3_context *sql, const Function *function, Type type, wasmtime_val_raw_t raw);

/* ---- Tables ------------------------------------------------------------------------------- */

extern const sqlite3_module table_module; /* its client data is the Function */

#endif
