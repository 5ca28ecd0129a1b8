/* A module to an artifact: functions on several threads, then one deterministic concatenation. */
#include "comp/comp_int.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "os/os.h"

_Static_assert(IR_PLACE == OBJ_PLACE, "places of functions become those of the module");

/* A worker takes so many bytes of bodies at a time: enough to make the counter cheap. */
#define BATCH_BYTES (32u << 10)
#define MAX_WORKERS 64u
/* By opt_level: the most operators of a function that is inlined, anywhere or in a loop. */
static const u32 inline_ops[] = {0, 12, 16};
static const u32 inline_loop_ops[] = {0, 12, 80};

typedef struct Job {
    const CompOptions *options;
    const FrontModule *fm;
    const WasmModule *m;
    FuncCode *codes; /* by defined function */
    u32 nfuncs;
    atomic_uint next;     /* defined function to be taken next */
    atomic_uint done;
    atomic_bool has_failed;
    OsMutex lock;         /* of what follows */
    u32 failed_func;      /* the lowest one, so that the report does not depend on timing */
    Diag diag;
    Worker *workers;      /* those that are done; their `out` arenas hold the code */
} Job;

static void fail(Job *job, u32 func, const Diag *diag)
{
    os_lock(&job->lock);
    if (!atomic_load(&job->has_failed) || func < job->failed_func) {
        job->diag = *diag;
        job->failed_func = func;
    }
    atomic_store(&job->has_failed, true);
    os_unlock(&job->lock);
}

/* Takes a run of functions: [first, end). */
static bool take_batch(Job *job, u32 *first, u32 *end)
{
    u32 at = atomic_load(&job->next);
    do {
        if (at >= job->nfuncs)
            return false;
        u32 bytes = 0;
        *first = *end = at;
        while (*end < job->nfuncs && bytes < BATCH_BYTES) {
            bytes += job->m->bodies[*end].end - job->m->bodies[*end].start;
            ++*end;
        }
    } while (!atomic_compare_exchange_weak(&job->next, &at, *end));
    return true;
}

static void compile_one(Job *job, Worker *w, u32 i)
{
    Diag diag = {0};
    u32 func = job->m->n_imported_funcs + i;
    if (setjmp(w->oom)) {
        /* A pass gave up: it said why, or memory ran out. */
        if (!diag.is_set)
            diag_oom(&diag);
        fail(job, func, &diag);
    } else if (!comp_function(w, func, &job->codes[i], &diag)) {
        fail(job, func, &diag);
    }
    atomic_fetch_add(&job->done, 1);
}

static void work(void *ctx, u32 number)
{
    Job *job = ctx;
    Worker *w = comp_take_worker(job->options->pool);
    if (!w) {
        Diag diag = {0};
        diag_oom(&diag);
        fail(job, 0, &diag);
        return;
    }
    w->options = job->options;
    w->fm = job->fm;
    u32 first, end;
    while (take_batch(job, &first, &end)) {
        for (u32 i = first; i < end; i++) {
            /* After a failure only functions before it matter: theirs would be reported instead. */
            if (atomic_load(&job->has_failed) && job->m->n_imported_funcs + i > job->failed_func)
                break;
            compile_one(job, w, i);
        }
        if (number == 0 && job->options->progress)
            job->options->progress(job->options->progress_ctx, atomic_load(&job->done),
                                   job->nfuncs);
    }
    os_lock(&job->lock);
    w->next = job->workers;
    job->workers = w;
    os_unlock(&job->lock);
}

/* ---- putting it together ---- */

typedef struct Image {
    u8 *text;
    u32 *entries;
    ObjRow *rows;
    ObjLoc *locs;
    ObjPlace *places;
    ObjRef *refs;
    ObjPad *pads;
    u8 *saves;
    u32 text_len, nrows, nlocs, nplaces, nrefs, npads;
} Image;

static void free_image(Image *image)
{
    free(image->text);
    free(image->entries);
    free(image->rows);
    free(image->locs);
    free(image->places);
    free(image->refs);
    free(image->pads);
    free(image->saves);
}

/* Where a function starts behind text that ends at `at`: it is the entry that is aligned. */
static u64 start_of(const FuncCode *c, u64 at)
{
    return ALIGN_UP(at + c->entry_off, (u64)c->align) - c->entry_off;
}

static bool measure(const Job *job, Image *image, Diag *diag)
{
    u64 text = 0, rows = 0, locs = 0, places = 0, refs = 0, pads = 0;
    for (u32 i = 0; i < job->nfuncs; i++) {
        text = start_of(&job->codes[i], text) + job->codes[i].len;
        rows += job->codes[i].nrows;
        locs += job->codes[i].nlocs;
        places += job->codes[i].nplaces;
        refs += job->codes[i].nrefs;
        pads += job->codes[i].npads;
    }
    if (text > INT32_MAX || rows > UINT32_MAX / sizeof(ObjRow) ||
        locs > UINT32_MAX / sizeof(ObjLoc) || places >= OBJ_PLACE / sizeof(ObjPlace) ||
        refs > UINT32_MAX / sizeof(ObjRef) || pads > UINT32_MAX / sizeof(ObjPad))
        return diag_fail(diag, DIAG_NO_OFFSET, "compiled code would be larger than 2 GiB");
    image->text_len = (u32)text;
    image->text = malloc((size_t)text + 1);
    image->entries = malloc(((size_t)job->nfuncs + 1) * sizeof(u32));
    image->rows = malloc((size_t)rows * sizeof(ObjRow) + 1);
    image->locs = malloc((size_t)locs * sizeof(ObjLoc) + 1);
    image->places = malloc((size_t)places * sizeof(ObjPlace) + 1);
    image->refs = malloc((size_t)refs * sizeof(ObjRef) + 1);
    image->pads = malloc((size_t)pads * sizeof(ObjPad) + 1);
    image->saves = malloc((size_t)job->nfuncs + 1);
    if (!image->text || !image->entries || !image->rows || !image->locs || !image->places ||
        !image->refs || !image->pads || !image->saves)
        return diag_oom(diag);
    return true;
}

/* Locations, and the places they lead to, with numbers that hold for the whole module. */
static void place_locs(Image *image, const FuncCode *c, u32 start)
{
    u32 first = image->nplaces;
    for (u32 l = 0; l < c->nlocs; l++) {
        u32 src = c->locs[l].src;
        image->locs[image->nlocs++] =
            (ObjLoc){start + c->locs[l].code_off, src & IR_PLACE ? src + first : src};
    }
    for (u32 p = 0; p < c->nplaces; p++) {
        u32 up = c->places[p].up;
        image->places[image->nplaces++] =
            (ObjPlace){c->places[p].src, up & IR_PLACE ? up + first : up};
    }
}

/* Copies the functions in order and fills the space between them with int3. */
static void place(const Job *job, Image *image, u32 *starts)
{
    u32 at = 0;
    for (u32 i = 0; i < job->nfuncs; i++) {
        const FuncCode *c = &job->codes[i];
        u32 start = (u32)start_of(c, at);
        memset(image->text + at, 0xcc, start - at);
        memcpy(image->text + start, c->bytes, c->len);
        starts[i] = start;
        image->entries[i] = start + c->entry_off;
        for (u32 r = 0; r < c->nrows; r++)
            image->rows[image->nrows++] =
                (ObjRow){start + c->rows[r].code_off, c->rows[r].ret_offset};
        place_locs(image, c, start);
        for (u32 r = 0; r < c->nrefs; r++)
            image->refs[image->nrefs++] =
                (ObjRef){start + c->refs[r].code_off, c->refs[r].below};
        for (u32 p = 0; p < c->npads; p++)
            image->pads[image->npads++] =
                (ObjPad){start + c->pads[p].code_off, start + c->pads[p].pad_off};
        image->saves[i] = c->saved;
        at = start + c->len;
    }
    image->entries[job->nfuncs] = at;
}

static void relocate(const Job *job, const Image *image, const u32 *starts)
{
    for (u32 i = 0; i < job->nfuncs; i++) {
        const FuncCode *c = &job->codes[i];
        for (u32 r = 0; r < c->nrelocs; r++) {
            u32 at = starts[i] + c->relocs[r].code_off;
            u32 target = image->entries[c->relocs[r].func - job->m->n_imported_funcs];
            store_u32(image->text + at, target - (at + 4));
        }
    }
}

static bool build_artifact(const Job *job, u8 **artifact, size_t *artifact_len, Diag *diag)
{
    Image image = {0};
    size_t module_len = 0;
    u8 *module = NULL;
    u32 *starts = malloc(((size_t)job->nfuncs + 1) * sizeof(u32));
    u32 *bodies = malloc(((size_t)job->nfuncs + 1) * sizeof(u32));
    bool is_ok = starts && bodies ? measure(job, &image, diag) : diag_oom(diag);
    if (is_ok) {
        place(job, &image, starts);
        relocate(job, &image, starts);
        for (u32 i = 0; i < job->nfuncs; i++)
            bodies[i] = job->m->bodies[i].start;
        module = comp_strip(job->m, &module_len);
        is_ok = module ? true : diag_oom(diag);
    }
    if (is_ok) {
        ObjParts parts = {
            .key = comp_key(job->options),
            .text = image.text,
            .text_len = image.text_len,
            .entries = image.entries,
            .bodies = bodies,
            .nfuncs = job->nfuncs,
            .rows = image.rows,
            .nrows = image.nrows,
            .locs = image.locs,
            .nlocs = image.nlocs,
            .sealed = job->fm->sealed_tables,
            .nsealed = job->fm->n_sealed_tables,
            .places = image.places,
            .nplaces = image.nplaces,
            .refs = image.refs,
            .nrefs = image.nrefs,
            .pads = image.pads,
            .npads = image.npads,
            .saves = image.saves,
            .module = module,
            .module_len = (u32)module_len,
        };
        is_ok = obj_build(&parts, artifact, artifact_len, diag);
    }
    free(starts);
    free(bodies);
    free(module);
    free_image(&image);
    return is_ok;
}

static u32 worker_count(const CompOptions *o, u32 nfuncs)
{
    u32 n = o->threads ? o->threads : os_cpu_count();
    /* Dumps of several functions would interleave. */
    if (o->dump && o->dump->passes)
        n = 1;
    return MAX(1u, MIN(MIN(n, MAX_WORKERS), nfuncs));
}

static bool compile_module(const WasmModule *m, Arena *arena, const CompOptions *o, u8 **artifact,
                           size_t *artifact_len, Diag *diag)
{
    FrontModule fm;
    u32 level = MIN(o->opt_level, 2u);
    FrontOptions front = {
        .explicit_bounds = o->explicit_bounds,
        .use_gs = o->isa.use_gs,
        .epoch = o->epoch,
        .fuel = o->fuel,
        .nan_canonicalization = o->nan_canonicalization,
        .sealed_tables = o->sealed_tables,
        .devirtualize = o->devirtualize,
        .inline_ops = o->inlining ? inline_ops[level] : 0,
        .inline_loop_ops = o->inlining ? inline_loop_ops[level] : 0,
        .strict_relaxed = o->strict_relaxed,
    };
    VmCounts counts = obj_vm_counts(m);
    if (!front_module_init(&fm, arena, m, &counts, &front, diag))
        return false;
    Job *job = arena_new(arena, Job);
    *job = (Job){.options = o, .fm = &fm, .m = m, .lock = OS_MUTEX_INIT};
    job->nfuncs = m->n_funcs - m->n_imported_funcs;
    job->codes = arena_array(arena, FuncCode, job->nfuncs);
    os_parallel(worker_count(o, job->nfuncs), work, job);
    bool is_ok = !atomic_load(&job->has_failed);
    if (is_ok)
        is_ok = build_artifact(job, artifact, artifact_len, diag);
    else
        *diag = job->diag;
    for (Worker *w = job->workers, *next; w; w = next) {
        next = w->next;
        comp_give_worker(o->pool, w);
    }
    return is_ok;
}

static bool decode_and_compile(Arena *arena, const u8 *bytes, size_t len,
                               const CompOptions *options, u8 **artifact, size_t *artifact_len,
                               Diag *diag)
{
    jmp_buf oom;
    arena->on_oom = &oom;
    if (setjmp(oom))
        return diag_oom(diag);
    WasmModule *m;
    return wasm_decode(arena, bytes, len, &options->wasm_features, &m, diag) &&
           compile_module(m, arena, options, artifact, artifact_len, diag);
}

bool comp_compile(const u8 *bytes, size_t len, const CompOptions *options, u8 **artifact,
                  size_t *artifact_len, Diag *diag)
{
    Arena arena;
    arena_init(&arena, NULL);
    bool is_ok = decode_and_compile(&arena, bytes, len, options, artifact, artifact_len, diag);
    arena.on_oom = NULL;
    arena_free(&arena);
    return is_ok;
}

ObjKey comp_key(const CompOptions *o)
{
    ObjKey key = {
        .format_version = OBJ_FORMAT_VERSION,
        .abi_version = VM_ABI_VERSION,
        .isa = 1,
        .features = o->isa.features,
        .wasm_features = o->wasm_features.bits,
    };
    key.flags = (o->isa.use_gs ? OBJ_GS : 0u) | (o->isa.signal_traps ? OBJ_SIGNAL_TRAPS : 0u) |
                (o->isa.stack_check ? OBJ_STACK_CHECK : 0u) | (o->epoch ? OBJ_EPOCH : 0u) |
                (o->fuel ? OBJ_FUEL : 0u) | (o->explicit_bounds ? OBJ_EXPLICIT_BOUNDS : 0u) |
                (o->nan_canonicalization ? OBJ_CANONICAL_NANS : 0u) |
                (o->strict_relaxed ? OBJ_STRICT_RELAXED : 0u);
    return key;
}
