/* Sections, one after the other, as fields of a module. */
#include "wat/print_int.h"

/* More text than this is refused: a few bytes can announce 50000 locals. */
#define TEXT_MAX_BYTES ((size_t)1 << 32)

/* ---- imports and exports ---- */

static const char *const kind_words[] = {"func", "table", "memory", "global", "tag"};

/* What an import or definition is, behind "(func" and its like. */
static void print_import_type(Printer *p, WasmReader *r, u8 kind)
{
    u32 func = p->next[PRINT_FUNC], type;
    print_define(p, (PrintSpace)kind);
    switch (kind) {
    case WASM_KIND_FUNC:
        type = wasm_read_u32(r);
        print_enter_func(p, func, p->m->types[type].func.n_params, 0);
        print_type_use(p, type, p->locals);
        break;
    case WASM_KIND_TABLE:
        print_table_type(p, r);
        break;
    case WASM_KIND_MEMORY:
        print_memory_type(p, r);
        break;
    case WASM_KIND_GLOBAL:
        print_global_type(p, r);
        break;
    default:
        r->at++; /* its attribute, of which there is one */
        print_type_use(p, wasm_read_u32(r), (PrintNameList){NULL, 0});
    }
}

static WasmStr read_name(WasmReader *r)
{
    u32 len = wasm_read_u32(r);
    WasmStr name = {(const char *)r->at, len};
    r->at += len;
    return name;
}

static void print_import(Printer *p, WasmReader *r)
{
    put(p, "(import ");
    print_name(p, read_name(r));
    sb_putc(p->out, ' ');
    print_name(p, read_name(r));
    u8 kind = wasm_read_u8(r);
    put(p, " (");
    put(p, kind_words[kind]);
    print_import_type(p, r, kind);
    put(p, "))");
}

static void print_export(Printer *p, WasmReader *r)
{
    put(p, "(export ");
    print_name(p, read_name(r));
    u8 kind = wasm_read_u8(r);
    put(p, " (");
    put(p, kind_words[kind]);
    sb_putc(p->out, ' ');
    print_index(p, (PrintSpace)kind, wasm_read_u32(r));
    put(p, "))");
}

/* ---- definitions ---- */

static void print_table(Printer *p, WasmReader *r)
{
    put(p, "(table");
    print_define(p, PRINT_TABLE);
    bool has_init = *r->at == 0x40;
    r->at += has_init ? 2 : 0;
    print_table_type(p, r);
    if (has_init)
        print_const(p, r);
    sb_putc(p->out, ')');
}

static void print_memory(Printer *p, WasmReader *r)
{
    put(p, "(memory");
    print_define(p, PRINT_MEMORY);
    print_memory_type(p, r);
    sb_putc(p->out, ')');
}

static void print_global(Printer *p, WasmReader *r)
{
    put(p, "(global");
    print_define(p, PRINT_GLOBAL);
    print_global_type(p, r);
    print_const(p, r);
    sb_putc(p->out, ')');
}

static void print_tag(Printer *p, WasmReader *r)
{
    put(p, "(tag");
    print_import_type(p, r, WASM_KIND_TAG);
    sb_putc(p->out, ')');
}

/* ---- segments ---- */

/* The table or memory of an active segment, where it is spelt out. */
static void print_target(Printer *p, const char *head, PrintSpace space, u32 index)
{
    put(p, head);
    print_index(p, space, index);
    sb_putc(p->out, ')');
}

/* " (item ...)": an operator alone stands for itself. */
static void print_items(Printer *p, WasmReader *r, bool has_exprs)
{
    for (u32 count = wasm_read_u32(r); count; count--) {
        if (has_exprs) {
            print_const(p, r);
        } else {
            sb_putc(p->out, ' ');
            print_index(p, PRINT_FUNC, wasm_read_u32(r));
        }
    }
}

/* Flags: 1 not active (with 2: declared); active with 2: has a table; 4: items are expressions. The
 * type stands before them unless there is neither 1 nor 2. */
static void print_elem(Printer *p, WasmReader *r)
{
    put(p, "(elem");
    print_define(p, PRINT_ELEM);
    u32 flags = wasm_read_u32(r);
    if (!(flags & 1)) {
        if (flags & 2)
            print_target(p, " (table ", PRINT_TABLE, wasm_read_u32(r));
        print_const(p, r);
    } else if (flags & 2) {
        put(p, " declare");
    }
    if (!(flags & 4)) {
        put(p, " func");
        r->at += flags & 3 ? 1 : 0;
    } else if (flags & 3) {
        sb_putc(p->out, ' ');
        print_val_type(p, r);
    } else {
        put(p, " funcref");
    }
    print_items(p, r, flags & 4);
    sb_putc(p->out, ')');
}

static void print_data_segment(Printer *p, WasmReader *r)
{
    put(p, "(data");
    print_define(p, PRINT_DATA);
    u32 flags = wasm_read_u32(r);
    if (flags == 2)
        print_target(p, " (memory ", PRINT_MEMORY, wasm_read_u32(r));
    if (flags != 1)
        print_const(p, r);
    u32 size = wasm_read_u32(r);
    print_data(p, 2, wasm_reader_offset(r, p->m), size);
    r->at += size;
    sb_putc(p->out, ')');
}

/* ---- functions ---- */

static void print_func(Printer *p, WasmReader *r)
{
    WasmReader types = {p->type_index_at, r->end};
    u32 func = p->next[PRINT_FUNC], type = wasm_read_u32(&types), size = wasm_read_u32(r);
    p->type_index_at = types.at;
    r->at += size;
    const WasmBody *body = wasm_func_body(p->m, func);
    print_enter_func(p, func, p->m->types[type].func.n_params + body->end - body->start,
                     body->end - body->start);
    p->hints = p->hint_section ? wasm_func_hints(p->m, func) : NULL;
    put(p, "(func");
    print_define(p, PRINT_FUNC);
    print_type_use(p, type, p->locals);
    print_body(p, body);
    print_leave_func(p);
    print_line(p, 1, body->end - 1);
    sb_putc(p->out, ')');
}

/* ---- the module ---- */

typedef void (*PrintEntry)(Printer *p, WasmReader *r);

/* A vector of fields, one line or more for each. False: there is too much text. */
static bool print_entries(Printer *p, WasmReader *r, PrintEntry print)
{
    for (u32 count = wasm_read_u32(r); count; count--) {
        print_line(p, 1, wasm_reader_offset(r, p->m));
        print(p, r);
        if (p->out->len > TEXT_MAX_BYTES || p->out->failed)
            return false;
    }
    return true;
}

static bool print_section(Printer *p, WasmReader *r, u8 id)
{
    static const PrintEntry entries[] = {
        [2] = print_import,  [4] = print_table,         [5] = print_memory,
        [6] = print_global,  [7] = print_export,        [9] = print_elem,
        [10] = print_func,   [11] = print_data_segment, [13] = print_tag,
    };
    switch (id) {
    case 1:
        print_type_section(p, r);
        return true;
    case 3:
        (void)wasm_read_u32(r);
        p->type_index_at = r->at;
        return true;
    case 8:
        print_line(p, 1, wasm_reader_offset(r, p->m));
        put(p, "(start ");
        print_index(p, PRINT_FUNC, wasm_read_u32(r));
        sb_putc(p->out, ')');
        return true;
    case 12:
        return true; /* the number of data segments is a matter of counting */
    default:
        return print_entries(p, r, entries[id]);
    }
}

/* Text has no empty sections, so nothing is placed behind one; whether it has a data count, nobody
 * says. */
static void note_place(Printer *p, const u8 *contents, u8 id)
{
    if (id == 12)
        p->is_behind_count = true;
    if (!id || id == 12 || (id != 8 && !*contents))
        return;
    p->last_section = id;
    p->is_behind_count = false;
}

static bool print_module(Printer *p)
{
    WasmReader r = wasm_reader(p->m, 8, p->m->size);
    u32 n_customs = 0;
    put(p, "(module");
    if (p->names.module.len) {
        sb_putc(p->out, ' ');
        print_id(p, p->names.module);
    } else if (p->names.module.at) {
        put(p, " (@name \"\")");
    }
    while (r.at < r.end) {
        u8 id = wasm_read_u8(&r);
        u32 size = wasm_read_u32(&r);
        WasmReader section = {r.at, r.at + size};
        const u8 *contents = r.at;
        r.at += size;
        if (!id)
            print_custom(p, &p->m->customs[n_customs++]);
        else if (!print_section(p, &section, id))
            return false;
        note_place(p, contents, id);
    }
    put(p, "\n)\n");
    return true;
}

static bool is_out_of_hand(const Printer *p)
{
    return p->out->failed || p->out->len > TEXT_MAX_BYTES;
}

/* Apart from wat_print() so that no local changes between setjmp and the jump back. */
static bool print_guarded(Printer *p, Diag *diag, jmp_buf *jump)
{
    if (setjmp(*jump))
        return diag_oom(diag);
    p->type_at = arena_array(&p->arena, u32, p->m->n_types);
    print_read_names(p);
    print_read_hints(p);
    if (print_module(p) && !is_out_of_hand(p))
        return true;
    return p->out->failed ? diag_oom(diag)
                          : diag_fail(diag, DIAG_NO_OFFSET, "text too large: more than 4 GiB");
}

bool wat_print(const WasmModule *m, u32 flags, StrBuf *out, Diag *diag)
{
    jmp_buf jump;
    Printer p = {.out = out, .m = m, .flags = flags};
    /* The address of a stack variable differs from run to run. */
    p.key = (u64)(uintptr_t)&p << 17 | 1;
    arena_init(&p.arena, &jump);
    arena_init(&p.scratch, &jump);
    bool ok = print_guarded(&p, diag, &jump);
    arena_free(&p.arena);
    arena_free(&p.scratch);
    return ok;
}
