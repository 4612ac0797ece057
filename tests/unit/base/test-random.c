// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include "support/test.h"

// Published first outputs: xoshiro256** from the state 1, 2, 3, 4; splitmix64 from the seed 1234567.
static void test_known_outputs(void **state) {
    (void)state;
    struct rng r = {{1, 2, 3, 4}};
    assert_true(rng_next(&r) == 11520);
    assert_true(rng_next(&r) == 0);
    assert_true(rng_next(&r) == UINT64_C(1509978240));
    assert_true(rng_next(&r) == UINT64_C(1215971899390074240));
    rng_init(&r, 1234567);
    assert_true(r.s[0] == UINT64_C(6457827717110365317));
    assert_true(r.s[1] == UINT64_C(3203168211198807973));
}

static void test_streams(void **state) {
    (void)state;
    struct rng a;
    struct rng b;
    rng_derive(&a, 1, SV("check"), 2);
    rng_derive(&b, 1, SV("check"), 2);
    for (int i = 0; i < 10; i++)
        assert_true(rng_next(&a) == rng_next(&b));
    static const struct {
        uint64_t seed;
        struct sv label;
        uint64_t number;
    } others[] = {{2, SV_INIT("check"), 2}, {1, SV_INIT("chec"), 2}, {1, SV_INIT("check"), 3}, {1, SV_INIT(""), 2}};
    for (size_t i = 0; i < 4; i++) {
        rng_derive(&a, 1, SV("check"), 2);
        rng_derive(&b, others[i].seed, others[i].label, others[i].number);
        assert_true(rng_next(&a) != rng_next(&b));
    }
}

static void test_ranges(void **state) {
    (void)state;
    struct rng r;
    rng_init(&r, 5);
    unsigned seen[6] = {0};
    for (int i = 0; i < 6000; i++) {
        uint64_t v = rng_below(&r, 6);
        assert_true(v < 6);
        seen[v]++;
        assert_true(rng_between(&r, 10, 12) - 10 <= 2);
        double unit = rng_unit(&r);
        assert_true(unit >= 0 && unit < 1);
        assert_true(rng_below(&r, 1) == 0);
        assert_true(rng_below(&r, (UINT64_C(1) << 63) + 1) <= UINT64_C(1) << 63);
    }
    for (int i = 0; i < 6; i++)
        assert_in_range(seen[i], 850, 1150); // five standard deviations are 144
    assert_true(rng_between(&r, 7, 7) == 7);
    (void)rng_between(&r, 0, UINT64_MAX); // the span overflows to 0
}

static void test_texts(void **state) {
    struct arena *a = *state;
    struct rng r;
    rng_init(&r, 9);
    for (int i = 0; i < 200; i++) {
        struct sv word = rng_word(&r, a, 12);
        assert_int_equal(word.len, 12);
        assert_in_range(word.ptr[0], 'a', 'z');
        for (size_t k = 0; k < word.len; k++)
            assert_true((word.ptr[k] >= 'a' && word.ptr[k] <= 'z') || (word.ptr[k] >= '0' && word.ptr[k] <= '9'));
        struct sv digits = rng_digits(&r, a, 9);
        assert_true(sv_is_digits(digits) && digits.len == 9 && digits.ptr[0] != '0');
        struct sv hex = rng_hex(&r, a, 16);
        assert_true(sv_is_hex(hex) && hex.len == 16);
        struct sv uuid = rng_uuid(&r, a);
        assert_int_equal(uuid.len, 36);
        assert_int_equal(uuid.ptr[8], '-');
        assert_int_equal(uuid.ptr[14], '4');
        assert_non_null(strchr("89ab", uuid.ptr[19]));
    }
    assert_sv_text(rng_word(&r, a, 0), "");
}

static void test_out_of_memory(void **state) {
    (void)state;
    auto_arena a = {0};
    arena_init(&a, 16);
    struct rng r;
    rng_init(&r, 1);
    assert_null(rng_word(&r, &a, 100).ptr);
    assert_null(rng_uuid(&r, &a).ptr);
    assert_null(rng_hex(&r, &a, SIZE_MAX).ptr);
    assert_non_null(rng_digits(&r, &a, 15).ptr);
}

static void test_seed(void **state) {
    (void)state;
    assert_true(random_seed() != random_seed());
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_known_outputs), cmocka_unit_test(test_streams),       cmocka_unit_test(test_ranges),
    test_with_arena(test_texts),          cmocka_unit_test(test_out_of_memory), cmocka_unit_test(test_seed),
};
TEST_MAIN(tests)
