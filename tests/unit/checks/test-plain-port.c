// SPDX-License-Identifier: Apache-2.0
#include "answering.h"

enum plain { PLAIN_SAME, PLAIN_REDIRECTS, PLAIN_WELCOME, PLAIN_ERROR, PLAIN_REFUSES, PLAIN_TURNS };
struct service {
    enum plain plain;
    bool closed;  // 401 without credentials
    const char *target, *other;
    unsigned asked_plain, with_credentials;
};

static void serve_plain(struct sim *sim, struct service *s, struct arena *a, struct response *ret) {
    s->asked_plain++;
    if (s->plain == PLAIN_REFUSES) sim->outcome = OUTCOME_REFUSED_CONNECTION;
    if (s->plain == PLAIN_REDIRECTS) sim_header(a, ret, "Location", SV("https://api.example.org/items"));
    if (s->plain == PLAIN_WELCOME) sim_text(a, ret, 200, "text/html", "<h1>It works</h1>");
    else if (s->plain == PLAIN_REDIRECTS) sim_status(a, ret, 301);
    else if (s->plain == PLAIN_ERROR || (s->plain == PLAIN_TURNS && s->asked_plain > 1)) sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
    else if (s->closed) sim_json(a, ret, 401, "{\"error\":\"who are you\"}");
    else sim_json(a, ret, 200, "{\"items\":[{\"title\":\"a\"}]}");
}

static void serve(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct service *s = state;
    bool plain = sv_eq(o->origin->scheme, SV("http"));
    if (plain && o->identity_headers->len > 0) s->with_credentials++;
    if (plain) serve_plain(sim, s, a, ret);
    else if (!sv_eq(sim_path(o), SV("/items"))) sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
    else if (s->closed) sim_json(a, ret, 401, "{\"error\":\"who are you\"}");
    else sim_json(a, ret, 200, "{\"items\":[{\"title\":\"a\"}]}");
}

static struct scan_result scan(struct arena *a, struct service *s) {
    static const char spec[] = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n  /items: {get: {responses: {'200': {description: ok}}}}\n";
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = serve, .state = s, .spec = spec, .target = s->target != NULL ? s->target : "https://api.example.org/",
                                  .allow_origin = s->other, .only = "plain-port", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    assert_int_equal(s->with_credentials, 0);
    return r;
}

#define BOTH .other = "http://api.example.org/"

static void test_the_same_api_on_both(void **state) {
    struct service s = {BOTH};
    struct scan_result r = scan(*state, &s);
    assert_int_equal(answering_finding(&r, "plain-port", CATEGORY_ENCRYPTION, SEVERITY_MEDIUM)->confidence, CONFIDENCE_CONFIRMED);
    assert_int_equal(s.asked_plain, 2);
    struct service closed = {BOTH, .closed = true};
    r = scan(*state, &closed);
    answering_finding(&r, "plain-port", CATEGORY_ENCRYPTION, SEVERITY_MEDIUM);
}

static void test_what_port_80_may_do(void **state) {
    static const enum plain kinds[] = {PLAIN_REDIRECTS, PLAIN_WELCOME, PLAIN_ERROR, PLAIN_REFUSES, PLAIN_TURNS};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct service s = {BOTH, .plain = kinds[i]};
        struct scan_result r = scan(*state, &s);
        if (sim_count(&r, NULL) > 0) sim_dump(&r);
        assert_int_equal(sim_count(&r, NULL), 0);
    }
}

static void test_never_outside_the_scope(void **state) {
    struct service s = {0};
    struct scan_result r = scan(*state, &s);
    assert_int_equal(s.asked_plain, 0);
    assert_int_equal(sim_coverage(&r, "plain-port", "GET", "/items"), COVERAGE_NOT_TESTED);
    struct service other = {.other = "http://www.example.org/"};
    scan(*state, &other);
    assert_int_equal(other.asked_plain, 0);
    struct service odd = {BOTH, .target = "https://api.example.org:8443/"};
    r = scan(*state, &odd);
    assert_int_equal(odd.asked_plain, 0);
    assert_int_equal(sim_coverage(&r, "plain-port", "GET", "/items"), COVERAGE_NOT_APPLICABLE);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_the_same_api_on_both),
    test_with_arena(test_what_port_80_may_do),
    test_with_arena(test_never_outside_the_scope),
};
TEST_MAIN(tests)
