/* Types, and the heads of what is declared with them. */
#include "wat/print_int.h"

/* ---- value types ---- */

static const struct {
    u8 code;
    const char *text, *shorthand;
} heaps[] = {
#define HEAP(name, code, text, shorthand, feature) {code, text, shorthand},
#include "wasm/heaps.def"
#undef HEAP
};

static u32 heap_of(u8 code)
{
    u32 i = 0;
    while (heaps[i].code != code)
        i++;
    return i;
}

/* Abstract types are negative numbers of one byte, the others indices. */
void print_heap_type(Printer *p, WasmReader *r)
{
    if ((*r->at & 0xC0) == 0x40)
        put(p, heaps[heap_of(wasm_read_u8(r))].text);
    else
        print_index(p, PRINT_TYPE, (u32)wasm_read_leb(r, true));
}

void print_val_type(Printer *p, WasmReader *r)
{
    static const char *const numbers[] = {"i16", "i8", NULL, NULL, "v128", "f64", "f32", "i64",
                                          "i32"};
    u8 code = wasm_read_u8(r);
    if (code >= 0x77 && code <= 0x7F) {
        put(p, numbers[code - 0x77]);
    } else if (code == 0x63 || code == 0x64) {
        put(p, code == 0x63 ? "(ref null " : "(ref ");
        print_heap_type(p, r);
        sb_putc(p->out, ')');
    } else {
        put(p, heaps[heap_of(code)].shorthand);
    }
}

void print_skip_val_type(WasmReader *r)
{
    u8 code = wasm_read_u8(r);
    if (code == 0x63 || code == 0x64)
        (void)wasm_read_leb(r, true);
}

/* ---- indices ---- */

void print_index(Printer *p, PrintSpace space, u32 index)
{
    PrintName name = print_nth_name(p->names.spaces[space], index);
    if (name.is_id)
        print_id(p, name.text);
    else
        print_u64(p, index);
}

void print_define(Printer *p, PrintSpace space)
{
    u32 index = p->next[space]++;
    PrintName name = print_nth_name(p->names.spaces[space], index);
    if (name.is_id) {
        sb_putc(p->out, ' ');
        print_id(p, name.text);
    } else if (name.text.at) {
        put(p, " (@name ");
        print_name(p, name.text);
        sb_putc(p->out, ')');
    }
    put(p, " (;");
    print_u64(p, index);
    put(p, ";)");
}

/* ---- function types ---- */

/* " (param i32 i64)": all in one, but each that has a name in one of its own. */
static void print_params(Printer *p, WasmReader *r, PrintNameList names)
{
    bool is_open = false;
    u32 count = wasm_read_u32(r);
    for (u32 i = 0; i < count; i++) {
        PrintName name = print_nth_name(names, i);
        if (is_open && name.is_id)
            sb_putc(p->out, ')');
        if (!is_open || name.is_id)
            put(p, " (param");
        is_open = !name.is_id;
        sb_putc(p->out, ' ');
        if (name.is_id) {
            print_id(p, name.text);
            sb_putc(p->out, ' ');
        }
        print_val_type(p, r);
        if (name.is_id)
            sb_putc(p->out, ')');
    }
    if (is_open)
        sb_putc(p->out, ')');
}

static void print_results(Printer *p, WasmReader *r)
{
    u32 count = wasm_read_u32(r);
    if (!count)
        return;
    put(p, " (result");
    for (u32 i = 0; i < count; i++) {
        sb_putc(p->out, ' ');
        print_val_type(p, r);
    }
    sb_putc(p->out, ')');
}

static void print_signature(Printer *p, WasmReader *r, PrintNameList names)
{
    print_params(p, r, names);
    print_results(p, r);
}

void print_type_use(Printer *p, u32 type, PrintNameList names)
{
    put(p, " (type ");
    print_index(p, PRINT_TYPE, type);
    sb_putc(p->out, ')');
    WasmReader r = wasm_reader(p->m, p->type_at[type], p->m->size);
    print_signature(p, &r, names);
}

/* ---- the type section ---- */

/* A type and, behind it, whether what has it can change. */
static void print_field(Printer *p, WasmReader *r)
{
    WasmReader type = *r;
    print_skip_val_type(r);
    bool is_mutable = wasm_read_u8(r);
    put(p, is_mutable ? "(mut " : "");
    print_val_type(p, &type);
    put(p, is_mutable ? ")" : "");
}

/* " (field i32 (mut i64))", likewise. */
static void print_fields(Printer *p, WasmReader *r, u32 type)
{
    bool is_open = false;
    u32 count = wasm_read_u32(r);
    for (u32 i = 0; i < count; i++) {
        PrintName name = print_field_name(p, type, i);
        if (is_open && name.is_id)
            sb_putc(p->out, ')');
        if (!is_open || name.is_id)
            put(p, " (field");
        is_open = !name.is_id;
        sb_putc(p->out, ' ');
        if (name.is_id) {
            print_id(p, name.text);
            sb_putc(p->out, ' ');
        }
        print_field(p, r);
        if (name.is_id)
            sb_putc(p->out, ')');
    }
    if (is_open)
        sb_putc(p->out, ')');
}

static void print_composite(Printer *p, WasmReader *r, u32 type)
{
    u8 form = wasm_read_u8(r);
    p->type_at[type] = wasm_reader_offset(r, p->m);
    switch (form) {
    case 0x60:
        put(p, "(func");
        print_signature(p, r, (PrintNameList){NULL, 0});
        break;
    case 0x5F:
        put(p, "(struct");
        print_fields(p, r, type);
        break;
    default:
        put(p, "(array ");
        print_field(p, r);
    }
    sb_putc(p->out, ')');
}

static void print_type(Printer *p, WasmReader *r, u32 depth)
{
    u32 type = p->next[PRINT_TYPE];
    print_line(p, depth, wasm_reader_offset(r, p->m));
    put(p, "(type");
    print_define(p, PRINT_TYPE);
    sb_putc(p->out, ' ');
    bool is_sub = *r->at == 0x50 || *r->at == 0x4F;
    if (is_sub) {
        put(p, wasm_read_u8(r) == 0x4F ? "(sub final " : "(sub ");
        for (u32 count = wasm_read_u32(r); count; count--) {
            print_index(p, PRINT_TYPE, wasm_read_u32(r));
            sb_putc(p->out, ' ');
        }
    }
    print_composite(p, r, type);
    put(p, is_sub ? "))" : ")");
}

void print_type_section(Printer *p, WasmReader *r)
{
    for (u32 count = wasm_read_u32(r); count; count--) {
        if (*r->at != 0x4E) {
            print_type(p, r, 1);
            continue;
        }
        print_line(p, 1, wasm_reader_offset(r, p->m));
        put(p, "(rec");
        r->at++;
        for (u32 len = wasm_read_u32(r); len; len--)
            print_type(p, r, 2);
        sb_putc(p->out, ')');
    }
}

/* ---- tables, memories, globals ---- */

/* Behind the flags; also "i64" and "shared", if they say so. */
static void print_limits(Printer *p, WasmReader *r, u8 flags)
{
    put(p, flags & 4 ? " i64 " : " ");
    print_u64(p, wasm_read_u64(r));
    if (flags & 1) {
        sb_putc(p->out, ' ');
        print_u64(p, wasm_read_u64(r));
    }
    put(p, flags & 2 ? " shared" : "");
}

void print_table_type(Printer *p, WasmReader *r)
{
    WasmReader type = *r;
    print_skip_val_type(r);
    print_limits(p, r, wasm_read_u8(r));
    sb_putc(p->out, ' ');
    print_val_type(p, &type);
}

void print_memory_type(Printer *p, WasmReader *r)
{
    u8 flags = wasm_read_u8(r);
    print_limits(p, r, flags);
    if (flags & 8) {
        put(p, " (pagesize ");
        print_u64(p, (u64)1 << wasm_read_u32(r));
        sb_putc(p->out, ')');
    }
}

void print_global_type(Printer *p, WasmReader *r)
{
    sb_putc(p->out, ' ');
    print_field(p, r);
}
