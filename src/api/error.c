/* Errors and traps as objects. */
#include "api/failure.h"

#include <stint.h>

#include <stdarg.h>
#include <stdlib.h>

/* ---- errors ---- */

static wasmtime_error_t no_memory = {
    {.ref.kind = REF_TRAP, .failure.text = {.text = (char *)"out of memory", .len = 13}}};

wasmtime_error_t *error_oom(void) { return &no_memory; }

void wasmtime_error_delete(wasmtime_error_t *error) { wasm_trap_delete((wasm_trap_t *)error); }

/* The error, if its text is whole; else it is freed. */
static wasmtime_error_t *checked(wasmtime_error_t *error)
{
    if (!error->trap.failure.text.failed)
        return error;
    wasmtime_error_delete(error);
    return &no_memory;
}

wasmtime_error_t *error_format(const char *format, ...)
{
    wasmtime_error_t *error = error_from_trap(trap_alloc());
    if (!error)
        return &no_memory;
    va_list args;
    va_start(args, format);
    sb_vprintf(&error->trap.failure.text, format, args);
    va_end(args);
    return checked(error);
}

wasmtime_error_t *error_because(wasmtime_error_t *error, const char *format, ...)
{
    if (error == &no_memory)
        return error;
    Failure *f = &error->trap.failure;
    f->parts[f->parts[0] != 0] = (u32)f->text.len;
    va_list args;
    va_start(args, format);
    sb_vprintf(&f->text, format, args);
    va_end(args);
    return checked(error);
}

wasmtime_error_t *error_detailed(wasmtime_error_t *error, StrBuf *details)
{
    if (error == &no_memory)
        sb_free(details);
    else
        error->trap.failure.details = *details;
    *details = (StrBuf){0};
    return error;
}

wasmtime_error_t *error_from_diag(const Diag *diag)
{
    return diag->is_oom ? error_oom() : error_format("%s", diag->text);
}

wasmtime_error_t *wasmtime_error_new(const char *message) { return error_format("%s", message); }

bool wasmtime_error_exit_status(const wasmtime_error_t *error, int *status)
{
    const Failure *f = &error->trap.failure;
    if (f->has_status)
        *status = f->status;
    return f->has_status;
}

/* ---- traps ---- */

wasm_trap_t *trap_alloc(void)
{
    wasm_trap_t *trap = calloc(1, sizeof *trap);
    if (trap)
        trap->ref = (wasm_ref_t){.kind = REF_TRAP, .refs = 1};
    return trap;
}

void trap_free(wasm_trap_t *trap)
{
    failure_free(&trap->failure);
    free(trap);
}

/* One to be filled in; NULL: no memory. */
static wasm_trap_t *new_trap(const char *text, size_t len)
{
    wasm_trap_t *trap = trap_alloc();
    if (!trap)
        return NULL;
    sb_add(&trap->failure.text, text, len);
    if (!trap->failure.text.failed)
        return trap;
    wasm_trap_delete(trap);
    return NULL;
}

wasm_trap_t *wasmtime_trap_new(const char *msg, size_t len) { return new_trap(msg, len); }

wasm_trap_t *wasm_trap_new(wasm_store_t *store, const wasm_message_t *message)
{
    (void)store;
    size_t len = message->size;
    if (len && message->data[len - 1] == 0)
        len--;
    return new_trap(message->data, len);
}

wasm_trap_t *wasmtime_trap_new_code(wasmtime_trap_code_t code)
{
    StrBuf text = {0};
    sb_printf(&text, "wasm trap: %s", rt_trap_text(code));
    wasm_trap_t *trap = text.failed ? NULL : new_trap(sb_str(&text), text.len);
    sb_free(&text);
    if (trap) {
        trap->has_code = true;
        trap->code = code;
    }
    return trap;
}

wasm_trap_t *stint_trap_new_exit(int status)
{
    StrBuf text = {0};
    sb_printf(&text, "Exited with i32 exit status %d", status);
    wasm_trap_t *trap = text.failed ? NULL : new_trap(sb_str(&text), text.len);
    sb_free(&text);
    if (trap) {
        trap->failure.has_status = true;
        trap->failure.status = status;
    }
    return trap;
}

bool wasmtime_trap_code(const wasm_trap_t *trap, wasmtime_trap_code_t *code)
{
    if (trap->has_code)
        *code = trap->code;
    return trap->has_code;
}
