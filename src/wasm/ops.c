/* The operator table as data, lookups in it, and the parts of the unchecked reader that are too
 * large to be inline. */
#include "wasm/wasm.h"

#include "wasm/wasm_int.h"

/* Prefix columns of ops.def are tokens, so that rows can be sorted into tables by pasting. */
#define PREFIX_00 0
#define PREFIX_FB 0xFB
#define PREFIX_FC 0xFC
#define PREFIX_FD 0xFD
#define PREFIX_FE 0xFE

const WasmOpInfo wasm_ops[WASM_OP_COUNT] = {
#define OP(name, prefix, code, text, imm, sig, feature, fuel, width) \
    {text, sig, code, PREFIX_##prefix, WASM_IMM_##imm, WASM_FEATURE_##feature, fuel, width},
#include "wasm/ops.def"
#undef OP
};

/* From codes to operators, by prefix. Entries are the operator plus one, so that holes are zero. */
#define OP(name, prefix, code, text, imm, sig, feature, fuel, width) ROW_##prefix(name, code)
#define ENTRY(name, code) [code] = WASM_OP_##name + 1,
#define ROW_FB(name, code)
#define ROW_FC(name, code)
#define ROW_FD(name, code)
#define ROW_FE(name, code)

#define ROW_00(name, code) ENTRY(name, code)
const u16 wasm_plain_ops[256] = {
#include "wasm/ops.def"
};
#undef ROW_00
#define ROW_00(name, code)

#undef ROW_FB
#define ROW_FB(name, code) ENTRY(name, code)
static const u16 fb_ops[] = {
#include "wasm/ops.def"
};
#undef ROW_FB
#define ROW_FB(name, code)

#undef ROW_FC
#define ROW_FC(name, code) ENTRY(name, code)
static const u16 fc_ops[] = {
#include "wasm/ops.def"
};
#undef ROW_FC
#define ROW_FC(name, code)

#undef ROW_FD
#define ROW_FD(name, code) ENTRY(name, code)
static const u16 fd_ops[] = {
#include "wasm/ops.def"
};
#undef ROW_FD
#define ROW_FD(name, code)

#undef ROW_FE
#define ROW_FE(name, code) ENTRY(name, code)
static const u16 fe_ops[] = {
#include "wasm/ops.def"
};
#undef ROW_FE
#define ROW_FE(name, code)
#undef OP

static const struct {
    const u16 *ops;
    u32 len;
} prefixed[] = {
    {fb_ops, ARRAY_LEN(fb_ops)},
    {fc_ops, ARRAY_LEN(fc_ops)},
    {fd_ops, ARRAY_LEN(fd_ops)},
    {fe_ops, ARRAY_LEN(fe_ops)},
};

WasmOp wasm_op_lookup(u8 prefix, u32 code)
{
    u16 op = 0;
    if (!prefix)
        op = code < 256 ? wasm_plain_ops[code] : 0;
    else if (prefix >= 0xFB && prefix <= 0xFE && code < prefixed[prefix - 0xFB].len)
        op = prefixed[prefix - 0xFB].ops[code];
    return op ? (WasmOp)(op - 1) : WASM_OP_COUNT;
}

/* ---- reading operators, checked ---- */

WasmOp wasm_in_prefixed_op(WasmIn *in)
{
    const u8 *at = in->at;
    u8 prefix = in_u8(in);
    if (prefix < 0xFB || prefix > 0xFE)
        wasm_fail(in, at, "illegal opcode %02x", prefix);
    u32 code = in_u32(in);
    WasmOp op = wasm_op_lookup(prefix, code);
    if (op == WASM_OP_COUNT)
        wasm_fail(in, at, "illegal opcode %02x %02x", prefix, code);
    return op;
}

WasmOp wasm_in_op(WasmIn *in, const WasmModule *m)
{
    const u8 *at = in->at;
    if (at == in->end)
        wasm_fail_end(in);
    u16 plain = wasm_plain_ops[*at];
    if (plain)
        in->at++;
    WasmOp op = plain ? (WasmOp)(plain - 1) : wasm_in_prefixed_op(in);
    if (UNLIKELY(!wasm_feature_on(m->features, wasm_ops[op].feature)))
        wasm_fail_feature(in, at, wasm_ops[op].feature, wasm_ops[op].text);
    return op;
}

/* ---- reading operators, unchecked ---- */

WasmOp wasm_read_prefixed_op(WasmReader *r)
{
    u8 prefix = *r->at++;
    return (WasmOp)(prefixed[prefix - 0xFB].ops[wasm_read_u32(r)] - 1);
}

static void skip_lebs(WasmReader *r, u32 count)
{
    for (; count; count--)
        while (*r->at++ & 0x80)
            ;
}

static void skip_memarg(WasmReader *r)
{
    (void)wasm_read_memarg(r);
}

/* One byte, or two where a heap type follows; a type index is a LEB128 as well. */
static void skip_type(WasmReader *r)
{
    u8 code = *r->at;
    skip_lebs(r, code == 0x63 || code == 0x64 ? 2 : 1);
}

static void skip_try_table(WasmReader *r)
{
    skip_type(r);
    for (u32 count = wasm_read_u32(r); count; count--) {
        u8 kind = wasm_read_u8(r);
        skip_lebs(r, kind < 2 ? 2 : 1);
    }
}

void wasm_skip_immediates(WasmReader *r, WasmOp op)
{
    switch ((WasmImm)wasm_ops[op].imm) {
    case WASM_IMM_NONE:
        break;
    case WASM_IMM_BLOCK:
        skip_type(r);
        break;
    case WASM_IMM_BR_TABLE:
        skip_lebs(r, wasm_read_u32(r) + 1);
        break;
    case WASM_IMM_TRY_TABLE:
        skip_try_table(r);
        break;
    case WASM_IMM_SELECT_TYPES:
        for (u32 count = wasm_read_u32(r); count; count--)
            skip_type(r);
        break;
    case WASM_IMM_MEMARG:
    case WASM_IMM_ATOMIC:
        skip_memarg(r);
        break;
    case WASM_IMM_MEMARG_LANE:
        skip_memarg(r);
        r->at++;
        break;
    case WASM_IMM_F32:
        r->at += 4;
        break;
    case WASM_IMM_F64:
        r->at += 8;
        break;
    case WASM_IMM_V128:
    case WASM_IMM_SHUFFLE:
        r->at += 16;
        break;
    case WASM_IMM_LANE:
    case WASM_IMM_FENCE:
        r->at++;
        break;
    case WASM_IMM_LABEL:
    case WASM_IMM_FUNC:
    case WASM_IMM_TYPE:
    case WASM_IMM_TAG:
    case WASM_IMM_LOCAL:
    case WASM_IMM_GLOBAL:
    case WASM_IMM_TABLE:
    case WASM_IMM_ELEM:
    case WASM_IMM_MEM:
    case WASM_IMM_DATA:
    case WASM_IMM_I32:
    case WASM_IMM_I64:
    case WASM_IMM_HEAP:
        skip_lebs(r, 1);
        break;
    case WASM_IMM_CALL_INDIRECT:
    case WASM_IMM_TABLE_TABLE:
    case WASM_IMM_ELEM_TABLE:
    case WASM_IMM_MEM_MEM:
    case WASM_IMM_DATA_MEM:
    case WASM_IMM_TYPE_FIELD:
    case WASM_IMM_TYPE_COUNT:
    case WASM_IMM_TYPE_DATA:
    case WASM_IMM_TYPE_ELEM:
    case WASM_IMM_TYPE_TYPE:
        skip_lebs(r, 2);
        break;
    case WASM_IMM_BR_ON_CAST:
        skip_lebs(r, 4);
        break;
    }
}
