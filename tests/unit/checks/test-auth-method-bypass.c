// SPDX-License-Identifier: Apache-2.0
#include "http/header.h"
#include "support/sim.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Notes, version: '1'}\n"
                           "paths:\n"
                           "  /notes:\n"
                           "    get: {security: [{k: []}], responses: {'200': {description: ok}}}\n"
                           "    post: {security: [{k: []}], responses: {'201': {description: made}}}\n"
                           "  /open:\n"
                           "    get: {responses: {'200': {description: ok}}}\n"
                           "components: {securitySchemes: {k: {type: http, scheme: bearer}}}\n";

enum habit { SOUND, HEAD_OPEN, HEAD_ANYWHERE, HEAD_EMPTY, OVERRIDE_HEAD, OVERRIDE_OPTIONS, OPTIONS_DESCRIBES, UNKNOWN_OPEN, HEAD_CLOSES, HEAD_ONCE };
struct notes {
    enum habit habit;
    unsigned heads, unsafe;
};

static void answer_notes(struct arena *a, struct response *ret) {
    sim_json(a, ret, 200, "{\"notes\":[{\"id\":1,\"text\":\"call home\"},{\"id\":2,\"text\":\"buy milk\"}]}");
}

// Does this server let the request to /notes in?
static bool lets_in(const struct notes *n, struct sv method, struct sv override) {
    bool head = sv_eq(method, SV("HEAD"));
    switch (n->habit) {
    case HEAD_OPEN:
    case HEAD_ANYWHERE:
        return head;
    case HEAD_ONCE:
        return head && n->heads == 1;
    case OVERRIDE_HEAD:
        return sv_eq(override, SV("HEAD"));
    case OVERRIDE_OPTIONS:
        return sv_eq(override, SV("OPTIONS"));
    case UNKNOWN_OPEN:
        return n->unsafe > 0 && !head && !sv_eq(method, SV("GET")) && !sv_eq(method, SV("OPTIONS")) && !sv_eq(method, SV("POST"));
    case SOUND:
    case HEAD_EMPTY:
    case OPTIONS_DESCRIBES:
    case HEAD_CLOSES:
        return false;
    }
    return false;
}

static void refuse(const struct notes *n, struct arena *a, struct sv method, struct sv override, struct response *ret) {
    bool options = sv_eq(method, SV("OPTIONS")) || sv_eq(override, SV("OPTIONS"));
    if (n->habit == HEAD_EMPTY && sv_eq(method, SV("HEAD"))) sim_status(a, ret, 200);
    else if (n->habit == OPTIONS_DESCRIBES && options)
        sim_json(a, ret, 200, "{\"name\":\"Note list\",\"renders\":[\"application/json\"],\"parses\":[\"application/json\"]}");
    else sim_json(a, ret, 401, "{\"error\":\"sign in first\"}");
}

static void notes_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct notes *n = state;
    struct sv path = sim_path(o), method = o->request->method, override = sim_request_header(o, "X-HTTP-Method-Override");
    bool notes = sv_eq(path, SV("/notes")), head = sv_eq(method, SV("HEAD")), options = sv_eq(method, SV("OPTIONS"));
    n->heads += head && notes;
    n->unsafe += !head && !options && !sv_eq(method, SV("GET"));
    if (head && n->habit == HEAD_CLOSES) sim->outcome = OUTCOME_CLOSED;
    else if ((notes || n->habit == HEAD_ANYWHERE) && lets_in(n, method, override)) answer_notes(a, ret);
    else if (notes) refuse(n, a, method, override, ret);
    else if (sv_eq(path, SV("/open"))) sim_json(a, ret, 200, "{\"days\":[\"mon\",\"tue\"]}");
    else sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
}

static struct scan_result scan(struct arena *a, struct notes *n, enum scan_mode mode) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = notes_server, .state = n, .spec = spec, .only = "auth-method-bypass", .mode = mode};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void assert_found(struct arena *a, enum habit habit, enum scan_mode mode) {
    struct notes n = {.habit = habit};
    struct scan_result r = scan(a, &n, mode);
    const struct result_finding *f = sim_find(&r, "auth-method-bypass", "/notes");
    if (f == NULL) sim_dump(&r);
    assert_non_null(f);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    assert_int_equal(f->evidence_count, 3);
}

static void assert_silent(struct arena *a, enum habit habit, enum coverage_status coverage) {
    struct notes n = {.habit = habit};
    struct scan_result r = scan(a, &n, MODE_SAFE);
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "auth-method-bypass", "GET", "/notes"), coverage);
    assert_int_equal(n.unsafe, 0);
}

static void test_head_is_answered(void **state) {
    assert_found(*state, HEAD_OPEN, MODE_SAFE);
}
static void test_override_with_head_is_answered(void **state) {
    assert_found(*state, OVERRIDE_HEAD, MODE_SAFE);
}
static void test_override_with_options_is_answered(void **state) {
    assert_found(*state, OVERRIDE_OPTIONS, MODE_SAFE);
}
static void test_unknown_method_is_answered_in_active_mode(void **state) {
    assert_found(*state, UNKNOWN_OPEN, MODE_ACTIVE);
}
static void test_unknown_method_is_not_sent_in_safe_mode(void **state) {
    assert_silent(*state, UNKNOWN_OPEN, COVERAGE_PASSED);
}
static void test_sound_server_passes(void **state) {
    assert_silent(*state, SOUND, COVERAGE_PASSED);
}
static void test_head_that_every_path_answers(void **state) {
    assert_silent(*state, HEAD_ANYWHERE, COVERAGE_PASSED);
}
static void test_head_without_content(void **state) {
    assert_silent(*state, HEAD_EMPTY, COVERAGE_PASSED);
}
static void test_options_that_describes_the_resource(void **state) {
    assert_silent(*state, OPTIONS_DESCRIBES, COVERAGE_PASSED);
}
static void test_head_that_is_answered_once(void **state) {
    assert_silent(*state, HEAD_ONCE, COVERAGE_PASSED);
}
static void test_head_that_is_not_answered_is_inconclusive(void **state) {
    assert_silent(*state, HEAD_CLOSES, COVERAGE_INCONCLUSIVE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_head_is_answered),
        test_with_arena(test_override_with_head_is_answered),
        test_with_arena(test_override_with_options_is_answered),
        test_with_arena(test_unknown_method_is_answered_in_active_mode),
        test_with_arena(test_unknown_method_is_not_sent_in_safe_mode),
        test_with_arena(test_sound_server_passes),
        test_with_arena(test_head_that_every_path_answers),
        test_with_arena(test_head_without_content),
        test_with_arena(test_options_that_describes_the_resource),
        test_with_arena(test_head_that_is_answered_once),
        test_with_arena(test_head_that_is_not_answered_is_inconclusive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
