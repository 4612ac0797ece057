// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_MATCH_EMBEDDED_H
#define PLUMB_MATCH_EMBEDDED_H

#include <stddef.h>

#include "match/set.h"

// What src/match/gen makes of data/patterns at build time.
extern const struct pattern_entry embedded_patterns[];
extern const size_t embedded_pattern_count;
extern const unsigned char embedded_database[]; // serialised vectorscan database
extern const size_t embedded_database_size;

#endif
