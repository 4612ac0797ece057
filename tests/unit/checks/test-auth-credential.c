// SPDX-License-Identifier: Apache-2.0
#include "tokens.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Mill, version: '1'}\n"
                           "paths:\n"
                           "  /profile: {get: {security: [{k: []}], responses: {'200': {description: ok}}}}\n"
                           "  /sacks: {get: {security: [{k: []}], responses: {'200': {description: ok}}}}\n"
                           "  /sacks/all: {get: {security: [{k: []}], responses: {'200': {description: ok}}}}\n"
                           "  /prices: {get: {responses: {'200': {description: ok}}}}\n"
                           "components: {securitySchemes: {k: {type: apiKey, in: header, name: X-Mill-Key}}}\n";

#define KEY "mk_7Qm2Xw9LrT4vBn8Z"
#define CLAIMS "{\"sub\":\"miller-31\",\"exp\":4102444800}"
#define STRONG SV("b1f7c25d9b4f3b8c6d7e8f9a0b1c2d-strong")

enum habit { SOUND, EMPTY, PREFIX, ANY_BASIC, ANY_KEY, ALWAYS, RANDOM, DIES, QUERY, NO_VERIFY_SACKS, NONE_SACKS, NULL_SACKS, BLANK_SACKS, ONE_SACK, GUESTS, CLOSES };
struct mill {
    enum habit habit;
    bool bearer;
    unsigned asked, with_empty, described_query;
    uint64_t draw;
};

static bool token_is_good(const struct mill *m, struct arena *a, struct sv path, struct sv text) {
    struct read_token t;
    if (!token_read(a, text, &t)) return false;
    bool sacks = sv_starts_with(path, SV("/sacks"));
    if (m->habit == NO_VERIFY_SACKS && sacks) return true;
    if (m->habit == NONE_SACKS && sacks && sv_eq(t.jwt.algorithm, SV("none")) && t.signature.len == 0) return true;
    if (m->habit == NULL_SACKS && sacks && t.signature.len == 0) return true;
    if (m->habit == BLANK_SACKS && sacks && token_is_hmac(a, &t, SV(""))) return true;
    if (m->habit == ONE_SACK && sv_eq(path, SV("/sacks/all"))) return true;
    if (m->habit == GUESTS && sv_eq(path, SV("/sacks"))) return true;
    return sv_eq(t.jwt.algorithm, SV("HS256")) && token_is_hmac(a, &t, STRONG);
}

static bool lets_in(const struct mill *m, struct arena *a, const struct outgoing *o) {
    struct sv authorization = sim_request_header(o, "Authorization"), key = sim_request_header(o, "X-Mill-Key"), query = sim_query(a, o, "api_key");
    bool has_key = header_has(o->identity_headers, SV("X-Mill-Key"));
    if (m->habit == ALWAYS) return true;
    if (m->bearer) return sv_starts_with(authorization, SV("Bearer ")) && token_is_good(m, a, sim_path(o), sv_from_index(authorization, 7));
    if (m->habit == DIES && m->asked > 14) return false;
    if (m->habit == EMPTY && has_key && key.len == 0) return true;
    if (m->habit == PREFIX && sv_starts_with(key, SV("mk_7Qm2"))) return true;
    if (m->habit == ANY_BASIC && authorization.len > 0 && sv_starts_with(authorization, SV("B"))) return true;
    if (m->habit == ANY_KEY && key.len > 0) return true;
    if (m->habit == QUERY && sv_eq(query, SV(KEY))) return true;
    return sv_eq(key, SV(KEY));
}

static void mill_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct mill *m = state;
    struct sv path = sim_path(o);
    m->asked++;
    m->draw = m->draw * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    bool in = lets_in(m, a, o);
    if (m->habit == RANDOM) in = (m->draw >> 33) % 3 != 0;
    if (m->habit == CLOSES && m->asked > 20) sim->outcome = OUTCOME_CLOSED;
    if (sv_eq(path, SV("/prices"))) sim_json(a, ret, 200, "{\"prices\":[{\"flour\":2}]}");
    else if (!sv_eq(path, SV("/profile")) && !sv_eq(path, SV("/sacks")) && !sv_eq(path, SV("/sacks/all"))) sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
    else if (!in && m->habit == GUESTS && sv_eq(path, SV("/sacks"))) sim_json(a, ret, 200, "{\"sacks\":[],\"hint\":\"sign in to see yours\"}");
    else if (!in) sim_json(a, ret, 401, "{\"error\":\"key needed\"}");
    else if (sv_eq(path, SV("/profile"))) sim_json(a, ret, 200, "{\"name\":\"Wilhelmina Kornfeld\",\"number\":\"miller-31\"}");
    else sim_json(a, ret, 200, "{\"sacks\":[{\"weight\":25,\"kind\":\"rye\"},{\"weight\":50,\"kind\":\"wheat\"}],\"owner\":\"miller-31\"}");
}

static struct scan_result scan_as(struct arena *a, struct mill *m, const char *only) {
    struct scan_result r;
    struct error err = {0};
    struct principal miller = {.name = SV("miller")};
    m->draw = 1;
    struct sv token = token_sign_hmac(a, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", CLAIMS, STRONG);
    if (m->bearer) assert_true(header_add(a, &miller.headers, SV("Authorization"), arena_printf(a, "Bearer " SV_FMT, SV_ARG(token))));
    else assert_true(header_add(a, &miller.headers, SV("X-Mill-Key"), SV(KEY)));
    const struct sim_options o = {.server = mill_server, .state = m, .spec = spec, .only = only, .mode = MODE_SAFE, .identities = &miller, .identity_count = 1};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static const struct result_finding *assert_one(struct arena *a, struct mill m, const char *only, const char *check, const char *cause) {
    struct scan_result r = scan_as(a, &m, only);
    if (sim_count(&r, NULL) != 1) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_string_equal(r.findings[0].check, check);
    assert_true(sv_eq(r.findings[0].cause, sv_from(cause)));
    assert_int_equal(r.findings[0].confidence, CONFIDENCE_CONFIRMED);
    return &r.findings[0];
}

static void assert_silent(struct arena *a, struct mill m, const char *only) {
    struct scan_result r = scan_as(a, &m, only);
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
}

static void test_empty(void **state) {
    const struct result_finding *f = assert_one(*state, (struct mill){.habit = EMPTY}, "auth-credential", "auth-credential", "empty-credential");
    assert_int_equal(f->occurrence_count, 3); // each guarded operation
    assert_true(f->severity >= SEVERITY_HIGH);
}
static void test_prefix(void **state) {
    (void)assert_one(*state, (struct mill){.habit = PREFIX}, "auth-credential", "auth-credential", "changed-credential");
}
static void test_other_family_does_not_verify(void **state) {
    const struct result_finding *f = assert_one(*state, (struct mill){.habit = NO_VERIFY_SACKS, .bearer = true}, "jwt-forgery", "jwt-forgery", "signature-not-verified");
    assert_int_equal(f->occurrence_count, 2); // both operations of the family
    (void)assert_one(*state, (struct mill){.habit = NONE_SACKS, .bearer = true}, "jwt-forgery", "jwt-forgery", "algorithm-none");
}
static void test_one_operation_does_not_verify(void **state) {
    (void)assert_one(*state, (struct mill){.habit = NULL_SACKS, .bearer = true}, "jwt-forgery", "jwt-forgery", "null-signature");
    (void)assert_one(*state, (struct mill){.habit = BLANK_SACKS, .bearer = true}, "jwt-forgery", "jwt-forgery", "blank-secret");
    const struct result_finding *f = assert_one(*state, (struct mill){.habit = ONE_SACK, .bearer = true}, "jwt-forgery", "jwt-forgery", "signature-not-verified");
    assert_int_equal(f->occurrence_count, 1);
    assert_sv_text(f->path, "/sacks/all");
}
static void test_guests_get_less(void **state) { // nobody is refused there: a series decides
    const struct result_finding *f = assert_one(*state, (struct mill){.habit = GUESTS, .bearer = true}, "jwt-forgery", "jwt-forgery", "signature-not-verified");
    assert_sv_text(f->path, "/sacks");
}
static void test_sound_and_liars(void **state) {
    static const enum habit habits[] = {SOUND, ALWAYS, RANDOM, DIES, CLOSES, ANY_KEY};
    for (size_t i = 0; i < sizeof habits / sizeof habits[0]; i++) {
        assert_silent(*state, (struct mill){.habit = habits[i]}, "auth-credential");
        assert_silent(*state, (struct mill){.habit = habits[i]}, "token-in-url");
    }
    static const enum habit liars[] = {SOUND, ALWAYS, RANDOM, DIES, CLOSES};
    for (size_t i = 0; i < sizeof liars / sizeof liars[0]; i++) assert_silent(*state, (struct mill){.habit = liars[i], .bearer = true}, "jwt-forgery");
    assert_silent(*state, (struct mill){.habit = SOUND, .bearer = true}, "auth-credential");
    assert_silent(*state, (struct mill){.habit = SOUND, .bearer = true}, "token-in-url");
}
static void test_key_in_the_query(void **state) {
    const struct result_finding *f = assert_one(*state, (struct mill){.habit = QUERY}, "token-in-url", "token-in-url", "credential-in-url");
    assert_int_equal(f->severity, SEVERITY_LOW);
    assert_sv_text(f->parameter, "api_key");
}
static void test_token_quality(void **state) {
    struct mill m = {.habit = SOUND, .bearer = true};
    struct scan_result r = scan_as(*state, &m, "jwt-quality");
    assert_int_equal(sim_count(&r, NULL), 0); // has an expiry, says nothing of its life
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_empty),
        test_with_arena(test_prefix),
        test_with_arena(test_other_family_does_not_verify),
        test_with_arena(test_one_operation_does_not_verify),
        test_with_arena(test_guests_get_less),
        test_with_arena(test_sound_and_liars),
        test_with_arena(test_key_in_the_query),
        test_with_arena(test_token_quality),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
