// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_BASE_LOG_H
#define PLUMB_BASE_LOG_H

// Debug lines on stderr when the environment variable PLUMB_DEBUG is set and not empty; never target bytes unescaped, never secrets.
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
