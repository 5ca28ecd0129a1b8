/* The vectors of wasm.h: one implementation, instantiated for each element type. */
#include "api/types.h"

#include <stddef.h>
#include <stdlib.h>

/* What empty vectors point to: bindings make slices of vectors, which may not start at NULL. */
static max_align_t nothing;

/* copy_element(from) gives a value of type T, delete_element(&element) frees one. */
#define DEFINE_VEC(name, T, copy_element, delete_element)                                  \
    void wasm_##name##_vec_new_empty(wasm_##name##_vec_t *out)                             \
    {                                                                                      \
        out->size = 0;                                                                     \
        out->data = (void *)&nothing;                                                      \
    }                                                                                      \
    void wasm_##name##_vec_new_uninitialized(wasm_##name##_vec_t *out, size_t size)        \
    {                                                                                      \
        out->data = size ? calloc(size, sizeof *out->data) : (void *)&nothing;             \
        out->size = out->data ? size : 0;                                                  \
    }                                                                                      \
    void wasm_##name##_vec_new(wasm_##name##_vec_t *out, size_t size, T const data[])      \
    {                                                                                      \
        wasm_##name##_vec_new_uninitialized(out, size);                                    \
        if (out->size)                                                                     \
            memcpy(out->data, data, size * sizeof *out->data);                             \
        for (size_t i = out->size; i < size; i++) /* no memory: they were handed over */   \
            delete_element(&data[i]);                                                      \
    }                                                                                      \
    void wasm_##name##_vec_copy(wasm_##name##_vec_t *out, const wasm_##name##_vec_t *from) \
    {                                                                                      \
        wasm_##name##_vec_new_uninitialized(out, from->size);                              \
        for (size_t i = 0; i < out->size; i++)                                             \
            out->data[i] = copy_element(&from->data[i]);                                   \
    }                                                                                      \
    void wasm_##name##_vec_delete(wasm_##name##_vec_t *vec)                                \
    {                                                                                      \
        for (size_t i = 0; i < vec->size; i++)                                             \
            delete_element(&vec->data[i]);                                                 \
        if ((void *)vec->data != (void *)&nothing)                                         \
            free(vec->data);                                                               \
        vec->size = 0;                                                                     \
        vec->data = NULL;                                                                  \
    }

static wasm_byte_t copy_byte(const wasm_byte_t *from) { return *from; }
static void delete_byte(const wasm_byte_t *element) { (void)element; }
DEFINE_VEC(byte, wasm_byte_t, copy_byte, delete_byte)

static wasm_val_t copy_val(const wasm_val_t *from)
{
    wasm_val_t to;
    wasm_val_copy(&to, from);
    return to;
}
static void delete_val(const wasm_val_t *element)
{
    wasm_val_t val = *element;
    wasm_val_delete(&val);
}
DEFINE_VEC(val, wasm_val_t, copy_val, delete_val)

/* Elements that are pointers, NULL among them. */
#define DEFINE_POINTER_VEC(name)                                                \
    static wasm_##name##_t *copy_##name(wasm_##name##_t *const *from)           \
    {                                                                           \
        return *from ? wasm_##name##_copy(*from) : NULL;                        \
    }                                                                           \
    static void delete_##name(wasm_##name##_t *const *element)                  \
    {                                                                           \
        wasm_##name##_delete(*element);                                         \
    }                                                                           \
    DEFINE_VEC(name, wasm_##name##_t *, copy_##name, delete_##name)
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
