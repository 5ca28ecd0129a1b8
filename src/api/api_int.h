/* api: the C ABI of libwasmtime 50 and wasm.h on top of rt and comp. Private to the room, which
 * shows nothing to others but the public headers.
 *
 * Owns: the objects behind the handles (engine, module, linker, errors, traps), conversion of
 * values, messages. Promises: everything the headers say; no call aborts on bad input where the
 * ABI has room for an error.
 * Handles into a store are its id and an index; functions are {id, record}. */
#ifndef STINT_API_INT_H
#define STINT_API_INT_H

#include <stint.h>

#include "api/types.h"
#include "comp/comp.h"

/* ---- engine.c, options.c ---- */

struct wasm_config_t {
    CompOptions comp;
    RtOptions rt;
    CompDump dump;
    bool is_contradictory; /* settings no engine can have: making one fails */
};

struct wasm_engine_t {
    RtEngine *rt;
    CompOptions comp; /* what modules are compiled with */
    ObjKey key;       /* and its mark on artifacts */
    CompDump dump;    /* what comp.dump points to, if anything */
    i64 refs;         /* atomic */
};
wasm_engine_t *engine_retain(wasm_engine_t *engine);

/* ---- errors and traps ---- */

struct wasm_frame_t {
    RtFrame at;
    wasm_name_t func_name, module_name; /* data NULL: no name */
    bool has_func_name, has_module_name;
};

/* What both kinds of failure carry. */
typedef struct Failure {
    StrBuf text;         /* without a NUL that counts */
    wasm_frame_t *frames;
    u32 n_frames;
    bool has_status;     /* the guest ended itself */
    int status;
} Failure;

struct wasmtime_error {
    Failure failure;
};

struct wasm_trap_t {
    Failure failure;
    bool has_code;
    u8 code; /* VmTrap */
};

/* NULL if memory ran out: which callers pass on as no error at all is never right, so these give a
 * static "out of memory" error instead. */
wasmtime_error_t *error_format(const char *format, ...) PRINTF_LIKE(1, 2);
wasmtime_error_t *error_from_diag(const Diag *diag);
wasmtime_error_t *error_oom(void);
/* Turns the store's last trap into an error or a trap for the caller; clears it. Exactly one of the
 * results is set. */
wasmtime_error_t *trap_take(RtStore *store, wasm_trap_t **trap);
void failure_free(Failure *failure);

/* ---- store.c ---- */

struct wasmtime_store {
    RtStore *rt;
    wasm_engine_t *engine;
    void *data;
    void (*finalizer)(void *);
    wasmtime_error_t *(*epoch_callback)(const wasmtime_context_t *, void *, uint64_t *,
                                        wasmtime_update_deadline_kind_t *);
    void *epoch_data;
    void (*epoch_finalizer)(void *);
};
/* A context is the runtime's store; the API's object hangs on it. */
static inline RtStore *store_of(const wasmtime_context_t *context)
{
    return (RtStore *)(uintptr_t)context;
}
static inline wasmtime_context_t *context_of(RtStore *store) { return (wasmtime_context_t *)store; }
static inline struct wasmtime_store *store_object(const RtStore *store) { return store->host; }

/* A handle of another store is a mistake that would read foreign memory: ends the process. */
void store_check(const RtStore *store, u64 id);

/* ---- modules ---- */

struct wasmtime_module {
    RtModule *rt;
    wasm_engine_t *engine;
    i64 refs;
};
wasmtime_module_t *module_retain(const wasmtime_module_t *module);

/* ---- values and handles ---- */

/* false: the value is not of this type (or of another store). */
bool val_to_vm(RtStore *store, const wasmtime_val_t *val, RtValType type, VmVal *out);
/* References come out as new roots. */
void val_from_vm(RtStore *store, const VmVal *vm, RtValType type, wasmtime_val_t *out);

void extern_from_rt(RtStore *store, const RtExtern *item, wasmtime_extern_t *out);
bool extern_to_rt(RtStore *store, const wasmtime_extern_t *item, RtExtern *out);
RtMemory *memory_of(const RtStore *store, const wasmtime_memory_t *handle);
RtTable *table_of(const RtStore *store, const wasmtime_table_t *handle);
RtGlobal *global_of(const RtStore *store, const wasmtime_global_t *handle);
RtInstance *instance_of(const RtStore *store, const wasmtime_instance_t *handle);

/* ---- functions ---- */

struct wasmtime_caller {
    RtStore *store;
    VmCtx *ctx; /* NULL: the host called the host function itself */
};

/* A host function before it is in a store: shared by a linker and all stores it was used in. */
typedef struct HostDef {
    i64 refs;
    const RtEngine *engine;
    const RtType *type; /* lives with the engine */
    bool is_unchecked;
    void (*callback)(void); /* of the type that is_unchecked says */
    void *env;
    void (*finalizer)(void *); /* called with env when the last reference goes; may be NULL */
} HostDef;
/* With one reference; NULL: out of memory or an impossible type; the finalizer was called. */
HostDef *hostdef_new(RtEngine *engine, const wasm_functype_t *type, bool is_unchecked,
                     void (*callback)(void), void *env, void (*finalizer)(void *));
void hostdef_release(HostDef *def);
/* The function in a store, which takes a reference of its own; NULL: out of memory. */
VmFuncRef *hostdef_in_store(RtStore *store, HostDef *def);

/* ---- instantiation: shared by instance, linker and instance_pre ---- */
wasmtime_error_t *instantiate(RtStore *store, RtModule *module, const RtExtern *imports, u32 n,
                              wasmtime_instance_t *instance, wasm_trap_t **trap);

#endif
