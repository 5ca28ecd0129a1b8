/* Numbers in text, exactly: what is not a machine integer is rounded once, to nearest, ties to
 * even, by integer arithmetic alone: neither the locale nor the host's rounding mode matters.
 *
 * A decimal number is w * 10^e. While w has 19 digits and e is small, 128 bits hold all there is;
 * else w and a power of five are numbers of many words, and the first bits of their product or
 * quotient are found with one bit for all that follows. 800 digits are read exactly, which is
 * more than any number needs that lies between two doubles; of those behind them it only matters
 * whether one is not zero. */
#include "wat/wat_int.h"

/* ---- what kind of number ---- */

static bool is_digit(char c, bool is_hex)
{
    char lower = c | 0x20;
    return (c >= '0' && c <= '9') || (is_hex && lower >= 'a' && lower <= 'f');
}

/* Behind the digits at `at`, which may have single underscores between them; `at`: there are
 * none. */
static const char *skip_digits(const char *at, const char *end, bool is_hex)
{
    const char *start = at;
    while (at < end && is_digit(*at, is_hex)) {
        at++;
        if (end - at >= 2 && *at == '_' && is_digit(at[1], is_hex))
            at++;
    }
    return at == start ? start : at;
}

static bool starts_with(const char *at, const char *end, const char *with)
{
    size_t len = strlen(with);
    return (size_t)(end - at) >= len && !memcmp(at, with, len);
}

WatTokenKind wat_number_kind(const char *at, size_t len)
{
    const char *end = at + len, *start = at;
    if (at == end) /* a text may end here: nothing is to be looked at */
        return WAT_TOK_RESERVED;
    at += *at == '+' || *at == '-';
    bool has_sign = at != start;
    if (starts_with(at, end, "inf") && end - at == 3)
        return WAT_TOK_FLOAT;
    if (starts_with(at, end, "nan")) {
        at += 3;
        bool has_payload = starts_with(at, end, ":0x") && end - at > 3;
        return at == end || (has_payload && skip_digits(at + 3, end, true) == end)
                   ? WAT_TOK_FLOAT
                   : WAT_TOK_RESERVED;
    }
    bool is_hex = starts_with(at, end, "0x");
    at += is_hex ? 2 : 0;
    const char *digits = at;
    at = skip_digits(at, end, is_hex);
    if (at == digits)
        return WAT_TOK_RESERVED;
    if (at == end)
        return has_sign ? WAT_TOK_INT : WAT_TOK_NAT;
    if (*at == '.')
        at = skip_digits(at + 1, end, is_hex);
    if (at < end && (*at | 0x20) == (is_hex ? 'p' : 'e')) {
        at++;
        at += at < end && (*at == '+' || *at == '-');
        const char *exponent = at;
        at = skip_digits(at, end, false);
        if (at == exponent)
            return WAT_TOK_RESERVED;
    }
    return at == end ? WAT_TOK_FLOAT : WAT_TOK_RESERVED;
}

/* ---- integers ---- */

static u32 digit_value(char c) { return (u32)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10); }

/* The digits from `at` to `end`; false: more than 64 bits. */
static bool read_magnitude(const char *at, const char *end, u64 *out)
{
    bool is_hex = starts_with(at, end, "0x");
    u64 base = is_hex ? 16 : 10, value = 0;
    for (at += is_hex ? 2 : 0; at < end; at++) {
        if (*at == '_')
            continue;
        u32 digit = digit_value(*at);
        if (value > (UINT64_MAX - digit) / base)
            return false;
        value = value * base + digit;
    }
    *out = value;
    return true;
}

static _Noreturn void fail_range(const WatLexer *lex, const char *type, const char *what)
{
    char buf[WAT_TOKEN_TEXT_MAX];
    wat_fail(lex, lex->tok.start, "constant out of range: %s is no %s%s",
             wat_token_text(lex, buf), type, what);
}

static u64 max_of(u32 bits) { return UINT64_MAX >> (64 - bits); }

u64 wat_int(const WatLexer *lex, u32 bits)
{
    if (lex->tok.kind != WAT_TOK_NAT && lex->tok.kind != WAT_TOK_INT)
        wat_unexpected(lex, "an integer");
    const char *at = wat_token_at(lex), *end = at + lex->tok.len;
    bool is_negative = *at == '-';
    u64 value;
    bool fits = read_magnitude(at + (lex->tok.kind == WAT_TOK_INT), end, &value) &&
                value <= (is_negative ? max_of(bits) / 2 + 1 : max_of(bits));
    if (!fits)
        fail_range(lex, bits == 8 ? "i8" : bits == 16 ? "i16" : bits == 32 ? "i32" : "i64", "");
    return is_negative ? 0 - value : value;
}

static u64 unsigned_at(const WatLexer *lex, const char *at, u32 bits)
{
    u64 value;
    char buf[WAT_TOKEN_TEXT_MAX];
    if (!read_magnitude(at, wat_token_at(lex) + lex->tok.len, &value) || value > max_of(bits))
        wat_fail(lex, lex->tok.start, "i%u constant out of range: %s, expected at most %llu", bits,
                 wat_token_text(lex, buf), (unsigned long long)max_of(bits));
    return value;
}

u64 wat_nat(const WatLexer *lex, u32 bits)
{
    if (lex->tok.kind != WAT_TOK_NAT)
        wat_unexpected(lex, "an unsigned integer");
    return unsigned_at(lex, wat_token_at(lex), bits);
}

u64 wat_nat_behind_eq(const WatLexer *lex)
{
    const char *at = (const char *)memchr(wat_token_at(lex), '=', lex->tok.len) + 1;
    size_t len = (size_t)(wat_token_at(lex) + lex->tok.len - at);
    char buf[WAT_TOKEN_TEXT_MAX];
    if (wat_number_kind(at, len) != WAT_TOK_NAT)
        wat_fail(lex, lex->tok.start, "unknown operator %s: expected an unsigned integer behind =",
                 wat_token_text(lex, buf));
    return unsigned_at(lex, at, 64);
}

/* ---- rounding ---- */

/* A binary format of IEEE 754. */
typedef struct Format {
    const char *name;
    u32 precision; /* bits, with the one that is not stored */
    i32 min_exp;   /* of the smallest normal number; the largest one's is 1 - min_exp */
} Format;
static const Format f32_format = {"f32", 24, -126};
static const Format f64_format = {"f64", 53, -1022};

/* m * 2^exp, and a little more if `has_more`. */
typedef struct Binary {
    u64 m;
    i64 exp;
    bool has_more;
    bool is_huge; /* beyond every format */
} Binary;

/* The bits of the nearest number without its sign; false: it would be infinite. */
static bool round_to(Binary b, const Format *f, u64 *bits)
{
    *bits = 0;
    if (b.is_huge)
        return false;
    if (!b.m)
        return true;
    u32 shift = clz64(b.m);
    u64 m = b.m << shift;
    i64 exp = b.exp - shift + 63; /* m is 1.something * 2^exp */
    bool is_normal = exp >= f->min_exp;
    i64 keep = is_normal ? (i64)f->precision : (i64)f->precision - (f->min_exp - exp);
    if (keep < 0)
        return true;
    u64 kept = keep ? m >> (64 - keep) : 0;
    u64 rest = keep ? m << keep : m;
    const u64 half = (u64)1 << 63;
    if (rest > half || (rest == half && (b.has_more || (kept & 1))))
        kept++;
    /* The leading bit of a normal number adds one to the exponent, as does a carry. */
    u32 stored = f->precision - 1;
    if (is_normal && exp > 1 - f->min_exp)
        return false;
    *bits = (is_normal ? (u64)(exp - f->min_exp) << stored : 0) + kept;
    return *bits < (u64)(2 * (1 - f->min_exp) + 1) << stored;
}

/* ---- hexadecimal ---- */

/* An exponent in text, which may be any number: beyond this all are alike. */
#define EXPONENT_MAX ((i64)1 << 40)

static i64 read_exponent(const char *at, const char *end)
{
    bool is_negative = at < end && *at == '-';
    i64 value = 0;
    for (; at < end; at++)
        if (*at >= '0' && *at <= '9')
            value = MIN(value * 10 + (*at - '0'), EXPONENT_MAX);
    return is_negative ? -value : value;
}

static Binary read_hex(const char *at, const char *end)
{
    Binary b = {0};
    bool is_fraction = false;
    for (; at < end && (*at | 0x20) != 'p'; at++) {
        if (*at == '.') {
            is_fraction = true;
        } else if (*at != '_') {
            bool is_full = b.m >> 60;
            u32 digit = digit_value(*at);
            if (is_full)
                b.has_more |= digit != 0;
            else
                b.m = b.m << 4 | digit;
            b.exp += (is_full ? 4 : 0) - (is_fraction ? 4 : 0);
        }
    }
    if (at < end)
        b.exp += read_exponent(at + 1, end);
    b.is_huge = b.m && b.exp > 2000;
    return b;
}

/* ---- decimal ---- */

#define DIGITS_MAX 800
/* 32-bit words of the largest number: 800 digits, or 5^1210 and 66 bits. */
#define BIG_WORDS 96

typedef struct Decimal {
    u8 digits[DIGITS_MAX]; /* the first is not zero */
    u32 n_digits;
    i64 exp;       /* the number is digits * 10^exp */
    bool has_more; /* there are digits behind them that are not zero */
} Decimal;

typedef struct Big {
    u32 words[BIG_WORDS]; /* lowest first */
    u32 len;              /* the highest one is not zero */
} Big;

static void read_decimal(const char *at, const char *end, Decimal *d)
{
    bool is_fraction = false;
    d->n_digits = 0;
    d->exp = 0;
    d->has_more = false;
    for (; at < end && (*at | 0x20) != 'e'; at++) {
        if (*at == '.') {
            is_fraction = true;
        } else if (*at != '_') {
            u8 digit = (u8)(*at - '0');
            bool is_full = d->n_digits == DIGITS_MAX;
            if (is_full)
                d->has_more |= digit != 0;
            else if (d->n_digits || digit)
                d->digits[d->n_digits++] = digit;
            d->exp += (is_full ? 1 : 0) - (is_fraction ? 1 : 0);
        }
    }
    if (at < end)
        d->exp += read_exponent(at + 1, end);
    /* Fewer digits are less work. */
    while (d->n_digits && !d->digits[d->n_digits - 1] && !d->has_more) {
        d->n_digits--;
        d->exp++;
    }
}

/* big = big * factor + add */
static void big_muladd(Big *big, u32 factor, u32 add)
{
    u64 carry = add;
    for (u32 i = 0; i < big->len; i++) {
        carry += (u64)big->words[i] * factor;
        big->words[i] = (u32)carry;
        carry >>= 32;
    }
    if (carry) {
        check(big->len < BIG_WORDS);
        big->words[big->len++] = (u32)carry;
    }
}

static void big_mul_pow5(Big *big, u32 power)
{
    const u32 pow13 = 1220703125; /* the highest power of five in 32 bits */
    for (; power >= 13; power -= 13)
        big_muladd(big, pow13, 0);
    u32 factor = 1;
    for (; power; power--)
        factor *= 5;
    big_muladd(big, factor, 0);
}

static u32 big_bits(const Big *big)
{
    return big->len * 32 - clz32(big->words[big->len - 1]);
}

static void big_shift_left(Big *big, u32 bits)
{
    u32 words = bits / 32, rest = bits % 32;
    check(big->len + words + 1 <= BIG_WORDS);
    memmove(big->words + words, big->words, big->len * sizeof *big->words);
    memset(big->words, 0, words * sizeof *big->words);
    big->len += words;
    if (rest)
        big_muladd(big, (u32)1 << rest, 0);
}

/* The first 64 bits of a number, and whether something follows them. */
static Binary big_head(const Big *big)
{
    Binary b = {0};
    u32 bits = big_bits(big), low = bits > 64 ? bits - 64 : 0; /* bits left out */
    for (u32 i = 0; i < big->len; i++) {
        i64 place = (i64)i * 32 - low;
        u64 word = big->words[i];
        if (place >= 0) {
            b.m |= word << place;
        } else if (place > -32) {
            b.m |= word >> -place;
            b.has_more |= (word & (((u64)1 << -place) - 1)) != 0;
        } else {
            b.has_more |= word != 0;
        }
    }
    b.exp = low;
    return b;
}

/* top[0..n] -= v[0..n-1] * q; true if that was too much, which is then put right once. */
static bool sub_product(u32 *top, const Big *v, u64 q)
{
    u64 carry = 0, borrow = 0;
    for (u32 i = 0; i <= v->len; i++) {
        u64 product = (i < v->len ? v->words[i] * q : 0) + carry;
        carry = product >> 32;
        u64 difference = (u64)top[i] - (u32)product - borrow;
        top[i] = (u32)difference;
        borrow = difference >> 63;
    }
    if (!borrow)
        return false;
    carry = 0;
    for (u32 i = 0; i <= v->len; i++) {
        carry += (u64)top[i] + (i < v->len ? v->words[i] : 0);
        top[i] = (u32)carry;
        carry >>= 32;
    }
    return true;
}

/* u / v, a quotient of at most three words (Knuth, algorithm D); both are shifted so that the
 * highest bit of v is set. u becomes the remainder. */
static Big big_divide(Big *u, Big *v)
{
    Big quotient = {.len = 3};
    u32 shift = clz32(v->words[v->len - 1]);
    big_shift_left(v, shift);
    big_shift_left(u, shift);
    check(u->len <= v->len + 3 && v->len + 3 <= BIG_WORDS);
    memset(u->words + u->len, 0, (v->len + 3 - u->len) * sizeof *u->words);
    u64 high = v->words[v->len - 1], second = v->len > 1 ? v->words[v->len - 2] : 0;
    for (u32 j = 3; j-- > 0;) {
        u32 *top = u->words + j;
        u64 two = (u64)top[v->len] << 32 | top[v->len - 1];
        u64 q = two / high, rest = two % high;
        u64 next = v->len > 1 ? top[v->len - 2] : 0;
        while (q >> 32 || (rest >> 32 == 0 && q * second > (rest << 32 | next))) {
            q--;
            rest += high;
            if (rest >> 32)
                break;
        }
        q -= sub_product(top, v, q);
        quotient.words[j] = (u32)q;
    }
    while (quotient.len > 1 && !quotient.words[quotient.len - 1])
        quotient.len--;
    return quotient;
}

/* digits * 10^exp by numbers of any length. */
static Binary convert_slowly(const Decimal *d)
{
    Big u = {.len = 0};
    for (u32 i = 0; i < d->n_digits; i++)
        big_muladd(&u, 10, d->digits[i]);
    if (d->exp >= 0) {
        big_mul_pow5(&u, (u32)d->exp);
        Binary b = big_head(&u);
        b.exp += d->exp;
        b.has_more |= d->has_more;
        return b;
    }
    Big v = {.words = {1}, .len = 1};
    big_mul_pow5(&v, (u32)-d->exp);
    /* Shifted so that the quotient has 65 or 66 bits. */
    i64 shift = 65 + (i64)big_bits(&v) - (i64)big_bits(&u);
    if (shift >= 0)
        big_shift_left(&u, (u32)shift);
    else
        big_shift_left(&v, (u32)-shift);
    Big quotient = big_divide(&u, &v);
    Binary b = big_head(&quotient);
    for (u32 i = 0; i < v.len; i++)
        b.has_more |= u.words[i] != 0;
    b.has_more |= d->has_more;
    b.exp += d->exp - shift;
    return b;
}

/* w * 10^exp, where 5^|exp| fits in 64 bits. */
static Binary convert_fast(u64 w, i32 exp)
{
    u64 pow5 = 1;
    for (i32 i = exp < 0 ? -exp : exp; i; i--)
        pow5 *= 5;
    unsigned __int128 wide;
    Binary b = {.exp = exp};
    if (exp >= 0) {
        wide = (unsigned __int128)w * pow5;
    } else {
        u32 shift = clz64(w);
        unsigned __int128 scaled = (unsigned __int128)(w << shift) << 64;
        wide = scaled / pow5;
        b.has_more = scaled % pow5 != 0;
        b.exp -= 64 + shift;
    }
    u64 high = (u64)(wide >> 64);
    if (high) {
        u32 drop = 64 - clz64(high);
        b.has_more |= (wide & (((unsigned __int128)1 << drop) - 1)) != 0;
        wide >>= drop;
        b.exp += drop;
    }
    b.m = (u64)wide;
    return b;
}

static Binary read_dec(const char *at, const char *end)
{
    Decimal d;
    read_decimal(at, end, &d);
    i64 magnitude = d.exp + d.n_digits; /* below 10^magnitude */
    if (!d.n_digits || magnitude < -400)
        return (Binary){0};
    if (magnitude > 400)
        return (Binary){.is_huge = true};
    if (d.n_digits > 19 || d.exp > 27 || d.exp < -27)
        return convert_slowly(&d);
    u64 w = 0;
    for (u32 i = 0; i < d.n_digits; i++)
        w = w * 10 + d.digits[i];
    return convert_fast(w, (i32)d.exp);
}

/* ---- floating point ---- */

static u64 nan_bits(const WatLexer *lex, const char *at, const char *end, const Format *f)
{
    u32 stored = f->precision - 1;
    u64 payload = (u64)1 << (stored - 1);
    if (end - at > 3 && (!read_magnitude(at + 4, end, &payload) || !payload || payload >> stored))
        fail_range(lex, f->name, ": the payload must not be zero and must fit");
    return (u64)(2 * (1 - f->min_exp) + 1) << stored | payload;
}

static u64 read_float(const WatLexer *lex, const Format *f)
{
    if (lex->tok.kind < WAT_TOK_NAT || lex->tok.kind > WAT_TOK_FLOAT)
        wat_unexpected(lex, "a number");
    const char *at = wat_token_at(lex), *end = at + lex->tok.len;
    bool is_negative = *at == '-';
    at += is_negative || *at == '+';
    u64 bits, infinity = (u64)(2 * (1 - f->min_exp) + 1) << (f->precision - 1);
    if (*at == 'n') {
        bits = nan_bits(lex, at, end, f);
    } else if (*at == 'i') {
        bits = infinity;
    } else {
        bool is_hex = starts_with(at, end, "0x");
        if (!round_to(is_hex ? read_hex(at + 2, end) : read_dec(at, end), f, &bits))
            fail_range(lex, f->name, ": it is too large");
    }
    u32 sign_at = f == &f32_format ? 31 : 63;
    return bits | (u64)is_negative << sign_at;
}

u32 wat_f32(const WatLexer *lex) { return (u32)read_float(lex, &f32_format); }
u64 wat_f64(const WatLexer *lex) { return read_float(lex, &f64_format); }
