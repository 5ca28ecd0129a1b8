/* Asynchronous calls at their limits: collections while stacks wait, stores that go meanwhile, the
 * host's own stacks, calls from within themselves, guests of several stores on one stack. */
#include "async_kit.h"

/* ---- what waits keeps its objects ---- */

/* f(n, turns) holds a list of n structs, and an array, in locals across waits, then sums them. */
static const char module_list[] =
    "(module $list (type $node (struct (field i64) (field (ref null $node))))"
    " (type $nums (array (mut i64)))"
    " (import \"host\" \"wait\" (func $wait (param i64) (result i64)))"
    " (func $sum (param (ref null $node)) (result i64) (local i64)"
    "  (block $end (loop"
    "   (br_if $end (ref.is_null (local.get 0)))"
    "   (local.set 1 (i64.add (local.get 1) (struct.get $node 0 (local.get 0))))"
    "   (local.set 0 (struct.get $node 1 (local.get 0))) (br 0)))"
    "  (local.get 1))"
    " (func $deeper (param $list (ref null $node)) (param $n i64) (param $turns i64) (result i64)"
    "  (local $own (ref null $node))"
    "  (local.set $own (struct.new $node (local.get $n) (ref.null $node)))"
    "  (if (i64.gt_s (local.get $n) (i64.const 0)) (then"
    "   (return (i64.add (call $sum (local.get $own)) (call $deeper (local.get $list)"
    "    (i64.sub (local.get $n) (i64.const 1)) (local.get $turns))))))"
    "  (drop (call $wait (local.get $turns)))"
    "  (call $sum (local.get $list)))"
    " (func (export \"f\") (param $n i64) (param $turns i64) (result i64)"
    "  (local $list (ref null $node)) (local $nums (ref null $nums)) (local $i i64)"
    "  (local.set $nums (array.new $nums (i64.const 7) (i32.const 10)))"
    "  (local.set $i (local.get $n))"
    "  (loop"
    "   (local.set $list (struct.new $node (local.get $i) (local.get $list)))"
    "   (br_if 0 (i64.ne (i64.const 0)"
    "    (local.tee $i (i64.sub (local.get $i) (i64.const 1))))))"
    "  (i64.add (call $deeper (local.get $list) (local.get $n) (local.get $turns))"
    "   (i64.add (call $sum (local.get $list))"
    "    (array.get $nums (local.get $nums) (i32.const 9))))))";

static int64_t list_result(int64_t n) { return n * (n + 1) / 2 * 3 + 7; }

static void collect(void)
{
    wasmtime_externref_t ref;
    kit_need(wasmtime_context_gc(kit.context), NULL, "gc");
    if (!EXPECT(wasmtime_externref_new(kit.context, NULL, NULL, &ref)))
        return;
    wasmtime_externref_unroot(&ref);
}

static void collections_find_what_waits(void)
{
    enum { N = 5 };
    KitAsync calls[N];
    kit_async_host("wait", 1, 1, kit_wait, NULL);
    wasmtime_instance_t a = kit_async_instance("a", module_list);
    for (int i = 0; i < N; i++)
        KIT_BEGIN(&calls[i], &a, "f", 10 + i, 2 * i);
    bool is_done[N] = {false};
    for (int turn = 0; turn < 2 * N; turn++)
        for (int i = 0; i < N; i++) {
            if (!is_done[i])
                is_done[i] = turn % 2 ? kit_async_poll_elsewhere(&calls[i])
                                      : kit_async_poll(&calls[i]);
            EXPECT(is_done[i] == (turn >= 2 * i));
            collect();
        }
    for (int i = 0; i < N; i++) {
        KitOutcome out = kit_async_end(&calls[i]);
        EXPECT(out.is_ok);
        EXPECT_U64(out.value, list_result(10 + i));
    }
}

/* On a stack on top of another, both with objects in their frames. */
static wasmtime_func_t inner;

static bool inner_goes_on(void *env)
{
    bool is_done = kit_async_poll(env);
    collect();
    return is_done;
}
static void inner_ends(void *env)
{
    EXPECT_U64(kit_async_end(env).value, list_result(20));
    free(env);
}
static void begin_inner(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                        size_t n_args, wasmtime_val_t *results, size_t n_results,
                        wasm_trap_t **trap, wasmtime_async_continuation_t *left)
{
    (void)env, (void)n_args, (void)n_results, (void)trap;
    KitAsync *call = malloc(sizeof *call);
    results[0] = args[0];
    if (args[0].of.i64 < 0) { /* the inner one's own wait */
        free(call);
        kit_wait(NULL, caller, (wasmtime_val_t[]){{.kind = WASMTIME_I64, .of.i64 = 3}}, 1, results,
                 1, trap, left);
        return;
    }
    kit_async_begin_in(call, wasmtime_caller_context(caller), &inner, 2, (int64_t[]){20, -1});
    *left = (wasmtime_async_continuation_t){inner_goes_on, call, inner_ends};
}

static void collections_find_what_lies_beneath(void)
{
    kit_async_host("wait", 1, 1, begin_inner, NULL);
    wasmtime_instance_t a = kit_async_instance("a", module_list);
    inner = kit_export(&a, "f").of.func;
    KitAsync call;
    KIT_BEGIN(&call, &a, "f", 10, 1);
    int turns = 1;
    for (; !kit_async_poll_elsewhere(&call); turns++)
        collect();
    EXPECT_U64(turns, 4);
    EXPECT_U64(kit_async_end(&call).value, list_result(10));
}

/* ---- any order ---- */

static uint32_t random_below(uint32_t n)
{
    static uint64_t seed = 12345;
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % n;
}

typedef struct Live {
    KitAsync call;
    int64_t want;
    bool is_begun;
} Live;

/* Begins a call, gives it up or gives it a turn. */
static void one_step(Live *live, const wasmtime_instance_t *a)
{
    if (!live->is_begun) {
        int64_t n = 1 + random_below(30);
        live->want = list_result(n);
        KIT_BEGIN(&live->call, a, "f", n, (int64_t)random_below(6));
        live->is_begun = true;
        return;
    }
    if (random_below(12) == 0) {
        kit_async_end(&live->call);
        live->is_begun = false;
        return;
    }
    bool is_done = random_below(3) ? kit_async_poll(&live->call)
                                   : kit_async_poll_elsewhere(&live->call);
    if (random_below(8) == 0)
        collect();
    if (is_done) {
        EXPECT_U64(kit_async_end(&live->call).value, live->want);
        live->is_begun = false;
    }
}

/* Many calls of one store, and the end of the store in the midst of them. */
static void turns_in_any_order(void)
{
    enum { N = 60, STEPS = 1500 };
    Live live[N] = {0};
    kit_async_host("wait", 1, 1, kit_wait, NULL);
    wasmtime_instance_t a = kit_async_instance("a", module_list);
    for (int i = 0; i < STEPS; i++)
        one_step(&live[random_below(N)], &a);
    wasmtime_linker_delete(kit.linker);
    wasmtime_store_delete(kit.store);
    EXPECT_U64(kit_waits, 0);
    for (int i = 0; i < N; i++)
        if (live[i].is_begun)
            kit_async_end(&live[i].call);
    kit.store = wasmtime_store_new(kit.engine, NULL, NULL);
    kit.linker = wasmtime_linker_new(kit.engine);
}

/* ---- memory ---- */

static void memories_grow_meanwhile(void)
{
    kit_async_host("wait", 1, 1, kit_wait, NULL);
    wasmtime_instance_t a = kit_async_instance(
        "a", "(module $a (import \"host\" \"wait\" (func $wait (param i64) (result i64)))"
             " (memory (export \"memory\") 1)"
             " (func (export \"f\") (param i64 i64) (result i64)"
             "  (i64.store (i32.const 8) (i64.const 5))"
             "  (drop (call $wait (local.get 0)))"
             "  (i64.store (i32.wrap_i64 (local.get 1)) (i64.load (i32.const 8)))"
             "  (i64.add (i64.extend_i32_u (memory.size))"
             "   (i64.load (i32.wrap_i64 (local.get 1))))))");
    wasmtime_extern_t item = kit_export(&a, "memory");
    uint64_t old;
    KitAsync call;
    EXPECT_U64(KIT_ASYNC_CALL(&a, "f", 1, 100000).code, WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS);
    KIT_BEGIN(&call, &a, "f", 1, 100000);
    EXPECT(!kit_async_poll(&call));
    kit_need(wasmtime_memory_grow(kit.context, &item.of.memory, 5, &old), NULL, "growing");
    EXPECT(kit_async_poll_elsewhere(&call));
    EXPECT_U64(kit_async_end(&call).value, 11);
}

/* ---- ends that nobody asked for ---- */

static void stores_may_go_before_their_calls(void)
{
    kit_async_host("wait", 1, 1, kit_wait, NULL);
    wasmtime_instance_t a = kit_async_instance("a", module_list);
    KitAsync calls[3];
    for (int i = 0; i < 3; i++) {
        KIT_BEGIN(&calls[i], &a, "f", 10, 5);
        EXPECT(!kit_async_poll(&calls[i]));
    }
    EXPECT_U64(kit_waits, 3);
    wasmtime_linker_delete(kit.linker);
    wasmtime_store_delete(kit.store);
    EXPECT_U64(kit_waits, 0);
    for (int i = 0; i < 3; i++) {
        EXPECT(kit_async_poll(&calls[i])); /* it has ended */
        EXPECT(!kit_async_end(&calls[i]).is_ok);
    }
    kit.store = wasmtime_store_new(kit.engine, NULL, NULL);
    kit.linker = wasmtime_linker_new(kit.engine);
}

static KitAsync itself;

static wasm_trap_t *ask_itself(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                               size_t n_args, wasmtime_val_t *results, size_t n_results)
{
    (void)env, (void)caller, (void)n_args, (void)n_results;
    EXPECT(!wasmtime_call_future_poll(itself.future));
    results[0] = args[0];
    return NULL;
}

static void within_its_own_turn(void)
{
    kit_host("ask", 1, 1, ask_itself, NULL);
    wasmtime_instance_t a = kit_async_instance(
        "a", "(module $a (import \"host\" \"ask\" (func $ask (param i64) (result i64)))"
             " (func (export \"f\") (param i64) (result i64) (call $ask (local.get 0))))");
    KIT_BEGIN(&itself, &a, "f", 5);
    EXPECT(kit_async_poll(&itself));
    EXPECT(kit_async_poll(&itself)); /* asked again */
    EXPECT_U64(kit_async_end(&itself).value, 5);
    EXPECT(wasmtime_call_future_poll(NULL));
    wasmtime_call_future_delete(NULL);
}

/* ---- several stores on one stack ---- */

typedef struct Store {
    wasmtime_store_t *store;
    wasmtime_context_t *context;
    wasmtime_func_t f;
} Store;

static void with_epochs(wasm_config_t *config)
{
    wasmtime_config_epoch_interruption_set(config, true);
}

/* One whose f calls host.back after a loop of n rounds. */
static Store new_store(void)
{
    static const char text[] =
        "(module $s (import \"host\" \"back\" (func $back (param i64) (result i64)))"
        " (memory 1)"
        " (func (export \"f\") (param i64) (result i64)"
        "  (i64.store (i32.const 0) (i64.const 1000))"
        "  (i64.add (call $back (local.get 0)) (i64.load (i32.const 0)))))";
    Store s = {.store = wasmtime_store_new(kit.engine, NULL, NULL)};
    wasm_byte_vec_t bytes;
    wasmtime_module_t *module;
    wasmtime_instance_t instance;
    wasmtime_extern_t item;
    wasm_trap_t *trap = NULL;
    s.context = wasmtime_store_context(s.store);
    kit_need(wasmtime_wat2wasm(text, strlen(text), &bytes), NULL, "assembling");
    kit_need(wasmtime_module_new(kit.engine, (uint8_t *)bytes.data, bytes.size, &module), NULL,
             "module");
    wasm_byte_vec_delete(&bytes);
    wasmtime_error_t *error =
        wasmtime_linker_instantiate(kit.linker, s.context, module, &instance, &trap);
    kit_need(error, trap, "store");
    wasmtime_module_delete(module);
    EXPECT(wasmtime_instance_export_get(s.context, &instance, "f", 1, &item));
    s.f = item.of.func;
    wasmtime_context_set_epoch_deadline(s.context, 1000);
    return s;
}

static Store one, two;
static char refused[128];

/* In store one: calls two. In two: calls one again, without checks; deeper, its guest has to wait,
 * but on this stack is a guest of two, which nobody asked to wait. */
static wasm_trap_t *go_back(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                            size_t n_args, wasmtime_val_t *results, size_t n_results)
{
    (void)env, (void)n_args, (void)n_results;
    wasmtime_context_t *context = wasmtime_caller_context(caller);
    int64_t depth = args[0].of.i64;
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = NULL;
    wasmtime_val_raw_t raw = {.i64 = depth + 1};
    if (depth == 2)
        wasmtime_engine_increment_epoch(kit.engine);
    if (depth < 2 || (depth == 2 && context == one.context)) {
        const Store *to = context == one.context && depth != 2 ? &two : &one;
        if (depth == 1)
            wasmtime_context_set_epoch_deadline(one.context, 0);
        error = wasmtime_func_call_unchecked(to->context, &to->f, &raw, 1, &trap);
    }
    if (error) {
        wasm_name_t text;
        wasmtime_error_message(error, &text);
        snprintf(refused, sizeof refused, "%.*s", (int)text.size, text.data);
        wasm_byte_vec_delete(&text);
        wasmtime_error_delete(error);
        wasmtime_context_set_epoch_deadline(one.context, 1000);
    }
    EXPECT(!trap);
    results[0] = (wasmtime_val_t){.kind = WASMTIME_I64, .of.i64 = depth};
    return NULL;
}

static void nobody_else_is_left_waiting(void)
{
    kit_host("back", 1, 1, go_back, NULL);
    one = new_store();
    two = new_store();
    wasmtime_context_epoch_deadline_async_yield_and_update(one.context, 1000);
    KitAsync call;
    refused[0] = 0;
    kit_async_begin_in(&call, one.context, &one.f, 1, (int64_t[]){0});
    EXPECT_U64(kit_async_run(&call), 1);
    KitOutcome out = kit_async_end(&call);
    EXPECT(out.is_ok && out.value == 1000);
    EXPECT(strstr(refused, "error while executing at wasm backtrace"));
    wasmtime_store_delete(one.store);
    wasmtime_store_delete(two.store);
}

/* ---- waiting for words of memory ---- */

static void with_shared_memory(wasm_config_t *config)
{
    with_epochs(config);
    wasmtime_config_wasm_threads_set(config, true);
    wasmtime_config_shared_memory_set(config, true);
}

static void waits_for_words_end_turns(void)
{
    /* The epoch is always reached: each look at it ends a turn. */
    wasmtime_context_epoch_deadline_async_yield_and_update(kit.context, 0);
    wasmtime_instance_t a = kit_async_instance(
        "a", "(module $a (memory (export \"memory\") 1 1 shared)"
             " (func (export \"f\") (param i64) (result i64)"
             "  (i64.extend_i32_u (memory.atomic.wait32 (i32.const 0) (i32.const 0)"
             "   (local.get 0))))"
             " (func (export \"wake\") (result i64)"
             "  (i64.extend_i32_u (memory.atomic.notify (i32.const 0) (i32.const 1)))))");
    KitAsync call;
    KIT_BEGIN(&call, &a, "f", -1);
    for (int i = 0; i < 4; i++)
        EXPECT(!(i % 2 ? kit_async_poll(&call) : kit_async_poll_elsewhere(&call)));
    EXPECT_U64(kit_async_call(&a, "wake", 0, NULL).value, 1);
    EXPECT(kit_async_poll(&call));
    EXPECT_U64(kit_async_end(&call).value, 0);
    KIT_BEGIN(&call, &a, "f", -1);
    for (int i = 0; i < 4; i++)
        EXPECT(!kit_async_poll(&call));
    kit_async_end(&call); /* it does not wait any more */
    EXPECT_U64(kit_async_call(&a, "wake", 0, NULL).value, 0);
}

/* ---- the host's stacks ---- */

static struct {
    int made, gone, creators_gone;
    size_t size, give;
    bool fails, is_odd;
} stacks;

typedef struct Stack {
    void *at;
    size_t size;
} Stack;

static uint8_t *stack_place(void *env, size_t *len)
{
    const Stack *s = env;
    *len = s->size;
    return (uint8_t *)s->at + s->size + (stacks.is_odd ? 8 : 0);
}

static void stack_ends(void *env)
{
    Stack *s = env;
    stacks.gone++;
    free(s->at);
    free(s);
}

static wasmtime_error_t *new_stack(void *env, size_t size, bool zeroed,
                                   wasmtime_stack_memory_t *out)
{
    EXPECT(env == &stacks && !zeroed);
    if (stacks.fails)
        return wasmtime_error_new("no stack today");
    Stack *s = malloc(sizeof *s);
    s->size = stacks.give ? stacks.give : size;
    s->at = aligned_alloc(65536, s->size);
    stacks.size = size;
    stacks.made++;
    *out = (wasmtime_stack_memory_t){s, stack_place, stack_ends};
    return NULL;
}

static void creator_ends(void *env)
{
    EXPECT(env == &stacks);
    stacks.creators_gone++;
}

static void with_host_stacks(wasm_config_t *config)
{
    wasmtime_stack_creator_t creator = {&stacks, new_stack, creator_ends};
    wasmtime_config_max_wasm_stack_set(config, 256 << 10);
    wasmtime_config_async_stack_size_set(config, 1 << 20);
    wasmtime_config_host_stack_creator_set(config, &creator);
}

static void hosts_make_stacks(void)
{
    stacks.made = stacks.gone = stacks.creators_gone = 0;
    kit_async_host("wait", 1, 1, kit_wait, NULL);
    wasmtime_instance_t a = kit_async_instance("a", module_list);
    EXPECT(stacks.made == 1 && stacks.size == 1 << 20);
    for (int i = 0; i < 3; i++)
        EXPECT_U64(KIT_ASYNC_CALL(&a, "f", 10, 3).value, list_result(10));
    EXPECT(stacks.made == 1 && stacks.gone == 0); /* the store has kept it */
    KitAsync first, second;
    KIT_BEGIN(&first, &a, "f", 10, 3);
    KIT_BEGIN(&second, &a, "f", 11, 3);
    EXPECT(!kit_async_poll(&first) && !kit_async_poll(&second));
    EXPECT(stacks.made == 2 && stacks.gone == 0);
    kit_async_run(&first);
    kit_async_run(&second);
    EXPECT(stacks.gone == 1);
    EXPECT_U64(kit_async_end(&first).value, list_result(10));
    EXPECT_U64(kit_async_end(&second).value, list_result(11));
    wasmtime_linker_delete(kit.linker);
    wasmtime_store_delete(kit.store);
    EXPECT(stacks.gone == 2 && stacks.creators_gone == 0);
    kit.store = wasmtime_store_new(kit.engine, NULL, NULL);
    kit.linker = wasmtime_linker_new(kit.engine);
}

static void hosts_make_bad_stacks(void)
{
    wasmtime_instance_t a = kit_async_instance("a", "(module (func (export \"f\")))");
    KitAsync keep;
    kit_async_begin(&keep, &a, "f", 0, NULL); /* takes the one that the store has */
    kit_async_run(&keep);
    kit_async_end(&keep);
    static const struct {
        bool fails, is_odd;
        size_t give;
        const char *text;
    } cases[] = {
        {true, false, 0, "no stack today"},
        {false, true, 0, "not made of whole pages"},
        {false, false, 65536, "too small"},
    };
    for (int i = 0; i < 3; i++) {
        wasmtime_store_t *store = wasmtime_store_new(kit.engine, NULL, NULL);
        wasm_functype_t *type = wasm_functype_new_0_0();
        wasmtime_func_t func;
        KitAsync call;
        stacks.fails = cases[i].fails;
        stacks.is_odd = cases[i].is_odd;
        stacks.give = cases[i].give;
        stacks.made = stacks.gone = 0;
        wasmtime_func_new(wasmtime_store_context(store), type, NULL, NULL, NULL, &func);
        wasm_functype_delete(type);
        kit_async_begin_in(&call, wasmtime_store_context(store), &func, 0, NULL);
        EXPECT(kit_async_poll(&call));
        KitOutcome out = kit_async_end(&call);
        EXPECT(!out.is_ok && strstr(out.frames, cases[i].text));
        EXPECT(stacks.made == stacks.gone);
        wasmtime_store_delete(store);
    }
    stacks.fails = stacks.is_odd = false;
    stacks.give = 0;
}

/* ---- sizes ---- */

/* How deep a guest gets. */
static int64_t dive(void)
{
    wasmtime_instance_t a = kit_async_instance(
        "a", "(module $a (memory (export \"memory\") 1)"
             " (func $deep (export \"deep\") (param i64) (result i64)"
             "  (i64.store (i32.const 0) (local.get 0))"
             "  (i64.add (i64.const 1) (call $deep (i64.add (local.get 0) (i64.const 1))))))");
    KitOutcome out = KIT_ASYNC_CALL(&a, "deep", 0);
    EXPECT_U64(out.code, WASMTIME_TRAP_CODE_STACK_OVERFLOW);
    return kit_peek(&a, 0);
}

static size_t stack_bytes, guest_bytes;
static void with_sizes(wasm_config_t *config)
{
    if (guest_bytes)
        wasmtime_config_max_wasm_stack_set(config, guest_bytes);
    if (stack_bytes)
        wasmtime_config_async_stack_size_set(config, stack_bytes);
}

static void sizes_of_stacks(void)
{
    static const struct {
        size_t stack, guest;
        int64_t least, most; /* KiB that a guest can use */
    } cases[] = {
        {0, 0, 512, 512},
        {0, 16 << 20, 16300, 16400},
        {1, 1, -1, 1},
        {4096, 4096, -1, 5},
        {256 << 10, 256 << 10, 140, 180},
        {64 << 20, 60 << 20, 61000, 61500},
    };
    int64_t depth = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        stack_bytes = cases[i].stack;
        guest_bytes = cases[i].guest;
        kit_configure = with_sizes;
        kit_begin(0);
        int64_t got = dive();
        depth = i ? depth : got; /* in 512 KiB */
        EXPECT(got >= cases[i].least * depth / 512 && got <= cases[i].most * depth / 512);
        kit_end();
    }
    kit_configure = NULL;
    wasm_config_t *config = wasm_config_new();
    wasmtime_config_async_stack_size_set(config, 256 << 10);
    EXPECT(!wasm_engine_new_with_config(config)); /* less than guests may use */
}

int main(void)
{
    kit_debug_option = "gc-stress=y";
    KIT_ASYNC_TEST(collections_find_what_waits);
    KIT_ASYNC_TEST(collections_find_what_lies_beneath);
    KIT_ASYNC_TEST(turns_in_any_order);
    kit_debug_option = NULL;
    KIT_ASYNC_TEST(memories_grow_meanwhile);
    KIT_ASYNC_TEST(stores_may_go_before_their_calls);
    KIT_ASYNC_TEST(within_its_own_turn);
    kit_configure = with_host_stacks;
    KIT_ASYNC_TEST(hosts_make_stacks);
    KIT_ASYNC_TEST(hosts_make_bad_stacks);
    kit_configure = with_epochs;
    KIT_ASYNC_TEST(nobody_else_is_left_waiting);
    kit_configure = with_shared_memory;
    KIT_ASYNC_TEST(waits_for_words_end_turns);
    kit_configure = NULL;
    TEST(sizes_of_stacks);
    return test_end();
}
