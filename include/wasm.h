/* wasm.h: the standard WebAssembly C API, as Stint speaks it.
 *
 * Layouts, names and numbers are those of the C ABI of libwasmtime 50, so that a program built for
 * that library runs on this one. Everything engine-specific stands in wasmtime.h.
 *
 * Conventions, which hold unless a function says otherwise:
 *   own       marks a value that changes hands: a parameter is taken over by the library (also on
 *             error), a result or an out parameter belongs to the caller, who frees it with the
 *             type's _delete. What is not marked is borrowed for the time of the call.
 *   NULL      pointers may not be NULL. X_delete(NULL) does nothing.
 *   errors    a constructor gives NULL when memory runs out or its arguments make no sense.
 *   thread    config, engine, types, modules and traps: any thread, for one object one at a time
 *             (engine and module: at once). All that belongs to a store: the store's thread.
 *   vectors   {size, data}: the array belongs to the library once made by a wasm_X_vec function
 *             and is freed, elements included, by wasm_X_vec_delete.
 */
#ifndef WASM_H
#define WASM_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef WASM_API_EXTERN
#define WASM_API_EXTERN
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Reads as a word of the signatures below; undefined again at the end of this file. */
#define own

typedef char byte_t;
typedef float float32_t;
typedef double float64_t;

static_assert(sizeof(float) == 4 && sizeof(double) == 8, "floats are not IEEE single and double");

/* ---- Families of declarations ------------------------------------------------------------- */

/* An opaque type and its destructor. */
#define WASM_DECLARE_OWN(name)                    \
    typedef struct wasm_##name##_t wasm_##name##_t; \
    WASM_API_EXTERN void wasm_##name##_delete(own wasm_##name##_t *)

/* A vector of `name` by value (star empty) or by pointer (star `*`).
 * new_empty          no elements, no memory; data is not NULL but may not be read.
 * new_uninitialized  room for `size` elements (pointers: NULL) that the caller fills in. size is 0
 *                    and data NULL when memory runs out.
 * new                copies the array; of pointers, the things pointed at become the vector's.
 * copy               elements are copied one by one (wasm_X_copy). cost linear
 * delete             frees elements and array and leaves an empty vector; not the struct. */
#define WASM_DECLARE_VEC(name, star)                                                              \
    typedef struct wasm_##name##_vec_t {                                                          \
        size_t size;                                                                              \
        wasm_##name##_t star *data;                                                               \
    } wasm_##name##_vec_t;                                                                        \
    WASM_API_EXTERN void wasm_##name##_vec_new_empty(own wasm_##name##_vec_t *out);               \
    WASM_API_EXTERN void wasm_##name##_vec_new_uninitialized(own wasm_##name##_vec_t *out,        \
                                                             size_t size);                        \
    WASM_API_EXTERN void wasm_##name##_vec_new(own wasm_##name##_vec_t *out, size_t size,         \
                                               own wasm_##name##_t star const data[]);            \
    WASM_API_EXTERN void wasm_##name##_vec_copy(own wasm_##name##_vec_t *out,                     \
                                                const wasm_##name##_vec_t *from);                 \
    WASM_API_EXTERN void wasm_##name##_vec_delete(own wasm_##name##_vec_t *)

/* A type object: opaque, copied by value. */
#define WASM_DECLARE_TYPE(name)  \
    WASM_DECLARE_OWN(name);      \
    WASM_DECLARE_VEC(name, *);   \
    WASM_API_EXTERN own wasm_##name##_t *wasm_##name##_copy(const wasm_##name##_t *)

/* A reference: a counted handle to a thing of a store, to a module or to a trap.
 * copy           another handle to the same thing; those of a module or trap may go to other
 *                threads, where host information is set by one at a time.
 * same           are these handles to one thing, whatever way each came?
 * set_host_info  anything the embedder wants to find again by any handle to the thing; takes the
 *                place of what was there.
 *                finalizer  NULL allowed; called with the information, once: when other information
 *                takes its place or the thing goes. What is in a store goes with the store; a
 *                foreign object when neither host nor guest has a reference to it; a module and a
 *                trap with their last handle. It may not use the store.
 * get_host_info  NULL: none was set. */
#define WASM_DECLARE_REF_BASE(name)                                                             \
    WASM_DECLARE_OWN(name);                                                                     \
    WASM_API_EXTERN own wasm_##name##_t *wasm_##name##_copy(const wasm_##name##_t *);           \
    WASM_API_EXTERN bool wasm_##name##_same(const wasm_##name##_t *, const wasm_##name##_t *);  \
    WASM_API_EXTERN void *wasm_##name##_get_host_info(const wasm_##name##_t *);                 \
    WASM_API_EXTERN void wasm_##name##_set_host_info(wasm_##name##_t *, void *);                \
    WASM_API_EXTERN void wasm_##name##_set_host_info_with_finalizer(wasm_##name##_t *, void *,  \
                                                                    void (*finalizer)(void *))

/* The conversions look at the same object in another way: nothing is copied or counted, the result
 * lives as long as its argument. wasm_ref_as_X is NULL if the reference is of another kind. */
#define WASM_DECLARE_REF(name)                                                                  \
    WASM_DECLARE_REF_BASE(name);                                                                \
    WASM_API_EXTERN wasm_ref_t *wasm_##name##_as_ref(wasm_##name##_t *);                        \
    WASM_API_EXTERN const wasm_ref_t *wasm_##name##_as_ref_const(const wasm_##name##_t *);      \
    WASM_API_EXTERN wasm_##name##_t *wasm_ref_as_##name(wasm_ref_t *);                          \
    WASM_API_EXTERN const wasm_##name##_t *wasm_ref_as_##name##_const(const wasm_ref_t *)

/* ---- Bytes and names ----------------------------------------------------------------------- */

typedef byte_t wasm_byte_t;
WASM_DECLARE_VEC(byte, );

/* A name is its UTF-8 bytes, without a NUL at the end. */
typedef wasm_byte_vec_t wasm_name_t;

#define wasm_name wasm_byte_vec
#define wasm_name_new wasm_byte_vec_new
#define wasm_name_new_empty wasm_byte_vec_new_empty
#define wasm_name_new_uninitialized wasm_byte_vec_new_uninitialized
#define wasm_name_copy wasm_byte_vec_copy
#define wasm_name_delete wasm_byte_vec_delete

/* Makes a name of the text without its NUL. */
static inline void wasm_name_new_from_string(own wasm_name_t *out, const char *text)
{
    wasm_name_new(out, strlen(text), text);
}

/* Makes a name of the text and its NUL: what wasm_trap_new() wants. */
static inline void wasm_name_new_from_string_nt(own wasm_name_t *out, const char *text)
{
    wasm_name_new(out, strlen(text) + 1, text);
}

/* ---- Config, engine, store ----------------------------------------------------------------- */

/* Settings for an engine (wasmtime/config.h, stint_config_set_option). */
WASM_DECLARE_OWN(config);
WASM_API_EXTERN own wasm_config_t *wasm_config_new(void);

/* What compiles and holds code. May be shared by threads; lives until the last handle to it and
 * the last store and module made with it are gone. */
WASM_DECLARE_OWN(engine);
WASM_API_EXTERN own wasm_engine_t *wasm_engine_new(void);
/* config  own: taken, also on error
 * returns NULL if the settings contradict each other or the machine cannot do them */
WASM_API_EXTERN own wasm_engine_t *wasm_engine_new_with_config(own wasm_config_t *config);

/* All instances and their state. One thread at a time may use a store and what belongs to it. */
WASM_DECLARE_OWN(store);
WASM_API_EXTERN own wasm_store_t *wasm_store_new(wasm_engine_t *engine);

/* ---- Types --------------------------------------------------------------------------------- */

typedef uint8_t wasm_mutability_t;
enum wasm_mutability_enum {
    WASM_CONST,
    WASM_VAR,
};

/* Size limits of a table (elements) or memory (pages). */
typedef struct wasm_limits_t {
    uint32_t min;
    uint32_t max; /* wasm_limits_max_default: none */
} wasm_limits_t;

static const uint32_t wasm_limits_max_default = 0xffffffff;

/* Value types. wasm.h knows no v128 and no other references: see wasmtime/types/val.h. */
WASM_DECLARE_TYPE(valtype);

typedef uint8_t wasm_valkind_t;
enum wasm_valkind_enum {
    WASM_I32,
    WASM_I64,
    WASM_F32,
    WASM_F64,
    WASM_EXTERNREF = 128,
    WASM_FUNCREF,
};

/* returns NULL for a kind that is not in the list above */
WASM_API_EXTERN own wasm_valtype_t *wasm_valtype_new(wasm_valkind_t);
WASM_API_EXTERN wasm_valkind_t wasm_valtype_kind(const wasm_valtype_t *);

static inline bool wasm_valkind_is_num(wasm_valkind_t kind) { return kind < WASM_EXTERNREF; }
static inline bool wasm_valkind_is_ref(wasm_valkind_t kind) { return kind >= WASM_EXTERNREF; }
static inline bool wasm_valtype_is_num(const wasm_valtype_t *type)
{
    return wasm_valkind_is_num(wasm_valtype_kind(type));
}
static inline bool wasm_valtype_is_ref(const wasm_valtype_t *type)
{
    return wasm_valkind_is_ref(wasm_valtype_kind(type));
}

/* Function types. The vectors are emptied by _new, whatever its result.
 * What the accessors of a type return lives as long as the type. */
WASM_DECLARE_TYPE(functype);
WASM_API_EXTERN own wasm_functype_t *wasm_functype_new(own wasm_valtype_vec_t *params,
                                                       own wasm_valtype_vec_t *results);
WASM_API_EXTERN const wasm_valtype_vec_t *wasm_functype_params(const wasm_functype_t *);
WASM_API_EXTERN const wasm_valtype_vec_t *wasm_functype_results(const wasm_functype_t *);

WASM_DECLARE_TYPE(globaltype);
WASM_API_EXTERN own wasm_globaltype_t *wasm_globaltype_new(own wasm_valtype_t *content,
                                                           wasm_mutability_t);
WASM_API_EXTERN const wasm_valtype_t *wasm_globaltype_content(const wasm_globaltype_t *);
WASM_API_EXTERN wasm_mutability_t wasm_globaltype_mutability(const wasm_globaltype_t *);

WASM_DECLARE_TYPE(tabletype);
WASM_API_EXTERN own wasm_tabletype_t *wasm_tabletype_new(own wasm_valtype_t *element,
                                                         const wasm_limits_t *limits);
WASM_API_EXTERN const wasm_valtype_t *wasm_tabletype_element(const wasm_tabletype_t *);
WASM_API_EXTERN const wasm_limits_t *wasm_tabletype_limits(const wasm_tabletype_t *);

/* 32-bit memories in pages of 64 KiB; wasmtime_memorytype_new makes the others. */
WASM_DECLARE_TYPE(memorytype);
WASM_API_EXTERN own wasm_memorytype_t *wasm_memorytype_new(const wasm_limits_t *limits);
WASM_API_EXTERN const wasm_limits_t *wasm_memorytype_limits(const wasm_memorytype_t *);

/* Exception tags; the function type has no results. */
WASM_DECLARE_TYPE(tagtype);
WASM_API_EXTERN own wasm_tagtype_t *wasm_tagtype_new(own wasm_functype_t *);
WASM_API_EXTERN const wasm_functype_t *wasm_tagtype_functype(const wasm_tagtype_t *);

/* The type of anything that can be imported or exported.
 * The conversions look at the same object in another way: nothing is copied, the result lives as
 * long as its argument, and it is NULL if the kind is another. */
WASM_DECLARE_TYPE(externtype);

typedef uint8_t wasm_externkind_t;
enum wasm_externkind_enum {
    WASM_EXTERN_FUNC,
    WASM_EXTERN_GLOBAL,
    WASM_EXTERN_TABLE,
    WASM_EXTERN_MEMORY,
    WASM_EXTERN_TAG,
};

WASM_API_EXTERN wasm_externkind_t wasm_externtype_kind(const wasm_externtype_t *);

#define WASM_DECLARE_AS_EXTERNTYPE(name)                                                         \
    WASM_API_EXTERN wasm_externtype_t *wasm_##name##_as_externtype(wasm_##name##_t *);           \
    WASM_API_EXTERN const wasm_externtype_t *wasm_##name##_as_externtype_const(                  \
        const wasm_##name##_t *);                                                                \
    WASM_API_EXTERN wasm_##name##_t *wasm_externtype_as_##name(wasm_externtype_t *);             \
    WASM_API_EXTERN const wasm_##name##_t *wasm_externtype_as_##name##_const(                    \
        const wasm_externtype_t *)

WASM_DECLARE_AS_EXTERNTYPE(functype);
WASM_DECLARE_AS_EXTERNTYPE(globaltype);
WASM_DECLARE_AS_EXTERNTYPE(tabletype);
WASM_DECLARE_AS_EXTERNTYPE(memorytype);
WASM_DECLARE_AS_EXTERNTYPE(tagtype);

/* One import of a module: two names and a type. */
WASM_DECLARE_TYPE(importtype);
WASM_API_EXTERN own wasm_importtype_t *wasm_importtype_new(own wasm_name_t *module,
                                                           own wasm_name_t *name,
                                                           own wasm_externtype_t *);
WASM_API_EXTERN const wasm_name_t *wasm_importtype_module(const wasm_importtype_t *);
WASM_API_EXTERN const wasm_name_t *wasm_importtype_name(const wasm_importtype_t *);
WASM_API_EXTERN const wasm_externtype_t *wasm_importtype_type(const wasm_importtype_t *);

/* One export of a module: a name and a type. */
WASM_DECLARE_TYPE(exporttype);
WASM_API_EXTERN own wasm_exporttype_t *wasm_exporttype_new(own wasm_name_t *,
                                                           own wasm_externtype_t *);
WASM_API_EXTERN const wasm_name_t *wasm_exporttype_name(const wasm_exporttype_t *);
WASM_API_EXTERN const wasm_externtype_t *wasm_exporttype_type(const wasm_exporttype_t *);

/* ---- Values -------------------------------------------------------------------------------- */

struct wasm_ref_t;

typedef struct wasm_val_t {
    wasm_valkind_t kind;
    union {
        int32_t i32;
        int64_t i64;
        float32_t f32;
        float64_t f64;
        struct wasm_ref_t *ref; /* NULL, or owned by whoever owns the value */
    } of;
} wasm_val_t;

/* Frees what the value refers to, not the struct. */
WASM_API_EXTERN void wasm_val_delete(own wasm_val_t *);
WASM_API_EXTERN void wasm_val_copy(own wasm_val_t *out, const wasm_val_t *);
WASM_DECLARE_VEC(val, );

/* ---- References ---------------------------------------------------------------------------- */

/* A reference of any kind. As an externref it can go through guests, whatever it refers to, and
 * comes back as the same; as a funcref only functions can. */
WASM_DECLARE_REF_BASE(ref);

/* An object that is nothing but what its host information says. */
WASM_DECLARE_REF(foreign);
WASM_API_EXTERN own wasm_foreign_t *wasm_foreign_new(wasm_store_t *);

/* ---- Frames and traps ---------------------------------------------------------------------- */

/* One function on the stack at the time of a trap. Offsets are bytes: within the function's body
 * and within the module; SIZE_MAX where unknown. */
WASM_DECLARE_OWN(frame);
WASM_DECLARE_VEC(frame, *);
WASM_API_EXTERN own wasm_frame_t *wasm_frame_copy(const wasm_frame_t *);
/* returns  borrowed from the store; NULL: the store is gone, or it cannot be told which instance of
 *          the module it was (behind a call of the host's back into a guest)
 * thread   the store's */
WASM_API_EXTERN struct wasm_instance_t *wasm_frame_instance(const wasm_frame_t *);
WASM_API_EXTERN uint32_t wasm_frame_func_index(const wasm_frame_t *);
WASM_API_EXTERN size_t wasm_frame_func_offset(const wasm_frame_t *);
WASM_API_EXTERN size_t wasm_frame_module_offset(const wasm_frame_t *);

typedef wasm_name_t wasm_message_t; /* with a NUL at the end, which counts */

/* Why a guest was stopped, and where. */
WASM_DECLARE_REF(trap);
/* store    not used
 * message  its last byte is a NUL */
WASM_API_EXTERN own wasm_trap_t *wasm_trap_new(wasm_store_t *store, const wasm_message_t *message);
WASM_API_EXTERN void wasm_trap_message(const wasm_trap_t *, own wasm_message_t *out);
/* returns the innermost frame, or NULL if no guest function was on the stack */
WASM_API_EXTERN own wasm_frame_t *wasm_trap_origin(const wasm_trap_t *);
/* out  innermost first; empty if no guest function was on the stack */
WASM_API_EXTERN void wasm_trap_trace(const wasm_trap_t *, own wasm_frame_vec_t *out);

/* ---- Modules ------------------------------------------------------------------------------- */

WASM_DECLARE_REF(module);
typedef struct wasm_shared_module_t wasm_shared_module_t;
WASM_API_EXTERN void wasm_shared_module_delete(own wasm_shared_module_t *);

/* Validates and compiles a binary module.
 * returns NULL if it is not valid (wasmtime_module_new says why) */
WASM_API_EXTERN own wasm_module_t *wasm_module_new(wasm_store_t *, const wasm_byte_vec_t *binary);
WASM_API_EXTERN bool wasm_module_validate(wasm_store_t *, const wasm_byte_vec_t *binary);
/* out  in the order of the module */
WASM_API_EXTERN void wasm_module_imports(const wasm_module_t *, own wasm_importtype_vec_t *out);
WASM_API_EXTERN void wasm_module_exports(const wasm_module_t *, own wasm_exporttype_vec_t *out);
/* The compiled code as bytes; empty on error. Reading them back trusts them: deserialize only what
 * this library wrote and nobody else could change. */
WASM_API_EXTERN void wasm_module_serialize(const wasm_module_t *, own wasm_byte_vec_t *out);
WASM_API_EXTERN own wasm_module_t *wasm_module_deserialize(wasm_store_t *, const wasm_byte_vec_t *);
/* A form of the module that may move to another thread and be obtained in stores there. */
WASM_API_EXTERN own wasm_shared_module_t *wasm_module_share(const wasm_module_t *);
WASM_API_EXTERN own wasm_module_t *wasm_module_obtain(wasm_store_t *, const wasm_shared_module_t *);

/* ---- Functions ----------------------------------------------------------------------------- */

WASM_DECLARE_REF(func);

/* A host function.
 * args     borrowed for the call
 * results  out, as many as the type says, of these kinds
 * returns  NULL, or own: the trap that ends the guest's call */
typedef own wasm_trap_t *(*wasm_func_callback_t)(const wasm_val_vec_t *args,
                                                 own wasm_val_vec_t *results);
typedef own wasm_trap_t *(*wasm_func_callback_with_env_t)(void *env, const wasm_val_vec_t *args,
                                                          wasm_val_vec_t *results);

WASM_API_EXTERN own wasm_func_t *wasm_func_new(wasm_store_t *, const wasm_functype_t *,
                                               wasm_func_callback_t);
/* env        handed to the callback
 * finalizer  NULL allowed; called with env when the store goes */
WASM_API_EXTERN own wasm_func_t *wasm_func_new_with_env(wasm_store_t *, const wasm_functype_t *type,
                                                        wasm_func_callback_with_env_t, void *env,
                                                        void (*finalizer)(void *));
WASM_API_EXTERN own wasm_functype_t *wasm_func_type(const wasm_func_t *);
WASM_API_EXTERN size_t wasm_func_param_arity(const wasm_func_t *);
WASM_API_EXTERN size_t wasm_func_result_arity(const wasm_func_t *);
/* args         as many as the type says, of these kinds; NULL: none
 * results      out; room for as many as the type says. Those without room are dropped, all of them
 *              where it is NULL
 * returns      NULL, or the trap; results are then as they were
 * reentrancy   runs guest code */
WASM_API_EXTERN own wasm_trap_t *wasm_func_call(const wasm_func_t *, const wasm_val_vec_t *args,
                                                wasm_val_vec_t *results);

/* ---- Globals, tables, memories ------------------------------------------------------------- */

WASM_DECLARE_REF(global);
/* returns NULL if the value is not of the type's kind */
WASM_API_EXTERN own wasm_global_t *wasm_global_new(wasm_store_t *, const wasm_globaltype_t *,
                                                   const wasm_val_t *);
WASM_API_EXTERN own wasm_globaltype_t *wasm_global_type(const wasm_global_t *);
WASM_API_EXTERN void wasm_global_get(const wasm_global_t *, own wasm_val_t *out);
/* Does nothing if the global is constant or the value of another kind. */
WASM_API_EXTERN void wasm_global_set(wasm_global_t *, const wasm_val_t *);

WASM_DECLARE_REF(table);
typedef uint32_t wasm_table_size_t;
/* init  NULL: null references */
WASM_API_EXTERN own wasm_table_t *wasm_table_new(wasm_store_t *, const wasm_tabletype_t *,
                                                 wasm_ref_t *init);
WASM_API_EXTERN own wasm_tabletype_t *wasm_table_type(const wasm_table_t *);
/* returns NULL for a null reference and for an index out of bounds */
WASM_API_EXTERN own wasm_ref_t *wasm_table_get(const wasm_table_t *, wasm_table_size_t index);
/* returns false if the index is out of bounds or the reference of another type */
WASM_API_EXTERN bool wasm_table_set(wasm_table_t *, wasm_table_size_t index, wasm_ref_t *);
WASM_API_EXTERN wasm_table_size_t wasm_table_size(const wasm_table_t *);
/* returns false, the table unchanged, above its maximum or without memory */
WASM_API_EXTERN bool wasm_table_grow(wasm_table_t *, wasm_table_size_t delta, wasm_ref_t *init);

WASM_DECLARE_REF(memory);
typedef uint32_t wasm_memory_pages_t;
static const size_t MEMORY_PAGE_SIZE = 0x10000;
WASM_API_EXTERN own wasm_memory_t *wasm_memory_new(wasm_store_t *, const wasm_memorytype_t *);
WASM_API_EXTERN own wasm_memorytype_t *wasm_memory_type(const wasm_memory_t *);
/* returns the first byte; valid until the memory grows or the store goes */
WASM_API_EXTERN byte_t *wasm_memory_data(wasm_memory_t *);
WASM_API_EXTERN size_t wasm_memory_data_size(const wasm_memory_t *);
WASM_API_EXTERN wasm_memory_pages_t wasm_memory_size(const wasm_memory_t *);
/* returns false, the memory unchanged, above its maximum or without memory */
WASM_API_EXTERN bool wasm_memory_grow(wasm_memory_t *, wasm_memory_pages_t delta);

/* ---- Externals and instances --------------------------------------------------------------- */

/* Anything that can be imported or exported. The conversions look at the same object in another
 * way: nothing is copied, the result lives as long as its argument, NULL if the kind is another. */
WASM_DECLARE_REF(extern);
WASM_DECLARE_VEC(extern, *);
WASM_API_EXTERN wasm_externkind_t wasm_extern_kind(const wasm_extern_t *);
WASM_API_EXTERN own wasm_externtype_t *wasm_extern_type(const wasm_extern_t *);

#define WASM_DECLARE_AS_EXTERN(name)                                                            \
    WASM_API_EXTERN wasm_extern_t *wasm_##name##_as_extern(wasm_##name##_t *);                  \
    WASM_API_EXTERN const wasm_extern_t *wasm_##name##_as_extern_const(const wasm_##name##_t *); \
    WASM_API_EXTERN wasm_##name##_t *wasm_extern_as_##name(wasm_extern_t *);                    \
    WASM_API_EXTERN const wasm_##name##_t *wasm_extern_as_##name##_const(const wasm_extern_t *)

WASM_DECLARE_AS_EXTERN(func);
WASM_DECLARE_AS_EXTERN(global);
WASM_DECLARE_AS_EXTERN(table);
WASM_DECLARE_AS_EXTERN(memory);

WASM_DECLARE_REF(instance);
/* Instantiates a module and runs its start function.
 * imports     as many as the module has, in its order; borrowed
 * trap        out, own, NULL allowed: set if instantiation trapped, else NULL
 * returns     NULL if it trapped or an import does not fit
 * reentrancy  runs guest code */
WASM_API_EXTERN own wasm_instance_t *wasm_instance_new(wasm_store_t *, const wasm_module_t *,
                                                       const wasm_extern_vec_t *imports,
                                                       own wasm_trap_t **trap);
/* out  in the order of the module */
WASM_API_EXTERN void wasm_instance_exports(const wasm_instance_t *, own wasm_extern_vec_t *out);

/* ---- Conveniences: no symbols of the library, only shorter ways to write calls -------------- */

#define WASM_EMPTY_VEC {0, NULL}
#define WASM_ARRAY_VEC(array) {sizeof(array) / sizeof(*(array)), array}

#define WASM_I32_VAL(v) {.kind = WASM_I32, .of = {.i32 = v}}
#define WASM_I64_VAL(v) {.kind = WASM_I64, .of = {.i64 = v}}
#define WASM_F32_VAL(v) {.kind = WASM_F32, .of = {.f32 = v}}
#define WASM_F64_VAL(v) {.kind = WASM_F64, .of = {.f64 = v}}
#define WASM_REF_VAL(v) {.kind = WASM_EXTERNREF, .of = {.ref = v}}
#define WASM_INIT_VAL {.kind = WASM_EXTERNREF, .of = {.ref = NULL}}

#define WASM_DEFINE_VALTYPE_NEW(suffix, kind)                               \
    static inline own wasm_valtype_t *wasm_valtype_new_##suffix(void)       \
    {                                                                       \
        return wasm_valtype_new(kind);                                      \
    }

WASM_DEFINE_VALTYPE_NEW(i32, WASM_I32)
WASM_DEFINE_VALTYPE_NEW(i64, WASM_I64)
WASM_DEFINE_VALTYPE_NEW(f32, WASM_F32)
WASM_DEFINE_VALTYPE_NEW(f64, WASM_F64)
WASM_DEFINE_VALTYPE_NEW(externref, WASM_EXTERNREF)
WASM_DEFINE_VALTYPE_NEW(funcref, WASM_FUNCREF)
#undef WASM_DEFINE_VALTYPE_NEW

/* The body shared by the wasm_functype_new_P_R below; takes over the types in both arrays. */
static inline own wasm_functype_t *wasm_functype_new_arrays(size_t param_count,
                                                            own wasm_valtype_t *const params[],
                                                            size_t result_count,
                                                            own wasm_valtype_t *const results[])
{
    wasm_valtype_vec_t param_vec, result_vec;
    wasm_valtype_vec_new(&param_vec, param_count, params);
    wasm_valtype_vec_new(&result_vec, result_count, results);
    if (param_vec.size == param_count && result_vec.size == result_count)
        return wasm_functype_new(&param_vec, &result_vec);
    wasm_valtype_vec_delete(&param_vec); /* no memory */
    wasm_valtype_vec_delete(&result_vec);
    return NULL;
}

/* wasm_functype_new_P_R(p1, .., r1, ..): P parameters and R results, all taken over. */
#define WASM_DEFINE_FUNCTYPE_NEW(p, r, declared, param_list, result_list)         \
    static inline own wasm_functype_t *wasm_functype_new_##p##_##r declared       \
    {                                                                             \
        wasm_valtype_t *params[] = param_list;                                    \
        wasm_valtype_t *results[] = result_list;                                  \
        return wasm_functype_new_arrays(p, params, r, results);                   \
    }
#define WASM_T wasm_valtype_t *
#define WASM_LIST(...) {__VA_ARGS__}

WASM_DEFINE_FUNCTYPE_NEW(0, 0, (void), WASM_LIST(NULL), WASM_LIST(NULL))
WASM_DEFINE_FUNCTYPE_NEW(1, 0, (WASM_T p1), WASM_LIST(p1), WASM_LIST(NULL))
WASM_DEFINE_FUNCTYPE_NEW(2, 0, (WASM_T p1, WASM_T p2), WASM_LIST(p1, p2), WASM_LIST(NULL))
WASM_DEFINE_FUNCTYPE_NEW(3, 0, (WASM_T p1, WASM_T p2, WASM_T p3), WASM_LIST(p1, p2, p3),
                         WASM_LIST(NULL))
WASM_DEFINE_FUNCTYPE_NEW(0, 1, (WASM_T r1), WASM_LIST(NULL), WASM_LIST(r1))
WASM_DEFINE_FUNCTYPE_NEW(1, 1, (WASM_T p1, WASM_T r1), WASM_LIST(p1), WASM_LIST(r1))
WASM_DEFINE_FUNCTYPE_NEW(2, 1, (WASM_T p1, WASM_T p2, WASM_T r1), WASM_LIST(p1, p2), WASM_LIST(r1))
WASM_DEFINE_FUNCTYPE_NEW(3, 1, (WASM_T p1, WASM_T p2, WASM_T p3, WASM_T r1), WASM_LIST(p1, p2, p3),
                         WASM_LIST(r1))
WASM_DEFINE_FUNCTYPE_NEW(0, 2, (WASM_T r1, WASM_T r2), WASM_LIST(NULL), WASM_LIST(r1, r2))
WASM_DEFINE_FUNCTYPE_NEW(1, 2, (WASM_T p1, WASM_T r1, WASM_T r2), WASM_LIST(p1), WASM_LIST(r1, r2))
WASM_DEFINE_FUNCTYPE_NEW(2, 2, (WASM_T p1, WASM_T p2, WASM_T r1, WASM_T r2), WASM_LIST(p1, p2),
                         WASM_LIST(r1, r2))
WASM_DEFINE_FUNCTYPE_NEW(3, 2, (WASM_T p1, WASM_T p2, WASM_T p3, WASM_T r1, WASM_T r2),
                         WASM_LIST(p1, p2, p3), WASM_LIST(r1, r2))
#undef WASM_DEFINE_FUNCTYPE_NEW
#undef WASM_T
#undef WASM_LIST

/* A host pointer as a value: an i64 that carries it. */
static inline void wasm_val_init_ptr(own wasm_val_t *out, void *ptr)
{
    out->kind = WASM_I64;
    out->of.i64 = (int64_t)(intptr_t)ptr;
}

static inline void *wasm_val_ptr(const wasm_val_t *val)
{
    return (void *)(intptr_t)val->of.i64;
}

#undef own

#ifdef __cplusplus
}
#endif

#endif
