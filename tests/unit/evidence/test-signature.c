// SPDX-License-Identifier: Apache-2.0
#include "evidence/signature.h"

#include "answers.h"

#include "evidence/signature_internal.h"

static struct signature typed(struct arena *a, const char *type, const char *body) {
    return signature_of(a, answer_new(a, 200, sv_from(type), sv_from(body)), NULL, 0);
}

static struct signature js(struct arena *a, const char *body) {
    return json_signature(a, 200, sv_from(body));
}

static void test_no_answer_is_invalid(void **state) {
    struct exchange x = {.outcome = OUTCOME_TIMEOUT};
    struct signature s = signature_of(*state, &x, NULL, 0);
    assert_false(s.valid);
    struct signature other = js(*state, "{}");
    assert_false(signature_equal(&s, &s, NULL));
    assert_false(signature_alike(&s, &other));
    assert_true(signature_distance(&s, &other, NULL) == 1);
}

static void test_json_order_does_not_matter(void **state) {
    struct signature x = js(*state, "{\"a\":1,\"list\":[{\"id\":1},{\"id\":2}]}");
    struct signature y = js(*state, " {\"list\":[{\"id\":2},{\"id\":1}],\n\"a\":1}");
    assert_true(x.is_json && x.pair_count == 4);
    assert_true(signature_equal(&x, &y, NULL));
}

static void test_json_multiset_and_length(void **state) {
    struct signature once = js(*state, "{\"items\":[{\"id\":1}]}");
    struct signature twice = js(*state, "{\"items\":[{\"id\":1},{\"id\":1}]}");
    struct signature empty = js(*state, "{\"items\":[]}");
    assert_false(signature_equal(&once, &twice, NULL));
    assert_true(signature_alike(&once, &twice));
    assert_false(signature_alike(&once, &empty));
    assert_true(signature_distance(&once, &once, NULL) == 0);
    assert_true(signature_distance(&once, &empty, NULL) == 1);
}

static void test_json_types_differ(void **state) {
    static const char *const bodies[] = {"{\"a\":1}",    "{\"a\":\"1\"}",
                                         "{\"a\":true}", "{\"a\":\"true\"}",
                                         "{\"a\":null}", "{\"b\":1}",
                                         "{\"a\":[1]}",  "{\"a\":{}}",
                                         "[]",           "{}",
                                         "\"a\"",        "1",
                                         "null"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        for (size_t j = 0; j < sizeof bodies / sizeof *bodies; j++) {
            struct signature x = js(*state, bodies[i]), y = js(*state, bodies[j]);
            assert_int_equal(signature_equal(&x, &y, NULL), i == j);
        }
}

static void test_frame_matters(void **state) {
    struct arena *a = *state;
    struct exchange *x = json_answer(a, 302, SV("{}")), *y = json_answer(a, 302, SV("{}"));
    assert_true(header_add(a, &x->response.headers, SV("Location"), SV("/login?next=%2Fx")));
    assert_true(header_add(a, &y->response.headers, SV("Location"), SV("/home")));
    struct signature sx = signature_of(a, x, NULL, 0), sy = signature_of(a, y, NULL, 0);
    assert_false(signature_equal(&sx, &sy, NULL));
    struct signature ok = json_signature(a, 200, SV("{}")), gone = json_signature(a, 404, SV("{}"));
    assert_false(signature_equal(&ok, &gone, NULL));
    struct signature as_text = signature_of(a, answer_new(a, 200, SV("text/plain"), SV("{}")), NULL, 0);
    assert_false(signature_equal(&ok, &as_text, NULL));
}

static void test_location_masks_tokens(void **state) {
    struct arena *a = *state;
    static const struct sv tokens[] = {SV_INIT("q8fj2kd9sl2m"), SV_INIT("z0pl3mc8ek1x")};
    struct signature s[2];
    for (size_t i = 0; i < 2; i++) {
        struct exchange *x = json_answer(a, 302, SV(""));
        struct sv target = arena_printf(a, "/go/" SV_FMT "?next=%%2F" SV_FMT "#t", SV_ARG(tokens[i]),
                                        SV_ARG(tokens[i]));
        assert_true(header_add(a, &x->response.headers, SV("Location"), target));
        s[i] = signature_of(a, x, &tokens[i], 1);
    }
    assert_true(signature_equal(&s[0], &s[1], NULL));
}

// Each spelling in which an answer may repeat what we sent: masked with its marker, a difference without.
static void test_masks_each_encoding(void **state) {
    struct arena *a = *state;
    static const struct {
        const char *type, *first, *second;
        struct sv marker_1, marker_2;
    } rows[] = {
        {"application/json", "{\"q\":\"abcd1234efgh\"}", "{\"q\":\"wxyz9876stuv\"}", SV_INIT("abcd1234efgh"),
         SV_INIT("wxyz9876stuv")},
        {"application/json", "{\"e\":\"no abcd1234efgh here\"}", "{\"e\":\"no wxyz9876stuv here\"}",
         SV_INIT("abcd1234efgh"), SV_INIT("wxyz9876stuv")},
        {"application/json", "{\"e\":\"x' AND '1'='1\"}", "{\"e\":\"x' AND '5'='5\"}", SV_INIT("x' AND '1'='1"),
         SV_INIT("x' AND '5'='5")},
        {"application/json", "{\"e\":\"x\\u0027 AND \\u00271\"}", "{\"e\":\"x\\u0027 AND \\u00275\"}",
         SV_INIT("x' AND '1"), SV_INIT("x' AND '5")},
        {"application/json", "{\"u\":\"/s?q=ab%22cd1234%20x\"}", "{\"u\":\"/s?q=zz%22yx9876%20x\"}",
         SV_INIT("ab\"cd1234 x"), SV_INIT("zz\"yx9876 x")},
        {"application/json", "{\"u\":\"/s?q=ab%2fcd1234+x\"}", "{\"u\":\"/s?q=ab%2fcd5678+x\"}", SV_INIT("ab/cd1234 x"),
         SV_INIT("ab/cd5678 x")},
        {"application/json", "{\"b\":\"YWJjZDEyMzRlZmdo\"}", "{\"b\":\"d3h5ejk4NzZzdHV2\"}", SV_INIT("abcd1234efgh"),
         SV_INIT("wxyz9876stuv")},
        {"text/html", "<p>abcd1234</p>", "<p>wxyz9876</p>", SV_INIT("abcd1234"), SV_INIT("wxyz9876")},
        {"text/html", "<p>not found: x&#39;y&lt;z123456</p>", "<p>not found: q&#39;y&lt;z987654</p>",
         SV_INIT("x'y<z123456"), SV_INIT("q'y<z987654")},
        {"text/html", "<a href=\"/x?q=abcd1234efgh\">", "<a href=\"/x?q=wxyz9876stuv\">", SV_INIT("abcd1234efgh"),
         SV_INIT("wxyz9876stuv")},
        {"text/plain", "no such file: abcd1234efgh\n", "no such file: wxyz9876stuv\n", SV_INIT("abcd1234efgh"),
         SV_INIT("wxyz9876stuv")},
        {"application/json", "{\"abcd1234efgh\":1}", "{\"wxyz9876stuv\":1}", SV_INIT("abcd1234efgh"),
         SV_INIT("wxyz9876stuv")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct exchange *x = answer_new(a, 200, sv_from(rows[i].type), sv_from(rows[i].first));
        struct exchange *y = answer_new(a, 200, sv_from(rows[i].type), sv_from(rows[i].second));
        struct signature sx = signature_of(a, x, &rows[i].marker_1, 1), sy = signature_of(a, y, &rows[i].marker_2, 1);
        if (!signature_equal(&sx, &sy, NULL))
            fail_msg("row %zu is not masked", i);
        sx = signature_of(a, x, NULL, 0);
        sy = signature_of(a, y, NULL, 0);
        if (signature_equal(&sx, &sy, NULL))
            fail_msg("row %zu does not differ without markers", i);
    }
}

static void test_never_masks_short_words(void **state) {
    static const struct sv words[][2] = {{SV_INIT("17"), SV_INIT("18")},
                                         {SV_INIT("true"), SV_INIT("false")},
                                         {SV_INIT("abc"), SV_INIT("abd")},
                                         {SV_INIT("1234567"), SV_INIT("7654321")}};
    struct arena *a = *state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct signature s[2];
        for (size_t j = 0; j < 2; j++) {
            struct sv body = arena_printf(a, "{\"id\":\"" SV_FMT "\"}", SV_ARG(words[i][j]));
            s[j] = signature_of(a, json_answer(a, 200, body), &words[i][j], 1);
        }
        assert_false(signature_equal(&s[0], &s[1], NULL));
    }
    // Long enough to be a value of its own, too short to be cut out of a longer text.
    static const struct sv marker = SV_INIT("ab3d5");
    struct signature x = signature_of(a, json_answer(a, 200, SV("{\"t\":\"xab3d5y\"}")), &marker, 1);
    struct signature y = js(a, "{\"t\":\"xab3d5y\"}");
    assert_true(signature_equal(&x, &y, NULL));
}

static void test_volatility(void **state) {
    struct arena *a = *state;
    struct signature x = js(a, "{\"id\":1,\"now\":\"10:00\",\"n\":[1]}"),
                     y = js(a, "{\"id\":1,\"now\":\"10:01\",\"n\":[1]}");
    struct signature z = js(a, "{\"id\":1,\"now\":\"10:07\",\"n\":[1]}"),
                     other = js(a, "{\"id\":2,\"now\":\"10:07\",\"n\":[1]}");
    struct volatility v = {0};
    struct error err = {0};
    assert_ok(&err, volatility_learn(a, &v, &x, &y, &err));
    assert_int_equal(v.len, 1);
    assert_int_equal(v.learned_from, 1);
    assert_false(v.status_volatile);
    assert_false(signature_equal(&x, &z, NULL));
    assert_true(signature_equal(&x, &z, &v));
    assert_false(signature_equal(&x, &other, &v));
    assert_int_equal(signature_stable_pairs(&x, &v), 3);
    assert_true(signature_distance(&x, &z, &v) == 0);
    struct signature error_page = json_signature(a, 500, SV("{\"e\":1}"));
    assert_ok(&err, volatility_learn(a, &v, &x, &error_page, &err));
    assert_true(v.status_volatile);
    assert_int_equal(v.len, 1); // an error page teaches nothing about pairs
}

static void test_volatile_lines_of_text(void **state) {
    struct arena *a = *state;
    struct signature x = typed(a, "text/plain", "up 17 s\nversion 1.2\nok\n"),
                     y = typed(a, "text/plain", "up 18 s\nversion 1.2\nok\n");
    struct signature z = typed(a, "text/plain", "up 99 s\nversion 1.2\nok\n"),
                     other = typed(a, "text/plain", "up 99 s\nversion 1.3\nok\n");
    struct volatility v = {0};
    struct error err = {0};
    assert_ok(&err, volatility_learn(a, &v, &x, &y, &err));
    assert_true(signature_equal(&x, &z, &v));
    assert_false(signature_equal(&x, &other, &v));
    assert_true(signature_alike(&x, &other));
}

static void test_text_similarity(void **state) {
    struct arena *a = *state;
    const char *base =
        "the record that you asked for does not exist in this store please check the address and try again later";
    const char *near =
        "the record that you asked for does not exist in this store please check the address and try again soon";
    const char *far = "welcome to our shop of bicycles and parts have a look around and call us when you need any help";
    struct signature x = typed(a, "text/plain", base), y = typed(a, "text/plain", near),
                     z = typed(a, "text/plain", far);
    assert_true(signature_alike(&x, &y));
    assert_false(signature_equal(&x, &y, NULL));
    assert_false(signature_alike(&x, &z));
}

static void test_html(void **state) {
    struct arena *a = *state;
    const char *page =
        "<!doctype html><html><head><title>T</title><script>var a='<p>';</script></head><body><!-- c --><ul>"
        "<li>one<li>two</ul><img src=x.png><br/><p class=q>text</body></html>";
    struct signature x = typed(a, "text/html", page);
    assert_true(x.is_html && x.pair_count > 8 && x.skeleton != 0);
    struct signature spaced = typed(
        a, "text/html",
        "<!DOCTYPE html>\n<HTML><head><title>T</title> <script>var a='<p>';</script></head>\n<body><ul>"
        "<li>one</li><li>two</li></ul><img src='x.png'><br><p class=q>text</p></body></html>");
    assert_true(signature_equal(&x, &spaced, NULL));
    struct signature more = typed(
        a, "text/html",
        "<!doctype html><html><head><title>T</title><script>var a='<p>';</script></head><body><ul>"
        "<li>one<li>two<li>three</ul><img src=x.png><br/><p class=q>text</body></html>");
    assert_true(signature_alike(&x, &more));
    assert_false(signature_equal(&x, &more, NULL));
    struct signature other = typed(a, "text/html", "<html><body><h1>Not found</h1></body></html>");
    assert_false(signature_alike(&x, &other));
}

// Hostile bodies: whatever comes, it ends, within bounds and under the sanitizers.
static void test_hostile_bodies(void **state) {
    struct arena *a = *state;
    static const struct sv bodies[] = {SV_INIT("<"),
                                       SV_INIT("</"),
                                       SV_INIT("<a"),
                                       SV_INIT("<a b"),
                                       SV_INIT("<a b="),
                                       SV_INIT("<a b='"),
                                       SV_INIT("<a b=\"x"),
                                       SV_INIT("<!--"),
                                       SV_INIT("<script>"),
                                       SV_INIT("<script></scrip"),
                                       SV_INIT("<a\0b c\0=\0>x\0"),
                                       SV_INIT("< a><//><\0>"),
                                       SV_INIT("<a/=/=/=>"),
                                       SV_INIT("\xff\xfe<p>\xc3"),
                                       SV_INIT("<a href>"),
                                       SV_INIT("<p>&"),
                                       SV_INIT("{\"a\":"),
                                       SV_INIT("[[[[["),
                                       SV_INIT("{\"a\":1}{"),
                                       SV_INIT("\0\0\0")};
    static const char *const types[] = {"text/html", "application/json", "text/plain", "", "nonsense", "image/png"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
            struct signature s = signature_of(a, answer_new(a, 200, sv_from(types[t]), bodies[i]), NULL, 0);
            assert_true(s.valid);
            assert_true(signature_equal(&s, &s, NULL));
        }
}

static struct sv repeated(struct arena *a, const char *part, size_t count, const char *begin, const char *end) {
    size_t len = strlen(part), n = 0;
    char *text = arena_alloc(a, strlen(begin) + len * count + strlen(end));
    assert_non_null(text);
    memcpy(text, begin, strlen(begin));
    n = strlen(begin);
    for (size_t i = 0; i < count; i++, n += len)
        memcpy(text + n, part, len);
    memcpy(text + n, end, strlen(end));
    return sv_make(text, n + strlen(end));
}

static void test_bounds(void **state) {
    struct arena *a = *state;
    struct sv big = repeated(a, "{\"id\":1,\"n\":\"x\"},", 20000, "[", "0]");
    struct signature x = signature_of(a, json_answer(a, 200, big), NULL, 0);
    assert_true(x.is_json && x.pair_count == SIGNATURE_PAIRS_MAX);
    char *changed = arena_alloc(a, big.len);
    assert_non_null(changed);
    memcpy(changed, big.ptr, big.len);
    changed[big.len - 2] = '7';
    struct signature y = signature_of(a, json_answer(a, 200, sv_make(changed, big.len)), NULL, 0);
    assert_false(signature_equal(&x, &y, NULL)); // what found no room of its own still counts
    struct signature tags = signature_of(a, answer_new(a, 200, SV("text/html"), repeated(a, "<a><b>t", 50000, "", "")),
                                         NULL, 0);
    assert_true(tags.pair_count <= SIGNATURE_PAIRS_MAX);
    struct signature deep = signature_of(a, json_answer(a, 200, repeated(a, "[", 100000, "", "")), NULL, 0);
    assert_true(deep.valid && !deep.is_json);
    struct signature lines = signature_of(a, answer_new(a, 200, SV("text/plain"), repeated(a, "a\n", 100000, "", "")),
                                          NULL, 0);
    assert_true(lines.pair_count <= SIGNATURE_PAIRS_MAX);
}

static void test_out_of_memory_is_an_error(void **state) {
    (void)state;
    struct arena small;
    arena_init(&small, 64);
    struct header type = {SV("Content-Type"), SV("application/json")};
    struct exchange x = {.outcome = OUTCOME_DONE,
                         .response = {.status = 200, .headers = {&type, 1, 1}, .body = SV("[1,2,3,4,5,6,7,8,9]")}};
    struct signature s = {.status = 77};
    struct error err = {0};
    assert_error(&err, -ENOMEM, signature_make(&small, &x, NULL, 0, TEST_KEY, &s, &err));
    assert_int_equal(s.status, 77);
    arena_fini(&small);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_no_answer_is_invalid),
    test_with_arena(test_json_order_does_not_matter),
    test_with_arena(test_json_multiset_and_length),
    test_with_arena(test_json_types_differ),
    test_with_arena(test_frame_matters),
    test_with_arena(test_location_masks_tokens),
    test_with_arena(test_masks_each_encoding),
    test_with_arena(test_never_masks_short_words),
    test_with_arena(test_volatility),
    test_with_arena(test_volatile_lines_of_text),
    test_with_arena(test_text_similarity),
    test_with_arena(test_html),
    test_with_arena(test_hostile_bodies),
    test_with_arena(test_bounds),
    cmocka_unit_test(test_out_of_memory_is_an_error),
};
TEST_MAIN(tests)
