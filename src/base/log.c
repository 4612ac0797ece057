// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void log_debug(const char *format, ...) {
    const char *wanted = getenv("PLUMB_DEBUG");
    if (wanted == NULL || wanted[0] == '\0')
        return;
    char line[1024];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    // One call, so that lines of several processes do not mix.
    if (len >= 0)
        (void)fprintf(stderr, "plumb: debug: %s\n", line);
}
