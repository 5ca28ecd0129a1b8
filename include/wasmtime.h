/* wasmtime.h: the engine's own C API: the whole of it in one include.
 *
 * Names, types and layouts are the C ABI of libwasmtime 50.0.1, so that what was built for that
 * library runs on this one and bindings pinned to its version fit. Conventions of ownership and
 * threads stand in wasm.h; what is Stint's alone stands in stint.h.
 *
 * In the order of use: an engine (wasm.h, config.h) compiles modules (module.h); a linker
 * (linker.h) knows what they import, WASI among it (wasi.h); a store (store.h) holds instances
 * (instance.h), whose functions are called (func.h) with values (val.h) and end in results, an
 * error (error.h) or a trap (trap.h).
 */
#ifndef WASMTIME_API_H
#define WASMTIME_API_H

#include <wasi.h>
#include <wasm.h>
#include <wasmtime/anyref.h>
#include <wasmtime/arrayref.h>
#include <wasmtime/async.h>
#include <wasmtime/conf.h>
#include <wasmtime/config.h>
#include <wasmtime/engine.h>
#include <wasmtime/eqref.h>
#include <wasmtime/error.h>
#include <wasmtime/exnref.h>
#include <wasmtime/extern.h>
#include <wasmtime/externref.h>
#include <wasmtime/func.h>
#include <wasmtime/global.h>
#include <wasmtime/instance.h>
#include <wasmtime/linker.h>
#include <wasmtime/memory.h>
#include <wasmtime/module.h>
#include <wasmtime/profiling.h>
#include <wasmtime/sharedmemory.h>
#include <wasmtime/store.h>
#include <wasmtime/structref.h>
#include <wasmtime/table.h>
#include <wasmtime/tag.h>
#include <wasmtime/trap.h>
#include <wasmtime/types.h>
#include <wasmtime/val.h>
#include <wasmtime/wat.h>

/* The version of libwasmtime whose ABI this is; for Stint's own see stint.h. */
#define WASMTIME_VERSION "50.0.1"
#define WASMTIME_VERSION_MAJOR 50
#define WASMTIME_VERSION_MINOR 0
#define WASMTIME_VERSION_PATCH 1

#endif
