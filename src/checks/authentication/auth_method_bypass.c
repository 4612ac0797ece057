// SPDX-License-Identifier: Apache-2.0
// A refused GET that answers by another method: HEAD, or GET that a header turns into HEAD or OPTIONS on the way; in active mode also a method
// that nobody knows (CWE-650). The method guard decides what may be sent.
#include "checks/support/contrast.h"
#include "http/header.h"

enum way { WAY_HEAD, WAY_OVERRIDE_HEAD, WAY_OVERRIDE_OPTIONS, WAY_UNKNOWN, WAY_COUNT };

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

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    const struct baseline *b = check_baseline(run, op, 0);
    if (!sv_eq(op->method, SV("GET")) || b->state != BASELINE_REFUSED) {
        bool unknown = b->state == BASELINE_NONE;
        check_coverage(run, op, unknown ? COVERAGE_NOT_TESTED : COVERAGE_NOT_APPLICABLE, unknown ? "not asked in this mode" : "no refused GET");
        return 0;
    }
    struct experiment *e = check_experiment(run, op, 0);
    if (e == NULL) return error_nomem(err);
    e->value = 9;
    for (unsigned w = 0; w < WAY_COUNT; w++) {
        struct request rq;
        if (!make(run, &e->arena, (enum way)w, &b->request, &rq)) return error_nomem(err);
        if (!check_allowed(run, op, &rq)) break; // only the last one may be forbidden
        if (check_probe(run, e, ROLE_PROBE, 0, &rq) == NULL) return error_nomem(err);
    }
    (void)check_submit(run, e);
    return 0;
}

static int ask_next(struct check_run *run, const struct operation *op, unsigned mask, uint16_t round, struct error *err) {
    unsigned w = 0;
    while (w < WAY_COUNT && (mask & (1u << w)) == 0) w++;
    if (w == WAY_COUNT) return 0;
    const struct baseline *b = check_baseline(run, op, 0);
    auto_arena a = {.limit = (size_t)1 << 20};
    struct contrast c = {.plain = b->request};
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
    return mask == 0 ? 0 : ask_next(run, e->operation, mask, 2, err);
}

static int report(struct check_run *run, struct experiment *e, unsigned w, struct error *err) {
    const struct operation *op = e->operation;
    struct access d;
    int r = access_decide(run, &e->arena, op, e->exchanges[CONTRAST_VARIANT], &d, err);
    if (r != 0) return r;
    struct evidence_item evidence[3];
    contrast_evidence(e, notes[w], evidence);
    struct finding f = {
        .category = CATEGORY_AUTHENTICATION,
        .cause = SV("method-bypass"),
        .scope = SCOPE_OPERATION,
        .scope_key = access_key(&e->arena, op->method, op->path),
        .impact = signs_impact(&d.signs, d.is_private, IMPACT_INTERNAL),
        .who = WHO_ANYONE,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("Another method gets around the authentication"),
        .reason = arena_printf(&e->arena, "%s the path is answered (%u) without credentials, in two rounds; by GET it is refused (%u), and a random neighbour is not answered like it",
                               notes[w], (unsigned)e->exchanges[CONTRAST_VARIANT]->response.status, (unsigned)e->exchanges[CONTRAST_PLAIN]->response.status),
        .method = op->method,
        .path = op->path,
        .operation = op,
        .evidence = evidence,
        .evidence_count = 3,
        .cwe = {650, 288},
    };
    if (f.reason.ptr == NULL || f.scope_key.ptr == NULL) return error_nomem(err);
    return check_report(run, &f, err);
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    if (e->round == 1) return judge_first(run, e, err);
    unsigned mask = e->tag, w = 0;
    while (w < WAY_COUNT && (mask & (1u << w)) == 0) w++;
    const char *reason;
    int r = contrast_judge(run, e, is_head((enum way)w), &reason, err);
    if (r != 0) return r;
    if (reason == NULL) return e->round == 2 ? ask_next(run, e->operation, mask, 3, err) : report(run, e, w, err);
    mask &= ~(1u << w);
    if (mask != 0) return ask_next(run, e->operation, mask, 2, err);
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
    .plan = plan,
    .judge = judge,
};
