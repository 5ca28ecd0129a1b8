/* wat, the printing half: a binary module as text. See wat.h for the room.
 *
 * Promises: what is printed parses to a module with the same types in the same groups, index
 * spaces, segments, bodies, branch hints and custom sections, and where its encoding is canonical
 * to the same bytes. Nothing recurses on the depth of the input; time and memory are linear in the
 * text, which has a limit.
 */
#ifndef STINT_WAT_PRINT_H
#define STINT_WAT_PRINT_H

#include "base/strbuf.h"
#include "wasm/wasm.h"

enum {
    WAT_PRINT_FOLDED = 1,  /* operators around their operands */
    WAT_PRINT_OFFSETS = 2, /* at the start of each line its offset in the module */
};

/* Prints a valid module: what is read here is not checked again, so wasm_decode() and
 * wasm_validate_all() have accepted it.
 * flags   WAT_PRINT_*
 * out     text is appended
 * errors  false and `diag`: memory ran out, or the text would be larger than 4 GiB */
bool wat_print(const WasmModule *m, u32 flags, StrBuf *out, Diag *diag);

/* Appends a number by its bits, in a form that means these bits when it is read. */
void wat_print_f32(StrBuf *out, u32 bits);
void wat_print_f64(StrBuf *out, u64 bits);

#endif
