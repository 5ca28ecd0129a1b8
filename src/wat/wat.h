/* wat: the text format of WebAssembly 3.0, read and written. Text goes in, the bytes of a module
 * come out; the way back is print.h.
 *
 * Owns: tokens (lexer.h), numbers in text (number.c), the grammar of modules, names and their
 * scopes, implicit types, annotations, the writer of the binary format, and the printer (print*.c).
 *
 * Promises:
 *   - Any bytes at all give a module or a Diag with a byte offset into the text; wat_position()
 *     makes line and column of it. The text of an error begins with the specification suite's
 *     words, then says what was found and what was expected.
 *   - Nothing recurses on the depth of the input. Time and memory are linear in its size.
 *   - What the text means is decided here, whether it is valid is not: the result is for
 *     wasm_decode(), which judges types, limits, alignment and indices that are plain numbers.
 *   - Numbers are rounded exactly, whatever their length and the locale.
 *   - Names are kept: the result has a name section if anything has a name, unless the text spells
 *     out a section of that name.
 *
 * A module is read in three passes, each of them forwards: scan.c gives every definition its index
 * and its name, and goes past what is inside; types.c reads the types; module.c and the rest read
 * everything else in order and write the sections. So names may be used before they are defined,
 * and nothing is kept but the sections and the names. instr.c is where instructions, flat and
 * folded, become bytes; write.c puts the sections together.
 *
 * What operators, heap types and proposals there are comes from the tables of the room wasm; the
 * other words of the grammar stand in keywords.def. To see it: `stint parse FILE`;
 * test/spec/test_text_suite.py runs the specification's suite through parser and printer. The room
 * is two fifths above its budget, which is what the printer takes.
 */
#ifndef STINT_WAT_H
#define STINT_WAT_H

#include "wat/lexer.h"

typedef struct WatModule {
    u8 *bytes; /* of the binary module; in the caller's arena */
    size_t len;
    WasmStr id; /* the identifier behind `module`, without $; at == NULL: there is none */
    bool is_binary;     /* (module binary ...): the bytes are those of the text */
    bool is_definition; /* (module definition ...), which only scripts have */
} WatModule;

/* Reads a text that is one module: (module ...), also in its forms `binary` and `quote`, or the
 * fields of a module alone.
 * features  in   NULL: the default. What is switched off is refused where it is named
 * arena     in   the result lives here; what on_oom it has is put back
 * out       out  untouched on error
 * errors    false and `diag` with a byte offset into the text; running out of memory among them
 * thread    any */
bool wat_parse(const char *text, size_t len, const WasmFeatures *features, Arena *arena,
               WatModule *out, Diag *diag);

/* The same for one (module ...) in the middle of a text: lex->tok is its opening parenthesis, and
 * afterwards the token behind its closing one. On error the lexer is somewhere inside, and
 * lex->on_fail has not been used: the failure is in lex->diag. */
bool wat_parse_module(WatLexer *lex, const WasmFeatures *features, Arena *arena, WatModule *out);

/* Where in the text the byte at wasm_offset of the module comes from that wat_parse() makes of it:
 * a byte offset, of the operator or definition. DIAG_NO_OFFSET: nowhere in particular. Reads the
 * text again, so this is for errors. */
u64 wat_locate(const char *text, size_t len, const WasmFeatures *features, u64 wasm_offset);

#endif
