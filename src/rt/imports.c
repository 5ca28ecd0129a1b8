/* Is what is given what the module asks for? The rules of the specification's import matching. */
#include "rt/rt_int.h"

static void print_limits(StrBuf *out, const WasmLimits *l)
{
    if (l->is_64)
        sb_puts(out, "i64 ");
    sb_printf(out, "%llu", (unsigned long long)l->min);
    if (l->has_max)
        sb_printf(out, " %llu", (unsigned long long)l->max);
    if (l->is_shared)
        sb_puts(out, " shared");
}

static void print_memory(StrBuf *out, const WasmLimits *l)
{
    sb_puts(out, "(memory ");
    print_limits(out, l);
    if (l->page_log2 != 16)
        sb_printf(out, " (pagesize %u)", 1u << l->page_log2);
    sb_putc(out, ')');
}

static void print_table(const RtEngine *engine, StrBuf *out, const WasmLimits *l, RtValType type)
{
    sb_puts(out, "(table ");
    print_limits(out, l);
    sb_putc(out, ' ');
    rt_print_val_type(engine, out, type);
    sb_putc(out, ')');
}

static void print_global(const RtEngine *engine, StrBuf *out, RtValType type, bool is_mutable)
{
    sb_puts(out, is_mutable ? "(global (mut " : "(global ");
    rt_print_val_type(engine, out, type);
    sb_puts(out, is_mutable ? "))" : ")");
}

static void print_tag(const RtEngine *engine, StrBuf *out, u32 type)
{
    sb_puts(out, "(tag ");
    rt_print_func_type(engine, out, type);
    sb_putc(out, ')');
}

void rt_print_module_extern(const RtModule *m, StrBuf *out, WasmKind kind, u32 index)
{
    const WasmModule *wasm = m->wasm;
    switch (kind) {
    case WASM_KIND_FUNC:
        rt_print_func_type(m->engine, out, m->type_ids[wasm->funcs[index].type]);
        break;
    case WASM_KIND_TABLE:
        print_table(m->engine, out, &wasm->tables[index].limits,
                    rt_val_type(m, wasm->tables[index].type));
        break;
    case WASM_KIND_MEMORY: print_memory(out, &wasm->memories[index].limits); break;
    case WASM_KIND_GLOBAL:
        print_global(m->engine, out, rt_val_type(m, wasm->globals[index].type),
                     wasm->globals[index].is_mutable);
        break;
    case WASM_KIND_TAG:
        print_tag(m->engine, out, m->type_ids[wasm->tags[index].type]);
        break;
    }
}

/* A thing as it is now: memories and tables with their present size. */
static void print_given(const RtEngine *engine, StrBuf *out, const RtExtern *given)
{
    WasmLimits now;
    switch ((WasmKind)given->kind) {
    case WASM_KIND_FUNC: rt_print_func_type(engine, out, given->func->type_id); break;
    case WASM_KIND_TABLE:
        now = given->table->limits;
        now.min = given->table->vm.len;
        print_table(engine, out, &now, given->table->type);
        break;
    case WASM_KIND_MEMORY:
        now = given->memory->space->limits;
        now.min = rt_memory_pages(given->memory);
        print_memory(out, &now);
        break;
    case WASM_KIND_GLOBAL:
        print_global(engine, out, given->global->type, given->global->is_mutable);
        break;
    case WASM_KIND_TAG: print_tag(engine, out, given->tag->type); break;
    }
}

static bool limits_match(const WasmLimits *have, u64 size, const WasmLimits *want)
{
    return size >= want->min && (!want->has_max || (have->has_max && have->max <= want->max)) &&
           have->is_64 == want->is_64 && have->is_shared == want->is_shared &&
           have->page_log2 == want->page_log2;
}

static bool matches(const RtModule *m, const WasmImport *import, const RtExtern *given)
{
    const WasmModule *wasm = m->wasm;
    const RtEngine *engine = m->engine;
    u32 i = import->index;
    switch ((WasmKind)import->kind) {
    case WASM_KIND_FUNC:
        return rt_type_below(engine, given->func->type_id, m->type_ids[wasm->funcs[i].type]);
    case WASM_KIND_TABLE:
        return given->table->type == rt_val_type(m, wasm->tables[i].type) &&
               limits_match(&given->table->limits, given->table->vm.len, &wasm->tables[i].limits);
    case WASM_KIND_MEMORY:
        return limits_match(&given->memory->space->limits, rt_memory_pages(given->memory),
                            &wasm->memories[i].limits);
    case WASM_KIND_GLOBAL: {
        RtValType want = rt_val_type(m, wasm->globals[i].type);
        if (given->global->is_mutable != wasm->globals[i].is_mutable)
            return false;
        return given->global->is_mutable ? given->global->type == want
                                         : rt_is_subtype(engine, given->global->type, want);
    }
    case WASM_KIND_TAG: return given->tag->type == m->type_ids[wasm->tags[i].type];
    }
    UNREACHABLE();
}

bool rt_check_import(const RtModule *m, u32 i, const RtExtern *given, Diag *diag)
{
    const WasmImport *import = &m->wasm->imports[i];
    if (given->kind == import->kind && matches(m, import, given))
        return true;
    StrBuf want = {0}, have = {0};
    rt_print_module_extern(m, &want, (WasmKind)import->kind, import->index);
    print_given(m->engine, &have, given);
    diag_fail(diag, DIAG_NO_OFFSET,
              "incompatible import type for `%.*s::%.*s`: expected %.120s, found %.120s",
              (int)MIN(import->module.len, 80u), import->module.at,
              (int)MIN(import->name.len, 80u), import->name.at, sb_str(&want), sb_str(&have));
    sb_free(&want);
    sb_free(&have);
    return false;
}
