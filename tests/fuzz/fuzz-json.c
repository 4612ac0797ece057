// SPDX-License-Identifier: Apache-2.0
#include <assert.h>

#include "data/node.h"
#include "unit/data/dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool any_duplicates(const struct node *n) {
    for (const struct node *c = n->first; c != NULL; c = c->next)
        if (any_duplicates(c))
            return true;
    return n->has_duplicates;
}

// What was read and is written again reads the same.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct node_limits limits = {.max_bytes = 1 << 16, .max_depth = 64, .max_nodes = 5000};
    auto_arena a = {0};
    auto_buf first = BUF_INIT(1 << 22);
    auto_buf second = BUF_INIT(1 << 22);
    struct node *root = NULL;
    struct error err = {0};
    if (node_parse_json(&a, sv_make((const char *)data, size), &limits, &root, &err) != 0) {
        assert(err.code != 0 && err.text[0] != '\0' && root == NULL && a.used == 0);
        return 0;
    }
    dump_node(&first, root);
    assert(!buf_failed(&first));
    if (any_duplicates(root))
        return 0;
    const struct node_limits wide = {.max_bytes = 1 << 22, .max_depth = 64, .max_nodes = 5000};
    int r = node_parse_json(&a, buf_sv(&first), &wide, &root, &err);
    assert(r == 0);
    dump_node(&second, root);
    assert(sv_eq(buf_sv(&first), buf_sv(&second)));
    return r;
}
