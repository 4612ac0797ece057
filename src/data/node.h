// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_DATA_NODE_H
#define PLUMB_DATA_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/sv.h"

// JSON (RFC 8259) and YAML 1.2 core schema in one tree. Nodes live in the caller's arena; texts point into the input
// where they need no unescaping, so the input must outlive the tree. A tree is not changed after it was parsed: aliases
// and merge keys of YAML share children.
enum __attribute__((packed)) node_kind { NODE_NULL, NODE_BOOL, NODE_NUMBER, NODE_STRING, NODE_ARRAY, NODE_OBJECT };

struct node_index;

// 64 bytes, one cache line.
struct node {
    enum node_kind kind;
    bool has_duplicates; // object: a key stood there more than once; the last one counts, the others are gone
    bool dropped;        // private to src/data
    uint32_t count;      // elements or members
    union {
        struct sv text;                 // string content (unescaped) or the number as written; "true"/"false"
        const struct node_index *index; // large object: private to src/data, text.len is 0
    };
    struct sv key;      // the member's key when this node stands in an object
    struct node *first; // child; NULL in all but arrays and objects
    struct node *next;  // sibling
    size_t offset;      // of the value's first byte in the input; behind an alias that of the anchored value
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

// Parse one value. 0, or ERR_SYNTAX / ERR_LIMIT / -ENOMEM with line and column in err; on failure `a` is as before.
// JSON: no comments, no trailing text, valid UTF-8 only (a byte order mark is skipped); an unpaired surrogate escape
// becomes U+FFFD. YAML: keys must be scalars; a tag of the core schema decides the kind, a scalar with any other tag is
// a string; aliases count with all the nodes behind them; more than one document, or none, is an error.
int node_parse_json(struct arena *a, struct sv input, const struct node_limits *limits, struct node **ret,
                    struct error *err) MUST_USE;
int node_parse_yaml(struct arena *a, struct sv input, const struct node_limits *limits, struct node **ret,
                    struct error *err) MUST_USE;
// All documents of a YAML stream; the node is an array of them.
int node_parse_yaml_all(struct arena *a, struct sv input, const struct node_limits *limits, struct node **ret,
                        struct error *err) MUST_USE;
// By content: JSON if the first non-blank byte is { or [ and it parses as such, else YAML.
int node_parse_any(struct arena *a, struct sv input, const struct node_limits *limits, struct node **ret,
                   struct error *err) MUST_USE;

// Member of an object, or NULL (also when `object` is NULL or no object).
struct node *node_get(const struct node *object, struct sv key);
// Shorthands for literals: node_get(n, SV("x")), and its text when it is a string, else SV_NONE.
struct sv node_get_text(const struct node *object, struct sv key);
bool node_get_bool(const struct node *object, struct sv key, bool otherwise);
// Walks the list: loops go over `first` and `next` instead.
struct node *node_at(const struct node *array, size_t index);
bool node_is(const struct node *n, enum node_kind kind); // NULL-safe
// Numbers of both notations ("1.0" and "1e2" are integers too, YAML's +1, 0o17 and 0x1f as well). ERR_SYNTAX when `n`
// is no number or no integer, -ERANGE when it does not fit.
int node_to_i64(const struct node *n, int64_t *ret);
int node_to_double(const struct node *n, double *ret);
// RFC 6901 pointer ("" is the root, "/a~1b/0"); NULL when not there.
struct node *node_pointer(const struct node *root, struct sv pointer);
// 1-based place of a byte offset; columns count characters, not bytes.
void node_place(struct sv input, size_t offset, unsigned *ret_line, unsigned *ret_column);

#endif
