/* Asynchronous calls as both libraries make them: how they end, what a host function that takes its
 * time can do, when guests wait by fuel and epochs, what is refused. It passes with libwasmtime,
 * too (test/original.py). */
#include "async_kit.h"

/* ---- how calls end ---- */

static void results_and_failures(void)
{
    wasmtime_instance_t a = kit_async_instance(
        "a", "(module $a (tag $e (param i64))"
             " (func (export \"add\") (param i64 i64) (result i64)"
             "  (i64.add (local.get 0) (local.get 1)))"
             " (func $no (export \"no\") (param i64) (result i64) unreachable)"
             " (func $calls (export \"calls\") (param i64) (result i64)"
             "  (i64.add (i64.const 1) (call $no (local.get 0))))"
             " (func (export \"throws\") (param i64) (throw $e (local.get 0)))"
             " (func (export \"nothing\")))");
    KitOutcome out = KIT_ASYNC_CALL(&a, "add", 40, 2);
    EXPECT(out.is_ok && out.value == 42);
    out = KIT_ASYNC_CALL(&a, "calls", 1);
    EXPECT_U64(out.code, WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED);
    EXPECT_STR(out.frames, "a!no a!calls");
    out = KIT_ASYNC_CALL(&a, "throws", 1);
    EXPECT(!out.is_ok && out.code == KIT_NO_CODE && strstr(out.frames, "thrown Wasm exception"));
    out = KIT_ASYNC_CALL(&a, "add", 40);
    EXPECT_STR(out.frames, "expected 2 arguments, got 1");
    out = kit_async_call(&a, "nothing", 0, NULL);
    EXPECT(out.is_ok);
    EXPECT(KIT_CALL(&a, "add", 1, 2).value == 3); /* the store is one like others */
}

static void futures_of_which_nothing_is_asked(void)
{
    wasmtime_instance_t a = kit_async_instance(
        "a", "(module $a (memory (export \"memory\") 1) (func (export \"set\") (param i64)"
             " (i64.store (i32.const 0) (local.get 0))))");
    KitAsync call;
    KIT_BEGIN(&call, &a, "set", 7);
    kit_async_end(&call);
    EXPECT_U64(kit_peek(&a, 0), 0);
    KIT_BEGIN(&call, &a, "set", 7);
    EXPECT_U64(kit_async_run(&call), 1);
    EXPECT_U64(kit_peek(&a, 0), 7);
    EXPECT(kit_async_end(&call).is_ok);
}

/* ---- host functions that take their time ---- */

#define WAITS                                                                                  \
    "(module $waits (import \"host\" \"wait\" (func $wait (param i64) (result i64)))"          \
    " (memory (export \"memory\") 1)"                                                          \
    " (func $twice (export \"twice\") (param i64 i64) (result i64)"                            \
    "  (i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1)))"             \
    "  (i64.sub (call $wait (local.get 0)) (call $wait (local.get 1))))"                       \
    " (func (export \"none\") (param i64) (result i64) (local.get 0))"                         \
    " (export \"wait\" (func $wait)))"

static void turns_are_counted(void)
{
    kit_async_host("wait", 1, 1, kit_wait, NULL);
    wasmtime_instance_t a = kit_async_instance("a", WAITS);
    KitAsync call;
    KIT_BEGIN(&call, &a, "twice", 50, 8);
    EXPECT_U64(kit_async_run(&call), 59);
    EXPECT_U64(kit_waits, 0);
    EXPECT_U64(kit_async_end(&call).value, 42);
    KIT_BEGIN(&call, &a, "twice", 0, 0);
    EXPECT_U64(kit_async_run(&call), 1);
    EXPECT(kit_async_end(&call).is_ok);
    KIT_BEGIN(&call, &a, "wait", 2); /* not a guest's at all */
    EXPECT_U64(kit_async_run(&call), 3);
    EXPECT_U64(kit_async_end(&call).value, 2);
}

static void given_up_while_it_waits(void)
{
    kit_async_host("wait", 1, 1, kit_wait, NULL);
    wasmtime_instance_t a = kit_async_instance("a", WAITS);
    for (int turns = 0; turns < 6; turns++) {
        KitAsync call;
        KIT_BEGIN(&call, &a, "twice", 2, 2);
        for (int i = 0; i < turns && !kit_async_poll(&call); i++) {}
        EXPECT_U64(kit_waits, turns > 0 && turns < 5);
        kit_async_end(&call);
        EXPECT_U64(kit_waits, 0);
        EXPECT_U64(kit_peek(&a, 0), turns); /* once for each but the first */
    }
    EXPECT_U64(KIT_ASYNC_CALL(&a, "twice", 5, 3).value, 2);
}

/* What the function below does, beside waiting for two turns. */
enum { TRAP_EARLY = 1, TRAP_LATE, WRONG_RESULT, LATE_RESULT, N_MANNERS };

typedef struct Manner {
    int turns;
    int64_t what;
    wasmtime_val_t *result;
    wasm_trap_t **trap;
    const wasmtime_val_t *args;
} Manner;

static bool manner_goes_on(void *env)
{
    Manner *m = env;
    if (m->turns-- > 0)
        return false;
    if (m->what == TRAP_LATE)
        *m->trap = wasmtime_trap_new("late", 4);
    if (m->what == WRONG_RESULT)
        m->result->kind = WASMTIME_F64;
    if (m->what == LATE_RESULT)
        m->result->of.i64 = m->args[0].of.i64 * 10;
    return true;
}

static void ill_mannered(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                         size_t n_args, wasmtime_val_t *results, size_t n_results,
                         wasm_trap_t **trap, wasmtime_async_continuation_t *left)
{
    (void)caller, (void)n_args, (void)n_results;
    Manner *m = env;
    *m = (Manner){2, args[0].of.i64, results, trap, args};
    results[0] = (wasmtime_val_t){.kind = WASMTIME_I64, .of.i64 = 5};
    if (m->what == TRAP_EARLY)
        *trap = wasmtime_trap_new("early", 5);
    *left = (wasmtime_async_continuation_t){manner_goes_on, m, NULL};
}

static void traps_and_results_of_the_host(void)
{
    Manner manner;
    kit_async_host("wait", 1, 1, ill_mannered, &manner);
    wasmtime_instance_t a = kit_async_instance(
        "a", "(module $a (import \"host\" \"wait\" (func $wait (param i64) (result i64)))"
             " (func $f (export \"f\") (param i64) (result i64) (call $wait (local.get 0))))");
    static const char *const texts[N_MANNERS] = {
        NULL, "early", "late", "function attempted to return an incompatible value", NULL};
    for (int64_t what = 0; what < N_MANNERS; what++) {
        KitAsync call;
        KIT_BEGIN(&call, &a, "f", what);
        EXPECT_U64(kit_async_run(&call), 3);
        KitOutcome out = kit_async_end(&call);
        EXPECT(out.is_ok == !texts[what]);
        if (texts[what])
            EXPECT(strstr(out.frames, texts[what]));
        else
            EXPECT_U64(out.value, what == LATE_RESULT ? 40 : 5);
    }
}

/* ---- what is refused ---- */

#define NOT_SYNC "store configuration requires that `*_async` functions are used instead"

static void stores_that_may_wait_refuse_others(void)
{
    kit_async_host("wait", 1, 1, kit_wait, NULL);
    EXPECT(kit_instance("first", "(module)").store_id); /* not yet */
    wasmtime_instance_t a = kit_async_instance("a", WAITS);
    EXPECT_STR(KIT_CALL(&a, "none", 1).frames, NOT_SYNC);
    wasm_byte_vec_t bytes;
    wasmtime_module_t *module;
    wasmtime_instance_t instance;
    wasmtime_instance_pre_t *pre;
    wasm_trap_t *trap = NULL;
    kit_need(wasmtime_wat2wasm(WAITS, strlen(WAITS), &bytes), NULL, "assembling");
    kit_need(wasmtime_module_new(kit.engine, (uint8_t *)bytes.data, bytes.size, &module), NULL,
             "module");
    wasm_byte_vec_delete(&bytes);
    kit_need(wasmtime_linker_instantiate_pre(kit.linker, module, &pre), NULL, "pre");
    wasmtime_store_t *other = wasmtime_store_new(kit.engine, NULL, NULL);
    wasmtime_context_t *context = wasmtime_store_context(other);
    KIT_EXPECT_ERROR(wasmtime_linker_instantiate(kit.linker, kit.context, module, &instance,
                                                 &trap),
                     NOT_SYNC);
    KIT_EXPECT_ERROR(wasmtime_instance_pre_instantiate(pre, context, &instance, &trap), NOT_SYNC);
    wasmtime_error_t *error = NULL;
    wasmtime_call_future_t *future =
        wasmtime_instance_pre_instantiate_async(pre, context, &instance, &trap, &error);
    EXPECT(wasmtime_call_future_poll(future) && !error && !trap);
    wasmtime_call_future_delete(future);
    wasmtime_extern_t item;
    EXPECT(wasmtime_instance_export_get(context, &instance, "none", 4, &item));
    wasmtime_instance_pre_delete(pre);
    wasmtime_module_delete(module);
    wasmtime_store_delete(other);
}

/* What a host function called by a guest saw when it called back. */
static struct {
    wasmtime_func_t func;
    char sync_text[96];
    int64_t unchecked, turns, value;
} back;

static wasm_trap_t *call_back(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                              size_t n_args, wasmtime_val_t *results, size_t n_results)
{
    (void)env, (void)n_args, (void)n_results;
    wasmtime_context_t *context = wasmtime_caller_context(caller);
    wasmtime_val_t value = {.kind = WASMTIME_I64};
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error =
        wasmtime_func_call(context, &back.func, args, 1, &value, 1, &trap);
    back.sync_text[0] = 0;
    if (error) {
        wasm_name_t text;
        wasmtime_error_message(error, &text);
        snprintf(back.sync_text, sizeof back.sync_text, "%.*s", (int)text.size, text.data);
        wasm_byte_vec_delete(&text);
        wasmtime_error_delete(error);
    }
    wasmtime_val_raw_t raw = {.i64 = args[0].of.i64};
    kit_need(wasmtime_func_call_unchecked(context, &back.func, &raw, 1, &trap), trap, "unchecked");
    back.unchecked = raw.i64;
    KitAsync call;
    kit_async_begin_in(&call, context, &back.func, 1, (int64_t[]){args[0].of.i64 + 1});
    back.turns = kit_async_run(&call);
    back.value = kit_async_end(&call).value;
    results[0] = (wasmtime_val_t){.kind = WASMTIME_I64, .of.i64 = 9};
    return NULL;
}

/* Nested: by the function without checks on the same stack, by a future on a stack of its own. */
static void calls_within_calls(void)
{
    kit_host("back", 1, 1, call_back, NULL);
    wasmtime_instance_t a = kit_async_instance(
        "a", "(module $a (import \"host\" \"back\" (func $back (param i64) (result i64)))"
             " (memory (export \"memory\") 1)"
             " (func (export \"f\") (param i64) (result i64)"
             "  (i64.store (i32.const 0) (i64.const 100))"
             "  (i64.add (call $back (local.get 0)) (i64.load (i32.const 0))))"
             " (func (export \"inner\") (param i64) (result i64)"
             "  (i64.mul (local.get 0) (i64.load (i32.const 0)))))");
    back.func = kit_export(&a, "inner").of.func;
    KitOutcome out = KIT_ASYNC_CALL(&a, "f", 3);
    EXPECT(out.is_ok && out.value == 109);
    EXPECT_STR(back.sync_text, "cannot do blocking `call` from an async context");
    EXPECT(back.unchecked == 300 && back.turns == 1 && back.value == 400);
    out = KIT_CALL(&a, "f", 5); /* without a fiber beneath, all of these may */
    EXPECT(out.is_ok && out.value == 109);
    EXPECT_STR(back.sync_text, "");
    EXPECT(back.unchecked == 500 && back.turns == 1 && back.value == 600);
}

/* A host function whose work is a call of its own, in the same store: a stack on a stack. */
static int inner_ends;

static bool inner_goes_on(void *env) { return kit_async_poll(env); }
static void inner_is_done(void *env)
{
    KitAsync *call = env;
    inner_ends++;
    kit_async_end(call);
    free(call);
}

static void begin_inner(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                        size_t n_args, wasmtime_val_t *results, size_t n_results,
                        wasm_trap_t **trap, wasmtime_async_continuation_t *left)
{
    (void)env, (void)n_args, (void)n_results, (void)trap;
    KitAsync *call = malloc(sizeof *call);
    kit_async_begin_in(call, wasmtime_caller_context(caller), &back.func, 1, &args[0].of.i64);
    results[0] = (wasmtime_val_t){.kind = WASMTIME_I64, .of.i64 = args[0].of.i64};
    *left = (wasmtime_async_continuation_t){inner_goes_on, call, inner_is_done};
}

static void waits_within_waits(void)
{
    kit_async_host("wait", 1, 1, kit_wait, NULL);
    kit_async_host("inner", 1, 1, begin_inner, NULL);
    wasmtime_instance_t a = kit_async_instance(
        "a", "(module $a (import \"host\" \"wait\" (func $wait (param i64) (result i64)))"
             " (import \"host\" \"inner\" (func $inner (param i64) (result i64)))"
             " (memory (export \"memory\") 1)"
             " (func $count (result i64) (i64.store (i32.const 0)"
             "  (i64.add (i64.load (i32.const 0)) (i64.const 1))) (i64.load (i32.const 0)))"
             " (func (export \"f\") (param i64) (result i64)"
             "  (i64.add (call $inner (local.get 0)) (call $count)))"
             " (func (export \"g\") (param i64) (result i64)"
             "  (i64.add (call $wait (local.get 0)) (call $count))))");
    back.func = kit_export(&a, "g").of.func;
    KitAsync call;
    inner_ends = 0;
    KIT_BEGIN(&call, &a, "f", 10);
    EXPECT_U64(kit_async_run(&call), 11);
    EXPECT_U64(inner_ends, 1);
    EXPECT_U64(kit_peek(&a, 0), 2);
    EXPECT_U64(kit_async_end(&call).value, 12);
    KIT_BEGIN(&call, &a, "f", 10);
    for (int i = 0; i < 5; i++)
        EXPECT(!kit_async_poll(&call));
    kit_async_end(&call); /* given up: with it what it waits for */
    EXPECT(inner_ends == 2 && kit_waits == 0 && kit_peek(&a, 0) == 2);
}

/* ---- exceptions ---- */

static wasm_trap_t *throw(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                          size_t n_args, wasmtime_val_t *results, size_t n_results)
{
    (void)n_args, (void)results, (void)n_results;
    wasmtime_context_t *context = wasmtime_caller_context(caller);
    wasmtime_exnref_t exn;
    const wasmtime_instance_t *instance = env;
    wasmtime_extern_t item = kit_export(instance, "e");
    kit_need(wasmtime_exnref_new(context, &item.of.tag, args, 1, &exn), NULL, "an exception");
    wasm_trap_t *trap = wasmtime_context_set_exception(context, &exn);
    wasmtime_exnref_unroot(&exn);
    return trap;
}

static void exceptions_pass_where_it_waited(void)
{
    wasmtime_instance_t tags =
        kit_async_instance("tags", "(module $tags (tag (export \"e\") (param i64)))");
    kit_async_host("wait", 1, 1, kit_wait, NULL);
    kit_host("throw", 1, 1, throw, &tags);
    wasmtime_instance_t a = kit_async_instance(
        "a", "(module $a (import \"host\" \"wait\" (func $wait (param i64) (result i64)))"
             " (import \"host\" \"throw\" (func $throw (param i64) (result i64)))"
             " (import \"tags\" \"e\" (tag $e (param i64)))"
             " (func $g (param i64 i64) (result i64)"
             "  (drop (call $wait (local.get 0)))"
             "  (if (i64.eqz (local.get 1)) (then (throw $e (i64.const 77))))"
             "  (call $throw (i64.const 88)))"
             " (func (export \"f\") (param i64 i64) (result i64) (local i64)"
             "  (local.set 2 (i64.mul (local.get 0) (local.get 0)))"
             "  (block $caught (result i64)"
             "   (try_table (result i64) (catch $e $caught) (call $g (local.get 0)"
             "    (local.get 1))) (return (i64.const -1)))"
             "  (i64.add (call $wait (i64.const 1)))"
             "  (i64.add (local.get 2)))"
             " (func (export \"g\") (param i64 i64) (result i64)"
             "  (call $g (local.get 0) (local.get 1))))");
    for (int64_t turns = 0; turns < 4; turns++) {
        EXPECT_U64(KIT_ASYNC_CALL(&a, "f", turns, 0).value, 78 + turns * turns);
        EXPECT_U64(KIT_ASYNC_CALL(&a, "f", turns, 1).value, 89 + turns * turns);
        KitOutcome out = KIT_ASYNC_CALL(&a, "g", turns, turns % 2);
        EXPECT(!out.is_ok && strstr(out.frames, "thrown Wasm exception"));
    }
}

/* ---- turns by fuel ---- */

#define LOOP                                                                                 \
    "(module $loop (memory (export \"memory\") 1)"                                            \
    " (func $f (export \"f\") (param i64) (result i64) (local i64)"                            \
    "  (loop (local.set 1 (i64.add (local.get 1) (i64.const 3)))"                             \
    "   (br_if 0 (i64.ne (i64.const 0)"                                                       \
    "    (local.tee 0 (i64.sub (local.get 0) (i64.const 1)))))) (local.get 1))"               \
    " (func (export \"sum\") (param i64) (result i64)"                                        \
    "  (i64.store (i32.const 8) (call $f (local.get 0))) (i64.load (i32.const 8))))"

static void with_fuel(wasm_config_t *config) { wasmtime_config_consume_fuel_set(config, true); }

static uint64_t fuel(void)
{
    uint64_t left = 0;
    kit_need(wasmtime_context_get_fuel(kit.context, &left), NULL, "fuel");
    return left;
}

/* Uses the same whatever the interval, and all there is before it traps. */
static void fuel_is_used_alike(void)
{
    static const uint64_t intervals[] = {0, 1, 7, 100, 1000, 1000000, UINT64_MAX};
    uint64_t used = 0;
    kit_need(wasmtime_context_set_fuel(kit.context, 1 << 20), NULL, "fuel");
    wasmtime_instance_t a = kit_async_instance("a", LOOP);
    for (size_t i = 0; i < sizeof intervals / sizeof *intervals; i++) {
        kit_need(wasmtime_context_set_fuel(kit.context, 1 << 20), NULL, "fuel");
        kit_need(wasmtime_context_fuel_async_yield_interval(kit.context, intervals[i]), NULL,
                 "interval");
        EXPECT_U64(fuel(), 1 << 20);
        KitAsync call;
        KIT_BEGIN(&call, &a, "sum", 1000);
        uint64_t turns = (uint64_t)kit_async_run(&call);
        KitOutcome out = kit_async_end(&call);
        EXPECT(out.is_ok && out.value == 3000);
        used = i ? used : (1 << 20) - fuel();
        EXPECT(used > 5000 && used < 15000);
        EXPECT_U64(fuel(), (1 << 20) - used);
        if (intervals[i] >= 1000)
            EXPECT(turns == 1 + used / intervals[i] || turns == 2 + used / intervals[i] ||
                   turns == used / intervals[i]);
        else
            EXPECT(intervals[i] ? turns > used / 100 / 2 : turns == 1);
    }
    kit_need(wasmtime_context_set_fuel(kit.context, used / 2), NULL, "fuel");
    kit_need(wasmtime_context_fuel_async_yield_interval(kit.context, 100), NULL, "interval");
    EXPECT_U64(KIT_ASYNC_CALL(&a, "sum", 1000).code, WASMTIME_TRAP_CODE_OUT_OF_FUEL);
    EXPECT_U64(fuel(), 0);
    kit_need(wasmtime_context_set_fuel(kit.context, UINT64_MAX), NULL, "fuel");
    EXPECT_U64(fuel(), UINT64_MAX);
    EXPECT(KIT_ASYNC_CALL(&a, "sum", 1000).is_ok);
    EXPECT_U64(fuel(), UINT64_MAX - used);
}

static void given_up_for_want_of_fuel(void)
{
    kit_need(wasmtime_context_set_fuel(kit.context, 1 << 20), NULL, "fuel");
    wasmtime_instance_t a = kit_async_instance("a", LOOP);
    EXPECT(KIT_CALL(&a, "f", 10).value == 30);
    kit_need(wasmtime_context_fuel_async_yield_interval(kit.context, 100), NULL, "interval");
    EXPECT_STR(KIT_CALL(&a, "f", 10).frames, NOT_SYNC);
    KitAsync call;
    KIT_BEGIN(&call, &a, "sum", 1000);
    for (int i = 0; i < 10; i++)
        EXPECT(!kit_async_poll(&call));
    kit_async_end(&call);
    EXPECT(fuel() < (1 << 20) - 900);
    EXPECT_U64(KIT_ASYNC_CALL(&a, "sum", 1000).value, 3000);
}

static void no_fuel_in_the_engine(void)
{
    KIT_EXPECT_ERROR(wasmtime_context_fuel_async_yield_interval(kit.context, 100),
                     "fuel is not configured in this store");
    EXPECT(kit_instance("a", "(module)").store_id); /* nothing was changed */
}

/* ---- turns by epochs ---- */

static void with_epochs(wasm_config_t *config)
{
    wasmtime_config_epoch_interruption_set(config, true);
}

static void epochs_end_turns(void)
{
    wasmtime_context_set_epoch_deadline(kit.context, 1);
    wasmtime_instance_t a = kit_async_instance("a", LOOP);
    EXPECT(KIT_CALL(&a, "f", 10).is_ok);
    wasmtime_context_epoch_deadline_async_yield_and_update(kit.context, 1);
    EXPECT_STR(KIT_CALL(&a, "f", 10).frames, NOT_SYNC);
    KitAsync call;
    for (int i = 0; i < 3; i++) {
        KIT_BEGIN(&call, &a, "sum", 10);
        EXPECT_U64(kit_async_run(&call), i ? 2 : 1); /* no longer than the deadline says */
        EXPECT_U64(kit_async_end(&call).value, 30);
        wasmtime_engine_increment_epoch(kit.engine);
    }
    wasmtime_context_epoch_deadline_async_yield_and_update(kit.context, 0);
    KIT_BEGIN(&call, &a, "f", 10); /* at the entry and at each round */
    EXPECT_U64(kit_async_run(&call), 12);
    EXPECT_U64(kit_async_end(&call).value, 30);
    KIT_BEGIN(&call, &a, "sum", 100);
    for (int i = 0; i < 50; i++)
        EXPECT(!kit_async_poll(&call));
    kit_async_end(&call);
    KIT_BEGIN(&call, &a, "sum", 5);
    EXPECT_U64(kit_async_run(&call), 8);
    EXPECT_U64(kit_async_end(&call).value, 15);
}

static struct {
    int asked, most;
    wasmtime_update_deadline_kind_t kind;
} deadline;

static wasmtime_error_t *on_deadline(const wasmtime_context_t *context, void *data,
                                     uint64_t *delta, wasmtime_update_deadline_kind_t *kind)
{
    (void)context, (void)data;
    if (deadline.asked++ == deadline.most)
        return wasmtime_error_new("enough");
    *delta = 0;
    *kind = deadline.kind;
    return NULL;
}

static void callbacks_say_whether(void)
{
    wasmtime_instance_t a = kit_async_instance("a", LOOP);
    wasmtime_store_epoch_deadline_callback(kit.store, on_deadline, NULL, NULL);
    for (int yields = 0; yields < 2; yields++) {
        KitAsync call;
        deadline.kind = yields ? WASMTIME_UPDATE_DEADLINE_YIELD : WASMTIME_UPDATE_DEADLINE_CONTINUE;
        deadline.asked = 0;
        deadline.most = 100;
        KIT_BEGIN(&call, &a, "f", 10);
        EXPECT_U64(kit_async_run(&call), yields ? 12 : 1);
        EXPECT_U64(kit_async_end(&call).value, 30);
        EXPECT_U64(deadline.asked, 11);
        deadline.asked = 0;
        deadline.most = 3;
        KIT_BEGIN(&call, &a, "f", 10);
        EXPECT_U64(kit_async_run(&call), yields ? 4 : 1);
        EXPECT(strstr(kit_async_end(&call).frames, "enough"));
        deadline.asked = 0;
        deadline.most = 100;
        EXPECT(KIT_CALL(&a, "f", 10).is_ok == !yields); /* there is no turn to wait for */
    }
}

/* ---- instantiation ---- */

static void start_functions_may_wait(void)
{
    static const char text[] =
        "(module $s (import \"host\" \"wait\" (func $wait (param i64) (result i64)))"
        " (memory (export \"memory\") 1) (func $start"
        "  (i64.store (i32.const 0) (i64.add (call $wait (i64.const 3)) (i64.const 1))))"
        " (start $start))";
    kit_async_host("wait", 1, 1, kit_wait, NULL);
    wasmtime_instance_t a = kit_async_instance("a", text);
    EXPECT_U64(kit_peek(&a, 0), 4);
    wasm_byte_vec_t bytes;
    wasmtime_module_t *module;
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = NULL;
    kit_need(wasmtime_wat2wasm(text, strlen(text), &bytes), NULL, "assembling");
    kit_need(wasmtime_module_new(kit.engine, (uint8_t *)bytes.data, bytes.size, &module), NULL,
             "module");
    wasm_byte_vec_delete(&bytes);
    for (int turns = 0; turns < 5; turns++) {
        wasmtime_instance_t instance = {0, 0};
        wasmtime_call_future_t *future = wasmtime_linker_instantiate_async(
            kit.linker, kit.context, module, &instance, &trap, &error);
        for (int i = 0; i < turns; i++)
            EXPECT(wasmtime_call_future_poll(future) == (i == 3));
        wasmtime_call_future_delete(future);
        EXPECT(!error && !trap && (instance.store_id != 0) == (turns == 4));
        EXPECT_U64(kit_waits, 0);
    }
    wasmtime_module_delete(module);
}

int main(void)
{
    KIT_ASYNC_TEST(results_and_failures);
    KIT_ASYNC_TEST(futures_of_which_nothing_is_asked);
    KIT_ASYNC_TEST(turns_are_counted);
    KIT_ASYNC_TEST(given_up_while_it_waits);
    KIT_ASYNC_TEST(traps_and_results_of_the_host);
    KIT_ASYNC_TEST(stores_that_may_wait_refuse_others);
    KIT_ASYNC_TEST(calls_within_calls);
    KIT_ASYNC_TEST(waits_within_waits);
    KIT_ASYNC_TEST(exceptions_pass_where_it_waited);
    KIT_ASYNC_TEST(start_functions_may_wait);
    KIT_ASYNC_TEST(no_fuel_in_the_engine);
    kit_configure = with_fuel;
    KIT_ASYNC_TEST(fuel_is_used_alike);
    KIT_ASYNC_TEST(given_up_for_want_of_fuel);
    kit_configure = with_epochs;
    KIT_ASYNC_TEST(epochs_end_turns);
    KIT_ASYNC_TEST(callbacks_say_whether);
    return test_end();
}
