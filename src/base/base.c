#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void base_check_failed(const char *file, int line, const char *what)
{
    fprintf(stderr, "stint: internal error at %s:%d: %s\n", file, line, what);
    abort();
}
