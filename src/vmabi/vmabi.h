/* vmabi: what generated code and the runtime agree on. Headers only; the whole contract, with the
 * reasons, is docs/vmabi.md.
 *
 * Owns: the layout of the context (VmCtx) and of every record generated code touches, the numbers
 * of libcalls and traps, the calling convention's constants, the layout of a module's context
 * (vm_layout). Promises: no code that runs, no dependence on any room but base.
 * Rows live in tables: vmctx.def (context head), libcall.def, trap.def. A field's offset is used
 * only through these names, never as a number.
 */
#ifndef STINT_VMABI_H
#define STINT_VMABI_H

#include "base/base.h"

/* Changes whenever generated code and an older runtime would misunderstand each other. Part of the
 * key of every compiled artifact. */
#define VM_ABI_VERSION 6

#define VM_PAGE_BYTES 65536u

/* Address space of a guarded 32-bit memory: the 4 GiB an index can reach, then a guard that also
 * catches index + offset + width as long as offset + width <= VM_GUARD_BYTES. A guard of the same
 * size stands in front. Behind the length of a 64-bit memory at least VM_GUARD_BYTES fault. */
#define VM_MEMORY32_BYTES ((u64)4 << 30)
#define VM_GUARD_BYTES ((u64)32 << 20)

/* Leaf functions with frames of at most this many bytes do not check the stack. */
#define VM_SMALL_FRAME 256u
/* Left unused between stack_limit and the real end of what guest code may use: small leaf frames,
 * stubs and libcalls run there. */
#define VM_STACK_RESERVE (32u << 10)

/* The calling convention's register counts (docs/vmabi.md); the names are the ISA's. */
#define VM_MAX_INT_ARGS 8
#define VM_MAX_VEC_ARGS 8
#define VM_MAX_INT_RESULTS 6
#define VM_MAX_VEC_RESULTS 4

typedef struct VmCtx VmCtx;
typedef struct VmStore VmStore;
typedef struct VmTypeRow VmTypeRow;
typedef struct VmFuncRef VmFuncRef;

/* An argument or result in memory: libwasmtime's wasmtime_val_raw_t, 16 bytes. */
typedef union VmVal {
    u32 i32;
    u64 i64;
    u32 f32; /* bits */
    u64 f64; /* bits */
    u8 v128[16];
    u32 gcref;          /* anyref, externref, exnref: 0 = null */
    VmFuncRef *funcref; /* NULL = null */
} __attribute__((aligned(8))) VmVal;

/* A function as a value: what funcref points to. Immutable while guests
 * run; when its instance is deleted it becomes that of a host function. In an interpreted
 * engine `code` is the interpreter's and `cross` NULL. */
struct VmFuncRef {
    void *code; /* entry for a caller whose context is `vmctx`; never reached for host functions */
    void *vmctx;  /* the callee's VmCtx; for host functions their VmHostFunc */
    void *cross;  /* entry for any other caller: r11 = this record, r15 = the caller's context */
    u32 type_id;  /* engine-wide canonical type */
    u32 func_ix;  /* index in the callee's module; VM_HOST_FUNC_IX for host functions */
};
#define VM_HOST_FUNC_IX UINT32_MAX

/* The head of a linear memory; what generated code reads of it. */
typedef struct VmMemory {
    u8 *base;       /* constant for the life of the memory when it was reserved whole */
    u64 size_bytes; /* current accessible length */
} VmMemory;

/* The head of a table. Elements are 8 bytes (function references) or 4 (all others). */
typedef struct VmTable {
    void *elems; /* moves when the table grows */
    u64 len;     /* elements */
} VmTable;

/* What calls need of a sealed table, one that nothing writes: an entry point for each element, then
 * its signature as a u32: the canonical index of its type in the module, plus 1; 0: null. */
#define VM_SEALED_SIGS(len) (8 * (u64)(len))
#define VM_SEALED_BYTES(len) (12 * (u64)(len))

/* How a context sees a memory: base is copied so that it is one load away. */
typedef struct VmMemoryRef {
    u8 *base;
    VmMemory *memory;
} VmMemoryRef;

/* A global's value. Imported globals are reached through a pointer to one. */
typedef union VmGlobal {
    u32 i32;
    u64 i64;
    u8 v128[16];
    u32 gcref;
    VmFuncRef *funcref;
} __attribute__((aligned(16))) VmGlobal;

/* One stay of the host in guest code: made by the caller of an entry stub, on its stack. */
typedef struct VmActivation {
    u64 sp;                    /* the entry stub's frame: where a trap unwinds to */
    struct VmActivation *prev; /* the activation beneath, of any store of this thread; or NULL */
    VmStore *store;
    struct VmActivation **place; /* the thread's newest, where this is linked in: of the thread
                                  * that runs it now, which may not be the one that made it */
    u64 prev_exit_sp;          /* store->exit_sp as it was: frames of the activation beneath */
    u64 prev_stack_limit;      /* store->stack_limit as it was */
    VmCtx *ctx;                /* of the function that was entered */
} VmActivation;

/* What generated code touches of a store. */
struct VmStore {
    u64 stack_limit;    /* lowest rsp guest code may use, for the stack it runs on now */
    u64 exit_sp;        /* rsp when guest code last left for the host: [exit_sp] is the return pc;
                           with VM_EXIT_POPS_SHIFT */
    i64 fuel;           /* units left, negated: counts up, out of fuel when > 0 */
    u64 epoch_deadline; /* traps or calls back when the engine's epoch reaches it */
    VmActivation *activation; /* the newest of this store; NULL outside guest code */
    const VmTypeRow *type_rows; /* of the engine, by type id (vmabi/gc.h) */
    u32 gc_next;  /* where the next object of the collected heap begins */
    u32 gc_limit; /* objects end here at most, else VM_LIBCALL_GC_STRUCT or _ARRAY makes them */
    /* The exception in flight: set to throw, read by what catches, meaningless in between. */
    u64 exn_tag;       /* identity of its tag */
    VmVal *exn_values; /* its values; has room for those of every tag that is in the store */
    u32 exn_ref;       /* its object, 0: none has been made yet */
};

/* The upper bits of exit_sp: how many 16 bytes of stack arguments the host will pop. */
#define VM_EXIT_POPS_SHIFT 48
#define VM_EXIT_SP(exit_sp) ((exit_sp) & (((u64)1 << VM_EXIT_POPS_SHIFT) - 1))
#define VM_EXIT_POP_BYTES(exit_sp) ((exit_sp) >> VM_EXIT_POPS_SHIFT << 4)

/* A host function. The host stub calls `call` in the C convention. */
typedef struct VmHostFunc {
    /* Runs the function. args_results holds the parameters and takes the results.
     * Returns NULL, or a trap object that the runtime takes over. */
    void *(*call)(struct VmHostFunc *self, VmCtx *caller, VmVal *args_results);
    /* The same without what `call` does around it, for functions whose records have a direct stub:
     * n is the larger number of parameters and results. */
    void *(*direct)(void *env, VmCtx *caller, VmVal *args_results, size_t n);
    void *env;
} VmHostFunc;

/* The fixed head of a context; the module's own arrays follow (VmLayout). r15 points here. */
struct VmCtx {
#define X(type, name, meaning) type name;
#include "vmabi/vmctx.def"
#undef X
};

/* Libcalls: C functions of the runtime, called in the C convention with the context first. */
typedef enum VmLibcall {
#define X(name, ret, args, meaning) VM_LIBCALL_##name,
#include "vmabi/libcall.def"
#undef X
    VM_LIBCALL_COUNT
} VmLibcall;

/* Trap codes are libwasmtime's numbers (wasmtime_trap_code). */
typedef enum VmTrap {
#define X(name, number, text) VM_TRAP_##name = number,
#include "vmabi/trap.def"
#undef X
} VmTrap;

/* Where a module's arrays lie in its context; all offsets in bytes from the context. */
typedef struct VmLayout {
    u32 memories;      /* VmMemoryRef[nmemories], at least one: stubs load gs from the first */
    u32 tables;        /* VmTable *[ntables] */
    u32 imported_funcs; /* VmFuncRef *[nimported_funcs] */
    u32 imported_globals; /* VmGlobal *[nimported_globals] */
    u32 imported_tags;  /* u64[ntags]: canonical identity of each tag, imported or not */
    u32 sealed;         /* const void *[ntables]: of a sealed table VM_SEALED_BYTES; else NULL */
    u32 type_ids;      /* u32[ntypes]: engine-wide canonical ids */
    u32 globals;       /* VmGlobal[ndefined_globals] */
    u32 funcrefs;      /* VmFuncRef[nescaping]: functions of the module that become values */
    u32 size;          /* of the whole context */
} VmLayout;

typedef struct VmCounts {
    u32 memories, tables, imported_funcs, imported_globals, tags, types, defined_globals, escaping;
} VmCounts;

/* The layout that generated code and runtime both derive from a module's counts. Counts are limited
 * by the decoder so that nothing here overflows; *fits is false when the context would pass 2 GiB,
 * which generated code cannot address. */
static inline VmLayout vm_layout(const VmCounts *n, bool *fits)
{
    VmLayout l;
    u64 at = ALIGN_UP(sizeof(VmCtx), 16);
#define PLACE(field, count, type) (l.field = (u32)at, at += (u64)(count) * sizeof(type))
    PLACE(memories, MAX(n->memories, 1u), VmMemoryRef);
    PLACE(tables, n->tables, VmTable *);
    PLACE(imported_funcs, n->imported_funcs, VmFuncRef *);
    PLACE(imported_globals, n->imported_globals, VmGlobal *);
    PLACE(imported_tags, n->tags, u64);
    PLACE(sealed, n->tables, const void *);
    PLACE(type_ids, n->types, u32);
    at = ALIGN_UP(at, 16);
    PLACE(globals, n->defined_globals, VmGlobal);
    PLACE(funcrefs, n->escaping, VmFuncRef);
#undef PLACE
    at = ALIGN_UP(at, 64);
    *fits = at <= INT32_MAX;
    l.size = (u32)at;
    return l;
}

#endif
