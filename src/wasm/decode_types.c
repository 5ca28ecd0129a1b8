/* The type section, and the types that imports and definitions have in common. */
#include "wasm/wasm_int.h"

/* ---- the type section ---- */

static const WasmValType *read_types(WasmDecoder *d, u32 count)
{
    WasmValType *types = wasm_array(d, WasmValType, count);
    for (u32 i = 0; i < count; i++)
        types[i] = wasm_in_val_type(&d->in, d->m);
    return types;
}

static void read_func(WasmDecoder *d, WasmType *type)
{
    type->kind = WASM_TYPE_FUNC;
    type->func.n_params = wasm_in_count(&d->in, "parameters", WASM_MAX_PARAMS);
    type->func.params = read_types(d, type->func.n_params);
    const u8 *at = d->in.at;
    type->func.n_results = wasm_in_count(&d->in, "results", WASM_MAX_RESULTS);
    if (type->func.n_results > 1)
        wasm_need(&d->in, d->m, at, WASM_FEATURE_MULTI_VALUE, "invalid result arity");
    type->func.results = read_types(d, type->func.n_results);
}

static WasmField read_field(WasmDecoder *d)
{
    WasmField field = {.type = wasm_in_storage_type(&d->in, d->m)};
    u8 mutability = in_u8(&d->in);
    if (mutability > 1)
        wasm_fail(&d->in, d->in.at - 1, "malformed mutability: %u is neither 0 nor 1", mutability);
    field.is_mutable = mutability;
    return field;
}

static void read_fields(WasmDecoder *d, WasmType *type, u8 form)
{
    type->kind = form == 0x5F ? WASM_TYPE_STRUCT : WASM_TYPE_ARRAY;
    type->n_fields = form == 0x5F ? wasm_in_count(&d->in, "fields", WASM_MAX_STRUCT_FIELDS) : 1;
    WasmField *fields = wasm_array(d, WasmField, type->n_fields);
    type->is_defaultable = true;
    for (u32 i = 0; i < type->n_fields; i++) {
        fields[i] = read_field(d);
        type->is_defaultable &= wasm_is_defaultable(fields[i].type);
    }
    type->fields = fields;
}

/* The forms before a composite type: 50 and 4F name a supertype and finality. */
static void read_super(WasmDecoder *d, WasmType *type, u32 index, u8 form)
{
    type->is_final = form == 0x4F;
    const u8 *at = d->in.at;
    u32 count = in_u32(&d->in);
    if (count > 1)
        wasm_fail(&d->in, at, "sub type %u: %u supertypes, at most one is supported", index, count);
    if (count)
        type->super = d->types.at[wasm_in_index(&d->in, "type", index)].canon;
}

/* Type `index`; the group it belongs to is visible already. */
static void read_type(WasmDecoder *d, u32 index)
{
    WasmType type = d->types.at[index];
    const u8 *at = d->in.at;
    u8 form = in_u8(&d->in);
    if (form == 0x50 || form == 0x4F) {
        wasm_need(&d->in, d->m, at, WASM_FEATURE_GC, "malformed type form: a subtype");
        read_super(d, &type, index, form);
        at = d->in.at;
        form = in_u8(&d->in);
    }
    if (form == 0x60) {
        read_func(d, &type);
    } else if (form == 0x5F || form == 0x5E) {
        wasm_need(&d->in, d->m, at, WASM_FEATURE_GC, "malformed type form: a structure or array");
        read_fields(d, &type, form);
    } else if (form & 0x80) {
        wasm_fail(&d->in, at, "integer representation too long: a type form is one byte");
    } else {
        wasm_fail(&d->in, at, "malformed type form: byte 0x%02x is none", form);
    }
    d->types.at[index] = type;
}

/* Makes types [start, start + count) visible with nothing known of them. */
static void add_group(WasmDecoder *d, u32 start, u32 count)
{
    vec_reserve(d->arena, &d->types, count);
    d->types.len += count;
    for (u32 i = start; i < start + count; i++)
        d->types.at[i] = (WasmType){.is_final = true,
                                    .super = WASM_NONE,
                                    .canon = i,
                                    .group = start,
                                    .group_len = count};
    d->m->types = d->types.at;
    d->m->n_types = d->types.len;
}

/* Every type one below its supertype; the limit keeps all later walks up the chain short. */
static void set_depths(WasmDecoder *d, u32 start, u32 count)
{
    for (u32 i = start; i < start + count; i++) {
        WasmType *type = &d->types.at[i];
        if (type->super == WASM_NONE)
            continue;
        u32 depth = d->types.at[type->super].depth + 1u;
        if (depth > WASM_MAX_SUBTYPE_DEPTH)
            wasm_fail(&d->in, d->type_starts.at[i],
                      "sub type %u: more than %u levels of supertypes are not supported", i,
                      WASM_MAX_SUBTYPE_DEPTH);
        type->depth = (u8)depth;
    }
}

static void check_super(WasmDecoder *d, u32 index)
{
    const WasmType *type = &d->types.at[index];
    if (type->super == WASM_NONE)
        return;
    const char *error = wasm_types_super_error(d->m, index, type->super);
    if (error)
        wasm_fail(&d->in, d->type_starts.at[index],
                  "sub type %u does not match its super type %u, %s", index, type->super, error);
}

static void read_group(WasmDecoder *d, u32 count)
{
    u32 start = d->types.len;
    add_group(d, start, count);
    for (u32 i = start; i < start + count; i++) {
        vec_push(&d->scratch, &d->type_starts, d->in.at);
        read_type(d, i);
    }
    if (wasm_types_canonize(d, start, count))
        return;
    set_depths(d, start, count);
    for (u32 i = start; i < start + count; i++)
        check_super(d, i);
}

void wasm_decode_types(WasmDecoder *d, u32 count)
{
    for (u32 i = 0; i < count; i++) {
        const u8 *at = d->in.at;
        u32 len = 1;
        if (at < d->in.end && *at == 0x4E) {
            wasm_need(&d->in, d->m, at, WASM_FEATURE_GC, "malformed type form: a recursive group");
            d->in.at++;
            len = wasm_in_count(&d->in, "types in a group", WASM_MAX_TYPES);
        }
        if (len > WASM_MAX_TYPES - d->types.len)
            wasm_fail(&d->in, at, "too many types: at most %u are supported", WASM_MAX_TYPES);
        read_group(d, len);
    }
}

/* ---- tables, memories, globals, tags ---- */

/* flags: 1 has a maximum, 2 shared, 4 addresses are i64, 8 has a page size. */
static WasmLimits read_limits(WasmDecoder *d, u8 allowed, u8 *flags_out)
{
    const u8 *at = d->in.at;
    u8 flags = in_u8(&d->in);
    if (flags & ~allowed)
        wasm_fail(&d->in, at, "malformed limits flags: 0x%02x, where 0x%02x are known", flags,
                  allowed);
    if (flags & 2)
        wasm_need(&d->in, d->m, at, WASM_FEATURE_THREADS, "malformed limits flags: shared");
    if (flags & 4)
        wasm_need(&d->in, d->m, at, WASM_FEATURE_MEMORY64, "malformed limits flags: 64 bits");
    if (flags & 8)
        wasm_need(&d->in, d->m, at, WASM_FEATURE_CUSTOM_PAGE_SIZES,
                  "malformed limits flags: page size");
    /* Most likely not a page size that was meant. */
    if ((flags & 8) && !in_left(&d->in))
        wasm_fail(&d->in, at, "malformed limits flags: 0x%02x announces a page size, and the "
                  "section ends", flags);
    WasmLimits limits = {.max = UINT64_MAX,
                         .has_max = flags & 1,
                         .is_shared = flags & 2,
                         .is_64 = flags & 4};
    /* With memory64 all limits are spelt with 64 bits, whatever the address type is. */
    bool is_wide = wasm_feature_on(d->m->features, WASM_FEATURE_MEMORY64);
    limits.min = is_wide ? in_u64(&d->in) : in_u32(&d->in);
    if (limits.has_max)
        limits.max = is_wide ? in_u64(&d->in) : in_u32(&d->in);
    *flags_out = flags;
    return limits;
}

static void check_order(WasmDecoder *d, const u8 *at, const WasmLimits *limits)
{
    if (limits->min > limits->max)
        wasm_fail(&d->in, at,
                  "size minimum must not be greater than maximum: %llu is greater than %llu",
                  (unsigned long long)limits->min, (unsigned long long)limits->max);
}

WasmTable wasm_decode_table_type(WasmDecoder *d)
{
    WasmTable table = {.import = WASM_NONE};
    table.type = wasm_in_ref_type(&d->in, d->m);
    const u8 *at = d->in.at;
    u8 flags;
    table.limits = read_limits(d, 1 | 4, &flags);
    u64 largest = table.limits.has_max ? MAX(table.limits.min, table.limits.max) : table.limits.min;
    if (!table.limits.is_64 && largest > UINT32_MAX)
        wasm_fail(&d->in, at, "table size must be at most 2^32-1, found %llu",
                  (unsigned long long)largest);
    check_order(d, at, &table.limits);
    return table;
}

static void check_memory_size(WasmDecoder *d, const u8 *at, const WasmLimits *limits)
{
    /* 32 bits address 2^32 bytes; with pages of a byte the largest count is 2^32 - 1, for it must
     * fit into an i32. 64 bits address 2^64 bytes, likewise. */
    u32 bits = limits->is_64 ? 64 : 32;
    u64 most = limits->page_log2 ? (u64)1 << (bits - limits->page_log2) : UINT64_MAX >> (64 - bits);
    u64 largest = limits->has_max ? MAX(limits->min, limits->max) : limits->min;
    if (largest <= most)
        return;
    if (most == 65536)
        wasm_fail(&d->in, at, "memory size must be at most 65536 pages (4GiB), found %llu",
                  (unsigned long long)largest);
    wasm_fail(&d->in, at, "memory size must be at most %llu pages, found %llu",
              (unsigned long long)most, (unsigned long long)largest);
}

WasmMemory wasm_decode_memory_type(WasmDecoder *d)
{
    const u8 *at = d->in.at;
    u8 flags;
    WasmMemory memory = {.limits = read_limits(d, 1 | 2 | 4 | 8, &flags), .import = WASM_NONE};
    memory.limits.page_log2 = 16;
    if (flags & 8) {
        const u8 *page_at = d->in.at;
        u32 log2 = in_u32(&d->in);
        if (log2 != 0 && log2 != 16)
            wasm_fail(&d->in, page_at, "invalid custom page size: 2^%u bytes, expected 1 or 65536",
                      log2);
        memory.limits.page_log2 = (u8)log2;
    }
    check_memory_size(d, at, &memory.limits);
    check_order(d, at, &memory.limits);
    if (memory.limits.is_shared && !memory.limits.has_max)
        wasm_fail(&d->in, at, "shared memory must have maximum");
    return memory;
}

WasmGlobal wasm_decode_global_type(WasmDecoder *d)
{
    WasmGlobal global = {.import = WASM_NONE};
    global.type = wasm_in_val_type(&d->in, d->m);
    u8 mutability = in_u8(&d->in);
    if (mutability > 1)
        wasm_fail(&d->in, d->in.at - 1, "malformed mutability: %u is neither 0 nor 1", mutability);
    global.is_mutable = mutability;
    return global;
}

WasmTag wasm_decode_tag_type(WasmDecoder *d)
{
    WasmTag tag = {.import = WASM_NONE};
    u8 attribute = in_u8(&d->in);
    if (attribute)
        wasm_fail(&d->in, d->in.at - 1, "malformed tag attribute: %u, expected 0", attribute);
    const u8 *at = d->in.at;
    tag.type = wasm_in_type_index(&d->in, d->m, WASM_TYPE_FUNC);
    if (d->m->types[tag.type].func.n_results)
        wasm_fail(&d->in, at, "non-empty tag result type: type %u has %u results", tag.type,
                  d->m->types[tag.type].func.n_results);
    return tag;
}
