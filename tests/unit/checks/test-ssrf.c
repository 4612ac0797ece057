// SPDX-License-Identifier: Apache-2.0
#include "fetching.h"

#include "http/jwt.h"

// A service with one operation that fetches; what it lets through and what it shows is the test's choice.
enum shows { SHOWS_BODY, SHOWS_BASE64, SHOWS_NOTHING, SHOWS_ECHO };
struct server {
    const char *parameter;
    enum shows shows;
    bool (*allows)(struct arena *a, struct sv value); // NULL: everything
    const char *before;                               // what the server writes in front of the value, NULL: nothing
    const char *after;
    bool never_fetches, always_fails, quiet_errors, has_own_redirect, drops, sdk, garbage;
    unsigned calls;
    struct fetcher fetcher;
};

static void answer_fetched(struct arena *a, struct response *ret, const struct server *s, struct fetched f, struct sv value) {
    if (!f.ok) {
        sim_json(a, ret, 502, "{\"error\":\"%s\"}", s->quiet_errors ? "upstream failed" : f.error);
        return;
    }
    struct sv encoded = SV("");
    switch (s->shows) {
    case SHOWS_BODY:
        sim_json(a, ret, 200, "{\"status\":%u,\"content\":\"" SV_FMT "\"}", f.status, SV_ARG(f.body));
        return;
    case SHOWS_BASE64:
        encoded = base64_encode(a, f.body, false, true);
        sim_json(a, ret, 200, "{\"preview\":\"data:text/plain;base64," SV_FMT "\"}", SV_ARG(encoded));
        return;
    case SHOWS_ECHO:
        sim_json(a, ret, 200, "{\"queued\":true,\"url\":\"" SV_FMT "\"}", SV_ARG(value));
        return;
    case SHOWS_NOTHING:
        sim_json(a, ret, 202, "{\"queued\":true}");
        return;
    }
}

static void serve_fetch(struct sim *sim, struct server *s, struct arena *a, struct sv value, struct response *ret) {
    s->calls++;
    if (s->drops) {
        sim->outcome = OUTCOME_CLOSED;
        return;
    }
    if (s->garbage) {
        sim_text(a, ret, 200, "application/json", "{\"status\":200,\"content\":\"\x01\xff");
        return;
    }
    if (value.len == 0) {
        sim_json(a, ret, 400, "{\"error\":\"missing\"}");
        return;
    }
    if (s->allows != NULL && !s->allows(a, value)) {
        sim_json(a, ret, 403, "{\"error\":\"this address is not allowed\"}");
        return;
    }
    struct sv url = arena_printf(a, "%s" SV_FMT "%s", s->before == NULL ? "" : s->before, SV_ARG(value), s->after == NULL ? "" : s->after);
    struct fetched f = {.ok = true, .status = 200, .body = SV("picture")};
    if (s->always_fails) f = (struct fetched){.error = "could not be fetched"};
    else if (!s->never_fetches) f = fetch(sim, a, &s->fetcher, url);
    answer_fetched(a, ret, s, f, value);
}

static void serve(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct server *s = state;
    struct sv path = sim_path(o);
    if (sv_eq(path, SV("/fetch"))) serve_fetch(sim, s, a, sim_query(a, o, s->parameter), ret);
    else if (sv_eq(path, SV("/items"))) sim_json(a, ret, 200, "{\"items\":[{\"id\":1,\"name\":\"saddle\"}]}");
    else if (s->has_own_redirect && sv_eq(path, SV("/out"))) {
        struct sv to = sim_query(a, o, "next");
        sim_status(a, ret, 302);
        sim_header(a, ret, "Location", to.len > 0 ? arena_copy_sv(a, to) : SV("/items"));
    } else sim_json(a, ret, 404, "{\"error\":\"no such route\"}");
}

static const struct fetch_site sites[] = {{"pics.example.com", NULL, 200, "picture"}};

#define SPEC_HEAD "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n  /items:\n    get: {responses: {'200': {description: ok}}}\n"
#define SPEC_FETCH(name, example, more)                                                                                             \
    SPEC_HEAD "  /fetch:\n    get:\n      parameters:\n        - {name: " name ", in: query, required: true, schema: {type: string" more \
              "}, example: '" example "'}\n      responses: {'200': {description: ok}}\n"

static void scan(struct arena *a, struct server *s, const char *spec, const char *only, struct scan_result *r) {
    struct error err = {0};
    if (s->fetcher.sites == NULL) {
        s->fetcher.sites = sites;
        s->fetcher.site_count = 1;
    }
    const struct sim_options o = {.server = serve, .state = s, .spec = spec, .only = only, .mode = MODE_SAFE};
    assert_ok(&err, sim_run(a, &o, r, &err));
}

#define SPEC_URL SPEC_FETCH("url", "https://pics.example.com/a.png", "")

static bool has_fact(const struct scan_result *r, const char *kind, const char *arg, const char *value) {
    for (size_t i = 0; i < r->fact_count; i++) {
        const struct fact *f = &r->facts[i];
        if (!sv_eq(f->kind, sv_from(kind))) continue;
        if (arg == NULL) return true;
        for (size_t k = 0; k < f->arg_count; k++)
            if (sv_eq(f->args[k].name, sv_from(arg)) && sv_eq(f->args[k].value, sv_from(value))) return true;
    }
    return false;
}

static const struct result_finding *expect_found(const struct scan_result *r, enum confidence confidence) {
    const struct result_finding *f = sim_find(r, "ssrf", "/fetch");
    if (f == NULL || f->confidence != confidence) sim_dump(r);
    assert_non_null(f);
    assert_int_equal(f->confidence, confidence);
    assert_int_equal(sim_count(r, "ssrf"), 1);
    assert_int_equal(sim_coverage(r, "ssrf", "GET", "/fetch"), COVERAGE_FOUND);
    return f;
}

static void expect_nothing(const struct scan_result *r, enum coverage_status status) {
    if (sim_count(r, "ssrf") != 0) sim_dump(r);
    assert_int_equal(sim_count(r, "ssrf"), 0);
    assert_int_equal(sim_coverage(r, "ssrf", "GET", "/fetch"), status);
}

static void test_full_read(void **state) {
    struct server s = {.parameter = "url"};
    struct scan_result r = {0};
    scan(*state, &s, SPEC_URL, "ssrf", &r);
    const struct result_finding *f = expect_found(&r, CONFIDENCE_CONFIRMED);
    assert_int_equal(f->severity, SEVERITY_HIGH);
    assert_sv_text(f->parameter, "url");
    assert_true(has_fact(&r, "ssrf", "read", "full"));
    assert_false(has_fact(&r, "ssrf_redirects", NULL, NULL));
    assert_int_equal(sim_coverage(&r, "ssrf", "GET", "/items"), COVERAGE_NOT_APPLICABLE);
}

static void test_redirects_are_a_fact(void **state) {
    struct server s = {.parameter = "url", .fetcher = {.follows_redirects = true}};
    struct scan_result r = {0};
    scan(*state, &s, SPEC_URL, "ssrf", &r);
    expect_found(&r, CONFIDENCE_CONFIRMED);
    assert_true(has_fact(&r, "ssrf_redirects", NULL, NULL));
}

static void test_blind(void **state) {
    struct server s = {.parameter = "url", .shows = SHOWS_NOTHING};
    struct scan_result r = {0};
    scan(*state, &s, SPEC_URL, "ssrf", &r);
    expect_found(&r, CONFIDENCE_CONFIRMED);
    assert_true(has_fact(&r, "ssrf", "read", "blind"));
    assert_false(has_fact(&r, "ssrf", "read", "full"));
}

static void test_full_read_in_base64(void **state) {
    struct server s = {.parameter = "url", .shows = SHOWS_BASE64};
    struct scan_result r = {0};
    scan(*state, &s, SPEC_URL, "ssrf", &r);
    expect_found(&r, CONFIDENCE_CONFIRMED);
    assert_true(has_fact(&r, "ssrf", "read", "full"));
}

// An echo of the address is no read.
static void test_blind_with_echo(void **state) {
    struct server s = {.parameter = "url", .shows = SHOWS_ECHO};
    struct scan_result r = {0};
    scan(*state, &s, SPEC_URL, "ssrf", &r);
    expect_found(&r, CONFIDENCE_CONFIRMED);
    assert_false(has_fact(&r, "ssrf", "read", "full"));
}

static void test_name_says_nothing(void **state) {
    struct server s = {.parameter = "zzkey"};
    struct scan_result r = {0};
    scan(*state, &s, SPEC_FETCH("zzkey", "https://pics.example.com/a.png", ""), "ssrf", &r);
    expect_found(&r, CONFIDENCE_CONFIRMED); // by its observed value
    struct server t = {.parameter = "zzkey"};
    struct scan_result r2 = {0};
    t.fetcher.sites = (const struct fetch_site[]){{"saddle", NULL, 200, "x"}};
    t.fetcher.site_count = 1;
    t.before = "";
    scan(*state, &t, SPEC_FETCH("zzkey", "http-free words", ""), "ssrf", &r2);
    assert_int_equal(sim_count(&r2, "ssrf"), 0); // never exercised, and no sign at all
}

static bool any_value(struct arena *a, struct sv value) {
    (void)a;
    return value.len > 0;
}

// A free text of a good operation whose name and value give no hint.
static void serve_sweep(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct server *s = state;
    struct sv v = sim_query(a, o, "zzkey");
    if (!sv_eq(sim_path(o), SV("/fetch"))) {
        sim_json(a, ret, 404, "{\"error\":\"no\"}");
        return;
    }
    struct fetched f = {0};
    if (sv_starts_with(v, SV("http"))) f = fetch(sim, a, &s->fetcher, v);
    sim_json(a, ret, 200, "{\"text\":\"" SV_FMT "\"}", SV_ARG(f.ok ? f.body : SV("plain")));
}

static void test_sweep(void **state) {
    struct server s = {.parameter = "zzkey", .allows = any_value};
    struct scan_result r = {0};
    struct error err = {0};
    const struct sim_options o = {.server = serve_sweep, .state = &s, .spec = SPEC_FETCH("zzkey", "words", ""), .only = "ssrf", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(*state, &o, &r, &err));
    const struct result_finding *f = expect_found(&r, CONFIDENCE_CONFIRMED);
    assert_sv_text(f->parameter, "zzkey");
}

static void test_host_only(void **state) {
    struct server s = {.parameter = "upstream", .before = "http://", .after = "/health"};
    s.fetcher.sites = (const struct fetch_site[]){{"stock.example.com", NULL, 200, "up"}};
    s.fetcher.site_count = 1;
    struct scan_result r = {0};
    scan(*state, &s, SPEC_FETCH("upstream", "stock.example.com", ""), "ssrf", &r);
    expect_found(&r, CONFIDENCE_CONFIRMED);
    assert_true(has_fact(&r, "ssrf", "read", "full"));
}

// The service writes its own host in front of a path.
static void test_path_behind_own_host(void **state) {
    struct server s = {.parameter = "src", .before = "http://pics.example.com"};
    struct scan_result r = {0};
    scan(*state, &s, SPEC_FETCH("src", "/a.png", ""), "ssrf", &r);
    expect_found(&r, CONFIDENCE_CONFIRMED);
}

// The name does not say so, but the value is a path, and a service that joins it to its base without a slash can be led away.
static void test_path_joined_to_a_base(void **state) {
    for (int flawed = 0; flawed < 2; flawed++) {
        struct server s = {.parameter = "file", .before = flawed ? "http://pics.example.com" : "http://pics.example.com/"};
        struct scan_result r = {0};
        scan(*state, &s, SPEC_FETCH("file", "/a.png", ""), "ssrf", &r);
        if (flawed) expect_found(&r, CONFIDENCE_CONFIRMED);
        else assert_null(sim_find(&r, "ssrf", "/fetch"));
    }
}

static void test_label_in_front_of_a_domain(void **state) {
    struct server s = {.parameter = "region", .before = "http://", .after = ".pics.example.com/a"};
    s.fetcher.sites = (const struct fetch_site[]){{"eu.pics.example.com", NULL, 200, "up"}};
    s.fetcher.site_count = 1;
    struct scan_result r = {0};
    scan(*state, &s, SPEC_FETCH("region", "eu", ""), "ssrf", &r);
    expect_found(&r, CONFIDENCE_CONFIRMED);
}

// Imports that read the links of a document; the same service without the reading must not be told.
static void serve_import(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct server *s = state;
    struct sv body = o->request->body;
    if (!sv_eq(sim_path(o), SV("/import"))) {
        serve(sim, state, a, o, ret);
        return;
    }
    size_t at = sv_find(body, SV("<loc>"));
    struct sv url = sv_from_index(body, at == SIZE_MAX ? body.len : at + 5);
    url = sv_slice(url, 0, sv_find_char(url, '<'));
    if (url.len == 0) {
        sim_json(a, ret, 400, "{\"error\":\"no address in it\"}");
        return;
    }
    if (!s->never_fetches) (void)fetch(sim, a, &s->fetcher, url);
    sim_json(a, ret, 200, "{\"urls\":1}");
}

static void test_document_import(void **state) {
    for (int flawed = 0; flawed < 2; flawed++) {
        struct server s = {.never_fetches = !flawed};
        struct scan_result r = {0};
        struct error err = {0};
        const struct sim_options o = {.server = serve_import,
                                      .state = &s,
                                      .only = "ssrf",
                                      .mode = MODE_SAFE,
                                      .spec = SPEC_HEAD "  /import:\n    post:\n      x-plumb-read-only: true\n      requestBody: {required: true, content: {application/xml: "
                                                        "{schema: {type: string}, example: '<urlset><loc>https://pics.example.com/a</loc></urlset>'}}}\n"
                                                        "      responses: {'200': {description: ok}}\n"};
        assert_ok(&err, sim_run(*state, &o, &r, &err));
        const struct result_finding *f = sim_find(&r, "ssrf", "/import");
        assert_int_equal(f != NULL, flawed);
        if (f != NULL) assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    }
}

static bool begins_good(struct arena *a, struct sv value) {
    (void)a;
    return sv_starts_with(value, SV("http://pics.example.com"));
}
static bool contains_good(struct arena *a, struct sv value) {
    (void)a;
    return sv_contains(value, SV("pics.example.com"));
}
static bool ends_good(struct arena *a, struct sv value) {
    (void)a;
    return sv_ends_with(value, SV(".png"));
}
static bool not_text_loopback(struct arena *a, struct sv value) {
    struct sv h = fetch_host(a, value);
    return !sv_contains(h, SV("127.")) && !sv_eq(h, SV("localhost"));
}
static bool exactly_good(struct arena *a, struct sv value) {
    return sv_eq(fetch_host(a, value), SV("pics.example.com"));
}
static bool own_or_good(struct arena *a, struct sv value) {
    struct sv h = fetch_host(a, value);
    return exactly_good(a, value) || (sv_eq(h, SV("127.0.0.1")) && sv_contains(value, SV("127.0.0.1:8080/")) && !sv_contains(sv_slice(value, 0, 40), SV(":9999")));
}

static void test_filters_walked_around(void **state) {
    bool (*const filters[])(struct arena *, struct sv) = {begins_good, contains_good, ends_good, not_text_loopback};
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        struct server s = {.parameter = "url", .allows = filters[i]};
        struct scan_result r = {0};
        scan(*state, &s, SPEC_FETCH("url", "http://pics.example.com/a.png", ""), "ssrf", &r);
        const struct result_finding *f = expect_found(&r, CONFIDENCE_CONFIRMED);
        assert_true(sv_contains(f->title, SV("walked around")));
    }
}

// The IPv6-mapped form is one that passes where the resolver takes no dword.
static void test_spelling_with_strict_resolver(void **state) {
    struct server s = {.parameter = "url", .allows = not_text_loopback, .fetcher = {.strict = true}};
    struct scan_result r = {0};
    scan(*state, &s, SPEC_URL, "ssrf", &r);
    expect_found(&r, CONFIDENCE_CONFIRMED);
}

static void test_exact_list_is_safe(void **state) {
    struct server s = {.parameter = "url", .allows = exactly_good};
    struct scan_result r = {0};
    scan(*state, &s, SPEC_URL, "ssrf", &r);
    expect_nothing(&r, COVERAGE_INCONCLUSIVE); // no call ever came
    assert_in_range(s.calls, 10, 18);
}

// Another operation of the same scan shows that the target can call us: then silence means something.
static void serve_two(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct server *s = state;
    if (sv_eq(sim_path(o), SV("/other"))) {
        struct server open = {.parameter = "url", .fetcher = s->fetcher};
        serve_fetch(sim, &open, a, sim_query(a, o, "url"), ret);
    } else serve(sim, state, a, o, ret);
}

static void test_passed_needs_a_call(void **state) {
    struct server s = {.parameter = "url", .allows = exactly_good, .fetcher = {.sites = sites, .site_count = 1}};
    struct scan_result r = {0};
    struct error err = {0};
    const char *spec = SPEC_URL "  /other:\n    get:\n      parameters:\n        - {name: url, in: query, required: true, schema: {type: string}, example: 'https://pics.example.com/b.png'}\n"
                                "      responses: {'200': {description: ok}}\n";
    const struct sim_options o = {.server = serve_two, .state = &s, .spec = spec, .only = "ssrf", .mode = MODE_SAFE};
    assert_ok(&err, sim_run(*state, &o, &r, &err));
    assert_non_null(sim_find(&r, "ssrf", "/other"));
    assert_null(sim_find(&r, "ssrf", "/fetch"));
    assert_int_equal(sim_coverage(&r, "ssrf", "GET", "/fetch"), COVERAGE_PASSED);
}

static void test_stored_only(void **state) {
    struct server s = {.parameter = "url", .shows = SHOWS_ECHO, .never_fetches = true};
    struct scan_result r = {0};
    scan(*state, &s, SPEC_URL, "ssrf", &r);
    expect_nothing(&r, COVERAGE_INCONCLUSIVE);
}

// No way out to our listener, but the error texts tell a missing name from a closed port.
static bool no_listener(struct arena *a, struct sv value) {
    (void)a;
    return !sv_contains(value, SV("9999"));
}
static void test_error_texts(void **state) {
    struct server s = {.parameter = "url", .allows = no_listener};
    struct scan_result r = {0};
    scan(*state, &s, SPEC_URL, "ssrf", &r);
    expect_found(&r, CONFIDENCE_FIRM);
    struct server quiet = {.parameter = "url", .allows = no_listener, .quiet_errors = true};
    struct scan_result r2 = {0};
    scan(*state, &quiet, SPEC_URL, "ssrf", &r2);
    expect_nothing(&r2, COVERAGE_INCONCLUSIVE);
}

static void test_chain_through_own_redirect(void **state) {
    struct server s = {.parameter = "url", .allows = own_or_good, .has_own_redirect = true, .fetcher = {.follows_redirects = true}};
    struct scan_result r = {0};
    const char *spec = SPEC_URL "  /out:\n    get:\n      parameters:\n        - {name: next, in: query, required: true, schema: {type: string}, example: '/items'}\n"
                                "      responses: {'302': {description: moved}}\n";
    s.fetcher.own_redirect = "/out?next=";
    scan(*state, &s, spec, NULL, &r);
    assert_non_null(sim_find(&r, "open-redirect", "/out"));
    const struct result_finding *f = sim_find(&r, "ssrf", "/fetch");
    assert_non_null(f);
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    s.has_own_redirect = false;
    s.fetcher.own_redirect = NULL;
    struct scan_result r2 = {0};
    scan(*state, &s, spec, NULL, &r2);
    assert_null(sim_find(&r2, "ssrf", "/fetch"));
}

static void test_server_that_fails_or_drops(void **state) {
    struct server s = {.parameter = "url", .always_fails = true};
    struct scan_result r = {0};
    scan(*state, &s, SPEC_URL, "ssrf", &r);
    expect_nothing(&r, COVERAGE_INCONCLUSIVE);
    struct server d = {.parameter = "url", .drops = true};
    struct scan_result r2 = {0};
    scan(*state, &d, SPEC_URL, "ssrf", &r2);
    assert_int_equal(sim_count(&r2, "ssrf"), 0);
    assert_int_not_equal(sim_coverage(&r2, "ssrf", "GET", "/fetch"), COVERAGE_PASSED);
    struct server g = {.parameter = "url", .garbage = true};
    struct scan_result r3 = {0};
    scan(*state, &g, SPEC_URL, "ssrf", &r3);
    expect_nothing(&r3, COVERAGE_INCONCLUSIVE);
}

static void test_no_listener(void **state) {
    struct server s = {.parameter = "url"};
    struct scan_result r = {0};
    struct error err = {0};
    s.fetcher.sites = sites;
    s.fetcher.site_count = 1;
    const struct sim_options o = {.server = serve, .state = &s, .spec = SPEC_URL, .only = "ssrf", .mode = MODE_SAFE, .no_canary = true};
    assert_ok(&err, sim_run(*state, &o, &r, &err));
    expect_nothing(&r, COVERAGE_NOT_TESTED);
}

static void test_same_report_twice(void **state) {
    struct server s = {.parameter = "url"}, t = {.parameter = "url"};
    struct scan_result r1 = {0}, r2 = {0};
    scan(*state, &s, SPEC_URL, "ssrf", &r1);
    scan(*state, &t, SPEC_URL, "ssrf", &r2);
    assert_int_equal(r1.requests, r2.requests);
    assert_sv_equal(r1.findings[0].fingerprint, r2.findings[0].fingerprint);
    assert_sv_equal(r1.findings[0].reason, r2.findings[0].reason);
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_full_read),
    test_with_arena(test_redirects_are_a_fact),
    test_with_arena(test_blind),
    test_with_arena(test_full_read_in_base64),
    test_with_arena(test_blind_with_echo),
    test_with_arena(test_name_says_nothing),
    test_with_arena(test_sweep),
    test_with_arena(test_host_only),
    test_with_arena(test_path_behind_own_host),
    test_with_arena(test_path_joined_to_a_base),
    test_with_arena(test_label_in_front_of_a_domain),
    test_with_arena(test_document_import),
    test_with_arena(test_filters_walked_around),
    test_with_arena(test_spelling_with_strict_resolver),
    test_with_arena(test_exact_list_is_safe),
    test_with_arena(test_passed_needs_a_call),
    test_with_arena(test_stored_only),
    test_with_arena(test_error_texts),
    test_with_arena(test_chain_through_own_redirect),
    test_with_arena(test_server_that_fails_or_drops),
    test_with_arena(test_no_listener),
    test_with_arena(test_same_report_twice),
};
TEST_MAIN(tests)
