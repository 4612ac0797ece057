// SPDX-License-Identifier: Apache-2.0
#include "data/knowledge.h"
#include "test.h"

// Every file that was built in can be found by its name and read; names are sorted and name no pattern file.
static void test_all_files(void **state) {
    struct arena *a = *state;
    struct error err = {0};
    for (size_t i = 0; i < knowledge_count(); i++) {
        struct arena_mark mark = arena_mark(a);
        struct node *root = NULL;
        assert_ok(&err, knowledge_load(a, knowledge_name(i), &root, &err));
        assert_true(node_is(root, NODE_OBJECT) || node_is(root, NODE_ARRAY));
        assert_true(root->count > 0);
        assert_false(sv_starts_with(knowledge_name(i), SV("patterns")));
        assert_false(sv_ends_with(knowledge_name(i), SV(".yaml")));
        if (i > 0)
            assert_true(sv_cmp(knowledge_name(i - 1), knowledge_name(i)) < 0);
        arena_rewind(a, mark);
    }
    assert_null(knowledge_name(knowledge_count()).ptr);
}

static void test_unknown_file(void **state) {
    struct error err = {0};
    struct node *root = NULL;
    assert_error(&err, ERR_NOT_FOUND, knowledge_load(*state, SV("no/such/file"), &root, &err));
    assert_null(root);
    assert_error(&err, ERR_NOT_FOUND, knowledge_load(*state, SV(""), &root, &err));
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_all_files),
    test_with_arena(test_unknown_file),
};

TEST_MAIN(tests)
