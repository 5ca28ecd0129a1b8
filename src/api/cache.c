/* The cache of compiled code: artifacts in a directory, found by what they were compiled from.
 *
 * An entry is a header, the artifact and the module it was made of. Its name is a hash of the
 * module and of the engine's key, and what is in it is compared with both, so that no two modules
 * can be mistaken for each other; a checksum finds damage. What is foreign, damaged or of another
 * version is as if it were not there, and is replaced. Entries come whole or not at all
 * (os_write_file), so any number of processes may share a directory. It is for its owner alone:
 * what is in it is run.
 *
 * Settings are read from the subset of TOML that the files of libwasmtime's documentation use: one
 * table, keys with a string, number or boolean. What is not understood is an error that names its
 * line. */
#include "api/cache.h"

#include <stdlib.h>

#include "base/hash.h"
#include "os/os.h"

#define CACHE_MAGIC 0x6568636163746e73ull /* "sntcache" */
#define MAX_CONFIG_BYTES ((size_t)1 << 20)
#define MAX_ENTRY_BYTES ((size_t)4 << 30)
#define ENTRY_SUFFIX ".stint"

struct Cache {
    char *dir;
    u64 max_files, max_bytes;
    i64 refs; /* atomic */
};

typedef struct EntryHead {
    u64 magic, checksum; /* of all that follows */
    ObjKey key;
    u64 artifact_len, wasm_len; /* the artifact is padded to a multiple of 8 */
} EntryHead;
#define SUMMED_FROM offsetof(EntryHead, key)

Cache *cache_retain(Cache *cache)
{
    if (cache)
        __atomic_add_fetch(&cache->refs, 1, __ATOMIC_RELAXED);
    return cache;
}

void cache_release(Cache *cache)
{
    if (!cache || __atomic_sub_fetch(&cache->refs, 1, __ATOMIC_ACQ_REL))
        return;
    free(cache->dir);
    free(cache);
}

/* ---- entries ---- */

/* The path of an entry, for the caller to free; NULL: no memory. */
static char *path_of(const Cache *cache, const ObjKey *key, const u8 *wasm, size_t len)
{
    StrBuf path = {0};
    u64 seed = hash_bytes_keyed(key, sizeof *key, CACHE_MAGIC);
    sb_printf(&path, "%s/%016llx%016llx" ENTRY_SUFFIX, cache->dir,
              (unsigned long long)hash_bytes_keyed(wasm, len, seed),
              (unsigned long long)hash_bytes_keyed(wasm, len, ~seed));
    if (path.failed) {
        sb_free(&path);
        return NULL;
    }
    return path.text;
}

static u64 checksum(const u8 *entry, size_t len)
{
    return hash_bytes_keyed(entry + SUMMED_FROM, len - SUMMED_FROM, CACHE_MAGIC);
}

/* The artifact in an entry, in malloc memory; NULL: it is not one of this module. */
static u8 *artifact_in(const u8 *entry, size_t len, const ObjKey *key, const u8 *wasm,
                       size_t wasm_len, size_t *artifact_len)
{
    EntryHead head;
    if (len < sizeof head)
        return NULL;
    memcpy(&head, entry, sizeof head);
    if (head.magic != CACHE_MAGIC || memcmp(&head.key, key, sizeof *key) != 0 ||
        head.wasm_len != wasm_len || head.artifact_len > len ||
        sizeof head + ALIGN_UP(head.artifact_len, (u64)8) + wasm_len != len ||
        memcmp(entry + len - wasm_len, wasm, wasm_len) != 0 ||
        checksum(entry, len) != head.checksum)
        return NULL;
    u8 *artifact = malloc(head.artifact_len + !head.artifact_len);
    if (artifact)
        memcpy(artifact, entry + sizeof head, head.artifact_len);
    *artifact_len = head.artifact_len;
    return artifact;
}

u8 *cache_find(const Cache *cache, const ObjKey *key, const u8 *wasm, size_t len,
               size_t *artifact_len)
{
    const u8 *entry;
    size_t entry_len;
    u8 *artifact = NULL;
    char *path = path_of(cache, key, wasm, len);
    if (path && os_map_file(path, &entry, &entry_len) == 0) {
        artifact = artifact_in(entry, entry_len, key, wasm, len, artifact_len);
        os_unmap_file(entry, entry_len);
    }
    free(path);
    return artifact;
}

void cache_put(const Cache *cache, const ObjKey *key, const u8 *wasm, size_t len,
               const u8 *artifact, size_t artifact_len)
{
    size_t padded = ALIGN_UP(artifact_len, (size_t)8);
    size_t total = sizeof(EntryHead) + padded + len;
    char *path = total <= MIN(MAX_ENTRY_BYTES, cache->max_bytes)
                     ? path_of(cache, key, wasm, len)
                     : NULL;
    u8 *entry = path ? calloc(1, total) : NULL;
    if (entry) {
        EntryHead head = {.magic = CACHE_MAGIC, .key = *key, .artifact_len = artifact_len,
                          .wasm_len = len};
        memcpy(entry, &head, sizeof head);
        memcpy(entry + sizeof head, artifact, artifact_len);
        memcpy(entry + sizeof head + padded, wasm, len);
        head.checksum = checksum(entry, total);
        memcpy(entry, &head, sizeof head);
        if (os_write_file(path, entry, total) == 0)
            os_prune_dir(cache->dir, ENTRY_SUFFIX, cache->max_files, cache->max_bytes);
    }
    free(entry);
    free(path);
}

/* ---- settings ---- */

typedef struct Settings {
    bool is_enabled;
    char *dir;
    u64 max_files, max_bytes;
} Settings;

typedef enum KeyKind { KEY_BOOL, KEY_DIR, KEY_COUNT, KEY_BYTES, KEY_OTHER } KeyKind;

/* Those at the end mean nothing here: entries are not compressed, and no thread cleans up. */
static const struct {
    const char *name;
    KeyKind kind;
} keys[] = {
    {"enabled", KEY_BOOL},
    {"directory", KEY_DIR},
    {"file-count-soft-limit", KEY_COUNT},
    {"files-total-size-soft-limit", KEY_BYTES},
    {"worker-event-queue-size", KEY_OTHER},
    {"baseline-compression-level", KEY_OTHER},
    {"optimized-compression-level", KEY_OTHER},
    {"optimized-compression-usage-counter-threshold", KEY_OTHER},
    {"cleanup-interval", KEY_OTHER},
    {"optimizing-compression-task-timeout", KEY_OTHER},
    {"allowed-clock-drift-for-files-from-future", KEY_OTHER},
    {"file-count-limit-percent-if-deleting", KEY_OTHER},
    {"files-total-size-limit-percent-if-deleting", KEY_OTHER},
};

/* A line without blanks around it and without its comment. */
static WasmStr trimmed(WasmStr line)
{
    char quote = 0;
    for (size_t i = 0; i < line.len; i++) {
        char c = line.at[i];
        if (quote ? c == quote : c == '"' || c == '\'')
            quote = quote ? 0 : c;
        else if (c == '#' && !quote)
            line.len = (u32)i;
    }
    while (line.len && (line.at[0] == ' ' || line.at[0] == '\t'))
        line.at++, line.len--;
    while (line.len && strchr(" \t\r", line.at[line.len - 1]))
        line.len--;
    return line;
}

static bool is_text(WasmStr s, const char *text)
{
    return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

/* The contents of a string without escapes, or a bare word. */
static bool read_value(WasmStr s, WasmStr *out, bool *is_string)
{
    *is_string = s.len && (s.at[0] == '"' || s.at[0] == '\'');
    *out = s;
    if (!*is_string)
        return s.len && !memchr(s.at, ' ', s.len);
    if (s.len < 2 || s.at[s.len - 1] != s.at[0])
        return false;
    *out = (WasmStr){s.at + 1, s.len - 2};
    bool has_escape = s.at[0] == '"' && memchr(out->at, '\\', out->len);
    return !has_escape && !memchr(out->at, s.at[0], out->len) && !memchr(out->at, 0, out->len);
}

/* A number with K, M, G, T (of 1000), or Ki, Mi, Gi, Ti (of 1024), as the documentation has it. */
static bool read_amount(WasmStr s, u64 *out)
{
    static const char units[] = "KMGT";
    u32 i = 0;
    u64 n = 0;
    for (; i < s.len && s.at[i] >= '0' && s.at[i] <= '9'; i++)
        if (__builtin_mul_overflow(n, (u64)10, &n) ||
            __builtin_add_overflow(n, (u64)(s.at[i] - '0'), &n))
            return false;
    if (!i)
        return false;
    const char *unit = i < s.len ? strchr(units, s.at[i]) : NULL;
    bool is_binary = unit && i + 2 == s.len && s.at[i + 1] == 'i';
    if (i < s.len && (!unit || !*unit || !(is_binary || i + 1 == s.len)))
        return false;
    for (; unit && unit >= units; unit--)
        if (__builtin_mul_overflow(n, (u64)(is_binary ? 1024 : 1000), &n))
            return false;
    *out = n;
    return true;
}

static wasmtime_error_t *set(Settings *s, KeyKind kind, WasmStr value, bool is_string)
{
    switch (kind) {
    case KEY_BOOL:
        s->is_enabled = is_text(value, "true");
        return !is_string && (s->is_enabled || is_text(value, "false"))
                   ? NULL
                   : error_format("should be true or false");
    case KEY_DIR:
        if (!is_string || !value.len || value.at[0] != '/')
            return error_format("should be an absolute path in quotes");
        free(s->dir);
        s->dir = strndup(value.at, value.len);
        return s->dir ? NULL : error_oom();
    case KEY_COUNT:
    case KEY_BYTES:
        return read_amount(value, kind == KEY_COUNT ? &s->max_files : &s->max_bytes)
                   ? NULL
                   : error_format("should be a number, with K, M, G, T, Ki, Mi, Gi or Ti");
    case KEY_OTHER: break;
    }
    return NULL;
}

static wasmtime_error_t *read_line(Settings *s, WasmStr line, bool *is_in_table)
{
    bool is_string;
    WasmStr value;
    if (!line.len)
        return NULL;
    if (line.at[0] == '[') {
        *is_in_table = is_text(line, "[cache]");
        return *is_in_table ? NULL : error_format("there is no other table than [cache]");
    }
    const char *equals = memchr(line.at, '=', line.len);
    if (!equals || !*is_in_table)
        return error_format(equals ? "keys stand below [cache]" : "should be KEY = VALUE");
    WasmStr key = trimmed((WasmStr){line.at, (u32)(equals - line.at)});
    WasmStr rest = trimmed((WasmStr){equals + 1, line.len - (u32)(equals + 1 - line.at)});
    if (!read_value(rest, &value, &is_string))
        return error_format("the value should be a string without escapes, a number, true or "
                            "false");
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (is_text(key, keys[i].name))
            return set(s, keys[i].kind, value, is_string);
    return error_format("there is no setting `%.*s`", (int)MIN(key.len, 80u), key.at);
}

static wasmtime_error_t *read_settings(Settings *s, const char *path)
{
    u8 *bytes;
    size_t len;
    char text[OS_ERROR_TEXT_MAX];
    wasmtime_error_t *error = NULL;
    bool is_in_table = false;
    int status = os_read_file(path, MAX_CONFIG_BYTES, &bytes, &len);
    if (status)
        return error_because(error_format("failed to read the cache's configuration %s", path),
                             "%s", os_error_text(status, text));
    u32 number = 0;
    for (size_t at = 0; at < len && !error; number++) {
        const u8 *end = memchr(bytes + at, '\n', len - at);
        size_t n = end ? (size_t)(end - (bytes + at)) : len - at;
        error = read_line(s, trimmed((WasmStr){(const char *)bytes + at, (u32)n}), &is_in_table);
        at += n + 1;
    }
    free(bytes);
    if (!error)
        return NULL;
    wasm_name_t why;
    wasmtime_error_message(error, &why);
    wasmtime_error_delete(error);
    error = error_format("%s:%u: %.*s", path, number, (int)why.size, why.data);
    wasm_byte_vec_delete(&why);
    return error;
}

/* Where the system's programs keep what they can make again. */
static wasmtime_error_t *set_usual_dir(Settings *s)
{
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    StrBuf path = {0};
    if (base && base[0] == '/')
        sb_printf(&path, "%s/stint", base);
    else if (home && home[0] == '/')
        sb_printf(&path, "%s/.cache/stint", home);
    else
        return error_format("there is no directory for the cache: neither HOME nor XDG_CACHE_HOME "
                            "is set");
    if (path.failed) {
        sb_free(&path);
        return error_oom();
    }
    s->dir = path.text;
    return NULL;
}

/* Takes the directory. */
static wasmtime_error_t *use(wasm_config_t *config, Settings *s)
{
    char text[OS_ERROR_TEXT_MAX];
    int status = os_make_dirs(s->dir);
    Cache *cache = status ? NULL : malloc(sizeof *cache);
    if (!cache) {
        wasmtime_error_t *error =
            status ? error_because(error_format("failed to make the cache's directory %s", s->dir),
                                   "%s", os_error_text(status, text))
                   : error_oom();
        free(s->dir);
        return error;
    }
    *cache = (Cache){s->dir, s->max_files, s->max_bytes, 1};
    cache_release(config->cache);
    config->cache = cache;
    return NULL;
}

wasmtime_error_t *wasmtime_config_cache_config_load(wasm_config_t *config, const char *path)
{
    Settings s = {.is_enabled = true, .max_files = 65536, .max_bytes = (u64)512 << 20};
    wasmtime_error_t *error = path ? read_settings(&s, path) : NULL;
    if (!error && s.is_enabled && !s.dir)
        error = set_usual_dir(&s);
    if (!error && s.is_enabled)
        return use(config, &s);
    free(s.dir);
    if (!error) {
        cache_release(config->cache);
        config->cache = NULL;
    }
    return error;
}
