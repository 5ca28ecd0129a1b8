/* The entry points: one setjmp around the passes, and the forms a module can have. */
#include "base/hash.h"
#include "wat/wat_int.h"

/* What there is to read, and where the result goes. */
typedef struct Job {
    const char *text;
    size_t len;
    WatLexer *script; /* the place in it of one (module ...); NULL: the text is a module */
    bool is_quoted;   /* a text in a text, which has none inside */
    WasmFeatures features;
    Arena *arena;
    u64 *locates; /* in: an offset in the result; out: where it comes from. NULL: not wanted */
} Job;

static bool run(const Job *job, WatModule *out, Diag *diag);

/* Fields up to the parenthesis behind them or the end of the text, and the module of them. */
static void read_fields(WatParser *p, const Job *job, WatModule *out)
{
    wat_scan(p);
    wat_read_types(p);
    wat_fields(p);
    wat_write(p, job->arena, out);
}

/* "..."*: the bytes themselves. */
static WatBuf read_bytes(WatParser *p)
{
    WatBuf bytes = {NULL, 0, 0};
    wat_step(p);
    wat_strings(p, &bytes);
    return bytes;
}

/* The strings hold the text of a module. Errors in it are reported at the first of them. */
static void read_quote(WatParser *p, const Job *job, WatModule *out)
{
    u32 at = p->lex.tok.start;
    if (job->is_quoted)
        wat_unexpected(&p->lex, "a field of a module: this text is quoted already");
    WatBuf text = read_bytes(p);
    Diag diag = {0};
    Job inner = {.text = text.len ? (const char *)text.at : "",
                 .len = text.len,
                 .is_quoted = true,
                 .features = job->features,
                 .arena = job->arena};
    WatModule m;
    if (!run(&inner, &m, &diag)) {
        WatPosition in = wat_position(inner.text, inner.len, diag.offset);
        if (diag.is_oom)
            longjmp(p->jump, 1);
        wat_fail(&p->lex, at, "%s (line %u, column %u of the quoted text)", diag.text, in.line,
                 in.column);
    }
    out->bytes = m.bytes;
    out->len = m.len;
}

/* A module at its parenthesis, with the one that closes it. */
static void read_module(WatParser *p, const Job *job, WatModule *out)
{
    wat_step_left(p);
    if (p->lex.tok.keyword != WAT_KW_MODULE)
        wat_unexpected(&p->lex, "`module`");
    wat_step(p);
    out->is_definition = job->script && p->lex.tok.keyword == WAT_KW_DEFINITION;
    if (out->is_definition)
        wat_step(p);
    if (p->lex.tok.kind == WAT_TOK_ID) {
        WasmStr id = wat_id(&p->lex, &p->scratch);
        out->id = (WasmStr){arena_strndup(job->arena, id.at, id.len), id.len};
        p->module_name = out->id;
        wat_step(p);
    }
    wat_take_name_annot(p, &p->module_name, "module");
    if (p->lex.tok.keyword == WAT_KW_BINARY) {
        WatBuf bytes = read_bytes(p);
        out->bytes = (u8 *)arena_strndup(job->arena, (const char *)bytes.at, bytes.len);
        out->len = bytes.len;
        out->is_binary = true;
    } else if (p->lex.tok.keyword == WAT_KW_QUOTE) {
        read_quote(p, job, out);
    } else {
        read_fields(p, job, out);
    }
    wat_step_right(p);
}

static void read_job(WatParser *p, const Job *job, Diag *diag, WatModule *out)
{
    if (job->script) {
        p->lex = *job->script;
        p->lex.on_fail = &p->jump;
        read_module(p, job, out);
        return;
    }
    wat_lexer_init(&p->lex, &p->scratch, job->text, job->len, diag, &p->jump);
    if (wat_form(p) == WAT_KW_MODULE)
        read_module(p, job, out);
    else
        read_fields(p, job, out);
    if (p->lex.tok.kind != WAT_TOK_END)
        wat_unexpected(&p->lex, "the end of the text");
    if (job->locates)
        *job->locates = wat_find_mark(p, *job->locates);
}

/* Reads what the job says, and gives back everything but the result. */
static bool run(const Job *job, WatModule *out, Diag *diag)
{
    WatParser parser = {.features = job->features, .late_type = WASM_NONE};
    WatParser *p = &parser;
    jmp_buf *old_oom = job->arena->on_oom;
    WatModule m = {0};
    /* Identifiers come from whoever wrote the text; addresses are what he does not know. */
    p->key = hash_mix((uintptr_t)p, (uintptr_t)&run) | 1;
    p->wants_marks = job->locates != NULL;
    arena_init(&p->scratch, &p->jump);
    arena_init(&p->temp, &p->jump);
    job->arena->on_oom = &p->jump;
    bool is_ok = !setjmp(p->jump);
    if (is_ok) {
        read_job(p, job, diag, &m);
        *out = m;
    } else if (!diag->is_set) {
        diag_oom(diag);
    }
    if (job->script) {
        jmp_buf *on_fail = job->script->on_fail;
        *job->script = p->lex;
        job->script->on_fail = on_fail;
    }
    job->arena->on_oom = old_oom;
    arena_free(&p->temp);
    arena_free(&p->scratch);
    return is_ok;
}

bool wat_parse(const char *text, size_t len, const WasmFeatures *features, Arena *arena,
               WatModule *out, Diag *diag)
{
    Job job = {.text = text,
               .len = len,
               .features = features ? *features : wasm_features_default(),
               .arena = arena};
    return run(&job, out, diag);
}

bool wat_parse_module(WatLexer *lex, const WasmFeatures *features, Arena *arena, WatModule *out)
{
    Job job = {.script = lex,
               .features = features ? *features : wasm_features_default(),
               .arena = arena};
    return run(&job, out, lex->diag);
}

u64 wat_locate(const char *text, size_t len, const WasmFeatures *features, u64 wasm_offset)
{
    Diag diag = {0};
    Arena arena;
    WatModule m;
    u64 place = wasm_offset;
    arena_init(&arena, NULL);
    Job job = {.text = text,
               .len = len,
               .features = features ? *features : wasm_features_default(),
               .arena = &arena,
               .locates = &place};
    bool is_ok = run(&job, &m, &diag);
    arena_free(&arena);
    return is_ok ? place : DIAG_NO_OFFSET;
}
