/* wasmtime/exnref.h: exceptions as values, and those on their way through the host.
 *
 * A call that ends because no guest caught an exception returns a trap without a code, and the
 * store keeps the exception as pending. A host function that returns such a trap, while there is a
 * pending exception, throws it on in the guest that called it.
 */
#ifndef WASMTIME_EXNREF_H
#define WASMTIME_EXNREF_H

#include <wasmtime/conf.h>
#include <wasmtime/tag.h>
#include <wasmtime/types/exnref.h>
#include <wasmtime/val.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Makes an exception.
 * fields  the values of the tag's parameters, borrowed
 * exn     out, owned by the caller: wasmtime_exnref_unroot; untouched on error */
WASM_API_EXTERN wasmtime_error_t *wasmtime_exnref_new(wasmtime_context_t *store,
                                                      const wasmtime_tag_t *tag,
                                                      const wasmtime_val_t *fields, size_t nfields,
                                                      wasmtime_exnref_t *exn);
/* tag     out; untouched on error
 * errors  null */
WASM_API_EXTERN wasmtime_error_t *wasmtime_exnref_tag(wasmtime_context_t *store,
                                                      const wasmtime_exnref_t *exn,
                                                      wasmtime_tag_t *tag);
/* returns 0 for null */
WASM_API_EXTERN size_t wasmtime_exnref_field_count(wasmtime_context_t *store,
                                                   const wasmtime_exnref_t *exn);
/* val  out, owned by the caller; untouched on error: null, or there is no such field */
WASM_API_EXTERN wasmtime_error_t *wasmtime_exnref_field(wasmtime_context_t *store,
                                                        const wasmtime_exnref_t *exn,
                                                        size_t index, wasmtime_val_t *val);
/* returns owned by the caller; NULL for null */
WASM_API_EXTERN wasmtime_exn_type_t *wasmtime_exnref_type(wasmtime_context_t *store,
                                                          const wasmtime_exnref_t *exn);

/* out  owned by the caller: a root of its own */
WASM_API_EXTERN void wasmtime_exnref_clone(const wasmtime_exnref_t *exn, wasmtime_exnref_t *out);
WASM_API_EXTERN void wasmtime_exnref_unroot(wasmtime_exnref_t *exn);
/* Conversions to and from the form of wasmtime_val_raw_t; raw 0 and a null root correspond. */
WASM_API_EXTERN void wasmtime_exnref_from_raw(wasmtime_context_t *store, uint32_t raw,
                                              wasmtime_exnref_t *out);
WASM_API_EXTERN uint32_t wasmtime_exnref_to_raw(wasmtime_context_t *store,
                                                const wasmtime_exnref_t *exn);

/* Makes an exception the pending one.
 * exn      borrowed; null: nothing changes, and the trap that is returned says so
 * returns  what a host function has to return to throw it */
WASM_API_EXTERN wasm_trap_t *wasmtime_context_set_exception(wasmtime_context_t *store,
                                                            const wasmtime_exnref_t *exn);
/* Takes the pending exception.
 * exn      out, owned by the caller; null if there is none
 * returns  false if there is none */
WASM_API_EXTERN bool wasmtime_context_take_exception(wasmtime_context_t *store,
                                                     wasmtime_exnref_t *exn);
WASM_API_EXTERN bool wasmtime_context_has_exception(wasmtime_context_t *store);

#ifdef __cplusplus
}
#endif

#endif
