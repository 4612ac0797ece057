// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_EVIDENCE_SEEN_VALUES_H
#define PLUMB_EVIDENCE_SEEN_VALUES_H

#include "base/map.h"
#include "data/node.h"

// Short words that answers show under a name: {"status": "paid"} tells what `?status=` may be. A few for each name; bounded.
struct seen_values {
    struct map by_name;
};

// False when out of memory.
bool seen_values_note(struct arena *a, struct seen_values *s, struct sv key, const struct node *value);
// n-th value under this name, first seen first; SV_NONE when there is none. Case and separators of the name do not matter.
struct sv seen_values_get(const struct seen_values *s, struct sv name, size_t n);

#endif
