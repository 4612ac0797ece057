// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_BASE_NUMBERS_H
#define PLUMB_BASE_NUMBERS_H

#include <stdint.h>

#include "base/clock.h"
#include "base/sv.h"

// Whole input or nothing: 0, or ERR_SYNTAX / -ERANGE with the output untouched. No white space, no locale.
int number_parse_u64(struct sv text, uint64_t *ret);
int number_parse_i64(struct sv text, int64_t *ret);
int number_parse_u64_range(struct sv text, uint64_t min, uint64_t max, uint64_t *ret);
int number_parse_double(struct sv text, double *ret); // finite only
int number_parse_hex(struct sv text, uint64_t *ret);
// "500ms", "30s", "5m", "2h"; a bare number is refused.
int number_parse_duration(struct sv text, usec_t *ret);

#endif
