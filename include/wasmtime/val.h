/* wasmtime/val.h: values of guests: numbers, vectors, references.
 *
 * References other than functions are roots: 24 bytes that keep an object alive. A root returned to
 * the host belongs to it and must be released (X_unroot, wasmtime_val_unroot), at any time, in any
 * thread, also behind the store's end; a root passed in is borrowed. store_id 0 is the null
 * reference, which needs no release. Where a root is borrowed, NULL means the same.
 *
 * A root of another store, or one that was released, is an error; where a function has none to
 * give, it ends the process with a message.
 */
#ifndef WASMTIME_VAL_H
#define WASMTIME_VAL_H

#include <wasm.h>
#include <wasmtime/conf.h>
#include <wasmtime/extern.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint8_t wasmtime_valkind_t;
#define WASMTIME_I32 0
#define WASMTIME_I64 1
#define WASMTIME_F32 2
#define WASMTIME_F64 3
#define WASMTIME_V128 4
#define WASMTIME_FUNCREF 5
#define WASMTIME_EXTERNREF 6
#define WASMTIME_ANYREF 7
#define WASMTIME_EXNREF 8

typedef uint8_t wasmtime_v128[16];

/* The six kinds of root share one layout. */
#define WASMTIME_DECLARE_ROOT(name)                                                  \
    typedef struct wasmtime_##name {                                                 \
        uint64_t store_id;                                                           \
        uint32_t __private1;                                                         \
        uint32_t __private2;                                                         \
        void *__private3;                                                            \
    } wasmtime_##name##_t;                                                           \
    static inline void wasmtime_##name##_set_null(wasmtime_##name##_t *ref)          \
    {                                                                                \
        ref->store_id = 0;                                                           \
    }                                                                                \
    static inline bool wasmtime_##name##_is_null(const wasmtime_##name##_t *ref)     \
    {                                                                                \
        return ref->store_id == 0;                                                   \
    }

WASMTIME_DECLARE_ROOT(anyref)
WASMTIME_DECLARE_ROOT(externref)
WASMTIME_DECLARE_ROOT(exnref)
WASMTIME_DECLARE_ROOT(eqref)
WASMTIME_DECLARE_ROOT(structref)
WASMTIME_DECLARE_ROOT(arrayref)
#undef WASMTIME_DECLARE_ROOT

static inline void wasmtime_funcref_set_null(wasmtime_func_t *func) { func->store_id = 0; }
static inline bool wasmtime_funcref_is_null(const wasmtime_func_t *func)
{
    return func->store_id == 0;
}

typedef union wasmtime_valunion {
    int32_t i32;
    int64_t i64;
    float32_t f32;
    float64_t f64;
    wasmtime_anyref_t anyref;
    wasmtime_externref_t externref;
    wasmtime_exnref_t exnref;
    wasmtime_func_t funcref;
    wasmtime_v128 v128; /* little endian */
} wasmtime_valunion_t;

typedef struct wasmtime_val {
    wasmtime_valkind_t kind;
    wasmtime_valunion_t of;
} wasmtime_val_t;

/* A value without its kind, as the _unchecked functions pass it. Numbers are little endian.
 * References to objects are places in the store's heap, 0 for null, valid until the next
 * collection, which any call may bring that makes an object or runs a guest; functions are
 * pointers, NULL for null. */
typedef union wasmtime_val_raw {
    int32_t i32;
    int64_t i64;
    float32_t f32;
    float64_t f64;
    wasmtime_v128 v128;
    uint32_t anyref;
    uint32_t externref;
    uint32_t exnref;
    void *funcref;
} wasmtime_val_raw_t;

static_assert(sizeof(wasmtime_valunion_t) == 24 && sizeof(wasmtime_val_t) == 32, "not the ABI");
static_assert(sizeof(wasmtime_val_raw_t) == 16, "not the ABI");

/* Releases the root in the value, if it has one; the value is then not to be used. */
WASM_API_EXTERN void wasmtime_val_unroot(wasmtime_val_t *val);
/* dst  out, owned by the caller: a root of its own */
WASM_API_EXTERN void wasmtime_val_clone(const wasmtime_val_t *src, wasmtime_val_t *dst);

#ifdef __cplusplus
}
#endif

#endif
