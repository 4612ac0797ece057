// SPDX-License-Identifier: Apache-2.0
// Credentials that must be refused and are not: empty, under another scheme, with one character changed. One request each at every guarded operation;
// random credentials are the control (auth-any-token tells of them), forged tokens the matter of jwt-forgery.
#include "checks/support/forgery_routes.h"

enum kind { KIND_EMPTY, KIND_OTHER_SCHEME, KIND_TAMPERED, KIND_COUNT };
enum { ROUTE_BUDGET = 450 };

static const struct {
    const char *cause, *title, *note;
    uint16_t cwe;
} infos[KIND_COUNT] = {
    [KIND_EMPTY] = {"empty-credential", "Empty credentials are accepted", "an empty credential", 287},
    [KIND_OTHER_SCHEME] = {"other-scheme", "Credentials under another scheme are not verified", "a random credential under another scheme", 287},
    [KIND_TAMPERED] = {"changed-credential", "Credentials are compared in part only", "the credential with one character changed", 1025},
};

struct state {
    struct forgery_routes routes;
    bool told[KIND_COUNT], started;
    const char *reason; // why nothing was started
};

static bool make(struct check_run *run, struct experiment *e, const struct forgery_route *route, size_t kind, struct credential_change *weak,
                 struct credential_change *control) {
    static const enum credential_kind changes[KIND_COUNT] = {CREDENTIAL_EMPTY, CREDENTIAL_OTHER_SCHEME, CREDENTIAL_TAMPERED};
    const struct token_view *t = check_token(run, route->place.identity);
    (void)e;
    // A changed token is the matter of jwt-forgery, a changed password a wrong try against an account.
    if (kind == KIND_TAMPERED && (t->is_jwt || sv_eq_nocase(t->scheme, SV("Basic")))) return false;
    if (kind == KIND_OTHER_SCHEME && (t->carrier != CARRIER_HEADER || t->scheme.len == 0)) return false;
    *weak = (struct credential_change){.kind = changes[kind]};
    if (control != NULL) *control = (struct credential_change){.kind = CREDENTIAL_RANDOM};
    return true;
}

static void claim(struct check_run *run, struct experiment *e, const struct forgery_route *route, size_t kind, struct forgery_claim *ret) {
    (void)run;
    (void)e;
    (void)route;
    *ret = (struct forgery_claim){.cause = infos[kind].cause, .title = infos[kind].title, .note = infos[kind].note, .control = "a random credential", .forges = true,
                                  .cwe = infos[kind].cwe};
}

static bool is_told(struct check_run *run, size_t kind, bool now) {
    struct state *s = check_state(run);
    s->told[kind] = s->told[kind] || now;
    return s->told[kind];
}

static const struct forgery_kinds kinds = {.budget = ROUTE_BUDGET, .value = 15, .count = KIND_COUNT, .independent = KIND_COUNT, .make = make, .claim = claim,
                                           .is_told = is_told};

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct state *s = check_state(run);
    if (!s->started) {
        s->started = true;
        if (forgery_identity(run, false, &s->reason) != 0) s->reason = NULL;
        int r = s->reason == NULL ? forgery_routes_start(run, &s->routes, &kinds, false, err) : 0;
        if (r != 0) return r;
    }
    if (s->reason != NULL) check_coverage(run, op, COVERAGE_NOT_TESTED, s->reason);
    else if (!forgery_routes_has(&s->routes, op)) check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "no identity is answered more than nobody");
    return 0;
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    struct state *s = check_state(run);
    return forgery_routes_judge(run, &s->routes, &kinds, e, err);
}

const struct check check_auth_credential = {
    .id = "auth-credential",
    .title = "Credentials that must be refused",
    .category = CATEGORY_AUTHENTICATION,
    .owasp = "API2:2023",
    .cwe = 287,
    .traits = CHECK_READ_ONLY | CHECK_ONE_IDENTITY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
};
