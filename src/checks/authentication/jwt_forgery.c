// SPDX-License-Identifier: Apache-2.0
/*
 * Signed tokens that nobody issued. In full at the operation whose answers prove the identity, in short at every other one that is guarded.
 *
 *   signature not verified? ─ yes ─> two rounds, report; all else is moot
 *          └ no ─> one wave a cause (support/jwt_causes.h) ─ answered ─> rounds 2 and 3 (and a series) ─> report
 *   the published key is sought meanwhile; key confusion waits for it
 *
 * Everywhere else (support/forgery_routes.h): one more claim with the old signature; where that is refused, the likeliest other causes, one request each.
 *
 * The canary calls of "jku" and "x5u" count by themselves: a server that fetches the key from where the token says trusts the token.
 */
#include "checks/support/forgery_routes.h"
#include "checks/support/jwt_causes.h"

enum { TAG_KEYS = 0xffff, TAG_ROUTES = 0x40000000, ROUTE_BUDGET = 450 };

struct state {
    struct forgery_place place;
    struct forgery_routes routes;
    struct published_keys keys;
    struct verdict second[JWT_CAUSE_COUNT], third[JWT_CAUSE_COUNT];
    struct sv called[JWT_CAUSE_COUNT]; // token of the canary call in an earlier round
    uint16_t round[JWT_CAUSE_COUNT]; // the last one asked: a canary call has an experiment judged again
    bool asked[JWT_CAUSE_COUNT], seen[JWT_CAUSE_COUNT], told[JWT_CAUSE_COUNT], told_at_route[JWT_CAUSE_COUNT];
    bool keys_known, verified; // verified: random signatures are refused
    bool started;
    const char *reason; // why nothing was started
};

static uint32_t tag_of(enum jwt_cause cause, size_t variant) {
    return (uint32_t)cause | (uint32_t)variant << 8;
}

// A later round, or the sighting of all spellings of a cause. False when there is none, or it may not be sent.
static bool ask(struct check_run *run, enum jwt_cause cause, size_t variant, uint16_t round) {
    struct state *s = check_state(run);
    struct arena *a = check_arena(run);
    const char *note;
    struct credential_change control, weak;
    if (s->round[cause] >= round) return false;
    s->round[cause] = round;
    if (!jwt_cause_control(run, a, s->place.identity, cause, variant, &control)) return false;
    struct experiment *e = forgery_begin(run, &s->place, &control, round, tag_of(cause, variant));
    if (e == NULL) return false;
    size_t added = 0;
    bool sighting = round == FORGERY_SIGHTING;
    for (size_t i = 0; i < (sighting ? JWT_VARIANTS_MAX : 2); i++) {
        if (!jwt_cause_weak(run, e, s->place.identity, &s->keys, cause, sighting ? i : variant, &weak, &note)) break;
        if (!forgery_weak(run, e, &s->place, &weak)) return false;
        added++;
    }
    return added > 0 && forgery_end(run, e, &s->place, &control);
}

static bool ask_series(struct check_run *run, enum jwt_cause cause, size_t variant) {
    struct state *s = check_state(run);
    const char *note;
    struct credential_change control, weak;
    if (s->round[cause] >= FORGERY_SERIES) return false;
    s->round[cause] = FORGERY_SERIES;
    struct experiment *lender = check_experiment(run, s->place.operation, 0); // never sent: its arena holds the texts
    return lender != NULL && jwt_cause_control(run, check_arena(run), s->place.identity, cause, variant, &control) &&
           jwt_cause_weak(run, lender, s->place.identity, &s->keys, cause, variant, &weak, &note) &&
           forgery_series(run, &s->place, &weak, &control, tag_of(cause, variant));
}

// Sends what may be sent now, each cause once.
static void ask_all(struct check_run *run) {
    struct state *s = check_state(run);
    for (unsigned c = JWT_SIGNATURE + 1; s->verified && c < JWT_CAUSE_COUNT; c++) {
        if (s->asked[c] || (c == JWT_CONFUSION && !s->keys_known)) continue;
        s->asked[c] = true;
        (void)ask(run, (enum jwt_cause)c, 0, FORGERY_SIGHTING);
    }
}

// What is tried at the other operations, each in its likeliest spelling.
static const struct {
    enum jwt_cause cause;
    size_t variant;
} route_kinds[] = {
    {JWT_SIGNATURE, 1}, {JWT_NULL, 0}, {JWT_NONE, 0}, {JWT_BLANK, 0}, {JWT_CONFUSION, 0}, {JWT_KID, 0}, {JWT_EXPIRED, 0}, {JWT_AUDIENCE, 0}, {JWT_ISSUER, 0},
};

static bool route_make(struct check_run *run, struct experiment *e, const struct forgery_route *route, size_t kind, struct credential_change *weak,
                       struct credential_change *control) {
    const struct state *s = check_state(run);
    enum jwt_cause cause = route_kinds[kind].cause;
    size_t identity = route->place.identity, variant = route_kinds[kind].variant;
    const char *note;
    // Dates, audience and issuer once a family: they need a known secret, and that is the worse part.
    bool of_family = cause == JWT_EXPIRED || cause == JWT_AUDIENCE || cause == JWT_ISSUER;
    if (of_family && (route->rank > 0 || !check_token(run, identity)->secret_is_weak || s->told[cause])) return false;
    return jwt_cause_weak(run, e, identity, &s->keys, cause, variant, weak, &note) &&
           (control == NULL || jwt_cause_control(run, &e->arena, identity, cause, variant, control));
}

static void route_claim(struct check_run *run, struct experiment *e, const struct forgery_route *route, size_t kind, struct forgery_claim *ret) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_BOLA, .cwe = 639}, {.category = CATEGORY_BFLA, .cwe = 863}};
    const struct jwt_cause_info *c = &jwt_causes[route_kinds[kind].cause];
    const struct state *s = check_state(run);
    struct credential_change weak;
    *ret = (struct forgery_claim){.cause = c->word, .title = c->title, .note = "a forged token", .control = c->control, .forges = c->forges, .cwe = c->cwe};
    (void)jwt_cause_weak(run, e, route->place.identity, &s->keys, route_kinds[kind].cause, route_kinds[kind].variant, &weak, &ret->note);
    ret->effects = effects;
    ret->effect_count = c->forges ? 2 : 0;
}

static bool route_is_told(struct check_run *run, size_t kind, bool now) {
    struct state *s = check_state(run);
    enum jwt_cause cause = route_kinds[kind].cause;
    s->told_at_route[cause] = s->told_at_route[cause] || now;
    return s->told[cause] || s->told_at_route[cause];
}

static const struct forgery_kinds routes = {.tag = TAG_ROUTES, .budget = ROUTE_BUDGET, .value = 14, .jwt = true, .count = sizeof route_kinds / sizeof route_kinds[0],
                                            .alone = 1, .independent = 6, .make = route_make, .claim = route_claim, .is_told = route_is_told};

static int start(struct check_run *run, struct error *err) {
    struct state *s = check_state(run);
    s->started = true;
    size_t identity = forgery_identity(run, true, &s->reason);
    if (identity == 0 || !forgery_witness(run, identity, &s->place)) return 0;
    s->reason = NULL;
    const struct token_view *t = check_token(run, identity);
    // Only who verifies with a key pair can mistake its public half for a secret.
    bool pair = !sv_starts_with(t->algorithm, SV("HS")) && !sv_eq_nocase(t->algorithm, SV("none"));
    s->keys_known = !pair || published_keys_seek(run, &s->keys, t->key_id, TAG_KEYS);
    (void)ask(run, JWT_SIGNATURE, 0, FORGERY_SIGHTING);
    return forgery_routes_start(run, &s->routes, &routes, true, err);
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct state *s = check_state(run);
    int r = s->started ? 0 : start(run, err);
    if (r != 0) return r;
    if (s->reason != NULL) check_coverage(run, op, COVERAGE_NOT_TESTED, s->reason);
    else if (op != s->place.operation && !forgery_routes_has(&s->routes, op))
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "no identity with a signed token is answered more than nobody");
    return 0;
}

static const struct canary_event *call_of(const struct experiment *e, size_t probe) {
    for (size_t i = 0; i < e->event_count; i++) {
        if (e->events[i].probe == probe) return &e->events[i];
    }
    return NULL;
}

static const char *note_of(struct check_run *run, struct experiment *e, enum jwt_cause cause, size_t variant) {
    const struct state *s = check_state(run);
    struct credential_change weak;
    const char *note = "a forged token";
    (void)jwt_cause_weak(run, e, s->place.identity, &s->keys, cause, variant, &weak, &note);
    return note;
}

static int report(struct check_run *run, struct experiment *e, enum jwt_cause cause, size_t variant, bool accepted, struct error *err) {
    static const struct finding_effect effects[] = {{.category = CATEGORY_BOLA, .cwe = 639}, {.category = CATEGORY_BFLA, .cwe = 863}, {.category = CATEGORY_SSRF, .cwe = 918}};
    struct state *s = check_state(run);
    if (s->told[cause] || (cause == JWT_KID && s->seen[JWT_BLANK])) return 0; // who takes an empty secret takes the empty file, too
    s->told[cause] = true;
    const struct jwt_cause_info *c = &jwt_causes[cause];
    bool fetches = cause == JWT_JKU || cause == JWT_X5U;
    struct forgery_claim claim = {.cause = c->word, .title = c->title, .note = note_of(run, e, cause, variant), .control = c->control,
                                  .forges = c->forges, .confidence = CONFIDENCE_CONFIRMED, .cwe = c->cwe};
    claim.effects = fetches && !accepted ? &effects[2] : effects;
    claim.effect_count = fetches ? (accepted ? 3 : 1) : c->forges ? 2 : 0;
    struct sv weak = check_token(run, s->place.identity)->weak_secret;
    if (!accepted) claim.reason = arena_printf(&e->arena, "%s: our listener was called for it in two rounds, with new addresses", claim.note);
    else if (cause == JWT_SECRET)
        claim.reason = arena_printf(&e->arena, "%s (\"" SV_FMT "\") was answered like the identity's own, in two rounds; %s and no credential were not", claim.note,
                                    SV_ARG(sv_slice(weak, 0, 80)), c->control);
    return forgery_report(run, e, &s->place, &claim, err);
}

// The listener was called though the token was not (yet) accepted: again in a later round, then it is told.
static int judge_calls(struct check_run *run, struct experiment *e, enum jwt_cause cause, size_t variant, struct error *err) {
    struct state *s = check_state(run);
    const struct canary_event *call = call_of(e, FORGERY_WEAK);
    if (call == NULL || (cause != JWT_JKU && cause != JWT_X5U) || s->told[cause]) return 0;
    if (s->called[cause].len > 0 && !sv_eq(s->called[cause], call->token)) return report(run, e, cause, variant, false, err);
    if (s->called[cause].len > 0) return 0;
    s->called[cause] = arena_copy_sv(check_arena(run), call->token);
    if (!s->seen[cause]) (void)ask(run, cause, variant, FORGERY_SECOND);
    s->seen[cause] = true;
    return 0;
}

static int judge_sighting(struct check_run *run, struct experiment *e, enum jwt_cause cause, struct error *err) {
    struct state *s = check_state(run);
    struct verdict v = {0};
    for (size_t i = 0; i + FORGERY_WEAK < forgery_valid(e) && !s->seen[cause]; i++) {
        int r = forgery_judge(run, e, &s->place, i, &v, err);
        if (r != 0) return r;
        if (!v.holds) continue;
        s->seen[cause] = true;
        if (ask(run, cause, i, FORGERY_SECOND)) return 0;
    }
    bool sound = exchange_answered(e->exchanges[forgery_valid(e)]) && e->exchanges[forgery_valid(e)]->response.status < 300;
    if (!s->seen[cause]) check_coverage(run, e->operation, sound ? COVERAGE_PASSED : COVERAGE_INCONCLUSIVE, sound ? NULL : v.why);
    if (cause == JWT_SIGNATURE && !s->seen[cause] && sound) {
        s->verified = true;
        ask_all(run);
    }
    return judge_calls(run, e, cause, 0, err);
}

static int judge_round(struct check_run *run, struct experiment *e, enum jwt_cause cause, size_t variant, struct error *err) {
    struct state *s = check_state(run);
    struct verdict v;
    int r = forgery_judge(run, e, &s->place, 0, &v, err);
    if (r != 0) return r;
    if (!v.holds) {
        check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, v.why);
        if (cause == JWT_SIGNATURE && !s->verified) {
            s->verified = true; // a first sighting that did not come again: the other causes are worth asking
            ask_all(run);
        }
        return judge_calls(run, e, cause, variant, err);
    }
    if (e->round == FORGERY_SECOND) {
        s->second[cause] = v;
        (void)ask(run, cause, variant, FORGERY_THIRD);
        return 0;
    }
    struct verdict all = oracle_combine(s->second[cause], e->round == FORGERY_THIRD ? v : s->third[cause]);
    if (e->round == FORGERY_SERIES) all = oracle_combine(all, v);
    else s->third[cause] = v;
    if (all.confidence == CONFIDENCE_CONFIRMED) return report(run, e, cause, variant, true, err);
    if (e->round == FORGERY_THIRD && ask_series(run, cause, variant)) return 0;
    check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, all.why);
    return 0;
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    struct state *s = check_state(run);
    if ((e->tag & TAG_ROUTES) != 0) return forgery_routes_judge(run, &s->routes, &routes, e, err);
    if (e->tag == TAG_KEYS) {
        s->keys_known = published_keys_read(run, &s->keys, check_token(run, s->place.identity)->key_id, e);
        if (s->keys_known) ask_all(run);
        return 0;
    }
    enum jwt_cause cause = (enum jwt_cause)(e->tag & 0xff);
    size_t variant = e->tag >> 8;
    if (cause >= JWT_CAUSE_COUNT) return 0;
    return e->round == FORGERY_SIGHTING ? judge_sighting(run, e, cause, err) : judge_round(run, e, cause, variant, err);
}

const struct check check_jwt_forgery = {
    .id = "jwt-forgery",
    .title = "Tokens that the API did not issue",
    .category = CATEGORY_AUTHENTICATION,
    .owasp = "API2:2023",
    .cwe = 347,
    .traits = CHECK_READ_ONLY | CHECK_ONE_IDENTITY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
};
