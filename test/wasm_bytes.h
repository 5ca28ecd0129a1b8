/* Modules written byte by byte, for the tests of src/wasm. A Bytes grows as needed and is freed by
 * bytes_free; memory running out ends the test program. */
#ifndef STINT_TEST_WASM_BYTES_H
#define STINT_TEST_WASM_BYTES_H

#include <stdlib.h>

#include "wasm/wasm.h"

typedef struct Bytes {
    u8 *at;
    size_t len, cap;
} Bytes;

static inline void bytes_add(Bytes *b, const void *bytes, size_t len)
{
    if (b->cap - b->len < len) {
        b->cap = (b->cap + len) * 2;
        b->at = realloc(b->at, b->cap);
        if (!b->at)
            abort();
    }
    if (len)
        memcpy(b->at + b->len, bytes, len);
    b->len += len;
}

static inline void bytes_u8(Bytes *b, u32 byte)
{
    u8 value = (u8)byte;
    bytes_add(b, &value, 1);
}

static inline void bytes_u32(Bytes *b, u32 value)
{
    for (; value >= 0x80; value >>= 7)
        bytes_u8(b, value | 0x80);
    bytes_u8(b, value);
}

/* Bytes in hexadecimal; blanks between them are ignored. */
static inline void bytes_hex(Bytes *b, const char *hex)
{
    for (; *hex; hex++) {
        char digits[3] = {hex[0], hex[1], 0};
        if (*hex == ' ')
            continue;
        bytes_u8(b, (u32)strtoul(digits, NULL, 16));
        hex++;
    }
}

static inline void bytes_free(Bytes *b)
{
    free(b->at);
    *b = (Bytes){0};
}

/* Section id with these contents, which are freed. */
static inline void bytes_section(Bytes *b, u32 id, Bytes *contents)
{
    bytes_u8(b, id);
    bytes_u32(b, (u32)contents->len);
    bytes_add(b, contents->at, contents->len);
    bytes_free(contents);
}

/* A body of these operators (end included), which are freed; `locals`: declarations in hex. */
static inline void bytes_body(Bytes *b, const char *locals, Bytes *code)
{
    Bytes body = {0};
    bytes_hex(&body, locals);
    bytes_add(&body, code->at, code->len);
    bytes_free(code);
    bytes_u32(b, (u32)body.len);
    bytes_add(b, body.at, body.len);
    bytes_free(&body);
}

static inline Bytes bytes_header(void)
{
    Bytes b = {0};
    bytes_hex(&b, "00 61 73 6d 01 00 00 00");
    return b;
}

/* A module with one function of type `type` (hex, from 60 on) and this body; `between` are the
 * sections between function and code. `code` is freed. */
static inline Bytes bytes_function(const char *type, const char *between, const char *locals,
                                   Bytes *code)
{
    Bytes m = bytes_header(), part = {0};
    bytes_u8(&part, 1);
    bytes_hex(&part, type);
    bytes_section(&m, 1, &part);
    bytes_hex(&m, "03 02 01 00");
    bytes_hex(&m, between);
    bytes_u8(&part, 1);
    bytes_body(&part, locals, code);
    bytes_section(&m, 10, &part);
    return m;
}

/* A module in memory of just its size, so that a sanitizer sees a byte read behind it. */
typedef struct Loaded {
    Arena arena;
    u8 *bytes;
    WasmModule *m; /* NULL if it was refused */
    Diag diag;
} Loaded;

static inline Loaded load(Bytes *b, const WasmFeatures *features)
{
    Loaded l = {.bytes = malloc(b->len ? b->len : 1)};
    if (!l.bytes)
        abort();
    if (b->len)
        memcpy(l.bytes, b->at, b->len);
    arena_init(&l.arena, NULL);
    if (!wasm_decode(&l.arena, l.bytes, b->len, features, &l.m, &l.diag))
        l.m = NULL;
    bytes_free(b);
    return l;
}

static inline void unload(Loaded *l)
{
    arena_free(&l->arena);
    free(l->bytes);
}

/* Decodes and validates; `b` is freed. */
static inline Diag judge(Bytes *b, const WasmFeatures *features)
{
    Loaded l = load(b, features);
    if (l.m)
        wasm_validate_all(l.m, &l.diag);
    unload(&l);
    return l.diag;
}

static inline Diag judge_hex(const char *hex)
{
    Bytes b = bytes_header();
    bytes_hex(&b, hex);
    return judge(&b, NULL);
}

#endif
