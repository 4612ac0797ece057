// SPDX-License-Identifier: Apache-2.0
/*
 * JSON bodies. The leaves' names are sorted into a tree (first come, first written), then the tree is written. Each
 * array has one element: what a call wants to say about several it says with a raw value for the whole array.
 */
#include "base/escape.h"
#include "http/build_internal.h"
#include "http/json_scan.h"

#define DEPTH_MAX 16

enum body_kind { BODY_UNSET, BODY_OBJECT, BODY_ARRAY, BODY_VALUE };

struct body_node {
    enum body_kind kind;
    struct sv name;
    const struct param_value *value; // BODY_VALUE
    const struct schema *schema;     // BODY_VALUE
    struct body_node *first, *last, *next;
};

static struct body_node *find_child(struct arena *a, struct body_node *parent, struct sv name) {
    for (struct body_node *n = parent->first; n != NULL; n = n->next)
        if (parent->kind == BODY_ARRAY || sv_eq(n->name, name))
            return n;
    struct body_node *n = arena_new(a, struct body_node);
    if (n == NULL)
        return NULL;
    n->name = name;
    if (parent->last != NULL)
        parent->last->next = n;
    else
        parent->first = n;
    parent->last = n;
    return n;
}

static int add_leaf(struct arena *a, struct body_node *node, const struct parameter *p, const struct param_value *v,
                    struct error *err) {
    struct sv rest = p->name;
    struct body_step step;
    int depth = 0, r = 0;
    while ((r = body_step_next(a, &rest, &step)) == 1) {
        enum body_kind wanted = step.is_element ? BODY_ARRAY : BODY_OBJECT;
        if (node->kind != BODY_UNSET && node->kind != wanted)
            return error_set(err, ERR_USAGE, "the body parameter " SV_FMT " contradicts another one", SV_ARG(p->name));
        if (++depth > DEPTH_MAX)
            return error_set(err, ERR_LIMIT, "the body parameter " SV_FMT " is nested too deeply", SV_ARG(p->name));
        node->kind = wanted;
        node = find_child(a, node, step.property);
        if (node == NULL)
            return error_nomem(err);
    }
    if (r < 0)
        return error_nomem(err);
    if (node->kind != BODY_UNSET)
        return error_set(err, ERR_USAGE, "the body parameter " SV_FMT " contradicts another one", SV_ARG(p->name));
    node->kind = BODY_VALUE;
    node->value = v;
    node->schema = p->schema;
    return 0;
}

// Types that the text can be read as without quotes; 0 when only a string.
static uint32_t types_of(struct sv text) {
    if (json_is_number(text))
        return TYPE_INTEGER | TYPE_NUMBER;
    if (sv_eq(text, SV("true")) || sv_eq(text, SV("false")))
        return TYPE_BOOLEAN;
    if (sv_eq(text, SV("null")))
        return TYPE_NULL;
    if (text.len == 0 || (text.ptr[0] != '{' && text.ptr[0] != '[') || !json_is_value(text))
        return 0;
    return text.ptr[0] == '{' ? TYPE_OBJECT : TYPE_ARRAY;
}

// Where anything is allowed only objects and arrays are taken for what they look like: a number may well be an id in a
// string.
static bool goes_unquoted(const struct schema *s, struct sv text) {
    bool any = s == NULL || s->types == 0;
    uint32_t allowed = any ? (uint32_t)TYPE_OBJECT | TYPE_ARRAY : s->types;
    return (types_of(text) & allowed) != 0;
}

static void write_string(struct buf *b, struct sv text) {
    buf_add_char(b, '"');
    esc_json(b, text);
    buf_add_char(b, '"');
}

// Recursion is bounded by DEPTH_MAX through add_leaf.
static void write_node(struct buf *b, const struct body_node *node) {
    if (node->kind == BODY_VALUE) {
        if (node->value->raw || goes_unquoted(node->schema, node->value->text))
            buf_add(b, node->value->text);
        else
            write_string(b, node->value->text);
        return;
    }
    bool array = node->kind == BODY_ARRAY;
    buf_add_char(b, array ? '[' : '{');
    for (const struct body_node *n = node->first; n != NULL; n = n->next) {
        if (n != node->first)
            buf_add_char(b, ',');
        if (!array) {
            write_string(b, n->name);
            buf_add_char(b, ':');
        }
        write_node(b, n);
    }
    buf_add_char(b, array ? ']' : '}');
}

int build_body_json(struct arena *a, const struct call *c, struct buf *b, struct error *err) {
    struct body_node root = {.kind = BODY_UNSET};
    for (size_t i = 0; i < c->operation->parameter_count; i++) {
        const struct parameter *p = &c->operation->parameters[i];
        if (p->in != PARAM_BODY || !c->values[i].present)
            continue;
        int r = add_leaf(a, &root, p, &c->values[i], err);
        if (r != 0)
            return r;
    }
    const struct schema *s = c->operation->body_schema;
    if (root.kind == BODY_UNSET) // a body is required and no value was given: the smallest one of its type
        root.kind = s != NULL && (s->types & TYPE_ARRAY) != 0 ? BODY_ARRAY : BODY_OBJECT;
    write_node(b, &root);
    return 0;
}
