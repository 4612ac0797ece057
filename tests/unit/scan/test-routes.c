// SPDX-License-Identifier: Apache-2.0
// One route that limits and says how long: it is left alone that long, the others go on, and nothing stays untested because of it.
#include "support/sim.h"

#include <unistd.h>

#include "http/header.h"
#include "scan/engine_state.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Shop, version: '1'}\n"
                           "paths:\n"
                           "  /orders: {get: {parameters: [{name: q, in: query, schema: {type: string}}], responses: {'200': {description: ok}}}}\n"
                           "  /items: {get: {parameters: [{name: q, in: query, schema: {type: string}}], responses: {'200': {description: ok}}}}\n";

enum { IN_A_ROW = 8 };

struct limited {
    const char *retry_after; // NULL: none
    usec_t until;
    unsigned in_row, refusals, too_early, others_meanwhile;
};

static void serve(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct limited *s = state;
    struct sv path = sim_path(o);
    if (sv_eq(path, SV("/items"))) {
        s->others_meanwhile += sim->now < s->until;
        sim_json(a, ret, 200, "{\"items\":[{\"name\":\"lamp\"}]}");
    } else if (!sv_eq(path, SV("/orders"))) {
        sim_json(a, ret, 404, "{\"error\":\"not found\"}");
    } else if (sim->now < s->until || s->in_row >= IN_A_ROW) {
        s->too_early += sim->now < s->until;
        if (sim->now >= s->until) {
            s->until = sim->now + 3 * USEC_PER_SEC;
            s->in_row = 0;
            s->refusals++;
        }
        if (s->retry_after != NULL) sim_header(a, ret, "Retry-After", sv_from(s->retry_after));
        sim_json(a, ret, 429, "{\"error\":\"slow down\"}");
    } else {
        s->in_row++;
        sim_json(a, ret, 200, "{\"orders\":[{\"name\":\"desk\"}]}");
    }
}

static struct scan_result scan(struct arena *a, struct limited *s, const char *record_dir) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = serve, .state = s, .spec = spec, .only = "inputValidation", .mode = MODE_SAFE, .window = 1, .record_dir = record_dir};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static size_t inconclusive(const struct scan_result *r) {
    size_t n = 0;
    for (size_t i = 0; i < r->coverage_count; i++) n += r->coverage[i].status == COVERAGE_INCONCLUSIVE && sv_contains(r->coverage[i].reason, SV("429"));
    return n;
}

static void test_route_is_left_alone_as_long_as_it_says(void **state) {
    struct limited s = {.retry_after = "3"};
    struct scan_result r = scan(*state, &s, NULL);
    assert_true(s.refusals >= 1);
    assert_true(s.others_meanwhile > 0);
    // One experiment may have several requests under way when the first is refused; it is never started again too early.
    assert_true(s.too_early <= s.refusals * 6);
    struct limited silent = {0};
    struct scan_result other = scan(*state, &silent, NULL);
    assert_true(inconclusive(&r) < inconclusive(&other));
    assert_true(s.too_early < silent.too_early);
}

static void test_waits_that_are_too_long_are_not_waited_for(void **state) {
    struct limited s = {.retry_after = "86400"};
    struct scan_result r = scan(*state, &s, NULL);
    assert_true(s.until < 600 * USEC_PER_SEC);
    assert_true(inconclusive(&r) > 0);
}

static void test_waits_are_replayed(void **state) {
    char directory[] = "/tmp/plumb-routes-XXXXXX";
    assert_non_null(mkdtemp(directory));
    assert_int_equal(rmdir(directory), 0);
    struct limited s = {.retry_after = "3"};
    struct scan_result r = scan(*state, &s, directory), again;
    struct error err = {0};
    assert_ok(&err, scan_replay(*state, directory, &again, &err));
    assert_int_equal(again.requests, r.requests);
    assert_int_equal(again.coverage_count, r.coverage_count);
    for (size_t i = 0; i < r.coverage_count; i++) assert_int_equal(again.coverage[i].status, r.coverage[i].status);
    assert_int_equal(unlink(arena_printf(*state, "%s/events.jsonl%c", directory, 0).ptr), 0);
    assert_int_equal(unlink(arena_printf(*state, "%s/scan.json%c", directory, 0).ptr), 0);
    assert_int_equal(rmdir(directory), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_route_is_left_alone_as_long_as_it_says),
        test_with_arena(test_waits_that_are_too_long_are_not_waited_for),
        test_with_arena(test_waits_are_replayed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
