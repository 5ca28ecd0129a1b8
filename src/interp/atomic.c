/* Atomic accesses, all sequentially consistent. Their addresses are aligned, or they trap:
 * alignment is asked for before bounds. */
#include "interp/interp_int.h"

static bool fence(Interp *in)
{
    wasm_read_u8(&in->frame->code);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return true;
}

#define PLACE(M) ((M *)(void *)interp_memory_place(in, sizeof(M), true))

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

bool interp_atomic(Interp *in, WasmOp op)
{
    switch (op) {
#define X(name, ...) case WASM_OP_##name: __VA_ARGS__;
#include "interp/atomic.def"
#undef X
    default: UNREACHABLE();
    }
}
