/* What the tests of asynchronous calls share: futures of functions of i64, turns on threads of
 * their own, and host.wait, which takes as many turns as its argument says and gives it back. */
#ifndef STINT_TEST_API_ASYNC_KIT_H
#define STINT_TEST_API_ASYNC_KIT_H

#include <pthread.h>

#include "kit.h"

typedef struct KitAsync {
    wasmtime_call_future_t *future;
    wasmtime_val_t result;
    size_t n_results;
    wasm_trap_t *trap;
    wasmtime_error_t *error;
    bool is_done;
} KitAsync;

/* Like kit_instance, for guests that may wait. */
static inline wasmtime_instance_t kit_async_instance(const char *name, const char *wat)
{
    wasm_byte_vec_t bytes;
    wasmtime_module_t *module;
    wasmtime_instance_t instance;
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = NULL;
    kit_need(wasmtime_wat2wasm(wat, strlen(wat), &bytes), NULL, "assembling");
    kit_need(wasmtime_module_new(kit.engine, (const uint8_t *)bytes.data, bytes.size, &module),
             NULL, name);
    wasm_byte_vec_delete(&bytes);
    wasmtime_call_future_t *future = wasmtime_linker_instantiate_async(
        kit.linker, kit.context, module, &instance, &trap, &error);
    while (!wasmtime_call_future_poll(future)) {}
    wasmtime_call_future_delete(future);
    kit_need(error, trap, name);
    wasmtime_module_delete(module);
    kit_need(wasmtime_linker_define_instance(kit.linker, kit.context, name, strlen(name),
                                             &instance),
             NULL, name);
    return instance;
}

/* Begins a call in any store. */
static inline void kit_async_begin_in(KitAsync *call, wasmtime_context_t *context,
                                      const wasmtime_func_t *func, size_t n_args,
                                      const int64_t *args)
{
    wasmtime_val_t given[KIT_MAX_ARGS];
    *call = (KitAsync){0};
    for (size_t i = 0; i < n_args; i++)
        given[i] = (wasmtime_val_t){.kind = WASMTIME_I64, .of.i64 = args[i]};
    wasm_functype_t *type = wasmtime_func_type(context, func);
    call->n_results = wasm_functype_results(type)->size;
    wasm_functype_delete(type);
    call->future = wasmtime_func_call_async(context, func, given, n_args, &call->result,
                                            call->n_results, &call->trap, &call->error);
    memset(given, 0xAA, sizeof given); /* they were copied */
}

static inline void kit_async_begin(KitAsync *call, const wasmtime_instance_t *instance,
                                   const char *name, size_t n_args, const int64_t *args)
{
    wasmtime_extern_t item = kit_export(instance, name);
    kit_async_begin_in(call, kit.context, &item.of.func, n_args, args);
}
#define KIT_BEGIN(call, instance, name, ...)                                               \
    kit_async_begin(call, instance, name, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), \
                    (const int64_t[]){__VA_ARGS__})

static inline bool kit_async_poll(KitAsync *call)
{
    call->is_done = wasmtime_call_future_poll(call->future);
    return call->is_done;
}

static void *kit_async_thread(void *call)
{
    kit_async_poll(call);
    return NULL;
}

/* A turn on a new thread. */
static inline bool kit_async_poll_elsewhere(KitAsync *call)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, kit_async_thread, call) != 0) {
        printf("%s: no thread\n", test_now.name);
        exit(2);
    }
    pthread_join(thread, NULL);
    return call->is_done;
}

static inline KitOutcome kit_async_end(KitAsync *call)
{
    KitOutcome out = {.code = KIT_NO_CODE};
    wasmtime_call_future_delete(call->future);
    out.is_ok = call->is_done && !call->error && !call->trap;
    out.value = out.is_ok && call->n_results ? call->result.of.i64 : 0;
    if (call->trap)
        kit_take_trap(&out, call->trap);
    if (call->error) {
        wasm_name_t text;
        wasmtime_error_message(call->error, &text);
        snprintf(out.frames, sizeof out.frames, "%.*s", (int)text.size, text.data);
        wasm_byte_vec_delete(&text);
        wasmtime_error_delete(call->error);
    }
    return out;
}

/* All turns; how many there were. */
static inline int kit_async_run(KitAsync *call)
{
    int turns = 1;
    while (!kit_async_poll(call))
        turns++;
    return turns;
}

/* A whole call. */
static inline KitOutcome kit_async_call(const wasmtime_instance_t *instance, const char *name,
                                        size_t n_args, const int64_t *args)
{
    KitAsync call;
    kit_async_begin(&call, instance, name, n_args, args);
    kit_async_run(&call);
    return kit_async_end(&call);
}
#define KIT_ASYNC_CALL(instance, name, ...)                                               \
    kit_async_call(instance, name, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), \
                   (const int64_t[]){__VA_ARGS__})

/* A test for each variant, and for the interpreter. */
static inline void kit_async_test(const char *name, void (*function)(void))
{
    char whole[128];
    kit_test(name, function);
    if (!kit_is_stint())
        return;
    kit_compile_option = "compiler=interpreter";
    kit_variant = 0;
    snprintf(whole, sizeof whole, "%s, interpreted", name);
    test_run(whole, kit_run_variant);
    kit_compile_option = NULL;
}
#define KIT_ASYNC_TEST(function) kit_async_test(#function, function)

/* ---- host functions that take their time ---- */

static inline void kit_async_host(const char *name, size_t n_params, size_t n_results,
                                  wasmtime_func_async_callback_t function, void *env)
{
    wasm_valtype_vec_t params = kit_i64s(n_params), results = kit_i64s(n_results);
    wasm_functype_t *type = wasm_functype_new(&params, &results);
    kit_need(wasmtime_linker_define_async_func(kit.linker, "host", 4, name, strlen(name), type,
                                               function, env, NULL),
             NULL, name);
    wasm_functype_delete(type);
}

typedef struct KitWait {
    int64_t turns;
} KitWait;

static int kit_waits; /* atomic; how many there are */

static bool kit_wait_goes_on(void *env)
{
    KitWait *wait = env;
    return wait->turns-- == 0;
}

static void kit_wait_ends(void *env)
{
    __atomic_sub_fetch(&kit_waits, 1, __ATOMIC_RELAXED);
    free(env);
}

static inline void kit_wait(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                            size_t n_args, wasmtime_val_t *results, size_t n_results,
                            wasm_trap_t **trap, wasmtime_async_continuation_t *left)
{
    (void)env, (void)caller, (void)n_args, (void)n_results, (void)trap;
    KitWait *wait = malloc(sizeof *wait);
    if (!wait)
        exit(2);
    wait->turns = args[0].of.i64;
    results[0] = args[0];
    __atomic_add_fetch(&kit_waits, 1, __ATOMIC_RELAXED);
    *left = (wasmtime_async_continuation_t){kit_wait_goes_on, wait, kit_wait_ends};
}

#endif
