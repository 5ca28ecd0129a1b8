/* Building artifacts. The order in the file is: header, entries, rows, locs, module, text; text
 * comes last and on its own pages, so that a file can be mapped and run in place. */
#include "obj/obj_int.h"

#include <stdlib.h>

/* Places a section of len bytes at the next multiple of align; false past 4 GiB. */
static bool place(ObjSection *section, u64 *at, u64 len, u64 align)
{
    u64 off = ALIGN_UP(*at, align);
    *at = off + len;
    section->off = (u32)off;
    section->len = (u32)len;
    return *at <= UINT32_MAX;
}

static bool place_all(ObjHeader *h, const ObjParts *parts, u64 *total)
{
    u64 at = sizeof *h;
    bool fits = place(&h->entries, &at, ((u64)parts->nfuncs + 1) * sizeof(u32), 16) &&
                place(&h->rows, &at, (u64)parts->nrows * sizeof(ObjRow), 16) &&
                place(&h->locs, &at, (u64)parts->nlocs * sizeof(ObjLoc), 16) &&
                place(&h->module, &at, parts->module_len, 16) &&
                place(&h->text, &at, parts->text_len, OBJ_TEXT_ALIGN);
    *total = at;
    return fits;
}

static void put(u8 *bytes, const ObjSection *section, const void *from)
{
    if (section->len)
        memcpy(bytes + section->off, from, section->len);
}

bool obj_build(const ObjParts *parts, u8 **bytes, size_t *len, Diag *diag)
{
    ObjHeader h = {.magic = OBJ_MAGIC, .key = parts->key, .nfuncs = parts->nfuncs};
    u64 total;
    if (!place_all(&h, parts, &total))
        return diag_fail(diag, DIAG_NO_OFFSET,
                         "the compiled module is larger than the 4 GiB an artifact can hold");
    h.total_len = (u32)total;
    u8 *out = calloc(1, total); /* padding is zero: the same input gives the same bytes */
    if (!out)
        return diag_oom(diag);
    put(out, &h.entries, parts->entries);
    put(out, &h.rows, parts->rows);
    put(out, &h.locs, parts->locs);
    put(out, &h.module, parts->module);
    put(out, &h.text, parts->text);
    memcpy(out, &h, sizeof h);
    h.checksum = obj_checksum(out, total);
    memcpy(out, &h, sizeof h);
    *bytes = out;
    *len = total;
    return true;
}

/* ---- the module without its bodies ---- */

/* Every body becomes the shortest there is, so that the rest of the module decodes as it was. Such a
 * body need not be valid for its function's type: nobody looks. */
static const u8 empty_body[] = {2, 0, 0x0B};

typedef struct Strip {
    const u8 *in; /* the module */
    u32 size;
    u8 *out;      /* NULL while measuring */
    u64 len;
} Strip;

static void emit(Strip *s, const void *bytes, size_t len)
{
    if (s->out)
        memcpy(s->out + s->len, bytes, len);
    s->len += len;
}

static void emit_leb(Strip *s, u32 value)
{
    do {
        u8 byte = value & 0x7F;
        value >>= 7;
        byte |= value ? 0x80 : 0;
        emit(s, &byte, 1);
    } while (value);
}

static u32 leb_bytes(u32 value)
{
    u32 n = 1;
    while (value >>= 7)
        n++;
    return n;
}

static void emit_code_section(Strip *s, u32 nbodies)
{
    u8 id = OBJ_WASM_CODE;
    emit(s, &id, 1);
    emit_leb(s, leb_bytes(nbodies) + nbodies * (u32)sizeof empty_body);
    emit_leb(s, nbodies);
    for (u32 i = 0; i < nbodies; i++)
        emit(s, empty_body, sizeof empty_body);
}

/* Of custom sections only the names are of use when code runs; debug information can be larger than
 * all the rest. */
static bool is_name_section(const u8 *contents, u32 len)
{
    return len >= 5 && memcmp(contents, "\x04name", 5) == 0;
}

/* The module was decoded, so sections and their lengths are as they should be. */
static void strip_sections(Strip *s, const WasmModule *m)
{
    emit(s, s->in, OBJ_WASM_HEADER);
    for (u32 at = OBJ_WASM_HEADER; at < s->size;) {
        WasmReader r = wasm_reader(m, at + 1, s->size);
        u32 len = wasm_read_u32(&r);
        u32 contents = wasm_reader_offset(&r, m);
        u8 id = s->in[at];
        if (id == OBJ_WASM_CODE)
            emit_code_section(s, m->n_funcs - m->n_imported_funcs);
        else if (id != OBJ_WASM_CUSTOM || is_name_section(s->in + contents, len))
            emit(s, s->in + at, contents + len - at);
        at = contents + len;
    }
}

bool obj_strip(const WasmModule *m, u8 **bytes, size_t *len, Diag *diag)
{
    Strip s = {.in = m->bytes, .size = m->size};
    strip_sections(&s, m);
    s.out = malloc(s.len);
    if (!s.out)
        return diag_oom(diag);
    s.len = 0;
    strip_sections(&s, m);
    *bytes = s.out;
    *len = s.len;
    return true;
}
