/* The name section and branch hints. Nothing in them can make a module invalid: each is read under
 * a setjmp of its own, and what was understood before an error is kept or dropped as a whole. */
#include "base/utf8.h"
#include "wasm/wasm_int.h"

typedef void (*ReadCustom)(WasmDecoder *d, WasmIn *in);

/* Runs `read` over the contents of a custom section; false if it was malformed. */
static bool tolerate(WasmDecoder *d, const WasmCustom *custom, ReadCustom read)
{
    Diag ignored = {0};
    jmp_buf jump;
    WasmIn in = {.at = d->in.base + custom->start,
                 .end = d->in.base + custom->start + custom->size,
                 .base = d->in.base,
                 .limit = d->in.limit,
                 .diag = &ignored,
                 .on_fail = &jump};
    if (setjmp(jump))
        return false;
    read(d, &in);
    return true;
}

/* ---- names ---- */

static WasmStr read_name(WasmIn *in)
{
    u32 len = in_u32(in);
    const u8 *at = in_bytes(in, len);
    bool is_usable = len <= WASM_MAX_STRING_BYTES && utf8_valid(at, len);
    return is_usable ? (WasmStr){(const char *)at, len} : (WasmStr){NULL, 0};
}

static void read_func_names(WasmDecoder *d, WasmIn *in)
{
    u32 count = in_u32(in);
    if (!count || !d->m->n_funcs)
        return;
    WasmStr *names = wasm_array(d, WasmStr, d->m->n_funcs);
    d->m->func_names = names;
    for (u32 i = 0; i < count; i++) {
        u32 func = in_u32(in);
        WasmStr name = read_name(in);
        if (func < d->m->n_funcs)
            names[func] = name;
    }
}

static void read_name_section(WasmDecoder *d, WasmIn *in)
{
    while (in->at < in->end) {
        u8 id = in_u8(in);
        u32 size = in_u32(in);
        WasmIn part = *in;
        part.end = in_bytes(in, size) + size;
        if (id == 0)
            d->m->name = read_name(&part);
        else if (id == 1 && !d->m->func_names)
            read_func_names(d, &part);
    }
}

/* ---- branch hints ---- */

static void read_func_hints(WasmDecoder *d, WasmIn *in, WasmFuncHints *out)
{
    out->func = in_u32(in);
    if (out->func < d->m->n_imported_funcs || out->func >= d->m->n_funcs)
        wasm_fail(in, in->at, "malformed branch hint: no such body");
    const WasmBody *body = wasm_func_body(d->m, out->func);
    u32 count = wasm_in_count(in, "hints", UINT32_MAX), last = 0;
    WasmBranchHint *hints = wasm_array(d, WasmBranchHint, count);
    for (u32 i = 0; i < count; i++) {
        const u8 *at = in->at;
        u32 offset = wasm_in_index(in, "offset", body->end - body->start);
        u32 size = in_u32(in);
        u8 value = in_u8(in);
        if (size != 1 || value > 1 || (i && offset <= last))
            wasm_fail(in, at, "malformed branch hint");
        hints[i] = (WasmBranchHint){.at = body->start + offset, .is_likely = value};
        last = offset;
    }
    out->n_hints = count;
    out->hints = hints;
}

static void read_hint_section(WasmDecoder *d, WasmIn *in)
{
    u32 count = wasm_in_count(in, "hints", UINT32_MAX);
    WasmFuncHints *hints = wasm_array(d, WasmFuncHints, count);
    for (u32 i = 0; i < count; i++) {
        read_func_hints(d, in, &hints[i]);
        if (i && hints[i].func <= hints[i - 1].func)
            wasm_fail(in, in->at, "malformed branch hint order");
    }
    d->m->hints = hints;
    d->m->n_hinted = count;
}

static bool is_named(const WasmCustom *custom, const char *name)
{
    size_t len = strlen(name);
    return custom->name.len == len && !memcmp(custom->name.at, name, len);
}

void wasm_decode_names(WasmDecoder *d)
{
    for (u32 i = 0; i < d->m->n_customs; i++) {
        const WasmCustom *custom = &d->m->customs[i];
        if (is_named(custom, "name"))
            tolerate(d, custom, read_name_section);
        else if (is_named(custom, "metadata.code.branch_hint") && !d->m->hints)
            tolerate(d, custom, read_hint_section);
    }
}

const WasmFuncHints *wasm_func_hints(const WasmModule *m, u32 func)
{
    u32 low = 0, high = m->n_hinted;
    while (low < high) {
        u32 middle = low + (high - low) / 2;
        if (m->hints[middle].func < func)
            low = middle + 1;
        else
            high = middle;
    }
    return low < m->n_hinted && m->hints[low].func == func ? &m->hints[low] : NULL;
}
