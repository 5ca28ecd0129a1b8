/* hello.c: host functions, what they see of their caller, and how they stop it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stint.h>

/* Ends the program with what went wrong; does nothing if nothing did. */
static void must(const char *what, wasmtime_error_t *error, wasm_trap_t **trap)
{
    wasm_byte_vec_t message;
    if (!error && !(trap && *trap))
        return;
    if (error)
        wasmtime_error_message(error, &message);
    else
        wasm_trap_message(*trap, &message);
    fprintf(stderr, "%s: %.*s\n", what, (int)message.size, message.data);
    exit(1);
}

static wasmtime_module_t *load(wasm_engine_t *engine, const char *name)
{
    static char text[1 << 16];
    FILE *file = fopen(name, "rb");
    if (!file)
        perror(name), exit(1);
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    wasmtime_module_t *module;
    must("compiling", stint_module_new_wat(engine, name, text, len, &module), NULL);
    return module;
}

/* ---- Host functions ------------------------------------------------------------------------ */

/* print(at, len): a text in the caller's memory. What a guest says of its memory is checked. */
static wasm_trap_t *on_print(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                             size_t n_args, wasmtime_val_t *results, size_t n_results)
{
    (void)env, (void)n_args, (void)results, (void)n_results;
    uint32_t at = (uint32_t)args[0].of.i32, len = (uint32_t)args[1].of.i32;
    wasmtime_context_t *context = wasmtime_caller_context(caller);
    wasmtime_extern_t memory;
    if (!wasmtime_caller_export_get(caller, "memory", 6, &memory) ||
        memory.kind != WASMTIME_EXTERN_MEMORY)
        return wasmtime_trap_new("no memory", 9);
    size_t size = wasmtime_memory_data_size(context, &memory.of.memory);
    if (at > size || len > size - at)
        return wasmtime_trap_new("no such text", 12);
    printf("%.*s\n", (int)len, (char *)wasmtime_memory_data(context, &memory.of.memory) + at);
    return NULL;
}

/* What visit() does is up to who defined it. */
typedef struct Visitor {
    int64_t last; /* says 0 behind it */
    uint64_t sum; /* may wrap around */
} Visitor;

static wasm_trap_t *on_visit(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                             size_t n_args, wasmtime_val_t *results, size_t n_results)
{
    (void)caller, (void)n_args, (void)n_results;
    Visitor *visitor = env;
    int64_t number = args[0].of.i64;
    if (number < 0)
        return wasmtime_trap_new("too large for 64 bits", 21); /* ends the guest */
    bool goes_on = number <= visitor->last;
    if (goes_on)
        visitor->sum += (uint64_t)number;
    results[0] = (wasmtime_val_t){.kind = WASMTIME_I32, .of.i32 = goes_on};
    return NULL;
}

static void define(wasmtime_linker_t *linker, const char *name, wasm_functype_t *type,
                   wasmtime_func_callback_t callback, void *env)
{
    must(name, wasmtime_linker_define_func(linker, "host", 4, name, strlen(name), type, callback,
                                           env, NULL), NULL);
    wasm_functype_delete(type);
}

/* ---- The program --------------------------------------------------------------------------- */

int main(void)
{
    wasm_engine_t *engine = wasm_engine_new();
    wasmtime_store_t *store = wasmtime_store_new(engine, NULL, NULL);
    wasmtime_context_t *context = wasmtime_store_context(store);
    wasmtime_module_t *module = load(engine, "hello.wat");
    wasmtime_linker_t *linker = wasmtime_linker_new(engine);
    Visitor visitor = {.last = 1000};
    define(linker, "print", wasm_functype_new_2_0(wasm_valtype_new_i32(), wasm_valtype_new_i32()),
           on_print, NULL);
    define(linker, "visit", wasm_functype_new_1_1(wasm_valtype_new_i64(), wasm_valtype_new_i32()),
           on_visit, &visitor);

    wasmtime_instance_t instance;
    wasmtime_extern_t hello, fibonacci;
    wasm_trap_t *trap = NULL;
    must("instantiating", wasmtime_linker_instantiate(linker, context, module, &instance, &trap),
         &trap);
    if (!wasmtime_instance_export_get(context, &instance, "hello", 5, &hello) ||
        !wasmtime_instance_export_get(context, &instance, "fibonacci", 9, &fibonacci))
        return 1;
    must("hello", wasmtime_func_call(context, &hello.of.func, NULL, 0, NULL, 0, &trap), &trap);
    must("fibonacci", wasmtime_func_call(context, &fibonacci.of.func, NULL, 0, NULL, 0, &trap),
         &trap);
    printf("The Fibonacci numbers up to %" PRId64 " add up to %" PRIu64 ".\n", visitor.last,
           visitor.sum);

    /* A host function that returns a trap ends the guest; the error says where it was. */
    visitor.last = INT64_MAX;
    wasmtime_error_t *error =
        wasmtime_func_call(context, &fibonacci.of.func, NULL, 0, NULL, 0, &trap);
    wasm_byte_vec_t message = {0};
    if (error)
        wasmtime_error_message(error, &message);
    printf("%.*s", (int)message.size, message.data);
    wasm_byte_vec_delete(&message);
    wasmtime_error_delete(error);

    wasmtime_linker_delete(linker);
    wasmtime_module_delete(module);
    wasmtime_store_delete(store);
    wasm_engine_delete(engine);
    return 0;
}
