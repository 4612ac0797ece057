// SPDX-License-Identifier: Apache-2.0
// A refused GET that answers by another method: HEAD, or GET that a header turns into HEAD or OPTIONS on the way; in active mode also a method
// that nobody knows (CWE-650). The method guard decides what may be sent.
#include "checks/support/contrast.h"
#include "http/header.h"

enum way { WAY_HEAD, WAY_OVERRIDE_HEAD, WAY_OVERRIDE_OPTIONS, WAY_UNKNOWN, WAY_COUNT };

enum { IDENTITY_SHIFT = 24, FORBIDDEN_MAX = 80 };

struct state {
    unsigned asked; // operations for callers who are signed in
    uint32_t nobody_passes; // ways that let nobody in: that they let others in is the same cause
};

static const char *const notes[WAY_COUNT] = {
    [WAY_HEAD] = "by HEAD",
    [WAY_OVERRIDE_HEAD] = "by GET with headers that override the method with HEAD",
    [WAY_OVERRIDE_OPTIONS] = "by GET with headers that override the method with OPTIONS",
    [WAY_UNKNOWN] = "by a method that does not exist",
};

static bool is_head(enum way w) {
    return w == WAY_HEAD || w == WAY_OVERRIDE_HEAD;
}

static bool override_method(struct arena *a, struct request *rq, struct sv method) {
    static const struct sv names[] = {SV_INIT("X-HTTP-Method-Override"), SV_INIT("X-HTTP-Method"), SV_INIT("X-Method-Override")};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!header_set(a, &rq->headers, names[i], method)) return false;
    }
    return true;
}

static bool make(struct check_run *run, struct arena *a, enum way w, const struct request *plain, struct request *ret) {
    *ret = *plain;
    if (!header_copy_list(a, &plain->headers, &ret->headers)) return false;
    switch (w) {
    case WAY_HEAD:
        ret->method = SV("HEAD");
        return true;
    case WAY_OVERRIDE_HEAD:
        return override_method(a, ret, SV("HEAD"));
    case WAY_OVERRIDE_OPTIONS:
        return override_method(a, ret, SV("OPTIONS"));
    case WAY_UNKNOWN: {
        char name[7];
        for (size_t i = 0; i < 6; i++) name[i] = (char)('A' + (int)rng_below(check_rng(run), 26));
        ret->method = arena_copy_sv(a, sv_make(name, 6));
        return ret->method.ptr != NULL;
    }
    case WAY_COUNT:
        break;
    }
    return false;
}

static int ask_first(struct check_run *run, const struct operation *op, size_t identity, struct error *err) {
    const struct baseline *b = check_baseline(run, op, identity);
    struct experiment *e = check_experiment(run, op, (uint32_t)(identity << IDENTITY_SHIFT));
    if (e == NULL) return error_nomem(err);
    e->value = identity == 0 ? 9 : 5;
    for (unsigned w = 0; w < WAY_COUNT; w++) {
        struct request rq;
        if (!make(run, &e->arena, (enum way)w, &b->request, &rq)) return error_nomem(err);
        if (!check_allowed(run, op, &rq)) break; // only the last one may be forbidden
        if (check_probe(run, e, ROLE_PROBE, identity, &rq) == NULL) return error_nomem(err);
    }
    (void)check_submit(run, e);
    return 0;
}

static bool is_forbidden(const struct baseline *b) {
    return b->state == BASELINE_REFUSED && b->answer != NULL && b->answer->response.status == 403;
}

// The first identity that is refused there for what it is; 0 when there is none.
static size_t forbidden_identity(struct check_run *run, const struct operation *op) {
    for (size_t i = 1; i < check_identity_count(run); i++) {
        if (is_forbidden(check_baseline(run, op, i))) return i;
    }
    return 0;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct state *s = check_state(run);
    enum baseline_state state = check_baseline(run, op, 0)->state;
    bool get = sv_eq(op->method, SV("GET")), asked = get && state == BASELINE_REFUSED;
    int r = asked ? ask_first(run, op, 0, err) : 0;
    size_t identity = get && r == 0 && s->asked < FORBIDDEN_MAX ? forbidden_identity(run, op) : 0;
    if (identity > 0) {
        s->asked++;
        asked = true;
        r = ask_first(run, op, identity, err);
    }
    if (r != 0 || asked) return r;
    bool unknown = state == BASELINE_NONE;
    check_coverage(run, op, unknown ? COVERAGE_NOT_TESTED : COVERAGE_NOT_APPLICABLE, unknown ? "not asked in this mode" : "no refused GET");
    return 0;
}

static int ask_next(struct check_run *run, const struct operation *op, uint32_t mask, uint16_t round, struct error *err) {
    unsigned w = 0;
    while (w < WAY_COUNT && (mask & (1u << w)) == 0) w++;
    if (w == WAY_COUNT) return 0;
    size_t identity = mask >> IDENTITY_SHIFT;
    const struct baseline *b = check_baseline(run, op, identity);
    auto_arena a = {.limit = (size_t)1 << 20};
    struct contrast c = {.identity = identity, .plain = b->request};
    struct request options = b->request;
    options.method = SV("OPTIONS");
    if (!make(run, &a, (enum way)w, &b->request, &c.variant) || !make(run, &a, (enum way)w, &b->request, &c.variant_again)) return error_nomem(err);
    c.neighbour = c.variant;
    c.neighbour.target = target_neighbour(&a, check_rng(run), b->request.target);
    if (c.neighbour.target.ptr == NULL) {
        check_coverage(run, op, COVERAGE_INCONCLUSIVE, "the path has no neighbours to compare with");
        return 0;
    }
    // A real OPTIONS may describe the resource to everybody: that is no content of it.
    if (!is_head((enum way)w)) c.extra = &options;
    (void)contrast_ask(run, op, &c, round, mask, round == 2 ? 12 : 24);
    return 0;
}

static int judge_first(struct check_run *run, struct experiment *e, struct error *err) {
    unsigned mask = 0, answered = 0;
    for (size_t i = 0; i < e->probe_count; i++) {
        struct signs s;
        int r = signs_read(run, &e->arena, e->exchanges[i], &s, err);
        if (r != 0) return r;
        answered += exchange_answered(e->exchanges[i]);
        if (s.good || (is_head((enum way)i) && head_describes_content(e->exchanges[i]))) mask |= 1u << i;
    }
    if (answered < e->probe_count) check_coverage(run, e->operation, COVERAGE_INCONCLUSIVE, "a method was not answered at all");
    else if (mask == 0) check_coverage(run, e->operation, COVERAGE_PASSED, NULL);
    return mask == 0 ? 0 : ask_next(run, e->operation, e->tag | mask, 2, err);
}

static int report(struct check_run *run, struct experiment *e, size_t identity, unsigned w, struct error *err) {
    const struct contrast_claim claim = {
        .cause = "method-bypass",
        .title = identity == 0 ? "Another method gets around the authentication" : "Another method gets around the authorization",
        .note = notes[w],
        .identity = identity,
        .floor = identity == 0 ? IMPACT_INTERNAL : IMPACT_ADMIN,
        .cwe = {650, 288},
    };
    return contrast_report(run, e, &claim, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    if (e->round == 1) return judge_first(run, e, err);
    struct state *s = check_state(run);
    uint32_t mask = e->tag;
    size_t identity = mask >> IDENTITY_SHIFT;
    unsigned w = 0;
    while (w + 1 < WAY_COUNT && (mask & (1u << w)) == 0) w++;
    const char *reason;
    int r = contrast_judge(run, e, is_head((enum way)w), &reason, err);
    if (r != 0) return r;
    if (reason == NULL && e->round == 2) return ask_next(run, e->operation, mask, 3, err);
    if (reason == NULL) {
        if (identity == 0) s->nobody_passes |= 1u << w;
        bool same_cause = identity > 0 && (s->nobody_passes & (1u << w)) != 0;
        return same_cause ? 0 : report(run, e, identity, w, err);
    }
    mask &= ~(1u << w);
    if ((mask & ((1u << WAY_COUNT) - 1)) != 0) return ask_next(run, e->operation, mask, 2, err);
    check_coverage(run, e->operation, COVERAGE_PASSED, reason);
    return 0;
}

const struct check check_auth_method_bypass = {
    .id = "auth-method-bypass",
    .title = "Methods that get around the authentication",
    .category = CATEGORY_AUTHENTICATION,
    .owasp = "API2:2023",
    .cwe = 650,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
};
