/* stint parse: a text in the text format into a binary module. */
#include "cli/cli.h"

#include <stdlib.h>

static int parse(const char *file, u8 **bytes, size_t *len, const char *output)
{
    if (!cli_is_module(file, *bytes, *len))
        return 1;
    if (!cli_is_wat(*bytes, *len))
        return cli_fail("cannot use `%s`: it is in the binary format already", file);
    return cli_assemble(file, bytes, len) ? cli_write(output, (const char *)*bytes, *len) : 1;
}

int cli_parse_text(CliOptions *o)
{
    if (o->n_operands != 1)
        return cli_misuse("expected one file to parse, not %zu", o->n_operands);
    const char *file = o->operands[0], *output = o->output;
    if (!output)
        output = strcmp(file, "-") ? cli_output_name(o, file, ".wasm") : "-";
    u8 *bytes;
    size_t len;
    if (!cli_read(file, &bytes, &len))
        return 1;
    int status = parse(file, &bytes, &len, output);
    free(bytes);
    return status;
}
