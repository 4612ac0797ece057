// SPDX-License-Identifier: Apache-2.0
#include "support/sim.h"

#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Seats, version: '1'}\n"
                           "paths:\n"
                           "  /me:\n"
                           "    get: {responses: {'200': {description: ok}}}\n"
                           "  /seats:\n"
                           "    get: {responses: {'200': {description: ok}}}\n";

enum rule { EXACT, STAR, STAR_WITH_CREDENTIALS, ANY, ANY_WITHOUT_CREDENTIALS, NULL_RULE, PREFIX, SUFFIX, DOTLESS, HTTP_TOO, SILENT, GARBAGE };

static bool admits(enum rule rule, struct sv origin) {
    struct sv trusted = SV("https://app.seats.example");
    switch (rule) {
    case ANY:
    case ANY_WITHOUT_CREDENTIALS:
        return true;
    case NULL_RULE:
        return sv_eq(origin, SV("null")) || sv_eq(origin, trusted);
    case PREFIX:
        return sv_starts_with(origin, trusted);
    case SUFFIX:
        return sv_ends_with(origin, SV("seats.example"));
    case DOTLESS: // app.seats\.example with the first dot unescaped
        return origin.len == trusted.len && sv_starts_with(origin, SV("https://app")) && sv_ends_with(origin, SV("seats.example"));
    case HTTP_TOO:
        return sv_eq(origin, trusted) || sv_eq(origin, SV("http://app.seats.example"));
    case EXACT:
    case STAR:
    case STAR_WITH_CREDENTIALS:
    case SILENT:
    case GARBAGE:
        break;
    }
    return sv_eq(origin, trusted);
}

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    enum rule rule = *(const enum rule *)state;
    struct sv origin = sim_request_header(o, "Origin");
    struct sv path = sim_path(o);
    if (!sv_eq(path, SV("/me")) && !sv_eq(path, SV("/seats"))) {
        sim_json(a, ret, 404, "{\"error\":\"none\"}");
        return;
    }
    if (rule == SILENT && origin.len > 0) {
        sim->outcome = OUTCOME_CLOSED;
        return;
    }
    bool star = rule == STAR || rule == STAR_WITH_CREDENTIALS;
    struct sv allowed = star ? SV("*") : rule == GARBAGE ? SV("\x01\xff,,https://") : origin.len > 0 && admits(rule, origin) ? origin : SV("https://app.seats.example");
    sim_header(a, ret, "Access-Control-Allow-Origin", allowed);
    if (rule != STAR && rule != ANY_WITHOUT_CREDENTIALS) sim_header(a, ret, "Access-Control-Allow-Credentials", SV("true"));
    sim_json(a, ret, 200, "{\"name\":\"x\"}");
}

static struct scan_result scan(struct arena *a, enum rule rule) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = server, .state = &rule, .spec = spec, .only = "cors", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void assert_cause(struct arena *a, enum rule rule, const char *cause) {
    struct scan_result r = scan(a, rule);
    if (sim_count(&r, NULL) != 1) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 1); // one comparison, one finding, with its places
    assert_sv_equal(r.findings[0].cause, sv_from(cause));
    assert_int_equal(r.findings[0].confidence, CONFIDENCE_CONFIRMED);
    assert_true(r.findings[0].occurrence_count >= 2);
}

static void test_faulty_comparisons(void **state) {
    assert_cause(*state, ANY, "cors-any-origin");
    assert_cause(*state, NULL_RULE, "cors-null-origin");
    assert_cause(*state, PREFIX, "cors-prefix");
    assert_cause(*state, SUFFIX, "cors-suffix");
    assert_cause(*state, DOTLESS, "cors-unescaped-dot");
    assert_cause(*state, HTTP_TOO, "cors-plain-http");
}

static void test_what_is_no_fault(void **state) {
    static const enum rule rules[] = {EXACT, STAR, STAR_WITH_CREDENTIALS, ANY_WITHOUT_CREDENTIALS, GARBAGE};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        struct scan_result r = scan(*state, rules[i]);
        if (sim_count(&r, NULL) != 0) sim_dump(&r);
        assert_int_equal(sim_count(&r, NULL), 0);
        assert_int_equal(sim_coverage(&r, "cors", "GET", "/me"), COVERAGE_PASSED);
    }
}

static void test_no_answer_is_inconclusive(void **state) {
    struct scan_result r = scan(*state, SILENT);
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "cors", "GET", "/me"), COVERAGE_INCONCLUSIVE);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_faulty_comparisons),
    test_with_arena(test_what_is_no_fault),
    test_with_arena(test_no_answer_is_inconclusive),
};
TEST_MAIN(tests)
