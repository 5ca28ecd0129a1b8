/* comp: the pipeline. Module bytes in, artifact out.
 *
 * Owns: the order of the passes (pipeline.c reads passes.def), compiling functions on several
 * threads (compile.c), dumps. Promises: the same bytes whatever the number of threads; no global
 * state; bounded memory; never includes rt.
 * Start with pipeline.c: the whole compiler is on one screen.
 */
#ifndef STINT_COMP_H
#define STINT_COMP_H

#include "base/diag.h"
#include "base/strbuf.h"
#include "mach/mach.h"
#include "obj/obj.h"
#include "vmabi/stubs.h"
#include "wasm/wasm.h"

/* Where dumps go. */
typedef struct CompDump {
    u64 passes;      /* bit per row of passes.def */
    u32 func;        /* only this function index; UINT32_MAX = all */
    void (*write)(void *ctx, const char *pass, u32 func, const char *text, size_t len);
    void *ctx;
} CompDump;

/* What threads that compile leave for the next module: memory that is in use already costs no page
 * faults, which are a tenth of the time of a small module. Holds a few megabytes for each CPU. */
typedef struct CompPool CompPool;
/* NULL: out of memory. */
CompPool *comp_pool_new(void);
/* Not while a compilation uses it. NULL is ignored. */
void comp_pool_free(CompPool *pool);

typedef struct CompOptions {
    WasmFeatures wasm_features;
    MIsaOptions isa;
    u8 opt_level;             /* 0, 1, 2 */
    bool explicit_bounds;     /* never rely on guard pages */
    bool epoch;               /* interruption checks */
    bool fuel;
    bool nan_canonicalization;
    bool inlining;            /* of small functions, from opt_level 1 on */
    bool strict_relaxed;      /* relaxed vector operators do what is the same everywhere */
    bool sealed_tables;       /* calls through tables that nothing writes in a way of their own */
    bool devirtualize;        /* and direct ones where one function only can be meant */
    bool verify;              /* IR verifier after each pass */
    bool check_ra;            /* allocation checker */
    u32 threads;              /* 0 = one per CPU this process may use */
    CompPool *pool;           /* shared by any number of compilations; may be NULL */
    const CompDump *dump;     /* may be NULL */
    /* Called now and then from the calling thread with functions done and total; may be NULL. */
    void (*progress)(void *ctx, u32 done, u32 total);
    void *progress_ctx;
} CompOptions;

/* Decodes, validates and compiles a module.
 * bytes    in   the module, borrowed for the call
 * artifact out  malloc memory for the caller to free; untouched on failure
 * errors   bad input: diag has offset and text; an operator the compiler does not have yet is
 *          refused by name; out of memory: diag->is_oom
 * thread   any; makes its own */
bool comp_compile(const u8 *bytes, size_t len, const CompOptions *options, u8 **artifact,
                  size_t *artifact_len, Diag *diag);

/* The target of this machine for these options, and the features of the CPU this runs on. */
const MTarget *comp_host_target(const MIsaOptions *isa);
u64 comp_host_features(void);
/* Features that a named level of the architecture has: the same on every machine. */
u64 comp_baseline_features(void);
/* The number of a feature by its name, -1 if there is none; its name, NULL behind the last one. */
int comp_feature_number(const char *name);
const char *comp_feature_name(u32 number);
/* What makes the runtime's stubs for this machine. */
const VmStubMaker *comp_host_stubs(void);

/* The key an artifact made with these options has. */
ObjKey comp_key(const CompOptions *options);

/* The bit of a pass by name ("build", "schedule", "lower", "ra", "emit", "all"); 0 if unknown. */
u64 comp_dump_bit(const char *name);

#endif
