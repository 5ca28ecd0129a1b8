/* Objects of the collected heap, as other files of front need them. */
#ifndef STINT_FRONT_GC_H
#define STINT_FRONT_GC_H

#include "front/front_int.h"

/* Computes where the fields of the module's types lie. */
void gc_module_init(FrontModule *fm, Arena *arena);

/* The value is now known to be of this type: remembered for where this block dominates. */
void gc_note_type(Front *w, IrRef value, WasmValType type);
/* The same for what a local, counted as in Front.locals, holds. One that must be set before it is
 * read holds null until then, so only the upper bound of its type counts. */
void gc_note_local(Front *w, u32 local);
/* The value, a condition, is zero from this block on. */
void gc_note_zero(Front *w, IrRef condition);
bool gc_is_zero(const Front *w, IrRef condition);
/* Traps if the reference may be null. */
void gc_check_null(Front *w, IrRef ref, VmTrap code);
/* Is the canonical type `id` the module's type or below it? An i32. */
IrRef gc_type_matches(Front *w, IrRef id, u32 type);

#endif
