// SPDX-License-Identifier: Apache-2.0
#include "checks/support/identities.h"

#include "checks/support/words.h"

enum { IDENTITIES_MAX = 32, ROLE_DEPTH = 4 };

static const struct node *list(struct check_run *run, struct sv id) {
    return words_list(check_knowledge(run, "access"), id);
}

// "ROLE_ADMIN", "Administrator", "users:admin": the whole text, or one of its words.
static bool text_is_privileged(const struct node *roles, struct sv text) {
    struct word whole = word_of(text);
    if (words_have(roles, &whole)) return true;
    for (size_t at = 0; at < text.len && text.len <= 64;) {
        size_t end = at;
        while (end < text.len && memchr("_-:. /", text.ptr[end], 6) == NULL) end++;
        struct word part = word_of(sv_slice(text, at, end));
        if (words_have(roles, &part)) return true;
        at = end + 1;
    }
    return false;
}

static bool value_is_privileged(const struct node *roles, const struct node *n) {
    if (n->kind == NODE_STRING) return text_is_privileged(roles, n->text);
    for (const struct node *c = n->kind == NODE_ARRAY ? n->first : NULL; c != NULL; c = c->next) {
        if (c->kind == NODE_STRING && text_is_privileged(roles, c->text)) return true;
        const struct node *name = node_get(c, SV("name"));
        if (name != NULL && name->kind == NODE_STRING && text_is_privileged(roles, name->text)) return true;
    }
    return false;
}

static bool node_says_privileged(struct check_run *run, const struct node *n, unsigned depth) {
    const struct node *roles = list(run, SV("privileged_roles")), *keys = list(run, SV("role_keys"));
    for (const struct node *c = node_is(n, NODE_OBJECT) ? n->first : NULL; c != NULL; c = c->next) {
        struct word w = word_of(c->key);
        if (c->kind == NODE_BOOL && sv_eq(c->text, SV("true")) && words_have(roles, &w)) return true;
        if (words_have(keys, &w) && value_is_privileged(roles, c)) return true;
        if (c->kind == NODE_OBJECT && depth < ROLE_DEPTH && node_says_privileged(run, c, depth + 1)) return true;
    }
    return false;
}

// What the service says about the caller, in an answer that is about the caller alone.
static bool says_privileged(struct check_run *run, size_t identity) {
    const struct api *api = check_api(run);
    const struct node *callers = list(run, SV("caller_segments"));
    for (size_t i = 0; i < api->operation_count; i++) {
        const struct operation *op = api->operations[i];
        const struct baseline *b = check_baseline(run, op, identity);
        if (b->state != BASELINE_GOOD || b->answer == NULL || sv_find_char(op->path, '{') != SIZE_MAX || !words_in_path(callers, op->path)) continue;
        auto_arena a = {.limit = (size_t)16 << 20};
        struct node *root = NULL;
        if (node_parse_json(&a, b->answer->response.body, &node_limits_response, &root, NULL) != 0) continue;
        if (node_says_privileged(run, root, 0)) return true;
    }
    return false;
}

// Operations that name no object: where one is let in and the other one refused.
static unsigned count_ahead(struct check_run *run, size_t x, size_t y) {
    const struct api *api = check_api(run);
    unsigned ahead = 0;
    for (size_t i = 0; i < api->operation_count; i++) {
        const struct operation *op = api->operations[i];
        if (sv_find_char(op->path, '{') != SIZE_MAX) continue;
        ahead += check_baseline(run, op, x)->state == BASELINE_GOOD && check_baseline(run, op, y)->state == BASELINE_REFUSED;
    }
    return ahead;
}

static bool is_ahead_of_another(struct check_run *run, size_t identity) {
    bool ahead = false;
    for (size_t k = 1; k < check_identity_count(run) && k < IDENTITIES_MAX; k++) {
        if (k == identity || check_identity_state(run, k) == IDENTITY_DEAD) continue;
        if (count_ahead(run, k, identity) > 0) return false;
        ahead = ahead || count_ahead(run, identity, k) > 0;
    }
    return ahead;
}

bool identity_is_privileged(struct check_run *run, size_t identity) {
    if (identity == 0) return false;
    const struct principal *p = check_identity(run, identity);
    const struct node *roles = list(run, SV("privileged_roles"));
    if (p->role.len > 0) return text_is_privileged(roles, p->role);
    return text_is_privileged(roles, p->name) || says_privileged(run, identity) || is_ahead_of_another(run, identity);
}

bool identity_is_ordinary(struct check_run *run, size_t identity) {
    return identity > 0 && check_identity_state(run, identity) != IDENTITY_DEAD && !identity_is_privileged(run, identity);
}

bool identity_tenants_differ(const struct check_run *run, size_t a, size_t b) {
    struct sv x = check_identity(run, a)->tenant, y = check_identity(run, b)->tenant;
    return x.len > 0 && y.len > 0 && !sv_eq(x, y);
}

static bool same_class(const struct check_run *run, size_t x, size_t y) {
    const struct principal *p = check_identity(run, x), *q = check_identity(run, y);
    return sv_eq(p->role, q->role) && sv_eq(p->tenant, q->tenant);
}

// Is there a pair of the same two classes already?
static bool is_covered(const struct check_run *run, const struct identity_pair *pairs, size_t count, size_t a, size_t b) {
    for (size_t i = 0; i < count; i++) {
        bool straight = same_class(run, pairs[i].a, a) && same_class(run, pairs[i].b, b);
        if (straight || (same_class(run, pairs[i].a, b) && same_class(run, pairs[i].b, a))) return true;
    }
    return false;
}

size_t identity_pairs(struct check_run *run, struct identity_pair ret[IDENTITY_PAIRS_MAX]) {
    size_t all = check_identity_count(run) < IDENTITIES_MAX ? check_identity_count(run) : IDENTITIES_MAX, count = 0;
    bool ordinary[IDENTITIES_MAX] = {false};
    for (size_t i = 1; i < all; i++) ordinary[i] = identity_is_ordinary(run, i);
    for (int other_tenants = 1; other_tenants >= 0; other_tenants--) {
        for (size_t a = 1; a < all; a++) {
            for (size_t b = a + 1; b < all && count < IDENTITY_PAIRS_MAX; b++) {
                if (!ordinary[a] || !ordinary[b] || identity_tenants_differ(run, a, b) != (other_tenants == 1)) continue;
                if (!is_covered(run, ret, count, a, b)) ret[count++] = (struct identity_pair){(uint16_t)a, (uint16_t)b};
            }
        }
    }
    return count;
}
