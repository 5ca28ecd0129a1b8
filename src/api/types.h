/* Type objects of the C API. Private to api.
 *
 * One struct serves every kind of external type, so that the as_externtype conversions are casts:
 * the standard's "same object looked at in another way". */
#ifndef STINT_API_TYPES_H
#define STINT_API_TYPES_H

#include <wasm.h>
#include <wasmtime.h>

#include "rt/rt.h"

struct wasm_valtype_t {
    RtValType type; /* concrete references name a type id of `engine` */
    RtEngine *engine; /* held for concrete references; NULL for all others */
};

struct wasm_externtype_t {
    wasm_externkind_t kind;
};

struct wasm_functype_t {
    wasm_externtype_t head;
    wasm_valtype_vec_t params, results;
    RtEngine *engine; /* held, of types that came from one; else NULL */
    u32 id;           /* in that engine: the same type, with its declared supertypes */
};

struct wasm_globaltype_t {
    wasm_externtype_t head;
    wasm_valtype_t *content;
    wasm_mutability_t mutability;
};

struct wasm_tabletype_t {
    wasm_externtype_t head;
    wasm_valtype_t *element;
    WasmLimits limits;
    wasm_limits_t short_limits; /* what wasm.h can say of them */
};

struct wasm_memorytype_t {
    wasm_externtype_t head;
    WasmLimits limits;
    wasm_limits_t short_limits;
};

struct wasm_tagtype_t {
    wasm_externtype_t head;
    wasm_functype_t *functype;
};

struct wasm_importtype_t {
    wasm_name_t module, name;
    wasm_externtype_t *type;
};

struct wasm_exporttype_t {
    wasm_name_t name;
    wasm_externtype_t *type;
};

/* From the runtime's types; NULL: out of memory. The engine is kept alive where needed. */
wasm_valtype_t *types_val(RtEngine *engine, RtValType type);
wasm_functype_t *types_func(RtEngine *engine, u32 type_id);
wasm_globaltype_t *types_global(RtEngine *engine, RtValType type, bool is_mutable);
wasm_tabletype_t *types_table(RtEngine *engine, RtValType type, const WasmLimits *limits);
wasm_memorytype_t *types_memory(const WasmLimits *limits);
wasm_tagtype_t *types_tag(RtEngine *engine, u32 type_id);
wasmtime_exn_type_t *types_exn(RtEngine *engine, u32 type_id);
/* The type of an item of a module. */
wasm_externtype_t *types_module_extern(const RtModule *module, WasmKind kind, u32 index);

/* To the runtime: the id of a function type; RT_NO_TYPE: out of memory, or a type that no function
 * of this engine can have. */
u32 types_func_id(RtEngine *engine, const wasm_functype_t *type);

/* Struct, array and exception types: the type of an engine, by number; of exceptions the function
 * type of their tags. */
typedef struct TypeRef {
    RtEngine *engine; /* held */
    u32 id;
} TypeRef;
/* NULL: out of memory, or RT_NO_TYPE. */
void *typeref_new(RtEngine *engine, u32 id);
void *typeref_copy(const void *type); /* NULL allowed in both */
void typeref_delete(void *type);
/* The heap type of a reference type; out is owned by the caller. */
void types_heap(RtEngine *engine, RtValType type, wasmtime_heaptype_t *out);

/* Does the type mean something in the engine? Concrete references belong to one. */
bool types_fit_engine(const wasm_valtype_t *type, const RtEngine *engine);

/* Kinds of the two enumerations. */
wasm_valkind_t types_wasm_kind(RtValType type);
bool types_from_wasm_kind(wasm_valkind_t kind, RtValType *out);

#endif
