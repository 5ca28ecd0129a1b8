/* The cache of compiled code: what is in it is used, what is wrong with it is as if it were not
 * there, and its configuration says where a mistake is. */
#define _GNU_SOURCE
#include "kit.h"

#include <dirent.h>
#include <sys/stat.h>

static char dir[64], config_path[128];

static void write_file(const char *path, const char *bytes, size_t len)
{
    FILE *file = fopen(path, "w");
    if (!file || fwrite(bytes, 1, len, file) != len || fclose(file) != 0)
        exit(2);
}

/* Files in the cache; the path of one of them, "" if there are none. */
static char entry[512];
static int count_entries(void)
{
    char path[128];
    int n = 0;
    snprintf(path, sizeof path, "%s/cache", dir);
    DIR *open = opendir(path);
    entry[0] = 0;
    for (struct dirent *e; open && (e = readdir(open)) != NULL;) {
        if (e->d_name[0] == '.')
            continue;
        n++;
        snprintf(entry, sizeof entry, "%s/%s", path, e->d_name);
    }
    if (open)
        closedir(open);
    return n;
}

static void clear(void)
{
    while (count_entries())
        unlink(entry);
}

static wasmtime_error_t *load(const char *text)
{
    wasm_config_t *config = wasm_config_new();
    write_file(config_path, text, strlen(text));
    wasmtime_error_t *error = wasmtime_config_cache_config_load(config, config_path);
    wasm_config_delete(config);
    return error;
}

static wasm_engine_t *engine_with(const char *more, bool fuel)
{
    char text[256];
    wasm_config_t *config = wasm_config_new();
    snprintf(text, sizeof text,
             "# test\n[cache]\nenabled = true # yes\ndirectory = \"%s/cache\"\n%s", dir, more);
    write_file(config_path, text, strlen(text));
    kit_need(wasmtime_config_cache_config_load(config, config_path), NULL, "cache");
    wasmtime_config_consume_fuel_set(config, fuel);
    return wasm_engine_new_with_config(config);
}

/* Compiles (func (export "f") (result i64) (i64.const N)) and calls it. */
static int64_t compile_and_call(wasm_engine_t *engine, int number)
{
    char wat[256];
    wasm_byte_vec_t bytes;
    wasmtime_module_t *module;
    wasmtime_instance_t instance;
    wasm_trap_t *trap = NULL;
    snprintf(wat, sizeof wat, "(module (func (export \"f\") (result i64) (i64.const %d)))", number);
    kit_need(wasmtime_wat2wasm(wat, strlen(wat), &bytes), NULL, "assembling");
    kit_need(wasmtime_module_new(engine, (const uint8_t *)bytes.data, bytes.size, &module), NULL,
             "compiling");
    wasm_byte_vec_delete(&bytes);
    wasmtime_store_t *store = wasmtime_store_new(engine, NULL, NULL);
    kit.context = wasmtime_store_context(store);
    /* an error where fuel is off */
    wasmtime_error_delete(wasmtime_context_set_fuel(kit.context, 1000));
    kit_need(wasmtime_instance_new(kit.context, module, NULL, 0, &instance, &trap), trap, "new");
    KitOutcome out = kit_call(&instance, "f", 0, NULL);
    wasmtime_store_delete(store);
    wasmtime_module_delete(module);
    return out.is_ok ? out.value : -1;
}

static void what_was_compiled_is_found(void)
{
    clear();
    wasm_engine_t *engine = engine_with("", false), *other = engine_with("", false);
    EXPECT(compile_and_call(engine, 7) == 7 && count_entries() == 1);
    struct stat before, after;
    EXPECT(stat(entry, &before) == 0);
    EXPECT(compile_and_call(engine, 7) == 7 && compile_and_call(other, 7) == 7);
    EXPECT(count_entries() == 1 && stat(entry, &after) == 0);
    EXPECT(before.st_ino == after.st_ino); /* not written again */
    EXPECT(compile_and_call(engine, 8) == 8 && count_entries() == 2);
    wasm_engine_delete(engine);
    wasm_engine_delete(other);
}

static void engines_of_other_settings_do_not_share(void)
{
    clear();
    wasm_engine_t *engine = engine_with("", false), *fuel = engine_with("", true);
    EXPECT(compile_and_call(engine, 7) == 7 && compile_and_call(fuel, 7) == 7);
    EXPECT(count_entries() == 2);
    wasm_engine_delete(engine);
    wasm_engine_delete(fuel);
}

/* Every byte damaged in turn, and every length. */
static void damage_is_replaced(void)
{
    static char bytes[1 << 16], good[1 << 16];
    clear();
    wasm_engine_t *engine = engine_with("", false);
    EXPECT(compile_and_call(engine, 7) == 7 && count_entries() == 1);
    FILE *file = fopen(entry, "r");
    size_t len = file ? fread(good, 1, sizeof good, file) : 0;
    if (!EXPECT(len > 0 && len < sizeof good) || !file)
        return;
    fclose(file);
    for (size_t i = 0; i < len; i += i < 200 ? 1 : 97) {
        for (int cut = 0; cut < 2; cut++) {
            memcpy(bytes, good, len);
            bytes[i] = (char)(bytes[i] ^ 0x20);
            write_file(entry, bytes, cut ? i : len);
            if (compile_and_call(engine, 7) != 7 || count_entries() != 1) {
                EXPECT(!"damage is found");
                break;
            }
            file = fopen(entry, "r");
            size_t now = file ? fread(bytes, 1, sizeof bytes, file) : 0;
            if (file)
                fclose(file);
            EXPECT(now == len && memcmp(bytes, good, len) == 0);
        }
    }
    wasm_engine_delete(engine);
}

static void size_is_bounded(void)
{
    clear();
    wasm_engine_t *engine = engine_with("file-count-soft-limit = \"5\"\n", false);
    for (int i = 0; i < 12; i++)
        EXPECT(compile_and_call(engine, i) == i);
    EXPECT(count_entries() == 5);
    wasm_engine_delete(engine);
    clear();
    engine = engine_with("files-total-size-soft-limit = \"1Ki\"\n", false);
    EXPECT(compile_and_call(engine, 1) == 1);
    EXPECT(count_entries() <= 1);
    wasm_engine_delete(engine);
}

static void mistakes_are_named(void)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"[cache]\nenabled = maybe\n", ":2: should be true or false"},
        {"[cache]\n\ndirectory = \"here\"\n", ":3: should be an absolute path"},
        {"[cache]\ndirectory = /tmp\n", ":2: should be an absolute path in quotes"},
        {"[cache]\nsize = 3\n", ":2: there is no setting `size`"},
        {"[cash]\n", ":1: there is no other table than [cache]"},
        {"enabled = true\n", ":1: keys stand below [cache]"},
        {"[cache]\nenabled\n", ":2: should be KEY = VALUE"},
        {"[cache]\ndirectory = \"/a\\tb\"\n", ":2: the value should be a string without escapes"},
        {"[cache]\ndirectory = \"/a\n", ":2: the value should be a string"},
        {"[cache]\nfile-count-soft-limit = \"99999999999999999999\"\n", ":2: should be a number"},
        {"[cache]\nfiles-total-size-soft-limit = \"1Xi\"\n", ":2: should be a number"},
        {"[cache]\nfiles-total-size-soft-limit = \"16777216Ti\"\n", ":2: should be a number"},
        {"[cache]\ndirectory = \"/proc/no/cache\"\n", "failed to make the cache's directory"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wasmtime_error_t *error = load(cases[i].text);
        wasm_name_t text = {0, NULL};
        if (!EXPECT(error != NULL)) {
            printf("  of %s", cases[i].text);
            continue;
        }
        wasmtime_error_message(error, &text);
        if (!EXPECT(memmem(text.data, text.size, cases[i].says, strlen(cases[i].says))))
            printf("  %.*s\n", (int)text.size, text.data);
        wasm_byte_vec_delete(&text);
        wasmtime_error_delete(error);
    }
    wasm_config_t *config = wasm_config_new();
    wasmtime_error_t *error = wasmtime_config_cache_config_load(config, "/no/such/file");
    EXPECT(error != NULL);
    wasmtime_error_delete(error);
    wasm_config_delete(config);
}

static void without_a_file_it_is_in_the_usual_place(void)
{
    char path[128];
    setenv("XDG_CACHE_HOME", dir, 1);
    wasm_config_t *config = wasm_config_new();
    kit_need(wasmtime_config_cache_config_load(config, NULL), NULL, "cache");
    wasm_config_t *clone = stint_config_clone(config);
    wasm_config_delete(config);
    wasm_engine_t *engine = wasm_engine_new_with_config(clone);
    EXPECT(compile_and_call(engine, 9) == 9);
    snprintf(path, sizeof path, "%s/stint", dir);
    EXPECT(access(path, R_OK) == 0);
    wasm_engine_delete(engine);
}

int main(void)
{
    char command[128];
    snprintf(dir, sizeof dir, "/tmp/stint-test-cache-XXXXXX");
    if (!mkdtemp(dir))
        return 2;
    snprintf(config_path, sizeof config_path, "%s/cache.toml", dir);
    TEST(what_was_compiled_is_found);
    TEST(engines_of_other_settings_do_not_share);
    TEST(damage_is_replaced);
    TEST(size_is_bounded);
    TEST(mistakes_are_named);
    TEST(without_a_file_it_is_in_the_usual_place);
    snprintf(command, sizeof command, "rm -r %s", dir);
    return system(command) ? 2 : test_end();
}
