// SPDX-License-Identifier: Apache-2.0
#include "support/sim.h"

#include <stdio.h>

#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Marks, version: '1'}\n"
                           "paths:\n"
                           "  /merge:\n"
                           "    post:\n"
                           "      x-plumb-read-only: true\n"
                           "      requestBody: {required: true, content: {application/json: {schema: {type: object, properties: {name: {type: string, example: oak}}}}}}\n"
                           "      responses: {'200': {description: ok}}\n";

enum service { MERGES, MERGES_FOR_ALL, ECHOES, FLATTENS, IGNORES, REFUSES, SILENT, ALWAYS_500, MALFORMED };
struct state {
    enum service service;
    struct sv key, value; // inherited by all
    char text[64];
};

// The one member of the object below `name`.
static bool member(struct sv body, struct sv name, struct sv *ret_key, struct sv *ret_value) {
    size_t at = sv_find(body, name);
    if (at == SIZE_MAX) return false;
    struct sv rest = sv_from_index(body, at + name.len);
    struct sv part;
    for (unsigned i = 0; sv_split(&rest, '"', &part); i++) {
        if (i == 2) *ret_key = part;
        if (i == 4) *ret_value = part;
    }
    return true;
}

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct state *s = state;
    struct sv body = o->request->body, key = SV_NONE, value = SV_NONE;
    bool proto = member(body, SV("\"__proto__"), &key, &value);
    bool nested = !proto && sv_starts_with(body, SV("{\"")) && sv_contains(body, SV("\":{\""));
    if (!sv_eq(sim_path(o), SV("/merge"))) sim_json(a, ret, 404, "{\"error\":\"none\"}");
    else if (s->service == SILENT && proto) sim->outcome = OUTCOME_CLOSED;
    else if (s->service == ALWAYS_500) sim_json(a, ret, 500, "{}");
    else if (s->service == REFUSES && proto) sim_json(a, ret, 400, "{\"error\":\"unknown key __proto__\"}");
    else if (s->service == MALFORMED) sim_text(a, ret, 200, "application/json", "{\"name\":\"oak\",");
    else if (s->service == ECHOES) sim_text(a, ret, 200, "application/json", SV_FMT, SV_ARG(body));
    else if (s->service == FLATTENS && (proto || nested)) {
        if (nested) member(sv_from_index(body, 2), sv_slice(sv_from_index(body, 2), 0, 11), &key, &value);
        sim_json(a, ret, 200, "{\"name\":\"oak\",\"" SV_FMT "\":\"" SV_FMT "\"}", SV_ARG(key), SV_ARG(value));
    } else if ((s->service == MERGES || s->service == MERGES_FOR_ALL) && proto) {
        snprintf(s->text, sizeof s->text, "\"" SV_FMT "\":\"" SV_FMT "\"", SV_ARG(key), SV_ARG(value));
        sim_json(a, ret, 200, "{\"name\":\"oak\",%s}", s->text);
    } else if (s->service == MERGES_FOR_ALL && s->text[0] != '\0') sim_json(a, ret, 200, "{\"name\":\"oak\",%s}", s->text);
    else if (nested) sim_text(a, ret, 200, "application/json", SV_FMT, SV_ARG(body));
    else sim_json(a, ret, 200, "{\"name\":\"oak\"}");
}

static struct scan_result scan(struct arena *a, enum service service, enum scan_mode mode) {
    struct scan_result r;
    struct error err = {0};
    struct state s = {.service = service};
    const struct sim_options o = {.server = server, .state = &s, .spec = spec, .only = "prototype-pollution", .mode = mode};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void assert_severity(struct arena *a, enum service s, enum severity severity) {
    struct scan_result r = scan(a, s, MODE_ACTIVE);
    if (sim_count(&r, NULL) != 1) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_int_equal(r.findings[0].severity, severity);
    assert_int_equal(r.findings[0].confidence, CONFIDENCE_CONFIRMED);
}

static void test_inherited_members(void **state) {
    assert_severity(*state, MERGES, SEVERITY_LOW);
    assert_severity(*state, MERGES_FOR_ALL, SEVERITY_HIGH);
}

static void test_what_is_no_fault(void **state) {
    static const enum service services[] = {ECHOES, FLATTENS, IGNORES, REFUSES, SILENT, ALWAYS_500, MALFORMED};
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        struct scan_result r = scan(*state, services[i], MODE_ACTIVE);
        if (sim_count(&r, NULL) != 0) sim_dump(&r);
        assert_int_equal(sim_count(&r, NULL), 0);
    }
    struct scan_result silent = scan(*state, SILENT, MODE_ACTIVE);
    assert_int_equal(sim_coverage(&silent, "prototype-pollution", "POST", "/merge"), COVERAGE_INCONCLUSIVE);
}

// What changes all objects of a process is never sent in safe mode.
static void test_safe_mode_does_not_ask(void **state) {
    struct scan_result r = scan(*state, MERGES_FOR_ALL, MODE_SAFE);
    assert_int_equal(sim_count(&r, NULL), 0);
    enum coverage_status c = sim_coverage(&r, "prototype-pollution", "POST", "/merge");
    assert_true(c == COVERAGE_NOT_TESTED || c == COVERAGE_COUNT);
}

static const struct CMUnitTest tests[] = {test_with_arena(test_inherited_members), test_with_arena(test_what_is_no_fault), test_with_arena(test_safe_mode_does_not_ask)};
TEST_MAIN(tests)
