// SPDX-License-Identifier: Apache-2.0
#include "checks/support/privilege.h"

#include "checks/support/json_object.h"
#include "checks/support/words.h"

enum { SEEN_MAX = 16, DEPTH_MAX = 8, ANSWERS_MAX = 300, FAR = 900000 };

// Texts that stand under a key somewhere.
struct seen {
    struct arena *a;
    struct sv key, current;
    struct sv texts[SEEN_MAX];
    size_t count;
};

enum privilege privilege_of(struct check_run *run, struct sv key) {
    const struct node *lists = check_knowledge(run, "property");
    struct word w = word_of(key);
    if (words_have(words_list(lists, SV("owner_keys")), &w)) return PRIVILEGE_NONE; // given away, it could not be taken back
    if (words_have(words_list(lists, SV("strong_privilege_keys")), &w)) return PRIVILEGE_STRONG;
    if (words_have(words_list(lists, SV("privilege_keys")), &w)) return PRIVILEGE_WEAK;
    return words_have(words_list(lists, SV("state_keys")), &w) ? PRIVILEGE_STATE : PRIVILEGE_NONE;
}

static void add_text(struct seen *s, struct sv text) {
    if (text.len == 0 || text.len > 60 || sv_eq(text, s->current) || sv_contains(text, SV("{{")) || s->count >= SEEN_MAX) return;
    for (size_t i = 0; i < s->count; i++) {
        if (sv_eq(s->texts[i], text)) return;
    }
    struct sv copy = arena_copy_sv(s->a, text);
    if (copy.ptr != NULL) s->texts[s->count++] = copy;
}

static void add_value(struct seen *s, const struct node *n) {
    if (n->kind == NODE_STRING) add_text(s, n->text);
    for (const struct node *c = n->kind == NODE_ARRAY ? n->first : NULL; c != NULL; c = c->next) {
        if (c->kind == NODE_STRING) add_text(s, c->text);
    }
}

static void collect(struct seen *s, const struct node *n, unsigned depth) {
    if (depth > DEPTH_MAX) return;
    if (n->kind == NODE_OBJECT) {
        for (const struct node *c = n->first; c != NULL; c = c->next) {
            if (sv_eq(c->key, s->key)) add_value(s, c);
        }
    }
    for (const struct node *c = n->kind == NODE_OBJECT || n->kind == NODE_ARRAY ? n->first : NULL; c != NULL; c = c->next) collect(s, c, depth + 1);
}

static void collect_enums(struct seen *s, const struct schema *schema, unsigned depth) {
    for (size_t i = 0; schema != NULL && depth < 4 && i < schema->property_count; i++) {
        const struct schema_property *p = &schema->properties[i];
        const struct schema *of = p->schema->items != NULL ? p->schema->items : p->schema;
        for (size_t k = 0; sv_eq(p->name, s->key) && k < of->enum_count; k++) {
            struct sv json = of->enums[k];
            if (json.len > 2 && json.ptr[0] == '"') add_text(s, sv_slice(json, 1, json.len - 1));
        }
        collect_enums(s, p->schema, depth + 1);
    }
    if (schema != NULL && schema->items != NULL && depth < 4) collect_enums(s, schema->items, depth + 1);
}

static void collect_answers(struct check_run *run, struct seen *s) {
    const struct api *api = check_api(run);
    unsigned looked = 0;
    for (size_t i = 0; i < api->operation_count; i++) {
        for (size_t k = check_identity_count(run); k-- > 0 && looked < ANSWERS_MAX;) {
            const struct baseline *b = check_baseline(run, api->operations[i], k);
            if (b->state != BASELINE_GOOD || b->answer == NULL || !sv_contains(b->answer->response.body, s->key)) continue;
            auto_arena a = {.limit = (size_t)16 << 20};
            struct node *root = NULL;
            looked++;
            if (node_parse_json(&a, b->answer->response.body, &node_limits_response, &root, NULL) == 0) collect(s, root, 0);
        }
    }
}

// A role that grants more than the present one comes first.
static struct sv best_text(struct check_run *run, const struct seen *s) {
    const struct node *roles = words_list(check_knowledge(run, "access"), SV("privileged_roles"));
    for (size_t i = 0; i < s->count; i++) {
        struct word w = word_of(s->texts[i]);
        if (words_have(roles, &w)) return s->texts[i];
    }
    if (s->count > 0) return s->texts[0];
    struct word key = word_of(s->key);
    return words_have(words_list(check_knowledge(run, "access"), SV("role_keys")), &key) && !sv_eq(s->current, SV("admin")) ? SV("admin") : SV_NONE;
}

static struct sv other_text(struct check_run *run, struct arena *a, const struct operation *write, const struct operation *read, struct sv key, struct sv current) {
    struct seen s = {.a = a, .key = key, .current = current};
    collect_enums(&s, write->body_schema, 0);
    for (size_t i = 0; read != NULL && i < read->response_count; i++) collect_enums(&s, read->responses[i].schema, 0);
    collect_answers(run, &s);
    return best_text(run, &s);
}

static bool is_step(struct sv key) {
    return sv_contains_nocase(key, SV("level")) || sv_contains_nocase(key, SV("tier")) || sv_contains_nocase(key, SV("role")) || sv_contains_nocase(key, SV("type"));
}

static struct sv other_number(struct check_run *run, struct arena *a, const struct node *current) {
    double now = 0;
    if (node_to_double(current, &now) != 0 || !(now > -1e9 && now < 1e9)) return SV_NONE;
    if (is_step(current->key)) return arena_printf(a, "%lld", (long long)now + 1);
    if (sv_contains_nocase(current->key, SV("discount"))) return arena_printf(a, "%u", (unsigned)(1 + ((unsigned)(now < 0 ? 0 : now) + rng_below(check_rng(run), 96)) % 97));
    return arena_printf(a, "%lld", (long long)now + (long long)rng_between(check_rng(run), 1000, FAR));
}

static struct sv other_list(struct check_run *run, struct arena *a, const struct operation *write, const struct operation *read, const struct node *current) {
    struct sv first = current->first != NULL && current->first->kind == NODE_STRING ? current->first->text : SV_NONE;
    if (current->count > 0 && first.ptr == NULL) return SV_NONE;
    struct sv more = other_text(run, a, write, read, current->key, first), whole = json_text_of(a, current);
    for (const struct node *n = current->first; n != NULL; n = n->next) {
        if (more.ptr != NULL && sv_eq(n->text, more)) return SV_NONE;
    }
    if (more.ptr == NULL || whole.ptr == NULL) return SV_NONE;
    struct sv quoted = json_quoted(a, more), head = sv_slice(whole, 0, whole.len - 1);
    return quoted.ptr == NULL ? SV_NONE : arena_printf(a, SV_FMT "%s" SV_FMT "]", SV_ARG(head), current->count > 0 ? "," : "", SV_ARG(quoted));
}

struct sv privilege_value(struct check_run *run, struct arena *a, const struct operation *write, const struct operation *read, const struct node *current) {
    switch (current->kind) {
    case NODE_BOOL:
        return sv_eq(current->text, SV("false")) ? SV("true") : SV_NONE; // what is granted already is not taken away
    case NODE_NUMBER:
        return other_number(run, a, current);
    case NODE_STRING: {
        struct sv text = sv_contains(current->text, SV("{{")) ? SV_NONE : other_text(run, a, write, read, current->key, current->text);
        return text.ptr == NULL ? SV_NONE : json_quoted(a, text);
    }
    case NODE_ARRAY:
        return other_list(run, a, write, read, current);
    case NODE_NULL:
    case NODE_OBJECT:
        break;
    }
    return SV_NONE;
}
