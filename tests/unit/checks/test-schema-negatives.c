// SPDX-License-Identifier: Apache-2.0
#include "support/sim.h"

#include <stdlib.h>

#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Paint, version: '1'}\n"
                           "paths:\n"
                           "  /price:\n"
                           "    get:\n"
                           "      parameters:\n"
                           "        - {name: litres, in: query, required: true, schema: {type: integer, minimum: 1, maximum: 500}, example: 4}\n"
                           "        - {name: colour, in: query, schema: {type: string, enum: [red, blue]}, example: red}\n"
                           "        - {name: note, in: query, schema: {type: string, maxLength: 20}, example: wall}\n"
                           "        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 10}, example: 5}\n"
                           "      responses: {'200': {description: ok}}\n"
                           "  /book:\n"
                           "    post:\n"
                           "      requestBody: {content: {application/json: {schema: {type: object, properties: {nights: {type: integer, minimum: 1, example: 2}}}}}}\n"
                           "      responses: {'200': {description: ok}}\n"
                           "  /stay:\n"
                           "    get:\n"
                           "      parameters: [{name: nights, in: query, schema: {type: integer, minimum: 1, maximum: 30}}]\n"
                           "      responses: {'200': {description: ok}}\n";

enum service { COUNTS_ANYTHING, FAILS_ON_NUL, FAILS_ON_WORDS, CHECKS, IGNORES, ECHOES, EMPTY_FOR_OTHERS, TRACES, ALWAYS_500, RANDOM_500, RANDOM_CONTENT, WALL, SILENT, GATEWAY, CONSTANT_TEXT, CLAMPS, FALLS_BACK };

static long number(struct arena *a, struct sv text) {
    long n = strtol(arena_copy_sv(a, text).ptr, NULL, 10);
    return n > 1000000 ? 1000000 : n < -1000000 ? -1000000 : n;
}

static bool is_allowed(struct arena *a, struct sv litres, struct sv colour, struct sv note) {
    long n = sv_is_digits(litres) && litres.len < 9 ? number(a, litres) : -1;
    return n >= 1 && n <= 500 && (sv_eq(colour, SV("red")) || sv_eq(colour, SV("blue"))) && note.len <= 20 && sv_find_char(note, '\0') == SIZE_MAX && sv_find_char(note, '\xff') == SIZE_MAX;
}

// An optional value that the ordinary request may leave out.
static void stay(enum service s, struct arena *a, struct sv nights, struct response *ret) {
    long n = nights.ptr == NULL ? 2 : number(a, nights);
    if (s == COUNTS_ANYTHING) sim_json(a, ret, 200, "{\"nights\":%ld,\"price\":%ld}", n, 90 * n);
    else if (s == ECHOES) sim_json(a, ret, 200, "{\"nights\":\"" SV_FMT "\",\"price\":180}", SV_ARG(nights));
    else if (n < 1 || n > 30) sim_json(a, ret, 422, "{\"error\":\"nights\"}");
    else sim_json(a, ret, 200, "{\"price\":180}");
}

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    enum service s = *(const enum service *)state;
    struct sv litres = sim_query(a, o, "litres"), colour = sim_query(a, o, "colour"), note = sim_query(a, o, "note");
    bool allowed = is_allowed(a, litres, colour, note), nul = note.ptr != NULL && sv_find_char(note, '\0') != SIZE_MAX;
    long n = number(a, litres.ptr == NULL ? SV("0") : litres);
    bool draw = sim->requests % 3 == 0;
    if (sv_eq(sim_path(o), SV("/stay"))) stay(s, a, sim_query(a, o, "nights"), ret);
    else if (!sv_eq(sim_path(o), SV("/price"))) sim_json(a, ret, 404, "{\"error\":\"none\"}");
    else if (s == ALWAYS_500) sim_json(a, ret, 500, "{\"error\":\"sorry\"}");
    else if (s == RANDOM_500 && draw) sim_json(a, ret, 500, "{\"error\":\"sorry\"}");
    else if (s == RANDOM_CONTENT) sim_json(a, ret, 200, "{\"total\":%u,\"unit\":\"EUR\"}", sim->requests * 7919 % 1000);
    else if ((s == FAILS_ON_NUL && nul) || (s == FAILS_ON_WORDS && litres.len > 0 && !sv_is_digits(litres) && litres.ptr[0] != '-')) sim_json(a, ret, 500, "{\"error\":\"internal\"}");
    else if (s == GATEWAY && !allowed) sim_json(a, ret, 503, "{\"error\":\"busy\"}");
    else if (s == TRACES && !allowed) sim_text(a, ret, 500, "text/plain", "Traceback (most recent call last):\n  File \"/srv/app.py\", line 3, in price\n    n = int(x)\nValueError: invalid literal for int() with base 10: 'x'");
    else if (s == WALL && !allowed) sim_text(a, ret, 403, "text/html", "<html>blocked</html>");
    else if (s == SILENT && !allowed) sim->outcome = OUTCOME_CLOSED;
    else if (s == IGNORES || s == RANDOM_500) sim_json(a, ret, 200, "{\"total\":40,\"unit\":\"EUR\"}");
    else if (s == CLAMPS) sim_json(a, ret, 200, "{\"total\":%ld,\"unit\":\"EUR\"}", 10 * (n < 1 ? 1 : n > 500 ? 500 : n));
    // What it does not know counts as left out, and that is not the example's answer.
    else if (s == FALLS_BACK) sim_json(a, ret, 200, "{\"total\":%d,\"unit\":\"EUR\"}", sv_eq(colour, SV("red")) ? 40 : sv_eq(colour, SV("blue")) ? 44 : 99);
    else if (s == CONSTANT_TEXT) sim_text(a, ret, 200, "text/plain", "fine");
    else if (s == ECHOES) sim_json(a, ret, 200, "{\"litres\":\"" SV_FMT "\",\"colour\":\"" SV_FMT "\",\"note\":\"note\"}", SV_ARG(litres), SV_ARG(colour));
    else if (s == EMPTY_FOR_OTHERS && !allowed) sim_json(a, ret, 200, "{\"offers\":[]}");
    else if (s == EMPTY_FOR_OTHERS) sim_json(a, ret, 200, "{\"offers\":[{\"id\":3,\"total\":40}]}");
    else if (s != COUNTS_ANYTHING && !allowed) sim_json(a, ret, 422, "{\"error\":\"not allowed\"}");
    else sim_json(a, ret, 200, "{\"total\":%ld,\"unit\":\"EUR\"}", 10 * n);
}

static struct scan_result scan(struct arena *a, enum service s) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = server, .state = &s, .spec = spec, .only = "schema-negatives", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void assert_cause(struct arena *a, enum service s, const char *cause, enum severity severity) {
    struct scan_result r = scan(a, s);
    if (sim_count(&r, NULL) != 1) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 1); // one for all places
    assert_sv_equal(r.findings[0].cause, sv_from(cause));
    assert_int_equal(r.findings[0].severity, severity);
    assert_int_equal(r.findings[0].confidence, CONFIDENCE_FIRM);
}

static void test_what_is_accepted_or_fails(void **state) {
    assert_cause(*state, COUNTS_ANYTHING, "unchecked-input", SEVERITY_INFO);
    struct scan_result r = scan(*state, COUNTS_ANYTHING);
    assert_true(r.findings[0].occurrence_count >= 2); // both operations
    assert_cause(*state, FAILS_ON_NUL, "unhandled-bytes", SEVERITY_INFO);
    assert_cause(*state, FAILS_ON_WORDS, "unhandled-input-error", SEVERITY_INFO);
}

static void test_what_is_no_fault(void **state) {
    static const enum service services[] = {CHECKS, IGNORES, ECHOES, EMPTY_FOR_OTHERS, TRACES, ALWAYS_500, RANDOM_500, RANDOM_CONTENT, WALL, SILENT, GATEWAY, CONSTANT_TEXT, CLAMPS, FALLS_BACK};
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        struct scan_result r = scan(*state, services[i]);
        if (sim_count(&r, NULL) != 0) sim_dump(&r);
        if (sim_count(&r, NULL) != 0) fail_msg("service %zu", i);
    }
}

// Writes are never repeated with forbidden values: nothing would take them back.
static void test_writes_are_left_alone(void **state) {
    struct scan_result r;
    struct error err = {0};
    enum service s = COUNTS_ANYTHING;
    const struct sim_options o = {.server = server, .state = &s, .spec = spec, .only = "schema-negatives", .mode = MODE_ACTIVE};
    assert_ok(&err, sim_run(*state, &o, &r, &err));
    assert_true(sim_count(&r, NULL) >= 1); // the reads are
    assert_int_equal(sim_coverage(&r, "schema-negatives", "POST", "/book"), COVERAGE_NOT_TESTED);
}

static void test_coverage(void **state) {
    struct scan_result checks = scan(*state, CHECKS), silent = scan(*state, SILENT), always = scan(*state, ALWAYS_500);
    assert_int_equal(sim_coverage(&checks, "schema-negatives", "GET", "/price"), COVERAGE_PASSED);
    assert_int_equal(sim_coverage(&silent, "schema-negatives", "GET", "/price"), COVERAGE_INCONCLUSIVE);
    assert_int_equal(sim_coverage(&always, "schema-negatives", "GET", "/price"), COVERAGE_INCONCLUSIVE);
}

static const struct CMUnitTest tests[] = {test_with_arena(test_what_is_accepted_or_fails), test_with_arena(test_what_is_no_fault), test_with_arena(test_coverage), test_with_arena(test_writes_are_left_alone)};
TEST_MAIN(tests)
