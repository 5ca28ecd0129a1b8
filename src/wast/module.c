/* Modules and instances of a script, and their names. */
#include "wast/wast_int.h"

/* ---- reading and compiling ---- */

WastOutcome wast_read_module(Wast *w, WastBytes *out)
{
    /* What the text is decides which errors may be found later. */
    WatLexer ahead = w->lex;
    wat_next(&ahead);
    wat_next(&ahead);
    if (wat_is_keyword(&ahead, WAT_KW_DEFINITION))
        wat_next(&ahead);
    if (wat_is(&ahead, WAT_TOK_ID))
        wat_next(&ahead);
    *out = (WastBytes){.is_text = !wat_is_keyword(&ahead, WAT_KW_BINARY)};
    WatLexer open = w->lex;
    if (wat_parse_module(&w->lex, &w->features, &w->scratch, &out->module))
        return (WastOutcome){WAST_OK, "", NULL};
    if (w->diag.is_oom)
        longjmp(w->jump, 1);
    WastOutcome outcome = {WAST_MALFORMED, wast_text(w, "%s", w->diag.text), NULL};
    w->diag = (Diag){0};
    /* The text of the module is over where its parentheses say. */
    w->lex = open;
    wat_next(&w->lex);
    if (!wat_skip_form(&w->lex))
        wast_fail(w, "unclosed module: %s", outcome.text);
    return outcome;
}

WastOutcome wast_validate(Wast *w, const WastBytes *bytes)
{
    wasmtime_error_t *error =
        wasmtime_module_validate(w->engine, bytes->module.bytes, bytes->module.len);
    return error ? wast_outcome_of_error(w, error, WAST_INVALID)
                 : (WastOutcome){WAST_OK, "", NULL};
}

WastOutcome wast_compile(Wast *w, const WastBytes *bytes, wasmtime_module_t **module)
{
    wasmtime_error_t *error =
        wasmtime_module_new(w->engine, bytes->module.bytes, bytes->module.len, module);
    return error ? wast_outcome_of_error(w, error, WAST_INVALID)
                 : (WastOutcome){WAST_OK, "", NULL};
}

WastOutcome wast_instantiate(Wast *w, const wasmtime_module_t *module, wasmtime_instance_t *out)
{
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error =
        wasmtime_linker_instantiate(w->linker, w->context, module, out, &trap);
    if (error)
        return wast_outcome_of_error(w, error, WAST_UNLINKABLE);
    return trap ? wast_outcome_of_trap(w, trap) : (WastOutcome){WAST_OK, "", NULL};
}

/* ---- names ---- */

WasmStr wast_take_name(Wast *w)
{
    if (!wat_is(&w->lex, WAT_TOK_STRING))
        wat_unexpected(&w->lex, "a string");
    WasmStr name = wat_name(&w->lex, &w->scratch);
    wat_next(&w->lex);
    return name;
}

WasmStr wast_optional_id(Wast *w)
{
    if (!wat_is(&w->lex, WAT_TOK_ID))
        return (WasmStr){NULL, 0};
    WasmStr id = wat_id(&w->lex, &w->arena);
    wat_next(&w->lex);
    return id;
}

bool wast_same_name(WasmStr a, WasmStr b)
{
    return a.at && a.len == b.len && !memcmp(a.at, b.at, a.len);
}

const wasmtime_instance_t *wast_instance(Wast *w, WasmStr name)
{
    for (u32 i = w->instances.len; i > 0; i--) {
        const WastInstance *found = &w->instances.at[i - 1];
        if (name.at && !wast_same_name(found->name, name))
            continue;
        if (found->is_missing)
            wast_fail(w, "the module this needs could not be instantiated");
        return &found->instance;
    }
    if (name.at)
        wast_fail(w, "unknown module $%.*s", (int)name.len, name.at);
    wast_fail(w, "unknown module: there is no instance before this");
}

wasmtime_module_t *wast_definition(Wast *w, WasmStr name)
{
    for (u32 i = w->definitions.len; i > 0; i--)
        if (!name.at || wast_same_name(w->definitions.at[i - 1].name, name))
            return w->definitions.at[i - 1].module;
    wast_fail(w, "unknown module definition %s%.*s", name.at ? "$" : "", (int)name.len,
              name.at ? name.at : "");
}

/* A copy in the script's memory. */
static WasmStr keep(Wast *w, WasmStr name)
{
    return name.at ? (WasmStr){arena_strndup(&w->arena, name.at, name.len), name.len} : name;
}

void wast_add_instance(Wast *w, WasmStr name, const wasmtime_instance_t *instance)
{
    vec_push(&w->arena, &w->instances, (WastInstance){.name = keep(w, name)});
    if (instance)
        vec_last(&w->instances).instance = *instance;
    else
        vec_last(&w->instances).is_missing = true;
}

void wast_add_definition(Wast *w, WasmStr name, wasmtime_module_t *module)
{
    vec_push(&w->arena, &w->definitions, (WastDefinition){keep(w, name), module});
}

void wast_register(Wast *w, WasmStr as, const wasmtime_instance_t *instance)
{
    wasmtime_error_t *error =
        wasmtime_linker_define_instance(w->linker, w->context, as.at, as.len, instance);
    if (error)
        wast_fail(w, "%s", wast_outcome_of_error(w, error, WAST_FAILURE).text);
}

/* ---- spectest ---- */

/* In parts, since an engine may lack the features of some. */
static const char *const spectest[] = {
    "(module"
    "  (func (export \"print\"))"
    "  (func (export \"print_i32\") (param i32))"
    "  (func (export \"print_i64\") (param i64))"
    "  (func (export \"print_f32\") (param f32))"
    "  (func (export \"print_f64\") (param f64))"
    "  (func (export \"print_i32_f32\") (param i32 f32))"
    "  (func (export \"print_f64_f64\") (param f64 f64))"
    "  (global (export \"global_i32\") i32 (i32.const 666))"
    "  (global (export \"global_i64\") i64 (i64.const 666))"
    "  (global (export \"global_f32\") f32 (f32.const 666.6))"
    "  (global (export \"global_f64\") f64 (f64.const 666.6))"
    "  (table (export \"table\") 10 20 funcref)"
    "  (memory (export \"memory\") 1 2))",
    "(module (table (export \"table64\") i64 10 20 funcref))",
    "(module (memory (export \"shared_memory\") 1 2 shared))",
};

WastOutcome wast_instantiate_text(Wast *w, Wast *where, const char *text, wasmtime_instance_t *out)
{
    WastBytes bytes = {.is_text = true};
    WasmFeatures features = wasm_features_all();
    wasmtime_module_t *module;
    if (!wat_parse(text, strlen(text), &features, &w->scratch, &bytes.module, &w->diag))
        longjmp(w->jump, 1);
    WastOutcome outcome = wast_compile(w, &bytes, &module);
    if (outcome.kind != WAST_OK)
        return outcome;
    outcome = wast_instantiate(where, module, out);
    wasmtime_module_delete(module);
    return outcome;
}

void wast_add_spectest(Wast *w)
{
    for (size_t i = 0; i < ARRAY_LEN(spectest); i++) {
        wasmtime_instance_t instance;
        if (wast_instantiate_text(w, w, spectest[i], &instance).kind == WAST_OK)
            wast_register(w, (WasmStr){"spectest", 8}, &instance);
    }
}
