// SPDX-License-Identifier: Apache-2.0
#include "injected.h"

#include <stdlib.h>

// (uid=<v>) after RFC 4515: escapes are resolved, bare parentheses and backslashes are errors.
static bool resolve(struct arena *a, struct sv v, struct sv *ret) {
    char *out = arena_alloc(a, v.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < v.len; i++) {
        char c = v.ptr[i];
        if (c == '(' || c == ')') return false;
        if (c == '\\') {
            struct sv hex = sv_slice(v, i + 1, i + 3);
            if (hex.len < 2 || !sv_is_hex(hex)) return false;
            char text[3] = {hex.ptr[0], hex.ptr[1], 0};
            c = (char)strtoul(text, NULL, 16);
            i += 2;
        }
        out[n++] = c;
    }
    *ret = sv_make(out, n);
    return true;
}
static void filter(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o;
    struct sv name;
    if (number) name = v;
    else if (!resolve(a, v, &name)) {
        sim_json(a, ret, 500, "{\"error\":\"internal\"}");
        return;
    }
    if (injected_is_good(name, number)) injected_rows(a, ret);
    else sim_json(a, ret, 404, "{\"error\":\"no such person\"}");
}
// Drops backslashes.
static void unescaping(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o;
    size_t at = sv_find_char(v, '\\');
    struct sv name = at == SIZE_MAX ? v : arena_printf(a, SV_FMT SV_FMT, SV_ARG(sv_slice(v, 0, at)), SV_ARG(sv_from_index(v, at + 1)));
    if (injected_is_good(name, number)) injected_rows(a, ret);
    else injected_none(a, ret);
}
// Reads up to the backslash and looks for names that begin so: an ordinary search.
static void prefix(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o, (void)number;
    struct sv head = sv_slice(v, 0, sv_find_char(v, '\\'));
    if (sv_starts_with(SV("alder"), head) || sv_starts_with(SV("7"), head)) injected_rows(a, ret);
    else injected_none(a, ret);
}
static void asking_widely(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    assert_true(sv_find_char(v, '*') == SIZE_MAX && sv_find_char(v, '|') == SIZE_MAX && sv_find_char(v, '&') == SIZE_MAX && sv_find_char(v, ')') == SIZE_MAX);
    filter(sim, a, o, v, number, ret);
}

static void test_filter(void **state) {
    injected_assert_found(*state, "ldap-injection", filter, "/items", CONFIDENCE_CONFIRMED, SEVERITY_HIGH);
    injected_assert_found(*state, "ldap-injection", asking_widely, "/items", CONFIDENCE_CONFIRMED, SEVERITY_HIGH);
}
static void test_near_misses(void **state) {
    injected_assert_clean(*state, "ldap-injection", unescaping, 4);
    injected_assert_clean(*state, "ldap-injection", prefix, 4);
    injected_assert_liars(*state, "ldap-injection");
}
static const struct CMUnitTest tests[] = {test_with_arena(test_filter), test_with_arena(test_near_misses)};
TEST_MAIN(tests)
