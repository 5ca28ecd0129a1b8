/* Tables, and copies from memory to memory: operators whose types come from two places. */
#include "base/bitset.h"
#include "wasm/validate_int.h"

static const WasmTable *read_table(WasmValidator *v)
{
    return &v->m->tables[wasm_in_index(&v->in, "table", v->m->n_tables)];
}

static void note_write(WasmValidator *v, const WasmTable *table)
{
    bitset_add(v->written, (u32)(table - v->m->tables));
}

static WasmValType index_type(const WasmLimits *limits)
{
    return limits->is_64 ? WASM_T_I64 : WASM_T_I32;
}

/* The count of a copy is as wide as the narrower of its two sides. */
static void check_copy(WasmValidator *v, const WasmLimits *to, const WasmLimits *from)
{
    v_pop(v, to->is_64 && from->is_64 ? WASM_T_I64 : WASM_T_I32);
    v_pop(v, index_type(from));
    v_pop(v, index_type(to));
}

static void check_table_copy(WasmValidator *v)
{
    const WasmTable *to = read_table(v), *from = read_table(v);
    v_match(v, from->type, to->type);
    note_write(v, to);
    check_copy(v, &to->limits, &from->limits);
}

static const WasmMemory *read_memory(WasmValidator *v)
{
    const u8 *at = v->in.at;
    u32 index = in_u32(&v->in);
    if (v->in.at - at > 1 || index)
        wasm_need(&v->in, v->m, at, WASM_FEATURE_MULTI_MEMORY, "zero byte expected");
    wasm_in_range(&v->in, at, "memory", index, v->m->n_memories);
    return &v->m->memories[index];
}

static void check_memory_copy(WasmValidator *v)
{
    const WasmMemory *to = read_memory(v), *from = read_memory(v);
    check_copy(v, &to->limits, &from->limits);
}

static void check_table_init(WasmValidator *v)
{
    const u8 *at = v->in.at;
    u32 segment = in_u32(&v->in);
    const WasmTable *table = read_table(v); /* the suite wants this one to be judged first */
    wasm_in_range(&v->in, at, "elem segment", segment, v->m->n_elems);
    v_match(v, v->m->elems[segment].type, table->type);
    note_write(v, table);
    v_pop(v, WASM_T_I32);
    v_pop(v, WASM_T_I32);
    v_pop(v, index_type(&table->limits));
}

void wasm_v_table_op(WasmValidator *v, WasmOp op)
{
    if (op == WASM_OP_TABLE_COPY) {
        check_table_copy(v);
        return;
    }
    if (op == WASM_OP_TABLE_INIT) {
        check_table_init(v);
        return;
    }
    if (op == WASM_OP_MEMORY_COPY) {
        check_memory_copy(v);
        return;
    }
    const WasmTable *table = read_table(v);
    WasmValType index = index_type(&table->limits);
    if (op != WASM_OP_TABLE_GET && op != WASM_OP_TABLE_SIZE)
        note_write(v, table);
    switch (op) {
    case WASM_OP_TABLE_GET:
        v_pop(v, index);
        v_push(v, table->type);
        break;
    case WASM_OP_TABLE_SET:
        v_pop(v, table->type);
        v_pop(v, index);
        break;
    case WASM_OP_TABLE_SIZE:
        v_push(v, index);
        break;
    case WASM_OP_TABLE_GROW:
        v_pop(v, index);
        v_pop(v, table->type);
        v_push(v, index);
        break;
    case WASM_OP_TABLE_FILL:
        v_pop(v, index);
        v_pop(v, table->type);
        v_pop(v, index);
        break;
    default:
        UNREACHABLE();
    }
}
