/* interp: the reference interpreter. Slow, and obviously right: the oracle of differential tests,
 * and what runs where there is no code generator.
 *
 * Owns: what every operator does, in plain C, one row each in the .def files here; artifacts that
 * are to be interpreted; the interpreter's stack. It shares the runtime's objects with compiled
 * code, and nothing with the compiler: where both agree, two authors have.
 *
 * Promises:
 *   - All of what it runs was validated by it, also what comes from an artifact of anybody's.
 *   - Guest calls, tail calls and calls across instances do not nest in C; only a host function
 *     that calls a guest again does.
 *   - Its stack is memory of its own, limited by max_stack_bytes: a slot counts 8 bytes, a frame
 *     INTERP_FRAME_BYTES. A frame of compiled code is seldom larger.
 *   - Fuel is charged operator by operator, as ops.def says, and adds up to what compiled code
 *     counts for a call that returns; the epoch is looked at on entry to functions and loops.
 *   - Relaxed operators do what their deterministic profile says; NaNs are as the CPU gives them
 *     unless they are to be canonical.
 *   - Each operator of ops.def is here, or refused by its name when a module is made: one without a
 *     row does not compile.
 *
 * Start reading with interp_int.h (slots, labels, frames), then run.c (the loop, calls), control.c
 * and numeric.def. To use it: `stint run -C compiler=interpreter`.
 */
#ifndef STINT_INTERP_H
#define STINT_INTERP_H

#include "obj/obj.h"
#include "rt/rt.h"

#define INTERP_FRAME_BYTES 32u

typedef struct InterpOptions {
    WasmFeatures wasm_features;
    bool epoch, fuel, nan_canonicalization;
} InterpOptions;

/* The key of artifacts made with these options. */
ObjKey interp_key(const InterpOptions *options);
/* Decodes and validates a module and wraps it as an artifact without machine code.
 * bytes     in   borrowed for the call
 * artifact  out  malloc memory for the caller to free; untouched on failure
 * errors    bad input; an operator the interpreter does not have; out of memory */
bool interp_build(const u8 *bytes, size_t len, const InterpOptions *options, u8 **artifact,
                  size_t *artifact_len, Diag *diag);

/* What an engine is given to be an interpreted one. */
extern const RtInterp interp_machine;

#endif
