/* Modules as text. */
#include "api/api_int.h"
#include "wat/print.h"

static bool print(const uint8_t *wasm, size_t len, u32 flags, StrBuf *out, Diag *diag)
{
    Arena arena;
    WasmModule *m;
    WasmFeatures features = wasm_features_all();
    arena_init(&arena, NULL);
    bool ok = wasm_decode(&arena, wasm, len, &features, &m, diag) && wasm_validate_all(m, diag) &&
              wat_print(m, flags, out, diag);
    arena_free(&arena);
    return ok;
}

wasmtime_error_t *stint_wasm2wat(const uint8_t *wasm, size_t wasm_len, uint32_t flags,
                                 wasm_byte_vec_t *ret)
{
    Diag diag = {0};
    StrBuf text = {0};
    if (print(wasm, wasm_len, flags & (WAT_PRINT_FOLDED | WAT_PRINT_OFFSETS), &text, &diag)) {
        *ret = (wasm_byte_vec_t){text.len, text.text};
        return NULL;
    }
    sb_free(&text);
    if (diag.is_oom)
        return error_oom();
    if (diag.offset == DIAG_NO_OFFSET)
        return error_format("failed to print: %s", diag.text);
    return error_because(error_format("failed to print a module that is not valid"),
                         "Invalid input WebAssembly code at offset %llu: %s",
                         (unsigned long long)diag.offset, diag.text);
}
