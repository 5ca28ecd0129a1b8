/* `stint-dev validate`: verdicts on modules, one line a file, for those who change the decoder.
 * With --walk every body is read again by the unchecked reader and the side table compared with
 * what is seen on the way. */
#include "dev.h"

#include <stdio.h>
#include <stdlib.h>

#include "wasm/wasm.h"

/* What the walk knows of a construct that is open. */
typedef struct Open {
    u32 construct;
    u32 n_ops; /* read before it */
} Open;

typedef struct Walk {
    const WasmModule *m;
    const WasmBodyInfo *info;
    WasmReader reader;
    Open *open; /* as many as there are constructs */
    u32 n_open;
    u32 n_seen; /* constructs so far */
    u32 n_ops;
    Diag *diag;
} Walk;

static bool differs(Walk *w, u32 offset, const char *what)
{
    return diag_fail(w->diag, offset, "side table of function %u: %s differs", w->info->func, what);
}

static bool walk_open(Walk *w, u32 offset)
{
    if (w->n_seen >= w->info->n_constructs)
        return differs(w, offset, "the number of constructs");
    const WasmConstruct *c = &w->info->constructs[w->n_seen];
    if (c->start != offset)
        return differs(w, offset, "a start");
    if (c->parent != (w->n_open ? w->open[w->n_open - 1].construct : WASM_NONE))
        return differs(w, offset, "a parent");
    WasmReader type = w->reader;
    if (wasm_read_block_type(&type, w->m) != c->type)
        return differs(w, offset, "a block type");
    w->open[w->n_open++] = (Open){w->n_seen++, w->n_ops - 1};
    return true;
}

static bool walk_close(Walk *w, u32 offset)
{
    Open open = w->open[--w->n_open];
    const WasmConstruct *c = &w->info->constructs[open.construct];
    if (c->end != offset)
        return differs(w, offset, "an end");
    if (c->after != w->n_seen)
        return differs(w, offset, "the construct behind");
    return c->n_ops == w->n_ops - open.n_ops ? true : differs(w, offset, "a count of operators");
}

/* All constructs around an assignment must know of it. */
static bool walk_assign(Walk *w, u32 offset)
{
    WasmReader local = w->reader;
    u32 index = wasm_read_u32(&local);
    for (u32 i = 0; i < w->n_open; i++)
        if (!wasm_assigns(w->info, &w->info->constructs[w->open[i].construct], index))
            return differs(w, offset, "a set of assigned locals");
    return true;
}

static bool walk_op(Walk *w, WasmOp op, u32 offset)
{
    switch (op) {
    case WASM_OP_BLOCK:
    case WASM_OP_LOOP:
    case WASM_OP_IF:
    case WASM_OP_TRY:
    case WASM_OP_TRY_TABLE:
        return walk_open(w, offset);
    case WASM_OP_ELSE:
        if (w->info->constructs[w->open[w->n_open - 1].construct].else_at != offset)
            return differs(w, offset, "an else");
        return true;
    case WASM_OP_LOCAL_SET:
    case WASM_OP_LOCAL_TEE:
        return walk_assign(w, offset);
    case WASM_OP_END:
    case WASM_OP_DELEGATE:
        return w->n_open ? walk_close(w, offset) : true;
    default:
        return true;
    }
}

static bool walk_body(const WasmModule *m, const WasmBodyInfo *info, Diag *diag)
{
    Walk w = {.m = m,
              .info = info,
              .reader = wasm_reader(m, info->code_start, info->code_end),
              .open = calloc(info->n_constructs + 1, sizeof(Open)),
              .diag = diag};
    if (!w.open)
        return diag_oom(diag);
    bool ok = true;
    while (ok && w.reader.at < w.reader.end) {
        u32 offset = wasm_reader_offset(&w.reader, m);
        WasmOp op = wasm_read_op(&w.reader);
        w.n_ops++;
        ok = walk_op(&w, op, offset);
        wasm_skip_immediates(&w.reader, op);
    }
    if (ok && (w.reader.at != w.reader.end || w.n_open || w.n_seen != info->n_constructs ||
               w.n_ops != info->n_ops))
        ok = differs(&w, info->code_end, "the end");
    free(w.open);
    return ok;
}

bool dev_validate_bytes(const u8 *bytes, size_t len, const WasmFeatures *features, bool walks,
                        Diag *diag)
{
    Arena arena;
    arena_init(&arena, NULL);
    WasmValidator *v = wasm_validator_new();
    WasmModule *m = NULL;
    WasmBodyInfo info;
    bool ok = v ? wasm_decode(&arena, bytes, len, features, &m, diag) : diag_oom(diag);
    for (u32 f = ok ? m->n_imported_funcs : 0; ok && f < m->n_funcs; f++) {
        ok = wasm_validate_func(v, m, f, walks ? &info : NULL, diag);
        if (ok && walks)
            ok = walk_body(m, &info, diag);
    }
    wasm_validator_free(v);
    arena_free(&arena);
    return ok;
}

static bool set_feature(WasmFeatures *features, const char *key, bool is_on)
{
    WasmFeature feature;
    if (!key || !wasm_feature_named(key, &feature)) {
        fprintf(stderr, "stint-dev: unknown feature %s\n", key ? key : "");
        return false;
    }
    wasm_feature_set(features, feature, is_on);
    return true;
}

int dev_validate(int argc, char **argv)
{
    WasmFeatures features = wasm_features_default();
    bool walks = false, all_ok = true;
    for (int i = 0; i < argc; i++) {
        if (!strcmp(argv[i], "--all")) {
            features = wasm_features_all();
            continue;
        }
        if (!strcmp(argv[i], "--walk")) {
            walks = true;
            continue;
        }
        if (!strcmp(argv[i], "--on") || !strcmp(argv[i], "--off")) {
            bool is_on = argv[i][3] == 'n';
            if (!set_feature(&features, argv[++i], is_on))
                return 2;
            continue;
        }
        size_t len;
        char *bytes = dev_read_file(argv[i], &len);
        if (!bytes)
            return 2;
        Diag diag = {0};
        bool ok = dev_validate_bytes((const u8 *)bytes, len, &features, walks, &diag);
        if (ok)
            printf("%s: OK\n", argv[i]);
        else
            printf("%s: %lld: %s\n", argv[i], (long long)diag.offset, diag.text);
        all_ok &= ok;
        free(bytes);
    }
    return all_ok ? 0 : 1;
}
