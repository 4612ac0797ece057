// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_SCAN_NEEDLES_H
#define PLUMB_SCAN_NEEDLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/sv.h"

// Many fixed texts looked for at once. Each position costs two loads and a bit test, however many texts there are.
#define NEEDLE_MIN          4
#define NEEDLE_FILTER_WORDS 1024 // 65,536 bits

struct needle {
    struct sv text;
    void *meaning;
    uint64_t key;  // its first 8 or 4 bytes
    uint32_t next; // index + 1 in the same slot
};
struct needle_table {
    uint32_t *slots; // index + 1; slot_count is a power of two
    size_t slot_count;
    size_t used;
    uint64_t filter[NEEDLE_FILTER_WORDS];
};
struct needles {
    struct needle *ptr;
    size_t len, cap;
    struct needle_table wide;   // texts of 8 bytes and more
    struct needle_table narrow; // 4 to 7 bytes
    size_t longest;
};

// Adds a text (not copied; at least NEEDLE_MIN bytes). A text that is there already keeps its first meaning. False when
// out of memory.
bool needles_add(struct arena *a, struct needles *n, struct sv text, void *meaning);
// The longest needle that stands at text[at], or NULL.
const struct needle *needles_at(const struct needles *n, struct sv text, size_t at);
// The next position from `from` on where a needle stands; false when there is none.
bool needles_next(const struct needles *n, struct sv text, size_t from, size_t *ret_at, const struct needle **ret);

#endif
