// SPDX-License-Identifier: Apache-2.0
// --spec URL: a mistake in the command before anything else was sent (exit 2), a result that cannot be relied on after that (exit 3).
#include "support/sim.h"

#include "scan/identity/login.h"
#include "support/test.h"

struct host {
    bool gone, missing, broken, plain_on_tls;
    unsigned others;
};

static void serve(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct host *h = state;
    struct sv path = sim_path(o);
    if (h->gone) sim->outcome = OUTCOME_REFUSED_CONNECTION;
    else if (h->plain_on_tls) sim_text(a, ret, 400, "text/plain", "Client sent an HTTP request to an HTTPS server.");
    else if (sv_eq(path, SV("/api.yaml")) && !h->missing)
        sim_text(a, ret, 200, "application/yaml", "%s", h->broken ? "openapi: 3.0.3\npaths: [" : "openapi: 3.0.3\ninfo: {title: x, version: '1'}\npaths:\n  /known: {get: {responses: {'200': {description: ok}}}}\n");
    else if (sv_eq(path, SV("/api.yaml"))) sim_status(a, ret, 404);
    else {
        h->others++;
        if (sv_eq(path, SV("/session"))) sim_json(a, ret, 200, "{\"t\":\"0123456789abcdef\"}");
        else if (sv_eq(path, SV("/known")) || sv_eq(path, SV("/"))) sim_json(a, ret, 200, "{\"name\":\"x\"}");
        else sim_status(a, ret, 404);
    }
}

static int scan(struct arena *a, struct host *h, const struct principal *who, struct scan_result *r, struct error *err) {
    const struct sim_options o = {.server = serve, .state = h, .spec_url = "http://127.0.0.1:8080/api.yaml", .only = "hardening-headers", .mode = MODE_SAFE,
                                  .identities = who, .identity_count = who != NULL};
    return sim_run(a, &o, r, err);
}

static void test_good(void **state) {
    struct host h = {0};
    struct scan_result r;
    struct error err = {0};
    assert_ok(&err, scan(*state, &h, NULL, &r, &err));
    assert_int_equal(r.exit_code, 0);
    assert_true(sim_coverage(&r, "hardening-headers", "GET", "/known") != COVERAGE_COUNT);
}

static void test_mistake_is_said_before_anything_else_is_sent(void **state) {
    struct host missing = {.missing = true}, broken = {.broken = true};
    struct scan_result r;
    struct error err = {0};
    assert_int_equal(scan(*state, &missing, NULL, &r, &err), ERR_USAGE);
    assert_non_null(strstr(err.text, "api.yaml: answered 404"));
    assert_int_equal(missing.others, 0);
    assert_int_equal(scan(*state, &broken, NULL, &r, &err), ERR_USAGE);
    assert_int_equal(broken.others, 0);
}

static void test_target_that_is_gone_is_said_as_such(void **state) {
    struct host gone = {.gone = true}, tls = {.plain_on_tls = true};
    struct scan_result r;
    struct error err = {0};
    assert_ok(&err, scan(*state, &gone, NULL, &r, &err));
    assert_int_equal(r.exit_code, 3);
    assert_ok(&err, scan(*state, &tls, NULL, &r, &err));
    assert_int_equal(r.exit_code, 3);
    assert_true(sv_contains(r.exit_reasons[0], SV("https://")));
}

static void test_after_a_login_the_result_cannot_be_relied_on(void **state) {
    struct host h = {.missing = true};
    const struct login l = {.request = {.method = SV("POST"), .url = SV("/session"), .body = SV("{}")}, .source = LOGIN_FROM_JSON, .name = SV("/t"),
                            .send_name = SV("Authorization"), .send_value = SV("Bearer {token}")};
    const struct principal alice = {.name = SV("alice"), .login = &l};
    struct scan_result r;
    struct error err = {0};
    assert_ok(&err, scan(*state, &h, &alice, &r, &err));
    assert_int_equal(r.exit_code, 3);
    assert_true(r.exit_reason_count > 0 && sv_contains(r.exit_reasons[0], SV("api.yaml: answered 404")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_good),
        test_with_arena(test_mistake_is_said_before_anything_else_is_sent),
        test_with_arena(test_target_that_is_gone_is_said_as_such),
        test_with_arena(test_after_a_login_the_result_cannot_be_relied_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
