/* The library calls of gc_call.c, for the table in libcall.c. */
#ifndef STINT_RT_GC_CALL_H
#define STINT_RT_GC_CALL_H

#include "rt/rt_int.h"

u32 call_GC_STRUCT(VmCtx *ctx, u32 type, u32 bytes);
u32 call_GC_ARRAY(VmCtx *ctx, u32 type, u32 len);
void call_ARRAY_FILL(VmCtx *ctx, u32 ref, u32 at, u64 value, u32 len);
void call_ARRAY_FILL_V128(VmCtx *ctx, u32 ref, u32 at, u64 low, u64 high, u32 len);
void call_ARRAY_FILL_REF(VmCtx *ctx, u32 ref, u32 at, VmFuncRef *value, u32 len);
void call_ARRAY_FILL_GCREF(VmCtx *ctx, u32 ref, u32 at, u32 value, u32 len);
void call_ARRAY_COPY(VmCtx *ctx, u32 to, u32 dst, u32 from, u32 src, u32 len);
u32 call_ARRAY_NEW_DATA(VmCtx *ctx, u32 type, u32 data, u32 src, u32 len);
u32 call_ARRAY_NEW_ELEM(VmCtx *ctx, u32 type, u32 elem, u32 src, u32 len);
void call_ARRAY_INIT_DATA(VmCtx *ctx, u32 ref, u32 at, u32 data, u32 src, u32 len);
void call_ARRAY_INIT_ELEM(VmCtx *ctx, u32 ref, u32 at, u32 elem, u32 src, u32 len);

#endif
