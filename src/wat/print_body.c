/* Function bodies, one operator a line, and what stands behind an operator in either form. */
#include "wat/print_int.h"

/* ---- labels ---- */

/* The number of the construct that is opened next, which names are for. */
static PrintName next_label_name(const Printer *p)
{
    return print_nth_name(p->label_names, p->n_labels);
}

void print_label_comment(Printer *p)
{
    put(p, " ;; label = @");
    print_u64(p, p->labels.len);
}

void print_open_label(Printer *p)
{
    vec_push(&p->scratch, &p->labels, next_label_name(p));
    p->n_labels++;
}

void print_close_label(Printer *p) { p->labels.len--; }

/* " 1 (;@3;)": how far out the label is, and which one that is. The outermost is the function's. */
static void print_label(Printer *p, u32 label)
{
    u32 depth = p->labels.len - 1 - label;
    PrintName name = p->labels.at[depth];
    sb_putc(p->out, ' ');
    if (name.is_id)
        print_id(p, name.text);
    else
        print_u64(p, label);
    if (name.is_id || !depth)
        return;
    put(p, " (;@");
    print_u64(p, depth);
    put(p, ";)");
}

/* ---- immediates ---- */

static void print_block_type(Printer *p, WasmReader *r)
{
    if (*r->at == 0x40) {
        r->at++;
    } else if ((*r->at & 0xC0) == 0x40) {
        put(p, " (result ");
        print_val_type(p, r);
        sb_putc(p->out, ')');
    } else {
        print_type_use(p, (u32)wasm_read_leb(r, true), (PrintNameList){NULL, 0});
    }
}

static void print_block(Printer *p, WasmReader *r)
{
    /* Several may have the same name; it just cannot be used then. */
    PrintName name = next_label_name(p);
    if (name.text.at) {
        sb_putc(p->out, ' ');
        print_id(p, name.text);
    }
    print_block_type(p, r);
}

static void print_clause(Printer *p, WasmReader *r)
{
    static const char *const kinds[] = {" (catch", " (catch_ref", " (catch_all", " (catch_all_ref"};
    u8 kind = wasm_read_u8(r);
    put(p, kinds[kind]);
    if (kind < 2) {
        sb_putc(p->out, ' ');
        print_index(p, PRINT_TAG, wasm_read_u32(r));
    }
    print_label(p, wasm_read_u32(r));
    sb_putc(p->out, ')');
}

static void print_space_index(Printer *p, PrintSpace space, u32 index)
{
    sb_putc(p->out, ' ');
    print_index(p, space, index);
}

/* An index that may be left out if it is 0. */
static void print_optional(Printer *p, PrintSpace space, u32 index)
{
    if (index)
        print_space_index(p, space, index);
}

static void print_memarg(Printer *p, WasmReader *r, WasmOp op)
{
    WasmMemArg arg = wasm_read_memarg(r);
    print_optional(p, PRINT_MEMORY, arg.memory);
    if (arg.offset) {
        put(p, " offset=");
        print_u64(p, arg.offset);
    }
    if (arg.align_log2 != wasm_ops[op].width) {
        put(p, " align=");
        print_u64(p, (u64)1 << arg.align_log2);
    }
}

static void print_local(Printer *p, u32 index)
{
    PrintName name = print_nth_name(p->locals, index);
    sb_putc(p->out, ' ');
    if (name.is_id)
        print_id(p, name.text);
    else
        print_u64(p, index);
}

static void print_type_field(Printer *p, WasmReader *r)
{
    u32 type = wasm_read_u32(r), field = wasm_read_u32(r);
    PrintName name = print_field_name(p, type, field);
    print_space_index(p, PRINT_TYPE, type);
    sb_putc(p->out, ' ');
    if (name.is_id)
        print_id(p, name.text);
    else
        print_u64(p, field);
}

/* " (ref null 3)" of a heap type. */
static void print_ref(Printer *p, WasmReader *r, bool is_nullable)
{
    put(p, is_nullable ? " (ref null " : " (ref ");
    print_heap_type(p, r);
    sb_putc(p->out, ')');
}

static void print_br_on_cast(Printer *p, WasmReader *r)
{
    u8 flags = wasm_read_u8(r);
    print_label(p, wasm_read_u32(r));
    print_ref(p, r, flags & 1);
    print_ref(p, r, flags & 2);
}

static void print_vector(Printer *p, WasmReader *r)
{
    put(p, " i32x4");
    for (u32 i = 0; i < 4; i++)
        sb_printf(p->out, " 0x%08x", wasm_read_f32(r));
}

static void print_select_types(Printer *p, WasmReader *r)
{
    put(p, " (result");
    for (u32 count = wasm_read_u32(r); count; count--) {
        sb_putc(p->out, ' ');
        print_val_type(p, r);
    }
    sb_putc(p->out, ')');
}

/* Two indices of which text has the second one first. */
static void print_swapped(Printer *p, WasmReader *r, PrintSpace second, PrintSpace first)
{
    u32 index = wasm_read_u32(r);
    print_optional(p, second, wasm_read_u32(r));
    print_space_index(p, first, index);
}

static void print_pair(Printer *p, WasmReader *r, PrintSpace first, PrintSpace second)
{
    print_space_index(p, first, wasm_read_u32(r));
    print_space_index(p, second, wasm_read_u32(r));
}

/* Two of one kind that may be left out if both are 0. */
static void print_both(Printer *p, WasmReader *r, PrintSpace space)
{
    u32 to = wasm_read_u32(r), from = wasm_read_u32(r);
    if (!to && !from)
        return;
    print_space_index(p, space, to);
    print_space_index(p, space, from);
}

static void print_call_indirect(Printer *p, WasmReader *r)
{
    u32 type = wasm_read_u32(r);
    print_optional(p, PRINT_TABLE, wasm_read_u32(r));
    print_type_use(p, type, (PrintNameList){NULL, 0});
}

/* Immediates of control; false: it has others. */
static bool print_control(Printer *p, WasmReader *r, WasmOp op)
{
    switch ((WasmImm)wasm_ops[op].imm) {
    case WASM_IMM_BLOCK:
        print_block(p, r);
        return true;
    case WASM_IMM_LABEL:
        print_label(p, wasm_read_u32(r));
        return true;
    case WASM_IMM_BR_TABLE:
        for (u32 count = wasm_read_u32(r) + 1; count; count--)
            print_label(p, wasm_read_u32(r));
        return true;
    case WASM_IMM_CALL_INDIRECT:
        print_call_indirect(p, r);
        return true;
    case WASM_IMM_TRY_TABLE:
        print_block(p, r);
        for (u32 count = wasm_read_u32(r); count; count--)
            print_clause(p, r);
        return true;
    case WASM_IMM_BR_ON_CAST:
        print_br_on_cast(p, r);
        return true;
    default:
        return false;
    }
}

/* Immediates of constants and lanes, likewise. */
static bool print_literal(Printer *p, WasmReader *r, WasmOp op)
{
    switch ((WasmImm)wasm_ops[op].imm) {
    case WASM_IMM_I32:
        sb_putc(p->out, ' ');
        print_i64(p, wasm_read_s32(r));
        return true;
    case WASM_IMM_I64:
        sb_putc(p->out, ' ');
        print_i64(p, wasm_read_s64(r));
        return true;
    case WASM_IMM_F32:
        sb_putc(p->out, ' ');
        wat_print_f32(p->out, wasm_read_f32(r));
        return true;
    case WASM_IMM_F64:
        sb_putc(p->out, ' ');
        wat_print_f64(p->out, wasm_read_f64(r));
        return true;
    case WASM_IMM_V128:
        print_vector(p, r);
        return true;
    case WASM_IMM_SHUFFLE:
    case WASM_IMM_LANE:
        for (u32 count = op == WASM_OP_I8X16_SHUFFLE ? 16 : 1; count; count--) {
            sb_putc(p->out, ' ');
            print_u64(p, wasm_read_u8(r));
        }
        return true;
    case WASM_IMM_FENCE:
        r->at++;
        return true;
    default:
        return false;
    }
}

/* Immediates that name something of the module by its index alone. */
static void print_named(Printer *p, WasmReader *r, WasmOp op)
{
    static const u8 spaces[] = {
        [WASM_IMM_FUNC] = PRINT_FUNC,   [WASM_IMM_TYPE] = PRINT_TYPE,
        [WASM_IMM_TAG] = PRINT_TAG,     [WASM_IMM_GLOBAL] = PRINT_GLOBAL,
        [WASM_IMM_TABLE] = PRINT_TABLE, [WASM_IMM_ELEM] = PRINT_ELEM,
        [WASM_IMM_DATA] = PRINT_DATA,
    };
    print_space_index(p, (PrintSpace)spaces[wasm_ops[op].imm], wasm_read_u32(r));
}

void print_operands(Printer *p, WasmReader *r, WasmOp op)
{
    if (print_control(p, r, op) || print_literal(p, r, op))
        return;
    switch ((WasmImm)wasm_ops[op].imm) {
    case WASM_IMM_NONE:
        break;
    case WASM_IMM_LOCAL:
        print_local(p, wasm_read_u32(r));
        break;
    case WASM_IMM_MEM:
        print_optional(p, PRINT_MEMORY, wasm_read_u32(r));
        break;
    case WASM_IMM_SELECT_TYPES:
        print_select_types(p, r);
        break;
    case WASM_IMM_TABLE_TABLE:
        print_both(p, r, PRINT_TABLE);
        break;
    case WASM_IMM_MEM_MEM:
        print_both(p, r, PRINT_MEMORY);
        break;
    case WASM_IMM_ELEM_TABLE:
        print_swapped(p, r, PRINT_TABLE, PRINT_ELEM);
        break;
    case WASM_IMM_DATA_MEM:
        print_swapped(p, r, PRINT_MEMORY, PRINT_DATA);
        break;
    case WASM_IMM_MEMARG:
    case WASM_IMM_ATOMIC:
        print_memarg(p, r, op);
        break;
    case WASM_IMM_MEMARG_LANE:
        print_memarg(p, r, op);
        sb_putc(p->out, ' ');
        print_u64(p, wasm_read_u8(r));
        break;
    case WASM_IMM_HEAP:
        if (op == WASM_OP_REF_NULL) {
            sb_putc(p->out, ' ');
            print_heap_type(p, r);
        } else {
            print_ref(p, r, op == WASM_OP_REF_TEST_NULL || op == WASM_OP_REF_CAST_NULL);
        }
        break;
    case WASM_IMM_TYPE_FIELD:
        print_type_field(p, r);
        break;
    case WASM_IMM_TYPE_COUNT:
        print_space_index(p, PRINT_TYPE, wasm_read_u32(r));
        sb_putc(p->out, ' ');
        print_u64(p, wasm_read_u32(r));
        break;
    case WASM_IMM_TYPE_DATA:
        print_pair(p, r, PRINT_TYPE, PRINT_DATA);
        break;
    case WASM_IMM_TYPE_ELEM:
        print_pair(p, r, PRINT_TYPE, PRINT_ELEM);
        break;
    case WASM_IMM_TYPE_TYPE:
        print_pair(p, r, PRINT_TYPE, PRINT_TYPE);
        break;
    default:
        print_named(p, r, op);
    }
}

/* ---- bodies ---- */

void print_hint(Printer *p, u32 at)
{
    const WasmFuncHints *hints = p->hints;
    u32 low = 0, high = hints ? hints->n_hints : 0;
    while (low < high) {
        u32 middle = low + (high - low) / 2;
        if (hints->hints[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    if (hints && low < hints->n_hints && hints->hints[low].at == at)
        put(p, hints->hints[low].is_likely ? "(@metadata.code.branch_hint \"\\01\") "
                                           : "(@metadata.code.branch_hint \"\\00\") ");
}

static bool opens_label(WasmOp op)
{
    WasmImm imm = (WasmImm)wasm_ops[op].imm;
    return imm == WASM_IMM_BLOCK || imm == WASM_IMM_TRY_TABLE;
}

/* One line each, up to the end of the body, which is not shown. */
static void print_flat(Printer *p, WasmReader *r)
{
    for (;;) {
        u32 at = wasm_reader_offset(r, p->m);
        WasmOp op = wasm_read_op(r);
        bool closes = op == WASM_OP_END || op == WASM_OP_DELEGATE;
        if (closes && p->labels.len == 1)
            return;
        bool is_left = closes || op == WASM_OP_ELSE || op == WASM_OP_CATCH ||
                       op == WASM_OP_CATCH_ALL;
        print_line(p, p->labels.len + 1 - is_left, at);
        print_hint(p, at);
        put(p, wasm_op_name(op));
        /* The label of delegate counts from outside. */
        if (closes)
            print_close_label(p);
        print_operands(p, r, op);
        if (opens_label(op)) {
            print_label_comment(p);
            print_open_label(p);
        }
    }
}

/* " (local i32 i64)": all in one, but each that has a name in one of its own. */
static void print_locals(Printer *p, WasmReader *r, u32 local)
{
    bool is_open = false;
    u32 at = wasm_reader_offset(r, p->m);
    for (u32 n_runs = wasm_read_u32(r); n_runs; n_runs--) {
        u32 count = wasm_read_u32(r);
        WasmReader type = *r;
        for (u32 i = 0; i < count; i++, local++) {
            PrintName name = print_nth_name(p->locals, local);
            if (is_open && name.is_id)
                sb_putc(p->out, ')');
            if (!is_open || name.is_id) {
                print_line(p, 2, at);
                put(p, "(local");
            }
            is_open = !name.is_id;
            if (name.is_id) {
                sb_putc(p->out, ' ');
                print_id(p, name.text);
            }
            sb_putc(p->out, ' ');
            *r = type;
            print_val_type(p, r);
            if (name.is_id)
                sb_putc(p->out, ')');
        }
        if (!count)
            print_skip_val_type(r);
    }
    if (is_open)
        sb_putc(p->out, ')');
}

void print_body(Printer *p, const WasmBody *body)
{
    WasmReader r = wasm_reader(p->m, body->start, body->end);
    print_locals(p, &r, wasm_type_of_func(p->m, p->func)->n_params);
    vec_push(&p->scratch, &p->labels, (PrintName){.is_id = false});
    if (p->flags & WAT_PRINT_FOLDED)
        print_folded_body(p, &r);
    else
        print_flat(p, &r);
}
