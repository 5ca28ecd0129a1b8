/* stint objdump: the machine code of a module's functions beside the WebAssembly it is for.
 *
 * A line has the offset in the function, the instruction, and for calls and what may trap the
 * offset in the module of the operator behind it; when the module itself is given, that operator's
 * name as well. Behind its instructions a function has constants and jump tables: they begin at the
 * lowest address that an instruction reads relative to its own.
 *
 * The disassembler library is loaded here and not linked: relocating it would make every start of
 * the command take three times as long. */
#include "cli/cli.h"

#include <capstone/capstone.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#define NOTE_COLUMN 50
#define TRAP_BYTES 7
#define FILLING 0xcc
#define FLUSH_BYTES ((size_t)1 << 16)

/* The functions of the library that are used, under their own names. */
#define LIBRARY(X) \
    X(cs_open) X(cs_close) X(cs_option) X(cs_malloc) X(cs_free) X(cs_disasm_iter) X(cs_insn_group)
#define LIBRARY_NAME(major) LIBRARY_NAME_(major)
#define LIBRARY_NAME_(major) "libcapstone.so." #major

typedef struct Library {
    void *handle;
#define X(name) __typeof__(name) *name;
    LIBRARY(X)
#undef X
} Library;

/* False after a message. */
static bool load_library(Library *library)
{
    library->handle = dlopen(LIBRARY_NAME(CS_API_MAJOR), RTLD_NOW | RTLD_LOCAL);
    if (!library->handle) {
        cli_fail("the disassembler cannot be loaded: %s", dlerror());
        return false;
    }
    /* POSIX lets functions and data pointers be copied into each other, C does not say so. */
#define X(name)                                          \
    void *name##_at = dlsym(library->handle, #name);     \
    memcpy(&library->name, &name##_at, sizeof name##_at);
    LIBRARY(X)
#undef X
#define X(name) &&library->name
    if (!(true LIBRARY(X))) {
        cli_fail("the disassembler library " LIBRARY_NAME(CS_API_MAJOR) " is not the expected one");
        dlclose(library->handle);
        return false;
    }
#undef X
    return true;
}

typedef struct Dump {
    const CliOptions *o;
    const wasmtime_module_t *module;
    const u8 *wasm; /* NULL: only compiled code is there */
    size_t wasm_len;
    Library library;
    csh disassembler;
    cs_insn *insn; /* the instruction that was decoded last */
    StrBuf out;
} Dump;

/* ---- finding things ---- */

/* The function whose code begins at the address. */
static bool code_at(const Dump *d, u64 address, stint_code_t *code)
{
    stint_code_t probe;
    size_t low = 0, high = 1;
    while (stint_module_code_nth(d->module, high, &probe) && (uintptr_t)probe.at <= address)
        high *= 2;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (!stint_module_code_nth(d->module, mid, &probe) || (uintptr_t)probe.at > address)
            high = mid;
        else
            low = mid + 1;
    }
    return low && stint_module_code_nth(d->module, low - 1, code) && (uintptr_t)code->at == address;
}

/* What stands at one place; the dump's insn has the rest where it is INSN. */
typedef struct Step {
    const u8 *at;
    size_t len;
    enum { INSN, TRAP, NO_INSN } kind;
    u32 trap; /* the code, where it is TRAP */
} Step;

/* An explicit trap is ud1 with the code as displacement. Not all versions of the disassembler know
 * how long that is. */
static bool is_trap(const u8 *at, size_t left)
{
    static const u8 ud1[] = {0x0f, 0xb9, 0x80};
    return left >= TRAP_BYTES && !memcmp(at, ud1, sizeof ud1);
}

static Step step(Dump *d, const u8 *at, size_t left)
{
    if (is_trap(at, left))
        return (Step){at, TRAP_BYTES, TRAP, load_u32(at + 3)};
    u64 address = (uintptr_t)at;
    const u8 *next = at;
    if (d->library.cs_disasm_iter(d->disassembler, &next, &left, &address, d->insn))
        return (Step){at, d->insn->size, INSN, 0};
    return (Step){at, 1, NO_INSN, 0};
}

/* Where the instructions of a function end. */
static const u8 *code_end(Dump *d, const stint_code_t *code)
{
    const u8 *at = code->at, *end = code->at + code->len;
    while (at < end) {
        Step s = step(d, at, (size_t)(end - at));
        at += s.len;
        const cs_x86 *x86 = &d->insn->detail->x86;
        for (u8 i = 0; s.kind == INSN && i < x86->op_count; i++) {
            const cs_x86_op *op = &x86->operands[i];
            if (op->type != X86_OP_MEM || op->mem.base != X86_REG_RIP)
                continue;
            u64 to = (uintptr_t)at + (u64)op->mem.disp;
            if (to > (uintptr_t)code->at && to < (uintptr_t)end)
                end = code->at + (to - (uintptr_t)code->at);
        }
    }
    while (end > code->at && end[-1] == FILLING)
        end--;
    return end;
}

/* ---- printing ---- */

static void add_name(StrBuf *out, const stint_code_t *code)
{
    if (code->name)
        cli_add_clean(out, code->name, code->name_len);
    else
        sb_printf(out, "<wasm function %u>", code->function);
}

/* The one operand of a direct jump or call. */
static bool direct_target(const Dump *d, i64 *target)
{
    const cs_x86 *x86 = &d->insn->detail->x86;
    if (x86->op_count != 1 || x86->operands[0].type != X86_OP_IMM)
        return false;
    *target = x86->operands[0].imm;
    return d->library.cs_insn_group(d->disassembler, d->insn, X86_GRP_JUMP) ||
           d->library.cs_insn_group(d->disassembler, d->insn, X86_GRP_CALL);
}

static void add_trap_text(StrBuf *out, u32 code)
{
    wasm_message_t message = {0};
    wasm_trap_t *trap = code <= UINT8_MAX ? wasmtime_trap_new_code((u8)code) : NULL;
    if (trap)
        wasm_trap_message(trap, &message);
    if (message.size)
        sb_printf(out, " %.*s", (int)message.size - 1, message.data);
    wasm_byte_vec_delete(&message);
    wasm_trap_delete(trap);
}

/* What stands at the end of the line: the operator, then a called function or a trap. */
static void add_note(Dump *d, const Step *s, size_t line_start)
{
    stint_code_t called;
    i64 target;
    u32 offset;
    bool is_call = s->kind == INSN && direct_target(d, &target) && code_at(d, (u64)target, &called);
    bool has_origin = stint_module_code_origin(d->module, s->at, s->len, &offset);
    if (!is_call && !has_origin && s->kind != TRAP)
        return;
    size_t width = d->out.len - line_start;
    sb_printf(&d->out, "%*s;", (int)(width < NOTE_COLUMN ? NOTE_COLUMN - width : 1), "");
    if (has_origin)
        sb_printf(&d->out, " 0x%x", offset);
    const char *name = has_origin && offset < d->wasm_len
                           ? stint_operator_name(d->wasm + offset, d->wasm_len - offset)
                           : NULL;
    if (name)
        sb_printf(&d->out, " %s", name);
    if (s->kind == TRAP)
        add_trap_text(&d->out, s->trap);
    if (is_call) {
        sb_putc(&d->out, ' ');
        add_name(&d->out, &called);
    }
}

static void add_bytes(StrBuf *out, const u8 *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        sb_printf(out, "%02x ", at[i]);
    for (size_t i = len; i < 11; i++)
        sb_puts(out, "   ");
}

/* Jumps and calls name their target as an address in this process, which says nothing: it becomes
 * an offset, from the function's start or, outside of it, with a sign. */
static void add_operands(Dump *d, const stint_code_t *code)
{
    i64 target;
    if (!direct_target(d, &target)) {
        sb_puts(&d->out, d->insn->op_str);
        return;
    }
    i64 offset = target - (i64)(uintptr_t)code->at;
    if (offset >= 0 && (u64)offset < code->len)
        sb_printf(&d->out, "0x%llx", (unsigned long long)offset);
    else
        sb_printf(&d->out, "%+lld", (long long)offset);
}

static void add_insn(Dump *d, const Step *s, const stint_code_t *code)
{
    sb_printf(&d->out, "%8llx  ", (unsigned long long)(s->at - code->at));
    if (d->o->show_bytes)
        add_bytes(&d->out, s->at, s->len);
    size_t line_start = d->out.len;
    if (s->kind == TRAP) {
        sb_printf(&d->out, "ud1        eax, [rax + %u]", s->trap);
    } else if (s->kind == NO_INSN) {
        sb_printf(&d->out, ".byte      0x%02x", *s->at);
    } else if (*d->insn->op_str) {
        sb_printf(&d->out, "%-10s ", d->insn->mnemonic);
        add_operands(d, code);
    } else {
        sb_puts(&d->out, d->insn->mnemonic);
    }
    add_note(d, s, line_start);
    sb_putc(&d->out, '\n');
}

static void add_data(Dump *d, const u8 *at, const u8 *end, const stint_code_t *code)
{
    for (; at < end; at += MIN((size_t)(end - at), (size_t)16)) {
        sb_printf(&d->out, "%8llx  .bytes     ", (unsigned long long)(at - code->at));
        for (const u8 *byte = at; byte < end && byte < at + 16; byte++)
            sb_printf(&d->out, "%02x%s", *byte, byte + 1 < end && byte + 1 < at + 16 ? " " : "");
        sb_putc(&d->out, '\n');
    }
}

static void add_function(Dump *d, const stint_code_t *code)
{
    const u8 *at = code->at, *end = code_end(d, code);
    sb_printf(&d->out, "function %u, ", code->function);
    add_name(&d->out, code);
    sb_printf(&d->out, ": %zu bytes\n", code->len);
    while (at < end) {
        Step s = step(d, at, (size_t)(end - at));
        add_insn(d, &s, code);
        at += s.len;
    }
    const u8 *data_end = code->at + code->len;
    while (data_end > end && data_end[-1] == FILLING)
        data_end--;
    if (data_end > end)
        add_data(d, end, data_end, code);
    sb_putc(&d->out, '\n');
}

/* ---- the command ---- */

static bool is_wanted(const Dump *d, const stint_code_t *code)
{
    const char *filter = d->o->filter;
    if (!filter)
        return true;
    StrBuf name = {0};
    add_name(&name, code);
    bool is_in = strstr(sb_str(&name), filter) != NULL;
    sb_free(&name);
    return is_in;
}

static int dump_functions(Dump *d)
{
    stint_code_t code;
    int status = 0;
    for (size_t i = 0; stint_module_code_nth(d->module, i, &code) && !status; i++) {
        if (is_wanted(d, &code))
            add_function(d, &code);
        if (d->out.len >= FLUSH_BYTES)
            status = cli_print(&d->out);
    }
    return status ? status : cli_print(&d->out);
}

static int dump_with_library(Dump *d)
{
    const Library *library = &d->library;
    if (library->cs_open(CS_ARCH_X86, CS_MODE_64, &d->disassembler) != CS_ERR_OK)
        return cli_fail("the disassembler cannot be used");
    library->cs_option(d->disassembler, CS_OPT_DETAIL, CS_OPT_ON);
    d->insn = library->cs_malloc(d->disassembler);
    int status = d->insn ? dump_functions(d) : cli_fail("out of memory");
    if (d->insn)
        library->cs_free(d->insn, 1);
    library->cs_close(&d->disassembler);
    return status;
}

static int dump_bytes(CliOptions *o, wasm_engine_t *engine, u8 **bytes, size_t *len)
{
    wasmtime_module_t *module = cli_module(o, engine, o->operands[0], *bytes, *len);
    if (!module)
        return 1;
    Dump d = {.o = o, .module = module};
    if (!stint_is_compiled(*bytes, *len)) {
        /* Offsets are those in the binary format. */
        if (!cli_assemble(o->operands[0], bytes, len)) {
            wasmtime_module_delete(module);
            return 1;
        }
        d.wasm = *bytes;
        d.wasm_len = *len;
    }
    int status = 1;
    if (load_library(&d.library)) {
        status = dump_with_library(&d);
        dlclose(d.library.handle);
    }
    wasmtime_module_delete(module);
    return status;
}

int cli_objdump(CliOptions *o)
{
    if (o->n_operands != 1)
        return cli_misuse("expected one file, not %zu", o->n_operands);
    if (stint_config_interprets(o->config))
        return cli_misuse("`stint objdump` shows machine code, and -C compiler=interpreter makes "
                          "none");
    wasm_engine_t *engine = cli_engine(o);
    if (!engine)
        return 1;
    u8 *bytes;
    size_t len;
    int status = 1;
    if (cli_read(o->operands[0], &bytes, &len)) {
        status = dump_bytes(o, engine, &bytes, &len);
        free(bytes);
    }
    wasm_engine_delete(engine);
    return status;
}
