/* api: the C ABI of libwasmtime 50 and wasm.h on top of rt and comp. Private to the room, which
 * shows nothing to others but the public headers.
 *
 * Owns: the objects behind the handles (engine, module, linker, errors, traps), conversion of
 * values, messages. Promises: everything the headers say; no call aborts on bad input where the
 * ABI has room for an error; what fails changes nothing; finalizers run exactly once.
 *
 * Handles into a store are its id and an index; functions are {id, record}. A store and its context
 * are one object, the runtime's store with more behind it. A caller is the calling instance's
 * context. A host function belongs to no store: stores hold on to those they may call.
 *
 * Where what is: config.c options.c pooling.c engine.c; failure.h failure.c error.c; store.c;
 * module.c wat.c inspect.c; types.c richtypes.c vec.c; val.h val.c; func.c (host functions,
 * calls); extern.c (memories, tables, globals, tags); exception.c; instance.c; profiler.c;
 * linker.c (names), link.c (what is made with them), mismatch.c (what does not fit); async.h
 * async.c (calls that can be suspended); wasm_ref.h wasm_refs.c (references of wasm.h: identity,
 * information, values), wasm_store.c wasm_items.c (its objects); absent.c (what is not there, by
 * the list of absent.def).
 * Start reading with func.c and link.c. Nothing here is shown by a dump.
 *
 * With the public headers the room has nearly twice its budget, which did not foresee references of
 * the collected heap, exceptions, shared memories, asynchronous calls and the names of what is
 * absent: 450 functions, most of them one line in six or ten kinds, and as much text in headers. */
#ifndef STINT_API_INT_H
#define STINT_API_INT_H

#include <stint.h>

#include "api/failure.h"
#include "api/types.h"
#include "comp/comp.h"
#include "interp/interp.h"

/* ---- engine.c, options.c ---- */

/* What makes stacks for the host; async.c. */
typedef struct StackCreator StackCreator;
StackCreator *stack_creator_retain(StackCreator *creator); /* NULL allowed in all three */
void stack_creator_release(StackCreator *creator);
const RtStackMaker *stack_creator_maker(const StackCreator *creator);

typedef struct Cache Cache; /* of compiled code: cache.h */

struct wasm_config_t {
    CompOptions comp;
    RtOptions rt;
    StackCreator *stacks;  /* held; or NULL */
    Cache *cache;          /* held; or NULL */
    bool has_stack_size;   /* rt.async_stack_bytes is not the default */
    CompDump dump;
    bool is_interpreted;   /* by the reference interpreter instead of machine code */
    bool is_contradictory; /* settings no engine can have: making one fails */
};

struct wasm_engine_t {
    RtEngine *rt;
    StackCreator *stacks; /* held; or NULL */
    Cache *cache;         /* held; or NULL */
    CompOptions comp; /* what modules are compiled with, or interpreted */
    bool is_interpreted;
    ObjKey key;       /* and its mark on artifacts */
    CompDump dump;    /* what comp.dump points to, if anything */
    i64 refs;         /* atomic */
};
wasm_engine_t *engine_retain(wasm_engine_t *engine);
InterpOptions engine_interp_options(const wasm_engine_t *engine);

/* ---- stores ---- */

struct wasmtime_store {
    RtStore rt; /* first: the same object is the context */
    wasm_engine_t *engine;
    struct wasm_store_t *handle; /* of stores made by wasm_store_new */
    void *data;
    void (*finalizer)(void *);
    wasmtime_error_t *(*epoch_callback)(const wasmtime_context_t *, void *, uint64_t *,
                                        wasmtime_update_deadline_kind_t *);
    void *epoch_data;
    void (*epoch_finalizer)(void *);
    u64 yield_delta; /* to the next deadline, of guests that wait at each */
};
static inline RtStore *store_of(const wasmtime_context_t *context)
{
    return (RtStore *)(uintptr_t)context;
}
static inline wasmtime_context_t *context_of(RtStore *store) { return (wasmtime_context_t *)store; }
static inline struct wasmtime_store *store_object(const RtStore *store)
{
    return (struct wasmtime_store *)(uintptr_t)store;
}

/* What calls of a store that guests may suspend are refused with. */
wasmtime_error_t *store_refuses_sync(const RtStore *store);
/* Can it be called by a function that does not wait? NULL: yes. */
static inline wasmtime_error_t *sync_check(const RtStore *store)
{
    return LIKELY(!store->refuses_sync) ? NULL : store_refuses_sync(store);
}

/* ---- modules ---- */

struct wasmtime_module {
    RtModule *rt;
    wasm_engine_t *engine;
    i64 refs; /* atomic */
};
wasmtime_module_t *module_retain(const wasmtime_module_t *module);
/* False: the bytes are no module that can be compiled, as diag says. Else *error is NULL, or why
 * there is no module nevertheless. */
bool module_compile(wasm_engine_t *engine, const u8 *wasm, size_t len, wasmtime_module_t **ret,
                    wasmtime_error_t **error, Diag *diag);
bool module_validate(wasm_engine_t *engine, const u8 *wasm, size_t len, Diag *diag);

/* ---- handles ----
 *
 * Looking one up gives NULL if it is of another store or its instance was deleted. Where the ABI
 * has room for it that is an error_bad_handle; elsewhere bad_handle() ends a debug build, and the
 * function does nothing and gives NULL, 0 or false. what: "memory" */
wasmtime_error_t *error_bad_handle(const char *what);
void bad_handle(const char *what);

/* false: memory ran out. */
bool extern_from_rt(RtStore *store, const RtExtern *item, wasmtime_extern_t *out);
/* false: it is of another store or engine, or of a kind that does not exist, or memory ran out. */
bool extern_to_rt(RtStore *store, const wasmtime_extern_t *item, RtExtern *out);
wasm_externtype_t *extern_type(RtStore *store, const RtExtern *item);
RtMemory *memory_of(const RtStore *store, const wasmtime_memory_t *handle);
/* The runtime's object behind a handle, and a new handle to it. */
RtShared *shared_of(const struct wasmtime_sharedmemory *handle);
struct wasmtime_sharedmemory *shared_handle(RtShared *shared);
RtTable *table_of(const RtStore *store, const wasmtime_table_t *handle);
RtTag *tag_of(const RtStore *store, const wasmtime_tag_t *handle);
RtGlobal *global_of(const RtStore *store, const wasmtime_global_t *handle);
RtInstance *instance_of(const RtStore *store, const wasmtime_instance_t *handle);
wasmtime_instance_t instance_handle(const RtInstance *instance);
static inline VmFuncRef *func_of(const RtStore *store, const wasmtime_func_t *handle)
{
    return LIKELY(handle->store_id == store->id)
               ? rt_func_find(store, (u64)(uintptr_t)handle->__private)
               : NULL;
}
/* A null handle if memory runs out, or there is no function. */
wasmtime_func_t func_handle(RtStore *store, VmFuncRef *func);

/* ---- functions ---- */

/* What the embedder's function expects. */
typedef enum HostKind {
    HOST_CHECKED,   /* wasmtime_func_callback_t */
    HOST_UNCHECKED, /* wasmtime_func_unchecked_callback_t */
    HOST_WASM,      /* wasm_func_callback_t */
    HOST_WASM_ENV,  /* wasm_func_callback_with_env_t */
    HOST_ASYNC,     /* wasmtime_func_async_callback_t */
} HostKind;

/* A host function, shared by linkers and all stores it was used in. */
typedef struct HostDef {
    RtHostFunc func; /* first */
    RtEngine *engine; /* not held: stores, linkers and modules that refer to this do */
    const RtType *type;
    void (*callback)(void); /* of the type that its kind says */
    void *env;
    bool is_async; /* a store that has it can be called by asynchronous functions only */
    size_t arity; /* the larger number of parameters and results */
    void (*finalizer)(void *); /* called with env when the last reference goes; may be NULL */
    i64 refs;                  /* atomic */
    u64 kept_by; /* atomic; id of a store that has a reference already, a hint */
} HostDef;
/* With one reference; NULL: out of memory or a type no function of the engine can have; the
 * finalizer was called. */
HostDef *hostdef_new(RtEngine *engine, const wasm_functype_t *type, HostKind kind,
                     void (*callback)(void), void *env, void (*finalizer)(void *));
/* The same for a type of the engine. */
HostDef *hostdef_of_type(RtEngine *engine, u32 type, HostKind kind, void (*callback)(void),
                         void *env, void (*finalizer)(void *));
HostDef *hostdef_retain(HostDef *def); /* NULL allowed in both */
void hostdef_release(HostDef *def);
/* Has the store hold on to the function; false: out of memory. */
bool hostdef_keep(RtStore *store, HostDef *def);
/* A call of the runtime, with its outcome as an error or a trap. trap: set, also to NULL. */
wasmtime_error_t *func_call_raw(RtStore *store, VmFuncRef *func, VmVal *raw, wasm_trap_t **trap);
/* wasm_items.c: `call` of functions with the callbacks of wasm.h. */
void *func_call_wasm(VmHostFunc *self, VmCtx *caller, VmVal *args_results);
void *func_call_wasm_env(VmHostFunc *self, VmCtx *caller, VmVal *args_results);

/* ---- instantiation: shared by instance, linker and instance_pre ---- */

/* For so many imports no memory is taken. */
#define FEW_IMPORTS 32
/* mismatch.c: the import asks for something else; diag: what rt_check_import says */
wasmtime_error_t *error_of_import(const RtModule *module, u32 i, const RtExtern *given,
                                  const Diag *diag);
wasmtime_error_t *error_cross_store(void);
wasmtime_error_t *error_cross_engine(void);
wasmtime_error_t *instantiate(RtStore *store, RtModule *module, const RtExtern *imports, u32 n,
                              RtInstance **instance, wasm_trap_t **trap);

#endif
