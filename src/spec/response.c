// SPDX-License-Identifier: Apache-2.0
#include "base/numbers.h"
#include "spec/spec_internal.h"

#define RESPONSES_MAX 64

struct responses {
    VEC_OF(struct documented_response) v;
};

// "default" is 0, "2XX" stands for 200.
static bool parse_status(struct sv text, uint16_t *ret) {
    uint64_t status = 0;
    if (sv_eq(text, SV("default"))) {
        *ret = 0;
        return true;
    }
    if (text.len == 3 && sv_ends_with_nocase(text, SV("XX")) && text.ptr[0] >= '1' && text.ptr[0] <= '5') {
        *ret = (uint16_t)((text.ptr[0] - '0') * 100);
        return true;
    }
    if (number_parse_u64_range(text, 100, 599, &status) != 0)
        return false;
    *ret = (uint16_t)status;
    return true;
}

static void add(struct builder *b, struct responses *list, uint16_t status, struct sv media_type, struct place schema) {
    struct documented_response r = {.status = status, .media_type = media_type};
    if (schema.node != NULL)
        r.schema = spec_schema(b, schema);
    if (list->v.len < RESPONSES_MAX && !VEC_PUSH(b->a, &list->v, r))
        (void)spec_nomem(b);
}

static struct sv swagger_type(struct builder *b, struct place operation) {
    struct node *list = node_get(operation.node, SV("produces"));
    if (list == NULL)
        list = node_get(b->main->root, SV("produces"));
    return node_is(list, NODE_ARRAY) ? spec_text(list->first) : SV_NONE;
}

static void read_one(struct builder *b, struct place operation, struct place p, uint16_t status,
                     struct responses *list) {
    struct place none = {0};
    if (b->swagger) {
        struct node *schema = node_get(p.node, SV("schema"));
        add(b, list, status, swagger_type(b, operation), schema != NULL ? spec_child(p, schema) : none);
        return;
    }
    struct node *content = node_get(p.node, SV("content"));
    if (!node_is(content, NODE_OBJECT) || content->first == NULL) {
        add(b, list, status, SV_NONE, none);
        return;
    }
    for (struct node *n = content->first; n != NULL && !b->nomem && spec_spend(b, 4); n = n->next) {
        struct node *schema = node_get(n, SV("schema"));
        add(b, list, status, n->key, schema != NULL ? spec_child(p, schema) : none);
    }
}

void spec_responses(struct builder *b, struct place operation, struct operation *op) {
    struct place all = spec_member(b, operation, SV("responses"));
    struct responses list = {0};
    for (struct node *n = node_is(all.node, NODE_OBJECT) ? all.node->first : NULL;
         n != NULL && !b->nomem && spec_spend(b, 4); n = n->next) {
        struct place p = spec_child(all, n);
        uint16_t status = 0;
        if (sv_starts_with(n->key, SV("x-")))
            continue;
        if (!parse_status(n->key, &status) || !spec_follow(b, &p) || !node_is(p.node, NODE_OBJECT))
            spec_warn(b, spec_child(all, n), "the response cannot be read and is left out");
        else
            read_one(b, operation, p, status, &list);
    }
    spec_schema_finish(b);
    op->responses = list.v.ptr;
    op->response_count = list.v.len;
}
