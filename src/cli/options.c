/* The command line: flags, and groups of keys. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What the command sets unless told otherwise: an engine for one program can afford what an engine
 * that is entered and left often cannot. */
static const char gs_default[] = "n";

/* ---- setters of flags: false where the command is over ---- */

static bool stop(CliOptions *o, int status)
{
    o->stop_status = status;
    return false;
}

/* Splits "NAME=VALUE" at its first `separator`; value is NULL where there is none. */
static CliPair split(CliOptions *o, const char *text, const char *separator)
{
    const char *at = strstr(text, separator);
    if (!at)
        return (CliPair){text, NULL};
    return (CliPair){arena_strndup(o->arena, text, (size_t)(at - text)), at + strlen(separator)};
}

static bool set_dir(CliOptions *o, const CliFlag *flag, const char *value)
{
    (void)flag;
    CliPair dir = split(o, value, "::");
    if (!dir.value)
        dir.value = dir.name;
    vec_push(o->arena, &o->dirs, dir);
    return true;
}

static bool set_env(CliOptions *o, const CliFlag *flag, const char *value)
{
    CliPair variable = split(o, value, "=");
    if (!*variable.name)
        return stop(o, cli_misuse("%s: `%s` has no name", flag->name, value));
    vec_push(o->arena, &o->env, variable);
    return true;
}

static bool set_preload(CliOptions *o, const CliFlag *flag, const char *value)
{
    CliPair preload = split(o, value, "=");
    if (!preload.value || !*preload.value)
        return stop(o, cli_misuse("%s: expected NAME=FILE, not `%s`", flag->name, value));
    vec_push(o->arena, &o->preloads, preload);
    return true;
}

static bool set_text(CliOptions *o, const CliFlag *flag, const char *value)
{
    *(const char **)(void *)((char *)o + flag->field) = value;
    return true;
}

static bool set_yes(CliOptions *o, const CliFlag *flag, const char *value)
{
    (void)value;
    *((bool *)o + flag->field) = true;
    return true;
}

static bool set_no(CliOptions *o, const CliFlag *flag, const char *value)
{
    (void)value;
    *((bool *)o + flag->field) = false;
    return true;
}

static bool set_help(CliOptions *o, const CliFlag *flag, const char *value)
{
    (void)flag;
    return stop(o, cli_print_help(o, value ? CLI_LONG_HELP : CLI_SHORT_HELP));
}

static bool set_version(CliOptions *o, const CliFlag *flag, const char *value)
{
    (void)flag, (void)value;
    StrBuf text = {0};
    sb_puts(&text, "stint " STINT_VERSION "\n");
    return stop(o, cli_print(&text));
}

/* ---- keys ---- */

typedef enum KeyKind { BOOL, NUMBER, DURATION, CALL } KeyKind;

typedef struct Key {
    stint_option_t option;
    KeyKind kind;
    size_t field; /* offset in CliOptions */
    void (*add)(CliOptions *o, const char *value);
} Key;

static void add_listener(CliOptions *o, const char *value)
{
    vec_push(o->arena, &o->listeners, value);
}

#define FIELD_BOOL(name) .field = offsetof(CliOptions, name)
#define FIELD_NUMBER(name) .field = offsetof(CliOptions, name)
#define FIELD_DURATION(name) .field = offsetof(CliOptions, name)
#define FIELD_CALL(name) .add = name

static const Key keys[] = {
#define KEY(group, name, kind_, target, initial, help) \
    {.option = {group, name, initial, help}, .kind = kind_, FIELD_##kind_(target)},
#include "cli/keys.def"
#undef KEY
};

void cli_each_key(char group, void (*visit)(void *ctx, const stint_option_t *key), void *ctx)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (keys[i].option.group == group)
            visit(ctx, &keys[i].option);
    stint_option_t option;
    for (size_t i = 0; stint_option_nth(i, &option); i++)
        if (option.group == group)
            visit(ctx, &option);
}

static bool bad_value(CliOptions *o, char group, const char *key, const char *value,
                      const char *expected)
{
    return stop(o, cli_misuse("failed to parse -%c option `%s=%s`: expected %s", group, key, value,
                           expected));
}

static bool set_key(CliOptions *o, const Key *key, const char *value)
{
    void *field = (char *)o + key->field;
    char group = key->option.group;
    const char *name = key->option.key, *text = value ? value : "";
    switch (key->kind) {
    case BOOL:
        return cli_parse_bool(text, field) || bad_value(o, group, name, text, "y or n");
    case NUMBER:
        return cli_parse_u64(text, field) ||
               bad_value(o, group, name, text, "a number, decimal or 0x...");
    case DURATION:
        return cli_parse_duration(text, field) ||
               bad_value(o, group, name, text, "a time like 2, 2s, 100ms, 50us or 10ns");
    case CALL:
        key->add(o, text);
        return true;
    }
    return true;
}

typedef struct Lookup {
    const char *key;
    bool is_found;
    Near near;
} Lookup;

static void look_at(void *ctx, const stint_option_t *option)
{
    Lookup *lookup = ctx;
    lookup->is_found |= !strcmp(option->key, lookup->key);
    near_offer(&lookup->near, option->key);
}

static bool set_engine_key(CliOptions *o, const CliFlag *flag, const char *key, const char *value)
{
    Lookup lookup = {.key = key, .near = {.word = key}};
    cli_each_key(flag->letter, look_at, &lookup);
    if (lookup.is_found) {
        wasmtime_error_t *error = stint_config_set_option(o->config, flag->letter, key, value);
        if (!error)
            return true;
        wasm_name_t message;
        wasmtime_error_message(error, &message);
        wasmtime_error_delete(error);
        stop(o, cli_misuse("%.*s", (int)message.size, message.data));
        wasm_byte_vec_delete(&message);
        return false;
    }
    StrBuf text = {0};
    sb_printf(&text, "unknown -%c / %s option: %s", flag->letter, flag->name, key);
    near_print(&lookup.near, &text);
    stop(o, cli_misuse("%s", sb_str(&text)));
    sb_free(&text);
    return false;
}

static bool set_one(CliOptions *o, const CliFlag *flag, const char *text)
{
    CliPair pair = split(o, text, "=");
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (keys[i].option.group == flag->letter && !strcmp(keys[i].option.key, pair.name))
            return set_key(o, &keys[i], pair.value);
    return set_engine_key(o, flag, pair.name, pair.value);
}

static bool set_group(CliOptions *o, const CliFlag *flag, const char *value)
{
    if (!strcmp(value, "help") || !strcmp(value, "help-long"))
        return stop(o, cli_print_group_help(flag->letter));
    for (const char *at = value;; at++) {
        size_t len = strcspn(at, ",");
        if (!set_one(o, flag, arena_strndup(o->arena, at, len)))
            return false;
        at += len;
        if (!*at)
            return true;
    }
}

/* ---- flags ---- */

enum {
    RUN = 1 << CLI_RUN,
    COMPILE = 1 << CLI_COMPILE,
    PARSE = 1 << CLI_PARSE,
    PRINT = 1 << CLI_PRINT,
    WAST = 1 << CLI_WAST,
    OBJDUMP = 1 << CLI_OBJDUMP,
    CODE = RUN | COMPILE | WAST | OBJDUMP,
    ANY = (1 << CLI_COMMAND_COUNT) - 1,
};

static bool set_dump(CliOptions *o, const CliFlag *flag, const char *value);
static bool set_profile(CliOptions *o, const CliFlag *flag, const char *value);

#define TEXT(name) .set = set_text, .field = offsetof(CliOptions, name)
#define YES(name) .set = set_yes, .field = offsetof(CliOptions, name)
#define NO(name) .set = set_no, .field = offsetof(CliOptions, name)
#define TO(function) .set = function

static const CliFlag flags[] = {
#define FLAG(name_, letter_, argument_, commands_, effect, help_)                             \
    {.name = name_, .letter = letter_, .argument = argument_, .commands = commands_, effect, \
     .help = help_},
#include "cli/flags.def"
#undef FLAG
};

const CliFlag *cli_flag_nth(size_t index)
{
    return index < ARRAY_LEN(flags) ? &flags[index] : NULL;
}

static const CliFlag *flag_of_letter(char letter)
{
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        if (flags[i].letter == letter)
            return &flags[i];
    return NULL;
}

bool cli_set_group(CliOptions *o, char group, const char *value)
{
    const CliFlag *flag = flag_of_letter(group);
    if (flag && flag->set == set_group)
        return set_group(o, flag, value);
    return stop(o, cli_misuse("unknown group of options -%c", group));
}

/* Other names for keys of groups. */
static bool set_dump(CliOptions *o, const CliFlag *flag, const char *value)
{
    (void)flag;
    return set_engine_key(o, flag_of_letter('D'), "dump", value);
}

static bool set_profile(CliOptions *o, const CliFlag *flag, const char *value)
{
    if (strcmp(value, "perfmap"))
        return stop(o, cli_misuse("%s: expected perfmap, not `%s`", flag->name, value));
    return set_engine_key(o, flag_of_letter('D'), "perf-map", "y");
}

static bool unknown_flag(CliOptions *o, const char *word, size_t len)
{
    StrBuf text = {0};
    Near near = {.word = arena_strndup(o->arena, word, len)};
    sb_printf(&text, "unknown option `%s`", near.word);
    for (size_t i = 0; i < ARRAY_LEN(flags) && word[1] == '-'; i++)
        if (flags[i].commands >> o->command & 1)
            near_offer(&near, flags[i].name);
    near_print(&near, &text);
    stop(o, cli_misuse("%s", sb_str(&text)));
    sb_free(&text);
    return false;
}

/* The words still to be read. */
typedef struct Words {
    size_t at, n;
    const char *const *words;
} Words;

static bool set_flag(CliOptions *o, const CliFlag *flag, const char *value, Words *rest)
{
    if (!(flag->commands >> o->command & 1))
        return stop(o, cli_misuse("`stint %s` takes no option %s", cli_commands[o->command].name,
                               flag->name));
    if (flag->argument && !value) {
        if (rest->at == rest->n)
            return stop(o, cli_misuse("option %s needs an argument: %s", flag->name,
                                      flag->argument));
        value = rest->words[rest->at++];
    }
    return flag->set(o, flag, value);
}

/* --name, --name=value */
static bool parse_long(CliOptions *o, const char *word, Words *rest)
{
    size_t len = strcspn(word, "=");
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        const CliFlag *flag = &flags[i];
        if (strlen(flag->name) != len || strncmp(flag->name, word, len))
            continue;
        if (!flag->argument && word[len])
            return stop(o, cli_misuse("option %s has no argument", flag->name));
        /* A flag without an argument learns from this that it was spelled out. */
        return set_flag(o, flag, word[len] ? word + len + 1 : flag->argument ? NULL : "", rest);
    }
    return unknown_flag(o, word, len);
}

/* -X, -Xvalue, -X=value; letters without an argument may stand together. */
static bool parse_short(CliOptions *o, const char *word, Words *rest)
{
    for (size_t i = 1; word[i]; i++) {
        const CliFlag *flag = flag_of_letter(word[i]);
        if (!flag)
            return unknown_flag(o, word, strlen(word));
        const char *value = word[i + 1] == '=' ? &word[i + 2] : &word[i + 1];
        if (flag->argument)
            return set_flag(o, flag, word[i + 1] ? value : NULL, rest);
        if (!set_flag(o, flag, NULL, rest))
            return false;
    }
    return true;
}

static bool parse_words(CliOptions *o, Words *rest)
{
    /* What follows FILE belongs to the program; other commands take options anywhere. */
    VEC(const char *) operands = {0};
    bool is_over = false;
    while (rest->at < rest->n) {
        const char *word = rest->words[rest->at++];
        if (is_over || word[0] != '-' || !word[1]) {
            vec_push(o->arena, &operands, word);
            is_over |= o->command == CLI_RUN;
        } else if (!strcmp(word, "--")) {
            is_over = true;
        } else if (!(word[1] == '-' ? parse_long(o, word, rest) : parse_short(o, word, rest))) {
            return false;
        }
    }
    o->operands = operands.at;
    o->n_operands = operands.len;
    return true;
}

/* ---- all of it ---- */

/* Scripts test all that there is, and may not run for ever. */
#define SCRIPT_TIMEOUT_NS ((u64)300 * 1000000000)

static void set_script_defaults(CliOptions *o)
{
    static const char *const on[] = {"all-proposals", "shared-memory"};
    for (size_t i = 0; i < ARRAY_LEN(on); i++)
        wasmtime_error_delete(stint_config_set_option(o->config, 'W', on[i], "y"));
    o->timeout_ns = SCRIPT_TIMEOUT_NS;
}

bool cli_parse(CliOptions *o, size_t first, size_t argc, const char *const *argv, int *status)
{
    o->config = wasm_config_new();
    if (!o->config) {
        *status = cli_fail("out of memory");
        return false;
    }
    wasmtime_error_delete(stint_config_set_option(o->config, 'O', "gs", gs_default));
    o->max_memory_bytes = o->max_table_elements = o->max_instances = o->max_tables = CLI_UNSET;
    o->max_memories = o->fuel = o->timeout_ns = CLI_UNSET;
    o->wasi = o->inherit_stdin = o->inherit_stdout = o->inherit_stderr = true;
    if (o->command == CLI_WAST)
        set_script_defaults(o);
    Words rest = {first, argc, argv};
    if (!parse_words(o, &rest)) {
        *status = o->stop_status;
        return false;
    }
    return true;
}

/* Limits that need code of their own are settings of the engine. */
static bool set_implied(wasm_config_t *config, const char *key)
{
    wasmtime_error_t *error = stint_config_set_option(config, 'W', key, "y");
    if (error)
        cli_report_error(NULL, 0, error);
    return !error;
}

wasm_engine_t *cli_engine(CliOptions *o)
{
    if (o->fuel != CLI_UNSET && !set_implied(o->config, "fuel-consumption"))
        return NULL;
    if (o->timeout_ns != CLI_UNSET && !set_implied(o->config, "epoch-interruption"))
        return NULL;
    if (isatty(STDERR_FILENO))
        stint_config_set_progress(o->config, cli_show_progress, &o->progress);
    wasm_engine_t *engine = wasm_engine_new_with_config(o->config);
    o->config = NULL;
    if (!engine)
        cli_fail("no engine can be made: the options contradict each other, or out of memory");
    return engine;
}
