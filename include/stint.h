/* stint.h: what Stint can do beyond the ABI of libwasmtime.
 *
 * Conventions of ownership and threads as in wasm.h and wasmtime/error.h.
 */
#ifndef STINT_H
#define STINT_H

#include <wasmtime.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Stint's version; the major number is that of the libwasmtime whose ABI it speaks. */
#define STINT_VERSION "50.0.0"
#define STINT_VERSION_MAJOR 50
#define STINT_VERSION_MINOR 0
#define STINT_VERSION_PATCH 0

/* ---- Configuring -------------------------------------------------------------------------- */

/* Sets an option by the name it has on the command line, e.g. 'O', "opt-level", "2".
 * group    'O' optimizing, 'C' compiling, 'D' debugging and dumps, 'W' WebAssembly
 * key      without its group, in kebab-case; NUL-terminated
 * value    NULL: the option stands without a value ("-W gc"), which is true for a boolean
 * returns  NULL, or an error that names the options near to an unknown key, or what the value
 *          should be; the config is then unchanged */
WASM_API_EXTERN wasmtime_error_t *stint_config_set_option(wasm_config_t *config, char group,
                                                          const char *key, const char *value);

/* Another config with the same settings, owned by the caller; NULL if memory ran out. */
WASM_API_EXTERN wasm_config_t *stint_config_clone(const wasm_config_t *config);

/* An option of an engine. The strings are constant. */
typedef struct stint_option {
    char group;          /* the letter before it: 'O', 'C', 'D', 'W' */
    const char *key;
    const char *initial; /* its value when nothing is said */
    const char *help;    /* one line */
} stint_option_t;
/* Lists the options stint_config_set_option takes, group by group.
 * out      untouched if false
 * returns  false behind the last one */
WASM_API_EXTERN bool stint_option_nth(size_t index, stint_option_t *out);
/* Lists the CPU features code can be compiled for (-C cpu), and whether this CPU has them. */
WASM_API_EXTERN bool stint_cpu_feature_nth(size_t index, const char **name, bool *is_present);
/* Tells whether modules of an engine may use a proposal, by the name it has on the command line. */
WASM_API_EXTERN bool stint_engine_has_feature(const wasm_engine_t *engine, const char *key);
/* Tells whether code compiled with this config may use the CPU feature of this number. */
WASM_API_EXTERN bool stint_config_uses_cpu_feature(const wasm_config_t *config, size_t index);
/* Tells whether modules are interpreted (-C compiler=interpreter), and never become machine code.
 * Nothing is compiled then, no page is made executable, no signal handler installed; what
 * wasmtime_module_serialize() gives is the module itself with a mark on it. */
WASM_API_EXTERN bool stint_config_interprets(const wasm_config_t *config);

/* Has the progress of compiling reported.
 * report  NULL: no longer. Called in the thread that compiles, now and then, with how many
 *         functions of how many are done
 * ctx     handed to report; has to live as long as the engine */
WASM_API_EXTERN void stint_config_set_progress(wasm_config_t *config,
                                               void (*report)(void *ctx, uint32_t done,
                                                              uint32_t total),
                                               void *ctx);

/* ---- Modules ------------------------------------------------------------------------------ */

/* Tells whether bytes begin like a compiled module, of any version; they need not be a good one. */
WASM_API_EXTERN bool stint_is_compiled(const uint8_t *bytes, size_t len);

/* The text format. What is wrong with a text is told as "FILE:LINE:COLUMN: what", with the line
 * itself below: also what only compiling finds out, an operand of the wrong type for one.
 * name  of the file, for errors; NULL: it has none
 * wat   wat_len bytes
 * ret   out; untouched on error */

/* Makes the module of a text, as wasmtime_module_new makes it of the binary format. */
WASM_API_EXTERN wasmtime_error_t *stint_module_new_wat(wasm_engine_t *engine, const char *name,
                                                       const char *wat, size_t wat_len,
                                                       wasmtime_module_t **ret);
/* Tells whether it is valid, as wasmtime_module_validate does. */
WASM_API_EXTERN wasmtime_error_t *stint_module_validate_wat(wasm_engine_t *engine,
                                                            const char *name, const char *wat,
                                                            size_t wat_len);
/* Makes the binary format of it, which need not be valid: wasmtime_wat2wasm with a name. */
WASM_API_EXTERN wasmtime_error_t *stint_wat2wasm(const char *name, const char *wat, size_t wat_len,
                                                 wasm_byte_vec_t *ret);

/* The machine code of one function that a module defines. */
typedef struct stint_code {
    uint32_t function; /* its index, imported functions counted */
    const char *name;  /* from the name section, UTF-8 without a NUL; NULL if it has none */
    size_t name_len;
    const uint8_t *at; /* instructions, then constants they read, then filling bytes 0xCC */
    size_t len;
} stint_code_t;
/* The code of a module's functions, in their order. Pointers are borrowed from the module.
 * out      untouched if false
 * returns  false behind the last one; an interpreted module has none */
WASM_API_EXTERN bool stint_module_code_nth(const wasmtime_module_t *module, size_t index,
                                           stint_code_t *out);
/* What in the module an instruction was made for; known of calls and of what may trap.
 * at       the instruction, in the module's code; len bytes
 * offset   out: of the operator in the module; untouched if false
 * returns  false if it is not known */
WASM_API_EXTERN bool stint_module_code_origin(const wasmtime_module_t *module, const uint8_t *at,
                                              size_t len, uint32_t *offset);

/* The operator that bytes begin with, as the text format writes it: "i32.add"; NULL if there is
 * none. The string is constant. */
WASM_API_EXTERN const char *stint_operator_name(const uint8_t *bytes, size_t len);

/* Writes a module in the text format. What it is parsed to has the same types in the same groups,
 * index spaces, bodies, names and custom sections, and if the module's encoding is the usual one,
 * the same bytes.
 * wasm     the binary format; proposals that are off by default are understood as well
 * flags    STINT_PRINT_*
 * ret      out, owned by the caller; untouched on error
 * errors   the module is not valid; the text would be larger than 4 GiB; memory ran out
 * cost     linear in the text, which has about seven times the size of the module */
WASM_API_EXTERN wasmtime_error_t *stint_wasm2wat(const uint8_t *wasm, size_t wasm_len,
                                                 uint32_t flags, wasm_byte_vec_t *ret);
enum {
    STINT_PRINT_FOLDED = 1,  /* operators around their operands, instead of one a line */
    STINT_PRINT_OFFSETS = 2, /* at the start of each line its offset in the module */
};

/* ---- Scripts of the specification's test suite --------------------------------------------- */

/* A directive of a script that did not go as the script says. */
typedef struct stint_wast_failure {
    uint32_t line, column; /* from 1; the column in characters */
    const char *message;   /* what was expected and what was found; without a NUL */
    size_t message_len;
} stint_wast_failure_t;

typedef struct stint_wast_options {
    bool ignore_messages; /* messages of errors and traps need not be those of the script */
    /* Called for each failure; NULL allowed. What it gets is borrowed for the call. */
    void (*report)(void *ctx, const stint_wast_failure_t *failure);
    void *ctx;
} stint_wast_options_t;

/* Directives, which are the forms at the top level of a script. */
typedef struct stint_wast_counts {
    uint64_t passed, failed;
    uint64_t skipped; /* behind a call that was interrupted or ran out of fuel */
} stint_wast_counts_t;

/* Runs a script (.wast). What its modules may use is what the engine's features allow; they are
 * instantiated in the store, whose limits hold. They can import the suite's module `spectest`.
 * text        UTF-8
 * counts      out; untouched on error
 * errors      memory ran out before the first directive; whatever is wrong with the script is a
 *             failure of one of its directives
 * reentrancy  runs guest code */
WASM_API_EXTERN wasmtime_error_t *stint_wast_run(wasm_engine_t *engine, wasmtime_store_t *store,
                                                 const char *text, size_t text_len,
                                                 const stint_wast_options_t *options,
                                                 stint_wast_counts_t *counts);

/* ---- Errors ------------------------------------------------------------------------------- */

/* The message of an error in more words than libwasmtime has for it, where there are some: all
 * missing imports with their types, both types of one that does not fit. Else the same.
 * out  owned by the caller; empty if memory ran out */
WASM_API_EXTERN void stint_error_details(const wasmtime_error_t *error, wasm_byte_vec_t *out);

/* ---- Stores ------------------------------------------------------------------------------- */

/* Tells whether memory.grow and table.grow trap where they would give -1; false at first. */
WASM_API_EXTERN void stint_store_trap_on_grow_failure(wasmtime_store_t *store, bool traps);

/* ---- Instances ---------------------------------------------------------------------------- */

/* Frees an instance before its store: its memories, tables, globals and tags, and its functions.
 * From then on handles to it and to all of that are stale, and whatever is done with one is an
 * error (where a function has no room for one: an abort with a message in debug builds of the
 * library, else nothing happens and the result is NULL, 0 or false).
 * If guest code of the store is running, what it has of the instance stays until it has returned.
 * A function of the instance that is still in a table, a global or an object of the store traps
 * when it is called, and takes a few bytes as long as it is there.
 * instance    of this store
 * errors      the handle is stale or of another store; a function of the instance is running; an
 *             instance that is there imports something of it; a finalizer calls this; memory ran
 *             out: nothing is changed
 * ownership   functions that the host knows as raw values (wasmtime_func_to_raw, unchecked calls)
 *             stay safe to use, and so cost memory until the store goes
 * cost        what the instance owns; if functions of it may be elsewhere, a walk through the
 *             store's tables, globals and objects as well */
WASM_API_EXTERN wasmtime_error_t *stint_instance_delete(wasmtime_context_t *context,
                                                        const wasmtime_instance_t *instance);

/* ---- Host functions ----------------------------------------------------------------------- */

/* The linear memory that the calling instance exports as "memory".
 * base        out: its first byte; valid until the host function returns or guest code runs
 * size_bytes  out
 * returns     false, nothing written, if there is none
 * cost        a few instructions: the instance remembers where it is */
WASM_API_EXTERN bool stint_caller_memory(wasmtime_caller_t *caller, uint8_t **base,
                                         size_t *size_bytes);

/* The trap by which a host function ends the guest, as WASI's proc_exit does. The call that ran
 * the guest then returns an error for which wasmtime_error_exit_status gives the status.
 * returns  owned by the caller; NULL if memory ran out */
WASM_API_EXTERN wasm_trap_t *stint_trap_new_exit(int status);

/* ---- Host data of a store ----------------------------------------------------------------- */

/* Attaches host data to a store, beside the embedder's own (wasmtime_context_set_data), so that a
 * library of host functions finds its state without asking the embedder for it.
 * key        the address of a static object of that library; its contents do not matter
 * value      replaces what was attached under the key, whose finalizer is called; NULL: removes it
 * finalizer  NULL allowed; called with value when it is replaced or the store goes
 * returns    false if memory ran out: nothing is changed, and value stays the caller's */
WASM_API_EXTERN bool stint_context_attach(wasmtime_context_t *context, const void *key, void *value,
                                          void (*finalizer)(void *));
/* returns what was attached under the key, or NULL
 * cost    linear in the number of keys in use, of which there are few */
WASM_API_EXTERN void *stint_context_attachment(wasmtime_context_t *context, const void *key);

/* ---- WASI --------------------------------------------------------------------------------- */

/* Hands the guest a socket, as a descriptor before the directories: the first one is 3.
 * fd       a listening or connected stream socket; taken if true, and then made non-blocking only
 *          when the guest asks for it
 * returns  false if it is not a stream socket or memory ran out */
WASI_API_EXTERN bool stint_wasi_config_preopen_socket(wasi_config_t *config, int fd);

/* Opens a listener for the guest: "ADDRESS:PORT", with [..] around an IPv6 address; port 0 lets the
 * system choose. Then as stint_wasi_config_preopen_socket.
 * errors  the text is no address; the system refuses it */
WASI_API_EXTERN wasmtime_error_t *stint_wasi_config_listen(wasi_config_t *config,
                                                           const char *address);

/* Lets the embedder end the guest's waiting: for input, for connections, for time. A wait that is
 * under way when the descriptor becomes readable, or begins later, is the trap `interrupt`; so this
 * goes with wasmtime_engine_increment_epoch, which stops guests that run.
 * fd  borrowed, for as long as the config or the store that has it; -1: none, as at first. A pipe
 *     whose other end is closed is readable too */
WASI_API_EXTERN void stint_wasi_config_set_interrupt(wasi_config_t *config, int fd);

#ifdef __cplusplus
}
#endif

#endif
