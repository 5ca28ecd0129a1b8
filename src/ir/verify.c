/* The verifier: what every pass may rely on. Runs after each pass in debug builds. */
#include "ir/ir.h"

typedef struct Verifier {
    const IrFunc *f;
    StrBuf *why;
    u32 *position; /* by node: index in its block's order, after schedule */
    bool is_scheduled;
    bool is_ok;
} Verifier;

static void report(Verifier *v, IrRef ref, const char *what, u32 detail)
{
    if (v->is_ok)
        sb_printf(v->why, "func %u, v%u (%s): %s (%u)\n", v->f->index, ref,
                  ir_op_info[ir_node(v->f, ref)->op].text, what, detail);
    v->is_ok = false;
}

static IrType type_of(const Verifier *v, IrRef ref) { return (IrType)ir_node(v->f, ref)->type; }

static bool is_int(IrType t) { return t == IR_I32 || t == IR_I64; }
static bool is_float(IrType t) { return t == IR_F32 || t == IR_F64; }

/* Operators whose operands and result all have one type of a kind. */
static void check_uniform(Verifier *v, IrRef ref, bool (*is_kind)(IrType), u32 noperands)
{
    const IrNode *n = ir_node(v->f, ref);
    const u32 operands[2] = {n->a, n->b};
    if (!is_kind((IrType)n->type))
        report(v, ref, "result type", n->type);
    for (u32 i = 0; i < noperands; i++)
        if (type_of(v, operands[i]) != n->type)
            report(v, ref, "operand type differs from the result's", i);
}

static void check_compare(Verifier *v, IrRef ref)
{
    const IrNode *n = ir_node(v->f, ref);
    if (n->type != IR_I32)
        report(v, ref, "a comparison gives i32", n->type);
    if (type_of(v, n->a) != type_of(v, n->b))
        report(v, ref, "compared types differ", 0);
}

static void check_list(Verifier *v, IrRef ref, const u8 *types, u32 ntypes)
{
    const IrNode *n = ir_node(v->f, ref);
    const u32 *list = v->f->extra.at + n->c;
    if (list[0] != ntypes) {
        report(v, ref, "number of values", list[0]);
        return;
    }
    for (u32 i = 0; i < ntypes; i++)
        if (type_of(v, list[1 + i]) != types[i])
            report(v, ref, "value of another type than its place", i);
}

/* Both ways on from a call belong to it alone: its results come in by one, an exception by the
 * other, and there is no block in between where moves could go. */
static void check_landing(Verifier *v, IrRef ref)
{
    const IrFunc *f = v->f;
    IrBlk b = f->block_of.at[ref];
    const u32 *succs = ir_succs(f, b);
    if (f->blocks.at[b].nsucc != 2 || succs[0] == succs[1])
        report(v, ref, "a call with a landing pad has two successors", f->blocks.at[b].nsucc);
    else if (f->blocks.at[succs[0]].npred != 1 || f->blocks.at[succs[1]].npred != 1)
        report(v, ref, "a successor of a call with a landing pad has other predecessors", b);
}

static void check_call(Verifier *v, IrRef ref)
{
    const IrNode *n = ir_node(v->f, ref);
    if (n->op == IR_LIBCALL) {
        IrLibcallSig sig;
        ir_libcall_sig((VmLibcall)n->a, &sig);
        check_list(v, ref, sig.params, sig.nparams);
        if (n->type != sig.result)
            report(v, ref, "result type", n->type);
        return;
    }
    const IrSig *sig = ir_call_sig(v->f, n);
    check_list(v, ref, sig->params, sig->nparams);
    bool is_term = (ir_op_info[n->op].flags & IR_TERM) != 0;
    u8 result = sig->nresults && !is_term ? sig->results[0] : IR_VOID;
    if (n->type != result)
        report(v, ref, "result type", n->type);
    bool is_code = n->op == IR_CALL_CODE || n->op == IR_TRY_CALL_CODE || n->op == IR_TAIL_CALL_CODE;
    if (ir_op_info[n->op].operands[0] == 'v' && type_of(v, n->a) != (is_code ? IR_I64 : IR_REF))
        report(v, ref, "callee is no function reference, or no address", n->a);
    if (ir_is_try_call(n->op))
        check_landing(v, ref);
}

/* Results of a call with a landing pad exist where it returned only. */
static void check_result(Verifier *v, IrRef ref)
{
    const IrNode *n = ir_node(v->f, ref), *call = ir_node(v->f, n->a);
    bool is_call = (ir_op_info[call->op].flags & IR_CALLS) != 0 && call->op != IR_LIBCALL &&
                   call->op != IR_POLL && call->op != IR_FUEL;
    const IrSig *sig = is_call ? ir_call_sig(v->f, call) : NULL;
    bool is_try = ir_is_try_call(call->op);
    if (!sig || n->b >= sig->nresults || n->type != sig->results[n->b] || (n->b == 0 && !is_try)) {
        report(v, ref, "no such result", n->b);
        return;
    }
    IrBlk home = v->f->block_of.at[n->a];
    if (is_try && v->f->block_of.at[ref] != ir_succs(v->f, home)[0])
        report(v, ref, "result stands elsewhere than where the call returns", home);
}

static bool is_wide_op(u16 op)
{
    return op == IR_ADD128 || op == IR_SUB128 || op == IR_MULW_S || op == IR_MULW_U;
}

/* Pairs are made for one user and taken apart by LOW and HIGH: back ends have no registers for
 * them. */
static void check_wide(Verifier *v, IrRef ref)
{
    const IrNode *n = ir_node(v->f, ref);
    bool makes = n->op != IR_LOW && n->op != IR_HIGH;
    if (n->type != (makes ? IR_I128 : IR_I64))
        report(v, ref, "result type", n->type);
    if (!makes) {
        if (!is_wide_op(ir_node(v->f, n->a)->op))
            report(v, ref, "half of what is no wide operator", n->a);
        return;
    }
    bool of_pairs = n->op == IR_ADD128 || n->op == IR_SUB128;
    const u32 operands[2] = {n->a, n->b};
    for (u32 i = 0; i < 2; i++)
        if (of_pairs ? ir_node(v->f, operands[i])->op != IR_PAIR
                     : type_of(v, operands[i]) != IR_I64)
            report(v, ref, "operand of a wide operator", i);
}

/* Operators that have one meaning only, as rules/ir.r and rules/vector.r give it: types of their
 * result and operands; IR_VOID is no value. */
typedef struct Signature {
    u8 result;
    u8 operands[3];
} Signature;

static const Signature signatures[IR_OP_COUNT] = {
#include "ir_types.inc"
};

static void check_signature(Verifier *v, IrRef ref, const Signature *sig)
{
    const IrNode *n = ir_node(v->f, ref);
    const u32 operands[3] = {n->a, n->b, n->c};
    if (n->type != sig->result)
        report(v, ref, "result type", n->type);
    for (u32 i = 0; i < 3; i++)
        if (sig->operands[i] != IR_VOID && type_of(v, operands[i]) != sig->operands[i])
            report(v, ref, "operand type", i);
    if (n->op == IR_I8X16_SHUFFLE && ir_node(v->f, n->c)->op != IR_VCONST)
        report(v, ref, "the order of a shuffle is no constant", n->c);
}

static void check_atomic(Verifier *v, IrRef ref)
{
    const IrNode *n = ir_node(v->f, ref);
    u32 noperands = ir_fixed_operands(n->op);
    const u32 operands[3] = {n->a, n->b, n->c};
    IrType type = n->type == IR_VOID ? type_of(v, n->b) : (IrType)n->type;
    if (type_of(v, n->a) != IR_I64)
        report(v, ref, "address is no i64", n->a);
    if (!is_int(type))
        report(v, ref, "type of an atomic access", type);
    for (u32 i = 1; i < noperands; i++)
        if (type_of(v, operands[i]) != type)
            report(v, ref, "operand type differs from the result's", i);
}

static void check_types(Verifier *v, IrRef ref)
{
    const IrNode *n = ir_node(v->f, ref);
    if (signatures[n->op].result != IR_VOID) {
        check_signature(v, ref, &signatures[n->op]);
        return;
    }
    switch (n->op) {
    case IR_PAIR: case IR_ADD128: case IR_SUB128: case IR_MULW_S: case IR_MULW_U: case IR_LOW:
    case IR_HIGH:
        check_wide(v, ref);
        break;
    case IR_ADD: case IR_SUB: case IR_MUL: case IR_AND: case IR_OR: case IR_XOR:
    case IR_SHL: case IR_SHR_S: case IR_SHR_U: case IR_ROTL: case IR_ROTR:
    case IR_DIV_S: case IR_DIV_U: case IR_REM_S: case IR_REM_U:
    case IR_DIVC_S: case IR_DIVC_U: case IR_REMC_S: case IR_REMC_U:
    case IR_MULH_S: case IR_MULH_U:
        check_uniform(v, ref, is_int, 2);
        break;
    case IR_CLZ: case IR_CTZ: case IR_POPCNT: case IR_SEXT8: case IR_SEXT16: case IR_SEXT32:
        check_uniform(v, ref, is_int, 1);
        break;
    case IR_FADD: case IR_FSUB: case IR_FMUL: case IR_FDIV: case IR_FMIN: case IR_FMAX:
    case IR_FCOPYSIGN:
        check_uniform(v, ref, is_float, 2);
        break;
    case IR_FABS: case IR_FNEG: case IR_FSQRT: case IR_FCEIL: case IR_FFLOOR: case IR_FTRUNC:
    case IR_FNEAREST: case IR_CANON:
        check_uniform(v, ref, is_float, 1);
        break;
    case IR_EQ: case IR_NE: case IR_LT_S: case IR_LT_U: case IR_LE_S: case IR_LE_U:
    case IR_FEQ: case IR_FNE: case IR_FLT: case IR_FLE:
        check_compare(v, ref);
        break;
    case IR_WRAP:
        if (n->type != IR_I32 || type_of(v, n->a) != IR_I64)
            report(v, ref, "wraps i64 to i32", n->type);
        break;
    case IR_EXT_S: case IR_EXT_U:
        if (n->type != IR_I64 || type_of(v, n->a) != IR_I32)
            report(v, ref, "extends i32 to i64", n->type);
        break;
    case IR_SELECT:
        if (type_of(v, n->a) != IR_I32 || type_of(v, n->b) != n->type ||
            type_of(v, n->c) != n->type || n->type == IR_I128)
            report(v, ref, "types of select", n->type);
        break;
    case IR_EA:
        if (n->type != IR_I64 || (n->a && type_of(v, n->a) != IR_I64) ||
            (type_of(v, n->b) != IR_I32 && (type_of(v, n->b) != IR_GCREF || !n->a)))
            report(v, ref, "types of an address", n->type);
        break;
    case IR_EA64:
        if (n->type != IR_I64 || type_of(v, n->b) != IR_I64 || (n->a && type_of(v, n->a) != IR_I64))
            report(v, ref, "types of an address", n->type);
        break;
    case IR_BOUNDS:
        if (!is_int(type_of(v, n->a)) || type_of(v, n->b) != IR_I64)
            report(v, ref, "types of a bounds check", n->a);
        break;
    case IR_ELEM:
        if (n->type != IR_I32 || type_of(v, n->a) != IR_GCREF || type_of(v, n->b) != IR_I32)
            report(v, ref, "types of an element's place", n->type);
        break;
    case IR_I31NEW:
        if (n->type != IR_GCREF || type_of(v, n->a) != IR_I32)
            report(v, ref, "makes a reference of an i32", n->type);
        break;
    case IR_I31GET_S: case IR_I31GET_U: case IR_IS_I31:
        if (n->type != IR_I32 || type_of(v, n->a) != IR_GCREF)
            report(v, ref, "makes an i32 of a reference", n->type);
        break;
    case IR_BR: case IR_BR_TABLE: case IR_TRAPIF:
        if (type_of(v, n->a) != IR_I32)
            report(v, ref, "condition is no i32", n->a);
        break;
    case IR_CALL: case IR_CALL_REF: case IR_CALL_CODE: case IR_CALL_IMPORT: case IR_LIBCALL:
    case IR_TAIL_CALL: case IR_TAIL_CALL_REF: case IR_TAIL_CALL_CODE: case IR_TAIL_CALL_IMPORT:
    case IR_TRY_CALL: case IR_TRY_CALL_REF: case IR_TRY_CALL_CODE: case IR_TRY_CALL_IMPORT:
        check_call(v, ref);
        break;
    case IR_RESULT:
        check_result(v, ref);
        break;
    case IR_RETURN:
        check_list(v, ref, v->f->result_types, v->f->nresults);
        break;
    case IR_PHI:
        for (u32 i = 0; i < v->f->blocks.at[n->a].npred; i++)
            if (type_of(v, v->f->extra.at[n->c + i]) != n->type || n->type == IR_I128)
                report(v, ref, "phi input of another type", i);
        break;
    case IR_ALOAD: case IR_ALOAD8_U: case IR_ALOAD16_U: case IR_ALOAD32_U:
    case IR_ASTORE: case IR_ASTORE8: case IR_ASTORE16: case IR_ASTORE32:
    case IR_AADD: case IR_AADD8: case IR_AADD16: case IR_AADD32:
    case IR_AAND: case IR_AAND8: case IR_AAND16: case IR_AAND32:
    case IR_AOR: case IR_AOR8: case IR_AOR16: case IR_AOR32:
    case IR_AXOR: case IR_AXOR8: case IR_AXOR16: case IR_AXOR32:
    case IR_AXCHG: case IR_AXCHG8: case IR_AXCHG16: case IR_AXCHG32:
    case IR_ACAS: case IR_ACAS8: case IR_ACAS16: case IR_ACAS32:
        check_atomic(v, ref);
        break;
    case IR_LOAD: case IR_LOAD8_S: case IR_LOAD8_U: case IR_LOAD16_S: case IR_LOAD16_U:
    case IR_LOAD32_S: case IR_LOAD32_U: case IR_STORE: case IR_STORE8: case IR_STORE16:
    case IR_STORE32: case IR_PLOAD: case IR_PSTORE:
        /* A function record is read like any other structure of the runtime. */
        if (type_of(v, n->a) != IR_I64 && type_of(v, n->a) != IR_REF)
            report(v, ref, "address is no i64", n->a);
        break;
    default:
        break;
    }
}

/* Is a use of `def` at the end of block b, or before position pos in it, after the definition? */
static bool is_available(const Verifier *v, IrRef def, IrBlk b, u32 pos)
{
    IrBlk home = v->f->block_of.at[def];
    if (home == IR_NO_BLOCK)
        return !v->is_scheduled;
    if (home == b)
        return !v->is_scheduled || v->position[def] < pos;
    return ir_dominates(v->f, home, b);
}

/* Is the value an address, or part of one, that a collection would make stale? */
static bool is_derived(const Verifier *v, IrRef ref)
{
    const IrNode *n = ir_node(v->f, ref);
    return n->op == IR_ELEM ||
           (n->op == IR_EA &&
            (type_of(v, n->b) == IR_GCREF || ir_node(v->f, n->b)->op == IR_ELEM));
}

static bool may_use_derived(const Verifier *v, const IrNode *user, u32 place, IrRef ref)
{
    if (ir_node(v->f, ref)->op == IR_ELEM)
        return user->op == IR_EA && place == 1;
    return place == 0 && (ir_op_info[user->op].flags & (IR_LOADS | IR_STORES)) != 0;
}

static void check_operands(Verifier *v, IrRef ref)
{
    IrFunc *f = (IrFunc *)v->f;
    const IrNode *n = ir_node(f, ref);
    IrBlk b = f->block_of.at[ref];
    u32 count = ir_operand_count(f, ref);
    for (u32 i = 0; i < count; i++) {
        IrRef operand = *ir_operand(f, ref, i);
        if (operand == 0 && (n->op == IR_EA || n->op == IR_EA64) && i == 0)
            continue;
        if (operand == 0 || operand >= f->nodes.len || ir_node(f, operand)->op == IR_NONE) {
            report(v, ref, "operand does not exist", operand);
            return;
        }
        if (type_of(v, operand) == IR_VOID &&
            !(n->op == IR_RESULT && ir_is_try_call(ir_node(f, operand)->op)))
            report(v, ref, "operand has no value", operand);
        if (is_derived(v, operand) && !may_use_derived(v, n, i, operand))
            report(v, ref, "an address made from a reference is held", operand);
        if (b == IR_NO_BLOCK)
            continue;
        bool is_phi = n->op == IR_PHI;
        IrBlk at = is_phi ? ir_preds(f, b)[i] : b;
        u32 pos = is_phi || !v->is_scheduled ? UINT32_MAX : v->position[ref];
        if (!is_available(v, operand, at, pos))
            report(v, ref, "operand does not dominate its use", operand);
    }
    check_types(v, ref);
}

static u32 count_in(const u32 *list, u32 n, u32 what)
{
    u32 count = 0;
    for (u32 i = 0; i < n; i++)
        count += list[i] == what;
    return count;
}

static void check_edges(Verifier *v)
{
    const IrFunc *f = v->f;
    for (IrBlk b = 0; b < f->blocks.len; b++) {
        const IrBlock *block = &f->blocks.at[b];
        /* Branch tables are checked from the other side only: their lists may be long. */
        for (u32 i = 0; i < block->nsucc && block->nsucc <= 2; i++) {
            IrBlk to = ir_succs(f, b)[i];
            if (to >= f->blocks.len ||
                count_in(ir_preds(f, to), f->blocks.at[to].npred, b) !=
                    count_in(ir_succs(f, b), block->nsucc, to)) {
                sb_printf(v->why, "func %u: edge b%u -> b%u is not in both lists\n", f->index, b,
                          to);
                v->is_ok = false;
            }
        }
        if (block->npred == 0 && b != 0) {
            sb_printf(v->why, "func %u: b%u cannot be reached\n", f->index, b);
            v->is_ok = false;
        }
    }
}

static void check_order(Verifier *v)
{
    const IrFunc *f = v->f;
    for (IrBlk b = 0; b < f->blocks.len; b++) {
        const IrBlock *block = &f->blocks.at[b];
        for (u32 i = 0; i < block->order_len; i++) {
            IrRef ref = f->order[block->order_first + i];
            bool is_term = (ir_op_info[ir_node(f, ref)->op].flags & IR_TERM) != 0;
            v->position[ref] = i + 1;
            if (f->block_of.at[ref] != b)
                report(v, ref, "stands in another block", b);
            if (is_term != (i + 1 == block->order_len))
                report(v, ref, "a block ends with its only terminator", i);
        }
        if (block->order_len == 0) {
            sb_printf(v->why, "func %u: b%u is empty\n", f->index, b);
            v->is_ok = false;
        }
    }
}

/* Places lead to earlier ones only, and origins to places that there are. */
static void check_places(Verifier *v)
{
    const IrFunc *f = v->f;
    for (u32 i = 0; i < f->places.len; i++) {
        u32 up = f->places.at[i].up;
        if (up & IR_PLACE && (up & ~IR_PLACE) >= i) {
            sb_printf(v->why, "func %u: place %u leads nowhere\n", f->index, i);
            v->is_ok = false;
        }
    }
    for (IrRef r = 1; r < f->nodes.len; r++)
        if (f->src.at[r] & IR_PLACE && (f->src.at[r] & ~IR_PLACE) >= f->places.len)
            report(v, r, "its origin is no place", f->src.at[r] & ~IR_PLACE);
}

bool ir_verify(const IrFunc *f, IrStage stage, StrBuf *why)
{
    ArenaMark mark = arena_mark(f->arena);
    Verifier v = {.f = f, .why = why, .is_ok = true, .is_scheduled = stage == IR_STAGE_SCHEDULED};
    v.position = arena_array(f->arena, u32, f->nodes.len);
    check_edges(&v);
    check_places(&v);
    if (v.is_scheduled) {
        check_order(&v);
        for (u32 i = 0; i < f->order_len && v.is_ok; i++)
            check_operands(&v, f->order[i]);
    } else {
        for (IrRef r = 1; r < f->nodes.len && v.is_ok; r++)
            if (ir_node(f, r)->op != IR_NONE)
                check_operands(&v, r);
    }
    arena_release(f->arena, mark);
    return v.is_ok;
}
