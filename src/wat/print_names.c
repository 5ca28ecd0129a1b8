/* The name section as identifiers, and annotations where there cannot be one. Its contents were
 * never checked: what text cannot say is left out, and then the section is printed as bytes too. */
#include "base/hash.h"
#include "base/utf8.h"
#include "wat/print_int.h"

/* ---- reading with care ---- */

typedef struct NameIn {
    Printer *p;
    const u8 *at, *end;
    bool is_bad; /* it ended too early */
} NameIn;

static void lossy(NameIn *in) { in->p->names.is_lossless = false; }

static void fail(NameIn *in)
{
    in->is_bad = true;
    in->at = in->end;
    lossy(in);
}

static u32 get_u32(NameIn *in)
{
    u32 value = 0;
    for (u32 shift = 0; shift < 35 && in->at < in->end; shift += 7) {
        u8 byte = *in->at++;
        value |= (u32)(byte & 0x7F) << shift;
        if (byte & 0x80)
            continue;
        if (!byte && shift)
            lossy(in); /* more bytes than needed */
        return value;
    }
    fail(in);
    return 0;
}

static NameIn get_part(NameIn *in, u32 size)
{
    NameIn part = {in->p, in->at, in->at, false};
    if (size > (size_t)(in->end - in->at)) {
        fail(in);
        return part;
    }
    in->at = part.end += size;
    return part;
}

/* at == NULL if it is not UTF-8. */
static WasmStr get_name(NameIn *in)
{
    u32 len = get_u32(in);
    NameIn name = get_part(in, len);
    if (!in->is_bad && utf8_valid(name.at, len))
        return (WasmStr){(const char *)name.at, len};
    lossy(in);
    return (WasmStr){NULL, 0};
}

static void skip_map(NameIn *in)
{
    for (u32 count = get_u32(in); count && !in->is_bad; count--) {
        (void)get_u32(in);
        (void)get_part(in, get_u32(in));
    }
}

/* ---- maps from indices to names ---- */

/* Open addressing; a slot is the index plus one of a name of the list. */
typedef struct NameSet {
    u32 *slots;
    u32 mask;
} NameSet;

/* False if the list has another name of this text. */
static bool add_unique(Printer *p, NameSet *set, PrintNameList list, u32 index)
{
    WasmStr name = list.at[index].text;
    u32 slot = (u32)hash_bytes_keyed(name.at, name.len, p->key) & set->mask;
    for (; set->slots[slot]; slot = (slot + 1) & set->mask) {
        WasmStr other = list.at[set->slots[slot] - 1].text;
        if (other.len == name.len && !memcmp(other.at, name.at, name.len))
            return false;
    }
    set->slots[slot] = index + 1;
    return true;
}

/* The largest index in a map, plus one, and the number of its entries. */
static u32 measure_map(NameIn in, u32 *n_entries)
{
    u32 len = 0;
    *n_entries = 0;
    for (u32 count = get_u32(&in); count; count--) {
        u32 index = get_u32(&in);
        (void)get_part(&in, get_u32(&in));
        if (in.is_bad)
            break;
        len = MAX(len, index == UINT32_MAX ? index : index + 1);
        ++*n_entries;
    }
    return len;
}

/* How much of the names of a list text can say. */
typedef enum NameUse {
    USE_IDS,      /* identifiers only */
    USE_REPEATED, /* the same identifier several times */
    USE_ALL,      /* anything, as an annotation */
} NameUse;

static void keep_name(NameIn *in, NameSet *set, PrintNameList list, u32 index, WasmStr name,
                      NameUse use)
{
    list.at[index].text = name;
    list.at[index].is_id = name.len && add_unique(in->p, set, list, index);
    if (list.at[index].is_id || use == USE_ALL || (use == USE_REPEATED && name.len))
        return;
    list.at[index].text.at = NULL;
    lossy(in);
}

/* Reads a map of names of which at most `limit` can be there. */
static PrintNameList read_map(NameIn *in, Arena *arena, u32 limit, NameUse use)
{
    Printer *p = in->p;
    u32 n_entries, len = MIN(measure_map(*in, &n_entries), limit);
    PrintNameList list = {arena_array(arena, PrintName, len), len};
    ArenaMark mark = arena_mark(&p->scratch);
    NameSet set = {.mask = 15};
    while (set.mask / 2 < n_entries && set.mask < UINT32_MAX / 2)
        set.mask = set.mask * 2 + 1;
    set.slots = arena_array(&p->scratch, u32, (size_t)set.mask + 1);
    u32 count = get_u32(in), least = 0;
    if (!count)
        lossy(in);
    for (; count && !in->is_bad; count--) {
        u32 index = get_u32(in);
        WasmStr name = get_name(in);
        if (index < least || index >= len || !name.at || list.at[index].text.at) {
            lossy(in);
            continue;
        }
        least = index + 1;
        keep_name(in, &set, list, index, name, use);
    }
    if (arena != &p->scratch)
        arena_release(&p->scratch, mark);
    return list;
}

/* Reads where the maps of several functions stand. */
static PrintNameMap *read_maps(NameIn *in, u32 limit)
{
    PrintNameMap *maps = arena_array(&in->p->arena, PrintNameMap, limit);
    u32 least = 0;
    for (u32 count = get_u32(in); count && !in->is_bad; count--) {
        u32 index = get_u32(in);
        const u8 *at = in->at;
        skip_map(in);
        if (index < least || index >= limit || maps[index].at) {
            lossy(in);
            continue;
        }
        least = index + 1;
        maps[index] = (PrintNameMap){at, in->at};
    }
    return maps;
}

static PrintNameList *read_field_names(NameIn *in)
{
    const WasmModule *m = in->p->m;
    PrintNameList *fields = arena_array(&in->p->arena, PrintNameList, m->n_types);
    u32 least = 0;
    for (u32 count = get_u32(in); count && !in->is_bad; count--) {
        u32 type = get_u32(in);
        bool is_good = type >= least && type < m->n_types &&
                       m->types[type].kind == WASM_TYPE_STRUCT;
        PrintNameList list = read_map(in, &in->p->arena, is_good ? m->types[type].n_fields : 0,
                                      USE_IDS);
        if (!is_good)
            continue;
        least = type + 1;
        fields[type] = list;
    }
    return fields;
}

/* ---- the section ---- */

static u32 space_size(const WasmModule *m, PrintSpace space)
{
    switch (space) {
    case PRINT_FUNC: return m->n_funcs;
    case PRINT_TABLE: return m->n_tables;
    case PRINT_MEMORY: return m->n_memories;
    case PRINT_GLOBAL: return m->n_globals;
    case PRINT_TAG: return m->n_tags;
    case PRINT_TYPE: return m->n_types;
    case PRINT_ELEM: return m->n_elems;
    case PRINT_DATA: return m->n_datas;
    case PRINT_SPACES: break;
    }
    UNREACHABLE();
}

/* One of its parts, which names a kind of thing. */
static void read_part(NameIn *in, u8 id)
{
    static const u8 spaces[] = {[1] = PRINT_FUNC,   [4] = PRINT_TYPE,   [5] = PRINT_TABLE,
                                [6] = PRINT_MEMORY, [7] = PRINT_GLOBAL, [8] = PRINT_ELEM,
                                [9] = PRINT_DATA,   [11] = PRINT_TAG};
    Printer *p = in->p;
    switch (id) {
    case 0:
        p->names.module = get_name(in);
        break;
    case 2:
        p->names.locals = read_maps(in, p->m->n_funcs);
        break;
    case 3:
        p->names.labels = read_maps(in, p->m->n_funcs);
        break;
    case 10:
        p->names.fields = read_field_names(in);
        break;
    default:
        p->names.spaces[spaces[id]] =
            read_map(in, &p->arena, space_size(p->m, (PrintSpace)spaces[id]), USE_ALL);
    }
    if (in->at != in->end)
        lossy(in);
}

/* Parts stand in the order of their numbers, each once at most. */
static void read_section(Printer *p, const WasmCustom *section)
{
    const u8 *at = p->m->bytes + section->start;
    NameIn in = {p, at, at + section->size, false};
    u32 least = 0;
    while (in.at < in.end) {
        u8 id = *in.at++;
        NameIn part = get_part(&in, get_u32(&in));
        if (in.is_bad || id < least || id > 11) {
            lossy(&in);
            continue;
        }
        read_part(&part, id);
        least = id + 1u;
    }
}

/* Does it stand where a parser would put it, with nothing but custom sections behind it? */
static bool is_in_place(const WasmModule *m, const WasmCustom *section)
{
    if (!section->size)
        return false;
    WasmReader r = wasm_reader(m, section->start + section->size, m->size);
    while (r.at < r.end) {
        if (wasm_read_u8(&r))
            return false;
        u32 size = wasm_read_u32(&r);
        r.at += size;
    }
    return true;
}

void print_read_names(Printer *p)
{
    for (u32 i = 0; i < p->m->n_customs; i++) {
        const WasmCustom *custom = &p->m->customs[i];
        if (custom->name.len != 4 || memcmp(custom->name.at, "name", 4))
            continue;
        if (p->names.section) {
            p->names.is_lossless = false;
            continue;
        }
        p->names.section = custom;
        p->names.is_lossless = is_in_place(p->m, custom);
        read_section(p, custom);
    }
}

/* ---- functions ---- */

static PrintNameList read_inner(Printer *p, const PrintNameMap *maps, u32 func, u32 limit,
                                NameUse use)
{
    if (!maps || !maps[func].at)
        return (PrintNameList){NULL, 0};
    NameIn in = {p, maps[func].at, maps[func].end, false};
    return read_map(&in, &p->scratch, limit, use);
}

void print_enter_func(Printer *p, u32 func, u32 n_locals, u32 n_labels)
{
    arena_reset(&p->scratch);
    memset(&p->labels, 0, sizeof p->labels);
    p->func = func;
    p->locals = read_inner(p, p->names.locals, func, n_locals, USE_IDS);
    p->label_names = read_inner(p, p->names.labels, func, n_labels, USE_REPEATED);
    p->n_labels = 0;
}

void print_leave_func(Printer *p)
{
    for (u32 i = p->n_labels; i < p->label_names.len; i++)
        if (p->label_names.at[i].text.at)
            p->names.is_lossless = false;
}
