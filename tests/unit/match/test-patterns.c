// SPDX-License-Identifier: Apache-2.0
#include "match/match.h"
#include "test.h"

#include "base/buf.h"
#include "data/node.h"

// Walks data/patterns: every true sample is found under its own id, every false one is not.

static const char *const files[] = {"secrets", "personal", "errors", "traces", "banners"};
#define FILE_COUNT (sizeof files / sizeof *files)
#define ALL_KINDS  ((1U << PATTERN_KIND_COUNT) - 1)

struct world {
    struct arena *a;
    const struct node *documents[FILE_COUNT];
    struct match_set *set;
    struct match_scratch *scratch;
};

static struct sv read_patterns(struct arena *a, const char *name) {
    const char *root = getenv("PLUMB_SOURCE_DIR");
    assert_non_null(root);
    struct sv path = arena_printf(a, "%s/data/patterns/%s.yaml", root, name);
    FILE *f = fopen(path.ptr, "rb");
    assert_non_null(f);
    char *bytes = arena_alloc(a, 1 << 20);
    assert_non_null(bytes);
    size_t len = fread(bytes, 1, 1 << 20, f);
    (void)fclose(f);
    assert_true(len > 100 && len < 1 << 20);
    return sv_make(bytes, len);
}

static void open_world(struct world *w, struct arena *a) {
    struct error err = {0};
    *w = (struct world){.a = a};
    for (size_t i = 0; i < FILE_COUNT; i++) {
        struct node *document = NULL;
        assert_ok(&err, node_parse_yaml(a, read_patterns(a, files[i]), &node_limits_document, &document, &err));
        w->documents[i] = document;
    }
    assert_ok(&err, match_open(a, &w->set, &err));
    assert_ok(&err, match_scratch_new(a, w->set, &w->scratch, &err));
}

// A sample is a text, or {parts: […]} so that the file holds no text that looks like a living secret.
static struct sv join_sample(struct arena *a, const struct node *n) {
    if (n->kind == NODE_STRING)
        return n->text;
    auto_buf b = BUF_INIT(1 << 20);
    for (const struct node *p = node_get(n, SV("parts"))->first; p != NULL; p = p->next)
        buf_add(&b, p->text);
    return arena_copy_sv(a, buf_sv(&b));
}

static bool is_found(const struct world *w, struct sv text, struct sv id) {
    struct error err = {0};
    struct match_list hits = {0};
    assert_ok(&err, match_scan(w->set, w->scratch, w->a, text, ALL_KINDS, &hits, &err));
    for (size_t i = 0; i < hits.len; i++) {
        assert_true(hits.ptr[i].offset + hits.ptr[i].length <= text.len && hits.ptr[i].length > 0);
        if (sv_eq(hits.ptr[i].pattern->id, id))
            return true;
    }
    return false;
}

static size_t walk_samples(const struct world *w, const struct node *entry, struct sv field, bool expected) {
    struct sv id = node_get_text(entry, SV("id"));
    size_t wrong = 0;
    for (const struct node *n = node_get(entry, field)->first; n != NULL; n = n->next) {
        struct sv text = join_sample(w->a, n);
        assert_non_null(text.ptr);
        if (is_found(w, text, id) == expected)
            continue;
        print_error("%.*s: %s sample: %.*s\n", SV_ARG(id), expected ? "missed true" : "found false", SV_ARG(text));
        wrong++;
    }
    return wrong;
}

static void test_samples(void **state) {
    struct world w;
    open_world(&w, *state);
    size_t wrong = 0;
    size_t entries = 0;
    for (size_t i = 0; i < FILE_COUNT; i++) {
        for (const struct node *n = node_get(w.documents[i], SV("patterns"))->first; n != NULL; n = n->next) {
            wrong += walk_samples(&w, n, SV("true"), true);
            wrong += walk_samples(&w, n, SV("false"), false);
            entries++;
        }
    }
    assert_int_equal(entries, match_pattern_count(w.set));
    assert_int_equal(wrong, 0);
}

static void test_counts(void **state) {
    struct world w;
    open_world(&w, *state);
    size_t counts[PATTERN_KIND_COUNT] = {0};
    for (size_t i = 0; i < match_pattern_count(w.set); i++) {
        const struct pattern *p = match_pattern_at(w.set, i);
        counts[p->kind]++;
        assert_ptr_equal(match_find_pattern(w.set, p->id), p);
    }
    assert_true(counts[PATTERN_SECRET] >= 120);
    assert_true(counts[PATTERN_PERSONAL] >= 25);
    assert_true(counts[PATTERN_ERROR] >= 60);
    assert_true(counts[PATTERN_TRACE] >= 15);
    assert_true(counts[PATTERN_BANNER] >= 10);
    assert_null(match_pattern_at(w.set, match_pattern_count(w.set)));
    assert_null(match_find_pattern(w.set, SV("no_such_pattern")));
}

// The set that is compiled at run time (`--data`, foreign CPU) finds the same as the one that was built in.
static void test_compiled_equals_embedded(void **state) {
    struct world w;
    open_world(&w, *state);
    struct error err = {0};
    struct world own = w;
    assert_ok(&err, match_compile(w.a, w.documents, FILE_COUNT, &own.set, &err));
    assert_ok(&err, match_scratch_new(w.a, own.set, &own.scratch, &err));
    assert_int_equal(match_pattern_count(own.set), match_pattern_count(w.set));
    for (size_t i = 0; i < FILE_COUNT; i++) {
        for (const struct node *n = node_get(w.documents[i], SV("patterns"))->first; n != NULL; n = n->next) {
            struct sv text = join_sample(w.a, node_get(n, SV("true"))->first);
            struct match_list x = {0};
            struct match_list y = {0};
            assert_ok(&err, match_scan(w.set, w.scratch, w.a, text, ALL_KINDS, &x, &err));
            assert_ok(&err, match_scan(own.set, own.scratch, w.a, text, ALL_KINDS, &y, &err));
            assert_int_equal(x.len, y.len);
            for (size_t k = 0; k < x.len; k++) {
                assert_sv_equal(y.ptr[k].pattern->id, x.ptr[k].pattern->id);
                assert_int_equal(y.ptr[k].offset, x.ptr[k].offset);
                assert_int_equal(y.ptr[k].length, x.ptr[k].length);
                assert_int_equal(y.ptr[k].validated, x.ptr[k].validated);
            }
        }
    }
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_samples),
    test_with_arena(test_counts),
    test_with_arena(test_compiled_equals_embedded),
};

TEST_MAIN(tests)
