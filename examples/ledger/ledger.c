/* ledger.c: transactions that cost the same fuel everywhere, and happen whole or not at all.
 *
 * Each transaction is a call of the contract with some fuel. If the fuel runs out, or the contract
 * traps, memory and globals are put back to what they were. All of it runs twice, with compiled and
 * with interpreted code, and has to cost the same and end in the same state.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stint.h>

enum { MAX_ARGS = 3, MAX_EXPORTS = 8 };

static const struct Transaction {
    const char *function;
    int64_t args[MAX_ARGS]; /* the last one is the amount */
    int n_args;
    uint64_t fuel;
} transactions[] = {
    {"deposit", {7, 1000}, 2, 100},
    {"transfer", {7, 8, 300}, 3, 200},
    {"transfer", {8, 9, 500}, 3, 200},  /* more than there is */
    {"transfer", {7, 200, 10}, 3, 200}, /* to nobody */
    {"share", {7, 5, 20}, 3, 1000},
    {"share", {7, 5, 20}, 3, 200},      /* too little fuel: two of five are done by then */
    {"transfer", {9, 7, 0}, 3, 20},
    {"deposit", {9, 1}, 2, 100},
};
enum { N_TRANSACTIONS = sizeof transactions / sizeof *transactions };

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

/* ---- The contract and its state ------------------------------------------------------------ */

typedef struct Ledger {
    wasm_engine_t *engine;
    wasmtime_store_t *store;
    wasmtime_context_t *context;
    wasmtime_instance_t instance;
    wasmtime_memory_t memory;
    wasmtime_global_t transfers;
    /* What to go back to. */
    uint8_t *saved;
    size_t saved_size;
    wasmtime_val_t saved_transfers;
} Ledger;

static wasmtime_extern_t export_of(Ledger *ledger, const char *name)
{
    wasmtime_extern_t item;
    if (!wasmtime_instance_export_get(ledger->context, &ledger->instance, name, strlen(name),
                                      &item)) {
        fprintf(stderr, "the contract has no %s\n", name);
        exit(1);
    }
    return item;
}

static Ledger open_ledger(const char *compiler)
{
    static char text[1 << 16];
    FILE *file = fopen("contract.wat", "rb");
    if (!file)
        perror("contract.wat"), exit(1);
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);

    wasm_config_t *config = wasm_config_new();
    wasmtime_config_consume_fuel_set(config, true);
    must("configuring", stint_config_set_option(config, 'C', "compiler", compiler), NULL);
    Ledger ledger = {.engine = wasm_engine_new_with_config(config)};
    ledger.store = wasmtime_store_new(ledger.engine, NULL, NULL);
    ledger.context = wasmtime_store_context(ledger.store);
    wasmtime_store_limiter(ledger.store, 1 << 20, 0, 1, 0, 1);

    wasmtime_module_t *module;
    wasm_trap_t *trap = NULL;
    must("compiling", stint_module_new_wat(ledger.engine, "contract.wat", text, len, &module),
         NULL);
    must("instantiating",
         wasmtime_instance_new(ledger.context, module, NULL, 0, &ledger.instance, &trap), &trap);
    wasmtime_module_delete(module);
    ledger.memory = export_of(&ledger, "memory").of.memory;
    ledger.transfers = export_of(&ledger, "transfers").of.global;
    return ledger;
}

static void close_ledger(Ledger *ledger)
{
    free(ledger->saved);
    wasmtime_store_delete(ledger->store);
    wasm_engine_delete(ledger->engine);
}

static void save(Ledger *ledger)
{
    size_t size = wasmtime_memory_data_size(ledger->context, &ledger->memory);
    if (size != ledger->saved_size && !(ledger->saved = realloc(ledger->saved, size)))
        exit(1);
    ledger->saved_size = size;
    memcpy(ledger->saved, wasmtime_memory_data(ledger->context, &ledger->memory), size);
    wasmtime_global_get(ledger->context, &ledger->transfers, &ledger->saved_transfers);
}

/* A memory never shrinks; what it may have grown by is cleared. */
static void roll_back(Ledger *ledger)
{
    size_t size = wasmtime_memory_data_size(ledger->context, &ledger->memory);
    uint8_t *data = wasmtime_memory_data(ledger->context, &ledger->memory);
    memcpy(data, ledger->saved, ledger->saved_size);
    memset(data + ledger->saved_size, 0, size - ledger->saved_size);
    must("rolling back",
         wasmtime_global_set(ledger->context, &ledger->transfers, &ledger->saved_transfers), NULL);
}

/* FNV-1a over all of the state. */
static uint64_t state_of(Ledger *ledger)
{
    uint64_t hash = 0xcbf29ce484222325;
    save(ledger);
    for (size_t i = 0; i < ledger->saved_size; i++)
        hash = (hash ^ ledger->saved[i]) * 0x100000001b3;
    return (hash ^ (uint64_t)ledger->saved_transfers.of.i64) * 0x100000001b3;
}

/* ---- Transactions -------------------------------------------------------------------------- */

/* Carries one out, or leaves everything as it was. */
static void apply(Ledger *ledger, const struct Transaction *it, uint64_t *used)
{
    wasmtime_extern_t function = export_of(ledger, it->function);
    wasmtime_val_t args[MAX_ARGS], result;
    for (int i = 0; i < it->n_args; i++) {
        bool is_amount = i == it->n_args - 1;
        args[i] = is_amount ? (wasmtime_val_t){.kind = WASMTIME_I64, .of.i64 = it->args[i]}
                            : (wasmtime_val_t){.kind = WASMTIME_I32,
                                               .of.i32 = (int32_t)it->args[i]};
    }
    save(ledger);
    must("giving fuel", wasmtime_context_set_fuel(ledger->context, it->fuel), NULL);
    wasm_trap_t *trap = NULL;
    must(it->function, wasmtime_func_call(ledger->context, &function.of.func, args,
                                          (size_t)it->n_args, &result, 1, &trap), NULL);
    uint64_t rest = 0;
    must("reading fuel", wasmtime_context_get_fuel(ledger->context, &rest), NULL);
    *used = it->fuel - rest;
    printf("%-8s of %4" PRId64 "  fuel %3" PRIu64 " of %4" PRIu64 "  ", it->function,
           it->args[it->n_args - 1], *used, it->fuel);
    if (!trap) {
        printf("done: %" PRId64 "\n", result.of.i64);
        return;
    }
    wasmtime_trap_code_t code;
    bool is_fuel = wasmtime_trap_code(trap, &code) && code == WASMTIME_TRAP_CODE_OUT_OF_FUEL;
    printf("rejected: %s\n", is_fuel ? "out of fuel" : "it trapped");
    wasm_trap_delete(trap);
    roll_back(ledger);
}

int main(void)
{
    static const char *const compilers[] = {"auto", "interpreter"};
    uint64_t used[2][N_TRANSACTIONS], states[2];
    for (int run = 0; run < 2; run++) {
        printf("-- %s\n", run ? "interpreted" : "compiled");
        Ledger ledger = open_ledger(compilers[run]);
        for (int i = 0; i < N_TRANSACTIONS; i++)
            apply(&ledger, &transactions[i], &used[run][i]);
        states[run] = state_of(&ledger);
        printf("transfers: %" PRId64 ", state: %016" PRIx64 "\n",
               ledger.saved_transfers.of.i64, states[run]);
        close_ledger(&ledger);
    }
    bool same = states[0] == states[1] && !memcmp(used[0], used[1], sizeof used[0]);
    printf("-- %s\n", same ? "the same both times" : "DIFFERENT");
    return !same;
}
