/* Private to the room: what building and loading agree on. */
#ifndef STINT_OBJ_INT_H
#define STINT_OBJ_INT_H

#include "obj/obj.h"

/* Text lies on pages of its own on every host whose pages are no larger. */
#define OBJ_TEXT_ALIGN 4096u

/* Of a whole artifact but for the checksum in its header. Finds damage, not malice. */
u64 obj_checksum(const u8 *artifact, size_t len);

#endif
