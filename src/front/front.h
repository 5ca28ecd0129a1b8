/* front: from a validated function body to IR.
 *
 * Owns: SSA construction from structured code (control.c), the meaning of every operator in terms
 * of IR (numeric.def and the files by family), and the policy of bounds checks (memory.c). The only
 * room that sees both wasm and ir.
 * Promises: one walk over the bytes, no fixpoint; work linear in the body but for snapshots of
 * locals at branches, which are capped; the IR passes ir_verify. An operator the compiler does not
 * have yet is refused by name.
 * How: every construct's set of assigned locals is known from validation, so a loop header gets
 * phis for exactly those, and a join only where edges disagree (after Braun et al., "Simple and
 * Efficient Construction of SSA Form", of which structured code needs only the easy half).
 * Dump: --dump=build.
 */
#ifndef STINT_FRONT_H
#define STINT_FRONT_H

#include <stdatomic.h>

#include "ir/build.h"
#include "wasm/wasm.h"

typedef struct FrontOptions {
    bool explicit_bounds; /* check every access; never rely on guard pages */
    bool use_gs;          /* memory 0 is addressed relative to gs */
    bool epoch;
    bool fuel;
    bool nan_canonicalization;
    bool sealed_tables;   /* look for them, and call through them in their own way */
    bool devirtualize;    /* call a function directly where there is only one it can be */
    u32 inline_ops;       /* the most operators of a function that is inlined */
    u32 inline_loop_ops;  /* the same in a loop; at least as many. 0: nothing is inlined */
    bool strict_relaxed; /* relaxed vector operators do what is the same everywhere */
} FrontOptions;

/* Where a field of a struct lies, and its alias class. */
typedef struct FrontField {
    u32 offset;
    u32 class;
} FrontField;

typedef struct FrontFields {
    FrontField *at; /* by field */
    u32 bytes;      /* of an object */
} FrontFields;

/* What a call through a sealed table may meet, by the type it expects. */
typedef struct FrontTargets {
    u32 func;       /* the only function of this type; WASM_NONE: none; FRONT_SEVERAL */
    bool has_below; /* there are functions of types below it */
} FrontTargets;
#define FRONT_SEVERAL (WASM_NONE - 1)

/* A table that nothing writes once its segments are in it. */
typedef struct FrontSealed {
    const u32 *funcs;            /* WASM_NONE: null */
    const FrontTargets *targets; /* by canonical type index */
} FrontSealed;

/* The side table of a body that may be inlined, or the address of no such table: it may not;
 * NULL: not known yet. */
typedef _Atomic(const WasmBodyInfo *) FrontSmall;

/* What all functions of a module share; immutable once made, but for what is known of bodies. */
typedef struct FrontModule {
    const WasmModule *m;
    FrontOptions options;
    VmLayout layout;
    IrSig *sigs;        /* by type index */
    u32 *func_sig;      /* by function index */
    u32 *funcref_at;    /* by function index: its rank among escaping defined functions */
    FrontFields *fields; /* by type index; empty but for structs */
    bool has_shared_memory;
    u64 *global_shared; /* globals other modules can reach: imported or exported */
    FrontSealed *sealed; /* by table; funcs is NULL where it is not sealed */
    u32 *sealed_tables, n_sealed_tables;
    FrontSmall *small;  /* by defined function; NULL: nothing is inlined */
} FrontModule;

/* counts   in   what the layout of the module's context follows from
 * errors   false and diag: the context would be too large */
bool front_module_init(FrontModule *fm, Arena *arena, const WasmModule *m, const VmCounts *counts,
                       const FrontOptions *options, Diag *diag);

/* What a worker needs to inline. */
typedef struct FrontInliner {
    WasmValidator *validator; /* another one than that of the body being built */
    Arena *keep;              /* lives as long as the module is compiled */
} FrontInliner;

/* The side table of a function if it was found to be small and valid; else NULL. */
const WasmBodyInfo *front_small_body(const FrontModule *fm, u32 func);
/* Notes for others what the validation of a body has found. */
void front_note_body(const FrontModule *fm, Arena *keep, const WasmBodyInfo *info);

/* Builds one function.
 * builder  in   kept from function to function by its worker
 * inliner  in   NULL: nothing is inlined
 * arena    in   of the function; on_oom set
 * info     in   of this body, from wasm_validate_func
 * errors   false and diag: an operator without a translation, named, with its offset */
bool front_build(IrBuilder *builder, Arena *arena, const FrontModule *fm,
                 const FrontInliner *inliner, const WasmBodyInfo *info, IrFold fold, IrFunc **out,
                 Diag *diag);

#endif
