/* Errors: a text, perhaps an exit status, perhaps frames. */
#include "api/api_int.h"

#include <stdarg.h>
#include <stdlib.h>

/* Given out when there is no memory for a better one; never freed. */
static wasmtime_error_t out_of_memory = {
    .failure = {.text = {.text = (char *)"out of memory", .len = 13}}};

wasmtime_error_t *error_oom(void) { return &out_of_memory; }

wasmtime_error_t *error_format(const char *format, ...)
{
    wasmtime_error_t *error = calloc(1, sizeof *error);
    if (!error)
        return error_oom();
    va_list args;
    va_start(args, format);
    sb_vprintf(&error->failure.text, format, args);
    va_end(args);
    if (error->failure.text.failed) {
        wasmtime_error_delete(error);
        return error_oom();
    }
    return error;
}

wasmtime_error_t *error_from_diag(const Diag *diag)
{
    return diag->is_oom ? error_oom() : error_format("%s", diag->text);
}

wasmtime_error_t *wasmtime_error_new(const char *message) { return error_format("%s", message); }

void failure_free(Failure *failure)
{
    sb_free(&failure->text);
    for (u32 i = 0; i < failure->n_frames; i++) {
        wasm_name_delete(&failure->frames[i].func_name);
        wasm_name_delete(&failure->frames[i].module_name);
    }
    free(failure->frames);
}

void wasmtime_error_delete(wasmtime_error_t *error)
{
    if (!error || error == &out_of_memory)
        return;
    failure_free(&error->failure);
    free(error);
}

void wasmtime_error_message(const wasmtime_error_t *error, wasm_name_t *message)
{
    wasm_byte_vec_new(message, error->failure.text.len, sb_str(&error->failure.text));
}

bool wasmtime_error_exit_status(const wasmtime_error_t *error, int *status)
{
    if (error->failure.has_status)
        *status = error->failure.status;
    return error->failure.has_status;
}

/* Copies of frames as a vector; empty when memory runs out. */
static void trace(const Failure *failure, wasm_frame_vec_t *out)
{
    wasm_frame_vec_new_uninitialized(out, failure->n_frames);
    for (size_t i = 0; i < out->size; i++)
        out->data[i] = wasm_frame_copy(&failure->frames[i]);
}

void wasmtime_error_wasm_trace(const wasmtime_error_t *error, wasm_frame_vec_t *out)
{
    trace(&error->failure, out);
}

void wasm_trap_trace(const wasm_trap_t *trap, wasm_frame_vec_t *out)
{
    trace(&trap->failure, out);
}
