/* Interpreted modules as the runtime sees them: no machine code anywhere, bodies judged again when
 * an artifact is loaded, and memory that runs out at every single place. */
#define _GNU_SOURCE
#include "failing_alloc.h"

#include "interp/interp.h"
#include "obj/obj_int.h"
#include "rt/rt_int.h"
#include "test.h"
#include "wasm_bytes.h"

/* f(n) = n ? f(n - 1) + 1 : h(5), with h imported, and a memory. */
static const char MODULE[] = "0061736d 01000000 0106 0160017f017f 0205 0100000000 0302 0100"
                             "0503 010001 0705 0101660001 0a19 0117 00"
                             "2000 45 047f 4105 1000 05 2000 4101 6b 1001 4101 6a 0b 0b";
#define ADD_AT 3 /* the last i32.add, from the end of the module */

static struct {
    RtOptions options;
    Bytes wasm;
    u8 *artifact;
    size_t len;
    RtEngine *engine;
    RtModule *module;
    RtStore *store;
    RtHostFunc host;
    RtInstance *instance;
    Diag diag;
} t;

static void *twice(VmHostFunc *self, VmCtx *caller, VmVal *vals)
{
    (void)self;
    (void)caller;
    vals[0].i32 *= 2;
    return NULL;
}

/* ---- steps: each true when it has done its work, false when memory ran out ---- */

static bool build(void)
{
    InterpOptions options = {.wasm_features = wasm_features_default()};
    return interp_build(t.wasm.at, t.wasm.len, &options, &t.artifact, &t.len, &t.diag);
}

static bool make_engine(void)
{
    t.engine = rt_engine_new(&t.options, NULL, &t.diag);
    return t.engine != NULL;
}

static bool load_module(void)
{
    RtArtifact artifact = {.bytes = t.artifact, .len = t.len};
    return rt_module_new(t.engine, artifact, &t.module, &t.diag);
}

static bool make_store(void) { return (t.store = rt_store_new(t.engine)) != NULL; }

static bool make_host(void)
{
    return rt_host_func_init(t.engine, &t.host, t.module->type_ids[0], twice);
}

static bool instantiate(void)
{
    RtExtern import = {.kind = WASM_KIND_FUNC, .func = &t.host.ref};
    return rt_instantiate(t.store, t.module, &import, 1, &t.instance, &t.diag) == RT_OK;
}

static bool call(u32 n)
{
    VmVal v = {.i32 = n};
    bool is_ok = rt_call(t.store, rt_instance_func(t.instance, 1), &v);
    EXPECT(is_ok ? v.i32 == n + 10 : t.store->trap.kind == RT_TRAP_MESSAGE);
    return is_ok;
}
static bool call_once(void) { return call(0); }
static bool call_deep(void) { return call(1000); }

static const struct {
    const char *name;
    bool (*run)(void);
} steps[] = {
    {"artifact", build}, {"engine", make_engine},   {"module", load_module},
    {"store", make_store}, {"host", make_host},     {"instance", instantiate},
    {"call", call_once}, {"deep call", call_deep},
};

static void begin(void)
{
    memset(&t, 0, sizeof t);
    t.options = rt_options_default();
    t.options.interp = &interp_machine;
    t.options.signals = t.options.gs = false;
    t.options.explicit_bounds = true;
    bytes_hex(&t.wasm, MODULE);
}

static void end(void)
{
    rt_store_delete(t.store);
    rt_module_release(t.module);
    rt_engine_release(t.engine);
    free(t.artifact);
    bytes_free(&t.wasm);
}

/* Runs all steps, the n-th allocation of step `failing` refused. True if there was an n-th. */
static bool run(u32 failing, u32 n)
{
    bool happened = false;
    i64 live = fail.live, mapped = fail.mapped;
    begin();
    for (u32 i = 0; i < ARRAY_LEN(steps); i++) {
        t.diag = (Diag){0};
        if (i == failing)
            fail_from(n, false);
        bool is_ok = steps[i].run();
        if (i == failing && (happened = fail_end()) && !is_ok) {
            t.diag = (Diag){0};
            is_ok = steps[i].run();
        }
        if (!EXPECT(is_ok))
            printf("  step %s, failing %s at %u: %s\n", steps[i].name, steps[failing].name, n,
                   t.diag.text);
        if (!is_ok)
            break;
    }
    end();
    EXPECT(fail.live == live && fail.mapped == mapped);
    return happened;
}

static void memory_runs_out(void)
{
    for (u32 step = 0; step < ARRAY_LEN(steps); step++)
        for (u32 n = 0; run(step, n); n++)
            ;
}

static void no_machine_code(void)
{
    begin();
    for (u32 i = 0; i < ARRAY_LEN(steps); i++)
        EXPECT(steps[i].run());
    EXPECT(!t.engine->stubs.pages && !t.module->text && t.module->text_bytes == 0);
    EXPECT(!rt_instance_func(t.instance, 1)->cross && !t.host.ref.cross);
    end();
}

static void bodies_are_judged_again(void)
{
    begin();
    EXPECT(build() && make_engine());
    ObjHeader *header = (ObjHeader *)(void *)t.artifact;
    t.artifact[header->module.off + header->module.len - ADD_AT] = 0x7c; /* i64.add */
    header->checksum = obj_checksum(t.artifact, t.len);
    EXPECT(!load_module());
    EXPECT(strstr(t.diag.text, "type mismatch") != NULL);
    end();
}

static void other_engines_refuse(void)
{
    begin();
    EXPECT(build());
    t.options.interp = NULL;
    t.options.explicit_bounds = false;
    extern const VmStubMaker x64_stub_maker;
    t.engine = rt_engine_new(&t.options, &x64_stub_maker, &t.diag);
    EXPECT(t.engine && !load_module());
    EXPECT(strstr(t.diag.text, "an interpreter") != NULL);
    end();
}

int main(void)
{
    TEST(no_machine_code);
    TEST(bodies_are_judged_again);
    TEST(other_engines_refuse);
    TEST(memory_runs_out);
    return test_end();
}
