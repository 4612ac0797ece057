// SPDX-License-Identifier: Apache-2.0
// Detours by header, and those of callers who are signed in.
#include "http/header.h"
#include "support/sim.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Harbour, version: '1'}\n"
                           "paths:\n"
                           "  /berths: {get: {security: [{k: []}], responses: {'200': {description: ok}}}}\n"
                           "  /admin/keys: {get: {security: [{k: []}], responses: {'200': {description: ok}}}}\n"
                           "components: {securitySchemes: {k: {type: http, scheme: bearer}}}\n";

enum habit { SOUND, TRUSTS_ADDRESS, TRUSTS_ANY_FORWARDED, TRUSTS_USER, ORIGINAL_URL, REWRITES, LISTENS_INSIDE, ROOT_FOR_ALL, OPEN_URI, ROLE_BY_CASE, ROLE_BY_HEAD, RANDOM_KEY, COOKIE_ANY };
struct harbour {
    enum habit habit;
    unsigned asked;
};

static bool is_user(const struct harbour *h, const struct outgoing *o) {
    struct sv key = sim_request_header(o, "X-Harbour-Key"), cookie = sim_request_header(o, "Cookie");
    if (h->habit == RANDOM_KEY && key.len > 0) return true;
    if (h->habit == COOKIE_ANY) return sv_starts_with(cookie, SV("harbour="));
    return sv_eq(key, SV("pilot-77-Zq8w")) || sv_eq_nocase(sim_request_header(o, "Authorization"), SV("Bearer pilot-77-Zq8w"));
}

static bool header_lets_in(const struct harbour *h, const struct outgoing *o) {
    struct sv address = sim_request_header(o, "X-Forwarded-For");
    if (h->habit == TRUSTS_ADDRESS) return sv_eq(address, SV("127.0.0.1"));
    if (h->habit == TRUSTS_ANY_FORWARDED) return false;
    if (h->habit == LISTENS_INSIDE) return sv_eq(sim_request_header(o, "X-Internal"), SV("true"));
    if (h->habit == TRUSTS_USER) return sim_request_header(o, "X-Forwarded-User").len > 0;
    return h->habit == OPEN_URI && sv_eq(sim_request_header(o, "X-Forwarded-Uri"), SV("/"));
}

static void answer(struct arena *a, struct response *ret, bool admin) {
    if (admin) sim_json(a, ret, 200, "{\"keys\":[{\"id\":4,\"owner\":\"north pier\",\"scope\":\"all\"},{\"id\":5,\"owner\":\"south pier\",\"scope\":\"read\"}]}");
    else sim_json(a, ret, 200, "{\"berths\":[{\"id\":1,\"ship\":\"Grete\",\"captain\":\"Ottoline Vries\"},{\"id\":2,\"ship\":\"Nora\",\"captain\":\"Ottoline Vries\"}]}");
}

static void harbour_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct harbour *h = state;
    struct sv path = sim_path(o), method = o->request->method;
    (void)sim;
    h->asked++;
    struct sv named = sim_request_header(o, "X-Original-URL");
    bool rewritten = named.len > 0 && ((h->habit == ORIGINAL_URL && sv_eq(path, SV("/"))) || h->habit == REWRITES); // whatever path it came by
    if (rewritten) path = named;
    if (h->habit == ROOT_FOR_ALL && sv_eq(path, SV("/"))) {
        sim_json(a, ret, 200, "{\"service\":\"harbour\",\"version\":\"3\",\"region\":\"north\"}");
        return;
    }
    bool berths = sv_eq(path, SV("/berths")), keys = sv_eq(path, SV("/admin/keys")), other_case = h->habit == ROLE_BY_CASE && sv_eq_nocase(path, SV("/admin/keys"));
    if (!berths && !keys && !other_case) sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
    else if (rewritten || header_lets_in(h, o)) answer(a, ret, !berths);
    else if (!is_user(h, o)) sim_json(a, ret, 401, "{\"error\":\"key needed\"}");
    else if (keys && !(h->habit == ROLE_BY_HEAD && sv_eq(method, SV("HEAD")))) sim_json(a, ret, 403, "{\"error\":\"not for you\"}");
    else answer(a, ret, !berths);
}

static struct scan_result scan_as(struct arena *a, struct harbour *h, const char *only, bool cookie) {
    struct scan_result r;
    struct error err = {0};
    struct principal pilot = {.name = SV("pilot")};
    assert_true(cookie ? header_add(a, &pilot.headers, SV("Cookie"), SV("harbour=f00dcafe1234567890; lang=en"))
                       : header_add(a, &pilot.headers, SV("X-Harbour-Key"), SV("pilot-77-Zq8w")));
    const struct sim_options o = {.server = harbour_server, .state = h, .spec = spec, .only = only, .mode = MODE_SAFE, .identities = &pilot, .identity_count = 1};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static const struct result_finding *assert_cause(struct arena *a, enum habit habit, const char *only, const char *cause, enum category category) {
    struct harbour h = {.habit = habit};
    struct scan_result r = scan_as(a, &h, only, habit == COOKIE_ANY);
    if (sim_count(&r, NULL) != 1) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_true(sv_eq(r.findings[0].cause, sv_from(cause)));
    assert_int_equal(r.findings[0].category, category);
    assert_int_equal(r.findings[0].confidence, CONFIDENCE_CONFIRMED);
    return &r.findings[0];
}

static void test_address_of_the_server_itself(void **state) {
    (void)assert_cause(*state, TRUSTS_ADDRESS, "auth-path-bypass", "forwarded-address", CATEGORY_AUTHENTICATION);
    (void)assert_cause(*state, LISTENS_INSIDE, "auth-path-bypass", "forwarded-address", CATEGORY_AUTHENTICATION);
}
static void test_user_by_header(void **state) {
    (void)assert_cause(*state, TRUSTS_USER, "auth-path-bypass", "identity-header", CATEGORY_AUTHENTICATION);
}
static void test_path_by_header(void **state) {
    (void)assert_cause(*state, ORIGINAL_URL, "auth-path-bypass", "path-header", CATEGORY_AUTHENTICATION);
    (void)assert_cause(*state, REWRITES, "auth-path-bypass", "path-header", CATEGORY_AUTHENTICATION);
    (void)assert_cause(*state, OPEN_URI, "auth-path-bypass", "path-header", CATEGORY_AUTHENTICATION);
}
static void test_role_around_by_case(void **state) {
    const struct result_finding *f = assert_cause(*state, ROLE_BY_CASE, "auth-path-bypass", "path-spelling", CATEGORY_BFLA);
    assert_sv_text(f->path, "/admin/keys");
    assert_true(f->severity >= SEVERITY_HIGH);
}
static void test_role_around_by_head(void **state) {
    (void)assert_cause(*state, ROLE_BY_HEAD, "auth-method-bypass", "method-bypass", CATEGORY_BFLA);
}
// The form of the identity's own credential is one that no description names.
static void test_any_key_in_the_identitys_header(void **state) {
    (void)assert_cause(*state, RANDOM_KEY, "auth-any-token", "any-credential", CATEGORY_AUTHENTICATION);
    (void)assert_cause(*state, COOKIE_ANY, "auth-any-token", "any-credential", CATEGORY_AUTHENTICATION);
}
static void test_silent(void **state) {
    static const enum habit habits[] = {SOUND, ROOT_FOR_ALL, TRUSTS_ANY_FORWARDED};
    static const char *const checks[] = {"auth-path-bypass", "auth-method-bypass", "auth-any-token"};
    for (size_t i = 0; i < sizeof habits / sizeof habits[0]; i++) {
        for (size_t k = 0; k < sizeof checks / sizeof checks[0]; k++) {
            struct harbour h = {.habit = habits[i]};
            struct scan_result r = scan_as(*state, &h, checks[k], false);
            if (sim_count(&r, NULL) > 0) sim_dump(&r);
            assert_int_equal(sim_count(&r, NULL), 0);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_address_of_the_server_itself),
        test_with_arena(test_user_by_header),
        test_with_arena(test_path_by_header),
        test_with_arena(test_role_around_by_case),
        test_with_arena(test_role_around_by_head),
        test_with_arena(test_any_key_in_the_identitys_header),
        test_with_arena(test_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
