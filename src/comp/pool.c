/* Workers at rest, with what memory they are worth keeping for. */
#include "comp/comp_int.h"

#include <stdlib.h>

#include "os/os.h"

/* What a worker keeps: enough for all but few functions, and for the code of a small module. */
#define KEEP_FUNC_BYTES ((size_t)8 << 20)
#define KEEP_OUT_BYTES ((size_t)2 << 20)
#define KEEP_SLOTS (1u << 16)

struct CompPool {
    OsMutex lock;
    Worker *idle;
    u32 n_idle, max_idle;
};

CompPool *comp_pool_new(void)
{
    CompPool *pool = calloc(1, sizeof *pool);
    if (pool)
        *pool = (CompPool){.lock = OS_MUTEX_INIT, .max_idle = os_cpu_count()};
    return pool;
}

static void free_worker(Worker *w)
{
    wasm_validator_free(w->validator);
    wasm_validator_free(w->callee_validator);
    ir_builder_free(&w->builder);
    sb_free(&w->text);
    arena_free(&w->func);
    arena_free(&w->out);
    free(w);
}

void comp_pool_free(CompPool *pool)
{
    while (pool && pool->idle) {
        Worker *w = pool->idle;
        pool->idle = w->next;
        free_worker(w);
    }
    free(pool);
}

static Worker *new_worker(void)
{
    Worker *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    arena_init(&w->func, &w->oom);
    arena_init(&w->out, &w->oom);
    w->validator = wasm_validator_new();
    w->callee_validator = wasm_validator_new();
    if (w->validator && w->callee_validator)
        return w;
    free_worker(w);
    return NULL;
}

Worker *comp_take_worker(CompPool *pool)
{
    Worker *w = NULL;
    if (pool) {
        os_lock(&pool->lock);
        w = pool->idle;
        if (w) {
            pool->idle = w->next;
            pool->n_idle--;
        }
        os_unlock(&pool->lock);
    }
    return w ? w : new_worker();
}

void comp_give_worker(CompPool *pool, Worker *w)
{
    arena_trim(&w->func, KEEP_FUNC_BYTES);
    arena_trim(&w->out, KEEP_OUT_BYTES);
    if (w->builder.cap_slots > KEEP_SLOTS)
        ir_builder_free(&w->builder);
    bool is_kept = false;
    if (pool) {
        os_lock(&pool->lock);
        is_kept = pool->n_idle < pool->max_idle;
        if (is_kept) {
            w->next = pool->idle;
            pool->idle = w;
            pool->n_idle++;
        }
        os_unlock(&pool->lock);
    }
    if (!is_kept)
        free_worker(w);
}
