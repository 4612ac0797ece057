// SPDX-License-Identifier: Apache-2.0
#include "http/header.h"
#include "support/sim.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Library, version: '1'}\n"
                           "security: [{token: []}]\n"
                           "components: {securitySchemes: {token: {type: http, scheme: bearer}}}\n"
                           "paths:\n"
                           "  /loans:\n"
                           "    get: {responses: {'200': {description: ok}}}\n"
                           "  /shelves:\n"
                           "    get: {responses: {'200': {description: ok}}}\n"
                           "  /news:\n"
                           "    get: {security: [], responses: {'200': {description: ok}}}\n"
                           "  /tips:\n"
                           "    get: {security: [{}, {token: []}], responses: {'200': {description: ok}}}\n";

enum answer { REFUSES, ANSWERS, CATCH_ALL, SIGN_IN, ERROR_IN_200, EMPTY_LIST, ALTERNATES, RANDOM_TEXT, DIES_LATER, SERVER_ERROR, PUBLIC_VIEW,
              NOT_JSON, CACHED, WALL, CHECKS_IF_SENT };

struct library {
    enum answer loans;
    bool shelves_open;
    unsigned asked;
};

static bool is_anna(const struct outgoing *o) {
    return sv_eq(sim_request_header(o, "Authorization"), SV("Bearer anna-5f2c81d90a7b"));
}

static void answer_loans(struct sim *sim, struct library *s, struct arena *a, const struct outgoing *o, struct response *ret) {
    s->asked++;
    switch (s->loans) {
    case REFUSES:
        sim_json(a, ret, 401, "{\"error\":\"no token\"}");
        return;
    case SIGN_IN:
        sim_text(a, ret, 200, "text/html", "<html><form><input name=u><input type=\"password\" name=p></form></html>");
        return;
    case ERROR_IN_200:
        sim_json(a, ret, 200, "{\"success\":false,\"message\":\"Please sign in to see your loans\"}");
        return;
    case EMPTY_LIST:
        sim_json(a, ret, 200, "{\"items\":[],\"total\":0,\"page\":1}");
        return;
    case ALTERNATES:
        if (s->asked % 2 == 0) {
            sim_json(a, ret, 401, "{\"error\":\"no token\"}");
            return;
        }
        break;
    case RANDOM_TEXT:
        sim_json(a, ret, 200, s->asked % 2 == 0 ? "{\"n%u\":{\"k\":%u}}" : "{\"k%u\":[%u,\"x\"]}", s->asked, sim->requests);
        return;
    case DIES_LATER:
        if (s->asked > 2) sim->outcome = OUTCOME_CLOSED;
        break;
    case SERVER_ERROR:
        if (s->asked > 2) {
            sim_json(a, ret, 500, "{\"error\":\"oops\"}");
            return;
        }
        break;
    case PUBLIC_VIEW:
        if (!is_anna(o)) {
            sim_json(a, ret, 200, "{\"opening_hours\":[\"9 to 5\"],\"street\":\"Main\"}");
            return;
        }
        break;
    case NOT_JSON:
        sim_text(a, ret, 200, "application/json", "{\"items\":[{\"id\":1,");
        return;
    case CACHED:
        sim_header(a, ret, "Age", SV("17"));
        break;
    case WALL:
        if (s->asked > 2) {
            sim_status(a, ret, 429);
            return;
        }
        break;
    case CHECKS_IF_SENT:
        if (sim_request_header(o, "Authorization").len > 0 && !is_anna(o)) {
            sim_json(a, ret, 401, "{\"error\":\"bad token\"}");
            return;
        }
        break;
    case ANSWERS:
    case CATCH_ALL:
        break;
    }
    sim_json(a, ret, 200, "{\"items\":[{\"id\":1,\"book\":\"Emma\",\"customer_id\":7,\"due\":\"2026-01-02\"},{\"id\":2,\"book\":\"Ulysses\",\"customer_id\":8}]}");
}

static void library_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct library *s = state;
    struct sv path = sim_path(o);
    bool all = s->loans == CATCH_ALL;
    if (sv_eq(path, SV("/loans")) || (all && path.len > 1)) answer_loans(sim, s, a, o, ret);
    else if (sv_eq(path, SV("/shelves")) && (s->shelves_open || is_anna(o))) sim_json(a, ret, 200, "{\"shelves\":[{\"id\":1,\"floor\":2}]}");
    else if (sv_eq(path, SV("/shelves"))) sim_json(a, ret, 403, "{\"error\":\"no\"}");
    else if (sv_eq(path, SV("/news"))) sim_json(a, ret, 200, "{\"news\":[{\"title\":\"open on Sunday\",\"text\":\"at last\"}]}");
    else if (sv_eq(path, SV("/tips"))) sim_json(a, ret, 200, "{\"tips\":[{\"book\":\"Emma\",\"stars\":5}]}");
    else sim_json(a, ret, 404, "{\"error\":\"not found\"}");
}

static struct scan_result scan(struct arena *a, struct library *s, bool signed_in) {
    struct scan_result r;
    struct error err = {0};
    struct principal *anna = arena_new(a, struct principal);
    *anna = (struct principal){.name = SV("anna")};
    assert_true(header_add(a, &anna->headers, SV("Authorization"), SV("Bearer anna-5f2c81d90a7b")));
    const struct sim_options o = {.server = library_server, .state = s, .spec = spec, .only = "auth-missing", .mode = MODE_SAFE,
                                  .identities = anna, .identity_count = signed_in};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void test_protected_operation_that_answers_nobody_is_found(void **state) {
    struct library s = {.loans = ANSWERS};
    struct scan_result r = scan(*state, &s, false);
    const struct result_finding *f = sim_find(&r, "auth-missing", "/loans");
    if (f == NULL) sim_dump(&r);
    assert_non_null(f);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    assert_int_equal(f->category, CATEGORY_AUTHENTICATION);
    assert_true(f->severity >= SEVERITY_MEDIUM);
    assert_true(f->evidence_count >= 2);
    assert_int_equal(sim_coverage(&r, "auth-missing", "GET", "/shelves"), COVERAGE_PASSED);
    assert_int_equal(sim_coverage(&r, "auth-missing", "GET", "/news"), COVERAGE_NOT_APPLICABLE);
    assert_int_equal(sim_coverage(&r, "auth-missing", "GET", "/tips"), COVERAGE_NOT_APPLICABLE);
}

static void test_token_that_is_only_looked_at_when_sent_is_found(void **state) {
    struct library s = {.loans = CHECKS_IF_SENT};
    struct scan_result r = scan(*state, &s, true);
    assert_non_null(sim_find(&r, "auth-missing", "/loans"));
}

static void assert_silent(struct arena *a, enum answer answer, bool signed_in, enum coverage_status coverage) {
    struct library s = {.loans = answer};
    struct scan_result r = scan(a, &s, signed_in);
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "auth-missing", "GET", "/loans"), coverage);
}

static void test_refusal_passes(void **state) {
    assert_silent(*state, REFUSES, false, COVERAGE_PASSED);
}
static void test_catch_all_is_no_answer(void **state) {
    assert_silent(*state, CATCH_ALL, false, COVERAGE_INCONCLUSIVE);
}
static void test_sign_in_page_with_200_is_a_refusal(void **state) {
    assert_silent(*state, SIGN_IN, false, COVERAGE_INCONCLUSIVE);
}
static void test_error_in_a_200_is_a_refusal(void **state) {
    assert_silent(*state, ERROR_IN_200, false, COVERAGE_INCONCLUSIVE);
}
static void test_empty_list_shows_nothing(void **state) {
    assert_silent(*state, EMPTY_LIST, false, COVERAGE_INCONCLUSIVE);
}
static void test_two_servers_of_which_one_refuses(void **state) {
    assert_silent(*state, ALTERNATES, false, COVERAGE_INCONCLUSIVE);
}
static void test_random_answers(void **state) {
    assert_silent(*state, RANDOM_TEXT, false, COVERAGE_INCONCLUSIVE);
}
static void test_connection_that_closes_is_inconclusive(void **state) {
    assert_silent(*state, DIES_LATER, false, COVERAGE_INCONCLUSIVE);
}
static void test_server_error_later_is_inconclusive(void **state) {
    assert_silent(*state, SERVER_ERROR, false, COVERAGE_INCONCLUSIVE);
}
static void test_wall_is_inconclusive(void **state) {
    assert_silent(*state, WALL, false, COVERAGE_INCONCLUSIVE);
}
static void test_public_view_beside_a_private_one(void **state) {
    assert_silent(*state, PUBLIC_VIEW, true, COVERAGE_INCONCLUSIVE);
}
static void test_cached_answer_says_nothing_when_others_sign_in(void **state) {
    assert_silent(*state, CACHED, true, COVERAGE_INCONCLUSIVE);
}

static void test_malformed_body_is_taken_as_text(void **state) {
    struct library s = {.loans = NOT_JSON};
    struct scan_result r = scan(*state, &s, false);
    assert_true(sim_count(&r, NULL) <= 1); // cut JSON is still an answer; nothing breaks
    assert_true(sim_coverage(&r, "auth-missing", "GET", "/loans") != COVERAGE_PASSED);
}

// -- without a description ----------------------------------------------------------------------------------------------------------

struct office {
    bool answers_private, sibling_refuses;
};

static void office_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    (void)sim;
    const struct office *s = state;
    struct sv path = sim_path(o);
    if (sv_eq(path, SV("/"))) sim_json(a, ret, 200, "{\"links\":[\"/staff/rooms\",\"/staff/people\",\"/prices\"]}");
    else if (sv_eq(path, SV("/staff/rooms")) && s->sibling_refuses) sim_json(a, ret, 401, "{\"error\":\"sign in\"}");
    else if (sv_eq(path, SV("/staff/rooms"))) sim_json(a, ret, 200, "{\"rooms\":[{\"floor\":1,\"colour\":\"red\"}]}");
    else if (sv_eq(path, SV("/staff/people")) && s->answers_private)
        sim_json(a, ret, 200, "{\"people\":[{\"first_name\":\"Ann\",\"last_name\":\"Lee\",\"salary\":5100},{\"first_name\":\"Bo\",\"last_name\":\"Ray\",\"salary\":4100}]}");
    else if (sv_eq(path, SV("/staff/people"))) sim_json(a, ret, 404, "{\"error\":\"nothing\"}");
    else if (sv_eq(path, SV("/prices"))) sim_json(a, ret, 200, "{\"prices\":[{\"hour\":12,\"day\":80}]}");
    else sim_json(a, ret, 404, "{\"error\":\"nothing\"}");
}

static struct scan_result scan_office(struct arena *a, struct office *s) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = office_server, .state = s, .only = "auth-missing", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void test_private_answer_beside_a_refusing_one_is_found(void **state) {
    struct office s = {.answers_private = true, .sibling_refuses = true};
    struct scan_result r = scan_office(*state, &s);
    const struct result_finding *f = sim_find(&r, "auth-missing", "/staff/people");
    if (f == NULL) sim_dump(&r);
    assert_non_null(f);
    assert_int_equal(f->severity, SEVERITY_HIGH);
    assert_int_equal(sim_count(&r, NULL), 1); // the price list is public
}

static void test_without_a_refusing_one_it_is_not_this_check(void **state) {
    struct office s = {.answers_private = true};
    struct scan_result r = scan_office(*state, &s);
    assert_int_equal(sim_count(&r, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_protected_operation_that_answers_nobody_is_found),
        test_with_arena(test_token_that_is_only_looked_at_when_sent_is_found),
        test_with_arena(test_refusal_passes),
        test_with_arena(test_catch_all_is_no_answer),
        test_with_arena(test_sign_in_page_with_200_is_a_refusal),
        test_with_arena(test_error_in_a_200_is_a_refusal),
        test_with_arena(test_empty_list_shows_nothing),
        test_with_arena(test_two_servers_of_which_one_refuses),
        test_with_arena(test_random_answers),
        test_with_arena(test_connection_that_closes_is_inconclusive),
        test_with_arena(test_server_error_later_is_inconclusive),
        test_with_arena(test_wall_is_inconclusive),
        test_with_arena(test_public_view_beside_a_private_one),
        test_with_arena(test_cached_answer_says_nothing_when_others_sign_in),
        test_with_arena(test_malformed_body_is_taken_as_text),
        test_with_arena(test_private_answer_beside_a_refusing_one_is_found),
        test_with_arena(test_without_a_refusing_one_it_is_not_this_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
