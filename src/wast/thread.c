/* Threads of scripts: (thread $name (shared (module $m))* command*) runs commands beside the
 * script, in a store of their own, and (wait $name) waits for their end. What they have in common
 * with the script are shared memories: those that the instances named in `shared` export. */
#define WASMTIME_FEATURE_THREADS
#include "wast/wast_int.h"

#include <stdio.h>
#include <stdlib.h>

#include "os/os.h"

/* A failure that is told when the thread is waited for. */
typedef struct Note {
    struct Note *next;
    u32 line, column;
    size_t len;
    char text[];
} Note;

struct WastThread {
    WasmStr name; /* in the script's memory */
    Wast script;  /* what the thread runs */
    stint_wast_options_t options;
    pthread_t thread;
    bool is_running; /* and has to be joined */
    Note *notes, **last_note;
};

/* ---- in the thread ---- */

/* Without memory for a note, the failure still counts. */
static void take_note(void *ctx, const stint_wast_failure_t *failure)
{
    WastThread *t = ctx;
    Note *note = malloc(sizeof *note + failure->message_len);
    if (!note)
        return;
    *note = (Note){.line = failure->line, .column = failure->column, .len = failure->message_len};
    memcpy(note->text, failure->message, failure->message_len);
    *t->last_note = note;
    t->last_note = &note->next;
}

static void *run(void *ctx)
{
    WastThread *t = ctx;
    wast_run_commands(&t->script);
    return NULL;
}

/* ---- shared memories ---- */

/* A field of a module that imports a memory of this type as "shared" `number` and exports it. */
static void add_memory(StrBuf *text, const wasm_memorytype_t *type, u32 number, const char *name,
                       size_t len)
{
    uint64_t max = 0;
    wasmtime_memorytype_maximum(type, &max);
    sb_printf(text, "(memory (import \"shared\" \"%u\") %s %llu %llu shared)(export \"", number,
              wasmtime_memorytype_is64(type) ? "i64" : "",
              (unsigned long long)wasmtime_memorytype_minimum(type), (unsigned long long)max);
    for (size_t i = 0; i < len; i++)
        sb_printf(text, "\\%02x", (u8)name[i]);
    sb_printf(text, "\" (memory %u))", number);
}

/* Offers the shared memories of an instance to the thread's linker; the text of a module that
 * exports them under their names is the result. */
static StrBuf offer_memories(Wast *w, WastThread *t, const wasmtime_instance_t *instance)
{
    StrBuf text = {0};
    char *name, number[16];
    size_t len;
    wasmtime_extern_t item;
    u32 n = 0;
    sb_puts(&text, "(module ");
    for (size_t i = 0;
         wasmtime_instance_export_nth(w->context, instance, i, &name, &len, &item); i++) {
        if (item.kind == WASMTIME_EXTERN_SHAREDMEMORY) {
            wasm_memorytype_t *type = wasmtime_sharedmemory_type(item.of.sharedmemory);
            int number_len = snprintf(number, sizeof number, "%u", n);
            wasmtime_error_delete(wasmtime_linker_define(t->script.linker, t->script.context,
                                                         "shared", 6, number, (size_t)number_len,
                                                         &item));
            add_memory(&text, type, n++, name, len);
            wasm_memorytype_delete(type);
        }
        wasmtime_extern_delete(&item);
    }
    sb_putc(&text, ')');
    return text;
}

/* (shared (module $name)): the thread gets an instance of that name with the shared memories. */
static void share(Wast *w, WastThread *t)
{
    wat_take_left(&w->lex);
    wat_next(&w->lex); /* shared, as the caller has seen */
    wat_take_left(&w->lex);
    wat_take_keyword(&w->lex, WAT_KW_MODULE);
    WasmStr name = wast_optional_id(w);
    wat_take_right(&w->lex);
    wat_take_right(&w->lex);
    StrBuf text = offer_memories(w, t, wast_instance(w, name));
    const char *copy = wast_text(w, "%s", sb_str(&text));
    sb_free(&text);
    wasmtime_instance_t instance;
    WastOutcome outcome = wast_instantiate_text(w, &t->script, copy, &instance);
    if (outcome.kind != WAST_OK)
        wast_fail(w, "the memories cannot be shared: %s", outcome.text);
    wast_add_instance(&t->script, name, &instance);
}

/* ---- commands ---- */

static bool is_shared(const Wast *w) { return wat_is_form(&w->lex, WAT_KW_SHARED); }

/* With a store that has the engine's time limit, and no other. */
static WastThread *new_thread(Wast *w, WasmStr name)
{
    WastThread *t = calloc(1, sizeof *t);
    wasmtime_store_t *store = t ? wasmtime_store_new(w->engine, NULL, NULL) : NULL;
    if (!store || !wast_open(&t->script, w->engine, store)) {
        if (store)
            wasmtime_store_delete(store);
        free(t);
        wast_fail(w, "out of memory");
    }
    wasmtime_context_set_epoch_deadline(t->script.context, 1);
    t->name = name;
    t->last_note = &t->notes;
    t->options = (stint_wast_options_t){w->options->ignore_messages, take_note, t};
    t->script.options = &t->options;
    t->script.is_thread = true;
    return t;
}

void wast_start_thread(Wast *w)
{
    wat_next(&w->lex);
    if (w->is_thread)
        wast_fail(w, "a thread cannot start another one");
    vec_reserve(&w->arena, &w->threads, 1);
    WastThread *t = new_thread(w, wast_optional_id(w));
    vec_push(&w->arena, &w->threads, t);
    t->script.arena.on_oom = t->script.scratch.on_oom = &w->jump;
    while (is_shared(w))
        share(w, t);
    t->script.arena.on_oom = t->script.scratch.on_oom = &t->script.jump;
    t->script.lex = w->lex;
    t->script.lex.diag = &t->script.diag;
    t->script.lex.on_fail = &t->script.jump;
    t->is_running = pthread_create(&t->thread, NULL, run, t) == 0;
    if (!t->is_running)
        wast_fail(w, "the system refuses a thread");
    if (!wat_skip_form(&w->lex))
        wast_fail(w, "unclosed thread");
}

static void join(WastThread *t)
{
    if (t->is_running)
        check(pthread_join(t->thread, NULL) == 0);
    t->is_running = false;
}

void wast_wait_thread(Wast *w)
{
    wat_next(&w->lex);
    WasmStr name = wast_optional_id(w);
    wat_take_right(&w->lex);
    WastThread *t = NULL;
    for (u32 i = w->threads.len; !t && i > 0; i--)
        if (wast_same_name(w->threads.at[i - 1]->name, name))
            t = w->threads.at[i - 1];
    if (!t || !t->is_running)
        wast_fail(w, "unknown thread");
    join(t);
    for (const Note *note = t->notes; note && w->options->report; note = note->next) {
        stint_wast_failure_t failure = {note->line, note->column, note->text, note->len};
        w->options->report(w->options->ctx, &failure);
    }
    w->is_over |= t->script.is_over;
    if (t->script.counts.failed)
        wast_fail(w, "%llu commands of the thread failed",
                  (unsigned long long)t->script.counts.failed);
}

void wast_free_threads(Wast *w)
{
    for (u32 i = 0; i < w->threads.len; i++) {
        WastThread *t = w->threads.at[i];
        join(t);
        for (Note *note = t->notes, *next; note; note = next) {
            next = note->next;
            free(note);
        }
        wast_close(&t->script);
        wasmtime_store_delete(t->script.store);
        free(t);
    }
}
