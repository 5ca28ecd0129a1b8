/* Which tables are sealed, and what a call through them may meet. */
#include "base/bitset.h"
#include "front/front_int.h"

/* Tables that have their targets by type listed take so many entries of these lists at most. */
#define MAX_TARGETS (1u << 20)

static FrontTargets *list_targets(const WasmModule *m, Arena *arena, const u32 *funcs, u32 len)
{
    FrontTargets *targets = arena_array_raw(arena, FrontTargets, m->n_types);
    for (u32 t = 0; t < m->n_types; t++)
        targets[t] = (FrontTargets){.func = WASM_NONE};
    for (u32 i = 0; i < len; i++) {
        if (funcs[i] == WASM_NONE)
            continue;
        u32 type = m->types[m->funcs[funcs[i]].type].canon;
        FrontTargets *exact = &targets[type];
        bool is_first = exact->func == WASM_NONE, is_same = exact->func == funcs[i];
        exact->func = is_first || is_same ? funcs[i] : FRONT_SEVERAL;
        for (u32 up = m->types[type].super; is_first && up != WASM_NONE; up = m->types[up].super)
            targets[up].has_below = true;
    }
    return targets;
}

static bool find_written(const WasmModule *m, u64 *written, Diag *diag)
{
    WasmValidator *v = wasm_validator_new();
    bool ok = v ? wasm_find_written_tables(v, m, written, diag) : diag_oom(diag);
    wasm_validator_free(v);
    return ok;
}

bool sealed_module_init(FrontModule *fm, Arena *arena, Diag *diag)
{
    const WasmModule *m = fm->m;
    fm->sealed = arena_array(arena, FrontSealed, m->n_tables);
    fm->sealed_tables = arena_array_raw(arena, u32, m->n_tables);
    u32 n = 0;
    for (u32 t = 0; t < m->n_tables && fm->options.sealed_tables; t++) {
        bool has_room = (u64)(n + 1) * m->n_types <= MAX_TARGETS;
        fm->sealed[t].funcs = has_room ? wasm_sealed_contents(arena, m, t) : NULL;
        n += fm->sealed[t].funcs != NULL;
    }
    u64 written[WASM_TABLE_WORDS] = {0};
    if (n && !find_written(m, written, diag))
        return false;
    for (u32 t = 0; t < m->n_tables; t++) {
        FrontSealed *s = &fm->sealed[t];
        if (bitset_has(written, t))
            s->funcs = NULL;
        if (!s->funcs)
            continue;
        s->targets = list_targets(m, arena, s->funcs, (u32)m->tables[t].limits.min);
        fm->sealed_tables[fm->n_sealed_tables++] = t;
    }
    return true;
}
