// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "base/numbers.h"
#include "support/sim.h"
#include "support/test.h"

static const char bounded_spec[] = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n"
                                   "  /rows: {get: {parameters: [{name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 50, default: 10}}], "
                                   "responses: {'200': {description: ok}}}}\n";
static const char open_spec[] = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n"
                                "  /rows: {get: {parameters: [{name: per_page, in: query, schema: {type: integer}}], responses: {'200': {description: ok}}}}\n";

enum rule { UNBOUNDED, CLAMPS, REFUSES, IGNORES, FEW, FAILS, CLOSES, NO_LIST, NESTED, TWO_LISTS, CUT };
struct table {
    enum rule rule;
    unsigned stored; // rows
    unsigned asked, largest;
};

static void rows(struct arena *a, struct response *ret, const char *open, const char *close, uint64_t count) {
    auto_buf b = BUF_INIT((size_t)1 << 20);
    buf_add(&b, sv_from(open));
    for (uint64_t i = 0; i < count; i++) buf_addf(&b, "%s{\"n\":%u}", i == 0 ? "" : ",", (unsigned)i);
    buf_add(&b, sv_from(close));
    sim_json(a, ret, 200, "%.*s", SV_ARG(buf_sv(&b)));
}

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct table *t = state;
    uint64_t want = 10;
    struct sv text = sim_query(a, o, "limit");
    if (text.ptr == NULL) text = sim_query(a, o, "per_page");
    if (!sv_eq(sim_path(o), SV("/rows"))) {
        sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
        return;
    }
    if (text.len > 0) ignore_result(number_parse_u64(text, &want));
    t->asked++;
    if (want > t->largest) t->largest = (unsigned)want;
    bool large = want > 50;
    uint64_t stored = t->rule == FEW ? 20 : 400;
    if (large && t->rule == REFUSES) sim_json(a, ret, 400, "{\"error\":\"limit must be at most 50\"}");
    else if (large && t->rule == FAILS) sim_json(a, ret, 500, "{\"error\":\"internal\"}");
    else if (large && t->rule == CLOSES) sim->outcome = OUTCOME_CLOSED;
    else if (large && t->rule == CUT) sim_json(a, ret, 200, "{\"rows\":[1,2,");
    else if (t->rule == NO_LIST) sim_json(a, ret, 200, "{\"amount\":%u}", (unsigned)want);
    else if (t->rule == IGNORES) rows(a, ret, "[", "]", 400);
    else if (t->rule == TWO_LISTS) rows(a, ret, "{\"links\":[\"a\",\"b\"],\"data\":{\"rows\":[", "]}}", want < stored ? want : stored);
    else if (t->rule == CLAMPS) rows(a, ret, "{\"rows\":[", "]}", large ? 50 : want);
    else rows(a, ret, "{\"rows\":[", "]}", want < stored ? want : stored);
}

static struct scan_result scan(struct arena *a, struct table *t, const char *spec) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = server, .state = t, .spec = spec, .only = "page-size", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void assert_found(struct arena *a, enum rule rule, const char *spec, const char *parameter) {
    struct table t = {.rule = rule};
    struct scan_result r = scan(a, &t, spec);
    const struct result_finding *f = sim_find(&r, "page-size", "/rows");
    if (f == NULL) sim_dump(&r);
    assert_non_null(f);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_int_equal(f->category, CATEGORY_RATE);
    assert_int_equal(f->severity, SEVERITY_LOW);
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    assert_sv_equal(f->parameter, sv_from(parameter));
    assert_int_equal(f->evidence_count, 2);
    assert_true(t.largest <= 200000);
}

static void test_beyond_the_documented_maximum(void **state) {
    assert_found(*state, UNBOUNDED, bounded_spec, "limit");
    assert_found(*state, TWO_LISTS, bounded_spec, "limit");
}
static void test_without_any_maximum(void **state) {
    assert_found(*state, UNBOUNDED, open_spec, "per_page");
}

static void assert_silent(struct arena *a, enum rule rule, const char *spec, enum coverage_status status) {
    struct table t = {.rule = rule};
    struct scan_result r = scan(a, &t, spec);
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "page-size", "GET", "/rows"), status);
}

static void test_bounded_pages_pass(void **state) {
    assert_silent(*state, CLAMPS, bounded_spec, COVERAGE_PASSED);
    assert_silent(*state, REFUSES, bounded_spec, COVERAGE_PASSED);
    assert_silent(*state, CLAMPS, open_spec, COVERAGE_PASSED);
}
static void test_rows_that_do_not_follow(void **state) {
    assert_silent(*state, IGNORES, bounded_spec, COVERAGE_PASSED);
    assert_silent(*state, IGNORES, open_spec, COVERAGE_PASSED);
}
static void test_too_few_rows_show_nothing(void **state) {
    assert_silent(*state, FEW, bounded_spec, COVERAGE_INCONCLUSIVE);
}
static void test_answers_that_fail(void **state) {
    assert_silent(*state, FAILS, bounded_spec, COVERAGE_INCONCLUSIVE);
    assert_silent(*state, CLOSES, bounded_spec, COVERAGE_INCONCLUSIVE);
    assert_silent(*state, CUT, bounded_spec, COVERAGE_INCONCLUSIVE);
}
static void test_amounts_are_no_page_size(void **state) {
    assert_silent(*state, NO_LIST, bounded_spec, COVERAGE_NOT_APPLICABLE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_beyond_the_documented_maximum), test_with_arena(test_without_any_maximum),
        test_with_arena(test_bounded_pages_pass),            test_with_arena(test_rows_that_do_not_follow),
        test_with_arena(test_too_few_rows_show_nothing),     test_with_arena(test_answers_that_fail),
        test_with_arena(test_amounts_are_no_page_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
