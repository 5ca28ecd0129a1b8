/* Shared by the files of comp only. */
#ifndef STINT_COMP_INT_H
#define STINT_COMP_INT_H

#include "comp/comp.h"
#include "front/front.h"

typedef enum CompPass {
#define X(name, shows) PASS_##name,
#include "comp/passes.def"
#undef X
    PASS_COUNT
} CompPass;

/* One thread's means: everything a function needs on its way through the pipeline. */
typedef struct Worker Worker;
struct Worker {
    Worker *next; /* in its pool or job */
    const CompOptions *options;
    const FrontModule *fm;
    WasmValidator *validator;
    WasmValidator *callee_validator; /* of what is inlined */
    IrBuilder builder;
    Arena func;  /* reset for each function */
    Arena out;   /* finished code, kept until the artifact is built */
    jmp_buf oom;
    StrBuf text; /* for dumps and verifier complaints */
};

/* A compiled function, in its worker's `out` arena. */
typedef struct FuncCode {
    u8 *bytes;
    u32 len;
    u32 entry_off;
    u32 align; /* of the entry */
    MReloc *relocs;
    u32 nrelocs;
    MFrameRow *rows;
    u32 nrows;
    MLoc *locs;
    u32 nlocs;
    IrPlace *places; /* that the locations lead to */
    u32 nplaces;
    MRefSlot *refs;
    u32 nrefs;
    MPad *pads;
    u32 npads;
    u8 saved;
} FuncCode;

/* pool.c: a worker that has nothing but its memory; NULL: out of memory. The pool may be NULL. */
Worker *comp_take_worker(CompPool *pool);
void comp_give_worker(CompPool *pool, Worker *worker);

/* pipeline.c: one function through all passes. False: diag. Memory runs out through w->oom. */
bool comp_function(Worker *w, u32 func, FuncCode *out, Diag *diag);

/* strip.c: the module without the bodies of its functions and without custom sections other than
 * "name"; in malloc memory. Valid: each body becomes `unreachable`. NULL: out of memory. */
u8 *comp_strip(const WasmModule *m, size_t *len);

#endif
