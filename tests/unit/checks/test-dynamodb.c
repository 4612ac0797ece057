// SPDX-License-Identifier: Apache-2.0
#include "http/header.h"
#include "support/sim.h"

#include "support/test.h"

static const char spec[] = "openapi: 3.0.3\n"
                           "info: {title: Shelf, version: '1'}\n"
                           "paths:\n"
                           "  /rows:\n"
                           "    get:\n"
                           "      parameters: [{name: from, in: query, required: true, schema: {type: string}, example: boxes}]\n"
                           "      responses: {'200': {description: ok}}\n";

enum kind {
    SAFE,          // the value is a value
    TABLE,         // the value is the table name
    TABLE_HIDDEN,  // the same, errors hidden
    APP_NOT_FOUND, // an application that says "Requested resource not found" by itself
    EXPRESSION,    // part of a filter expression, errors shown
    PARTIQL,       // quoted literal of a statement, errors shown
    PARTIQL_BLIND, // the same, errors are a bare 500
    SQL_BLIND,     // another engine: knows no IS MISSING
    WALL,          // blocks attack words with 200
    ECHO,          // repeats the value inside of an error page that quotes the documentation
    ALWAYS_500,
    RANDOM_TEXT,
    SILENT,
    MALFORMED,
};

static const char rows[] = "{\"rows\":[{\"name\":\"a\"},{\"name\":\"b\"}]}";

static bool is_legal_name(struct sv v) {
    for (size_t i = 0; i < v.len; i++) {
        char c = v.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.')) return false;
    }
    return v.len >= 3;
}

static void table_server(struct arena *a, struct sv v, struct response *ret) {
    if (!is_legal_name(v)) sim_json(a, ret, 500, "{\"error\":\"ValidationException: Invalid table/index name.  Table/index names must be between 3 and 255 characters long\"}");
    else if (!sv_eq(v, SV("boxes"))) sim_json(a, ret, 500, "{\"error\":\"ResourceNotFoundException: Requested resource not found\"}");
    else sim_json(a, ret, 200, rows);
}

// WHERE name = '<value>': evaluates what stands behind a quote, as far as AND of IS MISSING and comparisons of literals goes.
static void partiql_server(struct arena *a, struct sv v, struct response *ret, bool shows, bool knows_missing) {
    size_t quote = sv_find_char(v, '\'');
    const char *broken = shows ? "{\"error\":\"ValidationException: Statement wasn't well formed, can't be processed: unexpected token\"}" : "{\"error\":\"internal\"}";
    struct sv name = quote == SIZE_MAX ? v : sv_slice(v, 0, quote);
    if (quote == SIZE_MAX) {
        sim_json(a, ret, 200, sv_eq(name, SV("boxes")) ? rows : "{\"rows\":[]}");
        return;
    }
    struct sv rest = sv_from_index(v, quote + 1);
    bool well_formed = sv_starts_with(rest, SV(" AND ")) && sv_contains(rest, SV("='")) && (knows_missing || !sv_contains(rest, SV("MISSING")));
    if (!well_formed) {
        sim_json(a, ret, 500, "%s", broken);
        return;
    }
    size_t eq = sv_find(rest, SV("='"));
    bool yes = eq != SIZE_MAX && eq >= 2 && eq + 2 < rest.len && rest.ptr[eq - 2] == rest.ptr[eq + 2];
    sim_json(a, ret, 200, yes && sv_eq(name, SV("boxes")) ? rows : "{\"rows\":[]}");
}

static void expression_server(struct arena *a, struct sv v, struct response *ret) {
    size_t hash = sv_find_char(v, '#');
    if (hash != SIZE_MAX)
        sim_json(a, ret, 500, "{\"error\":\"ValidationException: Invalid FilterExpression: An expression attribute name used in the document path is not defined; attribute name: " SV_FMT "\"}",
                 SV_ARG(sv_from_index(v, hash)));
    else if (sv_find_char(v, '\'') != SIZE_MAX || sv_find_char(v, ' ') != SIZE_MAX)
        sim_json(a, ret, 500, "{\"error\":\"ValidationException: Invalid FilterExpression: Syntax error; token: x\"}");
    else sim_json(a, ret, 200, sv_eq(v, SV("boxes")) ? rows : "{\"rows\":[]}");
}

static void server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    enum kind kind = *(const enum kind *)state;
    struct sv v = sim_query(a, o, "from");
    if (!sv_eq(sim_path(o), SV("/rows"))) {
        sim_json(a, ret, 404, "{\"error\":\"no such path\"}");
        return;
    }
    bool good = sv_eq(v, SV("boxes"));
    switch (kind) {
    case SAFE:
        sim_json(a, ret, good ? 200 : 404, good ? rows : "{\"error\":\"unknown list\"}");
        return;
    case TABLE:
        table_server(a, v, ret);
        return;
    case TABLE_HIDDEN:
        sim_json(a, ret, good ? 200 : 500, good ? rows : "{\"error\":\"internal\"}");
        return;
    case APP_NOT_FOUND:
        sim_json(a, ret, good ? 200 : 404, good ? rows : "{\"error\":\"Requested resource not found\"}");
        return;
    case EXPRESSION:
        expression_server(a, v, ret);
        return;
    case PARTIQL:
    case PARTIQL_BLIND:
    case SQL_BLIND:
        partiql_server(a, v, ret, kind == PARTIQL, kind != SQL_BLIND);
        return;
    case WALL:
        if (sv_find_char(v, '\'') != SIZE_MAX || sv_find_char(v, '!') != SIZE_MAX) sim_text(a, ret, 200, "text/html", "<html><h1>Blocked</h1></html>");
        else sim_json(a, ret, 200, good ? rows : "{\"rows\":[]}");
        return;
    case ECHO:
        sim_json(a, ret, good ? 200 : 400,
                 good ? rows : "{\"error\":\"bad value\",\"help\":\"Statement wasn't well formed, can't be processed; Requested resource not found; Invalid table/index name.  Table/index names must be between 3 and 255 characters long\"}");
        return;
    case ALWAYS_500:
        sim_json(a, ret, 500, "{\"error\":\"internal\"}");
        return;
    case RANDOM_TEXT:
        sim_json(a, ret, sim->requests % 3 == 0 ? 500 : 200, "{\"rows\":[{\"name\":\"%u\"}]}", sim->requests * 7919);
        return;
    case SILENT:
        if (good) sim_json(a, ret, 200, rows);
        else sim->outcome = OUTCOME_TIMEOUT;
        return;
    case MALFORMED:
        sim_text(a, ret, 200, "application/json", good ? "{\"rows\":[{" : "{\"ro\xff\"");
        return;
    }
}

static struct scan_result scan(struct arena *a, enum kind kind, unsigned seed) {
    struct scan_result r;
    struct error err = {0};
    const struct sim_options o = {.server = server, .state = &kind, .spec = spec, .only = "dynamodb", .mode = MODE_SAFE, .seed = seed};
    assert_ok(&err, sim_run(a, &o, &r, &err));
    return r;
}

static void assert_found(struct arena *a, enum kind kind, const char *cause, enum confidence confidence) {
    struct scan_result r = scan(a, kind, 1);
    const struct result_finding *f = sim_find(&r, "dynamodb", "/rows");
    if (f == NULL) sim_dump(&r);
    assert_non_null(f);
    assert_int_equal(sim_count(&r, NULL), 1);
    assert_sv_equal(f->cause, sv_from(cause));
    assert_sv_text(f->parameter, "from");
    assert_int_equal(f->confidence, confidence);
    assert_int_equal(f->severity, SEVERITY_HIGH);
    assert_true(f->fact_count == 1 && r.fact_count == 1);
}

static void assert_clean(struct arena *a, enum kind kind, unsigned seeds) {
    for (unsigned seed = 1; seed <= seeds; seed++) {
        struct scan_result r = scan(a, kind, seed);
        if (sim_count(&r, NULL) != 0) sim_dump(&r);
        assert_int_equal(sim_count(&r, NULL), 0);
    }
}

static void test_table_name(void **state) {
    assert_found(*state, TABLE, "table-name-control", CONFIDENCE_CONFIRMED);
}
static void test_expression(void **state) {
    assert_found(*state, EXPRESSION, "expression-injection", CONFIDENCE_CONFIRMED);
}
static void test_partiql(void **state) {
    assert_found(*state, PARTIQL, "partiql-injection", CONFIDENCE_CONFIRMED);
}
static void test_partiql_blind(void **state) {
    assert_found(*state, PARTIQL_BLIND, "partiql-injection", CONFIDENCE_CONFIRMED);
}
static void test_clean_services(void **state) {
    assert_clean(*state, SAFE, 1);
    assert_clean(*state, TABLE_HIDDEN, 1); // a bare 500 is never an injection
    assert_clean(*state, APP_NOT_FOUND, 1);
    assert_clean(*state, SQL_BLIND, 1); // an injection, but not of this engine
    assert_clean(*state, WALL, 1);
    assert_clean(*state, ECHO, 1);
    assert_clean(*state, ALWAYS_500, 1);
    assert_clean(*state, RANDOM_TEXT, 20);
}
static void test_no_answer_is_inconclusive(void **state) {
    struct scan_result r = scan(*state, SILENT, 1);
    assert_int_equal(sim_count(&r, NULL), 0);
    assert_int_equal(sim_coverage(&r, "dynamodb", "GET", "/rows"), COVERAGE_INCONCLUSIVE);
    assert_clean(*state, MALFORMED, 1);
    r = scan(*state, ALWAYS_500, 1);
    assert_int_equal(sim_coverage(&r, "dynamodb", "GET", "/rows"), COVERAGE_INCONCLUSIVE);
    r = scan(*state, SAFE, 1);
    assert_int_equal(sim_coverage(&r, "dynamodb", "GET", "/rows"), COVERAGE_PASSED);
}

// Tables behind a sign-in are asked with the identity's credentials.
static void signed_in_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    if (sv_eq(sim_request_header(o, "Authorization"), SV("Bearer k-1"))) server(sim, state, a, o, ret);
    else sim_json(a, ret, 401, "{\"error\":\"sign in\"}");
}
static void test_behind_a_sign_in(void **state) {
    static const enum kind kinds[] = {TABLE, SAFE};
    for (size_t i = 0; i < 2; i++) {
        enum kind kind = kinds[i];
        struct principal who = {.name = SV("a")};
        assert_true(header_add(*state, &who.headers, SV("Authorization"), SV("Bearer k-1")));
        struct scan_result r;
        struct error err = {0};
        const struct sim_options o = {
            .server = signed_in_server, .state = &kind, .spec = spec, .only = "dynamodb", .mode = MODE_SAFE, .identities = &who, .identity_count = 1};
        assert_ok(&err, sim_run(*state, &o, &r, &err));
        assert_int_equal(sim_count(&r, NULL), kind == TABLE);
        if (kind == SAFE) assert_int_equal(sim_coverage(&r, "dynamodb", "GET", "/rows"), COVERAGE_PASSED);
    }
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_behind_a_sign_in),
    test_with_arena(test_table_name),        test_with_arena(test_expression),     test_with_arena(test_partiql),
    test_with_arena(test_partiql_blind), test_with_arena(test_clean_services), test_with_arena(test_no_answer_is_inconclusive),
};
TEST_MAIN(tests)
