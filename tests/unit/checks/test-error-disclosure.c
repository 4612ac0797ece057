// SPDX-License-Identifier: Apache-2.0
#include "base/numbers.h"
#include "checks/support/faults.h"
#include "data/knowledge.h"
#include "http/header.h"
#include "support/sim.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Archive, version: '1'}\n"
                           "paths:\n"
                           "  /pages:\n"
                           "    get:\n"
                           "      parameters: [{name: page, in: query, schema: {type: integer}, example: 1}]\n"
                           "      responses: {'200': {description: ok}}\n"
                           "  /walk:\n"
                           "    get:\n"
                           "      parameters: [{name: cursor, in: query, schema: {type: string}}]\n"
                           "      responses: {'200': {description: ok}}\n"
                           "  /health:\n"
                           "    get: {responses: {'200': {description: ok}}}\n";

#define PANIC "panic: index\\n\\ngoroutine 41 [running]:\\nmain.list(0x1)\\n\\t/srv/app/list.go:88 +0x1f"
#define SDK "operation error DynamoDB: Query, https response error StatusCode: 400, RequestID: 5L1C3TQ2, ValidationException: The provided starting key is invalid"

enum fault_case { POLITE, PANICS, PANICS_ON_NEGATIVE, PANICS_ON_LIST, ALWAYS_PANICS, ONCE, VALIDATION, WITH_PASSWORD, ECHOES, CLOSES };
struct archive {
    enum fault_case pages;
    const char *cursor_error; // what a strange cursor is answered with
    const char *health;
    const char *health_type;
    unsigned pages_asked, broken;
};

static void bad_page(struct sim *sim, struct archive *s, struct arena *a, struct sv page, struct response *ret) {
    s->broken++;
    switch (s->pages) {
    case PANICS:
    case ALWAYS_PANICS:
        sim_json(a, ret, 500, "{\"error\":\"" PANIC "\"}");
        return;
    case ONCE:
        if (s->broken == 1) sim_json(a, ret, 500, "{\"error\":\"" PANIC "\"}");
        else sim_json(a, ret, 400, "{\"error\":\"no such page\"}");
        return;
    case VALIDATION:
        sim_json(a, ret, 400, "{\"error\":\"strconv.Atoi: parsing \\\"%.*s\\\": invalid syntax\"}", SV_ARG(sv_slice(page, 0, 5)));
        return;
    case WITH_PASSWORD:
        sim_json(a, ret, 500, "{\"error\":\"" PANIC " dsn=postgres://app:" "Tr0ub4dor9x@db.internal:5432/app\"}");
        return;
    case ECHOES:
        sim_json(a, ret, 400, "{\"error\":\"wrong\",\"got\":\"" SV_FMT "\"}", SV_ARG(page));
        return;
    case CLOSES:
        sim->outcome = OUTCOME_CLOSED;
        return;
    case PANICS_ON_LIST:
    case PANICS_ON_NEGATIVE:
    case POLITE:
        break;
    }
    sim_json(a, ret, 400, "{\"error\":\"page must be a number\"}");
}

static void answer_page(struct sim *sim, struct archive *s, struct arena *a, const struct outgoing *o, struct response *ret) {
    int64_t number = 1;
    struct sv page = sim_query(a, o, "page");
    s->pages_asked++;
    if (s->pages == ALWAYS_PANICS) bad_page(sim, s, a, page, ret);
    else if (page.ptr != NULL && number_parse_i64(page, &number) != 0) bad_page(sim, s, a, page, ret);
    else if (number < 0 && s->pages == PANICS_ON_NEGATIVE) sim_json(a, ret, 500, "{\"error\":\"runtime error: slice bounds out of range [-3:]\"}");
    else sim_json(a, ret, 200, "{\"page\":1,\"rows\":[{\"title\":\"a\"}]}");
}

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct archive *s = state;
    struct sv path = sim_path(o), cursor = sim_query(a, o, "cursor"), list = sim_query(a, o, "cursor[]");
    if (sv_eq(path, SV("/pages"))) answer_page(sim, s, a, o, ret);
    else if (sv_eq(path, SV("/walk")) && list.ptr != NULL && s->pages == PANICS_ON_LIST)
        sim_text(a, ret, 500, "text/html", "TypeError: x is not a function<br>    at walk (/srv/app/node_modules/express/lib/router.js:47:12)");
    else if (sv_eq(path, SV("/walk")) && cursor.len > 0 && s->cursor_error != NULL) sim_json(a, ret, 500, "{\"error\":\"%s\"}", s->cursor_error);
    else if (sv_eq(path, SV("/walk"))) sim_json(a, ret, 200, "{\"rows\":[{\"title\":\"b\"}]}");
    else if (sv_eq(path, SV("/health")) && s->health_type != NULL) sim_text(a, ret, 200, s->health_type, "%s", s->health);
    else if (sv_eq(path, SV("/health"))) sim_json(a, ret, 200, "%s", s->health != NULL ? s->health : "{\"status\":\"ok\"}");
    else sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
}

static struct scan_result scan_mode(struct arena *a, struct archive *s, bool passive) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = server, .state = s, .spec = spec, .only = "error-disclosure", .mode = passive ? MODE_PASSIVE : MODE_SAFE, .passive = passive};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}
static struct scan_result scan(struct arena *a, struct archive s) {
    return scan_mode(a, &s, false);
}

static const struct result_finding *only_finding(const struct scan_result *r, const char *path) {
    const struct result_finding *f = sim_find(r, "error-disclosure", path);
    if (f == NULL || sim_count(r, NULL) != 1) sim_dump(r);
    assert_non_null(f);
    assert_int_equal(sim_count(r, NULL), 1);
    assert_int_equal(f->category, CATEGORY_EXPOSURE);
    return f;
}

static void assert_silent(struct arena *a, struct archive s) {
    struct scan_result r = scan(a, s);
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
}

static void test_panic_is_confirmed_with_its_parameter(void **state) {
    struct scan_result r = scan(*state, (struct archive){.pages = PANICS});
    const struct result_finding *f = only_finding(&r, "/pages");
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    assert_int_equal(f->severity, SEVERITY_MEDIUM);
    assert_sv_text(f->cause, "trace");
    assert_sv_text(f->parameter, "page");
    assert_int_equal(f->evidence_count, 2);
    assert_int_equal(sim_coverage(&r, "error-disclosure", "GET", "/walk"), COVERAGE_PASSED);
}

static void test_other_breakages(void **state) {
    struct scan_result r = scan(*state, (struct archive){.pages = PANICS_ON_NEGATIVE});
    assert_sv_text(only_finding(&r, "/pages")->cause, "trace");
    r = scan(*state, (struct archive){.pages = PANICS_ON_LIST});
    assert_sv_text(only_finding(&r, "/walk")->cause, "trace");
}

static void test_sdk_text_is_found(void **state) {
    struct scan_result r = scan(*state, (struct archive){.cursor_error = SDK});
    const struct result_finding *f = only_finding(&r, "/walk");
    assert_sv_text(f->cause, "engine");
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    assert_sv_text(f->parameter, "cursor");
}

static void test_ordinary_error_shows_it(void **state) {
    struct scan_result r = scan(*state, (struct archive){.pages = ALWAYS_PANICS});
    const struct result_finding *f = only_finding(&r, "/pages");
    assert_int_equal(f->confidence, CONFIDENCE_FIRM);
    assert_int_equal(f->parameter.len, 0);
}

static void test_good_answer_tells_of_a_failure(void **state) {
    struct archive s = {.health = "{\"primary\":\"ok\",\"cause\":\"operation error DynamoDB: ListTables, get identity: get credentials: failed to refresh cached credentials\"}"};
    struct scan_result r = scan_mode(*state, &s, true);
    const struct result_finding *f = only_finding(&r, "/health");
    assert_int_equal(f->confidence, CONFIDENCE_FIRM);
    assert_sv_text(f->cause, "credentials");
    assert_int_equal(r.fact_count, 0);
}

#define FAILED "operation error DynamoDB: ListTables, get identity: get credentials: failed to refresh cached credentials"
static void test_records_of_a_log_tell_of_the_past(void **state) {
    struct archive log = {.health = "{\"messages\":[{\"when\":\"2026-01-02T03:04:05Z\",\"level\":3,\"message\":\"" FAILED "\"}]}"};
    struct scan_result r = scan_mode(*state, &log, true);
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
    struct archive answer = {.health = "{\"checks\":[{\"when\":\"2026-01-02T03:04:05Z\",\"message\":\"" FAILED "\"}]}"};
    r = scan_mode(*state, &answer, true);
    assert_non_null(only_finding(&r, "/health"));
}

static bool has_source(const struct scan_result *r, struct sv source) {
    for (size_t i = 0; i < r->fact_count; i++) {
        if (sv_eq(r->facts[i].kind, SV("credential_source")) && sv_eq(r->facts[i].args[0].value, source)) return true;
    }
    return false;
}

static void test_credential_source_only_when_it_answered(void **state) {
    struct scan_result r = scan(*state, (struct archive){
        .health = "{\"error\":\"no EC2 IMDS role found, operation error ec2imds: GetMetadata, http response error StatusCode: 404, request to EC2 IMDS failed\"}"});
    assert_true(has_source(&r, SV("imds")));
    r = scan(*state, (struct archive){.health = "{\"error\":\"operation error ec2imds: GetMetadata, canceled, context deadline exceeded\"}"});
    assert_false(has_source(&r, SV("imds")));
    only_finding(&r, "/health");
}

static void test_password_in_a_trace_is_a_secret(void **state) {
    struct scan_result r = scan(*state, (struct archive){.pages = WITH_PASSWORD});
    const struct result_finding *f = only_finding(&r, "/pages");
    assert_int_equal(f->severity, SEVERITY_CRITICAL);
    assert_false(sv_contains(f->evidence[0].response, SV("Tr0ub4dor9x")));
}

static void test_near_misses(void **state) {
    assert_silent(*state, (struct archive){.pages = POLITE});
    assert_silent(*state, (struct archive){.pages = VALIDATION});
    assert_silent(*state, (struct archive){.pages = ECHOES});
    assert_silent(*state, (struct archive){.pages = CLOSES});
    // Texts of errors in content: not where a service tells what went wrong.
    assert_silent(*state, (struct archive){.health = "{\"title\":\"How to read: " PANIC "\"}"});
    assert_silent(*state, (struct archive){.health = "<p>ERROR: syntax error at or near \"x\"</p>", .health_type = "text/html"});
    // A catalogue of errors lets many engines speak.
    assert_silent(*state, (struct archive){.health = "{\"errors\":[{\"description\":\"syntax error at or near \\\"x\\\"\"},{\"description\":\"An error occurred "
                                                     "(ResourceNotFoundException) when calling the GetItem operation\"},{\"description\":\"You have an error in "
                                                     "your SQL syntax; check the manual that corresponds to your MySQL server version\"}]}"});
}

static void test_once_is_not_more_than_tentative(void **state) {
    struct scan_result r = scan(*state, (struct archive){.pages = ONCE});
    const struct result_finding *f = sim_find(&r, "error-disclosure", NULL);
    assert_true(f == NULL || f->confidence == CONFIDENCE_TENTATIVE);
}

static const char many_spec[] = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n"
                                "  /a: {get: {parameters: [{name: n, in: query, schema: {type: integer}}], responses: {'200': {description: ok}}}}\n"
                                "  /b: {get: {parameters: [{name: n, in: query, schema: {type: integer}}], responses: {'200': {description: ok}}}}\n"
                                "  /c: {get: {parameters: [{name: n, in: query, schema: {type: integer}}], responses: {'200': {description: ok}}}}\n"
                                "  /d: {get: {parameters: [{name: n, in: query, schema: {type: integer}}], responses: {'200': {description: ok}}}}\n"
                                "  /e: {get: {responses: {'200': {description: ok}}}}\n";

static void one_handler(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    (void)sim;
    (void)state;
    int64_t n = 0;
    struct sv path = sim_path(o), text = sim_query(a, o, "n");
    if (path.len != 2 || path.ptr[1] < 'a' || path.ptr[1] > 'e') sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
    else if (text.len > 0 && number_parse_i64(text, &n) != 0) sim_json(a, ret, 500, "{\"error\":\"" PANIC "\"}");
    else sim_json(a, ret, 200, "{\"%c\":1}", path.ptr[1]);
}

static void test_error_handler_is_one_cause(void **state) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = one_handler, .spec = many_spec, .only = "error-disclosure", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(*state, &o, &r, &err));
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_int_equal(sim_find(&r, "error-disclosure", NULL)->occurrence_count, 4);
}

// Traces are one setting: one finding, however few operations show them.
static void test_traces_are_one_cause(void **state) {
    struct scan_result r = scan(*state, (struct archive){.pages = PANICS_ON_LIST, .health = "{\"error\":\"" PANIC "\"}"});
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_int_equal(sim_find(&r, "error-disclosure", NULL)->occurrence_count, 2);
}

static const char percent_spec[] = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n  /parts/{code}:\n    get:\n      parameters:\n"
                                   "        - {name: code, in: path, required: true, schema: {type: string}, example: bolt}\n      responses: {'200': {description: ok}}\n";

static void percent_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    (void)sim;
    const bool *handled = state;
    if (sv_contains(o->request->target, SV("%ff%c0")) && !*handled)
        sim_text(a, ret, 400, "text/html", "<pre>URIError: Failed to decode param<br>    at decodeParam (/srv/app/node_modules/router/lib/layer.js:332:12)</pre>");
    else if (sv_eq(sim_path(o), SV("/parts/bolt"))) sim_json(a, ret, 200, "{\"code\":\"bolt\",\"title\":\"a\"}");
    else sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
}

// The page of a framework for addresses that are no text is nobody's flaw.
static void test_malformed_codes_are_a_note(void **state) {
    for (int i = 0; i < 2; i++) {
        bool handled = i == 1;
        struct scan_result r;
        struct error err = {0};
        const struct sim_options o = {.server = percent_server, .state = &handled, .spec = percent_spec, .mode = MODE_SAFE};
        assert_ok(&err, sim_run(*state, &o, &r, &err));
        const struct result_finding *f = sim_find(&r, "error-disclosure", NULL);
        assert_int_equal(f != NULL, !handled);
        if (f != NULL) assert_int_equal(f->severity, SEVERITY_INFO);
    }
}

static void test_samples_of_credential_sources(void **state) {
    struct node *data = NULL;
    struct error err = {0};
    assert_ok(&err, knowledge_load(*state, SV("exposure"), &data, &err));
    size_t samples = 0;
    for (const struct node *s = node_get(data, SV("credential_sources"))->first; s != NULL; s = s->next) {
        for (const struct node *n = node_get(s, SV("true"))->first; n != NULL; n = n->next, samples++)
            assert_sv_equal(fault_credential_source(data, n->text), node_get_text(s, SV("value")));
        for (const struct node *n = node_get(s, SV("false"))->first; n != NULL; n = n->next, samples++)
            assert_null(fault_credential_source(data, n->text).ptr);
    }
    assert_true(samples >= 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_panic_is_confirmed_with_its_parameter),
        test_with_arena(test_other_breakages),
        test_with_arena(test_sdk_text_is_found),
        test_with_arena(test_ordinary_error_shows_it),
        test_with_arena(test_records_of_a_log_tell_of_the_past), test_with_arena(test_good_answer_tells_of_a_failure),
        test_with_arena(test_credential_source_only_when_it_answered),
        test_with_arena(test_password_in_a_trace_is_a_secret),
        test_with_arena(test_near_misses),
        test_with_arena(test_once_is_not_more_than_tentative),
        test_with_arena(test_error_handler_is_one_cause),
        test_with_arena(test_traces_are_one_cause),
        test_with_arena(test_malformed_codes_are_a_note),
        test_with_arena(test_samples_of_credential_sources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
