/* Names for `perf`: lines "START SIZE NAME" in /tmp/perf-PID.map, which it reads by itself. */
#include "rt/rt_int.h"

#include <stdio.h>

static int append(const char *text, size_t len)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/perf-%u.map", os_process_id());
    return os_append_file(path, text, len);
}

void rt_perf_stub(const void *at, size_t bytes, const char *name)
{
    char line[160];
    int len = snprintf(line, sizeof line, "%llx %zx %s\n", (unsigned long long)(uintptr_t)at,
                       bytes, name);
    append(line, MIN((size_t)len, sizeof line - 1));
}

/* A name from the module, fit for a line: no control characters. */
static void add_name(StrBuf *out, WasmStr name)
{
    for (u32 i = 0; i < name.len; i++)
        sb_putc(out, (u8)name.at[i] < 0x20 || name.at[i] == 0x7F ? '?' : name.at[i]);
}

bool rt_module_write_perf_map(const RtModule *m)
{
    StrBuf out = {0};
    const WasmModule *wasm = m->wasm;
    const u32 *entries = m->image.entries;
    for (u32 i = 0; i < m->image.header->nfuncs; i++) {
        u32 func = wasm->n_imported_funcs + i;
        WasmStr name = wasm_func_name(wasm, func);
        sb_printf(&out, "%llx %x ", (unsigned long long)(uintptr_t)(m->text + entries[i]),
                  entries[i + 1] - entries[i]);
        if (wasm->name.at)
            add_name(&out, wasm->name);
        sb_puts(&out, wasm->name.at ? "::" : "wasm::");
        if (name.at)
            add_name(&out, name);
        else
            sb_printf(&out, "function[%u]", func);
        sb_putc(&out, '\n');
    }
    bool ok = !out.failed && (out.len == 0 || append(out.text, out.len) == 0);
    sb_free(&out);
    return ok;
}
