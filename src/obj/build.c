/* Building artifacts. The order in the file is: header, entries, rows, locs, places, refs, pads,
 * saves, bodies, sealed, module, text; text comes last and on its own pages, so that a file can be
 * mapped and run in place. */
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
                place(&h->places, &at, (u64)parts->nplaces * sizeof(ObjPlace), 16) &&
                place(&h->refs, &at, (u64)parts->nrefs * sizeof(ObjRef), 16) &&
                place(&h->pads, &at, (u64)parts->npads * sizeof(ObjPad), 16) &&
                place(&h->saves, &at, parts->saves ? parts->nfuncs : 0, 16) &&
                place(&h->bodies, &at, parts->bodies ? (u64)parts->nfuncs * sizeof(u32) : 0, 16) &&
                place(&h->sealed, &at, (u64)parts->nsealed * sizeof(u32), 16) &&
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
    put(out, &h.places, parts->places);
    put(out, &h.refs, parts->refs);
    put(out, &h.pads, parts->pads);
    put(out, &h.saves, parts->saves);
    put(out, &h.bodies, parts->bodies);
    put(out, &h.sealed, parts->sealed);
    put(out, &h.module, parts->module);
    put(out, &h.text, parts->text);
    memcpy(out, &h, sizeof h);
    h.checksum = obj_checksum(out, total);
    memcpy(out, &h, sizeof h);
    *bytes = out;
    *len = total;
    return true;
}
