// SPDX-License-Identifier: Apache-2.0
/*
 * Validation messages. Frameworks differ in the members, not in the idea: an object that holds a place ("loc", "field",
 * "param", "pointer" …) and a text, a member that is named as the parameter and holds texts, or one sentence that names
 * the parameter. The walk looks for these three shapes everywhere in the answer.
 */
#include "data/node.h"
#include "surface/values_internal.h"

enum { WALK_DEPTH = 10, WALK_NODES = 5000, MESSAGE_MAX = 400 };

struct reader_state {
    struct arena *a;
    const struct operation *op;
    struct complaint_list *list;
    unsigned nodes;
};

static bool is_separator(char c) {
    return c == '_' || c == '-' || c == '.' || c == ' ' || c == '[' || c == ']';
}

bool names_alike(struct sv x, struct sv y) {
    size_t i = 0, k = 0;
    for (;;) {
        while (i < x.len && is_separator(x.ptr[i]))
            i++;
        while (k < y.len && is_separator(y.ptr[k]))
            k++;
        if (i >= x.len || k >= y.len)
            return i >= x.len && k >= y.len && x.len > 0;
        if (sv_lower_char(x.ptr[i++]) != sv_lower_char(y.ptr[k++]))
            return false;
    }
}

static struct sv last_part(struct sv name) {
    while (name.len > 0 && (name.ptr[name.len - 1] == '/' || name.ptr[name.len - 1] == ']'))
        name.len--;
    for (size_t i = name.len; i > 0; i--)
        if (name.ptr[i - 1] == '.' || name.ptr[i - 1] == '/' || name.ptr[i - 1] == '[')
            return sv_from_index(name, i);
    return name;
}

static bool parameter_named(const struct operation *op, struct sv name) {
    for (size_t i = 0; i < op->parameter_count; i++)
        if (names_alike(op->parameters[i].name, name) ||
            names_alike(last_part(op->parameters[i].name), last_part(name)))
            return true;
    return false;
}

static void add(struct reader_state *r, struct complaint c) {
    if (r->list->len >= COMPLAINTS_MAX)
        return;
    c.message = sv_slice(c.message, 0, MESSAGE_MAX);
    r->list->items[r->list->len++] = c;
}

static struct sv first_text(const struct node *n, const struct sv *keys, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct node *m = node_get(n, keys[i]);
        if (m != NULL && m->kind == NODE_STRING && m->text.len > 0)
            return m->text;
    }
    return SV_NONE;
}

static struct sv message_of(const struct node *n) {
    static const struct sv keys[] = {SV_INIT("msg"),    SV_INIT("message"), SV_INIT("defaultMessage"),
                                     SV_INIT("reason"), SV_INIT("detail"),  SV_INIT("description"),
                                     SV_INIT("error"),  SV_INIT("Error"),   SV_INIT("text"),
                                     SV_INIT("title"),  SV_INIT("code"),    SV_INIT("type"),
                                     SV_INIT("tag"),    SV_INIT("Tag")};
    return first_text(n, keys, sizeof keys / sizeof keys[0]);
}

// "loc": ["query", "limit"], "path": ["a", 0, "b"], "field": "limit", "pointer": "#/a/b", "source": {"parameter": "x"}.
static bool place_of(const struct node *n, struct sv *ret_name, struct sv *ret_in) {
    static const struct sv keys[] = {SV_INIT("loc"),       SV_INIT("path"),      SV_INIT("param"),
                                     SV_INIT("field"),     SV_INIT("fieldName"), SV_INIT("name"),
                                     SV_INIT("parameter"), SV_INIT("pointer"),   SV_INIT("instancePath"),
                                     SV_INIT("dataPath"),  SV_INIT("property"),  SV_INIT("propertyPath"),
                                     SV_INIT("attribute"), SV_INIT("key"),       SV_INIT("Field"),
                                     SV_INIT("location"),  SV_INIT("target"),    SV_INIT("source")};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const struct node *m = node_get(n, keys[i]);
        if (m == NULL)
            continue;
        if (m->kind == NODE_OBJECT && place_of(m, ret_name, ret_in))
            return true;
        if (m->kind == NODE_STRING && m->text.len > 0) {
            *ret_name = last_part(m->text);
        } else if (m->kind == NODE_ARRAY && m->first != NULL) {
            *ret_in = m->first->kind == NODE_STRING && m->first->next != NULL ? m->first->text : SV_NONE;
            for (const struct node *c = m->first; c != NULL; c = c->next)
                if (c->kind == NODE_STRING)
                    *ret_name = c->text;
        } else {
            continue;
        }
        struct sv in = node_get_text(n, SV("location"));
        if (in.len == 0)
            in = node_get_text(n, SV("in"));
        if (in.len > 0 && ret_in->len == 0)
            *ret_in = in;
        return ret_name->len > 0;
    }
    return false;
}

// Lists of allowed values that stand as data: Zod's options, Joi's valids, Ajv's allowedValues, Pydantic's permitted.
static const struct node *allowed_of(const struct node *n) {
    static const struct sv keys[] = {SV_INIT("options"),        SV_INIT("valids"),    SV_INIT("allowedValues"),
                                     SV_INIT("allowed_values"), SV_INIT("permitted"), SV_INIT("enum"),
                                     SV_INIT("enum_values"),    SV_INIT("values"),    SV_INIT("choices")};
    static const struct sv holders[] = {SV_INIT("params"), SV_INIT("context"), SV_INIT("ctx"), SV_INIT("constraints")};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const struct node *m = node_get(n, keys[i]);
        if (node_is(m, NODE_ARRAY) && m->first != NULL)
            return m->first;
    }
    for (size_t i = 0; i < sizeof holders / sizeof holders[0]; i++) {
        const struct node *m = node_get(n, holders[i]);
        const struct node *found = m != NULL && m != n ? allowed_of(m) : NULL;
        if (found != NULL)
            return found;
    }
    return NULL;
}

static void take_object(struct reader_state *r, const struct node *n) {
    struct complaint c = {.message = message_of(n)};
    bool placed = place_of(n, &c.name, &c.in);
    // Ajv names a missing member in its parameters only.
    struct sv missing = node_get_text(node_get(n, SV("params")), SV("missingProperty"));
    if (missing.len > 0) {
        c.name = missing;
        placed = true;
    }
    const struct node *allowed = allowed_of(n);
    for (; allowed != NULL && c.allowed.len == 0; allowed = allowed->next)
        if (allowed->kind == NODE_STRING || allowed->kind == NODE_NUMBER)
            c.allowed = allowed->text;
    if (placed && (c.message.len > 0 || c.allowed.len > 0))
        add(r, c);
    else if (!placed && c.message.len > 0)
        add(r, (struct complaint){.message = c.message});
}

static void take_member(struct reader_state *r, const struct node *n) {
    if (n->key.len == 0 || !parameter_named(r->op, n->key))
        return;
    if (n->kind == NODE_STRING)
        add(r, (struct complaint){.name = last_part(n->key), .message = n->text});
    for (const struct node *c = n->kind == NODE_ARRAY ? n->first : NULL; c != NULL; c = c->next)
        if (c->kind == NODE_STRING)
            add(r, (struct complaint){.name = last_part(n->key), .message = c->text});
}

static void walk(struct reader_state *r, const struct node *n, unsigned depth) {
    if (depth > WALK_DEPTH || r->list->len >= COMPLAINTS_MAX)
        return;
    if (n->kind == NODE_OBJECT)
        take_object(r, n);
    for (const struct node *c = n->first; c != NULL && r->nodes < WALK_NODES; c = c->next) {
        r->nodes++;
        if (n->kind == NODE_OBJECT)
            take_member(r, c);
        if (c->kind == NODE_OBJECT || c->kind == NODE_ARRAY)
            walk(r, c, depth + 1);
        else if (c->kind == NODE_STRING && n->kind == NODE_ARRAY && c->text.len > 8)
            add(r, (struct complaint){.message = c->text}); // ["limit must be an integer"]
    }
}

void complaints_read(struct arena *a, const struct exchange *x, const struct operation *op,
                     struct complaint_list *ret) {
    ret->len = 0;
    struct reader_state r = {.a = a, .op = op, .list = ret};
    struct sv body = x->response.body;
    struct node *root = NULL;
    if (node_parse_json(a, body, &node_limits_response, &root, NULL) == 0) {
        if (root->kind == NODE_STRING)
            add(&r, (struct complaint){.message = root->text});
        walk(&r, root, 0);
        return;
    }
    struct sv line;
    body = sv_slice(body, 0, 4000);
    for (unsigned n = 0; n < 20 && sv_split(&body, '\n', &line); n++)
        if (sv_trim(line).len > 0 && sv_trim(line).ptr[0] != '<')
            add(&r, (struct complaint){.message = sv_trim(line)});
}
