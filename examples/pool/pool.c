/* pool.c: instances of one module serve requests on several threads.
 *
 * The engine and the module with its imports found are shared. A store belongs to one thread at a
 * time: a worker takes it out of the pool, with its instance, and puts it back. After a trap, or
 * when it has served often enough, the instance is replaced, which takes microseconds.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <stint.h>

enum { WORKERS = 4, REQUESTS = 4000, MAX_SERVED = 250 };

typedef struct Instance {
    wasmtime_store_t *store;
    wasmtime_func_t serve;
    int served;
} Instance;

typedef struct Pool {
    wasm_engine_t *engine;
    wasmtime_instance_pre_t *pre;
    pthread_mutex_t lock; /* of all that follows */
    Instance free[WORKERS];
    int n_free;
    int next_request;
    int served, failed;
    int64_t sum;
} Pool;

static void must(const char *what, wasmtime_error_t *error, wasm_trap_t **trap)
{
    wasm_byte_vec_t message;
    if (!error && !(trap && *trap))
        return;
    if (error)
        wasmtime_error_message(error, &message);
    else
        wasm_trap_message(*trap, &message);
    fprintf(stderr, "%s: %.*s\n", what, (int)message.size, message.data);
    exit(1);
}

/* ---- The pool ------------------------------------------------------------------------------ */

/* Any thread. */
static Instance make_instance(Pool *pool)
{
    Instance made = {.store = wasmtime_store_new(pool->engine, NULL, NULL)};
    wasmtime_context_t *context = wasmtime_store_context(made.store);
    wasmtime_instance_t instance;
    wasmtime_extern_t serve;
    wasm_trap_t *trap = NULL;
    must("instantiating",
         wasmtime_instance_pre_instantiate(pool->pre, context, &instance, &trap), &trap);
    if (!wasmtime_instance_export_get(context, &instance, "serve", 5, &serve))
        exit(1);
    made.serve = serve.of.func;
    return made;
}

/* There are as many instances as workers, so that one is free. */
static Instance take(Pool *pool, int *request)
{
    pthread_mutex_lock(&pool->lock);
    Instance taken = pool->free[--pool->n_free];
    *request = pool->next_request++;
    pthread_mutex_unlock(&pool->lock);
    return taken;
}

static void put_back(Pool *pool, Instance instance, bool is_served, int64_t answer)
{
    if (!is_served || instance.served == MAX_SERVED) {
        wasmtime_store_delete(instance.store);
        instance = make_instance(pool);
    }
    pthread_mutex_lock(&pool->lock);
    pool->free[pool->n_free++] = instance;
    pool->served += is_served;
    pool->failed += !is_served;
    pool->sum += answer;
    pthread_mutex_unlock(&pool->lock);
}

/* ---- Workers ------------------------------------------------------------------------------- */

static bool serve(Instance *instance, int request, int64_t *answer)
{
    wasm_trap_t *trap = NULL;
    wasmtime_val_t arg = {.kind = WASMTIME_I64, .of.i64 = request}, result;
    must("calling", wasmtime_func_call(wasmtime_store_context(instance->store), &instance->serve,
                                       &arg, 1, &result, 1, &trap), NULL);
    *answer = 0;
    if (trap) {
        wasm_trap_delete(trap);
        return false;
    }
    instance->served++;
    *answer = (uint32_t)result.of.i64;
    return result.of.i64 >> 32 == instance->served; /* nobody else was served by it */
}

static void *work(void *arg)
{
    Pool *pool = arg;
    for (;;) {
        int request;
        int64_t answer;
        Instance instance = take(pool, &request);
        if (request >= REQUESTS) {
            wasmtime_store_delete(instance.store);
            return NULL;
        }
        bool is_served = serve(&instance, request, &answer);
        put_back(pool, instance, is_served, answer);
    }
}

/* ---- The program --------------------------------------------------------------------------- */

int main(void)
{
    static char text[1 << 16];
    FILE *file = fopen("service.wat", "rb");
    if (!file)
        return perror("service.wat"), 1;
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);

    Pool pool = {.engine = wasm_engine_new(), .lock = PTHREAD_MUTEX_INITIALIZER};
    wasmtime_module_t *module;
    wasmtime_linker_t *linker = wasmtime_linker_new(pool.engine);
    must("compiling", stint_module_new_wat(pool.engine, "service.wat", text, len, &module), NULL);
    must("linking", wasmtime_linker_instantiate_pre(linker, module, &pool.pre), NULL);
    wasmtime_linker_delete(linker);
    wasmtime_module_delete(module);

    pthread_t workers[WORKERS];
    while (pool.n_free < WORKERS)
        pool.free[pool.n_free++] = make_instance(&pool);
    for (int i = 0; i < WORKERS; i++)
        if (pthread_create(&workers[i], NULL, work, &pool))
            return 1;
    for (int i = 0; i < WORKERS; i++)
        pthread_join(workers[i], NULL);
    printf("%d threads, %d requests: %d served, %d failed\n", WORKERS, REQUESTS, pool.served,
           pool.failed);
    printf("sum of the answers: %" PRId64 "\n", pool.sum);

    wasmtime_instance_pre_delete(pool.pre);
    wasm_engine_delete(pool.engine);
    return 0;
}
