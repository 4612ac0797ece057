// SPDX-License-Identifier: Apache-2.0
#include "http/graphql.h"

#include "support/test.h"

static void test_reading_documents(void **state) {
    (void)state;
    static const char *const reads[] = {
        "{__typename}",
        "query { a b(c: \"}\") { d } }",
        "query Q($x: In = {a: {b: 1}}) @cached { f(x: $x) }",
        "# mutation { drop }\n{ a }",
        "{ a(text: \"mutation { x }\") }",
        "{ a(text: \"\"\"block \" mutation { x } \\\"\"\" \"\"\") }",
        "fragment F on T { mutation } query A { ...F } query B { a: mutation }",
        "mutation { __typename }",
        "mutation M { a: __typename b: __typename }",
        "\xef\xbb\xbf { a }",
    };
    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
        if (graphql_document_kind(sv_from(reads[i])) != GRAPHQL_READS) fail_msg("reads: %s", reads[i]);
    }
}

static void test_writing_documents(void **state) {
    (void)state;
    static const char *const writes[] = {
        "mutation { drop }",
        "mutation M($x: Int) { drop(x: $x) { __typename } }",
        "query A { a } mutation B { drop }",
        "{ a } mutation { drop }",
        "subscription { changes }",
        "# {\nmutation { drop }",
        "query A { a(t: \"\"\"}\"\"\") } mutation { drop }",
        "mutation { drop: reset }",
        "mutation { __typename reset }",
        "mutation { __typename @include(if: true) reset }",
        "mutation { ...F } fragment F on Mutation { reset }",
        "extend type Query { a: Int }",
    };
    for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        if (graphql_document_kind(sv_from(writes[i])) != GRAPHQL_WRITES) fail_msg("writes: %s", writes[i]);
    }
}

static void test_what_is_no_document(void **state) {
    (void)state;
    static const char *const none[] = {"", "  # nothing", "{", "{ a", "{ a(t: \"x) }", "{ a(t: \"\"\"x) }", "query", "query Q(", "a", "\"text\""};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        if (graphql_document_kind(sv_from(none[i])) == GRAPHQL_READS) fail_msg("no document: %s", none[i]);
    }
    assert_int_equal(graphql_document_kind(SV_NONE), GRAPHQL_NONE);
}

static void test_places(void **state) {
    (void)state;
    assert_true(graphql_path(SV("/graphql")) && graphql_path(SV("/api/v1/GraphQL/")) && graphql_path(SV("/gql")) && graphql_path(SV("/shop-graphql")));
    assert_false(graphql_path(SV("/graphql/console")) || graphql_path(SV("/query")) || graphql_path(SV("/")) || graphql_path(SV("")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading_documents),
        cmocka_unit_test(test_writing_documents),
        cmocka_unit_test(test_what_is_no_document),
        cmocka_unit_test(test_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
