// SPDX-License-Identifier: Apache-2.0
#include "support/sim.h"

#include "http/header.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Stops, version: '1'}\n"
                           "paths:\n"
                           "  /stops: {get: {responses: {'200': {description: ok}}}}\n";

enum service {
    BELIEVES, BELIEVES_RFC, BELIEVES_IN_LOCATION, ESCAPED, // flawed
    FIXED, RELATIVE, PRINTS_HEADERS, LINKS_FROM_ANY_HEADER, LABEL_OF_OWN, REFUSES, ALWAYS_500, SILENT, MALFORMED, RANDOM, ONCE
};

static struct sv told_host(enum service s, const struct outgoing *o) {
    struct sv own = SV("127.0.0.1:8080"), h = header_find(&o->request->headers, SV("X-Forwarded-Host"));
    if (s == FIXED) return own;
    if (s == BELIEVES_RFC) {
        h = header_find(&o->request->headers, SV("Forwarded"));
        h = sv_starts_with(h, SV("host=")) ? sv_from_index(h, 5) : SV_NONE;
    }
    for (size_t i = 0; s == LINKS_FROM_ANY_HEADER && i < o->request->headers.len; i++)
        if (sv_ends_with(o->request->headers.ptr[i].value, SV(".example.com"))) h = o->request->headers.ptr[i].value;
    return h.len > 0 ? h : own;
}

struct server {
    enum service s;
    unsigned calls;
    bool poisoned; // an answer with our host stands in the cache under an address that others ask for
};

static void serve(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct server *v = state;
    enum service s = v->s;
    struct sv host = told_host(s, o), given = header_find(&o->request->headers, SV("X-Forwarded-Host"));
    v->calls += given.len > 0;
    v->poisoned = v->poisoned || (given.len > 0 && sv_eq(o->request->target, SV("/stops")));
    if (!sv_eq(sim_path(o), SV("/stops"))) sim_json(a, ret, 404, "{\"error\":\"none\"}");
    else if (s == ALWAYS_500) sim_json(a, ret, 500, "{}");
    else if (s == SILENT && given.len > 0) sim->outcome = OUTCOME_CLOSED;
    else if (s == REFUSES && given.len > 0) sim_json(a, ret, 400, "{\"error\":\"http://" SV_FMT "/ is not served here\"}", SV_ARG(given));
    else if (s == MALFORMED && given.len > 0) sim_text(a, ret, 200, "application/json", "{\"next\":\"http://\xff");
    else if (s == RELATIVE) sim_json(a, ret, 200, "{\"next\":\"/stops?page=2\",\"host\":\"" SV_FMT "\"}", SV_ARG(host));
    else if (s == PRINTS_HEADERS) sim_json(a, ret, 200, "{\"self\":\"http://127.0.0.1:8080/stops\",\"x-forwarded-host\":\"" SV_FMT "\"}", SV_ARG(host));
    else if (s == LABEL_OF_OWN) sim_json(a, ret, 200, "{\"self\":\"http://127.0.0.1:8080/stops\",\"cdn\":\"http://" SV_FMT ".cdn.example.net/\"}", SV_ARG(host));
    else if (s == ESCAPED) sim_json(a, ret, 200, "{\"self\":\"http:\\/\\/" SV_FMT "\\/stops\"}", SV_ARG(host));
    else if (s == ONCE && v->calls > 1) sim_json(a, ret, 200, "{\"self\":\"http://127.0.0.1:8080/stops\"}");
    else if (s == BELIEVES_IN_LOCATION) {
        sim_status(a, ret, 302);
        sim_header(a, ret, "Location", arena_printf(a, "http://" SV_FMT "/stops/all", SV_ARG(host)));
    } else sim_json(a, ret, 200, "{\"self\":\"http://" SV_FMT "/stops\"}", SV_ARG(s == RANDOM ? SV("127.0.0.1:8080") : host));
}

static struct scan_result scan(struct arena *a, enum service s) {
    struct scan_result r;
    struct error err = {0};
    struct server v = {.s = s};
    const struct sim_options o = {.server = serve, .state = &v, .spec = spec, .only = "forwarded-host", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    assert_false(v.poisoned);
    return r;
}

static void test_believed(void **state) {
    for (enum service s = BELIEVES; s <= ESCAPED; s++) {
        struct scan_result r = scan(*state, s);
        if (sim_count(&r, "forwarded-host") != 1) sim_dump(&r);
        assert_int_equal(sim_count(&r, "forwarded-host"), 1);
        assert_int_equal(r.findings[0].confidence, CONFIDENCE_CONFIRMED);
        assert_int_equal(r.findings[0].severity, SEVERITY_LOW);
        assert_sv_equal(r.findings[0].parameter, sv_from(s == BELIEVES_RFC ? "Forwarded" : "X-Forwarded-Host"));
    }
}

static void test_what_is_no_fault(void **state) {
    for (enum service s = FIXED; s <= ONCE; s++) {
        struct scan_result r = scan(*state, s);
        if (sim_count(&r, NULL) != 0) sim_dump(&r);
        assert_int_equal(sim_count(&r, NULL), 0);
    }
    struct scan_result fixed = scan(*state, FIXED), silent = scan(*state, SILENT), relative = scan(*state, RELATIVE);
    assert_int_equal(sim_coverage(&fixed, "forwarded-host", "GET", "/stops"), COVERAGE_PASSED);
    assert_int_equal(sim_coverage(&silent, "forwarded-host", "GET", "/stops"), COVERAGE_INCONCLUSIVE);
    assert_int_equal(sim_coverage(&relative, "forwarded-host", "GET", "/stops"), COVERAGE_NOT_APPLICABLE);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_believed),
    test_with_arena(test_what_is_no_fault),
};
TEST_MAIN(tests)
