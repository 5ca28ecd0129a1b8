/* Custom sections: as annotations that say what they mean, where that says all of it, else as
 * annotations with their bytes. */
#include "wat/print_int.h"

static bool is_named(const WasmCustom *custom, const char *name)
{
    size_t len = strlen(name);
    return custom->name.len == len && !memcmp(custom->name.at, name, len);
}

/* ---- branch hints ---- */

/* Takes the number in its shortest form off the front; false if something else stands there. */
static bool take_u32(const u8 **at, const u8 *end, u32 value)
{
    do {
        u8 byte = (value & 0x7F) | (value >= 0x80 ? 0x80 : 0);
        if (*at == end || *(*at)++ != byte)
            return false;
    } while (value >>= 7);
    return true;
}

/* Is the section what the hints it was read as are written like? */
static bool is_canonical(const WasmModule *m, const WasmCustom *custom)
{
    const u8 *at = m->bytes + custom->start, *end = at + custom->size;
    bool ok = take_u32(&at, end, m->n_hinted);
    for (u32 i = 0; ok && i < m->n_hinted; i++) {
        const WasmFuncHints *hints = &m->hints[i];
        u32 start = wasm_func_body(m, hints->func)->start;
        ok = hints->n_hints && take_u32(&at, end, hints->func) &&
             take_u32(&at, end, hints->n_hints);
        for (u32 h = 0; ok && h < hints->n_hints; h++)
            ok = take_u32(&at, end, hints->hints[h].at - start) && take_u32(&at, end, 1) &&
                 take_u32(&at, end, hints->hints[h].is_likely);
    }
    return ok && at == end && m->n_hinted;
}

/* Do all hints of a function stand at operators that branch on a condition? */
static bool are_at_branches(const WasmModule *m, const WasmFuncHints *hints)
{
    const WasmBody *body = wasm_func_body(m, hints->func);
    WasmReader r = wasm_reader(m, body->start, body->end);
    for (u32 n_runs = wasm_read_u32(&r); n_runs; n_runs--) {
        (void)wasm_read_u32(&r);
        print_skip_val_type(&r);
    }
    u32 found = 0;
    while (r.at < r.end && found < hints->n_hints) {
        u32 at = wasm_reader_offset(&r, m);
        WasmOp op = wasm_read_op(&r);
        wasm_skip_immediates(&r, op);
        if (at == hints->hints[found].at && (op == WASM_OP_IF || op == WASM_OP_BR_IF))
            found++;
    }
    return found == hints->n_hints;
}

/* The code section has its id and its size between the two. */
static bool is_before_code(const WasmModule *m, const WasmCustom *custom)
{
    u32 end = custom->start + custom->size;
    return end < m->code_start && m->code_start - end <= 6;
}

void print_read_hints(Printer *p)
{
    const WasmModule *m = p->m;
    u32 n_sections = 0;
    for (u32 i = 0; i < m->n_customs; i++) {
        if (!is_named(&m->customs[i], "metadata.code.branch_hint"))
            continue;
        n_sections++;
        p->hint_section = &m->customs[i];
    }
    bool ok = n_sections == 1 && is_before_code(m, p->hint_section) &&
              is_canonical(m, p->hint_section);
    for (u32 i = 0; ok && i < m->n_hinted; i++)
        ok = are_at_branches(m, &m->hints[i]);
    if (!ok)
        p->hint_section = NULL;
}

/* ---- sections ---- */

/* By the id of a section, its word in a placement. */
static const char *const places[] = {"first",  "type",  "import", "func", "table",
                                     "memory", "global", "export", "start", "elem",
                                     "code",   "data",  "datacount", "tag"};

/* Behind the last section, if that leaves no doubt. */
static void print_place(Printer *p)
{
    const WasmModule *m = p->m;
    bool has_code = m->n_funcs > m->n_imported_funcs;
    if (p->is_behind_all) {
        put(p, " (after last)");
        return;
    }
    if (!p->last_section || (p->is_behind_count && (has_code || m->n_datas))) {
        put(p, " (before ");
        put(p, !p->is_behind_count ? "first" : has_code ? "code" : "data");
    } else {
        put(p, " (after ");
        put(p, places[p->last_section]);
    }
    sb_putc(p->out, ')');
}

void print_custom(Printer *p, const WasmCustom *custom)
{
    bool is_said = custom == p->names.section && p->names.is_lossless;
    p->is_behind_all |= is_said;
    if (is_said || custom == p->hint_section)
        return;
    print_line(p, 1, custom->start);
    put(p, "(@custom ");
    print_name(p, custom->name);
    print_place(p);
    print_data(p, 2, custom->start, custom->size);
    sb_putc(p->out, ')');
}
