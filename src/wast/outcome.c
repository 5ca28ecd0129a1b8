/* How things went, and whether that is what was expected. */
#include "wast/wast_int.h"

/* ---- messages ---- */

/* Behind the last `mark` in a text, or all of it. */
static const char *behind(const char *text, const char *mark)
{
    for (const char *at; (at = strstr(text, mark)) != NULL;)
        text = at + strlen(mark);
    return text;
}

/* The innermost cause in a message of the library, without its number and blanks around it. */
static const char *last_cause(Wast *w, const wasm_byte_vec_t *message)
{
    char *text = arena_strndup(&w->scratch, message->data, message->size);
    size_t len = strlen(text);
    while (len && text[len - 1] == '\n')
        text[--len] = 0;
    const char *cause = behind(text, "\nCaused by:\n");
    const char *line = strrchr(cause, '\n');
    cause = line && cause != text ? line + 1 : cause;
    cause += strspn(cause, " ");
    size_t digits = strspn(cause, "0123456789");
    return digits && cause[digits] == ':' ? cause + digits + 2 : cause;
}

WastOutcome wast_outcome_of_error(Wast *w, wasmtime_error_t *error, WastKind kind)
{
    /* How the library tells what it found wrong with a module. */
    static const char verdict[] = "Invalid input WebAssembly code at offset ";
    wasm_name_t message;
    stint_error_details(error, &message);
    wasmtime_error_delete(error);
    const char *text = last_cause(w, &message);
    wasm_byte_vec_delete(&message);
    if (kind == WAST_INVALID) {
        bool is_verdict = !strncmp(text, verdict, sizeof verdict - 1);
        kind = is_verdict ? WAST_INVALID : WAST_FAILURE;
        const char *colon = is_verdict ? strstr(text, ": ") : NULL;
        text = colon ? colon + 2 : text;
    }
    return (WastOutcome){kind, text, NULL};
}

/* ---- traps ---- */

/* What the suite calls the traps, where that is not the text which libwasmtime has for them; in
 * the order of their codes. It names the type of a null reference, which a trap does not know, and
 * two different things that are out of a table's bounds. */
static const struct {
    wasmtime_trap_code_t code;
    const char *words;
} suite_words[] = {
    {WASMTIME_TRAP_CODE_STACK_OVERFLOW, "call stack exhausted"},
    {WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS, "out of bounds memory access"},
    {WASMTIME_TRAP_CODE_HEAP_MISALIGNED, "unaligned atomic"},
    {WASMTIME_TRAP_CODE_TABLE_OUT_OF_BOUNDS, "undefined element|out of bounds table access"},
    {WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED, "unreachable"},
    {WASMTIME_TRAP_CODE_ATOMIC_WAIT_NON_SHARED_MEMORY, "expected shared memory"},
    {WASMTIME_TRAP_CODE_NULL_REFERENCE,
     "null reference|null function reference|null structure reference|null array reference|"
     "null i31 reference|null exception reference"},
    {WASMTIME_TRAP_CODE_ARRAY_OUT_OF_BOUNDS, "out of bounds array access"},
};

static const char *words_of(wasmtime_trap_code_t code)
{
    for (size_t i = 0; i < ARRAY_LEN(suite_words); i++)
        if (suite_words[i].code == code)
            return suite_words[i].words;
    return NULL;
}

static WastKind kind_of(Wast *w, wasmtime_trap_code_t code)
{
    switch (code) {
    case WASMTIME_TRAP_CODE_STACK_OVERFLOW: return WAST_EXHAUSTION;
    case WASMTIME_TRAP_CODE_UNCAUGHT_EXCEPTION: return WAST_EXCEPTION;
    case WASMTIME_TRAP_CODE_INTERRUPT:
    case WASMTIME_TRAP_CODE_OUT_OF_FUEL:
        w->is_over = true;
        return WAST_FAILURE;
    default: return WAST_TRAP;
    }
}

WastOutcome wast_outcome_of_trap(Wast *w, wasm_trap_t *trap)
{
    WastOutcome outcome = {.kind = WAST_FAILURE};
    wasm_message_t message;
    wasmtime_trap_code_t code;
    wasmtime_exnref_t exn;
    if (wasmtime_trap_code(trap, &code)) {
        outcome.kind = kind_of(w, code);
        outcome.words = words_of(code);
    } else if (wasmtime_context_take_exception(w->context, &exn)) {
        outcome.kind = WAST_EXCEPTION;
        wasmtime_exnref_unroot(&exn);
    }
    wasm_trap_message(trap, &message);
    wasm_trap_delete(trap);
    outcome.text = behind(last_cause(w, &message), "wasm trap: ");
    wasm_byte_vec_delete(&message);
    return outcome;
}

/* ---- judging ---- */

static const char *kind_name(WastKind kind)
{
    static const char *const names[] = {
        [WAST_OK] = "success",           [WAST_MALFORMED] = "malformed text",
        [WAST_INVALID] = "an invalid module", [WAST_UNLINKABLE] = "a module that cannot be linked",
        [WAST_TRAP] = "a trap",          [WAST_EXHAUSTION] = "exhaustion",
        [WAST_EXCEPTION] = "an exception", [WAST_FAILURE] = "a failure",
    };
    return names[kind];
}

static bool begins(const char *text, size_t len, WasmStr expected)
{
    return expected.len <= len && !memcmp(text, expected.at, expected.len);
}

/* Does one of the alternatives begin with what is expected? The suite may add the number of an
 * element, which a trap does not know either. */
static bool words_begin(const char *words, WasmStr expected)
{
    for (;; words++) {
        size_t len = strcspn(words, "|");
        if (begins(words, len, expected))
            return true;
        words += len;
        if (!*words)
            return false;
    }
}

static WasmStr without_number(WasmStr text)
{
    u32 len = text.len;
    while (len && text.at[len - 1] >= '0' && text.at[len - 1] <= '9')
        len--;
    bool has_number = len && len < text.len && text.at[len - 1] == ' ';
    return has_number ? (WasmStr){text.at, len - 1} : text;
}

void wast_expect(Wast *w, const WastOutcome *outcome, WastKind kind, WasmStr expected)
{
    if (outcome->kind != kind)
        wast_fail(w, "expected %s (%.*s), found %s%s%s", kind_name(kind), (int)expected.len,
                  expected.at, kind_name(outcome->kind), *outcome->text ? ": " : "",
                  outcome->text);
    bool is_trap = kind == WAST_TRAP || kind == WAST_EXHAUSTION;
    if (w->options->ignore_messages || kind == WAST_EXCEPTION ||
        begins(outcome->text, strlen(outcome->text), expected) ||
        (is_trap && words_begin(outcome->words ? outcome->words : outcome->text,
                                without_number(expected))))
        return;
    wast_fail(w, "expected the message `%.*s`, found `%s`", (int)expected.len, expected.at,
              outcome->text);
}
