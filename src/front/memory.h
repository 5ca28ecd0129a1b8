/* What atomic accesses need of memories. */
#ifndef STINT_FRONT_MEMORY_H
#define STINT_FRONT_MEMORY_H

#include "front/front_int.h"

/* The address of an access of `bytes` at index + offset, with whatever keeps it inside. */
IrRef memory_address(Front *w, u32 memory, IrRef index, u64 offset, u32 bytes);
/* For what the runtime accesses: traps unless it lies inside, so that index + offset is no more
 * than the length. */
void memory_check_word(Front *w, u32 memory, IrRef index, u64 offset, u32 bytes);

#endif
