/* guest.c: a module in its sandbox: budget of time and memory, calls, values in and out.
 *
 * A guest has a store of its own and no imports but sql.error, so that all it can reach is its
 * memory. Each call gets a deadline, which is a tick of the engine's epoch that a thread moves on;
 * memory that would grow beyond the limit is a trap.
 */
#include "wasm.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

SQLITE_EXTENSION_INIT3

enum { TICK_MS = 10, LEAST_AREA = 4096, MAX_TABLES = 4, MAX_ELEMENTS = 100000 };

/* ---- The host: an engine and its clock ----------------------------------------------------- */

static void *tick(void *arg)
{
    Host *host = arg;
    pthread_mutex_lock(&host->lock);
    while (!host->ends) {
        /* From now: ticks that were missed, when all of the process had to wait, stay missed. */
        struct timespec next;
        clock_gettime(CLOCK_MONOTONIC, &next);
        next.tv_nsec += TICK_MS * 1000000;
        next.tv_sec += next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&host->wake, &host->lock, &next);
        wasmtime_engine_increment_epoch(host->engine);
    }
    pthread_mutex_unlock(&host->lock);
    return NULL;
}

/* Signals stay with the threads that know of them. */
static bool start_ticking(Host *host)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    host->is_ticking = pthread_create(&host->ticker, NULL, tick, host) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return host->is_ticking;
}

Host *host_new(void)
{
    Host *host = sqlite3_malloc(sizeof *host);
    wasm_config_t *config = wasm_config_new();
    wasm_engine_t *engine = NULL;
    if (config) {
        wasmtime_config_epoch_interruption_set(config, true);
        wasmtime_config_wasm_gc_set(config, false); /* objects are no memory that a limit counts */
        engine = wasm_engine_new_with_config(config);
    }
    if (!host || !engine) {
        sqlite3_free(host);
        wasm_engine_delete(engine);
        return NULL;
    }
    *host = (Host){.refs = 1, .engine = engine, .milliseconds = 1000, .megabytes = 16};
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&host->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&host->lock, NULL);
    return host;
}

void host_release(Host *host)
{
    if (--host->refs)
        return;
    if (host->is_ticking) {
        pthread_mutex_lock(&host->lock);
        host->ends = true;
        pthread_cond_signal(&host->wake);
        pthread_mutex_unlock(&host->lock);
        pthread_join(host->ticker, NULL);
    }
    pthread_cond_destroy(&host->wake);
    pthread_mutex_destroy(&host->lock);
    wasm_engine_delete(host->engine);
    sqlite3_free(host);
}

/* ---- What went wrong ----------------------------------------------------------------------- */

Outcome guest_fail(Guest *guest, const Function *function, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *why = sqlite3_vmprintf(format, args);
    va_end(args);
    sqlite3_free(guest->error);
    guest->error = why ? sqlite3_mprintf("%s: %s", function->is.name, why) : NULL;
    sqlite3_free(why);
    wasmtime_store_delete(guest->store);
    guest->store = NULL;
    return FAILED;
}

/* The last line of a message, which is the cause; those before it are the guest's stack. */
static const char *cause(const char *message)
{
    const char *line = strrchr(message, '\n');
    line = line ? line + 1 : message;
    int number_len = 0;
    sscanf(line, " %*d: %n", &number_len);
    return line + number_len + strspn(line + number_len, " ");
}

static char *take_message(wasmtime_error_t *error, wasm_trap_t *trap)
{
    wasm_byte_vec_t bytes;
    if (error)
        wasmtime_error_message(error, &bytes);
    else
        wasm_trap_message(trap, &bytes);
    size_t len = bytes.size;
    while (len > 0 && (bytes.data[len - 1] == 0 || bytes.data[len - 1] == '\n'))
        len--;
    char *text = sqlite3_mprintf("%.*s", (int)len, bytes.data);
    wasm_byte_vec_delete(&bytes);
    wasmtime_error_delete(error);
    if (trap)
        wasm_trap_delete(trap);
    return text ? text : sqlite3_mprintf("out of memory");
}

/* `error` or `trap` ended a call. */
static Outcome stopped(Guest *guest, const Function *function, wasmtime_error_t *error,
                       wasm_trap_t *trap)
{
    wasmtime_trap_code_t code;
    bool is_late = trap && wasmtime_trap_code(trap, &code) && code == WASMTIME_TRAP_CODE_INTERRUPT;
    char *message = take_message(error, trap);
    if (is_late)
        guest_fail(guest, function, "stopped after %lld ms", (long long)guest->milliseconds);
    else
        guest_fail(guest, function, "%s", message ? cause(message) : "out of memory");
    sqlite3_free(message);
    return FAILED;
}

/* (import "sql" "error" (func (param i32 i32))): the guest gives up, with a text. */
static wasm_trap_t *on_error(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *raw,
                             size_t n_raw)
{
    (void)caller, (void)n_raw;
    const char *text = (const char *)guest_bytes(env, (uint32_t)raw[0].i32, (uint32_t)raw[1].i32);
    char *line = text ? sqlite3_mprintf("%.*s", (int)(uint32_t)raw[1].i32, text) : NULL;
    for (char *at = line; at && *at; at++)
        if (*at == '\n')
            *at = ' ';
    const char *message = line ? line : "an error without a text";
    wasm_trap_t *trap = wasmtime_trap_new(message, strlen(message));
    sqlite3_free(line);
    return trap;
}

/* ---- Instances ----------------------------------------------------------------------------- */

Outcome guest_call(Guest *guest, const Function *function, const wasmtime_func_t *export,
                   wasmtime_val_raw_t *raw, size_t n_raw)
{
    wasm_trap_t *trap = NULL;
    /* One tick more, since the present one is under way. */
    wasmtime_context_set_epoch_deadline(guest->context, guest->milliseconds / TICK_MS + 1);
    wasmtime_error_t *error =
        wasmtime_func_call_unchecked(guest->context, export, raw, n_raw, &trap);
    if (!error && !trap)
        return DONE;
    return stopped(guest, function, error, trap);
}

static void find_func(Guest *guest, const wasmtime_instance_t *instance, size_t nth,
                      wasmtime_func_t *out)
{
    wasmtime_extern_t item;
    char *name;
    size_t len;
    if (nth != NO_EXPORT &&
        wasmtime_instance_export_nth(guest->context, instance, nth, &name, &len, &item))
        *out = item.of.func;
}

static bool find(Guest *guest, const wasmtime_instance_t *instance, const char *name,
                 wasmtime_extern_kind_t kind, wasmtime_extern_t *out)
{
    return wasmtime_instance_export_get(guest->context, instance, name, strlen(name), out) &&
           out->kind == kind;
}

static Outcome guest_start(Guest *guest, const Function *function)
{
    wasmtime_instance_t instance;
    wasm_trap_t *trap = NULL;
    guest->store = wasmtime_store_new(guest->host->engine, NULL, NULL);
    if (!guest->store)
        return guest_fail(guest, function, "out of memory");
    guest->context = wasmtime_store_context(guest->store);
    guest->life++;
    guest->area = guest->area_size = 0;
    wasmtime_store_limiter(guest->store, guest->megabytes << 20, MAX_ELEMENTS, 1, MAX_TABLES, 1);
    stint_store_trap_on_grow_failure(guest->store, true);
    wasmtime_context_set_epoch_deadline(guest->context, guest->milliseconds / TICK_MS + 1);
    wasmtime_error_t *error =
        wasmtime_instance_pre_instantiate(guest->pre, guest->context, &instance, &trap);
    if (error || trap)
        return stopped(guest, function, error, trap);

    wasmtime_extern_t item;
    guest->has_memory = find(guest, &instance, "memory", WASMTIME_EXTERN_MEMORY, &item);
    if (guest->has_memory)
        guest->memory = item.of.memory;
    if (find(guest, &instance, "alloc", WASMTIME_EXTERN_FUNC, &item))
        guest->alloc = item.of.func;
    for (Function *f = guest->functions; f; f = f->next) {
        find_func(guest, &instance, f->main_nth, &f->main);
        find_func(guest, &instance, f->more_nth, &f->more);
        find_func(guest, &instance, f->close_nth, &f->close);
    }
    if (!find(guest, &instance, "_initialize", WASMTIME_EXTERN_FUNC, &item))
        return DONE;
    error = wasmtime_func_call(guest->context, &item.of.func, NULL, 0, NULL, 0, &trap);
    return error || trap ? stopped(guest, function, error, trap) : DONE;
}

Outcome guest_ready(const Function *function)
{
    return function->guest->store ? DONE : guest_start(function->guest, function);
}

/* ---- Loading ------------------------------------------------------------------------------- */

/* Finds an export by a function's name and a suffix, and checks its type. */
static char *find_more(const Function *function, const wasm_exporttype_vec_t *exports,
                       const char *suffix, const char *params, const char *result, size_t *nth)
{
    char name[MAX_NAME + 8];
    sqlite3_snprintf(sizeof name, name, "%s%s", function->is.name, suffix);
    *nth = NO_EXPORT;
    for (size_t i = 0; i < exports->size; i++) {
        const wasm_name_t *found = wasm_exporttype_name(exports->data[i]);
        if (found->size != strlen(name) || memcmp(found->data, name, found->size))
            continue;
        const wasm_functype_t *type =
            wasm_externtype_as_functype_const(wasm_exporttype_type(exports->data[i]));
        if (!type || !has_type(type, params, result))
            return sqlite3_mprintf("export \"%s\" has another type than it should", name);
        *nth = i;
    }
    return NULL;
}

static char *find_parts(Function *function, const wasm_exporttype_vec_t *exports)
{
    static const char *const results[] = {"I", "F", "I", "I", "i"};
    char *error = NULL;
    function->more_nth = function->close_nth = NO_EXPORT;
    if (function->is.kind == SCALAR)
        return NULL;
    if (function->is.kind == AGGREGATE)
        error = find_more(function, exports, ".final", "i", results[function->is.result],
                          &function->more_nth);
    else if (!(error = find_more(function, exports, ".next", "ii", "i", &function->more_nth)))
        error = find_more(function, exports, ".close", "i", "", &function->close_nth);
    if (!error && function->more_nth == NO_EXPORT)
        error = sqlite3_mprintf("there is no export \"%s%s\"", function->is.name,
                                function->is.kind == TABLE ? ".next" : ".final");
    return error;
}

static bool uses_memory(const Declaration *is)
{
    bool uses = is->kind == TABLE || is->result >= TEXT;
    for (int i = 0; i < is->n_params; i++)
        uses |= is->params[i].type >= TEXT;
    return uses;
}

/* Memory and alloc are only what they are asked to be. */
static char *check_memory(const wasm_exporttype_vec_t *exports, bool needed)
{
    bool has_memory = false, has_alloc = false;
    for (size_t i = 0; i < exports->size; i++) {
        const wasm_name_t *name = wasm_exporttype_name(exports->data[i]);
        const wasm_externtype_t *type = wasm_exporttype_type(exports->data[i]);
        const wasm_memorytype_t *memory = wasm_externtype_as_memorytype_const(type);
        const wasm_functype_t *func = wasm_externtype_as_functype_const(type);
        if (memory && name->size == 6 && !memcmp(name->data, "memory", 6))
            has_memory = !wasmtime_memorytype_is64(memory);
        if (func && name->size == 5 && !memcmp(name->data, "alloc", 5))
            has_alloc = has_type(func, "i", "i");
    }
    if (needed && !(has_memory && has_alloc))
        return sqlite3_mprintf("text, blobs and tables need the exports \"memory\", of 32 bits, "
                               "and \"alloc\", from i32 to i32");
    return NULL;
}

static char *find_functions(Guest *guest)
{
    wasm_exporttype_vec_t exports;
    wasmtime_module_exports(guest->module, &exports);
    char *error = NULL;
    bool memory = false;
    for (size_t i = 0; i < exports.size && !error; i++) {
        Declaration is;
        bool is_ours;
        error = declaration_read(exports.data[i], &is, &is_ours);
        if (error || !is_ours)
            continue;
        Function *function = sqlite3_malloc(sizeof *function);
        if (!function) {
            error = sqlite3_mprintf("out of memory");
            break;
        }
        *function = (Function){.guest = guest, .next = guest->functions, .is = is, .main_nth = i};
        guest->functions = function;
        memory |= uses_memory(&is);
        error = find_parts(function, &exports);
    }
    if (!error)
        error = check_memory(&exports, memory);
    if (!error && !guest->functions)
        error = sqlite3_mprintf("the module exports no function that SQL could call");
    wasm_exporttype_vec_delete(&exports);
    return error;
}

/* What guests may import: sql.error. Whatever else they do import traps when it is called. */
static wasmtime_error_t *link_guest(Guest *guest)
{
    wasmtime_linker_t *linker = wasmtime_linker_new(guest->host->engine);
    wasm_valtype_t *text[] = {wasm_valtype_new_i32(), wasm_valtype_new_i32()};
    wasm_valtype_vec_t params, results = {0};
    wasm_valtype_vec_new(&params, 2, text);
    wasm_functype_t *type = wasm_functype_new(&params, &results);
    wasmtime_error_t *error = wasmtime_linker_define_func_unchecked(linker, "sql", 3, "error", 5,
                                                                    type, on_error, guest, NULL);
    wasm_functype_delete(type);
    if (!error)
        error = wasmtime_linker_define_unknown_imports_as_traps(linker, guest->module);
    if (!error)
        error = wasmtime_linker_instantiate_pre(linker, guest->module, &guest->pre);
    wasmtime_linker_delete(linker);
    return error;
}

char *guest_load(Host *host, const char *name, const void *bytes, size_t len, Guest **out)
{
    if (!host->is_ticking && !start_ticking(host))
        return sqlite3_mprintf("no thread for the clock");
    Guest *guest = sqlite3_malloc(sizeof *guest);
    if (!guest)
        return sqlite3_mprintf("out of memory");
    *guest = (Guest){.refs = 1, .host = host};
    guest->milliseconds = host->milliseconds;
    guest->megabytes = host->megabytes;
    host->refs++;
    bool is_binary = len >= 4 && !memcmp(bytes, "\0asm", 4);
    wasmtime_error_t *wrong =
        is_binary ? wasmtime_module_new(host->engine, bytes, len, &guest->module)
                  : stint_module_new_wat(host->engine, name, bytes, len, &guest->module);
    if (!wrong)
        wrong = link_guest(guest);
    char *error = wrong ? take_message(wrong, NULL) : find_functions(guest);
    if (error)
        guest_release(guest);
    else
        *out = guest;
    return error;
}

void guest_release(Guest *guest)
{
    if (--guest->refs)
        return;
    for (Function *next, *f = guest->functions; f; f = next) {
        next = f->next;
        sqlite3_free(f);
    }
    wasmtime_store_delete(guest->store);
    wasmtime_instance_pre_delete(guest->pre);
    wasmtime_module_delete(guest->module);
    sqlite3_free(guest->error);
    host_release(guest->host);
    sqlite3_free(guest);
}

/* ---- Values into the guest ----------------------------------------------------------------- */

uint8_t *guest_bytes(Guest *guest, uint32_t at, uint64_t len)
{
    if (!guest->has_memory)
        return NULL;
    size_t size = wasmtime_memory_data_size(guest->context, &guest->memory);
    if (at > size || len > size - at)
        return NULL;
    return wasmtime_memory_data(guest->context, &guest->memory) + at;
}

Outcome guest_area(Guest *guest, const Function *function, size_t size, uint32_t *at)
{
    if (size > guest->area_size) {
        uint32_t more = LEAST_AREA;
        while (more < size && more < UINT32_MAX / 2)
            more *= 2;
        wasmtime_val_raw_t raw[1] = {{.i32 = (int32_t)more}};
        if (guest_call(guest, function, &guest->alloc, raw, 1) != DONE)
            return FAILED;
        uint32_t got = (uint32_t)raw[0].i32;
        if (!got || got % 8 || !guest_bytes(guest, got, more) || more < size)
            return guest_fail(guest, function, "no room for the arguments");
        guest->area = got;
        guest->area_size = more;
    }
    *at = guest->area;
    return DONE;
}

/* An argument that goes through memory. */
typedef struct Bytes {
    const void *data;
    uint32_t len;
} Bytes;

static Bytes bytes_of(sqlite3_value *value, bool is_text)
{
    Bytes bytes = {is_text ? sqlite3_value_text(value) : sqlite3_value_blob(value), 0};
    bytes.len = (uint32_t)sqlite3_value_bytes(value);
    return bytes;
}

static void put_bytes(uint8_t *base, uint32_t *at, Bytes bytes)
{
    if (bytes.len)
        memcpy(base, bytes.data, bytes.len);
    *at += bytes.len;
}

/* Cells first, since they are aligned, then the bytes. */
static Outcome put_in_memory(Function *function, wasmtime_val_raw_t *raw, sqlite3_value **args,
                             const Bytes *bytes, size_t n_cells, uint64_t size)
{
    uint32_t area, cell_at, at;
    if (size > INT32_MAX)
        return guest_fail(function->guest, function, "no room for the arguments");
    if (guest_area(function->guest, function, size, &area) != DONE)
        return FAILED;
    /* It was checked when the guest gave it, and memory does not shrink; but it may have moved. */
    uint8_t *base =
        wasmtime_memory_data(function->guest->context, &function->guest->memory) + area;
    cell_at = area;
    at = area + (uint32_t)(n_cells * sizeof(Cell));
    for (int i = 0; i < function->is.n_params; i++) {
        Type type = function->is.params[i].type;
        if (type == TEXT || type == BLOB) {
            (raw++)->i32 = (int32_t)at;
            (raw++)->i32 = (int32_t)bytes[i].len;
            put_bytes(base + (at - area), &at, bytes[i]);
        } else if (type == ANY) {
            Cell cell = {.kind = (uint32_t)sqlite3_value_type(args[i]), .len = bytes[i].len};
            if (cell.kind == SQLITE_INTEGER)
                cell.of.integer = sqlite3_value_int64(args[i]);
            else if (cell.kind == SQLITE_FLOAT)
                cell.of.real = sqlite3_value_double(args[i]);
            else
                cell.of.at = at;
            memcpy(base + (cell_at - area), &cell, sizeof cell);
            (raw++)->i32 = (int32_t)cell_at;
            cell_at += sizeof cell;
            put_bytes(base + (at - area), &at, bytes[i]);
        } else {
            raw++;
        }
    }
    return DONE;
}

Outcome function_call(Function *function, wasmtime_val_raw_t *raw, int extra, sqlite3_value **args)
{
    Guest *guest = function->guest;
    wasmtime_val_raw_t *next = raw + extra;
    Bytes bytes[MAX_PARAMS];
    uint64_t size = 1; /* so that an empty text has an address, too */
    size_t n_cells = 0;
    bool in_memory = false;
    if (guest_ready(function) != DONE)
        return FAILED;
    for (int i = 0; i < function->is.n_params; i++) {
        Type type = function->is.params[i].type;
        int kind = sqlite3_value_type(args[i]);
        if (type == ANY) {
            bytes[i] = (Bytes){0};
            if (kind == SQLITE_TEXT || kind == SQLITE_BLOB)
                bytes[i] = bytes_of(args[i], kind == SQLITE_TEXT);
            n_cells++;
        } else if (kind == SQLITE_NULL) {
            return IS_NULL;
        } else if (type == INTEGER) {
            (next++)->i64 = sqlite3_value_int64(args[i]);
            continue;
        } else if (type == REAL) {
            (next++)->f64 = sqlite3_value_double(args[i]);
            continue;
        } else {
            bytes[i] = bytes_of(args[i], type == TEXT);
            next++;
        }
        if (bytes[i].len && !bytes[i].data)
            return guest_fail(guest, function, "out of memory");
        in_memory = true;
        size += bytes[i].len;
        next++;
    }
    if (in_memory && put_in_memory(function, raw + extra, args, bytes, n_cells,
                                   size + n_cells * sizeof(Cell)) != DONE)
        return FAILED;
    return guest_call(guest, function, &function->main, raw, (size_t)(next - raw) + 1);
}

/* ---- Values out of it ---------------------------------------------------------------------- */

static void give_bytes(sqlite3_context *sql, const Function *function, bool is_text, uint32_t at,
                       uint32_t len)
{
    const char *data = (const char *)guest_bytes(function->guest, at, len);
    if (!data) {
        guest_fail(function->guest, function, "its result lies outside of its memory");
        sqlite3_result_error(sql, function->guest->error, -1);
    } else if (is_text) {
        sqlite3_result_text64(sql, data, len, SQLITE_TRANSIENT, SQLITE_UTF8);
    } else {
        sqlite3_result_blob64(sql, data, len, SQLITE_TRANSIENT);
    }
}

static void give_cell(sqlite3_context *sql, const Function *function, uint32_t at)
{
    Cell cell;
    const uint8_t *data = guest_bytes(function->guest, at, sizeof cell);
    if (!data) {
        give_bytes(sql, function, false, at, sizeof cell); /* says so */
        return;
    }
    memcpy(&cell, data, sizeof cell);
    if (cell.kind == SQLITE_INTEGER)
        sqlite3_result_int64(sql, cell.of.integer);
    else if (cell.kind == SQLITE_FLOAT)
        sqlite3_result_double(sql, cell.of.real);
    else if (cell.kind == SQLITE_TEXT || cell.kind == SQLITE_BLOB)
        give_bytes(sql, function, cell.kind == SQLITE_TEXT, cell.of.at, cell.len);
    else
        sqlite3_result_null(sql);
}

void give_result(sqlite3_context *sql, const Function *function, Type type, wasmtime_val_raw_t raw)
{
    switch (type) {
    case INTEGER: sqlite3_result_int64(sql, raw.i64); break;
    case REAL: sqlite3_result_double(sql, raw.f64); break;
    case TEXT:
    case BLOB:
        if ((uint32_t)raw.i64) /* address 0 is NULL */
            give_bytes(sql, function, type == TEXT, (uint32_t)raw.i64,
                       (uint32_t)((uint64_t)raw.i64 >> 32));
        break;
    case ANY:
        if (raw.i32)
            give_cell(sql, function, (uint32_t)raw.i32);
        break;
    }
}
