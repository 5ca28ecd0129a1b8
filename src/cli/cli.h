/* cli: the command `stint`, on the public headers alone.
 *
 * Owns: the command line, files read and written for it, what is printed, exit statuses. Promises:
 * every way to go wrong ends in one message on standard error and a status that is not 0; output is
 * either written or reported as not written; nothing half-written is left behind.
 *
 * Exit statuses: the guest's own; 134 for a trap; 1 for what the host refuses or the input is not;
 * 2 for a command line that is wrong.
 *
 * Four tables say what there is, and help, parser and proposals for misspelt words all read them:
 * commands.def, flags.def, keys.def (keys of option groups that belong to the command), and the
 * engine's own options, which the library lists (stint_option_nth).
 *
 * It is a quarter larger than its budget: objdump.c was not foreseen in that.
 * Start with main.c, then options.c (the command line) and run.c (what most people use). Each other
 * command is a file: compile.c validate.c parse.c print.c wast.c objdump.c settings.c help.c.
 * Beneath: input.c (modules from files), report.c (messages, output), values.c (numbers and the
 * like), invoke.c (typed arguments and results), watch.c (the timeout).
 */
#ifndef STINT_CLI_H
#define STINT_CLI_H

#include <stint.h>

#include "base/near.h"
#include "base/strbuf.h"
#include "base/vec.h"

/* ---- the command line (options.c) ---- */

typedef enum CliCommandId {
#define COMMAND(id, name, function, operands, help) CLI_##id,
#include "cli/commands.def"
#undef COMMAND
    CLI_COMMAND_COUNT
} CliCommandId;

typedef struct CliPair {
    const char *name;
    const char *value; /* NULL where it was left out */
} CliPair;

typedef enum CliHelp { CLI_NO_HELP, CLI_SHORT_HELP, CLI_LONG_HELP } CliHelp;

/* A limit that nobody set. */
#define CLI_UNSET UINT64_MAX

/* The line that a terminal shows while compiling takes long. */
typedef struct CliProgress {
    const char *name;
    u64 start_ns, shown_ns; /* shown_ns 0: there is no line */
} CliProgress;

typedef struct CliOptions {
    Arena *arena;
    CliCommandId command;
    bool has_command_word;  /* it was spelled out */
    wasm_config_t *config;  /* the engine's settings so far; taken by cli_engine */
    const char *const *operands; /* FILE and what follows it */
    size_t n_operands;
    int stop_status;        /* the exit status, where parsing was the end of it */

    VEC(CliPair) dirs;      /* host, guest */
    VEC(CliPair) env;       /* name, value or NULL to inherit */
    VEC(CliPair) preloads;  /* module name, file */
    VEC(const char *) listeners;
    const char *invoke, *argv0, *output, *filter, *script_options;
    bool allow_precompiled, show_bytes;
    bool folded, offsets, ignore_messages;

    CliProgress progress;

    /* keys.def */
    u64 max_memory_bytes, max_table_elements, max_instances, max_tables, max_memories;
    u64 fuel, timeout_ns;
    bool trap_on_grow_failure, unknown_imports_trap, unknown_imports_default;
    bool wasi, inherit_env, inherit_stdin, inherit_stdout, inherit_stderr;
    bool inherit_network, allow_name_lookup;
    bool timings;
} CliOptions;

typedef struct CliCommand {
    const char *name;
    int (*run)(CliOptions *o); /* returns the exit status */
    const char *operands, *help;
} CliCommand;
extern const CliCommand cli_commands[CLI_COMMAND_COUNT];

/* Parses argv[first] and what follows. False: the command is over, with this status; help was
 * printed, or what is wrong. */
bool cli_parse(CliOptions *o, size_t first, size_t argc, const char *const *argv, int *status);
/* Sets keys of a group, "KEY=VALUE,...", as -O and its like do; false after a message. */
bool cli_set_group(CliOptions *o, char group, const char *value);
/* An engine of these options, or NULL after a message. */
wasm_engine_t *cli_engine(CliOptions *o);
/* Gives a store the limits of these options; false after a message. */
bool cli_give_limits(const CliOptions *o, wasmtime_store_t *store);

typedef struct CliFlag {
    const char *name;     /* with its dashes */
    char letter;          /* its short form; 0: none */
    const char *argument; /* NULL: it has none */
    u32 commands;         /* bit per CliCommandId */
    bool (*set)(CliOptions *o, const struct CliFlag *flag, const char *value);
    size_t field;         /* offset in CliOptions of what some setters set */
    const char *help;
} CliFlag;
/* NULL behind the last one. */
const CliFlag *cli_flag_nth(size_t index);

/* Calls visit for every key of a group: those of the command, then the engine's. */
void cli_each_key(char group, void (*visit)(void *ctx, const stint_option_t *key), void *ctx);

int cli_print_help(const CliOptions *o, CliHelp how);
int cli_print_group_help(char group);

/* ---- the commands ---- */

#define COMMAND(id, name, function, operands, help) int function(CliOptions *o);
#include "cli/commands.def"
#undef COMMAND

/* ---- modules (input.c) ---- */

/* A file's bytes in malloc memory; "-" is standard input. False after a message. */
bool cli_read(const char *path, u8 **bytes, size_t *len);
/* Does this begin like a text in the text format? */
bool cli_is_wat(const u8 *bytes, size_t len);
/* The file's name in the current directory with another ending: instead of .wasm or .wat, behind
 * any other name. */
const char *cli_output_name(CliOptions *o, const char *file, const char *ending);
/* Puts the binary format in place of a text; anything else stays as it is. False after a
 * message. */
bool cli_assemble(const char *path, u8 **bytes, size_t *len);
/* Is this a module, binary or text? False after a message that says what it is. */
bool cli_is_module(const char *path, const u8 *bytes, size_t len);
/* Compiles a module, or takes a compiled one if that is allowed. NULL after a message. */
wasmtime_module_t *cli_module(CliOptions *o, wasm_engine_t *engine, const char *path,
                              const u8 *bytes, size_t len);
/* The same for a file.
 * compile_ns  what that took, reading left out, is added */
wasmtime_module_t *cli_load(CliOptions *o, wasm_engine_t *engine, const char *path,
                            u64 *compile_ns);
/* How the engine of the options reports how far compiling is; ctx is its CliProgress. */
void cli_show_progress(void *ctx, u32 done, u32 total);
/* The last part of a path; the same text if it is one part. */
const char *cli_base_name(const char *path);

/* ---- messages and output (report.c) ---- */

#define CLI_TRAPPED 134
#define CLI_MISUSED 2

/* Prints "Error: ..." and returns 1; "error: ..." for a wrong command line returns 2. */
int cli_fail(const char *format, ...) PRINTF_LIKE(1, 2);
int cli_misuse(const char *format, ...) PRINTF_LIKE(1, 2);
void cli_warn(const char *format, ...) PRINTF_LIKE(1, 2);
/* Prints contexts, outermost first, and below them the causes that the message has inside. */
void cli_report(const char *const *contexts, size_t n, const char *message, size_t len);
/* The same for errors and traps, which are deleted. They return the exit status: CLI_TRAPPED for
 * traps of WebAssembly, 1 for errors and for what a host function raised. */
int cli_report_error(const char *const *contexts, size_t n, wasmtime_error_t *error);
int cli_report_trap(const char *const *contexts, size_t n, wasm_trap_t *trap);
/* The innermost cause in a message. */
const char *cli_last_cause(const char *message, size_t len, size_t *cause_len);
/* Writes text to standard output and frees it. 0, or 1 after a message. */
int cli_print(StrBuf *text);
/* Writes a file, or standard output if its path is "-", and says likewise. */
int cli_write(const char *path, const char *bytes, size_t len);
/* Appends text from a module: what would control a terminal is shown as \xNN, but newlines. */
void cli_add_clean(StrBuf *out, const char *text, size_t len);

/* ---- values.c ---- */

bool cli_parse_u64(const char *text, u64 *out);
bool cli_parse_bool(const char *text, bool *out);
bool cli_parse_duration(const char *text, u64 *ns);

/* ---- invoke.c ---- */

/* Parses arguments as the type says; prints what is wrong. */
bool cli_parse_args(const char *name, const wasm_functype_t *type, const char *const *texts,
                    size_t n, wasmtime_val_t *vals);
void cli_print_val(StrBuf *out, const wasmtime_val_t *val);

/* ---- watch.c ---- */

typedef struct CliWatch CliWatch;
/* Interrupts guests of the engine after a time, and ends the process if that does not help: the
 * guest is stuck in the system then. NULL after a message. */
CliWatch *cli_watch_start(wasm_engine_t *engine, u64 timeout_ns, const char *file);
/* Readable once the time is over; -1 without a watch. Closed by cli_watch_stop. */
int cli_watch_fd(const CliWatch *watch);
/* The guest is back, in whatever way; NULL allowed. Nothing may run it again. */
void cli_watch_stop(CliWatch *watch);

#endif
