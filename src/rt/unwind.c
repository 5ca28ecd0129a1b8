/* Exceptions: their objects, and the way from where one is thrown to where it is caught.
 *
 * An exception in flight is described by fields of VmStore; an object exists only if somebody took
 * a reference. Unwinding changes nothing on the stack: it walks the frames of the newest activation
 * outwards, noting on the way what each frame saved of the caller's registers and whose context
 * comes next, until a return address has a landing pad; then the landing stub sets all of that at
 * once. If there is none, the activation ends like one that trapped, and the store keeps the
 * exception for the host, which may throw it again.
 */
#include "rt/heap.h"
#include "rt/walk.h"

#include <stdlib.h>

const char rt_exception = 0;

/* ---- objects ---- */

static u32 value_count(const RtStore *store, const RtTag *tag)
{
    return rt_type(store->engine, tag->type)->n_params;
}

bool rt_exn_reserve(RtStore *store, u32 n_values)
{
    if (n_values <= store->exn_room)
        return true;
    VmVal *values = realloc(store->vm.exn_values, n_values * sizeof *values);
    if (!values)
        return false;
    memset(values + store->exn_room, 0, (n_values - store->exn_room) * sizeof *values);
    store->vm.exn_values = values;
    store->exn_room = n_values;
    return true;
}

/* By way of the values in flight, where a collection finds them: no exception flies while the host
 * runs. */
bool rt_exn_new(RtStore *store, const RtTag *tag, const VmVal *values, u32 *ref)
{
    u32 n = value_count(store, tag);
    store->vm.exn_tag = (u64)(uintptr_t)tag;
    store->vm.exn_ref = 0;
    if (n)
        memcpy(store->vm.exn_values, values, n * sizeof *values);
    *ref = rt_exn_take(store);
    return *ref != 0;
}

static const RtExnObject *exn_at(const RtStore *store, u32 ref)
{
    return (const RtExnObject *)(const void *)rt_object(store, ref);
}

const RtTag *rt_exn_tag(const RtStore *store, u32 ref)
{
    if (!rt_is_object(ref) || rt_object(store, ref)->type != VM_TYPE_NONE)
        return NULL;
    u32 tag = exn_at(store, ref)->tag;
    return tag ? (const RtTag *)store->tags.at[tag - 1] : NULL;
}

const VmVal *rt_exn_values(const RtStore *store, u32 ref) { return exn_at(store, ref)->values; }

u32 rt_exn_take(RtStore *store)
{
    const RtTag *tag = (const RtTag *)(uintptr_t)store->vm.exn_tag;
    if (store->vm.exn_ref)
        return store->vm.exn_ref;
    u64 value_bytes = value_count(store, tag) * sizeof(VmVal);
    u64 bytes = sizeof(RtExnObject) + value_bytes;
    store->is_taking = true;
    u32 ref = rt_heap_alloc(store, VM_TYPE_NONE, (u32)(bytes - VM_GC_HEADER_BYTES), bytes);
    store->is_taking = false;
    if (!ref)
        return 0;
    RtExnObject *object = (RtExnObject *)(void *)rt_object(store, ref);
    object->number = 0;
    object->tag = tag->index + 1;
    if (value_bytes)
        memcpy(object->values, store->vm.exn_values, value_bytes);
    store->vm.exn_ref = ref;
    return ref;
}

void rt_exn_put(RtStore *store, u32 ref)
{
    const RtTag *tag = rt_exn_tag(store, ref);
    check(tag != NULL);
    u32 n = value_count(store, tag);
    store->vm.exn_tag = (u64)(uintptr_t)tag;
    store->vm.exn_ref = ref;
    if (n)
        memcpy(store->vm.exn_values, rt_exn_values(store, ref), n * sizeof(VmVal));
}

/* ---- unwinding ---- */

typedef struct Unwind {
    Walk walk;
    VmLanding at; /* state of the caller of the frame at hand */
} Unwind;

/* The caller's registers, from where the frame saved them: below its return address. */
static bool restore_saved(Unwind *u, const WalkFrame *frame)
{
    const u8 *saves = frame->module->image.saves;
    u64 slot = frame->ret_slot;
    for (u32 left = saves ? saves[frame->number] : 0, i = 0; left; left >>= 1, i++) {
        if (!(left & 1))
            continue;
        slot -= 8;
        if (!walk_can_read(&u->walk, slot, 8))
            return false;
        u->at.saved[i] = walk_word(slot);
    }
    return true;
}

/* Frames have a fixed size: seen from its return address, the stack pointer at the pad is as far
 * away as the pad's row says. */
static bool set_landing(Unwind *u, const WalkFrame *frame, const ObjPad *pad)
{
    const ObjRow *row = obj_find_row(&frame->module->image, pad->pad_off);
    u->at.pc = (u64)(uintptr_t)frame->module->text + pad->pad_off;
    u->at.sp = frame->ret_slot - row->ret_offset;
    return u->at.sp % 16 == 0;
}

static bool is_in(const RtModule *m, u64 pc)
{
    return m && pc - (u64)(uintptr_t)m->text < m->image.header->text.len;
}

/* False: nothing in the activation catches it. */
static bool find_landing(Unwind *u)
{
    Walk *w = &u->walk;
    for (const RtModule *m = NULL;;) {
        if (!is_in(m, w->pc))
            m = rt_code_find(w->pc);
        if (!m && w->pc == w->store->engine->stubs.restore_pc) {
            u64 r15_at = w->sp - 8 + VM_RESTORE_FRAME_R15;
            if (!walk_can_read(w, r15_at, 8))
                return false;
            u->at.ctx = walk_word(r15_at);
            if (!walk_leave_restore_frame(w))
                return false;
            continue;
        }
        WalkFrame frame;
        if (!m || !walk_frame(w, m, &frame))
            return false;
        const ObjPad *pad = obj_find_pad(&m->image, (u32)(w->pc - (u64)(uintptr_t)m->text));
        if (pad)
            return set_landing(u, &frame, pad);
        if (!restore_saved(u, &frame))
            return false;
        walk_leave_frame(w, &frame);
    }
}

static _Noreturn void unwind(Unwind *u, RtStore *store)
{
    void (*land)(const VmLanding *) __attribute__((noreturn));
    if (find_landing(u)) {
        land = (__typeof__(land))(uintptr_t)store->engine->stubs.land_pc;
        land(&u->at);
    }
    VmCtx *ctx = (VmCtx *)(uintptr_t)u->at.ctx;
    u32 ref = rt_exn_take(store);
    if (!ref)
        rt_raise_stop(ctx, &RT_STOP_MESSAGE("out of memory for exceptions"));
    store->pending_exn = ref;
    rt_raise_host(ctx, (void *)(uintptr_t)&rt_exception);
}

static Unwind begin(VmCtx *ctx, const u64 *saved)
{
    RtStore *store = rt_ctx_store(ctx);
    Unwind u = {.walk = {.store = store, .act = store->vm.activation}};
    memcpy(u.at.saved, saved, sizeof u.at.saved);
    u.at.ctx = (u64)(uintptr_t)ctx;
    check(walk_enter_at_exit(&u.walk, store->vm.exit_sp));
    return u;
}

_Noreturn void rt_unwind(VmCtx *ctx, const u64 *saved)
{
    Unwind u = begin(ctx, saved);
    unwind(&u, rt_ctx_store(ctx));
}

_Noreturn void rt_host_failed(VmCtx *ctx, void *trap, const u64 *saved)
{
    RtStore *store = rt_ctx_store(ctx);
    trap = rt_take_trap(store, trap);
    if (trap != &rt_exception)
        rt_raise_host(ctx, trap);
    check(store->pending_exn != 0);
    rt_exn_put(store, store->pending_exn);
    store->pending_exn = 0;
    Unwind u = begin(ctx, saved);
    unwind(&u, store);
}
