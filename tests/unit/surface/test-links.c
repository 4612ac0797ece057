// SPDX-License-Identifier: Apache-2.0
#include "http/header.h"
#include "support/test.h"
#include "surface/surface_internal.h"

static struct link_list links_of(struct arena *a, const char *path, const char *type, struct sv body) {
    struct error err = {0};
    struct exchange x = {.outcome = OUTCOME_DONE,
                         .request = {.method = SV("GET"), .target = sv_from(path)},
                         .response = {.status = 200, .body = body}};
    assert_true(header_add(a, &x.response.headers, SV("Content-Type"), sv_from(type)));
    struct link_list list = {0};
    assert_ok(&err, links_of_answer(a, &x, &list, &err));
    return list;
}

static bool has(const struct link_list *list, const char *reference) {
    for (size_t i = 0; i < list->len; i++)
        if (sv_eq(list->ptr[i].reference, sv_from(reference)))
            return true;
    return false;
}

static enum link_kind kind_of(const struct link_list *list, const char *reference) {
    for (size_t i = 0; i < list->len; i++)
        if (sv_eq(list->ptr[i].reference, sv_from(reference)))
            return list->ptr[i].kind;
    fail_msg("%s was not found", reference);
    return LINK_KIND_COUNT;
}

static void test_json(void **state) {
    struct link_list l = links_of(
        *state, "/", "application/json",
        SV("{\"_links\":{\"self\":{\"href\":\"/api/a\"},\"find\":{\"href\":\"/api/b{?page,size}\",\"templated\":true},"
           "\"one\":{\"href\":\"/api/c/{id}\"}},"
           "\"next\":\"https://h.example/api/d?cursor=x\",\"avatar_url\":\"/api/e.png\",\"note\":\"see /api/f\","
           "\"other\":\"/api/g\",\"links\":{\"related\":\"/api/h\"},\"date\":\"1/2/3\",\"regex\":\"/^a+$/\","
           "\"secret\":\"/x/{{jwt:ab}}\",\"deep\":{\"list\":[{\"href\":\"i/1\"}]}}"));
    assert_int_equal(kind_of(&l, "/api/a"), LINK_JSON);
    assert_true(has(&l, "/api/b"));
    assert_true(has(&l, "https://h.example/api/d?cursor=x"));
    assert_int_equal(kind_of(&l, "/api/g"), LINK_JSON_LOOSE);
    assert_int_equal(kind_of(&l, "/api/h"), LINK_JSON);
    assert_true(has(&l, "i/1"));
    assert_int_equal(kind_of(&l, "/api/c/{id}"), LINK_TEMPLATE);
    assert_false(has(&l, "/api/f") || has(&l, "1/2/3") || has(&l, "/^a+$/"));
    for (size_t i = 0; i < l.len; i++)
        assert_false(sv_contains(l.ptr[i].reference, SV("{{")));
}

static void test_children(void **state) {
    struct arena *a = *state;
    struct link_list l = links_of(
        a, "/members/?page=1", "application/json",
        SV("{\"total\":3,\"data\":[{\"id\":\"anna b\",\"group\":{\"id\":9}},{\"id\":7},{\"id\":8}]}"));
    assert_int_equal(kind_of(&l, "/members/anna%20b"), LINK_CHILD);
    assert_true(has(&l, "/members/7"));
    assert_false(has(&l, "/members/8") || has(&l, "/members/9"));
    // The collection's own name decides before a common one.
    l = links_of(a, "/orders", "application/json", SV("[{\"id\":1,\"orderId\":\"o-1\"}]"));
    assert_true(has(&l, "/orders/o-1"));
    // One member is no collection.
    l = links_of(a, "/orders/17", "application/json", SV("[{\"id\":1}]"));
    assert_int_equal(l.len, 0);
    l = links_of(a, "/orders", "application/json", SV("[{\"id\":\"{{email:aa}}\"},{\"id\":null},{\"id\":[1]},7]"));
    assert_int_equal(l.len, 0);
}

static void test_html(void **state) {
    struct link_list l = links_of(
        *state, "/", "text/html; charset=utf-8",
        SV("<!doctype html><!-- <a href=/hidden> --><A HREF='/a?x=1&amp;y=2'>t</A><img src=/logo.png>"
           "<link rel=stylesheet href=/s.css><form action=/search method=get></form>"
           "<form method=POST action=/submit></form><script src=/app.js></script>"
           "<script>fetch(\"/api/one\"); axios.post('/api/two'); fetch(`/api/three`,{method:'DELETE'});"
           "var r='/^x/'; x.get('/api/four?z=1');g(`/api/five/${user.id}/x`);r('/api/six/:key')</script><a "
           "href=\"javascript:x()\"><a href=#top>"));
    assert_true(has(&l, "/a?x=1&y=2"));
    assert_true(has(&l, "/search"));
    assert_int_equal(kind_of(&l, "/app.js"), LINK_SCRIPT_FILE);
    assert_int_equal(kind_of(&l, "/api/one"), LINK_SCRIPT_TEXT);
    assert_true(has(&l, "/api/four?z=1"));
    assert_int_equal(kind_of(&l, "/api/five/{id}/x"), LINK_TEMPLATE);
    assert_int_equal(kind_of(&l, "/api/six/{key}"), LINK_TEMPLATE);
    assert_false(has(&l, "/hidden") || has(&l, "/submit") || has(&l, "/api/two") || has(&l, "/api/three") ||
                 has(&l, "/s.css"));
}

static void test_forms(void **state) {
    struct link_list l = links_of(*state, "/", "text/html",
                                  SV("<form action='/find?old=1'><input name=q><select name=\"kind\"><option value=a></select>"
                                     "<input type=number name=n><input type=hidden name=lang value='de at'><input type=submit></form>"
                                     "<form><input name=here type=date></form><form method=post action=/buy><input name=x></form>"
                                     "<form action=/pw><input type=password name=p></form><input name=stray></form>"));
    assert_true(has(&l, "/find?q=a&kind=a&n=1&lang=de%20at"));
    assert_true(has(&l, "?here=2024-01-31"));
    assert_false(has(&l, "/buy?x=a") || has(&l, "/pw?p=a") || has(&l, "?stray=a") || has(&l, "/pw?stray=a"));
}

static void test_headers(void **state) {
    struct arena *a = *state;
    struct error err = {0};
    struct exchange x = {.outcome = OUTCOME_DONE, .request = {.target = SV("/")}, .response = {.status = 302}};
    assert_true(header_add(a, &x.response.headers, SV("location"), SV("/login")));
    assert_true(
        header_add(a, &x.response.headers, SV("Link"), SV("</items?page=2>; rel=\"next\", </s.css>; rel=stylesheet")));
    struct link_list l = {0};
    assert_ok(&err, links_of_answer(a, &x, &l, &err));
    assert_int_equal(kind_of(&l, "/login"), LINK_LOCATION);
    assert_int_equal(kind_of(&l, "/items?page=2"), LINK_HEADER);
    assert_int_equal(l.len, 2);
}

static void test_robots_and_sitemap(void **state) {
    struct arena *a = *state;
    struct link_list l = links_of(
        a, "/robots.txt", "text/plain",
        SV("User-agent: *\r\nDisallow: /internal/ # no\r\nAllow: /a/*/b$\nDisallow:\nSitemap: https://h/s.xml\n"));
    assert_true(has(&l, "/internal/"));
    assert_true(has(&l, "/a/"));
    assert_true(has(&l, "https://h/s.xml"));
    assert_int_equal(l.len, 3);
    l = links_of(a, "/robots.txt", "text/html", SV("<html>Disallow: /x</html>"));
    assert_int_equal(l.len, 0);
    l = links_of(a, "/sitemap.xml", "application/xml",
                 SV("<urlset><url><loc>https://h/one</loc></url><url><loc>/two</loc></url>"));
    assert_true(has(&l, "https://h/one") && has(&l, "/two"));
}

static struct sv repeat(struct arena *a, const char *head, const char *part, const char *tail, size_t count) {
    size_t n = strlen(head), m = strlen(part), t = strlen(tail);
    char *out = arena_alloc(a, n + m * count + t);
    assert_non_null(out);
    memcpy(out, head, n);
    for (size_t i = 0; i < count; i++)
        memcpy(out + n + i * m, part, m);
    memcpy(out + n + m * count, tail, t);
    return sv_make(out, n + m * count + t);
}

static void test_hostile(void **state) {
    struct arena *a = *state;
    static const char *const types[] = {"application/json", "text/html", "application/javascript", "text/plain",
                                        "application/xml"};
    struct sv bodies[] = {
        repeat(a, "", "[", "", 100000),
        repeat(a, "", "{\"a\":", "", 50000),
        repeat(a, "[", "\"/a/b\",", "1]", 100000),
        repeat(a, "", "<a href=/x", "", 50000),
        repeat(a, "", "<script>", "", 50000),
        repeat(a, "", "'/", "", 100000),
        repeat(a, "", "<!--", "", 100000),
        repeat(a, "", "<", "", 200000),
        SV("\xff\xfe\x00/a"),
        SV("{\"a\":\"\\ud800/x\"}"),
        SV(""),
        repeat(a, "<a href='", "/", "'>", 100000),
        repeat(a, "<", "a=", ">", 100000),
        repeat(a, "", "<loc>", "", 100000),
        repeat(a, "{", "\"/a\":{\"href\":\"x\"},", "\"z\":1}", 50000),
    };
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
        for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
            struct arena_mark mark = arena_mark(a);
            struct link_list l = links_of(a, "/x", types[t], bodies[i]);
            assert_true(l.len <= LINKS_PER_ANSWER);
            arena_rewind(a, mark);
        }
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_json),    test_with_arena(test_children),           test_with_arena(test_html), test_with_arena(test_forms),
    test_with_arena(test_headers), test_with_arena(test_robots_and_sitemap), test_with_arena(test_hostile),
};

TEST_MAIN(tests)
