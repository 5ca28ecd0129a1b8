/* dev: the program `stint-dev`, for those who work on Stint. It sees all rooms; it is not shipped. */
#ifndef STINT_DEV_H
#define STINT_DEV_H

#include "base/strbuf.h"

/* Subcommands: main()'s arguments behind the name; the exit status. */
int dev_filetest(int argc, char **argv);

/* A whole file in malloc memory, NUL-terminated; NULL after a message on stderr. */
char *dev_read_file(const char *path, size_t *len);

#endif
