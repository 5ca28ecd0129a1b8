/* Arenas: memory that is freed all at once.
 *
 * The compile side allocates nowhere else. There are three lifetimes: a module's (lives with it), a
 * function's (reset per function, kept by its worker) and scratch within a pass (mark/release).
 * Memory comes zeroed or not, as the call says. When the system refuses, or the arena's limit is
 * reached, arena_alloc() jumps to `on_oom`; with on_oom NULL it returns NULL instead.
 *
 * thread: one thread at a time.
 */
#ifndef STINT_BASE_ARENA_H
#define STINT_BASE_ARENA_H

#include <setjmp.h>

#include "base/base.h"

typedef struct ArenaChunk ArenaChunk;

typedef struct Arena {
    u8 *at;             /* next free byte of the current chunk */
    u8 *end;            /* end of the current chunk */
    ArenaChunk *chunk;  /* current chunk, newest first; NULL before the first allocation */
    ArenaChunk *spare;  /* chunks kept by arena_reset for reuse */
    size_t total_bytes; /* held from the system, spare chunks included */
    size_t limit_bytes; /* total_bytes may not pass this; 0 = no limit */
    jmp_buf *on_oom;    /* where to go when memory runs out; NULL: allocation returns NULL */
} Arena;

/* A point to release to; valid until the arena is released to an older one, reset or freed. */
typedef struct ArenaMark {
    ArenaChunk *chunk;
    u8 *at;
} ArenaMark;

void arena_init(Arena *arena, jmp_buf *on_oom);
/* Forgets everything allocated and keeps the chunks for reuse. */
void arena_reset(Arena *arena);
/* Returns all memory to the system. The arena may be used again. */
void arena_free(Arena *arena);
/* Forgets everything as arena_reset, and keeps chunks of at most so many bytes together. */
void arena_trim(Arena *arena, size_t keep_bytes);

ArenaMark arena_mark(const Arena *arena);
void arena_release(Arena *arena, ArenaMark mark);

/* The slow path of arena_alloc: takes another chunk. */
void *arena_alloc_slow(Arena *arena, size_t size, size_t align);

/* size bytes, not cleared; align is a power of two of at most 16. */
static inline void *arena_alloc(Arena *arena, size_t size, size_t align)
{
    uintptr_t at = ((uintptr_t)arena->at + (align - 1)) & ~(uintptr_t)(align - 1);
    if (LIKELY(arena->at && at <= (uintptr_t)arena->end && size <= (uintptr_t)arena->end - at)) {
        arena->at = (u8 *)at + size;
        return (void *)at;
    }
    return arena_alloc_slow(arena, size, align);
}

/* count * size bytes, cleared; an overflow counts as out of memory. */
void *arena_calloc(Arena *arena, size_t count, size_t size, size_t align);
/* A copy of size bytes followed by a NUL. */
char *arena_strndup(Arena *arena, const char *text, size_t size);
/* Grows an array from old_count to new_count elements, in place if it is the newest allocation. */
void *arena_grow(Arena *arena, void *old, size_t old_count, size_t new_count, size_t elem_size);

#define arena_new(arena, T) ((T *)arena_calloc((arena), 1, sizeof(T), _Alignof(T)))
#define arena_array(arena, T, n) ((T *)arena_calloc((arena), (n), sizeof(T), _Alignof(T)))
/* The same without clearing, for arrays written at once. */
#define arena_array_raw(arena, T, n) \
    ((T *)arena_grow((arena), NULL, 0, (n), sizeof(T)))

#endif
