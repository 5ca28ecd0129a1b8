#include "base/bitset.h"
#include "front/front_int.h"
#include "front/gc.h"

/* Function references are pointers; all other references are 32-bit handles. */
IrType front_type(const WasmModule *m, WasmValType type)
{
    switch (type) {
    case WASM_T_I32:
        return IR_I32;
    case WASM_T_I64:
        return IR_I64;
    case WASM_T_F32:
        return IR_F32;
    case WASM_T_F64:
        return IR_F64;
    case WASM_T_V128:
        return IR_V128;
    default:
        break;
    }
    u32 heap = wasm_heap_of(type);
    if (wasm_is_abstract(type))
        return heap == WASM_HEAP_FUNC || heap == WASM_HEAP_NOFUNC ? IR_REF : IR_GCREF;
    return m->types[heap].kind == WASM_TYPE_FUNC ? IR_REF : IR_GCREF;
}

static u8 *type_list(Arena *arena, const WasmModule *m, const WasmValType *types, u32 n)
{
    u8 *list = arena_array_raw(arena, u8, n);
    for (u32 i = 0; i < n; i++)
        list[i] = (u8)front_type(m, types[i]);
    return list;
}

static void make_sigs(FrontModule *fm, Arena *arena)
{
    const WasmModule *m = fm->m;
    fm->sigs = arena_array(arena, IrSig, m->n_types);
    for (u32 t = 0; t < m->n_types; t++) {
        if (m->types[t].kind != WASM_TYPE_FUNC)
            continue;
        const WasmFuncType *type = &m->types[t].func;
        fm->sigs[t] = (IrSig){
            .params = type_list(arena, m, type->params, type->n_params),
            .results = type_list(arena, m, type->results, type->n_results),
            .nparams = type->n_params,
            .nresults = type->n_results,
        };
    }
    fm->func_sig = arena_array_raw(arena, u32, m->n_funcs);
    fm->funcref_at = arena_array_raw(arena, u32, m->n_funcs);
    u32 rank = 0;
    for (u32 f = 0; f < m->n_funcs; f++) {
        fm->func_sig[f] = m->funcs[f].type;
        bool is_own_value = f >= m->n_imported_funcs && bitset_has(m->func_escapes, f);
        fm->funcref_at[f] = is_own_value ? rank++ : WASM_NONE;
    }
}

bool front_module_init(FrontModule *fm, Arena *arena, const WasmModule *m, const VmCounts *counts,
                       const FrontOptions *options, Diag *diag)
{
    *fm = (FrontModule){.m = m, .options = *options};
    bool fits;
    fm->layout = vm_layout(counts, &fits);
    if (!fits)
        return diag_fail(diag, DIAG_NO_OFFSET, "module has too many items for one instance");
    if (m->code_end >= IR_PLACE) /* the highest bit of an offset says that it is none */
        return diag_fail(diag, m->code_start, "module too large: its code ends behind 2 GiB");
    make_sigs(fm, arena);
    gc_module_init(fm, arena);
    inline_module_init(fm, arena);
    if (!sealed_module_init(fm, arena, diag))
        return false;
    for (u32 i = 0; i < m->n_memories; i++)
        fm->has_shared_memory |= m->memories[i].limits.is_shared;
    fm->global_shared = bitset_new(arena, (size_t)m->n_globals + 1);
    for (u32 g = 0; g < m->n_imported_globals; g++)
        bitset_add(fm->global_shared, g);
    for (u32 e = 0; e < m->n_exports; e++)
        if (m->exports[e].kind == WASM_KIND_GLOBAL)
            bitset_add(fm->global_shared, m->exports[e].index);
    return true;
}
