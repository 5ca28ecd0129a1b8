/* Private to the room: what its files share. */
#ifndef STINT_WAT_INT_H
#define STINT_WAT_INT_H

#include "base/vec.h"
#include "wat/wat.h"

/* number.c: the kind of a word that begins like a number; WAT_TOK_RESERVED if it is none. */
WatTokenKind wat_number_kind(const char *at, size_t len);

#endif
