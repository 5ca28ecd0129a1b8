/* The objects of wasm.h: reference-counted handles to things of a store. */
#include "api/api_int.h"

#include <stdlib.h>

/* What every reference is: an item of a store. */
struct wasm_extern_t {
    RtStore *store;
    RtExtern item;
};

struct wasm_ref_t {
    wasm_extern_t as_extern;
};

static wasm_extern_t *new_extern(RtStore *store, const RtExtern *item)
{
    wasm_extern_t *e = malloc(sizeof *e);
    if (e)
        *e = (wasm_extern_t){store, *item};
    return e;
}

wasm_extern_t *wasm_extern_copy(const wasm_extern_t *e) { return new_extern(e->store, &e->item); }
void wasm_extern_delete(wasm_extern_t *e) { free(e); }

wasm_ref_t *wasm_ref_copy(const wasm_ref_t *ref)
{
    return (wasm_ref_t *)wasm_extern_copy(&ref->as_extern);
}

void wasm_ref_delete(wasm_ref_t *ref) { free(ref); }

static bool is_ref(const wasm_val_t *val) { return wasm_valkind_is_ref(val->kind); }

void wasm_val_delete(wasm_val_t *val)
{
    if (is_ref(val))
        wasm_ref_delete(val->of.ref);
}

void wasm_val_copy(wasm_val_t *out, const wasm_val_t *val)
{
    *out = *val;
    if (is_ref(val) && val->of.ref)
        out->of.ref = wasm_ref_copy(val->of.ref);
}
