/* Values that are no numbers, and roots. */
#include "api/val.h"

static bool is_func_type(const RtStore *store, RtValType type)
{
    if (wasm_is_abstract(type))
        return wasm_heap_of(type) == WASM_HEAP_FUNC || wasm_heap_of(type) == WASM_HEAP_NOFUNC;
    return rt_type(store->engine, wasm_heap_of(type))->kind == WASM_TYPE_FUNC;
}

/* The tag that values of a reference type carry. */
static wasmtime_valkind_t ref_kind(const RtStore *store, RtValType type)
{
    if (is_func_type(store, type))
        return WASMTIME_FUNCREF;
    if (!wasm_is_abstract(type))
        return WASMTIME_ANYREF;
    switch (wasm_heap_of(type)) {
    case WASM_HEAP_EXTERN:
    case WASM_HEAP_NOEXTERN:
        return WASMTIME_EXTERNREF;
    case WASM_HEAP_EXN:
    case WASM_HEAP_NOEXN:
        return WASMTIME_EXNREF;
    default:
        return WASMTIME_ANYREF;
    }
}

static bool func_to_vm(const RtStore *store, const wasmtime_func_t *func, RtValType type,
                       VmVal *out)
{
    out->i64 = 0;
    if (func->store_id == 0)
        return wasm_is_nullable(type);
    store_check(store, func->store_id);
    out->funcref = func->__private;
    return rt_is_subtype(store->engine, WASM_REF | out->funcref->type_id, type);
}

/* Other references are 32-bit handles of their store. */
static bool ref_to_vm(const RtStore *store, const wasmtime_externref_t *ref, RtValType type,
                      VmVal *out)
{
    out->i64 = 0;
    if (ref->store_id == 0)
        return wasm_is_nullable(type);
    store_check(store, ref->store_id);
    out->gcref = ref->__private1;
    return rt_is_ref_of(store, out->gcref, type);
}

bool val_other_to_vm(RtStore *store, const wasmtime_val_t *val, RtValType type, VmVal *out)
{
    if (type == WASM_T_V128) {
        memcpy(out->v128, val->of.v128, 16);
        return val->kind == WASMTIME_V128;
    }
    if (val->kind != ref_kind(store, type))
        return false;
    if (val->kind == WASMTIME_FUNCREF)
        return func_to_vm(store, &val->of.funcref, type, out);
    return ref_to_vm(store, &val->of.externref, type, out);
}

void val_other_from_vm(RtStore *store, const VmVal *vm, RtValType type, wasmtime_val_t *out)
{
    if (type == WASM_T_V128) {
        out->kind = WASMTIME_V128;
        memcpy(out->of.v128, vm->v128, 16);
        return;
    }
    out->kind = ref_kind(store, type);
    if (out->kind == WASMTIME_FUNCREF)
        out->of.funcref = (wasmtime_func_t){vm->funcref ? store->id : 0, vm->funcref};
    else
        out->of.externref = (wasmtime_externref_t){vm->gcref ? store->id : 0, vm->gcref, 0, NULL};
}

/* ---- roots: host references live as long as their store, so nothing is counted ---- */

void wasmtime_val_unroot(wasmtime_val_t *val) { (void)val; }
void wasmtime_val_clone(const wasmtime_val_t *src, wasmtime_val_t *dst) { *dst = *src; }

bool wasmtime_externref_new(wasmtime_context_t *context, void *data, void (*finalizer)(void *),
                            wasmtime_externref_t *out)
{
    RtStore *store = store_of(context);
    u32 ref;
    if (!rt_externref_new(store, data, finalizer, &ref))
        return false;
    *out = (wasmtime_externref_t){store->id, ref, 0, NULL};
    return true;
}

void *wasmtime_externref_data(wasmtime_context_t *context, const wasmtime_externref_t *ref)
{
    void *data = NULL;
    if (ref->store_id == 0)
        return NULL;
    store_check(store_of(context), ref->store_id);
    return rt_externref_data(store_of(context), ref->__private1, &data) ? data : NULL;
}

void wasmtime_externref_clone(const wasmtime_externref_t *ref, wasmtime_externref_t *out)
{
    *out = *ref;
}

void wasmtime_externref_unroot(wasmtime_externref_t *ref) { ref->store_id = 0; }

void wasmtime_externref_from_raw(wasmtime_context_t *context, uint32_t raw,
                                 wasmtime_externref_t *out)
{
    *out = (wasmtime_externref_t){raw ? store_of(context)->id : 0, raw, 0, NULL};
}

uint32_t wasmtime_externref_to_raw(wasmtime_context_t *context, const wasmtime_externref_t *ref)
{
    if (ref->store_id == 0)
        return 0;
    store_check(store_of(context), ref->store_id);
    return ref->__private1;
}
