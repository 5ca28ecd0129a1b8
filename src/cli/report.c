/* Messages on standard error, text on standard output. */
#define _GNU_SOURCE /* memmem */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "os/os.h"

/* 0 or an error number. */
static int write_all(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        text += n;
        len -= (size_t)n;
    }
    return 0;
}

/* A message goes out in one write, so that it stays together. Where it cannot be written there is
 * nobody left to tell; the exit status does. */
static void say(StrBuf *text)
{
    static const char no_memory[] = "Error: out of memory\n";
    if (text->failed)
        write_all(STDERR_FILENO, no_memory, sizeof no_memory - 1);
    else
        write_all(STDERR_FILENO, sb_str(text), text->len);
    sb_free(text);
}

void cli_add_clean(StrBuf *out, const char *text, size_t len)
{
    size_t start = 0;
    for (size_t i = 0; i < len; i++) {
        u8 c = (u8)text[i];
        /* C1 controls are two bytes in UTF-8. */
        bool is_c1 = c == 0xc2 && i + 1 < len && (u8)text[i + 1] < 0xa0;
        if ((c >= 0x20 && c != 0x7f && !is_c1) || c == '\n')
            continue;
        sb_add(out, text + start, i - start);
        sb_printf(out, "\\x%02x", is_c1 ? (u8)text[++i] : c);
        start = i + 1;
    }
    sb_add(out, text + start, len - start);
}

static void say_line(const char *word, const char *format, va_list args)
{
    StrBuf line = {0}, text = {0};
    sb_vprintf(&line, format, args);
    sb_puts(&text, word);
    cli_add_clean(&text, sb_str(&line), line.len);
    sb_putc(&text, '\n');
    text.failed |= line.failed;
    sb_free(&line);
    say(&text);
}

int cli_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say_line("Error: ", format, args);
    va_end(args);
    return 1;
}

int cli_misuse(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say_line("error: ", format, args);
    va_end(args);
    return CLI_MISUSED;
}

void cli_warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say_line("warning: ", format, args);
    va_end(args);
}

/* ---- causes ---- */

/* How the library sets causes below what they explain; several are numbered. */
static const char cause_mark[] = "\n\nCaused by:\n    ";
static const char first_number[] = "0: ";

/* A message of the library, taken apart from the outermost part on. */
typedef struct Parts {
    const char *at;
    size_t left;
    u32 number; /* of the next cause; 0: they are not numbered */
    bool is_done;
} Parts;

static bool next_part(Parts *p, const char **text, size_t *len)
{
    char mark[32];
    if (p->is_done)
        return false;
    if (p->number)
        snprintf(mark, sizeof mark, "\n%5u: ", p->number++);
    else
        memcpy(mark, cause_mark, sizeof cause_mark);
    const char *end = memmem(p->at, p->left, mark, strlen(mark));
    *text = p->at;
    *len = end ? (size_t)(end - p->at) : p->left;
    p->is_done = !end;
    if (!end)
        return true;
    p->left -= *len + strlen(mark);
    p->at += *len + strlen(mark);
    size_t number = sizeof first_number - 1;
    if (!p->number && p->left >= number && !memcmp(p->at, first_number, number)) {
        p->number = 1;
        p->at += number;
        p->left -= number;
    }
    return true;
}

const char *cli_last_cause(const char *message, size_t len, size_t *cause_len)
{
    Parts parts = {.at = message, .left = len};
    while (next_part(&parts, &message, cause_len)) {
    }
    if (*cause_len && message[*cause_len - 1] == '\n')
        --*cause_len;
    return message;
}

/* Lines of a cause behind its first one stand below it; those of a backtrace have their place. */
static void add_lines(StrBuf *out, const char *text, size_t len, u32 indent)
{
    for (bool is_first = true; len; is_first = false) {
        const char *newline = memchr(text, '\n', len);
        size_t line = newline ? (size_t)(newline - text) : len;
        if (!is_first && line && text[0] != ' ')
            sb_printf(out, "%*s", (int)indent, "");
        cli_add_clean(out, text, line);
        sb_putc(out, '\n');
        text += line + (newline != NULL);
        len -= line + (newline != NULL);
    }
}

typedef struct Chain {
    StrBuf text;
    u32 number; /* parts so far */
    bool is_numbered;
} Chain;

static void add_part(Chain *chain, const char *text, size_t len)
{
    StrBuf *out = &chain->text;
    u32 number = chain->number++;
    if (number == 0) {
        sb_puts(out, "Error: ");
        add_lines(out, text, len, 7);
        return;
    }
    if (number == 1)
        sb_puts(out, "\nCaused by:\n");
    if (chain->is_numbered)
        sb_printf(out, "%5u: ", number - 1);
    else
        sb_puts(out, "    ");
    add_lines(out, text, len, chain->is_numbered ? 7 : 4);
}

void cli_report(const char *const *contexts, size_t n, const char *message, size_t len)
{
    Parts parts = {.at = message, .left = len}, again = parts;
    const char *text;
    size_t text_len, count = n;
    while (next_part(&parts, &text, &text_len))
        count++;
    Chain chain = {.is_numbered = count > 2};
    for (size_t i = 0; i < n; i++)
        add_part(&chain, contexts[i], strlen(contexts[i]));
    while (next_part(&again, &text, &text_len))
        add_part(&chain, text, text_len);
    if (count > 1)
        sb_putc(&chain.text, '\n');
    say(&chain.text);
}

int cli_report_error(const char *const *contexts, size_t n, wasmtime_error_t *error)
{
    wasm_name_t message;
    stint_error_details(error, &message);
    wasmtime_error_delete(error);
    cli_report(contexts, n, message.data, message.size);
    wasm_byte_vec_delete(&message);
    return 1;
}

int cli_report_trap(const char *const *contexts, size_t n, wasm_trap_t *trap)
{
    wasm_message_t message;
    wasmtime_trap_code_t code;
    wasm_trap_message(trap, &message);
    int status = wasmtime_trap_code(trap, &code) ? CLI_TRAPPED : 1;
    wasm_trap_delete(trap);
    cli_report(contexts, n, message.data, message.size ? message.size - 1 : 0);
    wasm_byte_vec_delete(&message);
    return status;
}

/* ---- output ---- */

static int report_written(const char *name, int error)
{
    char why[OS_ERROR_TEXT_MAX];
    return error ? cli_fail("cannot write %s: %s", name, os_error_text(error, why)) : 0;
}

int cli_print(StrBuf *text)
{
    int error = text->failed ? ENOMEM : write_all(STDOUT_FILENO, sb_str(text), text->len);
    sb_free(text);
    return report_written("to standard output", error);
}

int cli_write(const char *path, const char *bytes, size_t len)
{
    if (!strcmp(path, "-"))
        return report_written("to standard output", write_all(STDOUT_FILENO, bytes, len));
    StrBuf name = {0};
    sb_printf(&name, "`%s`", path);
    int status = report_written(sb_str(&name), os_write_file(path, bytes, len));
    sb_free(&name);
    return status;
}
