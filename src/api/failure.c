/* The texts and frames of errors and traps. */
#include "api/failure.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- frames ---- */

static wasm_name_t name_view(WasmStr name)
{
    return (wasm_name_t){name.at ? name.len : 0, (char *)(uintptr_t)name.at};
}

static void fill_frame(wasm_frame_t *frame, const RtFrame *at)
{
    const WasmModule *m = at->module->wasm;
    rt_module_retain((RtModule *)(uintptr_t)at->module);
    *frame = (wasm_frame_t){*at, name_view(wasm_func_name(m, at->func)), name_view(m->name)};
}

static void drop_frame(wasm_frame_t *frame)
{
    rt_module_release((RtModule *)(uintptr_t)frame->at.module);
}

wasm_frame_t *wasm_frame_copy(const wasm_frame_t *frame)
{
    wasm_frame_t *copy = malloc(sizeof *copy);
    if (copy)
        fill_frame(copy, &frame->at);
    return copy;
}

void wasm_frame_delete(wasm_frame_t *frame)
{
    if (!frame)
        return;
    drop_frame(frame);
    free(frame);
}

uint32_t wasm_frame_func_index(const wasm_frame_t *frame) { return frame->at.func; }

static size_t offset(u32 off) { return off == UINT32_MAX ? SIZE_MAX : off; }
size_t wasm_frame_func_offset(const wasm_frame_t *frame) { return offset(frame->at.func_off); }
size_t wasm_frame_module_offset(const wasm_frame_t *frame) { return offset(frame->at.module_off); }

const wasm_name_t *wasmtime_frame_func_name(const wasm_frame_t *frame)
{
    return frame->func_name.data ? &frame->func_name : NULL;
}

const wasm_name_t *wasmtime_frame_module_name(const wasm_frame_t *frame)
{
    return frame->module_name.data ? &frame->module_name : NULL;
}

void failure_add_frames(Failure *failure, const RtTrap *trap)
{
    failure->frames = trap->n_frames ? calloc(trap->n_frames, sizeof *failure->frames) : NULL;
    failure->n_frames = failure->frames ? trap->n_frames : 0;
    for (u32 i = 0; i < failure->n_frames; i++)
        fill_frame(&failure->frames[i], &trap->frames[i]);
}

void failure_free(Failure *failure)
{
    sb_free(&failure->text);
    for (u32 i = 0; i < failure->n_frames; i++)
        drop_frame(&failure->frames[i]);
    free(failure->frames);
}

bool failure_copy(Failure *to, const Failure *from)
{
    *to = *from;
    to->text = (StrBuf){0};
    to->frames = from->n_frames ? calloc(from->n_frames, sizeof *to->frames) : NULL;
    to->n_frames = to->frames ? from->n_frames : 0;
    sb_add(&to->text, sb_str(&from->text), from->text.len);
    for (u32 i = 0; i < to->n_frames; i++)
        fill_frame(&to->frames[i], &from->frames[i].at);
    if (!to->text.failed && to->n_frames == from->n_frames)
        return true;
    failure_free(to);
    return false;
}

/* A copy of frames as a vector; empty when memory runs out. */
static void trace(const Failure *failure, wasm_frame_vec_t *out)
{
    bool is_whole = true;
    wasm_frame_vec_new_uninitialized(out, failure->n_frames);
    for (size_t i = 0; i < out->size; i++) {
        out->data[i] = wasm_frame_copy(&failure->frames[i]);
        is_whole &= out->data[i] != NULL;
    }
    if (!is_whole)
        wasm_frame_vec_delete(out);
}

void wasmtime_error_wasm_trace(const wasmtime_error_t *error, wasm_frame_vec_t *out)
{
    trace(&error->failure, out);
}

void wasm_trap_trace(const wasm_trap_t *trap, wasm_frame_vec_t *out)
{
    trace(&trap->failure, out);
}

wasm_frame_t *wasm_trap_origin(const wasm_trap_t *trap)
{
    return trap->failure.n_frames ? wasm_frame_copy(&trap->failure.frames[0]) : NULL;
}

/* ---- messages ---- */

static void print_frame(StrBuf *out, u32 number, const wasm_frame_t *frame)
{
    sb_printf(out, "\n%5u: ", number);
    if (frame->at.module_off != UINT32_MAX) {
        char hex[16];
        snprintf(hex, sizeof hex, "0x%x", frame->at.module_off);
        sb_printf(out, "%8s - ", hex);
    }
    if (frame->module_name.data)
        sb_add(out, frame->module_name.data, frame->module_name.size);
    else
        sb_puts(out, "<unknown>");
    sb_putc(out, '!');
    if (frame->func_name.data)
        sb_add(out, frame->func_name.data, frame->func_name.size);
    else
        sb_printf(out, "<wasm function %u>", frame->at.func);
}

static u32 count_parts(const Failure *failure)
{
    return 1 + (failure->parts[0] != 0) + (failure->parts[1] != 0);
}

static void print_part(const Failure *failure, u32 number, StrBuf *out)
{
    u32 from = number ? failure->parts[number - 1] : 0;
    u32 to = number + 1 < count_parts(failure) ? failure->parts[number] : (u32)failure->text.len;
    sb_add(out, sb_str(&failure->text) + from, to - from);
}

void failure_print(const Failure *failure, StrBuf *out)
{
    u32 n = count_parts(failure), next = 0;
    if (failure->n_frames) {
        sb_puts(out, "error while executing at wasm backtrace:");
        for (u32 i = 0; i < failure->n_frames; i++)
            print_frame(out, i, &failure->frames[i]);
    } else {
        print_part(failure, next++, out);
    }
    if (next == n)
        return;
    sb_puts(out, "\n\nCaused by:\n");
    bool is_numbered = n - next > 1;
    for (u32 number = 0; next < n; number++) {
        if (is_numbered)
            sb_printf(out, "%5u: ", number);
        else
            sb_puts(out, "    ");
        print_part(failure, next++, out);
        sb_putc(out, '\n');
    }
}

/* The message as a name, with a NUL if it is to have one; empty when memory runs out. */
static void message(const Failure *failure, bool with_nul, wasm_name_t *out)
{
    StrBuf text = {0};
    failure_print(failure, &text);
    wasm_byte_vec_new_empty(out);
    if (!text.failed)
        wasm_byte_vec_new(out, text.len + with_nul, sb_str(&text));
    sb_free(&text);
}

void wasmtime_error_message(const wasmtime_error_t *error, wasm_name_t *out)
{
    message(&error->failure, false, out);
}

void wasm_trap_message(const wasm_trap_t *trap, wasm_message_t *out)
{
    message(&trap->failure, true, out);
}

/* ---- out of the runtime ---- */

/* What a memory fault adds to the message: where it was, seen from the guest. */
static void add_fault(Failure *failure, const RtStore *store)
{
    u64 addr = store->trap.fault_addr;
    for (u32 i = 0; addr && i < store->memories.len; i++) {
        const RtMemory *memory = store->memories.at[i];
        const RtSpace *m = memory->space;
        if (addr - (u64)(uintptr_t)m->map >= m->map_bytes)
            continue;
        sb_printf(&failure->text,
                  "memory fault at wasm address 0x%llx in linear memory of size 0x%llx",
                  (unsigned long long)(addr - (u64)(uintptr_t)m->vm.base),
                  (unsigned long long)rt_memory_bytes(memory));
        failure->parts[0] = (u32)failure->text.len;
        return;
    }
}

wasm_trap_t *trap_of_exception(void)
{
    static const char text[] = "thrown Wasm exception";
    wasm_trap_t *trap = wasmtime_trap_new(text, sizeof text - 1);
    if (trap)
        trap->is_exception = true;
    return trap;
}

void *trap_to_rt(const RtStore *store, wasm_trap_t *trap)
{
    if (LIKELY(!trap || !trap->is_exception || !store->pending_exn))
        return trap;
    wasm_trap_delete(trap);
    return (void *)(uintptr_t)&rt_exception;
}

/* The trap object for what the runtime says; NULL: no memory. */
static wasm_trap_t *describe(RtStore *store)
{
    RtTrap *from = &store->trap;
    wasm_trap_t *trap = from->host;
    from->host = NULL;
    if (from->kind == RT_TRAP_HOST)
        return trap;
    if (from->kind == RT_TRAP_EXCEPTION)
        return trap_of_exception();
    trap = calloc(1, sizeof *trap);
    if (!trap)
        return NULL;
    if (from->kind == RT_TRAP_CODE) {
        trap->has_code = true;
        trap->code = (u8)from->code;
        if (from->code == VM_TRAP_MEMORY_OUT_OF_BOUNDS)
            add_fault(&trap->failure, store);
        sb_printf(&trap->failure.text, "wasm trap: %s", rt_trap_text(from->code));
    } else {
        sb_puts(&trap->failure.text, from->message);
    }
    if (!trap->failure.text.failed)
        return trap;
    wasm_trap_delete(trap);
    return NULL;
}

wasmtime_error_t *failure_take(RtStore *store, wasm_trap_t **out)
{
    wasm_trap_t *trap = describe(store);
    store->trap.kind = RT_TRAP_NONE;
    if (!trap || trap == trap_oom())
        return error_oom();
    if (!trap->failure.n_frames) /* one that a host function handed on keeps its own */
        failure_add_frames(&trap->failure, &store->trap);
    if (!trap->has_code && !trap->is_exception)
        return error_from_trap(trap);
    *out = trap;
    return NULL;
}
