/* Bodies: what is refused and where, the side table, hostile sizes, several threads. */
#include <pthread.h>

#include "test.h"
#include "wasm/validate_int.h"
#include "wasm_bytes.h"

#define NO_TYPE "60 00 00"

static void accepted(Diag diag)
{
    if (!EXPECT(!diag.is_set))
        printf("  %llu: %s\n", (unsigned long long)diag.offset, diag.text);
}

/* Operators in hex, the final end included, as the only body of a module. */
static Diag judge_body(const char *type, const char *between, const char *locals, const char *code)
{
    Bytes ops = {0};
    bytes_hex(&ops, code);
    Bytes m = bytes_function(type, between, locals, &ops);
    return judge(&m, NULL);
}

/* The error counts bytes from the first operator. */
static void refused_at(const char *type, const char *between, const char *code, u32 at,
                       const char *text)
{
    Bytes ops = {0};
    bytes_hex(&ops, code);
    size_t len = ops.len;
    Bytes m = bytes_function(type, between, "00", &ops);
    u64 first = m.len - len;
    Diag diag = judge(&m, NULL);
    if (!EXPECT(diag.is_set) || !EXPECT(!strncmp(diag.text, text, strlen(text))))
        printf("  %s: got %s\n", code, diag.text);
    EXPECT_U64(diag.offset, first + at);
}

#define MEMORY "05 03 01 00 01"

static void errors_name_operator_and_types(void)
{
    refused_at(NO_TYPE, "", "41 00 42 00 6a 1a 0b", 4,
               "type mismatch: i32.add expected i32, found i64");
    refused_at(NO_TYPE, "", "6a 1a 0b", 0, "type mismatch: i32.add expected i32, found nothing");
    refused_at("60 00 01 7f", "", "0b", 0,
               "type mismatch: instruction requires [i32] but stack has []");
    refused_at(NO_TYPE, "", "41 00 0b", 2, "type mismatch: block requires [] but stack has [i32]");
    refused_at(NO_TYPE, "", "20 00 1a 0b", 1, "unknown local 0: there is none here");
    refused_at("60 02 7f 7f 00", "", "20 05 1a 0b", 1, "unknown local 5: the last one here is 1");
    refused_at(NO_TYPE, "", "0c 01 0b", 1, "unknown label 1");
    refused_at(NO_TYPE, "", "10 07 0b", 1, "unknown function 7");
    refused_at(NO_TYPE, "", "ff 0b", 0, "illegal opcode ff");
    refused_at(NO_TYPE, "", "fd 15 10 0b", 2, "invalid lane index: 16");
    refused_at(NO_TYPE, "", "fd 9a 01 0b", 0, "illegal opcode fd 9a");
    refused_at(NO_TYPE, "", "41 00 28 02 00 1a 0b", 3, "unknown memory 0");
    refused_at(NO_TYPE, MEMORY, "41 00 28 03 00 1a 0b", 3,
               "alignment must not be larger than natural");
    refused_at(NO_TYPE, MEMORY, "41 00 28 80 01 00 1a 0b", 3, "malformed memop flags");
    refused_at(NO_TYPE, "", "02 40 0b", 3, "unexpected end of section or function");
    refused_at(NO_TYPE, "", "0b 01", 1, "section size mismatch");
    refused_at(NO_TYPE, "", "05 0b", 0, "else found outside of an if");
    refused_at(NO_TYPE, "", "d2 00 1a 0b", 1, "undeclared function reference");
    refused_at(NO_TYPE, "", "fc 09 00 0b", 2, "data count section required");
    refused_at(NO_TYPE, "", "41 00 04 7f 41 01 0b 1a 0b", 6, "type mismatch: an if without else");
    refused_at(NO_TYPE, "", "02 7f 41 00 02 40 41 00 0e 01 00 01 0b 0b 1a 0b", 11,
               "type mismatch: br_table targets take 0 and 1");
}

static void unreachable_code_is_checked(void)
{
    accepted(judge_body("60 00 01 7f", "", "00", "00 6a 0b"));
    accepted(judge_body("60 00 01 7f", "", "00", "00 1a 1a 41 00 0b"));
    accepted(judge_body(NO_TYPE, "", "00", "0f 41 00 04 40 05 0b 0b"));
    refused_at("60 00 01 7f", "", "00 42 00 6a 0b", 3, "type mismatch: i32.add expected i32");
    refused_at(NO_TYPE, "", "00 41 00 0b", 3, "type mismatch: block requires []");
    /* A reference taken from nowhere is still no number. */
    refused_at(NO_TYPE, "", "00 d4 45 1a 0b", 2, "type mismatch: i32.eqz expected i32");
}

static void locals_without_default_must_be_set(void)
{
    /* (local (ref func)): set in one arm of an if is not set behind it. */
    static const char *const head = "01 01 64 70";
    Diag diag = judge_body(NO_TYPE, "07 05 01 01 66 00 00", head, "20 00 1a 0b");
    EXPECT(!strncmp(diag.text, "uninitialized local", 19));
    accepted(judge_body(NO_TYPE, "07 05 01 01 66 00 00", head, "d2 00 21 00 20 00 1a 0b"));
    diag = judge_body(NO_TYPE, "07 05 01 01 66 00 00", head,
                      "41 00 04 40 d2 00 21 00 0b 20 00 1a 0b");
    EXPECT(!strncmp(diag.text, "uninitialized local", 19));
}

/* ---- the side table ---- */

typedef struct Validated {
    Loaded module;
    WasmValidator *validator;
    WasmBodyInfo info;
    u32 first; /* offset of the first operator */
} Validated;

static Validated validate(Bytes *module)
{
    Validated v = {.module = load(module, NULL), .validator = wasm_validator_new()};
    bool ok = v.module.m && wasm_validate_func(v.validator, v.module.m, 0, &v.info, &v.module.diag);
    accepted(v.module.diag);
    if (!ok)
        memset(&v.info, 0, sizeof v.info);
    v.first = v.info.code_start;
    return v;
}

static void done(Validated *v)
{
    wasm_validator_free(v->validator);
    unload(&v->module);
}

static void constructs_know_their_inside(void)
{
    /* Locals 0 and 1 are parameters, 2 is declared.
     *  0 block                  construct 0
     *  2   loop                 construct 1
     *  4     i32.const 0, memory.grow 0, local.set 2
     * 10     local.get 0, br_if 1 (to the block), br 0 (to the loop)
     * 18 local.get 0, if        construct 2
     * 22   local.get 1
     * 24 else                   local.set 1, call 0
     * 38 drop, i32.store */
    Bytes code = {0};
    bytes_hex(&code, "02 40 03 40 41 00 40 00 21 02 20 00 0d 01 0c 00 0b 0b"
                     "20 00 04 7f 20 01 05 41 00 21 01 20 00 20 00 10 00 41 00 0b 1a"
                     "20 00 20 00 36 02 00 0b");
    Bytes m = bytes_function("60 02 7f 7f 00", MEMORY, "01 01 7f", &code);
    Validated v = validate(&m);
    if (EXPECT_U64(v.info.n_constructs, 3) && EXPECT_U64(v.info.n_locals, 3)) {
        const WasmConstruct *block = &v.info.constructs[0], *loop = block + 1, *cond = block + 2;
        EXPECT(block->start == v.first && block->end == v.first + 17 && block->after == 2);
        EXPECT(block->kind == WASM_CONSTRUCT_BLOCK && block->parent == WASM_NONE);
        EXPECT(block->n_branches == 1 && block->assigned_bits == 4 && block->loop_depth == 0);
        EXPECT(block->flags == (WASM_HAS_GROW | WASM_HAS_MEMORY));
        EXPECT(loop->start == v.first + 2 && loop->end == v.first + 16 && loop->parent == 0);
        EXPECT(loop->n_branches == 1 && loop->loop_depth == 1 && loop->n_ops == 8);
        EXPECT(cond->else_at == v.first + 24 && cond->end == v.first + 37 && cond->after == 3);
        EXPECT(cond->assigned_bits == 2 && cond->flags == WASM_HAS_CALL);
        EXPECT(cond->type == WASM_T_I32);
        EXPECT_U64(wasm_block_sig(v.module.m, &cond->type).n_results, 1);
        EXPECT(wasm_assigns(&v.info, cond, 1) && !wasm_assigns(&v.info, cond, 2));
        EXPECT(v.info.max_loop_depth == 1 && v.info.max_height == 2 && v.info.n_branches == 0);
        EXPECT(v.info.n_callees == 1 && v.info.callees[0] == 0);
        EXPECT(v.info.flags ==
               (WASM_HAS_GROW | WASM_HAS_MEMORY | WASM_HAS_CALL | WASM_HAS_STORE));
        EXPECT(wasm_local_type(&v.info, 2) == WASM_T_I32);
    }
    done(&v);
}

/* `depth` nested blocks; each sets the local of its number on the way in. */
static Bytes nest(u32 depth, u32 n_locals)
{
    Bytes code = {0}, locals = {0};
    for (u32 i = 0; i < depth; i++) {
        bytes_hex(&code, "02 40 41 00 21");
        bytes_u32(&code, i % n_locals);
    }
    for (u32 i = 0; i <= depth; i++)
        bytes_u8(&code, 0x0B);
    bytes_u8(&locals, 1);
    bytes_u32(&locals, n_locals);
    bytes_u8(&locals, 0x7F);
    char hex[32];
    for (size_t i = 0; i < locals.len; i++)
        snprintf(hex + 2 * i, 3, "%02x", locals.at[i]);
    bytes_free(&locals);
    return bytes_function(NO_TYPE, "", hex, &code);
}

static void many_locals_are_sorted_lists(void)
{
    Bytes m = nest(100, 5000);
    Validated v = validate(&m);
    if (EXPECT_U64(v.info.n_constructs, 100)) {
        for (u32 i = 0; i < 100; i++) {
            const WasmConstruct *c = &v.info.constructs[i];
            EXPECT(c->assigned_len == 100 - i && !(c->flags & WASM_ASSIGNS_ALL));
            EXPECT(v.info.assigned[c->assigned_at] == i);
            EXPECT(wasm_assigns(&v.info, c, 99) && !wasm_assigns(&v.info, c, 100));
            EXPECT(wasm_assigns(&v.info, c, i) && (!i || !wasm_assigns(&v.info, c, i - 1)));
        }
        EXPECT(v.info.n_flat < 5000 && wasm_local_type(&v.info, 4999) == WASM_T_I32);
    }
    done(&v);
}

static void deep_nests_do_not_square(void)
{
    /* 40,000 levels would need 800 million entries. */
    Bytes m = nest(40000, 40000);
    Validated v = validate(&m);
    if (EXPECT_U64(v.info.n_constructs, 40000)) {
        u64 total = 0;
        for (u32 i = 0; i < 40000; i++)
            total += v.info.constructs[i].assigned_len;
        EXPECT(total <= 4u * v.info.n_ops + 65536);
        EXPECT(v.info.constructs[0].flags & WASM_ASSIGNS_ALL);
        EXPECT(wasm_assigns(&v.info, &v.info.constructs[0], 39999));
        EXPECT(!(v.info.constructs[39999].flags & WASM_ASSIGNS_ALL));
    }
    done(&v);
}

static void repeated_locals_are_one(void)
{
    Bytes code = {0};
    bytes_hex(&code, "03 40");
    for (u32 i = 0; i < 3000; i++) {
        bytes_hex(&code, "41 00 21");
        bytes_u32(&code, 69 - i % 7);
    }
    bytes_hex(&code, "0b 0b");
    Bytes m = bytes_function(NO_TYPE, "", "01 46 7f", &code);
    Validated v = validate(&m);
    if (EXPECT_U64(v.info.n_constructs, 1)) {
        EXPECT_U64(v.info.constructs[0].assigned_len, 7);
        for (u32 i = 0; i < 7; i++)
            EXPECT_U64(v.info.assigned[v.info.constructs[0].assigned_at + i], 63 + i);
    }
    done(&v);
}

/* ---- sizes ---- */

static Diag judge_locals(const char *declaration)
{
    return judge_body(NO_TYPE, "", declaration, "0b");
}

static void locals_are_limited(void)
{
    accepted(judge_locals("01 d0 86 03 7f"));
    Diag diag = judge_locals("01 d1 86 03 7f");
    EXPECT(!strncmp(diag.text, "too many locals: 50001", 22));
    diag = judge_locals("02 ff ff ff ff 0f 7f 02 7e");
    EXPECT(!strncmp(diag.text, "too many locals", 15));
}

static Diag judge_br_table(u32 n_labels)
{
    Bytes code = {0};
    bytes_hex(&code, "41 00 0e");
    bytes_u32(&code, n_labels);
    for (u32 i = 0; i <= n_labels; i++)
        bytes_u8(&code, 0);
    bytes_u8(&code, 0x0B);
    Bytes m = bytes_function(NO_TYPE, "", "00", &code);
    return judge(&m, NULL);
}

static void branch_tables_are_limited(void)
{
    accepted(judge_br_table(65520));
    EXPECT(!strncmp(judge_br_table(65521).text, "too many br_table targets: 65521", 32));
}

static void bodies_are_limited(void)
{
    for (u32 extra = 0; extra < 2; extra++) {
        Bytes code = {0};
        u32 len = WASM_MAX_BODY_BYTES + extra - 1; /* the count of locals is a byte */
        code.at = malloc(len);
        if (!code.at)
            abort();
        memset(code.at, 0x01, len);
        code.at[len - 1] = 0x0B;
        code.len = code.cap = len;
        Bytes m = bytes_function(NO_TYPE, "", "00", &code);
        Diag diag = judge(&m, NULL);
        EXPECT(diag.is_set == extra);
        EXPECT(!extra || !strncmp(diag.text, "function body too large", 23));
    }
}

static void nesting_is_not_limited(void)
{
    Bytes code = {0};
    u32 depth = 2500000;
    for (u32 i = 0; i < depth; i++)
        bytes_hex(&code, "02 40");
    for (u32 i = 0; i <= depth; i++)
        bytes_u8(&code, 0x0B);
    Bytes m = bytes_function(NO_TYPE, "", "00", &code);
    Validated v = validate(&m);
    EXPECT_U64(v.info.n_constructs, depth);
    EXPECT(v.info.n_constructs == depth && v.info.constructs[depth - 1].parent == depth - 2);
    done(&v);
}

/* A thousand results for two bytes: the operand stack must not follow. */
static void operands_are_limited(void)
{
    Bytes type = {0}, code = {0};
    bytes_hex(&type, "60 00 e8 07");
    for (u32 i = 0; i < 1000; i++)
        bytes_u8(&type, 0x7F);
    Bytes m = bytes_header(), part = {0};
    bytes_u8(&part, 1);
    bytes_add(&part, type.at, type.len);
    bytes_free(&type);
    bytes_section(&m, 1, &part);
    bytes_hex(&m, "03 02 01 00");
    for (u32 i = 0; i < 100000; i++)
        bytes_hex(&code, "10 00");
    bytes_u8(&code, 0x0B);
    bytes_u8(&part, 1);
    bytes_body(&part, "00", &code);
    bytes_section(&m, 10, &part);
    Diag diag = judge(&m, NULL);
    EXPECT(!strncmp(diag.text, "too many operands on the stack", 30));
}

/* ---- the unchecked reader ---- */

static void the_reader_skips_all_immediates(void)
{
    /* One operator of each form of immediates, unreachable and so valid in any order. */
    static const char code[] =
        "00 02 40 0b 0e 01 00 00 10 00 00 1f 40 01 02 00 0b 1c 01 64 70 1a 28 42 00 ff 01 1a fd 15 "
        "03 1a 42 ff ff ff 00 1a 43 00 00 00 00 1a 44 00 00 00 00 00 00 00 00 1a fd 0c 00 01 02 03 "
        "04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 1a d0 00 1a 00 fb 18 01 00 6e 6d 1a fc 0a 00 00 fe 03 "
        "00 0b";
    Bytes ops = {0};
    bytes_hex(&ops, code);
    Bytes m = bytes_function(NO_TYPE, MEMORY, "00", &ops);
    Loaded l = load(&m, NULL);
    WasmBodyInfo info;
    WasmValidator *v = wasm_validator_new();
    bool ok = l.m && wasm_validate_func(v, l.m, 0, &info, &l.diag);
    if (EXPECT(!ok)) /* br_on_cast needs a label with a value; it is here to be skipped */
        EXPECT(strstr(l.diag.text, "br_on_cast"));
    if (EXPECT(l.m)) {
        const WasmBody *body = wasm_func_body(l.m, 0);
        WasmReader r = wasm_reader(l.m, body->start + 1, body->end);
        u32 n_ops = 0;
        WasmOp op = WASM_OP_NOP;
        while (r.at < r.end) {
            op = wasm_read_op(&r);
            wasm_skip_immediates(&r, op);
            n_ops++;
        }
        EXPECT(r.at == r.end && op == WASM_OP_END);
        EXPECT_U64(n_ops, 30);
    }
    wasm_validator_free(v);
    unload(&l);
}

/* ---- memory running out ---- */

static void a_validator_survives_lack_of_memory(void)
{
    Bytes m = nest(20000, 1000);
    Loaded l = load(&m, NULL);
    WasmValidator *v = wasm_validator_new();
    WasmBodyInfo info;
    bool ok = false;
    u32 n_refusals = 0;
    for (size_t limit = 1 << 16; l.m && v && !ok && limit < (size_t)1 << 28; limit *= 2) {
        Diag diag = {0};
        v->keep.limit_bytes = v->body.limit_bytes = limit;
        ok = wasm_validate_func(v, l.m, 0, &info, &diag);
        EXPECT(ok || diag.is_oom);
        n_refusals += !ok;
    }
    EXPECT(ok && info.n_constructs == 20000 && n_refusals > 2);
    wasm_validator_free(v);
    unload(&l);
}

/* ---- threads ---- */

static void *validate_everything(void *module)
{
    Diag diag = {0};
    return wasm_validate_all(module, &diag) ? module : NULL;
}

static void validators_share_a_module(void)
{
    Bytes m = nest(2000, 100);
    Loaded l = load(&m, NULL);
    pthread_t threads[4];
    if (EXPECT(l.m)) {
        for (u32 i = 0; i < 4; i++)
            EXPECT(!pthread_create(&threads[i], NULL, validate_everything, l.m));
        for (u32 i = 0; i < 4; i++) {
            void *result = NULL;
            EXPECT(!pthread_join(threads[i], &result) && result == l.m);
        }
    }
    unload(&l);
}

int main(void)
{
    TEST(errors_name_operator_and_types);
    TEST(unreachable_code_is_checked);
    TEST(locals_without_default_must_be_set);
    TEST(constructs_know_their_inside);
    TEST(many_locals_are_sorted_lists);
    TEST(deep_nests_do_not_square);
    TEST(repeated_locals_are_one);
    TEST(locals_are_limited);
    TEST(branch_tables_are_limited);
    TEST(bodies_are_limited);
    TEST(nesting_is_not_limited);
    TEST(operands_are_limited);
    TEST(the_reader_skips_all_immediates);
    TEST(a_validator_survives_lack_of_memory);
    TEST(validators_share_a_module);
    return test_end();
}
