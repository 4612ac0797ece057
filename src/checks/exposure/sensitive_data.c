// SPDX-License-Identifier: Apache-2.0
// Secrets and personal data in ordinary answers. Passive: the redaction pass has found and validated the values (exchange->hits); this check
// decides whose they are, who sees them and whether they are there on purpose (data/exposure.yaml). Sends nothing.
//
// What a caller gets for himself is no finding: a token that differs from answer to answer was made for him; one identity's own key is its own.
// Personal values are told here only when no missing access control explains them (support/access.h); what nobody should ever see is told always.
// Told at the end, so that what other checks have said of the same answers is not said once more.
#include "base/vec.h"
#include "checks/support/access.h"
#include "checks/support/debug_pages.h"
#include "checks/support/exposure.h"
#include "checks/support/faults.h"
#include "checks/support/words.h"
#include "http/header.h"

enum { SEEN_MAX = 20000, TALLIES_MAX = 16, DISTINCT_MAX = 24 };

// One value in the answers of one operation to one identity.
struct seen {
    unsigned answers;
    uint32_t last; // exchange
};
struct state {
    struct map seen;       // "operation identity placeholder" -> struct seen
    struct map identities; // placeholder -> bits of who saw it, in any operation
    struct map documented; // placeholders that documentation shows
    VEC_OF(const struct operation *) planned;
};

struct tally {
    struct exposure_group group;
    size_t rank;
    struct sv values[DISTINCT_MAX]; // placeholders
    unsigned distinct;
    uint8_t validated; // highest
    bool repeated;     // some value stood in two answers
    bool shared;       // some value was shown to somebody else, too
    const struct sensitive_hit *first;
};
struct tallies {
    struct tally list[TALLIES_MAX];
    size_t len;
};

static bool in_body(const struct sensitive_hit *h) {
    return sv_starts_with(h->location, SV("body"));
}

static bool is_documentation(const struct check_run *run, const struct exchange *x) {
    if (x->operation != NULL && check_operation_is_documentation(run, x->operation)) return true;
    // A specification, wherever it is served.
    struct sv body = sv_trim(sv_slice(x->response.body, 0, 4096));
    return sv_starts_with(body, SV("openapi:")) || sv_starts_with(body, SV("swagger:")) ||
           (sv_starts_with(body, SV("{")) && (sv_contains(body, SV("\"openapi\":")) || sv_contains(body, SV("\"swagger\":"))));
}

static struct sv seen_key(struct arena *a, const struct operation *op, size_t identity, struct sv placeholder) {
    return arena_printf(a, "%u %zu " SV_FMT, op->id, identity, SV_ARG(placeholder));
}

static int note_seen(struct check_run *run, const struct exchange *x, const struct sensitive_hit *h, struct error *err) {
    struct state *s = check_state(run);
    struct arena *a = check_arena(run);
    auto_arena scratch = {.limit = 4096};
    struct sv key = seen_key(&scratch, x->operation, x->identity, h->placeholder);
    struct seen *seen = key.ptr == NULL ? NULL : map_find(&s->seen, key);
    if (seen == NULL) {
        if (key.ptr == NULL || s->seen.len >= SEEN_MAX) return 0;
        key = arena_copy_sv(a, key);
        seen = arena_new(a, struct seen);
        if (key.ptr == NULL || seen == NULL || !map_set(a, &s->seen, key, seen)) return error_nomem(err);
    }
    if (seen->last != x->id) seen->answers++;
    seen->last = x->id;
    uint32_t *bits = map_find(&s->identities, h->placeholder);
    if (bits == NULL) {
        struct sv value = arena_copy_sv(a, h->placeholder);
        bits = arena_new(a, uint32_t);
        if (value.ptr == NULL || bits == NULL || !map_set(a, &s->identities, value, bits)) return error_nomem(err);
    }
    *bits |= x->identity < 32 ? UINT32_C(1) << x->identity : 0;
    return 0;
}

static int observe(struct check_run *run, const struct exchange *x, struct error *err) {
    struct state *s = check_state(run);
    if (x->hit_count == 0 || x->request.origin != 0) return 0;
    bool documentation = is_documentation(run, x);
    for (size_t i = 0; i < x->hit_count; i++) {
        const struct sensitive_hit *h = &x->hits[i];
        int r = 0;
        if (!in_body(h) || h->placeholder.len == 0) continue;
        if (documentation && s->documented.len < SEEN_MAX && !map_has(&s->documented, h->placeholder)) {
            struct sv value = arena_copy_sv(check_arena(run), h->placeholder);
            if (value.ptr == NULL || !map_set(check_arena(run), &s->documented, value, s)) r = error_nomem(err);
        } else if (!documentation && x->operation != NULL) {
            r = note_seen(run, x, h, err);
        }
        if (r != 0) return r;
    }
    return 0;
}

// Does the request carry a value of this group? Then the answer may only repeat it.
static bool request_has(struct check_run *run, struct arena *a, const struct request *rq, struct sv group_id) {
    const struct sv parts[] = {rq->target, rq->body};
    for (size_t i = 0; i < 2; i++) {
        struct match_list found = {0};
        unsigned kinds = 1U << PATTERN_SECRET | 1U << PATTERN_PERSONAL;
        if (parts[i].len == 0 || match_scan(check_patterns(run), check_scratch(run), a, parts[i], kinds, &found, NULL) != 0) continue;
        for (size_t k = 0; k < found.len; k++) {
            if (sv_eq(exposure_group_of(run, found.ptr[k].pattern->id).id, group_id)) return true;
        }
    }
    return false;
}

static struct tally *tally_of(struct check_run *run, struct tallies *t, const struct exposure_group *g) {
    for (size_t i = 0; i < t->len; i++) {
        if (t->list[i].group.entry == g->entry) return &t->list[i];
    }
    if (t->len == TALLIES_MAX) return NULL;
    t->list[t->len] = (struct tally){.group = *g, .rank = exposure_rank(run, g)};
    return &t->list[t->len++];
}

static bool is_handed_out(struct check_run *run, const struct operation *op, const struct sensitive_hit *h) {
    const struct node *data = check_knowledge(run, "exposure");
    struct word key = word_of(exposure_key(h));
    return words_have(words_list(data, SV("handed_out_keys")), &key) || words_in_path(words_list(data, SV("token_routes")), op->path);
}

// Is it a value that nobody would call a leak, by itself?
static bool is_harmless(struct check_run *run, const struct operation *op, const struct sensitive_hit *h, const struct exposure_group *g, bool repeated) {
    const struct state *s = check_state(run);
    if (g->entry == NULL || g->kind == EXPOSURE_NONE || map_has(&s->documented, h->placeholder)) return true;
    if (h->is_example && g->kind != EXPOSURE_CONTACT) return true;
    return g->constant && (!repeated || is_handed_out(run, op, h));
}

static void add_value(struct tally *t, struct sv placeholder) {
    for (unsigned i = 0; i < t->distinct; i++) {
        if (sv_eq(t->values[i], placeholder)) return;
    }
    if (t->distinct < DISTINCT_MAX) t->values[t->distinct++] = placeholder;
}

static void count_hit(struct check_run *run, const struct operation *op, size_t identity, const struct sensitive_hit *h, struct tallies *t) {
    const struct state *s = check_state(run);
    struct exposure_group g = exposure_group_of(run, h->class_id);
    auto_arena scratch = {.limit = 4096};
    const struct seen *seen = map_find(&s->seen, seen_key(&scratch, op, identity, h->placeholder));
    bool repeated = seen != NULL && seen->answers > 1;
    struct tally *tally = is_harmless(run, op, h, &g, repeated) ? NULL : tally_of(run, t, &g);
    if (tally == NULL) return;
    const uint32_t *bits = map_find(&s->identities, h->placeholder);
    if (bits != NULL && (*bits & (*bits - 1)) != 0) tally->shared = true;
    if (repeated) tally->repeated = true;
    if (h->validated > tally->validated) tally->validated = h->validated;
    if (tally->first == NULL) tally->first = h;
    add_value(tally, h->placeholder);
}

static void collect(struct check_run *run, const struct operation *op, size_t identity, const struct exchange *x, struct tallies *t) {
    *t = (struct tallies){0};
    for (size_t i = 0; i < x->hit_count; i++) {
        if (in_body(&x->hits[i])) count_hit(run, op, identity, &x->hits[i], t);
    }
    auto_arena scratch = {.limit = (size_t)8 << 20};
    size_t kept = 0;
    for (size_t i = 0; i < t->len; i++) {
        if (!request_has(run, &scratch, &x->request, t->list[i].group.id)) t->list[kept++] = t->list[i];
    }
    t->len = kept;
}

// -- contact data --------------------------------------------------------------------------------------------------------------

static const struct node *parent_of(const struct node *root, struct sv location) {
    size_t slash = sv_rfind_char(location, '/');
    if (!sv_starts_with(location, SV("body:")) || slash == SIZE_MAX || slash < 5) return NULL;
    return node_pointer(root, sv_slice(location, 5, slash));
}

// On the card of a place or business, or under a key that asks to be written to.
static bool is_published(struct check_run *run, const struct node *root, const struct sensitive_hit *h) {
    const struct node *data = check_knowledge(run, "exposure");
    const struct node *asks = words_list(data, SV("contact_keys")), *card = words_list(data, SV("card_keys"));
    struct sv rest = h->location, segment;
    while (sv_split(&rest, '/', &segment)) {
        struct word w = word_of(segment);
        if (words_have(asks, &w)) return true;
    }
    const struct node *parent = parent_of(root, h->location);
    for (const struct node *n = node_is(parent, NODE_OBJECT) ? parent->first : NULL; n != NULL; n = n->next) {
        struct word w = word_of(n->key);
        if (words_have(card, &w) && n->kind != NODE_NULL) return true;
    }
    return false;
}

// Mail addresses of several people, in data, where nothing says that they are there to be written to. Telephone numbers never decide.
static bool contacts_are_people(struct check_run *run, const struct operation *op, const struct exchange *x, const struct signs *signs) {
    const struct node *data = check_knowledge(run, "exposure");
    if (signs_are_sensitive(signs)) return true; // records of people
    if (words_in_path(words_list(data, SV("contact_routes")), op->path)) return false;
    auto_arena a = {.limit = (size_t)64 << 20};
    struct node *root = NULL;
    if (node_parse_json(&a, x->response.body, &node_limits_response, &root, NULL) != 0) return false;
    const struct sensitive_hit *other = NULL;
    for (size_t i = 0; i < x->hit_count; i++) {
        const struct sensitive_hit *h = &x->hits[i];
        if (!sv_starts_with(h->class_id, SV("email")) || !sv_starts_with(h->location, SV("body:")) || is_published(run, root, h)) continue;
        if (other != NULL && !sv_eq(other->placeholder, h->placeholder) && sv_eq(exposure_key(other), exposure_key(h))) return true;
        if (other == NULL) other = h;
    }
    return false;
}

// -- judging -------------------------------------------------------------------------------------------------------------------

struct claim {
    const struct tally *tally;
    enum impact impact;
    enum who who;
    enum confidence confidence;
};

static enum confidence confidence_of(const struct tally *t) {
    if (t->validated == 0) return t->group.always && t->repeated ? CONFIDENCE_FIRM : CONFIDENCE_TENTATIVE;
    return t->repeated ? CONFIDENCE_CONFIRMED : CONFIDENCE_FIRM;
}

// One number that only its form speaks for, or one account that may be the service's own, is not enough.
static bool is_enough(const struct tally *t) {
    bool sure = t->validated == 2 && sv_eq(t->group.id, SV("identity"));
    return t->distinct >= t->group.least || sure;
}

static bool nobody_may_see(struct check_run *run, const struct tally *t, const struct operation *op, const struct exchange *x,
                           const struct access *access) {
    bool explained = access->claim == ACCESS_AUTHENTICATION || access->claim == ACCESS_FUNCTION || access->claim == ACCESS_OBJECT;
    switch (t->group.kind) {
    case EXPOSURE_SECRET:
        return !t->group.always && explained;
    case EXPOSURE_PERSONAL:
        return explained || !access->signs.good || !is_enough(t);
    case EXPOSURE_CONTACT:
        return explained || !access->signs.good || !is_enough(t) || !contacts_are_people(run, op, x, &access->signs);
    case EXPOSURE_NONE:
        break;
    }
    return true;
}

static bool identity_may_see(const struct check_run *run, const struct tally *t, size_t identity) {
    if (t->group.kind != EXPOSURE_SECRET) return true;
    if (t->group.always) return false;
    return !t->shared || sv_contains_nocase(check_identity(run, identity)->role, SV("admin"));
}

// The page is there, or open to the wrong callers: what it shows is that finding's effect.
static bool is_told_elsewhere(struct check_run *run, const struct operation *op) {
    static const char *const checks[] = {"auth-missing", "auth-any-token", "auth-path-bypass", "auth-method-bypass", "bfla-anonymous", "bfla-role", "bola-anonymous", "bola-cross",
                                         "bola-list", "bola-neighbour", "old-version", "property-excess", NULL};
    return check_is_told_by(run, op, SV_NONE, checks);
}

static bool is_debug_page(struct check_run *run, const struct operation *op) {
    static const char *const checks[] = {"debug-route", "exposed-file", NULL};
    return check_is_told_by(run, op, SV_NONE, checks) || debug_page_covers(run, op->path);
}

static struct claim claim_of(struct check_run *run, const struct operation *op, size_t identity, const struct tallies *t,
                             const struct access *access) {
    struct claim best = {0};
    bool elsewhere = is_told_elsewhere(run, op), page = is_debug_page(run, op);
    const struct exchange *x = check_baseline(run, op, identity)->answer;
    for (size_t i = 0; i < t->len; i++) {
        const struct tally *one = &t->list[i];
        bool fine = identity == 0 ? nobody_may_see(run, one, op, x, access) : identity_may_see(run, one, identity);
        bool told = page || (elsewhere && (one->group.kind != EXPOSURE_SECRET || !one->group.always));
        if (fine || told || (best.tally != NULL && best.tally->rank < one->rank)) continue;
        // Contact data is what many services show: one step below other personal data.
        enum who who = identity > 0 ? WHO_USER : one->group.kind == EXPOSURE_CONTACT ? WHO_LUCK : WHO_ANYONE;
        best = (struct claim){.tally = one, .impact = one->group.impact, .who = who, .confidence = confidence_of(one)};
    }
    return best;
}

static bool has_fact(const struct sv *classes, size_t count, struct sv class_id) {
    for (size_t i = 0; i < count; i++) {
        if (sv_eq(classes[i], class_id)) return true;
    }
    return false;
}

static void add_facts(struct check_run *run, const struct operation *op, const struct exchange *x, const struct claim *c, struct finding *f) {
    struct sv classes[4];
    size_t n = 0;
    if (c->tally->group.kind != EXPOSURE_SECRET) return;
    struct sv subject = access_subject(check_arena(run), op->method, op->path);
    for (size_t i = 0; i < x->hit_count && n < 4 && subject.ptr != NULL; i++) {
        const struct sensitive_hit *h = &x->hits[i];
        struct exposure_group g = exposure_group_of(run, h->class_id);
        if (g.kind != EXPOSURE_SECRET || h->is_example || !in_body(h) || has_fact(classes, n, h->class_id)) continue;
        struct fact fact = {.kind = SV("credential_leak"), .subject_type = SV("endpoint"), .subject = subject, .args = {{SV("class"), h->class_id}},
                            .arg_count = 1, .value = FACT_YES, .source = FACT_PROBE, .confidence = (uint8_t)c->confidence};
        classes[n] = h->class_id;
        f->facts[n++] = check_fact(run, &fact);
    }
}

static struct sv reason_of(struct arena *a, const struct claim *c) {
    const struct tally *t = c->tally;
    const char *who = c->who == WHO_USER ? "with the credentials of an ordinary user" : "without credentials";
    const struct sensitive_hit *h = t->first;
    struct sv key = exposure_key(h);
    const char *many = t->distinct >= DISTINCT_MAX ? "at least " : "";
    return key.len > 0 && key.len < 80 ? arena_printf(a, "%s%u value%s of class " SV_FMT " stood in the answer %s, under the key \"" SV_FMT "\"", many, t->distinct,
                                                      t->distinct == 1 ? "" : "s", SV_ARG(h->class_id), who, SV_ARG(key))
                                       : arena_printf(a, "%s%u value%s of class " SV_FMT " stood in the answer %s", many, t->distinct,
                                                      t->distinct == 1 ? "" : "s", SV_ARG(h->class_id), who);
}

static int report(struct check_run *run, const struct operation *op, size_t identity, const struct claim *c, struct error *err) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_PROPERTY, .cwe = 213}};
    auto_arena a = {.limit = (size_t)1 << 20};
    const struct exchange *x = check_baseline(run, op, identity)->answer;
    const struct evidence_item evidence = {.role = EVIDENCE_PROBE, .exchange = x, .note = SV("an ordinary request; values are replaced by their class")};
    struct finding f = {
        .category = CATEGORY_EXPOSURE,
        .cause = c->tally->group.id,
        .scope = SCOPE_OPERATION,
        .scope_key = access_key(&a, op->method, op->path),
        .impact = c->impact,
        .who = c->who,
        .confidence = c->confidence,
        .title = c->tally->group.title,
        .reason = reason_of(&a, c),
        .method = op->method,
        .path = op->path,
        .operation = op,
        .evidence = &evidence,
        .evidence_count = 1,
        .effects = effects,
        .effect_count = 1,
        .cwe = {c->tally->group.kind == EXPOSURE_SECRET ? 200 : 359},
    };
    if (f.scope_key.ptr == NULL || f.reason.ptr == NULL) return error_nomem(err);
    add_facts(run, op, x, c, &f);
    return check_report(run, &f, err);
}

static int judge_identity(struct check_run *run, const struct operation *op, size_t identity, bool *ret_told, struct error *err) {
    const struct exchange *x = check_baseline(run, op, identity)->answer;
    struct tallies t;
    struct access access = {0};
    auto_arena a = {.limit = (size_t)64 << 20};
    struct fault f;
    collect(run, op, identity, x, &t);
    if (t.len == 0) return 0;
    int r = x->response.status >= 500 ? fault_read(run, &a, x, &f, err) : 0;
    // A debugger's page with all that it quotes is error-disclosure's.
    if (r != 0 || (x->response.status >= 500 && f.group != NULL)) return r;
    r = identity == 0 ? access_decide(run, &a, op, x, &access, err) : 0;
    if (r != 0) return r;
    struct claim c = claim_of(run, op, identity, &t, &access);
    if (c.tally == NULL) return 0;
    *ret_told = true;
    return report(run, op, identity, &c, err);
}

static void tell_coverage(struct check_run *run, const struct operation *op) {
    bool good = false, refused = false, answered = false;
    for (size_t i = 0; i < check_identity_count(run); i++) {
        enum baseline_state s = check_baseline(run, op, i)->state;
        good = good || s == BASELINE_GOOD;
        refused = refused || s == BASELINE_REFUSED;
        answered = answered || s == BASELINE_BAD;
    }
    if (good) check_coverage(run, op, COVERAGE_PASSED, NULL);
    else if (refused) check_coverage(run, op, COVERAGE_NOT_TESTED, "refused to every identity of this scan");
    else if (answered) check_coverage(run, op, COVERAGE_INCONCLUSIVE, "never gave a good answer");
    else check_coverage(run, op, COVERAGE_NOT_TESTED, "not asked in this mode");
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct state *s = check_state(run);
    if (check_operation_is_documentation(run, op)) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "serves documentation");
        return 0;
    }
    tell_coverage(run, op);
    return VEC_PUSH(check_arena(run), &s->planned, op) ? 0 : error_nomem(err);
}

static int finish(struct check_run *run, struct error *err) {
    const struct state *s = check_state(run);
    int r = 0;
    for (size_t k = 0; k < s->planned.len && r == 0; k++) {
        bool told = false;
        for (size_t i = 0; i < check_identity_count(run) && !told && r == 0; i++) {
            if (exchange_answered(check_baseline(run, s->planned.ptr[k], i)->answer)) r = judge_identity(run, s->planned.ptr[k], i, &told, err);
        }
    }
    return r;
}

const struct check check_sensitive_data = {
    .id = "sensitive-data",
    .title = "Secrets and personal data in answers",
    .category = CATEGORY_EXPOSURE,
    .owasp = "API3:2023",
    .cwe = 200,
    .traits = CHECK_PASSIVE | CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .observe = observe,
    .finish = finish,
};
