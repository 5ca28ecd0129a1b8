/* Values between the API's form, tagged and rooted, and the runtime's, raw. Private to api.
 *
 * Numbers are converted in line: calls to do it would be most of what crossing the border costs.
 * Those of 32 bits are read and written as such, for a CPU forwards a stored value only to loads
 * that are not wider. */
#ifndef STINT_API_VAL_H
#define STINT_API_VAL_H

#include "api/api_int.h"

_Static_assert(WASM_T_I32 - 1 == WASMTIME_I32 && WASM_T_I64 - 1 == WASMTIME_I64 &&
                   WASM_T_F32 - 1 == WASMTIME_F32 && WASM_T_F64 - 1 == WASMTIME_F64,
               "the number types have the same order");

/* Adds to an error what is wrong with a value that does not fit a type; returns the error. */
wasmtime_error_t *val_is_wrong(const RtStore *store, wasmtime_error_t *error, RtValType expected,
                               const wasmtime_val_t *found);
bool val_other_to_vm(RtStore *store, const wasmtime_val_t *val, RtValType type, VmVal *out);
void val_other_from_vm(RtStore *store, const VmVal *vm, RtValType type, wasmtime_val_t *out);

/* Roots (pointers to a wasmtime_anyref_t or one of its like; NULL stands for a null one) and the
 * references in them, 0: null. False: a root of another store, or one that was released. */
bool root_find(const RtStore *store, const void *root, u32 *raw);
wasmtime_error_t *error_wrong_store(void); /* what is to be said then */
/* The same where the ABI has no room for an error: ends the process. */
u32 root_to_raw(const RtStore *store, const void *root);
void root_from_raw(RtStore *store, u32 raw, void *root);
void root_clone(const void *root, void *out);
void root_release(void *root);
static inline void val_release(wasmtime_val_t *val)
{
    if (UNLIKELY(val->kind > WASMTIME_FUNCREF))
        wasmtime_val_unroot(val);
}

/* false: the value is not of this type, or of another store. */
static inline bool val_to_vm(RtStore *store, const wasmtime_val_t *val, RtValType type, VmVal *out)
{
    u32 kind = type - WASM_T_I32;
    if (UNLIKELY(kind > WASMTIME_F64))
        return val_other_to_vm(store, val, type, out);
    if (kind & 1) /* i64, f64 */
        out->i64 = (u64)val->of.i64;
    else
        out->i64 = (u32)val->of.i32;
    return val->kind == kind;
}

/* References come out as new roots. */
static inline void val_from_vm(RtStore *store, const VmVal *vm, RtValType type, wasmtime_val_t *out)
{
    u32 kind = type - WASM_T_I32;
    if (UNLIKELY(kind > WASMTIME_F64)) {
        val_other_from_vm(store, vm, type, out);
        return;
    }
    out->kind = (wasmtime_valkind_t)kind;
    if (kind & 1)
        out->of.i64 = (i64)vm->i64;
    else
        out->of.i32 = (i32)vm->i32;
}

/* The value of zeros or null. */
static inline void val_set_zero(RtStore *store, RtValType type, wasmtime_val_t *out)
{
    static const VmVal zero;
    val_from_vm(store, &zero, type, out);
}

#endif
