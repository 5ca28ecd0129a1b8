/* Traps and frames: what stopped a guest, and where. */
#include "api/api_int.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- frames ---- */

static bool set_name(wasm_name_t *out, WasmStr name)
{
    wasm_byte_vec_new(out, name.at ? name.len : 0, name.at);
    return name.at != NULL;
}

static void fill_frame(wasm_frame_t *frame, const RtFrame *at)
{
    const WasmModule *m = at->module->wasm;
    frame->at = *at;
    frame->has_func_name = set_name(&frame->func_name, wasm_func_name(m, at->func));
    frame->has_module_name = set_name(&frame->module_name, m->name);
}

wasm_frame_t *wasm_frame_copy(const wasm_frame_t *frame)
{
    wasm_frame_t *copy = malloc(sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *frame;
    wasm_name_copy(&copy->func_name, &frame->func_name);
    wasm_name_copy(&copy->module_name, &frame->module_name);
    return copy;
}

void wasm_frame_delete(wasm_frame_t *frame)
{
    if (!frame)
        return;
    wasm_name_delete(&frame->func_name);
    wasm_name_delete(&frame->module_name);
    free(frame);
}

uint32_t wasm_frame_func_index(const wasm_frame_t *frame) { return frame->at.func; }

static size_t offset(u32 off) { return off == UINT32_MAX ? SIZE_MAX : off; }
size_t wasm_frame_func_offset(const wasm_frame_t *frame) { return offset(frame->at.func_off); }
size_t wasm_frame_module_offset(const wasm_frame_t *frame) { return offset(frame->at.module_off); }

const wasm_name_t *wasmtime_frame_func_name(const wasm_frame_t *frame)
{
    return frame->has_func_name ? &frame->func_name : NULL;
}

const wasm_name_t *wasmtime_frame_module_name(const wasm_frame_t *frame)
{
    return frame->has_module_name ? &frame->module_name : NULL;
}

/* ---- making traps ---- */

static wasm_trap_t *new_trap(const char *text, size_t len)
{
    wasm_trap_t *trap = calloc(1, sizeof *trap);
    if (!trap)
        return NULL;
    sb_add(&trap->failure.text, text, len);
    return trap;
}

wasm_trap_t *wasmtime_trap_new(const char *msg, size_t len) { return new_trap(msg, len); }

wasm_trap_t *wasm_trap_new(wasm_store_t *store, const wasm_message_t *message)
{
    (void)store;
    size_t len = message->size;
    if (len && message->data[len - 1] == 0)
        len--;
    return new_trap(message->data, len);
}

wasm_trap_t *wasmtime_trap_new_code(wasmtime_trap_code_t code)
{
    const char *text = rt_trap_text(code);
    wasm_trap_t *trap = new_trap(NULL, 0);
    if (trap) {
        sb_printf(&trap->failure.text, "wasm trap: %s", text);
        trap->has_code = true;
        trap->code = code;
    }
    return trap;
}

wasm_trap_t *stint_trap_new_exit(int status)
{
    wasm_trap_t *trap = new_trap(NULL, 0);
    if (trap) {
        sb_printf(&trap->failure.text, "Exited with i32 exit status %d", status);
        trap->failure.has_status = true;
        trap->failure.status = status;
    }
    return trap;
}

void wasm_trap_delete(wasm_trap_t *trap)
{
    if (!trap)
        return;
    failure_free(&trap->failure);
    free(trap);
}

wasm_trap_t *wasm_trap_copy(const wasm_trap_t *trap)
{
    wasm_trap_t *copy = new_trap(sb_str(&trap->failure.text), trap->failure.text.len);
    if (!copy)
        return NULL;
    copy->has_code = trap->has_code;
    copy->code = trap->code;
    copy->failure.has_status = trap->failure.has_status;
    copy->failure.status = trap->failure.status;
    return copy;
}

void *wasm_trap_get_host_info(const wasm_trap_t *trap)
{
    (void)trap;
    return NULL;
}

void wasm_trap_message(const wasm_trap_t *trap, wasm_message_t *out)
{
    const StrBuf *text = &trap->failure.text;
    wasm_byte_vec_new_uninitialized(out, text->len + 1);
    if (out->size)
        memcpy(out->data, sb_str(text), text->len + 1);
}

bool wasmtime_trap_code(const wasm_trap_t *trap, wasmtime_trap_code_t *code)
{
    if (trap->has_code)
        *code = trap->code;
    return trap->has_code;
}

wasm_frame_t *wasm_trap_origin(const wasm_trap_t *trap)
{
    return trap->failure.n_frames ? wasm_frame_copy(&trap->failure.frames[0]) : NULL;
}

/* ---- out of the runtime ---- */

static void copy_frames(Failure *failure, const RtTrap *trap)
{
    if (!trap->n_frames)
        return;
    failure->frames = calloc(trap->n_frames, sizeof *failure->frames);
    if (!failure->frames)
        return;
    failure->n_frames = trap->n_frames;
    for (u32 i = 0; i < trap->n_frames; i++)
        fill_frame(&failure->frames[i], &trap->frames[i]);
}

static void print_frame(StrBuf *out, u32 number, const wasm_frame_t *frame)
{
    sb_printf(out, "\n%5u: ", number);
    if (frame->at.module_off != UINT32_MAX) {
        char hex[16];
        snprintf(hex, sizeof hex, "0x%x", frame->at.module_off);
        sb_printf(out, "%8s - ", hex);
    }
    if (frame->has_module_name)
        sb_add(out, frame->module_name.data, frame->module_name.size);
    else
        sb_puts(out, "<unknown>");
    sb_putc(out, '!');
    if (frame->has_func_name)
        sb_add(out, frame->func_name.data, frame->func_name.size);
    else
        sb_printf(out, "<wasm function %u>", frame->at.func);
}

/* The message with its backtrace in front, in the form Wasmtime's users know. */
static void add_backtrace(Failure *failure)
{
    if (!failure->n_frames)
        return;
    StrBuf text = {0};
    sb_puts(&text, "error while executing at wasm backtrace:");
    for (u32 i = 0; i < failure->n_frames; i++)
        print_frame(&text, i, &failure->frames[i]);
    sb_puts(&text, "\n\nCaused by:\n    ");
    sb_add(&text, sb_str(&failure->text), failure->text.len);
    sb_free(&failure->text);
    failure->text = text;
}

static wasmtime_error_t *error_from_exit(wasm_trap_t *exit)
{
    wasmtime_error_t *error = calloc(1, sizeof *error);
    if (!error) {
        wasm_trap_delete(exit);
        return error_oom();
    }
    error->failure = exit->failure;
    free(exit);
    return error;
}

wasmtime_error_t *trap_take(RtStore *store, wasm_trap_t **out)
{
    RtTrap *from = &store->trap;
    wasm_trap_t *trap = from->kind == RT_TRAP_HOST ? from->host : new_trap(NULL, 0);
    from->host = NULL;
    if (!trap)
        return error_oom();
    if (trap->failure.has_status)
        return error_from_exit(trap);
    if (from->kind == RT_TRAP_CODE) {
        trap->has_code = true;
        trap->code = (u8)from->code;
        sb_printf(&trap->failure.text, "wasm trap: %s", rt_trap_text(from->code));
    } else if (from->kind == RT_TRAP_MESSAGE) {
        sb_puts(&trap->failure.text, from->message);
    }
    if (!trap->failure.n_frames) { /* a trap passed on by a host function keeps its own */
        copy_frames(&trap->failure, from);
        add_backtrace(&trap->failure);
    }
    from->kind = RT_TRAP_NONE;
    *out = trap;
    return NULL;
}
