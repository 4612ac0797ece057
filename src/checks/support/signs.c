// SPDX-License-Identifier: Apache-2.0
#include "checks/support/signs.h"

#include <stdlib.h>

#include "checks/support/words.h"
#include "http/header.h"

enum { DEPTH_MAX = 16, NODES_MAX = 20000, TEXT_READ = 4096 };

struct reading {
    struct check_run *run;
    struct signs *s;
    uint64_t key;
    unsigned nodes;
    unsigned foreign; // top-level keys that no envelope has
    bool says_error;
    const struct node *owners, *endings, *strong, *persons, *privates, *envelope, *counters, *refusals;
};

static void load_lists(struct reading *r, struct check_run *run) {
    const struct node *access = check_knowledge(run, "access");
    r->run = run;
    r->key = check_key(run);
    r->owners = words_list(access, SV("owner_words"));
    r->endings = words_list(access, SV("owner_endings"));
    r->strong = words_list(access, SV("strong_owner_words"));
    r->persons = words_list(access, SV("person_keys"));
    r->privates = words_list(access, SV("private_keys"));
    r->envelope = words_list(access, SV("envelope_keys"));
    r->counters = words_list(access, SV("counter_keys"));
    r->refusals = words_list(access, SV("refusal_phrases"));
}

static bool is_container(const struct node *n) {
    return n->kind == NODE_OBJECT || n->kind == NODE_ARRAY;
}

// Nothing, empty, or a flag that is off: such a value says nothing about anybody.
static bool is_blank(const struct node *n) {
    if (is_container(n)) return n->first == NULL;
    return n->kind == NODE_NULL || n->text.len == 0 || (n->kind == NODE_BOOL && sv_eq(n->text, SV("false")));
}

static void keep_value(struct reading *r, struct sv value) {
    struct signs *s = r->s;
    uint64_t h = sv_hash(value, r->key, 0x7369676e73);
    for (size_t i = 0; i < s->value_count; i++) {
        if (s->values[i] == h) return;
    }
    if (s->value_count < SIGNS_VALUES_MAX) s->values[s->value_count++] = h;
}

static void keep_node(struct reading *r, const struct node *n, unsigned depth) {
    if (!is_container(n)) {
        if (!is_blank(n)) keep_value(r, n->text);
        return;
    }
    for (const struct node *c = depth < 3 ? n->first : NULL; c != NULL; c = c->next) keep_node(r, c, depth + 1);
}

// Who it belongs to: the value, or the identifiers and names of the object that stands there.
static void keep_owner(struct reading *r, const struct node *n, unsigned depth) {
    if (is_container(n)) {
        for (const struct node *c = depth < 1 ? n->first : NULL; c != NULL; c = c->next) {
            if (!is_container(c) && (sv_eq_nocase(c->key, SV("id")) || sv_eq_nocase(c->key, SV("uuid")) || sv_eq_nocase(c->key, SV("_id")))) keep_owner(r, c, depth + 1);
        }
        return;
    }
    if (is_blank(n)) return;
    struct signs *s = r->s;
    uint64_t h = sv_hash(n->text, r->key, 0x6f776e6572);
    for (size_t i = 0; i < s->owner_count; i++) {
        if (s->owner_values[i] == h) return;
    }
    if (s->owner_count < SIGNS_OWNERS_MAX) s->owner_values[s->owner_count++] = h;
}

static void read_key(struct reading *r, const struct node *n) {
    struct word w = word_of(n->key);
    if (w.len == 0 || is_blank(n)) return;
    struct signs *s = r->s;
    // A list of users is no owner; one user inside of an order is.
    bool owner = n->kind != NODE_ARRAY && n->kind != NODE_BOOL && words_have_with_ending(r->owners, r->endings, &w);
    bool is_private = words_have(r->privates, &w);
    s->owners += owner;
    s->strong_owners += owner && words_have_with_ending(r->strong, r->endings, &w);
    s->persons += words_have(r->persons, &w);
    s->privates += is_private;
    if (owner || is_private) keep_node(r, n, 0);
    if (owner) keep_owner(r, n, 0);
}

static void count_leaf(struct reading *r, const struct node *n, const struct word *key) {
    if (is_blank(n) || words_have(r->counters, key)) return;
    r->s->leaves++;
    if (!words_have(r->envelope, key)) r->s->content++;
}

static void read_node(struct reading *r, const struct node *n, struct sv key, unsigned depth) {
    if (depth > DEPTH_MAX || r->nodes++ > NODES_MAX) return;
    if (n->key.len > 0) {
        read_key(r, n);
        key = n->key;
    }
    if (!is_container(n)) {
        struct word w = word_of(key);
        count_leaf(r, n, &w);
        return;
    }
    for (const struct node *c = n->first; c != NULL; c = c->next) read_node(r, c, n->kind == NODE_ARRAY ? SV_NONE : key, depth + 1);
}

static bool is_error_status(const struct node *n) {
    double number = 0;
    return n->kind == NODE_NUMBER && node_to_double(n, &number) == 0 && number >= 400 && number < 600;
}

static bool is_error_member(const struct node *n, struct sv name) {
    if (sv_eq(name, SV("error")) || sv_eq(name, SV("errors"))) return !is_blank(n);
    if (sv_eq(name, SV("success")) || sv_eq(name, SV("ok"))) return n->kind == NODE_BOOL && is_blank(n);
    if (sv_eq(name, SV("statuscode")) || sv_eq(name, SV("code"))) return is_error_status(n);
    if (!sv_eq(name, SV("status")) && !sv_eq(name, SV("result"))) return false;
    bool says = n->kind == NODE_STRING && (sv_starts_with_nocase(n->text, SV("error")) || sv_starts_with_nocase(n->text, SV("fail")));
    return says || is_error_status(n);
}

static bool refuses_in_words(const struct reading *r, const struct node *n) {
    if (n->kind == NODE_STRING) return words_in_text(r->refusals, sv_slice(n->text, 0, TEXT_READ));
    unsigned seen = 0;
    for (const struct node *c = n->kind == NODE_OBJECT ? n->first : NULL; c != NULL && seen < 12; c = c->next, seen++) {
        if (c->kind == NODE_STRING && words_in_text(r->refusals, sv_slice(c->text, 0, TEXT_READ))) return true;
    }
    return false;
}

// An error in a 200: an object with nothing but envelope keys, one of which says that it went wrong or refuses.
static void read_envelope(struct reading *r, const struct node *root) {
    bool refuses = false;
    for (const struct node *n = node_is(root, NODE_OBJECT) ? root->first : NULL; n != NULL; n = n->next) {
        struct word w = word_of(n->key);
        struct sv name = sv_make(w.text, w.len);
        bool envelope = words_have(r->envelope, &w) && !sv_eq(name, SV("data"));
        r->foreign += !envelope && !is_blank(n);
        r->says_error = r->says_error || is_error_member(n, name);
        refuses = refuses || refuses_in_words(r, n);
    }
    r->s->refusal = r->foreign == 0 && (r->says_error || refuses);
}

static bool is_sign_in_page(struct sv body) {
    return sv_contains_nocase(body, SV("type=\"password\"")) || sv_contains_nocase(body, SV("type='password'")) ||
           sv_contains_nocase(body, SV("type=password"));
}

static void read_text(struct reading *r, struct sv body, bool html) {
    r->s->leaves = r->s->content = body.len > 0;
    r->s->refusal = html ? is_sign_in_page(body) : body.len < 400 && words_in_text(r->refusals, body);
}

static int read_body(struct reading *r, struct arena *a, const struct exchange *x, struct error *err) {
    struct sv body = sv_trim(x->response.body);
    struct sv type = media_type_essence(a, header_find(&x->response.headers, SV("Content-Type")));
    bool html = sv_eq(type, SV("text/html")) || sv_starts_with_nocase(body, SV("<!doctype html")) || sv_starts_with_nocase(body, SV("<html"));
    struct node *root = NULL;
    bool json = body.len > 0 && !html && (memchr("{[\"", body.ptr[0], 3) != NULL || media_type_is_json(type));
    int code = json ? node_parse_json(a, body, &node_limits_response, &root, NULL) : ERR_SYNTAX;
    if (code == -ENOMEM) return error_nomem(err);
    if (code != 0) {
        read_text(r, body, html);
        return 0;
    }
    read_envelope(r, root);
    read_node(r, root, SV_NONE, 0);
    return 0;
}

static bool is_first(const struct exchange *x, size_t i) {
    for (size_t k = 0; k < i; k++) {
        if (sv_eq(x->hits[k].placeholder, x->hits[i].placeholder) && sv_starts_with(x->hits[k].location, SV("body"))) return false;
    }
    return true;
}

static bool is_contact_class(const struct node *contacts, struct sv class_id) {
    for (const struct node *n = contacts == NULL ? NULL : contacts->first; n != NULL; n = n->next) {
        if (sv_eq(n->text, class_id)) return true;
    }
    return false;
}

// What the caller sent himself is no news to him.
static bool was_sent(const struct exchange *x, struct sv placeholder) {
    return placeholder.len > 0 && (sv_contains(x->request.target, placeholder) || sv_contains(x->request.body, placeholder));
}

static void read_hits(struct reading *r, const struct exchange *x) {
    const struct node *contacts = words_list(check_knowledge(r->run, "access"), SV("contact_classes"));
    for (size_t i = 0; i < x->hit_count; i++) {
        const struct sensitive_hit *h = &x->hits[i];
        if (h->validated == 0 || !sv_starts_with(h->location, SV("body")) || !is_first(x, i) || was_sent(x, h->placeholder)) continue;
        const struct pattern *p = match_find_pattern(check_patterns(r->run), h->class_id);
        bool contact = is_contact_class(contacts, h->class_id);
        if (p == NULL || (h->is_example && !contact)) continue;
        bool secret = sv_eq(p->severity, SV("secret")), personal = sv_eq(p->severity, SV("personal"));
        r->s->contacts += contact;
        r->s->secrets += secret && !contact;
        r->s->personal += personal && !contact;
        if (secret || personal) keep_value(r, h->placeholder);
    }
}

static bool is_from_cache(const struct exchange *x) {
    const struct header_list *h = &x->response.headers;
    struct sv age = sv_trim(header_find(h, SV("Age")));
    if (age.len > 0 && !sv_eq(age, SV("0"))) return true;
    static const struct sv names[] = {SV_INIT("X-Cache"), SV_INIT("CF-Cache-Status"), SV_INIT("X-Cache-Status"), SV_INIT("X-Proxy-Cache")};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (sv_starts_with_nocase(sv_trim(header_find(h, names[i])), SV("hit"))) return true;
    }
    return false;
}

static int compare_hashes(const void *x, const void *y) {
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return a < b ? -1 : a > b;
}

int signs_read(struct check_run *run, struct arena *a, const struct exchange *x, struct signs *ret, struct error *err) {
    *ret = (struct signs){0};
    if (!exchange_answered(x)) return 0;
    struct reading r = {.s = ret};
    load_lists(&r, run);
    int code = read_body(&r, a, x, err);
    if (code != 0) return code;
    read_hits(&r, x);
    qsort(ret->values, ret->value_count, sizeof ret->values[0], compare_hashes);
    ret->cached = is_from_cache(x);
    unsigned status = x->response.status;
    ret->good = status >= 200 && status < 300 && status != 204 && !ret->refusal && ret->leaves > 0;
    const struct node *table = ret->good ? check_knowledge(run, "management") : NULL;
    if (table != NULL) ret->management = management_class(a, table, x);
    return 0;
}

bool signs_are_sensitive(const struct signs *s) {
    bool about_person = s->owners > 0 || s->persons > 0;
    return s->secrets > 0 || s->personal > 0 || ((s->contacts > 0 || s->privates > 0) && about_person);
}

bool signs_are_private(struct check_run *run, const struct signs *s, struct sv path) {
    if (signs_are_sensitive(s)) return true;
    const struct node *access = check_knowledge(run, "access");
    bool about_party = words_in_path(words_list(access, SV("private_entities")), path);
    bool about_person = words_in_path(words_list(access, SV("person_entities")), path);
    if (about_person && (s->contacts > 0 || s->privates > 0)) return true;
    // One private word alone may be the house's own ("street" beside opening hours); a mail address or a number is somebody's.
    if (about_party && (s->contacts > 0 || s->privates > 1)) return true;
    return s->owners > 0 && (s->strong_owners > 0 || about_party);
}

static bool has_value(const struct signs *s, uint64_t v) {
    return bsearch(&v, s->values, s->value_count, sizeof v, compare_hashes) != NULL;
}

static bool has_own(const struct signs *x, const struct signs *y) {
    for (size_t i = 0; i < x->value_count; i++) {
        if (!has_value(y, x->values[i])) return true;
    }
    return false;
}

bool signs_differ(const struct signs *x, const struct signs *y) {
    return has_own(x, y) && has_own(y, x);
}

bool signs_share(const struct signs *x, const struct signs *y) {
    for (size_t i = 0; i < x->value_count; i++) {
        if (has_value(y, x->values[i])) return true;
    }
    return false;
}

bool signs_owners_differ(const struct signs *x, const struct signs *y) {
    for (size_t i = 0; i < x->owner_count; i++) {
        for (size_t k = 0; k < y->owner_count; k++) {
            if (x->owner_values[i] == y->owner_values[k]) return false;
        }
    }
    return x->owner_count > 0 && y->owner_count > 0;
}

uint64_t signs_owner_hash(const struct check_run *run, struct sv text) {
    return sv_hash(text, check_key(run), 0x6f776e6572);
}

enum impact signs_impact(const struct signs *s, bool is_private, enum impact floor) {
    enum impact impact = floor;
    if (s->management.ptr != NULL && impact < IMPACT_ADMIN) impact = IMPACT_ADMIN;
    if (is_private && impact < IMPACT_PERSONAL) impact = IMPACT_PERSONAL;
    if (s->secrets > 0 && impact < IMPACT_SECRET) impact = IMPACT_SECRET;
    return impact;
}
