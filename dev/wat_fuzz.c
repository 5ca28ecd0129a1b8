/* `stint-dev wat-fuzz`: texts through the parser of the text format; with --count, damaged ones.
 * What it looks for are crashes and modules that cannot be read, so it is run in a sanitized build.
 * Files may be scripts: each of their forms is a text. Number n of a run is reproduced by
 * `--seed S+n --count 1` and the same files; `--write FILE` keeps each text until the next. */
#define _GNU_SOURCE
#include "dev.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"
#include "wat/lexer.h"
#include "wat_target.h"

typedef struct Piece {
    const char *at;
    size_t len;
} Piece;

/* Texts to start from, and words to put into them. */
typedef struct Corpus {
    u64 seed, count;
    const char *kept_in; /* where each text is written; NULL: nowhere */
    Arena arena;
    VEC(Piece) texts;
    VEC(Piece) words;
} Corpus;

static u64 next_random(u64 *state)
{
    u64 z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static size_t below(u64 *state, size_t limit) { return limit ? next_random(state) % limit : 0; }

/* The forms of a file, and its words while there is something to read. */
static void collect(Corpus *c, const char *text, size_t len)
{
    Diag diag = {0};
    WatLexer lex;
    jmp_buf jump;
    if (setjmp(jump)) {
        vec_push(&c->arena, &c->texts, (Piece){text, len});
        return;
    }
    wat_lexer_init(&lex, &c->arena, text, len, &diag, &jump);
    while (lex.tok.kind == WAT_TOK_LEFT) {
        u32 start = lex.tok.start;
        wat_next(&lex);
        WatLexer in = lex;
        if (!wat_skip_form(&lex))
            break;
        vec_push(&c->arena, &c->texts, (Piece){text + start, lex.tok.start - start});
        for (; in.tok.start < lex.tok.start && in.tok.kind != WAT_TOK_END; wat_next(&in))
            if (in.tok.len < 40)
                vec_push(&c->arena, &c->words, (Piece){text + in.tok.start, in.tok.len});
    }
}

/* The end of the word that begins at `at`, roughly. */
static size_t word_end(const StrBuf *sb, size_t at)
{
    size_t end = at + 1;
    if (!memchr("()\" \n", sb->text[at], 5))
        while (end < sb->len && !memchr("()\" \n", sb->text[end], 5))
            end++;
    return end;
}

/* from..to becomes `with`. */
static void splice(StrBuf *sb, size_t from, size_t to, Piece with)
{
    StrBuf out = {0};
    sb_add(&out, sb->text, from);
    sb_add(&out, with.at, with.len);
    sb_add(&out, sb->text + to, sb->len - to);
    sb_free(sb);
    *sb = out;
}

static void damage(StrBuf *sb, const Corpus *c, u64 *random)
{
    size_t at = below(random, sb->len), end = word_end(sb, at);
    Piece word = c->words.len ? c->words.at[below(random, c->words.len)] : (Piece){"(", 1};
    size_t from = below(random, sb->len), count = 1 + below(random, 60);
    switch (below(random, 8)) {
    case 0:
        sb->text[at] = (char)next_random(random);
        break;
    case 1:
        splice(sb, at, at, word);
        break;
    case 2:
        splice(sb, at, end, word);
        break;
    case 3:
        splice(sb, at, end, (Piece){"", 0});
        break;
    case 4:
        splice(sb, at, MIN(at + count, sb->len), (Piece){"", 0});
        break;
    case 5: {
        char *copy = strndup(sb->text + from, MIN(count, sb->len - from));
        if (copy)
            splice(sb, at, at, (Piece){copy, strlen(copy)});
        free(copy);
        break;
    }
    case 6:
        splice(sb, at, at, (Piece){")", 1});
        break;
    case 7:
        splice(sb, at, sb->len, (Piece){"", 0});
        break;
    }
}

static void keep(const char *path, const StrBuf *text)
{
    FILE *file = path ? fopen(path, "wb") : NULL;
    if (!file)
        return;
    fwrite(sb_str(text), 1, text->len, file);
    fclose(file);
}

static void run_mutants(const Corpus *c)
{
    for (u64 n = 0; n < c->count && c->texts.len; n++) {
        u64 random = c->seed + n;
        Piece start = c->texts.at[below(&random, c->texts.len)];
        StrBuf sb = {0};
        sb_add(&sb, start.at, start.len);
        for (size_t times = 1 + below(&random, 6); times && sb.len && !sb.failed; times--)
            damage(&sb, c, &random);
        keep(c->kept_in, &sb);
        if (!sb.failed)
            LLVMFuzzerTestOneInput((const u8 *)sb_str(&sb), sb.len);
        sb_free(&sb);
    }
}

int dev_wat_fuzz(int argc, char **argv)
{
    static Corpus c;
    static jmp_buf no_memory;
    if (setjmp(no_memory)) {
        fprintf(stderr, "stint-dev: out of memory\n");
        return 1;
    }
    arena_init(&c.arena, &no_memory);
    c.seed = 1;
    for (int i = 0; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (has_value && !strcmp(argv[i], "--seed")) {
            c.seed = strtoull(argv[++i], NULL, 0);
        } else if (has_value && !strcmp(argv[i], "--count")) {
            c.count = strtoull(argv[++i], NULL, 0);
        } else if (has_value && !strcmp(argv[i], "--write")) {
            c.kept_in = argv[++i];
        } else {
            size_t len;
            char *text = dev_read_file(argv[i], &len);
            if (!text)
                return 2;
            LLVMFuzzerTestOneInput((const u8 *)text, len);
            collect(&c, arena_strndup(&c.arena, text, len), len);
            free(text);
        }
    }
    run_mutants(&c);
    printf("%u texts, %llu damaged ones: nothing found\n", c.texts.len,
           (unsigned long long)c.count);
    arena_free(&c.arena);
    return 0;
}
