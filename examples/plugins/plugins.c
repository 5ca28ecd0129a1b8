/* plugins.c: a host of plug-ins that cannot harm it: each turn has a budget of time, each plug-in
 * one of memory. Who exceeds it or crashes is taken out; the others go on.
 *
 * Time is counted in epochs: a thread moves the engine's epoch on, and each call gets a deadline in
 * its terms. A loop of the guest looks at it once each time around.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <stint.h>

enum { MAX_PLUGINS = 16, TURNS = 3, TICK_MS = 10, TURN_MS = 200, MEMORY_BYTES = 1 << 20 };

typedef struct Plugin {
    const char *name;
    wasmtime_store_t *store; /* its own: what it has goes with it. NULL: it was taken out */
    wasmtime_func_t turn;
} Plugin;

/* Takes a plug-in out, and says why. */
static void take_out(Plugin *plugin, wasmtime_error_t *error, wasm_trap_t *trap)
{
    wasmtime_trap_code_t code;
    wasm_byte_vec_t message;
    if (error)
        wasmtime_error_message(error, &message);
    else
        wasm_trap_message(trap, &message);
    if (trap && wasmtime_trap_code(trap, &code) && code == WASMTIME_TRAP_CODE_INTERRUPT)
        printf("  %-12s taken out: more than %d ms\n", plugin->name, TURN_MS);
    else
        printf("  %-12s taken out: %.*s", plugin->name, (int)message.size, message.data);
    wasm_byte_vec_delete(&message);
    wasmtime_error_delete(error);
    wasm_trap_delete(trap);
    wasmtime_store_delete(plugin->store);
    plugin->store = NULL;
}

/* Compiles and starts a plug-in; whatever is wrong with it takes it out at once. */
static void start(Plugin *plugin, wasm_engine_t *engine, const char *name)
{
    static char text[1 << 16];
    FILE *file = fopen(name, "rb");
    if (!file)
        perror(name), exit(1);
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    *plugin = (Plugin){.name = name, .store = wasmtime_store_new(engine, NULL, NULL)};
    wasmtime_context_t *context = wasmtime_store_context(plugin->store);
    wasmtime_store_limiter(plugin->store, MEMORY_BYTES, 1000, 1, 1, 1);
    wasmtime_context_set_epoch_deadline(context, TURN_MS / TICK_MS + 1);

    wasmtime_module_t *module = NULL;
    wasmtime_instance_t instance;
    wasmtime_extern_t turn;
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = stint_module_new_wat(engine, name, text, len, &module);
    if (!error)
        error = wasmtime_instance_new(context, module, NULL, 0, &instance, &trap);
    if (!error && !trap &&
        (!wasmtime_instance_export_get(context, &instance, "turn", 4, &turn) ||
         turn.kind != WASMTIME_EXTERN_FUNC))
        error = wasmtime_error_new("it exports no function turn");
    if (error || trap)
        take_out(plugin, error, trap);
    else
        plugin->turn = turn.of.func;
    wasmtime_module_delete(module); /* the instance keeps what it needs */
}

static void take_turn(Plugin *plugin)
{
    wasmtime_context_t *context = wasmtime_store_context(plugin->store);
    wasm_trap_t *trap = NULL;
    wasmtime_val_t result;
    wasmtime_context_set_epoch_deadline(context, TURN_MS / TICK_MS + 1);
    wasmtime_error_t *error =
        wasmtime_func_call(context, &plugin->turn, NULL, 0, &result, 1, &trap);
    if (error || trap)
        take_out(plugin, error, trap);
    else
        printf("  %-12s %" PRId64 "\n", plugin->name, result.of.i64);
}

/* ---- The clock ----------------------------------------------------------------------------- */

typedef struct Clock {
    wasm_engine_t *engine;
    atomic_bool ends;
} Clock;

static void *tick(void *arg)
{
    Clock *clock = arg;
    while (!clock->ends) {
        nanosleep(&(struct timespec){.tv_nsec = TICK_MS * 1000000}, NULL);
        wasmtime_engine_increment_epoch(clock->engine);
    }
    return NULL;
}

/* ---- The program --------------------------------------------------------------------------- */

int main(int argc, char **argv)
{
    int n = argc - 1;
    if (n < 1 || n > MAX_PLUGINS) {
        fprintf(stderr, "usage: %s PLUGIN...\n", argv[0]);
        return 2;
    }
    wasm_config_t *config = wasm_config_new();
    wasmtime_config_epoch_interruption_set(config, true);
    Clock clock = {.engine = wasm_engine_new_with_config(config)};
    pthread_t ticker;
    if (!clock.engine || pthread_create(&ticker, NULL, tick, &clock))
        return 1;

    Plugin plugins[MAX_PLUGINS];
    for (int i = 0; i < n; i++)
        start(&plugins[i], clock.engine, argv[1 + i]);
    for (int turn = 1; turn <= TURNS; turn++) {
        printf("turn %d\n", turn);
        for (int i = 0; i < n; i++)
            if (plugins[i].store)
                take_turn(&plugins[i]);
    }

    for (int i = 0; i < n; i++)
        wasmtime_store_delete(plugins[i].store);
    clock.ends = true;
    pthread_join(ticker, NULL);
    wasm_engine_delete(clock.engine);
    return 0;
}
