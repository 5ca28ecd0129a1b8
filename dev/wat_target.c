/* One text through the parser of the text format, as a fuzzer calls it: `make fuzz-wat` links this
 * with libFuzzer, wat_fuzz.c with a mutator of its own. */
#define _GNU_SOURCE /* memmem */
#include "wat_target.h"

#include <stdio.h>
#include <stdlib.h>

#include "wat/print.h"
#include "wat/wat.h"

/* What the decoder says of bytes that no writer should make, whatever the text was. */
static bool is_our_fault(const char *text)
{
    static const char *const faults[] = {
        "unexpected end", "section size mismatch", "magic header", "malformed section",
        "integer representation", "integer too large", "length out of bounds", "illegal opcode",
        "END opcode", "unexpected content", "function and code", "data count", "malformed import",
        "malformed limits", "malformed mutability", "malformed UTF-8", "unexpected section",
    };
    for (size_t i = 0; i < ARRAY_LEN(faults); i++)
        if (!strncmp(text, faults[i], strlen(faults[i])))
            return true;
    return false;
}

static _Noreturn void give_up(const char *what, const Diag *diag)
{
    fprintf(stderr, "wat: %s: %llu: %s\n", what, (unsigned long long)diag->offset, diag->text);
    abort();
}

/* A valid module, printed and parsed, is the same bytes. */
static void comes_back(const WasmModule *m, u32 flags)
{
    Arena arena;
    Diag diag = {0};
    WatModule back;
    StrBuf text = {0};
    arena_init(&arena, NULL);
    if (!wat_print(m, flags, &text, &diag) ||
        !wat_parse(sb_str(&text), text.len, &m->features, &arena, &back, &diag)) {
        if (!diag.is_oom)
            give_up("what is printed does not parse", &diag);
    } else if (back.len != m->size || memcmp(back.bytes, m->bytes, m->size) != 0) {
        give_up("what is printed is another module", &diag);
    }
    sb_free(&text);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena arena;
    Diag diag = {0};
    WatModule wat;
    WasmModule *m = NULL;
    const char *text = (const char *)data;
    WasmFeatures all = wasm_features_all();
    arena_init(&arena, NULL);
    /* Bytes that the text holds as such are nobody's fault. */
    bool is_binary = size && memmem(data, size, "binary", 6);
    if (!wat_parse(text, size, &all, &arena, &wat, &diag)) {
        if (diag.offset > size && !diag.is_oom)
            give_up("an error outside of the text", &diag);
    } else if (!wasm_decode(&arena, wat.bytes, wat.len, &all, &m, &diag) ||
               !wasm_validate_all(m, &diag)) {
        if (!is_binary && is_our_fault(diag.text))
            give_up("the module is malformed", &diag);
        u64 place = diag.offset == DIAG_NO_OFFSET
                        ? DIAG_NO_OFFSET
                        : wat_locate(text, size, &all, diag.offset);
        if (place > size && place != DIAG_NO_OFFSET)
            give_up("a place outside of the text", &diag);
    } else if (!is_binary) {
        comes_back(m, 0);
        comes_back(m, WAT_PRINT_FOLDED);
    }
    arena_free(&arena);
    return 0;
}
