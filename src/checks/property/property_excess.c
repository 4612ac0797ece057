// SPDX-License-Identifier: Apache-2.0
// Properties that an answer shows and should not: what the description calls write-only; credentials; numbers and notes that a business keeps to itself;
// personal properties of other people inside of answers about something else. Passive: looks at the ordinary answers that every identity got.
//
// A name alone is never a finding. Credentials must look like one, or be any text under "password"; numbers must be numbers in more than one object or
// beside a price; what the description documents as a property of the answer is there on purpose (but for credentials). Values that the redaction pass
// recognised and that nobody should ever see are sensitive-data's to tell. A property must stand in the answer each time it was asked.
#include "checks/support/access.h"
#include "checks/support/exposure.h"
#include "checks/support/identities.h"
#include "checks/support/ownership.h"
#include "checks/support/words.h"

enum { DEPTH_MAX = 12, NODES_MAX = 20000, PEOPLE_MAX = 16 };

enum kind { KIND_CREDENTIAL, KIND_WRITE_ONLY, KIND_PERSON, KIND_NOTE, KIND_ECONOMIC, KIND_FLAG, KIND_COUNT };
static const struct {
    struct sv cause, title;
    enum impact impact;
    uint16_t cwe;
} kinds[KIND_COUNT] = {
    [KIND_CREDENTIAL] = {SV_INIT("credential-property"), SV_INIT("A credential is shown as a property"), IMPACT_SECRET, 522},
    [KIND_WRITE_ONLY] = {SV_INIT("write-only-shown"), SV_INIT("A property that the description calls write-only is shown"), IMPACT_PERSONAL, 213},
    [KIND_PERSON] = {SV_INIT("personal-property-of-others"), SV_INIT("Answers show personal properties of other people"), IMPACT_PERSONAL, 213},
    [KIND_NOTE] = {SV_INIT("internal-note"), SV_INIT("Notes for colleagues are shown to users"), IMPACT_INTERNAL, 213},
    [KIND_ECONOMIC] = {SV_INIT("internal-number"), SV_INIT("Numbers that a business keeps to itself are shown to users"), IMPACT_INTERNAL, 213},
    [KIND_FLAG] = {SV_INIT("privilege-flag"), SV_INIT("An undocumented property says what the caller may do"), IMPACT_NOTE, 213},
};

struct sight {
    struct sv key;
    unsigned count;      // objects
    bool undocumented;   // the description of the answer has properties, and this one is not among them
    bool known;          // the description says anything about this place
    uint64_t people[PEOPLE_MAX];
    unsigned distinct;
};
struct reading {
    struct check_run *run;
    const struct exchange *x;
    const struct node *credentials, *passwords, *economic, *notes, *flags, *parts, *personal;
    struct sight sights[KIND_COUNT];
    unsigned nodes;
};

static bool is_text_blank(struct sv text) {
    size_t marks = 0;
    for (size_t i = 0; i < text.len; i++) marks += memchr("*xX.-_ ", text.ptr[i], 7) != NULL;
    if (marks == text.len || sv_contains(text, SV("***")) || sv_starts_with(text, SV("\xe2\x80\xa2"))) return true;
    return sv_contains_nocase(text, SV("redacted")) || sv_contains_nocase(text, SV("hidden")) || sv_contains_nocase(text, SV("masked"));
}

// Drawn rather than written: long, no spaces, many different characters of two classes.
static bool looks_drawn(struct sv text) {
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

static bool is_credential(const struct reading *r, const struct node *n, const struct word *key) {
    if (!words_have(r->credentials, key) || n->kind != NODE_STRING || is_text_blank(n->text) || is_told_elsewhere(r, n->text)) return false;
    if (sv_starts_with(n->text, SV("{{")) || words_have(r->passwords, key)) return n->text.len >= 3;
    return looks_drawn(n->text);
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

static void note(struct reading *r, enum kind kind, const struct node *n, const struct schema *level) {
    struct sight *s = &r->sights[kind];
    bool documented = false, known = level != NULL && level->property_count > 0;
    for (size_t i = 0; known && i < level->property_count; i++) documented = documented || sv_eq(level->properties[i].name, n->key);
    if (documented && kind != KIND_CREDENTIAL && kind != KIND_WRITE_ONLY) return;
    if (s->count++ == 0) {
        s->key = n->key;
        s->known = known;
        s->undocumented = known && !documented;
    }
    uint64_t h = sv_hash(n->text, check_key(r->run), 0x70726f70);
    for (unsigned i = 0; i < s->distinct; i++) {
        if (s->people[i] == h) return;
    }
    if (s->distinct < PEOPLE_MAX) s->people[s->distinct++] = h;
}

static const struct schema *property_of(const struct schema *level, struct sv key) {
    for (size_t i = 0; level != NULL && i < level->property_count; i++) {
        if (sv_eq(level->properties[i].name, key)) return level->properties[i].schema;
    }
    return NULL;
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

// What a member of an object is; KIND_COUNT: nothing of interest.
static enum kind kind_of(const struct reading *r, const struct node *object, const struct node *n, const struct schema *own, bool person) {
    struct word w = word_of(n->key);
    bool text = says_text(n), says = text || n->kind == NODE_NUMBER;
    if (is_credential(r, n, &w)) return KIND_CREDENTIAL;
    if (is_write_only(r, n, own, says)) return KIND_WRITE_ONLY;
    if (text && n->text.len >= 4 && words_have(r->notes, &w)) return KIND_NOTE;
    if (is_economic(r, object, n, &w)) return KIND_ECONOMIC;
    if (person && says && words_have(r->personal, &w)) return KIND_PERSON;
    return (n->kind == NODE_BOOL || text) && words_have(r->flags, &w) ? KIND_FLAG : KIND_COUNT;
}

static void read_member(struct reading *r, const struct node *object, const struct node *n, const struct schema *level, bool person) {
    enum kind kind = n->kind == NODE_NULL ? KIND_COUNT : kind_of(r, object, n, property_of(level, n->key), person);
    if (kind != KIND_COUNT) note(r, kind, n, level);
}

static void read_node(struct reading *r, const struct node *n, const struct schema *level, bool person, unsigned depth) {
    if (depth > DEPTH_MAX || r->nodes++ > NODES_MAX) return;
    for (const struct node *c = n->kind == NODE_OBJECT || n->kind == NODE_ARRAY ? n->first : NULL; c != NULL; c = c->next) {
        if (n->kind == NODE_ARRAY) {
            read_node(r, c, level == NULL ? NULL : level->items, person, depth + 1);
            continue;
        }
        struct word w = word_of(c->key);
        if (c->kind == NODE_OBJECT || c->kind == NODE_ARRAY) read_node(r, c, property_of(level, c->key), c->kind == NODE_OBJECT && words_have(r->parts, &w), depth + 1);
        else read_member(r, n, c, level, person);
    }
}

static const struct schema *answer_schema(const struct operation *op, unsigned status) {
    const struct schema *best = NULL;
    for (size_t i = 0; i < op->response_count; i++) {
        const struct documented_response *d = &op->responses[i];
        if (d->schema != NULL && d->status == status) return d->schema;
        if (d->schema != NULL && d->status >= 200 && d->status < 300) best = d->schema;
    }
    return best;
}

static int read_answer(struct check_run *run, struct arena *a, const struct operation *op, const struct exchange *x, struct reading *r) {
    const struct node *data = check_knowledge(run, "property");
    *r = (struct reading){.run = run, .x = x};
    r->credentials = words_list(data, SV("credential_keys"));
    r->passwords = words_list(data, SV("plain_password_keys"));
    r->economic = words_list(data, SV("economic_keys"));
    r->notes = words_list(data, SV("note_keys"));
    r->flags = words_list(data, SV("strong_privilege_keys"));
    r->parts = words_list(data, SV("person_parts"));
    r->personal = words_list(data, SV("personal_keys"));
    struct node *root = NULL;
    int code = node_parse_json(a, x->response.body, &node_limits_response, &root, NULL);
    if (code == 0) read_node(r, root, answer_schema(op, x->response.status), false, 0);
    return code == -ENOMEM ? code : 0;
}

// -- judging -------------------------------------------------------------------------------------------------------------------

// Did every ordinary identity get the same answer here, so that what it shows is not each one's own?
static bool is_same_for_all(struct check_run *run, const struct operation *op, size_t identity) {
    const struct baseline *b = check_baseline(run, op, identity);
    for (size_t i = 1; i < check_identity_count(run); i++) {
        const struct baseline *other = check_baseline(run, op, i);
        if (i == identity || other->state != BASELINE_GOOD || !sv_eq(other->request.target, b->request.target)) continue;
        if (!signature_equal(&b->signature, &other->signature, &b->volatility)) return false;
    }
    return true;
}

static bool may_see(struct check_run *run, const struct operation *op, size_t identity, enum kind kind, const struct sight *s) {
    bool handed_out = words_in_path(words_list(check_knowledge(run, "exposure"), SV("token_routes")), op->path);
    switch (kind) {
    case KIND_CREDENTIAL:
        return handed_out; // its owner gets a new key once, from a route for that
    case KIND_PERSON:
        // What nobody needs credentials for is sensitive-data's to tell.
        if (check_baseline(run, op, 0)->state == BASELINE_GOOD) return true;
        return s->distinct < 2 || !is_same_for_all(run, op, identity) || ownership_is_shared(run, op, false);
    case KIND_NOTE:
    case KIND_ECONOMIC:
        return identity_is_privileged(run, identity) || (!s->undocumented && s->known);
    case KIND_FLAG:
        return !s->undocumented || identity_is_privileged(run, identity);
    case KIND_WRITE_ONLY:
    case KIND_COUNT:
        break;
    }
    return false;
}

static enum confidence confidence_of(enum kind kind, const struct sight *s, const struct baseline *b) {
    bool again = b->sampled && !b->volatility.form_volatile;
    if (kind == KIND_WRITE_ONLY) return again ? CONFIDENCE_CONFIRMED : CONFIDENCE_FIRM;
    if (kind == KIND_CREDENTIAL) return CONFIDENCE_FIRM;
    if (kind == KIND_PERSON) return CONFIDENCE_FIRM;
    return s->undocumented ? CONFIDENCE_FIRM : CONFIDENCE_TENTATIVE;
}

static int report(struct check_run *run, struct arena *a, const struct operation *op, size_t identity, enum kind kind, const struct sight *s, struct error *err) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_EXPOSURE, .cwe = 200}};
    const struct baseline *b = check_baseline(run, op, identity);
    struct evidence_item evidence[] = {{.role = EVIDENCE_PROBE, .exchange = b->answer, .note = SV("an ordinary request; values are replaced by their class")}};
    struct finding f = {
        .category = CATEGORY_PROPERTY,
        .cause = kinds[kind].cause,
        .scope = SCOPE_OPERATION,
        .scope_key = access_key(a, op->method, op->path),
        .impact = kinds[kind].impact,
        .who = identity == 0 ? WHO_ANYONE : WHO_USER,
        .confidence = confidence_of(kind, s, b),
        .title = kinds[kind].title,
        .reason = arena_printf(a, "\"" SV_FMT "\" stood in %u object%s of the answer %s, with %u different value%s%s", SV_ARG(sv_slice(s->key, 0, 60)), s->count,
                               s->count == 1 ? "" : "s", identity == 0 ? "without credentials" : "to a signed-in user", s->distinct, s->distinct == 1 ? "" : "s",
                               s->undocumented ? "; the description of the answer does not have it" : ""),
        .method = op->method,
        .path = op->path,
        .operation = op,
        .evidence = evidence,
        .evidence_count = 1,
        .effects = effects,
        .effect_count = kinds[kind].impact >= IMPACT_PERSONAL,
        .cwe = {kinds[kind].cwe},
    };
    if (f.scope_key.ptr == NULL || f.reason.ptr == NULL) return error_nomem(err);
    return check_report(run, &f, err);
}

static int look_as(struct check_run *run, const struct operation *op, size_t identity, uint32_t *told, struct error *err) {
    const struct baseline *b = check_baseline(run, op, identity);
    if (b->state != BASELINE_GOOD || b->answer == NULL) return 0;
    auto_arena a = {.limit = (size_t)64 << 20};
    struct reading r;
    if (read_answer(run, &a, op, b->answer, &r) != 0) return error_nomem(err);
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        const struct sight *s = &r.sights[kind];
        if (s->count == 0 || (*told & 1U << kind) != 0 || may_see(run, op, identity, (enum kind)kind, s)) continue;
        *told |= 1U << kind;
        int code = report(run, &a, op, identity, (enum kind)kind, s, err);
        if (code != 0) return code;
    }
    return 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    bool good = false;
    uint32_t told = 0;
    if (check_operation_is_documentation(run, op)) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "serves documentation");
        return 0;
    }
    for (size_t i = 0; i < check_identity_count(run); i++) {
        good = good || check_baseline(run, op, i)->state == BASELINE_GOOD;
        int r = look_as(run, op, i, &told, err);
        if (r != 0) return r;
    }
    if (told == 0) check_coverage(run, op, good ? COVERAGE_PASSED : COVERAGE_NOT_TESTED, good ? NULL : "no good answer was seen");
    return 0;
}

const struct check check_property_excess = {
    .id = "property-excess",
    .title = "Properties that answers should not show",
    .category = CATEGORY_PROPERTY,
    .owasp = "API3:2023",
    .cwe = 213,
    .traits = CHECK_PASSIVE | CHECK_READ_ONLY,
    .plan = plan,
};
