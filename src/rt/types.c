/* Engine-wide types: equal types of all modules are equal numbers.
 *
 * A recursive group is written as words in which a reference to a type of the same group is
 * relative (marked with IN_GROUP) and any other is an engine-wide id, which is known since groups
 * refer only backwards. Two groups are equal exactly if their words are. The words are also what
 * RtType's arrays are made from, once ids are given out.
 *
 * Types are never removed: modules come and go far more often than the types they are made of
 * change, and an id that a host keeps must stay what it is.
 */
#include "rt/rt_int.h"

#include <stdlib.h>

#include "base/hash.h"

/* Free in every WasmValType: heap numbers stay below RT_MAX_TYPES. */
#define IN_GROUP 0x10000000u
#define FIRST_SLOTS 256u
/* Rows are made accessible in steps; all of them take so much address space. */
#define ROWS_BYTES ((size_t)RT_MAX_TYPES * sizeof(VmTypeRow))
#define ROWS_STEP ((u64)64 << 10)
_Static_assert(sizeof(VmTypeRow) == 1u << VM_TYPE_ROW_LOG2, "rows are found by a shift");
_Static_assert(RT_MAX_TYPES == 1u << VM_TYPE_ID_BITS, "headers have room for all types");

bool rt_list_grow(void **at, u32 *cap, u32 len, size_t elem_bytes)
{
    u32 want = len < RT_FEW ? 2 * RT_FEW : len + len / 2;
    bool is_own = *cap != RT_FEW;
    void *more = realloc(is_own ? *at : NULL, want * elem_bytes);
    if (!more)
        return false;
    if (!is_own)
        memcpy(more, *at, len * elem_bytes);
    *at = more;
    *cap = want;
    return true;
}

static bool has_chunks(RtTypes *types, u32 count)
{
    for (u32 k = 0; k < RT_TYPE_CHUNKS; k++) {
        if (count + (1u << RT_TYPE_CHUNK_LOG2) <= 1u << (RT_TYPE_CHUNK_LOG2 + k))
            return true;
        if (types->chunks[k])
            continue;
        types->chunks[k] = calloc((size_t)1 << (RT_TYPE_CHUNK_LOG2 + k), sizeof(RtType));
        if (!types->chunks[k])
            return false;
    }
    return false;
}

static bool has_rows(RtTypes *types, u32 count)
{
    u64 bytes = ALIGN_UP((u64)count * sizeof(VmTypeRow), ROWS_STEP);
    if (bytes <= types->open_rows)
        return true;
    if (!os_protect(types->rows, bytes, OS_READ_WRITE))
        return false;
    types->open_rows = bytes;
    return true;
}

bool rt_types_init(RtTypes *types)
{
    types->lock = (OsMutex)OS_MUTEX_INIT;
    types->key = os_random_u64();
    arena_init(&types->arena, NULL);
    types->slots = calloc(FIRST_SLOTS, sizeof *types->slots);
    types->slot_mask = FIRST_SLOTS - 1;
    types->rows = os_map(ROWS_BYTES, OS_NONE);
    if (!types->slots || !types->rows || !has_rows(types, 1) || !has_chunks(types, 1))
        return false;
    /* What is of no type that guests know. */
    *rt_type_at(types, VM_TYPE_NONE) = (RtType){.id = VM_TYPE_NONE, .super = RT_NO_TYPE,
                                                .is_final = true, .kind = WASM_TYPE_STRUCT};
    types->rows[VM_TYPE_NONE].kind = VM_OBJECT_NONE;
    memset(types->rows[VM_TYPE_NONE].supers, 0xFF, sizeof types->rows->supers);
    types->count = 1;
    return true;
}

void rt_types_free(RtTypes *types)
{
    for (u32 k = 0; k < RT_TYPE_CHUNKS; k++)
        free(types->chunks[k]);
    if (types->rows)
        os_unmap(types->rows, ROWS_BYTES);
    free(types->groups.at);
    free(types->slots);
    arena_free(&types->arena);
}

const RtType *rt_type(const RtEngine *engine, u32 id)
{
    dassert(id < __atomic_load_n(&engine->types.count, __ATOMIC_ACQUIRE));
    return rt_type_at(&engine->types, id);
}

/* ---- writing groups as words ---- */

typedef struct Words {
    u32 *at; /* in the registry's arena; NULL: memory ran out */
    u32 len;
} Words;

static u32 words_of(const WasmType *type)
{
    return type->kind == WASM_TYPE_FUNC ? 4 + type->func.n_params + type->func.n_results
                                        : 3 + 2 * type->n_fields;
}

static void put(Words *w, u32 word)
{
    w->at[w->len++] = word;
}

/* Where a group comes from: a module, or nowhere (types made by the host, already engine-wide). */
typedef struct Source {
    const WasmModule *wasm;
    const u32 *ids; /* of the module's types before this group */
    u32 first, len; /* the group's types */
} Source;

static u32 map_type(const Source *from, u32 type)
{
    return type - from->first < from->len ? IN_GROUP | (type - from->first) : from->ids[type];
}

static u32 map_val_type(const Source *from, WasmValType t)
{
    if (!from->wasm || !wasm_is_concrete(t))
        return t;
    return (t & ~WASM_HEAP_MASK) | map_type(from, wasm_heap_of(t));
}

static void put_func(Words *w, const Source *from, const WasmFuncType *func)
{
    put(w, func->n_params);
    put(w, func->n_results);
    for (u32 i = 0; i < func->n_params; i++)
        put(w, map_val_type(from, func->params[i]));
    for (u32 i = 0; i < func->n_results; i++)
        put(w, map_val_type(from, func->results[i]));
}

static void put_type(Words *w, const Source *from, const WasmType *type)
{
    put(w, type->kind | (u32)type->is_final << 8 | (u32)type->depth << 16);
    put(w, type->super == WASM_NONE ? RT_NO_TYPE : map_type(from, type->super));
    if (type->kind == WASM_TYPE_FUNC) {
        put_func(w, from, &type->func);
        return;
    }
    put(w, type->n_fields);
    for (u32 i = 0; i < type->n_fields; i++) {
        put(w, map_val_type(from, type->fields[i].type));
        put(w, type->fields[i].is_mutable);
    }
}

static Words write_group(RtTypes *types, const Source *from, const WasmType *group, u32 len)
{
    size_t n = 0;
    for (u32 i = 0; i < len; i++)
        n += words_of(&group[i]);
    Words w = {.at = arena_array_raw(&types->arena, u32, n)};
    for (u32 i = 0; w.at && i < len; i++)
        put_type(&w, from, &group[i]);
    return w;
}

/* ---- from words to types ---- */

static u32 place_type(u32 word, u32 first)
{
    return word & IN_GROUP ? first + (word & (IN_GROUP - 1)) : word;
}

static u32 place_val_type(u32 word, u32 first)
{
    if (!wasm_is_concrete(word))
        return word;
    return (word & ~WASM_HEAP_MASK) | place_type(wasm_heap_of(word), first);
}

/* Fills in one type from *at and goes past it; false if memory runs out. */
static bool read_type(RtTypes *types, RtType *t, u32 id, u32 first, const u32 **at)
{
    const u32 *w = *at;
    *t = (RtType){
        .id = id,
        .kind = (u8)(w[0] & 0xFF),
        .is_final = w[0] >> 8 & 1,
        .depth = (u8)(w[0] >> 16),
        .super = w[1] == RT_NO_TYPE ? RT_NO_TYPE : place_type(w[1], first),
    };
    if (t->kind == WASM_TYPE_FUNC) {
        t->n_params = w[2];
        t->n_results = w[3];
        u32 n = t->n_params + t->n_results;
        RtValType *sig = arena_array_raw(&types->arena, RtValType, n);
        for (u32 i = 0; sig && i < n; i++)
            sig[i] = place_val_type(w[4 + i], first);
        t->params = sig;
        t->results = sig + t->n_params;
        *at = w + 4 + n;
        return sig != NULL;
    }
    t->n_fields = w[2];
    WasmField *fields = arena_array_raw(&types->arena, WasmField, t->n_fields);
    for (u32 i = 0; fields && i < t->n_fields; i++)
        fields[i] = (WasmField){place_val_type(w[3 + 2 * i], first), w[4 + 2 * i]};
    t->fields = fields;
    *at = w + 3 + 2 * t->n_fields;
    return fields != NULL;
}

static bool grow_slots(RtTypes *types)
{
    if (types->groups.len < types->slot_mask / 2)
        return true;
    u32 mask = types->slot_mask * 2 + 1;
    u32 *slots = calloc((size_t)mask + 1, sizeof *slots);
    if (!slots)
        return false;
    for (u32 g = 0; g < types->groups.len; g++) {
        u32 i = (u32)types->groups.at[g].hash & mask;
        while (slots[i])
            i = (i + 1) & mask;
        slots[i] = g + 1;
    }
    free(types->slots);
    types->slots = slots;
    types->slot_mask = mask;
    return true;
}

/* ---- objects of a type ---- */

/* VmType of what a field holds, i32 for packed ones. Types of the group may be named. */
static VmType field_type(const RtTypes *types, RtValType t)
{
    switch (wasm_unpacked(t)) {
    case WASM_T_I32: return VM_TYPE_I32;
    case WASM_T_I64: return VM_TYPE_I64;
    case WASM_T_F32: return VM_TYPE_F32;
    case WASM_T_F64: return VM_TYPE_F64;
    case WASM_T_V128: return VM_TYPE_V128;
    default: break;
    }
    u32 heap = wasm_heap_of(t);
    bool is_func = wasm_is_abstract(t) ? heap == WASM_HEAP_FUNC || heap == WASM_HEAP_NOFUNC
                                       : rt_type_at(types, heap)->kind == WASM_TYPE_FUNC;
    return is_func ? VM_TYPE_REF : VM_TYPE_GCREF;
}

static u32 field_bytes(const RtTypes *types, RtValType t)
{
    if (wasm_is_packed(t))
        return t == WASM_T_I8 ? 1 : 2;
    switch (field_type(types, t)) {
    case VM_TYPE_V128: return 16;
    case VM_TYPE_I64: case VM_TYPE_F64: case VM_TYPE_REF: return 8;
    default: return 4;
    }
}

/* As generated code has it. False if memory runs out. */
static bool place_fields(RtTypes *types, RtType *t)
{
    if (t->kind == WASM_TYPE_FUNC)
        return true;
    if (t->kind == WASM_TYPE_ARRAY) {
        t->object_bytes = field_bytes(types, t->fields[0].type);
        t->n_refs = field_type(types, t->fields[0].type) == VM_TYPE_GCREF;
        return true;
    }
    u32 *offsets = arena_array_raw(&types->arena, u32, t->n_fields);
    u32 *refs = arena_array_raw(&types->arena, u32, t->n_fields);
    u32 end = VM_GC_HEADER_BYTES;
    if (!offsets || !refs)
        return false;
    for (u32 i = 0; i < t->n_fields; i++) {
        offsets[i] = vm_gc_place_field(&end, field_bytes(types, t->fields[i].type));
        if (field_type(types, t->fields[i].type) == VM_TYPE_GCREF)
            refs[t->n_refs++] = offsets[i];
    }
    t->field_offsets = offsets;
    t->ref_offsets = refs;
    t->object_bytes = vm_gc_struct_bytes(end);
    return true;
}

static void fill_row(RtTypes *types, const RtType *t)
{
    VmTypeRow *row = &types->rows[t->id];
    memset(row->supers, 0xFF, sizeof row->supers);
    row->kind = t->kind == WASM_TYPE_FUNC     ? VM_OBJECT_FUNC
                : t->kind == WASM_TYPE_STRUCT ? VM_OBJECT_STRUCT
                                              : VM_OBJECT_ARRAY;
    if (t->depth < VM_TYPE_ROW_SUPERS)
        row->supers[t->depth] = t->id;
    for (u32 depth = t->depth, id = t->super; depth-- > 0; id = rt_type_at(types, id)->super)
        if (depth < VM_TYPE_ROW_SUPERS)
            row->supers[depth] = id;
}

/* Classes of parameters depend on the types they refer to, so this comes after all of a group. */
static void finish_func(const RtEngine *engine, RtType *t)
{
    u8 kinds[WASM_MAX_PARAMS + WASM_MAX_RESULTS];
    for (u32 i = 0; i < t->n_params + t->n_results; i++)
        kinds[i] = (u8)rt_vm_type(engine, t->params[i]);
    t->takes_funcs = memchr(kinds, VM_TYPE_REF, t->n_params) != NULL;
    t->gives_funcs = memchr(kinds + t->n_params, VM_TYPE_REF, t->n_results) != NULL;
    VmStubSig sig = {kinds, kinds + t->n_params, t->n_params, t->n_results};
    t->stack_arg_bytes = rt_stack_arg_bytes(&sig);
}

/* Enters a new group of `len` types; its words stay in the arena. */
static u32 add_group(RtEngine *engine, const Words *w, u64 hash, u32 len)
{
    RtTypes *types = &engine->types;
    u32 first = types->count;
    if (len > RT_MAX_TYPES - first || !has_chunks(types, first + len) || !grow_slots(types) ||
        !has_rows(types, first + len) || !rt_list_reserve(&types->groups))
        return RT_NO_TYPE;
    const u32 *at = w->at;
    for (u32 i = 0; i < len; i++)
        if (!read_type(types, rt_type_at(types, first + i), first + i, first, &at))
            return RT_NO_TYPE;
    for (u32 i = 0; i < len; i++)
        if (!place_fields(types, rt_type_at(types, first + i)))
            return RT_NO_TYPE;
    for (u32 i = 0; i < len; i++)
        fill_row(types, rt_type_at(types, first + i));
    /* Whoever learns an id learns it through the lock or a module made under it. */
    __atomic_store_n(&types->count, first + len, __ATOMIC_RELEASE);
    for (u32 i = 0; i < len; i++)
        if (rt_type_at(types, first + i)->kind == WASM_TYPE_FUNC)
            finish_func(engine, rt_type_at(types, first + i));
    u32 slot = (u32)hash & types->slot_mask;
    while (types->slots[slot])
        slot = (slot + 1) & types->slot_mask;
    types->slots[slot] =
        1 + rt_list_push(&types->groups, ((RtTypeGroup){hash, w->at, w->len, first}));
    return first;
}

/* The first id of the group with these words, new or known; RT_NO_TYPE if memory runs out. The
 * words lie in the arena behind `mark` and are given back unless they are needed. */
static u32 intern(RtEngine *engine, const Words *w, u32 len, ArenaMark mark)
{
    RtTypes *types = &engine->types;
    u32 found = RT_NO_TYPE;
    if (w->at) {
        u64 hash = hash_bytes_keyed(w->at, w->len * sizeof *w->at, types->key);
        u32 slot = (u32)hash & types->slot_mask;
        for (; types->slots[slot] && found == RT_NO_TYPE; slot = (slot + 1) & types->slot_mask) {
            const RtTypeGroup *g = &types->groups.at[types->slots[slot] - 1];
            if (g->hash == hash && g->nwords == w->len &&
                memcmp(g->words, w->at, w->len * sizeof *w->at) == 0)
                found = g->first;
        }
        if (found == RT_NO_TYPE) {
            found = add_group(engine, w, hash, len);
            if (found != RT_NO_TYPE)
                return found;
        }
    }
    arena_release(&types->arena, mark);
    return found;
}

bool rt_types_of_module(RtEngine *engine, const WasmModule *wasm, u32 *ids)
{
    RtTypes *types = &engine->types;
    bool ok = true;
    os_lock(&types->lock);
    for (u32 i = 0; i < wasm->n_types && ok;) {
        const WasmType *type = &wasm->types[i];
        Source from = {wasm, ids, i, MAX(type->group_len, 1u)};
        if (type->canon != i) { /* an equal group came before in this module */
            for (u32 k = 0; k < from.len; k++)
                ids[i + k] = ids[wasm->types[i + k].canon];
        } else {
            ArenaMark mark = arena_mark(&types->arena);
            Words w = write_group(types, &from, type, from.len);
            u32 first = intern(engine, &w, from.len, mark);
            ok = first != RT_NO_TYPE;
            for (u32 k = 0; k < from.len; k++)
                ids[i + k] = first + k;
        }
        i += from.len;
    }
    os_unlock(&types->lock);
    return ok;
}

/* A type that the host describes, in a group of its own. */
static u32 intern_one(RtEngine *engine, const WasmType *type)
{
    RtTypes *types = &engine->types;
    os_lock(&types->lock);
    ArenaMark mark = arena_mark(&types->arena);
    Words w = write_group(types, &(Source){0}, type, 1);
    u32 id = intern(engine, &w, 1, mark);
    os_unlock(&types->lock);
    return id;
}

u32 rt_type_func(RtEngine *engine, const RtValType *params, u32 n_params, const RtValType *results,
                 u32 n_results)
{
    if (n_params > WASM_MAX_PARAMS || n_results > WASM_MAX_RESULTS)
        return RT_NO_TYPE;
    WasmType type = {
        .kind = WASM_TYPE_FUNC,
        .is_final = true,
        .super = WASM_NONE,
        .func = {n_params, n_results, params, results},
    };
    return intern_one(engine, &type);
}

u32 rt_type_fields(RtEngine *engine, WasmTypeKind kind, const WasmField *fields, u32 n)
{
    WasmType type = {
        .kind = (u8)kind,
        .is_final = true,
        .super = WASM_NONE,
        .n_fields = n,
        .fields = fields,
    };
    return intern_one(engine, &type);
}

RtValType rt_val_type(const RtModule *module, WasmValType type)
{
    if (!wasm_is_concrete(type))
        return type;
    return (type & ~WASM_HEAP_MASK) | module->type_ids[wasm_heap_of(type)];
}

/* ---- subtyping ---- */

bool rt_type_below(const RtEngine *engine, u32 sub, u32 super)
{
    u32 wanted = rt_type(engine, super)->depth;
    const RtType *t = rt_type(engine, sub);
    while (t->depth > wanted)
        t = rt_type(engine, t->super);
    return t->id == super;
}

/* The abstract type just above the concrete ones of a kind. */
static WasmHeap heap_of_kind(u8 kind)
{
    return kind == WASM_TYPE_FUNC     ? WASM_HEAP_FUNC
           : kind == WASM_TYPE_STRUCT ? WASM_HEAP_STRUCT
                                      : WASM_HEAP_ARRAY;
}

static bool abstract_below(WasmHeap sub, WasmHeap super)
{
    if (sub == super)
        return true;
    switch (super) {
    case WASM_HEAP_FUNC: return sub == WASM_HEAP_NOFUNC;
    case WASM_HEAP_EXTERN: return sub == WASM_HEAP_NOEXTERN;
    case WASM_HEAP_EXN: return sub == WASM_HEAP_NOEXN;
    case WASM_HEAP_ANY:
        return sub == WASM_HEAP_EQ || abstract_below(sub, WASM_HEAP_EQ);
    case WASM_HEAP_EQ:
        return sub == WASM_HEAP_I31 || sub == WASM_HEAP_STRUCT || sub == WASM_HEAP_ARRAY ||
               sub == WASM_HEAP_NONE;
    case WASM_HEAP_I31:
    case WASM_HEAP_STRUCT:
    case WASM_HEAP_ARRAY: return sub == WASM_HEAP_NONE;
    default: return false;
    }
}

static bool heap_below(const RtEngine *engine, RtValType sub, RtValType super)
{
    if (wasm_is_concrete(super)) {
        if (wasm_is_concrete(sub))
            return rt_type_below(engine, wasm_heap_of(sub), wasm_heap_of(super));
        bool is_func = rt_type(engine, wasm_heap_of(super))->kind == WASM_TYPE_FUNC;
        return wasm_heap_of(sub) == (is_func ? (u32)WASM_HEAP_NOFUNC : (u32)WASM_HEAP_NONE);
    }
    WasmHeap heap = wasm_is_concrete(sub) ? heap_of_kind(rt_type(engine, wasm_heap_of(sub))->kind)
                                          : (WasmHeap)wasm_heap_of(sub);
    return abstract_below(heap, (WasmHeap)wasm_heap_of(super));
}

bool rt_is_subtype(const RtEngine *engine, RtValType sub, RtValType super)
{
    if (sub == super)
        return true;
    if (!wasm_is_ref(sub) || !wasm_is_ref(super))
        return false;
    return (!wasm_is_nullable(sub) || wasm_is_nullable(super)) && heap_below(engine, sub, super);
}

bool rt_is_func_ref(const RtEngine *engine, RtValType type)
{
    return wasm_is_ref(type) && heap_below(engine, type, WASM_T_FUNCREF);
}

VmType rt_vm_type(const RtEngine *engine, RtValType type)
{
    switch (type) {
    case WASM_T_I32: return VM_TYPE_I32;
    case WASM_T_I64: return VM_TYPE_I64;
    case WASM_T_F32: return VM_TYPE_F32;
    case WASM_T_F64: return VM_TYPE_F64;
    case WASM_T_V128: return VM_TYPE_V128;
    default: return rt_is_func_ref(engine, type) ? VM_TYPE_REF : VM_TYPE_GCREF;
    }
}

/* ---- as text ---- */

static void print_list(StrBuf *out, const char *what, const RtValType *types, u32 n)
{
    if (!n)
        return;
    sb_printf(out, " (%s", what);
    for (u32 i = 0; i < n; i++) {
        char name[WASM_TYPE_NAME_MAX];
        bool is_concrete = wasm_is_concrete(types[i]);
        sb_printf(out, " %s", is_concrete ? "(ref ..)" : wasm_type_name(name, types[i]));
    }
    sb_putc(out, ')');
}

void rt_print_func_type(const RtEngine *engine, StrBuf *out, u32 id)
{
    const RtType *t = rt_type(engine, id);
    if (t->kind != WASM_TYPE_FUNC) {
        sb_puts(out, t->kind == WASM_TYPE_STRUCT ? "(struct ..)" : "(array ..)");
        return;
    }
    sb_puts(out, "(func");
    print_list(out, "param", t->params, t->n_params);
    print_list(out, "result", t->results, t->n_results);
    sb_putc(out, ')');
}

void rt_print_val_type(const RtEngine *engine, StrBuf *out, RtValType type)
{
    char name[WASM_TYPE_NAME_MAX];
    if (!wasm_is_concrete(type)) {
        sb_puts(out, wasm_type_name(name, type));
        return;
    }
    sb_puts(out, wasm_is_nullable(type) ? "(ref null " : "(ref ");
    rt_print_func_type(engine, out, wasm_heap_of(type));
    sb_putc(out, ')');
}
