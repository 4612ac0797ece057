// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include "support/test.h"

static void assert_format(usec_t t, const char *want) {
    char text[25];
    memset(text, 'x', sizeof text);
    clock_format_utc(t, text);
    assert_string_equal(text, want);
}

static void test_format(void **state) {
    (void)state;
    assert_format(0, "1970-01-01T00:00:00.000Z");
    assert_format(UINT64_C(1767323045678) * USEC_PER_MSEC, "2026-01-02T03:04:05.678Z");
    assert_format(UINT64_C(951782400) * USEC_PER_SEC, "2000-02-29T00:00:00.000Z");
    assert_format(UINT64_C(951868799) * USEC_PER_SEC + 999999, "2000-02-29T23:59:59.999Z");
    assert_format(UINT64_C(4107542399) * USEC_PER_SEC, "2100-02-28T23:59:59.000Z");
    assert_format(UINT64_C(4107542400) * USEC_PER_SEC, "2100-03-01T00:00:00.000Z");
    assert_format(UINT64_MAX, "9999-12-31T23:59:59.999Z");
}

static void test_clocks_run(void **state) {
    (void)state;
    usec_t first = clock_monotonic();
    assert_true(first > 0);
    assert_true(clock_monotonic() >= first);
    assert_true(clock_realtime() > UINT64_C(1600000000) * USEC_PER_SEC);
}

static void assert_date(struct sv text, int64_t want) {
    int64_t got = -1;
    assert_int_equal(clock_parse_http_date(text, &got), 0);
    assert_true(got == want);
}

static void test_http_date(void **state) {
    (void)state;
    assert_date(SV("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777); // the three forms of RFC 9110 5.6.7
    assert_date(SV("Sunday, 06-Nov-94 08:49:37 GMT"), 784111777);
    assert_date(SV("Sun Nov  6 08:49:37 1994"), 784111777);
    assert_date(SV("Wed Nov 16 08:49:37 1994"), 784975777);
    assert_date(SV("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
    assert_date(SV("Tue, 29 Feb 2000 12:00:00 GMT"), 951825600);
    assert_date(SV("Monday, 01-Jan-69 00:00:00 GMT"), 3124224000);
    assert_date(SV("Mon, 01 Jan 1601 00:00:00 GMT"), -11644473600);
    assert_date(SV("Sat, 31 Dec 2016 23:59:60 GMT"), 1483228800); // leap second
}

static void test_http_date_refuses(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "",
        "Sun",
        "0",
        "-1",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Thu, 29 Feb 1900 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov -994 08:49:37 GMT",
        "Sun, -6 Nov 1994 08:49:37 GMT",
        "Sun 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov  6 08:49:37 1994 GMT",
        "2026-01-02T03:04:05Z",
    };
    int64_t got = 77;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(clock_parse_http_date(sv_from(wrong[i]), &got), ERR_SYNTAX);
    assert_int_equal(clock_parse_http_date(SV_NONE, &got), ERR_SYNTAX);
    assert_true(got == 77);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_format),
    cmocka_unit_test(test_clocks_run),
    cmocka_unit_test(test_http_date),
    cmocka_unit_test(test_http_date_refuses),
};
TEST_MAIN(tests)
