/* mach/abi: where arguments and results of a signature are. Shared by lowering (abi.c) and by the
 * ISA's stubs, so that both sides of every call read one rule (docs/vmabi.md). */
#ifndef STINT_MACH_ABI_H
#define STINT_MACH_ABI_H

#include "mach/mach.h"

/* Goes through the values of a signature in order; zeroed to begin with. */
typedef struct MPlaces {
    u32 ints, vecs;  /* registers taken so far */
    u32 stack_bytes; /* of stack arguments so far */
} MPlaces;

/* The register of the next argument, or RA_NONE: on the stack, at *off from the first one. */
RaLoc mach_place_arg(const MTarget *t, MPlaces *p, IrType type, i32 *off);
/* The register of the next result. Only for lists that fit. */
RaLoc mach_place_result(const MTarget *t, MPlaces *p, IrType type);
/* Do these results fit the registers? If not, the function takes the address of a buffer for all
 * of them as a first argument, 16 bytes for each. */
bool mach_results_fit(const u8 *types, u32 n);
/* Bytes of stack arguments, as the callee pops them. */
u32 mach_stack_arg_bytes(const MTarget *t, const u8 *params, u32 nparams, bool results_fit);

#define MACH_RESULT_BYTES 16u

#endif
