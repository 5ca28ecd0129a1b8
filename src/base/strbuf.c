#include "base/strbuf.h"

#include <stdio.h>
#include <stdlib.h>

void sb_free(StrBuf *sb)
{
    free(sb->text);
    *sb = (StrBuf){0};
}

static bool reserve(StrBuf *sb, size_t more)
{
    if (sb->failed)
        return false;
    if (sb->cap - sb->len > more)
        return true;
    size_t cap = MAX(sb->cap * 2, sb->len + more + 1);
    cap = MAX(cap, (size_t)256);
    char *text = realloc(sb->text, cap);
    if (!text) {
        sb->failed = true;
        return false;
    }
    sb->text = text;
    sb->cap = cap;
    return true;
}

void sb_add(StrBuf *sb, const char *bytes, size_t len)
{
    if (!reserve(sb, len))
        return;
    if (len)
        memcpy(sb->text + sb->len, bytes, len);
    sb->len += len;
    sb->text[sb->len] = 0;
}

void sb_puts(StrBuf *sb, const char *text) { sb_add(sb, text, strlen(text)); }

void sb_putc(StrBuf *sb, char c) { sb_add(sb, &c, 1); }

void sb_vprintf(StrBuf *sb, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    if (len >= 0 && reserve(sb, (size_t)len)) {
        vsnprintf(sb->text + sb->len, (size_t)len + 1, format, again);
        sb->len += (size_t)len;
    }
    va_end(again);
}

void sb_printf(StrBuf *sb, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    sb_vprintf(sb, format, args);
    va_end(args);
}
