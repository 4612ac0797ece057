// SPDX-License-Identifier: Apache-2.0
#include "evidence/failure.h"

#include "data/node.h"

enum { MEMBERS_MAX = 12, BODY_MAX = 16 * 1024 }; // an envelope is small; a longer answer holds data

static bool is_blank(const struct node *n) {
    switch (n->kind) {
    case NODE_NULL:
        return true;
    case NODE_BOOL:
        return sv_eq(n->text, SV("false"));
    case NODE_NUMBER:
        return sv_eq(n->text, SV("0"));
    case NODE_STRING:
        return sv_trim(n->text).len == 0;
    case NODE_ARRAY:
    case NODE_OBJECT:
        break;
    }
    return n->first == NULL;
}

static bool is_flag(struct sv key) {
    return sv_eq_nocase(key, SV("ok")) || sv_eq_nocase(key, SV("success")) || sv_eq_nocase(key, SV("succeeded"));
}

static bool is_error_key(struct sv key) {
    return sv_eq_nocase(key, SV("error")) || sv_eq_nocase(key, SV("errors"));
}

// How many errors there were is a result; one number alone is a code.
static bool is_count(const struct node *n) {
    return n->kind == NODE_NUMBER && sv_eq_nocase(n->key, SV("errors"));
}

static bool is_failed(const struct node *root) {
    bool failed = false;
    unsigned members = 0;
    for (const struct node *n = root->first; n != NULL; n = n->next) {
        if (++members > MEMBERS_MAX) return false;
        bool container = n->kind == NODE_OBJECT || n->kind == NODE_ARRAY;
        if (is_flag(n->key)) {
            if (n->kind != NODE_BOOL || !is_blank(n)) return false;
            failed = true;
        } else if (is_error_key(n->key)) {
            failed |= !is_blank(n) && !is_count(n);
        } else if (container && n->first != NULL) {
            return false; // data beside the complaint
        }
    }
    return failed;
}

bool answer_is_failure(const struct exchange *x) {
    if (!exchange_answered(x) || x->response.status < 200 || x->response.status >= 300) return false;
    struct sv body = sv_trim(x->response.body);
    if (body.len < 2 || body.len > BODY_MAX || body.ptr[0] != '{') return false;
    auto_arena scratch = {.limit = (size_t)4 << 20};
    struct node *root = NULL;
    return node_parse_json(&scratch, body, &node_limits_response, &root, NULL) == 0 && node_is(root, NODE_OBJECT) && is_failed(root);
}
