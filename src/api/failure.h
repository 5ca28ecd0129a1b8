/* What errors and traps have in common: a text, perhaps with causes, and the frames of the guest.
 * Private to api.
 *
 * Texts are kept apart from frames and put together when somebody asks: a trap that a host function
 * hands on keeps both, and making one allocates little. The form of the whole message, numbered
 * causes below a backtrace, is what users of the ABI know. */
#ifndef STINT_API_FAILURE_H
#define STINT_API_FAILURE_H

#include <wasm.h>
#include <wasmtime.h>

#include "rt/rt.h"

struct wasm_frame_t {
    RtFrame at; /* its module is held */
    wasm_name_t func_name, module_name; /* in the module's bytes; data NULL: it has none */
};

typedef struct Failure {
    StrBuf text;  /* all parts, the outermost first */
    u32 parts[2]; /* where the second and the third begin; 0: there is none */
    wasm_frame_t *frames;
    u32 n_frames;
    bool has_status; /* the guest ended itself */
    int status;
} Failure;

void failure_free(Failure *failure);
/* Appends the whole message. */
void failure_print(const Failure *failure, StrBuf *out);
/* Copies the store's last backtrace; without memory for it, the failure has none. */
void failure_add_frames(Failure *failure, const RtTrap *trap);
bool failure_copy(Failure *to, const Failure *from);

struct wasmtime_error {
    Failure failure;
};

struct wasm_trap_t {
    Failure failure;
    bool has_code;
    bool is_exception; /* not a trap at all: the store keeps an exception that nobody caught */
    u8 code; /* VmTrap */
};

/* None of these gives NULL, which would mean success: when memory runs out the result is an object
 * that says so, needs no memory and is never freed. */
wasmtime_error_t *error_format(const char *format, ...) PRINTF_LIKE(1, 2);
/* Adds the cause of what the error's text says; returns the error. */
wasmtime_error_t *error_because(wasmtime_error_t *error, const char *format, ...)
    PRINTF_LIKE(2, 3);
wasmtime_error_t *error_from_diag(const Diag *diag);
wasmtime_error_t *error_oom(void);
wasm_trap_t *trap_oom(void);
/* Both take what they are given. */
wasmtime_error_t *error_from_trap(wasm_trap_t *trap);
wasm_trap_t *trap_from_error(wasmtime_error_t *error);

/* What a host function gave back, in the runtime's form; takes it. */
void *trap_to_rt(const RtStore *store, wasm_trap_t *trap);
/* One that says that an exception was thrown; NULL: no memory. */
wasm_trap_t *trap_of_exception(void);

/* Turns the store's last trap into what its caller gets: a trap if it has a code, else an error.
 * trap  out: set if NULL is returned, else not touched */
wasmtime_error_t *failure_take(RtStore *store, wasm_trap_t **trap);

#endif
