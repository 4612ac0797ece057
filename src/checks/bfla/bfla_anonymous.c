// SPDX-License-Identifier: Apache-2.0
// Administrative functions that are open to anyone (evidence.md: oracle "function"). What makes a function administrative is its answer
// (data/management.yaml), or a description that keeps it for a role; a word in the path is never enough. Operations that nothing
// describes are looked for at a few usual places beyond discovery.
#include "checks/support/admin_places.h"
#include "checks/support/debug_pages.h"
#include "checks/support/open_call.h"

enum { PLACES_MAX = 42 };
enum { TAG_OPERATION, TAG_PLACE };

struct state {
    bool places_asked;
};

// Usual places first, then every prefix with every word for people; more on a larger API, where a few requests more weigh less.
static int ask_places(struct check_run *run, struct error *err) {
    auto_arena a = {.limit = (size_t)1 << 20};
    struct sv places[ADMIN_PLACES_MAX];
    size_t operations = check_api(run)->operation_count;
    size_t count = admin_places(run, &a, PLACES_MAX, PLACES_MAX + 2 * (operations < 50 ? operations : 50), places);
    for (size_t i = 0; i < count; i++) {
        struct experiment *e = check_experiment(run, NULL, TAG_PLACE);
        struct request rq = {.method = SV("GET"), .target = places[i]};
        if (e == NULL || check_probe(run, e, ROLE_PROBE, 0, &rq) == NULL) return error_nomem(err);
        e->value = 5;
        check_submit(run, e);
    }
    return 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct state *s = check_state(run);
    if (!s->places_asked) {
        s->places_asked = true;
        int r = ask_places(run, err);
        if (r != 0) return r;
    }
    if (!access_exercised(run, op)) return 0;
    const struct baseline *b = check_baseline(run, op, 0);
    if (b->answer != NULL && debug_page_find(run, op->path, b->answer->response.body) != NULL) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "a debug page of the framework, told of as such");
        return 0;
    }
    auto_arena a = {.limit = (size_t)32 << 20};
    struct access d;
    int r = access_decide(run, &a, op, b->answer, &d, err);
    if (r != 0) return r;
    if (d.claim == ACCESS_FUNCTION) (void)open_call_ask(run, op, &b->request, 1, TAG_OPERATION, 50);
    else if (d.claim == ACCESS_NOTHING && d.signs.good) check_coverage(run, op, COVERAGE_PASSED, NULL);
    else check_coverage(run, op, d.signs.good ? COVERAGE_NOT_APPLICABLE : COVERAGE_INCONCLUSIVE, d.because);
    return 0;
}

static size_t add_effects(const struct access *d, bool authentication, struct finding_effect effects[3]) {
    size_t n = 0;
    effects[n++] = (struct finding_effect){.category = authentication ? CATEGORY_BFLA : CATEGORY_AUTHENTICATION, .cwe = authentication ? 862 : 306};
    if (signs_are_sensitive(&d->signs)) effects[n++] = (struct finding_effect){.category = CATEGORY_EXPOSURE, .cwe = 200};
    if (d->parameter != SIZE_MAX && d->is_private) effects[n++] = (struct finding_effect){.category = CATEGORY_BOLA, .cwe = 639};
    return n;
}

static uint32_t tell_fact(struct check_run *run, struct arena *a, struct sv path, struct sv reason) {
    struct fact fact = {
        .kind = SV("admin_open"),
        .subject_type = SV("endpoint"),
        .subject = access_subject(a, SV("GET"), path),
        .value = FACT_YES,
        .source = FACT_PROBE,
        .evidence = reason,
        .confidence = CONFIDENCE_CONFIRMED,
    };
    return fact.subject.ptr == NULL ? 0 : check_fact(run, &fact);
}

static int report(struct check_run *run, struct experiment *e, const struct access *d, struct error *err) {
    const struct operation *op = e->operation;
    struct arena *a = &e->arena;
    struct sv path = op != NULL ? op->path : e->probes[OPEN_CALL_NOBODY].request.target;
    struct evidence_item evidence[] = {
        check_evidence(e, OPEN_CALL_NOBODY, EVIDENCE_PROBE, "without any credentials"),
        check_evidence(e, OPEN_CALL_RANDOM, EVIDENCE_CONTROL, "with a random credential"),
        check_evidence(e, OPEN_CALL_NEIGHBOUR, EVIDENCE_CONTROL, "a random neighbour of the path"),
    };
    struct finding_effect effects[3];
    // A neighbour that refuses says that this one should, too: a missing authentication (evidence.md 4).
    bool authentication = op == NULL && d->sibling != NULL;
    struct finding f = {
        .category = authentication ? CATEGORY_AUTHENTICATION : CATEGORY_BFLA,
        .cause = SV("open-administration"),
        .scope = SCOPE_OPERATION,
        .scope_key = access_key(a, SV("GET"), path),
        .impact = signs_impact(&d->signs, false, IMPACT_ADMIN),
        .who = WHO_ANYONE,
        .confidence = d->signs.management.ptr != NULL ? CONFIDENCE_CONFIRMED : CONFIDENCE_FIRM,
        .title = SV("An administrative function is open to anyone"),
        .reason = d->signs.management.ptr == NULL
                      ? SV("the description keeps it for a role, and callers without credentials got the same good answer in each round")
                      : arena_printf(a, "callers without credentials got the same answer of a management class (" SV_FMT ") in each round; random neighbours of the path did not",
                                     SV_ARG(d->signs.management)),
        .method = op != NULL ? op->method : SV("GET"),
        .path = path,
        .operation = op,
        .evidence = evidence,
        .evidence_count = sizeof evidence / sizeof evidence[0],
        .effects = effects,
        .effect_count = add_effects(d, authentication, effects),
        .cwe = {862},
    };
    if (f.scope_key.ptr == NULL || f.reason.ptr == NULL) return error_nomem(err);
    f.facts[0] = tell_fact(run, a, path, f.reason);
    return check_report(run, &f, err);
}

static int ask_with_slash(struct check_run *run, const struct experiment *before, struct error *err) {
    struct experiment *e = check_experiment(run, NULL, TAG_PLACE);
    if (e == NULL) return error_nomem(err);
    struct request rq = {.method = SV("GET"), .target = arena_printf(&e->arena, SV_FMT "/", SV_ARG(before->probes[0].request.target))};
    if (rq.target.ptr == NULL || check_probe(run, e, ROLE_PROBE, 0, &rq) == NULL) return error_nomem(err);
    e->value = 6;
    check_submit(run, e);
    return 0;
}

// First answer of a place that nothing describes.
static int judge_place(struct check_run *run, struct experiment *e, struct error *err) {
    if (admin_place_wants_slash(e->exchanges[0], e->probes[0].request.target)) return ask_with_slash(run, e, err);
    struct access d;
    int r = access_decide(run, &e->arena, NULL, e->exchanges[0], &d, err);
    if (r != 0 || d.signs.management.ptr == NULL || (d.claim != ACCESS_FUNCTION && d.claim != ACCESS_AUTHENTICATION)) return r;
    enum presence presence = check_presence(run, e, 0);
    if (presence == PRESENCE_UNKNOWN) return JUDGE_WAIT;
    if (presence == PRESENCE_REAL) (void)open_call_ask(run, NULL, &e->probes[0].request, 2, TAG_PLACE, 80);
    return 0;
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct operation *op = e->operation;
    if (e->tag == TAG_PLACE && e->round == 1) return judge_place(run, e, err);
    const char *reason;
    int r = open_call_judge(run, e, op == NULL ? NULL : &check_baseline(run, op, 0)->signature, &reason, err);
    if (r != 0) return r;
    if (reason != NULL) {
        if (op != NULL) check_coverage(run, op, COVERAGE_INCONCLUSIVE, reason);
        return 0;
    }
    uint16_t last = op == NULL ? 3 : 2;
    if (e->round < last) {
        (void)open_call_ask(run, op, &e->probes[OPEN_CALL_NOBODY].request, (uint16_t)(e->round + 1), e->tag, e->value * 2);
        return 0;
    }
    struct access d;
    r = access_decide(run, &e->arena, op, e->exchanges[OPEN_CALL_NOBODY], &d, err);
    if (r != 0) return r;
    bool holds = d.claim == ACCESS_FUNCTION || (op == NULL && d.claim == ACCESS_AUTHENTICATION && d.signs.management.ptr != NULL);
    if (holds) return report(run, e, &d, err);
    if (op != NULL) check_coverage(run, op, COVERAGE_INCONCLUSIVE, "what the answers show changed between the rounds");
    return 0;
}

const struct check check_bfla_anonymous = {
    .id = "bfla-anonymous",
    .title = "Administrative functions that are open to anyone",
    .category = CATEGORY_BFLA,
    .owasp = "API5:2023",
    .cwe = 862,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
};
