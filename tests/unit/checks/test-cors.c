// SPDX-License-Identifier: Apache-2.0
#include "support/sim.h"

#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Seats, version: '1'}\n"
                           "servers: [{url: 'https://desk.seats.example'}]\n"
                           "paths:\n"
                           "  /me:\n"
                           "    get: {responses: {'200': {description: ok}}}\n"
                           "  /seats:\n"
                           "    get: {responses: {'200': {description: ok}}}\n";

enum rule { EXACT, STAR, STAR_WITH_CREDENTIALS, ANY, ANY_WITHOUT_CREDENTIALS, NULL_RULE, PREFIX, SUFFIX, DOTLESS, HTTP_TOO, SUBDOMAINS, HOSTED, LOCAL_PAGES, TAKES_TURNS, TAKES_TURNS_NULL, SHY_PREFIX, CACHED, SILENT, GARBAGE };

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
    case SUBDOMAINS:
        return sv_eq(origin, trusted) || sv_ends_with(origin, SV(".app.seats.example"));
    case HOSTED:
        return sv_eq(origin, trusted) || sv_ends_with(origin, SV(".vercel.app"));
    case LOCAL_PAGES:
        return sv_eq(origin, trusted) || sv_starts_with(origin, SV("http://localhost:"));
    case SHY_PREFIX: // names an origin only when it is admitted; the specification says which one might be
        return sv_starts_with(origin, SV("https://desk.seats.example"));
    case TAKES_TURNS:
    case TAKES_TURNS_NULL:
    case CACHED:
    case EXACT:
    case STAR:
    case STAR_WITH_CREDENTIALS:
    case SILENT:
    case GARBAGE:
        break;
    }
    return sv_eq(origin, trusted);
}

// Two servers take turns: one admits everything, or null, the other nothing.
static bool admits_in_turn(const struct sim *sim, enum rule rule, struct sv origin) {
    return sim->requests % 2 == 0 && (rule == TAKES_TURNS || sv_eq(origin, SV("null")));
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
    bool turns = rule == TAKES_TURNS || rule == TAKES_TURNS_NULL;
    if (turns || rule == SHY_PREFIX || rule == CACHED) {
        bool in = rule == CACHED || (turns ? admits_in_turn(sim, rule, origin) : admits(rule, origin));
        if (in && origin.len > 0) {
            sim_header(a, ret, "Access-Control-Allow-Origin", origin);
            if (rule == CACHED) sim_header(a, ret, "Cache-Control", SV("public, max-age=60"));
            else sim_header(a, ret, "Access-Control-Allow-Credentials", SV("true"));
        }
        sim_json(a, ret, 200, "{\"name\":\"x\"}");
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
    assert_cause(*state, SUBDOMAINS, "cors-any-subdomain");
}

// Asked once a host, so found at one operation.
static void test_origins_of_others(void **state) {
    static const struct {
        enum rule rule;
        const char *cause;
    } cases[] = {{HOSTED, "cors-shared-hosting"}, {LOCAL_PAGES, "cors-local-origin"}, {SHY_PREFIX, "cors-prefix"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scan_result r = scan(*state, cases[i].rule);
        if (sim_count(&r, NULL) != 1) sim_dump(&r);
        assert_int_equal(sim_count(&r, NULL), 1);
        assert_sv_equal(r.findings[0].cause, sv_from(cases[i].cause));
    }
}

// Whatever the turns of two servers show, a random origin is never taken for one that is compared sloppily.
static void test_servers_that_take_turns(void **state) {
    struct scan_result any = scan(*state, TAKES_TURNS), null = scan(*state, TAKES_TURNS_NULL);
    for (size_t i = 0; i < any.finding_count; i++) assert_sv_equal(any.findings[i].cause, SV("cors-any-origin"));
    for (size_t i = 0; i < null.finding_count; i++) assert_sv_equal(null.findings[i].cause, SV("cors-null-origin"));
}

static void test_caches(void **state) {
    struct scan_result r = scan(*state, CACHED);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_sv_equal(r.findings[0].cause, SV("cors-vary"));
    assert_int_equal(r.findings[0].severity, SEVERITY_INFO);
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
    test_with_arena(test_origins_of_others),
    test_with_arena(test_servers_that_take_turns),
    test_with_arena(test_caches),
    test_with_arena(test_what_is_no_fault),
    test_with_arena(test_no_answer_is_inconclusive),
};
TEST_MAIN(tests)
