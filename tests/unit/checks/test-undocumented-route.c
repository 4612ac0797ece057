// SPDX-License-Identifier: Apache-2.0
#include "support/sim.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n"
                           "  /api/items: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /api/shelves/: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /api/items/{id}: {get: {parameters: [{name: id, in: path, required: true, schema: {type: integer}, example: 4}], "
                           "responses: {'200': {description: ok}}}}\n";

struct site {
    const char *link;  // stands in the answer of /api/items
    const char *type;  // of what it leads to
    unsigned status;   // 0: 200
    bool everywhere;   // any path answers the same
    bool closes, no_spec;
};

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct site *s = state;
    struct sv path = sim_path(o);
    if (sv_eq(path, SV("/api/items"))) {
        sim_json(a, ret, 200, "{\"items\":[{\"id\":4,\"title\":\"a\"}],\"links\":{\"more\":\"%s\"}}", s->link);
    } else if (sv_starts_with(path, SV("/api/items/")) && sv_is_digits(sv_from_index(path, 11))) {
        sim_json(a, ret, 200, "{\"id\":4,\"title\":\"a\"}");
    } else if (sv_eq(path, sv_from(s->link)) || s->everywhere) {
        if (s->closes) sim->outcome = OUTCOME_CLOSED;
        if (s->type != NULL) sim_text(a, ret, 200, s->type, "<html><body><h1>Beta</h1></body></html>");
        else sim_json(a, ret, s->status == 0 ? 200 : s->status, "{\"rows\":[{\"title\":\"b\",\"cost\":7}]}");
    } else {
        sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
    }
}

static struct scan_result scan(struct arena *a, struct site *s) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {
        .server = server, .state = s, .spec = s->no_spec ? NULL : spec, .target = "http://127.0.0.1:8080/api/items", .only = "undocumented-route", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void test_linked_operation_that_is_not_described(void **state) {
    struct site s = {.link = "/api/beta"};
    struct scan_result r = scan(*state, &s);
    const struct result_finding *f = sim_find(&r, "undocumented-route", "/api/beta");
    if (f == NULL) sim_dump(&r);
    assert_non_null(f);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_int_equal(f->category, CATEGORY_INVENTORY);
    assert_int_equal(f->severity, SEVERITY_LOW);
    assert_sv_text(f->method, "GET");
}

static void assert_silent(struct arena *a, struct site s) {
    struct scan_result r = scan(a, &s);
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
}

static void test_described_paths_pass(void **state) {
    struct site s = {.link = "/api/items/4"};
    struct scan_result r = scan(*state, &s);
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "undocumented-route", "GET", "/api/items"), COVERAGE_PASSED);
}
static void test_a_slash_at_the_end_makes_no_other_place(void **state) {
    assert_silent(*state, (struct site){.link = "/api/shelves"});
    assert_silent(*state, (struct site){.link = "/api/items/"});
}
static void test_what_is_not_live_or_no_api(void **state) {
    assert_silent(*state, (struct site){.link = "/api/beta", .status = 404});
    assert_silent(*state, (struct site){.link = "/api/beta", .status = 500});
    assert_silent(*state, (struct site){.link = "/api/beta", .type = "text/html"});
    assert_silent(*state, (struct site){.link = "/api/beta", .closes = true});
}
static void test_catch_all_is_no_route(void **state) {
    assert_silent(*state, (struct site){.link = "/api/beta", .everywhere = true});
}
static void test_plumbing_is_left_alone(void **state) {
    assert_silent(*state, (struct site){.link = "/health"});
    assert_silent(*state, (struct site){.link = "/healthz"});
}
static void test_without_a_description_nothing_is_undocumented(void **state) {
    assert_silent(*state, (struct site){.link = "/api/beta", .no_spec = true});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_linked_operation_that_is_not_described), test_with_arena(test_described_paths_pass),
        test_with_arena(test_a_slash_at_the_end_makes_no_other_place),
        test_with_arena(test_what_is_not_live_or_no_api),             test_with_arena(test_catch_all_is_no_route),
        test_with_arena(test_plumbing_is_left_alone),                 test_with_arena(test_without_a_description_nothing_is_undocumented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
