// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_DATA_NODE_H
#define PLUMB_DATA_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/sv.h"

// JSON (RFC 8259) and YAML 1.2 core schema in one tree. Nodes live in the caller's arena; texts point into the input where they
// need no unescaping, so the input must outlive the tree.
enum node_kind { NODE_NULL, NODE_BOOL, NODE_NUMBER, NODE_STRING, NODE_ARRAY, NODE_OBJECT };

struct node {
    enum node_kind kind;
    uint32_t count;       // elements or members
    struct sv text;       // string content (unescaped) or the number as written; "true"/"false"
    struct sv key;        // the member's key when this node stands in an object
    struct node *first;   // child
    struct node *next;    // sibling
    size_t offset;        // of the value's first byte in the input
};

struct node_limits {
    size_t max_bytes; // of the input
    uint32_t max_depth;
    uint32_t max_nodes;
};
// 64 MiB, 512 levels, 8 million nodes: for specifications.
extern const struct node_limits node_limits_document;
// 8 MiB, 128 levels, 400,000 nodes: for bodies of a target.
extern const struct node_limits node_limits_response;

// Parse one value. 0, or ERR_SYNTAX / ERR_LIMIT / -ENOMEM with line and column in err.
int node_parse_json(struct arena *a, struct sv input, const struct node_limits *limits, struct node **ret, struct error *err) MUST_USE;
int node_parse_yaml(struct arena *a, struct sv input, const struct node_limits *limits, struct node **ret, struct error *err) MUST_USE;
// All documents of a YAML stream; the node is an array of them.
int node_parse_yaml_all(struct arena *a, struct sv input, const struct node_limits *limits, struct node **ret, struct error *err) MUST_USE;
// By content: JSON if the first non-blank byte is { or [ and it parses as such, else YAML.
int node_parse_any(struct arena *a, struct sv input, const struct node_limits *limits, struct node **ret, struct error *err) MUST_USE;

// Member of an object, or NULL (also when `object` is NULL or no object).
struct node *node_get(const struct node *object, struct sv key);
// Shorthands for literals: node_get(n, SV("x")), and its text when it is a string, else SV_NONE.
struct sv node_get_text(const struct node *object, struct sv key);
bool node_get_bool(const struct node *object, struct sv key, bool otherwise);
struct node *node_at(const struct node *array, size_t index);
bool node_is(const struct node *n, enum node_kind kind); // NULL-safe
int node_to_i64(const struct node *n, int64_t *ret);
int node_to_double(const struct node *n, double *ret);
// RFC 6901 pointer ("" is the root, "/a~1b/0"); NULL when not there.
struct node *node_pointer(const struct node *root, struct sv pointer);
// 1-based place of a byte offset.
void node_place(struct sv input, size_t offset, unsigned *ret_line, unsigned *ret_column);

#endif
