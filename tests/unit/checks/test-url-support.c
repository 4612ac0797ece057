// SPDX-License-Identifier: Apache-2.0
#include "checks/support/url_params.h"

#include "support/test.h"

#include "checks/support/browser_url.h"
#include "checks/support/fetch_errors.h"
#include "checks/support/fetch_form.h"
#include "checks/support/reading.h"
#include "data/knowledge.h"
#include "fetching.h"

static const struct node *load(struct arena *a, const char *name) {
    struct node *n = NULL;
    struct error err = {0};
    assert_ok(&err, knowledge_load(a, sv_from(name), &n, &err));
    return n;
}

#define EACH(item, list) (const struct node *item = node_is(list, NODE_ARRAY) ? (list)->first : NULL; item != NULL; item = item->next)

static void test_parameter_lists(void **state) {
    const struct node *lists = load(*state, "wordlists/url-params");
    unsigned samples = 0;
    for EACH (l, node_get(lists, SV("lists"))) {
        struct sv id = node_get_text(l, SV("id"));
        bool described = sv_eq(id, SV("described"));
        assert_true(node_get_text(l, SV("source")).len > 0);
        for EACH (t, node_get(l, SV("true"))) {
            if (!(described ? url_params_described(lists, t->text) : url_params_name_in(lists, id, t->text))) fail_msg("not recognised: " SV_FMT, SV_ARG(t->text));
            samples++;
        }
        for EACH (t, node_get(l, SV("false"))) {
            if (described ? url_params_described(lists, t->text) : url_params_name_in(lists, id, t->text)) fail_msg("recognised: " SV_FMT, SV_ARG(t->text));
            samples++;
        }
    }
    assert_true(samples > 30);
}

static void test_shapes(void **state) {
    (void)state;
    struct {
        const char *value;
        enum value_shape shape;
        const char *host, *rest;
    } cases[] = {
        {"https://a.example.org/x.png?y#z", VALUE_URL, "a.example.org", "/x.png?y#z"},
        {"http://u:p@a.example.org:81", VALUE_URL, "a.example.org", ""},
        {"//cdn.example.org/x", VALUE_URL, "cdn.example.org", "/x"},
        {"stock.example.org:8080/health", VALUE_HOST, "stock.example.org", "/health"},
        {"10.0.0.7", VALUE_HOST, "10.0.0.7", ""},
        {"/items/1", VALUE_PATH, NULL, NULL},
        {"localhost", VALUE_HOST, "localhost", ""},
        {"1.2.3", VALUE_OTHER, NULL, NULL},
        {"17", VALUE_OTHER, NULL, NULL},
        {"a@example.org", VALUE_OTHER, NULL, NULL},
        {"two words.", VALUE_OTHER, NULL, NULL},
        {"", VALUE_OTHER, NULL, NULL},
        {"http://", VALUE_OTHER, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sv host, rest;
        enum value_shape shape = url_params_shape(sv_from(cases[i].value), &host, &rest);
        if (shape != cases[i].shape) fail_msg("%s is taken for %d", cases[i].value, (int)shape);
        assert_sv_equal(host, sv_from(cases[i].host));
        assert_sv_equal(rest, sv_from(cases[i].rest));
    }
}

// Every spelling of the numeric family is the same address for an independent resolver.
static void test_spellings(void **state) {
    struct arena *a = *state;
    static const char *const quads[] = {"169.254.169.254", "169.254.170.2", "127.0.0.1", "10.0.0.7", "100.100.100.200"};
    for (size_t q = 0; q < sizeof quads / sizeof *quads; q++) {
        for (enum address_spelling s = 0; s < SPELLING_COUNT; s++) {
            struct sv text = address_spell(a, sv_from(quads[q]), s);
            assert_non_null(text.ptr);
            assert_false(sv_eq(text, sv_from(quads[q])));
            assert_true(strlen(address_spelling_name(s)) > 2);
            bool by_resolver = s != SPELLING_TRAILING_DOT && s != SPELLING_FULL_WIDTH && s != SPELLING_NAT64 && s != SPELLING_6TO4;
            if (by_resolver) assert_sv_equal(fetch_canonical_host(a, text, false), sv_from(quads[q]));
            if (s != SPELLING_FULL_WIDTH) assert_int_equal(address_classify(text), address_classify(sv_from(quads[q])));
        }
    }
    assert_sv_text(address_spell(a, SV("169.254.169.254"), SPELLING_DWORD), "2852039166");
    assert_sv_text(address_spell(a, SV("169.254.169.254"), SPELLING_OCTAL), "0251.0376.0251.0376");
    assert_sv_text(address_spell(a, SV("169.254.169.254"), SPELLING_MAPPED_HEX), "[::ffff:a9fe:a9fe]");
    assert_sv_text(address_spell(a, SV("169.254.169.254"), SPELLING_THREE_PARTS), "169.254.43518");
    assert_sv_text(address_spell(a, SV("169.254.169.254"), SPELLING_TWO_PARTS), "169.16689662");
    assert_null(address_spell(a, SV("example.org"), SPELLING_DWORD).ptr);
    assert_null(address_spell(a, SV("1.2.3.256"), SPELLING_DWORD).ptr);
    assert_null(address_spell(a, SV("1.2.3"), SPELLING_DWORD).ptr);
}

static void test_browser_host(void **state) {
    struct arena *a = *state;
    struct error err = {0};
    struct url http, https;
    assert_ok(&err, url_parse(a, SV("http://api.example.org/go"), &http, &err));
    assert_ok(&err, url_parse(a, SV("https://api.example.org/go"), &https, &err));
    struct {
        const char *reference, *from_http, *from_https; // NULL: stays
    } cases[] = {
        {"https://n.example.com/", "n.example.com", "n.example.com"},
        {"HTTPS://N.Example.COM:8443/x", "n.example.com", "n.example.com"},
        {"//n.example.com", "n.example.com", "n.example.com"},
        {"/\\n.example.com/", "n.example.com", "n.example.com"},
        {"\\\\n.example.com/", "n.example.com", "n.example.com"},
        {"/\t/n.example.com", "n.example.com", "n.example.com"},
        {" \r\n//n.example.com", "n.example.com", "n.example.com"},
        {"https:n.example.com", "n.example.com", NULL},
        {"http:n.example.com", NULL, "n.example.com"},
        {"https:/n.example.com", "n.example.com", NULL},
        {"https:\\\\n.example.com", "n.example.com", "n.example.com"},
        {"https:////n.example.com", "n.example.com", "n.example.com"},
        {"https://api.example.org@n.example.com/", "n.example.com", "n.example.com"},
        {"https://n.example.com\\@api.example.org/", "n.example.com", "n.example.com"},
        {"https://api.example.org/https://n.example.com", NULL, NULL},
        {"https://api.example.org?@n.example.com", NULL, NULL},
        {"https://api.example.org#@n.example.com", NULL, NULL},
        {"https://n%2eexample.com/", "n.example.com", "n.example.com"},
        {"https://[2001:db8::1]/", "[2001:db8::1]", "[2001:db8::1]"},
        {"/login?next=https://n.example.com/", NULL, NULL},
        {"n.example.com", NULL, NULL},
        {"/n.example.com", NULL, NULL},
        {"mailto:a@n.example.com", NULL, NULL},
        {"javascript:location='//n.example.com'", NULL, NULL},
        {"https://n example.com/", NULL, NULL},
        {"https://", NULL, NULL},
        {"", NULL, NULL},
        {":", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sv host = SV_NONE;
        const struct url *bases[] = {&http, &https};
        const char *want[] = {cases[i].from_http, cases[i].from_https};
        for (size_t b = 0; b < 2; b++) {
            bool leaves = browser_host(a, bases[b], sv_from(cases[i].reference), &host);
            if (leaves != (want[b] != NULL)) fail_msg("%s from base %zu: %d", cases[i].reference, b, leaves);
            if (leaves) assert_sv_equal(host, sv_from(want[b]));
        }
    }
}

static void test_page_targets(void **state) {
    (void)state;
    assert_sv_text(browser_refresh_target(SV("0;URL='https://n.example.com/'")), "https://n.example.com/");
    assert_sv_text(browser_refresh_target(SV("5; url = /here")), "/here");
    assert_null(browser_refresh_target(SV("5")).ptr);
    assert_sv_text(browser_page_target(SV("<META HTTP-EQUIV=Refresh CONTENT='1; url=//n.example.com'>")), "//n.example.com");
    assert_sv_text(browser_page_target(SV("<meta charset=utf-8><script>document.location.href = 'https://n.example.com';</script>")), "https://n.example.com");
    assert_sv_text(browser_page_target(SV("<script>top.location.assign(\"/x\")</script>")), "/x");
    assert_null(browser_page_target(SV("<p>location = 'https://n.example.com'</p>")).ptr);
    assert_null(browser_page_target(SV("<script>var location_of = 1; if (location == 'x') {}</script>")).ptr);
    assert_null(browser_page_target(SV("<meta http-equiv=refresh content=")).ptr);
    assert_null(browser_page_target(SV("<script>location.replace(next)</script>")).ptr);
    assert_null(browser_page_target(SV("")).ptr);
}

static void test_forms(void **state) {
    struct arena *a = *state;
    struct url_param p = {.observed_host = SV("good.example.org"), .observed_rest = SV("/a.png")}, bare = {0};
    struct fetch_place place;
    assert_true(fetch_place_of(SV("http://10.0.0.1:4321/token"), &place));
    static const char *const want[FORM_COUNT] = {
        [FORM_URL] = "http://10.0.0.1:4321/token",
        [FORM_OPEN] = "http://10.0.0.1:4321/token?",
        [FORM_HOST] = "10.0.0.1:4321/token?",
        [FORM_NETWORK] = "//10.0.0.1:4321/token",
        [FORM_AT] = "@10.0.0.1:4321/token?",
        [FORM_KEEP] = "http://10.0.0.1:4321/token?http://good.example.org/a.png",
        [FORM_USERINFO] = "http://good.example.org@10.0.0.1:4321/token",
        [FORM_BACKSLASH] = "http://good.example.org\\@10.0.0.1:4321/token",
        [FORM_FRAGMENT] = "http://10.0.0.1:4321/token#@good.example.org/",
        [FORM_HOST_KEEP] = "good.example.org@10.0.0.1:4321/token?",
    };
    for (enum fetch_form f = 0; f < FORM_DOCUMENT; f++) {
        assert_sv_equal(fetch_form_value(a, f, &place, &p), sv_from(want[f]));
        assert_int_equal(fetch_form_value(a, f, &place, &bare).ptr == NULL, fetch_form_needs_host(f));
    }
    struct fetch_place spelled;
    assert_true(fetch_place_spell(a, &place, SPELLING_DWORD, &spelled));
    assert_sv_text(spelled.authority, "167772161:4321");
    assert_false(fetch_place_of(SV("no url"), &place));
    assert_false(fetch_place_of(SV_NONE, &place));
}

static void test_documents(void **state) {
    struct arena *a = *state;
    struct fetch_place place;
    assert_true(fetch_place_of(SV("http://10.0.0.1:4321/token"), &place));
    static const struct {
        const char *kind, *good, *want; // want NULL: any that names the place
    } cases[] = {
        {"xml", "<a xmlns=\"http://www.w3.org/x\"><loc>https://a.example.org/b</loc></a>", "<a xmlns=\"http://www.w3.org/x\"><loc>http://10.0.0.1:4321/token</loc></a>"},
        {"csv", "n,u\nx,https://a.example.org,y\n", "n,u\nx,http://10.0.0.1:4321/token,y\n"},
        {"markdown", "see [x](HTTP://a.example.org/y)", "see [x](http://10.0.0.1:4321/token)"},
        {"csv", "n,u\n1,2\n", "id,url\n1,http://10.0.0.1:4321/token\n"},
        {"xml", NULL, NULL},
        {"svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>", NULL},
        {"html", "", NULL},
        {"markdown", "words", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct url_param p = {.shape = VALUE_DOCUMENT, .document = sv_from(cases[i].kind), .observed = sv_from(cases[i].good)};
        struct sv v = fetch_form_value(a, FORM_DOCUMENT, &place, &p);
        if (cases[i].want != NULL) assert_sv_equal(v, sv_from(cases[i].want));
        else assert_true(sv_contains(v, SV("http://10.0.0.1:4321/token")));
    }
}

static void test_kinds_of_parameters(void **state) {
    struct schema text = {.types = TYPE_STRING};
    struct parameter ps[] = {{.name = SV(""), .in = PARAM_BODY, .schema = &text},
                             {.name = SV("bodyHtml"), .in = PARAM_QUERY, .schema = &text},
                             {.name = SV("region"), .in = PARAM_QUERY, .schema = &text},
                             {.name = SV("colour"), .in = PARAM_QUERY, .schema = &text}};
    struct operation op = {.method = SV("POST"), .path = SV("/x"), .parameters = ps, .parameter_count = 4, .body_media_type = SV("image/svg+xml")};
    struct url_param found[URL_PARAMS_MAX];
    const struct node *lists = load(*state, "wordlists/url-params");
    assert_int_equal(url_params_find(lists, &op, NULL, found), 3);
    assert_int_equal(found[0].shape, VALUE_DOCUMENT);
    assert_sv_text(found[0].document, "svg");
    assert_sv_text(found[1].document, "html");
    assert_true(found[2].label && !found[2].strong);
    op.body_media_type = SV("text/plain"); // no links in it
    assert_int_equal(url_params_find(lists, &op, NULL, found), 2);
}

static void test_request_values(void **state) {
    struct arena *a = *state;
    struct schema text = {.types = TYPE_STRING};
    struct parameter ps[] = {{.name = SV("id"), .in = PARAM_PATH, .schema = &text},
                             {.name = SV("u"), .in = PARAM_QUERY, .schema = &text},
                             {.name = SV("X-Hook"), .in = PARAM_HEADER, .schema = &text},
                             {.name = SV("a.links[].href"), .in = PARAM_BODY, .schema = &text},
                             {.name = SV("none"), .in = PARAM_BODY, .schema = &text}};
    const struct operation op = {.method = SV("POST"), .path = SV("/x/{id}/y"), .parameters = ps, .parameter_count = 5, .body_media_type = SV("application/json")};
    struct header h[] = {{SV("x-hook"), SV("https://h/")}, {SV("Content-Type"), SV("application/json")}};
    const struct request rq = {.method = SV("POST"), .target = SV("/x/a%2Fb/y?k=1&u=http%3A%2F%2Fc%2F+d"), .headers = {h, 2, 2},
                               .body = SV("{\"a\":{\"links\":[{\"href\":\"http:\\/\\/e\"}]}}")};
    assert_sv_text(request_value(a, &op, 0, &rq), "a/b");
    assert_sv_text(request_value(a, &op, 1, &rq), "http://c/ d");
    assert_sv_text(request_value(a, &op, 2, &rq), "https://h/");
    assert_sv_text(request_value(a, &op, 3, &rq), "http://e");
    assert_null(request_value(a, &op, 4, &rq).ptr);
    const struct request broken = {.method = SV("POST"), .target = SV("/x"), .headers = {h, 2, 2}, .body = SV("{\"a\":")};
    for (size_t i = 0; i < 5; i++)
        if (i != 2) assert_null(request_value(a, &op, i, &broken).ptr);
}

static void test_fetch_errors(void **state) {
    const struct node *table = load(*state, "fetch-errors");
    static const char *const kinds[] = {"dns", "refused", "lost"};
    for EACH (n, node_get(table, SV("texts"))) {
        unsigned bit = 0;
        for (unsigned k = 0; k < 3; k++)
            if (sv_eq(node_get_text(n, SV("kind")), sv_from(kinds[k]))) bit = 1u << k;
        assert_int_not_equal(bit, 0);
        assert_true(node_get_text(n, SV("source")).len > 0);
        for EACH (t, node_get(n, SV("true"))) assert_int_not_equal(fetch_errors_in_text(table, t->text) & bit, 0);
        for EACH (t, node_get(n, SV("false"))) assert_int_equal(fetch_errors_in_text(table, t->text) & bit, 0);
    }
}

static void test_metadata_services(void **state) {
    struct arena *a = *state;
    const struct node *table = load(a, "metadata");
    static const char *const services[] = {"imds", "ecs", "gcp", "azure", "other"};
    unsigned count = 0;
    for EACH (n, node_get(table, SV("services"))) {
        struct sv path = node_get_text(n, SV("path"));
        bool known = false;
        count++;
        for (size_t i = 0; i < 5; i++) known = known || sv_eq(node_get_text(n, SV("service")), sv_from(services[i]));
        assert_true(known);
        assert_true(address_is_quad(node_get_text(n, SV("address"))) && sv_starts_with(path, SV("/")));
        assert_true(node_get_text(n, SV("source")).len > 0 && node_get_text(n, SV("title")).len > 0);
        for EACH (never, node_get(table, SV("never")))
            if (sv_contains_nocase(path, never->text)) fail_msg(SV_FMT " is asked", SV_ARG(path));
        for EACH (t, node_get(n, SV("true"))) {
            struct reading r;
            assert_int_equal(reading_of_text(a, t->text, &r), 0);
            if (!reading_matches(&r, n)) fail_msg("not recognised: " SV_FMT, SV_ARG(t->text));
        }
        for EACH (t, node_get(n, SV("false"))) {
            struct reading r;
            assert_int_equal(reading_of_text(a, t->text, &r), 0);
            if (reading_matches(&r, n)) fail_msg("recognised: " SV_FMT, SV_ARG(t->text));
        }
    }
    assert_true(count >= 8);
}

static void test_readings(void **state) {
    struct arena *a = *state;
    struct reading r;
    assert_int_equal(reading_of_text(a, SV("{\"a\":[\"x\\ny\"],\"b\":\"c2VjcmV0IHRleHQ=\",\"c\":\"data:text/plain;base64,YW5vdGhlciB0ZXh0\"}"), &r), 0);
    assert_true(reading_has(&r, SV("x\ny")) && reading_has(&r, SV("secret text")) && reading_has(&r, SV("another text")));
    assert_false(reading_has(&r, SV("nothing")) || reading_has(&r, SV("")));
    assert_int_equal(reading_of_text(a, SV("{\"broken\": \"sec"), &r), 0);
    assert_true(reading_has(&r, SV("sec")));
    assert_int_equal(reading_of_text(a, SV(""), &r), 0);
    assert_int_equal(r.len, 0);
    assert_int_equal(reading_of(a, NULL, &r), 0);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_parameter_lists), test_with_arena(test_shapes),       test_with_arena(test_spellings),
    test_with_arena(test_browser_host),    test_with_arena(test_page_targets), test_with_arena(test_forms), test_with_arena(test_documents), test_with_arena(test_kinds_of_parameters),
    test_with_arena(test_request_values),  test_with_arena(test_fetch_errors), test_with_arena(test_metadata_services),
    test_with_arena(test_readings),
};
TEST_MAIN(tests)
