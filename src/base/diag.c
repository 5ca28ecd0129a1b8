#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>

bool diag_fail(Diag *diag, u64 offset, const char *format, ...)
{
    if (diag->is_set)
        return false;
    diag->is_set = true;
    diag->offset = offset;
    va_list args;
    va_start(args, format);
    vsnprintf(diag->text, sizeof diag->text, format, args);
    va_end(args);
    return false;
}

bool diag_oom(Diag *diag)
{
    diag->is_oom = true;
    return diag_fail(diag, DIAG_NO_OFFSET, "out of memory");
}
