// SPDX-License-Identifier: Apache-2.0
// Two customers of a clinic, and what one of them gets of the other's.
#include "base/numbers.h"
#include "http/header.h"
#include "support/sim.h"
#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Clinic, version: '1'}\n"
                           "paths:\n"
                           "  /me: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /visits: {get: {responses: {'200': {description: ok}}}}\n"
                           "  /visits/{id}:\n"
                           "    get:\n"
                           "      parameters: [{name: id, in: path, required: true, schema: {type: string}}]\n"
                           "      responses: {'200': {description: ok}}\n";
static const char shared_spec[] = "openapi: 3.0.3\n"
                                  "info: {title: Clinic, version: '1'}\n"
                                  "paths:\n"
                                  "  /visits: {get: {responses: {'200': {description: ok}}}}\n"
                                  "  /visits/{id}:\n"
                                  "    get:\n"
                                  "      description: Shared with all members.\n"
                                  "      parameters: [{name: id, in: path, required: true, schema: {type: string}}]\n"
                                  "      responses: {'200': {description: ok}}\n";
static const char nested_spec[] = "openapi: 3.0.3\n"
                                  "info: {title: Clinic, version: '1'}\n"
                                  "paths:\n"
                                  "  /patients: {get: {responses: {'200': {description: ok}}}}\n"
                                  "  /patients/{patient}/letters:\n"
                                  "    get:\n"
                                  "      parameters: [{name: patient, in: path, required: true, schema: {type: integer}}]\n"
                                  "      responses: {'200': {description: ok}}\n"
                                  "  /patients/{patient}/letters/{letter}:\n"
                                  "    get:\n"
                                  "      parameters:\n"
                                  "        - {name: patient, in: path, required: true, schema: {type: integer}}\n"
                                  "        - {name: letter, in: path, required: true, schema: {type: integer}}\n"
                                  "      responses: {'200': {description: ok}}\n";
static const char elsewhere_spec[] = "openapi: 3.0.3\n"
                                     "info: {title: Clinic, version: '1'}\n"
                                     "paths:\n"
                                     "  /visits: {get: {responses: {'200': {description: ok}}}}\n"
                                     "  /bill:\n"
                                     "    get:\n"
                                     "      parameters: [{name: visit_id, in: query, required: true, schema: {type: string}}]\n"
                                     "      responses: {'200': {description: ok}}\n"
                                     "  /plan:\n"
                                     "    get:\n"
                                     "      parameters: [{name: X-Visit-Id, in: header, required: true, schema: {type: string}}]\n"
                                     "      responses: {'200': {description: ok}}\n"
                                     "  /lookup:\n"
                                     "    post:\n"
                                     "      x-plumb-read-only: true\n"
                                     "      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [visit_id],\n"
                                     "        properties: {visit_id: {type: string}}}}}}\n"
                                     "      responses: {'200': {description: ok}}\n";

static const char filter_spec[] = "openapi: 3.0.3\n"
                                  "info: {title: Clinic, version: '1'}\n"
                                  "paths:\n"
                                  "  /me: {get: {responses: {'200': {description: ok}}}}\n"
                                  "  /articles:\n"
                                  "    get:\n"
                                  "      parameters: [{name: user_id, in: query, schema: {type: integer}}]\n"
                                  "      responses: {'200': {description: ok}}\n";
// Something of an object is refused to others: the object itself, or a part of it only.
static const char whole_spec[] = "openapi: 3.0.3\n"
                                 "info: {title: Clinic, version: '1'}\n"
                                 "paths:\n"
                                 "  /me: {get: {responses: {'200': {description: ok}}}}\n"
                                 "  /posts: {get: {responses: {'200': {description: ok}}}}\n"
                                 "  /posts/{id}:\n"
                                 "    get:\n"
                                 "      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]\n"
                                 "      responses: {'200': {description: ok}}\n"
                                 "  /posts/{id}/figures:\n"
                                 "    get:\n"
                                 "      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]\n"
                                 "      responses: {'200': {description: ok}}\n";

enum flaw {
    CHECKED, OPEN, UUIDS, BASE64, PLAIN_NOTES, PLAIN_BLOG, SIBLING, // what may be found
    NOBODY_TOO, SAME_FOR_ALL, MADE_UP, ECHO_200, NULL_200, FORBIDDEN_BODY, LOGIN_PAGE, CHANGING, RANDOM_STATUS, CACHED, BLOCK, DIES, CLOSES, MALFORMED,
    LISTED_TO_ALL, WHOLE_REFUSED, PART_REFUSED, PARENT_ONLY, PARENT_AND_CHILD, CHILD_OPEN, SLOW_500, FLAW_COUNT
};
struct clinic {
    enum flaw flaw;
    unsigned asked;
};

static const char *const uuids[] = {"0b9f2b0e-6c1d-4b52-9d4e-0f6a3f5f1c01", "5d1f8a44-77ce-4a0d-8f5e-c2a9d1be7702", "c6a1e0d2-12b3-4c4d-9e5f-aa0bb1cc2d03",
                                    "e8d7c6b5-a493-4821-b0cf-de1234567804"};
static const char *const encoded[] = {"dmlzaXQ6MQ==", "dmlzaXQ6Mg==", "dmlzaXQ6Mw==", "dmlzaXQ6NA=="};
static const char *const plain[] = {"1", "2", "3", "4"};

static const char *id_of(const struct clinic *c, unsigned n) {
    return c->flaw == UUIDS ? uuids[n - 1] : c->flaw == BASE64 ? encoded[n - 1] : plain[n - 1];
}

// Who the credential belongs to: probes may carry another one than their identity's.
static unsigned caller_of(const struct outgoing *o) {
    struct sv credential = sim_request_header(o, "Authorization");
    return sv_ends_with(credential, SV("ann-token-000001")) ? 1 : sv_ends_with(credential, SV("bob-token-000002")) ? 2 : 0;
}

// Visits 1 and 2 are Ann's (identity 1), 3 and 4 Bob's (identity 2).
static unsigned owner_of(unsigned n) {
    return n <= 2 ? 1 : 2;
}

static unsigned visit_of(const struct clinic *c, struct arena *a, struct sv text) {
    struct sv id = url_decode(a, text, false);
    for (unsigned n = 1; n <= 4; n++) {
        if (sv_eq(id, sv_from(id_of(c, n)))) return n;
    }
    return 0;
}

static void answer_visit(const struct clinic *c, struct arena *a, unsigned n, struct response *ret) {
    static const char *const words[] = {"knee", "tooth", "ear", "back"};
    const char *id = id_of(c, n);
    if (c->flaw == PLAIN_NOTES) sim_json(a, ret, 200, "{\"id\":\"%s\",\"user_id\":%u,\"text\":\"note on %s\"}", id, owner_of(n), words[n - 1]);
    else if (c->flaw == PLAIN_BLOG || c->flaw == SIBLING) sim_json(a, ret, 200, "{\"id\":\"%s\",\"text\":\"post on %s\"}", id, words[n - 1]);
    else if (c->flaw == CHANGING)
        sim_json(a, ret, 200, "{\"id\":\"%s\",\"patient_id\":%u,\"diagnosis\":\"%s\",\"asked\":%u}", id, owner_of(n), words[n - 1], c->asked);
    else sim_json(a, ret, 200, "{\"id\":\"%s\",\"patient_id\":%u,\"diagnosis\":\"%s %u\"}", id, owner_of(n) + 70, words[n - 1], n);
}

static bool is_refused(const struct clinic *c, unsigned identity, unsigned n) {
    bool open = (c->flaw >= OPEN && c->flaw <= SIBLING) || c->flaw == CHANGING || c->flaw == CACHED || c->flaw == CHILD_OPEN;
    return !open && owner_of(n) != identity;
}

static void answer_missing(struct sim *sim, struct clinic *c, struct arena *a, const struct outgoing *o, struct response *ret, bool exists) {
    struct sv target = o->request->target;
    switch ((int)c->flaw) {
    case ECHO_200: sim_json(a, ret, 200, "{\"ok\":false,\"message\":\"visit %.*s is not yours\"}", SV_ARG(target)); return;
    case NULL_200: sim_json(a, ret, 200, "{\"visit\":null}"); return;
    case FORBIDDEN_BODY: sim_json(a, ret, 403, "{\"error\":\"visit %.*s belongs to a patient\"}", SV_ARG(target)); return;
    case LOGIN_PAGE: sim_status(a, ret, 302); sim_header(a, ret, "Location", SV("/login")); return;
    case BLOCK: sim_text(a, ret, 200, "text/html", "<html><title>Blocked</title><body>Request blocked %u</body></html>", c->asked); return;
    case SLOW_500: sim_json(a, ret, 500, "{\"error\":\"oops\"}"); return;
    case CLOSES: sim->outcome = OUTCOME_CLOSED; sim_status(a, ret, 200); return;
    case MALFORMED: sim_text(a, ret, 200, "application/json", "{\"id\":1,\"patient_id\":"); return;
    default: sim_json(a, ret, exists ? 403 : 404, "{\"error\":\"%s\"}", exists ? "not yours" : "no such visit"); return;
    }
}

static void answer_by_id(struct sim *sim, struct clinic *c, struct arena *a, const struct outgoing *o, struct sv text, struct response *ret) {
    unsigned n = visit_of(c, a, text);
    static const unsigned statuses[] = {200, 403, 404, 200, 500, 401, 200};
    if (c->flaw == SAME_FOR_ALL) sim_json(a, ret, 200, "{\"patient_id\":7,\"diagnosis\":\"none at all\"}");
    else if (c->flaw == MADE_UP) sim_json(a, ret, 200, "{\"id\":\"%.*s\",\"patient_id\":7,\"diagnosis\":\"made up\"}", SV_ARG(text));
    else if (c->flaw == RANDOM_STATUS) sim_json(a, ret, statuses[(c->asked * 2654435761u >> 9) % 7], "{\"id\":5,\"patient_id\":%u,\"diagnosis\":\"x%u\"}", c->asked, c->asked);
    else if (n == 0 || (c->flaw != NOBODY_TOO && is_refused(c, caller_of(o), n))) answer_missing(sim, c, a, o, ret, n != 0);
    else answer_visit(c, a, n, ret);
    if (c->flaw == CACHED && caller_of(o) == 2) sim_header(a, ret, "X-Cache", SV("HIT"));
}

static void answer_list(const struct clinic *c, struct arena *a, unsigned identity, struct response *ret) {
    unsigned first = identity == 1 ? 1 : 3;
    if (c->flaw == LISTED_TO_ALL) sim_json(a, ret, 200, "[{\"id\":\"1\"},{\"id\":\"2\"},{\"id\":\"3\"},{\"id\":\"4\"}]");
    else if (c->flaw == PLAIN_BLOG) sim_json(a, ret, 200, "[{\"id\":\"%s\"},{\"id\":\"%s\"}]", id_of(c, first), id_of(c, first + 1));
    else sim_json(a, ret, 200, "[{\"id\":\"%s\",\"user_id\":%u},{\"id\":\"%s\",\"user_id\":%u}]", id_of(c, first), identity, id_of(c, first + 1), identity);
}

static void answer_nested(struct clinic *c, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct sv rest = sv_from_index(sim_path(o), 1), part;
    uint64_t patient = 0, letter = 0, own = (uint64_t)caller_of(o) + 50;
    bool has_patient = sv_split(&rest, '/', &part) && rest.ptr != NULL && sv_split(&rest, '/', &part) && number_parse_u64(part, &patient) == 0;
    bool has_letter = rest.ptr != NULL && sv_split(&rest, '/', &part) && rest.ptr != NULL && sv_split(&rest, '/', &part) && number_parse_u64(part, &letter) == 0;
    if (!has_patient) sim_json(a, ret, 200, "[{\"id\":%u}]", (unsigned)own);
    else if (patient != own && c->flaw != CHILD_OPEN) sim_json(a, ret, patient > 52 ? 404 : 403, "{\"error\":\"no\"}");
    else if (patient > 52) sim_json(a, ret, 404, "{\"error\":\"no patient\"}");
    else if (!has_letter) sim_json(a, ret, 200, "[{\"letter_id\":%u,\"subject\":\"a\"}]", (unsigned)patient * 10 + 3);
    else if (letter != 513 && letter != 523) sim_json(a, ret, 404, "{\"error\":\"no letter\"}");
    else if (letter / 10 != patient && c->flaw == PARENT_AND_CHILD) sim_json(a, ret, 404, "{\"error\":\"no letter\"}");
    else sim_json(a, ret, 200, "{\"letter_id\":%u,\"patient_name\":\"%s\",\"diagnosis\":\"%s\"}", (unsigned)letter, letter == 513 ? "Ann Lee" : "Bob Ray",
                  letter == 513 ? "asthma" : "gout");
}

static void answer_post(const struct clinic *c, struct arena *a, unsigned identity, struct sv rest, struct response *ret) {
    struct sv text;
    if (!sv_split(&rest, '/', &text)) text = SV("");
    unsigned n = visit_of(c, a, text);
    bool part = rest.ptr != NULL;
    if (n == 0) sim_json(a, ret, 404, "{\"error\":\"no such post\"}");
    else if (owner_of(n) != identity && part == (c->flaw == PART_REFUSED)) sim_json(a, ret, 403, "{\"error\":\"no\"}");
    else if (part) sim_json(a, ret, 200, "{\"readers\":%u,\"minutes\":%u,\"from\":\"%s\"}", n * 713, n * 57, n % 2 == 0 ? "letters" : "search");
    else sim_json(a, ret, 200, "{\"id\":%u,\"text\":\"a post on %s\"}", n, n == 1 ? "knots" : n == 2 ? "sails" : n == 3 ? "tides" : "maps");
}

// Those of the caller, or of whom the filter names.
static void answer_articles(struct arena *a, const struct outgoing *o, struct response *ret) {
    struct sv user = sim_query(a, o, "user_id");
    unsigned who = user.ptr == NULL ? caller_of(o) : sv_eq(user, SV("1")) ? 1 : sv_eq(user, SV("2")) ? 2 : 0;
    if (who == 0) sim_json(a, ret, 200, "[]");
    else sim_json(a, ret, 200, "[{\"title\":\"%s\",\"words\":%u}]", who == 1 ? "Seven knots" : "Mending sails", 800 + who * 37);
}

static void clinic_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct clinic *c = state;
    struct sv path = sim_path(o), text;
    c->asked++;
    bool dead = c->flaw == DIES && caller_of(o) == 2 && c->asked > 8;
    if ((caller_of(o) == 0 && c->flaw != NOBODY_TOO) || dead) sim_json(a, ret, 401, "{\"error\":\"sign in\"}");
    else if (sv_eq(path, SV("/me"))) sim_json(a, ret, 200, "{\"user\":{\"id\":%u,\"name\":\"%s\"}}", caller_of(o), caller_of(o) == 1 ? "Ann Wintergreen" : "Bob Summerfield");
    else if (sv_eq(path, SV("/visits"))) answer_list(c, a, caller_of(o), ret);
    else if (sv_starts_with(path, SV("/visits/"))) answer_by_id(sim, c, a, o, sv_from_index(path, 8), ret);
    else if (sv_eq(path, SV("/articles"))) answer_articles(a, o, ret);
    else if (sv_eq(path, SV("/posts"))) sim_json(a, ret, 200, "[{\"id\":%u},{\"id\":%u}]", caller_of(o) * 2 - 1, caller_of(o) * 2);
    else if (sv_starts_with(path, SV("/posts/"))) answer_post(c, a, caller_of(o), sv_from_index(path, 7), ret);
    else if (sv_starts_with(path, SV("/patients"))) answer_nested(c, a, o, ret);
    else if (sv_eq(path, SV("/bill")) && (text = sim_query(a, o, "visit_id")).ptr != NULL) {
        if (c->flaw == SIBLING && visit_of(c, a, text) > 0 && owner_of(visit_of(c, a, text)) != caller_of(o)) sim_json(a, ret, 403, "{\"error\":\"no\"}");
        else answer_by_id(sim, c, a, o, text, ret);
    } else if (sv_eq(path, SV("/plan")) && (text = header_find(&o->request->headers, SV("X-Visit-Id"))).ptr != NULL) answer_by_id(sim, c, a, o, text, ret);
    else if (sv_eq(path, SV("/lookup"))) {
        unsigned n = 0;
        for (unsigned i = 1; i <= 4; i++) {
            if (sv_contains(o->request->body, arena_printf(a, "\"%s\"", id_of(c, i)))) n = i;
        }
        answer_by_id(sim, c, a, o, n == 0 ? SV("none") : sv_from(id_of(c, n)), ret);
    } else sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
}

static struct scan_result scan_as(struct arena *a, struct clinic *c, const char *text, const struct principal *who, size_t count) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = clinic_server, .state = c, .spec = text, .only = "bola-cross", .mode = MODE_SAFE, .identities = who, .identity_count = count};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static struct scan_result scan(struct arena *a, enum flaw flaw, const char *text) {
    struct header one[] = {{SV("Authorization"), SV("Bearer ann-token-000001")}}, two[] = {{SV("Authorization"), SV("Bearer bob-token-000002")}};
    const struct principal who[] = {{.name = SV("ann"), .headers = {one, 1, 1}}, {.name = SV("bob"), .headers = {two, 1, 1}}};
    struct clinic c = {.flaw = flaw};
    return scan_as(a, &c, text, who, 2);
}

static size_t count_real(const struct scan_result *r) {
    size_t n = 0;
    for (size_t i = 0; i < r->finding_count; i++) n += r->findings[i].severity > SEVERITY_INFO;
    return n;
}

static void test_objects_of_others_are_found(void **state) {
    static const enum flaw flaws[] = {OPEN, UUIDS, BASE64, CHANGING};
    for (size_t i = 0; i < sizeof flaws / sizeof flaws[0]; i++) {
        struct scan_result r = scan(*state, flaws[i], spec);
        const struct result_finding *f = sim_find(&r, "bola-cross", "/visits/{id}");
        if (f == NULL || f->confidence != CONFIDENCE_CONFIRMED) {
            print_error("flaw %d\n", (int)flaws[i]);
            sim_dump(&r);
        }
        assert_non_null(f);
        assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
        assert_int_equal(f->severity, flaws[i] == UUIDS ? SEVERITY_MEDIUM : SEVERITY_HIGH);
        assert_sv_text(f->parameter, "id");
        assert_int_equal(sim_count(&r, NULL), 1);
    }
}

static void test_weaker_signs_weigh_less(void **state) {
    struct scan_result r = scan(*state, PLAIN_NOTES, spec);
    const struct result_finding *f = sim_find(&r, "bola-cross", "/visits/{id}");
    assert_non_null(f);
    assert_int_equal(f->confidence, CONFIDENCE_FIRM);
    assert_int_equal(f->severity, SEVERITY_MEDIUM);
    r = scan(*state, PLAIN_BLOG, spec);
    f = sim_find(&r, "bola-cross", "/visits/{id}");
    assert_non_null(f);
    assert_int_equal(f->confidence, CONFIDENCE_TENTATIVE);
    assert_int_equal(f->severity, SEVERITY_INFO);
}

static void test_ids_in_query_header_and_body(void **state) {
    struct scan_result r = scan(*state, OPEN, elsewhere_spec);
    if (sim_count(&r, NULL) != 4) sim_dump(&r);
    assert_non_null(sim_find(&r, "bola-cross", "/bill"));
    assert_non_null(sim_find(&r, "bola-cross", "/plan"));
    assert_non_null(sim_find(&r, "bola-cross", "/lookup"));
}

static void test_children_under_an_own_parent(void **state) {
    struct scan_result r = scan(*state, PARENT_ONLY, nested_spec);
    const struct result_finding *f = sim_find(&r, "bola-cross", "/patients/{patient}/letters/{letter}");
    if (f == NULL) sim_dump(&r);
    assert_non_null(f);
    assert_sv_text(f->parameter, "letter");
    assert_true(f->confidence >= CONFIDENCE_FIRM); // no answer about the caller proves the credentials here
    r = scan(*state, CHILD_OPEN, nested_spec);
    assert_non_null(sim_find(&r, "bola-cross", "/patients/{patient}/letters"));
    assert_non_null(sim_find(&r, "bola-cross", "/patients/{patient}/letters/{letter}"));
    r = scan(*state, PARENT_AND_CHILD, nested_spec);
    if (count_real(&r) != 0) sim_dump(&r);
    assert_int_equal(count_real(&r), 0);
}

// Public posts have figures for their authors: that those are refused says nothing of the post. The other way round it does.
static void test_what_is_refused_of_the_same_object(void **state) {
    struct scan_result r = scan(*state, WHOLE_REFUSED, whole_spec);
    const struct result_finding *f = sim_find(&r, "bola-cross", "/posts/{id}/figures");
    if (f == NULL) sim_dump(&r);
    assert_non_null(f);
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    r = scan(*state, PART_REFUSED, whole_spec);
    f = sim_find(&r, "bola-cross", "/posts/{id}");
    if (f == NULL || count_real(&r) != 0) sim_dump(&r);
    assert_int_equal(count_real(&r), 0);
    assert_non_null(f);
    assert_int_equal(f->confidence, CONFIDENCE_TENTATIVE);
}

// A filter whose default is the caller: of public things it is no flaw, so it is never sure.
static void test_filters_with_a_default_are_not_sure(void **state) {
    struct scan_result r = scan(*state, CHECKED, filter_spec);
    const struct result_finding *f = sim_find(&r, "bola-cross", "/articles");
    assert_non_null(f);
    if (f->confidence == CONFIDENCE_CONFIRMED) sim_dump(&r);
    assert_int_equal(f->confidence, CONFIDENCE_FIRM);
    assert_int_equal(f->severity, SEVERITY_MEDIUM);
}

static void test_what_would_fool_it(void **state) {
    for (int flaw = CHECKED; flaw < FLAW_COUNT; flaw++) {
        bool found = (flaw >= OPEN && flaw <= SIBLING) || flaw == CHANGING || flaw == CHILD_OPEN;
        if (found) continue;
        struct scan_result r = scan(*state, (enum flaw)flaw, spec);
        if (count_real(&r) != 0) {
            print_error("flaw %d\n", flaw);
            sim_dump(&r);
        }
        assert_int_equal(count_real(&r), 0);
    }
}

static void test_shared_objects_and_administrators_are_left_alone(void **state) {
    struct scan_result r = scan(*state, OPEN, shared_spec);
    assert_int_equal(count_real(&r), 0);
    struct header one[] = {{SV("Authorization"), SV("Bearer ann-token-000001")}}, two[] = {{SV("Authorization"), SV("Bearer bob-token-000002")}};
    const struct principal admin[] = {{.name = SV("ann"), .role = SV("admin"), .headers = {one, 1, 1}}, {.name = SV("bob"), .role = SV("admin"), .headers = {two, 1, 1}}};
    struct clinic c = {.flaw = OPEN};
    r = scan_as(*state, &c, spec, admin, 2);
    assert_int_equal(count_real(&r), 0);
    const struct principal tenants[] = {{.name = SV("ann"), .tenant = SV("north"), .headers = {one, 1, 1}}, {.name = SV("bob"), .tenant = SV("south"), .headers = {two, 1, 1}}};
    c = (struct clinic){.flaw = PLAIN_BLOG};
    r = scan_as(*state, &c, spec, tenants, 2);
    const struct result_finding *f = sim_find(&r, "bola-cross", "/visits/{id}");
    assert_non_null(f);
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
}

static void test_status_that_tells_what_exists(void **state) {
    struct scan_result r = scan(*state, CHECKED, spec);
    const struct result_finding *f = sim_find(&r, "bola-cross", NULL);
    assert_non_null(f);
    assert_int_equal(f->severity, SEVERITY_INFO);
    assert_int_equal(sim_coverage(&r, "bola-cross", "GET", "/visits/{id}"), COVERAGE_PASSED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_objects_of_others_are_found),
        test_with_arena(test_weaker_signs_weigh_less),
        test_with_arena(test_ids_in_query_header_and_body),
        test_with_arena(test_children_under_an_own_parent),
        test_with_arena(test_what_is_refused_of_the_same_object),
        test_with_arena(test_filters_with_a_default_are_not_sure),
        test_with_arena(test_what_would_fool_it),
        test_with_arena(test_shared_objects_and_administrators_are_left_alone),
        test_with_arena(test_status_that_tells_what_exists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
