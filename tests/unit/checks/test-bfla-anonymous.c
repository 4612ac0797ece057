// SPDX-License-Identifier: Apache-2.0
#include "http/header.h"
#include "support/sim.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Harbour, version: '1'}\n"
                           "paths:\n"
                           "  /v1/berths: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /v1/crew: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /v1/tides: {get: {summary: Tide table. Administrators only., responses: {'200': {description: ok}}}}\n"
                           "  /v1/badminton: {get: {responses: {'200': {description: ok}}}}\n";
static const char closed_spec[] = "openapi: 3.0.3\n"
                                  "info: {title: Harbour, version: '1'}\n"
                                  "security: [{k: []}]\n"
                                  "components: {securitySchemes: {k: {type: http, scheme: bearer}}}\n"
                                  "paths:\n"
                                  "  /v1/crew: {get: {responses: {'200': {description: ok}}}}\n";

struct harbour {
    bool accounts, tides, hidden, hidden_sibling_refuses, single_page, word_only, random, closes, word_page, slashed, framework_page;
    unsigned asked;
};

#define ACCOUNTS                                                                                                              \
    "{\"crew\":[{\"id\":1,\"login\":\"anna\",\"role\":\"admin\",\"last_login\":\"2026-01-02T03:04:05Z\"},"                          \
    "{\"id\":2,\"login\":\"bert\",\"role\":\"deck\",\"last_login\":\"2026-01-05T03:04:05Z\"}]}"

static void answer_crew(struct sim *sim, struct harbour *h, struct arena *a, struct response *ret) {
    h->asked++;
    if (h->closes && h->asked > 2) sim->outcome = OUTCOME_CLOSED;
    if (h->random && h->asked % 2 == 0) sim_json(a, ret, 401, "{\"error\":\"who?\"}");
    else if (h->accounts) sim_json(a, ret, 200, ACCOUNTS);
    else sim_json(a, ret, 200, "{\"crew\":[{\"name\":\"Anna\",\"bio\":\"sails\"},{\"name\":\"Bert\",\"bio\":\"cooks\"}]}");
}

static void answer_place(const struct harbour *h, struct arena *a, struct sv path, struct response *ret) {
    if (sv_eq(path, SV("/v1/admin/users")) && h->slashed) {
        sim_status(a, ret, 301);
        sim_header(a, ret, "Location", SV("/v1/admin/users/"));
    } else if (sv_eq(path, SV("/v1/admin/users/")) && h->slashed) sim_json(a, ret, 200, ACCOUNTS);
    else if (sv_eq(path, SV("/actuator/env")) && h->framework_page)
        sim_json(a, ret, 200, "{\"activeProfiles\":[],\"propertySources\":[{\"name\":\"systemEnvironment\",\"properties\":{\"DB_HOST\":{\"value\":\"db\"}}}]}");
    else if (sv_eq(path, SV("/v1/admin/users")) && h->hidden) sim_json(a, ret, 200, ACCOUNTS);
    else if (sv_starts_with(path, SV("/v1/admin")) && h->hidden_sibling_refuses) sim_json(a, ret, 403, "{\"error\":\"no\"}");
    else if (sv_eq(path, SV("/v1/admin")) && h->word_page)
        sim_text(a, ret, 200, "text/html", "<html><head><title>Admin</title></head><body><h1>Admin</h1><form><input type=password></form></body></html>");
    else if (sv_eq(path, SV("/v1/settings")) && h->word_only) sim_json(a, ret, 200, "{\"language\":\"en\",\"units\":\"metric\"}");
    else if (h->single_page) sim_json(a, ret, 200, ACCOUNTS);
    else sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
}

static void harbour_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct harbour *h = state;
    struct sv path = sim_path(o);
    if (sv_eq(path, SV("/v1/berths"))) sim_json(a, ret, 200, "{\"berths\":[{\"id\":1,\"length\":12,\"free\":true}]}");
    else if (sv_eq(path, SV("/v1/crew"))) answer_crew(sim, h, a, ret);
    else if (sv_eq(path, SV("/v1/tides")) && h->tides) sim_json(a, ret, 200, "{\"tides\":[{\"at\":\"06:10\",\"metres\":3}]}");
    else if (sv_eq(path, SV("/v1/tides"))) sim_json(a, ret, 401, "{\"error\":\"administrators only\"}");
    else if (sv_eq(path, SV("/v1/badminton"))) sim_json(a, ret, 200, "{\"courts\":[{\"id\":1,\"surface\":\"wood\"}]}");
    else answer_place(h, a, path, ret);
}

static struct scan_result scan(struct arena *a, struct harbour *h, const char *text) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = harbour_server, .state = h, .spec = text, .only = "bfla-anonymous", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void assert_found(struct arena *a, struct harbour h, const char *path) {
    struct scan_result r = scan(a, &h, spec);
    const struct result_finding *f = sim_find(&r, "bfla-anonymous", path);
    if (f == NULL || sim_count(&r, NULL) != 1) sim_dump(&r);
    assert_non_null(f);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_int_equal(f->category, CATEGORY_BFLA);
    assert_int_equal(f->severity, SEVERITY_HIGH);
    assert_true(f->confidence >= CONFIDENCE_FIRM);
    assert_int_equal(f->fact_count, 1);
    assert_sv_text(r.facts[0].kind, "admin_open");
}

static void assert_silent(struct arena *a, struct harbour h) {
    struct scan_result r = scan(a, &h, spec);
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
}

static void test_accounts_of_others(void **state) {
    assert_found(*state, (struct harbour){.accounts = true}, "/v1/crew");
}
static void test_description_keeps_it_for_a_role(void **state) {
    assert_found(*state, (struct harbour){.tides = true}, "/v1/tides");
}
static void test_place_that_nothing_describes(void **state) {
    assert_found(*state, (struct harbour){.hidden = true}, "/v1/admin/users");
}
static void test_place_whose_paths_end_in_a_slash(void **state) {
    assert_found(*state, (struct harbour){.slashed = true}, "/v1/admin/users/");
}
// Without a description the service's own links say where its operations live.
static void links_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    (void)sim;
    (void)state;
    struct sv path = sim_path(o);
    if (sv_eq(path, SV("/"))) sim_json(a, ret, 200, "{\"berths\":{\"href\":\"/api/v4/berths\"}}");
    else if (sv_eq(path, SV("/api/v4/berths"))) sim_json(a, ret, 200, "{\"berths\":[{\"depth\":4,\"free\":true}]}");
    else if (sv_eq(path, SV("/api/v4/admin/users"))) sim_json(a, ret, 200, ACCOUNTS);
    else sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
}
static void test_place_beside_linked_operations(void **state) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = links_server, .only = "bfla-anonymous", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(*state, &o, &r, &err));
    assert_non_null(sim_find(&r, "bfla-anonymous", "/api/v4/admin/users"));
    assert_int_equal(sim_count(&r, NULL), 1);
}
// The page is told of once, as what it is.
static void test_debug_page_of_a_framework(void **state) {
    struct harbour h = {.framework_page = true};
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = harbour_server, .state = &h, .spec = spec, .mode = MODE_SAFE};
    assert_ok(&err, sim_run(*state, &o, &r, &err));
    assert_non_null(sim_find(&r, "debug-route", "/actuator/env"));
    assert_int_equal(sim_count(&r, "bfla-anonymous"), 0);
}
static void test_names_without_roles_are_no_administration(void **state) {
    struct harbour h = {0};
    struct scan_result r = scan(*state, &h, spec);
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "bfla-anonymous", "GET", "/v1/crew"), COVERAGE_PASSED);
    assert_int_equal(sim_coverage(&r, "bfla-anonymous", "GET", "/v1/tides"), COVERAGE_PASSED);
    assert_int_equal(sim_coverage(&r, "bfla-anonymous", "GET", "/v1/badminton"), COVERAGE_PASSED);
}
static void test_any_path_gives_the_same(void **state) {
    assert_silent(*state, (struct harbour){.single_page = true});
}
static void test_word_in_the_path_is_not_enough(void **state) {
    assert_silent(*state, (struct harbour){.word_only = true});
}
static void test_sign_in_page_of_an_administration(void **state) {
    assert_silent(*state, (struct harbour){.word_page = true});
}
static void test_answers_that_contradict_each_other(void **state) {
    assert_silent(*state, (struct harbour){.accounts = true, .random = true});
}
static void test_closed_connection_is_inconclusive(void **state) {
    struct harbour h = {.accounts = true, .closes = true};
    struct scan_result r = scan(*state, &h, spec);
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "bfla-anonymous", "GET", "/v1/crew"), COVERAGE_INCONCLUSIVE);
}
static void test_what_the_description_protects_is_another_finding(void **state) {
    struct harbour h = {.accounts = true};
    struct scan_result r = scan(*state, &h, closed_spec);
    assert_null(sim_find(&r, "bfla-anonymous", "/v1/crew"));
    assert_int_equal(sim_coverage(&r, "bfla-anonymous", "GET", "/v1/crew"), COVERAGE_NOT_APPLICABLE);
}

// All access checks at once: one missing check is one finding.
static void test_one_cause_is_told_once(void **state) {
    struct harbour h = {.accounts = true};
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = harbour_server, .state = &h, .spec = closed_spec, .mode = MODE_SAFE};
    assert_ok(&err, sim_run(*state, &o, &r, &err));
    assert_int_equal(sim_count(&r, "auth-missing"), 1);
    assert_int_equal(sim_count(&r, "bfla-anonymous"), 0);
    assert_int_equal(sim_count(&r, "bola-anonymous"), 0);
    const struct result_finding *f = sim_find(&r, "auth-missing", NULL);
    bool touches = false;
    for (size_t i = 0; i < f->effect_count; i++) touches = touches || f->effects[i].category == CATEGORY_BFLA;
    assert_true(touches);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_accounts_of_others),
        test_with_arena(test_description_keeps_it_for_a_role),
        test_with_arena(test_place_that_nothing_describes),
        test_with_arena(test_place_whose_paths_end_in_a_slash),
        test_with_arena(test_place_beside_linked_operations),
        test_with_arena(test_debug_page_of_a_framework),
        test_with_arena(test_names_without_roles_are_no_administration),
        test_with_arena(test_any_path_gives_the_same),
        test_with_arena(test_word_in_the_path_is_not_enough),
        test_with_arena(test_sign_in_page_of_an_administration),
        test_with_arena(test_answers_that_contradict_each_other),
        test_with_arena(test_closed_connection_is_inconclusive),
        test_with_arena(test_what_the_description_protects_is_another_finding),
        test_with_arena(test_one_cause_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
