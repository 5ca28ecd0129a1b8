/* Embeds Stint: calls a function of f64 parameters and one f64 result in a module.
 *
 *   cc -o embed embed.c $(pkg-config --cflags --libs stint)
 *   ./embed math.wasm hypot 3 4
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasmtime.h>

enum { MAX_BYTES = 1 << 20, MAX_PARAMS = 8 };

/* Ends the program with what went wrong; does nothing if nothing did. */
static void must(const char *what, wasmtime_error_t *error, wasm_trap_t *trap)
{
    wasm_byte_vec_t message;
    if (!error && !trap)
        return;
    if (error)
        wasmtime_error_message(error, &message);
    else
        wasm_trap_message(trap, &message);
    fprintf(stderr, "%s: %.*s\n", what, (int)message.size, message.data);
    exit(1);
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 3 + MAX_PARAMS) {
        fprintf(stderr, "usage: %s FILE FUNCTION [NUMBER...]\n", argv[0]);
        return 2;
    }
    static uint8_t bytes[MAX_BYTES];
    FILE *file = fopen(argv[1], "rb");
    if (!file)
        return perror(argv[1]), 1;
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);

    /* An engine compiles; a store holds what lives together; a module becomes an instance in it. */
    wasm_engine_t *engine = wasm_engine_new();
    wasmtime_store_t *store = wasmtime_store_new(engine, NULL, NULL);
    wasmtime_context_t *context = wasmtime_store_context(store);
    wasmtime_module_t *module;
    wasmtime_instance_t instance;
    wasm_trap_t *trap = NULL;
    must("compiling", wasmtime_module_new(engine, bytes, len, &module), NULL);
    wasmtime_error_t *error = wasmtime_instance_new(context, module, NULL, 0, &instance, &trap);
    must("instantiating", error, trap);

    wasmtime_extern_t function;
    if (!wasmtime_instance_export_get(context, &instance, argv[2], strlen(argv[2]), &function) ||
        function.kind != WASMTIME_EXTERN_FUNC) {
        fprintf(stderr, "%s exports no function %s\n", argv[1], argv[2]);
        return 1;
    }
    wasmtime_val_t params[MAX_PARAMS], result;
    for (int i = 3; i < argc; i++)
        params[i - 3] = (wasmtime_val_t){.kind = WASMTIME_F64, .of.f64 = atof(argv[i])};
    error = wasmtime_func_call(context, &function.of.func, params, (size_t)argc - 3, &result, 1,
                               &trap);
    must("calling", error, trap);
    printf("%g\n", result.of.f64);

    wasmtime_module_delete(module);
    wasmtime_store_delete(store);
    wasm_engine_delete(engine);
    return 0;
}
