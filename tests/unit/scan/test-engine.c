// SPDX-License-Identifier: Apache-2.0
#include "support/sim.h"

#include "http/header.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Shop, version: '1'}\n"
                           "paths:\n"
                           "  /orders:\n"
                           "    get:\n"
                           "      responses: {'200': {description: ok}}\n"
                           "    post:\n"
                           "      requestBody: {content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}}\n"
                           "      responses: {'201': {description: made}}\n"
                           "  /orders/{id}:\n"
                           "    get:\n"
                           "      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]\n"
                           "      responses: {'200': {description: ok}}\n";

struct shop {
    unsigned posts, gets, item_gets;
    bool wall, dies;
    const char *cors;
};

static void shop_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct shop *s = state;
    struct sv path = sim_path(o);
    if (sv_eq(o->request->method, SV("POST"))) s->posts++;
    if (s->dies && sim->requests > 20) {
        sim->outcome = OUTCOME_REFUSED_CONNECTION;
        return;
    }
    if (s->wall && sim->requests > 8) {
        sim_status(a, ret, 429);
        return;
    }
    if (s->cors != NULL && sim_request_header(o, "Origin").len > 0) {
        sim_header(a, ret, "Access-Control-Allow-Origin", sim_request_header(o, "Origin"));
        sim_header(a, ret, "Access-Control-Allow-Credentials", sv_from(s->cors));
    }
    if (sv_eq(path, SV("/orders"))) {
        s->gets++;
        sim_json(a, ret, 200, "{\"items\":[{\"id\":41,\"name\":\"lamp\"},{\"id\":42,\"name\":\"desk\"}]}");
    } else if (sv_eq(path, SV("/orders/41")) || sv_eq(path, SV("/orders/42"))) {
        s->item_gets++;
        sim_json(a, ret, 200, "{\"id\":41,\"name\":\"lamp\",\"nonce\":%u}", sim->requests);
    } else {
        sim_json(a, ret, 404, "{\"error\":\"not found\"}");
    }
}

static struct scan_result scan(struct arena *a, struct shop *s, const char *only) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = shop_server, .state = s, .spec = spec, .only = only, .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void test_scan_ends_and_learns_ids_for_path_parameters(void **state) {
    struct shop s = {0};
    struct scan_result r = scan(*state, &s, "cors");
    assert_int_equal(r.exit_code, 0);
    assert_true(s.item_gets >= 2); // its id came from the list
    assert_int_equal(s.posts, 0);  // safe mode
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "cors", "GET", "/orders"), COVERAGE_PASSED);
    assert_int_equal(sim_coverage(&r, "cors", "GET", "/orders/{id}"), COVERAGE_PASSED);
    assert_int_equal(sim_coverage(&r, "cors", "POST", "/orders"), COVERAGE_NOT_TESTED);
}

static void test_reflected_origin_with_credentials_is_found_once(void **state) {
    struct shop s = {.cors = "true"};
    struct scan_result r = scan(*state, &s, "cors");
    const struct result_finding *f = sim_find(&r, "cors", "/orders");
    assert_non_null(f);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_true(f->occurrence_count >= 2);
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    assert_int_equal(f->fingerprint.len, 32);
    struct shop harmless = {.cors = "false"};
    r = scan(*state, &harmless, "cors");
    assert_int_equal(sim_count(&r, NULL), 0);
}

static void test_wall_of_429_is_said_and_exits_3(void **state) {
    struct shop s = {.wall = true};
    struct scan_result r = scan(*state, &s, NULL);
    for (size_t i = 0; i < r.coverage_count; i++) {
        if (strcmp(r.coverage[i].check, "cors") == 0) assert_int_not_equal(r.coverage[i].status, COVERAGE_PASSED);
    }
    assert_int_equal(r.exit_code, 3);
}

static void test_target_that_dies_keeps_what_is_known(void **state) {
    struct shop s = {.dies = true};
    struct scan_result r = scan(*state, &s, NULL);
    assert_int_equal(r.exit_code, 3);
    assert_true(r.exit_reason_count > 0);
}

static void stopping_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    unsigned *after_stop = state;
    shop_server(sim, &(struct shop){0}, a, o, ret);
    if (sim->requests > 25) ++*after_stop;
    if (sim->requests != 25) return;
    struct error err = {0};
    engine_note_signal(sim->engine, 15);
    assert_ok(&err, engine_stop(sim->engine, STOP_SIGNAL, &err));
}

// What was under way is answered, what was not sent is given up, experiments of several ordered probes included.
static void test_after_a_signal_nothing_more_is_sent(void **state) {
    unsigned after_stop = 0;
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = stopping_server, .state = &after_stop, .spec = spec, .mode = MODE_SAFE, .window = 4};
    assert_ok(&err, sim_run(*state, &o, &r, &err));
    assert_true(r.interrupted);
    assert_int_equal(r.interrupt_signal, 15);
    assert_true(after_stop <= 3);
    for (size_t i = 0; i < r.coverage_count; i++) assert_int_not_equal(r.coverage[i].status, COVERAGE_COUNT);
}

static bool warns(const struct scan_result *r, const char *text) {
    for (size_t i = 0; i < r->warning_count; i++) {
        if (sv_contains(r->warnings[i], sv_from(text))) return true;
    }
    return false;
}

static void redirecting_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    (void)sim;
    (void)o;
    sim_status(a, ret, 302);
    sim_header(a, ret, "Location", sv_from(state));
}

static void test_another_origin_is_named_and_not_contacted(void **state) {
    static const struct {
        const char *location;
        bool named;
    } cases[] = {{"https://other.test/x", true}, {"//other.test/", true}, {"/login", false}, {"http://127.0.0.1:8080/b", false},
                 {"javascript:alert(1)", false}, {"http://a\x1b[31m.test/", false}, {"", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char location[64];
        struct scan_result r;
        struct error err = {0};
        ignore_result(snprintf(location, sizeof location, "%s", cases[i].location) < 0);
        const struct sim_options o = {.server = redirecting_server, .state = location, .mode = MODE_SAFE, .budget = 30};
        assert_ok(&err, sim_run(*state, &o, &r, &err));
        assert_int_equal(warns(&r, "--allow-origin"), cases[i].named);
    }
}

static void failing_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    (void)sim;
    (void)state;
    (void)o;
    sim_json(a, ret, 500, "{\"error\":\"database\"}");
}

static void test_server_errors_only_cannot_be_relied_on(void **state) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = failing_server, .spec = spec, .mode = MODE_SAFE};
    assert_ok(&err, sim_run(*state, &o, &r, &err));
    assert_int_equal(r.exit_code, 3);
    assert_true(sv_contains(r.exit_reasons[r.exit_reason_count - 1], SV("5xx")));
}

static void tls_port_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    (void)sim;
    (void)o;
    sim_text(a, ret, 400, "text/html", "%s", (const char *)state);
}

// The texts of Go, nginx, Apache and Tomcat; a service that merely refuses is scanned.
static void test_plain_http_on_a_tls_port_is_told(void **state) {
    char texts[][80] = {"Client sent an HTTP request to an HTTPS server.", "<h1>400</h1>The plain HTTP request was sent to HTTPS port",
                           "Reason: You're speaking plain HTTP to an SSL-enabled server port.", "Bad Request This combination of host and port requires TLS."};
    struct scan_result r;
    struct error err = {0};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct sim_options o = {.server = tls_port_server, .state = texts[i], .mode = MODE_SAFE};
        assert_ok(&err, sim_run(*state, &o, &r, &err));
        assert_int_equal(r.exit_code, 3);
        assert_true(sv_contains(r.exit_reasons[0], SV("https://")));
        assert_int_equal(r.requests, 3);
    }
    char other[] = "Bad Request: HTTPS is spelled with five letters";
    const struct sim_options o = {.server = tls_port_server, .state = other, .mode = MODE_SAFE};
    assert_ok(&err, sim_run(*state, &o, &r, &err));
    assert_true(r.requests > 3);
}

static void silent_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    (void)state;
    (void)a;
    (void)o;
    (void)ret;
    sim->outcome = OUTCOME_REFUSED_CONNECTION;
}

static void test_unreachable_target_is_said_after_three_requests(void **state) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = silent_server, .spec = spec};
    assert_ok(&err, sim_run(*state, &o, &r, &err));
    assert_int_equal(r.exit_code, 3);
    assert_int_equal(r.requests, 3);
    assert_sv_text(r.exit_reasons[0], "the simulated server did not answer");
    for (size_t i = 0; i < CATEGORY_COUNT; i++) assert_int_not_equal(r.categories[i].status, CATEGORY_TESTED);
}

static void test_budget_is_kept_and_the_rest_is_not_tested(void **state) {
    struct shop s = {0};
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = shop_server, .state = &s, .spec = spec, .budget = 12};
    assert_ok(&err, sim_run(*state, &o, &r, &err));
    assert_true(r.requests <= 12);
    assert_int_equal(r.exit_code, 0);
    assert_int_equal(sim_coverage(&r, "cors", "GET", "/orders"), COVERAGE_NOT_TESTED);
}

static void test_same_seed_same_scan(void **state) {
    struct shop s = {.cors = "true"}, t = {.cors = "true"};
    struct scan_result x = scan(*state, &s, NULL), y = scan(*state, &t, NULL);
    assert_int_equal(x.requests, y.requests);
    assert_int_equal(x.finding_count, y.finding_count);
    for (size_t i = 0; i < x.finding_count; i++) {
        assert_sv_equal(x.findings[i].fingerprint, y.findings[i].fingerprint);
        assert_sv_equal(x.findings[i].evidence[0].request, y.findings[i].evidence[0].request);
    }
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_scan_ends_and_learns_ids_for_path_parameters),
    test_with_arena(test_reflected_origin_with_credentials_is_found_once),
    test_with_arena(test_wall_of_429_is_said_and_exits_3),
    test_with_arena(test_target_that_dies_keeps_what_is_known),
    test_with_arena(test_after_a_signal_nothing_more_is_sent),
    test_with_arena(test_another_origin_is_named_and_not_contacted),
    test_with_arena(test_server_errors_only_cannot_be_relied_on),
    test_with_arena(test_plain_http_on_a_tls_port_is_told),
    test_with_arena(test_unreachable_target_is_said_after_three_requests),
    test_with_arena(test_budget_is_kept_and_the_rest_is_not_tested),
    test_with_arena(test_same_seed_same_scan),
};
TEST_MAIN(tests)
