// SPDX-License-Identifier: Apache-2.0
#ifndef PLUMB_UNIT_DATA_DUMP_H
#define PLUMB_UNIT_DATA_DUMP_H

// Trees as short text, so that a test compares whole trees: strings in quotes with JSON escapes, numbers as written,
// "!" behind an object that had a key twice.

#include "base/buf.h"
#include "base/escape.h"
#include "data/node.h"

static inline void dump_string(struct buf *b, struct sv text) {
    buf_add_char(b, '"');
    esc_json(b, text);
    buf_add_char(b, '"');
}

static inline void dump_node(struct buf *b, const struct node *n);

static inline void dump_children(struct buf *b, const struct node *n) {
    uint32_t count = 0;
    for (const struct node *c = n->first; c != NULL; c = c->next, count++) {
        if (count > 0)
            buf_add_char(b, ',');
        if (n->kind == NODE_OBJECT) {
            dump_string(b, c->key);
            buf_add_char(b, ':');
        }
        dump_node(b, c);
    }
    if (count != n->count)
        buf_addf(b, "<count is %u>", n->count);
}

static inline void dump_node(struct buf *b, const struct node *n) {
    switch (n->kind) {
    case NODE_NULL:
        buf_add(b, SV("null"));
        break;
    case NODE_BOOL:
    case NODE_NUMBER:
        buf_add(b, n->text);
        break;
    case NODE_STRING:
        dump_string(b, n->text);
        break;
    case NODE_ARRAY:
        buf_add_char(b, '[');
        dump_children(b, n);
        buf_add_char(b, ']');
        break;
    case NODE_OBJECT:
        buf_add_char(b, '{');
        dump_children(b, n);
        buf_add(b, n->has_duplicates ? SV("}!") : SV("}"));
        break;
    }
}

#endif
