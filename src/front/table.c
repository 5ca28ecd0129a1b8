/* Tables: element access inline, bulk operations and growth by libcalls. */
#include "front/front_int.h"
#include "front/table.h"

IrRef table_head(Front *w, u32 table)
{
    return ir_emit(w->b, IR_CTXLD, IR_I64, 0, 0,
                   w->fm->layout.tables + table * (u32)sizeof(VmTable *));
}

IrRef table_len(Front *w, u32 table)
{
    return ir_emit(w->b, IR_PLOAD, IR_I64, table_head(w, table), IR_ALIAS_HOST,
                   (u32)offsetof(VmTable, len));
}

IrType table_elem_type(const Front *w, u32 table)
{
    return front_type(w->m, w->m->tables[table].type);
}

IrRef table_elem_address(Front *w, u32 table, IrRef index)
{
    IrRef wide = widen(w, index);
    front_trap_if(w, ir_emit2(w->b, IR_LE_U, IR_I32, table_len(w, table), wide),
                  VM_TRAP_TABLE_OUT_OF_BOUNDS);
    IrRef elems = ir_emit(w->b, IR_PLOAD, IR_I64, table_head(w, table), IR_ALIAS_HOST,
                          (u32)offsetof(VmTable, elems));
    u32 size_log2 = table_elem_type(w, table) == IR_REF ? 3 : 2;
    IrRef off = ir_emit2(w->b, IR_SHL, IR_I64, wide, ir_const(w->b, IR_I64, size_log2));
    return ir_emit2(w->b, IR_ADD, IR_I64, elems, off);
}

static void table_get(Front *w)
{
    u32 table = wasm_read_u32(&w->reader);
    IrRef at = table_elem_address(w, table, pop(w));
    push(w, ir_emit(w->b, IR_PLOAD, table_elem_type(w, table), at, IR_ALIAS_TABLE, 0));
}

static void table_set(Front *w)
{
    u32 table = wasm_read_u32(&w->reader);
    IrRef value = pop(w);
    front_charge(w);
    IrRef at = table_elem_address(w, table, pop(w));
    const u32 place[2] = {0, IR_ALIAS_TABLE};
    ir_emit(w->b, IR_PSTORE, IR_VOID, at, value, ir_extra(w->b, place, 2));
}

/* A length as the table's index type has it. */
static IrRef narrow(Front *w, u32 table, IrRef len)
{
    return w->m->tables[table].limits.is_64 ? len : ir_emit1(w->b, IR_WRAP, IR_I32, len);
}

static void table_size(Front *w)
{
    u32 table = wasm_read_u32(&w->reader);
    push(w, narrow(w, table, table_len(w, table)));
}

static void table_grow(Front *w)
{
    u32 table = wasm_read_u32(&w->reader);
    IrRef delta = pop(w), init = pop(w);
    const IrRef args[] = {init, widen(w, delta), number(w, table)};
    bool is_func = table_elem_type(w, table) == IR_REF;
    front_charge_length(w, delta);
    IrRef old = front_libcall(w, is_func ? VM_LIBCALL_TABLE_GROW : VM_LIBCALL_TABLE_GROW_GCREF,
                              args, 3);
    push(w, narrow(w, table, old));
}

static void table_fill(Front *w)
{
    u32 table = wasm_read_u32(&w->reader);
    IrRef len = pop(w), value = pop(w), dst = pop(w);
    const IrRef args[] = {widen(w, dst), value, widen(w, len), number(w, table)};
    bool is_func = table_elem_type(w, table) == IR_REF;
    front_charge_length(w, len);
    front_libcall(w, is_func ? VM_LIBCALL_TABLE_FILL : VM_LIBCALL_TABLE_FILL_GCREF, args, 4);
}

static void table_copy(Front *w)
{
    u32 to = wasm_read_u32(&w->reader), from = wasm_read_u32(&w->reader);
    IrRef len = pop(w), src = pop(w), dst = pop(w);
    const IrRef args[] = {widen(w, dst), widen(w, src), widen(w, len), number(w, to),
                          number(w, from)};
    front_charge_length(w, len);
    front_libcall(w, VM_LIBCALL_TABLE_COPY, args, 5);
}

static void table_init(Front *w)
{
    u32 segment = wasm_read_u32(&w->reader), table = wasm_read_u32(&w->reader);
    IrRef len = pop(w), src = pop(w), dst = pop(w);
    const IrRef args[] = {number(w, segment), widen(w, dst), widen(w, src), widen(w, len),
                          number(w, table)};
    front_charge_length(w, len);
    front_libcall(w, VM_LIBCALL_TABLE_INIT, args, 5);
}

bool table_op(Front *w, WasmOp op)
{
    switch (op) {
    case WASM_OP_TABLE_GET:
        return table_get(w), true;
    case WASM_OP_TABLE_SET:
        return table_set(w), true;
    case WASM_OP_TABLE_SIZE:
        return table_size(w), true;
    case WASM_OP_TABLE_GROW:
        return table_grow(w), true;
    case WASM_OP_TABLE_FILL:
        return table_fill(w), true;
    case WASM_OP_TABLE_COPY:
        return table_copy(w), true;
    case WASM_OP_TABLE_INIT:
        return table_init(w), true;
    case WASM_OP_ELEM_DROP: {
        const IrRef args[] = {number(w, wasm_read_u32(&w->reader))};
        front_libcall(w, VM_LIBCALL_ELEM_DROP, args, 1);
        return true;
    }
    default:
        return false;
    }
}
