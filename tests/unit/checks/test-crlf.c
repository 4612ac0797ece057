// SPDX-License-Identifier: Apache-2.0
#include "support/sim.h"

#include "http/header.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Tiles, version: '1'}\n"
                           "paths:\n"
                           "  /go:\n"
                           "    get:\n"
                           "      parameters: [{name: to, in: query, schema: {type: string}, example: home}]\n"
                           "      responses: {'200': {description: ok}}\n";

enum service { SPLITS, SPLITS_IN_ERRORS, SPLITS_AT_FEEDS, IN_BODY, IN_ONE_FIELD, ENCODES, FIELDS_ON_PURPOSE, SPLITS_ONCE, REFUSES, SILENT, CONSTANT, ALWAYS_500 };

struct state {
    enum service service;
    unsigned split;
};

// What a server library does that writes lines as they are.
static void write_lines(struct arena *a, struct response *ret, struct sv text) {
    struct sv line;
    for (bool first = true; sv_split(&text, '\n', &line); first = false) {
        size_t colon = sv_find_char(line, ':');
        if (first) sim_header(a, ret, "X-Target", sv_trim(line));
        else if (colon != SIZE_MAX) header_add(a, &ret->headers, arena_copy_sv(a, sv_slice(line, 0, colon)), arena_copy_sv(a, sv_trim(sv_from_index(line, colon + 1))));
    }
}

static void fields_on_purpose(struct arena *a, struct response *ret, struct sv value) {
    size_t colon = sv_find_char(value, ':'), begin = sv_find(value, SV("X-"));
    if (colon != SIZE_MAX && begin < colon) header_add(a, &ret->headers, arena_copy_sv(a, sv_slice(value, begin, colon)), arena_copy_sv(a, sv_trim(sv_from_index(value, colon + 1))));
}

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct state *s = state;
    struct sv to = sim_query(a, o, "to");
    bool line_end = sv_find_char(to, '\n') != SIZE_MAX;
    if (!sv_eq(sim_path(o), SV("/go"))) {
        sim_json(a, ret, 404, "{\"error\":\"none\"}");
        return;
    }
    if (s->service == SILENT && line_end) sim->outcome = OUTCOME_CLOSED;
    if (s->service == SPLITS || s->service == SPLITS_IN_ERRORS || (s->service == SPLITS_ONCE && line_end && s->split++ == 0)) write_lines(a, ret, to);
    if (s->service == SPLITS_AT_FEEDS && sv_find_char(to, '\r') == SIZE_MAX) write_lines(a, ret, arena_printf(a, SV_FMT "; Path=/", SV_ARG(to)));
    if ((s->service == IN_ONE_FIELD || s->service == SILENT) && !line_end) sim_header(a, ret, "X-Target", to);
    if (s->service == ENCODES) sim_header(a, ret, "Location", SV("/a%0D%0AX-a:%20b"));
    if (s->service == FIELDS_ON_PURPOSE) fields_on_purpose(a, ret, to);
    if (s->service == IN_BODY) sim_text(a, ret, 200, "text/plain", "a\r\n" SV_FMT, SV_ARG(to));
    else if (s->service == CONSTANT) sim_text(a, ret, 200, "text/plain", "X-aaaaaaaaaa: bbbbbbbbbb");
    else if (s->service == ALWAYS_500 || (s->service == SPLITS_IN_ERRORS && line_end)) sim_json(a, ret, 500, "{\"error\":\"sorry\"}");
    else if (s->service == REFUSES && line_end) sim_json(a, ret, 400, "{\"error\":\"bad target\"}");
    else sim_json(a, ret, 200, "{\"ok\":true}");
}

static struct scan_result scan(struct arena *a, enum service service) {
    struct scan_result r;
    struct error err = {0};
    struct state s = {.service = service};
    const struct sim_options o = {.server = server, .state = &s, .spec = spec, .only = "crlf", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void test_split_headers(void **state) {
    static const enum service services[] = {SPLITS, SPLITS_IN_ERRORS, SPLITS_AT_FEEDS};
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        struct scan_result r = scan(*state, services[i]);
        if (sim_count(&r, NULL) != 1) sim_dump(&r);
        assert_int_equal(sim_count(&r, "crlf"), 1);
        assert_int_equal(r.findings[0].confidence, CONFIDENCE_CONFIRMED);
        assert_int_equal(r.findings[0].severity, SEVERITY_MEDIUM);
    }
}

static void test_what_is_no_fault(void **state) {
    static const enum service services[] = {IN_BODY, IN_ONE_FIELD, ENCODES, FIELDS_ON_PURPOSE, SPLITS_ONCE, REFUSES, SILENT, CONSTANT, ALWAYS_500};
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        struct scan_result r = scan(*state, services[i]);
        if (sim_count(&r, NULL) != 0) sim_dump(&r);
        assert_int_equal(sim_count(&r, NULL), 0);
    }
}

static void test_coverage(void **state) {
    struct scan_result refuses = scan(*state, REFUSES), silent = scan(*state, SILENT);
    assert_int_equal(sim_coverage(&refuses, "crlf", "GET", "/go"), COVERAGE_PASSED);
    assert_int_equal(sim_coverage(&silent, "crlf", "GET", "/go"), COVERAGE_INCONCLUSIVE);
}

static const struct CMUnitTest tests[] = {test_with_arena(test_split_headers), test_with_arena(test_what_is_no_fault), test_with_arena(test_coverage)};
TEST_MAIN(tests)
