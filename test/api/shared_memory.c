/* Memories that threads share: four stores of one engine, each on a thread of its own, meet in one
 * memory. Sums come out right under every atomic operator, under a lock made of cmpxchg, wait and
 * notify around plain loads and stores, and while all of them grow the memory; nobody who waits is
 * forgotten, and who is interrupted comes back. */
#define WASMTIME_FEATURE_THREADS
#include <pthread.h>
#include <time.h>

#include "kit.h"

enum { THREADS = 4, ROUNDS = 3000, PAGE = 65536 };

/* Words: 0..63 counters, 64 the lock, 72 what it guards, 128 whose turn it is, 256.. bits. */
#define GUEST                                                                                   \
    "(module"                                                                                   \
    "  (import \"env\" \"memory\" (memory 2 60 shared))"                                        \
    "  (func (export \"count\") (param $n i32)"                                                 \
    "    (loop $l"                                                                              \
    "      (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))"                             \
    "      (drop (i64.atomic.rmw.add (i32.const 8) (i64.const 0x100000001)))"                   \
    "      (drop (i32.atomic.rmw8.add_u (i32.const 16) (i32.const 1)))"                         \
    "      (drop (i32.atomic.rmw16.sub_u (i32.const 18) (i32.const 1)))"                        \
    "      (drop (i64.atomic.rmw32.add_u (i32.const 20) (i64.const 1)))"                        \
    "      (drop (i32.atomic.rmw.xor (i32.const 24)"                                            \
    "        (i32.shl (i32.const 1) (local.get $n))))"                                          \
    "      (loop $again (br_if $again (i32.eqz (call $add_seven))))"                            \
    "      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))"                  \
    "  (func $add_seven (result i32) (local $old i64)"                                          \
    "    (local.set $old (i64.atomic.load (i32.const 32)))"                                     \
    "    (i64.eq (local.get $old) (i64.atomic.rmw.cmpxchg (i32.const 32) (local.get $old)"      \
    "      (i64.add (local.get $old) (i64.const 7)))))"                                         \
    "  (func (export \"claim\") (param $n i32) (result i32) (local $mine i32) (local $bit i32)" \
    "    (loop $l"                                                                              \
    "      (local.set $n (i32.sub (local.get $n) (i32.const 1)))"                               \
    "      (local.set $bit (i32.shl (i32.const 1) (i32.and (local.get $n) (i32.const 7))))"     \
    "      (if (i32.eqz (i32.and (local.get $bit)"                                              \
    "            (i32.atomic.rmw8.or_u offset=256 (i32.shr_u (local.get $n) (i32.const 3))"     \
    "              (local.get $bit))))"                                                         \
    "        (then (local.set $mine (i32.add (local.get $mine) (i32.const 1)))))"               \
    "      (br_if $l (local.get $n)))"                                                          \
    "    (local.get $mine))"                                                                    \
    "  (func $lock"                                                                             \
    "    (loop $try"                                                                            \
    "      (if (i32.atomic.rmw.cmpxchg (i32.const 64) (i32.const 0) (i32.const 1))"             \
    "        (then (drop (memory.atomic.wait32 (i32.const 64) (i32.const 1) (i64.const -1)))"   \
    "              (br $try)))))"                                                               \
    "  (func $unlock"                                                                           \
    "    (i32.atomic.store (i32.const 64) (i32.const 0))"                                       \
    "    (drop (memory.atomic.notify (i32.const 64) (i32.const 1))))"                           \
    "  (func (export \"locked\") (param $n i32)"                                                \
    "    (loop $l"                                                                              \
    "      (call $lock)"                                                                        \
    "      (i64.store (i32.const 72) (i64.add (i64.load (i32.const 72)) (i64.const 1)))"        \
    "      (call $unlock)"                                                                      \
    "      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))"                  \
    "  (func (export \"turns\") (param $me i32) (param $n i32) (local $now i32)"                \
    "    (loop $l"                                                                              \
    "      (block $mine (loop $wait"                                                            \
    "        (local.set $now (i32.atomic.load (i32.const 128)))"                                \
    "        (br_if $mine (i32.eq (local.get $me) (i32.and (local.get $now) (i32.const 3))))"   \
    "        (drop (memory.atomic.wait32 (i32.const 128) (local.get $now) (i64.const -1)))"     \
    "        (br $wait)))"                                                                      \
    "      (drop (i32.atomic.rmw.add (i32.const 128) (i32.const 1)))"                           \
    "      (drop (memory.atomic.notify (i32.const 128) (i32.const -1)))"                        \
    "      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))"                  \
    "  (func (export \"grow\") (param $n i32) (result i32) (local $old i32) (local $made i32)"  \
    "    (loop $l"                                                                              \
    "      (local.set $old (memory.grow (i32.const 1)))"                                        \
    "      (if (i32.ne (local.get $old) (i32.const -1)) (then"                                  \
    "        (local.set $made (i32.add (local.get $made) (i32.const 1)))"                       \
    "        (i32.store8 offset=65535 (i32.mul (local.get $old) (i32.const 65536))"             \
    "          (i32.const 9))"                                                                  \
    "        (if (i32.le_u (memory.size) (local.get $old)) (then unreachable))))"               \
    "      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"                   \
    "    (local.get $made))"                                                                    \
    "  (func (export \"wait32\") (param i32 i32 i64) (result i32)"                              \
    "    (memory.atomic.wait32 offset=8 (local.get 0) (local.get 1) (local.get 2)))"            \
    "  (func (export \"wait64\") (param i32 i64 i64) (result i32)"                              \
    "    (memory.atomic.wait64 (local.get 0) (local.get 1) (local.get 2)))"                     \
    "  (func (export \"notify\") (param i32 i32) (result i32)"                                  \
    "    (memory.atomic.notify offset=8 (local.get 0) (local.get 1)))"                          \
    "  (func (export \"load\") (param i32) (result i32) (i32.atomic.load (local.get 0)))"       \
    "  (func (export \"store\") (param i32) (i32.store (local.get 0) (i32.const 1))))"

/* ---- guests on threads ---- */

static wasmtime_sharedmemory_t *memory;
static wasmtime_module_t *module;

typedef struct Guest {
    wasmtime_store_t *store;
    wasmtime_context_t *context;
    wasmtime_instance_t instance;
} Guest;

static Guest guest_new(void)
{
    Guest g = {.store = wasmtime_store_new(kit.engine, NULL, NULL)};
    wasm_trap_t *trap = NULL;
    g.context = wasmtime_store_context(g.store);
    wasmtime_context_set_epoch_deadline(g.context, 1);
    kit_need(wasmtime_linker_instantiate(kit.linker, g.context, module, &g.instance, &trap), trap,
             "guest");
    return g;
}

enum { TRAPPED = -1000 };

/* The i32 result, if there is one; less than TRAPPED: TRAPPED - code of the trap. */
static int64_t guest_call(Guest *g, const char *name, size_t n_args, const wasmtime_val_t *args)
{
    wasmtime_extern_t item;
    wasmtime_val_t result = {.kind = WASMTIME_I32};
    wasm_trap_t *trap = NULL;
    wasmtime_trap_code_t code = 255;
    if (!wasmtime_instance_export_get(g->context, &g->instance, name, strlen(name), &item))
        abort();
    wasm_functype_t *type = wasmtime_func_type(g->context, &item.of.func);
    size_t n_results = wasm_functype_results(type)->size;
    wasm_functype_delete(type);
    kit_need(wasmtime_func_call(g->context, &item.of.func, args, n_args, &result, n_results,
                                &trap),
             NULL, name);
    if (!trap)
        return result.of.i32;
    wasmtime_trap_code(trap, &code);
    wasm_trap_delete(trap);
    return TRAPPED - code;
}

#define I32(n) ((wasmtime_val_t){.kind = WASMTIME_I32, .of.i32 = (n)})
#define I64(n) ((wasmtime_val_t){.kind = WASMTIME_I64, .of.i64 = (n)})
#define CALL(g, name, ...)                                                              \
    guest_call(g, name, sizeof((wasmtime_val_t[]){__VA_ARGS__}) / sizeof(wasmtime_val_t), \
               (const wasmtime_val_t[]){__VA_ARGS__})

typedef struct Player {
    pthread_t thread;
    int32_t me;
    int64_t result;
    void (*play)(struct Player *player, Guest *guest);
} Player;

static void *play(void *arg)
{
    Player *player = arg;
    Guest guest = guest_new();
    player->play(player, &guest);
    wasmtime_store_delete(guest.store);
    return NULL;
}

/* Everybody plays; the sum of the results. */
static int64_t all_play(void (*how)(Player *player, Guest *guest))
{
    Player players[THREADS];
    int64_t sum = 0;
    for (int32_t i = 0; i < THREADS; i++) {
        players[i] = (Player){.me = i, .play = how};
        if (pthread_create(&players[i].thread, NULL, play, &players[i]))
            abort();
    }
    for (int32_t i = 0; i < THREADS; i++) {
        pthread_join(players[i].thread, NULL);
        sum += players[i].result;
    }
    return sum;
}

static uint64_t word(size_t at, size_t bytes)
{
    uint64_t value = 0;
    memcpy(&value, wasmtime_sharedmemory_data(memory) + at, bytes);
    return value;
}

static void begin(void)
{
    wasm_byte_vec_t bytes;
    wasm_memorytype_t *type;
    kit_need(wasmtime_memorytype_new(2, true, 60, false, true, 16, &type), NULL, "type");
    kit_need(wasmtime_sharedmemory_new(kit.engine, type, &memory), NULL, "memory");
    wasm_memorytype_delete(type);
    wasmtime_extern_t item = {.kind = WASMTIME_EXTERN_SHAREDMEMORY, .of.sharedmemory = memory};
    kit_need(wasmtime_linker_define(kit.linker, kit.context, "env", 3, "memory", 6, &item), NULL,
             "define");
    kit_need(wasmtime_wat2wasm(GUEST, strlen(GUEST), &bytes), NULL, "assembling");
    kit_need(wasmtime_module_new(kit.engine, (const uint8_t *)bytes.data, bytes.size, &module),
             NULL, "module");
    wasm_byte_vec_delete(&bytes);
}

static void end(void)
{
    wasmtime_module_delete(module);
    wasmtime_sharedmemory_delete(memory);
}

/* ---- counting ---- */

static void count(Player *player, Guest *guest)
{
    player->result = CALL(guest, "count", I32(ROUNDS));
}

static void every_operator_counts_right(void)
{
    const uint64_t n = THREADS * ROUNDS;
    begin();
    EXPECT(all_play(count) == 0);
    EXPECT_U64(word(0, 4), n);
    EXPECT_U64(word(8, 8), n * 0x100000001);
    EXPECT_U64(word(16, 1), n & 0xff);
    EXPECT_U64(word(18, 2), -n & 0xffff);
    EXPECT_U64(word(20, 4), n);
    EXPECT_U64(word(24, 4), 0); /* each bit was turned by an even number of threads */
    EXPECT_U64(word(32, 8), n * 7);
    end();
}

static void claim(Player *player, Guest *guest)
{
    player->result = CALL(guest, "claim", I32(8 * ROUNDS));
}

static void each_bit_is_claimed_once(void)
{
    begin();
    EXPECT_U64(all_play(claim), 8 * ROUNDS);
    for (size_t i = 0; i < ROUNDS; i++)
        EXPECT(word(256 + i, 1) == 0xff);
    end();
}

/* ---- locks and turns ---- */

static void locked(Player *player, Guest *guest)
{
    player->result = CALL(guest, "locked", I32(ROUNDS / 4));
}

static void a_lock_of_wait_and_notify_guards(void)
{
    begin();
    EXPECT(all_play(locked) == 0);
    EXPECT_U64(word(72, 8), THREADS * (ROUNDS / 4));
    EXPECT_U64(word(64, 4), 0);
    end();
}

static void turns(Player *player, Guest *guest)
{
    player->result = CALL(guest, "turns", I32(player->me), I32(ROUNDS / 8));
}

static void turns_are_taken_in_order(void)
{
    begin();
    EXPECT(all_play(turns) == 0);
    EXPECT_U64(word(128, 4), THREADS * (ROUNDS / 8));
    end();
}

/* ---- growing ---- */

static void grow(Player *player, Guest *guest)
{
    player->result = CALL(guest, "grow", I32(20));
}

static void all_grow_one_memory(void)
{
    uint64_t old = 0;
    begin();
    EXPECT_U64(all_play(grow), 58);
    EXPECT_U64(wasmtime_sharedmemory_size(memory), 60);
    EXPECT_U64(wasmtime_sharedmemory_data_size(memory), 60 * PAGE);
    for (size_t page = 2; page < 60; page++)
        EXPECT_U64(word(page * PAGE + PAGE - 1, 1), 9);
    wasmtime_error_t *error = wasmtime_sharedmemory_grow(memory, 1, &old);
    EXPECT(error && old == 0);
    wasmtime_error_delete(error);
    end();
}

/* Accesses race with growth: each is refused or done, and nothing else happens. */
static void reach(Player *player, Guest *guest)
{
    for (int32_t i = 0; i < 50; i++) {
        int64_t got = player->me == 0
                          ? CALL(guest, "grow", I32(1))
                          : CALL(guest, "store", I32((2 + i) * PAGE - 4));
        if (got < TRAPPED - 1 || (player->me && got >= 0 && got > 1))
            player->result++;
    }
}

static void accesses_race_with_growth(void)
{
    begin();
    EXPECT_U64(all_play(reach), 0);
    end();
}

/* ---- waiting ---- */

static void waits_end_as_they_should(void)
{
    begin();
    Guest g = guest_new();
    EXPECT_U64(CALL(&g, "wait32", I32(0), I32(1), I64(-1)), 1);
    EXPECT_U64(CALL(&g, "wait64", I32(8), I64(1), I64(-1)), 1);
    EXPECT_U64(CALL(&g, "wait32", I32(0), I32(0), I64(0)), 2);
    EXPECT_U64(CALL(&g, "wait64", I32(8), I64(0), I64(2000000)), 2);
    EXPECT_U64(CALL(&g, "notify", I32(0), I32(-1)), 0);
    EXPECT(CALL(&g, "wait32", I32(2), I32(0), I64(0)) == TRAPPED - 2);
    EXPECT(CALL(&g, "wait64", I32(4), I64(0), I64(0)) == TRAPPED - 2);
    EXPECT(CALL(&g, "notify", I32(1), I32(0)) == TRAPPED - 2);
    EXPECT(CALL(&g, "load", I32(6)) == TRAPPED - 2);
    EXPECT(CALL(&g, "wait32", I32(2 * PAGE - 8), I32(0), I64(0)) == TRAPPED - 1);
    EXPECT(CALL(&g, "wait64", I32(-8), I64(0), I64(0)) == TRAPPED - 1);
    EXPECT(CALL(&g, "notify", I32(-4), I32(0)) == TRAPPED - 1);
    wasmtime_store_delete(g.store);
    end();
}

static void wait_for_word(Player *player, Guest *guest)
{
    player->result = CALL(guest, "wait32", I32(player->me < 2 ? 0 : 16), I32(0), I64(-1));
}

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

/* Two wait for each of two words; as many are woken as asked for, and of that word only. */
static void notify_wakes_as_many_as_it_says(void)
{
    Player players[THREADS];
    begin();
    Guest g = guest_new();
    for (int32_t i = 0; i < THREADS; i++) {
        players[i] = (Player){.me = i, .result = -1, .play = wait_for_word};
        pthread_create(&players[i].thread, NULL, play, &players[i]);
    }
    int64_t first = 0, other = 0, rest = 0;
    while (first == 0) /* until somebody is there */
        first = CALL(&g, "notify", I32(0), I32(1));
    while (other < 2)
        other += CALL(&g, "notify", I32(16), I32(-1));
    while (rest == 0)
        rest = CALL(&g, "notify", I32(0), I32(7));
    for (int32_t i = 0; i < THREADS; i++) {
        pthread_join(players[i].thread, NULL);
        EXPECT(players[i].result == 0);
    }
    EXPECT(first == 1 && other == 2 && rest == 1);
    EXPECT_U64(CALL(&g, "notify", I32(0), I32(-1)), 0);
    wasmtime_store_delete(g.store);
    end();
}

static void the_epoch_ends_a_wait(void)
{
    Player players[2];
    begin();
    for (int32_t i = 0; i < 2; i++) {
        players[i] = (Player){.me = i, .play = wait_for_word};
        pthread_create(&players[i].thread, NULL, play, &players[i]);
    }
    sleep_ms(20);
    wasmtime_engine_increment_epoch(kit.engine);
    for (int32_t i = 0; i < 2; i++) {
        pthread_join(players[i].thread, NULL);
        EXPECT(players[i].result == TRAPPED - 10);
    }
    end();
}

/* ---- handles ---- */

/* An instance in waiting is of no store when what it imports is not: stores have the one memory. */
static void instances_in_waiting_share(void)
{
    wasmtime_instance_pre_t *pre;
    begin();
    kit_need(wasmtime_linker_instantiate_pre(kit.linker, module, &pre), NULL, "pre");
    Guest g[2];
    for (size_t i = 0; i < 2; i++) {
        wasm_trap_t *trap = NULL;
        g[i].store = wasmtime_store_new(kit.engine, NULL, NULL);
        g[i].context = wasmtime_store_context(g[i].store);
        kit_need(wasmtime_instance_pre_instantiate(pre, g[i].context, &g[i].instance, &trap), trap,
                 "instance");
    }
    wasmtime_instance_pre_delete(pre);
    EXPECT(CALL(&g[0], "load", I32(400)) == 0);
    EXPECT(CALL(&g[1], "store", I32(400)) == 0);
    EXPECT(CALL(&g[0], "load", I32(400)) == 1);
    for (size_t i = 0; i < 2; i++)
        wasmtime_store_delete(g[i].store);
    end();
}

static void a_memory_lives_as_long_as_a_handle(void)
{
    wasmtime_extern_t item = {0};
    begin();
    wasmtime_sharedmemory_t *clone = wasmtime_sharedmemory_clone(memory);
    wasm_memorytype_t *type = wasmtime_sharedmemory_type(clone);
    uint64_t max = 0, old = 0;
    EXPECT(wasmtime_memorytype_isshared(type) && wasmtime_memorytype_maximum(type, &max));
    EXPECT(max == 60 && wasmtime_memorytype_minimum(type) == 2);
    wasm_memorytype_delete(type);
    end();
    EXPECT_U64(wasmtime_sharedmemory_data_size(clone), 2 * PAGE);
    EXPECT(!wasmtime_sharedmemory_grow(clone, 3, &old) && old == 2);
    kit_instance("relay", "(module (import \"env\" \"memory\" (memory 2 60 shared))"
                          "  (export \"again\" (memory 0)))");
    EXPECT(wasmtime_linker_get(kit.linker, kit.context, "relay", 5, "again", 5, &item));
    EXPECT(item.kind == WASMTIME_EXTERN_SHAREDMEMORY);
    EXPECT_U64(wasmtime_sharedmemory_size(item.of.sharedmemory), 5);
    EXPECT(wasmtime_sharedmemory_data(item.of.sharedmemory) == wasmtime_sharedmemory_data(clone));
    wasmtime_extern_delete(&item);
    wasmtime_sharedmemory_delete(clone);
}

static void what_cannot_be_is_refused(void)
{
    wasm_memorytype_t *type, *shared;
    wasmtime_memory_t plain;
    wasmtime_sharedmemory_t *made = NULL;
    kit_need(wasmtime_memorytype_new(1, true, 2, false, false, 16, &type), NULL, "type");
    kit_need(wasmtime_memorytype_new(1, true, 2, false, true, 16, &shared), NULL, "type");
    wasmtime_error_t *error = wasmtime_sharedmemory_new(kit.engine, type, &made);
    EXPECT(error && !made);
    wasmtime_error_delete(error);
    error = wasmtime_memory_new(kit.context, shared, &plain);
    EXPECT(error != NULL);
    wasmtime_error_delete(error);
    wasm_engine_t *off = wasm_engine_new();
    error = wasmtime_sharedmemory_new(off, shared, &made);
    EXPECT(error && !made);
    wasmtime_error_delete(error);
    wasm_engine_delete(off);
    wasm_memorytype_delete(type);
    wasm_memorytype_delete(shared);
}

static void memories_of_one_store_wait_for_nobody(void)
{
    wasmtime_instance_t own = kit_instance(
        "own", "(module (memory 1)"
               "  (func (export \"wait\") (param i64) (result i64) (i64.extend_i32_u"
               "    (memory.atomic.wait32 (i32.wrap_i64 (local.get 0)) (i32.const 0)"
               "      (i64.const 0))))"
               "  (func (export \"notify\") (param i64) (result i64) (i64.extend_i32_u"
               "    (memory.atomic.notify (i32.wrap_i64 (local.get 0)) (i32.const 1)))))");
    EXPECT(KIT_CALL(&own, "wait", 0).code == 12);
    EXPECT(KIT_CALL(&own, "wait", PAGE).code == 1);
    EXPECT(KIT_CALL(&own, "wait", 2).code == 2);
    KitOutcome woken = KIT_CALL(&own, "notify", 0);
    EXPECT(woken.is_ok && woken.value == 0);
    EXPECT(KIT_CALL(&own, "notify", PAGE).code == 1);
}

int main(void)
{
    kit_wasm_options[0] = "shared-memory=y";
    KIT_TEST(every_operator_counts_right);
    KIT_TEST(each_bit_is_claimed_once);
    KIT_TEST(a_lock_of_wait_and_notify_guards);
    KIT_TEST(turns_are_taken_in_order);
    KIT_TEST(all_grow_one_memory);
    KIT_TEST(accesses_race_with_growth);
    KIT_TEST(waits_end_as_they_should);
    KIT_TEST(notify_wakes_as_many_as_it_says);
    KIT_TEST(instances_in_waiting_share);
    KIT_TEST(a_memory_lives_as_long_as_a_handle);
    KIT_TEST(what_cannot_be_is_refused);
    KIT_TEST(memories_of_one_store_wait_for_nobody);
    kit_wasm_options[1] = "epoch-interruption=y";
    KIT_TEST(the_epoch_ends_a_wait);
    KIT_TEST(a_lock_of_wait_and_notify_guards);
    return test_end();
}
