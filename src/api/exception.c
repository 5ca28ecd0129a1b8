/* Exceptions as the host sees them. */
#include "api/val.h"

#include <stdlib.h>

/* Handles are plain structs that embedders can damage: what they name is checked. */
static const RtTag *tag_named(const RtStore *store, u32 ref)
{
    const RtTag *tag = rt_exn_tag(store, ref);
    check(tag != NULL);
    return tag;
}

typedef struct Exn {
    u32 ref;
    const RtTag *tag;
    const RtType *type;
} Exn;

static wasmtime_error_t *find(const RtStore *store, const wasmtime_exnref_t *root, Exn *out)
{
    *out = (Exn){0};
    if (!root_find(store, root, &out->ref))
        return error_wrong_store();
    if (!out->ref)
        return error_format("exnref is null");
    out->tag = tag_named(store, out->ref);
    out->type = rt_type(store->engine, out->tag->type);
    return NULL;
}

wasmtime_exn_type_t *wasmtime_exnref_type(wasmtime_context_t *context,
                                          const wasmtime_exnref_t *exn)
{
    RtStore *store = store_of(context);
    u32 ref = root_to_raw(store, exn);
    return ref ? types_exn(store->engine, tag_named(store, ref)->type) : NULL;
}

/* ---- objects ---- */

static wasmtime_error_t *make(RtStore *store, const RtTag *tag, const RtType *type,
                              const wasmtime_val_t *fields, VmVal *values, wasmtime_exnref_t *exn)
{
    u32 ref;
    for (u32 i = 0; i < type->n_params; i++)
        if (!val_to_vm(store, &fields[i], type->params[i], &values[i]))
            return val_is_wrong(store, error_format("field type mismatch"), type->params[i],
                                &fields[i]);
    if (!rt_exn_new(store, tag, values, &ref))
        return error_format("%s", RT_HEAP_IS_FULL);
    root_from_raw(store, ref, exn);
    return exn->store_id ? NULL : error_oom();
}

wasmtime_error_t *wasmtime_exnref_new(wasmtime_context_t *context, const wasmtime_tag_t *handle,
                                      const wasmtime_val_t *fields, size_t n,
                                      wasmtime_exnref_t *exn)
{
    RtStore *store = store_of(context);
    const RtTag *tag = tag_of(store, handle);
    if (!tag)
        return error_bad_handle("tag");
    const RtType *type = rt_type(store->engine, tag->type);
    if (n != type->n_params)
        return error_format("expected %u fields, got %zu", type->n_params, n);
    VmVal *values = calloc(n + 1, sizeof *values);
    if (!values)
        return error_oom();
    wasmtime_error_t *error = make(store, tag, type, fields, values, exn);
    free(values);
    return error;
}

wasmtime_error_t *wasmtime_exnref_tag(wasmtime_context_t *context, const wasmtime_exnref_t *exn,
                                      wasmtime_tag_t *out)
{
    Exn at;
    wasmtime_extern_t item;
    RtStore *store = store_of(context);
    wasmtime_error_t *error = find(store, exn, &at);
    if (error)
        return error;
    /* The store made the tag, so that it may be handed out to be changed. */
    RtTag *found = (RtTag *)(uintptr_t)at.tag;
    extern_from_rt(store, &(RtExtern){.kind = WASM_KIND_TAG, .tag = found}, &item);
    *out = item.of.tag;
    return NULL;
}

size_t wasmtime_exnref_field_count(wasmtime_context_t *context, const wasmtime_exnref_t *exn)
{
    RtStore *store = store_of(context);
    u32 ref = root_to_raw(store, exn);
    return ref ? rt_type(store->engine, tag_named(store, ref)->type)->n_params : 0;
}

wasmtime_error_t *wasmtime_exnref_field(wasmtime_context_t *context, const wasmtime_exnref_t *exn,
                                        size_t index, wasmtime_val_t *val)
{
    Exn at;
    RtStore *store = store_of(context);
    wasmtime_error_t *error = find(store, exn, &at);
    if (error)
        return error;
    if (index >= at.type->n_params)
        return error_format("cannot access field %zu: exn only has %u fields", index,
                            at.type->n_params);
    val_from_vm(store, &rt_exn_values(store, at.ref)[index], at.type->params[index], val);
    return NULL;
}

/* ---- the pending exception ---- */

wasm_trap_t *wasmtime_context_set_exception(wasmtime_context_t *context,
                                            const wasmtime_exnref_t *exn)
{
    RtStore *store = store_of(context);
    u32 ref = root_to_raw(store, exn);
    if (!ref)
        return trap_from_error(error_format("exnref is null"));
    (void)tag_named(store, ref);
    store->pending_exn = ref;
    wasm_trap_t *trap = trap_of_exception();
    return trap ? trap : trap_oom();
}

bool wasmtime_context_take_exception(wasmtime_context_t *context, wasmtime_exnref_t *exn)
{
    RtStore *store = store_of(context);
    root_from_raw(store, store->pending_exn, exn);
    store->pending_exn = 0;
    return exn->store_id != 0;
}

bool wasmtime_context_has_exception(wasmtime_context_t *context)
{
    return store_of(context)->pending_exn != 0;
}
