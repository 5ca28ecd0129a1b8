/* Globals, tags and host functions: the small things of a store. */
#include "rt/rt_int.h"

#include <stdlib.h>

/* VmVal and VmGlobal are both 16 bytes of the same unions; the alignment differs. */
_Static_assert(sizeof(VmVal) == sizeof(VmGlobal), "values and globals are copied whole");

bool rt_global_new(RtStore *store, RtValType type, bool is_mutable, const VmVal *init,
                   RtGlobal **out, Diag *diag)
{
    RtGlobal *g = NULL;
    if (rt_slots_reserve(&store->globals) && posix_memalign((void **)&g, 16, sizeof *g) != 0)
        g = NULL;
    if (!g)
        return diag_oom(diag);
    memset(g, 0, sizeof *g);
    g->value = &g->own;
    g->type = type;
    g->is_mutable = is_mutable;
    g->store = store;
    rt_global_set(g, init);
    g->birth = rt_birth(store);
    g->index = rt_slots_add(&store->globals, g);
    *out = g;
    return true;
}

void rt_global_get(const RtGlobal *g, VmVal *out)
{
    memcpy(out, g->value, sizeof *out);
}

void rt_global_set(RtGlobal *g, const VmVal *value)
{
    /* Generated code reads the part its type has; the rest is kept zero. */
    memset(g->value, 0, sizeof *g->value);
    switch (rt_vm_type(g->store->engine, g->type)) {
    case VM_TYPE_I32:
    case VM_TYPE_F32: g->value->i32 = value->i32; break;
    case VM_TYPE_V128: memcpy(g->value->v128, value->v128, 16); break;
    case VM_TYPE_GCREF: g->value->gcref = value->gcref; break;
    default: g->value->i64 = value->i64; break;
    }
}

bool rt_tag_new(RtStore *store, u32 type, RtTag **out, Diag *diag)
{
    bool has_room = rt_slots_reserve(&store->tags) &&
                    rt_exn_reserve(store, rt_type(store->engine, type)->n_params);
    RtTag *tag = has_room ? calloc(1, sizeof *tag) : NULL;
    if (!tag)
        return diag_oom(diag);
    tag->type = type;
    tag->store = store;
    tag->birth = rt_birth(store);
    tag->index = rt_slots_add(&store->tags, tag);
    *out = tag;
    return true;
}

bool rt_host_func_init(RtEngine *engine, RtHostFunc *func, u32 type,
                       void *(*call)(VmHostFunc *self, VmCtx *caller, VmVal *args_results))
{
    bool is_direct = func->vm.direct && !engine->options.interp;
    RtStubWish wish = {type, is_direct ? RT_STUB_DIRECT : RT_STUB_HOST};
    if (!rt_stubs_make(engine, &wish, 1))
        return false;
    func->vm.call = call;
    func->ref = (VmFuncRef){
        .vmctx = func,
        .cross = is_direct ? rt_type(engine, type)->stubs->direct
                           : rt_stubs_cross(engine, type, true),
        .type_id = type,
        .func_ix = VM_HOST_FUNC_IX,
    };
    return true;
}
