/* Values as they are written on the command line. */
#include "cli/cli.h"

#include <stdlib.h>

static u32 digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (u32)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (u32)(c - 'a' + 10);
    return c >= 'A' && c <= 'F' ? (u32)(c - 'A' + 10) : UINT32_MAX;
}

/* Reads digits up to `end`; underscores between them are for the reader's eye. */
static bool parse_digits(const char *text, const char *end, u64 *out)
{
    u32 base = 10;
    if (end - text > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    u64 number = 0;
    bool has_digit = false;
    for (; text < end; text++) {
        if (*text == '_' && has_digit)
            continue;
        u32 digit = digit_value(*text);
        if (digit >= base || number > (UINT64_MAX - digit) / base)
            return false;
        number = number * base + digit;
        has_digit = true;
    }
    *out = number;
    return has_digit;
}

bool cli_parse_u64(const char *text, u64 *out)
{
    return parse_digits(text, text + strlen(text), out);
}

bool cli_parse_bool(const char *text, bool *out)
{
    static const struct {
        const char *text;
        bool is_true;
    } words[] = {{"", true},    {"y", true},   {"yes", true},   {"true", true},
                 {"n", false},  {"no", false}, {"false", false}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (!strcmp(text, words[i].text)) {
            *out = words[i].is_true;
            return true;
        }
    return false;
}

bool cli_parse_duration(const char *text, u64 *ns)
{
    /* "s" is last: it ends the others too. */
    static const struct {
        const char *suffix;
        u64 ns;
    } units[] = {{"ms", 1000000}, {"us", 1000}, {"\316\274s", 1000}, {"\302\265s", 1000},
                 {"ns", 1},       {"s", 1000000000}};
    size_t len = strlen(text);
    u64 unit_ns = 1000000000, number;
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        size_t suffix_len = strlen(units[i].suffix);
        if (len > suffix_len && !strcmp(text + len - suffix_len, units[i].suffix)) {
            unit_ns = units[i].ns;
            len -= suffix_len;
            break;
        }
    }
    if (!parse_digits(text, text + len, &number) || number > UINT64_MAX / 2 / unit_ns)
        return false;
    *ns = number * unit_ns;
    return true;
}
