// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>

#include "base/json_writer.h"
#include "http/json_scan.h"
#include "spec/spec_internal.h"

#define VALUE_DEPTH_MAX 32
#define VALUE_BYTES_MAX ((size_t)64 * 1024)

struct sv spec_text(const struct node *n) {
    return node_is(n, NODE_STRING) || node_is(n, NODE_NUMBER) ? n->text : SV_NONE;
}

// YAML numbers may have forms that JSON has not.
static void write_number(struct json_writer *w, const struct node *n) {
    int64_t integer = 0;
    if (json_is_number(n->text))
        jw_raw(w, n->text);
    else if (node_to_i64(n, &integer) == 0)
        jw_i64(w, integer);
    else
        jw_string(w, n->text);
}

// Recursion is bounded by VALUE_DEPTH_MAX.
static bool write_value(struct json_writer *w, const struct node *n, int depth) {
    if (depth > VALUE_DEPTH_MAX || w->failed != 0)
        return false;
    switch (n->kind) {
    case NODE_NULL:
        jw_raw(w, SV("null"));
        return true;
    case NODE_BOOL:
        jw_bool(w, sv_eq(n->text, SV("true")));
        return true;
    case NODE_NUMBER:
        write_number(w, n);
        return true;
    case NODE_STRING:
        jw_string(w, n->text.ptr == NULL ? SV("") : n->text);
        return true;
    case NODE_ARRAY:
    case NODE_OBJECT:
        break;
    }
    bool object = n->kind == NODE_OBJECT;
    object ? jw_object_begin(w) : jw_array_begin(w);
    for (const struct node *child = n->first; child != NULL; child = child->next) {
        if (object)
            jw_key_sv(w, child->key);
        if (!write_value(w, child, depth + 1))
            return false;
    }
    object ? jw_object_end(w) : jw_array_end(w);
    return true;
}

struct sv spec_json(struct builder *b, const struct node *n) {
    if (n == NULL || !spec_spend(b, 1))
        return SV_NONE;
    auto_buf out = BUF_INIT(VALUE_BYTES_MAX);
    struct sink_buf sink;
    struct json_writer w;
    sink_buf_init(&sink, &out);
    jw_init(&w, &sink.sink, /* pretty= */ false);
    if (!write_value(&w, n, 0) || jw_finish(&w) != 0 || buf_failed(&out))
        return SV_NONE;
    struct sv text = arena_copy_sv(b->a, buf_sv(&out));
    if (text.ptr == NULL)
        (void)spec_nomem(b);
    (void)spec_spend(b, 1 + text.len / 4);
    return text;
}

struct sv spec_raw(struct builder *b, struct sv json) {
    if (json.len < 2 || json.ptr[0] != '"')
        return json;
    struct node *n = NULL;
    if (node_parse_json(b->a, json, &node_limits_response, &n, /* err= */ NULL) != 0 || !node_is(n, NODE_STRING))
        return SV_NONE;
    return n->text.ptr == NULL ? SV("") : n->text;
}

struct sv spec_example(struct builder *b, struct place p) {
    struct node *n = node_get(p.node, SV("example"));
    if (n == NULL)
        n = node_get(p.node, SV("x-example"));
    if (n != NULL)
        return spec_json(b, n);
    struct node *examples = node_get(p.node, SV("examples"));
    if (node_is(examples, NODE_ARRAY))
        return spec_json(b, examples->first);
    if (!node_is(examples, NODE_OBJECT) || examples->first == NULL)
        return SV_NONE;
    struct place first = spec_child(p, examples->first);
    return spec_follow(b, &first) ? spec_json(b, node_get(first.node, SV("value"))) : SV_NONE;
}
