// SPDX-License-Identifier: Apache-2.0
#include "checks/support/properties.h"

#include <errno.h>

#include "checks/support/exposure.h"
#include "checks/support/words.h"

enum { DEPTH_MAX = 12, NODES_MAX = 20000 };

struct reading {
    struct check_run *run;
    const struct exchange *x;
    const struct node *credentials, *passwords, *economic, *notes, *flags, *parts, *published, *personal, *records, *person_keys;
    struct properties *found;
    unsigned nodes;
    bool about_people; // the path says that the answer is about people
};

// Where in the answer we are.
struct place {
    const struct schema *level;
    bool part;   // a person that an answer about something else names
    bool published; // … whom others are meant to reach: a seller, a host
    bool record; // the record of a person
};

static bool is_text_blank(struct sv text) {
    size_t marks = 0;
    for (size_t i = 0; i < text.len; i++) marks += memchr("*xX.-_ ", text.ptr[i], 7) != NULL;
    if (marks == text.len || sv_contains(text, SV("***")) || sv_starts_with(text, SV("\xe2\x80\xa2"))) return true;
    return sv_contains_nocase(text, SV("redacted")) || sv_contains_nocase(text, SV("hidden")) || sv_contains_nocase(text, SV("masked"));
}

// Drawn rather than written: long, no spaces, many different characters of two classes.
bool property_looks_drawn(struct sv text) {
    if (text.len < 12 || text.len > 512) return false;
    bool seen[256] = {false};
    unsigned distinct = 0, digits = 0, letters = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= ' ' || c >= 0x7f) return false;
        char l = sv_lower_char((char)c);
        digits += c >= '0' && c <= '9';
        letters += l >= 'a' && l <= 'z';
        distinct += !seen[c];
        seen[c] = true;
    }
    return distinct >= 8 && digits >= 2 && letters >= 2;
}

// A value that the redaction pass replaced and that another check tells of whoever sees it.
static bool is_told_elsewhere(const struct reading *r, struct sv text) {
    for (size_t i = 0; i < r->x->hit_count; i++) {
        const struct sensitive_hit *h = &r->x->hits[i];
        if (!sv_eq(h->placeholder, text)) continue;
        struct exposure_group g = exposure_group_of(r->run, h->class_id);
        if (g.kind == EXPOSURE_SECRET && g.always) return true;
    }
    return false;
}

// "supplier_api_key", "smtpPassword": a name that ends so, with a drawn value.
static bool ends_as_credential(const struct word *key) {
    static const struct sv ends[] = {SV_INIT("apikey"), SV_INIT("apisecret"), SV_INIT("secretkey"), SV_INIT("password"), SV_INIT("passwordhash"), SV_INIT("privatekey"), SV_INIT("clientsecret")};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (sv_ends_with(sv_make(key->text, key->len), ends[i])) return true;
    }
    return false;
}

// The only identity of the scan is shown the credential that it came with.
static bool is_own_credential(const struct reading *r, struct sv text) {
    return r->x->identity != 0 && check_identity_count(r->run) == 2 && sv_starts_with(text, SV("{{identity:"));
}

static bool is_credential(const struct reading *r, const struct node *n, const struct word *key) {
    bool listed = words_have(r->credentials, key);
    if (!(listed || ends_as_credential(key)) || n->kind != NODE_STRING || is_text_blank(n->text) || is_told_elsewhere(r, n->text)) return false;
    if (is_own_credential(r, n->text)) return false;
    if (!listed) return property_looks_drawn(n->text);
    if (sv_starts_with(n->text, SV("{{")) || words_have(r->passwords, key)) return n->text.len >= 3;
    return property_looks_drawn(n->text);
}

static bool is_number(const struct node *n) {
    double value = 0;
    if (n->kind == NODE_NUMBER) return node_to_double(n, &value) == 0 && (value > 1e-9 || value < -1e-9);
    if (n->kind != NODE_STRING || n->text.len == 0 || n->text.len > 12) return false;
    for (size_t i = 0; i < n->text.len; i++) {
        if ((n->text.ptr[i] < '0' || n->text.ptr[i] > '9') && n->text.ptr[i] != '.') return false;
    }
    return true;
}

static const struct schema *property_of(const struct schema *level, struct sv key) {
    for (size_t i = 0; level != NULL && i < level->property_count; i++) {
        if (sv_eq(level->properties[i].name, key)) return level->properties[i].schema;
    }
    return NULL;
}

// Does the description say which properties there are?
static bool is_described(const struct schema *level) {
    return level != NULL && (level->property_count > 0 || level->closed);
}

static void note(struct reading *r, enum property_kind kind, const struct node *n, const struct place *at) {
    struct property_sight *s = &r->found->sights[kind];
    bool known = is_described(at->level), documented = known && property_of(at->level, n->key) != NULL;
    if (documented && kind != PROPERTY_CREDENTIAL && kind != PROPERTY_WRITE_ONLY) return;
    if (s->count++ == 0) {
        s->key = n->key;
        s->known = known;
        s->undocumented = known && !documented;
        s->closed = known && at->level->closed;
        s->about_person = at->record || at->part;
        s->recognised = sv_starts_with(n->text, SV("{{"));
    }
    uint64_t h = sv_hash(n->text, check_key(r->run), 0x70726f70);
    for (unsigned i = 0; i < s->distinct; i++) {
        if (s->values[i] == h) return;
    }
    if (s->distinct < PROPERTY_PEOPLE_MAX) s->values[s->distinct++] = h;
}

static bool has_price(const struct node *object) {
    for (const struct node *n = object->first; n != NULL; n = n->next) {
        if (sv_contains_nocase(n->key, SV("price")) && is_number(n)) return true;
    }
    return false;
}

static bool is_economic(const struct reading *r, const struct node *object, const struct node *n, const struct word *w) {
    if (!is_number(n) || !words_have(r->economic, w)) return false;
    return !sv_eq(sv_make(w->text, w->len), SV("cost")) || has_price(object);
}

static bool is_write_only(const struct reading *r, const struct node *n, const struct schema *own, bool says) {
    return own != NULL && own->write_only && says && !is_told_elsewhere(r, n->text);
}

static bool says_text(const struct node *n) {
    return n->kind == NODE_STRING && n->text.len > 0 && !is_text_blank(n->text);
}

// What only a person and who keeps its record know; also under any name that the description does not have, when the redaction recognised it.
static bool is_record_value(const struct reading *r, const struct node *n, const struct word *key, const struct place *at) {
    if (!at->record) return false;
    if (words_have(r->records, key)) return true;
    if (!is_described(at->level) || property_of(at->level, n->key) != NULL || !sv_starts_with(n->text, SV("{{"))) return false;
    for (size_t i = 0; i < r->x->hit_count; i++) {
        const struct sensitive_hit *h = &r->x->hits[i];
        if (sv_eq(h->placeholder, n->text) && h->validated > 0 && exposure_group_of(r->run, h->class_id).kind == EXPOSURE_PERSONAL) return true;
    }
    return false;
}

// Sellers and hosts are to be reached: mail address and telephone stand there on purpose.
static bool is_published(const struct word *key, const struct place *at) {
    struct sv k = sv_make(key->text, key->len);
    bool contact = sv_contains(k, SV("mail")) || sv_contains(k, SV("phone")) || sv_contains(k, SV("mobile")) || sv_eq(k, SV("location"));
    return at->published && contact;
}

static enum property_kind flag_of(const struct reading *r, const struct node *n, const struct word *key) {
    return (n->kind == NODE_BOOL || says_text(n)) && words_have(r->flags, key) ? PROPERTY_FLAG : PROPERTY_COUNT;
}

static bool is_note(const struct reading *r, const struct node *n, const struct word *key) {
    return says_text(n) && n->text.len >= 4 && words_have(r->notes, key);
}

// What a member of an object is; PROPERTY_COUNT: nothing of interest.
static enum property_kind kind_of(const struct reading *r, const struct node *object, const struct node *n, const struct place *at) {
    struct word w = word_of(n->key);
    bool says = says_text(n) || n->kind == NODE_NUMBER;
    if (is_credential(r, n, &w)) return PROPERTY_CREDENTIAL;
    if (is_write_only(r, n, property_of(at->level, n->key), says)) return PROPERTY_WRITE_ONLY;
    if (is_note(r, n, &w)) return PROPERTY_NOTE;
    if (says && is_record_value(r, n, &w, at)) return PROPERTY_RECORD;
    if (is_economic(r, object, n, &w)) return PROPERTY_ECONOMIC;
    if (at->part && says && words_have(r->personal, &w) && !is_published(&w, at)) return PROPERTY_PERSON;
    return flag_of(r, n, &w);
}

static void read_member(struct reading *r, const struct node *object, const struct node *n, const struct place *at) {
    enum property_kind kind = n->kind == NODE_NULL ? PROPERTY_COUNT : kind_of(r, object, n, at);
    if (kind != PROPERTY_COUNT) note(r, kind, n, at);
}

// An object is the record of a person when it is one of a list of people (or stands alone in an answer about one) and has a name.
static bool is_record(const struct reading *r, const struct node *object) {
    if (object->kind != NODE_OBJECT) return false;
    for (const struct node *n = object->first; n != NULL; n = n->next) {
        struct word w = word_of(n->key);
        if (n->kind != NODE_STRING || n->text.len == 0) continue;
        struct sv k = sv_make(w.text, w.len);
        bool name = sv_eq(k, SV("name")) || sv_eq(k, SV("username")) || sv_eq(k, SV("login")) || sv_eq(k, SV("displayname")) || sv_contains(k, SV("mail"));
        if (words_have(r->person_keys, &w) || (name && r->about_people)) return true;
    }
    return false;
}

static void read_node(struct reading *r, const struct node *n, struct place at, unsigned depth) {
    if (depth > DEPTH_MAX || r->nodes++ > NODES_MAX) return;
    at.record = is_record(r, n);
    for (const struct node *c = n->kind == NODE_OBJECT || n->kind == NODE_ARRAY ? n->first : NULL; c != NULL; c = c->next) {
        if (n->kind == NODE_ARRAY) {
            read_node(r, c, (struct place){.level = at.level == NULL ? NULL : at.level->items, .part = at.part, .published = at.published}, depth + 1);
            continue;
        }
        struct word w = word_of(c->key);
        struct place below = {.level = property_of(at.level, c->key), .part = c->kind == NODE_OBJECT && words_have(r->parts, &w), .published = words_have(r->published, &w)};
        if (c->kind == NODE_OBJECT || c->kind == NODE_ARRAY) read_node(r, c, below, depth + 1);
        else read_member(r, n, c, &at);
    }
}

static const struct schema *answer_schema(const struct operation *op, unsigned status) {
    const struct schema *best = NULL;
    for (size_t i = 0; op != NULL && i < op->response_count; i++) {
        const struct documented_response *d = &op->responses[i];
        if (d->schema != NULL && d->status == status) return d->schema;
        if (d->schema != NULL && d->status >= 200 && d->status < 300) best = d->schema;
    }
    return best;
}

int properties_read(struct check_run *run, struct arena *a, const struct operation *op, const struct exchange *x, struct properties *ret) {
    const struct node *data = check_knowledge(run, "property"), *access = check_knowledge(run, "access");
    *ret = (struct properties){0};
    if (!exchange_answered(x)) return 0;
    struct reading r = {.run = run, .x = x, .found = ret};
    r.credentials = words_list(data, SV("credential_keys"));
    r.passwords = words_list(data, SV("plain_password_keys"));
    r.economic = words_list(data, SV("economic_keys"));
    r.notes = words_list(data, SV("note_keys"));
    r.flags = words_list(data, SV("strong_privilege_keys"));
    r.parts = words_list(data, SV("person_parts"));
    r.published = words_list(data, SV("reachable_parts"));
    r.personal = words_list(data, SV("personal_keys"));
    r.records = words_list(data, SV("record_keys"));
    r.person_keys = words_list(access, SV("person_keys"));
    r.about_people = words_in_path(words_list(access, SV("person_entities")), op != NULL ? op->path : x->request.target);
    struct node *root = NULL;
    int code = node_parse_json(a, x->response.body, &node_limits_response, &root, NULL);
    if (code == 0) read_node(&r, root, (struct place){.level = answer_schema(op, x->response.status)}, 0);
    return code == -ENOMEM ? code : 0;
}

struct sv property_scope_key(struct arena *a, struct sv path) {
    struct sv nameless = path_template_nameless(a, path);
    while (nameless.len > 1 && nameless.ptr[nameless.len - 1] == '/') nameless.len--;
    return sv_ends_with(nameless, SV("/{}")) ? sv_slice(nameless, 0, nameless.len - 3) : nameless;
}
