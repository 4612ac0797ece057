// SPDX-License-Identifier: Apache-2.0
#include "injected.h"

// The value of name[$eq], name[$regex] (anchored); SV_NONE for other operators.
static struct sv operand(struct arena *a, const struct outgoing *o, bool *ret_unknown) {
    struct sv eq = sim_query(a, o, "name[$eq]"), regex = sim_query(a, o, "name[$regex]");
    *ret_unknown = sv_contains(url_decode(a, o->request->target, true), SV("name[")) && eq.ptr == NULL && regex.ptr == NULL;
    if (eq.ptr != NULL) return eq;
    if (regex.len > 2 && regex.ptr[0] == '^' && regex.ptr[regex.len - 1] == '$') return sv_slice(regex, 1, regex.len - 1);
    return SV_NONE;
}
static void rows_of(struct arena *a, bool good, struct response *ret) {
    if (good) injected_rows(a, ret);
    else injected_none(a, ret);
}
static void operators(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim;
    bool unknown = false;
    struct sv x = number ? SV_NONE : operand(a, o, &unknown);
    if (unknown) sim_json(a, ret, 500, "{\"error\":\"internal\"}");
    else rows_of(a, injected_is_good(x.ptr != NULL ? x : v, number), ret);
}
// Only comparisons, as adapters offer on purpose.
static void comparisons(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim;
    struct sv eq = sim_query(a, o, "name[$eq]");
    if (eq.ptr == NULL && sv_contains(url_decode(a, o->request->target, true), SV("name["))) sim_json(a, ret, 400, "{\"error\":\"operator\"}");
    else rows_of(a, injected_is_good(eq.ptr != NULL ? eq : v, number), ret);
}
// Reads name[anything] as name.
static void flattening(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim;
    struct sv text = url_decode(a, o->request->target, true);
    rows_of(a, injected_is_good(v, number) || sv_contains(text, SV("]=alder")) || sv_contains(text, SV("]=^alder")), ret);
}
// Ignores parameters that it does not know and then shows everything.
static void ignoring(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o;
    rows_of(a, v.len == 0 || injected_is_good(v, number), ret);
}
// A script: r.name == '<v>', with && and comparisons of literals.
static void script(struct sim *sim, struct arena *a, const struct outgoing *o, struct sv v, bool number, struct response *ret) {
    (void)sim, (void)o;
    size_t quote = sv_find_char(v, '\'');
    if (number || quote == SIZE_MAX) {
        rows_of(a, injected_is_good(v, number), ret);
        return;
    }
    struct sv rest = sv_from_index(v, quote);
    size_t trim = sv_find(rest, SV("'.trim()=='"));
    if (!sv_starts_with(rest, SV("'&&'")) || trim == SIZE_MAX || trim < 4) {
        sim_json(a, ret, 500, "{\"error\":\"internal\"}");
        return;
    }
    rows_of(a, sv_eq(sv_slice(v, 0, quote), SV("alder")) && sv_eq(sv_slice(rest, 4, trim), sv_from_index(rest, trim + 11)), ret);
}

static void test_operators(void **state) {
    injected_assert_found(*state, "nosql-injection", operators, "/items", CONFIDENCE_CONFIRMED, SEVERITY_HIGH);
}
static void test_script(void **state) {
    injected_assert_found(*state, "nosql-injection", script, "/items", CONFIDENCE_CONFIRMED, SEVERITY_HIGH);
}
static void test_near_misses(void **state) {
    injected_assert_clean(*state, "nosql-injection", comparisons, 4);
    injected_assert_clean(*state, "nosql-injection", flattening, 4);
    injected_assert_clean(*state, "nosql-injection", ignoring, 4);
    injected_assert_liars(*state, "nosql-injection");
}

// A leaf of a JSON body, of a POST that is declared a read.
static const char body_spec[] = "openapi: 3.0.3\n"
                                "info: {title: Trees, version: '1'}\n"
                                "paths:\n"
                                "  /find:\n"
                                "    post:\n"
                                "      x-plumb-read-only: true\n"
                                "      requestBody: {required: true, content: {application/json: {schema: {type: object, properties: {where: {type: object, properties: {name: {type: string, example: alder}}}}}}}}\n"
                                "      responses: {'200': {description: ok}}\n";
static void body_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    const bool *flawed = state;
    (void)sim;
    if (!sv_eq(sim_path(o), SV("/find"))) {
        sim_json(a, ret, 404, "{}");
        return;
    }
    struct sv b = o->request->body;
    bool plain = sv_contains(b, SV("\"name\":\"alder\"")), eq = sv_contains(b, SV("{\"$eq\":\"alder\"}")) || sv_contains(b, SV("{\"$regex\":\"^alder$\"}"));
    rows_of(a, plain || (*flawed && eq), ret);
}
static void test_json_body(void **state) {
    for (int i = 0; i < 2; i++) {
        bool flawed = i == 0;
        struct scan_result r;
        struct error err = {0};
        const struct sim_options o = {.server = body_server, .state = &flawed, .spec = body_spec, .only = "nosql-injection", .mode = MODE_SAFE};
        assert_ok(&err, sim_run(*state, &o, &r, &err));
        if (sim_count(&r, NULL) != flawed) sim_dump(&r);
        assert_int_equal(sim_count(&r, NULL), flawed);
        if (flawed) assert_sv_text(sim_find(&r, "nosql-injection", "/find")->parameter, "where.name");
    }
}

// -- where no value finds anything ---------------------------------------------------------------------------------------------------

static const char pair_spec[] = "openapi: 3.0.3\n"
                                "info: {title: Parcels, version: '1'}\n"
                                "paths:\n"
                                "  /track:\n"
                                "    get:\n"
                                "      parameters:\n"
                                "        - {name: number, in: query, required: true, schema: {type: string}}\n"
                                "        - {name: postcode, in: query, required: true, schema: {type: string}}\n"
                                "      responses: {'200': {description: ok}}\n";
enum pair_service { READS_OPERATORS, FAILS_FOR_OBJECTS, KNOWS_TEXTS, FAILS_ALWAYS, REFUSES_OPERATORS };
static void pair_server(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    enum pair_service how = *(const enum pair_service *)state;
    struct sv text = url_decode(a, o->request->target, true);
    bool object = sv_contains(text, SV("[")), operator= sv_contains(text, SV("[$")), known = sv_contains(text, SV("[$eq]"));
    (void)sim;
    bool fails = how == READS_OPERATORS ? operator&& !known : how == FAILS_FOR_OBJECTS ? object : how == FAILS_ALWAYS;
    if (fails) sim_json(a, ret, 500, "{\"error\":\"internal\"}");
    else if (how == REFUSES_OPERATORS && operator&& !known) sim_json(a, ret, 400, "{\"error\":\"no such operator\"}");
    else sim_json(a, ret, 404, "{\"error\":\"no such parcel\"}");
}
static void test_without_good_values(void **state) {
    for (unsigned i = READS_OPERATORS; i <= REFUSES_OPERATORS; i++) {
        struct scan_result r;
        struct error err = {0};
        enum pair_service how = (enum pair_service)i;
        const struct sim_options o = {.server = pair_server, .state = &how, .spec = pair_spec, .only = "nosql-injection", .mode = MODE_SAFE};
        assert_ok(&err, sim_run(*state, &o, &r, &err));
        if (sim_count(&r, "nosql-injection") != (how == READS_OPERATORS ? 2 : 0)) fail_msg("service %u: %zu", i, sim_count(&r, "nosql-injection"));
        if (how == READS_OPERATORS) assert_int_equal(r.findings[0].confidence, CONFIDENCE_FIRM);
    }
}

static const struct CMUnitTest tests[] = {test_with_arena(test_without_good_values), test_with_arena(test_operators), test_with_arena(test_script), test_with_arena(test_near_misses), test_with_arena(test_json_body)};
TEST_MAIN(tests)
