// SPDX-License-Identifier: Apache-2.0
// A library with readers and a librarian: what readers get of the librarian's functions.
#include "support/sim.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Library, version: '1'}\n"
                           "paths:\n"
                           "  /books: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /me: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /admin/desk: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /admin/readers: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /reports/late: {get: {summary: 'Staff only. Readers with late books.', responses: {'200': {description: ok}}}}\n"
                           "  /v1/ledger: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /v2/ledger: {get: {responses: {'200': {description: ok}}}}\n";

enum flaw { CLOSED, CLASS, SIBLING, VERSION, DESCRIBED, HIDDEN, // found
            WORD_ONLY, OWN_ROLE, NOBODY_TOO, ECHO, CATCH_ALL, RANDOM_STATUS, REFUSES_IN_200, BLOCK, CACHED, CLOSES, MALFORMED, HALF_WAY, FLAW_COUNT };
struct library {
    enum flaw flaw;
    unsigned asked;
};

#define READERS "[{\"username\":\"ann\",\"role\":\"user\",\"email\":\"ann@lib.test\"},{\"username\":\"bob\",\"role\":\"admin\",\"email\":\"bob@lib.test\"}]"

// Who the credential belongs to: probes may carry another one than their identity's.
static unsigned caller_of(const struct outgoing *o) {
    struct sv credential = sim_request_header(o, "Authorization");
    return sv_ends_with(credential, SV("ann-token-000001")) ? 1 : sv_ends_with(credential, SV("bob-token-000002")) ? 2 : 0;
}

static void refuse(struct arena *a, struct response *ret) {
    sim_json(a, ret, 403, "{\"error\":\"librarians only\"}");
}

// What somebody who may gets there; false when there is nothing.
static bool answer_path(const struct library *l, struct arena *a, struct sv path, unsigned identity, struct response *ret) {
    if (sv_eq(path, SV("/books"))) sim_json(a, ret, 200, "[{\"title\":\"Emma\"},{\"title\":\"Dune\"}]");
    else if (sv_eq(path, SV("/me"))) sim_json(a, ret, 200, "{\"username\":\"%s\",\"permissions\":[\"read\"]}", identity == 1 ? "ann.wintergreen" : "bob.summerfield");
    else if (sv_eq(path, SV("/admin/desk"))) sim_json(a, ret, 200, "{\"open\":\"9 to 5\",\"name\":\"desk one\"}");
    else if (sv_eq(path, SV("/admin/readers"))) sim_json(a, ret, 200, READERS);
    else if (sv_eq(path, SV("/reports/late"))) sim_json(a, ret, 200, "[{\"reader\":\"ann\",\"book\":\"Emma\",\"days\":12}]");
    else if (sv_eq(path, SV("/v1/ledger")) || sv_eq(path, SV("/v2/ledger"))) sim_json(a, ret, 200, "{\"income\":120,\"customer\":\"town\"}");
    else if (sv_eq(path, SV("/admin/users")) && l->flaw == HIDDEN) sim_json(a, ret, 200, READERS);
    else return false;
    return true;
}

static bool is_for_librarians(struct sv path) {
    return sv_starts_with(path, SV("/admin")) || sv_starts_with(path, SV("/reports")) || sv_ends_with(path, SV("/ledger"));
}

static bool is_open(const struct library *l, struct sv path) {
    switch ((int)l->flaw) {
    case CLASS: return sv_eq(path, SV("/admin/readers"));
    case SIBLING: return sv_eq(path, SV("/admin/desk"));
    case WORD_ONLY: return sv_starts_with(path, SV("/admin"));
    case VERSION: return sv_eq(path, SV("/v1/ledger"));
    case DESCRIBED: return sv_eq(path, SV("/reports/late"));
    case HIDDEN: return sv_eq(path, SV("/admin/users"));
    case NOBODY_TOO: case CACHED: case HALF_WAY: return true;
    default: return false;
    }
}

static bool lie(struct sim *sim, const struct library *l, struct arena *a, struct sv path, struct response *ret) {
    static const unsigned statuses[] = {200, 403, 200, 404, 200, 500, 401};
    switch ((int)l->flaw) {
    case ECHO: sim_json(a, ret, 200, "{\"path\":\"%.*s\",\"readers\":" READERS "}", SV_ARG(path)); return true;
    case CATCH_ALL: sim_json(a, ret, 200, READERS); return true;
    case RANDOM_STATUS: sim_json(a, ret, statuses[(l->asked * 2654435761u >> 7) % 7], READERS); return true;
    case REFUSES_IN_200: sim_json(a, ret, 200, "{\"success\":false,\"message\":\"Access denied\"}"); return true;
    case BLOCK: sim_text(a, ret, 200, "text/html", "<html><title>Denied</title><body>Request blocked %u</body></html>", l->asked); return true;
    case CLOSES: sim->outcome = OUTCOME_CLOSED; sim_status(a, ret, 200); return true;
    case MALFORMED: sim_text(a, ret, 200, "application/json", "[{\"username\":\"ann\",\"role\":"); return true;
    default: return false;
    }
}

static void library_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct library *l = state;
    struct sv path = sim_path(o);
    l->asked++;
    if (l->flaw == CACHED && caller_of(o) == 1) sim_header(a, ret, "X-Cache", SV("HIT"));
    bool librarian = caller_of(o) == 2;
    if (caller_of(o) == 0 && l->flaw != NOBODY_TOO) sim_json(a, ret, 401, "{\"error\":\"sign in\"}");
    else if (l->flaw == HALF_WAY && caller_of(o) == 1 && l->asked > 30) sim_json(a, ret, 401, "{\"error\":\"session over\"}");
    else if (l->flaw == WORD_ONLY && sv_eq(path, SV("/admin/readers"))) sim_json(a, ret, 200, "{\"open\":\"9 to 5\"}");
    else if (!sv_eq(path, SV("/books")) && !sv_eq(path, SV("/me")) && !librarian && lie(sim, l, a, path, ret)) return;
    else if (is_for_librarians(path) && !librarian && !is_open(l, path)) refuse(a, ret);
    else if (!answer_path(l, a, path, caller_of(o), ret)) sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
}

static struct scan_result scan_as(struct arena *a, enum flaw flaw, bool labelled, size_t count) {
    struct header one[] = {{SV("Authorization"), SV("Bearer ann-token-000001")}}, two[] = {{SV("Authorization"), SV("Bearer bob-token-000002")}};
    const struct principal who[] = {{.name = SV("first"), .role = labelled ? SV("reader") : SV_NONE, .headers = {one, 1, 1}},
                                    {.name = SV("second"), .role = labelled ? SV("admin") : SV_NONE, .headers = {two, 1, 1}}};
    struct library l = {.flaw = flaw};
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = library_server, .state = &l, .spec = spec, .only = "bfla-role", .mode = MODE_SAFE, .identities = who, .identity_count = count};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void test_open_functions_are_found(void **state) {
    static const char *const paths[] = {[CLASS] = "/admin/readers", [SIBLING] = "/admin/desk", [VERSION] = "/v1/ledger", [DESCRIBED] = "/reports/late", [HIDDEN] = "/admin/users"};
    for (int flaw = CLASS; flaw <= HIDDEN; flaw++) {
        for (int labelled = 0; labelled < 2; labelled++) {
            struct scan_result r = scan_as(*state, (enum flaw)flaw, labelled == 1, 2);
            const struct result_finding *f = sim_find(&r, "bfla-role", paths[flaw]);
            if (f == NULL || sim_count(&r, NULL) != 1) {
                print_error("flaw %d, labelled %d\n", flaw, labelled);
                sim_dump(&r);
            }
            assert_non_null(f);
            assert_int_equal(sim_count(&r, NULL), 1);
            assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
            assert_int_equal(f->severity, flaw == SIBLING ? SEVERITY_LOW : SEVERITY_HIGH);
        }
    }
}

static void test_one_identity_that_was_refused_is_ordinary(void **state) {
    struct scan_result r = scan_as(*state, CLASS, false, 1);
    assert_non_null(sim_find(&r, "bfla-role", "/admin/readers"));
}

static void test_what_would_fool_it(void **state) {
    for (int flaw = CLOSED; flaw < FLAW_COUNT; flaw++) {
        if (flaw >= CLASS && flaw <= HIDDEN) continue;
        struct scan_result r = scan_as(*state, (enum flaw)flaw, true, 2);
        if (sim_count(&r, NULL) != 0) {
            print_error("flaw %d\n", flaw);
            sim_dump(&r);
        }
        assert_int_equal(sim_count(&r, NULL), 0);
    }
    struct scan_result r = scan_as(*state, CLOSED, true, 2);
    assert_int_equal(sim_coverage(&r, "bfla-role", "GET", "/admin/readers"), COVERAGE_PASSED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_open_functions_are_found),
        test_with_arena(test_one_identity_that_was_refused_is_ordinary),
        test_with_arena(test_what_would_fool_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
