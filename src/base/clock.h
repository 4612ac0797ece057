// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_BASE_CLOCK_H
#define PLUMB_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/sv.h"

typedef uint64_t usec_t; // microseconds; monotonic unless said otherwise

#define USEC_PER_MSEC UINT64_C(1000)
#define USEC_PER_SEC UINT64_C(1000000)

usec_t clock_monotonic(void);
usec_t clock_realtime(void); // since 1970-01-01 UTC

// RFC 3339 UTC with milliseconds, "2026-01-02T03:04:05.678Z"; `ret` takes 25 bytes with the NUL.
void clock_format_utc(usec_t realtime, char ret[static 25]);
// HTTP-date (RFC 9110 5.6.7: IMF-fixdate; the two obsolete forms are accepted too) to seconds since 1970. Returns 0 or ERR_SYNTAX.
int clock_parse_http_date(struct sv text, int64_t *ret_seconds);

#endif
