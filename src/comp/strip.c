/* The module as the artifact keeps it. */
#include "comp/comp_int.h"

#include <stdlib.h>

/* Section ids of the binary format. */
enum { CUSTOM_SECTION = 0, CODE_SECTION = 10 };

/* A body without locals: unreachable, end. Valid for every type. */
static const u8 empty_body[] = {3, 0, 0, 0x0b};

static size_t put_leb(u8 *to, u64 value)
{
    size_t n = 0;
    do {
        to[n] = (u8)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
        n++;
    } while (value);
    return n;
}

/* Reads a LEB128 number the decoder has accepted before. */
static u64 get_leb(const u8 *bytes, size_t *at)
{
    WasmReader r = {.at = bytes + *at};
    u64 value = wasm_read_u64(&r);
    *at = (size_t)(r.at - bytes);
    return value;
}

static bool is_name_section(const u8 *content, size_t len)
{
    static const u8 name[] = {4, 'n', 'a', 'm', 'e'};
    return len >= sizeof name && !memcmp(content, name, sizeof name);
}

static size_t put_code_section(u8 *to, u32 nfuncs)
{
    u8 count[10];
    size_t count_len = put_leb(count, nfuncs), n = 0;
    to[n++] = CODE_SECTION;
    n += put_leb(to + n, count_len + (u64)nfuncs * sizeof empty_body);
    memcpy(to + n, count, count_len);
    n += count_len;
    for (u32 i = 0; i < nfuncs; i++, n += sizeof empty_body)
        memcpy(to + n, empty_body, sizeof empty_body);
    return n;
}

u8 *comp_strip(const WasmModule *m, size_t *len)
{
    const u8 *bytes = m->bytes;
    size_t size = m->size, at = 8, n = 8;
    u32 nfuncs = m->n_funcs - m->n_imported_funcs;
    /* Bodies have at least 3 bytes with their size, so the new code section may be a third longer.
     */
    u8 *out = malloc(size + (size_t)nfuncs * sizeof empty_body + 32);
    if (!out)
        return NULL;
    memcpy(out, bytes, 8);
    while (at < size) {
        size_t start = at;
        u8 id = bytes[at++];
        u64 section = get_leb(bytes, &at);
        size_t end = at + (size_t)section;
        if (id == CODE_SECTION) {
            n += put_code_section(out + n, nfuncs);
        } else if (id != CUSTOM_SECTION || is_name_section(bytes + at, (size_t)section)) {
            memcpy(out + n, bytes + start, end - start);
            n += end - start;
        }
        at = end;
    }
    *len = n;
    return out;
}
