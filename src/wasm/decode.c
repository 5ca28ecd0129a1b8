/* Sections: their order, their contents, and what only holds for a module as a whole.
 *
 * Counts are believed only as far as there are bytes for them: every entry takes at least one, so
 * no array is larger than a constant times the input. Where a section has an array, the module's
 * count of it rises entry by entry; an expression sees just what the specification lets it see.
 */
#include "wasm/wasm_int.h"

#define N_SECTIONS 14

static _Noreturn void fail_limit(WasmDecoder *d, const u8 *at, const char *what, u32 limit)
{
    wasm_fail(&d->in, at, "too many %s: at most %u are supported", what, limit);
}

/* ---- imports ---- */

/* multiple memories and tables are proposals of their own. */
static void check_multiple(WasmDecoder *d, const u8 *at)
{
    if (d->m->n_memories > 1)
        wasm_need(&d->in, d->m, at, WASM_FEATURE_MULTI_MEMORY, "multiple memories");
    if (d->m->n_tables > 1)
        wasm_need(&d->in, d->m, at, WASM_FEATURE_REFERENCE_TYPES, "multiple tables");
}

#define PUSH_SPACE(d, space, limit, what, at, ...)             \
    do {                                                       \
        if ((d)->space.len >= (limit))                         \
            fail_limit(d, at, what, limit);                    \
        vec_push((d)->arena, &(d)->space, __VA_ARGS__);        \
        (d)->m->space = (d)->space.at;                         \
        (d)->m->n_##space = (d)->space.len;                    \
    } while (0)

static void add_table(WasmDecoder *d, const u8 *at, WasmTable table)
{
    PUSH_SPACE(d, tables, WASM_MAX_TABLES, "tables", at, table);
    check_multiple(d, at);
}

static void add_memory(WasmDecoder *d, const u8 *at, WasmMemory memory)
{
    PUSH_SPACE(d, memories, WASM_MAX_MEMORIES, "memories", at, memory);
    check_multiple(d, at);
}

static void add_global(WasmDecoder *d, const u8 *at, WasmGlobal global)
{
    PUSH_SPACE(d, globals, WASM_MAX_GLOBALS, "globals", at, global);
}

static void add_tag(WasmDecoder *d, const u8 *at, WasmTag tag)
{
    PUSH_SPACE(d, tags, WASM_MAX_TAGS, "tags", at, tag);
}

/* Function types are canonical from here on: equal types are equal indices. */
static void add_func(WasmDecoder *d, const u8 *at, u32 import)
{
    u32 type = wasm_in_type_index(&d->in, d->m, WASM_TYPE_FUNC);
    PUSH_SPACE(d, funcs, WASM_MAX_FUNCTIONS, "functions", at, (WasmFunc){type, import});
}

/* An import takes the next place in the index space of its kind. */
static void read_import(WasmDecoder *d, u32 number)
{
    const u8 *at = d->in.at;
    WasmImport import = {.module = wasm_in_name(&d->in)};
    import.name = wasm_in_name(&d->in);
    import.kind = in_u8(&d->in);
    switch (import.kind) {
    case WASM_KIND_FUNC:
        add_func(d, at, number);
        import.index = d->funcs.len - 1;
        break;
    case WASM_KIND_TABLE:
        add_table(d, at, wasm_decode_table_type(d));
        vec_last(&d->tables).import = number;
        import.index = d->tables.len - 1;
        break;
    case WASM_KIND_MEMORY:
        add_memory(d, at, wasm_decode_memory_type(d));
        vec_last(&d->memories).import = number;
        import.index = d->memories.len - 1;
        break;
    case WASM_KIND_GLOBAL:
        add_global(d, at, wasm_decode_global_type(d));
        vec_last(&d->globals).import = number;
        import.index = d->globals.len - 1;
        break;
    case WASM_KIND_TAG:
        wasm_need(&d->in, d->m, d->in.at - 1, WASM_FEATURE_EXCEPTIONS, "malformed import kind");
        add_tag(d, at, wasm_decode_tag_type(d));
        vec_last(&d->tags).import = number;
        import.index = d->tags.len - 1;
        break;
    default:
        wasm_fail(&d->in, d->in.at - 1, "malformed import kind: %u, at most 4 is known",
                  import.kind);
    }
    PUSH_SPACE(d, imports, WASM_MAX_IMPORTS, "imports", at, import);
}

static void read_imports(WasmDecoder *d, u32 count)
{
    for (u32 i = 0; i < count; i++)
        read_import(d, i);
    d->m->n_imported_funcs = d->funcs.len;
    d->m->n_imported_tables = d->tables.len;
    d->m->n_imported_memories = d->memories.len;
    d->m->n_imported_globals = d->globals.len;
    d->m->n_imported_tags = d->tags.len;
}

/* ---- definitions ---- */

static void read_functions(WasmDecoder *d, u32 count)
{
    for (u32 i = 0; i < count; i++)
        add_func(d, d->in.at, WASM_NONE);
}

/* 40 00 before a table's type announces an initial value behind it. */
static void read_tables(WasmDecoder *d, u32 count)
{
    for (u32 i = 0; i < count; i++) {
        const u8 *at = d->in.at;
        bool has_init = at < d->in.end && *at == 0x40;
        if (has_init) {
            wasm_need(&d->in, d->m, at, WASM_FEATURE_FUNCTION_REFERENCES,
                      "malformed table: an initial value");
            in_u8(&d->in);
            if (in_u8(&d->in))
                wasm_fail(&d->in, d->in.at - 1, "malformed table: expected a zero byte after 0x40");
        }
        WasmTable table = wasm_decode_table_type(d);
        table.has_init = has_init;
        if (has_init)
            wasm_decode_const(d, table.type, &table.init);
        else if (!wasm_is_defaultable(table.type))
            wasm_fail(&d->in, at,
                      "type mismatch: a table of references that are not nullable needs an "
                      "initial value");
        add_table(d, at, table);
    }
}

static void read_memories(WasmDecoder *d, u32 count)
{
    for (u32 i = 0; i < count; i++) {
        const u8 *at = d->in.at;
        add_memory(d, at, wasm_decode_memory_type(d));
    }
}

static void read_tags(WasmDecoder *d, u32 count)
{
    for (u32 i = 0; i < count; i++) {
        const u8 *at = d->in.at;
        add_tag(d, at, wasm_decode_tag_type(d));
    }
}

static void read_globals(WasmDecoder *d, u32 count)
{
    for (u32 i = 0; i < count; i++) {
        const u8 *at = d->in.at;
        WasmGlobal global = wasm_decode_global_type(d);
        wasm_decode_const(d, global.type, &global.init);
        add_global(d, at, global);
    }
}

/* ---- exports ---- */

/* Is the name among the exports so far? Then it is an error at `at`; else it is remembered. */
static void check_export_name(WasmDecoder *d, WasmHashSet *names, const WasmExport *exports,
                              u32 index, const u8 *at)
{
    WasmStr name = exports[index].name;
    u64 hash = wasm_hash(name.len, d->key, d->key);
    for (u32 i = 0; i < name.len; i += 8) {
        u64 part = 0;
        memcpy(&part, name.at + i, MIN(8u, name.len - i));
        hash = wasm_hash(hash, part, d->key);
    }
    u32 slot = (u32)hash & names->mask, other;
    while ((other = wasm_hash_next(names, hash, &slot)) != WASM_NONE)
        if (exports[other].name.len == name.len &&
            !memcmp(exports[other].name.at, name.at, name.len))
            wasm_fail(&d->in, at, "duplicate export name \"%.*s\"", (int)MIN(name.len, 200u),
                      name.at);
    wasm_hash_add(&d->scratch, names, hash, index);
}

static void read_exports(WasmDecoder *d, u32 count)
{
    WasmModule *m = d->m;
    const u32 counts[] = {m->n_funcs, m->n_tables, m->n_memories, m->n_globals, m->n_tags};
    WasmExport *exports = wasm_array(d, WasmExport, count);
    WasmHashSet names = {0};
    for (u32 i = 0; i < count; i++) {
        const u8 *at = d->in.at;
        exports[i].name = wasm_in_name(&d->in);
        check_export_name(d, &names, exports, i, at);
        exports[i].kind = in_u8(&d->in);
        if (exports[i].kind >= ARRAY_LEN(counts))
            wasm_fail(&d->in, d->in.at - 1, "malformed export kind: %u, at most 4 is known",
                      exports[i].kind);
        exports[i].index = wasm_in_index(&d->in, wasm_kind_name((WasmKind)exports[i].kind),
                                         counts[exports[i].kind]);
        if (exports[i].kind == WASM_KIND_FUNC)
            wasm_escape(d, exports[i].index);
    }
    m->exports = exports;
    m->n_exports = count;
}

/* ---- start, data count, code ---- */

static void read_start(WasmDecoder *d)
{
    const u8 *at = d->in.at;
    d->m->start_func = wasm_in_index(&d->in, "function", d->m->n_funcs);
    const WasmFuncType *type = wasm_type_of_func(d->m, d->m->start_func);
    if (type->n_params || type->n_results)
        wasm_fail(&d->in, at,
                  "start function: function %u has %u parameters and %u results, expected none",
                  d->m->start_func, type->n_params, type->n_results);
}

static void read_data_count(WasmDecoder *d)
{
    const u8 *at = d->in.at;
    wasm_need(&d->in, d->m, at, WASM_FEATURE_BULK_MEMORY, "malformed section id: data count");
    d->data_count = in_u32(&d->in);
    if (d->data_count > WASM_MAX_DATA_SEGMENTS)
        fail_limit(d, at, "data segments", WASM_MAX_DATA_SEGMENTS);
    d->m->has_data_count = true;
}

static _Noreturn void fail_code_count(WasmDecoder *d, const u8 *at, u32 bodies)
{
    wasm_fail(&d->in, at,
              "function and code section have inconsistent lengths: %u functions, %u bodies",
              d->m->n_funcs - d->m->n_imported_funcs, bodies);
}

static void read_code(WasmDecoder *d, u32 count, const u8 *count_at)
{
    /* Judged at the end: a section out of order behind this one is the better explanation. */
    d->code_at = count_at;
    WasmBody *bodies = wasm_array(d, WasmBody, count);
    d->m->code_start = in_offset(&d->in, count_at);
    d->m->code_end = in_offset(&d->in, d->in.end);
    for (u32 i = 0; i < count; i++) {
        const u8 *at = d->in.at;
        u32 size = in_u32(&d->in);
        if (size > WASM_MAX_BODY_BYTES)
            wasm_fail(&d->in, at, "function body too large: %u bytes, at most %u are supported",
                      size, WASM_MAX_BODY_BYTES);
        if (size > in_left(&d->in))
            wasm_fail(&d->in, at,
                      "unexpected end of section or function: a body of %u bytes, %zu are left",
                      size, in_left(&d->in));
        bodies[i].start = in_offset(&d->in, in_bytes(&d->in, size));
        bodies[i].end = bodies[i].start + size;
    }
    d->m->bodies = bodies;
    d->n_bodies = count;
}

static void read_data(WasmDecoder *d, u32 count, const u8 *at)
{
    if (d->m->has_data_count && d->data_count != count)
        wasm_fail(&d->in, at,
                  "data count and data section have inconsistent lengths: %u announced, %u found",
                  d->data_count, count);
    wasm_decode_datas(d, count);
}

/* Custom sections are only listed here; names.c looks into some when all else is known. */
static void read_custom(WasmDecoder *d)
{
    const u8 *at = d->in.at;
    WasmCustom custom = {.name = wasm_in_name(&d->in), .after = d->last_section};
    custom.start = in_offset(&d->in, d->in.at);
    custom.size = (u32)in_left(&d->in);
    d->in.at = d->in.end;
    PUSH_SPACE(d, customs, WASM_MAX_CUSTOM_SECTIONS, "custom sections", at, custom);
}

/* ---- sections ---- */

/* By id: the name; the place in the order of sections; how many entries its vector may have, 0
 * where it is none; and what they are called. */
static const struct {
    const char *name;
    u32 order;
    u32 limit;
    const char *entries;
} sections[N_SECTIONS] = {
    {"custom", 0, 0, NULL},
    {"type", 1, WASM_MAX_TYPES, "types"},
    {"import", 2, WASM_MAX_IMPORTS, "imports"},
    {"function", 3, WASM_MAX_FUNCTIONS, "functions"},
    {"table", 4, WASM_MAX_TABLES, "tables"},
    {"memory", 5, WASM_MAX_MEMORIES, "memories"},
    {"global", 7, WASM_MAX_GLOBALS, "globals"},
    {"export", 8, WASM_MAX_EXPORTS, "exports"},
    {"start", 9, 0, NULL},
    {"element", 10, WASM_MAX_ELEM_SEGMENTS, "element segments"},
    {"code", 12, WASM_MAX_FUNCTIONS, "function bodies"},
    {"data", 13, WASM_MAX_DATA_SEGMENTS, "data segments"},
    {"data count", 11, 0, NULL},
    {"tag", 6, WASM_MAX_TAGS, "tags"},
};

static void read_contents(WasmDecoder *d, u8 id)
{
    const u8 *at = d->in.at;
    u32 limit = sections[id].limit;
    u32 count = limit ? wasm_in_count(&d->in, sections[id].entries, limit) : 0;
    switch (id) {
    case 0: read_custom(d); break;
    case 1: wasm_decode_types(d, count); break;
    case 2: read_imports(d, count); break;
    case 3: read_functions(d, count); break;
    case 4: read_tables(d, count); break;
    case 5: read_memories(d, count); break;
    case 6: read_globals(d, count); break;
    case 7: read_exports(d, count); break;
    case 8: read_start(d); break;
    case 9: wasm_decode_elems(d, count); break;
    case 10: read_code(d, count, at); break;
    case 11: read_data(d, count, at); break;
    case 12: read_data_count(d); break;
    case 13: read_tags(d, count); break;
    }
}

/* Where the code section is followed by what is no section, its last body may go on there. Bodies
 * are judged later as a rule; here a number that runs over the end comes first in the file. */
static void blame_last_body(WasmDecoder *d, const u8 *at)
{
    const WasmModule *m = d->m;
    u32 func = m->n_imported_funcs + d->n_bodies - 1;
    if (!d->n_bodies || func >= m->n_funcs || in_offset(&d->in, at) != m->code_end)
        return;
    WasmValidator *v = wasm_validator_new();
    if (!v)
        return;
    Diag found = {0};
    wasm_validate_func(v, m, func, NULL, &found);
    wasm_validator_free(v);
    if (found.is_set && found.offset >= m->code_end)
        wasm_fail(&d->in, d->in.base + found.offset, "%s", found.text);
}

static void check_order(WasmDecoder *d, const u8 *at, u8 id)
{
    if (id >= N_SECTIONS) {
        blame_last_body(d, at);
        wasm_fail(&d->in, at, "malformed section id: %u, at most %u is known", id, N_SECTIONS - 1);
    }
    if (id == 0)
        return;
    if (id == 13)
        wasm_need(&d->in, d->m, at, WASM_FEATURE_EXCEPTIONS, "malformed section id: tag section");
    if (sections[id].order <= sections[d->last_section].order)
        wasm_fail(&d->in, at,
                  "unexpected content after last section: a %s section after the %s section",
                  sections[id].name, sections[d->last_section].name);
    d->last_section = id;
    /* From here on functions are known, and expressions may name them. */
    if (sections[id].order > 3 && !d->escapes)
        d->m->func_escapes = d->escapes = bitset_new(d->arena, d->m->n_funcs);
}

static void read_section(WasmDecoder *d)
{
    const u8 *at = d->in.at;
    u8 id = in_u8(&d->in);
    check_order(d, at, id);
    u32 size = in_u32(&d->in);
    if (size > in_left(&d->in))
        wasm_fail(&d->in, d->in.end,
                  "length out of bounds: the %s section at %u announces %u bytes, %zu are there",
                  sections[id].name, in_offset(&d->in, at), size, in_left(&d->in));
    const u8 *file_end = d->in.end;
    d->in.end = d->in.at + size;
    read_contents(d, id);
    if (d->in.at != d->in.end)
        wasm_fail(&d->in, d->in.at, "section size mismatch: the %s section has %zu bytes too many",
                  sections[id].name, in_left(&d->in));
    d->in.end = file_end;
}

static void read_header(WasmDecoder *d)
{
    static const u8 magic[4] = {0, 'a', 's', 'm'};
    const u8 *start = in_bytes(&d->in, sizeof magic);
    for (size_t i = 0; i < sizeof magic; i++)
        if (start[i] != magic[i])
            wasm_fail(&d->in, start + i,
                      "magic header not detected: this is not a WebAssembly binary");
    const u8 *at = d->in.at;
    u32 version = load_u32(in_bytes(&d->in, 4));
    if (version >> 16 == 1)
        wasm_fail(&d->in, at, "unknown binary version: this is a component, not a module");
    if (version != 1)
        wasm_fail(&d->in, at, "unknown binary version 0x%08x, expected 1", version);
}

static void decode(WasmDecoder *d)
{
    WasmModule *m = d->m;
    m->start_func = WASM_NONE;
    read_header(d);
    while (d->in.at < d->in.end)
        read_section(d);
    if (d->n_bodies != m->n_funcs - m->n_imported_funcs)
        fail_code_count(d, d->code_at ? d->code_at : d->in.end, d->n_bodies);
    if (m->has_data_count && d->data_count != m->n_datas)
        wasm_fail(&d->in, d->in.end,
                  "data count and data section have inconsistent lengths: %u announced, %u found",
                  d->data_count, m->n_datas);
    if (!d->escapes)
        m->func_escapes = d->escapes = bitset_new(d->arena, m->n_funcs);
    wasm_decode_names(d);
}

/* Apart from wasm_decode() so that no local changes between setjmp and the jump back. */
static bool decode_guarded(WasmDecoder *d, const WasmFeatures *features, jmp_buf *jump)
{
    if (setjmp(*jump))
        return d->in.diag->is_set ? false : diag_oom(d->in.diag);
    WasmModule *m = arena_new(d->arena, WasmModule);
    m->bytes = d->in.base;
    m->size = (u32)in_left(&d->in);
    m->features = features ? *features : wasm_features_default();
    m->features.bits |= 1u << WASM_FEATURE_MVP;
    d->m = m;
    decode(d);
    return true;
}

bool wasm_decode(Arena *arena, const u8 *bytes, size_t size, const WasmFeatures *features,
                 WasmModule **out, Diag *diag)
{
    if (size > UINT32_MAX)
        return diag_fail(diag, UINT32_MAX, "module too large: at most 4 GiB are supported");
    jmp_buf jump;
    jmp_buf *outer = arena->on_oom;
    WasmDecoder d = {.in = {.at = bytes,
                            .end = bytes + size,
                            .base = bytes,
                            .limit = bytes + size,
                            .diag = diag,
                            .on_fail = &jump},
                     .arena = arena};
    /* The addresses of a stack variable and of the code differ from run to run. */
    d.key = wasm_hash((uintptr_t)&d, (uintptr_t)&wasm_decode, (uintptr_t)bytes) | 1;
    arena_init(&d.scratch, &jump);
    arena->on_oom = &jump;
    bool ok = decode_guarded(&d, features, &jump);
    arena->on_oom = outer;
    arena_free(&d.scratch);
    if (ok)
        *out = d.m;
    return ok;
}

const WasmExport *wasm_find_export(const WasmModule *m, const char *name, size_t len)
{
    for (u32 i = 0; i < m->n_exports; i++)
        if (m->exports[i].name.len == len && !memcmp(m->exports[i].name.at, name, len))
            return &m->exports[i];
    return NULL;
}
