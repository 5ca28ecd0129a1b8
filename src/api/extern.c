/* Handles to what a store holds: memories, tables, globals, tags, instances. */
#include "api/api_int.h"

/* An index out of a handle is checked: handles are plain structs that embedders can damage. */
#define DEFINE_LOOKUP(what, Type, list, Handle)                                   \
    Type *what##_of(const RtStore *store, const Handle *handle)                   \
    {                                                                             \
        store_check(store, handle->store_id);                                     \
        check((u64)handle->INDEX < store->list.len);                              \
        return store->list.at[handle->INDEX];                                     \
    }
#define INDEX __private1
DEFINE_LOOKUP(memory, RtMemory, memories, wasmtime_memory_t)
DEFINE_LOOKUP(table, RtTable, tables, wasmtime_table_t)
DEFINE_LOOKUP(global, RtGlobal, globals, wasmtime_global_t)
static DEFINE_LOOKUP(tag, RtTag, tags, wasmtime_tag_t)
#undef INDEX
#define INDEX __private
DEFINE_LOOKUP(instance, RtInstance, instances, wasmtime_instance_t)
#undef INDEX

void extern_from_rt(RtStore *store, const RtExtern *item, wasmtime_extern_t *out)
{
    memset(out, 0, sizeof *out);
    switch (item->kind) {
    case WASM_KIND_FUNC:
        out->kind = WASMTIME_EXTERN_FUNC;
        out->of.func = (wasmtime_func_t){store->id, item->func};
        break;
    case WASM_KIND_TABLE:
        out->kind = WASMTIME_EXTERN_TABLE;
        out->of.table.store_id = store->id;
        out->of.table.__private1 = item->table->index;
        break;
    case WASM_KIND_MEMORY:
        out->kind = WASMTIME_EXTERN_MEMORY;
        out->of.memory.store_id = store->id;
        out->of.memory.__private1 = item->memory->index;
        break;
    case WASM_KIND_GLOBAL:
        out->kind = WASMTIME_EXTERN_GLOBAL;
        out->of.global.store_id = store->id;
        out->of.global.__private1 = item->global->index;
        break;
    default:
        out->kind = WASMTIME_EXTERN_TAG;
        out->of.tag.store_id = store->id;
        out->of.tag.__private1 = item->tag->index;
        break;
    }
}

bool extern_to_rt(RtStore *store, const wasmtime_extern_t *item, RtExtern *out)
{
    switch (item->kind) {
    case WASMTIME_EXTERN_FUNC:
        if (item->of.func.store_id != store->id)
            return false;
        *out = (RtExtern){.kind = WASM_KIND_FUNC, .func = item->of.func.__private};
        return true;
    case WASMTIME_EXTERN_TABLE:
        if (item->of.table.store_id != store->id)
            return false;
        *out = (RtExtern){.kind = WASM_KIND_TABLE, .table = table_of(store, &item->of.table)};
        return true;
    case WASMTIME_EXTERN_MEMORY:
        if (item->of.memory.store_id != store->id)
            return false;
        *out = (RtExtern){.kind = WASM_KIND_MEMORY, .memory = memory_of(store, &item->of.memory)};
        return true;
    case WASMTIME_EXTERN_GLOBAL:
        if (item->of.global.store_id != store->id)
            return false;
        *out = (RtExtern){.kind = WASM_KIND_GLOBAL, .global = global_of(store, &item->of.global)};
        return true;
    case WASMTIME_EXTERN_TAG:
        if (item->of.tag.store_id != store->id)
            return false;
        *out = (RtExtern){.kind = WASM_KIND_TAG, .tag = tag_of(store, &item->of.tag)};
        return true;
    default:
        return false;
    }
}

void wasmtime_extern_delete(wasmtime_extern_t *item) { (void)item; }

wasm_externtype_t *wasmtime_extern_type(wasmtime_context_t *context, const wasmtime_extern_t *item)
{
    RtStore *store = store_of(context);
    RtExtern rt;
    if (!extern_to_rt(store, item, &rt))
        return NULL;
    switch (rt.kind) {
    case WASM_KIND_FUNC:
        return (void *)types_func(store->engine, rt.func->type_id);
    case WASM_KIND_TABLE:
        return (void *)types_table(store->engine, rt.table->type, &rt.table->limits);
    case WASM_KIND_MEMORY:
        return (void *)types_memory(&rt.memory->limits);
    case WASM_KIND_GLOBAL:
        return (void *)types_global(store->engine, rt.global->type, rt.global->is_mutable);
    default:
        return (void *)types_tag(store->engine, rt.tag->type);
    }
}

/* ---- memories ---- */

wasmtime_error_t *wasmtime_memory_new(wasmtime_context_t *context, const wasm_memorytype_t *type,
                                      wasmtime_memory_t *ret)
{
    Diag diag = {0};
    RtMemory *memory;
    RtStore *store = store_of(context);
    if (!rt_memory_new(store, &type->limits, &memory, &diag))
        return error_from_diag(&diag);
    memset(ret, 0, sizeof *ret);
    ret->store_id = store->id;
    ret->__private1 = memory->index;
    return NULL;
}

wasm_memorytype_t *wasmtime_memory_type(const wasmtime_context_t *context,
                                        const wasmtime_memory_t *memory)
{
    return types_memory(&memory_of(store_of(context), memory)->limits);
}

uint8_t *wasmtime_memory_data(wasmtime_context_t *context, const wasmtime_memory_t *memory)
{
    return memory_of(store_of(context), memory)->vm.base;
}

size_t wasmtime_memory_data_size(const wasmtime_context_t *context, const wasmtime_memory_t *memory)
{
    return memory_of(store_of(context), memory)->vm.size_bytes;
}

uint64_t wasmtime_memory_size(const wasmtime_context_t *context, const wasmtime_memory_t *memory)
{
    return rt_memory_pages(memory_of(store_of(context), memory));
}

wasmtime_error_t *wasmtime_memory_grow(wasmtime_context_t *context, const wasmtime_memory_t *memory,
                                       uint64_t delta, uint64_t *prev_size)
{
    u64 old;
    if (!rt_memory_grow(memory_of(store_of(context), memory), delta, &old))
        return error_format("failed to grow memory by `%llu`", (unsigned long long)delta);
    *prev_size = old;
    return NULL;
}

uint64_t wasmtime_memory_page_size(wasmtime_context_t *context, const wasmtime_memory_t *memory)
{
    return (u64)1 << wasmtime_memory_page_size_log2(context, memory);
}

uint8_t wasmtime_memory_page_size_log2(wasmtime_context_t *context, const wasmtime_memory_t *memory)
{
    return memory_of(store_of(context), memory)->limits.page_log2;
}

/* ---- tables ---- */

static wasmtime_error_t *wrong_value(RtStore *store, RtValType type)
{
    StrBuf text = {0};
    rt_print_val_type(store->engine, &text, type);
    wasmtime_error_t *error = error_format("type mismatch: the value is not of type %s",
                                           sb_str(&text));
    sb_free(&text);
    return error;
}

wasmtime_error_t *wasmtime_table_new(wasmtime_context_t *context, const wasm_tabletype_t *type,
                                     const wasmtime_val_t *init, wasmtime_table_t *ret)
{
    Diag diag = {0};
    RtTable *table;
    VmVal value = {0};
    RtStore *store = store_of(context);
    if (!val_to_vm(store, init, type->element->type, &value))
        return wrong_value(store, type->element->type);
    if (!rt_table_new(store, &type->limits, type->element->type, &value, &table, &diag))
        return error_from_diag(&diag);
    memset(ret, 0, sizeof *ret);
    ret->store_id = store->id;
    ret->__private1 = table->index;
    return NULL;
}

wasm_tabletype_t *wasmtime_table_type(const wasmtime_context_t *context,
                                      const wasmtime_table_t *handle)
{
    const RtTable *table = table_of(store_of(context), handle);
    return types_table(store_of(context)->engine, table->type, &table->limits);
}

bool wasmtime_table_get(wasmtime_context_t *context, const wasmtime_table_t *handle, uint64_t index,
                        wasmtime_val_t *val)
{
    const RtTable *table = table_of(store_of(context), handle);
    VmVal value = {0};
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
    if (!val_to_vm(store, val, table->type, &value))
        return wrong_value(store, table->type);
    return rt_table_set(table, index, &value) ? NULL
                                              : error_format("table element index out of bounds");
}

uint64_t wasmtime_table_size(const wasmtime_context_t *context, const wasmtime_table_t *handle)
{
    return table_of(store_of(context), handle)->vm.len;
}

wasmtime_error_t *wasmtime_table_grow(wasmtime_context_t *context, const wasmtime_table_t *handle,
                                      uint64_t delta, const wasmtime_val_t *init,
                                      uint64_t *prev_size)
{
    RtStore *store = store_of(context);
    RtTable *table = table_of(store, handle);
    VmVal value = {0};
    u64 old;
    if (!val_to_vm(store, init, table->type, &value))
        return wrong_value(store, table->type);
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
    if (!val_to_vm(store, val, type->content->type, &value))
        return wrong_value(store, type->content->type);
    if (!rt_global_new(store, type->content->type, type->mutability == WASM_VAR, &value, &global,
                       &diag))
        return error_from_diag(&diag);
    memset(ret, 0, sizeof *ret);
    ret->store_id = store->id;
    ret->__private1 = global->index;
    return NULL;
}

wasm_globaltype_t *wasmtime_global_type(const wasmtime_context_t *context,
                                        const wasmtime_global_t *handle)
{
    const RtGlobal *global = global_of(store_of(context), handle);
    return types_global(store_of(context)->engine, global->type, global->is_mutable);
}

void wasmtime_global_get(wasmtime_context_t *context, const wasmtime_global_t *handle,
                         wasmtime_val_t *out)
{
    const RtGlobal *global = global_of(store_of(context), handle);
    VmVal value = {0};
    rt_global_get(global, &value);
    val_from_vm(store_of(context), &value, global->type, out);
}

wasmtime_error_t *wasmtime_global_set(wasmtime_context_t *context, const wasmtime_global_t *handle,
                                      const wasmtime_val_t *val)
{
    RtStore *store = store_of(context);
    RtGlobal *global = global_of(store, handle);
    VmVal value = {0};
    if (!global->is_mutable)
        return error_format("immutable global cannot be set");
    if (!val_to_vm(store, val, global->type, &value))
        return wrong_value(store, global->type);
    rt_global_set(global, &value);
    return NULL;
}
