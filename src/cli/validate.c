/* stint validate: a verdict on each of several files. */
#include "cli/cli.h"

#include <stdlib.h>

/* The reason alone: that the module is not valid is what the verdict says already. What is no fault
 * of the module has no cause below it, and is no verdict. */
static bool add_reason(StrBuf *out, wasmtime_error_t *error)
{
    wasm_name_t message;
    size_t len;
    wasmtime_error_message(error, &message);
    const char *reason = cli_last_cause(message.data, message.size, &len);
    bool is_verdict = reason != message.data;
    if (is_verdict)
        cli_add_clean(out, reason, len);
    else
        cli_report(NULL, 0, message.data, message.size);
    wasm_byte_vec_delete(&message);
    wasmtime_error_delete(error);
    return is_verdict;
}

static int judge(wasm_engine_t *engine, const char *file)
{
    u8 *bytes;
    size_t len;
    if (!cli_read(file, &bytes, &len))
        return 1;
    int status = 1;
    if (cli_is_module(file, bytes, len)) {
        StrBuf verdict = {0};
        wasmtime_error_t *error =
            cli_is_wat(bytes, len)
                ? stint_module_validate_wat(engine, NULL, (const char *)bytes, len)
                : wasmtime_module_validate(engine, bytes, len);
        status = error != NULL;
        sb_printf(&verdict, "%s: %s", file, error ? "not valid: " : "valid");
        bool is_verdict = !error || add_reason(&verdict, error);
        sb_putc(&verdict, '\n');
        if (is_verdict)
            status |= cli_print(&verdict);
        else
            sb_free(&verdict);
    }
    free(bytes);
    return status;
}

int cli_validate(CliOptions *o)
{
    if (!o->n_operands)
        return cli_misuse("no file to validate");
    wasm_engine_t *engine = cli_engine(o);
    if (!engine)
        return 1;
    int status = 0;
    for (size_t i = 0; i < o->n_operands; i++)
        status |= judge(engine, o->operands[i]);
    wasm_engine_delete(engine);
    return status;
}
