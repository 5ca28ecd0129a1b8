/* Handles to what a store holds: memories, tables, globals, tags, instances. */
#include "api/val.h"

#include <stdio.h>
#include <stdlib.h>

void bad_handle(const char *what)
{
#ifdef STINT_DEBUG
    fprintf(stderr, "stint: a %s of another store, or of an instance that was deleted, was used\n",
            what);
    abort();
#endif
    (void)what;
}

wasmtime_error_t *error_bad_handle(const char *what)
{
    return error_format("the %s is of another store, or of an instance that was deleted", what);
}

/* What is in a handle is checked: handles are plain structs that embedders can damage. */
#define DEFINE_LOOKUP(what, Type, list, Handle)                                              \
    Type *what##_of(const RtStore *store, const Handle *handle)                              \
    {                                                                                        \
        return handle->store_id == store->id                                                 \
                   ? rt_find(&store->list, Type, handle->__private1, handle->__private2)     \
                   : NULL;                                                                   \
    }
DEFINE_LOOKUP(memory, RtMemory, memories, wasmtime_memory_t)
DEFINE_LOOKUP(table, RtTable, tables, wasmtime_table_t)
DEFINE_LOOKUP(global, RtGlobal, globals, wasmtime_global_t)
DEFINE_LOOKUP(tag, RtTag, tags, wasmtime_tag_t)

RtInstance *instance_of(const RtStore *store, const wasmtime_instance_t *handle)
{
    u64 where = handle->__private;
    return handle->store_id == store->id
               ? rt_find(&store->instances, RtInstance, (u32)where, where >> 32)
               : NULL;
}

wasmtime_instance_t instance_handle(const RtInstance *instance)
{
    return (wasmtime_instance_t){instance->store->id, (u64)instance->birth << 32 | instance->index};
}

wasmtime_func_t func_handle(RtStore *store, VmFuncRef *func)
{
    u64 handle;
    if (!func || !rt_func_handle(store, func, &handle))
        return (wasmtime_func_t){0};
    return (wasmtime_func_t){store->id, (void *)(uintptr_t)handle};
}

/* Makes the handle of a memory, table, global or tag. */
#define SET_HANDLE(handle, item)                   \
    (memset((handle), 0, sizeof *(handle)),        \
     (handle)->store_id = (item)->store->id,       \
     (handle)->__private1 = (item)->index,         \
     (handle)->__private2 = (item)->birth)

bool extern_from_rt(RtStore *store, const RtExtern *item, wasmtime_extern_t *out)
{
    memset(out, 0, sizeof *out);
    switch (item->kind) {
    case WASM_KIND_FUNC:
        out->kind = WASMTIME_EXTERN_FUNC;
        out->of.func = func_handle(store, item->func);
        return out->of.func.store_id != 0;
    case WASM_KIND_TABLE:
        out->kind = WASMTIME_EXTERN_TABLE;
        SET_HANDLE(&out->of.table, item->table);
        break;
    case WASM_KIND_MEMORY:
        if (item->memory->shared) {
            out->kind = WASMTIME_EXTERN_SHAREDMEMORY;
            out->of.sharedmemory = shared_handle(item->memory->shared);
            break;
        }
        out->kind = WASMTIME_EXTERN_MEMORY;
        SET_HANDLE(&out->of.memory, item->memory);
        break;
    case WASM_KIND_GLOBAL:
        out->kind = WASMTIME_EXTERN_GLOBAL;
        SET_HANDLE(&out->of.global, item->global);
        break;
    default:
        out->kind = WASMTIME_EXTERN_TAG;
        SET_HANDLE(&out->of.tag, item->tag);
        break;
    }
    return true;
}

bool extern_to_rt(RtStore *store, const wasmtime_extern_t *item, RtExtern *out)
{
    switch (item->kind) {
    case WASMTIME_EXTERN_FUNC:
        *out = (RtExtern){.kind = WASM_KIND_FUNC, .func = func_of(store, &item->of.func)};
        return out->func != NULL;
    case WASMTIME_EXTERN_TABLE:
        *out = (RtExtern){.kind = WASM_KIND_TABLE, .table = table_of(store, &item->of.table)};
        return out->table != NULL;
    case WASMTIME_EXTERN_MEMORY:
        *out = (RtExtern){.kind = WASM_KIND_MEMORY, .memory = memory_of(store, &item->of.memory)};
        return out->memory != NULL;
    case WASMTIME_EXTERN_SHAREDMEMORY:
        *out = (RtExtern){.kind = WASM_KIND_MEMORY};
        if (rt_shared_engine(shared_of(item->of.sharedmemory)) == store->engine)
            out->memory = rt_memory_of_shared(store, shared_of(item->of.sharedmemory));
        return out->memory != NULL;
    case WASMTIME_EXTERN_GLOBAL:
        *out = (RtExtern){.kind = WASM_KIND_GLOBAL, .global = global_of(store, &item->of.global)};
        return out->global != NULL;
    case WASMTIME_EXTERN_TAG:
        *out = (RtExtern){.kind = WASM_KIND_TAG, .tag = tag_of(store, &item->of.tag)};
        return out->tag != NULL;
    default:
        return false;
    }
}

void wasmtime_extern_delete(wasmtime_extern_t *item)
{
    if (item->kind == WASMTIME_EXTERN_SHAREDMEMORY)
        rt_shared_release(shared_of(item->of.sharedmemory));
}

wasm_externtype_t *extern_type(RtStore *store, const RtExtern *item)
{
    switch (item->kind) {
    case WASM_KIND_FUNC:
        return (void *)types_func(store->engine, item->func->type_id);
    case WASM_KIND_TABLE:
        return (void *)types_table(store->engine, item->table->type, &item->table->limits);
    case WASM_KIND_MEMORY:
        return (void *)types_memory(&item->memory->space->limits);
    case WASM_KIND_GLOBAL:
        return (void *)types_global(store->engine, item->global->type, item->global->is_mutable);
    default:
        return (void *)types_tag(store->engine, item->tag->type);
    }
}

wasm_externtype_t *wasmtime_extern_type(wasmtime_context_t *context, const wasmtime_extern_t *item)
{
    RtExtern rt;
    return extern_to_rt(store_of(context), item, &rt) ? extern_type(store_of(context), &rt) : NULL;
}

static wasmtime_error_t *foreign_type(void)
{
    return error_format("the type belongs to another engine");
}

/* ---- memories ---- */

wasmtime_error_t *wasmtime_memory_new(wasmtime_context_t *context, const wasm_memorytype_t *type,
                                      wasmtime_memory_t *ret)
{
    Diag diag = {0};
    RtMemory *memory;
    RtStore *store = store_of(context);
    if (type->limits.is_shared)
        return error_format("a shared memory is not of one store: wasmtime_sharedmemory_new makes "
                            "it");
    if (!rt_memory_new(store, &type->limits, &memory, &diag))
        return error_from_diag(&diag);
    SET_HANDLE(ret, memory);
    return NULL;
}

wasm_memorytype_t *wasmtime_memory_type(const wasmtime_context_t *context,
                                        const wasmtime_memory_t *memory)
{
    const RtMemory *m = memory_of(store_of(context), memory);
    if (!m)
        return bad_handle("memory"), NULL;
    return types_memory(&m->space->limits);
}

uint8_t *wasmtime_memory_data(wasmtime_context_t *context, const wasmtime_memory_t *memory)
{
    const RtMemory *m = memory_of(store_of(context), memory);
    if (!m)
        return bad_handle("memory"), NULL;
    return m->space->vm.base;
}

size_t wasmtime_memory_data_size(const wasmtime_context_t *context, const wasmtime_memory_t *memory)
{
    const RtMemory *m = memory_of(store_of(context), memory);
    if (!m)
        return bad_handle("memory"), 0;
    return rt_memory_bytes(m);
}

uint64_t wasmtime_memory_size(const wasmtime_context_t *context, const wasmtime_memory_t *memory)
{
    const RtMemory *m = memory_of(store_of(context), memory);
    if (!m)
        return bad_handle("memory"), 0;
    return rt_memory_pages(m);
}

wasmtime_error_t *wasmtime_memory_grow(wasmtime_context_t *context, const wasmtime_memory_t *memory,
                                       uint64_t delta, uint64_t *prev_size)
{
    u64 old;
    RtMemory *m = memory_of(store_of(context), memory);
    if (!m)
        return error_bad_handle("memory");
    if (!rt_memory_grow(m, delta, &old))
        return error_format("failed to grow memory by `%llu`", (unsigned long long)delta);
    *prev_size = old;
    return NULL;
}

uint64_t wasmtime_memory_page_size(wasmtime_context_t *context, const wasmtime_memory_t *memory)
{
    const RtMemory *m = memory_of(store_of(context), memory);
    if (!m)
        return bad_handle("memory"), 0;
    return (u64)1 << m->space->limits.page_log2;
}

uint8_t wasmtime_memory_page_size_log2(wasmtime_context_t *context, const wasmtime_memory_t *memory)
{
    const RtMemory *m = memory_of(store_of(context), memory);
    if (!m)
        return bad_handle("memory"), 0;
    return m->space->limits.page_log2;
}

/* ---- tables ---- */

/* what: as in the name of the function that was called with the value */
static wasmtime_error_t *wrong_elem(const RtStore *store, const char *what, RtValType expected,
                                    const wasmtime_val_t *found)
{
    if (found->kind < WASMTIME_FUNCREF)
        return error_format("wasmtime_table_%s value is not a reference", what);
    return val_is_wrong(store,
                        error_format("type mismatch: value does not match table element type"),
                        expected, found);
}

wasmtime_error_t *wasmtime_table_new(wasmtime_context_t *context, const wasm_tabletype_t *type,
                                     const wasmtime_val_t *init, wasmtime_table_t *ret)
{
    Diag diag = {0};
    RtTable *table;
    VmVal value = {0};
    RtStore *store = store_of(context);
    RtValType element = type->element->type;
    if (!types_fit_engine(type->element, store->engine))
        return foreign_type();
    if (!val_to_vm(store, init, element, &value))
        return wrong_elem(store, "new init", element, init);
    if (!rt_table_new(store, &type->limits, element, &value, &table, &diag))
        return error_from_diag(&diag);
    SET_HANDLE(ret, table);
    return NULL;
}

wasm_tabletype_t *wasmtime_table_type(const wasmtime_context_t *context,
                                      const wasmtime_table_t *handle)
{
    const RtTable *table = table_of(store_of(context), handle);
    if (!table)
        return bad_handle("table"), NULL;
    return types_table(store_of(context)->engine, table->type, &table->limits);
}

bool wasmtime_table_get(wasmtime_context_t *context, const wasmtime_table_t *handle, uint64_t index,
                        wasmtime_val_t *val)
{
    const RtTable *table = table_of(store_of(context), handle);
    VmVal value = {0};
    if (!table)
        return bad_handle("table"), false;
    if (!rt_table_get(table, index, &value))
        return false;
    val_from_vm(store_of(context), &value, table->type, val);
    return true;
}

wasmtime_error_t *wasmtime_table_set(wasmtime_context_t *context, const wasmtime_table_t *handle,
                                     uint64_t index, const wasmtime_val_t *val)
{
    RtStore *store = store_of(context);
    RtTable *table = table_of(store, handle);
    VmVal value = {0};
    if (!table)
        return error_bad_handle("table");
    if (!val_to_vm(store, val, table->type, &value))
        return wrong_elem(store, "set", table->type, val);
    if (rt_table_set(table, index, &value))
        return NULL;
    return error_format("wasm trap: %s", rt_trap_text(VM_TRAP_TABLE_OUT_OF_BOUNDS));
}

uint64_t wasmtime_table_size(const wasmtime_context_t *context, const wasmtime_table_t *handle)
{
    const RtTable *table = table_of(store_of(context), handle);
    if (!table)
        return bad_handle("table"), 0;
    return table->vm.len;
}

wasmtime_error_t *wasmtime_table_grow(wasmtime_context_t *context, const wasmtime_table_t *handle,
                                      uint64_t delta, const wasmtime_val_t *init,
                                      uint64_t *prev_size)
{
    RtStore *store = store_of(context);
    RtTable *table = table_of(store, handle);
    VmVal value = {0};
    u64 old;
    if (!table)
        return error_bad_handle("table");
    if (!val_to_vm(store, init, table->type, &value))
        return wrong_elem(store, "grow", table->type, init);
    if (!rt_table_grow(table, delta, &value, &old))
        return error_format("failed to grow table by `%llu`", (unsigned long long)delta);
    *prev_size = old;
    return NULL;
}

/* ---- globals ---- */

wasmtime_error_t *wasmtime_global_new(wasmtime_context_t *context, const wasm_globaltype_t *type,
                                      const wasmtime_val_t *val, wasmtime_global_t *ret)
{
    Diag diag = {0};
    RtGlobal *global;
    VmVal value = {0};
    RtStore *store = store_of(context);
    RtValType content = type->content->type;
    if (!types_fit_engine(type->content, store->engine))
        return foreign_type();
    if (!val_to_vm(store, val, content, &value))
        return val_is_wrong(store, error_format("type mismatch: initial value provided does not "
                                                "match the type of this global"), content, val);
    if (!rt_global_new(store, content, type->mutability == WASM_VAR, &value, &global, &diag))
        return error_from_diag(&diag);
    SET_HANDLE(ret, global);
    return NULL;
}

wasm_globaltype_t *wasmtime_global_type(const wasmtime_context_t *context,
                                        const wasmtime_global_t *handle)
{
    const RtGlobal *global = global_of(store_of(context), handle);
    if (!global)
        return bad_handle("global"), NULL;
    return types_global(store_of(context)->engine, global->type, global->is_mutable);
}

void wasmtime_global_get(wasmtime_context_t *context, const wasmtime_global_t *handle,
                         wasmtime_val_t *out)
{
    const RtGlobal *global = global_of(store_of(context), handle);
    VmVal value = {0};
    if (!global) {
        bad_handle("global");
        memset(out, 0, sizeof *out);
        return;
    }
    rt_global_get(global, &value);
    val_from_vm(store_of(context), &value, global->type, out);
}

wasmtime_error_t *wasmtime_global_set(wasmtime_context_t *context, const wasmtime_global_t *handle,
                                      const wasmtime_val_t *val)
{
    RtStore *store = store_of(context);
    RtGlobal *global = global_of(store, handle);
    VmVal value = {0};
    if (!global)
        return error_bad_handle("global");
    if (!global->is_mutable)
        return error_format("immutable global cannot be set");
    if (!val_to_vm(store, val, global->type, &value))
        return val_is_wrong(store, error_format("type mismatch: attempt to set global to value "
                                                "of wrong type"), global->type, val);
    rt_global_set(global, &value);
    return NULL;
}

/* ---- tags ---- */

wasmtime_error_t *wasmtime_tag_new(wasmtime_context_t *context, const wasm_tagtype_t *type,
                                   wasmtime_tag_t *ret)
{
    Diag diag = {0};
    RtTag *tag;
    RtStore *store = store_of(context);
    u32 id = types_func_id(store->engine, type->functype);
    if (id == RT_NO_TYPE)
        return error_format("the type cannot be used with this engine, or out of memory");
    if (type->functype->results.size)
        return error_format("a tag has no results, but its type has");
    if (!rt_tag_new(store, id, &tag, &diag))
        return error_from_diag(&diag);
    SET_HANDLE(ret, tag);
    return NULL;
}

wasm_tagtype_t *wasmtime_tag_type(const wasmtime_context_t *context, const wasmtime_tag_t *handle)
{
    RtStore *store = store_of(context);
    const RtTag *tag = tag_of(store, handle);
    if (!tag)
        return bad_handle("tag"), NULL;
    return types_tag(store->engine, tag->type);
}

bool wasmtime_tag_eq(const wasmtime_context_t *context, const wasmtime_tag_t *a,
                     const wasmtime_tag_t *b)
{
    const RtTag *first = tag_of(store_of(context), a), *second = tag_of(store_of(context), b);
    if (!first || !second)
        return bad_handle("tag"), false;
    return first == second;
}
