/* wasmtime/types/structref.h: the fields of aggregates, as values. */
#ifndef WASMTIME_TYPES_STRUCTREF_H
#define WASMTIME_TYPES_STRUCTREF_H

#include <wasm.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint8_t wasmtime_storage_type_kind_t;
#define WASMTIME_STORAGE_TYPE_KIND_I8 0
#define WASMTIME_STORAGE_TYPE_KIND_I16 1
#define WASMTIME_STORAGE_TYPE_KIND_VALTYPE 2

typedef struct wasmtime_storage_type {
    wasmtime_storage_type_kind_t kind;
    wasm_valtype_t *valtype; /* owned; for VALTYPE */
} wasmtime_storage_type_t;

typedef struct wasmtime_field_type {
    bool mutable_;
    wasmtime_storage_type_t storage;
} wasmtime_field_type_t;

typedef struct wasmtime_struct_type wasmtime_struct_type_t;

#ifdef __cplusplus
}
#endif

#endif
