/* isa/x64/abi: the convention's registers. Private to isa/x64. */
#ifndef STINT_ISA_X64_ABI_H
#define STINT_ISA_X64_ABI_H

#include "isa/x64/x64.h"

extern const u8 x64_int_args[VM_MAX_INT_ARGS], x64_vec_args[VM_MAX_VEC_ARGS];
extern const u8 x64_int_results[VM_MAX_INT_RESULTS], x64_vec_results[VM_MAX_VEC_RESULTS];
extern const struct MAbiOps x64_abi_ops;

/* Callee-saved registers in the order in which frames push them (VM_MAX_SAVED). rbp comes first,
 * so that it may be a frame pointer. */
#define X64_SAVED X64_RBP, X64_RBX, X64_R12, X64_R13, X64_R14
static const u8 x64_saved[] = {X64_SAVED};

#endif
