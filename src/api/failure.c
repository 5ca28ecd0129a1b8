/* The texts and frames of errors and traps. */
#include "api/wasm_objects.h"

#include <stint.h>

#include <stdio.h>
#include <stdlib.h>

/* ---- frames ---- */

static wasm_name_t name_view(WasmStr name)
{
    return (wasm_name_t){name.at ? name.len : 0, (char *)(uintptr_t)name.at};
}

/* store  NULL allowed */
static void fill_frame(wasm_frame_t *frame, const RtFrame *at, wasm_store_t *store)
{
    const WasmModule *m = at->module->wasm;
    rt_module_retain((RtModule *)(uintptr_t)at->module);
    *frame = (wasm_frame_t){*at, wasm_store_retain_weak(store),
                            name_view(wasm_func_name(m, at->func)), name_view(m->name)};
}

static void drop_frame(wasm_frame_t *frame)
{
    rt_module_release((RtModule *)(uintptr_t)frame->at.module);
    wasm_store_release_weak(frame->store);
}

wasm_frame_t *wasm_frame_copy(const wasm_frame_t *frame)
{
    wasm_frame_t *copy = malloc(sizeof *copy);
    if (copy)
        fill_frame(copy, &frame->at, frame->store);
    return copy;
}

void wasm_frame_delete(wasm_frame_t *frame)
{
    if (!frame)
        return;
    drop_frame(frame);
    free(frame);
}

wasm_instance_t *wasm_frame_instance(const wasm_frame_t *frame)
{
    const wasm_store_t *store = frame->store;
    const RtStore *rt = store && store->inner ? &store->inner->rt : NULL;
    RtInstance *instance = rt ? rt_frame_instance(rt, &frame->at) : NULL;
    return instance ? wasm_instance_of(frame->store, instance) : NULL;
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

const FrameList *failure_frames(const Failure *failure)
{
    return __atomic_load_n(&failure->frames, __ATOMIC_ACQUIRE);
}

static void free_frames(FrameList *list)
{
    for (u32 i = 0; list && i < list->n; i++)
        drop_frame(&list->at[i]);
    free(list);
}

void failure_add_frames(Failure *failure, const RtStore *store)
{
    const RtTrap *trap = &store->trap;
    FrameList *list = NULL, *none = NULL;
    if (trap->n_frames && !failure_frames(failure))
        list = malloc(sizeof *list + trap->n_frames * sizeof list->at[0]);
    if (!list)
        return;
    list->n = trap->n_frames;
    for (u32 i = 0; i < list->n; i++)
        fill_frame(&list->at[i], &trap->frames[i], store_object(store)->handle);
    if (!__atomic_compare_exchange_n(&failure->frames, &none, list, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE))
        free_frames(list); /* another thread was faster */
}

void failure_free(Failure *failure)
{
    sb_free(&failure->text);
    free_frames(failure->frames);
    sb_free(&failure->details);
}

/* A copy of frames as a vector; empty when memory runs out. */
static void trace(const Failure *failure, wasm_frame_vec_t *out)
{
    bool is_whole = true;
    const FrameList *frames = failure_frames(failure);
    wasm_frame_vec_new_uninitialized(out, frames ? frames->n : 0);
    for (size_t i = 0; i < out->size; i++) {
        out->data[i] = wasm_frame_copy(&frames->at[i]);
        is_whole &= out->data[i] != NULL;
    }
    if (!is_whole)
        wasm_frame_vec_delete(out);
}

void wasmtime_error_wasm_trace(const wasmtime_error_t *error, wasm_frame_vec_t *out)
{
    trace(&error->trap.failure, out);
}

void wasm_trap_trace(const wasm_trap_t *trap, wasm_frame_vec_t *out)
{
    trace(&trap->failure, out);
}

wasm_frame_t *wasm_trap_origin(const wasm_trap_t *trap)
{
    const FrameList *frames = failure_frames(&trap->failure);
    return frames ? wasm_frame_copy(&frames->at[0]) : NULL;
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
    const FrameList *frames = failure_frames(failure);
    if (frames) {
        sb_puts(out, "error while executing at wasm backtrace:");
        for (u32 i = 0; i < frames->n; i++)
            print_frame(out, i, &frames->at[i]);
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
    message(&error->trap.failure, false, out);
}

void stint_error_details(const wasmtime_error_t *error, wasm_byte_vec_t *out)
{
    const StrBuf *details = &error->trap.failure.details;
    if (details->len && !details->failed)
        wasm_byte_vec_new(out, details->len, details->text);
    else
        wasmtime_error_message(error, out);
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
        if (!memory)
            continue;
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

void *trap_to_rt(RtStore *store, void *object)
{
    wasm_trap_t *trap = object;
    if (!trap->is_exception || !store->pending_exn)
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
    trap = trap_alloc();
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
    failure_add_frames(&trap->failure, store); /* one that was handed on keeps its own */
    if (!trap->has_code && !trap->is_exception)
        return error_from_trap(trap);
    *out = trap;
    return NULL;
}
