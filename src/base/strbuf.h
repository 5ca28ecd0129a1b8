/* Text under construction, in malloc memory: dumps, messages, generated files.
 * After an allocation failure `failed` is set and further appends do nothing. */
#ifndef STINT_BASE_STRBUF_H
#define STINT_BASE_STRBUF_H

#include <stdarg.h>

#include "base/base.h"

typedef struct StrBuf {
    char *text; /* NUL-terminated once anything was appended; else NULL */
    size_t len; /* bytes without the NUL */
    size_t cap;
    bool failed; /* memory ran out: the text is incomplete */
} StrBuf;

void sb_free(StrBuf *sb);
void sb_add(StrBuf *sb, const char *bytes, size_t len);
void sb_puts(StrBuf *sb, const char *text);
void sb_putc(StrBuf *sb, char c);
void sb_printf(StrBuf *sb, const char *format, ...) PRINTF_LIKE(2, 3);
void sb_vprintf(StrBuf *sb, const char *format, va_list args) PRINTF_LIKE(2, 0);
/* The text, never NULL: "" when nothing was appended. */
static inline const char *sb_str(const StrBuf *sb) { return sb->text ? sb->text : ""; }

#endif
