/* dev: the program `stint-dev`, for those who work on Stint. It sees all rooms. Not shipped. */
#ifndef STINT_DEV_H
#define STINT_DEV_H

#include "base/strbuf.h"
#include "wasm/wasm.h"

/* Subcommands: main()'s arguments behind the name; the exit status. */
int dev_filetest(int argc, char **argv);
int dev_validate(int argc, char **argv);
int dev_wat_suite(int argc, char **argv);
int dev_reprint(int argc, char **argv);
int dev_wat_fuzz(int argc, char **argv);
int dev_mutate(int argc, char **argv);

/* Decodes and validates a module; `walks` compares side tables with the bodies as well. */
bool dev_validate_bytes(const u8 *bytes, size_t len, const WasmFeatures *features, bool walks,
                        Diag *diag);

/* What becomes of a module that is printed and parsed; see reprint.c. diag: set if it failed. */
typedef enum DevReprint {
    DEV_REPRINT_FAILED,
    DEV_REPRINT_OTHER_TEXT,
    DEV_REPRINT_SAME_TEXT,
    DEV_REPRINT_SAME_BYTES,
} DevReprint;
DevReprint dev_reprint_bytes(const u8 *bytes, size_t len, bool is_folded, Diag *diag);

/* A whole file in malloc memory, NUL-terminated; NULL after a message on stderr. */
char *dev_read_file(const char *path, size_t *len);

#endif
