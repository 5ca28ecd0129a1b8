/* Vector operators. What is one IR node stands in vector.def; the rest is put together here: a
 * negation is a subtraction from 0, a load that extends is a load, a move and an extension, which
 * rules make one instruction where there is one. */
#include "front/front_int.h"

typedef enum Shape {
    NO_SHAPE, UN, BIN, TERN, SWAP, NOT, NOT_SWAP, FLOAT_UN, FLOAT_BIN, FLOAT_TERN, FLOAT_SWAP
} Shape;

typedef struct VectorRow {
    u8 shape;
    u16 op;
    u8 type;
} VectorRow;

static const VectorRow vector_rows[WASM_OP_COUNT] = {
#define X(wasm, shape, op, type) [WASM_OP_##wasm] = {shape, IR_##op, IR_##type},
#include "front/vector.def"
#undef X
};

#define ONES (~(u64)0)

/* The same 64 bits twice. */
static IrRef twice(Front *w, u64 half) { return ir_vconst(w->b, half, half); }

static IrRef binary(Front *w, IrOp op, IrRef a, IrRef b)
{
    return ir_emit2(w->b, op, IR_V128, a, b);
}

static IrRef complement(Front *w, IrRef value)
{
    return binary(w, IR_V128_XOR, value, twice(w, ONES));
}

static bool is_double(IrOp op) { return ir_op_info[op].text[1] == '6'; }

/* NaN lanes become the canonical NaN. */
static IrRef canonical(Front *w, IrRef value, bool is_f64)
{
    if (!w->fm->options.nan_canonicalization)
        return value;
    IrRef nan = twice(w, is_f64 ? 0x7ff8000000000000u : 0x7fc000007fc00000u);
    IrRef is_number = binary(w, is_f64 ? IR_F64X2_EQ : IR_F32X4_EQ, value, value);
    return ir_emit(w->b, IR_V128_BITSELECT, IR_V128, value, nan, is_number);
}

static u32 count_operands(Shape shape)
{
    switch (shape) {
    case UN:
    case FLOAT_UN:
        return 1;
    case TERN:
    case FLOAT_TERN:
        return 3;
    default:
        return 2;
    }
}

static void vector_row(Front *w, const VectorRow *row)
{
    IrRef in[3] = {0};
    Shape shape = (Shape)row->shape;
    IrOp op = (IrOp)row->op;
    for (u32 i = count_operands(shape); i-- > 0;)
        in[i] = pop(w);
    bool swaps = shape == SWAP || shape == NOT_SWAP || shape == FLOAT_SWAP;
    IrRef value = ir_emit(w->b, op, (IrType)row->type, in[swaps], in[!swaps], in[2]);
    if (shape == NOT || shape == NOT_SWAP)
        value = complement(w, value);
    push(w, shape >= FLOAT_UN ? canonical(w, value, is_double(op)) : value);
}

/* ---- constants and lanes ---- */

static void vector_const(Front *w)
{
    u64 halves[2];
    wasm_read_bytes(&w->reader, halves, sizeof halves);
    push(w, ir_vconst(w->b, halves[0], halves[1]));
}

static u64 load_half(const u8 *bytes)
{
    u64 value = 0;
    for (u32 i = 8; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

static bool is_zero(const Front *w, IrRef ref)
{
    static const u32 zero[4];
    const IrNode *n = ir_node(w->f, ref);
    return n->op == IR_VCONST && !memcmp(w->f->extra.at + n->a, zero, sizeof zero);
}

/* Which byte of zeros is meant is all the same: the one that continues what the other vector's
 * first byte begins, as in a shift of the whole. */
static void number_zeros(u8 from[16], bool are_zeros_first)
{
    u8 other = are_zeros_first ? 16 : 0;
    u32 first = 0;
    while (first < 16 && (from[first] & 16) != other)
        first++;
    for (u32 i = 0; i < 16; i++)
        if ((from[i] & 16) != other)
            from[i] = (u8)((other ^ 16) | ((from[first % 16] + i - first) & 15));
}

/* What rules rely on: a vector that gives no byte is not an operand, the first byte comes from the
 * first, and nothing is done for nothing. */
static void shuffle(Front *w)
{
    u8 from[16];
    wasm_read_bytes(&w->reader, from, sizeof from);
    IrRef b = pop(w), a = pop(w);
    if (a != b && from[0] >= 16) {
        IrRef first = b;
        b = a;
        a = first;
        for (u32 i = 0; i < 16; i++)
            from[i] ^= 16;
    }
    if (a != b && (is_zero(w, a) || is_zero(w, b)))
        number_zeros(from, is_zero(w, a));
    bool is_single = true, is_same = true;
    for (u32 i = 0; i < 16; i++) {
        from[i] &= a == b ? 15 : 31;
        is_single = is_single && from[i] < 16;
        is_same = is_same && from[i] == i;
    }
    if (is_same) {
        push(w, a);
        return;
    }
    IrRef order = ir_vconst(w->b, load_half(from), load_half(from + 8));
    push(w, ir_emit(w->b, IR_I8X16_SHUFFLE, IR_V128, a, is_single ? a : b, order));
}

typedef struct LaneRow {
    u16 op; /* IrOp; IR_NONE: no such operator */
    u8 type; /* of the value; IR_VOID: the lane is replaced */
} LaneRow;

static const LaneRow lane_rows[WASM_OP_COUNT] = {
    [WASM_OP_I8X16_EXTRACT_LANE_S] = {IR_I8X16_EXTRACT_S, IR_I32},
    [WASM_OP_I8X16_EXTRACT_LANE_U] = {IR_I8X16_EXTRACT_U, IR_I32},
    [WASM_OP_I16X8_EXTRACT_LANE_S] = {IR_I16X8_EXTRACT_S, IR_I32},
    [WASM_OP_I16X8_EXTRACT_LANE_U] = {IR_I16X8_EXTRACT_U, IR_I32},
    [WASM_OP_I32X4_EXTRACT_LANE] = {IR_I32X4_EXTRACT, IR_I32},
    [WASM_OP_I64X2_EXTRACT_LANE] = {IR_I64X2_EXTRACT, IR_I64},
    [WASM_OP_F32X4_EXTRACT_LANE] = {IR_F32X4_EXTRACT, IR_F32},
    [WASM_OP_F64X2_EXTRACT_LANE] = {IR_F64X2_EXTRACT, IR_F64},
    [WASM_OP_I8X16_REPLACE_LANE] = {IR_I8X16_REPLACE, IR_VOID},
    [WASM_OP_I16X8_REPLACE_LANE] = {IR_I16X8_REPLACE, IR_VOID},
    [WASM_OP_I32X4_REPLACE_LANE] = {IR_I32X4_REPLACE, IR_VOID},
    [WASM_OP_I64X2_REPLACE_LANE] = {IR_I64X2_REPLACE, IR_VOID},
    [WASM_OP_F32X4_REPLACE_LANE] = {IR_F32X4_REPLACE, IR_VOID},
    [WASM_OP_F64X2_REPLACE_LANE] = {IR_F64X2_REPLACE, IR_VOID},
};

static void lane_op(Front *w, const LaneRow *row)
{
    u32 lane = wasm_read_u8(&w->reader);
    IrRef value = row->type == IR_VOID ? pop(w) : 0;
    IrRef vector = pop(w);
    push(w, value ? ir_emit(w->b, (IrOp)row->op, IR_V128, vector, value, lane)
                  : ir_emit(w->b, (IrOp)row->op, (IrType)row->type, vector, lane, 0));
}

/* ---- memory ---- */

/* A load of a scalar, what makes a vector of it, and what is done with that. */
typedef struct LoadRow {
    u16 load, type; /* IrOp, IrType; IR_NONE: no such operator */
    u16 widen;      /* IrOp that makes it a vector */
    u16 then;       /* IrOp on that vector; IR_NONE: nothing */
} LoadRow;

static const LoadRow load_rows[WASM_OP_COUNT] = {
#define EXTENDS(wasm, shape)                                                                     \
    [WASM_OP_V128_LOAD##wasm##_S] = {IR_LOAD, IR_I64, IR_V128_FROM64, IR_##shape##_S},           \
    [WASM_OP_V128_LOAD##wasm##_U] = {IR_LOAD, IR_I64, IR_V128_FROM64, IR_##shape##_U}
    EXTENDS(8X8, I16X8_EXTEND_LOW_I8X16),
    EXTENDS(16X4, I32X4_EXTEND_LOW_I16X8),
    EXTENDS(32X2, I64X2_EXTEND_LOW_I32X4),
#undef EXTENDS
    [WASM_OP_V128_LOAD8_SPLAT] = {IR_LOAD8_U, IR_I32, IR_I8X16_SPLAT, IR_NONE},
    [WASM_OP_V128_LOAD16_SPLAT] = {IR_LOAD16_U, IR_I32, IR_I16X8_SPLAT, IR_NONE},
    [WASM_OP_V128_LOAD32_SPLAT] = {IR_LOAD, IR_I32, IR_I32X4_SPLAT, IR_NONE},
    [WASM_OP_V128_LOAD64_SPLAT] = {IR_LOAD, IR_I64, IR_I64X2_SPLAT, IR_NONE},
    [WASM_OP_V128_LOAD32_ZERO] = {IR_LOAD, IR_I32, IR_V128_FROM32, IR_NONE},
    [WASM_OP_V128_LOAD64_ZERO] = {IR_LOAD, IR_I64, IR_V128_FROM64, IR_NONE},
};

static void load(Front *w, const LoadRow *row)
{
    WasmMemArg arg = wasm_read_memarg(&w->reader);
    IrRef scalar = memory_load(w, &arg, pop(w), (IrOp)row->load, (IrType)row->type);
    IrRef vector = ir_emit1(w->b, (IrOp)row->widen, IR_V128, scalar);
    push(w, row->then == IR_NONE ? vector : ir_emit1(w->b, (IrOp)row->then, IR_V128, vector));
}

/* One lane read or written. */
typedef struct LaneAccess {
    u16 access, type; /* IrOp, IrType of the lane's value; IR_NONE: no such operator */
    u16 lane;         /* IrOp that puts it in or takes it out */
} LaneAccess;

static const LaneAccess lane_accesses[WASM_OP_COUNT] = {
    [WASM_OP_V128_LOAD8_LANE] = {IR_LOAD8_U, IR_I32, IR_I8X16_REPLACE},
    [WASM_OP_V128_LOAD16_LANE] = {IR_LOAD16_U, IR_I32, IR_I16X8_REPLACE},
    [WASM_OP_V128_LOAD32_LANE] = {IR_LOAD, IR_I32, IR_I32X4_REPLACE},
    [WASM_OP_V128_LOAD64_LANE] = {IR_LOAD, IR_I64, IR_I64X2_REPLACE},
    [WASM_OP_V128_STORE8_LANE] = {IR_STORE8, IR_I32, IR_I8X16_EXTRACT_U},
    [WASM_OP_V128_STORE16_LANE] = {IR_STORE16, IR_I32, IR_I16X8_EXTRACT_U},
    [WASM_OP_V128_STORE32_LANE] = {IR_STORE, IR_I32, IR_I32X4_EXTRACT},
    [WASM_OP_V128_STORE64_LANE] = {IR_STORE, IR_I64, IR_I64X2_EXTRACT},
};

static void access_lane(Front *w, const LaneAccess *row)
{
    WasmMemArg arg = wasm_read_memarg(&w->reader);
    u32 lane = wasm_read_u8(&w->reader);
    IrRef vector = pop(w), index = pop(w);
    if (ir_op_info[row->access].flags & IR_STORES) {
        IrRef value = ir_emit(w->b, (IrOp)row->lane, (IrType)row->type, vector, lane, 0);
        memory_store(w, &arg, index, (IrOp)row->access, value);
        return;
    }
    IrRef value = memory_load(w, &arg, index, (IrOp)row->access, (IrType)row->type);
    push(w, ir_emit(w->b, (IrOp)row->lane, IR_V128, vector, value, lane));
}

/* ---- relaxed operators, not relaxed ---- */

/* Those that do what another operator does. */
static const u16 strict_rows[][2] = {
    {WASM_OP_I8X16_RELAXED_SWIZZLE, WASM_OP_I8X16_SWIZZLE},
    {WASM_OP_I32X4_RELAXED_TRUNC_F32X4_S, WASM_OP_I32X4_TRUNC_SAT_F32X4_S},
    {WASM_OP_I32X4_RELAXED_TRUNC_F32X4_U, WASM_OP_I32X4_TRUNC_SAT_F32X4_U},
    {WASM_OP_I32X4_RELAXED_TRUNC_F64X2_S_ZERO, WASM_OP_I32X4_TRUNC_SAT_F64X2_S_ZERO},
    {WASM_OP_I32X4_RELAXED_TRUNC_F64X2_U_ZERO, WASM_OP_I32X4_TRUNC_SAT_F64X2_U_ZERO},
    {WASM_OP_I8X16_RELAXED_LANESELECT, WASM_OP_V128_BITSELECT},
    {WASM_OP_I16X8_RELAXED_LANESELECT, WASM_OP_V128_BITSELECT},
    {WASM_OP_I32X4_RELAXED_LANESELECT, WASM_OP_V128_BITSELECT},
    {WASM_OP_I64X2_RELAXED_LANESELECT, WASM_OP_V128_BITSELECT},
    {WASM_OP_F32X4_RELAXED_MIN, WASM_OP_F32X4_MIN},
    {WASM_OP_F32X4_RELAXED_MAX, WASM_OP_F32X4_MAX},
    {WASM_OP_F64X2_RELAXED_MIN, WASM_OP_F64X2_MIN},
    {WASM_OP_F64X2_RELAXED_MAX, WASM_OP_F64X2_MAX},
    {WASM_OP_I16X8_RELAXED_Q15MULR_S, WASM_OP_I16X8_Q15MULR_SAT_S},
};

/* Takes three operands: the third, plus or less the rounded product of the others. */
static void multiply_add(Front *w, IrOp mul, IrOp add)
{
    IrRef c = pop(w), b = pop(w), a = pop(w);
    bool is_f64 = is_double(mul);
    IrRef product = canonical(w, binary(w, mul, a, b), is_f64);
    push(w, canonical(w, binary(w, add, c, product), is_f64));
}

/* Sums of two neighbouring products of signed bytes, saturated. */
static void dot(Front *w)
{
    IrRef b = pop(w), a = pop(w);
    IrRef low = binary(w, IR_I16X8_EXTMUL_LOW_I8X16_S, a, b);
    IrRef high = binary(w, IR_I16X8_EXTMUL_HIGH_I8X16_S, a, b);
    low = ir_emit1(w->b, IR_I32X4_EXTADD_PAIRWISE_I16X8_S, IR_V128, low);
    high = ir_emit1(w->b, IR_I32X4_EXTADD_PAIRWISE_I16X8_S, IR_V128, high);
    push(w, binary(w, IR_I16X8_NARROW_I32X4_S, low, high));
}

/* As the specification's deterministic profile has it, and the interpreter. */
static bool strict_op(Front *w, WasmOp op)
{
    IrRef c;
    for (size_t i = 0; i < ARRAY_LEN(strict_rows); i++)
        if (strict_rows[i][0] == op)
            return vector_row(w, &vector_rows[strict_rows[i][1]]), true;
    switch (op) {
    case WASM_OP_F32X4_RELAXED_MADD:
        return multiply_add(w, IR_F32X4_MUL, IR_F32X4_ADD), true;
    case WASM_OP_F32X4_RELAXED_NMADD:
        return multiply_add(w, IR_F32X4_MUL, IR_F32X4_SUB), true;
    case WASM_OP_F64X2_RELAXED_MADD:
        return multiply_add(w, IR_F64X2_MUL, IR_F64X2_ADD), true;
    case WASM_OP_F64X2_RELAXED_NMADD:
        return multiply_add(w, IR_F64X2_MUL, IR_F64X2_SUB), true;
    case WASM_OP_I16X8_RELAXED_DOT_I8X16_I7X16_S:
        return dot(w), true;
    case WASM_OP_I32X4_RELAXED_DOT_I8X16_I7X16_ADD_S:
        c = pop(w);
        dot(w);
        push(w, binary(w, IR_I32X4_ADD, c,
                       ir_emit1(w->b, IR_I32X4_EXTADD_PAIRWISE_I16X8_S, IR_V128, pop(w))));
        return true;
    default:
        return false;
    }
}

bool vector_op(Front *w, WasmOp op)
{
    if (w->fm->options.strict_relaxed && strict_op(w, op))
        return true;
    if (vector_rows[op].shape != NO_SHAPE)
        return vector_row(w, &vector_rows[op]), true;
    if (lane_rows[op].op != IR_NONE)
        return lane_op(w, &lane_rows[op]), true;
    if (load_rows[op].load != IR_NONE)
        return load(w, &load_rows[op]), true;
    if (lane_accesses[op].access != IR_NONE)
        return access_lane(w, &lane_accesses[op]), true;
    switch (op) {
    case WASM_OP_V128_CONST:
        return vector_const(w), true;
    case WASM_OP_I8X16_SHUFFLE:
        return shuffle(w), true;
    case WASM_OP_V128_NOT:
        return push(w, complement(w, pop(w))), true;
    case WASM_OP_I8X16_NEG:
        return push(w, binary(w, IR_I8X16_SUB, twice(w, 0), pop(w))), true;
    case WASM_OP_I16X8_NEG:
        return push(w, binary(w, IR_I16X8_SUB, twice(w, 0), pop(w))), true;
    case WASM_OP_I32X4_NEG:
        return push(w, binary(w, IR_I32X4_SUB, twice(w, 0), pop(w))), true;
    case WASM_OP_I64X2_NEG:
        return push(w, binary(w, IR_I64X2_SUB, twice(w, 0), pop(w))), true;
    case WASM_OP_F32X4_ABS:
        return push(w, binary(w, IR_V128_AND, pop(w), twice(w, 0x7fffffff7fffffff))), true;
    case WASM_OP_F64X2_ABS:
        return push(w, binary(w, IR_V128_AND, pop(w), twice(w, 0x7fffffffffffffff))), true;
    case WASM_OP_F32X4_NEG:
        return push(w, binary(w, IR_V128_XOR, pop(w), twice(w, 0x8000000080000000))), true;
    case WASM_OP_F64X2_NEG:
        return push(w, binary(w, IR_V128_XOR, pop(w), twice(w, 0x8000000000000000))), true;
    default:
        return false;
    }
}
