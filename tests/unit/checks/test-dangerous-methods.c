// SPDX-License-Identifier: Apache-2.0
#include "support/sim.h"

#include "http/header.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Docks, version: '1'}\n"
                           "paths:\n"
                           "  /docks:\n"
                           "    get: {responses: {'200': {description: ok}}}\n"
                           "    post: {responses: {'201': {description: ok}}}\n";

enum service { TRACES, LISTS_TRACE, DAV, LISTS_WRITES, LISTS_DOCUMENTED, LISTS_EVERYWHERE, REFUSES, ECHOES, TRACES_WITHOUT_FIELDS, SILENT };

static void options(struct sim *sim, enum service s, struct arena *a, bool docks, struct response *ret) {
    if (s == SILENT) sim->outcome = OUTCOME_CLOSED;
    if (s == LISTS_TRACE) sim_header(a, ret, "Allow", SV("GET, HEAD, TRACE"));
    if (s == DAV) sim_header(a, ret, "DAV", SV("1, 2"));
    if (s == LISTS_WRITES && docks) sim_header(a, ret, "Allow", SV("GET, POST, DELETE"));
    if (s == LISTS_DOCUMENTED && docks) sim_header(a, ret, "Allow", SV("GET, POST"));
    if (s == LISTS_EVERYWHERE) sim_header(a, ret, "Allow", SV("GET, POST, PUT, DELETE, PATCH"));
    sim_status(a, ret, s == REFUSES ? 405 : 204);
}

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    enum service s = *(const enum service *)state;
    bool docks = sv_eq(sim_path(o), SV("/docks"));
    if (sv_eq(o->request->method, SV("OPTIONS"))) {
        options(sim, s, a, docks, ret);
        return;
    }
    if (sv_eq(o->request->method, SV("TRACE"))) {
        struct sv text = SV("TRACE /docks HTTP/1.1\r\n");
        for (size_t i = 0; i < o->request->headers.len; i++)
            text = arena_printf(a, SV_FMT SV_FMT ": " SV_FMT "\r\n", SV_ARG(text), SV_ARG(o->request->headers.ptr[i].name), SV_ARG(o->request->headers.ptr[i].value));
        if (s == TRACES) sim_text(a, ret, 200, "message/http", SV_FMT, SV_ARG(text));
        else if (s == TRACES_WITHOUT_FIELDS) sim_text(a, ret, 200, "message/http", "TRACE /docks HTTP/1.1\r\n");
        else if (s == ECHOES) sim_text(a, ret, 200, "text/plain", "you sent " SV_FMT, SV_ARG(text)); // an echo service, for any method
        else sim_json(a, ret, 405, "{\"error\":\"no\"}");
        return;
    }
    if (docks) sim_json(a, ret, 200, "{\"docks\":[1]}");
    else sim_json(a, ret, 404, "{\"error\":\"none\"}");
}

static struct scan_result scan(struct arena *a, enum service s, enum scan_mode mode) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = server, .state = &s, .spec = spec, .only = "dangerous-methods", .mode = mode};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void assert_cause(struct arena *a, enum service s, enum scan_mode mode, const char *cause, enum severity severity) {
    struct scan_result r = scan(a, s, mode);
    if (sim_count(&r, NULL) != 1) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_sv_equal(r.findings[0].cause, sv_from(cause));
    assert_int_equal(r.findings[0].severity, severity);
}

static void test_methods(void **state) {
    assert_cause(*state, TRACES, MODE_ACTIVE, "trace", SEVERITY_LOW);
    assert_cause(*state, LISTS_TRACE, MODE_SAFE, "trace-listed", SEVERITY_INFO);
    assert_cause(*state, DAV, MODE_SAFE, "webdav", SEVERITY_INFO);
    assert_cause(*state, LISTS_WRITES, MODE_SAFE, "undocumented-write-method", SEVERITY_INFO);
}

// TRACE is neither GET nor HEAD nor OPTIONS: safe mode does not send it, whatever it would show.
static void test_what_is_no_fault(void **state) {
    static const enum service services[] = {LISTS_DOCUMENTED, LISTS_EVERYWHERE, REFUSES, ECHOES, TRACES_WITHOUT_FIELDS, SILENT};
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        for (enum scan_mode mode = MODE_SAFE; mode <= MODE_ACTIVE; mode++) {
            struct scan_result r = scan(*state, services[i], mode);
            if (sim_count(&r, NULL) != 0) sim_dump(&r);
            assert_int_equal(sim_count(&r, NULL), 0);
        }
    }
    struct scan_result safe = scan(*state, TRACES, MODE_SAFE);
    assert_int_equal(sim_count(&safe, NULL), 0);
}

static void test_coverage(void **state) {
    struct scan_result refuses = scan(*state, REFUSES, MODE_SAFE), silent = scan(*state, SILENT, MODE_SAFE);
    assert_int_equal(sim_coverage(&refuses, "dangerous-methods", "GET", "/docks"), COVERAGE_PASSED);
    assert_int_equal(sim_coverage(&silent, "dangerous-methods", "GET", "/docks"), COVERAGE_INCONCLUSIVE);
}

static const struct CMUnitTest tests[] = {test_with_arena(test_methods), test_with_arena(test_what_is_no_fault), test_with_arena(test_coverage)};
TEST_MAIN(tests)
