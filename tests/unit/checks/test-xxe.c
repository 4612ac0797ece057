// SPDX-License-Identifier: Apache-2.0
#include "support/sim.h"

#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Orders, version: '1'}\n"
                           "paths:\n"
                           "  /quote:\n"
                           "    post:\n"
                           "      x-plumb-read-only: true\n"
                           "      requestBody:\n"
                           "        required: true\n"
                           "        content:\n"
                           "          application/xml: {schema: {type: object, properties: {item: {type: string, example: oak}, count: {type: integer, example: 2}}}}\n"
                           "      responses: {'200': {description: ok}}\n"
                           "  /draw:\n"
                           "    get:\n"
                           "      parameters: [{name: svg, in: query, schema: {type: string}, example: '<svg><title>tree</title></svg>'}]\n"
                           "      responses: {'200': {description: ok}}\n";

#define PASSWD "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"

enum service { READS_FILES, FETCHES, FETCHES_BLIND, EXPANDS, NO_TYPES, NO_ENTITIES, ECHOES, PUTS_WORDS_TOGETHER, ALWAYS_500, SILENT, QUOTES_ALWAYS, WALL };

struct entity {
    struct sv name, value;
    bool external, parameter;
};

static size_t read_entities(struct sv text, struct entity *ret) {
    size_t n = 0, at;
    while (n < 4 && (at = sv_find(text, SV("<!ENTITY "))) != SIZE_MAX) {
        text = sv_from_index(text, at + 9);
        struct sv part = sv_slice(text, 0, sv_find_char(text, '>'));
        ret[n].parameter = sv_starts_with(part, SV("% "));
        if (ret[n].parameter) part = sv_from_index(part, 2);
        size_t blank = sv_find_char(part, ' ');
        ret[n].name = sv_slice(part, 0, blank);
        ret[n].external = sv_contains(part, SV("SYSTEM"));
        struct sv rest = sv_from_index(part, sv_find_char(part, '"') + 1);
        ret[n].value = sv_slice(rest, 0, sv_find_char(rest, '"'));
        n++;
    }
    return n;
}

static struct sv resolve(struct sim *sim, struct arena *a, enum service s, const struct entity *e) {
    struct sv text = SV_NONE;
    if (!e->external) return e->value;
    if (s == READS_FILES && (sv_eq(e->value, SV("file:///etc/passwd")) || sv_eq(e->value, SV("file:///etc/./passwd")))) return SV(PASSWD);
    if (s == FETCHES && sim_call_canary(sim, a, e->value, &text, NULL)) return text;
    if (s == FETCHES_BLIND) (void)sim_call_canary(sim, a, e->value, &text, NULL);
    return SV("");
}

// A parser as those that expand entities are.
static struct sv expand(struct sim *sim, struct arena *a, enum service s, struct sv document) {
    struct entity entities[4];
    size_t n = read_entities(document, entities), end = sv_find(document, SV("]>"));
    struct sv out = end == SIZE_MAX ? document : sv_from_index(document, end + 2);
    for (size_t i = 0; i < n; i++) {
        if (entities[i].parameter) (void)resolve(sim, a, s, &entities[i]);
    }
    for (size_t turn = 0; turn < 3; turn++) {
        for (size_t i = 0; i < n; i++) {
            struct sv reference = arena_printf(a, "&" SV_FMT ";", SV_ARG(entities[i].name));
            size_t at = sv_find(out, reference);
            if (at == SIZE_MAX) continue;
            out = arena_printf(a, SV_FMT SV_FMT SV_FMT, SV_ARG(sv_slice(out, 0, at)), SV_ARG(resolve(sim, a, s, &entities[i])), SV_ARG(sv_from_index(out, at + reference.len)));
        }
    }
    return out;
}

static struct sv without_blanks(struct arena *a, struct sv text) {
    char *out = arena_alloc(a, text.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != ' ') out[n++] = text.ptr[i];
    }
    return sv_make(out, n);
}

static void answer(struct sim *sim, enum service s, struct arena *a, struct sv document, struct response *ret) {
    bool hostile = sv_contains(document, SV("<!DOCTYPE"));
    if (s == ALWAYS_500) sim_json(a, ret, 500, "{\"error\":\"sorry\"}");
    else if (s == SILENT && hostile) sim->outcome = OUTCOME_CLOSED;
    else if (s == WALL && hostile) sim_text(a, ret, 403, "text/html", "<html>blocked</html>");
    else if (s == NO_TYPES && hostile) sim_json(a, ret, 400, "{\"error\":\"a document type is not allowed\"}");
    else if (s == QUOTES_ALWAYS) sim_text(a, ret, 200, "text/plain", PASSWD);
    else if (s == ECHOES) sim_text(a, ret, 200, "text/plain", SV_FMT, SV_ARG(document));
    else if (s == PUTS_WORDS_TOGETHER) sim_text(a, ret, 200, "text/plain", SV_FMT, SV_ARG(without_blanks(a, document)));
    else if (s == FETCHES_BLIND) {
        (void)expand(sim, a, s, document);
        sim_json(a, ret, 202, "{\"ok\":true}");
    } else if (s == NO_ENTITIES) sim_text(a, ret, 200, "application/xml", "<quote>1</quote>");
    else sim_text(a, ret, 200, "application/xml", "<quote>" SV_FMT "</quote>", SV_ARG(expand(sim, a, s, document)));
}

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    enum service s = *(const enum service *)state;
    if (sv_eq(sim_path(o), SV("/quote"))) answer(sim, s, a, o->request->body, ret);
    else if (sv_eq(sim_path(o), SV("/draw"))) answer(sim, s, a, sim_query(a, o, "svg"), ret);
    else sim_json(a, ret, 404, "{\"error\":\"none\"}");
}

static struct scan_result scan(struct arena *a, enum service s, bool no_canary) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = server, .state = &s, .spec = spec, .only = "xxe", .mode = MODE_SAFE, .no_canary = no_canary};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void assert_found(struct arena *a, enum service s, bool no_canary, const char *cause, enum severity severity) {
    struct scan_result r = scan(a, s, no_canary);
    if (sim_count(&r, NULL) != 2) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 2); // the body and the query
    for (size_t i = 0; i < 2; i++) {
        assert_sv_equal(r.findings[i].cause, sv_from(cause));
        assert_int_equal(r.findings[i].severity, severity);
        assert_int_equal(r.findings[i].confidence, CONFIDENCE_CONFIRMED);
    }
}

static void test_entities(void **state) {
    assert_found(*state, READS_FILES, false, "xml-external-entities", SEVERITY_CRITICAL);
    assert_found(*state, READS_FILES, true, "xml-external-entities", SEVERITY_CRITICAL);
    assert_found(*state, FETCHES, false, "xml-external-entities", SEVERITY_HIGH);
    assert_found(*state, FETCHES_BLIND, false, "xml-external-entities", SEVERITY_HIGH);
    assert_found(*state, EXPANDS, false, "xml-entities", SEVERITY_LOW);
}

static void test_what_is_no_fault(void **state) {
    static const enum service services[] = {NO_TYPES, NO_ENTITIES, ECHOES, PUTS_WORDS_TOGETHER, ALWAYS_500, SILENT, QUOTES_ALWAYS, WALL};
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        struct scan_result r = scan(*state, services[i], false);
        if (sim_count(&r, NULL) != 0) sim_dump(&r);
        assert_int_equal(sim_count(&r, NULL), 0);
    }
}

static void test_coverage(void **state) {
    struct scan_result strict = scan(*state, NO_TYPES, false), silent = scan(*state, SILENT, false);
    assert_int_equal(sim_coverage(&strict, "xxe", "GET", "/draw"), COVERAGE_PASSED);
    assert_int_equal(sim_coverage(&silent, "xxe", "GET", "/draw"), COVERAGE_INCONCLUSIVE);
}

// Bodies of which only the media type is known; the element that is read is named nowhere, or in the description's words only.
static const char bare_spec[] = "openapi: 3.0.3\n"
                                "info: {title: Orders, version: '1'}\n"
                                "paths:\n"
                                "  /title: {post: {x-plumb-read-only: true, requestBody: {content: {text/xml: {}}}, responses: {'200': {description: ok}}}}\n"
                                "  /heading: {post: {x-plumb-read-only: true, description: 'Takes <page><heading>x</heading></page>.', requestBody: {content: {application/xml: {schema: {type: string}}}}, "
                                "responses: {'200': {description: ok}}}}\n";
static void bare_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct sv name = sv_slice(sim_path(o), 1, SIZE_MAX), text = expand(sim, a, *(const enum service *)state, o->request->body);
    size_t at = sv_find(text, arena_printf(a, "<" SV_FMT ">", SV_ARG(name))), end = sv_find(text, arena_printf(a, "</" SV_FMT ">", SV_ARG(name)));
    if (at == SIZE_MAX || end == SIZE_MAX || end < at) sim_json(a, ret, 200, "{\"found\":null}");
    else sim_text(a, ret, 200, "text/plain", "found " SV_FMT, SV_ARG(sv_slice(text, at + name.len + 2, end)));
}
static void test_bare_bodies(void **state) {
    struct scan_result r;
    struct error err = {0};
    enum service s = READS_FILES;
    const struct sim_options o = {.server = bare_server, .state = &s, .spec = bare_spec, .only = "xxe", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(*state, &o, &r, &err));
    if (sim_count(&r, "xxe") != 2) sim_dump(&r);
    assert_int_equal(sim_count(&r, "xxe"), 2);
}

static const struct CMUnitTest tests[] = {test_with_arena(test_bare_bodies), test_with_arena(test_entities), test_with_arena(test_what_is_no_fault), test_with_arena(test_coverage)};
TEST_MAIN(tests)
