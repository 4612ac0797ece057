// SPDX-License-Identifier: Apache-2.0
#include "advice/advice.h"
#include "data/knowledge.h"
#include "test.h"

static struct advice ask(struct arena *a, const char *check, const char *cause, const char *framework, const char *language, const char *datastore) {
    struct error err = {0};
    struct advice advice = {0};
    assert_ok(&err, advice_for(a, sv_from(check), sv_from(cause), sv_from(framework), sv_from(language), sv_from(datastore), &advice, &err));
    return advice;
}

// Every file has all its texts, and is about the check that it is named after.
static void test_every_file_is_whole(void **state) {
    struct arena *a = *state;
    size_t seen = 0;
    for (size_t i = 0; i < knowledge_count(); i++) {
        struct sv name = knowledge_name(i);
        if (!sv_starts_with(name, SV("advice/")))
            continue;
        seen++;
        struct error err = {0};
        struct advice advice = {0};
        struct sv check = sv_from_index(name, 7);
        assert_ok(&err, advice_for(a, check, SV_NONE, SV_NONE, SV_NONE, SV_NONE, &advice, &err));
        assert_sv_equal(advice.check, check);
        assert_true(advice.what.len > 20 && advice.why.len > 20 && advice.fix.len > 20);
        assert_true(sv_starts_with(advice.verify, SV("plumb scan URL ")));
        assert_true(advice.source_count > 0);
        for (size_t s = 0; s < advice.source_count; s++)
            assert_true(sv_starts_with(advice.sources[s], SV("https://")));
        assert_null(advice.snippet.ptr);
    }
    assert_true(seen >= 25);
}

static void test_unknown_check(void **state) {
    struct error err = {0};
    struct advice advice = {0};
    assert_error(&err, ERR_NOT_FOUND, advice_for(*state, SV("no-such-check"), SV_NONE, SV_NONE, SV_NONE, SV_NONE, &advice, &err));
}

static void test_cause_has_its_own_words(void **state) {
    struct advice general = ask(*state, "dynamodb", "something-else", NULL, NULL, NULL);
    struct advice table = ask(*state, "dynamodb", "table-name-control", NULL, NULL, NULL);
    assert_int_equal(general.cause.len, 0);
    assert_sv_text(table.cause, "table-name-control");
    assert_false(sv_eq(general.fix, table.fix));
}

static void test_nearest_variant(void **state) {
    struct advice chi = ask(*state, "dynamodb", "table-name-control", "chi", "go", "dynamodb");
    assert_sv_text(chi.framework, "chi");
    assert_true(sv_contains(chi.snippet, SV("QueryInput")));
    struct advice axum = ask(*state, "dynamodb", "table-name-control", "axum", "rust", "dynamodb");
    assert_sv_text(axum.language, "rust");
    struct advice language_only = ask(*state, "dynamodb", "table-name-control", NULL, "rust", "dynamodb");
    assert_sv_text(language_only.framework, "axum");
}

// Code of another framework, datastore or cause would mislead.
static void test_no_misleading_variant(void **state) {
    assert_null(ask(*state, "dynamodb", "table-name-control", "gin", "go", "dynamodb").snippet.ptr);
    assert_null(ask(*state, "dynamodb", "table-name-control", "chi", "go", "postgresql").snippet.ptr);
    assert_null(ask(*state, "dynamodb", "expression-injection", "axum", "rust", "dynamodb").snippet.ptr);
    assert_null(ask(*state, "cors", NULL, NULL, NULL, NULL).snippet.ptr);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_every_file_is_whole),
    test_with_arena(test_unknown_check),
    test_with_arena(test_cause_has_its_own_words),
    test_with_arena(test_nearest_variant),
    test_with_arena(test_no_misleading_variant),
};

TEST_MAIN(tests)
