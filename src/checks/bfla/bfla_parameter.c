// SPDX-License-Identifier: Apache-2.0
// Parameters that grant: a caller who adds "?role=admin", "?scope=all", "X-Role: admin" (data/additions.yaml, groups "grants" and "scopes") is let in where
// he is refused without, gets data of administrators, or what belongs to others.
//
// Truth condition and rounds: support/added.h. More is: a good answer where the plain one is an outright refusal; a management class that the plain
// answer is not of; the owners of several objects where the plain answer names one at most; or values that stand in another identity's own answer to the
// same request and in no view of this one.
#include "checks/support/added.h"
#include "checks/support/debug_pages.h"
#include "checks/support/identities.h"
#include "checks/support/kept.h"
#include "checks/support/ownership.h"

enum { GROUP_COUNT = 2, IDENTITIES_MAX = 32, PENDING_MAX = 200, BODY_KEPT = 4096 };

// A header that lets somebody in: told at the end, when auth-path-bypass has found it or not.
struct pending {
    struct pending *next;
    struct finding finding;
    struct evidence_item evidence[3];
    bool told_elsewhere;
};
struct state {
    struct views *views[IDENTITIES_MAX];
    struct pending *pending;
    size_t pending_count;
};

static bool is_refused(const struct exchange *x) {
    return exchange_answered(x) && (x->response.status == 401 || x->response.status == 403);
}

// Who asks: nobody where nobody gets a good answer; the first ordinary identity with an answer; nobody where there is none.
static uint16_t find_caller(struct check_run *run, const struct operation *op) {
    if (check_baseline(run, op, 0)->state == BASELINE_GOOD) return 0;
    for (uint16_t i = 1; i < check_identity_count(run) && i < IDENTITIES_MAX; i++) {
        const struct baseline *b = check_baseline(run, op, i);
        if (identity_is_ordinary(run, i) && (b->state == BASELINE_GOOD || b->state == BASELINE_REFUSED)) return i;
    }
    return 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    (void)err;
    uint16_t caller = find_caller(run, op);
    const struct baseline *b = check_baseline(run, op, caller);
    if (!sv_eq(op->method, SV("GET")) || check_operation_is_documentation(run, op)) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "is no read by GET");
        return 0;
    }
    // A bare 401 for nobody says that a credential is missing: no parameter is a substitute that services would take.
    bool refused = b->state == BASELINE_REFUSED && b->answer != NULL && (caller > 0 || check_identity_count(run) == 1);
    if (b->answer == NULL || !(b->state == BASELINE_GOOD || refused)) {
        check_coverage(run, op, COVERAGE_INCONCLUSIVE, "neither a good answer nor a refusal was seen as an ordinary caller");
        return 0;
    }
    static const struct sv groups[GROUP_COUNT] = {SV_INIT("grants"), SV_INIT("scopes")};
    static const struct added_values none = {0};
    bool asked = false;
    for (uint32_t g = 0; g < GROUP_COUNT; g++) {
        struct additions list;
        added_load(run, op, groups[g], &none, &list);
        asked = added_begin(run, op, caller, &list, g) || asked;
    }
    check_coverage(run, op, asked ? COVERAGE_PASSED : COVERAGE_NOT_TESTED, asked ? NULL : "the ordinary request cannot be repeated");
    return 0;
}

static int views_of(struct check_run *run, uint16_t identity, const struct views **ret, struct error *err) {
    struct state *s = check_state(run);
    return ownership_views_once(run, identity, &s->views[identity], ret, err);
}

// Do values show that stand in another ordinary identity's own answer to the same request, and in none of this one's?
static int shows_anothers(struct check_run *run, struct experiment *e, const struct added_answer *plain, const struct added_answer *more, bool *ret, struct error *err) {
    const struct added_hunt *h = e->user;
    const struct operation *op = e->operation;
    struct value_set ours = {0};
    const struct views *views = NULL;
    *ret = false;
    if (h->identity == 0 || !value_set_add(&e->arena, &ours, &plain->signature)) return 0;
    for (size_t i = 0; i < h->additions.len; i++) {
        if (!value_set_add_text(&e->arena, &ours, check_key(run), h->additions.ptr[i].value)) return error_nomem(err);
    }
    value_set_sort(&ours);
    int r = views_of(run, h->identity, &views, err);
    for (uint16_t i = 1; r == 0 && i < check_identity_count(run) && i < IDENTITIES_MAX && !*ret; i++) {
        const struct baseline *b = check_baseline(run, op, i), *own = check_baseline(run, op, h->identity);
        if (i == h->identity || b->state != BASELINE_GOOD || !identity_is_ordinary(run, i) || !sv_eq(b->request.target, own->request.target)) continue;
        const struct value_set *none_of[] = {&ours, &views->values};
        *ret = markers_common(&b->signature, &more->signature, &b->volatility, check_key(run), none_of, 2) > 1;
    }
    return r;
}

// Does it name a group that another ordinary identity is in and this one is not?
static int names_other_group(struct check_run *run, const struct added_hunt *h, const struct added_answer *more, bool *ret, struct error *err) {
    int r = 0;
    *ret = false;
    for (uint16_t i = 1; r == 0 && h->identity > 0 && i < check_identity_count(run) && i < IDENTITIES_MAX && !*ret; i++) {
        if (i != h->identity && identity_is_ordinary(run, i)) r = ownership_names_group(run, more->exchange, i, h->identity, ret, err);
    }
    return r;
}

// Is what it lists of several owners somebody's own? What the description shares, or tells of as public, is not.
static bool is_kept_apart(struct check_run *run, const struct operation *op, const struct added_answer *more) {
    if (ownership_is_shared(run, op, false)) return false;
    return access_is_private(run, op, &more->signs, op->path) || ownership_is_described(run, op) || more->signs.owners > 0;
}

// Metrics and profiles are debug routes.
static bool is_of_new_class(struct check_run *run, const struct operation *op, const struct added_answer *plain, const struct added_answer *more) {
    if (more->signs.management.ptr == NULL || plain->signs.management.ptr != NULL || sv_contains(more->signs.management, SV("metric"))) return false;
    return debug_page_find(run, op->path, more->exchange->response.body) == NULL;
}

// Private objects of several owners, and nothing says that they are there for all.
static bool lists_more_owners(struct check_run *run, const struct operation *op, const struct added_answer *plain, const struct added_answer *more) {
    if (more->signs.owner_count <= 1 || plain->signs.owner_count > 1 || ownership_is_shared(run, op, false)) return false;
    return access_is_private(run, op, &more->signs, op->path);
}

enum gain { GAIN_NONE, GAIN_ENTRY, GAIN_CLASS, GAIN_OWNERS, GAIN_OTHERS };
// What another identity's own answer shows, where it is kept apart or names a group that only that one is in.
static int find_others(struct check_run *run, struct experiment *e, const struct added_answer *plain, const struct added_answer *more, enum gain *ret, struct error *err) {
    bool others = false, group = false;
    int r = names_other_group(run, e->user, more, &group, err);
    if (r != 0 || !(group || is_kept_apart(run, e->operation, more))) return r;
    r = shows_anothers(run, e, plain, more, &others, err);
    if (r == 0 && others) *ret = GAIN_OTHERS;
    return r;
}

static int find_gain(struct check_run *run, struct experiment *e, const struct added_answer *plain, const struct added_answer *more, enum gain *ret, struct error *err) {
    *ret = GAIN_NONE;
    if (!more->signs.good || more->signs.cached) return 0;
    if (is_refused(plain->exchange)) {
        if (more->signs.content > 0) *ret = GAIN_ENTRY;
        return 0;
    }
    if (!exchange_answered(plain->exchange) || plain->exchange->response.status >= 300) return 0;
    if (is_of_new_class(run, e->operation, plain, more)) *ret = GAIN_CLASS;
    else if (lists_more_owners(run, e->operation, plain, more)) *ret = GAIN_OWNERS;
    return *ret == GAIN_NONE ? find_others(run, e, plain, more, ret, err) : 0;
}

static int shows_more(struct check_run *run, struct experiment *e, const struct added_answer *plain, const struct added_answer *more, bool *ret, struct error *err) {
    enum gain gain;
    int r = find_gain(run, e, plain, more, &gain, err);
    *ret = r == 0 && gain != GAIN_NONE;
    return r;
}

// Told already: who may not have it gets it without any parameter. (What only says how credentials look is no such cause.)
static bool is_open_anyway(struct check_run *run, const struct operation *op) {
    static const char *const entries[] = {"auth-missing", "auth-any-token", "auth-credential", "auth-method-bypass", "auth-path-bypass", "jwt-forgery", NULL};
    return check_operation_has_finding_in(run, op, CATEGORY_BFLA) || check_is_told_by(run, op, SV_NONE, entries);
}

static int keep_pending(struct check_run *run, const struct finding *f, struct error *err) {
    struct state *s = check_state(run);
    if (s->pending_count >= PENDING_MAX) return 0;
    struct pending *p = arena_new(check_arena(run), struct pending);
    if (p == NULL) return error_nomem(err);
    *p = (struct pending){.next = s->pending, .finding = *f};
    p->finding.scope_key = arena_copy_sv(check_arena(run), f->scope_key);
    p->finding.reason = arena_copy_sv(check_arena(run), f->reason);
    p->finding.evidence = p->evidence;
    if (p->finding.scope_key.ptr == NULL || p->finding.reason.ptr == NULL) return error_nomem(err);
    for (size_t i = 0; i < f->evidence_count; i++) {
        p->evidence[i] = f->evidence[i];
        p->evidence[i].exchange = exchange_keep(check_arena(run), f->evidence[i].exchange, BODY_KEPT);
        if (p->evidence[i].exchange == NULL) return error_nomem(err);
    }
    s->pending = p;
    s->pending_count++;
    return 0;
}

static int report(struct check_run *run, struct experiment *e, const struct added_answer *more, enum gain gain, struct error *err) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_BOLA, .cwe = 639}};
    static const char *const gains[] = {[GAIN_NONE] = "", [GAIN_ENTRY] = "a good answer, and without it a refusal",
                                        [GAIN_CLASS] = "an answer of a class that only administrators should get",
                                        [GAIN_OWNERS] = "private objects of several owners", [GAIN_OTHERS] = "what another identity's own answer shows"};
    const struct added_hunt *h = e->user;
    const struct operation *op = e->operation;
    struct sv what = added_text(&e->arena, h);
    struct evidence_item evidence[3];
    bool is_private = access_is_private(run, op, &more->signs, op->path), everywhere = gain == GAIN_ENTRY && h->chosen != SIZE_MAX;
    struct finding f = {
        .category = CATEGORY_BFLA,
        .cause = SV("parameter-that-grants"),
        // What lets somebody in is read in one place for all operations; what widens a list, in the list.
        .scope = everywhere ? SCOPE_HOST : SCOPE_OPERATION,
        .scope_key = everywhere ? h->additions.ptr[h->chosen].name : access_key(&e->arena, op->method, op->path),
        .impact = signs_impact(&more->signs, is_private, gain == GAIN_ENTRY ? IMPACT_ADMIN : IMPACT_PERSONAL),
        .who = h->identity == 0 ? WHO_ANYONE : WHO_USER,
        .confidence = gain == GAIN_OTHERS && !is_private && !ownership_is_described(run, op) ? CONFIDENCE_FIRM : CONFIDENCE_CONFIRMED,
        .title = SV("A parameter that callers may add gives them more than they may see"),
        .reason = arena_printf(&e->arena, "with " SV_FMT " an ordinary caller got %s, in each of two rounds; without it, and with the same value under a random name, not",
                               SV_ARG(what), gains[gain]),
        .effects = effects,
        .effect_count = gain >= GAIN_OWNERS,
        .cwe = {472, 285},
    };
    added_place(e, evidence, &f);
    if (f.scope_key.ptr == NULL || f.reason.ptr == NULL || what.ptr == NULL) return error_nomem(err);
    if (everywhere && h->additions.ptr[h->chosen].header) return keep_pending(run, &f, err);
    return is_open_anyway(run, op) ? 0 : check_report(run, &f, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    bool proven;
    int r = added_judge(run, e, shows_more, &proven, err);
    if (r != 0 || !proven) return r;
    struct added_answer plain, more;
    enum gain gain;
    r = added_read(run, e, ADDED_PLAIN, &plain, err);
    if (r == 0) r = added_read(run, e, ADDED_MORE, &more, err);
    if (r == 0) r = find_gain(run, e, &plain, &more, &gain, err);
    return r != 0 || gain == GAIN_NONE ? r : report(run, e, &more, gain, err);
}

// A header that auth-path-bypass found at one of the operations is its cause at all of them.
static int finish(struct check_run *run, struct error *err) {
    static const char *const detours[] = {"auth-path-bypass", NULL};
    const struct state *s = check_state(run);
    for (struct pending *p = s->pending; p != NULL; p = p->next) {
        for (const struct pending *q = s->pending; q != NULL && !p->told_elsewhere; q = q->next)
            p->told_elsewhere = sv_eq(q->finding.scope_key, p->finding.scope_key) && check_is_told_by(run, q->finding.operation, SV_NONE, detours);
    }
    for (const struct pending *p = s->pending; p != NULL; p = p->next) {
        int r = p->told_elsewhere ? 0 : check_report(run, &p->finding, err);
        if (r != 0) return r;
    }
    return 0;
}

const struct check check_bfla_parameter = {
    .id = "bfla-parameter",
    .title = "Parameters that give callers more than they may see",
    .category = CATEGORY_BFLA,
    .owasp = "API5:2023",
    .cwe = 472,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
    .finish = finish,
};
