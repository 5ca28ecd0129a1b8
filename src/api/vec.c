/* The vectors of wasm.h: one implementation, instantiated for each element type. */
#include "api/types.h"

#include <stdlib.h>

/* Elements that are values: copied and freed by these. */
#define DEFINE_VEC(name, T, copy_element, delete_element)                                       \
    void wasm_##name##_vec_new_empty(wasm_##name##_vec_t *out)                                  \
    {                                                                                           \
        out->size = 0;                                                                          \
        out->data = NULL;                                                                       \
    }                                                                                           \
    void wasm_##name##_vec_new_uninitialized(wasm_##name##_vec_t *out, size_t size)             \
    {                                                                                           \
        out->data = size ? calloc(size, sizeof *out->data) : NULL;                              \
        out->size = out->data ? size : 0;                                                       \
    }                                                                                           \
    void wasm_##name##_vec_new(wasm_##name##_vec_t *out, size_t size, T const data[])           \
    {                                                                                           \
        wasm_##name##_vec_new_uninitialized(out, size);                                         \
        if (out->size)                                                                          \
            memcpy(out->data, data, size * sizeof *out->data);                                  \
    }                                                                                           \
    void wasm_##name##_vec_copy(wasm_##name##_vec_t *out, const wasm_##name##_vec_t *from)      \
    {                                                                                           \
        wasm_##name##_vec_new_uninitialized(out, from->size);                                   \
        for (size_t i = 0; i < out->size; i++)                                                  \
            copy_element(out->data[i], from->data[i]);                                          \
    }                                                                                           \
    void wasm_##name##_vec_delete(wasm_##name##_vec_t *vec)                                     \
    {                                                                                           \
        for (size_t i = 0; i < vec->size; i++)                                                  \
            delete_element(vec->data[i]);                                                       \
        free(vec->data);                                                                        \
        vec->size = 0;                                                                          \
        vec->data = NULL;                                                                       \
    }

#define COPY_PLAIN(to, from) ((to) = (from))
#define DELETE_PLAIN(element) ((void)(element))
DEFINE_VEC(byte, wasm_byte_t, COPY_PLAIN, DELETE_PLAIN)

#define COPY_VAL(to, from) wasm_val_copy(&(to), &(from))
#define DELETE_VAL(element) wasm_val_delete(&(element))
DEFINE_VEC(val, wasm_val_t, COPY_VAL, DELETE_VAL)

#define DEFINE_POINTER_VEC(name) \
    DEFINE_VEC(name, wasm_##name##_t *, COPY_##name, wasm_##name##_delete)
#define COPY_valtype(to, from) ((to) = wasm_valtype_copy(from))
#define COPY_functype(to, from) ((to) = wasm_functype_copy(from))
#define COPY_globaltype(to, from) ((to) = wasm_globaltype_copy(from))
#define COPY_tabletype(to, from) ((to) = wasm_tabletype_copy(from))
#define COPY_memorytype(to, from) ((to) = wasm_memorytype_copy(from))
#define COPY_tagtype(to, from) ((to) = wasm_tagtype_copy(from))
#define COPY_externtype(to, from) ((to) = wasm_externtype_copy(from))
#define COPY_importtype(to, from) ((to) = wasm_importtype_copy(from))
#define COPY_exporttype(to, from) ((to) = wasm_exporttype_copy(from))
#define COPY_frame(to, from) ((to) = wasm_frame_copy(from))
#define COPY_extern(to, from) ((to) = wasm_extern_copy(from))
DEFINE_POINTER_VEC(valtype)
DEFINE_POINTER_VEC(functype)
DEFINE_POINTER_VEC(globaltype)
DEFINE_POINTER_VEC(tabletype)
DEFINE_POINTER_VEC(memorytype)
DEFINE_POINTER_VEC(tagtype)
DEFINE_POINTER_VEC(externtype)
DEFINE_POINTER_VEC(importtype)
DEFINE_POINTER_VEC(exporttype)
DEFINE_POINTER_VEC(frame)
DEFINE_POINTER_VEC(extern)
