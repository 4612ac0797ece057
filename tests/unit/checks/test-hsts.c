// SPDX-License-Identifier: Apache-2.0
#include "answering.h"

#define TLS .target = "https://127.0.0.1:8443/"

static void assert_weak(struct arena *a, const char *value) {
    struct answering s = {TLS, .name = value != NULL ? "Strict-Transport-Security" : NULL, .value = value};
    struct scan_result r = answering_scan(a, &s, "hsts");
    const struct result_finding *f = answering_finding(&r, "hsts", CATEGORY_ENCRYPTION, SEVERITY_LOW);
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    assert_true(sv_starts_with(f->reason, value != NULL ? SV("the Strict-Transport-Security header is invalid") : SV("answers over TLS carry no")));
}

static void test_missing(void **state) {
    assert_weak(*state, NULL);
}
static void test_too_short_or_malformed(void **state) {
    assert_weak(*state, "max-age=86400");
    assert_weak(*state, "max-age=0; includeSubDomains");
    assert_weak(*state, "includeSubDomains");
    assert_weak(*state, "max-age=soon");
}
static void test_good_policies(void **state) {
    answering_silent(*state, (struct answering){TLS, .name = "Strict-Transport-Security", .value = "max-age=31536000"}, "hsts");
    answering_silent(*state, (struct answering){TLS, .name = "strict-transport-security", .value = "includeSubDomains; max-age=\"63072000\"; preload"}, "hsts");
}
static void test_a_policy_on_some_answers_covers_the_host(void **state) {
    answering_silent(*state, (struct answering){TLS, .name = "Strict-Transport-Security", .value = "max-age=31536000", .odd_only = true}, "hsts");
}
static void test_never_of_plain_http(void **state) {
    answering_silent(*state, (struct answering){0}, "hsts");
    answering_silent(*state, (struct answering){.target = "http://203.0.113.7/"}, "hsts");
}
static void test_errors_only_say_nothing(void **state) {
    answering_silent(*state, (struct answering){TLS, .status = 502}, "hsts");
    answering_silent(*state, (struct answering){TLS, .status = 502, .closes = true}, "hsts");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_missing),      test_with_arena(test_too_short_or_malformed), test_with_arena(test_good_policies),
        test_with_arena(test_a_policy_on_some_answers_covers_the_host), test_with_arena(test_never_of_plain_http), test_with_arena(test_errors_only_say_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
