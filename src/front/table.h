/* What calls need of tables. */
#ifndef STINT_FRONT_TABLE_H
#define STINT_FRONT_TABLE_H

#include "front/front_int.h"

IrRef table_head(Front *w, u32 table);
IrRef table_len(Front *w, u32 table);
IrType table_elem_type(const Front *w, u32 table);
/* Where an element is; traps when the index is out of bounds. */
IrRef table_elem_address(Front *w, u32 table, IrRef index);

#endif
