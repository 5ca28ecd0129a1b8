/* `stint-dev mutate`: damaged modules through decoder, validator and the walk of wasm_validate.c;
 * those that are still valid through the compiler with its verifiers on, and through printer and
 * parser. What it looks for are crashes, so it is run in a sanitized build. Each mutant depends on
 * the seed alone: number n of a run is reproduced by `--seed S+n --count 1` and the same files, and
 * `--verbose` names the last one before a crash. */
#include "comp/comp.h"
#include "dev.h"

#include <stdio.h>
#include <stdlib.h>

#include "wasm/wasm.h"

typedef struct Bytes {
    u8 *at;
    size_t len;
} Bytes;

static u64 next_random(u64 *state)
{
    u64 z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static size_t below(u64 *state, size_t limit) { return limit ? next_random(state) % limit : 0; }

/* One kind of damage at a random place behind the header, if there is anything. */
static void damage(Bytes *m, u64 *random)
{
    static const u8 telling[] = {0x00, 0x01, 0x0B, 0x40, 0x7F, 0x80, 0xFB, 0xFC, 0xFD, 0xFF};
    if (m->len <= 8)
        return;
    size_t at = 8 + below(random, m->len - 8);
    switch (below(random, 8)) {
    case 0:
        m->at[at] = (u8)next_random(random);
        break;
    case 1:
        m->at[at] ^= (u8)(1 << below(random, 8));
        break;
    case 2:
        m->at[at] = (u8)(m->at[at] + (below(random, 2) ? 1 : -1));
        break;
    case 3:
        m->at[at] = m->at[8 + below(random, m->len - 8)];
        break;
    case 4:
        m->at[at] = telling[below(random, sizeof telling)];
        break;
    case 5:
        m->len = at;
        break;
    case 6: { /* a few bytes again somewhere else */
        size_t from = 8 + below(random, m->len - 8);
        size_t count = 1 + below(random, 16), room = m->len - MAX(at, from);
        memmove(m->at + at, m->at + from, MIN(count, room));
        break;
    }
    case 7: { /* a few bytes left out */
        size_t wanted = 1 + below(random, 4), count = MIN(wanted, m->len - at);
        memmove(m->at + at, m->at + at + count, m->len - at - count);
        m->len -= count;
        break;
    }
    }
}

/* Compiles a valid mutant with every verifier on, at a level and in a mode that the seed picks. */
static void compile_mutant(const u8 *bytes, size_t len, u64 seed, Diag *diag)
{
    CompOptions options = {
        .wasm_features = wasm_features_all(),
        .isa = {.features = seed & 1 ? comp_baseline_features() : 0, .use_gs = seed >> 1 & 1,
                .signal_traps = !(seed >> 2 & 1), .stack_check = true},
        .opt_level = (u8)(seed >> 3 & 1 ? 2 : seed >> 4 & 1),
        .explicit_bounds = seed >> 2 & 1,
        .fuel = seed >> 5 & 1,
        .epoch = seed >> 6 & 1,
        .verify = true,
        .check_ra = true,
        .threads = 1,
    };
    u8 *artifact;
    size_t artifact_len;
    if (comp_compile(bytes, len, &options, &artifact, &artifact_len, diag))
        free(artifact);
}

/* A valid mutant must come back from its text as well. */
static void reprint_mutant(const u8 *bytes, size_t len, bool is_folded, Diag *diag)
{
    Diag found = {0};
    if (dev_reprint_bytes(bytes, len, is_folded, &found) != DEV_REPRINT_FAILED)
        return;
    *diag = (Diag){0};
    diag_fail(diag, DIAG_NO_OFFSET, "internal error: printing: %.400s", found.text);
}

/* The copy is exactly as long as the mutant, so that a sanitizer sees a byte read behind it. */
static bool is_valid_mutant(const Bytes *original, u64 seed, Diag *diag)
{
    u64 random = seed;
    Bytes m = {malloc(original->len + 1), original->len};
    if (!m.at)
        return diag_oom(diag);
    memcpy(m.at, original->at, m.len);
    for (size_t n = 1 + below(&random, 4); n > 0; n--)
        damage(&m, &random);
    u8 *exact = malloc(m.len ? m.len : 1);
    bool ok = false;
    if (exact) {
        memcpy(exact, m.at, m.len);
        WasmFeatures all = wasm_features_all();
        ok = dev_validate_bytes(exact, m.len, &all, true, diag);
        if (ok)
            compile_mutant(exact, m.len, seed, diag);
        if (ok)
            reprint_mutant(exact, m.len, seed >> 7 & 1, diag);
    }
    free(exact);
    free(m.at);
    return ok;
}

static int mutate_all(const Bytes *files, size_t n_files, u64 seed, u64 count, bool is_verbose)
{
    u64 n_valid = 0;
    for (u64 i = 0; i < count; i++) {
        Diag diag = {0};
        u64 mutant = seed + i;
        if (is_verbose)
            fprintf(stderr, "mutant %llu\n", (unsigned long long)mutant);
        n_valid += is_valid_mutant(&files[mutant % n_files], mutant, &diag);
        if (strstr(diag.text, "side table") || strstr(diag.text, "internal error")) {
            printf("mutant %llu: %s\n", (unsigned long long)mutant, diag.text);
            return 1;
        }
    }
    printf("%llu mutants, %llu of them valid, 0 crashes\n", (unsigned long long)count,
           (unsigned long long)n_valid);
    return 0;
}

int dev_mutate(int argc, char **argv)
{
    u64 seed = 1, count = 1000;
    bool is_verbose = false;
    Bytes *files = calloc((size_t)argc + 1, sizeof *files);
    size_t n_files = 0;
    int status = files ? 0 : 2;
    for (int i = 0; i < argc && !status; i++) {
        if (!strcmp(argv[i], "--seed") && i + 1 < argc)
            seed = strtoull(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--count") && i + 1 < argc)
            count = strtoull(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--verbose"))
            is_verbose = true;
        else if ((files[n_files].at = (u8 *)dev_read_file(argv[i], &files[n_files].len)))
            n_files++;
        else
            status = 2;
    }
    if (!status && !n_files) {
        fprintf(stderr, "stint-dev: mutate needs files\n");
        status = 2;
    }
    if (!status)
        status = mutate_all(files, n_files, seed, count, is_verbose);
    for (size_t i = 0; i < n_files; i++)
        free(files[i].at);
    free(files);
    return status;
}
