#include "dev.h"

#include <stdio.h>
#include <string.h>

#include "os/os.h"

char *dev_read_file(const char *path, size_t *len)
{
    u8 *bytes;
    int error = os_read_file(path, (size_t)1 << 30, &bytes, len);
    if (!error)
        return (char *)bytes;
    char text[OS_ERROR_TEXT_MAX];
    fprintf(stderr, "stint-dev: %s: %s\n", path, os_error_text(error, text));
    return NULL;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"filetest", dev_filetest, "filetest [--bless] FILE...   run golden tests, or rewrite them"},
    {"validate", dev_validate,
     "validate [--all] [--on KEY] [--off KEY] [--walk] FILE...   OK, or offset and reason"},
    {"wat-suite", dev_wat_suite,
     "wat-suite [--off KEY] [--write DIR] FILE.wast...   modules of scripts, parsed and validated"},
    {"reprint", dev_reprint, "reprint FILE...   modules as text, which must be the same modules"},
    {"wat-fuzz", dev_wat_fuzz,
     "wat-fuzz [--seed N] [--count N] [--write FILE] FILE...   texts, and damaged ones"},
    {"mutate", dev_mutate,
     "mutate [--seed N] [--count N] [--verbose] FILE...   damaged modules must not crash anything"},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < ARRAY_LEN(commands); i++)
        if (!strcmp(argv[1], commands[i].name))
            return commands[i].run(argc - 2, argv + 2);
    fprintf(stderr, "usage: stint-dev COMMAND ...\n");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        fprintf(stderr, "  %s\n", commands[i].help);
    return 2;
}
