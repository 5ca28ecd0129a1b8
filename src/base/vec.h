/* Growable arrays in an arena: `VEC(T) v = {0}; vec_push(arena, &v, x); v.at[i]`.
 * Hold indices into them, not pointers: growing moves the elements. */
#ifndef STINT_BASE_VEC_H
#define STINT_BASE_VEC_H

#include "base/arena.h"

#define VEC(T)                                                      \
    struct {                                                        \
        T *at;   /* elements; moves when the array grows */         \
        u32 len; /* elements in use */                              \
        u32 cap; /* elements there is room for */                   \
    }

/* Makes room for n more elements. */
#define vec_reserve(arena, v, n)                                                              \
    do {                                                                                      \
        if (UNLIKELY((v)->cap - (v)->len < (u32)(n))) {                                       \
            u32 vec_cap_ = MAX((v)->cap * 2, (v)->len + (u32)(n));                            \
            vec_cap_ = MAX(vec_cap_, 8u);                                                     \
            (v)->at = arena_grow((arena), (v)->at, (v)->cap, vec_cap_, sizeof *(v)->at);      \
            (v)->cap = vec_cap_;                                                              \
        }                                                                                     \
    } while (0)

#define vec_push(arena, v, ...)               \
    do {                                      \
        vec_reserve(arena, v, 1);             \
        (v)->at[(v)->len++] = (__VA_ARGS__);  \
    } while (0)

#define vec_pop(v) ((v)->at[--(v)->len])
#define vec_last(v) ((v)->at[(v)->len - 1])

#endif
