// SPDX-License-Identifier: Apache-2.0
#include "http/header.h"
#include "http/url.h"
#include "support/sim.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Depot, version: '1'}\n"
                           "paths:\n"
                           "  /v1/ledger/entries:\n"
                           "    get: {security: [{k: []}], responses: {'200': {description: ok}}}\n"
                           "  /v1/ledger/entries/{id}:\n"
                           "    get:\n"
                           "      security: [{k: []}]\n"
                           "      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]\n"
                           "      responses: {'200': {description: ok}}\n"
                           "  /v1/prices:\n"
                           "    get: {responses: {'200': {description: ok}}}\n"
                           "components: {securitySchemes: {k: {type: http, scheme: bearer}}}\n";

// How the part in front reads a path, and how the part behind does.
enum gate { GATE_SOUND, GATE_PREFIX, GATE_EXACT };
struct depot {
    enum gate gate;
    bool drops_slash, ignores_case, decodes, drops_matrix, trims, merges, removes_dots;
    bool catch_all, error_page, parameter_route, breaks, redirects, single_page;
};

static bool same(const struct depot *d, struct sv x, const char *y) {
    return d->ignores_case ? sv_eq_nocase(x, sv_from(y)) : sv_eq(x, sv_from(y));
}

// The path as the handler sees it.
static struct sv handler_path(const struct depot *d, struct arena *a, struct sv path) {
    if (d->decodes || d->trims) path = url_decode(a, path, false);
    if (d->drops_matrix && sv_find_char(path, ';') != SIZE_MAX) path = sv_slice(path, 0, sv_find_char(path, ';'));
    if (d->trims) path = sv_trim(path);
    if (d->merges && sv_starts_with(path, SV("//"))) path = sv_from_index(path, 1);
    if (d->removes_dots) path = url_remove_dots(a, path);
    if (d->drops_slash && path.len > 1 && sv_ends_with(path, SV("/"))) path = sv_slice(path, 0, path.len - 1);
    return path;
}

static bool gate_refuses(const struct depot *d, struct sv raw, struct sv handled) {
    if (d->gate == GATE_SOUND) return sv_starts_with_nocase(handled, SV("/v1/ledger"));
    if (d->gate == GATE_PREFIX) return sv_starts_with(raw, SV("/v1/ledger"));
    return sv_eq(raw, SV("/v1/ledger/entries")) || sv_eq(raw, SV("/v1/ledger/entries/3"));
}

// What stands behind the gate, by the path as the handler sees it.
static void answer_behind(const struct depot *d, struct arena *a, struct sv path, struct response *ret) {
    if (same(d, path, "/v1/ledger/entries") || d->catch_all)
        sim_json(a, ret, 200, "{\"entries\":[{\"id\":3,\"amount\":120,\"text\":\"rent\"},{\"id\":4,\"amount\":7,\"text\":\"tea\"}]}");
    else if (same(d, path, "/v1/ledger/entries/3")) sim_json(a, ret, 200, "{\"id\":3,\"amount\":120,\"text\":\"rent\",\"holder\":\"north\"}");
    else if (sv_eq(path, SV("/v1/prices"))) sim_json(a, ret, 200, "{\"prices\":[{\"id\":3,\"amount\":1}]}");
    else if (d->parameter_route && sv_starts_with(path, SV("/v1/")) && sv_ends_with(path, SV("/entries")))
        sim_json(a, ret, 200, "{\"entries\":[{\"id\":9,\"amount\":1,\"text\":\"free for all\"}]}");
    else sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
}

static void depot_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    const struct depot *d = state;
    struct sv raw = sim_path(o), path = handler_path(d, a, raw);
    bool plain = sv_eq(raw, SV("/v1/ledger/entries")) || sv_eq(raw, SV("/v1/ledger/entries/3")) || sv_eq(raw, SV("/v1/prices"));
    if (d->breaks && !plain && sim->requests > 60) {
        sim->outcome = OUTCOME_CLOSED;
    } else if (gate_refuses(d, raw, path)) {
        sim_json(a, ret, 401, "{\"error\":\"who are you\"}");
    } else if (d->redirects && !plain) {
        sim_header(a, ret, "Location", SV("/v1/ledger/entries"));
        sim_status(a, ret, 301);
    } else if (d->single_page && !plain) {
        sim_text(a, ret, 200, "text/html", "<html><head><title>Depot</title></head><body><div id=app></div><p>loading the depot</p></body></html>");
    } else if (d->error_page && !plain) {
        sim_json(a, ret, 200, "{\"status\":\"error\",\"message\":\"no such page\"}");
    } else {
        answer_behind(d, a, path, ret);
    }
}

static struct scan_result scan(struct arena *a, struct depot *d) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = depot_server, .state = d, .spec = spec, .only = "auth-path-bypass", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void assert_found(struct arena *a, struct depot d) {
    struct scan_result r = scan(a, &d);
    const struct result_finding *f = sim_find(&r, "auth-path-bypass", "/v1/ledger/entries");
    if (f == NULL) sim_dump(&r);
    assert_non_null(f);
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    assert_int_equal(f->category, CATEGORY_AUTHENTICATION);
    assert_int_equal(f->evidence_count, 3);
    assert_int_equal(sim_coverage(&r, "auth-path-bypass", "GET", "/v1/ledger/entries"), COVERAGE_FOUND);
    assert_int_equal(sim_coverage(&r, "auth-path-bypass", "GET", "/v1/prices"), COVERAGE_NOT_APPLICABLE);
}

static void assert_silent(struct arena *a, struct depot d, enum coverage_status coverage) {
    struct scan_result r = scan(a, &d);
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "auth-path-bypass", "GET", "/v1/ledger/entries"), coverage);
}

static void test_slash_at_the_end(void **state) {
    assert_found(*state, (struct depot){.gate = GATE_EXACT, .drops_slash = true});
}
static void test_two_slashes(void **state) {
    assert_found(*state, (struct depot){.gate = GATE_PREFIX, .merges = true});
}
static void test_other_case(void **state) {
    assert_found(*state, (struct depot){.gate = GATE_PREFIX, .ignores_case = true});
}
static void test_encoded_letter(void **state) {
    assert_found(*state, (struct depot){.gate = GATE_PREFIX, .decodes = true});
}
static void test_dot_segment(void **state) {
    assert_found(*state, (struct depot){.gate = GATE_PREFIX, .removes_dots = true});
}
static void test_path_parameter(void **state) {
    assert_found(*state, (struct depot){.gate = GATE_EXACT, .drops_matrix = true});
}
static void test_blank_at_the_end(void **state) {
    assert_found(*state, (struct depot){.gate = GATE_EXACT, .trims = true});
}

static void test_sound_gate_passes(void **state) {
    assert_silent(*state,
                  (struct depot){.gate = GATE_SOUND, .drops_slash = true, .ignores_case = true, .decodes = true, .drops_matrix = true, .merges = true, .removes_dots = true},
                  COVERAGE_PASSED);
}
static void test_catch_all_behind_the_gate(void **state) {
    assert_silent(*state, (struct depot){.gate = GATE_EXACT, .catch_all = true}, COVERAGE_PASSED);
}
static void test_single_page_behind_the_gate(void **state) {
    assert_silent(*state, (struct depot){.gate = GATE_EXACT, .single_page = true}, COVERAGE_PASSED);
}
static void test_error_with_200(void **state) {
    assert_silent(*state, (struct depot){.gate = GATE_EXACT, .error_page = true}, COVERAGE_PASSED);
}
static void test_redirect_to_the_refused_path(void **state) {
    assert_silent(*state, (struct depot){.gate = GATE_EXACT, .redirects = true}, COVERAGE_PASSED);
}
static void test_route_that_takes_any_word_there(void **state) {
    assert_silent(*state, (struct depot){.gate = GATE_PREFIX, .parameter_route = true}, COVERAGE_PASSED);
}
static void test_closed_connections_are_not_passed(void **state) {
    struct depot d = {.gate = GATE_SOUND, .breaks = true};
    struct scan_result r = scan(*state, &d);
    assert_int_equal(sim_count(&r, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_slash_at_the_end),
        test_with_arena(test_two_slashes),
        test_with_arena(test_other_case),
        test_with_arena(test_encoded_letter),
        test_with_arena(test_dot_segment),
        test_with_arena(test_path_parameter),
        test_with_arena(test_blank_at_the_end),
        test_with_arena(test_sound_gate_passes),
        test_with_arena(test_catch_all_behind_the_gate),
        test_with_arena(test_single_page_behind_the_gate),
        test_with_arena(test_error_with_200),
        test_with_arena(test_redirect_to_the_refused_path),
        test_with_arena(test_route_that_takes_any_word_there),
        test_with_arena(test_closed_connections_are_not_passed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
