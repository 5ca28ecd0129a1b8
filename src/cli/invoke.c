/* Typed arguments and results of --invoke. */
#include "cli/cli.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- arguments ---- */

/* An integer of so many bits: as a signed number, or an unsigned one, which then wraps. */
static bool parse_int(const char *text, u32 bits, u64 *out)
{
    bool is_negative = text[0] == '-';
    u64 number, most = UINT64_MAX >> (64 - bits);
    if (text[0] == '-' || text[0] == '+')
        text++;
    if (!cli_parse_u64(text, &number) || number > (is_negative ? most / 2 + 1 : most))
        return false;
    *out = is_negative ? 0 - number : number;
    return true;
}

/* strtod and its like also take what leads in: spaces. */
static bool is_float_start(const char *text) { return *text && !memchr(" \t\n\v\f\r", *text, 6); }

static bool parse_f32(const char *text, float *out)
{
    char *end;
    *out = strtof(text, &end);
    return is_float_start(text) && !*end;
}

static bool parse_f64(const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return is_float_start(text) && !*end;
}

/* False after a message. */
static bool parse_arg(const char *name, size_t number, wasm_valkind_t kind, const char *text,
                      wasmtime_val_t *val)
{
    static const char *const kinds[] = {"an i32", "an i64", "an f32", "an f64"};
    u64 bits = 0;
    bool is_ok = false;
    switch (kind) {
    case WASM_I32:
        is_ok = parse_int(text, 32, &bits);
        *val = (wasmtime_val_t){.kind = WASMTIME_I32, .of.i32 = (i32)(u32)bits};
        break;
    case WASM_I64:
        is_ok = parse_int(text, 64, &bits);
        *val = (wasmtime_val_t){.kind = WASMTIME_I64, .of.i64 = (i64)bits};
        break;
    case WASM_F32:
        val->kind = WASMTIME_F32;
        is_ok = parse_f32(text, &val->of.f32);
        break;
    case WASM_F64:
        val->kind = WASMTIME_F64;
        is_ok = parse_f64(text, &val->of.f64);
        break;
    default:
        cli_fail("argument %zu of `%s` is neither an integer nor a float: it cannot be given on "
                 "the command line",
                 number, name);
        return false;
    }
    if (!is_ok)
        cli_fail("argument %zu of `%s` is %s: `%s` cannot be read as that", number, name,
                 kinds[kind], text);
    return is_ok;
}

bool cli_parse_args(const char *name, const wasm_functype_t *type, const char *const *texts,
                    size_t n, wasmtime_val_t *vals)
{
    const wasm_valtype_vec_t *params = wasm_functype_params(type);
    for (size_t i = 0; i < params->size; i++) {
        if (i >= n) {
            cli_fail("not enough arguments for `%s`: it takes %zu", name, params->size);
            return false;
        }
        if (!parse_arg(name, i + 1, wasm_valtype_kind(params->data[i]), texts[i], &vals[i]))
            return false;
    }
    return true;
}

/* ---- results ---- */

/* The fewest digits that read back as the same number, laid out without an exponent. `digits` is
 * how many always suffice for the type. */
static void print_float(StrBuf *out, double value, int most_digits, bool is_f32)
{
    if (isnan(value)) {
        sb_puts(out, "NaN");
        return;
    }
    if (isinf(value)) {
        sb_puts(out, value < 0 ? "-inf" : "inf");
        return;
    }
    char text[40]; /* -d.ddde-ddd */
    for (int n = 1; n <= most_digits; n++) {
        snprintf(text, sizeof text, "%.*e", n - 1, value);
        if (is_f32 ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value)
            break;
    }
    char digits[32];
    int n_digits = 0;
    const char *at = text;
    for (; *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            digits[n_digits++] = *at;
    int point = atoi(at + 1) + 1; /* digits before the point */
    if (signbit(value))
        sb_putc(out, '-');
    if (point <= 0)
        sb_puts(out, "0.");
    for (int i = point; i < 0; i++)
        sb_putc(out, '0');
    for (int i = 0; i < MAX(n_digits, point); i++) {
        if (i == point && point > 0)
            sb_putc(out, '.');
        sb_putc(out, i < n_digits ? digits[i] : '0');
    }
}

/* A vector is one number of 128 bits, in decimal: divided by ten over and over. */
static void print_v128(StrBuf *out, const u8 *bytes)
{
    u32 limbs[4];
    char text[40]; /* the largest has 39 digits */
    size_t at = sizeof text;
    memcpy(limbs, bytes, sizeof limbs);
    do {
        u64 rest = 0;
        for (int i = 3; i >= 0; i--) {
            rest = rest << 32 | limbs[i];
            limbs[i] = (u32)(rest / 10);
            rest %= 10;
        }
        text[--at] = (char)('0' + rest);
    } while (limbs[0] | limbs[1] | limbs[2] | limbs[3]);
    sb_add(out, text + at, sizeof text - at);
}

static void print_ref(StrBuf *out, const char *name, bool is_null)
{
    sb_printf(out, is_null ? "<null %s>" : "<%s>", name);
}

void cli_print_val(StrBuf *out, const wasmtime_val_t *val)
{
    switch (val->kind) {
    case WASMTIME_I32:
        sb_printf(out, "%d", val->of.i32);
        break;
    case WASMTIME_I64:
        sb_printf(out, "%lld", (long long)val->of.i64);
        break;
    case WASMTIME_F32:
        print_float(out, (double)val->of.f32, 9, true);
        break;
    case WASMTIME_F64:
        print_float(out, val->of.f64, 17, false);
        break;
    case WASMTIME_V128:
        print_v128(out, val->of.v128);
        break;
    case WASMTIME_FUNCREF:
        print_ref(out, "funcref", wasmtime_funcref_is_null(&val->of.funcref));
        break;
    case WASMTIME_EXTERNREF:
        print_ref(out, "externref", wasmtime_externref_is_null(&val->of.externref));
        break;
    case WASMTIME_ANYREF:
        print_ref(out, "anyref", wasmtime_anyref_is_null(&val->of.anyref));
        break;
    default:
        print_ref(out, "exnref", wasmtime_exnref_is_null(&val->of.exnref));
        break;
    }
    sb_putc(out, '\n');
}
