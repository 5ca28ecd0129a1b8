/* Linkers: a hash table from pairs of names to definitions. Private to api. */
#ifndef STINT_API_LINKER_H
#define STINT_API_LINKER_H

#include "api/api_int.h"

/* The pair of names by which modules import. */
typedef struct Names {
    const char *module;
    size_t module_len;
    const char *name;
    size_t name_len;
} Names;
static inline Names names_of(const WasmImport *import)
{
    return (Names){import->module.at, import->module.len, import->name.at, import->name.len};
}
/* For messages: NAMES_FORMAT, NAMES_ARGS(names) */
#define NAMES_FORMAT "`%.*s::%.*s`"
#define MISSING_FORMAT "unknown import: " NAMES_FORMAT " has not been defined"
#define NAMES_ARGS(n) (int)(n).module_len, (n).module, (int)(n).name_len, (n).name

/* What names stand for: a host function or a shared memory for any store, or an item of one. */
typedef struct Definition {
    HostDef *def;     /* held; NULL: something else */
    RtShared *shared; /* held; NULL: something else */
    wasmtime_extern_t item; /* of a store, and looked up there: its instance may go before it */
} Definition;
void definition_retain(const Definition *is);
void definition_release(const Definition *is);

typedef struct Entry {
    Names names; /* in one block, which module points to; module NULL: the slot is free */
    Definition is;
} Entry;

struct wasmtime_linker {
    wasm_engine_t *engine;
    Entry *entries; /* open addressing, nentries a power of two or 0 */
    size_t nentries, used;
    u64 key; /* of the hash: names may come from modules that nobody trusts */
    bool allow_shadowing;
};

/* NULL: there is none. Valid until the next definition. */
const Definition *linker_find(const wasmtime_linker_t *linker, Names names);

/* Names about to be defined: all of them will be, or none. */
typedef struct Batch {
    wasmtime_linker_t *linker;
    Entry *entries;
    size_t len, cap;
    wasmtime_error_t *error; /* the first that arose */
} Batch;
/* Takes over what the definition holds, also on error. */
void batch_add(Batch *batch, Names names, Definition is);
/* A host function; def NULL: it could not be made. */
void batch_add_host(Batch *batch, Names names, HostDef *def);
void batch_fail(Batch *batch, wasmtime_error_t *error);
/* Defines them, unless there was an error or a name is taken; returns the error. */
wasmtime_error_t *batch_end(Batch *batch);

#endif
