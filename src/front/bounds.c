#include "front/bounds.h"

static bool guard_follows(const BoundsQuery *q)
{
    return !q->explicit_bounds && VM_PAGE_BYTES == 1u << q->page_log2;
}

BoundsCheck front_bounds(const BoundsQuery *q)
{
    u64 longest = q->is_64 ? FRONT_MAX_LENGTH : VM_MEMORY32_BYTES;
    u64 least = q->is_known ? q->index : 0, end = q->offset + q->bytes;
    /* end is small where it wrapped; longest - least is not where least is not above it. */
    if (end < q->bytes || least > longest || end > longest - least)
        return BOUNDS_NEVER;
    if (!guard_follows(q))
        return BOUNDS_END;
    if (q->is_64) {
        if (q->is_known && least + end <= VM_GUARD_BYTES)
            return BOUNDS_NONE;
        return end <= VM_GUARD_BYTES ? BOUNDS_INDEX : BOUNDS_END;
    }
    u64 most = q->is_known ? least : UINT32_MAX;
    return most + end <= VM_MEMORY32_BYTES + VM_GUARD_BYTES ? BOUNDS_NONE : BOUNDS_END;
}
