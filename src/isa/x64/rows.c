#include "isa/x64/emit.h"
#include "isa/x64/encode.h"

enum {
    FIXED_RAX = RA_REG(RA_GPR, X64_RAX),
    FIXED_RCX = RA_REG(RA_GPR, X64_RCX),
    FIXED_RDX = RA_REG(RA_GPR, X64_RDX),
    FIXED_R11 = RA_REG(RA_GPR, X64_R11),
};


const MArg x64_args[] = {
#define WANT_ARGS
#include "x64_insts.inc"
#undef WANT_ARGS
};

const MRow x64_rows[X64_OP_COUNT] = {
#define WANT_ROWS
#include "x64_insts.inc"
#undef WANT_ROWS
};

const X64Enc x64_encs[] = {
#define WANT_ENCODINGS
#include "x64_insts.inc"
#undef WANT_ENCODINGS
};
