/* stint run: a program from its file to its exit status. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/os.h"

/* WASI leaves statuses from here on to the system. */
#define EXIT_STATUS_END 126

typedef struct Run {
    CliOptions *o;
    const char *file;
    wasm_engine_t *engine;
    wasmtime_module_t *module;
    wasmtime_linker_t *linker;
    wasmtime_store_t *store;
    wasmtime_context_t *context;
    CliWatch *watch;
    u64 compile_ns, instantiate_ns, run_ns; /* how long each took so far */
} Run;

/* ---- what the program is given ---- */

static bool set_args(Run *r, wasi_config_t *wasi)
{
    const CliOptions *o = r->o;
    const char *name = o->argv0 ? o->argv0 : cli_base_name(r->file);
    bool is_ok = wasi_config_set_argv(wasi, 1, &name);
    for (size_t i = 1; i < o->n_operands && is_ok; i++) {
        const char *arg = o->operands[i];
        is_ok = wasi_config_set_argv(wasi, 1, &arg);
    }
    if (!is_ok)
        cli_fail("an argument is not UTF-8, or out of memory");
    return is_ok;
}

static bool set_env(const CliOptions *o, wasi_config_t *wasi)
{
    if (o->inherit_env)
        wasi_config_inherit_env(wasi);
    for (u32 i = 0; i < o->env.len; i++) {
        const char *name = o->env.at[i].name, *value = o->env.at[i].value;
        if (!value)
            value = getenv(name);
        if (value && !wasi_config_set_env(wasi, 1, &name, &value)) {
            cli_fail("the environment variable `%s` is not UTF-8, or out of memory", name);
            return false;
        }
    }
    return true;
}

static void set_streams(const CliOptions *o, wasi_config_t *wasi)
{
    if (o->inherit_stdin)
        wasi_config_inherit_stdin(wasi);
    if (o->inherit_stdout)
        wasi_config_inherit_stdout(wasi);
    if (o->inherit_stderr)
        wasi_config_inherit_stderr(wasi);
}

static bool set_dirs(const CliOptions *o, wasi_config_t *wasi)
{
    for (u32 i = 0; i < o->dirs.len; i++) {
        const CliPair *dir = &o->dirs.at[i];
        errno = 0;
        if (wasi_config_preopen_dir(wasi, dir->name, dir->value, true))
            continue;
        char why[OS_ERROR_TEXT_MAX];
        int error = errno;
        cli_fail("cannot hand in the directory `%s`: %s", dir->name,
                 error ? os_error_text(error, why) : "its name is not UTF-8");
        return false;
    }
    return true;
}

static bool set_network(const CliOptions *o, wasi_config_t *wasi)
{
    if (o->inherit_network)
        wasi_config_inherit_network(wasi);
    wasi_config_allow_ip_name_lookup(wasi, o->allow_name_lookup);
    for (u32 i = 0; i < o->listeners.len; i++) {
        wasmtime_error_t *error = stint_wasi_config_listen(wasi, o->listeners.at[i]);
        if (error) {
            const char *context = "cannot hand in a listener";
            cli_report_error(&context, 1, error);
            return false;
        }
    }
    return true;
}

static bool give_wasi(Run *r)
{
    const CliOptions *o = r->o;
    wasi_config_t *wasi = wasi_config_new();
    if (!wasi)
        return cli_fail("out of memory"), false;
    set_streams(o, wasi);
    stint_wasi_config_set_interrupt(wasi, cli_watch_fd(r->watch));
    if (!set_network(o, wasi) || !set_args(r, wasi) || !set_env(o, wasi) || !set_dirs(o, wasi)) {
        wasi_config_delete(wasi);
        return false;
    }
    wasmtime_error_t *error = wasmtime_context_set_wasi(r->context, wasi);
    if (!error)
        error = wasmtime_linker_define_wasi(r->linker);
    return !error || (cli_report_error(NULL, 0, error), false);
}

static i64 limit(u64 value) { return value == CLI_UNSET ? -1 : (i64)MIN(value, (u64)INT64_MAX); }

bool cli_give_limits(const CliOptions *o, wasmtime_store_t *store)
{
    wasmtime_context_t *context = wasmtime_store_context(store);
    wasmtime_store_limiter(store, limit(o->max_memory_bytes), limit(o->max_table_elements),
                           limit(o->max_instances), limit(o->max_tables), limit(o->max_memories));
    stint_store_trap_on_grow_failure(store, o->trap_on_grow_failure);
    if (o->timeout_ns != CLI_UNSET)
        wasmtime_context_set_epoch_deadline(context, 1);
    wasmtime_error_t *error =
        o->fuel == CLI_UNSET ? NULL : wasmtime_context_set_fuel(context, o->fuel);
    return !error || (cli_report_error(NULL, 0, error), false);
}

/* ---- how it went ---- */

/* The exit status of a call that failed. Takes both; at most one is set, and one is. */
static int failed(Run *r, const char *doing, wasmtime_error_t *error, wasm_trap_t *trap)
{
    int status;
    StrBuf context = {0};
    sb_printf(&context, "failed to run main module `%s`", r->file);
    const char *contexts[2] = {sb_str(&context), doing};
    size_t n = doing ? 2 : 1;
    if (trap) {
        status = cli_report_trap(contexts, n, trap);
    } else if (!wasmtime_error_exit_status(error, &status)) {
        status = cli_report_error(contexts, n, error);
    } else if (status >= 0 && status < EXIT_STATUS_END) {
        wasmtime_error_delete(error);
    } else {
        wasmtime_error_delete(error);
        status = cli_fail("the program exited with %d: statuses from 0 to %d can be passed on",
                          status, EXIT_STATUS_END - 1);
    }
    sb_free(&context);
    return status;
}

/* How a step ended; the command goes on only after GO_ON. */
typedef struct Outcome {
    bool is_over;
    int status;
} Outcome;
#define GO_ON ((Outcome){0})
static Outcome over(int status) { return (Outcome){true, status}; }

/* ---- running ---- */

static Outcome call(Run *r, const wasmtime_func_t *func, const char *doing, wasmtime_val_t *vals,
                    size_t n_args, size_t n_results)
{
    wasm_trap_t *trap = NULL;
    u64 start_ns = os_monotonic_ns();
    wasmtime_error_t *error =
        wasmtime_func_call(r->context, func, vals, n_args, vals + n_args, n_results, &trap);
    r->run_ns += os_monotonic_ns() - start_ns;
    return error || trap ? over(failed(r, doing, error, trap)) : GO_ON;
}

static bool find_func(Run *r, const wasmtime_instance_t *instance, const char *name,
                      wasmtime_func_t *func)
{
    wasmtime_extern_t item;
    if (!wasmtime_instance_export_get(r->context, instance, name, strlen(name), &item))
        return false;
    if (item.kind != WASMTIME_EXTERN_FUNC) {
        wasmtime_extern_delete(&item);
        return false;
    }
    *func = item.of.func;
    return true;
}

/* Calls a function that takes nothing and whose results nobody wants. */
static Outcome call_plain(Run *r, const wasmtime_func_t *func, const char *doing)
{
    wasm_functype_t *type = wasmtime_func_type(r->context, func);
    bool is_plain =
        type && !wasm_functype_params(type)->size && !wasm_functype_results(type)->size;
    wasm_functype_delete(type);
    if (!is_plain)
        return over(failed(r, doing, wasmtime_error_new("it takes parameters or returns results: "
                                                        "it can be called by --invoke"),
                           NULL));
    return call(r, func, doing, NULL, 0, 0);
}

static Outcome invoke_with(Run *r, const wasmtime_func_t *func, const wasm_functype_t *type,
                           const char *doing)
{
    const char *name = r->o->invoke;
    size_t n_args = wasm_functype_params(type)->size, n_results = wasm_functype_results(type)->size;
    wasmtime_val_t *vals = arena_array(r->o->arena, wasmtime_val_t, n_args + n_results + 1);
    if (!cli_parse_args(name, type, r->o->operands + 1, r->o->n_operands - 1, vals))
        return over(1);
    if (n_args)
        cli_warn("calling a function with parameters by --invoke is experimental");
    if (n_results)
        cli_warn("calling a function with results by --invoke is experimental");
    Outcome outcome = call(r, func, doing, vals, n_args, n_results);
    if (outcome.is_over)
        return outcome;
    StrBuf text = {0};
    for (size_t i = n_args; i < n_args + n_results; i++) {
        cli_print_val(&text, &vals[i]);
        wasmtime_val_unroot(&vals[i]);
    }
    return over(cli_print(&text));
}

static void offer_export(void *ctx, const wasm_exporttype_t *export, CliOptions *o)
{
    const wasm_name_t *name = wasm_exporttype_name(export);
    if (wasm_externtype_kind(wasm_exporttype_type(export)) == WASM_EXTERN_FUNC)
        near_offer(ctx, arena_strndup(o->arena, name->data, name->size));
}

static Outcome no_such_export(Run *r)
{
    StrBuf text = {0};
    Near near = {.word = r->o->invoke};
    wasm_exporttype_vec_t exports;
    wasmtime_module_exports(r->module, &exports);
    for (size_t i = 0; i < exports.size; i++)
        offer_export(&near, exports.data[i], r->o);
    wasm_exporttype_vec_delete(&exports);
    sb_printf(&text, "no function is exported as `%s`", near.word);
    near_print(&near, &text);
    wasmtime_error_t *error = wasmtime_error_new(sb_str(&text));
    sb_free(&text);
    return over(failed(r, NULL, error, NULL));
}

static Outcome invoke(Run *r, const wasmtime_instance_t *instance)
{
    wasmtime_func_t func;
    if (!find_func(r, instance, r->o->invoke, &func))
        return no_such_export(r);
    wasm_functype_t *type = wasmtime_func_type(r->context, &func);
    if (!type)
        return over(cli_fail("out of memory"));
    StrBuf doing = {0};
    sb_printf(&doing, "failed to invoke `%s`", r->o->invoke);
    Outcome outcome = invoke_with(r, &func, type, sb_str(&doing));
    sb_free(&doing);
    wasm_functype_delete(type);
    return outcome;
}

/* Instantiates a module and lets it set itself up. */
static Outcome instantiate(Run *r, const wasmtime_module_t *module, const char *file,
                           wasmtime_instance_t *instance)
{
    StrBuf doing = {0};
    sb_printf(&doing, "failed to instantiate `%s`", file);
    wasm_trap_t *trap = NULL;
    u64 start_ns = os_monotonic_ns();
    wasmtime_error_t *error =
        wasmtime_linker_instantiate(r->linker, r->context, module, instance, &trap);
    r->instantiate_ns += os_monotonic_ns() - start_ns;
    Outcome outcome = error || trap ? over(failed(r, sb_str(&doing), error, trap)) : GO_ON;
    sb_free(&doing);
    wasmtime_func_t func;
    if (!outcome.is_over && find_func(r, instance, "_initialize", &func))
        outcome = call_plain(r, &func, "failed to invoke `_initialize`");
    return outcome;
}

static Outcome preload(Run *r, const CliPair *pair)
{
    wasmtime_module_t *module = cli_load(r->o, r->engine, pair->value, &r->compile_ns);
    if (!module)
        return over(1);
    wasmtime_instance_t instance;
    Outcome outcome = instantiate(r, module, pair->value, &instance);
    wasmtime_module_delete(module);
    if (outcome.is_over)
        return outcome;
    wasmtime_error_t *error = wasmtime_linker_define_instance(r->linker, r->context, pair->name,
                                                              strlen(pair->name), &instance);
    if (!error)
        return GO_ON;
    StrBuf context = {0};
    sb_printf(&context, "failed to preload `%s` as `%s`", pair->value, pair->name);
    const char *text = sb_str(&context);
    int status = cli_report_error(&text, 1, error);
    sb_free(&context);
    return over(status);
}

static wasmtime_error_t *define_unknown(Run *r)
{
    if (r->o->unknown_imports_trap)
        return wasmtime_linker_define_unknown_imports_as_traps(r->linker, r->module);
    if (r->o->unknown_imports_default)
        return wasmtime_linker_define_unknown_imports_as_default_values(r->linker, r->context,
                                                                        r->module);
    return NULL;
}

static Outcome run_entry(Run *r, const wasmtime_instance_t *instance)
{
    wasmtime_func_t func;
    if (r->o->invoke)
        return invoke(r, instance);
    if (find_func(r, instance, "", &func) || find_func(r, instance, "_start", &func))
        return call_plain(r, &func, "failed to invoke command default");
    return GO_ON; /* a module of which nothing was asked */
}

static Outcome run_in_store(Run *r)
{
    if (!cli_give_limits(r->o, r->store))
        return over(1);
    if (r->o->timeout_ns != CLI_UNSET) {
        r->watch = cli_watch_start(r->engine, r->o->timeout_ns, r->file);
        if (!r->watch)
            return over(1);
    }
    if (r->o->wasi && !give_wasi(r))
        return over(1);
    Outcome outcome = GO_ON;
    for (u32 i = 0; i < r->o->preloads.len && !outcome.is_over; i++)
        outcome = preload(r, &r->o->preloads.at[i]);
    if (outcome.is_over)
        return outcome;
    wasmtime_error_t *error = define_unknown(r);
    if (error)
        return over(cli_report_error(NULL, 0, error));
    wasmtime_instance_t instance;
    outcome = instantiate(r, r->module, r->file, &instance);
    return outcome.is_over ? outcome : run_entry(r, &instance);
}

static void print_timings(const Run *r)
{
    fprintf(stderr, "compile     %10.3f ms\ninstantiate %10.3f ms\nrun         %10.3f ms\n",
            (double)r->compile_ns / 1e6, (double)r->instantiate_ns / 1e6, (double)r->run_ns / 1e6);
}

static int run_module(Run *r)
{
    r->module = cli_load(r->o, r->engine, r->file, &r->compile_ns);
    if (!r->module)
        return 1;
    r->linker = wasmtime_linker_new(r->engine);
    r->store = wasmtime_store_new(r->engine, NULL, NULL);
    if (!r->linker || !r->store)
        return cli_fail("out of memory");
    r->context = wasmtime_store_context(r->store);
    Outcome outcome = run_in_store(r);
    cli_watch_stop(r->watch);
    if (r->o->timings)
        print_timings(r);
    return outcome.status;
}

/* Without the word `run`, what was meant as another command is taken for a file. */
static bool is_no_file(const CliOptions *o)
{
    const char *word = o->operands[0];
    Near near = {.word = word};
    if (o->has_command_word || strpbrk(word, "./-") || access(word, F_OK) == 0)
        return false;
    for (size_t i = 0; i < CLI_COMMAND_COUNT; i++)
        near_offer(&near, cli_commands[i].name);
    StrBuf text = {0};
    sb_printf(&text, "there is no command and no file `%s`", word);
    near_print(&near, &text);
    cli_fail("%s", sb_str(&text));
    sb_free(&text);
    return true;
}

int cli_run(CliOptions *o)
{
    if (o->n_operands == 0)
        return cli_misuse("no file to run; `stint --help` tells what there is");
    if (is_no_file(o))
        return 1;
    Run r = {.o = o, .file = o->operands[0], .engine = cli_engine(o)};
    int status = r.engine ? run_module(&r) : 1;
    if (r.store)
        wasmtime_store_delete(r.store);
    if (r.linker)
        wasmtime_linker_delete(r.linker);
    wasmtime_module_delete(r.module);
    if (r.engine)
        wasm_engine_delete(r.engine);
    return status;
}
