/* Stubs and their pages.
 *
 * A stub depends only on the classes of parameters and results (VmType), so types of one shape
 * share theirs. Stubs are made when the first module or function needs them, in batches: a fresh
 * mapping is written, then made executable, and never written again. They live as long as the
 * engine.
 */
#include "rt/rt_int.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"

#define FIRST_SHAPES 64u

/* A signature by classes, with its stubs. */
typedef struct RtShape {
    RtStubs stubs; /* first: RtType.stubs points here */
    RtStubs fresh; /* written, but not executable yet; under the lock, like wanted */
    u32 wanted;    /* RT_STUB_*: to be made in the batch under way */
    u64 hash;
    VmStubSig sig; /* into kinds */
    u8 kinds[];
} RtShape;

u32 rt_stack_arg_bytes(const VmStubSig *sig)
{
    u32 ints = 0, vecs = 0, bytes = 0, int_results = 0, vec_results = 0;
    for (u32 i = 0; i < sig->nresults; i++) {
        bool is_vec = sig->results[i] >= VM_TYPE_F32 && sig->results[i] <= VM_TYPE_V128;
        ++*(is_vec ? &vec_results : &int_results);
    }
    /* Results that do not all fit go to a buffer, whose address is the first argument. */
    if (int_results > VM_MAX_INT_RESULTS || vec_results > VM_MAX_VEC_RESULTS)
        ints = 1;
    for (u32 i = 0; i < sig->nparams; i++) {
        bool is_vec = sig->params[i] >= VM_TYPE_F32 && sig->params[i] <= VM_TYPE_V128;
        bool fits = is_vec ? vecs++ < VM_MAX_VEC_ARGS : ints++ < VM_MAX_INT_ARGS;
        if (!fits)
            bytes += sig->params[i] == VM_TYPE_V128 ? 16 : 8;
    }
    return ALIGN_UP(bytes, 16u);
}

/* ---- pages ---- */

/* A mapping being written. */
typedef struct Batch {
    RtEngine *engine;
    VmStubEnv env;
    RtCodePages *pages;
    size_t used;
    bool failed;
} Batch;

static bool batch_begin(Batch *b, RtEngine *engine, size_t bytes)
{
    *b = (Batch){.engine = engine};
    b->env = (VmStubEnv){
        .use_gs = engine->options.gs,
        .cross_call = engine->stubs.restore,
        .restore = (const void *)(uintptr_t)engine->stubs.restore_pc,
        .host_trap = (const void *)(uintptr_t)rt_host_failed,
    };
    b->pages = malloc(sizeof *b->pages);
    if (!b->pages)
        return false;
    b->pages->bytes = os_page_align(bytes);
    b->pages->at = os_map(b->pages->bytes, OS_READ_WRITE);
    if (b->pages->at)
        return true;
    free(b->pages);
    return false;
}

static void batch_drop(Batch *b)
{
    os_unmap(b->pages->at, b->pages->bytes);
    free(b->pages);
}

/* Makes the pages executable and gives back those that were not needed. */
static bool batch_end(Batch *b)
{
    RtCodePages *pages = b->pages;
    size_t needed = os_page_align(MAX(b->used, (size_t)1));
    if (b->failed || !os_protect(pages->at, needed, OS_READ_EXEC)) {
        batch_drop(b);
        return false;
    }
    os_code_written(pages->at, b->used);
    if (needed < pages->bytes)
        os_unmap(pages->at + needed, pages->bytes - needed);
    pages->bytes = needed;
    pages->next = b->engine->stubs.pages;
    b->engine->stubs.pages = pages;
    return true;
}

static u8 *room(Batch *b, size_t *cap)
{
    b->used = ALIGN_UP(b->used, (size_t)16);
    *cap = b->pages->bytes - b->used;
    return b->pages->at + b->used;
}

/* Takes the stub of `bytes` just written at room(). NULL: the maker failed. */
static u8 *take(Batch *b, size_t bytes, const char *kind, const VmStubSig *sig)
{
    u8 *at = b->pages->at + b->used;
    b->used += bytes;
    b->failed |= bytes == 0;
    if (bytes && b->engine->options.perf_map) {
        char name[64];
        static const char letters[] = "vilfdxrg";
        u32 len = (u32)snprintf(name, sizeof name, "stint stub %s ", kind);
        for (u32 i = 0; sig && i < sig->nparams && len < sizeof name - 1; i++)
            name[len++] = letters[sig->params[i]];
        name[len] = 0;
        rt_perf_stub(at, bytes, name);
    }
    return bytes ? at : NULL;
}

/* ---- the stubs every engine has ---- */

bool rt_stubs_init(RtEngine *engine, Diag *diag)
{
    RtStubCache *cache = &engine->stubs;
    if (engine->options.interp)
        return true;
    const VmStubMaker *maker = engine->maker;
    const VmStubSig none = {NULL, NULL, 0, 0};
    cache->lock = (OsMutex)OS_MUTEX_INIT;
    cache->key = os_random_u64();
    cache->shapes = calloc(FIRST_SHAPES, sizeof *cache->shapes);
    cache->mask = FIRST_SHAPES - 1;
    Batch b;
    if (!cache->shapes || !batch_begin(&b, engine, (VM_LIBCALL_COUNT + 5) * vm_stub_bytes(&none)))
        return diag_oom(diag);
    size_t cap, restore_off = 0;
    u8 *at = room(&b, &cap);
    cache->restore = take(&b, maker->restore(at, cap, &b.env, &restore_off), "restore", NULL);
    cache->restore_pc = (u64)(uintptr_t)at + restore_off;
    b.env.cross_call = at;
    b.env.restore = at + restore_off;
    at = room(&b, &cap);
    cache->trap_exit_pc = (u64)(uintptr_t)at;
    take(&b, maker->trap_exit(at, cap, &b.env), "trap exit", NULL);
    at = room(&b, &cap);
    cache->land_pc = (u64)(uintptr_t)at;
    take(&b, maker->land(at, cap, &b.env), "land", NULL);
    at = room(&b, &cap);
    cache->cross = take(&b, maker->cross(at, cap, &none, &b.env), "cross", &none);
    for (u32 i = 0; i < VM_LIBCALL_COUNT; i++) {
        at = room(&b, &cap);
        size_t bytes = maker->libcall(at, cap, (VmLibcall)i, rt_libcalls[i]);
        cache->libcalls[i] = take(&b, bytes, "libcall", NULL);
    }
    return batch_end(&b) || diag_oom(diag);
}

void rt_stubs_free(RtStubCache *cache)
{
    while (cache->pages) {
        RtCodePages *next = cache->pages->next;
        os_unmap(cache->pages->at, cache->pages->bytes);
        free(cache->pages);
        cache->pages = next;
    }
    for (u32 i = 0; cache->shapes && i <= cache->mask; i++)
        free(cache->shapes[i]);
    free(cache->shapes);
}

/* ---- shapes ---- */

static bool grow_shapes(RtStubCache *cache)
{
    if (cache->count < cache->mask / 2)
        return true;
    u32 mask = cache->mask * 2 + 1;
    RtShape **shapes = calloc((size_t)mask + 1, sizeof *shapes);
    if (!shapes)
        return false;
    for (u32 i = 0; i <= cache->mask; i++) {
        if (!cache->shapes[i])
            continue;
        u32 slot = (u32)cache->shapes[i]->hash & mask;
        while (shapes[slot])
            slot = (slot + 1) & mask;
        shapes[slot] = cache->shapes[i];
    }
    free(cache->shapes);
    cache->shapes = shapes;
    cache->mask = mask;
    return true;
}

/* The shape of a function type, made if it is new; NULL if memory runs out. */
static RtShape *shape_of(RtEngine *engine, RtType *type)
{
    RtStubCache *cache = &engine->stubs;
    if (type->stubs)
        return (RtShape *)type->stubs;
    u32 n = type->n_params + type->n_results;
    RtShape *shape = calloc(1, sizeof *shape + n);
    if (!shape || !grow_shapes(cache)) {
        free(shape);
        return NULL;
    }
    for (u32 i = 0; i < n; i++)
        shape->kinds[i] = (u8)rt_vm_type(engine, type->params[i]);
    shape->sig = (VmStubSig){shape->kinds, shape->kinds + type->n_params, type->n_params,
                             type->n_results};
    shape->hash = hash_bytes_keyed(shape->kinds, n, cache->key ^ type->n_params);
    u32 slot = (u32)shape->hash & cache->mask;
    for (RtShape *s; (s = cache->shapes[slot]) != NULL; slot = (slot + 1) & cache->mask) {
        if (s->hash == shape->hash && s->sig.nparams == type->n_params &&
            s->sig.nresults == type->n_results && memcmp(s->kinds, shape->kinds, n) == 0) {
            free(shape);
            shape = s;
            break;
        }
    }
    if (!cache->shapes[slot]) {
        if (!rt_stack_arg_bytes(&shape->sig))
            shape->stubs.cross = cache->cross;
        cache->shapes[slot] = shape;
        cache->count++;
    }
    __atomic_store_n(&type->stubs, &shape->stubs, __ATOMIC_RELEASE);
    return shape;
}

/* Of the stubs named by `which`, those that neither exist nor are wanted already. */
static u32 missing(const RtShape *shape, u32 which)
{
    u32 have = (shape->stubs.entry ? RT_STUB_ENTRY : 0) | (shape->stubs.host ? RT_STUB_HOST : 0) |
               (shape->stubs.direct ? RT_STUB_DIRECT : 0) |
               (shape->stubs.cross ? RT_STUB_CROSS : 0);
    return which & ~have & ~shape->wanted;
}

static void make_wanted(Batch *b, RtShape *shape)
{
    const VmStubMaker *maker = b->engine->maker;
    const VmStubSig *sig = &shape->sig;
    size_t cap;
    if (shape->wanted & RT_STUB_ENTRY) {
        u8 *at = room(b, &cap);
        at = take(b, maker->entry(at, cap, sig, &b->env), "entry", sig);
        shape->fresh.entry = (RtEntry)(uintptr_t)at;
    }
    if (shape->wanted & RT_STUB_HOST) {
        u8 *at = room(b, &cap);
        shape->fresh.host = take(b, maker->host(at, cap, sig, &b->env), "host", sig);
    }
    if (shape->wanted & RT_STUB_DIRECT) {
        u8 *at = room(b, &cap);
        shape->fresh.direct = take(b, maker->direct(at, cap, sig, &b->env), "direct", sig);
    }
    if (shape->wanted & RT_STUB_CROSS) {
        u8 *at = room(b, &cap);
        shape->fresh.cross = take(b, maker->cross(at, cap, sig, &b->env), "cross", sig);
    }
}

/* Others read the pointers without a lock, once the code behind them may run. */
static void publish(RtShape *shape)
{
    if (shape->fresh.entry)
        __atomic_store_n(&shape->stubs.entry, shape->fresh.entry, __ATOMIC_RELEASE);
    if (shape->fresh.host)
        __atomic_store_n(&shape->stubs.host, shape->fresh.host, __ATOMIC_RELEASE);
    if (shape->fresh.direct)
        __atomic_store_n(&shape->stubs.direct, shape->fresh.direct, __ATOMIC_RELEASE);
    if (shape->fresh.cross)
        __atomic_store_n(&shape->stubs.cross, shape->fresh.cross, __ATOMIC_RELEASE);
}

typedef RT_LIST(RtShape *) ShapeList;

/* Marks what is wanted and adds the shapes concerned to the list, each once. */
static bool collect(RtEngine *engine, const RtStubWish *wishes, u32 n, ShapeList *list,
                    size_t *bytes)
{
    for (u32 i = 0; i < n; i++) {
        RtShape *shape = shape_of(engine, (RtType *)(uintptr_t)rt_type(engine, wishes[i].type));
        if (!shape)
            return false;
        u32 add = missing(shape, wishes[i].which);
        if (!add)
            continue;
        if (!shape->wanted) {
            if (!rt_list_reserve(list))
                return false;
            rt_list_push(list, shape);
        }
        shape->wanted |= add;
        *bytes += (vm_stub_bytes(&shape->sig) + 16) * (size_t)__builtin_popcount(add);
    }
    return true;
}

bool rt_stubs_make(RtEngine *engine, const RtStubWish *wishes, u32 n)
{
    if (engine->options.interp)
        return true;
    ShapeList list = {0};
    size_t bytes = 0;
    Batch b;
    os_lock(&engine->stubs.lock);
    bool ok = collect(engine, wishes, n, &list, &bytes);
    if (ok && list.len) {
        ok = batch_begin(&b, engine, bytes);
        for (u32 i = 0; ok && i < list.len; i++)
            make_wanted(&b, list.at[i]);
        ok = ok && batch_end(&b);
    }
    for (u32 i = 0; i < list.len; i++) {
        if (ok)
            publish(list.at[i]);
        list.at[i]->wanted = 0;
        list.at[i]->fresh = (RtStubs){0};
    }
    os_unlock(&engine->stubs.lock);
    free(list.at);
    return ok;
}

void *rt_stubs_cross(const RtEngine *engine, u32 type, bool is_host)
{
    if (engine->options.interp)
        return NULL;
    const RtStubs *stubs = rt_type(engine, type)->stubs;
    return is_host ? stubs->host : stubs->cross;
}

const RtStubs *rt_type_stubs(RtEngine *engine, u32 id)
{
    const RtType *type = rt_type(engine, id);
    RtStubWish wish = {id, RT_STUB_ENTRY | RT_STUB_HOST | RT_STUB_CROSS};
    return rt_stubs_make(engine, &wish, 1) ? __atomic_load_n(&type->stubs, __ATOMIC_ACQUIRE) : NULL;
}
