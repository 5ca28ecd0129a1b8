#include "base/arena.h"

#include <stdlib.h>

struct ArenaChunk {
    ArenaChunk *next;
    size_t size; /* of the whole chunk, header included */
};

#define FIRST_CHUNK (64u << 10)
#define LARGEST_STEP (8u << 20)
#define HEADER ALIGN_UP(sizeof(ArenaChunk), 16)

void arena_init(Arena *arena, jmp_buf *on_oom)
{
    *arena = (Arena){.on_oom = on_oom};
}

static void free_list(ArenaChunk *chunk)
{
    while (chunk) {
        ArenaChunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
}

void arena_free(Arena *arena)
{
    free_list(arena->chunk);
    free_list(arena->spare);
    arena->chunk = arena->spare = NULL;
    arena->at = arena->end = NULL;
    arena->total_bytes = 0;
}

static void enter_chunk(Arena *arena, ArenaChunk *chunk)
{
    chunk->next = arena->chunk;
    arena->chunk = chunk;
    arena->at = (u8 *)chunk + HEADER;
    arena->end = (u8 *)chunk + chunk->size;
}

/* Moves the newest chunk to the spare list. */
static void retire_chunk(Arena *arena)
{
    ArenaChunk *chunk = arena->chunk;
    arena->chunk = chunk->next;
    chunk->next = arena->spare;
    arena->spare = chunk;
}

void arena_reset(Arena *arena)
{
    arena_release(arena, (ArenaMark){0});
}

void arena_trim(Arena *arena, size_t keep_bytes)
{
    arena_reset(arena);
    /* The oldest chunks, which are the smallest, come first and are kept. */
    size_t kept = 0;
    for (ArenaChunk **link = &arena->spare; *link;) {
        ArenaChunk *chunk = *link;
        if (kept + chunk->size <= keep_bytes) {
            kept += chunk->size;
            link = &chunk->next;
        } else {
            *link = chunk->next;
            free(chunk);
        }
    }
    arena->total_bytes = kept;
}

ArenaMark arena_mark(const Arena *arena)
{
    return (ArenaMark){arena->chunk, arena->at};
}

void arena_release(Arena *arena, ArenaMark mark)
{
    while (arena->chunk != mark.chunk)
        retire_chunk(arena);
    arena->at = mark.at;
    arena->end = mark.chunk ? (u8 *)mark.chunk + mark.chunk->size : NULL;
}

static void *out_of_memory(Arena *arena)
{
    if (arena->on_oom)
        longjmp(*arena->on_oom, 1);
    return NULL;
}

static ArenaChunk *take_spare(Arena *arena, size_t need)
{
    for (ArenaChunk **link = &arena->spare; *link; link = &(*link)->next)
        if ((*link)->size >= need) {
            ArenaChunk *chunk = *link;
            *link = chunk->next;
            return chunk;
        }
    return NULL;
}

void *arena_alloc_slow(Arena *arena, size_t size, size_t align)
{
    if (size > SIZE_MAX / 4)
        return out_of_memory(arena);
    size_t need = HEADER + size + align;
    ArenaChunk *chunk = take_spare(arena, need);
    if (!chunk) {
        /* Doubling keeps the number of chunks logarithmic; the cap keeps waste bounded. */
        size_t step = MIN(MAX(arena->total_bytes, (size_t)FIRST_CHUNK), (size_t)LARGEST_STEP);
        size_t bytes = MAX(need, step);
        if (arena->limit_bytes && arena->total_bytes + bytes > arena->limit_bytes)
            return out_of_memory(arena);
        chunk = malloc(bytes);
        if (!chunk)
            return out_of_memory(arena);
        chunk->size = bytes;
        arena->total_bytes += bytes;
    }
    enter_chunk(arena, chunk);
    return arena_alloc(arena, size, align);
}

void *arena_calloc(Arena *arena, size_t count, size_t size, size_t align)
{
    if (size && count > SIZE_MAX / 4 / size)
        return out_of_memory(arena);
    void *p = arena_alloc(arena, count * size, align);
    if (p)
        memset(p, 0, count * size);
    return p;
}

char *arena_strndup(Arena *arena, const char *text, size_t size)
{
    char *copy = arena_alloc(arena, size + 1, 1);
    if (copy) {
        if (size)
            memcpy(copy, text, size);
        copy[size] = 0;
    }
    return copy;
}

void *arena_grow(Arena *arena, void *old, size_t old_count, size_t new_count, size_t elem_size)
{
    if (elem_size && new_count > SIZE_MAX / 4 / elem_size)
        return out_of_memory(arena);
    size_t old_bytes = old_count * elem_size, new_bytes = new_count * elem_size;
    if (old && (u8 *)old + old_bytes == arena->at &&
        new_bytes - old_bytes <= (size_t)(arena->end - arena->at)) {
        arena->at += new_bytes - old_bytes;
        return old;
    }
    void *p = arena_alloc(arena, new_bytes, 16);
    if (p && old_bytes)
        memcpy(p, old, old_bytes);
    return p;
}
