#include "isa/a64/a64_int.h"

enum { FIXED_X17 = RA_REG(RA_GPR, A64_RECORD) };

const MArg a64_args[] = {
#define WANT_ARGS
#include "a64_insts.inc"
#undef WANT_ARGS
};

const MRow a64_rows[A64_OP_COUNT] = {
#define WANT_ROWS
#include "a64_insts.inc"
#undef WANT_ROWS
};

const A64Enc a64_encs[] = {
#define WANT_ENCODINGS
#include "a64_insts.inc"
#undef WANT_ENCODINGS
};
