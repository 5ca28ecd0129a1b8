/* Steps of a walk over the stack from guest code outwards; private to backtrace.c and unwind.c.
 *
 * A frame is found by its pc: module, row (where the return address lies above rsp), and the bytes
 * of stack arguments the function pops on return. Between frames of two instances lies a restore
 * frame; where the return address is neither in guest code nor the restore stub, an activation
 * ends.
 *
 * No locks, no memory: signal handlers walk. What is read from the stack is believed only within
 * [sp, activation->sp), and sp only rises, so even a wrong row ends the walk and nothing else. */
#ifndef STINT_RT_WALK_H
#define STINT_RT_WALK_H

#include "rt/rt_int.h"

typedef struct Walk {
    const RtStore *store;
    const VmActivation *act; /* whose frames these are */
    u64 pc, sp;
    u64 ctx; /* of the frames up to the next restore frame; 0: unknown */
    bool is_fault; /* pc is an instruction, not a return address */
} Walk;

/* A frame of guest code. */
typedef struct WalkFrame {
    const RtModule *module;
    u32 code_off; /* in the module's text: of an instruction of the function; a call's last byte */
    u32 number;   /* of the function, imported ones not counted */
    u64 ret_slot; /* where its return address is */
} WalkFrame;

/* Words of the stack belong to frames that the sanitizer does not know, or knows too well. */
__attribute__((no_sanitize("address", "undefined"))) static inline u64 walk_word(u64 addr)
{
    return *(const volatile u64 *)(uintptr_t)addr;
}

static inline bool walk_can_read(const Walk *w, u64 addr, u64 bytes)
{
    return addr % 8 == 0 && addr >= w->sp && addr < w->act->sp && bytes <= w->act->sp - addr;
}

/* The frame whose pc is in a module. False: there is none that makes sense. */
static inline bool walk_frame(const Walk *w, const RtModule *m, WalkFrame *out)
{
    u32 off = (u32)(w->pc - (u64)(uintptr_t)m->text);
    out->module = m;
    /* A return address may lie behind the last instruction of its function. */
    out->code_off = w->is_fault ? off : off - 1;
    out->number = obj_find_func(&m->image, out->code_off);
    const ObjRow *row = obj_find_row(&m->image, off);
    if (out->number == UINT32_MAX || !row)
        return false;
    out->ret_slot = w->sp + row->ret_offset;
    return walk_can_read(w, out->ret_slot, 8);
}

/* To the frame's caller. */
static inline void walk_leave_frame(Walk *w, const WalkFrame *frame)
{
    const RtModule *m = frame->module;
    u32 func = m->wasm->n_imported_funcs + frame->number;
    w->pc = walk_word(frame->ret_slot);
    w->sp = frame->ret_slot + 8 +
            rt_type(m->engine, m->type_ids[m->wasm->funcs[func].type])->stack_arg_bytes;
    w->is_fault = false;
}

/* The callee has returned to the restore stub, so the frame's first word is popped already. */
static inline bool walk_leave_restore_frame(Walk *w)
{
    u64 frame = w->sp - 8;
    if (!walk_can_read(w, w->sp, VM_RESTORE_FRAME_BYTES))
        return false;
    w->pc = walk_word(frame + VM_RESTORE_FRAME_BYTES);
    w->ctx = walk_word(frame + VM_RESTORE_FRAME_R15);
    w->sp = frame + VM_RESTORE_FRAME_BYTES + 8 + walk_word(frame + VM_RESTORE_FRAME_ARGS);
    return true;
}

/* From where guest code of activation w->act left for the host. [exit_sp] is the return address;
 * sp is as it will be behind the return. */
static inline bool walk_enter_at_exit(Walk *w, u64 exit)
{
    u64 exit_sp = VM_EXIT_SP(exit);
    if (!exit_sp || exit_sp % 8 || exit_sp >= w->act->sp)
        return false;
    w->pc = walk_word(exit_sp);
    w->sp = exit_sp + 8 + VM_EXIT_POP_BYTES(exit);
    w->is_fault = false;
    return true;
}

#endif
