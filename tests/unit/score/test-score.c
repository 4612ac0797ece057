// SPDX-License-Identifier: Apache-2.0
#include "score/score.h"
#include "test.h"

// cmocka compares floats only.
#define assert_near(got, want, within)                                                                                 \
    do {                                                                                                               \
        double got_ = (got), want_ = (want);                                                                           \
        if (got_ < want_ - (within) || got_ > want_ + (within))                                                        \
            fail_msg("got %f, want %f", got_, want_);                                                                  \
    } while (0)

enum { FINDINGS_MAX = 12 };

struct world {
    struct scan_result r;
    struct result_finding findings[FINDINGS_MAX];
    struct operation operation;
    struct operation *operations[1];
    struct api api;
};

static void world_make(struct world *w) {
    memset(w, 0, sizeof *w);
    for (size_t c = 0; c < CATEGORY_COUNT; c++)
        w->r.categories[c] = (struct result_category){.status = CATEGORY_TESTED, .operations_tested = 10, .operations_total = 10};
    w->r.findings = w->findings;
    w->r.escape.status = ESCAPE_NOT_SEEN;
}

static void add(struct world *w, enum category category, enum severity severity, enum confidence confidence) {
    w->findings[w->r.finding_count++] = (struct result_finding){.check = "x", .category = category, .severity = severity, .confidence = confidence};
}

static void compute(struct arena *a, struct scan_result *r) {
    struct error err = {0};
    assert_ok(&err, score_compute(a, r, &err));
}

static void test_nothing_found(void **state) {
    struct world w;
    world_make(&w);
    compute(*state, &w.r);
    assert_near(w.r.overall, 100, 0);
    assert_int_equal(w.r.grade, 'A');
    assert_near(w.r.coverage_percent, 100, 0);
    assert_int_equal(w.r.cap_count, 0);
}

// Points of one finding, by severity and confidence, as docs/scoring.md lists them.
static void test_points(void **state) {
    static const double want[SEVERITY_COUNT][CONFIDENCE_COUNT] = {{0, 0, 0}, {1.2, 2.8, 4}, {3.6, 8.4, 12}, {9, 21, 30}, {18, 42, 60}};
    for (int s = 0; s < SEVERITY_COUNT; s++) {
        for (int c = 0; c < CONFIDENCE_COUNT; c++) {
            struct world w;
            world_make(&w);
            add(&w, CATEGORY_SSRF, (enum severity)s, (enum confidence)c);
            compute(*state, &w.r);
            assert_near(w.findings[0].deduction, want[s][c], 1e-9);
            assert_near(w.r.categories[CATEGORY_SSRF].score, 100 - want[s][c], 1e-9);
        }
    }
}

// The worked example of docs/scoring.md.
static void test_worked_example(void **state) {
    struct world w;
    world_make(&w);
    add(&w, CATEGORY_AUTHENTICATION, SEVERITY_HIGH, CONFIDENCE_FIRM);
    add(&w, CATEGORY_INPUT, SEVERITY_MEDIUM, CONFIDENCE_CONFIRMED);
    w.r.categories[CATEGORY_BOLA] = (struct result_category){.status = CATEGORY_PARTIAL, .operations_tested = 2, .operations_total = 5};
    w.r.categories[CATEGORY_LLM].status = CATEGORY_NOT_APPLICABLE;
    compute(*state, &w.r);
    // (15 x 79 + 10 x 88 + 6 x 100 + 64 x 100 of the ten others) / 89; LLM does not count, BOLA with 15 x 0.4
    double others = 10 + 8 + 6 + 12 + 8 + 8 + 3 + 3;
    double want = (15 * 79 + 10 * 88 + 6 * 100 + others * 100) / (15 + 10 + 6 + others);
    assert_near(w.r.overall, want, 0.05);
    assert_near(w.r.coverage_percent, (98 - 15 + 6) / 98.0 * 100, 0.05);
    assert_int_equal(w.r.grade, 'A');
}

static void test_floor(void **state) {
    struct world w;
    world_make(&w);
    for (int i = 0; i < 5; i++)
        add(&w, CATEGORY_SSRF, SEVERITY_HIGH, CONFIDENCE_CONFIRMED);
    compute(*state, &w.r);
    assert_near(w.r.categories[CATEGORY_SSRF].score, 0, 0);
}

static void test_caps(void **state) {
    struct world w;
    world_make(&w);
    add(&w, CATEGORY_LLM, SEVERITY_CRITICAL, CONFIDENCE_CONFIRMED);
    compute(*state, &w.r);
    assert_near(w.r.overall, 39, 0);
    assert_int_equal(w.r.grade, 'F');
    assert_int_equal(w.r.cap_count, 1);
    world_make(&w);
    add(&w, CATEGORY_LLM, SEVERITY_HIGH, CONFIDENCE_CONFIRMED);
    compute(*state, &w.r);
    assert_near(w.r.overall, 79, 0);
    assert_int_equal(w.r.grade, 'C');
    world_make(&w);
    w.r.escape.status = ESCAPE_CONFIRMED;
    compute(*state, &w.r);
    assert_near(w.r.overall, 39, 0);
    world_make(&w);
    add(&w, CATEGORY_LLM, SEVERITY_CRITICAL, CONFIDENCE_FIRM);
    w.r.escape.status = ESCAPE_LIKELY;
    compute(*state, &w.r);
    assert_int_equal(w.r.cap_count, 0);
    compute(*state, &w.r);
    assert_int_equal(w.r.cap_count, 0);
}

static void test_low_coverage_has_no_letter(void **state) {
    struct world w;
    world_make(&w);
    for (size_t c = 0; c < CATEGORY_COUNT; c++) {
        w.r.categories[c].operations_tested = 4;
        w.r.categories[c].status = CATEGORY_PARTIAL;
    }
    compute(*state, &w.r);
    assert_int_equal(w.r.grade, '?');
    assert_near(w.r.overall, 100, 0);
}

static void test_untested_authorization_has_no_letter(void **state) {
    struct world w;
    world_make(&w);
    for (size_t c = CATEGORY_AUTHENTICATION; c <= CATEGORY_BFLA; c++) {
        w.r.categories[c].status = CATEGORY_UNTESTED;
        w.r.categories[c].operations_tested = 0;
    }
    compute(*state, &w.r);
    assert_int_equal(w.r.grade, 'A'); // nothing says that there are protected operations
    w.operation.demand = DEMAND_CREDENTIALS;
    w.operations[0] = &w.operation;
    w.api = (struct api){.operations = w.operations, .operation_count = 1};
    w.r.api = &w.api;
    compute(*state, &w.r);
    assert_int_equal(w.r.grade, '?');
}

static void test_nothing_counts(void **state) {
    struct world w;
    world_make(&w);
    assert_true(score_exists(&w.r));
    for (size_t c = 0; c < CATEGORY_COUNT; c++)
        w.r.categories[c] = (struct result_category){.status = CATEGORY_UNTESTED, .operations_total = 3};
    compute(*state, &w.r);
    assert_false(score_exists(&w.r));
    assert_int_equal(w.r.grade, '?');
}

// xorshift64*: the same random results in every run.
static uint64_t draw(uint64_t *s) {
    *s ^= *s >> 12;
    *s ^= *s << 25;
    *s ^= *s >> 27;
    return *s * UINT64_C(2685821657736338717);
}

static void random_world(struct world *w, uint64_t *seed) {
    world_make(w);
    for (size_t c = 0; c < CATEGORY_COUNT; c++) {
        unsigned total = 1 + (unsigned)(draw(seed) % 12);
        unsigned tested = (unsigned)(draw(seed) % (total + 1));
        w->r.categories[c] = (struct result_category){
            .operations_total = total, .operations_tested = tested,
            .status = tested == 0 ? CATEGORY_UNTESTED : tested * 2 >= total ? CATEGORY_TESTED : CATEGORY_PARTIAL};
    }
    size_t count = draw(seed) % FINDINGS_MAX;
    for (size_t i = 0; i < count; i++)
        add(w, (enum category)(draw(seed) % CATEGORY_COUNT), (enum severity)(draw(seed) % SEVERITY_COUNT), (enum confidence)(draw(seed) % CONFIDENCE_COUNT));
    w->operation.demand = draw(seed) % 2 == 0 ? DEMAND_CREDENTIALS : DEMAND_NOTHING;
    w->operations[0] = &w->operation;
    w->api = (struct api){.operations = w->operations, .operation_count = 1};
    w->r.api = &w->api;
}

// Letters from bad to good; ? is below all of them.
static int worth(char grade) {
    const char *at = strchr("?FDCBA", grade);
    assert_non_null(at);
    return (int)(at - "?FDCBA");
}

// One answer fewer in a category: findings stay, because what was found was found.
static void forget_answer(struct world *w, size_t category) {
    struct result_category *c = &w->r.categories[category];
    c->operations_tested--;
    c->status = c->operations_tested == 0 ? CATEGORY_UNTESTED : c->operations_tested * 2 >= c->operations_total ? CATEGORY_TESTED : CATEGORY_PARTIAL;
}

static void test_fewer_answers_never_improve_the_grade(void **state) {
    uint64_t seed = UINT64_C(0x9E3779B97F4A7C15);
    for (int i = 0; i < 20000; i++) {
        struct world w;
        struct arena_mark mark = arena_mark(*state);
        random_world(&w, &seed);
        compute(*state, &w.r);
        int before = worth(w.r.grade);
        for (int k = 0; k < 20; k++) {
            size_t c = draw(&seed) % CATEGORY_COUNT;
            if (w.r.categories[c].operations_tested == 0)
                continue;
            forget_answer(&w, c);
            compute(*state, &w.r);
            if (worth(w.r.grade) > before)
                fail_msg("round %d: the grade rose to %c when category %zu lost an answer", i, w.r.grade, c);
            before = worth(w.r.grade);
        }
        arena_rewind(*state, mark);
    }
}

static void test_more_findings_never_improve_the_score(void **state) {
    uint64_t seed = 42;
    for (int i = 0; i < 5000; i++) {
        struct world w;
        struct arena_mark mark = arena_mark(*state);
        random_world(&w, &seed);
        if (w.r.finding_count == FINDINGS_MAX)
            continue;
        compute(*state, &w.r);
        double before = w.r.overall;
        bool existed = score_exists(&w.r);
        add(&w, (enum category)(draw(&seed) % CATEGORY_COUNT), SEVERITY_HIGH, CONFIDENCE_CONFIRMED);
        compute(*state, &w.r);
        // A finding where nothing was tested makes its category count, so another category's ruin weighs less: the cap still holds.
        if (existed && w.r.categories[w.findings[w.r.finding_count - 1].category].status == CATEGORY_TESTED)
            assert_true(w.r.overall <= before);
        assert_true(w.r.overall <= 79);
        arena_rewind(*state, mark);
    }
}

static void test_explain_tells_every_point(void **state) {
    struct world w;
    struct error err = {0};
    world_make(&w);
    add(&w, CATEGORY_INPUT, SEVERITY_HIGH, CONFIDENCE_CONFIRMED);
    w.findings[0].check = "dynamodb-table";
    compute(*state, &w.r);
    auto_buf b = BUF_INIT(65536);
    struct sink_buf out;
    sink_buf_init(&out, &b);
    assert_ok(&err, score_explain(&w.r, &out.sink, &err));
    assert_true(sv_contains(buf_sv(&b), SV("-30")));
    assert_true(sv_contains(buf_sv(&b), SV("dynamodb-table")));
    assert_true(sv_contains(buf_sv(&b), SV("Capped at 79: a confirmed high finding")));
    assert_true(sv_contains(buf_sv(&b), SV("Score 79.0, grade C, coverage 100.0 %")));
    for (size_t c = 0; c < CATEGORY_COUNT; c++)
        assert_true(sv_contains(buf_sv(&b), sv_from(category_infos[c].title)));
}

static void test_weights_make_a_hundred(void **state) {
    (void)state;
    unsigned sum = 0;
    for (size_t c = 0; c < CATEGORY_COUNT; c++)
        sum += category_infos[c].weight;
    assert_int_equal(sum, 100);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_nothing_found),
    test_with_arena(test_points),
    test_with_arena(test_worked_example),
    test_with_arena(test_floor),
    test_with_arena(test_caps),
    test_with_arena(test_low_coverage_has_no_letter),
    test_with_arena(test_untested_authorization_has_no_letter),
    test_with_arena(test_nothing_counts),
    test_with_arena(test_fewer_answers_never_improve_the_grade),
    test_with_arena(test_more_findings_never_improve_the_score),
    test_with_arena(test_explain_tells_every_point),
    cmocka_unit_test(test_weights_make_a_hundred),
};

TEST_MAIN(tests)
