// SPDX-License-Identifier: Apache-2.0
#include "answering.h"

static void assert_told(struct arena *a, const char *name, const char *value) {
    struct answering s = {.name = name, .value = value};
    struct scan_result r = answering_scan(a, &s, "banner");
    const struct result_finding *f = answering_finding(&r, "banner", CATEGORY_INVENTORY, SEVERITY_LOW);
    assert_int_equal(f->path.len, 0);
    assert_true(sv_contains(f->reason, sv_from(name)) && sv_contains(f->reason, sv_from(value)));
}

static void test_versions(void **state) {
    assert_told(*state, "Server", "nginx/1.22.1");
    assert_told(*state, "Server", "Apache/2.4.57 (Debian) OpenSSL/3.0.11");
    assert_told(*state, "X-Powered-By", "PHP/8.2.7");
    assert_told(*state, "X-Powered-By", "Servlet 3.1");
    assert_told(*state, "X-AspNet-Version", "4.0.30319");
}

static void silent(struct arena *a, const char *name, const char *value) {
    answering_silent(a, (struct answering){.name = name, .value = value}, "banner");
}
static void test_names_alone(void **state) {
    silent(*state, "Server", "nginx");
    silent(*state, "Server", "cloudflare");
    silent(*state, "X-Powered-By", "Express");
    silent(*state, "Server", "");
}
static void test_numbers_that_are_no_version(void **state) {
    silent(*state, "Server", "node-17");
    silent(*state, "Server", "gateway/7");
    silent(*state, "Date", "Sun, 06 Nov 1994 08:49:37 GMT");
    silent(*state, "X-Request-Id", "a/1.2");
}
static void test_one_finding_for_several_headers(void **state) {
    struct answering s = {.name = "Server", .value = "nginx/1.22.1", .other_name = "X-Powered-By", .other_value = "PHP/8.2.7"};
    struct scan_result r = answering_scan(*state, &s, "banner");
    assert_int_equal(sim_count(&r, "banner"), 1);
}
static void test_errors_show_it_as_well(void **state) {
    struct answering s = {.name = "Server", .value = "nginx/1.22.1", .status = 503};
    struct scan_result r = answering_scan(*state, &s, "banner");
    assert_int_equal(sim_count(&r, "banner"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_versions), test_with_arena(test_names_alone), test_with_arena(test_numbers_that_are_no_version),
        test_with_arena(test_one_finding_for_several_headers), test_with_arena(test_errors_show_it_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
