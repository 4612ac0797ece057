// SPDX-License-Identifier: Apache-2.0
#include "scan/pace.h"

#include "http/header.h"
#include "support/test.h"

static struct response answer(unsigned status, usec_t latency) {
    return (struct response){.status = (uint16_t)status, .first_byte = latency, .total = latency};
}

static void feed(struct pace *p, unsigned count, unsigned status, usec_t latency, usec_t now) {
    struct response r = answer(status, latency);
    for (unsigned i = 0; i < count; i++) pace_answer(p, now, OUTCOME_DONE, &r, 0, i % 3);
}

static void test_starts_with_four_and_grows_slowly(void **state) {
    (void)state;
    struct pace p;
    usec_t wait;
    pace_init(&p, -1, 32);
    assert_true(pace_may_send(&p, 1, 3, false, &wait));
    assert_false(pace_may_send(&p, 1, 4, false, &wait));
    assert_int_equal(wait, 0);
    feed(&p, 8, 200, 1000, 1);
    assert_true(pace_may_send(&p, 1, 4, false, &wait));
    assert_false(pace_may_send(&p, 1, 6, false, &wait));
    feed(&p, 5000, 200, 1000, 1);
    assert_true(pace_may_send(&p, 1, 31, false, &wait));
    assert_false(pace_may_send(&p, 1, 32, false, &wait));
    assert_true(pace_may_send(&p, 1, 60, true, &wait)); // a burst goes out whatever the window
}

static void test_halves_when_latency_triples(void **state) {
    (void)state;
    struct pace p;
    pace_init(&p, -1, 32);
    feed(&p, 1000, 200, 10000, 1);
    double before = p.window;
    feed(&p, 40, 200, 90000, 1);
    assert_true(p.window < before / 1.9);
    // A pool of five connections: latency stays high, so does the caution.
    feed(&p, 400, 200, 90000, 1);
    assert_true(p.window <= 2);
}

static void test_fast_noise_is_no_load(void **state) {
    (void)state;
    struct pace p;
    pace_init(&p, -1, 32);
    feed(&p, 500, 200, 200, 1);
    feed(&p, 100, 200, 2000, 1); // ten times slower, and still two milliseconds
    assert_true(p.window > 20);
}

static void test_429_waits_as_told_in_both_forms(void **state) {
    (void)state;
    struct arena *a = *state;
    struct pace p;
    usec_t wait;
    pace_init(&p, -1, 32);
    struct response r = answer(429, 1000);
    assert_true(header_add(a, &r.headers, SV("Retry-After"), SV("2")));
    pace_answer(&p, 1000, OUTCOME_DONE, &r, 0, 1);
    assert_false(pace_may_send(&p, 1000, 0, false, &wait));
    assert_int_equal(wait, 2 * USEC_PER_SEC);
    assert_true(p.window <= 4);
    struct pace q;
    pace_init(&q, -1, 32);
    struct response d = answer(503, 1000);
    assert_true(header_add(a, &d.headers, SV("Retry-After"), SV("Thu, 01 Jan 1970 00:00:10 GMT")));
    pace_answer(&q, 1000, OUTCOME_DONE, &d, 7 * USEC_PER_SEC, 1);
    assert_false(pace_may_send(&q, 1000, 0, false, &wait));
    assert_int_equal(wait, 3 * USEC_PER_SEC);
    struct pace h;
    pace_init(&h, -1, 32);
    struct response forever = answer(429, 1000);
    assert_true(header_add(a, &forever.headers, SV("Retry-After"), SV("999999999")));
    pace_answer(&h, 0, OUTCOME_DONE, &forever, 0, 1);
    assert_false(pace_may_send(&h, 0, 0, false, &wait));
    assert_true(wait <= 30 * USEC_PER_SEC);
}

static void test_one_route_that_is_limited_does_not_stop_the_host(void **state) {
    (void)state;
    struct pace p;
    usec_t wait;
    pace_init(&p, -1, 32);
    feed(&p, 30, 200, 1000, 1);
    for (unsigned i = 0; i < 10; i++) {
        feed(&p, 1, 429, 1000, 1);
        feed(&p, 9, 200, 1000, 1);
    }
    assert_true(pace_may_send(&p, 1, 0, false, &wait));
    feed(&p, 6, 429, 1000, 1);
    assert_false(pace_may_send(&p, 1, 0, false, &wait));
}

// A host that asks for an hour, and one that says nothing sensible: both end in `walled` after less than two minutes of waiting.
static void test_waits_that_lead_nowhere_end(void **state) {
    static const char *const told[] = {"3600", "soon", NULL};
    struct arena *a = *state;
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        struct pace p;
        struct response r = answer(429, 1000);
        usec_t now = 1, wait;
        pace_init(&p, -1, 32);
        if (told[i] != NULL) assert_true(header_add(a, &r.headers, SV("Retry-After"), sv_from(told[i])));
        while (!p.walled && now < 300 * USEC_PER_SEC) {
            pace_answer(&p, now, OUTCOME_DONE, &r, 0, 1);
            if (!pace_may_send(&p, now, 0, false, &wait)) now += wait;
        }
        assert_true(p.walled);
        assert_true(now < 120 * USEC_PER_SEC);
    }
}

// One route that refuses is not the host: the others are not kept waiting.
static void test_one_route_does_not_hold_the_host(void **state) {
    (void)state;
    struct pace p;
    struct response good = answer(200, 1000), refused = answer(429, 1000);
    usec_t wait;
    pace_init(&p, -1, 32);
    for (unsigned i = 0; i < 40; i++) pace_answer(&p, 1, OUTCOME_DONE, &good, 0, i);
    for (unsigned i = 0; i < 40; i++) pace_answer(&p, 1, OUTCOME_DONE, &refused, 0, 7);
    assert_true(pace_may_send(&p, 1, 0, false, &wait));
    for (unsigned i = 0; i < 16; i++) pace_answer(&p, 1, OUTCOME_DONE, &refused, 0, i);
    assert_false(pace_may_send(&p, 1, 0, false, &wait));
}

static void test_an_answer_between_them_is_no_wall(void **state) {
    (void)state;
    struct pace p;
    usec_t now = 1, wait;
    pace_init(&p, -1, 32);
    for (unsigned i = 0; i < 40; i++) {
        feed(&p, 2, 429, 1000, now);
        if (!pace_may_send(&p, now, 0, false, &wait)) now += wait;
        feed(&p, 1, 200, 1000, now);
    }
    assert_false(p.walled);
}

// A host with room for few connections resets the others: fewer from then on, a burst included, and slowly more again.
static void test_lost_connections_narrow_the_window(void **state) {
    (void)state;
    struct pace p;
    usec_t now = 1, wait;
    pace_init(&p, -1, 32);
    feed(&p, 200, 200, 1000, now);
    assert_true(p.window > 12);
    for (unsigned i = 0; i < 3; i++) {
        pace_answer(&p, now, OUTCOME_CLOSED, NULL, 0, 1);
        pace_answer(&p, now, OUTCOME_CLOSED, NULL, 0, 1); // at the same moment: one sign
        assert_false(pace_may_send(&p, now, 0, false, &wait));
        now += wait;
    }
    assert_true(p.window <= 3);
    feed(&p, 99, 200, 1000, now);
    assert_false(pace_may_send(&p, now, 4, false, &wait));
    assert_false(pace_may_send(&p, now, 4, true, &wait));
    feed(&p, 5000, 200, 1000, now);
    assert_true(pace_may_send(&p, now, 20, false, &wait));
}

static void test_rate_is_kept(void **state) {
    (void)state;
    struct pace p;
    usec_t wait, now = 1;
    unsigned sent = 0;
    pace_init(&p, 50, 32);
    while (now < 2 * USEC_PER_SEC) {
        if (pace_may_send(&p, now, 0, false, &wait)) {
            pace_sent(&p, now);
            sent++;
        } else {
            assert_true(wait > 0);
            now += wait;
        }
    }
    assert_in_range(sent, 95, 106);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_starts_with_four_and_grows_slowly), cmocka_unit_test(test_halves_when_latency_triples),
    cmocka_unit_test(test_fast_noise_is_no_load),             test_with_arena(test_429_waits_as_told_in_both_forms),
    test_with_arena(test_waits_that_lead_nowhere_end),
    cmocka_unit_test(test_one_route_does_not_hold_the_host), cmocka_unit_test(test_an_answer_between_them_is_no_wall),
    cmocka_unit_test(test_lost_connections_narrow_the_window),
    cmocka_unit_test(test_rate_is_kept), cmocka_unit_test(test_one_route_that_is_limited_does_not_stop_the_host),
};
TEST_MAIN(tests)
