// SPDX-License-Identifier: Apache-2.0
#include "support/sim.h"
#include "support/test.h"

static const char current_spec[] = "openapi: 3.0.3\ninfo: {title: T, version: '2'}\npaths:\n"
                                   "  /v2/books: {get: {responses: {'200': {description: ok}}}}\n"
                                   "  /v2/books/{id}: {get: {parameters: [{name: id, in: path, required: true, schema: {type: integer}, example: 4}], "
                                   "responses: {'200': {description: ok}}}}\n";
static const char both_spec[] = "openapi: 3.0.3\ninfo: {title: T, version: '2'}\npaths:\n"
                                "  /v2/books: {get: {responses: {'200': {description: ok}}}}\n"
                                "  /v1/books: {get: {responses: {'200': {description: ok}}}}\n";
static const char first_spec[] = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n"
                                 "  /v1/books: {get: {responses: {'200': {description: ok}}}}\n";

enum old { GONE, LIVE, CATCH_ALL, PAGE, REFUSED, ONCE, FORWARDS, CLOSES, FAILS };
struct library {
    enum old old;
    unsigned old_asked;
    bool list_only; // single books are not served
};

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct library *s = state;
    struct sv path = sim_path(o);
    bool old = sv_starts_with(path, SV("/v1/"));
    bool book = sv_eq(sv_from_index(path, 3), SV("/books")) || (!s->list_only && sv_eq(sv_from_index(path, 3), SV("/books/4")));
    s->old_asked += old && book;
    if (sv_starts_with(path, SV("/v2/")) && book) sim_json(a, ret, 200, "{\"books\":[{\"id\":4,\"title\":\"a\"}]}");
    else if (old && s->old == CATCH_ALL) sim_json(a, ret, 200, "{\"moved\":\"use version 2\"}");
    else if (old && book && s->old == PAGE) sim_text(a, ret, 200, "text/html", "<html><h1>Old</h1></html>");
    else if (old && book && s->old == REFUSED) sim_json(a, ret, 401, "{\"error\":\"no token\"}");
    else if (old && book && s->old == FAILS) sim_json(a, ret, 500, "{\"error\":\"internal\"}");
    else if (old && book && s->old == FORWARDS) {
        sim_status(a, ret, 301);
        sim_header(a, ret, "Location", SV("/v2/books"));
    } else if (old && book && s->old == CLOSES) sim->outcome = OUTCOME_CLOSED;
    else if (old && book && (s->old == LIVE || (s->old == ONCE && s->old_asked == 1))) sim_json(a, ret, 200, "{\"books\":[{\"id\":4,\"title\":\"a\",\"cost\":3}]}");
    else sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
}

static struct scan_result scan(struct arena *a, enum old old, const char *spec) {
    struct library s = {.old = old, .list_only = spec != current_spec};
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = server, .state = &s, .spec = spec, .only = "old-version", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void test_older_version_is_one_finding(void **state) {
    struct scan_result r = scan(*state, LIVE, current_spec);
    const struct result_finding *f = sim_find(&r, "old-version", NULL);
    if (f == NULL || sim_count(&r, NULL) != 1) sim_dump(&r);
    assert_non_null(f);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_int_equal(f->occurrence_count, 2);
    assert_int_equal(f->category, CATEGORY_INVENTORY);
    assert_int_equal(f->severity, SEVERITY_LOW);
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    assert_true(sv_starts_with(f->path, SV("/v1/books")));
}

static void assert_silent(struct arena *a, enum old old, const char *spec, enum coverage_status status) {
    struct scan_result r = scan(a, old, spec);
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
    if (status != COVERAGE_COUNT) assert_int_equal(sim_coverage(&r, "old-version", "GET", "/v2/books"), status);
}

static void test_nothing_there(void **state) {
    assert_silent(*state, GONE, current_spec, COVERAGE_PASSED);
    assert_silent(*state, REFUSED, current_spec, COVERAGE_PASSED);
    assert_silent(*state, FORWARDS, current_spec, COVERAGE_PASSED);
    assert_silent(*state, FAILS, current_spec, COVERAGE_PASSED);
}
static void test_answers_that_only_look_like_it(void **state) {
    assert_silent(*state, CATCH_ALL, current_spec, COVERAGE_PASSED);
    assert_silent(*state, PAGE, current_spec, COVERAGE_PASSED);
    assert_silent(*state, ONCE, current_spec, COVERAGE_COUNT);
}
static void test_described_versions_are_meant(void **state) {
    assert_silent(*state, LIVE, both_spec, COVERAGE_NOT_APPLICABLE);
    assert_silent(*state, LIVE, first_spec, COVERAGE_COUNT);
}
static void test_no_answer_is_inconclusive(void **state) {
    assert_silent(*state, CLOSES, current_spec, COVERAGE_INCONCLUSIVE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_older_version_is_one_finding),    test_with_arena(test_nothing_there),
        test_with_arena(test_answers_that_only_look_like_it),  test_with_arena(test_described_versions_are_meant),
        test_with_arena(test_no_answer_is_inconclusive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
