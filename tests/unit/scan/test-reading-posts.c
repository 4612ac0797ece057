// SPDX-License-Identifier: Apache-2.0
// The samples of data/wordlists/reading-posts.yaml, through what marks operations.
#include "scan/engine_parts.h"
#include "scan/engine_state.h"

#include "data/knowledge.h"
#include "support/test.h"

// Is a POST with this path, described so, one that only reads?
static bool is_marked(struct engine *e, struct operation op, enum scan_mode mode) {
    struct error err = {0};
    struct scan_options options = {.mode = mode};
    struct operation *list[] = {&op};
    op.method = op.method.len > 0 ? op.method : SV("POST");
    e->scan = &options;
    e->api = (struct api){.operations = list, .operation_count = 1};
    assert_ok(&err, reading_posts_mark(e, &err));
    e->scan = NULL;
    e->api = (struct api){0};
    return op.read_only;
}

static struct engine *engine_of(struct arena *a) {
    struct error err = {0};
    struct engine *e = arena_new(a, struct engine);
    struct node *risky = NULL;
    assert_non_null(e);
    assert_ok(&err, knowledge_load(a, SV("wordlists/risky"), &risky, &err));
    e->risky = risky;
    arena_init(&e->arena, (size_t)16 << 20);
    return e;
}

static struct operation described(struct sv path) {
    return (struct operation){.path = path, .sources = SOURCE_SPEC};
}

static void test_samples(void **state) {
    struct engine *e = engine_of(*state);
    const struct node *groups = node_get(engine_knowledge(e, SV("wordlists/reading-posts")), SV("groups"));
    size_t samples = 0;
    assert_true(node_is(groups, NODE_ARRAY));
    for (const struct node *g = groups->first; g != NULL; g = g->next) {
        for (unsigned want = 0; want < 2; want++) {
            const struct node *list = node_get(g, want == 1 ? SV("true") : SV("false"));
            assert_true(node_is(list, NODE_ARRAY) && list->first != NULL);
            for (const struct node *n = list->first; n != NULL; n = n->next, samples++) {
                bool marked = is_marked(e, described(n->text), MODE_ACTIVE);
                if (marked != (want == 1)) fail_msg("%s: %s", want == 1 ? "not marked" : "marked", arena_copy_sv(*state, n->text).ptr);
                assert_false(is_marked(e, described(n->text), MODE_SAFE));
            }
        }
    }
    assert_true(samples >= 20);
    arena_fini(&e->arena);
}

// What speaks against the name.
static void test_what_outweighs_a_name(void **state) {
    struct engine *e = engine_of(*state);
    struct documented_response created[] = {{.status = 201}};
    struct operation op = described(SV("/orders/search"));
    assert_true(is_marked(e, op, MODE_ACTIVE));
    op.responses = created;
    op.response_count = 1;
    assert_false(is_marked(e, op, MODE_ACTIVE));
    op = described(SV("/orders/search"));
    op.sources = 0;
    assert_false(is_marked(e, op, MODE_ACTIVE)); // only guessed
    op = described(SV("/orders/search"));
    op.method = SV("PUT");
    assert_false(is_marked(e, op, MODE_ACTIVE));
    assert_false(is_marked(e, described(SV("/orders/{search}")), MODE_ACTIVE));
    op = described(SV("/carts"));
    op.operation_id = SV("getCart");
    assert_true(is_marked(e, op, MODE_ACTIVE));
    op.operation_id = SV("getOrCreateCart");
    assert_false(is_marked(e, op, MODE_ACTIVE));
    arena_fini(&e->arena);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_samples),
    test_with_arena(test_what_outweighs_a_name),
};
TEST_MAIN(tests)
