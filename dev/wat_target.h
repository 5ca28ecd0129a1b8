/* The one function that a fuzzer of the text format wants, under the name libFuzzer has for it. It
 * takes any bytes at all, and ends the process where something is our fault. */
#ifndef STINT_WAT_TARGET_H
#define STINT_WAT_TARGET_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
