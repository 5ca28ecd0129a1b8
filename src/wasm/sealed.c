/* Sealed tables: function tables of a module that nobody but its own active segments ever writes.
 *
 * The module alone says what is in them. Most bodies cannot write a table, as can be told from
 * their bytes without reading them operator by operator: what would do it is two or more bytes that
 * are rare elsewhere. Only bodies in which these occur, rightly or not, are looked at, by the
 * validator. */
#include "base/bitset.h"
#include "wasm/validate_int.h"

/* Larger ones take more memory than they are worth. */
#define MAX_SEALED_LEN (1u << 18)

static bool is_exported(const WasmModule *m, u32 table)
{
    for (u32 i = 0; i < m->n_exports; i++)
        if (m->exports[i].kind == WASM_KIND_TABLE && m->exports[i].index == table)
            return true;
    return false;
}

/* Where a segment begins, if that is a constant. */
static bool constant_offset(const WasmElem *elem, u64 *offset)
{
    const WasmConstOp *op = &elem->offset.ops[0];
    if (elem->offset.n_ops != 1 || (op->op != WASM_OP_I32_CONST && op->op != WASM_OP_I64_CONST))
        return false;
    *offset = op->op == WASM_OP_I32_CONST ? (u32)op->lo : op->lo;
    return true;
}

static bool put_segment(const WasmModule *m, const WasmElem *elem, u32 *funcs, u32 len)
{
    u64 offset;
    if (!constant_offset(elem, &offset) || offset > len || elem->n_items > len - offset)
        return false;
    for (u32 i = 0; i < elem->n_items; i++) {
        WasmElemItem item = elem->items[i];
        u32 func = wasm_elem_index(item);
        if (wasm_elem_kind(item) == WASM_ELEM_EXPR)
            return false;
        bool is_null = wasm_elem_kind(item) == WASM_ELEM_NULL;
        if (!is_null && func < m->n_imported_funcs)
            return false;
        funcs[offset + i] = is_null ? WASM_NONE : func;
    }
    return true;
}

u32 *wasm_sealed_contents(Arena *arena, const WasmModule *m, u32 table)
{
    const WasmTable *t = &m->tables[table];
    if (table < m->n_imported_tables || t->has_init || !t->limits.min ||
        t->limits.min > MAX_SEALED_LEN || !wasm_is_subtype(m, t->type, WASM_T_FUNCREF) ||
        is_exported(m, table))
        return NULL;
    u32 len = (u32)t->limits.min;
    ArenaMark mark = arena_mark(arena);
    u32 *funcs = arena_array_raw(arena, u32, len);
    if (!funcs)
        return NULL;
    for (u32 i = 0; i < len; i++)
        funcs[i] = WASM_NONE;
    for (u32 i = 0; i < m->n_elems; i++) {
        const WasmElem *elem = &m->elems[i];
        if (elem->mode != WASM_SEG_ACTIVE || elem->table != table)
            continue;
        if (!put_segment(m, elem, funcs, len)) {
            arena_release(arena, mark);
            return NULL;
        }
    }
    return funcs;
}

/* Can the number at `at` be one below n? It may be spelt longer than it has to be. */
static bool may_be_below(const u8 *at, const u8 *end, u32 n)
{
    if (at >= end || (*at & 0x7F) >= n)
        return false;
    return *at < 0x80 || (at + 1 < end && (at[1] == 0 || at[1] == 0x80));
}

/* Is there what could be a table.set? */
static bool may_set(const WasmModule *m, const u8 *at, const u8 *end)
{
    const u8 set = (u8)wasm_ops[WASM_OP_TABLE_SET].code;
    while ((at = memchr(at, set, (size_t)(end - at))) != NULL)
        if (may_be_below(++at, end, m->n_tables))
            return true;
    return false;
}

/* Or one of the operators that write several elements? */
static bool may_write_many(const u8 *at, const u8 *end)
{
    static const u16 writers[] = {WASM_OP_TABLE_INIT, WASM_OP_TABLE_COPY, WASM_OP_TABLE_GROW,
                                  WASM_OP_TABLE_FILL};
    while ((at = memchr(at, 0xFC, (size_t)(end - at))) != NULL) {
        at++;
        if (!may_be_below(at, end, 0x80))
            continue;
        u32 code = *at & 0x7F;
        for (u32 i = 0; i < ARRAY_LEN(writers); i++)
            if (code == wasm_ops[writers[i]].code)
                return true;
    }
    return false;
}

bool wasm_find_written_tables(WasmValidator *v, const WasmModule *m, u64 *written, Diag *diag)
{
    for (u32 func = m->n_imported_funcs; func < m->n_funcs; func++) {
        const WasmBody *body = wasm_func_body(m, func);
        const u8 *at = m->bytes + body->start, *end = m->bytes + body->end;
        if (!may_set(m, at, end) && !may_write_many(at, end))
            continue;
        Diag wrong = {0};
        if (wasm_validate_func(v, m, func, NULL, &wrong)) {
            for (u32 i = 0; i < ARRAY_LEN(v->written); i++)
                written[i] |= v->written[i];
            continue;
        }
        if (wrong.is_oom)
            return diag_oom(diag);
        memset(written, 0xFF, sizeof v->written); /* it is reported elsewhere, and nothing runs */
    }
    return true;
}
