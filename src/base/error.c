// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set_at(struct error *err, int code, const char *where, const char *format, ...) {
    if (err == NULL)
        return code;
    // Formatted aside: an argument may be the old text.
    char text[sizeof err->text];
    va_list args;
    va_start(args, format);
    if (vsnprintf(text, sizeof text, format, args) < 0)
        text[0] = '\0';
    va_end(args);
    *err = (struct error){.code = code, .where = where};
    memcpy(err->text, text, strlen(text) + 1);
    return code;
}

int error_nomem_at(struct error *err, const char *where) {
    return error_set_at(err, -ENOMEM, where, "out of memory");
}

void error_prefix(struct error *err, const char *format, ...) {
    if (err == NULL)
        return;
    char text[sizeof err->text];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len < 0)
        return;
    size_t used = strlen(text);
    size_t rest = strnlen(err->text, sizeof err->text - 1);
    if (rest > sizeof text - 1 - used)
        rest = sizeof text - 1 - used;
    memcpy(text + used, err->text, rest);
    text[used + rest] = '\0';
    memcpy(err->text, text, used + rest + 1);
}

void error_at(struct error *err, unsigned line, unsigned column) {
    if (err == NULL)
        return;
    err->line = line;
    err->column = column;
}
