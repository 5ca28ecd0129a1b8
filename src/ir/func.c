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
    PINNED = IR_PINNED,
    LIST = IR_LIST,
    BARRIER = IR_BARRIER
};

/* Value operands come first. */
#define COUNT_VALUES(operands) \
    (((operands)[0] == 'v') + ((operands)[1] == 'v') + ((operands)[2] == 'v'))

const IrOpInfo ir_op_info[IR_OP_COUNT] = {
    [IR_NONE] = {"none", "---", 0, 0},
#define X(name, text, operands, flags, meaning) \
    [IR_##name] = {text, operands, flags, COUNT_VALUES(operands)},
#include "ir/ops.def"
#undef X
};

const char *const ir_type_text[IR_TYPE_COUNT] = {
    [IR_VOID] = "void", [IR_I32] = "i32",   [IR_I64] = "i64", [IR_F32] = "f32",
    [IR_F64] = "f64",   [IR_V128] = "v128", [IR_REF] = "ref", [IR_GCREF] = "gcref",
    [IR_I128] = "i128",
};

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
    case 'g':
        return IR_GCREF;
    default:
        return IR_VOID;
    }
}

void ir_libcall_sig(VmLibcall call, IrLibcallSig *out)
{
    enum { v, i, l, f, d, r, g };
    static const char result_letters[] = "vilfdrg";
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
    bool is_direct = call->op == IR_CALL || call->op == IR_TAIL_CALL || call->op == IR_TRY_CALL;
    return &f->sigs[is_direct ? f->func_sig[call->a] : call->b];
}
