/* snapshot.c: stops a guest, keeps its state in a file, and goes on in another process.
 *
 *   ./snapshot FILE N    N more generations of rule30.wat: from FILE, if it is there, and into it
 *
 * The state of an instance is what is in its memories and mutable globals. The interface shows
 * those that are exported, so that a module that is to be kept exports all of them. (Tables and
 * references are not kept: they name things of one store.)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stint.h>

static const char magic[8] = "stint s1";
enum { PAGE = 65536 };

static void die(const char *what)
{
    fprintf(stderr, "snapshot: %s\n", what);
    exit(1);
}

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

/* ---- The form of a snapshot ---------------------------------------------------------------- */

/* `size` bytes follow: of a memory, its pages that are not all zero, each with its number before
 * it; of a global, its wasmtime_val_t. */
typedef struct Part {
    uint32_t nth;  /* which export of the module */
    uint32_t kind; /* WASMTIME_EXTERN_MEMORY or _GLOBAL */
    uint64_t pages;
    uint64_t size;
} Part;

typedef struct Blob {
    uint8_t *bytes;
    size_t len, capacity, at;
} Blob;

static void put(Blob *blob, const void *data, size_t size)
{
    if (size > blob->capacity - blob->len) {
        blob->capacity = 2 * (blob->len + size);
        if (!(blob->bytes = realloc(blob->bytes, blob->capacity)))
            die("out of memory");
    }
    memcpy(blob->bytes + blob->len, data, size);
    blob->len += size;
}

/* A snapshot may have been damaged: nothing of it is believed. */
static void get(Blob *blob, void *data, size_t size)
{
    if (size > blob->len - blob->at)
        die("the snapshot ends too early");
    memcpy(data, blob->bytes + blob->at, size);
    blob->at += size;
}

/* ---- Taking and restoring ------------------------------------------------------------------ */

static bool is_number(const wasmtime_val_t *value)
{
    return value->kind <= WASMTIME_V128; /* not a reference */
}

static void save_memory(wasmtime_context_t *context, const wasmtime_memory_t *memory, Part part,
                        Blob *blob)
{
    static const uint8_t zeros[PAGE];
    const uint8_t *data = wasmtime_memory_data(context, memory);
    size_t head = blob->len;
    part.pages = wasmtime_memory_size(context, memory);
    put(blob, &part, sizeof part);
    for (uint64_t page = 0; page < part.pages; page++) {
        if (!memcmp(data + page * PAGE, zeros, PAGE))
            continue;
        put(blob, &page, sizeof page);
        put(blob, data + page * PAGE, PAGE);
    }
    part.size = blob->len - head - sizeof part;
    memcpy(blob->bytes + head, &part, sizeof part);
}

static void save(wasmtime_context_t *context, const wasmtime_instance_t *instance, Blob *blob)
{
    wasmtime_extern_t item;
    char *name;
    size_t len;
    put(blob, magic, sizeof magic);
    for (uint32_t i = 0;
         wasmtime_instance_export_nth(context, instance, i, &name, &len, &item); i++) {
        Part part = {.nth = i, .kind = item.kind};
        if (item.kind == WASMTIME_EXTERN_MEMORY) {
            save_memory(context, &item.of.memory, part, blob);
        } else if (item.kind == WASMTIME_EXTERN_GLOBAL) {
            wasm_globaltype_t *type = wasmtime_global_type(context, &item.of.global);
            bool is_kept = wasm_globaltype_mutability(type) == WASM_VAR;
            wasm_globaltype_delete(type);
            wasmtime_val_t value;
            memset(&value, 0, sizeof value);
            wasmtime_global_get(context, &item.of.global, &value);
            if (is_kept && !is_number(&value))
                die("a global is a reference, which cannot be kept");
            part.size = sizeof value;
            if (is_kept)
                put(blob, &part, sizeof part), put(blob, &value, sizeof value);
        }
    }
}

static void restore_memory(wasmtime_context_t *context, const wasmtime_memory_t *memory,
                           const Part *part, Blob *blob)
{
    uint64_t pages = wasmtime_memory_size(context, memory), before;
    if (part->pages < pages)
        die("a memory of the snapshot is smaller than the module's");
    must("growing", wasmtime_memory_grow(context, memory, part->pages - pages, &before), NULL);
    uint8_t *data = wasmtime_memory_data(context, memory); /* where it is now */
    memset(data, 0, wasmtime_memory_data_size(context, memory));
    for (size_t end = blob->at + part->size; blob->at < end;) {
        uint64_t page;
        get(blob, &page, sizeof page);
        if (page >= part->pages)
            die("a page of the snapshot is not in its memory");
        get(blob, data + page * PAGE, PAGE);
    }
}

static void restore(wasmtime_context_t *context, const wasmtime_instance_t *instance, Blob *blob)
{
    char found[sizeof magic];
    get(blob, found, sizeof found);
    if (memcmp(found, magic, sizeof magic))
        die("this is no snapshot");
    while (blob->at < blob->len) {
        Part part;
        wasmtime_extern_t item;
        char *name;
        size_t len;
        get(blob, &part, sizeof part);
        if (!wasmtime_instance_export_nth(context, instance, part.nth, &name, &len, &item) ||
            item.kind != part.kind || part.size > blob->len - blob->at)
            die("the snapshot is of another module");
        if (part.kind == WASMTIME_EXTERN_MEMORY) {
            restore_memory(context, &item.of.memory, &part, blob);
        } else {
            wasmtime_val_t value;
            get(blob, &value, sizeof value);
            if (!is_number(&value))
                die("the snapshot has a reference");
            must("setting", wasmtime_global_set(context, &item.of.global, &value), NULL);
        }
    }
}

/* ---- The program --------------------------------------------------------------------------- */

static bool read_file(const char *name, Blob *blob)
{
    uint8_t some[PAGE];
    FILE *file = fopen(name, "rb");
    if (!file)
        return false;
    for (size_t n; (n = fread(some, 1, sizeof some, file)) > 0;)
        put(blob, some, n);
    fclose(file);
    return true;
}

static void write_file(const char *name, const Blob *blob)
{
    FILE *file = fopen(name, "wb");
    if (!file || fwrite(blob->bytes, 1, blob->len, file) != blob->len || fclose(file))
        perror(name), exit(1);
}

static wasmtime_extern_t export_of(wasmtime_context_t *context,
                                   const wasmtime_instance_t *instance, const char *name)
{
    wasmtime_extern_t item;
    if (!wasmtime_instance_export_get(context, instance, name, strlen(name), &item))
        die(name);
    return item;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s FILE GENERATIONS\n", argv[0]);
        return 2;
    }
    Blob text = {0}, before = {0}, after = {0};
    if (!read_file("rule30.wat", &text))
        return perror("rule30.wat"), 1;
    wasm_engine_t *engine = wasm_engine_new();
    wasmtime_store_t *store = wasmtime_store_new(engine, NULL, NULL);
    wasmtime_context_t *context = wasmtime_store_context(store);
    wasmtime_module_t *module;
    wasmtime_instance_t instance;
    wasm_trap_t *trap = NULL;
    must("compiling", stint_module_new_wat(engine, "rule30.wat", (char *)text.bytes, text.len,
                                           &module), NULL);
    must("instantiating", wasmtime_instance_new(context, module, NULL, 0, &instance, &trap), &trap);

    if (read_file(argv[1], &before))
        restore(context, &instance, &before);
    wasmtime_extern_t next = export_of(context, &instance, "next");
    wasmtime_extern_t memory = export_of(context, &instance, "memory");
    wasmtime_extern_t generation = export_of(context, &instance, "generation");
    for (int n = atoi(argv[2]); n > 0; n--) {
        wasmtime_val_t number, row;
        wasmtime_global_get(context, &generation.of.global, &number);
        must("next", wasmtime_func_call(context, &next.of.func, NULL, 0, &row, 1, &trap), &trap);
        printf("%3d %.63s\n", number.of.i32,
               (char *)wasmtime_memory_data(context, &memory.of.memory) + row.of.i32);
    }
    save(context, &instance, &after);
    write_file(argv[1], &after);

    free(text.bytes), free(before.bytes), free(after.bytes);
    wasmtime_module_delete(module);
    wasmtime_store_delete(store);
    wasm_engine_delete(engine);
    return 0;
}
