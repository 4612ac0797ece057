// SPDX-License-Identifier: Apache-2.0
#include "support/sim.h"

#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Stops, version: '1'}\n"
                           "components: {securitySchemes: {session: {type: apiKey, in: cookie, name: sid}}}\n"
                           "paths:\n"
                           "  /stops:\n"
                           "    get: {security: [{}, {session: []}], responses: {'200': {description: ok}}}\n";

enum service { WRAPS, WRAPS_GUARDED, WRAPS_AS_JSON, ONLY_KNOWN_NAMES, NOSNIFF, REPEATS_QUERY, ALWAYS_A_CALL, IGNORES, REFUSES, SILENT, ALWAYS_500 };

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    enum service s = *(const enum service *)state;
    struct sv name = sim_query(a, o, "callback");
    if (!sv_eq(sim_path(o), SV("/stops"))) sim_json(a, ret, 404, "{\"error\":\"none\"}");
    else if (s == ALWAYS_500) sim_json(a, ret, 500, "{}");
    else if (s == ALWAYS_A_CALL) sim_text(a, ret, 200, "application/javascript", "ready({\"stops\":[1]})");
    else if (name.len == 0 || s == IGNORES) sim_json(a, ret, 200, "{\"stops\":[1,2]}");
    else if (s == SILENT) sim->outcome = OUTCOME_CLOSED;
    else if (s == REFUSES) sim_json(a, ret, 400, "{\"error\":\"no callback\"}");
    else if (s == ONLY_KNOWN_NAMES) sim_json(a, ret, 200, "{\"stops\":[1,2]}");
    else if (s == WRAPS_GUARDED) sim_text(a, ret, 200, "text/javascript", "/**/ typeof " SV_FMT " === 'function' && " SV_FMT "({\"stops\":[1,2]});", SV_ARG(name), SV_ARG(name));
    else if (s == REPEATS_QUERY) sim_json(a, ret, 200, "{\"query\":\"" SV_FMT "({})\"}", SV_ARG(name));
    else {
        if (s == NOSNIFF) sim_header(a, ret, "X-Content-Type-Options", SV("nosniff"));
        sim_text(a, ret, 200, s == WRAPS ? "application/javascript" : "application/json", SV_FMT "({\"stops\":[1,2]})", SV_ARG(name));
    }
}

static struct scan_result scan(struct arena *a, enum service s) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = server, .state = &s, .spec = spec, .only = "jsonp", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void test_calls(void **state) {
    static const enum service services[] = {WRAPS, WRAPS_GUARDED, WRAPS_AS_JSON};
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        struct scan_result r = scan(*state, services[i]);
        if (sim_count(&r, NULL) != 1) sim_dump(&r);
        assert_int_equal(sim_count(&r, "jsonp"), 1);
        assert_int_equal(r.findings[0].confidence, CONFIDENCE_CONFIRMED);
        assert_int_equal(r.findings[0].severity, SEVERITY_MEDIUM); // a cookie decides what it shows
    }
}

static void test_what_is_no_fault(void **state) {
    static const enum service services[] = {ONLY_KNOWN_NAMES, NOSNIFF, REPEATS_QUERY, ALWAYS_A_CALL, IGNORES, REFUSES, SILENT, ALWAYS_500};
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        struct scan_result r = scan(*state, services[i]);
        if (sim_count(&r, NULL) != 0) sim_dump(&r);
        assert_int_equal(sim_count(&r, NULL), 0);
    }
    struct scan_result silent = scan(*state, SILENT), refuses = scan(*state, REFUSES);
    assert_int_equal(sim_coverage(&silent, "jsonp", "GET", "/stops"), COVERAGE_INCONCLUSIVE);
    assert_int_equal(sim_coverage(&refuses, "jsonp", "GET", "/stops"), COVERAGE_PASSED);
}

static const struct CMUnitTest tests[] = {test_with_arena(test_calls), test_with_arena(test_what_is_no_fault)};
TEST_MAIN(tests)
