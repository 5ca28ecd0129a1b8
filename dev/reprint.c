/* `stint-dev reprint`: modules are printed, flat and folded, and what is printed is parsed. That
 * must give the same module: the same bytes, if the first ones were written as the parser would
 * write them. Others must at least print as the same text again, and then stay what they are. */
#include "dev.h"

#include <stdio.h>
#include <stdlib.h>

#include "wat/print.h"
#include "wat/wat.h"

/* The bytes that a module's text stands for, in the arena. False: `diag` and where it was. */
static bool reprint(Arena *arena, const u8 *bytes, size_t len, u32 flags, StrBuf *text,
                    WatModule *out, const char **where, Diag *diag)
{
    WasmFeatures features = wasm_features_all();
    WasmModule *m;
    *where = "the module";
    if (!wasm_decode(arena, bytes, len, &features, &m, diag) || !wasm_validate_all(m, diag))
        return false;
    *where = "printing";
    if (!wat_print(m, flags, text, diag))
        return false;
    *where = "the text";
    return wat_parse(sb_str(text), text->len, &features, arena, out, diag);
}

static DevReprint check_twice(Arena *arena, const u8 *bytes, size_t len, u32 flags, StrBuf texts[2],
                              const char **where, Diag *diag)
{
    WatModule first, second;
    if (!reprint(arena, bytes, len, flags, &texts[0], &first, where, diag))
        return DEV_REPRINT_FAILED;
    if (first.len == len && !memcmp(first.bytes, bytes, len))
        return DEV_REPRINT_SAME_BYTES;
    *where = "the second text";
    if (!reprint(arena, first.bytes, first.len, flags, &texts[1], &second, where, diag))
        return DEV_REPRINT_FAILED;
    if (second.len != first.len || memcmp(second.bytes, first.bytes, first.len))
        return diag_fail(diag, DIAG_NO_OFFSET, "parsing the second text gives other bytes"),
               DEV_REPRINT_FAILED;
    bool is_same = texts[0].len == texts[1].len &&
                   !memcmp(sb_str(&texts[0]), sb_str(&texts[1]), texts[0].len);
    return is_same ? DEV_REPRINT_SAME_TEXT : DEV_REPRINT_OTHER_TEXT;
}

DevReprint dev_reprint_bytes(const u8 *bytes, size_t len, bool is_folded, Diag *diag)
{
    Arena arena;
    StrBuf texts[2] = {{0}, {0}};
    const char *where;
    Diag found = {0};
    arena_init(&arena, NULL);
    DevReprint result = check_twice(&arena, bytes, len, is_folded ? WAT_PRINT_FOLDED : 0, texts,
                                    &where, &found);
    if (result == DEV_REPRINT_FAILED)
        diag_fail(diag, found.offset, "%s at %llu: %.300s", where,
                  (unsigned long long)found.offset, found.text);
    sb_free(&texts[0]);
    sb_free(&texts[1]);
    arena_free(&arena);
    return result;
}

int dev_reprint(int argc, char **argv)
{
    static const char *const results[] = {"FAILED", "other text", "same text", "same bytes"};
    int status = 0;
    for (int i = 0; i < argc; i++) {
        size_t len;
        char *bytes = dev_read_file(argv[i], &len);
        if (!bytes)
            return 2;
        for (u32 folded = 0; folded < 2; folded++) {
            Diag diag = {0};
            DevReprint result = dev_reprint_bytes((const u8 *)bytes, len, folded, &diag);
            printf("%s: %s%s%s\n", argv[i], results[result], *diag.text ? ": " : "", diag.text);
            status |= result <= DEV_REPRINT_OTHER_TEXT;
        }
        free(bytes);
    }
    return status;
}
