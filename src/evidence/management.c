// SPDX-License-Identifier: Apache-2.0
/*
 * Management classes (data/management.yaml): is this answer something that only who runs the service should see? A rule
 * asks for key groups that stand together in one object, in enough objects, with telling values; or for keys of one
 * shape; or for literal texts and log lines. All conditions of a rule must be met; a class needs one of its rules.
 */
#include "data/node.h"
#include "evidence/entity_internal.h"
#include "evidence/oracle.h"

#define DEPTH_MAX 24
#define NODES_MAX 50000
#define LINES_MAX 2000

struct rule {
    const struct node *keys;   // array of groups; a group is an array of names, one of which must be there
    const struct node *values; // key -> array of texts, one of which must be the key's value (array: one element's)
    int64_t min_objects;
    int64_t env_keys; // an object with at least so many KEYS_LIKE_THIS and none of another form
};
struct search {
    const struct rule *rule;
    int64_t objects;
    bool env_found;
    size_t nodes;
};

static int64_t number_of(const struct node *n, struct sv key, int64_t otherwise) {
    int64_t value = otherwise;
    return node_to_i64(node_get(n, key), &value) == 0 ? value : otherwise;
}

// Keys are compared as words: "lastLogin", "last_login", "last-login"; singular, so "role" finds "roles".
static const struct node *member(const struct node *object, struct sv name) {
    for (const struct node *m = object->first; m != NULL; m = m->next) {
        struct entity_name word = entity_name_of(m->key);
        if (sv_eq(entity_name_sv(&word), name))
            return m;
    }
    return NULL;
}

static bool has_groups(const struct node *object, const struct node *groups) {
    for (const struct node *g = groups->first; g != NULL; g = g->next) {
        bool found = false;
        for (const struct node *name = g->first; name != NULL && !found; name = name->next)
            found = member(object, name->text) != NULL;
        if (!found)
            return false;
    }
    return true;
}

static bool is_text_of(const struct node *n, const struct node *texts) {
    if (n == NULL)
        return false;
    if (n->kind == NODE_ARRAY) {
        for (const struct node *e = n->first; e != NULL; e = e->next)
            if (e->kind != NODE_ARRAY && is_text_of(e, texts))
                return true;
        return false;
    }
    if (n->kind != NODE_STRING)
        return false;
    for (const struct node *t = texts->first; t != NULL; t = t->next)
        if (sv_eq_nocase(n->text, t->text))
            return true;
    return false;
}

static bool has_values(const struct node *object, const struct node *values) {
    for (const struct node *v = values == NULL ? NULL : values->first; v != NULL; v = v->next)
        if (!is_text_of(member(object, v->key), v))
            return false;
    return true;
}

static bool is_env_name(struct sv key) {
    bool letter = false;
    for (size_t i = 0; i < key.len; i++) {
        char c = key.ptr[i];
        letter = letter || (c >= 'A' && c <= 'Z');
        if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '_')
            return false;
    }
    return letter && key.len >= 2;
}

static bool is_environment(const struct node *object, int64_t min) {
    int64_t count = 0, underscores = 0;
    for (const struct node *m = object->first; m != NULL; m = m->next, count++) {
        if (!is_env_name(m->key) || m->kind == NODE_OBJECT || m->kind == NODE_ARRAY)
            return false;
        underscores += sv_find_char(m->key, '_') != SIZE_MAX;
    }
    return count >= min && underscores >= min / 2;
}

static void search_node(struct search *s, const struct node *n, int depth) {
    if (depth > DEPTH_MAX || s->nodes++ > NODES_MAX)
        return;
    if (n->kind == NODE_OBJECT) {
        if (s->rule->keys != NULL && has_groups(n, s->rule->keys) && has_values(n, s->rule->values))
            s->objects++;
        if (s->rule->env_keys > 0 && is_environment(n, s->rule->env_keys))
            s->env_found = true;
    }
    if (n->kind == NODE_OBJECT || n->kind == NODE_ARRAY)
        for (const struct node *child = n->first; child != NULL; child = child->next)
            search_node(s, child, depth + 1);
}

static bool json_rule_holds(const struct node *rule, const struct node *body) {
    struct rule r = {.keys = node_get(rule, SV("keys")),
                     .values = node_get(rule, SV("values")),
                     .min_objects = number_of(rule, SV("min_objects"), 1),
                     .env_keys = number_of(rule, SV("env_keys"), 0)};
    if (body == NULL || (r.keys == NULL && r.env_keys == 0))
        return false;
    struct search s = {.rule = &r};
    search_node(&s, body, 0);
    return (r.keys == NULL || s.objects >= r.min_objects) && (r.env_keys == 0 || s.env_found);
}

// "2024-05-01 10:00:00 INFO …": a clock and a level in one line.
static bool is_log_line(struct sv line) {
    static const struct sv levels[] = {SV_INIT("INFO"),   SV_INIT("WARN"),    SV_INIT("ERROR"),
                                       SV_INIT("DEBUG"),  SV_INIT("FATAL"),   SV_INIT("TRACE"),
                                       SV_INIT("[info]"), SV_INIT("[error]"), SV_INIT("level=")};
    bool level = false, clock = false;
    for (size_t i = 0; i < sizeof levels / sizeof *levels && !level; i++)
        level = sv_contains(line, levels[i]);
    for (size_t i = 2; level && i + 2 < line.len && !clock; i++)
        clock = line.ptr[i] == ':' && sv_is_digits(sv_slice(line, i - 2, i)) &&
                sv_is_digits(sv_slice(line, i + 1, i + 3));
    return clock;
}

static int64_t count_log_lines(struct sv body) {
    int64_t count = 0;
    struct sv rest = body, line;
    for (int i = 0; i < LINES_MAX && sv_split(&rest, '\n', &line); i++)
        count += is_log_line(sv_slice(line, 0, 400));
    return count;
}

static int64_t count_env_lines(struct sv body) {
    int64_t count = 0;
    struct sv rest = body, line;
    for (int i = 0; i < LINES_MAX && sv_split(&rest, '\n', &line); i++) {
        size_t eq = sv_find_char(line, '=');
        count += eq != SIZE_MAX && eq < 80 && is_env_name(sv_slice(line, 0, eq)) && sv_find_char(line, '_') < eq;
    }
    return count;
}

static bool text_rule_holds(const struct node *rule, struct sv body) {
    const struct node *texts = node_get(rule, SV("texts"));
    int64_t log_lines = number_of(rule, SV("log_lines"), 0), env_lines = number_of(rule, SV("env_lines"), 0);
    if (texts == NULL && log_lines == 0 && env_lines == 0)
        return false;
    for (const struct node *t = texts == NULL ? NULL : texts->first; t != NULL; t = t->next)
        if (!sv_contains(body, t->text))
            return false;
    return (log_lines == 0 || count_log_lines(body) >= log_lines) &&
           (env_lines == 0 || count_env_lines(body) >= env_lines);
}

struct sv management_class(struct arena *a, const struct node *table, const struct exchange *x) {
    if (!exchange_answered(x) || x->response.status < 200 || x->response.status >= 300 || x->response.body.len == 0)
        return SV_NONE;
    struct arena_mark mark = arena_mark(a);
    struct node *body = NULL;
    if (node_parse_json(a, x->response.body, &node_limits_response, &body, NULL) != 0)
        body = NULL;
    struct sv id = SV_NONE;
    const struct node *classes = node_get(table, SV("classes"));
    for (const struct node *c = classes == NULL ? NULL : classes->first; c != NULL && id.ptr == NULL; c = c->next) {
        const struct node *rules = node_get(c, SV("rules"));
        for (const struct node *rule = rules == NULL ? NULL : rules->first; rule != NULL && id.ptr == NULL;
             rule = rule->next)
            if (json_rule_holds(rule, body) || text_rule_holds(rule, x->response.body))
                id = node_get_text(c, SV("id"));
    }
    arena_rewind(a, mark);
    return id;
}
