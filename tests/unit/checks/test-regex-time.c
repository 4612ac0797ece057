// SPDX-License-Identifier: Apache-2.0
#include "support/sim.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n  /users:\n    get:\n      parameters:\n"
                           "        - {name: email, in: query, schema: {type: string}, example: ann@example.com}\n        - {name: page, in: query, schema: {type: integer}}\n"
                           "      responses: {'200': {description: ok}}\n";

enum kind { LINEAR, EXPONENTIAL, DIGITS, SLOW, RANDOM, STEEP, BOUNDED, CLOSES, BY_LENGTH };
struct service {
    enum kind kind;
    unsigned requests;
    usec_t longest;
};

static usec_t nanoseconds(unsigned n, double factor, double unit) {
    double t = unit;
    for (unsigned i = 0; i < n; i++) t *= factor;
    return t > 60e9 ? 60 * USEC_PER_SEC : (usec_t)(t / 1000);
}

static usec_t time_for(struct sim *sim, struct service *s, struct sv text) {
    unsigned letters = 0, digits = 0;
    while (letters < text.len && text.ptr[letters] == 'a') letters++;
    while (digits < text.len && text.ptr[digits] == '1') digits++;
    bool spoiled = sv_ends_with(text, SV("!"));
    s->requests++;
    switch (s->kind) {
    case EXPONENTIAL:
        return spoiled ? nanoseconds(letters, 2, 20) : 0;
    case STEEP:
        return spoiled ? nanoseconds(letters, 4, 10) : 0;
    case DIGITS:
        return spoiled ? nanoseconds(digits, 2, 5) : 0;
    case SLOW:
        return 700 * USEC_PER_MSEC;
    case RANDOM:
        return sim->requests * UINT64_C(2654435761) % 1500 * USEC_PER_MSEC;
    case BOUNDED: // the engine gives up
        return spoiled && letters > 20 ? 30 * USEC_PER_MSEC : 0;
    case BY_LENGTH:
        return text.len * 30 * USEC_PER_MSEC;
    case LINEAR:
    case CLOSES:
        break;
    }
    return 0;
}

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct service *s = state;
    struct sv mail = sim_query(a, o, "email");
    if (!sv_eq(sim_path(o), SV("/users"))) {
        sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
        return;
    }
    usec_t t = time_for(sim, s, mail.ptr == NULL ? SV("") : mail);
    if (t > s->longest) s->longest = t;
    sim->delay = t + USEC_PER_MSEC;
    if (s->kind == CLOSES && sv_ends_with(mail, SV("!"))) sim->outcome = OUTCOME_CLOSED;
    sim_json(a, ret, 200, "{\"users\":[{\"name\":\"a\"}]}");
}

static struct scan_result scan(struct arena *a, struct service *s) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = server, .state = s, .spec = spec, .only = "regex-time", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void test_doubling_is_found(void **state) {
    static const enum kind kinds[] = {EXPONENTIAL, DIGITS, STEEP};
    for (size_t i = 0; i < 3; i++) {
        struct service s = {.kind = kinds[i]};
        struct scan_result r = scan(*state, &s);
        const struct result_finding *f = sim_find(&r, "regex-time", "/users");
        assert_non_null(f);
        assert_int_equal(sim_count(&r, NULL), 1);
        assert_int_equal(f->severity, SEVERITY_MEDIUM);
        assert_int_equal(f->confidence, CONFIDENCE_FIRM);
        assert_sv_equal(f->parameter, SV("email"));
        assert_true(s.longest < 3 * USEC_PER_SEC); // never kept busy for long
    }
}

static void test_other_times(void **state) {
    static const enum kind kinds[] = {LINEAR, SLOW, RANDOM, BOUNDED, CLOSES, BY_LENGTH};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct service s = {.kind = kinds[i]};
        struct scan_result r = scan(*state, &s);
        if (sim_count(&r, NULL) != 0) fail_msg("kind %d", (int)kinds[i]);
    }
}

static void test_few_requests(void **state) {
    struct service s = {.kind = LINEAR}, none = {.kind = CLOSES};
    struct scan_result r = scan(*state, &s), c = scan(*state, &none);
    assert_true(s.requests <= 22); // with the ordinary ones
    assert_int_equal(sim_coverage(&r, "regex-time", "GET", "/users"), COVERAGE_PASSED);
    assert_int_equal(sim_coverage(&c, "regex-time", "GET", "/users"), COVERAGE_INCONCLUSIVE);
}

int main(void) {
    const struct CMUnitTest tests[] = {test_with_arena(test_doubling_is_found), test_with_arena(test_other_times), test_with_arena(test_few_requests)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
