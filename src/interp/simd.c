/* Vectors: lane by lane, through a union of arrays. */
#define _GNU_SOURCE
#include "interp/interp_int.h"

#include <math.h>

/* Arrays are named like the types of their elements, so that a row names both at once. */
typedef union Vector {
    u8 u8[16];
    i8 i8[16];
    u16 u16[8];
    i16 i16[8];
    u32 u32[4];
    i32 i32[4];
    u64 u64[2];
    i64 i64[2];
    f32 f32[4];
    f64 f64[2];
} Vector;

static Vector pop_vector(Interp *in)
{
    Vector v;
    Slot slot = pop_slot(in);
    memcpy(&v, slot.v.v128, sizeof v);
    return v;
}

static bool push_vector(Interp *in, Vector v)
{
    memcpy(push_slot(in)->v.v128, &v, sizeof v);
    return true;
}

static u8 read_lane(Interp *in) { return wasm_read_u8(&in->frame->code); }

static i32 between(i32 v, i32 least, i32 most) { return MAX(least, MIN(v, most)); }

static u32 count_ones(u32 v)
{
    u32 n = 0;
    for (; v; v &= v - 1)
        n++;
    return n;
}

/* The product is rounded before anything is added. */
static f32 twice_rounded32(f32 a, f32 b, f32 c)
{
    volatile f32 product = a * b;
    return product + c;
}

static f64 twice_rounded64(f64 a, f64 b, f64 c)
{
    volatile f64 product = a * b;
    return product + c;
}

static bool shuffle(Interp *in)
{
    u8 lanes[16];
    Vector b = pop_vector(in), a = pop_vector(in), r;
    wasm_read_bytes(&in->frame->code, lanes, sizeof lanes);
    for (u32 i = 0; i < 16; i++)
        r.u8[i] = lanes[i] < 16 ? a.u8[lanes[i]] : b.u8[lanes[i] - 16];
    return push_vector(in, r);
}

static bool swizzle(Interp *in)
{
    Vector b = pop_vector(in), a = pop_vector(in), r;
    for (u32 i = 0; i < 16; i++)
        r.u8[i] = b.u8[i] < 16 ? a.u8[b.u8[i]] : 0;
    return push_vector(in, r);
}

static bool constant(Interp *in)
{
    Vector v;
    wasm_read_bytes(&in->frame->code, &v, sizeof v);
    return push_vector(in, v);
}

/* Products of bytes, summed by pairs to 16 bits that do not wrap; pairs of these added to c. */
static bool dot_add(Interp *in)
{
    Vector c = pop_vector(in), b = pop_vector(in), a = pop_vector(in), r;
    for (u32 i = 0; i < 4; i++) {
        u32 sum = c.u32[i];
        for (u32 k = 4 * i; k < 4 * i + 4; k += 2)
            sum += (u32)between(a.i8[k] * b.i8[k] + a.i8[k + 1] * b.i8[k + 1], INT16_MIN,
                                INT16_MAX);
        r.u32[i] = sum;
    }
    return push_vector(in, r);
}

static bool store_vector(Interp *in)
{
    Vector v = pop_vector(in);
    u8 *at = place(in, sizeof v);
    if (at)
        memcpy(at, &v, sizeof v);
    return at != NULL;
}

static bool load_vector(Interp *in)
{
    Vector v;
    const u8 *at = place(in, sizeof v);
    if (!at)
        return false;
    memcpy(&v, at, sizeof v);
    return push_vector(in, v);
}

/* ---- rows ---- */

#define LANES(T) (sizeof(Vector) / sizeof(T))

#define EACH1(T, R, e)                      \
    {                                       \
        Vector x = pop_vector(in), r;       \
        for (u32 i = 0; i < LANES(R); i++) { \
            T a = x.T[i];                   \
            r.R[i] = (R)(e);                \
        }                                   \
        return push_vector(in, r);          \
    }
#define EACH2(T, R, e)                                \
    {                                                 \
        Vector y = pop_vector(in), x = pop_vector(in), r; \
        for (u32 i = 0; i < LANES(R); i++) {          \
            T a = x.T[i], b = y.T[i];                 \
            r.R[i] = (R)(e);                          \
        }                                             \
        return push_vector(in, r);                    \
    }
#define EACH3(T, R, e)                                                       \
    {                                                                        \
        Vector z = pop_vector(in), y = pop_vector(in), x = pop_vector(in), r; \
        for (u32 i = 0; i < LANES(R); i++) {                                 \
            T a = x.T[i], b = y.T[i], c = z.T[i];                            \
            r.R[i] = (R)(e);                                                 \
        }                                                                    \
        return push_vector(in, r);                                           \
    }
#define COMPARE(T, R, e) EACH2(T, R, (e) ? -1 : 0)
#define canonical_f32 interp_canonical32
#define canonical_f64 interp_canonical64
#define FLOAT1(T, e) EACH1(T, T, canonical_##T(in, (e)))
#define FLOAT2(T, e) EACH2(T, T, canonical_##T(in, (e)))
#define FLOAT3(T, e) EACH3(T, T, canonical_##T(in, (e)))

#define SHIFT(T, e)                                       \
    {                                                     \
        u32 b = pop_u32(in) % (u32)(8 * sizeof(T));       \
        Vector x = pop_vector(in), r;                     \
        for (u32 i = 0; i < LANES(T); i++) {              \
            T a = x.T[i];                                 \
            r.T[i] = (T)(e);                              \
        }                                                 \
        return push_vector(in, r);                        \
    }
#define LOW(T, R, n, e)                    \
    {                                      \
        Vector x = pop_vector(in), r;      \
        memset(&r, 0, sizeof r);           \
        for (u32 i = 0; i < (n); i++) {    \
            T a = x.T[i];                  \
            r.R[i] = (R)(e);               \
        }                                  \
        return push_vector(in, r);         \
    }
#define WIDEN(T, R, from)                             \
    {                                                 \
        Vector x = pop_vector(in), r;                 \
        for (u32 i = 0; i < LANES(R); i++)            \
            r.R[i] = x.T[(from) + i];                 \
        return push_vector(in, r);                    \
    }
#define WIDEN_MUL(T, R, from)                                 \
    {                                                         \
        Vector y = pop_vector(in), x = pop_vector(in), r;     \
        for (u32 i = 0; i < LANES(R); i++)                    \
            r.R[i] = (R)((R)x.T[(from) + i] * (R)y.T[(from) + i]); \
        return push_vector(in, r);                            \
    }
#define WIDEN_PAIRS(T, R)                                 \
    {                                                     \
        Vector x = pop_vector(in), r;                     \
        for (u32 i = 0; i < LANES(R); i++)                \
            r.R[i] = (R)(x.T[2 * i] + x.T[2 * i + 1]);    \
        return push_vector(in, r);                        \
    }
#define PAIRS2(T, R, e)                                       \
    {                                                         \
        Vector y = pop_vector(in), x = pop_vector(in), r;     \
        for (u32 i = 0; i < LANES(R); i++) {                  \
            T a = x.T[2 * i], a2 = x.T[2 * i + 1];            \
            T b = y.T[2 * i], b2 = y.T[2 * i + 1];            \
            r.R[i] = (R)(e);                                  \
        }                                                     \
        return push_vector(in, r);                            \
    }
#define NARROW(T, R, least, most)                             \
    {                                                         \
        Vector y = pop_vector(in), x = pop_vector(in), r;     \
        for (u32 i = 0; i < LANES(T); i++) {                  \
            r.R[i] = (R)between(x.T[i], least, most);         \
            r.R[LANES(T) + i] = (R)between(y.T[i], least, most); \
        }                                                     \
        return push_vector(in, r);                            \
    }
#define TEST(T, first, e)                     \
    {                                         \
        Vector x = pop_vector(in);            \
        bool found = (first);                 \
        for (u32 i = 0; i < LANES(T); i++) {  \
            T a = x.T[i];                     \
            found = (e);                      \
        }                                     \
        push_u32(in, found);                  \
        return true;                          \
    }
#define BITMASK(T)                             \
    {                                          \
        Vector x = pop_vector(in);             \
        u32 mask = 0;                          \
        for (u32 i = 0; i < LANES(T); i++)     \
            mask |= (u32)(x.T[i] < 0) << i;    \
        push_u32(in, mask);                    \
        return true;                           \
    }
#define SPLAT(T, P)                            \
    {                                          \
        T value = (T)pop_##P(in);              \
        Vector r;                              \
        for (u32 i = 0; i < LANES(T); i++)     \
            r.T[i] = value;                    \
        return push_vector(in, r);             \
    }
#define EXTRACT(T, P)                          \
    {                                          \
        Vector x = pop_vector(in);             \
        push_##P(in, (P)x.T[read_lane(in)]);   \
        return true;                           \
    }
#define REPLACE(T, P)                          \
    {                                          \
        T value = (T)pop_##P(in);              \
        Vector x = pop_vector(in);             \
        x.T[read_lane(in)] = value;            \
        return push_vector(in, x);             \
    }
#define LOAD_WIDEN(T, R)                              \
    {                                                 \
        const u8 *at = place(in, 8);                  \
        Vector x, r;                                  \
        if (!at)                                      \
            return false;                             \
        memcpy(&x, at, 8);                            \
        for (u32 i = 0; i < LANES(R); i++)            \
            r.R[i] = x.T[i];                          \
        return push_vector(in, r);                    \
    }
#define LOAD_SPLAT(T)                                       \
    {                                                       \
        const u8 *at = place(in, sizeof(T));                \
        Vector r;                                           \
        if (!at)                                            \
            return false;                                   \
        for (u32 i = 0; i < LANES(T); i++)                  \
            memcpy(&r.T[i], at, sizeof(T));                 \
        return push_vector(in, r);                          \
    }
#define LOAD_ZERO(T)                                        \
    {                                                       \
        const u8 *at = place(in, sizeof(T));                \
        Vector r;                                           \
        if (!at)                                            \
            return false;                                   \
        memset(&r, 0, sizeof r);                            \
        memcpy(&r.T[0], at, sizeof(T));                     \
        return push_vector(in, r);                          \
    }
#define LOAD_LANE(T)                                        \
    {                                                       \
        Vector x = pop_vector(in);                          \
        const u8 *at = place(in, sizeof(T));                \
        if (!at)                                            \
            return false;                                   \
        memcpy(&x.T[read_lane(in)], at, sizeof(T));         \
        return push_vector(in, x);                          \
    }
#define STORE_LANE(T)                                 \
    {                                                 \
        Vector x = pop_vector(in);                    \
        u8 *at = place(in, sizeof(T));                \
        if (at)                                       \
            memcpy(at, &x.T[read_lane(in)], sizeof(T)); \
        return at != NULL;                            \
    }
#define LOAD_VECTOR return load_vector(in)
#define STORE_VECTOR return store_vector(in)
#define CONSTANT return constant(in)
#define SHUFFLE return shuffle(in)
#define SWIZZLE return swizzle(in)
#define DOT_ADD return dot_add(in)

bool interp_simd(Interp *in, WasmOp op)
{
    switch (op) {
#define X(name, ...) case WASM_OP_##name: __VA_ARGS__;
#include "interp/simd.def"
#undef X
    default: UNREACHABLE();
    }
}
