// SPDX-License-Identifier: Apache-2.0
// Services that refuse everything before routing, failures that answer 200, and what the result says of them.
#include "http/header.h"
#include "support/sim.h"
#include "support/test.h"

struct quarry {
    bool open_report; // this one operation forgets to ask who is there
    bool envelope;    // failures answer 200
    unsigned refused;
};

static const char described[] = "{\"openapi\":\"3.0.3\",\"info\":{\"title\":\"Quarry\",\"version\":\"1\"},"
                                "\"components\":{\"securitySchemes\":{\"k\":{\"type\":\"http\",\"scheme\":\"bearer\"}}},\"security\":[{\"k\":[]}],"
                                "\"paths\":{\"/stones\":{\"get\":{\"responses\":{\"200\":{\"description\":\"all\"}}}},"
                                "\"/blasts/{code}\":{\"get\":{\"parameters\":[{\"name\":\"code\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"},"
                                "\"example\":\"B-77\"}],\"responses\":{\"200\":{\"description\":\"one\"}}}}}}";

static void refuse(const struct quarry *q, struct arena *a, struct response *ret, unsigned status) {
    if (q->envelope) sim_json(a, ret, 200, "{\"ok\":false,\"error\":{\"code\":%u,\"text\":\"sorry\"}}", status);
    else sim_json(a, ret, status, "{\"error\":\"sorry\"}");
}

static void quarry_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    (void)sim;
    struct quarry *q = state;
    struct sv path = sim_path(o);
    bool known = sv_eq(sim_request_header(o, "Authorization"), SV("Bearer valid-1"));
    bool open = (q->open_report && sv_starts_with(path, SV("/blasts/"))) || (q->envelope && sv_eq(path, SV("/openapi.json")));
    q->refused += !known && !open;
    if (!known && !open) refuse(q, a, ret, 401);
    else if (sv_eq(path, SV("/openapi.json"))) sim_json(a, ret, 200, "%s", described);
    else if (sv_eq(path, SV("/stones"))) sim_json(a, ret, 200, "[{\"id\":3,\"tons\":12},{\"id\":4,\"tons\":7}]");
    else if (sv_eq(path, SV("/blasts/B-77"))) sim_json(a, ret, 200, "{\"code\":\"B-77\",\"foreman\":\"Rita Sol\",\"email\":\"rita.sol@steinwerk.se\"}");
    else refuse(q, a, ret, 404);
}

static struct scan_result scan(struct arena *a, struct quarry *q, bool with_identity) {
    struct principal who = {.name = SV("rita")};
    assert_true(header_add(a, &who.headers, SV("Authorization"), SV("Bearer valid-1")));
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {
        .server = quarry_server, .state = q, .only = "auth-missing", .mode = MODE_SAFE, .identities = &who, .identity_count = with_identity ? 1 : 0};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void test_nobody_sees_nothing_and_is_told_why(void **state) {
    struct quarry q = {0};
    struct scan_result r = scan(*state, &q, false);
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(r.categories[CATEGORY_AUTHENTICATION].status, CATEGORY_UNTESTED);
    assert_true(sv_contains(r.categories[CATEGORY_AUTHENTICATION].reason, SV("--as")));
}

static void test_an_identity_looks_around(void **state) {
    struct quarry q = {0};
    struct scan_result r = scan(*state, &q, true);
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "auth-missing", "GET", "/stones"), COVERAGE_PASSED);
    assert_true(q.refused > 0); // nobody asked first
}

static void test_the_open_operation_behind_it_is_found(void **state) {
    struct quarry q = {.open_report = true};
    struct scan_result r = scan(*state, &q, true);
    assert_non_null(sim_find(&r, "auth-missing", "/blasts/{code}"));
    assert_int_equal(sim_count(&r, NULL), 1);
}

// The number in a failure's text is no identifier: the described example is asked, and found to be open.
static void test_codes_of_failures_are_no_identifiers(void **state) {
    struct quarry q = {.open_report = true, .envelope = true};
    struct scan_result r = scan(*state, &q, false);
    if (sim_count(&r, NULL) != 1) sim_dump(&r);
    assert_non_null(sim_find(&r, "auth-missing", "/blasts/{code}"));
    q = (struct quarry){.envelope = true};
    r = scan(*state, &q, false);
    assert_int_equal(sim_count(&r, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_nobody_sees_nothing_and_is_told_why),
        test_with_arena(test_an_identity_looks_around),
        test_with_arena(test_the_open_operation_behind_it_is_found),
        test_with_arena(test_codes_of_failures_are_no_identifiers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
