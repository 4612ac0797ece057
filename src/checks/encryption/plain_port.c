// SPDX-License-Identifier: Apache-2.0
/*
 * The same service over plain HTTP on port 80, beside https on 443: asked only when the user put http://host into the scope (--allow-origin), and
 * without credentials.
 *
 *   ask   a request whose answer over TLS is known, twice over plain HTTP
 *         the same kind of answer both times -> the plain port serves the API; a redirect to https, an error of its own or no answer -> it does not
 */
#include "checks/support/passive.h"
#include "http/header.h"

enum { ROUNDS = 2, TLS_PORT = 443, PLAIN_PORT = 80 };

struct state {
    bool asked;
};

// Answers that only the service itself gives. A page of 404 may be anybody's.
static bool is_telling(const struct exchange *x) {
    unsigned status = exchange_answered(x) ? x->response.status : 0;
    return status / 100 == 2 || status == 401 || status == 403;
}

static int plan(struct check_run *run, const struct operation *op, struct error *err) {
    struct state *s = check_state(run);
    const struct url *target = check_target(run);
    const struct baseline *b = check_baseline(run, op, 0);
    size_t origin = check_origin(run, SV("http"), target->host, PLAIN_PORT);
    if (!passive_target_is_tls(run) || target->port != TLS_PORT) {
        check_coverage(run, op, COVERAGE_NOT_APPLICABLE, "the target is not https on port 443");
        return 0;
    }
    if (origin == SIZE_MAX) {
        check_coverage(run, op, COVERAGE_NOT_TESTED, "port 80 of the host is not in scope (--allow-origin http://host)");
        return 0;
    }
    bool fit = sv_eq(op->method, SV("GET")) && is_telling(b->answer);
    check_coverage(run, op, fit ? COVERAGE_PASSED : COVERAGE_NOT_TESTED, fit ? NULL : "no answer over TLS to compare with");
    if (!fit || s->asked) return 0;
    struct experiment *e = check_experiment(run, op, 0);
    if (e == NULL) return error_nomem(err);
    struct request rq = b->request;
    rq.origin = (uint16_t)origin;
    e->schedule = SCHEDULE_ORDERED;
    for (size_t i = 0; i < ROUNDS; i++) {
        if (check_probe(run, e, ROLE_PROBE, 0, &rq) == NULL) return error_nomem(err);
    }
    s->asked = check_submit(run, e);
    return 0;
}

static bool is_same_kind(struct arena *a, const struct exchange *plain, const struct exchange *secure) {
    if (!is_telling(plain) || plain->response.status != secure->response.status) return false;
    struct sv one = media_type_essence(a, header_find(&plain->response.headers, SV("Content-Type")));
    struct sv two = media_type_essence(a, header_find(&secure->response.headers, SV("Content-Type")));
    bool page = sv_contains(two, SV("html")); // a welcome page of whatever listens there looks the same by its type
    return sv_eq(one, two) && (!page || sv_eq(plain->response.body, secure->response.body));
}

static int judge(struct check_run *run, struct experiment *e, struct error *err) {
    const struct baseline *b = check_baseline(run, e->operation, 0);
    for (size_t i = 0; i < ROUNDS; i++) {
        if (!is_same_kind(&e->arena, e->exchanges[i], b->answer)) return 0;
    }
    const struct evidence_item evidence[] = {check_evidence(e, 0, EVIDENCE_PROBE, "over plain HTTP"), {.role = EVIDENCE_REFERENCE, .exchange = b->answer, .note = SV("over TLS")}};
    const struct finding f = {
        .category = CATEGORY_ENCRYPTION,
        .cause = SV("plain-port"),
        .scope = SCOPE_HOST,
        .impact = IMPACT_COST,
        .who = WHO_ANYONE,
        .confidence = CONFIDENCE_CONFIRMED,
        .title = SV("The API answers over plain HTTP too"),
        .reason = SV("port 80 of the host gave the same kind of answer as https instead of a redirect or nothing, twice"),
        .method = e->operation->method,
        .path = e->operation->path,
        .operation = e->operation,
        .evidence = evidence,
        .evidence_count = 2,
    };
    return check_report(run, &f, err);
}

const struct check check_plain_port = {
    .id = "plain-port",
    .title = "Plain HTTP beside https",
    .category = CATEGORY_ENCRYPTION,
    .owasp = "API8:2023",
    .cwe = 319,
    .traits = CHECK_READ_ONLY,
    .state_size = sizeof(struct state),
    .plan = plan,
    .judge = judge,
};
