/* The guest profiler: samples of stacks, written in the Firefox Profiler's processed format.
 *
 * Samples share stacks, stacks share their callers' stacks, and these share frames and functions,
 * each known by one number: a table gives each key its index, and the keys are what is written. The
 * format is column by column: arrays of equal length in one object for each table. */
#include "api/api_int.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "os/os.h"

/* Pairs of numbers, each once, in the order they came. */
typedef struct Table {
    u64 *keys;
    u32 *slots; /* 1 + index, by hash; 0: free */
    u32 len, nslots; /* nslots is 0 or a power of two; keys has room for half as many */
} Table;

#define KEY(high, low) ((u64)(high) << 32 | (low))
#define HIGH(key) ((u32)((key) >> 32))
#define LOW(key) ((u32)(key))

typedef struct Sample {
    u32 stack; /* 1 + index; 0: no guest ran */
    u64 time_ns, cpu_ns; /* since the one before */
} Sample;

typedef struct ProfiledModule {
    wasmtime_module_t *module;
    char *name;
} ProfiledModule;

struct wasmtime_guestprofiler {
    wasm_engine_t *engine;
    char *name;
    u64 interval_ns, wall_ns, start_ns, last_ns;
    ProfiledModule *modules;
    size_t n_modules;
    Table funcs;  /* module, index of the function */
    Table frames; /* index in funcs, offset in the module */
    Table stacks; /* 1 + index of the caller's stack or 0, index in frames */
    Sample *samples;
    size_t n_samples, max_samples;
    RtFrame *seen; /* room for the frames of a stack */
    u32 max_seen;
    bool is_oom; /* a sample is missing */
};

#define FIRST_FRAMES 64
#define MOST_FRAMES (1u << 20)

/* ---- tables ---- */

static u32 *find_slot(const Table *t, u64 key)
{
    u32 at = (u32)hash_mix(0, key) & (t->nslots - 1);
    while (t->slots[at] && t->keys[t->slots[at] - 1] != key)
        at = (at + 1) & (t->nslots - 1);
    return &t->slots[at];
}

static bool grow(Table *t)
{
    u32 nslots = MAX(t->nslots * 2, 64u);
    u64 *keys = nslots ? realloc(t->keys, nslots / 2 * sizeof *keys) : NULL;
    if (!keys)
        return false;
    t->keys = keys;
    u32 *slots = calloc(nslots, sizeof *slots);
    if (!slots)
        return false;
    free(t->slots);
    t->slots = slots;
    t->nslots = nslots;
    for (u32 i = 0; i < t->len; i++)
        *find_slot(t, keys[i]) = i + 1;
    return true;
}

/* The key's number, which it gets if it has none. False: out of memory. */
static bool number_of(Table *t, u64 key, u32 *number)
{
    if (t->len >= t->nslots / 2 && !grow(t))
        return false;
    u32 *slot = find_slot(t, key);
    if (!*slot) {
        t->keys[t->len++] = key;
        *slot = t->len;
    }
    *number = *slot - 1;
    return true;
}

static void drop_table(Table *t)
{
    free(t->keys);
    free(t->slots);
}

/* ---- a profile's life ---- */

static char *copy_name(const wasm_name_t *name)
{
    if (!utf8_valid(name->data, name->size))
        return NULL;
    char *copy = malloc(name->size + 1);
    if (copy) {
        if (name->size)
            memcpy(copy, name->data, name->size);
        copy[name->size] = 0;
    }
    return copy;
}

wasmtime_guestprofiler_t *
wasmtime_guestprofiler_new(const wasm_engine_t *engine, const wasm_name_t *module_name,
                           uint64_t interval_nanos,
                           const wasmtime_guestprofiler_modules_t *modules, size_t modules_len)
{
    wasmtime_guestprofiler_t *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->engine = engine_retain((wasm_engine_t *)(uintptr_t)engine);
    p->name = copy_name(module_name);
    p->modules = calloc(MAX(modules_len, (size_t)1), sizeof *p->modules);
    bool is_ok = p->name && p->modules;
    for (; is_ok && p->n_modules < modules_len; p->n_modules++) {
        ProfiledModule *m = &p->modules[p->n_modules];
        m->module = module_retain(modules[p->n_modules].mod);
        m->name = copy_name(modules[p->n_modules].name);
        is_ok = m->name && m->module->engine == engine;
    }
    if (!is_ok) {
        wasmtime_guestprofiler_delete(p);
        return NULL;
    }
    p->interval_ns = interval_nanos;
    p->wall_ns = os_wall_ns();
    p->start_ns = p->last_ns = os_monotonic_ns();
    return p;
}

void wasmtime_guestprofiler_delete(wasmtime_guestprofiler_t *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n_modules; i++) {
        wasmtime_module_delete(p->modules[i].module);
        free(p->modules[i].name);
    }
    free(p->modules);
    drop_table(&p->funcs);
    drop_table(&p->frames);
    drop_table(&p->stacks);
    free(p->samples);
    free(p->seen);
    free(p->name);
    wasm_engine_delete(p->engine);
    free(p);
}

/* ---- samples ---- */

/* All frames of what runs now; false: out of memory. */
static bool look(wasmtime_guestprofiler_t *p, RtStore *store, u32 *n)
{
    *n = p->seen ? rt_backtrace(store, p->seen, p->max_seen) : 0;
    while (*n == p->max_seen && p->max_seen < MOST_FRAMES) {
        u32 max = MAX(p->max_seen * 2, (u32)FIRST_FRAMES);
        RtFrame *seen = realloc(p->seen, max * sizeof *seen);
        if (!seen)
            return false;
        p->seen = seen;
        p->max_seen = max;
        *n = rt_backtrace(store, seen, max);
    }
    return true;
}

/* *stack: that of the caller, then with the frame on it. */
static bool push(wasmtime_guestprofiler_t *p, const RtFrame *at, u32 *stack)
{
    u32 module = 0, func, frame, pushed;
    while (module < p->n_modules && p->modules[module].module->rt != at->module)
        module++;
    if (module == p->n_modules)
        return true; /* not to be shown */
    if (!number_of(&p->funcs, KEY(module, at->func), &func) ||
        !number_of(&p->frames, KEY(func, at->module_off), &frame) ||
        !number_of(&p->stacks, KEY(*stack, frame), &pushed))
        return false;
    *stack = pushed + 1;
    return true;
}

static bool sample(wasmtime_guestprofiler_t *p, RtStore *store, u64 cpu_ns)
{
    u32 n, stack = 0;
    if (p->n_samples == p->max_samples) {
        size_t max = MAX(p->max_samples * 2, (size_t)64);
        Sample *samples = realloc(p->samples, max * sizeof *samples);
        if (!samples)
            return false;
        p->samples = samples;
        p->max_samples = max;
    }
    u64 now = os_monotonic_ns();
    if (!look(p, store, &n))
        return false;
    while (n-- > 0)
        if (!push(p, &p->seen[n], &stack))
            return false;
    p->samples[p->n_samples++] = (Sample){stack, now - p->last_ns, cpu_ns};
    p->last_ns = now;
    return true;
}

void wasmtime_guestprofiler_sample(wasmtime_guestprofiler_t *p, const wasmtime_store_t *store,
                                   uint64_t delta_nanos)
{
    p->is_oom |= !sample(p, (RtStore *)(uintptr_t)&store->rt, delta_nanos);
}

/* ---- writing ---- */

static void put_string(StrBuf *out, const char *text, size_t len)
{
    sb_putc(out, '"');
    for (size_t i = 0; i < len; i++) {
        u8 c = (u8)text[i];
        if (c == '"' || c == '\\')
            sb_putc(out, '\\');
        if (c < 0x20)
            sb_printf(out, "\\u%04x", c);
        else
            sb_putc(out, (char)c);
    }
    sb_putc(out, '"');
}

static void put_name(StrBuf *out, const char *key, const char *text)
{
    sb_printf(out, "\"%s\":", key);
    put_string(out, text, strlen(text));
    sb_putc(out, ',');
}

/* A column with an element for each of n rows: put_element(out, p, i) writes one. */
static void put_column(StrBuf *out, const wasmtime_guestprofiler_t *p, const char *key, size_t n,
                       void (*put_element)(StrBuf *, const wasmtime_guestprofiler_t *, size_t))
{
    sb_printf(out, ",\"%s\":[", key);
    for (size_t i = 0; i < n; i++) {
        if (i)
            sb_putc(out, ',');
        put_element(out, p, i);
    }
    sb_putc(out, ']');
}

/* Milliseconds; not by %f, which follows the locale. */
static void put_ms(StrBuf *out, u64 ns)
{
    sb_printf(out, "%llu.%06llu", (unsigned long long)(ns / 1000000),
              (unsigned long long)(ns % 1000000));
}

/* Writes the element of row i of a column. */
#define COLUMN(name, ...)                                                                \
    static void name(StrBuf *out, const wasmtime_guestprofiler_t *p, size_t i)           \
    {                                                                                    \
        (void)p, (void)i;                                                                \
        sb_printf(out, __VA_ARGS__);                                                     \
    }
COLUMN(nothing, "null")
COLUMN(zero, "0")
COLUMN(one, "1")
COLUMN(no, "false")
COLUMN(row, "%zu", i)
COLUMN(func_of_frame, "%u", HIGH(p->frames.keys[i]))
COLUMN(address_of_frame, "%lld",
       LOW(p->frames.keys[i]) == UINT32_MAX ? -1ll : (long long)LOW(p->frames.keys[i]))
COLUMN(frame_of_stack, "%u", LOW(p->stacks.keys[i]))
COLUMN(module_of_func, "%u", HIGH(p->funcs.keys[i]))
COLUMN(name_of_func, "%zu", p->n_modules + i)
COLUMN(cpu_of_sample, "%llu", (unsigned long long)(p->samples[i].cpu_ns / 1000))

static void time_of_sample(StrBuf *out, const wasmtime_guestprofiler_t *p, size_t i)
{
    put_ms(out, p->samples[i].time_ns);
}

static void put_index_or_null(StrBuf *out, u32 one_more)
{
    if (one_more)
        sb_printf(out, "%u", one_more - 1);
    else
        sb_puts(out, "null");
}

static void prefix_of_stack(StrBuf *out, const wasmtime_guestprofiler_t *p, size_t i)
{
    put_index_or_null(out, HIGH(p->stacks.keys[i]));
}

static void stack_of_sample(StrBuf *out, const wasmtime_guestprofiler_t *p, size_t i)
{
    put_index_or_null(out, p->samples[i].stack);
}

/* Where the body of a function begins in the module. */
static void address_of_func(StrBuf *out, const wasmtime_guestprofiler_t *p, size_t i)
{
    const RtModule *m = p->modules[HIGH(p->funcs.keys[i])].module->rt;
    u32 number = LOW(p->funcs.keys[i]) - m->wasm->n_imported_funcs;
    sb_printf(out, "%u", m->image.bodies ? m->image.bodies[number] : 0);
}

static void put_library(StrBuf *out, const wasmtime_guestprofiler_t *p, size_t i)
{
    sb_putc(out, '{');
    put_name(out, "name", p->modules[i].name);
    sb_puts(out, "\"path\":\"\",\"debugName\":\"\",\"debugPath\":\"\",\"breakpadId\":\"\","
                 "\"codeId\":null,\"arch\":null}");
}

/* Strings are the modules' names, then those of the functions seen. */
static void put_text(StrBuf *out, const wasmtime_guestprofiler_t *p, size_t i)
{
    if (i < p->n_modules) {
        put_string(out, p->modules[i].name, strlen(p->modules[i].name));
        return;
    }
    u64 func = p->funcs.keys[i - p->n_modules];
    WasmStr name = wasm_func_name(p->modules[HIGH(func)].module->rt->wasm, LOW(func));
    if (name.at)
        put_string(out, name.at, name.len);
    else
        sb_printf(out, "\"<wasm function %u>\"", LOW(func));
}

static void put_meta(StrBuf *out, const wasmtime_guestprofiler_t *p)
{
    sb_puts(out, "{\"meta\":{\"categories\":[{\"name\":\"Other\",\"color\":\"grey\","
                 "\"subcategories\":[\"Other\"]}],\"debug\":false,\"extensions\":{\"baseURL\":[],"
                 "\"id\":[],\"length\":0,\"name\":[]},\"preprocessedProfileVersion\":55,"
                 "\"version\":24,\"processType\":0,\"symbolicated\":true,\"pausedRanges\":[],"
                 "\"usesOnlyOneStackType\":true,\"sourceCodeIsNotOnSearchfox\":true,"
                 "\"markerSchema\":[],\"sampleUnits\":{\"eventDelay\":\"ms\",\"threadCPUDelta\":"
                 "\"\xc2\xb5s\",\"time\":\"ms\"},");
    put_name(out, "product", p->name);
    sb_puts(out, "\"interval\":");
    put_ms(out, p->interval_ns);
    sb_puts(out, ",\"startTime\":");
    put_ms(out, p->wall_ns);
    sb_putc(out, '}');
    put_column(out, p, "libs", p->n_modules, put_library);
}

static void put_code_tables(StrBuf *out, const wasmtime_guestprofiler_t *p)
{
    size_t n = p->frames.len;
    sb_printf(out, "\"frameTable\":{\"length\":%zu", n);
    put_column(out, p, "address", n, address_of_frame);
    put_column(out, p, "inlineDepth", n, zero);
    put_column(out, p, "category", n, zero);
    put_column(out, p, "subcategory", n, zero);
    put_column(out, p, "func", n, func_of_frame);
    put_column(out, p, "nativeSymbol", n, func_of_frame);
    put_column(out, p, "innerWindowID", n, zero);
    put_column(out, p, "line", n, nothing);
    put_column(out, p, "column", n, nothing);
    n = p->funcs.len;
    sb_printf(out, "},\"funcTable\":{\"length\":%zu", n);
    put_column(out, p, "name", n, name_of_func);
    put_column(out, p, "isJS", n, no);
    put_column(out, p, "relevantForJS", n, no);
    put_column(out, p, "resource", n, module_of_func);
    put_column(out, p, "fileName", n, nothing);
    put_column(out, p, "lineNumber", n, nothing);
    put_column(out, p, "columnNumber", n, nothing);
    sb_printf(out, "},\"nativeSymbols\":{\"length\":%zu", n);
    put_column(out, p, "address", n, address_of_func);
    put_column(out, p, "functionSize", n, nothing);
    put_column(out, p, "libIndex", n, module_of_func);
    put_column(out, p, "name", n, name_of_func);
    n = p->n_modules;
    sb_printf(out, "},\"resourceTable\":{\"length\":%zu", n);
    put_column(out, p, "lib", n, row);
    put_column(out, p, "name", n, row);
    put_column(out, p, "host", n, nothing);
    put_column(out, p, "type", n, one); /* a library */
    sb_putc(out, '}');
}

static void put_thread(StrBuf *out, const wasmtime_guestprofiler_t *p, u64 end_ns)
{
    size_t n = p->samples ? p->n_samples : 0;
    sb_puts(out, ",\"threads\":[{");
    put_name(out, "name", p->name);
    put_name(out, "processName", p->name);
    sb_puts(out, "\"processType\":\"default\",\"pid\":\"0\",\"tid\":\"0\",\"isMainThread\":true,"
                 "\"showMarkersInTimeline\":false,\"pausedRanges\":[],\"registerTime\":0,"
                 "\"processStartupTime\":0,\"markers\":{\"length\":0,\"category\":[],\"data\":[],"
                 "\"endTime\":[],\"name\":[],\"phase\":[],\"startTime\":[]},"
                 "\"processShutdownTime\":");
    put_ms(out, end_ns);
    sb_puts(out, ",\"unregisterTime\":");
    put_ms(out, end_ns);
    sb_putc(out, ',');
    put_code_tables(out, p);
    sb_printf(out, ",\"samples\":{\"length\":%zu,\"weightType\":\"samples\"", n);
    put_column(out, p, "stack", n, stack_of_sample);
    put_column(out, p, "timeDeltas", n, time_of_sample);
    put_column(out, p, "weight", n, one);
    put_column(out, p, "threadCPUDelta", n, cpu_of_sample);
    sb_printf(out, "},\"stackTable\":{\"length\":%u", p->stacks.len);
    put_column(out, p, "prefix", p->stacks.len, prefix_of_stack);
    put_column(out, p, "frame", p->stacks.len, frame_of_stack);
    sb_putc(out, '}');
    put_column(out, p, "stringArray", p->n_modules + p->funcs.len, put_text);
    sb_puts(out, "}]");
}

wasmtime_error_t *wasmtime_guestprofiler_finish(wasmtime_guestprofiler_t *p, wasm_byte_vec_t *out)
{
    StrBuf text = {0};
    wasm_byte_vec_t bytes = {0};
    if (!p->is_oom) {
        put_meta(&text, p);
        put_thread(&text, p, os_monotonic_ns() - p->start_ns);
        sb_puts(&text, ",\"pages\":[],\"profilerOverhead\":[],\"counters\":[]}");
        if (!text.failed)
            wasm_byte_vec_new(&bytes, text.len, sb_str(&text));
    }
    sb_free(&text);
    wasmtime_guestprofiler_delete(p);
    if (!bytes.size)
        return error_oom();
    *out = bytes;
    return NULL;
}
