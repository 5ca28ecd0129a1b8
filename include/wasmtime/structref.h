/* wasmtime/structref.h: structs: made by the host, read and written. Ownership: wasmtime/val.h. */
#ifndef WASMTIME_STRUCTREF_H
#define WASMTIME_STRUCTREF_H

#include <wasmtime/conf.h>
#include <wasmtime/error.h>
#include <wasmtime/types/structref.h>
#include <wasmtime/val.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A type made ready for allocation in one store. */
typedef struct wasmtime_struct_ref_pre wasmtime_struct_ref_pre_t;
/* type     borrowed; of the store's engine, else NULL is returned
 * returns  owned by the caller; not to be used with another store */
WASM_API_EXTERN wasmtime_struct_ref_pre_t *
wasmtime_struct_ref_pre_new(wasmtime_context_t *context, const wasmtime_struct_type_t *type);
WASM_API_EXTERN void wasmtime_struct_ref_pre_delete(wasmtime_struct_ref_pre_t *pre);

/* fields  one for each, of its type, borrowed; packed ones are i32
 * out     owned by the caller; null on error
 * errors  a wrong field, or the heap is full even after a collection */
WASM_API_EXTERN wasmtime_error_t *wasmtime_structref_new(wasmtime_context_t *context,
                                                         const wasmtime_struct_ref_pre_t *pre,
                                                         const wasmtime_val_t *fields,
                                                         size_t nfields,
                                                         wasmtime_structref_t *out);
/* out     owned by the caller; packed fields come zero-extended; untouched on error
 * errors  null, or no such field */
WASM_API_EXTERN wasmtime_error_t *wasmtime_structref_field(wasmtime_context_t *context,
                                                           const wasmtime_structref_t *ref,
                                                           size_t index, wasmtime_val_t *out);
/* errors  null, no such field, one that is immutable, a value of another type */
WASM_API_EXTERN wasmtime_error_t *wasmtime_structref_set_field(wasmtime_context_t *context,
                                                               const wasmtime_structref_t *ref,
                                                               size_t index,
                                                               const wasmtime_val_t *val);
WASM_API_EXTERN void wasmtime_structref_clone(const wasmtime_structref_t *ref,
                                              wasmtime_structref_t *out);
WASM_API_EXTERN void wasmtime_structref_unroot(wasmtime_structref_t *ref);
WASM_API_EXTERN void wasmtime_structref_to_anyref(const wasmtime_structref_t *ref,
                                                  wasmtime_anyref_t *out);
WASM_API_EXTERN void wasmtime_structref_to_eqref(const wasmtime_structref_t *ref,
                                                 wasmtime_eqref_t *out);
/* returns  owned by the caller; NULL for null, or if memory runs out */
WASM_API_EXTERN wasmtime_struct_type_t *wasmtime_structref_type(wasmtime_context_t *context,
                                                                const wasmtime_structref_t *ref);

#ifdef __cplusplus
}
#endif

#endif
