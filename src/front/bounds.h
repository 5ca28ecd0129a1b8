/* The one place that decides how an access to a linear memory is kept inside it.
 *
 * What the runtime promises for each memory (rt/memory.c, plan_memory):
 *   - the base never moves and the length never shrinks, shared or not; lengths are at most
 *     FRONT_MAX_LENGTH
 *   - unless the engine checks explicitly, what lies behind the length of a memory with pages of
 *     64 KiB faults for VM_GUARD_BYTES, and a memory with 32-bit indices is followed by addresses
 *     that fault up to VM_MEMORY32_BYTES + VM_GUARD_BYTES from its base
 *   - pages of one byte end within pages of the host: no fault tells their length
 * So whether a memory is shared asks for no other check: what another thread adds is seen late at
 * worst. */
#ifndef STINT_FRONT_BOUNDS_H
#define STINT_FRONT_BOUNDS_H

#include "vmabi/vmabi.h"

#define FRONT_MAX_LENGTH ((u64)1 << 62)

typedef struct BoundsQuery {
    bool is_64;           /* indices are i64 */
    u8 page_log2;
    bool explicit_bounds; /* nothing may be left to guard pages */
    bool is_known;        /* the index is the constant `index` */
    u64 index;
    u64 offset;
    u32 bytes;
} BoundsQuery;

typedef enum BoundsCheck {
    BOUNDS_NONE,  /* none: beyond the length everything reachable faults */
    BOUNDS_INDEX, /* index <= length: what lies behind it, as far as offset and width, faults */
    BOUNDS_END,   /* index + offset + width <= length, without wrapping */
    BOUNDS_NEVER, /* no memory is so long: traps always */
} BoundsCheck;

BoundsCheck front_bounds(const BoundsQuery *q);

#endif
