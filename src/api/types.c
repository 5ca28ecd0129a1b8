/* Type objects: values, functions, globals, tables, memories, tags, imports and exports. */
#include "api/types.h"

#include <stdlib.h>

#include "api/failure.h"

/* ---- value types ---- */

static wasm_valtype_t *new_valtype(RtEngine *engine, RtValType type)
{
    wasm_valtype_t *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->type = type;
    if (wasm_is_ref(type) && wasm_is_concrete(type))
        t->engine = rt_engine_retain(engine);
    return t;
}

bool types_from_wasm_kind(wasm_valkind_t kind, RtValType *out)
{
    static const RtValType numbers[] = {WASM_T_I32, WASM_T_I64, WASM_T_F32, WASM_T_F64};
    if (kind <= WASM_F64)
        *out = numbers[kind];
    else if (kind == WASM_EXTERNREF)
        *out = WASM_T_EXTERNREF;
    else if (kind == WASM_FUNCREF)
        *out = WASM_T_FUNCREF;
    else
        return false;
    return true;
}

wasm_valkind_t types_wasm_kind(RtValType type)
{
    switch (type) {
    case WASM_T_I32:
        return WASM_I32;
    case WASM_T_I64:
        return WASM_I64;
    case WASM_T_F32:
        return WASM_F32;
    case WASM_T_F64:
        return WASM_F64;
    default:
        break;
    }
    /* wasm.h has no word for the others: what can hold them comes closest. */
    bool is_func =
        wasm_is_ref(type) && wasm_is_abstract(type) && wasm_heap_of(type) == WASM_HEAP_FUNC;
    return is_func ? WASM_FUNCREF : WASM_EXTERNREF;
}

wasm_valtype_t *wasm_valtype_new(wasm_valkind_t kind)
{
    RtValType type;
    return types_from_wasm_kind(kind, &type) ? new_valtype(NULL, type) : NULL;
}

wasm_valtype_t *wasmtime_wasm_valtype_v128(void) { return new_valtype(NULL, WASM_T_V128); }

wasm_valtype_t *types_val(RtEngine *engine, RtValType type) { return new_valtype(engine, type); }

wasm_valtype_t *wasm_valtype_copy(const wasm_valtype_t *t)
{
    return t ? new_valtype(t->engine, t->type) : NULL;
}

void wasm_valtype_delete(wasm_valtype_t *t)
{
    if (t && t->engine)
        rt_engine_release(t->engine);
    free(t);
}

wasm_valkind_t wasm_valtype_kind(const wasm_valtype_t *t) { return types_wasm_kind(t->type); }

bool wasmtime_wasm_valtype_equal(const wasm_valtype_t *a, const wasm_valtype_t *b)
{
    return a->type == b->type && a->engine == b->engine;
}

/* ---- function types ---- */

bool types_fit_engine(const wasm_valtype_t *type, const RtEngine *engine)
{
    return !type->engine || type->engine == engine;
}

static bool complete(const wasm_valtype_vec_t *vec, size_t size)
{
    for (size_t i = 0; i < vec->size; i++)
        if (!vec->data[i])
            return false;
    return vec->size == size;
}

wasm_functype_t *wasm_functype_new(wasm_valtype_vec_t *params, wasm_valtype_vec_t *results)
{
    bool is_ok = complete(params, params->size) && complete(results, results->size);
    wasm_functype_t *t = is_ok ? calloc(1, sizeof *t) : NULL;
    if (t) {
        t->head.kind = WASM_EXTERN_FUNC;
        t->params = *params;
        t->results = *results;
    } else {
        wasm_valtype_vec_delete(params);
        wasm_valtype_vec_delete(results);
    }
    wasm_valtype_vec_new_empty(params);
    wasm_valtype_vec_new_empty(results);
    return t;
}

/* Remembers which type of an engine this is; NULL stays NULL. */
static wasm_functype_t *with_id(wasm_functype_t *t, RtEngine *engine, u32 id)
{
    if (t && engine) {
        t->engine = rt_engine_retain(engine);
        t->id = id;
    }
    return t;
}

wasm_functype_t *wasm_functype_copy(const wasm_functype_t *t)
{
    wasm_valtype_vec_t params, results;
    wasm_valtype_vec_copy(&params, &t->params);
    wasm_valtype_vec_copy(&results, &t->results);
    if (params.size == t->params.size && results.size == t->results.size)
        return with_id(wasm_functype_new(&params, &results), t->engine, t->id);
    wasm_valtype_vec_delete(&params);
    wasm_valtype_vec_delete(&results);
    return NULL;
}

static bool fill_valtypes(RtEngine *engine, wasm_valtype_vec_t *vec, const RtValType *types, u32 n)
{
    wasm_valtype_vec_new_uninitialized(vec, n);
    for (size_t i = 0; i < vec->size; i++)
        vec->data[i] = types_val(engine, types[i]);
    return complete(vec, n);
}

wasm_functype_t *types_func(RtEngine *engine, u32 type_id)
{
    const RtType *type = rt_type(engine, type_id);
    wasm_valtype_vec_t params, results;
    bool is_ok = fill_valtypes(engine, &params, type->params, type->n_params);
    is_ok &= fill_valtypes(engine, &results, type->results, type->n_results);
    if (is_ok)
        return with_id(wasm_functype_new(&params, &results), engine, type_id);
    wasm_valtype_vec_delete(&params);
    wasm_valtype_vec_delete(&results);
    return NULL;
}

u32 types_func_id(RtEngine *engine, const wasm_functype_t *t)
{
    if (t->engine == engine)
        return t->id;
    size_t np = t->params.size, nr = t->results.size;
    if (np > WASM_MAX_PARAMS || nr > WASM_MAX_RESULTS)
        return RT_NO_TYPE;
    RtValType *types = malloc((np + nr + 1) * sizeof *types);
    if (!types)
        return RT_NO_TYPE;
    bool fits = true;
    for (size_t i = 0; i < np + nr; i++) {
        const wasm_valtype_t *v = i < np ? t->params.data[i] : t->results.data[i - np];
        types[i] = v->type;
        fits &= types_fit_engine(v, engine);
    }
    u32 id = fits ? rt_type_func(engine, types, (u32)np, types + np, (u32)nr) : RT_NO_TYPE;
    free(types);
    return id;
}

const wasm_valtype_vec_t *wasm_functype_params(const wasm_functype_t *t) { return &t->params; }
const wasm_valtype_vec_t *wasm_functype_results(const wasm_functype_t *t) { return &t->results; }

/* ---- globals, tables, memories, tags ---- */

wasm_globaltype_t *wasm_globaltype_new(wasm_valtype_t *content, wasm_mutability_t mutability)
{
    wasm_globaltype_t *t = content ? calloc(1, sizeof *t) : NULL;
    if (!t) {
        wasm_valtype_delete(content);
        return NULL;
    }
    t->head.kind = WASM_EXTERN_GLOBAL;
    t->content = content;
    t->mutability = mutability;
    return t;
}

wasm_globaltype_t *wasm_globaltype_copy(const wasm_globaltype_t *t)
{
    return wasm_globaltype_new(wasm_valtype_copy(t->content), t->mutability);
}

wasm_globaltype_t *types_global(RtEngine *engine, RtValType type, bool is_mutable)
{
    return wasm_globaltype_new(types_val(engine, type), is_mutable ? WASM_VAR : WASM_CONST);
}

const wasm_valtype_t *wasm_globaltype_content(const wasm_globaltype_t *t) { return t->content; }
wasm_mutability_t wasm_globaltype_mutability(const wasm_globaltype_t *t) { return t->mutability; }

static wasm_limits_t shorten(const WasmLimits *limits)
{
    u64 max = limits->has_max ? limits->max : UINT32_MAX;
    return (wasm_limits_t){(u32)MIN(limits->min, (u64)UINT32_MAX), (u32)MIN(max, (u64)UINT32_MAX)};
}

static WasmLimits lengthen(const wasm_limits_t *limits, u8 page_log2)
{
    bool has_max = limits->max != wasm_limits_max_default;
    return (WasmLimits){.min = limits->min, .max = has_max ? limits->max : UINT64_MAX,
                        .has_max = has_max, .page_log2 = page_log2};
}

static bool has_order(const WasmLimits *limits) { return limits->min <= limits->max; }

static wasm_tabletype_t *new_tabletype(wasm_valtype_t *element, const WasmLimits *limits)
{
    bool is_ok = element && wasm_is_ref(element->type) && has_order(limits);
    wasm_tabletype_t *t = is_ok ? calloc(1, sizeof *t) : NULL;
    if (!t) {
        wasm_valtype_delete(element);
        return NULL;
    }
    t->head.kind = WASM_EXTERN_TABLE;
    t->element = element;
    t->limits = *limits;
    t->short_limits = shorten(limits);
    return t;
}

wasm_tabletype_t *wasm_tabletype_new(wasm_valtype_t *element, const wasm_limits_t *limits)
{
    WasmLimits full = lengthen(limits, 0);
    return new_tabletype(element, &full);
}

wasm_tabletype_t *wasm_tabletype_copy(const wasm_tabletype_t *t)
{
    return new_tabletype(wasm_valtype_copy(t->element), &t->limits);
}

wasm_tabletype_t *types_table(RtEngine *engine, RtValType type, const WasmLimits *limits)
{
    return new_tabletype(types_val(engine, type), limits);
}

const wasm_valtype_t *wasm_tabletype_element(const wasm_tabletype_t *t) { return t->element; }
const wasm_limits_t *wasm_tabletype_limits(const wasm_tabletype_t *t) { return &t->short_limits; }

wasm_memorytype_t *types_memory(const WasmLimits *limits)
{
    wasm_memorytype_t *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->head.kind = WASM_EXTERN_MEMORY;
    t->limits = *limits;
    t->short_limits = shorten(limits);
    return t;
}

/* NULL: they are those of a memory; else what is wrong. */
static const char *wrong_memory(const WasmLimits *limits)
{
    u32 index_bits = limits->is_64 ? 64 : 32;
    u64 most = limits->page_log2 ? (u64)1 << (index_bits - limits->page_log2)
               : limits->is_64   ? UINT64_MAX
                                 : VM_MEMORY32_BYTES;
    if (limits->page_log2 != 16 && limits->page_log2 != 0)
        return "a page has 65536 bytes or one";
    if (limits->min > most || (limits->has_max && limits->max > most))
        return "memory size is more than its indices reach";
    if (!has_order(limits))
        return "memory maximum is below its minimum";
    if (limits->is_shared && !limits->has_max)
        return "a shared memory needs a maximum";
    return NULL;
}

wasm_memorytype_t *wasm_memorytype_new(const wasm_limits_t *limits)
{
    WasmLimits full = lengthen(limits, 16);
    return types_memory(&full); /* one that cannot be is refused when a memory is made */
}

wasmtime_error_t *wasmtime_memorytype_new(uint64_t min, bool max_present, uint64_t max, bool is_64,
                                          bool shared, uint8_t page_size_log2,
                                          wasm_memorytype_t **memorytype_ret)
{
    WasmLimits limits = {
        .min = min,
        .max = max_present ? max : UINT64_MAX,
        .has_max = max_present,
        .is_64 = is_64,
        .is_shared = shared,
        .page_log2 = page_size_log2,
    };
    const char *wrong = wrong_memory(&limits);
    if (wrong)
        return error_format("%s", wrong);
    wasm_memorytype_t *type = types_memory(&limits);
    if (!type)
        return error_oom();
    *memorytype_ret = type;
    return NULL;
}

wasm_memorytype_t *wasm_memorytype_copy(const wasm_memorytype_t *t)
{
    return types_memory(&t->limits);
}
const wasm_limits_t *wasm_memorytype_limits(const wasm_memorytype_t *t) { return &t->short_limits; }
uint64_t wasmtime_memorytype_minimum(const wasm_memorytype_t *t) { return t->limits.min; }
bool wasmtime_memorytype_is64(const wasm_memorytype_t *t) { return t->limits.is_64; }
bool wasmtime_memorytype_isshared(const wasm_memorytype_t *t) { return t->limits.is_shared; }
uint64_t wasmtime_memorytype_page_size(const wasm_memorytype_t *t)
{
    return (u64)1 << t->limits.page_log2;
}
uint8_t wasmtime_memorytype_page_size_log2(const wasm_memorytype_t *t)
{
    return t->limits.page_log2;
}

bool wasmtime_memorytype_maximum(const wasm_memorytype_t *t, uint64_t *max)
{
    if (t->limits.has_max)
        *max = t->limits.max;
    return t->limits.has_max;
}

wasm_tagtype_t *wasm_tagtype_new(wasm_functype_t *functype)
{
    wasm_tagtype_t *t = functype ? calloc(1, sizeof *t) : NULL;
    if (!t) {
        wasm_functype_delete(functype);
        return NULL;
    }
    t->head.kind = WASM_EXTERN_TAG;
    t->functype = functype;
    return t;
}

wasm_tagtype_t *wasm_tagtype_copy(const wasm_tagtype_t *t)
{
    return wasm_tagtype_new(wasm_functype_copy(t->functype));
}

wasm_tagtype_t *types_tag(RtEngine *engine, u32 type_id)
{
    return wasm_tagtype_new(types_func(engine, type_id));
}

const wasm_functype_t *wasm_tagtype_functype(const wasm_tagtype_t *t) { return t->functype; }

/* ---- any external type ---- */

wasm_externkind_t wasm_externtype_kind(const wasm_externtype_t *t) { return t->kind; }

void wasm_externtype_delete(wasm_externtype_t *t)
{
    if (!t)
        return;
    switch (t->kind) {
    case WASM_EXTERN_FUNC:
        wasm_valtype_vec_delete(&((wasm_functype_t *)t)->params);
        wasm_valtype_vec_delete(&((wasm_functype_t *)t)->results);
        rt_engine_release(((wasm_functype_t *)t)->engine);
        break;
    case WASM_EXTERN_GLOBAL:
        wasm_valtype_delete(((wasm_globaltype_t *)t)->content);
        break;
    case WASM_EXTERN_TABLE:
        wasm_valtype_delete(((wasm_tabletype_t *)t)->element);
        break;
    case WASM_EXTERN_TAG:
        wasm_functype_delete(((wasm_tagtype_t *)t)->functype);
        break;
    default:
        break;
    }
    free(t);
}

wasm_externtype_t *wasm_externtype_copy(const wasm_externtype_t *t)
{
    switch (t->kind) {
    case WASM_EXTERN_FUNC:
        return (wasm_externtype_t *)wasm_functype_copy((const wasm_functype_t *)t);
    case WASM_EXTERN_GLOBAL:
        return (wasm_externtype_t *)wasm_globaltype_copy((const wasm_globaltype_t *)t);
    case WASM_EXTERN_TABLE:
        return (wasm_externtype_t *)wasm_tabletype_copy((const wasm_tabletype_t *)t);
    case WASM_EXTERN_MEMORY:
        return (wasm_externtype_t *)wasm_memorytype_copy((const wasm_memorytype_t *)t);
    default:
        return (wasm_externtype_t *)wasm_tagtype_copy((const wasm_tagtype_t *)t);
    }
}

#define DEFINE_EXTERNTYPE(name, KIND)                                                          \
    void wasm_##name##_delete(wasm_##name##_t *t) { wasm_externtype_delete((void *)t); }       \
    wasm_externtype_t *wasm_##name##_as_externtype(wasm_##name##_t *t)                         \
    {                                                                                          \
        return (wasm_externtype_t *)t;                                                         \
    }                                                                                          \
    const wasm_externtype_t *wasm_##name##_as_externtype_const(const wasm_##name##_t *t)       \
    {                                                                                          \
        return (const wasm_externtype_t *)t;                                                   \
    }                                                                                          \
    wasm_##name##_t *wasm_externtype_as_##name(wasm_externtype_t *t)                           \
    {                                                                                          \
        return t->kind == WASM_EXTERN_##KIND ? (wasm_##name##_t *)t : NULL;                    \
    }                                                                                          \
    const wasm_##name##_t *wasm_externtype_as_##name##_const(const wasm_externtype_t *t)       \
    {                                                                                          \
        return t->kind == WASM_EXTERN_##KIND ? (const wasm_##name##_t *)t : NULL;              \
    }
DEFINE_EXTERNTYPE(functype, FUNC)
DEFINE_EXTERNTYPE(globaltype, GLOBAL)
DEFINE_EXTERNTYPE(tabletype, TABLE)
DEFINE_EXTERNTYPE(memorytype, MEMORY)
DEFINE_EXTERNTYPE(tagtype, TAG)

wasm_externtype_t *types_module_extern(const RtModule *module, WasmKind kind, u32 index)
{
    const WasmModule *m = module->wasm;
    RtEngine *engine = module->engine;
    switch (kind) {
    case WASM_KIND_FUNC:
        return (void *)types_func(engine, module->type_ids[m->funcs[index].type]);
    case WASM_KIND_TABLE:
        return (void *)types_table(engine, rt_val_type(module, m->tables[index].type),
                                   &m->tables[index].limits);
    case WASM_KIND_MEMORY:
        return (void *)types_memory(&m->memories[index].limits);
    case WASM_KIND_GLOBAL:
        return (void *)types_global(engine, rt_val_type(module, m->globals[index].type),
                                    m->globals[index].is_mutable);
    default:
        return (void *)types_tag(engine, module->type_ids[m->tags[index].type]);
    }
}

/* ---- imports and exports ---- */

wasm_importtype_t *wasm_importtype_new(wasm_name_t *module, wasm_name_t *name,
                                       wasm_externtype_t *type)
{
    wasm_importtype_t *t = type ? calloc(1, sizeof *t) : NULL;
    if (t) {
        t->module = *module;
        t->name = *name;
        t->type = type;
    } else {
        wasm_name_delete(module);
        wasm_name_delete(name);
        wasm_externtype_delete(type);
    }
    wasm_name_new_empty(module);
    wasm_name_new_empty(name);
    return t;
}

void wasm_importtype_delete(wasm_importtype_t *t)
{
    if (!t)
        return;
    wasm_name_delete(&t->module);
    wasm_name_delete(&t->name);
    wasm_externtype_delete(t->type);
    free(t);
}

wasm_importtype_t *wasm_importtype_copy(const wasm_importtype_t *t)
{
    wasm_name_t module, name;
    wasm_name_copy(&module, &t->module);
    wasm_name_copy(&name, &t->name);
    bool is_ok = module.size == t->module.size && name.size == t->name.size;
    return wasm_importtype_new(&module, &name, is_ok ? wasm_externtype_copy(t->type) : NULL);
}

const wasm_name_t *wasm_importtype_module(const wasm_importtype_t *t) { return &t->module; }
const wasm_name_t *wasm_importtype_name(const wasm_importtype_t *t) { return &t->name; }
const wasm_externtype_t *wasm_importtype_type(const wasm_importtype_t *t) { return t->type; }

wasm_exporttype_t *wasm_exporttype_new(wasm_name_t *name, wasm_externtype_t *type)
{
    wasm_exporttype_t *t = type ? calloc(1, sizeof *t) : NULL;
    if (t) {
        t->name = *name;
        t->type = type;
    } else {
        wasm_name_delete(name);
        wasm_externtype_delete(type);
    }
    wasm_name_new_empty(name);
    return t;
}

void wasm_exporttype_delete(wasm_exporttype_t *t)
{
    if (!t)
        return;
    wasm_name_delete(&t->name);
    wasm_externtype_delete(t->type);
    free(t);
}

wasm_exporttype_t *wasm_exporttype_copy(const wasm_exporttype_t *t)
{
    wasm_name_t name;
    wasm_name_copy(&name, &t->name);
    bool is_ok = name.size == t->name.size;
    return wasm_exporttype_new(&name, is_ok ? wasm_externtype_copy(t->type) : NULL);
}

const wasm_name_t *wasm_exporttype_name(const wasm_exporttype_t *t) { return &t->name; }
const wasm_externtype_t *wasm_exporttype_type(const wasm_exporttype_t *t) { return t->type; }
