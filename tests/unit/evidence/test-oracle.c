// SPDX-License-Identifier: Apache-2.0
// Each condition of each oracle by itself: the case that holds, and the same case with one thing changed that must not.
#include "evidence/oracle.h"

#include "answers.h"

#include "evidence/signature_internal.h"

static struct signature js(struct arena *a, unsigned status, const char *body) {
    return json_signature(a, status, sv_from(body));
}

static struct volatility steady(struct arena *a, const struct signature *x) {
    struct volatility v = {0};
    struct error err = {0};
    assert_ok(&err, volatility_learn(a, &v, x, x, &err));
    return v;
}

static const char full[] = "{\"items\":[{\"id\":1},{\"id\":2}]}";
static const char empty[] = "{\"items\":[]}";

static void test_combine(void **state) {
    (void)state;
    struct verdict yes = {.holds = true, .confidence = CONFIDENCE_FIRM, .why = "a", .bits = ORACLE_ROUND_BITS},
                   weak = yes, no = {.why = "b"}, never = {0};
    weak.bits = 5;
    assert_int_equal(oracle_combine(yes, yes).confidence, CONFIDENCE_CONFIRMED);
    assert_int_equal(oracle_combine(weak, weak).confidence, CONFIDENCE_FIRM);
    assert_int_equal(
        oracle_combine(oracle_combine(weak, weak), (struct verdict){true, CONFIDENCE_FIRM, "s", 23, 0}).confidence,
        CONFIDENCE_CONFIRMED);
    assert_int_equal(oracle_combine(yes, never).confidence, CONFIDENCE_FIRM);
    assert_int_equal(oracle_combine(never, yes).confidence, CONFIDENCE_FIRM);
    assert_int_equal(oracle_combine(yes, no).confidence, CONFIDENCE_TENTATIVE);
    assert_true(oracle_combine(yes, no).holds);
    assert_false(oracle_combine(no, never).holds);
    assert_string_equal(oracle_combine(no, never).why, "b");
    struct verdict capped = yes;
    capped.confidence = CONFIDENCE_TENTATIVE;
    assert_int_equal(oracle_combine(yes, capped).confidence, CONFIDENCE_TENTATIVE);
    struct verdict once = yes, twice = yes;
    once.multiple = 1;
    twice.multiple = 2;
    assert_int_equal(oracle_combine(once, twice).confidence, CONFIDENCE_TENTATIVE);
    assert_int_equal(oracle_combine(once, once).confidence, CONFIDENCE_CONFIRMED);
}

static void test_series(void **state) {
    struct arena *a = *state;
    struct signature t = js(a, 200, full), f = js(a, 200, empty), other = js(a, 200, "{\"error\":1}");
    struct volatility v = steady(a, &t);
    struct rng rng;
    rng_init(&rng, 3);
    bool expected[ORACLE_SERIES];
    const struct signature *answers[ORACLE_SERIES];
    series_draw(&rng, expected, ORACLE_SERIES);
    for (size_t i = 0; i < ORACLE_SERIES; i++)
        answers[i] = expected[i] ? &t : &f;
    struct verdict yes = oracle_series(&t, answers, expected, ORACLE_SERIES, &v);
    assert_true(yes.holds && yes.bits >= ORACLE_SERIES - 1);
    assert_false(oracle_series(&t, answers, expected, ORACLE_SERIES, NULL).holds);
    assert_false(oracle_series(&t, answers, expected, 4, &v).holds);
    for (size_t i = 0; i < ORACLE_SERIES; i++) {
        const struct signature *was = answers[i];
        answers[i] = expected[i] ? &f : &t;
        assert_false(oracle_series(&t, answers, expected, ORACLE_SERIES, &v).holds);
        answers[i] = &other; // neither the reference nor like the others that differ
        assert_false(oracle_series(&t, answers, expected, ORACLE_SERIES, &v).holds);
        answers[i] = was;
    }
    bool same[ORACLE_SERIES] = {false};
    assert_false(oracle_series_observed(same, same, ORACLE_SERIES).holds);
    assert_true(oracle_series_observed(expected, expected, ORACLE_SERIES).holds);
}

static void test_same_answer(void **state) {
    struct arena *a = *state;
    struct signature r = js(a, 200, full), p = js(a, 200, full), c = js(a, 401, "{\"e\":1}"), none = {0};
    struct volatility v = steady(a, &r);
    struct verdict yes = oracle_same_answer(&r, &p, &c, &v, PRESENCE_REAL);
    assert_true(yes.holds && yes.confidence == CONFIDENCE_FIRM);
    assert_int_equal(oracle_combine(yes, yes).confidence, CONFIDENCE_CONFIRMED);
    assert_int_equal(oracle_same_answer(&r, &p, &c, NULL, PRESENCE_REAL).confidence, CONFIDENCE_TENTATIVE);
    struct signature other = js(a, 200, "{\"items\":[{\"id\":1},{\"id\":3}]}"), trouble = js(a, 503, "{}"),
                     limited = js(a, 429, "{}");
    assert_false(oracle_same_answer(&r, &p, &c, &v, PRESENCE_NOTHING).holds);
    assert_false(oracle_same_answer(&r, &p, &c, &v, PRESENCE_UNKNOWN).holds);
    assert_false(oracle_same_answer(&r, &other, &c, &v, PRESENCE_REAL).holds);
    assert_false(oracle_same_answer(&r, &p, &r, &v, PRESENCE_REAL).holds);
    assert_false(oracle_same_answer(&r, &p, &trouble, &v, PRESENCE_REAL).holds);
    assert_false(oracle_same_answer(&r, &p, &limited, &v, PRESENCE_REAL).holds);
    assert_false(oracle_same_answer(&none, &p, &c, &v, PRESENCE_REAL).holds);
    assert_false(oracle_same_answer(&r, &none, &c, &v, PRESENCE_REAL).holds);
    assert_false(oracle_same_answer(&r, &p, &none, &v, PRESENCE_REAL).holds);
    assert_false(oracle_same_answer(&c, &c, &r, &v, PRESENCE_REAL).holds);
    // A control that is answered otherwise, but not refused, is worth less.
    struct verdict answered = oracle_same_answer(&r, &p, &other, &v, PRESENCE_REAL);
    assert_int_equal(oracle_combine(answered, answered).confidence, CONFIDENCE_FIRM);
    // Everything of it changes by itself: equality means nothing.
    struct signature x = js(a, 200, "{\"n\":1}"), y = js(a, 200, "{\"n\":2}");
    struct volatility wild = {0};
    struct error err = {0};
    assert_ok(&err, volatility_learn(a, &wild, &x, &y, &err));
    assert_false(oracle_same_answer(&x, &y, &c, &wild, PRESENCE_REAL).holds);
}

static void test_boolean(void **state) {
    struct arena *a = *state;
    struct signature t = js(a, 200, full), f = js(a, 200, empty), none = {0}, fault = js(a, 500, "{}"),
                     missing = js(a, 404, "{\"e\":1}"), blocked = js(a, 403, "{\"e\":1}");
    struct volatility v = steady(a, &t);
    struct boolean_answers good = {&t, &t, &t, &f, &f, &f, &v}, x;
    assert_true(oracle_boolean(&good).holds);
    assert_int_equal(oracle_combine(oracle_boolean(&good), oracle_boolean(&good)).confidence, CONFIDENCE_FIRM);
    x = good;
    x.false_1 = x.false_2 = &missing;
    assert_true(oracle_boolean(&x).holds);
    x = good;
    x.true_1 = &f;
    assert_false(oracle_boolean(&x).holds);
    x = good;
    x.true_2 = &f;
    assert_false(oracle_boolean(&x).holds);
    x = good;
    x.false_1 = &t;
    assert_false(oracle_boolean(&x).holds);
    x = good;
    x.false_2 = &missing;
    assert_false(oracle_boolean(&x).holds);
    x = good;
    x.false_1 = x.false_2 = &fault;
    assert_false(oracle_boolean(&x).holds);
    x.inert = &fault; // a service that falls over whatever it does not find
    assert_true(oracle_boolean(&x).holds);
    x.false_2 = &f;
    assert_false(oracle_boolean(&x).holds);
    x = good;
    x.false_1 = x.false_2 = &blocked;
    assert_false(oracle_boolean(&x).holds);
    x = good;
    x.inert = &t;
    assert_false(oracle_boolean(&x).holds);
    x = good;
    x.inert = &none;
    assert_false(oracle_boolean(&x).holds);
    x = good;
    x.volatility = NULL;
    assert_false(oracle_boolean(&x).holds);
    x = good;
    x.baseline = x.true_1 = x.true_2 = &missing;
    assert_false(oracle_boolean(&x).holds);
    struct volatility shaky = v;
    shaky.form_volatile = true;
    x = good;
    x.volatility = &shaky;
    assert_false(oracle_boolean(&x).holds);
    shaky = v;
    shaky.status_volatile = true;
    assert_false(oracle_boolean(&x).holds);
}

static void test_syntax(void **state) {
    struct arena *a = *state;
    struct signature t = js(a, 200, full), f = js(a, 200, empty), fault = js(a, 500, "{}"), blocked = js(a, 403, "{}"),
                     none = {0};
    struct volatility v = steady(a, &t);
    struct syntax_answers good = {&t, &fault, &t, &f, &f, &v}, x;
    assert_true(oracle_syntax(&good).holds);
    x = good;
    x.broken = &f; // the error is hidden behind an empty list
    assert_true(oracle_syntax(&x).holds);
    x = good;
    x.broken = &t;
    assert_false(oracle_syntax(&x).holds);
    x = good;
    x.broken = &blocked;
    assert_false(oracle_syntax(&x).holds);
    x = good;
    x.neutral = &f;
    assert_false(oracle_syntax(&x).holds);
    x = good;
    x.doubled = &t;
    assert_false(oracle_syntax(&x).holds);
    x = good;
    x.doubled = x.random_word = &fault;
    assert_false(oracle_syntax(&x).holds);
    x = good;
    x.doubled = x.random_word = &t;
    assert_false(oracle_syntax(&x).holds);
    x = good;
    x.neutral = &none;
    assert_false(oracle_syntax(&x).holds);
    x = good;
    x.volatility = NULL;
    assert_false(oracle_syntax(&x).holds);
}

static void test_computed(void **state) {
    struct arena *a = *state;
    struct exchange *probe = json_answer(a, 200, SV("{\"hello\":\"8342197345 !\"}")),
                    *other = json_answer(a, 200, SV("{\"hello\":\"5551212\"}"));
    struct exchange *longer = json_answer(a, 200, SV("{\"hello\":\"18342197345\"}")),
                    *lost = json_answer(a, 200, SV(""));
    lost->outcome = OUTCOME_TIMEOUT;
    struct sv product = SV("8342197345"), expression = SV("{{91235*91436}}");
    assert_true(oracle_computed(probe, product, expression, other, other).holds);
    assert_false(oracle_computed(other, product, expression, other, other).holds);
    assert_false(oracle_computed(longer, product, expression, other, other).holds);
    assert_false(oracle_computed(probe, product, expression, probe, other).holds);
    assert_false(oracle_computed(probe, product, expression, other, probe).holds);
    assert_false(oracle_computed(probe, product, SV("x8342197345"), other, other).holds);
    assert_false(oracle_computed(probe, product, expression, lost, other).holds);
    assert_false(oracle_computed(probe, SV("49"), SV("{{7*7}}"), other, other).holds);
    probe->request.body = SV("{\"a\":8342197345}");
    assert_false(oracle_computed(probe, product, expression, other, other).holds);
}

static void test_time(void **state) {
    (void)state;
    usec_t asked[10], observed[10];
    struct rng rng;
    rng_init(&rng, 12);
    time_draw(&rng, asked, 10, 3000000);
    for (size_t i = 0; i < 10; i++)
        observed[i] = 50000 + 3 * asked[i] + i * 1000;
    struct verdict yes = oracle_time(asked, observed, 10, 50000, 10000);
    assert_true(yes.holds && yes.multiple == 3);
    assert_false(oracle_time(asked, observed, 7, 50000, 10000).holds);
    assert_false(oracle_time(asked, observed, 10, 50000, 2000000).holds);
    for (size_t i = 0; i < 10; i++)
        observed[i] = 50000 + asked[i] / 2;
    assert_false(oracle_time(asked, observed, 10, 50000, 10000).holds);
    for (size_t i = 0; i < 10; i++)
        observed[i] = 50000 + asked[i] + asked[i] * 2 / 5; // 1.4
    assert_false(oracle_time(asked, observed, 10, 50000, 10000).holds);
    for (size_t i = 0; i < 10; i++)
        observed[i] = asked[i] > 0 ? 4000000 : 50000;
    assert_false(oracle_time(asked, observed, 10, 50000, 10000).holds);
    for (size_t i = 0; i < 10; i++)
        observed[i] = 3000000;
    assert_false(oracle_time(asked, observed, 10, 50000, 10000).holds);
    static const usec_t two_levels[8] = {0, 1000000, 0, 1000000, 0, 1000000, 0, 1000000};
    assert_false(oracle_time(two_levels, two_levels, 8, 1000, 1000).holds);
}

static void test_canary(void **state) {
    struct arena *a = *state;
    struct canary_event events[] = {{.token = SV_INIT("aaaabbbbcccc")}};
    struct experiment e = {.events = events, .event_count = 1};
    struct exchange *with = json_answer(a, 200, SV("{\"body\":\"s3cr3ts3cr3t\"}")),
                    *without = json_answer(a, 200, SV("{}"));
    struct canary_verdict v = oracle_canary(&e, SV("aaaabbbbcccc"), with, SV("s3cr3ts3cr3t"));
    assert_true(v.called && v.full_read);
    v = oracle_canary(&e, SV("aaaabbbbcccc"), without, SV("s3cr3ts3cr3t"));
    assert_true(v.called && !v.full_read);
    v = oracle_canary(&e, SV("ddddeeeeffff"), with, SV("s3cr3ts3cr3t"));
    assert_true(!v.called && !v.full_read);
    v = oracle_canary(&e, SV(""), with, SV(""));
    assert_true(!v.called && !v.full_read);
    with->request.target = SV("/x?y=s3cr3ts3cr3t"); // an echo of what we sent
    assert_false(oracle_canary(&e, SV("aaaabbbbcccc"), with, SV("s3cr3ts3cr3t")).full_read);
}

static void test_forged(void **state) {
    struct arena *a = *state;
    struct sv text = SV("anna@example.org");
    struct exchange *yes = json_answer(a, 200, SV("{\"mail\":\"anna@example.org\"}")),
                    *no = json_answer(a, 401, SV("{}"));
    struct exchange *fault = json_answer(a, 500, SV("{}")), *fault_2 = json_answer(a, 404, SV("{}"));
    struct verdict v = oracle_forged(text, yes, no, no, yes);
    assert_int_equal(oracle_combine(v, v).confidence, CONFIDENCE_CONFIRMED);
    assert_false(oracle_forged(text, yes, no, no, no).holds);
    assert_false(oracle_forged(text, yes, yes, no, yes).holds);
    assert_false(oracle_forged(text, yes, no, yes, yes).holds);
    assert_false(oracle_forged(text, no, no, no, yes).holds);
    assert_false(oracle_forged(text, yes, fault, no, yes).holds);
    assert_false(oracle_forged(text, yes, no, fault, yes).holds);
    assert_false(oracle_forged(text, yes, no, no, fault_2).holds); // 404 for the weakness is another answer, not access
    assert_false(oracle_forged(SV("a"), yes, no, no, yes).holds);
}

static struct exchange *burst_answer(struct arena *a, unsigned status, usec_t started, const char *name,
                                     const char *value) {
    struct exchange *x = json_answer(a, status, SV("{}"));
    x->started = started;
    x->response.total = 1000;
    if (name != NULL)
        assert_true(header_add(a, &x->response.headers, sv_from(name), sv_from(value)));
    return x;
}

static void test_burst(void **state) {
    struct arena *a = *state;
    struct exchange *x[40];
    for (size_t i = 0; i < 40; i++)
        x[i] = burst_answer(a, i < 30 ? 200 : 429, 5000 + i * 100, NULL, NULL);
    struct burst_result r;
    assert_int_equal(burst_measure(x, 40, &r), 0);
    assert_int_equal(r.sent, 40);
    assert_int_equal(r.limited, 10);
    assert_int_equal(r.good, 30);
    assert_int_equal(r.duration, 39 * 100 + 1000);
    assert_false(r.announced);
    for (size_t i = 0; i < 40; i++)
        x[i] = burst_answer(a, i < 30 ? 200 : 403, 5000 + i * 100, "RateLimit", "\"default\";r=7;t=30");
    x[39] = burst_answer(a, 403, 99999, "X-RateLimit-Limit", "60, 60;w=60");
    x[38]->outcome = OUTCOME_BUDGET;
    assert_int_equal(burst_measure(x, 40, &r), 0);
    assert_int_equal(r.sent, 39);
    assert_int_equal(r.limited, 9);
    assert_true(r.announced && r.announced_limit == 60);
    for (size_t i = 0; i < 40; i++)
        x[i] = burst_answer(a, 404, 5000 + i * 100, "RateLimit", "limit=100, remaining=3, reset=1");
    assert_int_equal(burst_measure(x, 40, &r), 0);
    assert_int_equal(r.limited, 0); // the request was bad from the start
    assert_int_equal(r.announced_limit, 100);
    assert_int_equal(r.announced_remaining_last, 3);
    assert_int_equal(burst_measure(x, 0, &r), 0);
    assert_int_equal(r.sent + r.duration, 0);
}

static void test_public(void **state) {
    struct arena *a = *state;
    struct signature x = js(a, 200, full), y = js(a, 200, full), z = js(a, 200, empty);
    const struct signature *same[] = {&x, &y}, *different[] = {&x, &z};
    struct operation op = {.demand = DEMAND_UNKNOWN};
    assert_true(oracle_public(&op, same, 2, NULL, 0));
    assert_false(oracle_public(&op, different, 2, NULL, 0));
    assert_false(oracle_public(&op, same, 2, NULL, 1));
    assert_false(oracle_public(&op, same, 1, NULL, 0));
    op.summary = SV("The public catalogue");
    assert_true(oracle_public(&op, same, 1, NULL, 0));
    op.demand = DEMAND_CREDENTIALS;
    assert_false(oracle_public(&op, same, 2, NULL, 0));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_combine), test_with_arena(test_series), test_with_arena(test_same_answer),
    test_with_arena(test_boolean),  test_with_arena(test_syntax), test_with_arena(test_computed),
    cmocka_unit_test(test_time),    test_with_arena(test_canary), test_with_arena(test_forged),
    test_with_arena(test_burst),    test_with_arena(test_public),
};
TEST_MAIN(tests)
