/* Identifiers: interning, index spaces, locals; and the names that go into the name section. */
#include "base/hash.h"
#include "wat/wat_int.h"

/* ---- symbols ---- */

static u32 *sym_slot(const WatParser *p, WasmStr name)
{
    u32 mask = p->n_sym_slots - 1;
    u32 slot = (u32)hash_bytes_keyed(name.at, name.len, p->key) & mask;
    for (;; slot = (slot + 1) & mask) {
        u32 found = p->sym_slots[slot];
        if (!found)
            return &p->sym_slots[slot];
        WasmStr other = p->syms.at[found - 1].name;
        if (other.len == name.len && !memcmp(other.at, name.at, name.len))
            return &p->sym_slots[slot];
    }
}

static void grow_sym_slots(WatParser *p)
{
    p->n_sym_slots = MAX(p->n_sym_slots * 2, 64u);
    p->sym_slots = arena_array(&p->scratch, u32, p->n_sym_slots);
    for (u32 i = 0; i < p->syms.len; i++)
        *sym_slot(p, p->syms.at[i].name) = i + 1;
}

u32 wat_intern(WatParser *p, WasmStr name)
{
    if (p->syms.len * 2 >= p->n_sym_slots)
        grow_sym_slots(p);
    u32 *slot = sym_slot(p, name);
    if (!*slot) {
        vec_push(&p->scratch, &p->syms, (WatSym){.name = name});
        *slot = p->syms.len;
    }
    return *slot - 1;
}

u32 wat_sym(WatParser *p) { return wat_intern(p, wat_id(&p->lex, &p->scratch)); }

/* Until the next one is interned. */
static WatSym *sym_here(WatParser *p)
{
    u32 sym = wat_sym(p);
    return &p->syms.at[sym];
}

/* ---- maps ---- */

static WatMapSlot *map_slot(const WatParser *p, const WatMap *map, u64 key)
{
    u32 slot = (u32)hash_mix_keyed(0, key, p->key);
    for (;; slot++) {
        WatMapSlot *s = &map->slots[slot & (map->cap - 1)];
        if (s->value == WASM_NONE || s->key == key)
            return s;
    }
}

u32 wat_map_find(const WatParser *p, const WatMap *map, u64 key)
{
    return map->cap ? map_slot(p, map, key)->value : WASM_NONE;
}

static void grow_map(WatParser *p, WatMap *map)
{
    WatMap old = *map;
    map->cap = MAX(map->cap * 2, 64u);
    map->slots = arena_array_raw(&p->scratch, WatMapSlot, map->cap);
    for (u32 i = 0; i < map->cap; i++)
        map->slots[i] = (WatMapSlot){0, WASM_NONE};
    for (u32 i = 0; i < old.cap; i++)
        if (old.slots[i].value != WASM_NONE)
            *map_slot(p, map, old.slots[i].key) = old.slots[i];
}

bool wat_map_add(WatParser *p, WatMap *map, u64 key, u32 value)
{
    if (map->count * 2 >= map->cap)
        grow_map(p, map);
    WatMapSlot *slot = map_slot(p, map, key);
    if (slot->value != WASM_NONE)
        return false;
    *slot = (WatMapSlot){key, value};
    map->count++;
    return true;
}

/* ---- index spaces ---- */

static const char *const space_names[WAT_SPACE_COUNT] = {
    [WAT_FUNC] = "function", [WAT_TYPE] = "type",         [WAT_TABLE] = "table",
    [WAT_MEMORY] = "memory", [WAT_GLOBAL] = "global",     [WAT_ELEM] = "elem segment",
    [WAT_DATA] = "data segment", [WAT_TAG] = "tag",
};

const char *wat_space_name(WatSpace space) { return space_names[space]; }

static _Noreturn void fail_duplicate(WatParser *p, const char *what)
{
    char buf[WAT_TOKEN_TEXT_MAX];
    wat_fail(&p->lex, p->lex.tok.start, "duplicate %s %s: the name is taken", what,
             wat_token_text(&p->lex, buf));
}

void wat_declare(WatParser *p, WatSpace space)
{
    u32 index = p->counts[space]++;
    if (p->lex.tok.kind != WAT_TOK_ID)
        return;
    if (!wat_map_add(p, &p->indices, wat_space_key(space, wat_sym(p)), index))
        fail_duplicate(p, space == WAT_FUNC ? "func" : space_names[space]);
    wat_next(&p->lex);
}

/* Where a name is looked for. */
typedef struct Scope {
    const char *what; /* it would be */
    enum { IN_INDICES, IN_LOCALS, IN_LABELS } kind;
    u64 key; /* in p->indices, without the symbol */
} Scope;

/* What the symbol stands for there; WASM_NONE: nothing. */
static u32 look_up(const WatParser *p, const Scope *scope, u32 sym)
{
    const WatSym *s = &p->syms.at[sym];
    switch (scope->kind) {
    case IN_LOCALS:
        return p->in_func && s->local_func == p->func_stamp ? s->local : WASM_NONE;
    case IN_LABELS:
        return s->label ? p->labels.len - s->label : WASM_NONE;
    default:
        return wat_map_find(p, &p->indices, scope->key | sym);
    }
}

/* Looking for what a name may have been meant to be goes through so many of them. */
#define NEAR_SYMS_MAX 20000

/* The identifier as it is written; NULL: it is nothing to show, or too short to be like another. */
static const char *as_written(WatParser *p, WasmStr name)
{
    bool is_plain = name.len > 1 && name.len < 60;
    for (u32 i = 0; is_plain && i < name.len; i++)
        is_plain = name.at[i] > ' ' && name.at[i] < 0x7F;
    if (!is_plain)
        return NULL;
    char *text = arena_alloc(&p->scratch, name.len + 2u, 1);
    text[0] = '$';
    memcpy(text + 1, name.at, name.len);
    text[name.len + 1] = 0;
    return text;
}

static _Noreturn void fail_unknown(WatParser *p, const Scope *scope, u32 wanted)
{
    char buf[WAT_TOKEN_TEXT_MAX], text[WAT_NEAR_TEXT_MAX];
    Near near = {.word = as_written(p, p->syms.at[wanted].name)};
    u32 n_syms = near.word ? MIN(p->syms.len, (u32)NEAR_SYMS_MAX) : 0;
    for (u32 i = 0; i < n_syms; i++) {
        bool is_there = look_up(p, scope, i) != WASM_NONE;
        const char *name = is_there ? as_written(p, p->syms.at[i].name) : NULL;
        if (name)
            near_offer(&near, name);
    }
    wat_near_text(&near, text);
    wat_fail(&p->lex, p->lex.tok.start, "unknown %s %s: nothing has this name%s", scope->what,
             wat_token_text(&p->lex, buf), text);
}

/* The number or name that is the current token; goes past it. */
static u32 take_index(WatParser *p, Scope scope)
{
    u32 index;
    if (p->lex.tok.kind == WAT_TOK_NAT) {
        index = (u32)wat_nat(&p->lex, 32);
    } else if (p->lex.tok.kind == WAT_TOK_ID) {
        u32 sym = wat_sym(p);
        index = look_up(p, &scope, sym);
        if (index == WASM_NONE)
            fail_unknown(p, &scope, sym);
    } else {
        char expected[48] = "the index or name of a ";
        strncat(expected, scope.what, sizeof expected - strlen(expected) - 1);
        wat_unexpected(&p->lex, expected);
    }
    wat_step(p);
    return index;
}

u32 wat_index(WatParser *p, WatSpace space)
{
    return take_index(p, (Scope){space_names[space], IN_INDICES, wat_space_key(space, 0)});
}

u32 wat_field(WatParser *p, u32 type)
{
    return take_index(p, (Scope){"field", IN_INDICES, wat_field_key(type, 0)});
}

u32 wat_local(WatParser *p) { return take_index(p, (Scope){"local", IN_LOCALS, 0}); }
u32 wat_label(WatParser *p) { return take_index(p, (Scope){"label", IN_LABELS, 0}); }

/* ---- the name section ---- */

void wat_add_name(WatParser *p, WatNames *names, u32 index, WasmStr name)
{
    wat_put_uleb(p, &names->buf, index);
    wat_put_str(p, &names->buf, name);
    names->count++;
}

void wat_take_names(WatParser *p, WatNames *names, u32 index)
{
    WasmStr name = {NULL, 0};
    if (p->lex.tok.kind == WAT_TOK_ID) {
        name = wat_id(&p->lex, &p->scratch);
        wat_step(p);
    }
    wat_take_name_annot(p, &name, "different");
    if (name.at)
        wat_add_name(p, names, index, name);
}

void wat_declare_local(WatParser *p)
{
    u32 index = p->n_locals++;
    if (p->lex.tok.kind == WAT_TOK_ID) {
        WatSym *sym = sym_here(p);
        if (sym->local_func == p->func_stamp)
            fail_duplicate(p, "local");
        sym->local_func = p->func_stamp;
        sym->local = index;
    }
    wat_take_names(p, &p->own_locals, index);
}

void wat_flush_names(WatParser *p, WatNames *all, WatNames *own, u32 index)
{
    if (own->count) {
        wat_put_uleb(p, &all->buf, index);
        wat_put_uleb(p, &all->buf, own->count);
        wat_put_buf(p, &all->buf, &own->buf);
        all->count++;
    }
    own->count = 0;
    own->buf.len = 0;
}
