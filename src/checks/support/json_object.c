// SPDX-License-Identifier: Apache-2.0
#include "checks/support/json_object.h"

#include "base/buf.h"
#include "base/escape.h"

enum { DEPTH_MAX = 12, BODY_MAX = 256 * 1024 };

static bool is_scalar(const struct node *n) {
    return n->kind != NODE_OBJECT && n->kind != NODE_ARRAY;
}

const struct node *json_object_of(const struct node *root) {
    for (unsigned depth = 0; depth < 3 && node_is(root, NODE_OBJECT); depth++) {
        const struct node *inner = NULL;
        unsigned objects = 0, scalars = 0;
        for (const struct node *n = root->first; n != NULL; n = n->next) {
            scalars += is_scalar(n);
            if (n->kind == NODE_OBJECT && objects++ == 0) inner = n;
        }
        bool wraps = objects == 1 && (scalars == 0 || sv_eq(inner->key, SV("data")) || sv_eq(inner->key, SV("result"))) && node_get(root, SV("id")) == NULL;
        if (!wraps) return root;
        root = inner;
    }
    return NULL;
}

static void add_value(struct buf *b, const struct node *n, unsigned depth);

static void add_members(struct buf *b, const struct node *n, unsigned depth) {
    bool object = n->kind == NODE_OBJECT;
    buf_add_char(b, object ? '{' : '[');
    for (const struct node *c = n->first; c != NULL; c = c->next) {
        if (c != n->first) buf_add_char(b, ',');
        if (object) {
            buf_add_char(b, '"');
            esc_json(b, c->key);
            buf_add(b, SV("\":"));
        }
        add_value(b, c, depth + 1);
    }
    buf_add_char(b, object ? '}' : ']');
}

static void add_value(struct buf *b, const struct node *n, unsigned depth) {
    if (depth > DEPTH_MAX) {
        b->failed = true;
        return;
    }
    switch (n->kind) {
    case NODE_NULL:
        buf_add(b, SV("null"));
        return;
    case NODE_BOOL:
    case NODE_NUMBER:
        buf_add(b, n->text);
        return;
    case NODE_STRING:
        buf_add_char(b, '"');
        esc_json(b, n->text);
        buf_add_char(b, '"');
        return;
    case NODE_ARRAY:
    case NODE_OBJECT:
        add_members(b, n, depth);
        return;
    }
}

static struct sv taken(struct arena *a, const struct buf *b) {
    return buf_failed(b) ? SV_NONE : arena_copy_sv(a, buf_sv(b));
}

struct sv json_text_of(struct arena *a, const struct node *n) {
    auto_buf b = BUF_INIT(BODY_MAX);
    add_value(&b, n, 0);
    return taken(a, &b);
}

struct sv json_quoted(struct arena *a, struct sv text) {
    const struct node n = {.kind = NODE_STRING, .text = text};
    return json_text_of(a, &n);
}

bool json_is(const struct node *n, struct sv json) {
    auto_arena a = {.limit = (size_t)4 << 20};
    struct node *other = NULL;
    if (n == NULL || node_parse_json(&a, json, &node_limits_response, &other, NULL) != 0 || n->kind != other->kind) return false;
    double x, y;
    if (n->kind == NODE_NUMBER && node_to_double(n, &x) == 0 && node_to_double(other, &y) == 0) return !(x < y) && !(x > y);
    struct sv p = json_text_of(&a, n), q = json_text_of(&a, other);
    return p.ptr != NULL && q.ptr != NULL && sv_eq(p, q);
}

bool json_body_is_described(const struct operation *op) {
    for (size_t i = 0; i < op->parameter_count; i++) {
        if (op->parameters[i].in == PARAM_BODY && op->parameters[i].name.len > 0) return true;
    }
    return false;
}

bool json_body_is_taken(const struct operation *op) {
    return op->body_media_type.len == 0 || sv_contains_nocase(op->body_media_type, SV("json"));
}

// "items[].id" is a part of the property "items".
static bool is_part_of(struct sv name, struct sv property) {
    if (!sv_starts_with(name, property)) return false;
    return name.len == property.len || name.ptr[property.len] == '.' || name.ptr[property.len] == '[';
}

bool json_body_lists(const struct operation *op, struct sv property, const struct schema **ret_schema) {
    *ret_schema = NULL;
    for (size_t i = 0; i < op->parameter_count; i++) {
        const struct parameter *p = &op->parameters[i];
        if (p->in != PARAM_BODY || !is_part_of(p->name, property)) continue;
        *ret_schema = p->schema;
        return !p->schema->read_only;
    }
    return false;
}

// A value that was redacted as a whole may have been a number.
static bool is_unclear(const struct operation *op, const struct node *n) {
    const struct schema *s;
    if (n->kind != NODE_STRING || !sv_starts_with(n->text, SV("{{")) || !sv_ends_with(n->text, SV("}}"))) return false;
    bool mail = sv_contains(n->text, SV("mail"));
    return !mail && !(json_body_lists(op, n->key, &s) && (s->types & TYPE_STRING) != 0);
}

static void add_member(struct buf *b, struct sv key, struct sv json, bool *first) {
    buf_add(b, *first ? SV("\"") : SV(",\""));
    esc_json(b, key);
    buf_add(b, SV("\":"));
    buf_add(b, json);
    *first = false;
}

struct sv json_body_with(struct arena *a, const struct operation *op, const struct node *object, struct sv property, struct sv json) {
    auto_buf b = BUF_INIT(BODY_MAX);
    bool first = true, described = json_body_is_described(op), placed = json.ptr == NULL;
    const struct schema *s;
    buf_add_char(&b, '{');
    for (const struct node *n = object == NULL ? NULL : object->first; n != NULL; n = n->next) {
        bool is_property = sv_eq(n->key, property);
        if (!is_property && described && !json_body_lists(op, n->key, &s)) continue;
        if (is_unclear(op, n)) return SV_NONE;
        struct sv value = is_property && json.ptr != NULL ? json : json_text_of(a, n);
        if (value.ptr == NULL) return SV_NONE;
        add_member(&b, n->key, value, &first);
        placed = placed || is_property;
    }
    if (!placed) add_member(&b, property, json, &first);
    buf_add_char(&b, '}');
    return taken(a, &b);
}
