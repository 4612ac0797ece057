// SPDX-License-Identifier: Apache-2.0
#include "fetching.h"

#include "base/escape.h"

// A service that fetches and shows, in a cloud of the test's choice.
struct server {
    bool (*allows)(struct arena *a, struct sv value);
    bool blind, hides_errors, mentions_cloud, passes_status;
    unsigned asked_secrets;
    const char *header_only; // what the answer always holds, NULL: nothing
    struct fetcher fetcher;
};

static struct sv json_text(struct arena *a, struct sv text) {
    auto_buf b = BUF_INIT((size_t)65536);
    esc_json(&b, text);
    return arena_copy_sv(a, buf_sv(&b));
}

static void serve(struct sim *sim, void *state, struct arena *a, const struct outgoing *o, struct response *ret) {
    struct server *s = state;
    struct sv url = sim_query(a, o, "url");
    if (!sv_eq(sim_path(o), SV("/fetch"))) {
        sim_json(a, ret, 404, "{\"error\":\"no such route\"}");
        return;
    }
    s->asked_secrets += sv_contains(url, SV("credentials")) || sv_contains(url, SV("user-data")) || sv_contains(url, SV("token"));
    if (s->allows != NULL && !s->allows(a, url)) {
        sim_json(a, ret, 403, "{\"error\":\"this address is not allowed\"}");
        return;
    }
    struct fetched f = fetch(sim, a, &s->fetcher, url);
    if (!f.ok) {
        sim_json(a, ret, 502, "{\"done\":false,\"error\":\"%s\"}", s->hides_errors ? "failed" : f.error);
        return;
    }
    if (s->blind) {
        sim_json(a, ret, 200, "{\"done\":true}");
        return;
    }
    if (s->passes_status) {
        sim_text(a, ret, f.status, "text/plain", SV_FMT, SV_ARG(f.body));
        return;
    }
    sim_json(a, ret, 200, "{\"status\":%u,\"source\":\"%s\",\"content\":\"" SV_FMT "\"}", f.status, s->mentions_cloud ? "amazonaws.com" : "cache", SV_ARG(json_text(a, f.body)));
}

#define SPEC                                                                                                          \
    "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n  /fetch:\n    get:\n      parameters:\n"               \
    "        - {name: url, in: query, required: true, schema: {type: string}, example: 'https://pics.example.com/a.png'}\n" \
    "      responses: {'200': {description: ok}}\n"

#define GOOD {"pics.example.com", NULL, 200, "picture"}
static const struct fetch_site ec2_v1[] = {
    GOOD,
    {"169.254.169.254", "/latest/meta-data/services/domain", 200, "amazonaws.com"},
    {"169.254.169.254", "/latest/meta-data/", 200, "ami-id\nami-launch-index\nhostname\niam/\ninstance-id\nplacement/"},
    {"169.254.169.254", "/latest/meta-data/iam/security-credentials/", 200, "role"},
};
static const struct fetch_site ec2_listing_only[] = {
    GOOD,
    {"169.254.169.254", "/latest/meta-data/", 200, "ami-id\nhostname\niam/\ninstance-id\nplacement/"},
};
static const struct fetch_site ec2_v2[] = {
    GOOD,
    {"169.254.169.254", NULL, 401, "<html><head><title>401 - Unauthorized</title></head><body><h1>401 - Unauthorized</h1></body></html>"},
};
static const struct fetch_site ecs[] = {
    GOOD,
    {"169.254.170.2", "/v2/metadata", 200, "{\"Cluster\":\"c\",\"TaskARN\":\"arn\",\"Family\":\"f\",\"Containers\":[]}"},
};
static const struct fetch_site gcp[] = {GOOD, {"169.254.169.254", NULL, 403, "Missing Metadata-Flavor:Google header."}};
static const struct fetch_site azure[] = {
    GOOD, {"169.254.169.254", "/metadata/instance?api-version=2021-02-01", 400, "{ \"error\": \"Bad request. Required metadata header not specified\" }"}};
static const struct fetch_site nothing[] = {GOOD};
static const struct fetch_site proxy[] = {GOOD, {"169.254.169.254", NULL, 200, "amazonaws.com"}};
static const struct fetch_site other_server[] = {GOOD, {"169.254.169.254", NULL, 200, "<html><body>router status: fine</body></html>"}};

#define WITH(list) .fetcher = {.sites = list, .site_count = sizeof list / sizeof *list}

static void scan_at(struct arena *a, struct server *s, const char *target, struct scan_result *r) {
    struct error err = {0};
    const struct sim_options o = {.server = serve, .state = s, .spec = SPEC, .only = "ssrf", .mode = MODE_SAFE, .target = target};
    assert_ok(&err, sim_run(a, &o, r, &err));
    assert_int_equal(s->asked_secrets, 0);
}
static void scan(struct arena *a, struct server *s, struct scan_result *r) {
    scan_at(a, s, NULL, r);
}

static const struct fact *find_fact(const struct scan_result *r, const char *kind) {
    for (size_t i = 0; i < r->fact_count; i++)
        if (sv_eq(r->facts[i].kind, sv_from(kind))) return &r->facts[i];
    return NULL;
}

// One cause, one finding: what the metadata service tells strengthens the finding of the request that reached it.
static void expect(const struct scan_result *r, enum severity severity, const char *service, const char *version) {
    const struct result_finding *f = sim_find(r, "ssrf", "/fetch");
    if (f == NULL) sim_dump(r);
    assert_non_null(f);
    assert_int_equal(f->severity, severity);
    assert_int_equal(f->confidence, CONFIDENCE_CONFIRMED);
    const struct fact *fact = find_fact(r, "metadata_reachable");
    assert_non_null(fact);
    assert_sv_text(fact->subject, "GET /fetch");
    assert_sv_equal(fact->args[0].value, sv_from(service));
    assert_sv_equal(fact->args[1].value, sv_from(version));
}

static void expect_none(const struct scan_result *r, enum coverage_status status) {
    const struct result_finding *f = sim_find(r, "ssrf", "/fetch");
    assert_non_null(f);
    assert_int_equal(f->severity, SEVERITY_HIGH);
    assert_int_equal(sim_count(r, "ssrf-metadata"), 0);
    assert_null(find_fact(r, "metadata_reachable"));
    assert_int_equal(sim_coverage(r, "ssrf-metadata", "GET", "/fetch"), status);
}

static void test_version_1(void **state) {
    struct server s = {WITH(ec2_v1)};
    struct scan_result r = {0};
    scan(*state, &s, &r);
    expect(&r, SEVERITY_CRITICAL, "imds", "v1");
    assert_non_null(find_fact(&r, "imdsv1_answers"));
    assert_int_equal(find_fact(&r, "imdsv1_answers")->value, FACT_YES);
    assert_int_equal(sim_count(&r, "ssrf"), 1);
}

static void test_only_a_listing(void **state) {
    struct server s = {WITH(ec2_listing_only)};
    struct scan_result r = {0};
    scan(*state, &s, &r);
    expect(&r, SEVERITY_CRITICAL, "imds", "v1");
}

static void test_version_2(void **state) {
    struct server s = {WITH(ec2_v2)};
    struct scan_result r = {0};
    scan(*state, &s, &r);
    expect(&r, SEVERITY_HIGH, "imds", "v2");
    assert_int_equal(find_fact(&r, "imdsv1_answers")->value, FACT_NO);
    assert_int_equal(find_fact(&r, "imdsv2_enforced")->value, FACT_YES);
}

static void test_status_passed_on(void **state) {
    struct server s = {WITH(ec2_v2), .passes_status = true};
    struct scan_result r = {0};
    scan(*state, &s, &r);
    expect(&r, SEVERITY_HIGH, "imds", "v2");
    struct server v1 = {WITH(ec2_v1), .passes_status = true};
    struct scan_result r1 = {0};
    scan(*state, &v1, &r1);
    expect(&r1, SEVERITY_CRITICAL, "imds", "v1");
}

static void test_other_clouds(void **state) {
    struct server a = {WITH(ecs)}, b = {WITH(gcp)}, c = {WITH(azure)};
    struct scan_result ra = {0}, rb = {0}, rc = {0};
    scan(*state, &a, &ra);
    expect(&ra, SEVERITY_HIGH, "ecs", "v2");
    scan(*state, &b, &rb);
    expect(&rb, SEVERITY_HIGH, "gcp", "v1");
    scan(*state, &c, &rc);
    expect(&rc, SEVERITY_HIGH, "azure", "v1");
}

static void test_nothing_there(void **state) {
    struct server s = {WITH(nothing)};
    struct scan_result r = {0};
    scan(*state, &s, &r);
    expect_none(&r, COVERAGE_PASSED);
    struct server quiet = {WITH(nothing), .hides_errors = true};
    struct scan_result r2 = {0};
    scan(*state, &quiet, &r2);
    expect_none(&r2, COVERAGE_PASSED);
    assert_in_range(quiet.fetcher.asked, 6, 22);
}

// A proxy that answers the same for every path, a page that names the cloud anyway, another server at the address.
static void test_near_misses(void **state) {
    struct server a = {WITH(proxy)}, b = {WITH(nothing), .mentions_cloud = true}, c = {WITH(other_server)};
    struct scan_result ra = {0}, rb = {0}, rc = {0};
    scan(*state, &a, &ra);
    expect_none(&ra, COVERAGE_INCONCLUSIVE);
    scan(*state, &b, &rb);
    expect_none(&rb, COVERAGE_PASSED);
    scan(*state, &c, &rc);
    expect_none(&rc, COVERAGE_PASSED);
}

static bool not_the_text(struct arena *a, struct sv value) {
    (void)a;
    return !sv_contains(value, SV("169.254.")) && !sv_contains(value, SV("metadata"));
}
static bool not_resolved(struct arena *a, struct sv value) {
    return address_classify(fetch_canonical_host(a, fetch_host(a, value), false)) != ADDRESS_LINK_LOCAL;
}

static void test_spellings(void **state) {
    struct server lax = {WITH(ec2_v1), .allows = not_the_text}, strict = {WITH(ec2_v1), .allows = not_the_text};
    strict.fetcher.strict = true;
    struct scan_result r1 = {0}, r2 = {0};
    scan(*state, &lax, &r1);
    expect(&r1, SEVERITY_CRITICAL, "imds", "v1");
    scan(*state, &strict, &r2);
    expect(&r2, SEVERITY_CRITICAL, "imds", "v1");
}

static void test_redirect_bypass(void **state) {
    struct server s = {WITH(ec2_v1), .allows = not_resolved};
    s.fetcher.follows_redirects = true;
    struct scan_result r = {0};
    scan(*state, &s, &r);
    expect(&r, SEVERITY_CRITICAL, "imds", "v1");
    struct server fixed = {WITH(ec2_v1), .allows = not_resolved};
    struct scan_result r2 = {0};
    scan(*state, &fixed, &r2);
    expect_none(&r2, COVERAGE_PASSED);
    assert_in_range(fixed.fetcher.asked, 3, 12); // what was refused was not fetched
}

static void test_blind_is_not_asked(void **state) {
    struct server s = {WITH(ec2_v1), .blind = true};
    struct scan_result r = {0};
    scan(*state, &s, &r);
    expect_none(&r, COVERAGE_NOT_APPLICABLE);
    assert_null(strstr(s.fetcher.last, "169.254"));
}

static void test_public_target_needs_leave(void **state) {
    struct server s = {WITH(ec2_v1)};
    struct scan_result r = {0};
    scan_at(*state, &s, "http://203.0.113.9/", &r);
    assert_int_equal(sim_count(&r, "ssrf-metadata"), 0);
    assert_null(strstr(s.fetcher.last, "169.254"));
}

static const struct CMUnitTest tests[] = {
    test_with_arena(test_version_1),      test_with_arena(test_only_a_listing),
    test_with_arena(test_version_2),      test_with_arena(test_status_passed_on),
    test_with_arena(test_other_clouds),   test_with_arena(test_nothing_there),
    test_with_arena(test_near_misses),    test_with_arena(test_spellings),
    test_with_arena(test_redirect_bypass), test_with_arena(test_blind_is_not_asked),
    test_with_arena(test_public_target_needs_leave),
};
TEST_MAIN(tests)
