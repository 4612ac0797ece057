// SPDX-License-Identifier: Apache-2.0
#include <assert.h>

#include "data/node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct node_limits limits = {.max_bytes = 1 << 14, .max_depth = 32, .max_nodes = 3000};

// Nodes of the tree as a reader sees them: the limit holds behind aliases and merge keys too.
static uint32_t walk(const struct node *n, uint32_t depth, size_t size) {
    uint32_t total = 1;
    uint32_t children = 0;
    assert(n->offset <= size && depth <= limits.max_depth + 2);
    for (const struct node *c = n->first; c != NULL; c = c->next, children++) {
        assert(n->kind != NODE_OBJECT || node_get(n, c->key) == c);
        total += walk(c, depth + 1, size);
    }
    assert(children == n->count && (children == 0 || n->kind >= NODE_ARRAY));
    return total;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    auto_arena a = {0};
    struct node *root = NULL;
    struct error err = {0};
    if (node_parse_yaml_all(&a, sv_make((const char *)data, size), &limits, &root, &err) == 0)
        assert(walk(root, 0, size) <= limits.max_nodes);
    else
        assert(err.code != 0 && err.text[0] != '\0' && root == NULL && a.used == 0);
    return 0;
}
