/* wasmtime/engine.h: what can be done with an engine beside wasm_engine_new. thread any */
#ifndef WASMTIME_ENGINE_H
#define WASMTIME_ENGINE_H

#include <wasm.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Another handle to the same engine, to be freed with wasm_engine_delete. */
WASM_API_EXTERN wasm_engine_t *wasmtime_engine_clone(const wasm_engine_t *engine);

/* Advances the engine's epoch by one; stores whose deadline it passes act on it
 * (wasmtime_context_set_epoch_deadline). Async-signal-safe. */
WASM_API_EXTERN void wasmtime_engine_increment_epoch(const wasm_engine_t *engine);

/* Tells whether guests are interpreted. Stint always compiles: false. */
WASM_API_EXTERN bool wasmtime_engine_is_pulley(const wasm_engine_t *engine);

#ifdef __cplusplus
}
#endif

#endif
