/* Types: their names, when two are equal, when one is below another.
 *
 * Equality is iso-recursive: two types are equal if they stand at the same place in recursive
 * groups that are equal, where a reference into its own group counts by place. Groups arrive in
 * order and everything outside of a group is canonical already, so one look into a hash table of
 * the groups so far tells whether a group is new; if not, its references to itself are redirected
 * to the earlier one. From then on equality is equality of numbers.
 */
#include "wasm/wasm_int.h"

#include <stdio.h>

/* ---- proposals and names ---- */

static const struct {
    const char *key;
    bool is_default;
} features[WASM_FEATURE_COUNT] = {
#define FEATURE(name, key, is_default) {key, is_default},
#include "wasm/features.def"
#undef FEATURE
};

WasmFeatures wasm_features_default(void)
{
    WasmFeatures set = {1u << WASM_FEATURE_MVP};
    for (u32 f = 0; f < WASM_FEATURE_COUNT; f++)
        wasm_feature_set(&set, (WasmFeature)f, features[f].is_default);
    return set;
}

WasmFeatures wasm_features_all(void)
{
    return (WasmFeatures){(2u << WASM_FEATURE_MVP) - 1};
}

const char *wasm_feature_key(WasmFeature feature)
{
    return feature < WASM_FEATURE_COUNT ? features[feature].key : "mvp";
}

bool wasm_feature_named(const char *key, WasmFeature *out)
{
    for (u32 f = 0; f < WASM_FEATURE_COUNT; f++)
        if (!strcmp(features[f].key, key)) {
            *out = (WasmFeature)f;
            return true;
        }
    return false;
}

void wasm_feature_set(WasmFeatures *set, WasmFeature feature, bool is_on)
{
    if (feature >= WASM_FEATURE_COUNT)
        return;
    set->bits = (set->bits & ~(1u << feature)) | (u32)is_on << feature;
}

const char *wasm_kind_name(WasmKind kind)
{
    static const char *const names[] = {"function", "table", "memory", "global", "tag"};
    return names[kind];
}

const char *wasm_type_name(char buf[WASM_TYPE_NAME_MAX], WasmValType type)
{
    static const char *const plain[] = {"bot", "i32", "i64", "f32", "f64", "v128", "i8", "i16"};
    static const char *const heap_names[][2] = {
#define HEAP(name, code, text, shorthand, feature) {text, shorthand},
#include "wasm/heaps.def"
#undef HEAP
        {"bot", "(ref null bot)"},
    };
    u32 heap = wasm_heap_of(type);
    const char *null = wasm_is_nullable(type) ? "null " : "";
    if (!wasm_is_ref(type))
        snprintf(buf, WASM_TYPE_NAME_MAX, "%s", type < ARRAY_LEN(plain) ? plain[type] : "?");
    else if (wasm_is_concrete(type))
        snprintf(buf, WASM_TYPE_NAME_MAX, "(ref %s%u)", null, heap);
    else if (heap < ARRAY_LEN(heap_names) && wasm_is_nullable(type))
        snprintf(buf, WASM_TYPE_NAME_MAX, "%s", heap_names[heap][1]);
    else
        snprintf(buf, WASM_TYPE_NAME_MAX, "(ref %s)",
                 heap < ARRAY_LEN(heap_names) ? heap_names[heap][0] : "?");
    return buf;
}

const char *wasm_type_list(char buf[WASM_TYPE_LIST_MAX], const WasmValType *types, u32 count)
{
    /* Every name is shorter than WASM_TYPE_NAME_MAX, so five of them and the dots always fit. */
    u32 shown = MIN(count, 5);
    _Static_assert(5 * WASM_TYPE_NAME_MAX <= WASM_TYPE_LIST_MAX, "five names fit");
    size_t len = (size_t)snprintf(buf, WASM_TYPE_LIST_MAX, "[%s", shown < count ? "..." : "");
    for (u32 i = count - shown; i < count; i++) {
        char name[WASM_TYPE_NAME_MAX];
        len += (size_t)snprintf(buf + len, WASM_TYPE_LIST_MAX - len, "%s%s",
                                i || shown < count ? " " : "", wasm_type_name(name, types[i]));
        len = MIN(len, (size_t)WASM_TYPE_LIST_MAX - 1);
    }
    snprintf(buf + len, WASM_TYPE_LIST_MAX - len, "]");
    return buf;
}

/* ---- subtyping ---- */

/* The abstract heap types that hold everything of an abstract heap type, itself included. */
#define H(name) (1u << WASM_HEAP_##name)
static const u16 heap_supers[WASM_HEAP_COUNT] = {
    [WASM_HEAP_FUNC] = H(FUNC),
    [WASM_HEAP_EXTERN] = H(EXTERN),
    [WASM_HEAP_ANY] = H(ANY),
    [WASM_HEAP_EQ] = H(EQ) | H(ANY),
    [WASM_HEAP_I31] = H(I31) | H(EQ) | H(ANY),
    [WASM_HEAP_STRUCT] = H(STRUCT) | H(EQ) | H(ANY),
    [WASM_HEAP_ARRAY] = H(ARRAY) | H(EQ) | H(ANY),
    [WASM_HEAP_NONE] = H(NONE) | H(I31) | H(STRUCT) | H(ARRAY) | H(EQ) | H(ANY),
    [WASM_HEAP_NOFUNC] = H(NOFUNC) | H(FUNC),
    [WASM_HEAP_NOEXTERN] = H(NOEXTERN) | H(EXTERN),
    [WASM_HEAP_EXN] = H(EXN),
    [WASM_HEAP_NOEXN] = H(NOEXN) | H(EXN),
    [WASM_HEAP_BOTTOM] = (1u << WASM_HEAP_COUNT) - 1,
};
#undef H

static WasmHeap kind_heap(u8 kind)
{
    static const u8 heap[] = {WASM_HEAP_FUNC, WASM_HEAP_STRUCT, WASM_HEAP_ARRAY};
    return (WasmHeap)heap[kind];
}

WasmHeap wasm_top_heap(const WasmModule *m, WasmValType ref)
{
    u32 heap = wasm_heap_of(ref);
    if (wasm_is_concrete(ref))
        heap = kind_heap(m->types[heap].kind);
    static const u8 tops[] = {WASM_HEAP_ANY, WASM_HEAP_FUNC, WASM_HEAP_EXTERN, WASM_HEAP_EXN};
    for (u32 t = 0; t < ARRAY_LEN(tops); t++)
        if (heap_supers[heap] >> tops[t] & 1)
            return (WasmHeap)tops[t];
    UNREACHABLE();
}

bool wasm_type_below(const WasmModule *m, u32 sub, u32 super)
{
    sub = m->types[sub].canon;
    super = m->types[super].canon;
    u32 depth = m->types[super].depth;
    while (m->types[sub].depth > depth)
        sub = m->types[sub].super;
    return sub == super;
}

bool wasm_is_subtype(const WasmModule *m, WasmValType sub, WasmValType super)
{
    if (sub == super || sub == WASM_T_BOTTOM)
        return true;
    if (!wasm_is_ref(sub) || !wasm_is_ref(super))
        return false;
    if (wasm_is_nullable(sub) && !wasm_is_nullable(super))
        return false;
    u32 low = wasm_heap_of(sub), high = wasm_heap_of(super);
    if (wasm_is_abstract(super)) {
        if (wasm_is_concrete(sub))
            low = kind_heap(m->types[low].kind);
        return heap_supers[low] >> high & 1;
    }
    if (wasm_is_concrete(sub))
        return wasm_type_below(m, low, high);
    if (low == WASM_HEAP_BOTTOM)
        return true;
    return low == (m->types[high].kind == WASM_TYPE_FUNC ? WASM_HEAP_NOFUNC : WASM_HEAP_NONE);
}

/* ---- may one type declare another as its supertype? ---- */

static bool params_match(const WasmModule *m, const WasmValType *sub, const WasmValType *super,
                         u32 count)
{
    for (u32 i = 0; i < count; i++)
        if (!wasm_is_subtype(m, sub[i], super[i]))
            return false;
    return true;
}

static bool field_matches(const WasmModule *m, WasmField sub, WasmField super)
{
    if (sub.is_mutable != super.is_mutable)
        return false;
    return sub.is_mutable ? sub.type == super.type : wasm_is_subtype(m, sub.type, super.type);
}

const char *wasm_types_super_error(const WasmModule *m, u32 sub, u32 super)
{
    const WasmType *low = &m->types[sub], *high = &m->types[super];
    if (high->is_final)
        return "which is final";
    if (high->kind != low->kind)
        return "which is of another kind";
    if (low->kind == WASM_TYPE_FUNC) {
        const WasmFuncType *f = &low->func, *g = &high->func;
        if (f->n_params != g->n_params || f->n_results != g->n_results)
            return "which has another number of parameters or results";
        if (!params_match(m, g->params, f->params, f->n_params))
            return "whose parameters do not match";
        return params_match(m, f->results, g->results, f->n_results) ? NULL
                                                                     : "whose results do not match";
    }
    if (low->n_fields < high->n_fields)
        return "which has more fields";
    for (u32 i = 0; i < high->n_fields; i++)
        if (!field_matches(m, low->fields[i], high->fields[i]))
            return low->kind == WASM_TYPE_ARRAY ? "whose element does not match"
                                                : "whose fields do not match";
    return NULL;
}

/* ---- hash sets of indices ---- */

u32 wasm_hash_next(const WasmHashSet *set, u64 hash, u32 *slot)
{
    if (!set->slots)
        return WASM_NONE;
    for (;; ++*slot) {
        const WasmHashSlot *s = &set->slots[*slot & set->mask];
        if (s->index == WASM_NONE)
            return WASM_NONE;
        if (s->hash == hash) {
            ++*slot;
            return s->index;
        }
    }
}

static void hash_put(WasmHashSet *set, u64 hash, u32 index)
{
    u32 slot = (u32)hash & set->mask;
    while (set->slots[slot].index != WASM_NONE)
        slot = (slot + 1) & set->mask;
    set->slots[slot] = (WasmHashSlot){hash, index};
}

void wasm_hash_add(Arena *arena, WasmHashSet *set, u64 hash, u32 index)
{
    if (!set->slots || set->count * 2 > set->mask) {
        WasmHashSet old = *set;
        set->mask = old.slots ? old.mask * 2 + 1 : 63;
        set->slots = arena_array_raw(arena, WasmHashSlot, set->mask + 1);
        memset(set->slots, 0xFF, sizeof(WasmHashSlot) * (set->mask + 1));
        for (u32 i = 0; old.slots && i <= old.mask; i++)
            if (old.slots[i].index != WASM_NONE)
                hash_put(set, old.slots[i].hash, old.slots[i].index);
    }
    hash_put(set, hash, index);
    set->count++;
}

/* ---- canonical groups ---- */

/* A reference into the group that starts at `start` counts by its place. Types behind the group
 * cannot be named, so everything from `start` on is inside. */
static u64 place(WasmValType t, u32 start)
{
    if (!wasm_is_concrete(t) || wasm_heap_of(t) < start)
        return t;
    return ((u64)1 << 32) | (t - start);
}

static u64 super_place(u32 super, u32 start)
{
    return super == WASM_NONE ? super : place(wasm_concrete_ref(super, false), start);
}

static u64 hash_type(const WasmType *t, u32 start, u64 key)
{
    u64 h = wasm_hash(t->kind, super_place(t->super, start) << 1 | t->is_final, key);
    if (t->kind != WASM_TYPE_FUNC) {
        for (u32 i = 0; i < t->n_fields; i++)
            h = wasm_hash(h, place(t->fields[i].type, start) << 1 | t->fields[i].is_mutable, key);
        return h;
    }
    h = wasm_hash(h, (u64)t->func.n_params << 32 | t->func.n_results, key);
    for (u32 i = 0; i < t->func.n_params; i++)
        h = wasm_hash(h, place(t->func.params[i], start), key);
    for (u32 i = 0; i < t->func.n_results; i++)
        h = wasm_hash(h, place(t->func.results[i], start), key);
    return h;
}

static bool same_list(const WasmValType *a, u32 a_start, const WasmValType *b, u32 b_start, u32 len)
{
    for (u32 i = 0; i < len; i++)
        if (place(a[i], a_start) != place(b[i], b_start))
            return false;
    return true;
}

static bool same_type(const WasmType *a, u32 a_start, const WasmType *b, u32 b_start)
{
    if (a->kind != b->kind || a->is_final != b->is_final ||
        super_place(a->super, a_start) != super_place(b->super, b_start))
        return false;
    if (a->kind == WASM_TYPE_FUNC)
        return a->func.n_params == b->func.n_params && a->func.n_results == b->func.n_results &&
               same_list(a->func.params, a_start, b->func.params, b_start, a->func.n_params) &&
               same_list(a->func.results, a_start, b->func.results, b_start, a->func.n_results);
    if (a->n_fields != b->n_fields)
        return false;
    for (u32 i = 0; i < a->n_fields; i++)
        if (place(a->fields[i].type, a_start) != place(b->fields[i].type, b_start) ||
            a->fields[i].is_mutable != b->fields[i].is_mutable)
            return false;
    return true;
}

bool wasm_types_canonize(WasmDecoder *d, u32 start, u32 count)
{
    WasmType *types = d->types.at;
    if (!count)
        return false;
    u64 hash = wasm_hash(count, 0, d->key);
    for (u32 i = 0; i < count; i++)
        hash = wasm_hash(hash, hash_type(&types[start + i], start, d->key), d->key);
    u32 slot = (u32)hash & d->groups.mask, other;
    while ((other = wasm_hash_next(&d->groups, hash, &slot)) != WASM_NONE) {
        u32 same = 0;
        while (types[other].group_len == count && same < count &&
               same_type(&types[start + same], start, &types[other + same], other))
            same++;
        if (same < count)
            continue;
        /* Equal in everything: what the types point to may be shared, which also redirects their
         * references to their own group. */
        for (u32 i = 0; i < count; i++) {
            types[start + i] = types[other + i];
            types[start + i].group = start;
        }
        return true;
    }
    wasm_hash_add(&d->scratch, &d->groups, hash, start);
    return false;
}
