/* isa/x64/target: what is generated from rules/x64/lower.r (lower.c). Private to isa/x64. */
#ifndef STINT_ISA_X64_TARGET_H
#define STINT_ISA_X64_TARGET_H

#include "isa/x64/x64.h"
#include "mach/lower.h"

bool x64_lower(LowerCtx *cx, IrRef node);
extern const MLowerOps x64_lower_ops;

#endif
