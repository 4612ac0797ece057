// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_BASE_MAP_H
#define PLUMB_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/sv.h"

// Text to pointer, open addressing, in an arena; keyed hash, so hostile keys cannot make it slow. Iteration is in insertion order.
struct map_entry {
    struct sv key;
    void *value;
    uint64_t hash;
};
struct map {
    struct map_entry *entries; // insertion order
    size_t len;
    size_t cap;
    uint32_t *slots; // index + 1 into entries, 0 empty; slot_count is a power of two
    size_t slot_count;
    uint64_t key0, key1;
};

// The key bytes must outlive the map (they are not copied). A zeroed map is valid and empty; map_init only seeds the hash.
void map_init(struct map *m, uint64_t seed);
// NULL when not there.
void *map_find(const struct map *m, struct sv key);
bool map_has(const struct map *m, struct sv key);
// Adds or replaces. False when out of memory.
bool map_set(struct arena *a, struct map *m, struct sv key, void *value);

#endif
