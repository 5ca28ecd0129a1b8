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
    out->funcref = func_of(store, func);
    if (!out->funcref)
        return false;
    rt_take_func(out->funcref);
    return rt_is_subtype(store->engine, WASM_REF | out->funcref->type_id, type);
}

/* ---- roots ---- */

/* All kinds of root have one layout: as this one. */
static RtHandle handle_of(const wasmtime_anyref_t *ref)
{
    return (RtHandle){ref->__private1, ref->__private2, ref->__private3};
}

bool root_find(const RtStore *store, const void *root, u32 *raw)
{
    const wasmtime_anyref_t *ref = root;
    *raw = 0;
    if (!ref || ref->store_id == 0)
        return true;
    RtHandle handle = handle_of(ref);
    return ref->store_id == store->id && rt_handle_ref(store, &handle, raw);
}

#define WRONG_STORE "value used with wrong store, or after it was unrooted"
wasmtime_error_t *error_wrong_store(void) { return error_format(WRONG_STORE); }

u32 root_to_raw(const RtStore *store, const void *root)
{
    u32 raw;
    if (!root_find(store, root, &raw))
        bad_handle("reference");
    return raw;
}

void root_from_raw(RtStore *store, u32 raw, void *root)
{
    RtHandle handle;
    wasmtime_anyref_t *ref = root;
    /* The ABI has no room for an error: a null reference is what callers can see. */
    bool is_ok = raw && rt_handle_new(store, raw, &handle);
    *ref = is_ok ? (wasmtime_anyref_t){store->id, handle.index, handle.generation, handle.life}
                 : (wasmtime_anyref_t){0};
}

void root_clone(const void *root, void *out)
{
    const wasmtime_anyref_t *ref = root;
    wasmtime_anyref_t copy = ref ? *ref : (wasmtime_anyref_t){0};
    if (copy.store_id) {
        RtHandle handle = handle_of(&copy);
        rt_handle_retain(&handle);
    }
    memcpy(out, &copy, sizeof copy);
}

void root_release(void *root)
{
    wasmtime_anyref_t *ref = root;
    if (!ref || !ref->store_id)
        return;
    RtHandle handle = handle_of(ref);
    rt_handle_release(&handle);
    ref->store_id = 0;
}

static bool ref_to_vm(const RtStore *store, const wasmtime_val_t *val, RtValType type, VmVal *out)
{
    out->i64 = 0;
    if (!root_find(store, &val->of.anyref, &out->gcref))
        return false;
    return out->gcref ? rt_is_ref_of(store, out->gcref, type) : wasm_is_nullable(type);
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
    return ref_to_vm(store, val, type, out);
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
        out->of.funcref = func_handle(store, vm->funcref);
    else
        root_from_raw(store, vm->gcref, &out->of.anyref);
}

/* ---- values that do not fit ---- */

static bool is_root(const wasmtime_val_t *val)
{
    return val->kind == WASMTIME_EXTERNREF || val->kind == WASMTIME_ANYREF ||
           val->kind == WASMTIME_EXNREF;
}

/* Without the shorthands of references that may be null. */
static void print_type(const RtEngine *engine, StrBuf *out, RtValType type)
{
    char name[WASM_TYPE_NAME_MAX];
    if (wasm_is_ref(type) && wasm_is_abstract(type) && wasm_is_nullable(type))
        sb_printf(out, "(ref null %s",
                  wasm_type_name(name, type & ~WASM_NULLABLE) + sizeof "(ref" /* and a blank */);
    else
        rt_print_val_type(engine, out, type);
}

/* The narrowest type of a value, which is in the store. */
static RtValType type_of_val(const RtStore *store, const wasmtime_val_t *val, u32 raw)
{
    static const RtValType plain[] = {WASM_T_I32, WASM_T_I64, WASM_T_F32, WASM_T_F64, WASM_T_V128};
    static const u8 nulls[] = {WASM_HEAP_NOFUNC, WASM_HEAP_NOEXTERN, WASM_HEAP_NONE,
                               WASM_HEAP_NOEXN};
    if (val->kind < ARRAY_LEN(plain))
        return plain[val->kind];
    if (val->of.anyref.store_id == 0)
        return WASM_REF | WASM_ABSTRACT | WASM_NULLABLE | nulls[val->kind - WASMTIME_FUNCREF];
    if (val->kind == WASMTIME_FUNCREF)
        return WASM_REF | func_of(store, &val->of.funcref)->type_id;
    if (val->kind != WASMTIME_ANYREF)
        return val->kind == WASMTIME_EXNREF ? WASM_REF | WASM_ABSTRACT | WASM_HEAP_EXN
                                            : WASM_T_EXTERNREF;
    u32 type = rt_is_i31(raw) ? RT_NO_TYPE : rt_object_type(store, raw);
    if (type != RT_NO_TYPE)
        return WASM_REF | type;
    return WASM_REF | WASM_ABSTRACT | (rt_is_i31(raw) ? WASM_HEAP_I31 : WASM_HEAP_ANY);
}

wasmtime_error_t *val_is_wrong(const RtStore *store, wasmtime_error_t *error, RtValType expected,
                               const wasmtime_val_t *found)
{
    u32 raw = 0;
    if (found->kind > WASMTIME_EXNREF)
        return error_because(error, "there is no value of kind %u", found->kind);
    bool is_func = found->kind == WASMTIME_FUNCREF && found->of.funcref.store_id;
    if (is_func && found->of.funcref.store_id == store->id &&
        !func_of(store, &found->of.funcref))
        return error_because(error, "function used after its instance was deleted");
    if (is_func ? !func_of(store, &found->of.funcref)
                : is_root(found) && !root_find(store, &found->of.anyref, &raw))
        return error_because(error, WRONG_STORE);
    StrBuf text = {0};
    sb_puts(&text, "type mismatch: expected ");
    print_type(store->engine, &text, expected);
    sb_puts(&text, ", found ");
    print_type(store->engine, &text, type_of_val(store, found, raw));
    error = error_because(error, "%s", sb_str(&text));
    sb_free(&text);
    return error;
}

/* ---- values of the embedder ---- */

void wasmtime_val_unroot(wasmtime_val_t *val)
{
    if (is_root(val))
        root_release(&val->of.anyref);
}

void wasmtime_val_clone(const wasmtime_val_t *src, wasmtime_val_t *dst)
{
    *dst = *src;
    if (is_root(src))
        root_clone(&src->of.anyref, &dst->of.anyref);
}

/* ---- references to host objects ---- */

bool wasmtime_externref_new(wasmtime_context_t *context, void *data, void (*finalizer)(void *),
                            wasmtime_externref_t *out)
{
    u32 ref;
    if (!rt_externref_new(store_of(context), data, finalizer, &ref)) {
        if (finalizer)
            finalizer(data);
        return false;
    }
    root_from_raw(store_of(context), ref, out);
    return out->store_id != 0;
}

void *wasmtime_externref_data(wasmtime_context_t *context, const wasmtime_externref_t *ref)
{
    void *data = NULL;
    u32 raw = root_to_raw(store_of(context), ref);
    return rt_externref_data(store_of(context), raw, &data) ? data : NULL;
}
