/* Objects of the collected heap as the host, constant expressions and library calls see them. */
#include "rt/heap.h"

static const RtType *type_of(const RtStore *store, u32 ref)
{
    return rt_type_at(&store->engine->types, rt_object(store, ref)->type);
}

static u32 new_zeroed(RtStore *store, u32 type, u32 len, u64 bytes)
{
    u32 ref = rt_heap_alloc(store, type, len, bytes);
    if (ref)
        memset(rt_object(store, ref) + 1, 0, bytes - VM_GC_HEADER_BYTES);
    return ref;
}

u32 rt_struct_new(RtStore *store, u32 type)
{
    return new_zeroed(store, type, 0, rt_type(store->engine, type)->object_bytes);
}

u32 rt_array_new(RtStore *store, u32 type, u32 len)
{
    u32 elem_bytes = rt_type(store->engine, type)->object_bytes;
    return new_zeroed(store, type, len, vm_gc_array_bytes(len, elem_bytes));
}

u32 rt_object_type(const RtStore *store, u32 ref)
{
    u32 type = rt_object(store, ref)->type;
    return type == VM_TYPE_NONE ? RT_NO_TYPE : type;
}

u32 rt_object_len(const RtStore *store, u32 ref)
{
    const RtType *type = type_of(store, ref);
    return type->kind == WASM_TYPE_STRUCT ? type->n_fields : rt_object(store, ref)->len;
}

/* ---- fields and elements ---- */

static u8 *elem_at(const RtStore *store, u32 ref, u32 i, u32 bytes)
{
    return (u8 *)(rt_object(store, ref) + 1) + (u64)i * bytes;
}

/* Where field or element i is, and the width of it. */
static u8 *find(const RtStore *store, u32 ref, u32 i, u32 *bytes)
{
    const RtType *type = type_of(store, ref);
    if (type->kind == WASM_TYPE_ARRAY) {
        *bytes = type->object_bytes;
        return elem_at(store, ref, i, *bytes);
    }
    WasmValType field = type->fields[i].type;
    VmType kind = wasm_is_packed(field) ? VM_TYPE_VOID : rt_vm_type(store->engine, field);
    *bytes = kind == VM_TYPE_VOID   ? (field == WASM_T_I8 ? 1 : 2)
             : kind == VM_TYPE_V128 ? 16
             : kind == VM_TYPE_I64 || kind == VM_TYPE_F64 || kind == VM_TYPE_REF ? 8
                                                                                 : 4;
    return (u8 *)rt_object(store, ref) + type->field_offsets[i];
}

void rt_object_get(const RtStore *store, u32 ref, u32 i, VmVal *out)
{
    u32 bytes;
    const u8 *at = find(store, ref, i, &bytes);
    memset(out, 0, sizeof *out);
    memcpy(out, at, bytes); /* values begin at their lowest byte */
}

void rt_object_set(RtStore *store, u32 ref, u32 i, const VmVal *value)
{
    u32 bytes;
    u8 *at = find(store, ref, i, &bytes);
    memcpy(at, value, bytes);
}

/* ---- ranges ---- */

static bool in_range(u32 at, u32 len, u64 end)
{
    return at <= end && len <= end - at;
}

bool rt_array_fill(RtStore *store, u32 ref, u32 at, const VmVal *value, u32 len)
{
    u32 bytes = type_of(store, ref)->object_bytes;
    if (!in_range(at, len, rt_object(store, ref)->len))
        return false;
    u8 *to = elem_at(store, ref, at, bytes);
    if (bytes == 1)
        memset(to, (int)(value->i32 & 0xFF), len);
    for (u32 i = 0; bytes > 1 && i < len; i++)
        memcpy(to + (u64)i * bytes, value, bytes);
    return true;
}

bool rt_array_copy(RtStore *store, u32 to, u32 dst, u32 from, u32 src, u32 len)
{
    u32 bytes = type_of(store, to)->object_bytes;
    check(bytes == type_of(store, from)->object_bytes); /* validation lets no others meet */
    if (!in_range(dst, len, rt_object(store, to)->len) ||
        !in_range(src, len, rt_object(store, from)->len))
        return false;
    memmove(elem_at(store, to, dst, bytes), elem_at(store, from, src, bytes), (u64)len * bytes);
    return true;
}

bool rt_array_init_data(RtInstance *instance, u32 ref, u32 at, u32 data, u32 src, u32 len)
{
    const RtStore *store = instance->store;
    const WasmModule *wasm = instance->module->wasm;
    u32 bytes = type_of(store, ref)->object_bytes;
    u64 size = rt_bit(instance->dropped_datas, data) ? 0 : wasm->datas[data].size;
    if (!in_range(at, len, rt_object(store, ref)->len) || src > size ||
        (u64)len * bytes > size - src)
        return false;
    if (len)
        memcpy(elem_at(store, ref, at, bytes), wasm->bytes + wasm->datas[data].start + src,
               (u64)len * bytes);
    return true;
}

bool rt_array_init_elem(RtInstance *instance, u32 ref, u32 at, u32 elem, u32 src, u32 len)
{
    RtStore *store = instance->store;
    if (!in_range(at, len, rt_object(store, ref)->len) ||
        !in_range(src, len, rt_elem_len(instance, elem)))
        return false;
    for (u32 i = 0; i < len; i++) {
        VmVal value = rt_elem_value(instance, elem, src + i);
        rt_object_set(store, ref, at + i, &value);
    }
    return true;
}

/* ---- types ---- */

bool rt_is_ref_of(const RtStore *store, u32 ref, RtValType type)
{
    bool is_i31 = rt_is_i31(ref);
    u32 id = is_i31 ? RT_NO_TYPE : rt_object_type(store, ref);
    bool has_type = id != RT_NO_TYPE;
    if (!wasm_is_abstract(type))
        return has_type && rt_type_below(store->engine, id, wasm_heap_of(type));
    u8 kind = has_type ? rt_type(store->engine, id)->kind : 0;
    bool is_exn = rt_exn_tag(store, ref) != NULL;
    switch ((WasmHeap)wasm_heap_of(type)) {
    case WASM_HEAP_EXN: return is_exn;
    case WASM_HEAP_ANY:
    case WASM_HEAP_EXTERN: return !is_exn; /* each converts to the other as it is */
    case WASM_HEAP_EQ: return is_i31 || has_type;
    case WASM_HEAP_I31: return is_i31;
    case WASM_HEAP_STRUCT: return has_type && kind == WASM_TYPE_STRUCT;
    case WASM_HEAP_ARRAY: return has_type && kind == WASM_TYPE_ARRAY;
    default: return false;
    }
}
