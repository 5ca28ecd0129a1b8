/* Tables. Elements are 8 bytes for function references and 4 for all others, as generated code
 * reads them; null is zero in both, so an empty table is untouched zeroed memory. */
#include "rt/rt_int.h"

#include <stdlib.h>

/* 2 GiB of function references. */
#define MAX_ELEMS ((u64)1 << 28)
/* Elements of so few bytes lie behind the table until it grows. */
#define SMALL_BYTES 4096u

static u64 elem_of(const RtTable *t, const VmVal *v)
{
    return t->elem_bytes == 8 ? (u64)(uintptr_t)v->funcref : v->gcref;
}

static void put_elem(RtTable *t, u64 index, u64 elem)
{
    if (t->elem_bytes == 8)
        ((u64 *)t->vm.elems)[index] = elem;
    else
        ((u32 *)t->vm.elems)[index] = (u32)elem;
}

static void fill(RtTable *t, u64 at, u64 elem, u64 len)
{
    if (!elem && len) {
        memset((u8 *)t->vm.elems + at * t->elem_bytes, 0, len * t->elem_bytes);
        return;
    }
    for (u64 i = 0; i < len; i++)
        put_elem(t, at + i, elem);
}

static u64 max_elems(const RtTable *t)
{
    return MIN(MIN(t->limits.max, t->store->limits.table_elems), MAX_ELEMS);
}

bool rt_table_new(RtStore *store, const WasmLimits *limits, RtValType type, const VmVal *init,
                  RtTable **out, Diag *diag)
{
    if (limits->min > MIN(store->limits.table_elems, MAX_ELEMS))
        return diag_fail(diag, DIAG_NO_OFFSET,
                         "table minimum size of %llu elements exceeds table limits",
                         (unsigned long long)limits->min);
    u32 elem_bytes = rt_is_func_ref(store->engine, type) ? 8 : 4;
    u64 bytes = limits->min * elem_bytes;
    RtTable *t = calloc(1, sizeof *t + (bytes <= SMALL_BYTES ? bytes : 0));
    if (!t || !rt_slots_reserve(&store->tables)) {
        free(t);
        return diag_oom(diag);
    }
    t->limits = *limits;
    t->type = type;
    t->store = store;
    t->elem_bytes = elem_bytes;
    t->capacity = limits->min;
    t->has_own_elems = bytes > SMALL_BYTES;
    t->vm.elems = t->has_own_elems ? calloc(1, bytes) : t + 1;
    if (!t->vm.elems) {
        free(t);
        return diag_oom(diag);
    }
    t->vm.len = limits->min;
    if (init && elem_of(t, init))
        fill(t, 0, elem_of(t, init), t->vm.len);
    t->birth = rt_birth(store);
    t->index = rt_slots_add(&store->tables, t);
    *out = t;
    return true;
}

void rt_table_free(RtTable *t)
{
    t->store->module_tables -= t->owner != NULL;
    if (t->has_own_elems)
        free(t->vm.elems);
    free(t);
}

bool rt_table_get(const RtTable *t, u64 index, VmVal *out)
{
    if (index >= t->vm.len)
        return false;
    if (t->elem_bytes == 8)
        out->i64 = ((const u64 *)t->vm.elems)[index];
    else
        out->gcref = ((const u32 *)t->vm.elems)[index];
    return true;
}

bool rt_table_set(RtTable *t, u64 index, const VmVal *value)
{
    if (index >= t->vm.len)
        return false;
    put_elem(t, index, elem_of(t, value));
    return true;
}

bool rt_table_grow(RtTable *t, u64 delta, const VmVal *init, u64 *old)
{
    u64 len = t->vm.len;
    if (delta > max_elems(t) || len > max_elems(t) - delta) {
        if (delta)
            return false;
    }
    if (len + delta > t->capacity) {
        u64 want = MIN(MAX(len + delta, t->capacity * 2), max_elems(t));
        void *more = realloc(t->has_own_elems ? t->vm.elems : NULL, want * t->elem_bytes);
        if (!more)
            return false;
        if (!t->has_own_elems)
            memcpy(more, t->vm.elems, len * t->elem_bytes);
        t->has_own_elems = true;
        t->vm.elems = more;
        t->capacity = want;
    }
    fill(t, len, elem_of(t, init), delta);
    t->vm.len = len + delta;
    *old = len;
    return true;
}

static bool in_bounds(const RtTable *t, u64 at, u64 len)
{
    return at <= t->vm.len && len <= t->vm.len - at;
}

bool rt_table_fill(RtTable *t, u64 at, const VmVal *value, u64 len)
{
    if (!in_bounds(t, at, len))
        return false;
    fill(t, at, elem_of(t, value), len);
    return true;
}

bool rt_table_copy(RtTable *dst, u64 dst_at, const RtTable *src, u64 src_at, u64 len)
{
    if (!in_bounds(dst, dst_at, len) || !in_bounds(src, src_at, len))
        return false;
    /* Validation lets only tables of related types meet, so their elements have one size. */
    check(dst->elem_bytes == src->elem_bytes);
    u32 n = dst->elem_bytes;
    if (len)
        memmove((u8 *)dst->vm.elems + dst_at * n, (u8 *)src->vm.elems + src_at * n, len * n);
    return true;
}
