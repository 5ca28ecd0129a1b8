/* Why something does not fit where it is given, in the words that users of libwasmtime know. */
#include "api/api_int.h"

wasmtime_error_t *error_cross_store(void)
{
    return error_format("cross-`Store` instantiation is not currently supported");
}

wasmtime_error_t *error_cross_engine(void)
{
    return error_format("cross-`Engine` instantiation is not currently supported");
}

static void print_max(StrBuf *out, const WasmLimits *limits)
{
    if (limits->has_max)
        sb_printf(out, "%llu", (unsigned long long)limits->max);
    else
        sb_puts(out, "none");
}

/* size: the present one, which is what an import may count on */
static void print_limits(StrBuf *out, const char *what, const WasmLimits *want,
                         const WasmLimits *have, u64 size)
{
    sb_printf(out, "expected %s limits (min: %llu, max: ", what, (unsigned long long)want->min);
    print_max(out, want);
    sb_printf(out, ") doesn't match provided %s limits (min: %llu, max: ", what,
              (unsigned long long)size);
    print_max(out, have);
    sb_putc(out, ')');
}

/* What memories and tables have in common; they are known to differ. */
static void print_sized(StrBuf *out, const char *what, const WasmLimits *want,
                        const WasmLimits *have, u64 size)
{
    if (want->is_64 != have->is_64)
        sb_printf(out, "expected %d-bit %s, found %d-bit %s", want->is_64 ? 64 : 32, what,
                  have->is_64 ? 64 : 32, what);
    else if (want->page_log2 != have->page_log2)
        sb_printf(out, "expected a memory with a page size of %llu, but received a memory with a "
                       "page size of %llu", 1ULL << want->page_log2, 1ULL << have->page_log2);
    else
        print_limits(out, what, want, have, size);
}

static void print_memory(StrBuf *out, const WasmLimits *want, const RtMemory *memory)
{
    const WasmLimits *have = &memory->space->limits;
    sb_puts(out, "memory types incompatible: ");
    if (want->is_shared != have->is_shared)
        sb_puts(out, want->is_shared ? "expected shared memory, found non-shared memory"
                                     : "expected non-shared memory, found shared memory");
    else
        print_sized(out, "memory", want, have, rt_memory_pages(memory));
}

static void print_types(const RtEngine *engine, StrBuf *out, const char *what, RtValType want,
                        RtValType have)
{
    sb_printf(out, "expected %s of type `", what);
    rt_print_val_type(engine, out, want);
    sb_printf(out, "`, found %s of type `", what);
    rt_print_val_type(engine, out, have);
    sb_putc(out, '`');
}

static void print_table(const RtModule *module, StrBuf *out, const WasmTable *want,
                        const RtTable *table)
{
    RtValType type = rt_val_type(module, want->type);
    sb_puts(out, "table types incompatible: ");
    if (type != table->type)
        print_types(module->engine, out, "table", type, table->type);
    else
        print_sized(out, "table", &want->limits, &table->limits, table->vm.len);
}

static void print_global(const RtModule *module, StrBuf *out, const WasmGlobal *want,
                         const RtGlobal *global)
{
    RtValType type = rt_val_type(module, want->type);
    bool is_exact = want->is_mutable || global->is_mutable;
    sb_puts(out, "global types incompatible: ");
    if (is_exact ? type != global->type : !rt_is_subtype(module->engine, global->type, type))
        print_types(module->engine, out, "global", type, global->type);
    else
        sb_puts(out, want->is_mutable ? "expected mutable global, found immutable global"
                                      : "expected immutable global, found mutable global");
}

static void print_func(const RtEngine *engine, StrBuf *out, u32 want, u32 have)
{
    sb_puts(out, "types incompatible: expected type `");
    rt_print_func_type(engine, out, want);
    sb_puts(out, "`, found type `");
    rt_print_func_type(engine, out, have);
    sb_putc(out, '`');
}

static void print_reason(const RtModule *module, const WasmImport *import, const RtExtern *given,
                         StrBuf *out)
{
    static const char *const kinds[] = {
        [WASM_KIND_FUNC] = "func",     [WASM_KIND_TABLE] = "table", [WASM_KIND_MEMORY] = "memory",
        [WASM_KIND_GLOBAL] = "global", [WASM_KIND_TAG] = "tag",
    };
    const WasmModule *m = module->wasm;
    u32 i = import->index;
    if (given->kind != import->kind) {
        bool is_func = given->kind == WASM_KIND_FUNC;
        sb_printf(out, "expected %s, but found %s", kinds[import->kind],
                  is_func ? "function" : kinds[given->kind]);
        return;
    }
    switch ((WasmKind)import->kind) {
    case WASM_KIND_FUNC:
        print_func(module->engine, out, module->type_ids[m->funcs[i].type], given->func->type_id);
        break;
    case WASM_KIND_TABLE: print_table(module, out, &m->tables[i], given->table); break;
    case WASM_KIND_MEMORY: print_memory(out, &m->memories[i].limits, given->memory); break;
    case WASM_KIND_GLOBAL: print_global(module, out, &m->globals[i], given->global); break;
    case WASM_KIND_TAG: sb_puts(out, "incompatible tag types"); break;
    }
}

wasmtime_error_t *error_of_import(const RtModule *module, u32 i, const RtExtern *given,
                                  const Diag *diag)
{
    const WasmImport *import = &module->wasm->imports[i];
    StrBuf text = {0};
    wasmtime_error_t *error = error_format("incompatible import type for `%.*s::%.*s`",
                                           (int)import->module.len, import->module.at,
                                           (int)import->name.len, import->name.at);
    print_reason(module, import, given, &text);
    error = text.failed ? error : error_because(error, "%s", sb_str(&text));
    sb_free(&text);
    sb_puts(&text, diag->text);
    return error_detailed(error, &text);
}
