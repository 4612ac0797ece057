// SPDX-License-Identifier: Apache-2.0
#include "data/node_index.h"

struct node_index *node_index_new(struct arena *a, uint32_t count, uint64_t key0, uint64_t key1) {
    size_t slots = 2 * (size_t)NODE_INDEX_MIN;
    while (slots < 2 * (size_t)count)
        slots *= 2;
    struct node_index *index = arena_alloc(a, sizeof *index + slots * sizeof(struct node *));
    if (index == NULL)
        return NULL;
    index->key0 = key0;
    index->key1 = key1;
    index->mask = slots - 1;
    return index;
}

static size_t find(const struct node_index *index, struct sv key) {
    size_t at = (size_t)sv_hash(key, index->key0, index->key1) & index->mask;
    while (index->slots[at] != NULL && !sv_eq(index->slots[at]->key, key))
        at = (at + 1) & index->mask;
    return at;
}

struct node **node_index_slot(struct node_index *index, struct sv key) {
    return &index->slots[find(index, key)];
}

struct node *node_index_find(const struct node_index *index, struct sv key) {
    return index->slots[find(index, key)];
}
