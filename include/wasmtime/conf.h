/* wasmtime/conf.h: what this build of Stint has, under the feature names of libwasmtime.
 *
 * A macro is defined exactly if the functions it stands for exist and work. Not defined, because
 * Stint has no such part (yet): WASI_HTTP, LOGGING, DISABLE_LOGGING, COREDUMP, ADDR2LINE,
 * DEMANGLE, DEBUG_BUILTINS, COMPONENT_MODEL, COMPONENT_MODEL_ASYNC, ALL_ARCH; and never: CRANELIFT,
 * WINCH, PULLEY, GC_DRC, GC_NULL, which are other people's code generators and collectors. Some
 * functions of missing parts are there nevertheless, for programs that look all names up: what they
 * would make is an error.
 */
#ifndef WASMTIME_CONF_H
#define WASMTIME_CONF_H

#define WASMTIME_FEATURE_ASYNC
#define WASMTIME_FEATURE_CACHE
#define WASMTIME_FEATURE_COMPILER
#define WASMTIME_FEATURE_GC
#define WASMTIME_FEATURE_PARALLEL_COMPILATION
#define WASMTIME_FEATURE_POOLING_ALLOCATOR
#define WASMTIME_FEATURE_PROFILING
#define WASMTIME_FEATURE_THREADS
#define WASMTIME_FEATURE_WASI
#define WASMTIME_FEATURE_WAT

#endif
