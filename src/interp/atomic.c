/* Atomic accesses, all sequentially consistent. Their addresses are aligned, or they trap:
 * alignment is asked for before bounds. */
#include "interp/interp_int.h"

static bool fence(Interp *in)
{
    wasm_read_u8(&in->frame->code);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return true;
}

#define PLACE(M) ((M *)(void *)interp_memory_place(in, sizeof(M), INTERP_ALIGNED))

#define ATOMIC_LOAD(M, T)                                        \
    {                                                            \
        const M *at = PLACE(M);                                  \
        if (at)                                                  \
            push_##T(in, __atomic_load_n(at, __ATOMIC_SEQ_CST)); \
        return at != NULL;                                       \
    }
#define ATOMIC_STORE(M, T)                                 \
    {                                                      \
        M value = (M)pop_##T(in);                          \
        M *at = PLACE(M);                                  \
        if (at)                                            \
            __atomic_store_n(at, value, __ATOMIC_SEQ_CST); \
        return at != NULL;                                 \
    }
#define ATOMIC_RMW(M, T, e)                                                          \
    {                                                                                \
        M b = (M)pop_##T(in), result;                                                \
        M *at = PLACE(M);                                                            \
        if (!at)                                                                     \
            return false;                                                            \
        M a = __atomic_load_n(at, __ATOMIC_SEQ_CST);                                 \
        do                                                                           \
            result = (M)(e);                                                         \
        while (!__atomic_compare_exchange_n(at, &a, result, false, __ATOMIC_SEQ_CST, \
                                            __ATOMIC_SEQ_CST));                      \
        push_##T(in, a);                                                             \
        return true;                                                                 \
    }
/* What is expected is cut to the width of the access. */
#define ATOMIC_CMPXCHG(M, T)                                                                      \
    {                                                                                             \
        M value = (M)pop_##T(in), seen = (M)pop_##T(in);                                          \
        M *at = PLACE(M);                                                                         \
        if (!at)                                                                                  \
            return false;                                                                         \
        __atomic_compare_exchange_n(at, &seen, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
        push_##T(in, seen);                                                                       \
        return true;                                                                              \
    }

/* ---- waiting ---- */

/* Takes the address of a word off the stack; false: it cannot be one, and the guest traps. */
static bool pop_word(Interp *in, u32 bytes, RtMemory **memory, u64 *addr)
{
    WasmReader ahead = in->frame->code;
    *memory = in->frame->instance->memories[wasm_read_memarg(&ahead).memory];
    const u8 *at = interp_memory_place(in, bytes, INTERP_ALIGNED_WORD);
    *addr = at ? (u64)(at - (*memory)->space->vm.base) : 0;
    return at != NULL;
}

static bool wait(Interp *in, u32 bytes)
{
    RtWait how = {.bytes = bytes, .timeout_ns = pop_u64(in), .watches_epoch = in->has_epoch};
    how.expected = bytes == 4 ? pop_u32(in) : pop_u64(in);
    RtMemory *memory;
    RtStop stop;
    u32 result;
    if (!pop_word(in, bytes, &memory, &how.addr))
        return false;
    if (!rt_guest_wait(memory, &how, &result, &stop))
        return interp_stop(in, &stop);
    push_u32(in, result);
    return true;
}

static bool notify(Interp *in)
{
    u32 count = pop_u32(in), woken;
    RtMemory *memory;
    RtStop stop;
    u64 addr;
    if (!pop_word(in, 4, &memory, &addr))
        return false;
    if (!rt_guest_notify(memory, addr, count, &woken, &stop))
        return interp_stop(in, &stop);
    push_u32(in, woken);
    return true;
}

bool interp_atomic(Interp *in, WasmOp op)
{
    switch (op) {
#define X(name, ...) case WASM_OP_##name: __VA_ARGS__;
#include "interp/atomic.def"
#undef X
    default: UNREACHABLE();
    }
}
