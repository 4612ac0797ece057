// SPDX-License-Identifier: Apache-2.0
#include "http/header.h"
#include "support/sim.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\nservers: [{url: 'http://127.0.0.1:8080'}]\npaths:\n"
                           "  /orders: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /shops: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /gone: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /gone/{id}: {get: {parameters: [{name: id, in: path, required: true, schema: {type: integer}, example: 4}], responses: {'200': {description: ok}}}}\n"
                           "  /old: {get: {deprecated: true, responses: {'200': {description: ok}}}}\n";

struct service {
    bool complete;           // nothing is gone, and /old refuses
    bool nothing;            // another host: everything is gone
    const char *sunset;      // of /orders
    bool closes;
};

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    const struct service *s = state;
    struct sv path = sim_path(o);
    bool there = sv_eq(path, SV("/orders")) || sv_eq(path, SV("/shops")) || sv_eq(path, SV("/old")) || (s->complete && sv_eq(path, SV("/gone")));
    if (s->closes && !sv_eq(path, SV("/orders")) && !sv_eq(path, SV("/shops"))) sim->outcome = OUTCOME_CLOSED;
    if (s->nothing || !there || (s->complete && sv_eq(path, SV("/old")))) sim_json(a, ret, sv_eq(path, SV("/old")) ? 410 : 404, "{\"error\":\"nothing here\"}");
    else sim_json(a, ret, 200, "{\"items\":[{\"title\":\"a\"}]}");
    if (sv_eq(path, SV("/orders")) && s->sunset != NULL) {
        sim_header(a, ret, "Date", SV("Sun, 22 Nov 2026 10:00:00 GMT"));
        sim_header(a, ret, "Sunset", sv_from(s->sunset));
    }
}

static struct scan_result scan(struct arena *a, struct service s, const char *text) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = server, .state = &s, .spec = text, .only = "stale-operation", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static const struct result_finding *of_cause(const struct scan_result *r, const char *cause) {
    for (size_t i = 0; i < r->finding_count; i++) {
        if (sv_eq(r->findings[i].cause, sv_from(cause))) return &r->findings[i];
    }
    return NULL;
}

static void test_dead_and_deprecated(void **state) {
    struct scan_result r = scan(*state, (struct service){0}, spec);
    assert_int_equal(sim_count(&r, NULL), 2);
    const struct result_finding *dead = of_cause(&r, "described-but-dead"), *old = of_cause(&r, "deprecated");
    assert_true(dead != NULL && old != NULL);
    assert_int_equal(dead->severity, SEVERITY_INFO);
    assert_int_equal(dead->occurrence_count, 1); // not the one with a value that may be wrong
    assert_sv_equal(dead->path, SV("/gone"));
    assert_sv_equal(old->path, SV("/old"));
}

static void test_sunset(void **state) {
    struct scan_result past = scan(*state, (struct service){.complete = true, .sunset = "Sat, 31 Oct 2026 00:00:00 GMT"}, spec);
    assert_int_equal(of_cause(&past, "beyond-sunset")->severity, SEVERITY_LOW);
    struct scan_result coming = scan(*state, (struct service){.complete = true, .sunset = "Thu, 31 Dec 2026 00:00:00 GMT"}, spec);
    assert_null(of_cause(&coming, "beyond-sunset"));
    assert_int_equal(of_cause(&coming, "deprecated")->severity, SEVERITY_INFO);
    struct scan_result odd = scan(*state, (struct service){.complete = true, .sunset = "soon"}, spec);
    assert_null(of_cause(&odd, "beyond-sunset"));
}

static void test_hosts_for_tests(void **state) {
    static const char with_host[] = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\nservers: [{url: 'https://api-staging.shop.example/v1'}, {url: 'https://contest.shop.example'}]\n"
                                    "paths:\n  /orders: {get: {responses: {'200': {description: ok}}}}\n";
    struct scan_result r = scan(*state, (struct service){.complete = true}, with_host);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_true(sv_contains(of_cause(&r, "test-host")->reason, SV("api-staging.shop.example")));
}

static void test_nothing_to_tell(void **state) {
    struct scan_result whole = scan(*state, (struct service){.complete = true}, spec);
    assert_int_equal(sim_count(&whole, NULL), 1); // the deprecated one is gone, as it should be
    assert_sv_equal(of_cause(&whole, "described-but-dead")->path, SV("/old"));
    struct scan_result other = scan(*state, (struct service){.nothing = true}, spec);
    assert_int_equal(sim_count(&other, NULL), 0); // the description of another host
    struct scan_result closed = scan(*state, (struct service){.closes = true}, spec);
    assert_int_equal(sim_count(&closed, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_dead_and_deprecated), test_with_arena(test_sunset), test_with_arena(test_hosts_for_tests), test_with_arena(test_nothing_to_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
