/* Modules: an artifact's code made runnable, and everything about it that all instances share.
 *
 * The artifact may come from a file that anybody wrote. obj_load has checked its tables,
 * wasm_decode validates the module in it; here the two are held against each other and against the
 * engine. (Machine code itself is believed: whoever may hand us code may run code. Bodies to be
 * interpreted are validated again.)
 *
 * A context template holds all that is the same in every instance: type ids, function records but
 * for their context, constant initial values of globals. Making an instance copies it and fills in
 * what is the instance's own.
 */
#include "rt/rt_int.h"

#include <stdlib.h>

#include "base/hash.h"

typedef struct RtExportSlot {
    u64 hash;
    u32 export; /* WASM_NONE: free */
} RtExportSlot;

/* ---- exports by name ---- */

const WasmExport *rt_module_export(const RtModule *m, const char *name, size_t len)
{
    u64 hash = hash_bytes_keyed(name, len, m->export_key);
    u32 slot = (u32)hash & m->export_mask;
    for (; m->export_slots[slot].export != WASM_NONE; slot = (slot + 1) & m->export_mask) {
        const WasmExport *e = &m->wasm->exports[m->export_slots[slot].export];
        if (m->export_slots[slot].hash == hash && e->name.len == len &&
            (len == 0 || memcmp(e->name.at, name, len) == 0))
            return e;
    }
    return NULL;
}

static bool index_exports(RtModule *m)
{
    u32 n = m->wasm->n_exports, slots = 4;
    while (slots < 2 * n)
        slots *= 2;
    RtExportSlot *table = arena_array_raw(&m->arena, RtExportSlot, slots);
    if (!table)
        return false;
    for (u32 i = 0; i < slots; i++)
        table[i].export = WASM_NONE;
    m->export_slots = table;
    m->export_mask = slots - 1;
    m->export_key = os_random_u64();
    for (u32 i = 0; i < n; i++) {
        WasmStr name = m->wasm->exports[i].name;
        u64 hash = hash_bytes_keyed(name.at, name.len, m->export_key);
        u32 slot = (u32)hash & m->export_mask;
        while (table[slot].export != WASM_NONE)
            slot = (slot + 1) & m->export_mask;
        table[slot] = (RtExportSlot){hash, i};
    }
    const WasmExport *memory = rt_module_export(m, "memory", 6);
    bool is_memory = memory && memory->kind == WASM_KIND_MEMORY;
    m->memory_export = is_memory ? memory->index : WASM_NONE;
    return true;
}

/* ---- checks ---- */

/* Code that relies on what this engine does not provide would break the sandbox. The caller has
 * compared keys; this is the second lock on that door. */
static bool check_flags(const RtEngine *engine, const ObjKey *key, Diag *diag)
{
    const RtOptions *o = &engine->options;
    const char *what = NULL;
    if (key->abi_version != VM_ABI_VERSION)
        what = "another version of Stint";
    else if (!(key->flags & OBJ_INTERPRETED) != !o->interp)
        what = o->interp ? "a processor, not an interpreter" : "an interpreter";
    else if (o->interp)
        return true;
    else if (!(key->flags & OBJ_STACK_CHECK))
        what = "stacks of its own";
    else if ((key->flags & OBJ_SIGNAL_TRAPS) && !o->signals)
        what = "an engine with signal handlers";
    else if ((key->flags & OBJ_GS) && !o->gs)
        what = "an engine that uses the gs register";
    else if (!(key->flags & OBJ_EXPLICIT_BOUNDS) && o->explicit_bounds)
        what = "an engine with guard regions";
    if (!what)
        return true;
    return diag_fail(diag, DIAG_NO_OFFSET, "the module was compiled for %s", what);
}

static bool check_image(const RtModule *m, Diag *diag)
{
    const ObjImage *image = &m->image;
    u32 defined = m->wasm->n_funcs - m->wasm->n_imported_funcs;
    if (image->header->nfuncs != defined)
        return diag_fail(diag, DIAG_NO_OFFSET,
                         "damaged artifact: code of %u functions where the module has %u",
                         image->header->nfuncs, defined);
    if (m->engine->options.interp)
        return true;
    for (u32 i = 0; i < defined; i++)
        if (image->entries[i] >= image->entries[defined])
            return diag_fail(diag, DIAG_NO_OFFSET, "damaged artifact: function %u has no code", i);
    return true;
}

/* ---- making ---- */

static bool map_text(RtModule *m)
{
    size_t len = m->image.header->text.len;
    m->text_bytes = os_page_align(len);
    if (!len)
        return true;
    m->text = os_map(m->text_bytes, OS_READ_WRITE);
    if (!m->text)
        return false;
    memcpy(m->text, m->image.text, len);
    os_code_written(m->text, len);
    return os_protect(m->text, m->text_bytes, OS_READ_EXEC);
}

/* The counterpart for an interpreted engine. */
static bool prepare_bodies(RtModule *m, Diag *diag)
{
    const RtInterp *interp = m->engine->options.interp;
    if (!interp)
        return true;
    m->interp_codes =
        arena_array(&m->arena, void *, m->wasm->n_funcs - m->wasm->n_imported_funcs + 1);
    return m->interp_codes ? interp->prepare(m, m->interp_codes, diag) : diag_oom(diag);
}

/* Stubs for what will surely be called: exported functions from the host, imported ones from guest
 * code, escaping ones from other instances. */
static bool make_stubs(RtModule *m)
{
    const WasmModule *wasm = m->wasm;
    u32 n = 0;
    RtStubWish *wishes = malloc((wasm->n_exports + (size_t)wasm->n_funcs + 1) * sizeof *wishes);
    if (!wishes)
        return false;
    for (u32 i = 0; i < wasm->n_exports; i++)
        if (wasm->exports[i].kind == WASM_KIND_FUNC)
            wishes[n++] = (RtStubWish){m->type_ids[wasm->funcs[wasm->exports[i].index].type],
                                       RT_STUB_ENTRY};
    for (u32 i = 0; i < wasm->n_funcs; i++) {
        u32 which = i < wasm->n_imported_funcs          ? RT_STUB_HOST
                    : rt_bit(wasm->func_escapes, i) ? RT_STUB_CROSS
                                                    : 0;
        if (which)
            wishes[n++] = (RtStubWish){m->type_ids[wasm->funcs[i].type], which};
    }
    if (wasm->start_func != WASM_NONE)
        wishes[n++] = (RtStubWish){m->type_ids[wasm->funcs[wasm->start_func].type], RT_STUB_ENTRY};
    bool ok = rt_stubs_make(m->engine, wishes, n);
    free(wishes);
    return ok;
}

/* The value of an expression that is one constant. */
static bool is_plain_const(const WasmConstExpr *e, VmGlobal *out)
{
    if (e->n_ops != 1)
        return false;
    switch (e->ops[0].op) {
    case WASM_OP_I32_CONST:
    case WASM_OP_F32_CONST: out->i32 = (u32)e->ops[0].lo; return true;
    case WASM_OP_I64_CONST:
    case WASM_OP_F64_CONST: out->i64 = e->ops[0].lo; return true;
    case WASM_OP_V128_CONST:
        store_u64(out->v128, e->ops[0].lo);
        store_u64(out->v128 + 8, e->ops[0].hi);
        return true;
    case WASM_OP_REF_NULL: out->i64 = 0; return true;
    default: return false;
    }
}

static bool template_globals(RtModule *m, VmGlobal *globals)
{
    const WasmModule *wasm = m->wasm;
    u32 *late = arena_array_raw(&m->arena, u32, m->counts.defined_globals);
    if (!late)
        return false;
    for (u32 i = 0; i < m->counts.defined_globals; i++)
        if (!is_plain_const(&wasm->globals[wasm->n_imported_globals + i].init, &globals[i]))
            late[m->n_late_globals++] = i;
    m->late_globals = late;
    return true;
}

/* May code of the module come by an object? It would have to be given one, or to make it: the types
 * of the module tell. */
static bool can_hold_refs(const RtModule *m, WasmValType t)
{
    return rt_vm_type(m->engine, rt_val_type(m, t)) == VM_TYPE_GCREF;
}

static bool type_uses_heap(const RtModule *m, const WasmType *type)
{
    bool uses = type->kind != WASM_TYPE_FUNC;
    for (u32 i = 0; !uses && i < type->func.n_params; i++)
        uses = can_hold_refs(m, type->func.params[i]);
    for (u32 i = 0; !uses && i < type->func.n_results; i++)
        uses = can_hold_refs(m, type->func.results[i]);
    return uses;
}

/* References to functions can only leave by what has a type that holds them. */
static void find_leaks(RtModule *m)
{
    const WasmModule *wasm = m->wasm;
    for (u32 i = 0; i < wasm->n_types; i++) {
        const RtType *type = rt_type(m->engine, m->type_ids[i]);
        m->gives_funcs |= type->takes_funcs || type->gives_funcs;
        for (u32 k = 0; type->kind != WASM_TYPE_FUNC && k < type->n_fields; k++)
            m->gives_funcs |= rt_is_func_ref(m->engine, type->fields[k].type);
    }
    for (u32 i = 0; i < wasm->n_imports + wasm->n_exports; i++) {
        bool is_import = i < wasm->n_imports;
        u32 kind = is_import ? wasm->imports[i].kind : wasm->exports[i - wasm->n_imports].kind;
        u32 index = is_import ? wasm->imports[i].index : wasm->exports[i - wasm->n_imports].index;
        if (kind == WASM_KIND_TABLE || kind == WASM_KIND_GLOBAL)
            m->gives_funcs |= rt_is_func_ref(
                m->engine, rt_val_type(m, kind == WASM_KIND_TABLE ? wasm->tables[index].type
                                                                  : wasm->globals[index].type));
    }
}

static bool find_refs(RtModule *m)
{
    const WasmModule *wasm = m->wasm;
    u32 *globals = arena_array_raw(&m->arena, u32, m->counts.defined_globals);
    if (!globals)
        return false;
    for (u32 i = 0; i < wasm->n_globals; i++) {
        if (!can_hold_refs(m, wasm->globals[i].type))
            continue;
        m->uses_heap = true;
        if (i >= wasm->n_imported_globals)
            globals[m->n_ref_globals++] = i - wasm->n_imported_globals;
    }
    m->ref_globals = globals;
    find_leaks(m);
    for (u32 i = 0; i < wasm->n_tables; i++)
        m->uses_heap |= can_hold_refs(m, wasm->tables[i].type);
    for (u32 i = 0; i < wasm->n_types; i++)
        m->uses_heap |= type_uses_heap(m, &wasm->types[i]);
    return true;
}

static void template_funcs(RtModule *m, VmFuncRef *refs, u32 *funcref_of)
{
    const WasmModule *wasm = m->wasm;
    u32 n = 0, defined = wasm->n_funcs - wasm->n_imported_funcs;
    for (u32 i = 0; i < defined; i++) {
        u32 func = wasm->n_imported_funcs + i;
        funcref_of[i] = UINT32_MAX;
        if (!rt_bit(wasm->func_escapes, func))
            continue;
        u32 type = m->type_ids[wasm->funcs[func].type];
        funcref_of[i] = n;
        refs[n++] = (VmFuncRef){
            .code = rt_func_code(m, i),
            .cross = rt_stubs_cross(m->engine, type, false),
            .type_id = type,
            .func_ix = func,
        };
    }
    m->funcref_of = funcref_of;
}

/* Entry points and signatures of the elements of a sealed table (vmabi.h). */
static u8 *seal(RtModule *m, const u32 *funcs, u32 len)
{
    const WasmModule *wasm = m->wasm;
    u8 *sealed = arena_calloc(&m->arena, VM_SEALED_BYTES(len), 1, 16);
    for (u32 i = 0; sealed && i < len; i++) {
        if (funcs[i] == WASM_NONE)
            continue;
        void *code = rt_func_code(m, funcs[i] - wasm->n_imported_funcs);
        u32 sig = wasm->types[wasm->funcs[funcs[i]].type].canon + 1;
        memcpy(sealed + (size_t)i * sizeof code, &code, sizeof code);
        store_u32(sealed + VM_SEALED_SIGS(len) + (size_t)i * sizeof sig, sig);
    }
    return sealed;
}

static bool template_sealed(RtModule *m, void **sealed, Diag *diag)
{
    for (u32 i = 0; i < m->image.nsealed; i++) {
        u32 table = m->image.sealed[i];
        bool exists = table < m->wasm->n_tables;
        const u32 *funcs = exists ? wasm_sealed_contents(&m->arena, m->wasm, table) : NULL;
        if (!funcs)
            return diag_fail(diag, DIAG_NO_OFFSET, "damaged artifact: table %u is not sealed",
                             table);
        sealed[table] = seal(m, funcs, (u32)m->wasm->tables[table].limits.min);
        if (!sealed[table])
            return diag_oom(diag);
    }
    return true;
}

static bool make_template(RtModule *m, Diag *diag)
{
    bool fits;
    m->counts = obj_vm_counts(m->wasm);
    m->layout = vm_layout(&m->counts, &fits);
    if (!fits)
        return diag_fail(diag, DIAG_NO_OFFSET, "an instance of the module would be over 2 GiB");
    u8 *ctx = arena_calloc(&m->arena, m->layout.size, 1, 16);
    u32 defined = m->wasm->n_funcs - m->wasm->n_imported_funcs;
    u32 *funcref_of = arena_array_raw(&m->arena, u32, defined);
    if (!ctx || !funcref_of)
        return diag_oom(diag);
    VmCtx *head = (VmCtx *)(void *)ctx;
    head->epoch = &m->engine->epoch;
    head->libcalls = (void *const *)m->engine->stubs.libcalls;
    if (m->counts.types)
        memcpy(ctx + m->layout.type_ids, m->type_ids, m->counts.types * sizeof(u32));
    template_funcs(m, (VmFuncRef *)(void *)(ctx + m->layout.funcrefs), funcref_of);
    if (!template_sealed(m, (void **)(void *)(ctx + m->layout.sealed), diag))
        return false;
    if (!template_globals(m, (VmGlobal *)(void *)(ctx + m->layout.globals)) || !find_refs(m))
        return diag_oom(diag);
    m->ctx_template = ctx;
    return true;
}

static bool load(RtModule *m, Diag *diag)
{
    if (!obj_load(m->artifact.bytes, m->artifact.len, &m->image, diag) ||
        !check_flags(m->engine, &m->image.header->key, diag))
        return false;
    WasmFeatures features = {(u32)m->image.header->key.wasm_features & wasm_features_all().bits};
    WasmModule *wasm;
    if (!wasm_decode(&m->arena, m->image.module, m->image.module_len, &features, &wasm, diag))
        return false;
    m->wasm = wasm;
    if (!check_image(m, diag))
        return false;
    u32 *ids = arena_array_raw(&m->arena, u32, wasm->n_types);
    if (!ids || !rt_types_of_module(m->engine, wasm, ids))
        return diag_oom(diag);
    m->type_ids = ids;
    if (!map_text(m) || !make_stubs(m))
        return diag_oom(diag);
    if (!prepare_bodies(m, diag) || !make_template(m, diag))
        return false;
    return (index_exports(m) && (!m->text || rt_code_add(m))) || diag_oom(diag);
}

static void module_free(RtModule *m)
{
    if (m->text)
        os_unmap(m->text, m->text_bytes);
    arena_free(&m->arena);
    rt_engine_release(m->engine);
    free(m);
}

bool rt_module_new(RtEngine *engine, RtArtifact artifact, RtModule **out, Diag *diag)
{
    RtModule *m = calloc(1, sizeof *m);
    if (!m)
        return diag_oom(diag);
    m->refs = 1;
    m->engine = rt_engine_retain(engine);
    m->artifact = artifact;
    arena_init(&m->arena, NULL);
    if (!load(m, diag)) {
        module_free(m);
        return false;
    }
    if (engine->options.perf_map)
        rt_module_write_perf_map(m); /* a profile without names is better than no run */
    *out = m;
    return true;
}

RtModule *rt_module_retain(RtModule *m)
{
    __atomic_fetch_add(&m->refs, 1, __ATOMIC_RELAXED);
    return m;
}

void rt_module_release(RtModule *m)
{
    if (!m || __atomic_fetch_sub(&m->refs, 1, __ATOMIC_ACQ_REL) != 1)
        return;
    RtArtifact artifact = m->artifact;
    rt_code_remove(m);
    module_free(m);
    if (artifact.release)
        artifact.release(artifact.bytes, artifact.len);
}
