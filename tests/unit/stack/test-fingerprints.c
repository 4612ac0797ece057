// SPDX-License-Identifier: Apache-2.0
// Every entry of data/fingerprints is recognised in its true samples and not in its false ones.
#include "data/knowledge.h"
#include "stack/stack_internal.h"
#include "support/test.h"
#include "unit/stack/answer.h"

static const struct {
    const char *file, *list;
    enum stack_layer layer;
} lists[] = {
    {"fingerprints/frameworks", "fingerprints", STACK_FRAMEWORK},
    {"fingerprints/languages", "fingerprints", STACK_LANGUAGE},
    {"fingerprints/datastores", "fingerprints", STACK_DATASTORE},
    {"fingerprints/clouds", "fingerprints", STACK_CLOUD},
    {"fingerprints/clouds", "identity_sources", STACK_IDENTITY_SOURCE},
    {"fingerprints/proxies", "fingerprints", STACK_PROXY},
};

static struct node *load(struct arena *a, const char *name) {
    struct error err = {0};
    struct node *n = NULL;
    assert_ok(&err, knowledge_load(a, sv_from(name), &n, &err));
    return n;
}

static struct stack *new_stack(struct arena *a) {
    struct error err = {0};
    struct stack_options o = {.frameworks = load(a, "fingerprints/frameworks"),
                              .languages = load(a, "fingerprints/languages"),
                              .datastores = load(a, "fingerprints/datastores"),
                              .clouds = load(a, "fingerprints/clouds"),
                              .proxies = load(a, "fingerprints/proxies"),
                              .seed = 7};
    struct stack *s = NULL;
    assert_ok(&err, stack_new(a, &o, &s, &err));
    return s;
}

static const char *const probe_names[STACK_PROBE_COUNT] = {"any",          "unknown-path",   "unknown-page",
                                                           "wrong-method", "unknown-method", "bad-escape",
                                                           "bad-query",    "trailing-slash", "head"};

static enum stack_probe probe_of(struct sv name) {
    for (size_t i = 0; i < STACK_PROBE_COUNT; i++)
        if (sv_eq(name, sv_from(probe_names[i])))
            return (enum stack_probe)i;
    assert_int_equal(name.len, 0);
    return STACK_PROBE_NONE;
}

static void feed(struct arena *a, struct stack *s, const struct node *sample) {
    struct error err = {0};
    int64_t status = 200, http = 1;
    if (node_get(sample, SV("status")) != NULL)
        assert_int_equal(node_to_i64(node_get(sample, SV("status")), &status), 0);
    if (node_get(sample, SV("http")) != NULL)
        assert_int_equal(node_to_i64(node_get(sample, SV("http")), &http), 0);
    struct exchange x = answer(a, "GET", "/x", (unsigned)status, "", "");
    x.response.http_major = (uint8_t)http;
    if (node_get_text(sample, SV("method")).len > 0)
        x.request.method = node_get_text(sample, SV("method"));
    x.response.body = node_get_text(sample, SV("body"));
    const struct node *headers = node_get(sample, SV("headers"));
    for (const struct node *h = headers != NULL ? headers->first : NULL; h != NULL; h = h->next) {
        size_t colon = sv_find_char(h->text, ':');
        assert_true(colon != SIZE_MAX);
        assert_true(header_add(a, &x.response.headers, sv_slice(h->text, 0, colon),
                               sv_trim(sv_from_index(h->text, colon + 1))));
    }
    assert_ok(&err, stack_observe(s, &x, &err));
    enum stack_probe probe = probe_of(node_get_text(sample, SV("probe")));
    if (probe != STACK_PROBE_NONE)
        assert_ok(&err, stack_answer(s, (uint32_t)probe, &x, &err));
}

static double confidence_after(struct arena *a, const struct node *sample, enum stack_layer layer, struct sv id) {
    struct stack *s = new_stack(a);
    if (node_is(sample, NODE_ARRAY))
        for (const struct node *n = sample->first; n != NULL; n = n->next)
            feed(a, s, n);
    else
        feed(a, s, sample);
    return stack_confidence(s, layer, id);
}

static unsigned check_samples(struct arena *a, const struct node *entry, enum stack_layer layer, bool positive) {
    const struct node *samples = node_get(entry, positive ? SV("true") : SV("false"));
    struct sv id = node_get_text(entry, SV("id"));
    unsigned wrong = 0;
    size_t n = 0;
    for (const struct node *s = samples != NULL ? samples->first : NULL; s != NULL; s = s->next, n++) {
        struct arena_mark mark = arena_mark(a);
        double c = confidence_after(a, s, layer, id);
        arena_rewind(a, mark);
        if ((c >= 0.3) == positive)
            continue;
        print_error(SV_FMT ": %s sample %zu has confidence %.2f\n", SV_ARG(id), positive ? "true" : "false", n, c);
        wrong++;
    }
    if (n == 0) {
        print_error(SV_FMT " has no %s samples\n", SV_ARG(id), positive ? "true" : "false");
        wrong++;
    }
    return wrong;
}

static void test_samples(void **state) {
    struct arena *a = *state;
    unsigned wrong = 0, entries = 0;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const struct node *list = node_get(load(a, lists[i].file), sv_from(lists[i].list));
        assert_true(node_is(list, NODE_ARRAY));
        for (const struct node *n = list->first; n != NULL; n = n->next) {
            entries++;
            wrong += check_samples(a, n, lists[i].layer, true);
            wrong += check_samples(a, n, lists[i].layer, false);
            if (!sv_starts_with(node_get_text(n, SV("source")), SV("http"))) {
                print_error(SV_FMT " has no source\n", SV_ARG(node_get_text(n, SV("id"))));
                wrong++;
            }
        }
    }
    assert_true(entries > 80);
    assert_int_equal(wrong, 0);
}

static void test_implied_exist(void **state) {
    struct arena *a = *state;
    struct stack *s = new_stack(a);
    for (size_t i = 0; i < s->prints.len; i++) {
        const struct fingerprint *f = &s->prints.ptr[i];
        for (size_t k = 0; k < f->implies_count; k++) {
            bool found = false;
            for (size_t j = 0; j < s->prints.len; j++)
                found = found ||
                        (s->prints.ptr[j].layer == f->implies_layer[k] && sv_eq(s->prints.ptr[j].id, f->implies[k]));
            if (!found)
                print_error(SV_FMT " implies " SV_FMT ", which is not there\n", SV_ARG(f->id), SV_ARG(f->implies[k]));
            assert_true(found);
        }
    }
}

static void test_expressions_compile(void **state) {
    struct stack *s = new_stack(*state);
    unsigned broken = 0;
    for (size_t i = 0; i < s->prints.len; i++)
        for (size_t k = 0; k < s->prints.ptr[i].feature_count; k++) {
            const struct feature *f = &s->prints.ptr[i].features[k];
            int code;
            PCRE2_SIZE at;
            if (f->regex.len == 0)
                continue;
            pcre2_code *made = pcre2_compile((PCRE2_SPTR)f->regex.ptr, f->regex.len, PCRE2_MULTILINE, &code, &at, NULL);
            if (made == NULL) {
                print_error(SV_FMT ": " SV_FMT " breaks at %zu\n", SV_ARG(s->prints.ptr[i].id), SV_ARG(f->regex),
                            (size_t)at);
                broken++;
            }
            pcre2_code_free(made);
        }
    assert_int_equal(broken, 0);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_samples),
    test_with_arena(test_implied_exist),
    test_with_arena(test_expressions_compile),
};

TEST_MAIN(tests)
