// SPDX-License-Identifier: Apache-2.0
// Operations that should demand credentials and answer nobody. What "should" means is decided in one place (support/access.h), so that the same
// missing check is not reported a second time as an object, function or exposure finding.
#include "checks/support/open_call.h"

// The signed-in caller gets something else, and what nobody gets is not private: a public view of the same resource.
static bool is_public_view(struct check_run *run, const struct operation *op, const struct access *d) {
    if (d->is_private || d->signs.management.ptr != NULL) return false;
    const struct baseline *nobody = check_baseline(run, op, 0);
    for (size_t i = 1; i < check_identity_count(run); i++) {
        const struct baseline *b = check_baseline(run, op, i);
        if (b->state == BASELINE_GOOD && !signature_alike(&b->signature, &nobody->signature)) return true;
    }
    return false;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    if (!access_exercised(run, op)) return 0;
    const struct baseline *b = check_baseline(run, op, 0);
    auto_arena a = {.limit = (size_t)32 << 20};
    struct access d;
    int r = access_decide(run, &a, op, b->answer, &d, err);
    if (r != 0) return r;
    if (op->demand == DEMAND_CREDENTIALS && !d.signs.good) {
        check_coverage(run, op, COVERAGE_INCONCLUSIVE, "answers nobody with a 2xx that refuses or holds nothing");
    } else if (d.claim != ACCESS_AUTHENTICATION) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, d.because);
    } else if (is_public_view(run, op, &d)) {
        check_coverage(run, op, COVERAGE_INCONCLUSIVE, "signed-in callers get another answer, and this one shows nothing private");
    } else {
        (void)open_call_ask(run, op, &b->request, 1, 0, d.is_private ? 60 : 30);
    }
    return 0;
}

static size_t add_effects(const struct access *d, struct finding_effect *effects) {
    size_t n = 0;
    if (d->parameter != SIZE_MAX && d->is_private) effects[n++] = (struct finding_effect){.category = CATEGORY_BOLA, .cwe = 639};
    if (d->signs.management.ptr != NULL || d->administrative || d->restricted)
        effects[n++] = (struct finding_effect){.category = CATEGORY_BFLA, .cwe = 862};
    if (signs_are_sensitive(&d->signs)) effects[n++] = (struct finding_effect){.category = CATEGORY_EXPOSURE, .cwe = 200};
    return n;
}

static int report(struct check_run *run, struct experiment *e, const struct access *d, struct error *err) {
    const struct operation *op = e->operation;
    bool ignores;
    int r = open_call_ignores_credentials(run, e, &ignores, err);
    if (r != 0) return r;
    struct evidence_item evidence[] = {
        check_evidence(e, OPEN_CALL_NOBODY, EVIDENCE_PROBE, "without any credentials"),
        check_evidence(e, OPEN_CALL_RANDOM, EVIDENCE_CONTROL, ignores ? "with a random credential: the same" : "with a random credential: another answer"),
        check_evidence(e, OPEN_CALL_NEIGHBOUR, EVIDENCE_CONTROL, "a random neighbour of the path"),
        {.role = EVIDENCE_REFERENCE, .exchange = d->sibling != NULL ? check_baseline(run, d->sibling, 0)->answer : NULL,
         .note = SV("an operation of the same family that refuses")},
    };
    struct finding_effect effects[3];
    const char *why = op->demand == DEMAND_CREDENTIALS ? "the description demands credentials" : d->because;
    struct finding f = {
        .category = CATEGORY_AUTHENTICATION,
        .cause = SV("missing-authentication"),
        .impact = signs_impact(&d->signs, d->is_private, IMPACT_INTERNAL),
        .who = WHO_ANYONE,
        .confidence = op->demand == DEMAND_CREDENTIALS || d->is_private ? CONFIDENCE_CONFIRMED : CONFIDENCE_FIRM,
        .title = SV("The operation answers callers without credentials"),
        .reason = arena_printf(&e->arena, "nobody got the same good answer (%u) in each round, %s; random neighbours of the path did not%s",
                               (unsigned)e->exchanges[OPEN_CALL_NOBODY]->response.status, why,
                               ignores ? ", and a random credential changed nothing" : ""),
        .method = op->method,
        .path = op->path,
        .operation = op,
        .evidence = evidence,
        .evidence_count = sizeof evidence / sizeof evidence[0],
        .effects = effects,
        .effect_count = add_effects(d, effects),
        .cwe = {306},
    };
    r = access_scope(run, &e->arena, op, &f, err);
    return r == 0 ? check_report(run, &f, err) : r;
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct operation *op = e->operation;
    const struct baseline *b = check_baseline(run, op, 0);
    const char *reason;
    int r = open_call_judge(run, e, &b->signature, &reason, err);
    if (r != 0) return r;
    if (reason != NULL) {
        check_coverage(run, op, COVERAGE_INCONCLUSIVE, reason);
        return 0;
    }
    if (e->round == 1) {
        (void)open_call_ask(run, op, &b->request, 2, 0, e->value * 2);
        return 0;
    }
    struct access d;
    r = access_decide(run, &e->arena, op, e->exchanges[OPEN_CALL_NOBODY], &d, err);
    if (r != 0) return r;
    if (d.claim == ACCESS_AUTHENTICATION) return report(run, e, &d, err);
    check_coverage(run, op, COVERAGE_INCONCLUSIVE, "what the answers show changed between the rounds");
    return 0;
}

const struct check check_auth_missing = {
    .id = "auth-missing",
    .title = "Operations without the authentication that they should have",
    .category = CATEGORY_AUTHENTICATION,
    .owasp = "API2:2023",
    .cwe = 306,
    .traits = CHECK_READ_ONLY,
    .plan = plan,
    .judge = judge,
};
