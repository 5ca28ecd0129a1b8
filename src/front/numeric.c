#include "front/front_int.h"

typedef enum Shape { NO_SHAPE, UN, BIN, SWAP, FLOAT_UN, FLOAT_BIN } Shape;

typedef struct NumericRow {
    u8 shape;
    u8 op;
    u8 type;
} NumericRow;

static const NumericRow numeric_rows[WASM_OP_COUNT] = {
#define X(wasm, shape, op, type) [WASM_OP_##wasm] = {shape, IR_##op, IR_##type},
#include "front/numeric.def"
#undef X
};

/* Division whose divisor is a constant that cannot trap floats and folds like other arithmetic. */
static bool divides_safely(const Front *w, IrRef divisor, bool is_signed)
{
    if (!ir_is_const(w->f, divisor))
        return false;
    u64 value = ir_const_value(w->f, divisor);
    u64 minus_one = ir_node(w->f, divisor)->type == IR_I32 ? 0xffffffffu : ~(u64)0;
    return value != 0 && !(is_signed && value == minus_one);
}

static void division(Front *w, IrOp trapping, IrOp constant, IrType type, bool is_signed)
{
    IrRef b = pop(w), a = pop(w);
    IrOp op = divides_safely(w, b, is_signed) ? constant : trapping;
    push(w, ir_emit2(w->b, op, type, a, b));
}

static IrRef canonical(Front *w, IrRef value, IrType type)
{
    return w->fm->options.nan_canonicalization ? ir_emit1(w->b, IR_CANON, type, value) : value;
}

static void numeric_row(Front *w, const NumericRow *row)
{
    IrType type = (IrType)row->type;
    IrOp op = (IrOp)row->op;
    IrRef b = row->shape == UN || row->shape == FLOAT_UN ? 0 : pop(w);
    IrRef a = pop(w);
    IrRef result = row->shape == SWAP ? ir_emit2(w->b, op, type, b, a)
                                      : ir_emit2(w->b, op, type, a, b);
    bool is_arithmetic = row->shape == FLOAT_UN || row->shape == FLOAT_BIN;
    push(w, is_arithmetic ? canonical(w, result, type) : result);
}

/* Both words of a wide operator's result. */
static void push_halves(Front *w, IrOp op, IrRef a, IrRef b)
{
    IrRef wide = ir_emit2(w->b, op, IR_I128, a, b);
    push(w, ir_emit1(w->b, IR_LOW, IR_I64, wide));
    push(w, ir_emit1(w->b, IR_HIGH, IR_I64, wide));
}

static IrRef pop_pair(Front *w)
{
    IrRef high = pop(w), low = pop(w);
    return ir_emit2(w->b, IR_PAIR, IR_I128, low, high);
}

static void wide_sum(Front *w, IrOp op)
{
    IrRef b = pop_pair(w), a = pop_pair(w);
    push_halves(w, op, a, b);
}

static void wide_product(Front *w, IrOp op)
{
    IrRef b = pop(w), a = pop(w);
    push_halves(w, op, a, b);
}

bool numeric_op(Front *w, WasmOp op)
{
    if (numeric_rows[op].shape != NO_SHAPE) {
        numeric_row(w, &numeric_rows[op]);
        return true;
    }
    switch (op) {
    case WASM_OP_I32_CONST:
        push(w, ir_const(w->b, IR_I32, (u32)wasm_read_s32(&w->reader)));
        return true;
    case WASM_OP_I64_CONST:
        push(w, ir_const(w->b, IR_I64, (u64)wasm_read_s64(&w->reader)));
        return true;
    case WASM_OP_F32_CONST:
        push(w, ir_fconst(w->b, IR_F32, wasm_read_f32(&w->reader)));
        return true;
    case WASM_OP_F64_CONST:
        push(w, ir_fconst(w->b, IR_F64, wasm_read_f64(&w->reader)));
        return true;
    case WASM_OP_I32_EQZ:
    case WASM_OP_I64_EQZ: {
        IrRef a = pop(w);
        IrType type = (IrType)ir_node(w->f, a)->type;
        push(w, ir_emit2(w->b, IR_EQ, IR_I32, a, ir_const(w->b, type, 0)));
        return true;
    }
    case WASM_OP_I64_ADD128:
        return wide_sum(w, IR_ADD128), true;
    case WASM_OP_I64_SUB128:
        return wide_sum(w, IR_SUB128), true;
    case WASM_OP_I64_MUL_WIDE_S:
        return wide_product(w, IR_MULW_S), true;
    case WASM_OP_I64_MUL_WIDE_U:
        return wide_product(w, IR_MULW_U), true;
    case WASM_OP_I32_DIV_S:
        return division(w, IR_DIV_S, IR_DIVC_S, IR_I32, true), true;
    case WASM_OP_I32_DIV_U:
        return division(w, IR_DIV_U, IR_DIVC_U, IR_I32, false), true;
    case WASM_OP_I32_REM_S:
        return division(w, IR_REM_S, IR_REMC_S, IR_I32, true), true;
    case WASM_OP_I32_REM_U:
        return division(w, IR_REM_U, IR_REMC_U, IR_I32, false), true;
    case WASM_OP_I64_DIV_S:
        return division(w, IR_DIV_S, IR_DIVC_S, IR_I64, true), true;
    case WASM_OP_I64_DIV_U:
        return division(w, IR_DIV_U, IR_DIVC_U, IR_I64, false), true;
    case WASM_OP_I64_REM_S:
        return division(w, IR_REM_S, IR_REMC_S, IR_I64, true), true;
    case WASM_OP_I64_REM_U:
        return division(w, IR_REM_U, IR_REMC_U, IR_I64, false), true;
    default:
        return false;
    }
}
