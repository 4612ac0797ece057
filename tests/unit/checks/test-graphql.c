// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "checks/support/graphql_schema.h"
#include "support/sim.h"

#include "support/test.h"

#define SCALAR "{\"kind\":\"SCALAR\",\"name\":\"String\"}"
#define FIELD(name, type) "{\"name\":\"" name "\",\"args\":[],\"type\":" type "}"
#define OBJECT(name) "{\"kind\":\"OBJECT\",\"name\":\"" name "\"}"
#define LIST(type) "{\"kind\":\"LIST\",\"ofType\":" type "}"
#define ID_ARGUMENT "[{\"name\":\"id\",\"type\":{\"kind\":\"NON_NULL\",\"ofType\":{\"kind\":\"SCALAR\",\"name\":\"ID\"}}}]"
static const char schema[] =
    "{\"data\":{\"__schema\":{\"queryType\":{\"name\":\"Root\"},\"mutationType\":null,\"types\":["
    "{\"kind\":\"OBJECT\",\"name\":\"Root\",\"fields\":[" FIELD("people", LIST(OBJECT("Person"))) "," FIELD("mine", LIST(OBJECT("Bill"))) ","
    "{\"name\":\"bill\",\"args\":" ID_ARGUMENT ",\"type\":" OBJECT("Bill") "}," FIELD("release", SCALAR) "]},"
    "{\"kind\":\"OBJECT\",\"name\":\"Person\",\"fields\":[" FIELD("id", SCALAR) "," FIELD("email", SCALAR) "," FIELD("salary", SCALAR) "]},"
    "{\"kind\":\"OBJECT\",\"name\":\"Bill\",\"fields\":[" FIELD("id", SCALAR) "," FIELD("iban", SCALAR) "," FIELD("bad name", SCALAR) "]},"
    "{\"kind\":\"SCALAR\",\"name\":\"String\",\"fields\":null}]}}}";

enum flaw { NONE = 0, TELLS = 1, OPEN = 2, FOREIGN = 4, BATCH = 8, GETS = 16, SUGGESTS = 32, ECHO = 64, EVERYWHERE = 128, TEAM_PAGE = 256, SHALLOW = 512, PAGES = 1024, COLLECTIONS = 2048, WRAPPED = 4096, REST = 8192, SPECIFIED = 16384 };

static void refuse(struct arena *a, struct response *ret, const char *text) {
    sim_json(a, ret, 200, "{\"errors\":[{\"message\":\"%s\"}],\"data\":null}", text);
}

static void answer_bill(struct arena *a, struct response *ret, struct sv body, size_t user, unsigned flaws) {
    size_t owner = sv_contains(body, SV("b-7101")) ? 1 : sv_contains(body, SV("b-7102")) ? 2 : 0;
    if (user == 0) refuse(a, ret, "not signed in");
    else if (owner == 0 || (owner != user && (flaws & FOREIGN) == 0)) sim_json(a, ret, 200, "{\"data\":{\"bill\":null}}");
    else sim_json(a, ret, 200, "{\"data\":{\"bill\":{\"id\":\"b-710%zu\",\"iban\":\"%s\"}}}", owner, owner == 1 ? "DE89370400440532013000" : "DE12500105170648489890");
}

static void answer_document(struct arena *a, struct response *ret, struct sv body, size_t user, unsigned flaws) {
    struct sv alias = sv_slice(body, sv_find(body, SV("{")) + 1, sv_find(body, SV("__typename")));
    if (sv_contains(body, SV("\"{__typename}\""))) sim_json(a, ret, 200, "{\"data\":{\"__typename\":\"Root\"}}");
    else if ((flaws & SHALLOW) != 0 && sv_contains(body, SV("ofType{kind name ofType"))) refuse(a, ret, "too deep");
    else if (sv_contains(body, SV("__schema"))) (flaws & TELLS) != 0 ? sim_json(a, ret, 200, "%s", schema) : refuse(a, ret, "introspection is off");
    else if (sv_contains(body, SV("{people{"))) {
        if (user == 0 && (flaws & (OPEN | TEAM_PAGE)) == 0) refuse(a, ret, "not signed in");
        else if ((flaws & TEAM_PAGE) != 0) sim_json(a, ret, 200, "{\"data\":{\"people\":[{\"id\":\"x\",\"email\":null,\"salary\":null}]}}");
        else sim_json(a, ret, 200, "{\"data\":{\"people\":[{\"id\":\"x\",\"email\":\"ada@corp.example.org\",\"salary\":\"4100\"}]}}");
    } else if (sv_contains(body, SV("{mine{"))) {
        if (user == 0) refuse(a, ret, "not signed in");
        else sim_json(a, ret, 200, "{\"data\":{\"mine\":[{\"id\":\"b-710%zu\",\"iban\":\"%s\"}]}}", user, user == 1 ? "DE89370400440532013000" : "DE12500105170648489890");
    } else if (sv_contains(body, SV("{bill("))) answer_bill(a, ret, body, user, flaws);
    else if (sv_contains(body, SV("{release}"))) sim_json(a, ret, 200, "{\"data\":{\"release\":\"1.2\"}}");
    else if (alias.len > 2 && sv_ends_with(alias, SV(":"))) sim_json(a, ret, 200, "{\"data\":{\"" SV_FMT "\":\"Root\"}}", SV_ARG(sv_slice(alias, 0, alias.len - 1)));
    else if ((flaws & SUGGESTS) != 0 && sv_contains(body, SV("userz"))) refuse(a, ret, "Cannot query field userz. Did you mean user?");
    else if ((flaws & SUGGESTS) != 0 && sv_contains(body, SV("userq"))) refuse(a, ret, "Cannot query field userq. Did you mean user?");
    else refuse(a, ret, "Cannot query that field");
}

static void answer_batch(struct arena *a, struct response *ret, struct sv body) {
    auto_buf b = BUF_INIT(64 * 1024);
    struct sv rest = body, part;
    buf_add(&b, SV("["));
    for (unsigned n = 0; sv_split(&rest, '{', &part);) {
        if (!sv_contains(part, SV("__typename"))) continue;
        buf_addf(&b, "%s{\"data\":{\"x\":\"Root\"}}", n++ == 0 ? "" : ",");
    }
    buf_add(&b, SV("]"));
    sim_json(a, ret, 200, SV_FMT, SV_ARG(buf_sv(&b)));
}

// Services that answer anything at any path, and one whose path only sounds like it: a document sent there would be stored.
static void answer_nothing(struct arena *a, const struct outgoing *o, struct response *ret, unsigned flaws) {
    if (sv_eq(o->request->method, SV("POST"))) fail_msg("a document was posted to something that is no GraphQL endpoint");
    if ((flaws & PAGES) != 0) sim_text(a, ret, 200, "text/html", "<html><div id=\"root\"></div></html>");
    else if ((flaws & COLLECTIONS) != 0) sim_json(a, ret, 200, "[]");
    else sim_json(a, ret, sv_eq(sim_path(o), SV("/exports/graphql")) ? 200 : 404, "{\"exports\":[]}");
}

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    unsigned flaws = *(const unsigned *)state;
    struct sv body = o->request->body, query = sim_query(a, o, "query");
    (void)sim;
    if (sv_contains(body, SV("mutation{"))) fail_msg("a writing document was sent");
    if ((flaws & ECHO) != 0) {
        sim_json(a, ret, 200, "{\"data\":" SV_FMT "}", SV_ARG(body.len > 0 ? body : SV("{}")));
        return;
    }
    if ((flaws & (PAGES | COLLECTIONS | REST)) != 0) {
        answer_nothing(a, o, ret, flaws);
        return;
    }
    if ((flaws & WRAPPED) != 0) {
        sim_json(a, ret, sv_eq(sim_path(o), SV("/graphql")) ? 200 : 404, "{\"data\":{\"__typename\":\"Thing\",\"id\":7}}");
        return;
    }
    if (!sv_eq(sim_path(o), SV("/graphql")) && (flaws & EVERYWHERE) == 0) {
        sim_json(a, ret, 404, "{\"error\":\"none\"}");
        return;
    }
    bool post = sv_eq(o->request->method, SV("POST"));
    if (!post && ((flaws & GETS) == 0 || query.len == 0)) sim_json(a, ret, 405, "{\"error\":\"POST only\"}");
    else if (!post) answer_document(a, ret, query, o->identity, flaws);
    else if (sv_starts_with(body, SV("["))) (flaws & BATCH) != 0 ? answer_batch(a, ret, body) : sim_json(a, ret, 400, "{\"errors\":[{\"message\":\"no batches\"}]}");
    else answer_document(a, ret, body, o->identity, flaws);
}

static const char rest_spec[] = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n  /exports/graphql:\n"
                                "    get: {responses: {'200': {description: ok}}}\n"
                                "    post:\n      requestBody:\n        content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}\n"
                                "      responses: {'201': {description: ok}}\n";

static const char graphql_spec[] = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n  /graphql:\n"
                                   "    post:\n      requestBody:\n        content: {application/json: {schema: {type: object, properties: {query: {type: string}, variables: {type: object}}}}}\n"
                                   "      responses: {'200': {description: ok}}\n";

static struct scan_result scan(struct arena *a, unsigned flaws) {
    static const struct principal people[2] = {{.name = SV_INIT("ada")}, {.name = SV_INIT("bob")}};
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = server, .state = &flaws, .spec = (flaws & REST) != 0 ? rest_spec : (flaws & SPECIFIED) != 0 ? graphql_spec : NULL, .only = "graphql", .mode = MODE_SAFE, .identities = people, .identity_count = 2};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void assert_causes(struct arena *a, unsigned flaws, const char *causes) {
    struct scan_result r = scan(a, flaws);
    auto_buf b = BUF_INIT(1024);
    for (size_t i = 0; i < r.finding_count; i++) buf_addf(&b, "%s" SV_FMT, i == 0 ? "" : " ", SV_ARG(r.findings[i].cause));
    assert_sv_equal(buf_sv(&b), sv_from(causes));
}

static void test_nothing_to_find(void **state) {
    assert_causes(*state, NONE, "");
    assert_causes(*state, ECHO, "");
}

static void test_each_flaw(void **state) {
    assert_causes(*state, TELLS, "graphql-introspection");
    assert_causes(*state, TELLS | SHALLOW, "graphql-introspection");
    assert_causes(*state, SUGGESTS, "graphql-suggestions");
    assert_causes(*state, BATCH, "graphql-batch");
    assert_causes(*state, GETS, "graphql-get-mutation");
    assert_causes(*state, TELLS | OPEN, "graphql-open-field graphql-introspection");
    assert_causes(*state, TELLS | FOREIGN, "graphql-foreign-object graphql-introspection");
}

static void test_near_misses(void **state) {
    assert_causes(*state, TELLS | SUGGESTS, "graphql-introspection graphql-suggestions");
    assert_causes(*state, TELLS | TEAM_PAGE, "graphql-introspection");
    assert_causes(*state, TELLS | EVERYWHERE, "graphql-introspection"); // one endpoint, not four
}

static void test_what_is_no_endpoint(void **state) {
    assert_causes(*state, PAGES, "");
    assert_causes(*state, COLLECTIONS, "");
    assert_causes(*state, WRAPPED, "");
    assert_causes(*state, REST, "");
}

static void test_documented_endpoint(void **state) {
    struct scan_result r = scan(*state, TELLS | SPECIFIED);
    assert_int_equal(r.finding_count, 1);
    assert_int_equal(sim_coverage(&r, "graphql", "POST", "/graphql"), COVERAGE_FOUND);
}

static void test_categories(void **state) {
    struct scan_result r = scan(*state, TELLS | OPEN | FOREIGN);
    if (r.finding_count != 3) sim_dump(&r);
    assert_int_equal(r.finding_count, 3);
    for (size_t i = 0; i < 3; i++) {
        if (sv_eq(r.findings[i].cause, SV("graphql-open-field"))) assert_int_equal(r.findings[i].category, CATEGORY_AUTHENTICATION);
        if (sv_eq(r.findings[i].cause, SV("graphql-foreign-object"))) assert_int_equal(r.findings[i].category, CATEGORY_BOLA);
        assert_int_equal(r.findings[i].confidence, CONFIDENCE_CONFIRMED);
    }
}

static void test_schema(void **state) {
    struct arena *a = *state;
    struct exchange x = {.outcome = OUTCOME_DONE, .response = {.status = 200, .body = sv_from(schema)}};
    struct graphql_schema s;
    assert_true(graphql_schema_read(a, &x, &s));
    assert_int_equal(s.type_count, 3);
    assert_sv_text(s.query->name, "Root");
    assert_sv_text(s.query->fields[2].id_argument, "id");
    assert_int_equal(s.query->fields[2].demands, 1);
    assert_true(s.query->fields[0].list);
    // A name that is none never gets into a document of ours.
    assert_sv_text(graphql_selection(a, &s, graphql_type_find(&s, SV("Bill")), 1), "{id iban}");
    static const char *const none[] = {"", "{", "[]", "{\"data\":null}", "{\"data\":{\"__schema\":{}}}", "{\"data\":{\"__schema\":{\"types\":[]}}}"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        x.response.body = sv_from(none[i]);
        assert_false(graphql_schema_read(a, &x, &s));
    }
    x.response.body = SV("{\"data\":{\"__schema\":{\"types\":[1,{\"name\":5},{\"name\":\"T\",\"fields\":[null,{\"name\":\"f\"}]}]}}}");
    assert_true(graphql_schema_read(a, &x, &s));
    assert_null(s.query);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_nothing_to_find),
    test_with_arena(test_each_flaw),
    test_with_arena(test_near_misses),
    test_with_arena(test_what_is_no_endpoint),
    test_with_arena(test_documented_endpoint),
    test_with_arena(test_categories),
    test_with_arena(test_schema),
};
TEST_MAIN(tests)
