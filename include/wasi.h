/* wasi.h: what a guest that speaks WASI gets to see of the system.
 *
 * A config starts with nothing: no arguments, no environment, an empty stdin, outputs that go
 * nowhere, no files, no sockets. wasmtime_context_set_wasi hands it to a store.
 * thread: one at a time.
 */
#ifndef WASI_H
#define WASI_H

#include <wasm.h>
#include <wasmtime/conf.h>

#ifndef WASI_API_EXTERN
#define WASI_API_EXTERN WASM_API_EXTERN
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wasi_config_t wasi_config_t;

/* returns owned by the caller: handed on with wasmtime_context_set_wasi, or freed */
WASI_API_EXTERN wasi_config_t *wasi_config_new(void);
WASI_API_EXTERN void wasi_config_delete(wasi_config_t *config);

/* Appends arguments; the first of all is the program's name.
 * argv     copied
 * returns  false if one is not UTF-8 or memory ran out; those before it stay appended */
WASI_API_EXTERN bool wasi_config_set_argv(wasi_config_t *config, size_t argc, const char *argv[]);
/* Appends the arguments of this process. */
WASI_API_EXTERN void wasi_config_inherit_argv(wasi_config_t *config);

/* Appends environment variables, names[i]=values[i]; both arrays have envc entries.
 * returns  false if one is not UTF-8 or memory ran out; those before it stay appended */
WASI_API_EXTERN bool wasi_config_set_env(wasi_config_t *config, size_t envc, const char *names[],
                                         const char *values[]);
/* Appends the environment of this process. */
WASI_API_EXTERN void wasi_config_inherit_env(wasi_config_t *config);

/* Standard input from a file.
 * returns  false if it cannot be opened for reading; stdin is then unchanged */
WASI_API_EXTERN bool wasi_config_set_stdin_file(wasi_config_t *config, const char *path);
/* Standard input from bytes.
 * binary  own: taken, and left empty */
WASI_API_EXTERN void wasi_config_set_stdin_bytes(wasi_config_t *config, wasm_byte_vec_t *binary);
/* The guest reads this process's standard input. */
WASI_API_EXTERN void wasi_config_inherit_stdin(wasi_config_t *config);

/* Standard output into a file, which is created or emptied.
 * returns  false if it cannot be opened; stdout is then unchanged */
WASI_API_EXTERN bool wasi_config_set_stdout_file(wasi_config_t *config, const char *path);
/* The guest writes to this process's standard output, unbuffered. */
WASI_API_EXTERN void wasi_config_inherit_stdout(wasi_config_t *config);
/* Standard output into a function.
 * callback   gets data and the bytes; returns how many it took, or a negative errno
 * data       handed to the callback
 * finalizer  NULL allowed; called with data when the config, or the store that has it, goes
 * thread     the store's */
WASI_API_EXTERN void wasi_config_set_stdout_custom(
    wasi_config_t *config,
    ptrdiff_t (*callback)(void *data, const unsigned char *bytes, size_t len), void *data,
    void (*finalizer)(void *));

/* The same three for standard error. */
WASI_API_EXTERN bool wasi_config_set_stderr_file(wasi_config_t *config, const char *path);
WASI_API_EXTERN void wasi_config_inherit_stderr(wasi_config_t *config);
WASI_API_EXTERN void wasi_config_set_stderr_custom(
    wasi_config_t *config,
    ptrdiff_t (*callback)(void *data, const unsigned char *bytes, size_t len), void *data,
    void (*finalizer)(void *));

/* Opens a directory for the guest: everything beneath it, nothing above or beside it.
 * host_path   on this system
 * guest_path  the name by which the guest finds it
 * fs_mutable  false: whatever would change files, directories or their times is refused
 * returns     false if it cannot be opened as a directory or guest_path is not UTF-8 */
WASI_API_EXTERN bool wasi_config_preopen_dir(wasi_config_t *config, const char *host_path,
                                             const char *guest_path, bool fs_mutable);

/* Permissions of WASI 0.2 sockets. Preview 1 has none that open sockets, so these are remembered
 * and change nothing; listeners come from stint_wasi_config_listen. */
WASI_API_EXTERN void wasi_config_inherit_network(wasi_config_t *config);
WASI_API_EXTERN void wasi_config_allow_ip_name_lookup(wasi_config_t *config, bool enable);

#ifdef __cplusplus
}
#endif

#endif
