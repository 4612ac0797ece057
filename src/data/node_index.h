// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_DATA_NODE_INDEX_H
#define PLUMB_DATA_NODE_INDEX_H

#include "data/node.h"

// Objects with more members than this have an index.
#define NODE_INDEX_MIN 16U

// Open addressing over the members of one object, at most half full; keyed hash.
struct node_index {
    uint64_t key0, key1;
    size_t mask; // slots - 1
    struct node *slots[];
};

// Empty, for up to `count` members; NULL when out of memory.
struct node_index *node_index_new(struct arena *a, uint32_t count, uint64_t key0, uint64_t key1);
// The slot of the member with this key, or the empty one where it belongs.
struct node **node_index_slot(struct node_index *index, struct sv key);
// The member, or NULL.
struct node *node_index_find(const struct node_index *index, struct sv key);

#endif
