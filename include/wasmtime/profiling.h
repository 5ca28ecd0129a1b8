/* wasmtime/profiling.h: a profiler that an embedder drives (with WASMTIME_FEATURE_PROFILING). */
#ifndef WASMTIME_PROFILING_H
#define WASMTIME_PROFILING_H

#include <wasm.h>
#include <wasmtime/conf.h>
#include <wasmtime/error.h>
#include <wasmtime/module.h>
#include <wasmtime/store.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef WASMTIME_FEATURE_PROFILING
/* Collects where the guest is, each time the embedder asks, and writes a profile in the processed
 * format of the Firefox Profiler (https://profiler.firefox.com opens it). The usual place to ask
 * from is the callback of an epoch deadline. Addresses in it are byte offsets in the WebAssembly
 * module. Only modules that are named here are seen in it, nothing else of the process.
 * threads  one at a time, and in sample() the thread that runs the store */
typedef struct wasmtime_guestprofiler wasmtime_guestprofiler_t;

/* A module whose functions may be shown, and what it is called there. */
typedef struct wasmtime_guestprofiler_modules {
    const wasm_name_t *name;
    const wasmtime_module_t *mod;
} wasmtime_guestprofiler_modules_t;

/* Begins a profile.
 * module_name     what the whole is called; names are UTF-8 and copied
 * interval_nanos  how often sample() is going to be called, in nanoseconds; only noted down
 * modules         modules_len of them, of this engine; held, not taken
 * returns         owned by the caller; NULL: a name is not UTF-8, a module is of another engine, or
 *                 memory ran out */
WASM_API_EXTERN wasmtime_guestprofiler_t *
wasmtime_guestprofiler_new(const wasm_engine_t *engine, const wasm_name_t *module_name,
                           uint64_t interval_nanos,
                           const wasmtime_guestprofiler_modules_t *modules, size_t modules_len);

/* Notes the functions that are at work in the store now; none if no guest runs.
 * delta_nanos  CPU time since the last call, in nanoseconds; 0: not known
 * errors       if memory runs out, finish() says so */
WASM_API_EXTERN void wasmtime_guestprofiler_sample(wasmtime_guestprofiler_t *guestprofiler,
                                                   const wasmtime_store_t *store,
                                                   uint64_t delta_nanos);

/* Ends the profile.
 * guestprofiler  taken, also on error
 * out            the text, owned by the caller; untouched on error */
WASM_API_EXTERN wasmtime_error_t *
wasmtime_guestprofiler_finish(wasmtime_guestprofiler_t *guestprofiler, wasm_byte_vec_t *out);

/* Throws it away instead. NULL allowed. */
WASM_API_EXTERN void wasmtime_guestprofiler_delete(wasmtime_guestprofiler_t *guestprofiler);
#endif

#ifdef __cplusplus
}
#endif

#endif
