/* Memory that runs out, at every single place where the runtime asks for some: each time an
 * error, and nothing changed, so that the same step succeeds when there is memory again; and
 * nothing leaks. */
#define _GNU_SOURCE
#include "failing_alloc.h"
#include "rt_fixture.h"

#include "test.h"

static struct {
    RtOptions options;
    u8 *artifacts[2];
    size_t lens[2];
    RtEngine *engine;
    RtModule *modules[2];
    RtStore *store;
    RtHostFunc *host;
    RtInstance *a, *b;
    RtExtern import;
    u32 ref;
    VmVal v[3];
    Diag diag;
} t;

static void *twice(VmHostFunc *self, VmCtx *caller, VmVal *vals)
{
    (void)self;
    (void)caller;
    vals[0].i32 *= 2;
    return NULL;
}

static u32 finalized;
static void finalize(void *env)
{
    (void)env;
    finalized++;
}

/* ---- steps: each true when it has done its work, false when memory ran out ---- */

static bool make_engine(void)
{
    t.engine = rt_engine_new(&t.options, &x64_stub_maker, &t.diag);
    return t.engine != NULL;
}

static bool load_module(u32 i)
{
    RtArtifact artifact = {.bytes = t.artifacts[i], .len = t.lens[i]};
    return rt_module_new(t.engine, artifact, &t.modules[i], &t.diag);
}
static bool load_a(void) { return load_module(0); }
static bool load_b(void) { return load_module(1); }

static bool make_store(void) { return (t.store = rt_store_new(t.engine)) != NULL; }

static bool make_type(void)
{
    RtValType params[3] = {WASM_T_I32, WASM_T_F64, WASM_T_EXTERNREF};
    return rt_type_func(t.engine, params, 3, params, 1) != RT_NO_TYPE;
}

static bool make_stubs(void)
{
    RtValType params[12];
    for (u32 i = 0; i < 12; i++)
        params[i] = WASM_T_I64;
    u32 type = rt_type_func(t.engine, params, 12, params, 8);
    return type != RT_NO_TYPE && rt_type_stubs(t.engine, type) != NULL;
}

static bool make_host(void)
{
    t.host = fixture_host(t.store, t.modules[0]->type_ids[0], twice, NULL, finalize);
    return t.host != NULL;
}

/* Nothing of a failed instance may stay behind. */
static bool instantiate(RtModule *m, const RtExtern *imports, u32 n, RtInstance **out)
{
    const RtStore *s = t.store;
    u32 before[] = {s->instances.len, s->memories.len, s->tables.len, s->tags.len};
    i64 refs = m->refs;
    RtStatus status = rt_instantiate(t.store, m, imports, n, out, &t.diag);
    if (status == RT_OK)
        return true;
    u32 after[] = {s->instances.len, s->memories.len, s->tables.len, s->tags.len};
    EXPECT(status == RT_ERROR && memcmp(before, after, sizeof before) == 0 && m->refs == refs);
    return false;
}

static bool make_a(void)
{
    RtExtern host = {.kind = WASM_KIND_FUNC, .func = &t.host->ref};
    return instantiate(t.modules[0], &host, 1, &t.a);
}

static bool export_global(void)
{
    return rt_instance_export(t.a, "g", 1, &t.import);
}

static bool make_b(void)
{
    RtExtern imports[4];
    imports[0] = (RtExtern){.kind = WASM_KIND_FUNC, .func = rt_instance_func(t.a, 4)};
    imports[1] = (RtExtern){.kind = WASM_KIND_FUNC, .func = rt_instance_func(t.a, 8)};
    imports[2] = (RtExtern){.kind = WASM_KIND_TABLE, .table = t.a->tables[0]};
    imports[3] = t.import;
    return instantiate(t.modules[1], imports, 4, &t.b);
}

static bool call_host(void)
{
    t.v[0].i32 = 21;
    bool ok = rt_call(t.store, rt_instance_func(t.a, 5), t.v);
    EXPECT(ok ? t.v[0].i32 == 42 : t.store->trap.kind == RT_TRAP_MESSAGE);
    return ok;
}

static bool call_hidden(void)
{
    VmFuncRef *hidden = rt_instance_func(t.a, 11);
    return hidden && rt_call(t.store, hidden, t.v) && t.v[0].i32 == 11;
}

static bool grow_memory(void)
{
    RtMemory *m = t.a->memories[0];
    u64 old = 0, size = m->space->vm.size_bytes;
    bool ok = rt_memory_grow(m, 1, &old);
    EXPECT(m->space->vm.size_bytes == size + (ok ? 65536 : 0) && old == (ok ? size >> 16 : 0));
    return ok;
}

static bool grow_table(void)
{
    RtTable *table = t.a->tables[0];
    u64 old = 77;
    VmVal null = {.i64 = 0}, got;
    bool ok = rt_table_grow(table, 3, &null, &old);
    EXPECT(table->vm.len == (ok ? 7 : 4) && old == (ok ? 4 : 77));
    EXPECT(rt_table_get(table, 1, &got) && got.funcref == rt_instance_func(t.a, 1));
    return ok;
}

static bool make_global(void)
{
    RtGlobal *g;
    VmVal init = {.i64 = 5};
    return rt_global_new(t.store, WASM_T_I64, true, &init, &g, &t.diag);
}

static bool make_memory64(void)
{
    RtMemory *m;
    WasmLimits limits = {.min = 1, .max = 3, .has_max = true, .is_64 = true, .page_log2 = 16};
    return rt_memory_new(t.store, &limits, &m, &t.diag);
}

static bool make_shared(void)
{
    WasmLimits limits = {.min = 1, .max = 3, .has_max = true, .is_shared = true, .page_log2 = 16};
    RtShared *shared;
    u64 old = 0;
    if (!rt_shared_new(t.engine, &limits, &shared, &t.diag))
        return false;
    RtMemory *m = rt_memory_of_shared(t.store, shared);
    bool ok = m && rt_memory_grow(m, 1, &old);
    EXPECT_U64(rt_shared_bytes(shared), ok ? 2 * 65536 : 65536);
    rt_shared_release(shared);
    return ok;
}

static bool make_ref(void) { return rt_externref_new(t.store, &t, finalize, &t.ref); }
static bool attach(void) { return rt_store_attach(t.store, &t, &t, finalize); }

static const struct {
    const char *name;
    bool (*run)(void);
} steps[] = {
    {"engine", make_engine}, {"module a", load_a},     {"module b", load_b},
    {"store", make_store},   {"type", make_type},      {"stubs", make_stubs},
    {"host", make_host},     {"instance a", make_a},   {"global of a", export_global},
    {"instance b", make_b},  {"call", call_host},      {"hidden", call_hidden},
    {"memory.grow", grow_memory}, {"table.grow", grow_table}, {"global", make_global},
    {"memory64", make_memory64},  {"shared memory", make_shared},
    {"ref", make_ref},       {"attach", attach},
};

/* Runs all steps, the n-th allocation of step `failing` refused. True if there was an n-th. */
static bool run(u32 failing, u32 n, bool again)
{
    bool happened = false;
    i64 live = fail.live, mapped = fail.mapped;
    RtThread thread = rt_thread;
    finalized = 0;
    for (u32 i = 0; i < ARRAY_LEN(steps); i++) {
        t.diag = (Diag){0};
        if (i == failing)
            fail_from(n, again);
        bool ok = steps[i].run();
        if (i == failing && (happened = fail_end()) && !ok) {
            EXPECT_U64(finalized, 0);
            t.diag = (Diag){0};
            ok = steps[i].run();
        }
        if (!EXPECT(ok))
            printf("  step %s, failing %s at %u: %s\n", steps[i].name, steps[failing].name, n,
                   t.diag.text);
        if (!ok)
            return false;
    }
    rt_store_delete(t.store);
    EXPECT_U64(finalized, 3);
    rt_module_release(t.modules[0]);
    rt_module_release(t.modules[1]);
    rt_engine_release(t.engine);
    /* What the thread learned stays; and the registry of code keeps one empty array. */
    if (memcmp(&thread, &rt_thread, sizeof thread) == 0) {
        if (!EXPECT(fail.live == live && fail.mapped == mapped))
            printf("  failing %s at %u: %lld blocks, %lld bytes of mappings\n",
                   steps[failing].name, n, (long long)(fail.live - live),
                   (long long)(fail.mapped - mapped));
    }
    return happened;
}

static void every_allocation_may_fail(void)
{
    run(0, UINT32_MAX, false); /* what is made once in a process is made here */
    u32 refused = 0;
    for (u32 again = 0; again < 2; again++) {
        for (u32 step = 0; step < ARRAY_LEN(steps) && !test_now.bad; step++) {
            u32 n = 0;
            while (run(step, n, again) && !test_now.bad)
                n++;
            refused += n;
        }
    }
    EXPECT(refused > 60);
}

/* A signal stack, and the address space for memories, may be refused too. */
static void first_call_without_memory(void)
{
    run(0, UINT32_MAX, false);
    rt_thread = (RtThread){0};
    u32 n = 0;
    while (run(10, n, false) && !test_now.bad) {
        rt_thread = (RtThread){0};
        n++;
    }
}

int main(void)
{
    Diag diag = {0};
    t.options = rt_options_default();
    t.options.shared_memories = true;
    u32 flags = OBJ_STACK_CHECK | OBJ_SIGNAL_TRAPS;
    t.artifacts[0] = fixture_artifact(&blob_a, flags, &t.lens[0]);
    t.artifacts[1] = fixture_artifact(&blob_b, flags, &t.lens[1]);
    if (!t.artifacts[0] || !t.artifacts[1] || diag.is_set)
        return 1;
    TEST(every_allocation_may_fail);
    t.options.pooled_memories = 0;
    TEST(every_allocation_may_fail);
    TEST(first_call_without_memory);
    free(t.artifacts[0]);
    free(t.artifacts[1]);
    return test_end();
}
