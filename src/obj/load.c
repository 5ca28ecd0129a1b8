/* Checking artifacts that may come from anywhere, and finding things in checked ones. */
#include "obj/obj_int.h"

#include "base/bitset.h"

#include "base/hash.h"

/* Four sums side by side, since one alone waits for its multiplications. */
u64 obj_checksum(const u8 *bytes, size_t len)
{
    u64 h[4] = {1, 2, 3, hash_bytes(bytes, offsetof(ObjHeader, checksum), 4)};
    size_t at = sizeof(ObjHeader);
    for (; len - at >= 32; at += 32)
        for (u32 lane = 0; lane < 4; lane++)
            h[lane] = hash_mix(h[lane], load_u64(bytes + at + 8 * lane));
    u64 sum = hash_bytes(bytes + at, len - at, len);
    for (u32 lane = 0; lane < 4; lane++)
        sum = hash_mix(sum, h[lane]);
    return sum;
}

/* Is the section inside the file, aligned, and made of whole elements? */
static bool check_section(const ObjHeader *h, const ObjSection *s, const char *name, u32 align,
                          u32 elem_bytes, Diag *diag)
{
    if (s->off < sizeof *h || s->off > h->total_len || s->len > h->total_len - s->off)
        return diag_fail(diag, s->off, "damaged artifact: section %s lies outside the file", name);
    if (s->off % align || s->len % elem_bytes)
        return diag_fail(diag, s->off, "damaged artifact: section %s is not aligned", name);
    return true;
}

static bool check_header(const ObjHeader *h, const u8 *bytes, size_t len, Diag *diag)
{
    if (len < sizeof *h || h->magic != OBJ_MAGIC)
        return diag_fail(diag, 0, "not a compiled module of Stint");
    if (h->key.format_version != OBJ_FORMAT_VERSION)
        return diag_fail(diag, offsetof(ObjHeader, key),
                         "compiled module of format %u; this is Stint with format %u",
                         h->key.format_version, OBJ_FORMAT_VERSION);
    if (h->total_len != len)
        return diag_fail(diag, offsetof(ObjHeader, total_len),
                         "damaged artifact: %zu bytes where the header says %u", len, h->total_len);
    if (!check_section(h, &h->text, "text", OBJ_TEXT_ALIGN, 1, diag) ||
        !check_section(h, &h->entries, "entries", 16, sizeof(u32), diag) ||
        !check_section(h, &h->rows, "rows", 16, sizeof(ObjRow), diag) ||
        !check_section(h, &h->locs, "locs", 16, sizeof(ObjLoc), diag) ||
        !check_section(h, &h->places, "places", 16, sizeof(ObjPlace), diag) ||
        !check_section(h, &h->refs, "refs", 16, sizeof(ObjRef), diag) ||
        !check_section(h, &h->pads, "pads", 16, sizeof(ObjPad), diag) ||
        !check_section(h, &h->saves, "saves", 16, 1, diag) ||
        !check_section(h, &h->bodies, "bodies", 16, sizeof(u32), diag) ||
        !check_section(h, &h->sealed, "sealed", 16, sizeof(u32), diag) ||
        !check_section(h, &h->module, "module", 16, 1, diag))
        return false;
    if (h->entries.len != ((u64)h->nfuncs + 1) * sizeof(u32))
        return diag_fail(diag, h->entries.off, "damaged artifact: %u functions, %zu entries",
                         h->nfuncs, h->entries.len / sizeof(u32));
    if (h->bodies.len && h->bodies.len != h->entries.len - sizeof(u32))
        return diag_fail(diag, h->bodies.off, "damaged artifact: %u functions, %zu bodies",
                         h->nfuncs, h->bodies.len / sizeof(u32));
    if (h->places.len && !h->bodies.len)
        return diag_fail(diag, h->places.off, "damaged artifact: places, but no bodies");
    if (h->saves.len && h->saves.len != h->nfuncs)
        return diag_fail(diag, h->saves.off, "damaged artifact: %u functions, %u frames",
                         h->nfuncs, h->saves.len);
    if (obj_checksum(bytes, len) != h->checksum)
        return diag_fail(diag, sizeof *h, "damaged artifact: wrong checksum");
    return true;
}

/* A landing pad belongs to the function of its call: it expects that function's frame. */
static bool check_pads(const ObjHeader *h, const ObjImage *image, Diag *diag)
{
    u32 func = 0;
    for (u32 i = 0; i < image->npads; i++) {
        ObjPad pad = image->pads[i];
        if (i && pad.ret_off <= image->pads[i - 1].ret_off)
            return diag_fail(diag, h->pads.off + (u64)i * sizeof(ObjPad),
                             "damaged artifact: landing pad %u is out of order", i);
        while (func < h->nfuncs && image->entries[func + 1] < pad.ret_off)
            func++;
        if (func == h->nfuncs || pad.ret_off <= image->entries[func] ||
            pad.pad_off <= image->entries[func] || pad.pad_off >= image->entries[func + 1])
            return diag_fail(diag, h->pads.off + (u64)i * sizeof(ObjPad),
                             "damaged artifact: landing pad %u lies outside its function", i);
    }
    return true;
}

/* Everything that is searched by halving has to be in order, and inside the text. */
static bool check_order(const ObjHeader *h, const ObjImage *image, Diag *diag)
{
    for (u32 i = 0; i <= h->nfuncs; i++)
        if (image->entries[i] > h->text.len || (i && image->entries[i] < image->entries[i - 1]))
            return diag_fail(diag, h->entries.off + (u64)i * sizeof(u32),
                             "damaged artifact: entry %u is out of order", i);
    for (u32 i = 0; i < image->nrows; i++)
        if (image->rows[i].code_off > h->text.len ||
            (i && image->rows[i].code_off <= image->rows[i - 1].code_off))
            return diag_fail(diag, h->rows.off + (u64)i * sizeof(ObjRow),
                             "damaged artifact: row %u is out of order", i);
    for (u32 i = 0; i < image->nlocs; i++)
        if (image->locs[i].code_off > h->text.len ||
            (i && image->locs[i].code_off <= image->locs[i - 1].code_off))
            return diag_fail(diag, h->locs.off + (u64)i * sizeof(ObjLoc),
                             "damaged artifact: location %u is out of order", i);
    return check_pads(h, image, diag);
}

/* A place leads to earlier ones only, so that every chain of them ends. */
static bool check_places(const ObjHeader *h, const ObjImage *image, Diag *diag)
{
    for (u32 i = 0; i < image->nplaces; i++) {
        const ObjPlace *place = &image->places[i];
        if (place->src & OBJ_PLACE || (place->up & OBJ_PLACE && (place->up & ~OBJ_PLACE) >= i))
            return diag_fail(diag, h->places.off + (u64)i * sizeof(ObjPlace),
                             "damaged artifact: place %u leads nowhere", i);
    }
    for (u32 i = 0; i < image->nlocs; i++)
        if (image->locs[i].src & OBJ_PLACE &&
            (image->locs[i].src & ~OBJ_PLACE) >= image->nplaces)
            return diag_fail(diag, h->locs.off + (u64)i * sizeof(ObjLoc),
                             "damaged artifact: location %u has no place", i);
    return true;
}

/* A collector writes to the words that these name: each must be in its function's frame. */
static bool check_refs(const ObjHeader *h, const ObjImage *image, Diag *diag)
{
    u32 row = 0;
    for (u32 i = 0; i < image->nrefs; i++) {
        const ObjRef *ref = &image->refs[i];
        bool is_ordered = ref->code_off < h->text.len &&
                          (!i || ref->code_off >= image->refs[i - 1].code_off);
        while (row < image->nrows && image->rows[row].code_off <= ref->code_off)
            row++;
        u32 frame = row ? image->rows[row - 1].ret_offset : 0;
        if (!is_ordered || ref->below < 8 || ref->below % 8 || ref->below > frame)
            return diag_fail(diag, h->refs.off + (u64)i * sizeof(ObjRef),
                             "damaged artifact: reference %u is not in a frame", i);
    }
    return true;
}

bool obj_load(const u8 *bytes, size_t len, ObjImage *image, Diag *diag)
{
    check((uintptr_t)bytes % 8 == 0);
    const ObjHeader *h = (const ObjHeader *)(const void *)bytes;
    if (!check_header(h, bytes, len, diag))
        return false;
    ObjImage found = {
        .bytes = bytes,
        .header = h,
        .text = bytes + h->text.off,
        .entries = (const u32 *)(const void *)(bytes + h->entries.off),
        .rows = (const ObjRow *)(const void *)(bytes + h->rows.off),
        .nrows = h->rows.len / (u32)sizeof(ObjRow),
        .locs = (const ObjLoc *)(const void *)(bytes + h->locs.off),
        .nlocs = h->locs.len / (u32)sizeof(ObjLoc),
        .places = (const ObjPlace *)(const void *)(bytes + h->places.off),
        .nplaces = h->places.len / (u32)sizeof(ObjPlace),
        .refs = (const ObjRef *)(const void *)(bytes + h->refs.off),
        .nrefs = h->refs.len / (u32)sizeof(ObjRef),
        .pads = (const ObjPad *)(const void *)(bytes + h->pads.off),
        .npads = h->pads.len / (u32)sizeof(ObjPad),
        .saves = h->saves.len ? bytes + h->saves.off : NULL,
        .bodies = h->bodies.len ? (const u32 *)(const void *)(bytes + h->bodies.off) : NULL,
        .sealed = (const u32 *)(const void *)(bytes + h->sealed.off),
        .nsealed = h->sealed.len / (u32)sizeof(u32),
        .module = bytes + h->module.off,
        .module_len = h->module.len,
    };
    if (!check_order(h, &found, diag) || !check_places(h, &found, diag) ||
        !check_refs(h, &found, diag))
        return false;
    *image = found;
    return true;
}

bool obj_key_matches(const ObjKey *have, const ObjKey *want, Diag *diag)
{
    const char *what = NULL;
    if (have->format_version != want->format_version)
        what = "another format of artifacts";
    else if (have->abi_version != want->abi_version || have->compiler != want->compiler)
        what = "another version of Stint";
    else if (have->flags & ~want->flags & OBJ_INTERPRETED)
        what = "an interpreter, and has no machine code";
    else if (want->flags & ~have->flags & OBJ_INTERPRETED)
        what = "a processor, and this engine interprets";
    else if (have->isa != want->isa)
        what = "another kind of processor";
    else if (have->flags != want->flags)
        what = "other settings of the engine (signals, stack checks, epochs, fuel, bounds checks, "
               "NaNs)";
    else if (have->wasm_features != want->wasm_features)
        what = "another set of WebAssembly features";
    else if (have->features & ~want->features)
        what = "a processor with features that this one does not have, or may not use";
    if (!what)
        return true;
    return diag_fail(diag, offsetof(ObjHeader, key), "the module was compiled for %s", what);
}

/* Of n records sorted by a text offset, their first word, the first one at or behind it. */
static inline u32 first_from(const void *records, u32 n, size_t record_bytes, u32 offset)
{
    u32 low = 0, high = n;
    while (low < high) {
        u32 mid = low + (high - low) / 2;
        if (load_u32((const u8 *)records + mid * record_bytes) < offset)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

const ObjRow *obj_find_row(const ObjImage *image, u32 code_off)
{
    u32 low = 0, high = image->nrows; /* rows before low are at or below code_off */
    while (low < high) {
        u32 mid = low + (high - low) / 2;
        if (image->rows[mid].code_off <= code_off)
            low = mid + 1;
        else
            high = mid;
    }
    return low ? &image->rows[low - 1] : NULL;
}

const ObjLoc *obj_find_loc(const ObjImage *image, u32 code_off)
{
    u32 low = first_from(image->locs, image->nlocs, sizeof *image->locs, code_off);
    bool found = low < image->nlocs && image->locs[low].code_off == code_off;
    return found ? &image->locs[low] : NULL;
}

u32 obj_leave_place(const ObjImage *image, u32 *origin)
{
    u32 src = *origin;
    *origin = 0;
    if (!(src & OBJ_PLACE))
        return src;
    const ObjPlace *place = &image->places[src & ~OBJ_PLACE];
    *origin = place->up;
    return place->src;
}

u32 obj_find_body(const ObjImage *image, u32 offset)
{
    if (!image->bodies)
        return UINT32_MAX;
    u32 low = 0, high = image->header->nfuncs; /* bodies before low begin at or before offset */
    while (low < high) {
        u32 mid = low + (high - low) / 2;
        if (image->bodies[mid] <= offset)
            low = mid + 1;
        else
            high = mid;
    }
    return low - 1;
}

const ObjRef *obj_find_refs(const ObjImage *image, u32 code_off, u32 *n)
{
    u32 low = first_from(image->refs, image->nrefs, sizeof *image->refs, code_off);
    u32 end = low;
    while (end < image->nrefs && image->refs[end].code_off == code_off)
        end++;
    *n = end - low;
    return image->refs + low;
}

const ObjPad *obj_find_pad(const ObjImage *image, u32 ret_off)
{
    u32 low = first_from(image->pads, image->npads, sizeof *image->pads, ret_off);
    bool found = low < image->npads && image->pads[low].ret_off == ret_off;
    return found ? &image->pads[low] : NULL;
}

u32 obj_find_func(const ObjImage *image, u32 code_off)
{
    u32 low = 0, high = image->header->nfuncs + 1; /* entries before low are at or below it */
    while (low < high) {
        u32 mid = low + (high - low) / 2;
        if (image->entries[mid] <= code_off)
            low = mid + 1;
        else
            high = mid;
    }
    return low && low <= image->header->nfuncs ? low - 1 : UINT32_MAX;
}

VmCounts obj_vm_counts(const WasmModule *m)
{
    VmCounts n = {
        .memories = m->n_memories,
        .tables = m->n_tables,
        .imported_funcs = m->n_imported_funcs,
        .imported_globals = m->n_imported_globals,
        .tags = m->n_tags,
        .types = m->n_types,
        .defined_globals = m->n_globals - m->n_imported_globals,
    };
    for (u32 f = m->n_imported_funcs; f < m->n_funcs; f++)
        n.escaping += bitset_has(m->func_escapes, f);
    return n;
}
