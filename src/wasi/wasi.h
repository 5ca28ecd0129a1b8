/* wasi: what guests see of the system, as WASI preview 1.
 *
 * Owns: wasi.h's wasi_config_* functions, wasmtime_context_set_wasi, wasmtime_linker_define_wasi,
 * and the two socket functions of stint.h. It stands on the public headers and base alone: to the
 * rest of Stint it is a library of host functions like any embedder's.
 *
 * Promises:
 *   - Capabilities only. A guest reaches the descriptors of its table and, by path, what lies
 *     beneath a directory in it, symbolic links included; no path leaves it, whatever is renamed
 *     meanwhile. Absolute paths and links are refused. A directory handed in read-only stays so.
 *   - The guest's memory is not trusted: every address and length is checked against the memory's
 *     size in 64 bits, arrays are copied before they are used, and the work done is bounded by
 *     the memory's size. An address outside, a misaligned one, or a number outside its type ends
 *     the guest, as the specification of preview 1 says and Wasmtime 50 does; all else is an
 *     errno.
 *   - Error numbers, rights and quirks are those of Wasmtime 50's preview 1 (measured; the test
 *     table is test/wasi/paths.def), with these exceptions: a closed stdout gives EPIPE, errors of
 *     the system that Wasmtime folds into EIO keep their own number, and vectors are read and
 *     written as a whole.
 *
 * Read in this order: calls.def (all functions), wasi_int.h (context, descriptors, guest memory),
 * link.c (how a call arrives), resolve.c (how a path stays beneath), then the families: args.c
 * clock.c proc.c table.c fd.c stat.c readdir.c path.c poll.c sock.c; ctx.c is the configuration.
 *
 * To add a function: a row in calls.def and its body `u16 wasi_NAME(...)` in the family's file; a
 * missing body does not link. Tests call the bodies directly, without an engine: test/wasi.
 */
#ifndef STINT_WASI_H
#define STINT_WASI_H

/* There is nothing here for other rooms but what include/ declares. */
#include <stint.h>

#endif
