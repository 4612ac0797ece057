// SPDX-License-Identifier: Apache-2.0
#include "base/map.h"

#include <string.h>

#include "base/random.h"

void map_init(struct map *m, uint64_t seed) {
    struct rng r;
    rng_init(&r, seed);
    *m = (struct map){.key0 = rng_next(&r), .key1 = rng_next(&r)};
}

// The slot that holds the key, or the empty one where it belongs. At least one slot is always empty.
static size_t find_slot(const struct map *m, struct sv key, uint64_t hash) {
    size_t mask = m->slot_count - 1;
    size_t at = (size_t)hash & mask;
    for (;; at = (at + 1) & mask) {
        uint32_t index = m->slots[at];
        if (index == 0)
            return at;
        const struct map_entry *e = &m->entries[index - 1];
        if (e->hash == hash && sv_eq(e->key, key))
            return at;
    }
}

static struct map_entry *find_entry(const struct map *m, struct sv key) {
    if (m->len == 0)
        return NULL;
    uint32_t index = m->slots[find_slot(m, key, sv_hash(key, m->key0, m->key1))];
    return index == 0 ? NULL : &m->entries[index - 1];
}

void *map_find(const struct map *m, struct sv key) {
    const struct map_entry *e = find_entry(m, key);
    return e == NULL ? NULL : e->value;
}

bool map_has(const struct map *m, struct sv key) {
    return find_entry(m, key) != NULL;
}

// Room for one more entry: entries fill at most half of the slots. Both arrays change together or not at all.
static bool grow(struct arena *a, struct map *m) {
    if (m->len < m->cap)
        return true;
    size_t cap = m->cap == 0 ? 8 : m->cap * 2;
    if (cap > UINT32_MAX / 2)
        return false;
    struct map_entry *entries = arena_new_array(a, struct map_entry, cap);
    uint32_t *slots = entries == NULL ? NULL : arena_new_array(a, uint32_t, cap * 2);
    if (slots == NULL)
        return false;
    if (m->len > 0)
        memcpy(entries, m->entries, m->len * sizeof *entries);
    m->entries = entries;
    m->cap = cap;
    m->slots = slots;
    m->slot_count = cap * 2;
    for (size_t i = 0; i < m->len; i++)
        slots[find_slot(m, entries[i].key, entries[i].hash)] = (uint32_t)(i + 1);
    return true;
}

bool map_set(struct arena *a, struct map *m, struct sv key, void *value) {
    struct map_entry *found = find_entry(m, key);
    if (found != NULL) {
        found->value = value;
        return true;
    }
    if (!grow(a, m))
        return false;
    uint64_t hash = sv_hash(key, m->key0, m->key1);
    m->entries[m->len] = (struct map_entry){.key = key, .value = value, .hash = hash};
    m->slots[find_slot(m, key, hash)] = (uint32_t)++m->len;
    return true;
}
