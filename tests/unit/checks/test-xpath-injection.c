// SPDX-License-Identifier: Apache-2.0
#include "injected.h"

// //item[@name='<v>'] as far as "and" and normalize-space(literal)=literal go; `function`: //item[contains(@name,'<v>')].
static void evaluate(struct arena *a, struct sv v, bool function, const char *error, struct response *ret) {
    size_t quote = sv_find_char(v, '\'');
    struct sv name = sv_slice(v, 0, quote), rest = quote == SIZE_MAX ? SV("'") : arena_printf(a, SV_FMT "'", SV_ARG(sv_from_index(v, quote)));
    struct sv head = function ? SV("') and contains(normalize-space(' ") : SV("' and normalize-space(' "), middle = function ? SV(" '),'") : SV(" ')='");
    bool yes = function ? sv_contains(SV("alder"), name) : sv_eq(name, SV("alder"));
    if (!sv_eq(rest, SV("'"))) {
        size_t at = sv_find(rest, middle);
        if (!sv_starts_with(rest, head) || at == SIZE_MAX || !sv_ends_with(rest, SV("'"))) {
            sim_json(a, ret, 500, "{\"error\":\"%s\"}", error);
            return;
        }
        yes = yes && sv_eq(sv_slice(rest, head.len, at), sv_slice(rest, at + middle.len, rest.len - 1));
    }
    if (yes) injected_rows(a, ret);
    else injected_none(a, ret);
}
static void other(struct arena *a, struct sv v, struct response *ret) {
    if (injected_is_good(v, true)) injected_rows(a, ret);
    else injected_none(a, ret);
}
static void blind(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o;
    if (number) other(a, v, ret);
    else evaluate(a, v, false, "internal", ret);
}
static void in_call(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o;
    if (number) other(a, v, ret);
    else evaluate(a, v, true, "internal", ret);
}
static void shown(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o;
    if (number) other(a, v, ret);
    else evaluate(a, v, false, "lxml.etree.XPathEvalError: Invalid predicate", ret);
}

static void test_conditions(void **state) {
    injected_assert_found(*state, "xpath-injection", blind, "/items", CONFIDENCE_CONFIRMED, SEVERITY_HIGH);
    injected_assert_found(*state, "xpath-injection", in_call, "/items", CONFIDENCE_CONFIRMED, SEVERITY_HIGH);
}
static void test_error_text(void **state) {
    struct scan_result r = injected_scan(*state, "xpath-injection", shown, 1);
    const struct result_finding *f = sim_find(&r, "xpath-injection", "/items");
    assert_non_null(f);
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
}
static void test_near_misses(void **state) {
    injected_assert_liars(*state, "xpath-injection");
}
static const struct CMUnitTest tests[] = {test_with_arena(test_conditions), test_with_arena(test_error_text), test_with_arena(test_near_misses)};
TEST_MAIN(tests)
