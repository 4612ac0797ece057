// SPDX-License-Identifier: Apache-2.0
// Whole scans against one operation whose answer is given by the case. Values that look alive are put together at run time.
#include "data/knowledge.h"
#include "http/header.h"
#include "match/match.h"
#include "support/sim.h"
#include "support/test.h"

#define HASH_1 "$2a$" "10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
#define HASH_2 "$2a$" "10$7EqJtq98hPqEX7fNZaFWoOa5Hz1oJ6e2oV1QkqN0c3mY4bKZy9x6W"
#define KEY "-----BEGIN " "PRIVATE KEY-----\\nMII7YAb2Mi2uR11zxUjoNmBJPrqDBd9gh5nF3shZsgZshGS6qVwaCs1Pslzamvt7\\n-----END " "PRIVATE KEY-----"
#define AWS_ID "AKIA" "VQJXXVBOTHD2WTFL"
#define AWS_SECRET "XlZmTRJs7m3gpkCrug7E" "N7bfQ1g2UVkls5I9WX1w"
#define JWT "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." "eyJpc3MiOiJ4Iiwic3ViIjoic3ZjIiwiZXhwIjoyMDc5MDYwMDAwfQ." "b2jJ0S8vQ3cN7mWzX4tKp1R6uE9yHaLdGfB5sTqVxYw"
#define CARD_1 "4539" "954255503492"
#define IBAN_1 "DE17" "560821440974992135"
#define IBAN_2 "NL31" "INGB5776014327"
#define DB_URL "postgres://app:" "Tr0ub4dor9x@db.internal:5432/app"

struct service {
    const char *path;   // of the operation; NULL: "/things"
    const char *body;   // %u is a number that grows
    unsigned status;    // 0: 200
    bool needs_token;
    bool closes, doc_shows;
    bool own_values;    // each identity sees `body`, nobody else
    unsigned asked;
};

static bool is_known(const struct outgoing *o) {
    return header_find(o->identity_headers, SV("Authorization")).len > 0;
}

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct service *s = state;
    struct sv path = sim_path(o);
    struct sv mail = sim_query(a, o, "mail");
    s->asked++;
    if (s->doc_shows && sv_eq(path, SV("/openapi.json"))) {
        sim_json(a, ret, 200, "{\"openapi\":\"3.0.3\",\"info\":{\"title\":\"x\",\"version\":\"1\"},"
                         "\"paths\":{\"/things\":{\"get\":{\"responses\":{\"200\":{\"description\":\"ok\"}}}}},\"x-sample\":%s}", s->body);
    } else if (!sv_eq(path, sv_from(s->path != NULL ? s->path : "/things"))) {
        sim_json(a, ret, 404, "{\"error\":\"nothing here\"}");
    } else if (s->closes) {
        sim->outcome = OUTCOME_CLOSED;
    } else if ((s->needs_token || s->own_values) && !is_known(o)) {
        sim_json(a, ret, 401, "{\"error\":\"no token\"}");
    } else if (mail.len > 0) {
        sim_json(a, ret, 200, "{\"asked_for\":\"" SV_FMT "\",\"again\":\"" SV_FMT "\",\"last_name\":\"x\"}", SV_ARG(mail), SV_ARG(mail));
    } else {
        char body[8192];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(body, sizeof body, s->body, sim->requests + 100000, sim->requests + 200000);
#pragma GCC diagnostic pop
        sim_json(a, ret, s->status == 0 ? 200 : s->status, "%s", body);
    }
}

static struct scan_result scan_as(struct arena *a, struct service *s, const char *operation, bool passive, const struct principal *who, size_t count) {
    struct scan_result r;
    struct error err = {0};
    struct sv spec = arena_printf(a, "openapi: 3.0.3\ninfo: {title: T, version: '1'}\n"
                                     "components: {securitySchemes: {k: {type: http, scheme: bearer}}}\npaths:\n  %s:\n    get: {%s}\n",
                                  s->path != NULL ? s->path : "/things", operation != NULL ? operation : "responses: {'200': {description: ok}}");
    const struct sim_options o = {.server = server, .state = s, .spec = s->doc_shows ? NULL : spec.ptr, .only = "sensitive-data", .mode = passive ? MODE_PASSIVE : MODE_SAFE,
                                  .passive = passive, .identities = who, .identity_count = count};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}
static struct scan_result scan(struct arena *a, struct service *s) {
    return scan_as(a, s, NULL, false, NULL, 0);
}

static struct principal person(struct arena *a, const char *name, const char *token) {
    struct principal p = {.name = sv_from(name)};
    assert_true(header_add(a, &p.headers, SV("Authorization"), arena_printf(a, "Bearer %s", token)));
    return p;
}

static const struct result_finding *only_finding(const struct scan_result *r) {
    const struct result_finding *f = sim_find(r, "sensitive-data", NULL);
    if (f == NULL || sim_count(r, NULL) != 1) sim_dump(r);
    assert_non_null(f);
    assert_int_equal(sim_count(r, NULL), 1);
    assert_int_equal(f->category, CATEGORY_EXPOSURE);
    return f;
}

static void assert_found(struct arena *a, const char *body, const char *cause, enum severity severity) {
    struct service s = {.body = body};
    struct scan_result r = scan(a, &s);
    const struct result_finding *f = only_finding(&r);
    assert_sv_equal(f->cause, sv_from(cause));
    assert_int_equal(f->severity, severity);
    assert_true(f->confidence >= CONFIDENCE_FIRM);
    assert_int_equal(f->evidence_count, 1);
}

static void assert_silent(struct arena *a, struct service s) {
    struct scan_result r = scan(a, &s);
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "sensitive-data", "GET", s.path != NULL ? s.path : "/things"), COVERAGE_PASSED);
}

static void test_secrets_are_found(void **state) {
    assert_found(*state, "[{\"name\":\"a\",\"h\":\"" HASH_1 "\"},{\"name\":\"b\",\"h\":\"" HASH_2 "\"}]", "password-hash", SEVERITY_HIGH);
    assert_found(*state, "{\"identity\":\"" KEY "\"}", "private-key", SEVERITY_CRITICAL);
    assert_found(*state, "{\"access_key_id\":\"" AWS_ID "\",\"secret_access_key\":\"" AWS_SECRET "\"}", "cloud", SEVERITY_CRITICAL);
    assert_found(*state, "{\"news\":\"x\",\"token\":\"" JWT "\"}", "token", SEVERITY_CRITICAL);
    assert_found(*state, "{\"cfg\":\"" DB_URL "\"}", "password", SEVERITY_CRITICAL);
}

static void test_personal_data_is_found(void **state) {
    assert_found(*state, "[{\"name\":\"a\",\"card_number\":\"" CARD_1 "\"}]", "card", SEVERITY_HIGH);
    assert_found(*state, "[{\"name\":\"a\",\"iban\":\"" IBAN_1 "\"},{\"name\":\"b\",\"iban\":\"" IBAN_2 "\"}]", "bank", SEVERITY_HIGH);
    assert_found(*state, "[{\"month\":1,\"newest\":\"lena.brandt@nordwind.de\"},{\"month\":2,\"newest\":\"j.okafor@lagos-trade.com\"}]", "contact",
                 SEVERITY_MEDIUM);
}

static void test_worst_group_names_the_finding(void **state) {
    assert_found(*state, "[{\"iban\":\"" IBAN_1 "\",\"h\":\"" HASH_1 "\"},{\"iban\":\"" IBAN_2 "\",\"h\":\"" HASH_2 "\"}]", "password-hash", SEVERITY_HIGH);
}

static void test_finding_is_confirmed_and_holds_no_value(void **state) {
    struct service s = {.body = "{\"secret_access_key\":\"" AWS_SECRET "\"}"};
    struct scan_result r = scan(*state, &s);
    const struct result_finding *f = only_finding(&r);
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    assert_false(sv_contains(f->evidence[0].response, SV("XlZmTRJs7m3gpkCrug7E")));
    assert_true(sv_contains(f->evidence[0].response, SV("{{aws_secret_key:")));
    assert_true(sv_contains(f->reason, SV("aws_secret_key")));
    assert_int_equal(f->fact_count, 1);
    assert_sv_text(r.facts[0].kind, "credential_leak");
    assert_sv_text(r.facts[0].subject, "GET /things");
    assert_sv_text(r.facts[0].args[0].value, "aws_secret_key");
}

static void test_passive_mode_finds_as_well(void **state) {
    struct service s = {.body = "{\"identity\":\"" KEY "\"}"};
    struct scan_result r = scan_as(*state, &s, NULL, true, NULL, 0);
    assert_non_null(sim_find(&r, "sensitive-data", "/things"));
}

static void test_secret_in_an_error_is_found(void **state) {
    struct service s = {.body = "{\"error\":\"connect " DB_URL " failed\"}", .status = 500};
    struct scan_result r = scan(*state, &s);
    assert_sv_text(only_finding(&r)->cause, "password");
}

static void test_examples_and_lookalikes(void **state) {
    assert_silent(*state, (struct service){.body = "{\"k\":\"AKIAIOSFODNN7" "EXAMPLE\",\"secret_access_key\":\"wJalrXUtnFEMI/K7MDEN" "G/bPxRfiCYEXAMPLEKEY\"}"});
    assert_silent(*state, (struct service){.body = "{\"card\":\"4111111111111111\",\"n\":\"4539563094546330\",\"id\":123456789}"});
    assert_silent(*state, (struct service){.body = "{\"key\":\"3f2b8c1e-9d47-4a6b-8c55-0e1f2a3b4c5d\",\"checksum\":\"da39a3ee5e6b4b0d3255bfef95601890afd80709\"}"});
    assert_silent(*state, (struct service){.body = "{\"phone\":\"+49 30 901820\",\"name\":\"Town hall\"}"});
}

static void test_tokens_for_the_caller(void **state) {
    // Another one in each answer.
    assert_silent(*state, (struct service){.body = "{\"token\":\"9dK7ZdnvzJTw6Gx7rRp%uXtXrLt\"}"});
    assert_silent(*state, (struct service){.body = "{\"csrf_token\":\"9dK7ZdnvzJTw6Gx7rRpBXtYXrLtXvDi7\"}"});
    assert_silent(*state, (struct service){.body = "{\"items\":[1],\"next_page_token\":\"9dK7ZdnvzJTw6Gx7rRpBXtYXrLtXvDi7\"}"});
    assert_silent(*state, (struct service){.path = "/session", .body = "{\"access_token\":\"" JWT "\"}"});
}

static void test_contact_data_on_purpose(void **state) {
    const char *shops = "[{\"name\":\"North\",\"street\":\"Mill Lane 2\",\"email\":\"north@bread.de\"},{\"name\":\"South\",\"street\":\"Hill 3\",\"email\":\"south@bread.de\"}]";
    assert_silent(*state, (struct service){.body = shops});
    assert_silent(*state, (struct service){.path = "/stores", .body = "[{\"name\":\"a\",\"mail\":\"a@bread.de\"},{\"name\":\"b\",\"mail\":\"b@bread.de\"}]"});
    assert_silent(*state, (struct service){.body = "{\"support\":{\"mail\":\"a@bread.de\"},\"sales_email\":\"b@bread.de\"}"});
    assert_silent(*state, (struct service){.body = "{\"title\":\"x\",\"mail\":\"one@bread.de\"}"});
    assert_silent(*state, (struct service){.body = "{\"donate_to\":\"" IBAN_1 "\"}"});
}

static void test_what_the_specification_shows_is_an_example(void **state) {
    assert_silent(*state, (struct service){.body = "[{\"iban\":\"" IBAN_1 "\"},{\"iban\":\"" IBAN_2 "\"}]", .doc_shows = true});
}

static void test_echo_of_the_request(void **state) {
    struct service s = {.body = "{}"};
    const char *operation = "parameters: [{name: mail, in: query, required: true, schema: {type: string, format: email}, example: lena.brandt@nordwind.de}], "
                            "responses: {'200': {description: ok}}";
    struct scan_result r = scan_as(*state, &s, operation, false, NULL, 0);
    if (sim_count(&r, NULL) > 0) sim_dump(&r);
    assert_int_equal(sim_count(&r, NULL), 0);
}

static void test_missing_authentication_explains_personal_data(void **state) {
    const char *protected = "security: [{k: []}], responses: {'200': {description: ok}}";
    struct service s = {.body = "[{\"name\":\"a\",\"iban\":\"" IBAN_1 "\"},{\"name\":\"b\",\"iban\":\"" IBAN_2 "\"}]"};
    struct scan_result r = scan_as(*state, &s, protected, false, NULL, 0);
    assert_int_equal(sim_count(&r, NULL), 0);
    // A hash is told whoever may ask.
    struct service h = {.body = "[{\"name\":\"a\",\"h\":\"" HASH_1 "\"}]"};
    r = scan_as(*state, &h, protected, false, NULL, 0);
    assert_sv_text(only_finding(&r)->cause, "password-hash");
}

static void test_own_key_is_ones_own(void **state) {
    struct service s = {.body = "{\"api_key\":\"9dK7ZdnvzJTw6Gx7rRpBXtYXrLtXvDi7\"}", .own_values = true};
    const struct principal who[] = {person(*state, "ann", "ann-5f2c81d90a7b"), person(*state, "bob", "bob-77aa00c1d2e3")};
    struct scan_result r = scan_as(*state, &s, NULL, false, who, 1);
    assert_int_equal(sim_count(&r, NULL), 0);
    // The same for two is nobody's own.
    r = scan_as(*state, &s, NULL, false, who, 2);
    assert_int_equal(only_finding(&r)->severity, SEVERITY_HIGH);
}

static void test_coverage_without_an_answer(void **state) {
    struct service closes = {.body = "{}", .closes = true}, refuses = {.body = "{}", .needs_token = true}, cut = {.body = "{\"a\":[1,"};
    struct scan_result r = scan(*state, &closes);
    assert_int_equal(sim_coverage(&r, "sensitive-data", "GET", "/things"), COVERAGE_INCONCLUSIVE);
    r = scan(*state, &refuses);
    assert_int_equal(sim_coverage(&r, "sensitive-data", "GET", "/things"), COVERAGE_NOT_TESTED);
    r = scan(*state, &cut);
    assert_int_equal(sim_count(&r, NULL), 0);
}

// Every class that the file names is one of the patterns, and no class has two groups.
static void test_groups_name_patterns(void **state) {
    struct error err = {0};
    struct node *n = NULL;
    struct match_set *set = NULL;
    struct map seen = {0};
    assert_ok(&err, knowledge_load(*state, SV("exposure"), &n, &err));
    assert_ok(&err, match_open(*state, &set, &err));
    for (const struct node *g = node_get(n, SV("groups"))->first; g != NULL; g = g->next) {
        assert_true(sv_starts_with(node_get_text(g, SV("source")), SV("https://")));
        for (const struct node *c = node_get(g, SV("classes"))->first; c != NULL; c = c->next) {
            if (match_find_pattern(set, c->text) == NULL) print_error("%.*s is no pattern\n", SV_ARG(c->text));
            assert_non_null(match_find_pattern(set, c->text));
            assert_false(map_has(&seen, c->text));
            assert_true(map_set(*state, &seen, c->text, set));
        }
    }
    for (const struct node *g = node_get(n, SV("faults"))->first; g != NULL; g = g->next) {
        for (const struct node *c = node_get(g, SV("patterns"))->first; c != NULL; c = c->next) {
            if (match_find_pattern(set, c->text) == NULL) print_error("%.*s is no pattern\n", SV_ARG(c->text));
            assert_non_null(match_find_pattern(set, c->text));
            assert_false(map_has(&seen, c->text));
            assert_true(map_set(*state, &seen, c->text, set));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test_with_arena(test_secrets_are_found),
        test_with_arena(test_personal_data_is_found),
        test_with_arena(test_worst_group_names_the_finding),
        test_with_arena(test_finding_is_confirmed_and_holds_no_value),
        test_with_arena(test_passive_mode_finds_as_well),
        test_with_arena(test_secret_in_an_error_is_found),
        test_with_arena(test_examples_and_lookalikes),
        test_with_arena(test_tokens_for_the_caller),
        test_with_arena(test_contact_data_on_purpose),
        test_with_arena(test_what_the_specification_shows_is_an_example),
        test_with_arena(test_echo_of_the_request),
        test_with_arena(test_missing_authentication_explains_personal_data),
        test_with_arena(test_own_key_is_ones_own),
        test_with_arena(test_coverage_without_an_answer),
        test_with_arena(test_groups_name_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
