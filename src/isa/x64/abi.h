/* isa/x64/abi: the convention's registers. Private to isa/x64. */
#ifndef STINT_ISA_X64_ABI_H
#define STINT_ISA_X64_ABI_H

#include "isa/x64/x64.h"

extern const u8 x64_int_args[VM_MAX_INT_ARGS], x64_vec_args[VM_MAX_VEC_ARGS];
extern const u8 x64_int_results[VM_MAX_INT_RESULTS], x64_vec_results[VM_MAX_VEC_RESULTS];
extern const struct MAbiOps x64_abi_ops;

#endif
