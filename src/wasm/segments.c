/* Element and data segments. */
#include "wasm/wasm_int.h"

/* ---- element segments ---- */

/* A segment as its flags spell it: 1 no offset (and 2: declared), 2 has a table, 4 expressions. */
static WasmElem read_elem_head(WasmDecoder *d, u32 flags)
{
    WasmElem elem = {.mode = WASM_SEG_ACTIVE};
    if (flags & 1) {
        elem.mode = flags & 2 ? WASM_SEG_DECLARED : WASM_SEG_PASSIVE;
        return elem;
    }
    const u8 *at = d->in.at;
    if (flags & 2)
        elem.table = in_u32(&d->in);
    wasm_in_range(&d->in, at, "table", elem.table, d->m->n_tables);
    wasm_decode_const(d, d->m->tables[elem.table].limits.is_64 ? WASM_T_I64 : WASM_T_I32,
                      &elem.offset);
    return elem;
}

/* The type of the items; it is spelt out unless the flags are 0 or 4. */
static WasmValType read_elem_type(WasmDecoder *d, u32 flags)
{
    bool has_exprs = flags & 4;
    if (!(flags & 3))
        return has_exprs ? WASM_T_FUNCREF : wasm_with_null(WASM_T_FUNCREF, false);
    if (has_exprs)
        return wasm_in_ref_type(&d->in, d->m);
    u8 kind = in_u8(&d->in);
    if (kind)
        wasm_fail(&d->in, d->in.at - 1, "malformed element kind: %u, expected 0 (functions)", kind);
    return wasm_with_null(WASM_T_FUNCREF, false);
}

static void check_elem_table(WasmDecoder *d, const u8 *at, const WasmElem *elem)
{
    if (elem->mode != WASM_SEG_ACTIVE)
        return;
    WasmValType want = d->m->tables[elem->table].type;
    char expected[WASM_TYPE_NAME_MAX], found[WASM_TYPE_NAME_MAX];
    if (!wasm_is_subtype(d->m, elem->type, want))
        wasm_fail(&d->in, at, "type mismatch: table %u holds %s, the element segment %s",
                  elem->table, wasm_type_name(expected, want), wasm_type_name(found, elem->type));
}

#define ITEM(kind, index) ((u32)(kind) << 30 | (index))

/* Reads an item into exprs[n_exprs] if it is more than a function or null. */
static WasmElemItem read_expr_item(WasmDecoder *d, WasmElem *elem, WasmConstExpr *exprs)
{
    ArenaMark mark = arena_mark(d->arena);
    WasmConstExpr *expr = &exprs[elem->n_exprs];
    wasm_decode_const(d, elem->type, expr);
    WasmConstOp op = expr->ops[0]; /* there is one, or it would not have a value */
    if (expr->n_ops > 1 || (op.op != WASM_OP_REF_FUNC && op.op != WASM_OP_REF_NULL))
        return ITEM(WASM_ELEM_EXPR, elem->n_exprs++);
    arena_release(d->arena, mark);
    return op.op == WASM_OP_REF_FUNC ? ITEM(WASM_ELEM_FUNC, op.a) : ITEM(WASM_ELEM_NULL, 0);
}

static void read_items(WasmDecoder *d, WasmElem *elem, bool has_exprs)
{
    elem->n_items = wasm_in_count(&d->in, "elements", WASM_MAX_ELEM_ITEMS);
    WasmElemItem *items = wasm_array(d, WasmElemItem, elem->n_items);
    /* Room for all: growing would cost more, since the operators lie in the same arena. */
    WasmConstExpr *exprs = has_exprs ? wasm_array(d, WasmConstExpr, elem->n_items) : NULL;
    elem->items = items;
    elem->exprs = exprs;
    for (u32 i = 0; i < elem->n_items; i++) {
        if (has_exprs) {
            items[i] = read_expr_item(d, elem, exprs);
            continue;
        }
        u32 func = wasm_in_index(&d->in, "function", d->m->n_funcs);
        wasm_escape(d, func);
        items[i] = ITEM(WASM_ELEM_FUNC, func);
    }
}

static WasmElem read_elem(WasmDecoder *d)
{
    const u8 *at = d->in.at;
    u32 flags = in_u32(&d->in);
    if (flags > 7)
        wasm_fail(&d->in, at, "malformed elements segment kind: %u, at most 7 is known", flags);
    if (flags)
        wasm_need(&d->in, d->m, at, WASM_FEATURE_BULK_MEMORY, "malformed elements segment kind");
    WasmElem elem = read_elem_head(d, flags);
    const u8 *type_at = d->in.at;
    elem.type = read_elem_type(d, flags);
    check_elem_table(d, type_at, &elem);
    read_items(d, &elem, flags & 4);
    return elem;
}

void wasm_decode_elems(WasmDecoder *d, u32 count)
{
    WasmElem *elems = wasm_array(d, WasmElem, count);
    d->m->elems = elems;
    for (u32 i = 0; i < count; i++) {
        elems[i] = read_elem(d);
        d->m->n_elems = i + 1;
    }
}

/* ---- data segments ---- */

static WasmData read_data(WasmDecoder *d)
{
    const u8 *at = d->in.at;
    u32 flags = in_u32(&d->in);
    if (flags > 2)
        wasm_fail(&d->in, at, "malformed data segment kind: %u, at most 2 is known", flags);
    if (flags)
        wasm_need(&d->in, d->m, at, WASM_FEATURE_BULK_MEMORY, "malformed data segment kind");
    WasmData data = {.mode = flags == 1 ? WASM_SEG_PASSIVE : WASM_SEG_ACTIVE};
    if (data.mode == WASM_SEG_ACTIVE) {
        at = d->in.at;
        if (flags == 2)
            data.memory = in_u32(&d->in);
        wasm_in_range(&d->in, at, "memory", data.memory, d->m->n_memories);
        bool is_64 = d->m->memories[data.memory].limits.is_64;
        wasm_decode_const(d, is_64 ? WASM_T_I64 : WASM_T_I32, &data.offset);
    }
    data.size = in_u32(&d->in);
    data.start = in_offset(&d->in, in_bytes(&d->in, data.size));
    return data;
}

void wasm_decode_datas(WasmDecoder *d, u32 count)
{
    WasmData *datas = wasm_array(d, WasmData, count);
    d->m->datas = datas;
    for (u32 i = 0; i < count; i++)
        datas[i] = read_data(d);
    d->m->n_datas = count;
}
