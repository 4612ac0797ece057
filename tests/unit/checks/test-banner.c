// SPDX-License-Identifier: Apache-2.0
#include "answering.h"

#include "checks/support/banner_flaws.h"
#include "data/knowledge.h"

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

static void test_known_flaws(void **state) {
    struct answering s = {.name = "Server", .value = "Apache/2.4.49 (Unix) OpenSSL/1.0.1e"};
    struct scan_result r = answering_scan(*state, &s, "banner");
    assert_int_equal(sim_count(&r, "banner"), 3); // the banner, and two products
    assert_int_equal(r.findings[0].severity, SEVERITY_MEDIUM);
    assert_int_equal(r.findings[0].confidence, CONFIDENCE_FIRM);
    assert_true(sv_contains(r.findings[0].reason, SV("CVE-2021-42013")) || sv_contains(r.findings[0].reason, SV("CVE-2014-0160")));
}
static void test_samples_of_flaws(void **state) {
    struct node *table = NULL;
    struct error err = {0};
    assert_ok(&err, knowledge_load(*state, SV("banner-cves"), &table, &err));
    for (const struct node *n = node_get(table, SV("flaws"))->first; n != NULL; n = n->next) {
        assert_true(sv_starts_with(node_get_text(n, SV("source")), SV("https://")));
        assert_true(version_compare(node_get_text(n, SV("from")), node_get_text(n, SV("to"))) <= 0);
        assert_true(node_get_text(n, SV("what")).len > 0);
    }
    for (int want = 0; want < 2; want++) {
        const struct node *samples = node_get(node_get(table, SV("samples")), want ? SV("true") : SV("false"));
        assert_true(samples->count >= 10);
        for (const struct node *n = samples->first; n != NULL; n = n->next) {
            size_t colon = sv_find_char(n->text, ':');
            bool found = banner_flaw_next(table, NULL, sv_slice(n->text, 0, colon), sv_trim(sv_from_index(n->text, colon + 1))) != NULL;
            if (found != want) print_error("%.*s\n", SV_ARG(n->text));
            assert_int_equal(found, want);
        }
    }
}
static void test_versions_in_order(void **state) {
    (void)state;
    assert_true(version_compare(SV("1.0.1"), SV("1.0.1f")) < 0 && version_compare(SV("1.0.1f"), SV("1.0.2")) < 0);
    assert_true(version_compare(SV("2.10"), SV("2.9.9")) > 0 && version_compare(SV("2.4"), SV("2.4.0")) == 0);
    assert_true(version_compare(SV("99999999999999999999"), SV("1")) > 0 && version_compare(SV(""), SV("0.0")) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_versions), test_with_arena(test_names_alone), test_with_arena(test_numbers_that_are_no_version),
        test_with_arena(test_one_finding_for_several_headers), test_with_arena(test_errors_show_it_as_well),
        test_with_arena(test_known_flaws), test_with_arena(test_samples_of_flaws), test_with_arena(test_versions_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
