// SPDX-License-Identifier: Apache-2.0
#include "http/header.h"

#include "support/test.h"

static void test_list_keeps_order_and_case(void **state) {
    struct arena *a = *state;
    struct header_list l = {0};
    assert_true(header_add(a, &l, SV("Set-Cookie"), SV("a=1")));
    assert_true(header_add(a, &l, SV("X-A"), SV("1")));
    assert_true(header_add(a, &l, SV("set-cookie"), SV("b=2")));
    assert_sv_text(header_find(&l, SV("SET-COOKIE")), "a=1");
    assert_sv_text(header_find_nth(&l, SV("Set-Cookie"), 1), "b=2");
    assert_null(header_find_nth(&l, SV("Set-Cookie"), 2).ptr);
    assert_int_equal(header_count(&l, SV("Set-Cookie")), 2);
    assert_false(header_has(&l, SV("Set-Cooki")));
    struct header_list copy = {0};
    assert_true(header_copy_list(a, &l, &copy));
    assert_true(header_set(a, &l, SV("SET-cookie"), SV("c=3")));
    assert_int_equal(l.len, 2);
    assert_sv_text(l.ptr[0].value, "c=3");
    assert_int_equal(copy.len, 3);
    assert_sv_text(copy.ptr[2].name, "set-cookie");
    header_remove(&copy, SV("set-cookie"));
    assert_int_equal(copy.len, 1);
    assert_true(header_set(a, &copy, SV("New"), SV("v")));
    assert_int_equal(copy.len, 2);
}

static void test_elements_respect_quotes(void **state) {
    (void)state;
    struct sv rest = SV(" a , ,\"b,\\\",c\", d=\"x,y\";q=1 ,"), e;
    assert_true(header_element_next(&rest, &e));
    assert_sv_text(e, "a");
    assert_true(header_element_next(&rest, &e));
    assert_sv_text(e, "\"b,\\\",c\"");
    assert_true(header_element_next(&rest, &e));
    assert_sv_text(e, "d=\"x,y\";q=1");
    assert_false(header_element_next(&rest, &e));
    rest = SV("\"open, \\");
    assert_true(header_element_next(&rest, &e));
    assert_false(header_element_next(&rest, &e));
}

static void test_media_types(void **state) {
    struct arena *a = *state;
    assert_sv_text(media_type_essence(a, SV(" Application/JSON ; charset=utf-8")), "application/json");
    assert_null(media_type_essence(a, SV("json")).ptr);
    assert_null(media_type_essence(a, SV("text/ html")).ptr);
    assert_null(media_type_essence(a, SV("/x")).ptr);
    assert_null(media_type_essence(a, SV("a/b/c")).ptr);
    assert_null(media_type_essence(a, SV("a/b\0")).ptr);
    assert_true(media_type_is_json(SV("application/problem+json")));
    assert_true(media_type_is_json(SV("text/json")));
    assert_false(media_type_is_json(SV("application/jsonp")));
    assert_false(media_type_is_json(SV("application/json-seq")));
    assert_false(media_type_is_json(SV_NONE));
}

static void test_retry_after(void **state) {
    (void)state;
    usec_t now = UINT64_C(1445412480) * USEC_PER_SEC; // 2015-10-21 07:28:00
    usec_t delay = 7;
    assert_true(retry_after_parse(SV(" 120 "), now, &delay));
    assert_int_equal(delay, 120 * USEC_PER_SEC);
    assert_true(retry_after_parse(SV("Wed, 21 Oct 2015 07:28:30 GMT"), now, &delay));
    assert_int_equal(delay, 30 * USEC_PER_SEC);
    assert_true(retry_after_parse(SV("Wed, 21 Oct 2015 07:27:00 GMT"), now, &delay));
    assert_int_equal(delay, 0);
    assert_true(retry_after_parse(SV("99999999999999999999999"), now, &delay));
    assert_true(delay > UINT64_C(1) << 60);
    delay = 7;
    assert_false(retry_after_parse(SV("-1"), now, &delay));
    assert_false(retry_after_parse(SV("soon"), now, &delay));
    assert_false(retry_after_parse(SV(""), now, &delay));
    assert_int_equal(delay, 7);
}

static void test_set_cookie(void **state) {
    (void)state;
    struct set_cookie c = {0};
    assert_true(set_cookie_parse(
        SV(" sid = a=b ; Path=/x; SECURE; HttpOnly; SameSite=Lax; Domain=.Ex.com; Max-Age=60; unknown=1"), &c));
    assert_sv_text(c.name, "sid");
    assert_sv_text(c.value, "a=b");
    assert_sv_text(c.path, "/x");
    assert_sv_text(c.domain, "Ex.com");
    assert_sv_text(c.same_site, "Lax");
    assert_true(c.secure && c.http_only && c.has_expiry && !c.expired);
    assert_true(set_cookie_parse(SV("a=; Expires=Thu, 01-Jan-1970 00:00:00 GMT"), &c));
    assert_true(c.has_expiry && c.expired && !c.secure && c.path.ptr == NULL);
    assert_true(set_cookie_parse(SV("a=; expires=Thu, 01 Jan 70 00:00:00 GMT; max-age=5"), &c));
    assert_true(c.has_expiry && !c.expired); // Max-Age wins
    assert_true(set_cookie_parse(SV("a=1; Expires=Fri, 31 Dec 2066 23:59:59 GMT"), &c));
    assert_true(c.has_expiry && !c.expired);
    assert_true(set_cookie_parse(SV("a=1; Max-Age=-1"), &c));
    assert_true(c.expired);
    assert_true(set_cookie_parse(SV("a=1; Max-Age=0"), &c));
    assert_true(c.expired);
    assert_true(set_cookie_parse(SV("a=1; Max-Age=x; Expires=never"), &c));
    assert_false(c.has_expiry);
    assert_false(set_cookie_parse(SV("novalue; Secure"), &c));
    assert_false(set_cookie_parse(SV("=v"), &c));
    assert_false(set_cookie_parse(SV_NONE, &c));
}

static void test_hsts(void **state) {
    (void)state;
    struct hsts h = {.max_age = 7};
    assert_true(hsts_parse(SV("max-age=31536000 ; includeSubDomains; preload; x=y"), &h));
    assert_int_equal(h.max_age, 31536000);
    assert_true(h.include_subdomains && h.preload);
    assert_true(hsts_parse(SV("MAX-AGE=\"10\""), &h));
    assert_int_equal(h.max_age, 10);
    assert_false(h.include_subdomains);
    assert_true(hsts_parse(SV("max-age=99999999999999999999"), &h));
    assert_true(h.max_age == UINT64_MAX);
    h.max_age = 7;
    assert_false(hsts_parse(SV("includeSubDomains"), &h));
    assert_false(hsts_parse(SV("max-age=1; max-age=2"), &h));
    assert_false(hsts_parse(SV("max-age=-1"), &h));
    assert_false(hsts_parse(SV("max-age"), &h));
    assert_false(hsts_parse(SV_NONE, &h));
    assert_int_equal(h.max_age, 7);
}

static void test_link(void **state) {
    (void)state;
    struct sv rest = SV("</a?x=1,2>; title=\"y, <z>; rel=no\"; rel=\"next\", <>; rel=x, </b>;Rel=prev,</c>, junk <d"),
              t, rel;
    assert_true(link_next(&rest, &t, &rel));
    assert_sv_text(t, "/a?x=1,2");
    assert_sv_text(rel, "next");
    assert_true(link_next(&rest, &t, &rel));
    assert_sv_text(t, "/b");
    assert_sv_text(rel, "prev");
    assert_true(link_next(&rest, &t, &rel));
    assert_sv_text(t, "/c");
    assert_null(rel.ptr);
    assert_false(link_next(&rest, &t, &rel));
    assert_false(link_next(&rest, &t, &rel));
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_list_keeps_order_and_case),
    cmocka_unit_test(test_elements_respect_quotes),
    test_with_arena(test_media_types),
    cmocka_unit_test(test_retry_after),
    cmocka_unit_test(test_set_cookie),
    cmocka_unit_test(test_hsts),
    cmocka_unit_test(test_link),
};

TEST_MAIN(tests)
