// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_DATA_NODE_INTERNAL_H
#define PLUMB_DATA_NODE_INTERNAL_H

#include "data/node.h"

// What both parsers share: they turn events into calls, the builder makes the tree and keeps the limits.
struct node_frame {
    struct node *node; // open array or object
    struct node *last; // its last child
    struct sv key;     // of the member that comes next
    bool has_key;
    bool is_merge;       // the next value belongs to YAML's "<<"
    struct node *merges; // values of "<<", in order
    struct node *last_merge;
};

struct node_builder {
    struct arena *a;
    struct sv input;
    struct node_limits limits;
    struct error *err;
    int code; // first failure
    struct node *root;
    struct node_frame *frames;
    uint32_t depth;
    uint32_t frame_cap;
    uint32_t total; // nodes, aliases expanded
    struct node *pool;
    size_t pool_left;
    size_t pool_size;
    uint64_t key0, key1; // of the indexes of large objects
    bool has_keys;
};

// Checks size and UTF-8, too; `what` begins the messages ("JSON").
int node_builder_init(struct node_builder *b, struct arena *a, struct sv input, const struct node_limits *limits,
                      const char *what, struct error *err) MUST_USE;
// Sets the error at the offset's place unless one is set; returns the code.
int node_builder_fail(struct node_builder *b, int code, size_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
// The open container, or NULL.
struct node_frame *node_builder_top(struct node_builder *b);
// NULL on failure, which is then set.
struct node *node_builder_add(struct node_builder *b, enum node_kind kind, struct sv text, size_t offset);
struct node *node_builder_open(struct node_builder *b, enum node_kind kind, size_t offset);
// Closes the innermost container and returns it.
struct node *node_builder_close(struct node_builder *b);
// Adds a node that shares the children of `original`; its subtree counts again.
struct node *node_builder_add_copy(struct node_builder *b, const struct node *original, size_t offset);
// 0 and the root, or the failure; on failure the arena goes back to `mark`.
int node_builder_finish(struct node_builder *b, struct arena_mark mark, struct node **ret) MUST_USE;

#endif
