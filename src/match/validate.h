// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_MATCH_VALIDATE_H
#define PLUMB_MATCH_VALIDATE_H

#include <stdbool.h>

#include "base/sv.h"

// Validators by name, as data/patterns uses them; NULL when unknown.
typedef bool (*validator)(struct sv value);
validator validator_find(struct sv name);

bool validate_luhn(struct sv value);    // 13-19 digits, blanks and dashes ignored, a real issuer prefix, not one repeated digit
bool validate_iban(struct sv value);    // ISO 13616 lengths per country, mod 97
double entropy_shannon(struct sv value); // bits per byte

#endif
