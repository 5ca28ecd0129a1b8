/* The checked reader: LEB128 numbers, names and types, and every way they can be wrong. */
#include "base/utf8.h"
#include "wasm/wasm_int.h"

#include <stdarg.h>
#include <stdio.h>

_Noreturn void wasm_fail(WasmIn *in, const u8 *at, const char *format, ...)
{
    char text[sizeof in->diag->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    diag_fail(in->diag, (u64)(at - in->base), "%s", text);
    longjmp(*in->on_fail, 1);
}

_Noreturn void wasm_fail_end(WasmIn *in)
{
    wasm_fail(in, in->end, "unexpected end of section or function");
}

_Noreturn void wasm_fail_feature(WasmIn *in, const u8 *at, WasmFeature feature, const char *what)
{
    wasm_fail(in, at, "%s: this needs the %s feature, which is switched off", what,
              wasm_feature_key(feature));
}

_Noreturn void wasm_fail_unknown(WasmIn *in, const u8 *at, const char *what, u32 index, u32 count)
{
    if (!count)
        wasm_fail(in, at, "unknown %s %u: there is none here", what, index);
    wasm_fail(in, at, "unknown %s %u: the last one here is %u", what, index, count - 1);
}

/* ---- numbers ---- */

/* A number that runs over the end of its part is read on into what follows in the file: if it is
 * wrong as a number, that is the better explanation, since it is what moved the end. */

static _Noreturn void fail_too_long(WasmIn *in, const u8 *at, u32 bits)
{
    wasm_fail(in, at, "integer representation too long: %u bits take at most %u bytes",
              bits, (bits + 6) / 7);
}

static _Noreturn void fail_too_large(WasmIn *in, const u8 *at, u32 bits, const char *sign)
{
    wasm_fail(in, at, "integer too large: it does not fit into %u bits, %s", bits, sign);
}

static u8 next_byte(WasmIn *in, const u8 **at)
{
    if (*at == in->limit)
        wasm_fail_end(in);
    return *(*at)++;
}

/* Moves *at past the number, which may be past in->end. */
static u64 read_uleb(WasmIn *in, const u8 **at, u32 bits)
{
    u64 value = 0;
    for (u32 shift = 0;; shift += 7) {
        u8 byte = next_byte(in, at);
        u32 room = bits - shift;
        if (room < 7 && (byte & 0x80))
            fail_too_long(in, *at - 1, bits);
        if (room < 7 && byte >> room)
            fail_too_large(in, *at - 1, bits, "unsigned");
        value |= (u64)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return value;
    }
}

static void move_to(WasmIn *in, const u8 *at)
{
    if (at > in->end)
        wasm_fail_end(in);
    in->at = at;
}

u64 wasm_in_uleb_slow(WasmIn *in, u32 bits)
{
    const u8 *at = in->at;
    u64 value = read_uleb(in, &at, bits);
    move_to(in, at);
    return value;
}

i64 wasm_in_sleb_slow(WasmIn *in, u32 bits)
{
    u64 value = 0;
    const u8 *at = in->at;
    for (u32 shift = 0;; shift += 7) {
        u8 byte = next_byte(in, &at);
        u32 room = bits - shift;
        if (room < 7) {
            if (byte & 0x80)
                fail_too_long(in, at - 1, bits);
            /* The bits that have no room must repeat the sign. */
            int seven = byte & 0x40 ? (int)byte - 0x80 : byte;
            if (seven >= 1 << (room - 1) || seven < -(1 << (room - 1)))
                fail_too_large(in, at - 1, bits, "signed");
        }
        value |= (u64)(byte & 0x7F) << shift;
        if (byte & 0x80)
            continue;
        move_to(in, at);
        if ((byte & 0x40) && shift + 7 < 64)
            value |= ~(u64)0 << (shift + 7);
        return (i64)value;
    }
}

u32 wasm_in_count(WasmIn *in, const char *what, u32 limit)
{
    const u8 *at = in->at;
    u32 count = in_u32(in);
    if (count > limit)
        wasm_fail(in, at, "too many %s: %u, at most %u are supported", what, count, limit);
    if (count > in_left(in))
        wasm_fail(in, in->end, "unexpected end of section or function: %u %s in %zu bytes",
                  count, what, in_left(in));
    return count;
}

/* ---- names ---- */

WasmStr wasm_in_name(WasmIn *in)
{
    const u8 *at = in->at, *next = at;
    u32 len = (u32)read_uleb(in, &next, 32);
    size_t left = next < in->end ? (size_t)(in->end - next) : 0;
    if (len > left)
        wasm_fail(in, at, "length out of bounds: a name of %u bytes where %zu are left", len, left);
    move_to(in, next);
    if (len > WASM_MAX_STRING_BYTES)
        wasm_fail(in, at, "name too long: %u bytes, at most %u are supported", len,
                  WASM_MAX_STRING_BYTES);
    const u8 *bytes = in_bytes(in, len);
    for (size_t i = 0; i < len;) {
        size_t step = utf8_sequence(bytes + i, len - i);
        if (!step)
            wasm_fail(in, bytes + i, "malformed UTF-8 encoding in a name");
        i += step;
    }
    return (WasmStr){(const char *)bytes, len};
}

/* ---- types ---- */

static const struct {
    u8 code;
    u8 feature;
    const char *text;
} heaps[] = {
#define HEAP(name, code, text, shorthand, feature) {code, WASM_FEATURE_##feature, text},
#include "wasm/heaps.def"
#undef HEAP
};

/* The abstract heap type of this byte, or WASM_HEAP_COUNT. */
static WasmHeap heap_by_code(u8 code)
{
    for (u32 h = 0; h < ARRAY_LEN(heaps); h++)
        if (heaps[h].code == code)
            return (WasmHeap)h;
    return WASM_HEAP_COUNT;
}

static WasmValType abstract_ref(WasmIn *in, const WasmModule *m, const u8 *at, WasmHeap heap)
{
    bool is_func = heap == WASM_HEAP_FUNC || heap == WASM_HEAP_NOFUNC;
    WasmFeature needed = (WasmFeature)heaps[heap].feature;
    if (!is_func && wasm_feature_on(m->features, needed))
        needed = WASM_FEATURE_GC_SUPPORT;
    if (!wasm_feature_on(m->features, needed)) {
        char what[48];
        snprintf(what, sizeof what, "malformed reference type: %s", heaps[heap].text);
        wasm_fail_feature(in, at, needed, what);
    }
    return WASM_REF | WASM_ABSTRACT | heap;
}

WasmValType wasm_in_heap_type(WasmIn *in, const WasmModule *m)
{
    const u8 *at = in->at;
    i64 index = in_signed(in, 33);
    if (index >= 0) {
        wasm_need(in, m, at, WASM_FEATURE_FUNCTION_REFERENCES, "malformed heap type: a type index");
        wasm_in_range(in, at, "type", (u32)index, m->n_types);
        return wasm_concrete_ref(m->types[index].canon, false);
    }
    WasmHeap heap = in->at - at == 1 ? heap_by_code(*at) : WASM_HEAP_COUNT;
    if (heap == WASM_HEAP_COUNT)
        wasm_fail(in, at, "malformed heap type: byte 0x%02x is none", *at);
    return abstract_ref(in, m, at, heap);
}

WasmValType wasm_in_ref_type(WasmIn *in, const WasmModule *m)
{
    const u8 *at = in->at;
    u8 code = in_u8(in);
    if (code == 0x63 || code == 0x64) {
        wasm_need(in, m, at, WASM_FEATURE_FUNCTION_REFERENCES, "malformed reference type: (ref)");
        return wasm_with_null(wasm_in_heap_type(in, m), code == 0x63);
    }
    WasmHeap heap = heap_by_code(code);
    if (heap == WASM_HEAP_COUNT)
        wasm_fail(in, at, "malformed reference type: byte 0x%02x is none", code);
    return abstract_ref(in, m, at, heap) | WASM_NULLABLE;
}

WasmValType wasm_in_val_type(WasmIn *in, const WasmModule *m)
{
    const u8 *at = in->at;
    u8 code = in_u8(in);
    switch (code) {
    case 0x7F:
        return WASM_T_I32;
    case 0x7E:
        return WASM_T_I64;
    case 0x7D:
        return WASM_T_F32;
    case 0x7C:
        return WASM_T_F64;
    case 0x7B:
        wasm_need(in, m, at, WASM_FEATURE_SIMD, "malformed value type: v128");
        return WASM_T_V128;
    }
    if (code != 0x63 && code != 0x64 && heap_by_code(code) == WASM_HEAP_COUNT)
        wasm_fail(in, at, "malformed value type: byte 0x%02x is none", code);
    wasm_need(in, m, at, WASM_FEATURE_REFERENCE_TYPES, "malformed value type: a reference");
    in->at = at;
    return wasm_in_ref_type(in, m);
}

WasmValType wasm_in_storage_type(WasmIn *in, const WasmModule *m)
{
    if (in->at < in->end && (*in->at == 0x78 || *in->at == 0x77))
        return *in->at++ == 0x78 ? WASM_T_I8 : WASM_T_I16;
    return wasm_in_val_type(in, m);
}

u32 wasm_in_type_index(WasmIn *in, const WasmModule *m, WasmTypeKind kind)
{
    static const char *const kinds[] = {"function", "structure", "array"};
    const u8 *at = in->at;
    u32 index = wasm_in_index(in, "type", m->n_types);
    const WasmType *type = &m->types[index];
    if (type->kind != kind)
        wasm_fail(in, at, "%s %u: expected a%s %s type, found a%s %s type",
                  kind == WASM_TYPE_FUNC ? "unknown type" : "type mismatch", index,
                  kind == WASM_TYPE_ARRAY ? "n" : "", kinds[kind],
                  type->kind == WASM_TYPE_ARRAY ? "n" : "", kinds[type->kind]);
    return type->canon;
}

WasmBlockType wasm_in_block_type(WasmIn *in, const WasmModule *m)
{
    const u8 *at = in->at;
    if (at < in->end && *at == 0x40) {
        in->at++;
        return WASM_BLOCK_EMPTY;
    }
    /* Value types are the negative numbers of one byte. */
    if (at < in->end && (*at & 0xC0) == 0x40)
        return wasm_in_val_type(in, m);
    i64 index = in_signed(in, 33);
    if (index < 0)
        wasm_fail(in, at, "malformed block type: a negative type index");
    wasm_need(in, m, at, WASM_FEATURE_MULTI_VALUE, "malformed block type: a type index");
    in->at = at;
    /* It fits: an index of 33 bits past 32 would not be below the number of types. */
    wasm_in_range(in, at, "type", index > UINT32_MAX ? UINT32_MAX : (u32)index, m->n_types);
    return WASM_BLOCK_TYPE | wasm_in_type_index(in, m, WASM_TYPE_FUNC);
}

/* ---- the same for bodies that are known to be valid ---- */

WasmValType wasm_read_heap_type(WasmReader *r, const WasmModule *m)
{
    u8 code = *r->at;
    i64 index = (i64)wasm_read_leb(r, true);
    if (index >= 0)
        return wasm_concrete_ref(m->types[index].canon, false);
    return WASM_REF | WASM_ABSTRACT | heap_by_code(code);
}

WasmValType wasm_read_val_type(WasmReader *r, const WasmModule *m)
{
    u8 code = *r->at++;
    if (code >= 0x7B && code <= 0x7F)
        return WASM_T_I32 + (0x7Fu - code);
    if (code == 0x63 || code == 0x64)
        return wasm_with_null(wasm_read_heap_type(r, m), code == 0x63);
    return WASM_ABSTRACT_REF(heap_by_code(code));
}

WasmBlockType wasm_read_block_type(WasmReader *r, const WasmModule *m)
{
    if (*r->at == 0x40) {
        r->at++;
        return WASM_BLOCK_EMPTY;
    }
    if ((*r->at & 0xC0) == 0x40)
        return wasm_read_val_type(r, m);
    return WASM_BLOCK_TYPE | m->types[(u32)wasm_read_leb(r, true)].canon;
}
