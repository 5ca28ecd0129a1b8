#include "ir/ir.h"

/* The flag names of ops.def. */
enum {
    PURE = IR_PURE,
    COMM = IR_COMM,
    TRAPS = IR_TRAPS,
    LOAD = IR_LOADS,
    STORE = IR_STORES,
    CALL = IR_CALLS,
    TERM = IR_TERM,
    BOOL = IR_BOOL,
    PINNED = IR_PINNED
};

const IrOpInfo ir_op_info[IR_OP_COUNT] = {
    [IR_NONE] = {"none", "---", 0},
#define X(name, text, operands, flags, meaning) [IR_##name] = {text, operands, flags},
#include "ir/ops.def"
#undef X
};

const char *const ir_type_text[IR_TYPE_COUNT] = {
    [IR_VOID] = "void", [IR_I32] = "i32",   [IR_I64] = "i64", [IR_F32] = "f32",
    [IR_F64] = "f64",   [IR_V128] = "v128", [IR_REF] = "ref", [IR_GCREF] = "gcref",
};

/* Does extra[c] begin with a count of values? */
static bool has_counted_list(u16 op)
{
    switch (op) {
    case IR_CALL:
    case IR_CALL_REF:
    case IR_CALL_IMPORT:
    case IR_LIBCALL:
    case IR_RETURN:
    case IR_TAIL_CALL:
    case IR_TAIL_CALL_REF:
    case IR_TAIL_CALL_IMPORT:
        return true;
    default:
        return false;
    }
}

/* Value operands come first in the fields of every operator that has some (checked by a test). */
static u32 fixed_operands(const IrNode *n)
{
    const char *kinds = ir_op_info[n->op].operands;
    u32 count = 0;
    while (count < IR_MAX_FIXED_OPERANDS && kinds[count] == 'v')
        count++;
    return count;
}

u32 ir_operand_count(const IrFunc *f, IrRef ref)
{
    const IrNode *n = ir_node(f, ref);
    if (n->op == IR_PHI)
        return f->blocks.at[n->a].npred;
    u32 count = fixed_operands(n);
    if (has_counted_list(n->op))
        count += f->extra.at[n->c];
    return count;
}

u32 *ir_operand(IrFunc *f, IrRef ref, u32 i)
{
    IrNode *n = ir_node(f, ref);
    if (n->op == IR_PHI)
        return &f->extra.at[n->c + i];
    u32 fixed = fixed_operands(n);
    if (i < fixed)
        return i == 0 ? &n->a : i == 1 ? &n->b : &n->c;
    return &f->extra.at[n->c + 1 + (i - fixed)];
}

static u8 letter_type(char letter)
{
    switch (letter) {
    case 'i':
        return IR_I32;
    case 'l':
        return IR_I64;
    case 'f':
        return IR_F32;
    case 'd':
        return IR_F64;
    case 'r':
        return IR_REF;
    default:
        return IR_VOID;
    }
}

void ir_libcall_sig(VmLibcall call, IrLibcallSig *out)
{
    enum { v, i, l, f, d, r };
    static const char result_letters[] = "vilfdr";
    static const struct {
        u8 result;
        const char *params;
    } rows[] = {
#define X(name, ret, args, meaning) {ret, args},
#include "vmabi/libcall.def"
#undef X
    };
    const char *params = rows[call].params;
    out->nparams = (u32)strlen(params);
    for (u32 k = 0; k < out->nparams; k++)
        out->params[k] = letter_type(params[k]);
    out->result = letter_type(result_letters[rows[call].result]);
}

const IrSig *ir_call_sig(const IrFunc *f, const IrNode *call)
{
    bool is_direct = call->op == IR_CALL || call->op == IR_TAIL_CALL;
    return &f->sigs[is_direct ? f->func_sig[call->a] : call->b];
}
