/* stint print: a module as text. */
#include "cli/cli.h"

#include <stdlib.h>

static int print(const CliOptions *o, const char *file, const u8 *bytes, size_t len)
{
    wasm_byte_vec_t text;
    uint32_t flags = (o->folded ? STINT_PRINT_FOLDED : 0) | (o->offsets ? STINT_PRINT_OFFSETS : 0);
    wasmtime_error_t *error = stint_wasm2wat(bytes, len, flags, &text);
    if (error) {
        StrBuf context = {0};
        sb_printf(&context, "failed to print `%s`", file);
        const char *what = sb_str(&context);
        int status = cli_report_error(&what, 1, error);
        sb_free(&context);
        return status;
    }
    int status = cli_write(o->output ? o->output : "-", text.data, text.size);
    wasm_byte_vec_delete(&text);
    return status;
}

int cli_print_module(CliOptions *o)
{
    if (o->n_operands != 1)
        return cli_misuse("expected one file to print, not %zu", o->n_operands);
    u8 *bytes;
    size_t len;
    if (!cli_read(o->operands[0], &bytes, &len))
        return 1;
    bool is_ready = cli_is_module(o->operands[0], bytes, len) &&
                    cli_assemble(o->operands[0], &bytes, &len);
    int status = is_ready ? print(o, o->operands[0], bytes, len) : 1;
    free(bytes);
    return status;
}
