/* Artifacts without code, and what is noted of each function before it runs. */
#include "interp/interp_int.h"

#include <stdlib.h>

/* ---- artifacts ---- */

ObjKey interp_key(const InterpOptions *o)
{
    return (ObjKey){
        .format_version = OBJ_FORMAT_VERSION,
        .abi_version = VM_ABI_VERSION,
        .flags = OBJ_INTERPRETED | (o->epoch ? OBJ_EPOCH : 0u) | (o->fuel ? OBJ_FUEL : 0u) |
                 (o->nan_canonicalization ? OBJ_CANONICAL_NANS : 0u),
        .wasm_features = o->wasm_features.bits,
    };
}

static bool wrap(const WasmModule *m, const InterpOptions *options, u8 **artifact,
                 size_t *artifact_len, Diag *diag)
{
    u32 nfuncs = m->n_funcs - m->n_imported_funcs;
    u32 *entries = calloc((size_t)nfuncs + 1, sizeof *entries); /* there is no text to point to */
    if (!entries)
        return diag_oom(diag);
    ObjParts parts = {
        .key = interp_key(options),
        .entries = entries,
        .nfuncs = nfuncs,
        .module = m->bytes,
        .module_len = m->size,
    };
    bool is_ok = obj_build(&parts, artifact, artifact_len, diag);
    free(entries);
    return is_ok;
}

bool interp_build(const u8 *bytes, size_t len, const InterpOptions *options, u8 **artifact,
                  size_t *artifact_len, Diag *diag)
{
    Arena arena;
    WasmModule *m;
    arena_init(&arena, NULL);
    bool is_ok = wasm_decode(&arena, bytes, len, &options->wasm_features, &m, diag) &&
                 wasm_validate_all(m, diag) && wrap(m, options, artifact, artifact_len, diag);
    arena_free(&arena);
    return is_ok;
}

/* ---- side tables ---- */

/* How deep the constructs nest. */
static u32 count_labels(const WasmBodyInfo *info)
{
    u32 deepest = 0, depth = 0, inner = WASM_NONE; /* the innermost open one */
    for (u32 i = 0; i < info->n_constructs; i++) {
        for (; inner != info->constructs[i].parent; inner = info->constructs[inner].parent)
            depth--;
        inner = i;
        deepest = MAX(deepest, ++depth);
    }
    return deepest;
}

static Construct *copy_constructs(Arena *arena, const WasmModule *m, const WasmBodyInfo *info)
{
    Construct *to = arena_array_raw(arena, Construct, (size_t)info->n_constructs + 1);
    for (u32 i = 0; to && i < info->n_constructs; i++) {
        const WasmConstruct *c = &info->constructs[i];
        WasmFuncType sig = wasm_block_sig(m, &c->type);
        to[i] = (Construct){
            .start = c->start,
            .else_at = c->else_at,
            .end = c->end,
            .n_params = sig.n_params,
            .n_results = sig.n_results,
            .kind = c->kind,
        };
    }
    return to;
}

static InterpFunc *prepare_func(RtModule *module, WasmValidator *validator, u32 index, Diag *diag)
{
    const WasmModule *m = module->wasm;
    WasmBodyInfo info;
    if (!wasm_validate_func(validator, m, index, &info, diag))
        return NULL;
    InterpFunc *func = arena_new(&module->arena, InterpFunc);
    const Construct *constructs = copy_constructs(&module->arena, m, &info);
    if (!func || !constructs) {
        diag_oom(diag);
        return NULL;
    }
    *func = (InterpFunc){
        .module = module,
        .index = index,
        .code_start = info.code_start,
        .code_end = info.code_end,
        .type = rt_type(module->engine, module->type_ids[m->funcs[index].type]),
        .n_locals = info.n_locals,
        .max_height = MAX(info.max_height, info.type->n_results),
        .max_labels = count_labels(&info),
        .n_constructs = info.n_constructs,
        .constructs = constructs,
    };
    return func;
}

static bool prepare(RtModule *module, void **codes, Diag *diag)
{
    const WasmModule *m = module->wasm;
    WasmValidator *validator = wasm_validator_new();
    if (!validator)
        return diag_oom(diag);
    bool is_ok = true;
    for (u32 i = 0; is_ok && i < m->n_funcs - m->n_imported_funcs; i++) {
        codes[i] = prepare_func(module, validator, m->n_imported_funcs + i, diag);
        is_ok = codes[i] != NULL;
    }
    wasm_validator_free(validator);
    return is_ok;
}

static u32 backtrace(const void *state, RtFrame *frames, u32 max)
{
    const Interp *in = state;
    u32 n = 0;
    for (u32 i = in->depth; i-- > 0 && n < max;) {
        const Frame *frame = &in->frames[i];
        const InterpFunc *func = frame->func;
        frames[n++] = (RtFrame){
            .module = func->module,
            .ctx = frame->instance->ctx,
            .func = func->index,
            .module_off = frame->op_at,
            .func_off = frame->op_at - wasm_func_body(func->module->wasm, func->index)->start,
        };
    }
    return n;
}

static bool runs(const void *state, const RtInstance *instance)
{
    const Interp *in = state;
    for (u32 i = 0; i < in->depth; i++)
        if (in->frames[i].instance == instance)
            return true;
    return false;
}

static void visit_roots(void *state, RtVisit visit, void *ctx)
{
    Interp *in = state;
    for (u32 i = 0; i < in->top; i++)
        if (in->slots[i].is_gcref)
            visit(ctx, &in->slots[i].v.gcref);
    for (u32 i = 0; i < in->n_labels; i++)
        visit(ctx, &in->labels[i].exn);
}

const RtInterp interp_machine = {
    .enter = interp_enter,
    .prepare = prepare,
    .backtrace = backtrace,
    .runs = runs,
    .visit_roots = visit_roots,
    .free_state = interp_free,
};
