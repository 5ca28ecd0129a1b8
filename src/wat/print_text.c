/* Words of the text format: numbers, strings, identifiers. */
#include "wat/print_int.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Deeper nesting is no longer shown, or the text would grow with the square of the depth. */
#define MAX_INDENT 40

void print_u64(Printer *p, u64 value)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    sb_add(p->out, digits + at, sizeof digits - at);
}

void print_i64(Printer *p, i64 value)
{
    if (value < 0)
        sb_putc(p->out, '-');
    print_u64(p, value < 0 ? 0 - (u64)value : (u64)value);
}

void print_line(Printer *p, u32 depth, u32 at)
{
    static const char blanks[2 * MAX_INDENT + 1] =
        "                                                                                ";
    sb_putc(p->out, '\n');
    if (p->flags & WAT_PRINT_OFFSETS)
        sb_printf(p->out, "(;%06x;) ", at);
    sb_add(p->out, blanks, 2 * (size_t)MIN(depth, (u32)MAX_INDENT));
}

/* ---- strings ---- */

static const char hex[] = "0123456789abcdef";

/* How a byte is written in a string. */
static void add_byte(Printer *p, u8 byte)
{
    char escape[3] = {'\\', 0, 0};
    switch (byte) {
    case '\t': escape[1] = 't'; break;
    case '\n': escape[1] = 'n'; break;
    case '\r': escape[1] = 'r'; break;
    case '"':
    case '\\': escape[1] = (char)byte; break;
    default:
        if (byte >= 0x20 && byte < 0x7F) {
            sb_putc(p->out, (char)byte);
            return;
        }
        escape[1] = hex[byte >> 4];
        escape[2] = hex[byte & 15];
    }
    sb_add(p->out, escape, escape[2] ? 3 : 2);
}

void print_bytes(Printer *p, const u8 *bytes, size_t size)
{
    sb_putc(p->out, '"');
    for (size_t i = 0; i < size; i++)
        add_byte(p, bytes[i]);
    sb_putc(p->out, '"');
}

#define BYTES_PER_LINE 32

void print_data(Printer *p, u32 depth, u32 at, u32 size)
{
    if (size <= BYTES_PER_LINE) {
        sb_putc(p->out, ' ');
        print_bytes(p, p->m->bytes + at, size);
        return;
    }
    for (u32 i = 0; i < size; i += BYTES_PER_LINE) {
        print_line(p, depth, at + i);
        print_bytes(p, p->m->bytes + at + i, MIN(size - i, (u32)BYTES_PER_LINE));
    }
}

/* Marks, separators and controls beyond ASCII that change how text is shown around them. */
static bool is_unsafe(u32 c)
{
    return (c >= 0x80 && c < 0xA0) || c == 0x61C || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
           (c >= 0xFFF9 && c <= 0xFFFB) || c >= 0xE0000;
}

/* The code point at *i, which goes past it; the text is valid UTF-8. */
static u32 next_point(const u8 *text, size_t *i)
{
    u8 lead = text[(*i)++];
    u32 more = lead < 0xC0 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    u32 c = more ? lead & (0x3Fu >> more) : lead;
    for (; more; more--)
        c = c << 6 | (text[(*i)++] & 0x3F);
    return c;
}

void print_name(Printer *p, WasmStr name)
{
    const u8 *text = (const u8 *)name.at;
    sb_putc(p->out, '"');
    for (size_t i = 0; i < name.len;) {
        size_t from = i;
        u32 c = next_point(text, &i);
        if (c < 0x80)
            add_byte(p, (u8)c);
        else if (is_unsafe(c))
            sb_printf(p->out, "\\u{%x}", c);
        else
            sb_add(p->out, name.at + from, i - from);
    }
    sb_putc(p->out, '"');
}

static bool is_id_char(u8 c)
{
    return c > 0x20 && c < 0x7F && !strchr("\"(),;[]{}", c);
}

void print_id(Printer *p, WasmStr name)
{
    sb_putc(p->out, '$');
    u32 i = 0;
    while (i < name.len && is_id_char((u8)name.at[i]))
        i++;
    if (i == name.len)
        sb_add(p->out, name.at, name.len);
    else
        print_name(p, name);
}

/* ---- floats ---- */

/* The digits of "d.ddde+XX" without the point, which the locale chooses, and without zeros at the
 * end. Returns the exponent of the first digit. */
static int take_digits(const char *text, char *digits)
{
    size_t n = 0;
    for (; *text != 'e'; text++)
        if (*text >= '0' && *text <= '9')
            digits[n++] = *text;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    digits[n] = 0;
    return atoi(text + 1);
}

/* Decimal digits as a number, with an exponent if it is far from one. */
static void put_decimal(StrBuf *out, const char *digits, int exponent)
{
    int n = (int)strlen(digits);
    if (exponent < -5 || exponent > 16) {
        sb_putc(out, digits[0]);
        if (n > 1)
            sb_printf(out, ".%s", digits + 1);
        sb_printf(out, "e%+d", exponent);
    } else if (exponent < 0) {
        sb_printf(out, "0.%.*s%s", -exponent - 1, "00000", digits);
    } else if (n <= exponent + 1) {
        sb_printf(out, "%s%.*s", digits, exponent + 1 - n, "0000000000000000");
    } else {
        sb_printf(out, "%.*s.%s", exponent + 1, digits, digits + exponent + 1);
    }
}

/* The fewest digits that read back to the same number. */
static void put_finite(StrBuf *out, double value, bool is_single)
{
    char text[40], digits[32];
    bool is_normal = value >= (is_single ? (double)FLT_MIN : DBL_MIN);
    int most = is_single ? 9 : 17, precision = !is_normal ? 1 : is_single ? 6 : 15;
    for (;; precision++) {
        snprintf(text, sizeof text, "%.*e", precision - 1, value);
        if (precision == most ||
            (is_single ? (double)strtof(text, NULL) == value : strtod(text, NULL) == value))
            break;
    }
    int exponent = take_digits(text, digits);
    put_decimal(out, digits, exponent);
}

static void put_float(StrBuf *out, double value, bool is_negative, u64 payload, u64 quiet)
{
    if (is_negative)
        sb_putc(out, '-');
    if (isinf(value))
        sb_puts(out, "inf");
    else if (!isnan(value))
        put_finite(out, fabs(value), quiet == 0x400000);
    else if (payload == quiet)
        sb_puts(out, "nan");
    else
        sb_printf(out, "nan:0x%llx", (unsigned long long)payload);
}

void wat_print_f32(StrBuf *out, u32 bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    put_float(out, (double)value, bits >> 31, bits & 0x7FFFFF, 0x400000);
}

void wat_print_f64(StrBuf *out, u64 bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    put_float(out, value, bits >> 63, bits & 0xFFFFFFFFFFFFF, 0x8000000000000);
}
