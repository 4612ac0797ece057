// SPDX-License-Identifier: Apache-2.0
#include "injected.h"

#include <stdlib.h>

// The product in "<before><f>*<g><behind>" of a value; 0 when it is not there.
static unsigned long long product(struct sv v, struct sv before, struct sv behind) {
    size_t at = sv_find(v, before);
    if (at == SIZE_MAX) return 0;
    char text[128];
    struct sv rest = sv_slice(sv_from_index(v, at + before.len), 0, sizeof text - 1);
    memcpy(text, rest.ptr, rest.len);
    text[rest.len] = 0;
    char *end;
    unsigned long long f = strtoull(text, &end, 10);
    if (*end != '*') return 0;
    unsigned long long g = strtoull(end + 1, &end, 10);
    return strncmp(end, behind.ptr, behind.len) == 0 ? f * g : 0;
}
static void out(struct arena *a, struct sv v, unsigned long long n, struct response *ret) {
    auto_buf b = BUF_INIT(65536);
    esc_json(&b, v);
    if (n != 0) sim_json(a, ret, 200, "{\"output\":\"checking\\n%llu\\n\"}", n);
    else sim_json(a, ret, 200, "{\"output\":\"checking " SV_FMT "\"}", SV_ARG(buf_sv(&b)));
}
static void unquoted(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o;
    out(a, v, number ? 0 : product(v, SV(";echo $(("), SV("))")), ret);
}
static void quoted(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o;
    out(a, v, number ? 0 : product(v, SV("';echo $(("), SV(")) ")), ret);
}
// Fails for every separator but a pipe.
static void pipe_only(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o;
    if (!number && (sv_find_char(v, ';') != SIZE_MAX || sv_find_char(v, '&') != SIZE_MAX)) sim_json(a, ret, 500, "{\"error\":\"refused\"}");
    else out(a, v, number ? 0 : product(v, SV("|echo $(("), SV("))")), ret);
}
// Prints whatever product stands in the value: a calculator, not a shell.
static void computes(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o, (void)number;
    unsigned long long n = product(v, SV("(("), SV(""));
    out(a, v, n != 0 ? n : product(v, SV(" "), SV("")), ret);
}
// Always the same large number.
static void fixed_number(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o, (void)v, (void)number;
    sim_json(a, ret, 200, "{\"total\":123456789012}");
}
static void careful(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    static const struct sv programs[] = {SV_INIT("cat"), SV_INIT("id "), SV_INIT("curl"), SV_INIT("wget"), SV_INIT("ping"), SV_INIT("touch"), SV_INIT(">"), SV_INIT("<"), SV_INIT("/etc"), SV_INIT("env")};
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) assert_false(sv_contains(v, programs[i]));
    unquoted(sim, a, o, v, number, ret);
}

static void test_output(void **state) {
    injected_assert_found(*state, "command-injection", unquoted, "/items", CONFIDENCE_CONFIRMED, SEVERITY_CRITICAL);
    injected_assert_found(*state, "command-injection", quoted, "/items", CONFIDENCE_CONFIRMED, SEVERITY_CRITICAL);
    injected_assert_found(*state, "command-injection", pipe_only, "/items", CONFIDENCE_CONFIRMED, SEVERITY_CRITICAL);
    injected_assert_found(*state, "command-injection", careful, "/items", CONFIDENCE_CONFIRMED, SEVERITY_CRITICAL);
}
static void test_fact(void **state) {
    struct scan_result r = injected_scan(*state, "command-injection", unquoted, 1);
    bool found = false;
    for (size_t i = 0; i < r.fact_count; i++) found = found || sv_eq(r.facts[i].kind, SV("command_injection"));
    assert_true(found);
}

// Nothing is shown; the shell waits. The parameter is called "name", which programs are handed.
static void sleeping(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)o;
    size_t at = sv_find(v, SV("$(sleep "));
    if (!number && at != SIZE_MAX) sim->delay = (usec_t)(atof(arena_copy_sv(a, sv_from_index(v, at + 8)).ptr) * 1e6) + USEC_PER_MSEC;
    sim_json(a, ret, 200, "{\"ok\":true}");
}
// Waits for as long as it likes.
static void lazy(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)o, (void)number;
    sim->delay = (sv_contains(v, SV("sleep")) ? 900 : 1) * USEC_PER_MSEC;
    sim_json(a, ret, 200, "{\"ok\":true}");
}
static void test_time(void **state) {
    injected_assert_found(*state, "command-injection", sleeping, "/items", CONFIDENCE_CONFIRMED, SEVERITY_CRITICAL);
    injected_assert_clean(*state, "command-injection", lazy, 6);
}
static void test_near_misses(void **state) {
    injected_assert_clean(*state, "command-injection", computes, 6);
    injected_assert_clean(*state, "command-injection", fixed_number, 2);
    injected_assert_liars(*state, "command-injection");
}
static const struct CMUnitTest tests[] = {test_with_arena(test_output), test_with_arena(test_fact), test_with_arena(test_time), test_with_arena(test_near_misses)};
TEST_MAIN(tests)
