/* stint compile: a module into a file of machine code. */
#include "cli/cli.h"

#include <stdio.h>

static int compile(CliOptions *o, wasm_engine_t *engine, const char *file, const char *output)
{
    u64 compile_ns = 0;
    wasmtime_module_t *module = cli_load(o, engine, file, &compile_ns);
    if (!module)
        return 1;
    wasm_byte_vec_t bytes;
    wasmtime_error_t *error = wasmtime_module_serialize(module, &bytes);
    wasmtime_module_delete(module);
    if (error)
        return cli_report_error(NULL, 0, error);
    int status = cli_write(output, bytes.data, bytes.size);
    wasm_byte_vec_delete(&bytes);
    if (o->timings)
        fprintf(stderr, "compile     %10.3f ms\n", (double)compile_ns / 1e6);
    return status;
}

int cli_compile(CliOptions *o)
{
    if (o->n_operands != 1)
        return cli_misuse("expected one file to compile, not %zu", o->n_operands);
    const char *file = o->operands[0], *output = o->output;
    if (!output && !strcmp(file, "-"))
        return cli_misuse("standard input has no name: --output says where to write");
    if (!output)
        output = cli_output_name(o, file, ".cwasm");
    bool is_interpreted = stint_config_interprets(o->config);
    wasm_engine_t *engine = cli_engine(o);
    if (!engine)
        return 1;
    int status = compile(o, engine, file, output);
    if (!status && is_interpreted)
        fprintf(stderr, "note: `%s` has no machine code: it is the validated module, for engines "
                        "with -C compiler=interpreter\n", output);
    wasm_engine_delete(engine);
    return status;
}
