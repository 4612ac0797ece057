// SPDX-License-Identifier: Apache-2.0
#include "base/numbers.h"

#include "support/test.h"

static void test_u64(void **state) {
    (void)state;
    uint64_t v = 7;
    assert_int_equal(number_parse_u64(SV("0"), &v), 0);
    assert_true(v == 0);
    assert_int_equal(number_parse_u64(SV("18446744073709551615"), &v), 0);
    assert_true(v == UINT64_MAX);
    assert_int_equal(number_parse_u64(SV("000000000000000000000000012"), &v), 0);
    assert_true(v == 12);
    static const char *const wrong[] = {"", " 1", "1 ", "+1", "-1", "1.0", "0x1", "1e3", "a"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(number_parse_u64(sv_from(wrong[i]), &v), ERR_SYNTAX);
    assert_int_equal(number_parse_u64(SV_NONE, &v), ERR_SYNTAX);
    assert_int_equal(number_parse_u64(SV("1\0"), &v), ERR_SYNTAX);
    assert_int_equal(number_parse_u64(SV("18446744073709551616"), &v), -ERANGE);
    assert_int_equal(number_parse_u64(SV("99999999999999999999999"), &v), -ERANGE);
    assert_true(v == 12); // untouched
    assert_int_equal(number_parse_u64_range(SV("5"), 5, 9, &v), 0);
    assert_int_equal(number_parse_u64_range(SV("4"), 5, 9, &v), -ERANGE);
    assert_int_equal(number_parse_u64_range(SV("10"), 5, 9, &v), -ERANGE);
    assert_int_equal(number_parse_u64_range(SV("x"), 5, 9, &v), ERR_SYNTAX);
    assert_true(v == 5);
}

static void test_i64(void **state) {
    (void)state;
    int64_t v = 7;
    assert_int_equal(number_parse_i64(SV("9223372036854775807"), &v), 0);
    assert_true(v == INT64_MAX);
    assert_int_equal(number_parse_i64(SV("-9223372036854775808"), &v), 0);
    assert_true(v == INT64_MIN);
    assert_int_equal(number_parse_i64(SV("-0"), &v), 0);
    assert_true(v == 0);
    assert_int_equal(number_parse_i64(SV("-17"), &v), 0);
    assert_true(v == -17);
    assert_int_equal(number_parse_i64(SV("9223372036854775808"), &v), -ERANGE);
    assert_int_equal(number_parse_i64(SV("-9223372036854775809"), &v), -ERANGE);
    assert_int_equal(number_parse_i64(SV("-"), &v), ERR_SYNTAX);
    assert_int_equal(number_parse_i64(SV("--1"), &v), ERR_SYNTAX);
    assert_int_equal(number_parse_i64(SV("+1"), &v), ERR_SYNTAX);
    assert_true(v == -17);
}

static void test_hex(void **state) {
    (void)state;
    uint64_t v = 7;
    assert_int_equal(number_parse_hex(SV("fFfFfFfFfFfFfFfF"), &v), 0);
    assert_true(v == UINT64_MAX);
    assert_int_equal(number_parse_hex(SV("0000000000000000001a"), &v), 0);
    assert_true(v == 26);
    assert_int_equal(number_parse_hex(SV("10000000000000000"), &v), -ERANGE);
    assert_int_equal(number_parse_hex(SV("0x1"), &v), ERR_SYNTAX);
    assert_int_equal(number_parse_hex(SV(""), &v), ERR_SYNTAX);
    assert_true(v == 26);
}

static void assert_double(struct sv text, double want) {
    double v = 0;
    assert_int_equal(number_parse_double(text, &v), 0);
    assert_memory_equal(&v, &want, sizeof v);
}

static void test_double(void **state) {
    (void)state;
    assert_double(SV("0"), 0.0);
    assert_double(SV("-0.0"), -0.0);
    assert_double(SV("1.5"), 1.5);
    assert_double(SV(".5"), 0.5);
    assert_double(SV("5."), 5.0);
    assert_double(SV("-12.25e2"), -1225.0);
    assert_double(SV("1E+2"), 100.0);
    assert_double(SV("0.1"), 0.1);
    assert_double(SV("1e-400"), 0.0);
    assert_double(SV("1.7976931348623157e308"), 1.7976931348623157e308);
    double v = 7;
    static const char *const wrong[] = {"",    ".",   "-",    "e5",  "1e",  "1e+", "1.2.3", " 1",  "1 ",
                                        "0x1", "inf", "-inf", "nan", "1,5", "+1",  "1_0",   "--1", "1e1.5"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(number_parse_double(sv_from(wrong[i]), &v), ERR_SYNTAX);
    assert_int_equal(number_parse_double(SV("1e309"), &v), -ERANGE);
    assert_int_equal(number_parse_double(SV("-1e99999999999999999999"), &v), -ERANGE);
    assert_true(v > 6.9 && v < 7.1);
    char digits[1000];
    memset(digits, '0', sizeof digits);
    digits[0] = '3';
    digits[1] = '.';
    assert_double(sv_make(digits, sizeof digits), 3.0); // beyond the stack buffer
}

static void test_duration(void **state) {
    (void)state;
    usec_t v = 7;
    assert_int_equal(number_parse_duration(SV("500ms"), &v), 0);
    assert_true(v == 500 * USEC_PER_MSEC);
    assert_int_equal(number_parse_duration(SV("30s"), &v), 0);
    assert_true(v == 30 * USEC_PER_SEC);
    assert_int_equal(number_parse_duration(SV("5m"), &v), 0);
    assert_true(v == 300 * USEC_PER_SEC);
    assert_int_equal(number_parse_duration(SV("2h"), &v), 0);
    assert_true(v == 7200 * USEC_PER_SEC);
    assert_int_equal(number_parse_duration(SV("0s"), &v), 0);
    assert_true(v == 0);
    static const char *const wrong[] = {"", "5", "s", "ms", "5 s", "-5s", "1.5s", "5S", "5d", "5us", "5min"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(number_parse_duration(sv_from(wrong[i]), &v), ERR_SYNTAX);
    assert_int_equal(number_parse_duration(SV("18446744073709551615h"), &v), -ERANGE);
    assert_int_equal(number_parse_duration(SV("99999999999999999999s"), &v), -ERANGE);
    assert_true(v == 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_u64),    cmocka_unit_test(test_i64),      cmocka_unit_test(test_hex),
    cmocka_unit_test(test_double), cmocka_unit_test(test_duration),
};
TEST_MAIN(tests)
