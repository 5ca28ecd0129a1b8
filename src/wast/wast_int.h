/* Private to the room: the state of a script that is being run. */
#ifndef STINT_WAST_INT_H
#define STINT_WAST_INT_H

#include "base/strbuf.h"
#include "base/vec.h"
#include "wast/wast.h"
#include "wat/print.h"
#include "wat/wat.h"

/* ---- outcomes (outcome.c) ---- */

typedef enum WastKind {
    WAST_OK,
    WAST_MALFORMED, /* text that is no module */
    WAST_INVALID,   /* bytes that are no valid module */
    WAST_UNLINKABLE,
    WAST_TRAP,
    WAST_EXHAUSTION,
    WAST_EXCEPTION,
    WAST_FAILURE, /* none of these: the module cannot be compiled, an export is not there */
} WastKind;

/* How something went. */
typedef struct WastOutcome {
    WastKind kind;
    const char *text;  /* what Stint says; in scratch memory; "" for WAST_OK */
    const char *words; /* what the suite says instead, alternatives separated by '|'; or NULL */
} WastOutcome;

/* ---- values (value.c) ---- */

typedef enum WastPatternKind {
    WAST_NUMBER,      /* lanes */
    WAST_NULL,        /* of `valkind`, or any */
    WAST_FUNC,        /* any function */
    WAST_EXTERN,      /* any host reference */
    WAST_EXTERN_OF,   /* the host reference `host`, as an externref */
    WAST_HOST_OF,     /* the same as an anyref */
    WAST_ANY,         /* references of the hierarchy below `any` */
    WAST_EQ,
    WAST_I31,
    WAST_STRUCT,
    WAST_ARRAY,
    WAST_EXN,
    WAST_EITHER,      /* one of `choices` */
} WastPatternKind;

typedef enum WastNan { WAST_EXACT, WAST_NAN_CANONICAL, WAST_NAN_ARITHMETIC } WastNan;
#define WAST_ANY_KIND 0xFF

/* A value, or what one is expected to be. Numbers have one lane, vectors more. */
typedef struct WastPattern {
    u8 kind;    /* WastPatternKind */
    u8 valkind; /* of numbers; of null references, or WAST_ANY_KIND */
    u8 n_lanes;
    u8 lane_bytes;
    bool is_float;
    u8 nans[16];    /* WastNan, by lane */
    u64 lanes[16];  /* bits */
    u32 host;
    u32 n_choices;
    const struct WastPattern *choices;
} WastPattern;

/* ---- the script ---- */

typedef struct WastInstance {
    WasmStr name; /* at == NULL: none */
    bool is_missing; /* it could not be made: what needs it fails */
    wasmtime_instance_t instance;
} WastInstance;

typedef struct WastDefinition {
    WasmStr name;
    wasmtime_module_t *module;
} WastDefinition;

/* A host reference by its number in the script. */
typedef struct WastHost {
    u32 number;
    wasmtime_externref_t ref;
} WastHost;

/* What an action gave: roots that are released with the directive. */
typedef struct WastResults {
    wasmtime_val_t *vals; /* in scratch memory */
    size_t n;
} WastResults;

typedef struct WastThread WastThread; /* see thread.c */

typedef struct Wast {
    WatLexer lex;
    WatLexer start; /* behind the opening parenthesis of the directive */
    Arena arena;    /* for the script */
    Arena scratch;  /* for one directive */
    Diag diag;
    jmp_buf jump;     /* where a directive fails to */
    bool is_reported; /* why it failed */

    wasm_engine_t *engine;
    WasmFeatures features; /* the engine's: text is read accordingly */
    wasmtime_store_t *store;
    wasmtime_context_t *context;
    wasmtime_linker_t *linker;
    const stint_wast_options_t *options;
    stint_wast_counts_t counts;
    bool is_thread; /* started by another script */
    bool is_over;   /* the time is up: nothing else is run */

    VEC(WastInstance) instances;     /* in order; the last one is the current one */
    VEC(WastDefinition) definitions; /* likewise */
    VEC(WastHost) hosts;
    VEC(WastThread *) threads;
    WastResults results; /* of the last action of the directive */
} Wast;

/* Makes the state of a script that is run in a store; false if memory ran out. wast_close() frees
 * it before the store goes. */
bool wast_open(Wast *w, wasm_engine_t *engine, wasmtime_store_t *store);
void wast_close(Wast *w);
/* Runs commands up to the parenthesis that closes them, or the end of the text. */
void wast_run_commands(Wast *w);

/* Ends the directive: it failed, with this to say. */
_Noreturn void wast_fail(Wast *w, const char *format, ...) PRINTF_LIKE(2, 3);
/* A text in scratch memory. */
const char *wast_text(Wast *w, const char *format, ...) PRINTF_LIKE(2, 3);

/* ---- outcome.c ---- */

/* Each takes what it is made of. */
WastOutcome wast_outcome_of_error(Wast *w, wasmtime_error_t *error, WastKind kind);
WastOutcome wast_outcome_of_trap(Wast *w, wasm_trap_t *trap);
/* Fails unless the outcome is of the kind, with a message that begins with `expected`. */
void wast_expect(Wast *w, const WastOutcome *outcome, WastKind kind, WasmStr expected);

/* ---- module.c: the lexer stands at the opening parenthesis of a module ---- */

typedef struct WastBytes {
    WatModule module;
    bool is_text; /* it was not given as bytes */
} WastBytes;

/* WAST_OK or WAST_MALFORMED. */
WastOutcome wast_read_module(Wast *w, WastBytes *out);
/* WAST_OK or WAST_INVALID; does not compile. */
WastOutcome wast_validate(Wast *w, const WastBytes *bytes);
/* Compiles; module: out, owned by the caller. */
WastOutcome wast_compile(Wast *w, const WastBytes *bytes, wasmtime_module_t **module);
WastOutcome wast_instantiate(Wast *w, const wasmtime_module_t *module, wasmtime_instance_t *out);
/* A module that is ours, with its imports from the linker of another script. */
WastOutcome wast_instantiate_text(Wast *w, Wast *where, const char *text,
                                  wasmtime_instance_t *out);
/* The current instance, or the one of a name; fails if there is none. */
const wasmtime_instance_t *wast_instance(Wast *w, WasmStr name);
/* Remembers. instance: NULL if it could not be made. The module is taken, if only to be freed in
 * the end. */
void wast_add_instance(Wast *w, WasmStr name, const wasmtime_instance_t *instance);
void wast_add_definition(Wast *w, WasmStr name, wasmtime_module_t *module);
wasmtime_module_t *wast_definition(Wast *w, WasmStr name);
/* Offers an instance to imports. */
void wast_register(Wast *w, WasmStr as, const wasmtime_instance_t *instance);
/* Offers what the suite calls `spectest`, as far as the engine's features allow. */
void wast_add_spectest(Wast *w);

/* Two names that are both there, and equal. */
bool wast_same_name(WasmStr a, WasmStr b);
/* A string that is text, in scratch memory; goes behind it. */
WasmStr wast_take_name(Wast *w);
/* An identifier, if there is one; else at == NULL. In the script's memory. */
WasmStr wast_optional_id(Wast *w);

/* ---- action.c: the lexer stands behind the parenthesis of invoke or get ---- */

/* The lexer is then behind the action, and w->results are what it gave. */
WastOutcome wast_act(Wast *w);

/* ---- thread.c: the lexer stands behind the parenthesis of thread or wait ---- */

void wast_start_thread(Wast *w);
void wast_wait_thread(Wast *w);
void wast_free_threads(Wast *w);

/* ---- value.c: the lexer stands at the opening parenthesis of a value ---- */

WastPattern wast_read_pattern(Wast *w);
/* Fails if the pattern is more than one value. */
wasmtime_val_t wast_value_of(Wast *w, const WastPattern *pattern);
bool wast_matches(Wast *w, const WastPattern *pattern, const wasmtime_val_t *val);
const char *wast_pattern_text(Wast *w, const WastPattern *pattern);
const char *wast_value_text(Wast *w, const wasmtime_val_t *val);

#endif
