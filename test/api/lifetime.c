/* Instances that are deleted before their store: what goes with them, what holds them, what becomes
 * of functions that are still somewhere, and that no handle of theirs does anything any more. */
#define _GNU_SOURCE
#include "kit.h"

#include <sys/wait.h>

/* Everything that an instance can export. */
static const char whole[] =
    "(module $whole"
    "  (memory (export \"memory\") 1)"
    "  (table (export \"table\") 4 funcref)"
    "  (global (export \"global\") (mut i64) (i64.const 7))"
    "  (tag (export \"tag\") (param i64))"
    "  (elem (table 0) (i32.const 0) func $add)"
    "  (func $add (export \"add\") (param i64) (result i64)"
    "    (global.set 0 (i64.add (global.get 0) (local.get 0)))"
    "    (global.get 0)))";

static wasmtime_module_t *assemble(const char *wat)
{
    wasm_byte_vec_t bytes;
    wasmtime_module_t *module;
    kit_need(wasmtime_wat2wasm(wat, strlen(wat), &bytes), NULL, "assembling");
    kit_need(wasmtime_module_new(kit.engine, (const uint8_t *)bytes.data, bytes.size, &module),
             NULL, "compiling");
    wasm_byte_vec_delete(&bytes);
    return module;
}

static wasmtime_instance_t instantiate(const wasmtime_module_t *module,
                                       const wasmtime_extern_t *imports, size_t n)
{
    wasmtime_instance_t instance;
    wasm_trap_t *trap;
    wasmtime_error_t *error =
        wasmtime_instance_new(kit.context, module, imports, n, &instance, &trap);
    kit_need(error, trap, "instantiating");
    return instance;
}

static wasmtime_instance_t instance_of(const char *wat, const wasmtime_extern_t *imports, size_t n)
{
    wasmtime_module_t *module = assemble(wat);
    wasmtime_instance_t instance = instantiate(module, imports, n);
    wasmtime_module_delete(module);
    return instance;
}

/* Does it fail, saying this? */
static bool fails_with(wasmtime_error_t *error, const char *text)
{
    wasm_name_t message;
    if (!error)
        return false;
    wasmtime_error_message(error, &message);
    bool is_found = memmem(message.data, message.size, text, strlen(text)) != NULL;
    if (!is_found)
        printf("%s: the error was: %.*s\n", test_now.name, (int)message.size, message.data);
    wasm_byte_vec_delete(&message);
    wasmtime_error_delete(error);
    return is_found;
}

static bool deletes(const wasmtime_instance_t *instance)
{
    wasmtime_error_t *error = stint_instance_delete(kit.context, instance);
    bool is_ok = !error;
    if (error)
        fails_with(error, "no error");
    return is_ok;
}

/* Calls a function; the message of trap or error, "" if there was none. */
static char message[512];
static const char *trap_of(const wasmtime_func_t *func, wasmtime_val_t *args, size_t nargs,
                           size_t nresults)
{
    wasmtime_val_t result;
    wasm_trap_t *trap = NULL;
    wasm_message_t text;
    wasmtime_error_t *error =
        wasmtime_func_call(kit.context, func, args, nargs, &result, nresults, &trap);
    message[0] = 0;
    if (error)
        wasmtime_error_message(error, &text);
    else if (trap)
        wasm_trap_message(trap, &text);
    if (error || trap) {
        snprintf(message, sizeof message, "%.*s", (int)text.size, text.data);
        wasm_byte_vec_delete(&text);
    }
    wasmtime_error_delete(error);
    wasm_trap_delete(trap);
    return message;
}

static bool traps_as_deleted(const wasmtime_instance_t *instance, const char *name)
{
    wasmtime_extern_t item = kit_export(instance, name);
    const char *text = trap_of(&item.of.func, NULL, 0, 0);
    bool is_found = strstr(text, "the function's instance was deleted") != NULL;
    if (!is_found)
        printf("%s: the trap was: %s\n", test_now.name, text);
    return is_found;
}

/* ---- memory ---- */

/* What the sanitizers and other such tools keep is not ours. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SLACK_KB = 1 << 20 };
#else
enum { SLACK_KB = 512 };
#endif

static size_t resident_kb(void)
{
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%*u %zu", &pages) != 1)
        exit(2);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

static void turns(const wasmtime_module_t *module, int n)
{
    for (int i = 0; i < n; i++) {
        wasmtime_instance_t instance = instantiate(module, NULL, 0);
        if (kit_export(&instance, "memory").kind != WASMTIME_EXTERN_MEMORY ||
            kit_export(&instance, "global").kind != WASMTIME_EXTERN_GLOBAL ||
            KIT_CALL(&instance, "add", 35).value != 42 || !deletes(&instance))
            exit(2);
    }
}

static void many_in_one_store_take_constant_memory(void)
{
    wasmtime_module_t *module = assemble(whole);
    turns(module, 200);
    size_t before = resident_kb();
    turns(module, 5000);
    EXPECT(resident_kb() < before + SLACK_KB);
    wasmtime_module_delete(module);
}

static void limits_count_what_is_there(void)
{
    wasmtime_module_t *module = assemble(whole);
    wasmtime_instance_t instance;
    wasm_trap_t *trap;
    wasmtime_store_limiter(kit.store, -1, -1, 1, 1, 1);
    turns(module, 3);
    instance = instantiate(module, NULL, 0);
    EXPECT(fails_with(wasmtime_instance_new(kit.context, module, NULL, 0, &instance, &trap),
                      "resource limit"));
    wasmtime_module_delete(module);
}

/* ---- stale handles ---- */

/* True: the process that evaluates this neither crashed nor did anything else than say so. */
#define SURVIVES(expression)                                             \
    ({                                                                   \
        fflush(NULL);                                                    \
        pid_t child_ = fork();                                           \
        if (child_ == 0) {                                               \
            if (!freopen("/dev/null", "w", stderr))                      \
                _exit(3);                                                \
            _exit((expression) ? 0 : 1);                                 \
        }                                                                \
        int status_ = 0;                                                 \
        waitpid(child_, &status_, 0);                                    \
        (WIFEXITED(status_) && WEXITSTATUS(status_) == 0) ||             \
            (WIFSIGNALED(status_) && WTERMSIG(status_) == SIGABRT);      \
    })

/* In every function that takes one; `all` were handles, of another store or to what is gone. */
typedef struct Handles {
    wasmtime_instance_t instance;
    wasmtime_extern_t memory, table, global, tag, func;
} Handles;

static Handles handles_of(const wasmtime_instance_t *instance)
{
    return (Handles){*instance,
                     kit_export(instance, "memory"),
                     kit_export(instance, "table"),
                     kit_export(instance, "global"),
                     kit_export(instance, "tag"),
                     kit_export(instance, "add")};
}

static void expect_errors(const Handles *h, const char *why_no_import)
{
    wasmtime_context_t *c = kit.context;
    wasmtime_val_t val = {.kind = WASMTIME_I64}, func = {.kind = WASMTIME_FUNCREF};
    wasmtime_val_raw_t raw = {.i64 = 1};
    wasm_trap_t *trap;
    uint64_t old;
    func.of.funcref = h->func.of.func;
    EXPECT(fails_with(stint_instance_delete(c, &h->instance), "deleted"));
    EXPECT(fails_with(wasmtime_memory_grow(c, &h->memory.of.memory, 1, &old), "deleted"));
    EXPECT(fails_with(wasmtime_table_set(c, &h->table.of.table, 0, &func), "deleted"));
    EXPECT(fails_with(wasmtime_table_grow(c, &h->table.of.table, 1, &func, &old), "deleted"));
    EXPECT(fails_with(wasmtime_global_set(c, &h->global.of.global, &val), "deleted"));
    EXPECT(fails_with(wasmtime_func_call(c, &h->func.of.func, &val, 1, &val, 1, &trap), "deleted"));
    EXPECT(fails_with(wasmtime_func_call_unchecked(c, &h->func.of.func, &raw, 1, &trap),
                      "deleted"));
    EXPECT(fails_with(wasmtime_linker_define_instance(kit.linker, c, "stale", 5, &h->instance),
                      "deleted"));
    const wasmtime_extern_t *all[] = {&h->memory, &h->table, &h->global, &h->tag, &h->func};
    for (size_t i = 0; i < 5; i++) {
        EXPECT(fails_with(wasmtime_linker_define(kit.linker, c, "stale", 5, "item", 4, all[i]),
                          "deleted"));
        EXPECT(wasmtime_extern_type(c, all[i]) == NULL);
    }
    wasmtime_module_t *importer = assemble("(module (import \"a\" \"b\" (memory 1)))");
    wasmtime_instance_t instance;
    EXPECT(fails_with(wasmtime_instance_new(c, importer, &h->memory, 1, &instance, &trap),
                      why_no_import));
    wasmtime_module_delete(importer);
}

static void expect_nothing_happens(const Handles *h)
{
    wasmtime_context_t *c = kit.context;
    wasmtime_val_t val = {0};
    wasmtime_extern_t item;
    char *name;
    size_t len;
    EXPECT(SURVIVES(!wasmtime_memory_data(c, &h->memory.of.memory)));
    EXPECT(SURVIVES(!wasmtime_memory_data_size(c, &h->memory.of.memory)));
    EXPECT(SURVIVES(!wasmtime_memory_size(c, &h->memory.of.memory)));
    EXPECT(SURVIVES(!wasmtime_memory_type(c, &h->memory.of.memory)));
    EXPECT(SURVIVES(!wasmtime_memory_page_size(c, &h->memory.of.memory)));
    EXPECT(SURVIVES(!wasmtime_memory_page_size_log2(c, &h->memory.of.memory)));
    EXPECT(SURVIVES(!wasmtime_table_type(c, &h->table.of.table)));
    EXPECT(SURVIVES(!wasmtime_table_get(c, &h->table.of.table, 0, &val)));
    EXPECT(SURVIVES(!wasmtime_table_size(c, &h->table.of.table)));
    EXPECT(SURVIVES(!wasmtime_global_type(c, &h->global.of.global)));
    EXPECT(SURVIVES((wasmtime_global_get(c, &h->global.of.global, &val), true)));
    EXPECT(SURVIVES(!wasmtime_tag_type(c, &h->tag.of.tag)));
    EXPECT(SURVIVES(!wasmtime_tag_eq(c, &h->tag.of.tag, &h->tag.of.tag)));
    EXPECT(SURVIVES(!wasmtime_func_type(c, &h->func.of.func)));
    EXPECT(SURVIVES(!wasmtime_func_to_raw(c, &h->func.of.func)));
    EXPECT(SURVIVES(!wasmtime_instance_export_get(c, &h->instance, "add", 3, &item)));
    EXPECT(SURVIVES(!wasmtime_instance_export_nth(c, &h->instance, 0, &name, &len, &item)));
}

static void stale_handles_are_errors(void)
{
    wasmtime_module_t *module = assemble(whole);
    wasmtime_instance_t instance = instantiate(module, NULL, 0);
    Handles stale = handles_of(&instance);
    EXPECT(deletes(&instance));
    expect_errors(&stale, "deleted");
    expect_nothing_happens(&stale);
    /* What takes its place has other handles. */
    wasmtime_instance_t other = instantiate(module, NULL, 0);
    Handles fresh = handles_of(&other);
    EXPECT(memcmp(&fresh.instance, &stale.instance, sizeof other) != 0);
    expect_errors(&stale, "deleted");
    expect_nothing_happens(&stale);
    EXPECT(KIT_CALL(&other, "add", 1).value == 8);
    wasmtime_module_delete(module);
}

static void handles_of_other_stores_are_errors(void)
{
    wasmtime_store_t *mine = kit.store, *other = wasmtime_store_new(kit.engine, NULL, NULL);
    kit.context = wasmtime_store_context(other);
    wasmtime_instance_t instance = instance_of(whole, NULL, 0);
    Handles foreign = handles_of(&instance);
    kit.context = wasmtime_store_context(mine);
    expect_errors(&foreign, "cross-`Store`");
    expect_nothing_happens(&foreign);
    wasmtime_store_delete(other);
    expect_errors(&foreign, "cross-`Store`");
    expect_nothing_happens(&foreign);
}

static void damaged_handles_are_errors(void)
{
    wasmtime_instance_t instance = instance_of(whole, NULL, 0);
    Handles h = handles_of(&instance);
    h.instance.__private = 0x7fffffff00000000u;
    h.memory.of.memory.__private1 = h.table.of.table.__private1 = 0xffffffff;
    h.global.of.global.__private2 = h.tag.of.tag.__private2 = 0;
    h.func.of.func.__private = (void *)(uintptr_t)0xffffffffffffffff;
    expect_errors(&h, "deleted");
    expect_nothing_happens(&h);
}

/* ---- what holds an instance ---- */

static void importers_hold_what_they_import(void)
{
    static const struct {
        const char *export, *import, *what;
    } cases[] = {
        {"memory", "(memory 1)", "a memory"},
        {"table", "(table 1 funcref)", "a table"},
        {"global", "(global (mut i64))", "a global"},
        {"tag", "(tag (param i64))", "a tag"},
        {"add", "(func (param i64) (result i64))", "a function"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char wat[256];
        snprintf(wat, sizeof wat, "(module $user (import \"of\" \"it\" %s))", cases[i].import);
        wasmtime_instance_t of = instance_of(whole, NULL, 0);
        wasmtime_extern_t item = kit_export(&of, cases[i].export);
        wasmtime_instance_t by = instance_of(wat, &item, 1);
        char text[128];
        snprintf(text, sizeof text, "module `user` imports %s of it, as `of::it`", cases[i].what);
        EXPECT(fails_with(stint_instance_delete(kit.context, &of), text));
        EXPECT(KIT_CALL(&of, "add", 1).value == 8);
        EXPECT(deletes(&by));
        EXPECT(deletes(&of));
    }
}

/* ---- deleting while guests run ---- */

static wasmtime_instance_t victim;
static bool was_deleted;
static wasm_trap_t *delete_victim(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                                  size_t nargs, wasmtime_val_t *results, size_t nresults)
{
    (void)env, (void)caller, (void)args, (void)nargs, (void)results, (void)nresults;
    wasmtime_error_t *error = stint_instance_delete(kit.context, &victim);
    was_deleted = !error;
    if (error && !fails_with(error, "a function of it is running"))
        exit(2);
    return NULL;
}

static const char caller[] = "(module $caller (import \"host\" \"delete\" (func $delete))"
                             "  (memory (export \"memory\") 1)"
                             "  (func (export \"run\") call $delete"
                             "    (i32.store (i32.const 65532) (i32.const 1))))";

static void running_functions_hold_their_instance(void)
{
    kit_host("delete", 0, 0, delete_victim, NULL);
    victim = kit_instance("caller", caller);
    EXPECT(KIT_CALL(&victim, "run").is_ok && !was_deleted);
    /* Two of one module. */
    wasmtime_linker_allow_shadowing(kit.linker, true);
    wasmtime_instance_t other = kit_instance("caller", caller);
    EXPECT(KIT_CALL(&other, "run").is_ok && was_deleted);
    EXPECT(fails_with(stint_instance_delete(kit.context, &victim), "deleted"));
    /* Beneath another instance, which calls the host. */
    victim = kit_instance("outer", "(module (import \"caller\" \"run\" (func $run))"
                                   "  (func (export \"go\") call $run))");
    EXPECT(KIT_CALL(&victim, "go").is_ok && !was_deleted);
    EXPECT(deletes(&victim));
}

static void what_guests_have_stays_until_they_return(void)
{
    kit_host("delete", 0, 0, delete_victim, NULL);
    victim = instance_of(whole, NULL, 0);
    wasmtime_extern_t add = kit_export(&victim, "add");
    wasmtime_instance_t holder = kit_instance(
        "holder", "(module (import \"host\" \"delete\" (func $delete))"
                  "  (type $t (func (param i64) (result i64)))"
                  "  (table (export \"held\") 1 funcref)"
                  "  (func (export \"go\") (result i64)"
                  "    call $delete"
                  "    (call_indirect (type $t) (i64.const 1) (i32.const 0)))"
                  "  (func (export \"again\")"
                  "    (drop (call_indirect (type $t) (i64.const 1) (i32.const 0))))"
                  "  (func (export \"clear\") (table.set (i32.const 0) (ref.null func))))");
    wasmtime_extern_t held = kit_export(&holder, "held");
    wasmtime_val_t func = {.kind = WASMTIME_FUNCREF, .of.funcref = add.of.func};
    kit_need(wasmtime_table_set(kit.context, &held.of.table, 0, &func), NULL, "table");
    EXPECT(KIT_CALL(&holder, "go").value == 8 && was_deleted);
    /* At the latest now. */
    wasmtime_instance_t other = instance_of(whole, NULL, 0);
    EXPECT(traps_as_deleted(&holder, "again"));
    /* Read out, it is a function that traps. */
    wasmtime_val_t got, one = {.kind = WASMTIME_I64, .of.i64 = 1};
    EXPECT(wasmtime_table_get(kit.context, &held.of.table, 0, &got));
    EXPECT(strstr(trap_of(&got.of.funcref, &one, 1, 1), "deleted"));
    EXPECT(KIT_CALL(&holder, "clear").is_ok);
    EXPECT(deletes(&other));
    EXPECT(strstr(trap_of(&got.of.funcref, &one, 1, 1), "deleted"));
}

/* ---- functions that are still somewhere ---- */

static void functions_in_tables_and_globals_trap(void)
{
    wasmtime_instance_t of = instance_of(whole, NULL, 0);
    wasmtime_instance_t holder = kit_instance(
        "holder", "(module (type $t (func (param i64) (result i64)))"
                  "  (table (export \"held\") 1 funcref)"
                  "  (global (export \"global\") (mut funcref) (ref.null func))"
                  "  (func (export \"by_table\")"
                  "    (drop (call_indirect (type $t) (i64.const 1) (i32.const 0))))"
                  "  (func (export \"by_global\")"
                  "    (drop (call_ref $t (i64.const 1) (ref.cast (ref $t) (global.get 0)))))"
                  "  (func (export \"by_tail\") (result i64)"
                  "    (return_call_indirect (type $t) (i64.const 1) (i32.const 0))))");
    wasmtime_extern_t held = kit_export(&holder, "held"), global = kit_export(&holder, "global");
    wasmtime_extern_t add = kit_export(&of, "add");
    wasmtime_val_t func = {.kind = WASMTIME_FUNCREF, .of.funcref = add.of.func};
    kit_need(wasmtime_table_set(kit.context, &held.of.table, 0, &func), NULL, "table");
    kit_need(wasmtime_global_set(kit.context, &global.of.global, &func), NULL, "global");
    EXPECT(KIT_CALL(&holder, "by_table").is_ok && KIT_CALL(&holder, "by_global").is_ok);
    EXPECT(deletes(&of));
    EXPECT(traps_as_deleted(&holder, "by_table"));
    EXPECT(traps_as_deleted(&holder, "by_global"));
    EXPECT(strstr(KIT_CALL(&holder, "by_tail").frames, "holder") != NULL ||
           !KIT_CALL(&holder, "by_tail").is_ok);
    /* A stale function is not a value. */
    EXPECT(fails_with(wasmtime_table_set(kit.context, &held.of.table, 0, &func), "deleted"));
}

/* Tombstones go when nothing names them any more. */
static void overwritten_functions_take_no_memory(void)
{
    wasmtime_module_t *module = assemble(whole);
    wasmtime_instance_t holder =
        kit_instance("holder", "(module (table (export \"held\") 1 funcref))");
    wasmtime_extern_t held = kit_export(&holder, "held");
    size_t before = 0;
    for (int i = 0; i < 4000; i++) {
        if (i == 200)
            before = resident_kb();
        wasmtime_instance_t of = instantiate(module, NULL, 0);
        wasmtime_val_t func = {.kind = WASMTIME_FUNCREF};
        func.of.funcref = kit_export(&of, "add").of.func;
        kit_need(wasmtime_table_set(kit.context, &held.of.table, 0, &func), NULL, "table");
        if (!deletes(&of))
            exit(2);
    }
    EXPECT(resident_kb() < before + SLACK_KB);
    wasmtime_module_delete(module);
}

static void functions_in_objects_trap(void)
{
    static const char wat[] =
        "(module (type $t (func (param i64) (result i64))) (type $s (struct (field funcref)))"
        "  (type $a (array (mut funcref)))"
        "  (table 1 (ref null $s)) (global $a (mut (ref null $a)) (ref.null $a))"
        "  (func (export \"keep\") (param funcref)"
        "    (table.set 0 (i32.const 0) (struct.new $s (local.get 0)))"
        "    (global.set $a (array.new $a (local.get 0) (i32.const 3))))"
        "  (func (export \"by_struct\")"
        "    (drop (call_ref $t (i64.const 1) (ref.cast (ref $t)"
        "      (struct.get $s 0 (table.get 0 (i32.const 0)))))))"
        "  (func (export \"by_array\")"
        "    (drop (call_ref $t (i64.const 1) (ref.cast (ref $t)"
        "      (array.get $a (global.get $a) (i32.const 2)))))))";
    wasmtime_instance_t holder = kit_instance("holder", wat), of = instance_of(whole, NULL, 0);
    wasmtime_extern_t keep = kit_export(&holder, "keep"), add = kit_export(&of, "add");
    wasmtime_val_t func = {.kind = WASMTIME_FUNCREF, .of.funcref = add.of.func};
    EXPECT(trap_of(&keep.of.func, &func, 1, 0)[0] == 0);
    EXPECT(KIT_CALL(&holder, "by_struct").is_ok && KIT_CALL(&holder, "by_array").is_ok);
    EXPECT(deletes(&of));
    EXPECT(traps_as_deleted(&holder, "by_struct"));
    EXPECT(traps_as_deleted(&holder, "by_array"));
    kit_need(wasmtime_context_gc(kit.context), NULL, "collecting");
    EXPECT(traps_as_deleted(&holder, "by_array"));
}

static void exceptions_outlive_their_tag(void)
{
    wasmtime_instance_t of = instance_of(
        "(module (tag $t (param i64)) (func (export \"go\") (throw $t (i64.const 5))))", NULL, 0);
    wasmtime_extern_t go = kit_export(&of, "go");
    wasm_trap_t *trap = NULL;
    wasmtime_exnref_t exn;
    wasmtime_val_t field;
    kit_need(wasmtime_func_call(kit.context, &go.of.func, NULL, 0, NULL, 0, &trap), NULL, "go");
    EXPECT(trap && wasmtime_context_take_exception(kit.context, &exn));
    wasm_trap_delete(trap);
    EXPECT(deletes(&of));
    kit_need(wasmtime_context_gc(kit.context), NULL, "collecting");
    kit_need(wasmtime_exnref_field(kit.context, &exn, 0, &field), NULL, "field");
    EXPECT(field.of.i64 == 5);
    wasmtime_exnref_unroot(&exn);
    wasmtime_instance_t other = instance_of(whole, NULL, 0);
    EXPECT(deletes(&other));
}

static void raw_functions_stay_safe(void)
{
    wasmtime_instance_t of = instance_of(whole, NULL, 0);
    wasmtime_extern_t add = kit_export(&of, "add");
    void *raw = wasmtime_func_to_raw(kit.context, &add.of.func);
    wasmtime_func_t func;
    wasmtime_val_t one = {.kind = WASMTIME_I64, .of.i64 = 1};
    EXPECT(deletes(&of));
    wasmtime_func_from_raw(kit.context, raw, &func);
    EXPECT(strstr(trap_of(&func, &one, 1, 1), "the function's instance was deleted"));
}

/* ---- linkers ---- */

static void definitions_do_not_outlive_their_instance(void)
{
    wasmtime_instance_t of = kit_instance("of", whole), made;
    wasmtime_module_t *module = assemble("(module (import \"of\" \"memory\" (memory 1))"
                                         "  (import \"of\" \"add\""
                                         "    (func (param i64) (result i64))))");
    wasmtime_instance_pre_t *pre;
    wasmtime_extern_t item;
    wasm_trap_t *trap;
    kit_need(wasmtime_linker_instantiate_pre(kit.linker, module, &pre), NULL, "pre");
    kit_need(wasmtime_instance_pre_instantiate(pre, kit.context, &made, &trap), NULL, "pre");
    EXPECT(deletes(&made) && deletes(&of));
    EXPECT(fails_with(wasmtime_instance_pre_instantiate(pre, kit.context, &made, &trap),
                      "was deleted"));
    EXPECT(fails_with(wasmtime_linker_instantiate(kit.linker, kit.context, module, &made, &trap),
                      "was deleted"));
    EXPECT(!wasmtime_linker_get(kit.linker, kit.context, "of", 2, "add", 3, &item));
    wasmtime_instance_pre_delete(pre);
    wasmtime_module_delete(module);
}

/* ---- all ---- */

#define ALL(X)                                                                                \
    X(many_in_one_store_take_constant_memory) X(limits_count_what_is_there)                   \
    X(stale_handles_are_errors) X(handles_of_other_stores_are_errors)                         \
    X(damaged_handles_are_errors) X(importers_hold_what_they_import)                          \
    X(running_functions_hold_their_instance) X(what_guests_have_stays_until_they_return)      \
    X(functions_in_tables_and_globals_trap) X(overwritten_functions_take_no_memory)           \
    X(functions_in_objects_trap) X(exceptions_outlive_their_tag) X(raw_functions_stay_safe)   \
    X(definitions_do_not_outlive_their_instance)

static void (*interpreted)(void);
static void run_interpreted(void)
{
    wasm_config_t *config = wasm_config_new();
    kit_set(config, 'C', "compiler=interpreter");
    kit.engine = wasm_engine_new_with_config(config);
    kit.store = wasmtime_store_new(kit.engine, NULL, NULL);
    kit.linker = wasmtime_linker_new(kit.engine);
    kit.context = wasmtime_store_context(kit.store);
    interpreted();
    kit_end();
}

int main(void)
{
#define BOTH(test)      \
    KIT_TEST(test);     \
    interpreted = test; \
    test_run(#test ", interpreted", run_interpreted);
    ALL(BOTH)
    return test_end();
}
