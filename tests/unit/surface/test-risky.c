// SPDX-License-Identifier: Apache-2.0
#include "surface/surface.h"

#include "data/knowledge.h"
#include "support/test.h"
#include "surface/surface_internal.h"

static struct node *risky(struct arena *a) {
    struct error err = {0};
    struct node *n = NULL;
    assert_ok(&err, knowledge_load(a, SV("wordlists/risky"), &n, &err));
    return n;
}

static bool smells(const struct node *words, struct sv sample) {
    bool is_path = sv_starts_with(sample, SV("/"));
    struct operation op = {
        .method = SV("GET"), .path = is_path ? sample : SV("/things"), .description = is_path ? SV_NONE : sample};
    return operation_smells_of_change(words, &op);
}

static void test_samples_of_the_data(void **state) {
    struct node *words = risky(*state);
    unsigned wrong = 0, seen = 0;
    for (const struct node *g = node_get(words, SV("groups"))->first; g != NULL; g = g->next) {
        assert_true(sv_starts_with(node_get_text(g, SV("source")), SV("http")));
        for (int positive = 0; positive < 2; positive++) {
            const struct node *samples = node_get(g, positive ? SV("true") : SV("false"));
            for (const struct node *n = samples != NULL ? samples->first : NULL; n != NULL; n = n->next) {
                seen++;
                if (smells(words, n->text) == (positive == 1))
                    continue;
                print_error("\"" SV_FMT "\" is %s\n", SV_ARG(n->text), positive ? "not seen" : "seen wrongly");
                wrong++;
            }
        }
    }
    assert_true(seen > 50);
    assert_int_equal(wrong, 0);
}

static void test_methods(void **state) {
    struct node *words = risky(*state);
    struct operation op = {.method = SV("DELETE"), .path = SV("/things/{id}")};
    assert_true(operation_smells_of_change(words, &op));
    op.method = SV("POST");
    assert_true(operation_smells_of_change(words, &op));
    op.read_only = true;
    assert_false(operation_smells_of_change(words, &op));
    op = (struct operation){.method = SV("GET"), .path = SV("/things/{delete_id}")};
    assert_false(operation_smells_of_change(words, &op));
    op.operation_id = SV("resetThings");
    assert_true(operation_smells_of_change(words, &op));
    op.operation_id = SV("listResets");
    assert_false(operation_smells_of_change(words, &op));
}

static void test_names_are_cut_into_words(void **state) {
    struct node *words = risky(*state);
    assert_true(path_smells_of_change(words, SV("/api/v1/bulk-delete")));
    assert_true(path_smells_of_change(words, SV("/api/ResetCache?x=1")));
    assert_true(path_smells_of_change(words, SV("/a/HTTPReset")));
    assert_true(path_smells_of_change(words, SV("/index.php?action=logout")));
    assert_false(path_smells_of_change(words, SV("/resettlement/plans")));
    assert_false(path_smells_of_change(words, SV("/playlists/setlist")));
    assert_false(path_smells_of_change(words, SV("/")));
    assert_false(path_smells_of_change(words, SV("")));
    assert_false(path_smells_of_change(NULL, SV("/a/delete")));
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_samples_of_the_data),
    test_with_arena(test_methods),
    test_with_arena(test_names_are_cut_into_words),
};

TEST_MAIN(tests)
