/* Private to the room: the engine, and what its files share.
 *
 * Which file owns what: engine.c the engine and options; types.c engine-wide types; stubs.c stubs
 * and their pages; code.c pc -> module, for signal handlers; module.c; store.c lists, attachments;
 * heap.h heap.c roots.c object.c the collected heap; memory.c; shared.c and park.c memories that
 * threads share; table.c; global.c globals, tags and host functions; consts.c constant
 * expressions; imports.c matching; instantiate.c; reclaim.c deletion of instances; call.c; fiber.c
 * calls that can be suspended; trap.c; backtrace.c; guest.c what libcalls and an interpreter share;
 * libcall.c gc_call.c; perf.c.
 */
#ifndef STINT_RT_INT_H
#define STINT_RT_INT_H

#include "os/os.h"
#include "rt/rt.h"
#include "vmabi/gc.h"
#include "vmabi/stubs.h"

/* ---- growing lists (RT_LIST) ---- */

/* Makes room for one more element of elem_bytes; false if memory runs out. A list of RT_FEW is not
 * in memory of its own. */
bool rt_list_grow(void **at, u32 *cap, u32 len, size_t elem_bytes);
#define rt_list_reserve(list)           \
    ((list)->len < (list)->cap ||       \
     rt_list_grow((void **)&(list)->at, &(list)->cap, (list)->len, sizeof *(list)->at))
/* After rt_list_reserve. Returns the index. */
#define rt_list_push(list, value) ((list)->at[(list)->len] = (value), (list)->len++)

/* Finds a place for one more object; false if memory runs out. */
bool rt_slots_reserve(RtSlots *slots);
/* After rt_slots_reserve. Returns the index. */
u32 rt_slots_add(RtSlots *slots, void *object);
void rt_slots_remove(RtSlots *slots, u32 index);
/* Each object of a list in turn. */
#define RT_EACH(Type, name, slots)                     \
    for (u32 name##_i = 0; name##_i < (slots)->len; name##_i++) \
        for (Type *name = (slots)->at[name##_i]; name; name = NULL)

static inline u32 rt_birth(RtStore *store)
{
    store->last_birth += store->last_birth == UINT32_MAX ? 2 : 1;
    return store->last_birth;
}

/* ---- types ---- */

/* Types live in chunks that never move, so that they are read without a lock: chunk k holds
 * RT_TYPE_CHUNK << k of them. */
#define RT_TYPE_CHUNK_LOG2 8
#define RT_TYPE_CHUNKS 20
#define RT_MAX_TYPES (1u << 24)

typedef struct RtTypeGroup {
    u64 hash;
    const u32 *words; /* the group written with references inside it relative; see types.c */
    u32 nwords;
    u32 first;        /* id of its first type */
} RtTypeGroup;

typedef struct RtTypes {
    OsMutex lock;
    Arena arena;
    u64 key;           /* for hashing */
    RtType *chunks[RT_TYPE_CHUNKS];
    VmTypeRow *rows;   /* by id, in address space for all there can be */
    u64 open_rows;     /* bytes of it that are accessible */
    u32 count;
    RT_LIST(RtTypeGroup) groups;
    u32 *slots;        /* group number + 1, or 0; open addressing */
    u32 slot_mask;
} RtTypes;

static inline RtType *rt_type_at(const RtTypes *types, u32 id)
{
    u32 n = id + (1u << RT_TYPE_CHUNK_LOG2);
    u32 k = 31 - clz32(n);
    return &types->chunks[k - RT_TYPE_CHUNK_LOG2][n - (1u << k)];
}
bool rt_types_init(RtTypes *types);
void rt_types_free(RtTypes *types);
/* Engine-wide ids of a module's types: ids[n_types]. False if memory runs out. */
bool rt_types_of_module(RtEngine *engine, const WasmModule *wasm, u32 *ids);
/* VmType of a value type. */
VmType rt_vm_type(const RtEngine *engine, RtValType type);
/* A reference to a function, or null: 8 bytes in tables. */
bool rt_is_func_ref(const RtEngine *engine, RtValType type);

/* ---- stubs ---- */

enum { RT_STUB_ENTRY = 1, RT_STUB_HOST = 2, RT_STUB_CROSS = 4, RT_STUB_DIRECT = 8 };

/* A wish for stubs of a function type. */
typedef struct RtStubWish {
    u32 type;
    u32 which; /* RT_STUB_* */
} RtStubWish;

/* Pages that were made executable. */
typedef struct RtCodePages {
    struct RtCodePages *next;
    u8 *at;
    size_t bytes;
} RtCodePages;

typedef struct RtStubCache {
    OsMutex lock;
    RtCodePages *pages;
    u8 *restore;     /* start of the shared part of cross stubs */
    u64 restore_pc;  /* a return address equal to this is a restore frame's */
    u64 trap_exit_pc;
    u64 land_pc; /* void (const VmLanding *): does not return */
    void *cross;     /* the stub for all signatures without stack arguments */
    struct RtShape **shapes; /* open addressing by signature */
    u32 mask, count;
    u64 key;
    void *libcalls[VM_LIBCALL_COUNT];
} RtStubCache;

bool rt_stubs_init(RtEngine *engine, Diag *diag);
void rt_stubs_free(RtStubCache *cache);
/* Makes those wished for that do not exist yet, all in one mapping. False if memory runs out;
 * some may have been made. */
bool rt_stubs_make(RtEngine *engine, const RtStubWish *wishes, u32 n);
/* The stubs that exist; all three may be NULL. */
static inline RtEntry rt_stubs_entry(const RtType *type)
{
    return type->stubs ? __atomic_load_n(&type->stubs->entry, __ATOMIC_ACQUIRE) : NULL;
}
/* VmFuncRef.cross of functions with this type, whose stub was wished for before; NULL in an
 * interpreted engine. */
void *rt_stubs_cross(const RtEngine *engine, u32 type, bool is_host);
/* How many bytes of stack arguments a callee of this signature pops. */
u32 rt_stack_arg_bytes(const VmStubSig *sig);

/* ---- the engine ---- */

typedef struct RtPooled {
    u8 *map;        /* a reservation for a guarded 32-bit memory, contents zero */
    u64 open_bytes; /* accessible */
} RtPooled;

typedef struct RtPool {
    OsMutex lock;
    RtPooled *at; /* a stack: the last one freed is the warmest */
    u32 len, cap;
} RtPool;

/* Stacks that wait for their next use: fiber.c. */
typedef struct RtStackPool {
    OsMutex lock;
    struct RtStack *warm, *cold; /* as they were left; cleared but for a part */
    u32 n_warm, n_cold;
} RtStackPool;
void rt_stack_pool_free(RtStackPool *pool);
void rt_stack_free(struct RtStack *stack);

struct RtEngine {
    u64 epoch; /* atomic; first, so that it has a cache line to itself with what never changes */
    i64 refs;
    RtOptions options;
    const VmStubMaker *maker;
    u8 *no_heap; /* what contexts have for a heap before there is one: the bytes for null, and the
                    sentinel. Code that tests and checks null alone needs no more */
    RtTypes types;
    RtStubCache stubs;
    RtPool pool;
    RtStackPool stacks;
};

/* ---- code ---- */

/* Enters a module's text into the process's registry; false if memory runs out. */
bool rt_code_add(const RtModule *module);
void rt_code_remove(const RtModule *module);
/* The module whose text holds pc, or NULL. Safe in signal handlers. The caller knows that the
 * module lives: its code is on his stack. */
const RtModule *rt_code_find(u64 pc);

/* What the record of a defined function has as code. */
static inline void *rt_func_code(const RtModule *m, u32 number)
{
    return m->interp_codes ? m->interp_codes[number] : m->text + m->image.entries[number];
}

/* ---- threads, calls, traps ---- */

/* How far a thread is prepared to run guests; each includes those before it. */
typedef enum RtThreadState {
    RT_THREAD_NEW,
    RT_THREAD_KNOWN,          /* where its stack lies is known */
    RT_THREAD_CATCHES_FAULTS, /* there is a stack for the signal handler */
} RtThreadState;


/* Prepares the thread to run guests of this engine. False: no memory. */
bool rt_thread_prepare(RtThread *thread, const RtEngine *engine);
/* What guests may use of a stack, and a number for it. */
RtStackPlace rt_stack_place(u64 low, u64 high);
/* Has all contexts of the store know its present stack_limit. */
void rt_restore_limits(RtStore *store);

/* What a store has of the stack that its guests run on. */
typedef struct RtStay {
    VmActivation *activation;
    u64 exit_sp, stack_limit;
    u64 outer_exit_sp, entry_stack, entry_sp;
    void *interp;
    RtFiber *fiber;
} RtStay;

struct RtFiber {
    OsFiber os;
    RtStore *store;
    struct RtStack *stack;   /* it lies in */
    RtFiber *next, **place;  /* in store->fibers */
    RtStay stay;             /* its own while it waits; while it runs, of what it runs on top of */
    VmActivation *beneath;   /* while it runs: the thread's newest that is not its own */
    const char *refusal;     /* why it cannot wait any more; NULL: it can */
    bool is_running;
};

/* The judge of os_catch_faults. */
bool rt_judge_fault(OsFault *fault);
/* Ends the guest code that called out to the host just now: fills in store->trap, unwinds. */
_Noreturn void rt_raise(VmCtx *ctx, VmTrap code);
_Noreturn void rt_raise_stop(VmCtx *ctx, const RtStop *stop);
/* Takes the trap object, or is given &rt_exception. */
_Noreturn void rt_raise_host(VmCtx *ctx, void *trap);
/* unwind.c: the exception in flight leaves the frame that called out. saved: VmLanding.saved. */
_Noreturn void rt_unwind(VmCtx *ctx, const u64 *saved);
/* For host stubs: takes what the function returned, a trap object or &rt_exception. */
_Noreturn void rt_host_failed(VmCtx *ctx, void *trap, const u64 *saved);
/* Makes room for values in flight. False if memory runs out. */
bool rt_exn_reserve(RtStore *store, u32 n_values);
/* Frames of store from where the guest last left for the host. ctx: the one that left; NULL: it is
 * not known. */
u32 rt_walk_from_exit(const RtStore *store, const VmCtx *ctx, RtFrame *frames, u32 max);
/* Frames from an instruction of guest code in the newest activation. */
u32 rt_walk_from_fault(const RtStore *store, const OsFault *at, RtFrame *frames, u32 max);

/* Shows visit every frame of guest code in the store, from where a guest last left for the host:
 * where the call stands whose return it waits for (return address less 1, in the module's text),
 * and where its own return address is. */
typedef void (*RtFrameVisit)(void *ctx, const RtModule *m, u32 call_off, u64 return_slot);
void rt_visit_frames(const RtStore *store, RtFrameVisit visit, void *ctx);
/* The same from an activation and where its guest left. */
void rt_visit_frames_from(const RtStore *store, const VmActivation *newest, u64 exit_sp,
                          RtFrameVisit visit, void *ctx);

/* ---- memories, tables ---- */

/* A space for a memory of these limits. False: diag; there is nothing to free then. */
bool rt_space_init(RtEngine *engine, const WasmLimits *limits, RtSpace *space, Diag *diag);
void rt_space_free(RtEngine *engine, RtSpace *space);
/* For one thread at a time; others may look on. old: out, in pages; untouched on failure. */
bool rt_space_grow(RtSpace *space, u64 delta_pages, u64 limit, u64 *old);
/* A memory without a space in the store's list; NULL if memory runs out. */
RtMemory *rt_memory_enter(RtStore *store);
/* Makes it that of a shared memory, whose reference it takes. */
void rt_memory_share(RtMemory *memory, RtShared *shared);
void rt_memory_free(RtMemory *memory);
/* Do len bytes at `at` lie in it? */
bool rt_memory_has(const RtMemory *memory, u64 at, u64 len);
void rt_pool_free(RtPool *pool);
void rt_table_free(RtTable *table);

/* ---- waiting for words of shared memories: park.c ---- */

/* A thread that waits; on its stack. */
typedef struct RtWaiter {
    struct RtWaiter *next;
    struct RtLot *lot;
    const u8 *word;
    OsCond cond;
    bool is_woken;
} RtWaiter;

/* Those who wait for words with one hash, in the order in which they came. */
typedef struct RtLot {
    OsMutex lock;
    RtWaiter *first, **last;
} RtLot;

#define RT_LOTS 16u

struct RtShared {
    RtSpace space; /* first */
    RtEngine *engine;
    i64 refs;
    OsMutex grow_lock;
    RtLot lots[RT_LOTS];
};

void rt_lots_init(RtLot *lots);
void rt_lots_free(RtLot *lots);
typedef enum RtPark { RT_PARKED, RT_PARK_OTHER_VALUE, RT_PARK_REFUSED } RtPark;
/* Enters a waiter if the word, 4 or 8 aligned bytes, has the value: no wake after this is lost. */
RtPark rt_park_begin(RtLot *lots, RtWaiter *waiter, const u8 *word, u32 bytes, u64 expected);
/* Sleeps until woken or, at the latest, until then; true: woken, and no longer entered. */
bool rt_park_sleep(RtWaiter *waiter, u64 until);
/* Takes the waiter out and frees what it has; true: it was woken before. */
bool rt_park_end(RtWaiter *waiter);
/* Wakes at most `count` of those who wait for the word, the first first; returns how many. */
u32 rt_unpark(RtLot *lots, const u8 *word, u32 count);

/* ---- instances ---- */

/* Items of an element segment with expressions, once evaluated. */
typedef struct RtElemValues {
    u64 *at; /* funcref pointers or gcrefs; NULL: the segment has no expressions */
    bool are_refs; /* of the collected heap */
} RtElemValues;

typedef enum RtEval { RT_EVAL_OK, RT_EVAL_OOM, RT_EVAL_TOO_LARGE } RtEval;
RtEval rt_eval(RtInstance *instance, const WasmConstExpr *expr, VmVal *out);
/* Items of an element segment, 0 when it was dropped, and one of them, which exists. */
u32 rt_elem_len(const RtInstance *instance, u32 elem);
VmVal rt_elem_value(RtInstance *instance, u32 elem, u32 i);
/* Calls its start function, which may be imported. False: trap. */
bool rt_call_start(RtInstance *instance, VmFuncRef *func);
/* A record of a function that does not escape by itself, made for who asks. */
typedef struct RtOtherFunc {
    VmFuncRef ref; /* first */
    u32 slot;      /* as RtInstance.func_slots */
} RtOtherFunc;

/* Frees the instance and its records, and nothing else. */
void rt_instance_free_block(RtInstance *instance);
/* Frees also what it owns in the store's lists. Its module stays. */
void rt_instance_clear(RtInstance *instance);
/* reclaim.c: those it imports from have as many importers more, or less. */
void rt_count_imports(RtInstance *instance, i32 by);
/* reclaim.c: what records in store->tombs do when they are called. */
void *rt_call_deleted(VmHostFunc *self, VmCtx *caller, VmVal *args_results);
/* backtrace.c: may a function of the instance be under way? */
bool rt_is_running(const RtInstance *instance);
/* The places in an object that hold function references, as rt_visit_object shows the others. */
void rt_visit_funcs(const RtStore *store, VmObject *object,
                    void (*visit)(void *ctx, const VmFuncRef *func), void *ctx);

static inline VmMemoryRef *rt_ctx_memories(const RtInstance *instance)
{
    return (VmMemoryRef *)(void *)((u8 *)instance->ctx + instance->module->layout.memories);
}
static inline VmFuncRef *rt_ctx_funcrefs(const RtInstance *instance)
{
    return (VmFuncRef *)(void *)((u8 *)instance->ctx + instance->module->layout.funcrefs);
}
static inline VmGlobal *rt_ctx_globals(const RtInstance *instance)
{
    return (VmGlobal *)(void *)((u8 *)instance->ctx + instance->module->layout.globals);
}
static inline VmFuncRef **rt_ctx_imported_funcs(const RtInstance *instance)
{
    return (VmFuncRef **)(void *)((u8 *)instance->ctx + instance->module->layout.imported_funcs);
}
static inline bool rt_bit(const u64 *set, u32 i) { return set[i / 64] >> (i % 64) & 1; }
static inline void rt_bit_set(u64 *set, u32 i) { set[i / 64] |= (u64)1 << (i % 64); }

/* ---- libcalls ---- */

/* The C functions of libcall.def by number. */
extern const void *const rt_libcalls[VM_LIBCALL_COUNT];

/* ---- perf ---- */

void rt_perf_stub(const void *at, size_t bytes, const char *name);

#endif
