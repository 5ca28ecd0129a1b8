/* Calls of exported functions, and reads of exported globals. */
#include "wast/wast_int.h"

/* More arguments than this, no function of a module can have. */
#define MAX_ARGS WASM_MAX_PARAMS

/* A function or global; neither owns anything. */
static wasmtime_extern_t *find_export(Wast *w, const wasmtime_instance_t *instance, WasmStr name,
                                      wasmtime_extern_kind_t kind)
{
    wasmtime_extern_t *item = arena_new(&w->scratch, wasmtime_extern_t);
    if (!wasmtime_instance_export_get(w->context, instance, name.at, name.len, item))
        wast_fail(w, "unknown export \"%.*s\"", (int)name.len, name.at);
    if (item->kind == kind)
        return item;
    wasmtime_extern_delete(item);
    wast_fail(w, "export \"%.*s\" is not a %s", (int)name.len, name.at,
              kind == WASMTIME_EXTERN_FUNC ? "function" : "global");
}

static WastOutcome call(Wast *w, const wasmtime_func_t *func, const wasmtime_val_t *args, size_t n)
{
    WastResults *results = &w->results;
    wasm_functype_t *type = wasmtime_func_type(w->context, func);
    size_t n_results = wasm_functype_results(type)->size;
    wasm_functype_delete(type);
    results->vals = arena_array(&w->scratch, wasmtime_val_t, n_results);
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error =
        wasmtime_func_call(w->context, func, args, n, results->vals, n_results, &trap);
    if (!error && !trap) {
        results->n = n_results;
        return (WastOutcome){WAST_OK, "", NULL};
    }
    return error ? wast_outcome_of_error(w, error, WAST_FAILURE) : wast_outcome_of_trap(w, trap);
}

static WastOutcome invoke(Wast *w, const wasmtime_func_t *func)
{
    VEC(wasmtime_val_t) args = {0};
    while (wat_is(&w->lex, WAT_TOK_LEFT)) {
        WastPattern pattern = wast_read_pattern(w);
        vec_push(&w->scratch, &args, wast_value_of(w, &pattern));
    }
    wat_take_right(&w->lex);
    return call(w, func, args.at, args.len);
}

static WastOutcome get(Wast *w, const wasmtime_global_t *global)
{
    wat_take_right(&w->lex);
    w->results.n = 0;
    w->results.vals = arena_array(&w->scratch, wasmtime_val_t, 1);
    wasmtime_global_get(w->context, global, w->results.vals);
    w->results.n = 1;
    return (WastOutcome){WAST_OK, "", NULL};
}

WastOutcome wast_act(Wast *w)
{
    bool is_get = wat_is_keyword(&w->lex, WAT_KW_GET);
    if (!is_get)
        wat_take_keyword(&w->lex, WAT_KW_INVOKE);
    else
        wat_next(&w->lex);
    const wasmtime_instance_t *instance = wast_instance(w, wast_optional_id(w));
    WasmStr name = wast_take_name(w);
    if (is_get)
        return get(w, &find_export(w, instance, name, WASMTIME_EXTERN_GLOBAL)->of.global);
    return invoke(w, &find_export(w, instance, name, WASMTIME_EXTERN_FUNC)->of.func);
}
