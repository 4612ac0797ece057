// SPDX-License-Identifier: Apache-2.0
#include "http/header.h"
#include "http/jwt.h"
#include "support/sim.h"
#include "support/test.h"

#define PATHS(scheme)                                                                         \
    "openapi: 3.0.3\n"                                                                        \
    "info: {title: Clinic, version: '1'}\n"                                                   \
    "security: [{k: []}]\n"                                                                   \
    "paths:\n"                                                                                \
    "  /visits: {get: {responses: {'200': {description: ok}}}}\n"                             \
    "  /wards: {get: {responses: {'200': {description: ok}}}}\n"                              \
    "  /beds: {get: {responses: {'200': {description: ok}}}}\n"                               \
    "components: {securitySchemes: {k: " scheme "}}\n"

enum habit { SOUND, ANY_BEARER, UNSIGNED, ANY_BASIC, ANY_KEY, ANY_QUERY_KEY, GATEWAY, SOFT_ERROR, ALTERNATES, CLOSES, ECHOES };
struct clinic {
    enum habit habit;
    bool everywhere; // else only /visits
    unsigned with_credential;
};

static bool token_is_form(struct arena *a, struct sv header) {
    struct jwt t;
    return sv_starts_with(header, SV("Bearer ")) && jwt_parse(a, sv_from_index(header, 7), &t, NULL) == 0 && t.has_exp;
}

static bool accepts(const struct clinic *c, struct arena *a, const struct outgoing *o) {
    struct sv authorization = sim_request_header(o, "Authorization");
    switch (c->habit) {
    case ANY_BEARER:
        return sv_starts_with(authorization, SV("Bearer "));
    case UNSIGNED:
        return token_is_form(a, authorization);
    case ANY_BASIC:
        return sv_starts_with(authorization, SV("Basic "));
    case ANY_KEY:
        return sim_request_header(o, "X-Depot-Key").len > 0;
    case ANY_QUERY_KEY:
        return sim_query(a, o, "access").len > 0;
    case ALTERNATES:
        return authorization.len > 0 && c->with_credential % 2 == 0;
    case GATEWAY:
    case SOFT_ERROR:
    case ECHOES:
    case SOUND:
    case CLOSES:
        return false;
    }
    return false;
}

// What some servers do with any Authorization header; false when this one does nothing special.
static bool answer_credential(struct sim *sim, const struct clinic *c, struct arena *a, struct sv sent, struct response *ret) {
    if (c->habit == CLOSES) sim->outcome = OUTCOME_CLOSED;
    else if (c->habit == GATEWAY) sim_json(a, ret, 200, "{\"gateway\":\"north\",\"plan\":\"free\",\"region\":\"eu\"}");
    else if (c->habit == SOFT_ERROR) sim_json(a, ret, 200, "{\"error\":{\"code\":\"bad_token\",\"message\":\"invalid token\"}}");
    else if (c->habit == ECHOES) sim_json(a, ret, 401, "{\"you_sent\":\"%.*s\"}", SV_ARG(sent));
    else return false;
    return true;
}

static void clinic_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct clinic *c = state;
    struct sv path = sim_path(o), authorization = sim_request_header(o, "Authorization");
    bool visits = sv_eq(path, SV("/visits")), known = visits || sv_eq(path, SV("/wards")) || sv_eq(path, SV("/beds"));
    c->with_credential += authorization.len > 0;
    if (authorization.len > 0 && answer_credential(sim, c, a, authorization, ret)) return;
    if (!known) sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
    else if ((visits || c->everywhere) && accepts(c, a, o))
        sim_json(a, ret, 200, "{\"visits\":[{\"id\":1,\"patient_id\":5,\"ward\":\"b\"},{\"id\":2,\"patient_id\":9,\"ward\":\"c\"}]}");
    else sim_json(a, ret, 401, "{\"error\":\"token needed\"}");
}

static struct scan_result scan(struct arena *a, struct clinic *c, const char *spec) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = clinic_server, .state = c, .spec = spec, .only = "auth-any-token", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static const struct result_finding *assert_found(struct arena *a, enum habit habit, const char *spec, bool everywhere) {
    struct clinic c = {.habit = habit, .everywhere = everywhere};
    struct scan_result r = scan(a, &c, spec);
    const struct result_finding *f = sim_find(&r, "auth-any-token", "/visits");
    if (f == NULL || sim_count(&r, NULL) != 1) sim_dump(&r);
    assert_non_null(f);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    assert_true(f->severity >= SEVERITY_HIGH);
    return f;
}

static void assert_silent(struct arena *a, enum habit habit, enum coverage_status coverage) {
    struct clinic c = {.habit = habit};
    struct scan_result r = scan(a, &c, PATHS("{type: http, scheme: bearer}"));
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "auth-any-token", "GET", "/visits"), coverage);
}

static void test_any_bearer_token(void **state) {
    (void)assert_found(*state, ANY_BEARER, PATHS("{type: http, scheme: bearer}"), false);
}
static void test_token_with_a_random_signature(void **state) {
    const struct result_finding *f = assert_found(*state, UNSIGNED, PATHS("{type: http, scheme: bearer}"), false);
    assert_sv_text(f->cause, "unverified-token");
}
static void test_any_user_and_password(void **state) {
    (void)assert_found(*state, ANY_BASIC, PATHS("{type: http, scheme: basic}"), false);
}
static void test_any_api_key_in_a_header(void **state) {
    (void)assert_found(*state, ANY_KEY, PATHS("{type: apiKey, in: header, name: X-Depot-Key}"), false);
}
static void test_any_api_key_in_the_query(void **state) {
    (void)assert_found(*state, ANY_QUERY_KEY, PATHS("{type: apiKey, in: query, name: access}"), false);
}
static void test_everywhere_is_one_cause(void **state) {
    const struct result_finding *f = assert_found(*state, ANY_BEARER, PATHS("{type: http, scheme: bearer}"), true);
    assert_int_equal(f->occurrence_count, 3);
}
static void test_sound_server_passes(void **state) {
    assert_silent(*state, SOUND, COVERAGE_PASSED);
}
static void test_gateway_that_greets_everybody_with_a_token(void **state) {
    assert_silent(*state, GATEWAY, COVERAGE_INCONCLUSIVE);
}
static void test_error_with_200(void **state) {
    assert_silent(*state, SOFT_ERROR, COVERAGE_PASSED);
}
static void test_token_that_is_echoed_by_the_refusal(void **state) {
    assert_silent(*state, ECHOES, COVERAGE_PASSED);
}
static void test_alternating_answers(void **state) {
    struct clinic c = {.habit = ALTERNATES};
    struct scan_result r = scan(*state, &c, PATHS("{type: http, scheme: bearer}"));
    assert_int_equal(sim_count(&r, NULL), 0);
}
static void test_closed_connection_is_inconclusive(void **state) {
    assert_silent(*state, CLOSES, COVERAGE_INCONCLUSIVE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_any_bearer_token),
        test_with_arena(test_token_with_a_random_signature),
        test_with_arena(test_any_user_and_password),
        test_with_arena(test_any_api_key_in_a_header),
        test_with_arena(test_any_api_key_in_the_query),
        test_with_arena(test_everywhere_is_one_cause),
        test_with_arena(test_sound_server_passes),
        test_with_arena(test_gateway_that_greets_everybody_with_a_token),
        test_with_arena(test_error_with_200),
        test_with_arena(test_token_that_is_echoed_by_the_refusal),
        test_with_arena(test_alternating_answers),
        test_with_arena(test_closed_connection_is_inconclusive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
