// SPDX-License-Identifier: Apache-2.0
#include "answering.h"

static void test_public_address_is_a_finding(void **state) {
    struct answering s = {.target = "http://203.0.113.7/"};
    struct scan_result r = answering_scan(*state, &s, "plain-http");
    const struct result_finding *f = answering_finding(&r, "plain-http", CATEGORY_ENCRYPTION, SEVERITY_MEDIUM);
    assert_int_equal(f->path.len, 0);
    assert_int_equal(f->cwe[0], 319);
}

static void test_private_address_is_a_note(void **state) {
    struct answering s = {.target = "http://10.1.2.3/"};
    struct scan_result r = answering_scan(*state, &s, "plain-http");
    answering_finding(&r, "plain-http", CATEGORY_ENCRYPTION, SEVERITY_INFO);
}

static void test_loopback_and_tls_are_nothing(void **state) {
    answering_silent(*state, (struct answering){.target = "http://127.0.0.1:8080/"}, "plain-http");
    answering_silent(*state, (struct answering){.target = "http://localhost:8080/"}, "plain-http");
    answering_silent(*state, (struct answering){.target = "http://[::1]:8080/"}, "plain-http");
    answering_silent(*state, (struct answering){.target = "https://203.0.113.7/"}, "plain-http");
}

static void test_sending_everybody_to_tls_is_the_cure(void **state) {
    answering_silent(*state, (struct answering){.target = "http://203.0.113.7/", .status = 301, .name = "Location", .value = "https://203.0.113.7/items"}, "plain-http");
    // To another plain address it is not.
    struct answering s = {.target = "http://203.0.113.7/", .status = 302, .name = "Location", .value = "http://203.0.113.7/other"};
    struct scan_result r = answering_scan(*state, &s, "plain-http");
    answering_finding(&r, "plain-http", CATEGORY_ENCRYPTION, SEVERITY_MEDIUM);
}

static void test_without_a_good_answer_nothing_is_said(void **state) {
    answering_silent(*state, (struct answering){.target = "http://203.0.113.7/", .status = 500}, "plain-http");
    answering_silent(*state, (struct answering){.target = "http://203.0.113.7/", .closes = true}, "plain-http");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_public_address_is_a_finding),          test_with_arena(test_private_address_is_a_note),
        test_with_arena(test_loopback_and_tls_are_nothing),         test_with_arena(test_sending_everybody_to_tls_is_the_cure),
        test_with_arena(test_without_a_good_answer_nothing_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
