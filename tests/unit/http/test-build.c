// SPDX-License-Identifier: Apache-2.0
#include "http/build.h"

#include "http/header.h"
#include "http/json_scan.h"
#include "support/test.h"

static struct schema type_string = {.types = TYPE_STRING};
static struct schema type_integer = {.types = TYPE_INTEGER};
static struct schema type_any = {.types = 0};
static struct schema type_list = {.types = TYPE_ARRAY};
static struct schema type_flag = {.types = TYPE_BOOLEAN | TYPE_NULL};

#define PARAMETERS_MAX 8

struct fixture {
    struct operation op;
    struct parameter parameters[PARAMETERS_MAX];
    struct param_value values[PARAMETERS_MAX];
    struct call call;
};

static struct fixture *fixture_new(struct arena *a, const char *method, const char *path) {
    struct fixture *f = arena_new(a, struct fixture);
    assert_non_null(f);
    f->op = (struct operation){.method = sv_from(method), .path = sv_from(path), .parameters = f->parameters};
    f->call = (struct call){&f->op, f->values};
    return f;
}

static struct param_value *with(struct fixture *f, enum param_in in, const char *name, struct schema *s,
                                struct sv value) {
    size_t i = f->op.parameter_count++;
    assert_true(i < PARAMETERS_MAX);
    f->parameters[i] = (struct parameter){.name = sv_from(name), .in = in, .schema = s};
    f->values[i] = (struct param_value){.text = value, .present = true};
    return &f->values[i];
}

static struct request build(struct arena *a, const struct fixture *f) {
    struct request rq = {0};
    struct error err = {0};
    assert_ok(&err, call_build(a, &f->call, &rq, &err));
    return rq;
}

static void test_values_stay_in_their_place(void **state) {
    struct arena *a = *state;
    struct fixture *f = fixture_new(a, "GET", "/v1/m/{id}/x.{ext}");
    with(f, PARAM_PATH, "id", &type_string, SV("a/b?c#d %\xff"));
    with(f, PARAM_PATH, "ext", &type_string, SV("json"));
    with(f, PARAM_QUERY, "q", &type_string, SV("1&r=2+3"));
    with(f, PARAM_QUERY, "gone", &type_string, SV("x"))->present = false;
    with(f, PARAM_QUERY, "f[a]", &type_string, SV("<\n>"))->raw = false;
    with(f, PARAM_HEADER, "X-Y", &type_string, SV("v"));
    with(f, PARAM_COOKIE, "c", &type_string, SV("1; d=2"));
    with(f, PARAM_COOKIE, "e", &type_string, SV("=="));
    struct request rq = build(a, f);
    assert_sv_text(rq.method, "GET");
    assert_sv_text(rq.target, "/v1/m/a%2Fb%3Fc%23d%20%25%FF/x.json?q=1%26r%3D2%2B3&f[a]=%3C%0A%3E");
    assert_sv_text(header_find(&rq.headers, SV("x-y")), "v");
    assert_sv_text(header_find(&rq.headers, SV("cookie")), "c=1%3B%20d=2; e===");
    assert_sv_text(header_find(&rq.headers, SV("accept")), "application/json, */*;q=0.5");
    assert_null(rq.body.ptr);
    assert_false(header_has(&rq.headers, SV("content-type")));
}

static void test_raw_values_and_their_bounds(void **state) {
    struct arena *a = *state;
    struct fixture *f = fixture_new(a, "GET", "/a?fixed=1");
    struct param_value *q = with(f, PARAM_QUERY, "q", &type_string, SV("%2e&x=/../"));
    q->raw = true;
    assert_sv_text(build(a, f).target, "/a?fixed=1&q=%2e&x=/../");
    struct request rq = {0};
    struct error err = {0};
    q->text = SV("a HTTP/1.1\r\nX: y");
    assert_error(&err, ERR_USAGE, call_build(a, &f->call, &rq, &err));
    q->raw = false;
    assert_sv_text(build(a, f).target, "/a?fixed=1&q=a%20HTTP%2F1.1%0D%0AX%3A%20y");
    struct param_value *h = with(f, PARAM_HEADER, "X", &type_string, SV("a\r\nEvil: 1"));
    assert_error(&err, ERR_USAGE, call_build(a, &f->call, &rq, &err));
    h->present = false;
    with(f, PARAM_COOKIE, "c", &type_string, SV("a\nb"))->raw = true;
    assert_error(&err, ERR_USAGE, call_build(a, &f->call, &rq, &err));
    assert_null(rq.target.ptr); // untouched
}

static void test_path_parameter_is_needed(void **state) {
    struct arena *a = *state;
    struct fixture *f = fixture_new(a, "GET", "/a/{id}");
    struct request rq = {0};
    struct error err = {0};
    assert_error(&err, ERR_USAGE, call_build(a, &f->call, &rq, &err));
    with(f, PARAM_PATH, "id", &type_string, SV("1"))->present = false;
    assert_error(&err, ERR_USAGE, call_build(a, &f->call, &rq, &err));
    assert_non_null(strstr(err.text, "id"));
}

static void test_json_body_is_typed(void **state) {
    struct arena *a = *state;
    struct fixture *f = fixture_new(a, "POST", "/a");
    f->op.body_media_type = SV("application/json; charset=utf-8");
    with(f, PARAM_BODY, "n", &type_integer, SV("12"));
    with(f, PARAM_BODY, "m", &type_integer, SV("012"));
    with(f, PARAM_BODY, "a.b", &type_string, SV("12"));
    with(f, PARAM_BODY, "a.l[].x\\.y", &type_flag, SV("true"));
    with(f, PARAM_BODY, "a.l[].z", &type_flag, SV("null"));
    with(f, PARAM_BODY, "tags[]", &type_string, SV("q\"\n"));
    with(f, PARAM_BODY, "free", &type_any, SV("{\"k\":[1]}"));
    with(f, PARAM_BODY, "r", &type_string, SV("{\"$ne\":1}"))->raw = true;
    struct request rq = build(a, f);
    assert_sv_text(rq.body, "{\"n\":12,\"m\":\"012\",\"a\":{\"b\":\"12\",\"l\":[{\"x.y\":true,\"z\":null}]},"
                            "\"tags\":[\"q\\\"\\n\"],\"free\":{\"k\":[1]},\"r\":{\"$ne\":1}}");
    assert_true(json_is_value(rq.body));
    assert_sv_text(header_find(&rq.headers, SV("content-type")), "application/json; charset=utf-8");
}

static void test_json_body_shapes(void **state) {
    struct arena *a = *state;
    struct fixture *f = fixture_new(a, "POST", "/a");
    f->op.body_required = true;
    assert_sv_text(build(a, f).body, "{}");
    f->op.body_schema = &type_list;
    assert_sv_text(build(a, f).body, "[]");
    with(f, PARAM_BODY, "[].id", &type_integer, SV("1"));
    assert_sv_text(build(a, f).body, "[{\"id\":1}]");
    struct fixture *g = fixture_new(a, "POST", "/a");
    with(g, PARAM_BODY, "", &type_list, SV("[1,2]"));
    assert_sv_text(build(a, g).body, "[1,2]");
    g->values[0].text = SV("[1,2");
    assert_sv_text(build(a, g).body, "\"[1,2\"");
    with(g, PARAM_BODY, "x", &type_string, SV("1"));
    struct request rq = {0};
    struct error err = {0};
    assert_error(&err, ERR_USAGE, call_build(a, &g->call, &rq, &err));
    struct fixture *h = fixture_new(a, "POST", "/a");
    with(h, PARAM_BODY, "x[].a", &type_string, SV("1"));
    with(h, PARAM_BODY, "x.b", &type_string, SV("1"));
    assert_error(&err, ERR_USAGE, call_build(a, &h->call, &rq, &err));
}

static void test_forms(void **state) {
    struct arena *a = *state;
    struct fixture *f = fixture_new(a, "POST", "/a");
    f->op.body_media_type = SV("application/x-www-form-urlencoded");
    with(f, PARAM_BODY, "user.name", &type_string, SV("a&b=c d"));
    with(f, PARAM_BODY, "tags[]", &type_string, SV("1"));
    with(f, PARAM_BODY, "l[].k", &type_string, SV("%"))->raw = true;
    assert_sv_text(build(a, f).body, "user[name]=a%26b%3Dc%20d&tags=1&l[][k]=%");
    struct fixture *g = fixture_new(a, "POST", "/a");
    g->op.body_media_type = SV("multipart/form-data");
    with(g, PARAM_BODY, "x\"\r\n", &type_string, SV("--plumbline-part-982451"));
    struct schema file = {.types = TYPE_STRING, .format = SV("binary")};
    with(g, PARAM_BODY, "up", &file, SV("bytes"));
    struct request rq = build(a, g);
    assert_sv_text(header_find(&rq.headers, SV("content-type")), "multipart/form-data; boundary=plumbline-part-990370");
    assert_sv_text(rq.body,
                   "--plumbline-part-990370\r\nContent-Disposition: form-data; name=\"x%22%0D%0A\"\r\n\r\n"
                   "--plumbline-part-982451\r\n"
                   "--plumbline-part-990370\r\nContent-Disposition: form-data; name=\"up\"; filename=\"file.txt\"\r\n"
                   "Content-Type: text/plain\r\n\r\nbytes\r\n--plumbline-part-990370--\r\n");
    struct fixture *h = fixture_new(a, "POST", "/a");
    h->op.body_media_type = SV("application/xml");
    with(h, PARAM_BODY, "", &type_any, SV("<a/>"));
    assert_sv_text(build(a, h).body, "<a/>");
}

static void test_copy_and_find(void **state) {
    struct arena *a = *state;
    struct fixture *f = fixture_new(a, "GET", "/a");
    with(f, PARAM_QUERY, "id", &type_string, SV("1"));
    with(f, PARAM_HEADER, "X-Id", &type_string, SV("2"));
    struct call copy = {0};
    struct error err = {0};
    assert_ok(&err, call_copy(a, &f->call, &copy, &err));
    copy.values[0].text = SV("9");
    assert_sv_text(f->values[0].text, "1");
    assert_int_equal(call_find(&f->op, PARAM_HEADER, SV("x-ID")), 1);
    assert_int_equal(call_find(&f->op, PARAM_QUERY, SV("id")), 0);
    assert_true(call_find(&f->op, PARAM_QUERY, SV("ID")) == SIZE_MAX);
    assert_true(call_find(&f->op, PARAM_PATH, SV("id")) == SIZE_MAX);
}

static void test_body_names(void **state) {
    struct arena *a = *state;
    assert_sv_text(body_name_join(a, SV(""), SV("a")), "a");
    assert_sv_text(body_name_join(a, SV("a"), SV("b.c[d\\")), "a.b\\.c\\[d\\\\");
    assert_sv_text(body_name_element(a, SV("a")), "a[]");
}

static void test_templates(void **state) {
    struct arena *a = *state;
    assert_sv_text(path_template_nameless(a, SV("/m/{id}/x{a}.{b}/{un/c}")), "/m/{}/x{}.{}/{un/c}");
    static const struct {
        const char *pattern, *path;
        bool want;
    } cases[] = {
        {"/m/{id}", "/m/1", true},
        {"/m/{id}", "/m/", false},
        {"/m/{id}", "/m/1/2", false},
        {"/m/{id}/", "/m/1", false},
        {"/m/{id}.json", "/m/a.b.json", true},
        {"/m/{id}.json", "/m/.json", false},
        {"/m/{a}-{b}", "/m/1-2-3", true},
        {"/m/{a}-{b}", "/m/-2", false},
        {"/m/{a}{b}", "/m/1", false},
        {"/m/{a}{b}", "/m/12", true},
        {"/M", "/m", false},
        {"/", "/", true},
        {"", "", true},
        {"/m?x=1", "/m", true},
        {"/{a}x{b}x{c}y", "/xxxxxxxxxxxxxxxz", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (path_template_matches(sv_from(cases[i].pattern), sv_from(cases[i].path)) != cases[i].want)
            fail_msg("%s against %s", cases[i].path, cases[i].pattern);
    assert_sv_text(path_directory(SV("/a/b/c")), "/a/b/");
    assert_sv_text(path_directory(SV("/a/")), "/a/");
    assert_sv_text(path_directory(SV("x")), "/");
}

static void test_json_scan(void **state) {
    (void)state;
    static const char *const good[] = {
        "1", "-0", "1.5e+3", "\"\\u00ff\\n\"", "[]", "{}", "[1,{\"a\":[null,true]}]", " {\"a\" : 1 , \"b\":2} "};
    static const char *const bad[] = {"",        "01",          "1.",   ".5",      "+1",    "1e",         "\"",
                                      "\"\\x\"", "\"\\u12g4\"", "[1,]", "{\"a\"}", "{a:1}", "{\"a\":1,}", "[1}",
                                      "tru",     "nul",         "1 2",  "[",       "\"\n\""};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!json_is_value(sv_from(good[i])))
            fail_msg("%s is JSON", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (json_is_value(sv_from(bad[i])))
            fail_msg("%s is no JSON", bad[i]);
    struct sv v = SV("x");
    assert_true(json_member(SV("{\"a\":{\"b\":1},\"b\":[2],\"b\":3}"), SV("b"), &v));
    assert_sv_text(v, "3");
    assert_true(json_member(SV("{}"), SV("b"), &v));
    assert_null(v.ptr);
    assert_false(json_member(SV("[]"), SV("b"), &v));
}

static void test_shared_segments(void **state) {
    (void)state;
    assert_int_equal(path_shared_segments(SV("/api/v1/users"), SV("/api/v1/orders")), 8);
    assert_int_equal(path_shared_segments(SV("/a/b1"), SV("/a/b2")), 3);
    assert_int_equal(path_shared_segments(SV("/a/b"), SV("/a/b/c")), 4);
    assert_int_equal(path_shared_segments(SV("/a/b"), SV("/a/bc")), 3);
    assert_int_equal(path_shared_segments(SV("/a"), SV("/a")), 2);
    assert_int_equal(path_shared_segments(SV(""), SV("/a")), 0);
    assert_int_equal(path_shared_segments(SV_NONE, SV("/a")), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_shared_segments),
    test_with_arena(test_values_stay_in_their_place),
    test_with_arena(test_raw_values_and_their_bounds),
    test_with_arena(test_path_parameter_is_needed),
    test_with_arena(test_json_body_is_typed),
    test_with_arena(test_json_body_shapes),
    test_with_arena(test_forms),
    test_with_arena(test_copy_and_find),
    test_with_arena(test_body_names),
    test_with_arena(test_templates),
    cmocka_unit_test(test_json_scan),
};

TEST_MAIN(tests)
