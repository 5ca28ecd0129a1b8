/* The runtime, on the hand-made modules of rt_fixture.h: instances, calls, traps, backtraces. */
#include "obj/obj_int.h"
#include "rt_fixture.h"

#include <ucontext.h>

#include "test.h"

static struct {
    RtEngine *engine;
    RtModule *ma, *mb;
    RtStore *store;
    RtInstance *a, *b;
    RtHostFunc *host;
    Diag diag;
} t;

static RtOptions options; /* of the next set_up */
static u32 host_calls;
static void *(*host_action)(VmCtx *caller, VmVal *vals);

static void *on_host(VmHostFunc *self, VmCtx *caller, VmVal *vals)
{
    EXPECT(((FixtureHost *)self)->env == &host_calls && rt_ctx_store(caller) == t.store);
    host_calls++;
    if (host_action)
        return host_action(caller, vals);
    vals[0].i32 = vals[0].i32 * 2;
    return NULL;
}

static void finalize(void *env) { ++*(u32 *)env; }

static VmFuncRef *func(RtInstance *instance, const char *name)
{
    RtExtern e;
    bool found = rt_instance_export(instance, name, strlen(name), &e);
    check(found && e.kind == WASM_KIND_FUNC);
    return e.func;
}

static RtExtern export_of(RtInstance *instance, const char *name)
{
    RtExtern e;
    check(rt_instance_export(instance, name, strlen(name), &e));
    return e;
}

static void bind_b(RtExtern imports[4])
{
    static const char *const names[] = {"outer", "many", "tab", "g"};
    for (u32 i = 0; i < 4; i++)
        imports[i] = export_of(t.a, names[i]);
}

static bool set_up(void)
{
    memset(&t, 0, sizeof t);
    host_calls = 0;
    host_action = NULL;
    t.engine = rt_engine_new(&options, &x64_stub_maker, &t.diag);
    if (!EXPECT(t.engine != NULL))
        return false;
    t.ma = fixture_load(t.engine, &blob_a, &t.diag);
    t.mb = fixture_load(t.engine, &blob_b, &t.diag);
    if (t.diag.is_set)
        printf("%s\n", t.diag.text);
    t.store = rt_store_new(t.engine);
    if (!EXPECT(t.ma && t.mb && t.store))
        return false;
    u32 type = rt_type_func(t.engine, (RtValType[]){WASM_T_I32}, 1, (RtValType[]){WASM_T_I32}, 1);
    t.host = fixture_host(t.store, type, on_host, &host_calls, finalize);
    RtExtern imports[4] = {{.kind = WASM_KIND_FUNC, .func = &t.host->ref}};
    bool ok = rt_instantiate(t.store, t.ma, imports, 1, &t.a, &t.diag) == RT_OK;
    if (ok) {
        bind_b(imports);
        ok = rt_instantiate(t.store, t.mb, imports, 4, &t.b, &t.diag) == RT_OK;
    }
    if (!ok)
        printf("%s\n", t.diag.text);
    return EXPECT(ok);
}

static void tear_down(void)
{
    u32 calls = host_calls;
    rt_store_delete(t.store);
    EXPECT_U64(host_calls, calls + 1); /* the finalizer */
    EXPECT(rt_code_find((u64)(uintptr_t)t.ma->text) == t.ma);
    u64 text = (u64)(uintptr_t)t.ma->text;
    rt_module_release(t.ma);
    rt_module_release(t.mb);
    EXPECT(rt_code_find(text) == NULL);
    rt_engine_release(t.engine);
}

static u32 call1(RtInstance *instance, const char *name, u32 arg)
{
    VmVal v[2] = {{.i32 = arg}};
    EXPECT(rt_call(t.store, func(instance, name), v));
    return v[0].i32;
}

/* Calls, expects a trap with this code and these frames "func@offset ..."; -1 for host traps. */
static void expect_trap(RtInstance *instance, const char *name, u32 arg, int code,
                        const char *frames)
{
    VmVal v[16] = {{.i32 = arg}};
    char got[400];
    size_t n = 0;
    got[0] = 0;
    EXPECT(!rt_call(t.store, func(instance, name), v));
    const RtTrap *trap = &t.store->trap;
    if (code >= 0) {
        EXPECT_U64(trap->kind, RT_TRAP_CODE);
        EXPECT_U64(trap->code, code);
        EXPECT_STR(trap->message, rt_trap_text((u32)code));
    } else {
        EXPECT_U64(trap->kind, RT_TRAP_HOST);
    }
    for (u32 i = 0; i < trap->n_frames && n < sizeof got - 40; i++)
        n += (size_t)snprintf(got + n, sizeof got - n, "%s%s%u@%u+%d", i ? " " : "",
                              trap->frames[i].module == t.ma ? "a" : "b", trap->frames[i].func,
                              trap->frames[i].module_off, (int)trap->frames[i].func_off);
    EXPECT_STR(got, frames);
    EXPECT(t.store->vm.activation == NULL && rt_thread.newest == NULL);
    EXPECT_U64(t.store->vm.exit_sp, 0);
}

/* ---- instances ---- */

static void instances_are_made(void)
{
    if (!set_up())
        return;
    EXPECT_U64(call1(t.a, "callhost", 21), 42);
    EXPECT_U64(host_calls, 1);
    VmVal v[2] = {{.i32 = 40}, {.i32 = 2}};
    EXPECT(rt_call(t.store, func(t.a, "add"), v) && v[0].i32 == 42);

    RtExtern mem = export_of(t.a, "mem"), tab = export_of(t.a, "tab"), g = export_of(t.a, "g");
    EXPECT(mem.memory->space->vm.size_bytes == 65536 &&
           memcmp(mem.memory->space->vm.base + 8, "hello", 6) == 0);
    EXPECT_U64(call1(t.a, "load", 8), 0x6c6c6568);
    rt_global_get(g.global, v);
    EXPECT_U64(v[0].i32, 7);
    EXPECT(export_of(t.a, "g").global == g.global && t.b->globals[0] == g.global);
    rt_global_get(export_of(t.a, "i").global, v);
    EXPECT_U64(v[0].i64, 42);
    rt_global_get(export_of(t.a, "h").global, v);
    EXPECT(v[0].funcref == func(t.a, "add"));

    EXPECT(rt_table_get(tab.table, 0, v) && v[0].funcref == NULL);
    EXPECT(rt_table_get(tab.table, 1, v) && v[0].funcref == func(t.a, "add"));
    EXPECT(rt_table_get(tab.table, 2, v) && v[0].funcref == func(t.a, "boom"));
    EXPECT(rt_table_get(tab.table, 3, v) && v[0].funcref == func(t.b, "relay"));
    EXPECT(!rt_table_get(tab.table, 4, v));

    /* A function that nothing names gets a record when somebody asks. */
    VmFuncRef *hidden = rt_instance_func(t.a, 11);
    EXPECT(hidden && hidden == rt_instance_func(t.a, 11) && rt_call(t.store, hidden, v));
    EXPECT_U64(v[0].i32, 11);
    EXPECT(rt_func_instance(hidden) == t.a && rt_is_host_func(&t.host->ref));
    EXPECT(rt_module_export(t.ma, "no", 2) == NULL && rt_module_export(t.ma, "", 0) == NULL);
    v[0].i32 = 5;
    EXPECT(rt_call(t.store, &t.host->ref, v) && v[0].i32 == 10);
    tear_down();
}

static void imports_must_match(void)
{
    if (!set_up())
        return;
    RtExtern imports[4], good[4];
    RtInstance *out = NULL;
    u32 before[] = {t.store->instances.len, t.store->memories.len, t.store->tables.len};
    bind_b(good);
    static const struct {
        u32 import;
        const char *other, *message;
    } cases[] = {
        {0, "add", "incompatible import type for `a::outer`: expected (func), found (func (param"},
        {0, "mem", "expected (func), found (memory 1 3)"},
        {1, "boom", "incompatible import type for `a::many`"},
        {2, "mem", "expected (table 2 8 funcref), found (memory 1 3)"},
        {3, "i", "expected (global (mut i32)), found (global i64)"},
        {3, "h", "found (global funcref)"},
    };
    for (u32 i = 0; i < ARRAY_LEN(cases); i++) {
        Diag diag = {0};
        memcpy(imports, good, sizeof imports);
        imports[cases[i].import] = export_of(t.a, cases[i].other);
        EXPECT(rt_instantiate(t.store, t.mb, imports, 4, &out, &diag) == RT_ERROR);
        if (!EXPECT(strstr(diag.text, cases[i].message) != NULL))
            printf("%s\n", diag.text);
    }
    Diag diag = {0};
    EXPECT(rt_instantiate(t.store, t.mb, good, 3, &out, &diag) == RT_ERROR && !out);
    EXPECT(before[0] == t.store->instances.len && before[1] == t.store->memories.len &&
           before[2] == t.store->tables.len);
    tear_down();
}

static void limits_of_imports(void)
{
    if (!set_up())
        return;
    static const struct {
        WasmLimits have;
        bool fits; /* (table 2 8 funcref) */
    } cases[] = {
        {{.min = 2, .max = 8, .has_max = true}, true},
        {{.min = 5, .max = 7, .has_max = true}, true},
        {{.min = 1, .max = 8, .has_max = true}, false},
        {{.min = 2, .max = 9, .has_max = true}, false},
        {{.min = 2, .max = UINT64_MAX}, false},
        {{.min = 2, .max = 8, .has_max = true, .is_64 = true}, false},
    };
    for (u32 i = 0; i < ARRAY_LEN(cases); i++) {
        RtExtern e = {.kind = WASM_KIND_TABLE};
        Diag diag = {0};
        if (EXPECT(rt_table_new(t.store, &cases[i].have, WASM_T_FUNCREF, NULL, &e.table, &diag)))
            EXPECT(rt_check_import(t.mb, 2, &e, &diag) == cases[i].fits);
    }
    /* The size now counts, not the size declared. */
    RtExtern e = {.kind = WASM_KIND_TABLE};
    u64 old;
    EXPECT(rt_table_new(t.store, &cases[2].have, WASM_T_FUNCREF, NULL, &e.table, &t.diag));
    EXPECT(rt_table_grow(e.table, 1, &(VmVal){.funcref = NULL}, &old) && old == 1);
    EXPECT(rt_check_import(t.mb, 2, &e, &t.diag));
    EXPECT(rt_table_new(t.store, &cases[0].have, WASM_T_EXTERNREF, NULL, &e.table, &t.diag));
    EXPECT(!rt_check_import(t.mb, 2, &e, &t.diag));
    tear_down();
}

static void segments_out_of_bounds_trap(void)
{
    if (!set_up())
        return;
    RtExtern imports[4];
    RtInstance *out = NULL;
    bind_b(imports);
    WasmLimits three = {.min = 3, .max = 8, .has_max = true};
    EXPECT(rt_table_new(t.store, &three, WASM_T_FUNCREF, NULL, &imports[2].table, &t.diag));
    EXPECT(rt_instantiate(t.store, t.mb, imports, 4, &out, &t.diag) == RT_TRAP);
    EXPECT(out != NULL && t.store->trap.code == VM_TRAP_TABLE_OUT_OF_BOUNDS);
    EXPECT_U64(t.store->instances.len, 3);
    tear_down();
}

static void limits_of_a_store(void)
{
    if (!set_up())
        return;
    RtExtern imports[4] = {{.kind = WASM_KIND_FUNC, .func = &t.host->ref}};
    RtInstance *out = NULL;
    RtLimits all = t.store->limits;
    static const char *const texts[] = {
        "memory minimum size of 1 pages exceeds memory limits",
        "table minimum size of 4 elements exceeds table limits",
        "resource limit exceeded: instance count too high at 3",
        "resource limit exceeded: table count too high at 2",
        "resource limit exceeded: memory count too high at 2",
    };
    for (u32 i = 0; i < ARRAY_LEN(texts); i++) {
        Diag diag = {0};
        t.store->limits = all;
        switch (i) {
        case 0: t.store->limits.memory_bytes = 65535; break;
        case 1: t.store->limits.table_elems = 3; break;
        case 2: t.store->limits.instances = 2; break;
        case 3: t.store->limits.tables = 1; break;
        case 4: t.store->limits.memories = 1; break;
        }
        EXPECT(rt_instantiate(t.store, t.ma, imports, 1, &out, &diag) == RT_ERROR && !out);
        EXPECT_STR(diag.text, texts[i]);
        EXPECT(t.store->memories.len == 1 && t.store->tables.len == 1);
    }
    t.store->limits = all;
    t.store->limits.memory_bytes = 131072;
    EXPECT_U64(call1(t.a, "grow", 1), 1);
    EXPECT_U64(call1(t.a, "grow", 1), UINT32_MAX);
    t.store->limits.trap_on_grow_failure = true;
    VmVal v[2] = {{.i32 = 1}};
    EXPECT(!rt_call(t.store, func(t.a, "grow"), v) && t.store->trap.kind == RT_TRAP_MESSAGE);
    EXPECT(t.store->trap.n_frames == 1 && strstr(t.store->trap.message, "memory"));
    tear_down();
}

/* ---- memories ---- */

static void memories_grow_and_trap_behind_their_end(void)
{
    if (!set_up())
        return;
    if (options.signals) {
        EXPECT_U64(call1(t.a, "load", 65532), 0);
        expect_trap(t.a, "load", 65533, VM_TRAP_MEMORY_OUT_OF_BOUNDS, "a2@210+10");
        RtMemory *m = export_of(t.a, "mem").memory;
        EXPECT_U64(t.store->trap.fault_addr, (u64)(uintptr_t)m->space->vm.base + 65536);
        expect_trap(t.a, "load", 65536, VM_TRAP_MEMORY_OUT_OF_BOUNDS, "a2@210+10");
        expect_trap(t.a, "load", 0x7FFFFFFF, VM_TRAP_MEMORY_OUT_OF_BOUNDS, "a2@210+10");
        expect_trap(t.a, "load", 0xFFFFFFFF, VM_TRAP_MEMORY_OUT_OF_BOUNDS, "a2@210+10");
    }
    EXPECT_U64(call1(t.a, "grow", 0), 1);
    EXPECT_U64(call1(t.a, "grow", 2), 1);
    EXPECT_U64(call1(t.a, "grow", 1), UINT32_MAX); /* the declared maximum is 3 */
    EXPECT_U64(call1(t.a, "grow", UINT32_MAX), UINT32_MAX);
    EXPECT_U64(call1(t.a, "load", 3 * 65536 - 4), 0);
    if (options.signals)
        expect_trap(t.a, "load", 3 * 65536 - 3, VM_TRAP_MEMORY_OUT_OF_BOUNDS, "a2@210+10");
    tear_down();
}

static void freed_memories_come_back_zero(void)
{
    if (!set_up())
        return;
    WasmLimits limits = {.min = 2, .max = 65536, .page_log2 = 16};
    u8 *map = NULL;
    for (u32 round = 0; round < 6; round++) {
        RtStore *store = rt_store_new(t.engine);
        RtMemory *m = NULL;
        limits.min = round % 3;
        if (!EXPECT(store && rt_memory_new(store, &limits, &m, &t.diag)))
            return;
        EXPECT(round == 0 || !m->own.is_guarded || m->own.map == map);
        map = m->own.map;
        u64 old;
        EXPECT(rt_memory_grow(m, 1, &old) && old == round % 3);
        for (u64 i = 0; i < m->space->vm.size_bytes; i++)
            if (!EXPECT(m->space->vm.base[i] == 0))
                return;
        EXPECT_U64(m->own.open_bytes, (round % 3 + 1) * 65536);
        memset(m->space->vm.base, 0xAA, m->space->vm.size_bytes);
        rt_store_delete(store);
    }
    tear_down();
}

static void memories_of_other_kinds(void)
{
    if (!set_up())
        return;
    static const struct {
        WasmLimits limits;
        u64 delta, pages; /* after growing, or 0 where that fails */
    } cases[] = {
        {{.min = 0, .max = 0, .has_max = true, .page_log2 = 16}, 1, 0},
        {{.min = 1, .max = UINT64_MAX, .page_log2 = 16, .is_64 = true}, 3, 4},
        {{.min = 1, .max = UINT64_MAX, .page_log2 = 16, .is_64 = true}, UINT64_MAX, 0},
        {{.min = 1, .max = UINT64_MAX, .page_log2 = 16, .is_64 = true}, (u64)1 << 47, 0},
        {{.min = 5, .max = 9, .has_max = true}, 4, 9}, /* pages of one byte */
        {{.min = 5, .max = 9, .has_max = true}, 5, 0},
        {{.min = 0, .max = 65536, .page_log2 = 16}, 65537, 0},
    };
    for (u32 i = 0; i < ARRAY_LEN(cases); i++) {
        RtMemory *m;
        u64 old = 77;
        if (!EXPECT(rt_memory_new(t.store, &cases[i].limits, &m, &t.diag)))
            return;
        bool grew = rt_memory_grow(m, cases[i].delta, &old);
        EXPECT_U64(grew ? rt_memory_pages(m) : 0, cases[i].pages);
        EXPECT_U64(rt_memory_pages(m), grew ? cases[i].pages : cases[i].limits.min);
        EXPECT_U64(old, grew ? cases[i].limits.min : 77);
        if (m->space->vm.size_bytes)
            m->space->vm.base[m->space->vm.size_bytes - 1] = 1;
    }
    RtMemory *m;
    WasmLimits huge = {.min = (u64)1 << 48, .max = UINT64_MAX, .page_log2 = 16, .is_64 = true};
    Diag diag = {0};
    EXPECT(!rt_memory_new(t.store, &huge, &m, &diag) && diag.is_set);
    huge.min = (u64)1 << 30; /* 64 TiB: fits numbers, not machines */
    diag = (Diag){0};
    EXPECT(!rt_memory_new(t.store, &huge, &m, &diag) && diag.is_oom);
    tear_down();
}

static void bulk_operations(void)
{
    if (!set_up())
        return;
    RtMemory *m = export_of(t.a, "mem").memory;
    VmVal v[3] = {{.i32 = 100}, {.i32 = 1}, {.i32 = 6}};
    EXPECT(rt_call(t.store, func(t.a, "init"), v) && !memcmp(m->space->vm.base + 100, "assive", 7));
    static const struct {
        u32 dst, src, len;
        bool fits;
    } cases[] = {
        {65529, 0, 7, true}, {65530, 0, 7, false}, {65536, 0, 0, true}, {65537, 0, 0, false},
        {0, 7, 0, true},     {0, 8, 0, false},     {0, 1, 7, false},    {0, 0, UINT32_MAX, false},
        {0, UINT32_MAX, 1, false},
    };
    for (u32 i = 0; i < ARRAY_LEN(cases); i++) {
        VmVal args[3] = {{.i32 = cases[i].dst}, {.i32 = cases[i].src}, {.i32 = cases[i].len}};
        EXPECT(rt_call(t.store, func(t.a, "init"), args) == cases[i].fits);
        if (!cases[i].fits)
            EXPECT_U64(t.store->trap.code, VM_TRAP_MEMORY_OUT_OF_BOUNDS);
    }
    EXPECT(rt_memory_copy(m, 10, m, 8, 5) && !memcmp(m->space->vm.base + 8, "hehello", 7));
    EXPECT(!rt_memory_copy(m, 65535, m, 0, 2) && !rt_memory_copy(m, 0, m, UINT64_MAX, 2));
    EXPECT(rt_memory_fill(m, 65535, 9, 1) && !rt_memory_fill(m, 65535, 9, 2));
    EXPECT_U64(m->space->vm.base[65535], 9);

    RtTable *tab = export_of(t.a, "tab").table;
    VmVal got;
    u64 old;
    EXPECT(rt_table_copy(tab, 0, tab, 1, 3) && rt_table_get(tab, 2, &got) &&
           got.funcref == func(t.b, "relay"));
    EXPECT(!rt_table_copy(tab, 2, tab, 0, 3) && !rt_table_fill(tab, 4, &got, 1));
    EXPECT(rt_table_fill(tab, 4, &got, 0) && rt_table_fill(tab, 0, &got, 4));
    EXPECT(rt_table_grow(tab, 4, &got, &old) && old == 4 && !rt_table_grow(tab, 1, &got, &old));
    EXPECT(rt_table_get(tab, 7, &got) && got.funcref == func(t.b, "relay"));
    EXPECT(!rt_table_init(t.a, 0, tab, 0, 0, 1)); /* active segments are dropped */
    EXPECT(rt_table_init(t.a, 0, tab, 8, 0, 0));
    tear_down();
}

/* ---- traps ---- */

static void traps_have_backtraces(void)
{
    if (!set_up())
        return;
    if (options.signals) {
        expect_trap(t.a, "boom", 0, VM_TRAP_UNREACHABLE_CODE_REACHED, "a3@310+10");
        expect_trap(t.a, "outer", 0, VM_TRAP_UNREACHABLE_CODE_REACHED, "a3@310+10 a4@410+10");
        /* Through two instances, over the restore frame. */
        expect_trap(t.b, "relay", 0, VM_TRAP_UNREACHABLE_CODE_REACHED,
                    "a3@310+10 a4@410+10 b2@110+10");
        /* A tail call leaves no frame, but the context to restore. */
        expect_trap(t.b, "tail", 0, VM_TRAP_UNREACHABLE_CODE_REACHED, "a3@310+10 a4@410+10");
        VmVal zero = {.i32 = 0};
        rt_global_set(export_of(t.a, "g").global, &zero);
        expect_trap(t.b, "nest", 0, VM_TRAP_UNREACHABLE_CODE_REACHED,
                    "a8@810+10 b3@210+10 b5@410+10");
    }
    VmVal one = {.i32 = 1}, v[2];
    rt_global_set(export_of(t.a, "g").global, &one);
    EXPECT(rt_call(t.store, func(t.b, "relaymany"), v));
    EXPECT_U64(v[0].i64, 809);
    expect_trap(t.a, "raise", VM_TRAP_CAST_FAILURE, VM_TRAP_CAST_FAILURE, "a12@1210+10");
    EXPECT_STR(rt_trap_text(4711), "unknown trap");
    tear_down();
}

static void stack_overflow(void)
{
    if (!set_up())
        return;
    VmVal v[2];
    for (u32 round = 0; round < 3; round++) {
        EXPECT(!rt_call(t.store, func(t.a, "deep"), v));
        EXPECT_U64(t.store->trap.code, VM_TRAP_STACK_OVERFLOW);
        EXPECT_U64(t.store->trap.n_frames, 20);
        EXPECT_U64(t.store->trap.frames[0].module_off, 720);
        EXPECT_U64(t.store->trap.frames[19].module_off, 710);
    }
    tear_down();
}

static void *trap_object(VmCtx *caller, VmVal *vals)
{
    (void)vals;
    EXPECT(caller && rt_ctx_instance(caller) == t.a && rt_ctx_store(caller) == t.store);
    return &t;
}

/* host -> a.callhost -> host -> b.relay -> a.outer -> a.boom */
static char nested_frames[200];
static void *call_again(VmCtx *caller, VmVal *vals)
{
    VmVal v[2];
    u64 limit = t.store->vm.stack_limit, exit_sp = t.store->vm.exit_sp;
    EXPECT(rt_ctx_instance(caller) == t.a);
    EXPECT(!rt_call(t.store, func(t.b, options.signals ? "relay" : "relaymany"), v) ||
           !options.signals);
    EXPECT(t.store->vm.stack_limit == limit && t.store->vm.exit_sp == exit_sp);
    size_t n = 0;
    nested_frames[0] = 0;
    for (u32 i = 0; options.signals && i < t.store->trap.n_frames; i++)
        n += (size_t)snprintf(nested_frames + n, sizeof nested_frames - n, "%u@%u ",
                              t.store->trap.frames[i].func, t.store->trap.frames[i].module_off);
    RtFrame now[4];
    EXPECT_U64(rt_backtrace(t.store, now, 4), 1);
    EXPECT_U64(now[0].module_off, 510);
    vals[0].i32++;
    return NULL;
}

static void host_functions_trap_and_nest(void)
{
    if (!set_up())
        return;
    host_action = trap_object;
    expect_trap(t.a, "callhost", 3, -1, "a5@510+10");
    EXPECT(t.store->trap.host == &t);
    host_action = call_again;
    EXPECT_U64(call1(t.a, "callhost", 3), 4);
    if (options.signals)
        EXPECT_STR(nested_frames, "3@310 4@410 2@110 5@510 ");
    VmVal v[2];
    host_action = NULL;
    t.store->trap.kind = RT_TRAP_NONE;
    EXPECT(rt_call(t.store, &t.host->ref, v));
    EXPECT_U64(t.store->trap.kind, RT_TRAP_NONE);
    tear_down();
}

static u32 depth;
static void *recurse(VmCtx *caller, VmVal *vals)
{
    (void)caller;
    volatile char use[2000];
    use[0] = use[1999] = 1;
    VmVal v[2] = {{.i32 = 1}};
    depth++;
    if (rt_call(t.store, func(t.a, "callhost"), v)) {
        vals[0].i32 = v[0].i32 + 1;
        return NULL;
    }
    EXPECT_U64(t.store->trap.code, VM_TRAP_STACK_OVERFLOW);
    return &t;
}

static void recursion_through_the_host_ends(void)
{
    if (!set_up())
        return;
    host_action = recurse;
    depth = 0;
    expect_trap(t.a, "callhost", 1, -1, "a5@510+10");
    EXPECT(depth > 20 && depth < 1000);
    tear_down();
}

/* A host that runs guests on stacks of its own making: each stack has its own limit, and code that
 * waits on another one has its own back afterwards. */
static ucontext_t home, fiber;
static u64 fiber_limit;

static void *note_limit(VmCtx *caller, VmVal *vals)
{
    fiber_limit = caller->stack_limit;
    vals[0].i32++;
    return NULL;
}

static void on_fiber(void)
{
    VmVal v[2];
    EXPECT(rt_call(t.store, func(t.b, "relaymany"), v) && v[0].i64 == 809);
    host_action = note_limit;
    EXPECT_U64(call1(t.a, "callhost", 5), 6);
    if (options.signals) {
        EXPECT(!rt_call(t.store, func(t.a, "deep"), v));
        EXPECT_U64(t.store->trap.code, VM_TRAP_STACK_OVERFLOW);
        EXPECT_U64(t.store->trap.n_frames, 20);
        EXPECT(!rt_call(t.store, func(t.b, "relay"), v));
        EXPECT_U64(t.store->trap.n_frames, 4); /* and callhost, on the other stack */
    }
}

static void *switch_stack(VmCtx *caller, VmVal *vals)
{
    static u8 stack[2 << 20];
    u64 limit = caller->stack_limit;
    vals[0].i32 = 1;
    getcontext(&fiber);
    fiber.uc_stack.ss_sp = stack;
    fiber.uc_stack.ss_size = sizeof stack;
    fiber.uc_link = &home;
    makecontext(&fiber, on_fiber, 0);
    swapcontext(&home, &fiber);
    EXPECT(fiber_limit > (u64)(uintptr_t)stack);
    EXPECT(fiber_limit < (u64)(uintptr_t)stack + sizeof stack);
    EXPECT(caller->stack_limit == limit && t.store->vm.stack_limit == limit);
    return NULL;
}

static void stacks_of_the_hosts_making(void)
{
    if (!set_up())
        return;
    for (u32 round = 0; round < 2; round++) {
        host_action = switch_stack;
        EXPECT_U64(call1(t.a, "callhost", 0), 1);
    }
    tear_down();
}

static u32 asked;
static void *on_epoch(void *ctx, RtStore *store, u64 *delta, bool *yields)
{
    EXPECT(ctx == &t && store == t.store && !*yields);
    *delta = 5;
    return asked++ ? &t : NULL;
}

static void epochs(void)
{
    if (!set_up())
        return;
    asked = 0;
    expect_trap(t.a, "epoch", 0, VM_TRAP_INTERRUPT, "a9@910+10");
    t.store->epoch_callback = on_epoch;
    t.store->epoch_ctx = &t;
    for (u32 i = 0; i < 7; i++)
        rt_engine_increment_epoch(t.engine);
    VmVal v[2];
    EXPECT(rt_call(t.store, func(t.a, "epoch"), v));
    EXPECT_U64(t.store->vm.epoch_deadline, 12);
    expect_trap(t.a, "epoch", 0, -1, "a9@910+10");
    rt_store_set_epoch_deadline(t.store, UINT64_MAX);
    EXPECT_U64(t.store->vm.epoch_deadline, UINT64_MAX);
    rt_store_set_fuel(t.store, 100);
    EXPECT(t.store->vm.fuel == -100 && rt_store_fuel(t.store) == 100);
    t.store->vm.fuel = 3;
    EXPECT_U64(rt_store_fuel(t.store), 0);
    rt_store_set_fuel(t.store, UINT64_MAX);
    EXPECT(t.store->vm.fuel == -INT64_MAX);
    EXPECT_U64(rt_store_fuel(t.store), UINT64_MAX); /* the rest is a reserve */
    tear_down();
}

/* ---- what a store keeps ---- */

static void attachments_and_references(void)
{
    if (!set_up())
        return;
    static int key1, key2;
    u32 ended = 0, ref, ref2;
    void *data;
    EXPECT(rt_store_attach(t.store, &key1, &key2, NULL));
    EXPECT(rt_store_attach(t.store, &key2, &ended, finalize));
    EXPECT(rt_store_attachment(t.store, &key1) == &key2);
    EXPECT(rt_store_attachment(t.store, &ended) == NULL);
    EXPECT(rt_store_attach(t.store, &key2, &ended, finalize) && ended == 1);
    EXPECT(rt_externref_new(t.store, &key1, finalize, &ref) && ref != 0);
    EXPECT(rt_externref_new(t.store, &ended, finalize, &ref2) && ref2 != ref);
    EXPECT(rt_externref_data(t.store, ref, &data) && data == &key1);
    EXPECT(!rt_externref_data(t.store, 0, &data) && !rt_externref_data(t.store, 1, &data));
    EXPECT(!rt_externref_data(t.store, rt_i31_new(7), &data));
    RtStore *other = rt_store_new(t.engine);
    EXPECT(other->id > t.store->id);
    rt_store_delete(other);
    key1 = 0;
    tear_down();
    EXPECT(ended == 3 && key1 == 1);
}

static void types_are_equal_across_modules(void)
{
    if (!set_up())
        return;
    EXPECT_U64(t.ma->type_ids[2], t.mb->type_ids[0]);
    EXPECT_U64(t.ma->type_ids[3], t.mb->type_ids[1]);
    EXPECT(t.ma->type_ids[0] != t.ma->type_ids[1]);
    RtValType many[10], one = WASM_T_I64;
    for (u32 i = 0; i < 10; i++)
        many[i] = one;
    EXPECT_U64(rt_type_func(t.engine, many, 10, &one, 1), t.ma->type_ids[3]);
    EXPECT_U64(rt_type(t.engine, t.ma->type_ids[3])->stack_arg_bytes, 16);
    EXPECT(rt_type_func(t.engine, many, 9, &one, 1) != t.ma->type_ids[3]);
    u32 count = t.engine->types.count;
    EXPECT_U64(rt_type_func(t.engine, NULL, 0, NULL, 0), t.mb->type_ids[0]);
    EXPECT_U64(t.engine->types.count, count);
    /* Many types, over the borders of chunks and the size of tables. */
    u32 ids[900];
    for (u32 i = 0; i < 900; i++) {
        RtValType p[10];
        for (u32 k = 0; k < 10; k++)
            p[k] = WASM_T_I32 + (i >> k & 1);
        ids[i] = rt_type_func(t.engine, p, 10, NULL, 0);
        EXPECT(i == 0 || ids[i] == ids[0] + i);
    }
    EXPECT(rt_type(t.engine, ids[899])->params[0] == WASM_T_I64);
    EXPECT(rt_type(t.engine, ids[899])->params[4] == WASM_T_I32);
    tear_down();
}

static RtModule *module_of_types(const char *type_section)
{
    Blob blob = {.text = code_a, .text_end = code_a, .entries = (const u32[]){0},
                 .sections = {[1] = type_section}};
    Diag diag = {0};
    RtModule *m = fixture_load(t.engine, &blob, &diag);
    if (!m)
        printf("%s\n", diag.text);
    return m;
}

static void groups_and_subtypes(void)
{
    if (!set_up())
        return;
    /* rec { $0 = func (ref null $1), $1 = sub struct (field (mut (ref null $0))) } ;
     * $2 = sub $1 struct (the same and i32); $3 = array i8 */
    RtModule *m = module_of_types("03 4e02 6001 6301 00 5000 5f01 6300 01"
                                  " 5001 01 5f02 6300 01 7f00  5e7800");
    /* The same after another type, so that all indices differ. */
    RtModule *n = module_of_types("04 600000 4e02 6001 6302 00 5000 5f01 6301 01"
                                  " 5001 02 5f02 6301 01 7f00  5e7800");
    /* The group in another order is another group. */
    RtModule *o = module_of_types("01 4e02 5000 5f01 6301 01 6001 6300 00");
    if (!EXPECT(m && n && o))
        return;
    for (u32 i = 0; i < 4; i++)
        EXPECT_U64(m->type_ids[i], n->type_ids[i + 1]);
    EXPECT(o->type_ids[0] != m->type_ids[1] && o->type_ids[1] != m->type_ids[0]);
    const u32 *id = m->type_ids;
    EXPECT(rt_type_below(t.engine, id[2], id[1]) && !rt_type_below(t.engine, id[1], id[2]));
    EXPECT(rt_type_below(t.engine, id[1], id[1]) && !rt_type_below(t.engine, id[3], id[1]));
    const struct {
        RtValType sub, super;
        bool is_below;
    } cases[] = {
        {WASM_REF | id[2], WASM_REF | WASM_NULLABLE | id[1], true},
        {WASM_REF | WASM_NULLABLE | id[2], WASM_REF | id[1], false},
        {WASM_REF | id[0], WASM_T_FUNCREF, true},
        {WASM_REF | id[0], WASM_T_ANYREF, false},
        {WASM_REF | id[3], WASM_ABSTRACT_REF(WASM_HEAP_EQ), true},
        {WASM_REF | id[3], WASM_ABSTRACT_REF(WASM_HEAP_STRUCT), false},
        {WASM_ABSTRACT_REF(WASM_HEAP_NONE), WASM_REF | WASM_NULLABLE | id[1], true},
        {WASM_ABSTRACT_REF(WASM_HEAP_NOFUNC), WASM_REF | WASM_NULLABLE | id[1], false},
        {WASM_ABSTRACT_REF(WASM_HEAP_NOFUNC), WASM_REF | WASM_NULLABLE | id[0], true},
        {WASM_ABSTRACT_REF(WASM_HEAP_I31), WASM_T_ANYREF, true},
        {WASM_T_ANYREF, WASM_ABSTRACT_REF(WASM_HEAP_EQ), false},
        {WASM_T_EXTERNREF, WASM_T_ANYREF, false},
        {WASM_T_I32, WASM_T_I64, false},
        {WASM_T_I32, WASM_T_FUNCREF, false},
    };
    for (u32 i = 0; i < ARRAY_LEN(cases); i++)
        if (!EXPECT(rt_is_subtype(t.engine, cases[i].sub, cases[i].super) == cases[i].is_below))
            printf("  case %u\n", i);
    StrBuf text = {0};
    rt_print_val_type(t.engine, &text, WASM_REF | WASM_NULLABLE | id[0]);
    EXPECT_STR(sb_str(&text), "(ref null (func (param (ref ..))))");
    sb_free(&text);
    rt_module_release(m);
    rt_module_release(n);
    rt_module_release(o);
    tear_down();
}

/* ---- modules ---- */

static bool loads(u32 flags, const Blob *blob)
{
    Diag diag = {0};
    RtArtifact artifact = {.release = free_bytes};
    RtModule *m = NULL;
    u8 *bytes = fixture_artifact(blob, flags, &artifact.len);
    artifact.bytes = bytes;
    if (rt_module_new(t.engine, artifact, &m, &diag)) {
        rt_module_release(m);
        return true;
    }
    EXPECT(diag.is_set && !m);
    free(bytes);
    return false;
}

static void code_for_other_engines_is_refused(void)
{
    if (!set_up())
        return;
    u32 own = OBJ_STACK_CHECK | (options.signals ? OBJ_SIGNAL_TRAPS : 0) |
              (options.explicit_bounds ? OBJ_EXPLICIT_BOUNDS : 0);
    EXPECT(loads(own, &blob_a));
    EXPECT(!loads(own & ~(u32)OBJ_STACK_CHECK, &blob_a));
    EXPECT(loads(own | OBJ_EXPLICIT_BOUNDS, &blob_a)); /* more checks than needed */
    EXPECT(loads(own & ~(u32)OBJ_EXPLICIT_BOUNDS, &blob_a) == !options.explicit_bounds);
    EXPECT(loads(own | OBJ_SIGNAL_TRAPS, &blob_a) == options.signals);
    EXPECT(loads(own | OBJ_GS, &blob_a) == options.gs);
    Blob few = blob_a;
    few.nfuncs = 13; /* entries of another module */
    EXPECT(!loads(own, &few));
    u32 entries[15];
    memcpy(entries, blob_a.entries, sizeof entries);
    entries[13] = entries[14]; /* no code */
    Blob empty = blob_a;
    empty.entries = entries;
    EXPECT(!loads(own, &empty));
    tear_down();
}

/* Artifacts of which everything but the code was changed by an adversary who can compute
 * checksums: they load or do not, and what loads can be instantiated. (Running changed code is
 * another matter.) */
static void mutated_artifacts(void)
{
    if (!set_up())
        return;
    u32 own = OBJ_STACK_CHECK | (options.signals ? OBJ_SIGNAL_TRAPS : 0) |
              (options.explicit_bounds ? OBJ_EXPLICIT_BOUNDS : 0);
    u64 random = 1;
    u32 loaded = 0, refused = 0;
    for (u32 round = 0; round < 4000; round++) {
        RtArtifact artifact = {.release = free_bytes};
        RtModule *m = NULL;
        u8 *bytes = fixture_artifact(&blob_a, own, &artifact.len);
        const ObjHeader *h = (const ObjHeader *)(const void *)bytes;
        u32 end = h->module.off + h->module.len; /* the text comes last */
        for (u32 n = round % 3 + 1; n; n--) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            u32 at = (u32)(random >> 33) % end;
            bytes[at] = round % 2 ? bytes[at] ^ (u8)(1u << (random >> 61)) : (u8)(random >> 20);
        }
        store_u64(bytes + offsetof(ObjHeader, checksum), obj_checksum(bytes, artifact.len));
        Diag diag = {0};
        artifact.bytes = bytes;
        if (!rt_module_new(t.engine, artifact, &m, &diag)) {
            EXPECT(diag.is_set);
            free(bytes);
            refused++;
            continue;
        }
        loaded++;
        RtStore *store = rt_store_new(t.engine);
        RtExtern host = {.kind = WASM_KIND_FUNC};
        RtInstance *out = NULL;
        host.func = &fixture_host(store, t.ma->type_ids[0], on_host, NULL, NULL)->ref;
        store->limits.memory_bytes = 1 << 20;
        store->limits.table_elems = 1000;
        if (m->wasm->start_func == WASM_NONE)
            rt_instantiate(store, m, &host, 1, &out, &diag);
        rt_store_delete(store);
        rt_module_release(m);
    }
    EXPECT(loaded > 300 && refused > 1000);
    tear_down();
}

static void perf_map_names_functions(void)
{
    if (!set_up())
        return;
    char path[64];
    u8 *text;
    size_t len;
    snprintf(path, sizeof path, "/tmp/perf-%u.map", os_process_id());
    EXPECT(rt_module_write_perf_map(t.ma));
    if (EXPECT(os_read_file(path, 1 << 20, &text, &len) == 0)) {
        char line[64];
        snprintf(line, sizeof line, "%llx ", (unsigned long long)(uintptr_t)t.ma->text);
        EXPECT(strstr((char *)text, line) != NULL);
        EXPECT(strstr((char *)text, "wasm::function[14]\n") != NULL);
        free(text);
    }
    remove(path);
    tear_down();
}

/* ---- threads ---- */

static RtEngine *shared_engine;
static u32 wrong;

static void run_alone(void *ctx, u32 worker)
{
    (void)ctx;
    for (u32 round = 0; round < 20; round++) {
        Diag diag = {0};
        RtModule *m = fixture_load(shared_engine, &blob_a, &diag);
        RtStore *store = rt_store_new(shared_engine);
        RtInstance *a;
        RtExtern host = {.kind = WASM_KIND_FUNC};
        host.func = &fixture_host(store, m->type_ids[0], on_host, NULL, NULL)->ref;
        bool ok = rt_instantiate(store, m, &host, 1, &a, &diag) == RT_OK;
        for (u32 i = 0; ok && i < 50; i++) {
            VmVal v[2] = {{.i32 = worker}, {.i32 = i}};
            ok = rt_call(store, func(a, "add"), v) && v[0].i32 == worker + i;
            v[0].i32 = 0x10000 + worker;
            ok = ok && !rt_call(store, func(a, "load"), v) &&
                 store->trap.code == VM_TRAP_MEMORY_OUT_OF_BOUNDS && store->trap.n_frames == 1;
            ok = ok && !rt_call(store, func(a, "deep"), v) &&
                 store->trap.code == VM_TRAP_STACK_OVERFLOW;
        }
        if (!ok)
            __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
        rt_store_delete(store);
        rt_module_release(m);
    }
}

static void threads_have_their_own_stores(void)
{
    Diag diag = {0};
    wrong = 0;
    shared_engine = rt_engine_new(&options, &x64_stub_maker, &diag);
    EXPECT_U64(os_parallel(6, run_alone, NULL), 6);
    EXPECT_U64(wrong, 0);
    rt_engine_release(shared_engine);
}

static void all(void)
{
    TEST(instances_are_made);
    TEST(imports_must_match);
    TEST(limits_of_imports);
    TEST(segments_out_of_bounds_trap);
    TEST(limits_of_a_store);
    TEST(memories_grow_and_trap_behind_their_end);
    TEST(freed_memories_come_back_zero);
    TEST(memories_of_other_kinds);
    TEST(bulk_operations);
    TEST(traps_have_backtraces);
    TEST(host_functions_trap_and_nest);
    TEST(recursion_through_the_host_ends);
    TEST(stacks_of_the_hosts_making);
    TEST(epochs);
    TEST(attachments_and_references);
    TEST(types_are_equal_across_modules);
    TEST(groups_and_subtypes);
    TEST(code_for_other_engines_is_refused);
    TEST(mutated_artifacts);
    TEST(perf_map_names_functions);
    if (options.signals) { /* in the hand-made code these trap by ud1 */
        TEST(stack_overflow);
        TEST(threads_have_their_own_stores);
    }
}

int main(void)
{
    options = rt_options_default();
    options.gs = false;
    all();
    options.gs = os_has_fsgsbase();
    all();
    options.signals = false;
    options.explicit_bounds = true;
    all();
    return test_end();
}
