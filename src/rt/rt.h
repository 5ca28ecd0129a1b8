/* rt: everything that exists while guests run.
 *
 * Owns: engines (types, stubs, the epoch), loaded modules, stores with their instances, memories,
 * tables, globals and host functions; instantiation; calls into guests; traps and backtraces;
 * libcalls. It knows no compiler and no public API: code comes as an artifact (obj), stubs from a
 * VmStubMaker, and handles of embedders are made of a store's id and the indices here.
 *
 * Promises:
 *   - An engine and its modules may be used by any thread. A store, and all that is in it, belongs
 *     to one thread at a time.
 *   - Running out of memory, address space or a limit is an error that changes nothing.
 *   - Code pages are never writable and executable at once.
 *   - A trap leaves a description in store->trap and the host stack as it was before the call.
 *   - With signals on, faults of other code in the process reach the handlers that were there
 *     before.
 *
 * Everything in a store lives until the store goes, except for what belongs to an instance that is
 * deleted before it (rt_instance_delete; docs/decisions/0002-lifetimes.md).
 * Structures are visible so that the API stays thin: fields are read by all, written only here,
 * unless their comment says that the owner of the store may.
 *
 * Start reading with instantiate.c (an instance comes to be), then call.c (in and out of guests),
 * trap.c and backtrace.c (how a guest is stopped), memory.c (guard regions). docs/vmabi.md is the
 * contract with generated code.
 */
#ifndef STINT_RT_H
#define STINT_RT_H

#include "base/diag.h"
#include "base/strbuf.h"
#include "obj/obj.h"
#include "vmabi/vmabi.h"
#include "wasm/wasm.h"

typedef struct RtEngine RtEngine;
typedef struct RtModule RtModule;
typedef struct RtStore RtStore;
typedef struct RtInstance RtInstance;
typedef struct RtFrame RtFrame;
typedef struct RtFiber RtFiber;
typedef struct VmStubMaker VmStubMaker; /* vmabi/stubs.h */

/* ---- engines ---- */

/* What a collector is shown: a place that holds a reference, which it may change. */
typedef void (*RtVisit)(void *ctx, u32 *place);
typedef u64 (*RtEntry)(VmCtx *ctx, void *code, VmVal *args_results, VmActivation *act);

/* What runs the modules of an engine that has no machine code: a few functions instead of stubs.
 * An engine is wholly interpreted or wholly compiled, so records of functions never mix. */
typedef struct RtInterp {
    /* Runs a function as an entry stub does: 0 = returned, 1 = stopped, store->trap says why.
     * `code` is that of its record. */
    RtEntry enter;
    /* Prepares the functions of a module, whose bodies are whole: what the records of defined
     * function i have as code goes to codes[i]. In module->arena; false: diag. */
    bool (*prepare)(RtModule *module, void **codes, Diag *diag);
    /* States are what store->interp points to, and never NULL here. Frames of what runs in one,
     * innermost first; returns how many, at most max. */
    u32 (*backtrace)(const void *state, RtFrame *frames, u32 max);
    /* Is a function of the instance among what runs in a state? */
    bool (*runs)(const void *state, const RtInstance *instance);
    /* Shows the collector each place in a state that holds a reference. */
    void (*visit_roots)(void *state, RtVisit visit, void *ctx);
    /* Frees a state. */
    void (*free_state)(void *state);
} RtInterp;

/* A stack of the host's own for calls that can be suspended. */
typedef struct RtHostStack {
    u8 *low, *high; /* whole pages */
    void (*finalizer)(void *env); /* gives it back; may be NULL */
    void *env;
} RtHostStack;

/* Who makes such stacks. On any thread. */
typedef struct RtStackMaker {
    void *env;
    /* Of so many bytes or more. Returns NULL after setting *out, or a host trap object. */
    void *(*make)(void *env, u64 bytes, RtHostStack *out);
} RtStackMaker;

typedef struct RtOptions {
    bool signals;          /* traps by signals: process-wide handlers are installed. Else code must
                            * have been compiled without OBJ_SIGNAL_TRAPS */
    bool gs;               /* code may use gs for memory 0: only if os_has_fsgsbase() */
    bool shared_memories;  /* they may be made */
    bool explicit_bounds;  /* no code relies on guard regions: memories are reserved small */
    bool guard_before;     /* a guard region in front of memories too */
    bool perf_map;         /* name code in /tmp/perf-PID.map for `perf` */
    u64 reservation_bytes; /* address space of a 32-bit memory; without explicit_bounds at least
                            * VM_MEMORY32_BYTES is taken whatever this says */
    u64 guard_bytes;       /* behind (and before) it; likewise VM_GUARD_BYTES */
    u64 max_stack_bytes;   /* of host stack that guests may use in one stay */
    u64 async_stack_bytes; /* of stacks for calls that can be suspended: what guests do not use of
                            * it is for the host functions they call */
    const RtStackMaker *stack_maker; /* borrowed as long as the engine lives; NULL: stacks are the
                                      * engine's */
    u64 keep_stack_bytes;    /* of a pooled stack that is not among the few kept whole */
    u32 pooled_stacks;       /* kept for the next call */
    u64 keep_resident_bytes; /* of a pooled memory, cleared by writing zeros; what lies behind is
                              * given back to the system */
    u64 max_memory_bytes, max_table_elems, max_gc_heap_bytes; /* what RtLimits begins with */
    u32 max_backtrace;     /* frames kept of a trap; 0: none are collected */
    u32 pooled_memories;   /* reservations kept for the next instance */
    /* What host functions return is handed to this first, if it is not NULL; gives what the runtime
     * is to take: a trap object, &rt_exception or &rt_deleted. NULL: that as it is. */
    void *(*take_trap)(RtStore *store, void *trap);
    const RtInterp *interp; /* modules are interpreted by it, and were compiled for that
                             * (OBJ_INTERPRETED); no page is executable. NULL: machine code */
    bool gc_stress;        /* every allocation of an object collects: finds missing roots */
} RtOptions;

/* Signals on, gs as the kernel allows, 512 KiB of stack, 20 frames. */
RtOptions rt_options_default(void);

/* options  borrowed for the call; NULL: the default
 * stubs    the ISA's generators, kept by reference; not used by an interpreted engine
 * returns  with one reference; NULL and diag if memory runs out */
RtEngine *rt_engine_new(const RtOptions *options, const VmStubMaker *stubs, Diag *diag);
RtEngine *rt_engine_retain(RtEngine *engine);
void rt_engine_release(RtEngine *engine);
const RtOptions *rt_engine_options(const RtEngine *engine);
/* Safe in signal handlers, from any thread. */
void rt_engine_increment_epoch(RtEngine *engine);
u64 rt_engine_epoch(const RtEngine *engine);

/* ---- types, engine-wide ---- */

/* As WasmValType, but a concrete reference names an engine-wide type id. Equal types are equal
 * numbers in all modules of an engine. */
typedef WasmValType RtValType;
#define RT_NO_TYPE UINT32_MAX

/* A type; lives as long as the engine. */
typedef struct RtType {
    u32 id;
    u32 super;   /* id, or RT_NO_TYPE */
    u8 kind;     /* WasmTypeKind */
    bool is_final;
    u8 depth;    /* supertypes above it */
    u32 n_params, n_results; /* functions */
    u32 n_fields;            /* structs; arrays: 1 */
    const RtValType *params, *results;
    const WasmField *fields; /* types in engine-wide form */
    const u32 *field_offsets; /* structs: in an object */
    const u32 *ref_offsets;  /* structs: of those fields that hold references of the heap */
    u32 n_refs;              /* structs: how many; arrays: 1 if elements are such references */
    u32 object_bytes;        /* structs: of an object; arrays: of an element */
    bool takes_funcs, gives_funcs; /* functions: among parameters, results are functions */
    u32 stack_arg_bytes;     /* functions: what the callee pops on return, beside the address */
    struct RtStubs *stubs;   /* functions: shared by all of one signature; see rt_type_stubs */
} RtType;

/* The stubs of a signature; see docs/vmabi.md. Each is NULL until somebody needs it, and constant
 * from then on. */
typedef struct RtStubs {
    RtEntry entry;
    void *host;  /* VmFuncRef.cross of host functions */
    void *direct; /* of those that are called directly */
    void *cross; /* VmFuncRef.cross of guest functions */
} RtStubs;

const RtType *rt_type(const RtEngine *engine, u32 id);
/* The id of a function type without declared supertypes; RT_NO_TYPE if memory runs out. */
u32 rt_type_func(RtEngine *engine, const RtValType *params, u32 n_params, const RtValType *results,
                 u32 n_results);
/* The same for a struct (or an array, of one field): final, fields in engine-wide form. */
u32 rt_type_fields(RtEngine *engine, WasmTypeKind kind, const WasmField *fields, u32 n);
/* All stubs of a function type, made now if need be; NULL if memory runs out. */
const RtStubs *rt_type_stubs(RtEngine *engine, u32 id);
/* Is every value of `sub` one of `super`? */
bool rt_is_subtype(const RtEngine *engine, RtValType sub, RtValType super);
/* Is the type `sub` the same as or declared below `super`? */
bool rt_type_below(const RtEngine *engine, u32 sub, u32 super);
/* A type of a module in engine-wide form. */
RtValType rt_val_type(const RtModule *module, WasmValType type);
/* As in the text format: "i32", "(func (param i32) (result i64))"; concrete types are spelled out
 * one level deep. */
void rt_print_val_type(const RtEngine *engine, StrBuf *out, RtValType type);
void rt_print_func_type(const RtEngine *engine, StrBuf *out, u32 id);

/* ---- modules ---- */

/* An artifact's bytes and how to give them back. */
typedef struct RtArtifact {
    const u8 *bytes; /* 8-aligned */
    size_t len;
    void (*release)(const u8 *bytes, size_t len); /* NULL: they are never given back */
} RtArtifact;

struct RtModule {
    RtEngine *engine;
    RtArtifact artifact;
    ObjImage image;      /* checked view of it */
    const WasmModule *wasm; /* types, imports, exports, names; bodies only if interpreted */
    void **interp_codes; /* by defined function: code of its record; NULL: machine code */
    u8 *text;            /* where the code runs */
    size_t text_bytes;   /* whole pages */
    VmCounts counts;
    VmLayout layout;
    const u32 *type_ids; /* by type index of the module: engine-wide id */
    const u32 *funcref_of; /* by defined function: its number among funcrefs, or UINT32_MAX */
    const u8 *ctx_template;  /* layout.size bytes that every new context starts as */
    struct RtExportSlot *export_slots; /* hash table over exports by name */
    u32 export_mask;
    u64 export_key;
    u32 memory_export; /* index of the memory exported as "memory"; WASM_NONE: there is none */
    const u32 *late_globals; /* defined globals whose initial value is not in the template */
    u32 n_late_globals;
    const u32 *ref_globals; /* defined globals that hold references of the heap */
    u32 n_ref_globals;
    bool uses_heap;         /* may meet an object of the collected heap */
    bool gives_funcs;       /* references to functions of an instance may leave it */
    Arena arena;         /* all of the above but the text */
    i64 refs;
    void *host;          /* for the API; not touched here */
};

/* Maps and links the code of an artifact whose key the caller has compared (obj_key_matches).
 * artifact  taken on success; still the caller's on failure
 * errors    diag: damaged, too large, or out of memory */
bool rt_module_new(RtEngine *engine, RtArtifact artifact, RtModule **out, Diag *diag);
RtModule *rt_module_retain(RtModule *module);
void rt_module_release(RtModule *module);
/* NULL if there is none of that name. O(1). */
const WasmExport *rt_module_export(const RtModule *module, const char *name, size_t len);
/* Adds the module's functions to /tmp/perf-PID.map. False if it could not be written. */
bool rt_module_write_perf_map(const RtModule *module);
/* The type of an import or export, "(func (param i32))", "(memory 1 2)", for messages. */
void rt_print_module_extern(const RtModule *module, StrBuf *out, WasmKind kind, u32 index);

/* ---- what a store holds ---- */

/* The bytes of a memory and the addresses around them. */
typedef struct RtSpace {
    VmMemory vm;       /* what generated code reads */
    WasmLimits limits; /* in pages, as declared */
    bool is_guarded;   /* what generated code does not check itself cannot leave the reservation */
    bool is_pooled;    /* the reservation is like those of all plain memories of the engine */
    u8 *map;           /* the reservation: front guard, capacity, guard */
    u64 map_bytes;
    u64 capacity_bytes; /* what vm.size_bytes may grow to */
    u64 open_bytes;     /* accessible by mprotect; vm.size_bytes rounded up to host pages */
} RtSpace;

/* A memory that belongs to no store, but to all that have it: shared.c. Its space may be grown by
 * another thread at any time; read lengths by rt_memory_bytes. */
typedef struct RtShared RtShared;

/* A memory of a store. */
typedef struct RtMemory {
    RtSpace *space;   /* `own`, or that of `shared` */
    RtShared *shared; /* held; NULL: the memory is the store's alone */
    RtStore *store;
    RtInstance *owner; /* it goes with; NULL: with the store. Likewise below */
    u32 index;        /* in store->memories */
    u32 birth;        /* see rt_birth. Likewise below */
    RtSpace own;
} RtMemory;

typedef struct RtTable {
    VmTable vm; /* first */
    WasmLimits limits; /* in elements, as declared */
    RtValType type;
    RtStore *store;
    RtInstance *owner;
    u32 index;    /* in store->tables */
    u32 birth;
    u32 elem_bytes; /* 8 for function references, else 4 */
    bool has_own_elems; /* vm.elems is not behind this struct in the same block */
    u64 capacity; /* elements that vm.elems has room for */
} RtTable;

typedef struct RtGlobal {
    VmGlobal *value; /* in its instance's context, or its own */
    RtValType type;
    bool is_mutable;
    RtStore *store;
    RtInstance *owner;
    u32 index; /* in store->globals */
    u32 birth;
    VmGlobal own; /* of globals the host made */
} RtGlobal;

typedef struct RtTag {
    u32 type; /* function type id */
    RtStore *store;
    RtInstance *owner; /* NULL, too, for one that only exceptions name any more */
    u32 index; /* in store->tags */
    u32 birth;
    bool is_orphan; /* its owner was deleted: it goes when no exception names it */
    bool is_named;  /* by an exception, as found by the last sweep */
} RtTag;

/* A function of the host. It belongs to no store: any store of its engine may have it as a value,
 * as long as it exists (rt_store_keep). Whoever makes one embeds this in what `call` needs. */
typedef struct RtHostFunc {
    VmHostFunc vm; /* first */
    VmFuncRef ref; /* the function as a value */
} RtHostFunc;

/* Something that can be imported or exported. */
typedef struct RtExtern {
    u8 kind; /* WasmKind */
    union {
        VmFuncRef *func;
        RtTable *table;
        RtMemory *memory;
        RtGlobal *global;
        RtTag *tag;
    };
} RtExtern;

/* An instance; its context lies behind it in the same allocation. */
struct RtInstance {
    VmCtx *ctx;
    RtModule *module;
    RtStore *store;
    u32 index;           /* in store->instances */
    u32 birth;
    u32 n_imported_by;   /* imports of instances that are something of this one */
    bool may_be_named;   /* references to functions of it may be elsewhere */
    bool is_deleted;     /* for the host; it goes when no guest runs */
    /* In a sweep: it goes now; a reference to a function of it was found. */
    bool is_going, is_named;
    RtMemory **memories; /* by index, imported ones included; likewise below */
    RtTable **tables;
    RtTag **tags;
    RtGlobal **globals;  /* NULL for a defined global until rt_instance_global is asked for it */
    u64 *dropped_elems;  /* bit sets of segments that were dropped */
    u64 *dropped_datas;
    struct RtElemValues *elem_values; /* of segments with expressions, by number */
    struct RtOtherFunc **other_funcs; /* by defined function: records outside the escaping set; or
                                       * NULL */
    u32 n_other_funcs; /* places in it */
    u32 *func_slots; /* by number among the escaping: 1 + index in store->funcs; 0: none */
};

/* ---- traps ---- */

typedef enum RtTrapKind {
    RT_TRAP_NONE,
    RT_TRAP_CODE,    /* one of trap.def */
    RT_TRAP_HOST,    /* a host function or callback returned an object */
    RT_TRAP_MESSAGE, /* a text only: a limit that was set to stop the guest */
    RT_TRAP_EXCEPTION, /* no guest caught store->pending_exn */
} RtTrapKind;

struct RtFrame {
    const RtModule *module; /* lives as long as the store */
    const VmCtx *ctx;       /* NULL: unknown. Not to be followed: see rt_frame_instance */
    u32 func;       /* index in the module */
    u32 module_off; /* byte offset of the operator in the WebAssembly module; UINT32_MAX: unknown */
    u32 func_off;   /* the same from the start of the function's body; UINT32_MAX: unknown */
};

/* The last trap of a store. */
typedef struct RtTrap {
    u8 kind;             /* RtTrapKind */
    VmTrap code;         /* RT_TRAP_CODE */
    void *host;          /* RT_TRAP_HOST: whoever reads it takes it and sets it to NULL */
    const char *message; /* static text; NULL for RT_TRAP_HOST */
    u64 fault_addr;      /* of a memory fault; else 0 */
    u32 exn;             /* RT_TRAP_EXCEPTION: which one */
    RtFrame *frames;     /* innermost first */
    u32 n_frames;
    u32 max_frames;
} RtTrap;

/* The text of trap.def; "unknown trap" for a number that is not in it. */
const char *rt_trap_text(u32 code);

/* ---- stores ---- */

#define RT_LIST(T) \
    struct {       \
        T *at;     \
        u32 len;   \
        u32 cap;   \
    }

/* Objects by index, NULL where one was freed: such a place is used again. */
typedef struct RtSlots {
    void **at;
    u32 len;  /* places */
    u32 cap;
    u32 live; /* objects */
    u32 next; /* no place before this one is free */
} RtSlots;

/* Handles of embedders are an index and the number of the object's birth in its store. An object
 * that was deleted has birth 0, or is gone: so a handle that outlived it is told from what has its
 * place now. (After 2^32 births a handle may name another object, but always one that is there.)
 * NULL: the handle names nothing. */
#define rt_find(slots, Type, index_, birth_) \
    ((Type *)rt_find_slot((slots), (index_), offsetof(Type, birth), (birth_)))
static inline void *rt_find_slot(const RtSlots *slots, u64 index, size_t birth_at, u64 birth)
{
    u8 *object = index < slots->len ? slots->at[index] : NULL;
    u32 found = 0;
    if (object)
        memcpy(&found, object + birth_at, sizeof found);
    return found && found == birth ? object : NULL;
}
/* A guest function that the host was given a handle of. */
typedef struct RtFuncSlot {
    VmFuncRef *func;
    const RtType *type; /* of it: one lookup less for each call */
    u32 birth; /* 0: free */
    u32 next_free;
} RtFuncSlot;

/* What lists of pointers in a store can hold before they take memory of their own. */
#define RT_FEW 4u
#define RT_FEW_FRAMES 20u

/* What a store's guests may take. The owner of the store may change it at any time. */
typedef struct RtLimits {
    u64 memory_bytes; /* of each memory */
    u64 table_elems;  /* of each table */
    u64 gc_heap_bytes; /* of objects in the collected heap */
    u32 instances, tables, memories; /* how many: tables and memories of modules, not those that
                                      * the host made */
    bool trap_on_grow_failure; /* memory.grow and table.grow trap instead of giving -1 */
} RtLimits;

/* The collected heap of a store; private to heap.c. */
typedef struct RtHeap {
    u8 *base;        /* what references count from; NULL: nobody has needed one yet */
    u32 space;       /* 0 or 1: the one in use */
    u64 capacity;    /* bytes of a space that may be used */
    u64 open[2];     /* of each space: accessible bytes */
    u64 collections; /* so far */
    struct RtTempRoots *temps;
    RT_LIST(struct RtHostValue) hosts;
    u32 dead_hosts, free_hosts; /* first of a list, UINT32_MAX: none */
    u32 n_finalizing; /* calls under way that run finalizers */
    RT_LIST(struct RtRoot) roots;
    u32 free_roots;
} RtHeap;

/* Something that a store holds on to. */
typedef struct RtKept {
    void *object;
    void (*release)(void *object);
} RtKept;

/* RtStore.refuses_sync */
enum {
    RT_ASYNC_STORE = 1, /* its guests may have to wait, as the host has set it up */
    RT_IN_FIBER = 2,    /* a fiber of its own runs: what is called could not make that wait */
};

struct RtStore {
    VmStore vm; /* first: what generated code touches */
    RtEngine *engine;
    u64 id; /* not 0, never used again in this process */
    /* On which stack and where on it the store was last entered from outside: what vm.stack_limit
     * is for. */
    u64 entry_stack, entry_sp;
    u64 outer_exit_sp; /* vm.exit_sp beneath the fiber that runs; 0: none does */
    VmCtx host_ctx; /* the caller that host functions see when the host calls them: no instance */
    RtLimits limits;
    RtTrap trap;
    RtSlots instances; /* RtInstance, and so on */
    RtSlots memories;
    RtSlots tables;
    RtSlots globals;
    RtSlots tags;
    RT_LIST(RtKept) kept;
    u32 module_memories, module_tables; /* how many of these are instances' own */
    RT_LIST(RtFuncSlot) funcs;
    u32 free_funcs;  /* first of a list in it, UINT32_MAX: none */
    u32 last_birth;
    RT_LIST(RtInstance *) deleted; /* instances that wait for guests to return */
    RT_LIST(RtInstance *) tombs; /* instances of which only the records of functions are left */
    u32 n_orphans;   /* tags likewise left */
    u32 most_left;   /* of both together, before it is looked whether something names them */
    bool gave_records; /* the host may know records of functions by their address */
    VmHostFunc deleted_func; /* what records in tombs belong to */
    RtHeap heap;
    RtInstance *making; /* an instance that is not in the list yet */
    u32 pending_exn; /* an exception between throwing and throwing again, 0: none. The owner of the
                      * store may change it */
    u32 exn_room;    /* VmVals in vm.exn_values */
    bool is_taking;  /* the exception in flight is being made an object: its values are roots */
    struct RtAttachment *attachments;
    /* Asked when the epoch reaches the deadline; NULL: trap INTERRUPT. Returns NULL after setting
     * *delta (the new deadline is the present epoch plus this), and *yields if others shall run
     * first, or a host trap object. */
    void *(*epoch_callback)(void *ctx, RtStore *store, u64 *delta, bool *yields);
    void *epoch_ctx;
    void *interp; /* the interpreter's own, made when it first runs here; that of the stack which
                   * runs now */
    RtFiber *fiber;  /* the newest of the store's that runs now; NULL: none does */
    RtFiber *fibers; /* all that were begun and are not done */
    struct RtStack *spare_stack; /* one of the host's, for the next fiber */
    u64 fuel_reserve;  /* units beside those that vm.fuel counts */
    u64 fuel_interval; /* units after which a guest lets others run; 0: when there are none left */
    u8 refuses_sync; /* why it cannot be called without a fiber; 0: it can. The owner of the store
                      * may add RT_ASYNC_STORE */
    /* Where the lists and the frames begin. */
    void *few[5][RT_FEW];
    RtKept few_kept[RT_FEW];
    RtFrame few_frames[RT_FEW_FRAMES];
};

/* Fills in a store in the caller's memory, which must not move. False if memory runs out. */
bool rt_store_init(RtStore *store, RtEngine *engine);
/* Frees all that is in it. Not within a call of one of its functions; those that wait are stopped
 * first. Runs all finalizers; these may not use the store. */
void rt_store_clear(RtStore *store);
/* The same in memory of its own; NULL if there is none. */
RtStore *rt_store_new(RtEngine *engine);
void rt_store_delete(RtStore *store);
/* Has release(object) called when the store goes. False if memory runs out: it is not called. */
bool rt_store_keep(RtStore *store, void *object, void (*release)(void *object));
/* What a store may take at first. */
RtLimits rt_limits_default(const RtEngine *engine);
void rt_store_set_fuel(RtStore *store, u64 fuel);
u64 rt_store_fuel(const RtStore *store);
/* Has guests suspend whenever they have used so much; 0: never. */
void rt_store_set_fuel_interval(RtStore *store, u64 interval);
/* Guests are interrupted when the epoch has advanced by `delta` from now. */
void rt_store_set_epoch_deadline(RtStore *store, u64 delta);
/* Host data under a key (an address of the owner's); replaces, and finalizes, what was there.
 * False if memory runs out: the value is still the caller's. */
bool rt_store_attach(RtStore *store, const void *key, void *value, void (*finalizer)(void *));
void *rt_store_attachment(const RtStore *store, const void *key);

/* Each makes an object in a store. False: diag says which limit, or that memory ran out. */
bool rt_memory_new(RtStore *store, const WasmLimits *limits, RtMemory **out, Diag *diag);
bool rt_table_new(RtStore *store, const WasmLimits *limits, RtValType type, const VmVal *init,
                  RtTable **out, Diag *diag);
bool rt_global_new(RtStore *store, RtValType type, bool is_mutable, const VmVal *init,
                   RtGlobal **out, Diag *diag);
bool rt_tag_new(RtStore *store, u32 type, RtTag **out, Diag *diag);
/* Memories for all threads of an engine. limits: shared, and with a maximum.
 * errors  diag: shared memories are off, out of memory or address space */
bool rt_shared_new(RtEngine *engine, const WasmLimits *limits, RtShared **out, Diag *diag);
RtShared *rt_shared_retain(RtShared *shared);
void rt_shared_release(RtShared *shared);
RtEngine *rt_shared_engine(const RtShared *shared);
const RtSpace *rt_shared_space(const RtShared *shared);
u64 rt_shared_bytes(const RtShared *shared);
/* limit  bytes it may have afterwards */
bool rt_shared_grow(RtShared *shared, u64 delta_pages, u64 limit, u64 *old);
/* The store's memory for it, the same at each call. NULL if memory runs out. */
RtMemory *rt_memory_of_shared(RtStore *store, RtShared *shared);

/* Fills in a host function of a function type. vm.direct and vm.env are set before, or zero: where
 * code is compiled it calls `direct` instead of `call`, if there is one. False if memory runs out.
 * call  its caller is the calling instance's context, or the host_ctx of the store */
bool rt_host_func_init(RtEngine *engine, RtHostFunc *func, u32 type,
                       void *(*call)(VmHostFunc *self, VmCtx *caller, VmVal *args_results));

/* The length in bytes, and in pages. */
static inline u64 rt_memory_bytes(const RtMemory *memory)
{
    return __atomic_load_n(&memory->space->vm.size_bytes, __ATOMIC_ACQUIRE);
}
u64 rt_memory_pages(const RtMemory *memory);
/* old  out, in pages; untouched on failure, which changes nothing. */
bool rt_memory_grow(RtMemory *memory, u64 delta_pages, u64 *old);
/* Elements are read and written as VmVal; false: out of bounds. */
bool rt_table_get(const RtTable *table, u64 index, VmVal *out);
bool rt_table_set(RtTable *table, u64 index, const VmVal *value);
bool rt_table_grow(RtTable *table, u64 delta, const VmVal *init, u64 *old);
void rt_global_get(const RtGlobal *global, VmVal *out);
void rt_global_set(RtGlobal *global, const VmVal *value);

/* ---- objects ----
 *
 * A reference (VmVal.gcref) is 0 for null, odd for an i31, else the place of an object in the
 * store's heap. Objects move and die: a reference that the host keeps across a call that is marked
 * COLLECTS, or that runs a guest, has to be a root, or it names nothing any more. */

#define RT_HEAP_IS_FULL "GC heap out of memory: no capacity for the allocation"
/* An object that stands for a host pointer; the finalizer runs when no reference to it is left, or
 * the store goes. COLLECTS.
 * ref      out, not 0
 * returns  false if the heap is full; the finalizer is not called then */
bool rt_externref_new(RtStore *store, void *data, void (*finalizer)(void *), u32 *ref);
/* False if ref is not one of the store's host references. */
bool rt_externref_data(const RtStore *store, u32 ref, void **data);
/* An exception with the values of its tag's parameters, which are of these types. False if the heap
 * is full. COLLECTS. */
bool rt_exn_new(RtStore *store, const RtTag *tag, const VmVal *values, u32 *ref);
/* Its tag, NULL if ref is none of the store's exceptions; and its values, until the next
 * collection. */
const RtTag *rt_exn_tag(const RtStore *store, u32 ref);
const VmVal *rt_exn_values(const RtStore *store, u32 ref);
/* A host function that returns this, as if it were a trap object, throws store->pending_exn, which
 * is not 0. */
extern const char rt_exception;
/* The same for what was deleted: the guest stops. */
extern const char rt_deleted;

/* Is this, not null, a value of the reference type? */
bool rt_is_ref_of(const RtStore *store, u32 ref, RtValType type);

static inline bool rt_is_i31(u32 ref) { return ref & 1; }
static inline u32 rt_i31_new(u32 value) { return value << 1 | 1; }
static inline u32 rt_i31_unsigned(u32 ref) { return ref >> 1; }
static inline u32 rt_i31_signed(u32 ref) { return (u32)((i32)ref >> 1); }

/* Objects of a struct or array type whose fields are zero or null. COLLECTS.
 * ref  out; 0: the heap is full */
u32 rt_struct_new(RtStore *store, u32 type);
u32 rt_array_new(RtStore *store, u32 type, u32 len);
/* Of an object: its type's id (RT_NO_TYPE: a host reference), its elements or fields. */
u32 rt_object_type(const RtStore *store, u32 ref);
u32 rt_object_len(const RtStore *store, u32 ref);
/* Field or element number i, which exists. Packed ones are read zero-extended, and cut. */
void rt_object_get(const RtStore *store, u32 ref, u32 i, VmVal *out);
void rt_object_set(RtStore *store, u32 ref, u32 i, const VmVal *value);
/* Elements [dst, dst + len) from those of an array whose elements are stored alike; ranges may
 * overlap. False: out of bounds of either, nothing was written. */
bool rt_array_copy(RtStore *store, u32 to, u32 dst, u32 from, u32 src, u32 len);
/* False: out of bounds. */
bool rt_array_fill(RtStore *store, u32 ref, u32 at, const VmVal *value, u32 len);
/* From the instance's segments; both false: out of bounds of segment or array. */
bool rt_array_init_data(RtInstance *instance, u32 ref, u32 at, u32 data, u32 src, u32 len);
bool rt_array_init_elem(RtInstance *instance, u32 ref, u32 at, u32 elem, u32 src, u32 len);

/* Roots: references that the host holds. A handle is released, and copied, without its store, also
 * when that is gone and on any thread; the store takes note later. */
typedef struct RtHandle {
    u32 index, generation; /* a handle that was released is told from what has its place now */
    struct RtLife *life;
} RtHandle;
/* False: memory ran out. */
bool rt_handle_new(RtStore *store, u32 ref, RtHandle *out);
/* False: it is none of the store, or was released. */
bool rt_handle_ref(const RtStore *store, const RtHandle *handle, u32 *ref);
void rt_handle_retain(const RtHandle *handle);
void rt_handle_release(const RtHandle *handle);
/* Collects now. COLLECTS. */
void rt_gc(RtStore *store);

/* ---- instances ---- */

typedef enum RtStatus {
    RT_OK,
    RT_ERROR, /* diag says what; nothing was changed */
    RT_TRAP,  /* store->trap says what; what ran before stays done */
} RtStatus;

/* Is this what the module's import number `i` asks for? diag: incompatible import type. */
bool rt_check_import(const RtModule *module, u32 i, const RtExtern *given, Diag *diag);
/* Makes an instance and runs its start function.
 * imports  in order of the module's imports, all of this store
 * out      the instance; also set when the trap came after it had been made */
RtStatus rt_instantiate(RtStore *store, RtModule *module, const RtExtern *imports, u32 n_imports,
                        RtInstance **out, Diag *diag);

/* Things of an instance by index. False or NULL: memory ran out (only where said). */
VmFuncRef *rt_instance_func(RtInstance *instance, u32 func);       /* NULL: out of memory */
RtGlobal *rt_instance_global(RtInstance *instance, u32 global);    /* NULL: out of memory */
bool rt_instance_extern(RtInstance *instance, WasmKind kind, u32 index, RtExtern *out);
/* By name. False: there is none (rt_module_export tells), or memory ran out. */
bool rt_instance_export(RtInstance *instance, const char *name, size_t len, RtExtern *out);

/* NULL for the context by which the host calls. */
static inline RtInstance *rt_ctx_instance(const VmCtx *ctx) { return ctx->instance; }
static inline RtStore *rt_ctx_store(const VmCtx *ctx) { return (RtStore *)ctx->store; }
static inline bool rt_is_host_func(const VmFuncRef *func)
{
    return func->func_ix == VM_HOST_FUNC_IX;
}
/* The instance a guest function belongs to. */
static inline RtInstance *rt_func_instance(const VmFuncRef *func)
{
    return ((VmCtx *)func->vmctx)->instance;
}

/* Frees an instance before its store: its memories, tables, globals and tags, its context. Handles
 * to all of that name nothing from now on. What guests that run now have of it stays until they
 * have returned. Where a reference to one of its functions is still in a table, a global or an
 * object, its records stay as well, and calling one of them traps.
 * False: diag says why not: a function of it runs; another instance imports something of it; out of
 * memory. Nothing was changed. */
bool rt_instance_delete(RtInstance *instance, Diag *diag);
/* Frees what was deleted while guests ran, now that they do not. Before handles are looked up for
 * a call that may run for long: pointers to what goes are none any more. */
void rt_sweep(RtStore *store);

/* What a host may keep instead of a record's address: for a guest function an odd number, by which
 * rt_func_find tells whether it is still there; for a host function the address. False: memory ran
 * out. */
bool rt_func_handle(RtStore *store, VmFuncRef *func, u64 *handle);
/* NULL: the function's instance was deleted, or the number is wrong. */
static inline const RtFuncSlot *rt_func_slot(const RtStore *store, u64 handle)
{
    u64 index = (u32)handle >> 1;
    const RtFuncSlot *slot = &store->funcs.at[index];
    return LIKELY(handle & 1 && index < store->funcs.len && slot->birth == handle >> 32) ? slot
                                                                                         : NULL;
}
static inline VmFuncRef *rt_func_find(const RtStore *store, u64 handle)
{
    const RtFuncSlot *slot = rt_func_slot(store, handle);
    return handle & 1 ? (slot ? slot->func : NULL) : (VmFuncRef *)(uintptr_t)handle;
}
/* The host is given the address of a record: records of guest functions stay for good. */
static inline void rt_give_records(RtStore *store) { store->gave_records = true; }
/* The host puts a function somewhere in the store. */
static inline void rt_take_func(const VmFuncRef *func)
{
    if (func->func_ix != VM_HOST_FUNC_IX)
        ((RtInstance *)((VmCtx *)func->vmctx)->instance)->may_be_named = true;
}

/* ---- calls ---- */

/* A stack that guests may run on. */
typedef struct RtStackPlace {
    u64 low, high; /* all three 0 if unknown */
    u64 floor;     /* guests may not go below this on it */
    u64 id;        /* of no other stack of the process ever; 0: unknown */
} RtStackPlace;

typedef struct RtThread {
    VmActivation *newest; /* of any store */
    RtStackPlace stack;   /* the one it runs on: its own or a fiber's */
    u32 state;            /* RtThreadState */
} RtThread;

/* In the initial TLS block: no allocation at first use, so a signal handler may read it, and one
 * instruction to reach. */
extern __thread RtThread rt_thread __attribute__((tls_model("initial-exec")));

/* Calls a function of the store. args_results has room for the larger number of both; types are the
 * caller's business. False: store->trap says why. */
bool rt_call(RtStore *store, VmFuncRef *func, VmVal *args_results);
/* What has to be done before an outermost entry, or instead of it for calls of other kinds.
 * sp     about where the caller's stack ends
 * entry  out, if it is to be used */
typedef enum RtCallStep { RT_CALL_FAILED, RT_CALL_DONE, RT_CALL_ENTER } RtCallStep;
RtCallStep rt_call_prepare(RtStore *store, VmFuncRef *func, VmVal *args_results, u64 sp,
                           RtEntry *entry);

/* The same for who has looked up the function's type already. In line, for its cost is that of
 * crossing the border. Hosts call again and again from one place, where the limit of last time
 * still holds: an outermost entry does not put it back, and the next one has little to ask.
 *
 * The activation is linked while the function runs; where, it says itself, for the guest may have
 * gone on in another thread. */
static inline bool rt_enter(RtStore *store, RtThread *thread, RtEntry entry, VmFuncRef *func,
                            VmVal *args_results, VmActivation *act)
{
    act->prev = thread->newest;
    act->place = &thread->newest;
    act->store = &store->vm;
    act->ctx = func->vmctx;
    thread->newest = act;
    store->vm.activation = act;
    u64 trapped = entry(func->vmctx, func->code, args_results, act);
    *act->place = act->prev;
    return !trapped;
}
static inline bool rt_enter_outermost(RtStore *store, RtThread *thread, RtEntry entry,
                                      VmFuncRef *func, VmVal *args_results, VmActivation *act)
{
    act->prev_exit_sp = store->outer_exit_sp;
    bool is_ok = rt_enter(store, thread, entry, func, args_results, act);
    store->vm.activation = NULL;
    store->vm.exit_sp = 0;
    return is_ok;
}
static inline bool rt_call_typed(RtStore *store, VmFuncRef *func, const RtType *type,
                                 VmVal *args_results)
{
    RtThread *thread = &rt_thread;
    VmActivation act;
    u64 sp = (u64)(uintptr_t)&act;
    const RtStubs *stubs = __atomic_load_n(&type->stubs, __ATOMIC_ACQUIRE);
    RtEntry entry = stubs ? __atomic_load_n(&stubs->entry, __ATOMIC_ACQUIRE) : NULL;
    u64 is_other_place = (store->entry_stack ^ thread->stack.id) | (store->entry_sp ^ sp) |
                         (u64)(uintptr_t)store->vm.activation;
    if (UNLIKELY(is_other_place || !entry || rt_is_host_func(func))) {
        RtCallStep step = rt_call_prepare(store, func, args_results, sp, &entry);
        if (step != RT_CALL_ENTER)
            return step == RT_CALL_DONE;
    }
    return rt_enter_outermost(store, thread, entry, func, args_results, &act);
}

/* ---- calls that can be suspended: fiber.c ----
 *
 * A fiber is work of the host, such as a call, on a stack of its own. It is run in turns, by one
 * thread at a time but not always the same. What happens in it and has to wait for something ends
 * the turn, all frames kept: the next turn goes on there. Any number of them may wait in a store,
 * and one may be run within another. */

/* Makes a fiber that is to call run(ctx).
 * returns  owned by the caller until a turn says that it is done; NULL: store->trap says why */
RtFiber *rt_fiber_new(RtStore *store, void (*run)(void *ctx), void *ctx);
/* A turn. True: run() has returned, and the fiber is no more. The fiber must not run now. */
bool rt_fiber_resume(RtFiber *fiber);
/* Has whoever waits in it refuse to, so that run() returns and the fiber is no more. */
void rt_fiber_stop(RtFiber *fiber);
bool rt_fiber_runs(const RtFiber *fiber);

/* Puts a trap of this code into store->trap, with a backtrace of what runs now: for the API,
 * where a host function itself finds that the guest must stop. */
void rt_trap_set(RtStore *store, VmTrap code);
/* The frames of what runs now in the store, as in RtTrap; returns how many, at most max. */
u32 rt_backtrace(RtStore *store, RtFrame *frames, u32 max);
/* Whose frame of the store it is. NULL: not known, for the module has several instances and the
 * frame had called out to the host. */
RtInstance *rt_frame_instance(const RtStore *store, const RtFrame *frame);

/* ---- what guests do ---- */

/* Operations that libcalls of generated code and an interpreter share. None of them stops the
 * guest: they report, and it is the caller's to unwind. */

/* Why a guest has to stop. */
typedef struct RtStop {
    u8 kind;             /* RtTrapKind, not RT_TRAP_NONE */
    VmTrap code;         /* RT_TRAP_CODE */
    void *host;          /* RT_TRAP_HOST */
    const char *message; /* RT_TRAP_MESSAGE: static text */
} RtStop;
#define RT_STOP_CODE(code_) ((RtStop){.kind = RT_TRAP_CODE, .code = (code_)})
#define RT_STOP_HOST(object) ((RtStop){.kind = RT_TRAP_HOST, .host = (object)})
#define RT_STOP_MESSAGE(text) ((RtStop){.kind = RT_TRAP_MESSAGE, .message = (text)})
/* What a host function returned, not NULL, as the runtime takes it. */
void *rt_take_trap(RtStore *store, void *trap);
/* Why a guest stops for that, if it is not &rt_exception. */
RtStop rt_host_stop(void *trap);
/* Puts it into store->trap with a backtrace of what runs now. */
void rt_stop_set(RtStore *store, const RtStop *stop);

/* The bulk operations. False: out of bounds, nothing written. Ranges may overlap. */
bool rt_memory_write(RtMemory *memory, u64 dst, const u8 *from, u64 len);
bool rt_memory_init(RtInstance *instance, u32 segment, RtMemory *memory, u64 dst, u64 src, u64 len);
bool rt_memory_copy(RtMemory *dst, u64 dst_at, const RtMemory *src, u64 src_at, u64 len);
bool rt_memory_fill(RtMemory *memory, u64 at, u8 byte, u64 len);
/* The part [src, src + len) of an element segment; out of bounds of either. */
bool rt_table_init(RtInstance *instance, u32 elem, RtTable *table, u64 dst, u64 src, u64 len);
bool rt_table_fill(RtTable *table, u64 at, const VmVal *value, u64 len);
bool rt_table_copy(RtTable *dst, u64 dst_at, const RtTable *src, u64 src_at, u64 len);
void rt_data_drop(RtInstance *instance, u32 segment);
void rt_elem_drop(RtInstance *instance, u32 segment);
/* As the operators do: *old is UINT64_MAX where growing is refused. False: that is to stop the
 * guest. */
bool rt_guest_memory_grow(RtMemory *memory, u64 delta, u64 *old, RtStop *stop);
bool rt_guest_table_grow(RtTable *table, u64 delta, const VmVal *init, u64 *old, RtStop *stop);
/* Objects whose fields are zero or null, and arrays from a segment's part [src, src + len). False:
 * the guest stops. All COLLECT. */
bool rt_guest_struct_new(RtStore *store, u32 type, u32 *ref, RtStop *stop);
bool rt_guest_array_new(RtStore *store, u32 type, u32 len, u32 *ref, RtStop *stop);
bool rt_guest_array_new_data(RtInstance *instance, u32 type, u32 data, u32 src, u32 len, u32 *ref,
                             RtStop *stop);
bool rt_guest_array_new_elem(RtInstance *instance, u32 type, u32 elem, u32 src, u32 len, u32 *ref,
                             RtStop *stop);
/* Into an array that is not null. False: out of bounds of it or the segment. */
bool rt_guest_array_init_data(RtInstance *instance, u32 ref, u32 at, u32 data, u32 src, u32 len,
                              RtStop *stop);
bool rt_guest_array_init_elem(RtInstance *instance, u32 ref, u32 at, u32 elem, u32 src, u32 len,
                              RtStop *stop);
/* The exception in flight as a reference; 0 if memory runs out. COLLECTS. */
u32 rt_exn_take(RtStore *store);
/* Puts an exception in flight. */
void rt_exn_put(RtStore *store, u32 ref);
/* Waits for the next turn of the store's fiber. False: it is to stop, or there is none. */
bool rt_guest_wait_turn(RtStore *store, RtStop *stop);
/* The epoch has reached the deadline: asks the callback. False: the guest stops. */
bool rt_guest_epoch(RtStore *store, RtStop *stop);
/* vm.fuel has been used up: takes from the reserve. False: the guest stops. */
bool rt_guest_refuel(RtStore *store, RtStop *stop);
/* Takes units of fuel. False: there are not as many, and none are left. */
bool rt_guest_charge(RtStore *store, u64 units, RtStop *stop);

/* memory.atomic.wait32 and wait64. */
typedef struct RtWait {
    u64 addr;
    u32 bytes; /* 4 or 8 */
    u64 expected;
    u64 timeout_ns; /* negative as an i64: for ever */
    bool watches_epoch; /* ends as a loop does when the epoch reaches the deadline */
} RtWait;
/* result  0 woken, 1 another value, 2 timed out. False: the guest stops. */
bool rt_guest_wait(RtMemory *memory, const RtWait *wait, u32 *result, RtStop *stop);
/* woken  how many were. False: the guest stops. */
bool rt_guest_notify(RtMemory *memory, u64 addr, u32 count, u32 *woken, RtStop *stop);

/* What a context has by index of the module: for an interpreter, which knows no offsets. */
VmGlobal *rt_instance_global_value(const RtInstance *instance, u32 global);

#endif
