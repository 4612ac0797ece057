// SPDX-License-Identifier: Apache-2.0
#include "answering.h"

#define RANDOM_VALUE "f10556871da084ef" "04db5979b7b01c73"

static const struct result_finding *weak(struct arena *a, const char *target, const char *line, const char *cause) {
    struct answering s = {.target = target, .name = "Set-Cookie", .value = line};
    struct scan_result *r = arena_new(a, struct scan_result);
    assert_non_null(r);
    *r = answering_scan(a, &s, "cookie-flags");
    const struct result_finding *f = answering_finding(r, "cookie-flags", CATEGORY_ENCRYPTION, SEVERITY_LOW);
    assert_sv_equal(f->cause, sv_from(cause));
    return f;
}

static void test_session_cookie_without_flags(void **state) {
    const struct result_finding *f = weak(*state, "https://127.0.0.1:8443/", "sid=" RANDOM_VALUE "; Path=/", "cookie-secure");
    assert_true(sv_contains(f->reason, SV("without Secure HttpOnly SameSite")));
    f = weak(*state, "https://127.0.0.1:8443/", "sid=" RANDOM_VALUE "; Path=/; Secure; SameSite=Lax", "cookie-script");
    assert_true(sv_contains(f->reason, SV("without HttpOnly")));
    weak(*state, NULL, "JSESSIONID=" RANDOM_VALUE "; HttpOnly", "cookie-secure");
}

static void test_token_by_its_value(void **state) {
    weak(*state, "https://127.0.0.1:8443/", "app=" RANDOM_VALUE "; HttpOnly", "cookie-secure");
}

static void test_value_does_not_reach_the_report(void **state) {
    const struct result_finding *f = weak(*state, NULL, "sid=" RANDOM_VALUE, "cookie-secure");
    assert_false(sv_contains(f->evidence[0].response, SV("f10556871da084ef")));
}

static void silent(struct arena *a, const char *line) {
    answering_silent(a, (struct answering){.target = "https://127.0.0.1:8443/", .name = "Set-Cookie", .value = line}, "cookie-flags");
}

static void test_sound_cookies(void **state) {
    silent(*state, "sid=" RANDOM_VALUE "; Path=/; Secure; HttpOnly; SameSite=Lax");
    silent(*state, "sid=" RANDOM_VALUE "; secure; httponly");
    silent(*state, "__Host-sid=" RANDOM_VALUE "; Path=/; Secure; HttpOnly");
}
static void test_cookies_that_are_nobodys_secret(void **state) {
    silent(*state, "lang=en-GB");
    silent(*state, "theme=dark; Path=/");
    silent(*state, "consent=analytics-off");
    silent(*state, "_xsrf=" RANDOM_VALUE); // scripts send it back in a header
    silent(*state, "CSRF-Token-A1B2C=" RANDOM_VALUE "; Path=/");
    silent(*state, "sid=; Max-Age=0");
    silent(*state, "sid=deleted; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
}
static void test_malformed_lines(void **state) {
    silent(*state, "=");
    silent(*state, ";;;Secure");
    silent(*state, "sid");
}

static void test_two_cookies_are_two_causes(void **state) {
    struct answering s = {.name = "Set-Cookie", .value = "sid=" RANDOM_VALUE, .other_name = "Set-Cookie", .other_value = "auth=" RANDOM_VALUE "9"};
    struct scan_result r = answering_scan(*state, &s, "cookie-flags");
    assert_int_equal(sim_count(&r, "cookie-flags"), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_session_cookie_without_flags), test_with_arena(test_token_by_its_value),
        test_with_arena(test_value_does_not_reach_the_report), test_with_arena(test_sound_cookies),
        test_with_arena(test_cookies_that_are_nobodys_secret), test_with_arena(test_malformed_lines),
        test_with_arena(test_two_cookies_are_two_causes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
