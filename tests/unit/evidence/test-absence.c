// SPDX-License-Identifier: Apache-2.0
#include "evidence/absence.h"

#include "answers.h"

static struct absence *store(struct arena *a) {
    struct absence *s;
    struct error err = {0};
    assert_ok(&err, absence_new(a, 9, &s, &err));
    return s;
}

static struct signature html(struct arena *a, unsigned status, const char *body) {
    return signature_of(a, answer_new(a, status, SV("text/html"), sv_from(body)), NULL, 0);
}

static struct signature js(struct arena *a, unsigned status, const char *body) {
    return json_signature(a, status, sv_from(body));
}

static void learn(struct arena *a, struct absence *s, const char *path, struct signature x, struct signature y) {
    struct error err = {0};
    struct signature answers[2] = {x, y};
    assert_ok(&err, absence_learn(a, s, SV("GET"), sv_from(path), 0, answers, &err));
}

static enum presence judge(const struct absence *s, const char *path, struct signature x) {
    return absence_judge(s, SV("GET"), sv_from(path), 0, &x);
}

static void test_shapes(void **state) {
    (void)state;
    assert_int_equal(segment_shape_of(SV("")), SHAPE_WORD);
    assert_int_equal(segment_shape_of(SV("users")), SHAPE_WORD);
    assert_int_equal(segment_shape_of(SV("blue-bike-2")), SHAPE_WORD);
    assert_int_equal(segment_shape_of(SV("17")), SHAPE_NUMBER);
    assert_int_equal(segment_shape_of(SV("6f1a2b3c-0000-4000-8000-123456789abc")), SHAPE_UUID);
    assert_int_equal(segment_shape_of(SV("openapi.json")), SHAPE_EXTENSION);
    assert_int_equal(segment_shape_of(SV("507f1f77bcf86cd799439011")), SHAPE_TOKEN);
}

static void test_controls_have_the_shape(void **state) {
    struct arena *a = *state;
    static const struct sv paths[] = {SV_INIT("/users"),          SV_INIT("/"),
                                      SV_INIT("/a/17"),           SV_INIT("/a/6f1a2b3c-0000-4000-8000-123456789abc"),
                                      SV_INIT("/x/openapi.json"), SV_INIT("/x/507f1f77bcf86cd799439011")};
    struct rng rng;
    rng_init(&rng, 4);
    struct error err = {0};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct sv two[2];
        assert_ok(&err, absence_controls(a, &rng, paths[i], two, &err));
        for (int j = 0; j < 2; j++) {
            size_t slash = sv_rfind_char(paths[i], '/') + 1, other = sv_rfind_char(two[j], '/') + 1;
            assert_int_equal(slash, other);
            assert_false(sv_eq(two[j], paths[i]));
            enum segment_shape want = segment_shape_of(sv_from_index(paths[i], slash));
            enum segment_shape got = segment_shape_of(sv_from_index(two[j], other));
            // A random word with a digit in it is of the shape of a token; routers see no difference.
            assert_true(got == want || (want == SHAPE_WORD && got == SHAPE_TOKEN));
        }
        assert_false(sv_eq(two[0], two[1]));
    }
}

static void test_without_model(void **state) {
    struct arena *a = *state;
    struct absence *s = store(a);
    struct signature none = {0};
    assert_int_equal(judge(s, "/x", none), PRESENCE_NOTHING);
    assert_int_equal(judge(s, "/x", js(a, 404, "{}")), PRESENCE_NOTHING);
    assert_int_equal(judge(s, "/x", js(a, 410, "{}")), PRESENCE_NOTHING);
    assert_int_equal(judge(s, "/x", js(a, 200, "{}")), PRESENCE_UNKNOWN);
    assert_false(absence_knows(s, SV("GET"), SV("/x"), 0));
    learn(a, s, "/x", none, none);
    assert_false(absence_knows(s, SV("GET"), SV("/x"), 0));
}

static void test_plain_404(void **state) {
    struct arena *a = *state;
    struct absence *s = store(a);
    learn(a, s, "/x", js(a, 404, "{\"e\":1}"), js(a, 404, "{\"e\":1}"));
    assert_true(absence_knows(s, SV("GET"), SV("/y"), 0));
    assert_false(absence_knows(s, SV("GET"), SV("/y"), 1));
    assert_false(absence_knows(s, SV("HEAD"), SV("/y"), 0));
    assert_false(absence_knows(s, SV("GET"), SV("/17"), 0));
    assert_int_equal(judge(s, "/y", js(a, 200, "{\"e\":1}")), PRESENCE_REAL);
    assert_int_equal(judge(s, "/y", js(a, 401, "{\"e\":1}")), PRESENCE_REAL);
}

static void test_routers_that_refuse_everything(void **state) {
    struct arena *a = *state;
    static const unsigned statuses[] = {401, 403, 405, 400, 500};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct absence *s = store(a);
        struct signature x = js(a, statuses[i], "{\"error\":\"no\",\"path\":\"q\"}");
        learn(a, s, "/x", x, x);
        assert_int_equal(judge(s, "/y", js(a, statuses[i], "{\"error\":\"no\",\"path\":\"/y\"}")), PRESENCE_NOTHING);
        assert_int_equal(judge(s, "/y", js(a, 200, "{\"error\":\"no\",\"path\":\"/y\"}")), PRESENCE_REAL);
    }
}

static void test_single_page_fallback(void **state) {
    struct arena *a = *state;
    struct absence *s = store(a);
    const char *shell = "<html><head><title>App</title></head><body><div id=root></div></body></html>";
    learn(a, s, "/x", html(a, 200, shell), html(a, 200, shell));
    assert_int_equal(judge(s, "/admin", html(a, 200, shell)), PRESENCE_NOTHING);
    assert_int_equal(judge(s, "/admin", js(a, 200, "{\"users\":[]}")), PRESENCE_REAL);
    assert_int_equal(judge(s, "/admin", html(a, 200, "<html><body><table><tr><td>1</table></body></html>")),
                     PRESENCE_REAL);
}

static void test_soft_404_with_random_text(void **state) {
    struct arena *a = *state;
    struct absence *s = store(a);
    learn(a, s, "/x", html(a, 200, "<h1>Oops</h1><p>red boats sail</p>"),
          html(a, 200, "<h1>Oops</h1><p>green cars drive</p>"));
    assert_int_equal(judge(s, "/y", html(a, 200, "<h1>Oops</h1><p>blue kites fly</p>")), PRESENCE_NOTHING);
    struct absence *t = store(a);
    learn(a, t, "/x", js(a, 200, "{\"m\":\"red boats\"}"), js(a, 200, "{\"m\":\"green cars\"}"));
    assert_int_equal(judge(t, "/y", js(a, 200, "{\"m\":\"blue kites\"}")), PRESENCE_NOTHING);
    assert_int_equal(judge(t, "/y", js(a, 200, "{\"id\":1,\"name\":\"x\"}")), PRESENCE_REAL);
    // The text's form itself is random.
    struct absence *u = store(a);
    learn(a, u, "/x", js(a, 200, "{\"a\":1}"), js(a, 200, "{\"b\":[2]}"));
    assert_int_equal(judge(u, "/y", js(a, 200, "{\"c\":{}}")), PRESENCE_NOTHING);
}

static void test_random_status(void **state) {
    struct arena *a = *state;
    struct absence *s = store(a);
    learn(a, s, "/x", js(a, 503, "{\"ok\":1}"), js(a, 418, "{\"ok\":1}"));
    assert_int_equal(judge(s, "/y", js(a, 200, "{\"ok\":1}")), PRESENCE_NOTHING);
}

static void test_one_field_is_not_enough(void **state) {
    struct arena *a = *state;
    struct absence *s = store(a);
    learn(a, s, "/x", js(a, 200, "{\"message\":\"no such page\"}"), js(a, 200, "{\"message\":\"no such page\"}"));
    assert_int_equal(judge(s, "/y", js(a, 200, "{\"message\":\"hello\"}")), PRESENCE_NOTHING);
    struct absence *t = store(a);
    learn(a, t, "/x", js(a, 200, "{\"id\":0,\"name\":\"\",\"owner\":\"\"}"),
          js(a, 200, "{\"id\":0,\"name\":\"\",\"owner\":\"\"}"));
    assert_int_equal(judge(t, "/y", js(a, 200, "{\"id\":5,\"name\":\"bike\",\"owner\":\"anna\"}")), PRESENCE_REAL);
}

static void test_redirects(void **state) {
    struct arena *a = *state;
    struct absence *s = store(a);
    struct signature to[3];
    static const struct sv targets[] = {SV_INIT("/login?next=%2Fab1"), SV_INIT("/login?next=%2Fcd2"),
                                        SV_INIT("/login?next=%2Fadmin")};
    for (int i = 0; i < 3; i++) {
        struct exchange *x = answer_new(a, 302, SV_NONE, SV(""));
        assert_true(header_add(a, &x->response.headers, SV("Location"), targets[i]));
        to[i] = signature_of(a, x, NULL, 0);
    }
    learn(a, s, "/x", to[0], to[1]);
    assert_int_equal(judge(s, "/admin", to[2]), PRESENCE_NOTHING);
    assert_int_equal(judge(s, "/admin", js(a, 200, "{}")), PRESENCE_REAL);
}

static void test_directories_inherit(void **state) {
    struct arena *a = *state;
    struct absence *s = store(a);
    struct signature page = html(a, 200, "<p>home</p>");
    learn(a, s, "/x", page, page);
    assert_int_equal(judge(s, "/a/b/c", page), PRESENCE_NOTHING);                     // says the same: inherited
    assert_int_equal(judge(s, "/a/b/c", js(a, 200, "{\"id\":1}")), PRESENCE_UNKNOWN); // says something else: ask here
    learn(a, s, "/a/b/x", js(a, 401, "{}"), js(a, 401, "{}"));
    assert_int_equal(judge(s, "/a/b/c", js(a, 200, "{\"id\":1}")), PRESENCE_REAL);
    assert_int_equal(judge(s, "/a/b/c/d", js(a, 401, "{}")), PRESENCE_NOTHING);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_shapes),
    test_with_arena(test_controls_have_the_shape),
    test_with_arena(test_without_model),
    test_with_arena(test_plain_404),
    test_with_arena(test_routers_that_refuse_everything),
    test_with_arena(test_single_page_fallback),
    test_with_arena(test_soft_404_with_random_text),
    test_with_arena(test_random_status),
    test_with_arena(test_one_field_is_not_enough),
    test_with_arena(test_redirects),
    test_with_arena(test_directories_inherit),
};
TEST_MAIN(tests)
