/* What errors and traps have in common: a text, perhaps with causes, and the frames of the guest.
 * Private to api.
 *
 * Texts are kept apart from frames and put together when somebody asks: a trap that a host function
 * hands on keeps both, and making one allocates little. Copies of a trap are one object, which may
 * be on several threads; so frames are added once. The form of the whole message, numbered
 * causes below a backtrace, is what users of the ABI know. */
#ifndef STINT_API_FAILURE_H
#define STINT_API_FAILURE_H

#include "api/wasm_ref.h"
#include "rt/rt.h"

struct wasm_frame_t {
    RtFrame at; /* its module is held */
    wasm_store_t *store; /* weakly held; NULL: not one of wasm.h */
    wasm_name_t func_name, module_name; /* in the module's bytes; data NULL: it has none */
};

typedef struct FrameList {
    u32 n;
    wasm_frame_t at[];
} FrameList;

typedef struct Failure {
    StrBuf text;  /* all parts, the outermost first */
    u32 parts[2]; /* where the second and the third begin; 0: there is none */
    StrBuf details; /* of an error: says the same in more words than users of the ABI know */
    FrameList *frames; /* atomic: NULL until the guest is known that was stopped, then constant */
    bool has_status; /* the guest ended itself */
    int status;
} Failure;

void failure_free(Failure *failure);
/* Appends the whole message. */
void failure_print(const Failure *failure, StrBuf *out);
/* NULL: none. */
const FrameList *failure_frames(const Failure *failure);
/* Copies the store's last backtrace, unless the failure has one; without memory, it has none. */
void failure_add_frames(Failure *failure, const RtStore *store);

struct wasm_trap_t {
    wasm_ref_t ref; /* first */
    Failure failure;
    bool has_code;
    bool is_exception; /* not a trap at all: the store keeps an exception that nobody caught */
    u8 code; /* VmTrap */
};

/* The same thing by its other name: a trap that becomes an error stays the object it is. */
struct wasmtime_error {
    wasm_trap_t trap;
};

/* None of these gives NULL, which would mean success: when memory runs out the result is an object
 * that says so, needs no memory and is never freed. */
wasmtime_error_t *error_format(const char *format, ...) PRINTF_LIKE(1, 2);
/* Adds the cause of what the error's text says; returns the error. */
wasmtime_error_t *error_because(wasmtime_error_t *error, const char *format, ...)
    PRINTF_LIKE(2, 3);
/* Keeps what stint_error_details() gives in the place of the message; returns the error. Takes the
 * text. Without memory for it there are none. */
wasmtime_error_t *error_detailed(wasmtime_error_t *error, StrBuf *details);
wasmtime_error_t *error_from_diag(const Diag *diag);
wasmtime_error_t *error_oom(void);
static inline wasm_trap_t *trap_from_error(wasmtime_error_t *error) { return &error->trap; }
static inline wasmtime_error_t *error_from_trap(wasm_trap_t *trap)
{
    return (wasmtime_error_t *)trap;
}
static inline wasm_trap_t *trap_oom(void) { return trap_from_error(error_oom()); }
/* Without a text; NULL: no memory. */
wasm_trap_t *trap_alloc(void);
/* The last reference went. */
void trap_free(wasm_trap_t *trap);

/* What a host function gave back, in the runtime's form; takes it. */
void *trap_to_rt(RtStore *store, void *trap);
/* One that says that an exception was thrown; NULL: no memory. */
wasm_trap_t *trap_of_exception(void);

/* Turns the store's last trap into what its caller gets: a trap if it has a code, else an error.
 * trap  out: set if NULL is returned, else not touched */
wasmtime_error_t *failure_take(RtStore *store, wasm_trap_t **trap);

#endif
