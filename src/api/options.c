/* Options by name: one table, read by the command line too. */
#include "api/cache.h"

#include <stdio.h>
#include <stdlib.h>

#include "os/os.h"

/* ---- values ---- */

static bool parse_bool(const char *value, bool *out)
{
    static const char *const yes[] = {"", "y", "yes", "true"}, *const no[] = {"n", "no", "false"};
    for (size_t i = 0; i < ARRAY_LEN(yes); i++)
        if (!strcmp(value, yes[i])) {
            *out = true;
            return true;
        }
    for (size_t i = 0; i < ARRAY_LEN(no); i++)
        if (!strcmp(value, no[i])) {
            *out = false;
            return true;
        }
    return false;
}

static bool parse_number(const char *value, u64 *out)
{
    u32 base = 10;
    u64 number = 0;
    if (value[0] == '0' && (value[1] == 'x' || value[1] == 'X')) {
        base = 16;
        value += 2;
    }
    bool has_digit = false;
    for (; *value; value++) {
        u32 digit = *value >= '0' && *value <= '9'   ? (u32)(*value - '0')
                    : *value >= 'a' && *value <= 'f' ? (u32)(*value - 'a' + 10)
                    : *value >= 'A' && *value <= 'F' ? (u32)(*value - 'A' + 10)
                                                     : 99;
        if (*value == '_')
            continue;
        if (digit >= base || number > (UINT64_MAX - digit) / base)
            return false;
        number = number * base + digit;
        has_digit = true;
    }
    *out = number;
    return has_digit;
}

static wasmtime_error_t *bad_value(char group, const char *key, const char *value,
                                   const char *expected)
{
    return error_format("failed to parse -%c option `%s=%s`: expected %s", group, key, value,
                        expected);
}

static wasmtime_error_t *set_bool(bool *field, char group, const char *key, const char *value)
{
    return parse_bool(value, field) ? NULL : bad_value(group, key, value, "y or n");
}

static wasmtime_error_t *set_number(u64 max, u64 *field, char group, const char *key,
                                    const char *value)
{
    u64 number;
    if (!parse_number(value, &number) || number > max)
        return bad_value(group, key, value, "a number, decimal or 0x...");
    *field = number;
    return NULL;
}

/* ---- options with a function of their own ---- */

static wasmtime_error_t *set_opt_level(wasm_config_t *config, const char *value)
{
    static const char levels[] = "012s";
    const char *at = value[0] && !value[1] ? strchr(levels, value[0]) : NULL;
    if (!at)
        return bad_value('O', "opt-level", value, "0, 1, 2 or s");
    config->comp.opt_level = (u8)MIN((size_t)2, (size_t)(at - levels));
    return NULL;
}

static wasmtime_error_t *set_compiler(wasm_config_t *config, const char *value)
{
    config->is_interpreted = !strcmp(value, "interpreter");
    if (config->is_interpreted || !strcmp(value, "auto") || !strcmp(value, "stint"))
        return NULL;
    return bad_value('C', "compiler", value, "auto, stint or interpreter");
}

static wasmtime_error_t *set_parallel(wasm_config_t *config, const char *value)
{
    bool is_parallel;
    if (!parse_bool(value, &is_parallel))
        return bad_value('C', "parallel-compilation", value, "y or n");
    config->comp.threads = is_parallel ? 0 : 1;
    return NULL;
}

static wasmtime_error_t *set_cache(wasm_config_t *config, const char *value)
{
    bool is_on;
    if (!parse_bool(value, &is_on))
        return bad_value('C', "cache", value, "y or n");
    if (is_on)
        return wasmtime_config_cache_config_load(config, NULL);
    cache_release(config->cache);
    config->cache = NULL;
    return NULL;
}

/* Only features this CPU has can be named: the code is going to run here. */
static wasmtime_error_t *set_cpu(wasm_config_t *config, const char *value)
{
    u64 host = comp_host_features(), features = 0;
    if (!strcmp(value, "host")) {
        features = host;
    } else if (!strcmp(value, "baseline")) {
        features = host & comp_baseline_features();
    } else if (strcmp(value, "none")) {
        char name[32];
        for (const char *at = value; *at; at += *at == '+') {
            size_t len = strcspn(at, "+");
            snprintf(name, sizeof name, "%.*s", (int)MIN(len, sizeof name - 1), at);
            int number = comp_feature_number(name);
            if (number < 0 || !(host >> number & 1))
                return bad_value('C', "cpu", value,
                                 "host, baseline, none, or features of this CPU");
            features |= (u64)1 << number;
            at += len;
        }
    }
    config->comp.isa.features = features;
    return NULL;
}

static void dump_to_stderr(void *ctx, const char *pass, u32 func, const char *text, size_t len)
{
    (void)ctx;
    fprintf(stderr, ";; pass %s, function %u\n", pass, func);
    fwrite(text, 1, len, stderr);
}

static wasmtime_error_t *set_dump(wasm_config_t *config, const char *value)
{
    char name[32];
    for (const char *at = value; *at; at += *at == '+') {
        size_t len = strcspn(at, "+");
        snprintf(name, sizeof name, "%.*s", (int)MIN(len, sizeof name - 1), at);
        u64 bit = comp_dump_bit(name);
        if (!bit)
            return bad_value('D', "dump", value,
                             "all, or names of passes: build, schedule, lower, ra, emit");
        config->dump.passes |= bit;
        at += len;
    }
    config->dump.write = dump_to_stderr;
    return NULL;
}

static wasmtime_error_t *set_dump_func(wasm_config_t *config, const char *value)
{
    u64 number;
    wasmtime_error_t *error = set_number(UINT32_MAX, &number, 'D', "dump-func", value);
    if (!error)
        config->dump.func = (u32)number;
    return error;
}

static wasmtime_error_t *set_all_proposals(wasm_config_t *config, const char *value)
{
    bool is_on;
    if (!parse_bool(value, &is_on))
        return bad_value('W', "all-proposals", value, "y or n");
    for (u32 f = 0; f < WASM_FEATURE_COUNT; f++)
        wasm_feature_set(&config->comp.wasm_features, (WasmFeature)f, is_on);
    return NULL;
}

/* ---- the table ---- */

typedef enum OptionKind { BOOL, BYTES, NUMBER, CALL, IGNORED } OptionKind;

typedef struct Option {
    char group;
    const char *key, *initial, *help;
    OptionKind kind;
    size_t field; /* offset in wasm_config_t */
    wasmtime_error_t *(*apply)(wasm_config_t *config, const char *value);
} Option;

#define FIELD_BOOL(name) .field = offsetof(wasm_config_t, name)
#define FIELD_BYTES(name) .field = offsetof(wasm_config_t, name)
#define FIELD_NUMBER(name) .field = offsetof(wasm_config_t, name)
#define FIELD_CALL(name) .apply = name
#define FIELD_IGNORED(name) .field = 0

static const Option options[] = {
#define X(group_, key_, kind_, target, initial_, help_) \
    {.group = group_, .key = key_, .kind = kind_, .initial = initial_, .help = help_,  \
     FIELD_##kind_(target)},
#include "api/options.def"
#undef X
};

static wasmtime_error_t *apply(wasm_config_t *config, const Option *o, const char *value)
{
    char *field = (char *)config + o->field;
    u64 number;
    wasmtime_error_t *error;
    bool ignored;
    switch (o->kind) {
    case BOOL:
        return set_bool((bool *)field, o->group, o->key, value);
    case BYTES:
        return set_number(INT64_MAX, (u64 *)(void *)field, o->group, o->key, value);
    case NUMBER:
        error = set_number(UINT32_MAX, &number, o->group, o->key, value);
        if (!error)
            *(u32 *)(void *)field = (u32)number;
        return error;
    case CALL:
        return o->apply(config, value);
    default:
        return set_bool(&ignored, o->group, o->key, value);
    }
}

wasmtime_error_t *stint_config_set_option(wasm_config_t *config, char group, const char *key,
                                          const char *value)
{
    WasmFeature feature;
    if (!value)
        value = ""; /* true, for a boolean */
    if (group == 'W' && wasm_feature_named(key, &feature)) {
        bool is_on;
        if (!parse_bool(value, &is_on))
            return bad_value(group, key, value, "y or n");
        wasm_feature_set(&config->comp.wasm_features, feature, is_on);
        return NULL;
    }
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        if (options[i].group == group && !strcmp(options[i].key, key))
            return apply(config, &options[i], value);
    return error_format("unknown -%c option: %s", group, key);
}

bool stint_option_nth(size_t index, stint_option_t *out)
{
    if (index < ARRAY_LEN(options)) {
        const Option *o = &options[index];
        *out = (stint_option_t){o->group, o->key, o->initial, o->help};
        return true;
    }
    index -= ARRAY_LEN(options);
    if (index >= WASM_FEATURE_COUNT)
        return false;
    WasmFeatures defaults = wasm_features_default();
    *out = (stint_option_t){'W', wasm_feature_key((WasmFeature)index),
                            wasm_feature_on(defaults, (WasmFeature)index) ? "y" : "n",
                            "the WebAssembly proposal of this name"};
    return true;
}

bool stint_cpu_feature_nth(size_t index, const char **name, bool *is_present)
{
    const char *text = index < 64 ? comp_feature_name((u32)index) : NULL;
    if (!text)
        return false;
    *name = text;
    *is_present = comp_host_features() >> index & 1;
    return true;
}

bool stint_config_uses_cpu_feature(const wasm_config_t *config, size_t index)
{
    const char *name = index < 64 ? comp_feature_name((u32)index) : NULL;
    if (!name || config->is_interpreted)
        return false;
    if (!strcmp(name, "fsgsbase")) /* a matter of the runtime as well, and of the kernel */
        return config->rt.gs && os_has_fsgsbase();
    return config->comp.isa.features >> index & 1;
}

bool stint_config_interprets(const wasm_config_t *config) { return config->is_interpreted; }
