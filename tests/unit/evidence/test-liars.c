// SPDX-License-Identifier: Apache-2.0
/*
 * The method tested as a whole (evidence.md 5): each oracle is applied, as a check would, to servers for which the
 * answer is known. No liar may ever reach "confirmed"; each flaw must, every time. PLUMB_SIM is the number of
 * applications per oracle, spread over the liars (default 20,000).
 */
#include "liars.h"

#include "base/numbers.h"
#include "base/vec.h"
#include "evidence/absence.h"
#include "evidence/oracle.h"
#include "match/match.h"

#define REPEATS 2 // of the baseline, as the engine does

struct bench {
    struct match_set *set;
    struct match_scratch *scratch;
};
// One application of an oracle to a world: rounds and, where they say "firm", the series.
typedef struct verdict (*application)(struct world *w, const struct bench *bench, uint64_t seed);

static uint64_t applications(void) {
    const char *text = getenv("PLUMB_SIM");
    uint64_t count = 0;
    return text != NULL && number_parse_u64(sv_from(text), &count) == 0 && count > 0 ? count : 20000;
}

static struct signature sign(struct world *w, const struct exchange *x, struct sv marker) {
    return signature_of(w->a, x, &marker, marker.len > 0 ? 1 : 0);
}

static struct exchange *search(struct world *w, struct sv value) {
    return world_ask(w, (struct ask){.path = SV("/search"), .value = value, .credential = SV("valid")});
}

static struct signature sign_search(struct world *w, struct sv value) {
    return sign(w, search(w, value), value);
}

static struct sv pair(struct world *w, const char *before, struct sv one, const char *between, struct sv two) {
    struct sv made = arena_printf(w->a, "%s" SV_FMT "%s" SV_FMT, before, SV_ARG(one), between, SV_ARG(two));
    assert_non_null(made.ptr);
    return made;
}

static struct sv behind(struct world *w, struct sv word, const char *end) {
    return pair(w, "", word, end, SV(""));
}

static void learn(struct world *w, const struct signature *base, struct volatility *v, struct ask ask) {
    struct error err = {0};
    for (int i = 0; i < REPEATS; i++) {
        struct signature again = sign(w, world_ask(w, ask), SV_NONE);
        assert_ok(&err, volatility_learn(w->a, v, base, &again, &err));
    }
}

static void shuffle(struct rng *rng, unsigned *order, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        order[i] = i;
    for (unsigned i = count; i > 1; i--) {
        unsigned j = (unsigned)rng_below(rng, i), swap = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swap;
    }
}

// Asks the series when the rounds alone did not reach "confirmed".
static struct verdict with_series(struct world *w, struct rng *rng, struct verdict rounds, const struct signature *base,
                                  const struct volatility *v,
                                  struct sv (*value)(struct world *w, struct rng *rng, bool equal)) {
    if (!rounds.holds || rounds.confidence != CONFIDENCE_FIRM)
        return rounds;
    bool expected[ORACLE_SERIES];
    struct signature made[ORACLE_SERIES];
    const struct signature *answers[ORACLE_SERIES];
    series_draw(rng, expected, ORACLE_SERIES);
    for (size_t i = 0; i < ORACLE_SERIES; i++) {
        made[i] = sign_search(w, value(w, rng, expected[i]));
        answers[i] = &made[i];
    }
    return oracle_combine(rounds, oracle_series(base, answers, expected, ORACLE_SERIES, v));
}

static struct sv condition(struct world *w, struct rng *rng, bool holds) {
    struct sv x = rng_word(rng, w->a, 4), y = holds ? x : rng_word(rng, w->a, 4);
    return pair(w, "alice' AND '", x, "'='", y);
}

static struct verdict boolean_round(struct world *w, struct rng *rng, const struct signature *base,
                                    const struct volatility *v) {
    struct sv x = rng_word(rng, w->a, 4), y = rng_word(rng, w->a, 4), z = rng_word(rng, w->a, 4);
    struct sv values[5] = {pair(w, "alice' AND '", x, "'='", x), pair(w, "alice' AND '", y, "'='", y),
                           pair(w, "alice' AND '", x, "'='", y), pair(w, "alice' AND '", y, "'='", z),
                           pair(w, "alice AND =", x, " ", x)};
    struct signature s[5];
    unsigned order[5];
    shuffle(rng, order, 5);
    for (unsigned i = 0; i < 5; i++)
        s[order[i]] = sign_search(w, values[order[i]]);
    struct boolean_answers answers = {base, &s[0], &s[1], &s[2], &s[3], &s[4], v};
    return oracle_boolean(&answers);
}

static struct verdict apply_boolean(struct world *w, const struct bench *bench, uint64_t seed) {
    (void)bench;
    struct rng rng;
    rng_init(&rng, seed);
    struct signature base = sign_search(w, SV("alice"));
    struct volatility v = {0};
    learn(w, &base, &v, (struct ask){SV("/search"), SV("alice"), SV("valid")});
    struct verdict first = boolean_round(w, &rng, &base, &v);
    if (!first.holds)
        return first;
    return with_series(w, &rng, oracle_combine(first, boolean_round(w, &rng, &base, &v)), &base, &v, condition);
}

static struct sv breaking(struct world *w, struct rng *rng, bool equal) {
    (void)w;
    (void)rng;
    return equal ? SV("alice'||'") : SV("alice'");
}

static struct verdict syntax_round(struct world *w, struct rng *rng, const struct signature *base,
                                   const struct volatility *v) {
    struct sv values[4] = {SV("alice'"), SV("alice'||'"), SV("alice''"), rng_word(rng, w->a, 7)};
    struct signature s[4];
    unsigned order[4];
    shuffle(rng, order, 4);
    for (unsigned i = 0; i < 4; i++)
        s[order[i]] = sign_search(w, values[order[i]]);
    struct syntax_answers answers = {base, &s[0], &s[1], &s[2], &s[3], v};
    return oracle_syntax(&answers);
}

static struct verdict apply_syntax(struct world *w, const struct bench *bench, uint64_t seed) {
    (void)bench;
    struct rng rng;
    rng_init(&rng, seed);
    struct signature base = sign_search(w, SV("alice"));
    struct volatility v = {0};
    learn(w, &base, &v, (struct ask){SV("/search"), SV("alice"), SV("valid")});
    struct verdict first = syntax_round(w, &rng, &base, &v);
    if (!first.holds)
        return first;
    return with_series(w, &rng, oracle_combine(first, syntax_round(w, &rng, &base, &v)), &base, &v, breaking);
}

static struct exchange *order(struct world *w, struct sv path, const char *credential) {
    return world_ask(w, (struct ask){.path = path, .credential = sv_from(credential)});
}

static struct sv last_part(struct sv path) {
    return sv_from_index(path, sv_rfind_char(path, '/') + 1);
}

static enum presence learn_presence(struct world *w, struct rng *rng, const struct signature *reference) {
    struct absence *model;
    struct error err = {0};
    struct sv paths[2];
    struct signature answers[2];
    assert_ok(&err, absence_new(w->a, 1, &model, &err));
    assert_ok(&err, absence_controls(w->a, rng, w->owned, paths, &err));
    for (int i = 0; i < 2; i++)
        answers[i] = sign(w, order(w, paths[i], "valid"), last_part(paths[i]));
    assert_ok(&err, absence_learn(w->a, model, SV("GET"), w->owned, 1, answers, &err));
    return absence_judge(model, SV("GET"), w->owned, 1, reference);
}

// Unprivileged before privileged, as the header asks: no cache has the reference when the probe comes.
static struct verdict same_round(struct world *w, struct rng *rng, const struct volatility *v, enum presence presence) {
    struct sv missing = pair(w, "/orders/", rng_digits(rng, w->a, 9), "", SV(""));
    struct signature c = sign(w, order(w, missing, "none"), last_part(missing));
    struct signature p = sign(w, order(w, w->owned, "none"), SV_NONE);
    struct signature r = sign(w, order(w, w->owned, "valid"), SV_NONE);
    return oracle_same_answer(&r, &p, &c, v, presence);
}

static struct verdict apply_same(struct world *w, const struct bench *bench, uint64_t seed) {
    (void)bench;
    struct rng rng;
    rng_init(&rng, seed);
    struct signature base = sign(w, order(w, w->owned, "valid"), SV_NONE);
    struct volatility v = {0};
    learn(w, &base, &v, (struct ask){.path = w->owned, .credential = SV("valid")});
    enum presence presence = learn_presence(w, &rng, &base);
    struct verdict first = same_round(w, &rng, &v, presence);
    return first.holds ? oracle_combine(first, same_round(w, &rng, &v, presence)) : first;
}

static struct verdict forged_round(struct world *w) {
    struct exchange *valid = order(w, w->owned, "valid"), *absent = order(w, w->owned, ""),
                    *random_key = order(w, w->owned, "other"), *weak = order(w, w->owned, "weak");
    return oracle_forged(SV("anna@example.org"), valid, absent, random_key, weak);
}

static struct verdict apply_forged(struct world *w, const struct bench *bench, uint64_t seed) {
    (void)bench;
    (void)seed;
    struct verdict first = forged_round(w);
    return first.holds ? oracle_combine(first, forged_round(w)) : first;
}

static struct verdict error_round(struct world *w, const struct bench *bench, struct rng *rng, bool with_fragment) {
    struct sv word = rng_word(rng, w->a, 8);
    struct exchange *baseline = search(w, SV("alice")), *probe = search(w, behind(w, word, "'"));
    const struct exchange *controls[2];
    controls[0] = search(w, behind(w, word, "\'\'"));
    controls[1] = search(w, word);
    struct error_text_answers answers = {.baseline = baseline,
                                         .probe = probe,
                                         .controls = controls,
                                         .control_count = 2,
                                         .fragment = with_fragment ? word : SV_NONE,
                                         .engine = SV("zeta")};
    const struct pattern *pattern;
    return oracle_error_text(w->a, bench->set, bench->scratch, &answers, &pattern);
}

static bool shows_error(struct world *w, const struct bench *bench, const struct exchange *x) {
    struct match_list list = {0};
    struct error err = {0};
    assert_ok(&err, match_scan(bench->set, bench->scratch, w->a, x->response.body, 1U << PATTERN_ERROR, &list, &err));
    return list.len > 0;
}

static struct verdict apply_error_text(struct world *w, const struct bench *bench, uint64_t seed) {
    struct rng rng;
    rng_init(&rng, seed);
    bool with_fragment = seed % 2 == 0;
    struct verdict rounds = error_round(w, bench, &rng, with_fragment);
    if (!rounds.holds)
        return rounds;
    rounds = oracle_combine(rounds, error_round(w, bench, &rng, with_fragment));
    if (!rounds.holds || rounds.confidence != CONFIDENCE_FIRM)
        return rounds;
    bool expected[ORACLE_SERIES], observed[ORACLE_SERIES];
    series_draw(&rng, expected, ORACLE_SERIES);
    for (size_t i = 0; i < ORACLE_SERIES; i++) {
        struct sv word = rng_word(&rng, w->a, 8);
        observed[i] = shows_error(w, bench, search(w, expected[i] ? behind(w, word, "'") : word));
    }
    return oracle_combine(rounds, oracle_series_observed(observed, expected, ORACLE_SERIES));
}

static struct verdict computed_round(struct world *w, struct rng *rng) {
    uint64_t f[4];
    for (int i = 0; i < 4; i++)
        f[i] = rng_between(rng, 10000, 99999);
    struct sv product = arena_printf(w->a, "%llu", (unsigned long long)(f[0] * f[1]));
    struct sv expression = arena_printf(w->a, "{{%u*%u}}", (unsigned)f[0], (unsigned)f[1]);
    struct exchange *probe = search(w, expression);
    struct exchange *other = search(w, arena_printf(w->a, "{{%u*%u}}", (unsigned)f[2], (unsigned)f[3]));
    struct exchange *plain = search(w, arena_printf(w->a, "%u*%u", (unsigned)f[0], (unsigned)f[1]));
    return oracle_computed(probe, product, expression, other, plain);
}

static struct verdict apply_computed(struct world *w, const struct bench *bench, uint64_t seed) {
    (void)bench;
    struct rng rng;
    rng_init(&rng, seed);
    struct verdict first = computed_round(w, &rng);
    return first.holds ? oracle_combine(first, computed_round(w, &rng)) : first;
}

static void load_patterns(struct arena *a, struct bench *ret) {
    static const struct sv yaml = SV_INIT("kind: error\n"
                                          "patterns:\n"
                                          "  - id: zeta_literal\n"
                                          "    title: 'Zeta: literal not closed'\n"
                                          "    class: internal\n"
                                          "    engine: zeta\n"
                                          "    regex: 'ZetaEngine: unterminated literal near '\n"
                                          "    source: 'invented for this test'\n"
                                          "    true: ['ZetaEngine: unterminated literal near x']\n"
                                          "    false: ['ZetaEngine']\n");
    struct error err = {0};
    struct node *document;
    assert_ok(&err, node_parse_yaml(a, yaml, &node_limits_document, &document, &err));
    const struct node *documents[] = {document};
    assert_ok(&err, match_compile(a, documents, 1, &ret->set, &err));
    assert_ok(&err, match_scratch_new(a, ret->set, &ret->scratch, &err));
}

struct tally {
    uint64_t held, firm, confirmed;
};

static struct verdict run_one(struct arena *a, application apply, const struct bench *bench, enum server server,
                              uint64_t seed) {
    arena_clear(a);
    struct world w;
    world_init(&w, a, server, seed);
    return apply(&w, bench, seed);
}

static void run_liars(struct arena *keep, const char *name, application apply) {
    struct bench bench;
    load_patterns(keep, &bench);
    uint64_t count = applications();
    struct tally tally[LIAR_COUNT] = {{0}};
    struct arena a;
    arena_init(&a, TEST_ARENA_LIMIT);
    for (uint64_t i = 0; i < count; i++) {
        enum server server = (enum server)(i % LIAR_COUNT);
        struct verdict v = run_one(&a, apply, &bench, server, i * 7919 + 1);
        tally[server].held += v.holds;
        tally[server].firm += v.holds && v.confidence == CONFIDENCE_FIRM;
        tally[server].confirmed += v.holds && v.confidence == CONFIDENCE_CONFIRMED;
    }
    arena_fini(&a);
    uint64_t confirmed = 0;
    for (int i = 0; i < LIAR_COUNT; i++) {
        confirmed += tally[i].confirmed;
        if (tally[i].held > 0)
            print_message("# %s, %s: held %llu, firm %llu, confirmed %llu of %llu\n", name, server_names[i],
                          (unsigned long long)tally[i].held, (unsigned long long)tally[i].firm,
                          (unsigned long long)tally[i].confirmed, (unsigned long long)(count / LIAR_COUNT));
    }
    assert_int_equal(confirmed, 0);
}

// The flaw is confirmed each time, so the oracles are not right by being silent.
static void run_flaw(struct arena *keep, application apply, enum server server) {
    struct bench bench;
    load_patterns(keep, &bench);
    struct arena a;
    arena_init(&a, TEST_ARENA_LIMIT);
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct verdict v = run_one(&a, apply, &bench, server, seed);
        if (!v.holds || v.confidence != CONFIDENCE_CONFIRMED)
            fail_msg("seed %llu: %s (confidence %d, %.1f bits)", (unsigned long long)seed, v.why, (int)v.confidence,
                     v.bits);
    }
    arena_fini(&a);
}

#define TWO_TESTS(name, apply, flaw)                                                                                   \
    static void test_##name##_and_liars(void **state) {                                                                \
        run_liars(*state, #name, apply);                                                                               \
    }                                                                                                                  \
    static void test_##name##_and_flaw(void **state) {                                                                 \
        run_flaw(*state, apply, flaw);                                                                                 \
    }
TWO_TESTS(boolean, apply_boolean, FLAW_QUERY)
TWO_TESTS(syntax, apply_syntax, FLAW_QUERY)
TWO_TESTS(same_answer, apply_same, FLAW_ACCESS)
TWO_TESTS(forged, apply_forged, FLAW_FORGED)
TWO_TESTS(error_text, apply_error_text, FLAW_QUERY)
TWO_TESTS(computed, apply_computed, FLAW_TEMPLATE)

enum clock_liar {
    CLOCK_STEADY,
    CLOCK_UNIFORM,
    CLOCK_TWO_LEVELS,
    CLOCK_DRIFT,
    CLOCK_TAIL,
    CLOCK_WALK,
    CLOCK_CONSTANT,
    CLOCK_LIARS,
    CLOCK_FLAW = CLOCK_LIARS
};

static usec_t latency(struct rng *rng, enum clock_liar kind, size_t i, usec_t asked, double *walk) {
    double noise = 20000 * rng_unit(rng);
    switch (kind) {
    case CLOCK_STEADY:
        return (usec_t)(40000 + noise);
    case CLOCK_UNIFORM:
        return (usec_t)(rng_unit(rng) * 6e6);
    case CLOCK_TWO_LEVELS:
        return rng_below(rng, 2) == 0 ? 30000 : 4000000;
    case CLOCK_DRIFT:
        return (usec_t)(50000 + 600000 * (double)i + noise);
    case CLOCK_TAIL:
        return (usec_t)(30000 / (rng_unit(rng) + 0.003));
    case CLOCK_WALK:
        *walk += (rng_unit(rng) - 0.5) * 2e6;
        return (usec_t)(*walk < 0 ? -*walk : *walk);
    case CLOCK_CONSTANT:
        return 3000000;
    case CLOCK_FLAW:
        return (usec_t)(40000 + noise + 2 * (double)asked);
    }
    return 0;
}

static struct verdict time_round(struct rng *rng, enum clock_liar kind) {
    usec_t asked[9], observed[9];
    double walk = 1e6;
    time_draw(rng, asked, 9, 4000000);
    for (size_t i = 0; i < 9; i++)
        observed[i] = latency(rng, kind, i, asked[i], &walk);
    return oracle_time(asked, observed, 9, 50000, 20000);
}

static void test_time_and_liars(void **state) {
    (void)state;
    uint64_t count = applications() * 10, held = 0; // no answers to sign: cheap
    struct rng rng;
    rng_init(&rng, 99);
    for (uint64_t i = 0; i < count; i++) {
        enum clock_liar kind = (enum clock_liar)(i % CLOCK_LIARS);
        struct verdict first = time_round(&rng, kind);
        held += first.holds;
        if (!first.holds)
            continue;
        struct verdict both = oracle_combine(first, time_round(&rng, kind));
        assert_false(both.holds && both.confidence == CONFIDENCE_CONFIRMED);
    }
    print_message("# time: one round held %llu of %llu\n", (unsigned long long)held, (unsigned long long)count);
}

static void test_time_and_flaw(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 5);
    for (int i = 0; i < 200; i++) {
        struct verdict first = time_round(&rng, CLOCK_FLAW), second = time_round(&rng, CLOCK_FLAW);
        if (!first.holds || !second.holds)
            fail_msg("%s / %s", first.why, second.why);
        assert_int_equal(first.multiple, 2);
        assert_int_equal(oracle_combine(first, second).confidence, CONFIDENCE_CONFIRMED);
    }
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_boolean_and_flaw),     test_with_arena(test_boolean_and_liars),
    test_with_arena(test_syntax_and_flaw),      test_with_arena(test_syntax_and_liars),
    test_with_arena(test_same_answer_and_flaw), test_with_arena(test_same_answer_and_liars),
    test_with_arena(test_forged_and_flaw),      test_with_arena(test_forged_and_liars),
    test_with_arena(test_error_text_and_flaw),  test_with_arena(test_error_text_and_liars),
    test_with_arena(test_computed_and_flaw),    test_with_arena(test_computed_and_liars),
    cmocka_unit_test(test_time_and_flaw),       cmocka_unit_test(test_time_and_liars),
};
TEST_MAIN(tests)
