/* isa/x64/emit: the rows without fixed bytes, by number. Private to isa/x64. */
#ifndef STINT_ISA_X64_EMIT_H
#define STINT_ISA_X64_EMIT_H

#include "isa/x64/x64.h"
#include "mach/emit.h"

enum X64Emit {
    X64_EMIT_ENC = EMIT_ENC,
#define WANT_EMITS
#include "x64_ops.inc"
#undef WANT_EMITS
};

extern const MEmitOps x64_emit_ops;

#endif
